"""
Ways round barriers where there is no network: straight lines, and straight lines between crossings.

A crossing that is a point leads straight across the barrier it is at: it opens the one it lies in, or
the nearest within 50 m, at right angles to it and as far as barriers follow each other within
25 m (two banks, the tracks of a railway); farther from any it is a corner to turn at. One that is
drawn as a line leads from its one end to its other. Nobody goes round the end of a barrier: it is taken to go on beyond the map.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from carecircles.network import OPENS_M, links_of
from carecircles.reach._walls import (
    HAIR_M,
    Faces,
    Walls,
    faces_between,
    is_blocked,
    seen_from,
    walls_of,
)

_FOLLOWS_M = 25.0  # from one barrier to the next that the same crossing leads over
_ACROSS_M = 3000.0  # how far a barrier may reach to either side of a crossing
_BESIDE_M = 0.01  # by which a crossing ends beyond its barriers
_PAIRS_AT_ONCE = 4_000_000
_FEW = 4  # goals that each place looks at first
_MANY = 4  # times as many, where it sees none of them

_Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]  # place, centre, metres


class Passages(NamedTuple):
    """Barriers with the ends of their crossings, `xy`, and what each of these leads to for how many metres."""

    walls: Walls
    xy: np.ndarray
    bridges: tuple[np.ndarray, np.ndarray, np.ndarray]


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
    if np.hypot(*towards) < HAIR_M:
        along = np.diff(walls.ends[nearest], axis=0)[0]
        towards = np.array([-along[1], along[0]])
    towards = towards / np.hypot(*towards)
    low, high = _stretch(walls, foot, towards)
    if high - low < HAIR_M:
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
    for part in parts[~shapely.is_empty(parts)]:
        at = (shapely.get_coordinates(part) - foot) @ towards
        spans.append((at.min(), at.max()))
    low = high = 0.0
    for first, last in sorted(spans, key=lambda span: (max(span[0], -span[1], 0.0), span)):
        if first <= high + _FOLLOWS_M and last >= low - _FOLLOWS_M:
            low, high = min(low, first), max(high, last)
    return float(low), float(high)


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
        taken = np.repeat(starts[at[some]], size[some]) + _steps(size[some])
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


def nearest_round(
    passages: Passages, homes: np.ndarray, centres: np.ndarray, *, cutoff: float
) -> _Pairs:
    """
    The nearest centre of each home by the ways of `ways_round`, without those to all others.

    First the nearest centre of each crossing's end, then of each home the least of the straight lines to
    centres and to crossings; a line is looked along only if it can still be the least.

    Returns
    -------
    home, centre, metres
        Home by home, of those with a centre within the cutoff; of equally near centres the first.
    """
    if not len(homes) or not len(centres):
        none = np.array([], dtype=np.int64)
        return none, none, np.array([])
    walls, nodes = passages.walls, passages.xy
    faces = faces_between(walls, np.concatenate([homes, centres, nodes]))
    none_more = np.zeros(len(centres)), np.arange(len(centres))
    label, off = _least_seen(faces, nodes, _Goals(centres, *none_more), is_towards=True)
    label, off = _over_crossings(passages, faces, label, off)
    some = off <= min(cutoff, np.finfo(float).max)
    goals = _Goals(
        np.concatenate([centres, nodes[some]]),
        np.concatenate([none_more[0], off[some]]),
        np.concatenate([none_more[1], label[some]]),
    )
    centre, metres = _least_seen(faces, homes, goals, is_towards=False)
    home = np.flatnonzero(metres <= min(cutoff, np.finfo(float).max))
    return home, centre[home], metres[home]


class _Goals(NamedTuple):
    """Where a straight line may lead: places, how far it is from there, and to which centre."""

    xy: np.ndarray
    off: np.ndarray
    centre: np.ndarray


def _least_seen(
    faces: Faces, places: np.ndarray, goals: _Goals, *, is_towards: bool
) -> tuple[np.ndarray, np.ndarray]:
    """
    The centre and the metres of the best goal that each place sees; -1 and infinity where it sees none.

    `is_towards` places: the lines are those from the goals to them.
    """
    centre, metres = np.full(len(places), -1), np.full(len(places), np.inf)
    group, seen = seen_from(faces, places)
    goal_group, goal_seen = seen_from(faces, goals.xy)
    into = _by_face(goal_group, goal_seen)
    for n, some in _grouped(group):
        near = [part for face in seen[n] for part in into.get(face, [])]
        if near:
            among = np.unique(np.concatenate(near))
            few = _Goals(*(values[among] for values in goals))
            centre[some], metres[some] = _first_seen(faces.walls, places[some], few, is_towards)
    return centre, metres


def _steps(count: np.ndarray) -> np.ndarray:
    """0, 1, 2 ... for each of some counts."""
    before: np.ndarray = np.cumsum(count) - count
    steps: np.ndarray = np.arange(count.sum()) - np.repeat(before, count)
    return steps


def _by_face(group: np.ndarray, seen: list[tuple[int, ...]]) -> dict[int, list[np.ndarray]]:
    """The places that may see into each face."""
    into: dict[int, list[np.ndarray]] = {}
    for n, some in _grouped(group):
        for face in seen[n]:
            into.setdefault(face, []).append(some)
    return into


def _grouped(group: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each group with the positions of its members."""
    order = np.argsort(group, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if len(some):
            yield int(group[some[0]]), some


def _first_seen(
    walls: Walls, places: np.ndarray, goals: _Goals, is_towards: bool
) -> tuple[np.ndarray, np.ndarray]:
    """
    The same among goals that all may be seen.

    The nearest few goals in a straight line come first, then more: what lies beyond them cannot be
    better than the last of them is far.
    """
    centre, metres = np.full(len(places), -1), np.full(len(places), np.inf)
    tree, count = KDTree(goals.xy), len(goals.xy)
    left, known, few = np.arange(len(places)), np.zeros(len(places)), _FEW
    while len(left):
        few = count if few * _MANY > count else few
        beyond = np.full(len(left), np.inf)
        step = max(1, _PAIRS_AT_ONCE // few)
        for first in range(0, len(left), step):
            some = slice(first, first + step)
            here = places[left[some]]
            if few < count:
                reached, goal = tree.query(here, k=few)
                beyond[some] = np.reshape(reached, (len(here), -1))[:, -1] * (1 - 1e-9)
                goal = np.reshape(goal, (len(here), -1))
            else:
                goal = np.broadcast_to(np.arange(count), (len(here), count))
            off = goals.xy[goal] - here[:, None]
            total = np.hypot(off[..., 0], off[..., 1]) + goals.off[goal]
            is_new = (total >= known[some, None]) & (total < beyond[some, None])
            place, nth = np.nonzero(is_new)
            goal, total = goal[place, nth], total[place, nth]
            order = np.lexsort((goals.centre[goal], total, place))
            place, goal, total = place[order], goal[order], total[order]
            ends = here[place], goals.xy[goal]
            seen = _first_open(walls, place, ends[::-1] if is_towards else ends)
            at = left[some][place[seen]]
            centre[at], metres[at] = goals.centre[goal[seen]], total[seen]
        is_left = (centre[left] < 0) & np.isfinite(beyond)
        left, known, few = left[is_left], beyond[is_left], few * _MANY
    return centre, metres


def _first_open(walls: Walls, place: np.ndarray, ends: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Of the straight lines of each place, in order, the position of the first that no barrier crosses."""
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    last = np.append(starts[1:], len(place))
    found = np.full(len(starts), -1)
    left, few = np.arange(len(starts)), 1
    while len(left):
        size = np.minimum(few, last[left] - starts[left])
        line = np.repeat(starts[left], size) + _steps(size)
        is_open = ~is_blocked(walls, ends[0][line], ends[1][line])
        of = np.repeat(left, size)[is_open]
        first = np.flatnonzero(np.diff(of, prepend=-1))
        found[of[first]] = line[is_open][first]
        starts = starts.copy()
        starts[left] += size
        left = left[(found[left] < 0) & (starts[left] < last[left])]
        few *= 2
    return found[found >= 0]


def _over_crossings(
    passages: Passages, faces: Faces, centre: np.ndarray, metres: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest centre of each crossing's end over any others, from those that it sees itself."""
    xy, centre, metres = passages.xy, centre.copy(), metres.copy()
    one, other, length = passages.bridges
    start, end = np.concatenate([one, other]), np.concatenate([other, one])
    order = np.argsort(start, kind="stable")
    end, length = end[order], np.tile(length, 2)[order]
    first = np.searchsorted(start[order], np.arange(len(xy) + 1))
    group, seen = seen_from(faces, xy)
    into = _by_face(group, seen)
    waiting = metres.copy()  # of those that are not yet settled
    while len(xy) and np.isfinite(least := waiting.min()):
        equal = np.flatnonzero(waiting == least)
        n = equal[np.argmin(centre[equal])]
        waiting[n] = np.inf
        theirs = slice(first[n], first[n + 1])
        near = np.concatenate([part for face in seen[group[n]] for part in into[face]])
        direct = np.hypot(*(xy[near] - xy[n]).T)
        is_better = np.isfinite(waiting[near]) | np.isinf(metres[near])
        is_better &= _is_before(least + direct, centre[n], metres[near], centre[near])
        near, direct = near[is_better], direct[is_better]
        low, high = np.minimum(near, n), np.maximum(near, n)
        is_open = ~is_blocked(passages.walls, xy[low], xy[high])
        to = np.append(near[is_open], end[theirs])
        total = least + np.append(direct[is_open], length[theirs])
        is_better = np.isfinite(waiting[to]) | np.isinf(metres[to])
        is_better &= _is_before(total, centre[n], metres[to], centre[to])
        to, total = to[is_better], total[is_better]
        order = np.argsort(-total, kind="stable")  # of two ways to one the shorter is written last
        metres[to[order]] = waiting[to[order]] = total[order]
        centre[to] = centre[n]
    return centre, metres


def _is_before(
    metres: np.ndarray, centre: int, others: np.ndarray, their_centres: np.ndarray
) -> np.ndarray:
    """Whether a way is shorter than others, or leads as far to a centre that comes first."""
    found: np.ndarray = (metres < others) | ((metres == others) & (centre < their_centres))
    return found
