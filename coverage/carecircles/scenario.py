"""
What-if scenarios: open, close, move or equip centres, change the standard; from a file or in Python.

A scenario is a list of steps, each of which does one thing (its act) to one centre or, for the
standard, to one group of people:

    name = "Taoyuan centre opens in 2023"

    [[step]]
    open = "T1"            # the new centre's id; also close, move, equip = "H12", standard = "everyone"
    street = "桃园街道"     # or lon and lat, with datum = "gcj02" if they are not WGS84
    date = "2023"          # since when it holds; until = ... ends it
"""

import dataclasses
import datetime
import difflib
import itertools
import math
import os
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import tomli_w

from carecircles import io, people
from carecircles.area import Standard, StudyArea, area_on, datum_notes, in_year, same_pace
from carecircles.datum import parse_datum
from carecircles.errors import ValidationError
from carecircles.io import _checks, _matching
from carecircles.io._encoding import read_text, taken_as
from carecircles.io._years import FIRST_YEAR, LAST_YEAR, year_of
from carecircles.words import Sentence, Text, at, say

EVERYONE = "everyone"
ACTS = ("open", "close", "move", "equip", "standard")

_POINT = ("street", "lon", "lat", "datum", "basis", "source")
_DETAILS: dict[str, tuple[str, ...]] = {
    "open": ("name", "name_en", "services", "capacity", *_POINT),
    "close": (),
    "move": _POINT,
    "equip": ("services",),
    "standard": ("metres", "minutes", "pace_m_s"),
}
_ALWAYS = ("date", "until")
_COLUMNS = ("file", "step", "act", "to", "date", "until", *_DETAILS["open"], *_DETAILS["standard"])
_KEYS = ("name", "name_en", "note", "note_en", "based_on", "as_of", "year", "step")
DEGREE_DECIMALS = 7
_LEAST = 0.001  # metres, minutes
_MOST_CONTRADICTIONS = 20
_SERVICES = '["meals", "medical"]'
_QUOTED = Sentence("put it in quotation marks", zh="请加上引号")
_KINDS_ZH = {"number": "数字", "date": "日期"}


@dataclass(frozen=True, eq=False)
class Scenario:
    """
    A plan that differs from the study area as it is.

    `steps` has a row for each step in the order in which they are done: file and step (where it was
    written), act (one of `ACTS`), to (id of a centre, or the group a standard is for), date and until
    (days, may be missing), and what the act needs. `note` goes with every result; `files` are those
    it was read from, `taken` says what was taken for granted while reading them. `as_of` is the day
    that is looked at, None for any: then every step holds, whatever its dates. `year` is the year whose
    people are counted, None for that of the study area.
    """

    name: str
    name_en: str
    steps: pd.DataFrame
    as_of: datetime.date | None = None
    note: str = ""
    note_en: str = ""
    files: tuple[Path, ...] = ()
    taken: tuple[Text, ...] = ()
    year: int | None = None


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
        row, wrong = _read_step(step, _step(file, number))
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


def apply(area: StudyArea, scenario: Scenario) -> StudyArea:
    """
    The study area as it would be: its centres and its standard after the scenario's steps, its people
    those of the scenario's year.

    Parameters
    ----------
    area
        The study area as it is, with all its centres (`as_of` None) if the scenario names a day.
    scenario
        From `read_scenario` or `parse`.

    Returns
    -------
    area
        A new study area; `area` stays as it is. A new centre for which only a street is given
        stands in the middle of it, which its basis and a note call assumed.

    Raises
    ------
    ValidationError
        With every problem: unknown centres, points outside the study area, unknown streets.

    Examples
    --------
    >>> from carecircles import datasets, scenario
    >>> area = datasets.load("template")
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> scenario.apply(area, less).facilities.index.tolist()
    ['A2', 'A3']
    """
    steps = scenario.steps
    problems: list[Sentence] = []
    if scenario.as_of and area.as_of not in (None, scenario.as_of):
        day, of_area = scenario.as_of, area.as_of
        told = (
            f"it looks at {day}, the study area shows the centres of {of_area}; give it all of them"
        )
        why = Sentence(told, zh=f"方案看的是 {day}，区域只有 {of_area} 的中心；请给出全部中心")
        problems.append(at(scenario.name, why))
    for wrong in (
        _missing_centres(steps, area.facilities),
        _missing_groups(steps, area.population),
        _impossible_standards(steps, area.standard),
    ):
        problems += _checks.few(wrong, of=scenario.name)
    looked_at = scenario.as_of or area.as_of
    holds = _holds(steps, pd.Timestamp(looked_at) if looked_at else None)
    holding = steps[holds]
    placed, wrong, notes = _place(holding, area)
    problems += wrong
    problems += _place(steps[~holds], area)[1]  # a step that does not hold has to be sound as well
    if scenario.year is not None:
        try:
            area = in_year(area, scenario.year)
        except ValidationError as err:
            problems += [
                Sentence(f"{scenario.name_en}: {line}", zh=f"{scenario.name}：{say(line, 'zh')}")
                for line in err.problems
            ]
    if problems:
        raise ValidationError(problems)
    if scenario.note:
        notes.insert(0, {"en": scenario.note_en, "zh": scenario.note})
    notes = [*scenario.taken, *notes]
    changed = dataclasses.replace(
        area,
        facilities=_after(holding, area.facilities, placed),
        standard=_standard_after(holding, area.standard),
        notes=(*area.notes, *notes),
    )
    return area_on(changed, scenario.as_of) if scenario.as_of else changed


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
        kept = {key: step[key] for key in ("date", "until", *_DETAILS[step["act"]])}
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


