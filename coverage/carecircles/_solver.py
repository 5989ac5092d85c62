"""
The numbers behind `siting`: smaller equal problems, good plans, bounds, and the proof by HiGHS.

A covering problem is a sparse matrix with a row for each piece of demand and a column for each
candidate site, 1 where the site covers the demand; and a weight (persons) for each row.
"""

import heapq
import math
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from carecircles.errors import InfeasibleError

Watch = Callable[[float, float], None]  # told the best value and the bound so far

_EXACT = 1e-9
_DOMINANCE_MOST_PAIRS = (
    2e9  # of columns compared; beyond, looking for dominance costs more than it saves
)
_PAIRS_AT_ONCE = 2e7
_LAGRANGE_ROUNDS = 400


class Solution(NamedTuple):
    """The chosen columns, what they are worth, and what no choice can beat."""

    chosen: np.ndarray
    value: float
    bound: float
    status: str  # 'optimal' (to the gap asked for), 'time limit' or 'stopped'


class Covering(NamedTuple):
    """
    A covering problem: `cover` (rows x columns), `weight` of the rows, `group` of the rows.

    `columns` says which column of the problem it was made from each column is.
    """

    cover: sparse.csr_matrix
    weight: np.ndarray
    group: np.ndarray
    columns: np.ndarray


class Limits(NamedTuple):
    """
    What a plan may not exceed or must reach.

    `cost` of each column and the `budget` they share (1 each and their number, if nothing else is
    said); `must` columns that open anyway; `floors`: for each group the weight to be covered.
    """

    cost: np.ndarray
    budget: float
    must: np.ndarray
    floors: np.ndarray | None = None


def merged(problem: Covering) -> Covering:
    """The same problem with one row for all rows that the same columns cover."""
    cover = problem.cover
    filled = np.diff(cover.indptr) > 0
    cover, weight, group = cover[filled], problem.weight[filled], problem.group[filled]
    if cover.shape[0] == 0:
        return Covering(cover, weight, group, problem.columns)
    # Two 64-bit sums of random numbers stand for the set of columns of a row.
    marks = np.random.default_rng(0).integers(0, 2**63, size=(2, cover.shape[1]), dtype=np.uint64)
    keys = np.stack(
        [
            *(np.add.reduceat(mark[cover.indices], cover.indptr[:-1]) for mark in marks),
            group.astype(np.uint64),
        ]
    )
    _, first, of_row = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    sums = np.bincount(of_row.ravel(), weight, minlength=len(first))
    return Covering(cover[first], sums, group[first], problem.columns)


def without_dominated(problem: Covering, cost: np.ndarray) -> Covering:
    """
    The same problem without columns that another one replaces: no dearer, and covering no less.

    Of equal ones the first stays. Left as it is where there are too many pairs to compare.
    """
    by_column = problem.cover.T.tocsr().astype(np.float32)
    size = np.diff(by_column.indptr)
    pairs = float((np.diff(problem.cover.indptr).astype(float) ** 2).sum())
    if pairs > _DOMINANCE_MOST_PAIRS:
        return problem
    columns, transposed = len(size), by_column.T.tocsr()
    step = max(1, int(columns * _PAIRS_AT_ONCE / max(pairs, 1.0)))
    found = []
    for first in range(0, columns, step):
        shared = (by_column[first : first + step] @ transposed).tocoo()
        a, b = shared.row + first, shared.col
        inside = (shared.data == size[a]) & (a != b) & (cost[b] <= cost[a])
        is_same = (size[a] == size[b]) & (cost[a] == cost[b])
        found.append(np.unique(a[inside & (~is_same | (b < a))]))
    dominated = np.concatenate(found) if found else np.array([], dtype=int)
    kept = np.setdiff1d(np.arange(len(size)), dominated)
    kept = kept[size[kept] > 0]
    return Covering(
        problem.cover[:, kept].tocsr(), problem.weight, problem.group, problem.columns[kept]
    )


