"""How unequally far people are from their nearest centre, for people and programs."""

from typing import Any

import geopandas as gpd
import pandas as pd

from carecircles import comparison, equity
from carecircles.plan import Plan
from carecircles.report.columns import as_text, figure, records_of, rounded, unit_in_words
from carecircles.report.coverage import DISTRICT
from carecircles.report.frames import (
    columns_of,
    groups_of,
    heading_of,
    in_unit_of,
    setting_of,
    told_of,
)
from carecircles.report.intervals import ranges
from carecircles.report.names import name_of
from carecircles.report.shown import EQUITY_COLUMNS, EQUITY_SURE_COLUMNS
from carecircles.words import Text, say

_COUNTED = "group_people"


def equity_frame(
    plan: Plan,
    *,
    by: str = "street",
    epsilon: float = equity.EPSILON,
    sure: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Measures of `equity` as a frame to write, rounded.

    Parameters
    ----------
    plan
        The plan.
    by
        'street', the one first whose people have it farthest, with a rank; 'district'; or 'group', a row
        for each group of people that the plan's standard is for.
    epsilon
        As in `equity.of_district`.
    sure
        From `robustness.unequal`: between what the measures of streets and of the district lie is told beside.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.equity_frame(asis)["name_en"].tolist()
    ['Xinhua', 'Renmin', 'Dongfeng', 'Heping']
    """
    return rounded(_measured(plan, by, epsilon, sure))


def _measured(
    plan: Plan, by: str, epsilon: float, sure: pd.DataFrame | None = None
) -> pd.DataFrame:
    cutoff, group = plan.cost.cutoff, comparison.headline(plan).column
    if by == "group":
        rows = {
            g: equity.of_district(plan.cells, g, cutoff=cutoff, epsilon=epsilon).rename(
                {g: _COUNTED, f"out_of_reach_{g}": f"out_of_reach_{_COUNTED}"}
            )
            for g in (one.column for one in groups_of(plan))
        }
        by_group = in_unit_of(pd.DataFrame(rows).T.rename_axis("group"), plan)
        return pd.DataFrame(by_group)
    if by == "district":
        whole = equity.of_district(plan.cells, group, cutoff=cutoff, epsilon=epsilon)
        return _placed(plan, whole if sure is None else pd.concat([whole, sure.loc["district"]]))
    streets = equity.by_street(plan.cells, group, cutoff=cutoff, epsilon=epsilon)
    streets = streets.sort_values("ede_m", ascending=False, kind="stable")
    frame = _placed(plan, streets if sure is None else streets.join(sure))
    frame.insert(0, "rank", range(1, len(frame) + 1))
    return frame


def _placed(plan: Plan, figures: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Figures with names and outlines."""
    placed: pd.DataFrame = gpd.GeoDataFrame(in_unit_of(told_of(plan.area, figures), plan))
    return placed


def equity_table(
    plan: Plan,
    *,
    by: str,
    lang: str,
    epsilon: float = equity.EPSILON,
    sure: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    The same as text to read: streets and the district last, the district, or the groups.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> table = report.equity_table(asis, by="street", lang="en")
    >>> table.iloc[0, :3].tolist(), len(table)
    (['1', 'Xinhua', '3,000'], 5)
    """
    if by == "group":
        groups = {group.column: group for group in groups_of(plan)}
        frame = _measured(plan, by, epsilon)
        names = [say(groups[str(g)].name, lang) for g in frame.index]
        headed = columns_of(["group_name", _COUNTED, *EQUITY_COLUMNS[1:]], plan)
        return as_text(frame.assign(group_name=names), headed, lang)
    whole = _measured(plan, "district", epsilon, sure)
    rows = [whole.assign(street_name=say(DISTRICT, lang), rank="")]
    columns = ["street_name", *(EQUITY_COLUMNS if sure is None else EQUITY_SURE_COLUMNS)]
    if by == "street":
        streets = _measured(plan, "street", epsilon, sure)
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(street_name=names, rank=streets["rank"].astype(str)))
        columns = ["rank", *columns]
    table = pd.concat([pd.DataFrame(some.drop(columns="geometry")) for some in rows])
    if sure is not None:
        unit = plan.cost.unit
        table = table.assign(
            mean_range=ranges(table, f"mean_{unit}"),
            ede_range=ranges(table, f"ede_{unit}"),
            gini_range=ranges(table, "gini"),
        )
    return as_text(table, columns_of(columns, plan), lang)


def equity_record(
    plan: Plan,
    *,
    by: str = "street",
    epsilon: float = equity.EPSILON,
    sure: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """
    The same as a JSON value; parameters are those of `equity_frame`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.equity_record(asis)["streets"][0]["rank"]
    1
    """
    about = ["code", "name", "name_en"]
    record = {
        **heading_of(plan, **setting_of(plan)),
        "district": records_of(
            equity_frame(plan, by="district", epsilon=epsilon, sure=sure), drop=about
        )[0],
    }
    if by != "district":
        rows = records_of(equity_frame(plan, by=by, epsilon=epsilon, sure=sure))
        record["streets" if by == "street" else "groups"] = rows
    return record


def equity_note(plan: Plan, *, epsilon: float = equity.EPSILON) -> Text:
    """
    The district's equivalent distance in a sentence, with what it and the other measures rest on.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.equity_note(asis)["en"][:50]
    'People 60+ have it as far on the whole as if every'
    """
    group = comparison.headline(plan)
    told = equity.of_district(plan.cells, group.column, cutoff=plan.cost.cutoff, epsilon=epsilon)
    unit = unit_in_words(plan.cost.unit)
    ede, mean = (figure(plan.cost.unit, told[name]) for name in ("ede_m", "mean_m"))
    within, between = (figure("index", told[f"theil_{part}"]) for part in ("within", "between"))
    kappa, out = f"{told['kappa']:.3g}", figure("people", told[f"out_of_reach_{group.column}"])
    lost = told[f"out_of_reach_{group.column}"] > 0
    return {
        "en": f"People {group.name['en']} have it as far on the whole as if everyone went {ede} {unit['en']} "
        f"(Kolm-Pollak, epsilon {epsilon:g}, kappa {kappa} per {unit['en']}); the mean is {mean} {unit['en']}. "
        f"Of Theil's index {within} lies within streets, {between} between them."
        + (f" From {out} people no way leads to any centre; they are left out." if lost else ""),
        "zh": f"{group.name['zh']}人口总体相当于人人行 {ede} {unit['zh']}（Kolm-Pollak，ε 为 {epsilon:g}，"
        f"κ 为每{unit['zh']} {kappa}），平均为 {mean} {unit['zh']}。泰尔指数中街道内 {within}，街道间 {between}。"
        + (f"另有 {out} 人无路可达任何中心，未计入。" if lost else ""),
    }


def equity_sure_note(plan: Plan, sure: pd.DataFrame, draws: int) -> Text:
    """
    Between what the district's mean and equivalent distance lie (`robustness.unequal`), in a sentence.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = robustness.unequal(asis, robustness.draw(asis, draws=5, rng=1))
    >>> report.equity_sure_note(asis, told, 5)["en"][:33]
    'In 90 % of 5 draws the equivalent'
    """
    whole, unit = sure.loc["district"], unit_in_words(plan.cost.unit)
    ede, mean = (
        [figure(plan.cost.unit, whole[f"{end}_{name}_m"]) for end in ("low", "high", "expected")]
        for name in ("ede", "mean")
    )
    return {
        "en": f"In 90 % of {draws:,} draws the equivalent distance lies between {ede[0]} and {ede[1]} {unit['en']} (expect "
        f"{ede[2]}), the mean between {mean[0]} and {mean[1]} {unit['en']} (expect {mean[2]}); kappa is that of each draw.",
        "zh": f"{draws:,} 次抽样中 90 % 的等价均等距离在 {ede[0]} 至 {ede[1]} {unit['zh']}之间（期望 {ede[2]}），平均距离在 "
        f"{mean[0]} 至 {mean[1]} {unit['zh']}之间（期望 {mean[2]}）；κ 按每次抽样计算。",
    }
