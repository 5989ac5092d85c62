"""What is understood of a file, in lines to read."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from carecircles import io, people, services
from carecircles.area import _amenities, _bands, _on_foot, _sources
from carecircles.area._plan import LIVED_IN, RASTER, own_files, read_plan, sound_part
from carecircles.area.needs import with_needs
from carecircles.area.read import attempt, ground_of, read_area
from carecircles.area.values import Ground, StudyArea, is_neighbour
from carecircles.area.years import match_people
from carecircles.errors import ValidationError
from carecircles.io import _checks, _matching, rasters
from carecircles.io._formats import parted
from carecircles.words import Sentence, Text, joined, listed

_ROLES_ZH = {
    "centres": "中心",
    "streets": "街道",
    "population": "人口",
    "boundary": "边界",
    "places": "地点",
    "needs": "每千人需求",
    **_sources.ROLES_ZH,
    **_on_foot.ROLES_ZH,
}
_FORMATS_ZH = {
    "made from the streets": "由街道合并而成",
    "added up by street": "按街道合计而成",
    "in memory": "内存中的表",
}


def check_file(path: str | Path, *, area: str | Path, datum: str | None = None) -> list[Sentence]:
    """
    What is understood of a data file or of a study area's folder, in lines to read in both languages.

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
        return describe_area(read_area(path, datum=datum), folder=path)
    whole, _ = parted(path)
    home = whole.parent.parent if whole.parent.name == _amenities.FOLDER else whole.parent
    is_inside = home.resolve() == Path(area).resolve()
    own = own_files(home) if is_inside else {}
    if whole.resolve() in own:
        study = read_area(area, datum=datum)
        notes = [*_said(study.notes), _of_area("part of", "属于", study)]
        notes += _beyond(study.facilities) if "centres" in own[whole.resolve()] else []
        frames = {"centres": study.facilities, "streets": study.streets, "boundary": study.boundary,
                  "population": _every_row(study), "places": study.places,
                  "needs": study.needs}  # fmt: skip
        frames |= {role: getattr(study.sources, role) for role in LIVED_IN}
        told = _of_sources(study)
        its_own = [line for role in own[whole.resolve()] for line in told.get(role, [])]
        is_raster = own[whole.resolve()] == [RASTER]  # of which there are others
        notes = [*(x for x in its_own if not is_raster or x.startswith(f"{whole.name}: ")), *notes]
        lines = [
            Sentence(f"{path.name}: {role}", zh=f"{path.name}：{_role_zh(role)}")
            if role in (RASTER, *_on_foot.WALKED) or role.startswith(f"{_amenities.FOLDER}/")
            else _describe(path, role, frames[role])
            for role in own[whole.resolve()]
        ]
        return [*lines, *map(_indented, notes)]
    if (_bands.raster_of(path)[0]).suffix.casefold() in rasters.SUFFIXES:
        study = read_area(area)
        lines = _bands.described_raster(path, _ground(study))
        return [*lines, _indented(_of_area("held against", "对照", study))]
    lines = []
    problems: list[Sentence] = []
    groups, _ = people.declared(sound_part(read_plan(Path(area))[0])[0]["groups"])
    for role in io.roles_of(path, groups=groups):
        said, wrong = attempt(_check_role, path, role, area=area, datum=datum)
        lines += [] if wrong else said
        problems += wrong
    if problems:
        raise ValidationError(problems)
    return lines


