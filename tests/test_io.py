"""The door: every format, encoding and column name that is to be read, and every problem reported."""

import gc
import json
import math
import os
import sqlite3
import subprocess
import sys
import time
from io import StringIO

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from carecircles import io
from carecircles.errors import ValidationError
from carecircles.io import _target
from tests.conftest import CRS

ROWS = pd.DataFrame(
    {
        "id": ["A1", "A2", "A3"],
        "name": ["东风中心", "=1+1", "Ré{{7*7}}"],
        "street": ["桃园", "桃园", "梅江"],
        "lon": [117.20, 117.21, 117.22],
        "lat": [39.10, 39.09, 39.05],
        "services": ["就餐、助医", "meals;chess", ""],
        "opened": ["2022-07", "2023", ""],
        "capacity": ["120", "", "80"],
        "basis": ["假定", "known", ""],
    }
)
CHINESE = {
    "id": "编号", "name": "名称", "street": "街道", "lon": "经度", "lat": "纬度",
    "services": "服务内容", "opened": "开业日期", "capacity": "容量", "basis": "依据",
}  # fmt: skip


def points(frame=ROWS, crs="EPSG:4326"):
    geometry = gpd.points_from_xy(frame["lon"], frame["lat"])
    return gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=geometry, crs=crs)


def write(frame, path):
    """A file as another program would write it."""
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".xlsx":
            io.write_frame(frame.set_index(frame.columns[0]), path)
        case ".parquet":
            frame.to_parquet(path)
        case ".geojson":
            path.write_text(frame.to_json(), encoding="utf-8")
        case ".gpkg" | ".shp":
            frame.to_file(path, encoding="UTF-8")
    return path


def read(path, **options):
    return io.read_centres(path, crs=CRS, **options)


def problems_of(path, reader=read, **options):
    with pytest.raises(ValidationError) as caught:
        reader(path, **options)
    return caught.value.problems


