"""
The map grid: regular square cells, their street, and the people spread into them.

One rule serves every figure: a cell belongs to the street that holds its centre.
"""

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _patches, memory
from carecircles.errors import ValidationError
from carecircles.people import columns_of
from carecircles.words import Sentence

SIDE = memory.SIDE  # cells of a block
_BLOCK = 32  # cells a side that are looked up together
_MOST_CELLS = 50_000_000
_SMALLEST_M, _LARGEST_M = 0.1, 100_000.0
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
        Persons by group (columns of `people.is_group`), indexed like `streets`.
    cell
        Side of a cell in metres.

    Returns
    -------
    demand
        Indexed by `cell` (row * number of columns + column, from the south-west): row, col, x, y
        (metres, centre of the cell), area_m2, street (categorical), people by group. The
        people of a street's cells add up to the street's. `attrs["crs"]` is the CRS.

    Raises
    ------
    ValidationError
        If `cell` is not a usable size, or a street with people has no cell.

    Examples
    --------
    A street of 200 m by 100 m has eight cells of 50 m; its 16 people are two in each.

    >>> import shapely
    >>> street = shapely.box(0, 0, 200, 100)
    >>> streets = gpd.GeoDataFrame({"name": ["A"]}, geometry=[street], index=["A"], crs=4548)
    >>> people = pd.DataFrame({"people_60": [16]}, index=["A"])
    >>> demand = make_demand(streets, people, cell=50)
    >>> len(demand), demand["people_60"].unique().tolist(), demand["x"].iloc[0].item()
    (8, [2.0], 25.0)
    """
    problems = [*_degrees_problems(streets), *cell_problems(cell)]
    if problems:
        raise ValidationError(problems)
    problems = count_problems(streets, cell)
    if problems:
        raise ValidationError(problems)
    within = lattice_around(streets, cell=cell)
    owner = _owners(streets.geometry.to_numpy(), *_centres(within))
    count = np.bincount(owner[owner >= 0], minlength=len(streets))
    each = evenly(streets, population, count, cell=cell)
    return _cells(streets, each, owner, within)


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


def blocks_of(lattice: Grid) -> list[Grid]:
    """
    A lattice cut into blocks of `SIDE` by `SIDE` cells, each a lattice of its own, row by row from the south-west.

    Parameters
    ----------
    lattice
        From `lattice_around`.

    Examples
    --------
    >>> [(b.x0, b.rows, b.cols) for b in blocks_of(Grid(50.0, 0.0, 0.0, 100, 3000, None))]
    [(0.0, 100, 2048), (102400.0, 100, 952)]
    """
    first_row, first_col = (round(at / lattice.cell) for at in (lattice.y0, lattice.x0))
    return [
        dataclasses.replace(
            lattice,
            x0=(first_col + col) * lattice.cell,
            y0=(first_row + row) * lattice.cell,
            rows=min(SIDE, lattice.rows - row),
            cols=min(SIDE, lattice.cols - col),
        )
        for row in range(0, lattice.rows, SIDE)
        for col in range(0, lattice.cols, SIDE)
    ]


class Piece(NamedTuple):
    """The cells of a block counted from its own corner, its place among the blocks and its rows and columns."""

    place: tuple[int, int]
    shape: tuple[int, int]
    cells: pd.DataFrame


def in_blocks(demand: pd.DataFrame) -> Iterator[Piece]:
    """
    Cells block by block, row by row from the south-west; those of no lattice are one.

    Examples
    --------
    >>> cells = pd.DataFrame({"row": [0, 0, 1], "col": [0, 3000, 0]})
    >>> [(p.place, p.shape, p.cells["col"].tolist()) for p in in_blocks(cells)]
    [((0, 0), (2, 2048), [0, 0]), ((0, 1), (2, 953), [952])]
    """
    if not {"row", "col"} <= set(demand.columns) or demand.empty:
        yield Piece((0, 0), (0, 0), demand)
        return
    row, col = demand["row"].to_numpy(), demand["col"].to_numpy()
    rows, cols = int(row.max()) + 1, int(col.max()) + 1
    if max(rows, cols) <= SIDE:
        yield Piece((0, 0), (rows, cols), demand)
        return
    number = row // SIDE * cols + col // SIDE
    order = np.argsort(number, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(number[order])) + 1):
        up, right = int(row[some[0]]) // SIDE, int(col[some[0]]) // SIDE
        shape = min(SIDE, rows - up * SIDE), min(SIDE, cols - right * SIDE)
        cells = demand.iloc[some]
        yield Piece((up, right), shape, cells.assign(row=row[some] % SIDE, col=col[some] % SIDE))


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
    owner = _owners(streets.geometry.to_numpy()[near], *_centres(within))
    count = np.zeros(len(streets), dtype=np.int64)
    count[near] = np.bincount(owner[owner >= 0], minlength=len(near))
    return count


def evenly(
    streets: gpd.GeoDataFrame, population: pd.DataFrame, count: np.ndarray, *, cell: float
) -> pd.DataFrame:
    """
    The people in each cell of a street over whose cells they are spread evenly.

    Parameters
    ----------
    streets, population, cell
        As `make_demand` has them.
    count
        How many cells each street has.

    Raises
    ------
    ValidationError
        If there is no cell, or a street with people has none.

    Examples
    --------
    >>> streets = gpd.GeoDataFrame({"name": ["A"]}, index=["A"], geometry=[None])
    >>> people = pd.DataFrame({"people_60": [16]}, index=["A"])
    >>> evenly(streets, people, np.array([8]), cell=50)["people_60"].to_dict()
    {'A': 2.0}
    """
    if not count.any():
        wrong = "too large: no cell has its centre in a street."
        zh = "过大：没有一个网格的中心落在街道内。"
        raise ValidationError([_cell_is(cell, Sentence(f", {wrong}", zh=f"，{zh}"))])
    people = population.loc[streets.index, columns_of(population)]
    _refuse_lost_people(people, count, streets, cell)
    each: pd.DataFrame = people.astype(float) / np.maximum(count, 1)[:, None]
    return each


def block_of(streets: gpd.GeoDataFrame, each: pd.DataFrame, *, within: Grid) -> pd.DataFrame:
    """
    The cells of a block: those that `make_demand` makes of the whole, counted from the block's own corner.

    Parameters
    ----------
    streets
        Polygons in a projected CRS in metres, indexed by code; those far from the block do not matter.
    each
        People in each cell of a street, from `evenly`.
    within
        The block, from `blocks_of`.

    Examples
    --------
    >>> import shapely
    >>> streets = gpd.GeoDataFrame(index=["A"], geometry=[shapely.box(0, 0, 200, 100)], crs=4548)
    >>> each = pd.DataFrame({"people_60": [2.0]}, index=["A"])
    >>> block_of(streets, each, within=Grid(50.0, 100.0, 0.0, 2, 2, None))["x"].tolist()
    [125.0, 175.0, 125.0, 175.0]
    """
    near = streets.iloc[meeting(streets, within)]
    owner = _owners(near.geometry.to_numpy(), *_centres(within))
    return _cells(near, each.loc[near.index], owner, within)


def _centres(within: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Metres of the columns and of the rows of a lattice, whose corner is a multiple of its cell."""
    first_col, first_row = (round(at / within.cell) for at in (within.x0, within.y0))
    x = (first_col + np.arange(within.cols) + 0.5) * within.cell
    y = (first_row + np.arange(within.rows) + 0.5) * within.cell
    return x, y


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
    x, y = _centres(within)
    found = (left <= x[-1]) & (right >= x[0]) & (bottom <= y[-1]) & (top >= y[0])
    return np.flatnonzero(found)


