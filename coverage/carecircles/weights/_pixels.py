"""People of rasters in the cells of a grid."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj

from carecircles import _mends, grid
from carecircles.area import Band
from carecircles.errors import ValidationError
from carecircles.weights._overlay import Ground, centres_in, holding
from carecircles.words import Sentence

if TYPE_CHECKING:
    import rasterio.io
    import rasterio.windows

_MOST_PIXELS = 100_000_000  # in the window over an area
_ROWS_AT_ONCE = 256
_KNOT = 32  # cells from one point that is transformed to the next; between them its place is interpolated
_SURE = 4  # times the error half-way between knots is more than any other
_TURNED = 0.7  # the side of a square over that of the one around it, however it is turned


class _Window(NamedTuple):
    """The part of a raster that lies over a grid, and which of its pixels (by number) cells are centred in."""

    window: "rasterio.windows.Window"
    pixel: np.ndarray  # of each cell; -1 outside
    counts: np.ndarray  # cells centred in each pixel, also those of no street
    lone_pixel: np.ndarray  # that no cell is centred in
    lone_cell: np.ndarray  # which holds the centre of that pixel


def of_cells(bands: Sequence[Band], ground: Ground, crs: pyproj.CRS) -> dict[str, np.ndarray]:
    """
    People of each cell by group, of the pixels of some bands; those of one group are added up.

    The people of a pixel are shared among the cells centred in it, those beyond the area too, where land is not
    empty: the cells' centres are transformed to the raster's CRS, so that no pixel is resampled. A pixel in which no cell is centred, such as a
    smaller one, goes to the cell that holds its centre. What is not data counts nothing.

    Raises
    ------
    ImportError
        If rasterio is not installed.
    ValidationError
        If a raster has far more pixels over the area than a grid can have cells.
    """
    found: dict[str, np.ndarray] = {}
    windows: dict[tuple[object, ...], _Window] = {}  # files of one lattice share theirs
    for band in bands:
        with _opened(band) as file:
            key = (file.crs.to_wkt(), file.transform, file.shape)
            if key not in windows:
                windows[key] = _window(file, ground, crs, str(band.path.name))
            over = windows[key]
            values = file.read(band.band, window=over.window, masked=True)
        people = np.nan_to_num(values.astype(float).filled(0.0), posinf=0.0).clip(min=0.0).ravel()
        each = np.divide(people, over.counts, out=np.zeros(len(people)), where=over.counts > 0)
        weight = np.where(
            ground.is_lived & (over.pixel >= 0), np.append(each, 0.0)[over.pixel], 0.0
        )
        np.add.at(weight, over.lone_cell, people[over.lone_pixel])
        found[band.group] = found.get(band.group, 0.0) + weight
    return found


def under_cells(band: Band, ground: Ground, crs: pyproj.CRS) -> np.ndarray:
    """
    The value of the pixel that the centre of each cell lies in; NaN where there is none.

    Raises what `of_cells` does.
    """
    with _opened(band) as file:
        over = _window(file, ground, crs, band.path.name)
        values = file.read(band.band, window=over.window, masked=True)
    told = np.append(np.ma.filled(values.astype(float), np.nan).ravel(), np.nan)
    return np.asarray(told[over.pixel])


def _opened(band: Band) -> "rasterio.io.DatasetReader":
    try:
        import rasterio
    except ImportError as err:
        raise ImportError(
            _mends.install(Sentence("reading rasters", zh="读取栅格"), "rasterio", "raster")
        ) from err
    return rasterio.open(band.path)


def _window(
    file: "rasterio.io.DatasetReader", ground: Ground, crs: pyproj.CRS, name: str
) -> _Window:
    """Where cells lie in a raster."""
    from rasterio.windows import Window

    lattice = ground.lattice
    to_raster = pyproj.Transformer.from_crs(crs, file.crs.to_wkt(), always_xy=True)
    to_ground = pyproj.Transformer.from_crs(file.crs.to_wkt(), crs, always_xy=True)
    a, b, c, d, e, f = file.transform[:6]
    height, width = file.height, file.width

    def place(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Rows and columns of points, in fractions of a pixel."""
        u, v = np.asarray(to_raster.transform(x, y)) - np.array([[c], [f]])
        with np.errstate(invalid="ignore"):  # a point that the raster's CRS does not have
            found: np.ndarray = np.array([a * v - d * u, e * u - b * v]) / (a * e - b * d)
        return found

    def places(row: np.ndarray, col: np.ndarray) -> np.ndarray:
        return np.asarray(to_ground.transform(c + a * col + b * row, f + d * col + e * row))

    # Around the cells there have to be so many more that every pixel over a cell is full of them.
    own_row, own_col = np.full((2, len(ground.x)), -1, dtype=np.int64)
    for at, row, col in _in_rows(place, lattice, 0):
        cell = ground.position[at]
        own_row[cell[cell >= 0]], own_col[cell[cell >= 0]] = row[cell >= 0], col[cell >= 0]
    middle_row, middle_col = int(np.median(own_row)), int(np.median(own_col))
    corners_col, corners_row = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
    sides = np.ptp(places(middle_row + corners_row, middle_col + corners_col), axis=1)
    pad = int(np.ceil(sides.max() / lattice.cell)) + 1
    # So far from the pixels of centres lie those of the rest of their cells, turned as they may be.
    more = int(np.ceil(lattice.cell / (2 * _TURNED * sides.min()) + 0.5))
    row, col = own_row, own_col
    is_in = (row >= 0) & (row < height) & (col >= 0) & (col < width)
    if not is_in.any():
        none = np.empty(0, dtype=np.int64)
        return _Window(Window(0, 0, 1, 1), np.full(len(row), -1), np.zeros(1), none, none)
    top, bottom = max(row[is_in].min() - more, 0), min(row[is_in].max() + 1 + more, height)
    left, right = max(col[is_in].min() - more, 0), min(col[is_in].max() + 1 + more, width)
    rows, cols = int(bottom - top), int(right - left)
    if rows * cols > _MOST_PIXELS:
        raise ValidationError(
            [
                Sentence(
                    f"{name}: {rows * cols:,} pixels lie over the area, the most is {_MOST_PIXELS:,}; "
                    "make its pixels larger.",
                    zh=f"{name}：该区域内有 {rows * cols:,} 个像元，最多 {_MOST_PIXELS:,}；请增大像元。",
                )
            ]
        )

    def number(row: np.ndarray, col: np.ndarray) -> np.ndarray:
        is_in = (row >= top) & (row < bottom) & (col >= left) & (col < right)
        return np.where(is_in, (row - top) * cols + col - left, -1)

    pixel = number(row, col)
    counts = np.bincount(pixel[ground.is_lived & (pixel >= 0)], minlength=rows * cols)
    around = np.pad(ground.position, pad, constant_values=-1)
    around = np.where(_empty_around(ground, pad), 0, around)
    for at, row, col in _in_rows(place, lattice, pad):
        others = number(row, col)[around[at] < 0]
        counts += np.bincount(others[others >= 0], minlength=rows * cols)
    lone = np.flatnonzero(counts == 0)
    cell = holding(places(top + lone // cols + 0.5, left + lone % cols + 0.5).T, ground)
    is_own = (cell >= 0) & ground.is_lived[cell]
    return _Window(Window(left, top, cols, rows), pixel, counts, lone[is_own], cell[is_own])


def _empty_around(ground: Ground, pad: int) -> np.ndarray:
    """Whether nobody lives in each place of a lattice and of so many cells more around it."""
    lattice = ground.lattice
    corner = (round(at / lattice.cell) - pad for at in (lattice.x0, lattice.y0))
    x0, y0 = (at * lattice.cell for at in corner)
    rows, cols = lattice.rows + 2 * pad, lattice.cols + 2 * pad
    wide = dataclasses.replace(lattice, x0=x0, y0=y0, rows=rows, cols=cols)
    found = np.zeros((rows, cols), dtype=bool)
    if ground.empty is not None:
        for _, row, col in centres_in(ground.empty, wide):
            found[row, col] = True
    return found


def _in_rows(
    place: Callable[[np.ndarray, np.ndarray], np.ndarray], lattice: grid.Grid, pad: int
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """
    The pixels that the centres of a lattice lie in, and of so many cells more around it, some rows at once.

    Which rows, and row and column of the pixel of each place, -1 where the raster's CRS does not have it.
    """
    first_row, first_col = (round(at / lattice.cell) for at in (lattice.y0, lattice.x0))
    x = (first_col + np.arange(-pad, lattice.cols + pad) + 0.5) * lattice.cell
    y = (first_row + np.arange(-pad, lattice.rows + pad) + 0.5) * lattice.cell
    for start in range(0, len(y), _ROWS_AT_ONCE):
        at = slice(start, start + _ROWS_AT_ONCE)
        found = np.floor(_placed(place, x, y[at]))
        row, col = np.nan_to_num(found, nan=-1, posinf=-1, neginf=-1).astype(np.int64)
        yield at, row, col


def _placed(
    place: Callable[[np.ndarray, np.ndarray], np.ndarray], x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """
    Where the points of a lattice lie in a raster, so exactly that the pixel of each is right.

    Transformed are the knots of a coarse net, and whatever lies so near the edge of a pixel that it could be another.
    """

    def exact(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        across, up = (axis.ravel() for axis in np.meshgrid(x, y))
        return place(across, up).reshape(2, len(y), len(x))

    knots_x, knots_y = _net(x), _net(y)
    known = exact(knots_x, knots_y)
    if not np.isfinite(known).all():
        return exact(x, y)

    def between(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return _interpolated(known[:, ::2, ::2], knots_x[::2], knots_y[::2], x, y)

    error = _SURE * np.abs(between(knots_x, knots_y) - known).max()
    error += 1e-12 * np.abs(known).max()  # of rounding
    found = between(x, y)
    up, across = np.nonzero((np.abs(found - np.rint(found)) <= error).any(axis=0))
    found[:, up, across] = place(x[across], y[up])
    return found


def _net(at: np.ndarray) -> np.ndarray:
    """Each so manieth of some coordinates in rising order, the last, and those half-way between."""
    knots = at[np.unique(np.append(np.arange(0, len(at), _KNOT), len(at) - 1))]
    halfway = (knots[1:] + knots[:-1]) / 2
    return np.sort(np.concatenate([knots, halfway]))


def _interpolated(
    known: np.ndarray, knots_x: np.ndarray, knots_y: np.ndarray, x: np.ndarray, y: np.ndarray
) -> np.ndarray:
    """Values between those at the knots of a net, along columns and then along rows."""
    for axis, knots, at in ((2, knots_x, x), (1, knots_y, y)):
        if len(knots) == 1:
            known = np.repeat(known, len(at), axis=axis)
            continue
        left = np.clip(np.searchsorted(knots, at, "right") - 1, 0, len(knots) - 2)
        share = (at - knots[left]) / np.diff(knots)[left]
        share = share[:, None] if axis == 1 else share
        low, high = (known.take(left + n, axis=axis) for n in (0, 1))
        known = low + (high - low) * share
    return known
