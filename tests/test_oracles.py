"""
Siting, and people inside their streets, beside other programs on the same small instances.

Some of them are the extra `oracles`; where they are not installed these tests are skipped, but in CI,
where CARECIRCLES_REQUIRE_ORACLES is set, that fails.
"""

import dataclasses
import importlib
import importlib.util
import json
import os
import subprocess
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely

from carecircles import area, weights
from tests import siting_runs
from tests.conftest import ROOT


@pytest.fixture
def spopt():
    if importlib.util.find_spec("spopt") is None:
        if os.environ.get("CARECIRCLES_REQUIRE_ORACLES"):
            pytest.fail("CARECIRCLES_REQUIRE_ORACLES is set, but there is no spopt")
        pytest.skip("pip install 'carecircles[oracles]'")


def both(engine, model, seed):
    """225 places, three required centres, 25 candidates, two new ones."""
    demand, sites = siting_runs.instance(25, 3, seed, side=15)
    theirs = siting_runs.ENGINES[engine](model, demand, sites, 3, 2)
    ours = siting_runs.by_carecircles(model, demand, sites, 3, 2)
    assert ours["status"] == theirs["status"] == "optimal"
    return ours["objective"], theirs["objective"]


@pytest.mark.parametrize("model", ["coverage", "gradual", "distance", "backup", "facilities"])
@pytest.mark.parametrize("seed", range(2))
def test_the_same_as_the_textbook(model, seed):
    ours, theirs = both("textbook", model, seed)
    assert ours == pytest.approx(theirs)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PuLP's, which spopt builds on
@pytest.mark.usefixtures("spopt")
@pytest.mark.parametrize("model", ["coverage", "distance", "facilities"])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_spopt(model, seed):
    ours, theirs = both("spopt", model, seed)
    assert ours == pytest.approx(theirs)


@pytest.mark.usefixtures("spopt")
@pytest.mark.parametrize("model", ["coverage", "facilities"])
def test_the_benchmark_beside_spopt_runs(model):
    """As tests/test_benchmarks.py runs it, on 900 places and 60 candidates."""
    found = {}
    for engine in ("carecircles", "spopt"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.siting_runs", engine, model, "60", "5", "3", "0", "30"],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=100,
        )  # fmt: skip
        found[engine] = json.loads(done.stdout)
    assert found["carecircles"]["objective"] == pytest.approx(found["spopt"]["objective"])
    assert found["carecircles"]["peak_mb"] > 0


def needed(module):
    """A library of the extra `oracles`; without it the test is skipped, and fails in CI."""
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        if os.environ.get("CARECIRCLES_REQUIRE_ORACLES"):
            pytest.fail(f"CARECIRCLES_REQUIRE_ORACLES is set, but there is no {module}")
        pytest.skip("pip install 'carecircles[oracles]'")
    return importlib.import_module(module)


def test_people_of_a_raster_by_street_as_exactextract_counts_them(tmp_path, hexi):
    """Pixels of 100 m in the area's CRS; on cells of 10 m the sums by street differ by the rim alone."""
    rasterio = needed("rasterio")
    exactextract = needed("exactextract")
    left, bottom, right, top = hexi.streets.total_bounds
    west, north = left - 230, top + 170
    rows, cols = int((north - bottom) / 100) + 3, int((right - west) / 100) + 3
    values = np.random.default_rng(4).gamma(2, 30, (rows, cols)).astype("float32")
    with rasterio.open(
        tmp_path / "people.tif", "w", driver="GTiff", width=cols, height=rows, count=1,
        dtype="float32", crs=hexi.crs.to_wkt(), nodata=-99999,
        transform=rasterio.Affine(100, 0, west, 0, -100, north),
    ) as file:  # fmt: skip
        file.write(values, 1)
    band = area.Band(tmp_path / "people.tif", 1, "people_70")
    study = dataclasses.replace(hexi, sources=area.Sources(people_raster=(band,)))
    demand = weights.make_demand(study, cell=10)
    ours = demand.groupby("street", observed=False)["people_70"].sum()
    streets = hexi.streets.rename_axis("code").reset_index()[["code", "geometry"]]
    theirs = exactextract.exact_extract(
        str(tmp_path / "people.tif"), streets, "sum", include_cols="code", output="pandas"
    )
    np.testing.assert_allclose(ours, theirs.set_index("code")["sum"].loc[ours.index], rtol=2e-3)


@pytest.mark.filterwarnings("ignore")  # tobler's and its libraries'
def test_people_of_squares_as_tobler_shares_them_by_area(hexi):
    """Squares of 200 m cut at the border, to halves of the area: tobler by area, ours by cells of 10 m."""
    interpolation = needed("tobler.area_weighted").area_interpolate
    left, bottom, right, top = hexi.streets.total_bounds
    x, y = np.meshgrid(np.arange(left, right, 200), np.arange(bottom, top, 200))
    boxes = shapely.box(x, y, x + 200, y + 200).ravel()
    whole = hexi.streets.union_all()
    cut = shapely.intersection(boxes[shapely.intersects(boxes, whole)], whole)
    squares = gpd.GeoDataFrame(geometry=cut, crs=hexi.crs)
    squares = squares[squares.area > 10_000].assign(
        people_60=lambda s: np.random.default_rng(1).integers(1, 400, len(s)).astype(float)
    )
    study = dataclasses.replace(hexi, sources=area.Sources(people_grid=squares))
    demand = weights.make_demand(study, cell=10, totals="grid")
    middle = (left + right) / 2 + 37
    halves = gpd.GeoDataFrame(
        geometry=[shapely.box(left, bottom, middle, top), shapely.box(middle, bottom, right, top)],
        crs=hexi.crs,
    )
    theirs = interpolation(squares, halves, extensive_variables=["people_60"])["people_60"]
    is_west = demand["x"] < middle
    ours = [demand["people_60"][is_west].sum(), demand["people_60"][~is_west].sum()]
    assert sum(ours) == pytest.approx(squares["people_60"].sum(), rel=1e-9)
    assert ours == pytest.approx(theirs.tolist(), rel=2e-3)