def greedy(problem: Covering, sites: int) -> np.ndarray:
    """Columns chosen one after the other, each the one that adds most; lazily, since gains only fall."""
    columns = problem.cover.tocsc()
    start, rows = columns.indptr, columns.indices
    left = problem.weight.copy()
    heap = [(-gain, column, 0) for column, gain in enumerate(columns.T @ left)]
    heapq.heapify(heap)
    chosen: list[int] = []
    while len(chosen) < sites and heap:
        gain, column, seen = heapq.heappop(heap)
        own = rows[start[column] : start[column + 1]]
        if seen < len(chosen):
            heapq.heappush(heap, (-left[own].sum(), column, len(chosen)))
        elif gain < 0:
            chosen.append(column)
            left[own] = 0
        else:
            break
    return np.array(chosen, dtype=int)


def swapped(problem: Covering, chosen: np.ndarray, *, until: float = math.inf) -> np.ndarray:
    """The plan after exchanging one column for another as long as the best exchange gains."""
    by_column = problem.cover.T.tocsr()
    start, rows, weight = by_column.indptr, by_column.indices, problem.weight
    chosen = chosen.copy()
    depth = np.zeros(len(weight), dtype=np.int32)
    for column in chosen:
        depth[rows[start[column] : start[column + 1]]] += 1
    while time.monotonic() < until:
        added = by_column @ np.where(depth == 0, weight, 0.0)
        best, exchange = _EXACT * max(1.0, weight.sum()), None
        for place, column in enumerate(chosen):
            own = rows[start[column] : start[column + 1]]
            alone = own[depth[own] == 1]
            only = np.zeros(len(weight))
            only[alone] = weight[alone]
            gain = added + by_column @ only - weight[alone].sum()
            other = int(np.argmax(gain))
            if gain[other] > best:
                best, exchange = gain[other], (place, other)
        if exchange is None:
            break
        place, other = exchange
        depth[rows[start[chosen[place]] : start[chosen[place] + 1]]] -= 1
        depth[rows[start[other] : start[other + 1]]] += 1
        chosen[place] = other
    return chosen


def covered_weight(problem: Covering, chosen: np.ndarray) -> float:
    """The weight that some column of a plan covers."""
    is_open = np.zeros(problem.cover.shape[1])
    is_open[chosen] = 1
    return float(problem.weight[problem.cover @ is_open > 0].sum())


def lagrangian(
    problem: Covering, sites: int, value: float, *, until: float = math.inf
) -> tuple[float, np.ndarray]:
    """
    A bound no plan of so many sites can beat, and the plan its best multipliers suggest.

    The rows 'covered only by an open site' are priced; what remains falls apart into rows and
    columns. Two sparse products a round. Fisher, Management Science 27 (1981).
    """
    by_column, rows, weight = problem.cover.T.tocsr(), problem.cover, problem.weight
    price = weight / 2
    best, best_price, step, since = math.inf, price, 2.0, 0
    suggested = np.array([], dtype=int)
    for _ in range(_LAGRANGE_ROUNDS):
        worth = by_column @ price
        count = min(sites, len(worth))
        top = np.argpartition(worth, len(worth) - count)[len(worth) - count :]
        is_taken = weight > price
        bound = float((weight - price)[is_taken].sum() + worth[top].sum())
        if bound < best - _EXACT * max(1.0, abs(bound)):
            best, best_price, suggested, since = bound, price, top, 0
        else:
            since += 1
            if since >= 15:
                step, since, price = step * 0.6, 0, best_price
        is_open = np.zeros(len(worth))
        is_open[top] = 1
        slope = rows @ is_open - is_taken
        steepness = float(slope @ slope)
        done = best - value <= _EXACT * max(1.0, value)
        if steepness == 0 or done or step < 1e-4 or time.monotonic() > until:
            break
        price = np.clip(price - step * (bound - value) / steepness * slope, 0, weight)
    return min(best, float(weight.sum())), suggested


