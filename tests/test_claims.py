"""What the circle claims and the walk does not reach; isochrones."""

import dataclasses
import functools
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from carecircles import (
    area,
    catchments,
    claims,
    datasets,
    grid,
    maps,
    network,
    plan,
    reach,
    report,
)
from carecircles.area import Standard
from carecircles.errors import ValidationError
from tests import test_cli

CRS = "EPSG:32650"

X, Y = 500_000, 4_300_000


def by_the_river(*, cell=50, cutoff=400, population=None):
    """
    A town of 400 x 400 m on both banks of a river that flows along y = 200, one bridge in the east.

    Its centre stands in the north-west. Streets run along the banks at y = 50 and y = 350, 400 m long; the
    bridge joins them at x = 400. On each bank live 800 people of 60 and more, evenly.
    """
    lines = shapely.linestrings(
        np.array(
            [
                [[X, Y + 350], [X + 400, Y + 350]],
                [[X, Y + 50], [X + 400, Y + 50]],
                [[X + 400, Y + 350], [X + 400, Y + 50]],
            ],
            dtype=float,
        )
    )
    drawn = gpd.GeoDataFrame({"kind": "", "level": [0, 0, 0]}, geometry=lines, crs=CRS)
    river = gpd.GeoSeries([shapely.LineString([(X, Y + 200), (X + 399, Y + 200)])], crs=CRS)
    streets = gpd.GeoDataFrame(
        {"name": ["北岸", "南岸"], "name_en": ["North", "South"], "basis": "known"},
        geometry=[shapely.box(X, Y + 200, X + 400, Y + 400), shapely.box(X, Y, X + 400, Y + 200)],
        crs=CRS,
    )
    people = pd.DataFrame({"street": ["北岸", "南岸"], "people_60": [800.0, 800.0]})
    centres = gpd.GeoDataFrame(
        {"name": ["中心"], "name_en": ["Centre"], "basis": "known"},
        geometry=[shapely.Point(X + 25, Y + 350)],
        crs=CRS,
    )
    town = area.study(
        streets=streets,
        population=people if population is None else population,
        centres=centres,
        name="town",
        standard=Standard(cutoff, 5),
    )
    net = network.made_of(network.noded(drawn), barriers=river)
    demand = grid.make_demand(town.streets, town.population, cell=cell)
    return plan.evaluate(town, demand, reach=functools.partial(reach.walking, network=net))


def test_who_is_claimed_and_not_reached_across_the_river():
    """
    Cells of 50 m, their centres on 25, 75 ... 375 m; 25 people in each of 64.

    The circle of 400 m around (25, 350) holds all of the north: its farthest cell, (375, 225), is
    hypot(350, 125) = 372 m off. Of the south it holds, with dy = 175, 225, 275, 325 m, those with dx up to
    359, 331, 290, 233: 8, 7, 6 and 5 cells. The walk reaches in the north all with dx + |y - 350|, 25 to
    125 m, up to 400: dx = 350 is reached from the rows 325 and 375 alone (25 m off), dx = 300 from all but
    the row at 225 (125 m off), so 32 - 2 - 1. In the south it reaches nobody: the bridge alone is 375 m away, and 300 m long.
    """
    found = claims.claims_of(by_the_river())
    told = ["claimed_people_60", "reached_people_60", "only_claimed_people_60"]
    north, south = found.streets.loc[:, told].to_numpy()
    assert north.tolist() == pytest.approx([32 * 25, 29 * 25, 3 * 25])
    assert south.tolist() == pytest.approx([26 * 25, 0, 26 * 25])
    assert found.district[told].tolist() == pytest.approx([58 * 25, 29 * 25, 29 * 25])
    assert found.district["claimed_people_60_share"] == pytest.approx(58 / 64)
    assert found.district["reached_people_60_share"] == pytest.approx(29 / 64)
    assert found.district["only_reached_people_60"] == 0


