"""A study area and its standard: of a day, of a service, with or without neighbours."""

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import pandas as pd
import pyproj

from carecircles import _html, _mends, people, walkers
from carecircles import services as offers
from carecircles.amenities import KINDS, Kind
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.norms import Norm
from carecircles.positions import KINDS as POSITIONS
from carecircles.positions import Kind as Position
from carecircles.services import SERVICES, Bundle, Service
from carecircles.walkers import Profile
from carecircles.words import Sentence, Text

if TYPE_CHECKING:
    from carecircles.network import Network


@dataclass(frozen=True)
class Standard:
    """
    What counts as near: a walk of `minutes`, drawn as a circle of `metres`; the limit is included.

    The pace the two imply is `metres / minutes` (700 m in 15 min: 0.78 m/s). `group` is the age group
    it is for, such as 'people_80' or one of the area's own; None is for everyone. `profile` says whose
    minutes these are where a network is walked (a key of `walkers`); None where nobody in particular.
    """

    metres: float = 700.0
    minutes: float = 15.0
    group: str | None = None
    profile: str | None = None


USUAL_STANDARD = Standard()


@dataclass(frozen=True)
class Band:
    """
    A band (from 1) of a raster file that says how many people of a group are in each of its pixels.

    `year` is the year its people are of, where the file's name says so.
    """

    path: Path
    band: int
    group: str
    year: int | None = None


@dataclass(frozen=True, eq=False)
class Sources:
    """
    What says where inside its streets an area's people live; None where there is no such file.

    All frames are in the area's CRS, checked; people by group are floats in columns named as those of
    the population, NaN where a row does not say. A column that no row of the file fills is not there.

    Attributes
    ----------
    residences
        Points or polygons of compounds, buildings or addresses by id, residential ones alone: `name`,
        `street` (code; the one it lies in where the file names none), people by group, `households`,
        `dwellings`, `floor_area_m2`. In every street one of these measures is there for each of them.
        `floors` and `lift` (1 or 0) say how many stairs there are between flats and street.
    communities
        Units inside streets by code: `name`, `street` (code), people by group, `basis`; all polygons,
        each within its street and off the others, or all points.
    people_grid
        Polygons (off each other) or points by id with people by group, such as squares of a census. Of
        a square across the border the part inside is there, with the people of its share of the area.
    people_raster
        Bands of files in any CRS, north up, of the people in each pixel; several bands of one group are
        added up. They are of several years only where they are the population, of those years.
    uninhabited
        Polygons nobody lives in, such as water and parks.
    """

    residences: gpd.GeoDataFrame | None = None
    communities: gpd.GeoDataFrame | None = None
    people_grid: gpd.GeoDataFrame | None = None
    people_raster: tuple[Band, ...] = ()
    uninhabited: gpd.GeoDataFrame | None = None


NO_SOURCES = Sources()


@dataclass(frozen=True, eq=False)
class OnFoot:
    """
    What is known of how people walk in an area; None where there is no such file.

    All in the area's CRS.

    Attributes
    ----------
    network
        The walking network; the barriers are in it, too.
    barriers
        Lines and polygons nobody crosses, such as rivers and railways.
    crossings
        Points where barriers can be crossed.
    rests
        Seats, as points.
    profiles
        How people walk: the area's own profiles.
    rebuilt
        What scenarios have rebuilt, such as 'bench', in their order.
    """

    network: "Network | None" = None
    barriers: gpd.GeoSeries | None = None
    crossings: gpd.GeoDataFrame | None = None
    rests: gpd.GeoDataFrame | None = None
    profiles: tuple[Profile, ...] = ()
    rebuilt: tuple[str, ...] = ()


NO_WALKS = OnFoot()


class Ground(NamedTuple):
    """What sources are held against: streets by code, and their people by group where these are sound."""

    streets: gpd.GeoDataFrame
    population: pd.DataFrame | None
    remedies: Mapping[str, Sentence]  # how to declare a datum, by role
    groups: tuple[people.Group, ...] = people.GROUPS