def maximize(
    problem: Covering,
    limits: Limits,
    *,
    gap: float,
    time_limit: float,
    watch: Watch | None = None,
) -> Solution:
    """The columns within the limits that cover most weight; proven to the gap unless time runs out."""
    until = time.monotonic() + time_limit
    is_plain = limits.floors is None and len(limits.must) == 0 and bool((limits.cost == 1).all())
    small = merged(problem)
    if limits.floors is None and len(limits.must) == 0:
        small = merged(without_dominated(small, limits.cost))
    cost = limits.cost[small.columns]
    must = np.flatnonzero(np.isin(small.columns, limits.must))
    if small.cover.shape[1] == 0 or small.cover.shape[0] == 0:
        return Solution(np.array(limits.must, dtype=int), 0.0, 0.0, "optimal")
    start = np.array([], dtype=int)
    bound = float(small.weight.sum())
    if is_plain:
        sites = int(limits.budget)
        if sites == 0:
            return Solution(start, 0.0, 0.0, "optimal")
        start = swapped(small, greedy(small, sites), until=until)
        value = covered_weight(small, start)
        bound, suggested = lagrangian(small, sites, value, until=until)
        other = swapped(small, suggested, until=until)
        if covered_weight(small, other) > value:
            start, value = other, covered_weight(small, other)
        if watch:
            watch(value, bound)
        if bound - value <= max(gap, _EXACT) * max(1.0, value):
            return Solution(small.columns[start], value, max(bound, value), "optimal")
    solution = _milp(
        small, Limits(cost, limits.budget, must, limits.floors), start,
        gap=gap, until=until, watch=watch, bound=bound,
    )  # fmt: skip
    return solution._replace(chosen=small.columns[solution.chosen])


def minimize(
    problem: Covering,
    limits: Limits,
    *,
    least: float,
    gap: float,
    time_limit: float,
    watch: Watch | None = None,
) -> Solution:
    """The cheapest columns that cover at least so much weight; `value` and `bound` are costs."""
    until = time.monotonic() + time_limit
    small = merged(problem)
    if limits.floors is None and len(limits.must) == 0:
        small = merged(without_dominated(small, limits.cost))
    must = np.flatnonzero(np.isin(small.columns, limits.must))
    if small.cover.shape[0] == 0 or small.cover.shape[1] == 0:
        taken = float(limits.cost[limits.must].sum())
        return Solution(np.array(limits.must, dtype=int), taken, taken, "optimal")
    inner = Limits(limits.cost[small.columns], math.inf, must, limits.floors)
    solution = _milp(
        small, inner, np.array([], dtype=int), gap=gap, until=until, watch=watch, least=least
    )
    if (limits.cost == np.round(limits.cost)).all():  # so is the cost of every plan
        whole = min(math.ceil(solution.bound - 1e-6), solution.value)
        solution = solution._replace(bound=float(whole))
    return solution._replace(chosen=small.columns[solution.chosen])


