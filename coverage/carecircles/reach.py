"""
The cost table: how far each demand cell is from each centre it can reach.

A reach is a function `(demand, facilities, *, cutoff) -> CostTable`: `straight_line` here, or one
with its data bound by `functools.partial`, such as `walking` or `looked_up`. Everything else
(coverage, gaps, what-if, siting) reads the table and knows nothing of how people get there.
"""

import functools
import inspect
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import grid
from carecircles.errors import ValidationError
from carecircles.words import Sentence, Text, at

if TYPE_CHECKING:
    from carecircles import network as networks
    from carecircles.network import Network

_PAIRS_AT_ONCE = 1_000_000
_ELSEWHERE_M = 10_000.0  # some cells of an area may well lie beyond its network
_FEW_PAIRS = 5_000_000  # which are measured in less time than it takes to load the k-d tree
_NAMES = ["demand", "facility"]


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
        told = f"`cost` ends at {cost.cutoff:g}, below the cutoff of {cutoff:g}; make it anew."
        zh = f"`cost` 只到 {cost.cutoff:g}，小于上限 {cutoff:g}；请重新制表。"
        raise ValidationError([Sentence(told, zh=zh)])
    return CostTable(cost.table[cost.table.to_numpy() <= cutoff], cutoff, cost.unit)


def straight_line(
    demand: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    cutoff: float,
    only_nearest: bool = False,
) -> CostTable:
    """
    Straight-line metres of every (cell, centre) pair up to the cutoff.

    For a centre and a row of the grid, the cells within reach lie between two columns that follow
    from one square root; only those are looked at, and each is then measured. Places that lie on no
    grid are found by a k-d tree.

    Parameters
    ----------
    demand
        Grid cells, or any places with x, y (metres) or points as geometry; uniquely indexed.
    facilities
        Centres as points in the same CRS, uniquely indexed.
    cutoff
        Largest distance in metres; the limit itself is within reach.
    only_nearest
        Leave out all pairs of a cell but that of its nearest centre.

    Returns
    -------
    cost
        Metres by `(demand, facility)`, centre by centre; empty if nothing is in reach.

    Raises
    ------
    ValidationError
        If the two frames are in different CRSs or an index is not unique.

    Examples
    --------
    >>> demand = pd.DataFrame({"x": [0.0, 30.0], "y": [0.0, 40.0]}, index=["p", "q"])
    >>> centres = gpd.GeoDataFrame(index=["a"], geometry=gpd.points_from_xy([0.0], [0.0]))
    >>> straight_line(demand, centres, cutoff=50).table.to_dict()
    {('p', 'a'): 0.0, ('q', 'a'): 50.0}
    """
    xy, (x, y) = _demand_xy(demand), _facility_xy(demand, facilities)
    if demand.empty or facilities.empty:
        none = np.array([], int)
        return CostTable(_table(demand, facilities, none, none, np.array([])), cutoff)
    if only_nearest:
        find = _nearest_of_few if len(demand) * len(x) <= _FEW_PAIRS else _nearest_of_many
        found, metres = find(*xy, x, y)
        cell = np.flatnonzero(metres <= cutoff)
        near = _table(demand, facilities, cell, found[cell], metres[cell])
        return CostTable(near, cutoff)
    lattice = grid.grid_of(demand)
    if lattice is None:
        parts = [_pairs_of_points(xy, x, y, cutoff)]
    else:
        position = grid.raster(demand, np.arange(len(demand), dtype=np.int32), fill=-1)
        most = min(len(demand), math.pi * (cutoff / lattice.cell + 2) ** 2)  # pairs of one centre
        step = max(1, int(_PAIRS_AT_ONCE / most))
        parts = [
            _pairs(xy, lattice, position, x[n : n + step], y[n : n + step], cutoff, first=n)
            for n in range(0, len(x), step)
        ]
    pairs = map(np.concatenate, zip(*parts, strict=True))
    return CostTable(_table(demand, facilities, *pairs), cutoff)


