"""Uncovered cells as contiguous uncovered zones, ranked by the people in them."""

import itertools
from typing import Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import _patches, grid
from carecircles.errors import ValidationError
from carecircles.people import columns_of, headline_of
from carecircles.words import Sentence

OTHER = "other"


def uncovered_zones(
    cells: pd.DataFrame,
    *,
    cutoff: float,
    smallest_m2: float = 10_000.0,
    split: Literal["street"] | None = None,
    group: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Contiguous uncovered zones with the people in them and how far they are from a centre.

    Cells belong to one zone when they share a side. Zones smaller than `smallest_m2` are put
    together as one last row, so that people and area add up to all that is uncovered.

    Parameters
    ----------
    cells
        From `evaluation.evaluate`, with `attrs["crs"]`.
    cutoff
        The cutoff of the evaluation in metres.
    smallest_m2
        Area in square metres below which a zone goes to 'other'.
    split
        'street' to cut zones at the borders of streets; None for zones as they are.
    group
        Column of the people whom zones are ranked by and distances are of; that of
        `people.headline` (60+) if None.

    Returns
    -------
    zones
        Indexed by `zone` ('1' has the most people of the group, the last may be 'other'):
        area_km2, people by group, streets (codes, most people first),
        nearest (the centre nearest to most of its people), distance_m (mean distance to it of
        the people for whom it is the nearest), farthest_m (of any cell to its nearest centre), too_far_m (distance_m - cutoff), parts
        (number of zones in the row), geometry (union of the cells). Empty if all is covered.

    Raises
    ------
    ValidationError
        If `smallest_m2` is negative or not a number.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> zones = gaps.uncovered_zones(asis.cells, cutoff=500)
    >>> zones[["people_60", "streets", "nearest"]].round(3).to_numpy().tolist()
    [[9625.0, ('S4', 'S1', 'S2', 'S3'), 'A2'], [400.0, ('S3',), 'A3'], [300.0, ('S1',), 'A1']]
    """
    zones = _zones(cells, smallest_m2=smallest_m2, split=split, group=group)
    count, of = len(zones.names), zones.of
    table = _sums(cells, zones.cell, of, count)
    table.index = pd.Index(zones.names, name="zone", dtype=object)
    living = cells[headline_of(cells, group)].to_numpy()[zones.cell]
    weight = np.where(np.bincount(of, living, minlength=count)[of] > 0, living, 1.0)
    street, nearest = cells["street"].cat, cells["nearest"].cat
    table["streets"] = _by_weight(
        street.codes.to_numpy()[zones.cell], street.categories, weight, zones
    )
    code = nearest.codes.to_numpy()[zones.cell]
    near = _by_weight(code, nearest.categories, weight, zones)
    table["nearest"] = first = [next(iter(some), "") for some in near]
    is_theirs = (code >= 0) & (code == nearest.categories.get_indexer(pd.Index(first))[of])
    metres = cells["distance_m"].to_numpy()[zones.cell]
    for_whom = np.bincount(of[is_theirs], weight[is_theirs], minlength=count)
    whole = np.bincount(of[is_theirs], (weight * metres)[is_theirs], minlength=count)
    table["distance_m"] = np.divide(whole, for_whom, out=np.full(count, np.nan), where=for_whom > 0)
    farthest = pd.Series(metres).groupby(of).max().reindex(range(count))
    table["farthest_m"] = farthest.to_numpy()
    table["too_far_m"] = table["distance_m"] - cutoff
    table["parts"] = 1
    if zones.small:
        table.loc[OTHER, "parts"] = zones.small
    outlines = (
        grid.outlines_of(zones.patch, zones.rank, count, within=grid.lattice_of(cells))
        if count
        else []
    )
    return gpd.GeoDataFrame(table, geometry=outlines, crs=cells.attrs["crs"])


def by_street(
    cells: pd.DataFrame,
    *,
    smallest_m2: float = 10_000.0,
    split: Literal["street"] | None = None,
    group: str | None = None,
) -> pd.DataFrame:
    """
    What of each uncovered zone lies in which street.

    Parameters
    ----------
    cells, smallest_m2, split, group
        As in `uncovered_zones`.

    Returns
    -------
    parts
        Indexed by `zone` and `street` (its code), zones in their order and in each the street with
        most people of the group first: area_km2, people by group. The rows of a zone add up to the zone.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> gaps.by_street(asis.cells)["people_60"].round().loc["1"].to_dict()
    {'S4': 3000.0, 'S1': 2700.0, 'S2': 2625.0, 'S3': 1300.0}
    """
    zones = _zones(cells, smallest_m2=smallest_m2, split=split, group=group)
    streets = cells["street"].cat
    code = streets.codes.to_numpy()[zones.cell]
    pair, of, street = _pairs(zones.of, code, len(streets.categories))
    parts = _sums(cells, zones.cell, pair, len(of))
    # Of equal ones those with more land come first, then in the order of the streets.
    most = (street, -parts["area_km2"], -parts[headline_of(cells, group)], of)
    order = np.lexsort(most)
    names = pd.Index(zones.names, dtype=object)[of], streets.categories.astype(str)[street]
    parts.index = pd.MultiIndex.from_arrays(names, names=["zone", "street"])
    return parts.iloc[order]


def zone_of(
    cells: pd.DataFrame,
    *,
    smallest_m2: float = 10_000.0,
    split: Literal["street"] | None = None,
    group: str | None = None,
) -> pd.Series:
    """
    In which uncovered zone each uncovered cell lies.

    Parameters
    ----------
    cells, smallest_m2, split, group
        As in `uncovered_zones`.

    Returns
    -------
    zone
        Names of zones in their order (categorical), on the index of the uncovered cells.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> gaps.zone_of(asis.cells).value_counts().to_dict()
    {'1': 108, '2': 4, '3': 2}
    """
    zones = _zones(cells, smallest_m2=smallest_m2, split=split, group=group)
    names = pd.Categorical.from_codes(zones.of, categories=pd.Index(zones.names, dtype=object))
    return pd.Series(names, index=cells.index[zones.cell], name="zone")


class _Zones(NamedTuple):
    """
    Uncovered cells by zone.

    The names of zones in their order, how many small ones the last is, uncovered cells and the zone of each; the
    raster of patches that hang together, and the zone of each.
    """

    names: list[str]
    small: int
    cell: np.ndarray
    of: np.ndarray
    patch: np.ndarray
    rank: np.ndarray


def _zones(
    cells: pd.DataFrame, *, smallest_m2: float, split: str | None, group: str | None
) -> _Zones:
    """The uncovered zones, the largest first."""
    if not smallest_m2 >= 0:
        told = f"smallest zone is {smallest_m2:g} m2; write 0 or more."
        zh = f"最小片区为 {smallest_m2:g} 平方米；应不小于 0。"
        raise ValidationError([Sentence(told, zh=zh)])
    cell = np.flatnonzero(~cells["covered"].to_numpy(dtype=bool))
    part = cells[split].cat.codes.to_numpy()[cell] if split else np.zeros(len(cell), np.int8)
    row, col = (cells[axis].to_numpy()[cell] for axis in ("row", "col"))
    shape = [cells[axis].max() + 1 if len(cells) else 0 for axis in ("row", "col")]
    laid = np.full(shape, -1, dtype=part.dtype)
    laid[row, col] = part
    patch = _patches.numbered(laid)
    number = patch[row, col] - 1
    living = cells[headline_of(cells, group)].to_numpy()
    area, people = (np.bincount(number, of[cell]) for of in (cells["area_m2"].to_numpy(), living))
    part_of = np.zeros(len(area), dtype=part.dtype)
    part_of[number] = part
    large = np.flatnonzero(area >= smallest_m2)
    large = large[np.lexsort((part_of[large], -area[large], -people[large]))]
    small = len(area) - len(large)
    rank = np.full(len(area), len(large))
    rank[large] = np.arange(len(large))
    names = [str(n + 1) for n in range(len(large))] + [OTHER] * (small > 0)
    return _Zones(names, small, cell, rank[number], patch, rank)


def number_zones(gaps: pd.DataFrame) -> np.ndarray:
    """
    The zone of each uncovered cell, numbered from the south-west.

    Examples
    --------
    Two cells side by side are one zone, a third apart is another.

    >>> number_zones(pd.DataFrame({"row": [0, 0, 2], "col": [0, 1, 0]})).tolist()
    [1, 1, 2]
    """
    laid = grid.raster(gaps, np.zeros(len(gaps), dtype=np.int8), fill=-1)
    found: np.ndarray = _patches.numbered(laid)[gaps["row"], gaps["col"]]
    return found


def _sums(cells: pd.DataFrame, cell: np.ndarray, of: np.ndarray, count: int) -> pd.DataFrame:
    """Area and people of some cells, summed up by what each is of."""
    columns = ("area_m2", *columns_of(cells))
    sums = {c: np.bincount(of, cells[c].to_numpy()[cell], minlength=count) for c in columns}
    table = pd.DataFrame(sums)
    table.insert(0, "area_km2", table.pop("area_m2") / 1e6)
    return table


def _pairs(one: np.ndarray, other: np.ndarray, others: int) -> tuple[np.ndarray, ...]:
    """Which pair of codes each cell has, and both codes of each pair."""
    pair, found = pd.factorize(one * others + other)
    return pair, *np.divmod(found, others)


def _by_weight(
    code: np.ndarray, labels: pd.Index, weight: np.ndarray, zones: _Zones
) -> list[tuple[str, ...]]:
    """Each zone's labels, the one with the largest weight first."""
    is_told = code >= 0
    pair, of, label = _pairs(zones.of[is_told], code[is_told], max(1, len(labels)))
    sums = np.bincount(pair, weight[is_told], minlength=len(of))
    frame = pd.DataFrame({"zone": of, "label": labels[label].astype(object), "weight": sums})
    frame = frame.sort_values(["zone", "weight", "label"], ascending=[True, False, True])
    edges = np.searchsorted(frame["zone"], np.arange(len(zones.names) + 1))
    return [tuple(frame["label"].iloc[a:b]) for a, b in itertools.pairwise(edges)]
