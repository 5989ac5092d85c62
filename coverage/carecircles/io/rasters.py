"""
Rasters of people at the door: whom the name of a file says it counts, whether it can be read, its sum.

Headers are judged before a pixel is read; what is read is the window over the area, in pieces.
"""

import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.words import Sentence

SUFFIXES = (".tif", ".tiff")
OLDEST = 90  # the band that begins at this age has no end
MOST_PIXELS = 100_000_000_000  # all the land and sea of the earth at 80 m
_MOST_READ = 1_000_000_000  # pixels over one study area
_MOST_BANDS = 1_000
_MOST_BLOCK_BYTES = 2**29  # GDAL holds a whole one
_PIECE = 2**22  # pixels
_MOST_IN_PIXEL = 1e8  # people
_LEAST_COVERED = 0.5
_CRUMB = 1e-12  # share of the people around, below which a difference of sums is rounding
_OF_AGE = re.compile(r"(?:^|_)([tfm])_(\d{1,3})_((?:19|20)\d\d)(?=_|$)")
_OF_ALL = re.compile(r"(?:^|_)(?:pop|ppp)_((?:19|20)\d\d)(?=_|$)")
_PICTURE = ("palette", "red", "green", "blue", "alpha")


class Named(NamedTuple):
    """What the name of a file says of its people: 't', 'f' or 'm', the age at which they begin, the year."""

    sex: str
    age: int | None  # None is everyone
    year: int


class Looked(NamedTuple):
    """What is understood of a raster file: its make in words, and the people in the area by band."""

    made: Sentence
    sums: dict[int, float]
    covered: float  # share of the area that it covers
    by_shape: dict[int, np.ndarray]  # the people in each polygon of the area


def named(path: str | Path) -> Named | None:
    """
    Whom the name of a raster file says it counts, or None where it does not.

    Examples
    --------
    >>> named("chn_t_60_2030_CN_100m_R2025A_v1.tif")
    Named(sex='t', age=60, year=2030)
    >>> named("chn_pop_2030_CN_100m_R2025A_v1.tif")
    Named(sex='t', age=None, year=2030)
    >>> named("people.tif") is None
    True
    """
    stem = Path(path).stem
    if found := _OF_AGE.search(stem):
        return Named(found[1], int(found[2]), int(found[3]))
    if found := _OF_ALL.search(stem):
        return Named("t", None, int(found[1]))
    return None


def ages_from(age: int) -> list[int]:
    """
    The bands of five years that hold everybody from an age on; the last has no end.

    Examples
    --------
    >>> ages_from(80), ages_from(0)[:4]
    ([80, 85, 90], [0, 1, 5, 10])
    """
    return [first for first in (0, 1, *range(5, OLDEST + 1, 5)) if first >= age]


def name_of(path: Path, *, sex: str, age: int) -> str:
    """
    What a raster file is called that goes with another, for another sex and age.

    Examples
    --------
    >>> name_of(Path("chn_t_60_2030_CN.tif"), sex="t", age=65)
    'chn_t_65_2030_CN.tif'
    """
    digits = f"{age:02d}" if re.search(r"_[tfm]_0\d_", path.stem) else str(age)
    stem = _OF_AGE.sub(lambda m: m[0].replace(f"{m[1]}_{m[2]}", f"{sex}_{digits}"), path.stem)
    return f"{stem}{path.suffix}"


