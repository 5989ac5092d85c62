"""What a column of a table is called, what it says and how its figures are written: a row a column."""

import functools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from carecircles import people, words
from carecircles.people import Group, of_group
from carecircles.words import Text, printable, say


class Unit(NamedTuple):
    """
    How figures of a unit are written.

    `decimals` are kept in files, `shown` is a format for people, `excel` one of a spreadsheet,
    `panel` one of the page's tables (a key of FORMATS in `web/kit.js`). `label` is what it is called,
    `mark` what stands behind a figure and in headings.
    """

    label: Text
    decimals: int
    shown: str
    excel: str
    panel: str = ""
    mark: Text = {"en": "", "zh": ""}  # noqa: RUF012  (nobody writes to it)


class Column(NamedTuple):
    """
    A column of any table.

    `label` is its heading in a workbook and `about` what it says. `short` is the heading where the
    table itself says which people or places it is about, `named` where it does not and there is little
    room; `alone` stands beside a figure that brings its unit, as in a summary or a pop-up. `{}` or
    `{short}` in them stand for a group of people, `{u}` for the unit of the plan's cost table.
    """

    unit: str
    label: Text
    about: Text
    short: Text
    named: Text
    alone: Text


UNITS = {
    "text": Unit({"en": "", "zh": ""}, 0, "", "@"),
    "number": Unit({"en": "number", "zh": "个"}, 3, ",.0f", "#,##0", "count"),
    "people": Unit({"en": "people", "zh": "人"}, 3, ",.0f", "#,##0", "count"),
    "net people": Unit({"en": "people", "zh": "人"}, 3, "+,.0f", "+#,##0;-#,##0;0", "signed"),
    "share": Unit({"en": "%", "zh": "%"}, 6, ".1%", "0.0%", "share"),
    "index": Unit({"en": "index", "zh": "指数"}, 6, ".3f", "0.000"),
    "gap": Unit({"en": "%", "zh": "%"}, 9, ".2%", "0.00%"),
    "per 1000": Unit({"en": "per 1,000 people", "zh": "每千人"}, 6, ",.1f", "#,##0.0"),
    "per place": Unit({"en": "people per place", "zh": "人/位"}, 6, ",.2f", "#,##0.00"),
    "m2": Unit({"en": "m²", "zh": "平方米"}, 1, ",.0f", "#,##0", "count", {"en": "m²", "zh": "m²"}),
    "km2": Unit({"en": "km²", "zh": "平方公里"}, 4, ".2f", "#,##0.00", "area", {"en": "km²", "zh": "km²"}),
    "net km2": Unit({"en": "km²", "zh": "平方公里"}, 4, "+.2f", "+#,##0.00;-#,##0.00;0.00"),
    "m": Unit({"en": "m", "zh": "米"}, 1, ",.0f", "#,##0", "count", {"en": "m", "zh": "m"}),
    "min": Unit({"en": "minutes", "zh": "分钟"}, 1, ",.1f", "#,##0.0", "tenths", {"en": "min", "zh": "分钟"}),
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
    *,
    named: tuple[str, str] | None = None,
    alone: tuple[str, str] | None = None,
) -> Column:
    brief = [text.replace("{}", "{short}") for text in label]
    said, told, under, whose, beside = (
        some if isinstance(some, dict) else dict(zip(("en", "zh"), some, strict=True))
        for some in (label, about, short or label, named or brief, alone or brief)
    )
    return Column(unit, said, told, under, whose, beside)


