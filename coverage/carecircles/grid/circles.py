"""Which cells of a lattice lie in a circle: spans of columns, row by row."""

import numpy as np

from carecircles.grid.lattice import Grid, Stretches

_DOUBT = 1e-4  # of a cell: so near its end a stretch is measured, cell by cell


def circle_spans(u: np.ndarray, v: np.ndarray, radius: float, *, within: Grid) -> np.ndarray:
    """
    The columns of each row of a grid that a circle can reach.

    In a row they lie between two columns that follow from one square root; the span is a cell wider
    at both ends, so that whoever measures its cells finds every one exactly on the limit.

    Parameters
    ----------
    u, v
        Column and row of each circle's middle, in which the centre of a cell is a whole number.
    radius
        In cells.
    within
        The grid; spans end where it ends.

    Returns
    -------
    spans
        Whole numbers of shape (spans, 4): which circle, row, first column, column after the last.

    Examples
    --------
    A circle of one cell around the middle of the middle cell of three by three.

    >>> middle = np.array([1.0])
    >>> circle_spans(middle, middle, 1.0, within=Grid(50.0, 0.0, 0.0, 3, 3, None)).tolist()
    [[0, 0, 0, 3], [0, 1, 0, 3], [0, 2, 0, 3]]
    """
    # The grid and not more.
    radius = min(radius, within.rows + within.cols + float(np.abs([u, v]).max(initial=0.0)))
    row = np.floor(v[:, None]).astype(np.int64) + np.arange(-int(radius) - 1, int(radius) + 3)
    half = _half_width(row - v[:, None], radius) + 1
    first = np.clip(np.floor(u[:, None] - half), 0, within.cols).astype(np.int64)
    beyond = np.clip(np.ceil(u[:, None] + half) + 1, 0, within.cols).astype(np.int64)
    is_span = (row >= 0) & (row < within.rows) & (beyond > first)
    circle = np.broadcast_to(np.arange(len(u))[:, None], row.shape)
    return np.column_stack([a[is_span] for a in (circle, row, first, beyond)])


def stretches_within(
    x: np.ndarray, y: np.ndarray, radius: np.ndarray, *, across: np.ndarray, up: np.ndarray
) -> Stretches:
    """
    The cells of a lattice within circles, exactly: those whose middle is no farther than the radius.

    Ends follow from one square root; those so near the middle of a cell that rounding could decide are measured.

    Parameters
    ----------
    x, y, radius
        Middle and radius of each circle in metres.
    across, up
        Metres of the lattice's columns and rows, of cells of one side.

    Returns
    -------
    stretches
        Circle by circle, row by row.

    Examples
    --------
    A circle of one cell around the middle of the middle cell of three by three.

    >>> at, one = np.array([25.0, 75.0, 125.0]), np.array([75.0])
    >>> found = stretches_within(one, one, np.array([50.0]), across=at, up=at)
    >>> found.row.tolist(), found.first.tolist(), found.beyond.tolist()
    ([0, 1, 2], [1, 0, 1], [2, 3, 2])
    """
    rows, cols = len(up), len(across)
    side = max(at[-1] - at[0] for at in (up, across)) / max(rows - 1, cols - 1, 1) or 1.0
    high = int(min(radius.max(initial=0.0) // side + 2, rows))
    if 2 * high + 1 < rows:
        row = np.rint((y - up[0]) / side).astype(np.int64)[:, None] + np.arange(-high, high + 1)
    else:
        row = np.broadcast_to(np.arange(rows), (len(y), rows))
    circle, _ = np.nonzero((row >= 0) & (row < rows))
    row = row[(row >= 0) & (row < rows)]
    off, far = up[row] - y[circle], radius[circle]
    is_met = np.abs(off) <= far
    circle, row, off, far = circle[is_met], row[is_met], off[is_met], far[is_met]
    middle, half = x[circle] - across[0], np.sqrt(np.maximum(far**2 - off**2, 0))

    def end(at: np.ndarray, inward: int) -> np.ndarray:
        """The last column within reach, coming from the middle; `inward` is the step back to it."""
        whole = np.rint(at)
        column: np.ndarray = np.ceil(at) if inward > 0 else np.floor(at)
        doubt = np.flatnonzero(np.abs(at - whole) < _DOUBT)
        near = whole[doubt]
        known = np.clip(near, 0, cols - 1).astype(np.int64)
        sideways = across[known] + (near - known) * side - x[circle[doubt]]
        is_in = np.hypot(sideways, off[doubt]) <= far[doubt]
        column[doubt] = np.where(is_in, near, near + inward)
        return column

    first = np.clip(end((middle - half) / side, 1), 0, cols).astype(np.int64)
    beyond = np.clip(end((middle + half) / side, -1) + 1, 0, cols).astype(np.int64)
    some = beyond > first
    return Stretches(circle[some], row[some], first[some], beyond[some])


def circle_around_cell(radius: float, *, within: Grid) -> list[tuple[int, int]]:
    """
    The rows of a grid that a circle around the centre of a cell meets, and how far it reaches in each.

    Parameters
    ----------
    radius
        In metres; the limit itself is within.
    within
        The grid.

    Returns
    -------
    rows
        How many rows up (and down), and how many columns to either side; no more than the grid has.

    Examples
    --------
    >>> circle_around_cell(100, within=Grid(50.0, 0.0, 0.0, 9, 9, None))
    [(0, 2), (1, 1), (2, 0)]
    """
    side = within.cell
    up = np.arange(min(int(radius / side) + 2, within.rows))
    half = np.floor(_half_width(up * side, radius) / side)
    half += np.hypot((half + 1) * side, up * side) <= radius  # what the root was a hair off
    half -= np.hypot(half * side, up * side) > radius
    return [(n, int(min(wide, within.cols))) for n, wide in enumerate(half) if wide >= 0]


def _half_width(off: np.ndarray, radius: float) -> np.ndarray:
    """Half the chord of a circle so far off its middle; 0 beyond it."""
    return np.sqrt(np.maximum(radius**2 - off**2, 0))
