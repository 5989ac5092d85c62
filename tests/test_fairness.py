"""What fairness costs, and plans that have to be fair: against brute force on small problems, and as a command."""

import itertools
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import datasets, equity, evaluation, grid, plan, robustness, scenario, siting
from carecircles.errors import InfeasibleError, ValidationError
from carecircles.siting import Rules
from tests.examples import examples
from tests.test_cli import refused, run
from tests.test_siting import (
    distances,
    goal,
    kolm_pollak,
    measured,
    people_covered,
    plans,
    problems,
)

STEP = 0.05


def by_street(demand, cost, opened):
    """By hand: the share of each street's people that some centres cover."""
    living = {s: own["people"].sum() for s, own in demand.groupby("street")}
    return {s: people_covered(demand, cost, opened, s) / n for s, n in living.items() if n}


@given(problems(), st.integers(1, 3))
@settings(max_examples=examples(40), deadline=None)
def test_people_given_up_for_the_worst_street_equal_brute_force(problem, new):
    """For every floor of whole steps the plan that covers most, and none where none keeps to it."""
    demand, cost, required = problem
    told = siting.covered_against_worst(
        demand,
        cost,
        new=new,
        step=STEP,
        cutoff=700,
        weight="people",
        rules=Rules(required=required),
    )
    assert told.is_whole
    every = [some | set(required) for some in plans(cost, required, new)]
    covered = [people_covered(demand, cost, some) for some in every]
    shares = [by_street(demand, cost, some) for some in every]
    worst = [min(of.values(), default=math.nan) for of in shares]
    figures = told.figures
    assert figures["people"].is_monotonic_decreasing
    assert figures["people"].iloc[0] == pytest.approx(max(covered))
    for row in figures.itertuples():
        opened = {*row.sites, *required}
        assert people_covered(demand, cost, opened) == pytest.approx(row.people)
        assert row.bound == pytest.approx(row.people)
        if shares[0]:
            own = by_street(demand, cost, opened)
            assert own[row.worst] == pytest.approx(row.worst_share) == min(own.values())
    if not shares[0]:
        assert len(figures) == 1
        return
    for floor in np.arange(0, 1 + STEP / 2, STEP):
        best = max(
            (n for n, s in zip(covered, worst, strict=True) if s >= floor - 1e-9), default=None
        )
        said = figures.loc[figures["worst_share"] >= floor - 1e-9, "people"].max()
        assert math.isnan(said) if best is None else said == pytest.approx(best)


@given(distances(), st.integers(1, 3), st.sampled_from([0.3, 1.0, 4.0]))
@settings(max_examples=examples(40), deadline=None)
def test_the_mean_against_the_equivalent_distance_equals_brute_force(problem, new, epsilon):
    """No plan lies below the lines between those found, nor has a lower mean than the bound as fair as one."""
    demand, cost, required = problem
    required = [f for f in required if f in cost.index.levels[1]]
    told = siting.mean_against_ede(
        demand, cost, new=new, epsilon=epsilon, weight="people", rules=Rules(required=required)
    )
    assert told.is_whole
    served = [p for p in {place for place, _ in cost.index} if demand.loc[p, "people"] > 0]
    total = sum(demand.loc[p, "people"] for p in served)
    if not total:
        assert told.figures[["mean", "ede"]].to_numpy().tolist() == [[0, 0]]
        return

    def mean(opened):
        near = measured(demand, cost, opened)[0]
        return sum(demand.loc[p, "people"] * min(near[p], cost.max()) for p in served) / total

    every = [some | set(required) for some in plans(cost, required, new)]
    means = [mean(some) for some in every]
    edes = [kolm_pollak(demand, cost, some, epsilon) for some in every]
    rows = [*told.figures.itertuples()]
    for row in rows:
        opened = {*row.sites, *required}
        assert mean(opened) == pytest.approx(row.mean, abs=1e-6)
        assert kolm_pollak(demand, cost, opened, epsilon) == pytest.approx(row.ede, abs=1e-6)
        as_fair = [m for m, e in zip(means, edes, strict=True) if e <= row.ede + 1e-6]
        assert row.bound <= min(as_fair) + 1e-4
        assert row.mean == pytest.approx(min(as_fair), rel=1e-5, abs=1e-4)
    assert rows[0].mean == pytest.approx(min(means), abs=1e-4)
    assert rows[-1].ede == pytest.approx(min(edes), rel=1e-5, abs=1e-4)
    bent = [math.expm1(told.kappa * e) for e in edes]
    for low, high in itertools.pairwise(rows):
        ends = [math.expm1(told.kappa * row.ede) for row in (low, high)]
        assert low.mean < high.mean
        assert ends[0] > ends[1]
        slope = (high.mean - low.mean) / (ends[0] - ends[1])
        line = low.mean + slope * ends[0]
        least = min(m + slope * b for m, b in zip(means, bent, strict=True))
        assert least >= line - 1e-5 * max(line, 1)


