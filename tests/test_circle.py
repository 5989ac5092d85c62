"""The comprehensive circle: layers of facilities in, who has how many kinds near, on paper and by brute force."""

import functools
import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import amenities, circle, datasets, grid, io, maps, plan, reach, report
from carecircles.area import Standard, describe_area, files_of, read_area, study
from carecircles.datum import from_wgs84
from carecircles.errors import ValidationError
from tests.conftest import CRS, planned
from tests.examples import examples
from tests.test_browser import Opened
from tests.test_cli import refused, run
from tests.test_maps import HOSTILE


def places(*xs, y=50.0, **columns):
    """Facilities at so many metres along the street of `town`."""
    points = [shapely.Point(500_000 + x, 4_300_000 + y) for x in xs]
    return gpd.GeoDataFrame(columns, geometry=points, index=range(len(xs)), crs=CRS)


def town(**layers):
    """A street of ten cells of 100 m with 10 people 60+ in each, and a centre in the first; near is 210 m."""
    street = shapely.box(500_000, 4_300_000, 501_000, 4_300_100)
    return study(
        streets=gpd.GeoDataFrame({"name": ["West"]}, geometry=[street], crs=CRS),
        population=pd.DataFrame({"street": ["West"], "people": [400], "people_60": [100]}),
        centres=places(50, name=["Home"]),
        crs=CRS,
        datum="wgs84",
        standard=Standard(210, 5),
        amenities=layers,
    )


@pytest.fixture(scope="module")
def three():
    """The town with a clinic in its fifth cell and a sports ground in its third."""
    area = town(health=places(450), sport=places(250))
    return circle.circle_of(planned(area, cell=100))


def test_who_has_what_near_on_paper(three):
    """Care reaches cells 1 to 3, the clinic 3 to 7, the ground 1 to 5."""
    expected = {
        "elderly_care": [True] * 3 + [False] * 7,
        "health": [False] * 2 + [True] * 5 + [False] * 3,
        "sport": [True] * 5 + [False] * 5,
    }
    assert three.within.to_dict("list") == expected
    assert circle.number_within(three.within).tolist() == [2, 2, 3, 2, 2, 1, 1, 0, 0, 0]
    missing = circle.missing(three.within).tolist()
    assert missing[:3] == [("health",), ("health",), ()]
    assert missing[-1] == ("elderly_care", "health", "sport")
    people = circle.by_number(three.plan.cells, three.within)["people_60"]
    assert people.tolist() == pytest.approx([30, 20, 40, 10])
    near = circle.by_street(three.plan.cells, three.within).loc["West"]
    assert near["near_people_60"].to_dict() == pytest.approx(
        {"all": 10, "elderly_care": 30, "health": 50, "sport": 50}
    )
    assert near["near_people_share"].to_dict() == pytest.approx(
        {"all": 0.1, "elderly_care": 0.3, "health": 0.5, "sport": 0.5}
    )
    whole = circle.of_district(three.plan.cells, three.within)
    pd.testing.assert_frame_equal(whole, near, check_names=False)
    assert [kind.key for kind in three.unknown] == ["childcare", "culture"]


def test_only_the_kinds_asked_for_count(three):
    only = circle.circle_of(three.plan, ["体育", "卫生"])
    assert [kind.key for kind in only.kinds] == ["health", "sport"]  # in the order of the kinds
    told = circle.of_district(only.plan.cells, only.within)["near_people_60"]
    assert told["all"] == pytest.approx(30)  # cells 3 to 5
    assert only.unknown == ()
    with pytest.raises(ValidationError, match="'helth' is no kind there is, perhaps health"):
        circle.circle_of(three.plan, ["helth", "sport"])


def test_a_street_of_nobody_has_no_share():
    cells = pd.DataFrame({"people_60": [0.0, 4.0], "street": pd.Categorical(["S", "T"])})
    within = pd.DataFrame({"health": [True, True]})
    share = circle.by_street(cells, within)["near_people_60_share"]
    assert np.isnan(share["S", "all"])
    assert share["T", "all"] == 1


