"""Seats and crossings: the places that help people on their way, from files."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._columns import PLACE_COLUMNS
from carecircles.io._points import geometries_of, points_of
from carecircles.io.read import _kept, _open
from carecircles.network._asked import bounds_of, existing
from carecircles.network._osm import OSM, SEATS, read_seats
from carecircles.words import Sentence

OPENS_M = 50.0  # from a crossing to the barrier it is at
_LINES = ("LineString", "MultiLineString")
# By `amenity` layers of all sorts of places tell seats apart.
_COLUMNS = {**PLACE_COLUMNS, "amenity": ("fclass",)}


def read_rests(
    path: str | Path | gpd.GeoDataFrame,
    *,
    crs: pyproj.CRS | str,
    datum: str | None = None,
    within: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """
    Seats, where people rest on their way, as points of a file, in `crs`.

    Parameters
    ----------
    path
        OpenStreetMap (.osm.pbf, .osm), of which benches, shelters and stops with a bench are taken
        (`amenity=bench`, `amenity=shelter`, `bench=yes`) but for private ones, a way in its middle; or
        points as in `io.read_places`. Where a layer has a column amenity or fclass, only benches and
        shelters are taken.
    crs
        The projected CRS in metres to have them in.
    datum
        Datum of the points of a file, one of `datum.DATUMS`.
    within
        The area that is meant; seats more than 2 km from its bounds are left out.

    Raises
    ------
    ValidationError
        If the file cannot be read, its points cannot be had, or there is no seat in it or near the area.

    Examples
    --------
    >>> bench = gpd.GeoDataFrame(geometry=gpd.points_from_xy([117.2], [39.1]), crs=4326)
    >>> len(read_rests(bench, crs="EPSG:4548"))
    1
    """
    if isinstance(path, str | Path) and Path(path).suffix.casefold() in OSM:
        seats = read_seats(existing(Path(path)), crs)
    else:
        seats = _points(path, "rests", crs=crs, datum=datum)
    file = seats.attrs["file"]
    if seats.empty:
        told = f"{file}: there is no bench and no shelter in it; name a file of seats."
        raise ValidationError(
            [Sentence(told, zh=f"{file}：其中没有座椅，也没有凉亭；请指定座椅文件。")]
        )
    if within is None:
        return seats
    near = seats[seats.to_crs(4326).intersects(bounds_of(within))]
    if near.empty:
        told = (
            f"{file}: none of its {len(seats):,} seats is near the area; choose the file of this area, "
            "and check its CRS and datum."
        )
        zh = (
            f"{file}：其中 {len(seats):,} 处座椅均不在研究区附近；请换用本区的文件，"
            "并检查其 CRS 和坐标系。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    return near


def read_crossings(
    path: str | Path | gpd.GeoDataFrame, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Where barriers can be crossed (bridges, underpasses), as points or short lines of a file, in `crs`.

    Raises
    ------
    ValidationError
        If the file cannot be read, or its points cannot be had.

    Examples
    --------
    >>> bridge = gpd.GeoDataFrame(geometry=gpd.points_from_xy([117.2], [39.1]), crs=4326)
    >>> len(read_crossings(bridge, crs="EPSG:4548"))
    1
    """
    return _points(path, "crossings", crs=crs, datum=datum)


def _points(
    path: str | Path | gpd.GeoDataFrame, role: str, *, crs: pyproj.CRS | str, datum: str | None
) -> gpd.GeoDataFrame:
    """The points of a file, or its lines, with the names and the rows it has them in."""
    file, frame, problems = _open(path, _COLUMNS, role=role)
    frame = _seats_in(frame) if role == "rests" else frame
    points: gpd.GeoSeries | None
    if role == "crossings" and _has_lines(frame):
        points, wrong = geometries_of(
            frame, file=file, crs=crs, declared=datum, kinds=("Point", "MultiPoint", *_LINES),
            called=Sentence("points or lines", zh="点或线"),
        )  # fmt: skip
    else:
        points, wrong = points_of(frame, file=file, crs=crs, declared=datum)
    if problems or wrong or points is None:
        raise ValidationError([*problems, *wrong])
    table = {"name": _kept(frame, "name"), "row": frame.index}
    places = gpd.GeoDataFrame(table, index=frame.index, geometry=points, crs=crs)
    places.attrs = frame.attrs
    return places


def _seats_in(frame: pd.DataFrame) -> pd.DataFrame:
    """Of a layer of all sorts of places the benches and shelters."""
    if "amenity" not in frame:
        return frame
    is_seat = _checks.text(frame["amenity"]).str.casefold().isin(SEATS)
    kept, file = frame[is_seat], frame.attrs["file"]
    kept.attrs = dict(frame.attrs)
    if len(kept) < len(frame):
        said = {
            "en": f"{file}: {len(kept):,} of its {len(frame):,} places are benches or shelters; the "
            "others are no seats.",
            "zh": f"{file}：{len(frame):,} 个地点中有 {len(kept):,} 处为座椅或凉亭，其余不计为座椅。",
        }
        kept.attrs["taken"] = [*frame.attrs["taken"], said]
    return kept


def _has_lines(frame: pd.DataFrame) -> bool:
    return isinstance(frame, gpd.GeoDataFrame) and bool(frame.geom_type.isin(_LINES).any())


def opens_none(barriers: gpd.GeoSeries, crossings: gpd.GeoSeries | gpd.GeoDataFrame) -> pd.Series:
    """
    Whether each crossing is at no barrier: a point more than 50 m from any, a line that meets none.

    Examples
    --------
    >>> river = gpd.GeoSeries([shapely.LineString([(-500, 0), (500, 0)])], crs=4548)
    >>> bridges = gpd.GeoSeries(gpd.points_from_xy([40, 90], [0, 60]), index=["old", "new"], crs=4548)
    >>> opens_none(river, bridges).to_dict()
    {'old': False, 'new': True}
    """
    shapes = crossings.geometry.to_numpy()
    far = np.where(shapely.get_dimensions(shapes) == 0, OPENS_M, 0.0)
    tree = shapely.STRtree(barriers.to_numpy())
    at, _ = tree.query(shapes, predicate="dwithin", distance=far)
    return pd.Series(~np.isin(np.arange(len(shapes)), at), index=crossings.index)
