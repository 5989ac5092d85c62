"""Scenarios read and checked: from a TOML file or plain values, and as the file that says the same."""

import dataclasses
import datetime
import itertools
import math
import os
import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import shapely
import tomli_w

from carecircles import people
from carecircles.datum import parse_datum
from carecircles.errors import ValidationError
from carecircles.io import KINDS, _checks
from carecircles.io._amounts import MENDS
from carecircles.io._encoding import read_text, taken_as
from carecircles.io._years import FIRST_YEAR, LAST_YEAR, year_of
from carecircles.scenario.values import (
    ACTS,
    BY_WAY,
    DETAILS,
    EVERYONE,
    REBUILT,
    SHARED,
    Scenario,
    step_named,
)
from carecircles.words import Sentence, Text, at

_ALWAYS = ("date", "until")
_COLUMNS = ("file", "step", "act", "to", "date", "until", *DETAILS["open"], *DETAILS["standard"],
            *DETAILS["rebuild"][:4])  # fmt: skip
_KEYS = ("name", "name_en", "note", "note_en", "based_on", "as_of", "year", "step")
_MOST_CONTRADICTIONS = 20
_TOGETHER = {"move", "equip", "enlarge"}  # of one centre
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


def read_scenario(path: str | Path) -> Scenario:
    """
    A scenario from a TOML file, with the steps of those it is based on before its own.

    Parameters
    ----------
    path
        UTF-8 or GB18030. `based_on` names another file, seen from this one's folder.

    Raises
    ------
    ValidationError
        With every problem of the files; `understood` is the scenario of the steps that are sound.

    Examples
    --------
    >>> from carecircles import datasets
    >>> path = datasets.folder("hexi") / "scenarios" / "taoyuan-2023.toml"
    >>> steps = read_scenario(path).steps
    >>> steps["act"].tolist(), steps["to"].tolist()
    (['open'], ['T1'])
    """
    plans: list[tuple[str, dict[str, Any]]] = []
    path, seen = Path(path), []
    taken: list[Text] = []
    while True:
        (plan, said), place = _read_toml(path), os.path.realpath(path)
        taken = [*said, *taken]
        if place in seen:
            told = "based_on leads back to this file; take it out of one of them"
            why = Sentence(told, zh="based_on 又指回了本文件；请从其中一个文件里去掉")
            raise ValidationError([at(path.name, why)])
        seen.append(place)
        plans.insert(0, (path.name, plan))
        base = plan.get("based_on")
        if not isinstance(base, str) or not base.strip():
            break
        path = path.parent / base
    problems: list[Sentence] = []
    built = None
    for file, plan in plans:
        try:
            built = parse(plan, file=file, base=built)
        except ValidationError as err:
            problems += err.problems
            built = err.understood if isinstance(err.understood, Scenario) else built
    if problems or built is None:
        raise ValidationError(problems, understood=built)
    return dataclasses.replace(built, files=tuple(map(Path, seen)), taken=tuple(taken))


def parse(
    plan: Mapping[str, Any], *, file: str = "scenario", base: Scenario | None = None
) -> Scenario:
    """
    A scenario from plain values, shaped like the file.

    Parameters
    ----------
    plan
        Such as `{"name": "One less", "step": [{"close": "H12"}]}`.
    file
        What error messages call it.
    base
        A scenario whose steps come first; its `as_of` and `year` hold where `plan` has none.

    Raises
    ------
    ValidationError
        With every problem: keys nobody knows, values that cannot be, steps that contradict each
        other. `understood` is the scenario of the steps that are sound.

    Examples
    --------
    >>> less = parse({"name": "One less", "step": [{"close": "H12"}]})
    >>> less.steps[["act", "to"]].to_numpy().tolist()
    [['close', 'H12']]
    """
    problems = _heading_problems(plan, file)
    written = plan.get("step", [])
    if not isinstance(written, list | tuple) or not all(isinstance(s, Mapping) for s in written):
        why = Sentence(
            "step is not a table; write [[step]] above it", zh="step 不是表；请在其上写 [[step]]"
        )
        raise ValidationError([*problems, at(file, why)])
    rows, unsound = [], set()
    of_steps: list[Sentence] = []
    for number, step in enumerate(written, start=1):
        row, wrong = _read_step(step, step_named(file, number))
        of_steps += wrong
        unsound |= {number} if wrong else set()
        if row is not None:
            rows.append({"file": file, "step": number, **row})
    problems += _checks.few(of_steps, of=file)
    steps = pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)
    steps, wrong = _dated(steps, file)
    problems += wrong
    said = _no_days({"as_of": plan.get("as_of", "")}, file)
    as_of, wrong = _checks.date(plan.get("as_of", ""), "as_of", file=file, last_day=True)
    problems += said or wrong
    year, wrong = _year(plan, file)
    problems += wrong
    for one, other, sentence in _contradictions(steps, file):
        problems.append(sentence)
        unsound |= {one, other}
    steps = steps[~steps["step"].isin(list(unsound))]
    if base is not None:
        steps = pd.concat([base.steps, steps], ignore_index=True)
    name = plan.get("name", "")
    made = Scenario(
        name=name,
        name_en=plan.get("name_en") or name,
        steps=steps.reset_index(drop=True),
        as_of=as_of or (base.as_of if base else None),
        note=plan.get("note") or plan.get("note_en", ""),
        note_en=plan.get("note_en") or plan.get("note", ""),
        year=year or (base.year if base else None),
    )
    if problems:
        raise ValidationError(problems, understood=made)
    return made


