"""`carecircles project`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carecircles.cli.options import (
    Lang,
    command,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import busy, print_line, print_table
from carecircles.words import Sentence, say

if TYPE_CHECKING:
    import pandas as pd


@command()
def project(
    file: Annotated[
        Path,
        typer.Argument(
            help="People by street and five-year age band; with --ratio a population file."
        ),
    ],
    to: Annotated[int, typer.Option(help="The last year, such as 2035.")],
    survival: Annotated[
        Path | None,
        typer.Option(
            help="Table of the share of each age band alive five years later: columns age, survival."
        ),
    ] = None,
    ratio: Annotated[
        str | None,
        typer.Option(
            help="Instead of survival: how many times as many people there will be, a number or a "
            "file with columns street and ratio."
        ),
    ] = None,
    base: Annotated[
        int | None, typer.Option(help="The year of the people, where the file has no column year.")
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(
            help="Groups from an age on, such as people_65,people_80; with --ratio all of the file.  "
            "[default: people_60,people_65,people_80]"
        ),
    ] = None,
    lang: Lang = None,  # type: ignore[assignment]  # which its callback replaces
    out: Annotated[
        Path | None,
        typer.Option(help="Population file to write, with a row a street and year: .csv or .xlsx."),
    ] = None,
) -> None:
    """Say how many people there will be, and write them as the population file of a study area."""
    from carecircles import area, io, report

    tables = [survival, None if ratio is None or _number(ratio) is not None else Path(ratio)]
    inputs = [p for told in (file, *tables) if told is not None for p in area.files_told(told)]
    require(
        _question_problems(survival, ratio, groups),
        suffix_problems(out, (".csv", ".xlsx")),
        target_problems([out], inputs),
    )
    with busy(Sentence("projecting", zh="正在推算"), lang):
        population = _projected(file, survival, ratio, to=to, base=base, groups=groups)
        if out is not None:
            written = report.rounded(population.reset_index("year"))
            written.insert(0, "year", written.pop("year"))
            io.write_results({out: lambda: written}, inputs=inputs)
    print_table(
        report.projection_table(population, lang=lang),
        title=say(report.projection_title(population), lang),
        notes=[] if out is not None else [say(_NOT_WRITTEN, lang)],
        lang=lang,
    )
    if out is not None:
        print_line(out)


_NOT_WRITTEN = {
    "en": "--out population.csv writes them by street and year, for the folder of a study area.",
    "zh": "用 --out population.csv 可按街道和年份写出，供研究区目录使用。",
}


def _projected(
    file: Path,
    survival: Path | None,
    ratio: str | None,
    *,
    to: int,
    base: int | None,
    groups: str | None,
) -> "pd.DataFrame":
    from carecircles import cohorts

    if ratio is not None:
        number = _number(ratio)
        return cohorts.scaled(file, ratio if number is None else number, to=to, base=base)
    asked = cohorts.GROUPS if groups is None else tuple(groups.replace(",", " ").split())
    return cohorts.project(file, survival, to=to, base=base, groups=asked)


def _number(ratio: str) -> float | None:
    try:
        return float(ratio)
    except ValueError:
        return None


def _question_problems(
    survival: Path | None, ratio: str | None, groups: str | None
) -> list[Sentence]:
    """Whether it is clear how people are projected."""
    if ratio is None:
        return []
    return [
        Sentence(
            f"--ratio does not go with {option}; name one of them.",
            zh=f"--ratio 不能与 {option} 同时使用；请只写其一。",
        )
        for option, value in (("--survival", survival), ("--groups", groups))
        if value is not None
    ]
