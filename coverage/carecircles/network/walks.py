"""
Walks along a network, from the nearest point on a way to the nearest point on a way.

How far both are off their ways counts too. Lengths are in metres, costs in the unit of the `Graph`.
"""

from typing import NamedTuple

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from carecircles.network.values import Network
from carecircles.walkers import Profile

_PAIRS_AT_ONCE = 4_000_000  # of a place and a centre, or of a junction and a centre
_TILE_CUTOFFS = 2.0  # side of a tile of centres, in cutoffs
_SEARCHED_M = (100.0, 300.0, 1000.0)  # around a place that a barrier cuts off from its nearest way
_PLACES_AT_ONCE = 200  # of those
_BEGUN_M = (20.0, 100.0, np.inf)  # of a line to a way, looked at first
_UNSURE_M = 1e-6  # as near to a line on either side a point may lie on it
_HAIR_M = 0.001  # by which a line to a way ends before it, which may itself lie on a barrier


class OnWay(NamedTuple):
    """
    Where some places come onto the network: way, share of it from its start, and metres off it.

    What barriers cut off from every way comes onto way -1.
    """

    edge: np.ndarray
    share: np.ndarray
    off: np.ndarray

    def taken(self, chosen: np.ndarray) -> "OnWay":
        return OnWay(*(values[chosen] for values in self))


class Graph(NamedTuple):
    """
    What walking costs: along each way, per metre off the ways, and between junctions.

    `links` holds every pair of neighbours in both directions at the cheapest of the ways between
    them; a table made by adding entries up would add parallel ways.
    """

    along: np.ndarray
    per_metre: float
    links: csr_array


def onto(network: Network, x: np.ndarray, y: np.ndarray) -> OnWay:
    """
    The nearest point on a way for each place.

    Parameters
    ----------
    network
        With at least one way.
    x, y
        Places, in metres in the network's CRS.

    Returns
    -------
    places
        Of equally near ways the first is taken; only ways on the ground (level 0) are come onto, where
        there is one, no bridge and no tunnel. A barrier of the network is not crossed: behind
        one, the nearest way within 1 km counts that is on this side of it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), edges)
    >>> onto(street, np.array([25.0]), np.array([3.0]))
    OnWay(edge=array([0]), share=array([0.25]), off=array([3.]))
    """
    points, lines = np.asarray(shapely.points(x, y)), network.edges.geometry.to_numpy()
    place, near = network.tree.query_nearest(points, all_matches=True)
    order = np.lexsort((near, place))
    place, near = place[order], near[order]
    edge = network.ground[near[np.diff(place, prepend=-1) > 0]]
    foot = _feet(points, lines[edge])
    if network.barriers is not None:
        edge, foot = _not_cut_off(network, points, edge, foot)
    share = shapely.line_locate_point(lines[edge], foot, normalized=True)
    off = shapely.distance(points, foot)
    is_on = edge >= 0
    return OnWay(edge, np.where(is_on, share, 0.0), np.where(is_on, off, np.inf))


