"""Each street its own centre first, against brute force on small problems."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import siting
from carecircles.errors import InfeasibleError, ValidationError
from carecircles.siting import GOALS, Rules
from tests.examples import examples

STREETS = "ABCD"


@st.composite
def cities(draw):
    """Twelve places in four streets, six candidates and a centre, each in a street or beyond; prices."""
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    demand = pd.DataFrame(
        {"people": rng.integers(0, 20, 12).astype(float), "street": list(STREETS) * 3},
        index=[f"p{n}" for n in range(12)],
    )
    demand["probability"] = rng.choice([0.0, 0.3, 1.0], 12)
    labels = [*(f"c{n}" for n in range(6)), "h"]
    where, spots = rng.uniform(0, 1000, (12, 2)), rng.uniform(0, 1000, (7, 2))
    metres = np.hypot(*(where[:, None] - spots).transpose(2, 0, 1)).round(-1)
    pairs = pd.MultiIndex.from_product([demand.index, labels], names=["demand", "facility"])
    cost = pd.Series(metres.ravel(), index=pairs)
    street_of = pd.Series(rng.choice([*STREETS, ""], 7), index=labels, dtype=object)
    prices = pd.Series(rng.integers(1, 4, 6).astype(float), index=labels[:6])
    return demand, cost, street_of, prices


def served(street_of, opened, least):
    """How many streets have one centre, two ..., counted by hand."""
    count = [sum(street_of[label] == street for label in opened) for street in STREETS]
    return [sum(n >= level for n in count) for level in range(1, least + 1)]


ASKED = ["coverage", "expected", "facilities", "distance", "fair", "worst", "backup", "gradual"]
OF_GOAL = {"gradual": {"full": 100.0}, "facilities": {"share": 0.5}}


@given(
    cities(), st.sampled_from(ASKED), st.integers(1, 3), st.sampled_from([1, 1, 2]), st.booleans()
)  # fmt: skip
@settings(max_examples=examples(40), deadline=None)
def test_first_as_many_streets_as_can_be_and_then_the_best_for_the_goal(
    city, goal, new, least, is_priced
):
    """Of all choices that serve most streets, what each is worth as the model tells it of a fixed choice."""
    demand, cost, street_of, prices = city
    model, how = siting.MODELS[goal], {"cutoff": 400, "weight": "people", **OF_GOAL.get(goal, {})}
    rules = {"required": ["h"], "least_by_street": least, "street_of": street_of}
    price = prices if is_priced else prices * 0 + 1
    is_open = goal == "facilities"  # it finds the number
    budget = np.inf if is_open else 2.0 * new if is_priced else float(new)
    if is_priced:
        rules |= {"prices": prices} if is_open else {"prices": prices, "budget": budget}
    asked = {} if is_open else {"new": None if is_priced else new}
    plan = model(demand, cost, **asked, **how, rules=Rules(**rules))
    choices = [
        some
        for count in range(7)
        for some in itertools.combinations(prices.index, count)
        if price[list(some)].sum() <= budget
    ]
    most = max(served(street_of, [*some, "h"], least) for some in choices)
    assert served(street_of, [*plan.sites.index, "h"], least) == most
    best = [some for some in choices if served(street_of, [*some, "h"], least) == most]
    sign = -1 if GOALS[goal].is_less_better else 1
    values = []
    for some in best:
        chosen = list(some)
        if is_open:
            near = cost[cost <= 400].index
            covered = demand["people"][
                [any((p, c) in near for c in [*chosen, "h"]) for p in demand.index]
            ].sum()
            is_enough = covered >= 0.5 * demand["people"].sum()
            values += [-price[chosen].sum()] if is_enough else []
        else:
            fixed = Rules(required=["h"], candidates=chosen, must_open=tuple(chosen))
            values.append(sign * model(demand, cost, new=len(chosen), **how, rules=fixed).objective)
    assert sign * plan.objective == pytest.approx(max(values), rel=1e-6, abs=1e-6)
    assert plan.status == "optimal"
    assert plan.bound == pytest.approx(plan.objective, rel=1e-6, abs=1e-6)


@given(cities(), st.integers(1, 3))
@settings(max_examples=examples(25), deadline=None)
def test_floors_come_before_streets_of_their_own(city, new):
    """Every street at 40 %: of the choices that keep to it as many streets as can be have a centre."""
    demand, cost, street_of, _ = city
    near = cost[cost <= 400].reset_index()

    def is_kept(some):
        reached = demand.index.isin(near.loc[near["facility"].isin([*some, "h"]), "demand"])
        share = (demand["people"] * reached).groupby(demand["street"]).sum()
        return (share >= 0.4 * demand.groupby("street")["people"].sum() - 1e-9).all()

    labels = street_of.index.drop("h")
    every = [s for n in range(new + 1) for s in itertools.combinations(labels, n) if is_kept(s)]
    rules = Rules(required=["h"], floor_by_street=0.4, least_by_street=1, street_of=street_of)
    how = {"new": new, "cutoff": 400, "weight": "people", "rules": rules}
    if not every:
        with pytest.raises(InfeasibleError):
            siting.maximize_coverage(demand, cost, **how)
        return
    plan = siting.maximize_coverage(demand, cost, **how)
    most = max(served(street_of, [*some, "h"], 1) for some in every)
    assert is_kept(plan.sites.index)
    assert served(street_of, [*plan.sites.index, "h"], 1) == most
    best = [s for s in every if served(street_of, [*s, "h"], 1) == most]

    def covered(some):
        is_near = demand.index.isin(near.loc[near["facility"].isin([*some, "h"]), "demand"])
        return demand["people"][is_near].sum()

    assert plan.objective == pytest.approx(max(map(covered, best)))


@given(cities())
@settings(max_examples=examples(10), deadline=None)
def test_no_alternative_leaves_more_streets_without(city):
    demand, cost, street_of, _ = city
    import geopandas as gpd

    points = gpd.GeoSeries.from_xy(range(0, 3500, 500), [0] * 7, index=street_of.index)
    rules = Rules(required=["h"], least_by_street=1, street_of=street_of)
    how = {"new": 2, "cutoff": 400, "weight": "people", "rules": rules}
    best = siting.maximize_coverage(demand, cost, **how)
    found = siting.alternatives(
        siting.maximize_coverage, best, demand, cost, points, count=2, within=0.5, **how
    )
    for _, other in found:
        assert served(street_of, [*other.sites.index, "h"], 1) >= served(street_of, [*best.sites.index, "h"], 1)  # fmt: skip


def test_what_cannot_be_meant_is_said_with_a_mend():
    demand = pd.DataFrame({"people": [1.0], "street": ["A"]}, index=["p"])
    pairs = pd.MultiIndex.from_tuples([("p", "a"), ("p", "b")], names=["demand", "facility"])
    cost = pd.Series(100.0, index=pairs)
    how = {"new": 1, "cutoff": 400, "weight": "people"}
    only_a = pd.Series("A", index=["a"])
    for rules, said in (
        (Rules(least_by_street=0, street_of=only_a), "least_by_street is 0; write a whole"),
        (Rules(least_by_street=1.5, street_of=only_a), "least_by_street is 1.5; write a whole"),
        (Rules(least_by_street=1), "needs street_of"),
        (Rules(least_by_street=1, street_of=only_a), r"1 labels are missing \('b'\); add"),
    ):
        with pytest.raises(ValidationError, match=said):
            siting.maximize_coverage(demand, cost, **how, rules=rules)
    with pytest.raises(ValidationError, match="use floor_by_street"):
        siting.fewest_for_ede(
            demand, cost, ede=50, weight="people", rules=Rules(least_by_street=1, street_of=only_a)
        )
