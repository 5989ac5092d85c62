"""The map of who finds a place: how many come to each centre, and who is left over by street."""

import folium
import pandas as pd

from carecircles import comparison, report
from carecircles.load import PlanLoad
from carecircles.maps.around import finished, legend_of, notes_of, of_plan
from carecircles.maps.centres import circles_if_any
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
from carecircles.maps.squares import grid_layer
from carecircles.maps.tiles import BaseMap
from carecircles.people import Group

_FIGURES = ("assigned", "places", "left_over")


def load_map(told: PlanLoad, *, lang: str = "en", tiles: BaseMap | None = None) -> folium.Map:
    """
    How many people come to each centre, as circles on the coverage map, and who is left over by street.

    Parameters
    ----------
    told
        From `load.of_plan`.
    lang, tiles
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, load, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> page = maps.load_map(load.of_plan(asis))
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    plan, first = told.plan, comparison.headline(told.plan)
    label = report.label_of("assigned", [first])
    places = in_degrees(report.load_frame(told))
    is_beyond = plan.area.facilities.get("neighbour", pd.Series(False, index=places.index))
    centres = [
        {
            "name": report.centre_name(plan.area.facilities.loc[label_of]),
            "lat": round(row["geometry"].y, DECIMALS),
            "lon": round(row["geometry"].x, DECIMALS),
            **({"neighbour": True} if is_beyond[label_of] else {}),
            "people": row["assigned"],
            "figures": [
                [report.label_of(column, [first]), row[column]]
                for column in _FIGURES
                if pd.notna(row[column])
            ],
        }
        for label_of, row in places.to_dict("index").items()
    ]
    config = {
        "summary": report.summary(plan),
        "title": of_plan(plan, report.load_title(told)),
        "legend": [{"sign": "loss", "label": label}, *legend_of(plan)],
        "table": {
            "title": {"en": "Left over, by street", "zh": "各街道未得到名额的人"},
            "columns": report.panel(report.LOAD_PANEL, first),
            "rows": _rows(told, first),
        },
        "notes": [*report.load_notes(told), *notes_of(plan)],
    }
    layers = [
        grid_layer(plan, lang=lang),
        *circles_if_any(plan, lang=lang),
        Drawing(
            "losses",
            {"centres": centres},
            bounds=bounds_of(plan.area),
            names={"en": "People who come to each centre", "zh": "前往各中心的人"},
            lang=lang,
        ),
        *reference_layers(plan.area, tiles, lang),
    ]
    return finished(plan, layers, config, lang)


def _rows(told: PlanLoad, first: Group) -> list[dict[str, object]]:
    """The streets with what the table tells of them."""
    area = told.plan.area
    figures = report.load_frame(told, of="streets")
    keys = [column["key"] for column in report.panel(report.LOAD_PANEL, first)[1:]]
    table = pd.DataFrame(figures[keys]).astype(object)
    table = table.where(table.notna(), None)
    bounds = in_degrees(area.streets).bounds
    return [
        {
            "short_name": short_name_of(area.streets.loc[code]),
            "bounds": corners_of(bounds.loc[code].tolist()),
            **{str(column): value for column, value in row.items()},
        }
        for code, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
