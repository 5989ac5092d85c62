"""Which street holds the centre of which cell: stretches of columns, row by row, between its borders."""

import geopandas as gpd
import numpy as np
import shapely

from carecircles.grid.lattice import Grid, Stretches, centres

_ROUNDING = 1e-11  # of the largest coordinate: more than a crossing is off


def stretches(streets: np.ndarray, x: np.ndarray, y: np.ndarray) -> Stretches:
    """
    Which cells of a lattice each street holds: the first of those that hold its centre, row by row, left to right.

    Parameters
    ----------
    streets
        Polygons.
    x, y
        Columns and rows of the lattice in metres, in rising order.

    Examples
    --------
    >>> import shapely
    >>> streets = np.array([shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1)])
    >>> found = stretches(streets, np.array([1.0, 2.0, 3.0]), np.array([0.5]))
    >>> [part.tolist() for part in found]
    [[0, 1], [0, 0], [0, 2], [2, 3]]
    """
    held = _held(streets, x, y)
    order = np.lexsort((held.first, held.row))
    held = Stretches(*(part[order] for part in held))
    line, wide = held.row * len(x), len(x)
    is_over = (line + held.first)[1:] < np.maximum.accumulate(line + held.beyond)[:-1]
    if not is_over.any():
        return held
    # Where streets lie over one another their rows are drawn, the first street last.
    rows = np.unique(held.row[1:][is_over])
    is_drawn = np.isin(held.row, rows)
    drawn = Stretches(*(part[is_drawn] for part in held))
    owner = _drawn(drawn._replace(row=np.searchsorted(rows, drawn.row)), len(rows), wide)
    is_first = np.ones(owner.shape, dtype=bool)
    is_first[:, 1:] = owner[:, 1:] != owner[:, :-1]
    begins = np.flatnonzero(is_first)
    length = np.diff(np.append(begins, owner.size))
    row, first = np.divmod(begins, wide)
    shape = owner.ravel()[begins]
    is_owned = shape >= 0
    parts = shape, rows[row], first, first + length
    both = [
        np.concatenate([old[~is_drawn], new[is_owned]])
        for old, new in zip(held, parts, strict=True)
    ]
    order = np.lexsort((both[2], both[1]))
    return Stretches(*(part[order] for part in both))


