"""What was taken for granted where people were placed, in each language."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from carecircles import people
from carecircles.area import Sources, StudyArea
from carecircles.weights import _units
from carecircles.weights._layers import Layer
from carecircles.weights._units import Homes, Units
from carecircles.weights.values import EVEN, GRID, RASTER, RESIDENCES, SOURCES, is_there
from carecircles.words import Text

_NAMED = 5  # streets that a note names


def total_notes(
    area: StudyArea,
    homes: Homes | None,
    population: pd.DataFrame,
    units: Units,
    totals: str,
) -> list[Text]:
    """How far residences, or whatever is the population, differ from the figures of the streets."""
    first = people.headline_of(population, area.headline)
    name = people.rows_of([first], area.groups)[0].name
    squares, is_square = area.sources.people_grid, (units.table["source"] == GRID).to_numpy()
    if totals == "grid" and squares is not None:
        told, file = units.known[first][is_square].sum(), _units.file_of(squares, GRID)
        there = units.table["street"][is_square].unique()
    elif homes is not None and first in homes.frame and homes.frame[first].sum() > 0:
        told, file = homes.frame[first].sum(), _units.file_of(area.sources.residences, RESIDENCES)
        there = area.streets.index[np.unique(homes.street)]
    else:
        return []
    streets = population[first].reindex(there).sum()
    if not streets > 0:
        return []
    off = 100 * (told / streets - 1)
    some = len(there) < len(area.streets)
    its, its_zh = ("the streets it is in", "所涉街道") if some else ("the streets", "街道")
    then, then_zh = ("", "") if area.year is None else (f" in {area.year}", f" {area.year} 年")
    says: Text = {
        "en": f"{file} counts {told:,.0f} people {name['en']}, {its} {streets:,.0f}{then} ({off:+.1f} %)",
        "zh": f"{file} 共计{name['zh']}人口 {told:,.0f} 人，{its_zh}{then_zh}数据为 {streets:,.0f} 人（{off:+.1f}%）",
    }
    if totals == "street":
        end: Text = {
            "en": "; it is scaled to each street's figure.",
            "zh": "；已按各街道人数换算。",
        }
    else:
        end = {"en": "; it is taken as the population.", "zh": "；以其为准。"}
    return [{lang: says[lang] + end[lang] for lang in says}]


def row_notes(lacking: np.ndarray) -> list[Text]:
    """How many residences count for nothing because they do not tell what the others do."""
    few = round(float(lacking.sum()))
    if not few:
        return []
    return [
        {
            "en": f"{few:,} {'row does' if few == 1 else 'rows do'} not say what the others of their unit are weighed by; "
            "nobody is placed there.",
            "zh": f"{few:,} 行缺少所在单元采用的权重项；这些位置不安置人口。",
        }
    ]


def empty_land_notes(
    area: StudyArea, layers: Sequence[Layer], everywhere: Mapping[str, np.ndarray]
) -> list[Text]:
    """How many people of a raster that is the population are on land that nobody lives on."""
    weights = next((layer.weights for layer in layers if layer.name == RASTER), {})
    told = [group for group in everywhere if group in weights]
    return empty_land_note(area, {g: everywhere[g].sum() - weights[g].sum() for g in told})


def empty_land_note(area: StudyArea, of_group: Mapping[str, float]) -> list[Text]:
    """That people of a raster are on land that nobody lives on, by how many of each group, if any are."""
    if not of_group:
        return []
    told = list(of_group)
    first = people.headline_of(told, area.headline if area.headline in told else None)
    off = float(of_group[first])
    if off < 0.5:
        return []
    name = people.rows_of([first], area.groups)[0].name
    return [
        {
            "en": f"The raster has {off:,.0f} people {name['en']} where nobody is said to live; they are counted in "
            "the rest of their street.",
            "zh": f"栅格中有 {off:,.0f} 名{name['zh']}人口位于无人居住区；已计入所在街道的其余部分。",
        }
    ]


def fallback_notes(
    area: StudyArea, table: pd.DataFrame, sources: Sources, is_lived: np.ndarray, units: Units
) -> list[Text]:
    """Where people are spread evenly although there are sources, and where all land is said to be uninhabited."""
    has_people = (table.filter(like="known_") > 0).any(axis=1)
    notes: list[Text] = []
    has_land = np.bincount(units.of_cell, is_lived, minlength=len(units.table)) > 0
    count = np.bincount(units.of_cell, minlength=len(units.table))
    is_peopled = (units.known > 0).any(axis=1).to_numpy()
    bare = set(units.table["street"][~has_land & (count > 0) & is_peopled])
    if bare:
        notes.append(bare_note(area, bare))
    if any(is_there(sources, name) for name in SOURCES[1:]):
        left = set(table["street"][has_people & (table["basis"] == EVEN)]) - bare
        if left:
            notes.append(spread_note(area, left))
    return notes


def bare_note(area: StudyArea, codes: set[object]) -> Text:
    """That all land of some streets is said to be uninhabited, and people live there."""
    en, zh = _named(area, codes)
    return {
        "en": f"All land of {en} is said to be uninhabited, but people live there: they are spread over all of it.",
        "zh": f"{zh} 的土地全部标为无人居住，但那里有人口：已在其全部范围内均匀分布。",
    }


def spread_note(area: StudyArea, codes: set[object]) -> Text:
    """That nothing says where in some streets people live."""
    en, zh = _named(area, codes)
    return {
        "en": f"Nothing says where in {en} people live: they are spread evenly there.",
        "zh": f"没有资料说明{zh}的人口住在何处：在其中均匀分布。",
    }


def _named(area: StudyArea, codes: set[object]) -> tuple[str, str]:
    """Some streets by name, in each language."""
    rows = area.streets[area.streets.index.isin(codes)]
    zh = rows["name"].tolist()
    en = rows["name_en"].where(rows["name_en"].fillna("") != "", rows["name"]).tolist()
    more = len(zh) - _NAMED
    if more > 0:
        return (
            f"{', '.join(en[:_NAMED])} and {more} more streets",
            f"{'、'.join(zh[:_NAMED])}等{len(zh)}个街道",
        )
    return ", ".join(en), "、".join(zh)
