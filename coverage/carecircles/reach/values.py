"""The cost table as a value, and what makes one: a reach."""

from dataclasses import dataclass
from typing import Protocol, cast

import geopandas as gpd
import pandas as pd

from carecircles._limits import rounded
from carecircles.errors import ValidationError
from carecircles.words import Sentence, at


@dataclass(frozen=True, eq=False)
class CostTable:
    """
    Costs of (demand, facility) pairs up to a cutoff; a pair that is absent is out of reach.

    Attributes
    ----------
    table
        Costs by `(demand, facility)`. Facilities that reach nobody may stand in its index's levels.
    cutoff
        The largest cost the table holds pairs for; the limit itself is within reach.
    unit
        'm' or 'min'.

    Raises
    ------
    ValidationError
        If the index does not have two levels, or a cost is missing, negative or beyond the cutoff.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "a")], names=["demand", "facility"])
    >>> CostTable(pd.Series([80.0, 700.0], index=pairs), cutoff=700).unit
    'm'
    """

    table: pd.Series
    cutoff: float
    unit: str = "m"

    def __post_init__(self) -> None:
        index, costs = self.table.index, self.table.to_numpy()
        if index.nlevels != 2:
            told = f"its index has {index.nlevels} levels; make them (demand, facility)"
            zh = f"索引有 {index.nlevels} 层；应为（demand, facility）两层"
            raise ValidationError([at("cost", Sentence(told, zh=zh))])
        is_sound = (costs >= 0) & (costs <= self.cutoff)
        if not is_sound.all():
            some = ", ".join(map(repr, index[~is_sound][:5].to_list()))
            count, cutoff = int((~is_sound).sum()), f"{self.cutoff:g}"
            told = (
                f"{count} costs are missing, negative or beyond the cutoff of {cutoff} ({some}); "
                "take them out or say the cutoff they were made for"
            )
            zh = (
                f"有 {count} 个值缺失、为负或超过上限 {cutoff}（{some}）；"
                "请去掉，或写明制表时所用的上限"
            )
            raise ValidationError([at("cost", Sentence(told, zh=zh))])


def pairs_in(table: pd.Series) -> pd.MultiIndex:
    """
    The pairs of costs by `(demand, facility)`; facilities that reach nobody may stand in its levels.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "a")], names=["demand", "facility"])
    >>> pairs_in(pd.Series([80.0, 700.0], index=pairs)).levels[1].tolist()
    ['a']
    """
    return cast("pd.MultiIndex", table.index)  # pandas-stubs know it as an Index without levels


class Reach(Protocol):
    """
    How people get to centres: a function that makes a cost table.

    One that also takes `only_nearest` is asked for the least pair of each cell alone where no other
    is wanted; of one that does not, every pair is asked for.
    """

    def __call__(
        self, demand: pd.DataFrame, facilities: gpd.GeoDataFrame, /, *, cutoff: float
    ) -> CostTable: ...


def within(cost: CostTable, cutoff: float | None = None) -> CostTable:
    """
    The pairs of a cost table up to a smaller cutoff.

    Parameters
    ----------
    cost
        The cost table.
    cutoff
        At most the table's own, in its unit; the table's own if None.

    Raises
    ------
    ValidationError
        If `cutoff` is larger than the table's: pairs beyond it are not in the table.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "a")], names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([80.0, 700.0], index=pairs), cutoff=700)
    >>> len(within(cost, 500).table)
    1
    """
    if cutoff is None or cutoff == cost.cutoff:
        return cost
    if not cutoff < cost.cutoff:
        if rounded(cutoff, cost.unit) == rounded(cost.cutoff, cost.unit):  # the same limit, as told
            return cost
        told = f"`cost` ends at {cost.cutoff:g}, below the cutoff of {cutoff:g}; make it anew."
        zh = f"`cost` 只到 {cost.cutoff:g}，小于上限 {cutoff:g}；请重新制表。"
        raise ValidationError([Sentence(told, zh=zh)])
    return CostTable(cost.table[cost.table.to_numpy() <= cutoff], cutoff, cost.unit)
