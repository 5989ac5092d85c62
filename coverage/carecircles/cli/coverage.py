"""`carecircles map`, `evaluate` and `gaps`."""

import dataclasses
import functools
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from carecircles.errors import ValidationError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.levels import Level
    from carecircles.maps import BaseMap
    from carecircles.plan import Plan
    from carecircles.robustness import Robustness
    from carecircles.words import Text
from carecircles.cli._work import (
    by_blocks,
    drawn_of,
    draws_for,
    evaluated,
    goes_by_blocks,
    kept_beside,
    study_of,
)
from carecircles.cli.options import (
    By,
    ByWhom,
    EvaluationFormat,
    Machines,
    Options,
    Out,
    Places,
    Rows,
    Sure,
    ZonesFormat,
    command,
    conflicts,
    datum_of,
    inputs_of,
    label_of,
    machines_problems,
    number_problems,
    options_problems,
    problems_of,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import (
    DRAWING,
    DRAWING_LOTS,
    Answer,
    busy,
    give,
    print_line,
    print_table,
)
from carecircles.words import Sentence, say

_WITH_SERVICES = Sentence(
    "--services, which tells all of them", zh="--services 同用，后者列出全部服务"
)
_WITH_RASTERS = Sentence(
    "--rasters, which go with --by street or district",
    zh="--rasters 同用，后者只与 --by street 或 district 同用",
)
_WITH_LEVELS = Sentence("--levels", zh="--levels 同用")
_WITHOUT_RASTERS = Sentence(
    "a run without --rasters; name a folder", zh="没有 --rasters 的运行同用；请指定文件夹"
)
_WITHOUT_FILE = Sentence(
    "a run that writes no file; add --out", zh="不写出文件的运行同用；请加上 --out"
)
_NOT_PLAIN = Sentence(
    "--services, --by group, --sure or --isochrones",
    zh="--services、--by group、--sure 或 --isochrones 同用",
)
_FAR = Sentence("--rasters, of which one tells distances", zh="--rasters 同用，其中一个文件是距离")
_NOT_DRAWN_SO = Sentence("--live, --services or --sure", zh="--live、--services 或 --sure 同用")
_WITH_SURE = Sentence("--sure", zh="--sure 同用")
_AREA = Sentence("square metres, 0 or more", zh="不小于 0 的平方米数")


class Split(StrEnum):
    street = "street"


@dataclasses.dataclass(frozen=True)
class Ground:
    """The base map that a map lies on, if any."""

    tiles: Annotated[
        str | None,
        typer.Option(
            help="Base map from the network: openstreetmap, carto, esri, tianditu, gaode, tencent, "
            "baidu, or an address with {z}, {x} and {y}.  [default: none]"
        ),
    ] = None
    tiles_datum: Annotated[
        str | None, typer.Option(help="Datum of the tiles of an address, such as gcj02.")
    ] = None
    attribution: Annotated[str, typer.Option(help="Whom to name for the tiles of an address.")] = ""


@command("map")
def draw_map(
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file to write.  [default: AREA-coverage.html, AREA-live.html]"),
    ] = None,
    live: Annotated[
        bool,
        typer.Option("--live", help="A map to plan on: add, drag and remove centres."),
    ] = False,
    services: Annotated[
        bool,
        typer.Option(
            "--services", help="Which of the services that centres offer are missing where."
        ),
    ] = False,
    sure: Sure = False,
    ground: Ground,
    machines: Machines,
    options: Options,
) -> None:
    """Write the coverage map, one HTML file that needs no network, and print the summary."""
    out = out or Path(f"{label_of(options.area)}-{'live' if live else 'coverage'}.html")
    inputs, is_plain = inputs_of(options), not (live or services or sure)

    def base_map() -> "BaseMap | None":
        return _tiles(ground)

    require(
        options_problems(options),
        suffix_problems(out, (".html", ".htm")),
        problems_of(base_map),
        _services_problems(options, ByWhom.street, services=services),
        conflicts({"--live": live}, _WITH_SERVICES) if services else [],
        conflicts({"--sure": sure}, _WITH_SERVICES) if services else [],
        machines_problems(machines),
        [] if is_plain else conflicts(_asked_of(machines), _NOT_DRAWN_SO),
        target_problems([out], inputs),
    )
    study = study_of(options, options.as_of)
    from carecircles import memory

    zones = parts = None
    if machines != Machines() or (
        is_plain and goes_by_blocks(study, options, places=memory.MOST_DRAWN, has_zones=True)
    ):
        from carecircles import blocks

        plan, zones, parts = by_blocks(
            study,
            options,
            machines,
            functools.partial(blocks.overview, cell=options.cell),
            kept=kept_beside(out),
            has_zones=True,
        )
        plan = _of(study, plan)
    else:
        plan = evaluated(options, is_drawn=live, each=services, study=study)
    if services:
        from carecircles import plan as plans

        plan = plans.of_all_services(plan)
    found = drawn_of([plan], options)[0] if sure else None
    with busy(DRAWING, options.lang):
        from carecircles import io, maps, report

        if live:
            drawn = maps.whatif_map(plan, lang=options.lang, tiles=base_map(), sure=found)
        else:
            drawn = maps.coverage_map(
                plan, zones, lang=options.lang, tiles=base_map(), parts=parts, sure=found
            )
        page = drawn.get_root().render()
        io.write_results({out: lambda: page}, inputs=inputs)
    _done(machines, kept_beside(out))
    table = report.summary_table(plan, lang=options.lang, sure=found)
    title = say(maps.title(plan.area), options.lang)
    told = report.sure_notes(found) if found is not None else []
    notes = [*(say(line, options.lang) for line in told), *report.notes(plan, lang=options.lang)]
    print_table(table, title=title, notes=notes, lang=options.lang)
    print_line(out)