@settings(max_examples=examples(15), deadline=None)
@given(st.integers(0, 10_000))
def test_against_brute_force(seed):
    """Every pair measured by shapely, on a grid of 30 x 20 cells with facilities in and around it."""
    rng = np.random.default_rng(seed)
    street = shapely.box(0, 0, 3000, 2000)
    streets = gpd.GeoDataFrame({"name": ["A"]}, geometry=[street], index=["A"], crs=CRS)
    people = pd.DataFrame({"people_60": [6000.0]}, index=["A"])
    demand = grid.make_demand(streets, people, cell=100)
    points = {
        kind: shapely.points(rng.uniform(-500, 3500, (rng.integers(1, 9), 2)))
        for kind in ("elderly_care", "health", "sport")
    }
    costs = {
        kind: reach.straight_line(demand, gpd.GeoDataFrame(geometry=some, crs=CRS), cutoff=700)
        for kind, some in points.items()
    }
    within = circle.is_within(demand, costs)
    at = shapely.points(demand[["x", "y"]].to_numpy())
    brute = {k: (shapely.distance(at[:, None], p).min(axis=1) <= 700) for k, p in points.items()}
    assert within.to_dict("list") == {kind: near.tolist() for kind, near in brute.items()}
    told = circle.of_district(demand, within)["near_people_60"]
    every = np.logical_and.reduce(list(brute.values()))
    assert told["all"] == pytest.approx(demand["people_60"][every].sum())
    assert (told["all"] <= told + 1e-9).all()  # another kind makes it no easier
    numbers = circle.by_number(demand, within)["people_60"]
    assert numbers.sum() == pytest.approx(6000)
    assert numbers.iloc[-1] == pytest.approx(told["all"])


def test_every_kind_is_measured_by_the_plans_reach():
    """Ways twice as long as lines: each kind reaches half as far."""
    area = town(health=places(450), sport=places(250))
    twice = functools.partial(reach.detour, factor=2.0, source="a test")
    demand = grid.make_demand(area.streets, area.population, cell=100)
    found = circle.circle_of(plan.evaluate(area, demand, reach=twice))
    assert found.within["health"].tolist() == [False] * 3 + [True] * 3 + [False] * 4
    assert found.within["elderly_care"].tolist() == [True] * 2 + [False] * 8


def test_hexi_has_its_health_posts_and_says_what_nobody_knows(hexi, hexi_plan):
    posts = hexi.amenities["health"]
    assert len(posts) == 20
    assert set(posts["basis"]) == {"assumed"}
    has = hexi.facilities["services"].map(lambda offered: "health_post" in offered)
    at = hexi.facilities.geometry[has].to_numpy()
    assert shapely.distance(at, posts.geometry.to_numpy()).max() == 0
    found = circle.circle_of(hexi_plan)
    notes = [note["en"] for note in report.circle_notes(found)]
    assert "Not known where they are, and not counted: childcare, culture, sport" in notes[1]
    assert notes[2] == "health: 20 places, of which 20 assumed."
    cells = hexi_plan.cells
    at = shapely.points(cells[["x", "y"]].to_numpy())
    near = shapely.distance(at[:, None], posts.geometry.to_numpy()).min(axis=1) <= 700
    told = report.circle_frame(found, by="district").set_index("kind")["near_people_60"]
    assert told["health"] == pytest.approx(cells["people_60"][near].sum(), abs=0.001)


def test_layers_are_files_of_the_area(tmp_path):
    """Those of the template, in CSV and GeoJSON; a Chinese name and a GeoPackage in another CRS do as well."""
    folder = datasets.folder("template")
    area = read_area(folder)
    assert {kind: len(layer) for kind, layer in area.amenities.items()} == {
        "childcare": 2, "culture": 2, "health": 3, "sport": 2,
    }  # fmt: skip
    assert any(
        line.strip() == "facilities/health: 3 places of health"
        for line in describe_area(area, folder="x")
    )
    assert {"health.geojson", "sport.csv"} <= {path.name for path in files_of(folder)}
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    sport = mine / "facilities" / "sport.csv"
    io.read_amenities(sport, crs="EPSG:3857", datum="wgs84")[["name", "geometry"]].to_file(
        mine / "facilities" / "体育.gpkg", layer="grounds"
    )
    sport.unlink()
    (mine / "facilities" / "readme.md").write_text("what is here")
    (mine / "facilities" / ".hidden.csv").write_text("nothing")
    (mine / "facilities" / "health.kml").write_text("<kml/>")
    again = read_area(mine)
    metres = area.amenities["sport"].distance(again.amenities["sport"])
    assert metres.max() < 0.01
    notes = [note["en"] for note in again.notes]
    assert notes == ["facilities/health.kml: files of this kind are not read; it is passed over."]


def test_a_kind_of_ones_own(hexi_copy):
    toml = hexi_copy / "area.toml"
    toml.write_text(toml.read_text() + '\n[kinds.parks]\nname = "公园"\nspellings = ["绿地"]\n')
    lines = "name,lon,lat\n河畔公园,117.22,39.08\n"
    (hexi_copy / "facilities" / "绿地.csv").write_text(lines)
    area = read_area(hexi_copy)
    assert area.kinds[-1].name == {"en": "公园", "zh": "公园"}
    assert area.amenities["parks"]["name"].tolist() == ["河畔公园"]


