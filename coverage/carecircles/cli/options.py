"""The options that commands share, as one value, and whether they make sense."""

import contextlib
import dataclasses
import datetime
import functools
import importlib.util
import inspect
import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from carecircles import _mends
from carecircles.cli.help import Program
from carecircles.cli.output import talking
from carecircles.cli.usage import Command
from carecircles.errors import ValidationError
from carecircles.words import Sentence, at

app = typer.Typer(
    name="carecircles",
    cls=Program,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    help="Who is within a short walk of an elderly-care centre, who is not, and where.",
)


class Language(StrEnum):
    en = "en"
    zh = "zh"


class By(StrEnum):
    street = "street"
    district = "district"


class ByWhom(StrEnum):
    street = "street"
    district = "district"
    group = "group"


class EvaluationFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"


class DocumentFormat(StrEnum):
    table = "table"
    json = "json"


class ZonesFormat(StrEnum):
    table = "table"
    json = "json"
    csv = "csv"
    geojson = "geojson"


class People(StrEnum):
    even = "even"
    residences = "residences"
    communities = "communities"
    people_grid = "people_grid"
    people_raster = "people_raster"


class ReachKind(StrEnum):
    straight = "straight"
    walking = "walking"
    detour = "detour"


class Totals(StrEnum):
    street = "street"
    residences = "residences"
    grid = "grid"


