"""`carecircles benches`."""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carecircles.cli._work import enlarged, rested, use
from carecircles.cli.options import (
    EvaluationFormat,
    Options,
    Out,
    ReachKind,
    command,
    conflicts,
    inputs_of,
    number_problems,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import (
    MEASURING,
    Answer,
    busy,
    give,
    is_watched,
    print_table,
)
from carecircles.words import Sentence, joined, say

if TYPE_CHECKING:
    from carecircles.plan import Plan

_MOST = 500
_TO_ONE = Sentence(
    "benches, which are for ways to one centre; use --service",
    zh="benches 同用，座椅只为通往单个中心的路而设；请改用 --service",
)
_LOOKING = Sentence("looking for places for benches", zh="正在选择座椅位置")
_ENOUGH = Sentence("; Ctrl-C for the best so far", zh="；按 Ctrl-C 取目前最好的方案")
_PRICE = Sentence("0 or more", zh="不小于 0 的数")


@dataclass(frozen=True)
class Wanted:
    """What benches are wanted, and what they cost."""

    new: Annotated[int, typer.Option(help="How many new benches.")]
    spacing: Annotated[
        float, typer.Option(help="Metres between the places along the ways where one could stand.")
    ] = 25.0
    price_bench: Annotated[float | None, typer.Option(help="What a bench costs.")] = None
    price_centre: Annotated[
        float | None, typer.Option(help="What one more centre costs, which is told beside.")
    ] = None
    time_limit: Annotated[float, typer.Option(help="Seconds to search at most.")] = 60.0


@command()
def benches(
    *,
    wanted: Wanted,
    format: Annotated[
        EvaluationFormat, typer.Option(help="What to print.")
    ] = EvaluationFormat.table,
    out: Out = None,
    scenario: Annotated[
        Path | None,
        typer.Option(help="TOML file to write the benches to, as steps for `whatif`."),
    ] = None,
    map: Annotated[
        Path | None, typer.Option(help="HTML file to write a map of the benches to.")
    ] = None,
    options: Options,
) -> None:
    """Find where new benches bring most people within reach, who walk from seat to seat along the ways."""
    options = dataclasses.replace(options, reach=ReachKind.walking)
    inputs = inputs_of(options)
    require(
        _problems(wanted, options),
        options_problems(options),
        conflicts({"--bundle": options.bundle}, _TO_ONE),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        suffix_problems(scenario, (".toml",), "--scenario"),
        suffix_problems(map, (".html", ".htm"), "--map"),
        target_problems([out, scenario, map], inputs),
    )
    from carecircles import benches as places
    from carecircles import report, siting
    from carecircles import scenario as scenarios

    before = rested(options)
    with busy(joined([_LOOKING, _ENOUGH], ""), options.lang) as tell:

        def watch(value: float, bound: float) -> None:
            tell(_progress(value, bound))

        search = siting.Search(time_limit=wanted.time_limit, watch=watch if is_watched() else None)
        candidates = places.candidates_within(before, spacing=wanted.spacing)
        _require_memory(before, places.legs_expected(before, candidates), wanted, options)
        found = places.place(before, new=wanted.new, candidates=candidates, search=search)
    with busy(MEASURING, options.lang):
        centre = places.best_centre(before)
    prices = {"price_bench": wanted.price_bench, "price_centre": wanted.price_centre}

    def page() -> str:
        from carecircles import comparison, maps
        from carecircles import plan as plans

        after = before
        if len(found.seats):
            after = plans.carry_out(before, scenarios.parse(places.steps_of(found)))
        change = comparison.compare(before, after)
        drawn = maps.benches_map(change, found, centre, lang=options.lang)
        text: str = drawn.get_root().render()
        return text

    def show(lang: str) -> None:
        lines = report.bench_notes(before, found, centre, **prices)
        print_table(
            report.bench_table(before, found, lang=lang),
            title=say(report.standard_note(before), lang),
            notes=[*(say(line, lang) for line in lines), *report.notes(before, lang=lang)],
            lang=lang,
        )

    give(
        Answer(
            lambda: report.bench_frame(before, found),
            lambda: report.bench_record(before, found, centre, **prices),
            show,
        ),
        before.area,
        format=format,
        out=out,
        beside={
            scenario: lambda: scenarios.scenario_text(scenarios.parse(places.steps_of(found))),
            map: page,
        },
        told=[out, scenario, map],
        inputs=inputs,
        lang=options.lang,
    )


def _require_memory(plan: "Plan", legs: float, wanted: Wanted, options: Options) -> None:
    """Before legs are measured, whether there is memory for all of them."""
    from carecircles import memory, reach

    most, estimate = memory.limit(options.memory), memory.of_benches(legs)
    factor = math.sqrt(estimate / max(most, 1.0))  # as the legs grow with the square of either
    stretch = reach.stretch_in(plan.reach) or 0.0
    wider = use(enlarged("--spacing", wanted.spacing * factor, wanted.spacing))
    shorter = Sentence(
        f", or a --stretch of less than {stretch:g}", zh=f"，或把 --stretch 改为小于 {stretch:g}"
    )
    doing = Sentence(f"a search over {legs:,.0f} legs", zh=f"在 {legs:,.0f} 段路程中搜索")
    memory.require(estimate, most=most, doing=doing, mend=joined([wider, shorter], ""))


def _problems(wanted: Wanted, options: Options) -> list[Sentence]:
    """Whether the numbers are ones that can be kept to."""
    problems = number_problems(
        (
            "--new",
            wanted.new,
            0 <= wanted.new <= _MOST,
            Sentence(f"a number from 0 to {_MOST}", zh=f"介于 0 到 {_MOST} 之间的整数"),
        ),
        (
            "--spacing",
            wanted.spacing,
            1 <= wanted.spacing < 1e6,
            Sentence("metres, 1 or more", zh="不小于 1 的米数"),
        ),
        (
            "--time-limit",
            wanted.time_limit,
            0 < wanted.time_limit < 1e6,
            Sentence("seconds above 0", zh="大于 0 的秒数"),
        ),
        *(
            (option, price, 0 <= (price or 0) < 1e15, _PRICE)
            for option, price in (
                ("--price-bench", wanted.price_bench),
                ("--price-centre", wanted.price_centre),
            )
        ),
    )
    if (
        options.stretch is None and options.rests is None and options.profile is None
    ):  # with --rests it is told anyway
        told = "benches: say how many metres are walked without a seat, such as --stretch 100."
        problems.append(
            Sentence(told, zh="benches：请写明无座椅时最多走多少米，如 --stretch 100。")
        )
    return problems


def _progress(value: float, bound: float) -> Sentence:
    known = Sentence(f"{value:,.0f} people", zh=f"{value:,.0f} 人")
    most = Sentence(f", at best {bound:,.0f}", zh=f"，至多 {bound:,.0f} 人")
    return joined([_LOOKING, Sentence(": ", zh="："), known, most, _ENOUGH], "")
