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

Files: TypeAlias = str | Path | Sequence[str | Path]
Said: TypeAlias = Files | Mapping[str, Files | Mapping[str, Files]]  # by group, and year

_BAND = re.compile(r"(.+\.tiff?)#([1-9]\d{0,4})", re.IGNORECASE)
_OF_AGE = re.compile(r"people_(\d{1,2})")
_OF_YEAR = re.compile(r"(.+)_((?:19|20)\d\d)")
_KEY = "files.people_raster"


def said_problems(
    said: object, groups: Sequence[people.Group], file: str = "area.toml"
) -> list[Sentence]:
    """What is wrong with how rasters are declared: a file, a list of them, or files by group of the area."""
    known = listed(group.column for group in groups)
    problems = []
    if isinstance(said, Mapping) and not said:
        return [_not_files(file, _KEY, said)]
    for group, year, value in _declared(said):
        where = ".".join([_KEY, *([] if group is None else [group])])
        if group is not None and group not in {one.column for one in groups}:
            problems.append(
                Sentence(
                    f"{file}: {where}: this is no group of the area; write one of {known}, or declare it "
                    "below [groups].",
                    zh=f"{file}：{where}：研究区没有该人群；请写以下之一：{known.zh}，或在 [groups] 下声明。",
                )
            )
        if year is not None and _year(year) is None:
            problems.append(
                Sentence(
                    f"{file}: {where}: {year!r:.60} is no year; write such as 2030.",
                    zh=f"{file}：{where}：{year!r:.60} 不是年份；应写成 2030 这样。",
                )
            )
        several = _listed(value)
        if not several or not all(
            isinstance(v, Path) or (isinstance(v, str) and v.strip() and "\0" not in v)
            for v in several
        ):
            problems.append(_not_files(file, where, value))
    return list(dict.fromkeys(problems))


def _declared(said: Any) -> list[tuple[str | None, str | None, Any]]:
    """What is declared, part by part: the group and the year, where they are said, and the files."""
    if not isinstance(said, Mapping):
        return [(None, None, said)]
    parts: list[tuple[str | None, str | None, Any]] = []
    for group, value in said.items():
        if isinstance(value, Mapping) and value:
            parts += [(group, str(year), files) for year, files in value.items()]
        else:
            parts.append((group, None, value))
    return parts


def _year(said: str) -> int | None:
    return int(said) if re.fullmatch(r"(19|20)\d\d", said) else None


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
    every = [one for _, _, value in _declared(said) for one in _listed(value)]
    return [path for one in every for path, _ in _found(one, folder)]


def bands_of(
    said: Said, folder: Path, *, groups: Iterable[str], is_population: bool = False
) -> tuple[tuple[Band, ...], dict[Path, list[int] | None], list[Sentence]]:
    """
    Bands by group, the bands of each file (None: its only one) to look at, and what is wrong.

    `groups` are the columns of people that the study area counts. Files that are named for ages make up
    each of these that is an age and more, out of every band from that age on. Rasters that are themselves
    the population may be of several years, and `groups` are those it may count: files begin at one's age.
    """
    problems: list[Sentence] = []
    bands: list[Band] = []
    chosen: dict[Path, list[int] | None] = {}
    files: list[Path] = []
    for group, year, value in _declared(said):
        for path, band in (pair for one in _listed(value) for pair in _found(one, folder)):
            several = chosen.get(path, [])  # a plain name stays plain: it asks which band is meant
            chosen[path] = None if band is None or several is None else [*several, band]
            if group is not None:
                of_year = _year_of(path) if year is None else _year(year)
                bands.append(Band(path, band or 1, group, of_year))
            elif path.is_file():
                files.append(path)
    if files:
        bands, problems = _by_names(files, list(groups), is_population=is_population)
    years = {band.year for band in bands}
    if is_population and None in years and len(years) > 1:
        problems += _of_no_year(band.path for band in bands if band.year is None)
    elif not is_population:
        problems += _of_several_years(
            {_year_of(path) for path in chosen if path.is_file()} | years - {None}
        )
    twice = {one for one in bands if bands.count(one) > 1}
    for one in sorted(twice, key=str):
        problems.append(
            Sentence(
                f"{one.path.name}: band {one.band} is there more than once for {one.group}; name it once.",
                zh=f"{one.path.name}：第 {one.band} 波段在 {one.group} 中重复；请只写一次。",
            )
        )
    for path in dict.fromkeys(path for path in chosen if not path.is_file()):
        whole = Path(str(path).rpartition("#")[0])
        problems.append(_no_band(path, whole) if whole.is_file() else _no_file(path))
    return tuple(bands), {p: b for p, b in chosen.items() if p.is_file()}, problems


