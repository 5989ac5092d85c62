"""What walking on a network costs, between neighbouring junctions; for one walker or another."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from carecircles.network._tiles import steps_of
from carecircles.network.places import OnWay, points_on
from carecircles.network.values import Network
from carecircles.network.ways import PRIVATE, parts_of
from carecircles.walkers import Profile


class Graph(NamedTuple):
    """
    What walking costs: along each way, per metre off the ways, and between junctions.

    `links` holds every pair of neighbours in both directions at the cheapest of the ways between
    them; a table made by adding entries up would add parallel ways.

    Ways of somebody's own are walked only at the start or end of a walk, so that they are there three
    times over: a walk, told from the centre, begins on the ways as they are numbered, which lead to no
    others of their kind but by `links` to those that all walk, and ends on ways with numbers of their
    own behind all others, from which none leads back.

    Attributes
    ----------
    along
        Cost of each way from end to end.
    per_metre
        Cost of a metre off the ways.
    links
        Costs between junctions.
    ends
        The junctions of each way, by their positions in `links`.
    xy
        Where the junctions are.
    own
        The ways of the network, by position, that are somebody's own; where walks end on them they
        have the numbers from that of the network's ways on.
    """

    along: np.ndarray
    per_metre: float
    links: csr_array
    ends: np.ndarray
    xy: np.ndarray
    own: np.ndarray


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

    >>> import geopandas as gpd, shapely
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> lines = shapely.linestrings([xy, [[0.0, 0.0], [50.0, 50.0], [100.0, 0.0]]][0:1] * 2)
    >>> edges = gpd.GeoDataFrame({"start": [0, 1], "end": [1, 0], "metres": [100.0, 141.0]}, geometry=lines, crs=4548)
    >>> graph_of(Network(xy, edges)).links.toarray()
    array([[  0., 100.],
           [100.,   0.]])
    """
    costs = network.edges["metres"].to_numpy(dtype=float) if along is None else along
    ends, xy, own = network.edges[["start", "end"]].to_numpy(), network.xy, own_ways(network)
    gates = np.empty((0, 2), dtype=np.int64)
    if len(own):
        ends, xy, gates = _apart(ends, xy, own)
        costs = np.concatenate([costs, costs[own]])
    is_link = (ends[:, 0] != ends[:, 1]) & np.isfinite(costs)
    a, b = ends[is_link].T
    (outer, inner), free = gates.T, np.zeros(len(gates))  # an explicit zero is a link
    rows, cols = np.concatenate([a, b, outer]), np.concatenate([b, a, inner])
    count = len(xy)
    every = np.concatenate([np.tile(costs[is_link], 2), free])
    pair, both = least_of_each(rows.astype(np.int64) * count + cols, every)
    rows, cols = np.divmod(pair, max(count, 1))
    starts = np.searchsorted(rows, np.arange(count + 1))
    return Graph(costs, per_metre, links_of(both, cols, starts), ends, xy, own)


def own_ways(network: Network) -> np.ndarray:
    """
    Positions of the ways that are walked only at the start or end of a walk.

    Those that are private, and those that nobody comes to but over private ones: all that are not in the largest
    connected part of the others.

    Examples
    --------
    A street, a private way that leaves it, and a path at the end of that.

    >>> import geopandas as gpd, shapely
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 20.0], [100.0, 30.0]])
    >>> lines = shapely.linestrings([xy[:2], xy[1:3], xy[2:]])
    >>> table = {"start": [0, 1, 2], "end": [1, 2, 3], "metres": [100.0, 20.0, 10.0], "private": [False, True, False]}
    >>> own_ways(Network(xy, gpd.GeoDataFrame(table, geometry=lines, crs=4548)))
    array([1, 2])
    """
    if PRIVATE not in network.edges or not network.edges[PRIVATE].any():
        return np.array([], dtype=np.int64)
    is_own: np.ndarray = network.edges[PRIVATE].to_numpy(dtype=bool).copy()
    of_all = np.flatnonzero(~is_own)
    if len(of_all):
        part = parts_of(network.edges.iloc[of_all])
        metres = np.bincount(part, network.edges["metres"].to_numpy(dtype=float)[of_all])
        is_own[of_all[part != np.argmax(metres)]] = True
    return np.flatnonzero(is_own)


