"""Files of OpenStreetMap: the ways, barriers and seats they have."""

import contextlib
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _mends
from carecircles.network import ways as rules
from carecircles.network._asked import (
    Asked,
    Read,
    metric_of,
    no_barriers,
    private_notes,
    unreadable,
    walked_of,
)
from carecircles.words import Sentence

OSM = (".pbf", ".osm")
SEATS = ("bench", "shelter")
_COUNTED = ("crossing", "traffic_signals", rules.LIFT)  # nodes that may be signals or lifts
_RAILWAYS = ("rail", "light_rail", "narrow_gauge", "subway", "monorail")
_WATERWAYS = ("river", "canal")


class _Found(NamedTuple):
    """What a file of OpenStreetMap has: ids, tags and nodes of its ways, barriers, and signalled nodes."""

    ids: list[int]
    tags: list[list[str]]
    nodes: list[list[tuple[int, float, float]]]
    barriers: list[shapely.Geometry]
    signals: dict[int, list[str]]  # and lifts


def read_ways(path: Path, asked: Asked) -> Read:
    """
    Ways of OpenStreetMap, cut at the nodes they share, and the barriers among them.

    The edges of squares are walked, also of those drawn as multipolygons. A way is cut where the
    file does not have its nodes.
    """
    found = _Found([], [], [], [], {})
    with _reading(path) as osmium:
        water = osmium.filter.KeyFilter("natural", "waterway")
        every = osmium.filter.KeyFilter("highway", "natural", "waterway", "railway")
        reading = osmium.FileProcessor(str(path)).with_locations().with_areas(water)
        for one in reading.with_filter(every):
            if isinstance(one, osmium.osm.Way):
                _take_way(one, found)
            elif isinstance(one, osmium.osm.Area):
                _take_water(one, found)
            elif isinstance(one, osmium.osm.Node) and one.tags.get("highway") in _COUNTED:
                found.signals[one.id] = [str(one.tags.get(name, "")) for name in rules.OF_NODES]
        _take_squares(path, found)
    said = pd.DataFrame(found.tags, columns=rules.TAGS, dtype=object)
    said[rules.ID] = np.array(found.ids, dtype=np.int64).astype(str).astype(object)
    is_walked, is_private = walked_of(said, asked)
    if asked.private:
        said[rules.PRIVATE] = is_private
    nodes = [way for way, walked in zip(found.nodes, is_walked, strict=True) if walked]
    told = pd.DataFrame.from_dict(
        found.signals, orient="index", columns=rules.OF_NODES, dtype=object
    )
    counted = (
        told.index[rules.are_signals(told)].to_numpy(np.int64),
        told.index[rules.are_lifts(told)].to_numpy(np.int64),
    )
    edges = _cut_at_nodes(said[is_walked], nodes, asked.crs, asked.bounds, counted)
    if edges.empty:
        return edges, no_barriers(edges.crs), []
    barriers = gpd.GeoSeries(found.barriers, crs=4326)
    if asked.bounds is not None:
        barriers = barriers[barriers.intersects(asked.bounds)]
    theirs = [way for way, some in zip(found.nodes, is_private, strict=True) if some]
    own = _cut_at_nodes(said[is_private], theirs, edges.crs, asked.bounds, counted)
    notes = private_notes(path.name, float(own.length.sum()), asked)
    if asked.datum not in (None, "wgs84", "cgcs2000"):
        notes.append(
            {
                "en": f"{path.name}: OpenStreetMap is in WGS84; the datum {asked.datum} is not used for it",
                "zh": f"{path.name}：OpenStreetMap 为 WGS84；坐标系 {asked.datum} 不用于此文件",
            }
        )
    return edges, barriers.to_crs(edges.crs), notes


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[ModuleType]:
    """The library that reads OpenStreetMap; what it cannot read is told by the name of the file."""
    try:
        import osmium
    except ImportError as err:
        raise ImportError(
            _mends.install(
                Sentence("reading OpenStreetMap", zh="读取 OpenStreetMap "), "osmium", "network"
            )
        ) from err
    try:
        yield osmium
    except RuntimeError as err:
        raise unreadable(path.name, "OpenStreetMap", err) from None


