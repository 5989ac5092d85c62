"""Who finds a place at which centre and who is left over where, for people and programs."""

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from carecircles import comparison, io, load, words
from carecircles.area import is_neighbour
from carecircles.load import PlanLoad
from carecircles.people import Group, rows_of
from carecircles.plan import Plan
from carecircles.report.columns import as_text, figure, records_of, rounded, unit_in_words
from carecircles.report.coverage import DISTRICT
from carecircles.report.frames import columns_of, heading_of, in_unit_of, setting_of, told_of
from carecircles.report.names import centre_name, isolated, name_of
from carecircles.report.shown import LOAD_COLUMNS, LOAD_STREET_COLUMNS, PLACES_COLUMNS
from carecircles.words import Text, say

if TYPE_CHECKING:
    from carecircles.siting import PlacesSiting

_TOLD = ("state", "term", "floor", "area_m2", *io.KINDS)  # of a centre, as its file says
_MOST_NAMED = 6
_SCORES: dict[str, Text] = {
    "2sfca": {"en": "2SFCA, Luo and Wang 2003", "zh": "2SFCA，Luo 与 Wang 2003"},
    "e2sfca": {"en": "E2SFCA, Luo and Qi 2009", "zh": "E2SFCA，Luo 与 Qi 2009"},
    "gaussian": {"en": "Gaussian 2SFCA, Dai 2010", "zh": "高斯 2SFCA，Dai 2010"},
}
_BY: dict[str, Text] = {
    "nearest": {"en": "by nearest centre", "zh": "就近前往"},
    "transport": {"en": "shared out over the centres", "zh": "在各中心之间调配"},
}


def load_frame(told: PlanLoad, *, of: str = "centres") -> gpd.GeoDataFrame:
    """
    The load of centres or of streets as a frame to write, rounded.

    Parameters
    ----------
    told
        From `load.of_plan`.
    of
        'centres', 'streets' or 'district'.

    Examples
    --------
    >>> from carecircles import datasets, grid, load, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.load_frame(load.of_plan(asis))["left_over"].round().fillna(-1).tolist()
    [5280.0, -1.0, -1.0]
    """
    plan = told.plan
    if of == "centres":
        centres = plan.area.facilities
        frame = centres[["name", "name_en", "street", *_TOLD]].join(told.centres)
        made = gpd.GeoDataFrame(frame, geometry=centres.geometry, crs=centres.crs)
    else:
        made = told_of(plan.area, told.streets if of == "streets" else told.district)
    made = gpd.GeoDataFrame(in_unit_of(made, plan))
    return gpd.GeoDataFrame(rounded(made))


def load_table(told: PlanLoad, *, of: str, lang: str) -> pd.DataFrame:
    """
    The same as text to read: of centres, the fullest first, or of streets with the district last.

    Examples
    --------
    >>> from carecircles import datasets, grid, load, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.load_table(load.of_plan(asis), of="centres", lang="en").iloc[0, :4].tolist()
    ['Dongfeng centre (A1)', '5,400', '120', '4500.0 %']
    """
    plan = told.plan
    if of == "centres":
        frame = pd.DataFrame(load_frame(told)).sort_values("used", ascending=False, kind="stable")
        rows = plan.area.facilities.loc[frame.index]
        names = [
            f"{say(centre_name(row), lang)} ({label})" for label, row in rows.iterrows()
        ]  # fmt: skip
        return as_text(frame.assign(centre_name=names), columns_of(LOAD_COLUMNS, plan), lang)
    streets, whole = (pd.DataFrame(load_frame(told, of=some)) for some in ("streets", "district"))
    names = [say(name_of(row), lang) for row in streets.to_dict("records")]
    table = pd.concat(
        [
            streets.assign(street_name=names).drop(columns="geometry"),
            whole.assign(street_name=say(DISTRICT, lang)).drop(columns="geometry"),
        ]
    )
    return as_text(table, columns_of(LOAD_STREET_COLUMNS, plan), lang)


