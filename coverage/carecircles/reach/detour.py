"""Ways without a network: straight lines round barriers, or so many times as long as they are."""

from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles._limits import farthest, rounded
from carecircles.errors import ValidationError
from carecircles.reach._pairs import demand_xy, facility_xy, table_of
from carecircles.reach.straight import straight_line
from carecircles.reach.values import CostTable, pairs_in
from carecircles.words import Sentence, at

MOST_TIMES = 10.0  # as long as a straight line
BOTH_WAYS = Sentence(
    "there are barriers and a factor: a factor of a place has its barriers in it, so that they would "
    "count twice; give one of the two.",
    zh="同时给出了障碍和系数：系数已包含当地的障碍，会重复计算；请只给其中之一。",
)
NEITHER_WAY = Sentence(
    "there are neither barriers nor a factor; give barriers with their crossings, or a factor such as 1.45 "
    "with its source.",
    zh="既没有障碍，也没有系数；请给出障碍及其过街处，或 1.45 这样的系数并注明来源。",
)


def detour(
    demand: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    cutoff: float,
    barriers: gpd.GeoSeries | None = None,
    crossings: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    factor: float | None = None,
    source: str | None = None,
    only_nearest: bool = False,
) -> CostTable:
    """
    Metres of every (cell, centre) pair where there is no network: round barriers, or by a factor.

    With `barriers`, a straight line that crosses none counts as it is; where it crosses one, the shortest
    way by straight lines over one or more crossings counts, and without one there is no pair. With
    `factor`, the straight line so many times. Never both: a factor of a place has its barriers in it.
    `functools.partial(reach.detour, barriers=..., crossings=...)` is a reach.

    Parameters
    ----------
    demand, facilities
        As for `straight_line`.
    cutoff
        Longest way in metres; the limit itself is within reach.
    barriers
        Lines and polygons that nobody crosses: rivers, railways, expressways. Nobody goes round their
        ends either, as these are taken to lie beyond the map: leave out ponds. Who stands in a polygon is
        let out.
    crossings
        Where barriers can be crossed. A point opens the barrier it lies in, or else the nearest within
        50 m, straight across and as far as barriers follow each other within 25 m; farther from any it
        is a corner to turn at. A line leads from its one end to its other.
    factor
        How many times as long as a straight line ways are, from 1 to 10.
    source
        Where the factor comes from, such as a survey of walks there; it stands with every result.
    only_nearest
        Leave out all pairs of a cell but that of its nearest centre.

    Returns
    -------
    cost
        As of `straight_line`.

    Raises
    ------
    ValidationError
        As `straight_line`; if both or neither of barriers and factor are given, or if these are
        not as they should be.

    Examples
    --------
    A river of which the one bridge is 40 m downstream: 50 m there and 50 m back.

    >>> import shapely
    >>> demand = pd.DataFrame({"x": [0.0], "y": [-30.0]}, index=["p"])
    >>> centre = gpd.GeoDataFrame(index=["a"], geometry=gpd.points_from_xy([0], [30]), crs=4548)
    >>> river = gpd.GeoSeries([shapely.LineString([(-500, 0), (500, 0)])], crs=4548)
    >>> bridge = gpd.GeoSeries(gpd.points_from_xy([40], [0]), crs=4548)
    >>> detour(demand, centre, cutoff=700, barriers=river, crossings=bridge).table.to_dict()
    {('p', 'a'): 100.0}
    >>> detour(demand, centre, cutoff=700, factor=1.5, source="a survey").table.to_dict()
    {('p', 'a'): 90.0}
    """
    del source  # is read by `in_words`
    _require_one_way(barriers, crossings, factor)
    if factor is not None:
        most = farthest(cutoff, "m") / factor
        near = straight_line(demand, facilities, cutoff=most, only_nearest=only_nearest).table
        return CostTable(_told(near * factor, cutoff), cutoff)
    from carecircles.reach import _barriers  # which loads what straight lines do without

    walls = cast("gpd.GeoSeries", barriers)
    _require_one_crs(facilities, barriers=walls, crossings=crossings)
    passages = _barriers.passages_of(walls, None if crossings is None else crossings.geometry)
    homes = np.column_stack(demand_xy(demand))
    centres = np.column_stack(facility_xy(demand, facilities))
    most = farthest(cutoff, "m")
    if only_nearest:
        found = _barriers.nearest_round(passages, homes, centres, cutoff=most)
    else:
        straight = straight_line(demand, facilities, cutoff=most).table
        cell, facility = (np.asarray(codes, dtype=np.int64) for codes in pairs_in(straight).codes)
        pairs = cell, facility, straight.to_numpy()
        found = _barriers.ways_round(passages, homes, centres, pairs, cutoff=most)
    return CostTable(_told(table_of(demand, facilities, *found), cutoff), cutoff)


def _require_one_way(
    barriers: gpd.GeoSeries | None,
    crossings: gpd.GeoSeries | gpd.GeoDataFrame | None,
    factor: float | None,
) -> None:
    """Whether either barriers or a factor say how long ways are."""
    problems = []
    if barriers is not None and factor is not None:
        problems.append(BOTH_WAYS)
    elif barriers is None and factor is None:
        problems.append(NEITHER_WAY)
    elif barriers is None and crossings is not None:
        told = "there are crossings without barriers; give the barriers that they cross."
        problems.append(
            at("detour", Sentence(told, zh="有过街处而没有障碍；请一并给出其所跨越的障碍。"))
        )
    if factor is not None:
        problems += factor_problems(factor)
    if problems:
        raise ValidationError(problems)


def factor_problems(factor: float, *, called: str = "factor") -> list[Sentence]:
    """
    What is wrong with how many times as long as a straight line ways are to be.

    Examples
    --------
    >>> factor_problems(1.45), len(factor_problems(0.7))
    ([], 1)
    """
    if 1 <= factor <= MOST_TIMES:
        return []
    told = f"{called} is {factor:g}; write a number from 1 to {MOST_TIMES:g}, such as 1.45."
    zh = f"{called} 为 {factor:g}；请填写 1 至 {MOST_TIMES:g} 之间的数，如 1.45。"
    return [Sentence(told, zh=zh)]


def _require_one_crs(facilities: gpd.GeoDataFrame, **shapes: gpd.GeoSeries | None) -> None:
    problems = []
    for name, some in shapes.items():
        if some is not None and some.crs != facilities.crs:
            told = (
                f"`{name}` are in {some.crs}, `facilities` in {facilities.crs}; reproject one, "
                "for example with `to_crs(...)`."
            )
            zh = (
                f"`{name}` 的坐标系为 {some.crs}，`facilities` 的为 {facilities.crs}；请转换其中之一，"
                "例如 `to_crs(...)`。"
            )
            problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)


def _told(table: pd.Series, cutoff: float) -> pd.Series:
    """Metres as they are told, of the pairs within a cutoff."""
    told = pd.Series(rounded(table.to_numpy(), "m"), index=table.index, name=table.name)
    return told[told <= rounded(cutoff, "m")].clip(upper=cutoff)
