"""Where in a street its people live by rasters, of an area that is never there in one piece."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from carecircles import grid, people
from carecircles.area import Band, StudyArea
from carecircles.weights import _pixels
from carecircles.weights._layers import most_telling
from carecircles.weights._overlay import Ground
from carecircles.weights.values import EVEN, RASTER


class Living(NamedTuple):
    """
    People by group, of every street as many in `each` cell, or as many for each of the weight of a raster's cell.

    `column` is whose weights those are: the number of one of `columns`, -1 where people are spread evenly.
    """

    each: pd.DataFrame
    column: pd.DataFrame
    columns: tuple[str, ...] = ()

    def of(self, streets: pd.Index) -> "Living":
        """Those of some streets."""
        return self._replace(each=self.each.loc[streets], column=self.column.loc[streets])


def on_block(
    bands: Sequence[Band], street: np.ndarray, within: grid.Grid, crs: pyproj.CRS
) -> dict[str, np.ndarray]:
    """
    The weights of the cells of a block by group of the bands, as of the area in one piece.

    `street` is that of each place, -1 where there is no cell.
    """
    if not bands:
        return {}
    is_cell = street >= 0
    row, col = np.nonzero(is_cell)
    if not len(row):
        return {}
    across, up = grid.centres(within)
    position = np.full(street.shape, -1, dtype=np.int32)
    position[is_cell] = np.arange(len(row), dtype=np.int32)
    ground = Ground(within, across[col], up[row], position, np.ones(len(row), dtype=bool))
    return _pixels.of_cells(bands, ground, crs)


def sums_of_block(
    streets: gpd.GeoDataFrame, bands: Sequence[Band], within: grid.Grid
) -> pd.DataFrame:
    """By street of a block its cells, and the sums of the weights of each group of the bands."""
    if not bands:
        count = grid.count_of_street(streets, within=within)
        return pd.DataFrame({"cells": count}, index=streets.index)
    street = grid.owners(streets.geometry.to_numpy(), *grid.centres(within))
    of = street[street >= 0]
    weights = on_block(bands, street, within, streets.crs)
    sums = {"cells": np.bincount(of, minlength=len(streets))}
    sums |= {c: np.bincount(of, weight, minlength=len(streets)) for c, weight in weights.items()}
    return pd.DataFrame(sums, index=streets.index)


def living_in(area: StudyArea, sums: pd.DataFrame, *, cell: float) -> Living:
    """Who lives where, of the sums of all blocks, one after the other."""
    count = sums["cells"].to_numpy()
    each = grid.evenly(area.streets, area.population, count.astype(np.int64), cell=cell)
    column = pd.DataFrame(-1, index=each.index, columns=each.columns)
    of_street = {str(c): sums[c].to_numpy() for c in sums if c != "cells"}
    if not of_street:
        return Living(each, column)
    is_told = np.any([total > 0 for total in of_street.values()], axis=0)
    names = tuple(of_street)
    every = {c: np.ones(len(sums)) for c in of_street}
    for group in people.columns_of(each):
        chain, _, best = most_telling(group, of_street, every, area)
        of = np.array([names.index(c) for c in chain])[best]
        whole = np.stack([of_street[c] for c in names])[of, np.arange(len(sums))]
        known = area.population.loc[each.index, group].to_numpy(dtype=float)
        share = np.divide(known, whole, out=np.zeros(len(sums)), where=whole > 0)
        each[group] = np.where(is_told, share, each[group])
        column[group] = np.where(is_told, of, -1)
    return Living(each, column, names)


def people_on(
    living: Living, weights: Mapping[str, np.ndarray], street: np.ndarray
) -> dict[str, np.ndarray]:
    """The people of each cell of a block by group; `street` is that of each cell, `weights` are its own."""
    found = {}
    for group in people.columns_of(living.each):
        weight = np.ones(len(street))
        of = living.column[group].to_numpy()[street]
        for number, name in enumerate(living.columns):
            if name in weights:
                is_its = of == number
                weight[is_its] = weights[name][is_its]
        found[group] = living.each[group].to_numpy()[street] * weight
    return found


def basis_of(living: Living) -> pd.Series:
    """By what the people of each street are placed."""
    is_even = (living.column == -1).all(axis=1)
    return pd.Series(np.where(is_even, EVEN, RASTER), index=living.each.index)
