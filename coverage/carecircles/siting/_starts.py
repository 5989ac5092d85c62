"""
A plan from the first second: greedy, the farthest first, and the fewest columns that cover all.

What is greedy here always comes to its end, whatever the clock says: so that there is a plan.
"""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from scipy import sparse

from carecircles.siting._problem import Clock, Covering, entries_of
from carecircles.siting._terms import FEASIBLE, Floors, Limits

_EXACT = 1e-9


def best_first(
    gain: np.ndarray, gain_of: Callable[[int], float], price: np.ndarray, budget: float
) -> Iterator[int]:
    """
    Columns within the budget, each the one that gains most for its price; of equal ones the first.

    `gain` is what each gains first, `gain_of` what it gains after those that were taken, which is never
    more. Minoux, Optimization Techniques, Lecture Notes in Control and Information Sciences 7 (1978).
    """
    paid = np.maximum(price, _EXACT)
    least = _EXACT * max(1.0, float(gain.max(initial=0.0)))
    some = np.flatnonzero((gain > least) & (price <= budget))
    waiting = list(zip((-gain[some] / paid[some]).tolist(), some.tolist(), strict=True))
    heapq.heapify(waiting)
    while waiting:
        column = waiting[0][1]
        now = gain_of(column) if price[column] <= budget else 0.0
        if now <= least:
            heapq.heappop(waiting)
            continue
        heapq.heapreplace(waiting, (-now / paid[column], column))
        if waiting[0][1] == column:
            heapq.heappop(waiting)
            budget -= price[column]
            yield column