def test_zones_are_what_is_claimed_only_and_how_much_longer_the_walk_is():
    """
    The example above: both banks touch in one zone of 29 cells, most of them in the south.

    On the north bank the walk is along the street and off it; from the south it is 375 m to the
    bridge, 300 m over it, back along the street and off it.
    """
    x, y = np.meshgrid(np.arange(25, 400, 50), np.arange(25, 400, 50))
    straight = np.hypot(x - 25, y - 350)
    north, south = x - 25 + abs(y - 350), 375 + 300 + (400 - x) + abs(y - 50)
    walk = np.where(y > 200, north, south)
    only = (straight <= 400) & (walk > 400)
    [zone] = claims.claims_of(by_the_river()).zones.itertuples()
    assert (zone.people_60, zone.area_km2) == (
        pytest.approx(29 * 25),
        pytest.approx(29 * 2500 / 1e6),
    )
    assert zone.geometry.area == pytest.approx(29 * 2500)
    assert (zone.straight_m, zone.walk_m, zone.extra_m) == (
        pytest.approx(np.median(straight[only])),
        pytest.approx(np.median(walk[only])),
        pytest.approx(np.median((walk - straight)[only])),
    )
    first, second = (by_the_river().area.streets["name_en"][code] for code in zone.streets)
    assert (first, second) == ("South", "North")


def test_rows_of_zones_and_streets_add_up_to_the_district():
    found = claims.claims_of(by_the_river(cell=20))
    whole = found.district["only_claimed_people_60"]
    assert found.streets["only_claimed_people_60"].sum() == pytest.approx(whole)
    assert found.zones["people_60"].sum() == pytest.approx(whole)
    assert found.parts["people_60"].sum() == pytest.approx(whole)


def test_an_isochrone_holds_the_people_of_the_tables_and_nobody_across_the_river():
    walked = by_the_river(cell=10)
    cells, minutes = walked.cells, [1, 2.5, 5, 30]
    frame = report.isochrones_frame(walked, minutes)
    assert frame["within_m"].tolist() == [80, 200, 400, 2400]
    for metres, row in frame.set_index("within_m").iterrows():
        is_near = cells["distance_m"] <= metres
        is_held = shapely.contains_xy(row.geometry, cells["x"], cells["y"])
        assert (is_held == is_near).all()
        assert row["people_60"] == pytest.approx(cells["people_60"][is_near].sum(), abs=1e-3)
    covered = cells["people_60"][cells["covered"]].sum()
    assert frame["people_60"][5] == pytest.approx(covered, abs=1e-3)  # the standard itself
    assert frame.geometry[5].bounds[1] >= Y + 200


def test_a_block_that_nobody_can_enter_stays_a_hole():
    """A walled park in the middle of a block: everything around it is near, and it is not."""
    corners = [(X, Y), (X + 300, Y), (X + 300, Y + 300), (X, Y + 300), (X, Y)]
    drawn = gpd.GeoDataFrame(
        {"kind": "", "level": [0]}, geometry=[shapely.LineString(corners)], crs=CRS
    )
    wall = shapely.box(X + 100, Y + 100, X + 200, Y + 200).exterior
    net = network.made_of(network.noded(drawn), barriers=gpd.GeoSeries([wall], crs=CRS))
    streets = gpd.GeoDataFrame(geometry=[shapely.box(X, Y, X + 300, Y + 300)], crs=CRS)
    streets.index = pd.Index(["S"], name="code")
    demand = grid.make_demand(
        streets, pd.DataFrame({"people_60": [90.0]}, index=streets.index), cell=50
    )
    centre = gpd.GeoDataFrame(index=["A"], geometry=[shapely.Point(X, Y)], crs=CRS)
    walk = functools.partial(reach.walking, network=net)
    near = reach.nearest(demand, centre, reach=walk)
    cells = demand.assign(distance_m=near.table.droplevel(1).reindex(demand.index))
    cells.attrs = demand.attrs
    held = catchments.isochrones(cells, [1000])
    assert held.geometry.iloc[0].area == pytest.approx(300**2 - 100**2)
    assert len(held.geometry.iloc[0].interiors) == 1
    assert held["people_60"].iloc[0] == pytest.approx(90 * 8 / 9)


