"""Layers of points: centres, their circles, those far from any way, and other places."""

import geopandas as gpd
import numpy as np
import shapely

from carecircles import reach, report
from carecircles.area import StudyArea
from carecircles.comparison import Change
from carecircles.maps.drawing import (
    DECIMALS,
    Drawing,
    bounds_of,
    centres_of,
    circles_of,
    corners_of,
    in_degrees,
)
from carecircles.plan import Plan, is_straight
from carecircles.words import Text


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
