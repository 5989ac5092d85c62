"""What a column of a table is called, what it says and how its figures are written: a row a column."""

import functools
import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from carecircles import people, words
from carecircles.people import Group, of_group
from carecircles.words import Text, printable, say


class Unit(NamedTuple):
    """
    How figures of a unit are written.

    `decimals` are kept in files, `shown` is a format for people, `excel` one of a spreadsheet,
    `panel` one of the page's tables (a key of FORMATS in `web/kit.js`). `label` is what it is called.
    """

    label: Text
    decimals: int
    shown: str
    excel: str
    panel: str = ""


class Column(NamedTuple):
    """
    A column of any table.

    `label` and `about` (what the column says) may have `{}` in them, in place of a group of people;
    `short` is the label where the table itself says which people or places it is about.
    """

    unit: str
    label: Text
    about: Text
    short: Text


UNITS = {
    "text": Unit({"en": "", "zh": ""}, 0, "", "@"),
    "number": Unit({"en": "number", "zh": "个"}, 3, ",.0f", "#,##0", "count"),
    "people": Unit({"en": "people", "zh": "人"}, 3, ",.0f", "#,##0", "count"),
    "net people": Unit({"en": "people", "zh": "人"}, 3, "+,.0f", "+#,##0;-#,##0;0", "signed"),
    "share": Unit({"en": "%", "zh": "%"}, 6, ".1%", "0.0%", "share"),
    "gap": Unit({"en": "%", "zh": "%"}, 9, ".2%", "0.00%"),
    "km2": Unit({"en": "km²", "zh": "平方公里"}, 4, ".2f", "#,##0.00", "area"),
    "net km2": Unit({"en": "km²", "zh": "平方公里"}, 4, "+.2f", "+#,##0.00;-#,##0.00;0.00"),
    "m": Unit({"en": "m", "zh": "米"}, 1, ",.0f", "#,##0", "count"),
    "min": Unit({"en": "minutes", "zh": "分钟"}, 1, ",.0f", "#,##0.0"),
    "year": Unit({"en": "year", "zh": "年"}, 0, ".0f", "0"),
    "degrees": Unit({"en": "degrees, WGS84", "zh": "度，WGS84"}, 7, ".7f", "0.0000000"),
    "price": Unit({"en": "as in the candidates' file", "zh": "同候选点文件"}, 3, ",.0f", "#,##0.###"),
    "goal": Unit({"en": "that of the goal", "zh": "同目标"}, 3, ",.0f", "#,##0.###"),
}  # fmt: skip


def _column(
    unit: str,
    label: tuple[str, str],
    about: tuple[str, str],
    short: tuple[str, str] | Text | None = None,
) -> Column:
    said, told, brief = (
        some if isinstance(some, dict) else dict(zip(("en", "zh"), some, strict=True))
        for some in (label, about, short or label)
    )
    return Column(unit, said, told, brief)


