"""A study area: streets, people, centres and the standard they are held to, read and validated at the door."""

import contextlib
import dataclasses
import datetime
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj

from carecircles import _html, io, people
from carecircles.datum import parse_datum
from carecircles.errors import ValidationError
from carecircles.io import _checks, _matching, _target
from carecircles.io._encoding import read_text, taken_as
from carecircles.io._formats import FORMATS, parted
from carecircles.words import Text

_FILES = ("boundary", "streets", "population", "centres", "places")
_OPTIONAL = ("boundary", "places")
_KEYS = {"name", "name_en", "crs", "licence", "standard", "datum", "files", "sheet", "groups"}
_PLACED = ("boundary", "streets", "centres", "places")
_UNNAMED: Text = {"en": "Study area", "zh": "研究区"}
_USUAL = "write a number above 0 and below a million"


@dataclass(frozen=True)
class Standard:
    """
    What counts as near: a walk of `minutes`, drawn as a circle of `metres`; the limit is included.

    The pace the two imply is `metres / minutes` (700 m in 15 min: 0.78 m/s). `group` is the age group
    it is for, such as 'people_80' or one of the area's own; None is for everyone.
    """

    metres: float = 700.0
    minutes: float = 15.0
    group: str | None = None


@dataclass(frozen=True, eq=False)
class StudyArea:
    """
    Everything one evaluation needs, validated and in one projected CRS in metres.

    `streets` is indexed by code; `population` (persons by group) by the same codes;
    `facilities` by id; those with `neighbour` stand beyond the border and count like the others.
    `places` (communities, stations) only help to find one's way. `as_of` is the
    day on which the centres are open, None for all there are. `notes` says in plain words, in each
    language, what was taken for granted while reading. `groups` say what groups of people are called
    and which is part of which; `headline` is the column of the one whose figures come first
    (`with_headline`), None for the usual one.
    """

    name: str
    name_en: str
    boundary: gpd.GeoDataFrame = field(repr=False)
    streets: gpd.GeoDataFrame = field(repr=False)
    population: pd.DataFrame = field(repr=False)
    facilities: gpd.GeoDataFrame = field(repr=False)
    standard: Standard
    crs: pyproj.CRS
    places: gpd.GeoDataFrame | None = field(default=None, repr=False)
    as_of: datetime.date | None = None
    notes: tuple[Text, ...] = ()
    groups: tuple[people.Group, ...] = people.GROUPS
    headline: str | None = None

    def _repr_html_(self) -> str:
        beyond = int(is_neighbour(self.facilities).sum())
        centres = f"{len(self.facilities) - beyond}" + (f" and {beyond} beyond" if beyond else "")
        counted = [g.column for g in self.groups if g.column in self.population]
        return _html.panel(
            {"en": self.name_en, "zh": self.name},
            [
                ("streets", len(self.streets)),
                ("centres", centres),
                *((g, _html.people(self.population[g].sum())) for g in counted),
                ("standard", in_words(self.standard)),
                ("computed in", self.crs.to_string()),
                *([("as of", self.as_of)] if self.as_of else []),
                *(("note", note["en"]) for note in self.notes[:5]),
            ],
        )


def in_words(standard: Standard) -> str:
    """
    The standard in a few words.

    Examples
    --------
    >>> in_words(Standard(500, 10, group="people_80"))
    '500 m, 10 min, for people_80'
    """
    whom = f", for {standard.group}" if standard.group else ""
    return f"{standard.metres:g} m, {standard.minutes:g} min{whom}"


