"""How many people a source tells, held against those known of the streets: what does not fit, as sentences."""

import geopandas as gpd
import pandas as pd

from carecircles.area.values import Ground
from carecircles.io import _checks
from carecircles.people import columns_of, rows_of
from carecircles.words import Sentence, Text

_FULL = 0.99  # of a street from which on its communities leave no room for more of its people
_FAR, _TOO_FAR = 2.0, 10.0  # times the known total: said, refused
_HALF_A_PERSON = 0.5
_MEASURES_ZH = {"households": "户数", "dwellings": "住宅套数", "floor_area": "建筑面积"}


def column_zh(column: str, ground: Ground) -> str:
    """What a group of people or a measure of residences is called in Chinese."""
    plain = column.removesuffix("_m2")
    told = {row.column: f"{row.name['zh']}人口" for row in rows_of([column], ground.groups)}
    return told.get(column) or _MEASURES_ZH.get(plain, plain)


def added_up(
    communities: gpd.GeoDataFrame, ground: Ground, *, file: str, are_polygons: bool
) -> tuple[list[Sentence], list[Text]]:
    """
    Whether communities have no more people than their street, and as many where they fill all of it.

    Of polygons that is a problem, for each keeps the figure it has; points only share out their street's.
    """
    problems: list[Sentence] = []
    notes: list[Text] = []
    if ground.population is None:
        return [], []
    groups = [c for c in columns_of(communities) if c in ground.population]
    if not groups:
        there, known = ", ".join(columns_of(communities)), ", ".join(columns_of(ground.population))
        there_zh = "、".join(column_zh(c, ground) for c in columns_of(communities))
        known_zh = "、".join(column_zh(c, ground) for c in columns_of(ground.population))
        return [
            Sentence(
                f"{file}: it has {there}, the file of population {known}; add a group that both have.",
                zh=f"{file}：含 {there_zh}，而人口文件含 {known_zh}；请补充两者共有的人群。",
            )
        ], []
    street = communities["street"]
    areas = communities.area.groupby(street).sum().reindex(ground.streets.index, fill_value=0.0)
    is_full = areas >= _FULL * ground.streets.area
    for group in groups:
        sums = communities[group].groupby(street).sum()
        is_whole = communities[group].notna().groupby(street).all() & is_full.reindex(sums.index)
        figures = ground.population[group].reindex(sums.index)
        for code in sums.index[(sums > figures + _HALF_A_PERSON).to_numpy()]:
            line = _sum_told(code, group, sums[code], figures[code], ground, file=file)
            if are_polygons:
                problems.append(line)
            else:
                notes.append({"en": str(line), "zh": line.zh})
        for code in sums.index[(is_whole & (sums < figures - _HALF_A_PERSON)).to_numpy()]:
            problems.append(
                _sum_told(code, group, sums[code], figures[code], ground, file=file, is_less=True)
            )
    if not are_polygons and notes:
        notes = notes[:1] + (
            [
                {
                    "en": f"{file}: so do {len(notes) - 1} more sums; points only share out the people of their street.",
                    "zh": f"{file}：另有 {len(notes) - 1} 处如此；点只用于在街道内分配人口。",
                }
            ]
            if len(notes) > 1
            else []
        )
    return _checks.few(problems, of=file), notes


def _sum_told(
    code: object,
    group: str,
    total: float,
    known: float,
    ground: Ground,
    *,
    file: str,
    is_less: bool = False,
) -> Sentence:
    name = _checks.show(ground.streets.loc[code, "name"])
    than, than_zh = (
        ("though they fill it, less than its", "（已铺满街道）少于")
        if is_less
        else ("more than its", "多于")
    )
    return Sentence(
        f"{file}: the communities of street {name} add up to {total:,.0f} {group}, {than} {known:,.0f}; "
        "correct one of the two files.",
        zh=f"{file}：街道 {name} 的社区{column_zh(group, ground)}合计 {total:,.0f}，{than_zh}该街道的 {known:,.0f}；"
        "请更正其中一个文件。",
    )


def is_known(group: str, ground: Ground) -> bool:
    return ground.population is not None and group in ground.population


def total_told(sums: pd.Series, ground: Ground, *, file: str) -> tuple[list[Sentence], list[Text]]:
    """Whether the people of a source are about as many as are known, by group; nobody at all is a problem."""
    problems: list[Sentence] = []
    notes: list[Text] = []
    if not (sums > 0).any():
        problems.append(
            Sentence(
                f"{file}: there is nobody in the area; use a file that has people there.",
                zh=f"{file}：研究区内没有人口；请使用含有当地人口的文件。",
            )
        )
        return problems, notes
    for group in sums.index:
        if is_known(str(group), ground):
            wrong, said = far_off(sums[group], str(group), ground, file=file, limit=_TOO_FAR)
            problems += wrong
            notes += said
    return problems, notes


def far_off(
    total: float, group: str, ground: Ground, *, file: str, limit: float
) -> tuple[list[Sentence], list[Text]]:
    """
    What is said of a sum of people that is far from the one known, by a factor.

    Where people really live is told by shares, so that a source of another year serves: above 2 and below
    1/2 it is only said. Ten times as many are no people of this place: a density, another group, a
    value for nodata.
    """
    assert ground.population is not None
    known = float(ground.population[group].sum())
    if known <= 0:
        return [], []
    factor = round(total / known, 6)  # as far as float32 goes
    if 1 / _FAR <= factor <= _FAR:
        return [], []
    what = f"{total:,.0f} {group} in the area, {factor:.3g} times the {known:,.0f} of the streets"
    zh = f"研究区内{column_zh(group, ground)}为 {total:,.0f}，是街道合计 {known:,.0f} 的 {factor:.3g} 倍"
    if 1 / limit <= factor <= limit:
        return [], [{"en": f"{file}: {what}.", "zh": f"{file}：{zh}。"}]
    return [
        Sentence(
            f"{file}: {what}; check that it counts people (not people per km2) of this place and group.",
            zh=f"{file}：{zh}；请确认其为本地该人群的人数（而非每 km2 人数）。",
        )
    ], []
