"""Geometry at the door: coordinates and outlines of a file in the CRS to compute in."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles.datum import parse_datum, to_wgs84
from carecircles.io import _checks
from carecircles.io._columns import absent, with_column


def points_of(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str, declared: str | None
) -> tuple[gpd.GeoSeries, list[str]]:
    """Points in `crs`, missing where they cannot be had, and what is wrong with them."""
    nothing = gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    named, problems = _datums(frame, file=file, declared=declared)
    if isinstance(frame, gpd.GeoDataFrame):
        wrong = _geometry_problems(frame, file=file, kinds=("Point", "MultiPoint"))
        is_several = shapely.get_num_geometries(frame.geometry.to_numpy()) > 1
        wrong += _checks.complain(
            file, frame.index[is_several], "there is more than one point", "keep one point a row"
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
        columns = " and no column ".join(c for c in ("lon", "lat") if c not in frame)
        mend = "add longitude (经度) and latitude (纬度) in decimal degrees"
        return nothing, [*problems, absent(frame, columns, file=file, mend=mend)]
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
) -> tuple[gpd.GeoSeries | None, list[str]]:
    """Polygons in `crs` (UTM where None), or none where they cannot be had, and what is wrong."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return None, [
            f"{file}: there are no polygons in it; use GeoJSON, GeoPackage or GeoParquet."
        ]
    problems = _geometry_problems(frame, file=file, kinds=("Polygon", "MultiPolygon"))
    named, wrong = _datums(frame, file=file, declared=declared)
    problems += wrong
    if (named != named.iloc[0]).any():
        problems.append(f"{file}: polygons in more than one datum; convert them to one.")
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
        return None, [
            f"{file}: there is no UTM zone for it; name a projected crs in area.toml (or to `study`)."
        ]


def shapes_of(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str, declared: str | None
) -> tuple[gpd.GeoSeries, list[str]]:
    """Points or polygons in `crs`, missing where they cannot be had, and what is wrong with them."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return points_of(frame, file=file, crs=crs, declared=declared)
    kinds = ("Polygon", "MultiPolygon", "Point", "MultiPoint")
    wrong = _geometry_problems(frame, file=file, kinds=kinds)
    shapes = gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    if wrong:
        return shapes, wrong
    problems: list[str] = []
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


def _geometry_problems(frame: gpd.GeoDataFrame, *, file: str, kinds: tuple[str, ...]) -> list[str]:
    problems = _checks.geometries(frame, file=file, kinds=kinds)
    if frame.crs is None or not (frame.crs.is_geographic or frame.crs.is_projected):
        problems.append(
            f"{file}: it does not say in which CRS its coordinates are; "
            "set the layer's CRS, for example with 'Assign projection' in QGIS."
        )
    elif not _checks.is_of_the_earth(frame.crs):
        problems.append(
            f"{file}: its CRS ({frame.crs.name}) is of another planet; export the file again in WGS84."
        )
    elif not problems and frame.crs.is_projected and _look_like_degrees(frame.total_bounds):
        problems.append(
            f"{file}: it says its coordinates are metres of {frame.crs.to_string()}, but they look like "
            "degrees; set the layer's CRS to EPSG:4326."
        )
    return problems


def _look_like_degrees(bounds: np.ndarray) -> bool:
    left, bottom, right, top = np.abs(bounds)
    return max(left, right) <= 180 and max(bottom, top) <= 90


def _datums(frame: pd.DataFrame, *, file: str, declared: str | None) -> tuple[pd.Series, list[str]]:
    """The datum of every row: what the user declares and what the file says must agree."""
    said = _checks.text(with_column(frame, "datum")["datum"])
    said = said.where(said != "", frame.attrs.get("datum") or "")
    parsed, problems = {}, []
    for spelling in said.unique():
        try:
            parsed[spelling] = parse_datum(spelling) if spelling else declared
        except ValueError as err:
            rows = frame.index[said == spelling]
            problems += _checks.complain(file, rows, str(err), "correct the datum")
    named = said.map(parsed)
    if declared is not None:
        is_other = named.notna() & (named != declared)
        problems += _checks.complain(
            file,
            frame.index[is_other],
            f"the file says its datum is {', '.join(sorted(set(named[is_other])))}, "
            f"but it was declared as {declared}",
            "correct one of the two",
        )
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
