"""A study area's files held against each other."""

import dataclasses
import gc
import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from carecircles import area, datasets
from carecircles.datum import from_wgs84
from carecircles.errors import ValidationError
from carecircles.io import _matching
from tests.conftest import centres_at


def problems_of(folder, **options):
    with pytest.raises(ValidationError) as caught:
        area.read_area(folder, **options)
    return "\n".join(caught.value.problems)


def centres(folder):
    return pd.read_csv(folder / "centres.csv", dtype=str, keep_default_na=False)


def shifted(frame, datum):
    lon, lat = from_wgs84(frame["lon"].astype(float), frame["lat"].astype(float), datum=datum)
    return frame.assign(lon=lon, lat=lat)


# Points beyond Hexi's border, at distances measured in EPSG:4548
EAST_306_M = "X1,河东近邻,East neighbour,河东街道,117.287185,39.071536,meals,,,,,known,"
SOUTH_308_M = "X2,南邻,South neighbour,,117.226153,39.029424,meals,,,,,assumed,"
WEST_4503_M = "X3,西远邻,Far west,,117.124253,39.071823,meals,,,,,known,"
EAST_7004_M = "X4,远东,Far east,,117.3668,39.071312,meals,,,,,known,"


def add_centres(folder, *lines):
    path = folder / "centres.csv"
    text = path.read_text(encoding="utf-8").rstrip("\n")
    path.write_text("\n".join([text, *lines]) + "\n", encoding="utf-8")


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(("datum", "label"), [("gcj02", "GCJ-02"), ("bd09", "BD-09")])
def test_another_datum_gives_the_same_area_when_declared_and_a_hint_when_not(
    hexi, tmp_path, datum, label
):
    path = tmp_path / "centres.csv"
    shifted(centres(datasets.folder("hexi")), datum).to_csv(path, index=False)
    declared = datasets.folder("hexi")
    same = area.read_area(declared, centres=path, datum=datum)
    assert same.facilities.geometry.distance(hexi.facilities.geometry).max() < 0.2
    said = problems_of(declared, centres=path)
    assert "the centre lies outside the study area" in said
    assert f"these points would fall inside if they were {label}" in said
    assert f"pass --datum {datum}" in said


def test_wrong_datum_is_seen_where_nothing_falls_outside(tmp_path):
    """Trap 18: only centres that stay inside after the shift, so that no total would tell."""
    moved = shifted(centres(datasets.folder("hexi")), "gcj02")
    inside = gpd.points_from_xy(moved["lon"], moved["lat"])
    outline = gpd.read_file(datasets.folder("hexi") / "boundary.geojson").geometry[0]
    path = tmp_path / "centres.csv"
    moved[outline.contains(inside)].to_csv(path, index=False)
    said = problems_of(datasets.folder("hexi"), centres=path)
    assert "stand in another street than they name" in said
    assert "pass --datum gcj02" in said
    assert area.read_area(datasets.folder("hexi"), centres=path, datum="wgs84") is not None


def test_wgs84_declared_as_gcj02_is_seen(tmp_path):
    path = tmp_path / "centres.csv"
    centres(datasets.folder("hexi")).to_csv(path, index=False)
    assert "pass --datum wgs84" in problems_of(datasets.folder("hexi"), centres=path, datum="gcj02")


def test_undeclared_datum_is_taken_as_wgs84_and_said(tmp_path):
    path = tmp_path / "centres.csv"
    centres(datasets.folder("hexi")).to_csv(path, index=False)
    study = area.read_area(datasets.folder("hexi"), centres=path)
    assert study.notes[0]["en"] == "centres.csv: no datum declared; coordinates are taken as WGS84."


def test_swapped_coordinates_far_away_are_seen(hexi_copy):
    """Where both numbers could be a latitude, only the study area tells."""
    frame = centres(hexi_copy)
    frame["lon"], frame["lat"] = frame["lat"], (frame["lon"].astype(float) - 30).astype(str)
    frame.to_csv(hexi_copy / "centres.csv", index=False)
    assert "outside the study area" in problems_of(hexi_copy)