def walking(
    demand: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    network: "Network",
    *,
    cutoff: float,
    only_nearest: bool = False,
) -> CostTable:
    """
    Metres on foot along the ways of a network, of every (cell, centre) pair up to the cutoff.

    A walk leads from the nearest point on a way to the nearest point on a way; how far cell and
    centre are off their ways counts too, and no barrier is crossed there.
    `functools.partial(reach.walking, network=...)` is a reach.

    Parameters
    ----------
    demand, facilities
        As for `straight_line`, in the CRS of the network.
    network
        From `network.read_network`.
    cutoff
        Longest walk in metres; the limit itself is within reach.
    only_nearest
        Leave out all pairs of a cell but that of its nearest centre.

    Raises
    ------
    ValidationError
        As `straight_line`, and if the network is in another CRS or lies elsewhere.

    Examples
    --------
    A street of 100 m between a home, 3 m off it, and a centre.

    >>> import shapely
    >>> from carecircles.network import Network
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> ways = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), ways)
    >>> demand = pd.DataFrame({"x": [10.0], "y": [3.0]}, index=["p"])
    >>> centres = gpd.GeoDataFrame(index=["a"], geometry=gpd.points_from_xy([90], [0]), crs=4548)
    >>> walking(demand, centres, street, cutoff=100).table.to_dict()
    {('p', 'a'): 83.0}
    """
    from carecircles import network as networks  # which loads what straight lines do without

    xy, (x, y) = _demand_xy(demand), _facility_xy(demand, facilities)
    if len(demand):
        _require_network_of(facilities, xy, network)
    if demand.empty or facilities.empty:
        none = np.array([], int)
        return CostTable(_table(demand, facilities, none, none, np.array([])), cutoff)
    homes, cell = _on_ways(network, *xy)
    centres, facility = _on_ways(network, x, y)
    graph = networks.graph_of(network)
    if only_nearest:
        near, metres = networks.nearest(network, graph, homes, centres)
        home = np.flatnonzero(metres <= min(cutoff, sys.float_info.max))
        near, metres = near[home], metres[home]
    else:
        home, near, metres = networks.walks(network, graph, homes, centres, cutoff=cutoff)
    return CostTable(_table(demand, facilities, cell[home], facility[near], metres), cutoff)


def _on_ways(
    network: "Network", x: np.ndarray, y: np.ndarray
) -> "tuple[networks.OnWay, np.ndarray]":
    """Where places come onto the ways, and the positions of those that do."""
    from carecircles import network as networks

    places = networks.onto(network, x, y)
    is_on = places.edge >= 0
    return places.taken(is_on), np.flatnonzero(is_on)


