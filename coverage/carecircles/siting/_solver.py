"""
The proof by HiGHS, after `_search` has made the problem small and found a good plan.

Every model has a binary column for each candidate site, and columns and rows for what it counts.
"""

import contextlib
import logging
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from carecircles import _highs
from carecircles._highs import Program
from carecircles.errors import InfeasibleError, SolverError
from carecircles.siting import _search
from carecircles.siting._search import Covering, Standing, Watch

_log = logging.getLogger(__name__)

_QUICK_ENTRIES = 150_000  # up to here the linear programme of HiGHS takes seconds, not minutes
_PATIENCE = (100, 3000)  # kicks without success before HiGHS is asked: a quick model, a large one
_FEASIBLE = 1e-12
_TOLERANCE = 1e-6  # by which two sums of the same may differ, as a share
_WHOLE = 1e-5  # HiGHS takes what is nearer than 1e-6 to a whole number for one
_LATE_S = 0.05
_UNSURE = " The solver says that there is none, but there was no time to make sure."
_REACH_S = 5.0  # for the question whether the floors can be reached at all


class NoPlanError(InfeasibleError):
    """HiGHS found that no plan is within the limits."""


class Solution(NamedTuple):
    """The chosen columns, what they are worth, and what no choice can beat."""

    chosen: np.ndarray
    value: float
    bound: float
    status: str  # 'optimal' (to the gap asked for), 'time limit' or 'stopped'


class Known(NamedTuple):
    """Columns to start from, and what they are worth if they are a plan within the limits, else NaN."""

    chosen: np.ndarray
    value: float


class Floors(NamedTuple):
    """For each group of rows of a covering problem, the least weight to be covered."""

    problem: Covering
    least: np.ndarray


class Limits(NamedTuple):
    """The `price` of each column, the `budget` they share, and floors if there are any."""

    price: np.ndarray
    budget: float
    floors: Floors | None = None


