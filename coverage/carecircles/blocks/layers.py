"""Rasters of what the cells say: which, of a block, and the folder they are written to."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from carecircles import _field, grid
from carecircles.io import tiled

_LAYERS = {
    "depth": tiled.Layer("uint16", 65535),
    "distance_m": tiled.Layer("float32", -1.0, predictor=3),
    "uncovered_people": tiled.Layer("float32", -1.0),
}


class Into(NamedTuple):
    """
    A folder for rasters, and whether they are to be Cloud Optimised GeoTIFFs.

    `inputs` are files that were read, of which no raster takes the place.
    """

    folder: str | Path
    inputs: Sequence[str | Path] = ()
    is_cog: bool = False


def raster_files(folder: str | Path) -> dict[Path, tiled.Layer]:
    """
    The rasters that `evaluate` writes to a folder.

    Examples
    --------
    >>> [path.name for path in raster_files("out")]
    ['depth.tif', 'distance_m.tif', 'uncovered_people.tif']
    """
    return {Path(folder) / f"{name}.tif": layer for name, layer in _LAYERS.items()}


def of_field(field: _field.Field, is_left: np.ndarray, group: str) -> dict[str, np.ndarray]:
    """What the cells of a block say, laid out."""
    is_cell = field.street < len(field.labels)
    values = {
        "depth": np.minimum(field.depth, 65534),
        "distance_m": -1.0 if field.metres is None else np.nan_to_num(field.metres, nan=-1.0),
        "uncovered_people": np.where(is_left, _field.laid_out(field, group), 0.0),
    }
    return {
        name: np.where(is_cell, values[name], layer.nodata).astype(layer.dtype)
        for name, layer in _LAYERS.items()
    }


def folder_of(rasters: Into | None) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext() if rasters is None else tiled.folder_for(rasters.folder)


@contextlib.contextmanager
def put_into(rasters: Into | None, lattice: grid.Grid) -> Iterator[tiled.Put]:
    """What writes the rasters of blocks to a folder, if there is to be one."""
    if rasters is None:
        yield lambda *_: None
        return
    corner = lattice.x0, lattice.y0
    place = tiled.Place(lattice.cell, *corner, lattice.rows, lattice.cols, lattice.crs)
    files, inputs = raster_files(rasters.folder), rasters.inputs
    with tiled.write_rasters(files, place, inputs=inputs, is_cog=rasters.is_cog) as put:
        yield put
