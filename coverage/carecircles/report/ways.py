"""How people get to centres: by which standard and reach, who walks, and what no way leads to."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

from carecircles import comparison, evaluation, people, reach, walkers, words
from carecircles.people import of_group
from carecircles.plan import Plan, is_straight
from carecircles.report.columns import figure, unit_in_words
from carecircles.report.credits import credit_notes
from carecircles.report.names import centre_name, isolated, plan_name
from carecircles.report.rebuilt import uncounted_notes
from carecircles.words import Text, each_once

if TYPE_CHECKING:
    from carecircles.network import Network

FAR_M = 100.0  # from the nearest way
MOST_PLACES = 5  # that are named


def standard_note(plan: Plan) -> Text:
    """
    The standard in words, and how it is measured.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.standard_note(asis)["en"]
    '700 m in a straight line, 15 minutes on foot, the limit included'
    """
    standard = plan.area.standard
    metres, minutes = round(standard.metres), round(standard.minutes, 1)
    group = people.rows_of([standard.group], plan.area.groups)
    way: Text = {"en": f"{metres} m in a straight line", "zh": f"直线 {metres} 米"}
    walk: Text = {"en": f", {minutes:g} minutes on foot", "zh": f"，步行 {minutes:g} 分钟"}
    if not is_straight(plan):
        way = _limited(plan)
    if plan.cost.unit == "min":
        walk = {"en": "", "zh": ""}  # that is the limit itself
    return {
        "en": f"{way['en']}{walk['en']}, the limit included"
        + (f"; for people {group[0].name['en']}" if group else ""),
        "zh": f"{way['zh']}{walk['zh']}，含界限"
        + (of_group({"zh": "；适用于{}人口"}, group[0])["zh"] if group else ""),
    }


def reach_notes(*plans: Plan) -> list[Text]:
    """
    Who walks; of each plan by circles what the walk reaches and the other way round, as far as known; and
    how many people no way leads to any centre.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, reach, report
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> asis = plan.evaluate(area, demand, beside=reach.straight_line)
    >>> report.reach_notes(asis)[0]["en"][:59]
    'People 60+ covered, in a straight line: 57.0 %; in a straig'
    """
    lines = _walker_notes(plans[0])
    for plan in (one for one in plans if one.beside is not None):
        group = comparison.headline(plan)
        share = f"covered_{group.column}_share"
        told = [
            (_way_of(plan, one), figure("share", evaluation.of_district(one.cells)[share]))
            for one in (plan, plan.beside)
            if one is not None
        ]
        line = {
            "en": f"people {group.name['en']} covered, "
            + "; ".join(f"{way['en']}: {reached}" for way, reached in told),
            "zh": f"{group.name['zh']}人口覆盖率，"
            + "；".join(f"{way['zh']}：{reached}" for way, reached in told),
        }
        of = {"en": "", "zh": ""}
        if len(plans) > 1:
            name = plan_name(plan)
            of = {"en": f"{name['en']}: ", "zh": f"{name['zh']}："}
        text = of["en"] + line["en"]
        lines.append({"en": f"{text[:1].upper()}{text[1:]}.", "zh": f"{of['zh']}{line['zh']}。"})
    return [*lines, *each_once(map(uncounted_notes, plans)), *ways_notes(*plans)]


def _walker_notes(plan: Plan) -> list[Text]:
    """What the profile of who walks takes for granted, and what is known of the way to the street door."""
    profile = reach.profile_in(plan.reach)
    if profile is None:
        return []
    group = comparison.headline(plan)
    stairs = evaluation.stairs_to_street(plan.cells, group.column)
    if stairs is None or not stairs["known"] > 0:
        nothing = {
            "en": "From the flat to the street door nothing is added: no residences say both floors and lift.",
            "zh": "从住户到楼门未计入时间：没有住宅资料同时给出层数和有无电梯。",
        }
        return [*walkers.notes(profile), *_way_notes(plan), nothing]
    known = figure("share", stairs["known"])
    door = {
        "en": f"From the flat to the street door: floors and lift are known for {known} of people "
        f"{group.name['en']}, who have {stairs['flights']:.1f} flights on average; nothing is added for "
        "the others.",
        "zh": f"从住户到楼门：{group.name['zh']}人口中 {known} 的层数和有无电梯已知，平均 {stairs['flights']:.1f} 层楼梯；"
        "其余未计入时间。",
    }
    if profile.flight_s is None:
        upstairs, covered = (f"{stairs[c]:,.0f}" for c in ("upstairs", "covered_upstairs"))
        left = figure("share", stairs["covered_out_share"])
        door = {
            "en": f"Stairs are barred, and at least {upstairs} people {group.name['en']} live upstairs without "
            f"a lift (known for {known} of all): they do not get out to the street, but are counted with the "
            f"others of their cell. Without the {covered} of them who count as covered, {left} are covered.",
            "zh": f"不走楼梯时，至少 {upstairs} 名{group.name['zh']}居民住在无电梯的楼上（已知者占 {known}），无法下楼出门，"
            f"但仍随所在网格计算。其中计为已覆盖的有 {covered} 人；除去他们，覆盖率为 {left}。",
        }
    return [*walkers.notes(profile), *_way_notes(plan), door]


def _way_notes(plan: Plan) -> list[Text]:
    """How many stairs and signals are known of the ways that are walked."""
    network = reach.network_in(plan.reach)
    profile = reach.profile_in(plan.reach)
    if network is None or profile is None:
        return []
    flights, signals = (
        f"{network.edges[name].sum() if name in network.edges else 0:,.0f}"
        for name in ("flights", "signals")
    )
    return [
        {
            "en": f"The network knows of {flights} flights of stairs and {signals} signalled crossings; of "
            "others nothing is added.",
            "zh": f"路网中已知 {flights} 层楼梯、{signals} 个信号灯路口；其他的未计入时间。",
        },
        *_lift_notes(network, profile),
    ]


def _lift_notes(network: "Network", profile: walkers.Profile) -> list[Text]:
    """How many lifts and escalators there are on the ways, and what they take of who walks."""
    lifts, escalators = (
        network.edges[name].sum() if name in network.edges else 0.0
        for name in ("lifts", "escalators")
    )
    notes: list[Text] = []
    if lifts > 0:
        basis, on = profile.basis.get("lift_s", walkers.NOT_STATED), {"en": "", "zh": ""}
        if basis != "known":
            on = {"en": f" ({words.BASES[basis]['en']})", "zh": f"（{words.BASES[basis]['zh']}）"}
        takes: Text = {"en": "they are not counted", "zh": "未计入时间"}
        if profile.lift_s is not None:
            each = f"{profile.lift_s:g}"
            takes = {"en": f"each takes {each} s{on['en']}", "zh": f"每部 {each} 秒{on['zh']}"}
        notes.append(
            {
                "en": f"Lifts on the ways: {lifts:,.0f}; {takes['en']}.",
                "zh": f"路上的电梯：{lifts:,.0f} 部；{takes['zh']}。",
            }
        )
    if escalators > 0:
        ridden: Text = {"en": "they count as no stairs", "zh": "不按楼梯计时"}
        if profile.flight_s is None:
            ridden = {"en": "they are barred like stairs", "zh": "与楼梯一样不走"}
        notes.append(
            {
                "en": f"Escalators on the ways: {escalators:,.0f} flights; {ridden['en']}.",
                "zh": f"路上的自动扶梯：{escalators:,.0f} 层；{ridden['zh']}。",
            }
        )
    return notes


def _way_of(plan: Plan, told: Plan) -> Text:
    """By which reach a plan or the one beside it is measured; with its limit where that is in another unit."""
    if plan.beside is None or plan.beside.cost.unit == plan.cost.unit:
        return reach.in_words(told.reach)
    return _limited(told)


def _limited(plan: Plan) -> Text:
    """How far a plan's reach goes, in words."""
    unit, way = unit_in_words(plan.cost.unit), reach.in_words(plan.reach)
    limit = f"{plan.cost.cutoff:g}"
    blank = "" if way["zh"].endswith("）") else " "
    return {
        "en": f"{limit} {unit['en']} {way['en']}",
        "zh": f"{way['zh']}{blank}{limit} {unit['zh']}",
    }


