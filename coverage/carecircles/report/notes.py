"""What has to be said beside figures: names, standards, what is assumed and how exact it is."""

import dataclasses
import datetime
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import comparison, evaluation, grid, people, reach, walkers, weights, words
from carecircles.area import StudyArea, is_neighbour, years_around
from carecircles.people import Group, of_group
from carecircles.plan import Plan, is_straight
from carecircles.report.columns import figure, headings, in_unit, unit_in_words
from carecircles.words import Text, say

if TYPE_CHECKING:
    from carecircles.network import Network

LANGUAGES = ("en", "zh")
_NAMED = 3  # files
FAR_M = 100.0  # from the nearest way
MOST_PLACES = 5  # that are named


def name_of(row: "Mapping[Any, Any] | pd.Series") -> Text:
    """
    The name of a centre, street or area in each language; Chinese where there is no English.

    Examples
    --------
    >>> name_of({"name": "东风", "name_en": "Dongfeng"})
    {'en': 'Dongfeng', 'zh': '东风'}
    """
    return {"en": str(row["name_en"] or row["name"]), "zh": str(row["name"])}


def centre_name(row: "Mapping[Any, Any] | pd.Series") -> Text:
    """
    The name of a centre in each language, marked where it stands beyond the border.

    Examples
    --------
    >>> from carecircles import datasets, report
    >>> area = datasets.load("template")
    >>> report.centre_name(area.facilities.loc["A1"])
    {'en': 'Dongfeng centre', 'zh': '东风中心'}
    """
    name = name_of(row)
    if not row.get("neighbour", False):
        return name
    mark = words.MARKS["neighbour"]
    return {"en": f"{name['en']} ({mark['en']})", "zh": f"{name['zh']}（{mark['zh']}）"}


def centre_count(area: StudyArea) -> str:
    """
    How many centres there are inside and, if any, beyond the border.

    Examples
    --------
    >>> from carecircles import datasets, report
    >>> area = datasets.load("template")
    >>> report.centre_count(area)
    '3'
    """
    beyond = int(is_neighbour(area.facilities).sum())
    return f"{len(area.facilities) - beyond:,}" + (f" + {beyond:,}" if beyond else "")


def centres_label(*areas: StudyArea) -> Text:
    """What `centre_count` counts."""
    if any(is_neighbour(area.facilities).any() for area in areas):
        return {"en": "Centres + neighbours", "zh": "中心 + 区外中心"}
    return {"en": "Centres", "zh": "中心"}


def isolated(text: str) -> str:
    """
    Text whose direction of writing stays its own, to put into a sentence.

    Examples
    --------
    >>> isolated("Home"), len(isolated("בית"))
    ('Home', 5)
    """
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
    return [line for _, line in _bases(area)]


def unstated(area: StudyArea) -> list[Text]:
    """
    Of `assumptions`, those of which nobody says what they rest on: that is not to say they are assumed.

    Examples
    --------
    >>> from carecircles import datasets, report
    >>> area = datasets.load("template")
    >>> report.unstated(area)
    []
    """
    return [line for basis, line in _bases(area) if basis == "not stated"]


def _bases(area: StudyArea) -> list[tuple[str, Text]]:
    """Each basis other than 'known', with its sentence."""
    centres, streets, people = area.facilities, area.streets, area.population
    lines = [
        _not_known(centres["basis"], ("positions", "centre"), ("位置", "中心")),
        _not_known(streets["basis"], ("borders", "street"), ("边界", "街道")),
        _not_known(people["basis"], ("people", "street"), ("人口", "街道")),
        _not_known(people["age_basis"], ("age groups", "street"), ("年龄构成", "街道")),
        _not_known(centres["services_basis"], ("services", "centre"), ("服务内容", "中心")),
    ]
    return [line for some in lines for line in some]


def _not_known(
    basis: pd.Series, en: tuple[str, str], zh: tuple[str, str]
) -> list[tuple[str, Text]]:
    """A sentence for each basis of the rows other than 'known'."""
    verbs = {name: (f"are {word['en']}", f"为{word['zh']}") for name, word in words.BASES.items()}
    verbs["not stated"] = ("are of unstated basis", "依据未说明")
    every, lines = len(basis), []
    for name, n in basis[basis != "known"].value_counts(sort=False).items():
        name = str(name)
        verb_en, verb_zh = verbs.get(name, (f"are {isolated(name)}", f"依据为{isolated(name)}"))
        many_en = "the one" if every == 1 else f"all {n}" if n == every else f"{n} of {every}"
        noun_en = en[1] if every == 1 else f"{en[1]}s"
        of_zh = f"全部{n}个{zh[1]}" if n == every else f"{every}个{zh[1]}中{n}个"
        line = {
            "en": f"{en[0]} of {many_en} {noun_en} {verb_en}",
            "zh": f"{of_zh}的{zh[0]}{verb_zh}",
        }
        lines.append((name, line))
    return lines


