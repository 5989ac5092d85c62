"""The command line: parse, call, print; nothing else. Heavy modules are imported where they are used."""

import contextlib
import dataclasses
import datetime
import functools
import inspect
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

import typer

from carecircles import __version__, _signals
from carecircles.errors import InfeasibleError, SolverError, ValidationError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.maps import Drawing
    from carecircles.plan import Plan
    from carecircles.siting import Siting
    from carecircles.words import Text

_BASELINE = "baseline"
_MOST_PROBLEMS = 100
_STOPPED = 130

app = typer.Typer(
    name="carecircles",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Who is within a short walk of an elderly-care centre, who is not, and where.",
)


class Language(StrEnum):
    en = "en"
    zh = "zh"


class By(StrEnum):
    street = "street"
    district = "district"


class EvaluationFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"


class Objective(StrEnum):
    coverage = "coverage"
    facilities = "facilities"
    distance = "distance"
    worst = "worst"
    backup = "backup"
    gradual = "gradual"


class Split(StrEnum):
    street = "street"


class GapsFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    geojson = "geojson"


def _language(asked: Language | None) -> Language:
    """The language asked for, or that of the surroundings as POSIX reads them: Chinese or English."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, named), "")
    return asked or (Language.zh if locale.casefold().startswith("zh") else Language.en)


@dataclass(frozen=True)
class Options:
    """What every command that evaluates a study area is told about it, as one value."""

    area: Annotated[
        str, typer.Option(help="A bundled study area, or a folder shaped like one (see `init`).")
    ] = "hexi"
    centres: Annotated[
        Path | None,
        typer.Option(
            help="Another list of centres, instead of the area's own; FILE.xlsx#SHEET names a sheet."
        ),
    ] = None
    datum: Annotated[
        str | None,
        typer.Option(
            help="Datum of the files named with --centres, --candidates and --keep-out, or of the "
            "area's own centres where none is named: wgs84, cgcs2000, gcj02 or bd09."
        ),
    ] = None
    no_neighbours: Annotated[
        bool,
        typer.Option("--no-neighbours", help="Leave out centres beyond the border."),
    ] = False
    cell: Annotated[float, typer.Option(help="Side of a grid cell in metres.")] = 50.0
    radius: Annotated[
        float | None,
        typer.Option(help="Metres that count as near; the area's standard if not given."),
    ] = None
    minutes: Annotated[
        float | None,
        typer.Option(
            help="Minutes on foot that the radius stands for; follows the radius if not given."
        ),
    ] = None
    as_of: Annotated[
        datetime.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Count only centres open on this day."),
    ] = None
    lang: Annotated[
        Language,
        typer.Option(
            help="Language of tables and maps; that of the locale (LC_ALL, LC_MESSAGES, LANG) if "
            "not given.",
            callback=_language,
        ),
    ] = None  # type: ignore[assignment]  # which `_language` replaces
    memory: Annotated[
        str | None,
        typer.Option(help="Memory that may be used, such as 4GB.  [default: 80 % of what is free]"),
    ] = None


Out = Annotated[Path | None, typer.Option(help="File to write; its suffix names the format.")]


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes `options: Options` as one that takes each of them, the way typer reads it."""
    shared = inspect.signature(Options).parameters
    own = inspect.signature(command).parameters

    @functools.wraps(command)
    def run(**values: object) -> None:
        options = Options(**{name: values.pop(name) for name in shared})  # type: ignore[arg-type]
        command(**values, options=options)

    every = [p for p in own.values() if p.name != "options"] + list(shared.values())
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in every]
    setattr(run, "__signature__", inspect.Signature(parameters))  # noqa: B010  (typer reads it)
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


