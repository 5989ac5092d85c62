"""Straight lines, the circles of the standard."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import grid
from carecircles.reach._blocks import nearest_on
from carecircles.reach._pairs import code_of, demand_xy, facility_xy, stable_order, table_of
from carecircles.reach.values import CostTable

_PAIRS_AT_ONCE = 1_000_000
_FEW_CENTRES = 200  # each of which is held against the places of a strip, without a k-d tree
_MANY_PLACES = 1000  # near each centre, from which on that takes less time, however many there are
_FEW_PAIRS = 5_000_000  # which are measured in less time than it takes to load the k-d tree


def straight_line(
    demand: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    cutoff: float,
    only_nearest: bool = False,
) -> CostTable:
    """
    Straight-line metres of every (cell, centre) pair up to the cutoff.

    For a centre and a row of the grid, the cells within reach lie between two columns that follow
    from one square root; only those are looked at, and each is then measured. Places that lie on no
    grid are found by a k-d tree.

    Parameters
    ----------
    demand
        Grid cells, or any places with x, y (metres) or points as geometry; uniquely indexed.
    facilities
        Centres as points in the same CRS, uniquely indexed.
    cutoff
        Largest distance in metres; the limit itself is within reach.
    only_nearest
        Leave out all pairs of a cell but that of its nearest centre.

    Returns
    -------
    cost
        Metres by `(demand, facility)`, centre by centre; empty if nothing is in reach.

    Raises
    ------
    ValidationError
        If the two frames are in different CRSs or an index is not unique.

    Examples
    --------
    >>> demand = pd.DataFrame({"x": [0.0, 30.0], "y": [0.0, 40.0]}, index=["p", "q"])
    >>> centres = gpd.GeoDataFrame(index=["a"], geometry=gpd.points_from_xy([0.0], [0.0]))
    >>> straight_line(demand, centres, cutoff=50).table.to_dict()
    {('p', 'a'): 0.0, ('q', 'a'): 50.0}
    """
    xy, (x, y) = demand_xy(demand), facility_xy(demand, facilities)
    if demand.empty or facilities.empty:
        none = np.array([], int)
        return CostTable(table_of(demand, facilities, none, none, np.array([])), cutoff)
    lattice = grid.grid_of(demand)
    if only_nearest:
        if lattice is not None:
            found = _nearest_of_cells(demand, lattice, x, y)
        elif len(demand) * len(x) <= _FEW_PAIRS:
            found = _nearest_of_few(*xy, x, y)
        else:
            found = _nearest_of_many(*xy, x, y)
        metres = np.hypot(xy[0] - x[found], xy[1] - y[found])
        cell = np.arange(len(demand))
        if not (metres <= cutoff).all():
            cell = np.flatnonzero(metres <= cutoff)
            found, metres = found[cell], metres[cell]
        return CostTable(table_of(demand, facilities, cell, found, metres), cutoff)
    if lattice is None:
        parts = [_pairs_of_points(xy, x, y, cutoff)]
    else:
        position = grid.raster(demand, np.arange(len(demand), dtype=np.int32), fill=-1)
        most = min(len(demand), math.pi * (cutoff / lattice.cell + 2) ** 2)  # pairs of one centre
        step = max(1, int(_PAIRS_AT_ONCE / most))
        parts = [
            _pairs(xy, lattice, position, x[n : n + step], y[n : n + step], cutoff, first=n)
            for n in range(0, len(x), step)
        ]
    pairs = map(np.concatenate, zip(*parts, strict=True))
    return CostTable(table_of(demand, facilities, *pairs), cutoff)


def _pairs(
    xy: tuple[np.ndarray, np.ndarray],
    lattice: grid.Grid,
    position: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    cutoff: float,
    *,
    first: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cell, centre (counted from `first`) and metres of the pairs of some centres."""
    u, v = (x - lattice.x0) / lattice.cell - 0.5, (y - lattice.y0) / lattice.cell - 0.5
    spans = grid.circle_spans(u, v, cutoff / lattice.cell, within=lattice)
    facility, row, begin, beyond = spans.T
    # Cells stand one after another along the rows, so that a span is some of them in a row.
    where = position.ravel()
    is_cell = where >= 0
    before = np.concatenate([[0], np.cumsum(is_cell)])
    start, cell = before[row * lattice.cols + begin], where[is_cell]
    length = before[row * lattice.cols + beyond] - start
    at = np.repeat(start - (np.cumsum(length) - length), length)
    at += np.arange(len(at))
    across, up = (
        along[cell][at] - np.repeat(centre[facility], length)
        for along, centre in zip(xy, (x, y), strict=True)
    )
    metres = np.hypot(across, up)
    near = np.flatnonzero(metres <= cutoff)
    pair_facility = np.repeat((first + facility).astype(code_of(first + len(x))), length)
    return cell.astype(code_of(len(xy[0])))[at[near]], pair_facility[near], metres[near]