def look(path: Path, bands: Sequence[int] | None, *, area: gpd.GeoSeries) -> Looked:
    """
    What is understood of a raster file, and the people it has in an area; of a pixel on its border the part inside.

    Parameters
    ----------
    path
        A GeoTIFF.
    bands
        Those to sum up, from 1; None is the only one of the file, and none of them are all.
    area
        Polygons, in any CRS; no two of them on each other.

    Raises
    ------
    ValidationError
        With every problem of the file.
    ImportError
        If rasterio is not there.
    """
    try:
        import rasterio
    except ImportError as err:
        raise ImportError(
            _mends.install(Sentence("reading rasters", zh="读取栅格"), "rasterio", "raster")
        ) from err
    file = path.name
    if not path.is_file():
        raise ValidationError(
            [
                Sentence(
                    f"{path}: there is no such file; check the path.",
                    zh=f"{path}：没有这个文件；请检查路径。",
                )
            ]
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a file that says no place; told below
            with rasterio.open(path, driver="GTiff") as source:
                problems, chosen = _header_problems(source, bands, file=file)
                if problems:
                    raise ValidationError(problems)
                return _look(source, chosen, area, file=file)
    except rasterio.errors.RasterioError as err:
        reason = " ".join(str(err).replace(str(path), file).split())[:160]
        raise ValidationError(
            [
                Sentence(
                    f"{file}: it cannot be read as GeoTIFF ({reason}); the file may be cut off or of "
                    "another kind; save it again.",
                    zh=f"{file}：无法按 GeoTIFF 读取（{reason}）；文件可能不完整或格式不同；请重新保存。",
                )
            ]
        ) from err


def _header_problems(
    source: Any, bands: Sequence[int] | None, *, file: str
) -> tuple[list[Sentence], list[int]]:
    """What is wrong with a raster as its header tells, before any of it is read; and which bands are meant."""
    problems: list[Sentence] = []

    def tell(en: str, zh: str) -> None:
        problems.append(Sentence(f"{file}: {en}", zh=f"{file}：{zh}"))

    pixels = source.width * source.height
    if pixels > MOST_PIXELS:
        tell(
            f"it claims {source.width:,} x {source.height:,} pixels, more than {MOST_PIXELS:.0e}; "
            "cut the area out of it.",
            f"文件声称有 {source.width:,} x {source.height:,} 个像元，超过 {MOST_PIXELS:.0e}；请裁出所需范围。",
        )
        return problems, []
    if source.count > _MOST_BANDS:
        tell(
            f"it has {source.count:,} bands, more than {_MOST_BANDS:,}; save those of people alone.",
            f"文件有 {source.count:,} 个波段，超过 {_MOST_BANDS:,}；请只保留人口波段。",
        )
        return problems, []
    if bands is None and source.count > 1:
        tell(
            f"it has {source.count} bands; say which one is meant below [files.people_raster], such as "
            f'people_60 = "{file}#1".',
            f"文件有 {source.count} 个波段；请在 [files.people_raster] 下指明，如 "
            f'people_60 = "{file}#1"。',
        )
        return problems, []
    chosen = [1] if bands is None else list(bands) or list(source.indexes)
    for band in chosen:
        if band not in source.indexes:
            tell(
                f"there is no band {band} in it, which has {_bands(source)}; write such as {file}#1.",
                f"没有第 {band} 波段，文件有 {_bands(source).zh}；请写如 {file}#1。",
            )
    chosen = [band for band in chosen if band in source.indexes]
    for band in chosen:
        _tell_band(source, band, tell)
    _tell_place(source, tell)
    return problems, chosen


def _bands(source: Any) -> Sentence:
    """The bands that a file has, with what it calls them."""
    names = [f" ({name})" if name else "" for name in source.descriptions[:8]]
    told = ", ".join(f"{n}{name:.40}" for n, name in enumerate(names, start=1))
    more = f" ... {source.count}" if source.count > 8 else ""
    one = source.count == 1
    return Sentence(f"{'band' if one else 'bands'} {told}{more}", zh=f"第 {told}{more} 波段")


def _tell_band(source: Any, band: int, tell: Any) -> None:
    """Whether a band can hold counts of people."""
    kind = np.dtype(source.dtypes[band - 1]) if "complex" not in source.dtypes[band - 1] else None
    if kind is None:
        tell(
            f"band {band} holds complex numbers; save it as float32.",
            f"第 {band} 波段为复数；请存为 float32。",
        )
        return
    colour = source.colorinterp[band - 1].name
    if colour in _PICTURE and kind == np.uint8:
        tell(
            f"band {band} is a picture ({colour}); use the raster of people it was drawn from.",
            f"第 {band} 波段是图片（{colour}）；请使用其人口栅格原始数据。",
        )
    if (source.scales[band - 1], source.offsets[band - 1]) != (1.0, 0.0):
        tell(
            f"band {band} has a scale and an offset; save it without, for example with "
            "`gdal_translate -unscale -ot Float32`.",
            f"第 {band} 波段带有缩放系数；请去除，例如用 `gdal_translate -unscale -ot Float32`。",
        )
    rows, cols = source.block_shapes[band - 1]
    together = source.count if str(source.interleaving or "").lower().endswith("pixel") else 1
    if rows * cols * kind.itemsize * together > _MOST_BLOCK_BYTES:
        tell(
            f"it is stored in blocks of {cols:,} x {rows:,} pixels; save it in tiles, for example "
            "with `gdal_translate -co TILED=YES`.",
            f"文件分块为 {cols:,} x {rows:,} 像元；请分块存储，例如用 `gdal_translate -co TILED=YES`。",
        )


def _tell_place(source: Any, tell: Any) -> None:
    """Whether a raster says where on the earth its pixels are, north up."""
    if source.crs is None or not (source.crs.is_geographic or source.crs.is_projected):
        tell(
            "it does not say in which CRS it is; set one, for example with 'Assign projection' in QGIS.",
            "文件没有坐标参考系；请设置，例如用 QGIS 的 'Assign projection'（指定投影）。",
        )
    elif not _checks.is_of_the_earth(pyproj.CRS.from_wkt(source.crs.to_wkt())):
        tell(
            "its CRS is of another planet; save it in WGS84.",
            "其坐标参考系不属于地球；请存为 WGS84。",
        )
    t = source.transform
    if not all(map(np.isfinite, t)) or t.a <= 0 or t.e >= 0 or t.b or t.d or t.is_identity:
        tell(
            "it does not say where its pixels are with north up; save it again, for example with "
            "`gdalwarp`.",
            "文件没有北向朝上的像元位置；请重新保存，例如用 `gdalwarp`。",
        )


def _look(source: Any, bands: list[int], area: gpd.GeoSeries, *, file: str) -> Looked:
    """The sums of a raster over an area, of which the header is sound."""
    shape = _outline(area, pyproj.CRS.from_wkt(source.crs.to_wkt()))
    if not np.isfinite(shape.bounds).all():
        raise ValidationError([_misses(file)])
    t = source.transform
    extent = shapely.box(t.c, t.f + t.e * source.height, t.c + t.a * source.width, t.f)
    covered = shape.intersection(extent).area / shape.area
    if covered < _LEAST_COVERED:
        raise ValidationError([_misses(file, covered)])
    left, bottom, right, top = shape.intersection(extent).bounds
    first, last = int((left - t.c) / t.a), int(np.ceil((right - t.c) / t.a))
    upper, lower = int((top - t.f) / t.e), int(np.ceil((bottom - t.f) / t.e))
    first, upper = max(first, 0), max(upper, 0)
    last, lower = min(last, source.width), min(lower, source.height)
    if (last - first) * (lower - upper) > _MOST_READ:
        raise ValidationError(
            [
                Sentence(
                    f"{file}: it has {(last - first) * (lower - upper):,} pixels over the area; make them "
                    "larger, 100 m say.",
                    zh=f"{file}：研究区内有 {(last - first) * (lower - upper):,} 个像元；请增大像元，例如 100 米。",
                )
            ]
        )
    parts = _parts(_shapes(area, source), (upper, lower, first, last))
    by_shape, problems = _sums(source, bands, parts, (upper, lower, first, last), file=file)
    if problems:
        raise ValidationError(problems)
    named = source.crs.to_string()
    crs, crs_zh = (named, named) if len(named) < 20 else ("its own CRS", "自定义坐标参考系")
    size = f"{t.a:.4g}{'°' if source.crs.is_geographic else ' m'}"
    made = Sentence(
        f"GeoTIFF, {source.width:,} x {source.height:,} pixels of {size}, {crs}",
        zh=f"GeoTIFF，{source.width:,} x {source.height:,} 个像元，边长 {size}，{crs_zh}",
    )
    sums = {band: float(of_band.sum()) for band, of_band in by_shape.items()}
    return Looked(made, sums, covered, by_shape)


def _outline(area: gpd.GeoSeries, crs: pyproj.CRS) -> Any:
    """The outline of an area in another CRS, its long edges bent as they are there."""
    union = area.union_all()
    left, bottom, right, top = union.bounds
    fine = union.segmentize(max(right - left, top - bottom) / 100)
    return gpd.GeoSeries([fine], crs=area.crs).to_crs(crs).make_valid().iloc[0]


def _misses(file: str, covered: float = 0.0) -> Sentence:
    return Sentence(
        f"{file}: it covers {covered:.0%} of the area; use a raster of this place, or correct its CRS.",
        zh=f"{file}：只覆盖研究区的 {covered:.0%}；请使用本地的栅格，或更正其坐标参考系。",
    )


class _Parts(NamedTuple):
    """Rectangles of pixels of which shapes have all, or of single pixels a share; rows and columns of the raster."""

    shape: np.ndarray
    upper: np.ndarray
    lower: np.ndarray  # the row after the last
    first: np.ndarray
    last: np.ndarray  # the column after the last
    share: np.ndarray
    shapes: int  # how many there are


def _shapes(area: gpd.GeoSeries, source: Any) -> np.ndarray:
    """The polygons of an area in columns and rows of a raster, their long edges bent as they are there."""
    bounds = area.bounds
    longest = np.maximum(bounds["maxx"] - bounds["minx"], bounds["maxy"] - bounds["miny"])
    fine = area.segmentize((longest / 100).to_numpy())
    there = fine.to_crs(pyproj.CRS.from_wkt(source.crs.to_wkt())).to_numpy()
    t = source.transform
    place, size = np.array([t.c, t.f]), np.array([t.a, t.e])
    return np.asarray(shapely.make_valid(shapely.transform(there, lambda xy: (xy - place) / size)))


def _parts(shapes: np.ndarray, window: tuple[int, int, int, int]) -> _Parts:
    """What shapes have of the pixels of a window: halved until a part is all inside, or is one pixel."""
    upper, lower, first, last = window
    left, top, right, bottom = shapely.bounds(shapes).T
    box = np.column_stack(
        [
            np.clip(np.floor(top), upper, lower),
            np.clip(np.ceil(bottom), upper, lower),
            np.clip(np.floor(left), first, last),
            np.clip(np.ceil(right), first, last),
        ]
    ).astype(np.int64)
    of_shape, pieces = np.arange(len(shapes)), shapes
    done: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    while len(box):
        pieces = shapely.intersection(
            pieces, shapely.box(box[:, 2], box[:, 0], box[:, 3], box[:, 1])
        )
        high, wide = box[:, 1] - box[:, 0], box[:, 3] - box[:, 2]
        inside, whole = shapely.area(pieces), (high * wide).astype(float)
        is_full = inside >= whole * (1 - 1e-9)
        is_done = (is_full | (whole <= 1)) & (inside > 0)
        part = np.where(is_full, 1.0, np.divide(inside, whole, out=inside * 0, where=whole > 0))
        done.append((of_shape[is_done], box[is_done], part[is_done]))
        is_open = ~is_done & (inside > 0)
        of_shape, pieces, box = of_shape[is_open], pieces[is_open], box[is_open]
        is_high = (high >= wide)[is_open]
        middle = np.where(is_high, box[:, 0] + box[:, 1], box[:, 2] + box[:, 3]) // 2
        one, other = box.copy(), box.copy()
        one[is_high, 1], other[is_high, 0] = middle[is_high], middle[is_high]
        one[~is_high, 3], other[~is_high, 2] = middle[~is_high], middle[~is_high]
        box = np.concatenate([one, other])
        of_shape, pieces = np.tile(of_shape, 2), np.tile(pieces, 2)
    owner = np.concatenate([some for some, _, _ in done])
    place = np.concatenate([some for _, some, _ in done])
    share = np.concatenate([some for _, _, some in done])
    upper_of, lower_of, first_of, last_of = place.T
    return _Parts(owner, upper_of, lower_of, first_of, last_of, share, len(shapes))


def _sums(
    source: Any, bands: list[int], parts: _Parts, window: tuple[int, int, int, int], *, file: str
) -> tuple[dict[int, np.ndarray], list[Sentence]]:
    """The people of each band in each shape, and values that no people can have."""
    sums = {band: np.zeros(parts.shapes) for band in bands}
    negative: dict[int, tuple[int, float]] = {}
    largest = dict.fromkeys(bands, 0.0)
    for piece in _pieces(window):
        rows = [np.clip(r - piece.row_off, 0, piece.height) for r in (parts.upper, parts.lower)]
        cols = [np.clip(c - piece.col_off, 0, piece.width) for c in (parts.first, parts.last)]
        for band in bands:
            read = source.read(band, window=piece, masked=True)
            values = np.ma.filled(read.astype(float), np.nan)
            below = values[values < 0]
            if len(below):
                number, _ = negative.get(band, (0, 0.0))
                negative[band] = (number + len(below), float(below.min()))
            largest[band] = float(np.nanmax(values, initial=largest[band]))
            people = np.where(np.isfinite(values), values, 0.0)
            until = np.zeros(
                (piece.height + 1, piece.width + 1)
            )  # people above and left of a corner
            until[1:, 1:] = people.cumsum(axis=0).cumsum(axis=1)
            of_part = until[rows[1], cols[1]] - until[rows[0], cols[1]]
            of_part += until[rows[0], cols[0]] - until[rows[1], cols[0]]
            # Where nobody lives the difference of sums leaves a crumb, also below 0.
            of_part[of_part <= _CRUMB * until[-1, -1]] = 0.0
            sums[band] += np.bincount(parts.shape, of_part * parts.share, minlength=parts.shapes)
    problems = [
        Sentence(
            f"{file}: band {band} has {count:,} negative values ({lowest:g}); say that this is nodata, for "
            "example with `gdal_edit.py -a_nodata`, or correct them.",
            zh=f"{file}：第 {band} 波段有 {count:,} 个负值（{lowest:g}）；请将其设为 nodata"
            "（例如 `gdal_edit.py -a_nodata`），或更正。",
        )
        for band, (count, lowest) in negative.items()
    ]
    problems += [
        Sentence(
            f"{file}: band {band} has {most:g} people in one pixel; say which value is nodata, or correct it.",
            zh=f"{file}：第 {band} 波段有一个像元为 {most:g} 人；请指明 nodata 值，或更正。",
        )
        for band, most in largest.items()
        if not most <= _MOST_IN_PIXEL
    ]
    return sums, problems


def _pieces(window: tuple[int, int, int, int]) -> Iterator[Any]:
    """A window (first row, row after the last, the same of columns) in pieces that fit into memory."""
    from rasterio.windows import Window

    upper, lower, first, last = window
    wide = min(last - first, _PIECE)
    high = max(_PIECE // max(wide, 1), 1)
    for row in range(upper, lower, high):
        for col in range(first, last, max(wide, 1)):
            yield Window(col, row, min(wide, last - col), min(high, lower - row))
