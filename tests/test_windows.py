"""Files of a whole nation as FlatGeobuf and GeoParquet: what lies around the area is read alone, and says the same."""

import json
import shutil
import warnings

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from carecircles import datasets, io
from carecircles.errors import ValidationError
from carecircles.io import _windows
from tests.test_cli import refused, run

KINDS = ["fgb", "parquet"]


def save(frame, path):
    if path.suffix == ".fgb":
        pyogrio.write_dataframe(frame, path, driver="FlatGeobuf")
    else:
        frame.to_parquet(path, write_covering_bbox=True, schema_version="1.1.0")


@pytest.fixture
def nation():
    """The template's three centres among 200 of elsewhere, 1 km apart along a meridian far away."""
    own = pd.read_csv(datasets.folder("template") / "centres.csv").drop(
        columns=["opened", "closed"]
    )
    own = gpd.GeoDataFrame(own, geometry=gpd.points_from_xy(own["lon"], own["lat"]), crs=4326)
    places = [shapely.Point(100, 25 + n / 100) for n in range(200)]
    others = gpd.GeoDataFrame(
        {"id": [f"X{n}" for n in range(200)], "name": "far"}, geometry=places, crs=4326
    )
    return pd.concat(
        [others[:120], own.drop(columns=["lon", "lat"]), others[120:]], ignore_index=True
    )


@pytest.mark.parametrize("kind", KINDS)
def test_centres_of_a_nation_say_what_the_own_ones_say(nation, tmp_path, monkeypatch, kind):
    monkeypatch.setattr(_windows, "MANY", 100)
    folder = tmp_path / "mine"
    shutil.copytree(datasets.folder("template"), folder)
    asked = ["evaluate", "--area", "mine", "--cell", "100", "--format", "json"]
    before = json.loads(run(*asked, cwd=tmp_path).stdout)
    save(nation, folder / f"nation.{kind}")
    save(gpd.read_file(folder / "streets.geojson").to_crs(4548), folder / f"outlines.{kind}")
    (folder / "streets.geojson").unlink()
    told = (folder / "area.toml").read_text(encoding="utf-8")
    files = f'[files]\ncentres = "nation.{kind}"\nstreets = "outlines.{kind}"\n'
    assert "\n[files]\n" in told
    told = told.replace("[files]\n", files)
    (folder / "area.toml").write_text(told, encoding="utf-8")
    done = run(*asked, cwd=tmp_path)
    assert not done.stderr, done.stderr
    after = json.loads(done.stdout)
    assert after["district"] == pytest.approx(before["district"], rel=1e-3)
    assert after["centres"] == 3
    said = f"nation.{kind}: 3 of its 203 centres lie in the area or up to 5 km outside it; the others are left out."
    assert said in after["notes"]
    assert (
        "203 个中心中有 3 个"
        in run("evaluate", "--area", "mine", "--lang", "zh", cwd=tmp_path).stdout
    )
    # few rows are a list of the area's own, of which one that lies far off is a fault
    monkeypatch.setattr(_windows, "MANY", 10_000)
    assert f"nation.{kind}" in refused(*asked, cwd=tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_numbered_as_in_the_file(nation, tmp_path, monkeypatch, kind):
    """Held against the whole file, whose order a FlatGeobuf makes itself; what lies beside the rectangle is not read."""
    monkeypatch.setattr(_windows, "MANY", 100)
    save(nation, tmp_path / f"nation.{kind}")
    streets = datasets.load("template").streets
    whole = io.read_centres(tmp_path / f"nation.{kind}", crs=streets.crs) if kind == "fgb" else None
    near = io.read_centres(tmp_path / f"nation.{kind}", crs=streets.crs, around=streets)
    assert sorted(near.index) == ["A1", "A2", "A3"] and near.attrs["of"] == 203
    expected = (
        {"A1": 121, "A2": 122, "A3": 123} if whole is None else whole["row"][near.index].to_dict()
    )
    assert near["row"].to_dict() == expected
    with pytest.raises(ValidationError, match="none of its 203 rows lies in the study area"):
        io.read_centres(
            tmp_path / f"nation.{kind}",
            crs=streets.crs,
            around=streets.translate(9e5).to_frame("geometry"),
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_no_such_file_is_told(tmp_path, kind):
    shutil.copytree(datasets.folder("template"), tmp_path / "mine")
    path = tmp_path / f"mine/streets.{kind}"
    (tmp_path / "mine/streets.geojson").unlink()
    asked = ["evaluate", "--area", "mine"]
    streets = gpd.read_file(datasets.folder("template") / "streets.geojson")
    save(streets, path)
    content = path.read_bytes()
    for faulty, told in [
        (b"no such thing", "it looks like plain text"),
        (content[: len(content) // 2], "it cannot be read as"),
    ]:
        path.write_bytes(faulty)
        assert f"streets.{kind}" in (said := refused(*asked, cwd=tmp_path)) and told in said
    path.unlink()
    warnings.simplefilter("ignore")  # of the program that writes such a file
    save(streets.set_crs(None, allow_override=True), path)
    assert "does not say in which CRS" in refused(*asked, cwd=tmp_path)


def test_what_is_written_as_parquet_has_bounding_boxes(tmp_path):
    """Another reader of the boxes finds the streets that shapely finds."""
    run("evaluate", "--area", "template", "--cell", "200", "--out", "s.parquet", cwd=tmp_path)
    whole = gpd.read_parquet(tmp_path / "s.parquet")
    box = whole.geometry.iloc[0].representative_point().buffer(10).bounds
    some = gpd.read_parquet(tmp_path / "s.parquet", bbox=box)
    at = whole.envelope.intersects(shapely.box(*box))
    assert some.index.tolist() == whole.index[at].tolist()
    assert 0 < len(some) < len(whole) and "bbox" not in whole