def ways_notes(*plans: Plan) -> list[Text]:
    """Who has no way to any centre, or only one not where it is thought, by any plan's reach; and whose the files are."""
    both = [one for plan in plans for one in (plan, plan.beside) if one is not None]
    return [*each_once(map(_cut_off, both)), *_walk_notes(*both), *credit_notes(*plans)]


def cut_off(plan: Plan, group: str) -> str:
    """
    How many people of a group have no way to any centre, for a barrier without a crossing or ways that do not meet.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> cut_off(plan.evaluate(area, demand), "people_60")
    '0'
    """
    is_of_its_own = reach.kind_of(plan.reach) is reach.looked_up  # whose table may just end there
    if plan.area.facilities.empty or is_of_its_own:
        return figure("people", 0.0)
    return figure("people", evaluation.people_cut_off(plan.cells, group))


def _cut_off(plan: Plan) -> list[Text]:
    """How many people have no way to any centre, and that no mean is of them."""
    group, by = comparison.headline(plan), reach.in_words(plan.reach)
    few = cut_off(plan, group.column)
    if few == figure("people", 0.0):
        return []
    return [
        {
            "en": f"{few} people {group.name['en']} have no way to any centre {by['en']}; the mean distance is that "
            "of all others.",
            "zh": f"{by['zh']}：有 {few} 名{group.name['zh']}人口没有通往任何中心的路；平均距离按其余人口计算。",
        }
    ]


def _walk_notes(*plans: Plan) -> list[Text]:
    """Of plans that are walked: centres far from any way, and people who live nearest to one left out."""
    walked = [(one, net) for one in plans if (net := reach.network_in(one.reach)) is not None]
    if not walked:
        return []
    from carecircles import network

    lines: list[Text] = []
    first, net = walked[0]
    is_lost, group = network.is_left_out(net, first.cells), comparison.headline(first)
    few = figure("people", first.cells.loc[is_lost, group.column].sum())
    if few != figure("people", 0.0):
        lines.append(
            {
                "en": f"{few} people {group.name['en']} live nearest to ways that are not connected with "
                "the others and left out; they are taken to the nearest of the others.",
                "zh": f"{few} 名{group.name['zh']}人口最近的道路与其余不连通、已被略去；按最近的其余道路计算。",
            }
        )
    every = (far_centre_notes(net, plan.area.facilities) for plan, net in walked)
    return [*lines, *each_once(every)]


