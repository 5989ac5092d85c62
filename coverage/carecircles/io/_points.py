"""Geometry at the door: coordinates and outlines of a file in the CRS to compute in."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _mends
from carecircles.datum import parse_datum, to_wgs84
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._columns import absent, no_column
from carecircles.words import Sentence, listed

_ADD_DEGREES = Sentence(
    "add longitude (经度) and latitude (纬度) in decimal degrees",
    zh="请补上以十进制度为单位的经度和纬度",
)
_CORRECT_DATUM = Sentence("correct the datum", zh="请更正坐标系")


def points_of(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str, declared: str | None
) -> tuple[gpd.GeoSeries, list[Sentence]]:
    """Points in `crs`, missing where they cannot be had, and what is wrong with them."""
    nothing = gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    named, problems = _datums(frame, file=file, declared=declared)
    if isinstance(frame, gpd.GeoDataFrame):
        wrong = _geometry_problems(frame, file=file, kinds=("Point", "MultiPoint"))
        is_several = shapely.get_num_geometries(frame.geometry.to_numpy()) > 1
        wrong += _checks.complain(
            file,
            frame.index[is_several],
            Sentence("there is more than one point", zh="有多个点"),
            Sentence("keep one point a row", zh="请每行只保留一个点"),
        )
        problems += wrong
        if wrong:
            return nothing, problems
        points = shapely.get_geometry(frame.geometry.to_crs(4326).to_numpy(), 0)
        lon = pd.Series(shapely.get_x(points), index=frame.index)
        lat = pd.Series(shapely.get_y(points), index=frame.index)
    elif "lon" in frame and "lat" in frame:
        lon, wrong = _checks.numbers(frame, "lon", file=file, such_as="117.2230")
        problems += wrong
        lat, wrong = _checks.numbers(frame, "lat", file=file, such_as="39.0800")
        problems += wrong
    else:
        columns = no_column(c for c in ("lon", "lat") if c not in frame)
        return nothing, [*problems, absent(frame, columns, file=file, mend=_ADD_DEGREES)]
    problems += _checks.coordinates(lon, lat, file=file)
    is_usable = (lon.abs() <= 180) & (lat.abs() <= 90)
    x, y = lon.to_numpy(copy=True), lat.to_numpy(copy=True)
    for name in sorted(set(named)):
        here = (is_usable & (named == name)).to_numpy()
        x[here], y[here] = to_wgs84(x[here], y[here], datum=name)
    degrees = gpd.GeoSeries.from_xy(x, y, index=frame.index, crs=4326).where(is_usable)
    return degrees.to_crs(crs), problems


def polygons_of(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str | None, declared: str | None
) -> tuple[gpd.GeoSeries | None, list[Sentence]]:
    """Polygons in `crs` (UTM where None), or none where they cannot be had, and what is wrong."""
    return geometries_of(
        frame, file=file, crs=crs, declared=declared, kinds=("Polygon", "MultiPolygon"),
        called=Sentence("polygons", zh="多边形"),
    )  # fmt: skip


def geometries_of(
    frame: pd.DataFrame,
    *,
    file: str,
    crs: pyproj.CRS | str | None,
    declared: str | None,
    kinds: tuple[str, ...],
    called: Sentence,
) -> tuple[gpd.GeoSeries | None, list[Sentence]]:
    """As `polygons_of`, of other kinds of geometry and what sentences call them."""
    if not isinstance(frame, gpd.GeoDataFrame):
        told = f"{file}: there are no {called} in it; use GeoJSON, GeoPackage or GeoParquet."
        zh = f"{file}：其中没有{called.zh}；请使用 GeoJSON、GeoPackage 或 GeoParquet。"
        return None, [Sentence(told, zh=zh)]
    problems = _geometry_problems(frame, file=file, kinds=kinds)
    named, wrong = _datums(frame, file=file, declared=declared)
    problems += wrong
    if (named != named.iloc[0]).any():
        told = f"{file}: {called} in more than one datum; convert them to one."
        zh = f"{file}：{called.zh}的坐标系不止一种；请统一为一种。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        return None, problems
    polygons = frame.geometry.to_crs(4326).force_2d()
    bounds = polygons.bounds
    wrong = [
        line
        for x, y in (("minx", "miny"), ("maxx", "maxy"))
        for line in _checks.coordinates(bounds[x], bounds[y], file=file)
    ]
    if wrong:
        return None, list(dict.fromkeys(wrong))
    moved = shapely.transform(
        polygons.to_numpy(),
        lambda xy: np.column_stack(to_wgs84(*xy.T, datum=named.iloc[0])),
    )
    polygons = gpd.GeoSeries(moved, index=frame.index, crs=4326)
    try:
        return polygons.to_crs(crs or polygons.estimate_utm_crs()), []
    except RuntimeError:
        told = f"{file}: there is no UTM zone for it; name a projected crs in area.toml (or to `study`)."
        zh = f"{file}：此处没有 UTM 分带；请在 area.toml 中（或向 `study`）指定投影 crs。"
        return None, [Sentence(told, zh=zh)]


def shapes_of(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str, declared: str | None
) -> tuple[gpd.GeoSeries, list[Sentence]]:
    """Points or polygons in `crs`, missing where they cannot be had, and what is wrong with them."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return points_of(frame, file=file, crs=crs, declared=declared)
    kinds = ("Polygon", "MultiPolygon", "Point", "MultiPoint")
    wrong = _geometry_problems(frame, file=file, kinds=kinds)
    shapes = gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    if wrong:
        return shapes, wrong
    problems: list[Sentence] = []
    is_polygon = frame.geom_type.isin(kinds[:2])
    datums, is_declared = [], []
    for read, which in ((polygons_of, is_polygon), (points_of, ~is_polygon)):
        part = frame[which]
        if len(part):
            found, wrong = read(part, file=file, crs=crs, declared=declared)
            problems += wrong
            if found is not None:
                shapes.loc[part.index] = found
            datums.append(part.attrs["datum"])
            is_declared.append(part.attrs["datum_declared"])
    frame.attrs["datum"] = ", ".join(sorted(set(datums)))
    frame.attrs["datum_declared"] = all(is_declared)
    return shapes, problems


