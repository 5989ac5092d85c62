"""Which bands of which raster files count which people: by their names, or as declared."""

import glob
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from carecircles import people
from carecircles.area.values import Band
from carecircles.io import _checks, rasters
from carecircles.words import Sentence, listed

Said: TypeAlias = (
    str | Path | Sequence[str | Path] | Mapping[str, str | Path | Sequence[str | Path]]
)

_BAND = re.compile(r"(.+\.tiff?)#([1-9]\d{0,4})", re.IGNORECASE)
_OF_AGE = re.compile(r"people_(\d{1,2})")
_KEY = "files.people_raster"


def said_problems(
    said: object, groups: Sequence[people.Group], file: str = "area.toml"
) -> list[Sentence]:
    """What is wrong with how rasters are declared: a file, a list of them, or files by group of the area."""
    known = listed(group.column for group in groups)
    parts = list(said.items()) if isinstance(said, Mapping) else [(None, said)]
    problems = []
    if not parts:
        return [_not_files(file, _KEY, said)]
    for group, value in parts:
        where = _KEY if group is None else f"{_KEY}.{group}"
        if group is not None and group not in {one.column for one in groups}:
            problems.append(
                Sentence(
                    f"{file}: {where}: this is no group of the area; write one of {known}, or declare it "
                    "below [groups].",
                    zh=f"{file}：{where}：研究区没有该人群；请写以下之一：{known.zh}，或在 [groups] 下声明。",
                )
            )
        several = _listed(value)
        if not several or not all(
            isinstance(v, Path) or (isinstance(v, str) and v.strip() and "\0" not in v)
            for v in several
        ):
            problems.append(_not_files(file, where, value))
    return problems


def _not_files(file: str, where: str, said: object) -> Sentence:
    return Sentence(
        f"{file}: {where} is {said!r:.60}; write the name of a GeoTIFF, a list of names, or below "
        f"[{_KEY}] one for each group.",
        zh=f"{file}：{where} 为 {said!r:.60}；请写 GeoTIFF 文件名、文件名列表，或在 [{_KEY}] 下按人群逐一填写。",
    )


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def files_in(said: Said | None, folder: Path) -> list[Path]:
    """The raster files that are declared, those of a pattern such as `t_*_2030.tif` one by one."""
    if said is None:
        return []
    every = said.values() if isinstance(said, Mapping) else [said]
    return [path for value in every for one in _listed(value) for path, _ in _found(one, folder)]


def bands_of(
    said: Said, folder: Path, *, groups: Iterable[str]
) -> tuple[tuple[Band, ...], dict[Path, list[int] | None], list[Sentence]]:
    """
    Bands by group, the bands of each file (None: its only one) to look at, and what is wrong.

    `groups` are the columns of people that the study area counts. Files that are named for ages make up
    each of these that is an age and more, out of every band from that age on.
    """
    problems: list[Sentence] = []
    bands: list[Band] = []
    if isinstance(said, Mapping):
        for group, value in said.items():
            for path, band in (pair for one in _listed(value) for pair in _found(one, folder)):
                named = rasters.named(path)
                bands.append(Band(path, band or 1, group, named.year if named else None))
    else:
        files = [pair for one in _listed(said) for pair in _found(one, folder)]
        bands, problems = _by_name([path for path, _ in files if path.is_file()], list(groups))
    chosen: dict[Path, list[int] | None] = {}
    for value in said.values() if isinstance(said, Mapping) else [said]:
        for path, band in (pair for one in _listed(value) for pair in _found(one, folder)):
            several = chosen.get(path, [])  # a plain name stays plain: it asks which band is meant
            chosen[path] = None if band is None or several is None else [*several, band]
    problems += _of_several_years(path for path in chosen if path.is_file())
    twice = {one for one in bands if bands.count(one) > 1}
    for one in sorted(twice, key=str):
        problems.append(
            Sentence(
                f"{one.path.name}: band {one.band} is there more than once for {one.group}; name it once.",
                zh=f"{one.path.name}：第 {one.band} 波段在 {one.group} 中重复；请只写一次。",
            )
        )
    for path in dict.fromkeys(path for path in chosen if not path.is_file()):
        problems.append(_no_file(path))
    return tuple(bands), {p: b for p, b in chosen.items() if p.is_file()}, problems


def _of_several_years(files: Iterable[Path]) -> list[Sentence]:
    """Files whose names say different years are not people of one day."""
    years = {named.year for path in files if (named := rasters.named(path))}
    if len(years) < 2:
        return []
    told = ", ".join(map(str, sorted(years)))
    return [
        Sentence(
            f"{_KEY}: the files are of the years {told}; name those of one year.",
            zh=f"{_KEY}：文件属于不同年份（{told}）；请只列出同一年的文件。",
        )
    ]


def _no_file(path: Path) -> Sentence:
    return Sentence(
        f"{path}: there is no such file; check the name or the pattern.",
        zh=f"{path}：没有这个文件；请检查文件名或通配符。",
    )


