"""What centres, plans and days are called, in each language."""

import datetime
import unicodedata
from collections.abc import Mapping
from typing import Any

import pandas as pd

from carecircles import words
from carecircles.area import StudyArea, is_neighbour
from carecircles.plan import Plan
from carecircles.words import Text

LANGUAGES = ("en", "zh")


def name_of(row: "Mapping[Any, Any] | pd.Series") -> Text:
    """
    The name of a centre, street or area in each language; Chinese where there is no English.

    Examples
    --------
    >>> name_of({"name": "东风", "name_en": "Dongfeng"})
    {'en': 'Dongfeng', 'zh': '东风'}
    """
    return {"en": str(row["name_en"] or row["name"]), "zh": str(row["name"])}


def centre_name(row: "Mapping[Any, Any] | pd.Series") -> Text:
    """
    The name of a centre in each language, marked where it stands beyond the border.

    Examples
    --------
    >>> from carecircles import datasets, report
    >>> area = datasets.load("template")
    >>> report.centre_name(area.facilities.loc["A1"])
    {'en': 'Dongfeng centre', 'zh': '东风中心'}
    """
    name = name_of(row)
    if not row.get("neighbour", False):
        return name
    mark = words.MARKS["neighbour"]
    return {"en": f"{name['en']} ({mark['en']})", "zh": f"{name['zh']}（{mark['zh']}）"}


def centre_count(area: StudyArea) -> str:
    """
    How many centres there are inside and, if any, beyond the border.

    Examples
    --------
    >>> from carecircles import datasets, report
    >>> area = datasets.load("template")
    >>> report.centre_count(area)
    '3'
    """
    beyond = int(is_neighbour(area.facilities).sum())
    return f"{len(area.facilities) - beyond:,}" + (f" + {beyond:,}" if beyond else "")


def centres_label(*areas: StudyArea) -> Text:
    """What `centre_count` counts."""
    if any(is_neighbour(area.facilities).any() for area in areas):
        return {"en": "Centres + neighbours", "zh": "中心 + 区外中心"}
    return {"en": "Centres", "zh": "中心"}


def plan_name(plan: Plan) -> Text:
    """
    The name of a plan with the day and the year it shows, if it shows one.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.plan_name(asis)["en"]
    'As it is'
    """
    shown = when(plan.area)
    return {lang: isolated(name) + shown[lang] for lang, name in plan.name.items()}


def when(area: StudyArea) -> Text:
    """
    On which day centres are open and of which year people are, as it stands behind a name; else nothing.

    Examples
    --------
    >>> from carecircles import datasets
    >>> from carecircles.area import area_on
    >>> when(area_on(datasets.load("hexi"), "2022-06-30"))["en"]
    ', 2022-06-30'
    """
    return of_time(area.as_of, area.year)


def of_time(day: object, year: float | None) -> Text:
    """A day and a year of people, either of which may be missing, as they stand behind a name."""
    is_dated = isinstance(day, str | datetime.date)
    en, zh = (f", {day}", f"，{day}") if is_dated else ("", "")
    if year is None or pd.isna(year):
        return {"en": en, "zh": zh}
    return {"en": f"{en}, people of {year:.0f}", "zh": f"{zh}，{year:.0f}年人口"}


def isolated(text: str) -> str:
    """
    Text whose direction of writing stays its own, to put into a sentence.

    Examples
    --------
    >>> isolated("Home"), len(isolated("בית"))
    ('Home', 5)
    """
    turns = {"R", "AL", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}
    if turns.isdisjoint(map(unicodedata.bidirectional, text)):
        return text
    return f"\u2068{text}\u2069"
