"""`carecircles site`."""

import contextlib
import dataclasses
import math
import sys
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carecircles.errors import ValidationError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.plan import Plan
    from carecircles.siting import Siting
    from carecircles.words import Text
from carecircles.cli._work import carried_out, enlarged, study_of
from carecircles.cli.options import (
    EvaluationFormat,
    Options,
    Out,
    app,
    datum_of,
    folder_of,
    inputs_of,
    options_problems,
    require,
    suffix_problems,
    target_problems,
    with_options,
)
from carecircles.cli.output import busy, print_json, remark, result_of
from carecircles.words import say


class Objective(StrEnum):
    coverage = "coverage"
    facilities = "facilities"
    distance = "distance"
    worst = "worst"
    backup = "backup"
    gradual = "gradual"


@app.command()
@with_options
def site(
    *,
    options: Options,
    new: Annotated[
        int | None,
        typer.Option(help="How many new centres; not with --objective facilities, nor --budget."),
    ] = None,
    objective: Annotated[
        Objective,
        typer.Option(
            help="coverage: most people; facilities: fewest centres; distance: least mean distance; "
            "worst: least far for the farthest; backup: most people with two centres; gradual: most "
            "people, those farther away counting less."
        ),
    ] = Objective.coverage,
    share: Annotated[
        float, typer.Option(help="Share of the people to cover, with --objective facilities.")
    ] = 1.0,
    full: Annotated[
        float, typer.Option(help="Metres up to which people count in full, with gradual.")
    ] = 300.0,
    candidates: Annotated[
        str | None,
        typer.Option(
            help="Where a centre could open: gaps (cells from which one would gain), grid (every "
            "cell), or a file of places.  [default: gaps for coverage and facilities, else grid]"
        ),
    ] = None,
    spacing: Annotated[
        float | None,
        typer.Option(help="Metres between candidates of gaps and grid; every cell if not given."),
    ] = None,
    keep_out: Annotated[
        Path | None,
        typer.Option(help="Polygons where no centre may stand, such as parks and water."),
    ] = None,
    service: Annotated[
        str | None,
        typer.Option(help="Count only centres with this service; candidates are all others."),
    ] = None,
    floor_by_street: Annotated[
        float | None, typer.Option(help="Least share of every street's people to cover.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(help="What may be spent instead of --new; the candidates' file has a price."),
    ] = None,
    curve: Annotated[
        int | None, typer.Option(help="Also the best plans of 1, 2, 3 ... so many centres.")
    ] = None,
    alternatives: Annotated[
        int, typer.Option(help="Also so many plans within 1 %, as far from each other as can be.")
    ] = 0,
    gap: Annotated[
        float, typer.Option(help="Stop when proven to be within this share of the best.")
    ] = 0.0,
    time_limit: Annotated[float, typer.Option(help="Seconds to search at most, each time.")] = 60.0,
    format: Annotated[
        EvaluationFormat, typer.Option(help="What to print.")
    ] = EvaluationFormat.table,
    map: Annotated[Path | None, typer.Option(help="HTML file to write a map to.")] = None,
    scenario: Annotated[
        Path | None,
        typer.Option(help="TOML file to write the plan to, for `whatif` and the live map."),
    ] = None,
    out: Out = None,
) -> None:
    """Find where new centres should stand, and prove that no other choice is better."""
    begun = time.monotonic()
    is_file = candidates not in (None, "gaps", "grid")
    inputs = inputs_of(options, keep_out, Path(candidates or "") if is_file else None)
    targets = [target for target in (map, out, scenario) if target is not None]
    require(
        _goal_problems(new, objective, budget, curve, alternatives),
        _search_problems(time_limit, gap, share, full, floor_by_street),
        _places_problems(candidates, spacing, keep_out, service, budget),
        options_problems(options),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        suffix_problems(map, (".html", ".htm"), "--map"),
        suffix_problems(scenario, (".toml",), "--scenario"),
        target_problems(targets, inputs),
    )
    datum = datum_of(options.datum)
    if options.centres is None and (is_file or keep_out is not None):
        options = dataclasses.replace(options, datum=None)  # the area's own centres have their own
    from carecircles import comparison, io, maps, memory, report, siting
    from carecircles import plan as plans
    from carecircles import scenario as scenarios

    is_spaced = service is None and not is_file
    of_rows = memory.CANDIDATE / max(1.0, (spacing or 0.0) / options.cell) ** 2 * is_spaced
    before = carried_out([], targets, options, service=service, of_rows=of_rows)[0][0]
    study = study_of(options, options.as_of)
    with busy("measuring distances"):
        if service is None:
            folder = folder_of(options.area)
            places, said = _places(
                before, objective, candidates, spacing, keep_out, budget, folder, datum
            )
            before = dataclasses.replace(before, area=_with_notes(before.area, said))
            study = _with_notes(study, said)
        else:
            places = siting.candidates_without(study, before)
        if places.empty:
            raise ValidationError([_nowhere(candidates, keep_out, service)])
        _require_siting_memory(
            objective,
            siting.pairs_expected(objective, before, places, full=full),
            options,
            spacing=(spacing or options.cell) if is_spaced else None,
        )
        prices = places["price"] if budget is not None else None
        question = siting.ask(
            before,
            places,
            goal=objective,
            weight=report.headline_group(before),
            rules=siting.Rules(floor_by_street=floor_by_street, prices=prices, budget=budget),
            full=full,
            share=share,
        )
    several, others = None, []
    with _watching() as watch:
        search = siting.Search(gap, time_limit, watch)
        first = dataclasses.replace(search, since=begun)  # reading and measuring count
        plan = siting.answer(question, new=new, search=first)
        if curve is not None and plan.status != "stopped":
            several = siting.curve_of(question, most=curve, search=search)
        if alternatives and plan.status != "stopped":
            others = siting.alternatives_to(plan, question, count=alternatives, search=search)
    made = scenarios.parse(report.siting_scenario(before, plan, places, service=service))
    whole = before if service is None else plans.evaluate(study, before.cells)
    after = plans.carry_out(whole, made, service=service)
    record = report.siting_record(before, after, plan, places, curve=several, others=others)
    results = result_of(
        out,
        lambda: report.siting_frame(before, plan, places),
        lambda: record,
        options.lang,
        groups=before.area.groups,
    )
    if scenario is not None:
        results[scenario] = lambda: scenarios.scenario_text(made)
    if map is not None:
        change = comparison.compare(before, after)
        results[map] = lambda: maps.change_map(change, lang=options.lang).get_root().render()
    with busy("writing"):
        io.write_results(results, inputs=inputs)
    if format is EvaluationFormat.json:
        print_json(record)
    elif format is EvaluationFormat.csv:
        typer.echo(io.csv_text(report.siting_frame(before, plan, places)), nl=False)
        remark(before.area, options.lang)
    else:
        _print_siting(before, after, plan, places, several, others, options.lang)
        for target in targets:
            typer.echo(str(target))


def _require_siting_memory(
    objective: Objective, pairs: float, options: Options, *, spacing: float | None
) -> None:
    """Before candidates are measured, whether there is memory for all of their pairs."""
    from carecircles import memory

    most = memory.limit(options.memory)
    estimate = memory.of_siting(objective, pairs)
    factor = estimate / max(most, 1.0)
    larger = enlarged("--cell", options.cell * math.sqrt(factor), options.cell)
    mend = f"use {larger} or name fewer candidates"
    if spacing is not None:  # both the cells and the candidates grow fewer with the cell
        wide = math.ceil(spacing * math.sqrt(factor) / options.cell) * options.cell
        larger = enlarged("--cell", options.cell * factor**0.25, options.cell)
        mend = f"use {enlarged('--spacing', wide, spacing)}, or {larger}"
    memory.require(estimate, most=most, doing=f"a table of {pairs:,.0f} pairs", mend=mend)


def _goal_problems(
    new: int | None,
    objective: Objective,
    budget: float | None,
    curve: int | None,
    alternatives: int,
) -> list[str]:
    """Whether it is clear what `site` is to find."""
    problems = []
    if objective is Objective.facilities:
        problems += [
            f"{option} does not go with --objective facilities, which finds the number."
            for option, value in (("--new", new), ("--budget", budget), ("--curve", curve))
            if value is not None
        ]
    elif (new is None) == (budget is None):
        problems.append("say how many new centres, --new 3, or what they may cost, --budget 500.")
    if budget is not None and not 0 <= budget < 1e15:
        problems.append(f"--budget is {budget:g}; write 0 or more.")
    if budget is not None and curve is not None:
        problems.append("--curve counts centres; it does not go with --budget.")
    problems += [
        f"{option} is {value}; write a number from 0 to {most:,}."
        for option, value, most in (
            ("--new", new, 1000),
            ("--curve", curve, 100),
            ("--alternatives", alternatives, 20),
        )
        if value is not None and not 0 <= value <= most
    ]
    return problems


def _search_problems(
    time_limit: float, gap: float, share: float, full: float, floor: float | None
) -> list[str]:
    """Whether the numbers that a search keeps to are ones it can keep to."""
    problems = []
    if not 0 < time_limit < 1e6:
        problems.append(f"--time-limit is {time_limit:g}; write seconds above 0.")
    if not 0 <= gap < 1:
        problems.append(f"--gap is {gap:g}; write a share from 0 to below 1.")
    if not 0 <= full < 1e6:
        problems.append(f"--full is {full:g}; write metres, 0 or more.")
    problems += [
        f"{option} is {value:g}; write a share from 0 to 1."
        for option, value in (("--share", share), ("--floor-by-street", floor))
        if value is not None and not 0 <= value <= 1
    ]
    return problems


def _places_problems(
    candidates: str | None,
    spacing: float | None,
    keep_out: Path | None,
    service: str | None,
    budget: float | None,
) -> list[str]:
    """Whether it is clear where centres could open."""
    problems = []
    is_file = candidates not in (None, "gaps", "grid")
    if service is not None:
        problems += [
            f"{option} does not go with --service, whose candidates are the centres without it."
            for option, value in (
                ("--candidates", candidates),
                ("--spacing", spacing),
                ("--keep-out", keep_out),
                ("--budget", budget),
            )
            if value is not None
        ]
    elif budget is not None and not is_file:
        problems.append("--budget needs --candidates with a file that has a column price.")
    if spacing is not None and is_file:
        problems.append("--spacing goes with the candidates of gaps and grid.")
    if spacing is not None and not 0 < spacing < 1e6:
        problems.append(f"--spacing is {spacing:g}; write metres above 0 and below 1,000,000.")
    return problems


def _nowhere(candidates: str | None, keep_out: Path | None, service: str | None) -> str:
    """Why there is no candidate."""
    if service is not None:
        return f"every centre offers {service!r} already; there is none to add it to."
    if keep_out is not None:
        return f"{keep_out.name}: it leaves no place where a centre could stand."
    if candidates in (None, "gaps"):
        return "no cell would gain anyone from a new centre; all within the area is covered."
    return "there is no candidate; name a file with places, or gaps or grid."


def _places(
    before: "Plan",
    objective: Objective,
    candidates: str | None,
    spacing: float | None,
    keep_out: Path | None,
    budget: float | None,
    folder: Path,
    datum: str | None,
) -> "tuple[gpd.GeoDataFrame, list[Text]]":
    """Where a centre could open, and what was taken for granted about the files that say so."""
    from carecircles import area, io, siting

    notes: list[Text] = []
    if candidates is None:
        candidates = "gaps" if siting.GOALS[objective].from_gaps else "grid"
    if candidates == "gaps":
        places = siting.candidates_in_gaps(before, spacing=spacing)
    elif candidates == "grid":
        places = siting.candidates_on_grid(before.cells, spacing=spacing)
    else:
        places = siting.read_candidates(candidates, folder=folder, plan=before, datum=datum)
        notes += places.attrs["notes"]
    if budget is not None and places["price"].isna().any():
        some = ", ".join(map(str, places.index[places["price"].isna()][:5]))
        name = Path(candidates).name
        raise ValidationError([f"{name}: there is no price for {some}; fill the column price."])
    if keep_out is not None:
        polygons = io.read_polygons(keep_out, crs=before.area.crs, datum=datum)
        notes += area.datum_notes(polygons, file=keep_out.name)
        places = siting.outside(places, polygons)
    return places, notes


def _with_notes(study: "StudyArea", notes: "list[Text]") -> "StudyArea":
    return dataclasses.replace(study, notes=(*study.notes, *notes))


def _print_siting(
    before: "Plan",
    after: "Plan",
    plan: "Siting",
    places: "gpd.GeoDataFrame",
    several: "pd.DataFrame | None",
    others: "list[tuple[float, Siting]]",
    lang: str,
) -> None:
    from carecircles import report

    tables = [report.siting_table(before, plan, places, lang=lang)]
    if several is not None:
        tables.append(report.curve_table(before, plan, several, lang=lang))
    if others:
        tables.append(report.alternatives_table(before, others, places, lang=lang))
    notes = [say(line, lang) for line in report.siting_notes(before, plan, places)]
    titles = [say(report.standard_note(before), lang), *[""] * (len(tables) - 1)]
    for table, title in zip(tables[:-1], titles, strict=False):
        report.print_table(table, title=title, lang=lang)
    below = [*notes, *report.siting_remarks(before, after, lang=lang)]
    report.print_table(tables[-1], title=titles[len(tables) - 1], notes=below, lang=lang)


@contextlib.contextmanager
def _watching() -> "Iterator[Callable[[float, float], None] | None]":
    """Say how good the best plan is and what no plan can beat, where somebody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with Console(stderr=True).status(
        "looking for sites; Ctrl-C for the best plan so far"
    ) as status:

        def tell(value: float, bound: float) -> None:
            gap = abs(bound - value) / max(abs(value), 1.0)
            known = f"{value:,.0f}, at best {bound:,.0f}, gap {100 * gap:.2f} %"
            status.update(
                f"looking for sites: {known if gap <= 1 else 'no good plan yet'}; "
                "Ctrl-C for the best plan so far"
            )

        yield tell
