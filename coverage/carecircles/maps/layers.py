"""One folium layer a function."""

import math
from collections.abc import Hashable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import (
    comparison,
    evaluation,
    gaps,
    provision,
    reach,
    report,
    robustness,
    services,
)
from carecircles.area import StudyArea
from carecircles.claims import Claims
from carecircles.comparison import Change
from carecircles.maps.drawing import (
    DECIMALS,
    Drawing,
    bounds_of,
    centres_of,
    centres_to_measure,
    circles_of,
    corners_of,
    geometry_of,
    grid_data,
    in_degrees,
    measured_by,
    nearest_arrays,
    short_name_of,
    told_of,
)
from carecircles.maps.tiles import BaseMap, tile_layer
from carecircles.people import of_group
from carecircles.plan import Plan, is_straight
from carecircles.robustness import Robustness
from carecircles.words import Text

CLAIMED: Text = {"en": "Claimed by the circle, not reached on foot", "zh": "服务圈内，步行不可达"}
CLAIMING: Text = {"en": "Circles of the standard, in a straight line", "zh": "标准服务圈（直线）"}
GRID: Text = {"en": "Grid: centres within reach", "zh": "网格：可达中心数"}  # of the live map too


def coverage_layers(
    plan: Plan,
    zones: gpd.GeoDataFrame | None,
    tiles: BaseMap | None,
    lang: str,
    claims: Claims | None = None,
    sure: Robustness | None = None,
) -> list[Drawing]:
    """
    What the map of a plan shows, from the ground up.

    With what the circle claims (`claims.claims_of`), circle and walk over each other; with what draws say
    (`robustness.measure`), the interval of each street.
    """
    area, parts = plan.area, None
    if zones is None:
        group = report.headline_group(plan)
        zones = gaps.uncovered_zones(plan.cells, cutoff=plan.cost.cutoff, group=group)
        parts = gaps.by_street(plan.cells, group=group)
    return [
        grid_layer(plan, lang=lang, show=not plan.parts),
        *([missing_layer(plan, lang=lang)] if plan.parts else []),
        street_layer(plan, lang=lang, sure=sure),
        zone_layer(plan, zones, parts, lang=lang, show=not plan.parts),
        *(_without(key, part, lang) for key, part in plan.parts.items()),
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


def grid_layer(plan: Plan, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by depth (number of centres within reach), uncovered ones hatched.

    Cells travel as two compressed arrays, street and depth, and are painted on one canvas. Pointing
    at a cell names its street, its depth and its nearest centre with the distance; where these are
    no straight lines they travel too, and so do people who do not live evenly over their street.

    Parameters
    ----------
    plan
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.grid_layer(asis).kind
    'grid'
    """
    area = plan.area
    depth = np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
    group = comparison.headline(plan)
    data, bounds = grid_data(plan, {"depth": depth} | nearest_arrays(plan), [group.column])
    data |= {
        "told": told_of(group),
        "unit": plan.cost.unit,
        "by": measured_by(plan),
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "centres": centres_to_measure(area),
    }
    return Drawing(
        "grid",
        data,
        bounds=bounds,
        names=GRID,
        lang=lang,
        show=show,
    )


def missing_layer(plan: Plan, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by how many services of a bundle are missing; pointing at one names them.

    Parameters
    ----------
    plan
        From `plan.evaluate`, of a study area in which a bundle counts.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan, services
    >>> from carecircles.area import bundled
    >>> both = services.Bundle("both", {"en": "both", "zh": "两项"}, ("meals", "medical"), 2)
    >>> area = bundled(datasets.load("template"), both)
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.missing_layer(asis).data["combinations"]
    [[], [1], [0, 1]]
    """
    lacking = provision.missing({key: part.cells for key, part in plan.parts.items()})
    kinds, number = np.unique(lacking.to_numpy(), axis=0, return_inverse=True)
    group = comparison.headline(plan)
    data, bounds = grid_data(plan, {"missing": number.ravel().astype(np.uint32)}, [group.column])
    data |= {
        "told": told_of(group),
        "services": [services.name_of(key, plan.area.services) for key in plan.parts],
        "combinations": [np.flatnonzero(kind).tolist() for kind in kinds],
    }
    names = {"en": "Grid: services that are missing", "zh": "网格：缺少的服务"}
    return Drawing("missing", data, bounds=bounds, names=names, lang=lang, show=show)


def missing_signs(plan: Plan) -> list[dict[str, Any]]:
    """What the colours of `missing_layer` mean; nothing where no bundle counts."""
    many = len(plan.parts)
    counts = ("0", "1", "2", "3", "4" if many == 4 else "4+")[: many + 1] if many else ()
    return [
        {
            "sign": "missing",
            "missing": n,
            "label": {
                "en": f"{text} of {many} services missing",
                "zh": f"{many} 项服务缺 {text} 项",
            },
        }
        for n, text in enumerate(counts)
    ]


def _without(key: str, part: Plan, lang: str) -> Drawing:
    """The zones from which a service of a bundle is out of reach."""
    group = report.headline_group(part)
    zones = gaps.uncovered_zones(part.cells, cutoff=part.cost.cutoff, group=group)
    name = services.name_of(key, part.area.services)
    names = {"en": f"Zones without: {name['en']}", "zh": f"未覆盖区：{name['zh']}"}
    data, bounds = _zone_data(part, zones, None, report.ZONE_FACTS)
    return Drawing("zones", data, bounds=bounds, names=names, lang=lang, show=False)


def change_layer(change: Change, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by what changes from one plan to another.

    Parameters
    ----------
    change
        From `comparison.compare`.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, maps, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> maps.change_layer(change).kind
    'change'
    """
    before, after = change.before, change.after
    depths = {
        when: np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
        for when, plan in (("before", before), ("after", after))
    }
    group = comparison.headline(before, after)
    arrays = depths | nearest_arrays(before, "_before") | nearest_arrays(after, "_after")
    data, bounds = grid_data(after, arrays, [group.column])
    data["told"] = told_of(group)
    data["unit"] = [plan.cost.unit for plan in (before, after)]
    data["centres"] = [centres_to_measure(plan.area) for plan in (before, after)]
    return Drawing(
        "change",
        data,
        bounds=bounds,
        names={"en": "Grid: what changes", "zh": "网格：变化"},
        lang=lang,
        show=show,
    )


def gain_layer(plan: Plan, gains: pd.DataFrame, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by what a new centre there would gain.

    Parameters
    ----------
    plan, gains
        As in `gain_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, marginal, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.gain_layer(asis, marginal.open_everywhere(asis)).kind
    'gain'
    """
    group = comparison.headline(plan)
    people = gains[f"gained_{group.column}"].to_numpy()
    data, bounds = grid_data(plan, {"gain": np.round(people).astype(np.uint32)})
    data |= {
        "classes": classes_of(float(people.max(initial=0.0))),
        "label": report.label_of(f"gained_{group.column}", [group]),
    }
    return Drawing(
        "gain",
        data,
        bounds=bounds,
        names={"en": "Grid: what a new centre gains", "zh": "网格：新开中心的收益"},
        lang=lang,
        show=show,
    )


def classes_of(most: float) -> list[float]:
    """Where the classes of a gain begin: at one person, then in four round steps up to the largest."""
    if most <= 1:
        return [1.0]
    magnitude = 10.0 ** math.floor(math.log10(max(most / 4, 1)))
    step = max(m * magnitude for m in (1, 2, 3, 4, 5, 6, 8) if m == 1 or m * magnitude <= most / 4)
    return [1.0, *(step * n for n in range(1, 5) if 1 < step * n <= most)]


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
    coverage = report.in_unit_of(evaluation.by_street(plan.cells), plan)[columns]
    if sure is not None:
        told = [name.replace("{g}", sure.group) for name in report.INTERVAL]
        coverage = coverage.join(robustness.by_street(sure)[told])
    coverage = coverage.astype(object).where(coverage.notna(), None)
    return coverage.to_dict("index")


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


def circle_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    Care circles of the standard's metres around the centres.

    Examples
    --------
    >>> from carecircles import datasets, maps
    >>> area = datasets.load("template")
    >>> maps.circle_layer(area).kind
    'circles'
    """
    data = circles_of(area.facilities, area.standard.metres)
    return Drawing(
        "circles",
        data,
        bounds=bounds_of(area),
        names={"en": "Care circles", "zh": "养老服务圈"},
        lang=lang,
        show=show,
    )


def circles_if_any(plan: Plan, *, lang: str) -> list[Drawing]:
    """The layer of care circles where the plan's reach is a circle; none where it is not."""
    is_one = all(part.cost.cutoff == plan.cost.cutoff for part in plan.parts.values())
    return [circle_layer(plan.area, lang=lang)] if is_straight(plan) and is_one else []


def changed_circles(change: Change, *, lang: str) -> list[Drawing]:
    """Care circles of both plans: those that stay, those that are new and those that go."""
    if not (is_straight(change.before) and is_straight(change.after)):
        return []
    was, now = change.before.area, change.after.area
    centres = change.centres["change"]
    placed = centres.index[centres.isin(["opened", "closed", "moved"])]
    is_other = was.standard.metres != now.standard.metres
    gone = was.facilities[was.facilities.index.isin(placed) | is_other]
    new = now.facilities.index.isin(placed) | is_other
    circles = [
        *({**c, "change": "gone"} for c in circles_of(gone, was.standard.metres)),
        *circles_of(now.facilities[~new], now.standard.metres),
        *({**c, "change": "new"} for c in circles_of(now.facilities[new], now.standard.metres)),
    ]
    bounds = bounds_of(now)
    return [
        Drawing(
            "circles",
            circles,
            bounds=bounds,
            names={"en": "Care circles", "zh": "养老服务圈"},
            lang=lang,
            show=True,
        )
    ]


def changed_centres(change: Change, *, lang: str) -> Drawing:
    """Centres of both plans, marked by what happens to them."""
    was, now = change.before.area, change.after.area
    old, new = ({c["id"]: c for c in centres_of(area)} for area in (was, now))
    data = []
    for label, centre in (old | new).items():
        happened = change.centres["change"].get(label)
        if happened is not None:
            centre = centre | {"change": happened}
        if happened in ("moved", "equipped", "enlarged"):
            centre["was"] = old[label]
        if happened == "moved":
            centre["from"] = [old[label]["lat"], old[label]["lon"]]
        data.append(centre)
    bounds = bounds_of(now)
    return Drawing(
        "centres",
        data,
        bounds=bounds,
        names={"en": "Centres", "zh": "养老服务中心"},
        lang=lang,
        show=True,
    )


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
    data, bounds = _zone_data(plan, zones, parts, report.ZONE_FACTS)
    names = {"en": "Uncovered zones", "zh": "未覆盖区"}
    return Drawing("zones", data, bounds=bounds, names=names, lang=lang, show=show)


def _zone_data(
    plan: Plan, zones: gpd.GeoDataFrame, parts: pd.DataFrame | None, facts: Sequence[str]
) -> tuple[dict[str, Any], Sequence[float]]:
    """Zones with what is told of each, and their bounds or those of the area where there is none."""
    outlines, area, group = in_degrees(zones), plan.area, comparison.headline(plan)
    streets = report.street_names(area, zones, parts, group.column)
    told = report.told(facts, group, plan.cost.unit)
    names = pd.Series(report.nearest_names(area, zones), index=zones.index, dtype=object)
    figures = report.in_unit_of(pd.DataFrame(zones.drop(columns="geometry")), plan)
    rows = _figures(figures.assign(nearest_name=names), told)
    data = {
        "told": told,
        "zones": [
            {
                "zone": zone,
                "streets": streets[n],
                "figures": rows[n],
                "geometry": geometry_of(shape),
            }
            for n, (zone, shape) in enumerate(outlines.geometry.items())
        ],
    }
    return data, outlines.total_bounds if len(zones) else bounds_of(area)


def _figures(frame: pd.DataFrame, told: list[dict[str, Any]]) -> list[dict[Hashable, Any]]:
    """What is told of each row, None where nobody knows."""
    figures = frame[[column["key"] for column in told]].astype(object)
    return figures.where(figures.notna(), None).to_dict("records")


def claim_layers(plan: Plan, claims: Claims, *, lang: str) -> list[Drawing]:
    """Circle and walk over each other; shown at once where the plan is the walk."""
    is_walk = not is_straight(plan)
    return [
        isochrone_layer(claims.walk, lang=lang),
        claim_layer(claims, lang=lang, show=is_walk),
        *([claimed_circles(plan, lang=lang)] if is_walk else []),
    ]


def claim_layer(claims: Claims, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    Zones that the circle claims and the walk does not reach, hatched, with their people and their walk.

    Parameters
    ----------
    claims
        From `claims.claims_of`.

    Examples
    --------
    >>> import functools
    >>> from carecircles import claims, datasets, grid, maps, plan, reach
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> far = reach.straight_line(demand, area.facilities, cutoff=5000)
    >>> twice = reach.CostTable(far.table * 2, 10_000)  # as if every way were twice the straight line
    >>> asis = plan.evaluate(area, demand, reach=functools.partial(reach.looked_up, table=twice))
    >>> len(maps.claim_layer(claims.claims_of(asis)).data["zones"])
    3
    """
    data, bounds = _zone_data(claims.walk, claims.zones, claims.parts, report.CLAIM_FACTS)
    data["name"] = CLAIMED
    return Drawing("claims", data, bounds=bounds, names=CLAIMED, lang=lang, show=show)


def claimed_circles(plan: Plan, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The circles of a plan's standard where its reach is none, to hold against it.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.claimed_circles(asis).kind
    'circles'
    """
    area = plan.area
    circles = circles_of(area.facilities, area.standard.metres)
    data = [{**circle, "change": "claimed"} for circle in circles]
    return Drawing("circles", data, bounds=bounds_of(area), names=CLAIMING, lang=lang, show=show)


def isochrone_layer(plan: Plan, *, lang: str = "en", show: bool = False) -> Drawing:
    """
    From where a centre is within 5, 10 and 15 minutes: whole cells, holes kept.

    Parameters
    ----------
    plan
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> [one["name"]["en"] for one in maps.isochrone_layer(asis).data["isochrones"]]
    ['Within 5 minutes', 'Within 10 minutes', 'Within 15 minutes']
    """
    frame, group = report.isochrones_frame(plan), comparison.headline(plan)
    told = report.told(("{g}", "area_km2"), group, plan.cost.unit)
    outlines = in_degrees(frame)
    rows = zip(frame.index, _figures(frame, told), outlines.geometry, strict=True)
    data = {
        "told": told,
        "isochrones": [
            {"name": within(minutes), "figures": figures, "geometry": geometry_of(shape)}
            for minutes, figures, shape in rows
        ],
    }
    return Drawing(
        "isochrones",
        data,
        bounds=bounds_of(plan.area),
        names={"en": "Isochrones: minutes to a centre", "zh": "等时圈：到中心的分钟数"},
        lang=lang,
        show=show,
    )


def within(minutes: float) -> Text:
    return {"en": f"Within {minutes:g} minutes", "zh": f"{minutes:g} 分钟以内"}


def claim_signs(plan: Plan) -> list[dict[str, Any]]:
    """What the signs of these layers mean."""
    circles = [] if is_straight(plan) else [{"sign": "claimed", "label": CLAIMING}]
    return [
        {"sign": "claim", "claim": "circle", "label": CLAIMED},
        *circles,
        *(
            {"sign": "isochrone", "isochrone": n, "label": within(minutes)}
            for n, minutes in enumerate(report.MINUTES)
        ),
    ]


def centre_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    Centres with what is known of them in a pop-up; hollow where the position is assumed.

    Examples
    --------
    >>> from carecircles import datasets, maps
    >>> area = datasets.load("template")
    >>> maps.centre_layer(area).kind
    'centres'
    """
    bounds = bounds_of(area)
    return Drawing(
        "centres",
        centres_of(area),
        bounds=bounds,
        names={"en": "Centres", "zh": "养老服务中心"},
        lang=lang,
        show=show,
    )


def far_layers(plan: Plan, *, lang: str = "en") -> list[Drawing]:
    """
    Lines to the nearest way from centres that are far from any, where a plan or the one beside it is walked.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> maps.far_layers(plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200)))
    []
    """
    walked = (one for one in (plan, plan.beside) if one is not None)
    net = next((net for one in walked if (net := reach.network_in(one.reach)) is not None), None)
    centres = plan.area.facilities
    if net is None or centres.empty:
        return []
    far = report.far_centres(net, centres)
    far = far[~far.geometry.isna()]
    if far.empty:
        return []
    ends = np.stack(
        [far.geometry.get_coordinates(), centres.geometry[far.index].get_coordinates()], axis=1
    )
    lines = in_degrees(gpd.GeoDataFrame(geometry=shapely.linestrings(ends), crs=net.crs)).geometry
    data = [
        {"note": note, "line": [[lat, lon] for lon, lat in shapely.get_coordinates(line)]}
        for note, line in zip(far["note"], lines, strict=True)
    ]
    names: Text = {"en": "Centres far from any way", "zh": "远离道路的中心"}
    return [Drawing("far", data, bounds=lines.total_bounds, names=names, lang=lang, show=True)]


def place_layer(area: StudyArea, *, lang: str = "en", show: bool = False) -> Drawing:
    """
    Stations and other places; those without a point are only found by the page's search.

    Examples
    --------
    >>> from carecircles import datasets, maps
    >>> maps.place_layer(datasets.load("hexi")).kind
    'places'
    """
    places = in_degrees(area.places)
    streets = in_degrees(area.streets).bounds
    data = []
    for row in places.itertuples():
        name = report.name_of({"name": row.name, "name_en": row.name_en})
        if row.geometry is None:
            bounds = corners_of(streets.loc[row.street].tolist())
            data.append({"name": name, "lat": None, "bounds": bounds})
        else:
            at = {"lat": round(row.geometry.y, DECIMALS), "lon": round(row.geometry.x, DECIMALS)}
            data.append({"name": name, **at})
    return Drawing(
        "places",
        data,
        bounds=bounds_of(area),
        names={"en": "Stations and other places", "zh": "车站等地点"},
        lang=lang,
        show=show,
        is_reference=True,
    )
