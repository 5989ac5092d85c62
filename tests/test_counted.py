"""Without a file of population: the people of streets are those that where-people-live files count."""

import csv
import dataclasses
import io

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from carecircles import area, evaluation, plan, report, weights
from carecircles.area import Sources
from carecircles.errors import ValidationError
from carecircles.io import rasters
from tests.test_cli import refused as refused_by
from tests.test_cli import run
from tests.test_sources import AGES, CRS, SOUTH, WEST, box, flat, frame, ground, points, raster

rasterio = pytest.importorskip("rasterio")
__all__ = ["ground"]


@pytest.fixture
def bare(ground):
    """The two streets of 1 km by 1 km and their centre, and no file of population."""
    return {name: told for name, told in ground.items() if name != "population"}


def gradient(factor=1.0):
    """20 x 10 pixels of 100 m over both streets: column n has n people in each, 1 to 20."""
    return np.tile(np.arange(1.0, 21.0), (10, 1)) * factor


def write_ages(folder, year, values):
    for age in AGES:
        raster(folder / f"chn_t_{age}_{year}_CN_100m_R2025A_v1.tif", values / len(AGES))
    return folder


def sums(placed, group="people_60"):
    return placed.demand.groupby("street", observed=True)[group].sum()


def test_a_raster_alone_is_the_population(bare, tmp_path):
    """West has columns 1 to 10, 10 rows of each: 550 people; the east 11 to 20: 1,550. 80+ are 3 bands of 7."""
    write_ages(tmp_path, 2030, gradient())
    study = area.study(**bare, people_raster=str(tmp_path / "chn_t_*.tif"))
    assert study.counted == "people_raster"
    assert study.year == 2030
    np.testing.assert_allclose(study.population["people_60"], [550, 1550], rtol=1e-6)
    np.testing.assert_allclose(
        study.population["people_80"], [550 * 3 / 7, 1550 * 3 / 7], rtol=1e-6
    )
    assert "people" not in study.population
    assert any("There is no file of population" in note["en"] for note in study.notes)
    placed = weights.place(study, cell=50)
    np.testing.assert_allclose(sums(placed), study.population["people_60"], rtol=1e-9)
    west = placed.demand[placed.demand["x"] < WEST + 100]
    assert west["people_60"].sum() == pytest.approx(10)
    assert placed.notes == ()


def test_a_street_across_pixels_has_its_part_of_each(bare, tmp_path):
    """The border of the streets runs through column 8 at 30 m of its 100: 0.3 of 80 people lie west of it."""
    streets = bare["streets"].assign(geometry=[box(0, 0, 730, 1000), box(730, 0, 2000, 1000)])
    write_ages(tmp_path, 2030, gradient())
    study = area.study(**bare | {"streets": streets}, people_raster=str(tmp_path / "chn_t_*.tif"))
    np.testing.assert_allclose(study.population["people_60"], [280 + 24, 1820 - 24], rtol=1e-6)


def test_the_same_sums_as_exactextract(tmp_path, hexi):
    exactextract = pytest.importorskip("exactextract")
    streets = hexi.streets.to_crs(4326)
    left, bottom, right, top = streets.total_bounds
    side, rng = 1 / 1200, np.random.default_rng(3)
    size = int((top - bottom) / side) + 4, int((right - left) / side) + 4
    values = np.where(rng.random(size) < 0.2, -99999, rng.gamma(1, 9, size))
    transform = rasterio.Affine(side, 0, left - side, 0, -side, top + side)
    path = raster(tmp_path / "people_60.tif", values, crs=4326, transform=transform)
    study = area.study(
        streets=hexi.streets, centres=hexi.facilities.head(3), datum="wgs84", people_raster=path
    )
    theirs = exactextract.exact_extract(str(path), streets.reset_index(), ["sum"], output="pandas")
    np.testing.assert_allclose(study.population["people_60"], theirs["sum"], rtol=1e-4)
    for cell in (50, 200):  # whatever the cell
        np.testing.assert_allclose(
            sums(weights.place(study, cell=cell)), study.population["people_60"], rtol=1e-9
        )


def hexagons(side=200.0):
    """Hexagons over both streets and beyond their border, of 1 to 30 people."""
    corners = np.arange(6) * np.pi / 3
    ring = side * np.column_stack([np.cos(corners), np.sin(corners)])
    middles = [
        (1.5 * side * i, np.sqrt(3) * side * (j + i % 2 / 2))
        for i in range(9)
        for j in range(-1, 5)
    ]
    shapes = [shapely.Polygon(ring + middle + (WEST, SOUTH)) for middle in middles]
    return frame(shapes, people_60=1.0 + np.arange(len(shapes)) % 30)


