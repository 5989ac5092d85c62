"""
The proof by HiGHS, after `_search` has made the problem small and found a good plan.

Every model has a binary column for each candidate site, and columns and rows for what it counts.
"""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy import sparse

from carecircles import _search
from carecircles._search import Covering, Standing, Watch
from carecircles.errors import InfeasibleError

_QUICK_ENTRIES = 150_000  # up to here the linear programme of HiGHS takes seconds, not minutes
_PATIENCE = (100, 3000)  # kicks without success before HiGHS is asked: a quick model, a large one
_FEASIBLE = 1e-12
_TELL_S = 0.5


class NoPlanError(InfeasibleError):
    """HiGHS found that no plan is within the limits."""


class Solution(NamedTuple):
    """The chosen columns, what they are worth, and what no choice can beat."""

    chosen: np.ndarray
    value: float
    bound: float
    status: str  # 'optimal' (to the gap asked for), 'time limit' or 'stopped'


class Floors(NamedTuple):
    """For each group of rows of a covering problem, the least weight to be covered."""

    problem: Covering
    least: np.ndarray


class Limits(NamedTuple):
    """The `cost` of each column, the `budget` they share, and floors if there are any."""

    cost: np.ndarray
    budget: float
    floors: Floors | None = None


class Clock:
    """Whether the time is up or somebody pressed Ctrl-C; see `started`."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.stopped = threading.Event()

    def left(self) -> float:
        """Seconds that are left."""
        return 0.0 if self.stopped.is_set() else max(0.0, self.until - time.monotonic())

    def word(self) -> str:
        """Why the work ended before the proof."""
        return "stopped" if self.stopped.is_set() else "time limit"


@contextlib.contextmanager
def started(seconds: float) -> Iterator[Clock]:
    """A clock. The first Ctrl-C while it runs ends the search with what it has; the second ends all."""
    clock = Clock(seconds)
    usual = signal.getsignal(signal.SIGINT)
    is_ours = threading.current_thread() is threading.main_thread() and callable(usual)

    def stop(_number: int, _frame: object) -> None:
        clock.stopped.set()
        signal.signal(signal.SIGINT, usual)

    if is_ours:
        signal.signal(signal.SIGINT, stop)
    try:
        yield clock
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, usual)


def maximize(
    worth: sparse.csc_matrix,
    limits: Limits,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None = None,
) -> Solution:
    """
    The columns within the limits that are worth most; proven to the slack unless time runs out.

    `slack` says how far a plan of some worth may be from the bound. Swaps and the Lagrangian bound
    come first and leave out the columns that no better plan can have; HiGHS does the rest. Floors
    only count for HiGHS: without them the bound holds all the more.
    """
    best, kept, is_proven = _searched(worth, limits, slack=slack, clock=clock, watch=watch)
    if limits.floors is not None:  # a plan that keeps to them may need any column
        kept = np.arange(worth.shape[1])
    elif is_proven or not clock.left():
        return best
    model = _Model()
    model.add_sites(np.zeros(len(kept)), most=(limits.cost[kept], limits.budget))
    model.set_objective(*model.add_levels(worth[:, kept]))
    model.add_floors(limits.floors)
    start = np.searchsorted(kept, best.chosen)
    try:
        found = model.solve(
            start=start, maximum=True, slack=slack(best.value), clock=clock, watch=watch
        )
    except TimeoutError:
        if limits.floors is not None:
            raise
        return best._replace(status=clock.word())
    chosen, bound = kept[found.chosen], found.bound
    value = _search.worth_of(worth, chosen)
    if limits.floors is None:
        # A plan with a column that was left out is worth no more than the one it was left out for.
        bound = max(bound, best.value)
        if best.value > value:
            chosen, value = best.chosen, best.value
    return Solution(chosen, value, max(value, min(best.bound, bound)), found.status)


def _searched(
    worth: sparse.csc_matrix,
    limits: Limits,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None,
) -> tuple[Solution, np.ndarray, bool]:
    """
    A good plan with its bound, the columns a better one can have, and whether it is proven already.

    Floors are left aside, and with them the longer search, since its plan need not keep to them.
    """
    plan, kept = Standing(worth, limits.cost, limits.budget), np.arange(worth.shape[1])
    plan.climb(clock)
    best = Solution(plan.columns(), plan.value(), _search.worth_of(worth, kept), "time limit")
    price = plan.first

    def tightened() -> _search.Bound:
        nonlocal best
        small, cost = worth[:, kept], limits.cost[kept]
        found = _search.lagrangian(small, cost, limits.budget, best.value, clock, price=price)
        best = best._replace(bound=max(best.value, min(best.bound, found.value)))
        if watch:
            watch(best.value, best.bound)
        return found

    for patience in (*_PATIENCE, 0):
        found = tightened()
        price = found.price
        if best.bound - best.value <= slack(best.value):
            return best._replace(status="optimal"), kept, True
        if limits.floors is not None or not clock.left():
            break
        kept = kept[np.union1d(found.useful, np.searchsorted(kept, best.chosen))]
        if not patience or worth[:, kept].nnz <= _QUICK_ENTRIES:
            break
        small, cost = worth[:, kept], limits.cost[kept]
        if patience == _PATIENCE[-1]:
            price = _lp_prices(small, cost, limits.budget, clock, price)
            tightened()
        start = np.searchsorted(kept, best.chosen)
        plan = _search.explored(
            Standing(small, cost, limits.budget, start),
            clock,
            patience=patience,
            enough=best.bound - slack(best.value),
            bound=best.bound,
            watch=watch,
        )
        best = best._replace(chosen=kept[plan.columns()], value=plan.value())
    return best._replace(status=clock.word()), kept, False


def _lp_prices(
    worth: sparse.csc_matrix, cost: np.ndarray, budget: float, clock: Clock, price: np.ndarray
) -> np.ndarray:
    """
    What each row is worth by itself in the linear programme, whose bound no other prices beat.

    By interior points, within a quarter of the time that is left; `price` if that is not enough, or
    if some row is worth different amounts under different columns.
    """
    filled = np.flatnonzero(np.diff(worth.tocsr().indptr))
    model = _Model()
    model.add_sites(np.zeros(len(cost)), most=(cost, budget))
    levels, worths = model.add_levels(worth)
    if len(levels) != len(filled):
        return price
    model.set_objective(levels, worths)
    duals = model.relaxed_duals(seconds=clock.left() / 4, clock=clock)
    if duals is None:
        return price
    found = np.zeros(worth.shape[0])
    found[filled] = np.clip(worths - duals[1:], 0, worths)  # the first row is the budget
    return found


def minimize(
    problem: Covering,
    limits: Limits,
    *,
    least: float,
    gap: float,
    clock: Clock,
    watch: Watch | None = None,
) -> Solution:
    """The cheapest columns that cover at least so much weight; `value` and `bound` are costs."""
    model = _Model()
    model.add_sites(limits.cost)
    model.add_floors(limits.floors)
    if least >= problem.weight.sum() * (1 - _FEASIBLE):
        model.add_rows(_search.without_implied(problem).cover, lower=1.0)
    else:
        covered = model.add_covered(problem.cover)
        model.add_sum(covered, problem.weight, lower=least * (1 - _FEASIBLE))
    if math.isfinite(limits.budget):
        model.add_sum(np.arange(len(limits.cost)), limits.cost, upper=limits.budget)
    solution = model.solve(gap=gap, clock=clock, watch=watch)
    value = float(limits.cost[solution.chosen].sum())
    bound = solution.bound
    if (limits.cost == np.round(limits.cost)).all():  # so is the cost of every plan
        bound = math.ceil(bound - 1e-6)
    return solution._replace(value=value, bound=float(min(max(bound, 0.0), value)))


def fill(problem: Covering, need: np.ndarray, limits: Limits) -> np.ndarray:
    """
    Columns within the budget by which many rows have as many as they `need`: a plan to start from.

    Each is the one that brings most weight nearer to what it needs; then single exchanges that gain.
    """
    by_column, weight = problem.cover.T.tocsr(), problem.weight
    chosen: list[int] = []
    depth = np.zeros(len(weight))
    while True:
        spare = limits.budget - limits.cost[chosen].sum() + 1e-9
        gain = by_column @ np.where(depth < need, weight / need, 0.0)
        gain[(limits.cost > spare)] = 0
        gain[chosen] = 0
        if not len(gain) or gain.max() <= 0:
            break
        chosen.append(int(gain.argmax()))
        depth += by_column[chosen[-1]].toarray().ravel()
    for _ in range(100):
        best, exchange = 1e-9 * max(1.0, weight.sum()), None
        now = weight[depth >= need].sum()
        for place, column in enumerate(chosen):
            others = depth - by_column[column].toarray().ravel()
            spare = limits.budget - limits.cost[chosen].sum() + limits.cost[column] + 1e-9
            left = weight[others >= need].sum()
            gain = left - now + by_column @ np.where(others == need - 1, weight, 0.0)
            gain[(limits.cost > spare)] = -math.inf
            gain[[c for c in chosen if c != column]] = -math.inf
            if gain.max() > best:
                best, exchange = float(gain.max()), (place, int(gain.argmax()))
        if exchange is None:
            break
        place, column = exchange
        depth += (by_column[column] - by_column[chosen[place]]).toarray().ravel()
        chosen[place] = column
    return np.array(chosen, dtype=int)


def maximize_backup(
    problem: Covering,
    need: np.ndarray,
    limits: Limits,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None = None,
) -> Solution:
    """The columns within the limits by which most weight has as many as it `need`s (1 or 2)."""
    start = fill(problem, need, limits)
    depth = problem.cover[:, start].sum(axis=1)
    value = float(problem.weight[np.asarray(depth).ravel() >= need].sum())
    model = _Model()
    model.add_sites(np.zeros(len(limits.cost)), most=(limits.cost, limits.budget))
    model.add_covered(problem.cover, need=need, worth=problem.weight)
    model.add_floors(limits.floors)
    solution = model.solve(start=start, maximum=True, slack=slack(value), clock=clock, watch=watch)
    depth = np.asarray(problem.cover[:, solution.chosen].sum(axis=1)).ravel()
    value = float(problem.weight[depth >= need].sum())
    bound = min(solution.bound, float(problem.weight.sum()))
    return solution._replace(value=value, bound=max(value, bound))


def assign(
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
    weight: np.ndarray,
    limits: Limits,
    *,
    fixed: int,
    capacity: np.ndarray,
    beyond: float,
    start: np.ndarray,
    gap: float,
    clock: Clock,
    watch: Watch | None = None,
) -> Solution:
    """
    The columns that serve all weight at the least weighted metres when each serves so much at most.

    `pairs` are row, column and metres. The first `fixed` columns are open anyway. Weight may be split; what nobody serves counts with
    `beyond` metres.
    """
    row, column, metres = pairs
    columns, size = len(capacity), len(metres)
    model = _Model()
    model.add_sites(
        np.zeros(columns),
        most=(limits.cost, limits.budget),
        lower=(np.arange(columns) < fixed).astype(float),
    )
    served = model.add_columns(metres * weight[row])
    unserved = model.add_columns(beyond * weight)
    rows = np.concatenate([row, np.arange(len(weight))])
    each = _placed(rows, np.concatenate([served, unserved]), model.count)
    model.add_rows(each, lower=1.0, upper=1.0)
    free = np.flatnonzero(column >= fixed)
    count = np.arange(len(free))
    if len(free):
        of_pair, of_site = (_placed(count, c, model.count) for c in (served[free], column[free]))
        model.add_rows(of_pair - of_site, upper=0.0)
    tight = np.flatnonzero(np.isfinite(capacity[column])) if size else count
    if len(tight):
        limited, of_limited = np.unique(column[tight], return_inverse=True)
        load = _placed(of_limited.ravel(), served[tight], model.count, weight[row[tight]])
        room = _placed(np.arange(len(limited)), limited, model.count, capacity[limited])
        model.add_rows(load - room, upper=0.0)
    model.add_floors(limits.floors)
    start = np.concatenate([np.arange(fixed), start]).astype(int)
    return model.solve(start=start, gap=gap, clock=clock, watch=watch)


class _Model:
    """A model of HiGHS that grows by blocks of columns and rows; the sites come first."""

    def __init__(self) -> None:
        import highspy

        self.highs = highspy.Highs()
        self.count = self.sites = 0
        for option, value in (("output_flag", False), ("threads", 2), ("random_seed", 0)):
            self.highs.setOptionValue(option, value)

    def add_columns(self, objective: np.ndarray, *, lower: np.ndarray | float = 0.0) -> np.ndarray:
        """Columns between `lower` and 1; where they stand."""
        size, none = len(objective), np.array([], dtype=np.int32)
        floor = np.broadcast_to(np.asarray(lower, dtype=float), size).copy()
        starts = np.zeros(size, dtype=np.int32)
        self.highs.addCols(
            size, np.asarray(objective, dtype=float), floor, np.ones(size), 0, starts, none, np.array([])
        )  # fmt: skip
        self.count += size
        return np.arange(self.count - size, self.count)

    def add_sites(
        self,
        objective: np.ndarray,
        *,
        most: tuple[np.ndarray, float] | None = None,
        lower: np.ndarray | float = 0.0,
    ) -> None:
        """A column for each site, open or not; with `most`, their costs and the budget."""
        sites = self.add_columns(objective, lower=lower)
        self.sites = len(sites)
        self.make_whole(sites)
        if most is not None:
            self.add_sum(sites, most[0], upper=most[1])

    def make_whole(self, columns: np.ndarray) -> None:
        """Columns that are 0 or 1 and nothing between."""
        import highspy

        kinds = np.full(len(columns), highspy.HighsVarType.kInteger)
        self.highs.changeColsIntegrality(len(columns), columns.astype(np.int32), kinds)

    def add_rows(
        self, matrix: sparse.csr_matrix, *, lower: float = -math.inf, upper: float = math.inf
    ) -> None:
        """Rows over the columns so far; the same limits for all."""
        matrix = matrix.tocsr()
        size = matrix.shape[0]
        low, high = np.full(size, lower), np.full(size, upper)
        self.highs.addRows(
            size, low, high, matrix.nnz, matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32), matrix.data.astype(float),
        )  # fmt: skip

    def add_sum(
        self,
        columns: np.ndarray,
        factors: np.ndarray,
        *,
        lower: float = -math.inf,
        upper: float = math.inf,
    ) -> None:
        """One row: the columns times their factors."""
        row = _placed(np.zeros(len(columns), dtype=int), columns, self.count, factors)
        row.resize(1, self.count)
        self.add_rows(row, lower=lower, upper=upper)

    def add_covered(
        self,
        cover: sparse.csr_matrix,
        *,
        need: np.ndarray | None = None,
        worth: np.ndarray | None = None,
    ) -> np.ndarray:
        """A column for each row of `cover`: whether it has as many open sites as it needs."""
        rows = cover.shape[0]
        need = np.ones(rows) if need is None else need
        covered = self.add_columns(np.zeros(rows) if worth is None else worth)
        self.make_whole(covered[need > 1])  # one site is not half of two
        opened = cover.copy()
        opened.resize(rows, self.count)
        self.add_rows(_placed(np.arange(rows), covered, self.count, need) - opened, upper=0.0)
        return covered

    def add_levels(self, worth: sparse.csc_matrix) -> tuple[np.ndarray, np.ndarray]:
        """
        Columns that say how good the best open site of each row is, and what each adds to the worth.

        Level k of a row is 1 if one of its k best sites (of different worth) is open. Cornuejols,
        Nemhauser and Wolsey, SIAM J. on Algebraic and Discrete Methods 1 (1980).
        """
        pairs = worth.tocoo()
        order = np.lexsort((-pairs.data, pairs.row))
        row, site, value = pairs.row[order], pairs.col[order], pairs.data[order]
        is_first = np.diff(row, prepend=-1) != 0
        starts = is_first | (np.diff(value, prepend=math.nan) != 0)
        level = np.cumsum(starts) - 1
        at, of_row = value[starts], row[starts]
        has_next = np.diff(of_row, append=-1) == 0
        step = at - np.where(has_next, np.append(at[1:], 0.0), 0.0)
        columns = self.add_columns(np.zeros(len(at)))
        each = np.arange(len(at))
        chained = each[~is_first[starts]]
        matrix = (
            _placed(each, columns, self.count)
            - _placed(level, site, self.count)
            - _placed(chained, columns[chained - 1], self.count, rows=len(at))
        )
        self.add_rows(matrix, upper=0.0)
        return columns, step

    def set_objective(self, columns: np.ndarray, objective: np.ndarray) -> None:
        """What these columns are worth."""
        self.highs.changeColsCost(len(columns), columns.astype(np.int32), objective)

    def add_floors(self, floors: Floors | None) -> None:
        """The least weight to be covered in each group."""
        if floors is None:
            return
        needed = np.flatnonzero(floors.least > 0)
        is_in = np.isin(floors.problem.group, needed)
        covered = self.add_covered(floors.problem.cover[is_in])
        weight, group = floors.problem.weight[is_in], floors.problem.group[is_in]
        for place in needed:
            own = group == place
            self.add_sum(covered[own], weight[own], lower=float(floors.least[place]))

    def relaxed_duals(self, *, seconds: float, clock: Clock) -> np.ndarray | None:
        """What a unit more of each row is worth in the linear programme; None if time ran out."""
        import highspy

        self.highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
        for option, value in (
            ("solve_relaxation", True),
            ("solver", "ipm"),
            ("run_crossover", "off"),
            ("time_limit", max(0.1, seconds)),
        ):
            self.highs.setOptionValue(option, value)
        _run(self.highs, clock, None)
        solution = self.highs.getSolution()
        if not solution.dual_valid:
            return None
        return np.abs(np.array(solution.row_dual))

    def solve(
        self,
        *,
        clock: Clock,
        start: np.ndarray | None = None,
        maximum: bool = False,
        gap: float = 0.0,
        slack: float = 0.0,
        watch: Watch | None = None,
    ) -> Solution:
        """
        The best plan, proven to the share `gap` or the difference `slack`.

        Raises
        ------
        NoPlanError
            If there is none.
        TimeoutError
            If none was found in the time.
        """
        import highspy

        if self.count == 0:
            return Solution(np.array([], dtype=int), 0.0, 0.0, "optimal")
        sense = highspy.ObjSense.kMaximize if maximum else highspy.ObjSense.kMinimize
        self.highs.changeObjectiveSense(sense)
        for option, value in (
            ("mip_rel_gap", gap),
            ("mip_abs_gap", slack),
            ("time_limit", max(0.1, clock.left())),
        ):
            self.highs.setOptionValue(option, value)
        if start is not None and len(start):
            opened = np.zeros(self.sites)
            opened[start] = 1
            self.highs.setSolution(self.sites, np.arange(self.sites, dtype=np.int32), opened)
        _run(self.highs, clock, watch)
        info, status = self.highs.getInfo(), self.highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            raise NoPlanError
        values = np.array(self.highs.getSolution().col_value)
        if len(values) < self.count or info.primal_solution_status != 2:  # feasible
            raise TimeoutError
        is_done = status == highspy.HighsModelStatus.kOptimal
        value = float(info.objective_function_value)
        return Solution(
            np.flatnonzero(values[: self.sites] > 0.5),
            value,
            float(info.mip_dual_bound) if self.sites else value,
            "optimal" if is_done else clock.word(),
        )


def _placed(
    row: np.ndarray,
    column: np.ndarray,
    columns: int,
    factor: np.ndarray | None = None,
    *,
    rows: int | None = None,
) -> sparse.csr_matrix:
    """A sparse matrix with `factor` (1 if None) at each row and column."""
    data = np.ones(len(row)) if factor is None else factor
    count = int(row.max()) + 1 if rows is None and len(row) else rows or 0
    return sparse.csr_matrix((data, (row, column)), shape=(count, columns))


def _run(highs, clock: Clock, watch: Watch | None) -> None:
    """Let HiGHS work until it is done, the time is up or somebody stops it."""
    import highspy

    kinds = highspy.cb.HighsCallbackType
    asks = (
        kinds.kCallbackMipInterrupt,
        kinds.kCallbackSimplexInterrupt,
        kinds.kCallbackIpmInterrupt,
    )
    told = time.monotonic()

    def listen(kind, _message, out, answer, _data) -> None:
        nonlocal told
        answer.user_interrupt = clock.stopped.is_set()
        if watch and kind == asks[0] and time.monotonic() - told > _TELL_S:
            watch(out.mip_primal_bound, out.mip_dual_bound)
            told = time.monotonic()

    highs.setCallback(listen, None)
    for kind in asks:
        highs.startCallback(kind)
    work = threading.Thread(target=highs.run)
    work.start()
    while work.is_alive():
        work.join(0.1)