def test_problems_of_all_files_come_together(hexi_copy):
    edit(hexi_copy / "population.csv", "120103002,下瓦房街道,56184", "999,下瓦房街道,-5")
    edit(hexi_copy / "centres.csv", "H02,", "H01,")
    edit(hexi_copy / "streets.geojson", "120103014", "120103013")
    said = problems_of(hexi_copy)
    assert "population.csv, row 3 ('-5'): people is negative" in said
    assert "centres.csv, rows 2 ('H01'), 3 ('H01'): id is there more than once" in said
    assert "streets.geojson, features 13 ('120103013'), 14 ('120103013')" in said


def test_unknown_and_missing_streets(hexi_copy):
    edit(hexi_copy / "population.csv", "120103002,下瓦房街道", "999,下瓦房街道")
    edit(hexi_copy / "centres.csv", "Machang assumed 1,120103005", "Machang assumed 1,Nowhere")
    said = problems_of(hexi_copy)
    assert "population.csv, row 3 ('999'): this street is not in the streets file" in said
    assert "there is no row for '下瓦房街道'" in said
    assert "centres.csv, row 14 ('Nowhere'): this street is not in the streets file" in said


@pytest.mark.parametrize("spelling", ["120103005", "马场街道", "马场", "马场街道办事处", "MACHANG"])
def test_streets_are_known_by_code_and_name(hexi_copy, spelling):
    edit(hexi_copy / "centres.csv", "Machang assumed 1,120103005", f"Machang assumed 1,{spelling}")
    assert area.read_area(hexi_copy).facilities.loc["H13", "street"] == "120103005"


def test_an_empty_street_is_the_one_the_centre_stands_in(hexi_copy):
    edit(hexi_copy / "centres.csv", "Machang assumed 1,120103005", "Machang assumed 1,")
    assert area.read_area(hexi_copy).facilities.loc["H13", "street"] == "120103005"


def test_overlapping_streets(hexi_copy):
    document = json.loads((hexi_copy / "streets.geojson").read_text(encoding="utf-8"))
    document["features"][1]["geometry"] = document["features"][0]["geometry"]
    (hexi_copy / "streets.geojson").write_text(json.dumps(document))
    assert "streets '120103001' and '120103002' overlap by 1,0" in problems_of(hexi_copy)


def test_a_street_within_another_lies_on_it():
    """Of two boxes, and of one of them with a third in its midst, whose borders do not meet."""
    boxes = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(3, 3, 5, 5)]
    streets = gpd.GeoDataFrame(geometry=boxes, index=["A", "B", "C"])
    found = _matching.overlaps(streets, _matching.at_odds(streets), file="streets")
    assert ["'A' and 'C' overlap by 4 m2" in line for line in found] == [True]


def test_streets_that_leave_part_of_the_boundary_out_are_noted(hexi_copy):
    document = json.loads((hexi_copy / "streets.geojson").read_text(encoding="utf-8"))
    document["features"] = document["features"][:13]
    (hexi_copy / "streets.geojson").write_text(json.dumps(document))
    for name in ("population.csv", "centres.csv", "places.csv"):
        lines = (hexi_copy / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if "120103014" not in line]
        (hexi_copy / name).write_text("".join(kept), encoding="utf-8")
    assert (
        area.read_area(hexi_copy).notes[0]["en"]
        == "4.51 km2 of the boundary lie in no street and are not counted."
    )


