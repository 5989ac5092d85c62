"""Networks as `carecircles network` writes them: one table, which is read without making it anew."""

import dataclasses
import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles.errors import ValidationError
from carecircles.network import ways as rules
from carecircles.network._asked import Asked, Read, within
from carecircles.network.values import Network
from carecircles.words import Sentence, Text

_NOTES = "notes"  # a column, in its first row
_SOURCE = "source"  # another one
_LONGEST_SOURCE = 300
_ADDED_LATER = ("lifts and escalators", "电梯和自动扶梯")
_COLUMNS = {"start", "end", "metres", "kind", "level"}


def as_frame(net: Network) -> gpd.GeoDataFrame:
    """
    A network as one table to write to GeoParquet: `read_network` reads it without making it anew.

    Examples
    --------
    >>> from carecircles.network import read_network
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
    told = {
        _NOTES: json.dumps(net.notes, ensure_ascii=False) if net.notes else "",
        _SOURCE: net.source,
    }
    return whole.assign(
        **{name: [text, *[""] * (len(whole) - 1)] for name, text in told.items() if text}
    )


def _beside_ways(shapes: gpd.GeoSeries, kind: str, edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Barriers, or ways that are left out, as rows of a table of ways."""
    counted: dict[str, Any] = dict.fromkeys((c for c in rules.COUNTED if c in edges), 0.0)
    counted |= {c: none for c, none in ((rules.ID, ""), (rules.PRIVATE, False)) if c in edges}
    return gpd.GeoDataFrame(
        {"start": -1, "end": -1, "metres": 0.0, "kind": kind, "level": 0, **counted},
        geometry=shapes.to_numpy(),
        index=range(len(shapes)),
        crs=edges.crs,
    )


def is_prepared(frame: pd.DataFrame) -> bool:
    """Whether a table is one that `as_frame` made."""
    return isinstance(frame, gpd.GeoDataFrame) and set(frame.columns) >= _COLUMNS


def read_prepared(whole: gpd.GeoDataFrame, asked: Asked) -> Read:
    """A network as `as_frame` made it, or the part of it near an area."""
    crs = asked.crs
    edges = whole if crs is None or whole.crs == pyproj.CRS(crs) else whole.to_crs(crs)
    notes = _written_notes(edges)
    edges = edges.drop(columns=[_NOTES, _SOURCE], errors="ignore")
    if asked.bounds is not None:
        edges = edges[edges.intersects(within(asked.bounds, edges.crs)).to_numpy()]
    is_wall = (edges["kind"].eq("barrier") & edges["start"].eq(-1)).to_numpy()
    return edges[~is_wall], edges.geometry[is_wall], notes


def written_source(frame: pd.DataFrame) -> str:
    """Who is to be named with the ways of a prepared network."""
    told = [text for text in frame.get(_SOURCE, []) if isinstance(text, str) and text]
    return " ".join(told[0].split())[:_LONGEST_SOURCE] if told else ""


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


def network_of(
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
    missing = [name for name in rules.COUNTED if name not in edges]
    if missing:
        edges = edges.assign(**dict.fromkeys(missing, 0.0))
        few = ("stairs and signals", "楼梯和信号灯") if "flights" in missing else _ADDED_LATER
        notes.append(
            {
                "en": f"{file}: it was prepared when {few[0]} were not counted yet; without "
                "them minutes are too few: prepare it again",
                "zh": f"{file}：生成时尚未统计{few[1]}，按此计算的分钟数偏少；请重新生成",
            }
        )
    return Network(xy, edges, barriers, tuple(notes), lost if len(lost) else None)
