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
from carecircles.words import Sentence, Text, say

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
    plans: list[tuple[str, dict]] = []
    path, seen = Path(path), []
    taken: list[Text] = []
    while True:
        (plan, said), place = _read_toml(path), os.path.realpath(path)
        taken = [*said, *taken]
        if place in seen:
            raise ValidationError(
                [f"{path.name}: based_on leads back to this file; take it out of one of them."]
            )
        seen.append(place)
        plans.insert(0, (path.name, plan))
        base = plan.get("based_on")
        if not isinstance(base, str) or not base.strip():
            break
        path = path.parent / base
    problems: list[str] = []
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


def parse(plan: Mapping, *, file: str = "scenario", base: Scenario | None = None) -> Scenario:
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
        raise ValidationError([*problems, f"{file}: step is not a table; write [[step]] above it."])
    rows, unsound, of_steps = [], set(), []
    for number, step in enumerate(written, start=1):
        row, wrong = _read_step(step, f"{file}, step {number}")
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
    problems = []
    if scenario.as_of and area.as_of not in (None, scenario.as_of):
        problems.append(
            f"{scenario.name}: it looks at {scenario.as_of}, the study area shows the centres of "
            f"{area.as_of}; give it all of them."
        )
    for wrong in (
        _missing_centres(steps, area.facilities),
        _missing_groups(steps, area.population),
        _impossible_standards(steps, area.standard),
    ):
        problems += _checks.few(wrong, of=scenario.name)
    day = pd.Timestamp(scenario.as_of or area.as_of) if scenario.as_of or area.as_of else None
    holds = _holds(steps, day)
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


def _written(values: Mapping) -> dict:
    """Values as a file has them: days as dates, services in one text; without what is missing or empty."""
    written = {}
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


def _read_toml(path: Path) -> tuple[dict, list[Text]]:
    """The values of a scenario file, and what was taken for granted while reading it."""
    text, encoding = read_text(path, file=path.name, kind="a scenario")
    try:
        plan = tomllib.loads(text)
    except (ValueError, RecursionError) as err:
        raise ValidationError(
            [f"{path.name}: this is not TOML ({err}); correct that line."]
        ) from None
    return plan, [
        {"en": f"{path.name}: {said['en']}.", "zh": f"{path.name}：{said['zh']}。"}
        for said in taken_as(encoding)
    ]


def _heading_problems(plan: Mapping, file: str) -> list[str]:
    problems = []
    unknown = _checks.some(k for k in plan if k not in _KEYS)
    if unknown:
        problems.append(f"{file}: unknown: {unknown}; known are {', '.join(_KEYS)}.")
    name = plan.get("name")
    if not isinstance(name, str) or not name.strip():
        problems.append(f"{file}: name is missing; say in a few words what changes.")
    problems += [
        f"{file}: {key} is not text; put it in quotation marks."
        for key in ("name_en", "note", "note_en", "based_on")
        if not isinstance(plan.get(key, ""), str)
    ]
    return problems


def _year(plan: Mapping, file: str) -> tuple[int | None, list[Sentence]]:
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


