"""Files of streets and paths, of OpenStreetMap and of anybody else, as a walking network."""

import dataclasses
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _mends
from carecircles.datum import to_wgs84
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._formats import FORMATS, parted, read_raw
from carecircles.io._points import geometries_of
from carecircles.io._table import Sought
from carecircles.network import ways as rules
from carecircles.network.values import Network
from carecircles.words import Sentence, Text

OSM, GRAPHML = (".pbf", ".osm"), (".graphml",)
_LAYERS = (".gpkg", ".parquet", ".geoparquet", ".shp", ".geojson", ".json")
_BEYOND_M = 2000.0  # around an area, from where ways are still taken
_NOTES = "notes"  # a column of a prepared network, in its first row
_PREPARED = {"start", "end", "metres", "kind", "level"}
_SPELLINGS = {  # what layers of streets call what OpenStreetMap calls so
    "highway": ("highway", "fclass", "road_class", "roadclass", "road_type", "roadtype", "class",
                "subclass", "type", "道路类型", "道路等级", "类型", "等级"),
    "foot": ("foot", "行人"),
    "access": ("access", "通行"),
    "sidewalk": ("sidewalk", "sidewalks"),
    "area": ("area", "is_area"),
    "bridge": ("bridge", "is_bridge", "桥梁"),
    "tunnel": ("tunnel", "is_tunnel", "隧道"),
    "layer": ("layer", "level", "z_level", "层"),
    "crossing": ("crossing", "crossing_type", "过街方式", "过街设施"),
    "crossing:signals": ("crossing:signals", "crossing_signals", "crossing:s", "crossing_s", "signals",
                         "traffic_signals", "信号灯", "红绿灯", "有无信号灯"),
    "step_count": ("step_count", "stepcount", "steps", "num_steps", "级数", "踏步数", "台阶数"),
    "ramp:wheelchair": ("ramp:wheelchair", "ramp_wheelchair", "ramp:wheel", "ramp_wheel", "轮椅坡道", "无障碍坡道"),
}  # fmt: skip
_LINES = ("LineString", "MultiLineString", "Polygon", "MultiPolygon")
_SIGNALS = ("crossing", "traffic_signals")  # nodes that may be some
_OF_NODES = ["highway", "crossing", "crossing:signals"]
_RAILWAYS = ("rail", "light_rail", "narrow_gauge", "subway", "monorail")
_WATERWAYS = ("river", "canal")


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
        (`is_walkable`); how long they are is in the notes either way.

    Returns
    -------
    network
        Its largest connected part; the notes say what was left out.

    Raises
    ------
    ValidationError
        If the file cannot be read, has no ways that people walk or none there, or says not where it is.

    Examples
    --------
    Two streets that cross, drawn as two lines.

    >>> east, north = [[500, 4200], [600, 4200]], [[550, 4150], [550, 4250]]
    >>> lines = shapely.linestrings(1000.0 * np.array([[500, 4200]]) + [east, north])
    >>> streets = gpd.GeoDataFrame({"highway": ["residential", "footway"]}, geometry=lines, crs=4548)
    >>> net = read_network(streets, crs="EPSG:4548")
    >>> len(net.xy), net.edges["metres"].tolist()
    (5, [50.0, 50.0, 50.0, 50.0])
    """
    file, suffix = "`network`", ""
    if not isinstance(path, gpd.GeoDataFrame):
        whole, _ = parted(path)
        file, suffix = whole.name, whole.suffix.casefold()
    asked = _Asked(crs, datum, None if within is None else _bounds_of(within), private)
    if suffix and suffix not in (*OSM, *GRAPHML, *_LAYERS):
        mend = _mends.one_of((".osm.pbf", *OSM[1:], *GRAPHML, *_LAYERS))
        told = f"{file}: files of this kind hold no streets; {mend}."
        raise ValidationError([Sentence(told, zh=f"{file}：此类文件中没有街道；{mend.zh}。")])
    if suffix in (*OSM, *GRAPHML):
        read = _read_osm if suffix in OSM else _read_graphml
        edges, walls, notes = read(_existing(Path(path)), asked)
    else:
        edges, walls, notes = _read_lines(path, asked)
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
    if "metres" in edges:  # prepared before
        return _prepared(edges, shown, notes, file=file)
    return rules.made_of(edges, barriers=shown, notes=tuple(notes))


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
    return _located(frame, crs, datum)


def as_frame(net: Network) -> gpd.GeoDataFrame:
    """
    A network as one table to write to GeoParquet: `read_network` reads it without making it anew.

    Examples
    --------
    >>> line = shapely.linestrings([[[500_000, 4_200_000], [500_000, 4_200_100]]])
    >>> net = read_network(gpd.GeoDataFrame(geometry=line, crs=4548), crs="EPSG:4548")
    >>> read_network(as_frame(net)).edges["metres"].tolist()
    [100.0]
    """
    parts = [net.edges]
    if net.barriers is not None:
        parts.append(_beside_ways(net.barriers, "barrier", net.edges))
    if net.left_out is not None:
        parts.append(_beside_ways(net.left_out, "left out", net.edges))
    whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else net.edges
    if not net.notes:
        return whole
    told = json.dumps(net.notes, ensure_ascii=False)
    return whole.assign(**{_NOTES: [told, *[""] * (len(whole) - 1)]})


def _beside_ways(shapes: gpd.GeoSeries, kind: str, edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Barriers, or ways that are left out, as rows of a table of ways."""
    counted = dict.fromkeys((c for c in rules.COUNTED if c in edges), 0.0)
    return gpd.GeoDataFrame(
        {"start": -1, "end": -1, "metres": 0.0, "kind": kind, "level": 0, **counted},
        geometry=shapes.to_numpy(),
        index=range(len(shapes)),
        crs=edges.crs,
    )