# Of names with {g} in them there is a column for each group of people, of those with {u} for each unit of a
# cost table.
COLUMNS: dict[str, Column] = {
    # what a row is about
    "code": _column("text", ("Street code", "街道代码"), ("Code of the street; 'district' in the row of the whole district", "街道代码；全区一行为 district")),
    "level": _column("text", ("Level", "层级"), ("How large a unit the row is about: province, city, district or street", "该行所指单元的层级：province 省、city 市、district 区县、street 街道")),
    "within": _column("text", ("Part of", "上级代码"), ("Code of the unit of the level above that this one is part of; empty in the uppermost", "所属上一层级单元的代码；最上层为空")),
    "zone": _column("text", ("Zone", "未覆盖区"), ("Number of the uncovered zone, the one with most older people first; 'other' is all small ones together", "未覆盖区编号，老年人口最多者在前；other 为小块合计")),
    "claimed_zone": _column("text", ("Zone", "片区"), ("Number of the zone that the circle claims and the walk does not reach, the one with most older people first; 'other' is all small ones together", "圈内不可达片区编号，老年人口最多者在前；other 为小块合计")),
    "id": _column("text", ("ID", "编号"), ("Identity of the centre or site", "中心或选址的编号")),
    "cell": _column("text", ("Cell", "网格"), ("Label of the grid cell in whose middle the new centre would stand", "新中心所在网格的编号")),
    "rank": _column("number", ("Rank", "名次"), ("Place in the comparison; 0 is what the others are held against", "比较中的名次，0 为比较基准")),
    "new": _column("text", ("New centres", "新增中心数"), ("How many centres are added", "新增中心的数量")),
    "name": _column("text", ("Name (Chinese)", "名称"), ("Name, in Chinese where there is one", "名称")),
    "name_en": _column("text", ("English name", "英文名"), ("Name in English", "英文名称")),
    # what a row of a table of text is about, in whatever language it is
    "street_name": _column("text", ("Street", "街道"), ("Name of the street, or the whole district", "街道名称，或全区")),
    "level_name": _column("text", ("Level", "层级"), ("How large a unit the row is about", "该行所指单元的层级")),
    "part_name": _column("text", ("Unit", "单元"), ("Name of the unit, its code where it has none", "单元名称；没有名称时为代码")),
    "group_name": _column("text", ("Group", "人群"), ("The group of people", "人群")),
    "service_name": _column("text", ("Service", "服务"), ("The service, or the bundle of services", "服务或服务组合")),
    "service": _column("text", ("Service key", "服务代号"), ("Key of the service or bundle, as it is called on the command line", "服务或服务组合的代号")),
    "service_zh": _column("text", ("Service (Chinese)", "服务名称"), ("Name of the service or bundle, in Chinese where there is one", "服务或服务组合的名称")),
    "service_en": _column("text", ("Service in English", "服务英文名"), ("Name of the service or bundle in English", "服务或服务组合的英文名称")),
    "held_to": _column("text", ("Held to", "所用标准"), ("What is near for the group of the row: its limit, and the pace that goes with it", "该行人群的标准：界限及相应步速"), ("held to", "标准")),
    "plan_name": _column("text", ("Plan", "方案"), ("Name of the plan, the group its standard is for and its day", "方案名称、标准适用人群与日期")),
    "closed_name": _column("text", ("Centre closed", "关闭的中心"), ("The centre that is closed, it alone", "被关闭的中心（仅此一处）")),
    "best_name": _column("text", ("Best place in", "最佳位置所在街道"), ("The street, of whose places the best is told", "街道，列出其中的最佳位置")),
    "centre_name": _column("text", ("Centre", "中心"), ("Name and identity of the centre", "中心的名称与编号")),
    "site_name": _column("text", ("Site", "选址"), ("Identity and name of the site", "选址的编号与名称")),
    "unit_name": _column("text", ("Unit", "单元"), ("What has a known number of people: a street or what is left of it, a community, a square of the population grid", "已知人数的单元：街道（或其余部分）、社区、人口网格单元")),
    "placed_by": _column("text", ("Placed by", "安置依据"), ("By what the people of the unit are placed in its cells", "单元内人口安置到网格的依据")),
    "bench": _column("text", ("Bench", "座椅"), ("Identity of the place for a new bench", "新座椅位置的编号")),
    "alternative": _column("text", ("Alternative", "备选"), ("Number of the alternative", "备选方案序号")),
    "apart_m": _column("m", ("Apart from all above, m", "距以上各址 m"), ("What every site keeps from all sites before, in a straight line", "与此前各址的最小直线距离"), ("m from all above", "距以上各址 m")),
    "street": _column("text", ("Street", "街道"), ("Code of the street it lies in", "所在街道的代码")),
    "neighbour": _column("text", ("Beyond the border", "区外"), ("Whether the centre stands beyond the district's border", "是否为区外中心")),
    "group": _column("text", ("Standard is for", "标准适用人群"), ("The group of people the standard is for", "标准适用的人群")),
    "as_of": _column("text", ("Day", "日期"), ("The day the plan shows", "方案所示日期")),
    "change": _column("text", ("Change", "变化"), ("What happens to the centre: opened, closed, moved, equipped or enlarged", "中心的变化：新开、关闭、迁移、服务调整或扩容")),
    "equipped": _column("text", ("Other services", "服务调整"), ("Whether the centre offers other services than before", "服务内容是否有变化")),
    "enlarged": _column("text", ("Holds more", "扩容"), ("Whether the centre holds other numbers of people or beds than before", "服务人数或床位是否有变化")),
    "moved_m": _column("m", ("Moved by, m", "迁移距离 m"), ("How far the centre moves, in a straight line", "中心迁移的直线距离")),
    "streets": _column("text", ("Street codes", "所涉街道代码"), ("Codes of the streets the zone lies in, the one with most older people first", "所涉街道的代码，老年人口最多者在前")),
    "street_names": _column("text", ("Street names", "所涉街道"), ("Names of the streets the zone lies in", "所涉街道的名称")),
    "streets_{g}": _column("text", ("Streets, {} in each", "街道及各街{}"), ("Names of the streets the zone lies in, with the people ({}) in each", "所涉街道及各街道内的人口（{}）"), ("Streets, {} in each", "街道及各街{short}")),
    "nearest": _column("text", ("Nearest centre, ID", "最近中心编号"), ("Identity of the centre nearest to most older people of the zone", "距该区多数老年人最近的中心编号")),
    "nearest_name": _column("text", ("Nearest centre", "最近的中心"), ("Name of the centre nearest to most older people of the zone", "距该区多数老年人最近的中心名称"), alone=("Nearest centre for most", "多数人最近的中心")),
    "parts": _column("number", ("Zones in the row", "所含区数"), ("How many zones the row holds; above 1 only for 'other'", "该行所含片区数，仅 other 大于 1")),
    "lon": _column("degrees", ("lon", "经度"), ("Longitude in WGS84", "WGS84 经度")),
    "lat": _column("degrees", ("lat", "纬度"), ("Latitude in WGS84", "WGS84 纬度")),
    "assumed": _column("text", ("Assumed", "假定"), ("What of the data is not known but assumed, schematic or of unstated basis", "数据中的假定、示意或依据未说明之处")),
    "status": _column("text", ("Proof", "证明"), ("'optimal' where it is proven that no other choice is better", "optimal 表示已证明没有更好的方案")),

    # how much a centre holds, and who finds a place
    "capacity": _column("number", ("Capacity", "容量"), ("How many people the centre can serve", "可服务人数")),
    "day_places": _column("number", ("Day places", "日间照料位"), ("Places by day", "日间照料位数量")),
    "beds": _column("number", ("Beds", "床位"), ("Beds in all", "床位总数")),
    "beds_medical": _column("number", ("Medical beds", "医养床位"), ("Of the beds those with medical care", "其中医养床位数")),
    "beds_rehabilitation": _column("number", ("Rehabilitation beds", "康复床位"), ("Of the beds those for rehabilitation", "其中康复床位数")),
    "beds_family": _column("number", ("Family beds", "家庭床位"), ("Of the beds those in people's homes that the centre looks after", "其中由中心照护的家庭床位数")),
    "state": _column("text", ("State", "状态"), ("Whether the centre is kept, new, converted or enlarged; empty where nothing is said", "保留（kept）、新建（new）、改建（converted）或扩建（enlarged）；未说明则为空")),
    "area_m2": _column("m2", ("Floor area, m²", "建筑面积 m²"), ("Floor area of the centre", "中心的建筑面积")),
    "floor": _column("text", ("Floor", "楼层"), ("On which floor the centre is, as written", "中心所在楼层，照录")),
    "term": _column("text", ("Term", "期限"), ("By when it is planned: near or far; empty where nothing is said", "规划期限：近期（near）或远期（far）；未说明则为空")),
    "places": _column("number", ("Places", "容量"), ("What it holds of the kind that is asked for; nothing where nobody says", "所问种类的数量；未说明则为空")),
    "enlarges": _column("text", ("Enlarges", "扩建"), ("The centre that is enlarged; empty for a new one", "所扩建的中心；新建则为空")),
    "more": _column("number", ("More", "增加"), ("How many places more than there are", "比现有增加的数量"), ("more", "增加")),
    "assigned": _column("people", ("People who come", "前往人数"), ("People in need who go to the centre", "前往该中心的有需要的人"), ("who come", "前往人数")),
    "used": _column("share", ("Share used", "使用率"), ("People who come, over places", "前往人数与容量之比"), ("used", "使用率")),
    "left_over": _column("people", ("Left over", "未得到名额"), ("People in need who find no place; of a centre those whose nearest it is", "没有得到名额的人；中心一行为以其为最近中心者"), ("left over", "未得到名额")),
    "crowding": _column("per place", ("Crowding", "拥挤度"), ("People who would come for each place if they chose by places and distance (i2SFCA)", "按容量与距离选择时每个名额的人数（i2SFCA）"), ("people per place", "拥挤度")),
    "goes_{u}": _column("{u}", ("Mean way, {u}", "平均距离 {u}"), ("Mean way of those who come", "前往者的平均距离"), ("mean {u}", "平均距离 {u}")),
    "need": _column("people", ("People in need", "有需要的人"), ("People who need a place", "需要名额的人"), ("in need", "有需要的人")),
    "served": _column("people", ("Find a place", "得到名额"), ("People in need who find a place", "得到名额的人"), ("find a place", "得到名额")),
    "unsaid": _column("people", ("Nobody knows", "无从得知"), ("People who would go to a centre of which nobody says how much it holds", "会前往未注明容量的中心的人"), ("nobody knows", "无从得知")),
    "left_over_share": _column("share", ("Share left over", "未得到名额比例"), ("Share of the people in need who find no place", "有需要者中没有得到名额的比例"), ("share left over", "未得到比例")),
    "access": _column("per 1000", ("Places per 1,000", "每千人可达容量"), ("Places within reach for 1,000 people in need, each shared with all who reach it", "每千名有需要者可达的容量，与所有可达者分享"), ("places per 1,000", "每千人可达容量")),

    # a plan
    "centres": _column("number", ("Centres", "中心数"), ("Centres in the street or district, without those beyond the border", "街道或全区内的中心数，不含区外"), ("centres", "中心")),
    "neighbours": _column("number", ("Neighbours", "区外中心数"), ("Centres beyond the border that count too", "计入的区外中心数")),
    "metres": _column("m", ("Standard, m", "标准 米"), ("Metres the standard allows", "标准允许的距离"), ("m", "米")),
    "minutes": _column("min", ("Standard, minutes", "标准 分钟"), ("Minutes on foot the standard allows", "标准允许的步行时间")),

    # area and distance
    "area_km2": _column("km2", ("Area, km²", "面积 km²"), ("Area of the street, district or zone", "街道、全区或未覆盖区的面积"), ("km2", "面积 km2"), alone=("Area", "面积")),
    "covered_area_share": _column("share", ("Area covered", "面积覆盖率"), ("Share of the area from which a centre is within the standard, the limit included", "标准距离内（含界限）有中心的面积占比"), ("area covered", "面积覆盖率")),
    "covered_area_share_before": _column("share", ("Area covered before", "原面积覆盖率"), ("Share of the area covered before the change", "变化前的面积覆盖率")),
    "covered_area_share_after": _column("share", ("Area covered after", "现面积覆盖率"), ("Share of the area covered after the change", "变化后的面积覆盖率")),
    "backup_area_share": _column("share", ("Area with two or more", "面积两处以上"), ("Share of the area with two centres or more within the standard", "标准距离内有两处以上中心的面积占比")),
    "mean_distance_{u}": _column("{u}", ("Mean distance, {u}", "平均距离 {u}"), ("Mean distance to the nearest centre: of all people who have a way to one, or of those a site is for", "到最近中心的平均距离：有路可达的全部人口，或选址所针对的人群"), ("mean of all, {u}", "全体平均距离 {u}"), alone=("Mean distance to the nearest centre", "到最近中心平均距离")),
    "mean_distance_{u}_before": _column("{u}", ("Mean distance before, {u}", "原平均距离 {u}"), ("Mean distance to the nearest centre before the change, of those who had a way to one", "变化前到最近中心的平均距离（有路可达者）")),
    "mean_distance_{u}_after": _column("{u}", ("Mean distance after, {u}", "现平均距离 {u}"), ("Mean distance to the nearest centre after the change, of those who have a way to one", "变化后到最近中心的平均距离（有路可达者）")),
    "p90_distance_{u}": _column("{u}", ("90 % live within, {u}", "90%以内 {u}"), ("Distance to the nearest centre within which 90 % of all people live", "90%的人口到最近中心不超过的距离"), ("90 % of all within {u}", "全体90%以内 {u}"), alone=("90 % of people live within", "90%的人在此距离内")),
    "distance_{u}": _column("{u}", ("Mean distance, {u}", "平均距离 {u}"), ("Mean distance of the zone's older people to the nearest centre", "该区老年人到最近中心的平均距离"), ("mean {u}", "平均距离 {u}"), alone=("Mean distance", "平均距离")),
    "too_far_{u}": _column("{u}", ("Too far by, {u}", "超出 {u}"), ("By how much that mean distance is beyond the standard", "平均距离超出标准的距离"), ("too far by {u}", "超出 {u}"), alone=("Too far by", "超出")),
    "farthest_{u}": _column("{u}", ("Farthest, {u}", "最远 {u}"), ("Distance of the zone's farthest cell to its nearest centre", "该区最远网格到最近中心的距离"), ("farthest {u}", "最远 {u}")),
    "gained_km2": _column("km2", ("Area gained, km²", "新增面积 km²"), ("Area that is covered and was not", "新增覆盖的面积"), ("km2 gained", "新增 km2")),
    "lost_km2": _column("km2", ("Area lost, km²", "失去面积 km²"), ("Area that was covered and is not", "失去覆盖的面积"), ("km2 lost", "失去 km2")),
    "net_km2": _column("net km2", ("Area, net, km²", "面积净变化 km²"), ("Area gained less area lost", "新增减去失去的面积"), ("net km2", "面积净变化 km2")),

    # several plans, each in a year
    "plan": _column("text", ("Plan (Chinese)", "方案"), ("Name of the plan, in Chinese where there is one", "方案名称")),
    "plan_en": _column("text", ("Plan", "方案英文名"), ("Name of the plan in English", "方案英文名称")),
    "year": _column("year", ("People of", "人口年份"), ("The year whose people are counted", "所计人口的年份")),

    # over time
    "day": _column("text", ("Day", "日期"), ("The last day of the month or year that the row is about", "该行所述月份或年份的最后一天")),
    "opened": _column("text", ("Opened", "新开的中心"), ("Identities of centres that opened since the day of the row before", "自上一行日期以来新开的中心编号")),
    "closed": _column("text", ("Closed", "关闭的中心"), ("Identities of centres that closed since the day of the row before", "自上一行日期以来关闭的中心编号")),
    "happened": _column("text", ("Opened +, closed −", "新开 +，关闭 −"), ("What opened, closed or moved since the row before", "自上一行以来新开、关闭或迁移的中心")),

    # people covered
    "{g}": _column("people", ("{}", "{}"), ("People ({})", "人口（{}）"), named=("{}", "{}"), alone=("People {}", "{}人口")),
    "covered_{g}_share": _column("share", ("{} covered", "{}覆盖率"), ("Share of people ({}) with a centre within the standard, the limit included", "标准距离内（含界限）有中心的人口占比（{}）"), ("covered", "覆盖率")),
    "backup_{g}_share": _column("share", ("{} with two or more", "{}两处以上"), ("Share of people ({}) with two centres or more within the standard", "标准距离内有两处以上中心的人口占比（{}）"), words.COLUMNS["backup"], alone=("{} with two centres or more", "{short}两处以上")),
    "uncovered_{g}": _column("people", ("{} left", "未覆盖{}"), ("People ({}) without a centre within the standard", "标准距离内没有中心的人口（{}）"), ("left", "未覆盖"), alone=("{} not covered", "未覆盖{short}")),
    "covered_{g}": _column("people", ("{} covered, people", "覆盖{}人数"), ("People ({}) with a centre within the standard", "标准距离内有中心的人口（{}）"), ("{} covered", "覆盖{}")),
    "best_{g}": _column("people", ("{} covered at best", "最优覆盖{}"), ("People ({}) covered by the best plan of so many", "该数量下最优方案覆盖的人口（{}）")),

    # people placed
    "known_{g}": _column("people", ("{} known", "已知{}"), ("People ({}) the unit is known to have", "单元的已知人口（{}）")),
    "placed_{g}": _column("people", ("{} placed", "已安置{}"), ("People ({}) in the cells of the unit", "单元各网格内安置的人口（{}）")),

    # how unequally far people are
    "measured": _column("text", ("Measured", "量算方式"), ("How people get to centres", "到达中心的方式")),
    "mean_{u}": _column("{u}", ("Mean distance of these people, {u}", "该人群平均距离 {u}"), ("Mean distance to the nearest centre of the people the row is about", "该行人群到最近中心的平均距离"), ("their mean {u}", "该人群平均 {u}")),
    "group_people": _column("people", ("People", "人数"), ("People of the group in the row", "该行人群的人数")),
    "covered_group_people": _column("people", ("Covered", "覆盖人数"), ("People of the group in the row with a centre within their standard", "该行人群中标准内有中心的人数"), ("covered, people", "覆盖人数")),
    "covered_group_people_share": _column("share", ("Share covered of these", "该人群覆盖率"), ("Share of the people of the group in the row with a centre within their standard, the limit included", "该行人群中标准内（含界限）有中心的占比"), ("covered", "覆盖率")),
    "expected_group_people_share": _column("share", ("Covered of these, expected", "该人群期望覆盖率"), ("Share of the people of the group in the row who are covered, mean of the draws of what is not known", "该行人群的覆盖率，对未知数据各次抽样的平均"), ("expected", "期望覆盖率")),
    "low_group_people_share": _column("share", ("Covered of these, low", "该人群覆盖率下限"), ("Share of the people of the group in the row who are covered that 5 % of the draws stay below", "该行人群覆盖率的下限，5% 的抽样低于此值"), ("low", "覆盖率下限")),
    "high_group_people_share": _column("share", ("Covered of these, high", "该人群覆盖率上限"), ("Share of the people of the group in the row who are covered that 5 % of the draws exceed", "该行人群覆盖率的上限，5% 的抽样高于此值"), ("high", "覆盖率上限")),
    "uncovered_group_people": _column("people", ("Left of these", "该人群未覆盖"), ("People of the group in the row without a centre within their standard", "该行人群中标准内没有中心的人数"), ("left", "未覆盖")),
    "backup_group_people_share": _column("share", ("Two or more, of these", "该人群两处以上"), ("Share of the people of the group in the row with two centres or more within their standard", "该行人群中标准内有两处以上中心的占比"), words.COLUMNS["backup"]),
    "out_of_reach_group_people": _column("people", ("Without a way", "无路可达"), ("People of the group in the row from whom no way leads to any centre", "该行人群中无路可达任何中心的人数")),
    "out_of_reach_{g}": _column("people", ("{} without a way", "无路可达的{}"), ("People ({}) from whom no way leads to any centre; the other measures leave them out", "无路可达任何中心的人口（{}），不计入其他各项")),
    "worst_tenth_{u}": _column("{u}", ("Farthest tenth, mean {u}", "最远一成平均 {u}"), ("Mean distance of the tenth of people who have it farthest", "距离最远的一成人口的平均距离"), ("farthest tenth {u}", "最远一成 {u}")),
    "ede_{u}": _column("{u}", ("As if all had, {u}", "等价均等距离 {u}"), ("Equally-distributed equivalent distance (Kolm and Pollak): were everyone so far, it would be as bad", "Kolm-Pollak 等价均等距离：若人人同此距离，则同样不利"), ("as if all {u}", "等价均等 {u}")),
    "gini": _column("index", ("Gini", "基尼系数"), ("Gini coefficient of the distance: 0 where all are equally far", "距离的基尼系数，0 为人人相等"), ("Gini", "基尼")),
    "theil": _column("index", ("Theil", "泰尔指数"), ("Theil index of the distance: 0 where all are equally far", "距离的泰尔指数，0 为人人相等"), ("Theil", "泰尔")),
    "theil_within": _column("index", ("Theil within streets", "街道内泰尔"), ("The part of Theil's index within streets", "泰尔指数的街道内部分")),
    "theil_between": _column("index", ("Theil between streets", "街道间泰尔"), ("The part of Theil's index between streets", "泰尔指数的街道间部分")),
    "palma": _column("index", ("Farthest tenth to nearest two fifths", "最远一成与最近四成之比"), ("Distance borne by the farthest tenth of people over that borne by the nearest two fifths", "最远一成人口与最近四成人口承担的距离之比"), ("10:40", "10:40")),
    "fgt0": _column("share", ("Beyond the standard", "超出标准者占比"), ("Share of people beyond the standard (FGT 0)", "超出标准的人口占比（FGT 0）"), ("beyond", "超标准")),
    "fgt1": _column("index", ("Beyond by, in standards", "超出幅度"), ("Mean of what is beyond the standard, in standards (FGT 1)", "超出标准的幅度（以标准为单位）的平均（FGT 1）"), ("FGT 1", "FGT 1")),
    "fgt2": _column("index", ("Beyond, squared", "超出幅度平方"), ("Mean of its square, in which those far beyond weigh more (FGT 2)", "超出幅度平方的平均，越远权重越大（FGT 2）"), ("FGT 2", "FGT 2")),
    "kappa": _column("index", ("Kappa", "κ"), ("By which the equivalent weighs far distances, per unit of distance", "等价均等距离的参数 κ（每单位距离）")),
    "epsilon": _column("index", ("Epsilon", "ε"), ("Aversion to inequality by which the equivalent is made", "等价均等距离的不平等厌恶参数 ε")),

    # how sure it is
    "expected_{g}_share": _column("share", ("{} covered, expected", "{}期望覆盖率"), ("Share of people ({}) covered, mean of the draws of what is not known", "人口覆盖率（{}），对未知数据各次抽样的平均"), ("expected", "期望覆盖率")),
    "low_{g}_share": _column("share", ("{} covered, low", "{}覆盖率下限"), ("Share of people ({}) covered that 5 % of the draws stay below", "人口覆盖率（{}）的下限，5% 的抽样低于此值"), ("low", "覆盖率下限")),
    "high_{g}_share": _column("share", ("{} covered, high", "{}覆盖率上限"), ("Share of people ({}) covered that 5 % of the draws exceed", "人口覆盖率（{}）的上限，5% 的抽样高于此值"), ("high", "覆盖率上限")),
    "met_share": _column("share", ("Target met", "达标概率"), ("Share of the draws in which the target is met", "达到目标的抽样占比")),
    "need_rank": _column("number", ("Place, worst first", "位次（差者在前）"), ("Place of the street among the streets by the share covered, the one served worst first", "按覆盖率由低到高的位次"), ("place", "位次")),
    "need_rank_low": _column("number", ("Place, low", "位次下限"), ("Place that 5 % of the draws stay below", "位次下限，5% 的抽样低于此值")),
    "need_rank_high": _column("number", ("Place, high", "位次上限"), ("Place that 5 % of the draws exceed", "位次上限，5% 的抽样高于此值")),
    "need_rank_share": _column("share", ("Place holds", "位次成立"), ("Share of the draws in which the street has just this place", "恰为此位次的抽样占比")),
    "worst_share": _column("share", ("Served worst", "最差概率"), ("Share of the draws in which no street is served worse", "没有街道比它更差的抽样占比")),
    "share_range": _column("text", ("Covered in 90 % of draws", "九成抽样的覆盖率"), ("Between which the share covered lies in 90 % of the draws", "九成抽样的覆盖率所在区间")),
    "expected_{g}_share_before": _column("share", ("{} covered before, expected", "{}原期望覆盖率"), ("Share of people ({}) covered before the change, mean of the draws", "变化前的人口覆盖率（{}），各次抽样的平均")),
    "low_{g}_share_before": _column("share", ("{} covered before, low", "{}原覆盖率下限"), ("Share of people ({}) covered before the change that 5 % of the draws stay below", "变化前人口覆盖率（{}）的下限，5% 的抽样低于此值")),
    "high_{g}_share_before": _column("share", ("{} covered before, high", "{}原覆盖率上限"), ("Share of people ({}) covered before the change that 5 % of the draws exceed", "变化前人口覆盖率（{}）的上限，5% 的抽样高于此值")),
    "expected_{g}_share_after": _column("share", ("{} covered after, expected", "{}现期望覆盖率"), ("Share of people ({}) covered after the change, mean of the draws", "变化后的人口覆盖率（{}），各次抽样的平均")),
    "low_{g}_share_after": _column("share", ("{} covered after, low", "{}现覆盖率下限"), ("Share of people ({}) covered after the change that 5 % of the draws stay below", "变化后人口覆盖率（{}）的下限，5% 的抽样低于此值")),
    "high_{g}_share_after": _column("share", ("{} covered after, high", "{}现覆盖率上限"), ("Share of people ({}) covered after the change that 5 % of the draws exceed", "变化后人口覆盖率（{}）的上限，5% 的抽样高于此值")),
    "expected_net_{g}": _column("net people", ("{}, net, expected", "{}净变化期望"), ("People ({}) gained less those lost, mean of the draws, both plans in the same draws", "新增减去失去覆盖的人口（{}），两方案相同抽样的平均"), ("net, expected", "净变化期望")),
    "low_net_{g}": _column("net people", ("{}, net, low", "{}净变化下限"), ("People ({}) gained less those lost that 5 % of the draws stay below", "新增减去失去覆盖的人口（{}）的下限，5% 的抽样低于此值"), ("net, low", "净变化下限")),
    "high_net_{g}": _column("net people", ("{}, net, high", "{}净变化上限"), ("People ({}) gained less those lost that 5 % of the draws exceed", "新增减去失去覆盖的人口（{}）的上限，5% 的抽样高于此值"), ("net, high", "净变化上限")),
    "more_share": _column("share", ("More covered", "覆盖增加的概率"), ("Share of the draws in which more people are covered than before", "覆盖人数多于原来的抽样占比"), ("more in draws", "增加的抽样")),
    "fewer_share": _column("share", ("Fewer covered", "覆盖减少的概率"), ("Share of the draws in which fewer people are covered than before", "覆盖人数少于原来的抽样占比"), ("fewer in draws", "减少的抽样")),
    "expected_uncovered_{g}": _column("people", ("{} left, expected", "未覆盖{}期望"), ("People ({}) without a centre within the standard, mean of the draws", "标准距离内没有中心的人口（{}），各次抽样的平均"), ("expected", "期望")),
    "low_uncovered_{g}": _column("people", ("{} left, low", "未覆盖{}下限"), ("People ({}) without a centre within the standard that 5 % of the draws stay below", "标准距离内没有中心的人口（{}）的下限，5% 的抽样低于此值"), ("low", "下限")),
    "high_uncovered_{g}": _column("people", ("{} left, high", "未覆盖{}上限"), ("People ({}) without a centre within the standard that 5 % of the draws exceed", "标准距离内没有中心的人口（{}）的上限，5% 的抽样高于此值"), ("high", "上限")),
    "uncovered_range": _column("text", ("Left in 90 % of draws", "九成抽样的未覆盖人数"), ("Between which the people of the zone lie whom no centre reaches in 90 % of the draws", "九成抽样中该区未覆盖人数所在区间"), ("left in 90 % of draws", "九成区间")),
    "expected_mean_{u}": _column("{u}", ("Mean distance {u}, expected", "平均距离 {u} 期望"), ("Mean distance to the nearest centre: mean of the draws", "到最近中心的平均距离：各次抽样的平均")),
    "low_mean_{u}": _column("{u}", ("Mean distance {u}, low", "平均距离 {u} 下限"), ("Mean distance to the nearest centre: what 5 % of the draws stay below", "到最近中心的平均距离：5% 的抽样低于此值")),
    "high_mean_{u}": _column("{u}", ("Mean distance {u}, high", "平均距离 {u} 上限"), ("Mean distance to the nearest centre: what 5 % of the draws exceed", "到最近中心的平均距离：5% 的抽样高于此值")),
    "expected_worst_tenth_{u}": _column("{u}", ("Worst tenth {u}, expected", "最远十分之一 {u} 期望"), ("Mean distance of the tenth of people who have it farthest: mean of the draws", "最远十分之一人口的平均距离：各次抽样的平均")),
    "low_worst_tenth_{u}": _column("{u}", ("Worst tenth {u}, low", "最远十分之一 {u} 下限"), ("Mean distance of the tenth of people who have it farthest: what 5 % of the draws stay below", "最远十分之一人口的平均距离：5% 的抽样低于此值")),
    "high_worst_tenth_{u}": _column("{u}", ("Worst tenth {u}, high", "最远十分之一 {u} 上限"), ("Mean distance of the tenth of people who have it farthest: what 5 % of the draws exceed", "最远十分之一人口的平均距离：5% 的抽样高于此值")),
    "expected_ede_{u}": _column("{u}", ("As if all had {u}, expected", "等价均等距离 {u} 期望"), ("Equally-distributed equivalent distance (Kolm and Pollak): mean of the draws", "Kolm-Pollak 等价均等距离：各次抽样的平均")),
    "low_ede_{u}": _column("{u}", ("As if all had {u}, low", "等价均等距离 {u} 下限"), ("Equally-distributed equivalent distance (Kolm and Pollak): what 5 % of the draws stay below", "Kolm-Pollak 等价均等距离：5% 的抽样低于此值")),
    "high_ede_{u}": _column("{u}", ("As if all had {u}, high", "等价均等距离 {u} 上限"), ("Equally-distributed equivalent distance (Kolm and Pollak): what 5 % of the draws exceed", "Kolm-Pollak 等价均等距离：5% 的抽样高于此值")),
    "expected_gini": _column("index", ("Gini, expected", "基尼系数期望"), ("Gini coefficient of the distance: mean of the draws", "距离的基尼系数：各次抽样的平均")),
    "low_gini": _column("index", ("Gini, low", "基尼系数下限"), ("Gini coefficient of the distance: what 5 % of the draws stay below", "距离的基尼系数：5% 的抽样低于此值")),
    "high_gini": _column("index", ("Gini, high", "基尼系数上限"), ("Gini coefficient of the distance: what 5 % of the draws exceed", "距离的基尼系数：5% 的抽样高于此值")),
    "expected_fgt0": _column("share", ("Beyond the standard, expected", "超出标准者占比期望"), ("Share of people beyond the standard (FGT 0): mean of the draws", "超出标准的人口占比（FGT 0）：各次抽样的平均")),
    "low_fgt0": _column("share", ("Beyond the standard, low", "超出标准者占比下限"), ("Share of people beyond the standard (FGT 0): what 5 % of the draws stay below", "超出标准的人口占比（FGT 0）：5% 的抽样低于此值")),
    "high_fgt0": _column("share", ("Beyond the standard, high", "超出标准者占比上限"), ("Share of people beyond the standard (FGT 0): what 5 % of the draws exceed", "超出标准的人口占比（FGT 0）：5% 的抽样高于此值")),
    "mean_range": _column("text", ("Mean in 90 % of draws", "平均距离九成区间"), ("Between which the mean distance lies in 90 % of the draws", "九成抽样的平均距离所在区间")),
    "ede_range": _column("text", ("As if all, in 90 % of draws", "等价均等九成区间"), ("Between which the equally-distributed equivalent distance lies in 90 % of the draws", "九成抽样的等价均等距离所在区间")),
    "gini_range": _column("text", ("Gini in 90 % of draws", "基尼九成区间"), ("Between which the Gini coefficient lies in 90 % of the draws", "九成抽样的基尼系数所在区间")),
    "range_before": _column("text", ("Before, in 90 % of draws", "原覆盖率九成区间"), ("Between which the share covered before the change lies in 90 % of the draws", "九成抽样中变化前覆盖率所在区间")),
    "range_after": _column("text", ("After, in 90 % of draws", "现覆盖率九成区间"), ("Between which the share covered after the change lies in 90 % of the draws", "九成抽样中变化后覆盖率所在区间")),
    "net_range": _column("text", ("Net, in 90 % of draws", "净变化九成区间"), ("Between which the people gained less those lost lie in 90 % of the draws", "九成抽样中新增减去失去覆盖的人口所在区间")),
    "rank_range": _column("text", ("Place in 90 % of draws", "九成抽样的位次"), ("Between which the place lies in 90 % of the draws", "九成抽样的位次所在区间")),
    "position_error_m": _column("m", ("May be off by, m", "位置误差 m"), ("How far from where it is said to be the centre may stand", "中心可能偏离所填位置的距离")),
    "variance_share": _column("share", ("Variance it takes away", "可消除的方差"), ("Share of the variance of the district's coverage that goes if the centre stands where it is said to", "若该中心确在所填位置，全区覆盖率方差减少的比例")),
    "deviation_share": _column("gap", ("Standard deviation left", "剩余标准差"), ("Standard deviation of the district's coverage that is left then", "届时全区覆盖率的标准差")),

    # what changes
    "covered_{g}_share_before": _column("share", ("{} covered before", "{}原覆盖率"), ("Share of people ({}) covered before the change", "变化前的人口覆盖率（{}）"), ("covered before", "原覆盖率")),
    "covered_{g}_share_after": _column("share", ("{} covered after", "{}现覆盖率"), ("Share of people ({}) covered after the change", "变化后的人口覆盖率（{}）"), ("after", "现覆盖率")),
    "gained_{g}": _column("people", ("{} gained", "新增覆盖{}"), ("People ({}) who are covered and were not", "新增覆盖的人口（{}）"), words.small(words.STATUSES["gained"])),
    "lost_{g}": _column("people", ("{} lost", "失去覆盖{}"), ("People ({}) who were covered and are not", "失去覆盖的人口（{}）"), words.small(words.STATUSES["lost"])),
    "net_{g}": _column("net people", ("{}, net", "{}净变化"), ("People ({}) gained less those lost", "新增减去失去覆盖的人口（{}）"), words.COLUMNS["net"], named=("net {}", "{short}净变化")),
    "backup_gained_{g}": _column("people", ("{} gaining a backup", "新增两处以上{}"), ("People ({}) who have two centres or more within the standard and had not", "新增有两处以上中心的人口（{}）"), ("backup gained", "新增两处以上")),
    "backup_lost_{g}": _column("people", ("{} losing their backup", "失去两处以上{}"), ("People ({}) who had two centres or more within the standard and have not", "失去两处以上中心的人口（{}）"), ("backup lost", "失去两处以上")),
    "nearer_{g}": _column("people", ("{} nearer", "变近的{}"), ("People ({}) whose nearest centre is nearer than before", "到最近中心变近的人口（{}）"), ("nearer", "变近")),
    "farther_{g}": _column("people", ("{} farther", "变远的{}"), ("People ({}) whose nearest centre is farther than before", "到最近中心变远的人口（{}）"), ("farther", "变远")),
    "mean_nearer_{g}_{u}": _column("{u}", ("{} nearer by, {u}", "{}平均变近 {u}"), ("By how much the nearest centre is nearer, mean of those for whom it is ({})", "变近者到最近中心平均缩短的距离（{}）")),
    "mean_farther_{g}_{u}": _column("{u}", ("{} farther by, {u}", "{}平均变远 {u}"), ("By how much the nearest centre is farther, mean of those for whom it is ({})", "变远者到最近中心平均增加的距离（{}）")),

    # what the circle claims
    "claimed_{g}": _column("people", ("{} claimed by the circle", "服务圈内{}"), ("People ({}) with a centre within the standard in a straight line", "直线距离在标准以内的人口（{}）"), ("the circle claims", "服务圈内")),
    "claimed_{g}_share": _column("share", ("{} claimed, share", "服务圈内{}占比"), ("Share of people ({}) with a centre within the standard in a straight line", "直线距离在标准以内的人口占比（{}）"), ("claimed", "服务圈内占比")),
    "reached_{g}": _column("people", ("{} reached on foot", "步行可达{}"), ("People ({}) with a centre within the standard on foot", "步行在标准以内可达中心的人口（{}）"), ("the walk reaches", "步行可达")),
    "reached_{g}_share": _column("share", ("{} reached, share", "步行可达{}占比"), ("Share of people ({}) with a centre within the standard on foot", "步行在标准以内可达中心的人口占比（{}）"), ("reached", "步行可达占比")),
    "only_claimed_{g}": _column("people", ("{} claimed, not reached", "圈内不可达{}"), ("People ({}) whom the circle claims and the walk does not reach", "服务圈内但步行不可达的人口（{}）"), ("claimed, not reached", "圈内不可达"), alone=("{} claimed, not reached", "圈内不可达{short}")),
    "only_reached_{g}": _column("people", ("{} reached, not claimed", "圈外可达{}"), ("People ({}) whom the walk reaches and the circle does not claim", "服务圈外但步行可达的人口（{}）"), ("reached, not claimed", "圈外可达")),
    "straight_m": _column("m", ("Straight line, m", "直线距离 m"), ("Median straight line to the nearest centre, of people claimed and not reached", "圈内不可达者到最近中心的直线距离中位数"), ("straight m", "直线 m"), alone=("Straight line, median", "直线距离中位数")),
    "walk_{u}": _column("{u}", ("Walk, {u}", "步行 {u}"), ("Median walk to the nearest centre, of people claimed and not reached", "圈内不可达者步行到最近中心的中位数"), ("walk {u}", "步行 {u}"), alone=("Walk, median", "步行中位数")),
    "extra_m": _column("m", ("Walk is longer by, m", "步行多出 m"), ("By how much the walk is longer than the straight line, median of people claimed and not reached", "步行比直线多出的距离，圈内不可达者的中位数"), ("longer by m", "多出 m"), alone=("Longer than the line by, median", "比直线多出，中位数")),

    # the comprehensive circle
    "kind": _column("text", ("Kind", "类别"), ("Kind of facilities; 'all' is every kind that is told", "设施类别；all 为所列各类全部")),
    "kind_name": _column("text", ("Kind (Chinese)", "类别名称"), ("Name of the kind, in Chinese where there is one", "设施类别名称")),
    "kind_name_en": _column("text", ("Kind in English", "类别英文名"), ("Name of the kind in English", "设施类别英文名称")),
    "near_{g}": _column("people", ("{} with it near, people", "可达{}人数"), ("People ({}) with a facility of the kind, or one of every kind, within the standard", "标准内有该类设施（或各类设施俱全）的人口（{}）"), ("near", "可达")),
    "near_{g}_share": _column("share", ("{} with it near", "可达{}占比"), ("Share of people ({}) with a facility of the kind, or one of every kind, within the standard", "标准内有该类设施（或各类设施俱全）的人口占比（{}）"), ("all kinds near", "各类俱全")),
    "grid_cell": _column("text", ("Grid cell", "网格编号"), ("Label of the grid cell", "网格的编号")),
    "kinds_within": _column("number", ("Kinds near", "可达类数"), ("How many kinds of facilities are within the standard of the cell", "该网格标准内有设施的类数")),
    "missing_kinds": _column("text", ("Kinds missing", "缺少的类别"), ("Kinds of facilities that are not within the standard of the cell", "该网格标准内没有的设施类别")),

    # isochrones
    "within_{u}": _column("{u}", ("Within, {u}", "{u} 以内"), ("Largest distance to the nearest centre", "到最近中心的最大距离")),
    "pace_min": _column("min", ("Within, minutes", "分钟以内"), ("Minutes on foot, at the pace of the standard or of the profile", "步行分钟数，按标准或人群的步速")),

    # new centres
    "gross_{g}": _column("people", ("{} within reach", "可达{}"), ("People ({}) within the standard of the site, those covered already included", "选址标准距离内的人口（{}），含已覆盖者")),
    "marginal_{g}": _column("people", ("{} added", "新增{}"), ("People ({}) the site adds to those covered by the centres and the sites before it", "在已有中心及前列选址之外新增覆盖的人口（{}）"), ("adds", "新增")),
    "cumulative_{g}": _column("people", ("{} covered then", "累计覆盖{}"), ("People ({}) covered when the site and those before it stand", "该选址及前列选址建成后覆盖的人口（{}）"), ("covered then", "累计覆盖")),
    "backup_{g}": _column("people", ("{} with two or more then", "届时两处以上{}"), ("People ({}) with two centres or more when the site stands", "该选址建成后有两处以上中心的人口（{}）"), ("with two or more then", "届时两处以上")),
    "credit_{g}": _column("people", ("{}, credit then", "届时折算{}"), ("People ({}) when the site stands, those farther away counted in part", "该选址建成后按距离折算的人数（{}）"), ("credit then", "届时折算人数")),
    "mean_distance_{u}_then": _column("{u}", ("Mean distance then, {u}", "届时平均距离 {u}"), ("Mean distance to the nearest centre when the site stands", "该选址建成后到最近中心的平均距离"), ("mean {u} then", "届时平均距离 {u}")),
    "worst_distance_{u}": _column("{u}", ("Farthest then, {u}", "届时最远距离 {u}"), ("Farthest distance to the nearest centre when the site stands", "该选址建成后到最近中心的最远距离"), ("farthest {u} then", "届时最远距离 {u}")),
    "phase": _column("text", ("Phase", "分期"), ("The year by whose end the site opens", "选址于该年年底前开设"), ("phase", "分期")),
    "opened_sites": _column("number", ("New centres", "新增中心"), ("How many centres open in the phase", "该期开设的中心数"), ("new centres", "新增中心")),
    "means": _column("price", ("Means", "额度"), ("How many centres, or how much money, the phase has of its own", "该期自有的中心个数或费用"), ("means", "额度")),
    "spent": _column("price", ("Spent", "支出"), ("What its sites take of the means", "该期选址用去的额度"), ("spent", "支出")),
    "left": _column("price", ("Left over", "结余"), ("What is left of the means, with what was carried on", "额度结余，含上期结转"), ("left over", "结余")),
    "phase_weight": _column("index", ("Weight", "权重"), ("How much the people of the phase count in the sum", "该期人口在总和中的权重"), ("weight", "权重")),
    "before_{g}": _column("people", ("{} covered without", "无新增时覆盖{}"), ("People ({}) covered then by the centres without new ones", "届时没有新增中心时覆盖的人口（{}）"), ("without new ones", "无新增时")),
    "free_{g}": _column("people", ("{} at best, alone", "单期最优{}"), ("People ({}) covered by the best plan that looks at this phase alone and has all means up to it", "只顾该期、可用至该期全部额度的最优方案覆盖的人口（{}）"), ("at best, alone", "单期最优")),
    "regret_{g}": _column("people", ("{} regret", "遗憾{}"), ("People ({}) whom the timetable covers less than that", "时间表比单期最优少覆盖的人口（{}）"), ("regret", "遗憾")),
    "price": _column("price", ("Price", "费用"), ("What it costs to open, in the unit of the candidates' file", "开设费用，单位同候选点文件"), ("price", "费用")),
    "share": _column("share", ("Share covered", "覆盖率"), ("Share of all people covered by the best plan of so many", "该数量下最优方案的覆盖率"), ("share", "覆盖率")),
    "goal": _column("text", ("Goal", "目标"), ("What the plan is a choice of: 'coverage', people covered against the street served worst; 'fair', mean against equivalent distance", "方案的取舍：coverage 为覆盖人数与最差街道，fair 为平均距离与等价均等距离")),
    "number": _column("text", ("No.", "序号"), ("Number of the plan, the least fair first", "方案序号，公平性最低者在前")),
    "given_up_{g}": _column("people", ("{} given up", "少覆盖{}"), ("People ({}) fewer than the plan that covers most", "比覆盖最多的方案少覆盖的人口（{}）"), ("given up", "少覆盖")),
    "worst_street": _column("text", ("Street served worst", "覆盖率最低的街道"), ("Of the streets the one with the least share of its people covered", "人口覆盖率最低的街道")),
    "worst_street_name": _column("text", ("Its name (Chinese)", "该街道名称"), ("Name of the street that is served worst, in Chinese where there is one", "覆盖率最低的街道的名称")),
    "worst_street_name_en": _column("text", ("Its English name", "该街道英文名"), ("Name of the street that is served worst, in English", "覆盖率最低的街道的英文名称")),
    "least_{g}_share": _column("share", ("{} covered there", "该街道{}覆盖率"), ("Share of people ({}) covered in the street that is served worst", "覆盖率最低的街道的人口覆盖率（{}）"), ("covered there", "该街道覆盖率")),
    "chosen_share": _column("share", ("In the best plan of a draw", "抽样最优方案含此址"), ("Share of the draws of where centres stand in whose best plan the site is", "按中心位置抽样，最优方案含有该选址的抽样占比"), ("in best plans", "最优占比")),
    "sites": _column("text", ("Sites", "选址"), ("Identities of the plan's sites", "方案的选址编号")),
    "objective": _column("goal", ("At best", "最优"), ("What the best plan of so many reaches", "该数量下最优方案的目标值"), ("at best", "最优")),
    "bound": _column("goal", ("Bound", "界"), ("What no plan can beat", "任何方案都无法超过的值")),
    "nested": _column("goal", ("Built one by one", "逐个建设"), ("What the centres of the last plan reach when built in its order", "按最后方案的次序逐个建设所达到的值"), ("built one by one", "逐个建设")),
    "gap": _column("gap", ("Gap", "差距"), ("Share by which the best may be better", "最优方案至多还能好多少")),
}  # fmt: skip