def _check_role(path: Path, role: str, *, area: str | Path, datum: str | None) -> list[Sentence]:
    """What is understood of a file (or of one sheet of it) that is not of the study area's own."""
    if role == "centres":
        study = read_area(area, centres=path, datum=datum)
        frame = study.facilities
        notes = [*_said(study.notes), _of_area("inside", "位于", study), *_beyond(frame)]
        return [_describe(path, role, frame), *map(_indented, notes)]
    if role == "population":
        study = read_area(area)
        frame = io.read_population(path, groups=study.groups)
        _, _, problems = match_people(frame, study.streets, file=frame.attrs["file"])
        if problems:
            raise ValidationError(problems)
        notes = _people_lines(frame, study.groups)
    elif role == "needs":
        needs = with_needs(read_area(area), path).needs
        frame, notes = pd.DataFrame() if needs is None else needs, []
        frame.attrs = {} if needs is None else needs.attrs
    elif role in LIVED_IN:
        study = read_area(area)
        by_group = {} if role == "uninhabited" else {"groups": study.groups}
        frame = getattr(io, f"read_{role}")(path, crs=study.crs, datum=datum, **by_group)
        sources, problems, said = _sources.match(
            {role: frame}, None, _ground(study),
            files={role: frame.attrs["file"]}, folder=Path(),
        )  # fmt: skip
        if problems:
            raise ValidationError(problems)
        notes = [*_sources.described(sources, _ground(study))[role], *_said(said)]
    elif role == "streets":
        frame = io.read_streets(path, datum=datum)
        size, crs = f"{frame.area.sum() / 1e6:.2f} km2", frame.crs.to_string()
        notes = [Sentence(f"{size} in {crs}", zh=f"面积 {size}（{crs}）")]
        problems = _matching.overlaps(frame, _matching.at_odds(frame), file=frame.attrs["file"])
        if problems:
            raise ValidationError(problems)
    elif role == "places":
        frame = io.read_places(path, crs=read_area(area).crs, datum=datum)
        placed = frame.geometry.notna().sum()
        notes = [Sentence(f"{placed} with a point", zh=f"{placed} 个有坐标点")]
    else:
        frame = io.read_boundary(path, crs=read_area(area).crs, datum=datum)
        size = f"{frame.area.sum() / 1e6:.2f} km2"
        notes = [Sentence(size, zh=f"面积 {size}")]
    return [_describe(path, role, frame), *map(_indented, [*_said(io.taken(frame)), *notes])]


def _role_zh(role: str) -> str:
    """What a role is called in Chinese; a kind of facilities has its folder in its name."""
    kind = role.removeprefix(f"{_amenities.FOLDER}/")
    return f"{_amenities.ROLE_ZH} {kind}" if kind != role else _ROLES_ZH[role]


def _ground(area: StudyArea) -> Ground:
    return ground_of(area, datum="pass --datum {}", zh="请加上 --datum {}")


def _describe(path: Path, role: str, frame: pd.DataFrame) -> Sentence:
    file, about = frame.attrs.get("file", path.name), _describe_file(frame)
    zh = f"{file}：{_ROLES_ZH.get(role, role)}，{about.zh}"
    return Sentence(f"{file}: {role}, {about}", zh=zh)


def describe_area(area: StudyArea, *, folder: str | Path) -> list[Sentence]:
    """
    What is understood of a study area that was read from a folder, in lines to read in both languages.

    Examples
    --------
    >>> from carecircles import datasets
    >>> describe_area(datasets.load("template"), folder="mine")[0]
    'mine: Example District (示例区), EPSG:32649, 700 m, 15 min'
    """
    frames = {
        "centres": area.facilities,
        "streets": area.streets,
        "population": _every_row(area),
        "boundary": area.boundary,
    }
    if area.places is not None:
        frames["places"] = area.places
    crs, metres, minutes = area.crs.to_string(), area.standard.metres, area.standard.minutes
    frames |= {
        role: getattr(area.sources, role)
        for role in LIVED_IN
        if getattr(area.sources, role) is not None
    }
    lines = [(role, _describe_file(frame)) for role, frame in frames.items()]
    for role, told in _of_sources(area).items():
        lines += [(role, line) for line in told]
    return [
        Sentence(
            f"{folder}: {area.name_en} ({area.name}), {crs}, {metres:g} m, {minutes:g} min",
            zh=f"{folder}：{area.name}，{crs}，{metres:g} 米，{minutes:g} 分钟",
        ),
        *(
            _indented(Sentence(f"{role}: {about}", zh=f"{_role_zh(role)}：{about.zh}"))
            for role, about in lines
        ),
        *map(_indented, [*_bundles(area), *_said(area.notes), *_beyond(area.facilities)]),
    ]


