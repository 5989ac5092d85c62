"""
Barriers as straight pieces: which straight lines cross one, and which places cannot see each other.

To go along a barrier is not to cross it, and who stands in a polygon is let out of it.
"""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely

HAIR_M = 0.001  # at the ends of a straight line, which may themselves lie on a barrier
_NOISE_M = 1e-6
_AT_M = 0.005  # from a barrier where a place counts as on either side of it
_BEYOND_M = 1.0  # around all places, where the faces between barriers end
_PIECE_M = 250.0  # long straight lines are looked up piece by piece
_PIECES_AT_ONCE = 50_000
_BEGUN = (1, 4, 16)  # pieces of a line that are looked at first


class Walls(NamedTuple):
    """
    Barriers as straight pieces: `ends` of shape (pieces, 2, 2), whose polygon each is, by where they are.

    `polygons` do not overlap each other; a piece of a line belongs to polygon -1.
    """

    ends: np.ndarray
    polygon: np.ndarray
    polygons: np.ndarray
    tree: shapely.STRtree


class Faces(NamedTuple):
    """
    What barriers cut the ground into: by where the faces are, and by the straight pieces they lie at.

    Places that see into no face in common do not see each other; others may.
    """

    walls: Walls
    shapes: shapely.STRtree
    rims: shapely.STRtree
    face_of_rim: np.ndarray


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


def faces_between(walls: Walls, xy: np.ndarray) -> Faces:
    """
    What barriers cut the ground of some places into.

    A line between two places never leaves the rectangle around all, so that a barrier across it cuts it
    in two.
    """
    (left, low), (right, high) = xy.min(axis=0) - _BEYOND_M, xy.max(axis=0) + _BEYOND_M
    around = shapely.box(left, low, right, high)
    near = walls.tree.geometries[walls.tree.query(around)]
    lines = shapely.union_all(np.append(near, around.exterior))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    shapely.prepare(faces)
    rings, face = shapely.get_rings(faces, return_index=True)
    at, ring = shapely.get_coordinates(rings, return_index=True)
    step = np.flatnonzero(ring[1:] == ring[:-1])
    rims = np.asarray(shapely.linestrings(np.stack([at[step], at[step + 1]], axis=1)))
    return Faces(walls, shapely.STRtree(faces), shapely.STRtree(rims), face[ring[step]])


def seen_from(faces: Faces, xy: np.ndarray) -> tuple[np.ndarray, list[tuple[int, ...]]]:
    """The group of each place, and the faces that the places of each group may see into."""
    points = np.asarray(shapely.points(xy))
    place, face = _inside(faces.shapes, xy)
    near, rim = faces.rims.query(points, predicate="dwithin", distance=_AT_M)
    place, face = np.append(place, near), np.append(face, faces.face_of_rim[rim])
    order = np.lexsort((face, place))
    place, face = place[order], face[order]
    starts = np.searchsorted(place, np.arange(len(xy) + 1))
    group = np.full(len(xy), -1)
    is_one = np.diff(starts) == 1
    group[is_one] = face[starts[:-1][is_one]]
    known = {(n,): n for n in range(len(faces.shapes.geometries))}
    own = {n: set(face[starts[n] : starts[n + 1]].tolist()) for n in np.flatnonzero(~is_one)}
    within, polygon = _inside(shapely.STRtree(faces.walls.polygons), xy)
    for one in np.unique(polygon):  # who stands in it is let out into all that lies at its bank
        bank = faces.walls.tree.geometries[faces.walls.polygon == one]
        rim = faces.rims.query(bank, predicate="dwithin", distance=_AT_M)[1]
        around = set(faces.face_of_rim[rim].tolist())
        for n in within[polygon == one].tolist():
            own[n] = around | own.get(n, {int(group[n])})
    for n, some in own.items():
        group[n] = known.setdefault(tuple(sorted(some)), len(known))
    return group, list(known)


def _inside(shapes: shapely.STRtree, xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places and the prepared polygons that each lies in."""
    place, polygon = shapes.query(shapely.points(xy))
    is_inside = shapely.contains_xy(shapes.geometries[polygon], *xy[place].T)
    return place[is_inside], polygon[is_inside]


def is_blocked(walls: Walls, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """
    Whether each straight line from a place `a` to a place `b` crosses a barrier.

    To go along one is not to cross it; who stands in a polygon is let out.
    """
    found = np.zeros(len(a), dtype=bool)
    if not len(walls.ends):
        return found
    count = np.maximum(np.ceil(np.hypot(*(b - a).T) / _PIECE_M), 1).astype(np.int64)
    left, done = np.arange(len(a)), 0
    for most in (*_BEGUN, int(count.max(initial=0))):  # most lines that are blocked are so soon
        size = np.minimum(count[left], most) - done
        until, first = np.cumsum(size), 0
        while first < len(left):
            before = until[first - 1] if first else 0
            beyond = max(int(np.searchsorted(until, before + _PIECES_AT_ONCE)), first + 1)
            some = left[first:beyond]
            found[some] = _crosses(walls, a[some], b[some], (count[some], done, size[first:beyond]))
            first = beyond
        left, done = left[~found[left] & (count[left] > most)], most
    return found


def _crosses(
    walls: Walls, a: np.ndarray, b: np.ndarray, pieces: tuple[np.ndarray, int, np.ndarray]
) -> np.ndarray:
    """The same of lines of which only some pieces are looked at: of how many, from which on, and how many."""
    count, done, size = pieces
    line = np.repeat(np.arange(len(a)), size)
    nth = done + np.arange(len(line)) - np.repeat(np.cumsum(size) - size, size)
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
        meets &= (at > HAIR_M) & (at < length - HAIR_M)
    line, polygon = line[meets], walls.polygon[wall[meets]]
    is_bank = polygon >= 0
    for place in (a, b):
        some = np.flatnonzero(is_bank)
        x, y = place[line[some]].T
        is_bank[some] = ~shapely.contains_xy(walls.polygons[polygon[some]], x, y)
    found = np.zeros(len(a), dtype=bool)
    found[line[(polygon < 0) | is_bank]] = True
    return found