def _found(one: str | Path, folder: Path) -> list[tuple[Path, int | None]]:
    """The files and bands that a name (`FILE.tif#2`) or a pattern stands for; itself where there is none."""
    path = folder / one
    if path.is_file():
        return [(path, None)]
    if found := _BAND.fullmatch(str(one)):
        return [(folder / found[1], int(found[2]))]
    if any(mark in str(one) for mark in "*?["):
        matched = sorted(glob.glob(os.path.join(glob.escape(str(folder)), one)))  # noqa: PTH118, PTH207  (a pattern may be absolute)
        return [(Path(p), None) for p in matched] or [(path, None)]
    return [(path, None)]


def _by_name(files: Sequence[Path], groups: Sequence[str]) -> tuple[list[Band], list[Sentence]]:
    """Bands of files whose names say whom they count."""
    problems: list[Sentence] = []
    bands: list[Band] = []
    by_age: dict[tuple[str, int], Path] = {}
    for path in dict.fromkeys(files):
        named = rasters.named(path)
        if people.is_group(path.stem):
            bands.append(Band(path, 1, path.stem))
        elif named is None:
            problems.append(_says_nobody(path))
        elif named.age is not None and named.age not in rasters.ages_from(0):
            problems.append(
                Sentence(
                    f"{path.name}: it begins at the age of {named.age}; bands begin at 0, 1, 5, 10 ... 90.",
                    zh=f"{path.name}：起始年龄为 {named.age}；各波段应始于 0、1、5、10……90 岁。",
                )
            )
        else:
            year = named.year
            if named.age is None:
                bands.append(Band(path, 1, people.EVERYONE, named.year))
            elif (named.sex, named.age) in by_age:
                problems.append(_twice(by_age[named.sex, named.age], path))
            else:
                by_age[named.sex, named.age] = path
    if not by_age:
        return bands, problems
    wanted = {g: int(m[1]) for g in groups if (m := _OF_AGE.fullmatch(g))}
    wanted = {group: age for group, age in wanted.items() if age in rasters.ages_from(0)}
    there = {band.group for band in bands}
    if people.EVERYONE in groups and people.EVERYONE not in there and _is_whole(by_age):
        wanted[people.EVERYONE] = 0
    missing: dict[str, None] = {}
    short = []
    for group, first in wanted.items():
        if group in there:
            continue
        absent = _absent(by_age, rasters.ages_from(first))
        short += [group] if absent else []
        missing |= dict.fromkeys(absent)
        bands += [
            Band(by_age[sex, age], 1, group, year)
            for age in rasters.ages_from(first)
            for sex in "tfm"
            if (sex, age) in by_age
        ]
    both = {age for sex, age in by_age if sex == "t"} & {age for sex, age in by_age if sex != "t"}
    for age in sorted(both):
        other = by_age.get(("f", age)) or by_age["m", age]
        problems.append(_twice(by_age["t", age], other))
    if missing:
        problems.append(
            Sentence(
                f"{_KEY}: for {', '.join(short)} there is no {_checks.some(missing)}; add the files, or say "
                f"below [{_KEY}] which file counts whom.",
                zh=f"{_KEY}：{'、'.join(short)} 缺少 {_checks.some(missing).zh}；请补齐文件，或在 [{_KEY}] 下"
                "指明各文件对应的人群。",
            )
        )
    return bands, problems


def _is_whole(by_age: Mapping[tuple[str, int], Path]) -> bool:
    """Whether there are bands of every age, so that they make up everybody."""
    return not _absent(by_age, rasters.ages_from(0))


def _absent(by_age: Mapping[tuple[str, int], Path], ages: Sequence[int]) -> list[str]:
    """The names of the files that are not there: of both sexes together, or of the other one."""
    (_, pattern) = next(iter(by_age.items()))
    names = []
    for age in ages:
        sexes = {sex for sex in "tfm" if (sex, age) in by_age}
        if "t" in sexes or {"f", "m"} <= sexes:
            continue
        any_whole = any(sex == "t" for sex, _ in by_age)
        lacking = ["t"] if any_whole and not sexes else [s for s in "fm" if s not in sexes]
        names += [rasters.name_of(pattern, sex=sex, age=age) for sex in lacking]
    return names


def _says_nobody(path: Path) -> Sentence:
    return Sentence(
        f"{path.name}: its name does not say whom it counts (as chn_t_60_2030.tif or people_60.tif do); "
        f'write below [{_KEY}] such as people_60 = "{path.name}".',
        zh=f"{path.name}：文件名没有说明人群（如 chn_t_60_2030.tif 或 people_60.tif）；"
        f'请在 [{_KEY}] 下写如 people_60 = "{path.name}"。',
    )


def _twice(one: Path, other: Path) -> Sentence:
    return Sentence(
        f"{one.name} and {other.name} count the same people; keep one.",
        zh=f"{one.name} 与 {other.name} 计的是同一人群；请只保留一个。",
    )
