"""Coverage and uncovered zones for people and programs: records, frames and tables."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import comparison, counts
from carecircles.area import StudyArea, is_neighbour
from carecircles.people import headline_of, of_group
from carecircles.plan import Plan
from carecircles.report.columns import alone, as_text, facts, figure, records_of, rounded
from carecircles.report.frames import (
    columns_of,
    heading_of,
    headline_group,
    in_unit_of,
    setting_of,
    told_of,
)
from carecircles.report.intervals import (
    label_of_range,
    ranges,
    share_range,
    with_interval,
    with_left,
    with_ranges,
)
from carecircles.report.names import centre_count, centre_name, centres_label, name_of
from carecircles.report.notes import assumed_of
from carecircles.report.shown import COVERAGE_COLUMNS, GAP_COLUMNS, SUMMARY
from carecircles.robustness import Robustness
from carecircles.words import Text, say

DISTRICT = {"en": "District", "zh": "全区"}
_OTHER = {"en": "other", "zh": "其他"}


def coverage_frame(
    plan: Plan, *, by: str = "street", sure: Robustness | None = None
) -> gpd.GeoDataFrame:
    """
    Coverage as a frame to write: rounded figures, names, outlines and what is assumed.

    Parameters
    ----------
    plan
        The plan.
    by
        'street' or 'district'.
    sure
        From `robustness.measure` of the plan: its interval of the share of people covered is told beside.

    Returns
    -------
    coverage
        Indexed by `code`. Shares to six decimals, metres to one, persons to three.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.coverage_frame(asis)["covered_people_60_share"].to_dict()
    {'S1': 0.642857, 'S2': 0.625, 'S3': 0.696429, 'S4': 0.0}
    """
    return rounded(_coverage(plan, by, sure))


def _coverage(plan: Plan, by: str, sure: Robustness | None = None) -> gpd.GeoDataFrame:
    area, is_district = plan.area, by == "district"
    figures = counts.of_district(plan) if is_district else counts.by_street(plan)
    frame = gpd.GeoDataFrame(in_unit_of(told_of(area, figures), plan))
    in_street = area.facilities["street"].value_counts()
    own = len(area.facilities) - is_neighbour(area.facilities).sum()
    centres = [own] if is_district else in_street.reindex(frame.index, fill_value=0)
    frame.insert(2, "centres", np.asarray(centres))
    frame.insert(3, "area_km2", shapely.area(frame.geometry.to_numpy()) / 1e6)
    return frame if sure is None else with_interval(frame, sure, by=by)


def gaps_frame(
    plan: Plan, zones: gpd.GeoDataFrame, *, left: pd.DataFrame | None = None
) -> gpd.GeoDataFrame:
    """
    The uncovered zones as a frame to write: rounded figures, outlines and what is assumed.

    With `robustness.left_in_zones` also between what the people of each lie whom no centre reaches.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> zones = gaps.uncovered_zones(asis.cells, cutoff=500)
    >>> report.gaps_frame(asis, zones)["streets"].tolist()
    ['S4;S1;S2;S3', 'S3', 'S1']
    """
    figures = in_unit_of(pd.DataFrame(zones.drop(columns="geometry")), plan)
    if left is not None:
        figures = with_left(figures, left, headline_group(plan))
    frame = gpd.GeoDataFrame(
        rounded(figures).assign(streets=zones["streets"].map(";".join)),
        geometry=zones.geometry,
        crs=zones.crs,
    )
    area = plan.area
    names = [[say(t, "zh") for t in some] for some in street_names(area, zones)]
    nearest = [area.facilities["name"][i] if i else "" for i in zones["nearest"]]
    frame.insert(frame.columns.get_loc("streets") + 1, "street_names", [";".join(n) for n in names])
    frame.insert(frame.columns.get_loc("nearest") + 1, "nearest_name", nearest)
    frame.insert(len(frame.columns) - 1, "assumed", assumed_of(area))
    return frame


def evaluation_record(
    plan: Plan, *, by: str = "street", sure: Robustness | None = None
) -> dict[str, Any]:
    """
    The evaluation as a JSON value with a fixed order of keys; what does not exist is None.

    Parameters are those of `coverage_frame`; with `by='district'` there is no list of streets.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> record = report.evaluation_record(asis)
    >>> record["centres"], record["streets"][0]["people_60"]
    (3, 8400.0)
    """
    district = coverage_frame(plan, by="district", sure=sure)
    drawn = {} if sure is None else {"draws": len(sure.draws)}
    record = {
        **heading_of(plan, **setting_of(plan), **drawn),
        "district": records_of(district, drop=["code", "name", "name_en", "centres"])[0],
    }
    if by == "street":
        record["streets"] = records_of(coverage_frame(plan, sure=sure))
    return record


def parts_frame(area: StudyArea, parts: pd.DataFrame) -> pd.DataFrame:
    """
    What of each uncovered zone lies in which street (`gaps.by_street`), rounded and with names.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.parts_frame(area, gaps.by_street(asis.cells))["name_en"].tolist()
    ['Xinhua', 'Dongfeng', 'Renmin', 'Heping', 'Heping', 'Dongfeng']
    """
    frame = rounded(parts)
    streets = area.streets.loc[parts.index.get_level_values("street")]
    frame.insert(0, "name", streets["name"].to_numpy())
    frame.insert(1, "name_en", streets["name_en"].to_numpy())
    return frame


def gaps_record(
    plan: Plan,
    zones: gpd.GeoDataFrame,
    parts: pd.DataFrame | None = None,
    *,
    left: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """
    The uncovered zones as a JSON value, without outlines; with `gaps.by_street`, each told by street.

    With `robustness.left_in_zones` also between what the people lie whom no centre reaches.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> zones = gaps.uncovered_zones(asis.cells, cutoff=500)
    >>> report.gaps_record(asis, zones)["zones"][0]["people_60"]
    9625.0
    """
    records = records_of(gaps_frame(plan, zones, left=left))
    if parts is not None:
        frame = parts_frame(plan.area, parts).reset_index("street")
        for record in records:
            record["by_street"] = records_of(frame.loc[[record["zone"]]], drop=["zone"])
    record = {**heading_of(plan, **setting_of(plan))}
    if left is not None:
        record["uncovered"] = records_of(rounded(left.tail(1)), drop=["zone"])[0]
    return record | {"zones": records}


def coverage_table(
    plan: Plan, *, by: str, lang: str, sure: Robustness | None = None
) -> pd.DataFrame:
    """
    Coverage as text to read: a row a street (`by='street'`) and the district last, or only that.

    Shares in percent, distances in metres, persons to the whole.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> table = report.coverage_table(asis, by="street", lang="en")
    >>> table.iloc[0].tolist()
    ['Dongfeng', '2.27', '8,400', '64.3 %', '64.3 %', '3,000', '0.0 %', '579', '844']
    """
    rows = [_coverage(plan, "district", sure).assign(street_name=say(DISTRICT, lang))]
    if by == "street":
        streets = _coverage(plan, "street", sure)
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(street_name=names))
    table = pd.concat(rows)
    if sure is not None:
        table = with_ranges(table, sure.group)
    return as_text(table, columns_of(COVERAGE_COLUMNS, plan), lang)


def gaps_table(
    plan: Plan,
    zones: gpd.GeoDataFrame,
    *,
    lang: str,
    parts: pd.DataFrame | None = None,
    left: pd.DataFrame | None = None,
    columns: Sequence[str] = GAP_COLUMNS,
) -> pd.DataFrame:
    """
    Zones as text to read, most people first; with `gaps.by_street`, those in each street.

    With `robustness.left_in_zones` also between what the people of each lie whom no centre reaches.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> zones = gaps.uncovered_zones(asis.cells, cutoff=500)
    >>> report.gaps_table(asis, zones, lang="en").iloc[0].tolist()
    ['1', '9,625', '1,346', '4.32', 'Xinhua, Dongfeng, Renmin, Heping', 'Renmin centre', '970', '470', '2,112']
    """
    table = in_unit_of(pd.DataFrame(zones.drop(columns="geometry")).reset_index(), plan)
    if left is not None:
        group = headline_group(plan)
        table = with_left(table.set_index("zone"), left, group).reset_index()
        table["uncovered_range"] = ranges(table, f"uncovered_{group}")
    table["zone"] = table["zone"].replace("other", say(_OTHER, lang))
    table["claimed_zone"] = table["zone"]
    table[f"streets_{headline_group(plan)}"] = [
        (", " if lang == "en" else "、").join(say(t, lang) for t in names)
        for names in street_names(plan.area, zones, parts, headline_group(plan))
    ]
    names = nearest_names(plan.area, zones)
    table["nearest_name"] = [say(name, lang) if name else "" for name in names]
    return as_text(table, columns_of(columns, plan), lang)


def street_names(
    area: StudyArea,
    zones: gpd.GeoDataFrame,
    parts: pd.DataFrame | None = None,
    group: str | None = None,
) -> list[list[Text]]:
    """
    Names of the streets of each zone; with `gaps.by_street`, of several with their people of a group.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> zones = gaps.uncovered_zones(asis.cells, cutoff=500)
    >>> [name["en"] for name in report.street_names(area, zones)[0]]
    ['Xinhua', 'Dongfeng', 'Renmin', 'Heping']
    """
    names = [[name_of(area.streets.loc[code]) for code in codes] for codes in zones["streets"]]
    if parts is None:
        return names
    people = {
        key: figure("people", value) for key, value in parts[headline_of(parts, group)].items()
    }
    return [
        [
            {"en": f"{name['en']} {people[zone, code]}", "zh": f"{name['zh']} {people[zone, code]}"}
            for code, name in zip(codes, some, strict=True)
        ]
        if len(some) > 1
        else some
        for zone, codes, some in zip(zones.index, zones["streets"], names, strict=True)
    ]


def nearest_names(area: StudyArea, zones: gpd.GeoDataFrame) -> list[Text | None]:
    """
    Name of the centre nearest to each zone; None where there is no centre at all.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> zones = gaps.uncovered_zones(asis.cells, cutoff=500)
    >>> [name["en"] for name in report.nearest_names(area, zones)]
    ['Renmin centre', 'Heping centre', 'Dongfeng centre']
    """
    return [centre_name(area.facilities.loc[i]) if i else None for i in zones["nearest"]]


def summary(plan: Plan, *, sure: Robustness | None = None) -> list[dict[str, Text]]:
    """
    The district in a few lines: label and value, in each language; with draws, between what the share lies.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> line = report.summary(asis)[2]
    >>> line["label"]["en"], line["value"]["en"]
    ('60+ covered', '57.0 %')
    """
    first, d = comparison.headline(plan), _coverage(plan, "district").iloc[0]
    streets = counts.by_street(plan)[f"covered_{first.column}_share"]
    whole = f"{(streets == 1).sum()} / {len(streets)}"
    drawn: list[dict[str, Text]] = []
    if sure is not None:
        drawn.append(_line(label_of_range("share_range"), share_range(sure)))
    every: Text = {"en": "Streets with every {one} covered", "zh": "{short}全部覆盖的街道"}
    return [
        _line(centres_label(plan.area), centre_count(plan.area)),
        *(
            _line(label, alone(column, d[column]))
            for column, label in facts(SUMMARY, first, plan.cost.unit).items()
            if column in d
        ),
        *drawn,
        _line(of_group(every, first), whole),
    ]


def short_summary(plan: Plan, *, sure: Robustness | None = None) -> list[dict[str, Text]]:
    """
    The first lines of `summary`: centres, people, and how many are covered.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> len(report.short_summary(asis))
    4
    """
    lines = summary(plan)[:4]
    if sure is not None:
        lines.insert(3, _line(label_of_range("share_range"), share_range(sure)))
    return lines


def _line(label: Text, value: Text | str) -> dict[str, Text]:
    return {
        "label": label,
        "value": {"en": value, "zh": value} if isinstance(value, str) else value,
    }


def summary_table(plan: Plan, *, lang: str, sure: Robustness | None = None) -> pd.DataFrame:
    """
    `summary` as a table of two columns.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.summary_table(asis, lang="en").iloc[2].tolist()
    ['60+ covered', '57.0 %']
    """
    lines = summary(plan, sure=sure)
    return pd.DataFrame(
        {
            say(DISTRICT, lang): [say(line["label"], lang) for line in lines],
            " ": [say(line["value"], lang) for line in lines],
        }
    )
