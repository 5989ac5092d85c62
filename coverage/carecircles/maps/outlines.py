"""Layers of outlines: borders, streets by their share, zones without a centre."""

from collections.abc import Hashable, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from carecircles import comparison, counts, gaps, report, robustness, services
from carecircles.area import StudyArea
from carecircles.maps.drawing import (
    DECIMALS,
    Drawing,
    bounds_of,
    corners_of,
    geometry_of,
    in_degrees,
    short_name_of,
)
from carecircles.people import of_group
from carecircles.plan import Plan
from carecircles.robustness import Robustness
from carecircles.words import Text

_NAMED = 10  # streets of a zone that the page names


def border_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    Street borders with their names, and the district's boundary; schematic borders are dashed.

    Examples
    --------
    >>> from carecircles import datasets, maps
    >>> area = datasets.load("template")
    >>> maps.border_layer(area).kind
    'borders'
    """
    outlines = in_degrees(area.streets)
    labels = gpd.GeoSeries(area.streets.representative_point(), crs=area.crs).to_crs(4326)
    data = {
        "boundary": geometry_of(in_degrees(area.boundary).geometry.iloc[0]),
        "schematic": bool((area.streets["basis"] == "schematic").any()),
        "streets": [
            {
                "name": report.name_of(row),
                "short_name": short_name_of(row),
                "label_at": [round(labels[code].y, DECIMALS), round(labels[code].x, DECIMALS)],
                "bounds": corners_of(row.geometry.bounds),
            }
            for code, row in outlines.iterrows()
        ],
        "lines": geometry_of(shapely.line_merge(shapely.union_all(outlines.boundary.to_numpy()))),
    }
    return Drawing(
        "borders",
        data,
        bounds=outlines.total_bounds,
        names={"en": "Street borders and names", "zh": "街道边界与名称"},
        lang=lang,
        show=show,
        is_reference=True,
    )


def street_layer(
    plan: Plan, *, lang: str = "en", show: bool = False, sure: Robustness | None = None
) -> Drawing:
    """
    Streets filled by the share of people who are covered, of the group whose figures come first.

    Parameters
    ----------
    plan, sure
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.street_layer(asis).kind
    'streets'
    """
    outlines, group = in_degrees(plan.area.streets), comparison.headline(plan)
    figures = street_figures(plan, sure)
    told = report.STREET_FACTS if sure is None else (*report.STREET_FACTS, *report.INTERVAL)
    data = {
        "told": report.told(told, group, plan.cost.unit),
        "streets": [
            {
                "name": report.name_of(outlines.loc[code]),
                "covered": row[f"covered_{group.column}_share"],
                "figures": row,
                "geometry": geometry_of(outlines.geometry[code]),
            }
            for code, row in figures.items()
        ],
    }
    names = of_group({"en": "Streets: share of {} covered", "zh": "街道：{short}覆盖率"}, group)
    return Drawing("streets", data, bounds=outlines.total_bounds, names=names, lang=lang, show=show)


def street_figures(
    plan: Plan, sure: Robustness | None = None
) -> dict[Hashable, dict[Hashable, Any]]:
    """What the page tells of each street, by code: figures of the group that comes first."""
    columns = [
        column["key"]
        for column in report.told(report.STREET_FACTS, comparison.headline(plan), plan.cost.unit)
    ]
    coverage = report.in_unit_of(counts.by_street(plan), plan)[columns]
    if sure is not None:
        told = [name.replace("{g}", sure.group) for name in report.INTERVAL]
        coverage = coverage.join(robustness.by_street(sure)[told])
    coverage = coverage.astype(object).where(coverage.notna(), None)
    return coverage.to_dict("index")


def zone_layer(
    plan: Plan,
    zones: gpd.GeoDataFrame,
    parts: pd.DataFrame | None = None,
    *,
    lang: str = "en",
    show: bool = True,
) -> Drawing:
    """
    Uncovered zones, hatched, with their people and how far they are from a centre.

    Parameters
    ----------
    plan
        As in `coverage_map`.
    zones
        From `gaps.uncovered_zones`.
    parts
        From `gaps.by_street`, to tell the people of each street in the pop-up.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> zones = gaps.uncovered_zones(asis.cells, cutoff=500)
    >>> len(maps.zone_layer(asis, zones).data["zones"])
    3
    """
    data, bounds = zone_data(plan, zones, parts, report.ZONE_FACTS)
    names = {"en": "Uncovered zones", "zh": "未覆盖区"}
    return Drawing("zones", data, bounds=bounds, names=names, lang=lang, show=show)


def zones_without(key: str, part: Plan, lang: str) -> Drawing:
    """The zones from which a service of a bundle is out of reach."""
    group = report.headline_group(part)
    zones = gaps.uncovered_zones(part.cells, cutoff=part.cost.cutoff, group=group)
    name = services.name_of(key, part.area.services)
    names = {"en": f"Zones without: {name['en']}", "zh": f"未覆盖区：{name['zh']}"}
    data, bounds = zone_data(part, zones, None, report.ZONE_FACTS)
    return Drawing("zones", data, bounds=bounds, names=names, lang=lang, show=False)


def zone_data(
    plan: Plan, zones: gpd.GeoDataFrame, parts: pd.DataFrame | None, facts: Sequence[str]
) -> tuple[dict[str, Any], Sequence[float]]:
    """Zones with what is told of each, and their bounds or those of the area where there is none."""
    outlines, area, group = in_degrees(zones), plan.area, comparison.headline(plan)
    streets = report.street_names(area, zones, parts, group.column)
    told = report.told(facts, group, plan.cost.unit)
    names = pd.Series(report.nearest_names(area, zones), index=zones.index, dtype=object)
    figures = report.in_unit_of(pd.DataFrame(zones.drop(columns="geometry")), plan)
    rows = figures_of(figures.assign(nearest_name=names), told)
    data = {
        "told": told,
        "zones": [
            {
                "zone": zone,
                "streets": _few(streets[n]),
                "figures": rows[n],
                "geometry": geometry_of(shape),
            }
            for n, (zone, shape) in enumerate(outlines.geometry.items())
        ],
    }
    return data, outlines.total_bounds if len(zones) else bounds_of(area)


def _few(streets: list[Text]) -> list[Text]:
    """The first streets of a long list, and how many more there are."""
    more = len(streets) - _NAMED
    if more < 2:
        return streets
    return [*streets[:_NAMED], {"en": f"and {more} more", "zh": f"另外 {more} 个街道"}]


def figures_of(frame: pd.DataFrame, told: list[dict[str, Any]]) -> list[dict[Hashable, Any]]:
    """What is told of each row, None where nobody knows."""
    figures = frame[[column["key"] for column in told]].astype(object)
    return figures.where(figures.notna(), None).to_dict("records")
