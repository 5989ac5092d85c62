"""The people of a year: those a file knows, and between two years it knows those in between."""

import dataclasses
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from carecircles import people
from carecircles.area.values import StudyArea
from carecircles.errors import ValidationError
from carecircles.io import _checks, _matching
from carecircles.io._years import year_of
from carecircles.words import Sentence, Text, joined, say


def match_people(
    population: pd.DataFrame, streets: gpd.GeoDataFrame, *, file: str
) -> tuple[pd.DataFrame, pd.DataFrame | None, list[Sentence]]:
    """
    Population on the streets' codes, every street once in every year.

    Returns
    -------
    population, populations, problems
        By code, of the earliest year; by (code, year) of all, None where the file names no years.
    """
    if "year" not in population:
        matched, problems = _matching.match_population(population, streets, file=file)
        return matched, None, problems
    parts: dict[int, pd.DataFrame] = {}
    problems = []
    for year in sorted(population["year"].dropna().unique().tolist()):
        part = population[(population["year"] == year).fillna(False)].drop(columns="year")
        part.attrs = dict(population.attrs)
        # The same is wrong in several years where it is: each sentence names its own.
        parts[year], wrong = _matching.match_population(part, streets, file=f"{file} ({year})")
        problems += wrong
    if problems or not parts:
        return population, None, problems
    populations = pd.concat(parts, names=["year"]).reorder_levels(["code", "year"])
    populations.attrs = dict(population.attrs)
    return parts[min(parts)], populations, []


def years_of(area: StudyArea) -> list[int]:
    """
    The years whose people a study area knows, the earliest first; none where its file says no year.

    Examples
    --------
    >>> from carecircles import datasets
    >>> years_of(datasets.load("hexi"))
    []
    """
    known = area.populations
    return [] if known is None else sorted(int(year) for year in known.index.unique("year"))


def years_around(area: StudyArea) -> list[int]:
    """
    The known years that the people shown are of, or lie between; none where no year is said.

    Examples
    --------
    >>> from carecircles import datasets
    >>> years_around(datasets.load("hexi"))
    []
    """
    year, known = area.year, years_of(area)
    if year is None or not known:
        return []
    ends = [max(y for y in known if y <= year), min(y for y in known if y >= year)]
    return list(dict.fromkeys(ends))


def with_years(area: StudyArea, populations: pd.DataFrame) -> StudyArea:
    """
    The study area with people of several years, showing those of the earliest.

    Parameters
    ----------
    area
        The study area.
    populations
        Indexed by (`code`, `year`), every street in every year; columns as those of `population`.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> then = area.population.assign(people_60=area.population["people_60"] * 1.2)
    >>> both = pd.concat({2020: area.population, 2030: then}, names=["year"]).swaplevel()
    >>> with_years(area, both).notes[-1]["en"]
    'People are those of 2020; known are the years 2020 and 2030.'
    """
    earliest = min(int(year) for year in populations.index.unique("year"))
    return in_year(dataclasses.replace(area, populations=populations, year=None), earliest)


def in_year(area: StudyArea, year: int) -> StudyArea:
    """
    The study area with the people of a year; its centres stay those they are (see `area_on`).

    Between two years that are known, people lie on a straight line, street by street and group by
    group; their basis and a note say so.

    Parameters
    ----------
    area
        The study area, of whatever year; its population file names years.
    year
        A whole year, from the first that is known to the last.

    Raises
    ------
    ValidationError
        If the population file names no years, or the year lies outside them.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> then = area.population.assign(people_60=area.population["people_60"] * 1.2)
    >>> both = pd.concat({2020: area.population, 2030: then}, names=["year"]).swaplevel()
    >>> area = with_years(area, both)
    >>> [in_year(area, year).population.loc["S1", "people_60"].item() for year in (2020, 2025, 2030)]
    [8400.0, 9240.0, 10080.0]
    """
    known, wanted, populations = years_of(area), year_of(year), area.populations
    if populations is None or wanted is None or not known[0] <= wanted <= known[-1]:
        raise ValidationError([_refusal(year, known, file_of(area))])
    before = max(y for y in known if y <= wanted)
    after = min(y for y in known if y >= wanted)
    population = _between(populations, before, after, wanted).loc[area.streets.index]
    population.attrs = dict(populations.attrs)
    # What was said of the year shown until now is no longer true.
    kept = [note for note in area.notes if area.year is None or note != _note(area.year, known)]
    return dataclasses.replace(
        area, population=population, year=wanted, notes=(*kept, _note(wanted, known))
    )


