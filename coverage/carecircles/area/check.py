"""What is understood of a file, in lines to read."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from carecircles import io, people
from carecircles.area._plan import own_files, read_plan, sound_part
from carecircles.area.read import attempt, read_area
from carecircles.area.values import StudyArea, is_neighbour
from carecircles.area.years import match_people
from carecircles.errors import ValidationError
from carecircles.io import _checks, _matching
from carecircles.io._formats import parted


def check_file(path: str | Path, *, area: str | Path, datum: str | None = None) -> list[str]:
    """
    What is understood of a data file or of a study area's folder, in lines to read.

    Parameters
    ----------
    path
        A file of centres, streets, population or a boundary, or a folder.
    area
        Folder of the study area that centres and population are held against.
    datum
        Datum of the centres' coordinates.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> from carecircles import datasets
    >>> folder = datasets.folder("template")
    >>> check_file(folder / "population.csv", area=folder)[0]
    'population.csv: population, CSV, UTF-8, 4 rows'
    """
    path = Path(path)
    if path.is_dir():
        return _describe_area(path, read_area(path, datum=datum))
    whole, _ = parted(path)
    is_inside = whole.parent.resolve() == Path(area).resolve()
    own = own_files(whole.parent) if is_inside else {}
    if whole.resolve() in own:
        study = read_area(area, datum=datum)
        notes = [*_english(study), f"part of the study area {study.name_en} ({study.name})"]
        notes += _beyond(study.facilities) if "centres" in own[whole.resolve()] else []
        frames = {"centres": study.facilities, "streets": study.streets, "boundary": study.boundary,
                  "population": _every_row(study), "places": study.places}  # fmt: skip
        lines = [_describe(path, role, frames[role]) for role in own[whole.resolve()]]
        return [*lines, *(f"  {note}" for note in notes)]
    lines, problems = [], []
    groups, _ = people.declared(sound_part(read_plan(Path(area))[0])[0]["groups"])
    for role in io.roles_of(path, groups=groups):
        said, wrong = attempt(_check_role, path, role, area=area, datum=datum)
        lines += [] if wrong else said
        problems += wrong
    if problems:
        raise ValidationError(problems)
    return lines


def _check_role(path: Path, role: str, *, area: str | Path, datum: str | None) -> list[str]:
    """What is understood of a file (or of one sheet of it) that is not of the study area's own."""
    if role == "centres":
        study = read_area(area, centres=path, datum=datum)
        frame = study.facilities
        notes = [*_english(study), f"inside the study area {study.name_en} ({study.name})"]
        notes += _beyond(frame)
        return [_describe(path, role, frame), *(f"  {note}" for note in notes)]
    if role == "population":
        study = read_area(area)
        frame = io.read_population(path, groups=study.groups)
        _, problems = match_people(frame, study.streets, file=frame.attrs["file"])
        if problems:
            raise ValidationError(problems)
        notes = _people_lines(frame)
    elif role == "streets":
        frame = io.read_streets(path, datum=datum)
        notes = [f"{frame.area.sum() / 1e6:.2f} km2 in {frame.crs.to_string()}"]
        problems = _matching.overlaps(frame, file=frame.attrs["file"])
        if problems:
            raise ValidationError(problems)
    elif role == "places":
        frame = io.read_places(path, crs=read_area(area).crs, datum=datum)
        notes = [f"{frame.geometry.notna().sum()} with a point"]
    else:
        frame = io.read_boundary(path, crs=read_area(area).crs, datum=datum)
        notes = [f"{frame.area.sum() / 1e6:.2f} km2"]
    notes = [*(note["en"] for note in io.taken(frame)), *notes]
    return [_describe(path, role, frame), *(f"  {note}" for note in notes)]


def _describe(path: Path, role: str, frame: pd.DataFrame) -> str:
    return f"{frame.attrs.get('file', path.name)}: {role}, {_describe_file(frame)}"


def _describe_area(folder: Path, area: StudyArea) -> list[str]:
    frames = {
        "centres": area.facilities,
        "streets": area.streets,
        "population": _every_row(area),
        "boundary": area.boundary,
    }
    if area.places is not None:
        frames["places"] = area.places
    return [
        f"{folder}: {area.name_en} ({area.name}), {area.crs.to_string()}, "
        f"{area.standard.metres:g} m, {area.standard.minutes:g} min",
        *(f"  {role}: {_describe_file(frame)}" for role, frame in frames.items()),
        *(f"  {note}" for note in (*_english(area), *_beyond(area.facilities))),
    ]


def _every_row(area: StudyArea) -> pd.DataFrame:
    """The people of all years, as the file has them."""
    return area.population if area.populations is None else area.populations


def _people_lines(frame: pd.DataFrame) -> list[str]:
    """How many people there are of each group, in each year where the file names years."""
    parts = {"": frame}
    if "year" in frame:
        parts = {f" in {year}": part for year, part in frame.groupby("year")}
    return [
        f"{group}{when}: {part[group].sum():,.0f}"
        for group in people.columns_of(frame)
        for when, part in parts.items()
    ]


def _beyond(facilities: gpd.GeoDataFrame) -> list[str]:
    """A line about the centres that stand beyond the border, if any do."""
    few = int(is_neighbour(facilities).sum())
    return [f"{few} of the centres stand beyond its border, as neighbours"] if few else []


def _english(area: StudyArea) -> list[str]:
    return [note["en"] for note in area.notes]


def _describe_file(frame: pd.DataFrame) -> str:
    """What the door understood: format, encoding, rows, datum, columns."""
    about = frame.attrs
    parts = [
        about.get("format", "made from the streets"),
        about.get("encoding"),
        f"{len(frame)} rows",
    ]
    if "datum" in about:
        parts.append(
            f"datum {about['datum']}{'' if about['datum_declared'] else ' (not declared)'}"
        )
    renamed = [f"{_checks.show(a)} as {b}" for a, b in about.get("columns", {}).items() if a != b]
    if renamed:
        parts.append("columns " + ", ".join(renamed))
    if about.get("unused"):
        parts.append("not used: " + ", ".join(map(_checks.show, about["unused"])))
    return ", ".join(part for part in parts if part)
