"""Where people live, at the door: what is read, what is taken for granted, and every problem told."""

import math
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from carecircles import area, datum, io
from carecircles.errors import ValidationError
from carecircles.words import Sentence, say

rasterio = pytest.importorskip("rasterio")
CRS = "EPSG:32650"
WEST, SOUTH = 500_000, 4_300_000  # a corner of the two streets, 117 E and 38.85 N


def box(left, bottom, right, top):
    """A rectangle in metres from the south-western corner of the two streets."""
    return shapely.box(WEST + left, SOUTH + bottom, WEST + right, SOUTH + top)


def frame(shapes, crs=CRS, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def points(*pairs, **columns):
    shapes = [shapely.Point(WEST + x, SOUTH + y) for x, y in pairs]
    return frame(shapes, **columns)


def degrees(*pairs, **columns):
    """The same points as a table with longitude and latitude."""
    there = points(*pairs).to_crs(4326).geometry
    return pd.DataFrame({**columns, "经度": there.x.round(7), "纬度": there.y.round(7)})


@pytest.fixture
def ground():
    """Two streets of 1 km by 1 km side by side: 1,000 people 60+ in the western, 500 in the eastern."""
    streets = frame(
        [box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)],
        code=["W", "E"],
        name=["西街道", "东街道"],
        name_en=["West", "East"],
    )
    population = pd.DataFrame(
        {
            "code": ["W", "E"],
            "people": [4000, 2000],
            "people_60": [1000, 500],
            "people_80": [200, 100],
        }
    )
    centres = points((500, 500), id=["C"], name=["Home"])
    return {"streets": streets, "population": population, "centres": centres, "datum": "wgs84",
            "crs": CRS}  # fmt: skip


def read(ground, **sources):
    made = area.study(**(ground | sources))
    return made.sources, [note["en"] for note in made.notes]


def told(ground, **sources):
    """What is said of sources that cannot be, in English; there is Chinese for each sentence."""
    with pytest.raises(ValidationError) as caught:
        area.study(**(ground | sources))
    for line in caught.value.problems:
        if any(f"`{role}`" in line or f"{role}." in line for role in sources):
            assert re.search("[\u4e00-\u9fff]", say(line, "zh")) or not isinstance(line, Sentence)
    return "\n".join(caught.value.problems)


HOMES = degrees(
    (100, 100),
    (900, 500),
    (1500, 500),
    小区=["东里", "=1+1", "<b>{{7*7}}"],
    户数=["320", "80户", "1,200"],
)


# Residences


def write(table, path):
    match path.suffix:
        case ".csv":
            table.to_csv(path, index=False, encoding="gb18030")
        case ".xlsx":
            io.write_frame(table.set_index(table.columns[0]), path)
        case ".parquet":
            table.to_parquet(path)
        case _:
            points = gpd.points_from_xy(table["经度"], table["纬度"])
            shapes = gpd.GeoDataFrame(
                table.drop(columns=["经度", "纬度"]), geometry=points, crs=4326
            )
            shapes.to_file(path, **({"encoding": "UTF-8"} if path.suffix == ".shp" else {}))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".geojson", ".gpkg", ".shp"])
def test_every_format_gives_the_same_residences(ground, tmp_path, suffix):
    path = write(HOMES, tmp_path / f"homes{suffix}")
    sources, _ = read(ground, residences=path)
    homes = sources.residences
    assert homes["name"].tolist() == ["东里", "=1+1", "<b>{{7*7}}"]
    assert homes["households"].tolist() == [320, 80, 1200]
    assert homes["street"].tolist() == ["W", "W", "E"]
    assert homes.crs == CRS
    expected = [(WEST + 100, SOUTH + 100), (WEST + 900, SOUTH + 500), (WEST + 1500, SOUTH + 500)]
    np.testing.assert_allclose(shapely.get_coordinates(homes.geometry), expected, atol=0.02)


