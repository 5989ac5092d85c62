"""Points by the squares they lie in, so that memory does not grow with the network."""

from typing import NamedTuple

import numpy as np

PAIRS_AT_ONCE = 4_000_000  # of a place and a centre, or of a junction and a centre
TILE_CUTOFFS = 2.0  # side of a tile of centres, in cutoffs


class Bins(NamedTuple):
    """Points by the square they lie in, so that those in a rectangle are found row by row."""

    order: np.ndarray
    keys: np.ndarray  # of the points in that order
    low: np.ndarray
    side: float
    columns: int

    @classmethod
    def of(cls, xy: np.ndarray, side: float) -> "Bins":
        low = xy.min(axis=0, initial=np.inf)
        col, row = np.floor((xy - low) / side).astype(np.int64).T
        columns = int(col.max(initial=0)) + 1
        keys = row * columns + col
        order = np.argsort(keys, kind="stable")
        return cls(order, keys[order], low, side, columns)

    def within(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Positions of the points in the squares that a rectangle meets."""
        if not len(self.order):
            return self.order
        (left, bottom), (right, top) = (
            np.floor((corner - self.low) / self.side).astype(np.int64) for corner in (low, high)
        )
        left, right = max(left, 0), min(right, self.columns - 1)
        rows = np.arange(max(bottom, 0), min(top, self.keys[-1] // self.columns) + 1)
        first = np.searchsorted(self.keys, rows * self.columns + left)
        last = np.searchsorted(self.keys, rows * self.columns + right, side="right")
        count = np.where(right >= left, last - first, 0)
        found: np.ndarray = self.order[np.repeat(first, count) + steps_of(count)]
        return found

    def parts(self) -> list[np.ndarray]:
        """Positions of the points, square by square."""
        return (
            np.split(self.order, np.flatnonzero(np.diff(self.keys)) + 1) if len(self.order) else []
        )


def steps_of(count: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... for each of some counts."""
    before: np.ndarray = np.cumsum(count) - count
    steps: np.ndarray = np.arange(count.sum()) - np.repeat(before, count)
    return steps
