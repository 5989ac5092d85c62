"""
The map grid: regular square cells, their street, and the people spread into them.

One rule serves every figure: a cell belongs to the street that holds its centre.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles.errors import ValidationError

_BLOCK = 32  # cells a side that are looked up together
_MOST_CELLS = 50_000_000
_SMALLEST_M, _LARGEST_M = 0.1, 100_000.0


def make_demand(
    streets: gpd.GeoDataFrame, population: pd.DataFrame, *, cell: float = 50.0
) -> pd.DataFrame:
    """
    Grid cells of the streets, with each street's people spread evenly over its cells.

    Cell corners lie on multiples of `cell` in the streets' CRS, so that a street's cells do not
    depend on the other streets. A cell whose centre lies on a border goes to the first street.

    Parameters
    ----------
    streets
        Polygons in a projected CRS in metres, indexed by code.
    population
        Persons by age group (columns that begin with `people`), indexed like `streets`.
    cell
        Side of a cell in metres.

    Returns
    -------
    demand
        Indexed by `cell` (row * number of columns + column, from the south-west): row, col, x, y
        (metres, centre of the cell), area_m2, street (categorical), people by age group. The
        people of a street's cells add up to the street's. `attrs["crs"]` is the CRS.

    Raises
    ------
    ValidationError
        If `cell` is not a usable size, or a street with people has no cell.
    """
    left, bottom, right, top = streets.total_bounds
    problems = [*_degrees_problems(streets), *cell_problems(cell)]
    if problems:
        raise ValidationError(problems)
    problems = count_problems(streets, cell)
    if problems:
        raise ValidationError(problems)
    first_col, first_row = int(np.floor(left / cell)), int(np.floor(bottom / cell))
    cols = int(np.ceil(right / cell)) - first_col
    rows = int(np.ceil(top / cell)) - first_row
    x = (first_col + np.arange(cols) + 0.5) * cell
    y = (first_row + np.arange(rows) + 0.5) * cell
    owner = _owners(streets.geometry.to_numpy(), x, y)

    row, col = np.nonzero(owner >= 0)
    if len(row) == 0:
        raise ValidationError(
            [f"cell is {cell:g} m, too large: no cell has its centre in a street."]
        )
    codes = owner[row, col]
    demand = pd.DataFrame(
        {
            "row": row.astype(np.int32),
            "col": col.astype(np.int32),
            "x": x[col],
            "y": y[row],
            "area_m2": float(cell) ** 2,
            "street": pd.Categorical.from_codes(codes, categories=streets.index),
        },
        index=pd.Index(row * cols + col, name="cell"),
    )
    cells_of_street = np.bincount(codes, minlength=len(streets))
    groups = [name for name in population.columns if name.startswith("people")]
    people = population.loc[streets.index, groups]
    _refuse_lost_people(people, cells_of_street, streets, cell)
    for group in groups:
        each = people[group].to_numpy(dtype=float) / np.maximum(cells_of_street, 1)
        demand[group] = each[codes]
    demand.attrs["crs"] = streets.crs.to_string()
    return demand


def cell_problems(cell: float) -> list[str]:
    """Whether cells can have such a side, in metres."""
    if _SMALLEST_M <= cell <= _LARGEST_M:
        return []
    return [
        f"cell is {cell:g} m; write a size between {_SMALLEST_M:g} and {_LARGEST_M:g}, such as 50."
    ]


def count_problems(streets: gpd.GeoDataFrame, cell: float) -> list[str]:
    """Whether there are not too many cells of such a side."""
    left, bottom, right, top = streets.total_bounds / cell
    places = (int(np.ceil(right)) - int(np.floor(left))) * (
        int(np.ceil(top)) - int(np.floor(bottom))
    )
    if places <= _MOST_CELLS:
        return []
    return [
        f"cell is {cell:g} m, which makes {places:,} cells; "
        f"the most is {_MOST_CELLS:,}: use a larger cell."
    ]


def _degrees_problems(streets: gpd.GeoDataFrame) -> list[str]:
    """Whether the streets are in metres."""
    if streets.crs is None or streets.crs.is_projected:
        return []
    return [
        f"`streets` are in {streets.crs.to_string()} (degrees); reproject them, for example with "
        "`streets.to_crs(streets.estimate_utm_crs())`."
    ]


def raster(demand: pd.DataFrame, values: np.ndarray, *, fill: float) -> np.ndarray:
    """
    Values of the cells laid out as a raster, south row first.

    Parameters
    ----------
    demand
        Cells with `row` and `col`.
    values
        One value a cell, in the order of `demand`.
    fill
        Value where there is no cell.

    Returns
    -------
    raster
        Array of shape (rows, columns) of the type of `values`.
    """
    rows, cols = demand["row"].to_numpy(), demand["col"].to_numpy()
    shape = (rows.max(initial=-1) + 1, cols.max(initial=-1) + 1)
    out = np.full(shape, fill, dtype=values.dtype)
    out[rows, cols] = values
    return out


def _owners(streets: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Position of the street that holds each cell centre, -1 for none; shape (len(y), len(x))."""
    owner = np.full((len(y), len(x)), -1, dtype=np.int32)
    for position, street in enumerate(streets):
        left, bottom, right, top = street.bounds
        rows = slice(*np.searchsorted(y, [bottom, np.nextafter(top, np.inf)]))
        cols = slice(*np.searchsorted(x, [left, np.nextafter(right, np.inf)]))
        here = owner[rows, cols]
        here[_holds(street, x[cols], y[rows]) & (here < 0)] = position
    return owner


def _holds(street: shapely.Geometry, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Whether the street holds each point of a lattice: by blocks inside it, by points at its border."""
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


def _refuse_lost_people(
    people: pd.DataFrame, cells_of_street: np.ndarray, streets: gpd.GeoDataFrame, cell: float
) -> None:
    is_lost = (cells_of_street == 0) & (people > 0).any(axis=1).to_numpy()
    if is_lost.any():
        names = ", ".join(repr(name) for name in streets["name"][is_lost])
        raise ValidationError(
            [
                f"cell is {cell:g} m, too large for {names}: no cell has its centre there; use a smaller cell."
            ]
        )