@command()
def evaluate(
    *,
    rows: Rows,
    sure: Sure = False,
    format: Annotated[
        EvaluationFormat, typer.Option(help="What to print.")
    ] = EvaluationFormat.table,
    out: Out = None,
    isochrones: Annotated[
        Path | None,
        typer.Option(
            help="Also write from where a centre is within 5, 10 and 15 minutes on foot: .geojson, .gpkg "
            "or .parquet."
        ),
    ] = None,
    machines: Places,
    options: Options,
) -> None:
    """Say how many people and how much area are covered, by street and for the district."""
    inputs, rasters = inputs_of(options), machines.rasters
    by, services, less = rows.by, rows.services, {"--no-distances": machines.no_distances}
    is_plain = by is not ByWhom.group and not services
    is_alone = is_plain and not sure and isochrones is None
    shapes = (".geojson", ".gpkg") if is_plain else ()
    require(
        options_problems(options),
        _services_problems(options, by, services=services),
        _levels_problems(rows, sure=sure),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".parquet", *shapes)),
        suffix_problems(isochrones, (".geojson", ".gpkg", ".parquet"), "--isochrones"),
        _rasters_problems(
            rasters,
            {"--services": services, "--sure": sure, "--isochrones": isochrones},
        ),
        [] if rasters is None else conflicts(less, _FAR),
        [] if is_plain or rasters is None else conflicts({"--by": by}, _WITH_RASTERS),
        machines_problems(machines),
        conflicts({"--cog": machines.cog}, _WITHOUT_RASTERS) if rasters is None else [],
        _resume_problems(machines, kept_beside(out, rasters)),
        conflicts(_asked_of(machines) | less, _NOT_PLAIN) if not is_alone else [],
        target_problems([out, isochrones, *_raster_targets(rasters)], inputs),
    )
    study = study_of(options, options.as_of)
    of = _levels_of(study, rows.levels)
    from carecircles import memory

    is_asked = machines != Places()
    if is_asked or (is_alone and goes_by_blocks(study, options, places=memory.MANY)):
        plan = _by_blocks(study, options, machines, inputs, kept_beside(out, rasters))
    else:
        plan = evaluated(options, each=services, study=study)
    from carecircles import report

    draw = functools.partial(drawn_of, options=options) if sure else None
    if services:
        answer = _by_service(plan, by, draw)
    elif not is_plain:
        answer = _by_group(plan, draw)
    elif of:
        answer = _by_level(plan, of)
    else:
        answer = _coverage(plan, by, draw([plan])[0] if draw else None)
    give(
        answer,
        plan.area,
        format=format,
        out=out,
        beside={isochrones: lambda: report.isochrones_frame(plan)},
        told=[isochrones, *_rasters_in(rasters)],
        inputs=inputs,
        lang=options.lang,
    )
    _done(machines, kept_beside(out, rasters))


