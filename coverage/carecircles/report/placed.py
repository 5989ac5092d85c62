"""How many people each unit is known to have, and how many stand in its cells: what was placed adds up."""

import pandas as pd

from carecircles import weights
from carecircles.area import StudyArea
from carecircles.people import headline_of, rows_of
from carecircles.report.columns import PLACED_COLUMNS, as_text, headings
from carecircles.report.notes import PLACED, name_of
from carecircles.weights import Placed
from carecircles.words import Text, say

_SHOWN = 12  # units of each source
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
