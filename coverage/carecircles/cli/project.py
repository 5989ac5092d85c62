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
            help="People by street and five-year age band; with --ratio a population file, or the folder of a "
            "study area."
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
            "file with columns street and ratio, or, for a folder, a GeoTIFF of ratios."
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
    inputs += area.files_of(file) if file.is_dir() else []
    require(
        _question_problems(survival, ratio, groups),
        _place_problems(file, ratio),
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

    if ratio is not None and file.is_dir():
        return _scaled_area(file, ratio, to=to, base=base)
    if ratio is not None:
        number = _number(ratio)
        return cohorts.scaled(file, ratio if number is None else number, to=to, base=base)
    asked = cohorts.GROUPS if groups is None else tuple(groups.replace(",", " ").split())
    return cohorts.project(file, survival, to=to, base=base, groups=asked)


def _scaled_area(folder: Path, ratio: str, *, to: int, base: int | None) -> "pd.DataFrame":
    """The people of a study area in a base year and later, by a ratio, or a raster of ratios where they live."""
    from carecircles import cohorts, weights
    from carecircles.area import read_area

    study = read_area(folder)
    told = study.population.reset_index().assign(
        street=study.streets.loc[study.population.index, "name"].to_numpy()
    )
    told = told if study.year is None else told.assign(year=study.year)
    by: str | float | pd.Series = ratio
    if _is_raster(ratio):
        by = weights.ratios(study, Path(ratio))
        by.attrs["source"] = Path(ratio).name
    elif (number := _number(ratio)) is not None:
        by = number
    return cohorts.scaled(told, by, to=to, base=base)


def _is_raster(ratio: str | None) -> bool:
    from carecircles.io import rasters

    return ratio is not None and Path(ratio).suffix.casefold() in rasters.SUFFIXES


def _place_problems(file: Path, ratio: str | None) -> list[Sentence]:
    """Whether it is known where people live, where that is needed."""
    if _is_raster(ratio) and not file.is_dir():
        return [
            Sentence(
                f"--ratio {ratio} is a raster, for which has to be known where people live; name the folder of a "
                f"study area instead of {file.name}.",
                zh=f"--ratio {ratio} 是栅格，需要知道人口居住位置；请用研究区文件夹代替 {file.name}。",
            )
        ]
    if file.is_dir() and ratio is None:
        return [
            Sentence(
                f"{file}: this is a folder; name a table of people by street and age band, or add --ratio.",
                zh=f"{file}：这是文件夹；请给出按街道和年龄组的人口表，或加上 --ratio。",
            )
        ]
    return []


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
