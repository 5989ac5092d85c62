"""The map of new benches: where they stand, and who comes within reach by them."""

from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import pandas as pd

from carecircles import comparison, report
from carecircles.comparison import Change
from carecircles.maps.around import finished, notes_of, of_plan
from carecircles.maps.centres import changed_centres
from carecircles.maps.change import change_legend
from carecircles.maps.drawing import (
    DECIMALS,
    Drawing,
    bounds_of,
    corners_of,
    in_degrees,
    require_language,
    short_name_of,
)
from carecircles.maps.layers import reference_layers
from carecircles.maps.squares import change_layer
from carecircles.maps.tiles import BaseMap
from carecircles.words import Text

if TYPE_CHECKING:  # most maps show no bench and need none of it
    from carecircles.benches import Benches

_AROUND_M = 150.0  # that is shown of a bench that is looked up
_SIGNS: tuple[tuple[str, Text], ...] = (
    (
        "bench",
        {"en": "New bench, by the order in which to build", "zh": "新增座椅，按建设顺序编号"},
    ),
    ("seat", {"en": "Seat that is there", "zh": "已有座椅"}),
)


def benches_map(
    change: Change,
    found: "Benches",
    centre: gpd.GeoDataFrame,
    *,
    lang: str = "en",
    tiles: BaseMap | None = None,
) -> folium.Map:
    """
    New benches, the seats that are there, the centres, and the cells that come within reach.

    Parameters
    ----------
    change
        From the plan without the benches to the one with them, from `comparison.compare`.
    found
        The benches, from `benches.place`.
    centre
        From `benches.best_centre`; a note tells what it would bring beside them.
    lang, tiles
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import area, benches, comparison, datasets, grid, maps, plan, reach, scenario
    >>> folder = datasets.folder("template")
    >>> walk = {"network": folder / "walk/network.geojson", "rests": folder / "walk/rests.csv"}
    >>> study = area.read_area(folder, **walk)
    >>> demand = grid.make_demand(study.streets, study.population, cell=200)
    >>> asis = plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=200))
    >>> found = benches.place(asis, new=1, spacing=100)
    >>> built = plan.carry_out(asis, scenario.parse(benches.steps_of(found)))
    >>> page = maps.benches_map(comparison.compare(asis, built), found, benches.best_centre(asis))
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    before, after = change.before, change.after
    count = len(found.seats)
    legend = [one for one in change_legend(change) if one["sign"] not in ("uncovered", "depth")]
    signs = [{"sign": sign, "label": label} for sign, label in _SIGNS]
    config = {
        "title": of_plan(
            before,
            {
                "en": f"whom {count:,} new bench{'es' * (count != 1)} bring{'s' * (count == 1)} within reach",
                "zh": f"{count:,} 个新增座椅使哪些人可达",
            },
        ),
        "summary": report.change_summary(change),
        "legend": [*legend[:4], *signs, *legend[4:]],
        "table": _table(change, found),
        "notes": [*report.bench_notes(before, found, centre), *notes_of(after)],
    }
    layers = [
        change_layer(change, lang=lang),
        changed_centres(change, lang=lang),
        _seat_layer(change, found, lang=lang),
        *reference_layers(after.area, tiles, lang),
    ]
    return finished(after, layers, config, lang)


def _table(change: Change, found: "Benches") -> dict[str, Any]:
    """The benches in the order in which to build, each to be looked up."""
    plan, seats = change.before, found.seats
    first = comparison.headline(plan)
    columns = report.panel(report.BENCH_PANEL, first)
    around = in_degrees(seats.set_geometry(seats.buffer(_AROUND_M))).bounds
    return {
        "title": {"en": "In the order in which to build", "zh": "按建设顺序"},
        "columns": columns,
        "rows": [
            {
                "short_name": _called(n, row, plan.area.streets),
                "bounds": corners_of(around.loc[label].tolist()),
                columns[1]["key"]: row["marginal"],
                columns[2]["key"]: row["cumulative"],
            }
            for n, (label, row) in enumerate(seats.iterrows(), start=1)
        ],
    }


def _called(number: int, seat: pd.Series, streets: gpd.GeoDataFrame) -> Text:
    """A bench by its number, its id, and the street it is in."""
    street: Text = {"en": "", "zh": ""}
    if seat["street"] in streets.index:
        street = short_name_of(streets.loc[seat["street"]])
    return {
        lang: f"{number} · {report.isolated(str(seat[name]))}"
        + (f" ({street[lang]})" if street[lang] else "")
        for lang, name in (("en", "name_en"), ("zh", "name"))
    }


def _seat_layer(change: Change, found: "Benches", *, lang: str) -> Drawing:
    """Benches with their numbers, and the seats that are there."""
    plan = change.before
    first = comparison.headline(plan)
    labels = [column["label"] for column in report.panel(report.BENCH_PANEL, first)[1:]]
    benches = [
        {
            "number": n,
            "name": _called(n, row, plan.area.streets),
            "lat": round(row["geometry"].y, DECIMALS),
            "lon": round(row["geometry"].x, DECIMALS),
            "figures": [
                [label, row[name]]
                for label, name in zip(labels, ("marginal", "cumulative"), strict=True)
            ],
        }
        for n, (_, row) in enumerate(in_degrees(found.seats).iterrows(), start=1)
    ]
    rests = plan.area.on_foot.rests
    there = [] if rests is None or rests.empty else in_degrees(rests).geometry
    seats = [[round(point.y, DECIMALS), round(point.x, DECIMALS)] for point in there]
    return Drawing(
        "seats",
        {"seats": seats, "benches": benches},
        bounds=bounds_of(plan.area),
        names={"en": "Benches and seats", "zh": "座椅"},
        lang=lang,
        show=True,
    )
