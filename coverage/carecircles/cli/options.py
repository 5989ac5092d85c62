"""The options that commands share, as one value, and whether they make sense."""

import contextlib
import datetime
import functools
import inspect
import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from carecircles.errors import ValidationError

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
    group: Annotated[
        str | None,
        typer.Option(
            help="Whose figures come first: a group of people by its column or name, such as "
            "people_80; 60+ if not given."
        ),
    ] = None
    as_of: Annotated[
        datetime.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Count only centres open on this day."),
    ] = None
    year: Annotated[
        int | None,
        typer.Option(
            help="Count the people of this year, where the population file names years; those of the "
            "earliest if not given."
        ),
    ] = None
    lang: Lang = None  # type: ignore[assignment]  # which `_language` replaces
    memory: Annotated[
        str | None,
        typer.Option(help="Memory that may be used, such as 4GB.  [default: 80 % of what is free]"),
    ] = None


Out = Annotated[Path | None, typer.Option(help="File to write; its suffix names the format.")]


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command that takes `options: Options` as one that takes each of them, the way typer reads it."""
    shared = inspect.signature(Options).parameters
    own = inspect.signature(command).parameters

    @functools.wraps(command)
    def run(**values: object) -> None:
        options = Options(**{name: values.pop(name) for name in shared})  # type: ignore[arg-type]  # of any type
        command(**values, options=options)

    every = [p for p in own.values() if p.name != "options"] + list(shared.values())
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
        raise ValidationError([f"{option}: {err}."]) from None


def require(*problems: list[str]) -> None:
    """Go on only if nothing is wrong; all that is wrong is told at once."""
    found = list(dict.fromkeys(line for some in problems for line in some))
    if found:
        raise ValidationError(found)


def problems_of(check: Callable[[], object]) -> list[str]:
    """What a check that raises has to say."""
    try:
        check()
    except ValidationError as err:
        return list(err.problems)
    return []


def options_problems(options: Options) -> list[str]:
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
        *grid.cell_problems(options.cell),
        *problems_of(lambda: memory.limit(options.memory)),
    ]


def suffix_problems(
    out: Path | None, suffixes: tuple[str, ...], option: str = "--out"
) -> list[str]:
    """Before the work starts, whether its result can be written as asked."""
    if out is None or out.suffix.casefold() in suffixes:
        return []
    return [f"{option}: {out.name} has to end in {', '.join(suffixes)}."]


def inputs_of(options: Options, *files: Path | None) -> list[Path]:
    """The files that a run is to read: the study area's wherever they lie, and those it is told."""
    from carecircles import area

    own: list[Path] = []
    with contextlib.suppress(ValidationError):  # an area nobody knows is told elsewhere
        own = area.files_of(folder_of(options.area))
    told = [path for path in (options.centres, *files) if path is not None]
    return [*own, *(path for one in told for path in area.files_told(one))]


def target_problems(targets: Sequence[Path | None], inputs: list[Path]) -> list[str]:
    """Whether results can be written where they are to go; none takes the place of an input."""
    from carecircles import io

    places = [target for target in targets if target is not None]
    wrong = [line for place in places for line in io.target_problems(place, inputs)]
    return [*wrong, *io.of_one_file(places)]