def grid_note(plan: Plan) -> Text:
    """
    What counting by cells costs in accuracy.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.grid_note(asis)["en"][:30]
    'Counted on cells of 200 m; the'
    """
    lattice = grid.grid_of(plan.cells)
    side = lattice.cell if lattice else 0.0
    if not weights.is_even(plan.cells):
        return _people_note(plan, side)
    points = 100 * evaluation.area_share_error(plan.cells)
    return {
        "en": f"Counted on cells of {side:g} m; the district's covered area share is within about "
        f"{points:.2f} points of the exact one. People are spread evenly over their street, so that "
        "within a street the share of people is that of area.",
        "zh": f"按 {side:g} 米网格计算；全区面积覆盖率与精确值相差约不超过 {points:.2f} 个百分点。"
        "人口在街道内均匀分布，因此街道内人口覆盖率等于面积覆盖率。",
    }


def _people_note(plan: Plan, side: float) -> Text:
    """By what people are placed where they are not spread evenly, and what that and counting by cells changes."""
    group = comparison.headline(plan)
    points = 100 * evaluation.people_share_error(plan.cells, group.column)
    figures = even_beside(plan)
    beside = {
        lang: f"{PLACED[weights.EVEN][lang]}{colon}{figure('share', figures[0])}{stop}"
        f"{placed_label(plan)[lang]}{colon}{figure('share', figures[1])}"
        for lang, colon, stop in (("en", ": ", "; "), ("zh", "：", "；"))
    }
    return {
        "en": f"Counted on cells of {side:g} m; the covered share of people {group.name['en']} is within "
        f"about {points:.2f} points, as far as that goes: where in a cell they live is not known. "
        f"People {group.name['en']} are placed {placed_in_words(plan)['en']}. Covered, {beside['en']}.",
        "zh": f"按 {side:g} 米网格计算；{group.name['zh']}人口覆盖率由此产生的误差约不超过 {points:.2f} 个百分点"
        f"（不知其在网格内的位置）。{group.name['zh']}人口的安置依据：{placed_in_words(plan)['zh']}。"
        f"覆盖率：{beside['zh']}。",
    }


PLACED: dict[str, Text] = {  # by what people are placed, in two words
    weights.RESIDENCES: {"en": "by residences", "zh": "按住宅"},
    weights.COMMUNITIES: {"en": "by communities", "zh": "按社区"},
    weights.GRID: {"en": "by a population grid", "zh": "按人口网格"},
    weights.RASTER: {"en": "by a population raster", "zh": "按人口栅格"},
    weights.EVEN: {"en": "even", "zh": "均匀分布"},
    weights.UNINHABITED: {"en": "uninhabited land", "zh": "无人居住的用地"},
}


def placed_label(plan: Plan) -> Text:
    """
    By what people of a plan are placed, in two words: what places most of them, or inhabited land alone.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> placed_label(plan.evaluate(area, weights.make_demand(area, cell=200)))["en"]
    'even'
    """
    shares = weights.placed_by(plan.cells, comparison.headline(plan).column)
    best = max(shares, key=lambda basis: (basis != weights.EVEN, shares[basis]))
    if best == weights.EVEN and not weights.is_even(plan.cells):
        return {"en": "on inhabited land", "zh": "按有人居住的用地"}
    return PLACED[best]