def _asked_of(machines: Machines) -> dict[str, object]:
    """The options that name where blocks are worked out."""
    return {
        "--workers": machines.workers,
        "--scheduler": machines.scheduler,
        "--resume": machines.resume,
    }


def _resume_problems(machines: Machines, kept: Path | None) -> list[Sentence]:
    """Whether there is a place for finished blocks."""
    if kept is None:
        return conflicts({"--resume": machines.resume}, _WITHOUT_FILE)
    return []


def _done(machines: Machines, kept: Path | None) -> None:
    """Remove finished blocks when what follows from them is written."""
    if machines.resume and kept is not None:
        from carecircles import blocks

        blocks.forget(kept)


def _rasters_in(folder: Path | None) -> list[Path]:
    """The rasters that are written to a folder, if there is one."""
    if folder is None:
        return []
    from carecircles import blocks

    return list(blocks.raster_files(folder))


def _raster_targets(folder: Path | None) -> list[Path]:
    """What is written for rasters: files in a folder, or the folder where it is not there yet."""
    return [folder] if folder is not None and not folder.exists() else _rasters_in(folder)


def _rasters_problems(folder: Path | None, others: dict[str, object]) -> list[Sentence]:
    """Whether rasters can be written, and go with what else is asked."""
    if folder is None:
        return []
    from carecircles.io import tiled

    tiled.require_rasterio()
    return conflicts(others, _WITH_RASTERS)


def _by_blocks(
    study: "StudyArea",
    options: Options,
    machines: Places,
    inputs: list[Path],
    kept: Path | None,
) -> "Plan":
    from carecircles import blocks

    rasters = None
    if machines.rasters is not None:
        rasters = blocks.Into(machines.rasters, inputs, machines.cog)
    count = functools.partial(
        blocks.evaluate,
        cell=options.cell,
        rasters=rasters,
        distances=not machines.no_distances,
    )
    plan = by_blocks(study, options, machines, count, kept=kept)
    return _of(study, plan)


def _of(study: "StudyArea", plan: "Plan") -> "Plan":
    """A plan counted by blocks, of the study area as it was read, with what was noted while it was counted."""
    return dataclasses.replace(plan, area=dataclasses.replace(study, notes=plan.area.notes))


def _services_problems(options: Options, by: ByWhom, *, services: bool) -> list[Sentence]:
    """Whether `--services` goes with what else is asked."""
    if not services:
        return []
    asked = {"--service": options.service, "--bundle": options.bundle}
    problems = conflicts(asked, _WITH_SERVICES)
    if by is ByWhom.group:
        told = (
            "--services goes with --by street or district; for groups ask for one with --service."
        )
        zh = "--services 只与 --by street 或 district 同用；按人群时请用 --service 逐项提问。"
        problems.append(Sentence(told, zh=zh))
    return problems


