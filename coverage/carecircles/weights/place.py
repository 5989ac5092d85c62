"""The people of a study area in its cells, in any year."""

import dataclasses

import numpy as np
import pandas as pd

from carecircles import grid, people
from carecircles.area import StudyArea, in_year, years_around, years_of
from carecircles.errors import ValidationError
from carecircles.weights._placed import placed_in_own_year
from carecircles.weights.values import (
    EVEN,
    GRID,
    RESIDENCES,
    SOURCES,
    TOTALS,
    Placed,
    is_there,
)
from carecircles.words import Sentence


def make_demand(
    area: StudyArea, *, cell: float = 50.0, source: str | None = None, totals: str = "street"
) -> pd.DataFrame:
    """
    Grid cells of a study area with its people, placed by the best that is known of where they live.

    Parameters
    ----------
    area
        The study area; its `sources` say where people live. Without any they are spread evenly over
        their street (`grid.make_demand`).
    cell
        Side of a cell in metres.
    source
        One of `SOURCES`, to place people by that alone; uninhabited land counts all the same.
    totals
        Whose figures are kept: those of the population by 'street', or of the 'residences' or the
        population 'grid', which then are the population.

    Returns
    -------
    demand
        As from `grid.make_demand`, and `placed`: by what the people of each cell are placed, one of
        `BASES` (categorical). People of each unit (`place`) add up to those known. Where residences say
        floors and lifts, `flights` is the mean number of flights of stairs between flats and street door
        (of floors above the ground without a lift, people living evenly on all), `upstairs` the share of
        people there, and `stairs_known` the share of whom that is known; of the others nothing is added.

    Raises
    ------
    ValidationError
        If there is no such source, or a unit with people has no cell.

    Examples
    --------
    In a street of 500 m by 100 m, 60 of 80 people live in a tower in its west.

    >>> import geopandas as gpd, shapely
    >>> from carecircles import area
    >>> x, y = 500_000, 4_300_000
    >>> outline = [shapely.box(x, y, x + 500, y + 100)]
    >>> street = gpd.GeoDataFrame({"name": ["A"]}, geometry=outline, crs=32650)
    >>> people = pd.DataFrame({"name": ["A"], "people_60": [80]})
    >>> centre = gpd.GeoDataFrame({"name": ["C"]}, geometry=[shapely.Point(x + 50, y)], crs=32650)
    >>> made = area.study(streets=street, population=people, centres=centre)
    >>> homes = shapely.points([[x + 10, y + 10], [x + 410, y + 10]])
    >>> homes = gpd.GeoDataFrame({"street": "A", "households": [30, 10]}, geometry=homes, crs=32650)
    >>> made = dataclasses.replace(made, sources=area.Sources(residences=homes))
    >>> demand = make_demand(made, cell=100)
    >>> demand["people_60"].tolist(), demand["placed"].unique().tolist()
    ([60.0, 0.0, 0.0, 0.0, 20.0], ['residences'])
    """
    return place(area, cell=cell, source=source, totals=totals).demand


def place(
    area: StudyArea, *, cell: float = 50.0, source: str | None = None, totals: str = "street"
) -> Placed:
    """
    The people of a study area in its cells (`make_demand`), by unit, and what was taken for granted.

    Parameters and errors are those of `make_demand`.

    Examples
    --------
    >>> from carecircles import datasets
    >>> placed = place(datasets.load("template"), cell=200)
    >>> placed.units.set_index("unit")["placed_people_60"].head(2).to_dict()
    {'S1': 8400.0, 'S2': 7000.0}
    """
    _require(area, source, totals)
    if is_by_year(area):
        return _of_rasters(area, cell=cell, source=source, totals=totals)
    first = in_first_year(area)
    placed = placed_in_own_year(first, cell=cell, source=source, totals=totals)
    # Sources are of no year, and are held against the first.
    return placed if first.year == area.year else _grown(placed, first, area)


def is_by_year(area: StudyArea) -> bool:
    """
    Whether it is known of several years where in a street people live: where rasters of each are the population.

    Examples
    --------
    >>> from carecircles import datasets
    >>> is_by_year(datasets.load("hexi"))
    False
    """
    return len({band.year for band in area.sources.people_raster}) > 1


