"""`carecircles timeline`."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from carecircles.errors import ValidationError

if TYPE_CHECKING:
    import datetime

    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.plan import Plan
    from carecircles.robustness import Robustness
    from carecircles.scenario import Scenario
    from carecircles.timeline import Timeline
from carecircles.cli._work import drawn_of, evaluated, placed_by_year, scenarios_of
from carecircles.cli.options import (
    By,
    ChartFile,
    EvaluationFormat,
    Options,
    Out,
    Sure,
    chart_problems,
    command,
    conflicts,
    inputs_of,
    options_problems,
    problems_of,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import DRAWING, MEASURING, Answer, busy, chart_of, give, print_table
from carecircles.words import Sentence, say

_OF_ALL = Sentence(
    "timeline: since when a centre offers a service is not known",
    zh="timeline 同用：各项服务自何时提供不详",
)

_WITH_PICTURES = Sentence(
    "--map or --chart, which show no intervals; ask for the table or a file",
    zh="--map 或 --chart 同用（两者不显示区间）；请看表格或用 --out 写出",
)


class Every(StrEnum):
    month = "month"
    year = "year"


@dataclass(frozen=True)
class Time:
    """Of which days something is told."""

    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO.toml]...",
            help="Scenario files, or names of the area's own, whose steps have dates; beside the centres as they are.",
        ),
    ] = None
    every: Annotated[
        Every, typer.Option(help="A row a month, or a year; each by its last day.")
    ] = Every.year
    since: Annotated[
        str | None,
        typer.Option(
            "--from", help="The first day, such as 2022-06; before the first change if not given."
        ),
    ] = None
    until: Annotated[
        str | None,
        typer.Option(
            "--to", help="The last day, such as 2030; that of the last change if not given."
        ),
    ] = None
    sure: Sure = False


@command()
def timeline(
    *,
    time: Time,
    by: Annotated[
        By, typer.Option(help="The district by day, or in files each street as well.")
    ] = By.district,
    format: Annotated[
        EvaluationFormat, typer.Option(help="What to print.")
    ] = EvaluationFormat.table,
    out: Out = None,
    chart: ChartFile = None,
    map: Annotated[
        Path | None, typer.Option(help="HTML file to write a map to, with a slider over the days.")
    ] = None,
    options: Options,
) -> None:
    """Say who was, is and will be covered as centres open and close, month by month or year by year."""
    paths, nowhere = scenarios_of(time.scenarios or [], options.area)
    paths = list({path.resolve(): path for path in paths}.values())
    inputs = inputs_of(options, *paths)
    every = Sentence("timeline, which tells of many days", zh="timeline（本就逐日期列出）同用")
    require(
        options_problems(options),
        conflicts({"--as-of": options.as_of, "--year": options.year}, every),
        conflicts({"--service": options.service, "--bundle": options.bundle}, _OF_ALL),
        _time_problems(time),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".parquet")),
        suffix_problems(map, (".html", ".htm"), "--map"),
        _map_problems(map, paths),
        conflicts({"--sure": time.sure}, _WITH_PICTURES) if map or chart else [],
        chart_problems(chart),
        nowhere,
        target_problems([map, out, chart], inputs),
    )
    steps, read = _read(paths)
    require(target_problems([map, out, chart], read))
    plan = evaluated(options, plans=2 + 2 * len(steps))
    told = _told(plan, steps, time, options)
    from carecircles import charts, report

    sure = _sure(told, options) if time.sure else None
    drawn = chart_of(
        chart, lambda suffix: charts.timeline_chart(told, suffix=suffix, lang=options.lang)
    )

    def frame() -> "pd.DataFrame":
        return report.timeline_frame(told, by=by, sure=sure)

    def page() -> str:
        from carecircles import maps

        with busy(DRAWING, options.lang):
            drawn: str = maps.timeline_map(told[-1], lang=options.lang).get_root().render()
        return drawn

    def show(lang: str) -> None:
        assumed, remarks = report.timeline_notes(told)
        if sure is not None:
            first = sure[0][0]
            remarks = [*report.drawn_notes(first.draws, first.plan), report.SAME_DRAWS, *remarks]
        print_table(
            report.timeline_table(told, lang=lang, sure=sure),
            title=say(report.standard_note(told[0].plans[0]), lang),
            notes=[
                *drawn.said(lang),
                *report.said_below(assumed, remarks, lang=lang),
            ],
            lang=lang,
        )

    give(
        Answer(frame, lambda: report.timeline_record(told, by=by, sure=sure), show),
        told[0].plans[-1].area,
        format=format,
        out=out,
        beside={chart: drawn.content, map: page},
        told=[chart, map],
        inputs=[*inputs, *read],
        lang=options.lang,
    )


def _told(plan: "Plan", steps: "list[Scenario]", time: Time, options: Options) -> "list[Timeline]":
    """The area as it is, and after each scenario, on each day."""
    from carecircles import timeline as timelines

    days = _days(plan.area, steps, time)
    placed = placed_by_year(plan.area, [day.year for day in days], options)
    how: dict[str, Any] = {"demand": placed, "every": time.every.value}
    told: list[Timeline] = []
    problems: list[Sentence] = []
    with busy(MEASURING, options.lang):
        for asked in (None, *steps):
            try:
                told.append(timelines.timeline_of(plan, days, steps=asked, **how))
            except ValidationError as err:
                problems += err.problems
    require(problems)
    return told


def _sure(told: "list[Timeline]", options: Options) -> "list[list[Robustness]]":
    """What each day of each timeline says while positions are not known, in the same draws."""
    every = iter(drawn_of([then for one in told for then in one.plans], options))
    return [[next(every) for _ in one.plans] for one in told]


def _days(area: "StudyArea", steps: "list[Scenario]", time: Time) -> "list[datetime.date]":
    """The days that are asked for; where one end is not, that of what changes."""
    from carecircles import timeline as timelines

    first, last = _ends(time)
    every = time.every.value
    if first is None or last is None:
        span = timelines.span_of(area, steps, every=every)
        first = first or min(span[0], last or span[0])
        last = last or max(span[-1], first)
    return timelines.days_between(first, last, every=every)


def _ends(time: Time) -> "tuple[datetime.date | None, datetime.date | None]":
    from carecircles.io import day_of

    return day_of(time.since, "--from"), day_of(time.until, "--to")


def _time_problems(time: Time) -> list[Sentence]:
    """Whether `--from` and `--to` are days, in their order and not too many."""
    from carecircles.io import day_of
    from carecircles.timeline import days_between

    problems = [
        line
        for written, option in ((time.since, "--from"), (time.until, "--to"))
        for line in problems_of(lambda w=written, o=option: day_of(w, o))  # type: ignore[misc]  # of a lambda with a default
    ]
    if problems or time.since is None or time.until is None:
        return problems
    first, last = _ends(time)
    if first is None or last is None:
        return []
    return problems_of(lambda: days_between(first, last, every=time.every.value))


def _map_problems(map: Path | None, paths: list[Path]) -> list[Sentence]:
    if map is None or len(paths) < 2:
        return []
    told = f"--map shows one plan over time, and there are {len(paths)} scenarios; name one."
    return [Sentence(told, zh=f"--map 只能显示一个方案，现有 {len(paths)} 个；请只给出一个。")]


def _read(paths: list[Path]) -> "tuple[list[Scenario], list[Path]]":
    """The scenarios and the files they stand in; all that is wrong is told at once."""
    from carecircles import scenario

    steps: list[Scenario] = []
    problems: list[Sentence] = []
    for path in paths:
        try:
            steps.append(scenario.read_scenario(path))
        except ValidationError as err:
            problems += err.problems
    require(problems)
    return steps, [file for one in steps for file in one.files]