def _milp(
    problem: Covering,
    limits: Limits,
    start: np.ndarray,
    *,
    gap: float,
    until: float,
    watch: Watch | None,
    bound: float = math.inf,
    least: float | None = None,
) -> Solution:
    """
    HiGHS on the covering problem: most weight within the budget or, with `least`, the lowest cost.

    Columns: one for each site (open or not), one for each row (how much of it is covered). Rows: no
    row is covered beyond the open sites that cover it; the budget; the floors; the least weight.
    """
    import highspy

    rows, sites = problem.cover.shape
    is_maximum = least is None
    is_everyone = least is not None and least >= problem.weight.sum() * (1 - 1e-12)
    blocks = [sparse.hstack([-problem.cover, sparse.identity(rows)])]
    lower, upper = [np.full(rows, -math.inf)], [np.zeros(rows)]

    def constrain(of_sites: np.ndarray, of_rows: np.ndarray, low: float, high: float) -> None:
        blocks.append(sparse.csr_matrix(np.concatenate([of_sites, of_rows])))
        lower.append(np.array([low]))
        upper.append(np.array([high]))

    if is_maximum:
        constrain(limits.cost, np.zeros(rows), -math.inf, limits.budget)
    elif not is_everyone:
        constrain(np.zeros(sites), problem.weight, float(least or 0.0) * (1 - 1e-12), math.inf)
    for group, floor in enumerate(limits.floors if limits.floors is not None else ()):
        if floor > 0:
            own = np.where(problem.group == group, problem.weight, 0.0)
            constrain(np.zeros(sites), own, float(floor), math.inf)
    matrix = sparse.vstack(blocks).tocsc()

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = sites + rows, matrix.shape[0]
    model.sense_ = highspy.ObjSense.kMaximize if is_maximum else highspy.ObjSense.kMinimize
    model.col_cost_ = (
        np.concatenate([np.zeros(sites), problem.weight])
        if is_maximum
        else np.concatenate([limits.cost, np.zeros(rows)])
    )
    at_least = np.zeros(sites + rows)
    at_least[limits.must] = 1
    if is_everyone:
        at_least[sites:] = 1
    model.col_lower_, model.col_upper_ = at_least, np.ones(sites + rows)
    model.row_lower_, model.row_upper_ = (
        np.clip(np.concatenate(side), -highspy.kHighsInf, highspy.kHighsInf)
        for side in (lower, upper)
    )
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
    model.a_matrix_.value_ = matrix.data
    kinds = highspy.HighsVarType
    model.integrality_ = [kinds.kInteger] * sites + [kinds.kContinuous] * rows
    highs = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("mip_rel_gap", gap),
        ("mip_abs_gap", 0.0),
        ("time_limit", max(0.1, until - time.monotonic())),
        ("threads", 2),
        ("random_seed", 0),
    ):
        highs.setOptionValue(option, value)
    highs.passModel(model)
    if len(start):
        guess = highspy.HighsSolution()
        values = np.zeros(sites + rows)
        values[start] = 1
        values[sites:] = problem.cover @ values[:sites] > 0
        guess.col_value = values.tolist()
        highs.setSolution(guess)
    was_stopped = _run(highs, watch)

    info, status = highs.getInfo(), highs.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise InfeasibleError("no plan within the limits")
    chosen = np.flatnonzero(np.array(highs.getSolution().col_value)[:sites] > 0.5)
    value = covered_weight(problem, chosen) if is_maximum else float(limits.cost[chosen].sum())
    found = float(info.mip_dual_bound)
    proven = min(bound, found) if is_maximum else found
    is_done = status == highspy.HighsModelStatus.kOptimal
    word = "optimal" if is_done else "stopped" if was_stopped else "time limit"
    return Solution(chosen, value, max(value, proven) if is_maximum else min(value, proven), word)


def _run(highs, watch: Watch | None) -> bool:
    """Let HiGHS work; Ctrl-C ends it with the best plan so far. Whether it was ended so."""
    import highspy

    stop = threading.Event()
    kinds = highspy.cb.HighsCallbackType

    def listen(kind, _message, out, answer, _data) -> None:
        if kind == kinds.kCallbackMipInterrupt and stop.is_set():
            answer.user_interrupt = True
        elif kind == kinds.kCallbackMipLogging and watch:
            watch(out.mip_primal_bound, out.mip_dual_bound)

    highs.setCallback(listen, None)
    for kind in (kinds.kCallbackMipInterrupt, kinds.kCallbackMipLogging):
        highs.startCallback(kind)
    work = threading.Thread(target=highs.run)
    work.start()
    while work.is_alive():
        try:
            work.join(0.1)
        except KeyboardInterrupt:
            stop.set()
    return stop.is_set()
