"""What says where inside units people live, the best first, and which of it each unit goes by."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from carecircles import people
from carecircles.area import Sources, StudyArea
from carecircles.weights import _overlay, _pixels, _units
from carecircles.weights._overlay import Ground, Shares
from carecircles.weights._units import Homes, Units
from carecircles.weights.values import BASES, COMMUNITIES, EVEN, GRID, RASTER, RESIDENCES, STAIRS


class Layer(NamedTuple):
    """
    A source of weights: by column the weight of each cell and what share of a unit's rows tell it; rows by unit.

    `stairs` are what `_units.stairs_of` says, added up by weight, by column.
    """

    name: str
    weights: dict[str, np.ndarray]
    told: dict[str, np.ndarray]
    rows: np.ndarray | float = 0.0
    stairs: dict[str, np.ndarray] | None = None


def layers_of(
    area: StudyArea, sources: Sources, homes: Homes | None, units: Units, ground: Ground
) -> list[Layer]:
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
        layers.append(Layer(RASTER, weights, {}))
    return layers


def _homes_layer(name: str, homes: Homes, units: Units, ground: Ground, area: StudyArea) -> Layer:
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
) -> Layer:
    """Weights by rows that cells share."""
    count, unit = len(units.table), units.of_cell[found.cell]
    every = np.bincount(unit, found.share, minlength=count)
    weights, told = {}, {}
    for column in columns:
        value = rows[column].to_numpy(dtype=float)[found.which]
        has = np.bincount(unit, found.share * ~np.isnan(value), minlength=count)
        # In whatever order rows are added up, those told alike are equal.
        told[column] = np.divide(has, every, out=np.zeros(count), where=every > 0).round(9)
        value = np.nan_to_num(value) * found.share
        weights[column] = np.bincount(found.cell, value, minlength=len(units.of_cell))
    return Layer(name, weights, told, every)


def _with_stairs(layer: Layer, rows: pd.DataFrame, found: Shares) -> Layer:
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


def everywhere_of(
    area: StudyArea, sources: Sources, units: Units, ground: Ground
) -> dict[str, np.ndarray]:
    """People of each cell by the raster, also on land nobody lives on, where the raster is the population."""
    is_told = area.counted == RASTER or units.known.isna().to_numpy().any()
    if not (is_told and sources.people_raster):
        return {}
    everywhere = dataclasses.replace(
        ground, is_lived=np.ones(len(ground.x), dtype=bool), empty=None
    )
    return _pixels.of_cells(sources.people_raster, everywhere, area.crs)


def chosen(
    layers: Sequence[Layer], units: Units, is_lived: np.ndarray, area: StudyArea
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
            chain, told, best = most_telling(group, of_unit, layer.told, area)
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


def most_telling(
    group: str, of_unit: Mapping[str, np.ndarray], told: Mapping[str, np.ndarray], area: StudyArea
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """
    The columns that say where a group lives, how far each tells it in each unit, and the one each unit goes by.

    That is the first that every row of the unit tells, or else the one that most do.
    """
    chain = [c for c in _units.chain(group, of_unit, area.groups) if c in of_unit]
    known = np.stack([np.where(of_unit[c] > 0, told.get(c, 1.0), -1.0) for c in chain])
    return chain, known, np.argmax(known, axis=0)
