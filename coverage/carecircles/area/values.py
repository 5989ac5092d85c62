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

from carecircles import _html, _mends, people
from carecircles.amenities import KINDS, Kind
from carecircles.errors import ValidationError
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