def placed_in_words(plan: Plan) -> Text:
    """
    By what the people of a plan are placed, with the share of them and the files.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> placed_in_words(plan.evaluate(area, weights.make_demand(area, cell=200)))["en"]
    'evenly over their street (100 %)'
    """
    shares = weights.placed_by(plan.cells, comparison.headline(plan).column)
    files = placed_files(plan.area)
    en, zh = [], []
    for basis, share in shares.items():
        told, told_zh = _files_told(files.get(basis, []))
        percent = f"{100 * share:.3g} %" if share < 1 else "100 %"
        word = PLACED[basis]
        if basis == weights.EVEN:
            word = {"en": "evenly over their street", "zh": "在街道内均匀分布"}
        en.append(f"{word['en']} ({f'{told}, ' if told else ''}{percent})")
        zh.append(f"{word['zh']}（{f'{told_zh}，' if told_zh else ''}{percent}）")
    if "placed" in plan.cells and (plan.cells["placed"] == weights.UNINHABITED).any():
        told, told_zh = _files_told(files.get(weights.UNINHABITED, []))
        en.append(f"nobody on uninhabited land{f' ({told})' if told else ''}")
        zh.append(f"无人居住的用地不安置{f'（{told_zh}）' if told_zh else ''}")
    return {"en": "; ".join(en), "zh": "；".join(zh)}


def _files_told(files: Sequence[str]) -> tuple[str, str]:
    """The names of a few files, or of the first and how many more, in each language."""
    names = [isolated(file) for file in files]
    if len(names) <= _NAMED:
        return ", ".join(names), "、".join(names)
    return f"{names[0]} and {len(names) - 1} more", f"{names[0]} 等 {len(names)} 个文件"


def placed_files(area: StudyArea) -> dict[str, list[str]]:
    """
    The files that say where people live, by source.

    Examples
    --------
    >>> from carecircles import datasets
    >>> placed_files(datasets.load("template"))
    {}
    """
    sources, files = area.sources, {}
    for name in (weights.RESIDENCES, weights.COMMUNITIES, weights.GRID, weights.UNINHABITED):
        frame = getattr(sources, name)
        if frame is not None and "file" in frame.attrs:
            files[name] = [str(frame.attrs["file"])]
    if sources.people_raster:
        bands = sources.people_raster
        if weights.is_by_year(area):
            bands = tuple(band for band in bands if band.year in years_around(area))
        files[weights.RASTER] = list(dict.fromkeys(band.path.name for band in bands))
    return files


def even_beside(plan: Plan) -> tuple[float, float]:
    """
    The covered share of people were they spread evenly over their street, and as they are placed.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> even, placed = even_beside(plan.evaluate(area, weights.make_demand(area, cell=200)))
    >>> round(even, 9) == round(placed, 9)
    True
    """
    group = comparison.headline(plan).column
    streets = plan.cells.groupby("street", observed=True)
    people, total = streets["covered"].mean() * streets[group].sum(), plan.cells[group].sum()
    even = people.sum() / total if total > 0 else math.nan
    return float(even), float(evaluation.of_district(plan.cells)[f"covered_{group}_share"])