def _bundles(area: StudyArea) -> list[Sentence]:
    """What each bundle of services asks for."""
    told = [(bundle.key, services.in_words(bundle, area.services)) for bundle in area.bundles]
    return [
        Sentence(f"bundle {key}: {said['en']}", zh=f"服务组合 {key}：{said['zh']}")
        for key, said in told
    ]


def _of_sources(area: StudyArea) -> dict[str, list[Sentence]]:
    """What is understood of the files of where people live and how they walk."""
    return (
        _sources.described(area.sources, _ground(area))
        | _on_foot.described(area.on_foot)
        | _amenities.described(area)
    )


def _every_row(area: StudyArea) -> pd.DataFrame:
    """The people of all years, as the file has them."""
    return area.population if area.populations is None else area.populations


def _people_lines(frame: pd.DataFrame, groups: Sequence[people.Group]) -> list[Sentence]:
    """How many people there are of each group, in each year where the file names years."""
    several = people.rows_of(frame, groups)
    if "year" not in frame:
        return [_counted(group, frame[group.column].sum()) for group in several]
    sums = frame.groupby("year")[[group.column for group in several]].sum()
    return [
        joined([_counted(group, count), Sentence(f" in {year}", zh=f"（{year} 年）")], between="")
        for group in several
        for year, count in sums[group.column].items()
    ]


def _beyond(facilities: gpd.GeoDataFrame) -> list[Sentence]:
    """A line about the centres that stand beyond the border, if any do."""
    few = int(is_neighbour(facilities).sum())
    told = f"{few} of the centres {'stands' if few == 1 else 'stand'} beyond its border, as {'a neighbour' if few == 1 else 'neighbours'}"
    return [Sentence(told, zh=f"其中 {few} 个中心位于边界外（区外）")] if few else []


def _of_area(en: str, zh: str, study: StudyArea) -> Sentence:
    told = f"{en} the study area {study.name_en} ({study.name})"
    return Sentence(told, zh=f"{zh}研究区{study.name}")


def _counted(group: people.Group, count: float) -> Sentence:
    return Sentence(f"{group.column}: {count:,.0f}", zh=f"{group.name['zh']}：{count:,.0f} 人")


def _said(notes: Iterable[Text]) -> list[Sentence]:
    return [Sentence(note["en"], zh=note["zh"]) for note in notes]


def _indented(line: Sentence) -> Sentence:
    return joined(["", line], "  ")


def _describe_file(frame: pd.DataFrame) -> Sentence:
    """What the door understood: format, encoding, rows, datum, columns."""
    about = frame.attrs
    form = about.get("format", "made from the streets")
    parts = [
        Sentence(form, zh=_FORMATS_ZH.get(form, form)),
        about.get("encoding"),
        Sentence(f"{len(frame)} row{'s'[: len(frame) != 1]}", zh=f"{len(frame)} 行"),
    ]
    if "datum" in about:
        en, zh = ("", "") if about["datum_declared"] else (" (not declared)", "（未声明）")
        parts.append(Sentence(f"datum {about['datum']}{en}", zh=f"坐标系 {about['datum']}{zh}"))
    renamed = listed(
        Sentence(f"{_checks.show(a)} as {b}", zh=f"{_checks.show(a)} 读作 {b}")
        for a, b in about.get("columns", {}).items()
        if a != b
    )
    if renamed:
        parts.append(Sentence(f"columns {renamed}", zh=f"列 {renamed.zh}"))
    if about.get("unused"):
        unused = listed(map(_checks.show, about["unused"]))
        parts.append(Sentence(f"not used: {unused}", zh=f"未使用：{unused.zh}"))
    return joined((part for part in parts if part), Sentence(", ", zh="，"))