@app.command("map")
@_with_options
def draw_map(
    *,
    options: Options,
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file to write.  [default: AREA-coverage.html, AREA-live.html]"),
    ] = None,
    tiles: Annotated[
        str | None,
        typer.Option(
            help="Base map from the network: openstreetmap, carto, esri, tianditu, gaode, tencent, "
            "baidu, or an address with {z}, {x} and {y}.  [default: none]"
        ),
    ] = None,
    tiles_datum: Annotated[
        str | None, typer.Option(help="Datum of the tiles of an address, such as gcj02.")
    ] = None,
    attribution: Annotated[
        str, typer.Option(help="Whom to name for the tiles of an address.")
    ] = "",
    live: Annotated[
        bool,
        typer.Option("--live", help="A map to plan on: add, drag and remove centres."),
    ] = False,
) -> None:
    """Write the coverage map, one HTML file that needs no network, and print the summary."""
    out = out or Path(f"{_label(options.area)}-{'live' if live else 'coverage'}.html")
    inputs = _inputs(options)

    def base_map() -> "Drawing | None":
        return _tiles(tiles, tiles_datum, attribution, options.lang)

    _require(
        _options_problems(options),
        _suffix_problems(out, (".html", ".htm")),
        _problems_of(base_map),
        _target_problems([out], inputs),
    )
    plan = _evaluate(options, is_drawn=live)
    with _busy("drawing the map"):
        from carecircles import io, maps, report

        draw = maps.whatif_map if live else maps.coverage_map
        page = draw(plan, lang=options.lang, tiles=base_map()).get_root().render()
        io.write_results({out: lambda: page}, inputs=inputs)
    table = report.summary_table(plan, lang=options.lang)
    title = report.say(maps.title(plan.area), options.lang)
    notes = report.notes(plan, lang=options.lang)
    report.print_table(table, title=title, notes=notes, lang=options.lang)
    typer.echo(str(out))


@app.command()
@_with_options
def evaluate(
    *,
    options: Options,
    by: Annotated[By, typer.Option(help="A row a street, or only the district.")] = By.street,
    format: Annotated[
        EvaluationFormat, typer.Option(help="What to print.")
    ] = EvaluationFormat.table,
    out: Out = None,
) -> None:
    """Say how many people and how much area are covered, by street and for the district."""
    inputs = _inputs(options)
    _require(
        _options_problems(options),
        _suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        _target_problems([out], inputs),
    )
    plan = _evaluate(options)
    from carecircles import io, report

    record = report.evaluation_record(plan, by=by)
    frame = report.coverage_frame(plan, by=by)
    io.write_results(_result(out, lambda: frame, lambda: record), inputs=inputs)
    if format is EvaluationFormat.json:
        _print_json(record)
    elif format is EvaluationFormat.csv:
        typer.echo(io.csv_text(frame), nl=False)
        _remark(plan.area, options.lang)
    else:
        report.print_table(
            report.coverage_table(plan, by=by, lang=options.lang),
            title=report.say(report.standard_note(plan), options.lang),
            notes=report.notes(plan, lang=options.lang),
            lang=options.lang,
        )


@app.command()
@_with_options
def gaps(
    *,
    options: Options,
    format: Annotated[GapsFormat, typer.Option(help="What to print.")] = GapsFormat.table,
    out: Out = None,
    smallest: Annotated[
        float, typer.Option(help="Square metres below which a zone goes to 'other'.")
    ] = 10_000.0,
    split: Annotated[
        Split | None, typer.Option(help="Cut zones at the borders of streets.  [default: none]")
    ] = None,
) -> None:
    """List the contiguous uncovered zones, most older people first."""
    inputs = _inputs(options)
    _require(
        _options_problems(options),
        [] if smallest >= 0 else [f"--smallest is {smallest:g}; write square metres, 0 or more."],
        _suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        _target_problems([out], inputs),
    )
    plan = _evaluate(options)
    from carecircles import gaps as zones_of
    from carecircles import io, report

    how: dict = {"smallest_m2": smallest, "split": split.value if split else None}
    zones = zones_of.uncovered_zones(plan.cells, cutoff=plan.cost.cutoff, **how)
    parts = zones_of.by_street(plan.cells, **how)
    record, frame = report.gaps_record(plan, zones, parts), report.gaps_frame(plan, zones)
    io.write_results(_result(out, lambda: frame, lambda: record), inputs=inputs)
    if format is GapsFormat.json:
        _print_json(record)
    elif format is GapsFormat.csv:
        typer.echo(io.csv_text(frame), nl=False)
        _remark(plan.area, options.lang)
    elif format is GapsFormat.geojson:
        typer.echo(io.geojson_text(frame), nl=False)
        _remark(plan.area, options.lang)
    else:
        report.print_table(
            report.gaps_table(plan.area, zones, parts=parts, lang=options.lang),
            title=report.say(report.standard_note(plan), options.lang),
            notes=report.notes(plan, lang=options.lang),
            lang=options.lang,
        )


