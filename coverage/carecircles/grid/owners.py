"""Which street holds the centre of which cell."""

import geopandas as gpd
import numpy as np
import shapely

from carecircles.grid.lattice import Grid, centres

_BLOCK = 32  # cells a side that are looked up together


def owners(streets: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Position of the street that holds each cell centre, -1 for none; shape (len(y), len(x))."""
    owner = np.full((len(y), len(x)), -1, dtype=np.int32)
    for position, street in enumerate(streets):
        left, bottom, right, top = street.bounds
        rows = slice(*np.searchsorted(y, [bottom, np.nextafter(top, np.inf)]))
        cols = slice(*np.searchsorted(x, [left, np.nextafter(right, np.inf)]))
        here = owner[rows, cols]
        here[holds(street, x[cols], y[rows]) & (here < 0)] = position
    return owner


def holds(street: shapely.Geometry, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """
    Whether a polygon holds each point of a lattice, its border included.

    By blocks inside it, by points at its border.

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
    holds = np.zeros((len(y), len(x)), dtype=bool)
    if holds.size == 0:
        return holds
    shapely.prepare(street)
    x_from, y_from = np.arange(0, len(x), _BLOCK), np.arange(0, len(y), _BLOCK)
    x_to, y_to = np.minimum(x_from + _BLOCK, len(x)) - 1, np.minimum(y_from + _BLOCK, len(y)) - 1
    blocks = shapely.box(x[x_from], y[y_from][:, None], x[x_to], y[y_to][:, None])
    is_inside = shapely.contains_properly(street, blocks)
    is_rim = ~is_inside & shapely.intersects(street, blocks)

    def spread(by_block: np.ndarray) -> np.ndarray:
        return by_block.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)[: len(y), : len(x)]

    holds[spread(is_inside)] = True
    row, col = np.nonzero(spread(is_rim))
    holds[row, col] = shapely.intersects_xy(street, x[col], y[row])
    return holds


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
    owner = owners(streets.geometry.to_numpy()[near], *centres(within))
    count = np.zeros(len(streets), dtype=np.int64)
    count[near] = np.bincount(owner[owner >= 0], minlength=len(near))
    return count
