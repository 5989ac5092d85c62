"""How people walk in an area after the steps of a scenario that rebuild ways."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles.area import OnFoot
from carecircles.datum import parse_datum, to_wgs84
from carecircles.io import _checks
from carecircles.scenario.values import step_named
from carecircles.words import Sentence, Text, at

if TYPE_CHECKING:
    from carecircles.network import Network

_Made = OnFoot | Sentence  # or why it cannot be
_NO_NETWORK = Sentence(
    "the study area has no walking network; name a file of streets and paths as network below [files] in "
    "area.toml",
    zh="研究区没有步行路网；请在 area.toml 的 [files] 下写明 network",
)


def rebuilt(
    steps: pd.DataFrame, on_foot: OnFoot, *, crs: pyproj.CRS
) -> tuple[OnFoot, list[Sentence], list[Text]]:
    """What is known of walking after steps that rebuild, what is wrong with them, and what they do."""
    problems: list[Sentence] = []
    notes: list[Text] = []
    for step in steps[steps["act"] == "rebuild"].to_dict("records"):
        shape = _shape_of(step, crs)
        made, told = _MAKERS[step["with"]](on_foot, shape, step)
        if isinstance(made, Sentence):
            problems.append(at(step_named(step["file"], step["step"]), made))
            continue
        on_foot = made
        name = _checks.show(step["to"])
        notes.append(
            {
                "en": f"{step['file']}: {name} is {told['en']}; circles do not show it.",
                "zh": f"{step['file']}：{name} 为{told['zh']}；圆形范围不反映此项。",
            }
        )
    return on_foot, problems, notes


def _shape_of(step: Mapping[Any, Any], crs: pyproj.CRS) -> gpd.GeoSeries:
    """Where something is rebuilt, in metres."""
    said = step["datum"]
    datum = parse_datum(said) if isinstance(said, str) and said else "wgs84"
    degrees = shapely.transform(
        shapely.force_2d(shapely.from_wkt(step["place"])),
        lambda xy: np.column_stack(to_wgs84(*xy.T, datum=datum)),
    )
    return gpd.GeoSeries([degrees], crs=4326).to_crs(crs)


def _crossing(on_foot: OnFoot, where: gpd.GeoSeries, step: Mapping[Any, Any]) -> tuple[_Made, Text]:
    """A new way over a barrier: along it in the network, and a crossing where there is none."""
    from carecircles import network as networks

    line = where.iloc[0]
    net, crossings, barriers = on_foot.network, on_foot.crossings, on_foot.barriers
    told = {"en": f"a new way of {line.length:,.0f} m", "zh": f"新增道路 {line.length:,.0f} 米"}
    if net is None and barriers is None:
        return _NO_NETWORK, told
    if net is not None:
        made = networks.with_way(net, line)
        if made is None:
            return _far("way at each of its ends", "两端的道路"), told
        net = made
    if barriers is not None:
        row = {"name": [step["to"]], "row": [step["step"]]}
        new = gpd.GeoDataFrame(row, geometry=[line], crs=where.crs)
        crossings = new if crossings is None else pd.concat([crossings, new], ignore_index=True)
    return dataclasses.replace(on_foot, network=net, crossings=crossings), told


def _ramp(on_foot: OnFoot, where: gpd.GeoSeries, step: Mapping[Any, Any]) -> tuple[_Made, Text]:
    """Ramps where stairs were."""
    del step
    from carecircles import network as networks

    net = on_foot.network
    if net is None:
        return _NO_NETWORK, {}
    stairs = networks.stairs_at(net, where.iloc[0])
    if not len(stairs):
        return _far("flight of stairs", "台阶"), {}
    metres = _metres(net, stairs)
    told = {"en": f"a ramp instead of {metres} m of stairs", "zh": f"以坡道代替 {metres} 米台阶"}
    return dataclasses.replace(on_foot, network=networks.with_ramps(net, stairs)), told


def _short_wait(
    on_foot: OnFoot, where: gpd.GeoSeries, step: Mapping[Any, Any]
) -> tuple[_Made, Text]:
    """A share of the wait at signals."""
    from carecircles import network as networks

    net = on_foot.network
    if net is None:
        return _NO_NETWORK, {}
    ways, share = networks.signals_at(net, where.iloc[0]), float(step["share"])
    if not len(ways):
        return _far("signalled crossing", "信号灯过街处"), {}
    told = {
        "en": f"{100 * share:.0f} % of the wait at {len(ways)} way{'s' * (len(ways) > 1)} with signals",
        "zh": f"{len(ways)} 处信号灯过街等待时间的 {100 * share:.0f} %",
    }
    return dataclasses.replace(on_foot, network=networks.with_waits(net, ways, share)), told


def _bench(on_foot: OnFoot, where: gpd.GeoSeries, step: Mapping[Any, Any]) -> tuple[_Made, Text]:
    """One seat more, or several."""
    points = shapely.get_parts(where.to_numpy())
    rows = {"name": [step["to"]] * len(points), "row": [step["step"]] * len(points)}
    rests, new = on_foot.rests, gpd.GeoDataFrame(rows, geometry=points, crs=where.crs)
    rests = new if rests is None else pd.concat([rests, new], ignore_index=True)
    told = {
        "en": f"{len(points)} new seat{'s' * (len(points) > 1)}",
        "zh": f"新增 {len(points)} 处座椅",
    }
    return dataclasses.replace(on_foot, rests=rests), told


def _far(what: str, zh: str) -> Sentence:
    from carecircles.network import JOINS_M

    return Sentence(
        f"there is no {what} within {JOINS_M:g} m (or in the polygon); correct place",
        zh=f"{JOINS_M:g} 米内（或多边形内）没有{zh}；请更正 place",
    )


def _metres(net: "Network", some: np.ndarray) -> str:
    return f"{net.edges['metres'].to_numpy()[some].sum():,.0f}"


_MAKERS = {"crossing": _crossing, "ramp": _ramp, "short_wait": _short_wait, "bench": _bench}
