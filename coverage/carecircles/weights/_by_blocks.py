"""Where in a street its people live, of an area that is never there in one piece: by rasters, and not on empty land."""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyproj

from carecircles import grid, people
from carecircles.area import Sources, StudyArea, years_around
from carecircles.grid.problems import refuse_lost_people
from carecircles.weights import _pixels
from carecircles.weights._layers import most_telling
from carecircles.weights._notes import bare_note, empty_land_note, spread_note
from carecircles.weights._overlay import ground_on
from carecircles.weights.place import in_first_year, is_by_year, with_raster_of
from carecircles.weights.values import BASES, EVEN, RASTER
from carecircles.words import Text

_CELLS, _LIVED = "cells", "lived"  # all of them, those on land that is not empty
_ANYWHERE = " anywhere"  # behind a weight: on land that is empty, too


class Living(NamedTuple):
    """
    By group the people of each street, as many for each of the weights of a cell: a row a weight, a column a street.

    The first of `weights` is that of every cell alike. `basis` is by what the people of each street of `labels` are
    placed, the number of one of `BASES`, `has_land` whether anybody can live there.
    """

    labels: pd.Index
    weights: tuple[str, ...]
    people: dict[str, np.ndarray]
    basis: np.ndarray
    has_land: np.ndarray

    def in_each_cell(self) -> dict[str, np.ndarray]:
        """By group, the people whom every cell of a street has alike."""
        return {group: own[0] for group, own in self.people.items()}

    def of(self, streets: pd.Index) -> "Living":
        """Those of some streets."""
        at = self.labels.get_indexer(streets)
        each = {group: own[:, at] for group, own in self.people.items()}
        return Living(streets, self.weights, each, self.basis[at], self.has_land[at])


def nobody(area: StudyArea) -> Living:
    """Nobody in any street, by the groups that the cells of an area have."""
    groups = [*people.columns_of(area.population), *own_groups(area)]
    zero = np.zeros((1, len(area.streets)))
    return Living(
        area.streets.index,
        (_CELLS,),
        dict.fromkeys(groups, zero),
        np.full(len(area.streets), BASES.index(EVEN)),
        np.ones(len(area.streets), dtype=bool),
    )


def own_groups(area: StudyArea) -> list[str]:
    """Groups that rasters count and the population does not."""
    known = people.columns_of(area.population)
    return [g for g in dict.fromkeys(b.group for b in area.sources.people_raster) if g not in known]


def _is_counted(area: StudyArea) -> bool:
    """Whether rasters say how many people there are, of some group at least."""
    return area.counted == RASTER or bool(own_groups(area))


def is_spread_evenly(area: StudyArea) -> bool:
    """Whether every cell of a street has as many people as any other, without looking at them."""
    return not area.sources.people_raster and area.sources.uninhabited is None


def in_its_years(area: StudyArea) -> StudyArea:
    """A study area with those rasters alone by which people of its year are placed."""
    if not is_by_year(area):
        return area
    years = years_around(area)
    bands = tuple(band for band in area.sources.people_raster if band.year in years)
    return dataclasses.replace(area, sources=dataclasses.replace(area.sources, people_raster=bands))


def on_block(
    sources: Sources, street: np.ndarray, within: grid.Grid, crs: pyproj.CRS
) -> dict[str, np.ndarray]:
    """
    The weights of the cells of a block, as of the area in one piece: by band and year, and whether land is not empty.

    `street` is that of each place, -1 where there is no cell.
    """
    bands, empty = sources.people_raster, sources.uninhabited
    is_cell = street >= 0
    row, col = np.nonzero(is_cell)
    if not len(row) or not (bands or empty is not None):
        return {}
    across, up = grid.centres(within)
    position = np.full(street.shape, -1, dtype=np.int32)
    position[is_cell] = np.arange(len(row), dtype=np.int32)
    shapes = None if empty is None else empty.geometry.to_numpy()
    ground = ground_on(within, across[col], up[row], position, shapes)
    found = {} if empty is None else {_LIVED: ground.is_lived.astype(float)}
    for year in dict.fromkeys(band.year for band in bands):
        own = [band for band in bands if band.year == year]
        found |= {_key(g, year): w for g, w in _pixels.of_cells(own, ground, crs).items()}
    return found


