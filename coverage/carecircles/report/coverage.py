"""Coverage and uncovered zones for people and programs: records, frames and tables."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import evaluation
from carecircles.area import StudyArea, is_neighbour
from carecircles.plan import Plan
from carecircles.report.columns import (
    COVERAGE_COLUMNS,
    GAP_COLUMNS,
    as_text,
    figure,
    headings,
    in_metres,
    records_of,
    rounded,
    say,
)
from carecircles.report.notes import (
    GROUPS,
    assumptions,
    centre_count,
    centre_name,
    centres_label,
    heading_of,
    name_of,
    setting_of,
    told_of,
)
from carecircles.words import Text

DISTRICT = {"en": "District", "zh": "全区"}
_OTHER = {"en": "other", "zh": "其他"}


def coverage_frame(plan: Plan, *, by: str = "street") -> gpd.GeoDataFrame:
    """
    Coverage as a frame to write: rounded figures, names, outlines and what is assumed.

    Parameters
    ----------
    plan
        The plan.
    by
        'street' or 'district'.

    Returns
    -------
    coverage
        Indexed by `code`. Shares to six decimals, metres to one, persons to three.
    """
    return rounded(_coverage(plan, by))


def _coverage(plan: Plan, by: str) -> gpd.GeoDataFrame:
    area, cells = plan.area, plan.cells
    is_district = by == "district"
    frame = told_of(
        area, evaluation.of_district(cells) if is_district else evaluation.by_street(cells)
    )
    counts = area.facilities["street"].value_counts()
    own = len(area.facilities) - is_neighbour(area.facilities).sum()
    centres = [own] if is_district else counts.reindex(frame.index, fill_value=0)
    frame.insert(2, "centres", np.asarray(centres))
    frame.insert(3, "area_km2", shapely.area(frame.geometry.to_numpy()) / 1e6)
    return frame


def gaps_frame(plan: Plan, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The uncovered zones as a frame to write: rounded figures, outlines and what is assumed."""
    frame = gpd.GeoDataFrame(
        rounded(pd.DataFrame(zones.drop(columns="geometry"))),
        geometry=zones.geometry,
        crs=zones.crs,
    )
    area = plan.area
    names = [[say(t, "zh") for t in some] for some in street_names(area, zones)]
    nearest = [area.facilities["name"][i] if i else "" for i in zones["nearest"]]
    frame.insert(frame.columns.get_loc("streets") + 1, "street_names", [";".join(n) for n in names])
    frame.insert(frame.columns.get_loc("nearest") + 1, "nearest_name", nearest)
    frame.insert(len(frame.columns) - 1, "assumed", "; ".join(a["en"] for a in assumptions(area)))
    return frame


def evaluation_record(plan: Plan, *, by: str = "street") -> dict:
    """
    The evaluation as a JSON value with a fixed order of keys; what does not exist is None.

    Parameters are those of `coverage_frame`; with `by='district'` there is no list of streets.
    """
    district = coverage_frame(plan, by="district")
    record = {
        **heading_of(plan, **setting_of(plan)),
        "district": records_of(district, drop=["code", "name", "name_en", "centres"])[0],
    }
    if by == "street":
        record["streets"] = records_of(coverage_frame(plan))
    return record


def parts_frame(area: StudyArea, parts: pd.DataFrame) -> pd.DataFrame:
    """What of each uncovered zone lies in which street (`gaps.by_street`), rounded and with names."""
    frame = rounded(parts)
    streets = area.streets.loc[parts.index.get_level_values("street")]
    frame.insert(0, "name", streets["name"].to_numpy())
    frame.insert(1, "name_en", streets["name_en"].to_numpy())
    return frame


def gaps_record(plan: Plan, zones: gpd.GeoDataFrame, parts: pd.DataFrame | None = None) -> dict:
    """The uncovered zones as a JSON value, without outlines; with `gaps.by_street`, each told by street."""
    records = records_of(gaps_frame(plan, zones))
    if parts is not None:
        frame = parts_frame(plan.area, parts).reset_index("street")
        for record in records:
            record["by_street"] = records_of(frame.loc[[record["zone"]]], drop=["zone"])
    return {**heading_of(plan, **setting_of(plan)), "zones": records}