@app.command()
@_with_options
def whatif(
    *,
    options: Options,
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO.toml]...",
            help="Scenario files, or names of the area's own; several give a league table.",
        ),
    ] = None,
    against: Annotated[
        str, typer.Option(help="What to compare with: baseline, or another scenario.")
    ] = "baseline",
    close_each: Annotated[
        bool, typer.Option("--close-each", help="What closing each centre alone would lose.")
    ] = False,
    open_everywhere: Annotated[
        bool, typer.Option("--open-everywhere", help="What a centre at each cell would gain.")
    ] = False,
    by: Annotated[By, typer.Option(help="A row a street, or only the district.")] = By.street,
    service: Annotated[
        str | None, typer.Option(help="Count only centres with this service, such as health_post.")
    ] = None,
    format: Annotated[
        EvaluationFormat, typer.Option(help="What to print.")
    ] = EvaluationFormat.table,
    map: Annotated[Path | None, typer.Option(help="HTML file to write a map to.")] = None,
    out: Out = None,
) -> None:
    """Say who gains and who loses when centres open, close or move, or the standard changes."""
    scenarios = scenarios or []
    is_league = len(scenarios) > 1
    shapes = () if is_league else (".geojson", ".gpkg")
    others, nowhere = _scenarios([] if against == _BASELINE else [against], options.area)
    named, unknown = _scenarios(scenarios, options.area)
    paths = [*others, *_once(named, others)]
    inputs = _inputs(options, *paths)
    _require(
        _question_problems(
            scenarios, against, close_each=close_each, open_everywhere=open_everywhere
        ),
        _options_problems(options),
        _suffix_problems(out, (".json", ".csv", ".xlsx", ".parquet", *shapes)),
        _suffix_problems(map, (".html", ".htm"), "--map"),
        [*nowhere, *unknown],
        _target_problems([map, out], inputs),
    )
    from carecircles import io, memory

    is_long = open_everywhere and (out is not None or format is not EvaluationFormat.table)
    of_rows = memory.TABLE_ROW if is_long else 0.0
    plans, read = _carry_out(paths, [map, out], options, service=service, of_rows=of_rows)
    inputs += read
    if others:
        del plans[0]
    if close_each:
        answer = _closings(plans[-1])
    elif open_everywhere:
        answer = _openings(plans[-1])
    elif is_league:
        answer = _league(plans[0], plans[1:])
    else:
        answer = _change(plans[0], plans[1], by)
    results = _result(out, answer.frame, answer.record)
    if map is not None:
        results[map] = lambda: answer.page(options.lang)
    with _busy("writing"):
        io.write_results(results, inputs=inputs)
    if format is EvaluationFormat.json:
        _print_json(answer.record())
    elif format is EvaluationFormat.csv:
        typer.echo(io.csv_text(answer.frame()), nl=False)
        _remark(plans[-1].area, options.lang)
    else:
        answer.show(options.lang)
        if map is not None:
            typer.echo(str(map))


