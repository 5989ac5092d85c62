"""
Ways round barriers where there is no network: straight lines, and straight lines between crossings.

A crossing that is a point leads straight across the barrier it is at: it opens the one it lies in, or
the nearest within 50 m, at right angles to it and as far as barriers follow each other within
25 m (two banks, the tracks of a railway); farther from any it is a corner to turn at. One that is
drawn as a line leads from its one end to its other. Nobody goes round the end of a barrier: it is taken to go on beyond the map.
"""

import math
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from carecircles.network import OPENS_M, links_of

_FOLLOWS_M = 25.0  # from one barrier to the next that the same crossing leads over
_ACROSS_M = 3000.0  # how far a barrier may reach to either side of a crossing
_BESIDE_M = 0.01  # by which a crossing ends beyond its barriers
_HAIR_M = 0.001  # at the ends of a straight line, which may themselves lie on a barrier
_NOISE_M = 1e-6
_PIECE_M = 250.0  # long straight lines are looked up piece by piece
_PIECES_AT_ONCE = 50_000
_PAIRS_AT_ONCE = 4_000_000

_Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]  # place, centre, metres


class Walls(NamedTuple):
    """
    Barriers as straight pieces: `ends` of shape (pieces, 2, 2), whose polygon each is, by where they are.

    `polygons` do not overlap each other; a piece of a line belongs to polygon -1.
    """

    ends: np.ndarray
    polygon: np.ndarray
    polygons: np.ndarray
    tree: shapely.STRtree


class Passages(NamedTuple):
    """Barriers with the ends of their crossings, `xy`, and what each of these leads to for how many metres."""

    walls: Walls
    xy: np.ndarray
    bridges: tuple[np.ndarray, np.ndarray, np.ndarray]


def walls_of(barriers: gpd.GeoSeries) -> Walls:
    """Lines and polygons as straight pieces; overlapping polygons are one."""
    shapes = shapely.make_valid(shapely.force_2d(barriers.to_numpy()))
    parts = shapely.get_parts(shapely.get_parts(shapes))
    dimension = shapely.get_dimensions(parts)
    polygons = shapely.get_parts(shapely.union_all(parts[dimension == 2]))
    shapely.prepare(polygons)
    lines = np.concatenate([parts[dimension == 1], shapely.boundary(polygons)])
    of_line = np.append(np.full((dimension == 1).sum(), -1), np.arange(len(polygons)))
    rings, source = shapely.get_parts(lines, return_index=True)  # of one with holes several
    xy, line = shapely.get_coordinates(rings, return_index=True)
    step = np.flatnonzero(line[1:] == line[:-1])
    ends = np.stack([xy[step], xy[step + 1]], axis=1)
    tree = shapely.STRtree(np.asarray(shapely.linestrings(ends)) if len(ends) else [])
    return Walls(ends, of_line[source[line[step]]], polygons, tree)


def passages_of(barriers: gpd.GeoSeries, crossings: gpd.GeoSeries | None) -> Passages:
    """Barriers with their crossings, points or lines."""
    walls = walls_of(barriers)
    given = np.array([], dtype=object) if crossings is None else crossings.to_numpy()
    parts = shapely.get_parts(shapely.force_2d(given))
    is_line = shapely.get_dimensions(parts) == 1
    drawn = [shapely.get_coordinates(line)[[0, -1]] for line in parts[is_line]]
    points = shapely.get_coordinates(parts[shapely.get_dimensions(parts) == 0])
    across = [_across(walls, point) for point in points]
    pairs = np.array([*drawn, *across], dtype=float).reshape(-1, 2, 2)
    metres = np.append(shapely.length(parts[is_line]), [math.dist(*ends) for ends in across])
    xy, node = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    one, other = node.reshape(-1, 2).T
    leads = one != other
    return Passages(walls, xy, (one[leads], other[leads], metres[leads]))


def _across(walls: Walls, point: np.ndarray) -> np.ndarray:
    """
    The two ends of the way over the barriers that a point is at.

    They are one point where it leads over a single line, and where it is at no barrier: a corner.
    """
    place = shapely.Point(point)
    inside = shapely.contains_properly(walls.polygons, place)
    near = walls.tree.query(place, predicate="dwithin", distance=OPENS_M)
    if inside.any():  # it is at the bank, not at a line in the water
        near = np.flatnonzero(walls.polygon == np.flatnonzero(inside)[0])
    if not len(near):
        return np.array([point, point])
    pieces = walls.tree.geometries[near]
    nearest = near[np.argmin(shapely.distance(pieces, place))]
    foot = shapely.get_coordinates(shapely.shortest_line(place, walls.tree.geometries[nearest]))[1]
    towards = foot - point
    if np.hypot(*towards) < _HAIR_M:
        along = np.diff(walls.ends[nearest], axis=0)[0]
        towards = np.array([-along[1], along[0]])
    towards = towards / np.hypot(*towards)
    low, high = _stretch(walls, foot, towards)
    if high - low < _HAIR_M:
        return np.array([foot, foot])
    ends: np.ndarray = foot + np.outer([low - _BESIDE_M, high + _BESIDE_M], towards)
    return ends


