"""The map of the comprehensive circle: how many kinds of facilities are near, and which are missing."""

import folium
import numpy as np

from carecircles import circle as circles
from carecircles import comparison, report
from carecircles.amenities import CARE, Kind
from carecircles.circle import Circle
from carecircles.maps.around import finished, legend_of, notes_of, of_plan, street_rows
from carecircles.maps.centres import centre_layer
from carecircles.maps.drawing import (
    DECIMALS,
    Drawing,
    bounds_of,
    grid_data,
    in_degrees,
    require_language,
    told_of,
)
from carecircles.maps.layers import reference_layers
from carecircles.maps.tiles import BaseMap
from carecircles.people import of_group
from carecircles.report.columns import UNITS, figure
from carecircles.words import Text

_NAME: Text = {"en": "comprehensive circle of {} kinds", "zh": "{} 类设施综合服务圈"}
GRID: Text = {"en": "Grid: kinds within reach", "zh": "网格：可达设施类数"}


def circle_map(circle: Circle, *, lang: str = "en", tiles: BaseMap | None = None) -> folium.Map:
    """
    How many kinds of facilities each cell has within the standard; the reader switches kinds on and off.

    Parameters
    ----------
    circle
        From `circle.circle_of`.
    lang, tiles
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import circle, datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> page = maps.circle_map(circle.circle_of(asis))
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    plan, count = circle.plan, len(circle.kinds)
    told = circles.of_district(plan.cells, circle.within)
    group = comparison.headline(plan)
    g = group.column
    names = {circles.ALL: report.EVERY} | {kind.key: kind.name for kind in circle.kinds}
    summary = [
        {
            "label": of_group({"en": "People {}", "zh": "{}人口"}, group),
            "value": dict.fromkeys(report.LANGUAGES, figure("people", plan.cells[g].sum())),
        },
        *(
            {
                "label": name,
                "value": dict.fromkeys(
                    report.LANGUAGES,
                    f"{figure('people', told[f'near_{g}'][key])} ({figure('share', told[f'near_{g}_share'][key])})",
                ),
            }
            for key, name in names.items()
        ),
    ]
    drawn_by_box = ("uncovered", "depth", "share", "circle", "none")
    config = {
        "title": of_plan(plan, {lang: text.format(count) for lang, text in _NAME.items()}),
        "summary": summary,
        "legend": [entry for entry in legend_of(plan) if entry["sign"] not in drawn_by_box],
        "table": _table(circle),
        "notes": [*report.circle_notes(circle), *notes_of(plan)],
    }
    layers = [
        kinds_layer(circle, lang=lang),
        *(amenity_layer(circle, kind, lang=lang) for kind in circle.kinds if kind.key != CARE),
        centre_layer(plan.area, lang=lang, show=any(kind.key == CARE for kind in circle.kinds)),
        *reference_layers(plan.area, tiles, lang),
    ]
    return finished(plan, layers, config, lang)


def _table(circle: Circle) -> dict[str, object]:
    """The share of people with all kinds near, by street."""
    group = comparison.headline(circle.plan)
    g = group.column
    near = circles.by_street(circle.plan.cells, circle.within).xs(circles.ALL, level="kind")
    near = near.loc[circle.plan.area.streets.index].astype(object).where(near.notna(), None)
    columns = {g: "people", f"near_{g}_share": "share"}
    return {
        "title": {"en": "All kinds near, by street", "zh": "各类俱全（按街道）"},
        "columns": [
            {"label": report.label_of("street_name")},
            *(
                {"key": key, "label": label, "format": UNITS[unit].panel}
                for (key, unit), label in zip(
                    columns.items(),
                    (report.label_of(g, [group]), report.EVERY),
                    strict=True,
                )
            ),
        ],
        "rows": [
            {**row, **{key: near[key].iloc[n] for key in columns}}
            for n, row in enumerate(street_rows(circle.plan.area))
        ],
    }


def kinds_layer(circle: Circle, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by how many kinds are near; which are missing stands in the pop-up.

    Parameters
    ----------
    circle
        As in `circle_map`.

    Examples
    --------
    >>> from carecircles import circle, datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> [kind["key"] for kind in maps.kinds_layer(circle.circle_of(asis, ["health"])).data["kinds"]]
    ['health']
    """
    plan, group = circle.plan, comparison.headline(circle.plan)
    bits = 1 << np.arange(len(circle.kinds), dtype=np.uint32)
    near = (circle.within.to_numpy(dtype=bool) @ bits).astype(np.uint32)
    data, bounds = grid_data(plan, {"near": near}, [group.column])
    area = plan.area
    data |= {
        "told": told_of(group),
        "group": of_group({"en": "people {}", "zh": "{}"}, group),
        "kinds": [
            {
                "key": kind.key,
                "name": kind.name,
                "places": len(area.facilities if kind.key == CARE else area.amenities[kind.key]),
            }
            for kind in circle.kinds
        ],
    }
    return Drawing("circle", data, bounds=bounds, names=GRID, lang=lang, show=show)


def amenity_layer(circle: Circle, kind: Kind, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The facilities of a kind as points; hollow where their position is not known.

    Parameters
    ----------
    circle
        As in `circle_map`.
    kind
        One of its kinds, other than the centres.

    Examples
    --------
    >>> from carecircles import circle, datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> found = circle.circle_of(asis, ["health"])
    >>> len(maps.amenity_layer(found, found.kinds[0]).data["places"])
    3
    """
    area = circle.plan.area
    places = in_degrees(area.amenities[kind.key])
    data = {
        "kind": kind.name,
        "number": [one.key for one in circle.kinds].index(kind.key),
        "places": [
            {
                "name": report.name_of(row),
                "lat": round(row["geometry"].y, DECIMALS),
                "lon": round(row["geometry"].x, DECIMALS),
                "basis": row["basis"],
                "source": row["source"],
            }
            for row in places.to_dict("records")
        ],
    }
    return Drawing("amenities", data, bounds=bounds_of(area), names=kind.name, lang=lang, show=show)