def _existing(path: Path) -> Path:
    if not path.is_file():
        told = f"{path}: there is no such file; {_mends.CHECK_THE_PATH}."
        raise ValidationError(
            [Sentence(told, zh=f"{path}：没有此文件；{_mends.CHECK_THE_PATH.zh}。")]
        )
    return path


def _bounds_of(within: gpd.GeoSeries | gpd.GeoDataFrame) -> shapely.Polygon:
    """The rectangle around an area and what lies near it, in degrees."""
    left, bottom, right, top = within.to_crs(4326).total_bounds
    high = _BEYOND_M / 111_000
    wide = high / max(math.cos(math.radians((bottom + top) / 2)), 0.01)
    around: shapely.Polygon = shapely.box(left - wide, bottom - high, right + wide, top + high)
    return around


def _metric(crs: pyproj.CRS | str | None, lon: np.ndarray, lat: np.ndarray) -> pyproj.CRS:
    """The CRS to walk in: the one named, or the UTM zone of some places."""
    if crs is not None:
        return pyproj.CRS(crs)
    first = gpd.GeoSeries(gpd.points_from_xy(lon[:1], lat[:1]), crs=4326)
    utm: pyproj.CRS = first.estimate_utm_crs()
    return utm


def _unreadable(file: str, form: str, why: object) -> ValidationError:
    reason = " ".join(str(why).split())[:160]
    told = f"{file}: it cannot be read as {form} ({reason}); the file may be cut off; {_mends.SAVE_AGAIN}."
    zh = f"{file}：无法按 {form} 读取（{reason}）；文件可能被截断；{_mends.SAVE_AGAIN.zh}。"
    return ValidationError([Sentence(told, zh=zh)])


def _nothing(crs: pyproj.CRS | str | None) -> gpd.GeoSeries:
    return gpd.GeoSeries([], crs=crs)


class _Found(NamedTuple):
    """What a file of OpenStreetMap has: tags and nodes of its ways, barriers, and signalled nodes."""

    tags: list[list[str]]
    nodes: list[list[tuple[int, float, float]]]
    barriers: list[shapely.Geometry]
    signals: dict[int, list[str]]


class _Asked(NamedTuple):
    """What a file is read as: the CRS to walk in, the datum of its lines, where, and whose ways."""

    crs: pyproj.CRS | str | None
    datum: str | None
    bounds: shapely.Polygon | None
    private: bool


_Read = tuple[gpd.GeoDataFrame, gpd.GeoSeries, list[Text]]


