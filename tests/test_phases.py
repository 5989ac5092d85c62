"""What to build when, against brute force on small problems and plain runs for each year."""

import itertools
import json
import math
import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import datasets, siting
from carecircles.errors import ValidationError
from carecircles.siting import Phase, Rules
from tests.examples import examples
from tests.test_cli import refused, run

SITES = [f"c{n}" for n in range(5)]


@st.composite
def timetables(draw):
    """Three phases over ten places: people who come and go, five candidates, centres that close; means and prices."""
    rng = np.random.default_rng(draw(st.integers(0, 1_000_000)))
    is_priced, count = draw(st.booleans()), draw(st.integers(1, 3))
    places = [f"p{n}" for n in range(10)]
    near = {label: rng.random(10) < 0.35 for label in [*SITES, "h1", "h2"]}
    pairs = [(place, label) for label, row in near.items() for place, is_near in zip(places, row, strict=True) if is_near]  # fmt: skip
    index = pd.MultiIndex.from_product([places, [*SITES, "h1", "h2"]], names=["demand", "facility"])
    cost = pd.Series(900.0, index=index)
    cost.loc[pairs] = 100.0
    prices = pd.Series(rng.choice([1.0, 1.5, 2.0, 0.7], 5), index=SITES)
    phases = []
    for number in range(count):
        people = rng.integers(0, 20, 10).astype(float) * rng.choice([0, 1, 1], 10)
        means = {"budget": float(rng.choice([0, 1, 1.7, 3]))} if is_priced else {"new": int(rng.integers(0, 3))}  # fmt: skip
        there = [h for h in ("h1", "h2") if rng.random() < 0.5]
        weight = float(rng.choice([0.5, 1.0, 3.0]))
        demand = pd.DataFrame({"people": people}, index=places)
        phases.append(Phase(f"{2027 + number}", demand, cost, there, weight=weight, **means))
    return phases, near, prices if is_priced else None, draw(st.booleans())


def people_in(phase, near, opened):
    is_near = np.zeros(10, dtype=bool)
    for label in [*phase.required, *opened]:
        is_near |= near[label]
    return float(phase.demand["people"][is_near].sum())


def is_paid(phases, opened, prices, carry):
    left = 0.0
    for number, phase in enumerate(phases):
        means = phase.budget if phase.new is None else phase.new
        spent = sum(1.0 if prices is None else prices[s] for s, first in opened.items() if first == number)  # fmt: skip
        left = means - spent + (left if carry else 0.0)
        if left < -1e-9:
            return False
    return True


def then(opened, number):
    return [label for label, first in opened.items() if first <= number]


def worth(phases, near, opened):
    return sum(p.weight * people_in(p, near, then(opened, n)) for n, p in enumerate(phases))


@given(timetables())
@settings(max_examples=examples(80), deadline=None)
def test_the_timetable_is_the_best_of_all_there_are(asked):
    phases, near, prices, carry = asked
    found = siting.maximize_in_phases(
        phases, candidates=SITES, prices=prices, carry=carry, cutoff=700, weight="people"
    )
    every = [
        opened
        for firsts in itertools.product(range(len(phases) + 1), repeat=5)
        if is_paid(phases, opened := dict(zip(SITES, firsts, strict=True)), prices, carry)
    ]
    best = max(worth(phases, near, opened) for opened in every)
    assert found.objective == pytest.approx(best, abs=1e-6)
    assert found.bound == pytest.approx(best, abs=1e-5)
    assert (found.status, found.gap) == ("optimal", 0)
    names = [phase.name for phase in phases]
    opened = {label: names.index(name) for label, name in found.sites["phase"].items()}
    assert is_paid(phases, opened, prices, carry)
    assert worth(phases, near, opened) == pytest.approx(best)
    assert found.before == pytest.approx(worth(phases, near, {}))
    cumulative = found.sites.groupby("phase")["cumulative"].max()
    for number, (phase, (_, row)) in enumerate(zip(phases, found.phases.iterrows(), strict=True)):
        own = people_in(phase, near, then(opened, number))
        assert row["covered"] == pytest.approx(own)
        assert cumulative.get(phase.name, own) == pytest.approx(own)
        assert row["before"] == people_in(phase, near, [])
        assert row["opened"] == list(opened.values()).count(number)
        # The best that all means up to this phase can do for it alone, by looking at all choices.
        money = sum(p.budget if p.new is None else p.new for p in phases[: number + 1])
        free = max(
            people_in(phase, near, some)
            for count in range(6)
            for some in itertools.combinations(SITES, count)
            if sum(1.0 if prices is None else prices[s] for s in some) <= money + 1e-9
        )
        assert (row["free"], row["regret"]) == pytest.approx((free, free - own))


