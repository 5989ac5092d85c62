"""Every cell of a lattice: how many centres are near, and, by blocks of cells that share a few candidates, which is nearest."""

from collections.abc import Iterator

import numpy as np

from carecircles import grid

_SIDE = 64  # cells of a tile, of which so few centres can be the nearest that all are looked at
_MORE = 1 + 1e-6  # more than single precision is off, less than matters for the time it takes


def depth_on(
    across: np.ndarray, up: np.ndarray, x: np.ndarray, y: np.ndarray, *, cutoff: float
) -> np.ndarray:
    """
    How many centres each place of a lattice has within a distance, the limit included.

    Examples
    --------
    Two centres 50 m apart, cells of 50 m.

    >>> at = np.array([25.0, 75.0, 125.0])
    >>> depth_on(at, at[:1], np.array([25.0, 75.0]), np.array([25.0, 25.0]), cutoff=50).tolist()
    [[2, 2, 1]]
    """
    found = grid.stretches_within(x, y, np.full(len(x), cutoff), across=across, up=up)
    step = np.zeros((len(up), len(across)), dtype=np.int32)
    np.add.at(step, (found.row, found.first), 1)
    ends = found.beyond < len(across)
    np.subtract.at(step, (found.row[ends], found.beyond[ends]), 1)
    return np.cumsum(step, axis=1, out=step)


def nearest_on(
    across: np.ndarray, up: np.ndarray, is_cell: np.ndarray, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """
    The number of the nearest centre at each place of a lattice that is a cell; of equally near ones the first.

    `across` and `up` are the metres of columns and rows, in rising order. Squares of distances in single precision
    say which centre is nearest wherever another is farther by more than they are off; where it is not, the candidates
    are measured as every pair is.

    Examples
    --------
    >>> at, is_cell = np.array([25.0, 75.0, 125.0]), np.ones((1, 3), dtype=bool)
    >>> nearest_on(at, at[:1], is_cell, np.array([25.0, 125.0]), np.array([25.0, 25.0])).tolist()
    [[0, 0, 1]]
    """
    found = np.zeros(is_cell.shape, dtype=np.int32)
    for rows, cols, near in _tiles(across, up, x, y):
        if len(near) == 1 or not is_cell[rows, cols].any():
            found[rows, cols] = near[0]
            continue
        dx = ((across[cols] - x[near][:, None]) ** 2).astype(np.float32)
        dy = ((up[rows] - y[near][:, None]) ** 2).astype(np.float32)
        # The last bits of a square are the number of its candidate, so that the least number says which it is of.
        low = (1 << len(near).bit_length()) - 1
        shape = dy.shape[1], dx.shape[1]
        least, other = (
            np.full((2, *shape), np.finfo(np.float32).max).astype(np.float32).view(np.int32)
        )
        square = np.empty(shape, dtype=np.float32)
        key = square.view(np.int32)
        for n in range(len(near)):
            np.add(dy[n, :, None], dx[n], out=square)
            np.bitwise_and(key, ~low, out=key)
            np.bitwise_or(key, n, out=key)
            np.minimum(other, np.maximum(key, least), out=other)
            np.minimum(least, key, out=least)
        here = near[least & low]
        more = _MORE + 2.0**-22 * low
        is_close = other.view(np.float32) <= least.view(np.float32) * np.float32(more)
        row, col = np.nonzero(is_close & is_cell[rows, cols])
        off = across[cols][col, None] - x[near], up[rows][row, None] - y[near]
        here[row, col] = near[np.hypot(*off).argmin(axis=1)]
        found[rows, cols] = here
    return found


def _tiles(
    across: np.ndarray, up: np.ndarray, x: np.ndarray, y: np.ndarray
) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """
    Tiles of a lattice with the centres that may be nearest to a cell of theirs, in their order.

    That is none that is farther from all of a tile than another is from any of it. The lattice is cut in four, and
    each part again, as long as it is larger than a tile.
    """
    side = _SIDE
    while side < max(len(across), len(up)):
        side *= 2
    row, col = np.zeros((2, 1), dtype=np.intp)
    tile, near = np.zeros(len(x), dtype=np.intp), np.arange(len(x))
    while True:
        least, most = np.zeros((2, len(near)))  # squares of metres
        for at, metres, place in ((x, across, col), (y, up, row)):
            low = metres[place * side]
            high = metres[np.minimum((place + 1) * side, len(metres)) - 1]
            off = np.abs(at[near] - ((low + high) / 2)[tile])
            half = ((high - low) / 2)[tile]
            least += np.maximum(off - half, 0.0) ** 2
            most += (off + half) ** 2
        first = np.flatnonzero(np.diff(tile, prepend=-1))
        may_be = least <= (np.minimum.reduceat(most, first) * _MORE)[tile]
        tile, near = tile[may_be], near[may_be]
        if side == _SIDE:
            break
        side //= 2
        count = np.bincount(tile)
        begin = np.cumsum(count) - count
        row, col = (
            (2 * place[:, None] + step).ravel()
            for place, step in ((row, [0, 0, 1, 1]), (col, [0, 1, 0, 1]))
        )
        parent = np.repeat(np.arange(len(count)), 4)
        is_there = (row * side < len(up)) & (col * side < len(across))
        row, col, parent = row[is_there], col[is_there], parent[is_there]
        own = count[parent]
        tile = np.repeat(np.arange(len(parent)), own)
        near = near[np.arange(len(tile)) + np.repeat(begin[parent] - (np.cumsum(own) - own), own)]
    each = np.split(near, np.flatnonzero(np.diff(tile)) + 1)
    for r, c, some in zip(row.tolist(), col.tolist(), each, strict=True):
        yield slice(r * side, (r + 1) * side), slice(c * side, (c + 1) * side), some