def owners(streets: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """
    The same as a raster: position of the street of each cell, -1 where there is none; south row first.

    Examples
    --------
    >>> import shapely
    >>> streets = np.array([shapely.box(0, 0, 2, 1), shapely.box(2, 0, 4, 1)])
    >>> owners(streets, np.array([1.0, 2.0, 3.0, 5.0]), np.array([0.5])).tolist()
    [[0, 0, 1, -1]]
    """
    return _drawn(_held(streets, x, y), len(y), len(x))


def holds(street: shapely.Geometry, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """
    Whether a polygon holds each point of a lattice, its border included.

    Parameters
    ----------
    street
        Polygon.
    x, y
        Columns and rows of the lattice in metres, in rising order.

    Returns
    -------
    holds
        Boolean, of shape (rows, columns).

    Examples
    --------
    >>> import shapely
    >>> holds(shapely.box(0, 0, 2, 1), np.array([1.0, 2.0, 3.0]), np.array([0.5])).tolist()
    [[True, True, False]]
    """
    held: np.ndarray = owners(np.array([street]), x, y) == 0
    return held


def meeting(streets: gpd.GeoDataFrame, within: Grid) -> np.ndarray:
    """
    Positions of the streets that can hold a cell of a lattice.

    Examples
    --------
    >>> import shapely
    >>> streets = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 200, 100), shapely.box(500, 0, 600, 50)])
    >>> meeting(streets, Grid(50.0, 0.0, 0.0, 2, 4, None)).tolist()
    [0]
    """
    left, bottom, right, top = streets.bounds.to_numpy().T
    x, y = centres(within)
    found = (left <= x[-1]) & (right >= x[0]) & (bottom <= y[-1]) & (top >= y[0])
    return np.flatnonzero(found)


def count_of_street(streets: gpd.GeoDataFrame, *, within: Grid) -> np.ndarray:
    """
    How many cells of a lattice each street has.

    Examples
    --------
    >>> import shapely
    >>> streets = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 200, 100), shapely.box(500, 0, 600, 50)])
    >>> count_of_street(streets, within=Grid(50.0, 0.0, 0.0, 2, 4, None)).tolist()
    [8, 0]
    """
    near = meeting(streets, within)
    found = stretches(streets.geometry.to_numpy()[near], *centres(within))
    count = np.zeros(len(streets), dtype=np.int64)
    np.add.at(count, near[found.shape], found.beyond - found.first)
    return count


def _held(shapes: np.ndarray, x: np.ndarray, y: np.ndarray) -> Stretches:
    """
    What each polygon holds, whatever others do.

    In a row it holds what lies between two crossings of its border. Points so near a crossing that rounding could
    decide, and those level with an end of a line of the border, are asked of shapely one by one.
    """
    parts, of = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    is_line = ring[1:] == ring[:-1]
    is_line &= np.minimum(corners[1:, 1], corners[:-1, 1]) <= y.max(initial=-np.inf)
    is_line &= np.maximum(corners[1:, 1], corners[:-1, 1]) >= y.min(initial=np.inf)
    line = np.flatnonzero(is_line)
    (x1, y1), (x2, y2) = corners[line].T, corners[line + 1].T
    part = part[ring[line]]
    low, high = (
        np.searchsorted(y, np.minimum(y1, y2)),
        np.searchsorted(y, np.maximum(y1, y2), "right"),
    )
    line = np.repeat(np.arange(len(line)), high - low)
    row = np.arange(len(line)) - np.repeat(np.cumsum(high - low) - high, high - low)
    rise, level = (y2 - y1)[line], y[row] - y1[line]
    is_flat = rise == 0
    along = np.divide(level, rise, out=np.zeros(len(line)), where=~is_flat)
    at = x1[line] + along * (x2 - x1)[line]
    near = _ROUNDING * np.abs(corners).max(initial=0.0)

    is_crossing = (y1[line] <= y[row]) != (y2[line] <= y[row])
    key = part[line[is_crossing]] * len(y) + row[is_crossing]
    crossing = at[is_crossing]
    order = np.lexsort((crossing, key))
    whose, its_row = np.divmod(key[order[::2]], max(1, len(y)))
    first = np.searchsorted(x, crossing[order[::2]] + near, "right")
    beyond = np.searchsorted(x, crossing[order[1::2]] - near)
    some = beyond > first

    west = np.where(is_flat, np.minimum(x1, x2)[line], at) - near
    east = np.where(is_flat, np.maximum(x1, x2)[line], at) + near
    least, most = np.searchsorted(x, west), np.searchsorted(x, east, "right")
    doubt = np.repeat(np.arange(len(line)), most - least)
    col = np.arange(len(doubt)) - np.repeat(np.cumsum(most - least) - most, most - least)
    asked = part[line[doubt]]
    shapely.prepare(parts[np.unique(asked)])
    is_in = shapely.intersects_xy(parts[asked], x[col], y[row[doubt]])
    doubt, col = doubt[is_in], col[is_in]
    return Stretches(
        of[np.concatenate([whose[some], part[line[doubt]]])],
        np.concatenate([its_row[some], row[doubt]]),
        np.concatenate([first[some], col]),
        np.concatenate([beyond[some], col + 1]),
    )


def _drawn(held: Stretches, rows: int, cols: int) -> np.ndarray:
    """The first shape that holds each place, -1 where none does."""
    owner = np.full(rows * cols, -1, dtype=np.int32)
    order = np.argsort(-held.shape, kind="stable")
    start, end = held.row * cols + held.first, held.row * cols + held.beyond
    each = (part[order].tolist() for part in (start, end, held.shape))
    for a, b, shape in zip(*each, strict=True):
        owner[a:b] = shape
    return owner.reshape(rows, cols)
