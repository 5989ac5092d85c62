"""`carecircles equity`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

from carecircles.cli._work import evaluated
from carecircles.cli.options import (
    ByWhom,
    ChartFile,
    EvaluationFormat,
    Options,
    Out,
    chart_problems,
    command,
    inputs_of,
    number_problems,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import Answer, chart_of, give, print_table
from carecircles.words import Sentence, say

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
        target_problems([out, chart], inputs),
    )
    plan = evaluated(options)
    from carecircles import charts, report

    def frame() -> "pd.DataFrame":
        return report.equity_frame(plan, by=by, epsilon=epsilon)

    def with_total() -> "pd.DataFrame":
        district = report.equity_frame(plan, by="district", epsilon=epsilon)
        return report.with_total(frame(), district.assign(rank=0))

    drawn = chart_of(
        chart, lambda suffix: charts.lorenz_chart(plan, suffix=suffix, lang=options.lang)
    )

    def show(lang: str) -> None:
        note = say(report.equity_note(plan, epsilon=epsilon), lang)
        print_table(
            report.equity_table(plan, by=by, lang=lang, epsilon=epsilon),
            title=say(report.standard_note(plan), lang),
            notes=[note, *drawn.said(lang), *report.notes(plan, lang=lang)],
            lang=lang,
        )

    give(
        Answer(
            frame,
            lambda: report.equity_record(plan, by=by, epsilon=epsilon),
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
