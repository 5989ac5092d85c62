"""What changes between plans: by hand on a small street, and against doing everything twice."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import comparison, evaluation, gaps, grid, marginal, plan, reach, scenario
from tests.conftest import CRS, centres_at, evaluated, plan_over, planned
from tests.examples import examples

NAME = {"en": "Plan", "zh": "方案"}
MEASURES = ("gained", "lost", "backup_gained", "backup_lost", "nearer", "farther")


def brute_change(before, after, weight):
    """People cell by cell, in plain Python."""
    sums = dict.fromkeys(MEASURES, 0.0)
    for was, now in zip(before.to_dict("records"), after.to_dict("records"), strict=True):
        persons = was[weight]
        closer = now["distance_m"] - was["distance_m"]
        true = {
            "gained": not was["covered"] and now["covered"],
            "lost": was["covered"] and not now["covered"],
            "backup_gained": was["depth"] < 2 <= now["depth"],
            "backup_lost": now["depth"] < 2 <= was["depth"],
            "nearer": closer < -1e-6,
            "farther": closer > 1e-6,
        }
        for name, is_true in true.items():
            sums[name] += persons if is_true else 0
    return sums


def test_a_centre_moves_along_the_street(block):
    """
    One centre with 100 m of reach moves from the west end to the east end of a row of ten cells.

    The block has 10 x 10 cells of 50 m with one older person each. A centre in the middle of a cell
    reaches, within 100 m, the 13 cells of a diamond-like disc: 5 in its row, 3 in the next rows, 1
    in those beyond.
    """
    before = evaluated(*block, centres_at((500_125, 4_300_225)), cutoff=100)
    after = evaluated(*block, centres_at((500_375, 4_300_225)), cutoff=100)
    district = comparison.of_district(before, after)
    assert district["gained_people_60"] == pytest.approx(13)
    assert district["lost_people_60"] == pytest.approx(13)
    assert district["net_people_60"] == pytest.approx(0)
    assert district["gained_km2"] == pytest.approx(13 * 0.0025)
    assert district["nearer_people_60"] == district["farther_people_60"] == pytest.approx(50)
    assert district["backup_gained_people_60"] == 0
    assert district["covered_people_60_share_before"] == pytest.approx(0.13)
    change = comparison.changes(before, after)
    assert change["status"].value_counts().to_dict() == {
        "uncovered": 74,
        "gained": 13,
        "lost": 13,
        "covered": 0,
    }


def test_plans_over_other_cells_are_refused(block):
    one = evaluated(*block, centres_at((500_125, 4_300_225)))
    other = evaluated(*block, centres_at((500_125, 4_300_225)), cell=25)
    with pytest.raises(ValueError, match="not of the same cells"):
        comparison.changes(one, other)


@pytest.mark.parametrize(
    "steps",
    [
        [{"close": "H40"}, {"open": "N1", "lon": 117.2424, "lat": 39.068}],
        [{"move": "H22", "street": "梅江"}, {"standard": "everyone", "metres": 650}],
        [{"standard": "everyone", "metres": 900}],
    ],
)
def test_figures_equal_brute_force(hexi, hexi_cells, steps):
    """Reused rows of the cost table, against measuring everything anew and counting in plain Python."""
    demand = grid.make_demand(hexi.streets, hexi.population, cell=50)
    before = planned(hexi, demand)
    after = plan.carry_out(before, scenario.parse({"name": "s", "step": steps}))
    area, change = after.area, comparison.compare(before, after)
    anew = evaluated(area.streets, area.population, area.facilities, cutoff=area.standard.metres)
    pd.testing.assert_frame_equal(after.cells, anew)
    for weight in ("people_60", "people_80"):
        expected = brute_change(hexi_cells, anew, weight)
        district, streets = change.district, change.streets
        for name, value in expected.items():
            assert district[f"{name}_{weight}"] == pytest.approx(value, abs=1e-6), name
            assert streets[f"{name}_{weight}"].sum() == pytest.approx(value, abs=1e-6), name


def test_a_change_back_is_the_change_the_other_way(hexi, hexi_cells):
    area = scenario.apply(hexi, scenario.parse({"name": "s", "step": [{"close": "H40"}]}))
    after = evaluated(area.streets, area.population, area.facilities)
    there, back = (
        comparison.by_street(hexi_cells, after),
        comparison.by_street(after, hexi_cells),
    )
    for name, opposite in (
        ("gained", "lost"),
        ("backup_gained", "backup_lost"),
        ("nearer", "farther"),
    ):
        np.testing.assert_allclose(there[f"{name}_people_60"], back[f"{opposite}_people_60"])
    np.testing.assert_allclose(there["net_people_80"], -back["net_people_80"])


def test_shares_are_those_of_the_evaluation(hexi, hexi_cells):
    after = evaluated(hexi.streets, hexi.population, hexi.facilities, cutoff=500)
    change = comparison.by_street(hexi_cells, after)
    for when, cells in (("before", hexi_cells), ("after", after)):
        pd.testing.assert_series_equal(
            change[f"covered_people_60_share_{when}"],
            evaluation.by_street(cells)["covered_people_60_share"],
            check_names=False,
        )


# Zones


def test_new_and_vanished_zones(block):
    """
    A strip of ten cells; the centre in the middle reaches all, one at the west end leaves the east.

    The zone in the east is new when the centre moves there from the middle, and vanishes on the way
    back; one that only grows is neither.
    """
    middle = evaluated(*block, centres_at((500_250, 4_300_250)), cutoff=400)
    west = evaluated(*block, centres_at((500_025, 4_300_250)), cutoff=400)
    far_west = evaluated(*block, centres_at((500_025, 4_300_250)), cutoff=300)
    assert middle["covered"].all()
    new = comparison.new_zones(middle, west, cutoff=400, smallest_m2=0)
    assert new["people_60"].sum() == pytest.approx(west.loc[~west["covered"], "people_60"].sum())
    assert comparison.new_zones(west, middle, cutoff=400).empty
    assert comparison.new_zones(west, far_west, cutoff=300).empty


def test_new_zones_share_no_cell_with_old_ones(hexi, hexi_cells):
    after = evaluated(hexi.streets, hexi.population, hexi.facilities, cutoff=600)
    new = comparison.new_zones(hexi_cells, after, cutoff=600, smallest_m2=0)
    old = gaps.uncovered_zones(hexi_cells, cutoff=700, smallest_m2=0)
    overlap = gpd.overlay(new, old, how="intersection")
    assert len(new) > 0
    assert overlap.area.sum() == pytest.approx(0, abs=1e-3)
    assert set(map(shapely.to_wkb, new.geometry)) <= set(
        map(shapely.to_wkb, gaps.uncovered_zones(after, cutoff=600, smallest_m2=0).geometry)
    )


# One centre less, one centre more


def test_close_each_equals_closing_them_one_by_one(hexi, hexi_cells, hexi_plan):
    losses = marginal.close_each(hexi_plan)
    assert set(losses.index) == set(hexi.facilities.index)
    assert losses["lost_people_60"].is_monotonic_decreasing
    for label, row in losses.iterrows():
        rest = hexi.facilities.drop(label)
        after = evaluated(hexi.streets, hexi.population, rest)
        change = comparison.of_district(hexi_cells, after)
        for name in ("lost_people_60", "lost_people_80", "lost_km2", "backup_lost_people_60"):
            assert row[name] == pytest.approx(change[name], abs=1e-6), (label, name)


def test_open_everywhere_equals_opening_one_by_one(hexi_cells, hexi_plan):
    """At 120 cells drawn at random, and at the best and the worst."""
    gains = marginal.open_everywhere(hexi_plan)
    rng = np.random.default_rng(4)
    some = [
        *rng.choice(gains.index, 120, replace=False),
        *gains["gained_people_60"].agg(["idxmax", "idxmin"]),
    ]
    uncovered = hexi_cells[~hexi_cells["covered"]]
    for cell in some:
        x, y = hexi_cells.loc[cell, ["x", "y"]]
        near = uncovered[np.hypot(uncovered["x"] - x, uncovered["y"] - y) <= 700]
        assert gains.loc[cell, "gained_people_60"] == pytest.approx(
            near["people_60"].sum(), abs=1e-5
        )
        assert gains.loc[cell, "gained_people_80"] == pytest.approx(
            near["people_80"].sum(), abs=1e-5
        )
        assert gains.loc[cell, "gained_km2"] == pytest.approx(len(near) * 0.0025, abs=1e-5)


@st.composite
def small_towns(draw):
    """A few cells with people, a few centres, a cutoff that often is a multiple of the cell."""
    cells = draw(
        st.lists(
            st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=30, unique=True
        )
    )
    centres = draw(
        st.lists(st.tuples(st.integers(0, 800), st.integers(0, 800)), min_size=1, max_size=6)
    )
    people = draw(st.lists(st.integers(0, 9), min_size=len(cells), max_size=len(cells)))
    cutoff = draw(st.sampled_from([50.0, 100.0, 141.5, 250.0, 300.0, 500.0]))
    rows, cols = np.array(cells, dtype=np.int32).T
    demand = pd.DataFrame(
        {
            "row": rows,
            "col": cols,
            "x": (cols + 0.5) * 100,
            "y": (rows + 0.5) * 100,
            "area_m2": 10_000.0,
            "street": pd.Categorical(["A"] * len(cells)),
            "people_60": np.array(people, dtype=float),
        },
        index=pd.Index(rows * 8 + cols, name="cell"),
    )
    return demand, centres_at(*centres), cutoff


@given(small_towns())
@settings(max_examples=examples(150), deadline=None)
def test_one_more_and_one_less_in_small_towns(town):
    demand, centres, cutoff = town
    before = plan_over(demand, centres, cutoff=cutoff)
    gains = marginal.open_everywhere(before)
    covered = before.cells.loc[before.cells["covered"], "people_60"].sum()
    for cell, row in demand.iterrows():
        more = pd.concat([centres, centres_at((row["x"], row["y"])).set_axis(["new"])])
        depth = evaluation.depth(
            demand, reach.straight_line(demand, more, cutoff=cutoff), cutoff=cutoff
        )
        gained = demand.loc[depth > 0, "people_60"].sum() - covered
        assert gains.loc[cell, "gained_people_60"] == pytest.approx(gained, abs=1e-5)
    losses = marginal.close_each(before)
    for label in centres.index:
        rest = reach.updated(
            before.cost, demand, before=centres, after=centres.drop(label), cutoff=cutoff
        )
        depth = evaluation.depth(demand, rest, cutoff=cutoff)
        lost = covered - demand.loc[depth > 0, "people_60"].sum()
        assert losses.loc[label, "lost_people_60"] == pytest.approx(lost, abs=1e-9)


# Who can be compared


def with_standard(area, group):
    return dataclasses.replace(area, standard=dataclasses.replace(area.standard, group=group))


def test_a_standard_for_a_group_says_nothing_of_wider_ones(hexi, hexi_cells):
    everyone = planned(hexi, hexi_cells)
    of_80, of_65 = (
        planned(with_standard(hexi, group), hexi_cells) for group in ("people_80", "people_65")
    )
    assert comparison.groups_of(everyone) == ["people", "people_60", "people_65", "people_80"]
    assert comparison.groups_of(everyone, of_65) == ["people_65", "people_80"]
    assert comparison.groups_of(of_80, of_65) == ["people_80"]


def test_centres_that_change(hexi):
    area = scenario.apply(
        hexi,
        scenario.parse(
            {
                "name": "s",
                "step": [
                    {"open": "N1", "lon": 117.2424, "lat": 39.068},
                    {"close": "H40"},
                    {"move": "H42", "lon": 117.214, "lat": 39.06},
                    {"equip": "H31", "services": "meals"},
                ],
            }
        ),
    )
    changed = comparison.of_centres(hexi.facilities, area.facilities)
    assert changed["change"].to_dict() == {
        "N1": "opened",
        "H40": "closed",
        "H42": "moved",
        "H31": "equipped",
    }
    there = hexi.facilities.geometry["H42"].distance(area.facilities.geometry["H42"])
    assert changed.loc["H42", "moved_m"] == pytest.approx(there)
    assert comparison.of_centres(hexi.facilities, hexi.facilities).empty
    assert (
        comparison.of_centres(hexi.facilities.iloc[:0], hexi.facilities)["change"]
        .eq("opened")
        .all()
    )


def test_nothing_to_cover_and_nothing_to_reach(block):
    streets, population = block
    nobody = population * 0
    none = centres_at()
    none = none if none.crs else gpd.GeoDataFrame({"name": []}, geometry=[], crs=CRS)
    before = evaluated(streets, nobody, none, cutoff=100)
    after = evaluated(streets, nobody, centres_at((500_125, 4_300_225)), cutoff=100)
    district = comparison.of_district(before, after)
    assert district["gained_people_60"] == 0
    assert district["gained_km2"] == pytest.approx(13 * 0.0025)
    assert np.isnan(district["mean_nearer_people_60_m"])