def _read_step(step: Mapping, where: str) -> tuple[dict | None, list[str]]:
    """A step as a row, or None where it cannot be told what it is to do; and what is wrong."""
    acts = [act for act in ACTS if act in step]
    if len(acts) != 1:
        said = f"it says {' and '.join(acts)}" if acts else "it does not say what to do"
        return None, [f'{where}: {said}; write one of {", ".join(ACTS)} = "...".']
    act = acts[0]
    to = step[act]
    problems = []
    if isinstance(to, bool) or not isinstance(to, str | int) or not str(to).strip():
        whom = f"'{EVERYONE}' or a group" if act == "standard" else "the id of a centre"
        return None, [f"{where}: {act} is {_checks.show(to)}; write {whom} in quotation marks."]
    allowed = (act, *_DETAILS[act], *_ALWAYS)
    unknown = _checks.some(k for k in step if k not in allowed)
    if unknown:
        problems.append(f"{where}: unknown with {act}: {unknown}; known are {', '.join(allowed)}.")
    if act == "open" and any(c == ";" or unicodedata.category(c) == "Cc" for c in str(to)):
        problems.append(f"{where}: {_checks.show(to)} has a semicolon or a line break in it.")
    row = {key: step[key] for key in (*_DETAILS[act], "date", "until") if key in step}
    wrong = _no_days({key: row.get(key, "") for key in ("date", "until")}, where)
    problems += wrong
    if wrong:
        row |= {"date": "", "until": ""}
    texts = ("name", "name_en", "street", "datum", "basis", "source")
    for key in texts:
        if not isinstance(row.get(key, ""), str):
            problems.append(f"{where}: {key} is not text; put it in quotation marks.")
            row[key] = ""
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
        problems.append(
            f"{where}: standard is {_checks.show(to)}; write one of {choices} or a group of the area's own."
        )
    return {"act": act, "to": target, **row}, problems


def _no_days(values: Mapping, where: str) -> list[str]:
    """Values that only look like dates: 2022.10 is a number, and would be January."""
    return [
        f'{where}: {key} is {_checks.show(value)}, not a date; write it such as "2022-10".'
        for key, value in values.items()
        if isinstance(value, float | bool | list | dict | datetime.time)
    ]


def _point_problems(row: dict, where: str) -> list[str]:
    has = [key for key in ("lon", "lat") if key in row]
    if len(has) == 1:
        return [f"{where}: there is {has[0]} alone; write both lon and lat."]
    if not has and not row.get("street"):
        return [f"{where}: there is no place; write lon and lat, or street."]
    problems = [
        f"{where}: {key} is {_checks.show(row[key])}, not a number; write it such as 117.2230."
        for key in has
        if not _is_number(row[key])
    ]
    for key in has if problems else ():
        row.pop(key)
    if "capacity" in row and not _is_number(row["capacity"]):
        problems.append(
            f"{where}: capacity is {_checks.show(row.pop('capacity'))}, not a number; "
            "write how many people it can serve."
        )
    try:
        parse_datum(row.get("datum", "wgs84"))
    except ValueError as err:
        problems.append(f"{where}: {err}.")
    return problems


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _equip_problems(row: dict, where: str) -> list[str]:
    if "services" in row:
        return []
    return [f'{where}: there are no services; write such as services = ["meals", "medical"].']


def _services_problems(services: object, where: str) -> list[str]:
    is_list = isinstance(services, list | tuple) and all(isinstance(s, str) for s in services)
    if is_list or isinstance(services, str):
        return []
    return [f'{where}: services is {_checks.show(services)}; write such as ["meals", "medical"].']


def _standard_problems(row: dict, where: str) -> list[str]:
    problems = []
    given = [key for key in _DETAILS["standard"] if key in row]
    for key in given:
        value = row[key]
        if not _is_number(value) or not 0 < value < 1e6:
            problems.append(
                f"{where}: {key} is {_checks.show(value)}; write a number above 0 and below a million."
            )
            row.pop(key)
    if not given or len(given) == 3:
        problems.append(f"{where}: write one or two of metres, minutes and pace_m_s.")
    return problems


def _dated(steps: pd.DataFrame, file: str) -> tuple[pd.DataFrame, list[str]]:
    """
    The steps with days. A month or a year counts so that a centre is open only when it is for certain.
    """
    table = steps[["date", "until"]].set_axis(pd.Index(steps["step"], name="step"))
    is_close = (steps["act"] == "close").to_numpy()
    problems: list[str] = []
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
        file, table.index[is_backward], "until is not after date", "correct one of the two"
    )
    return steps, problems


def _contradictions(steps: pd.DataFrame, file: str) -> list[tuple[int, int, str]]:
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
        is_standard = one["act"] == "standard"
        whom = "two standards" if is_standard else f"centre {_checks.show(one['to'])}"
        sentence = (
            f"{file}, steps {one['step']} and {other['step']}: they contradict each other "
            f"({whom}: {one['act']} and {other['act']}); keep one, or give each its dates."
        )
        found.append((one["step"], other["step"], sentence))
    return found


