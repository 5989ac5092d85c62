"""
Figures for people and programs: records for JSON, tables for the terminal, words in two languages.

Every figure comes from `evaluation` and `gaps`; here it is only rounded and named.
"""

import dataclasses
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import comparison, evaluation, grid, io, terminal
from carecircles._validate import Text
from carecircles.area import StudyArea
from carecircles.comparison import Change
from carecircles.plan import Plan, is_straight
from carecircles.siting import Siting

LANGUAGES = ("en", "zh")
_DECIMALS = {
    "share": 6,
    "km2": 4,
    "m": 1,
    "metres": 1,
    "minutes": 1,
    "people": 3,
    "lon": 7,
    "lat": 7,
    "gap": 9,
}

_COVERAGE_COLUMNS = {
    "name": {"en": "Street", "zh": "街道"},
    "area_km2": {"en": "km2", "zh": "面积 km2"},
    "people_60": {"en": "60+", "zh": "60岁及以上"},
    "covered_area_share": {"en": "area covered", "zh": "面积覆盖率"},
    "covered_people_60_share": {"en": "60+ covered", "zh": "60+覆盖率"},
    "uncovered_people_60": {"en": "60+ left", "zh": "未覆盖60+"},
    "backup_people_60_share": {"en": "60+ with two or more", "zh": "60+两处以上"},
    "mean_distance_m": {"en": "mean m", "zh": "平均距离 m"},
    "p90_distance_m": {"en": "90 % within m", "zh": "90%以内 m"},
}
_GAP_COLUMNS = {
    "zone": {"en": "Zone", "zh": "未覆盖区"},
    "people_60": {"en": "60+", "zh": "60岁及以上"},
    "people_80": {"en": "80+", "zh": "80岁及以上"},
    "area_km2": {"en": "km2", "zh": "面积 km2"},
    "streets": {"en": "Streets, 60+ in each", "zh": "街道及各街60+"},
    "nearest": {"en": "Nearest centre", "zh": "最近的中心"},
    "distance_m": {"en": "mean m", "zh": "平均距离 m"},
    "too_far_m": {"en": "too far by m", "zh": "超出 m"},
    "farthest_m": {"en": "farthest m", "zh": "最远 m"},
}
GROUPS: dict[str, Text] = {
    "people": {"en": "all ages", "zh": "全部人口"},
    "people_60": {"en": "60+", "zh": "60岁及以上"},
    "people_65": {"en": "65+", "zh": "65岁及以上"},
    "people_80": {"en": "80+", "zh": "80岁及以上"},
}
_CHANGE_COLUMNS: dict[str, Text] = {
    "name": {"en": "Street", "zh": "街道"},
    "{g}": {"en": "{}", "zh": "{}"},
    "covered_{g}_share_before": {"en": "covered before", "zh": "原覆盖率"},
    "covered_{g}_share_after": {"en": "after", "zh": "现覆盖率"},
    "gained_{g}": {"en": "gained", "zh": "新增覆盖"},
    "lost_{g}": {"en": "lost", "zh": "失去覆盖"},
    "net_{g}": {"en": "net", "zh": "净变化"},
    "backup_gained_{g}": {"en": "backup gained", "zh": "新增两处以上"},
    "backup_lost_{g}": {"en": "backup lost", "zh": "失去两处以上"},
    "gained_km2": {"en": "km2 gained", "zh": "新增 km2"},
    "lost_km2": {"en": "km2 lost", "zh": "失去 km2"},
}
_LEAGUE_COLUMNS: dict[str, Text] = {
    "name": {"en": "Plan", "zh": "方案"},
    "centres": {"en": "centres", "zh": "中心"},
    "metres": {"en": "m", "zh": "米"},
    "covered_{g}_share": {"en": "{} covered", "zh": "{}覆盖率"},
    "net_{g}": {"en": "net {}", "zh": "{}净变化"},
    "gained_{g}": {"en": "gained", "zh": "新增覆盖"},
    "lost_{g}": {"en": "lost", "zh": "失去覆盖"},
    "net_people_80": {"en": "net 80+", "zh": "80+净变化"},
    "backup_gained_{g}": {"en": "backup gained", "zh": "新增两处以上"},
    "backup_lost_{g}": {"en": "backup lost", "zh": "失去两处以上"},
    "net_km2": {"en": "net km2", "zh": "面积净变化 km2"},
    "mean_distance_m": {"en": "mean m", "zh": "平均距离 m"},
}
_LOSS_COLUMNS: dict[str, Text] = {
    "name": {"en": "Centre closed", "zh": "关闭的中心"},
    "lost_people_60": {"en": "60+ lost", "zh": "失去覆盖60+"},
    "lost_people_80": {"en": "80+ lost", "zh": "失去覆盖80+"},
    "lost_km2": {"en": "km2 lost", "zh": "失去 km2"},
    "backup_lost_people_60": {"en": "60+ losing their backup", "zh": "失去两处以上60+"},
}
_GAIN_COLUMNS: dict[str, Text] = {
    "name": {"en": "Best place in", "zh": "最佳位置所在街道"},
    "gained_people_60": {"en": "60+ gained", "zh": "新增覆盖60+"},
    "gained_people_80": {"en": "80+ gained", "zh": "新增覆盖80+"},
    "gained_km2": {"en": "km2 gained", "zh": "新增 km2"},
    "lon": {"en": "lon", "zh": "经度"},
    "lat": {"en": "lat", "zh": "纬度"},
}
_CHANGE_LABELS: dict[str, Text] = {
    "gained": {"en": "{} gained", "zh": "新增覆盖{}"},
    "lost": {"en": "{} lost", "zh": "失去覆盖{}"},
    "net": {"en": "{}, net", "zh": "{}净变化"},
    "backup_gained": {"en": "{} gaining a backup", "zh": "新增两处以上{}"},
    "backup_lost": {"en": "{} losing their backup", "zh": "失去两处以上{}"},
}
_SITE_COLUMNS: dict[str, Text] = {
    "name": {"en": "Site", "zh": "选址"},
    "street": {"en": "Street", "zh": "街道"},
    "lon": {"en": "lon", "zh": "经度"},
    "lat": {"en": "lat", "zh": "纬度"},
    "gross_{g}": {"en": "{} within reach", "zh": "可达{}"},
    "marginal_{g}": {"en": "adds", "zh": "新增"},
    "cumulative_{g}": {"en": "covered then", "zh": "累计覆盖"},
    "mean_distance_m": {"en": "mean m then", "zh": "届时平均距离 m"},
    "worst_distance_m": {"en": "farthest m then", "zh": "届时最远距离 m"},
    "backup_{g}": {"en": "with two or more then", "zh": "届时两处以上"},
    "credit_{g}": {"en": "credit then", "zh": "届时折算人数"},
    "cost": {"en": "cost", "zh": "费用"},
}
_GOALS: dict[str, tuple[str, Text]] = {
    "coverage": ("people", {"en": "people covered", "zh": "覆盖人数"}),
    "facilities": ("number", {"en": "new centres", "zh": "新增中心数"}),
    "distance": ("metres", {"en": "mean distance to the nearest centre", "zh": "到最近中心的平均距离"}),
    "worst": ("metres", {"en": "farthest anyone has to the nearest centre", "zh": "到最近中心的最远距离"}),
    "backup": ("people", {"en": "people with two centres or more", "zh": "两处以上覆盖人数"}),
    "gradual": ("people", {"en": "people, those farther away in part", "zh": "按距离折算的人数"}),
}  # fmt: skip
_CURVE_COLUMNS: dict[str, Text] = {
    "new": {"en": "New centres", "zh": "新增中心数"},
    "people": {"en": "{} covered at best", "zh": "最优覆盖{}"},
    "share": {"en": "share", "zh": "覆盖率"},
    "nested": {"en": "built one by one", "zh": "逐个建设"},
}
_CENTRE_CHANGES: dict[str, Text] = {
    "opened": {"en": "opened", "zh": "新开"},
    "closed": {"en": "closed", "zh": "关闭"},
    "moved": {"en": "moved", "zh": "迁移"},
    "equipped": {"en": "other services", "zh": "服务调整"},
}
_DISTRICT = {"en": "District", "zh": "全区"}
_OTHER = {"en": "other", "zh": "其他"}