def test_floor_area_is_said_or_comes_of_the_outline(ground):
    """20 m x 10 m: 200 m2 on the ground; by its own figure, six floors, and a height of 9 m."""
    shapes = [box(x, 0, x + 20, 10) for x in (0, 100, 200)]
    homes = frame(
        shapes, 建筑面积=["1.5万平方米", None, None], 层数=[3, "6层", None], 高度=[None, 60, "9米"]
    )
    sources, notes = read(ground, residences=homes)
    np.testing.assert_allclose(sources.residences["floor_area_m2"], [15_000, 1200, 600], rtol=1e-6)
    for read_as in (
        "('1.5万平方米' is read as 15000)",
        "('6层' is read as 6)",
        "('9米' is read as 9)",
    ):
        assert read_as in notes[0]


def test_a_heading_in_ten_thousands_counts(ground):
    homes = frame([box(0, 0, 20, 10), box(100, 0, 120, 10)], **{"建筑面积(万平方米)": [1.5, 2]})
    sources, _ = read(ground, residences=homes)
    assert sources.residences["floor_area_m2"].tolist() == [15_000, 20_000]


def test_outlines_without_floors_have_the_median_of_the_others(ground):
    shapes = [box(x, 0, x + 20, 10) for x in (0, 100, 200, 300)]
    sources, notes = read(ground, residences=frame(shapes, floors=[2, 6, 8, None]))
    np.testing.assert_allclose(sources.residences["floor_area_m2"], [400, 1200, 1600, 1200])
    assert "1 outlines without floors are taken to have 6, the median of the others" in notes[0]
    sources, notes = read(ground, residences=frame(shapes, 小区=list("ABCD")))
    np.testing.assert_allclose(sources.residences["floor_area_m2"], 200)
    assert "4 outlines without floors count by their area" in notes[0]
    sources, notes = read(
        ground, residences=frame(shapes, 户数=[1, 2, 3, 4], floors=[2, 6, 8, None])
    )
    assert sources.residences["floor_area_m2"].isna().tolist() == [False, False, False, True]
    assert notes == []  # households are there for all: nothing is made up


@pytest.mark.parametrize(
    ("use", "is_home"),
    [
        ("住宅", True), ("城镇住宅用地", True), ("二类居住用地", True), ("商住", True), ("公寓", True), ("宿舍", True),
        ("residential", True), ("Apartments", True), ("semi-detached house", True), ("dormitory", True),
        ("mixed use", True), ("shop; apartments", True), ("商业、住宅", True), ("yes", True), ("", True),
        ("办公", False), ("非住宅", False), ("office", False), ("school", False), ("酒店式公寓", False),
        ("酒店式公寓；住宅", True), ("greenhouse", False), ("住宿", False), ("养老院", False),
    ],
)  # fmt: skip
def test_residential_ones_only(ground, use, is_home):
    homes = HOMES.assign(用途=["住宅", "住宅", use])
    sources, notes = read(ground, residences=homes)
    assert len(sources.residences) == 2 + is_home
    assert (f"no homes by their use ('{use}') and left out" in " ".join(notes)) != is_home


def test_a_list_of_the_whole_city_serves(ground):
    """Five of ten lie outside; the datum is not in doubt, for another would do no good."""
    xs = [100, 400, 900, 1500, 1900, 5000, 9000, -3000, 2600, 7000]
    homes = points(*[(x, 500) for x in xs], 户数=range(1, 11), people_60=range(10, 20))
    sources, notes = read(ground, residences=homes)
    assert sources.residences["households"].tolist() == [1, 2, 3, 4, 5]
    assert "5 of 10 residences lie outside the area and are left out (85 people_60)" in notes[0]


def test_residential_land_across_the_border_counts_by_the_part_inside(ground):
    land = frame([box(-300, 0, 100, 100), box(500, 500, 600, 600)], 户数=[400, 50])
    sources, notes = read(ground, residences=land)
    np.testing.assert_allclose(sources.residences["households"], [100, 50])
    np.testing.assert_allclose(sources.residences.area, [10_000, 10_000])
    assert "1 residences lie across the area's border" in notes[0]