def _language(asked: Language | None) -> Language:
    """The language asked for, or that of the surroundings as POSIX reads them: Chinese or English."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, named), "")
    return asked or (Language.zh if locale.casefold().startswith("zh") else Language.en)


def language_of(words: Sequence[str]) -> Language:
    """
    The language that a command line asks for, sound or not: its problems are told in it.

    Examples
    --------
    >>> language_of(["map", "--lang", "zh", "--cell", "ten"])
    <Language.zh: 'zh'>
    """
    told = " ".join(words).replace("--lang=", "--lang ").split(" ")
    asked = [word for option, word in itertools.pairwise(told) if option == "--lang"]
    return _language(next((Language(word) for word in asked[::-1] if word in {*Language}), None))


_of_area = functools.partial(typer.Option, rich_help_panel="The study area")
_on_foot = functools.partial(typer.Option, rich_help_panel="How people get there")
_counted = functools.partial(typer.Option, rich_help_panel="Whose figures, and when")

Lang = Annotated[
    Language,
    typer.Option(
        help="Language of tables and maps; that of the locale (LC_ALL, LC_MESSAGES, LANG) if "
        "not given.",
        callback=_language,
    ),
]


@dataclass(frozen=True)
class Options:
    """What every command that evaluates a study area is told about it, as one value."""

    area: Annotated[
        str, _of_area(help="A bundled study area, or a folder shaped like one (see `init`).")
    ] = "hexi"
    centres: Annotated[
        Path | None,
        _of_area(
            help="Another list of centres, instead of the area's own; FILE.xlsx#SHEET names a sheet."
        ),
    ] = None
    datum: Annotated[
        str | None,
        _of_area(
            help="Datum of the files named with --centres, --network, --rests, --candidates and --keep-out, or of the "
            "area's own centres where none is named: wgs84, cgcs2000, gcj02 or bd09."
        ),
    ] = None
    reach: Annotated[
        ReachKind,
        _on_foot(
            help="How people get to centres: straight (the circle of the standard), walking (along "
            "the streets and paths of a network) or detour (round the area's barriers, or by --detour)."
        ),
    ] = ReachKind.straight
    network: Annotated[
        Path | None,
        _on_foot(
            help="Streets and paths to walk along, instead of the area's own (see `network`)."
        ),
    ] = None
    rests: Annotated[
        Path | None,
        _on_foot(
            help="Seats to rest on along the way, instead of the area's own: points, or .osm.pbf with its "
            "benches and shelters."
        ),
    ] = None
    stretch: Annotated[
        float | None,
        _on_foot(
            help="Metres that are walked without a seat at most, with --reach walking: a walk with a longer "
            "stretch does not count."
        ),
    ] = None
    detour: Annotated[
        float | None,
        _on_foot(
            help="With --reach detour, without barriers: how many times as long as a straight line ways "
            "are, such as 1.45."
        ),
    ] = None
    detour_source: Annotated[
        str | None,
        _on_foot(help="Where the factor of --detour comes from; it stands with every result."),
    ] = None
    profile: Annotated[
        str | None,
        _on_foot(
            help="Who walks, and minutes instead of metres (with --reach walking): standard, 70to79, "
            "80plus, limited65, limited, limited85, nostairs, one of the area's own, or FILE.toml#NAME."
        ),
    ] = None
    no_neighbours: Annotated[
        bool,
        _of_area("--no-neighbours", help="Leave out centres beyond the border."),
    ] = False
    cell: Annotated[float, _of_area(help="Side of a grid cell in metres.")] = 50.0
    people: Annotated[
        People | None,
        _of_area(
            help="Place people in their streets by this source alone; by the best of all if not given."
        ),
    ] = None
    totals: Annotated[
        Totals,
        _of_area(
            help="Whose numbers of people are kept: the streets' (others are scaled to them), or "
            "those of the residences or of the population grid."
        ),
    ] = Totals.street
    radius: Annotated[
        float | None,
        _on_foot(help="Metres that count as near; the area's standard if not given."),
    ] = None
    minutes: Annotated[
        float | None,
        _on_foot(
            help="Minutes on foot that the radius stands for; follows the radius if not given."
        ),
    ] = None
    group: Annotated[
        str | None,
        _counted(
            help="Whose figures come first: a group of people by its column or name, such as "
            "people_80; 60+ if not given."
        ),
    ] = None
    service: Annotated[
        str | None,
        _counted(
            help="Count only the centres with this service, such as health_post; by its own standard if the "
            "area gives it one."
        ),
    ] = None
    bundle: Annotated[
        str | None,
        _counted(
            help="Count as covered where so many services of this bundle of the area's are within reach."
        ),
    ] = None
    as_of: Annotated[
        datetime.datetime | None,
        _counted(formats=["%Y-%m-%d"], help="Count only centres open on this day."),
    ] = None
    year: Annotated[
        int | None,
        _counted(
            help="Count the people of this year, where the population file names years; those of the "
            "earliest if not given."
        ),
    ] = None
    lang: Lang = None  # type: ignore[assignment]  # which `_language` replaces
    memory: Annotated[
        str | None,
        typer.Option(help="Memory that may be used, such as 4GB.  [default: 80 % of what is free]"),
    ] = None


@dataclass(frozen=True)
class Rows:
    """What a table of coverage has a row for."""

    by: Annotated[
        ByWhom,
        typer.Option(
            help="A row a street; only the district; or a row a group of people, each held to its own standard "
            "([groups] in area.toml)."
        ),
    ] = ByWhom.street
    levels: Annotated[
        str | None,
        typer.Option(
            help="A row for each unit of these levels, such as province,city,district,street: by columns of the "
            "streets' file so called, else by the prefix of national codes."
        ),
    ] = None
    services: Annotated[
        bool,
        typer.Option("--services", help="For every service and bundle of the area, side by side."),
    ] = False


@dataclass(frozen=True)
class Machines:
    """Where blocks are worked out, if not one after the other in this process."""

    workers: Annotated[
        int | None,
        typer.Option(
            help="Go block by block on so many processes of this machine; --memory is for each (extra `cluster`)."
        ),
    ] = None
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="Go block by block on the Dask cluster whose scheduler listens there, such as tcp://HOST:8786."
        ),
    ] = None
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go block by block, keep finished blocks beside what is written until all is there, and go on with those of "
            "a run that was stopped.",
        ),
    ] = False


@dataclass(frozen=True)
class Places(Machines):
    """The same, what is asked of each cell, and where it is written to."""

    no_distances: Annotated[
        bool,
        typer.Option(
            "--no-distances",
            help="Leave out how far people have to the nearest centre, so that results have no columns of distances: a "
            "large area whose people live evenly in their streets then takes about a tenth of the time.",
        ),
    ] = False

    rasters: Annotated[
        Path | None,
        typer.Option(
            help="Also write depth.tif, distance_m.tif and uncovered_people.tif to this folder, block by block "
            "(extra `raster`)."
        ),
    ] = None
    cog: Annotated[
        bool,
        typer.Option("--cog", help="Those of --rasters as Cloud Optimised GeoTIFFs."),
    ] = False


_TALK = {  # of every command
    "quiet": Annotated[
        bool,
        typer.Option("--quiet", help="Print the result alone: no progress, no remarks beside it."),
    ],
    "verbose": Annotated[
        bool, typer.Option("--verbose", help="Say each step and how many seconds it took.")
    ],
}
Out = Annotated[Path | None, typer.Option(help="File to write; its suffix names the format.")]

Sure = Annotated[
    bool,
    typer.Option(
        "--sure",
        help="Beside the share of people covered, between what it lies while positions are not known (see `sure`).",
    ),
]

ChartFile = Annotated[
    Path | None, typer.Option(help="File to draw a chart to, .png or .svg (extra `charts`).")
]


@dataclass(frozen=True)
class Results:
    """What a command that compares plans prints and writes."""

    format: Annotated[EvaluationFormat, typer.Option(help="What to print.")] = (
        EvaluationFormat.table
    )
    map: Annotated[Path | None, typer.Option(help="HTML file to write a map to.")] = None
    out: Out = None


def command(name: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    A command of the program.

    What it takes as a value of several options, such as `Options`, typer reads as each of them.
    """

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        app.command(name, cls=Command)(_spread(function))
        return function

    return decorate