@app.command()
@_with_options
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
        typer.Option(help="What may be spent instead of --new; the candidates' file has a cost."),
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
    inputs = _inputs(options, keep_out, Path(candidates or "") if is_file else None)
    targets = [target for target in (map, out, scenario) if target is not None]
    _require(
        _goal_problems(new, objective, budget, curve, alternatives),
        _search_problems(time_limit, gap, share, full, floor_by_street),
        _places_problems(candidates, spacing, keep_out, service, budget),
        _options_problems(options),
        _suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        _suffix_problems(map, (".html", ".htm"), "--map"),
        _suffix_problems(scenario, (".toml",), "--scenario"),
        _target_problems(targets, inputs),
    )
    datum = _datum(options.datum)
    if options.centres is None and (is_file or keep_out is not None):
        options = dataclasses.replace(options, datum=None)  # the area's own centres have their own
    from carecircles import comparison, io, maps, memory, report, siting
    from carecircles import plan as plans
    from carecircles import scenario as scenarios

    is_spaced = service is None and not is_file
    of_rows = memory.CANDIDATE / max(1.0, (spacing or 0.0) / options.cell) ** 2 * is_spaced
    before = _carry_out([], targets, options, service=service, of_rows=of_rows)[0][0]
    study = _study(options, options.as_of)
    with _busy("measuring distances"):
        if service is None:
            folder = _folder(options.area)
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
        cost = siting.cost_for(objective, before, places, full=full)
    group = report.headline_group(before)
    prices = places["cost"] if budget is not None else None
    asked: dict = {
        "cutoff": before.area.standard.metres,
        "weight": group,
        "required": list(before.area.facilities.index),
        "candidates": list(places.index),
        "rules": siting.Rules(floor_by_street=floor_by_street, costs=prices, budget=budget),
    }
    asked |= {"share": share} if objective is Objective.facilities else {}
    asked |= {"full": full} if objective is Objective.gradual else {}
    model = siting.MODELS[objective]
    several, others = None, []
    cells = before.cells.assign(street=report.street_labels(before))
    with _watching() as watch:
        asked["search"] = siting.Search(gap, time_limit, watch)
        sought = asked if objective is Objective.facilities else {**asked, "new": new}
        first = siting.Search(gap, time_limit, watch, since=begun)  # reading and measuring count
        plan = model(cells, cost, **(sought | {"search": first}))
        if curve is not None and plan.status != "stopped":
            several = siting.curve(model, cells, cost, most=curve, **asked)
        if alternatives and plan.status != "stopped":
            others = siting.alternatives(
                model, plan, cells, cost, places.geometry,
                count=alternatives, **sought,
            )  # fmt: skip
    plan, *rest = siting.with_gross(before, places, group, plan, *(other for _, other in others))
    others = [(metres, other) for (metres, _), other in zip(others, rest, strict=True)]
    made = scenarios.parse(report.siting_scenario(before, plan, places, service=service))
    whole = before if service is None else plans.evaluate(study, before.cells)
    after = plans.carry_out(whole, made, service=service)
    record = report.siting_record(before, after, plan, places, curve=several, others=others)
    results = _result(out, lambda: report.siting_frame(before, plan, places), lambda: record)
    if scenario is not None:
        results[scenario] = lambda: scenarios.scenario_text(made)
    if map is not None:
        change = comparison.compare(before, after)
        results[map] = lambda: maps.change_map(change, lang=options.lang).get_root().render()
    with _busy("writing"):
        io.write_results(results, inputs=inputs)
    if format is EvaluationFormat.json:
        _print_json(record)
    elif format is EvaluationFormat.csv:
        typer.echo(io.csv_text(report.siting_frame(before, plan, places)), nl=False)
        _remark(before.area, options.lang)
    else:
        _print_siting(before, after, plan, places, several, others, options.lang)
        for target in targets:
            typer.echo(str(target))


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Data files, or folders of a study area.")],
    area: Annotated[
        str | None,
        typer.Option(
            help="Study area to hold centres and population against.  "
            "[default: the folder the file is in, if it has an area.toml, else hexi]"
        ),
    ] = None,
    datum: Annotated[
        str | None,
        typer.Option(
            help="Datum of the files named with --centres, --candidates and --keep-out, or of the "
            "area's own centres where none is named: wgs84, cgcs2000, gcj02 or bd09."
        ),
    ] = None,
) -> None:
    """Validate files and say what was understood of them."""
    datum = _datum(datum)
    from carecircles import report
    from carecircles.area import check_file

    problems: list[str] = []
    for path in files:
        try:
            is_inside = (path.parent / "area.toml").is_file()
            against = path.parent if area is None and is_inside else _folder(area or "hexi")
            lines = check_file(path, area=against, datum=datum)
        except ValidationError as err:
            problems += err.problems
        except OSError as err:
            problems.append(f"{path}: cannot be read ({err.strerror}); check the path.")
        else:
            typer.echo("\n".join(report.printable(line) for line in lines))
    if problems:
        raise ValidationError(problems)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
) -> None:
    """Write a documented study area of invented data, to put your own files into."""
    from carecircles import datasets

    datasets.write_template(folder)
    typer.echo(f"{folder}: read README.md there, then try `carecircles map --area {folder}`")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


# The steps of a command