@dataclass(frozen=True, eq=False)
class StudyArea:
    """
    Everything one evaluation needs, validated and in one projected CRS in metres.

    `streets` is indexed by code; `population` (persons by group, of `year`) by the same codes;
    where its file names years, `populations` has all of them by (code, year) (`in_year`), else None;
    `facilities` by id; those with `neighbour` stand beyond the border and count like the others.
    `places` (communities, stations) only help to find one's way. `as_of` is the
    day on which the centres are open, None for all there are. `notes` says in plain words, in each
    language, what was taken for granted while reading. `groups` say what groups of people are called
    and which is part of which; `headline` is the column of the one whose figures come first
    (`with_headline`), None for the usual one. `sources` say where inside the streets people live,
    `on_foot` along what they walk; `amenities` are facilities of other `kinds` than centres, points by the
    key of their kind;
    `counted` is what says how many there are in each, 'population' or one of the sources, added up.
    `services` name what centres offer, `bundles` what of it goes together; `counting` is the service or the
    bundle that alone counts (`offering`, `bundled`), None where every centre does.
    `positions` are the kinds of position that its centres may name (`positions.errors_of`).
    `needs` says how many of 1,000 people of a group need a place (`io.read_needs`), None where nobody does.
    `credits` say who is to be named as the maker of a file, by what it holds.
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
    sources: Sources = field(default=NO_SOURCES, repr=False)
    on_foot: OnFoot = field(default=NO_WALKS, repr=False)
    year: int | None = None
    populations: pd.DataFrame | None = field(default=None, repr=False)
    counted: str = "population"
    kinds: tuple[Kind, ...] = KINDS
    amenities: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict, repr=False)
    services: tuple[Service, ...] = field(default=SERVICES, repr=False)
    bundles: tuple[Bundle, ...] = ()
    counting: Service | Bundle | None = None
    positions: tuple[Position, ...] = field(default=POSITIONS, repr=False)
    needs: pd.DataFrame | None = field(default=None, repr=False)
    credits: Mapping[str, str] = field(default_factory=dict, repr=False)

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
                *([("people of", self.year)] if self.year else []),
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
        mend = _mends.one_of((row.column for row in there), do=_mends.WRITE)
        told = f"group is {group!r}; {mend}."
        raise ValidationError([Sentence(told, zh=f"人群为 {group!r}；{mend.zh}。")])
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


def offering(area: StudyArea, service: str | Service) -> StudyArea:
    """
    The study area with only the centres that offer a service, and with its own standard if it has one.

    Parameters
    ----------
    area
        The study area; its centres have `services`.
    service
        One of its `services` in any of its spellings, another word that stands with a centre, or a service.

    Returns
    -------
    area
        The same with fewer centres and a note that says so.

    Raises
    ------
    ValidationError
        If the word is no service of the area's and no centre has it.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> offering(area, "助医").facilities["services"].tolist()
    [('meals', 'medical', 'culture'), ('meals', 'medical', 'culture', 'health_post')]
    """
    asked = service
    if isinstance(asked, str):
        asked = offers.service_of(asked, area.services, offered_in(area))
    has = _offer_any(area, (asked.key,))
    spelled = asked.name
    note = {
        "en": f"Only the {_many(int(has.sum()))} that {'offers' if has.sum() == 1 else 'offer'} '{spelled['en']}' "
        f"{'is' if has.sum() == 1 else 'are'} counted.",
        "zh": f"只计提供“{spelled['zh']}”的 {int(has.sum())} 个中心。",
    }
    return dataclasses.replace(
        area,
        facilities=area.facilities[has],
        standard=standard_by(area, asked.norm),
        counting=asked,
        notes=(*area.notes, note, *_own_notes(area, [asked])),
    )


def bundled(area: StudyArea, bundle: str | Bundle) -> StudyArea:
    """
    The study area in which a place is covered where so many of a bundle's services are within reach.

    Parameters
    ----------
    area
        The study area; its centres have `services`.
    bundle
        The key or the name of one of its `bundles`, or a bundle.

    Returns
    -------
    area
        The same with the centres that offer any of the services, and notes of what is asked. `plan.evaluate`
        holds each service to its own standard.

    Raises
    ------
    ValidationError
        If the area has no such bundle.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> both = Bundle("both", {"en": "both", "zh": "两项"}, ("medical", "health_post"), 2)
    >>> bundled(area, both).facilities.index.tolist(), bundled(area, both).notes[-1]["en"]
    (['A1', 'A2'], "Bundle 'both': all 2 within reach: medical help, health post; distances are to the last that is asked for.")
    """
    asked = offers.bundle_of(bundle, area.bundles) if isinstance(bundle, str) else bundle
    said = offers.in_words(asked, area.services)
    parts = [offers.service_of(key, area.services, asked.of) for key in asked.of]
    note = {
        "en": f"Bundle '{asked.name['en']}': {said['en']}; distances are to the last that is asked for.",
        "zh": f"服务组合“{asked.name['zh']}”：{said['zh']}；距离按凑齐所需的最后一项计。",
    }
    made = dataclasses.replace(area, standard=standard_by(area, asked.norm))
    return dataclasses.replace(
        made,
        facilities=area.facilities[_offer_any(area, asked.of)],
        counting=asked,
        notes=(*area.notes, note, *_own_notes(made, parts)),
    )


def parts_of(area: StudyArea) -> dict[str, StudyArea]:
    """
    The study areas of the services of the bundle that counts in one, by their keys.

    Examples
    --------
    >>> from carecircles import datasets
    >>> both = Bundle("both", {"en": "both", "zh": "两项"}, ("medical", "health_post"), 2)
    >>> area = bundled(datasets.load("template"), both)
    >>> {key: len(part.facilities) for key, part in parts_of(area).items()}
    {'medical': 2, 'health_post': 1}
    """
    if not isinstance(area.counting, Bundle):
        return {}
    of, whole = area.counting.of, dataclasses.replace(area, counting=None)
    return {key: offering(whole, offers.service_of(key, area.services, of)) for key in of}


def offered_in(area: StudyArea) -> list[str]:
    """
    The services that centres of a study area offer: those it knows in its order, then other words.

    Examples
    --------
    >>> from carecircles import datasets
    >>> offered_in(datasets.load("template"))
    ['meals', 'medical', 'culture', 'health_post']
    """
    there = dict.fromkeys(word for words in area.facilities["services"] for word in words)
    known = [service.key for service in area.services]
    return [*(k for k in known if k in there), *(word for word in there if word not in known)]


def for_group(area: StudyArea, group: str) -> StudyArea:
    """
    The study area held to the standard of one group of people: its own, or the area's where it has none.

    Parameters
    ----------
    area
        The study area; its population has the group.
    group
        The group's column.

    Examples
    --------
    >>> from carecircles import datasets
    >>> for_group(datasets.load("template"), "people_80").standard
    Standard(metres=700.0, minutes=15.0, group='people_80', profile=None)
    """
    own = next((row.norm for row in area.groups if row.column == group), None)
    standard = dataclasses.replace(standard_by(area, own), group=group)
    return dataclasses.replace(area, standard=standard, headline=group)


def standard_by(area: StudyArea, norm: Norm | None) -> Standard:
    """
    The standard that a norm makes of a study area's: what it does not say follows the pace.

    Raises
    ------
    ValidationError
        If nobody knows its profile.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")  # 700 m, 15 min
    >>> standard_by(area, Norm(pace_m_s=0.75)).metres, standard_by(area, Norm(metres=350)).minutes
    (675.0, 7.5)
    >>> standard_by(area, Norm(profile="80plus")).metres
    846.0
    """
    standard = area.standard
    if norm is None:
        return standard
    pace, metres, minutes = norm.pace_m_s, norm.metres, norm.minutes
    if norm.profile is not None:
        pace = walkers.profile_of(norm.profile, area.on_foot.profiles).pace_m_s
    if pace is None:
        made = same_pace(standard, metres=metres, minutes=minutes)
    elif metres is not None:
        made = dataclasses.replace(standard, metres=metres, minutes=metres / (60 * pace))
    else:
        minutes = standard.minutes if minutes is None else minutes
        made = dataclasses.replace(standard, metres=60 * pace * minutes, minutes=minutes)
    is_own_pace = pace is not None or metres is not None
    return dataclasses.replace(made, profile=norm.profile if is_own_pace else standard.profile)


def _offer_any(area: StudyArea, keys: tuple[str, ...]) -> pd.Series:
    wanted, offered = set(keys), area.facilities["services"]
    has = [not wanted.isdisjoint(words) for words in offered]
    return pd.Series(has, index=offered.index, dtype=bool)


def _own_notes(area: StudyArea, services: list[Service]) -> list[Text]:
    """That services have standards of their own."""
    lines = []
    for service in (service for service in services if service.norm is not None):
        own = standard_by(area, service.norm)
        metres, minutes = f"{round(own.metres, 1):g}", f"{round(own.minutes, 1):g}"
        en, zh = service.name["en"], service.name["zh"]
        lines.append(
            {
                "en": f"'{en}' has a standard of its own: {metres} m, {minutes} min{_of_profile(own)['en']}.",
                "zh": f"“{zh}”有自己的标准：{metres} 米，{minutes} 分钟{_of_profile(own)['zh']}。",
            }
        )
    return lines


def _of_profile(standard: Standard) -> Text:
    who = standard.profile
    return {"en": f" ({who})", "zh": f"（{who}）"} if who else {"en": "", "zh": ""}


def _many(centres: int) -> str:
    return f"{centres} {'centre' if centres == 1 else 'centres'}"


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
        "en": f"{_many(undated)} without an opening date {'is' if undated == 1 else 'are'} counted as open on "
        f"{day:%Y-%m-%d}.",
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
    Standard(metres=350, minutes=7.5, group=None, profile=None)
    """
    problems = [
        Sentence(
            f"{option} is {value:g}; {_mends.ABOVE_0}.",
            zh=f"{option} 为 {value:g}；{_mends.ABOVE_0.zh}。",
        )
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
    Standard(metres=1400.0, minutes=30, group=None, profile=None)
    """
    pace = standard.metres / standard.minutes
    if metres is None:
        metres = standard.metres if minutes is None else minutes * pace
    return dataclasses.replace(
        standard, metres=metres, minutes=metres / pace if minutes is None else minutes
    )
