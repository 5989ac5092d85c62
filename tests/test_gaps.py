"""Uncovered zones: nothing is lost, the ranking is by older people, the outlines are the cells."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from carecircles import evaluation, gaps
from tests.conftest import centres_at, evaluated
from tests.examples import examples
from tests.test_evaluation import row_of_cells


def cells_of(covered_rows):
    """Cells of 100 m from rows of 0 (uncovered) and 1 (covered), south row first; 1 person each."""
    covered = np.array(covered_rows, dtype=bool)
    row, col = np.indices(covered.shape).reshape(2, -1)
    cells = pd.DataFrame(
        {
            "row": row, "col": col, "x": 50.0 + 100 * col, "y": 50.0 + 100 * row, "area_m2": 1e4,
            "street": pd.Categorical(np.where(col < 2, "W", "E")), "people_60": 1.0,
            "covered": covered.ravel(), "depth": covered.ravel().astype(int),
            "nearest": pd.Categorical(["F1"] * covered.size), "distance_m": 800.0 + 10 * col,
        },
        index=pd.RangeIndex(covered.size, name="cell"),
    )  # fmt: skip
    cells.attrs["crs"] = "EPSG:4548"
    return cells


def test_zones_join_by_sides_and_not_by_corners():
    zones = gaps.uncovered_zones(cells_of([[0, 0, 1], [1, 1, 0]]), cutoff=700)
    assert zones["people_60"].tolist() == [2, 1]
    assert zones.index.tolist() == ["1", "2"]
    assert zones.geometry.area.tolist() == [20_000, 10_000]


@settings(max_examples=examples(60), deadline=None)
@given(
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    share=st.sampled_from([0.0, 0.3, 0.5, 0.6, 0.7, 0.9, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_zones_of_any_pattern_are_numbered_as_scipy_does(size, share, seed):
    """Around 0.6 of the cells zones wind most."""
    rng = np.random.default_rng(seed)
    is_gap = rng.random(size) < share
    row, col = np.nonzero(is_gap)
    order = rng.permutation(len(row))
    numbers = gaps.number_zones(pd.DataFrame({"row": row[order], "col": col[order]}))
    assert numbers.tolist() == ndimage.label(is_gap)[0][row[order], col[order]].tolist()


def test_a_zone_that_winds_is_one():
    """A spiral, walked inwards from a corner."""
    spiral = [[1, 1, 1, 1, 1], [0, 0, 0, 0, 1], [1, 1, 1, 0, 1], [1, 0, 0, 0, 1], [1, 1, 1, 1, 1]]
    row, col = np.nonzero(spiral)
    assert set(gaps.number_zones(pd.DataFrame({"row": row, "col": col}))) == {1}


def test_small_zones_go_to_other_and_are_not_lost():
    zones = gaps.uncovered_zones(
        cells_of([[0, 1, 0, 0], [1, 1, 0, 0]]), cutoff=700, smallest_m2=20_000
    )
    assert zones.index.tolist() == ["1", "other"]
    assert zones["people_60"].tolist() == [4, 1]
    assert zones["parts"].tolist() == [1, 1]
    assert zones.loc["other", "streets"] == ("W",)


def test_a_zone_says_how_far_it_is():
    zone = gaps.uncovered_zones(cells_of([[1, 0, 0]]), cutoff=700).loc["1"]
    assert zone["nearest"] == "F1"
    assert zone["distance_m"] == pytest.approx((810 + 820) / 2)
    assert zone["farthest_m"] == 820
    assert zone["too_far_m"] == pytest.approx(115)
    assert zone["streets"] == ("E", "W")


def test_a_zone_is_told_by_street():
    """Columns 0 and 1 are street W, the others E; a person of 60+ and a hectare a cell."""
    parts = gaps.by_street(cells_of([[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0]]))
    assert parts["people_60"].to_dict() == {
        ("1", "E"): 3,
        ("1", "W"): 2,
        ("2", "W"): 1,
        ("3", "E"): 1,
    }
    assert parts["area_km2"].tolist() == pytest.approx([0.03, 0.02, 0.01, 0.01])
    assert gaps.by_street(cells_of([[1, 1]])).empty


def test_zones_cut_at_the_borders_of_streets():
    """One zone around a corner: two cells of W that touch only through E are two zones."""
    cells = cells_of([[0, 1, 0], [0, 0, 0], [1, 1, 1], [1, 0, 1]])
    cells["street"] = pd.Categorical(list("WWWEEE") + list("WWW") + list("EEE"))
    whole = gaps.uncovered_zones(cells, cutoff=700)
    assert whole["people_60"].tolist() == [5, 1]
    cut = gaps.uncovered_zones(cells, cutoff=700, split="street")
    assert cut["streets"].tolist() == [("E",), ("E",), ("W",), ("W",)]
    assert cut["people_60"].tolist() == [3, 1, 1, 1]
    assert cut.loc["1"].geometry.bounds == (0, 100, 300, 200)
    small = gaps.uncovered_zones(cells, cutoff=700, split="street", smallest_m2=20_000)
    assert small.index.tolist() == ["1", "other"]
    assert small.loc["other", "parts"] == 3


@pytest.mark.parametrize("split", [None, "street"])
def test_the_streets_of_a_zone_add_up_to_it(hexi_cells, split):
    zones = gaps.uncovered_zones(hexi_cells, cutoff=700, split=split)
    parts = gaps.by_street(hexi_cells, split=split)
    measures = ["area_km2", "people", "people_60", "people_80"]
    sums = parts[measures].groupby(level="zone").sum().loc[zones.index]
    np.testing.assert_allclose(sums, zones[measures], rtol=1e-9)
    streets = [tuple(parts.loc[zone].index) for zone in zones.index]
    assert streets == zones["streets"].tolist()
    of_street = parts["people_60"].groupby(level="street").sum()
    by_street = evaluation.by_street(hexi_cells)["uncovered_people_60"]
    np.testing.assert_allclose(of_street, by_street[of_street.index], rtol=1e-9)
    if split:
        assert zones.drop(gaps.OTHER)["streets"].map(len).eq(1).all()


def test_a_hole_in_a_zone_stays_a_hole():
    ring = gaps.uncovered_zones(cells_of([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), cutoff=700)
    assert len(ring.geometry.iloc[0].interiors) == 1
    assert ring.geometry.iloc[0].area == 80_000


def test_all_covered_has_no_zones():
    zones = gaps.uncovered_zones(cells_of([[1, 1]]), cutoff=700)
    assert zones.empty
    assert zones.crs == "EPSG:4548"


def test_without_centres_all_is_one_zone(block):
    zones = gaps.uncovered_zones(evaluated(*block, centres_at((0, 0)).iloc[:0]), cutoff=700)
    assert zones["people_60"].tolist() == [pytest.approx(100)]
    assert zones["nearest"].tolist() == [""]
    assert zones["distance_m"].isna().all()


def test_nobody_lives_there_but_it_is_still_a_zone():
    cells = row_of_cells([0, 0]).assign(
        covered=False, depth=0, nearest=pd.Categorical(["F1", "F1"]), distance_m=[800.0, 900.0]
    )
    cells.attrs["crs"] = "EPSG:4548"
    zone = gaps.uncovered_zones(cells, cutoff=700).loc["1"]
    assert zone["people_60"] == 0
    assert zone["distance_m"] == 850


@pytest.mark.parametrize("smallest", [0, 10_000, 1e9])
def test_sums_are_those_of_the_evaluation(hexi_cells, smallest):
    zones = gaps.uncovered_zones(hexi_cells, cutoff=700, smallest_m2=smallest)
    district = evaluation.of_district(hexi_cells)
    for group in ("people", "people_60", "people_65", "people_80"):
        assert zones[group].sum() == pytest.approx(district[f"uncovered_{group}"], rel=1e-9)
    uncovered_km2 = district["cells_km2"] * (1 - district["covered_area_share"])
    assert zones["area_km2"].sum() == pytest.approx(uncovered_km2, rel=1e-9)


def test_outlines_are_the_uncovered_cells(hexi_cells):
    zones = gaps.uncovered_zones(hexi_cells, cutoff=700)
    assert zones.is_valid.all()
    assert zones.area.sum() / 1e6 == pytest.approx(zones["area_km2"].sum(), rel=1e-9)
    union = zones.union_all()
    shapely.prepare(union)
    inside = shapely.contains_xy(union, hexi_cells["x"], hexi_cells["y"])
    np.testing.assert_array_equal(inside, ~hexi_cells["covered"].to_numpy())


def test_zones_are_ranked_by_older_people(hexi_cells):
    zones = gaps.uncovered_zones(hexi_cells, cutoff=700)
    ranked = zones.drop(gaps.OTHER)["people_60"]
    assert ranked.is_monotonic_decreasing
    assert zones.index[-1] == gaps.OTHER


@settings(max_examples=examples(60), deadline=None)
@given(
    st.integers(1, 7).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 1), min_size=width, max_size=width), min_size=1, max_size=7
        )
    ),
    st.sampled_from([0, 20_000, 50_000]),
    st.sampled_from([None, "street"]),
)
def test_any_pattern_keeps_its_people_and_area(rows, smallest, split):
    cells = cells_of(rows)
    zones = gaps.uncovered_zones(cells, cutoff=700, smallest_m2=smallest, split=split)
    uncovered = (~cells["covered"]).sum()
    assert zones["people_60"].sum() == uncovered
    assert zones.area.sum() == pytest.approx(uncovered * 1e4)