def _geometry_problems(
    frame: gpd.GeoDataFrame, *, file: str, kinds: tuple[str, ...]
) -> list[Sentence]:
    problems = _checks.geometries(frame, file=file, kinds=kinds)
    if frame.crs is None or not (frame.crs.is_geographic or frame.crs.is_projected):
        told = (
            f"{file}: it does not say in which CRS its coordinates are; "
            "set the layer's CRS, for example with 'Assign projection' in QGIS."
        )
        zh = (
            f"{file}：未说明坐标所用的 CRS；请设定图层的 CRS，"
            "例如用 QGIS 的“指定投影”（'Assign projection'）。"
        )
        problems.append(Sentence(told, zh=zh))
    elif not _checks.is_of_the_earth(frame.crs):
        mend = _mends.EXPORT_IN_WGS84
        told = f"{file}: its CRS ({frame.crs.name}) is of another planet; {mend}."
        zh = f"{file}：其 CRS（{frame.crs.name}）不是地球的；{mend.zh}。"
        problems.append(Sentence(told, zh=zh))
    elif not problems and frame.crs.is_projected and _look_like_degrees(frame.total_bounds):
        named = frame.crs.to_string()
        told = (
            f"{file}: it says its coordinates are metres of {named}, but they look like "
            "degrees; set the layer's CRS to EPSG:4326."
        )
        zh = f"{file}：注明坐标为 {named} 的米，但看似度数；请将图层的 CRS 设为 EPSG:4326。"
        problems.append(Sentence(told, zh=zh))
    return problems


def _look_like_degrees(bounds: np.ndarray) -> bool:
    left, bottom, right, top = np.abs(bounds)
    return bool(max(left, right) <= 180 and max(bottom, top) <= 90)


def _datums(
    frame: pd.DataFrame, *, file: str, declared: str | None
) -> tuple[pd.Series, list[Sentence]]:
    """The datum of every row: what the user declares and what the file says must agree."""
    said = _checks.cells_of(frame, "datum")
    said = said.where(said != "", frame.attrs.get("datum") or "")
    parsed: dict[str, str | None] = {}
    problems: list[Sentence] = []
    for spelling in said.unique():
        try:
            parsed[spelling] = parse_datum(spelling) if spelling else declared
        except ValidationError as err:
            rows = frame.index[said == spelling]
            problems += _checks.complain(file, rows, err.problems[0], _CORRECT_DATUM)
    named = said.map(parsed)
    if declared is not None:
        is_other = named.notna() & (named != declared)
        others = listed(sorted(set(named[is_other])))
        what = Sentence(
            f"the file says its datum is {others}, but it was declared as {declared}",
            zh=f"文件注明坐标系为 {others.zh}，但声明为 {declared}",
        )
        problems += _checks.complain(file, frame.index[is_other], what, _mends.CORRECT_ONE)
    frame.attrs["datum_declared"] = bool(named.notna().all())
    named = named.where(named.notna(), "wgs84")
    frame.attrs["datum"] = ", ".join(sorted(set(named)))
    return named, problems


def as_written(points: gpd.GeoSeries) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    """
    Points as a file will have them: degrees to seven decimals (1 cm), and these in metres again.

    What is computed from them is then what the file gives when it is read.

    Examples
    --------
    >>> points = gpd.GeoSeries.from_xy([117.123456789], [39.0], crs=4326).to_crs(4548)
    >>> as_written(points)[1].to_numpy().tolist()
    [[117.1234568, 39.0]]
    """
    degrees = points.to_crs(4326)
    lon, lat = degrees.x.round(7), degrees.y.round(7)
    again = gpd.GeoSeries.from_xy(lon, lat, index=points.index, crs=4326).to_crs(points.crs)
    return again, pd.DataFrame({"lon": lon, "lat": lat})