def test_hexagons_alone_are_the_population_and_keep_their_people_each(bare):
    hexes = hexagons()
    study = area.study(**bare, people_grid=hexes)
    # Of each hexagon its part in each street, by an overlay.
    parts = gpd.overlay(
        hexes.assign(whole=hexes.area), study.streets.reset_index(), keep_geom_type=True
    )
    parts["inside"] = parts["people_60"] * parts.area / parts["whole"]
    by_hand = parts.groupby("code")["inside"].sum()[["W", "E"]]
    np.testing.assert_allclose(study.population["people_60"], by_hand, rtol=1e-9)
    placed = weights.place(study, cell=50)
    assert set(placed.units["source"]) == {"people_grid"}
    np.testing.assert_allclose(
        placed.units["placed_people_60"], placed.units["known_people_60"], rtol=1e-9
    )
    assert placed.demand["people_60"].sum() == pytest.approx(by_hand.sum(), rel=1e-9)
    assert sums(placed).to_numpy() == pytest.approx(by_hand.to_numpy(), rel=0.02)  # of whole cells
    even = weights.place(study, cell=50, source="even")
    np.testing.assert_allclose(sums(even), by_hand, rtol=1e-9)
    assert placed.notes == even.notes == ()


def test_homes_and_points_of_communities_count_too(bare):
    homes = points((100, 100), (900, 900), (1500, 500), people_60=[10, 30, 5], name=["a", "b", "c"])
    study = area.study(**bare, residences=homes)
    assert study.population["people_60"].to_dict() == {"W": 40, "E": 5}
    assert weights.place(study, cell=50).notes == ()
    clubs = points(
        (500, 500),
        (1500, 500),
        id=["1", "2"],
        name=["x", "y"],
        street=["W", "E"],
        people_60=[70, 80],
    )
    both = area.study(**bare, residences=homes, communities=clubs)
    assert both.counted == "communities"
    assert both.population["people_60"].to_dict() == {"W": 70, "E": 80}
    assert "45 people 60+, the streets 150" in weights.place(both, cell=50).notes[0]["en"]
    some = area.study(**bare, residences=homes, communities=clubs.head(1))
    assert some.counted == "residences"  # a street without communities is not one without people


def test_a_street_where_nobody_is_counted_is_named(bare):
    study = area.study(**bare, residences=points((100, 100), people_60=[10], name=["a"]))
    assert "It counts nobody in '东街道'." in [note["en"] for note in study.notes]


def refused(bare, **more):
    with pytest.raises(ValidationError) as caught:
        area.study(**bare, **more)
    return "\n".join(caught.value.problems)


def test_what_cannot_be_the_population_is_told(bare, tmp_path):
    assert "nothing else counts people; add population as one of" in refused(bare)
    without = points((100, 100), households=[10], name=["a"])
    assert "nothing else counts people" in refused(bare, residences=without)
    more = {
        "people_60": raster(tmp_path / "a.tif", flat(9)),
        "people_80": raster(tmp_path / "b.tif", flat(20)),
    }
    assert "there are more people_80 than people_60" in refused(bare, people_raster=more)
    own = {"people_disabled": {"name": "残疾", "name_en": "disabled"}}
    assert "does not count people_disabled; add it, or take" in refused(
        bare, people_grid=hexagons(), groups=own
    )
    nobody = raster(tmp_path / "people_60.tif", flat(0))
    assert "there is nobody in the area" in refused(bare, people_raster=nobody)
    for age in AGES[:-1]:
        raster(tmp_path / f"chn_t_{age}_2030.tif", flat(70))
    lacking = refused(bare, people_raster=str(tmp_path / "chn_*.tif"))
    assert "for people_60, people_65, people_80 there is no 'chn_t_90_2030.tif'" in lacking


def test_people_of_a_park_are_counted_in_the_rest_of_their_street(bare, tmp_path):
    """The western quarter of the west is water: 10 x (1 + 2) people of the raster, kept in the west."""
    path = raster(tmp_path / "people_60.tif", gradient())
    water = frame([box(0, 0, 200, 1000)])
    study = area.study(**bare, people_raster=path, uninhabited=water)
    placed = weights.place(study, cell=50)
    np.testing.assert_allclose(sums(placed), [550, 1550], rtol=1e-9)
    assert (placed.demand.loc[placed.demand["x"] < WEST + 200, "people_60"] == 0).all()
    assert "The raster has 30 people 60+ where nobody is said to live" in placed.notes[0]["en"]
    # The same where a population says how many people there are, and nothing of those of 60 and more.
    nothing = study.population.drop(columns="people_60").assign(people=[4000.0, 2000.0])
    other = dataclasses.replace(study, population=nothing, counted="population")
    np.testing.assert_allclose(sums(weights.place(other, cell=50)), [550, 1550], rtol=1e-9)


def two_years(folder):
    """2020 as `gradient`, 2030 the other way round and twice as many."""
    write_ages(folder, 2020, gradient())
    return write_ages(folder, 2030, 2 * gradient()[:, ::-1])


