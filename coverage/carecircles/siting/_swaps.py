"""Good plans by exchanges: one column for another as long as one gains, with kicks."""

import copy
import math
from collections.abc import Iterable

import numpy as np
from scipy import sparse

from carecircles.siting._problem import EXACT, Clock, Watch, entries_of

MOST_PLACES = 300  # beyond, swaps take more time than they are worth
_ENTRIES_AT_ONCE = 500_000
_KICKED = 4
_NEARLY = 0.008  # how much worse than the best a plan may be to search on from it
_FILLED_FROM = 8


class Standing:
    """
    A plan that changes one column at a time, and what every exchange would gain.

    A class because each change touches only the rows of two columns: `first` and `second` are what
    a row is worth by its best and second best open column, `place` whose is the best. `added`,
    `lost` and `kept` add up over the rows to the gain of putting column j in place k:
    added[j] - lost[k] + kept[j, k].
    """

    def __init__(
        self,
        worth: sparse.csc_matrix,
        price: np.ndarray,
        budget: float,
        chosen: Iterable[int] = (),
    ) -> None:
        rows, columns = worth.shape
        chosen = list(chosen)
        affordable = int((np.cumsum(np.sort(price)) <= budget).sum())
        places = max(min(affordable, MOST_PLACES), len(chosen))
        self.by_column, self.by_row, self.price, self.budget = worth, worth.tocsr(), price, budget
        self.chosen = np.full(places, -1)
        self.table = np.zeros((rows, places))
        self.first, self.second = np.zeros(rows), np.zeros(rows)
        self.place = np.zeros(rows, dtype=np.int64)
        self.added = np.asarray(worth.sum(axis=0)).ravel()
        self.lost, self.kept = np.zeros(places), np.zeros(columns * places)
        for place, column in enumerate(chosen):
            self.put(place, int(column))

    def value(self) -> float:
        """What the plan is worth."""
        return float(self.first.sum())

    def columns(self) -> np.ndarray:
        """The columns of the plan."""
        return self.chosen[self.chosen >= 0]

    def put(self, place: int, column: int) -> None:
        """Put a column, or none (-1), in a place of the plan."""
        before, after = (self._rows(c) for c in (self.chosen[place], column))
        rows = np.union1d(before, after)
        self._account(rows, -1)
        self.table[before, place] = 0
        if column >= 0:
            own = slice(*self.by_column.indptr[column : column + 2])
            self.table[after, place] = self.by_column.data[own]
        table, count = self.table[rows], np.arange(len(rows))
        best = table.argmax(axis=1)
        self.place[rows], self.first[rows] = best, table[count, best]
        table[count, best] = 0
        self.second[rows] = table.max(axis=1)
        self.chosen[place] = column
        self._account(rows, 1)

    def climb(self, clock: Clock) -> None:
        """Make the best exchange as long as one gains."""
        while len(self.chosen) and clock.left():
            gains = self.added[:, None] - self.lost + self.kept.reshape(-1, len(self.chosen))
            taken = np.where(self.chosen >= 0, self.price[self.chosen], 0.0)
            over = self.price[:, None] - taken > self.budget - taken.sum()
            gains[over] = -math.inf
            column, place = divmod(int(gains.argmax()), len(self.chosen))
            if gains[column, place] <= EXACT * max(1.0, self.value()):
                break
            self.put(place, column)

    def kick(self, rng: np.random.Generator) -> None:
        """Empty a few places and fill them with some of the columns that add most."""
        count = int(rng.integers(1, min(len(self.chosen), _KICKED) + 1))
        places = rng.choice(len(self.chosen), count, replace=False)
        for place in map(int, places):
            self.put(place, -1)
        for place in map(int, places):
            spare = self.budget - self.price[self.columns()].sum()
            is_free = (self.price <= spare) & (self.added > EXACT * max(1.0, self.value()))
            is_free[self.columns()] = False
            some = np.flatnonzero(is_free)
            if len(some) > _FILLED_FROM:
                some = some[np.argpartition(-self.added[some], _FILLED_FROM)[:_FILLED_FROM]]
            if len(some):
                self.put(place, int(rng.choice(some)))

    def copy(self) -> "Standing":
        """The same plan, to change without changing this one."""
        other = copy.copy(self)
        for name in ("chosen", "table", "first", "second", "place", "added", "lost", "kept"):
            setattr(other, name, getattr(self, name).copy())
        return other

    def _rows(self, column: int) -> np.ndarray:
        ends = self.by_column.indptr[column : column + 2] if column >= 0 else (0, 0)
        return self.by_column.indices[ends[0] : ends[1]]

    def _account(self, rows: np.ndarray, sign: int) -> None:
        """Count the part of these rows in every gain, or take it out."""
        places, columns = len(self.chosen), len(self.added)
        step = max(1, _ENTRIES_AT_ONCE * len(self.first) // max(1, self.by_row.nnz))
        for part in (rows[n : n + step] for n in range(0, len(rows), step)):
            entries, row = entries_of(self.by_row.indptr, part)
            column = self.by_row.indices[entries]
            worth, first = self.by_row.data[entries], self.first[row]
            added = np.maximum(worth - first, 0)
            self.added += sign * np.bincount(column, added, minlength=columns)
            kept = np.minimum(worth, first) - self.second[row]
            some = np.flatnonzero(kept > 0)
            pair = column[some].astype(np.int64) * places + self.place[row[some]]
            self.kept += sign * np.bincount(pair, kept[some], minlength=columns * places)
        difference = (self.first - self.second)[rows]
        self.lost += sign * np.bincount(self.place[rows], difference, minlength=places)


def explored(
    plan: Standing,
    clock: Clock,
    *,
    patience: int,
    enough: float,
    bound: float = math.inf,
    watch: Watch | None = None,
) -> Standing:
    """
    The best plan found by kicks and climbs, until nothing better turns up for a while.

    The search goes on from any plan nearly as good as the best, so that it can leave a place where
    every exchange loses. Dueck, Journal of Computational Physics 104 (1993).
    """
    rng, waited, best = np.random.default_rng(0), 0, plan
    while len(plan.columns()) and waited < patience and best.value() < enough and clock.left():
        trial = plan.copy()
        trial.kick(rng)
        trial.climb(clock)
        waited += 1
        if trial.value() > best.value() + EXACT * max(1.0, best.value()):
            best, waited = trial, 0
            if watch:
                watch(best.value(), bound)
        if trial.value() >= best.value() * (1 - _NEARLY):
            plan = trial
    return best
