"""`carecircles load`."""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.plan import Plan
from carecircles.cli._work import carried_out, scenarios_of
from carecircles.cli.options import (
    Options,
    Out,
    ZonesFormat,
    command,
    inputs_of,
    number_problems,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import MEASURING, Answer, busy, give, print_table
from carecircles.words import Sentence, say


class Way(StrEnum):
    nearest = "nearest"
    transport = "transport"


class Kind(StrEnum):
    capacity = "capacity"
    day_places = "day_places"
    beds = "beds"
    beds_medical = "beds_medical"
    beds_rehabilitation = "beds_rehabilitation"
    beds_family = "beds_family"


class Score(StrEnum):
    two_step = "2sfca"
    enhanced = "e2sfca"
    gaussian = "gaussian"


class Rows(StrEnum):
    centres = "centres"
    streets = "streets"


@dataclass(frozen=True)
class Asked:
    """Who is to find a place of what, and how."""

    by: Annotated[
        Way,
        typer.Option(
            help="nearest: everyone goes to the nearest centre; transport: people are shared out so that as few "
            "as possible are left over, then by the shortest ways, nobody over a centre's places."
        ),
    ] = Way.nearest
    kind: Annotated[
        Kind, typer.Option(help="What people need a place of: a column of the centres' file.")
    ] = Kind.capacity
    needs: Annotated[
        Path | None,
        typer.Option(
            help="Who needs a place, instead of the area's own table: columns group, kind, per_1000."
        ),
    ] = None
    score: Annotated[
        Score,
        typer.Option(
            help="Scores of access: 2sfca (all within reach alike), e2sfca (three steps), gaussian."
        ),
    ] = Score.enhanced
    time_limit: Annotated[
        float, typer.Option(help="Seconds the solver may take, with --by transport.")
    ] = 300.0
    scenario: Annotated[
        str | None,
        typer.Option(help="With what a scenario changes: its file, or a name of the area's own."),
    ] = None


_SECONDS = Sentence("seconds above 0", zh="大于 0 的秒数")


@command("load")
def load_(
    *,
    asked: Asked,
    of: Annotated[
        Rows, typer.Option(help="Whose rows CSV, GeoJSON and workbooks have; JSON has both.")
    ] = Rows.centres,
    format: Annotated[ZonesFormat, typer.Option(help="What to print.")] = ZonesFormat.table,
    out: Out = None,
    options: Options,
) -> None:
    """Say how full centres would be, who finds no place, and where."""
    names = [] if asked.scenario is None else [asked.scenario]
    paths, missing = scenarios_of(names, options.area)
    inputs = inputs_of(options, asked.needs, *paths)
    limit = asked.time_limit
    require(
        options_problems(options),
        missing,
        number_problems(("--time-limit", limit, 0 < limit < 1e6, _SECONDS)),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        target_problems([out], inputs),
    )
    plans, read = carried_out(paths, [out], options)
    plan = _with_needs(plans[-1], asked.needs)
    from carecircles import load, report

    with busy(MEASURING, options.lang):
        told = load.of_plan(
            plan, kind=asked.kind, by=asked.by, form=asked.score, time_limit=limit
        )  # fmt: skip

    def frame() -> "pd.DataFrame":
        return report.load_frame(told, of=of)

    def with_total() -> "pd.DataFrame":
        return report.with_total(frame(), report.load_frame(told, of="district"))

    def show(lang: str) -> None:
        name = report.plan_name(plan)
        said = [name] if paths else []
        said += [report.load_title(told), report.standard_note(plan)]
        title = ("；" if lang == "zh" else "; ").join(say(line, lang) for line in said)
        notes = [say(line, lang) for line in report.load_notes(told)]
        print_table(report.load_table(told, of="centres", lang=lang), title=title, lang=lang)
        print_table(
            report.load_table(told, of="streets", lang=lang),
            title="",
            notes=[*notes, *report.notes(plan, lang=lang)],
            lang=lang,
        )

    give(
        Answer(
            frame,
            lambda: report.load_record(told),
            show,
            with_total if of is Rows.streets else None,
        ),
        plan.area,
        format=format,
        out=out,
        inputs=[*inputs, *read],
        lang=options.lang,
    )


def _with_needs(plan: "Plan", needs: Path | None) -> "Plan":
    """The plan with another table of who needs a place, if one is given."""
    from carecircles.area import with_needs

    return plan if needs is None else dataclasses.replace(plan, area=with_needs(plan.area, needs))
