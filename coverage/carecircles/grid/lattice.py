"""The lattice that cells lie on: rows and columns of squares, rasters and outlines of them."""

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _patches
from carecircles.errors import ValidationError
from carecircles.words import Sentence

_LATTICE = ("row", "col", "x", "y", "area_m2")


@dataclass(frozen=True)
class Grid:
    """
    The lattice that cells lie on: `rows` by `cols` squares of `cell` metres from a south-west corner.

    The centre of the cell in row r and column c lies at `x0 + (c + 0.5) * cell` and
    `y0 + (r + 0.5) * cell` metres in `crs` (None where the cells do not say it).
    """

    cell: float
    x0: float
    y0: float
    rows: int
    cols: int
    crs: pyproj.CRS | None


class Stretches(NamedTuple):
    """Columns side by side: of which shape they are, in which row, the first one and the one after the last."""

    shape: np.ndarray
    row: np.ndarray
    first: np.ndarray
    beyond: np.ndarray


def lattice_around(streets: gpd.GeoDataFrame, *, cell: float) -> Grid:
    """
    The lattice that cells of some streets lie on; its corner is a multiple of `cell`.

    Examples
    --------
    >>> import shapely
    >>> streets = gpd.GeoDataFrame(geometry=[shapely.box(60, 10, 210, 100)])
    >>> lattice_around(streets, cell=50)
    Grid(cell=50.0, x0=50.0, y0=0.0, rows=2, cols=4, crs=None)
    """
    left, bottom, right, top = streets.total_bounds
    first_col, first_row = int(np.floor(left / cell)), int(np.floor(bottom / cell))
    cols = int(np.ceil(right / cell)) - first_col
    rows = int(np.ceil(top / cell)) - first_row
    side = float(cell)
    return Grid(side, first_col * side, first_row * side, rows, cols, streets.crs)


def centres(within: Grid) -> tuple[np.ndarray, np.ndarray]:
    """
    Metres of the columns and of the rows of a lattice, whose corner is a multiple of its cell.

    Examples
    --------
    >>> [axis.tolist() for axis in centres(Grid(50.0, 100.0, 0.0, 1, 2, None))]
    [[125.0, 175.0], [25.0]]
    """
    first_col, first_row = (round(at / within.cell) for at in (within.x0, within.y0))
    x = (first_col + np.arange(within.cols) + 0.5) * within.cell
    y = (first_row + np.arange(within.rows) + 0.5) * within.cell
    return x, y


def grid_of(demand: pd.DataFrame) -> Grid | None:
    """
    The lattice of some cells; None for places that lie on none, such as points with people.

    Parameters
    ----------
    demand
        Cells from `make_demand`, any part of them, or places with `x` and `y` alone.

    Examples
    --------
    >>> places = pd.DataFrame({"x": [10.0], "y": [20.0], "people_60": [3]})
    >>> grid_of(places) is None
    True
    >>> cells = places.assign(row=2, col=1, area_m2=2500.0)
    >>> grid_of(cells)
    Grid(cell=50.0, x0=-65.0, y0=-105.0, rows=3, cols=2, crs=None)
    """
    if not set(_LATTICE) <= set(demand.columns) or demand.empty:
        return None
    first = demand.iloc[0]
    cell = float(np.sqrt(first["area_m2"]))
    crs = demand.attrs.get("crs")
    return Grid(
        cell=cell,
        x0=_multiple(float(first["x"]) - (int(first["col"]) + 0.5) * cell, cell),
        y0=_multiple(float(first["y"]) - (int(first["row"]) + 0.5) * cell, cell),
        rows=int(demand["row"].max()) + 1,
        cols=int(demand["col"].max()) + 1,
        crs=None if crs is None else pyproj.CRS(crs),
    )


def _multiple(metres: float, cell: float) -> float:
    """The multiple of a cell's side that some metres are but for rounding, if they are one."""
    times = round(metres / cell)
    return times * cell if abs(metres / cell - times) < 1e-6 else metres


