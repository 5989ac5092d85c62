"""
Where places come onto the ways of a network: the nearest point on a way that no barrier cuts off.

Units: metres.
"""

from typing import NamedTuple

import numpy as np
import shapely

from carecircles.network.values import Network

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


def points_on(network: Network, places: OnWay) -> np.ndarray:
    """Where places come onto their ways."""
    lines = network.edges.geometry.to_numpy()[places.edge]
    points = shapely.line_interpolate_point(lines, places.share, normalized=True)
    return shapely.get_coordinates(points)