def test_without_a_boundary_the_streets_are_it(hexi, hexi_copy):
    (hexi_copy / "boundary.geojson").unlink()
    assert area.read_area(hexi_copy).boundary.area.sum() == pytest.approx(hexi.boundary.area.sum())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "河西区"', "", "name is missing"),
        ("metres = 700", "metres = 0", "standard.metres is 0; write a number above 0"),
        ("metres = 700", 'metres = "far"', "standard.metres is 'far'"),
        ("minutes = 15", "minuets = 15", "standard.minuets is unknown"),
        ("[standard]", "[standard", "this is not TOML"),
        ("EPSG:4548", "EPSG:0", "no CRS we know"),
        ("EPSG:4548", "EPSG:4326", "is not in metres"),
        ("EPSG:4548", "EPSG:3857", "is off by 28.9%"),
        ('centres = "wgs84"', 'centres = "mars"', "datum is 'mars', expected one of"),
        ("licence", "colour = 1\nlicence", "unknown: colour"),
        ("[datum]", '[files]\ncentres = "x.csv"\n[datum]', "x.csv: there is no such file"),
        ('centres = "wgs84"', 'centres = ["wgs84"]', "write one name in quotation marks"),
        ('centres = "wgs84"', "centres = 84", "datum.centres: it is 84; write one name"),
        ("[datum]", '[files]\ncentres = "a\\u0000b"\n[datum]', "files.centres is 'a\\x00b'"),
        ("licence", f"x = {'[' * 5000}\nlicence", "this is nested too deeply"),
        ("licence", "# \0\nlicence", "this is not text in UTF-8 or GB18030 (line "),
        ("EPSG:4548", "IAU_2015:49910", "is of another planet"),
        ('"EPSG:4548"', "[1, 2]", "no CRS we know"),
    ],
)
def test_a_wrong_plan_is_explained(hexi_copy, old, new, expected):
    gc.collect()  # what broken workbooks left must not end in the midst of a deep recursion
    edit(hexi_copy / "area.toml", old, new)
    assert expected in problems_of(hexi_copy)


def test_missing_and_doubled_files(hexi_copy, tmp_path):
    (hexi_copy / "streets.geojson").unlink()
    (hexi_copy / "population.xlsx").write_bytes(b"x")
    said = problems_of(hexi_copy)
    assert "there is no file of streets" in said
    assert "more than one file of population (population.csv, population.xlsx)" in said
    assert "no area.toml" in problems_of(tmp_path)
    assert "no such folder" in problems_of(tmp_path / "nowhere")


def test_an_area_without_crs_uses_utm(hexi_copy):
    edit(hexi_copy / "area.toml", 'crs = "EPSG:4548"\n', "")
    assert area.read_area(hexi_copy).crs.to_string() == "EPSG:32650"


def test_streets_in_gcj02_are_moved(hexi, hexi_copy):
    for name in ("streets", "boundary"):
        frame = gpd.read_file(hexi_copy / f"{name}.geojson")
        frame.geometry = frame.geometry.transform(
            lambda xy: pd.DataFrame(zip(*from_wgs84(*xy.T, datum="gcj02"), strict=True)).to_numpy()
        )
        frame.to_file(hexi_copy / f"{name}.geojson")
    edit(hexi_copy / "area.toml", '"wgs84"\nboundary = "wgs84"', '"gcj02"\nboundary = "GCJ-02"')
    moved = area.read_area(hexi_copy).streets
    assert moved.geometry.hausdorff_distance(hexi.streets.geometry).max() < 0.2


@pytest.mark.parametrize(
    ("day", "is_open"),
    [("2022-06-30", False), ("2022-07-15", False), ("2022-07-31", True), ("2023-01-01", True)],
)
def test_chentangzhuang_counts_from_the_end_of_july_2022(hexi, day, is_open):
    """The press says 'July 2022'; on the last day of the month it is certainly open."""
    then = area.area_on(hexi, day)
    assert len(then.facilities) == (45 if is_open else 44)
    assert then.as_of.isoformat() == day
    assert (
        then.notes[0]["en"] == f"44 centres without an opening date are counted as open on {day}."
    )


def test_a_closed_centre_no_longer_counts(hexi):
    closed = hexi.facilities.copy()
    closed.loc["H01", "closed"] = pd.Timestamp("2024-03-01")
    hexi = dataclasses.replace(hexi, facilities=closed)
    assert "H01" in area.area_on(hexi, "2024-02-29").facilities.index
    assert "H01" not in area.area_on(hexi, "2024-03-01").facilities.index


