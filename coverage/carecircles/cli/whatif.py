"""`carecircles whatif`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.plan import Plan
from carecircles.cli._work import carried_out, each_once, scenarios_of
from carecircles.cli.options import (
    By,
    EvaluationFormat,
    Options,
    Results,
    command,
    conflicts,
    inputs_of,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import (
    WRITING,
    busy,
    print_json,
    print_line,
    print_table,
    print_text,
    remark,
    result_of,
)
from carecircles.words import Sentence, say

_BASELINE = "baseline"


@dataclass(frozen=True)
class Question:
    """What is compared with what."""

    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO.toml]...",
            help="Scenario files, or names of the area's own; several give a league table.",
        ),
    ] = None
    against: Annotated[
        str, typer.Option(help="What to compare with: baseline, or another scenario.")
    ] = "baseline"
    close_each: Annotated[
        bool, typer.Option("--close-each", help="What closing each centre alone would lose.")
    ] = False
    open_everywhere: Annotated[
        bool, typer.Option("--open-everywhere", help="What a centre at each cell would gain.")
    ] = False


@command()
def whatif(
    *,
    question: Question,
    by: Annotated[By, typer.Option(help="A row a street, or only the district.")] = By.street,
    service: Annotated[
        str | None, typer.Option(help="Count only centres with this service, such as health_post.")
    ] = None,
    results: Results,
    options: Options,
) -> None:
    """Say who gains and who loses when centres open, close or move, or the standard changes."""
    map, out, scenarios = results.map, results.out, question.scenarios or []
    is_league = len(scenarios) > 1
    shapes = () if is_league else (".geojson", ".gpkg")
    against = [] if question.against == _BASELINE else [question.against]
    others, nowhere = scenarios_of(against, options.area)
    named, unknown = scenarios_of(scenarios, options.area)
    paths = [*others, *each_once(named, others)]
    inputs = inputs_of(options, *paths)
    require(
        _question_problems(question),
        options_problems(options),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".parquet", *shapes)),
        suffix_problems(map, (".html", ".htm"), "--map"),
        [*nowhere, *unknown],
        target_problems([map, out], inputs),
    )
    from carecircles import io, memory

    is_told_whole = out is not None or results.format is not EvaluationFormat.table
    is_long = question.open_everywhere and is_told_whole
    of_rows = memory.TABLE_ROW if is_long else 0.0
    plans, read = carried_out(paths, [map, out], options, service=service, of_rows=of_rows)
    inputs += read
    if others:
        del plans[0]
    if question.close_each:
        answer = _closings(plans[-1])
    elif question.open_everywhere:
        answer = _openings(plans[-1])
    elif is_league:
        answer = _league(plans[0], plans[1:])
    else:
        answer = _change(plans[0], plans[1], by)
    written = result_of(
        out,
        answer.frame,
        answer.record,
        options.lang,
        groups=plans[0].area.groups,
        table=answer.table,
    )
    if map is not None:
        written[map] = lambda: answer.page(options.lang)
    with busy(WRITING, options.lang):
        io.write_results(written, inputs=inputs)
    if results.format is EvaluationFormat.json:
        print_json(answer.record())
    elif results.format is EvaluationFormat.csv:
        print_text(io.csv_text((answer.table or answer.frame)()))
        remark(plans[-1].area, options.lang)
    else:
        answer.show(options.lang)
        if map is not None:
            print_line(map)


def _question_problems(question: Question) -> list[Sentence]:
    """Whether it is clear what `whatif` is asked."""
    problems: list[Sentence] = []
    both = Sentence("--close-each and --open-everywhere", zh="--close-each 和 --open-everywhere")
    if question.close_each and question.open_everywhere:
        told = f"{both} are two questions; ask one at a time."
        problems.append(Sentence(told, zh=f"{both.zh} 是两个问题；请一次问一个。"))
    if question.close_each or question.open_everywhere:
        if len(question.scenarios or []) > 1:
            told = f"{both} look at one plan; name one scenario, or none."
            problems.append(Sentence(told, zh=f"{both.zh} 只看一个方案；请给出一个方案，或不给。"))
        if question.against != _BASELINE:
            with_both = Sentence(both, zh=f"{both.zh} 同用")
            problems += conflicts({"--against": question.against}, with_both)
    elif not question.scenarios:
        told = "there is no scenario; name a TOML file, or ask --close-each or --open-everywhere."
        zh = "没有方案；请给出 TOML 文件，或用 --close-each 或 --open-everywhere 提问。"
        problems.append(Sentence(told, zh=zh))
    return problems


class _Answer(NamedTuple):
    """What `whatif` has to say: for files, for programs, for the terminal and as a map."""

    frame: "Callable[[], pd.DataFrame]"
    record: Callable[[], dict[str, Any]]
    show: Callable[[str], None]
    page: Callable[[str], str]
    table: "Callable[[], pd.DataFrame] | None" = None  # for CSV and Excel, where it has a total


def _change(before: "Plan", after: "Plan", by: str) -> _Answer:
    from carecircles import comparison, maps, report

    change = comparison.compare(before, after)

    def with_total() -> "pd.DataFrame":
        streets, district = (
            report.change_frame(change, by=what) for what in ("street", "district")
        )
        return report.with_total(streets, district)

    def show(lang: str) -> None:
        names = [say(report.plan_name(plan), lang) for plan in (before, after)]
        print_table(
            report.change_table(change, by=by, lang=lang), title=" → ".join(names), lang=lang
        )
        print_table(
            report.groups_table(change, lang=lang),
            title=say(report.standard_note(after), lang),
            notes=[
                *(say(line, lang) for line in report.change_notes(change)),
                *report.notes(after, lang=lang),
            ],
            lang=lang,
        )

    return _Answer(
        lambda: report.change_frame(change, by=by),
        lambda: report.change_record(change, by=by),
        show,
        lambda lang: maps.change_map(change, lang=lang).get_root().render(),
        with_total if by == By.street else None,
    )


def _league(before: "Plan", plans: "list[Plan]") -> _Answer:
    from carecircles import comparison, maps, report

    changes = [comparison.compare(before, plan) for plan in plans]

    def show(lang: str) -> None:
        print_table(
            report.league_table(changes, lang=lang),
            title=say(report.plan_name(before), lang),
            notes=report.said_below(*report.league_notes([before, *plans]), lang=lang),
            lang=lang,
        )

    return _Answer(
        lambda: report.league_frame(changes),
        lambda: report.league_record(changes),
        show,
        lambda lang: maps.comparison_map([before, *plans], lang=lang).render(),
    )


def _closings(plan: "Plan") -> _Answer:
    from carecircles import maps, marginal, report

    losses = marginal.close_each(plan)

    def show(lang: str) -> None:
        print_table(
            report.losses_table(plan, losses, lang=lang),
            title=say(report.plan_name(plan), lang),
            notes=report.notes(plan, lang=lang),
            lang=lang,
        )

    return _Answer(
        lambda: report.losses_frame(plan, losses),
        lambda: report.plan_record(plan, "closings", report.losses_frame(plan, losses)),
        show,
        lambda lang: maps.closing_map(plan, losses, lang=lang).get_root().render(),
    )


def _openings(plan: "Plan") -> _Answer:
    from carecircles import maps, marginal, report

    gains = marginal.open_everywhere(plan)

    def show(lang: str) -> None:
        print_table(
            report.gains_table(plan, gains, lang=lang),
            title=say(report.plan_name(plan), lang),
            notes=[say(report.GAIN_NOTE, lang), *report.notes(plan, lang=lang)],
            lang=lang,
        )

    return _Answer(
        lambda: report.gains_frame(plan, gains),
        lambda: report.plan_record(plan, "places", report.gains_frame(plan, gains)),
        show,
        lambda lang: maps.gain_map(plan, gains, lang=lang).get_root().render(),
    )