def _evaluate(options: Options, *, is_drawn: bool = False) -> "Plan":
    """The study area as the options want it, evaluated."""
    study = _study(options, options.as_of)
    _require_memory(study, options, is_drawn=is_drawn)
    from carecircles import grid
    from carecircles import plan as plans

    with _busy("making the grid"):
        demand = grid.make_demand(study.streets, study.population, cell=options.cell)
    with _busy("measuring distances and counting people"):
        return plans.evaluate(study, demand)


def _study(options: Options, as_of: datetime.datetime | None = None) -> "StudyArea":
    """The study area as the options want it, with all its centres or those open on a day."""
    datum = _datum(options.datum)
    with _busy("reading"):
        from carecircles.area import area_on, read_area, standard_of, without_neighbours

        study = read_area(_folder(options.area), centres=options.centres, datum=datum)
        study = without_neighbours(study) if options.no_neighbours else study
        standard = standard_of(study.standard, metres=options.radius, minutes=options.minutes)
        study = dataclasses.replace(study, standard=standard)
        return study if as_of is None else area_on(study, as_of)


def _require_memory(
    study: "StudyArea",
    options: Options,
    *,
    plans: int = 1,
    is_drawn: bool = False,
    of_rows: float = 0.0,
) -> None:
    """Before the grid is made, whether there is memory for it and what follows."""
    from carecircles import grid, memory

    _require(grid.cell_problems(options.cell), grid.count_problems(study.streets, options.cell))
    most = memory.limit(options.memory)
    estimate = memory.of_evaluation(
        study, cell=options.cell, plans=plans, is_drawn=is_drawn, of_rows=of_rows
    )
    larger = _larger("--cell", options.cell * math.sqrt(estimate / max(most, 1.0)), options.cell)
    memory.require(estimate, most=most, doing=f"--cell {options.cell:g}", mend=f"use {larger}")


def _require_siting_memory(
    objective: Objective, pairs: float, options: Options, *, spacing: float | None
) -> None:
    """Before candidates are measured, whether there is memory for all of their pairs."""
    from carecircles import memory

    most = memory.limit(options.memory)
    estimate = memory.of_siting(objective, pairs)
    factor = estimate / max(most, 1.0)
    larger = _larger("--cell", options.cell * math.sqrt(factor), options.cell)
    mend = f"use {larger} or name fewer candidates"
    if spacing is not None:  # both the cells and the candidates grow fewer with the cell
        wide = math.ceil(spacing * math.sqrt(factor) / options.cell) * options.cell
        larger = _larger("--cell", options.cell * factor**0.25, options.cell)
        mend = f"use {_larger('--spacing', wide, spacing)}, or {larger}"
    memory.require(estimate, most=most, doing=f"a table of {pairs:,.0f} pairs", mend=mend)


def _larger(option: str, wanted: float, now: float) -> str:
    """An option with the metres it wants, where those are still of use."""
    return f"{option} {math.ceil(wanted)}" if wanted < 20 * now else f"a larger {option}"


def _question_problems(
    scenarios: list[str], against: str, *, close_each: bool, open_everywhere: bool
) -> list[str]:
    """Whether it is clear what `whatif` is asked."""
    problems: list[str] = []
    if close_each and open_everywhere:
        problems.append("--close-each and --open-everywhere are two questions; ask one at a time.")
    if close_each or open_everywhere:
        if len(scenarios) > 1:
            problems.append(
                "--close-each and --open-everywhere look at one plan; name one scenario, or none."
            )
        if against != _BASELINE:
            problems.append("--against does not go with --close-each and --open-everywhere.")
    elif not scenarios:
        problems.append(
            "there is no scenario; name a TOML file, or ask --close-each or --open-everywhere."
        )
    return problems


def _scenarios(names: list[str], area: str) -> tuple[list[Path], list[str]]:
    """The scenario files that are meant, and sentences about those that are not there."""
    paths: list[Path] = []
    problems: list[str] = []
    with contextlib.suppress(ValidationError):  # an area nobody knows is told elsewhere
        folder = _folder(area)
        for name in names:
            try:
                paths.append(_scenario(name, folder))
            except ValidationError as err:
                problems += err.problems
    return paths, problems


def _once(paths: list[Path], others: list[Path]) -> list[Path]:
    """Each file once, in a league without those it is held against; at least one."""
    left_out = {path.resolve() for path in others}
    different = list({path.resolve(): path for path in paths}.values())
    if len(paths) > 1:
        different = [path for path in different if path.resolve() not in left_out] or paths[:1]
    return different


