"""The coverage map, and several plans side by side."""

from collections.abc import Sequence
from typing import cast

import folium
import geopandas as gpd
import numpy as np
from folium.map import LayerControl

from carecircles import (
    evaluation,
    gaps,
    report,
)
from carecircles.maps.around import (
    Surroundings,
    bases_of,
    finished,
    headline_of,
    layer_groups,
    legend_of,
    new_map,
    title,
)
from carecircles.maps.closed import Page
from carecircles.maps.drawing import (
    Drawing,
    bounds_of,
    corners_of,
    in_degrees,
    require_language,
    short_name_of,
)
from carecircles.maps.layers import (
    STREET_FIGURES,
    centre_layer,
    circle_layer,
    grid_layer,
    reference_layers,
    street_layer,
    zone_layer,
)
from carecircles.plan import Plan
from carecircles.words import Text


def coverage_map(
    plan: Plan,
    zones: gpd.GeoDataFrame | None = None,
    *,
    lang: str = "en",
    tiles: Drawing | None = None,
) -> folium.Map:
    """
    The coverage of a plan as a folium map that opens without a network.

    Parameters
    ----------
    plan
        From `plan.evaluate`.
    zones
        From `gaps.uncovered_zones`; made from the plan's cells if None.
    lang
        Language the page opens in, 'en' or 'zh'; the reader can switch.
    tiles
        A base map from `tile_layer`. With one the page asks the network for images, and for
        nothing else; without, for nothing at all.

    Returns
    -------
    map
        `map.save(path)` writes one self-contained file; a notebook shows it inline.
    """
    require_language(lang)
    config = {
        "title": title(plan.area),
        "summary": report.summary(plan),
        "legend": legend_of(plan.area),
        "table": _coverage_table(plan),
    }
    return finished(plan, _coverage_layers(plan, zones, tiles, lang), config, lang)


def comparison_map(
    plans: Sequence[Plan],
    *,
    title: str = "",
    lang: str = "en",
    tiles: Drawing | None = None,
) -> Page:
    """
    Two or more coverage maps side by side that move together.

    Parameters
    ----------
    plans
        A map each, under the plan's name.
    title, lang, tiles
        Title of the page; the others as in `coverage_map`.

    Returns
    -------
    page
        `page.save(path)` writes one self-contained file; a notebook shows it inline.

    Raises
    ------
    ValueError
        If there are fewer than two plans.
    """
    require_language(lang)
    if len(plans) < 2:
        raise ValueError(f"there are {len(plans)} plans, expected two or more")
    names = [report.plan_name(plan) for plan in plans]
    heading: Text = {
        lang: title or " / ".join(name[lang] for name in names) for lang in report.LANGUAGES
    }
    bounds = [bounds_of(plan.area) for plan in plans]
    around = [*np.min(bounds, axis=0)[:2].tolist(), *np.max(bounds, axis=0)[2:].tolist()]
    maps: list[folium.Map] = []
    for plan in plans:
        m = new_map(around, title=report.say(heading, lang), lang=lang)
        if maps:
            maps[0].get_root().add_child(m)
        for layer in _coverage_layers(plan, None, tiles, lang):
            m.add_child(layer)
        m.add_child(LayerControl(collapsed=True))
        maps.append(m)
    assumed, remarks = report.league_notes(plans)
    bases = set().union(*(bases_of(plan.area.facilities) for plan in plans))
    unstated = list({line["en"]: line for p in plans for line in report.unstated(p.area)}.values())
    config = {
        "lang": lang,
        "bounds": corners_of(around),
        "title": heading,
        "legend": legend_of(plans[0].area, radius=False, bases=bases),
        "subtitle": "",
        "assumptions": headline_of([line for line in assumed if line not in unstated]),
        "unstated": headline_of(unstated),
        "remarks": remarks,
        "layers": layer_groups(),
        "maps": [
            {
                "title": name,
                "subtitle": report.standard_note(plan),
                "summary": report.summary(plan)[:4],
            }
            for plan, name in zip(plans, names, strict=True)
        ],
    }
    m.add_child(Surroundings("compare", maps, config))
    return cast(Page, m.get_root())


def _coverage_layers(
    plan: Plan,
    zones: gpd.GeoDataFrame | None,
    tiles: Drawing | None,
    lang: str,
) -> list[Drawing]:
    area, parts = plan.area, None
    if zones is None:
        zones = gaps.uncovered_zones(plan.cells, cutoff=plan.cost.cutoff)
        parts = gaps.by_street(plan.cells)
    return [
        grid_layer(plan, lang=lang),
        street_layer(plan, lang=lang),
        zone_layer(area, zones, parts, lang=lang),
        circle_layer(area, lang=lang),
        centre_layer(area, lang=lang),
        *reference_layers(area, tiles, lang),
    ]


def _coverage_table(plan: Plan) -> dict:
    outlines = in_degrees(plan.area.streets)
    coverage = evaluation.by_street(plan.cells).astype(object)
    coverage = coverage.where(coverage.notna(), None)
    return {
        "title": {"en": "By street", "zh": "按街道"},
        "columns": report.panel(report.STREET, report.COVERAGE_PANEL, "people_60", report.GROUPS),
        "rows": [
            {
                "short_name": short_name_of(outlines.loc[code]),
                "bounds": corners_of(b),
                **{key: row[key] for key in STREET_FIGURES},
            }
            for (code, row), b in zip(
                coverage.iterrows(),
                outlines.loc[coverage.index].bounds.to_numpy().tolist(),
                strict=True,
            )
        ],
    }
