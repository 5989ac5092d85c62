"""Where people live, at the door: what is read, what is taken for granted, and every problem told."""

import math
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import area, datum, io
from carecircles.errors import ValidationError
from carecircles.io import rasters
from tests.examples import examples

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
    """What is said of sources that cannot be, in English; tests/conftest.py holds the Chinese."""
    with pytest.raises(ValidationError) as caught:
        area.study(**(ground | sources))
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


# Rasters


def raster(path, values, *, crs=CRS, nodata=-99999.0, size=100.0, left=0.0, top=1000.0, **options):
    """A GeoTIFF of float32 with its upper left corner in metres from the corner of the two streets."""
    values = np.atleast_3d(np.asarray(values, dtype=options.pop("dtype", "float32")))
    values = np.moveaxis(values, 2, 0)
    transform = options.pop("transform", None) or rasterio.Affine(
        size, 0, WEST + left, 0, -size, SOUTH + top
    )
    with rasterio.open(
        path, "w", driver="GTiff", count=len(values), height=values.shape[1], width=values.shape[2],
        dtype=values.dtype, crs=crs, transform=transform, nodata=nodata, **options,
    ) as target:  # fmt: skip
        target.write(values)
    return path


def flat(total, rows=10, cols=20):
    return np.full((rows, cols), total / (rows * cols))


AGES = (60, 65, 70, 75, 80, 85, 90)


def worldpop(folder, *, ages=AGES, year=2030, sexes="t", each=200.0):
    for age in ages:
        for sex in sexes:
            name = f"chn_{sex}_{age}_{year}_CN_100m_R2025A_v1.tif"
            raster(folder / name, flat(each / len(sexes)))
    return str(folder / "chn_*.tif")


@pytest.mark.parametrize("sexes", ["t", "fm"])
def test_bands_of_five_years_make_up_60_and_more_by_their_names(ground, tmp_path, sexes):
    """Seven bands of 200 people: 1,400 of 60+ beside 1,500 known; 600 of 80+ beside 300."""
    sources, notes = read(ground, people_raster=worldpop(tmp_path, sexes=sexes))
    bands = pd.DataFrame([(b.group, rasterio_age(b), b.band, b.year) for b in sources.people_raster],
                         columns=["group", "age", "band", "year"])  # fmt: skip
    assert sorted(set(bands.loc[bands["group"] == "people_60", "age"])) == list(AGES)
    assert sorted(set(bands.loc[bands["group"] == "people_80", "age"])) == [80, 85, 90]
    assert set(bands["group"]) == {"people_60", "people_80"}
    assert set(bands["band"]) == {1}
    assert set(bands["year"]) == {2030}
    assert len(bands) == 10 * len(sexes)
    assert notes == []  # twice as many is not yet far off


def rasterio_age(band):
    return int(re.search(r"_[tfm]_(\d+)_", band.path.name)[1])