@given(
    distances(), st.floats(20, 900), st.sampled_from([0.3, 1.0, 4.0]), st.sampled_from([None, 0.4])
)
@settings(max_examples=examples(60), deadline=None)
def test_the_fewest_centres_for_an_equivalent_distance_equal_brute_force(
    problem, ede, epsilon, floor
):
    """With a floor for every street beside it, and where no number of centres is enough."""
    demand, cost, required = problem
    required = [f for f in required if f in cost.index.levels[1]]
    rules = Rules(required=required, floor_by_street=floor)
    how = {"ede": ede, "epsilon": epsilon, "cutoff": 700, "weight": "people", "rules": rules}

    def is_held(opened):
        near = measured(demand, cost, opened)[0]
        return all(
            sum(own.loc[p, "people"] for p in own.index if near[p] <= 700)
            >= (floor or 0) * own["people"].sum() - 1e-6
            for _, own in demand.groupby("street")
        )

    every = [some | set(required) for some in plans(cost, required, 99)]
    enough = [
        len(some) - len(required)
        for some in every
        if is_held(some) and kolm_pollak(demand, cost, some, epsilon) <= ede * (1 + 1e-9)
    ]
    if not enough:
        with pytest.raises(InfeasibleError, match=r"with all|floor"):
            siting.fewest_for_ede(demand, cost, **how)
        return
    made = siting.fewest_for_ede(demand, cost, **how)
    assert (made.objective, made.bound, made.status) == (min(enough), min(enough), "optimal")
    assert len(made.sites) <= min(enough)
    opened = {*made.sites.index, *required}
    then = kolm_pollak(demand, cost, opened, epsilon)
    assert made.reached.then == pytest.approx(then, abs=1e-6)
    assert then <= ede * (1 + 1e-9)
    assert is_held(opened)
    if len(made.sites):
        assert made.sites["objective"].iloc[-1] == pytest.approx(then, abs=1e-6)


def test_the_price_of_fairness_as_a_command(tmp_path):
    """Every figure is that of the plan carried out: the district's, the worst street's, the mean."""
    pytest.importorskip("matplotlib")
    call = [
        "site",
        "--new",
        2,
        "--price-of-fairness",
        "--cell",
        200,
        "--spacing",
        400,
        "--lang",
        "en",
    ]
    told = run(*call, "--out", "price.json", "--chart", "price.svg", cwd=tmp_path)
    assert "Proven: no plan has less of both" in told.stdout
    record = json.loads((tmp_path / "price.json").read_text(encoding="utf-8"))
    floors, distances_told = record["frontiers"]
    assert (floors["goal"], distances_told["goal"]) == ("coverage", "fair")
    assert floors["is_whole"]
    assert distances_told["is_whole"]
    area = datasets.load("hexi")
    asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    places = siting.candidates_on_grid(asis.cells, spacing=400)

    def cells_with(sites):
        steps = [
            {"open": f"N{n}", "lon": places.loc[i, "lon"], "lat": places.loc[i, "lat"]}
            for n, i in enumerate(sites)
        ]
        return plan.carry_out(asis, scenario.parse({"name": "n", "step": steps})).cells

    for row in floors["plans"]:
        cells = cells_with(row["sites"])
        shares = evaluation.by_street(cells)["covered_people_60_share"]
        assert shares.min() == pytest.approx(row["least_people_60_share"], abs=1e-6)
        assert shares.idxmin() == row["worst_street"]
        whole = evaluation.of_district(cells)["covered_people_60_share"]
        assert whole == pytest.approx(row["covered_people_60_share"], abs=1e-6)
    people = asis.cells["people_60"].to_numpy()
    for row in distances_told["plans"]:
        metres = cells_with(row["sites"])["distance_m"].to_numpy()
        assert (people @ metres) / people.sum() == pytest.approx(row["mean_distance_m"], abs=0.06)
        ede = equity.equivalent(metres, people, distances_told["kappa"])
        assert ede == pytest.approx(row["ede_m"], abs=0.06)
    assert (tmp_path / "price.svg").read_bytes().startswith(b"<?xml")
    for lang in ("en", "zh"):
        run(*call[:-1], lang, "--out", f"{lang}.xlsx", "--format", "csv", cwd=tmp_path)


