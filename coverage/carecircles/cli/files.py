"""`carecircles check` and `init`."""

from pathlib import Path
from typing import Annotated

import typer

from carecircles.cli.options import Lang, command, datum_of, folder_of
from carecircles.cli.output import print_line
from carecircles.errors import ValidationError
from carecircles.words import Sentence, printable, say


@command()
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
    lang: Lang = None,  # type: ignore[assignment]  # which its callback replaces
) -> None:
    """Validate files and say what was understood of them."""
    datum = datum_of(datum)
    from carecircles.area import check_file

    problems: list[Sentence] = []
    for path in files:
        try:
            is_inside = (path.parent / "area.toml").is_file()
            against = path.parent if area is None and is_inside else folder_of(area or "hexi")
            lines = check_file(path, area=against, datum=datum)
        except ValidationError as err:
            problems += err.problems
        except OSError as err:
            told = f"{path}: cannot be read ({err.strerror}); check the path."
            zh = f"{path}：无法读取（{err.strerror}）；请检查路径。"
            problems.append(Sentence(told, zh=zh))
        else:
            print_line("\n".join(printable(say(line, lang)) for line in lines))
    if problems:
        raise ValidationError(problems)


@command()
def init(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    lang: Lang = None,  # type: ignore[assignment]  # which its callback replaces
) -> None:
    """Write a documented study area of invented data, to put your own files into."""
    from carecircles import datasets

    datasets.write_template(folder)
    told = f"{folder}: read README.md there, then try `carecircles map --area {folder}`"
    zh = f"{folder}：请先读其中的 README.md，再试 `carecircles map --area {folder}`"
    print_line(say(Sentence(told, zh=zh), lang))