def _apart(
    ends: np.ndarray, xy: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Ends of ways and junctions where some ways stand apart, as walks begin and as they end; and where one leads on.

    Whoever is on a way of the first kind comes to what all walk, and from there to one of the last kind.
    """
    junctions, place = np.unique(ends[own], return_inverse=True)
    place, count = place.reshape(-1, 2), len(xy)
    first = count + np.arange(len(junctions))
    last = first + len(junctions)
    apart = ends.copy()
    apart[own] = first[place]
    gates = np.concatenate(
        [np.column_stack([first, junctions]), np.column_stack([junctions, last])]
    )
    return (
        np.concatenate([apart, last[place]]),
        np.concatenate([xy, xy[junctions], xy[junctions]]),
        gates,
    )


def at_home(graph: Graph, places: OnWay) -> OnWay:
    """
    Places as walks end at them: on ways of their own under the numbers these have there.

    Examples
    --------
    >>> graph = Graph(np.ones(4), 1.0, None, np.empty((4, 2)), np.empty((0, 2)), np.array([1]))
    >>> at_home(graph, OnWay(np.array([0, 1, 2]), np.zeros(3), np.zeros(3))).edge
    array([0, 3, 2])
    """
    if not len(graph.own):
        return places
    number = np.arange(len(graph.along))
    number[graph.own] = len(graph.along) - len(graph.own) + np.arange(len(graph.own))
    return places._replace(edge=number[places.edge])


def way_of(graph: Graph, edge: np.ndarray) -> np.ndarray:
    """
    The ways of the network by their numbers in a graph.

    Examples
    --------
    >>> graph = Graph(np.ones(4), 1.0, None, np.empty((4, 2)), np.empty((0, 2)), np.array([1]))
    >>> way_of(graph, np.array([0, 3, 2]))
    array([0, 1, 2])
    """
    count = len(graph.along) - len(graph.own)
    if not len(graph.own):
        return edge
    return np.where(edge < count, edge, graph.own[np.maximum(edge - count, 0)])


def points_of(network: Network, graph: Graph, places: OnWay) -> np.ndarray:
    """Where places come onto their ways."""
    return points_on(network, places._replace(edge=way_of(graph, places.edge)))


def level_metres(network: Network, profile: Profile) -> np.ndarray:
    """
    The metres on the level that somebody walks in the time of each way; infinite on stairs that are barred.

    The metres of stairs and crossings count as any others, and the time of the stairs, of waiting and of
    lifts comes on top. Escalators are no stairs for who may walk some, and barred to who may not.

    Examples
    --------
    Three flights of 16 s, at 0.94 m/s.

    >>> import geopandas as gpd, shapely
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


def part_of(links: csr_array, near: np.ndarray, local: np.ndarray) -> csr_array:
    """The links between some junctions; `local` says where each of these comes among them, else -1."""
    count = np.diff(links.indptr)[near]
    taken = np.repeat(links.indptr[near], count) + steps_of(count)
    target = local[links.indices[taken]]
    row = np.repeat(np.arange(len(near)), count)
    is_near = target >= 0
    starts = np.searchsorted(row[is_near], np.arange(len(near) + 1))
    return links_of(links.data[taken][is_near], target[is_near], starts)


def least_of_each(keys: np.ndarray, costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every key once, in order, with the least of its costs; much faster than to sort by both."""
    order = np.argsort(keys, kind="stable")
    keys, costs = keys[order], costs[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[first], np.minimum.reduceat(costs, first) if len(first) else costs