def test_rasters_of_years_are_the_people_of_each_where_each_says(bare, tmp_path):
    two_years(tmp_path)
    every = area.study(**bare, people_raster=str(tmp_path / "chn_t_*.tif"))
    assert area.years_of(every) == [2020, 2030]
    for year in (2020, 2030):
        alone = area.study(**bare, people_raster=str(tmp_path / f"chn_t_*_{year}_*.tif"))
        np.testing.assert_allclose(
            weights.make_demand(area.in_year(every, year), cell=50)["people_60"],
            weights.make_demand(alone, cell=50)["people_60"],
            rtol=1e-9,
        )
    between = weights.place(area.in_year(every, 2025), cell=50)
    np.testing.assert_allclose(sums(between), [(550 + 3100) / 2, (1550 + 1100) / 2], rtol=1e-6)
    first = between.demand[between.demand["x"] < WEST + 100]["people_60"].sum()
    assert first == pytest.approx((10 * 1 + 10 * 40) / 2)
    assert between.units["known_people_60"].tolist() == pytest.approx(sums(between).tolist())


def test_years_are_said_by_names_or_by_hand(bare, tmp_path):
    for year, people in ((2020, 1500), (2030, 3000)):
        raster(tmp_path / f"people_60_{year}.tif", flat(people))
        raster(tmp_path / f"old{year}.tif", flat(people))
    for said in (
        str(tmp_path / "people_60_*.tif"),
        {"people_60": {str(year): tmp_path / f"old{year}.tif" for year in (2020, 2030)}},
    ):
        study = area.study(**bare, people_raster=said)
        assert area.in_year(study, 2025).population["people_60"].sum() == pytest.approx(2250)
    assert "'soon' is no year" in refused(bare, people_raster={"people_60": {"soon": "a.tif"}})
    raster(tmp_path / "people_80_2030.tif", flat(300))
    lacking = refused(bare, people_raster=str(tmp_path / "people_*.tif"))
    assert "there is no people_80 of 2020, which other years have" in lacking
    mixed = {"people_60": [tmp_path / "people_60_2020.tif", tmp_path / "old2030.tif"]}
    assert "old2030.tif: other rasters are of a year, this one of none" in refused(
        bare, people_raster=mixed
    )


def test_a_plan_of_another_year_has_the_people_its_raster_has(bare, tmp_path):
    two_years(tmp_path)
    every = area.study(**bare, people_raster=str(tmp_path / "chn_t_*.tif"))
    asis = plan.evaluate(every, weights.make_demand(every, cell=50))
    then = area.in_year(every, 2030)
    demand = weights.make_demand(then, cell=50)
    moved = plan.of_year(asis, 2030, demand=demand)
    direct = plan.evaluate(then, demand)
    pd.testing.assert_series_equal(
        evaluation.of_district(moved.cells), evaluation.of_district(direct.cells)
    )
    back = plan.of_year(moved, 2020)
    pd.testing.assert_series_equal(back.cells["people_60"], asis.cells["people_60"])


@pytest.fixture
def folder(bare, tmp_path):
    """A folder with streets, centres and rasters of 2020 and 2030."""
    bare["streets"].to_file(tmp_path / "streets.gpkg")
    bare["centres"].to_file(tmp_path / "centres.gpkg")
    two_years(tmp_path)
    told = 'name = "甲"\n[datum]\ncentres = "wgs84"\n[files]\npeople_raster = "chn_*.tif"\n'
    (tmp_path / "area.toml").write_text(told, encoding="utf-8")
    return tmp_path