def _key(group: str, year: int | None) -> str:
    return f"{group} {year}"


def sums_of_block(area: StudyArea, within: grid.Grid) -> pd.DataFrame:
    """
    By street of a block its cells, and the sums of their weights.

    Where rasters say how many people there are, with those on land that nobody lives on, too.
    """
    streets, sources = area.streets, area.sources
    if is_spread_evenly(area):
        count = grid.count_of_street(streets, within=within)
        return pd.DataFrame({_CELLS: count}, index=streets.index)
    street = grid.owners(streets.geometry.to_numpy(), *grid.centres(within))
    of = street[street >= 0]
    weights = on_block(sources, street, within, area.crs)
    if sources.uninhabited is not None and _is_counted(area):
        every = on_block(dataclasses.replace(sources, uninhabited=None), street, within, area.crs)
        weights |= {key + _ANYWHERE: weight for key, weight in every.items()}
    sums = {_CELLS: np.bincount(of, minlength=len(streets))}
    sums |= {c: np.bincount(of, weight, minlength=len(streets)) for c, weight in weights.items()}
    return pd.DataFrame(sums, index=streets.index)


def living_in(area: StudyArea, sums: pd.DataFrame, *, cell: float) -> tuple[Living, list[Text]]:
    """Who lives where, of the sums of all blocks, one after the other, and what was taken for granted."""
    if not is_by_year(area):
        first = in_first_year(area)
        living, notes = _in_own_year(first, sums, cell=cell)
        if first.year != area.year:
            living = _grown(living, sums, first, area, cell)
        return living, notes
    years = years_around(area)
    of_years = (_in_own_year(with_raster_of(area, year), sums, cell=cell) for year in years)
    (was, notes), *later = of_years
    if not later:
        return was, notes
    then, _ = later[0]
    share = (int(area.year or years[0]) - years[0]) / (years[1] - years[0])
    weights = tuple(dict.fromkeys([*was.weights, *then.weights]))
    one, other = _over(was, weights), _over(then, weights)
    mixed = {g: (1 - share) * one[g] + share * other[g] for g in one}
    return was._replace(weights=weights, people=mixed), notes