def csv(tmp_path, text, name="centres.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


# What is read


@pytest.mark.parametrize(
    "suffix", [".csv", ".xlsx", ".parquet", ".geojson", ".gpkg", ".geoparquet"]
)
def test_every_format_gives_the_same_centres(tmp_path, suffix):
    frame = points() if suffix in (".geojson", ".gpkg", ".geoparquet") else ROWS
    path = tmp_path / f"centres{suffix}"
    if suffix == ".geoparquet":
        frame.to_parquet(path)
    else:
        write(frame, path)
    centres = read(path)
    assert centres.index.tolist() == ["A1", "A2", "A3"]
    assert centres["name"].tolist() == ["东风中心", "=1+1", "Ré{{7*7}}"]
    assert centres["services"].tolist() == [("meals", "medical"), ("meals", "chess"), ()]
    assert centres["basis"].tolist() == ["assumed", "known", "not stated"]
    assert centres["capacity"].fillna(-1).tolist() == [120, -1, 80]
    expected = points().to_crs(CRS)
    np.testing.assert_allclose(centres.geometry.x, expected.geometry.x, atol=0.001)
    assert centres.crs == CRS


def test_shapefile_with_chinese_text(tmp_path):
    write(points()[["id", "name", "geometry"]], tmp_path / "centres.shp")
    (tmp_path / "centres.cpg").unlink()
    assert read(tmp_path / "centres.shp")["name"].iloc[0] == "东风中心"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_chinese_headers_in_every_encoding(tmp_path, encoding, separator):
    text = ROWS.rename(columns=CHINESE).drop([2]).to_csv(index=False, sep=separator)
    centres = read(csv(tmp_path, text, encoding=encoding))
    assert centres["name"].iloc[0] == "东风中心"
    assert centres["opened"].iloc[0] == pd.Timestamp("2022-07-31")


def test_headers_vary_in_case_width_and_blanks(tmp_path):
    text = "ＩＤ,Name , LONGITUDE,lat\nA1,x,117.2,39.1\n"
    assert read(csv(tmp_path, text)).index.tolist() == ["A1"]


def test_names_are_kept_as_written(tmp_path):
    hostile = ' <b>"x"</b> \\ `${a}` {{ 7 }} \u2028 \u202e قهوة 😀 '
    text = pd.DataFrame({"id": ["1"], "name": [hostile], "lon": [117.2], "lat": [39.1]}).to_csv()
    assert read(csv(tmp_path, text))["name"].iloc[0] == hostile


def test_spreadsheet_numbers_and_dates(tmp_path):
    frame = pd.DataFrame(
        {
            "编号": [101.0, 102.0],
            "经度": ["117.20", 117.21],
            "纬度": [39.1, 39.09],
            "开业日期": [pd.Timestamp("2022-07-15"), pd.NaT],
        }
    )
    centres = read(write(frame, tmp_path / "centres.xlsx"))
    assert centres.index.tolist() == ["101", "102"]
    assert centres["opened"].iloc[0] == pd.Timestamp("2022-07-15")


@pytest.mark.parametrize(
    ("written", "day"),
    [("2022-07-15", "2022-07-15"), ("2022/7/15", "2022-07-15"), ("2022年7月15日", "2022-07-15"),
     ("2022.7", "2022-07-31"), ("2022年7月", "2022-07-31"), ("2022", "2022-12-31"),
     ("２０２２年", "2022-12-31"), ("2022-07-15 00:00:00", "2022-07-15")],
)  # fmt: skip
def test_dates_count_from_when_they_are_certain(tmp_path, written, day):
    centres = read(csv(tmp_path, f"id,lon,lat,opened\nA,117.2,39.1,{written}\n"))
    assert centres["opened"].iloc[0] == pd.Timestamp(day)


def test_blank_rows_and_trailing_commas_are_passed_over(tmp_path):
    text = "id,lon,lat\n\nA,117.2,39.1,,\n,,\nB,117.3,39.1\n"
    assert read(csv(tmp_path, text)).index.tolist() == ["A", "B"]


def test_without_ids_centres_are_numbered(tmp_path):
    centres = read(csv(tmp_path, "名称,经度,纬度\n甲,117.2,39.1\n乙,117.3,39.1\n"))
    assert centres.index.tolist() == ["1", "2"]


def test_projected_layers_are_read_in_their_crs(tmp_path):
    centres = read(write(points().to_crs(32650), tmp_path / "centres.gpkg"))
    np.testing.assert_allclose(centres.geometry.x, points().to_crs(CRS).geometry.x, atol=0.001)


# Datum


def test_declared_datum_is_converted(tmp_path):
    from carecircles.datum import from_wgs84

    lon, lat = from_wgs84(ROWS["lon"], ROWS["lat"], datum="gcj02")
    path = csv(tmp_path, ROWS.assign(lon=lon, lat=lat).to_csv(index=False))
    true = points().to_crs(CRS).geometry
    assert read(path, datum="gcj02").geometry.distance(true, align=False).max() < 0.01
    assert read(path, datum="wgs84").geometry.distance(true, align=False).min() > 500
    in_file = csv(tmp_path, ROWS.assign(lon=lon, lat=lat, 坐标系="GCJ-02").to_csv(index=False))
    assert read(in_file).geometry.distance(true, align=False).max() < 0.01
    assert read(in_file).attrs["datum_declared"]


def test_geojson_may_carry_its_datum(tmp_path):
    from carecircles.datum import from_wgs84

    lon, lat = from_wgs84(ROWS["lon"], ROWS["lat"], datum="bd09")
    document = json.loads(points(ROWS.assign(lon=lon, lat=lat)).to_json())
    path = csv(tmp_path, json.dumps(document | {"datum": "BD-09"}), "centres.geojson")
    true = points().to_crs(CRS).geometry
    assert read(path).geometry.distance(true, align=False).max() < 0.01


def test_two_datums_that_disagree_are_a_problem(tmp_path):
    path = csv(tmp_path, ROWS.assign(datum="gcj02").to_csv(index=False))
    assert "declared as bd09" in problems_of(path, datum="bd09")[0]


# What is wrong is said, all at once


def test_every_problem_of_a_file_is_reported_together(tmp_path):
    text = (
        "id,name,lon,lat,capacity,opened\n"
        "A,a,117.2,39.1,1,2022\n"
        "A,b,abc,39.1,2,2022\n"
        ",c,117.2,,x,2022-13\n"
        "D,d,inf,nan,-5,soon\n"
        "E,e,39.1,117.2,5,2022\n"
    )
    said = "\n".join(problems_of(csv(tmp_path, text)))
    for expected in (
        "centres.csv, row 4: id is missing",
        "rows 2 ('A'), 3 ('A'): id is there more than once",
        "row 3 ('abc'): lon is not a number",
        "row 5 ('inf'): lon is not a finite number",
        "row 4: lat is empty",
        "row 5 ('nan'): lat is not a finite number",
        "row 6 ('39.1, 117.2'): longitude and latitude look swapped",
        "row 4 ('x'): capacity is not a number",
        "row 5 ('-5'): capacity is negative",
        "rows 4 ('2022-13'), 5 ('soon'): opened is not a date",
    ):
        assert expected in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the file is empty"),
        ("\ufeff", "the file is empty"),
        ("\n\n", "the file is empty"),
        ("id,lon,lat\n", "there is no row in it"),
        ("a,b,c\n1,2,3\n", "none of the column names is known"),
        ("id,name\nA,b\n", "no column lon and no column lat"),
        ("id,lon,经度,lat\nA,1,2,3\n", "all mean lon; keep one"),
        ("id,lon,lat,lat\nA,1,2,3\n", "'lat' more than once"),
        (
            "id,lon,lat\nA,117.2\n",
            "row 2 (2): the number of fields is not that of the header (3)",
        ),
        ("id,name,lon,lat\nA,x,y,117.2,39.1\n", "names that hold a comma"),
        ('id,name,lon,lat\nA,"x,117.2,39.1\n', "quotation mark may be left open"),
        ("id,lon,lat\nA,517000,4320000\n", "not degrees; write decimal degrees, not metres"),
        ("id,lon,lat,opened,closed\nA,117.2,39.1,2023,2022\n", "closed is before opened"),
        ("id,lon,lat,datum\nA,117.2,39.1,tokyo\n", "datum is 'tokyo', expected one of"),
    ],
)
def test_a_broken_table_says_what_to_do(tmp_path, text, expected):
    assert expected in "\n".join(problems_of(csv(tmp_path, text)))


