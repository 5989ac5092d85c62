"""People of rasters in the cells of a grid."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj

from carecircles import _mends
from carecircles.area import Band
from carecircles.errors import ValidationError
from carecircles.weights._overlay import Ground, holding
from carecircles.words import Sentence

if TYPE_CHECKING:
    import rasterio.io
    import rasterio.windows

_MOST_PIXELS = 100_000_000  # in the window over an area
_ROWS_AT_ONCE = 256
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

    The people of a pixel are shared among the cells centred in it: the cells' centres are transformed
    to the raster's CRS, so that no pixel is resampled. A pixel in which no cell is centred, such as a
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

    def pixels(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u, v = np.asarray(to_raster.transform(x, y)) - np.array([[c], [f]])
        with np.errstate(invalid="ignore"):  # a point that the raster's CRS does not have
            place = np.array([a * v - d * u, e * u - b * v]) / (a * e - b * d)
            row, col = np.nan_to_num(np.floor(place), nan=-1, posinf=-1, neginf=-1).astype(np.int64)
        return row, col

    def places(row: np.ndarray, col: np.ndarray) -> np.ndarray:
        return np.asarray(to_ground.transform(c + a * col + b * row, f + d * col + e * row))

    # Around the cells there have to be so many more that every pixel over a cell is full of them.
    middle_row, middle_col = (int(np.median(p)) for p in pixels(ground.x, ground.y))
    corners_col, corners_row = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
    sides = np.ptp(places(middle_row + corners_row, middle_col + corners_col), axis=1)
    pad = int(np.ceil(sides.max() / lattice.cell)) + 1
    # So far from the pixels of centres lie those of the rest of their cells, turned as they may be.
    more = int(np.ceil(lattice.cell / (2 * _TURNED * sides.min()) + 0.5))
    row, col = pixels(ground.x, ground.y)
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
    first_row, first_col = (round(at / lattice.cell) for at in (lattice.y0, lattice.x0))
    x = (first_col + np.arange(-pad, lattice.cols + pad) + 0.5) * lattice.cell
    for start in range(-pad, lattice.rows + pad, _ROWS_AT_ONCE):
        these = np.arange(start, min(start + _ROWS_AT_ONCE, lattice.rows + pad))
        y = (first_row + these + 0.5) * lattice.cell
        x_all, y_all = (a.ravel() for a in np.meshgrid(x, y))
        is_other = holding(np.column_stack([x_all, y_all]), ground) < 0
        others = number(*pixels(x_all[is_other], y_all[is_other]))
        counts += np.bincount(others[others >= 0], minlength=rows * cols)
    lone = np.flatnonzero(counts == 0)
    cell = holding(places(top + lone // cols + 0.5, left + lone % cols + 0.5).T, ground)
    is_own = (cell >= 0) & ground.is_lived[cell]
    return _Window(Window(left, top, cols, rows), pixel, counts, lone[is_own], cell[is_own])