def test_standard_keeps_its_pace():
    standard = area.Standard(700, 15)
    assert area.standard_of(standard, minutes=30) == area.Standard(1400, 30)
    assert area.standard_of(standard, metres=500, minutes=10) == area.Standard(500, 10)
    with pytest.raises(ValidationError, match=r"--radius is -1.*\n--minutes is 0"):
        area.standard_of(standard, metres=-1, minutes=0)


def test_unknown_bundled_area():
    with pytest.raises(ValidationError, match="'nowhere', expected one of hexi, template"):
        datasets.load("nowhere")


# Found by feeding it hostile files


def test_problems_of_every_stage_come_together(hexi_copy):
    """Rows that are wrong in themselves do not hide rows that are in the wrong place."""
    (hexi_copy / "centres.csv").write_text(
        "id,name,street,lon,lat\n1,a,Nowhere,117.2167,39.1106\n2,b,,,39.1\n3,c,,118.5,39.11\n"
    )
    edit(hexi_copy / "population.csv", "大营门街道,39329,11011", "大营门街道,39329,91011")
    edit(hexi_copy / "population.csv", "120103014,太湖路街道", "999,太湖街道")
    said = problems_of(hexi_copy)
    for expected in (
        "centres.csv, row 2 ('Nowhere'): this street is not in the streets file",
        "centres.csv, row 3: lon is empty",
        "centres.csv, row 4 ('c'): the centre lies outside the study area",
        "population.csv, row 2 ('91011'): people_60 is larger than people",
        "population.csv, row 15 ('999'): this street is not in the streets file",
        "there is no row for '太湖路街道'",
    ):
        assert expected in said


def test_code_and_street_that_disagree(hexi_copy):
    edit(hexi_copy / "population.csv", "120103002,下瓦房街道", "120103002,桃园街道")
    assert "code and street are two different streets" in problems_of(hexi_copy)


def test_a_running_number_is_not_a_street_code(hexi_copy, hexi):
    lines = (hexi_copy / "population.csv").read_text(encoding="utf-8").splitlines()
    numbered = [lines[0], *(f"{n},{line.split(',', 1)[1]}" for n, line in enumerate(lines[1:], 1))]
    (hexi_copy / "population.csv").write_text("\n".join(numbered), encoding="utf-8")
    same = area.read_area(hexi_copy).population["people_60"]
    pd.testing.assert_series_equal(same, hexi.population["people_60"])


@pytest.mark.parametrize("codes", [("1-11", "11-1"), ("a", "A"), ("#", "*")])
def test_codes_that_differ_only_in_marks(tmp_path, codes):
    datasets.write_template(tmp_path / "mine")
    for name in ("streets.geojson", "population.csv", "centres.csv"):
        path = tmp_path / "mine" / name
        text = path.read_text(encoding="utf-8")
        for old, new in zip(("S1", "S2"), codes, strict=True):
            text = text.replace(f'"{old}"', f'"{new}"').replace(f",{old},", f",{new},")
            text = text.replace(f"\n{old},", f"\n{new},")
        path.write_text(text, encoding="utf-8")
    assert set(codes) <= set(area.read_area(tmp_path / "mine").facilities["street"])


def test_the_hint_can_be_followed(hexi_copy):
    """Where area.toml declares the datum, that is the place to correct it."""
    shifted(centres(hexi_copy), "gcj02").to_csv(hexi_copy / "centres.csv", index=False)
    assert 'say centres = "gcj02" in area.toml' in problems_of(hexi_copy)
    edit(hexi_copy / "area.toml", 'centres = "wgs84"', 'centres = "gcj02"')
    assert area.read_area(hexi_copy) is not None


def test_undeclared_datum_of_streets_is_said_too(hexi_copy):
    edit(hexi_copy / "area.toml", 'streets = "wgs84"\n', "")
    assert (
        area.read_area(hexi_copy).notes[0]["en"]
        == "streets.geojson: no datum declared; coordinates are taken as WGS84."
    )


def test_a_boundary_of_another_place(hexi_copy):
    document = gpd.read_file(hexi_copy / "boundary.geojson")
    document.geometry = document.translate(1, 0)
    document.to_file(hexi_copy / "boundary.geojson")
    assert "boundary and streets do not lie on each other" in problems_of(hexi_copy)