def scenario_text(scenario: Scenario) -> str:
    """
    A scenario as the file that `read_scenario` reads; steps of its bases are written out.

    Examples
    --------
    >>> print(scenario_text(parse({"name": "One less", "step": [{"close": "H12"}]})), end="")
    name = "One less"
    <BLANKLINE>
    [[step]]
    close = "H12"
    """
    heading = {
        "name": scenario.name,
        "name_en": scenario.name_en if scenario.name_en != scenario.name else "",
        "note": scenario.note,
        "note_en": scenario.note_en if scenario.note_en != scenario.note else "",
        "as_of": scenario.as_of or "",
        "year": scenario.year or "",
    }
    parts = [tomli_w.dumps(_written(heading))]
    for step in scenario.steps.to_dict("records"):
        kept = {key: step[key] for key in ("date", "until", *DETAILS[step["act"]])}
        parts.append("[[step]]\n" + tomli_w.dumps(_written({step["act"]: step["to"], **kept})))
    return "\n".join(parts)


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a file has them: days as dates, services in one text; without what is missing or empty."""
    written: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, tuple):
            written[key] = ";".join(map(str, value))
        elif value == "" or pd.isna(value):
            continue
        else:
            written[key] = value.date() if isinstance(value, pd.Timestamp) else value
    return written


def _read_toml(path: Path) -> tuple[dict[str, Any], list[Text]]:
    """The values of a scenario file, and what was taken for granted while reading it."""
    text, encoding = read_text(path, file=path.name, kind=Sentence("a scenario", zh="方案"))
    try:
        plan = tomllib.loads(text)
    except (ValueError, RecursionError) as err:
        told, zh = f"this is not TOML ({err}); correct that line", f"不是 TOML（{err}）；请改正该行"
        raise ValidationError([at(path.name, Sentence(told, zh=zh))]) from None
    return plan, [
        {"en": f"{path.name}: {said['en']}.", "zh": f"{path.name}：{said['zh']}。"}
        for said in taken_as(encoding)
    ]


def _heading_problems(plan: Mapping[str, Any], file: str) -> list[Sentence]:
    problems = _unknown_keys(plan, _KEYS, file)
    name = plan.get("name")
    if not isinstance(name, str) or not name.strip():
        told = "name is missing; say in a few words what changes"
        problems.append(at(file, Sentence(told, zh="缺少 name；请用几个字写明有何变化")))
    return problems + _not_text(plan, ("name_en", "note", "note_en", "based_on"), file)


def _is(key: str, value: object, mend: Sentence, *, not_a: str = "") -> Sentence:
    """What a value is, what kind of thing it is not, and what to write instead."""
    said = _checks.show(value)
    en, zh = (f", not a {not_a}", f"，不是{_KINDS_ZH[not_a]}") if not_a else ("", "")
    return Sentence(f"{key} is {said}{en}; {mend}", zh=f"{key} 为 {said}{zh}；{mend.zh}")


def _such_as(example: str, *, it: bool = True) -> Sentence:
    return Sentence(f"write {'it ' * it}such as {example}", zh=f"应写成 {example} 这样")


def _unknown_keys(
    values: Mapping[str, Any], known: tuple[str, ...], where: str, act: str = ""
) -> list[Sentence]:
    unknown = _checks.some(k for k in values if k not in known)
    if not unknown:
        return []
    told = f"unknown{f' with {act}' if act else ''}: {unknown}; known are {', '.join(known)}"
    zh = f"{f'{act} 中有' if act else '有'}不认识的项：{unknown.zh}；可用的有 {'、'.join(known)}"
    return [at(where, Sentence(told, zh=zh))]


def _not_text(values: Mapping[str, Any], keys: tuple[str, ...], where: str) -> list[Sentence]:
    wrong = [key for key in keys if not isinstance(values.get(key, ""), str)]
    return [
        at(where, Sentence(f"{key} is not text; {_QUOTED}", zh=f"{key} 不是文字；{_QUOTED.zh}"))
        for key in wrong
    ]


def _year(plan: Mapping[str, Any], file: str) -> tuple[int | None, list[Sentence]]:
    """The year whose people are counted, if the scenario names one."""
    said = plan.get("year")
    if said is None:
        return None, []
    year = year_of(said) if isinstance(said, int | float) else None
    wrong = Sentence(
        f"{file}: year is {_checks.show(said)}; write a whole year from {FIRST_YEAR} to {LAST_YEAR}, such "
        "as year = 2030.",
        zh=f"{file}：year 为 {_checks.show(said)}；请写 {FIRST_YEAR} 至 {LAST_YEAR} 之间的整数年份，"
        "如 year = 2030。",
    )
    return year, [] if year else [wrong]


def _read_step(
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
    problems = _unknown_keys(step, allowed, where, act)
    if act == "open" and any(c == ";" or unicodedata.category(c) == "Cc" for c in str(to)):
        told = f"{_checks.show(to)} has a semicolon or a line break in it"
        problems.append(at(where, Sentence(told, zh=f"{_checks.show(to)} 中有分号或换行")))
    row = {key: step[key] for key in (*DETAILS[act], "date", "until") if key in step}
    wrong = _no_days({key: row.get(key, "") for key in ("date", "until")}, where)
    problems += wrong
    if wrong:
        row |= {"date": "", "until": ""}
    texts = ("name", "name_en", "street", "datum", "basis", "source", "with", "place", "state", "floor",
             "term")  # fmt: skip
    problems += _not_text(row, texts, where)
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


def _no_days(values: Mapping[str, Any], where: str) -> list[Sentence]:
    """Values that only look like dates: 2022.10 is a number, and would be January."""
    return [
        at(where, _is(key, value, _such_as('"2022-10"'), not_a="date"))
        for key, value in values.items()
        if isinstance(value, float | bool | list | dict | datetime.time)
    ]


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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


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


def _dated(steps: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[Sentence]]:
    """
    The steps with days. A month or a year counts so that a centre is open only when it is for certain.
    """
    table = steps[["date", "until"]].set_axis(pd.Index(steps["step"], name="step"))
    is_close = (steps["act"] == "close").to_numpy()
    problems: list[Sentence] = []
    for column, closes_on_last_day in (("date", False), ("until", True)):
        days = pd.Series(pd.NaT, index=table.index, dtype="datetime64[s]")
        for of_close in (True, False):
            rows = is_close == of_close
            last_day = closes_on_last_day == of_close
            found, wrong = _checks.dates(table[rows], column, file=file, last_day=last_day)
            days[rows] = found.to_numpy()
            problems += wrong
        steps = steps.assign(**{column: days.to_numpy()})
    is_backward = (steps["until"] <= steps["date"]).to_numpy()
    problems += _checks.complain(
        file,
        table.index[is_backward],
        Sentence("until is not after date", zh="until 不晚于 date"),
        Sentence("correct one of the two", zh="请改正其中之一"),
    )
    return steps, problems


def _contradictions(steps: pd.DataFrame, file: str) -> list[tuple[int, int, Sentence]]:
    """
    Pairs of steps of one file that cannot both hold, with a sentence.

    There is one standard at a time, and of one centre only move, equip and enlarge go together.
    """
    steps = steps[steps["act"] != "rebuild"]
    told = steps[["step", "act", "to", "date", "until"]].to_dict("records")
    alike: dict[object, list[dict[Any, Any]]] = {}
    for one in told:
        alike.setdefault(None if one["act"] == "standard" else str(one["to"]), []).append(one)
    pairs = (
        pair
        for some in alike.values()
        for pair in itertools.combinations(some, 2)
        if not (pair[0]["act"] != pair[1]["act"] and {one["act"] for one in pair} <= _TOGETHER)
        and _overlap(*pair)
    )
    found = []
    for one, other in itertools.islice(pairs, _MOST_CONTRADICTIONS):
        centre = _checks.show(one["to"])
        what = Sentence(f"centre {centre}", zh=f"中心 {centre}")
        if one["act"] == "standard":
            what = Sentence("two standards", zh="两个标准")
        (first, act), (second, act_too) = ((step["step"], step["act"]) for step in (one, other))
        line = f"they contradict each other ({what}: {act} and {act_too}); keep one, or give each its dates"
        zh = f"互相矛盾（{what.zh}：{act} 和 {act_too}）；请只留一个，或分别写明日期"
        where = Sentence(
            f"{file}, steps {first} and {second}", zh=f"{file}，第 {first}、{second} 步"
        )
        found.append((first, second, at(where, Sentence(line, zh=zh))))
    return found


def _overlap(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    """Whether two steps hold on one and the same day."""
    return not (one["until"] <= other["date"] or other["until"] <= one["date"])
