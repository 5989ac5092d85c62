"""Which cells of a grid a point, a polygon or a pixel belongs to, many at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from carecircles import grid

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

_AT_ONCE = 4_000_000  # pairs of polygon and cell centre that are looked at together
_LARGE = 4096  # cell centres in a polygon's bounds from which on it is looked up by blocks
_RING = 2  # cells around a point among which the nearest is looked for first
_FEW = 3  # points that are too few to make a lattice
_SAME_SPACING = 0.01  # relative; what the way from one point of a lattice to the next may differ
_CORNER = 0.7072  # half the diagonal of a square over its side


@dataclass(frozen=True, eq=False)
class Ground:
    """
    The cells of a grid, to be found by where they are.

    Attributes
    ----------
    lattice
        Their lattice.
    x, y
        Centres of the cells in metres.
    position
        Position of the cell in each row and column of the lattice, -1 where there is none.
    is_lived
        Whether people can live in each cell.
    empty
        Polygons in which nobody lives, also beyond the cells.
    """

    lattice: grid.Grid
    x: np.ndarray
    y: np.ndarray
    position: np.ndarray
    is_lived: np.ndarray
    empty: np.ndarray | None = None


class Shares(NamedTuple):
    """Points or polygons, cells, the share of the one that the other takes, and whether its centre lies in it."""

    which: np.ndarray
    cell: np.ndarray
    share: np.ndarray
    is_centred: np.ndarray


def ground_of(cells: pd.DataFrame, uninhabited: np.ndarray | None = None) -> Ground:
    """The cells of a grid; nobody lives in those whose centre lies in one of some polygons."""
    lattice = grid.lattice_of(cells)
    position = grid.raster(cells, np.arange(len(cells), dtype=np.int32), fill=-1)
    x, y = cells["x"].to_numpy(), cells["y"].to_numpy()
    return ground_on(lattice, x, y, position, uninhabited)


def ground_on(
    lattice: grid.Grid,
    x: np.ndarray,
    y: np.ndarray,
    position: np.ndarray,
    uninhabited: np.ndarray | None,
) -> Ground:
    """The cells of a lattice by where they are (`Ground`); nobody lives in some polygons."""
    is_lived = np.ones(len(x), dtype=bool)
    if uninhabited is not None:
        for _, row, col in centres_in(uninhabited, lattice):
            cell = position[row, col]
            is_lived[cell[cell >= 0]] = False
    return Ground(lattice, x, y, position, is_lived, uninhabited)


def centres_in(
    shapes: np.ndarray, lattice: grid.Grid
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The cell centres in each polygon, its border included: polygon, row and column, in parts."""
    x = lattice.x0 + (np.arange(lattice.cols) + 0.5) * lattice.cell
    y = lattice.y0 + (np.arange(lattice.rows) + 0.5) * lattice.cell
    left, bottom, right, top = shapely.bounds(shapes).T
    first_col, beyond_col = np.searchsorted(x, left), np.searchsorted(x, right, side="right")
    first_row, beyond_row = np.searchsorted(y, bottom), np.searchsorted(y, top, side="right")
    wide = np.maximum(beyond_col - first_col, 0)
    many = wide * np.maximum(beyond_row - first_row, 0)

    small = np.flatnonzero((many > 0) & (many < _LARGE))
    parts = np.cumsum(many[small]) // _AT_ONCE
    for some in np.split(small, np.flatnonzero(np.diff(parts)) + 1):
        shape = np.repeat(some, many[some])
        nth = np.arange(len(shape)) - np.repeat(np.cumsum(many[some]) - many[some], many[some])
        row, col = first_row[shape] + nth // wide[shape], first_col[shape] + nth % wide[shape]
        is_in = shapely.intersects_xy(shapes[shape], x[col], y[row])
        yield shape[is_in], row[is_in], col[is_in]
    for one in np.flatnonzero(many >= _LARGE):
        rows, cols = slice(first_row[one], beyond_row[one]), slice(first_col[one], beyond_col[one])
        row, col = np.nonzero(grid.holds(shapes[one], x[cols], y[rows]))
        yield np.full(len(row), one), row + first_row[one], col + first_col[one]


def holding(points: np.ndarray, ground: Ground) -> np.ndarray:
    """Position of the cell that holds each point, -1 where none does."""
    lattice = ground.lattice
    row = np.floor((points[:, 1] - lattice.y0) / lattice.cell)
    col = np.floor((points[:, 0] - lattice.x0) / lattice.cell)
    is_there = (row >= 0) & (row < lattice.rows) & (col >= 0) & (col < lattice.cols)
    cell = np.full(len(points), -1)
    cell[is_there] = ground.position[row[is_there].astype(int), col[is_there].astype(int)]
    return cell


def points_of(shapes: np.ndarray) -> np.ndarray:
    """A point of each shape, itself or one inside, as x and y."""
    is_point = shapely.get_type_id(shapes) == 0
    points = shapes.copy()
    points[~is_point] = shapely.point_on_surface(shapes[~is_point])
    return shapely.get_coordinates(points)


