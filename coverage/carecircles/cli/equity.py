"""`carecircles equity`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.words import Text
from carecircles.cli._work import evaluated
from carecircles.cli.options import (
    ByWhom,
    ChartFile,
    EvaluationFormat,
    Options,
    Out,
    chart_problems,
    command,
    conflicts,
    inputs_of,
    number_problems,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import DRAWING_LOTS, Answer, busy, chart_of, give, print_table
from carecircles.words import Sentence, say

_BY_GROUP = Sentence(
    "--by group; ask for one group with --group", zh="--by group 同用；请用 --group 指定一个人群"
)
_AVERSION = Sentence("a number above 0, such as 1", zh="大于 0 的数，例如 1")


@command()
def equity(
    *,
    by: Annotated[
        ByWhom,
        typer.Option(
            help="A row a street, the one first whose people have it farthest; only the district; or a "
            "row a group of people."
        ),
    ] = ByWhom.street,
    epsilon: Annotated[
        float,
        typer.Option(
            help="How much more it counts that some have it far: aversion to inequality of the "
            "equivalent distance."
        ),
    ] = 1.0,
    format: Annotated[
        EvaluationFormat, typer.Option(help="What to print.")
    ] = EvaluationFormat.table,
    out: Out = None,
    chart: ChartFile = None,
    sure: Annotated[
        bool,
        typer.Option(
            "--sure",
            help="Beside the measures, between what they lie while positions are not known, in 200 draws (see `sure`).",
        ),
    ] = False,
    options: Options,
) -> None:
    """Say how unequally far people are from a centre, and whom an average hides."""
    inputs = inputs_of(options)
    shapes = () if by is ByWhom.group else (".geojson", ".gpkg")
    require(
        options_problems(options),
        number_problems(("--epsilon", epsilon, 0 < epsilon <= 100, _AVERSION)),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".parquet", *shapes)),
        chart_problems(chart),
        conflicts({"--sure": sure}, _BY_GROUP) if by is ByWhom.group else [],
        target_problems([out, chart], inputs),
    )
    plan = evaluated(options)
    from carecircles import charts, report

    drawn_measures, below = None, list["Text"]()
    if sure:
        with busy(DRAWING_LOTS, options.lang):
            from carecircles import robustness

            lots = robustness.draw(plan, draws=robustness.DRAWS_ON_FOOT, rng=1)
            drawn_measures = robustness.unequal(plan, lots, epsilon=epsilon)
        told = report.equity_sure_note(plan, drawn_measures, len(lots))
        below = [told, *report.drawn_notes(lots, plan)]
    how: dict[str, Any] = {"epsilon": epsilon, "sure": drawn_measures}

    def frame() -> "pd.DataFrame":
        return report.equity_frame(plan, by=by, **how)

    def with_total() -> "pd.DataFrame":
        district = report.equity_frame(plan, by="district", **how)
        return report.with_total(frame(), district.assign(rank=0))

    drawn = chart_of(
        chart, lambda suffix: charts.lorenz_chart(plan, suffix=suffix, lang=options.lang)
    )

    def show(lang: str) -> None:
        note = say(report.equity_note(plan, epsilon=epsilon), lang)
        print_table(
            report.equity_table(plan, by=by, lang=lang, **how),
            title=say(report.standard_note(plan), lang),
            notes=[
                note,
                *(say(line, lang) for line in below),
                *drawn.said(lang),
                *report.notes(plan, lang=lang),
            ],
            lang=lang,
        )

    give(
        Answer(
            frame,
            lambda: report.equity_record(plan, by=by, **how),
            show,
            with_total if by is ByWhom.street else None,
        ),
        plan.area,
        format=format,
        out=out,
        beside={chart: drawn.content},
        told=[chart],
        inputs=inputs,
        lang=options.lang,
    )
