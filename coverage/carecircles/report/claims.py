"""What the circle claims and the walk does not reach, and isochrones: records, frames and tables."""

import math
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from carecircles import catchments, comparison, reach
from carecircles import plan as plans
from carecircles.claims import Claims
from carecircles.people import of_group
from carecircles.plan import Plan
from carecircles.report.columns import as_text, figure, records_of, rounded
from carecircles.report.coverage import DISTRICT, gaps_frame, gaps_table, parts_frame
from carecircles.report.frames import (
    columns_of,
    comparable,
    heading_of,
    in_unit_of,
    setting_of,
    told_of,
)
from carecircles.report.names import name_of
from carecircles.report.notes import assumed_of
from carecircles.report.shown import CLAIM_COLUMNS, CLAIMED_ZONE_COLUMNS
from carecircles.report.ways import standard_note
from carecircles.words import Text, say

MINUTES = (5.0, 10.0, 15.0)
_ZONE = "claimed_zone"


def claims_frame(claims: Claims, *, by: str = "street") -> gpd.GeoDataFrame:
    """
    Whom the circle claims and whom the walk reaches, to write: rounded, with names and outlines.

    Parameters
    ----------
    claims
        From `claims.claims_of`.
    by
        'street', 'district', or 'zone': contiguous areas that are claimed and not reached.

    Returns
    -------
    claims
        Indexed by `code`, or by `claimed_zone`; columns of the groups that can be compared.

    Examples
    --------
    >>> import functools
    >>> from carecircles import claims, datasets, grid, plan, reach, report
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> far = reach.straight_line(demand, area.facilities, cutoff=5000)
    >>> twice = reach.CostTable(far.table * 2, 10_000)  # as if every way were twice the straight line
    >>> asis = plan.evaluate(area, demand, reach=functools.partial(reach.looked_up, table=twice))
    >>> found = claims.claims_of(asis)
    >>> report.claims_frame(found)["only_claimed_people_60"].to_dict()
    {'S1': 3900.0, 'S2': 3125.0, 'S3': 2900.0, 'S4': 0.0}
    """
    return rounded(_claims(claims, by))


def _claims(claims: Claims, by: str) -> gpd.GeoDataFrame:
    walk = claims.walk
    if by == "zone":
        zones = _without_unknown(claims.zones, walk.cost.unit)
        return gaps_frame(walk, zones).rename_axis(_ZONE)
    frame = told_of(walk.area, claims.district if by == "district" else claims.streets)
    frame = frame[comparable(frame.columns, claims.circle, walk)]
    frame = _without_unknown(frame, walk.cost.unit)
    return gpd.GeoDataFrame(in_unit_of(frame, walk))


def _without_unknown(frame: gpd.GeoDataFrame, unit: str) -> gpd.GeoDataFrame:
    """Without the column that nobody can fill where the walk is not in metres."""
    return frame if unit == "m" else frame.drop(columns="extra_m")


def claims_record(claims: Claims, *, by: str = "street") -> dict[str, Any]:
    """
    The same as a JSON value with a fixed order of keys; with `by='district'` there is no list.

    Examples
    --------
    >>> import functools
    >>> from carecircles import claims, datasets, grid, plan, reach, report
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> far = reach.straight_line(demand, area.facilities, cutoff=5000)
    >>> twice = reach.CostTable(far.table * 2, 10_000)
    >>> asis = plan.evaluate(area, demand, reach=functools.partial(reach.looked_up, table=twice))
    >>> record = report.claims_record(claims.claims_of(asis), by="zone")
    >>> record["district"]["only_claimed_people_60"], record["zones"][0]["people_60"]
    (9925.0, 3900.0)
    """
    walk = claims.walk
    record = {
        **heading_of(walk, **setting_of(walk)),
        "district": records_of(
            claims_frame(claims, by="district"), drop=["code", "name", "name_en"]
        )[0],
    }
    if by == "street":
        record["streets"] = records_of(claims_frame(claims))
    if by == "zone":
        record["zones"] = records_of(claims_frame(claims, by="zone"))
        parts = parts_frame(walk.area, claims.parts).reset_index("street")
        for zone in record["zones"]:
            zone["by_street"] = records_of(parts.loc[[zone[_ZONE]]], drop=["zone"])
    return record