def test_a_list_of_a_whole_city_serves(hexi_copy):
    """What is more than 5 km outside is left out, and said."""
    rows = ["name,lon,lat", "A,117.22,39.08", "B,117.22,39.01", "C,117.70,39.00", "D,116.4,39.9"]
    (hexi_copy / "facilities" / "sport.csv").write_text("\n".join(rows))
    area = read_area(hexi_copy)
    assert area.amenities["sport"]["name"].tolist() == ["A", "B"]
    said = "sport.csv: 2 of 4 places are more than 5 km from the study area and left out."
    assert said in [note["en"] for note in area.notes]


def test_everything_that_is_wrong_with_layers_is_told_at_once(hexi_copy):
    folder, toml = hexi_copy / "facilities", hexi_copy / "area.toml"
    posts = pd.read_csv(folder / "health.csv")
    toml.write_text(toml.read_text().replace('facilities = "wgs84"\n', 'parks = "wgs84"\n'))
    posts.to_csv(folder / "helth.csv", index=False)  # no kind
    posts.to_csv(folder / "医疗.csv", index=False)  # health once more
    posts.to_csv(folder / "elderly_care.csv", index=False)  # the centres themselves
    moved = posts.assign(lon=posts["lon"] + 20)
    moved.to_csv(folder / "culture.csv", index=False)  # a sea away
    lon, lat = from_wgs84(posts["lon"], posts["lat"], datum="bd09")
    posts.assign(lon=lon, lat=lat).to_csv(folder / "childcare.csv", index=False)
    (folder / "sport.csv").write_text("name,lon,lat\n")  # empty
    with pytest.raises(ValidationError) as raised:
        read_area(hexi_copy)
    said = "\n".join(raised.value.problems)
    for expected in (
        "facilities/helth.csv: 'helth' is no kind of facilities, perhaps health; call the file by one of "
        "childcare, health, culture, sport, or declare the kind below [kinds] in area.toml.",
        "facilities: there is more than one file of health ('health.csv', '医疗.csv'); keep one.",
        "the area's centres are elderly_care; put what is there into the centres' file.",
        "culture.csv: none of its 20 places lies in the study area or within 5 km of it; "
        "correct its coordinates",
        "childcare.csv: 17 of 20 places stand in another street than they name, and would not if they "
        'were BD-09: say childcare = "bd09" below [datum] in area.toml, or say childcare = "wgs84"',
        "sport.csv: there is no row in it; add the data below the header.",
        "area.toml: datum.parks is unknown",
    ):
        assert expected in said, (expected, said)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ({"parks": "green"}, "kinds.parks is 'green'; write it as [kinds.parks] with a name."),
        ({"parks": {}}, "kinds.parks: name is missing"),
        ({"Parks": {"name": "P"}}, "a kind is written such as parks, in small letters"),
        ({"parks": {"name": "health"}}, "'health' means health and parks; take it out of one."),
        ({"parks": {"name": "P", "colour": 1}}, "unknown: 'colour'; known are name, name_en, spellings."),
        ({"parks": {"name": 3, "spellings": "x"}}, "spellings is 'x'; write a list"),
        ({f"k{n}": {"name": f"K{n}"} for n in range(12)}, "there are 17 kinds; keep at most 16."),
    ],
)  # fmt: skip
def test_kinds_that_cannot_be(kinds, expected):
    with pytest.raises(ValidationError) as raised:
        study_of_kinds(kinds)
    assert expected in str(raised.value)


def study_of_kinds(kinds, **layers):
    area = town()
    return study(
        streets=area.streets.reset_index(),
        population=area.population.reset_index(),
        centres=places(50, name=["Home"]),
        crs=CRS,
        datum="wgs84",
        standard=area.standard,
        kinds=kinds,
        amenities=layers,
    )


def test_a_layer_of_no_kind_and_one_without_a_crs():
    with pytest.raises(
        ValidationError, match="'sprot' is no kind of other facilities, perhaps sport"
    ):
        town(sprot=places(50))
    with pytest.raises(ValidationError, match="'elderly_care' is no kind of other facilities"):
        town(elderly_care=places(50))
    with pytest.raises(ValidationError, match="it does not say in which CRS"):
        town(sport=places(50).set_crs(None, allow_override=True))
    far = places(50).set_crs("EPSG:32610", allow_override=True)  # metres of California
    with pytest.raises(ValidationError, match="none of its 1 places lies in the study area"):
        town(sport=far)


