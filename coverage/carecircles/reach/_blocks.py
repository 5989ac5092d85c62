"""Every cell of a lattice: how many centres are near, and, by blocks of cells that share a few candidates, which is nearest."""

from collections.abc import Iterator

import numpy as np

from carecircles import grid

_SIDE = 64  # cells of a block that is not parted any more
_FEW = 4  # candidates that a block of twice the side is measured to
_ROUNDING = (
    1e-6  # relative: more than single precision is off, less than matters for the time it takes
)

_Block = tuple[slice, slice, np.ndarray]


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
    every = (slice(0, len(up)), slice(0, len(across)), np.arange(len(x)))
    for rows, cols, near in _blocks(every, across, up, is_cell, (x, y)):
        if len(near) == 1:
            found[rows, cols] = near[0]
            continue
        dx = ((across[cols] - x[near][:, None]) ** 2).astype(np.float32)
        dy = ((up[rows] - y[near][:, None]) ** 2).astype(np.float32)
        square = dy[:, :, None] + dx[:, None, :]
        is_least = square <= square.min(axis=0) * np.float32(1 + _ROUNDING)
        here = near[is_least.argmax(axis=0)]
        row, col = np.nonzero((is_least.sum(axis=0, dtype=np.int32) > 1) & is_cell[rows, cols])
        off = across[cols][col, None] - x[near], up[rows][row, None] - y[near]
        here[row, col] = near[np.hypot(*off).argmin(axis=1)]
        found[rows, cols] = here
    return found


def _blocks(
    block: _Block,
    across: np.ndarray,
    up: np.ndarray,
    is_cell: np.ndarray,
    centres: tuple[np.ndarray, np.ndarray],
) -> Iterator[_Block]:
    """
    Blocks with the centres that may be nearest to a cell of theirs, in their order.

    That is none that is farther from all of a block than another is from any of it.
    """
    rows, cols, near = block
    if not is_cell[rows, cols].any():
        return
    least, most = np.zeros(len(near)), np.zeros(len(near))  # squares of metres
    for at, part, metres in zip(centres, (cols, rows), (across, up), strict=True):
        low, high = metres[part.start], metres[part.stop - 1]
        off, half = np.abs(at[near] - (low + high) / 2), (high - low) / 2
        least += np.maximum(off - half, 0.0) ** 2
        most += (off + half) ** 2
    near = near[least <= most.min() * (1 + _ROUNDING)]
    side = max(rows.stop - rows.start, cols.stop - cols.start)
    if len(near) == 1 or side <= (2 * _SIDE if len(near) <= _FEW else _SIDE):
        yield rows, cols, near
        return
    for some in _halves(rows):
        for others in _halves(cols):
            yield from _blocks((some, others, near), across, up, is_cell, centres)


def _halves(part: slice) -> list[slice]:
    if part.stop - part.start <= _SIDE:
        return [part]
    middle = (part.start + part.stop) // 2
    return [slice(part.start, middle), slice(middle, part.stop)]