def read_area(
    folder: str | Path,
    *,
    centres: io.Source | None = None,
    datum: str | None = None,
    beyond: float = _matching.NEIGHBOURS_M,
) -> StudyArea:
    """
    A study area from a folder with `area.toml`, streets, population, centres and (if any) boundary.

    Parameters
    ----------
    folder
        Same shape as `data/hexi/`; `carecircles init` writes one to start from.
    centres
        Another list of centres to use instead of the folder's, a file or a frame.
    datum
        Datum of the centres' coordinates, one of `datum.DATUMS`.
    beyond
        Metres outside the border up to which centres are kept, as neighbours: people walk across.

    Returns
    -------
    area
        The study area; every frame in its `crs`.

    Raises
    ------
    ValidationError
        With every problem of every file.

    Examples
    --------
    One of your own is a folder of the same shape.

    >>> from carecircles import datasets
    >>> area = read_area(datasets.folder("template"))
    >>> area.name_en, len(area.streets), len(area.facilities)
    ('Example District', 4, 3)
    """
    folder = Path(folder)
    plan, problems, about_plan = _read_plan(folder)
    if problems and not os.path.exists(folder / "area.toml"):  # noqa: PTH110  (no name is too long)
        raise ValidationError(problems)
    plan, is_certain = _sound_part(plan)
    found, missing = _find_files(folder, plan, own_centres=centres is None)
    paths: dict[str, io.Source] = {**found}
    problems += missing
    datums = plan["datum"]
    if centres is not None:
        paths["centres"] = Path(centres) if isinstance(centres, str | Path) else centres
        datums.pop("centres", None)
    remedy = "pass --datum {}" if "centres" not in datums else 'say centres = "{}" in area.toml'
    if datum is not None and datums.setdefault("centres", datum) != datum:
        problems.append(
            f"area.toml says the centres' datum is {datums['centres']}, --datum says {datum}; "
            "correct one of the two."
        )
        is_certain = False

    return _made(
        paths, plan, problems, about_plan, by="area.toml", remedy=remedy, beyond=beyond,
        is_certain=is_certain,
    )  # fmt: skip


def study(  # a study area has so many parts, and all of them by name
    *,
    streets: io.Source,
    population: io.Source,
    centres: io.Source,
    boundary: io.Source | None = None,
    places: io.Source | None = None,
    name: str | Text = _UNNAMED,
    crs: pyproj.CRS | str | None = None,
    datum: str | Mapping[str, str] | None = None,
    standard: Standard = Standard(),
    groups: Mapping[str, Mapping] | None = None,
) -> StudyArea:
    """
    A study area of frames in memory (or of single files), held against each other like those of a folder.

    Parameters
    ----------
    streets, population, centres, boundary, places
        GeoDataFrames and DataFrames with the columns that `io.read_streets`, `io.read_population`,
        `io.read_centres`, `io.read_boundary` and `io.read_places` read, named in English or Chinese;
        an index with a name is a column too. Centres and places are points, or have `lon` and `lat`
        in degrees. A path is read.
    name
        What tables and maps call the area, in each language if you like.
    crs
        The projected CRS in metres to compute in; UTM, estimated from the streets, if None.
    datum
        Datum of the coordinates, one of `datum.DATUMS`: one for all, or by name, such as
        `{"centres": "gcj02"}`.
    standard
        What counts as near.
    groups
        Groups of people of the area's own by column, as below `[groups]` in area.toml, such as
        `{"people_disabled": {"name": "残疾老人", "name_en": "disabled", "part_of": "people_60"}}`.

    Returns
    -------
    area
        The study area; no frame is changed.

    Raises
    ------
    ValidationError
        With every problem of every frame; a row is called by its label in the index.

    Examples
    --------
    A street of 1 km by 1 km where 500 older people live, and a centre in its middle.

    >>> import shapely
    >>> west = shapely.box(500_000, 4_300_000, 501_000, 4_301_000)
    >>> area = study(
    ...     streets=gpd.GeoDataFrame({"name": ["West"]}, geometry=[west], crs="EPSG:32650"),
    ...     population=pd.DataFrame({"街道": ["West"], "60岁以上": [500]}),
    ...     centres=pd.DataFrame({"名称": ["Home"], "经度": [117.0058], "纬度": [38.8518]}),
    ...     datum="wgs84",
    ... )
    >>> area.crs.to_string(), area.facilities["street"].to_dict()
    ('EPSG:32650', {'1': 'West'})
    """
    named = {"en": name, "zh": name} if isinstance(name, str) else {**_UNNAMED, **name}
    given = {"streets": streets, "population": population, "centres": centres,
             "boundary": boundary, "places": places}  # fmt: skip
    by_role = datum if isinstance(datum, Mapping) else dict.fromkeys(_PLACED, datum)
    plan: dict = {
        "name": named["zh"],
        "name_en": named["en"],
        "datum": {role: said for role, said in by_role.items() if said is not None},
        "standard": {"metres": standard.metres, "minutes": standard.minutes},
        "groups": dict(groups or {}),
    }
    plan |= {} if crs is None else {"crs": crs}
    problems = [
        *_standard_problems(plan["standard"], "study"),
        *_datum_problems(plan["datum"], "study"),
        *_group_problems(plan["groups"], "study"),
        *([] if crs is None else _plan_crs_problems(crs, "study")),
    ]
    sound, is_certain = _sound_part(plan)
    area = _made(
        {role: source for role, source in given.items() if source is not None},
        sound,
        problems,
        [],
        by="study",
        remedy='pass datum={{"centres": "{}"}}',
        beyond=_matching.NEIGHBOURS_M,
        is_certain=is_certain,
    )
    if standard.group is not None and standard.group not in area.population:
        raise ValidationError(
            [f"study: the standard is for {standard.group!r}, of whom `population` says nothing."]
        )
    return dataclasses.replace(area, standard=standard)


