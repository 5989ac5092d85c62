"""The grid's one rule: a cell belongs to the street that holds its centre, and people are kept."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import grid
from carecircles.errors import ValidationError
from tests.conftest import CRS


def test_a_square_street_has_the_cells_one_counts(block):
    demand = grid.make_demand(*block, cell=50)
    assert len(demand) == 100
    assert demand["x"].min() == 500_025
    assert demand["y"].max() == 4_300_475
    assert set(demand["people_60"]) == {1.0}
    assert demand.index.is_unique


@pytest.mark.parametrize("cell", [10, 25, 50, 100, 37.5])
def test_people_of_a_street_add_up(hexi, cell):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=cell)
    for group in ("people", "people_60", "people_65", "people_80"):
        sums = demand.groupby("street", observed=False)[group].sum()
        np.testing.assert_allclose(sums, hexi.population[group], rtol=1e-9)


def test_cells_are_those_whose_centre_geopandas_finds_in_the_street(hexi):
    """Oracle: geopandas' spatial join of all lattice points."""
    demand = grid.make_demand(hexi.streets, hexi.population, cell=50)
    left, bottom, right, top = hexi.streets.total_bounds
    x, y = np.meshgrid(
        np.arange(np.floor(left / 50), np.ceil(right / 50)) * 50 + 25,
        np.arange(np.floor(bottom / 50), np.ceil(top / 50)) * 50 + 25,
    )
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x.ravel(), y.ravel()), crs=hexi.crs)
    joined = points.sjoin(hexi.streets[["geometry"]], predicate="intersects")
    theirs = set(zip(joined.geometry.x, joined.geometry.y, joined["code"], strict=True))
    ours = set(zip(demand["x"], demand["y"], demand["street"], strict=True))
    assert ours == theirs


def test_a_cell_centre_on_a_shared_border_goes_to_the_first_street():
    """Two streets that meet in x = 25, where the centres of the first column of 50 m cells lie."""
    streets = gpd.GeoDataFrame(
        {"name": ["West", "East"]},
        geometry=[shapely.box(0, 0, 25, 50), shapely.box(25, 0, 100, 50)],
        index=pd.Index(["W", "E"], name="code"),
        crs=CRS,
    )
    population = pd.DataFrame({"people_60": [10, 20]}, index=streets.index)
    demand = grid.make_demand(streets, population, cell=50)
    assert demand["street"].tolist() == ["W", "E"]
    assert demand["people_60"].tolist() == [10, 20]


def test_holes_and_blocks_inside_large_streets_are_exact():
    """A street of 100 x 100 cells with a hole of 10 x 10 cells, larger than one lookup block."""
    hole = [(2000, 2000), (2000, 2500), (2500, 2500), (2500, 2000)]
    street = shapely.Polygon([(0, 0), (5000, 0), (5000, 5000), (0, 5000)], [hole])
    streets = gpd.GeoDataFrame({"name": ["S"]}, geometry=[street], index=["S"], crs=CRS)
    population = pd.DataFrame({"people_60": [99]}, index=["S"])
    assert len(grid.make_demand(streets, population, cell=50)) == 100 * 100 - 10 * 10


@settings(max_examples=60, deadline=None)
@given(
    corners=st.lists(
        st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=3, max_size=12, unique=True
    ),
    cell=st.sampled_from([0.7, 1.0, 1.5]),
)
def test_any_hull_holds_the_centres_shapely_finds(corners, cell):
    hull = shapely.MultiPoint(corners).convex_hull
    if hull.geom_type != "Polygon" or hull.area < 4:
        return
    streets = gpd.GeoDataFrame({"name": ["S"]}, geometry=[hull], index=["S"], crs=CRS)
    population = pd.DataFrame({"people_60": [0]}, index=["S"])
    x, y = np.meshgrid((np.arange(-2, 92) + 0.5) * cell, (np.arange(-2, 92) + 0.5) * cell)
    held = shapely.intersects_xy(hull, x.ravel(), y.ravel()).sum()
    if held == 0:  # a sliver between the centres
        with pytest.raises(ValidationError, match="too large"):
            grid.make_demand(streets, population, cell=cell)
        return
    assert len(grid.make_demand(streets, population, cell=cell)) == held


def test_a_street_too_small_for_its_people_is_named():
    streets = gpd.GeoDataFrame(
        {"name": ["Big", "Tiny"]},
        geometry=[shapely.box(0, 0, 500, 500), shapely.box(500, 0, 510, 10)],
        index=["B", "T"],
        crs=CRS,
    )
    population = pd.DataFrame({"people_60": [10, 5]}, index=["B", "T"])
    with pytest.raises(ValidationError, match=r"too large for 'Tiny'.*smaller cell"):
        grid.make_demand(streets, population, cell=50)


@pytest.mark.parametrize("cell", [0, -50, float("nan"), float("inf"), 0.01])
def test_impossible_cells_are_refused(hexi, cell):
    with pytest.raises(ValidationError, match="cell is"):
        grid.make_demand(hexi.streets, hexi.population, cell=cell)


def test_streets_in_degrees_are_told_to_be_projected(block):
    """Nobody is to read that a cell of 50 m is too large."""
    streets, population = block
    with pytest.raises(ValidationError, match=r"in EPSG:4326 \(degrees\); reproject them"):
        grid.make_demand(streets.to_crs(4326), population)