def placed_record(plan: Plan) -> dict[str, Any]:
    """
    By what people are placed, for programs.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> placed_record(plan.evaluate(area, weights.make_demand(area, cell=200)))["people_60"]
    {'even': 1.0}
    """
    group = comparison.headline(plan).column
    shares = weights.placed_by(plan.cells, group)
    even, _ = even_beside(plan)
    return {
        group: {basis: round(share, 6) for basis, share in shares.items()},
        "files": placed_files(plan.area),
        f"covered_{group}_share_even": None if np.isnan(even) else round(even, 6),
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
        name = plan_name(plan) if len(plans) > 1 else {"en": "", "zh": ""}
        line = {
            "en": f"people {group.name['en']} covered, "
            + "; ".join(f"{way['en']}: {reached}" for way, reached in told),
            "zh": f"{group.name['zh']}人口覆盖率，"
            + "；".join(f"{way['zh']}：{reached}" for way, reached in told),
        }
        of = {
            "en": f"{name['en']}: " if name["en"] else "",
            "zh": f"{name['zh']}：" if name["zh"] else "",
        }
        text = of["en"] + line["en"]
        lines.append({"en": f"{text[:1].upper()}{text[1:]}.", "zh": f"{of['zh']}{line['zh']}。"})
    return [*lines, *_ways_notes(*plans)]


def _ways_notes(*plans: Plan) -> list[Text]:
    """Who has no way to any centre, or only one that is not where it is thought, by any of the plans' reaches."""
    both = [one for plan in plans for one in (plan, plan.beside) if one is not None]
    return [*each_once(map(_cut_off, both)), *_walk_notes(*both)]


def _walk_notes(*plans: Plan) -> list[Text]:
    """Of plans that are walked: centres far from any way, and people who live nearest to one left out."""
    walked = [plan for plan in plans if reach.network_in(plan.reach) is not None]
    if not walked:
        return []
    from carecircles import network

    first = walked[0]
    lines: list[Text] = []
    net, group = reach.network_in(first.reach), comparison.headline(first)
    is_lost = network.is_left_out(net, first.cells) if net is not None else first.cells["covered"]
    few = figure("people", first.cells.loc[is_lost, group.column].sum())
    if few != figure("people", 0.0):
        lines.append(
            {
                "en": f"{few} people {group.name['en']} live nearest to ways that are not connected with "
                "the others and left out; they are taken to the nearest of the others.",
                "zh": f"{few} 名{group.name['zh']}人口最近的道路与其余不连通、已被略去；按最近的其余道路计算。",
            }
        )
    every = (
        far_centre_notes(own, plan.area.facilities)
        for plan in walked
        if (own := reach.network_in(plan.reach)) is not None
    )
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
    from carecircles import network

    if facilities.empty:
        return []
    ways = network.nearest_ways(net, facilities)
    far = ways[~(ways["metres_off"] <= FAR_M)].sort_values("metres_off", ascending=False)
    at = far.geometry.to_crs(4326)
    notes: list[Text] = []
    for label, way in far.head(MOST_PLACES).iterrows():
        name, point = centre_name(facilities.loc[label]), at[label]
        who = f"{label} ({isolated(name['en'])})"
        who_zh = f"{label}（{isolated(name['zh'])}）"
        if point is None:
            notes.append(
                {
                    "en": f"Centre {who}: barriers cut every way off from it; check where it is.",
                    "zh": f"中心 {who_zh}：所有道路均被障碍隔开；请核对其位置。",
                }
            )
            continue
        off, where = f"{way['metres_off']:,.0f}", f"{point.x:.5f} {point.y:.5f}"
        kind = f", {way['kind']}," if way["kind"] else ""
        zh_kind = f"（{way['kind']}）" if way["kind"] else ""
        notes.append(
            {
                "en": f"Centre {who} is {off} m from any way; the nearest{kind} is at {where} (lon lat): "
                "check where it is.",
                "zh": f"中心 {who_zh} 距任何道路 {off} 米；最近的道路{zh_kind}在 {where}（经度 纬度）：请核对其位置。",
            }
        )
    more = len(far) - len(notes)
    if more:
        notes.append(
            {
                "en": f"{more} more {'centre is' if more == 1 else 'centres are'} farther than {FAR_M:g} m from any way.",
                "zh": f"另有 {more} 个中心距任何道路超过 {FAR_M:g} 米。",
            }
        )
    return notes


def _cut_off(plan: Plan) -> list[Text]:
    """How many people have no way to any centre, for a barrier without a crossing or ways that do not meet."""
    is_cut_off = plan.cells["nearest"].isna()
    is_of_its_own = reach.kind_of(plan.reach) is reach.looked_up  # whose table may just end there
    if plan.area.facilities.empty or is_of_its_own or not is_cut_off.any():
        return []
    group, by = comparison.headline(plan), reach.in_words(plan.reach)
    few = figure("people", plan.cells.loc[is_cut_off, group.column].sum())
    if few == figure("people", 0.0):
        return []
    return [
        {
            "en": f"{few} people {group.name['en']} have no way to any centre {by['en']}.",
            "zh": f"{by['zh']}：有 {few} 名{group.name['zh']}人口没有通往任何中心的路。",
        }
    ]


def _way_of(plan: Plan, told: Plan) -> Text:
    """By which reach a plan or the one beside it is measured; with its limit where that is in another unit."""
    if plan.beside is None or plan.beside.cost.unit == plan.cost.unit:
        return reach.in_words(told.reach)
    return _limited(told)


def _limited(plan: Plan) -> Text:
    """How far a plan's reach goes, in words."""
    unit, limit, way = (
        unit_in_words(plan.cost.unit),
        f"{plan.cost.cutoff:g}",
        reach.in_words(plan.reach),
    )
    blank = "" if way["zh"].endswith("）") else " "
    return {
        "en": f"{limit} {unit['en']} {way['en']}",
        "zh": f"{way['zh']}{blank}{limit} {unit['zh']}",
    }


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
    if network is None:
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
        }
    ]


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