def test_a_target_may_need_centres_where_everybody_has_one(tmp_path):
    """All of the grid are candidates: who is near to a centre can still have it nearer."""
    call = (
        "site",
        "--objective",
        "facilities",
        "--target",
        "kolm-pollak-ede=425",
        "--cell",
        200,
        "--spacing",
        800,
    )
    told = {
        places: json.loads(run(*call, *asked, "--format", "json", cwd=tmp_path).stdout)
        for places, asked in (
            ("default", []), ("grid", ["--candidates", "grid"]), ("gaps", ["--candidates", "gaps"])
        )
    }  # fmt: skip
    assert told["default"]["candidates"] == told["grid"]["candidates"] > told["gaps"]["candidates"]
    assert told["default"]["objective"] <= told["gaps"]["objective"]


def test_targets_and_prices_of_fairness_that_cannot_be(tmp_path):
    """All that is wrong at once; a target no plan can meet says by how much."""
    said = refused(
        "site", "--new", "3", "--target", "kolm=-2", "--epsilon", "0", "--chart", "a.pdf", "--lang", "en", cwd=tmp_path,
    )  # fmt: skip
    for line in (
        "--target goes with --objective facilities; add it.",
        "--target is 'kolm=-2'; write kolm-pollak-ede= and a distance above 0, such as kolm-pollak-ede=400.",
        "--epsilon is 0; write a number above 0 and up to 100, such as 1.",
        "--chart goes with --price-of-fairness; add it, or leave the chart out.",
    ):
        assert line in said
    said = refused(
        "site", "--new", "3", "--price-of-fairness", "--curve", "2", "--map", "a.html", "--objective", "fair", "--lang", "en",
        cwd=tmp_path,
    )  # fmt: skip
    for option in ("--curve", "--map", "--objective"):
        assert f"{option} does not go with --price-of-fairness." in said
    said = refused(
        "site", "--objective", "facilities", "--target", "kolm-pollak-ede=90", "--cell", 200, "--spacing", 800, "--lang", "en",
        cwd=tmp_path,
    )  # fmt: skip
    assert "more than the 90 asked for" in said


def street_means(demand, cost, opened):
    """By hand: the mean distance of each street's people whom the table knows."""
    near, served = measured(demand, cost, opened)[0], {place for place, _ in cost.index}
    means = {}
    for street, own in demand[demand.index.isin(served)].groupby("street"):
        if own["people"].sum():
            gone = sum(own.loc[p, "people"] * min(near[p], cost.max()) for p in own.index)
            means[street] = gone / own["people"].sum()
    return means


@pytest.mark.parametrize("model", ["minimize_cost", "minimize_ede"])
@given(distances(), st.integers(0, 3), st.floats(50, 900), st.sampled_from([None, 0.3]))
@settings(max_examples=examples(40), deadline=None)
def test_no_street_is_farther_in_the_mean_than_it_may_be(model, problem, new, mean, floor):
    """Beside a share that every street is to have covered, and where no plan keeps to it."""
    demand, cost, required = problem
    required = [f for f in required if f in cost.index.levels[1]]
    rules = Rules(required=required, floor_metres_by_street=mean, floor_by_street=floor)
    how = {"new": new, "cutoff": 700, "weight": "people", "rules": rules}
    values = [
        goal(model, demand, cost, some | set(required))
        for some in plans(cost, required, new)
        if all(
            far <= mean + 1e-6 for far in street_means(demand, cost, some | set(required)).values()
        )
        and all(
            share >= (floor or 0) - 1e-9
            for share in covered_shares(demand, cost, some | set(required)).values()
        )
    ]
    if not values:
        with pytest.raises(InfeasibleError, match=r"street|floor"):
            getattr(siting, model)(demand, cost, **how)
        return
    made = getattr(siting, model)(demand, cost, **how)
    assert made.objective == pytest.approx(min(values), rel=1e-6, abs=1e-4)
    assert made.status == "optimal"
    told = street_means(demand, cost, {*made.sites.index, *required})
    assert all(far <= mean + 1e-5 for far in told.values())