def places_table(plan: Plan, found: "PlacesSiting", *, lang: str) -> pd.DataFrame:
    """
    The options to take as text to read, the dearest first.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> table = pd.DataFrame({"id": ["E"], "enlarges": ["A1"], "capacity": [300], "price": [50]})
    >>> folder = datasets.folder("template")
    >>> options = siting.read_options(table, folder=folder, plan=asis, kind="capacity")
    >>> found = siting.site_places(asis, options, asis.cells["people_60"], kind="capacity", budget=50)
    >>> report.places_table(asis, found, lang="en").iloc[0].tolist()
    ['Dongfeng centre (E)', 'A1', 'Dongfeng', '300', '180', '50']
    """
    streets = plan.area.streets
    sites = found.sites.assign(
        site_name=[f"{say(name_of(row), lang)} ({label})" for label, row in found.sites.iterrows()],
        street_name=[
            say(name_of(streets.loc[code]), lang) if code in streets.index else ""
            for code in found.sites["street"]
        ],
    )
    return as_text(sites, columns_of(PLACES_COLUMNS, plan), lang)


def places_note(found: "PlacesSiting") -> Text:
    """
    What the options bring, in a sentence, with its proof; parameters as in `places_table`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> table = pd.DataFrame({"id": ["E"], "enlarges": ["A1"], "capacity": [300], "price": [50]})
    >>> folder = datasets.folder("template")
    >>> options = siting.read_options(table, folder=folder, plan=asis, kind="capacity")
    >>> found = siting.site_places(asis, options, asis.cells["people_60"], kind="capacity", budget=50)
    >>> report.places_note(found)["en"]
    'For 50, 300 people find a place, 120 without; proven: no other choice within the budget leaves fewer over.'
    """
    now, was = (
        figure("people", made.cells["served"].sum()) for made in (found.after, found.before)
    )
    price = figure("price", found.price)
    is_proven = found.status == "optimal"
    en = (
        "proven: no other choice within the budget leaves fewer over"
        if is_proven
        else (f"not proven to be the best ({found.status})")
    )
    zh = "已证明：预算内没有其他选择使未得到名额者更少" if is_proven else "未证明为最优"
    return {
        "en": f"For {price}, {now} people find a place, {was} without; {en}.",
        "zh": f"费用 {price}，{now} 人得到名额（原 {was} 人）；{zh}。",
    }  # fmt: skip


def places_record(found: "PlacesSiting") -> dict[str, Any]:
    """
    The same as a JSON value; the parameters are those of `places_table`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> table = pd.DataFrame({"id": ["E"], "enlarges": ["A1"], "capacity": [300], "price": [50]})
    >>> folder = datasets.folder("template")
    >>> options = siting.read_options(table, folder=folder, plan=asis, kind="capacity")
    >>> found = siting.site_places(asis, options, asis.cells["people_60"], kind="capacity", budget=50)
    >>> report.places_record(found)["served"]
    300.0
    """
    served = [float(made.cells["served"].sum()) for made in (found.after, found.before)]
    return {
        "price": found.price,
        "status": found.status,
        "served": round(served[0], 3),
        "served_before": round(served[1], 3),
        "sites": records_of(rounded(found.sites)),
        "note": places_note(found)["en"],
    }


def load_record(told: PlanLoad) -> dict[str, Any]:
    """
    The same as a JSON value.

    Examples
    --------
    >>> from carecircles import datasets, grid, load, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> record = report.load_record(load.of_plan(asis))
    >>> record["kind"], record["by"], len(record["centre_loads"]), len(record["streets"])
    ('capacity', 'nearest', 3, 4)
    """
    plan = told.plan
    setting = setting_of(plan)
    heading = heading_of(plan, **setting)
    return {
        **heading,
        "plan": plan.name["zh"],
        "plan_en": plan.name["en"],
        "kind": told.kind,
        "by": told.load.by,
        "score": told.form,
        "load_notes": [line["en"] for line in load_notes(told)],
        "district": records_of(
            load_frame(told, of="district"), drop=["code", "name", "name_en"]
        )[0],
        "centre_loads": records_of(load_frame(told)),
        "streets": records_of(load_frame(told, of="streets")),
    }  # fmt: skip


