"""How sure a plan's figures are, for people and programs."""

from typing import Any

import geopandas as gpd
import pandas as pd

from carecircles import comparison, robustness
from carecircles.report.columns import as_text, figure, records_of, rounded
from carecircles.report.coverage import DISTRICT
from carecircles.report.frames import columns_of, heading_of, setting_of, told_of
from carecircles.report.intervals import drawn_notes, with_ranges
from carecircles.report.names import centre_name, name_of
from carecircles.report.shown import SURE_CENTRE_COLUMNS, SURE_COLUMNS
from carecircles.robustness import Robustness
from carecircles.words import Sentence, Text, listed, say

FIND_OUT_FIRST = Sentence(
    "Coordinates to find out first, by the variance of the whole they bring in",
    zh="最先应查明的坐标（按其带来的全区方差）",
)


def sure_frame(
    found: Robustness, *, by: str = "street", target: float | None = None
) -> gpd.GeoDataFrame:
    """
    How far the coverage of streets (the one served worst first), or of the district, varies, rounded.

    Parameters
    ----------
    found
        From `robustness.measure`.
    by
        'street' or 'district'.
    target
        As in `robustness.of_district`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=20, rng=1))
    >>> report.sure_frame(found)["need_rank"].iloc[0].item()
    1.0
    """
    made: gpd.GeoDataFrame = gpd.GeoDataFrame(rounded(_varied(found, by, target)))
    return made


def _varied(found: Robustness, by: str, target: float | None) -> gpd.GeoDataFrame:
    if by == "district":
        return told_of(found.plan.area, robustness.of_district(found, target=target))
    streets = robustness.by_street(found, target=target)
    return told_of(found.plan.area, streets.sort_values("need_rank", kind="stable"))


def sure_table(found: Robustness, *, lang: str, target: float | None = None) -> pd.DataFrame:
    """
    The same as text to read: the streets, the one served worst first, and the district.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=20, rng=1))
    >>> report.sure_table(found, lang="en").iloc[-1, :2].tolist()
    ['District', '230,176']
    """
    streets, whole = (_varied(found, by, target) for by in ("street", "district"))
    names = [say(name_of(row), lang) for row in streets.to_dict("records")]
    rows = [
        streets.assign(street_name=names),
        whole.assign(street_name=say(DISTRICT, lang)),
    ]
    table = pd.concat([pd.DataFrame(some.drop(columns="geometry")) for some in rows])
    table = with_ranges(table, found.group)
    low, high = (
        [figure("number", n) for n in table[f"need_rank_{end}"]] for end in ("low", "high")
    )
    table["rank_range"] = [a if a == b else f"{a} – {b}" for a, b in zip(low, high, strict=True)]
    return as_text(table, columns_of(SURE_COLUMNS, found.plan), lang)


def sure_centres_frame(found: Robustness) -> pd.DataFrame:
    """
    The centres whose coordinates to find out first, with their names, rounded.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=20, rng=1))
    >>> list(report.sure_centres_frame(found))[:2]
    ['name', 'name_en']
    """
    table = robustness.first_to_find_out(found)
    centres = found.plan.area.facilities.loc[table.index]
    table.insert(0, "name", centres["name"])
    table.insert(1, "name_en", centres.get("name_en", ""))
    return rounded(table)


def sure_centres_table(found: Robustness, *, lang: str, most: int = 5) -> pd.DataFrame:
    """
    The first of them as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=20, rng=1))
    >>> len(report.sure_centres_table(found, lang="en"))
    5
    """
    table = sure_centres_frame(found).head(most)
    centres = found.plan.area.facilities.loc[table.index]
    names = [f"{label} {say(centre_name(row), lang)}" for label, row in centres.iterrows()]
    return as_text(
        table.assign(centre_name=names), columns_of(SURE_CENTRE_COLUMNS, found.plan), lang
    )


