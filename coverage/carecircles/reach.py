"""
The cost table: how far each demand cell is from each centre it can reach.

A cost table is a Series of metres with a MultiIndex `(demand, facility)`; a pair that is absent is
out of reach. Everything else (coverage, gaps, what-if, siting) reads this one value.
"""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

from carecircles import grid
from carecircles.errors import ValidationError

_PAIRS_AT_ONCE = 1_000_000


def straight_line(
    demand: pd.DataFrame, facilities: gpd.GeoDataFrame, *, cutoff: float
) -> pd.Series:
    """
    Straight-line metres of every (cell, centre) pair up to the cutoff.

    For a centre and a row of the grid, the cells within reach lie between two columns that follow
    from one square root; only those are looked at, and each is then measured.

    Parameters
    ----------
    demand
        Grid cells, uniquely indexed, with row, col, x, y (metres).
    facilities
        Centres as points in the same CRS, uniquely indexed.
    cutoff
        Largest distance in metres; the limit itself is within reach.

    Returns
    -------
    cost
        Metres, indexed by `(demand, facility)`, centre by centre; empty if nothing is in reach.
        `attrs["cutoff"]` keeps the cutoff.

    Raises
    ------
    ValidationError
        If the two frames are in different CRSs or an index is not unique.
    """
    x, y = _facility_xy(demand, facilities)
    if demand.empty or facilities.empty:
        return _table(demand, facilities, np.array([], int), np.array([], int), np.array([]))
    position = grid.raster(demand, np.arange(len(demand), dtype=np.int32), fill=-1)
    side = float(np.sqrt(demand["area_m2"].iloc[0]))
    most = min(len(demand), math.pi * (cutoff / side + 2) ** 2)  # pairs of one centre
    step = max(1, int(_PAIRS_AT_ONCE / most))
    parts = [
        _pairs(demand, position, x[n : n + step], y[n : n + step], cutoff, first=n)
        for n in range(0, len(x), step)
    ]
    cost = _table(demand, facilities, *map(np.concatenate, zip(*parts, strict=True)))
    cost.attrs["cutoff"] = cutoff
    return cost


