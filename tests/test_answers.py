"""Siting in one call: what is asked of a plan, and that it is what the command and the models say."""

import dataclasses
import json

import pandas as pd
import pytest

from carecircles import datasets, grid, marginal, plan, reach, report, scenario, siting
from carecircles.area import offering
from carecircles.errors import ValidationError
from tests.test_siting import sited


@pytest.fixture(scope="module")
def asis():
    """The template area, which has 20 x 15 cells of 200 m and a few centres."""
    area = datasets.load("template")
    return plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))


@pytest.fixture(scope="module")
def places(asis):
    return siting.candidates_on_grid(asis.cells, spacing=400)


def test_the_best_site_is_where_one_more_centre_gains_most(asis):
    gained = marginal.open_everywhere(asis)["gained_people_60"]
    best = siting.site(asis, siting.candidates_in_gaps(asis), new=1)
    covered = asis.cells.loc[asis.cells["covered"], "people_60"].sum()
    assert best.covered == pytest.approx(covered + gained.max())
    assert gained[int(best.sites.index[0].removeprefix("G"))] == pytest.approx(gained.max())


@pytest.mark.parametrize(
    ("goal", "options"),
    [
        ("coverage", {"new": 2}),
        ("facilities", {"share": 0.9}),
        ("distance", {"new": 2}),
        ("fair", {"new": 2, "epsilon": 1.5}),
        ("worst", {"new": 2}),
        ("backup", {"new": 2}),
        ("gradual", {"new": 2, "full": 200.0}),
    ],
)
def test_one_call_finds_what_the_model_finds_on_the_whole_table(asis, places, goal, options):
    whole = asis.reach(asis.cells, places, cutoff=5_000)  # with all pairs, nothing left out
    own = asis.reach(asis.cells, asis.area.facilities, cutoff=5_000)
    table = reach.joined(asis.cells, own, whole)
    slow = siting.MODELS[goal](
        asis.cells, table, rules=siting.Rules(required=asis.area.facilities.index),
        cutoff=asis.area.standard.metres, **options,
    )  # fmt: skip
    found = siting.site(asis, places, goal=goal, **options)
    assert found.objective == pytest.approx(slow.objective)
    assert found.status == "optimal"
    reached = found.sites["gross"]
    near = asis.reach(asis.cells, places.loc[reached.index], cutoff=asis.cost.cutoff).table
    people = asis.cells["people_60"].reindex(near.index.get_level_values(0)).to_numpy()
    by_hand = (near * 0 + people).groupby(level=1).sum()
    assert reached.to_dict() == pytest.approx(by_hand[reached.index].to_dict())
    if goal != "backup":  # whose table leaves out who has two already
        assert found.covered == pytest.approx(slow.covered)


def test_the_command_says_the_same(asis, tmp_path):
    printed = sited(
        "--area", "template", "--cell", "200", "--spacing", "400", "--new", "2", "--candidates",
        "grid", "--alternatives", "1", "--curve", "2", "--format", "json", cwd=tmp_path,
    )  # fmt: skip
    record = json.loads(printed)
    question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=400))
    best = siting.answer(question, new=2)
    assert [row["id"] for row in record["sites"]] == best.sites.index.tolist()
    assert record["objective"] == pytest.approx(best.objective, abs=0.01)
    curve = siting.curve_of(question, most=2)
    told = [row["people"] for row in record["curve"]]
    assert told == pytest.approx(curve["people"].tolist(), abs=0.01)
    [(metres, other)] = siting.alternatives_to(best, question, count=1)
    assert record["alternatives"][0]["apart_m"] == metres
    assert record["alternatives"][0]["covered"] == pytest.approx(other.covered, abs=0.01)


def test_whoever_the_standard_is_for_counts(asis, places):
    group = scenario.parse({"name": "80+", "step": [{"standard": "people_80", "metres": 500}]})
    oldest = plan.carry_out(asis, group)
    found = siting.site(oldest, places, new=1)
    assert found.total == pytest.approx(asis.area.population["people_80"].sum())
    everyone = siting.site(oldest, places, new=1, weight="people")
    assert everyone.total == pytest.approx(asis.area.population["people"].sum())


def test_what_cannot_be_asked_of_a_plan_is_said(asis, places):
    with pytest.raises(ValidationError, match="goal is 'most'; write one of coverage, expected"):
        siting.site(asis, places, goal="most", new=1)
    own = asis.area.facilities.index[:2]
    with pytest.raises(ValidationError, match=f"centres with the ids {own[0]}, {own[1]}; give"):
        siting.site(asis, places.iloc[:2].set_axis(own), new=1)
    with pytest.raises(ValidationError, match="how many new centres"):
        siting.site(asis, places)
    for rules in (siting.Rules(required=own), siting.Rules(capacities=pd.Series({"A1": 5.0}))):
        with pytest.raises(ValidationError, match="leave the three out"):
            siting.site(asis, places, new=1, rules=rules)
    with pytest.raises(ValueError, match="reproject one"):
        siting.site(asis, places.to_crs(4326), new=1)


def test_a_budget_takes_the_place_of_a_number(asis, places):
    prices = places["name"].map(len).astype(float)
    rules = siting.Rules(prices=prices, budget=2 * prices.min())
    found = siting.site(asis, places, rules=rules)
    assert found.asked is None
    assert prices[found.sites.index].sum() <= 2 * prices.min()
    question = dataclasses.replace(siting.ask(asis, places), options={"rules": rules})
    assert siting.answer(question).objective == found.objective


def test_a_siting_carried_out_is_the_plan_of_its_scenario(asis, places):
    """One call makes what the file that the command writes makes; a service in the same way."""
    best = siting.site(asis, places, new=2)
    after = siting.carry_out(asis, best, places)
    told = scenario.parse(report.siting_scenario(asis, best, places))
    anew = plan.carry_out(asis, told)
    assert after.name == anew.name == {"en": "2 new centres", "zh": "2 个新增中心"}
    assert after.area.facilities["name"].to_dict() == anew.area.facilities["name"].to_dict()
    assert after.cells["depth"].tolist() == anew.cells["depth"].tolist()
    covered = after.cells.loc[after.cells["covered"], "people_60"].sum()
    assert covered == pytest.approx(best.covered)

    few = plan.evaluate(offering(asis.area, "medical"), asis.cells)
    others = siting.candidates_without(asis.area, few)
    [one] = siting.site(few, others, new=1).sites.index
    equipped = siting.carry_out(asis, siting.site(few, others, new=1), others, service="medical")
    assert sorted(equipped.area.facilities.index) == sorted([*few.area.facilities.index, one])