def test_bands_are_declared_by_group(ground, tmp_path):
    raster(tmp_path / "old.tif", np.dstack([flat(1000), flat(400), flat(290)]))
    raster(tmp_path / "all.tif", flat(6000))
    sources, notes = read(
        ground,
        people_raster={
            "people_60": [str(tmp_path / "old.tif#1"), f"{tmp_path}/old.tif#2"],
            "people_80": tmp_path / "old.tif#3",
            "people": tmp_path / "all.tif",
        },
    )
    told = [(b.path.name, b.band, b.group) for b in sources.people_raster]
    assert told == [("old.tif", 1, "people_60"), ("old.tif", 2, "people_60"),
                    ("old.tif", 3, "people_80"), ("all.tif", 1, "people")]  # fmt: skip
    assert notes == []


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "ESRI:54009", "EPSG:32650"])
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of rasterio with affine 3
def test_a_raster_in_any_crs_has_the_same_people(tmp_path, crs):
    """A pixel of 30 people for each 100 m x 100 m of a disc of 900 m radius: 254 hectares, 7,634 people."""
    from rasterio.warp import calculate_default_transform

    disc = gpd.GeoSeries([shapely.Point(WEST + 1500, SOUTH + 1500).buffer(900)], crs=CRS)
    bounds = (WEST, SOUTH, WEST + 3000, SOUTH + 3000)
    transform, width, height = calculate_default_transform(CRS, crs, 3000, 3000, *bounds)
    ground_m2 = abs(transform.a * transform.e)
    if crs != CRS:  # what a pixel is on the ground, measured in metres of the area
        x, y = transform.c + transform.a * (width // 2), transform.f + transform.e * (height // 2)
        pixel = shapely.box(x, y + transform.e, x + transform.a, y)
        ground_m2 = gpd.GeoSeries([pixel], crs=crs).to_crs(CRS).area[0]
    values = np.full((height, width), 30 * ground_m2 / 1e4)
    path = raster(tmp_path / "people.tif", values, crs=crs, transform=transform)
    found = rasters.look(path, None, area=disc)
    assert found.covered == pytest.approx(1)
    assert found.sums[1] == pytest.approx(disc.area[0] / 1e4 * 30, rel=0.005)


def test_nodata_and_nan_are_nobody(ground, tmp_path):
    values = flat(1500)
    values[0, :5], values[5, 5] = -99999, np.nan
    sources, notes = read(ground, people_raster=raster(tmp_path / "people_60.tif", values))
    assert [band.group for band in sources.people_raster] == ["people_60"]
    assert notes == []


def test_a_raster_that_covers_most_of_the_area_is_said(ground, tmp_path):
    _, notes = read(ground, people_raster=raster(tmp_path / "people_60.tif", flat(1000, cols=14)))
    assert "people_raster covers 70.0% of the area" in notes[0]


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (400, "400 people_60 in the area, 0.267 times the 1,500 of the streets"),
        (4500, ", 3 times the"),
    ],
)
def test_a_raster_far_from_the_total_is_said(ground, tmp_path, total, expected):
    _, notes = read(ground, people_raster=raster(tmp_path / "people_60.tif", flat(total)))
    assert expected in notes[0]


def small(path, **options):
    return raster(path, flat(1500), **options)


def cut_off(path):
    raster(path, np.random.default_rng(1).random((400, 400)), compress="deflate")
    path.write_bytes(path.read_bytes()[:4000])
    return path


def header(path, *, width, height, bands=1):
    """A GeoTIFF of few bytes that claims to be large: its tiles are all left out."""
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=bands, dtype="float32",
        crs=CRS, transform=rasterio.Affine(1, 0, WEST, 0, -1, SOUTH + height),
        SPARSE_OK=True, tiled=True, blockxsize=65_536, blockysize=65_536, BIGTIFF="YES",
    ):  # fmt: skip
        pass
    return path


BAD_RASTERS = {
    "no crs": (lambda p: small(p, crs=None), "it does not say in which CRS it is"),
    "of Mars": (lambda p: small(p, crs="+proj=longlat +a=3396190 +b=3376200"), "of another planet"),
    "local crs": (lambda p: small(p, crs='LOCAL_CS["site",UNIT["metre",1]]'), "does not say in which CRS"),
    "upside down": (
        lambda p: small(p, transform=rasterio.Affine(100, 0, WEST, 0, 100, SOUTH)), "with north up"),
    "rotated": (
        lambda p: small(p, transform=rasterio.Affine(90, 30, WEST, 30, -90, SOUTH)), "with north up"),
    "elsewhere": (lambda p: small(p, left=50_000), "it covers 0% of the area"),
    "hardly there": (lambda p: small(p, left=1400), "it covers 30% of the area"),
    "of another hemisphere": (lambda p: small(p, crs="EPSG:32718"), "it covers 0% of the area"),
    "negative": (lambda p: small(p, nodata=None) and raster(p, -flat(1500)), "200 negative values (-7.5)"),
    "nodata not said": (
        lambda p: raster(p, np.vstack([flat(1500)[:9], np.full((1, 20), -99999)]), nodata=None),
        "20 negative values (-99999); say that this is nodata"),
    "infinite": (lambda p: raster(p, np.full((10, 20), np.inf)), "has inf people in one pixel"),
    "a huge nodata": (lambda p: raster(p, np.full((10, 20), 3.4e38)), "3.4e+38 people in one pixel"),
    "nobody": (lambda p: raster(p, flat(0)), "there is nobody in the area"),
    "a density": (lambda p: raster(p, np.full((10, 20), 750)), "100 times the 1,500 of the streets; check"),
    "two bands": (lambda p: raster(p, np.dstack([flat(1), flat(2)])), "it has 2 bands; say which one"),
    "complex": (lambda p: small(p, dtype="complex64", nodata=None), "holds complex numbers"),
    "a picture": (
        lambda p: small(p, dtype="uint8", nodata=None, photometric="palette"), "is a picture (palette)"),
    "cut off": (cut_off, "it cannot be read as GeoTIFF"),
    "empty": (lambda p: p.write_bytes(b""), "it cannot be read as GeoTIFF"),
    "text": (lambda p: p.write_text("x,y\n1,2\n"), "it cannot be read as GeoTIFF"),
    "half a header": (lambda p: p.write_bytes(b"II*\0\x08\0\0\0\xff\xff"), "it cannot be read as GeoTIFF"),
    "10^12 pixels": (
        lambda p: header(p, width=1_000_000, height=1_000_000), "it claims 1,000,000 x 1,000,000 pixels"),
    "blocks of 16 GB": (lambda p: header(p, width=100_000, height=70_000), "in blocks of 65,536 x 65,536"),
    "many bands": (lambda p: header(p, width=9, height=9, bands=1200), "it has 1,200 bands, more than 1,000"),
}  # fmt: skip


