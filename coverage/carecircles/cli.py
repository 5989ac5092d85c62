"""The command line: parse, call, print; nothing else. Heavy modules are imported where they are used."""

import contextlib
import datetime
import os
import signal
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from carecircles import __version__
from carecircles.errors import ValidationError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.maps import Drawing

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


class GapsFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    geojson = "geojson"


Area = Annotated[
    str, typer.Option(help="A bundled study area, or a folder shaped like one (see `init`).")
]
Centres = Annotated[
    Path | None, typer.Option(help="Another list of centres, instead of the area's own.")
]
Datum = Annotated[
    str | None,
    typer.Option(help="Datum of the centres' coordinates: wgs84, cgcs2000, gcj02 or bd09."),
]
Cell = Annotated[float, typer.Option(help="Side of a grid cell in metres.")]
Radius = Annotated[
    float | None,
    typer.Option(help="Metres that count as near; the area's standard if not given."),
]
Minutes = Annotated[
    float | None,
    typer.Option(
        help="Minutes on foot that the radius stands for; follows the radius if not given."
    ),
]
AsOf = Annotated[
    datetime.datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Count only centres open on this day."),
]
Lang = Annotated[Language, typer.Option(help="Language of tables and maps.")]
Out = Annotated[Path | None, typer.Option(help="File to write; its suffix names the format.")]


@app.command("map")
def draw_map(
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write.  [default: AREA-coverage.html]")
    ] = None,
    area: Area = "hexi",
    centres: Centres = None,
    datum: Datum = None,
    cell: Cell = 50.0,
    radius: Radius = None,
    minutes: Minutes = None,
    as_of: AsOf = None,
    lang: Lang = Language.en,
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
) -> None:
    """Write the coverage map, one HTML file that needs no network, and print the summary."""
    out = out or Path(f"{_label(area)}-coverage.html")
    _require_suffix(out, (".html", ".htm"))
    base_map = _tiles(tiles, tiles_datum, attribution, lang)
    _refuse_inputs(out, area, centres)
    study, cells = _evaluate(area, centres, datum, cell, radius, minutes, as_of)
    with _busy("drawing the map"):
        from carecircles import io, maps, report

        page = maps.coverage_map(study, cells, lang=lang, tiles=base_map).get_root().render()
        io.write_text(page, out)
    table = report.summary_table(study, cells, lang=lang)
    title = report.say(maps.title(study), lang)
    report.print_table(table, title=title, notes=report.notes(study, cells, lang=lang))
    typer.echo(str(out))


