"""
The cells of a block as strips of rows in which all is alike: the street, and how many centres are within reach.

Within a distance every centre has one span of cells in a row, and every street a few stretches. Their ends, sorted once
along all rows laid on a line, cut the block into strips, so that nothing depends on how many cells there are.
"""

from typing import NamedTuple

import numpy as np

from carecircles import grid

_BITS = 3  # of a kind of end: of streets, of spans of own centres and of others, of what lies far inside


class Strips(NamedTuple):
    """
    Strips of rows, row by row from the south, left to right; where there is no cell, too.

    Rows lie on a line, one after the other, with a spare place behind each: `begin` is the place of each strip's
    first cell and `beyond` that after its last. `street` is the number of the street, that of `streets` where there
    is none; `depth` is how many centres are within reach, `own` how many of them inside the border; `is_inner`
    whether it is so far inside the border that no centre beyond it matters.
    """

    shape: tuple[int, int]
    streets: int
    begin: np.ndarray
    beyond: np.ndarray
    street: np.ndarray
    depth: np.ndarray
    own: np.ndarray
    is_inner: np.ndarray

    @property
    def width(self) -> int:
        return self.shape[1] + 1


class Spans(NamedTuple):
    """Cells side by side on the line of a block: the first of each and the place after the last."""

    begin: np.ndarray
    beyond: np.ndarray


def on_line(found: grid.Stretches, width: int) -> Spans:
    """Stretches of rows on a line."""
    line = found.row * width
    return Spans(line + found.first, line + found.beyond)


def of_spans(
    held: grid.Stretches,
    streets: int,
    shape: tuple[int, int],
    *,
    own: Spans,
    others: Spans | None = None,
    inner: Spans | None = None,
) -> Strips:
    """The strips of a block whose streets hold stretches of rows, by where centres reach."""
    rows, cols = shape
    of_streets = on_line(held, cols + 1)
    nothing = Spans(of_streets.begin[:0], of_streets.begin[:0])
    spans = (of_streets, own, others or nothing, inner or nothing)
    ends = [
        (at << _BITS) + 2 * n + kind
        for n, some in enumerate(spans)
        for kind, at in enumerate((some.beyond, some.begin))
    ]
    key = np.concatenate(ends)
    key.sort()
    kind, at = (key & ((1 << _BITS) - 1)).astype(np.int8), key >> _BITS
    last = np.flatnonzero(np.append(at[1:] > at[:-1], len(at) > 0)[: len(at)])

    def running(n: int) -> np.ndarray:
        """How many spans of a kind hold the cells from each end on."""
        step = np.zeros(1 << _BITS, dtype=np.int32)
        step[[2 * n, 2 * n + 1]] = -1, 1
        return np.append(0, np.cumsum(step[kind], dtype=np.int32)[last])

    begun = np.append(0, np.cumsum(kind == 1, dtype=np.int32)[last])
    whose = np.append(held.shape, streets).astype(np.int32)[begun - 1]
    begin = np.append(0, at[last])
    own_depth = running(1)
    return Strips(
        shape,
        streets,
        begin,
        np.append(begin[1:], rows * (cols + 1)),
        np.where(running(0) > 0, whose, np.int32(streets)),
        own_depth if others is None else own_depth + running(2),
        own_depth,
        np.zeros(len(begin), dtype=bool) if inner is None else running(3) > 0,
    )


def length(strips: Strips) -> np.ndarray:
    """How many cells each strip has; of those of no street as many places."""
    long: np.ndarray = strips.beyond - strips.begin
    return long


def count(strips: Strips, kind: np.ndarray, kinds: int) -> np.ndarray:
    """How many cells there are by street and kind of strip."""
    key = strips.street * np.intp(kinds) + kind
    size = (strips.streets + 1) * kinds
    found: np.ndarray = np.bincount(key, length(strips), minlength=size)
    return found.astype(np.int64).reshape(-1, kinds)[:-1]


def sums(strips: Strips, kind: np.ndarray, kinds: int, before: np.ndarray) -> np.ndarray:
    """What cells have by street and kind of strip, of what all places before each have."""
    key = strips.street * np.intp(kinds) + kind
    size = (strips.streets + 1) * kinds
    found: np.ndarray = np.bincount(
        key, before[strips.beyond] - before[strips.begin], minlength=size
    )
    return found.reshape(-1, kinds)[:-1]


def coarser(strips: Strips) -> tuple[np.ndarray, np.ndarray]:
    """Where on the line the street changes or whether it is covered; from there on twice the street, and one if it is."""
    covered = (strips.depth > 0) & (strips.street < strips.streets)
    state = strips.street * 2 + covered
    is_new = np.append(True, state[1:] != state[:-1])
    if strips.beyond[0] == 0:  # the first alone can be empty
        is_new[:2] = [False, True]
    at = np.flatnonzero(is_new)
    return strips.begin[at], state[at]


def upon(begin: np.ndarray, width: int, size: int) -> tuple[np.ndarray, ...]:
    """
    Each row laid upon the one below it: where either changes, how many places go on so, and which of both hold there.

    `begin` is where on a line of so many places something changes.
    """
    end = size - width
    below = begin[begin < end]
    above = begin[begin > width] - width
    key = np.concatenate([below * 2, above * 2 + 1])
    key.sort()
    at = key >> 1
    is_above = key & 1
    up = np.cumsum(is_above)
    low = np.arange(1, len(key) + 1) - up - 1
    up += np.searchsorted(begin, width, "right") - 1
    return at, np.diff(np.append(at, end)), low, up