@pytest.mark.parametrize("make, expected", BAD_RASTERS.values(), ids=BAD_RASTERS)
def test_rasters_that_cannot_be(ground, tmp_path, make, expected):
    path = tmp_path / "people_60.tif"
    make(path)
    said = told(ground, people_raster=path)
    assert expected in said
    assert "people_60.tif: " in said or "people_raster: " in said
    assert str(tmp_path) not in said


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([f"chn_t_{a}_2030_CN.tif" for a in AGES if a != 75], "for people_60 there is no 'chn_t_75_2030_CN.tif'"),
        ([f"chn_t_{a}_2030_CN.tif" for a in AGES[4:]], "there is no 'chn_t_60_2030_CN.tif', 'chn_t_65_"),
        ([f"chn_f_{a}_2030.tif" for a in AGES], "for people_60, people_80 there is no 'chn_m_60_2030.tif'"),
        ([f"chn_t_{a}_{y}.tif" for a in AGES for y in (2030, 2035)], "the files are of the years 2030, 2035"),
        ([f"chn_t_{a}_2030_v{v}.tif" for a in AGES for v in (1, 2)], "count the same people; keep one"),
        ([f"chn_{s}_{a}_2030.tif" for a in AGES for s in "tfm"], "count the same people; keep one"),
        ([f"chn_t_{a}_2030.tif" for a in (*AGES, 62)], "it begins at the age of 62; bands begin at"),
        (["density.tif"], 'write below [files.people_raster] such as people_60 = "density.tif"'),
    ],
)  # fmt: skip
def test_names_that_do_not_make_up_a_group(ground, tmp_path, names, expected):
    for name in names:
        raster(tmp_path / name, flat(200))
    assert expected in told(ground, people_raster=[tmp_path / name for name in names])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"people_60": "two.tif", "people_80": "two.tif#2"},
            "two.tif: it has 2 bands; say which one",
        ),
        ({"people_60": ["chn_t_60_2020.tif", "chn_t_60_2030.tif"]}, "are of the years 2020, 2030"),
    ],
)
def test_rasters_declared_by_group_that_do_not_go_together(ground, tmp_path, said, expected):
    raster(tmp_path / "two.tif", np.dstack([flat(200), flat(200)]))
    for year in (2020, 2030):
        raster(tmp_path / f"chn_t_60_{year}.tif", flat(200))
    paths = {
        g: [f"{tmp_path}/{n}" for n in ([v] if isinstance(v, str) else v)] for g, v in said.items()
    }
    assert expected in told(ground, people_raster=paths)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (5, "study: files.people_raster is 5; write the name of a GeoTIFF"),
        ({}, "files.people_raster is {}"),
        ([], "files.people_raster is []"),
        (
            {"older": "a.tif"},
            "files.people_raster.older: this is no group of the area; write one of",
        ),
        ({"people_99": "a.tif"}, "files.people_raster.people_99: this is no group of the area"),
        ({"people_60": ["a.tif", 3]}, "files.people_raster.people_60 is ['a.tif', 3]"),
        ("none_*.tif", "none_*.tif: there is no such file; check the name or the pattern"),
        ({"people_60": "/vsicurl/http://127.0.0.1/a.tif"}, "there is no such file"),
        ("a\0.tif", "files.people_raster is 'a\\x00.tif'"),
    ],
)
def test_rasters_are_declared_in_a_form_we_know(ground, said, expected):
    assert expected in told(ground, people_raster=said)