def neighbour_notes(plan: Plan) -> list[Text]:
    """
    How many centres beyond the border count, and what they add, if there are any.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.neighbour_notes(asis)
    []
    """
    area, cells, is_beyond = plan.area, plan.cells, is_neighbour(plan.area.facilities)
    if not is_beyond.any():
        return []
    pairs = reach.pairs_in(plan.cost.table)
    is_own = pairs.levels[1].isin(area.facilities.index[~is_beyond])[pairs.codes[1]]
    own = dataclasses.replace(plan.cost, table=plan.cost.table[is_own])
    is_theirs = cells["covered"] & ~evaluation.is_covered(cells, own)
    group = comparison.headline(plan)
    added, label = figure("people", cells[group.column][is_theirs].sum()), group.name
    few = int(is_beyond.sum())
    one = few == 1
    return [
        {
            "en": f"{few} {'centre' if one else 'centres'} beyond the border {'counts' if one else 'count'} "
            f"too (neighbours): without {'it' if one else 'them'} {added} fewer people {label['en']} "
            "would be covered.",
            "zh": f"边界外的 {few} 个中心（区外）也计入；若不计，覆盖的{label['zh']}人口减少 {added} 人。",
        }
    ]


def border_notes(plan: Plan) -> list[Text]:
    """
    How many people are not covered so near the border that a centre beyond it could, where none there is known.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.border_notes(asis)[0]["en"]
    'No centre beyond the border is known: 7,143 of the people 60+ who are not covered live within 700 m of it.'
    """
    area, cells = plan.area, plan.cells
    if is_neighbour(area.facilities).any():
        return []
    metres, group = area.standard.metres, comparison.headline(plan)
    inner = shapely.union_all(area.boundary.geometry.to_numpy()).buffer(-metres)
    shapely.prepare(inner)
    is_near = ~cells["covered"].to_numpy()
    left = cells[is_near]
    is_near[is_near] = ~shapely.contains_xy(inner, left["x"].to_numpy(), left["y"].to_numpy())
    few = float(cells[group.column].to_numpy()[is_near].sum())
    if few < 0.5:
        return []
    told = figure("people", few)
    return [
        {
            "en": f"No centre beyond the border is known: {told} of the people {group.name['en']} who are not "
            f"covered live within {metres:g} m of it.",
            "zh": f"边界外没有已知的中心：未覆盖的{group.name['zh']}人口中有 {told} 人住在距边界 {metres:g} 米以内。",
        }
    ]


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


def told_of(area: StudyArea, figures: pd.DataFrame | pd.Series) -> gpd.GeoDataFrame:
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
    if area.year is not None:
        frame.insert(2, "year", area.year)
    frame["assumed"] = "; ".join(line["en"] for line in assumptions(area))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=area.crs)


def heading_of(plan: Plan, /, **setting: Any) -> dict[str, Any]:
    area, cells = plan.area, plan.cells
    centres: dict[str, Any] = {
        key: setting.pop(key) for key in ("centres", "neighbours") if key in setting
    }
    return {
        "area": area.name,
        "area_en": area.name_en,
        **setting,
        "cell_m": grid.lattice_of(cells).cell,
        **centres,
        "area_share_error": round(evaluation.area_share_error(cells), 6),
        "people_share_error": round(
            evaluation.people_share_error(cells, comparison.headline(plan).column), 6
        ),
        "reach": reach_record(plan),
        "placed": placed_record(plan),
        "assumed": [line["en"] for line in assumptions(area)],
        "notes": [note["en"] for note in (*_ways_notes(plan), *neighbour_notes(plan), *area.notes)],
    }


def setting_of(plan: Plan) -> dict[str, Any]:
    """What a plan's figures rest on."""
    area = plan.area
    standard = {"metres": area.standard.metres, "minutes": area.standard.minutes}
    beyond = int(is_neighbour(area.facilities).sum())
    return {
        "standard": standard | ({"group": area.standard.group} if area.standard.group else {}),
        "as_of": area.as_of.isoformat() if area.as_of else None,
        "year": area.year,
        "centres": len(area.facilities) - beyond,
        "neighbours": beyond,
    }


def comparable(columns: pd.Index, *plans: Plan) -> list[str]:
    """The columns without those about groups a plan's standard is not for."""
    every, told = people.columns_of(plans[0].cells), comparison.groups_of(*plans)
    return [c for c in columns if people.group_in(c, every) in (None, *told)]


def headline_group(*plans: Plan) -> str:
    """
    The column of the group whose figures come first (`comparison.headline`).

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.headline_group(asis)
    'people_60'
    """
    return comparison.headline(*plans).column


def named_of(plan: Plan) -> dict[str, Any]:
    return {"name": plan.name["zh"], "name_en": plan.name["en"], **setting_of(plan)}