def test_many_rows_of_one_problem_are_one_line(tmp_path):
    text = "id,lon,lat\n" + "".join(f"A{n},x,39.1\n" for n in range(500))
    problems = problems_of(csv(tmp_path, text))
    assert len(problems) == 1
    assert "and 492 more" in problems[0]
    assert len(problems[0]) < 400


def test_missing_file_and_unknown_kind(tmp_path):
    assert "no such file" in problems_of(tmp_path / "centres.csv")[0]
    assert "files of this kind are not read" in problems_of(csv(tmp_path, "x", "centres.doc"))[0]


@pytest.mark.parametrize(
    ("source", "name"),
    [(".xlsx", "a.csv"), (".gpkg", "a.csv"), (".parquet", "a.xlsx"), (".csv", "a.xlsx"),
     (".csv", "a.gpkg"), (".csv", "a.parquet"), (".xlsx", "a.geojson"), (".csv", "a.shp")],
)  # fmt: skip
def test_a_file_of_another_kind_is_told(tmp_path, source, name):
    frame = points() if source == ".gpkg" else ROWS
    content = write(frame, tmp_path / f"source{source}").read_bytes()
    (tmp_path / name).write_bytes(content)
    assert "not a file of the kind its name says" in problems_of(tmp_path / name)[0]


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".geojson", ".gpkg"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_told(tmp_path, suffix, share):
    path = write(
        points() if suffix in (".geojson", ".gpkg") else ROWS, tmp_path / f"centres{suffix}"
    )
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    said = "\n".join(problems_of(path))
    assert "cut off" in said or "save it again" in said


def test_formulas_without_a_saved_value_are_told(tmp_path):
    ROWS.to_excel(tmp_path / "centres.xlsx", index=False, engine="openpyxl")
    assert "row 3 ('=1+1'): the cell is a formula" in problems_of(tmp_path / "centres.xlsx")[0]


def test_old_excel_and_binary_text(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "old Excel workbook" in problems_of(tmp_path / "a.xlsx")[0]
    (tmp_path / "a.csv").write_bytes(b"id,lon\x00\x01\xff\xfe\xff" * 9)
    assert "not text in UTF-8 or GB18030" in problems_of(tmp_path / "a.csv")[0]


def test_layer_without_crs(tmp_path):
    path = write(points(), tmp_path / "centres.gpkg")
    with sqlite3.connect(path) as db:
        for table in ("gpkg_geometry_columns", "gpkg_contents"):
            db.execute(f"UPDATE {table} SET srs_id = -1")
    db.close()
    assert "does not say in which CRS" in problems_of(path)[0]
    points(crs=None).to_parquet(tmp_path / "centres.parquet")
    assert "does not say in which CRS" in problems_of(tmp_path / "centres.parquet")[0]


def test_several_layers(tmp_path):
    path = tmp_path / "all.gpkg"
    points().to_file(path, layer="north")
    points().to_file(path, layer="south")
    assert "2 layers ('north', 'south')" in problems_of(path)[0]
    points().to_file(path, layer="centres")
    assert len(read(path)) == 3


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"type": "Feature", "properties": {"id": "A"}, "geometry": None}, "geometry is empty"),
        ({"type": "Feature", "properties": {"id": "A"}}, "not a GeoJSON feature"),
        (7, "not a GeoJSON feature"),
        (
            {"properties": {"id": "A"}, "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}},
            "geometry is not a Point",
        ),
        ({"properties": {"id": "A"}, "geometry": {"type": "Point", "coordinates": ["x", 2]}}, "not a GeoJSON"),
        ({"properties": {"id": "A"}, "geometry": {"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}},
         "more than one point"),
    ],
)  # fmt: skip
def test_broken_features(tmp_path, feature, expected):
    document = {"type": "FeatureCollection", "features": [feature]}
    path = csv(tmp_path, json.dumps(document), "centres.geojson")
    assert expected in "\n".join(problems_of(path))


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '{"type": "Feature"}', "nonsense", '{"features": [{"x": NaN}]}', "[" * 100_000],
    ids=["list", "table", "feature", "nonsense", "nan", "deep"],
)
def test_json_that_is_no_collection(tmp_path, text):
    gc.collect()  # what broken workbooks left must not end in the midst of a deep recursion
    assert len(problems_of(csv(tmp_path, text, "centres.geojson"))) == 1


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("S,100,200,,", "people_60 is larger than people"),
        ("S,-1,-2,,", "people_60 is negative"),
        ("S,many,2,,", "people is not a number"),
        ("S,10,,,", "people_60 is empty"),
        (",10,5,,", "code is missing"),
    ],
)
def test_people_that_cannot_be(tmp_path, row, expected):
    path = csv(tmp_path, f"code,people,people_60,basis,source\n{row}\n", "population.csv")
    assert expected in "\n".join(problems_of(path, io.read_population))