def _feet(points: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """The nearest point on a line for each point."""
    return shapely.get_point(shapely.shortest_line(points, lines), -1)


def _not_cut_off(
    network: Network, points: np.ndarray, edge: np.ndarray, foot: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """
    Way and place on it that each point comes to over no barrier; way -1 where there is none near.

    Ways are looked at by their straight parts: one may be cut off here and not there.
    """
    edge, foot = edge.copy(), foot.copy()
    left = np.flatnonzero(_is_cut_off(network, points, foot))
    edge[left] = -1
    if not len(left):
        return edge, foot
    lines = network.edges.geometry.to_numpy()[network.ground]
    xy, source = shapely.get_coordinates(lines, return_index=True)
    step = np.flatnonzero(source[1:] == source[:-1])
    parts = np.asarray(shapely.linestrings(np.stack([xy[step], xy[step + 1]], axis=1)))
    tree = shapely.STRtree(parts)
    for metres in _SEARCHED_M:
        for first in range(0, len(left), _PLACES_AT_ONCE):
            some = left[first : first + _PLACES_AT_ONCE]
            place, part = tree.query(points[some], predicate="dwithin", distance=metres)
            feet = _feet(points[some][place], parts[part])
            is_open = ~_is_cut_off(network, points[some][place], feet)
            place, part, feet = place[is_open], part[is_open], feet[is_open]
            off = shapely.distance(points[some][place], feet)
            order = np.lexsort((part, off, place))
            best = order[np.diff(place[order], prepend=-1) > 0]
            edge[some[place[best]]] = network.ground[source[step[part[best]]]]
            foot[some[place[best]]] = feet[best]
        left = left[edge[left] < 0]
    return edge, foot


def _is_cut_off(network: Network, points: np.ndarray, feet: np.ndarray) -> np.ndarray:
    """Whether a barrier lies between each point and its foot; one that a point lies in lets it out."""
    ends = np.stack([shapely.get_coordinates(points), shapely.get_coordinates(feet)], axis=1)
    step = ends[:, 1] - ends[:, 0]
    length = np.hypot(*step.T)
    some = np.flatnonzero(length > _HAIR_M)
    ends[some, 1] -= step[some] * (_HAIR_M / length[some])[:, None]
    is_cut = np.zeros(len(points), dtype=bool)
    for metres in _BEGUN_M:  # most lines that are cut are so soon, and long ones pass many barriers
        begun = ends[some]
        share = np.minimum(metres / length[some], 1.0)[:, None]
        begun[:, 1] = np.where(
            share < 1, begun[:, 0] + share * (begun[:, 1] - begun[:, 0]), begun[:, 1]
        )
        line, barrier = _crossed(network, begun)
        around = network.barrier_tree.geometries[barrier]
        is_inside = (shapely.get_dimensions(around) == 2) & shapely.intersects(
            around, points[some[line]]
        )
        is_cut[some[line[~is_inside]]] = True
        some = some[~is_cut[some] & (length[some] > metres)]
    return is_cut


def _crossed(network: Network, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Straight lines and the barriers that each crosses, by position.

    Told by the sides on which their straight parts lie, a hundred times as fast as by their shapes;
    these are asked where an end lies on a part or nearly so.
    """
    tree, barrier_of, parts = network.barrier_parts
    lines = np.asarray(shapely.linestrings(ends))
    line, part = tree.query(lines)
    (a, b), (c, d) = ends[line].swapaxes(0, 1), parts[part].swapaxes(0, 1)
    ab, cd, barrier = b - a, d - c, barrier_of[part]
    of_part = np.array([_cross(ab, c - a), _cross(ab, d - a)])
    of_line = np.array([_cross(cd, a - c), _cross(cd, b - c)])
    hair = _UNSURE_M * (np.hypot(*ab.T) + np.hypot(*cd.T))
    is_unsure = (np.abs(of_part) <= hair).any(axis=0) | (np.abs(of_line) <= hair).any(axis=0)
    is_crossed = (of_part[0] * of_part[1] < 0) & (of_line[0] * of_line[1] < 0) & ~is_unsure
    asked = np.unique(np.stack([line[is_unsure], barrier[is_unsure]]), axis=1)
    crosses = shapely.crosses(lines[asked[0]], network.barrier_tree.geometries[asked[1]])
    return (
        np.concatenate([line[is_crossed], asked[0][crosses]]),
        np.concatenate([barrier[is_crossed], asked[1][crosses]]),
    )


def _cross(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Twice the area between vectors, negative where the second lies to the right of the first."""
    area: np.ndarray = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    return area


def level_metres(network: Network, profile: Profile) -> np.ndarray:
    """
    The metres on the level that somebody walks in the time of each way; infinite on stairs that are barred.

    The metres of stairs and crossings count as any others, and the time of the stairs, of waiting and of
    lifts comes on top. Escalators are no stairs for who may walk some, and barred to who may not.

    Examples
    --------
    Three flights of 16 s, at 0.94 m/s.

    >>> import geopandas as gpd
    >>> from carecircles import walkers
    >>> xy = np.array([[0.0, 0.0], [20.0, 0.0]])
    >>> table = {"start": [0], "end": [1], "metres": [20.0], "flights": [3.0], "signals": [0.0]}
    >>> stairs = Network(xy, gpd.GeoDataFrame(table, geometry=shapely.linestrings([xy]), crs=4548))
    >>> [level_metres(stairs, walkers.profile_of(name)).tolist() for name in ("80plus", "nostairs")]
    [[65.12], [inf]]
    """
    edges = network.edges
    metres: np.ndarray = edges["metres"].to_numpy(dtype=float)
    if "signals" in edges:
        waits = edges["signals"].to_numpy(dtype=float)
        metres = metres + profile.pace_m_s * profile.crossing_s * waits
    if "lifts" in edges and profile.lift_s:
        metres = metres + profile.pace_m_s * profile.lift_s * edges["lifts"].to_numpy(dtype=float)
    if "escalators" in edges and profile.flight_s is None:
        metres = np.where(edges["escalators"].to_numpy() > 0, np.inf, metres)
    if "flights" in edges:
        flights = edges["flights"].to_numpy(dtype=float)
        if profile.flight_s is None:
            return np.where(flights > 0, np.inf, metres)
        metres = metres + profile.pace_m_s * profile.flight_s * flights
    return metres


def graph_of(network: Network, along: np.ndarray | None = None, *, per_metre: float = 1.0) -> Graph:
    """
    What walking on a network costs.

    Parameters
    ----------
    network
        The network.
    along
        Cost of each way from end to end, at least `per_metre` times its length, infinite where it is
        not walked; its metres if None.
    per_metre
        Cost of a metre off the ways.

    Examples
    --------
    Two ways lead from one junction to another; the shorter counts.

    >>> import geopandas as gpd
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> lines = shapely.linestrings([xy, [[0.0, 0.0], [50.0, 50.0], [100.0, 0.0]]][0:1] * 2)
    >>> edges = gpd.GeoDataFrame({"start": [0, 1], "end": [1, 0], "metres": [100.0, 141.0]}, geometry=lines, crs=4548)
    >>> graph_of(Network(xy, edges)).links.toarray()
    array([[  0., 100.],
           [100.,   0.]])
    """
    costs = network.edges["metres"].to_numpy(dtype=float) if along is None else along
    ends = network.edges[["start", "end"]].to_numpy()
    is_link = (ends[:, 0] != ends[:, 1]) & np.isfinite(costs)
    a, b = ends[is_link].T
    rows, cols = np.concatenate([a, b]), np.concatenate([b, a])
    count = len(network.xy)
    pair, both = _least_of_each(rows.astype(np.int64) * count + cols, np.tile(costs[is_link], 2))
    rows, cols = np.divmod(pair, max(count, 1))
    starts = np.searchsorted(rows, np.arange(count + 1))
    return Graph(costs, per_metre, links_of(both, cols, starts))


def nearest(
    network: Network, graph: Graph, places: OnWay, centres: OnWay
) -> tuple[np.ndarray, np.ndarray]:
    """
    The centre nearest to each place along the ways, however far, and what the walk costs.

    Parameters
    ----------
    network, graph
        The network and what walking on it costs.
    places, centres
        From `onto`.

    Returns
    -------
    centre, cost
        Position of the centre, -1 where no way leads to any; the cost, infinite there. Of centres at
        one point the first is taken.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), edges)
    >>> home, centres = (onto(street, np.array(x), np.zeros(len(x))) for x in ([40.0], [90.0, 0.0]))
    >>> nearest(street, graph_of(street), home, centres)
    (array([1]), array([40.]))
    """
    if not len(centres.edge):
        return np.full(len(places.edge), -1), np.full(len(places.edge), np.inf)
    _, first = np.unique(np.column_stack(centres), axis=0, return_index=True)
    kept = np.sort(first)
    centres = centres.taken(kept)
    ends = network.edges[["start", "end"]].to_numpy()
    sources, links = _with_sources(graph, ends[centres.edge], centres, graph.links)
    cost, _, source = dijkstra(links, indices=sources, min_only=True, return_predecessors=True)
    at_ends = ends[places.edge]
    over = _over_ends(graph, cost, at_ends, places)
    side = np.argmin(over, axis=0)
    found, which = (
        np.take_along_axis(over, side[None], axis=0)[0],
        source[np.take_along_axis(at_ends, side[:, None], axis=1)[:, 0]] - sources[0],
    )
    which[~np.isfinite(found)] = -1
    place, near, straight = _on_one_way(graph, places, centres)
    order = np.lexsort((near, straight, place))
    best = order[np.diff(place[order], prepend=-1) > 0]
    best = best[straight[best] < found[place[best]]]
    found[place[best]], which[place[best]] = straight[best], near[best]
    return np.where(which < 0, -1, kept[which]), found


def walks(
    network: Network, graph: Graph, places: OnWay, centres: OnWay, *, cutoff: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Every walk from a place to a centre that costs no more than the cutoff.

    Centres are taken by tiles, each with as much of the network around it as a walk can cross, so
    that memory does not grow with the network.

    Parameters
    ----------
    network, graph
        The network and what walking on it costs.
    places, centres
        From `onto`.
    cutoff
        Largest cost; the limit itself is within reach.

    Returns
    -------
    place, centre, cost
        Positions and costs, in the order of centres and places.

    Examples
    --------
    >>> import geopandas as gpd
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), edges)
    >>> homes, centre = (onto(street, np.array(x), np.zeros(len(x))) for x in ([40.0, 80.0], [90.0]))
    >>> walks(street, graph_of(street), homes, centre, cutoff=30)
    (array([1]), array([0]), array([10.]))
    """
    ends = network.edges[["start", "end"]].to_numpy()
    at = _points(network, centres)
    widest = float(np.ptp(np.concatenate([network.xy, at]), axis=0).sum())
    metres = min(cutoff / graph.per_metre, widest) + 1.0  # as far as a walk can lead
    junctions = _Bins.of(network.xy, metres)
    homes = _Bins.of(_points(network, places), metres)
    local = np.full(len(network.xy), -1)
    parts = [_on_one_way(graph, places, centres)]
    for some in _Bins.of(at, _TILE_CUTOFFS * metres).parts():
        low, high = at[some].min(axis=0) - metres, at[some].max(axis=0) + metres
        near, home = junctions.within(low, high), homes.within(low, high)
        local[near] = np.arange(len(near))
        links = _part(graph.links, near, local)
        step = max(1, _PAIRS_AT_ONCE // max(len(near), len(home), 1))
        for n in range(0, len(some), step):
            group = some[n : n + step]
            chosen = centres.taken(group)
            sources, extended = _with_sources(graph, local[ends[chosen.edge]], chosen, links)
            cost = dijkstra(extended, indices=sources, limit=cutoff)
            cost[:, len(near)] = np.inf  # where junctions lead that are not near
            at_ends = local[ends[places.edge[home]]]
            at_ends = np.where(at_ends < 0, len(near), at_ends)
            by_place = _over_ends(graph, cost, at_ends, places.taken(home)).min(axis=0)
            which, place = np.nonzero(by_place <= cutoff)
            parts.append((home[place], group[which], by_place[which, place]))
        local[near] = -1
    place, centre, cost = (np.concatenate(some) for some in zip(*parts, strict=True))
    pair, cost = _least_of_each(centre * len(places.edge) + place, cost)
    is_walk = cost <= cutoff
    centre, place = np.divmod(pair[is_walk], max(len(places.edge), 1))
    return place, centre, cost[is_walk]


def _points(network: Network, places: OnWay) -> np.ndarray:
    """Where places come onto their ways."""
    lines = network.edges.geometry.to_numpy()[places.edge]
    points = shapely.line_interpolate_point(lines, places.share, normalized=True)
    return shapely.get_coordinates(points)


def _with_sources(
    graph: Graph, ends: np.ndarray, centres: OnWay, links: csr_array
) -> tuple[np.ndarray, csr_array]:
    """
    The links with one junction more for each centre, from which both ends of its way are reached.

    `ends` are where the ways of the centres end, positions of junctions in `links` or -1. The
    junction before those of the centres leads nowhere: it is what lies beyond a part of the network.
    """
    first, count = links.shape[0] + 1, len(centres.edge)
    along, off = graph.along[centres.edge], graph.per_metre * centres.off
    costs = np.column_stack([centres.share * along + off, (1 - centres.share) * along + off])
    is_loop = ends[:, 0] == ends[:, 1]
    costs[is_loop] = costs[is_loop].min(axis=1)[:, None]
    starts = links.indptr[-1] + 2 * np.arange(count + 1)
    extended = links_of(
        np.concatenate([links.data, costs.ravel()]),
        np.concatenate([links.indices, np.where(ends < 0, first - 1, ends).ravel()]),
        np.concatenate([links.indptr, starts]),
    )
    return np.arange(first, first + count), extended


def _over_ends(graph: Graph, cost: np.ndarray, ends: np.ndarray, places: OnWay) -> np.ndarray:
    """What it costs to come to places over either end of their ways, from costs by (source, junction)."""
    along, off = graph.along[places.edge], graph.per_metre * places.off
    start, end = ends.T
    return np.array(
        [
            cost[..., start] + (places.share * along + off),
            cost[..., end] + ((1 - places.share) * along + off),
        ]
    )


def _on_one_way(
    graph: Graph, places: OnWay, centres: OnWay
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place, centre and cost of the walks that never leave one way."""
    order = np.argsort(centres.edge, kind="stable")
    first, last = (
        np.searchsorted(centres.edge[order], places.edge, side) for side in ("left", "right")
    )
    count = last - first
    place = np.repeat(np.arange(len(places.edge)), count)
    centre = order[np.repeat(first, count) + _steps(count)]
    share = np.abs(places.share[place] - centres.share[centre])
    off = places.off[place] + centres.off[centre]
    return place, centre, share * graph.along[places.edge[place]] + graph.per_metre * off


def _least_of_each(keys: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every key once, in order, with the least of its costs; much faster than to sort by both."""
    order = np.argsort(keys, kind="stable")
    keys, costs = keys[order], costs[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first], np.minimum.reduceat(costs, first) if len(first) else costs


def _part(links: csr_array, near: np.ndarray, local: np.ndarray) -> csr_array:
    """The links between some junctions; `local` says where each of these comes among them, else -1."""
    count = np.diff(links.indptr)[near]
    taken = np.repeat(links.indptr[near], count) + _steps(count)
    target = local[links.indices[taken]]
    row = np.repeat(np.arange(len(near)), count)
    is_near = target >= 0
    starts = np.searchsorted(row[is_near], np.arange(len(near) + 1))
    return links_of(links.data[taken][is_near], target[is_near], starts)


def links_of(costs: np.ndarray, targets: np.ndarray, starts: np.ndarray) -> csr_array:
    """
    Costs from each junction to its neighbours; older SciPy walks only over positions of 32 bits.

    Parameters
    ----------
    costs, targets, starts
        Data, indices and index pointer of a square sparse matrix by rows.

    Examples
    --------
    >>> links_of(np.array([5.0]), np.array([1]), np.array([0, 1, 1])).indices.dtype
    dtype('int32')
    """
    positions = (targets.astype(np.int32), starts.astype(np.int32))
    return csr_array((costs, *positions), shape=(len(starts) - 1,) * 2)


def _steps(count: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... for each of some counts."""
    before: np.ndarray = np.cumsum(count) - count
    steps: np.ndarray = np.arange(count.sum()) - np.repeat(before, count)
    return steps


class _Bins(NamedTuple):
    """Points by the square they lie in, so that those in a rectangle are found row by row."""

    order: np.ndarray
    keys: np.ndarray  # of the points in that order
    low: np.ndarray
    side: float
    columns: int

    @classmethod
    def of(cls, xy: np.ndarray, side: float) -> "_Bins":
        low = xy.min(axis=0, initial=np.inf)
        col, row = np.floor((xy - low) / side).astype(np.int64).T
        columns = int(col.max(initial=0)) + 1
        keys = row * columns + col
        order = np.argsort(keys, kind="stable")
        return cls(order, keys[order], low, side, columns)

    def within(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Positions of the points in the squares that a rectangle meets."""
        if not len(self.order):
            return self.order
        (left, bottom), (right, top) = (
            np.floor((corner - self.low) / self.side).astype(np.int64) for corner in (low, high)
        )
        left, right = max(left, 0), min(right, self.columns - 1)
        rows = np.arange(max(bottom, 0), min(top, self.keys[-1] // self.columns) + 1)
        first = np.searchsorted(self.keys, rows * self.columns + left)
        last = np.searchsorted(self.keys, rows * self.columns + right, side="right")
        count = np.where(right >= left, last - first, 0)
        found: np.ndarray = self.order[np.repeat(first, count) + _steps(count)]
        return found

    def parts(self) -> list[np.ndarray]:
        """Positions of the points, square by square."""
        return (
            np.split(self.order, np.flatnonzero(np.diff(self.keys)) + 1) if len(self.order) else []
        )