def _levels_problems(rows: Rows, *, sure: bool) -> list[Sentence]:
    """Whether levels are ones that there are, and go with what else is asked."""
    if rows.levels is None:
        return []
    from carecircles import levels

    by = None if rows.by is ByWhom.street else rows.by
    found = conflicts({"--by": by, "--services": rows.services, "--sure": sure}, _WITH_LEVELS)
    return [*found, *problems_of(lambda: levels.keys_in(rows.levels or ""))]


def _levels_of(study: "StudyArea", told: str | None) -> "list[Level]":
    if told is None:
        return []
    from carecircles import levels

    return levels.of_streets(study.streets, levels.keys_in(told))


def _by_level(plan: "Plan", of: "list[Level]") -> Answer:
    from carecircles import report

    def show(lang: str) -> None:
        print_table(
            report.levels_table(plan, of, lang=lang),
            title=say(report.standard_note(plan), lang),
            notes=[
                *report.notes(plan, lang=lang),
                *(say(line, lang) for line in report.border_notes(plan)),
            ],
            lang=lang,
        )

    return Answer(
        lambda: report.levels_frame(plan, of), lambda: report.levels_record(plan, of), show
    )


def _coverage(plan: "Plan", by: str, sure: "Robustness | None" = None) -> Answer:
    from carecircles import report

    def frame() -> "gpd.GeoDataFrame":
        return report.coverage_frame(plan, by=by, sure=sure)

    def with_total() -> "pd.DataFrame":
        whole = report.coverage_frame(plan, by=By.district, sure=sure)
        return report.with_total(frame(), whole)

    def show(lang: str) -> None:
        print_table(
            report.coverage_table(plan, by=by, lang=lang, sure=sure),
            title=say(report.standard_note(plan), lang),
            notes=[
                *(say(line, lang) for line in (report.sure_notes(sure) if sure else [])),
                *report.notes(plan, lang=lang),
                *(say(line, lang) for line in report.border_notes(plan)),
            ],
            lang=lang,
        )

    return Answer(
        frame,
        lambda: report.evaluation_record(plan, by=by, sure=sure),
        show,
        with_total if by == By.street else None,
    )


def _by_service(plan: "Plan", by: str, draw: "Callable[..., list[Robustness]] | None") -> Answer:
    from carecircles import plan as plans
    from carecircles import report

    each = plans.by_service(plan)
    if not each:
        told = "no centre says what it offers, and the area has no bundle; fill the column services of the centres."
        zh = "没有中心写明服务，区域也没有服务组合；请填写中心表的 services 一列。"
        raise ValidationError([Sentence(told, zh=zh)])

    alone = {key: one for key, one in each.items() if not one.parts}
    sure = None if draw is None else dict(zip(alone, draw([*alone.values()]), strict=True))

    def show(lang: str) -> None:
        tables = [report.services_table(each, lang=lang, sure=sure)]
        if by == By.street:
            tables.append(report.services_by_street_table(each, lang=lang))
        for number, table in enumerate(tables):
            is_last = number == len(tables) - 1
            remarks = [say(line, lang) for line in report.services_notes(each, sure=sure)]
            print_table(
                table,
                title="" if number else say(report.standard_note(plan), lang),
                notes=[*remarks, *report.notes(plan, lang=lang)] if is_last else (),
                lang=lang,
            )

    return Answer(
        lambda: report.services_frame(each, by=by, sure=sure),
        lambda: report.services_record(each, plan, by=by, sure=sure),
        show,
    )


def _by_group(plan: "Plan", draw: "Callable[..., list[Robustness]] | None") -> Answer:
    from carecircles import plan as plans
    from carecircles import report

    each = plans.by_group(plan)
    sure = (
        None
        if draw is None
        else dict(zip(each, draw([*each.values()], groups=[*each]), strict=True))
    )

    def show(lang: str) -> None:
        print_table(
            report.needs_table(each, lang=lang, sure=sure),
            title=say(report.standard_note(plan), lang),
            notes=[
                *(say(line, lang) for line in report.needs_notes(sure=sure)),
                *report.notes(plan, lang=lang),
            ],
            lang=lang,
        )

    return Answer(
        lambda: report.needs_frame(each, sure=sure),
        lambda: report.needs_record(each, plan, sure=sure),
        show,
    )