def say(text: Text | str, lang: str) -> str:
    """A text in one language."""
    return text if isinstance(text, str) else text.get(lang) or text["en"]


def name_of(row: Mapping) -> Text:
    """The name of a centre, street or area in each language; Chinese where there is no English."""
    return {"en": str(row["name_en"] or row["name"]), "zh": str(row["name"])}


def isolated(text: str) -> str:
    """Text whose direction of writing stays its own, to put into a sentence."""
    turns = {"R", "AL", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}
    if turns.isdisjoint(map(unicodedata.bidirectional, text)):
        return text
    return f"\u2068{text}\u2069"


def assumptions(area: StudyArea) -> list[Text]:
    """
    What of the study area is not known but assumed, schematic or not stated, a sentence each.

    Examples
    --------
    >>> from carecircles import datasets
    >>> assumptions(datasets.load("hexi"))[0]["en"]
    'positions of 42 of 45 centres are assumed'
    """
    centres, streets, people = area.facilities, area.streets, area.population
    lines = [
        _not_known(centres["basis"], ("positions", "centre"), ("位置", "中心")),
        _not_known(streets["basis"], ("borders", "street"), ("边界", "街道")),
        _not_known(people["basis"], ("people", "street"), ("人口", "街道")),
        _not_known(people["age_basis"], ("age groups", "street"), ("年龄构成", "街道")),
        _not_known(centres["services_basis"], ("services", "centre"), ("服务内容", "中心")),
    ]
    return [line for some in lines for line in some]


def _not_known(basis: pd.Series, en: tuple[str, str], zh: tuple[str, str]) -> list[Text]:
    """A sentence for each basis of the rows other than 'known'."""
    words = {
        "assumed": ("are assumed", "为假定"),
        "schematic": ("are schematic", "为示意"),
        "proposed": ("are proposed", "为拟建"),
        "not stated": ("are of unstated basis", "依据未说明"),
    }
    every, lines = len(basis), []
    for name, n in basis[basis != "known"].value_counts(sort=False).items():
        verb_en, verb_zh = words.get(name, (f"are {isolated(name)}", f"依据为{isolated(name)}"))
        many_en = "the one" if every == 1 else f"all {n}" if n == every else f"{n} of {every}"
        noun_en = en[1] if every == 1 else f"{en[1]}s"
        of_zh = f"全部{n}个{zh[1]}" if n == every else f"{every}个{zh[1]}中{n}个"
        lines.append(
            {"en": f"{en[0]} of {many_en} {noun_en} {verb_en}", "zh": f"{of_zh}的{zh[0]}{verb_zh}"}
        )
    return lines


def grid_note(plan: Plan) -> Text:
    """What counting by cells costs in accuracy."""
    lattice = grid.grid_of(plan.cells)
    side = lattice.cell if lattice else 0.0
    points = 100 * evaluation.area_share_error(plan.cells)
    return {
        "en": f"Counted on cells of {side:g} m; the district's covered area share is within about "
        f"{points:.2f} points of the exact one. People are spread evenly over their street, so that "
        "within a street the share of people is that of area.",
        "zh": f"按 {side:g} 米网格计算；全区面积覆盖率与精确值相差约不超过 {points:.2f} 个百分点。"
        "人口在街道内均匀分布，因此街道内人口覆盖率等于面积覆盖率。",
    }


def standard_note(plan: Plan) -> Text:
    """The standard in words, and how it is measured."""
    standard = plan.area.standard
    metres, minutes = round(standard.metres), round(standard.minutes, 1)
    group = GROUPS.get(standard.group or "")
    way: Text = {"en": f"{metres} m in a straight line", "zh": f"直线 {metres} 米"}
    if not is_straight(plan):
        unit = {"m": ("m", "米"), "min": ("min", "分钟")}[plan.cost.unit]
        limit = f"{plan.cost.cutoff:g}"
        way = {
            "en": f"{limit} {unit[0]} by a cost table of one's own",
            "zh": f"按自备的距离表 {limit} {unit[1]}",
        }
    return {
        "en": f"{way['en']}, {minutes:g} minutes on foot, the limit included"
        + (f"; for people {group['en']}" if group else ""),
        "zh": f"{way['zh']}，步行 {minutes:g} 分钟，含界限"
        + (f"；适用于{group['zh']}人口" if group else ""),
    }


# Frames for files and records for programs


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
    return _rounded(_coverage(plan, by))