@settings(max_examples=examples(60), deadline=None)
@given(
    ages=st.sets(st.sampled_from(range(0, 95, 5)), min_size=1),
    sex=st.sampled_from("tfm"),
    year=st.integers(1900, 2099),
)
def test_names_of_bands_come_back(ages, sex, year):
    for age in ages:
        name = f"chn_{sex}_{age}_{year}_CN_100m_R2025A_v1.tif"
        assert rasters.named(name) == (sex, age, year)
        assert rasters.name_of(Path(name), sex="t", age=90) == (
            f"chn_t_90_{year}_CN_100m_R2025A_v1.tif"
        )


# On the command line


@pytest.fixture
def folder(ground, tmp_path):
    """A study area's folder with residences, a park and a raster beside the usual files."""
    for role in ("streets", "centres"):
        ground[role].to_crs(4326).to_file(tmp_path / f"{role}.geojson")
    ground["population"].to_csv(tmp_path / "population.csv", index=False)
    HOMES.to_csv(tmp_path / "residences.csv", index=False)
    frame([box(1500, 0, 2000, 1000)]).to_crs(4326).to_file(tmp_path / "parks.geojson")
    raster(tmp_path / "people_60.tif", flat(1600))
    plan = (
        'name = "试验区"\ncrs = "EPSG:32650"\n'
        '[files]\nuninhabited = "parks.geojson"\npeople_raster = "people_*.tif"\n'
        '[datum]\nstreets = "wgs84"\ncentres = "wgs84"\nresidences = "wgs84"\nuninhabited = "wgs84"\n'
    )
    (tmp_path / "area.toml").write_text(plan, encoding="utf-8")
    return tmp_path


def test_a_folder_has_sources_and_check_says_what_was_understood(folder):
    made = area.read_area(folder)
    assert len(made.sources.residences) == 3
    assert [band.group for band in made.sources.people_raster] == ["people_60"]
    files = {path.name for path in area.files_of(folder)}
    assert {"residences.csv", "parks.geojson", "people_60.tif"} <= files  # no result replaces them
    said = "\n".join(area.check_file(folder, area=folder))
    assert "residences: 3 points in the area, households 1,600" in said
    assert "uninhabited: 1 polygons in the area, 500,000 m2" in said
    assert (
        "people_60.tif: GeoTIFF, 20 x 10 pixels of 100 m, EPSG:32650; counts for people_60" in said
    )
    assert "people in the area by band 1: 1,600" in said
    [own, *_] = area.check_file(folder / "residences.csv", area=folder)
    assert own.startswith("residences.csv: residences, CSV, UTF-8, 3 rows, datum wgs84")
    assert "people_raster" in area.check_file(folder / "people_60.tif", area=folder)[0]


def test_check_takes_files_from_elsewhere(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    HOMES.to_csv(elsewhere / "小区表.csv", index=False)
    squares(left=0).to_crs(4326).to_file(elsewhere / "people_grid.geojson")
    lines = area.check_file(elsewhere / "小区表.csv", area=folder, datum="wgs84")
    assert lines[0].startswith("小区表.csv: residences, CSV")
    assert lines[0].zh.startswith("小区表.csv：住宅")
    lines = area.check_file(elsewhere / "people_grid.geojson", area=folder, datum="wgs84")
    assert "  8 polygons in the area, people 4,800" in lines
    HOMES.assign(经度=0).to_csv(elsewhere / "小区表.csv", index=False)
    with pytest.raises(ValidationError, match="none of its 3 rows lies in the area"):
        area.check_file(elsewhere / "小区表.csv", area=folder, datum="wgs84")
