"""Facilities of one kind in, sound points out."""

import geopandas as gpd
import pyproj

from carecircles.io import _checks
from carecircles.io._columns import AMENITY_COLUMNS
from carecircles.io._points import points_of
from carecircles.io.read import Source, _basis, _kept, _open, _sound


def read_amenities(
    path: Source, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Facilities of one kind (clinics, libraries, sports grounds ...) from a file, as points in `crs`.

    Parameters
    ----------
    path
        Any of the formats of `read_centres`, with columns `lon` and `lat` or points.
    crs, datum
        As in `read_centres`.

    Returns
    -------
    amenities
        Indexed by `id` (numbered where the file has none): name, name_en, street (as written), basis, source,
        row, geometry.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"名称": ["Library"], "经度": [117.2], "纬度": [39.1]})
    >>> read_amenities(table, crs="EPSG:4548")["name"].to_dict()
    {'1': 'Library'}
    """
    file, frame, problems = _open(path, AMENITY_COLUMNS, role="amenities")
    if "id" not in frame:
        frame["id"] = [str(n) for n in range(1, len(frame) + 1)]
    ids, wrong = _checks.identities(frame, "id", file=file)
    problems += wrong
    points, wrong = points_of(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    table = {
        "name": _kept(frame, "name"),
        "name_en": _kept(frame, "name_en"),
        "street": _checks.cells_of(frame, "street"),
        "basis": _basis(frame),
        "source": _kept(frame, "source"),
        "row": frame.index,
    }
    amenities = gpd.GeoDataFrame(table, geometry=points, crs=crs).set_index(ids.rename("id"))
    amenities.attrs = frame.attrs
    return _sound(amenities, problems)
