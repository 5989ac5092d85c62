"""What to build when, for people and programs: the sites by phase, and what each phase covers and could at best."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from carecircles import comparison
from carecircles.plan import Plan
from carecircles.report.columns import as_text, figure, records_of, rounded
from carecircles.report.frames import columns_of, heading_of, headline_group
from carecircles.report.names import name_of
from carecircles.report.notes import assumed_of, neighbour_notes
from carecircles.report.proofs import proof_in_short, proof_note
from carecircles.report.shown import PHASE_COLUMNS, PHASED_SITE_COLUMNS
from carecircles.report.ways import reach_notes
from carecircles.timeline import Timeline
from carecircles.words import Text, say

if TYPE_CHECKING:  # most commands site nothing and need none of it
    from carecircles.siting import PhasedSiting

_MOST_NAMES = 10


def phased_frame(
    plan: Plan, siting: "PhasedSiting", candidates: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """
    The sites of a timetable as a frame to write, in the order in which to build.

    Parameters
    ----------
    plan
        The plan of the first phase, without new centres.
    siting
        From `siting.maximize_in_phases`.
    candidates
        Indexed by id: name, name_en, street, lon, lat, geometry; price if there is one.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> phases = siting.phases_of([asis, asis], places, names=["2027", "2028"], new=[1, 1])
    >>> best = siting.maximize_in_phases(phases, candidates=places.index, weight="people_60")
    >>> report.phased_frame(asis, best, places)["phase"].tolist()
    ['2027', '2028']
    """
    frame = rounded(_phased_frame(plan, siting, candidates))
    frame["assumed"] = assumed_of(plan.area)
    geometry = candidates.geometry.loc[siting.sites.index]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=plan.area.crs)


def _phased_frame(plan: Plan, siting: "PhasedSiting", candidates: gpd.GeoDataFrame) -> pd.DataFrame:
    sites, group = candidates.loc[siting.sites.index], headline_group(plan)
    about = pd.DataFrame(sites[["name", "name_en", "street", "lon", "lat"]])
    about.insert(0, "phase", siting.sites["phase"])
    if "price" in sites and sites["price"].notna().any():
        about["price"] = sites["price"]
    return about.join(siting.sites[["marginal", "cumulative"]].add_suffix(f"_{group}"))


def phases_frame(plan: Plan, siting: "PhasedSiting") -> pd.DataFrame:
    """
    What each phase spends and covers, and what it could at best alone, to write; parameters as of `phased_frame`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> phases = siting.phases_of([asis, asis], places, names=["2027", "2028"], new=[1, 1])
    >>> best = siting.maximize_in_phases(phases, candidates=places.index, weight="people_60")
    >>> report.phases_frame(asis, best)["regret_people_60"].tolist()
    [0.0, 0.0]
    """
    return rounded(_phases_frame(plan, siting))


def _phases_frame(plan: Plan, siting: "PhasedSiting") -> pd.DataFrame:
    told, g = siting.phases, headline_group(plan)
    return pd.DataFrame(
        {
            "phase_weight": told["weight"],
            "means": told["means"],
            "opened_sites": told["opened"],
            "spent": told["spent"],
            "left": told["left"],
            g: told["total"],
            f"before_{g}": told["before"],
            f"covered_{g}": told["covered"],
            f"covered_{g}_share": (told["covered"] / told["total"]).where(told["total"] > 0),
            f"free_{g}": told["free"],
            f"regret_{g}": told["regret"],
            "bound": told["bound"],
            "status": told["status"],
        }
    )


def phased_record(
    plan: Plan,
    siting: "PhasedSiting",
    candidates: gpd.GeoDataFrame,
    *,
    notes: Sequence[Text] = (),
) -> dict[str, Any]:
    """
    A timetable with its proof as a JSON value; `notes` are those of `phased_notes`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> phases = siting.phases_of([asis], places, names=["2027"], new=[1])
    >>> best = siting.maximize_in_phases(phases, candidates=places.index, weight="people_60")
    >>> report.phased_record(asis, best, places)["status"]
    'optimal'
    """
    said = [*reach_notes(plan), *neighbour_notes(plan), *plan.area.notes, *notes]
    return {
        **heading_of(plan),
        "notes": [note["en"] for note in said],
        "people": headline_group(plan),
        "candidates": len(candidates),
        "carry": siting.carry,
        "objective": round(siting.objective, 3),
        "before": round(siting.before, 3),
        "bound": round(siting.bound, 3),
        "gap": None if siting.gap != siting.gap else siting.gap,
        "status": siting.status,
        "phases": records_of(phases_frame(plan, siting)),
        "sites": records_of(phased_frame(plan, siting, candidates)),
    }


def phased_table(
    plan: Plan, siting: "PhasedSiting", candidates: gpd.GeoDataFrame, *, lang: str
) -> pd.DataFrame:
    """
    The sites of a timetable as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> phases = siting.phases_of([asis], places, names=["2027"], new=[1])
    >>> best = siting.maximize_in_phases(phases, candidates=places.index, weight="people_60")
    >>> report.phased_table(asis, best, places, lang="en").iloc[0, :2].tolist()
    ['2027', 'G119']
    """
    frame, streets = _phased_frame(plan, siting, candidates), plan.area.streets
    named = [
        say(name_of(streets.loc[code]), lang) if code in streets.index else ""
        for code in frame["street"]
    ]
    labels = [_site(label, row, lang) for label, row in frame.to_dict("index").items()]
    table = frame.assign(site_name=labels, street=named)
    return as_text(table, columns_of(PHASED_SITE_COLUMNS, plan), lang)


def _site(label: Hashable, row: dict[Hashable, Any], lang: str) -> str:
    """A site by its id, and its name where it has one."""
    return str(label) if label == row["name"] else f"{label} {say(name_of(row), lang)}"


def phases_table(plan: Plan, siting: "PhasedSiting", *, lang: str) -> pd.DataFrame:
    """
    What each phase builds and covers as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> phases = siting.phases_of([asis], places, names=["2027"], new=[1])
    >>> best = siting.maximize_in_phases(phases, candidates=places.index, weight="people_60")
    >>> report.phases_table(asis, best, lang="en").iloc[0, -2:].tolist()
    ['0', 'proven']
    """
    table = _phases_frame(plan, siting).reset_index()
    gap = (table["bound"] / table[f"free_{headline_group(plan)}"] - 1).fillna(0.0)
    proofs = zip(table["status"], gap, strict=True)
    table["status"] = [say(proof_in_short(*proof), lang) for proof in proofs]
    if not siting.is_priced:
        table = table.drop(columns=["spent", *([] if siting.carry else ["left"])])
    if (siting.phases["weight"] == 1).all():
        table = table.drop(columns="phase_weight")
    return as_text(table, columns_of(PHASE_COLUMNS, plan), lang)


def phased_notes(
    plan: Plan,
    siting: "PhasedSiting",
    told: Timeline,
    idle: Sequence[tuple[Hashable, str]] = (),
) -> list[Text]:
    """
    What is proven of a timetable, what regret is, and which sites nobody needs later (`siting.unneeded`), a line each.

    Examples
    --------
    >>> import datetime
    >>> from carecircles import datasets, grid, plan, report, siting, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline.timeline_of(asis, [datetime.date(2027, 12, 31)])
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> phases = siting.phases_of(told.plans, places, names=["2027"], new=[1])
    >>> best = siting.maximize_in_phases(phases, candidates=places.index, weight="people_60")
    >>> report.phased_notes(asis, best, told)[0]["en"]
    'Proven: no other choice among the candidates is better.'
    """
    label = comparison.headline(plan).name
    total, before = (figure("people", value) for value in (siting.objective, siting.before))
    lines = [
        proof_note(siting.status, siting.gap),
        {
            "en": f"In the sum over the phases, by their weights, {total} people {label['en']} are covered, {before} without "
            "new centres. At best, alone: the best plan that looks at this phase only and has all means up to it; "
            "regret is what the timetable covers less.",
            "zh": f"各期按权重合计覆盖{label['zh']} {total} 人（无新增中心时 {before} 人）。单期最优：只顾该期、可用至该期全部额度"
            "的最优方案；遗憾为时间表比其少覆盖的人数。",
        },
        {
            "en": "A phase is told by the last day of its year: what opens in it is open then, and what closes is closed.",
            "zh": "各期按当年最后一天计：当年开设的已开设，当年关闭的已关闭。",
        },
    ]
    if (siting.phases["regret"] < 0.5).all():
        lines.append(
            {
                "en": "No phase could do better alone: regret is 0 in all of them.",
                "zh": "各期单独最优也不会更好：遗憾均为 0。",
            }
        )
    if siting.carry:
        lines.append(
            {
                "en": "What a phase leaves over is carried on to the next.",
                "zh": "各期结余结转下期。",
            }
        )
    by_year: dict[str, list[str]] = {}
    for site, year in idle:
        by_year.setdefault(year, []).append(str(site))
    for year, sites in by_year.items():
        more = len(sites) - _MOST_NAMES
        en, zh = ", ".join(sites[:_MOST_NAMES]), "、".join(sites[:_MOST_NAMES])
        en, zh = (f"{en} and {more} more", f"{zh}等另 {more} 处") if more > 0 else (en, zh)
        lines.append(
            {
                "en": f"Nobody needs in {year}: {en}; all whom they reach have another centre then.",
                "zh": f"{year} 年无人需要：{zh}；其可达的人届时另有中心。",
            }
        )
    return [*lines, *told.notes]


def phased_scenario(
    plan: Plan, siting: "PhasedSiting", candidates: gpd.GeoDataFrame
) -> dict[str, Any]:
    """
    A timetable as plain values of a scenario whose steps have dates, for `timeline`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> phases = siting.phases_of([asis], places, names=["2027"], new=[1])
    >>> best = siting.maximize_in_phases(phases, candidates=places.index, weight="people_60")
    >>> report.phased_scenario(asis, best, places)["step"][0]["date"]
    '2027-12-31'
    """
    from carecircles.siting import steps_of

    made, group, proof = steps_of(siting, candidates), comparison.headline(plan).name, proof_note(siting.status, siting.gap)  # fmt: skip
    dates = [f"{phase}-12-31" for phase in siting.sites["phase"]]
    steps = [{**step, "date": date} for step, date in zip(made["step"], dates, strict=True)]
    years, every = list(siting.phases.index), len(candidates)
    return {
        "name": f"{made['name']}（分期）",
        "name_en": f"{made['name_en']} in phases",
        "note": f"为{group['zh']}分期选址（{'、'.join(years)}），候选点 {every:,} 个。{proof['zh']}",
        "note_en": f"Sited for people {group['en']} in phases ({', '.join(years)}) among {every:,} candidates. {proof['en']}",
        "step": steps,
    }