def test_points_in_another_datum_are_seen_and_read(ground):
    """Within 600 m of the eastern border all, so that GCJ-02 read as WGS84 puts them outside."""
    places = [(x, y) for x in (1500, 1600, 1700, 1800, 1900) for y in (100, 300, 500, 700, 900)]
    homes = degrees(*places, 户数=[10] * 25)
    lon, lat = datum.from_wgs84(homes["经度"], homes["纬度"], datum="gcj02")
    moved = homes.assign(经度=lon, 纬度=lat)
    asked = {**ground, "datum": {"streets": "wgs84", "centres": "wgs84"}}
    said = told(asked, residences=moved)
    assert "would be in place if they were GCJ-02" in said
    assert 'pass datum={"residences": "gcj02"}' in said
    made = {**ground, "datum": {"residences": "gcj02"}}
    sources, _ = read(made, residences=moved)
    expected = points(*places).geometry
    assert sources.residences.geometry.reset_index(drop=True).distance(expected).max() < 0.1


def test_no_datum_is_said(ground):
    asked = {**ground, "datum": {"streets": "wgs84", "centres": "wgs84"}}
    _, notes = read(asked, residences=HOMES)
    assert "`residences`: no datum declared; coordinates are taken as WGS84." in notes


BAD_HOMES = [
    (HOMES.assign(户数=["x", "-5", "nan"]), ["row 0 ('x'): households is not a number",
        "row 1 ('-5'): households is negative", "row 2 ('nan'): households is not a finite number"]),
    (HOMES.assign(户数=["", "5", "6"]), ["row 0 ('东里'): there is nothing to weigh the residence by"]),
    (HOMES.drop(columns="户数"), ["rows 0 ('东里'), 1 ('=1+1'), 2 ('<b>{{7*7}}'): there is nothing"]),
    (HOMES.assign(用途="办公"), ["none of the rows is a home by its use ('办公'); write residential"]),
    (HOMES.assign(编号=["1", "1", "2"]), ["id is there more than once"]),
    (HOMES.assign(街道=["西", "北街道", "东"]), ["row 1 ('北街道'): this street is not in the streets file"]),
    (HOMES.assign(户数=["1", "", "2"], 套数=["", "3", "4"]), ["row 1 ('=1+1'): households is empty, by which the others of '西街道' can be weighed"]),
    (HOMES.assign(人口=[1, 2, 3], 老年人口=[0, 5, 0]), ["people_60 is larger than people"]),
    (HOMES.assign(人口=[1, 2, -3]), ["row 2 (-3): people is negative"]),
    (HOMES.assign(楼层=[1, 500, -1]), ["row 1 (500): floors is above 200", "row 2 (-1): floors is negative"]),
    (HOMES.assign(纬度=None), ["lat is empty"]),
    (HOMES.rename(columns={"纬度": "经度", "经度": "纬度"}), ["longitude and latitude look swapped"]),
    (HOMES.drop(columns="经度"), ["there is no column lon"]),
    (points((9000, 0), (9500, 0), 户数=[1, 2]), ["none of its 2 rows lies in the area"]),
    (points((9000, 0), (500, 0), 户数=[1, 2], 街道=["W", "W"]), ["row 0 ('W'): the residence names a street"]),
    (frame([shapely.Point()], 户数=[1]), ["geometry is empty"]),
    (frame([None, shapely.Point(WEST, SOUTH)], 户数=[1, 2]), ["row 0: geometry is empty"]),
    (frame([shapely.Point(WEST, math.nan)], 户数=[1]), ["geometry"]),
    (frame([shapely.LineString([(WEST, SOUTH), (WEST + 9, SOUTH)])], 户数=[1]), ["('LineString')"]),
    (frame([shapely.Polygon([(0, 0), (9, 9), (9, 0), (0, 9)])], 户数=[1]), ["polygon is not valid"]),
    (points((1, 1), 户数=[1]).set_crs(None, allow_override=True), ["it does not say in which CRS"]),
    (pd.DataFrame({"a": [1]}), ["none of the column names is known"]),
    (pd.DataFrame({"户数": []}), ["there is no row in it"]),
]  # fmt: skip


@pytest.mark.parametrize(("homes", "expected"), BAD_HOMES)
def test_residences_that_cannot_be(ground, homes, expected):
    said = told(ground, residences=homes)
    for line in expected:
        assert line in said


# Communities


def communities(**changes):
    """The western street in two halves with all of its people, and a quarter of the eastern one."""
    shapes = [box(0, 0, 500, 1000), box(500, 0, 1000, 1000), box(1000, 0, 1500, 500)]
    columns = {"社区代码": ["W1", "W2", "E1"], "社区": ["甲", "乙", "丙"], "街道": ["西街道", "W", "East"],
               "60岁以上": [700, 300, 100]}  # fmt: skip
    return frame(changes.pop("shapes", shapes), **(columns | changes))


