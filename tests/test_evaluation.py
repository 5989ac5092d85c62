"""Coverage figures on a block to check on paper, against shapely, and as invariants."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carecircles import area, evaluation, grid, plan, reach, weights
from tests.conftest import CRS, centres_at, evaluated
from tests.examples import examples


def exact_share(area, cutoff):
    """Share of the district within true circles: polygons of 8,000 sides scaled to a circle's area."""
    sides = 4 * 2000
    scale = math.sqrt(2 * math.pi / (sides * math.sin(2 * math.pi / sides)))
    circles = area.facilities.buffer(cutoff * scale, sides // 4)
    district = area.streets.union_all()
    return circles.union_all().intersection(district).area / district.area


@pytest.mark.parametrize(("cell", "points"), [(50, 0.15), (25, 0.06), (10, 0.02)])
@pytest.mark.parametrize("cutoff", [700, 500])
def test_area_share_converges_to_the_exact_union(hexi, cell, points, cutoff):
    cells = evaluated(hexi.streets, hexi.population, hexi.facilities, cell=cell, cutoff=cutoff)
    error = evaluation.of_district(cells)["covered_area_share"] - exact_share(hexi, cutoff)
    assert abs(100 * error) < points
    assert abs(error) < evaluation.area_share_error(cells)


def test_stated_error_shrinks_with_the_cell(hexi):
    errors = [
        evaluation.area_share_error(
            evaluated(hexi.streets, hexi.population, hexi.facilities, cell=c)
        )
        for c in (100, 50, 25)
    ]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_figures_of_a_block_are_those_on_paper(block):
    """
    A centre in the middle of the south-west cell, cutoff 100 m: within it are the cells at steps
    (0,0) (1,0) (2,0) (0,1) (1,1) (0,2): 6 of 100. A second centre at (2,0) covers (0..4, 0) less
    the west, (1..3, 1) and (2, 2), so that (0,0) (1,0) (2,0) (1,1) have a backup.
    """
    first, second = (500_025, 4_300_025), (500_125, 4_300_025)
    one = evaluation.of_district(evaluated(*block, centres_at(first), cutoff=100))
    assert one["covered_area_share"] == 6 / 100
    assert one["uncovered_people_60"] == pytest.approx(94)
    assert one["backup_people_60_share"] == 0
    two = evaluated(*block, centres_at(first, second), cutoff=100)
    assert two["depth"].sum() == 6 + 9
    district = evaluation.of_district(two)
    assert district["backup_area_share"] == pytest.approx(4 / 100)
    assert district["covered_people_60_share"] == pytest.approx(11 / 100)


def test_distances_are_weighted_by_people():
    """Ten cells in a row 100 m apart; nine people in the first, one in the last."""
    demand = row_of_cells([9, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    centre = centres_at((50, 50))
    cost = reach.straight_line(demand, centre, cutoff=700)
    cells = evaluation.evaluate(demand, cost, reach.nearest(demand, centre), cutoff=700)
    district = evaluation.of_district(cells)
    assert district["mean_distance_m"] == pytest.approx(90)
    assert district["p90_distance_m"] == 0
    assert district["covered_people_60_share"] == pytest.approx(0.9)
    assert district["covered_area_share"] == pytest.approx(0.8)


@settings(max_examples=examples(80), deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.integers(-50, 3000), st.floats(0, 1e6), st.just(math.nan)),
            st.integers(0, 9),
            st.integers(0, 2),
        ),
        max_size=60,
    ),
    share=st.sampled_from([0.25, 0.5, 0.75, 1.0]),
)
@example(rows=[(0, 0, 0), (2.2e-309, 0, 0)], share=0.25)  # their difference has no inverse
def test_a_quantile_is_where_so_many_people_are_counted_one_by_one(rows, share):
    """In whole people, without a sum that could be rounded."""
    expected = []
    for number in range(3):
        own = [(value, people) for value, people, group in rows if group == number]
        own.sort(key=lambda row: (math.isnan(row[0]), row[0]))
        everyone = [value for value, people in own for _ in range(people)]
        expected.append(everyone[math.ceil(share * len(everyone)) - 1] if everyone else math.nan)
    values, weights, group = np.array(rows, dtype=float).reshape(-1, 3).T
    found = evaluation.weighted_quantile(values, weights, group.astype(np.int8), 3, share=share)
    np.testing.assert_array_equal(found, expected)


def test_exactly_at_the_cutoff_is_covered():
    demand = row_of_cells([1] * 10)
    cost = reach.straight_line(demand, centres_at((50, 50)), cutoff=900)
    assert evaluation.is_covered(demand, cost, cutoff=700).tolist() == [True] * 8 + [False] * 2


def test_results_are_on_the_index_of_demand():
    demand = row_of_cells([1] * 4).sample(frac=1, random_state=1)
    cost = reach.straight_line(demand, centres_at((50, 50)), cutoff=150)
    covered = evaluation.is_covered(demand, cost, cutoff=150)
    expected = pd.Series(demand["col"].to_numpy() < 2, index=demand.index, name="covered")
    pd.testing.assert_series_equal(covered, expected)


def test_depth_past_255_and_32767_centres():
    """Trap 17: small integers overflow."""
    demand = row_of_cells([1])
    centres = centres_at(*[(50, 50)] * 33_000)
    cost = reach.straight_line(demand, centres, cutoff=10)
    assert evaluation.depth(demand, cost, cutoff=10).tolist() == [33_000]


def test_no_centre_covers_nobody(block):
    cells = evaluated(*block, centres_at((0, 0)).iloc[:0])
    district = evaluation.of_district(cells)
    assert district["covered_people_60_share"] == 0
    assert district["uncovered_people_60"] == pytest.approx(100)
    assert math.isnan(district["mean_distance_m"])
    assert math.isnan(district["p90_distance_m"])


