"""Where new benches should stand and what they bring, beside one more centre, for people and programs."""

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from carecircles import comparison
from carecircles.plan import Plan
from carecircles.report.columns import UNITS, as_text, figure, records_of, rounded
from carecircles.report.frames import columns_of, heading_of, headline_group, named_of
from carecircles.report.names import name_of
from carecircles.report.notes import assumed_of
from carecircles.report.shown import BENCH_COLUMNS
from carecircles.words import Text, say

if TYPE_CHECKING:  # most commands set no bench and need none of it
    from carecircles.benches import Benches

_WHY_ZH = {"searched": "搜索完毕", "time limit": "时间用尽", "stopped": "已中止"}


def bench_frame(plan: Plan, found: "Benches") -> gpd.GeoDataFrame:
    """
    The places for benches as a frame to write, in the order in which to build.

    Parameters
    ----------
    plan
        The plan without them.
    found
        From `benches.place`.

    Examples
    --------
    >>> from carecircles import area, benches, datasets, grid, plan, reach, report
    >>> folder = datasets.folder("template")
    >>> walk = {"network": folder / "walk/network.geojson", "rests": folder / "walk/rests.csv"}
    >>> study = area.read_area(folder, **walk)
    >>> demand = grid.make_demand(study.streets, study.population, cell=200)
    >>> asis = plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=200))
    >>> found = benches.place(asis, new=1, spacing=100)
    >>> report.bench_frame(asis, found)["marginal_people_60"].gt(0).tolist()
    [True]
    """
    frame = rounded(_frame(plan, found))
    frame["assumed"] = assumed_of(plan.area)
    return gpd.GeoDataFrame(frame, geometry=found.seats.geometry, crs=plan.area.crs)


def _frame(plan: Plan, found: "Benches") -> pd.DataFrame:
    figures = found.seats[["marginal", "cumulative"]].add_suffix(f"_{headline_group(plan)}")
    return pd.DataFrame(found.seats[["name", "name_en", "street", "lon", "lat"]]).join(figures)


def bench_record(
    plan: Plan,
    found: "Benches",
    centre: gpd.GeoDataFrame,
    *,
    price_bench: float | None = None,
    price_centre: float | None = None,
) -> dict[str, Any]:
    """
    New benches with what no choice can beat, and one more centre beside them, as a JSON value.

    Parameters
    ----------
    plan, found
        As in `bench_frame`.
    centre
        From `benches.best_centre`; empty where no centre would gain anybody.
    price_bench, price_centre
        What one costs, if it is known.

    Examples
    --------
    >>> from carecircles import area, benches, datasets, grid, plan, reach, report
    >>> folder = datasets.folder("template")
    >>> walk = {"network": folder / "walk/network.geojson", "rests": folder / "walk/rests.csv"}
    >>> study = area.read_area(folder, **walk)
    >>> demand = grid.make_demand(study.streets, study.population, cell=200)
    >>> asis = plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=200))
    >>> found = benches.place(asis, new=1, spacing=100)
    >>> record = report.bench_record(asis, found, benches.best_centre(asis))
    >>> record["asked"], record["stretch_m"], len(record["benches"])
    (1, 200, 1)
    """
    decimals = UNITS["people"].decimals
    gained = found.covered - found.covered_before
    record: dict[str, Any] = {
        **heading_of(plan, plan=named_of(plan)),
        "people": headline_group(plan),
        "stretch_m": found.stretch,
        "seats": found.existing,
        "candidates": found.candidates,
        "asked": found.asked,
        **{
            name: round(getattr(found, name), decimals)
            for name in ("covered", "covered_before", "bound", "every", "total")
        },
        "status": found.status,
        "gained": round(gained, decimals),
        "gained_a_bench": None,
        "benches": records_of(bench_frame(plan, found)),
        "centre": None,
    }
    if len(found.seats):
        record["gained_a_bench"] = round(gained / len(found.seats), decimals)
    if len(centre):
        [one] = records_of(rounded(pd.DataFrame(centre[["street", "lon", "lat"]])))
        record["centre"] = {**one, "gained": round(float(centre["gained"].iloc[0]), decimals)}
    if price_bench is not None:
        spent = price_bench * len(found.seats)
        record["price_bench"] = price_bench
        record["price_a_person_benches"] = round(spent / gained, decimals) if gained > 0 else None
    if price_centre is not None:
        more = record["centre"]["gained"] if record["centre"] else 0.0
        record["price_centre"] = price_centre
        record["price_a_person_centre"] = round(price_centre / more, decimals) if more else None
    return record


def bench_table(plan: Plan, found: "Benches", *, lang: str) -> pd.DataFrame:
    """
    The places for benches as text to read, in the order in which to build.

    Examples
    --------
    >>> from carecircles import area, benches, datasets, grid, plan, reach, report
    >>> folder = datasets.folder("template")
    >>> walk = {"network": folder / "walk/network.geojson", "rests": folder / "walk/rests.csv"}
    >>> study = area.read_area(folder, **walk)
    >>> demand = grid.make_demand(study.streets, study.population, cell=200)
    >>> asis = plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=200))
    >>> found = benches.place(asis, new=1, spacing=100)
    >>> list(report.bench_table(asis, found, lang="en"))
    ['Bench', 'Street', 'lon', 'lat', 'adds', 'covered then']
    """
    frame = _frame(plan, found)
    streets = [
        say(name_of(plan.area.streets.loc[code]), lang) if code in plan.area.streets.index else ""
        for code in frame["street"]
    ]
    table = frame.assign(bench=frame.index, street=streets)
    return as_text(table, columns_of(BENCH_COLUMNS, plan), lang)