def _made(
    paths: Mapping[str, io.Source],
    plan: dict,
    problems: list[str],
    about_plan: list[Text],
    *,
    by: str,
    remedy: str,
    beyond: float,
    is_certain: bool,
) -> StudyArea:
    """
    A study area of files or frames by role, and of what area.toml or the caller says about it.

    `problems` were found before; `by` is who says `plan`, `remedy` how to declare a datum of the centres.
    """
    datums = plan["datum"]
    # What can be read is read, whatever is wrong elsewhere: all problems are told at once.
    streets, wrong = _attempt_file(
        io.read_streets, paths.get("streets"), crs=plan.get("crs"), datum=datums.get("streets")
    )
    problems += wrong
    if wrong:
        streets = None  # nothing can be held against streets that are not sound
    crs = streets.crs if streets is not None else pyproj.CRS(plan.get("crs", "EPSG:32650"))
    groups, _ = people.declared(plan["groups"])
    population, wrong = _attempt_file(io.read_population, paths.get("population"), groups=groups)
    problems += wrong
    placed = {}
    for role, read_one in (
        ("boundary", io.read_boundary),
        ("centres", io.read_centres),
        ("places", io.read_places),
    ):
        placed[role], wrong = _attempt_file(
            read_one, paths.get(role), crs=crs, datum=datums.get(role)
        )
        problems += wrong
    boundary, facilities, places = placed["boundary"], placed["centres"], placed["places"]
    if streets is None:
        raise ValidationError(problems)

    files = {role: _called(source, role) for role, source in paths.items()}
    read = {"streets": streets, "boundary": boundary, "population": population,
            "centres": facilities, "places": places}  # fmt: skip
    read = {role: frame for role, frame in read.items() if frame is not None}
    files |= {role: frame.attrs.get("file", files[role]) for role, frame in read.items()}
    problems += _matching.overlaps(streets, file=files["streets"])
    if population is not None:
        population, wrong = _matching.match_population(
            population, streets, file=files["population"]
        )
        problems += wrong
    if places is not None:
        places, wrong = _matching.match_places(places, streets, file=files["places"])
        problems += wrong
    if not is_certain:  # where things are cannot be judged
        raise ValidationError(problems)
    problems += _matching.crs_problems(crs, streets, declared=plan.get("crs"), by=by)
    if boundary is None:
        boundary = gpd.GeoDataFrame(
            {"basis": [streets["basis"].iloc[0]], "source": ["union of the streets"]},
            geometry=[streets.union_all()],
            crs=crs,
        )
    wrong, notes = _matching.meet(boundary, streets)
    problems += wrong
    notes += about_plan
    for role, frame in read.items():
        notes += [*io.taken(frame), *datum_notes(frame, file=files[role])]
    if facilities is not None:
        facilities, wrong, said = _matching.match_centres(
            facilities,
            streets,
            boundary,
            file=files["centres"],
            remedy=remedy,
            beyond=beyond,
        )
        problems += wrong
        notes += said
    if problems or population is None or facilities is None:
        raise ValidationError(problems)
    standard = plan.get("standard", {})
    return StudyArea(
        name=plan["name"],
        name_en=plan.get("name_en") or plan["name"],
        boundary=boundary,
        streets=streets,
        population=population,
        facilities=facilities,
        standard=Standard(
            float(standard.get("metres", Standard.metres)),
            float(standard.get("minutes", Standard.minutes)),
        ),
        crs=crs,
        places=places,
        notes=tuple(notes),
        groups=groups,
    )


