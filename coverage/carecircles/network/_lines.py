"""Layers of drawn lines: streets and paths, and what nobody crosses."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles.errors import ValidationError
from carecircles.io._formats import FORMATS, parted, read_raw
from carecircles.io._points import geometries_of
from carecircles.io._table import Sought
from carecircles.network import ways as rules
from carecircles.network._asked import Asked, Read, no_barriers, private_notes, walked_of, within
from carecircles.network._tags import ids_of, tags_of
from carecircles.words import Sentence

LAYERS = (".gpkg", ".parquet", ".geoparquet", ".fgb", ".shp", ".geojson", ".json")
_KINDS = ("LineString", "MultiLineString", "Polygon", "MultiPolygon")


def read_layer(path: str | Path | gpd.GeoDataFrame) -> pd.DataFrame:
    """The rows of a layer as they are."""
    return read_raw(_edges_of(path), Sought("network"))


def _edges_of(path: str | Path | gpd.GeoDataFrame) -> str | Path | gpd.GeoDataFrame:
    """A GeoPackage of OSMnx has its streets in the layer `edges`."""
    if isinstance(path, gpd.GeoDataFrame):
        return path
    whole, part = parted(path)
    if part is None and FORMATS.get(whole.suffix.casefold()) == "GeoPackage" and whole.is_file():
        import pyogrio

        try:
            layers = {str(name) for name, _ in pyogrio.list_layers(whole)}
        except Exception:  # what is wrong with the file is told by whoever reads it
            return path
        if "network" not in layers and "edges" in layers:
            return f"{whole}#edges"
    return path


def read_lines(raw: pd.DataFrame, asked: Asked) -> Read:
    """Drawn lines, those that are walked cut where they meet."""
    file = raw.attrs["file"]
    if isinstance(raw, gpd.GeoDataFrame):  # a line from a point to itself leads nowhere
        shape = raw.geometry.to_numpy()
        raw = raw[shapely.is_valid(shape) | (shapely.length(shape) != 0)]
    shapes = located(raw, asked.crs, asked.datum)
    columns = pd.DataFrame(raw.drop(columns=raw.geometry.name))
    said, ids = tags_of(columns), ids_of(columns)
    kind = rules.kinds_of(said["highway"])
    dimension = shapely.get_dimensions(shapes.to_numpy())
    is_square = (dimension == 2) & kind.isin(rules.SQUARES).to_numpy()
    walked, is_private = walked_of(said, asked)
    walked, is_private = walked & ((dimension == 1) | is_square), is_private & (dimension == 1)
    if asked.bounds is not None:
        is_near = shapes.intersects(within(asked.bounds, shapes.crs)).to_numpy()
        walked, is_private = walked & is_near, is_private & is_near
    lines = np.where(is_square, shapely.boundary(shapes.to_numpy()), shapes.to_numpy())[walked]
    parts, source = shapely.get_parts(lines, return_index=True)
    is_crossing = rules.is_signalled(said) & rules.are_paths(said)
    whole = shapely.length(lines)
    share = shapely.length(parts) / whole[source]
    table = {
        "kind": kind.to_numpy()[walked][source],
        "level": rules.levels_of(said).to_numpy()[walked][source],
        "flights": rules.flights_of(said[walked], whole).to_numpy()[source] * share,
        "lifts": rules.lifts_of(said[walked]).to_numpy()[source] * share,
        "escalators": rules.escalators_of(said[walked], whole).to_numpy()[source] * share,
        "signals": is_crossing.to_numpy(dtype=float)[walked][source] * share,
    }
    if ids is not None:
        table[rules.ID] = ids[walked][source]
    if asked.private:
        table[rules.PRIVATE] = is_private[walked][source]
    ways = gpd.GeoDataFrame(table, geometry=shapely.force_2d(parts), crs=shapes.crs)
    notes = private_notes(file, float(shapes[is_private].length.sum()), asked)
    if (said["highway"] == "").all():
        notes.append(
            {
                "en": f"{file}: it does not say what kinds of ways they are; all are walked",
                "zh": f"{file}：未说明道路类型，全部按可步行处理",
            }
        )
    return (ways if ways.empty else rules.noded(ways)), no_barriers(shapes.crs), notes


def located(frame: pd.DataFrame, crs: pyproj.CRS | str | None, datum: str | None) -> gpd.GeoSeries:
    """Lines and polygons of a file in `crs`."""
    called = Sentence("lines", zh="线")
    shapes, problems = geometries_of(
        frame, file=frame.attrs["file"], crs=crs, declared=datum, kinds=_KINDS, called=called
    )
    if shapes is None or problems:
        raise ValidationError([*frame.attrs.get("problems", []), *problems])
    return shapes
