"""Cost tables joined, brought up to date, looked up; the nearest centre alone."""

import inspect
import math
from collections.abc import Iterator
from typing import Protocol, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles.errors import ValidationError
from carecircles.reach._pairs import code_of, pieces, put_in_order, table_of
from carecircles.reach.straight import straight_line
from carecircles.reach.values import CostTable, Reach, pairs_in, within
from carecircles.words import Sentence, at


class _Sparing(Protocol):
    """A reach that can be asked for the nearest centre of each cell alone."""

    def __call__(
        self,
        demand: pd.DataFrame,
        facilities: gpd.GeoDataFrame,
        /,
        *,
        cutoff: float,
        only_nearest: bool,
    ) -> CostTable: ...


def updated(
    cost: CostTable,
    demand: pd.DataFrame,
    *,
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    cutoff: float,
    reach: Reach = straight_line,
) -> CostTable:
    """
    The cost table of other centres, in which only those that are new or have moved are measured.

    Parameters
    ----------
    cost
        Cost table of `before`, from `reach`; pairs of other facilities do not matter.
    demand
        The cells `cost` was made for.
    before, after
        Centres as they were and as they are to be. Of those with the same id at the same point the
        pairs are kept.
    cutoff
        Largest cost. Where it lies beyond that of `cost`, all is measured anew.
    reach
        How people get there.

    Returns
    -------
    cost
        The same as `reach(demand, after, cutoff=cutoff)`.

    Examples
    --------
    Of two centres one moves; only that one is measured.

    >>> demand = pd.DataFrame({"x": [0.0, 30.0, 60.0], "y": [0.0, 0.0, 0.0]}, index=["p", "q", "r"])
    >>> centres = gpd.GeoDataFrame(index=["a", "b"], geometry=gpd.points_from_xy([0, 60], [0, 0]))
    >>> moved = centres.set_geometry(gpd.points_from_xy([0, 30], [0, 0]))
    >>> cost = straight_line(demand, centres, cutoff=20)
    >>> updated(cost, demand, before=centres, after=moved, cutoff=20).table.to_dict()
    {('p', 'a'): 0.0, ('q', 'b'): 0.0}
    """
    if cost.cutoff < cutoff:
        return reach(demand, after, cutoff=cutoff)
    old_position = before.index.get_indexer(after.index)
    points, old_points = after.geometry.to_numpy(), before.geometry.to_numpy()
    is_same = old_position >= 0
    is_same[is_same] = shapely.equals(points[is_same], old_points[old_position[is_same]])
    measured = reach(demand, after[~is_same], cutoff=cutoff)
    kept = within(cost, cutoff).table
    pairs = pairs_in(kept)
    is_kept = pairs.levels[1].isin(after.index[is_same])[pairs.codes[1]]
    return joined(
        demand, CostTable(kept[is_kept], cutoff, cost.unit), measured, facilities=after.index
    )


def joined(
    demand: pd.DataFrame, *tables: CostTable, facilities: pd.Index | None = None
) -> CostTable:
    """
    Cost tables of different centres as one.

    Parameters
    ----------
    demand
        The cells all tables are about; a table may leave some out.
    tables
        Up to the same cutoff, in the same unit.
    facilities
        The centres in the order in which the table is to have them, others left out; those of the
        tables one after the other if None, also those that reach nobody.

    Raises
    ------
    ValidationError
        If the tables are in different units.

    Examples
    --------
    >>> demand = pd.DataFrame({"x": [0.0, 30.0, 60.0], "y": [0.0, 0.0, 0.0]}, index=["p", "q", "r"])
    >>> centres = gpd.GeoDataFrame(index=["a", "b"], geometry=gpd.points_from_xy([0, 60], [0, 0]))
    >>> one, other = (straight_line(demand, some, cutoff=20) for some in (centres[:1], centres[1:]))
    >>> joined(demand, one, other).table.to_dict()
    {('p', 'a'): 0.0, ('r', 'b'): 0.0}
    """
    units = {t.unit for t in tables}
    if len(units) > 1:
        told = f"tables in {' and '.join(sorted(units))}; use one unit"
        zh = f"各表单位不同（{'、'.join(sorted(units))}）；应统一为一种单位"
        raise ValidationError([at("cost", Sentence(told, zh=zh))])
    every = [pairs_in(t.table) for t in tables]
    if facilities is None:
        facilities = every[0].levels[1].append([pairs.levels[1] for pairs in every[1:]])
        before = np.cumsum([0, *(len(pairs.levels[1]) for pairs in every[:-1])])
        number = [np.arange(len(p.levels[1])) + n for p, n in zip(every, before, strict=True)]
    else:
        number = [facilities.get_indexer(pairs.levels[1]) for pairs in every]
    row = [demand.index.get_indexer(pairs.levels[0]) for pairs in every]

    def each() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for own, of_row, pairs, one in zip(number, row, every, tables, strict=True):
            costs = one.table.to_numpy()
            for some in pieces(len(costs)):
                place, cell = own[pairs.codes[1][some]], of_row[pairs.codes[0][some]]
                is_known = (place >= 0) & (cell >= 0)
                if is_known.all():  # as nearly always
                    yield place, cell, costs[some]
                else:
                    yield place[is_known], cell[is_known], costs[some][is_known]

    begins, cell, costs = put_in_order(each, len(facilities), other=code_of(len(demand)))
    centres = np.arange(len(facilities), dtype=code_of(len(facilities)))
    place = np.repeat(centres, np.diff(begins))
    table = table_of(demand, pd.DataFrame(index=facilities), cell, place, costs)
    return CostTable(table, min(t.cutoff for t in tables), tables[0].unit)


