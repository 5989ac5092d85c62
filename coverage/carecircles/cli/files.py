"""`carecircles check` and `init`."""

from pathlib import Path
from typing import Annotated

import typer

from carecircles.cli._work import use
from carecircles.cli.options import Lang, command, datum_of, folder_of, require
from carecircles.cli.output import print_line, print_table
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
    cell: Annotated[
        float,
        typer.Option(help="Side of a grid cell in metres, on which a folder's people are placed."),
    ] = 50.0,
    lang: Lang = None,  # type: ignore[assignment]  # which its callback replaces
) -> None:
    """Validate files and say what was understood of them."""
    datum = datum_of(datum)
    from carecircles import grid
    from carecircles.area import check_file

    require(grid.cell_problems(cell))
    problems: list[Sentence] = []
    for path in files:
        try:
            if path.is_dir():
                _check_folder(path, datum=datum, cell=cell, lang=lang)
                continue
            homes = (path.parent, path.parent.parent)  # of a layer in facilities/
            home = next((one for one in homes if (one / "area.toml").is_file()), None)
            against = home if area is None and home is not None else folder_of(area or "hexi")
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


def _check_folder(folder: Path, *, datum: str | None, cell: float, lang: str) -> None:
    """What is understood of a study area, and whether its people add up when they are placed."""
    from carecircles import grid, memory, report, weights
    from carecircles.area import describe_area, read_area

    study = read_area(folder, datum=datum)
    lines = describe_area(study, folder=folder)
    print_line("\n".join(printable(say(line, lang)) for line in lines))
    require(grid.count_problems(study.streets, cell))
    memory.require(
        memory.of_evaluation(study, cell=cell),
        most=memory.limit(None),
        doing=f"--cell {cell:g}",
        mend=use(Sentence("a larger --cell", zh="更大的 --cell")),
    )
    placed = weights.place(study, cell=cell)
    title = {
        "en": f"People known and people placed, on cells of {cell:g} m",
        "zh": f"已知人口与安置人口（{cell:g} 米网格）",
    }
    print_table(
        report.placed_table(placed, study, lang=lang),
        title=title[lang],
        notes=[say(note, lang) for note in report.placed_notes(placed)],
        lang=lang,
        has_formats=False,
    )


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