def covered_shares(demand, cost, opened):
    """By hand: the share of each street's people within 700 m."""
    near = measured(demand, cost, opened)[0]
    return {
        street: sum(own.loc[p, "people"] for p in own.index if near[p] <= 700) / own["people"].sum()
        for street, own in demand.groupby("street")
        if own["people"].sum()
    }


def test_a_mean_by_street_counts_for_distances_alone():
    demand = pd.DataFrame({"people": [1.0], "street": ["A"]}, index=["p"])
    pairs = pd.MultiIndex.from_tuples([("p", "a")], names=["demand", "facility"])
    cost = pd.Series([600.0], index=pairs)
    how = {"new": 1, "cutoff": 700, "weight": "people"}
    with pytest.raises(ValidationError, match="use 'fewest', 'distance', 'fair'"):
        siting.maximize_coverage(demand, cost, rules=Rules(floor_metres_by_street=500), **how)
    with pytest.raises(ValidationError, match="above 0"):
        siting.minimize_cost(demand, cost, rules=Rules(floor_metres_by_street=-1), **how)
    with pytest.raises(InfeasibleError, match=r"street A: 600.0 with all candidates, 100 too far"):
        siting.minimize_cost(demand, cost, rules=Rules(floor_metres_by_street=500), **how)


def test_in_how_many_draws_each_site_is_the_best(tmp_path):
    """Every draw by hand: the candidate that covers most of whom the centres of the draw leave."""
    area = datasets.load("hexi")
    asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    drawn = robustness.draw(asis, draws=12, rng=3)
    told = robustness.with_probability(robustness.measure(asis, drawn))
    places = siting.candidates_on_grid(asis.cells, spacing=600)
    question = siting.ask(told, places, goal="expected")
    best = siting.answer(question, new=1)
    sure = siting.sure_of(question, best, drawn)
    x, y, people = (asis.cells[c].to_numpy() for c in ("x", "y", "people_60"))
    fixed = area.facilities.drop(index=drawn.centres).geometry
    reached = (
        np.hypot(
            x[:, None] - places.geometry.x.to_numpy(), y[:, None] - places.geometry.y.to_numpy()
        )
        <= 700
    )
    found, most, own = [], [], []
    for n in range(12):
        there = np.column_stack([[*drawn.x[n], *fixed.x], [*drawn.y[n], *fixed.y]])
        covered = (np.hypot(x[:, None] - there[:, 0], y[:, None] - there[:, 1]) <= 700).any(axis=1)
        gains = people[~covered] @ reached[~covered]
        found.append(places.index[gains.argmax()])
        most.append(people[covered].sum() + gains.max())
        own.append(people[covered].sum() + gains[places.index.get_loc(best.sites.index[0])])
    assert sure.best == pytest.approx(np.array(most))
    assert sure.own == pytest.approx(np.array(own))
    assert sure.sites.iloc[0] == pytest.approx(np.mean([best.sites.index[0] == f for f in found]))
    assert sure.is_proven.all()
    call = [
        "site",
        "--new",
        1,
        "--sure",
        "--draws",
        3,
        "--cell",
        200,
        "--spacing",
        600,
        "--lang",
        "en",
    ]
    said = run(*call, "--out", "sites.json", cwd=tmp_path).stdout
    assert "In 3 draws of positions the best plan of the draw covers" in said
    record = json.loads((tmp_path / "sites.json").read_text(encoding="utf-8"))
    assert 0 <= record["sites"][0]["chosen_share"] <= 1
    said = refused(
        "site", "--new", 1, "--sure", "--objective", "worst", "--floor-by-street", 0.5, "--draws", 0, "--lang", "en", cwd=tmp_path,
    )  # fmt: skip
    for line in (
        "--sure goes with --objective coverage or expected",
        "--floor-by-street does not go with --sure",
        "--draws is 0; write a number from 1 to 100,000",
    ):
        assert line in said
