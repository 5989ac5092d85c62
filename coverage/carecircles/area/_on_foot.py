"""The files that say how people walk in an area: a network, barriers and where they are crossed, seats."""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj

from carecircles import io
from carecircles.area.values import NO_WALKS, OnFoot
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.words import Sentence, Text

WALKED = ("network", "barriers", "crossings", "rests")
_COUNTED = {  # one, several, and in Chinese
    "barriers": ("line or polygon", "lines and polygons", "线或面"),
    "crossings": ("place to cross", "places to cross", "过街（过河）点"),
    "rests": ("seat", "seats", "座椅"),
}
NETWORK_FILES = (".osm.pbf", ".osm", ".graphml")  # beside layers of lines
ROLES_ZH = {
    "network": "步行路网",
    "barriers": "障碍",
    "crossings": "过街（过河）点",
    "rests": "座椅",
}


def match(
    paths: Mapping[str, io.Source],
    boundary: gpd.GeoDataFrame,
    landmarks: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None],
    *,
    crs: pyproj.CRS,
    datums: Mapping[str, str],
) -> tuple[OnFoot, list[Sentence], list[Text]]:
    """
    What is known of walking in an area, what is wrong with its files, what was taken for granted.

    `landmarks` are the area's streets and centres, by which a network in another datum is told.
    """
    told = {role: paths[role] for role in WALKED if role in paths}
    if not told:
        return NO_WALKS, [], []
    from carecircles import network  # which loads what straight lines do without

    problems: list[Sentence] = []
    read: dict[str, Any] = {}
    readers: dict[str, Callable[..., gpd.GeoDataFrame | gpd.GeoSeries]] = {
        "barriers": network.read_barriers,
        "crossings": network.read_crossings,
        "rests": functools.partial(network.read_rests, within=boundary),
    }
    for role, read_one in readers.items():
        if role in told:
            try:
                read[role] = read_one(told[role], crs=crs, datum=datums.get(role))
            except ValidationError as err:
                problems += err.problems
    net = None
    if "network" in told:
        try:
            net = network.read_network(
                told["network"],
                crs=crs,
                datum=datums.get("network"),
                barriers=read.get("barriers"),
                within=boundary,
            )
        except ValidationError as err:
            problems += err.problems
    notes: list[Text] = []
    if net is not None:
        said = [*net.notes, *_datum_notes(net, told["network"], landmarks, datums)]
        notes = [_of_file(told["network"], note) for note in said]
    notes += [line for frame in read.values() for line in io.taken(frame)]
    if {"barriers", "crossings"} <= set(read):
        notes += _idle(network.opens_none(read["barriers"], read["crossings"]), told["crossings"])
    return OnFoot(net, **read), problems, notes


def _datum_notes(
    net: Any,
    source: io.Source,
    landmarks: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None],
    datums: Mapping[str, str],
) -> list[Text]:
    """That a network may be in another datum, where nobody says in which one it is."""
    from carecircles import network

    streets, centres = landmarks
    is_osm = isinstance(source, str | Path) and str(source).casefold().endswith(network.OSM)
    if "network" in datums or is_osm or centres is None:
        return []
    return network.datum_notes(net, network.landmarks(streets, centres))


def _idle(opens_none: pd.Series, source: io.Source) -> list[Text]:
    """That some crossings are at no barrier, and which."""
    rows = opens_none.index[opens_none]
    if not len(rows):
        return []
    file = Path(source).name if isinstance(source, str | Path) else "`crossings`"
    some = _checks.some(rows)
    unit = _checks._UNIT_ZH.get(str(rows.name), str(rows.name))
    return [
        {
            "en": f"{file}: {len(rows)} of {len(opens_none)} crossings are at no barrier and open none "
            f"({rows.name or 'row'} {some}).",
            "zh": f"{file}：{len(opens_none)} 处过街中有 {len(rows)} 处不在任何障碍旁，不起作用"
            f"（第 {some.zh} {unit}）。",
        }
    ]


def _of_file(source: io.Source, note: Text) -> Text:
    """A note of a network as a sentence about its file."""
    file = Path(source).name if isinstance(source, str | Path) else "`network`"
    if note["en"].startswith(file):
        return {"en": f"{note['en']}.", "zh": f"{note['zh']}。"}
    return {"en": f"{file}: {note['en']}.", "zh": f"{file}：{note['zh']}。"}


def described(on_foot: OnFoot) -> dict[str, list[Sentence]]:
    """What is understood of each file, in lines."""
    lines = {}
    if on_foot.network is not None:
        ways, km = (
            f"{len(on_foot.network.edges):,}",
            f"{on_foot.network.edges['metres'].sum() / 1000:,.1f}",
        )
        lines["network"] = [Sentence(f"{ways} ways, {km} km", zh=f"{ways} 条路段，共 {km} 公里")]
    for role in WALKED[1:]:
        places = getattr(on_foot, role)
        if places is not None:
            count, (one, many, zh) = len(places), _COUNTED[role]
            lines[role] = [
                Sentence(f"{count:,} {one if count == 1 else many}", zh=f"{count:,} 个{zh}")
            ]
    return lines


def network_files(folder: Path) -> list[Path]:
    """Files of a folder that are called like a network, of the kinds only networks have."""
    return [path for s in NETWORK_FILES if (path := folder / f"network{s}").is_file()]