@command()
def gaps(
    *,
    format: Annotated[ZonesFormat, typer.Option(help="What to print.")] = ZonesFormat.table,
    out: Out = None,
    smallest: Annotated[
        float, typer.Option(help="Square metres below which a zone goes to 'other'.")
    ] = 10_000.0,
    split: Annotated[
        Split | None, typer.Option(help="Cut zones at the borders of streets.  [default: none]")
    ] = None,
    sure: Annotated[
        bool,
        typer.Option(
            "--sure",
            help="Beside the people of each zone, how many are uncovered while positions are not known (see `sure`).",
        ),
    ] = False,
    machines: Machines,
    options: Options,
) -> None:
    """List the contiguous uncovered zones, most people first."""
    inputs = inputs_of(options)
    require(
        options_problems(options),
        number_problems(("--smallest", smallest, smallest >= 0, _AREA)),
        machines_problems(machines),
        conflicts(_asked_of(machines), _WITH_SURE) if sure else [],
        suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        _resume_problems(machines, kept_beside(out)),
        target_problems([out], inputs),
    )
    study = study_of(options, options.as_of)
    how: dict[str, Any] = {"smallest_m2": smallest, "split": split.value if split else None}
    left, told = None, list["Text"]()
    from carecircles import gaps as zones_of
    from carecircles import memory, report

    if machines != Machines() or (
        not sure and goes_by_blocks(study, options, places=memory.MANY, has_zones=True)
    ):
        from carecircles import blocks

        plan, zones, parts = by_blocks(
            study,
            options,
            machines,
            functools.partial(blocks.uncovered_zones, cell=options.cell, **how),
            kept=kept_beside(out),
            has_zones=True,
        )
        plan = _of(study, plan)
    else:
        plan = evaluated(options, study=study)
        how["group"] = report.headline_group(plan)
        zones = zones_of.uncovered_zones(plan.cells, cutoff=plan.cost.cutoff, **how)
        parts = zones_of.by_street(plan.cells, **how)
    if sure:
        with busy(DRAWING_LOTS, options.lang):
            from carecircles import robustness

            drawn = robustness.draw(plan, draws=draws_for(plan), rng=1)
            of = zones_of.zone_of(plan.cells, **how)
            left = robustness.left_in_zones(plan, robustness.uncovered_by_zone(plan, drawn, of))
        told = [*report.left_notes(plan, left, len(drawn)), *report.drawn_notes(drawn, plan)]

    def show(lang: str) -> None:
        print_table(
            report.gaps_table(plan, zones, parts=parts, left=left, lang=lang),
            title=say(report.standard_note(plan), lang),
            notes=[*(say(line, lang) for line in told), *report.notes(plan, lang=lang)],
            lang=lang,
        )

    give(
        Answer(
            lambda: report.gaps_frame(plan, zones, left=left),
            lambda: report.gaps_record(plan, zones, parts, left=left),
            show,
        ),
        plan.area,
        format=format,
        out=out,
        inputs=inputs,
        lang=options.lang,
    )
    _done(machines, kept_beside(out))


def _tiles(ground: Ground) -> "BaseMap | None":
    """The base map asked for, if any."""
    if ground.tiles is None:
        if ground.tiles_datum is not None or ground.attribution:
            told = "--tiles-datum and --attribution go with --tiles."
            zh = "--tiles-datum 和 --attribution 须与 --tiles 一起用。"
            raise ValidationError([Sentence(told, zh=zh)])
        return None
    from carecircles import maps

    datum = datum_of(ground.tiles_datum, "--tiles-datum")
    return maps.base_map(ground.tiles, datum=datum, attribution=ground.attribution)
