"""Every cell of a lattice: how many centres are near, and, by blocks of cells that share a few candidates, which is nearest."""

import numpy as np

from carecircles import grid

_SIDE = 32  # cells of a tile, of which so few centres can be the nearest that all are looked at
_AT_ONCE = 512  # candidates of tiles, so few that what is worked out of them stays near
_MOST = 64  # tiles at once
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
    row, col, tile, near = _tiles(across, up, x, y)
    count = np.bincount(tile)
    begin = np.cumsum(count) - count
    is_there, at_x, at_y = _in_tiles(is_cell), _padded(across), _padded(up)
    found = np.empty(is_there.shape, dtype=np.int32)
    found[row, col] = near[begin, None, None]
    left = np.flatnonzero((count > 1) & np.any(is_there, axis=(2, 3))[row, col])
    left = left[np.argsort(count[left], kind="stable")]
    for alike in np.split(left, np.flatnonzero(np.diff(count[left])) + 1):
        step = max(1, min(_MOST, _AT_ONCE // count[alike].max(initial=1)))
        for start in range(0, len(alike), step):
            some = alike[start : start + step]
            at, right = row[some], col[some]
            among = near[begin[some, None] + np.arange(count[some[0]])]
            found[at, right] = _nearest(at_x[right], at_y[at], is_there[at, right], among, x, y)
    rows = found.swapaxes(1, 2).reshape(len(at_y) * _SIDE, -1)
    return rows[: len(up), : len(across)]


def _nearest(
    across: np.ndarray,
    up: np.ndarray,
    is_there: np.ndarray,
    among: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
) -> np.ndarray:
    """The same in some tiles, each with as many candidates: their numbers are a row of `among`."""
    dx = ((across[:, None] - x[among][:, :, None]) ** 2).astype(np.float32)
    dy = ((up[:, None] - y[among][:, :, None]) ** 2).astype(np.float32)
    # The last bits of a square are the number of its candidate, so that the least number says which it is of.
    count = among.shape[1]
    low = (1 << count.bit_length()) - 1
    least, other = np.full((2, *is_there.shape), np.finfo(np.float32).max, np.float32).view(
        np.int32
    )
    square = np.empty(is_there.shape, dtype=np.float32)
    key = square.view(np.int32)
    for n in range(count):
        np.add(dy[:, n, :, None], dx[:, n, None], out=square)
        np.bitwise_and(key, ~low, out=key)
        np.bitwise_or(key, n, out=key)
        np.minimum(other, np.maximum(key, least), out=other)
        np.minimum(least, key, out=least)
    tiles = np.arange(len(among))
    here: np.ndarray = among[tiles[:, None, None], least & low]
    more = np.float32(_MORE + 2.0**-22 * low)
    is_close = (other.view(np.float32) <= least.view(np.float32) * more) & is_there
    tile, row, col = np.unravel_index(np.flatnonzero(is_close), is_close.shape)
    of = among[tile]
    off = across[tile, col, None] - x[of], up[tile, row, None] - y[of]
    here[tile, row, col] = of[np.arange(len(of)), np.hypot(*off).argmin(axis=1)]
    return here


def _padded(metres: np.ndarray) -> np.ndarray:
    """Rows or columns, tile by tile; the last tile is filled up."""
    return np.pad(metres, (0, -len(metres) % _SIDE), mode="edge").reshape(-1, _SIDE)


def _in_tiles(is_cell: np.ndarray) -> np.ndarray:
    """A raster tile by tile."""
    rows, cols = is_cell.shape
    padded = np.pad(is_cell, ((0, -rows % _SIDE), (0, -cols % _SIDE)))
    tiles = padded.reshape(-(-rows // _SIDE), _SIDE, -1, _SIDE).swapaxes(1, 2)
    return np.ascontiguousarray(tiles)


def _tiles(
    across: np.ndarray, up: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """
    Row and column of the tiles of a lattice; tile by tile the centres that may be nearest to a cell of it, in order.

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
    return row, col, tile, near