def _spread(function: Callable[..., None]) -> Callable[..., None]:
    """A function that takes dataclasses as one that takes their fields."""
    own = inspect.signature(function).parameters.values()
    kinds: dict[str, Callable[..., object]] = {
        p.name: p.annotation
        for p in own
        if isinstance(p.annotation, type) and dataclasses.is_dataclass(p.annotation)
    }
    fields = {name: inspect.signature(kind).parameters for name, kind in kinds.items()}

    @functools.wraps(function)
    def run(**given: object) -> None:
        talk = {name: bool(given.pop(name)) for name in _TALK}
        if all(talk.values()):
            told = "--quiet and --verbose exclude each other; name one."
            raise ValidationError(
                [Sentence(told, zh="--quiet 与 --verbose 不能同用；请只写一个。")]
            )
        made = {
            name: kind(**{field: given.pop(field) for field in fields[name]})
            for name, kind in kinds.items()
        }
        with talking(**talk):
            function(**given, **made)

    every = [one for p in own for one in (fields[p.name].values() if p.name in kinds else [p])]
    every += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in _TALK.items()
    ]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in every]
    setattr(run, "__signature__", inspect.Signature(parameters))  # noqa: B010  (typer reads it)
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def folder_of(area: str) -> Path:
    """A folder of the user's, or a bundled study area by name."""
    from carecircles import datasets

    # Unlike Path.is_dir, False for what is too long for a name.
    is_path = os.path.isdir(area) or any(mark in area for mark in ("/", os.sep))  # noqa: PTH112
    return Path(area) if is_path else datasets.folder(area)


def label_of(area: str) -> str:
    return Path(area).resolve().name if os.path.isdir(area) else Path(area).name  # noqa: PTH112


def datum_of(datum: str | None, option: str = "--datum") -> str | None:
    from carecircles.datum import parse_datum

    try:
        return None if datum is None else parse_datum(datum)
    except ValueError as err:
        raise ValidationError([at(option, err.args[0])]) from None


def require(*problems: list[Sentence]) -> None:
    """Go on only if nothing is wrong; all that is wrong is told at once."""
    found = list(dict.fromkeys(line for some in problems for line in some))
    if found:
        raise ValidationError(found)


def problems_of(check: Callable[[], object]) -> list[Sentence]:
    """What a check that raises has to say."""
    try:
        check()
    except ValidationError as err:
        return list(err.problems)
    return []


def options_problems(options: Options) -> list[Sentence]:
    """What is wrong with the options that commands share, before any file is read."""
    from carecircles import area, grid, memory

    return [
        *problems_of(lambda: folder_of(options.area)),
        *problems_of(lambda: datum_of(options.datum)),
        *problems_of(
            lambda: area.standard_of(
                area.Standard(), metres=options.radius, minutes=options.minutes
            )
        ),
        *_detour_problems(options),
        *grid.cell_problems(options.cell),
        *_rest_problems(options),
        *_counting_problems(options),
        *problems_of(lambda: memory.limit(options.memory)),
    ]


def _counting_problems(options: Options) -> list[Sentence]:
    """Whether one thing is asked for: a service or a bundle."""
    if options.service is None or options.bundle is None:
        return []
    told = "--service and --bundle are two questions; ask one at a time."
    return [Sentence(told, zh="--service 和 --bundle 是两个问题；请一次问一个。")]


