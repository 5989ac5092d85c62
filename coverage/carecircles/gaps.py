"""Uncovered cells as contiguous uncovered zones, ranked by the people in them."""

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import grid
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
    >>> zones[["people_60", "streets", "nearest"]].to_numpy().tolist()
    [[9625.0, ('S4', 'S1', 'S2', 'S3'), 'A2'], [400.0, ('S3',), 'A3'], [300.0, ('S1',), 'A1']]
    """
    groups, first = columns_of(cells), headline_of(cells, group)
    gaps = cells[~cells["covered"]]
    name, small = _named(gaps, first, smallest_m2=smallest_m2, split=split)

    table = gaps.groupby(name, observed=False)[["area_m2", *groups]].sum()
    table.insert(0, "area_km2", table.pop("area_m2") / 1e6)
    weight = gaps[first].where(gaps[first].groupby(name, observed=False).transform("sum") > 0, 1.0)
    table["streets"] = _by_weight(gaps["street"], weight, name)
    table["nearest"] = [next(iter(some), "") for some in _by_weight(gaps["nearest"], weight, name)]
    theirs = weight.where(
        gaps["nearest"].astype(object) == name.map(table["nearest"]).astype(object)
    )
    metres = (gaps["distance_m"] * theirs).groupby(name, observed=False).sum(min_count=1)
    table["distance_m"] = metres / theirs.groupby(name, observed=False).sum()
    table["farthest_m"] = gaps["distance_m"].groupby(name, observed=False).max()
    table["too_far_m"] = table["distance_m"] - cutoff
    table["parts"] = 1
    if small:
        table.loc[OTHER, "parts"] = small
    table.index = pd.Index(table.index.astype(str), name="zone", dtype=object)
    outlines = grid.outlines(gaps, name.cat.codes.to_numpy(), len(table))
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
    groups, first = columns_of(cells), headline_of(cells, group)
    gaps = cells[~cells["covered"]]
    zone, _ = _named(gaps, first, smallest_m2=smallest_m2, split=split)
    parts = gaps.groupby([zone.rename("zone"), "street"], observed=True)[["area_m2", *groups]].sum()
    parts = parts.reset_index().sort_values(
        ["zone", first, "area_m2"], ascending=[True, False, False], kind="stable"
    )
    parts.insert(2, "area_km2", parts.pop("area_m2") / 1e6)
    return parts.astype({"zone": str, "street": str}).set_index(["zone", "street"])


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
    gaps, first = cells[~cells["covered"]], headline_of(cells, group)
    return _named(gaps, first, smallest_m2=smallest_m2, split=split)[0].rename("zone")


def _named(
    gaps: pd.DataFrame, first: str, *, smallest_m2: float, split: str | None
) -> tuple[pd.Series, int]:
    """The name of each uncovered cell's zone, the largest first, and how many small ones are 'other'."""
    if not smallest_m2 >= 0:
        told = f"smallest zone is {smallest_m2:g} m2; write 0 or more."
        zh = f"最小片区为 {smallest_m2:g} 平方米；应不小于 0。"
        raise ValidationError([Sentence(told, zh=zh)])
    number = number_zones(gaps) if split is None else _number_within(gaps, gaps[split])
    zones = gaps.groupby(number)[["area_m2", first]].sum()
    is_small = zones["area_m2"] < smallest_m2
    large = zones[~is_small].sort_values([first, "area_m2"], ascending=False, kind="stable")
    rank = pd.Series([str(n + 1) for n in range(len(large))], index=large.index, dtype=object)
    name = pd.Series(number, index=gaps.index).map(rank).astype(object).fillna(OTHER)
    order = [*rank, *([OTHER] if is_small.any() else [])]
    return pd.Series(pd.Categorical(name, categories=order), index=gaps.index), int(is_small.sum())


def _number_within(gaps: pd.DataFrame, unit: pd.Series) -> np.ndarray:
    """The zone of each uncovered cell where zones end at the borders of units."""
    number = pd.Series(0, index=gaps.index)
    last = 0
    for _, some in gaps.groupby(unit, observed=True):
        corner = some[["row", "col"]].min()
        number[some.index] = last + number_zones(some.assign(**(some[["row", "col"]] - corner)))
        last = number.max()
    return number.to_numpy()


def number_zones(gaps: pd.DataFrame) -> np.ndarray:
    """
    The zone of each uncovered cell, numbered from the south-west.

    Examples
    --------
    Two cells side by side are one zone, a third apart is another.

    >>> number_zones(pd.DataFrame({"row": [0, 0, 2], "col": [0, 1, 0]})).tolist()
    [1, 1, 2]
    """
    is_gap = grid.raster(gaps, np.ones(len(gaps), dtype=bool), fill=False)
    row, col = np.nonzero(is_gap)
    is_first = np.ones(len(row), dtype=bool)  # of a run of cells side by side
    is_first[1:] = (np.diff(row) != 0) | (np.diff(col) != 1)
    run = np.zeros(is_gap.shape, dtype=np.intp)
    run[row, col] = np.cumsum(is_first) - 1
    is_touching = is_gap[:-1] & is_gap[1:]
    joined = _joined(int(is_first.sum()), run[:-1][is_touching], run[1:][is_touching])
    return joined[run[gaps["row"], gaps["col"]]]


def _joined(runs: int, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """
    The zone of each run of cells where `one` and `other` touch, counted from 1.

    `scipy.ndimage.label` says the same and takes longer to load than all of a map's zones to number.
    """
    zone = np.arange(runs)
    while len(one):
        lower = np.minimum(zone[one], zone[other])
        np.minimum.at(zone, zone[one], lower)
        np.minimum.at(zone, zone[other], lower)
        while (zone != zone[zone]).any():
            zone = zone[zone]
        is_apart = zone[one] != zone[other]
        one, other = one[is_apart], other[is_apart]
    return np.unique(zone, return_inverse=True)[1] + 1


def _by_weight(labels: pd.Series, weight: pd.Series, name: pd.Series) -> list[tuple[str, ...]]:
    """Each zone's labels, the one with the largest weight first."""
    found = labels.astype(object).fillna("")
    sums = weight.groupby([name, found], observed=True).sum()
    totals = sums.reset_index(name="weight").set_axis(["zone", "label", "weight"], axis=1)
    totals = totals[totals["label"] != ""]
    totals = totals.sort_values(["zone", "weight", "label"], ascending=[True, False, True])
    found = totals.groupby("zone", observed=True)["label"].agg(tuple)
    return [found.get(zone, ()) for zone in name.cat.categories]