def _read_osm(path: Path, asked: _Asked) -> _Read:
    """
    Ways of OpenStreetMap, cut at the nodes they share, and the barriers among them.

    The edges of squares are walked, also of those drawn as multipolygons. A way is cut where the
    file does not have its nodes.
    """
    try:
        import osmium
    except ImportError as err:
        raise ImportError(
            _mends.install(
                Sentence("reading OpenStreetMap", zh="读取 OpenStreetMap "), "osmium", "network"
            )
        ) from err
    found = _Found([], [], [], {})
    water = osmium.filter.KeyFilter("natural", "waterway")
    every = osmium.filter.KeyFilter("highway", "natural", "waterway", "railway")
    try:
        reading = osmium.FileProcessor(str(path)).with_locations().with_areas(water)
        for one in reading.with_filter(every):
            if isinstance(one, osmium.osm.Way):
                _take_way(one, found)
            elif isinstance(one, osmium.osm.Area):
                _take_water(one, found)
            elif isinstance(one, osmium.osm.Node) and one.tags.get("highway") in _SIGNALS:
                found.signals[one.id] = [str(one.tags.get(name, "")) for name in _OF_NODES]
        _take_squares(path, found)
    except RuntimeError as err:
        raise _unreadable(path.name, "OpenStreetMap", err) from None
    said = pd.DataFrame(found.tags, columns=rules.TAGS, dtype=object)
    is_walked = rules.is_walkable(said, private=asked.private).to_numpy()
    is_private = _is_private(said)
    nodes = [way for way, walked in zip(found.nodes, is_walked, strict=True) if walked]
    signals = pd.DataFrame.from_dict(found.signals, orient="index", columns=_OF_NODES, dtype=object)
    signals = signals[_are_signals(signals)]
    signalled = signals.index.to_numpy(np.int64)
    edges = _cut_at_nodes(said[is_walked], nodes, asked.crs, asked.bounds, signalled)
    if edges.empty:
        return edges, _nothing(edges.crs), []
    barriers = gpd.GeoSeries(found.barriers, crs=4326)
    if asked.bounds is not None:
        barriers = barriers[barriers.intersects(asked.bounds)]
    theirs = [way for way, some in zip(found.nodes, is_private, strict=True) if some]
    own = _cut_at_nodes(said[is_private], theirs, edges.crs, asked.bounds, signalled)
    notes = _private_notes(path.name, float(own.length.sum()), asked)
    if asked.datum not in (None, "wgs84", "cgcs2000"):
        notes.append(
            {
                "en": f"{path.name}: OpenStreetMap is in WGS84; the datum {asked.datum} is not used for it",
                "zh": f"{path.name}：OpenStreetMap 为 WGS84；坐标系 {asked.datum} 不用于此文件",
            }
        )
    return edges, barriers.to_crs(edges.crs), notes


def _is_private(said: pd.DataFrame) -> np.ndarray:
    """Which ways are walked by those alone whose they are."""
    is_own: np.ndarray = (
        rules.is_walkable(said, private=True) & ~rules.is_walkable(said)
    ).to_numpy(dtype=bool)
    return is_own


def _private_notes(file: str, metres: float, asked: _Asked) -> list[Text]:
    """How much of the ways is private, and what was done with it."""
    if metres < 1:
        return []
    if asked.private:
        return [
            {
                "en": f"{file}: {metres:,.0f} m of private ways are walked by everybody, as by the residents "
                "of estates",
                "zh": f"{file}：私有道路共 {metres:,.0f} 米，按小区居民可走处理，所有人均可通行",
            }
        ]
    return [
        {
            "en": f"{file}: {metres:,.0f} m of private ways are not walked; where they are those of housing "
            "estates, prepare the network with `carecircles network --private`",
            "zh": f"{file}：私有道路共 {metres:,.0f} 米，未计入；如属小区内部道路，请用 "
            "`carecircles network --private` 生成路网",
        }
    ]


def _are_signals(nodes: pd.DataFrame) -> np.ndarray:
    """Which nodes are signals that stop whoever crosses a road there."""
    is_crossing = (nodes["highway"] == "crossing") & rules.is_signalled(nodes)
    are: np.ndarray = (
        is_crossing | ((nodes["highway"] == "traffic_signals") & (nodes["crossing"] != "no"))
    ).to_numpy(dtype=bool)
    return are