def test_spellings_of_a_kind_lead_to_it_alone():
    kinds, problems = amenities.declared({})
    assert not problems
    for kind in kinds:
        for word in (*kind.spellings, *kind.name.values(), kind.key):
            assert amenities.kind_of(word).key == kind.key


def test_the_command_says_the_same_in_every_format(tmp_path):
    def ask(*more):
        done = run("circle", "--cell", 200, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    record = json.loads(ask("--format", "json", "--out", "circle.csv", "--area", "template"))
    table = pd.read_csv(tmp_path / "circle.csv", dtype={"code": str})
    assert record["kinds_unknown"] == []
    assert [row["near_people_60"] for row in record["streets"]] == table["near_people_60"].tolist()[
        :24
    ]
    assert table["code"].tolist()[-6:] == ["district"] * 6
    whole = table.set_index(["code", "kind"])["near_people_60"]
    assert whole.drop("district").groupby("kind").sum().to_dict() == pytest.approx(
        whole["district"].to_dict(), abs=0.01
    )
    ask("--out", "circle.xlsx", "--lang", "zh", "--area", "template")
    sheet = pd.read_excel(tmp_path / "circle.xlsx")
    assert (
        sheet["可达60岁及以上人数"].round(3).tolist() == table["near_people_60"].round(3).tolist()
    )
    ask("--by", "cell", "--out", "cells.gpkg", "--area", "template", "--kinds", "托幼、health")
    cells = gpd.read_file(tmp_path / "cells.gpkg")
    assert cells["people_60"].sum() == pytest.approx(24_000, abs=0.1)
    lacks_none = cells["missing_kinds"].fillna("") == ""
    assert (lacks_none == (cells["kinds_within"] == 2)).all()
    less = json.loads(
        ask("--scenario", "closed-for-a-year", "--format", "json", "--by", "district")
    )
    before = json.loads(ask("--format", "json", "--by", "district"))
    care = [rec["district"][1]["near_people_60"] for rec in (before, less)]
    assert care[0] > care[1]  # one centre is closed


def test_what_the_command_cannot_do_is_said(tmp_path):
    said = refused(
        "circle",
        "--kinds",
        "",
        "--format",
        "geojson",
        "--out",
        "x.gpkg",
        "--lang",
        "en",
        cwd=tmp_path,
    )
    assert "3 problems" in said
    assert "--kinds is empty" in said
    said = refused("circle", "--kinds", "cultur", "--cell", 200, "--lang", "zh", cwd=tmp_path)
    assert "没有 'cultur' 这一类；请填写以下之一：elderly_care、health。" in said


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    """The map of a circle whose kinds and places have names that would run where they could."""
    layers = {"sport": places(250, name=[HOSTILE[0]], source=[HOSTILE[-1]]), "odd": places(450)}
    odd = {"name": HOSTILE[0][:40], "name_en": HOSTILE[1][:40]}
    found = circle.circle_of(planned(study_of_kinds({"odd": odd}, **layers), cell=100))
    path = tmp_path_factory.mktemp("circle") / "circle.html"
    maps.circle_map(found).save(path)
    return Opened(browser, path)


def test_the_page_counts_as_the_command_does(opened, three):
    """All eight choices of three kinds: people with all chosen kinds near, to the person."""
    page = opened.page
    kinds = page.locator(".cc-kinds input")
    assert kinds.count() == 3
    for n in range(1, 8):
        chosen = [kind for k, kind in enumerate(("elderly_care", "health", "sport")) if n >> k & 1]
        of_page = ["odd" if kind == "health" else kind for kind in chosen]
        for k in range(3):
            box = kinds.nth(k)
            box.set_checked(box.get_attribute("data-kind") in of_page)
        told = circle.of_district(three.plan.cells, three.within[chosen])["near_people_60"]["all"]
        assert page.locator(".cc-kinds-told b").inner_text() == f"{told:.0f}", chosen
    for k in range(3):
        kinds.nth(k).set_checked(True)
    page.evaluate(
        "() => { const grid = carecircles.page.grid, {lat, lng} = carecircles.page.map.getCenter();"
        " carecircles.page.map.openPopup(grid.facts({lat, lng: lng + 0.004}), {lat, lng}); }"
    )
    assert "Kinds near: 0 of 3" in page.locator(".leaflet-popup-content").inner_text()
    assert opened.complaints == []
    assert opened.dialogs == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []
