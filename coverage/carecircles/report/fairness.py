"""What fairness costs when centres are sited, for people and programs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from carecircles import comparison
from carecircles.plan import Plan
from carecircles.report.columns import as_text, figure, in_unit, records_of, rounded, unit_in_words
from carecircles.report.frames import columns_of, heading_of, headline_group, setting_of
from carecircles.report.names import name_of
from carecircles.report.notes import assumed_of
from carecircles.report.proofs import proof_in_short
from carecircles.report.shown import FRONTIER_COLUMNS
from carecircles.words import Text, say

if TYPE_CHECKING:  # most commands site nothing and need none of it
    from carecircles.siting import Frontier


def frontier_frame(plan: Plan, *frontiers: "Frontier") -> pd.DataFrame:
    """
    The plans of one or several frontiers as a frame to write, rounded.

    Parameters
    ----------
    plan
        The plan the sites are added to.
    frontiers
        From `siting.frontier_of`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=400))
    >>> told = report.frontier_frame(asis, siting.frontier_of(question, new=2))
    >>> told[["number", "worst_street_name_en", "given_up_people_60"]].to_numpy().tolist()
    [['1', 'Xinhua', 0.0], ['2', 'Xinhua', 203.571], ['3', 'Renmin', 303.571]]
    """
    frames = [_figures(plan, one) for one in frontiers]
    frame = rounded(pd.concat(frames, ignore_index=True))
    frame["assumed"] = assumed_of(plan.area)
    return frame.set_index("goal")


def _figures(plan: Plan, frontier: "Frontier") -> pd.DataFrame:
    """The figures of a frontier by the columns of tables."""
    group, unit, figures = headline_group(plan), plan.cost.unit, frontier.figures
    told = pd.DataFrame({"goal": frontier.goal, "number": [str(n) for n in figures.index]})
    if frontier.goal == "coverage":
        streets = plan.area.streets
        people = figures["people"].to_numpy()
        told[f"covered_{group}"] = people
        told[f"covered_{group}_share"] = figures["share"].to_numpy()
        told[f"given_up_{group}"] = people[:1].max(initial=0.0) - people
        told["worst_street"] = figures["worst"].to_numpy()
        for column in ("name", "name_en"):
            own = streets[column].reindex(figures["worst"]).fillna("")
            told[f"worst_street_{column}"] = own.to_numpy()
        told[f"least_{group}_share"] = figures["worst_share"].to_numpy()
    else:
        told[in_unit("mean_distance_m", unit)] = figures["mean"].to_numpy()
        told[in_unit("ede_m", unit)] = figures["ede"].to_numpy()
    for column in ("bound", "gap", "status"):
        told[column] = figures[column].to_numpy()
    told["sites"] = ["; ".join(map(str, some)) for some in figures["sites"]]
    return told


def frontier_table(plan: Plan, frontier: "Frontier", *, lang: str) -> pd.DataFrame:
    """
    The plans of a frontier as text to read, distances to the tenth.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=400), goal="fair")
    >>> report.frontier_table(asis, siting.frontier_of(question, new=2), lang="en").iloc[0].tolist()[:3]
    ['1', '526.7', '554.4']
    """
    table = _figures(plan, frontier)
    for column in (in_unit(name, plan.cost.unit) for name in ("mean_distance_m", "ede_m")):
        if column in table:  # plans differ by less than a metre
            table[column] = [f"{value:,.1f}" for value in table[column]]
    if frontier.goal == "coverage":
        streets = plan.area.streets
        table["worst_street"] = [
            say(name_of(streets.loc[code]), lang) if code in streets.index else ""
            for code in table["worst_street"]
        ]
    proofs = zip(table["status"], table["gap"], strict=True)
    table["status"] = [say(proof_in_short(*proof), lang) for proof in proofs]
    return as_text(table, columns_of(FRONTIER_COLUMNS, plan), lang)


def frontier_notes(plan: Plan, *frontiers: "Frontier") -> list[Text]:
    """
    What fairness costs in a sentence a frontier, and whether that is proven.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=400))
    >>> report.frontier_notes(asis, siting.frontier_of(question, new=2))[0]["en"][:58]
    'That the street served worst has 71.4 % covered instead of'
    """
    notes: list[Text] = []
    for one in frontiers:
        notes += _price_of_floors(plan, one) if one.goal == "coverage" else _price_of_ede(plan, one)
        notes.append(_whole(one))
    return notes


def _price_of_floors(plan: Plan, frontier: "Frontier") -> list[Text]:
    label, figures = comparison.headline(plan).name, frontier.figures
    first, last = figures.iloc[0], figures.iloc[-1]
    low, high = (figure("share", row["worst_share"]) for row in (first, last))
    people = figure("people", first["people"] - last["people"])
    if len(figures) == 1:
        return [
            {
                "en": f"Fairness costs nothing here: where most people {label['en']} are covered, the street "
                f"served worst has {low}, and no plan gives it more.",
                "zh": f"公平在此没有代价：{label['zh']}覆盖人数最多的方案中，最差街道为 {low}，没有方案能使其更高。",
            }
        ]
    return [
        {
            "en": f"That the street served worst has {high} covered instead of {low} takes {people} people "
            f"{label['en']} fewer covered in all.",
            "zh": f"最差街道的覆盖率由 {low} 提高到 {high}，全区少覆盖{label['zh']} {people} 人。",
        }
    ]


def _price_of_ede(plan: Plan, frontier: "Frontier") -> list[Text]:
    unit, figures = unit_in_words(plan.cost.unit), frontier.figures
    first, last = figures.iloc[0], figures.iloc[-1]
    kappa = f"{frontier.kappa:.3g}"
    farther, ede, before = (
        f"{value:,.1f}" for value in (last["mean"] - first["mean"], last["ede"], first["ede"])
    )
    if len(figures) == 1:
        return [
            {
                "en": f"The plan of the least mean distance is the fairest too (kappa {kappa} per {unit['en']}).",
                "zh": f"平均距离最短的方案也是最公平的方案（κ 为每{unit['zh']} {kappa}）。",
            }
        ]
    return [
        {
            "en": f"An equivalent distance (Kolm-Pollak, kappa {kappa} per {unit['en']} of the distances before) of "
            f"{ede} instead of {before} {unit['en']} takes {farther} {unit['en']} more in the mean.",
            "zh": f"等价均等距离（Kolm-Pollak，κ 为每{unit['zh']} {kappa}，按原有距离计）由 {before} {unit['zh']}降到 "
            f"{ede} {unit['zh']}，平均距离增加 {farther} {unit['zh']}。",
        }
    ]


def _whole(frontier: "Frontier") -> Text:
    """Whether it is proven that a frontier is complete."""
    if not frontier.is_whole:
        return {
            "en": "Not all of it is proven: the time was up, and there may be better or fairer plans; allow more "
            "with --time-limit.",
            "zh": "未全部证明：时间用尽，可能还有更好或更公平的方案；请用 --time-limit 延长时间。",
        }
    if frontier.goal == "coverage":
        why: Text = {"en": "", "zh": ""}
        if frontier.beyond is not None:
            floor = f"{100 * frontier.beyond:g} %"
            why = {
                "en": f"; none keeps every street at {floor}",
                "zh": f"；没有方案能使各街道都达到 {floor}",
            }
        return {
            "en": "Proven: with every street at so many whole percents or more, no plan covers more"
            f"{why['en']}.",
            "zh": f"已证明：各街道覆盖率均不低于相应整百分数时，没有方案覆盖更多的人{why['zh']}。",
        }
    return {
        "en": "Proven: no plan has less of both than the line between two neighbouring ones.",
        "zh": "已证明：没有方案能在两项上同时低于相邻两方案的连线。",
    }


def frontier_record(plan: Plan, frontiers: "Sequence[Frontier]") -> dict[str, Any]:
    """
    The same as a JSON value.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=400))
    >>> record = report.frontier_record(asis, [siting.frontier_of(question, new=2)])
    >>> record["frontiers"][0]["is_whole"], len(record["frontiers"][0]["plans"])
    (True, 3)
    """
    return {
        **heading_of(plan, **setting_of(plan)),
        "frontiers": [
            {
                "goal": one.goal,
                "is_whole": one.is_whole,
                **({} if one.kappa is None else {"kappa": one.kappa}),
                "notes": [note["en"] for note in frontier_notes(plan, one)],
                "plans": [
                    {**row, "sites": row["sites"].split("; ") if row["sites"] else []}
                    for row in records_of(frontier_frame(plan, one), drop=["goal"])
                ],
            }
            for one in frontiers
        ],
    }