def _cells(
    streets: gpd.GeoDataFrame, each: pd.DataFrame, owner: np.ndarray, within: Grid
) -> pd.DataFrame:
    """The cells of a lattice whose street is known."""
    is_cell = owner >= 0
    codes = owner[is_cell]
    x, y = _centres(within)

    def at_cells(values: np.ndarray) -> np.ndarray:
        """Values of rows or columns, one a cell."""
        laid: np.ndarray = np.broadcast_to(values, owner.shape)[is_cell]
        return laid

    demand = pd.DataFrame(
        {
            "row": at_cells(np.arange(within.rows, dtype=np.int32)[:, None]),
            "col": at_cells(np.arange(within.cols, dtype=np.int32)),
            "x": at_cells(x),
            "y": at_cells(y[:, None]),
            "area_m2": np.full(len(codes), float(within.cell) ** 2),
            "street": pd.Categorical.from_codes(codes, categories=streets.index),
            **{group: each[group].to_numpy()[codes] for group in each},
        },
        index=pd.Index(np.flatnonzero(is_cell), name="cell"),
        copy=False,  # columns of a city are large
    )
    demand.attrs["crs"] = streets.crs.to_string()
    return demand


def repeopled(demand: pd.DataFrame, *, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """
    The same cells with people of another year: of each group as many times more as its street has.

    Where in a street people live stays as it is. New people of a group of whom nobody lived in a street live
    where its other people do, evenly where there are none. A group of no year (one that the population
    does not count) stays as it is.

    Parameters
    ----------
    demand
        Cells from `make_demand`, or evaluated ones.
    before, after
        People by street and group of the two years, indexed by the streets' codes.

    Returns
    -------
    demand
        On the same index, with the same columns.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> cells = make_demand(area.streets, area.population, cell=200)
    >>> then = area.population.assign(people_60=area.population["people_60"] * 1.5)
    >>> more = repeopled(cells, before=area.population, after=then)
    >>> round(float(more["people_60"].sum()), 6), more["people_65"].equals(cells["people_65"])
    (36000.0, True)
    """
    street = demand["street"].cat
    codes, labels = street.codes.to_numpy(), street.categories
    count = np.bincount(codes, minlength=len(labels))
    is_open = np.ones(len(demand), dtype=bool)
    if "placed" in demand:  # nobody moves onto land that nobody lives on, unless there is no other
        is_lived = (demand["placed"] != "uninhabited").to_numpy()
        is_open = is_lived | (np.bincount(codes, is_lived, minlength=len(labels))[codes] == 0)
    groups = [group for group in columns_of(demand) if group in before and group in after]
    living = demand[groups].to_numpy(float).sum(axis=1)
    of_street = np.bincount(codes, living, minlength=len(labels))
    even = is_open / np.bincount(codes, is_open, minlength=len(labels))[codes]
    share = np.divide(living, of_street[codes], out=even, where=of_street[codes] > 0)
    people = {}
    for group in groups:
        was, then = (frame[group].reindex(labels).to_numpy(float) for frame in (before, after))
        lost = labels[(count == 0) & (then > 0)]
        if len(lost):
            raise ValidationError(
                [
                    Sentence(
                        f"street {lost[0]!r} gets people and has no cell; use a smaller cell.",
                        zh=f"街道 {lost[0]!r} 将有人口却没有网格；请用更小的网格。",
                    )
                ]
            )
        factor = np.divide(then, was, out=np.ones(len(labels)), where=was > 0)
        new = np.where(was > 0, 0.0, then)
        people[group] = demand[group].to_numpy() * factor[codes] + new[codes] * share
    changed = demand.assign(**people)
    changed.attrs = dict(demand.attrs)
    return changed


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


def cell_problems(cell: float) -> list[Sentence]:
    """
    Whether cells can have such a side, in metres.

    Examples
    --------
    >>> cell_problems(50.0), len(cell_problems(0.0))
    ([], 1)
    """
    if _SMALLEST_M <= cell <= _LARGEST_M:
        return []
    mend = Sentence(
        f"; write a size between {_SMALLEST_M:g} and {_LARGEST_M:g}, such as 50.",
        zh=f"；应在 {_SMALLEST_M:g} 与 {_LARGEST_M:g} 之间，例如 50。",
    )
    return [_cell_is(cell, mend)]


def _cell_is(cell: float, why: Sentence) -> Sentence:
    return Sentence(f"cell is {cell:g} m{why}", zh=f"网格边长为 {cell:g} 米{why.zh}")


def count_problems(streets: gpd.GeoDataFrame, cell: float) -> list[Sentence]:
    """
    Whether there are not too many cells of such a side.

    Examples
    --------
    >>> import shapely
    >>> street = shapely.box(0, 0, 200, 100)
    >>> streets = gpd.GeoDataFrame({"name": ["A"]}, geometry=[street], index=["A"], crs=4548)
    >>> count_problems(streets, 50.0), len(count_problems(streets, 0.01))
    ([], 1)
    """
    left, bottom, right, top = streets.total_bounds / cell
    places = (int(np.ceil(right)) - int(np.floor(left))) * (
        int(np.ceil(top)) - int(np.floor(bottom))
    )
    if places <= _MOST_CELLS:
        return []
    why = Sentence(
        f", which makes {places:,} cells; the most is {_MOST_CELLS:,}: use a larger cell.",
        zh=f"，共 {places:,} 个网格；最多为 {_MOST_CELLS:,} 个：请增大网格。",
    )
    return [_cell_is(cell, why)]


def _degrees_problems(streets: gpd.GeoDataFrame) -> list[Sentence]:
    """Whether the streets are in metres."""
    if streets.crs is None or streets.crs.is_projected:
        return []
    crs, mend = streets.crs.to_string(), "`streets.to_crs(streets.estimate_utm_crs())`"
    told = f"`streets` are in {crs} (degrees); reproject them, for example with {mend}."
    return [Sentence(told, zh=f"`streets` 的坐标系为 {crs}（度）；请先投影，例如 {mend}。")]


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


def _owners(streets: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
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


def _refuse_lost_people(
    people: pd.DataFrame, cells_of_street: np.ndarray, streets: gpd.GeoDataFrame, cell: float
) -> None:
    is_lost = (cells_of_street == 0) & (people > 0).any(axis=1).to_numpy()
    if is_lost.any():
        names = ", ".join(repr(name) for name in streets["name"][is_lost])
        why = Sentence(
            f", too large for {names}: no cell has its centre there; use a smaller cell.",
            zh=f"，对 {names} 过大：没有一个网格的中心落在其中；请减小网格。",
        )
        raise ValidationError([_cell_is(cell, why)])
