"""`carecircles circle`."""

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.plan import Plan
from carecircles.cli._work import carried_out, evaluated, scenarios_of
from carecircles.cli.options import (
    Options,
    Out,
    ZonesFormat,
    command,
    conflicts,
    inputs_of,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import Answer, give, print_table
from carecircles.words import Sentence, say

_OF_ONE = Sentence(
    "circle, where the centres are one kind of several; use --service",
    zh="circle 同用，其中养老中心是多类设施之一；请改用 --service",
)


class ByPlace(StrEnum):
    street = "street"
    district = "district"
    cell = "cell"


@command()
def circle(
    *,
    kinds: Annotated[
        str | None,
        typer.Option(
            help="The kinds that are wanted, such as elderly_care,health; all that the area has if not given."
        ),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(help="A scenario that is carried out first: a file, or a name.")
    ] = None,
    by: Annotated[
        ByPlace,
        typer.Option(
            help="A row a street and kind, the district alone, or a cell with what it lacks."
        ),
    ] = ByPlace.street,
    format: Annotated[ZonesFormat, typer.Option(help="What to print.")] = ZonesFormat.table,
    out: Out = None,
    map: Annotated[Path | None, typer.Option(help="HTML file to write a map to.")] = None,
    options: Options,
) -> None:
    """Say who has all kinds of facilities within a short walk: the comprehensive circle."""
    asked = None if kinds is None else [word for word in re.split(r"[\s,，、;；]+", kinds) if word]
    paths, nowhere = scenarios_of([] if scenario is None else [scenario], options.area)
    inputs = inputs_of(options, *paths)
    shapes = (".geojson", ".gpkg") if by is ByPlace.cell else ()
    require(
        options_problems(options),
        _kinds_problems(asked),
        conflicts({"--bundle": options.bundle}, _OF_ONE),
        _format_problems(format, by),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".parquet", *shapes)),
        suffix_problems(map, (".html", ".htm"), "--map"),
        nowhere,
        target_problems([map, out], inputs),
    )
    plan: Plan
    if paths:
        plans, read = carried_out(paths, [map, out], options)
        plan, inputs = plans[-1], [*inputs, *read]
    else:
        plan = evaluated(options)
    from carecircles import circle as circles
    from carecircles import report

    found = circles.circle_of(plan, asked)

    def frame() -> "pd.DataFrame":
        return report.circle_frame(found, by=by)

    def with_total() -> "pd.DataFrame":
        import pandas as pd

        return pd.concat([frame(), report.circle_frame(found, by="district")])

    def page() -> str:
        from carecircles import maps

        drawn: str = maps.circle_map(found, lang=options.lang).get_root().render()
        return drawn

    def show(lang: str) -> None:
        notes = [*report.circle_notes(found), *report.border_notes(plan)]
        print_table(
            report.circle_table(found, by=by, lang=lang),
            title=say(report.standard_note(plan), lang),
            notes=[*(say(note, lang) for note in notes), *report.notes(plan, lang=lang)],
            lang=lang,
        )

    give(
        Answer(
            frame,
            lambda: report.circle_record(found, by=by),
            show,
            with_total if by is ByPlace.street else None,
        ),
        plan.area,
        format=format,
        out=out,
        beside={map: page},
        told=[map],
        inputs=inputs,
        lang=options.lang,
    )


def _kinds_problems(asked: list[str] | None) -> list[Sentence]:
    if asked is None or asked:
        return []
    told = "--kinds is empty; write such as --kinds elderly_care,health, or leave it out."
    return [Sentence(told, zh="--kinds 为空；请写如 --kinds elderly_care,health，或不写此项。")]


def _format_problems(format: ZonesFormat, by: ByPlace) -> list[Sentence]:
    """Only cells have outlines of their own."""
    if format is not ZonesFormat.geojson or by is ByPlace.cell:
        return []
    told = f"--format geojson goes with --by cell alone, not with --by {by}; add it."
    return [
        Sentence(
            told, zh=f"--format geojson 只能与 --by cell 同用，不能与 --by {by} 同用；请加上。"
        )
    ]
