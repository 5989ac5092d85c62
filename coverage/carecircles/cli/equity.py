"""`carecircles equity`."""

from enum import StrEnum
from typing import Annotated

import typer

from carecircles.cli._work import evaluated
from carecircles.cli.options import (
    EvaluationFormat,
    Options,
    Out,
    command,
    inputs_of,
    number_problems,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import print_json, print_table, print_text, remark, result_of
from carecircles.words import Sentence, say

_AVERSION = Sentence("a number above 0, such as 1", zh="大于 0 的数，例如 1")


class ByWhom(StrEnum):
    street = "street"
    district = "district"
    group = "group"


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
    options: Options,
) -> None:
    """Say how unequally far people are from a centre, and whom an average hides."""
    inputs = inputs_of(options)
    shapes = () if by is ByWhom.group else (".geojson", ".gpkg")
    require(
        options_problems(options),
        number_problems(("--epsilon", epsilon, 0 < epsilon <= 100, _AVERSION)),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".parquet", *shapes)),
        target_problems([out], inputs),
    )
    plan = evaluated(options)
    from carecircles import io, report

    record = report.equity_record(plan, by=by, epsilon=epsilon)
    frame = table = report.equity_frame(plan, by=by, epsilon=epsilon)
    if by is ByWhom.street:
        district = report.equity_frame(plan, by="district", epsilon=epsilon)
        table = report.with_total(frame, district.assign(rank=0))
    results = result_of(
        out,
        lambda: frame,
        lambda: record,
        options.lang,
        groups=plan.area.groups,
        table=lambda: table,
    )
    io.write_results(results, inputs=inputs)
    if format is EvaluationFormat.json:
        print_json(record)
    elif format is EvaluationFormat.csv:
        print_text(io.csv_text(table))
        remark(plan.area, options.lang)
    else:
        note = say(report.equity_note(plan, epsilon=epsilon), options.lang)
        print_table(
            report.equity_table(plan, by=by, lang=options.lang, epsilon=epsilon),
            title=say(report.standard_note(plan), options.lang),
            notes=[note, *report.notes(plan, lang=options.lang)],
            lang=options.lang,
        )