def street_middles(streets: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    A point in the middle of each street, for centres of which only the street is known.

    Parameters
    ----------
    streets
        Polygons in a projected CRS.

    Returns
    -------
    middles
        On the index of `streets`: lon and lat in degrees (WGS84) to 1 cm. The centroid, or where
        that lies outside the street, some point inside.

    Examples
    --------
    >>> from carecircles import datasets, scenario
    >>> area = datasets.load("template")
    >>> scenario.street_middles(area.streets).round(3).loc["S1"].to_dict()
    {'lon': 110.008, 'lat': 35.007}
    """
    centroid = streets.centroid
    middle = centroid.where(streets.contains(centroid), streets.representative_point())
    degrees = middle.to_crs(4326)
    return pd.DataFrame(
        {"lon": degrees.x.round(DEGREE_DECIMALS), "lat": degrees.y.round(DEGREE_DECIMALS)}
    )


# The steps of reading


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


def _step(file: str, number: int) -> Sentence:
    return Sentence(f"{file}, step {number}", zh=f"{file}，第 {number} 步")


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
        mend = Sentence(f"write {whom} in quotation marks", zh=f"请在引号内写{whom.zh}")
        return None, [at(where, _is(act, to, mend))]
    allowed = (act, *_DETAILS[act], *_ALWAYS)
    problems = _unknown_keys(step, allowed, where, act)
    if act == "open" and any(c == ";" or unicodedata.category(c) == "Cc" for c in str(to)):
        told = f"{_checks.show(to)} has a semicolon or a line break in it"
        problems.append(at(where, Sentence(told, zh=f"{_checks.show(to)} 中有分号或换行")))
    row = {key: step[key] for key in (*_DETAILS[act], "date", "until") if key in step}
    wrong = _no_days({key: row.get(key, "") for key in ("date", "until")}, where)
    problems += wrong
    if wrong:
        row |= {"date": "", "until": ""}
    texts = ("name", "name_en", "street", "datum", "basis", "source")
    problems += _not_text(row, texts, where)
    row |= {key: "" for key in texts if not isinstance(row.get(key, ""), str)}
    checks = {
        "open": _point_problems,
        "move": _point_problems,
        "equip": _equip_problems,
        "standard": _standard_problems,
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
    if "capacity" in row and not _is_number(row["capacity"]):
        mend = Sentence("write how many people it can serve", zh="请写可服务多少人")
        problems.append(at(where, _is("capacity", row.pop("capacity"), mend, not_a="number")))
    try:
        parse_datum(row.get("datum", "wgs84"))
    except ValueError as err:
        problems.append(at(where, err.args[0]))
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
    given = [key for key in _DETAILS["standard"] if key in row]
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

    There is one standard at a time, and of one centre only move and equip go together.
    """
    is_standard = steps["act"] == "standard"
    whom = steps["to"].where(~is_standard, "")
    pairs = (
        pair
        for _, some in steps.groupby([is_standard, whom], sort=False)
        for pair in itertools.combinations(some.to_dict("records"), 2)
        if {pair[0]["act"], pair[1]["act"]} != {"move", "equip"} and _overlap(*pair)
    )
    found = []
    for one, other in itertools.islice(pairs, _MOST_CONTRADICTIONS):
        centre = _checks.show(one["to"])
        what = Sentence(f"centre {centre}", zh=f"中心 {centre}")
        if one["act"] == "standard":
            what = Sentence("two standards", zh="两个标准")
        (first, act), (second, act_too) = ((step["step"], step["act"]) for step in (one, other))
        told = f"they contradict each other ({what}: {act} and {act_too}); keep one, or give each its dates"
        zh = f"互相矛盾（{what.zh}：{act} 和 {act_too}）；请只留一个，或分别写明日期"
        where = Sentence(
            f"{file}, steps {first} and {second}", zh=f"{file}，第 {first}、{second} 步"
        )
        found.append((first, second, at(where, Sentence(told, zh=zh))))
    return found


def _overlap(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> bool:
    """Whether two steps hold on one and the same day."""
    return not (one["until"] <= other["date"] or other["until"] <= one["date"])


# The steps of applying


def _holds(steps: pd.DataFrame, day: pd.Timestamp | None) -> pd.Series:
    """Whether each step is in effect on the day; without a day, each is."""
    if day is None:
        return pd.Series(True, index=steps.index)
    has_begun = steps["date"].isna() | (steps["date"] <= day)
    return has_begun & ~(steps["until"] <= day)


def _missing_centres(steps: pd.DataFrame, facilities: gpd.GeoDataFrame) -> list[Sentence]:
    """Steps about centres that are not there, or not there any more, or already there."""
    names = dict(zip(facilities.index, facilities["name"], strict=True))
    gone: dict[str, Sentence] = {}
    problems: list[Sentence] = []
    for step in steps[steps["act"] != "standard"].to_dict("records"):
        where, to = _step(step["file"], step["step"]), step["to"]
        centre = _checks.show(to)
        if step["act"] == "open":
            if to in names:
                name = _checks.show(names[to])
                told = f"there is already a centre {centre} ({name}); give the new one an id of its own"
                zh = f"已有中心 {centre}（{name}）；请给新中心另取一个 id"
                problems.append(at(where, Sentence(told, zh=zh)))
            names[to] = step["name"] if isinstance(step["name"], str) else to
            gone.pop(to, None)
        elif to in gone:
            told = f"centre {centre} is closed by {gone[to]}; take one of them out"
            zh = f"中心 {centre} 已由 {gone[to].zh} 关闭；请去掉其中一步"
            problems.append(at(where, Sentence(told, zh=zh)))
        elif to not in names:
            near = difflib.get_close_matches(to, map(str, names), n=3) if len(problems) < 50 else []
            like = _checks.some(near or list(names)[:3])
            told = f"there is no centre {centre}; ids look like {like}"
            zh = f"没有中心 {centre}；id 形如 {like.zh}"
            problems.append(at(where, Sentence(told, zh=zh)))
        elif step["act"] == "close" and pd.isna(step["until"]):
            gone[to] = where
            names.pop(to)
    return problems


def _missing_groups(steps: pd.DataFrame, population: pd.DataFrame) -> list[Sentence]:
    known = [EVERYONE, *people.columns_of(population)]
    problems = []
    for step in steps[steps["act"] == "standard"].to_dict("records"):
        group = step["to"]
        if group not in known:
            told = f"the population has no {group}; use one of {', '.join(known)}"
            why = Sentence(told, zh=f"人口表中没有 {group}；请用 {'、'.join(known)} 之一")
            problems.append(at(_step(step["file"], step["step"]), why))
    return problems


def _place(steps: pd.DataFrame, area: StudyArea) -> tuple[pd.DataFrame, list[Sentence], list[Text]]:
    """The centres that steps open or move, on the index of the steps, through the door of any file."""
    names = area.facilities["name"].to_dict()
    problems: list[Sentence] = []
    notes: list[Text] = []
    found = []
    to_place = steps[steps["act"].isin(["open", "move"])]
    for file, some in to_place.groupby("file", sort=False):
        table = (
            some[[*_DETAILS["open"]]].astype(object).where(some[[*_DETAILS["open"]]].notna(), "")
        )
        table["name"] = [
            row["name"] or (names.get(row["to"]) if row["act"] == "move" else "") or row["to"]
            for row in table.assign(act=some["act"], to=some["to"]).to_dict("records")
        ]
        is_point = some["lon"].notna() & some["lat"].notna()
        middles, wrong = _in_the_middle(table[~is_point], some, area, file=str(file))
        problems += wrong
        table = table.loc[is_point | table.index.isin(middles.index)]
        some, is_point = some.loc[table.index], is_point[table.index]
        table.loc[middles.index, middles.columns] = middles
        table["basis"] = table["basis"].where(
            table["basis"].str.strip() != "", is_point.map({True: "proposed", False: "assumed"})
        )
        table["services_basis"] = "proposed"
        table["opened"] = some["date"].dt.strftime("%Y-%m-%d").fillna("")
        table["id"] = some.index.astype(str)
        table.index = pd.Index(some["step"], name="step")
        centres, wrong = io.centres_of(table, file=str(file), crs=area.crs)
        centres.attrs |= {"unit": "step"}
        problems += wrong
        if wrong:
            continue
        if is_point.any():
            notes += datum_notes(centres, file=str(file))
        matched, wrong, said = _matching.match_centres(
            centres,
            area.streets,
            area.boundary,
            file=str(file),
            remedy=Sentence('write datum = "{}" in the step', zh='请在该步骤中写 datum = "{}"'),
        )
        problems += wrong
        notes += said
        for name in matched["name"][(~is_point).to_numpy()]:
            notes.append(
                {
                    "en": f"{file}: {name} has no point; it is put in the middle of its street.",
                    "zh": f"{file}：{name} 没有给出坐标，置于街道中部。",
                }
            )
        found.append(matched.set_axis(some.index))
    placed = pd.concat(found) if found else area.facilities.iloc[:0]
    return placed, problems, notes


def _in_the_middle(
    table: pd.DataFrame, steps: pd.DataFrame, area: StudyArea, *, file: str
) -> tuple[pd.DataFrame, list[Sentence]]:
    """Longitude, latitude and datum of the middle of the streets that are named instead of a point."""
    codes = _matching.street_codes(table["street"], area.streets)
    rows = pd.Index(steps.loc[table.index, "step"], name="step")
    problems = _matching.unknown_streets(
        rows[codes.isna()], table["street"][codes.isna()], area.streets, file=file
    )
    known = codes.dropna()
    middles = street_middles(area.streets).loc[known].set_axis(known.index)
    return middles.assign(datum="wgs84").astype(object), problems


def _after(
    steps: pd.DataFrame, facilities: gpd.GeoDataFrame, placed: pd.DataFrame
) -> gpd.GeoDataFrame:
    """The centres after the steps, those of the study area first."""
    rows = dict(zip(facilities.index, _rows(facilities), strict=True))
    new = dict(zip(placed.index, _rows(placed), strict=True))
    for number, step in zip(steps.index, steps.to_dict("records"), strict=True):
        act, to = step["act"], step["to"]
        if act == "open":
            rows[to] = new[number]
        elif act == "close":
            rows.pop(to, None)
        elif act == "move" and to in rows:
            where = ("geometry", "street", "basis", "source", "neighbour")
            rows[to] = {**rows[to], **{key: new[number][key] for key in where}}
        elif act == "equip" and to in rows:
            services = io.services_of(pd.Series([step["services"]])).iloc[0]
            rows[to] = {**rows[to], "services": services, "services_basis": "proposed"}
    if not rows:
        return facilities.iloc[:0]
    table = pd.DataFrame(list(rows.values()), index=pd.Index(rows, name="id"))
    plain = facilities.dtypes.drop("geometry")
    changed = gpd.GeoDataFrame(table.astype(plain), geometry="geometry", crs=facilities.crs)
    changed = changed[list(facilities.columns)]
    changed.attrs = dict(facilities.attrs)
    return changed


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    return pd.DataFrame(frame).to_dict("records")


def _impossible_standards(steps: pd.DataFrame, standard: Standard) -> list[Sentence]:
    """Steps whose figures, with the pace or the time that stays, make a circle no one can mean."""
    problems = []
    for step in steps[steps["act"] == "standard"].to_dict("records"):
        made = _standard_of(step, standard)
        if not (_LEAST <= made.metres < 1e6 and _LEAST <= made.minutes < 1e6):
            metres, minutes = f"{made.metres:.6g}", f"{made.minutes:.6g}"
            told = f"this makes {metres} m in {minutes} min; write both metres and minutes"
            zh = f"按此为 {minutes} 分钟 {metres} 米；请把 metres 和 minutes 都写上"
            problems.append(at(_step(step["file"], step["step"]), Sentence(told, zh=zh)))
    return problems


def _standard_after(steps: pd.DataFrame, standard: Standard) -> Standard:
    """The standard of the last step that sets one."""
    standards = steps[steps["act"] == "standard"].to_dict("records")
    return _standard_of(standards[-1], standard) if standards else standard


def _standard_of(step: Mapping[Any, Any], standard: Standard) -> Standard:
    metres, minutes, pace = (
        None if pd.isna(step[key]) else float(step[key]) for key in _DETAILS["standard"]
    )
    if pace is not None and metres is not None:
        minutes = metres / (60 * pace)
    elif pace is not None:
        minutes = standard.minutes if minutes is None else minutes
        metres = 60 * pace * minutes
    group = None if step["to"] == EVERYONE else step["to"]
    return dataclasses.replace(same_pace(standard, metres=metres, minutes=minutes), group=group)
