"""Between what figures lie while something is not known: columns beside them, and as text."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import comparison, robustness
from carecircles.plan import Plan
from carecircles.report.columns import column_of, figure, show, unit_in_words
from carecircles.robustness import Draws, Robustness
from carecircles.words import Text

Pair = tuple[Robustness, Robustness]  # of two plans, in the same draws
_PARTS = ("expected", "low", "high")


def with_interval(
    frame: gpd.GeoDataFrame, sure: Robustness, *, by: str, when: str = ""
) -> gpd.GeoDataFrame:
    """
    The frame with what the share of people covered is expected to be, and between what it lies.

    `when` is what the name of the share ends in, such as '_before'.
    """
    figures = _of(by, sure)
    share = f"{sure.group}_share"
    made = {f"{part}_{share}{when}": figures[f"{part}_{share}"] for part in _PARTS}
    return gpd.GeoDataFrame(_after(frame, f"covered_{share}{when}", made))


def with_net(frame: gpd.GeoDataFrame, pair: Pair, *, by: str) -> gpd.GeoDataFrame:
    """The frame of a change with the intervals of both plans' shares, and of how many more are covered."""
    before, after = pair
    net: pd.Series | pd.DataFrame = robustness.net_by_street(before, after)
    if by == "district":
        net = robustness.net_of_district(before, after)
    for sure, when in ((before, "_before"), (after, "_after")):
        frame = with_interval(frame, sure, by=by, when=when)
    told = {str(name): values for name, values in net.items()}
    return gpd.GeoDataFrame(_after(frame, f"net_{after.group}", told))


def with_left(frame: pd.DataFrame, left: pd.DataFrame, group: str) -> pd.DataFrame:
    """The frame of zones with `robustness.left_in_zones`, after the people of the group."""
    return _after(frame, group, {str(name): values for name, values in left.items()})


def _of(by: str, sure: Robustness) -> pd.Series | pd.DataFrame:
    return robustness.of_district(sure) if by == "district" else robustness.by_street(sure)


def _after(frame: pd.DataFrame, column: str, made: "dict[str, pd.Series | float]") -> pd.DataFrame:
    """The frame with columns after one of its own."""
    frame = frame.copy()
    at = list(frame.columns).index(column) + 1
    for n, (name, values) in enumerate(made.items()):
        told = values.reindex(frame.index) if isinstance(values, pd.Series) else values
        frame.insert(at + n, name, np.atleast_1d(told))
    return frame


def ranges(table: pd.DataFrame, column: str) -> list[str]:
    """
    Between what a figure lies, as text to read: from its columns `low_...` and `high_...`.

    Examples
    --------
    >>> ranges(pd.DataFrame({"low_people_60_share": [0.5], "high_people_60_share": [0.75]}), "people_60_share")
    ['50.0 % – 75.0 %']
    """
    low, high = f"low_{column}", f"high_{column}"
    ends = zip(table[low], table[high], strict=True)
    return ["–" if np.isnan(a) else f"{show(low, a)} – {show(high, b)}" for a, b in ends]


def with_ranges(table: pd.DataFrame, group: str, *, is_change: bool = False) -> pd.DataFrame:
    """The table with its intervals as text."""
    share = f"{group}_share"
    if not is_change:
        return table.assign(share_range=ranges(table, share))
    return table.assign(
        range_before=ranges(table, f"{share}_before"),
        range_after=ranges(table, f"{share}_after"),
        net_range=ranges(table, f"net_{group}"),
    )


def drawn_notes(drawn: Draws, plan: Plan) -> list[Text]:
    """
    What was drawn, and what cannot be told of it, a line each.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> report.drawn_notes(robustness.draw(asis, draws=5, rng=1), asis)[0]["en"][:60]
    'Positions that are not known move in a disc, inside their st'
    """
    notes = list[Text]()
    if len(drawn.error):
        most = drawn.error.value_counts(sort=False).sort_index().items()
        en = ", ".join(f"{n} by up to {metres:g} m" for metres, n in most)
        zh = "、".join(
            f"{n} 个至多 {metres:g} 米"
            for metres, n in drawn.error.value_counts(sort=False).sort_index().items()
        )
        notes.append(
            {
                "en": f"Positions that are not known move in a disc, inside their street: {en} (these metres are "
                "carecircles' own assumptions where neither the centres nor [positions] in area.toml say them).",
                "zh": f"未知的位置在其街道内的圆内移动：{zh}（中心表与 area.toml 的 [positions] 均未给出时，"
                "米数为 carecircles 自行假定）。",
            }
        )
    else:
        notes.append(
            {
                "en": "All positions are known or proposed: none moves.",
                "zh": "所有位置均为已知或拟建，均不移动。",
            }
        )
    if len(drawn.loose):
        few = len(drawn.loose)
        notes.append(
            {
                "en": f"{few} of them move without heed of their street, which their disc hardly meets.",
                "zh": f"其中 {few} 个的圆与所属街道几乎不相交，移动时不受街道限制。",
            }
        )
    if drawn.people is not None:
        notes.append(
            {
                "en": "The people of streets vary by the coefficient of variation in the population file (lognormal).",
                "zh": "街道人口按人口文件中的变异系数变动（对数正态分布）。",
            }
        )
    unit = unit_in_words(plan.cost.unit)
    least, largest = drawn.cutoff.min(), drawn.cutoff.max()
    if largest > least:
        notes.append(
            {
                "en": f"What counts as near varies from {least:,.4g} to {largest:,.4g} {unit['en']}.",
                "zh": f"覆盖标准在 {least:,.4g} 至 {largest:,.4g} {unit['zh']}之间变动。",
            }
        )
    if drawn.pace is not None:
        notes.append(
            {
                "en": f"The pace varies from {drawn.pace.min():.2f} to {drawn.pace.max():.2f} m/s.",
                "zh": f"步速在每秒 {drawn.pace.min():.2f} 至 {drawn.pace.max():.2f} 米之间变动。",
            }
        )
    return notes


