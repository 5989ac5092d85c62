"""Cells of streets with the people spread into them."""

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.grid.lattice import Grid, centres, lattice_around
from carecircles.grid.owners import meeting, owners
from carecircles.grid.problems import (
    cell_is,
    cell_problems,
    count_problems,
    degrees_problems,
    refuse_lost_people,
)
from carecircles.people import columns_of
from carecircles.words import Sentence


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
    problems = [*degrees_problems(streets), *cell_problems(cell)]
    if problems:
        raise ValidationError(problems)
    problems = count_problems(streets, cell)
    if problems:
        raise ValidationError(problems)
    within = lattice_around(streets, cell=cell)
    owner = owners(streets.geometry.to_numpy(), *centres(within))
    count = np.bincount(owner[owner >= 0], minlength=len(streets))
    each = evenly(streets, population, count, cell=cell)
    return _cells(streets, each, owner, within)


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
        raise ValidationError([cell_is(cell, Sentence(f", {wrong}", zh=f"，{zh}"))])
    people = population.loc[streets.index, columns_of(population)]
    refuse_lost_people(people, count, streets, cell)
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
    owner = owners(near.geometry.to_numpy(), *centres(within))
    return _cells(near, each.loc[near.index], owner, within)


def _cells(
    streets: gpd.GeoDataFrame, each: pd.DataFrame, owner: np.ndarray, within: Grid
) -> pd.DataFrame:
    """The cells of a lattice whose street is known."""
    is_cell = owner >= 0
    codes = owner[is_cell]
    x, y = centres(within)

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