def _scenario(name: str, folder: Path) -> Path:
    """A scenario file of the user's, or one of the study area's by name."""
    scenarios = (folder / "scenarios").resolve()
    own = scenarios / f"{name}.toml"
    exists = os.path.isfile  # unlike Path.is_file, False for what is too long for a name
    is_file = exists(name) or name.casefold().endswith(".toml")
    if is_file or scenarios not in own.resolve().parents:
        return Path(name)
    if not exists(own):
        known = ", ".join(sorted(path.stem for path in scenarios.glob("*.toml")))
        has = f"the area has {known}" if known else "the area has none of its own"
        raise ValidationError([f"scenario {name!r} is no file and no scenario of the area; {has}."])
    return own


def _carry_out(
    paths: list[Path],
    targets: Sequence[Path | None],
    options: Options,
    *,
    service: str | None = None,
    of_rows: float = 0.0,
) -> "tuple[list[Plan], list[Path]]":
    """
    The study area as it is and with each scenario, evaluated, and the files the scenarios stand in.

    Of a service, only its centres count. `of_rows` are bytes of what has a row for each cell.
    """
    study = _study(options)
    _require_memory(study, options, plans=1 + len(paths), of_rows=of_rows)
    with _busy("reading the scenarios"):
        from carecircles import grid, scenario
        from carecircles import plan as plans
        from carecircles.area import area_on, offering

        day = None if options.as_of is None else options.as_of.date()
        problems: list[str] = []
        areas = [area_on(study, day) if day else study]
        names = [plans.AS_IT_IS]
        read: list[Path] = []
        for path in paths:
            try:
                steps = scenario.read_scenario(path)
                read += steps.files
                steps = dataclasses.replace(steps, as_of=steps.as_of or day)
                areas.append(scenario.apply(study, steps))
                names.append({"en": steps.name_en, "zh": steps.name})
            except ValidationError as err:
                problems += err.problems
                problems += _more_problems(study, err.understood)
        problems += _target_problems(targets, read)
        if service is not None:
            problems += _problems_of(lambda: offering(study, service))
        _require(problems)
        if service is not None:
            areas = [offering(area, service) for area in areas]
    with _busy("making the grid"):
        demand = grid.make_demand(study.streets, study.population, cell=options.cell)
    with _busy("measuring distances and counting people"):
        every = plans.evaluate(study, demand)
        made = [
            plans.evaluate(area, demand, base=every, name=name)
            for area, name in zip(areas, names, strict=True)
        ]
    return made, read


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
        problems.append("--budget needs --candidates with a file that has a column cost.")
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
    if budget is not None and places["cost"].isna().any():
        some = ", ".join(map(str, places.index[places["cost"].isna()][:5]))
        name = Path(candidates).name
        raise ValidationError([f"{name}: there is no cost for {some}; fill the column cost."])
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
    notes = [report.say(line, lang) for line in report.siting_notes(before, plan, places)]
    titles = [report.say(report.standard_note(before), lang), *[""] * (len(tables) - 1)]
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


def _more_problems(study: "StudyArea", understood: object) -> list[str]:
    """What is wrong in the study area with the steps of a scenario that are sound in themselves."""
    from carecircles import scenario

    if not isinstance(understood, scenario.Scenario):
        return []
    try:
        scenario.apply(study, understood)
    except ValidationError as err:
        return list(err.problems)
    return []


class _Answer(NamedTuple):
    """What `whatif` has to say: for files, for programs, for the terminal and as a map."""

    frame: "Callable[[], pd.DataFrame]"
    record: Callable[[], dict]
    show: Callable[[str], None]
    page: Callable[[str], str]


def _change(before: "Plan", after: "Plan", by: str) -> _Answer:
    from carecircles import comparison, maps, report

    change = comparison.compare(before, after)

    def show(lang: str) -> None:
        names = [report.say(report.plan_name(plan), lang) for plan in (before, after)]
        report.print_table(
            report.change_table(change, by=by, lang=lang), title=" → ".join(names), lang=lang
        )
        report.print_table(
            report.groups_table(change, lang=lang),
            title=report.say(report.standard_note(after), lang),
            notes=[
                *(report.say(line, lang) for line in report.change_notes(change)),
                *report.notes(after, lang=lang),
            ],
            lang=lang,
        )

    return _Answer(
        lambda: report.change_frame(change, by=by),
        lambda: report.change_record(change, by=by),
        show,
        lambda lang: maps.change_map(change, lang=lang).get_root().render(),
    )