def _coverage(plan: Plan, by: str) -> gpd.GeoDataFrame:
    area, cells = plan.area, plan.cells
    is_district = by == "district"
    frame = _told(
        area, evaluation.of_district(cells) if is_district else evaluation.by_street(cells)
    )
    counts = area.facilities["street"].value_counts()
    centres = [len(area.facilities)] if is_district else counts.reindex(frame.index, fill_value=0)
    frame.insert(2, "centres", np.asarray(centres))
    frame.insert(3, "area_km2", shapely.area(frame.geometry.to_numpy()) / 1e6)
    return frame


def _told(area: StudyArea, figures: pd.DataFrame | pd.Series) -> gpd.GeoDataFrame:
    """Figures by street, or of the district (a Series), with names, outlines and what is assumed."""
    if isinstance(figures, pd.Series):
        figures, shapes = figures.to_frame().T, area.boundary.geometry.to_numpy()
        labels, names = pd.Index(["district"]), ([area.name], [area.name_en])
    else:
        streets = area.streets.loc[figures.index]
        labels, shapes = streets.index, streets.geometry.to_numpy()
        names = (streets["name"].to_numpy(), streets["name_en"].to_numpy())
    frame = figures.drop(columns="cells_km2").set_axis(labels.rename("code"))
    frame.insert(0, "name", names[0])
    frame.insert(1, "name_en", names[1])
    frame["assumed"] = "; ".join(line["en"] for line in assumptions(area))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=area.crs)