def with_headline(area: StudyArea, group: str) -> StudyArea:
    """
    The study area with the group of people whose figures come first.

    Tables, texts and maps made of it are about this group: titles, columns, legends and the order of
    rows; sitings are for it.

    Parameters
    ----------
    area
        The study area; its population has the group.
    group
        The group's column, its name or any of its spellings.

    Raises
    ------
    ValidationError
        If the population has no such group.

    Examples
    --------
    >>> from carecircles import datasets
    >>> with_headline(datasets.load("hexi"), "80岁以上").headline
    'people_80'
    """
    there = people.rows_of(area.population, area.groups)
    spelled = {
        _checks.plain(word): row.column
        for row in reversed(there)
        for word in (*row.spellings, *row.name.values(), row.column)
    }
    column = spelled.get(_checks.plain(group))
    if column is None:
        known = ", ".join(row.column for row in there)
        raise ValidationError([f"group is {group!r}; write one of {known}."])
    return dataclasses.replace(area, headline=column)


def is_neighbour(facilities: gpd.GeoDataFrame) -> pd.Series:
    """
    Whether each centre stands beyond the border; no where nobody says so.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> is_neighbour(area.facilities).any()
    np.False_
    """
    told = facilities.get("neighbour", False)
    return pd.Series(told, index=facilities.index, dtype=bool)


def without_neighbours(area: StudyArea) -> StudyArea:
    """
    The study area with only the centres inside it, and a note of how many that leaves out.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> beyond = area.facilities.assign(neighbour=[True, False, False])
    >>> inside = without_neighbours(dataclasses.replace(area, facilities=beyond))
    >>> len(inside.facilities), inside.notes[-1]["en"]
    (2, 'Centres beyond the border are not counted: 1.')
    """
    is_beyond = is_neighbour(area.facilities)
    if not is_beyond.any():
        return area
    few = int(is_beyond.sum())
    note = {
        "en": f"Centres beyond the border are not counted: {few}.",
        "zh": f"边界外的 {few} 个中心未计入。",
    }
    return dataclasses.replace(
        area, facilities=area.facilities[~is_beyond], notes=(*area.notes, note)
    )


def datum_notes(frame: pd.DataFrame | pd.Series, *, file: str) -> list[Text]:
    """
    What was taken where neither a file (read by `io`) nor its user says in which datum it is.

    Examples
    --------
    >>> frame = pd.DataFrame()
    >>> frame.attrs["datum_declared"] = False
    >>> datum_notes(frame, file="homes.csv")[0]["en"]
    'homes.csv: no datum declared; coordinates are taken as WGS84.'
    """
    if frame.attrs.get("datum_declared", True):
        return []
    return [
        {
            "en": f"{file}: no datum declared; coordinates are taken as WGS84.",
            "zh": f"{file}：未声明坐标系，坐标按 WGS84 处理。",
        }
    ]