def _take_way(way: Any, found: _Found) -> None:
    """What a way of OpenStreetMap is: a way with a highway, a barrier, neither or both."""
    nodes = _nodes(way.nodes)
    if "highway" in way.tags:
        found.tags.append([way.tags.get(name, "") for name in rules.TAGS])
        found.nodes.append(nodes)
    if _is_barrier_line(way.tags):
        known = [place for _, *place in nodes if not math.isnan(place[0])]
        if len(known) > 1:
            found.barriers.append(shapely.LineString(known))


def _take_water(area: Any, found: _Found) -> None:
    """A lake, or the surface of a river."""
    if area.tags.get("natural") == "water" or area.tags.get("waterway") == "riverbank":
        shells = [
            (_shore(outer), [_shore(inner) for inner in area.inner_rings(outer)])
            for outer in area.outer_rings()
        ]
        found.barriers.append(shapely.make_valid(shapely.MultiPolygon(shells)))


def _take_squares(path: Path, found: _Found) -> None:
    """The edges of squares that are multipolygons, also of those of which the file has only a part."""
    import osmium

    tags_of: dict[int, list[str]] = {}
    relations = osmium.FileProcessor(str(path), osmium.osm.RELATION)
    for one in relations.with_filter(osmium.filter.KeyFilter("highway")):
        if isinstance(one, osmium.osm.Relation) and one.tags.get("type") == "multipolygon":
            said = ["yes" if name == "area" else str(one.tags.get(name, "")) for name in rules.TAGS]
            tags_of |= {m.ref: said for m in one.members if m.type == "w"}
    if not tags_of:
        return
    edges = osmium.FileProcessor(str(path)).with_locations()
    edges = edges.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    for way in edges.with_filter(osmium.filter.IdFilter(tags_of)):
        if isinstance(way, osmium.osm.Way):
            found.tags.append(tags_of[way.id])
            found.nodes.append(_nodes(way.nodes))


def _shore(ring: Any) -> list[list[float]]:
    return [place for _, *place in _nodes(ring)]


def _nodes(ring: Iterable[Any]) -> list[tuple[int, float, float]]:
    """Number, longitude and latitude of nodes; NaN where the file does not have them."""
    return [
        (n.ref, n.location.lon, n.location.lat)
        if n.location.valid()
        else (n.ref, math.nan, math.nan)
        for n in ring
    ]


def _is_barrier_line(tags: Any) -> bool:
    """Whether a way is water, a railway or a motorway on the ground."""
    is_on_ground = tags.get("tunnel", "no") == "no" and tags.get("bridge", "no") == "no"
    layer = tags.get("layer", "0")
    return (
        is_on_ground
        and layer == "0"
        and (
            tags.get("waterway") in _WATERWAYS
            or tags.get("railway") in _RAILWAYS
            or tags.get("highway") in ("motorway", "motorway_link")
        )
    )


def _cut_at_nodes(
    said: pd.DataFrame,
    nodes: list[list[tuple[int, float, float]]],
    crs: pyproj.CRS | str | None,
    bounds: shapely.Polygon | None,
    signals: np.ndarray,
) -> gpd.GeoDataFrame:
    """Ways by their nodes, cut at those that several have or one has twice; `signals` are nodes."""
    ids = np.array([n[0] for way in nodes for n in way], dtype=np.int64)
    lonlat = np.array([n[1:] for way in nodes for n in way], dtype=float).reshape(-1, 2)
    way = np.repeat(np.arange(len(nodes)), [len(some) for some in nodes])
    is_known = np.isfinite(lonlat).all(axis=1)
    if bounds is not None:
        left, bottom, right, top = bounds.bounds
        is_near = (lonlat >= [left, bottom]).all(axis=1) & (lonlat <= [right, top]).all(axis=1)
        is_known &= np.bincount(way[is_near], minlength=len(nodes))[way] > 0
    # A step leads from one node of a way to its next.
    step = np.flatnonzero((way[1:] == way[:-1]) & is_known[1:] & is_known[:-1])
    if not len(step):
        return gpd.GeoDataFrame({"start": [], "end": []}, geometry=[], crs=crs or 4326)
    _, node = np.unique(ids, return_inverse=True)
    ends = np.bincount(node[step], minlength=node.max() + 1) + np.bincount(
        node[step + 1], minlength=node.max() + 1
    )
    follows = np.diff(step, prepend=-2) == 1
    follows &= way[step] == way[np.concatenate([[0], step[:-1]])]
    metric = _metric(crs, *lonlat[step].T)
    to_metres = pyproj.Transformer.from_crs(4326, metric, always_xy=True)
    xy = np.column_stack(to_metres.transform(*lonlat.T))
    counted = _counted_along(said, way[step], xy[step], xy[step + 1], np.isin(ids, signals), step)
    waits = counted["signals"] > 0  # and not a step before
    is_first = ~follows | (ends[node[step]] != 2) | waits | np.concatenate([[False], waits[:-1]])
    piece = np.cumsum(is_first) - 1
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], len(step)) - 1
    # Every step brings its first node, the last of a piece its second one too.
    position = np.concatenate([step, step[last] + 1])
    number = np.concatenate([piece, piece[last]])
    order = np.argsort(number, kind="stable")
    lines = shapely.linestrings(xy[position[order]], indices=number[order])
    source = said.iloc[way[step[first]]].reset_index(drop=True)
    table = {
        "start": ids[step[first]],
        "end": ids[step[last] + 1],
        "kind": rules.kinds_of(source["highway"]).to_numpy(),
        "level": rules.levels_of(source).to_numpy(),
        **{name: np.bincount(piece, of_step) for name, of_step in counted.items()},
    }
    return gpd.GeoDataFrame(table, geometry=lines, crs=metric)