# Of names with {g} in them there is a column for each group of people.
COLUMNS: dict[str, Column] = {
    # what a row is about
    "code": _column("text", ("Street code", "街道代码"), ("Code of the street; 'district' in the row of the whole district", "街道代码；全区一行为 district")),
    "zone": _column("text", ("Zone", "未覆盖区"), ("Number of the uncovered zone, the one with most older people first; 'other' is all small ones together", "未覆盖区编号，老年人口最多者在前；other 为小块合计")),
    "id": _column("text", ("ID", "编号"), ("Identity of the centre or site", "中心或选址的编号")),
    "cell": _column("text", ("Cell", "网格"), ("Label of the grid cell in whose middle the new centre would stand", "新中心所在网格的编号")),
    "rank": _column("number", ("Rank", "名次"), ("Place in the comparison; 0 is what the others are held against", "比较中的名次，0 为比较基准")),
    "new": _column("text", ("New centres", "新增中心数"), ("How many centres are added", "新增中心的数量")),
    "name": _column("text", ("Name (Chinese)", "名称"), ("Name, in Chinese where there is one", "名称")),
    "name_en": _column("text", ("English name", "英文名"), ("Name in English", "英文名称")),
    "street": _column("text", ("Street", "街道"), ("Code of the street it lies in", "所在街道的代码")),
    "neighbour": _column("text", ("Beyond the border", "区外"), ("Whether the centre stands beyond the district's border", "是否为区外中心")),
    "group": _column("text", ("Standard is for", "标准适用人群"), ("The group of people the standard is for", "标准适用的人群")),
    "as_of": _column("text", ("Day", "日期"), ("The day the plan shows", "方案所示日期")),
    "year": _column("year", ("People of", "人口年份"), ("The year whose people are counted", "所计人口的年份")),
    "change": _column("text", ("Change", "变化"), ("What happens to the centre: opened, closed, moved or equipped", "中心的变化：新开、关闭、迁移或服务调整")),
    "equipped": _column("text", ("Other services", "服务调整"), ("Whether the centre offers other services than before", "服务内容是否有变化")),
    "moved_m": _column("m", ("Moved by, m", "迁移距离 m"), ("How far the centre moves, in a straight line", "中心迁移的直线距离")),
    "streets": _column("text", ("Street codes", "所涉街道代码"), ("Codes of the streets the zone lies in, the one with most older people first", "所涉街道的代码，老年人口最多者在前")),
    "street_names": _column("text", ("Street names", "所涉街道"), ("Names of the streets the zone lies in", "所涉街道的名称")),
    "nearest": _column("text", ("Nearest centre, ID", "最近中心编号"), ("Identity of the centre nearest to most older people of the zone", "距该区多数老年人最近的中心编号"), words.COLUMNS["nearest"]),
    "nearest_name": _column("text", ("Nearest centre", "最近的中心"), ("Name of the centre nearest to most older people of the zone", "距该区多数老年人最近的中心名称")),
    "parts": _column("number", ("Zones in the row", "所含区数"), ("How many uncovered zones the row holds; above 1 only for 'other'", "该行所含未覆盖区数，仅 other 大于 1")),
    "lon": _column("degrees", ("lon", "经度"), ("Longitude in WGS84", "WGS84 经度")),
    "lat": _column("degrees", ("lat", "纬度"), ("Latitude in WGS84", "WGS84 纬度")),
    "assumed": _column("text", ("Assumed", "假定"), ("What of the data is not known but assumed, schematic or of unstated basis", "数据中的假定、示意或依据未说明之处")),
    "status": _column("text", ("Proof", "证明"), ("'optimal' where it is proven that no other choice is better", "optimal 表示已证明没有更好的方案")),

    # a plan
    "centres": _column("number", ("Centres", "中心数"), ("Centres in the street or district, without those beyond the border", "街道或全区内的中心数，不含区外"), ("centres", "中心")),
    "neighbours": _column("number", ("Neighbours", "区外中心数"), ("Centres beyond the border that count too", "计入的区外中心数")),
    "metres": _column("m", ("Standard, m", "标准 米"), ("Metres the standard allows", "标准允许的距离"), ("m", "米")),
    "minutes": _column("min", ("Standard, minutes", "标准 分钟"), ("Minutes on foot the standard allows", "标准允许的步行时间")),

    # area and distance
    "area_km2": _column("km2", ("Area, km²", "面积 km²"), ("Area of the street, district or zone", "街道、全区或未覆盖区的面积"), ("km2", "面积 km2")),
    "covered_area_share": _column("share", ("Area covered", "面积覆盖率"), ("Share of the area from which a centre is within the standard, the limit included", "标准距离内（含界限）有中心的面积占比"), ("area covered", "面积覆盖率")),
    "covered_area_share_before": _column("share", ("Area covered before", "原面积覆盖率"), ("Share of the area covered before the change", "变化前的面积覆盖率")),
    "covered_area_share_after": _column("share", ("Area covered after", "现面积覆盖率"), ("Share of the area covered after the change", "变化后的面积覆盖率")),
    "backup_area_share": _column("share", ("Area with two or more", "面积两处以上"), ("Share of the area with two centres or more within the standard", "标准距离内有两处以上中心的面积占比")),
    "mean_distance_m": _column("m", ("Mean distance, m", "平均距离 m"), ("Mean distance of all people to their nearest centre", "全部人口到最近中心的平均距离"), ("mean m", "平均距离 m")),
    "mean_distance_m_before": _column("m", ("Mean distance before, m", "原平均距离 m"), ("Mean distance to the nearest centre before the change", "变化前到最近中心的平均距离")),
    "mean_distance_m_after": _column("m", ("Mean distance after, m", "现平均距离 m"), ("Mean distance to the nearest centre after the change", "变化后到最近中心的平均距离")),
    "p90_distance_m": _column("m", ("90 % live within, m", "90%以内 m"), ("Distance to the nearest centre within which 90 % of all people live", "90%的人口到最近中心不超过的距离"), ("90 % within m", "90%以内 m")),
    "distance_m": _column("m", ("Mean distance, m", "平均距离 m"), ("Mean distance of the zone's older people to the nearest centre", "该区老年人到最近中心的平均距离"), ("mean m", "平均距离 m")),
    "too_far_m": _column("m", ("Too far by, m", "超出 m"), ("By how much that mean distance is beyond the standard", "平均距离超出标准的距离"), ("too far by m", "超出 m")),
    "farthest_m": _column("m", ("Farthest, m", "最远 m"), ("Distance of the zone's farthest cell to its nearest centre", "该区最远网格到最近中心的距离"), ("farthest m", "最远 m")),
    "gained_km2": _column("km2", ("Area gained, km²", "新增面积 km²"), ("Area that is covered and was not", "新增覆盖的面积"), ("km2 gained", "新增 km2")),
    "lost_km2": _column("km2", ("Area lost, km²", "失去面积 km²"), ("Area that was covered and is not", "失去覆盖的面积"), ("km2 lost", "失去 km2")),
    "net_km2": _column("net km2", ("Area, net, km²", "面积净变化 km²"), ("Area gained less area lost", "新增减去失去的面积"), ("net km2", "面积净变化 km2")),

    # several plans, each in a year
    "plan": _column("text", ("Plan (Chinese)", "方案"), ("Name of the plan, in Chinese where there is one", "方案名称")),
    "plan_en": _column("text", ("Plan", "方案英文名"), ("Name of the plan in English", "方案英文名称")),

    # people covered
    "{g}": _column("people", ("{}", "{}"), ("People ({})", "人口（{}）")),
    "covered_{g}_share": _column("share", ("{} covered", "{}覆盖率"), ("Share of people ({}) with a centre within the standard, the limit included", "标准距离内（含界限）有中心的人口占比（{}）"), ("covered", "覆盖率")),
    "covered_{g}": _column("people", ("{} covered, people", "覆盖{}人数"), ("People ({}) with a centre within the standard, the limit included", "标准距离内（含界限）有中心的人口（{}）"), ("covered, people", "覆盖人数")),
    "backup_{g}_share": _column("share", ("{} with two or more", "{}两处以上"), ("Share of people ({}) with two centres or more within the standard", "标准距离内有两处以上中心的人口占比（{}）"), words.COLUMNS["backup"]),
    "uncovered_{g}": _column("people", ("{} left", "未覆盖{}"), ("People ({}) without a centre within the standard", "标准距离内没有中心的人口（{}）"), ("left", "未覆盖")),

    # what changes
    "covered_{g}_share_before": _column("share", ("{} covered before", "{}原覆盖率"), ("Share of people ({}) covered before the change", "变化前的人口覆盖率（{}）"), ("covered before", "原覆盖率")),
    "covered_{g}_share_after": _column("share", ("{} covered after", "{}现覆盖率"), ("Share of people ({}) covered after the change", "变化后的人口覆盖率（{}）"), ("after", "现覆盖率")),
    "gained_{g}": _column("people", ("{} gained", "新增覆盖{}"), ("People ({}) who are covered and were not", "新增覆盖的人口（{}）"), words.small(words.STATUSES["gained"])),
    "lost_{g}": _column("people", ("{} lost", "失去覆盖{}"), ("People ({}) who were covered and are not", "失去覆盖的人口（{}）"), words.small(words.STATUSES["lost"])),
    "net_{g}": _column("net people", ("{}, net", "{}净变化"), ("People ({}) gained less those lost", "新增减去失去覆盖的人口（{}）"), words.COLUMNS["net"]),
    "backup_gained_{g}": _column("people", ("{} gaining a backup", "新增两处以上{}"), ("People ({}) who have two centres or more within the standard and had not", "新增有两处以上中心的人口（{}）"), ("backup gained", "新增两处以上")),
    "backup_lost_{g}": _column("people", ("{} losing their backup", "失去两处以上{}"), ("People ({}) who had two centres or more within the standard and have not", "失去两处以上中心的人口（{}）"), ("backup lost", "失去两处以上")),
    "nearer_{g}": _column("people", ("{} nearer", "变近的{}"), ("People ({}) whose nearest centre is nearer than before", "到最近中心变近的人口（{}）"), ("nearer", "变近")),
    "farther_{g}": _column("people", ("{} farther", "变远的{}"), ("People ({}) whose nearest centre is farther than before", "到最近中心变远的人口（{}）"), ("farther", "变远")),
    "mean_nearer_{g}_m": _column("m", ("{} nearer by, m", "{}平均变近 m"), ("By how much the nearest centre is nearer, mean of those for whom it is ({})", "变近者到最近中心平均缩短的距离（{}）")),
    "mean_farther_{g}_m": _column("m", ("{} farther by, m", "{}平均变远 m"), ("By how much the nearest centre is farther, mean of those for whom it is ({})", "变远者到最近中心平均增加的距离（{}）")),

    # new centres
    "gross_{g}": _column("people", ("{} within reach", "可达{}"), ("People ({}) within the standard of the site, those covered already included", "选址标准距离内的人口（{}），含已覆盖者")),
    "marginal_{g}": _column("people", ("{} added", "新增{}"), ("People ({}) the site adds to those covered by the centres and the sites before it", "在已有中心及前列选址之外新增覆盖的人口（{}）"), ("adds", "新增")),
    "cumulative_{g}": _column("people", ("{} covered then", "累计覆盖{}"), ("People ({}) covered when the site and those before it stand", "该选址及前列选址建成后覆盖的人口（{}）"), ("covered then", "累计覆盖")),
    "backup_{g}": _column("people", ("{} with two or more then", "届时两处以上{}"), ("People ({}) with two centres or more when the site stands", "该选址建成后有两处以上中心的人口（{}）"), ("with two or more then", "届时两处以上")),
    "credit_{g}": _column("people", ("{}, credit then", "届时折算{}"), ("People ({}) when the site stands, those farther away counted in part", "该选址建成后按距离折算的人数（{}）"), ("credit then", "届时折算人数")),
    "worst_distance_m": _column("m", ("Farthest then, m", "届时最远距离 m"), ("Farthest distance to the nearest centre when the site stands", "该选址建成后到最近中心的最远距离"), ("farthest m then", "届时最远距离 m")),
    "price": _column("price", ("Price", "费用"), ("What it costs to open, in the unit of the candidates' file", "开设费用，单位同候选点文件"), ("price", "费用")),
    "share": _column("share", ("Share covered", "覆盖率"), ("Share of all people covered by the best plan of so many", "该数量下最优方案的覆盖率"), ("share", "覆盖率")),
    "objective": _column("goal", ("At best", "最优"), ("What the best plan of so many reaches", "该数量下最优方案的目标值")),
    "bound": _column("goal", ("Bound", "界"), ("What no plan can beat", "任何方案都无法超过的值")),
    "nested": _column("goal", ("Built one by one", "逐个建设"), ("What the centres of the last plan reach when built in its order", "按最后方案的次序逐个建设所达到的值"), ("built one by one", "逐个建设")),
    "gap": _column("gap", ("Gap", "差距"), ("Share by which the best may be better", "最优方案至多还能好多少")),
}  # fmt: skip
STREET = words.COLUMNS["street"]