def _rest_problems(options: Options) -> list[Sentence]:
    """Whether seats and stretch go together, with a walk."""
    stretch, rests = options.stretch, options.rests
    wanted = Sentence("metres above 0, such as 100", zh="大于 0 的米数，如 100")
    problems = number_problems(("--stretch", stretch, 0 < (stretch or 0) < 1e6, wanted))
    if options.reach is not ReachKind.walking:
        why = Sentence(
            f"--reach {options.reach}; use --reach walking",
            zh=f"--reach {options.reach} 同用；请改用 --reach walking",
        )
        return [*problems, *conflicts({"--stretch": stretch, "--rests": rests}, why)]
    if rests is not None and stretch is None and options.profile is None:
        told = "--rests: say how many metres are walked without a seat, such as --stretch 100."
        problems.append(
            Sentence(told, zh="--rests：请写明无座椅时最多走多少米，如 --stretch 100。")
        )
    return problems


def _detour_problems(options: Options) -> list[Sentence]:
    from carecircles import reach

    if options.detour is None:
        told = "--detour-source names the source of --detour; give the factor too, such as --detour 1.45."
        zh = "--detour-source 注明 --detour 的来源；请一并给出系数，如 --detour 1.45。"
        return [] if options.detour_source is None else [Sentence(told, zh=zh)]
    problems = reach.factor_problems(options.detour, called="--detour")
    if options.reach is not ReachKind.detour:
        told = f"--detour {options.detour:g} goes with --reach detour alone; add it."
        zh = f"--detour {options.detour:g} 只能与 --reach detour 同用；请加上。"
        problems.append(Sentence(told, zh=zh))
    return problems


def suffix_problems(
    out: Path | None, suffixes: tuple[str, ...], option: str = "--out"
) -> list[Sentence]:
    """Before the work starts, whether its result can be written as asked."""
    if out is None or out.suffix.casefold() in suffixes:
        return []
    told = f"{out.name} has to end in {', '.join(suffixes)}"
    zh = f"{out.name} 的后缀应为 {'、'.join(suffixes)}"
    return [at(option, Sentence(told, zh=zh))]


def machines_problems(machines: Machines) -> list[Sentence]:
    """Whether one place is named to work blocks out."""
    few = Sentence("1 or more", zh="不小于 1 的整数")
    workers = machines.workers
    found = number_problems(("--workers", workers, (workers or 0) >= 1, few))
    if workers is not None and machines.scheduler is not None:
        told = "--workers starts processes here and --scheduler uses others; choose one."
        found.append(
            Sentence(told, zh="--workers 在本机启动进程，--scheduler 使用其他进程；请选其一。")
        )
    return found


def chart_problems(chart: Path | None) -> list[Sentence]:
    """Before the work starts, whether a chart can be drawn as asked."""
    if chart is not None and importlib.util.find_spec("matplotlib") is None:
        doing = Sentence("--chart: a chart", zh="--chart：绘制图表")
        raise ImportError(_mends.install(doing, "matplotlib", "charts"))
    return suffix_problems(chart, (".png", ".svg"), "--chart")


def number_problems(*asked: tuple[str, float | None, bool, Sentence]) -> list[Sentence]:
    """Of options with their values, whether those are sound and what is wanted: what is wrong."""
    wrong = [
        (option, value if isinstance(value, int) else f"{value:g}", wanted)
        for option, value, is_sound, wanted in asked
        if value is not None and not is_sound
    ]
    return [
        Sentence(
            f"{option} is {value}; write {wanted}.", zh=f"{option} 为 {value}；应为{wanted.zh}。"
        )
        for option, value, wanted in wrong
    ]


def conflicts(given: Mapping[str, object], why: Sentence) -> list[Sentence]:
    """Options that do not go with others, where they are given."""
    return [
        Sentence(f"{option} does not go with {why}.", zh=f"{option} 不能与{why.zh}。")
        for option, value in given.items()
        if value is not None and value is not False
    ]


def inputs_of(options: Options, *files: Path | None) -> list[Path]:
    """The files that a run is to read: the study area's wherever they lie, and those it is told."""
    from carecircles import area, walkers

    own: list[Path] = []
    with contextlib.suppress(ValidationError):  # an area nobody knows is told elsewhere
        own = area.files_of(folder_of(options.area))
    asked = (
        options.centres,
        options.network,
        options.rests,
        walkers.file_of(options.profile),
        *files,
    )
    told = [path for path in asked if path is not None]
    return [*own, *(path for one in told for path in area.files_told(one))]


def target_problems(targets: Sequence[Path | None], inputs: list[Path]) -> list[Sentence]:
    """Whether results can be written where they are to go; none takes the place of an input."""
    from carecircles import io

    places = [target for target in targets if target is not None]
    wrong = [line for place in places for line in io.target_problems(place, inputs)]
    return [*wrong, *io.of_one_file(places)]
