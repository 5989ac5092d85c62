"""A model of HiGHS that grows by blocks, and whether an answer to it holds by our own arithmetic."""

import logging
import math
from importlib import metadata
from typing import Any

import numpy as np
from scipy import sparse

from carecircles import _highs
from carecircles._highs import Program
from carecircles.errors import SolverError
from carecircles.siting._problem import Watch
from carecircles.siting._terms import (
    FEASIBLE,
    LATE_S,
    Clock,
    Floors,
    Known,
    Limits,
    NoPlanError,
    Solution,
    is_paid,
    missing,
)
from carecircles.words import Sentence, joined

_log = logging.getLogger(__name__)


TOLERANCE = 1e-6  # by which two sums of the same may differ, as a share


_EXACT: dict[str, Any] = {
    "mip_feasibility_tolerance": 1e-9
}  # or HiGHS opens parts of sites to use up a budget


_UNIT = 2.0**17  # what the budget's row is multiplied with, so that HiGHS takes it exactly enough


_WHOLE = 1e-5  # HiGHS takes what is nearer than 1e-6 to a whole number for one


_UNSURE = Sentence(
    " The solver says that there is none, but there was no time to make sure.",
    zh="求解器称没有这样的方案，但已来不及核实。",
)


class Model:
    """A programme that grows by blocks of columns and rows; the sites come first, within the limits."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.floors = limits, list[Floors]()
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

    def add_sites(self, objective: np.ndarray, *, lower: np.ndarray | float = 0.0) -> None:
        """A column for each site, open or not, and the budget they share."""
        sites = self.add_columns(objective, lower=lower)
        self.sites = len(sites)
        self.make_whole(sites)
        price, budget = self.limits.price, self.limits.budget
        if math.isfinite(budget):
            self.add_sum(sites, _UNIT * price, upper=_UNIT * budget)

    def make_whole(self, columns: np.ndarray) -> None:
        """Columns that are 0 or 1 and nothing between."""
        self.whole.append(columns)

    def add_rows(
        self,
        matrix: sparse.csr_matrix,
        *,
        lower: np.ndarray | float = -math.inf,
        upper: np.ndarray | float = math.inf,
    ) -> None:
        """Rows over the columns so far; the same limits for all, or each its own."""
        self.blocks.append(matrix.tocsr())
        self.least.append(np.broadcast_to(np.asarray(lower, dtype=float), matrix.shape[0]))
        self.most.append(np.broadcast_to(np.asarray(upper, dtype=float), matrix.shape[0]))

    def add_sum(
        self,
        columns: np.ndarray,
        factors: np.ndarray,
        *,
        lower: float = -math.inf,
        upper: float = math.inf,
    ) -> None:
        """One row: the columns times their factors."""
        row = placed(np.zeros(len(columns), dtype=int), columns, self.count, factors, rows=1)
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
        opened.resize((rows, self.count))  # type: ignore[arg-type]  # scipy-stubs know no resize
        self.add_rows(placed(np.arange(rows), covered, self.count, need) - opened, upper=0.0)
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
            placed(each, columns, self.count)
            - placed(level, site, self.count)
            - placed(chained, columns[chained - 1], self.count, rows=len(at))
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
        self.floors.append(floors)
        needed = np.flatnonzero(floors.least > 0)
        is_in = np.isin(floors.problem.group, needed)
        need = floors.need[is_in]
        covered = self.add_covered(floors.problem.cover[is_in], need=need)
        weight, group = floors.problem.weight[is_in], floors.problem.group[is_in]
        cover = floors.problem.cover[is_in]
        for place in needed:
            own = np.flatnonzero(group == place)
            whole, least = float(weight[own].sum()), float(floors.least[place])
            # Without one of these it is not to be had; HiGHS loses them in a sum with far larger ones.
            is_must = weight[own] > max(whole - least, FEASIBLE * whole)
            self.add_rows(cover[own[is_must]], lower=need[own[is_must]])
            others = own[~is_must]
            rest = least - float(weight[own[is_must]].sum())
            if rest > FEASIBLE * whole:
                self.add_sum(covered[others], weight[others], lower=rest)

    def program(self, *, is_maximum: bool) -> Program:
        """All of it, for the solver."""
        for block in self.blocks:
            block.resize((block.shape[0], self.count))  # type: ignore[arg-type]  # as above
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

    def solve(
        self,
        *,
        clock: Clock,
        start: Known | None = None,
        maximum: bool = False,
        gap: float = 0.0,
        slack: float = 0.0,
        watch: Watch | None = None,
        **options: Any,
    ) -> Solution:
        """
        The best plan, proven to the share `gap` or the difference `slack`; `options` are of HiGHS.

        What the solver claims is held against the programme, and against the plan that is known. An
        answer that does not hold, and that there is no plan, has to come out again another way. The
        solver takes a sum for kept that is over by a millionth; a plan that does not keep to a limit by
        our own arithmetic is cut off, and the best of the others sought.

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
        start = start or Known(np.array([], dtype=int), math.nan)
        while True:
            found = self._claimed(
                clock, start, maximum=maximum, gap=gap, slack=slack, watch=watch, **options
            )
            if not self._cut_off(found.chosen):
                return found
            if not clock.left():
                if math.isnan(start.value):
                    raise TimeoutError
                return found._replace(chosen=start.chosen, value=start.value, status=clock.word())

    def _cut_off(self, chosen: np.ndarray) -> bool:
        """Whether a plan does not keep to a limit; rows that every plan keeps to that does, but it."""
        size, price = self.count, self.limits.price
        is_open = np.isin(np.arange(self.sites), chosen)
        is_cut = not is_paid(self.limits, chosen)
        if is_cut:  # not all of the dearest that are too much together, nor others as dear
            order = chosen[np.argsort(-price[chosen], kind="stable")]
            enough = np.cumsum(price[order]) <= self.limits.budget
            count = min(1 + int(enough.sum()), len(order))
            dearest = order[:count]
            too_many = np.union1d(dearest, np.flatnonzero(price >= price[dearest].max()))
            self.add_sum(too_many, np.ones(len(too_many)), upper=count - 1.0)
        for floors in self.floors:
            for group in np.unique(floors.problem.group[missing(floors, chosen)]):
                own = missing(floors, chosen) & (floors.problem.group == group)
                others = np.unique(floors.problem.cover[own].indices)
                others = others[~is_open[others]]
                self.add_rows(placed(np.zeros(len(others), int), others, size, rows=1), lower=1.0)
                is_cut = True
        return is_cut

    def _claimed(
        self,
        clock: Clock,
        start: Known,
        *,
        maximum: bool,
        gap: float,
        slack: float,
        watch: Watch | None,
        **options: Any,
    ) -> Solution:
        """What the solver says is the best plan, held against the programme."""
        program, is_denied = self.program(is_maximum=maximum), False
        faults: list[Sentence] = []
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
                    mip_rel_gap=gap, mip_abs_gap=slack, **_EXACT, **options, **way,
                )  # fmt: skip
            except SolverError as err:
                faults.append(err.why)
                continue
            if answer.status == "infeasible" and known is None:
                if is_denied:
                    raise NoPlanError
                is_denied = True
                continue
            is_late = clock.left() < LATE_S
            fault = _fault(program, answer, known=known, gap=gap, slack=slack, is_late=is_late)
            if fault is None:
                return self._solution(program, answer, start, clock)
            _log.warning("the solver's answer does not hold: %s", fault)
            faults.append(fault)
        else:
            release = metadata.version("highspy")
            why = joined(dict.fromkeys(faults), Sentence("; ", zh="；"))
            told = Sentence(
                f"the answers of the solver (highspy {release}) do not hold, so that nothing is proven: "
                f"{why}. Install another release of highspy.",
                zh=f"求解器（highspy {release}）的答案经核对不成立，因此什么也没有证明：{why.zh}。"
                "请安装 highspy 的其他版本。",
            )
            raise SolverError(told)
        if known is not None:
            return Solution(start.chosen, known, _worst(maximum), clock.word())
        raise TimeoutError(*([_UNSURE] if is_denied else []))

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
) -> Sentence | None:
    """
    What is wrong with an answer of the solver, by our own arithmetic; None if nothing is.

    `known` is what a plan is worth that keeps to every row, `is_late` if the time is up, so that no
    answer is none.
    """
    if answer.status == "infeasible":
        told = "it says that there is no plan, but one is known"
        return Sentence(told, zh="它称没有方案，但已知有一个方案")
    sign = 1.0 if program.is_maximum else -1.0
    plans = [] if known is None else [known]
    if answer.values is None:
        if not is_late:
            told = "it ended without a plan before its time was up"
            return Sentence(told, zh="它在时间未到时就结束，没有给出方案")
    else:
        values = answer.values
        if len(values) != len(program.objective) or not np.isfinite(values).all():
            return Sentence("its plan is not complete", zh="它的方案不完整")
        if (np.maximum(program.lower - values, values - program.upper) > TOLERANCE).any():
            told = "its plan is not within the limits of the columns"
            return Sentence(told, zh="它的方案超出变量的上下限")
        if (np.abs(values - np.round(values))[program.is_whole] > _WHOLE).any():
            return Sentence("its plan opens parts of sites", zh="它的方案把选址只开设了一部分")
        if not _are_held(program, values):
            told = "its plan does not keep to a row of the model"
            return Sentence(told, zh="它的方案违反模型的约束")
        own = float(program.objective @ values)
        scale = max(1.0, float(np.abs(program.objective) @ np.abs(values)))
        if not abs(own - answer.value) <= TOLERANCE * scale:
            told = f"it says {answer.value:,.6g} where its plan is worth {own:,.6g}"
            zh = f"它称值为 {answer.value:,.6g}，而它的方案实为 {own:,.6g}"
            return Sentence(told, zh=zh)
        plans.append(own)
    best = max((sign * value for value in plans), default=-math.inf)
    leeway = TOLERANCE * max(1.0, abs(best))
    if not sign * answer.bound >= best - leeway:
        told = f"its bound is {answer.bound:,.6g}, but a plan is worth {sign * best:,.6g}"
        zh = f"它给出的界是 {answer.bound:,.6g}，而已有方案达到 {sign * best:,.6g}"
        return Sentence(told, zh=zh)
    if answer.status == "optimal":
        missing = sign * answer.bound - sign * own if answer.values is not None else math.inf
        if missing > max(slack, gap * abs(own)) + leeway:
            told = f"it calls {own:,.6g} the best, but its bound is {answer.bound:,.6g}"
            zh = f"它称 {own:,.6g} 为最优，而它给出的界是 {answer.bound:,.6g}"
            return Sentence(told, zh=zh)
    return None


def _are_held(program: Program, values: np.ndarray) -> bool:
    """Whether a plan keeps to every row, with whole columns taken as whole."""
    exact = np.where(program.is_whole, np.round(values), values)
    shape = (len(program.least), len(values))
    rows = sparse.csr_matrix((program.factors, program.columns, program.starts), shape=shape)
    activity, size = rows @ exact, np.maximum(1.0, abs(rows) @ np.abs(exact))
    over = np.maximum(program.least - activity, activity - program.most)
    return not (over > _WHOLE * size).any()


def placed(
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