def gaps_frame(plan: Plan, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The uncovered zones as a frame to write: rounded figures, outlines and what is assumed."""
    frame = gpd.GeoDataFrame(
        _rounded(pd.DataFrame(zones.drop(columns="geometry"))),
        geometry=zones.geometry,
        crs=zones.crs,
    )
    area = plan.area
    names = [[say(t, "zh") for t in some] for some in street_names(area, zones)]
    nearest = [say(name, "zh") if name else "" for name in nearest_names(area, zones)]
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
        **_heading(plan, **_setting(plan)),
        "district": _records(district, drop=["code", "name", "name_en", "centres"])[0],
    }
    if by == "street":
        record["streets"] = _records(coverage_frame(plan))
    return record


def parts_frame(area: StudyArea, parts: pd.DataFrame) -> pd.DataFrame:
    """What of each uncovered zone lies in which street (`gaps.by_street`), rounded and with names."""
    frame = _rounded(parts)
    streets = area.streets.loc[parts.index.get_level_values("street")]
    frame.insert(0, "name", streets["name"].to_numpy())
    frame.insert(1, "name_en", streets["name_en"].to_numpy())
    return frame


def gaps_record(plan: Plan, zones: gpd.GeoDataFrame, parts: pd.DataFrame | None = None) -> dict:
    """The uncovered zones as a JSON value, without outlines; with `gaps.by_street`, each told by street."""
    records = _records(gaps_frame(plan, zones))
    if parts is not None:
        frame = parts_frame(plan.area, parts).reset_index("street")
        for record in records:
            record["by_street"] = _records(frame.loc[[record["zone"]]], drop=["zone"])
    return {**_heading(plan, **_setting(plan)), "zones": records}


def _heading(plan: Plan, /, **setting) -> dict:
    area, cells = plan.area, plan.cells
    centres = {"centres": setting.pop("centres")} if "centres" in setting else {}
    return {
        "area": area.name,
        "area_en": area.name_en,
        **setting,
        "cell_m": grid.lattice_of(cells).cell,
        **centres,
        "area_share_error": round(evaluation.area_share_error(cells), 6),
        "assumed": [line["en"] for line in assumptions(area)],
        "notes": [note["en"] for note in area.notes],
    }


def _setting(plan: Plan) -> dict:
    """What a plan's figures rest on."""
    area = plan.area
    standard = {"metres": area.standard.metres, "minutes": area.standard.minutes}
    return {
        "standard": standard | ({"group": area.standard.group} if area.standard.group else {}),
        "as_of": area.as_of.isoformat() if area.as_of else None,
        "centres": len(area.facilities),
    }


def _records(frame: pd.DataFrame, drop: Sequence[str] = ()) -> list[dict]:
    table = pd.DataFrame(frame.drop(columns=["geometry", "assumed"], errors="ignore"))
    table = table.reset_index().drop(columns=list(drop)).astype(object)
    return table.where(table.notna(), None).to_dict("records")


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its figures rounded to the decimals of their kind."""
    rounded = frame.copy()
    for column in frame.columns[frame.dtypes.map(pd.api.types.is_float_dtype)]:
        rounded[column] = frame[column].round(_DECIMALS[_kind(column)])
    return rounded


def _kind(column: str) -> str:
    """What a column counts: a share (or gap), km2, metres, degrees or people."""
    last = column.removesuffix("_before").removesuffix("_after").rsplit("_", 1)[-1]
    return last if last in _DECIMALS else "people"


# What changes from one plan to another


def change_frame(change: Change, *, by: str = "street") -> gpd.GeoDataFrame:
    """
    What changes as a frame to write: rounded figures, names, outlines and what is assumed.

    Parameters
    ----------
    change
        From `comparison.compare`.
    by
        'street' or 'district'.

    Returns
    -------
    change
        Indexed by `code`: the measures of `comparison.by_street` for the groups that can be
        compared. Shares to six decimals, metres to one, persons to three.
    """
    return _rounded(_change(change, by))


def _change(change: Change, by: str) -> gpd.GeoDataFrame:
    figures = change.district if by == "district" else change.streets
    frame = _told(change.after.area, figures)
    return frame[_comparable(frame.columns, change.before, change.after)]


def _comparable(columns: pd.Index, *plans: Plan) -> list[str]:
    """The columns without those about groups a plan's standard is not for."""
    groups = comparison.groups_of(*plans)
    about = columns.str.extract(r"(people(?:_\d+)?)", expand=False)
    return list(columns[about.isna() | about.isin(groups)])


def headline_group(*plans: Plan) -> str:
    """The age group whose figures come first: 60+, or the widest that can be compared."""
    groups = comparison.groups_of(*plans)
    return "people_60" if "people_60" in groups else groups[0]


def change_record(change: Change, *, by: str = "street") -> dict:
    """
    What changes as a JSON value with a fixed order of keys; what does not exist is None.

    Parameters are those of `change_frame`; with `by='district'` there is no list of streets.
    """
    before, after = change.before, change.after
    record = {
        **_heading(
            after,
            before=_named(before),
            after=_named(after),
            changed_centres=_records(_rounded(change.centres)),
        ),
        "district": _records(change_frame(change, by="district"), drop=["code", "name", "name_en"])[
            0
        ],
    }
    if by == "street":
        record["streets"] = _records(change_frame(change))
    record["new_zones"] = _records(gaps_frame(after, change.new_zones))
    record["vanished_zones"] = _records(gaps_frame(before, change.vanished_zones))
    return record


def _named(plan: Plan) -> dict:
    return {"name": plan.name["zh"], "name_en": plan.name["en"], **_setting(plan)}


def league_frame(changes: Sequence[Change]) -> pd.DataFrame:
    """
    Several plans against one, the one that gains most older people first.

    Parameters
    ----------
    changes
        Of each plan from the one they are all held against (`comparison.compare`); that one's own
        row stands first.

    Returns
    -------
    league
        Indexed by `rank` (0 is `before`): name, name_en, as_of, centres, metres, minutes, group the
        standard is for, shares and changes of the district, what is assumed; figures of groups a plan's standard is not for are missing.
    """
    return _rounded(_league(changes))


def _league(changes: Sequence[Change]) -> pd.DataFrame:
    before = changes[0].before
    rows = []
    for change in (comparison.compare(before, before), *changes):
        plan = change.after
        district = change.district[_comparable(change.district.index, before, plan)]
        figures = {
            name.removesuffix("_after"): value
            for name, value in district.items()
            if not name.endswith("_before") and not name.startswith("cells")
        }
        setting = _setting(plan)
        rows.append(
            {
                "name": plan.name["zh"],
                "name_en": plan.name["en"],
                "as_of": setting["as_of"],
                "centres": setting["centres"],
                "metres": plan.area.standard.metres,
                "minutes": plan.area.standard.minutes,
                "group": plan.area.standard.group or "everyone",
                **figures,
                "net_km2": figures["gained_km2"] - figures["lost_km2"],
                "assumed": "; ".join(line["en"] for line in assumptions(plan.area)),
            }
        )
    table = pd.DataFrame(rows)
    best = headline_group(before, *(change.after for change in changes))
    others = table.iloc[1:].sort_values(f"net_{best}", ascending=False, kind="stable")
    return pd.concat([table.iloc[:1], others]).reset_index(drop=True).rename_axis("rank")


def league_record(changes: Sequence[Change]) -> dict:
    """Several plans against one as a JSON value."""
    league, before = league_frame(changes), changes[0].before
    every = [before.area, *(change.after.area for change in changes)]
    heading = _heading(before) | {
        "assumed": [line["en"] for line in _once(assumptions(area) for area in every)],
        "notes": [line["en"] for line in _once(area.notes for area in every)],
    }
    return {**heading, "plans": _records(league)}


def _once(many: Iterable[Iterable[Text]]) -> list[Text]:
    """The lines of several lists, each once."""
    return list({line["en"]: line for lines in many for line in lines}.values())


def league_notes(plans: Sequence[Plan]) -> tuple[list[Text], list[Text]]:
    """What is assumed of several plans, and what else has to be said of them."""
    return (
        _once(assumptions(plan.area) for plan in plans),
        _once([[grid_note(plans[0])], *(plan.area.notes for plan in plans)]),
    )


def plan_name(plan: Plan) -> Text:
    """The name of a plan with the day it shows, if it shows one."""
    day = f", {plan.area.as_of}" if plan.area.as_of else ""
    return {lang: isolated(name) + day for lang, name in plan.name.items()}


def losses_frame(plan: Plan, losses: pd.DataFrame) -> gpd.GeoDataFrame:
    """What closing each centre would lose (`marginal.close_each`) as a frame to write, the worst first."""
    group = headline_group(plan)
    order = [f"lost_{group}", f"backup_lost_{group}"]
    losses = losses.sort_values(order, ascending=False, kind="stable")
    centres = plan.area.facilities.loc[losses.index]
    frame = _rounded(losses[_comparable(losses.columns, plan)])
    frame.insert(0, "name", centres["name"])
    frame.insert(1, "name_en", centres["name_en"])
    frame.insert(2, "street", centres["street"])
    frame["assumed"] = "; ".join(line["en"] for line in assumptions(plan.area))
    return gpd.GeoDataFrame(frame, geometry=centres.geometry.to_numpy(), crs=plan.area.crs)


def gains_frame(plan: Plan, gains: pd.DataFrame) -> gpd.GeoDataFrame:
    """What a centre at each cell would gain (`marginal.open_everywhere`) as a frame of points to write."""
    points = gpd.GeoSeries.from_xy(
        plan.cells["x"], plan.cells["y"], index=plan.cells.index, crs=plan.area.crs
    )
    degrees = points.to_crs(4326)
    frame = _rounded(gains[_comparable(gains.columns, plan)])
    frame.insert(0, "street", plan.cells["street"].astype(str))
    frame.insert(1, "lon", degrees.x.round(_DECIMALS["lon"]))
    frame.insert(2, "lat", degrees.y.round(_DECIMALS["lat"]))
    frame["assumed"] = "; ".join(line["en"] for line in assumptions(plan.area))
    return gpd.GeoDataFrame(frame, geometry=points, crs=plan.area.crs)


GAIN_NOTE: Text = {
    "en": "Gains are of a centre exactly in the middle of a cell. A centimetre beside it, cells that lie "
    "exactly on the limit fall out.",
    "zh": "收益按中心恰好位于网格正中计算；偏离一厘米，恰在界限上的网格即不计入。",
}


def plan_record(plan: Plan, key: str, frame: gpd.GeoDataFrame) -> dict:
    """The rows of `losses_frame` or `gains_frame` under `key` as a JSON value."""
    return {**_heading(plan, plan=_named(plan)), key: _records(frame)}


# Where the next centres should stand


def siting_frame(plan: Plan, siting: Siting, candidates: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    The sites of a plan as a frame to write, in the order in which to build.

    Parameters
    ----------
    plan
        The plan the sites are added to.
    siting
        From `siting.maximize_coverage` or another model.
    candidates
        Indexed by id: name, name_en, street, lon, lat, geometry; cost if there is one.
    """
    frame = _rounded(_siting_frame(plan, siting, candidates))
    frame["assumed"] = "; ".join(line["en"] for line in assumptions(plan.area))
    geometry = candidates.geometry.loc[siting.sites.index]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=plan.area.crs)


def _siting_frame(plan: Plan, siting: Siting, candidates: gpd.GeoDataFrame) -> pd.DataFrame:
    sites = candidates.loc[siting.sites.index]
    group = headline_group(plan)
    figures = siting.sites[["gross", "marginal", "cumulative"]].add_suffix(f"_{group}")
    column = {
        "distance": "mean_distance_m",
        "worst": "worst_distance_m",
        "backup": f"backup_{group}",
        "gradual": f"credit_{group}",
    }.get(siting.goal)
    if column is not None:
        figures[column] = [_in_unit(siting, value) for value in siting.sites["objective"]]
    about = pd.DataFrame(sites[["name", "name_en", "street", "lon", "lat"]])
    if "cost" in sites and sites["cost"].notna().any():
        about["cost"] = sites["cost"]
    return about.join(figures)


def siting_record(
    plan: Plan,
    after: Plan,
    siting: Siting,
    candidates: gpd.GeoDataFrame,
    *,
    curve: pd.DataFrame | None = None,
    others: Sequence[tuple[float, Siting]] = (),
) -> dict:
    """
    New centres with their proof, and what was found beside them, as a JSON value.

    `plan` is the plan as it is, `after` the one with the new centres.
    """
    record = {
        **_heading(plan, plan=_named(plan)),
        "area_share_error": round(evaluation.area_share_error(after.cells), 6),
        "people": headline_group(plan),
        "goal": siting.goal,
        "unit": _GOALS[siting.goal][0],
        "candidates": len(candidates),
        "asked": siting.asked,
        **_siting_figures(siting),
        "total": round(siting.total, _DECIMALS["people"]),
        "unreachable": round(siting.unreachable, _DECIMALS["people"]),
        "sites": _records(siting_frame(plan, siting, candidates)),
    }
    record["notes"] = [*record["notes"], *(line["en"] for line in _fewer(siting))]
    if curve is not None:
        shown = curve.assign(
            **{c: [_in_unit(siting, v) for v in curve[c]] for c in ("objective", "bound", "nested")}
        )
        record["curve"] = _records(_rounded(shown))
    if others:
        record["alternatives"] = [
            {
                "apart_m": metres,
                **_siting_figures(other),
                "sites": _records(siting_frame(plan, other, candidates)),
            }
            for metres, other in others
        ]
    return record


def _siting_figures(siting: Siting) -> dict:
    people = {
        name: round(getattr(siting, name), _DECIMALS["people"])
        for name in ("covered", "covered_before")
    }
    objective, before, bound = (
        round(_in_unit(siting, value), _DECIMALS["people"])
        for value in (siting.objective, siting.before, siting.bound)
    )
    proof = {"bound": bound, "gap": siting.gap, "status": siting.status}
    return {"objective": objective, "before": before, **proof, **people}


def _in_unit(siting: Siting, value: float) -> float:
    """An objective as people read it: of persons times metres, the mean distance."""
    return value / siting.total if siting.goal == "distance" and siting.total else value


def siting_scenario(
    plan: Plan, siting: Siting, candidates: gpd.GeoDataFrame, *, service: str | None = None
) -> dict:
    """
    The sites as plain values for `scenario.parse`, to be opened beside the centres of `plan`.

    With a service the sites are centres already, and are to offer it beside what they offer.
    """
    sites = candidates.loc[siting.sites.index]
    group, of, every = GROUPS[headline_group(plan)], plan_name(plan), len(candidates)
    proof = _proof(siting)
    steps: list[dict] = []
    for number, (label, row) in enumerate(sites.to_dict("index").items(), start=1):
        if service is not None:
            offered = [*filter(None, row["services"].split(";")), service]
            steps.append({"equip": str(label), "services": offered})
            continue
        name = name_of(row)
        if row["name"] == label:  # a cell of the grid has none
            name = {"en": f"New centre {number}", "zh": f"新增中心{number}"}
        place = {"lon": float(row["lon"]), "lat": float(row["lat"]), "datum": "wgs84"}
        steps.append({"open": str(label), "name": name["zh"], "name_en": name["en"], **place})
    what: Text = {"en": "new centres", "zh": "个新增中心"}
    if service is not None:
        spelled = io.service_name(service)
        what = {"en": f"centres with '{spelled['en']}'", "zh": f"个中心增设“{spelled['zh']}”"}
    return {
        "name": f"{len(sites)} {what['zh']}",
        "name_en": f"{len(sites)} {what['en']}",
        "note": f"在“{of['zh']}”之外为{group['zh']}选址（{_GOALS[siting.goal][1]['zh']}），"
        f"候选点 {every} 个。{proof['zh']}",
        "note_en": f"Sited for people {group['en']} ({_GOALS[siting.goal][1]['en']}) beside "
        f"'{of['en']}', among {every} candidates. {proof['en']}",
        "step": steps,
    }


def siting_table(
    plan: Plan, siting: Siting, candidates: gpd.GeoDataFrame, *, lang: str
) -> pd.DataFrame:
    """The sites of a plan as text to read."""
    frame = _siting_frame(plan, siting, candidates)
    streets = [
        say(name_of(plan.area.streets.loc[code]), lang) if code in plan.area.streets.index else ""
        for code in frame["street"]
    ]
    names = [
        i if i == row["name"] else f"{i} {say(name_of(row), lang)}"
        for i, row in frame.to_dict("index").items()
    ]
    table = frame.assign(name=names, street=streets)
    return _as_text(table, _of_group(_SITE_COLUMNS, plan), lang)


def alternatives_table(
    plan: Plan,
    others: Sequence[tuple[float, Siting]],
    candidates: gpd.GeoDataFrame,
    *,
    lang: str,
) -> pd.DataFrame:
    """The sites of plans nearly as good, each with its metres from all sites before, as text to read."""
    apart, number = (
        say(text, lang)
        for text in (
            {"en": "m from all above", "zh": "距以上各址 m"},
            {"en": "Alternative", "zh": "备选"},
        )
    )
    tables = []
    for place, (metres, other) in enumerate(others, start=1):
        table = siting_table(plan, other, candidates, lang=lang)
        table.insert(0, number, [str(place), *[""] * (len(table) - 1)])
        table.insert(1, apart, [_show("m", metres), *[""] * (len(table) - 1)])
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def curve_table(plan: Plan, siting: Siting, curve: pd.DataFrame, *, lang: str) -> pd.DataFrame:
    """What the best one, two, three ... new centres reach, as text to read."""
    counted = curve.reset_index()
    counted["new"] = counted["new"].map(str)
    for column in ("objective", "nested"):
        counted[column] = [_in_unit(siting, value) for value in counted[column]]
    columns = dict(_of_group(_CURVE_COLUMNS, plan))
    if siting.goal != "coverage":  # whose people are the objective
        what = _GOALS[siting.goal][1]
        columns |= _of_group({"people": {"en": "{} covered", "zh": "覆盖{}"}}, plan)
        nested = columns.pop("nested")
        columns["objective"] = {"en": f"at best: {what['en']}", "zh": f"最优：{what['zh']}"}
        columns["nested"] = nested
    else:
        counted = counted.drop(columns="objective")
    return _as_text(counted, columns, lang)


def siting_notes(plan: Plan, siting: Siting, candidates: gpd.GeoDataFrame) -> list[Text]:
    """What is proven of a plan, what it costs and whom it leaves, a line each."""
    label, (unit, what) = GROUPS[headline_group(plan)], _GOALS[siting.goal]
    covered, before = _show("people", siting.covered), _show("people", siting.covered_before)
    left = _show("people", siting.total - siting.covered)
    unreachable = _show("people", siting.unreachable)
    lines: list[Text] = [_proof(siting), *_fewer(siting)]
    costs = _siting_frame(plan, siting, candidates).get("cost")
    if costs is not None:
        lines.append({"en": f"It costs {costs.sum():,g}.", "zh": f"费用合计 {costs.sum():,g}。"})
    if siting.goal not in ("coverage", "facilities"):
        now, then = (_show(unit, _in_unit(siting, v)) for v in (siting.objective, siting.before))
        of: Text = {"en": " m", "zh": " 米"} if unit == "metres" else {"en": "", "zh": " 人"}
        lines.append(
            {
                "en": f"{what['en'].capitalize()}, {label['en']}: {now}{of['en']}, "
                f"{then}{of['en']} before.",
                "zh": f"{label['zh']}{what['zh']}：{now}{of['zh']}（原 {then}{of['zh']}）。",
            }
        )
    lines.append(
        {
            "en": f"{covered} people {label['en']} covered, {before} before; {left} are left, "
            f"{unreachable} of them out of reach of every candidate.",
            "zh": f"覆盖{label['zh']} {covered} 人（原 {before} 人）；仍有 {left} 人未覆盖，"
            f"其中 {unreachable} 人没有任何候选点可达。",
        }
    )
    return lines


def _fewer(siting: Siting) -> list[Text]:
    """That a plan has fewer centres than were asked for, and why."""
    if siting.asked is None or len(siting.sites) >= siting.asked:
        return []
    is_proven = siting.status == "optimal"
    why_en = "no other would help" if is_proven else "no other that helps was found"
    why_zh = "再多也无益处" if is_proven else "未找到其他有益的中心"
    have, asked = len(siting.sites), siting.asked
    return [
        {
            "en": f"The plan has {have} new centres, {asked} were asked for: {why_en}.",
            "zh": f"方案有 {have} 个新中心，要求 {asked} 个：{why_zh}。",
        }
    ]


def _proof(siting: Siting) -> Text:
    """Whether it is proven that no other choice is better, and if not, how much better one could be."""
    if siting.status == "optimal":
        return {
            "en": "Proven: no other choice among the candidates is better.",
            "zh": "已证明：候选点中没有更好的方案。",
        }
    more = f"{100 * siting.gap:.2g} %"
    why = {"time limit": "时间用尽", "stopped": "已中止", "within gap": "在允许的差距之内"}
    return {
        "en": f"Not proven to be the best ({siting.status}): the best may be better by up to {more}.",
        "zh": f"未证明为最优（{why[siting.status]}）：最优方案至多再好 {more}。",
    }


# Tables for the terminal


def coverage_table(plan: Plan, *, by: str, lang: str) -> pd.DataFrame:
    """
    Coverage as text to read: a row a street (`by='street'`) and the district last, or only that.

    Shares in percent, distances in metres, persons to the whole.
    """
    rows = [_coverage(plan, "district").assign(name=say(_DISTRICT, lang))]
    if by == "street":
        streets = _coverage(plan, "street")
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(name=names))
    return _as_text(pd.concat(rows), _COVERAGE_COLUMNS, lang)


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
    return _as_text(table, _GAP_COLUMNS, lang)


def change_table(change: Change, *, by: str, lang: str) -> pd.DataFrame:
    """
    What changes as text to read: a row a street (`by='street'`) and the district last, or only that.

    Figures are of `headline_group`; shares in percent, persons to the whole.
    """
    rows = [_change(change, "district").assign(name=say(_DISTRICT, lang))]
    if by == "street":
        streets = _change(change, "street")
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(name=names))
    return _as_text(pd.concat(rows), _of_group(_CHANGE_COLUMNS, change.before, change.after), lang)


def groups_table(change: Change, *, lang: str) -> pd.DataFrame:
    """The district's change as text to read: a row for each age group that can be compared."""
    frame = change_frame(change, by="district")
    measures = ("gained", "lost", "net", "backup_gained", "backup_lost", "nearer", "farther")
    rows = [
        {
            "name": say(GROUPS[g], lang),
            "{g}": frame[g].iloc[0],
            **{
                f"covered_{{g}}_share_{when}": frame[f"covered_{g}_share_{when}"].iloc[0]
                for when in ("before", "after")
            },
            **{f"{measure}_{{g}}": frame[f"{measure}_{g}"].iloc[0] for measure in measures},
        }
        for g in comparison.groups_of(change.before, change.after)
    ]
    columns = _CHANGE_COLUMNS | {
        "name": {"en": "Group", "zh": "人群"},
        "{g}": {"en": "people", "zh": "人口"},
        "nearer_{g}": {"en": "nearer", "zh": "变近"},
        "farther_{g}": {"en": "farther", "zh": "变远"},
    }
    return _as_text(pd.DataFrame(rows), columns, lang)


def league_table(changes: Sequence[Change], *, lang: str) -> pd.DataFrame:
    """Several plans against one as text to read."""
    league = _league(changes)
    days = [f", {day}" if isinstance(day, str) else "" for day in league["as_of"]]
    groups = [f" ({say(GROUPS[g], lang)})" if g in GROUPS else "" for g in league["group"]]
    names = [
        say(name_of(row), lang) + group + day
        for row, group, day in zip(league.to_dict("records"), groups, days, strict=True)
    ]
    columns = _of_group(_LEAGUE_COLUMNS, changes[0].before, *(c.after for c in changes))
    return _as_text(league.assign(name=names), columns, lang)


def losses_table(plan: Plan, losses: pd.DataFrame, *, lang: str) -> pd.DataFrame:
    """What closing each centre would lose as text to read."""
    frame = losses_frame(plan, losses)
    names = [f"{i} {say(name_of(row), lang)}" for i, row in frame.to_dict("index").items()]
    return _as_text(pd.DataFrame(frame).assign(name=names), _LOSS_COLUMNS, lang)


def gains_table(plan: Plan, gains: pd.DataFrame, *, lang: str) -> pd.DataFrame:
    """The best place of each street and what a centre there would gain, as text to read."""
    best = best_places(plan, gains)
    best[["lon", "lat"]] = best[["lon", "lat"]].where(best["gained_km2"] > 0)
    names = [say(name_of(plan.area.streets.loc[code]), lang) for code in best["street"]]
    return _as_text(best.assign(name=names), _GAIN_COLUMNS, lang)


def best_places(plan: Plan, gains: pd.DataFrame) -> pd.DataFrame:
    """The rows of `gains_frame` of the best place of each street, with its x and y, the best first."""
    order = [f"gained_{headline_group(plan)}", "gained_km2"]
    ranked = (
        gains[order]
        .assign(street=plan.cells["street"])
        .sort_values(order, ascending=False, kind="stable")
    )
    best = ranked.drop_duplicates("street").index
    few = dataclasses.replace(plan, cells=plan.cells.loc[best])
    return pd.DataFrame(gains_frame(few, gains.loc[best])).join(plan.cells[["x", "y"]])


def change_summary(change: Change) -> list[dict[str, Text]]:
    """What changes for the district in a few lines: label and value, in each language."""
    before, after = change.before, change.after
    group = headline_group(before, after)
    d = change_frame(change, by="district").iloc[0]
    share = f"covered_{group}_share"
    shares = " → ".join(_show("_share", d[f"{share}_{when}"]) for when in ("before", "after"))
    centres = " → ".join(f"{len(plan.area.facilities):,}" for plan in (before, after))
    lines: list[tuple[Text, str]] = [
        ({"en": "Centres", "zh": "中心"}, centres),
        (of_group({"en": "{} covered", "zh": "{}覆盖率"}, group), shares),
        *(
            (
                of_group(_CHANGE_LABELS[measure], group),
                _show(f"{measure}_{group}", d[f"{measure}_{group}"]),
            )
            for measure in _CHANGE_LABELS
        ),
        (
            {"en": "km² gained / lost", "zh": "面积新增 / 失去 km²"},
            f"{_show('gained_km2', d['gained_km2'])} / {_show('lost_km2', d['lost_km2'])}",
        ),
    ]
    return [{"label": label, "value": {"en": value, "zh": value}} for label, value in lines]


def change_notes(change: Change) -> list[Text]:
    """What changes beside people by street: centres, distances and uncovered zones, a line each."""
    lines: list[Text] = []
    for label, row in change.centres.iterrows():
        name, word = name_of(row), _CENTRE_CHANGES[row["change"]]
        far = "" if math.isnan(row["moved_m"]) else f" {row['moved_m']:,.0f} m"
        also = _CENTRE_CHANGES["equipped"] if row["equipped"] and far else {"en": "", "zh": ""}
        lines.append(
            {
                "en": f"{word['en'].capitalize()}: {isolated(name['en'])} ({label}){far}"
                + (f", {also['en']}" if also["en"] else ""),
                "zh": f"{word['zh']}：{isolated(name['zh'])}（{label}）{far}"
                + (f"，{also['zh']}" if also["zh"] else ""),
            }
        )
    lines += distance_lines(change)
    groups = headline_group(change.before, change.after)
    label = GROUPS[groups]
    for (en, zh), zones in zip(
        (
            ("New uncovered zones", "新出现的未覆盖区"),
            ("Vanished uncovered zones", "消失的未覆盖区"),
        ),
        (change.new_zones, change.vanished_zones),
        strict=True,
    ):
        count = int(zones["parts"].sum())
        people = _show("people", zones[groups].sum())
        lines.append(
            {
                "en": f"{en}: {count}" + (f", {people} people {label['en']}" if count else ""),
                "zh": f"{zh}：{count} 个" + (f"，{label['zh']} {people} 人" if count else ""),
            }
        )
    return lines


def distance_lines(change: Change) -> list[Text]:
    """How far people have it to their nearest centre, before and after, a line each."""
    d = change.district
    was, now = _metres(d["mean_distance_m_before"]), _metres(d["mean_distance_m_after"])
    lines = [
        {
            "en": f"Mean distance to the nearest centre: {was} before, {now} after",
            "zh": f"到最近中心平均距离：原 {was}，现 {now}",
        }
    ]
    group = headline_group(change.before, change.after)
    for name, en, zh in (("nearer", "nearer", "变近"), ("farther", "farther away", "变远")):
        people, by = d[f"{name}_{group}"], _metres(d[f"mean_{name}_{group}_m"])
        if people:
            label, shown = GROUPS[group], _show("people", people)
            lines.append(
                {
                    "en": f"{shown} people {label['en']} have their nearest centre {en}, by {by} on average",
                    "zh": f"{shown} 名{label['zh']}老人到最近中心{zh}，平均 {by}",
                }
            )
    return lines


def of_group(text: Text, group: str) -> Text:
    """A text with the name of an age group in place of its `{}`."""
    return {lang: words.replace("{}", GROUPS[group][lang]) for lang, words in text.items()}


def _of_group(columns: Mapping[str, Text], *plans: Plan) -> dict[str, Text]:
    """The columns for the headline group of plans."""
    group = headline_group(*plans)
    return {
        column.replace("{g}", group): of_group(label, group) for column, label in columns.items()
    }


def street_labels(plan: Plan) -> pd.Series:
    """For each cell, what a message calls its street: its names and its code."""
    labels = {
        code: f"{row['name_en']} {row['name']} ({code})".strip()
        for code, row in plan.area.streets[["name", "name_en"]].to_dict("index").items()
    }
    return plan.cells["street"].astype(str).map(labels)


def street_names(
    area: StudyArea, zones: gpd.GeoDataFrame, parts: pd.DataFrame | None = None
) -> list[list[Text]]:
    """Names of the streets of each zone; with `gaps.by_street`, of several with their older people."""
    names = [
        [name_of(area.streets.loc[code]) for code in codes.split(";")] for codes in zones["streets"]
    ]
    if parts is None:
        return names
    people = {key: _show("people", value) for key, value in parts["people_60"].items()}
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
    return [name_of(area.facilities.loc[i]) if i else None for i in zones["nearest"]]


def _as_text(table: pd.DataFrame, columns: Mapping[str, Text], lang: str) -> pd.DataFrame:
    shown = {
        say(label, lang): [_show(column, value) for value in table[column]]
        for column, label in columns.items()
        if column in table
    }
    return pd.DataFrame(shown)


def _show(column: str, value: object) -> str:
    if isinstance(value, str):
        return printable(value)
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return "–"
    kind = _kind(column)
    number = round(number, max(_DECIMALS[kind], 3))  # what arithmetic leaves behind
    sign = "+" if column.startswith("net_") else ""
    if kind == "share":
        return f"{100 * number:.1f} %"
    if kind == "km2":
        return _no_signed_zero(f"{number:{sign}.2f}")
    if kind in ("lon", "lat"):
        return f"{number:.7f}"
    return _no_signed_zero(f"{number:{sign},.0f}")


def _no_signed_zero(text: str) -> str:
    return text.lstrip("+-") if not text.strip("+-0.") else text


def printable(text: str) -> str:
    """Text from a data file without what would steer a terminal."""
    return "".join(
        c if c == " " or unicodedata.category(c)[0] not in "CZ" else f"\\u{ord(c):04x}"
        for c in text
    )


def summary(plan: Plan) -> list[dict[str, Text]]:
    """The district in a few lines: label and value, in each language."""
    area, cells = plan.area, plan.cells
    d = evaluation.of_district(cells)
    streets = evaluation.by_street(cells)["covered_people_60_share"]
    lines = [
        (("Centres", "中心"), f"{len(area.facilities):,}"),
        (("People 60+", "60岁及以上人口"), f"{d['people_60']:,.0f}"),
        (
            ("60+ covered", "60+覆盖率"),
            _show("covered_people_60_share", d["covered_people_60_share"]),
        ),
        (("60+ not covered", "未覆盖60+"), f"{d['uncovered_people_60']:,.0f}"),
        (
            ("60+ with two centres or more", "60+两处以上"),
            _show("_share", d["backup_people_60_share"]),
        ),
        (("Area covered", "面积覆盖率"), _show("_share", d["covered_area_share"])),
        (
            ("Mean distance to the nearest centre", "到最近中心平均距离"),
            _metres(d["mean_distance_m"]),
        ),
        (("90 % of people live within", "90%的人在此距离内"), _metres(d["p90_distance_m"])),
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
            say(_DISTRICT, lang): [say(line["label"], lang) for line in lines],
            " ": [say(line["value"], lang) for line in lines],
        }
    )


def notes(plan: Plan, *, lang: str) -> list[str]:
    """What has to be said under every table: what is assumed, how exact it is, what was taken for granted."""
    return said_below(assumptions(plan.area), [grid_note(plan), *plan.area.notes], lang=lang)


def said_below(assumed: Sequence[Text], remarks: Sequence[Text], *, lang: str) -> list[str]:
    """What is assumed as one sentence, and the remarks, a line each."""
    said = [say(line, lang) for line in assumed]
    joined = ("；" if lang == "zh" else "; ").join(said)
    joined = joined[:1].upper() + joined[1:]
    return [
        *([joined + ("。" if lang == "zh" else ".")] if said else []),
        *(say(line, lang) for line in remarks),
    ]


def _metres(value: float) -> str:
    return "–" if math.isnan(value) else f"{_show('_m', value)} m"


def print_table(
    table: pd.DataFrame, *, title: str, notes: Sequence[str] = (), lang: str = "en"
) -> None:
    """
    A table of text on the terminal, names as they are written and every figure whole.

    Where there is no room for all columns the last ones are named below the table; where there is
    hardly room for any, every row is a record.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Line

    wide = terminal.width()
    console = Console(highlight=False, width=wide)

    def write(text: str) -> None:
        for line in terminal.wrapped(text, wide):
            console.print(Line(line), no_wrap=True, overflow="ignore", crop=False)

    write(printable(title))
    widths = terminal.column_widths(table, wide)
    if widths is None:
        for line in terminal.records(table, wide):
            console.print(Line(line), no_wrap=True, overflow="ignore", crop=False)
    else:
        grid = Table()
        for column, width in widths.items():
            side: Literal["left", "right"] = (
                "right" if terminal.is_figures(table, column) else "left"
            )
            header = Line("\n".join(terminal.wrapped(column, width)))
            grid.add_column(header, justify=side, width=width, no_wrap=True)
        for row in table[list(widths)].itertuples(index=False):
            cells = zip(row, widths.values(), strict=True)
            grid.add_row(*(Line("\n".join(terminal.wrapped(*cell))) for cell in cells))
        console.print(grid)
        if len(widths) < len(table.columns):
            write(say(_left_out(table, list(widths)), lang))
    for note in notes:
        write(printable(note))


def _left_out(table: pd.DataFrame, kept: Sequence[str]) -> Text:
    """Which columns there was no room for, and how to see them."""
    absent = [column for column in table.columns if column not in kept]
    needed = terminal.full_width(table)
    return {
        "en": f"Left out for want of room: {'; '.join(absent)}. A window {needed} columns wide shows "
        "them, and so do --format csv and --format json.",
        "zh": f"因宽度不足未列出：{'；'.join(absent)}。窗口宽 {needed} 列时可全部显示，"
        "也可用 --format csv 或 --format json 查看。",
    }