def far_centre_notes(net: "Network", facilities: gpd.GeoDataFrame) -> list[Text]:
    """
    Centres more than 100 m from any way, how far that is and where: they may not be where they should.

    Examples
    --------
    >>> import shapely
    >>> from carecircles import network
    >>> line = shapely.linestrings([[[500_000, 4_200_000], [500_000, 4_200_100]]])
    >>> net = network.read_network(gpd.GeoDataFrame(geometry=line, crs=4548), crs="EPSG:4548")
    >>> off = gpd.GeoDataFrame({"name": ["Home"], "name_en": ""}, geometry=gpd.points_from_xy([500_400], [4_200_050]), index=["H1"], crs=4548)
    >>> far_centre_notes(net, off)[0]["en"]
    'Centre H1 (Home) is 400 m from any way; the nearest is at 117.00000 37.93290 (lon lat): check where it is.'
    """
    far = far_centres(net, facilities)
    notes: list[Text] = [*far["note"].head(MOST_PLACES)]
    more = len(far) - len(notes)
    if more:
        notes.append(
            {
                "en": f"{more} more {'centre is' if more == 1 else 'centres are'} farther than {FAR_M:g} m from any way.",
                "zh": f"另有 {more} 个中心距任何道路超过 {FAR_M:g} 米。",
            }
        )
    return notes


def far_centres(net: "Network", facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Centres more than 100 m from any way, the farthest first: metres_off, kind of the nearest way, note, and where it is.

    Examples
    --------
    >>> import shapely
    >>> from carecircles import network
    >>> line = shapely.linestrings([[[500_000, 4_200_000], [500_000, 4_200_100]]])
    >>> net = network.read_network(gpd.GeoDataFrame(geometry=line, crs=4548), crs="EPSG:4548")
    >>> off = gpd.GeoDataFrame({"name": ["Home"], "name_en": ""}, geometry=gpd.points_from_xy([500_400], [4_200_050]), index=["H1"], crs=4548)
    >>> far_centres(net, off)["metres_off"].to_dict()
    {'H1': 400.0}
    """
    from carecircles import network

    ways = network.nearest_ways(net, facilities)
    far = ways[~(ways["metres_off"] <= FAR_M)].sort_values("metres_off", ascending=False)
    at = far.geometry.to_crs(4326)
    notes = [
        _far_note(label, centre_name(facilities.loc[label]), way, at[label])
        for label, way in far.iterrows()
    ]
    return far.assign(note=pd.Series(notes, index=far.index, dtype=object))


def _far_note(label: Hashable, name: Text, way: pd.Series, point: shapely.Point | None) -> Text:
    """How far a centre is from the nearest way, and where that is in degrees."""
    who, who_zh = f"{label} ({isolated(name['en'])})", f"{label}（{isolated(name['zh'])}）"
    if point is None:
        return {
            "en": f"Centre {who}: barriers cut every way off from it; check where it is.",
            "zh": f"中心 {who_zh}：所有道路均被障碍隔开；请核对其位置。",
        }
    off, where = f"{way['metres_off']:,.0f}", f"{point.x:.5f} {point.y:.5f}"
    kind = f", {way['kind']}," if way["kind"] else ""
    zh_kind = f"（{way['kind']}）" if way["kind"] else ""
    return {
        "en": f"Centre {who} is {off} m from any way; the nearest{kind} is at {where} (lon lat): "
        "check where it is.",
        "zh": f"中心 {who_zh} 距任何道路 {off} 米；最近的道路{zh_kind}在 {where}（经度 纬度）：请核对其位置。",
    }


def reach_record(plan: Plan) -> dict[str, Any]:
    """
    By which reach figures are measured, and the covered share by the one told beside, for programs.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.reach_record(asis)["measured"]
    'in a straight line'
    """
    record: dict[str, Any] = {
        "measured": reach.in_words(plan.reach)["en"],
        "limit": plan.cost.cutoff,
        "unit": plan.cost.unit,
    }
    profile = reach.profile_in(plan.reach)
    if profile is not None:
        values = {name: getattr(profile, name) for name in profile.basis}
        record["profile"] = {"name": profile.key, **values, "basis": dict(profile.basis)}
        group = comparison.headline(plan).column
        stairs = evaluation.stairs_to_street(plan.cells, group)
        if stairs is not None:
            record["stairs_to_street"] = {
                "of": group,
                **stairs.astype(object).where(stairs.notna(), None),
            }
    if plan.beside is not None:
        share = f"covered_{comparison.headline(plan).column}_share"
        record["beside"] = {
            "measured": reach.in_words(plan.beside.reach)["en"],
            share: round(float(evaluation.of_district(plan.beside.cells)[share]), 6),
        }
    return record
