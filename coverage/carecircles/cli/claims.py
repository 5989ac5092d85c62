"""`carecircles claims`."""

import dataclasses
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

from carecircles.cli._work import evaluated
from carecircles.cli.options import (
    Options,
    Out,
    ReachKind,
    ZonesFormat,
    command,
    inputs_of,
    number_problems,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import Answer, give, print_table
from carecircles.words import Sentence, say

_AREA = Sentence("square metres, 0 or more", zh="不小于 0 的平方米数")


class ByClaim(StrEnum):
    street = "street"
    zone = "zone"


@command()
def claims(
    *,
    by: Annotated[
        ByClaim,
        typer.Option(help="A row a street, or a zone that is claimed and not reached."),
    ] = ByClaim.street,
    format: Annotated[ZonesFormat, typer.Option(help="What to print.")] = ZonesFormat.table,
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
    from carecircles import report

    found = held.claims_of(plan, smallest_m2=smallest)

    def frame() -> "gpd.GeoDataFrame":
        return report.claims_frame(found, by=by)

    def with_total() -> "pd.DataFrame":
        return report.with_total(frame(), report.claims_frame(found, by="district"))

    def page() -> str:
        from carecircles import maps

        drawn: str = maps.coverage_map(plan, claims=found, lang=options.lang).get_root().render()
        return drawn

    def show(lang: str) -> None:
        print_table(
            report.claims_table(found, by=by, lang=lang),
            title=say(report.claims_title(found), lang),
            notes=[say(report.claims_note(found), lang), *report.notes(plan, lang=lang)],
            lang=lang,
        )

    give(
        Answer(
            frame,
            lambda: report.claims_record(found, by=by),
            show,
            with_total if by is ByClaim.street else None,
        ),
        plan.area,
        format=format,
        out=out,
        beside={map: page},
        told=[map],
        inputs=inputs,
        lang=options.lang,
    )