def load_title(told: PlanLoad) -> Text:
    """
    What is shared out, and how.

    Examples
    --------
    >>> from carecircles import datasets, grid, load, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.load_title(load.of_plan(asis))["en"]
    'Capacity, by nearest centre'
    """
    kind, by = words.KINDS[told.kind], _BY[told.load.by]
    return {"en": f"{kind['en']}, {by['en']}", "zh": f"{kind['zh']}，{by['zh']}"}


def load_notes(told: PlanLoad) -> list[Text]:
    """
    Who needs a place, who finds one, and of which centres nobody says how much they hold, in sentences.

    Examples
    --------
    >>> from carecircles import datasets, grid, load, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.load_notes(load.of_plan(asis))[2]["en"][:53]
    'How much 2 of 3 centres hold (capacity) is not known:'
    """
    return [
        _of_need(told),
        _of_places(told),
        *_of_unknown(told),
        *_of_neighbours(told),
        *_of_aims(told),
        _of_access(told),
    ]


def _of_need(told: PlanLoad) -> Text:
    """Who counts as in need, and by what."""
    area, kind = told.plan.area, words.KINDS[told.kind]
    need = figure("people", told.district["need"])
    if area.needs is None or not told.is_by_needs:
        group = comparison.headline(told.plan).name
        return {
            "en": f"No table of needs says who needs a place ({kind['en'].lower()}): each of the {need} people "
            f"{group['en']} counts. --needs FILE says how many of 1,000 do.",
            "zh": f"没有每千人需求表（{kind['zh']}）：{group['zh']}人口 {need} 人全部计入。可用 --needs FILE 给出"
            "每 1,000 人的需求。",
        }
    some = area.needs[area.needs["kind"] == told.kind]
    groups: dict[str, Group] = {g.column: g for g in rows_of(some["group"], area.groups)}
    rates = {
        lang: mark.join(
            f"{isolated(groups[str(group)].name[lang])} {rate:g}"
            for group, rate in zip(some["group"], some["per_1000"], strict=True)
        )
        for lang, mark in (("en", ", "), ("zh", "、"))
    }
    bases = [words.BASES[basis] for basis in some["basis"].unique() if basis in words.BASES]
    rests = {lang: "".join(f", {b[lang]}" for b in bases) for lang in ("en", "zh")}
    file = isolated(str(area.needs.attrs.get("file", "needs")))
    several = len(some) > 1
    return {
        "en": f"Of 1,000 people need a place ({kind['en'].lower()}; {file}{rests['en']}): {rates['en']}; in all "
        f"{need} people." + (" Everyone counts once, by the narrowest group." if several else ""),
        "zh": f"每 1,000 人的需求（{kind['zh']}；{file}{rests['zh'].replace(', ', '，')}）：{rates['zh']}；合计 {need} 人。"
        + ("每人只按其所属的最窄人群计一次。" if several else ""),
    }


def _of_places(told: PlanLoad) -> Text:
    """Who finds a place and who does not."""
    whole, cost = told.district, told.plan.cost
    served, left, unsaid = (figure("people", whole[k]) for k in ("served", "left_over", "unsaid"))
    reached = told.plan.cells["covered"].to_numpy()
    beyond = figure("people", told.load.cells["need"].to_numpy()[~reached].sum())
    unit = unit_in_words(cost.unit)
    return {
        "en": f"{served} find a place within {cost.cutoff:g} {unit['en']}, {left} are left over, {beyond} of them "
        "with no centre within reach"
        + (f"; of {unsaid} nobody knows." if whole["unsaid"] > 0 else "."),
        "zh": f"{served} 人在 {cost.cutoff:g} {unit['zh']}内得到名额，{left} 人没有，其中 {beyond} 人无中心可达"
        + (f"；另有 {unsaid} 人无从得知。" if whole["unsaid"] > 0 else "。"),
    }