def _stretch(walls: Walls, foot: np.ndarray, towards: np.ndarray) -> tuple[float, float]:
    """From where to where, in metres from a foot on a barrier, barriers follow each other in a direction."""
    line = shapely.LineString(foot + np.outer([-_ACROSS_M, _ACROSS_M], towards))
    met = walls.tree.query(line, predicate="intersects")
    met = met[walls.polygon[met] < 0]
    points = shapely.get_coordinates(shapely.intersection(walls.tree.geometries[met], line))
    parts = shapely.get_parts(shapely.intersection(walls.polygons, line))
    spans = [(at, at) for at in (points - foot) @ towards]
    for part in parts[shapely.get_dimensions(parts) >= 0]:
        at = (shapely.get_coordinates(part) - foot) @ towards
        spans.append((at.min(), at.max()))
    low = high = 0.0
    for first, last in sorted(spans, key=lambda span: (max(span[0], -span[1], 0.0), span)):
        if first <= high + _FOLLOWS_M and last >= low - _FOLLOWS_M:
            low, high = min(low, first), max(high, last)
    return float(low), float(high)


def is_blocked(walls: Walls, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """
    Whether each straight line from a place `a` to a place `b` crosses a barrier.

    To go along one is not to cross it; who stands in a polygon is let out.
    """
    found = np.zeros(len(a), dtype=bool)
    if not len(walls.ends):
        return found
    count = np.maximum(np.ceil(np.hypot(*(b - a).T) / _PIECE_M), 1).astype(np.int64)
    until = np.cumsum(count)
    first = 0
    while first < len(a):
        before = until[first - 1] if first else 0
        beyond = max(int(np.searchsorted(until, before + _PIECES_AT_ONCE)), first + 1)
        some = slice(first, beyond)
        found[some] = _crosses(walls, a[some], b[some], count[some])
        first = beyond
    return found


def _crosses(walls: Walls, a: np.ndarray, b: np.ndarray, count: np.ndarray) -> np.ndarray:
    line = np.repeat(np.arange(len(a)), count)
    nth = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    step = ((b - a) / count[:, None])[line]
    one = a[line] + nth[:, None] * step
    (left, low), (right, high) = np.minimum(one, one + step).T, np.maximum(one, one + step).T
    piece, wall = walls.tree.query(shapely.box(left, low, right, high))
    line = line[piece]
    start, along = a[line], (b - a)[line]
    length = np.hypot(*along.T)
    p, q = walls.ends[wall, 0] - start, walls.ends[wall, 1] - start
    with np.errstate(divide="ignore", invalid="ignore"):
        # On which side of the line the ends of the barrier's piece are, in metres; on it is left.
        side_p, side_q = ((along[:, 0] * v[:, 1] - along[:, 1] * v[:, 0]) / length for v in (p, q))
        meets = (side_p >= -_NOISE_M) != (side_q >= -_NOISE_M)
        share = side_p / (side_p - side_q)
        at = ((p + share[:, None] * (q - p)) * along).sum(axis=1) / length
        meets &= (at > _HAIR_M) & (at < length - _HAIR_M)
    line, polygon = line[meets], walls.polygon[wall[meets]]
    is_bank = polygon >= 0
    for place in (a, b):
        some = np.flatnonzero(is_bank)
        x, y = place[line[some]].T
        is_bank[some] = ~shapely.contains_xy(walls.polygons[polygon[some]], x, y)
    found = np.zeros(len(a), dtype=bool)
    found[line[(polygon < 0) | is_bank]] = True
    return found


def ways_round(
    passages: Passages, homes: np.ndarray, centres: np.ndarray, straight: _Pairs, *, cutoff: float
) -> _Pairs:
    """
    The shortest ways from homes to centres that cross barriers only where these can be crossed.

    Parameters
    ----------
    passages
        From `passages_of`.
    homes, centres
        Where they are, in metres, of shape (count, 2).
    straight
        The pairs within the cutoff as the crow flies.
    cutoff
        Longest way in metres; the limit itself is within reach.

    Returns
    -------
    home, centre, metres
        Centre by centre.
    """
    home, centre, metres = straight
    is_free = ~is_blocked(passages.walls, homes[home], centres[centre])
    direct = home[is_free], centre[is_free], metres[is_free]
    if not len(passages.xy):
        return _shortest([direct])
    place, node, off = _seen(passages, homes, cutoff)
    order = np.argsort(node, kind="stable")
    place, node, off = place[order], node[order], off[order]
    starts = np.searchsorted(node, np.arange(len(passages.xy) + 1))
    found = [direct]
    between = _between(passages, cutoff)
    their, their_node, theirs_off = _seen(passages, centres, cutoff)
    most = max(1, _PAIRS_AT_ONCE // len(passages.xy))
    for first in range(0, len(centres), most):
        own = (their >= first) & (their < first + most)
        legs = their[own] - first, their_node[own], theirs_off[own]
        found += _over(between, legs, (place, off, starts), first, cutoff)
    return _shortest(found)


def _over(
    between: coo_array,
    legs: _Pairs,
    homes: _Pairs,
    first: int,
    cutoff: float,
) -> list[_Pairs]:
    """The ways from homes over crossings to some centres, counted from `first`."""
    centre, node, off = legs
    if not len(centre):
        return []
    place, home_off, starts = homes
    nodes, count = between.shape[0], int(centre.max()) + 1
    links = coo_array(
        (
            np.append(between.data, off),
            (np.append(between.coords[0], nodes + centre), np.append(between.coords[1], node)),
        ),
        shape=(nodes + count,) * 2,
    ).tocsr()
    links = links_of(links.data, links.indices, links.indptr)
    cost = dijkstra(links, indices=nodes + np.arange(count), limit=cutoff)[:, :nodes]
    which, at = np.nonzero(cost <= min(cutoff, np.finfo(float).max))
    found, begin = [], 0
    size = (starts[1:] - starts[:-1])[at]
    until = np.cumsum(size)
    while begin < len(which):  # so many centres and crossings at once that memory stays small
        before = until[begin - 1] if begin else 0
        beyond = max(int(np.searchsorted(until, before + _PAIRS_AT_ONCE)), begin + 1)
        some = slice(begin, beyond)
        steps = np.arange(size[some].sum()) - np.repeat(
            np.cumsum(size[some]) - size[some], size[some]
        )
        taken = np.repeat(starts[at[some]], size[some]) + steps
        metres = home_off[taken] + np.repeat(cost[which[some], at[some]], size[some])
        near = metres <= cutoff
        centres = first + np.repeat(which[some], size[some])
        found.append(_shortest([(place[taken][near], centres[near], metres[near])]))
        begin = beyond
    return found


def _seen(passages: Passages, places: np.ndarray, cutoff: float) -> _Pairs:
    """Place, crossing's end and metres wherever no barrier is between and both are near."""
    place, node = _near(places, passages.xy, cutoff)
    metres = np.hypot(*(places[place] - passages.xy[node]).T)
    is_free = ~is_blocked(passages.walls, places[place], passages.xy[node])
    return place[is_free], node[is_free], metres[is_free]


def _between(passages: Passages, cutoff: float) -> coo_array:
    """Metres between the ends of crossings, over them and where no barrier is between."""
    one, other = _near(passages.xy, passages.xy, cutoff)
    one, other = one[one < other], other[one < other]
    is_free = ~is_blocked(passages.walls, passages.xy[one], passages.xy[other])
    one, other = one[is_free], other[is_free]
    metres = np.hypot(*(passages.xy[one] - passages.xy[other]).T)
    start, end, length = passages.bridges
    a, b = np.concatenate([one, other, start, end]), np.concatenate([other, one, end, start])
    both = np.concatenate([metres, metres, length, length])
    order = np.lexsort((both, b, a))
    a, b, both = a[order], b[order], both[order]
    is_first = (np.diff(a, prepend=-1) != 0) | (np.diff(b, prepend=-1) != 0)
    return coo_array((both[is_first], (a[is_first], b[is_first])), shape=(len(passages.xy),) * 2)


def _near(places: np.ndarray, others: np.ndarray, cutoff: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions of places and others no farther from each other than the cutoff."""
    if not len(places) or not len(others):
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    found = KDTree(places).query_ball_point(others, min(cutoff, 1e12) * (1 + 1e-9))
    other = np.repeat(np.arange(len(others)), [len(some) for some in found])
    return np.concatenate([np.asarray(some, dtype=np.int64) for some in found]), other


def _shortest(pairs: list[_Pairs]) -> _Pairs:
    """Each pair once, with its least metres, centre by centre."""
    home, centre, metres = (np.concatenate(some) for some in zip(*pairs, strict=True))
    order = np.lexsort((metres, home, centre))
    home, centre, metres = home[order], centre[order], metres[order]
    is_first = (np.diff(centre, prepend=-1) != 0) | (np.diff(home, prepend=-1) != 0)
    return home[is_first], centre[is_first], metres[is_first]
