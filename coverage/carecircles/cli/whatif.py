"""`carecircles whatif`."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from carecircles.errors import ValidationError

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.plan import Plan
    from carecircles.robustness import Robustness
from carecircles.cli._work import carried_out, drawn_of, each_once, scenarios_of
from carecircles.cli.options import (
    By,
    EvaluationFormat,
    Options,
    Results,
    Sure,
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

_BASELINE = "baseline"
_ONE_BY_ONE = Sentence(
    "--close-each and --open-everywhere; name a scenario that closes or opens the centre",
    zh="--close-each 和 --open-everywhere 同用；请给出关闭或开设该中心的方案",
)


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
    years: Annotated[
        str | None,
        typer.Option(
            help="The people of several years side by side, such as 2020,2030,2035; without a scenario "
            "the centres as they are."
        ),
    ] = None
    sure: Sure = False


@command()
def whatif(
    *,
    question: Question,
    by: Annotated[By, typer.Option(help="A row a street, or only the district.")] = By.street,
    results: Results,
    options: Options,
) -> None:
    """Say who gains and who loses when centres open, close or move, or the standard changes."""
    map, out, scenarios = results.map, results.out, question.scenarios or []
    years = _years_of(question.years)
    is_league = len(scenarios) > 1 or question.years is not None
    shapes = () if is_league else (".geojson", ".gpkg")
    against = [] if question.against == _BASELINE else [question.against]
    others, nowhere = scenarios_of(against, options.area)
    named, unknown = scenarios_of(scenarios, options.area)
    paths = [*others, *each_once(named, others)]
    inputs = inputs_of(options, *paths)
    require(
        _question_problems(question),
        _years_problems(question, options),
        options_problems(options),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".parquet", *shapes)),
        suffix_problems(map, (".html", ".htm"), "--map"),
        [*nowhere, *unknown],
        target_problems([map, out], inputs),
    )
    from carecircles import memory

    is_told_whole = out is not None or results.format is not EvaluationFormat.table
    is_long = question.open_everywhere and is_told_whole
    of_rows = memory.TABLE_ROW if is_long else 0.0
    plans, read = carried_out(paths, [map, out], options, of_rows=of_rows, years=years)
    inputs += read
    if others:
        del plans[0]
    draw = functools.partial(drawn_of, options=options) if question.sure else None
    if question.years is not None:
        found = _by_year(plans, len(years), by, draw)
    elif question.close_each:
        found = _closings(plans[-1])
    elif question.open_everywhere:
        found = _openings(plans[-1])
    elif is_league:
        found = _league(plans[0], plans[1:], draw)
    else:
        found = _change(plans[0], plans[1], by, draw)
    give(
        found.answer,
        plans[-1].area,
        format=results.format,
        out=out,
        beside={map: lambda: found.page(options.lang)},
        told=[map],
        inputs=inputs,
        lang=options.lang,
    )


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
        problems += conflicts({"--sure": question.sure}, _ONE_BY_ONE)
    elif not question.scenarios and question.years is None:
        told = "there is no scenario; name a TOML file, or ask --close-each or --open-everywhere."
        zh = "没有方案；请给出 TOML 文件，或用 --close-each 或 --open-everywhere 提问。"
        problems.append(Sentence(told, zh=zh))
    return problems


def _years_of(years: str | None) -> list[int]:
    """The years that are asked for, the earliest first, each once; without those that are none."""
    from carecircles.io import year_of

    return sorted({year for word in _words(years) if (year := year_of(word)) is not None})


def _words(years: str | None) -> list[str]:
    return [word for word in re.split(r"[\s,，、;；]+", years or "") if word]


def _years_problems(question: Question, options: Options) -> list[Sentence]:
    """Whether `--years` names years, and goes with what else is asked."""
    years = question.years
    if years is None:
        return []
    from carecircles.io import year_of

    problems = []
    wrong = [word for word in _words(years) if year_of(word) is None]
    if wrong:
        problems.append(
            Sentence(
                f"--years: {', '.join(wrong)} is no year; write such as --years 2020,2030,2035.",
                zh=f"--years：{'、'.join(wrong)} 不是年份；请写如 --years 2020,2030,2035。",
            )
        )
    elif len(_years_of(years)) < 2:
        problems.append(
            Sentence(
                "--years compares two years or more; for one write --year.",
                zh="--years 用于比较两个以上年份；一个年份请用 --year。",
            )
        )
    others = {
        "--year": options.year is not None,
        "--against": question.against != _BASELINE,
        "--close-each, --open-everywhere": question.close_each or question.open_everywhere,
    }
    problems += [
        Sentence(
            f"--years does not go with {option}; ask one at a time.",
            zh=f"--years 不能与 {option} 同时使用；请分开提问。",
        )
        for option, is_asked in others.items()
        if is_asked
    ]
    return problems


_Draw = Callable[["list[Plan]"], "list[Robustness]"]  # what plans say while positions are not known


class _Mapped(NamedTuple):
    """What `whatif` has to say, and its map in a language."""

    answer: Answer
    page: Callable[[str], str]


def _change(before: "Plan", after: "Plan", by: str, draw: _Draw | None) -> _Mapped:
    from carecircles import comparison, maps, report

    change = comparison.compare(before, after)
    sure: tuple[Robustness, Robustness] | None = None
    if draw is not None:
        was, then = draw([change.before, change.after])
        sure = was, then

    def with_total() -> "pd.DataFrame":
        streets, district = (
            report.change_frame(change, by=what, sure=sure) for what in ("street", "district")
        )
        return report.with_total(streets, district)

    def show(lang: str) -> None:
        names = [say(report.plan_name(plan), lang) for plan in (change.before, after)]
        print_table(
            report.change_table(change, by=by, lang=lang, sure=sure),
            title=" → ".join(names),
            lang=lang,
        )
        print_table(
            report.groups_table(change, lang=lang),
            title=say(report.standard_note(after), lang),
            notes=[
                *(say(line, lang) for line in report.change_notes(change, sure=sure)),
                *report.notes(after, lang=lang),
            ],
            lang=lang,
        )

    return _Mapped(
        Answer(
            lambda: report.change_frame(change, by=by, sure=sure),
            lambda: report.change_record(change, by=by, sure=sure),
            show,
            with_total if by == By.street else None,
        ),
        lambda lang: maps.change_map(change, lang=lang, sure=sure).get_root().render(),
    )


def _league(before: "Plan", plans: "list[Plan]", draw: _Draw | None) -> _Mapped:
    from carecircles import comparison, maps, report

    years = sorted({str(plan.area.year) for plan in plans})
    if len(years) > 1:
        en, zh = ", ".join(years), "、".join(years)
        told = (
            f"the scenarios count the people of different years ({en}); name one with year in all of them, "
            "or put years side by side with --years."
        )
        mend = "请在各方案中写同一 year，或用 --years 并列比较。"
        raise ValidationError([Sentence(told, zh=f"各方案所计人口的年份不同（{zh}）；{mend}")])
    changes = [comparison.compare(before, plan) for plan in plans]
    before = changes[0].before  # for the people of their year
    sure = None if draw is None else draw([before, *plans])

    def show(lang: str) -> None:
        drawn = (
            []
            if sure is None
            else [*report.drawn_notes(sure[0].draws, sure[0].plan), report.SAME_DRAWS]
        )
        print_table(
            report.league_table(changes, lang=lang, sure=sure),
            title=say(report.plan_name(before), lang),
            notes=[
                *(say(line, lang) for line in drawn),
                *report.said_below(*report.league_notes([before, *plans]), lang=lang),
            ],
            lang=lang,
        )

    return _Mapped(
        Answer(
            lambda: report.league_frame(changes, sure=sure),
            lambda: report.league_record(changes, sure=sure),
            show,
        ),
        lambda lang: maps.comparison_map([before, *plans], lang=lang, sure=sure).render(),
    )


def _by_year(plans: "list[Plan]", count: int, by: str, draw: _Draw | None) -> _Mapped:
    """Every plan for the people of `count` years, which stand together in `plans`."""
    from carecircles import maps, report

    sure = None if draw is None else draw(plans)

    def show(lang: str) -> None:
        tables = [(report.standard_note(plans[0]), report.years_table(plans, lang=lang, sure=sure))]
        for first in range(0, len(plans), count) if by == By.street else ():
            some = slice(first, first + count)
            told = report.years_by_street_table(
                plans[some], lang=lang, sure=None if sure is None else sure[some]
            )
            tables.append((plans[first].name, told))
        for title, table in tables[:-1]:
            print_table(table, title=say(title, lang), lang=lang)
        title, table = tables[-1]
        drawn = (
            []
            if sure is None
            else [say(line, lang) for line in report.drawn_notes(sure[0].draws, sure[0].plan)]
        )
        below = [*drawn, *report.said_below(*report.years_notes(plans), lang=lang)]
        print_table(table, title=say(title, lang), notes=below, lang=lang)

    return _Mapped(
        Answer(
            lambda: report.years_frame(plans, by=by, sure=sure),
            lambda: report.years_record(plans, by=by, sure=sure),
            show,
        ),
        lambda lang: maps.comparison_map(plans, lang=lang, sure=sure).render(),
    )


def _closings(plan: "Plan") -> _Mapped:
    from carecircles import maps, marginal, report

    losses = marginal.close_each(plan)

    def show(lang: str) -> None:
        print_table(
            report.losses_table(plan, losses, lang=lang),
            title=say(report.plan_name(plan), lang),
            notes=report.notes(plan, lang=lang),
            lang=lang,
        )

    return _Mapped(
        Answer(
            lambda: report.losses_frame(plan, losses),
            lambda: report.plan_record(plan, "closings", report.losses_frame(plan, losses)),
            show,
        ),
        lambda lang: maps.closing_map(plan, losses, lang=lang).get_root().render(),
    )


def _openings(plan: "Plan") -> _Mapped:
    from carecircles import maps, marginal, report

    gains = marginal.open_everywhere(plan)

    def show(lang: str) -> None:
        print_table(
            report.gains_table(plan, gains, lang=lang),
            title=say(report.plan_name(plan), lang),
            notes=[say(report.GAIN_NOTE, lang), *report.notes(plan, lang=lang)],
            lang=lang,
        )

    return _Mapped(
        Answer(
            lambda: report.gains_frame(plan, gains),
            lambda: report.plan_record(plan, "places", report.gains_frame(plan, gains)),
            show,
        ),
        lambda lang: maps.gain_map(plan, gains, lang=lang).get_root().render(),
    )
