"""How people walk in an area after the steps of a scenario that rebuild: ways, and stairs inside buildings."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles.area import OnFoot, Sources
from carecircles.datum import parse_datum, to_wgs84
from carecircles.io import _checks
from carecircles.scenario.values import step_named
from carecircles.words import Sentence, Text, at

if TYPE_CHECKING:
    from carecircles.network import Network

_INSIDE: dict[str, Text] = {
    "lift": {"en": "a lift", "zh": "加装电梯"},
    "handrail": {"en": "handrails", "zh": "加装扶手"},
    "seat": {"en": "seats on the stairs", "zh": "加装楼道座椅"},
}
_NO_HOMES = Sentence(
    "the study area has no residences; name a file of them as residences below [files] in area.toml",
    zh="研究区没有居住建筑数据；请在 area.toml 的 [files] 下写明 residences",
)
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
    for step in steps[steps["with"].isin(list(_MAKERS))].to_dict("records"):
        shape = None if _is_by_way(step) else _shape_of(step, crs)
        made, told = _MAKERS[step["with"]](on_foot, shape, step)
        if isinstance(made, Sentence):
            problems.append(at(step_named(step["file"], step["step"]), made))
            continue
        on_foot = dataclasses.replace(made, rebuilt=(*made.rebuilt, step["with"]))
        notes.append(_note(step, told))
    return on_foot, problems, notes


def _is_by_way(step: Mapping[Any, Any]) -> bool:
    """Whether it is said by the ids of ways where something is rebuilt."""
    return isinstance(step["way"], tuple)


def inside_of(steps: pd.DataFrame) -> pd.DataFrame:
    """The steps that rebuild stairs inside buildings."""
    inside: pd.DataFrame = steps[steps["with"].isin(list(_INSIDE))]
    return inside


def refitted(
    steps: pd.DataFrame, sources: Sources, *, crs: pyproj.CRS
) -> tuple[Sources, list[Sentence], list[Text]]:
    """Where people live after steps that change stairs inside buildings, what is wrong, and what they do."""
    problems: list[Sentence] = []
    notes: list[Text] = []
    for step in inside_of(steps).to_dict("records"):
        where, homes = _shape_of(step, crs), sources.residences
        is_meant = np.array([], dtype=bool) if homes is None else _meant(homes, where.iloc[0])
        if homes is None or not is_meant.any():
            why = _NO_HOMES if homes is None else _far("residence", "居住建筑")
            problems.append(at(step_named(step["file"], step["step"]), why))
            continue
        if step["with"] == "lift":
            lift = homes["lift"] if "lift" in homes else pd.Series(np.nan, index=homes.index)
            homes = homes.assign(lift=lift.mask(is_meant, 1.0))
        else:
            nothing = pd.Series(1.0, index=homes.index)
            eased = homes.get("stairs_share", nothing)
            homes = homes.assign(stairs_share=eased.mask(is_meant, eased * float(step["share"])))
        sources = dataclasses.replace(sources, residences=homes)
        notes.append(_note(step, _inside_in_words(step, int(is_meant.sum()))))
    return sources, problems, notes


def _meant(homes: gpd.GeoDataFrame, where: shapely.Geometry) -> np.ndarray:
    """Which residences lie in a polygon, or are nearest to a place within 50 m."""
    from carecircles.network import JOINS_M

    shapes = homes.geometry.to_numpy()
    if shapely.get_dimensions(where) == 2:
        inside: np.ndarray = shapely.intersects(shapes, where)
        return inside
    off = shapely.distance(shapes, where)
    nearest: np.ndarray = (off <= JOINS_M) & (off <= off.min(initial=np.inf) + 0.01)
    return nearest


def _inside_in_words(step: Mapping[Any, Any], count: int) -> Text:
    many = "s" * (count > 1)
    if step["with"] == "lift":
        return {"en": f"a lift in {count} residence{many}", "zh": f"为 {count} 处居住建筑加装电梯"}
    rest = f"{100 * float(step['share']):.0f} %"
    return {
        "en": f"{_INSIDE[step['with']]['en']} in {count} residence{many}: {rest} of the time on their stairs "
        "remains",
        "zh": f"在 {count} 处居住建筑内{_INSIDE[step['with']]['zh']}，上下楼时间剩 {rest}",
    }


def _note(step: Mapping[Any, Any], told: Text) -> Text:
    name = _checks.show(step["to"])
    return {
        "en": f"{step['file']}: {name} is {told['en']}.",
        "zh": f"{step['file']}：{name} 为{told['zh']}。",
    }


def _shape_of(step: Mapping[Any, Any], crs: pyproj.CRS) -> gpd.GeoSeries:
    """Where something is rebuilt, in metres."""
    said = step["datum"]
    datum = parse_datum(said) if isinstance(said, str) and said else "wgs84"
    degrees = shapely.transform(
        shapely.force_2d(shapely.from_wkt(step["place"])),
        lambda xy: np.column_stack(to_wgs84(*xy.T, datum=datum)),
    )
    return gpd.GeoSeries([degrees], crs=4326).to_crs(crs)


def _crossing(
    on_foot: OnFoot, where: gpd.GeoSeries | None, step: Mapping[Any, Any]
) -> tuple[_Made, Text]:
    """A new way over a barrier: along it in the network, and a crossing for ways without one."""
    from carecircles import network as networks

    if where is None:
        raise ValueError("a new way has no id")
    line = where.iloc[0]
    net, crossings = on_foot.network, on_foot.crossings
    told = {"en": f"a new way of {line.length:,.0f} m", "zh": f"新增道路 {line.length:,.0f} 米"}
    if net is None and on_foot.barriers is None:
        return _NO_NETWORK, told
    if net is not None:
        made = networks.with_way(net, line)
        if made is None:
            return _far("way at each of its ends", "两端的道路"), told
        net = made
    row = {"name": [step["to"]], "row": [step["step"]]}
    new = gpd.GeoDataFrame(row, geometry=[line], crs=where.crs)
    crossings = new if crossings is None else pd.concat([crossings, new], ignore_index=True)
    return dataclasses.replace(on_foot, network=net, crossings=crossings), told


def _ramp(
    on_foot: OnFoot, where: gpd.GeoSeries | None, step: Mapping[Any, Any]
) -> tuple[_Made, Text]:
    """Ramps where stairs were."""
    from carecircles import network as networks

    net = on_foot.network
    if net is None:
        return _NO_NETWORK, {}
    stairs = _chosen(net, networks.stairs_of(net), where, step)
    if isinstance(stairs, Sentence):
        return stairs, {}
    if not len(stairs):
        return _none(where, "flight of stairs", "台阶"), {}
    metres = _metres(net, stairs)
    told = {"en": f"a ramp instead of {metres} m of stairs", "zh": f"以坡道代替 {metres} 米台阶"}
    return dataclasses.replace(on_foot, network=networks.with_ramps(net, stairs)), told


def _short_wait(
    on_foot: OnFoot, where: gpd.GeoSeries | None, step: Mapping[Any, Any]
) -> tuple[_Made, Text]:
    """A share of the wait at signals."""
    from carecircles import network as networks

    net = on_foot.network
    if net is None:
        return _NO_NETWORK, {}
    ways, share = _chosen(net, networks.signals_of(net), where, step), float(step["share"])
    if isinstance(ways, Sentence):
        return ways, {}
    if not len(ways):
        return _none(where, "signalled crossing", "信号灯过街处"), {}
    told = {
        "en": f"{100 * share:.0f} % of the wait at {len(ways)} way{'s' * (len(ways) > 1)} with signals",
        "zh": f"{len(ways)} 处信号灯过街等待时间的 {100 * share:.0f} %",
    }
    return dataclasses.replace(on_foot, network=networks.with_waits(net, ways, share)), told


def _bench(
    on_foot: OnFoot, where: gpd.GeoSeries | None, step: Mapping[Any, Any]
) -> tuple[_Made, Text]:
    """One seat more, or several; in the middle of a way that is named."""
    from carecircles import network as networks

    if where is None:
        net = on_foot.network
        if net is None:
            return _NO_NETWORK, {}
        every = np.arange(len(net.edges))
        named = [_chosen(net, every, None, {"way": (one,)}) for one in step["way"]]
        if unknown := [one for one in named if isinstance(one, Sentence)]:
            return unknown[0], {}
        middles = [networks.middle_of(net, one) for one in named if not isinstance(one, Sentence)]
        where = gpd.GeoSeries(middles, crs=net.crs)
    points = shapely.get_parts(where.to_numpy())
    rows = {"name": [step["to"]] * len(points), "row": [step["step"]] * len(points)}
    rests, new = on_foot.rests, gpd.GeoDataFrame(rows, geometry=points, crs=where.crs)
    rests = new if rests is None else pd.concat([rests, new], ignore_index=True)
    told = {
        "en": f"{len(points)} new seat{'s' * (len(points) > 1)}",
        "zh": f"新增 {len(points)} 处座椅",
    }
    return dataclasses.replace(on_foot, rests=rests), told


def _chosen(
    net: "Network", some: np.ndarray, where: gpd.GeoSeries | None, step: Mapping[Any, Any]
) -> np.ndarray | Sentence:
    """Which of some ways are meant, by a place or by the ids of ways; or that there are no such ids."""
    from carecircles import network as networks

    if where is not None:
        return networks.ways_at(net, where.iloc[0], among=some)
    if "way" not in net.edges:
        return Sentence(
            "the file of the network has no ids of ways (such as osm_id, way_id or id); write place, or prepare "
            "the network again of a file that has them",
            zh="路网文件中没有道路编号（如 osm_id、way_id 或 id）；请写 place，或用带编号的文件重新生成路网",
        )
    named = networks.ways_named(net, step["way"])
    unknown = _checks.some(one for one, at in named.items() if not len(at))
    if unknown:
        return Sentence(
            f"way: {unknown} not among the ways that are walked; correct it, or write place",
            zh=f"way：可步行的道路中没有 {unknown.zh}；请更正，或改写 place",
        )
    return np.intersect1d(some, np.concatenate([*named.values()]))


def _none(where: gpd.GeoSeries | None, what: str, zh: str) -> Sentence:
    """That there is nothing of what is to be rebuilt at a place, or on the ways that are named."""
    if where is not None:
        return _far(what, zh)
    return Sentence(
        f"there is no {what} on the ways that way names; correct it",
        zh=f"way 所指道路上没有{zh}；请更正",
    )


def _far(what: str, zh: str) -> Sentence:
    from carecircles.network import JOINS_M

    return Sentence(
        f"there is no {what} within {JOINS_M:g} m (or in the polygon); correct place",
        zh=f"{JOINS_M:g} 米内（或多边形内）没有{zh}；请更正 place",
    )


def _metres(net: "Network", some: np.ndarray) -> str:
    return f"{net.edges['metres'].to_numpy()[some].sum():,.0f}"


_MAKERS = {"crossing": _crossing, "ramp": _ramp, "short_wait": _short_wait, "bench": _bench}
