"""Rasters of people of a study area: which bands count, how much of the area they cover, what is understood of one."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from carecircles.area import _totals
from carecircles.area._rasters import Said, bands_of
from carecircles.area.values import Band, Ground
from carecircles.errors import ValidationError
from carecircles.io import rasters
from carecircles.people import columns_of
from carecircles.words import Sentence, Text

WHOLE = 0.999  # share of an area's figures or shapes from which on it is taken for all of it


def match_rasters(
    said: Said | None, ground: Ground, *, folder: Path
) -> tuple[tuple[Band, ...], list[Sentence], list[Text]]:
    """Bands of rasters that cover the area and have about as many people in it as are known."""
    if said is None:
        return (), [], []
    groups = columns_of(ground.population) if ground.population is not None else []
    bands, looked, notes, problems = read_rasters(said, ground, groups, folder=folder)
    if problems:
        return (), problems, []
    sums = pd.Series(0.0, index=list(dict.fromkeys(band.group for band in bands)))
    for band in bands:
        sums[band.group] += looked[band.path].sums[band.band]
    wrong, told = _totals.total_told(sums, ground, file="people_raster")
    return bands, wrong, [*notes, *told]


def read_rasters(
    said: Said,
    ground: Ground,
    groups: Sequence[str],
    *,
    folder: Path,
    is_population: bool = False,
) -> tuple[tuple[Band, ...], dict[Path, rasters.Looked], list[Text], list[Sentence]]:
    """Bands of rasters by group (`bands_of`), what is understood of each file, and how much of the area they cover."""
    bands, chosen, problems = bands_of(said, folder, groups=groups, is_population=is_population)
    looked: dict[Path, rasters.Looked] = {}
    for path, several in chosen.items():
        try:
            looked[path] = rasters.look(path, several, area=ground.streets.geometry)
        except ValidationError as err:
            problems += err.problems
    if not bands and not problems:
        known = ", ".join(groups)
        problems.append(
            Sentence(
                f"people_raster: none of the files counts a group of the area ({known}); declare one of "
                "these below [files.people_raster].",
                zh=f"人口栅格：没有文件对应研究区的人群（{known}）；请在 [files.people_raster] 下指明。",
            )
        )
    notes: list[Text] = []
    least = min((found.covered for found in looked.values()), default=1.0)
    if least < WHOLE:
        notes.append(
            {
                "en": f"people_raster covers {least:.1%} of the area; beyond it its people are not known.",
                "zh": f"人口栅格只覆盖研究区的 {least:.1%}，其余部分人口未知。",
            }
        )
    return bands, looked, notes, problems


def raster_of(path: Path) -> tuple[Path, int | None]:
    """A raster by the name it is told by, and the band of `FILE.tif#2`."""
    whole, mark, band = str(path).rpartition("#")
    return (Path(whole), int(band)) if mark and band.isdecimal() else (path, None)


def described_raster(path: Path, ground: Ground) -> list[Sentence]:
    """What is understood of a raster that is no part of a study area: its make, whom its name says it counts, its sums."""
    whole, band = raster_of(path)
    found = rasters.look(whole, [] if band is None else [band], area=ground.streets.geometry)
    sums = ", ".join(f"band {n}: {count:,.0f}" for n, count in found.sums.items())
    sums_zh = "、".join(f"第 {n} 波段 {count:,.0f} 人" for n, count in found.sums.items())
    whom, whom_zh = "its name does not say whom it counts", "文件名没有说明人群"
    if named := rasters.named(whole):
        sex = {"t": ("people", "人口"), "f": ("women", "女性"), "m": ("men", "男性")}[named.sex]
        last = "" if named.age is None or named.age >= rasters.OLDEST else _last_age(named.age)
        ages = "of all ages" if named.age is None else f"aged {named.age}{last or ' and more'}"
        ages_zh = (
            "所有年龄"
            if named.age is None
            else f"{named.age}{last or '岁及以上'}{'岁' * bool(last)}"
        )
        whom = f"counts {sex[0]} {ages} in {named.year}"
        whom_zh = f"{named.year} 年{ages_zh}{sex[1]}"
    return [
        Sentence(
            f"{whole.name}: people_raster, {found.made}; {whom}; people in the area by {sums}",
            zh=f"{whole.name}：人口栅格，{found.made.zh}；{whom_zh}；研究区内{sums_zh}",
        )
    ]


def _last_age(first: int) -> str:
    """The last age of a band that begins at an age, such as '-64'."""
    later = [age for age in rasters.ages_from(0) if age > first]
    return f"-{later[0] - 1}" if later and later[0] - 1 > first else ""


def described(bands: Sequence[Band], ground: Ground) -> list[Sentence]:
    """What is understood of the rasters of a study area, a line for each file."""
    files: dict[Path, list[Band]] = {}
    for band in bands:
        files.setdefault(band.path, []).append(band)
    told = []
    for path, several in files.items():
        numbers = sorted({band.band for band in several})
        found = rasters.look(path, numbers, area=ground.streets.geometry)
        sums = ", ".join(f"band {n}: {found.sums[n]:,.0f}" for n in numbers)
        sums_zh = "、".join(f"第 {n} 波段 {found.sums[n]:,.0f} 人" for n in numbers)
        counted = dict.fromkeys(band.group for band in several)
        groups = ", ".join(counted)
        groups_zh = "、".join(_totals.column_zh(group, ground) for group in counted)
        told.append(
            Sentence(
                f"{path.name}: {found.made}; counts for {groups}; people in the area by {sums}",
                zh=f"{path.name}：{found.made.zh}；用于{groups_zh}；研究区内{sums_zh}",
            )
        )
    return told