def net_notes(pair: Pair) -> list[Text]:
    """
    How many more people one plan covers than another in the draws, and what draws both share.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness, scenario
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> less = plan.carry_out(asis, scenario.parse({"name": "One less", "step": [{"close": "H34"}]}))
    >>> before, after = robustness.measure_together([asis, less], draws=5, rng=1)
    >>> report.net_notes((before, after))[0]["en"][-56:]
    '; more than before in 0 draws, as many in 0, fewer in 5.'
    """
    before, after = pair
    told, draws = robustness.net_of_district(before, after), len(after.draws)
    group = comparison.headline(before.plan, after.plan)
    expected, low, high = (
        show(f"{part}_net_{group.column}", told[f"{part}_net_{group.column}"]) for part in _PARTS
    )
    more, fewer = (round(float(told[f"{what}_share"]) * draws) for what in ("more", "fewer"))
    same = draws - more - fewer
    en, zh = group.name["en"], group.name["zh"]
    return [
        {
            "en": f"Net people {en} covered, expected: {expected} [{low}, {high}], in 90 % of {draws:,} draws in the "
            f"brackets; more than before in {more:,} draws, as many in {same:,}, fewer in {fewer:,}.",
            "zh": f"{zh}覆盖人数净变化期望 {expected}［{low}，{high}］，{draws:,} 次抽样中 90 % 落在方括号内；"
            f"比原来多 {more:,} 次，相同 {same:,} 次，少 {fewer:,} 次。",
        },
        SAME_DRAWS,
    ]


SAME_DRAWS: Text = {
    "en": "Plans are held against each other draw by draw: what they share is drawn alike, and a centre that a plan opens "
    "or moves to a point stands there.",
    "zh": "各方案逐次抽样对照：共有的部分抽样相同；方案新设或迁至某点的中心即在该点。",
}


def left_notes(plan: Plan, left: pd.DataFrame, draws: int) -> list[Text]:
    """
    Between what all people lie whom no centre reaches, and what is told of zones (`robustness.left_in_zones`).

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> drawn = robustness.draw(asis, draws=20, rng=1)
    >>> told = robustness.uncovered_by_zone(asis, drawn, gaps.zone_of(asis.cells))
    >>> report.left_notes(asis, robustness.left_in_zones(asis, told), 20)[0]["en"][:34]
    'Claims 19,149 people 60+ uncovered'
    """
    group = comparison.headline(plan)
    claimed = figure("people", plan.cells[group.column][~plan.cells["covered"]].sum())
    whole = left.iloc[-1]
    expected, low, high = (
        figure("people", whole[f"{part}_uncovered_{group.column}"]) for part in _PARTS
    )
    return [
        {
            "en": f"Claims {claimed} people {group.name['en']} uncovered, expect {expected} [{low}, {high}]: in 90 % of "
            f"{draws:,} draws it lies in the brackets. Zones are those of the plan as it is told: of the people in each "
            "it is said how many are uncovered; those uncovered elsewhere in a draw are in no zone.",
            "zh": f"声称未覆盖{group.name['zh']}人口 {claimed}，期望 {expected}［{low}，{high}］：{draws:,} 次抽样中 90 % "
            "落在方括号内。片区按方案所述划定：列出其中各次抽样未覆盖的人数；抽样中在其他地方未覆盖的人不在任何片区内。",
        }
    ]


def drawn_in(sure: Sequence[Robustness] | Robustness | None) -> dict[str, int]:
    """Of records: how many draws there were, if any."""
    if sure is None:
        return {}
    return {"draws": len((sure if isinstance(sure, Robustness) else sure[0]).draws)}


def league_intervals(before: Robustness, after: Robustness) -> dict[str, float]:
    """Of a row of several plans: between what its share lies, and how many more than before are covered."""
    share, net = robustness.of_district(after), robustness.net_of_district(before, after)
    names = [f"{part}_{after.group}_share" for part in _PARTS]
    told = {name: float(share[name]) for name in names}
    return told | {str(name): float(value) for name, value in net.items()}


def interval_of(sure: Robustness, name: str) -> dict[str, float]:
    """What the district's share is expected to be and between what it lies, by names that end so."""
    told = robustness.of_district(sure)
    return {f"{part}_{name}": float(told[f"{part}_{sure.group}_share"]) for part in _PARTS}


def shares_of(frame: pd.DataFrame, group: str) -> list[str]:
    """The columns of a frame with the share of a group covered and, where they are there, between what it lies."""
    every = [f"{part}_{group}_share" for part in ("covered", *_PARTS)]
    return [column for column in every if column in frame]


def label_of_range(column: str) -> Text:
    """What a column of intervals is called."""
    return column_of(column)[0].label


def share_range(sure: Robustness) -> str:
    """Between what the district's share lies."""
    told = robustness.of_district(sure)
    low, high = (figure("share", told[f"{end}_{sure.group}_share"]) for end in ("low", "high"))
    return f"{low} – {high}"


def net_range(pair: Pair) -> str:
    """Between what the people lie whom the district has more covered than before."""
    [told] = ranges(robustness.net_of_district(*pair).to_frame().T, f"net_{pair[1].group}")
    return told
