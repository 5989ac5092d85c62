"""Seats and crossings: the places that help people on their way, from files."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles.errors import ValidationError
from carecircles.io._columns import PLACE_COLUMNS
from carecircles.io._points import geometries_of, points_of
from carecircles.io.read import _kept, _open
from carecircles.words import Sentence

OPENS_M = 50.0  # from a crossing to the barrier it is at
_LINES = ("LineString", "MultiLineString")


def read_rests(
    path: str | Path | gpd.GeoDataFrame, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Seats, where people rest on their way, as points of a file, in `crs`.

    Raises
    ------
    ValidationError
        If the file cannot be read, or its points cannot be had.

    Examples
    --------
    >>> bench = gpd.GeoDataFrame(geometry=gpd.points_from_xy([117.2], [39.1]), crs=4326)
    >>> len(read_rests(bench, crs="EPSG:4548"))
    1
    """
    return _points(path, "rests", crs=crs, datum=datum)


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
    file, frame, problems = _open(path, PLACE_COLUMNS, role=role)
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