def test_people_with_thousands_separators_and_wide_digits(tmp_path):
    path = csv(tmp_path, '街道,常住人口,60岁及以上\n桃园,"39,329",１１０１１\n', "population.csv")
    population = io.read_population(path)
    assert population.loc["桃园", ["people", "people_60"]].tolist() == [39329, 11011]


def test_invalid_polygons_are_explained(tmp_path):
    bow = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]
    feature = {"properties": {"code": "S"}, "geometry": {"type": "Polygon", "coordinates": bow}}
    path = csv(tmp_path, json.dumps({"features": [feature]}), "streets.geojson")
    assert "polygon is not valid" in problems_of(path, io.read_streets)[0]
    assert "Self-intersection" in problems_of(path, io.read_streets)[0]


# Writing


RESULT = gpd.GeoDataFrame(
    {"name": ["=HYPERLINK(1)", "桃园"], "share": [0.5, math.nan]},
    geometry=gpd.points_from_xy([117.2, 117.3], [39.1, 39.1]),
    index=pd.Index(["a", "@b"], name="code"),
    crs="EPSG:4326",
).to_crs(CRS)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".geojson", ".gpkg", ".parquet"])
def test_the_same_frame_gives_the_same_bytes(tmp_path, suffix):
    first, second = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    io.write_frame(RESULT, first)
    io.write_frame(RESULT, second)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [first.name, second.name]


def test_written_layers_are_read_back(tmp_path):
    for name in ("a.gpkg", "a.parquet", "a.geojson"):
        io.write_frame(RESULT, tmp_path / name)
    for name, frame in (
        ("a.gpkg", gpd.read_file(tmp_path / "a.gpkg")),
        ("a.geojson", gpd.read_file(tmp_path / "a.geojson")),
        ("a.parquet", gpd.read_parquet(tmp_path / "a.parquet").reset_index()),
    ):
        assert frame["name"].tolist() == RESULT["name"].tolist(), name
        there = frame.to_crs(CRS).geometry
        assert there.distance(RESULT.geometry, align=False).max() < 0.02, name
    assert gpd.read_file(tmp_path / "a.geojson").crs == "EPSG:4326"


def test_text_is_never_a_formula(tmp_path):
    import openpyxl

    io.write_frame(RESULT, tmp_path / "a.xlsx")
    cells = list(openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows())
    assert cells[1][1].value == "=HYPERLINK(1)"
    assert cells[1][1].data_type == "s"
    io.write_frame(RESULT, tmp_path / "a.csv")
    content = (tmp_path / "a.csv").read_bytes().decode("utf-8-sig")
    assert "\na,'=HYPERLINK(1),0.5\n" in content
    assert "\n'@b,桃园,\n" in content


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("before")
    with pytest.raises(RuntimeError, match="half way"), io.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("half way")
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.csv").write_text("before")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    io.write_text("after", tmp_path / "link.csv")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text() == "after"