def _whose(name: str) -> Text:
    """The label of a column as a narrow heading: it says whose it is, but briefly."""
    return {lang: label.replace("{}", "{short}") for lang, label in COLUMNS[name].label.items()}


# The columns of a table, each with a heading of its own or None. `{g}` in a name stands for the group whose
# figures come first, `{also}` for each that is told beside it, `{own}` for each of these that is the area's own.
Headings = Mapping[str, Text | None]
COVERAGE_COLUMNS: Headings = {
    "name": STREET,
    "area_km2": None,
    "{g}": None,
    "covered_area_share": None,
    "covered_{g}_share": _whose("covered_{g}_share"),
    "uncovered_{g}": _whose("uncovered_{g}"),
    "backup_{g}_share": _whose("backup_{g}_share"),
    "covered_{own}_share": None,
    "uncovered_{own}": None,
    "mean_distance_m": None,
    "p90_distance_m": None,
}
GAP_COLUMNS: Headings = {
    "zone": None,
    "{g}": None,
    "{also}": COLUMNS["{g}"].label,
    "area_km2": None,
    "streets": {"en": "Streets, {} in each", "zh": "街道及各街{short}"},
    "nearest": None,
    "distance_m": None,
    "too_far_m": None,
    "farthest_m": None,
}
CHANGE_COLUMNS: Headings = {
    "name": STREET,
    "{g}": None,
    "covered_{g}_share_before": None,
    "covered_{g}_share_after": None,
    "gained_{g}": None,
    "lost_{g}": None,
    "net_{g}": None,
    "backup_gained_{g}": None,
    "backup_lost_{g}": None,
    "gained_km2": None,
    "lost_km2": None,
}
GROUP_COLUMNS: Headings = {
    **CHANGE_COLUMNS,
    "name": {"en": "Group", "zh": "人群"},
    "{g}": {"en": "people", "zh": "人口"},
    "nearer_{g}": None,
    "farther_{g}": None,
}
_NET: Text = {"en": "net {}", "zh": "{short}净变化"}
LEAGUE_COLUMNS: Headings = {
    "name": {"en": "Plan", "zh": "方案"},
    "centres": None,
    "metres": None,
    "covered_{g}_share": _whose("covered_{g}_share"),
    "net_{g}": _NET,
    "gained_{g}": None,
    "lost_{g}": None,
    "net_{also}": _NET,
    "backup_gained_{g}": None,
    "backup_lost_{g}": None,
    "net_km2": None,
    "mean_distance_m": None,
}
YEAR_COLUMNS: Headings = {
    "name": {"en": "Plan", "zh": "方案"},
    "year": None,
    "{g}": None,
    "covered_{g}": None,
    "covered_{g}_share": _whose("covered_{g}_share"),
    "uncovered_{g}": _whose("uncovered_{g}"),
    "{also}": None,
    "covered_{also}": None,
    "covered_{also}_share": None,
}
LOSS_COLUMNS: Headings = {
    "name": {"en": "Centre closed", "zh": "关闭的中心"},
    "lost_{g}": _whose("lost_{g}"),
    "lost_{also}": None,
    "lost_km2": None,
    "backup_lost_{g}": _whose("backup_lost_{g}"),
}
GAIN_COLUMNS: Headings = {
    "name": {"en": "Best place in", "zh": "最佳位置所在街道"},
    "gained_{g}": _whose("gained_{g}"),
    "gained_{also}": None,
    "gained_km2": None,
    "lon": None,
    "lat": None,
}
SITE_COLUMNS: Headings = {
    "name": {"en": "Site", "zh": "选址"},
    "street": None,
    "lon": None,
    "lat": None,
    "gross_{g}": _whose("gross_{g}"),
    "marginal_{g}": None,
    "cumulative_{g}": None,
    "mean_distance_m": {"en": "mean m then", "zh": "届时平均距离 m"},
    "worst_distance_m": None,
    "backup_{g}": None,
    "credit_{g}": None,
    "price": None,
}
CURVE_COLUMNS: Headings = {
    "new": None,
    "people": {"en": "{} covered at best", "zh": "最优覆盖{}"},
    "share": None,
    "nested": None,
}
COVERAGE_PANEL: Headings = {
    "{g}": _whose("{g}"),
    "covered_{g}_share": None,
    "backup_{g}_share": None,
    "uncovered_{g}": _whose("uncovered_{g}"),
}
CHANGE_PANEL: Headings = {
    "covered_{g}_share_before": {"en": "before", "zh": "原覆盖"},
    "covered_{g}_share_after": {"en": "after", "zh": "现覆盖"},
    "gained_{g}": {"en": "gained", "zh": "新增"},
    "lost_{g}": {"en": "lost", "zh": "失去"},
}
LIVE_PANEL: Headings = {
    "{g}": _whose("{g}"),
    "covered_{g}_share": None,
    "net_{g}": None,
    "uncovered_{g}": None,
}
LOSS_PANEL: Headings = {name: _whose(name) for name in ("lost_{g}", "backup_lost_{g}")}
GAIN_PANEL: Headings = {"gained_{g}": _whose("gained_{g}")}
CHANGE_MEASURES = ("gained", "lost", "net", "backup_gained", "backup_lost")
_GROUP = r"(people(?:_\w+)?)"  # what a column of people is called