def test_a_centre_on_the_other_side_of_the_world(hexi_copy):
    edit(hexi_copy / "centres.csv", "117.208967,39.109323", "27.0,0.0")
    assert "row 2 ('大营门假定点1'): the centre lies outside" in problems_of(hexi_copy)


@pytest.mark.parametrize("crs", ['LOCAL_CS["x",UNIT["metre",1]]', "EPSG:2225"])
def test_a_crs_nothing_can_be_computed_in(hexi_copy, crs):
    edit(hexi_copy / "area.toml", '"EPSG:4548"', f"'{crs}'")
    assert "is not in metres" in problems_of(hexi_copy)


def test_polar_streets_have_no_utm(tmp_path):
    datasets.write_template(tmp_path / "mine")
    for name in ("streets.geojson", "boundary.geojson"):
        path = tmp_path / "mine" / name
        path.write_text(path.read_text(encoding="utf-8").replace("35.0", "89.0"), encoding="utf-8")
    assert "there is no UTM zone" in problems_of(tmp_path / "mine")


def test_a_plan_that_cannot_be_read_or_has_no_end(hexi_copy):
    plan = hexi_copy / "area.toml"
    plan.write_bytes(b"#" * 1_000_001)
    assert "area.toml: the file is too large for an area.toml" in problems_of(hexi_copy)
    plan.unlink()
    plan.symlink_to("/dev/zero")
    assert "there is no area.toml in it" in problems_of(hexi_copy)


def test_a_fault_in_area_toml_does_not_hide_those_of_other_files(hexi_copy):
    """Two faults in area.toml, of which one says where things are; a file missing; others with faults."""
    edit(hexi_copy / "area.toml", 'name_en = "', 'nam_en = "')
    edit(hexi_copy / "area.toml", '"EPSG:4548"', '"EPSG:4326"')
    edit(hexi_copy / "centres.csv", "H01,", "H02,")
    edit(hexi_copy / "population.csv", "120103001,", "999,")
    (hexi_copy / "places.csv").write_text("name,street\nA,\n", encoding="utf-8")
    said = problems_of(hexi_copy)
    for part in (
        "unknown: nam_en", "is not in metres", "id is there more than once", "population.csv, row 2",
        "neither coordinates nor a street",
    ):  # fmt: skip
        assert part in said, part
    (hexi_copy / "streets.geojson").unlink()
    said = problems_of(hexi_copy)
    assert "no file of streets" in said
    assert "id is there more than once" in said


def test_an_area_toml_that_is_no_toml_hides_nothing(hexi_copy):
    """Which datum the points have cannot be known then, so that nothing is said of where they lie."""
    (hexi_copy / "area.toml").write_text('name = "\n', encoding="utf-8")
    edit(hexi_copy / "centres.csv", "H01,", "H02,")
    shifted(centres(hexi_copy), "gcj02").to_csv(hexi_copy / "centres.csv", index=False)
    said = problems_of(hexi_copy)
    assert "this is not TOML" in said
    assert "id is there more than once" in said
    assert "outside" not in said


# Beyond the border


def test_centres_beyond_the_border_are_neighbours(hexi, hexi_copy):
    add_centres(hexi_copy, EAST_306_M, SOUTH_308_M, WEST_4503_M)
    centres = area.read_area(hexi_copy).facilities
    assert centres.index[centres["neighbour"]].tolist() == ["X1", "X2", "X3"]
    assert centres.loc[["X1", "X2", "X3"], "street"].tolist() == ["", "", ""]
    assert not hexi.facilities["neighbour"].any()
    inside = area.without_neighbours(area.read_area(hexi_copy))
    pd.testing.assert_frame_equal(
        pd.DataFrame(inside.facilities), pd.DataFrame(hexi.facilities), check_like=True
    )
    assert inside.notes[-1]["en"] == "Centres beyond the border are not counted: 3."