_GROUP = r"(?P<g>people(?:_\w+)?)"  # what a column of people is called
_UNIT = r"(?P<u>m|min)"  # of a cost table


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
    row, group, unit = _row_of(name)
    column = COLUMNS[row]
    if unit is None:
        return column, group
    texts = (
        {lang: words.replace("{u}", UNITS[unit].mark[lang]) for lang, words in text.items()}
        for text in column[1:]
    )
    return Column(unit, *texts), group


def _row_of(name: str) -> tuple[str, str | None, str | None]:
    """The row of COLUMNS that a column has, its group of people and its unit, if they are in its name."""
    if name in COLUMNS:
        return name, None, None
    for row in COLUMNS:
        match = re.fullmatch(row.replace("{g}", _GROUP).replace("{u}", _UNIT), name)
        if match is None:
            continue
        found = match.groupdict()
        if "g" not in found or found["g"].rsplit("_", 1)[-1] not in people.MEASURES:
            return row, found.get("g"), found.get("u")
    raise KeyError(f"no column {name!r} in report.columns.COLUMNS; add a row that says what it is")


@functools.cache
def in_unit(name: str, unit: str) -> str:
    """
    What a column is called where costs are of another unit than metres, as measures call them.

    Examples
    --------
    >>> in_unit("mean_distance_m_before", "min"), in_unit("gained_people_60", "min")
    ('mean_distance_min_before', 'gained_people_60')
    """
    if "m" not in name.split("_"):
        return name
    row, group, metres = _row_of(name)
    if metres is None:  # of metres, whatever costs are
        return name
    return row.replace("{g}", group or "").replace("{u}", unit)


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


