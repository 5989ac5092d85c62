"""area.toml and the files of a study area: what it says, what is wrong with it, where its data lie."""

import contextlib
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pyproj

from carecircles import io, people
from carecircles.area._rasters import files_in, said_problems
from carecircles.area.values import USUAL
from carecircles.datum import parse_datum
from carecircles.errors import ValidationError
from carecircles.io import _checks, _target
from carecircles.io._encoding import read_text, taken_as
from carecircles.io._formats import FORMATS, parted
from carecircles.words import Text

LIVED_IN = ("residences", "communities", "people_grid", "uninhabited")
RASTER = "people_raster"


_FILES = ("boundary", "streets", "population", "centres", "places", *LIVED_IN)


_OPTIONAL = ("boundary", "places", *LIVED_IN)


_KEYS = {"name", "name_en", "crs", "licence", "standard", "datum", "files", "sheet", "groups"}


PLACED = ("boundary", "streets", "centres", "places", *LIVED_IN)


def files_of(folder: str | Path) -> list[Path]:
    """
    The files a study area is read from: area.toml, its data files wherever they lie, and what belongs to these.

    Examples
    --------
    >>> from carecircles import datasets
    >>> sorted(path.name for path in files_of(datasets.folder("template")) if path.exists())
    ['area.toml', 'boundary.geojson', 'centres.csv', 'population.csv', 'streets.geojson']
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
    return own


def sound_part(plan: Mapping) -> tuple[dict, bool]:
    """
    What can be used of area.toml in spite of its faults, and whether it is certain where things are.

    That is not certain where the file, its crs or a datum cannot be used.
    """
    tables = {
        name: plan[name] if isinstance(plan.get(name), dict) else {}
        for name in ("datum", "files", "sheet", "standard", "groups")
    }
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
    if RASTER in tables["files"] and not said_problems(tables["files"][RASTER]):
        sound[RASTER] = tables["files"][RASTER]
    if "crs" in plan and crs_problems_of(plan["crs"]):
        del sound["crs"]
    is_certain = bool(plan) and isinstance(plan.get("datum", {}), dict)
    is_certain &= len(datums) == len(tables["datum"])
    return sound, is_certain and ("crs" in sound) == ("crs" in plan)


def read_plan(folder: Path) -> tuple[dict, list[str], list[Text]]:
    """The contents of area.toml, what is wrong with it, and what was taken for granted."""
    path = folder / "area.toml"
    if not folder.is_dir():
        return {}, [f"{folder}: there is no such folder; name one with an area.toml in it."], []
    if not path.is_file():
        missing = (
            f"{folder}: there is no area.toml in it; "
            "`carecircles init` writes a folder to start from."
        )
        return {}, [missing], []
    try:
        written, encoding = read_text(path, file=path.name, kind="an area.toml")
        plan = tomllib.loads(written)
    except ValidationError as err:
        return {}, list(err.problems), []
    except RecursionError:
        return {}, ["area.toml: this is nested too deeply; write it as the template does."], []
    except ValueError as err:
        return {}, [f"area.toml: this is not TOML ({err}); correct that line."], []
    about = [
        {"en": f"area.toml: {said['en']}.", "zh": f"area.toml：{said['zh']}。"}
        for said in taken_as(encoding)
    ]
    return plan, _plan_problems(plan), about


def _plan_problems(plan: Mapping) -> list[str]:
    problems = []
    unknown = ", ".join(sorted(set(plan) - _KEYS))
    if unknown:
        problems.append(f"area.toml: unknown: {unknown}; known are {', '.join(sorted(_KEYS))}.")
    if not isinstance(plan.get("name"), str) or not plan["name"].strip():
        problems.append("area.toml: name is missing; write the area's name.")
    if not isinstance(plan.get("name_en", ""), str):
        problems.append("area.toml: name_en is not text; put it in quotation marks.")
    for table in ("standard", "datum", "files", "sheet", "groups"):
        if not isinstance(plan.get(table, {}), dict):
            problems.append(f"area.toml: {table} is not a table; write it as [{table}].")
            return problems
    problems += standard_problems(plan.get("standard", {}))
    problems += datum_problems(plan.get("datum", {}))
    for table in ("files", "sheet"):
        known = (*_FILES, RASTER) if table == "files" else _FILES
        for key in sorted(set(plan.get(table, {})) - set(known)):
            mend = 'write centres = "..." below [sheet]' if key == "sheet" else ""
            mend = mend or f"use {', '.join(known)}"
            problems.append(f"area.toml: {table}.{key} is unknown; {mend}.")
    if "crs" in plan:
        problems += crs_problems_of(plan["crs"])
    problems += group_problems(plan.get("groups", {}))
    for table, what in (("files", "a file"), ("sheet", "a sheet")):
        for key, value in plan.get(table, {}).items():
            if (table, key) == ("files", RASTER):
                problems += said_problems(value)
            elif not isinstance(value, str) or not value.strip() or "\0" in value:
                problems.append(
                    f"area.toml: {table}.{key} is {value!r:.60}; write the name of {what}."
                )
    return problems


def group_problems(tables: Mapping, file: str = "area.toml") -> list[str]:
    """What is wrong with the area's own groups, and spellings of theirs that mean another column as well."""
    known: dict[str, str] = {}
    groups, problems = people.declared(tables, file=file)
    for column, spellings in io.population_columns(groups).items():
        for spelling in dict.fromkeys((column, *spellings)):
            meant = known.setdefault(_checks.plain(spelling), column)
            if meant != column:
                problems.append(
                    f"{file}: groups: {_checks.show(spelling)} means {meant} and {column}; "
                    "take it out of one, or choose another name."
                )
    return problems