def _take_way(way: Any, found: _Found) -> None:
    """What a way of OpenStreetMap is: a way with a highway, a barrier, neither or both."""
    nodes = _nodes(way.nodes)
    if "highway" in way.tags:
        found.ids.append(way.id)
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
            found.ids.append(way.id)
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
    counted_at: tuple[np.ndarray, np.ndarray],
) -> gpd.GeoDataFrame:
    """Ways by their nodes, cut at those that several have or one has twice; signals and lifts are nodes."""
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
    metric = metric_of(crs, *lonlat[step].T)
    to_metres = pyproj.Transformer.from_crs(4326, metric, always_xy=True)
    xy = np.column_stack(to_metres.transform(*lonlat.T))
    signals, lifts = (np.isin(ids, some) for some in counted_at)
    # Of a lift drawn as an area people walk half of the edge.
    is_ring = np.array([len(some) > 1 and some[0][0] == some[-1][0] for some in nodes])
    counted = _counted_along(
        said,
        way[step],
        np.hypot(*(xy[step + 1] - xy[step]).T),
        signals=(signals[step], signals[step + 1]),
        lifts=(lifts[step], lifts[step + 1], rules.lifts_of(said).to_numpy() * (1 + is_ring)),
    )
    waits = (counted["signals"] > 0) | (counted["lifts"] > 0)  # and not a step before
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
        **{name: source[name].to_numpy() for name in (rules.ID, rules.PRIVATE) if name in source},
        "kind": rules.kinds_of(source["highway"]).to_numpy(),
        "level": rules.levels_of(source).to_numpy(),
        **{name: np.bincount(piece, of_step) for name, of_step in counted.items()},
    }
    return gpd.GeoDataFrame(table, geometry=lines, crs=metric)


def _counted_along(
    said: pd.DataFrame,
    way: np.ndarray,
    metres: np.ndarray,
    *,
    signals: tuple[np.ndarray, np.ndarray],
    lifts: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> dict[str, np.ndarray]:
    """
    What is counted of each step of a way.

    `signals` and `lifts` say whether its first and second nodes are some, the latter also how many each way is.
    """
    whole = np.bincount(way, metres, minlength=len(said))
    share = np.divide(metres, whole[way], out=np.zeros(len(way)), where=whole[way] > 0)
    is_path = rules.are_paths(said)
    crossing = rules.is_signalled(said).to_numpy() & is_path
    waits = _by_node_or_way(rules.halves_of(*signals, is_path[way]), crossing, way, share)
    begins, ends, of_way = lifts
    every = np.ones(len(way), dtype=bool)
    rides = _by_node_or_way(rules.halves_of(begins, ends, every), of_way, way, share)
    flights, escalators = (of(said, whole) for of in (rules.flights_of, rules.escalators_of))
    return {
        "flights": flights.to_numpy()[way] * share,
        "signals": waits,
        "lifts": rides,
        "escalators": escalators.to_numpy()[way] * share,
    }


def _by_node_or_way(
    halves: np.ndarray, told: np.ndarray, way: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """What nodes say of the steps at them, else what their ways say, spread along these."""
    has_node = np.bincount(way, halves, minlength=len(told)) > 0
    spread: np.ndarray = halves + (told * ~has_node)[way] * share
    return spread


def read_seats(path: Path, crs: pyproj.CRS | str) -> gpd.GeoDataFrame:
    """Benches and shelters of OpenStreetMap."""
    found: list[tuple[int, str, float, float]] = []
    with _reading(path) as osmium:
        reading = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
        for one in reading.with_locations().with_filter(
            osmium.filter.KeyFilter("amenity", "bench")
        ):
            if _is_seat(one.tags) and (middle := _middle(one)) is not None:
                found.append((int(one.id), str(one.tags.get("name", "")), *middle))
    ids, names, lon, lat = zip(*found, strict=True) if found else ((), (), (), ())
    table = {"name": np.array(names, dtype=object), "row": np.array(ids, dtype=np.int64)}
    points = gpd.points_from_xy(lon, lat, crs=4326)
    seats = gpd.GeoDataFrame(table, geometry=points, crs=4326).to_crs(crs)
    seats.attrs = {"file": path.name, "taken": []}
    return seats


def _is_seat(tags: Any) -> bool:
    """Whether OpenStreetMap knows that anybody can sit there."""
    is_one = tags.get("amenity") in SEATS or tags.get("bench") == "yes"
    return is_one and tags.get("access", "yes") not in ("no", "private")


def _middle(one: Any) -> tuple[float, float] | None:
    """Where a node or a way is, in degrees; nowhere where the file has none of its nodes."""
    nodes = [one] if one.is_node() else list(one.nodes)
    places = [(n.location.lon, n.location.lat) for n in nodes if n.location.valid()]
    if not places:
        return None
    middle = shapely.MultiPoint(places).centroid
    return middle.x, middle.y