def _over(living: Living, weights: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The people of a street by more weights."""
    found = {}
    for group, own in living.people.items():
        found[group] = np.zeros((len(weights), own.shape[1]))
        found[group][[weights.index(name) for name in living.weights]] = own
    return found


def _in_own_year(area: StudyArea, sums: pd.DataFrame, *, cell: float) -> tuple[Living, list[Text]]:
    """Who lives where in the year that rasters are of."""
    count = sums[_CELLS].to_numpy()
    each = grid.evenly(area.streets, area.population, count.astype(np.int64), cell=cell)
    lived = sums[_LIVED].to_numpy() if _LIVED in sums else count
    has_land = lived > 0
    bands = dict.fromkeys((band.group, band.year) for band in area.sources.people_raster)
    keys = {group: _key(group, year) for group, year in bands}
    of_street = {group: sums[key].to_numpy() for group, key in keys.items()}
    is_empty = _LIVED in sums
    weights = (_CELLS, *([_LIVED] if is_empty else []), *keys.values())
    anywhere = {
        group: sums.get(key + _ANYWHERE, sums[key]).to_numpy() for group, key in keys.items()
    }
    population = area.population.loc[each.index]
    known = {str(g): population[g].to_numpy(dtype=float) for g in each}
    known |= {group: anywhere[group] for group in own_groups(area)}
    told = [total > 0 for total in of_street.values()]
    is_told = np.any(told, axis=0) & has_land if told else np.zeros(len(count), dtype=bool)
    every = {group: np.ones(len(count)) for group in of_street}
    streets = np.arange(len(count))
    living = {}
    for group, persons in known.items():
        at, whole = np.where(has_land & is_empty, 1, 0), np.where(has_land, lived, count)
        if of_street:
            chain, _, best = most_telling(group, of_street, every, area)
            by_raster = np.stack([of_street[c] for c in chain])[best, streets]
            of = np.array([weights.index(keys[c]) for c in chain])[best]
            at, whole = np.where(is_told, of, at), np.where(is_told, by_raster, whole)
        own = np.zeros((len(weights), len(count)))
        own[at, streets] = np.divide(persons, whole, out=np.zeros(len(count)), where=whole > 0)
        living[group] = own
    basis = np.where(is_told, BASES.index(RASTER), BASES.index(EVEN))
    has_people = np.any([persons > 0 for persons in known.values()], axis=0)
    is_bare = ~has_land & (count > 0) & has_people
    is_even = ~is_told & (count > 0) & has_people & ~is_bare
    notes = [
        *empty_land_note(area, {g: anywhere[g].sum() - of_street[g].sum() for g in anywhere}),
        *([bare_note(area, {*each.index[is_bare]})] if is_bare.any() else []),
        *([spread_note(area, {*each.index[is_even]})] if of_street and is_even.any() else []),
    ]
    return Living(each.index, weights, living, basis, has_land), notes


def _grown(
    living: Living, sums: pd.DataFrame, before: StudyArea, after: StudyArea, cell: float
) -> Living:
    """The people of another year, who live in each street where those of the first do (`grid.repeopled`)."""
    labels, was, then = living.labels, before.population, after.population
    count = sums[_CELLS].to_numpy()
    refuse_lost_people(then[people.columns_of(then)].loc[labels], count, after.streets, cell)
    groups = [group for group in living.people if group in was and group in then]
    together = np.sum([living.people[group] for group in groups], axis=0)
    whole = was.loc[labels, groups].to_numpy(dtype=float).sum(axis=1)
    alike = np.zeros_like(together)
    lived = sums[_LIVED].to_numpy() if _LIVED in sums else np.zeros(len(labels))
    at, count = np.where(lived > 0, 1, 0), np.where(lived > 0, lived, count)
    alike[at, np.arange(len(labels))] = 1 / np.maximum(count, 1)
    share = np.divide(together, whole, out=alike, where=whole > 0)
    people_then = dict(living.people)
    for group in groups:
        old, new = (frame.loc[labels, group].to_numpy(dtype=float) for frame in (was, then))
        factor = np.divide(new, old, out=np.ones(len(labels)), where=old > 0)
        added = np.where(old > 0, 0.0, new)
        people_then[group] = living.people[group] * factor + added * share
    return living._replace(people=people_then)


def people_on(
    living: Living, weights: Mapping[str, np.ndarray], street: np.ndarray
) -> dict[str, np.ndarray]:
    """The people of each cell of a block by group; `street` is that of each cell, `weights` are its own."""
    found = {}
    for group, each in living.people.items():
        found[group] = each[0][street]
        for number, name in enumerate(living.weights[1:], start=1):
            if each[number].any():
                found[group] = found[group] + each[number][street] * weights[name]
    return found


def is_empty_land(
    living: Living, weights: Mapping[str, np.ndarray], street: np.ndarray
) -> np.ndarray:
    """Whether nobody lives in each cell of a block, of a street that has other land."""
    if _LIVED not in weights:
        return np.zeros(len(street), dtype=bool)
    return np.asarray((weights[_LIVED] == 0) & living.has_land[street])


def basis_of(living: Living) -> pd.Series:
    """By what the people of each street are placed."""
    return pd.Series(np.array(BASES, dtype=object)[living.basis], index=living.labels)


def has_empty_land(sums: pd.DataFrame) -> bool:
    """Whether nobody lives in some cells of a street that has others."""
    return _LIVED in sums and bool(((sums[_LIVED] > 0) & (sums[_LIVED] < sums[_CELLS])).any())