# The command and the map

WALKS = datasets.folder("template") / "walk" / "network.geojson"


def told(*words, cwd):
    done = test_cli.run(
        *words, "--area", "template", "--network", WALKS, "--cell", 200, "--lang", "en", cwd=cwd
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_tells_the_same_by_street_and_by_zone_in_every_format(tmp_path):
    streets = json.loads(told("claims", "--format", "json", cwd=tmp_path))
    zones = json.loads(told("claims", "--by", "zone", "--format", "json", cwd=tmp_path))
    only = "only_claimed_people_60"
    whole = streets["district"][only]
    assert whole > 1000
    assert zones["district"] == streets["district"]
    assert sum(row[only] for row in streets["streets"]) == pytest.approx(whole, abs=0.01)
    found = zones["zones"]
    assert sum(zone["people_60"] for zone in found) == pytest.approx(whole, abs=0.01)
    large = [zone["people_60"] for zone in found if zone["claimed_zone"] != "other"]
    assert large == sorted(large, reverse=True)
    parts = [part["people_60"] for zone in found for part in zone["by_street"]]
    assert sum(parts) == pytest.approx(whole, abs=0.01)
    assert streets["reach"]["measured"] == "along the walking network"

    written = tmp_path / "claims.csv"
    table = told("claims", "--out", written, cwd=tmp_path)
    rows = pd.read_csv(written, dtype={"code": str}).set_index("code")
    assert rows.loc["district", only] == whole
    assert f"{whole:,.0f}" in table
    drawn = json.loads(told("claims", "--by", "zone", "--format", "geojson", cwd=tmp_path))
    assert [f["properties"]["people_60"] for f in drawn["features"]] == [
        zone["people_60"] for zone in found
    ]
    told("claims", "--by", "zone", "--out", tmp_path / "claims.xlsx", cwd=tmp_path)
    sheet = pd.read_excel(tmp_path / "claims.xlsx")
    assert sheet["Walk, m"].tolist() == [zone["walk_m"] for zone in found]


def test_claims_want_a_walk(tmp_path):
    said = test_cli.refused("claims", "--area", "template", "--out", "claims.csv", cwd=tmp_path)
    assert "--network" in said
    said = test_cli.refused("claims", "--smallest", -1, "--lang", "zh", cwd=tmp_path)
    assert "--smallest" in said
    demand = grid.make_demand(
        *(getattr(datasets.load("template"), n) for n in ("streets", "population"))
    )
    circle = plan.evaluate(datasets.load("template"), demand)
    with pytest.raises(ValidationError, match="beside"):
        claims.claims_of(circle)


@pytest.mark.parametrize("first", ["walk", "circle"])
def test_the_map_shows_circle_and_walk_over_each_other(first):
    """Whichever of them the plan is: the same zones, with the figures of the tables."""
    walk = by_the_river()
    how = {"reach": walk.reach, "beside": reach.straight_line}
    if first == "circle":
        how = {"reach": reach.straight_line, "beside": walk.reach}
    both = plan.evaluate(walk.area, walk.cells, **how)
    drawn = {}
    for part in maps.coverage_map(both)._children.values():
        if hasattr(part, "kind"):
            drawn.setdefault(part.kind, part)
    [zone] = claims.claims_of(walk).zones.to_dict("records")
    [shown] = drawn["claims"].data["zones"]
    for name in ("people_60", "area_km2", "straight_m", "walk_m", "extra_m"):
        assert shown["figures"][name] == pytest.approx(zone[name])
    assert [name["en"] for name in map(dict, shown["streets"])] == ["South 650", "North 75"]
    assert drawn["claims"].show == (first == "walk")
    circles = {circle.get("change") for circle in drawn["circles"].data}
    assert circles == ({"claimed"} if first == "walk" else {None})
    by_minutes = report.isochrones_frame(walk)["people_60"].tolist()
    isochrones = drawn["isochrones"].data["isochrones"]
    assert [one["figures"]["people_60"] for one in isochrones] == by_minutes
    legend = drawn["start"].config["legend"] if "start" in drawn else []
    assert {"sign": "claim", "claim": "circle"}.items() <= next(
        entry for entry in legend if entry["sign"] == "claim"
    ).items()
    assert "none" not in {entry["sign"] for entry in legend}


def test_of_a_walk_in_minutes_nobody_says_by_how_many_metres_it_is_longer():
    """At 80 m a minute (the standard's), as the walks of the example: 425 m are 5.3 minutes."""
    walk, metres = by_the_river(), 80.0
    far = walk.reach(walk.cells, walk.area.facilities, cutoff=5000)
    table = reach.CostTable(far.table / metres, 5000 / metres, "min")
    timed = functools.partial(reach.looked_up, table=table)
    found = claims.claims_of(plan.evaluate(walk.area, walk.cells, reach=timed))
    by_metres = claims.claims_of(walk)
    for by in ("street", "zone"):
        frame, there = (report.claims_frame(one, by=by) for one in (found, by_metres))
        assert not {"extra_m", "walk_m"} & {*frame.columns}
        np.testing.assert_allclose(frame["walk_min"], there["walk_m"] / metres, atol=0.06)
        assert frame["straight_m"].tolist() == there["straight_m"].tolist()
        shown = report.claims_table(found, by=by, lang="en")
        assert "walk min" in shown
        assert "longer by m" not in shown
    assert found.district["only_claimed_people_60"] == by_metres.district["only_claimed_people_60"]


def test_isochrones_are_written_beside_the_table(tmp_path):
    told("evaluate", "--reach", "walking", "--isochrones", "walk.geojson", cwd=tmp_path)
    frame = gpd.read_file(tmp_path / "walk.geojson")
    assert frame["pace_min"].tolist() == [5, 10, 15]
    assert frame["within_m"].tolist() == pytest.approx([233.3, 466.7, 700])
    assert frame["people_60"].is_monotonic_increasing
    district = json.loads(told("evaluate", "--reach", "walking", "--format", "json", cwd=tmp_path))[
        "district"
    ]
    covered = district["people_60"] - district["uncovered_people_60"]
    assert frame["people_60"].iloc[-1] == pytest.approx(covered, abs=0.01)
    metres = frame.to_crs(frame.estimate_utm_crs()).area / 1e6
    assert metres.tolist() == pytest.approx(frame["area_km2"].tolist(), rel=2e-3)


def test_a_reader_points_at_a_zone_and_switches_isochrones_on(browser, tmp_path):
    walk = by_the_river()
    credit = "© OpenStreetMap contributors <b>(ODbL)"
    net = dataclasses.replace(reach.network_in(walk.reach), source=credit)
    on_foot = functools.partial(reach.walking, network=net)
    both = plan.evaluate(walk.area, walk.cells, reach=on_foot, beside=reach.straight_line)
    path = tmp_path / "map.html"
    maps.coverage_map(both).save(path)
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("() => carecircles.page.grid && carecircles.page.grid.painted")
    zone = page.locator("path.cc-claimed")
    assert zone.count() == 1
    assert zone.get_attribute("aria-label").startswith(
        "Claimed by the circle, not reached on foot 1: 725"
    )
    page.evaluate("carecircles.words.setLanguage('zh')")
    assert zone.get_attribute("aria-label").startswith(
        "服务圈内，步行不可达 1：725".replace("：", ": ")
    )
    shown = ".cc-legend li.cc-isochrone >> visible=true"
    assert page.locator(shown).count() == 0
    page.locator(".leaflet-control-layers").hover()
    page.locator(".leaflet-control-layers label", has_text="等时圈").click()
    named = page.locator(".leaflet-control-attribution")
    assert named.inner_text() == credit
    assert named.locator("b").count() == 0
    assert f"步行路网：{credit}" in page.locator(".cc-notes").inner_text()
    assert page.locator(shown).all_inner_texts() == ["5 分钟以内", "10 分钟以内", "15 分钟以内"]
    assert page.locator(".leaflet-cc-fill-pane path").count() == 3
    page.close()
