"""area.toml and the files of a study area: what it says, what is wrong with it, where its data lie."""

import contextlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyproj

from carecircles import _mends, amenities, io, people, positions, walkers
from carecircles.area import _amenities
from carecircles.area._on_foot import WALKED, network_files
from carecircles.area._rasters import files_in, said_problems
from carecircles.datum import parse_datum
from carecircles.errors import ValidationError
from carecircles.io import _checks, _target
from carecircles.io._columns import LIVED_IN as LIVED_IN
from carecircles.io._encoding import read_text, taken_as
from carecircles.io._formats import FORMATS, parted
from carecircles.words import Sentence, Text, listed

RASTER = "people_raster"


_FILES = ("boundary", "streets", "population", "centres", "places", "needs", *LIVED_IN, *WALKED)


_OPTIONAL = (
    "boundary",
    "population",
    "places",
    "needs",
    *LIVED_IN,
    *WALKED,
)  # for people see `_counted`


_TABLES = (
    "standard",
    "datum",
    "files",
    "sheet",
    "groups",
    "profiles",
    "kinds",
    "services",
    "bundles",
    "positions",
    "sources",
)
_CREDITED = (*_FILES, RASTER, _amenities.FOLDER)  # whose makers may be named
_LONGEST_CREDIT = 300  # letters


_KEYS = {"name", "name_en", "crs", "licence", *_TABLES}


PLACED = ("boundary", "streets", "centres", "places", *LIVED_IN, *WALKED)


def files_of(folder: str | Path) -> list[Path]:
    """
    The files a study area is read from: area.toml, its data files wherever they lie, and what belongs to these.

    Examples
    --------
    >>> from carecircles import datasets
    >>> sorted(path.name for path in files_of(datasets.folder("template")) if path.exists())[:4]
    ['area.toml', 'boundary.geojson', 'centres.csv', 'childcare.csv']
    """
    folder = Path(folder)
    return [
        folder / "area.toml",
        *(path for own in own_files(folder) for path in files_told(own)),
    ]


def files_told(path: str | Path) -> list[Path]:
    """
    A data file by the name it is told by, with what belongs to it; `FILE.xlsx#SHEET` is of FILE.xlsx.

    Examples
    --------
    >>> files_told("centres.xlsx#2024")[0].name
    'centres.xlsx'
    """
    return _target.with_sidecars(parted(Path(path))[0])


def own_files(folder: Path) -> dict[Path, list[str]]:
    """The data files of a study area's folder and what they hold; a workbook may hold several."""
    plan, _ = sound_part(read_plan(folder)[0])
    paths, _ = find_files(folder, plan, own_centres=True)
    own: dict[Path, list[str]] = {}
    for role, path in paths.items():
        own.setdefault(parted(path)[0].resolve(), []).append(role)
    for path in files_in(plan.get(RASTER), folder):
        own.setdefault(path.resolve(), []).append(RASTER)
    for path, role in _amenities.own_layers(folder, amenities.declared(plan["kinds"])[0]).items():
        own.setdefault(path, []).append(role)
    return own