def bench_notes(
    plan: Plan,
    found: "Benches",
    centre: gpd.GeoDataFrame,
    *,
    price_bench: float | None = None,
    price_centre: float | None = None,
) -> list[Text]:
    """
    What benches bring and what no choice can beat, and what one more centre would, a line each.

    The parameters are those of `bench_record`.

    Examples
    --------
    >>> from carecircles import area, benches, datasets, grid, plan, reach, report
    >>> folder = datasets.folder("template")
    >>> walk = {"network": folder / "walk/network.geojson", "rests": folder / "walk/rests.csv"}
    >>> study = area.read_area(folder, **walk)
    >>> demand = grid.make_demand(study.streets, study.population, cell=200)
    >>> asis = plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=200))
    >>> found = benches.place(asis, new=1, spacing=100)
    >>> report.bench_notes(asis, found, benches.best_centre(asis))[0]["en"][:14]
    '1 bench brings'
    """
    people, count = comparison.headline(plan).name, len(found.seats)
    gained = found.covered - found.covered_before
    shown = {
        name: figure("people", getattr(found, name))
        for name in ("covered", "covered_before", "bound", "every")
    }
    each = f" ({figure('people', gained / count)} a bench)" if count > 1 else ""
    each_zh = f"（每个 {figure('people', gained / count)} 人）" if count > 1 else ""
    places = f"{found.candidates:,}"
    lines: list[Text] = [
        {
            "en": f"{count:,} bench{'es bring' if count != 1 else ' brings'} {figure('people', gained)} more "
            f"people {people['en']} within reach{each}: {shown['covered']} covered, "
            f"{shown['covered_before']} before; with a bench at every one of the {places} places it would "
            f"be {shown['every']}.",
            "zh": f"{count:,} 个座椅使{people['zh']}可达人数增加 {figure('people', gained)} 人{each_zh}："
            f"覆盖 {shown['covered']} 人（原 {shown['covered_before']} 人）；"
            f"若在全部 {places} 个候选位置都设座椅，则为 {shown['every']} 人。",
        },
        _proof(found, shown["bound"]),
    ]
    if count < found.asked:
        lines.append(
            {
                "en": f"{found.asked:,} benches were asked for: no other that helps was found.",
                "zh": f"要求 {found.asked:,} 个座椅：未找到其他有益的位置。",
            }
        )
    more = float(centre["gained"].iloc[0]) if len(centre) else 0.0
    lines.append(_of_centre(plan, centre, more))
    lines += _prices(price_bench, count, gained, _BENCHES)
    lines += _prices(price_centre, 1, more, _CENTRE)
    return lines


_BENCHES: Text = {"en": "The benches cost", "zh": "座椅费用"}
_CENTRE: Text = {"en": "The centre costs", "zh": "中心费用"}


def _proof(found: "Benches", bound: str) -> Text:
    """Whether a better choice may be there."""
    if found.status == "optimal":
        return {
            "en": "Proven: no other choice of so many benches at these places brings more people.",
            "zh": "已证明：在这些候选位置中，同样数量的座椅没有更好的方案。",
        }
    return {
        "en": f"Not proven to be the best ({found.status}): no choice covers more than {bound}, each "
        "bench counted by itself.",
        "zh": f"未证明为最优（{_WHY_ZH[found.status]}）：任何方案的覆盖人数都不超过 {bound} 人"
        "（各座椅单独计算）。",
    }


def _of_centre(plan: Plan, centre: gpd.GeoDataFrame, more: float) -> Text:
    """What one more centre would bring."""
    if not len(centre):
        return {
            "en": "One more centre would bring nobody within reach.",
            "zh": "再设一个中心不会增加可达人数。",
        }
    one = centre.iloc[0]
    at = f"{one['lon']:.5f} {one['lat']:.5f}"
    street: Text = {"en": str(one["street"]), "zh": str(one["street"])}
    if one["street"] in plan.area.streets.index:
        street = name_of(plan.area.streets.loc[one["street"]])
    return {
        "en": f"One more centre, best at {at} ({street['en']}), would bring {figure('people', more)} more "
        "people within reach, with the seats there are.",
        "zh": f"再设一个中心，最佳位置为 {at}（{street['zh']}），按现有座椅可使可达人数增加 "
        f"{figure('people', more)} 人。",
    }


def _prices(price: float | None, count: int, gained: float, what: Text) -> list[Text]:
    """What something costs, and a person whom it brings within reach."""
    if price is None:
        return []
    spent = price * count
    each = {"en": "", "zh": ""}
    if gained > 0:
        person = figure("price", spent / gained)
        each = {"en": f", {person} a person", "zh": f"，平均每人 {person}"}
    total = figure("price", spent)
    return [
        {"en": f"{what['en']} {total}{each['en']}.", "zh": f"{what['zh']} {total}{each['zh']}。"}
    ]
