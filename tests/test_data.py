"""The bundled data against the planning facts: if either changes alone, a test here fails."""

import re
import runpy
import tomllib

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from carecircles import area, datasets
from tests.conftest import CRS, ROOT

FACTS = tomllib.loads((ROOT / "seeds" / "facts.toml").read_text(encoding="utf-8"))
HEXI = ROOT / "data" / "hexi"


def fact(name):
    return FACTS["facts"][name]["value"]


@pytest.fixture(scope="module")
def centres():
    return pd.read_csv(HEXI / "centres.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def population():
    return pd.read_csv(HEXI / "population.csv", dtype={"code": str})


@pytest.fixture(scope="module")
def streets():
    return gpd.read_file(HEXI / "streets.geojson")


def test_published_facts_are_as_published():
    """The figures of the two articles and the census, written here once more by hand."""
    published = {
        "standard_metres": 700,
        "standard_minutes": 15,
        "centres": 45,
        "health_posts": 20,
        "streets": 14,
        "communities": 149,
        "chentangzhuang_opened": "2022-07",
        "taoyuan_opening": "2023",
        "basic_services": ["meals", "medical", "culture"],
        "population": 822_174,
        "population_60": 230_176,
        "population_65": 160_176,
        "population_80": 34_687,
        "population_chentangzhuang": 63_689,
    }
    assert {name: fact(name) for name in published} == published


def test_every_fact_has_unit_source_and_note():
    for name, entry in FACTS["facts"].items():
        assert entry["unit"], name
        assert entry["source"] in FACTS["sources"], name
        assert len(entry["note"]) > 10, name
    for name, source in FACTS["sources"].items():
        assert {"title", "publication", "date"} <= set(source), name


def test_standard_is_the_facts(hexi):
    assert hexi.standard.metres == fact("standard_metres")
    assert hexi.standard.minutes == fact("standard_minutes")


def test_number_of_centres_streets_and_health_posts(hexi, centres):
    assert len(hexi.facilities) == fact("centres")
    assert len(hexi.streets) == fact("streets")
    posts = centres["services"].str.split(";").map(lambda s: "health_post" in s)
    assert posts.sum() == fact("health_posts")


def test_centres_of_each_street_follow_the_share(centres):
    expected = {street["code"]: street["centres"] for street in FACTS["street"]}
    assert centres["street"].value_counts().to_dict() == expected
    assert sum(expected.values()) == fact("centres")
    assert sum(street["communities"] for street in FACTS["street"]) == fact("communities")


@pytest.mark.parametrize("group", ["", "_60", "_65", "_80"])
def test_population_adds_up_to_the_census(population, group):
    assert population[f"people{group}"].sum() == fact(f"population{group}")


def test_population_of_chentangzhuang_is_the_published_one(population):
    row = population.set_index("street").loc["陈塘庄街道"]
    assert row["people"] == fact("population_chentangzhuang")
    assert row["basis"] == "known"


def test_every_row_says_on_what_it_rests(centres, population, streets):
    assert set(centres["basis"]) == {"assumed", "known"}
    assert set(centres["services_basis"]) == {"assumed"}
    assert (population["basis"] == "assumed").sum() == 13
    assert set(population["age_basis"]) == {"assumed"}
    assert set(streets["basis"]) == {"schematic"}
    for frame in (centres, population, streets):
        assert (frame["source"].str.len() > 5).all()


def test_known_points_are_kept(centres):
    known = centres[centres["basis"] == "known"].set_index("name")
    assert len(known) == 3
    for point in FACTS["known_centre"]:
        assert float(known.loc[point["name"], "lon"]) == point["lon"]
        assert float(known.loc[point["name"], "lat"]) == point["lat"]


def test_opening_is_given_only_where_it_is_known(centres):
    opened = centres[centres["opened"] != ""]
    assert opened["name_en"].tolist() == ["Chentangzhuang street centre"]
    assert opened["opened"].tolist() == [fact("chentangzhuang_opened")]


def test_streets_are_seamless(streets):
    assert streets.is_valid.all()
    assert (streets.geom_type == "Polygon").all()
    assert shapely.coverage_is_valid(streets.geometry.to_numpy())
    boundary = gpd.read_file(HEXI / "boundary.geojson").geometry[0]
    assert streets.union_all().symmetric_difference(boundary).area == 0


def test_streets_have_no_slivers(streets):
    metric = streets.to_crs(CRS)
    assert metric.area.min() > 500_000
    roundness = 4 * 3.14159 * metric.area / metric.length**2
    assert roundness.min() > 0.2


def test_boundary_has_todays_extent():
    boundary = gpd.read_file(HEXI / "boundary.geojson").to_crs(32650)
    assert boundary.area.sum() / 1e6 == pytest.approx(fact("area_km2"), abs=0.01)


def test_every_centre_stands_in_the_street_it_names(hexi):
    streets = hexi.streets.geometry.loc[hexi.facilities["street"]].to_numpy()
    assert shapely.covers(streets, hexi.facilities.geometry.to_numpy()).all()


def test_centres_keep_apart_within_a_street(hexi):
    """Evenly spread: no two centres of a street closer than 350 m, half a care circle."""
    for _, street in hexi.facilities.groupby("street"):
        points = street.geometry.to_numpy()
        metres = shapely.distance(points[:, None], points)
        assert metres[metres > 0].min(initial=1e9) > 350


def test_generator_gives_the_same_bytes(tmp_path):
    runpy.run_path(str(ROOT / "seeds" / "make_hexi.py"))["main"](tmp_path)
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    written = {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in files}
    assert set(written) == {
        "area.toml",
        "boundary.geojson",
        "streets.geojson",
        "population.csv",
        "centres.csv",
        "places.csv",
        "facilities/health.csv",
    }
    for name, content in written.items():
        assert content == (HEXI / name).read_bytes(), name


def test_template_is_a_study_area_of_invented_data():
    made = datasets.load("template")
    assert set(made.facilities["basis"]) == {"assumed"}
    assert set(made.population["basis"]) == {"assumed"}
    assert made.notes == ()


def test_the_templates_examples_are_those_of_their_generator(tmp_path):
    runpy.run_path(str(ROOT / "seeds" / "make_template.py"))["main"](tmp_path)
    for folder in ("homes", "walk", "facilities"):
        stored = {p.name: p.read_bytes() for p in (ROOT / "data" / "template" / folder).iterdir()}
        assert {p.name: p.read_bytes() for p in (tmp_path / folder).iterdir()} == stored


def without_signs(folder, roles):
    """A template whose area.toml names some of its examples: the comment signs are taken away."""
    datasets.write_template(folder)
    path = folder / "area.toml"
    told = path.read_text(encoding="utf-8")
    for role in roles:
        line = next(x for x in told.splitlines() if re.match(rf"# {role} = \"(homes|walk)/", x))
        told = told.replace(line, line.removeprefix("# "))
    path.write_text(told, encoding="utf-8")
    return area.read_area(folder)


def test_the_template_takes_its_examples_of_how_people_walk(tmp_path):
    """Along its streets nobody comes over the river but by its two bridges, and not along the motorway."""
    made = without_signs(tmp_path / "mine", ("network", "barriers", "crossings", "rests"))
    assert (len(made.on_foot.crossings), len(made.on_foot.rests)) == (2, 17)
    ways = made.on_foot.network.edges
    over = ways[ways.crosses(made.on_foot.barriers.iloc[0])]
    assert sorted(over["kind"]) == ["footway", "residential"]
    assert ways["flights"].sum() == 4  # two on either side of the footbridge
    assert not ways["kind"].eq("motorway").any()
    assert [note["en"] for note in made.notes] == [
        f"{file}: no datum declared; coordinates are taken as WGS84."
        for file in ("barriers.geojson", "crossings.csv", "rests.csv")
    ]


def test_the_template_takes_its_examples_of_where_people_live(tmp_path):
    roles = ("residences", "communities", "people_grid", "uninhabited")
    made = without_signs(tmp_path / "mine", roles)
    assert len(made.sources.residences) == 8  # and an office that is left out
    assert made.sources.communities.groupby("street")["people_60"].sum().to_dict() == {
        "S1": 8400, "S2": 7000}  # fmt: skip
    assert made.sources.people_grid["people_60"].sum() == pytest.approx(24_000)
    assert len(made.sources.uninhabited) == 2


def test_communities_are_those_of_the_facts(hexi):
    communities = hexi.places[hexi.places["kind"] == "community"]
    assert len(communities) == fact("communities")
    expected = {street["code"]: street["communities"] for street in FACTS["street"]}
    assert communities["street"].value_counts().to_dict() == expected


def test_stations_inside_the_outline_are_in_wgs84(hexi):
    """Hexi's metro stations lie within the outline or near it; their GCJ-02 twins 550 m east would not all."""
    stations = hexi.places[hexi.places["kind"] == "station"]
    outline = hexi.boundary.geometry.iloc[0]
    assert (stations.distance(outline) < 2500).mean() > 0.9
    assert (stations["source"].str.contains("CC BY 4.0")).all()