def sound_part(plan: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """
    What can be used of area.toml in spite of its faults, and whether it is certain where things are.

    That is not certain where the file, its crs or a datum cannot be used.
    """
    tables = {name: plan[name] if isinstance(plan.get(name), dict) else {} for name in _TABLES}
    datums = {}
    for name, said in tables["datum"].items():
        with contextlib.suppress(ValueError):
            datums[name] = parse_datum(str(said))
    named = {
        table: {
            k: v for k, v in tables[table].items() if isinstance(v, str) and v and "\0" not in v
        }
        for table in ("files", "sheet")
    }
    sound = {**plan, **tables, **named, "datum": datums}
    sound.pop(RASTER, None)
    if RASTER in tables["files"] and not said_problems(
        tables["files"][RASTER], people.declared(tables["groups"])[0]
    ):
        sound[RASTER] = tables["files"][RASTER]
    if "crs" in plan and crs_problems_of(plan["crs"]):
        del sound["crs"]
    is_certain = bool(plan) and isinstance(plan.get("datum", {}), dict)
    is_certain &= len(datums) == len(tables["datum"])
    return sound, is_certain and ("crs" in sound) == ("crs" in plan)


def read_plan(folder: Path) -> tuple[dict[str, Any], list[Sentence], list[Text]]:
    """The contents of area.toml, what is wrong with it, and what was taken for granted."""
    path = folder / "area.toml"
    if not folder.is_dir():
        told = f"{folder}: there is no such folder; name one with an area.toml in it."
        zh = f"{folder}：没有此文件夹；请指定含有 area.toml 的文件夹。"
        return {}, [Sentence(told, zh=zh)], []
    if not path.is_file():
        told = (
            f"{folder}: there is no area.toml in it; "
            "`carecircles init` writes a folder to start from."
        )
        zh = f"{folder}：其中没有 area.toml；可用 `carecircles init` 生成一个起始文件夹。"
        return {}, [Sentence(told, zh=zh)], []
    try:
        kind = Sentence("an area.toml", zh="area.toml")
        written, encoding = read_text(path, file=path.name, kind=kind)
        plan = tomllib.loads(written)
    except ValidationError as err:
        return {}, list(err.problems), []
    except RecursionError:
        told = "area.toml: this is nested too deeply; write it as the template does."
        return {}, [Sentence(told, zh="area.toml：嵌套过深；请按模板书写。")], []
    except ValueError as err:
        told = f"area.toml: this is not TOML ({err}); correct that line."
        return {}, [Sentence(told, zh=f"area.toml：不是 TOML（{err}）；请更正该行。")], []
    about = [
        {"en": f"area.toml: {said['en']}.", "zh": f"area.toml：{said['zh']}。"}
        for said in taken_as(encoding)
    ]
    return plan, _plan_problems(plan), about


def _plan_problems(plan: Mapping[str, Any]) -> list[Sentence]:
    problems = []
    if set(plan) - _KEYS:
        unknown, known = listed(sorted(set(plan) - _KEYS)), listed(sorted(_KEYS))
        told = f"area.toml: unknown: {unknown}; known are {known}."
        zh = f"area.toml：未知项 {unknown.zh}；可用的有 {known.zh}。"
        problems.append(Sentence(told, zh=zh))
    if not isinstance(plan.get("name"), str) or not plan["name"].strip():
        told = "area.toml: name is missing; write the area's name."
        problems.append(Sentence(told, zh="area.toml：缺少 name；请填写区域名称。"))
    if not isinstance(plan.get("name_en", ""), str):
        told = "area.toml: name_en is not text; put it in quotation marks."
        problems.append(Sentence(told, zh="area.toml：name_en 不是文字；请加引号。"))
    for table in _TABLES:
        if not isinstance(plan.get(table, {}), dict):
            told = f"area.toml: {table} is not a table; write it as [{table}]."
            problems.append(Sentence(told, zh=f"area.toml：{table} 不是表；请写成 [{table}]。"))
            return problems
    problems += standard_problems(plan.get("standard", {}))
    kinds, wrong = amenities.declared(plan.get("kinds", {}))
    problems += wrong
    problems += datum_problems(plan.get("datum", {}), kinds=kinds)
    for table in ("files", "sheet"):
        names = (*_FILES, RASTER) if table == "files" else _FILES
        for key in sorted(set(plan.get(table, {})) - set(names)):
            mend = _mends.use(names)
            if key == "sheet":
                line = 'centres = "..."'
                mend = Sentence(f"write {line} below [sheet]", zh=f"请在 [sheet] 下写 {line}")
            problems.append(_unknown("area.toml", f"{table}.{key}", mend))
    if "crs" in plan:
        problems += crs_problems_of(plan["crs"])
    problems += group_problems(plan.get("groups", {}))
    problems += walkers.declared(plan.get("profiles", {}))[1]
    problems += positions.declared(plan.get("positions", {}))[1]
    problems += credits_in(plan.get("sources", {}))[1]
    for table, what, what_zh in (("files", "a file", "文件"), ("sheet", "a sheet", "工作表")):
        for key, value in plan.get(table, {}).items():
            if (table, key) == ("files", RASTER):
                problems += said_problems(value, people.declared(plan.get("groups", {}))[0])
            elif not isinstance(value, str) or not value.strip() or "\0" in value:
                told = f"area.toml: {table}.{key} is {value!r:.60}; write the name of {what}."
                zh = f"area.toml：{table}.{key} 为 {value!r:.60}；请填写{what_zh}名。"
                problems.append(Sentence(told, zh=zh))
    return problems


def credits_in(
    table: Mapping[str, Any], file: str = "area.toml"
) -> tuple[dict[str, str], list[Sentence]]:
    """Who is to be named as the maker of each file, as one line of text, and what is wrong with it."""
    told_of, problems = {}, []
    for key, value in table.items():
        line = " ".join(value.split()) if isinstance(value, str) else ""
        if key not in _CREDITED:
            problems.append(_unknown(file, f"sources.{key}", _mends.use(_CREDITED)))
        elif not 0 < len(line) <= _LONGEST_CREDIT or not line.isprintable():
            told = (
                f"{file}: sources.{key} is {_checks.show(value)}; write who made the file and its licence, on one "
                f"line of at most {_LONGEST_CREDIT} letters."
            )
            zh = (
                f"{file}：sources.{key} 为 {_checks.show(value)}；请用一行文字（不超过 {_LONGEST_CREDIT} 字）"
                "写明文件的制作者及许可。"
            )
            problems.append(Sentence(told, zh=zh))
        else:
            told_of[key] = line
    return told_of, problems


def _unknown(file: str, key: str, mend: Sentence) -> Sentence:
    return Sentence(f"{file}: {key} is unknown; {mend}.", zh=f"{file}：未知项 {key}；{mend.zh}。")


def group_problems(tables: Mapping[str, Any], file: str = "area.toml") -> list[Sentence]:
    """What is wrong with the area's own groups, and spellings of theirs that mean another column as well."""
    known: dict[str, str] = {}
    groups, problems = people.declared(tables, file=file)
    for column, spellings in io.population_columns(groups).items():
        for spelling in dict.fromkeys((column, *spellings)):
            meant = known.setdefault(_checks.plain(spelling), column)
            if meant != column:
                told = (
                    f"{file}: groups: {_checks.show(spelling)} means {meant} and {column}; "
                    "take it out of one, or choose another name."
                )
                zh = (
                    f"{file}：groups：{_checks.show(spelling)} 同时表示 {meant} 和 {column}；"
                    "请从其中一处删去，或换一个名称。"
                )
                problems.append(Sentence(told, zh=zh))
    return problems


def standard_problems(standard: Mapping[str, Any], file: str = "area.toml") -> list[Sentence]:
    problems = []
    for key, value in standard.items():
        if key not in ("metres", "minutes"):
            use = Sentence("use metres and minutes", zh="请使用 metres 和 minutes")
            problems.append(_unknown(file, f"standard.{key}", use))
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            told = f"{file}: standard.{key} is {value!r}; {_mends.ABOVE_0}."
            zh = f"{file}：standard.{key} 为 {value!r}；{_mends.ABOVE_0.zh}。"
            problems.append(Sentence(told, zh=zh))
    return problems


def datum_problems(
    datums: Mapping[str, Any],
    file: str = "area.toml",
    *,
    kinds: Sequence[amenities.Kind] = amenities.KINDS,
) -> list[Sentence]:
    """What is wrong with datums by file; those of facilities may be told of all, or by kind."""
    layers = [kind.key for kind in kinds if kind.key != amenities.CARE]
    problems = []
    for key, value in datums.items():
        for wrong in _name_problems(value):
            told = f"{file}: datum.{key}: {wrong}."
            problems.append(Sentence(told, zh=f"{file}：datum.{key}：{wrong.zh}。"))
        if key not in (*PLACED, _amenities.FOLDER, *layers):
            known = (*PLACED, _amenities.FOLDER)
            problems.append(_unknown(file, f"datum.{key}", _mends.use(known)))
    return problems


def _name_problems(datum: object) -> Sequence[Sentence]:
    """Why something is not the name of a datum."""
    if not isinstance(datum, str):
        told = f"it is {datum!r:.60}; write one name in quotation marks"
        return [Sentence(told, zh=f"为 {datum!r:.60}；请填写一个名称并加引号")]
    try:
        parse_datum(datum)
    except ValidationError as err:
        return err.problems
    return []


def crs_problems_of(named: object, file: str = "area.toml") -> list[Sentence]:
    try:
        crs = pyproj.CRS.from_user_input(named)
    except (pyproj.exceptions.CRSError, ValueError, TypeError):
        what = f"is {named!r}, which is no CRS we know"
        return [_wrong_crs(file, what, f"为 {named!r}，不是已知的 CRS")]
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        what = f"{crs.to_string()} is not in metres"
        return [_wrong_crs(file, what, f"{crs.to_string()} 不以米为单位")]
    if not _checks.is_of_the_earth(crs):
        what = f"{crs.to_string()} is of another planet"
        return [_wrong_crs(file, what, f"{crs.to_string()} 不是地球的")]
    return []


def _wrong_crs(file: str, what: str, what_zh: str) -> Sentence:
    return Sentence(
        f"{file}: crs {what}; write a projected one such as 'EPSG:4548', or take it out to use UTM.",
        zh=f"{file}：crs {what_zh}；请填写投影 CRS，例如 'EPSG:4548'，或删去以使用 UTM。",
    )


def find_files(
    folder: Path, plan: Mapping[str, Any], *, own_centres: bool
) -> tuple[dict[str, Path], list[Sentence]]:
    """The data files of a folder: named in area.toml, else the one called like its role."""
    paths, problems = {}, []
    named, sheets = plan["files"], plan["sheet"]
    for role in _FILES:
        if role == "centres" and not own_centres:
            continue
        if role in named:
            paths[role] = folder / str(named[role])
            continue
        found = sorted(folder / f"{role}{s}" for s in FORMATS if (folder / f"{role}{s}").is_file())
        found += network_files(folder) if role == "network" else []
        if len(found) > 1:
            names, mend = listed(p.name for p in found), _mends.KEEP_ONE
            told = f"{folder}: there is more than one file of {role} ({names}); {mend}."
            zh = f"{folder}：{role} 的文件不止一个（{names.zh}）；{mend.zh}。"
            problems.append(Sentence(told, zh=zh))
        elif found:
            paths[role] = found[0]
        elif role not in _OPTIONAL:
            told = (
                f"{folder}: there is no file of {role}; "
                f"add {role} as one of {listed(FORMATS)}, or name it in area.toml."
            )
            zh = (
                f"{folder}：没有 {role} 文件；"
                f"请补上 {role}（格式：{listed(FORMATS).zh}），或在 area.toml 中指定。"
            )
            problems.append(Sentence(told, zh=zh))
    for role, sheet in sheets.items():
        whole, part = parted(paths[role]) if role in paths else (None, None)
        if whole is None:
            continue
        if whole.suffix.casefold() != ".xlsx" or part not in (None, sheet):
            named_sheet, file = _checks.show(sheet), _checks.show(paths[role].name)
            told = f"area.toml: sheet.{role} is {named_sheet}, but the file is {file}; {_mends.CORRECT_ONE}."
            zh = f"area.toml：sheet.{role} 为 {named_sheet}，但文件为 {file}；{_mends.CORRECT_ONE.zh}。"
            problems.append(Sentence(told, zh=zh))
        paths[role] = whole.with_name(f"{whole.name}#{sheet}")
    return paths, problems