def sure_statements(found: Robustness, *, target: float | None = None) -> list[Text]:
    """
    What the plan claims, with the number of draws in which it holds, a sentence each.

    All that is said of the worst street and of the district's target; of the rest what holds in 95 % of the draws.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=20, rng=1))
    >>> len(report.sure_statements(found)) > 0
    True
    """
    table, streets = robustness.statements(found, target=target), found.plan.area.streets
    names = {"": DISTRICT} | {code: name_of(row) for code, row in streets.iterrows()}
    share = "" if target is None else f"{100 * target:g} %"
    is_whole, is_rank = table["street"] == "", table["kind"] == "rank"
    # The first place of all is told as the worst.
    is_told = is_whole | (table["kind"] == "worst")
    is_told |= is_rank & table["is_likely"] & (table["place"] > 1)
    told: list[Text] = []
    for row in table[is_told].itertuples():
        en, zh = {
            "worst": ("is served worst", "覆盖率最低"),
            "target": (f"has at least {share} covered", f"覆盖率不低于 {share}"),
            "rank": (f"is number {row.place} from the worst", f"覆盖率由低到高居第 {row.place} 位"),
        }[str(row.kind)]
        where, held = names[str(row.street)], f"{row.held:,}"
        told.append(
            {
                "en": f"{where['en']} {en}: {held} of {row.draws:,} draws.",
                "zh": f"{where['zh']}{zh}：{row.draws:,} 次抽样中 {held} 次成立。",
            }
        )
    met = table["street"][(table["kind"] == "target") & table["is_likely"] & ~is_whole]
    if len(met):
        every = listed(Sentence(names[code]["en"], zh=names[code]["zh"]) for code in met)
        told.append(
            {
                "en": f"At least {share} are covered in 95 % of the draws or more in {every}.",
                "zh": f"95 % 以上的抽样中覆盖率不低于 {share} 的街道：{every.zh}。",
            }
        )
    return told


def sure_notes(found: Robustness, *, target: float | None = None) -> list[Text]:
    """
    What is claimed and what is to be expected, what was drawn, and what cannot be told of it.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=20, rng=1))
    >>> report.sure_notes(found)[0]["en"][:38]
    'Claims 91.7 % of people 60+ covered, e'
    """
    whole, group = robustness.of_district(found, target=target), comparison.headline(found.plan)
    claimed, expected, low, high = (
        figure("share", whole[f"{name}_{group.column}_share"])
        for name in ("covered", "expected", "low", "high")
    )
    draws = f"{len(found.draws):,}"
    claim: Text = {
        "en": f"Claims {claimed} of people {group.name['en']} covered, expect {expected} [{low}, {high}]: "
        f"in 90 % of {draws} draws it lies in the brackets.",
        "zh": f"声称覆盖{group.name['zh']}人口 {claimed}，期望 {expected}［{low}，{high}］："
        f"{draws} 次抽样中 90 % 落在方括号内。",
    }
    return [claim, *drawn_notes(found.draws, found.plan)]


def sure_record(found: Robustness, *, target: float | None = None) -> dict[str, Any]:
    """
    The same as a JSON value.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> found = robustness.measure(asis, robustness.draw(asis, draws=20, rng=1))
    >>> record = report.sure_record(found, target=0.9)
    >>> record["draws"], len(record["streets"]), record["statements"][0]["kind"]
    (20, 14, 'worst')
    """
    about = ["code", "name", "name_en"]
    plan = found.plan
    said = robustness.statements(found, target=target)
    said["street"] = said["street"].where(said["street"] != "", None)
    said["place"] = said["place"].where(said["kind"] == "rank").astype("Int64")
    statements = records_of(said.assign(held_share=said["held_share"].astype(float).round(6)))
    return {
        **heading_of(plan, **setting_of(plan)),
        "draws": len(found.draws),
        "target_share": target,
        "varied": [note["en"] for note in sure_notes(found)[1:]],
        "district": records_of(sure_frame(found, by="district", target=target), drop=about)[0],
        "streets": records_of(sure_frame(found, target=target)),
        "statements": [
            {key: value for key, value in row.items() if key != "index"} for row in statements
        ],
        "find_out_first": records_of(sure_centres_frame(found)),
    }
