"""Larger units that streets make up: each adds up to the next, and says the same by blocks."""

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from carecircles import datasets, grid, levels
from carecircles.errors import ValidationError
from tests.test_cli import refused, run

EVERY = "province,city,district,street"


@pytest.fixture
def two_cities(tmp_path):
    """The template's streets in two cities, each of which has a district of the same name; one city is no district."""
    folder = tmp_path / "mine"
    shutil.copytree(datasets.folder("template"), folder)
    path = folder / "streets.geojson"
    told = json.loads(path.read_text(encoding="utf-8"))
    places = {
        "S1": ("甲市", "新华区"),
        "S2": ("甲市", "桥西区"),
        "S3": ("乙市", "新华区"),
        "S4": ("乙市", "新华区"),
    }
    for feature in told["features"]:
        of = feature["properties"]
        of["省"], (of["所属市"], of["区县"]) = "某省", places[of["code"]]
    path.write_text(json.dumps(told), encoding="utf-8")
    return folder


def test_each_level_adds_up_to_the_next(two_cities, tmp_path, monkeypatch):
    asked = ["evaluate", "--area", str(two_cities), "--cell", "60", "--levels", EVERY]
    whole = run(*asked, "--format", "json", cwd=tmp_path).stdout
    record = json.loads(whole)
    rows = pd.DataFrame(record["levels"])
    people = rows.set_index(["level", "code"])["people_60"]
    assert people["district"].to_dict() == {
        "某省/甲市/新华区": 8400,
        "某省/甲市/桥西区": 7000,
        "某省/乙市/新华区": 5600 + 3000,
    }
    assert people["city"].to_dict() == {"某省/甲市": 15400, "某省/乙市": 8600}
    added = [c for c in rows if c.startswith(("people", "uncovered_")) or c == "area_km2"]
    for upper, lower in zip(EVERY.split(",")[:-1], EVERY.split(",")[1:], strict=True):
        above = rows[rows["level"] == upper].set_index("code")[added]
        sums = rows[rows["level"] == lower].groupby("within")[added].sum().loc[above.index]
        pd.testing.assert_frame_equal(sums, above, check_names=False, rtol=0, atol=2e-3)
    province = rows.iloc[0]
    assert province["centres"] == 3
    assert all(province[c] == value for c, value in record["district"].items() if c in rows)
    monkeypatch.setattr(grid.pieces, "SIDE", 20)
    one = run(*asked, "--format", "json", "--out", "one.parquet", cwd=tmp_path).stdout
    blocks = [*asked, "--rasters", "r", "--format", "json", "--out", "blocks.parquet"]
    assert run(*blocks, cwd=tmp_path).stdout == one
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "blocks.parquet").read_bytes()
    written = gpd.read_parquet(tmp_path / "one.parquet")
    streets = datasets.load("template").streets
    assert written.geometry.iloc[0].symmetric_difference(streets.union_all()).area < 1e-3
    said = run(*asked, "--lang", "zh", cwd=tmp_path).stdout
    assert "区县" in said and "某省" in said


def test_codes_of_national_form_say_their_levels():
    """Two cities whose names part the streets as the codes do keep the codes; a city that does not is told by names."""
    codes = pd.Index(["130102001000", "130102002000", "130202001000"], name="code")
    shapes = [shapely.box(n, 0, n + 1, 1) for n in range(3)]
    streets = gpd.GeoDataFrame({"name": ["A", "B", "C"]}, geometry=shapes, index=codes)
    by_code = {one.key: one.unit.tolist() for one in levels.of_streets(streets)}
    assert by_code["province"] == ["13"] * 3 and by_code["city"] == ["1301", "1301", "1302"]
    assert by_code["district"] == ["130102", "130102", "130202"]
    named = levels.of_streets(streets.assign(city=["石", "石", "唐"]), ["city", "street"])
    assert named[0].names.to_dict() == {"1301": "石", "1302": "唐"}
    parted = levels.of_streets(streets.assign(city=["石", "雄", "唐"]), ["province", "city"])
    assert parted[1].names.to_dict() == {"13/石": "石", "13/雄": "雄", "13/唐": "唐"}
    with pytest.raises(ValidationError, match="the streets '130102002000' leave city empty"):
        levels.of_streets(streets.assign(city=["石", "", "唐"]), ["city"])


def test_what_goes_with_no_level_is_said(tmp_path):
    said = refused(
        "evaluate", "--levels", "town", "--by", "group", "--services", "--lang", "zh", cwd=tmp_path
    )
    assert all(word in said for word in ("'town' 不是层级", "--by 不能与", "--services 不能与"))
    said = refused("evaluate", "--levels", "city", "--area", "template", cwd=tmp_path)
    assert "the streets have no column city" in said and "('S1')" not in said and "'S1'" in said
