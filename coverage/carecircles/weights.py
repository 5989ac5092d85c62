"""
Where in a street its people live: units whose people are known, and weights that say where inside them.

A *unit* has known people: a street, a community in it, a square of a population grid. A *weight* says
where inside a unit they live: residences, else points of communities, else a population grid, else a
raster, else evenly. People of a cell are those of its finest unit times the weight of the cell over the
weight of the unit, so that every known sum is kept.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import _overlay, _pixels, _units, grid, people
from carecircles._overlay import Ground, Shares
from carecircles._units import COMMUNITIES as COMMUNITIES
from carecircles._units import GRID as GRID
from carecircles._units import RESIDENCES as RESIDENCES
from carecircles._units import STREETS as STREETS
from carecircles._units import Homes, Units
from carecircles.area import Band, Sources, StudyArea, in_year, years_around, years_of
from carecircles.errors import ValidationError
from carecircles.io import _checks, rasters
from carecircles.words import Sentence, Text

RASTER, EVEN, UNINHABITED = "people_raster", "even", "uninhabited"
BASES = (RESIDENCES, COMMUNITIES, GRID, RASTER, EVEN, UNINHABITED)
SOURCES = (EVEN, RESIDENCES, COMMUNITIES, GRID, RASTER)
TOTALS = ("street", "residences", "grid")
STAIRS = ("flights", "upstairs", "stairs_known")  # of the people of a cell
_NAMED = 5  # streets that a note names


@dataclass(frozen=True, eq=False)
class Placed:
    """
    The people of a study area in its cells, and what is known of how they came there.

    Attributes
    ----------
    demand
        Cells as `grid.make_demand` gives them, and `placed`: by what the people of each are placed, one
        of `BASES` (categorical).
    units
        A row for each unit with cells or people: `unit` (code), `street`, `source` ('streets' for what
        is left of a street, 'communities', 'people_grid'), `basis` (one of `BASES`) and, for each
        group, `known_...` (NaN where only the sum of several units is known) and `placed_...`.
    notes
        What was taken for granted, in each language.
    """

    demand: pd.DataFrame = dataclasses.field(repr=False)
    units: pd.DataFrame = dataclasses.field(repr=False)
    notes: tuple[Text, ...] = ()


class _Layer(NamedTuple):
    """
    A source of weights: by column the weight of each cell and what share of a unit's rows tell it; rows by unit.

    `stairs` are what `_units.stairs_of` says, added up by weight, by column.
    """

    name: str
    weights: dict[str, np.ndarray]
    told: dict[str, np.ndarray]
    rows: np.ndarray | float = 0.0
    stairs: dict[str, np.ndarray] | None = None


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

    >>> import shapely
    >>> from carecircles import area
    >>> x, y = 500_000, 4_300_000
    >>> outline = [shapely.box(x, y, x + 500, y + 100)]
    >>> street = gpd.GeoDataFrame({"name": ["A"]}, geometry=outline, crs=32650)
    >>> people = pd.DataFrame({"name": ["A"], "people_60": [80]})
    >>> centre = gpd.GeoDataFrame({"name": ["C"]}, geometry=[shapely.Point(x + 50, y)], crs=32650)
    >>> made = area.study(streets=street, population=people, centres=centre)
    >>> homes = shapely.points([[x + 10, y + 10], [x + 410, y + 10]])
    >>> homes = gpd.GeoDataFrame({"street": "A", "households": [30, 10]}, geometry=homes, crs=32650)
    >>> made = dataclasses.replace(made, sources=Sources(residences=homes))
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
    first = _in_first_year(area)
    placed = _placed(first, cell=cell, source=source, totals=totals)
    # Sources are of no year, and are held against the first.
    return placed if first.year == area.year else _grown(placed, first, area)


def _placed(area: StudyArea, *, cell: float, source: str | None, totals: str) -> Placed:
    """`place` of the year that sources are of."""
    sources = _only(area.sources, source)
    totals, is_own = _own_totals(area, sources, totals)
    population = _population(area, sources, totals)
    cells = grid.make_demand(area.streets, population, cell=cell)
    if not any(_is_there(sources, name) for name in (*SOURCES[1:], UNINHABITED)):
        return _as_spread(cells, area)
    ground = _overlay.ground_of(cells, _shapes(sources.uninhabited))
    homes = _units.homes_of(sources.residences, area, sources.uninhabited)
    _units.refuse_uncounted(area, homes, sources.people_grid, totals)
    units = _units.units_of(area, population, sources, homes, cells, ground, totals)
    if homes is not None and totals == "residences":
        counts = _units.counted_by(homes.frame, homes.street, population, area.groups)
        homes = homes._replace(frame=homes.frame.assign(**counts))
    layers = _layers(area, sources, homes, units, ground)
    everywhere = _everywhere(area, sources, units, ground)
    units = units._replace(known=_known(units, everywhere))
    weights, basis, lacking, stairs = _weights(layers, units, ground.is_lived, area)
    demand, table = _filled(cells.assign(**stairs), units, weights, basis, ground.is_lived)
    notes = [
        *([] if is_own else _total_notes(area, homes, population, units, totals)),
        *_row_notes(lacking),
        *_empty_land_notes(area, layers, everywhere),
        *_fallback_notes(area, table, sources, ground.is_lived, units),
    ]
    return Placed(demand, table, tuple(notes))


def _in_first_year(area: StudyArea) -> StudyArea:
    known = years_of(area)
    return area if area.year is None or area.year == known[0] else in_year(area, known[0])


def _of_rasters(area: StudyArea, *, cell: float, source: str | None, totals: str) -> Placed:
    """`place` where rasters of several years are the population: as in the year's own, or between two of them."""
    around = years_around(area)
    several = [
        _placed(_with_raster_of(area, year), cell=cell, source=source, totals=totals)
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


def _with_raster_of(area: StudyArea, year: int) -> StudyArea:
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


def _as_spread(cells: pd.DataFrame, area: StudyArea) -> Placed:
    """What is known where nothing says where in a street people live: the cells are right as they are."""
    groups, codes = people.columns_of(cells), area.streets.index
    table = pd.DataFrame({"unit": codes, "street": codes, "source": STREETS, "basis": EVEN})
    street = cells["street"].cat.codes.to_numpy()
    for group in groups:
        sums = np.bincount(street, cells[group], minlength=len(codes))
        known = area.population.loc[codes, group].to_numpy(dtype=float)
        table = table.assign(**{f"known_{group}": known, f"placed_{group}": sums})
    code = np.full(len(cells), BASES.index(EVEN), dtype=np.int8)
    placed = pd.Categorical.from_codes(code, categories=pd.Index(BASES))
    told = cells.copy(deep=False)  # older pandas copies every column where one is assigned
    told["placed"] = placed
    return Placed(told, table)


def ratios(area: StudyArea, path: Path, *, cell: float = 50.0) -> pd.Series:
    """
    How many times as many people each street will have, by a raster of ratios: the mean where its people live.

    Parameters
    ----------
    area
        The study area; people of the group whose figures come first count.
    path
        A GeoTIFF of one band, in any CRS: 1.2 is a fifth more people. What is nodata tells nothing.
    cell
        Side of the cells that people are placed in, in metres.

    Returns
    -------
    ratio
        By street, as `cohorts.scaled` takes it.

    Raises
    ------
    ValidationError
        With what is wrong with the raster, and the streets for half of whose people it tells nothing.

    Examples
    --------
    Half a street will have as many people as today, and the other half, where three in four live, twice as many.

    >>> import tempfile
    >>> import rasterio
    >>> import shapely
    >>> from carecircles import area
    >>> x, y = 500_000, 4_300_000
    >>> street = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.box(x, y, x + 200, y + 100)], crs=32650)
    >>> centre = gpd.GeoDataFrame({"name": ["C"]}, geometry=[shapely.Point(x + 50, y)], crs=32650)
    >>> homes = gpd.GeoDataFrame(
    ...     {"people_60": [10, 30]}, geometry=shapely.points([[x + 50, y + 50], [x + 150, y + 50]]), crs=32650
    ... )
    >>> made = area.study(streets=street, centres=centre, residences=homes)
    >>> path = Path(tempfile.mkdtemp()) / "growth.tif"
    >>> lattice = dict(crs="EPSG:32650", transform=rasterio.Affine(100, 0, x, 0, -100, y + 100))
    >>> with rasterio.open(path, "w", width=2, height=1, count=1, dtype="float32", **lattice) as file:
    ...     file.write(np.array([[1.0, 2.0]], dtype="float32"), 1)
    >>> ratios(made, path).to_dict()
    {'A': 1.75}
    """
    demand = make_demand(area, cell=cell)
    looked = rasters.look(path, None, area=area.streets.geometry)
    band = Band(path, next(iter(looked.sums)), "ratio")
    ratio = _pixels.under_cells(band, _overlay.ground_of(demand, None), area.crs)
    persons = demand[people.headline_of(demand, area.headline)].to_numpy()
    street, count = demand["street"].cat.codes.to_numpy(), len(area.streets)
    is_told = ~np.isnan(ratio)
    told = np.bincount(street, persons * is_told, minlength=count)
    every = np.bincount(street, persons, minlength=count)
    sums = np.bincount(street, persons * np.nan_to_num(ratio), minlength=count)
    codes = demand["street"].cat.categories
    unknown = codes[(told < every / 2) | ((told == 0) & (every > 0))]
    if len(unknown):
        where = _checks.some(area.streets["name"].reindex(unknown))
        raise ValidationError(
            [
                Sentence(
                    f"{path.name}: it tells nothing where most people of {where} live; use one that covers them, or "
                    "a table of ratios by street.",
                    zh=f"{path.name}：在 {where.zh} 大部分人口居住处没有数值；请使用覆盖这些地方的栅格，或按街道填写倍数表。",
                )
            ]
        )
    ratio_of = np.divide(sums, told, out=np.ones(count), where=told > 0)
    made = pd.Series(ratio_of, index=pd.Index(codes, name="code"), name="ratio")
    return made.reindex(area.streets.index)


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


def placed_by(cells: pd.DataFrame, group: str) -> dict[str, float]:
    """
    By what the people of some cells are placed, the best first: the share of them for each basis.

    Parameters
    ----------
    cells
        Cells from `make_demand`, evaluated or not; people of others are taken as spread evenly.
    group
        Column of people.

    Examples
    --------
    >>> cells = pd.DataFrame({"placed": ["residences", "even"], "people_60": [30, 10]})
    >>> placed_by(cells, "people_60")
    {'residences': 0.75, 'even': 0.25}
    """
    if "placed" not in cells or not cells[group].sum() > 0:
        return {EVEN: 1.0}
    sums = cells[group].groupby(cells["placed"], observed=True).sum() / cells[group].sum()
    return {basis: float(sums[basis]) for basis in BASES if sums.get(basis, 0) > 0}


def is_even(cells: pd.DataFrame) -> bool:
    """
    Whether people are spread evenly over whole streets, as far as is known.

    Examples
    --------
    >>> is_even(pd.DataFrame({"placed": ["uninhabited", "even"], "people_60": [0, 10]}))
    False
    """
    return "placed" not in cells or bool((cells["placed"] == EVEN).all())


def _require(area: StudyArea, source: str | None, totals: str) -> None:
    """Whether there is what is asked for."""
    there = [EVEN, *(name for name in SOURCES[1:] if _is_there(area.sources, name))]
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


def _is_there(sources: Sources, name: str) -> bool:
    found = getattr(sources, name)
    return found is not None and len(found) > 0


def _only(sources: Sources, source: str | None) -> Sources:
    """The sources to go by; what nobody lives in counts always."""
    if source is None:
        return sources
    kept = {name: getattr(sources, name) for name in (source, UNINHABITED) if name != EVEN}
    return Sources(**kept)


def _own_totals(area: StudyArea, sources: Sources, totals: str) -> tuple[str, bool]:
    """
    Whose figures are kept where no file of population says those of the streets, and whether these are the same.

    A grid that is the population keeps the people of each of its squares, not only the sums by street.
    """
    told = {RESIDENCES: "residences", GRID: "grid"}.get(area.counted, "street")
    if area.counted == GRID and totals == "street" and _is_there(sources, GRID):
        totals = "grid"
    is_own = totals == told or (totals == "street" and area.counted == RESIDENCES)
    return totals, is_own and area.counted in (RESIDENCES, GRID)


def _population(area: StudyArea, sources: Sources, totals: str) -> pd.DataFrame:
    """Known people by street and group; NaN where no street says them but a source does."""
    told = {
        "street": [band.group for band in sources.people_raster],
        "residences": [] if sources.residences is None else people.columns_of(sources.residences),
        "grid": [] if sources.people_grid is None else people.columns_of(sources.people_grid),
    }[totals]
    groups = people.columns_of(area.population)
    population = area.population[groups].loc[area.streets.index].astype(float)
    more = {group: np.nan for group in told if group not in groups}
    return pd.DataFrame(population.assign(**more))


def _shapes(frame: gpd.GeoDataFrame | None) -> np.ndarray | None:
    return None if frame is None else frame.geometry.to_numpy()


def _layers(
    area: StudyArea, sources: Sources, homes: Homes | None, units: Units, ground: Ground
) -> list[_Layer]:
    """What says where inside units people live, the best first."""
    layers = []
    if homes is not None:
        layers.append(_homes_layer(RESIDENCES, homes, units, ground, area))
    if sources.communities is not None:
        is_point = shapely.get_dimensions(sources.communities.geometry.to_numpy()) == 0
        points = _units.homes_of(sources.communities[is_point], area, sources.uninhabited)
        if points is not None:
            layers.append(_homes_layer(COMMUNITIES, points, units, ground, area))
    if sources.people_grid is not None and not (units.table["source"] == GRID).any():
        squares = sources.people_grid
        found = _units.square_cells(squares, area, ground)
        layers.append(_layer(GRID, squares, people.columns_of(squares), found, units))
    if sources.people_raster:
        weights = _pixels.of_cells(sources.people_raster, ground, area.crs)
        layers.append(_Layer(RASTER, weights, {}))
    return layers


def _homes_layer(name: str, homes: Homes, units: Units, ground: Ground, area: StudyArea) -> _Layer:
    """Weights by points and polygons, each within its own unit, or its street where that has no cell."""
    columns = [*people.columns_of(homes.frame), *(c for c in _units.MEASURES if c in homes.frame)]
    if (units.table["source"] == GRID).any():  # a home is in the square its cell is in
        zones, own = np.zeros(len(ground.x), dtype=np.int64), np.zeros(len(homes.shapes), np.int64)
        found = _overlay.shared_among(homes.shapes, ground, zones, own)
        return _with_stairs(_layer(name, homes.frame, columns, found, units), homes.frame, found)
    own = homes.street
    if units.outlines is not None:
        inside = _overlay.owners_of(homes.points, units.outlines)
        unit = len(area.streets) + inside
        street = area.streets.index.get_indexer(units.table["street"])
        own = np.where((inside >= 0) & (street[np.maximum(unit, 0)] == own), unit, own)
    found = _overlay.shared_among(homes.shapes, ground, units.of_cell, own)
    left = np.flatnonzero(np.bincount(found.which, minlength=len(homes.shapes)) == 0)
    more = _overlay.shared_among(homes.shapes[left], ground, units.street, homes.street[left])
    more = more._replace(which=left[more.which])
    found = Shares(*(np.concatenate(parts) for parts in zip(found, more, strict=True)))
    return _with_stairs(_layer(name, homes.frame, columns, found, units), homes.frame, found)


def _layer(
    name: str, rows: pd.DataFrame, columns: Sequence[str], found: Shares, units: Units
) -> _Layer:
    """Weights by rows that cells share."""
    count, unit = len(units.table), units.of_cell[found.cell]
    every = np.bincount(unit, found.share, minlength=count)
    weights, told = {}, {}
    for column in columns:
        value = rows[column].to_numpy(dtype=float)[found.which]
        has = np.bincount(unit, found.share * ~np.isnan(value), minlength=count)
        told[column] = np.divide(has, every, out=np.zeros(count), where=every > 0)
        value = np.nan_to_num(value) * found.share
        weights[column] = np.bincount(found.cell, value, minlength=len(units.of_cell))
    return _Layer(name, weights, told, every)


def _everywhere(
    area: StudyArea, sources: Sources, units: Units, ground: Ground
) -> dict[str, np.ndarray]:
    """People of each cell by the raster, also on land nobody lives on, where the raster is the population."""
    is_told = area.counted == RASTER or units.known.isna().to_numpy().any()
    if not (is_told and sources.people_raster):
        return {}
    everywhere = dataclasses.replace(ground, is_lived=np.ones(len(ground.x), dtype=bool))
    return _pixels.of_cells(sources.people_raster, everywhere, area.crs)


def _with_stairs(layer: _Layer, rows: pd.DataFrame, found: Shares) -> _Layer:
    """A layer of residences with the stairs that each of them has."""
    stairs = _units.stairs_of(rows)
    if stairs is None:
        return layer
    added = {}
    for column, whole in layer.weights.items():
        value = np.nan_to_num(rows[column].to_numpy(dtype=float)[found.which]) * found.share
        each = (value * one[found.which] for one in stairs)
        added[column] = np.stack(
            [np.bincount(found.cell, one, minlength=len(whole)) for one in each]
        )
    return layer._replace(stairs=added)


def _known(units: Units, everywhere: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """People by unit; where nobody says them they are those of the raster."""
    known = units.known.copy()
    for group in people.columns_of(known):
        if group in everywhere:
            told = np.bincount(units.of_cell, everywhere[group], minlength=len(known))
            known[group] = known[group].where(known[group].notna(), told)
    return known.fillna(0.0)


def _weights(
    layers: Sequence[_Layer], units: Units, is_lived: np.ndarray, area: StudyArea
) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """
    The weight of each cell by group, by what each unit's people are placed, how many of its rows lack it, and stairs.
    """
    count, of_cell = len(units.table), units.of_cell
    has_land = np.bincount(of_cell, is_lived, minlength=count) > 0
    even = np.where(has_land[of_cell], is_lived, True).astype(float)
    source = units.table["source"].to_numpy()
    bases = [COMMUNITIES if s == COMMUNITIES else GRID if s == GRID else EVEN for s in source]
    basis = np.array([BASES.index(name) for name in bases])
    has_cells = (
        np.bincount(of_cell, minlength=count) > 0
    )  # a lone square has none, and is no less placed
    basis[has_cells & ~has_land] = BASES.index(EVEN)
    weights = dict.fromkeys(people.columns_of(units.known), even)
    first = people.headline_of(units.known, area.headline)
    is_open, lacking = has_land.copy(), np.zeros(count)
    stairs = np.zeros((3, len(of_cell)))
    for layer in layers:
        of_unit = {
            column: np.bincount(of_cell, weight, minlength=count)
            for column, weight in layer.weights.items()
        }
        is_told = np.any([total > 0 for total in of_unit.values()], axis=0) & is_open
        for group in weights:
            chain = [
                c for c in _units.chain(group, layer.weights, area.groups) if c in layer.weights
            ]
            # The first that every row of the unit tells, or else the one that most do.
            told = [np.where(of_unit[c] > 0, layer.told.get(c, 1.0), -1.0) for c in chain]
            best = np.argmax(told, axis=0)
            weights[group] = weights[group].copy()
            for place, column in enumerate(chain):
                here = (is_told & (best == place))[of_cell]
                weights[group][here] = layer.weights[column][here]
                if group == first and layer.stairs:
                    stairs[:, here] = layer.stairs[column][:, here]
            if group == first:
                lacking += np.where(is_told, layer.rows * (1.0 - np.max(told, axis=0)), 0.0)
        basis[is_told] = BASES.index(layer.name)
        is_open &= ~is_told
    if not stairs[2].any():
        return weights, basis, lacking, {}
    mean = np.divide(stairs, weights[first], out=np.zeros_like(stairs), where=weights[first] > 0)
    return weights, basis, lacking, dict(zip(STAIRS, mean, strict=True))


def _filled(
    cells: pd.DataFrame,
    units: Units,
    weights: Mapping[str, np.ndarray],
    basis: np.ndarray,
    is_lived: np.ndarray,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells with their people and by what they are placed, and the table of units."""
    count, of_cell, names = len(units.table), units.of_cell, np.array(BASES, dtype=object)
    table = units.table.assign(basis=names[basis])
    columns: dict[str, np.ndarray] = {}
    has_land = np.bincount(of_cell, is_lived, minlength=count) > 0
    is_told = np.bincount(of_cell, minlength=count) > 0
    for group, weight in weights.items():
        known = units.known[group].to_numpy()
        whole = np.bincount(of_cell, weight, minlength=count)
        each = np.divide(known, whole, out=np.zeros(count), where=whole > 0)
        persons = each[of_cell] * weight
        placed = np.bincount(of_cell, persons, minlength=count)
        np.add.at(persons, units.lone_cell, known[units.lone_unit])
        np.add.at(placed, units.lone_unit, known[units.lone_unit])
        columns[group] = persons
        table = table.assign(**{f"known_{group}": known, f"placed_{group}": placed})
        is_told |= (known > 0) | (placed > 0)
    code = np.where(is_lived | ~has_land[of_cell], basis[of_cell], BASES.index(UNINHABITED))
    by_what = pd.Categorical.from_codes(code.astype(np.int8), categories=pd.Index(BASES))
    demand = cells.assign(**columns, placed=by_what)
    demand.attrs = dict(cells.attrs)
    return demand, table[is_told].reset_index(drop=True)


def _total_notes(
    area: StudyArea,
    homes: Homes | None,
    population: pd.DataFrame,
    units: Units,
    totals: str,
) -> list[Text]:
    """How far residences, or whatever is the population, differ from the figures of the streets."""
    first = people.headline_of(population, area.headline)
    name = people.rows_of([first], area.groups)[0].name
    squares, is_square = area.sources.people_grid, (units.table["source"] == GRID).to_numpy()
    if totals == "grid" and squares is not None:
        told, file = units.known[first][is_square].sum(), _units.file_of(squares, GRID)
        there = units.table["street"][is_square].unique()
    elif homes is not None and first in homes.frame and homes.frame[first].sum() > 0:
        told, file = homes.frame[first].sum(), _units.file_of(area.sources.residences, RESIDENCES)
        there = area.streets.index[np.unique(homes.street)]
    else:
        return []
    streets = population[first].reindex(there).sum()
    if not streets > 0:
        return []
    off = 100 * (told / streets - 1)
    some = len(there) < len(area.streets)
    its, its_zh = ("the streets it is in", "所涉街道") if some else ("the streets", "街道")
    then, then_zh = ("", "") if area.year is None else (f" in {area.year}", f" {area.year} 年")
    says: Text = {
        "en": f"{file} counts {told:,.0f} people {name['en']}, {its} {streets:,.0f}{then} ({off:+.1f} %)",
        "zh": f"{file} 共计{name['zh']}人口 {told:,.0f} 人，{its_zh}{then_zh}数据为 {streets:,.0f} 人（{off:+.1f}%）",
    }
    if totals == "street":
        end: Text = {
            "en": "; it is scaled to each street's figure.",
            "zh": "；已按各街道人数换算。",
        }
    else:
        end = {"en": "; it is taken as the population.", "zh": "；以其为准。"}
    return [{lang: says[lang] + end[lang] for lang in says}]


def _row_notes(lacking: np.ndarray) -> list[Text]:
    """How many residences count for nothing because they do not tell what the others do."""
    few = round(float(lacking.sum()))
    if not few:
        return []
    return [
        {
            "en": f"{few:,} {'row does' if few == 1 else 'rows do'} not say what the others of their unit are weighed by; "
            "nobody is placed there.",
            "zh": f"{few:,} 行缺少所在单元采用的权重项；这些位置不安置人口。",
        }
    ]


def _empty_land_notes(
    area: StudyArea, layers: Sequence[_Layer], everywhere: Mapping[str, np.ndarray]
) -> list[Text]:
    """How many people of a raster that is the population are on land that nobody lives on."""
    weights = next((layer.weights for layer in layers if layer.name == RASTER), {})
    told = [group for group in everywhere if group in weights]
    if not told:
        return []
    first = people.headline_of(told, area.headline if area.headline in told else None)
    off = float(everywhere[first].sum() - weights[first].sum())
    if off < 0.5:
        return []
    name = people.rows_of([first], area.groups)[0].name
    return [
        {
            "en": f"The raster has {off:,.0f} people {name['en']} where nobody is said to live; they are counted in "
            "the rest of their street.",
            "zh": f"栅格中有 {off:,.0f} 名{name['zh']}人口位于无人居住区；已计入所在街道的其余部分。",
        }
    ]


def _fallback_notes(
    area: StudyArea, table: pd.DataFrame, sources: Sources, is_lived: np.ndarray, units: Units
) -> list[Text]:
    """Where people are spread evenly although there are sources, and where all land is said to be uninhabited."""
    has_people = (table.filter(like="known_") > 0).any(axis=1)
    notes: list[Text] = []
    has_land = np.bincount(units.of_cell, is_lived, minlength=len(units.table)) > 0
    count = np.bincount(units.of_cell, minlength=len(units.table))
    is_peopled = (units.known > 0).any(axis=1).to_numpy()
    bare = set(units.table["street"][~has_land & (count > 0) & is_peopled])
    if bare:
        en, zh = _named(area, bare)
        notes.append(
            {
                "en": f"All land of {en} is said to be uninhabited, but people live there: they are spread over all of it.",
                "zh": f"{zh} 的土地全部标为无人居住，但那里有人口：已在其全部范围内均匀分布。",
            }
        )
    if any(_is_there(sources, name) for name in SOURCES[1:]):
        left = set(table["street"][has_people & (table["basis"] == EVEN)]) - bare
        if left:
            en, zh = _named(area, left)
            notes.append(
                {
                    "en": f"Nothing says where in {en} people live: they are spread evenly there.",
                    "zh": f"没有资料说明{zh}的人口住在何处：在其中均匀分布。",
                }
            )
    return notes


def _named(area: StudyArea, codes: set[object]) -> tuple[str, str]:
    """Some streets by name, in each language."""
    rows = area.streets[area.streets.index.isin(codes)]
    zh = rows["name"].tolist()
    en = rows["name_en"].where(rows["name_en"].fillna("") != "", rows["name"]).tolist()
    more = len(zh) - _NAMED
    if more > 0:
        return (
            f"{', '.join(en[:_NAMED])} and {more} more streets",
            f"{'、'.join(zh[:_NAMED])}等{len(zh)}个街道",
        )
    return ", ".join(en), "、".join(zh)
