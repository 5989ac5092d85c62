"""Scenarios read and checked: from a TOML file or plain values, and as the file that says the same."""

import dataclasses
import itertools
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._encoding import read_text, taken_as
from carecircles.io._years import FIRST_YEAR, LAST_YEAR, year_of
from carecircles.scenario._step import no_days, not_text, read_step, unknown_keys
from carecircles.scenario.values import (
    DETAILS,
    Scenario,
    step_named,
)
from carecircles.words import Sentence, Text, at

_COLUMNS = ("file", "step", "act", "to", "date", "until", *DETAILS["open"], *DETAILS["standard"],
            *DETAILS["rebuild"][:4])  # fmt: skip
_KEYS = ("name", "name_en", "note", "note_en", "based_on", "as_of", "year", "step")
_MOST_CONTRADICTIONS = 20
_TOGETHER = {"move", "equip", "enlarge"}  # of one centre


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
        row, wrong = read_step(step, step_named(file, number))
        of_steps += wrong
        unsound |= {number} if wrong else set()
        if row is not None:
            rows.append({"file": file, "step": number, **row})
    problems += _checks.few(of_steps, of=file)
    steps = pd.DataFrame(rows, columns=list(_COLUMNS), dtype=object)
    steps, wrong = _dated(steps, file)
    problems += wrong
    said = no_days({"as_of": plan.get("as_of", "")}, file)
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
    problems = unknown_keys(plan, _KEYS, file)
    name = plan.get("name")
    if not isinstance(name, str) or not name.strip():
        told = "name is missing; say in a few words what changes"
        problems.append(at(file, Sentence(told, zh="缺少 name；请用几个字写明有何变化")))
    return problems + not_text(plan, ("name_en", "note", "note_en", "based_on"), file)


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