def _pairs(
    demand: pd.DataFrame,
    position: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    cutoff: float,
    *,
    first: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cell, centre (counted from `first`) and metres of the pairs of some centres."""
    cell_x, cell_y = demand["x"].to_numpy(), demand["y"].to_numpy()
    rows, cols = position.shape
    side = float(np.sqrt(demand["area_m2"].iloc[0]))
    # Column and row numbers of the centres, in which a cell's centre is a whole number.
    u = (x - cell_x[0]) / side + demand["col"].iloc[0]
    v = (y - cell_y[0]) / side + demand["row"].iloc[0]

    # One span of columns for each centre and row, a cell wider at both ends than the circle.
    reach = min(cutoff / side, rows + cols + float(np.abs([u, v]).max()))  # the grid and not more
    row = np.floor(v[:, None]).astype(np.int64) + np.arange(-int(reach) - 1, int(reach) + 3)
    half = np.sqrt(np.maximum(reach**2 - (row - v[:, None]) ** 2, 0)) + 1
    begin = np.clip(np.floor(u[:, None] - half), 0, cols).astype(np.int64)
    beyond = np.clip(np.ceil(u[:, None] + half) + 1, 0, cols).astype(np.int64)
    is_span = (row >= 0) & (row < rows) & (beyond > begin)
    facility = np.broadcast_to(np.arange(len(x))[:, None], row.shape)[is_span]
    start, length = (row * cols + begin)[is_span], (beyond - begin)[is_span]

    steps = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    pair_cell = position.ravel()[np.repeat(start, length) + steps]
    pair_facility = np.repeat(facility, length)
    is_cell = pair_cell >= 0
    pair_cell, pair_facility = pair_cell[is_cell], pair_facility[is_cell]
    metres = np.hypot(cell_x[pair_cell] - x[pair_facility], cell_y[pair_cell] - y[pair_facility])
    is_near = metres <= cutoff
    codes = (
        pair_cell[is_near].astype(_code(len(demand))),
        (first + pair_facility[is_near]).astype(_code(first + len(x))),
    )
    return *codes, metres[is_near]


def _code(count: int) -> type[np.signedinteger]:
    """The smallest kind of number pandas keeps so many labels by."""
    return np.int16 if count < 2**15 else np.int32


def updated(
    cost: pd.Series,
    demand: pd.DataFrame,
    *,
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    cutoff: float,
) -> pd.Series:
    """
    The cost table of other centres, in which only those that are new or have moved are measured.

    Parameters
    ----------
    cost
        Cost table of `before`, from `straight_line`; pairs of other facilities do not matter.
    demand
        The cells `cost` was made for.
    before, after
        Centres as they were and as they are to be. Of those with the same id at the same point the
        pairs are kept.
    cutoff
        Largest distance in metres. Where it lies beyond that of `cost`, all is measured anew.

    Returns
    -------
    cost
        The same as `straight_line(demand, after, cutoff=cutoff)`.
    """
    if cost.attrs.get("cutoff", -1.0) < cutoff:
        return straight_line(demand, after, cutoff=cutoff)
    old_position = before.index.get_indexer(after.index)
    points, old_points = after.geometry.to_numpy(), before.geometry.to_numpy()
    is_same = old_position >= 0
    is_same[is_same] = shapely.equals(points[is_same], old_points[old_position[is_same]])
    measured = straight_line(demand, after[~is_same], cutoff=cutoff)

    # Levels of a cost table may stand in another order, or be more than these cells and centres.
    of_cell, of_facility = (
        index.get_indexer(level)
        for index, level in zip((demand.index, after.index), cost.index.levels, strict=True)
    )
    kept_labels = after.index[is_same]
    of_facility[~cost.index.levels[1].isin(kept_labels)] = -1
    cell, facility = of_cell[cost.index.codes[0]], of_facility[cost.index.codes[1]]
    is_kept = (cell >= 0) & (facility >= 0) & (cost.to_numpy() <= cutoff)
    cell = np.concatenate([cell[is_kept], measured.index.codes[0]])
    facility = np.concatenate(
        [facility[is_kept], np.flatnonzero(~is_same)[measured.index.codes[1]]]
    )
    metres = np.concatenate([cost.to_numpy()[is_kept], measured.to_numpy()])
    order = np.argsort(facility, kind="stable")  # centre by centre, as when measured at once
    table = _table(demand, after, cell[order], facility[order], metres[order])
    table.attrs["cutoff"] = cutoff
    return table


def joined(demand: pd.DataFrame, *tables: pd.Series) -> pd.Series:
    """
    Cost tables of different centres as one.

    Parameters
    ----------
    demand
        The cells all tables are about; a table may leave some out.
    tables
        From `straight_line`, up to the same cutoff. Centres that reach nobody stay known.
    """
    cells = [demand.index.get_indexer(t.index.levels[0])[t.index.codes[0]] for t in tables]
    labels = tables[0].index.levels[1].append([t.index.levels[1] for t in tables[1:]])
    before = np.cumsum([0, *(len(t.index.levels[1]) for t in tables[:-1])])
    facilities = [t.index.codes[1] + first for t, first in zip(tables, before, strict=True)]
    metres = np.concatenate([t.to_numpy() for t in tables])
    table = _table(
        demand,
        pd.DataFrame(index=labels),
        np.concatenate(cells),
        np.concatenate(facilities),
        metres,
    )
    table.attrs = dict(tables[0].attrs)
    return table


def nearest(demand: pd.DataFrame, facilities: gpd.GeoDataFrame) -> pd.Series:
    """
    Straight-line metres from every cell to its nearest centre, however far.

    Parameters
    ----------
    demand
        Cells, uniquely indexed, with x, y (metres).
    facilities
        Centres as points in the same CRS, uniquely indexed.

    Returns
    -------
    cost
        A cost table with one pair for each cell; empty if there is no centre. Of two
        centres equally near, the first in `facilities` is taken.
    """
    x, y = _facility_xy(demand, facilities)
    if facilities.empty or demand.empty:
        return _table(demand, facilities, np.array([], int), np.array([], int), np.array([]))
    cells = demand[["x", "y"]].to_numpy()
    places, first = np.unique(np.column_stack([x, y]), axis=0, return_index=True)
    _, found = KDTree(places).query(cells, k=min(2, len(places)))
    found = np.sort(first[found.reshape(len(cells), -1)], axis=1)
    metres = np.hypot(cells[:, :1] - x[found], cells[:, 1:] - y[found])
    closer = np.argmin(metres, axis=1)[:, None]
    return _table(
        demand,
        facilities,
        np.arange(len(cells)),
        np.take_along_axis(found, closer, axis=1)[:, 0],
        np.take_along_axis(metres, closer, axis=1)[:, 0],
    )


def _facility_xy(
    demand: pd.DataFrame, facilities: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray]:
    problems = []
    demand_crs = demand.attrs.get("crs")
    if demand_crs is not None and facilities.crs != demand_crs:
        problems.append(
            f"`demand` is in {demand_crs}, `facilities` in {facilities.crs}; "
            "reproject one, for example with `facilities.to_crs(...)`."
        )
    for name, frame in (("demand", demand), ("facilities", facilities)):
        if not frame.index.is_unique:
            twice = list(frame.index[frame.index.duplicated()].unique()[:5])
            problems.append(
                f"`{name}` has labels more than once in its index: {twice}; make them unique."
            )
    if problems:
        raise ValidationError(problems)
    return facilities.geometry.x.to_numpy(), facilities.geometry.y.to_numpy()


def _table(
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    cell: np.ndarray,
    facility: np.ndarray,
    metres: np.ndarray,
) -> pd.Series:
    pairs = pd.MultiIndex(
        levels=[demand.index, facilities.index],
        codes=[cell, facility],
        names=["demand", "facility"],
        verify_integrity=False,
    )
    return pd.Series(metres, index=pairs, name="metres", dtype=float)