def lattice_of(demand: pd.DataFrame) -> Grid:
    """
    The lattice of some cells, for what has no meaning without one.

    Raises
    ------
    ValidationError
        If the places lie on no lattice.

    Examples
    --------
    >>> cells = pd.DataFrame({"row": [2], "col": [1], "x": [75.0], "y": [125.0], "area_m2": [2500.0]})
    >>> lattice_of(cells)
    Grid(cell=50.0, x0=0.0, y0=0.0, rows=3, cols=2, crs=None)
    """
    found = grid_of(demand)
    if found is None:
        told = "`demand` has no grid (row, col, x, y, area_m2); make it with `grid.make_demand`."
        zh = "`demand` 没有网格（row、col、x、y、area_m2）；请用 `grid.make_demand` 生成。"
        raise ValidationError([Sentence(told, zh=zh)])
    return found


def metres_of(demand: pd.DataFrame, within: Grid) -> tuple[np.ndarray, np.ndarray]:
    """
    The metres of a grid's columns and of its rows, those of cells as these have them to the last digit.

    Parameters
    ----------
    demand
        Cells of the grid.
    within
        The grid.

    Examples
    --------
    >>> cells = pd.DataFrame({"row": [2], "col": [1], "x": [75.0], "y": [125.0]})
    >>> [axis.tolist() for axis in metres_of(cells, Grid(50.0, 0.0, 0.0, 3, 2, None))]
    [[25.0, 75.0], [25.0, 75.0, 125.0]]
    """
    x = within.x0 + (np.arange(within.cols) + 0.5) * within.cell
    y = within.y0 + (np.arange(within.rows) + 0.5) * within.cell
    x[demand["col"]], y[demand["row"]] = demand["x"], demand["y"]
    return x, y


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

    Examples
    --------
    >>> cells = pd.DataFrame({"row": [0, 1, 1], "col": [0, 0, 1]})
    >>> raster(cells, np.array([5, 6, 7]), fill=0).tolist()
    [[5, 0], [6, 7]]
    """
    rows, cols = demand["row"].to_numpy(), demand["col"].to_numpy()
    shape = (rows.max(initial=-1) + 1, cols.max(initial=-1) + 1)
    out = np.full(shape, fill, dtype=values.dtype)
    out[rows, cols] = values
    return out


def outlines(cells: pd.DataFrame, part: np.ndarray, parts: int) -> list[shapely.Geometry]:
    """
    The union of the cells of each part, holes kept.

    Parameters
    ----------
    cells
        Cells with row, col, x, y and area_m2.
    part
        The part of each cell, counted from 0.
    parts
        How many there are.

    Returns
    -------
    outlines
        A polygon or several for each part, an empty one where it has no cell.

    Examples
    --------
    >>> cells = pd.DataFrame({"row": [0, 0], "col": [0, 1], "x": [25.0, 75.0], "y": 25.0, "area_m2": 2500.0})
    >>> [outline.area for outline in outlines(cells, np.array([0, 0]), 2)]
    [5000.0, 0.0]
    """
    if cells.empty:
        return [shapely.Polygon()] * parts
    lattice = lattice_of(cells)
    row, col = cells["row"].to_numpy(), cells["col"].to_numpy()
    laid = np.full((lattice.rows, lattice.cols), -1, dtype=np.int32)
    laid[row, col] = part
    patch = _patches.numbered(laid)
    of = np.zeros(patch.max(), dtype=np.intp)
    of[patch[row, col] - 1] = part
    return outlines_of(patch, of, parts, within=lattice)


def outlines_of(
    patch: np.ndarray, part: np.ndarray, parts: int, *, within: Grid
) -> list[shapely.Geometry]:
    """
    The same of a raster of patches of cells, counted from 1 (0 where there is none), and the part of each patch.

    Examples
    --------
    >>> patch = np.array([[1, 1, 0, 2]])
    >>> both = outlines_of(patch, np.array([0, 0]), 1, within=Grid(50.0, 0.0, 0.0, 1, 4, None))
    >>> both[0].geom_type, both[0].area
    ('MultiPolygon', 7500.0)
    """
    x = within.x0 + within.cell * np.arange(within.cols + 1)
    y = within.y0 + within.cell * np.arange(within.rows + 1)
    shapes = _patches.polygons(patch, x=x, y=y)
    order = np.argsort(part, kind="stable")
    edges = np.searchsorted(part[order], np.arange(parts + 1))
    return [_together(shapes[order[a:b]]) for a, b in itertools.pairwise(edges)]


def _together(shapes: np.ndarray) -> shapely.Geometry:
    """Polygons as one geometry."""
    if len(shapes) > 1:
        return shapely.MultiPolygon(list(shapes))
    return shapes[0] if len(shapes) else shapely.Polygon()