def test_new_files_get_the_usual_rights(tmp_path):
    io.write_text("x", tmp_path / "a.txt")
    (tmp_path / "b.txt").write_text("x")
    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode
    os.chmod(tmp_path / "a.txt", 0o640)  # noqa: PTH101
    io.write_text("y", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("place", ["no/such/folder/a.csv", "."])
def test_a_place_that_cannot_be_written(tmp_path, place):
    with pytest.raises(ValidationError, match=r"cannot be written|this is a folder"):
        io.write_text("x", tmp_path / place)


def test_formats_that_are_not_written(tmp_path):
    with pytest.raises(ValidationError, match=r"not written; use one of \.csv"):
        io.write_frame(RESULT, tmp_path / "a.doc")
    with pytest.raises(ValidationError, match="no geometry"):
        io.write_frame(pd.DataFrame(RESULT.drop(columns="geometry")), tmp_path / "a.gpkg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with a name")
def test_nothing_takes_the_place_of_a_device_or_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "device.csv").symlink_to("/dev/null")
    for name in ("pipe.csv", "device.csv"):
        with pytest.raises(ValidationError, match=r"a device or a pipe; name a file"):
            io.write_text("x", tmp_path / name)
    assert (tmp_path / "pipe.csv").is_fifo()
    assert (tmp_path / "device.csv").is_symlink()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["device.csv", "pipe.csv"]


def test_an_input_that_appears_during_the_work_is_not_replaced(tmp_path):
    """The place was free when the work began; then somebody linked it to a file that was read."""
    source, target = tmp_path / "read.csv", tmp_path / "out.csv"
    source.write_text("before")

    def make():
        target.symlink_to(source)
        return "after"

    with pytest.raises(ValidationError, match=r"is an input of this run \(read.csv\)"):
        io.write_results({target: make}, inputs=[source])
    assert source.read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.csv", "read.csv"]


def test_of_several_results_all_are_written_or_none(tmp_path):
    def fails():
        raise ValidationError(["no"])

    with pytest.raises(ValidationError):
        io.write_results({tmp_path / "a.csv": lambda: "x", tmp_path / "b.csv": fails})
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path):
    """A process that is gone, one that runs (this one), and one of another machine."""
    script = "import sys; from carecircles.io import _target; print(_target.prefix())"
    gone = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.strip()
    running = _target.prefix()
    machine, number = gone.split("-")[1:3]
    stays = [f"{running}x.csv", f".carecircles-{machine[::-1]}0-{number}-x.csv", ".carecircles-x"]
    for name in (f"{gone}x.csv", f"{gone}x.gpkg-journal", *stays):
        (tmp_path / name).write_text("half")
    (tmp_path / f"{gone}folder").mkdir()
    io.write_text("x", tmp_path / "a.csv")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*stays, "a.csv"])


# What a spreadsheet or a GeoPackage cannot hold

STRANGE = "\ufffe\uffff\x01"