def each_once(many: Iterable[Iterable[Text]]) -> list[Text]:
    """
    The lines of several lists, each once.

    Examples
    --------
    >>> each_once([[{"en": "a", "zh": "甲"}], [{"en": "a", "zh": "甲"}]])
    [{'en': 'a', 'zh': '甲'}]
    """
    return list({line["en"]: line for lines in many for line in lines}.values())


def plan_name(plan: Plan) -> Text:
    """
    The name of a plan with the day and the year it shows, if it shows one.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.plan_name(asis)["en"]
    'As it is'
    """
    shown = when(plan.area)
    return {lang: isolated(name) + shown[lang] for lang, name in plan.name.items()}


def when(area: StudyArea) -> Text:
    """
    On which day centres are open and of which year people are, as it stands behind a name; else nothing.

    Examples
    --------
    >>> from carecircles import datasets
    >>> from carecircles.area import area_on
    >>> when(area_on(datasets.load("hexi"), "2022-06-30"))["en"]
    ', 2022-06-30'
    """
    return of_time(area.as_of, area.year)


def of_time(day: object, year: float | None) -> Text:
    """A day and a year of people, either of which may be missing, as they stand behind a name."""
    is_dated = isinstance(day, str | datetime.date)
    en, zh = (f", {day}", f"，{day}") if is_dated else ("", "")
    if year is None or pd.isna(year):
        return {"en": en, "zh": zh}
    return {"en": f"{en}, people of {year:.0f}", "zh": f"{zh}，{year:.0f}年人口"}


def columns_of(columns: Sequence[str], *plans: Plan) -> dict[str, Text]:
    """
    The headings of a table for the groups of plans and the units of their costs (`columns.headings`).

    Beside the group whose figures come first stand those that are told beside it.
    """
    first = comparison.headline(*plans)
    others = [group for group in groups_of(*plans) if group.is_beside and group != first]
    return headings(columns, first, others, units=units_of(*plans))


def units_of(*plans: Plan) -> list[str]:
    """The units of the plans' cost tables, each once."""
    return list(dict.fromkeys(plan.cost.unit for plan in plans))


def in_unit_of(figures: pd.DataFrame, plan: Plan, before: Plan | None = None) -> pd.DataFrame:
    """
    Figures of a plan whose columns of costs are called by their unit; those `_before` by that of another plan.

    Measures call them `_m` whatever they are; where a plan's costs are minutes a table says so.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> timed = dataclasses.replace(asis, cost=dataclasses.replace(asis.cost, unit="min"))
    >>> figures = pd.DataFrame({"people_60": [80.0], "mean_distance_m": [9.3]})
    >>> list(report.in_unit_of(figures, timed))
    ['people_60', 'mean_distance_min']
    """
    was = plan if before is None else before
    units = {c: (was if c.endswith("_before") else plan).cost.unit for c in figures.columns}
    return figures.rename(columns={c: in_unit(c, unit) for c, unit in units.items() if unit != "m"})


def groups_of(*plans: Plan) -> list[Group]:
    """
    The groups that plans can be compared for, with their names.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population))
    >>> [group.name["en"] for group in groups_of(asis)]
    ['all ages', '60+', '65+', '80+']
    """
    return people.rows_of(comparison.groups_of(*plans), plans[0].area.groups)


def notes(plan: Plan, *, lang: str) -> list[str]:
    """
    What has to be said under every table: what is assumed, how exact it is, what was taken for granted.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> len(notes(asis, lang="en")) > 0
    True
    """
    remarks = [*reach_notes(plan), grid_note(plan), *neighbour_notes(plan), *plan.area.notes]
    return said_below(assumptions(plan.area), remarks, lang=lang)


def said_below(assumed: Sequence[Text], remarks: Sequence[Text], *, lang: str) -> list[str]:
    """
    What is assumed as one sentence, and the remarks, a line each.

    Examples
    --------
    >>> said_below([{"en": "a", "zh": "甲"}], [{"en": "B.", "zh": "乙。"}], lang="en")
    ['A.', 'B.']
    """
    said = [say(line, lang) for line in assumed]
    joined = ("；" if lang == "zh" else "; ").join(said)
    joined = joined[:1].upper() + joined[1:]
    return [
        *([joined + ("。" if lang == "zh" else ".")] if said else []),
        *(say(line, lang) for line in remarks),
    ]
