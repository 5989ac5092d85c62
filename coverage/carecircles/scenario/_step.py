"""One step of a scenario as a row, and what is wrong with it."""

import datetime
import math
import unicodedata
from collections.abc import Mapping
from typing import Any

import shapely

from carecircles import people
from carecircles.datum import parse_datum
from carecircles.io import KINDS, _checks
from carecircles.io._amounts import MENDS
from carecircles.scenario.values import ACTS, BY_WAY, DETAILS, EVERYONE, REBUILT, SHARED
from carecircles.words import Sentence, at

_ALWAYS = ("date", "until")
_SERVICES = '["meals", "medical"]'
_SHAPES = {  # of what is rebuilt
    "crossing": ("LINESTRING (117.2230 39.0801, 117.2231 39.0812)", ("LineString",)),
    "ramp": ("POINT (117.2230 39.0801)", ("Point", "Polygon", "MultiPolygon")),
    "short_wait": ("POINT (117.2230 39.0801)", ("Point", "Polygon", "MultiPolygon")),
    "bench": ("POINT (117.2230 39.0801)", ("Point", "MultiPoint")),
    "lift": ("POINT (117.2230 39.0801)", ("Point", "Polygon", "MultiPolygon")),
    "handrail": ("POINT (117.2230 39.0801)", ("Point", "Polygon", "MultiPolygon")),
    "seat": ("POINT (117.2230 39.0801)", ("Point", "Polygon", "MultiPolygon")),
}
_QUOTED = Sentence("put it in quotation marks", zh="请加上引号")
_KINDS_ZH = {"number": "数字", "date": "日期"}


def read_step(
    step: Mapping[str, Any], where: Sentence
) -> tuple[dict[str, Any] | None, list[Sentence]]:
    """A step as a row, or None where it cannot be told what it is to do; and what is wrong."""
    acts = [act for act in ACTS if act in step]
    if len(acts) != 1:
        said = Sentence("it does not say what to do", zh="没有写明做什么")
        if acts:
            said = Sentence(f"it says {' and '.join(acts)}", zh=f"同时写了 {'、'.join(acts)}")
        told = f'{said}; write one of {", ".join(ACTS)} = "..."'
        zh = f'{said.zh}；请写 {"、".join(ACTS)} 之一 = "..."'
        return None, [at(where, Sentence(told, zh=zh))]
    act = acts[0]
    to = step[act]
    if isinstance(to, bool) or not isinstance(to, str | int) or not str(to).strip():
        whom = Sentence("the id of a centre", zh="中心的 id")
        if act == "standard":
            whom = Sentence(f"'{EVERYONE}' or a group", zh=f"'{EVERYONE}' 或某类人群")
        if act == "rebuild":
            whom = Sentence("what it is called", zh="其名称")
        mend = Sentence(f"write {whom} in quotation marks", zh=f"请在引号内写{whom.zh}")
        return None, [at(where, _is(act, to, mend))]
    allowed = (act, *DETAILS[act], *_ALWAYS)
    problems = unknown_keys(step, allowed, where, act)
    if act == "open" and any(c == ";" or unicodedata.category(c) == "Cc" for c in str(to)):
        told = f"{_checks.show(to)} has a semicolon or a line break in it"
        problems.append(at(where, Sentence(told, zh=f"{_checks.show(to)} 中有分号或换行")))
    row = {key: step[key] for key in (*DETAILS[act], "date", "until") if key in step}
    wrong = no_days({key: row.get(key, "") for key in ("date", "until")}, where)
    problems += wrong
    if wrong:
        row |= {"date": "", "until": ""}
    texts = ("name", "name_en", "street", "datum", "basis", "source", "with", "place", "state", "floor",
             "term")  # fmt: skip
    problems += not_text(row, texts, where)
    row |= {key: "" for key in texts if not isinstance(row.get(key, ""), str)}
    checks = {
        "open": _point_problems,
        "move": _point_problems,
        "equip": _equip_problems,
        "enlarge": _enlarge_problems,
        "standard": _standard_problems,
        "rebuild": _rebuild_problems,
    }
    problems += checks[act](row, where) if act in checks else []
    if "services" in row:
        problems += _services_problems(row["services"], where)
        if isinstance(row["services"], list):
            row["services"] = tuple(row["services"])
    target = str(to).strip()
    if act == "standard" and target != EVERYONE and not people.is_group(target):
        choices = ", ".join((EVERYONE, *(group.column for group in people.GROUPS)))
        told = f"write one of {choices} or a group of the area's own"
        mend = Sentence(told, zh=f"请写 {choices} 之一，或区域自定的人群")
        problems.append(at(where, _is("standard", to, mend)))
    return {"act": act, "to": target, **row}, problems