class Gain:
    """
    What a column gains beyond what the rows are worth by those that were taken.

    A class because `served`, which that is by row, grows with each that is taken.
    """

    def __init__(self, worth: sparse.csc_matrix) -> None:
        self.worth, self.served = worth, np.zeros(worth.shape[0])

    def __call__(self, column: int) -> float:
        rows, worth = self._own(column)
        return float(np.maximum(worth - self.served[rows], 0).sum())

    def take(self, column: int) -> None:
        """Open a column."""
        rows, worth = self._own(column)
        self.served[rows] = np.maximum(self.served[rows], worth)

    def _own(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        own = slice(*self.worth.indptr[column : column + 2])
        return self.worth.indices[own], self.worth.data[own]


def worth_most(
    worth: sparse.csc_matrix, price: np.ndarray, budget: float, taken: np.ndarray | None = None
) -> np.ndarray:
    """Columns within the budget, those that are `taken` first, that are together worth much."""
    gain, chosen = Gain(worth), [] if taken is None else taken.tolist()
    for column in chosen:
        gain.take(column)
    budget -= float(price[chosen].sum())
    for column in best_first(np.asarray(worth.sum(axis=0)).ravel(), gain, price, budget):
        gain.take(column)
        chosen.append(column)
    return np.array(chosen, dtype=int)


def reaching(floors: Floors, price: np.ndarray, budget: float) -> np.ndarray:
    """Columns within the budget that bring each group of rows to its floor, or nearer to it."""
    (cover, weight, group, *_), least, need = floors
    by_column, short = cover.tocsc(), need.copy()
    missing, chosen, weight = least * (1 - FEASIBLE), [], weight / need

    def newly(column: int) -> tuple[np.ndarray, np.ndarray]:
        own = slice(*by_column.indptr[column : column + 2])
        rows = by_column.indices[own]
        rows = rows[short[rows] > 0]
        return rows, np.bincount(group[rows], weight[rows], minlength=len(least))

    def gain_of(column: int) -> float:
        return float(np.minimum(newly(column)[1], missing).sum())

    gain = np.asarray(cover.T @ np.minimum(weight, np.maximum(least, 0)[group])).ravel()
    for column in best_first(gain, gain_of, price, budget):
        rows, covered = newly(column)
        short[rows] -= 1
        missing = np.maximum(missing - covered, 0)
        chosen.append(column)
    return np.array(chosen, dtype=int)


def covering(problem: Covering, price: np.ndarray, least: float) -> np.ndarray:
    """Columns that cover at least so much weight, or as much as can be, without any that is not needed."""
    cover, weight = problem.cover.tocsc(), problem.weight
    depth, chosen = np.zeros(len(weight)), []

    def rows_of(column: int) -> np.ndarray:
        return cover.indices[cover.indptr[column] : cover.indptr[column + 1]]

    def gain_of(column: int) -> float:
        rows = rows_of(column)
        return float(weight[rows][depth[rows] == 0].sum())

    gain = problem.cover.T @ weight
    for column in best_first(np.asarray(gain).ravel(), gain_of, price, np.inf):
        if weight[depth > 0].sum() >= least:
            break
        depth[rows_of(column)] += 1
        chosen.append(column)
    for column in sorted(chosen, key=lambda c: -price[c]):
        depth[rows_of(column)] -= 1
        if weight[depth > 0].sum() >= least:
            chosen.remove(column)
        else:
            depth[rows_of(column)] += 1
    return np.array(chosen, dtype=int)


def fewer(
    problem: Covering,
    price: np.ndarray,
    chosen: np.ndarray,
    clock: Clock,
    *,
    patience: int,
    enough: float,
) -> np.ndarray:
    """
    Columns that cover every row for less, until nothing better turns up for a while.

    One column goes, and a row that is bare now is covered by another; rows that stay bare weigh more from
    step to step. Gao, Weise and Li, Memetic Computing 7 (2015).
    """
    rng, swaps, waited = np.random.default_rng(0), _Swaps(problem, price, chosen), 0
    best, least = chosen, float(price[chosen].sum())
    while waited < patience and least > enough and clock.left():
        while swaps.is_open.any() and swaps.price >= least * (1 - _EXACT):
            swaps.drop()
        if not swaps.is_open.any():
            break
        swaps.drop()
        bare = swaps.bare()
        if len(bare):
            swaps.cover(int(rng.choice(bare)))
        waited, bare = waited + 1, swaps.bare()
        if len(bare):
            swaps.weigh(bare)
        elif swaps.price < least * (1 - _EXACT):
            best, least, waited = np.flatnonzero(swaps.is_open), swaps.price, 0
    return best


class _Swaps:
    """
    Open columns that change one at a time, and what each would bare or cover of the rows' weight.

    A class because each change touches only the rows of a column. `depth` is how many open columns a row
    has, `owner` the sum of their numbers: the number of the only one.
    """

    def __init__(self, problem: Covering, price: np.ndarray, chosen: np.ndarray) -> None:
        self.by_row, self.by_column = problem.cover, problem.cover.T.tocsr()
        rows, columns = problem.cover.shape
        self.paid, self.price = np.maximum(price, _EXACT), 0.0
        self.depth, self.owner = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
        self.weight, self.of_change = np.ones(rows), np.zeros(columns, dtype=np.int64)
        self.gain, self.loss = np.diff(self.by_column.indptr).astype(float), np.zeros(columns)
        self.is_open, self.may_open = np.zeros(columns, dtype=bool), np.ones(columns, dtype=bool)
        self.latest, self.changes = -1, 0
        for column in chosen:
            self._change(int(column), 1)

    def bare(self) -> np.ndarray:
        """The rows that no open column covers."""
        return np.flatnonzero(self.depth == 0)

    def drop(self) -> None:
        """Close the column by which least is lost, of equal ones the one open longest; not the latest."""
        some = np.flatnonzero(self.is_open)
        some = some[some != self.latest] if len(some) > 1 else some
        order = np.lexsort((self.of_change[some], self.loss[some] / self.paid[some]))
        column = int(some[order[0]])
        self._change(column, -1)
        self.may_open[column] = False

    def cover(self, row: int) -> None:
        """Open the column of this row that gains most, but none that came back before all around it."""
        some = self.by_row.indices[self.by_row.indptr[row] : self.by_row.indptr[row + 1]]
        some = some[self.may_open[some]] if self.may_open[some].any() else some
        order = np.lexsort((self.of_change[some], -self.gain[some] / self.paid[some]))
        self.latest = int(some[order[0]])
        self._change(self.latest, 1)

    def weigh(self, rows: np.ndarray) -> None:
        """Let these bare rows weigh more."""
        self.weight[rows] += 1
        entries, _ = entries_of(self.by_row.indptr, rows)
        self.gain += np.bincount(self.by_row.indices[entries], minlength=len(self.gain))

    def _change(self, column: int, sign: int) -> None:
        """Open (1) or close (-1) a column."""
        own = slice(*self.by_column.indptr[column : column + 2])
        rows = self.by_column.indices[own]
        before = self.depth[rows]
        self.depth[rows] += sign
        self.owner[rows] += sign * column
        bared = rows[before + min(sign, 0) == 0]  # bare without this column
        entries, row = entries_of(self.by_row.indptr, bared)
        others = self.by_row.indices[entries]
        self.gain -= sign * np.bincount(others, self.weight[row], minlength=len(self.gain))
        single = rows[before + min(sign, 0) == 1]  # covered by one other
        of_other = self.owner[single] - (column if sign > 0 else 0)
        self.loss -= sign * np.bincount(of_other, self.weight[single], minlength=len(self.loss))
        self.loss[column] = self.weight[bared].sum() if sign > 0 else 0.0
        self.is_open[column] = sign > 0
        self.price += sign * float(self.paid[column])
        self.changes += 1
        self.of_change[column] = self.changes
        self.may_open[others] = True


def depth_of(worth: sparse.csc_matrix, chosen: Iterable[int]) -> np.ndarray:
    """How many of these columns each row has."""
    depth = np.zeros(worth.shape[0], dtype=np.int64)
    for column in chosen:
        depth[_rows_of(worth, column)] += 1
    return depth


def fill(
    worth: sparse.csc_matrix,
    weight: np.ndarray,
    need: np.ndarray,
    limits: Limits,
    clock: Clock,
    taken: np.ndarray | None = None,
) -> np.ndarray:
    """
    Columns within the budget by which many rows have as many as they `need`: a plan to start from.

    All columns of a row are worth its weight. Those that are `taken` come first. Each other is the one that brings most weight nearer to what it
    needs; then single exchanges that gain.
    """
    chosen: list[int] = [] if taken is None else taken.tolist()
    depth = depth_of(worth, chosen)

    def gain_of(column: int) -> float:
        rows = _rows_of(worth, column)
        rows = rows[depth[rows] < need[rows]]
        return float((weight[rows] / need[rows]).sum())

    each, spare = worth.T @ (1 / need), limits.budget - float(limits.price[chosen].sum())
    each[chosen] = 0
    for column in best_first(each, gain_of, limits.price, spare):
        chosen.append(column)
        depth[_rows_of(worth, column)] += 1
    for _ in range(100):
        best, exchange = 1e-9 * max(1.0, weight.sum()), None
        now = weight[depth >= need].sum()
        for place, column in enumerate(chosen):
            if not clock.left():
                break
            others = depth.copy()
            others[_rows_of(worth, column)] -= 1
            spare = limits.budget - limits.price[chosen].sum() + limits.price[column]
            left = weight[others >= need].sum()
            gain = left - now + worth.T @ (others == need - 1).astype(float)
            gain[limits.price > spare] = -math.inf
            gain[[c for c in chosen if c != column]] = -math.inf
            if gain.max() > best:
                best, exchange = float(gain.max()), (place, int(gain.argmax()))
        if exchange is None:
            break
        place, column = exchange
        depth[_rows_of(worth, chosen[place])] -= 1
        depth[_rows_of(worth, column)] += 1
        chosen[place] = column
    return np.array(chosen, dtype=int)


def _rows_of(worth: sparse.csc_matrix, column: int) -> np.ndarray:
    return worth.indices[worth.indptr[column] : worth.indptr[column + 1]]


def farthest_first(
    nearest: np.ndarray,
    begins: np.ndarray,
    column: np.ndarray,
    costs: np.ndarray,
    price: np.ndarray,
    budget: float,
) -> tuple[np.ndarray, np.ndarray]:
    """
    Columns within the budget, each the nearest to the row that has it farthest, and how far rows have it.

    `nearest` is how far each row has it anyway; the pairs stand row by row, which begin so. Gonzalez, Theoretical
    Computer Science 38 (1985).
    """
    nearest, chosen = nearest.copy(), []
    while len(nearest):
        row = int(nearest.argmax())
        own = slice(*begins[row : row + 2])
        columns, metres = column[own], costs[own]
        some = (price[columns] <= budget) & (metres < nearest[row])
        if not some.any():
            break
        chosen.append(int(columns[some][metres[some].argmin()]))
        budget -= price[chosen[-1]]
        # Each is looked for among all: the same pairs column by column would take as much memory again.
        there = np.flatnonzero(column == chosen[-1])
        rows = np.searchsorted(begins, there, side="right") - 1
        np.minimum.at(nearest, rows, costs[there])
    return np.array(chosen, dtype=int), nearest