@functools.cache
def column_of(name: str) -> tuple[Column, str | None]:
    """
    The row of a column, and the group of people it is about, if it is about one.

    Raises
    ------
    KeyError
        If there is no such column: nobody knows how its figures are to be written.

    Examples
    --------
    >>> column, group = column_of("gained_people_60")
    >>> column.label["en"], column.unit, group
    ('{} gained', 'people', 'people_60')
    """
    if name in COLUMNS:
        return COLUMNS[name], None
    for template, column in COLUMNS.items():
        match = re.fullmatch(template.replace("{g}", _GROUP), name)
        if match and match[1].rsplit("_", 1)[-1] not in people.MEASURES:
            return column, match[1]
    raise KeyError(f"no column {name!r} in report.columns.COLUMNS; add a row that says what it is")


def label_of(name: str, groups: Sequence[Group] = people.GROUPS) -> Text:
    """
    What a column is called, in each language.

    Parameters
    ----------
    name
        A column such as `gained_people_60`.
    groups
        The groups of people with a name; others are told under that of their column.

    Examples
    --------
    >>> label_of("gained_people_60")["zh"]
    '新增覆盖60岁及以上'
    """
    column, group = column_of(name)
    return _of(column.label, group, groups)


def about_of(name: str, groups: Sequence[Group] = people.GROUPS) -> Text:
    """
    What a column says, in each language; the parameters are those of `label_of`.

    Examples
    --------
    >>> about_of("lost_people")["en"]
    'People (all ages) who were covered and are not'
    """
    column, group = column_of(name)
    return _of(column.about, group, groups)


