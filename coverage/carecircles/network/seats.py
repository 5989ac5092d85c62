"""Seats and crossings: the places that help people on their way, from files."""

from pathlib import Path

import geopandas as gpd
import pyproj

from carecircles.errors import ValidationError
from carecircles.io._columns import PLACE_COLUMNS
from carecircles.io._points import points_of
from carecircles.io.read import _kept, _open


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
    Where barriers can be crossed (bridges, underpasses), as points of a file, in `crs`.

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
    """The points of a file, with the names and the rows it has them in."""
    file, frame, problems = _open(path, PLACE_COLUMNS, role=role)
    points, wrong = points_of(frame, file=file, crs=crs, declared=datum)
    if problems or wrong:
        raise ValidationError([*problems, *wrong])
    table = {"name": _kept(frame, "name"), "row": frame.index}
    places = gpd.GeoDataFrame(table, index=frame.index, geometry=points, crs=crs)
    places.attrs = frame.attrs
    return places
