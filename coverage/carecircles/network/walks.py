"""
Walks along a network, from the nearest point on a way to the nearest point on a way.

How far both are off their ways counts too. Lengths are in metres, costs in the unit of the `Graph`.
"""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from carecircles.network._tiles import PAIRS_AT_ONCE, TILE_CUTOFFS, Bins, steps_of
from carecircles.network.graphs import Graph, least_of_each, links_of, part_of, points_of, way_of
from carecircles.network.places import OnWay
from carecircles.network.values import Network


def nearest(
    network: Network,  # noqa: ARG001  # rested_nearest takes its place, which needs one
    graph: Graph,
    places: OnWay,
    centres: OnWay,
) -> tuple[np.ndarray, np.ndarray]:
    """
    The centre nearest to each place along the ways, however far, and what the walk costs.

    Parameters
    ----------
    network, graph
        The network and what walking on it costs.
    places, centres
        From `onto`; places `at_home`.

    Returns
    -------
    centre, cost
        Position of the centre, -1 where no way leads to any; the cost, infinite there. Of centres at
        one point the first is taken.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> from carecircles.network import graph_of, onto
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
    ends = graph.ends
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
        From `onto`; places `at_home`.
    cutoff
        Largest cost; the limit itself is within reach.

    Returns
    -------
    place, centre, cost
        Positions and costs, in the order of centres and places.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> from carecircles.network import graph_of, onto
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), edges)
    >>> homes, centre = (onto(street, np.array(x), np.zeros(len(x))) for x in ([40.0, 80.0], [90.0]))
    >>> walks(street, graph_of(street), homes, centre, cutoff=30)
    (array([1]), array([0]), array([10.]))
    """
    ends, xy = graph.ends, graph.xy
    at = points_of(network, graph, centres)
    widest = float(np.ptp(np.concatenate([xy, at]), axis=0).sum())
    metres = min(cutoff / graph.per_metre, widest) + 1.0  # as far as a walk can lead
    junctions = Bins.of(xy, metres)
    homes = Bins.of(points_of(network, graph, places), metres)
    local = np.full(len(xy), -1)
    parts = [_on_one_way(graph, places, centres)]
    for some in Bins.of(at, TILE_CUTOFFS * metres).parts():
        low, high = at[some].min(axis=0) - metres, at[some].max(axis=0) + metres
        near, home = junctions.within(low, high), homes.within(low, high)
        local[near] = np.arange(len(near))
        links = part_of(graph.links, near, local)
        step = max(1, PAIRS_AT_ONCE // max(len(near), len(home), 1))
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
    pair, cost = least_of_each(centre * len(places.edge) + place, cost)
    is_walk = cost <= cutoff
    centre, place = np.divmod(pair[is_walk], max(len(places.edge), 1))
    return place, centre, cost[is_walk]


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
    way, at = way_of(graph, centres.edge), way_of(graph, places.edge)
    order = np.argsort(way, kind="stable")
    first, last = (np.searchsorted(way[order], at, side) for side in ("left", "right"))
    count = last - first
    place = np.repeat(np.arange(len(places.edge)), count)
    centre = order[np.repeat(first, count) + steps_of(count)]
    is_on = centres.edge[centre] <= places.edge[place]  # no walk leads back to where it began
    place, centre = place[is_on], centre[is_on]
    share = np.abs(places.share[place] - centres.share[centre])
    off = places.off[place] + centres.off[centre]
    return place, centre, share * graph.along[places.edge[place]] + graph.per_metre * off
