"""A plan carries its cost table and its reach: a table of one's own is never mixed with circles."""

import dataclasses
import functools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from carecircles import (
    area,
    comparison,
    datasets,
    grid,
    marginal,
    plan,
    reach,
    report,
    scenario,
    siting,
)
from carecircles.errors import ValidationError
from tests.conftest import planned


def round_blocks(demand, facilities, *, cutoff):
    """A town whose streets run north and east only: metres along them, measured pair by pair."""
    x, y = facilities.geometry.x.to_numpy(), facilities.geometry.y.to_numpy()
    metres = np.abs(demand["x"].to_numpy()[:, None] - x)
    metres += np.abs(demand["y"].to_numpy()[:, None] - y)
    cell, centre = np.nonzero(metres <= cutoff)
    index = pd.MultiIndex(
        levels=[demand.index, facilities.index], codes=[cell, centre], names=["demand", "facility"]
    )
    return reach.CostTable(pd.Series(metres[cell, centre], index=index), cutoff)


@pytest.fixture(scope="module")
def walked(hexi):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=100)
    return plan.evaluate(hexi, demand, reach=round_blocks)


NEW = [
    {"open": "N1", "lon": 117.2424, "lat": 39.068},
    {"close": "H40"},
    {"move": "H22", "street": "梅江"},
]


def test_a_scenario_is_measured_by_the_reach_of_its_plan(walked):
    """One new centre turned 53.8 % into 82.1 % when circles crept in."""
    after = plan.carry_out(walked, scenario.parse({"name": "s", "step": NEW}))
    anew = plan.evaluate(after.area, walked.cells, reach=round_blocks)
    assert after.cost.table.to_dict() == anew.cost.table.to_dict()
    pd.testing.assert_frame_equal(after.cells, anew.cells)
    circles = planned(after.area, walked.cells)
    assert after.cells["covered"].sum() < circles.cells["covered"].sum()
    assert not (after.cells["covered"] & ~circles.cells["covered"]).any()


def test_one_more_and_one_less_by_the_reach_of_the_plan(walked):
    gains, cells = marginal.open_everywhere(walked), walked.cells
    for label in [gains["gained_people_60"].idxmax(), *gains.index[::700]]:
        away = (cells[["x", "y"]] - cells.loc[label, ["x", "y"]].astype(float)).abs().sum(axis=1)
        near = cells[~cells["covered"] & (away <= 700)]
        assert gains.loc[label, "gained_people_60"] == pytest.approx(near["people_60"].sum())
    losses = marginal.close_each(walked)
    closed = plan.carry_out(walked, scenario.parse({"name": "s", "step": [{"close": "H12"}]}))
    lost = comparison.compare(walked, closed).district["lost_people_60"]
    assert losses.loc["H12", "lost_people_60"] == pytest.approx(lost)


@pytest.mark.parametrize("goal", ["coverage", "distance", "backup"])
def test_sites_are_measured_by_the_reach_of_the_plan(walked, goal):
    places = siting.candidates_on_grid(walked.cells, spacing=600)
    found = siting.site(walked, places, goal=goal, new=2)
    after = siting.carry_out(walked, found, places)
    covered = after.cells.loc[after.cells["covered"], "people_60"].sum()
    if goal != "backup":  # whose table leaves out who has two already
        assert found.covered == pytest.approx(covered)
    for label, row in found.sites.iterrows():
        point = places.geometry[label]
        metres = (walked.cells["x"] - point.x).abs() + (walked.cells["y"] - point.y).abs()
        assert row["gross"] == pytest.approx(walked.cells["people_60"][metres <= 700].sum())


def test_a_table_of_ones_own_is_a_reach(hexi, walked):
    """Looked up: the same plan; a centre the table does not know is refused, not drawn as a circle."""
    looked_up = functools.partial(reach.looked_up, table=walked.cost)
    own = plan.evaluate(hexi, walked.cells, reach=looked_up)
    pd.testing.assert_series_equal(own.cells["depth"], walked.cells["depth"])
    is_near = walked.cells["distance_m"] <= 700
    pd.testing.assert_series_equal(
        own.cells["distance_m"], walked.cells["distance_m"].where(is_near, math.nan)
    )
    fewer = plan.carry_out(own, scenario.parse({"name": "s", "step": [{"close": "H40"}]}))
    assert len(fewer.area.facilities) == 44
    with pytest.raises(ValidationError, match=r"knows nothing of 1 centres \('N1'\)"):
        plan.carry_out(own, scenario.parse({"name": "s", "step": NEW[:1]}))
    wider = {"name": "s", "step": [{"standard": "everyone", "metres": 800}]}
    with pytest.raises(ValidationError, match="ends at 700, below the cutoff of 800"):
        plan.carry_out(own, scenario.parse(wider))


