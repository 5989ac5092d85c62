"""What fairness costs: the part of `carecircles site` that is asked for by `--price-of-fairness`."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carecircles.cli.options import (
    ChartFile,
    Options,
    Results,
    chart_problems,
    conflicts,
    suffix_problems,
)
from carecircles.cli.output import Answer, chart_of, give, print_table
from carecircles.words import Sentence, say

if TYPE_CHECKING:
    from carecircles.plan import Plan
    from carecircles.siting import Frontier, Question, Search

GOALS = ("coverage", "fair")
_ALONE = Sentence("--price-of-fairness", zh="--price-of-fairness 同用")


@dataclass(frozen=True)
class Fairness:
    """What is told of plans that are fairer."""

    price_of_fairness: Annotated[
        bool,
        typer.Option(
            "--price-of-fairness",
            help="Instead of one plan, those that cover most people the better the street served worst is covered, and "
            "those of the least mean distance the fairer it is (Kolm-Pollak).",
        ),
    ] = False
    chart: ChartFile = None


def fairness_problems(
    fairness: Fairness, results: Results, others: dict[str, object]
) -> list[Sentence]:
    """Whether a picture can be drawn, and nothing is asked that is not told of several plans."""
    if fairness.price_of_fairness:
        shapes = suffix_problems(results.out, (".json", ".csv", ".xlsx", ".parquet"))
        others = {"--map": results.map, **others}
        return [*chart_problems(fairness.chart), *shapes, *conflicts(others, _ALONE)]
    if fairness.chart is None:
        return []
    told = "--chart goes with --price-of-fairness; add it, or leave the chart out."
    return [Sentence(told, zh="--chart 须与 --price-of-fairness 同用；请加上，或不要画图。")]


def frontiers_of(
    ask: "Callable[[str, float], Question]", search: "Search", *, new: int | None
) -> "list[Frontier]":
    """
    What fairness costs, both ways, each in its part of the time; Ctrl-C ends what is being done.

    `ask` makes the question of a goal, measured until a time; all that is done counts from `search.since`.
    """
    from carecircles import siting

    begun = search.since or time.monotonic()
    found = []
    for n, goal in enumerate(GOALS, start=1):
        until = begun + search.time_limit * n / len(GOALS)
        question, now = ask(goal, until), time.monotonic()
        own = dataclasses.replace(search, since=now, time_limit=max(until - now, 0.1))
        found.append(siting.frontier_of(question, new=new, search=own))
    return found


def give_price(
    before: "Plan",
    frontiers: "list[Frontier]",
    *,
    fairness: Fairness,
    results: Results,
    options: Options,
    inputs: list[Path],
) -> None:
    """Tell what fairness costs, and draw it if that is asked for."""
    from carecircles import charts, report

    drawn = chart_of(
        fairness.chart,
        lambda suffix: charts.frontier_chart(before, frontiers, suffix=suffix, lang=options.lang),
    )

    def show(lang: str) -> None:
        for n, one in enumerate(frontiers):
            is_last = n == len(frontiers) - 1
            notes = [say(line, lang) for line in report.frontier_notes(before, one)]
            if is_last:
                notes += [*drawn.said(lang), *report.siting_remarks(before, before, lang=lang)]
            print_table(
                report.frontier_table(before, one, lang=lang),
                title="" if n else say(report.standard_note(before), lang),
                notes=notes,
                lang=lang,
            )

    give(
        Answer(
            lambda: report.frontier_frame(before, *frontiers),
            lambda: report.frontier_record(before, frontiers),
            show,
        ),
        before.area,
        format=results.format,
        out=results.out,
        beside={fairness.chart: drawn.content},
        told=[fairness.chart],
        inputs=inputs,
        lang=options.lang,
    )