def offering(area: StudyArea, service: str) -> StudyArea:
    """
    The study area with only the centres that offer a service.

    Parameters
    ----------
    area
        The study area; its centres have `services`.
    service
        One of `io.SERVICES` in any of its spellings, or another word of the area's own.

    Returns
    -------
    area
        The same with fewer centres and a note that says so.

    Raises
    ------
    ValidationError
        If the word is none of ours and no centre has it.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> offering(area, "助医").facilities["services"].tolist()
    [('meals', 'medical', 'culture'), ('meals', 'medical', 'culture', 'health_post')]
    """
    words = io.services_of(pd.Series([service])).iloc[0]
    word = words[0] if len(words) == 1 else service
    has = area.facilities["services"].map(lambda offered: word in offered).astype(bool)
    if word not in io.SERVICES and not has.any():
        known = ", ".join(io.SERVICES)
        raise ValidationError([f"service is {service!r}; write one of {known}."])
    spelled = io.service_name(word)
    note = {
        "en": f"Only the {int(has.sum())} centres that offer '{spelled['en']}' are counted.",
        "zh": f"只计提供“{spelled['zh']}”的 {int(has.sum())} 个中心。",
    }
    return dataclasses.replace(area, facilities=area.facilities[has], notes=(*area.notes, note))


def area_on(area: StudyArea, date: datetime.date | str) -> StudyArea:
    """
    The study area with the centres that are open on a day.

    A centre with no opening date counts as open, and a note says so; one 'opened 2022-07' counts
    from the last day of that month, when it is certainly open, and one closed in a month no longer
    counts from its first.

    Parameters
    ----------
    area
        The study area; its centres have `opened` and `closed` (dates, may be missing).
    date
        The day.

    Returns
    -------
    area
        The same with fewer centres and with `as_of`.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> area_on(area, "2021-01-01").facilities["opened"].tolist()
    [NaT]
    """
    day, centres = pd.Timestamp(date), area.facilities
    is_undated = centres["opened"].isna()
    is_closed = centres["closed"].notna() & (centres["closed"] <= day)
    is_open = (is_undated | (centres["opened"] <= day)) & ~is_closed
    undated = int((is_open & is_undated).sum())
    note = {
        "en": f"{undated} centres without an opening date are counted as open on {day:%Y-%m-%d}.",
        "zh": f"{undated} 个中心没有开业日期，按 {day:%Y-%m-%d} 已开业计。",
    }
    return dataclasses.replace(
        area,
        facilities=centres[is_open],
        as_of=day.date(),
        notes=(*area.notes, note) if undated else area.notes,
    )


def standard_of(
    standard: Standard, *, metres: float | None = None, minutes: float | None = None
) -> Standard:
    """
    The standard with another radius or time; where only one is given, the pace stays the same.

    Raises
    ------
    ValidationError
        If a value is not a number above 0.

    Examples
    --------
    >>> standard_of(Standard(700, 15), metres=350)
    Standard(metres=350, minutes=7.5, group=None)
    """
    problems = [
        f"{option} is {value:g}; {_USUAL}."
        for option, value in (("--radius", metres), ("--minutes", minutes))
        if value is not None and not 0 < value < 1e6
    ]
    if problems:
        raise ValidationError(problems)
    return same_pace(standard, metres=metres, minutes=minutes)


def same_pace(
    standard: Standard, *, metres: float | None = None, minutes: float | None = None
) -> Standard:
    """
    The standard with what is given; of metres and minutes the one not given follows the pace.

    Examples
    --------
    >>> same_pace(Standard(700, 15), minutes=30)
    Standard(metres=1400.0, minutes=30, group=None)
    """
    pace = standard.metres / standard.minutes
    if metres is None:
        metres = standard.metres if minutes is None else minutes * pace
    return dataclasses.replace(
        standard, metres=metres, minutes=metres / pace if minutes is None else minutes
    )


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
    own = _own_files(whole.parent) if is_inside else {}
    if whole.resolve() in own:
        study = read_area(area, datum=datum)
        notes = [*_english(study), f"part of the study area {study.name_en} ({study.name})"]
        notes += _beyond(study.facilities) if "centres" in own[whole.resolve()] else []
        frames = {"centres": study.facilities, "streets": study.streets, "boundary": study.boundary,
                  "population": study.population, "places": study.places}  # fmt: skip
        lines = [_describe(path, role, frames[role]) for role in own[whole.resolve()]]
        return [*lines, *(f"  {note}" for note in notes)]
    lines, problems = [], []
    groups, _ = people.declared(_sound_part(_read_plan(Path(area))[0])[0]["groups"])
    for role in io.roles_of(path, groups=groups):
        said, wrong = _attempt(_check_role, path, role, area=area, datum=datum)
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
        _, problems = _matching.match_population(frame, study.streets, file=frame.attrs["file"])
        if problems:
            raise ValidationError(problems)
        notes = [f"{group}: {frame[group].sum():,.0f}" for group in people.columns_of(frame)]
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
        *(path for own in _own_files(folder) for path in files_told(own)),
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


