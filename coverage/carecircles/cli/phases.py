"""`carecircles site --phases`: what to build when."""

import dataclasses
import datetime
import itertools
import math
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import geopandas as gpd

    from carecircles.scenario import Scenario
    from carecircles.siting import Phase
    from carecircles.timeline import Timeline
from carecircles.cli._places import (
    Places,
    candidates_of,
    nowhere,
    number_to,
    places_problems,
    require_siting_memory,
)
from carecircles.cli._work import evaluated, placed_by_year, scenarios_of
from carecircles.cli.options import (
    Options,
    Results,
    conflicts,
    datum_of,
    folder_of,
    inputs_of,
    number_problems,
    options_problems,
    problems_of,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import DRAWING, MEASURING, Answer, busy, give, print_table, searching
from carecircles.errors import ValidationError
from carecircles.words import Sentence, say

_LOOKING = Sentence("looking for what to build when", zh="正在编排分期选址")
_PHASES = Sentence("Phases", zh="分期")
_MOST_NEW, _MOST_PHASES = 1000, 20


@dataclass(frozen=True)
class Phased:
    """When is built."""

    phases: Annotated[
        str | None,
        typer.Option(
            help="Years in which is built, such as 2027,2028,2029: what when, best in the sum over them."
        ),
    ] = None
    weights: Annotated[
        str | None,
        typer.Option(
            help="How much the people of each phase count, such as 3,2,1; 1 each if not given."
        ),
    ] = None
    carry: Annotated[
        bool, typer.Option("--carry", help="What a phase leaves over is carried on to the next.")
    ] = False
    steps: Annotated[
        str | None,
        typer.Option(
            help="Scenario file, or name of the area's own, whose dated steps hold beside: a closing, a lease that ends."
        ),
    ] = None


@dataclass(frozen=True)
class Means:
    """What is told of phases, and --new or --budget as they are written."""

    phased: Phased
    news: str | None
    budgets: str | None


def number_of(text: str | None) -> float | None:
    """The number that is written; None where it is none, or nothing is."""
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def whole_of(text: str | None) -> int | None:
    """The whole number that is written; None where it is none, or nothing is."""
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def effort_problems(gap: float, limit: float) -> list[Sentence]:
    """Whether a search can keep to its numbers."""
    below_1 = Sentence("a share from 0 to below 1", zh="介于 0 到 1 之间（不含 1）的比例")
    seconds = Sentence("seconds above 0", zh="大于 0 的秒数")
    return number_problems(
        ("--time-limit", limit, 0 < limit < 1e6, seconds), ("--gap", gap, 0 <= gap < 1, below_1)
    )


def give_phases(
    means: Means,
    places: Places,
    effort: tuple[float, float],
    results: Results,
    scenario: Path | None,
    options: Options,
    *,
    also: list[Sentence],
) -> None:
    """
    Find what to build when, and print and write it.

    `effort` is the gap that will do, and seconds; `also` is what is wrong with other options.
    """
    asked = means.phased
    paths, unknown = scenarios_of([asked.steps] if asked.steps else [], options.area)
    inputs = inputs_of(options, places.keep_out, places.file, *paths)
    table = _table_beside(results.out)
    targets = [some for some in (results.map, results.out, scenario, table) if some is not None]
    require(
        also,
        _means_problems(means),
        places_problems(places, None, is_equipping=False),
        _price_problems(means, places),
        _other_problems(options),
        options_problems(options),
        suffix_problems(results.out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        suffix_problems(results.map, (".html", ".htm"), "--map"),
        suffix_problems(scenario, (".toml",), "--scenario"),
        unknown,
        target_problems(targets, inputs),
    )
    datum = datum_of(options.datum)
    if options.centres is None and (places.file or places.keep_out):
        options = dataclasses.replace(options, datum=None)  # the area's own centres have their own
    from carecircles import report, siting
    from carecircles import scenario as scenarios

    steps = _read(paths)
    require(target_problems(targets, [] if steps is None else list(steps.files)))
    years = [int(word) for word in _words(asked.phases)]
    told, again = _timeline(years, steps, options)
    count, first = len(years), told.plans[0]
    begun = time.monotonic()
    with busy(MEASURING, options.lang):
        candidates, notes = candidates_of(
            told.plans[:count], places.candidates or "gaps", places, folder_of(options.area), datum,
            is_priced=means.budgets is not None,
        )  # fmt: skip
        area = dataclasses.replace(first.area, notes=(*first.area.notes, *notes))
        first = dataclasses.replace(first, area=area)
        if candidates.empty:
            raise ValidationError([nowhere(places, None)])
        pairs = siting.pairs_expected("coverage", first, candidates) * count * (count + 1) / 2
        spacing = None if places.file else places.spacing or options.cell
        require_siting_memory("coverage", pairs, options, spacing=spacing)
        phases = _phases(told, means, candidates)
    with searching(_LOOKING, options.lang) as watch:
        search = siting.Search(*effort, watch, since=begun)
        found = siting.maximize_in_phases(
            phases[:count],
            candidates=candidates.index,
            prices=candidates["price"] if means.budgets is not None else None,
            carry=asked.carry,
            weight=report.headline_group(first),
            search=search,
        )
    idle = siting.unneeded(found, phases, weight=report.headline_group(first))
    made = scenarios.parse(report.phased_scenario(first, found, candidates), base=steps)
    made = dataclasses.replace(made, as_of=None, year=None)
    below = report.phased_notes(first, found, told, idle)

    def page() -> str:
        from carecircles import maps

        with busy(DRAWING, options.lang):
            drawn: str = maps.timeline_map(again(made), lang=options.lang).get_root().render()
        return drawn

    def show(lang: str) -> None:
        sites = report.phased_table(first, found, candidates, lang=lang)
        print_table(sites, title=say(report.standard_note(first), lang), lang=lang)
        lines = [say(line, lang) for line in below]
        remarks = report.siting_remarks(first, first, lang=lang)
        print_table(
            report.phases_table(first, found, lang=lang),
            title="",
            notes=[*lines, *remarks],
            lang=lang,
        )

    give(
        Answer(
            lambda: report.phased_frame(first, found, candidates),
            lambda: report.phased_record(first, found, candidates, notes=below),
            show,
            more=lambda lang: {say(_PHASES, lang): report.phases_frame(first, found)},
        ),
        first.area,
        format=results.format,
        out=results.out,
        beside={
            scenario: lambda: scenarios.scenario_text(made),
            results.map: page,
            table: lambda: report.phases_frame(first, found),
        },
        told=targets,
        inputs=[*inputs, *([] if steps is None else steps.files)],
        lang=options.lang,
    )


def _table_beside(out: Path | None) -> Path | None:
    """Where the table of phases goes beside that of sites, where a file holds one table only."""
    if out is None or out.suffix.casefold() not in (".csv", ".parquet"):
        return None
    return out.with_name(f"{out.stem}-phases{out.suffix}")


def _phases(told: "Timeline", means: Means, candidates: "gpd.GeoDataFrame") -> "list[Phase]":
    """The phases, and after them later years whose people are known, in which nothing is built."""
    from carecircles import siting

    count, names = len(_words(means.phased.phases)), [f"{p.area.as_of:%Y}" for p in told.plans]
    numbers: dict[str, Any] = {
        "weights": [float(word) for word in _words(means.phased.weights)] or None
    }
    if means.budgets is not None:
        numbers["budget"] = [float(word) for word in _words(means.budgets)]
    else:
        numbers["new"] = [int(word) for word in _words(means.news)]
    return [
        *siting.phases_of(told.plans[:count], candidates, names=names[:count], **numbers),
        *siting.phases_of(told.plans[count:], candidates, names=names[count:]),
    ]


def _timeline(years: list[int], steps: "Scenario | None", options: Options) -> Any:
    """The area on the last day of each phase and of later years that are known, and a way to tell it anew."""
    from carecircles import timeline as timelines
    from carecircles.area import in_year, years_of

    plan = evaluated(options, plans=len(years) + 2)
    known = years_of(plan.area)
    if known:
        require(*(problems_of(lambda y=year: in_year(plan.area, y)) for year in years))  # type: ignore[misc]  # of a lambda with a default
    every = [*years, *(year for year in known if year > years[-1])]
    placed = placed_by_year(plan.area, every, options)
    days = [datetime.date(year, 12, 31) for year in every]

    def told(scenario: "Scenario | None") -> "Timeline":
        with busy(MEASURING, options.lang):
            return timelines.timeline_of(plan, days, steps=scenario, demand=placed, every="year")

    return told(steps), told


def _read(paths: list[Path]) -> "Scenario | None":
    from carecircles import scenario

    return scenario.read_scenario(paths[0]) if paths else None


def _words(text: str | None) -> list[str]:
    return [word for word in re.split(r"[\s,，、;；]+", text or "") if word]


def _means_problems(means: Means) -> list[Sentence]:
    """Whether phases are years in their order, and each has its number, budget and weight; all that is wrong."""
    from carecircles.io import year_of

    words, problems = _words(means.phased.phases), []
    wrong = [word for word in words if year_of(word) is None]
    if wrong or not words:
        some, zh = (", ".join(wrong), "、".join(wrong)) if wrong else ("nothing", "空")
        told = f"--phases: {some} is no year; write such as --phases 2027,2028,2029."
        problems.append(
            Sentence(told, zh=f"--phases：{zh} 不是年份；请写如 --phases 2027,2028,2029。")
        )
    else:
        years = [int(word) for word in words]
        late = [f"{b} after {a}" for a, b in itertools.pairwise(years) if b <= a]
        late_zh = [f"{a} 之后为 {b}" for a, b in itertools.pairwise(years) if b <= a]
        if late:
            told = f"--phases: they are out of order ({', '.join(late)}); write each year once, the earliest first."
            zh = f"--phases：次序不对（{'、'.join(late_zh)}）；请从早到晚排列，每年一次。"
            problems.append(Sentence(told, zh=zh))
    if len(words) > _MOST_PHASES:
        told = f"--phases: there are {len(words)}, and the most are {_MOST_PHASES}; name fewer."
        problems.append(
            Sentence(told, zh=f"--phases：有 {len(words)} 期，上限为 {_MOST_PHASES} 期；请减少。")
        )
    if (means.news is None) == (means.budgets is None):
        told = "say how many new centres in each phase, --new 3,2,2, or what each may cost, --budget 300,200,400."
        zh = "请写明每期新增几个中心（--new 3,2,2），或每期可用多少费用（--budget 300,200,400），二者取一。"
        problems.append(Sentence(told, zh=zh))
    whole = number_to(_MOST_NEW)
    money = Sentence("numbers, 0 or more", zh="不小于 0 的数")
    weight = Sentence("numbers above 0, such as 3,2,1", zh="大于 0 的数，例如 3,2,1")
    for option, text, wanted in (
        ("--new", means.news, whole),
        ("--budget", means.budgets, money),
        ("--weights", means.phased.weights, weight),
    ):
        if text is not None:
            problems += _number_problems(option, text, wanted, len(words))
    return problems


def _number_problems(option: str, text: str, wanted: Sentence, phases: int) -> list[Sentence]:
    """Whether there are numbers of the wanted kind, one for each phase."""
    words, problems = _words(text), []

    def is_sound(word: str) -> bool:
        number = number_of(word)
        if number is None or not math.isfinite(number) or number >= 1e15:
            return False
        if option == "--new":
            return whole_of(word) is not None and 0 <= number <= _MOST_NEW
        return number > 0 if option == "--weights" else number >= 0

    wrong = [word for word in words if not is_sound(word)]
    if wrong:
        told = f"{option}: {', '.join(wrong)} will not do; write {wanted} for each phase."
        problems.append(
            Sentence(told, zh=f"{option}：{'、'.join(wrong)} 不可用；每期应为{wanted.zh}。")
        )
    if len(words) != phases:
        told = f"{option} has {len(words)} numbers for {phases} phases; write one for each."
        problems.append(
            Sentence(told, zh=f"{option} 有 {len(words)} 个数，而共 {phases} 期；请每期写一个。")
        )
    return problems


def _price_problems(means: Means, places: Places) -> list[Sentence]:
    if means.budgets is None or places.file is not None:
        return []
    told = "--budget needs --candidates with a file that has a column price."
    zh = "--budget 须与 --candidates 同用，候选点文件中应有 price 一列。"
    return [Sentence(told, zh=zh)]


def _other_problems(options: Options) -> list[Sentence]:
    """What phases say themselves, or what is not known by year."""
    dated = Sentence("--phases, which names its own years", zh="自带年份的 --phases 同用")
    offered = Sentence(
        "--phases: since when a centre offers a service is not known",
        zh="--phases 同用：各项服务自何时提供不详",
    )
    return [
        *conflicts({"--as-of": options.as_of, "--year": options.year}, dated),
        *conflicts({"--service": options.service, "--bundle": options.bundle}, offered),
    ]