def _of(text: Text, group: str | None, groups: Sequence[Group]) -> Text:
    return text if group is None else of_group(text, people.rows_of([group], groups)[0])


def headings(names: Headings, first: Group, beside: Sequence[Group] = ()) -> dict[str, Text]:
    """
    The headings of a table by column.

    A measure of the group that comes first has its short label, one of a group beside it says whose it is.

    Parameters
    ----------
    names
        Columns, each with a heading of its own (with `{}` or `{short}` for the group) or None.
    first
        The group whose figures come first.
    beside
        The groups that are told beside it.

    Examples
    --------
    >>> headings({"lost_{g}": None, "lost_{also}": None}, people.GROUPS[1], people.GROUPS[3:])
    {'lost_people_60': {'en': 'lost', 'zh': '失去覆盖'}, 'lost_people_80': {'en': '80+ lost', 'zh': '失去覆盖80+'}}
    """
    told = {"{also}": beside, "{own}": [group for group in beside if group.is_own]}
    made: dict[str, Text] = {}
    for name, own in names.items():
        mark = next((mark for mark in told if mark in name), "{g}")
        row = name.replace(mark, "{g}")
        label = own or (column_of(row)[0].short if mark == "{g}" else _whose(row))
        for group in told.get(mark, [first]):
            made[name.replace(mark, group.column)] = of_group(label, group)
    return made


