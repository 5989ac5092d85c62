"""The coverage map, and several plans side by side."""

import dataclasses
from collections.abc import Sequence
from typing import Any, cast

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
from folium.map import LayerControl

from carecircles import (
    comparison,
    report,
)
from carecircles.claims import Claims, claims_of
from carecircles.maps.around import (
    Surroundings,
    bases_of,
    finished,
    headline_of,
    layer_groups,
    legend_of,
    new_map,
    notes_of,
    own_services,
    title,
)
from carecircles.maps.claimed import claim_signs
from carecircles.maps.closed import Page
from carecircles.maps.drawing import (
    Drawing,
    bounds_of,
    corners_of,
    in_degrees,
    require_language,
    short_name_of,
)
from carecircles.maps.layers import coverage_layers
from carecircles.maps.outlines import street_figures
from carecircles.maps.squares import missing_signs
from carecircles.maps.tiles import BaseMap
from carecircles.plan import Plan, is_straight
from carecircles.robustness import Robustness
from carecircles.words import Text, say


def coverage_map(
    plan: Plan,
    zones: gpd.GeoDataFrame | None = None,
    *,
    lang: str = "en",
    tiles: BaseMap | None = None,
    parts: pd.DataFrame | None = None,
    claims: Claims | None = None,
    sure: Robustness | None = None,
) -> folium.Map:
    """
    The coverage of a plan as a folium map that opens without a network.

    Parameters
    ----------
    plan
        From `plan.evaluate`, or of a large area from `blocks.overview` with its zones and parts.
    zones
        From `gaps.uncovered_zones`; made from the plan's cells if None.
    lang
        Language the page opens in, 'en' or 'zh'; the reader can switch.
    tiles
        A base map from `base_map`. With one the page asks the network for images, and for
        nothing else; without, for nothing at all.
    parts
        From `gaps.by_street`, so that zones tell the people of each street; made if `zones` is None.
    claims
        From `claims.claims_of`; of a plan with another reach beside it they are worked out if None.
    sure
        From `robustness.measure` of the plan: its intervals stand beside the shares.

    Returns
    -------
    map
        `map.save(path)` writes one self-contained file; a notebook shows it inline.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> page = maps.coverage_map(asis)
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    if claims is None and plan.beside is not None:
        claims = claims_of(plan)
    config: dict[str, Any] = {
        "title": title(plan.area),
        "summary": report.summary(plan, sure=sure),
        "legend": [*missing_signs(plan), *legend_of(plan)],
        "table": _coverage_table(plan, sure),
    }
    if sure is not None:
        config["notes"] = [*report.sure_notes(sure), *notes_of(plan)]
    if claims is not None:  # there are circles then, whatever reach is
        signs = [entry for entry in config["legend"] if entry["sign"] != "none"]
        config["legend"] = [*signs, *claim_signs(plan)]
        config["notes"] = [report.claims_note(claims), *config.get("notes", notes_of(plan))]
    return finished(
        plan, coverage_layers(plan, zones, tiles, lang, claims, sure, parts), config, lang
    )


def comparison_map(
    plans: Sequence[Plan],
    *,
    title: str = "",
    lang: str = "en",
    tiles: BaseMap | None = None,
    sure: Sequence[Robustness] | None = None,
) -> Page:
    """
    Two or more coverage maps side by side that move together.

    Parameters
    ----------
    plans
        A map each, under the plan's name.
    title, lang, tiles
        Title of the page; the others as in `coverage_map`.
    sure
        From `robustness.measure_together` of the plans: between what each share lies is told beside.

    Returns
    -------
    page
        `page.save(path)` writes one self-contained file; a notebook shows it inline.

    Raises
    ------
    ValueError
        If there are fewer than two plans, or there is no group of people that all are about.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, maps, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> page = maps.comparison_map([asis, change.after])
    >>> page.render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    if len(plans) < 2:
        raise ValueError(f"there are {len(plans)} plans, expected two or more")
    group = report.headline_group(*plans)  # the same on every map
    plans = [
        dataclasses.replace(plan, area=dataclasses.replace(plan.area, headline=group))
        for plan in plans
    ]
    names = [report.plan_name(plan) for plan in plans]
    heading: Text = {
        lang: title or " / ".join(name[lang] for name in names) for lang in report.LANGUAGES
    }
    bounds = [bounds_of(plan.area) for plan in plans]
    around = [*np.min(bounds, axis=0)[:2].tolist(), *np.max(bounds, axis=0)[2:].tolist()]
    maps: list[folium.Map] = []
    every: list[Drawing] = []
    for plan in plans:
        m = new_map(around, title=say(heading, lang), lang=lang)
        if maps:
            maps[0].get_root().add_child(m)
        drawn = coverage_layers(plan, None, tiles, lang)
        for layer in drawn:
            m.add_child(layer)
        every += drawn
        m.add_child(LayerControl(collapsed=True))
        maps.append(m)
    assumed, remarks = report.league_notes(plans)
    round_one = next(filter(is_straight, plans), plans[0])
    bases = set().union(*(bases_of(plan.area.facilities) for plan in plans))
    unstated = list({line["en"]: line for p in plans for line in report.unstated(p.area)}.values())
    every_drawn = [None] * len(plans) if sure is None else sure
    config = {
        "lang": lang,
        "services": {k: name for plan in plans for k, name in own_services(plan.area).items()},
        "bounds": corners_of(around),
        "title": heading,
        "legend": legend_of(round_one, radius=False, bases=bases),
        "subtitle": "",
        "assumptions": headline_of([line for line in assumed if line not in unstated]),
        "unstated": headline_of(unstated),
        "remarks": remarks
        if sure is None
        else [*report.drawn_notes(sure[0].draws, sure[0].plan), *remarks],
        "layers": layer_groups(every),
        "credits": report.sources_of(*plans),
        "maps": [
            {
                "title": name,
                "subtitle": report.standard_note(plan),
                "summary": report.short_summary(plan, sure=drawn),
            }
            for plan, name, drawn in zip(plans, names, every_drawn, strict=True)
        ],
    }
    m.add_child(Surroundings("compare", maps, config))
    return cast(Page, m.get_root())


def _coverage_table(plan: Plan, sure: Robustness | None = None) -> dict[str, Any]:
    outlines, group = in_degrees(plan.area.streets), comparison.headline(plan)
    figures = street_figures(plan, sure)
    shown = report.COVERAGE_PANEL if sure is None else report.COVERAGE_SURE_PANEL
    return {
        "title": {"en": "By street", "zh": "按街道"},
        "columns": report.panel(shown, group),
        "rows": [
            {
                "short_name": short_name_of(outlines.loc[code]),
                "bounds": corners_of(b),
                **row,
            }
            for (code, row), b in zip(
                figures.items(),
                outlines.loc[list(figures)].bounds.to_numpy().tolist(),
                strict=True,
            )
        ],
    }