def coverage_table(plan: Plan, *, by: str, lang: str) -> pd.DataFrame:
    """
    Coverage as text to read: a row a street (`by='street'`) and the district last, or only that.

    Shares in percent, distances in metres, persons to the whole.
    """
    rows = [_coverage(plan, "district").assign(name=say(DISTRICT, lang))]
    if by == "street":
        streets = _coverage(plan, "street")
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(name=names))
    return as_text(pd.concat(rows), headings(COVERAGE_COLUMNS, "people_60", GROUPS), lang)


def gaps_table(
    area: StudyArea,
    zones: gpd.GeoDataFrame,
    *,
    lang: str,
    parts: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Uncovered zones as text to read, most older people first; with `gaps.by_street`, those in each street."""
    table = pd.DataFrame(zones.drop(columns="geometry")).reset_index()
    table["zone"] = table["zone"].replace("other", say(_OTHER, lang))
    table["streets"] = [
        (", " if lang == "en" else "、").join(say(t, lang) for t in names)
        for names in street_names(area, zones, parts)
    ]
    table["nearest"] = [say(name, lang) if name else "" for name in nearest_names(area, zones)]
    return as_text(table, headings(GAP_COLUMNS, "people_60", GROUPS), lang)


def street_names(
    area: StudyArea, zones: gpd.GeoDataFrame, parts: pd.DataFrame | None = None
) -> list[list[Text]]:
    """Names of the streets of each zone; with `gaps.by_street`, of several with their older people."""
    names = [
        [name_of(area.streets.loc[code]) for code in codes.split(";")] for codes in zones["streets"]
    ]
    if parts is None:
        return names
    people = {key: figure("people", value) for key, value in parts["people_60"].items()}
    return [
        [
            {"en": f"{name['en']} {people[zone, code]}", "zh": f"{name['zh']} {people[zone, code]}"}
            for code, name in zip(codes.split(";"), some, strict=True)
        ]
        if len(some) > 1
        else some
        for zone, codes, some in zip(zones.index, zones["streets"], names, strict=True)
    ]


def nearest_names(area: StudyArea, zones: gpd.GeoDataFrame) -> list[Text | None]:
    """Name of the centre nearest to each zone; None where there is no centre at all."""
    return [centre_name(area.facilities.loc[i]) if i else None for i in zones["nearest"]]


def summary(plan: Plan) -> list[dict[str, Text]]:
    """The district in a few lines: label and value, in each language."""
    area, cells = plan.area, plan.cells
    d = evaluation.of_district(cells)
    streets = evaluation.by_street(cells)["covered_people_60_share"]
    label = centres_label(area)
    lines = [
        ((label["en"], label["zh"]), centre_count(area)),
        (("People 60+", "60岁及以上人口"), f"{d['people_60']:,.0f}"),
        (
            ("60+ covered", "60+覆盖率"),
            figure("share", d["covered_people_60_share"]),
        ),
        (("60+ not covered", "未覆盖60+"), f"{d['uncovered_people_60']:,.0f}"),
        (
            ("60+ with two centres or more", "60+两处以上"),
            figure("share", d["backup_people_60_share"]),
        ),
        (("Area covered", "面积覆盖率"), figure("share", d["covered_area_share"])),
        (
            ("Mean distance to the nearest centre", "到最近中心平均距离"),
            in_metres(d["mean_distance_m"]),
        ),
        (("90 % of people live within", "90%的人在此距离内"), in_metres(d["p90_distance_m"])),
        (
            ("Streets with every older person covered", "60+全部覆盖的街道"),
            f"{(streets == 1).sum()} / {len(streets)}",
        ),
    ]
    return [
        {"label": {"en": en, "zh": zh}, "value": {"en": value, "zh": value}}
        for (en, zh), value in lines
    ]


def summary_table(plan: Plan, *, lang: str) -> pd.DataFrame:
    """`summary` as a table of two columns."""
    lines = summary(plan)
    return pd.DataFrame(
        {
            say(DISTRICT, lang): [say(line["label"], lang) for line in lines],
            " ": [say(line["value"], lang) for line in lines],
        }
    )
