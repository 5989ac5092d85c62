"""Rasters too large for memory, written block by block: tiled BigTIFF, north up, all of them whole or none."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyproj

from carecircles import _mends
from carecircles.errors import StoppedError, ValidationError
from carecircles.io._target import not_writable, replacing
from carecircles.words import Sentence

_TILE = 512
_KEPT_MB = 64  # of tiles; GDAL's own rule is a twentieth of the machine, whatever --memory says
_FAST = "1"  # of deflate: half the time of the usual level, and hardly larger


class Layer(NamedTuple):
    """
    What a raster holds: the kind of its numbers, and the one that says there is nothing.

    With `predictor` 3 (of TIFF, for fractions) numbers that differ a little from cell to cell take a third less room.
    """

    dtype: str
    nodata: float
    predictor: int = 1


class Place(NamedTuple):
    """Where a raster lies: its south-west corner and the side of a cell in metres, its rows and columns, its CRS."""

    cell: float
    x0: float
    y0: float
    rows: int
    cols: int
    crs: pyproj.CRS | None


Put = Callable[[int, int, Mapping[str, np.ndarray]], None]


def require_rasterio() -> None:
    """
    Go on only if rasters can be written.

    Raises
    ------
    ImportError
        If rasterio is not installed.

    Examples
    --------
    >>> require_rasterio()
    """
    try:
        import rasterio  # noqa: F401
    except ImportError as err:
        doing = Sentence("--rasters: writing rasters", zh="--rasters：写入栅格")
        raise ImportError(_mends.install(doing, "rasterio", "raster")) from err


@contextlib.contextmanager
def folder_for(path: str | Path) -> Iterator[None]:
    """
    A folder to write to, which is made if it is not there, and goes again where nothing was written after all.

    Raises
    ------
    ValidationError
        If it cannot be made.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with folder_for(Path(place) / "rasters"):
    ...         (Path(place) / "rasters").is_dir()
    True
    """
    folder = Path(path)
    was_there = folder.is_dir()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as err:
        raise ValidationError([not_writable(path, err)]) from err
    try:
        yield
    except BaseException:
        if not was_there:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


@contextlib.contextmanager
def write_rasters(
    layers: Mapping[Path, Layer],
    place: Place,
    *,
    inputs: Iterable[str | Path] = (),
    is_cog: bool = False,
) -> Iterator[Put]:
    """
    Write rasters of one lattice block by block; they take their names when all is written.

    Parameters
    ----------
    layers
        By path, what each holds.
    place
        Where they lie.
    inputs
        Files that were read; a result takes the place of none of them.
    is_cog
        Cloud Optimised GeoTIFFs: smaller ones of themselves inside, of which each pixel is one of theirs, so that
        a viewer reads a part. That takes once more their room on the disk while it is made.

    Yields
    ------
    put
        A function of the row and the column of a block's south-west corner, counted from that of the
        lattice, and its values by the stem of the path, south row first. Where nothing is put there is nothing.

    Raises
    ------
    ImportError
        If rasterio is not installed.
    ValidationError
        If a file cannot be written, and if the disk is full.

    Examples
    --------
    >>> import tempfile, rasterio
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "depth.tif"
    ...     place = Place(50.0, 0.0, 0.0, 2, 3, pyproj.CRS(4548))
    ...     with write_rasters({path: Layer("uint16", 65535)}, place) as put:
    ...         put(0, 1, {"depth": np.array([[7, 8]])})
    ...     with rasterio.open(path) as file:
    ...         file.read(1).tolist()
    [[65535, 65535, 65535], [65535, 7, 8]]
    """
    require_rasterio()
    import rasterio
    from rasterio.windows import Window

    profile = {
        "driver": "GTiff",
        "height": place.rows,
        "width": place.cols,
        "count": 1,
        "crs": None if place.crs is None else place.crs.to_wkt(),
        "transform": rasterio.Affine(
            place.cell, 0.0, place.x0, 0.0, -place.cell, place.y0 + place.rows * place.cell
        ),
        "tiled": True,
        "blockxsize": _TILE,
        "blockysize": _TILE,
        "compress": "deflate",
        "zlevel": _FAST,
        "bigtiff": "yes",
        "sparse_ok": True,
    }
    with contextlib.ExitStack() as together:
        together.enter_context(rasterio.Env(GDAL_CACHEMAX=_KEPT_MB))
        try:
            files, made_at = {}, []
            for path, layer in layers.items():
                temporary = together.enter_context(replacing(path, inputs=inputs))
                made_at.append(temporary)
                made = rasterio.open(temporary, "w", **profile, **layer._asdict())
                files[path.stem] = together.enter_context(contextlib.closing(made))
            begun: dict[tuple[str, int], tuple[int, np.ndarray]] = {}

            def write(name: str, row: int, col: int, block: np.ndarray) -> None:
                rows, cols = block.shape
                files[name].write(block, 1, window=Window(col, row, cols, rows))

            def put(row: int, col: int, values: Mapping[str, np.ndarray]) -> None:
                """Of tiles that the next block to the north fills, the rows wait for it: each tile is written once."""
                for name, block in values.items():
                    first = place.rows - row - len(block)
                    below, rest = begun.pop((name, col), (-1, block[:0]))
                    block = block[::-1].astype(files[name].dtypes[0])
                    if below == first + len(block) and rest.shape[1] == block.shape[1]:
                        block = np.concatenate([block, rest])
                    elif len(rest):
                        write(name, below, col, rest)
                    waits = min(-first % _TILE, len(block))
                    if waits:
                        begun[name, col] = first, block[:waits].copy()
                    if waits < len(block):
                        write(name, first + waits, col, block[waits:])

            yield put
            for (name, col), (row, rest) in begun.items():
                write(name, row, col, rest)
            for file in files.values():
                file.close()
            if is_cog:
                for temporary, layer in zip(made_at, layers.values(), strict=True):
                    _optimise(temporary, layer)
        except rasterio.errors.RasterioError as err:
            names = ", ".join(path.name for path in layers)
            reason = " ".join(str(err).split())[:160]
            told = f"{names}: cannot be written ({reason}); free some space, or {_mends.ANOTHER_PLACE}."
            zh = f"{names}：无法写入（{reason}）；请腾出空间；否则{_mends.ANOTHER_PLACE.zh}。"
            raise StoppedError([Sentence(told, zh=zh)]) from err


def _optimise(path: Path, layer: Layer) -> None:
    """A raster as a Cloud Optimised GeoTIFF in its own place."""
    import rasterio.shutil

    copy = path.with_name(f"{path.stem}-cog.tif")
    options = {
        "compress": "deflate",
        "level": _FAST,
        "predictor": "yes" if layer.predictor > 1 else "no",
        "blocksize": _TILE,
        "bigtiff": "yes",
        "sparse_ok": "yes",
    }
    try:
        rasterio.shutil.copy(path, copy, driver="COG", resampling="nearest", **options)
        copy.replace(path)
    except Exception as err:  # GDAL's own kinds, of which rasterio makes none of its
        raise rasterio.errors.RasterioIOError(str(err)) from err
    finally:
        copy.unlink(missing_ok=True)