def _counted_along(
    said: pd.DataFrame,
    way: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    is_signal: np.ndarray,
    step: np.ndarray,
) -> dict[str, np.ndarray]:
    """Flights and signals of each step of a way, from its `begin` to its `end`; `is_signal` is of nodes."""
    metres = np.hypot(*(end - begin).T)
    whole = np.bincount(way, metres, minlength=len(said))
    share = np.divide(metres, whole[way], out=np.zeros(len(way)), where=whole[way] > 0)
    flights = rules.flights_of(said, whole).to_numpy()
    is_path = rules.kinds_of(said["highway"]).isin(rules.PATHS).to_numpy()
    halves = 0.5 * (is_signal[step].astype(float) + is_signal[step + 1]) * is_path[way]
    has_node = np.bincount(way, halves, minlength=len(said)) > 0
    is_told = rules.is_signalled(said).to_numpy() & is_path & ~has_node
    return {"flights": flights[way] * share, "signals": halves + is_told[way] * share}


def _read_graphml(path: Path, asked: _Asked) -> _Read:
    """A graph of OSMnx: its edges lie between its nodes; one without a line of its own is straight."""
    try:
        from defusedxml import DefusedXmlException
        from defusedxml.ElementTree import ParseError, parse
    except ImportError as err:
        raise ImportError(
            _mends.install(Sentence("reading GraphML", zh="读取 GraphML "), "defusedxml", "network")
        ) from err
    file = path.name
    try:
        root = parse(path, forbid_dtd=True).getroot()
    except DefusedXmlException:
        told = (
            f"{file}: it has XML entities or a DTD, which are not read; save it again with OSMnx."
        )
        zh = f"{file}：其中含有 XML 实体或 DTD，不予读取；请用 OSMnx 重新保存。"
        raise ValidationError([Sentence(told, zh=zh)]) from None
    except (ParseError, ValueError, LookupError) as err:
        raise _unreadable(file, "GraphML", err) from None
    theirs, nodes, table = _graph_of(root)
    try:
        crs_of_graph = pyproj.CRS.from_user_input(theirs)
    except pyproj.exceptions.CRSError:
        said = _checks.show(theirs)
        told = f"{file}: its crs is {said}, which is not one we know; save it again with OSMnx."
        zh = f"{file}：其 crs 为 {said}，不是已知的 CRS；请用 OSMnx 重新保存。"
        raise ValidationError([Sentence(told, zh=zh)]) from None
    if table.empty or not {"x", "y"} <= set(nodes):
        told = f"{file}: its nodes have no x and y, or it has no edges; save a street graph with OSMnx."
        zh = f"{file}：节点没有 x 和 y，或其中没有边；请用 OSMnx 保存街道图。"
        raise ValidationError([Sentence(told, zh=zh)])
    start, end = (nodes.index.get_indexer(pd.Index(table[name])) for name in ("_from", "_to"))
    lines = _lines_of(table, nodes, start, end)
    is_lost = shapely.is_missing(lines)
    problems = _checks.complain(
        file,
        table.index[is_lost],
        Sentence("the edge leads to a node that is not there", zh="边通向不存在的节点"),
        Sentence("save the graph again with OSMnx", zh="请用 OSMnx 重新保存该图"),
    )
    if problems:
        raise ValidationError(problems)
    drawn, tags = gpd.GeoSeries(lines, crs=crs_of_graph), _tags(table)
    if asked.datum is not None:
        there = drawn.to_crs(4326).to_numpy()
        drawn = gpd.GeoSeries(_to_wgs84(there, asked.datum), crs=4326)
    degrees = drawn.to_crs(4326)
    walked = rules.is_walkable(tags, private=asked.private).to_numpy()
    is_private = _is_private(tags)
    if asked.bounds is not None:
        is_near = degrees.intersects(asked.bounds).to_numpy()
        walked, is_private = walked & is_near, is_private & is_near
    if not walked.any():
        return gpd.GeoDataFrame(geometry=[], crs=crs_of_graph), _nothing(crs_of_graph), []
    metric = _metric(asked.crs, *shapely.get_coordinates(degrees.to_numpy()[walked])[:1].T)
    moved = drawn.to_crs(metric).to_numpy()
    edges = {
        "start": start[walked],
        "end": end[walked],
        "kind": rules.kinds_of(tags["highway"]).to_numpy()[walked],
        "level": rules.levels_of(tags).to_numpy()[walked],
        "flights": rules.flights_of(tags, shapely.length(moved)).to_numpy()[walked],
        "signals": _signals_at_ends(tags, nodes, start, end)[walked],
    }
    made = gpd.GeoDataFrame(edges, geometry=moved[walked], crs=metric)
    own = np.unique(shapely.to_wkb(shapely.normalize(moved[is_private])))  # of both directions one
    metres = float(shapely.length(shapely.from_wkb(own)).sum())
    return made, _nothing(metric), _private_notes(file, metres, asked)