def no_days(values: Mapping[str, Any], where: str) -> list[Sentence]:
    """Values that only look like dates: 2022.10 is a number, and would be January."""
    return [
        at(where, _is(key, value, _such_as('"2022-10"'), not_a="date"))
        for key, value in values.items()
        if isinstance(value, float | bool | list | dict | datetime.time)
    ]


def not_text(values: Mapping[str, Any], keys: tuple[str, ...], where: str) -> list[Sentence]:
    wrong = [key for key in keys if not isinstance(values.get(key, ""), str)]
    return [
        at(where, Sentence(f"{key} is not text; {_QUOTED}", zh=f"{key} 不是文字；{_QUOTED.zh}"))
        for key in wrong
    ]


def unknown_keys(
    values: Mapping[str, Any], known: tuple[str, ...], where: str, act: str = ""
) -> list[Sentence]:
    unknown = _checks.some(k for k in values if k not in known)
    if not unknown:
        return []
    told = f"unknown{f' with {act}' if act else ''}: {unknown}; known are {', '.join(known)}"
    zh = f"{f'{act} 中有' if act else '有'}不认识的项：{unknown.zh}；可用的有 {'、'.join(known)}"
    return [at(where, Sentence(told, zh=zh))]


def _point_problems(row: dict[str, Any], where: Sentence) -> list[Sentence]:
    has = [key for key in ("lon", "lat") if key in row]
    if len(has) == 1:
        told, zh = "there is {} alone; write both lon and lat", "只有 {}；lon 和 lat 都要写"
        return [at(where, Sentence(told.format(has[0]), zh=zh.format(has[0])))]
    if not has and not row.get("street"):
        told = "there is no place; write lon and lat, or street"
        return [at(where, Sentence(told, zh="没有位置；请写 lon 和 lat，或 street"))]
    problems = [
        at(where, _is(key, row[key], _such_as("117.2230"), not_a="number"))
        for key in has
        if not _is_number(row[key])
    ]
    for key in has if problems else ():
        row.pop(key)
    problems += _amount_problems(row, where)
    try:
        parse_datum(row.get("datum", "wgs84"))
    except ValueError as err:
        problems.append(at(where, err.args[0]))
    return problems


def _amount_problems(row: dict[str, Any], where: Sentence) -> list[Sentence]:
    """What is no number of the places and metres of a centre; it is taken out of the row."""
    return [
        at(where, _is(key, row.pop(key), MENDS[key][1], not_a="number"))
        for key in (*KINDS, "area_m2")
        if key in row and not _is_number(row[key])
    ]


def _enlarge_problems(row: dict[str, Any], where: Sentence) -> list[Sentence]:
    """Whether it is said what a centre holds when it is larger."""
    if not any(kind in row for kind in KINDS):
        told = (
            f"it does not say what the centre holds then; write one or more of {', '.join(KINDS)}"
        )
        zh = f"没有写明扩建后的规模；请至少写 {'、'.join(KINDS)} 之一"
        return [at(where, Sentence(told, zh=zh))]
    problems = _amount_problems(row, where)
    for kind in KINDS:
        if row.get(kind, 0) < 0:
            problems.append(at(where, _is(kind, row.pop(kind), MENDS[kind][1])))
    return problems


def _equip_problems(row: dict[str, Any], where: Sentence) -> list[Sentence]:
    if "services" in row:
        return []
    mend = _such_as(f"services = {_SERVICES}", it=False)
    return [at(where, Sentence(f"there are no services; {mend}", zh=f"没有服务；{mend.zh}"))]


def _services_problems(services: object, where: Sentence) -> list[Sentence]:
    is_list = isinstance(services, list | tuple) and all(isinstance(s, str) for s in services)
    if is_list or isinstance(services, str):
        return []
    return [at(where, _is("services", services, _such_as(_SERVICES, it=False)))]


