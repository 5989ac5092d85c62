"""Where the next centres should stand and how good that is, for people and programs."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from carecircles import comparison, evaluation
from carecircles.plan import Plan
from carecircles.report.columns import (
    UNITS,
    as_text,
    column_of,
    figure,
    in_unit,
    records_of,
    rounded,
    show,
    unit_in_words,
)
from carecircles.report.frames import columns_of, heading_of, headline_group, named_of
from carecircles.report.names import name_of, plan_name
from carecircles.report.notes import assumed_of, assumptions, grid_note, neighbour_notes, said_below
from carecircles.report.proofs import fewer_notes, proof_in_short, proof_note, unmeasured_notes
from carecircles.report.shown import CURVE_COLUMNS, SITE_COLUMNS
from carecircles.report.ways import reach_notes
from carecircles.words import Text, say

if TYPE_CHECKING:  # most commands site nothing and need none of it
    from carecircles.siting import Reached, Siting
    from carecircles.siting.goals import Goal


def siting_frame(plan: Plan, siting: "Siting", candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    The sites of a plan as a frame to write, in the order in which to build.

    Parameters
    ----------
    plan
        The plan the sites are added to.
    siting
        From `siting.maximize_coverage` or another model.
    candidates
        Indexed by id: name, name_en, street, lon, lat, geometry; price if there is one.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> best = siting.site(asis, places, new=1)
    >>> report.siting_frame(asis, best, places)["marginal_people_60"].to_dict()
    {'G119': 2646.429}
    """
    frame = rounded(_siting_frame(plan, siting, candidates))
    frame["assumed"] = assumed_of(plan.area)
    geometry = candidates.geometry.loc[siting.sites.index]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=plan.area.crs)


def _siting_frame(plan: Plan, siting: "Siting", candidates: gpd.GeoDataFrame) -> pd.DataFrame:
    sites = candidates.loc[siting.sites.index]
    group = headline_group(plan)
    figures = siting.sites[["gross", "marginal", "cumulative"]].add_suffix(f"_{group}")
    if "chosen_share" in siting.sites:
        figures["chosen_share"] = siting.sites["chosen_share"]
    column = _goal(siting).column
    if column is not None:
        figures[in_unit(column.replace("{g}", group), plan.cost.unit)] = [
            _in_unit(siting, value) for value in siting.sites["objective"]
        ]
    about = pd.DataFrame(sites[["name", "name_en", "street", "lon", "lat"]])
    if "price" in sites and sites["price"].notna().any():
        about["price"] = sites["price"]
    return about.join(figures)


def siting_record(
    plan: Plan,
    after: Plan,
    siting: "Siting",
    candidates: gpd.GeoDataFrame,
    *,
    curve: pd.DataFrame | None = None,
    others: "Sequence[tuple[float, Siting]]" = (),
    cut: Sequence[Text] = (),
) -> dict[str, Any]:
    """
    New centres with their proof, and what was found beside them, as a JSON value.

    `cut` is what `cut_short` says; `plan` is the plan as it is, `after` the one with the new centres.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> best = siting.site(asis, places, new=1)
    >>> after = siting.carry_out(asis, best, places)
    >>> report.siting_record(asis, after, best, places)["status"]
    'optimal'
    """
    notes = [*reach_notes(plan, after), *neighbour_notes(plan), *plan.area.notes]
    record = {
        **heading_of(plan, plan=named_of(plan)),
        "area_share_error": round(evaluation.area_share_error(after.cells), 6),
        "people_share_error": round(
            evaluation.people_share_error(after.cells, headline_group(plan)), 6
        ),
        "notes": [note["en"] for note in notes],
        "people": headline_group(plan),
        "goal": siting.goal,
        "unit": _unit(plan, siting),
        "candidates": len(candidates),
        "asked": siting.asked,
        **_siting_figures(siting),
        "total": round(siting.total, UNITS["people"].decimals),
        "unreachable": round(siting.unreachable, UNITS["people"].decimals),
        "sites": records_of(siting_frame(plan, siting, candidates)),
    }
    record["notes"] = [
        *record["notes"],
        *(
            line["en"]
            for line in [*unmeasured_notes(siting, candidates), *fewer_notes(siting), *cut]
        ),
    ]
    if curve is not None:
        shown = curve.assign(
            **{c: [_in_unit(siting, v) for v in curve[c]] for c in ("objective", "bound", "nested")}
        )
        record["curve"] = records_of(rounded(shown))
    if others:
        record["alternatives"] = [
            {
                "apart_m": metres,
                "is_farthest": not other.may_be_farther,
                **_siting_figures(other),
                "sites": records_of(siting_frame(plan, other, candidates)),
            }
            for metres, other in others
        ]
    return record


def _goal(siting: "Siting") -> "Goal":
    from carecircles.siting import GOALS

    return GOALS[siting.goal]


def _unit(plan: Plan, siting: "Siting") -> str:
    """What the goal is told in, by the plan's cost table."""
    unit = _goal(siting).unit
    return "minutes" if unit == "metres" and plan.cost.unit == "min" else unit


def _siting_figures(siting: "Siting") -> dict[str, Any]:
    people = {
        name: round(getattr(siting, name), UNITS["people"].decimals)
        for name in ("covered", "covered_before")
    }
    objective, before, bound = (
        round(_in_unit(siting, value), UNITS["people"].decimals)
        for value in (siting.objective, siting.before, siting.bound)
    )
    gap = None if math.isnan(siting.gap) else siting.gap
    proof = {"bound": bound, "gap": gap, "status": siting.status}
    kappa = {} if siting.kappa is None else {"kappa": siting.kappa}
    reached = {} if siting.reached is None else {"ede": siting.reached._asdict()}
    return {"objective": objective, "before": before, **kappa, **reached, **proof, **people}


def _in_unit(siting: "Siting", value: float) -> float:
    """An objective as people read it: of persons times metres, the mean distance."""
    return value / siting.total if _goal(siting).is_mean and siting.total else value


def siting_scenario(
    plan: Plan,
    siting: "Siting",
    candidates: gpd.GeoDataFrame,
    *,
    service: str | None = None,
    brings: Sequence[str] = (),
) -> dict[str, Any]:
    """
    The sites as plain values of a scenario, with a note of how they were found, for a file to keep.

    With a service the sites are centres already, and are to offer it beside what they offer; new centres
    offer what their candidate says, or else what `brings` names.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> best = siting.site(asis, places, new=1)
    >>> report.siting_scenario(asis, best, places)["step"][0]["open"]
    'G119'
    """
    from carecircles.siting import steps_of

    group, of, every = comparison.headline(plan).name, plan_name(plan), len(candidates)
    made = steps_of(siting, candidates, service=service, brings=brings)
    proof = proof_note(siting.status, siting.gap)
    return {
        "name": made["name"],
        "name_en": made["name_en"],
        "note": f"在“{of['zh']}”之外为{group['zh']}选址（{_goal(siting).what['zh']}），"
        f"候选点 {every:,} 个。{proof['zh']}",
        "note_en": f"Sited for people {group['en']} ({_goal(siting).what['en']}) beside "
        f"'{of['en']}', among {every:,} candidates. {proof['en']}",
        **({} if plan.area.year is None else {"year": plan.area.year}),
        "step": made["step"],
    }


def siting_table(
    plan: Plan, siting: "Siting", candidates: gpd.GeoDataFrame, *, lang: str
) -> pd.DataFrame:
    """
    The sites of a plan as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> best = siting.site(asis, places, new=1)
    >>> report.siting_table(asis, best, places, lang="en").shape[0]
    1
    """
    frame = _siting_frame(plan, siting, candidates)
    streets = [
        say(name_of(plan.area.streets.loc[code]), lang) if code in plan.area.streets.index else ""
        for code in frame["street"]
    ]
    names: list[Any] = [
        i if i == row["name"] else f"{i} {say(name_of(row), lang)}"
        for i, row in frame.to_dict("index").items()
    ]
    mean = in_unit("mean_distance_m", plan.cost.unit)
    table = frame.assign(site_name=names, street=streets).rename(columns={mean: f"{mean}_then"})
    column = _goal(siting).column
    of_goal = [] if column is None else [in_unit(column, plan.cost.unit)]
    of_goal = [f"{name}_then" if name == mean else name for name in of_goal]
    *about, price = SITE_COLUMNS
    return as_text(table, columns_of([*about, *of_goal, price], plan), lang)


