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
from tests.examples import examples


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


@settings(max_examples=examples(60), deadline=None)
@given(
    corners=st.lists(
        st.lists(
            st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=12, unique=True
        ),
        min_size=1,
        max_size=3,
    ),
    hole=st.tuples(*[st.integers(0, 40)] * 4),
    cell=st.sampled_from([0.7, 1.0, 1.5]),
)
def test_streets_hold_the_centres_shapely_finds(corners, hole, cell):
    """Hulls with a hole, beside and over one another; corners and lines often lie on centres, or a hair off."""
    shapes = shapely.convex_hull([shapely.multipoints(some) for some in corners])
    shapes = shapes[shapely.get_type_id(shapes) == 3]
    shapes = shapely.difference(shapes, shapely.box(*hole))
    shapes = shapely.transform(shapes[shapely.area(shapes) > 0], lambda at: at * cell / 2)
    if not len(shapes):
        return
    codes = pd.Index([f"S{n}" for n in range(len(shapes))], name="code")
    streets = gpd.GeoDataFrame({"name": codes}, geometry=shapes, index=codes, crs=CRS)
    x, y = np.meshgrid((np.arange(-1, 42) + 0.5) * cell, (np.arange(-1, 42) + 0.5) * cell)
    is_in = np.array([shapely.intersects_xy(shape, x, y) for shape in shapes])
    first = is_in.argmax(axis=0)[is_in.any(axis=0)]
    lattice = grid.lattice_around(streets, cell=cell)
    count = grid.count_of_street(streets, within=lattice)
    assert count.tolist() == np.bincount(first, minlength=len(shapes)).tolist()
    population = pd.DataFrame({"people_60": 0}, index=codes)
    if not len(first):  # slivers between the centres
        with pytest.raises(ValidationError, match="too large"):
            grid.make_demand(streets, population, cell=cell)
        return
    assert (
        grid.make_demand(streets, population, cell=cell)["street"].tolist() == codes[first].tolist()
    )


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


@settings(max_examples=examples(100), deadline=None)
@given(
    size=st.tuples(st.integers(1, 25), st.integers(1, 25)),
    share=st.sampled_from([0.3, 0.5, 0.7, 0.9, 1.0]),
    parts=st.integers(1, 3),
    seed=st.integers(0, 10_000),
)
def test_outlines_of_any_pattern_are_the_union_of_its_squares(size, share, parts, seed):
    """Oracle: shapely's union of the cells; with holes, and patches that meet at a corner alone."""
    rng = np.random.default_rng(seed)
    row, col = np.nonzero(rng.random(size) < share)
    x, y = 500_000 + 50.0 * col, 4_300_000 + 50.0 * row
    cells = pd.DataFrame({"row": row + 3, "col": col + 7, "x": x, "y": y, "area_m2": 2500.0})
    order, part = rng.permutation(len(row)), rng.integers(0, parts, len(row))
    found = grid.outlines(cells.iloc[order], part[order], parts + 1)
    squares = shapely.box(x - 25, y - 25, x + 25, y + 25)
    for number, shape in enumerate(found):
        union = shapely.simplify(shapely.union_all(squares[part == number]), 0)
        assert shape.is_valid
        assert shape.equals(union)
        if union.is_empty:
            continue
        assert shapely.get_num_geometries(shape) == shapely.get_num_geometries(union)
        # No point along a side; shells and holes turn as RFC 7946 has them.
        for one in shapely.get_parts(shape):
            assert one.exterior.is_ccw
            assert not any(hole.is_ccw for hole in one.interiors)
            for ring in (one.exterior, *one.interiors):
                turns = np.diff(shapely.get_coordinates(ring), axis=0) != 0
                assert (turns.sum(axis=1) == 1).all()
                assert (turns[1:] != turns[:-1]).all()