def _standard_problems(row: dict[str, Any], where: Sentence) -> list[Sentence]:
    problems: list[Sentence] = []
    given = [key for key in DETAILS["standard"] if key in row]
    for key in given:
        value = row[key]
        if not _is_number(value) or not 0 < value < 1e6:
            told = "write a number above 0 and below a million"
            mend = Sentence(told, zh="应为大于 0、小于一百万的数")
            problems.append(at(where, _is(key, value, mend)))
            row.pop(key)
    if not given or len(given) == 3:
        told = "write one or two of metres, minutes and pace_m_s"
        zh = "metres、minutes 和 pace_m_s 应写其中一个或两个"
        problems.append(at(where, Sentence(told, zh=zh)))
    return problems


def _rebuild_problems(row: dict[str, Any], where: Sentence) -> list[Sentence]:
    """What is wrong with what is rebuilt: with what, where, and how much of a wait stays."""
    problems: list[Sentence] = []
    made = row.get("with", "")
    if made not in REBUILT:
        choices = Sentence(
            f"write one of {', '.join(REBUILT)}", zh=f"请写 {'、'.join(REBUILT)} 之一"
        )
        return [at(where, _is("with", made, choices))]
    if "way" in row:
        problems += _way_problems(row, where)
    else:
        problems += _place_problems(row, where)
    if made in SHARED:
        share = row.get("share", "")
        if not _is_number(share) or not 0 <= share <= 1:
            told = "write how much of the time remains, from 0 to 1"
            mend = Sentence(told, zh="请写所剩时间的比例，0 至 1")
            problems.append(at(where, _is("share", share, mend)))
            row.pop("share", None)
    elif "share" in row:
        told = f"share goes with {', '.join(SHARED)} alone; take it out"
        zh = f"share 只用于 {'、'.join(SHARED)}；请去掉"
        problems.append(at(where, Sentence(told, zh=zh)))
    try:
        parse_datum(row.get("datum", "wgs84"))
    except ValueError as err:
        problems.append(at(where, err.args[0]))
    return problems


def _place_problems(row: dict[str, Any], where: Sentence) -> list[Sentence]:
    """What is wrong with the place where something is rebuilt."""
    example, kinds = _SHAPES[row["with"]]
    shape = shapely.from_wkt(row.get("place", ""), on_invalid="ignore")
    is_sound = shape is not None and not shape.is_empty and shape.geom_type in kinds
    if is_sound and not shapely.get_coordinates(shape).size:
        is_sound = False
    if is_sound:
        lon, lat = abs(shapely.get_coordinates(shape)).max(axis=0)
        is_sound = lon <= 180 and lat <= 90
    if is_sound:
        return []
    return [at(where, _is("place", row.get("place", ""), _such_as(f'"{example}"')))]


def _way_problems(row: dict[str, Any], where: Sentence) -> list[Sentence]:
    """What is wrong with the ids of the ways that are rebuilt, which become a tuple of texts."""
    said, problems = row["way"], []
    if row["with"] not in BY_WAY:
        told = f"way goes with {', '.join(BY_WAY)} alone; write place"
        zh = f"way 只用于 {'、'.join(BY_WAY)}；请写 place"
        problems.append(at(where, Sentence(told, zh=zh)))
    elif row.get("place"):
        told = "it says place and way; write one of them"
        problems.append(at(where, Sentence(told, zh="同时写了 place 和 way；请只写其一")))
    every = said if isinstance(said, list | tuple) else [said]
    is_id = all(isinstance(one, str | int) and not isinstance(one, bool) for one in every)
    ids = [one.strip() for some in every for one in str(some).split(";")] if is_id else []
    row["way"] = tuple(one for one in ids if one)
    if not row["way"]:
        problems.append(at(where, _is("way", said, _such_as('"4236349" (osm_id)', it=False))))
    return problems


def _is(key: str, value: object, mend: Sentence, *, not_a: str = "") -> Sentence:
    """What a value is, what kind of thing it is not, and what to write instead."""
    said = _checks.show(value)
    en, zh = (f", not a {not_a}", f"，不是{_KINDS_ZH[not_a]}") if not_a else ("", "")
    return Sentence(f"{key} is {said}{en}; {mend}", zh=f"{key} 为 {said}{zh}；{mend.zh}")


def _such_as(example: str, *, it: bool = True) -> Sentence:
    return Sentence(f"write {'it ' * it}such as {example}", zh=f"应写成 {example} 这样")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
