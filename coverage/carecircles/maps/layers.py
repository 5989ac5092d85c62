"""Which layers a map of a plan shows, from the ground up."""

import geopandas as gpd
import pandas as pd

from carecircles import counts, gaps, report
from carecircles.area import StudyArea
from carecircles.claims import Claims
from carecircles.maps.centres import centre_layer, circles_if_any, far_layers, place_layer
from carecircles.maps.claimed import claim_layers
from carecircles.maps.drawing import Drawing
from carecircles.maps.outlines import border_layer, street_layer, zone_layer, zones_without
from carecircles.maps.squares import grid_layer, missing_layer
from carecircles.maps.tiles import BaseMap, tile_layer
from carecircles.plan import Plan
from carecircles.robustness import Robustness


def coverage_layers(
    plan: Plan,
    zones: gpd.GeoDataFrame | None,
    tiles: BaseMap | None,
    lang: str,
    claims: Claims | None = None,
    sure: Robustness | None = None,
    parts: pd.DataFrame | None = None,
) -> list[Drawing]:
    """
    What the map of a plan shows, from the ground up.

    With what the circle claims (`claims.claims_of`), circle and walk over each other; with what draws say
    (`robustness.measure`), the interval of each street.
    """
    area, is_far = plan.area, counts.step_of(plan) > 1  # from so far away streets tell more
    if zones is None:
        group = report.headline_group(plan)
        zones = gaps.uncovered_zones(plan.cells, cutoff=plan.cost.cutoff, group=group)
        parts = gaps.by_street(plan.cells, group=group)
    return [
        grid_layer(plan, lang=lang, show=not (plan.parts or is_far)),
        *([missing_layer(plan, lang=lang)] if plan.parts else []),
        street_layer(plan, lang=lang, show=is_far, sure=sure),
        zone_layer(plan, zones, parts, lang=lang, show=not (plan.parts or is_far)),
        *(zones_without(key, part, lang) for key, part in plan.parts.items()),
        *(claim_layers(plan, claims, lang=lang) if claims is not None else []),
        *circles_if_any(plan, lang=lang),
        centre_layer(area, lang=lang),
        *far_layers(plan, lang=lang),
        *reference_layers(area, tiles, lang),
    ]


def reference_layers(area: StudyArea, tiles: BaseMap | None, lang: str) -> list[Drawing]:
    """What helps to find one's way on every map."""
    return [
        border_layer(area, lang=lang),
        *([place_layer(area, lang=lang)] if area.places is not None else []),
        *([tile_layer(tiles, lang=lang)] if tiles is not None else []),
    ]