class Clock:
    """Whether the time is up or somebody pressed Ctrl-C; see `started`."""

    def __init__(self, seconds: float, *, since: float | None = None) -> None:
        self.begun = time.monotonic() if since is None else since
        self.until = self.begun + seconds
        self.stopped = threading.Event()

    def part(self, share: float, *, most: float = math.inf) -> "Clock":
        """A clock for a share of what is left, `most` seconds at most, that stops with this one."""
        clock = Clock(min(share * self.left(), most))
        clock.stopped = self.stopped
        return clock

    def left(self) -> float:
        """Seconds that are left."""
        return 0.0 if self.stopped.is_set() else max(0.0, self.until - time.monotonic())

    def spent(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.begun

    def word(self) -> str:
        """Why the work ended before the proof."""
        return "stopped" if self.stopped.is_set() else "time limit"


@contextlib.contextmanager
def started(seconds: float, *, since: float | None = None) -> Iterator[Clock]:
    """A clock. The first Ctrl-C while it runs ends the search with what it has; the second ends all."""
    clock = Clock(seconds, since=since)
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
    if is_proven and is_within(limits, best.chosen):
        return best
    if limits.floors is not None:  # a plan that keeps to them may need any column
        require_reachable(limits, clock)
        kept = np.arange(worth.shape[1])
    elif not clock.left():
        return best
    model = _Model()
    model.add_sites(np.zeros(len(kept)), most=(limits.price[kept], limits.budget))
    model.set_objective(*model.add_levels(worth[:, kept]))
    model.add_floors(limits.floors)
    start = Known(np.searchsorted(kept, best.chosen), best.value)
    found = model.solve(
        start=_if_allowed(start, limits),
        maximum=True,
        slack=slack(best.value),
        clock=clock,
        watch=watch,
    )
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
    plan, kept = Standing(worth, limits.price, limits.budget), np.arange(worth.shape[1])
    plan.climb(clock)
    best = Solution(plan.columns(), plan.value(), _search.worth_of(worth, kept), "time limit")
    dual = plan.first

    def tightened() -> _search.Bound:
        nonlocal best
        small, price = worth[:, kept], limits.price[kept]
        found = _search.lagrangian(small, price, limits.budget, best.value, clock, dual=dual)
        best = best._replace(bound=max(best.value, min(best.bound, found.value)))
        if watch:
            watch(best.value, best.bound)
        return found

    for patience in (*_PATIENCE, 0):
        found = tightened()
        dual = found.dual
        if best.bound - best.value <= slack(best.value):
            return best._replace(status="optimal"), kept, True
        if limits.floors is not None or not clock.left():
            break
        kept = kept[np.union1d(found.useful, np.searchsorted(kept, best.chosen))]
        if not patience or worth[:, kept].nnz <= _QUICK_ENTRIES:
            break
        small, price = worth[:, kept], limits.price[kept]
        if patience == _PATIENCE[-1]:
            dual = _lp_duals(small, price, limits.budget, clock, dual)
            tightened()
        start = np.searchsorted(kept, best.chosen)
        plan = _search.explored(
            Standing(small, price, limits.budget, start),
            clock,
            patience=patience,
            enough=best.bound - slack(best.value),
            bound=best.bound,
            watch=watch,
        )
        best = best._replace(chosen=kept[plan.columns()], value=plan.value())
    return best._replace(status=clock.word()), kept, False


def _lp_duals(
    worth: sparse.csc_matrix, price: np.ndarray, budget: float, clock: Clock, dual: np.ndarray
) -> np.ndarray:
    """
    What each row is worth by itself in the linear programme, whose bound no other duals beat.

    By interior points, within a quarter of the time that is left; `dual` if that is not enough, or
    if some row is worth different amounts under different columns.
    """
    filled = np.flatnonzero(np.diff(worth.tocsr().indptr))
    model = _Model()
    model.add_sites(np.zeros(len(price)), most=(price, budget))
    levels, worths = model.add_levels(worth)
    if len(levels) != len(filled):
        return dual
    model.set_objective(levels, worths)
    duals = model.relaxed_duals(clock=clock.part(0.25))
    if duals is None:
        return dual
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
    """The cheapest columns that cover at least so much weight; `value` and `bound` are prices."""
    if math.isfinite(limits.budget):
        if not can_cover(problem, limits, least, clock.part(0.1, most=_REACH_S)):
            raise NoPlanError
        require_reachable(limits, clock)
    model = _Model()
    model.add_sites(limits.price)
    model.add_floors(limits.floors)
    if least >= problem.weight.sum() * (1 - _FEASIBLE):
        model.add_rows(_search.without_implied(problem).cover, lower=1.0)
    else:
        covered = model.add_covered(problem.cover)
        model.add_sum(covered, problem.weight, lower=least * (1 - _FEASIBLE))
    if math.isfinite(limits.budget):
        model.add_sum(np.arange(len(limits.price)), limits.price, upper=limits.budget)
    start = _enough(problem, limits, least, clock) if math.isinf(limits.budget) else None
    solution = model.solve(start=start, gap=gap, clock=clock, watch=watch)
    value = float(limits.price[solution.chosen].sum())
    bound = max(solution.bound, 0.0)
    if (limits.price == np.round(limits.price)).all():  # so is the price of every plan
        bound = math.ceil(bound - 1e-6)
    return solution._replace(value=value, bound=float(min(bound, value)))


def _enough(problem: Covering, limits: Limits, least: float, clock: Clock) -> Known:
    """Columns that cover so much weight, most for their price first; all of them if that is not enough."""
    by_column, spare = problem.cover.T.tocsr(), problem.weight.copy()
    paid, chosen = np.maximum(limits.price, 1e-9), []
    while problem.weight.sum() - spare.sum() < least * (1 - _FEASIBLE) and clock.left():
        gain = (by_column @ spare) / paid
        if not len(gain) or gain.max() <= 0:
            break
        chosen.append(int(gain.argmax()))
        spare[by_column[chosen[-1]].indices] = 0
    every = np.arange(len(limits.price))
    for some in (np.array(chosen, dtype=int), every):
        covered = problem.weight[np.asarray(problem.cover[:, some].sum(axis=1)).ravel() > 0].sum()
        if covered >= least * (1 - _FEASIBLE) and is_within(limits, some):
            return Known(some, float(limits.price[some].sum()))
    return Known(every, math.nan)


def is_within(limits: Limits, chosen: np.ndarray) -> bool:
    """Whether these columns keep to the budget and the floors."""
    taken = float(limits.price[chosen].sum())
    if taken > limits.budget + 1e-9 * max(1.0, taken):
        return False
    if limits.floors is None:
        return True
    problem, least = limits.floors
    is_covered = np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel() > 0
    covered = np.bincount(problem.group, problem.weight * is_covered, minlength=len(least))
    return bool((covered >= least * (1 - _FEASIBLE)).all())


def _if_allowed(start: Known, limits: Limits) -> Known:
    """The start, whose value counts only if it keeps to the limits."""
    return start if is_within(limits, start.chosen) else start._replace(value=math.nan)


def require_reachable(limits: Limits, clock: Clock) -> None:
    """Raise NoPlanError where no plan within the budget reaches the floor of one street, or of all."""
    if limits.floors is None or not math.isfinite(limits.budget):
        return
    problem, least = limits.floors
    wanted = np.flatnonzero(least > 0)
    parts = [np.array([place]) for place in wanted]
    parts = [wanted, *parts] if len(parts) > 1 else parts
    for places in parts:
        is_in = np.isin(problem.group, places)
        part = problem._replace(cover=problem.cover[is_in], weight=problem.weight[is_in])
        own = clock.part(0.1, most=_REACH_S / len(parts))
        if not can_cover(part, limits, float(least[places].sum()), own):
            raise NoPlanError


def can_cover(problem: Covering, limits: Limits, least: float, clock: Clock) -> bool:
    """False if it is proven that no columns within the budget cover so much weight."""
    if least <= 0:
        return True
    worth, enough = _search.worths(problem), least * (1 - _TOLERANCE)
    none = np.zeros(worth.shape[0])
    bound = _search.lagrangian(worth, limits.price, limits.budget, enough, clock, dual=none)
    return bound.value > enough * (1 + 1e-9)


def fill(problem: Covering, need: np.ndarray, limits: Limits, clock: Clock) -> np.ndarray:
    """
    Columns within the budget by which many rows have as many as they `need`: a plan to start from.

    Each is the one that brings most weight nearer to what it needs; then single exchanges that gain.
    """
    by_column, weight = problem.cover.T.tocsr(), problem.weight
    chosen: list[int] = []
    depth = np.zeros(len(weight))
    while clock.left():
        spare = limits.budget - limits.price[chosen].sum() + 1e-9
        gain = by_column @ np.where(depth < need, weight / need, 0.0)
        gain[(limits.price > spare)] = 0
        gain[chosen] = 0
        if not len(gain) or gain.max() <= 0:
            break
        chosen.append(int(gain.argmax()))
        depth += by_column[chosen[-1]].toarray().ravel()
    for _ in range(100):
        best, exchange = 1e-9 * max(1.0, weight.sum()), None
        now = weight[depth >= need].sum()
        for place, column in enumerate(chosen):
            if not clock.left():
                break
            others = depth - by_column[column].toarray().ravel()
            spare = limits.budget - limits.price[chosen].sum() + limits.price[column] + 1e-9
            left = weight[others >= need].sum()
            gain = left - now + by_column @ np.where(others == need - 1, weight, 0.0)
            gain[(limits.price > spare)] = -math.inf
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

    def worth_of(chosen: np.ndarray) -> float:
        depth = np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel()
        return float(problem.weight[depth >= need].sum())

    require_reachable(limits, clock)
    chosen = fill(problem, need, limits, clock)
    start = Known(chosen, worth_of(chosen))
    model = _Model()
    model.add_sites(np.zeros(len(limits.price)), most=(limits.price, limits.budget))
    model.add_covered(problem.cover, need=need, worth=problem.weight)
    model.add_floors(limits.floors)
    solution = model.solve(
        start=_if_allowed(start, limits), maximum=True, slack=slack(start.value), clock=clock, watch=watch
    )  # fmt: skip
    value = worth_of(solution.chosen)
    # No plan brings more than its sites would one by one.
    each = problem.cover.T @ (problem.weight / need)
    most = float(each @ _search.knapsack(each, limits.price, limits.budget))
    bound = min(solution.bound, most, float(problem.weight.sum()))
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
    require_reachable(limits, clock)
    row, column, metres = pairs
    columns, size = len(capacity), len(metres)
    model = _Model()
    model.add_sites(
        np.zeros(columns),
        most=(limits.price, limits.budget),
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
    chosen = np.concatenate([np.arange(fixed), start]).astype(int)
    known = Known(chosen, _sent(pairs, weight, capacity, beyond, chosen))
    return model.solve(start=_if_allowed(known, limits), gap=gap, clock=clock, watch=watch)


def _sent(
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray],
    weight: np.ndarray,
    capacity: np.ndarray,
    beyond: float,
    chosen: np.ndarray,
) -> float:
    """Weighted metres when the nearest pairs of these columns come first: a sum that can be had."""
    row, column, metres = pairs
    some = np.flatnonzero(np.isin(column, chosen) & (metres < beyond))
    room, waiting, total = capacity.astype(float), weight.astype(float), 0.0
    for pair in some[np.argsort(metres[some], kind="stable")]:
        goes = min(waiting[row[pair]], room[column[pair]])
        waiting[row[pair]] -= goes
        room[column[pair]] -= goes
        total += goes * metres[pair]
    return float(total + beyond * waiting.sum())


class _Model:
    """A programme that grows by blocks of columns and rows; the sites come first."""

    def __init__(self) -> None:
        self.count = self.sites = 0
        self.objective: list[np.ndarray] = []
        self.lower: list[np.ndarray] = []
        self.whole: list[np.ndarray] = []
        self.blocks: list[sparse.csr_matrix] = []
        self.least: list[np.ndarray] = []
        self.most: list[np.ndarray] = []

    def add_columns(self, objective: np.ndarray, *, lower: np.ndarray | float = 0.0) -> np.ndarray:
        """Columns between `lower` and 1; where they stand."""
        size = len(objective)
        self.objective.append(np.asarray(objective, dtype=float))
        self.lower.append(np.broadcast_to(np.asarray(lower, dtype=float), size))
        self.count += size
        return np.arange(self.count - size, self.count)

    def add_sites(
        self,
        objective: np.ndarray,
        *,
        most: tuple[np.ndarray, float] | None = None,
        lower: np.ndarray | float = 0.0,
    ) -> None:
        """A column for each site, open or not; with `most`, their prices and the budget."""
        sites = self.add_columns(objective, lower=lower)
        self.sites = len(sites)
        self.make_whole(sites)
        if most is not None:
            self.add_sum(sites, most[0], upper=most[1])

    def make_whole(self, columns: np.ndarray) -> None:
        """Columns that are 0 or 1 and nothing between."""
        self.whole.append(columns)

    def add_rows(
        self, matrix: sparse.csr_matrix, *, lower: float = -math.inf, upper: float = math.inf
    ) -> None:
        """Rows over the columns so far; the same limits for all."""
        self.blocks.append(matrix.tocsr())
        self.least.append(np.full(matrix.shape[0], lower))
        self.most.append(np.full(matrix.shape[0], upper))

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
        self.objective = [np.concatenate(self.objective)]
        self.objective[0][columns] = objective

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

    def program(self, *, is_maximum: bool) -> Program:
        """All of it, for the solver."""
        for block in self.blocks:
            block.resize(block.shape[0], self.count)
        none = sparse.csr_matrix((0, self.count))
        rows = sparse.vstack([none, *self.blocks], format="csr")
        is_whole = np.zeros(self.count, dtype=bool)
        for columns in self.whole:
            is_whole[columns] = True
        empty = np.array([])
        return Program(
            np.concatenate([empty, *self.objective]), np.concatenate([empty, *self.lower]),
            np.ones(self.count), is_whole, rows.indptr, rows.indices, rows.data,
            np.concatenate([empty, *self.least]), np.concatenate([empty, *self.most]), is_maximum,
        )  # fmt: skip

    def relaxed_duals(self, *, clock: Clock) -> np.ndarray | None:
        """What a unit more of each row is worth in the linear programme; None if time ran out."""
        answer = _highs.run(
            self.program(is_maximum=True), seconds=clock.left(), stopped=clock.stopped,
            solve_relaxation=True, solver="ipm", run_crossover="off",
        )  # fmt: skip
        return None if answer.duals is None else np.abs(answer.duals)

    def solve(
        self,
        *,
        clock: Clock,
        start: Known | None = None,
        maximum: bool = False,
        gap: float = 0.0,
        slack: float = 0.0,
        watch: Watch | None = None,
    ) -> Solution:
        """
        The best plan, proven to the share `gap` or the difference `slack`.

        What the solver claims is held against the programme, and against the plan that is known. An
        answer that does not hold, and that there is no plan, has to come out again another way.

        Raises
        ------
        NoPlanError
            If there is none.
        TimeoutError
            If none was found in the time.
        SolverError
            If no answer holds.
        """
        if self.count == 0:
            return Solution(np.array([], dtype=int), 0.0, 0.0, "optimal")
        program, faults, is_denied = self.program(is_maximum=maximum), [], False
        start = start or Known(np.array([], dtype=int), math.nan)
        known = None if math.isnan(start.value) else start.value
        ways: list[dict[str, Any]] = [{}, {"presolve": "off"}]
        if len(start.chosen):
            opened = np.zeros(self.sites)
            opened[start.chosen] = 1
            ways.insert(0, {"start": opened})
        for way in ways:
            if not clock.left():
                break
            try:
                answer = _highs.run(
                    program, seconds=clock.left(), stopped=clock.stopped, told=watch,
                    mip_rel_gap=gap, mip_abs_gap=slack, **way,
                )  # fmt: skip
            except SolverError as err:
                faults.append(str(err))
                continue
            if answer.status == "infeasible" and known is None:
                if is_denied:
                    raise NoPlanError
                is_denied = True
                continue
            is_late = clock.left() < _LATE_S
            fault = _fault(program, answer, known=known, gap=gap, slack=slack, is_late=is_late)
            if fault is None:
                return self._solution(program, answer, start, clock)
            _log.warning("the solver's answer does not hold: %s", fault)
            faults.append(fault)
        else:
            raise SolverError(
                f"the answers of the solver (highspy {metadata.version('highspy')}) do not hold, so that "
                f"nothing is proven: {'; '.join(dict.fromkeys(faults))}. Install another release of highspy."
            )
        if known is not None:
            return Solution(start.chosen, known, _worst(maximum), clock.word())
        raise TimeoutError(_UNSURE if is_denied else "")

    def _solution(
        self, program: Program, answer: _highs.Answer, start: "Known", clock: Clock
    ) -> Solution:
        """The better of the solver's plan and the one known before, both of which hold."""
        status = "optimal" if answer.status == "optimal" else clock.word()
        sign = 1 if program.is_maximum else -1
        if answer.values is not None:
            value = float(program.objective @ answer.values)
            if not sign * start.value > sign * value:
                chosen = np.flatnonzero(answer.values[: self.sites] > 0.5)
                return Solution(chosen, value, answer.bound, status)
        elif math.isnan(start.value):
            raise TimeoutError
        return Solution(start.chosen, start.value, answer.bound, status)


def _worst(is_maximum: bool) -> float:
    """The bound of which nothing is known."""
    return math.inf if is_maximum else -math.inf


def _fault(
    program: Program,
    answer: _highs.Answer,
    *,
    known: float | None,
    gap: float,
    slack: float,
    is_late: bool,
) -> str | None:
    """
    What is wrong with an answer of the solver, by our own arithmetic; None if nothing is.

    `known` is what a plan is worth that keeps to every row, `is_late` if the time is up, so that no
    answer is none.
    """
    if answer.status == "infeasible":
        return "it says that there is no plan, but one is known"
    sign = 1.0 if program.is_maximum else -1.0
    plans = [] if known is None else [known]
    if answer.values is None:
        if not is_late:
            return "it ended without a plan before its time was up"
    else:
        values = answer.values
        if len(values) != len(program.objective) or not np.isfinite(values).all():
            return "its plan is not complete"
        if (np.maximum(program.lower - values, values - program.upper) > _TOLERANCE).any():
            return "its plan is not within the limits of the columns"
        if (np.abs(values - np.round(values))[program.is_whole] > _WHOLE).any():
            return "its plan opens parts of sites"
        if not _are_held(program, values):
            return "its plan does not keep to a row of the model"
        own = float(program.objective @ values)
        scale = max(1.0, float(np.abs(program.objective) @ np.abs(values)))
        if not abs(own - answer.value) <= _TOLERANCE * scale:
            return f"it says {answer.value:,.6g} where its plan is worth {own:,.6g}"
        plans.append(own)
    best = max((sign * value for value in plans), default=-math.inf)
    leeway = _TOLERANCE * max(1.0, abs(best))
    if not sign * answer.bound >= best - leeway:
        return f"its bound is {answer.bound:,.6g}, but a plan is worth {sign * best:,.6g}"
    if answer.status == "optimal":
        missing = sign * answer.bound - sign * own if answer.values is not None else math.inf
        if missing > max(slack, gap * abs(own)) + leeway:
            return f"it calls {own:,.6g} the best, but its bound is {answer.bound:,.6g}"
    return None


def _are_held(program: Program, values: np.ndarray) -> bool:
    """Whether a plan keeps to every row, with whole columns taken as whole."""
    exact = np.where(program.is_whole, np.round(values), values)
    shape = (len(program.least), len(values))
    rows = sparse.csr_matrix((program.factors, program.columns, program.starts), shape=shape)
    activity, size = rows @ exact, np.maximum(1.0, abs(rows) @ np.abs(exact))
    over = np.maximum(program.least - activity, activity - program.most)
    return not (over > _WHOLE * size).any()


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