def _year_of(path: Path) -> int | None:
    """The year that a file's name says."""
    if named := rasters.named(path):
        return named.year
    found = _OF_YEAR.fullmatch(path.stem)
    return int(found[2]) if found and people.is_group(found[1]) else None


def _group_of(path: Path) -> str | None:
    """The group that a file's name says in full, such as people_60.tif and people_60_2030.tif."""
    found = _OF_YEAR.fullmatch(path.stem)
    stem = found[1] if found else path.stem
    return stem if people.is_group(stem) else None


def _of_several_years(years: Iterable[int | None]) -> list[Sentence]:
    """Files of different years are not people of one day."""
    known = sorted({year for year in years if year is not None})
    if len(known) < 2:
        return []
    told = ", ".join(map(str, known))
    return [
        Sentence(
            f"{_KEY}: the files are of the years {told}; name those of one year.",
            zh=f"{_KEY}：文件属于不同年份（{told}）；请只列出同一年的文件。",
        )
    ]


def _of_no_year(paths: Iterable[Path]) -> list[Sentence]:
    return [
        Sentence(
            f"{path.name}: other rasters are of a year, this one of none; write {_KEY}.people_60 as "
            '{ "2030" = "FILE.tif" }, or name the file such as people_60_2030.tif.',
            zh=f"{path.name}：其他栅格有年份，而该文件没有；请把 {_KEY}.people_60 写成 "
            '{ "2030" = "FILE.tif" }，或将文件命名为如 people_60_2030.tif。',
        )
        for path in dict.fromkeys(paths)
    ]


def _no_band(path: Path, whole: Path) -> Sentence:
    told, shown = _checks.show(path.name), f"{whole.name}#1"
    return Sentence(
        f"{told}: behind # stands the number of a band, from 1; write such as {shown}.",
        zh=f"{told}：# 后应为波段序号（从 1 起）；请写如 {shown}。",
    )


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


def _by_names(
    files: Sequence[Path], groups: Sequence[str], *, is_population: bool
) -> tuple[list[Band], list[Sentence]]:
    """Bands of files whose names say whom they count; of each year where they are the population."""
    if not is_population:
        return _by_name(files, groups)
    bands: list[Band] = []
    problems: list[Sentence] = []
    for year in dict.fromkeys(_year_of(path) for path in files):
        those = [path for path in files if _year_of(path) == year]
        ages = {named.age for path in those if (named := rasters.named(path))}
        begun = [
            g for g in groups if not (m := _OF_AGE.fullmatch(g)) or int(m[1]) in ages
        ]  # of an age that no file begins at nothing is wanted
        found, wrong = _by_name(those, begun)
        bands += [band for band in found if band.group in groups]
        problems += wrong
    return bands, problems


def _by_name(files: Sequence[Path], groups: Sequence[str]) -> tuple[list[Band], list[Sentence]]:
    """Bands of files whose names say whom they count."""
    problems: list[Sentence] = []
    bands: list[Band] = []
    by_age: dict[tuple[str, int], Path] = {}
    for path in dict.fromkeys(files):
        named = rasters.named(path)
        if group := _group_of(path):
            bands.append(Band(path, 1, group, _year_of(path)))
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