def _require_network_of(
    facilities: gpd.GeoDataFrame, xy: tuple[np.ndarray, np.ndarray], network: "Network"
) -> None:
    """Whether a network is in the CRS of centres and cells, and where the cells are."""
    if facilities.crs != network.crs:
        told = (
            f"`network` is in {network.crs}, `facilities` in {facilities.crs}; read it in the CRS of "
            "the area, for example with `network.read_network(..., crs=area.crs)`."
        )
        zh = (
            f"`network` 为 {network.crs}，`facilities` 为 {facilities.crs}；请按研究区的 CRS 读取路网，"
            "例如 `network.read_network(..., crs=area.crs)`。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    left, bottom, right, top = network.edges.total_bounds
    x, y = xy
    beside = max(x.min() - right, left - x.max(), 0.0)
    apart = math.hypot(beside, max(y.min() - top, bottom - y.max(), 0.0))
    if apart > _ELSEWHERE_M:
        told = (
            f"`network` lies elsewhere, {apart / 1000:,.0f} km from the cells; "
            "choose the file of this area, and check its CRS and datum."
        )
        zh = f"`network` 不在此处，距网格 {apart / 1000:,.0f} km；请换用本区的文件，并检查其 CRS 和坐标系。"
        raise ValidationError([Sentence(told, zh=zh)])


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


def in_words(reach: Reach) -> Text:
    """
    How people get there by a reach, as it stands behind metres or minutes.

    Examples
    --------
    >>> in_words(straight_line), in_words(functools.partial(walking, network=None))["en"]
    ({'en': 'in a straight line', 'zh': '直线'}, 'along the walking network')
    """
    kind = reach.func if isinstance(reach, functools.partial) else reach
    if kind is straight_line:
        return {"en": "in a straight line", "zh": "直线"}
    if kind is walking:
        return {"en": "along the walking network", "zh": "沿步行路网"}
    return {"en": "by a cost table of one's own", "zh": "按自备的距离表"}


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


def _pairs(
    xy: tuple[np.ndarray, np.ndarray],
    lattice: grid.Grid,
    position: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
    cutoff: float,
    *,
    first: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cell, centre (counted from `first`) and metres of the pairs of some centres."""
    cell_x, cell_y = xy
    u, v = (x - lattice.x0) / lattice.cell - 0.5, (y - lattice.y0) / lattice.cell - 0.5
    spans = grid.circle_spans(u, v, cutoff / lattice.cell, within=lattice)
    facility, row, begin, beyond = spans.T
    start, length = row * lattice.cols + begin, beyond - begin
    steps = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    pair_cell = position.ravel()[np.repeat(start, length) + steps]
    pair_facility = np.repeat(facility, length)
    is_cell = pair_cell >= 0
    pair_cell, pair_facility = pair_cell[is_cell], pair_facility[is_cell]
    metres = np.hypot(cell_x[pair_cell] - x[pair_facility], cell_y[pair_cell] - y[pair_facility])
    is_near = metres <= cutoff
    codes = (
        pair_cell[is_near].astype(_code(len(cell_x))),
        (first + pair_facility[is_near]).astype(_code(first + len(x))),
    )
    return *codes, metres[is_near]


def _pairs_of_points(
    xy: tuple[np.ndarray, np.ndarray], x: np.ndarray, y: np.ndarray, cutoff: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place, centre and metres of the pairs of places that lie on no grid."""
    from scipy.spatial import KDTree

    place_x, place_y = xy
    tree = KDTree(np.column_stack(xy))
    # A hair more than the cutoff, so that each is measured in one and the same way.
    found = tree.query_ball_point(np.column_stack([x, y]), cutoff * (1 + 1e-9), return_sorted=True)
    facility = np.repeat(np.arange(len(x)), [len(some) for some in found])
    place = np.concatenate([np.asarray(some, dtype=np.int64) for some in found])
    metres = np.hypot(place_x[place] - x[facility], place_y[place] - y[facility])
    is_near = metres <= cutoff
    return place[is_near], facility[is_near], metres[is_near]


def _code(count: int) -> type[np.signedinteger]:
    """The smallest kind of number pandas keeps so many labels by."""
    return np.int16 if count < 2**15 else np.int32


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
        places = [pairs.codes[1] + n for pairs, n in zip(every, before, strict=True)]
    else:
        places = [facilities.get_indexer(pairs.levels[1])[pairs.codes[1]] for pairs in every]
    cells = [demand.index.get_indexer(pairs.levels[0])[pairs.codes[0]] for pairs in every]
    cell, place = np.concatenate(cells), np.concatenate(places)
    costs = np.concatenate([t.table.to_numpy() for t in tables])
    is_known = (cell >= 0) & (place >= 0)
    order = np.flatnonzero(is_known)[np.argsort(place[is_known], kind="stable")]  # centre by centre
    table = _table(demand, pd.DataFrame(index=facilities), cell[order], place[order], costs[order])
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


def _nearest_of_few(
    cell_x: np.ndarray, cell_y: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest centre of each cell and its metres, every pair measured."""
    found, least = np.zeros(len(cell_x), dtype=np.intp), np.full(len(cell_x), np.inf)
    for n in range(len(x)):
        metres = np.hypot(cell_x - x[n], cell_y - y[n])
        is_closer = metres < least
        found[is_closer], least[is_closer] = n, metres[is_closer]
    return found, least


def _nearest_of_many(
    cell_x: np.ndarray, cell_y: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The same by a k-d tree."""
    from scipy.spatial import KDTree

    cells = np.column_stack([cell_x, cell_y])
    places, first = np.unique(np.column_stack([x, y]), axis=0, return_index=True)
    _, found = KDTree(places).query(cells, k=min(2, len(places)))
    found = np.sort(first[found.reshape(len(cells), -1)], axis=1)
    metres = np.hypot(cells[:, :1] - x[found], cells[:, 1:] - y[found])
    closer = np.argmin(metres, axis=1)[:, None]
    return (
        np.take_along_axis(found, closer, axis=1)[:, 0],
        np.take_along_axis(metres, closer, axis=1)[:, 0],
    )


def _least(demand: pd.DataFrame, facilities: gpd.GeoDataFrame, cost: CostTable) -> CostTable:
    """The pair of least cost of each cell; of equal ones that of the first facility."""
    index = pairs_in(cost.table)
    cell = demand.index.get_indexer(index.levels[0])[index.codes[0]]
    facility = facilities.index.get_indexer(index.levels[1])[index.codes[1]]
    costs = cost.table.to_numpy()
    order = np.lexsort((facility, costs, cell))
    pair = order[np.diff(cell[order], prepend=-1) > 0]
    table = _table(demand, facilities, cell[pair], facility[pair], costs[pair])
    return CostTable(table, math.inf, cost.unit)


def _kept(table: pd.Series, demand: pd.Index, facilities: pd.Index) -> pd.Series:
    """The pairs of some cells and centres, with these as the levels of the index."""
    pairs = pairs_in(table)
    cell = demand.get_indexer(pairs.levels[0])[pairs.codes[0]]
    place = facilities.get_indexer(pairs.levels[1])[pairs.codes[1]]
    is_kept = (cell >= 0) & (place >= 0)
    frames = (pd.DataFrame(index=demand), pd.DataFrame(index=facilities))
    return _table(*frames, cell[is_kept], place[is_kept], table.to_numpy()[is_kept])


def _demand_xy(demand: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Where the cells or places are, in metres."""
    if {"x", "y"} <= set(demand.columns):
        return demand["x"].to_numpy(dtype=float), demand["y"].to_numpy(dtype=float)
    if isinstance(demand, gpd.GeoDataFrame):
        return demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy()
    told = "`demand` has no x and y; give places in metres, or points."
    zh = "`demand` 没有 x 和 y；请给出以米为单位的位置，或点要素。"
    raise ValidationError([Sentence(told, zh=zh)])


def _facility_xy(
    demand: pd.DataFrame, facilities: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray]:
    problems: list[Sentence] = []
    is_points = isinstance(demand, gpd.GeoDataFrame)
    demand_crs = demand.crs if is_points else demand.attrs.get("crs")
    if demand_crs is not None and facilities.crs != demand_crs:
        mend = "`facilities.to_crs(...)`"
        told = f"`demand` is in {demand_crs}, `facilities` in {facilities.crs}; reproject one, for example with {mend}."
        zh = f"`demand` 的坐标系为 {demand_crs}，`facilities` 的为 {facilities.crs}；请转换其中之一，例如 {mend}。"
        problems.append(Sentence(told, zh=zh))
    for name, frame in (("demand", demand), ("facilities", facilities)):
        if not frame.index.is_unique:
            twice = list(frame.index[frame.index.duplicated()].unique()[:5])
            told = f"`{name}` has labels more than once in its index: {twice}; make them unique."
            zh = f"`{name}` 的索引有重复：{twice}；每个只应出现一次。"
            problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    return facilities.geometry.x.to_numpy(), facilities.geometry.y.to_numpy()


def _table(
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    cell: np.ndarray,
    facility: np.ndarray,
    metres: np.ndarray,
) -> pd.Series:
    pairs = pd.MultiIndex(
        levels=[demand.index, facilities.index],  # type: ignore[list-item]  # of any sort
        codes=[cell, facility],  # type: ignore[list-item]  # arrays too
        names=_NAMES,
        verify_integrity=False,
    )
    return pd.Series(metres, index=pairs, name="metres", dtype=float)
