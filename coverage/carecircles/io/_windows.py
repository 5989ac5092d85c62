"""Files of a whole nation: what of them lies around an area is read alone, where a file says where its rows lie."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

MANY = 10_000  # rows; a file of more is one of a larger region


class Around(NamedTuple):
    """A rectangle (left, bottom, right, top) and its CRS."""

    bounds: tuple[float, float, float, float]
    crs: pyproj.CRS


def layer_within(path: Path, around: Around) -> gpd.GeoDataFrame | None:
    """
    The features of a FlatGeobuf that meet a rectangle, numbered as in the file; `attrs["of"]` is how many it has.

    None where it has few, or does not say in which CRS they are.
    """
    import pyogrio

    about = pyogrio.read_info(path)
    bounds = _bounds_in(about["crs"], around)
    if about["features"] <= MANY or bounds is None:
        return None
    frame = pyogrio.read_dataframe(path, bbox=bounds, fid_as_index=True)
    frame.index = pd.Index(frame.index + 1, name="feature")
    frame.attrs["of"] = int(about["features"])
    return frame


def rows_within(path: Path, around: Around) -> gpd.GeoDataFrame | None:
    """The same of the rows of a GeoParquet with bounding boxes (a covering, as GeoParquet 1.1 has it)."""
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    told = json.loads((file.metadata.metadata or {}).get(b"geo", b"{}"))
    column: dict[str, Any] = told.get("columns", {}).get(told.get("primary_column"), {})
    boxes = column.get("covering", {}).get("bbox")
    bounds = _bounds_in(column.get("crs", "OGC:CRS84"), around)
    if boxes is None or file.metadata.num_rows <= MANY or bounds is None:
        return None
    frame = gpd.read_parquet(path, bbox=bounds)
    frame = frame if frame.index.name is None else frame.reset_index()
    box = file.read(columns=[boxes["xmin"][0]]).column(0).combine_chunks()
    left, bottom, right, top = (
        np.asarray(box.field(boxes[side][-1]).to_numpy(zero_copy_only=False), dtype=float)
        for side in ("xmin", "ymin", "xmax", "ymax")
    )
    is_near = (
        (left <= bounds[2]) & (bottom <= bounds[3]) & (right >= bounds[0]) & (top >= bounds[1])
    )
    frame.index = pd.Index(np.flatnonzero(is_near) + 1, name="row")
    frame.attrs["of"] = int(file.metadata.num_rows)
    return frame


def _bounds_in(crs: Any, around: Around) -> tuple[float, float, float, float] | None:
    """A rectangle around the same in another CRS; None where there is none."""
    if crs is None:
        return None
    try:
        there = pyproj.Transformer.from_crs(around.crs, pyproj.CRS(crs), always_xy=True)
        left, bottom, right, top = there.transform_bounds(*around.bounds, densify_pts=21)
    except pyproj.exceptions.ProjError:
        return None
    bounds = (float(left), float(bottom), float(right), float(top))
    return bounds if np.isfinite(bounds).all() and left <= right else None