def headings(
    names: Sequence[str],
    first: Group,
    beside: Sequence[Group] = (),
    *,
    units: Sequence[str] = ("m",),
) -> dict[str, Text]:
    """
    The headings of a table by column.

    A measure of the group that comes first has its short label, one of a group beside it says whose it is.

    Parameters
    ----------
    names
        Columns, such as `shown.COVERAGE_COLUMNS`.
    first
        The group whose figures come first.
    beside
        The groups that are told beside it.
    units
        Those of the plans' cost tables; with several there is a column for each.

    Examples
    --------
    >>> headings(["lost_{g}", "lost_{also}"], people.GROUPS[1], people.GROUPS[3:])
    {'lost_people_60': {'en': 'lost', 'zh': '失去覆盖'}, 'lost_people_80': {'en': '80+ lost', 'zh': '失去覆盖80+'}}
    """
    own = [group for group in beside if group.is_own]
    told = {"{named}": [first], "{also}": beside, "{own}": own}
    made: dict[str, Text] = {}
    for name in names:
        mark = next((mark for mark in told if mark in name), "{g}")
        for group in told.get(mark, [first]):
            for unit in units if "{u}" in name else ("",):
                column = name.replace(mark, group.column).replace("{u}", unit)
                row = column_of(column)[0]
                made[column] = of_group(row.short if mark == "{g}" else row.named, group)
    return made