def test_a_street_without_people_has_no_share_of_people(block):
    streets, population = block
    cells = evaluated(streets, population * 0, centres_at((500_025, 4_300_025)))
    row = evaluation.by_street(cells).loc["B"]
    assert math.isnan(row["covered_people_60_share"])
    assert row["covered_area_share"] == 1


def test_streets_add_up_to_the_district(hexi_cells):
    streets, district = evaluation.by_street(hexi_cells), evaluation.of_district(hexi_cells)
    for column in (
        "cells_km2",
        "people",
        "people_60",
        "uncovered_people_60",
        "uncovered_people_80",
    ):
        assert streets[column].sum() == pytest.approx(district[column], rel=1e-9)


def test_share_is_of_people_and_not_of_cells(hexi_cells):
    """Trap 6: a share of cells is a share of area; people live more densely where centres are."""
    district = evaluation.of_district(hexi_cells)
    by_hand = (
        hexi_cells.loc[hexi_cells["covered"], "people_60"].sum() / hexi_cells["people_60"].sum()
    )
    assert district["covered_people_60_share"] == pytest.approx(by_hand)
    assert district["covered_people_60_share"] - district["covered_area_share"] > 0.03


def test_by_street_agrees_with_geopandas(hexi, hexi_cells):
    """Oracle: buffers and a spatial join of the cell centres, on cells no circle's rim touches."""
    points = gpd.GeoDataFrame(
        hexi_cells[["street", "people_60"]],
        geometry=gpd.points_from_xy(hexi_cells["x"], hexi_cells["y"]),
        crs=CRS,
    )
    union = shapely.union_all(hexi.facilities.buffer(700, 500))
    shapely.prepare(union)
    inside = shapely.intersects(union, points.geometry.to_numpy())
    assert (inside == hexi_cells["covered"].to_numpy()).mean() > 0.9995
    theirs = points["people_60"].where(inside, 0).groupby(points["street"], observed=False).sum()
    ours = evaluation.by_street(hexi_cells)
    np.testing.assert_allclose(
        ours["covered_people_60_share"] * ours["people_60"], theirs, atol=20, rtol=0.001
    )


@settings(max_examples=examples(25), deadline=None)
@given(cutoff=st.floats(100, 1500), longer=st.floats(0, 500), left_out=st.integers(0, 44))
def test_more_centres_or_a_longer_reach_never_lower_coverage(hexi, cutoff, longer, left_out):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=200)
    cost = reach.straight_line(demand, hexi.facilities, cutoff=cutoff + longer)
    near = evaluation.is_covered(demand, cost, cutoff=cutoff)
    far = evaluation.is_covered(demand, cost, cutoff=cutoff + longer)
    assert not (near & ~far).any()
    fewer = reach.straight_line(
        demand, hexi.facilities.drop(hexi.facilities.index[left_out]), cutoff=cutoff + longer
    )
    with_fewer = evaluation.is_covered(demand, fewer, cutoff=cutoff)
    assert not (with_fewer & ~near).any()


def row_of_cells(people):
    """Cells of 100 m in one row, so many people in each."""
    n = len(people)
    demand = pd.DataFrame(
        {
            "row": 0,
            "col": range(n),
            "x": 50.0 + 100 * np.arange(n),
            "y": 50.0,
            "area_m2": 10_000.0,
            "street": pd.Categorical(["R"] * n),
            "people_60": np.array(people, dtype=float),
        },
        index=pd.Index(range(n), name="cell"),
    )
    demand.attrs["crs"] = CRS
    return demand


def test_a_cost_table_that_ends_before_the_cutoff_is_refused(hexi):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=200)
    cost = reach.straight_line(demand, hexi.facilities, cutoff=500)
    with pytest.raises(ValueError, match="ends at 500, below the cutoff of 700"):
        evaluation.is_covered(demand, cost, cutoff=700)


@pytest.mark.parametrize("seed", range(12))
def test_borders_along_the_grid_are_off_by_no_more_than_is_said(seed):
    """Four quarters of a rectangle whose corners lie anywhere in a cell: every row of a border is off alike."""
    rng = np.random.default_rng(seed)
    (left, bottom), (wide, high) = rng.uniform(0, 10, 2), rng.uniform(500, 1100, 2)
    x = 500_000 + left + wide * np.array([0, rng.uniform(0.3, 0.7), 1])
    y = 4_300_000 + bottom + high * np.array([0, rng.uniform(0.3, 0.7), 1])
    shapes = np.array([shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for i in (0, 1) for j in (0, 1)])
    codes, people_60 = list("ABCD"), rng.uniform(500, 4000, 4)
    at = shapely.points(rng.uniform([x[0], y[0]], [x[2], y[2]], (2, 2)))
    study = area.study(
        streets=gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=shapes, crs=32650),
        population=pd.DataFrame({"code": codes, "people_60": people_60}),
        centres=gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=at, crs=32650),
        standard=area.Standard(300, 5),
    )
    cells = plan.evaluate(study, weights.make_demand(study, cell=10)).cells
    circles = shapely.union_all(shapely.buffer(at, 300, quad_segs=200))
    inside, sizes = shapely.area(shapely.intersection(shapes, circles)), shapely.area(shapes)
    ours = evaluation.of_district(cells)
    exact = (inside / sizes * people_60).sum() / people_60.sum()
    said = evaluation.people_share_error(cells, "people_60")
    assert ours["covered_people_60_share"] == pytest.approx(exact, abs=said)
    of_area = evaluation.area_share_error(cells)
    assert ours["covered_area_share"] == pytest.approx(inside.sum() / sizes.sum(), abs=of_area)
    assert max(said, of_area) < 0.03
