"""Maps of what one centre less or more would change."""

import folium
import geopandas as gpd
import pandas as pd

from carecircles import (
    comparison,
    report,
)
from carecircles.maps.around import finished, legend_of, notes_of, of_plan
from carecircles.maps.centres import centre_layer, circles_if_any
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
from carecircles.maps.squares import classes_of, gain_layer, grid_layer
from carecircles.maps.tiles import BaseMap
from carecircles.plan import Plan
from carecircles.words import Text


def closing_map(
    plan: Plan, losses: pd.DataFrame, *, lang: str = "en", tiles: BaseMap | None = None
) -> folium.Map:
    """
    Which centre would be missed most: the people lost by closing each, as circles on the coverage map.

    Parameters
    ----------
    plan
        From `plan.evaluate`.
    losses
        From `marginal.close_each`.
    lang, tiles
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, marginal, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> page = maps.closing_map(asis, marginal.close_each(asis))
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    frame = report.losses_frame(plan, losses)
    first = comparison.headline(plan)
    group = first.column
    places = in_degrees(frame)
    lost, backup = f"lost_{group}", f"backup_lost_{group}"
    labels = {column: report.label_of(column, [first]) for column in (lost, backup)}
    centres = [
        {
            "name": report.centre_name(row),
            "lat": round(row["geometry"].y, DECIMALS),
            "lon": round(row["geometry"].x, DECIMALS),
            **({"neighbour": True} if row["neighbour"] else {}),
            "people": row[lost],
            "figures": [[label, row[column]] for column, label in labels.items()],
        }
        for row in places.to_dict("records")
    ]
    rows = [
        {
            "short_name": report.centre_name(row),
            "bounds": corners_of(row["geometry"].buffer(0.006).bounds),
            **{column: row[column] for column in labels},
        }
        for row in places.to_dict("records")
    ]
    config = {
        "summary": report.summary(plan),
        "title": of_plan(
            plan, {"en": "what closing each centre would lose", "zh": "逐个关闭中心的损失"}
        ),
        "legend": [
            {
                "sign": "loss",
                "label": labels[lost]
                | {"en": labels[lost]["en"] + ", by closing this centre alone"},
            },
            *legend_of(plan),
        ],
        "table": {
            "title": {"en": "The centres missed most first", "zh": "按损失排序"},
            "columns": report.panel(report.LOSS_PANEL, first),
            "rows": rows,
        },
    }
    layers = [
        grid_layer(plan, lang=lang),
        *circles_if_any(plan, lang=lang),
        Drawing(
            "losses",
            {"centres": centres},
            bounds=bounds_of(plan.area),
            names={"en": "What closing a centre loses", "zh": "关闭中心的损失"},
            lang=lang,
        ),
        *reference_layers(plan.area, tiles, lang),
    ]
    return finished(plan, layers, config, lang)


def gain_map(
    plan: Plan, gains: pd.DataFrame, *, lang: str = "en", tiles: BaseMap | None = None
) -> folium.Map:
    """
    What a new centre would gain wherever it stood, as a surface over the cells.

    Parameters
    ----------
    plan
        From `plan.evaluate`.
    gains
        From `marginal.open_everywhere`.
    lang, tiles
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, marginal, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> page = maps.gain_map(asis, marginal.open_everywhere(asis))
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    first = comparison.headline(plan)
    gained = f"gained_{first.column}"
    label, people = report.label_of(gained, [first]), gains[gained]
    classes = classes_of(float(people.max()) if len(people) else 0.0)
    best = report.best_places(plan, gains)
    points = gpd.GeoSeries.from_xy(best["x"], best["y"], crs=plan.area.crs).buffer(500).to_crs(4326)
    rows = [
        {
            "short_name": short_name_of(plan.area.streets.loc[code]),
            "bounds": corners_of(point.bounds),
            gained: figure,
        }
        for code, figure, point in zip(best["street"], best[gained], points, strict=True)
    ]
    edges = [*classes, None]
    config = {
        "summary": report.summary(plan),
        "title": of_plan(plan, {"en": "what a new centre would gain", "zh": "新开中心的收益"}),
        "legend": [
            {"sign": "gain", "gain": 0, "label": _range(label, 0, classes[0])},
            *(
                {"sign": "gain", "gain": n + 1, "label": _range(label, least, edges[n + 1])}
                for n, least in enumerate(classes)
            ),
            *[
                entry
                for entry in legend_of(plan)
                if entry["sign"] not in ("uncovered", "depth", "share")
            ],
        ],
        "table": {
            "title": {"en": "The best place in each street", "zh": "各街道最佳位置"},
            "columns": report.panel(report.GAIN_PANEL, first),
            "rows": rows,
        },
        "notes": [report.GAIN_NOTE, *notes_of(plan)],
    }
    layers = [
        gain_layer(plan, gains, lang=lang),
        *circles_if_any(plan, lang=lang),
        centre_layer(plan.area, lang=lang),
        *reference_layers(plan.area, tiles, lang),
    ]
    return finished(plan, layers, config, lang)


def _range(label: Text, least: float, beyond: float | None) -> Text:
    """A class of people in words."""
    if beyond is None:
        figures = f"{least:,.0f}+"
    elif beyond <= 1:
        figures = "0"
    else:
        figures = f"{least:,.0f}–{beyond - 1:,.0f}" if beyond > least + 1 else f"{least:,.0f}"
    return {lang: f"{text}: {figures}" for lang, text in label.items()}