def test_the_same_table_is_the_same_workbook_a_second_later(tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        io.write_frame(RESULT, tmp_path / name)
        time.sleep(2.1 if name == "a.xlsx" else 0)  # zip archives count in steps of two seconds
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_workbook_with_characters_that_xml_does_not_know_can_be_read(tmp_path):
    frame = pd.DataFrame(
        {"name": [f"a{STRANGE}b", "\U0001f600"]}, index=pd.Index([1, 2], name="id")
    )
    io.write_frame(frame, tmp_path / "a.xlsx")
    assert pd.read_excel(tmp_path / "a.xlsx")["name"].tolist() == [
        "a\ufffd\ufffd\ufffdb",
        "\U0001f600",
    ]


def test_a_text_that_excel_would_cut_is_refused(tmp_path):
    """Excel counts 32,767 characters, one beyond U+FFFF twice."""
    names = ["甲" * 32_767, "甲" * 32_768, "\U0001f600" * 16_384]
    frame = pd.DataFrame({"name": names}, index=pd.Index([1, 2, 3], name="id"))
    with pytest.raises(ValidationError, match=r"a.xlsx, rows 3 .*, 4 .*: name is longer .*\.csv"):
        io.write_frame(frame, tmp_path / "a.xlsx")
    io.write_frame(frame.iloc[:1], tmp_path / "a.xlsx")
    assert pd.read_excel(tmp_path / "a.xlsx")["name"].iloc[0] == names[0]
    with pytest.raises(ValidationError, match="an Excel sheet has 1,048,576"):
        io.write_frame(pd.DataFrame(index=pd.RangeIndex(1_048_576)), tmp_path / "b.xlsx")


def test_a_geopackage_does_not_end_a_name_at_u0000(tmp_path):
    io.write_frame(RESULT.assign(name="a\0b"), tmp_path / "a.gpkg")
    assert set(gpd.read_file(tmp_path / "a.gpkg")["name"]) == {"a\ufffdb"}


@pytest.mark.parametrize("name", ["=1+1", "\n=1+1", "\r\n-1", "\t1", "＝1+1", "＋1", "－1", "＠a", "﹦1", " =1", "\ufeff=1"])  # fmt: skip
def test_no_name_is_a_formula_in_csv(name):
    frame = pd.DataFrame({"name": [name, "a=b", "3-5", "−4"]}, index=pd.Index(range(4), name="id"))
    read = pd.read_csv(StringIO(io.csv_text(frame)), lineterminator=None)["name"]
    assert read.iloc[0].replace("\r\n", "\n") == "'" + name.replace("\r\n", "\n")
    assert read.iloc[1:].tolist() == ["a=b", "3-5", "−4"]


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
@pytest.mark.parametrize("suffix", ["xlsx", "csv", "gpkg", "geojson", "parquet"])
def test_a_full_disk_leaves_what_was_there(tmp_path, suffix):
    """No file may grow beyond 2 kB, as on a disk that is full."""
    (tmp_path / f"a.{suffix}").write_text("before")
    script = (
        "import resource, signal, sys, geopandas, openpyxl, pyarrow\n"
        "from carecircles import io\n"
        "from carecircles.errors import ValidationError\n"
        "frame = geopandas.GeoDataFrame({'name': ['甲' * 9_000]}, geometry=[None], crs=4548)\n"
        "frame['name'] = [''.join(chr(0x4e00 + n * 7919 % 20_000) for n in range(9_000))]\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))\n"
        "try:\n"
        "    io.write_frame(frame, sys.argv[1])\n"
        "except ValidationError as err:\n"
        "    print(err)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, f"a.{suffix}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"a.{suffix}: cannot be written" in done.stdout
    assert done.stderr == ""
    assert [p.name for p in tmp_path.iterdir()] == [f"a.{suffix}"]
    assert (tmp_path / f"a.{suffix}").read_text() == "before"


# Found by feeding it hostile files


def test_degrees_that_are_called_metres(tmp_path):
    """A layer in degrees whose CRS was set by mistake to one in metres."""
    frame = points().set_crs(CRS, allow_override=True)
    write(frame, tmp_path / "centres.gpkg")
    assert problems_of(tmp_path / "centres.gpkg")[0].endswith("set the layer's CRS to EPSG:4326.")


def test_a_cut_in_mid_character_is_not_taken_for_another_encoding(tmp_path):
    content = "id,lon,lat,name\n1,117.22,39.08,甲乙\n2,117.23,39.07,大营门".encode()
    (tmp_path / "c.csv").write_bytes(content[:-2])
    assert "the file is cut off" in problems_of(tmp_path / "c.csv")[0]


def test_a_format_set_far_down_a_sheet_does_not_hang(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["id", "lon", "lat"], ["A", 117.2, 39.1]):
        book.active.append(row)
    book.active.cell(300_000, 1).number_format = "0.00"
    book.active.cell(2, 16_000).number_format = "0.00"
    book.save(tmp_path / "c.xlsx")
    assert read(tmp_path / "c.xlsx").index.tolist() == ["A"]


def test_workbooks_with_errors_hidden_and_empty_sheets(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    hidden = book.create_sheet("old")
    hidden.append(["id"])
    hidden.sheet_state = "hidden"
    sheet = book.create_sheet("中心")
    sheet.append(["id", "lon", "lat", "name"])
    sheet.append(["A", 117.2, 39.1, "#N/A"])
    sheet["D2"].data_type = "e"
    book.save(tmp_path / "c.xlsx")
    assert "row 2 ('#N/A'): the cell holds an error" in problems_of(tmp_path / "c.xlsx")[0]
    sheet["D2"] = "fine"
    book.save(tmp_path / "c.xlsx")
    assert read(tmp_path / "c.xlsx").attrs["sheet"] == "中心"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("河西区养老服务中心一览\na,b,c\nA,117.2,39.1\n", "row 1 looks like a title"),
        ("<html><body>id,lon,lat</body></html>", "this is HTML or XML"),
        ("id,lon,lat\nA;1,117.2,39.1\n", "id has a semicolon in it"),
    ],
)
def test_tables_that_are_not_quite_tables(tmp_path, text, expected):
    assert expected in problems_of(csv(tmp_path, text))[0]


def test_what_excel_writes_above_a_table_is_passed_over(tmp_path):
    assert len(read(csv(tmp_path, "sep=;\nid;lon;lat\nA;117.2;39.1\n"))) == 1


def test_a_ragged_row_does_not_hide_the_others(tmp_path):
    said = "\n".join(problems_of(csv(tmp_path, "id,lon,lat\nA,117.2\nB,x,39.1\n")))
    assert "row 2 (2): the number of fields" in said
    assert "row 3 ('x'): lon is not a number" in said


@pytest.mark.parametrize(
    "written",
    ["2022/7/15 0:00", "2022-07-15T00:00:00Z", "2022 年 7 月 15 日", "20220715", "2022-07-15T08:00+08:00"],
)  # fmt: skip
def test_dates_as_programs_write_them(tmp_path, written):
    centres = read(csv(tmp_path, f"id,lon,lat,opened\nA,117.2,39.1,{written}\n"))
    assert centres["opened"].iloc[0] == pd.Timestamp("2022-07-15")


@pytest.mark.parametrize("written", ["2022-07-15 25:99", "08:30", "202207", "2022-02-30"])
def test_what_only_looks_like_a_date(tmp_path, written):
    path = csv(tmp_path, f"id,lon,lat,opened\nA,117.2,39.1,{written}\n")
    assert "opened is not a date" in problems_of(path)[0]


@pytest.mark.parametrize(("opened", "closed"), [("2022", "2022-10"), ("2022-07", "2022-07-20")])
def test_closed_within_the_stated_period_is_possible(tmp_path, opened, closed):
    assert (
        len(read(csv(tmp_path, f"id,lon,lat,opened,closed\nA,117.2,39.1,{opened},{closed}\n"))) == 1
    )


def test_of_two_names_for_a_label_the_code_counts(tmp_path):
    text = "序号,编号,街道,街道代码,经度,纬度\n1,A1,桃园,120103003,117.2,39.1\n"
    centres = read(csv(tmp_path, text))
    assert centres.index.tolist() == ["A1"]
    assert centres["street"].tolist() == ["120103003"]
    assert centres.attrs["unused"] == ["序号", "街道"]


def test_units_in_headers_and_unknown_columns_are_named(tmp_path):
    path = csv(tmp_path, "街道,60岁及以上人口（人）\n桃园,11011\n", "p.csv")
    assert io.read_population(path)["people_60"].tolist() == [11011]
    path = csv(tmp_path, "街道,老人\n桃园,11011\n", "p.csv")
    assert "no column people_60 (not known: '老人')" in problems_of(path, io.read_population)[0]


@pytest.mark.parametrize(
    "coordinates", [[10**400, 39.1], [[[[[117.2]]]]], "117.2, 39.1", [True], []], ids=str
)
def test_coordinates_that_are_none(tmp_path, coordinates):
    feature = {"properties": {"id": "A"}, "geometry": {"type": "Point", "coordinates": coordinates}}
    assert problems_of(csv(tmp_path, json.dumps({"features": [feature]}), "c.geojson"))


def test_half_characters_are_refused(tmp_path):
    feature = {"properties": {"id": "\ud800"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
    path = csv(tmp_path, json.dumps({"features": [feature]}), "c.geojson")
    assert "half a character" in problems_of(path)[0]


def test_a_features_own_id_counts(tmp_path):
    feature = {
        "id": 7,
        "properties": {},
        "geometry": {"type": "Point", "coordinates": [117.2, 39.1]},
    }
    assert read(csv(tmp_path, json.dumps({"features": [feature]}), "c.geojson")).index.tolist() == [
        "7"
    ]


def test_a_layer_of_styles_does_not_count(tmp_path):
    points().to_file(tmp_path / "c.gpkg", layer="my centres")
    with sqlite3.connect(tmp_path / "c.gpkg") as db:
        db.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, name TEXT)")
        db.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) "
            "VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
    db.close()
    assert len(read(tmp_path / "c.gpkg")) == 3


def test_more_people_than_there_are(tmp_path):
    path = csv(tmp_path, "code,people_60\nS,1e308\n", "p.csv")
    assert "more than there are people on earth" in problems_of(path, io.read_population)[0]


def test_a_name_that_is_too_long_for_the_disk(tmp_path):
    with pytest.raises(ValidationError, match="cannot be written"):
        io.write_text("x", tmp_path / ("a" * 300 + ".csv"))
    io.write_text("x", tmp_path / ("区" * 80 + ".csv"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_a_pipe_is_not_a_file(tmp_path):
    os.mkfifo(tmp_path / "c.csv")
    assert "this is not a file" in problems_of(tmp_path / "c.csv")[0]


def test_one_broken_feature_does_not_hide_what_is_wrong_in_the_next(tmp_path):
    place = {"type": "Point", "coordinates": [117.2, 39.1]}
    features = [
        7,
        {"properties": {"id": "A", "capacity": -5}, "geometry": place},
        {"properties": {"id": "\ud800"}, "geometry": place},
        {"properties": {"id": "C"}, "geometry": {"type": "Point", "coordinates": ["x", 2]}},
        {"properties": {"id": "A"}, "geometry": place},
        {"properties": ["id"], "geometry": place},
    ]
    said = "\n".join(
        problems_of(csv(tmp_path, json.dumps({"features": features}), "centres.geojson"))
    )
    for expected in (
        "features 1, 4, 6: this is not a GeoJSON feature",
        "feature 3: a text has half a character in it",
        "feature 2 (-5): capacity is negative",
        "features 2 ('A'), 5 ('A'): id is there more than once",
    ):
        assert expected in said


def test_broken_polygons_are_told_with_those_that_are_not_valid(tmp_path):
    bow = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]
    features = [
        {"properties": {"code": "S"}, "geometry": {"type": "Polygon", "coordinates": bow}},
        {"properties": {"code": "T"}, "geometry": {"type": "Polygon", "coordinates": 5}},
    ]
    path = csv(tmp_path, json.dumps({"features": features}), "streets.geojson")
    said = "\n".join(problems_of(path, io.read_streets))
    assert "feature 2: this is not a GeoJSON feature" in said
    assert "feature 1 ('Self-intersection" in said


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        ({"properties": {"name": "IAU_2015:30100"}}, "is of another planet"),
        ({"properties": {"name": "IAU_2015:49910"}}, "is of another planet"),
        ({"properties": {"name": "urn:x:nothing"}}, "names no CRS we know"),
        ({"properties": {"name": [1]}}, "names no CRS we know"),
        ({"properties": "x"}, "names no CRS we know"),
        ([], "names no CRS we know"),
    ],
    ids=["moon", "mars", "nothing", "list", "text", "empty"],
)
@pytest.mark.parametrize("reader", [read, io.read_streets])
def test_a_geojson_crs_that_is_none_of_the_earth(tmp_path, crs, expected, reader):
    ring = [[[117.2, 39.1], [117.3, 39.1], [117.3, 39.2], [117.2, 39.1]]]
    shape = {"type": "Point", "coordinates": [117.2, 39.1]}
    if reader is io.read_streets:
        shape = {"type": "Polygon", "coordinates": ring}
    document = {"features": [{"properties": {"id": "A"}, "geometry": shape}], "crs": crs}
    path = csv(tmp_path, json.dumps(document), "c.geojson")
    assert expected in "\n".join(problems_of(path, reader))


