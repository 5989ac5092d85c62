"""`carecircles claims`."""

import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from carecircles.cli._work import evaluated
from carecircles.cli.options import (
    Options,
    Out,
    ReachKind,
    command,
    inputs_of,
    number_problems,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import (
    DRAWING,
    busy,
    print_json,
    print_line,
    print_table,
    print_text,
    remark,
    result_of,
)
from carecircles.words import Sentence, say

_AREA = Sentence("square metres, 0 or more", zh="不小于 0 的平方米数")


class ByClaim(StrEnum):
    street = "street"
    zone = "zone"


class ClaimsFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    geojson = "geojson"


@command()
def claims(
    *,
    by: Annotated[
        ByClaim,
        typer.Option(help="A row a street, or a zone that is claimed and not reached."),
    ] = ByClaim.street,
    format: Annotated[ClaimsFormat, typer.Option(help="What to print.")] = ClaimsFormat.table,
    out: Out = None,
    map: Annotated[
        Path | None, typer.Option(help="HTML file to write a map to, circle and walk together.")
    ] = None,
    smallest: Annotated[
        float, typer.Option(help="Square metres below which a zone goes to 'other'.")
    ] = 10_000.0,
    options: Options,
) -> None:
    """Say whom the circle claims and the walk does not reach, by street or by zone."""
    if options.reach is ReachKind.straight:  # beside which there would be nothing
        options = dataclasses.replace(options, reach=ReachKind.walking)
    inputs = inputs_of(options)
    require(
        options_problems(options),
        number_problems(("--smallest", smallest, smallest >= 0, _AREA)),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        suffix_problems(map, (".html", ".htm"), "--map"),
        target_problems([out, map], inputs),
    )
    plan = evaluated(options)
    from carecircles import claims as held
    from carecircles import io, report

    found = held.claims_of(plan, smallest_m2=smallest)
    record, frame = report.claims_record(found, by=by), report.claims_frame(found, by=by)
    table = frame
    if by is ByClaim.street:
        table = report.with_total(frame, report.claims_frame(found, by="district"))
    results = result_of(
        out,
        lambda: frame,
        lambda: record,
        options.lang,
        groups=plan.area.groups,
        table=lambda: table,
    )
    if map is not None:
        with busy(DRAWING, options.lang):
            from carecircles import maps

            drawn = maps.coverage_map(plan, claims=found, lang=options.lang)
            page = drawn.get_root().render()
            results[map] = lambda: page
    io.write_results(results, inputs=inputs)
    if format is ClaimsFormat.json:
        print_json(record)
    elif format is ClaimsFormat.csv:
        print_text(io.csv_text(table))
        remark(plan.area, options.lang)
    elif format is ClaimsFormat.geojson:
        print_text(io.geojson_text(frame))
        remark(plan.area, options.lang)
    else:
        print_table(
            report.claims_table(found, by=by, lang=options.lang),
            title=say(report.claims_title(found), options.lang),
            notes=[
                say(report.claims_note(found), options.lang),
                *report.notes(plan, lang=options.lang),
            ],
            lang=options.lang,
        )
        if map is not None:
            print_line(map)