def test_centres_farther_away_are_problems_and_neighbours_are_not(hexi_copy):
    add_centres(hexi_copy, EAST_306_M, EAST_7004_M)
    said = problems_of(hexi_copy)
    assert "row 48 ('远东'): the centre lies outside the study area, more than 5 km" in said
    assert "河东近邻" not in said
    assert "rows 47 ('河东近邻'), 48 ('远东')" in problems_of(hexi_copy, beyond=0.0)


def test_neighbours_begin_at_50_metres_and_end_at_5_kilometres(block):
    """The limits are included: a centre 50 m outside belongs to the street, as it always did."""
    streets, _ = block
    facilities = centres_at((500_550, 4_300_100), (500_551, 4_300_100), (505_500, 4_300_100))
    facilities = facilities.assign(street="", row=[1, 2, 3])
    facilities.attrs = {"unit": "row", "datum": "wgs84", "datum_declared": True, "ids_given": True}
    where = {"file": "c.csv", "remedy": "pass --datum {}", "beyond": 5000.0}
    matched, problems, _ = _matching.match_centres(facilities, streets, streets, **where)
    assert problems == []
    assert matched["neighbour"].tolist() == [False, True, True]
    assert matched["street"].tolist() == ["B", "", ""]
    facilities = facilities.set_geometry(facilities.translate(1)).set_crs("EPSG:4548")
    facilities.attrs = {"unit": "row", "datum": "wgs84", "datum_declared": True, "ids_given": True}
    _, problems, _ = _matching.match_centres(facilities, streets, streets, **where)
    assert len(problems) == 1
    assert (
        "row 3 ('Centre 3'): the centre lies outside the study area, more than 5 km" in problems[0]
    )


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("is_declared", [True, False])
def test_a_file_in_the_wrong_datum_does_not_pass_as_one_of_neighbours(
    hexi_copy, datum, is_named, is_declared
):
    add_centres(hexi_copy, EAST_306_M, SOUTH_308_M, WEST_4503_M)
    frame = centres(hexi_copy)
    frame = frame if is_named else frame.assign(street="")
    shifted(frame, datum).to_csv(hexi_copy / "centres.csv", index=False)
    if not is_declared:
        edit(hexi_copy / "area.toml", 'centres = "wgs84"\n', "")
    said = problems_of(hexi_copy)
    assert f'say centres = "{datum}" in' in said or f"pass --datum {datum}" in said
    edit(
        hexi_copy / "area.toml",
        "[datum]",
        f'[datum]\ncentres = "{datum}"' if not is_declared else "[datum]",
    )
    if is_declared:
        edit(hexi_copy / "area.toml", 'centres = "wgs84"', f'centres = "{datum}"')
    assert area.is_neighbour(area.read_area(hexi_copy).facilities).sum() == 3


def test_a_point_outside_the_street_it_names_in_the_datum_of_web_maps(hexi_copy):
    """One row copied from a web map among 45 sound ones: not a neighbour, a wrong coordinate."""
    frame = centres(hexi_copy)
    moved = shifted(frame, "gcj02").set_index("id")
    outline = area.read_area(hexi_copy).boundary.to_crs(4326).geometry.iloc[0]
    outside = [i for i, row in moved.iterrows() if not outline.buffer(0.001).contains(
        gpd.points_from_xy([row["lon"]], [row["lat"]])[0])]  # fmt: skip
    frame = frame.set_index("id").astype(object)
    frame.loc[outside[0], ["lon", "lat"]] = moved.loc[outside[0], ["lon", "lat"]]
    frame.to_csv(hexi_copy / "centres.csv")
    said = problems_of(hexi_copy)
    assert f"({frame.loc[outside[0], 'name']!r}): the centre lies outside the study area" in said
    assert "these points would be in the street they name if they were GCJ-02" in said


def test_check_tells_the_neighbours(hexi_copy):
    add_centres(hexi_copy, EAST_306_M)
    for path in (hexi_copy, hexi_copy / "centres.csv"):
        said = "\n".join(area.check_file(path, area=hexi_copy))
        assert "1 of the centres stands beyond its border, as a neighbour" in said