def test_captions_say_how_it_was_measured(walked, hexi_plan):
    assert "in a straight line" in report.standard_note(hexi_plan)["en"]
    assert "straight" not in report.standard_note(walked)["en"]
    assert "直线" not in report.standard_note(walked)["zh"]


def test_a_plain_series_with_its_cutoff_is_enough_for_siting():
    """Five lines, and a table transformed as one likes: costs of exp(k * metres)."""
    demand = pd.DataFrame({"people": [5, 3, 4]}, index=["p", "q", "r"])
    pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b"), ("r", "c")]
    index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    metres = pd.Series([100.0, 900.0, 100.0, 100.0, 100.0], index=index)
    options = {"new": 1, "weight": "people"}
    one = siting.maximize_coverage(demand, metres, cutoff=700, **options)
    other = siting.maximize_coverage(
        demand, np.exp(metres / 500), cutoff=math.exp(700 / 500), **options
    )
    assert one.sites.index.tolist() == other.sites.index.tolist() == ["b"]
    table = reach.CostTable(metres, cutoff=900)
    assert siting.maximize_coverage(demand, table, **options).sites.index.tolist() == ["a"]
    assert siting.maximize_coverage(demand, table, cutoff=700, **options).objective == 7
    with pytest.raises(ValidationError, match="ends at 900, below the cutoff of 1000"):
        siting.maximize_coverage(demand, table, cutoff=1000, **options)
    with pytest.raises(ValidationError, match="cutoff is inf"):
        siting.maximize_coverage(demand, metres, **options)


def test_points_with_people_can_be_sited():
    """Three homes and no grid: the best of two places."""
    homes = pd.DataFrame({"x": [0.0, 100, 900], "y": 0.0, "people_60": [2, 2, 3]}, index=[*"pqr"])
    places = gpd.GeoDataFrame(index=["a", "b"], geometry=gpd.points_from_xy([50, 900], [0, 0]))
    cost = reach.straight_line(homes, places, cutoff=60)
    found = siting.maximize_coverage(homes, cost, new=1)
    assert (found.sites.index.tolist(), found.covered, found.status) == (["a"], 4, "optimal")


def test_a_network_of_ones_own_stays_when_a_scenario_changes_centres_alone():
    """The area has a network too, on which every way is a third as long."""
    folder = datasets.folder("template")
    study = area.read_area(folder, network=folder / "walk/network.geojson")
    theirs = study.on_foot.network
    longer = dataclasses.replace(
        theirs, edges=theirs.edges.assign(metres=3 * theirs.edges["metres"])
    )
    walk = functools.partial(reach.walking, network=longer)
    asis = plan.evaluate(
        study, grid.make_demand(study.streets, study.population, cell=200), reach=walk
    )
    less = plan.carry_out(asis, scenario.parse({"name": "One less", "step": [{"close": "A1"}]}))
    assert less.reach is walk
    anew = plan.evaluate(less.area, asis.cells, reach=walk)
    pd.testing.assert_series_equal(less.cells["distance_m"], anew.cells["distance_m"])


def test_a_table_of_ones_own_that_ends_at_its_cutoff_cuts_nobody_off():
    """Who is not in the table may well have a centre farther off: nothing is said of ways that are not there."""
    study = datasets.load("template")
    demand = grid.make_demand(study.streets, study.population, cell=200)
    table = reach.straight_line(demand, study.facilities, cutoff=700)
    own = functools.partial(reach.looked_up, table=table)
    asis = plan.evaluate(study, demand, reach=own, beside=reach.straight_line)
    assert asis.cells["nearest"].isna().any()
    assert not any("no way to any centre" in note["en"] for note in report.reach_notes(asis))