def _to_wgs84(lines: np.ndarray, datum: str) -> np.ndarray:
    moved: np.ndarray = shapely.transform(
        lines, lambda xy: np.column_stack(to_wgs84(*xy.T, datum=datum))
    )
    return moved


def _signals_at_ends(
    tags: pd.DataFrame, nodes: pd.DataFrame, start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Signals of the edges of a graph: half of each at their ends, else those the edge itself tells."""
    is_path = rules.kinds_of(tags["highway"]).isin(rules.PATHS).to_numpy()
    is_signal = _are_signals(nodes.reindex(columns=_OF_NODES).astype(object).fillna(""))
    halves = 0.5 * (is_signal[start].astype(float) + is_signal[end]) * is_path
    return np.where(
        halves > 0, halves, (rules.is_signalled(tags).to_numpy() & is_path).astype(float)
    )


def _graph_of(root: Any) -> tuple[str, pd.DataFrame, pd.DataFrame]:
    """The CRS of a GraphML document, its nodes by number, and its edges with where they lead."""
    space = root.tag.partition("}")[0] + "}" if root.tag.startswith("{") else ""
    names = {key.get("id"): key.get("attr.name") for key in root.iter(f"{space}key")}

    def data(element: Any) -> dict[str, str]:
        told = element.findall(f"{space}data")
        return {names.get(one.get("key"), one.get("key")): one.text or "" for one in told}

    graphs = [data(graph) for graph in root.iter(f"{space}graph")]
    nodes = {node.get("id"): data(node) for node in root.iter(f"{space}node")}
    edges = [
        {**data(edge), "_from": edge.get("source"), "_to": edge.get("target")}
        for edge in root.iter(f"{space}edge")
    ]
    numbers = pd.RangeIndex(1, len(edges) + 1, name="edge")
    crs = graphs[0].get("crs", "") if graphs else ""
    return crs, pd.DataFrame.from_dict(nodes, orient="index"), pd.DataFrame(edges, index=numbers)


def _lines_of(
    table: pd.DataFrame, nodes: pd.DataFrame, start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """The lines of edges, straight where they have none; missing where an end is not there."""
    xy = nodes[["x", "y"]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    xy = np.append(xy, [[math.nan, math.nan]], axis=0)
    ends = np.stack([xy[start], xy[end]], axis=1)
    texts = table["geometry"] if "geometry" in table else pd.Series(None, index=table.index)
    written = [text if isinstance(text, str) and text else None for text in texts]
    lines = shapely.from_wkt(np.array(written, dtype=object), on_invalid="ignore")
    straight = np.asarray(shapely.linestrings(np.nan_to_num(ends)))
    lines = np.where(shapely.is_missing(lines), straight, lines)
    points = [shapely.get_point(lines, n) for n in (0, -1)]
    drawn = np.stack(
        [np.column_stack([shapely.get_x(p), shapely.get_y(p)]) for p in points], axis=1
    )
    as_told, turned = (np.hypot(*(way - drawn).T).sum(axis=0) for way in (ends, ends[:, ::-1]))
    is_turned = turned < as_told  # an undirected graph may draw an edge from its end to its start
    lines[is_turned] = shapely.reverse(lines[is_turned])
    lines[~np.isfinite(ends).all(axis=(1, 2))] = None
    return lines


def _tags(frame: pd.DataFrame) -> pd.DataFrame:
    """What a table of streets says of each, under OpenStreetMap's names."""
    found = {str(name).casefold(): name for name in list(frame.columns)[::-1]}
    tags: dict[str, pd.Series] = {}
    for tag, spellings in _SPELLINGS.items():
        name = next((found[s] for s in spellings if s in found), None)
        if name is not None:
            tags[tag] = frame[name].map(_checks.as_text)
        elif "other_tags" in found:  # of GDAL
            others = frame[found["other_tags"]].map(_checks.as_text)
            tags[tag] = others.str.extract(f'"{tag}"=>"([^"]*)"', expand=False).fillna("")
    return pd.DataFrame(tags, index=frame.index, columns=rules.TAGS, dtype=object).fillna("")


def _read_lines(path: str | Path | gpd.GeoDataFrame, asked: _Asked) -> _Read:
    """Drawn lines, those that are walked cut where they meet; or a network that was prepared before."""
    raw = read_raw(_edges_of(path), Sought("network"))
    file = raw.attrs["file"]
    is_prepared = isinstance(raw, gpd.GeoDataFrame) and set(raw.columns) >= _PREPARED
    if is_prepared:
        return _read_prepared(gpd.GeoDataFrame(raw), asked)
    if isinstance(raw, gpd.GeoDataFrame):  # a line from a point to itself leads nowhere
        shape = raw.geometry.to_numpy()
        raw = raw[shapely.is_valid(shape) | (shapely.length(shape) != 0)]
    shapes = _located(raw, asked.crs, asked.datum)
    said = _tags(pd.DataFrame(raw.drop(columns=raw.geometry.name)))
    kind = rules.kinds_of(said["highway"])
    dimension = shapely.get_dimensions(shapes.to_numpy())
    is_square = (dimension == 2) & kind.isin(rules.SQUARES).to_numpy()
    walked = rules.is_walkable(said, private=asked.private).to_numpy()
    is_private = _is_private(said) & (dimension == 1)
    walked = walked & ((dimension == 1) | is_square)
    if asked.bounds is not None:
        is_near = shapes.intersects(_in(asked.bounds, shapes.crs)).to_numpy()
        walked, is_private = walked & is_near, is_private & is_near
    lines = np.where(is_square, shapely.boundary(shapes.to_numpy()), shapes.to_numpy())[walked]
    parts, source = shapely.get_parts(lines, return_index=True)
    is_crossing = rules.is_signalled(said) & kind.isin(rules.PATHS)
    whole = shapely.length(lines)
    share = shapely.length(parts) / whole[source]
    table = {
        "kind": kind.to_numpy()[walked][source],
        "level": rules.levels_of(said).to_numpy()[walked][source],
        "flights": rules.flights_of(said[walked], whole).to_numpy()[source] * share,
        "signals": is_crossing.to_numpy(dtype=float)[walked][source] * share,
    }
    ways = gpd.GeoDataFrame(table, geometry=shapely.force_2d(parts), crs=shapes.crs)
    notes = _private_notes(file, float(shapes[is_private].length.sum()), asked)
    if (said["highway"] == "").all():
        notes.append(
            {
                "en": f"{file}: it does not say what kinds of ways they are; all are walked",
                "zh": f"{file}：未说明道路类型，全部按可步行处理",
            }
        )
    return (ways if ways.empty else rules.noded(ways)), _nothing(shapes.crs), notes


def _read_prepared(whole: gpd.GeoDataFrame, asked: _Asked) -> _Read:
    """A network as `as_frame` made it, or the part of it near an area."""
    crs = asked.crs
    edges = whole if crs is None or whole.crs == pyproj.CRS(crs) else whole.to_crs(crs)
    notes = _written_notes(edges)
    edges = edges.drop(columns=_NOTES, errors="ignore")
    if asked.bounds is not None:
        edges = edges[edges.intersects(_in(asked.bounds, edges.crs)).to_numpy()]
    is_wall = (edges["kind"].eq("barrier") & edges["start"].eq(-1)).to_numpy()
    return edges[~is_wall], edges.geometry[is_wall], notes


def _written_notes(frame: gpd.GeoDataFrame) -> list[Text]:
    """The notes that a prepared network came with; none where they are not as they were written."""
    told = [text for text in frame.get(_NOTES, []) if isinstance(text, str) and text]
    try:
        notes = json.loads(told[0]) if told else []
    except ValueError:
        return []
    if not isinstance(notes, list):
        return []
    return [
        {"en": str(note["en"]), "zh": str(note["zh"])}
        for note in notes
        if isinstance(note, dict) and {"en", "zh"} <= set(note)
    ]


def _in(bounds: shapely.Polygon, crs: pyproj.CRS) -> shapely.Polygon:
    moved: shapely.Polygon = gpd.GeoSeries([bounds], crs=4326).segmentize(0.05).to_crs(crs).iloc[0]
    return moved


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


def _located(frame: pd.DataFrame, crs: pyproj.CRS | str | None, datum: str | None) -> gpd.GeoSeries:
    """Lines and polygons of a file in `crs`."""
    called = Sentence("lines", zh="线")
    shapes, problems = geometries_of(
        frame, file=frame.attrs["file"], crs=crs, declared=datum, kinds=_LINES, called=called
    )
    if shapes is None or problems:
        raise ValidationError([*frame.attrs.get("problems", []), *problems])
    return shapes


def _prepared(
    edges: gpd.GeoDataFrame, barriers: gpd.GeoSeries | None, notes: list[Text], *, file: str
) -> Network:
    """A network as it was written; of a part of it the largest connected part."""
    is_lost = (edges["kind"].eq("left out") & edges["start"].eq(-1)).to_numpy()
    lost = edges.geometry[is_lost].reset_index(drop=True)
    edges = edges[~is_lost].reset_index(drop=True)
    ends = edges[["start", "end"]].to_numpy(dtype=np.int64)
    lines = edges.geometry.to_numpy()
    if not len(ends) or shapely.is_missing(lines).any() or ends.min() < 0:
        told = f"{file}: it is not as `carecircles network` wrote it; prepare it again."
        raise ValidationError(
            [Sentence(told, zh=f"{file}：内容与 `carecircles network` 所写不符；请重新生成。")]
        )
    if len(np.unique(rules.parts_of(edges))) > 1:  # where ways near an area alone were taken
        part = rules.made_of(edges, barriers=barriers, notes=tuple(notes))
        every = [some for some in (part.left_out, lost) if some is not None and len(some)]
        return dataclasses.replace(part, left_out=pd.concat(every, ignore_index=True))
    labels, place = np.unique(ends, return_inverse=True)
    place = place.reshape(-1, 2)
    xy = np.empty((len(labels), 2))
    xy[place] = np.stack(
        [shapely.get_coordinates(shapely.get_point(lines, n)) for n in (0, -1)], axis=1
    )
    edges = edges.assign(start=place[:, 0], end=place[:, 1])
    if not set(rules.COUNTED) <= set(edges):
        edges = edges.assign(**{name: edges.get(name, 0.0) for name in rules.COUNTED})
        notes.append(
            {
                "en": f"{file}: it was prepared when stairs and signals were not counted yet; without "
                "them minutes are too few: prepare it again",
                "zh": f"{file}：生成时尚未统计楼梯和信号灯，按此计算的分钟数偏少；请重新生成",
            }
        )
    return Network(xy, edges, barriers, tuple(notes), lost if len(lost) else None)