def _own_files(folder: Path) -> dict[Path, list[str]]:
    """The data files of a study area's folder and what they hold; a workbook may hold several."""
    plan, _ = _sound_part(_read_plan(folder)[0])
    paths, _ = _find_files(folder, plan, own_centres=True)
    own: dict[Path, list[str]] = {}
    for role, path in paths.items():
        own.setdefault(parted(path)[0].resolve(), []).append(role)
    return own


def _describe_area(folder: Path, area: StudyArea) -> list[str]:
    frames = {
        "centres": area.facilities,
        "streets": area.streets,
        "population": area.population,
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


# The steps of reading


def _attempt(read, *args, **options):
    """What `read` returns and no problems, or what it understood and the problems it found."""
    try:
        return read(*args, **options), []
    except ValidationError as err:
        return err.understood, list(err.problems)


def _called(source: io.Source, role: str) -> str:
    """What sentences call a file, or a frame that has none."""
    return Path(source).name if isinstance(source, str | Path) else f"`{role}`"


def _attempt_file(read, path: io.Source | None, **options):
    """`_attempt` of a file or a frame, if there is one."""
    return (None, []) if path is None else _attempt(read, path, **options)


def _sound_part(plan: Mapping) -> tuple[dict, bool]:
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
    if "crs" in plan and _plan_crs_problems(plan["crs"]):
        del sound["crs"]
    is_certain = bool(plan) and isinstance(plan.get("datum", {}), dict)
    is_certain &= len(datums) == len(tables["datum"])
    return sound, is_certain and ("crs" in sound) == ("crs" in plan)


def _read_plan(folder: Path) -> tuple[dict, list[str], list[Text]]:
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
    problems += _standard_problems(plan.get("standard", {}))
    problems += _datum_problems(plan.get("datum", {}))
    for table in ("files", "sheet"):
        for key in sorted(set(plan.get(table, {})) - set(_FILES)):
            mend = 'write centres = "..." below [sheet]' if key == "sheet" else ""
            mend = mend or f"use {', '.join(_FILES)}"
            problems.append(f"area.toml: {table}.{key} is unknown; {mend}.")
    if "crs" in plan:
        problems += _plan_crs_problems(plan["crs"])
    problems += _group_problems(plan.get("groups", {}))
    for table, what in (("files", "a file"), ("sheet", "a sheet")):
        for key, value in plan.get(table, {}).items():
            if not isinstance(value, str) or not value.strip() or "\0" in value:
                problems.append(
                    f"area.toml: {table}.{key} is {value!r:.60}; write the name of {what}."
                )
    return problems


def _group_problems(tables: Mapping, file: str = "area.toml") -> list[str]:
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


def _standard_problems(standard: Mapping, file: str = "area.toml") -> list[str]:
    problems = []
    for key, value in standard.items():
        if key not in ("metres", "minutes"):
            problems.append(f"{file}: standard.{key} is unknown; use metres and minutes.")
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
            problems.append(f"{file}: standard.{key} is {value!r}; {_USUAL}.")
    return problems


def _datum_problems(datums: Mapping, file: str = "area.toml") -> list[str]:
    problems = []
    for key, value in datums.items():
        try:
            if not isinstance(value, str):
                raise ValueError(f"it is {value!r:.60}; write one name in quotation marks")
            parse_datum(value)
        except ValueError as err:
            problems.append(f"{file}: datum.{key}: {err}.")
        if key not in _PLACED:
            problems.append(
                f"{file}: datum.{key} is unknown; use boundary, streets, centres, places."
            )
    return problems


def _plan_crs_problems(named: object, file: str = "area.toml") -> list[str]:
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


def _find_files(
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