@app.command()
def evaluate(
    by: Annotated[By, typer.Option(help="A row a street, or only the district.")] = By.street,
    format: Annotated[
        EvaluationFormat, typer.Option(help="What to print.")
    ] = EvaluationFormat.table,
    out: Out = None,
    area: Area = "hexi",
    centres: Centres = None,
    datum: Datum = None,
    cell: Cell = 50.0,
    radius: Radius = None,
    minutes: Minutes = None,
    as_of: AsOf = None,
    lang: Lang = Language.en,
) -> None:
    """Say how many people and how much area are covered, by street and for the district."""
    _require_suffix(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet"))
    _refuse_inputs(out, area, centres)
    study, cells = _evaluate(area, centres, datum, cell, radius, minutes, as_of)
    from carecircles import io, report

    record = report.evaluation_record(study, cells, by=by)
    frame = report.coverage_frame(study, cells, by=by)
    if out is not None:
        _write(frame, record, out)
    if format is EvaluationFormat.json:
        _print_json(record)
    elif format is EvaluationFormat.csv:
        typer.echo(io.csv_text(frame), nl=False)
    else:
        report.print_table(
            report.coverage_table(study, cells, by=by, lang=lang),
            title=report.say(report.standard_note(study), lang),
            notes=report.notes(study, cells, lang=lang),
        )


@app.command()
def gaps(
    format: Annotated[GapsFormat, typer.Option(help="What to print.")] = GapsFormat.table,
    out: Out = None,
    smallest: Annotated[
        float, typer.Option(help="Square metres below which a zone goes to 'other'.")
    ] = 10_000.0,
    area: Area = "hexi",
    centres: Centres = None,
    datum: Datum = None,
    cell: Cell = 50.0,
    radius: Radius = None,
    minutes: Minutes = None,
    as_of: AsOf = None,
    lang: Lang = Language.en,
) -> None:
    """List the contiguous uncovered zones, most older people first."""
    _require_suffix(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet"))
    _refuse_inputs(out, area, centres)
    study, cells = _evaluate(area, centres, datum, cell, radius, minutes, as_of)
    from carecircles import gaps as zones_of
    from carecircles import io, report

    zones = zones_of.uncovered_zones(cells, cutoff=study.standard.metres, smallest_m2=smallest)
    record, frame = report.gaps_record(study, cells, zones), report.gaps_frame(study, zones)
    if out is not None:
        _write(frame, record, out)
    if format is GapsFormat.json:
        _print_json(record)
    elif format is GapsFormat.csv:
        typer.echo(io.csv_text(frame), nl=False)
    elif format is GapsFormat.geojson:
        typer.echo(io.geojson_text(frame), nl=False)
    else:
        report.print_table(
            report.gaps_table(study, zones, lang=lang),
            title=report.say(report.standard_note(study), lang),
            notes=report.notes(study, cells, lang=lang),
        )


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
    datum: Datum = None,
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


def _evaluate(
    area: str,
    centres: Path | None,
    datum: str | None,
    cell: float,
    radius: float | None,
    minutes: float | None,
    as_of: datetime.datetime | None,
) -> "tuple[StudyArea, pd.DataFrame]":
    """The study area as the options want it, and its evaluated cells."""
    datum = _datum(datum)
    folder = _folder(area)
    with _busy("reading"):
        import dataclasses

        from carecircles import evaluation, grid, reach
        from carecircles.area import area_on, read_area, standard_of

        study = read_area(folder, centres=centres, datum=datum)
        study = dataclasses.replace(
            study, standard=standard_of(study.standard, metres=radius, minutes=minutes)
        )
        if as_of is not None:
            study = area_on(study, as_of)
    cutoff = study.standard.metres
    with _busy("making the grid"):
        demand = grid.make_demand(study.streets, study.population, cell=cell)
    with _busy("measuring distances"):
        cost = reach.straight_line(demand, study.facilities, cutoff=cutoff)
        nearest = reach.nearest(demand, study.facilities)
    with _busy("counting people"):
        return study, evaluation.evaluate(demand, cost, nearest, cutoff=cutoff)


def _folder(area: str) -> Path:
    """A folder of the user's, or a bundled study area by name."""
    from carecircles import datasets

    is_path = Path(area).is_dir() or any(mark in area for mark in ("/", os.sep))
    return Path(area) if is_path else datasets.folder(area)


def _label(area: str) -> str:
    return Path(area).resolve().name if Path(area).is_dir() else Path(area).name


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


def _require_suffix(out: Path | None, suffixes: tuple[str, ...]) -> None:
    """Before the work starts, whether its result can be written as asked."""
    if out is not None and out.suffix.casefold() not in suffixes:
        raise ValidationError([f"--out: {out.name} has to end in {', '.join(suffixes)}."])


def _refuse_inputs(out: Path | None, area: str, centres: Path | None) -> None:
    """A result must not take the place of a file it was made from."""
    if out is None or not out.exists():
        return
    folder = _folder(area)
    inputs = [*(folder.iterdir() if folder.is_dir() else []), *([centres] if centres else [])]
    if any(path.exists() and path.samefile(out) for path in inputs):
        raise ValidationError([f"--out: {out} is an input of this run; choose another name."])


def _write(frame: "gpd.GeoDataFrame", record: dict, out: Path) -> None:
    from carecircles import io

    if out.suffix.casefold() == ".json":
        io.write_text(_json(record), out)
    else:
        io.write_frame(frame, out)


def _json(record: dict) -> str:
    import json

    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _print_json(record: dict) -> None:
    typer.echo(_json(record), nl=False)


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
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    for name in ("SIGTERM", "SIGHUP"):  # so that temporary files go
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _: sys.exit(128 + number))
    try:
        app()
        sys.stdout.flush()
    except ValidationError as err:
        from carecircles.report import printable

        lines = "\n".join(f"  {printable(problem)}" for problem in err.problems)
        count = "1 problem" if len(err.problems) == 1 else f"{len(err.problems)} problems"
        _stop(f"{count}, nothing was written:\n{lines}", 2)
    except ImportError as err:
        if "pip install" not in str(err):
            raise
        _stop(str(err), 2)
    except BrokenPipeError:
        _close_stdout()
        raise SystemExit(1) from None
    except OSError as err:
        _close_stdout()
        _stop(f"the result could not be printed ({err.strerror})", 2)
    except KeyboardInterrupt:
        _stop("stopped, nothing was written", 130)
    raise SystemExit(0)


def _close_stdout() -> None:
    """Nothing more can be printed; Python is not to try again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(message: str, status: int) -> NoReturn:
    if sys.stderr is not None:
        sys.stderr.write(f"carecircles: {message}\n")
    raise SystemExit(status)


if __name__ == "__main__":
    main()
