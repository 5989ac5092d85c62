"""Graphs of OSMnx."""

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _mends
from carecircles.datum import to_wgs84
from carecircles.errors import ValidationError
from carecircles.io import _checks
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
from carecircles.network._tags import ids_of, tags_of
from carecircles.words import Sentence

GRAPHML = (".graphml",)


def read_graph(path: Path, asked: Asked) -> Read:
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
        raise unreadable(file, "GraphML", err) from None
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
    drawn, tags = gpd.GeoSeries(lines, crs=crs_of_graph), tags_of(table)
    if asked.datum is not None:
        there = drawn.to_crs(4326).to_numpy()
        drawn = gpd.GeoSeries(_to_wgs84(there, asked.datum), crs=4326)
    degrees = drawn.to_crs(4326)
    walked, is_private = walked_of(tags, asked)
    if asked.bounds is not None:
        is_near = degrees.intersects(asked.bounds).to_numpy()
        walked, is_private = walked & is_near, is_private & is_near
    if not walked.any():
        return gpd.GeoDataFrame(geometry=[], crs=crs_of_graph), no_barriers(crs_of_graph), []
    metric = metric_of(asked.crs, *shapely.get_coordinates(degrees.to_numpy()[walked])[:1].T)
    moved = drawn.to_crs(metric).to_numpy()
    edges = {
        "start": start[walked],
        "end": end[walked],
        "kind": rules.kinds_of(tags["highway"]).to_numpy()[walked],
        "level": rules.levels_of(tags).to_numpy()[walked],
        "flights": rules.flights_of(tags, shapely.length(moved)).to_numpy()[walked],
        "escalators": rules.escalators_of(tags, shapely.length(moved)).to_numpy()[walked],
        **{name: n[walked] for name, n in _counted_at_ends(tags, nodes, start, end).items()},
    }
    if (ids := ids_of(table)) is not None:
        edges[rules.ID] = ids[walked]
    if asked.private:
        edges[rules.PRIVATE] = is_private[walked]
    made = gpd.GeoDataFrame(edges, geometry=moved[walked], crs=metric)
    own = np.unique(shapely.to_wkb(shapely.normalize(moved[is_private])))  # of both directions one
    metres = float(shapely.length(shapely.from_wkb(own)).sum())
    return made, no_barriers(metric), private_notes(file, metres, asked)


def _to_wgs84(lines: np.ndarray, datum: str) -> np.ndarray:
    moved: np.ndarray = shapely.transform(
        lines, lambda xy: np.column_stack(to_wgs84(*xy.T, datum=datum))
    )
    return moved


def _counted_at_ends(
    tags: pd.DataFrame, nodes: pd.DataFrame, start: np.ndarray, end: np.ndarray
) -> dict[str, np.ndarray]:
    """Signals and lifts of the edges of a graph: half of each at their ends, else those the edge itself tells."""
    is_path, every = rules.are_paths(tags), np.ones(len(tags), dtype=bool)
    told = nodes.reindex(columns=rules.OF_NODES).astype(object).fillna("")
    crossing = rules.is_signalled(tags).to_numpy() & is_path
    counted = {
        "signals": (rules.are_signals(told), is_path, crossing),
        "lifts": (rules.are_lifts(told), every, rules.lifts_of(tags).to_numpy()),
    }
    found = {}
    for name, (are, some, of_edge) in counted.items():
        halves = rules.halves_of(are[start], are[end], some)
        found[name] = np.where(halves > 0, halves, of_edge.astype(float))
    return found


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