def alternatives_table(
    plan: Plan,
    others: "Sequence[tuple[float, Siting]]",
    candidates: gpd.GeoDataFrame,
    *,
    lang: str,
) -> pd.DataFrame:
    """
    The sites of plans nearly as good, each with its metres from all sites before, as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=200)
    >>> question = siting.ask(asis, places)
    >>> best = siting.answer(question, new=1)
    >>> others = siting.alternatives_to(best, question, count=1)
    >>> report.alternatives_table(asis, others, places, lang="en").shape[0]
    1
    """
    number, apart, proof = (
        say(column_of(c)[0].short, lang) for c in ("alternative", "apart_m", "status")
    )
    tables = []
    for place, (metres, other) in enumerate(others, start=1):
        table = siting_table(plan, other, candidates, lang=lang)
        table.insert(0, number, [str(place), *[""] * (len(table) - 1)])
        table.insert(1, apart, [figure("m", metres), *[""] * (len(table) - 1)])
        proven = say(proof_in_short(other.status, other.gap), lang)
        table[proof] = [proven, *[""] * (len(table) - 1)]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def curve_table(plan: Plan, siting: "Siting", curve: pd.DataFrame, *, lang: str) -> pd.DataFrame:
    """
    What the best one, two, three ... new centres reach, as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> question = siting.ask(asis, places)
    >>> best, curve = siting.answer(question, new=1), siting.curve_of(question, most=1)
    >>> report.curve_table(asis, best, curve, lang="en").iloc[:, :2].to_numpy().tolist()
    [['0', '13,675'], ['1', '16,321']]
    """
    counted = curve.reset_index()
    counted["new"] = counted["new"].map(str)
    proofs = zip(counted["status"], counted["gap"], strict=True)
    counted["status"] = [say(proof_in_short(*proof), lang) for proof in proofs]
    for column in ("objective", "nested"):
        counted[column] = [_in_unit(siting, value) for value in counted[column]]
    goal, group, columns = _goal(siting), headline_group(plan), columns_of(CURVE_COLUMNS, plan)
    is_of_people = goal.column is None and not goal.finds_number
    column = f"best_{group}" if is_of_people else f"covered_{group}"
    counted = counted.rename(columns={"people": column})
    if is_of_people:
        counted = counted.drop(columns="objective")
    best = columns["objective"]
    columns["objective"] = {
        "en": f"{best['en']}: {goal.what['en']}",
        "zh": f"{best['zh']}：{goal.what['zh']}",
    }
    return as_text(counted, columns, lang)


