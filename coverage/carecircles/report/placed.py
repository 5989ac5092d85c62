"""By what people are placed in cells; how many each unit is known to have, and how many stand in its cells."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from carecircles import comparison, counts, evaluation, weights
from carecircles.area import StudyArea, years_around
from carecircles.people import headline_of, rows_of
from carecircles.plan import Plan
from carecircles.report.columns import as_text, figure, headings
from carecircles.report.names import isolated, name_of
from carecircles.report.shown import PLACED_COLUMNS
from carecircles.weights import Placed
from carecircles.words import Text, say

_SHOWN = 12  # units of each source
_NAMED = 3  # files
PLACED: dict[str, Text] = {  # by what people are placed, in two words
    weights.RESIDENCES: {"en": "by residences", "zh": "按住宅"},
    weights.COMMUNITIES: {"en": "by communities", "zh": "按社区"},
    weights.GRID: {"en": "by a population grid", "zh": "按人口网格"},
    weights.RASTER: {"en": "by a population raster", "zh": "按人口栅格"},
    weights.EVEN: {"en": "even", "zh": "均匀分布"},
    weights.UNINHABITED: {"en": "uninhabited land", "zh": "无人居住的用地"},
}
_UNITS: dict[str, Text] = {
    weights.STREETS: {"en": "streets", "zh": "街道"},
    weights.COMMUNITIES: {"en": "communities", "zh": "社区"},
    weights.GRID: {"en": "squares of the population grid", "zh": "人口网格单元"},
}
_REST: Text = {"en": "streets without these", "zh": "街道其余部分"}


def placed_table(placed: Placed, area: StudyArea, *, lang: str) -> pd.DataFrame:
    """
    Units as text to read: the people they are known to have and those placed in their cells, by group.

    Parameters
    ----------
    placed
        People in cells, from `weights.place`.
    area
        The study area they are of.
    lang
        Language of the names and headings.

    Returns
    -------
    table
        Of each source of units (streets, communities, a population grid) the first dozen and the sum of
        all; where there are several sources, the sum of all units last.

    Examples
    --------
    >>> from carecircles import datasets, report
    >>> area = datasets.load("template")
    >>> table = report.placed_table(weights.place(area, cell=200), area, lang="en")
    >>> table.iloc[-1, :4].tolist()
    ['4 streets', '', '24,000', '24,000']
    """
    groups = rows_of(area.population, area.groups)
    first = headline_of(area.population, area.headline)
    groups = sorted(groups, key=lambda group: group.column != first)
    columns = headings(PLACED_COLUMNS[:2], groups[0])
    for group in groups:
        columns |= headings(PLACED_COLUMNS[2:], group, [group])
    units = placed.units.assign(
        unit_name=_names(placed.units, area, lang),
        placed_by=[say(PLACED[basis], lang) for basis in placed.units["basis"]],
    )
    rows = []
    for source, those in units.groupby("source", sort=False):
        rows += [those.head(_SHOWN), _total(those, _many(str(source), units, len(those))[lang])]
    if len(units["source"].unique()) > 1:
        rows.append(_total(units, {"en": "All units", "zh": "全部单元"}[lang]))
    return as_text(pd.concat(rows), columns, lang)


def placed_notes(placed: Placed) -> list[Text]:
    """
    How many units the table of them leaves out, and what was taken for granted when people were placed.

    Examples
    --------
    >>> from carecircles import datasets, report
    >>> report.placed_notes(weights.place(datasets.load("hexi"), cell=200))[0]["en"]
    'The first 12 of 14 streets are told.'
    """
    counts = placed.units["source"].value_counts(sort=False)
    told = {
        str(source): _many(str(source), placed.units, count) for source, count in counts.items()
    }
    more: list[Text] = [
        {
            "en": f"The first {_SHOWN} of {told[str(source)]['en']} are told.",
            "zh": f"{told[str(source)]['zh']}，仅列出前 {_SHOWN} 个。",
        }
        for source, count in counts.items()
        if count > _SHOWN
    ]
    return [*more, *placed.notes]


def _names(units: pd.DataFrame, area: StudyArea, lang: str) -> list[str]:
    """What units are called: streets and communities by name, squares by their id."""
    names = {
        (weights.STREETS, code): say(name_of(row), lang) for code, row in area.streets.iterrows()
    }
    communities = area.sources.communities
    if communities is not None and "name" in communities:
        own = communities["name"].dropna()
        names |= {(weights.COMMUNITIES, code): name for code, name in own.items() if name}
    return [str(names.get(key, key[1])) for key in zip(units["source"], units["unit"], strict=True)]


def _many(source: str, units: pd.DataFrame, count: int) -> Text:
    """Some units of a source, with their number."""
    is_rest = source == weights.STREETS and _has_rest(units)
    kind = _REST if is_rest else _UNITS[source]
    return {"en": f"{count:,} {kind['en']}", "zh": f"{count:,} 个{kind['zh']}"}


def _has_rest(units: pd.DataFrame) -> bool:
    """Whether there are other units than streets, which then are what is left of them."""
    return bool((units["source"] != weights.STREETS).any())


def _total(units: pd.DataFrame, name: str) -> pd.DataFrame:
    """The row of a sum; not known where it is not known of every unit."""
    sums = units.filter(regex="^(known|placed)_people").sum(skipna=False)
    return pd.DataFrame([{"unit_name": name, "placed_by": "", **sums.to_dict()}])


def placed_label(plan: Plan) -> Text:
    """
    By what people of a plan are placed, in two words: what places most of them, or inhabited land alone.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> placed_label(plan.evaluate(area, weights.make_demand(area, cell=200)))["en"]
    'even'
    """
    shares = counts.placed_by(plan, comparison.headline(plan).column)
    best = max(shares, key=lambda basis: (basis != weights.EVEN, shares[basis]))
    if best == weights.EVEN and not counts.is_even(plan):
        return {"en": "on inhabited land", "zh": "按有人居住的用地"}
    return PLACED[best]


def placed_in_words(plan: Plan) -> Text:
    """
    By what the people of a plan are placed, with the share of them and the files.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> placed_in_words(plan.evaluate(area, weights.make_demand(area, cell=200)))["en"]
    'evenly over their street (100 %)'
    """
    shares = counts.placed_by(plan, comparison.headline(plan).column)
    files = placed_files(plan.area)
    en, zh = [], []
    for basis, share in shares.items():
        told, told_zh = _files_told(files.get(basis, []))
        percent = f"{100 * share:.3g} %" if share < 1 else "100 %"
        word = PLACED[basis]
        if basis == weights.EVEN:
            word = {"en": "evenly over their street", "zh": "在街道内均匀分布"}
        en.append(f"{word['en']} ({f'{told}, ' if told else ''}{percent})")
        zh.append(f"{word['zh']}（{f'{told_zh}，' if told_zh else ''}{percent}）")
    if "placed" in plan.cells and (plan.cells["placed"] == weights.UNINHABITED).any():
        told, told_zh = _files_told(files.get(weights.UNINHABITED, []))
        en.append(f"nobody on uninhabited land{f' ({told})' if told else ''}")
        zh.append(f"无人居住的用地不安置{f'（{told_zh}）' if told_zh else ''}")
    return {"en": "; ".join(en), "zh": "；".join(zh)}


def _files_told(files: Sequence[str]) -> tuple[str, str]:
    """The names of a few files, or of the first and how many more, in each language."""
    names = [isolated(file) for file in files]
    if len(names) <= _NAMED:
        return ", ".join(names), "、".join(names)
    return f"{names[0]} and {len(names) - 1} more", f"{names[0]} 等 {len(names)} 个文件"


def placed_files(area: StudyArea) -> dict[str, list[str]]:
    """
    The files that say where people live, by source.

    Examples
    --------
    >>> from carecircles import datasets
    >>> placed_files(datasets.load("template"))
    {}
    """
    sources, files = area.sources, {}
    for name in (weights.RESIDENCES, weights.COMMUNITIES, weights.GRID, weights.UNINHABITED):
        frame = getattr(sources, name)
        if frame is not None and "file" in frame.attrs:
            files[name] = [str(frame.attrs["file"])]
    if sources.people_raster:
        bands = sources.people_raster
        if weights.is_by_year(area):
            bands = tuple(band for band in bands if band.year in years_around(area))
        files[weights.RASTER] = list(dict.fromkeys(band.path.name for band in bands))
    return files


def people_note(plan: Plan, side: float) -> Text:
    """By what people are placed where they are not spread evenly, and what that and counting by cells changes."""
    group = comparison.headline(plan)
    points = 100 * counts.people_share_error(plan, group.column)
    figures = even_beside(plan)
    beside = {
        lang: f"{PLACED[weights.EVEN][lang]}{colon}{figure('share', figures[0])}{stop}"
        f"{placed_label(plan)[lang]}{colon}{figure('share', figures[1])}"
        for lang, colon, stop in (("en", ": ", "; "), ("zh", "：", "；"))
    }
    return {
        "en": f"Counted on cells of {side:g} m; the covered share of people {group.name['en']} is within "
        f"about {points:.2f} points, as far as that goes: where in a cell they live is not known. "
        f"People {group.name['en']} are placed {placed_in_words(plan)['en']}. Covered, {beside['en']}.",
        "zh": f"按 {side:g} 米网格计算；{group.name['zh']}人口覆盖率由此产生的误差约不超过 {points:.2f} 个百分点"
        f"（不知其在网格内的位置）。{group.name['zh']}人口的安置依据：{placed_in_words(plan)['zh']}。"
        f"覆盖率：{beside['zh']}。",
    }


def even_beside(plan: Plan) -> tuple[float, float]:
    """
    The covered share of people were they spread evenly over their street, and as they are placed.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> even, placed = even_beside(plan.evaluate(area, weights.make_demand(area, cell=200)))
    >>> round(even, 9) == round(placed, 9)
    True
    """
    group = comparison.headline(plan).column
    if plan.counts is not None:
        figures = counts.by_street(plan)
        share = (figures["covered_area_share"] * figures[group]).sum() / figures[group].sum()
        return float(share), float(counts.of_district(plan)[f"covered_{group}_share"])
    streets = plan.cells.groupby("street", observed=True)
    people, total = streets["covered"].mean() * streets[group].sum(), plan.cells[group].sum()
    even = people.sum() / total if total > 0 else math.nan
    return float(even), float(evaluation.of_district(plan.cells)[f"covered_{group}_share"])


def placed_record(plan: Plan) -> dict[str, Any]:
    """
    By what people are placed, for programs.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> placed_record(plan.evaluate(area, weights.make_demand(area, cell=200)))["people_60"]
    {'even': 1.0}
    """
    group = comparison.headline(plan).column
    shares = counts.placed_by(plan, group)
    even, _ = even_beside(plan)
    return {
        group: {basis: round(share, 6) for basis, share in shares.items()},
        "files": placed_files(plan.area),
        f"covered_{group}_share_even": None if np.isnan(even) else round(even, 6),
    }