def facts(names: Sequence[str], group: Group, unit: str) -> dict[str, Text]:
    """
    What figures are called that stand alone and bring their unit, by column; parameters as in `headings`.

    Examples
    --------
    >>> facts(["mean_distance_{u}", "uncovered_{g}"], people.GROUPS[1], "min")["uncovered_people_60"]["en"]
    '60+ not covered'
    """
    columns = (name.replace("{g}", group.column).replace("{u}", unit) for name in names)
    return {column: of_group(column_of(column)[0].alone, group) for column in columns}


def panel(
    names: Sequence[str],
    group: Group,
    *,
    keys: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """
    The columns of a table of the page: what a row is about, and key, label and format of the others.

    Parameters
    ----------
    names, group
        As in `headings`.
    keys
        What the page calls the figures, if not by their columns.

    Examples
    --------
    >>> panel(("street_name", "gained_{named}"), people.GROUPS[1])[1]
    {'key': 'gained_people_60', 'label': {'en': '60+ gained', 'zh': '新增覆盖60+'}, 'format': 'count'}
    """
    (_, label), *others = headings(names, group).items()
    return [
        {"label": label},
        *(
            {"key": key, "label": heading, "format": UNITS[column_of(column)[0].unit].panel}
            for key, (column, heading) in zip(keys or dict(others), others, strict=True)
        ),
    ]


def told(names: Sequence[str], group: Group, unit: str) -> list[dict[str, Any]]:
    """
    The figures of a pop-up of the page: key, label and unit of each, in which the page writes it.

    Examples
    --------
    >>> told(["too_far_{u}"], people.GROUPS[1], "min")
    [{'key': 'too_far_min', 'label': {'en': 'Too far by', 'zh': '超出'}, 'unit': 'min'}]
    """
    return [
        {"key": name, "label": label, "unit": column_of(name)[0].unit}
        for name, label in facts(names, group, unit).items()
    ]


def records_of(frame: pd.DataFrame, drop: Sequence[str] = ()) -> list[dict[str, Any]]:
    table = pd.DataFrame(frame.drop(columns=["geometry", "assumed"], errors="ignore"))
    table = table.reset_index().drop(columns=list(drop)).astype(object)
    return [
        {str(column): value for column, value in record.items()}
        for record in table.where(table.notna(), None).to_dict("records")
    ]


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


def alone(column: str, value: float) -> Text:
    """
    A figure of a column with its unit, in each language.

    Examples
    --------
    >>> alone("mean_distance_m", 673.4)["en"], alone("mean_distance_min", 8.34)["zh"]
    ('673 m', '8.3 分钟')
    """
    unit = column_of(column)[0].unit
    shown, mark = figure(unit, value), UNITS[unit].mark
    return {lang: f"{shown} {mark[lang]}".rstrip() if shown != "–" else shown for lang in mark}


def unit_in_words(unit: str) -> Text:
    """
    A unit as it stands behind a figure in a sentence.

    Examples
    --------
    >>> unit_in_words("m")
    {'en': 'm', 'zh': '米'}
    """
    return {"en": UNITS[unit].mark["en"], "zh": UNITS[unit].label["zh"]}