def panel(
    label: Text, names: Headings, group: Group, *, keys: Sequence[str] | None = None
) -> list[dict]:
    """
    The columns of a table of the page: what a row is about, and key, label and format of the others.

    Parameters
    ----------
    label
        What a row is about.
    names, group
        As in `headings`.
    keys
        What the page calls the figures, if not by their columns.

    Examples
    --------
    >>> panel(STREET, GAIN_PANEL, people.GROUPS[1])[1]
    {'key': 'gained_people_60', 'label': {'en': '60+ gained', 'zh': '新增覆盖60+'}, 'format': 'count'}
    """
    made = headings(names, group)
    return [
        {"label": label},
        *(
            {"key": key, "label": heading, "format": UNITS[column_of(column)[0].unit].panel}
            for key, (column, heading) in zip(keys or made, made.items(), strict=True)
        ),
    ]


def records_of(frame: pd.DataFrame, drop: Sequence[str] = ()) -> list[dict]:
    table = pd.DataFrame(frame.drop(columns=["geometry", "assumed"], errors="ignore"))
    table = table.reset_index().drop(columns=list(drop)).astype(object)
    return table.where(table.notna(), None).to_dict("records")


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """
    The frame with its figures rounded to the decimals of their unit.

    Examples
    --------
    >>> rounded(pd.DataFrame({"people_60": [2.00049], "gained_km2": [0.12345]})).iloc[0].tolist()
    [2.0, 0.1234]
    """
    rounded = frame.copy()
    for column in frame.columns[frame.dtypes.map(pd.api.types.is_float_dtype)]:
        rounded[column] = frame[column].round(UNITS[column_of(column)[0].unit].decimals)
    return rounded


def as_text(table: pd.DataFrame, columns: Mapping[str, Text], lang: str) -> pd.DataFrame:
    shown = {
        say(label, lang): [show(column, value) for value in table[column]]
        for column, label in columns.items()
        if column in table
    }
    return pd.DataFrame(shown)


def show(column: str, value: object) -> str:
    """A cell of a column as people read it."""
    unit = column_of(column)[0].unit
    return printable(value) if isinstance(value, str) else figure(unit, value)


def figure(unit: str, value: object) -> str:
    """A figure of a unit as people read it; `–` where there is none."""
    number = float(value)  # type: ignore[arg-type]  # no text: a number
    if math.isnan(number):
        return "–"
    number = round(number, max(UNITS[unit].decimals, 3))  # what arithmetic leaves behind
    shown = UNITS[unit].shown
    if shown.endswith("%"):
        return f"{100 * number:{shown[:-1]}f} %"
    return _no_signed_zero(f"{number:{shown}}")


def _no_signed_zero(text: str) -> str:
    return text.lstrip("+-") if not text.strip("+-0.") else text


def in_metres(value: float) -> str:
    return "–" if math.isnan(value) else f"{figure('m', value)} m"