def _require(area: StudyArea, source: str | None, totals: str) -> None:
    """Whether there is what is asked for."""
    there = [EVEN, *(name for name in SOURCES[1:] if is_there(area.sources, name))]
    known, problems = ", ".join(there), []
    if source is not None and source not in there:
        problems.append(
            Sentence(
                f"people are to be placed by {source!r}; the study area has {known}: take one of these, or add "
                f"a file of {source} (README.md of `carecircles init` says how).",
                zh=f"要求按 {source!r} 安置人口；该区域可用的有 {known}：请选其一，或添加 {source} 文件"
                "（见 `carecircles init` 所附 README.md）。",
            )
        )
    if totals not in TOTALS:
        choices = ", ".join(TOTALS)
        problems.append(
            Sentence(
                f"totals is {totals!r}; write one of {choices}.",
                zh=f"totals 为 {totals!r}；请写 {choices} 之一。",
            )
        )
    if totals in TOTALS[1:] and area.year is not None:
        problems.append(
            Sentence(
                f"totals are to be those of {totals}, which are of no year, and the population is of "
                f"{area.year}; leave them at street, or give the population no years.",
                zh=f"总数要求取自 {totals}，其没有年份，而人口为 {area.year} 年；请改用 street，"
                "或让人口文件不带年份。",
            )
        )
    for told, name in (("residences", RESIDENCES), ("grid", GRID)):
        frame = getattr(area.sources, name)
        if totals == told and (frame is None or not people.columns_of(frame)):
            problems.append(
                Sentence(
                    f"totals are to be those of {name}, but no file of {name} counts people; "
                    "add one, or leave it at street.",
                    zh=f"总数要求取自 {name}，但没有带人数的 {name} 文件；请添加，或改用 street。",
                )
            )
    if problems:
        raise ValidationError(problems)


def in_first_year(area: StudyArea) -> StudyArea:
    known = years_of(area)
    return area if area.year is None or area.year == known[0] else in_year(area, known[0])


def _of_rasters(area: StudyArea, *, cell: float, source: str | None, totals: str) -> Placed:
    """`place` where rasters of several years are the population: as in the year's own, or between two of them."""
    around = years_around(area)
    several = [
        placed_in_own_year(with_raster_of(area, year), cell=cell, source=source, totals=totals)
        for year in around
    ]
    if len(several) == 1:
        return several[0]
    (before, after), (was, then) = around, several
    share = (int(area.year or before) - before) / (after - before)
    demand, units = was.demand, was.units
    for group in people.columns_of(demand):
        more = then.demand[group] - demand[group]
        demand = demand.assign(**{group: demand[group] + share * more})
        for column in (f"known_{group}", f"placed_{group}"):
            grown = units[column] + share * (then.units[column] - units[column])
            units = units.assign(**{column: grown})
    demand.attrs = dict(was.demand.attrs)
    return Placed(demand, units, was.notes)


def with_raster_of(area: StudyArea, year: int) -> StudyArea:
    """The study area in a year, with the bands of that year alone."""
    bands = tuple(band for band in area.sources.people_raster if band.year == year)
    sources = dataclasses.replace(area.sources, people_raster=bands)
    return dataclasses.replace(in_year(area, year), sources=sources)


def _grown(placed: Placed, before: StudyArea, after: StudyArea) -> Placed:
    """
    The people of another year, who live in each street where those of the first do.

    A unit grows with its street; of a group new to a street of several units nobody knows in which of
    them it lives.
    """
    was, then = before.population, after.population
    demand = grid.repeopled(placed.demand, before=was, after=then)
    units, streets = placed.units, placed.units["street"]
    is_alone = ~streets.duplicated(keep=False).to_numpy()
    for group in people.columns_of(was):
        factor = (then[group] / was[group].where(was[group] > 0)).reindex(streets).to_numpy()
        is_none = (then[group] == 0).reindex(streets).to_numpy()
        factor = np.where(is_none, 0.0, factor)
        whole = then[group].reindex(streets).to_numpy().astype(float)
        for column in (f"known_{group}", f"placed_{group}"):
            if column in units:
                grown = units[column].to_numpy() * factor
                is_new = is_alone & np.isnan(grown) & (units[column] == 0).to_numpy()
                units = units.assign(**{column: np.where(is_new, whole, grown)})
    return Placed(demand, units, placed.notes)