def claims_table(claims: Claims, *, by: str, lang: str) -> pd.DataFrame:
    """
    The same as text to read; by street with the district last.

    Examples
    --------
    >>> import functools
    >>> from carecircles import claims, datasets, grid, plan, reach, report
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> far = reach.straight_line(demand, area.facilities, cutoff=5000)
    >>> twice = reach.CostTable(far.table * 2, 10_000)
    >>> asis = plan.evaluate(area, demand, reach=functools.partial(reach.looked_up, table=twice))
    >>> report.claims_table(claims.claims_of(asis), by="street", lang="en").iloc[-1, :5].tolist()
    ['District', '24,000', '13,675', '3,750', '9,925']
    """
    walk = claims.walk
    if by == "zone":
        zones = _without_unknown(claims.zones, walk.cost.unit)
        return gaps_table(walk, zones, parts=claims.parts, columns=CLAIMED_ZONE_COLUMNS, lang=lang)
    rows = [_claims(claims, "district").assign(street_name=say(DISTRICT, lang))]
    if by == "street":
        streets = _claims(claims, "street")
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(street_name=names))
    return as_text(pd.concat(rows), columns_of(CLAIM_COLUMNS, walk), lang)


def claims_title(claims: Claims) -> Text:
    """
    By what the circle claims people and the walk reaches them.

    Examples
    --------
    >>> import functools
    >>> from carecircles import claims, datasets, grid, plan, reach, report
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> far = reach.straight_line(demand, area.facilities, cutoff=5000)
    >>> twice = reach.CostTable(far.table * 2, 10_000)
    >>> way = functools.partial(reach.looked_up, table=twice)
    >>> asis = plan.evaluate(area, demand, beside=way)
    >>> report.claims_title(claims.claims_of(asis))["en"][:47]
    'Circle: 700 m in a straight line, 15 minutes on'
    """
    circle, walk = (standard_note(p) for p in (claims.circle, claims.walk))
    return {
        "en": f"Circle: {circle['en']}. Walk: {walk['en']}.",
        "zh": f"服务圈：{circle['zh']}。步行：{walk['zh']}。",
    }


def claims_note(claims: Claims) -> Text:
    """
    How many of those the circle claims the walk does not reach, and how many it reaches beyond.

    Examples
    --------
    >>> import functools
    >>> from carecircles import claims, datasets, grid, plan, reach, report
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> far = reach.straight_line(demand, area.facilities, cutoff=5000)
    >>> twice = reach.CostTable(far.table * 2, 10_000)
    >>> way = functools.partial(reach.looked_up, table=twice)
    >>> asis = plan.evaluate(area, demand, beside=way)
    >>> report.claims_note(claims.claims_of(asis))["en"]
    'Of 13,675 people 60+ whom the circle claims, the walk does not reach 9,925 (72.6 %).'
    """
    group, d = comparison.headline(claims.walk), claims.district
    claimed, only, beyond = (
        d[f"{name}_{group.column}"] for name in ("claimed", "only_claimed", "only_reached")
    )
    part = figure("share", only / claimed if claimed > 0 else math.nan)
    told = {
        name: figure("people", value)
        for name, value in (("c", claimed), ("o", only), ("b", beyond))
    }
    more: Text = {"en": "", "zh": ""}
    if beyond > 0:
        more = {
            "en": f" It reaches {told['b']} whom the circle does not claim.",
            "zh": f"另有圈外可达 {told['b']} 人。",
        }
    return of_group(
        {
            "en": f"Of {told['c']} people {{}} whom the circle claims, the walk does not reach {told['o']} "
            f"({part}).{more['en']}",
            "zh": f"服务圈内{{}}人口 {told['c']} 人，其中步行不可达 {told['o']} 人（{part}）。{more['zh']}",
        },
        group,
    )


def isochrones_frame(plan: Plan, minutes: Sequence[float] = MINUTES) -> gpd.GeoDataFrame:
    """
    From where the nearest centre is within some minutes on foot, to write: rounded, with outlines.

    Parameters
    ----------
    plan
        The plan. Where its costs are metres, they follow from the pace of its standard.
    minutes
        On foot.

    Returns
    -------
    isochrones
        Indexed by `pace_min` (minutes), the shortest first: by what reach (measured), within_m where costs are metres, area_km2,
        people by group, what is assumed, and outlines, each of which holds the ones before it.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.isochrones_frame(asis)["people_60"].to_dict()
    {5.0: 1500.0, 10.0: 5875.0, 15.0: 13675.0}
    """
    asked = sorted(set(minutes))
    found = catchments.isochrones(plan.cells, plans.cutoffs_of(plan, asked).tolist())
    frame = found.reset_index().set_axis(pd.Index(asked, name="pace_min"))
    if plan.cost.unit == "min":
        frame = frame.drop(columns="within_m")
    frame.insert(0, "measured", reach.in_words(plan.reach)["en"])
    frame.insert(len(frame.columns) - 1, "assumed", assumed_of(plan.area))
    return rounded(frame)