def test_communities_are_units_within_their_street(ground):
    sources, notes = read(ground, communities=communities())
    assert sources.communities["street"].to_dict() == {"W1": "W", "W2": "W", "E1": "E"}
    assert sources.communities["people_60"].to_dict() == {"W1": 700, "W2": 300, "E1": 100}
    np.testing.assert_allclose(sources.communities.area, [500_000, 500_000, 250_000])
    assert notes == []
    without = communities().drop(columns=["街道", "社区代码"])
    sources, _ = read(ground, communities=without)  # found by where they are, called by name
    assert sources.communities["street"].to_dict() == {"甲": "W", "乙": "W", "丙": "E"}


def test_communities_that_reach_a_little_over_the_border_are_cut(ground):
    shapes = [box(0, 0, 500, 1000), box(500, 0, 1010, 1000), box(1010, 0, 1500, 500)]
    sources, notes = read(ground, communities=communities(shapes=shapes))
    np.testing.assert_allclose(sources.communities.area, [500_000, 500_000, 245_000])
    assert "1 communities reach beyond their street by up to 2.0% of their area" in notes[0]


def test_communities_as_points_share_out_their_street_and_need_not_add_up(ground):
    there = points((200, 200), (800, 800), 社区=["甲", "乙"], 街道=["W", "W"], 老年人口=[2000, 400])
    sources, notes = read(ground, communities=there)
    assert sources.communities.geom_type.tolist() == ["Point", "Point"]
    assert "street '西街道' add up to 2,400 people_60, more than its 1,000" in notes[0]


SLIVER = [box(0, 0, 500, 1000), box(450, 0, 1000, 1000), box(1000, 0, 1500, 500)]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (communities(**{"60岁以上": [700, 400, 100]}), "'西街道' add up to 1,100 people_60, more than its 1,000"),
        (communities(**{"60岁以上": [700, 200, 100]}), "'西街道' add up to 900 people_60, though they fill it"),
        (communities(街道=["W", "E", "E"]), "row 1 ('E / 西街道'): the community says one street and lies"),
        (communities(街道=["W", "北街道", "E"]), "row 1 ('北街道'): this street is not in the streets file"),
        (communities(shapes=SLIVER), "communities '甲' and '乙' overlap by 50,000 m2"),
        (communities(社区代码=["W1", "W1", "E1"]), "code is there more than once"),
        (communities(**{"60岁以上": [700, None, 100]}), "row 1: it does not say how many people there are"),
        (communities(**{"60岁以上": [700, "-3", 100]}), "row 1 ('-3'): people_60 is negative"),
        (communities().assign(**{"80岁以上": [800, 10, 1]}), "people_80 is larger than people_60"),
        (communities().rename(columns={"60岁以上": "x"}), "there is no column people or people_60"),
        (communities().rename(columns={"60岁以上": "65岁以上"}), "it has people_65, the file of population"),
        (communities(shapes=[box(x, 0, x + 9, 9) for x in (5000, 6000, 7000)]), "none of its 3 rows lies"),
        (communities(shapes=[*SLIVER[:1], box(510, 0, 990, 9), box(3000, 0, 3500, 9)]),
         "row 2 ('丙'): the community lies outside the study area"),
        (communities(shapes=[*SLIVER[:1], box(700, 0, 1300, 9), box(1400, 0, 1500, 9)], 街道=["W", "", "E"]),
         "row 1 ('乙'): the community has less than 90% of its area in any one street"),
        (communities(shapes=[*SLIVER[:2], shapely.Point(WEST + 1500, SOUTH)]), "2 polygons and 1 points"),
        (points((1, 1), 社区=["甲"], 老年人口=[5]), "a community that is a point does not say its street"),
        (points((1700, 500), 社区=["甲"], 街道=["W"], 老年人口=[5]), "says one street and lies in another"),
    ],
)  # fmt: skip
def test_communities_that_cannot_be(ground, wrong, expected):
    assert expected in told(ground, communities=wrong)