def standard_problems(standard: Mapping, file: str = "area.toml") -> list[str]:
    problems = []
    for key, value in standard.items():
        if key not in ("metres", "minutes"):
            problems.append(f"{file}: standard.{key} is unknown; use metres and minutes.")
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            problems.append(f"{file}: standard.{key} is {value!r}; {USUAL}.")
    return problems


def datum_problems(datums: Mapping, file: str = "area.toml") -> list[str]:
    problems = []
    for key, value in datums.items():
        try:
            if not isinstance(value, str):
                raise ValueError(f"it is {value!r:.60}; write one name in quotation marks")
            parse_datum(value)
        except ValueError as err:
            problems.append(f"{file}: datum.{key}: {err}.")
        if key not in PLACED:
            problems.append(f"{file}: datum.{key} is unknown; use {', '.join(PLACED)}.")
    return problems


def crs_problems_of(named: object, file: str = "area.toml") -> list[str]:
    mend = "write a projected one such as 'EPSG:4548', or take it out to use UTM"
    try:
        crs = pyproj.CRS.from_user_input(named)
    except (pyproj.exceptions.CRSError, ValueError, TypeError):
        return [f"{file}: crs is {named!r}, which is no CRS we know; {mend}."]
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        return [f"{file}: crs {crs.to_string()} is not in metres; {mend}."]
    if not _checks.is_of_the_earth(crs):
        return [f"{file}: crs {crs.to_string()} is of another planet; {mend}."]
    return []


def find_files(
    folder: Path, plan: Mapping, *, own_centres: bool
) -> tuple[dict[str, Path], list[str]]:
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
        if len(found) > 1:
            names = ", ".join(p.name for p in found)
            problems.append(f"{folder}: there is more than one file of {role} ({names}); keep one.")
        elif found:
            paths[role] = found[0]
        elif role not in _OPTIONAL:
            problems.append(
                f"{folder}: there is no file of {role}; "
                f"add {role} as one of {', '.join(FORMATS)}, or name it in area.toml."
            )
    for role, sheet in sheets.items():
        whole, part = parted(paths[role]) if role in paths else (None, None)
        if whole is None:
            continue
        if whole.suffix.casefold() != ".xlsx" or part not in (None, sheet):
            problems.append(
                f"area.toml: sheet.{role} is {_checks.show(sheet)}, but the file is "
                f"{_checks.show(paths[role].name)}; correct one of the two."
            )
        paths[role] = whole.with_name(f"{whole.name}#{sheet}")
    return paths, problems