def _league(before: "Plan", plans: "list[Plan]") -> _Answer:
    from carecircles import comparison, maps, report

    changes = [comparison.compare(before, plan) for plan in plans]

    def show(lang: str) -> None:
        report.print_table(
            report.league_table(changes, lang=lang),
            title=report.say(report.plan_name(before), lang),
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
        report.print_table(
            report.losses_table(plan, losses, lang=lang),
            title=report.say(report.plan_name(plan), lang),
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
        report.print_table(
            report.gains_table(plan, gains, lang=lang),
            title=report.say(report.plan_name(plan), lang),
            notes=[report.say(report.GAIN_NOTE, lang), *report.notes(plan, lang=lang)],
            lang=lang,
        )

    return _Answer(
        lambda: report.gains_frame(plan, gains),
        lambda: report.plan_record(plan, "places", report.gains_frame(plan, gains)),
        show,
        lambda lang: maps.gain_map(plan, gains, lang=lang).get_root().render(),
    )


def _folder(area: str) -> Path:
    """A folder of the user's, or a bundled study area by name."""
    from carecircles import datasets

    # Unlike Path.is_dir, False for what is too long for a name.
    is_path = os.path.isdir(area) or any(mark in area for mark in ("/", os.sep))  # noqa: PTH112
    return Path(area) if is_path else datasets.folder(area)


def _label(area: str) -> str:
    return Path(area).resolve().name if os.path.isdir(area) else Path(area).name  # noqa: PTH112


def _datum(datum: str | None, option: str = "--datum") -> str | None:
    from carecircles.datum import parse_datum

    try:
        return None if datum is None else parse_datum(datum)
    except ValueError as err:
        raise ValidationError([f"{option}: {err}."]) from None


def _tiles(tiles: str | None, datum: str | None, attribution: str, lang: str) -> "Drawing | None":
    """The base map asked for, if any."""
    if tiles is None:
        if datum is not None or attribution:
            raise ValidationError(["--tiles-datum and --attribution go with --tiles."])
        return None
    from carecircles import maps

    return maps.tile_layer(
        tiles, datum=_datum(datum, "--tiles-datum"), attribution=attribution, lang=lang
    )


def _require(*problems: list[str]) -> None:
    """Go on only if nothing is wrong; all that is wrong is told at once."""
    found = list(dict.fromkeys(line for some in problems for line in some))
    if found:
        raise ValidationError(found)


def _problems_of(check: Callable[[], object]) -> list[str]:
    """What a check that raises has to say."""
    try:
        check()
    except ValidationError as err:
        return list(err.problems)
    return []


def _options_problems(options: Options) -> list[str]:
    """What is wrong with the options that commands share, before any file is read."""
    from carecircles import area, grid, memory

    return [
        *_problems_of(lambda: _folder(options.area)),
        *_problems_of(lambda: _datum(options.datum)),
        *_problems_of(
            lambda: area.standard_of(
                area.Standard(), metres=options.radius, minutes=options.minutes
            )
        ),
        *grid.cell_problems(options.cell),
        *_problems_of(lambda: memory.limit(options.memory)),
    ]


def _suffix_problems(
    out: Path | None, suffixes: tuple[str, ...], option: str = "--out"
) -> list[str]:
    """Before the work starts, whether its result can be written as asked."""
    if out is None or out.suffix.casefold() in suffixes:
        return []
    return [f"{option}: {out.name} has to end in {', '.join(suffixes)}."]


def _inputs(options: Options, *files: Path | None) -> list[Path]:
    """The files that a run is to read: the study area's wherever they lie, and those it is told."""
    from carecircles import area

    own: list[Path] = []
    with contextlib.suppress(ValidationError):  # an area nobody knows is told elsewhere
        own = area.files_of(_folder(options.area))
    told = [path for path in (options.centres, *files) if path is not None]
    return [*own, *(path for one in told for path in area.files_told(one))]


def _target_problems(targets: Sequence[Path | None], inputs: list[Path]) -> list[str]:
    """Whether results can be written where they are to go; none takes the place of an input."""
    from carecircles import io

    places = [target for target in targets if target is not None]
    wrong = [line for place in places for line in io.target_problems(place, inputs)]
    return [*wrong, *io.of_one_file(places)]


def _result(
    out: Path | None, frame: "Callable[[], pd.DataFrame]", record: Callable[[], dict]
) -> "dict[Path, Callable[[], str | pd.DataFrame]]":
    """What `--out` is made of: the record as JSON, or the frame."""
    if out is None:
        return {}
    is_json = out.suffix.casefold() == ".json"
    return {out: (lambda: _json(record())) if is_json else frame}


def _json(record: dict) -> str:
    import json

    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _print_json(record: dict) -> None:
    typer.echo(_json(record), nl=False)


def _remark(study: "StudyArea", lang: str) -> None:
    """What was taken for granted, beside a document on stdout that has no room for it."""
    from carecircles import report

    for note in study.notes:
        typer.echo(f"carecircles: {report.printable(report.say(note, lang))}", err=True)


@contextlib.contextmanager
def _busy(doing: str) -> Iterator[None]:
    """Say what is being done while it lasts, where somebody watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield


def main() -> NoReturn:
    """Run a command; problems of the input are one message and exit status 2."""
    _keep_stdout_for_us()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    _signals.heed()
    try:
        _require_working_folder()
        _run()
        sys.stdout.flush()
    except ValidationError as err:
        from carecircles.report import printable

        more = len(err.problems) - _MOST_PROBLEMS
        shown = [printable(problem) for problem in err.problems[:_MOST_PROBLEMS]]
        lines = "\n".join(f"  {line}" for line in [*shown, *([f"and {more} more"] * (more > 0))])
        count = "1 problem" if len(err.problems) == 1 else f"{len(err.problems)} problems"
        _stop(f"{count}, nothing was written:\n{lines}", 2)
    except InfeasibleError as err:
        from carecircles.report import printable

        _stop(f"there is no such plan: {printable(str(err))}", 2)
    except (SolverError, TimeoutError) as err:
        _stop(str(err), 2)
    except ImportError as err:
        if "pip install" not in str(err):
            raise
        _stop(str(err), 2)
    except BrokenPipeError:
        _close_stdout()
        raise SystemExit(1) from None
    except OSError as err:
        if err.filename is not None:
            from carecircles.report import printable

            _stop(f"{printable(str(err.filename))}: {err.strerror}; check the path", 2)
        _close_stdout()
        _stop(f"the result could not be printed ({err.strerror})", 2)
    except MemoryError:
        _stop("there is not enough memory for this; use a larger --cell (site: --spacing)", 2)
    except KeyboardInterrupt:
        _stop("stopped; no file is half written", _STOPPED)
    raise SystemExit(0)


def _run() -> None:
    """The command; typer turns Ctrl-C into an exit status, which says nothing."""
    try:
        app()
    except SystemExit as ended:
        if ended.code == _STOPPED:
            raise KeyboardInterrupt from None
        raise


def _require_working_folder() -> None:
    """Paths are seen from the working folder; it may have been deleted."""
    try:
        Path.cwd()
    except OSError as err:
        raise ValidationError(
            [f"the working folder cannot be used ({err.strerror}); change to another one."]
        ) from None


def _keep_stdout_for_us() -> None:
    """Standard output is what we print; what a library prints below Python goes to standard error."""
    own = sys.__stdout__
    if own is None or sys.stdout is not own:  # closed, or somebody else's already
        return
    kept = os.dup(own.fileno())
    try:
        os.dup2(2, own.fileno())
    except OSError:  # there is no standard error
        os.dup2(os.open(os.devnull, os.O_WRONLY), own.fileno())
    buffering = 1 if own.isatty() else -1
    ours = os.fdopen(kept, "w", buffering, encoding="utf-8", closefd=False)
    sys.stdout = sys.__stdout__ = ours  # type: ignore[misc]  # by which rich finds the width


def _close_stdout() -> None:
    """Nothing more can be printed; Python is not to try again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(message: str, status: int) -> NoReturn:
    if sys.stderr is not None:
        sys.stderr.write(f"carecircles: {message}\n")
    raise SystemExit(status)


if __name__ == "__main__":
    main()
