"""The people of a study area in its cells, in the year that its sources are of."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import grid, people
from carecircles.area import Sources, StudyArea
from carecircles.weights import _overlay, _units
from carecircles.weights._layers import chosen, everywhere_of, layers_of
from carecircles.weights._notes import empty_land_notes, fallback_notes, row_notes, total_notes
from carecircles.weights._units import Units
from carecircles.weights.values import (
    BASES,
    EVEN,
    GRID,
    RESIDENCES,
    SOURCES,
    STREETS,
    UNINHABITED,
    Placed,
    is_there,
)


def placed_in_own_year(area: StudyArea, *, cell: float, source: str | None, totals: str) -> Placed:
    """`place` of the year that sources are of."""
    sources = _only(area.sources, source)
    totals, is_own = _own_totals(area, sources, totals)
    population = _population(area, sources, totals)
    cells = grid.make_demand(area.streets, population, cell=cell)
    if not any(is_there(sources, name) for name in (*SOURCES[1:], UNINHABITED)):
        return _as_spread(cells, area)
    ground = _overlay.ground_of(cells, _shapes(sources.uninhabited))
    homes = _units.homes_of(sources.residences, area, sources.uninhabited)
    _units.refuse_uncounted(area, homes, sources.people_grid, totals)
    units = _units.units_of(area, population, sources, homes, cells, ground, totals)
    if homes is not None and totals == "residences":
        counts = _units.counted_by(homes.frame, homes.street, population, area.groups)
        homes = homes._replace(frame=homes.frame.assign(**counts))
    layers = layers_of(area, sources, homes, units, ground)
    everywhere = everywhere_of(area, sources, units, ground)
    units = units._replace(known=_known(cells, units, everywhere))
    weights, basis, lacking, stairs = chosen(layers, units, ground.is_lived, area)
    demand, table = _filled(cells.assign(**stairs), units, weights, basis, ground.is_lived)
    notes = [
        *([] if is_own else total_notes(area, homes, population, units, totals)),
        *row_notes(lacking),
        *empty_land_notes(area, layers, everywhere),
        *fallback_notes(area, table, sources, ground.is_lived, units),
    ]
    return Placed(demand, table, tuple(notes))


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
    if area.counted == GRID and totals == "street" and is_there(sources, GRID):
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


def _shapes(frame: gpd.GeoDataFrame | None) -> np.ndarray | None:
    return None if frame is None else frame.geometry.to_numpy()


def _known(cells: pd.DataFrame, units: Units, everywhere: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """People by unit; where nobody says them they are those of the raster."""
    known = units.known.copy()
    for group in people.columns_of(known):
        if group in everywhere:
            told = grid.added_in_blocks(cells, units.of_cell, everywhere[group], len(known))
            known[group] = known[group].where(known[group].notna(), told)
    return known.fillna(0.0)


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
        whole = grid.added_in_blocks(cells, of_cell, weight, count)
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