def nearest(
    demand: pd.DataFrame, facilities: gpd.GeoDataFrame, *, reach: Reach = straight_line
) -> CostTable:
    """
    The cost from every cell to its nearest centre, however far.

    Parameters
    ----------
    demand
        Cells, uniquely indexed, with x, y (metres).
    facilities
        Centres as points in the same CRS, uniquely indexed.
    reach
        How people get there; where it can tell of no centre, the cell has no pair.

    Returns
    -------
    cost
        A cost table with one pair for each cell; empty if there is no centre. Of two
        centres equally near, the first in `facilities` is taken.

    Examples
    --------
    >>> demand = pd.DataFrame({"x": [0.0, 30.0, 60.0], "y": [0.0, 0.0, 0.0]}, index=["p", "q", "r"])
    >>> centres = gpd.GeoDataFrame(index=["a", "b"], geometry=gpd.points_from_xy([0, 60], [0, 0]))
    >>> nearest(demand, centres).table.to_dict()
    {('p', 'a'): 0.0, ('q', 'a'): 30.0, ('r', 'b'): 0.0}
    """
    if "only_nearest" in inspect.signature(reach).parameters:
        found = cast(_Sparing, reach)(demand, facilities, cutoff=math.inf, only_nearest=True)
    else:
        found = reach(demand, facilities, cutoff=math.inf)
    return _least(demand, facilities, found)


def looked_up(
    demand: pd.DataFrame, facilities: gpd.GeoDataFrame, *, cutoff: float, table: CostTable
) -> CostTable:
    """
    Costs from a table of one's own, such as walks measured elsewhere.

    `functools.partial(reach.looked_up, table=...)` is a reach, for centres and candidates alike.

    Parameters
    ----------
    demand, facilities
        What pairs are wanted of; their places on the map do not matter.
    cutoff
        At most the table's, or infinity for all the table holds.
    table
        Every pair within its cutoff.

    Raises
    ------
    ValidationError
        If `cutoff` lies beyond the table's, or the table does not know a centre.

    Examples
    --------
    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "b")], names=["demand", "facility"])
    >>> walks = CostTable(pd.Series([80.0, 650.0], index=pairs), cutoff=700)
    >>> demand, centres = pd.DataFrame(index=["p", "q"]), gpd.GeoDataFrame(index=["b"])
    >>> looked_up(demand, centres, cutoff=700, table=walks).table.to_dict()
    {('q', 'b'): 650.0}
    """
    some = within(table, None if math.isinf(cutoff) else cutoff)
    unknown = facilities.index[~facilities.index.isin(pairs_in(some.table).levels[1])]
    if len(unknown):
        named = ", ".join(map(repr, unknown[:5])) + (" ..." if len(unknown) > 5 else "")
        told = (
            f"the table knows nothing of {len(unknown)} centres ({named}); "
            "measure them too, or give a reach that can"
        )
        zh = f"表中没有 {len(unknown)} 个中心（{named}）；请一并量算，或给出能够量算的 reach"
        raise ValidationError([at("cost", Sentence(told, zh=zh))])
    return CostTable(_kept(some.table, demand.index, facilities.index), some.cutoff, some.unit)


def unit_of(demand: pd.DataFrame, facilities: gpd.GeoDataFrame, *, reach: Reach) -> str:
    """
    The unit a reach measures in: 'm' or 'min', told by the cost table of no centre.

    Examples
    --------
    >>> demand = pd.DataFrame({"x": [0.0], "y": [0.0]}, index=["p"])
    >>> centres = gpd.GeoDataFrame(index=["a"], geometry=gpd.points_from_xy([0], [0]))
    >>> unit_of(demand, centres, reach=straight_line)
    'm'
    """
    return reach(demand, facilities.iloc[:0], cutoff=0.0).unit


def _least(demand: pd.DataFrame, facilities: gpd.GeoDataFrame, cost: CostTable) -> CostTable:
    """The pair of least cost of each cell; of equal ones that of the first facility."""
    index = pairs_in(cost.table)
    cell = demand.index.get_indexer(index.levels[0])[index.codes[0]]
    facility = facilities.index.get_indexer(index.levels[1])[index.codes[1]]
    costs = cost.table.to_numpy()
    if (cell[1:] > cell[:-1]).all():  # one a cell is there, in their order
        return CostTable(cost.table, math.inf, cost.unit)
    order = np.lexsort((facility, costs, cell))
    pair = order[np.diff(cell[order], prepend=-1) > 0]
    table = table_of(demand, facilities, cell[pair], facility[pair], costs[pair])
    return CostTable(table, math.inf, cost.unit)


def _kept(table: pd.Series, demand: pd.Index, facilities: pd.Index) -> pd.Series:
    """The pairs of some cells and centres, with these as the levels of the index."""
    pairs = pairs_in(table)
    cell = demand.get_indexer(pairs.levels[0])[pairs.codes[0]]
    place = facilities.get_indexer(pairs.levels[1])[pairs.codes[1]]
    is_kept = (cell >= 0) & (place >= 0)
    frames = (pd.DataFrame(index=demand), pd.DataFrame(index=facilities))
    return table_of(*frames, cell[is_kept], place[is_kept], table.to_numpy()[is_kept])
