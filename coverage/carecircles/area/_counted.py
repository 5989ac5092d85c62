"""
The people of the streets where no file of population says them: those of the best source that counts people.

Communities that count in every street come first, for they are counts of small places; then a grid of
people, then rasters, then residences, which may leave some out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import people
from carecircles.area import _bands, _sources, _totals
from carecircles.area._rasters import Said
from carecircles.area.values import Band, Ground
from carecircles.io import _checks
from carecircles.io._formats import FORMATS
from carecircles.words import Sentence, Text, listed

COUNTING = ("communities", "people_grid", "people_raster", "residences")  # the best first
_RASTER = "people_raster"


class Counted(NamedTuple):
    """
    The people of streets, of the earliest year and of all, out of a source: which, and what was said.

    `bands` are those of rasters, where these are the source.
    """

    by: str
    population: pd.DataFrame
    populations: pd.DataFrame | None
    bands: tuple[Band, ...]
    notes: list[Text]


def count(
    read: Mapping[str, gpd.GeoDataFrame | None],
    raster: Said | None,
    ground: Ground,
    groups: Sequence[people.Group],
    *,
    files: Mapping[str, str],
    folder: Path,
) -> tuple[Counted | None, list[Sentence]]:
    """
    People by street from the best source that counts them, or None, and what is wrong with that.

    Parameters are those of `_sources.match`, and the groups of people that the area may count. What is wrong
    with a source in itself is left to that.
    """
    for by in COUNTING:
        if by == _RASTER:
            found = None if raster is None else _in_rasters(raster, ground, groups, folder=folder)
        else:
            found = _in_frame(by, read.get(by), ground, file=files.get(by, by))
        if found is None:
            continue
        sums, bands, notes, problems = found
        if not problems:
            problems = _problems(sums, groups, ground, file=files.get(by, by))
        if problems:
            return None, problems
        population = _told(sums, files.get(by, by))
        years = sorted({year for year in sums if year is not None})
        first = population[years[0] if years else None]
        populations = None
        if years:
            populations = pd.concat({year: population[year] for year in years}, names=["year"])
            populations = populations.reorder_levels(["code", "year"])
            populations.attrs = dict(first.attrs)
        own = [_note(by, files.get(by, by), years), *_nobody(first, ground)]
        return Counted(by, first, populations, bands, [*own, *notes]), []
    return None, []


def nothing(where: str) -> Sentence:
    """That nothing says how many people there are."""
    return Sentence(
        f"{where}: there is no file of population, and nothing else counts people; add population as one of "
        f"{listed(FORMATS)}, or name it in area.toml, or add people_raster, or people_grid, communities or "
        "residences with people.",
        zh=f"{where}：没有 population 文件，也没有其他带人数的文件；请补上 population（格式："
        f"{listed(FORMATS).zh}），或在 area.toml 中指定，或添加 people_raster，或带人数的 people_grid、"
        "communities 或 residences。",
    )


_Found = tuple[
    dict[int | None, pd.DataFrame], tuple[Band, ...], list[Text], list[Sentence]
]  # people by year and street, bands, notes, problems


def _in_frame(
    by: str, frame: gpd.GeoDataFrame | None, ground: Ground, *, file: str
) -> _Found | None:
    """People by street of communities, a grid or residences; None where they do not count any."""
    if frame is None or not people.columns_of(frame):
        return None
    match_one = {
        "communities": _sources.match_communities,
        "people_grid": _sources.match_people_grid,
        "residences": _sources.match_residences,
    }[by]
    kept, wrong, _ = match_one(frame, ground, file=file)
    groups = people.columns_of(kept)
    if by != "people_grid":
        groups = [group for group in groups if kept[group].notna().all()]
    if wrong or not groups:
        return None
    codes = ground.streets.index
    if by == "people_grid":
        sums = _by_area(kept, groups, ground.streets)
    else:
        sums = kept.groupby("street")[groups].sum()
        if by == "communities" and not codes.isin(sums.index).all():
            return None
    return {None: sums.reindex(codes, fill_value=0.0)}, (), [], []


def _by_area(
    squares: gpd.GeoDataFrame, groups: Sequence[str], streets: gpd.GeoDataFrame
) -> pd.DataFrame:
    """People by street of squares, each by the area it has there, or of points, where they lie."""
    shapes, outlines = squares.geometry.to_numpy(), streets.geometry.to_numpy()
    which, street = streets.sindex.query(shapes, predicate="intersects")
    if (shapely.get_dimensions(shapes) == 0).all():
        which, first = np.unique(which, return_index=True)  # on a border: in one of them
        street, weight = street[first], np.ones(len(which))
    else:
        weight = shapely.area(shapely.intersection(shapes[which], outlines[street]))
        # All of a square counts, also where streets leave a sliver between them.
        whole = np.bincount(which, weight, minlength=len(shapes))[which]
        weight = np.divide(weight, whole, out=np.zeros(len(which)), where=whole > 0)
    counts = squares[list(groups)].fillna(0.0).to_numpy()
    sums = [np.bincount(street, weight * of[which], minlength=len(streets)) for of in counts.T]
    return pd.DataFrame(dict(zip(groups, sums, strict=True)), index=streets.index)


def _in_rasters(
    said: Said, ground: Ground, groups: Sequence[people.Group], *, folder: Path
) -> _Found:
    """People by year and street of rasters."""
    names = [group.column for group in groups]
    bands, looked, notes, problems = _bands.read_rasters(
        said, ground, names, folder=folder, is_population=True
    )
    sums: dict[int | None, pd.DataFrame] = {}
    for band in bands if not problems else ():
        empty = pd.DataFrame(index=ground.streets.index)
        of_year = sums.setdefault(band.year, empty)
        of_band = looked[band.path].by_shape[band.band]
        of_year[band.group] = of_year.get(band.group, 0.0) + of_band
    counted = {year: list(of_year.columns) for year, of_year in sums.items()}
    for year, own in counted.items():
        missing = {g for other in counted.values() for g in other} - {*own}
        if missing:
            names_of = ", ".join(sorted(missing))
            problems.append(
                Sentence(
                    f"people_raster: there is no {names_of} of {year}, which other years have; add the files, or "
                    "leave these out.",
                    zh=f"人口栅格：{year} 年缺少 {names_of}，而其他年份有；请补齐文件，或去掉这些。",
                )
            )
    return sums, bands, notes, problems


def _problems(
    sums: Mapping[int | None, pd.DataFrame],
    groups: Sequence[people.Group],
    ground: Ground,
    *,
    file: str,
) -> list[Sentence]:
    """Whether what a source counts can be the population of streets."""
    problems: list[Sentence] = []
    for year, counts in sums.items():
        name = file if year is None else f"{file} ({year})"
        empty, _ = _totals.total_told(counts.sum(), ground, file=name)
        problems += empty
        for group in groups:
            if group.is_own and group.column not in counts:
                problems.append(
                    Sentence(
                        f"{name}: it does not count {group.column}; add it, or take the group out of area.toml.",
                        zh=f"{name}：没有 {group.column}；请补上，或从 area.toml 中删去该人群。",
                    )
                )
            if group.column not in counts:
                continue
            for whole in people.wholes_of(group.column, groups):
                if whole in counts:
                    more = counts.index[counts[group.column] > counts[whole] + 0.5]
                    problems += _more(more, group.column, whole, ground, file=name)
    return _checks.few(list(dict.fromkeys(problems)), of=file)


def _more(codes: pd.Index, part: str, whole: str, ground: Ground, *, file: str) -> list[Sentence]:
    if codes.empty:
        return []
    where = _checks.some(ground.streets.loc[codes, "name"])
    return [
        Sentence(
            f"{file}: in {where} there are more {part} than {whole}, of whom they are part; correct one of the two.",
            zh=f"{file}：{where.zh} 的{_totals.column_zh(part, ground)}多于其所属的{_totals.column_zh(whole, ground)}；"
            "请更正其一。",
        )
    ]


def _told(sums: Mapping[int | None, pd.DataFrame], file: str) -> dict[int | None, pd.DataFrame]:
    """People by street as `area.population` has them, with what they rest on."""
    told = {}
    for year, counts in sums.items():
        frame = counts.assign(
            basis="summed", source=file, age_basis="summed", age_source=file
        ).rename_axis("code")
        frame.attrs = {"file": file, "format": "added up by street"}
        told[year] = frame
    return told


def _note(by: str, file: str, years: Sequence[int]) -> Text:
    """Where the people of streets come from."""
    named = by if file == by else f"{by} ({file})"
    zh = _sources.ROLES_ZH[by] if file == by else f"{_sources.ROLES_ZH[by]}（{file}）"
    note = {
        "en": f"There is no file of population: the people of each street are those that {named} has in it.",
        "zh": f"没有人口文件：各街道人口取自{zh}在其范围内的合计。",
    }
    if len(years) > 1:
        note = {
            "en": f"{note['en']} In each year they live where its raster says.",
            "zh": f"{note['zh']}各年份的分布按当年栅格。",
        }
    return note


def _nobody(population: pd.DataFrame, ground: Ground) -> list[Text]:
    """Streets in which a source counts nobody."""
    groups = people.columns_of(population)
    codes = population.index[(population[groups] <= 0).all(axis=1)]
    if codes.empty:
        return []
    where = _checks.some(ground.streets.loc[codes, "name"])
    return [
        {
            "en": f"It counts nobody in {where}.",
            "zh": f"其中 {where.zh} 没有人口。",
        }
    ]
