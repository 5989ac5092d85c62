"""The study area after a scenario: its centres, its standard and its people."""

import dataclasses
import difflib
import math
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from carecircles import io, people, services
from carecircles.area import Standard, StudyArea, area_on, datum_notes, in_year, same_pace
from carecircles.errors import ValidationError
from carecircles.io import KINDS, _checks, _matching
from carecircles.scenario.values import DETAILS, EVERYONE, Scenario, step_named
from carecircles.scenario.ways import inside_of, rebuilt, refitted
from carecircles.words import Sentence, Text, at, say

DEGREE_DECIMALS = 7
_LEAST = 0.001  # metres, minutes


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
        _not_larger(steps, area.facilities),
        _missing_groups(steps, area.population),
        _impossible_standards(steps, area.standard),
    ):
        problems += _checks.few(wrong, of=scenario.name)
    looked_at = scenario.as_of or area.as_of
    holds = _holds(steps, pd.Timestamp(looked_at) if looked_at else None)
    holding = steps[holds]
    placed, wrong, notes = _place(holding, area)
    problems += wrong
    on_foot, wrong, said = rebuilt(holding, area.on_foot, crs=area.crs)
    problems += wrong
    notes += said
    sources, wrong, said = refitted(holding, area.sources, crs=area.crs)
    inside = (*on_foot.rebuilt, *inside_of(holding)["with"])
    on_foot = dataclasses.replace(on_foot, rebuilt=inside) if inside else on_foot
    problems += wrong
    notes += said
    # A step that does not hold has to be sound as well.
    problems += _place(steps[~holds], area)[1]
    problems += rebuilt(steps[~holds], area.on_foot, crs=area.crs)[1]
    problems += refitted(steps[~holds], area.sources, crs=area.crs)[1]
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
    facilities = _after(holding, area.facilities, placed)
    spelled = services.spellings(area.services)
    keyed = [services.keyed(some, area.services, spelled) for some in facilities["services"]]
    changed = dataclasses.replace(
        area,
        facilities=facilities.assign(services=pd.Series(keyed, facilities.index, dtype=object)),
        standard=_standard_after(holding, area.standard),
        on_foot=on_foot,
        sources=sources,
        notes=(*area.notes, *notes),
    )
    return area_on(changed, scenario.as_of) if scenario.as_of else changed


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
    for step in steps[~steps["act"].isin(["standard", "rebuild"])].to_dict("records"):
        where, to = step_named(step["file"], step["step"]), step["to"]
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


def _not_larger(steps: pd.DataFrame, facilities: gpd.GeoDataFrame) -> list[Sentence]:
    """Steps that enlarge a centre to less than it holds, or to more beds of the kinds than in all."""
    held = {label: row[list(KINDS)] for label, row in facilities.iterrows()}
    problems: list[Sentence] = []
    for _, step in steps[steps["act"].isin(["open", "enlarge"])].iterrows():
        told = step[list(KINDS)].astype(float)
        if step["act"] == "open":
            held[step["to"]] = told
        if step["act"] == "open" or step["to"] not in held:
            continue
        where = step_named(step["file"], step["step"])
        old = held[step["to"]].astype(float)
        for kind in KINDS:
            if told[kind] < old[kind]:
                now, then = f"{old[kind]:g}", f"{told[kind]:g}"
                en = f"{kind} is {then}, but the centre has {now} already; write what it has then, or take the step out"
                zh = f"{kind} 为 {then}，而该中心已有 {now}；请写扩建后的总数，或去掉这一步"
                problems.append(at(where, Sentence(en, zh=zh)))
        merged = pd.DataFrame(
            [told.where(told.notna(), old)], index=pd.Index([step["step"]], name="step")
        )
        problems += io.kind_problems(merged, file=str(step["file"]))
    return problems


def _missing_groups(steps: pd.DataFrame, population: pd.DataFrame) -> list[Sentence]:
    known = [EVERYONE, *people.columns_of(population)]
    problems = []
    for step in steps[steps["act"] == "standard"].to_dict("records"):
        group = step["to"]
        if group not in known:
            told = f"the population has no {group}; use one of {', '.join(known)}"
            why = Sentence(told, zh=f"人口表中没有 {group}；请用 {'、'.join(known)} 之一")
            problems.append(at(step_named(step["file"], step["step"]), why))
    return problems


def _place(steps: pd.DataFrame, area: StudyArea) -> tuple[pd.DataFrame, list[Sentence], list[Text]]:
    """The centres that steps open or move, on the index of the steps, through the door of any file."""
    names = area.facilities["name"].to_dict()
    problems: list[Sentence] = []
    notes: list[Text] = []
    found = []
    to_place = steps[steps["act"].isin(["open", "move"])]
    for file, some in to_place.groupby("file", sort=False):
        table = some[[*DETAILS["open"]]].astype(object).where(some[[*DETAILS["open"]]].notna(), "")
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
        is_new = (some["act"] == "open") & (table["state"].str.strip() == "")
        table["state"] = table["state"].where(~is_new, "new")
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
            unsure = {"position": "", "position_error_m": math.nan}  # of where it was
            moved = {key: new[number][key] for key in where}
            moved |= {key: none for key, none in unsure.items() if key in rows[to]}
            rows[to] = {**rows[to], **moved}
        elif act == "equip" and to in rows:
            offered = io.services_of(pd.Series([step["services"]])).iloc[0]
            rows[to] = {**rows[to], "services": offered, "services_basis": "proposed"}
        elif act == "enlarge" and to in rows:
            holds = {kind: step[kind] for kind in KINDS if pd.notna(step[kind])}
            rows[to] = {**rows[to], **holds, "state": "enlarged"}
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
            problems.append(at(step_named(step["file"], step["step"]), Sentence(told, zh=zh)))
    return problems


def _standard_after(steps: pd.DataFrame, standard: Standard) -> Standard:
    """The standard of the last step that sets one."""
    standards = steps[steps["act"] == "standard"].to_dict("records")
    return _standard_of(standards[-1], standard) if standards else standard


def _standard_of(step: Mapping[Any, Any], standard: Standard) -> Standard:
    metres, minutes, pace = (
        None if pd.isna(step[key]) else float(step[key]) for key in DETAILS["standard"]
    )
    if pace is not None and metres is not None:
        minutes = metres / (60 * pace)
    elif pace is not None:
        minutes = standard.minutes if minutes is None else minutes
        metres = 60 * pace * minutes
    group = None if step["to"] == EVERYONE else step["to"]
    return dataclasses.replace(same_pace(standard, metres=metres, minutes=minutes), group=group)