def _pairs_of_points(
    xy: tuple[np.ndarray, np.ndarray], x: np.ndarray, y: np.ndarray, cutoff: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place, centre and metres of the pairs of places that lie on no grid."""
    of_area = math.pi * cutoff**2 / max(float(np.prod(np.ptp(xy, axis=1))), 1e-9)
    if len(x) <= _FEW_CENTRES or of_area * len(xy[0]) >= _MANY_PLACES:
        return _pairs_in_bands(xy, x, y, cutoff)
    from scipy.spatial import KDTree

    place_x, place_y = xy
    tree = KDTree(np.column_stack(xy))
    # A hair more than the cutoff, so that each is measured in one and the same way.
    found = tree.query_ball_point(np.column_stack([x, y]), cutoff * (1 + 1e-9), return_sorted=True)
    facility = np.repeat(np.arange(len(x)), [len(some) for some in found])
    place = np.concatenate([np.asarray(some, dtype=np.int64) for some in found])
    metres = np.hypot(place_x[place] - x[facility], place_y[place] - y[facility])
    is_near = metres <= cutoff
    return place[is_near], facility[is_near], metres[is_near]


def _pairs_in_bands(
    xy: tuple[np.ndarray, np.ndarray], x: np.ndarray, y: np.ndarray, cutoff: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same for each centre among the places that lie no farther to the east or west of it."""
    order = np.argsort(xy[0], kind="stable").astype(code_of(len(xy[0])))
    east, north = xy[0][order], xy[1][order]
    hair = cutoff * (1 + 1e-9)
    begins, ends = np.searchsorted(east, x - hair), np.searchsorted(east, x + hair, side="right")
    parts = []
    for n, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        metres = np.hypot(east[begin:end] - x[n], north[begin:end] - y[n])
        near = np.flatnonzero(metres <= cutoff)
        place = order[begin:end][near]
        by_place = stable_order(place)
        centre = np.full(len(place), n, dtype=code_of(len(x)))
        parts.append((place[by_place], centre, metres[near][by_place]))
    place, centre, metres = map(np.concatenate, zip(*parts, strict=True))
    return place, centre, metres


def _nearest_of_cells(
    demand: pd.DataFrame, lattice: grid.Grid, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """The nearest centre of each cell."""
    row, col = demand["row"].to_numpy(), demand["col"].to_numpy()
    is_cell = np.zeros((lattice.rows, lattice.cols), dtype=bool)
    is_cell[row, col] = True
    across, up = grid.metres_of(demand, lattice)
    found: np.ndarray = nearest_on(across, up, is_cell, x, y)[row, col]
    return found


def _nearest_of_few(
    cell_x: np.ndarray, cell_y: np.ndarray, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """The nearest centre of each place, every pair measured."""
    found, least = np.zeros(len(cell_x), dtype=np.intp), np.full(len(cell_x), np.inf)
    for n in range(len(x)):
        metres = np.hypot(cell_x - x[n], cell_y - y[n])
        is_closer = metres < least
        found[is_closer], least[is_closer] = n, metres[is_closer]
    return found


def _nearest_of_many(
    cell_x: np.ndarray, cell_y: np.ndarray, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """The same by a k-d tree."""
    from scipy.spatial import KDTree

    cells = np.column_stack([cell_x, cell_y])
    places, first = np.unique(np.column_stack([x, y]), axis=0, return_index=True)
    _, found = KDTree(places).query(cells, k=min(2, len(places)))
    found = np.sort(first[found.reshape(len(cells), -1)], axis=1)
    metres = np.hypot(cells[:, :1] - x[found], cells[:, 1:] - y[found])
    closer = np.argmin(metres, axis=1)[:, None]
    return np.take_along_axis(found, closer, axis=1)[:, 0]