@given(timetables())
@settings(max_examples=examples(15), deadline=None)
def test_what_nobody_needs_can_close_and_all_else_cannot(asked):
    phases, near, prices, carry = asked
    how = {"cutoff": 700, "weight": "people"}
    found = siting.maximize_in_phases(phases, candidates=SITES, prices=prices, carry=carry, **how)
    later = Phase("2040", phases[0].demand * 0.0, phases[0].cost, new=0)
    told = siting.unneeded(found, [*phases, later], **how)
    names = [phase.name for phase in phases]
    opened = {label: names.index(name) for label, name in found.sites["phase"].items()}
    expected = {
        (label, phase.name)
        for number, phase in enumerate([*phases, later])
        for label in then(opened, number)
        if opened[label] < number
        and people_in(phase, near, then(opened, number))
        == people_in(phase, near, set(then(opened, number)) - {label})
    }
    assert set(told) == expected
    assert {label for label, name in told if name == "2040"} == set(opened)


def test_the_best_by_year_may_have_to_wait_and_one_of_greed_is_worse():
    """One centre, now: a is best today, b once people have moved, which counts twice."""
    places = ["p", "q", "r"]
    pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b"), ("p", "c")]
    cost = pd.Series(1.0, index=pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"]))
    now, later = (pd.DataFrame({"people": some}, index=places) for some in ([4.0, 3, 2], [1, 3, 6]))
    phases = [Phase("2027", now, cost, new=1), Phase("2028", later, cost, new=0, weight=2)]
    found = siting.maximize_in_phases(phases, cutoff=1, weight="people")
    alone = siting.maximize_coverage(
        now, cost, new=1, cutoff=1, weight="people", rules=Rules(candidates=["a", "b", "c"])
    )
    assert alone.sites.index.tolist() == ["a"]  # 7 now, but 4 later: 7 + 2 x 4 = 15
    assert found.sites.index.tolist() == ["b"]  # 5 now, 9 later: 5 + 2 x 9 = 23
    assert found.objective == 23
    assert found.phases["regret"].tolist() == [2.0, 0.0]


def test_what_cannot_be_asked_is_said_all_at_once():
    demand = pd.DataFrame({"people": [1.0]}, index=["p"])
    cost = pd.Series(1.0, index=pd.MultiIndex.from_tuples([("p", "a")], names=["demand", "facility"]))  # fmt: skip
    phases = [
        Phase("2027", demand, cost, budget=math.nan, weight=0.0),
        Phase("2027", demand, cost, new=1.5, weight=-1.0),  # type: ignore[arg-type]
        Phase("2028", demand, cost, weight=math.inf),
    ]
    with pytest.raises(ValidationError) as told:
        siting.maximize_in_phases(phases, cutoff=1, weight="people")
    for said in (
        "names are there more than once (2027, 2027, 2028)", "some have a number of centres and some a budget",
        "phase 2027: the budget is nan; write 0 or more", "phase 2027: the weight is 0; write a number above 0",
        "phase 2027: new is 1.5; write a whole number", "the weight is -1", "the weight is inf",
        "phase 2028: say how many new centres", "a budget needs prices",
    ):  # fmt: skip
        assert said in str(told.value)
    with pytest.raises(ValidationError, match=r"1 labels are in no cost table \('z'\); take them out"):  # fmt: skip
        siting.maximize_in_phases([Phase("1", demand, cost, new=1)], candidates=["a", "z"], cutoff=1, weight="people")  # fmt: skip
    with pytest.raises(ValidationError, match="there is none"):
        siting.maximize_in_phases([], cutoff=1)


@pytest.fixture
def growing(tmp_path):
    """The template's area with people of three years, a centre that closes, and priced candidates."""
    folder = tmp_path / "area"
    shutil.copytree(datasets.folder("template"), folder)
    people = pd.read_csv(folder / "population.csv", dtype={"code": str})
    grown = []
    for year, factors in ((2026, (1, 1, 1, 1)), (2029, (0.5, 1, 2, 3)), (2035, (0, 1, 2, 3))):
        then = people.copy()
        groups = [c for c in then if str(c).startswith("people")]
        for place, factor in enumerate(factors):
            then.loc[place, groups] = (then.loc[place, groups].astype(float) * factor).round()
        grown.append(then.assign(year=year))
    pd.concat(grown).to_csv(folder / "population.csv", index=False)
    (tmp_path / "lease.toml").write_text(
        'name = "租约到期"\nname_en = "A lease ends"\n[[step]]\nclose = "A1"\ndate = 2028-06-30\n',
        encoding="utf-8",
    )
    return tmp_path


AREA = ("--area", "area", "--cell", 200)


def test_phases_of_an_area_whose_people_and_centres_change(growing):
    """Each phase at its best alone is what `site` finds for that year; the scenario told anew is the timetable."""
    done = run(
        "site", "--phases", "2027,2028,2029", "--new", "1,0,1", "--candidates", "grid", "--spacing", 400, *AREA,
        "--steps", "lease.toml", "--scenario", "plan.toml", "--format", "json", "--map", "map.html", cwd=growing,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["status"] == "optimal"
    told = record["phases"]
    assert [row["opened_sites"] for row in told] == [1, 0, 1]
    assert told[1]["before_people_60"] < told[0]["before_people_60"]  # the lease has ended
    assert record["objective"] == pytest.approx(sum(r["covered_people_60"] for r in told), abs=0.01)
    again = run(
        "timeline",
        "plan.toml",
        "--from",
        2027,
        "--to",
        2029,
        *AREA,
        "--format",
        "json",
        cwd=growing,
    )
    days = json.loads(again.stdout)["plans"][1]["days"]
    assert [day["covered_people_60"] for day in days] == pytest.approx(
        [row["covered_people_60"] for row in told], abs=0.01
    )
    for row, year, new, centres in zip(told, (2027, 2028, 2029), (1, 1, 2), ("", *["A1"] * 2), strict=True):  # fmt: skip
        (growing / "now.csv").write_bytes((growing / "area" / "centres.csv").read_bytes())
        table = pd.read_csv(growing / "now.csv", dtype=str)
        table[table["id"] != centres].to_csv(growing / "now.csv", index=False)
        plain = run(
            "site", "--new", new, "--year", year, "--candidates", "grid", "--spacing", 400, *AREA,
            "--centres", "now.csv", "--format", "json", cwd=growing,
        )  # fmt: skip
        assert plain.returncode == 0, plain.stderr
        assert row["free_people_60"] == pytest.approx(json.loads(plain.stdout)["objective"], abs=0.01)  # fmt: skip
    assert "New centre 1" in (growing / "map.html").read_text(encoding="utf-8")


def test_budgets_are_kept_to_and_what_is_left_is_carried_on(growing):
    """Three sites at 80 each: 100 and 60 buy one, and a second when 20 are carried on."""
    spots = pd.DataFrame(
        {"id": ["N1", "N2", "N3"], "name": ["甲", "乙", "丙"], "lon": [110.025, 110.014, 110.020], "lat": [35.021, 35.013, 35.015], "price": [80] * 3}
    )  # fmt: skip
    spots.to_csv(growing / "places.csv", index=False)
    asked = (
        "site",
        "--phases",
        "2027,2029",
        "--budget",
        "100,60",
        "--candidates",
        "places.csv",
        *AREA,
    )
    opened = []
    for more in ((), ("--carry",)):
        done = run(*asked, *more, "--format", "json", "--out", "plan.xlsx", cwd=growing)
        assert done.returncode == 0, done.stderr
        opened.append([row["opened_sites"] for row in json.loads(done.stdout)["phases"]])
    assert opened == [[1, 0], [1, 1]]
    sheets = pd.read_excel(growing / "plan.xlsx", sheet_name=["Table", "Phases"])
    assert len(sheets["Table"]) == 2
    assert sheets["Phases"]["New centres"].tolist() == [1, 1]
    done = run(*asked, "--carry", "--out", "plan.csv", cwd=growing)  # one table a file: two files
    told = pd.read_csv(growing / "plan-phases.csv", dtype={"phase": str}).set_index("phase")
    assert told["spent"].to_dict() == {"2027": 80, "2029": 80}
    assert "plan-phases.csv" in done.stdout
    done = run(*asked, "--carry", "--weights", "2,1", "--lang", "zh", cwd=growing)
    assert done.returncode == 0, done.stderr
    for said in ("分期", "遗憾", "权重", "支出", "结余结转下期", "已证明"):
        assert said in done.stdout


def test_wrong_phases_are_told_at_once_in_both_languages(growing):
    asked = ("site", "--phases", "2028,2027,2027", "--new", "3,x", "--weights", "0,1,-2", "--floor-by-street", "0.5", "--year", "2027", "--gap", "2", "--sure", *AREA)  # fmt: skip
    said = refused(*asked, "--lang", "en", cwd=growing)
    for line in (
        "out of order (2027 after 2028, 2027 after 2027)", "--new: x will not do; write a number from 0 to 1,000",
        "--new has 2 numbers for 3 phases", "--weights: 0, -2 will not do; write numbers above 0",
        "--floor-by-street does not go with --phases", "--sure does not go with --phases", "--year does not go with --phases", "--gap is 2",
    ):  # fmt: skip
        assert line in said
    said = refused(*asked, "--lang", "zh", cwd=growing)
    assert "次序不对" in said
    assert said.count("\n") == 9
    said = refused("site", "--phases", "2040,2041", "--new", "1,1", *AREA, "--lang", "en", cwd=growing)  # fmt: skip
    assert "2040" in said
    assert "2041" in said
    said = refused("site", "--phases", "soon", "--budget", "nan", *AREA, "--lang", "en", cwd=growing)  # fmt: skip
    assert "soon is no year" in said
    assert "--budget: nan will not do" in said
    assert "--budget needs --candidates with a file" in said
