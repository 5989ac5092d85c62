"""One folium layer a function."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import (
    evaluation,
    report,
)
from carecircles.area import StudyArea
from carecircles.comparison import Change
from carecircles.maps.drawing import (
    DECIMALS,
    LAYERS,
    Drawing,
    again,
    bounds_of,
    centres_of,
    centres_to_measure,
    circles_of,
    corners_of,
    geometry_of,
    grid_data,
    in_degrees,
    short_name_of,
)
from carecircles.plan import Plan


def reference_layers(area: StudyArea, tiles: Drawing | None, lang: str) -> list[Drawing]:
    """What helps to find one's way on every map."""
    return [
        border_layer(area, lang=lang),
        *([place_layer(area, lang=lang)] if area.places is not None else []),
        *([again(tiles)] if tiles is not None else []),
    ]


def grid_layer(plan: Plan, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by depth (number of centres within reach), uncovered ones hatched.

    Cells travel as two compressed arrays, street and depth, and are painted on one canvas. Pointing
    at a cell names its street, its depth and its nearest centre with the distance.

    Parameters
    ----------
    plan
        As in `coverage_map`.
    """
    area = plan.area
    depth = np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
    data, bounds = grid_data(plan, {"depth": depth})
    data |= {
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "centres": centres_to_measure(area),
    }
    return Drawing("grid", data, bounds=bounds, name=LAYERS["grid"][lang], show=show)


def change_layer(change: Change, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by what changes from one plan to another.

    Parameters
    ----------
    change
        From `comparison.compare`.
    """
    before, after = change.before, change.after
    depths = {
        when: np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
        for when, plan in (("before", before), ("after", after))
    }
    data, bounds = grid_data(after, depths)
    data["centres"] = [centres_to_measure(plan.area) for plan in (before, after)]
    return Drawing("change", data, bounds=bounds, name=LAYERS["change"][lang], show=show)


def gain_layer(plan: Plan, gains: pd.DataFrame, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by what a new centre there would gain.

    Parameters
    ----------
    plan, gains
        As in `gain_map`.
    """
    group = report.headline_group(plan)
    gained = f"gained_{group}"
    people = gains[gained].to_numpy()
    data, bounds = grid_data(plan, {"gain": np.round(people).astype(np.uint32)})
    data |= {
        "classes": classes_of(float(people.max(initial=0.0))),
        "label": report.label_of(gained, report.GROUPS),
    }
    return Drawing("gain", data, bounds=bounds, name=LAYERS["gain"][lang], show=show)


def classes_of(most: float) -> list[float]:
    """Where the classes of a gain begin: at one person, then in four round steps up to the largest."""
    if most <= 1:
        return [1.0]
    magnitude = 10.0 ** math.floor(math.log10(max(most / 4, 1)))
    step = max(m * magnitude for m in (1, 2, 3, 4, 5, 6, 8) if m == 1 or m * magnitude <= most / 4)
    return [1.0, *(step * n for n in range(1, 5) if 1 < step * n <= most)]


def street_layer(plan: Plan, *, lang: str = "en", show: bool = False) -> Drawing:
    """
    Streets filled by the share of people aged 60 and more who are covered.

    Parameters
    ----------
    plan
        As in `coverage_map`.
    """
    outlines = in_degrees(plan.area.streets)
    coverage = evaluation.by_street(plan.cells).astype(object)
    coverage = coverage.where(coverage.notna(), None)
    data = [
        {
            "name": report.name_of(outlines.loc[code]),
            **{key: row[key] for key in STREET_FIGURES},
            "geometry": geometry_of(outlines.geometry[code]),
        }
        for code, row in coverage.iterrows()
    ]
    return Drawing(
        "streets", data, bounds=outlines.total_bounds, name=LAYERS["streets"][lang], show=show
    )


STREET_FIGURES = (
    "people_60",
    "covered_people_60_share",
    "backup_people_60_share",
    "uncovered_people_60",
    "mean_distance_m",
)


def border_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """Street borders with their names, and the district's boundary; schematic borders are dashed."""
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
        "borders", data, bounds=outlines.total_bounds, name=LAYERS["borders"][lang], show=show
    )


def circle_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """Care circles of the standard's metres around the centres."""
    data = circles_of(area.facilities, area.standard.metres)
    return Drawing("circles", data, bounds=bounds_of(area), name=LAYERS["circles"][lang], show=show)


def changed_circles(change: Change, *, lang: str) -> Drawing:
    """Care circles of both plans: those that stay, those that are new and those that go."""
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
    return Drawing(
        "circles", circles, bounds=bounds_of(now), name=LAYERS["circles"][lang], show=True
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
        if happened in ("moved", "equipped"):
            centre["was"] = old[label]
        if happened == "moved":
            centre["from"] = [old[label]["lat"], old[label]["lon"]]
        data.append(centre)
    bounds = bounds_of(now)
    return Drawing("centres", data, bounds=bounds, name=LAYERS["centres"][lang], show=True)


def zone_layer(
    area: StudyArea,
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
    area
        As in `coverage_map`.
    zones
        From `gaps.uncovered_zones`.
    parts
        From `gaps.by_street`, to tell the older people of each street in the pop-up.
    """
    outlines = in_degrees(zones)
    streets, nearest = report.street_names(area, zones, parts), report.nearest_names(area, zones)
    data = [
        {
            "zone": zone,
            "people_60": row["people_60"],
            "area_km2": row["area_km2"],
            "streets": streets[n],
            "nearest": nearest[n],
            "distance_m": row["distance_m"] if nearest[n] else None,
            "too_far_m": row["too_far_m"] if nearest[n] else None,
            "geometry": geometry_of(row["geometry"]),
        }
        for n, (zone, row) in enumerate(outlines.iterrows())
    ]
    around = outlines.total_bounds if len(zones) else in_degrees(area.boundary).total_bounds
    return Drawing("zones", data, bounds=around, name=LAYERS["zones"][lang], show=show)


def centre_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """Centres with what is known of them in a pop-up; hollow where the position is assumed."""
    bounds = bounds_of(area)
    return Drawing(
        "centres", centres_of(area), bounds=bounds, name=LAYERS["centres"][lang], show=show
    )


def place_layer(area: StudyArea, *, lang: str = "en", show: bool = False) -> Drawing:
    """Stations and other places; those without a point are only found by the page's search."""
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
    return Drawing("places", data, bounds=bounds_of(area), name=LAYERS["places"][lang], show=show)