def _of_unknown(told: PlanLoad) -> list[Text]:
    """Of which centres nobody says how much they hold."""
    centres, kind = told.plan.area.facilities, words.KINDS[told.kind]
    is_unknown = told.centres["places"].isna()
    count, every = int(is_unknown.sum()), len(centres)
    if not count:
        return []
    some = centres.index[is_unknown.to_numpy()][:_MOST_NAMED]
    more = count - len(some)
    named = {
        "en": ", ".join(isolated(str(label)) for label in some)
        + (f" and {more} more" if more else ""),
        "zh": "、".join(isolated(str(label)) for label in some)
        + (f"等（另有 {more} 个）" if more else ""),
    }
    others = [k for k in io.KINDS if k != told.kind and centres[k].notna().any()]
    known = {
        lang: mark.join(words.KINDS[k][lang].lower() for k in others)
        for lang, mark in (("en", ", "), ("zh", "、"))
    }
    return [
        {
            "en": f"How much {count} of {every} centres hold ({kind['en'].lower()}) is not known: {named['en']}. No "
            "figure is invented for them: they take nobody in, who would go there is told apart, and scores count "
            "what is known alone."
            + (f" Known of some centres: {known['en']} (--kind)." if others else ""),
            "zh": f"{every} 个中心中有 {count} 个未注明{kind['zh']}：{named['zh']}。不为其虚构数字：不计其容量，"
            "会前往这些中心的人单列，可达容量只计已知部分。" + (f"部分中心注明了：{known['zh']}（--kind）。" if others else ""),
        }
    ]  # fmt: skip


def _of_neighbours(told: PlanLoad) -> list[Text]:
    """That those beyond the border who go to the same centres are not counted."""
    is_beyond = is_neighbour(told.plan.area.facilities).to_numpy()
    if not (told.centres["places"].to_numpy()[is_beyond] > 0).any():
        return []
    return [
        {
            "en": "Centres beyond the border count with all their places, though people of the other side, who are not "
            "counted here, need them too: less than this is left for people of the district.",
            "zh": "边界外的中心按全部容量计入，但当地居民（未计入）同样需要：实际可供本区的少于此数。",
        }
    ]


def _of_aims(told: PlanLoad) -> list[Text]:
    """What a plan of the transport problem is best in."""
    if told.load.by != "transport":
        return []
    return [
        {
            "en": "First as few as possible are left over, then all ways together are as short as can be, nobody "
            "over a centre's places; proven (transport problem, HiGHS).",
            "zh": "首先使没有名额的人最少，其次使总路程最短，各中心不超容量；已证明（运输问题，HiGHS）。",
        }
    ]


def _of_access(told: PlanLoad) -> Text:
    """What the scores are."""
    score, cost, unit = _SCORES[told.form], told.plan.cost, unit_in_words(told.plan.cost.unit)
    weights = {"en": "", "zh": ""}
    if told.form == "e2sfca":
        steps = [(f"{end * cost.cutoff:.4g}", f"{weight:g}") for end, weight in load.STEPS]
        weights = {
            "en": "; weights "
            + ", ".join(f"{weight} up to {end} {unit['en']}" for end, weight in steps),
            "zh": "；权重 " + "、".join(f"{end} {unit['zh']}内 {weight}" for end, weight in steps),
        }
    return {
        "en": f"Places per 1,000: those within reach for 1,000 people in need, each shared with all who reach it "
        f"({score['en']}{weights['en']}); crowding is its inverse (i2SFCA, Wang 2018).",
        "zh": f"每千人可达容量：每千名有需要者可达的名额，与所有可达者分享（{score['zh']}{weights['zh']}）；"
        "拥挤度为其逆（i2SFCA，Wang 2018）。",
    }