def file_of(area: StudyArea) -> str:
    """What sentences call the file the people are from."""
    return str(area.population.attrs.get("file", "population"))


def _between(populations: pd.DataFrame, before: int, after: int, year: int) -> pd.DataFrame:
    """People of a year that is known, or on the straight line from one that is to another."""
    was = _of(populations, before)
    if before == after:
        return was
    then = _of(populations, after).loc[was.index]
    groups = people.columns_of(was)
    share = (year - before) / (after - before)
    between = was.copy()
    between[groups] = was[groups] + share * (then[groups] - was[groups])
    for column in ("basis", "age_basis"):
        between[column] = "interpolated"
    for column in ("source", "age_source"):
        between[column] = f"between {before} and {after}"
    return between


def _of(populations: pd.DataFrame, year: int) -> pd.DataFrame:
    """The people of a year that is known."""
    is_then = populations.index.get_level_values("year") == year
    return populations[is_then].droplevel("year")


def year_note(area: StudyArea) -> Text | None:
    """
    What its notes say of the year of a study area's people; None where that is not known.

    Examples
    --------
    >>> from carecircles import datasets
    >>> year_note(datasets.load("hexi")) is None
    True
    """
    return None if area.year is None else _note(area.year, years_of(area))


def known_note(area: StudyArea) -> Text:
    """
    Of which years people are known, where several are shown side by side.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> then = area.population.assign(people_60=area.population["people_60"] * 1.2)
    >>> both = pd.concat({2020: area.population, 2030: then}, names=["year"]).swaplevel()
    >>> known_note(with_years(area, both))["en"]
    'People are known of the years 2020 and 2030.'
    """
    listed = _listed(years_of(area))
    return {
        "en": f"People are known of the years {listed}.",
        "zh": f"已知人口的年份：{say(listed, 'zh')}。",
    }


def _note(year: int, known: Sequence[int]) -> Text:
    """Of which year people are, and what that rests on."""
    if year not in known:
        before, after = max(y for y in known if y < year), min(y for y in known if y > year)
        return {
            "en": f"People of {year} are not known; they are taken to lie on a straight line between those "
            f"of {before} and {after}, street by street and group by group.",
            "zh": f"{year} 年人口未知，按街道和人群在 {before} 年与 {after} 年之间线性内插。",
        }
    listed = _listed(known)
    return {
        "en": f"People are those of {year}; known "
        + (f"are the years {listed}." if len(known) > 1 else "is no other year."),
        "zh": f"人口为 {year} 年"
        + (f"；已知年份：{say(listed, 'zh')}。" if len(known) > 1 else "，没有其他年份。"),
    }


def _refusal(year: object, known: Sequence[int], file: str) -> Sentence:
    """Why there are no people of a year, and what to do."""
    shown = _checks.show(year)
    if not known:
        return Sentence(
            f"{file}: year {shown} is asked for, but this file names no years; add a column year with a "
            "row for each street and year, or ask for none (take --year, or year in the scenario, out).",
            zh=f"{file}：要求的年份为 {shown}，但该文件没有年份；请增加“年份”列，每个街道每年一行，"
            "或不指定年份（去掉 --year 或方案中的 year）。",
        )
    listed = _listed(known)
    if len(known) == 1:
        return Sentence(
            f"{file}: year {shown} is asked for, but only {listed} is known; ask for that, or add rows "
            "of another year.",
            zh=f"{file}：要求的年份为 {shown}，但只有 {say(listed, 'zh')} 年；请改用该年，或补充其他年份的行。",
        )
    return Sentence(
        f"{file}: year {shown} lies outside those that are known, {listed}; ask for one from {known[0]} to "
        f"{known[-1]}, or add rows of that year.",
        zh=f"{file}：要求的年份 {shown} 不在已知年份 {say(listed, 'zh')} 之内；请使用 {known[0]} 至 "
        f"{known[-1]} 之间的年份，或补充该年的行。",
    )


def _listed(known: Sequence[int]) -> Sentence:
    years = [str(year) for year in known]
    last = Sentence(" and ", zh="、")
    return (
        joined([joined(years[:-1], Sentence(", ", zh="、")), years[-1]], last)
        if years[1:]
        else joined(years)
    )
