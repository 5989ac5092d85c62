"""
Walks from seat to seat: those on which nobody goes farther than a stretch without being able to sit.

Home, seats and the centre are places to sit; other centres are not. A walk is a row of legs, from the
home to a seat, from seat to seat, from the last seat to the centre, or from the home to the centre.
Each leg is the shortest way between its ends and is no longer than the stretch; how far both ends are
off the ways counts in the leg, so that whoever sits down walks to the seat and back. What the legs cost
together is what the walk costs.
"""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from carecircles.network._tiles import PAIRS_AT_ONCE, TILE_CUTOFFS, Bins
from carecircles.network.graphs import Graph, links_of, part_of, points_of
from carecircles.network.places import OnWay
from carecircles.network.values import Network
from carecircles.network.walks import walks

SLACK_M = 0.02  # files say where seats are to the centimetre; a leg has two ends


def legs(
    network: Network, graph: Graph, places: OnWay, seats: OnWay, *, stretch: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Every leg from a place to a seat that is no longer than the stretch.

    Parameters
    ----------
    network, graph
        The network and what walking on it costs.
    places, seats
        From `onto`.
    stretch
        Longest leg in metres, up to the 2 cm to which seats are known. Where walking has a cost of its
        own, stairs and crossings count as the metres that are walked at the same cost.

    Returns
    -------
    place, seat, cost
        Positions and costs, in the order of seats and places.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles.network import graph_of, onto
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), edges)
    >>> homes, seat = (onto(street, np.array(x), np.zeros(len(x))) for x in ([10.0, 60.0], [50.0]))
    >>> legs(street, graph_of(street), homes, seat, stretch=30)
    (array([1]), array([0]), array([10.]))
    """
    return walks(network, graph, places, seats, cutoff=(stretch + SLACK_M) * graph.per_metre)


def rested_walks(
    network: Network,
    graph: Graph,
    places: OnWay,
    centres: OnWay,
    seats: OnWay,
    *,
    stretch: float,
    cutoff: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Every walk from a place to a centre, from seat to seat, that costs no more than the cutoff.

    Parameters
    ----------
    network, graph
        The network and what walking on it costs.
    places, centres, seats
        From `onto`.
    stretch
        Longest leg in metres, as in `legs`.
    cutoff
        Largest cost; the limit itself is within reach.

    Returns
    -------
    place, centre, cost
        Positions and costs, in the order of centres and places.

    Examples
    --------
    A seat half-way of 100 m lets those walk to the centre who go 60 m at a stretch.

    >>> import geopandas as gpd, shapely
    >>> from carecircles.network import graph_of, onto
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), edges)
    >>> home, centre, seat = (onto(street, np.array([x]), np.zeros(1)) for x in (0.0, 100.0, 50.0))
    >>> rested_walks(street, graph_of(street), home, centre, seat, stretch=60, cutoff=700)
    (array([0]), array([0]), array([100.]))
    """
    links, first = _seated(network, graph, places, centres, seats, stretch=stretch)
    xy = np.concatenate([points_of(network, graph, some) for some in (seats, places, centres)])
    count, at = len(seats.edge), xy[first:]
    widest = float((xy.max(axis=0) - xy.min(axis=0)).sum()) if len(xy) else 0.0
    metres = min(cutoff / graph.per_metre, widest) + 1.0
    bins, local = Bins.of(xy[:first], metres), np.full(len(xy), -1)
    nothing = np.array([], dtype=np.int64)
    parts = [(nothing, nothing, np.array([]))]
    for some in Bins.of(at, TILE_CUTOFFS * metres).parts():
        low, high = at[some].min(axis=0) - metres, at[some].max(axis=0) + metres
        near = bins.within(low, high)
        step = max(1, PAIRS_AT_ONCE // max(len(near), 1))
        for n in range(0, len(some), step):
            group = some[n : n + step]
            nodes = np.concatenate([near, first + group])
            local[nodes] = np.arange(len(nodes))
            own = part_of(links, nodes, local)
            local[nodes] = -1
            cost = dijkstra(own, indices=len(near) + np.arange(len(group)), limit=cutoff)
            home = np.flatnonzero(near >= count)
            which, place = np.nonzero(cost[:, home] <= cutoff)
            parts.append((near[home[place]] - count, group[which], cost[which, home[place]]))
    place, centre, cost = (np.concatenate(some) for some in zip(*parts, strict=True))
    order = np.lexsort((place, centre))
    return place[order], centre[order], cost[order]


def rested_nearest(
    network: Network,
    graph: Graph,
    places: OnWay,
    centres: OnWay,
    seats: OnWay,
    *,
    stretch: float,
) -> tuple[np.ndarray, np.ndarray]:
    """
    The centre nearest to each place from seat to seat, however far, and what the walk costs.

    The parameters are those of `rested_walks`; position -1 and an infinite cost where there is none.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles.network import graph_of, onto
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), edges)
    >>> homes, centre, seat = (onto(street, np.array(x), np.zeros(len(x))) for x in ([0.0, 70.0], [100.0], [50.0]))
    >>> which, cost = rested_nearest(street, graph_of(street), homes, centre, seat, stretch=40)
    >>> which.tolist(), cost.round(3).tolist()
    ([-1, 0], [inf, 30.0])
    """
    if not len(centres.edge) or not len(places.edge):
        return np.full(len(places.edge), -1), np.full(len(places.edge), np.inf)
    links, first = _seated(network, graph, places, centres, seats, stretch=stretch)
    sources = first + np.arange(len(centres.edge))
    cost, _, source = dijkstra(links, indices=sources, min_only=True, return_predecessors=True)
    home = slice(len(seats.edge), first)
    found = cost[home]
    return np.where(np.isfinite(found), source[home] - first, -1), found


def _seated(
    network: Network,
    graph: Graph,
    places: OnWay,
    centres: OnWay,
    seats: OnWay,
    *,
    stretch: float,
) -> tuple[csr_array, int]:
    """
    What legs cost, from centres to seats, between seats and from seats to places, by (from, to).

    Junctions are the seats, the places and the centres one after the other, these from the second
    value on. Ways are walked from the centre, so that a place is where a walk ends; both directions
    cost the same.
    """
    count, first = len(seats.edge), len(seats.edge) + len(places.edge)
    found = [
        (begin + one, end + other, cost)
        for end, some, begin, others in (
            (0, seats, 0, seats),
            (count, places, 0, seats),
            (0, seats, first, centres),
            (count, places, first, centres),
        )
        for other, one, cost in [legs(network, graph, some, others, stretch=stretch)]
    ]
    start, end, cost = (np.concatenate(some) for some in zip(*found, strict=True))
    order = np.lexsort((end, start))
    start, end, cost = start[order], end[order], cost[order]
    starts = np.searchsorted(start, np.arange(first + len(centres.edge) + 1))
    return links_of(cost, end, starts), first