def _overlap(one: dict, other: dict) -> bool:
    """Whether two steps hold on one and the same day."""
    return not (one["until"] <= other["date"] or other["until"] <= one["date"])


# The steps of applying


def _holds(steps: pd.DataFrame, day: pd.Timestamp | None) -> pd.Series:
    """Whether each step is in effect on the day; without a day, each is."""
    if day is None:
        return pd.Series(True, index=steps.index)
    has_begun = steps["date"].isna() | (steps["date"] <= day)
    return has_begun & ~(steps["until"] <= day)


def _missing_centres(steps: pd.DataFrame, facilities: gpd.GeoDataFrame) -> list[str]:
    """Steps about centres that are not there, or not there any more, or already there."""
    names = dict(zip(facilities.index, facilities["name"], strict=True))
    gone: dict[str, str] = {}
    problems = []
    for step in steps[steps["act"] != "standard"].to_dict("records"):
        where, to = f"{step['file']}, step {step['step']}", step["to"]
        if step["act"] == "open":
            if to in names:
                problems.append(
                    f"{where}: there is already a centre {_checks.show(to)} "
                    f"({_checks.show(names[to])}); give the new one an id of its own."
                )
            names[to] = step["name"] if isinstance(step["name"], str) else to
            gone.pop(to, None)
        elif to in gone:
            problems.append(
                f"{where}: centre {_checks.show(to)} is closed by {gone[to]}; take one of them out."
            )
        elif to not in names:
            near = difflib.get_close_matches(to, map(str, names), n=3) if len(problems) < 50 else []
            near = near or list(names)[:3]
            problems.append(
                f"{where}: there is no centre {_checks.show(to)}; "
                f"ids look like {', '.join(map(_checks.show, near))}."
            )
        elif step["act"] == "close" and pd.isna(step["until"]):
            gone[to] = where
            names.pop(to)
    return problems


def _missing_groups(steps: pd.DataFrame, population: pd.DataFrame) -> list[str]:
    standards = steps[steps["act"] == "standard"]
    known = [EVERYONE, *people.columns_of(population)]
    return [
        f"{step['file']}, step {step['step']}: the population has no {step['to']}; "
        f"use one of {', '.join(known)}."
        for step in standards.to_dict("records")
        if step["to"] not in known
    ]


def _place(steps: pd.DataFrame, area: StudyArea) -> tuple[pd.DataFrame, list[str], list[Text]]:
    """The centres that steps open or move, on the index of the steps, through the door of any file."""
    names = area.facilities["name"].to_dict()
    problems: list[str] = []
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
            remedy='write datum = "{}" in the step',
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
) -> tuple[pd.DataFrame, list[str]]:
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


def _rows(frame: pd.DataFrame) -> list[dict]:
    return pd.DataFrame(frame).to_dict("records")


def _impossible_standards(steps: pd.DataFrame, standard: Standard) -> list[str]:
    """Steps whose figures, with the pace or the time that stays, make a circle no one can mean."""
    problems = []
    for step in steps[steps["act"] == "standard"].to_dict("records"):
        made = _standard_of(step, standard)
        if not (_LEAST <= made.metres < 1e6 and _LEAST <= made.minutes < 1e6):
            problems.append(
                f"{step['file']}, step {step['step']}: this makes {made.metres:.6g} m in "
                f"{made.minutes:.6g} min; write both metres and minutes."
            )
    return problems


def _standard_after(steps: pd.DataFrame, standard: Standard) -> Standard:
    """The standard of the last step that sets one."""
    standards = steps[steps["act"] == "standard"].to_dict("records")
    return _standard_of(standards[-1], standard) if standards else standard


def _standard_of(step: dict, standard: Standard) -> Standard:
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