@pytest.mark.parametrize("written", ["9" * 1000, "9" * 5000, "-" + "1" * 400, "1e999"])
def test_a_number_of_a_thousand_digits(tmp_path, written):
    said = problems_of(csv(tmp_path, f"id,lon,lat,capacity\nA,117.2,{written},{written}\n"))
    assert "lat is not a finite number" in "\n".join(said)
    assert "capacity is not a finite number" in "\n".join(said)
    assert max(map(len, said)) < 200


@pytest.mark.parametrize(
    ("column", "written", "value"),
    [
        ("beds", "120 张", 120), ("beds", "１２０张床位", 120), ("beds", "约 80 个", 80),
        ("capacity", "约200人", 200), ("capacity", "1，200余人", 1200), ("capacity", "1.2万人", 12000),
        ("capacity", "about 200 persons", 200), ("capacity", "200人左右", 200),
        ("price", "80 万元", 80), ("lat", "39.1°", 39.1), ("lat", "39.1°N", 39.1),
    ],
)  # fmt: skip
def test_numbers_with_their_units(tmp_path, column, written, value):
    cells = {"id": "A", "lon": "117.2", "lat": "39.1"} | {column: written}
    frame = pd.DataFrame([cells])
    centres = read(write(frame, tmp_path / "c.csv"))
    found = centres.to_crs(4326).geometry.y if column == "lat" else centres[column]
    assert found.iloc[0] == pytest.approx(value)
    assert "has a unit or words with it in 1 row" in io.taken(centres)[0]["en"]


@pytest.mark.parametrize(
    "written", ["120米", "120-150", "120/80", "张", "120张和80张", "1.2万张", "N/A"]
)
def test_what_is_no_number_of_beds(tmp_path, written):
    path = csv(tmp_path, f"id,lon,lat,床位数\nA,117.2,39.1,{written}\n")
    assert "beds is not a number" in problems_of(path)[0]


@pytest.mark.parametrize(
    ("serial", "day"),
    [("44757", "2022-07-15"), ("44757.75", "2022-07-15"), ("36526", "2000-01-01")],
)
def test_dates_as_the_numbers_of_a_spreadsheet(tmp_path, serial, day):
    """The days are those that openpyxl gives for these numbers."""
    from openpyxl.utils.datetime import from_excel

    assert f"{from_excel(float(serial)):%Y-%m-%d}" == day
    centres = read(csv(tmp_path, f"id,lon,lat,opened\nA,117.2,39.1,{serial}\n"))
    assert centres["opened"].iloc[0] == pd.Timestamp(day)
    assert f"numbers such as {serial} are read as days ({day})" in io.taken(centres)[0]["en"]
