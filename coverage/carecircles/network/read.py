"""Files of streets and paths, of OpenStreetMap and of anybody else, as a walking network."""

import dataclasses
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io._formats import parted, read_raw
from carecircles.io._table import Sought
from carecircles.network import ways as rules
from carecircles.network._asked import Asked, bounds_of, existing
from carecircles.network._graphml import GRAPHML, read_graph
from carecircles.network._lines import LAYERS, located, read_layer, read_lines
from carecircles.network._osm import OSM, read_ways
from carecircles.network._tags import is_of_osm
from carecircles.network.prepared import is_prepared, network_of, read_prepared, written_source
from carecircles.network.values import Network
from carecircles.words import Sentence

OSM_CREDIT = "© OpenStreetMap contributors (ODbL)"  # which the licence asks for


def read_network(
    path: str | Path | gpd.GeoDataFrame,
    *,
    crs: pyproj.CRS | str | None = None,
    datum: str | None = None,
    barriers: str | Path | gpd.GeoSeries | None = None,
    within: gpd.GeoSeries | gpd.GeoDataFrame | None = None,
    private: bool = False,
) -> Network:
    """
    The walking network of a file of streets and paths.

    Parameters
    ----------
    path
        OpenStreetMap (.osm.pbf, .osm), GraphML of OSMnx, or lines (GeoPackage, GeoParquet,
        Shapefile, GeoJSON) with `highway`, `fclass` or the like and, if they are known, foot, access,
        sidewalk, bridge, tunnel, layer, step_count, ramp:wheelchair, crossing and crossing:signals; a
        frame of such lines; or what `as_frame` made. Ways of
        OpenStreetMap and GraphML meet where these say so, drawn lines where they meet or cross on the
        same level.
    crs
        The projected CRS in metres to walk in; UTM, estimated from the ways, if None.
    datum
        Datum of drawn lines and of GraphML, one of `datum.DATUMS`; OpenStreetMap is in WGS84.
    barriers
        Lines and polygons nobody crosses on the way to a way, a file or from `read_barriers`, beside
        the water, railways and motorways that an OpenStreetMap file has.
    within
        The area that is meant; ways more than 2 km from its bounds are left out.
    private
        Whether private streets and paths are walked, such as those inside housing estates
        (`is_walkable`); how long they are is in the notes either way. They are walked at the start and at
        the end of walks alone, like what nobody comes to but over them (`own_ways`), and as short cuts by nobody.

    Returns
    -------
    network
        Its largest connected part; the notes say what was left out. Its source is OpenStreetMap for files of
        it, graphs of OSMnx and lines numbered as exports of it number them (osm_id, osmid, ...).

    Raises
    ------
    ValidationError
        If the file cannot be read, has no ways that people walk or none there, or says not where it is.

    Examples
    --------
    Two streets that cross, drawn as two lines.

    >>> import shapely
    >>> x, y = 500_000, 4_200_000
    >>> east, north = [[x, y], [x + 100, y]], [[x + 50, y - 50], [x + 50, y + 50]]
    >>> lines = shapely.linestrings([east, north])
    >>> streets = gpd.GeoDataFrame({"highway": ["residential", "footway"]}, geometry=lines, crs=4548)
    >>> net = read_network(streets, crs="EPSG:4548")
    >>> len(net.xy), net.edges["metres"].tolist()
    (5, [50.0, 50.0, 50.0, 50.0])
    """
    file, suffix = "`network`", ""
    if not isinstance(path, gpd.GeoDataFrame):
        whole, _ = parted(path)
        file, suffix = whole.name, whole.suffix.casefold()
    asked = Asked(crs, datum, None if within is None else bounds_of(within), private)
    if suffix and suffix not in (*OSM, *GRAPHML, *LAYERS):
        mend = _mends.one_of((".osm.pbf", *OSM[1:], *GRAPHML, *LAYERS))
        told = f"{file}: files of this kind hold no streets; {mend}."
        raise ValidationError([Sentence(told, zh=f"{file}：此类文件中没有街道；{mend.zh}。")])
    is_ready, source = False, OSM_CREDIT
    if suffix in (*OSM, *GRAPHML):
        read = read_ways if suffix in OSM else read_graph
        edges, walls, notes = read(existing(Path(path)), asked)
    else:
        layer = read_layer(path)
        is_ready = is_prepared(layer)
        of_lines = OSM_CREDIT if is_of_osm(layer) else ""
        source = written_source(layer) if is_ready else of_lines
        edges, walls, notes = (read_prepared if is_ready else read_lines)(layer, asked)
    if edges.empty:
        where, zh = (" near the area", "研究区附近") if within is not None else ("", "其中")
        told = f"{file}: there is no way in it{where} that people walk; choose the streets and paths of the area."
        raise ValidationError(
            [Sentence(told, zh=f"{file}：{zh}没有可步行的道路；请换用该区的街道和步道。")]
        )
    if barriers is not None:
        if isinstance(barriers, str | Path):
            barriers = read_barriers(barriers, crs=edges.crs, datum=datum)
        walls = pd.concat([walls, barriers])
    walls = walls.reset_index(drop=True)
    shown = None if walls.empty else walls
    if is_ready:
        net = network_of(edges, shown, notes, file=file)
    else:
        net = rules.made_of(edges, barriers=shown, notes=tuple(notes))
    return dataclasses.replace(net, source=source)


def read_barriers(
    path: str | Path, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoSeries:
    """
    Lines and polygons that nobody crosses, such as rivers and railways, from a file, in `crs`.

    Examples
    --------
    >>> from carecircles import datasets
    >>> path = datasets.folder("template") / "streets.geojson"
    >>> len(read_barriers(path, crs="EPSG:32649"))
    4
    """
    frame = read_raw(path, Sought("barriers"))
    shapes = located(frame, crs, datum)
    shapes.attrs = frame.attrs
    return shapes
