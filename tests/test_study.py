"""A study area of frames in memory: the same as from files, with the same checks and messages."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from carecircles import area, datasets, datum, grid, plan
from carecircles.errors import ValidationError
from tests.conftest import evaluated

FOLDER = datasets.folder("hexi")


@pytest.fixture
def frames():
    """What the files of Hexi hold, as a notebook would read it: text cells and polygons in degrees."""
    return {
        "streets": gpd.read_file(FOLDER / "streets.geojson"),
        "population": pd.read_csv(FOLDER / "population.csv"),
        "centres": pd.read_csv(FOLDER / "centres.csv"),
        "boundary": gpd.read_file(FOLDER / "boundary.geojson"),
        "places": pd.read_csv(FOLDER / "places.csv"),
    }


def same(one, other):
    """Whether two study areas are the same but for names, notes and how rows are called."""
    for role in ("streets", "population", "facilities", "places"):
        a, b = (
            pd.DataFrame(getattr(some, role)).drop(columns=["geometry", "row"], errors="ignore")
            for some in (one, other)
        )
        if role == "places":  # which have no names of their own
            a, b = a.reset_index(drop=True), b.reset_index(drop=True)
        assert_frame_equal(a, b, check_dtype=False)
    for role in ("streets", "facilities", "boundary"):
        a, b = getattr(one, role).geometry, getattr(other, role).geometry
        assert a.crs == b.crs
        assert shapely.hausdorff_distance(a.to_numpy(), b.to_numpy()).max() < 1e-6


def said(**given):
    with pytest.raises(ValidationError) as caught:
        area.study(**given)
    return list(caught.value.problems)


def test_frames_make_the_area_that_their_files_make(frames, hexi):
    before = {role: frame.copy() for role, frame in frames.items()}
    made = area.study(**frames, name={"zh": hexi.name, "en": hexi.name_en}, crs="EPSG:4548")
    same(made, hexi)
    assert (made.name, made.name_en, made.standard) == (hexi.name, hexi.name_en, hexi.standard)
    for role, frame in frames.items():  # none was changed
        assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[role]))


def test_an_area_comes_back_from_its_own_frames(hexi):
    """Indices with names are columns, points and polygons in metres are places."""
    again = area.study(
        streets=hexi.streets, population=hexi.population, centres=hexi.facilities,
        boundary=hexi.boundary, places=hexi.places, crs=hexi.crs, datum="wgs84",
    )  # fmt: skip
    same(again, hexi)
    assert again.notes == ()
    cells = evaluated(again.streets, again.population, again.facilities, cell=200)
    was = evaluated(hexi.streets, hexi.population, hexi.facilities, cell=200)
    assert cells["depth"].tolist() == was["depth"].tolist()


def test_files_and_frames_go_together(frames, hexi):
    frames |= {"streets": FOLDER / "streets.geojson", "centres": str(FOLDER / "centres.csv")}
    same(area.study(**frames, crs="EPSG:4548"), hexi)


def test_names_of_columns_in_chinese_and_what_is_optional(frames, hexi):
    people = pd.read_csv(FOLDER / "population.csv")
    people = people.rename(columns={"code": "街道代码", "people_60": "60岁及以上"})
    centres = frames["centres"].rename(
        columns={
            "id": "编号",
            "name": "中心名称",
            "lon": "经度",
            "lat": "纬度",
            "street": "所属街道",
        }
    )
    made = area.study(streets=frames["streets"], population=people, centres=centres)
    assert made.crs == "EPSG:32650"  # UTM, estimated
    assert made.name_en == "Study area"
    assert made.places is None
    assert made.boundary.area.sum() == pytest.approx(made.streets.area.sum())
    assert made.population["people_60"].sum() == hexi.population["people_60"].sum()
    assert made.facilities["street"].equals(hexi.facilities["street"])


def test_all_problems_of_all_frames_come_together_by_their_labels(frames):
    frames["population"] = frames["population"].astype({"people": object})
    frames["population"].loc[1, "people"] = -5
    frames["centres"] = frames["centres"].set_index("id")
    frames["centres"].loc["H13", "lat"] = np.nan
    frames["centres"].loc["H14", "opened"] = "soon"
    frames["streets"].loc[13, "code"] = frames["streets"].loc[12, "code"]
    problems = said(**frames, crs="EPSG:4326", standard=area.Standard(0, 15))
    told = "\n".join(problems)
    assert "study: standard.metres is 0" in told
    assert "study: crs EPSG:4326 is not in metres" in told
    assert "`population`, row 1 (-5): people is negative" in told
    assert "`centres`, row H13: lat is empty" in told
    assert "`centres`, row H14 ('soon'): opened is not a date" in told
    assert "`streets`, rows 12 ('120103013'), 13 ('120103013'): code is there more than" in told
    assert "area.toml" not in told


def test_the_datum_of_one_frame_or_of_all(frames, hexi):
    lon, lat = datum.from_wgs84(frames["centres"]["lon"], frames["centres"]["lat"], datum="gcj02")
    moved = {**frames, "centres": frames["centres"].assign(lon=lon, lat=lat)}
    made = area.study(**moved, crs="EPSG:4548", datum={"centres": "gcj02"})
    metres = made.facilities.distance(hexi.facilities)
    assert metres.max() < 0.01
    [*_, hint] = said(**moved, datum={"centres": "wgs84"})
    assert 'if they were GCJ-02: pass datum={"centres": "gcj02"}' in hint
    assert "study: datum.homes is unknown" in said(**frames, datum={"homes": "wgs84"})[0]
    assert "study: datum.boundary: " in said(**frames, datum="mars")[0]


def test_what_an_earlier_file_was_in_does_not_count_again(hexi_copy):
    """Centres read from GCJ-02 stand where they are; their frame must not be moved a second time."""
    table = pd.read_csv(hexi_copy / "centres.csv")
    lon, lat = datum.from_wgs84(table["lon"], table["lat"], datum="gcj02")
    table.assign(lon=lon, lat=lat).to_csv(hexi_copy / "moved.csv", index=False)
    read = area.read_area(FOLDER, centres=hexi_copy / "moved.csv", datum="gcj02")
    again = area.study(
        streets=read.streets, population=read.population, centres=read.facilities, crs=read.crs
    )
    assert again.facilities.distance(read.facilities).max() < 1e-6


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"centres": pd.DataFrame({"name": [], "lon": [], "lat": []})}, "`centres`: there is no row"),
        ({"centres": [1, 2]}, "`centres`: this is a list; give a DataFrame."),
        ({"population": pd.DataFrame({"a": [1]})}, "`population`: none of the column names is known"),
        ({"streets": pd.DataFrame({"name": ["A"]})}, "`streets`: there are no polygons in it"),
        ({"streets": gpd.GeoDataFrame({"name": ["A"]})}, "`streets`: it has no geometry; set one"),
        (
            {"centres": pd.DataFrame([["A", 1.0, 1.0]], columns=["name", "lon", "lon"])},
            "`centres`: there is more than one column 'lon'; keep one.",
        ),
        ({"crs": "EPSG:3857"}, "study: a metre in crs EPSG:3857 is off by"),
        ({"standard": area.Standard(group="people_90")}, "for 'people_90', of whom `population`"),
    ],
)  # fmt: skip
def test_frames_that_cannot_be(frames, changes, expected):
    assert expected in "\n".join(said(**(frames | changes)))


def test_a_plan_of_frames_is_a_plan(frames):
    made = area.study(**frames, standard=area.Standard(500, 10, group="people_80"))
    asis = plan.evaluate(made, grid.make_demand(made.streets, made.population, cell=200))
    assert asis.cost.cutoff == 500
    assert asis.area.standard.group == "people_80"


def test_a_part_that_no_area_has_is_refused_as_python_does(frames):
    with pytest.raises(TypeError, match=r"study\(\) got an unexpected keyword argument 'parks'"):
        area.study(**frames, parks=frames["places"])
