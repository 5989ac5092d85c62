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
    from carecircles.siting import PlacesSiting
from carecircles.cli._work import carried_out, scenarios_of
from carecircles.cli.options import (
    Options,
    Out,
    ZonesFormat,
    command,
    conflicts,
    datum_of,
    folder_of,
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


@dataclass(frozen=True)
class Choice:
    """Where places are added, if they are."""

    candidates: Annotated[
        Path | None,
        typer.Option(
            help="New places and enlarged centres to choose from so that fewest people are left over: a file like "
            "one of centres with the column of --kind (what it holds then), price, and enlarges with the id of "
            "a centre."
        ),
    ] = None
    budget: Annotated[
        float | None, typer.Option(help="What may be spent on them, with --candidates.")
    ] = None
    plan: Annotated[
        Path | None,
        typer.Option(help="TOML file to write the choice to, for `whatif` and the live map."),
    ] = None


_NO_BUNDLE = Sentence(
    "load, which asks how much each centre holds; use --service", zh=" load 同用；请改用 --service"
)
_MONEY = Sentence("0 or more", zh="不小于 0 的数")
_SECONDS = Sentence("seconds above 0", zh="大于 0 的秒数")


@command("load")
def load_(
    *,
    asked: Asked,
    choice: Choice,
    of: Annotated[
        Rows, typer.Option(help="Whose rows CSV, GeoJSON and workbooks have; JSON has both.")
    ] = Rows.centres,
    format: Annotated[ZonesFormat, typer.Option(help="What to print.")] = ZonesFormat.table,
    map: Annotated[Path | None, typer.Option(help="HTML file to write a map to.")] = None,
    out: Out = None,
    options: Options,
) -> None:
    """Say how full centres would be, who finds no place, and where."""
    names = [] if asked.scenario is None else [asked.scenario]
    paths, missing = scenarios_of(names, options.area)
    inputs = inputs_of(options, asked.needs, choice.candidates, *paths)
    targets = [out, map, choice.plan]
    limit = asked.time_limit
    require(
        options_problems(options),
        missing,
        number_problems(
            ("--time-limit", limit, 0 < limit < 1e6, _SECONDS),
            ("--budget", choice.budget, 0 <= (choice.budget or 0) < 1e15, _MONEY),
        ),
        _choice_problems(choice),
        conflicts({"--bundle": options.bundle}, _NO_BUNDLE),
        suffix_problems(choice.plan, (".toml",), "--plan"),
        suffix_problems(map, (".html", ".htm"), "--map"),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        target_problems(targets, inputs),
    )
    datum = datum_of(options.datum)
    if options.centres is None and choice.candidates is not None:
        options = dataclasses.replace(options, datum=None)  # the area's own centres have their own
    plans, read = carried_out(paths, targets, options)
    plan = _with_needs(plans[-1], asked.needs)
    from carecircles import load, report, scenario
    from carecircles import plan as plans_

    found, made, before = None, None, plan
    if choice.candidates is not None:
        with busy(MEASURING, options.lang):
            found = _chosen(plan, asked, choice, folder_of(options.area), datum)
        from carecircles.siting import steps_of_places

        made = scenario.parse(steps_of_places(found))
        plan = plans_.carry_out(plan, made)

    with busy(MEASURING, options.lang):
        told = load.of_plan(
            plan, kind=asked.kind, by=asked.by, form=asked.score, time_limit=limit
        )  # fmt: skip

    def frame() -> "pd.DataFrame":
        made: pd.DataFrame = report.load_frame(told, of=of)
        return made

    def with_total() -> "pd.DataFrame":
        return report.with_total(frame(), report.load_frame(told, of="district"))

    def show(lang: str) -> None:
        name = report.plan_name(plan)
        said = [name] if paths else []
        said += [report.load_title(told), report.standard_note(plan)]
        if found is not None:
            told_of = say(report.places_note(found), lang)
            print_table(report.places_table(before, found, lang=lang), title=told_of, lang=lang)
        title = ("；" if lang == "zh" else "; ").join(say(line, lang) for line in said)
        notes = [say(line, lang) for line in report.load_notes(told)]
        print_table(report.load_table(told, of="centres", lang=lang), title=title, lang=lang)
        print_table(
            report.load_table(told, of="streets", lang=lang),
            title="",
            notes=[*notes, *report.notes(plan, lang=lang)],
            lang=lang,
        )

    def page() -> str:
        from carecircles import maps

        drawn: str = maps.load_map(told, lang=options.lang).get_root().render()
        return drawn

    give(
        Answer(
            frame,
            lambda: (
                report.load_record(told)
                | ({} if found is None else {"chosen": report.places_record(found)})
            ),
            show,
            with_total if of is Rows.streets else None,
        ),
        plan.area,
        format=format,
        out=out,
        beside={
            map: page,
            **({} if made is None else {choice.plan: lambda: scenario.scenario_text(made)}),
        },
        told=[map, choice.plan],
        inputs=[*inputs, *read],
        lang=options.lang,
    )


def _choice_problems(choice: Choice) -> list[Sentence]:
    """Whether what is to be chosen from and what may be spent go together."""
    if choice.candidates is not None and choice.budget is None:
        told = "--candidates needs --budget, what may be spent on them."
        return [Sentence(told, zh="--candidates 须与 --budget（可用预算）同用。")]
    alone = {"--budget": choice.budget, "--plan": choice.plan}
    return [
        Sentence(
            f"{option} goes with --candidates alone; add it.",
            zh=f"{option} 只能与 --candidates 同用；请加上。",
        )
        for option, value in alone.items()
        if value is not None and choice.candidates is None
    ]


def _chosen(
    plan: "Plan", asked: Asked, choice: Choice, folder: Path, datum: str | None
) -> "PlacesSiting":
    """The options within the budget that leave fewest people over."""
    from carecircles import load, siting

    path = choice.candidates or Path()
    kind, limit = asked.kind.value, asked.time_limit
    options = siting.read_options(path, folder=folder, plan=plan, kind=kind, datum=datum)
    search = siting.Search(time_limit=limit)
    people = load.people_of(plan, kind)
    budget = choice.budget or 0.0
    return siting.site_places(plan, options, people, kind=kind, budget=budget, search=search)


def _with_needs(plan: "Plan", needs: Path | None) -> "Plan":
    """The plan with another table of who needs a place, if one is given."""
    from carecircles.area import with_needs

    return plan if needs is None else dataclasses.replace(plan, area=with_needs(plan.area, needs))