def siting_notes(plan: Plan, siting: "Siting", candidates: gpd.GeoDataFrame) -> list[Text]:
    """
    What is proven of a plan, what it costs and whom it leaves, a line each.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> best = siting.site(asis, places, new=1)
    >>> report.siting_notes(asis, best, places)[0]["en"]
    'Proven: no other choice among the candidates is better.'
    """
    label, goal = comparison.headline(plan).name, _goal(siting)
    covered, before = figure("people", siting.covered), figure("people", siting.covered_before)
    left = figure("people", siting.total - siting.covered)
    unreachable = figure("people", siting.unreachable)
    lines: list[Text] = [
        proof_note(siting.status, siting.gap),
        *unmeasured_notes(siting, candidates),
        *fewer_notes(siting),
    ]
    prices = _siting_frame(plan, siting, candidates).get("price")
    if prices is not None:
        lines.append({"en": f"It costs {prices.sum():,g}.", "zh": f"费用合计 {prices.sum():,g}。"})
    if siting.reached is not None:
        lines.append(_reached(plan, siting.reached))
    elif goal.column is not None:
        column = in_unit(goal.column.replace("{g}", headline_group(plan)), plan.cost.unit)
        now, then = (show(column, _in_unit(siting, v)) for v in (siting.objective, siting.before))
        of: Text = {"en": "", "zh": " 人"}
        if goal.unit == "metres":
            of = {lang: f" {unit}" for lang, unit in unit_in_words(plan.cost.unit).items()}
        lines.append(
            {
                "en": f"{goal.what['en'][:1].upper()}{goal.what['en'][1:]}, {label['en']}: {now}{of['en']}, "
                f"{then}{of['en']} before.",
                "zh": f"{label['zh']}{goal.what['zh']}：{now}{of['zh']}（原 {then}{of['zh']}）。",
            }
        )
    if siting.goal == "expected":
        lines.append(
            {
                "en": "People are counted as expected: in the mean of where centres may stand whose position is "
                "not known; new ones stand where they are put.",
                "zh": "人数为期望值：按位置未知的中心可能所在之处平均；新增中心则在选定的位置。",
            }
        )
    if siting.kappa is not None:
        kappa, unit = f"{siting.kappa:.3g}", unit_in_words(plan.cost.unit)
        lines.append(
            {
                "en": f"Kappa is {kappa} per {unit['en']}, of the distances before.",
                "zh": f"κ 为每{unit['zh']} {kappa}，按原有距离计。",
            }
        )
    lines.append(
        {
            "en": f"{covered} people {label['en']} covered, {before} before; {left} are left, "
            f"{unreachable} of them out of reach of every candidate.",
            "zh": f"覆盖{label['zh']} {covered} 人（原 {before} 人）；仍有 {left} 人未覆盖，"
            f"其中 {unreachable} 人没有任何候选点可达。",
        }
    )
    return lines


def _reached(plan: Plan, reached: "Reached") -> Text:
    """To what the equivalent distance is brought, and what was asked for."""
    unit, label = unit_in_words(plan.cost.unit), comparison.headline(plan).name
    asked, before, then = (f"{value:,.1f}" for value in reached)
    return {
        "en": f"Equivalent distance to the nearest centre (Kolm-Pollak), {label['en']}: {then} {unit['en']}, {before} "
        f"{unit['en']} before; at most {asked} {unit['en']} were asked for.",
        "zh": f"{label['zh']}到最近中心的等价均等距离（Kolm-Pollak）：{then} {unit['zh']}（原 {before} {unit['zh']}），"
        f"要求不超过 {asked} {unit['zh']}。",
    }


def street_notes(before: Plan, after: Plan, *, least: int) -> list[Text]:
    """
    How many streets have so many centres of their own then, and which have not.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> best = siting.site(asis, places, new=1, rules=siting.Rules(least_by_street=1))
    >>> report.street_notes(asis, siting.carry_out(asis, best, places), least=1)[0]["en"]
    'Streets with a centre of their own: 4 of 4 (3 before).'
    """
    streets = after.area.streets
    count, was = (
        plan.area.facilities["street"].value_counts().reindex(streets.index, fill_value=0)
        for plan in (after, before)
    )
    every, then, now = len(streets), int((count >= least).sum()), int((was >= least).sum())
    names = [name_of(row) for row in streets[count.to_numpy() < least].to_dict("records")]
    what: Text = {"en": "a centre of their own", "zh": "有自己的中心的街道"}
    if least > 1:
        what = {
            "en": f"{least} centres of their own or more",
            "zh": f"有 {least} 个及以上中心的街道",
        }
    without: Text = {
        "en": f"; without: {', '.join(name['en'] for name in names)}" if names else "",
        "zh": f"；未达到：{'、'.join(name['zh'] for name in names)}" if names else "",
    }
    return [
        {
            "en": f"Streets with {what['en']}: {then} of {every} ({now} before){without['en']}.",
            "zh": f"{what['zh']}：{every} 个中的 {then} 个（原 {now} 个）{without['zh']}。",
        }
    ]


def siting_remarks(plan: Plan, after: Plan, *, lang: str) -> list[str]:
    """
    What has to be said under the tables of new centres: of the plan as it is, counted with them.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.siting_remarks(asis, asis, lang="en")[-1][:30]
    'Counted on cells of 200 m; the'
    """
    remarks = [
        *reach_notes(plan, after),
        grid_note(after),
        *neighbour_notes(plan),
        *plan.area.notes,
    ]
    return said_below(assumptions(plan.area), remarks, lang=lang)