def test_every_command_takes_the_raster_for_the_population(folder, tmp_path):
    checked = run("check", folder, cwd=tmp_path).stdout
    assert "population: added up by street" in checked
    assert "2 streets" in checked
    told = run("evaluate", "--area", folder, "--year", "2030", "--lang", "zh", cwd=tmp_path).stdout
    assert "没有人口文件：各街道人口取自人口栅格" in told
    assert "4,200" in told
    years = run(
        "whatif", "--area", folder, "--years", "2020,2025,2030", "--format", "csv", cwd=tmp_path
    ).stdout
    one = run(
        "evaluate",
        "--area",
        folder,
        "--year",
        "2030",
        "--format",
        "csv",
        "--by",
        "street",
        cwd=tmp_path,
    ).stdout
    count = [
        float(row["uncovered_people_60"])
        for row in rows(years)
        if row["year"] == "2030" and row["code"] in "WE"
    ]
    assert count == [float(row["uncovered_people_60"]) for row in rows(one) if row["code"] in "WE"]
    coarse = ("--area", folder, "--cell", "200")
    for command in (
        ["map", "--out", folder / "map.html"],
        ["site", "--new", "1", "--year", "2030"],
        ["gaps"],
    ):
        done = run(*command, *coarse, cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_a_raster_of_ratios_counts_where_people_live(folder, tmp_path):
    """Column n has n people in each pixel and grows n times: in the west 385 / 55, in the east 2,485 / 155."""
    raster(tmp_path / "growth.tif", gradient())
    shared = ("project", folder, "--ratio", "growth.tif", "--to", 2040)
    table = run(*shared, "--out", "then.csv", cwd=tmp_path)
    assert table.returncode == 0, table.stderr
    assert "people of 2020 times growth.tif" in table.stdout
    then = areas_of(tmp_path / "then.csv")
    assert then["W", 2040] == pytest.approx(550 * 385 / 55, rel=1e-5)
    assert then["E", 2040] == pytest.approx(1550 * 2485 / 155, rel=1e-5)
    assert then["W", 2020] == pytest.approx(550, abs=0.01)
    by_number = run("project", folder, "--ratio", "1.5", "--to", 2040, cwd=tmp_path)
    assert "3,150" in by_number.stdout
    raster(tmp_path / "hole.tif", np.where(gradient() > 10, 1, -99999))
    said = refused_by("project", folder, "--ratio", "hole.tif", "--to", 2040, cwd=tmp_path)
    assert "hole.tif: it tells nothing where most people of '西街道' live" in said
    said = refused_by("project", "then.csv", "--ratio", "growth.tif", "--to", 2040, cwd=tmp_path)
    assert "name the folder of a study area instead of then.csv" in said
    said = refused_by("project", folder, "--survival", "s.csv", "--to", 2040, cwd=tmp_path)
    assert "this is a folder; name a table of people by street and age band" in said


def areas_of(path):
    table = pd.read_csv(path)
    return table.set_index(["code", "year"])["people_60"].to_dict()


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_raster_from_elsewhere_is_checked(folder, tmp_path):
    """Each band holds a seventh of 550 + 1,550 people."""
    other = tmp_path / "other"
    other.mkdir()
    path = write_ages(other, 2025, gradient()) / "chn_t_60_2025_CN_100m_R2025A_v1.tif"
    told = run("check", path, "--area", folder, cwd=tmp_path).stdout
    assert "counts people aged 60-64 in 2025; people in the area by band 1: 300" in told
    zh = run("check", f"{path}#1", "--area", folder, "--lang", "zh", cwd=tmp_path).stdout
    assert "2025 年60-64岁人口；研究区内第 1 波段 300 人" in zh
    said = refused_by("check", f"{path}#7", "--area", folder, cwd=tmp_path)
    assert f"there is no band 7 in it, which has band 1; write such as {path.name}#1" in said
    own = run("check", folder / "chn_t_60_2020_CN_100m_R2025A_v1.tif", cwd=tmp_path).stdout
    assert own.count("GeoTIFF") == 1


def test_a_band_is_told_by_its_number(bare, tmp_path):
    path = raster(tmp_path / "r.tif", flat(10))
    said = refused(bare, people_raster={"people_60": f"{path}#x"})
    assert "'r.tif#x': behind # stands the number of a band, from 1; write such as r.tif#1" in said


def test_tables_by_unit_name_what_counts(bare):
    study = area.study(**bare, people_grid=hexagons())
    table = report.placed_table(weights.place(study, cell=50), study, lang="en")
    assert (table["Unit"] == "All units").sum() == 0
    assert table["Unit"].iloc[-1].endswith("squares of the population grid")


def test_sources_are_left_out_of_a_population_that_is_there(ground, tmp_path):
    study = area.study(**ground, people_raster=raster(tmp_path / "people_60.tif", flat(1400)))
    assert study.counted == "population"
    assert study.population["people_60"].tolist() == [1000, 500]
    assert study.sources != Sources()
    assert study.crs == CRS


def test_a_hole_in_a_raster_holds_nobody_to_the_last_crumb(tmp_path):
    """In the middle of people with many decimals nobody lives: a difference of sums left 3e-10 there."""
    x, y = 500_000, 4_300_000
    people = np.random.default_rng(0).random((60, 60)) * 10
    people[20:40, 20:40] = 0
    hole = shapely.box(x + 2000, y + 2000, x + 4000, y + 4000)
    streets = gpd.GeoSeries([shapely.box(x, y, x + 6000, y + 6000) - hole, hole], crs=32650)
    lattice = {"crs": "EPSG:32650", "transform": rasterio.Affine(100, 0, x, 0, -100, y + 6000)}
    path = tmp_path / "people_60.tif"
    with rasterio.open(path, "w", width=60, height=60, count=1, dtype="float64", **lattice) as file:
        file.write(people, 1)
    looked = rasters.look(path, None, area=streets)
    assert looked.by_shape[1].tolist() == [pytest.approx(people.sum()), 0.0]
