"""What tables of streets say of each, under OpenStreetMap's names."""

import numpy as np
import pandas as pd

from carecircles.io import _checks
from carecircles.network import ways as rules

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
    "conveying": ("conveying", "escalator", "自动扶梯", "扶梯"),
    "ramp:wheelchair": ("ramp:wheelchair", "ramp_wheelchair", "ramp:wheel", "ramp_wheel", "轮椅坡道", "无障碍坡道"),
}  # fmt: skip
_NUMBERED = (  # how layers call the ids of their ways
    *(
        "osm_way_id",
        "osm_id",
        "osmid",
        "full_id",
        "way_id",
        "edge_id",
        "road_id",
        "link_id",
        "way",
        "id",
    ),
    *("gid", "objectid", "道路编号", "路段编号", "编号"),
)
_OF_OSM = ("osm_id", "osmid", "osm_way_id", "full_id")  # how exports of OpenStreetMap number ways


def is_of_osm(frame: pd.DataFrame) -> bool:
    """Whether a table of streets numbers them as exports of OpenStreetMap do."""
    return any(str(name).casefold() in _OF_OSM for name in frame.columns)


def ids_of(frame: pd.DataFrame) -> np.ndarray | None:
    """How a table of streets calls each, as text, several ids with `;` between; None where it does not."""
    found = {str(name).casefold(): name for name in list(frame.columns)[::-1]}
    name = next((found[s] for s in _NUMBERED if s in found), None)
    if name is None:
        return None
    told = frame[name].map(_checks.as_text)
    is_list = told.str.startswith("[")  # of OSMnx
    several = told.str.replace(r"[\[\]'\" ]", "", regex=True)
    told = told.mask(is_list, several.str.replace(",", rules.BETWEEN_IDS))
    ids: np.ndarray = told.to_numpy(dtype=object)
    return ids


def tags_of(frame: pd.DataFrame) -> pd.DataFrame:
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