def test_many_problems_of_many_files_come_together(ground):
    said = told(
        ground,
        communities=communities(**{"60岁以上": [700, 400, 100]}),
        residences=HOMES.assign(户数=["x", "5", "6"]),
        uninhabited=frame([box(0, 0, 2000, 1000)]),
        people_grid=frame([box(0, 0, 100, 100), box(0, 0, 100, 100)], 人口=[1, 2]),
        people_raster="there_is_none.tif",
    )
    for line in ("`communities`: the communities", "`residences`, row 0", "`uninhabited`: nothing of street",
                 "`people_grid`: areas '1' and '2' overlap", "there_is_none.tif: there is no such file"):  # fmt: skip
        assert line in said


# A grid of people


def squares(side=500.0, left=-250.0, right=2000.0, **columns):
    """Squares over both streets, the westernmost half beyond the border."""
    shapes = [
        box(x, y, x + side, y + side)
        for x in np.arange(left, right, side)
        for y in np.arange(0, 1000, side)
    ]
    return frame(shapes, **({"人口": [600.0] * len(shapes)} | columns))


def test_a_grid_across_the_border_keeps_the_part_inside(ground):
    sources, notes = read(ground, people_grid=squares())
    np.testing.assert_allclose(
        sources.people_grid["people"], [300, 300, *[600] * 6, 300, 300], rtol=1e-6
    )
    np.testing.assert_allclose(sources.people_grid.area.sum(), 2_000_000)
    assert "4 places of the grid lie across the area's border" in notes[0]
    far = squares(left=-4000)
    sources, notes = read(ground, people_grid=far)
    assert sources.people_grid["people"].sum() == 8 * 600
    assert (
        "16 of 24 places of the grid lie outside the area and are left out (9,600 people)"
        in notes[0]
    )


@pytest.mark.parametrize(
    ("people", "factor"), [(100.0, 0.133), (6000.0, 8), (900.0, None), (500.0, None)]
)
def test_a_grid_of_other_people_is_said(ground, people, factor):
    """8 squares; 6,000 people are known."""
    _, notes = read(ground, people_grid=squares(left=0, 人口=[people] * 8))
    assert notes == ([] if factor is None else [
        f"`people_grid`: {people * 8:,.0f} people in the area, {factor} times the 6,000 of the streets."])  # fmt: skip


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        (squares(left=0, 人口=[9000] * 8), "12 times the 6,000 of the streets; check that it counts people"),
        (squares(left=0, 人口=[0] * 8), "there is nobody in the area"),
        (squares(left=0, 人口=[1, None, *[2] * 6]), "row 1: it does not say how many people there are"),
        (squares(left=0, 人口=[1, math.inf, *[2] * 6]), "row 1 ('inf'): people is not a finite number"),
        (squares(left=9000, right=10_000), "none of its 4 rows lies in the area"),
        (squares(left=0).set_crs(4548, allow_override=True), "none of its 8 rows lies in the area"),
        (points((1, 1), 人口=["many"]), "row 0 ('many'): people is not a number"),
    ],
)  # fmt: skip
def test_grids_that_cannot_be(ground, grid, expected):
    assert expected in told(ground, people_grid=grid)


# Land that nobody lives on


def test_parks_are_kept_and_homes_in_them_are_said(ground):
    park = frame([box(0, 0, 200, 200), box(9000, 0, 9100, 100)])
    sources, notes = read(ground, uninhabited=park, residences=HOMES)
    assert len(sources.uninhabited) == 1
    assert "1 of 3 residences stand on uninhabited land, which counts for nothing" in notes[-1]


@pytest.mark.parametrize(
    ("land", "expected"),
    [
        (frame([box(0, 0, 600, 1000), box(590, -5, 1000, 1000)]), "nothing of street '西街道' is left"),
        (frame([box(0, 0, 2000, 1000)]), "nothing of street '东街道' is left to live on, where 2,000 people"),
        (frame([box(5000, 0, 6000, 10)]), "none of its polygons lies in the area"),
        (points((1, 1)), "geometry is not a Polygon"),
        (pd.DataFrame({"name": ["Park"]}), "there are no polygons in it"),
    ],
)  # fmt: skip
def test_uninhabited_land_that_cannot_be(ground, land, expected):
    assert expected in told(ground, uninhabited=land)