def owners_of(points: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Position of the first polygon that holds each point, its border included; -1 where none does."""
    owner = np.full(len(points), -1)
    order = np.argsort(points[:, 0], kind="stable")
    x, y = points[order].T
    for position, shape in enumerate(shapes):
        left, bottom, right, top = shape.bounds
        some = slice(*np.searchsorted(x, [left, np.nextafter(right, np.inf)]))
        near = order[some][(y[some] >= bottom) & (y[some] <= top)]
        near = near[owner[near] < 0]
        shapely.prepare(shape)
        owner[near[shapely.intersects_xy(shape, *points[near].T)]] = position
    return owner


def shared_among(shapes: np.ndarray, ground: Ground, zones: np.ndarray, own: np.ndarray) -> Shares:
    """
    The cells that share what is at points and in polygons.

    A polygon is shared among the cells with their centre in it; a point, or a polygon that holds no
    centre, goes to the cell that holds it. Only cells where people live and that are in the zone of
    the point or polygon count: where there is none of them, the nearest such cell takes it.

    Parameters
    ----------
    shapes
        Points and polygons.
    ground
        The cells.
    zones
        Zone of each cell, a whole number.
    own
        Zone of each point or polygon; if no cell of it is lived in, nothing is shared.

    """
    which, cell = _centred_in(shapes, ground, zones, own)
    return _with_lone(shapes, ground, zones, own, which, cell)


def shared_as_squares(
    points: np.ndarray, ground: Ground, zones: np.ndarray, own: np.ndarray
) -> Shares:
    """As `shared_among`, of points that stand for the squares of a lattice if they lie on one."""
    places, spacing = shapely.get_coordinates(points), 0.0
    which: np.ndarray = np.empty(0, dtype=int)
    cell = which
    if len(points) > _FEW:
        spacing = _spacing(places)
    if spacing > 0:  # each cell with the nearest, if it is no farther than a square's corner
        cell = np.flatnonzero(ground.is_lived)
        centres = np.column_stack([ground.x[cell], ground.y[cell]])
        off, near = _tree(places).query(centres, distance_upper_bound=_CORNER * spacing)
        is_near = np.isfinite(off)
        which, cell = np.asarray(near)[is_near], cell[is_near]
    return _with_lone(points, ground, zones, own, which, cell)


def _with_lone(
    shapes: np.ndarray,
    ground: Ground,
    zones: np.ndarray,
    own: np.ndarray,
    which: np.ndarray,
    cell: np.ndarray,
) -> Shares:
    """What is shared among cells, and what has none of them with the cell nearest to it."""
    counts = np.bincount(which, minlength=len(shapes))
    lone = np.flatnonzero(counts == 0)
    found = _nearest(points_of(shapes[lone]), ground, zones, own[lone])
    lone, found = lone[found >= 0], found[found >= 0]
    return Shares(
        np.concatenate([which, lone]),
        np.concatenate([cell, found]),
        np.concatenate([1.0 / counts[which], np.ones(len(lone))]),
        np.arange(len(which) + len(lone)) < len(which),
    )


def _centred_in(
    shapes: np.ndarray, ground: Ground, zones: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Polygons and the cells in their zone that have their centre in them."""
    parts = [(np.empty(0, dtype=int), np.empty(0, dtype=int))]
    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    for which, row, col in centres_in(shapes[areas], ground.lattice):
        polygon, cell = areas[which], ground.position[row, col]
        counts = (cell >= 0) & ground.is_lived[cell] & (zones[cell] == own[polygon])
        parts.append((polygon[counts], cell[counts]))
    which, cell = (np.concatenate(some) for some in zip(*parts, strict=True))
    return which, cell


def _nearest(points: np.ndarray, ground: Ground, zones: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The cell lived in of its zone that holds each point, or the nearest one; -1 if there is none."""
    cell = holding(points, ground)
    counts = (cell >= 0) & ground.is_lived[cell] & (zones[cell] == own)
    astray = np.flatnonzero(~counts)
    cell[astray] = -1
    lattice, best = ground.lattice, np.full(len(astray), np.inf)
    for up in range(-_RING, _RING + 1):
        for right in range(-_RING, _RING + 1):
            moved = points[astray] + np.array([right, up]) * lattice.cell
            near = holding(moved, ground)
            counts = (near >= 0) & ground.is_lived[near] & (zones[near] == own[astray])
            off = np.hypot(ground.x[near] - points[astray, 0], ground.y[near] - points[astray, 1])
            is_nearer = counts & (off < best)
            cell[astray[is_nearer]], best[is_nearer] = near[is_nearer], off[is_nearer]
    # Beyond the ring lies nothing that is nearer than half a cell more than the ring.
    far = astray[best > (_RING + 0.5) * lattice.cell]
    for zone in np.unique(own[far]):
        there, some = np.flatnonzero((zones == zone) & ground.is_lived), far[own[far] == zone]
        if len(there):
            tree = _tree(np.column_stack([ground.x[there], ground.y[there]]))
            cell[some] = there[tree.query(points[some])[1]]
    return cell


def _tree(points: np.ndarray) -> "cKDTree":
    from scipy.spatial import cKDTree  # a map without such points need not load it

    return cKDTree(points)


def _spacing(points: np.ndarray) -> float:
    """Metres from one point to the next where they lie on a lattice; else 0."""
    off = np.asarray(_tree(points).query(points, k=2)[0])[:, 1]
    usual = float(np.median(off))
    is_usual = np.abs(off - usual) <= _SAME_SPACING * usual
    return usual if is_usual.mean() > 0.5 and off.min() > usual / 2 else 0.0
