"""`carecircles sure`."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from carecircles.cli._work import evaluated
from carecircles.cli.options import (
    Options,
    ReachKind,
    Results,
    command,
    inputs_of,
    number_problems,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import DRAWING_LOTS, Answer, busy, give, print_table
from carecircles.words import Sentence, say

if TYPE_CHECKING:
    import pandas as pd

_DRAWS, _DRAWS_ON_FOOT = 1000, 200
_MOST = 100_000  # robustness.MOST_DRAWS, which is not to be imported to read a call
_PERCENT = Sentence(
    "a percentage of people from 0 to 100, such as 90", zh="0 到 100 之间的人口百分数，例如 90"
)
_WHOLE = Sentence("a whole number of 0 or more, such as 1", zh="不小于 0 的整数，例如 1")


@dataclass(frozen=True)
class Doubt:
    """What is drawn, how often, and what is asked of it."""

    draws: Annotated[
        int | None,
        typer.Option(
            help="How many times what is not known is drawn.  [default: 1000; 200 where ways are walked]"
        ),
    ] = None
    seed: Annotated[
        int, typer.Option(help="Seed of the random numbers: the same seed gives the same figures.")
    ] = 1
    standard: Annotated[
        str | None,
        typer.Option(
            help="From and to what distance a centre counts as near, such as 600,800: metres, or minutes with "
            "--profile.  [default: the standard]"
        ),
    ] = None
    pace: Annotated[
        str | None,
        typer.Option(
            help="From and to what pace people walk in metres a second, such as 0.7,0.9; of metres it says how far "
            "the minutes of the standard lead."
        ),
    ] = None
    target: Annotated[
        float | None,
        typer.Option(help="Percent of people to be covered: say in how many draws they are."),
    ] = None


@command()
def sure(*, doubt: Doubt, results: Results, options: Options) -> None:
    """Say how sure coverage is while positions are assumed, what holds, and which coordinate to find out first."""
    inputs = inputs_of(options)
    draws = doubt.draws
    if draws is None:
        draws = _DRAWS if options.reach is ReachKind.straight else _DRAWS_ON_FOOT
    ranges = [_range("--standard", doubt.standard), _range("--pace", doubt.pace)]
    require(
        number_problems(
            (
                "--draws",
                draws,
                1 <= draws <= _MOST,
                Sentence(f"a number from 1 to {_MOST}", zh=f"1 到 {_MOST} 之间的整数"),
            ),
            ("--seed", doubt.seed, doubt.seed >= 0, _WHOLE),
            ("--target", doubt.target, 0 <= (doubt.target or 0) <= 100, _PERCENT),
        ),
        *(wrong for _, wrong in ranges),
        options_problems(options),
        suffix_problems(results.out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        suffix_problems(results.map, (".html", ".htm"), "--map"),
        target_problems([results.out, results.map], inputs),
    )
    plan = evaluated(options)
    target = None if doubt.target is None else doubt.target / 100
    with busy(DRAWING_LOTS, options.lang):
        from carecircles import report, robustness

        (standard, _), (pace, _) = ranges
        drawn = robustness.draw(plan, draws=draws, rng=doubt.seed, standard=standard, pace=pace)
        found = robustness.measure(plan, drawn)

    def frame() -> "pd.DataFrame":
        streets: pd.DataFrame = report.sure_frame(found, target=target)
        return streets

    def with_total() -> "pd.DataFrame":
        return report.with_total(frame(), report.sure_frame(found, by="district", target=target))

    def page() -> str:
        from carecircles import maps

        drawn: str = maps.sure_map(found, lang=options.lang, target=target).get_root().render()
        return drawn

    def show(lang: str) -> None:
        said = [
            *report.sure_notes(found, target=target)[:1],
            *report.sure_statements(found, target=target),
            *report.sure_notes(found, target=target)[1:],
        ]
        print_table(
            report.sure_table(found, lang=lang, target=target),
            title=say(report.standard_note(plan), lang),
            notes=[*(say(line, lang) for line in said), *report.notes(plan, lang=lang)],
            lang=lang,
        )
        centres = report.sure_centres_table(found, lang=lang)
        if len(centres):
            print_table(centres, title=say(report.FIND_OUT_FIRST, lang), lang=lang)

    give(
        Answer(frame, lambda: report.sure_record(found, target=target), show, with_total),
        plan.area,
        format=results.format,
        out=results.out,
        beside={results.map: page},
        told=[results.map],
        inputs=inputs,
        lang=options.lang,
    )


def _range(option: str, said: str | None) -> tuple[tuple[float, float] | None, list[Sentence]]:
    """Two numbers, the smaller first."""
    if said is None:
        return None, []
    try:
        low, high = (float(part) for part in said.replace("，", ",").split(","))
    except ValueError:
        low = high = math.nan
    if 0 < low <= high < math.inf:
        return (low, high), []
    told = (
        f"{option} is {said!r:.60}; write two numbers above 0, the smaller first, such as 0.7,0.9."
    )
    zh = f"{option} 为 {said!r:.60}；请填写大于 0 的两个数，小者在前，例如 0.7,0.9。"
    return None, [Sentence(told, zh=zh)]
