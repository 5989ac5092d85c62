"""Who finds a place: formulas by hand, transport beside scipy and every way there is, and the command."""

import dataclasses
import itertools
import json
import tomllib
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from carecircles import area, datasets, grid, io, load, people, plan, scenario, siting
from carecircles.errors import OutOfTimeError, ValidationError
from carecircles.load import _transport
from carecircles.reach import CostTable
from tests import test_cli
from tests.examples import examples

REACH = 700.0


def costs(pairs):
    """A cost table of metres by (cell, centre)."""
    index = pd.MultiIndex.from_tuples(list(pairs), names=["demand", "facility"])
    return CostTable(pd.Series([float(m) for m in pairs.values()], index=index), cutoff=REACH)


@pytest.fixture
def town():
    """
    Four houses on a street, centres a and b near its ends: p and q reach a, q and r reach b, s neither.

    a has 2 places, b has 6; of c, which r reaches too, nobody says how many it has.
    """
    people = pd.Series({"p": 3.0, "q": 4.0, "r": 2.0, "s": 1.0})
    pairs = {
        ("p", "a"): 100,
        ("q", "a"): 300,
        ("q", "b"): 400,
        ("r", "b"): 700,  # on the limit
        ("r", "c"): 600,
    }
    return people, costs(pairs), pd.Series({"a": 2.0, "b": 6.0, "c": np.nan})


def test_everyone_goes_to_the_nearest_centre(town):
    """Seven come to a for two places, two to c of which nobody knows, nobody to b."""
    made = load.by_nearest(*town)
    assert made.flows.to_dict() == {("p", "a"): 3, ("q", "a"): 4, ("r", "c"): 2}
    assert made.centres["assigned"].to_dict() == {"a": 7, "b": 0, "c": 2}
    assert made.centres["used"].fillna(-1).tolist() == [3.5, 0, -1]
    assert made.centres["left_over"].fillna(-1).tolist() == [5, 0, -1]
    assert made.centres["goes_m"].fillna(-1).tolist() == [(3 * 100 + 4 * 300) / 7, -1, 600]
    assert made.cells["served"].tolist() == pytest.approx([3 * 2 / 7, 4 * 2 / 7, 0, 0])
    assert made.cells["left_over"].tolist() == pytest.approx([3 * 5 / 7, 4 * 5 / 7, 0, 1])
    assert made.cells["unsaid"].tolist() == [0, 0, 2, 0]


def test_shared_out_nobody_is_left_over_who_need_not_be(town):
    """b takes the four at q, so that a has room for two at p: one is left there, and s; r waits for nobody."""
    made = load.by_transport(*town)
    assert made.flows.to_dict() == {("p", "a"): 2, ("q", "b"): 4, ("r", "b"): 2}
    assert made.cells["left_over"].to_dict() == {"p": 1, "q": 0, "r": 0, "s": 1}
    assert made.centres["left_over"].fillna(-1).tolist() == [1, 0, -1]
    by_street = load.by_street(made, pd.Series({"p": "W", "q": "W", "r": "E", "s": "E"}))
    assert by_street["left_over"].to_dict() == {"E": 1, "W": 1}
    assert by_street["left_over_share"].to_dict() == pytest.approx({"E": 1 / 3, "W": 1 / 7})


def test_who_has_no_other_centre_comes_first(town):
    """With two places at b those at q and r vie for it; who may yet find one at c waits."""
    people, cost, places = town
    made = load.by_transport(people, cost, places.where(places.index != "b", 2.0))
    assert made.cells["unsaid"]["r"] == 2
    assert made.cells["served"].to_dict() == {"p": 2, "q": 2, "r": 0, "s": 0}


@pytest.mark.parametrize("by", [load.by_nearest, load.by_transport])
def test_nobody_and_nothing_are_ordinary(town, by):
    people, cost, places = town
    none = by(people * 0, cost, places)
    assert none.cells.to_numpy().sum() == 0
    assert len(none.flows) == 0
    unknown = by(people, cost, places * np.nan)
    assert unknown.cells["unsaid"].sum() == 9
    assert unknown.cells["left_over"].to_dict() == {"p": 0, "q": 0, "r": 0, "s": 1}
    full = by(people, cost, places * 0)
    assert full.cells["served"].sum() == 0
    alone = by(people, costs({}), pd.Series(dtype=float))
    assert alone.cells["left_over"].sum() == 10


def test_scores_by_hand(town):
    """Of a's 2 places 7 people have a share, of b's 6 places 6; r is on the limit."""
    people, cost, places = town
    assert load.two_step(people, cost, places).tolist() == pytest.approx(
        [2 / 7, 2 / 7 + 6 / 6, 6 / 6, 0]
    )
    # p and q lie in the first and second third of the way to a, q and r in the second and last to b.
    a, b = 2 / (3 * 1 + 4 * 0.68), 6 / (4 * 0.68 + 2 * 0.22)
    assert load.enhanced(people, cost, places).tolist() == pytest.approx(
        [a, 0.68 * (a + b), 0.22 * b, 0]
    )
    end = np.exp(-0.5)
    w = {m: (np.exp(-0.5 * (m / 700) ** 2) - end) / (1 - end) for m in (100, 300, 400, 700)}
    a, b = 2 / (3 * w[100] + 4 * w[300]), 6 / (4 * w[400] + 2 * w[700])
    assert load.gaussian(people, cost, places).tolist() == pytest.approx(
        [a * w[100], a * w[300] + b * w[400], 0, 0], abs=1e-12
    )
    # p has 2 places to choose from, q 8, r 6: a is asked for by 3/2 + 4/8 for each of its places.
    assert load.crowding(people, cost, places).fillna(-1).tolist() == pytest.approx(
        [3 / 2 + 4 / 8, 4 / 8 + 2 / 6, -1]
    )
    with pytest.raises(ValidationError, match=r"steps are 0\.5: 1; write shares of the reach"):
        load.enhanced(people, cost, places, steps=[(0.5, 1.0)])


def textbook(people, cost, places):
    """How few can be left over and how few metres they then go together, by scipy one after the other."""
    pairs = list(cost.table.index)
    some = [(n, *pair) for n, pair in enumerate(pairs) if not np.isnan(places[pair[1]])]
    metres = np.array([cost.table.iloc[n] for n, *_ in some])
    rows = [[float(cell == i) for _, cell, _ in some] for i in people.index]
    rows += [[float(centre == j) for _, _, centre in some] for j in places.index]
    limits = [*people, *places.fillna(0.0)]
    if not some:
        return people.sum(), 0.0
    most = linprog(-np.ones(len(some)), A_ub=rows, b_ub=limits)
    sent = -most.fun
    least = linprog(metres, A_ub=[*rows, -np.ones(len(some))], b_ub=[*limits, -sent + 1e-9])
    return people.sum() - sent, least.fun


@st.composite
def towns(draw):
    cells, centres = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    few = st.integers(0, 5)
    people = pd.Series([float(draw(few)) / 2 for _ in range(cells)], index=list("pqrstuv")[:cells])
    places = pd.Series(
        [draw(st.sampled_from([0.0, 1.0, 2.5, 6.0, np.nan])) for _ in range(centres)],
        index=list("abcd")[:centres],
    )
    every = itertools.product(people.index, places.index)
    pairs = {pair: draw(st.integers(0, 7)) * 100 for pair in every if draw(st.booleans())}
    return people, costs(pairs), places


@settings(max_examples=examples(60), deadline=None)
@given(towns())
def test_shared_out_as_scipy_does(case):
    people, cost, places = case
    made = load.by_transport(people, cost, places)
    left, metres = textbook(people, cost, places)
    assert made.cells[["left_over", "unsaid"]].to_numpy().sum() == pytest.approx(left, abs=1e-6)
    if places.notna().all():  # else who goes first is another aim before the metres
        goes = (made.flows * cost.table.loc[made.flows.index]).sum() if len(made.flows) else 0.0
        assert goes == pytest.approx(metres, abs=1e-3)


def test_shared_out_as_the_best_of_every_way_there_is():
    """Whole people and places: each person is tried at every centre and at none."""
    rng = np.random.default_rng(3)
    for _ in range(4):
        people = pd.Series(1.0, index=list("pqrst"))
        places = pd.Series(rng.integers(0, 3, 3).astype(float), index=list("abc"))
        pairs = {
            pair: 100 * rng.integers(1, 8)
            for pair in itertools.product(people.index, places.index)
            if rng.random() < 0.6
        }
        cost = costs(pairs)
        best = (len(people), 0.0)
        for way in itertools.product([None, *places.index], repeat=len(people)):
            goes = [(i, j) for i, j in zip(people.index, way, strict=True) if j is not None]
            if any(pair not in pairs for pair in goes):
                continue
            if any(way.count(j) > places[j] for j in places.index):
                continue
            best = min(best, (len(people) - len(goes), float(sum(pairs[pair] for pair in goes))))
        made = load.by_transport(people, cost, places)
        goes = (made.flows * cost.table.loc[made.flows.index]).sum() if len(made.flows) else 0.0
        assert (made.cells["left_over"].sum(), goes) == pytest.approx(best)


@settings(max_examples=examples(40), deadline=None)
@given(towns(), st.sampled_from(["a", "b", "c", "d"]), st.sampled_from([0.5, 3.0]))
def test_nobody_is_lost_and_nobody_is_over(case, one, more):
    """People are conserved, no centre is over its places, and more places never leave more over."""
    people, cost, places = case
    for by in (load.by_nearest, load.by_transport):
        made = by(people, cost, places)
        cells = made.cells
        assert (cells >= 0).all(axis=None)
        parts = cells[["served", "left_over", "unsaid"]].sum(axis=1)
        pd.testing.assert_series_equal(parts, people, check_names=False)
        assert cells["served"].sum() <= places.sum() + 1e-9
        larger = places + pd.Series({one: more}).reindex(places.index).fillna(0.0)
        after = by(people, cost, larger).cells
        assert after["served"].sum() >= cells["served"].sum() - 1e-9
    assert (made.centres["assigned"] <= places.fillna(0) * (1 + 1e-12)).all()
    assert made.cells["served"].sum() >= load.by_nearest(people, cost, places).cells[
        "served"
    ].sum() * (1 - 1e-9)


@settings(max_examples=examples(40), deadline=None)
@given(towns(), st.randoms())
def test_scores_share_out_all_places_once(case, random):
    """What all have within reach is what centres hold that anyone reaches; row order does not matter."""
    people, cost, places = case
    counted = cost.table.index[[people[cell] > 0 for cell, _ in cost.table.index]]
    reached = places[places.index.isin(counted.get_level_values(1))].sum()
    for score in (load.two_step, load.enhanced):
        access = score(people, cost, places)
        assert (access * people).sum() == pytest.approx(reached)
    crowd = load.crowding(people, cost, places)
    offered = [c for c in people.index if any(places.get(j, 0) > 0 for i, j in counted if i == c)]
    assert (crowd * places).sum() == pytest.approx(people[offered].sum())
    order = list(cost.table.index)
    random.shuffle(order)
    mixed = CostTable(cost.table.loc[order] if order else cost.table, REACH)
    pd.testing.assert_series_equal(
        load.two_step(people[::-1], mixed, places[::-1])[people.index],
        load.two_step(people, cost, places),
    )


def test_an_answer_that_is_not_the_best_is_not_believed(town, monkeypatch):
    """A solver that sends nobody anywhere, or too many, and calls it optimal: its own prices prove it wrong."""
    run = _transport._highs.run

    def idle(program, **options):
        answer = run(program, **options)
        return answer._replace(values=np.zeros(len(answer.values)))

    monkeypatch.setattr(_transport._highs, "run", idle)
    with pytest.raises(Exception, match=r"no more than .* is proven\. Install another release"):
        load.by_transport(*town)
    monkeypatch.setattr(
        _transport._highs, "run", lambda p, **o: run(p, **o)._replace(values=p.objective * 0 + 9)
    )
    with pytest.raises(Exception, match="does not keep to a row of the model"):
        load.by_transport(*town)
    with pytest.raises(OutOfTimeError, match="no answer in 1e-09 seconds"):
        load.by_transport(*town, time_limit=1e-9)


NEEDS = pd.DataFrame(
    {"group": ["60+", "people_80"], "kind": ["床位", "beds"], "per_1000": ["20", 60]}
)


def test_everyone_needs_by_the_narrowest_group():
    """800 of 60 to 79 need 16 beds, 200 of 80 and more need 12, those of 65 and more are not told apart."""
    cells = pd.DataFrame({"people_60": [1000.0], "people_65": [600.0], "people_80": [200.0]})
    assert load.in_need(cells, io.read_needs(NEEDS), "beds").tolist() == [28]
    assert load.in_need(cells, io.read_needs(NEEDS), "capacity").tolist() == [0]
    fewer = NEEDS.assign(per_1000=[20, 0])
    assert load.in_need(cells, io.read_needs(fewer), "beds").tolist() == [16]


def test_what_is_wrong_with_needs_is_told_at_once():
    wrong = pd.DataFrame(
        {
            "group": ["60+", "60+", "${x}", "80+", "80+"],
            "kind": ["beds", "床位", "beds", "chess", "capacity"],
            "per_1000": [1001, -1, "many", 3, 4],
        }
    )
    with pytest.raises(ValidationError) as err:
        io.read_needs(wrong)
    told = "\n".join(err.value.problems)
    for line in (
        "`needs`, row 2 ('${x}'): group is not known; write one of people, people_60,",
        "`needs`, row 3 ('chess'): kind is not known; write one of capacity, day_places, beds,",
        "`needs`, row 2 ('many'): per_1000 is not a number",
        "`needs`, rows 0 (1001), 1 (-1): per_1000 is not from 0 to 1,000; write how many of 1,000",
        "`needs`, rows 0 ('people_60, beds'), 1 ('people_60, beds'): group and kind are there more",
    ):
        assert line in told
    disabled = {"name": "残疾", "name_en": "disabled", "part_of": "people_60"}
    own, _ = people.declared({"people_disabled": disabled})
    both = pd.DataFrame({"group": ["people_80", "disabled"], "kind": "beds", "per_1000": 5})
    with pytest.raises(ValidationError, match="neither is part of the other"):
        io.read_needs(both, groups=own)
    with pytest.raises(ValidationError, match="there is no column per_1000"):
        io.read_needs(both[["group", "kind"]], groups=own)
    with pytest.raises(ValidationError, match="the population has no people_80; add those people"):
        template = datasets.load("template")
        fewer = template.population.drop(columns="people_80")
        area.with_needs(dataclasses.replace(template, population=fewer), NEEDS)


CENTRES = """\
编号,名称,经度,纬度,床位总数,医养床位,康复床位,家庭养老床位,日间照料位,建设性质,建筑面积,所在楼层,建设时序
A,${x}<b>,110.0070,35.0060,60,20,10,,30个,保留,850平方米,1-2层,近期
B,{{7*7}},110.0250,35.0080,30,,,8,,扩建,,,far
C,c,110.0080,35.0210,,,,,,,,,
"""


def test_what_plans_say_of_a_centre_is_read_and_carried_on(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text(CENTRES, encoding="utf-8")
    folder = datasets.folder("template")
    read = area.read_area(folder, centres=path, datum="wgs84").facilities
    assert read["beds"].fillna(-1).tolist() == [60, 30, -1]
    assert read["beds_medical"].fillna(-1).tolist() == [20, -1, -1]
    assert read["beds_family"].fillna(-1).tolist() == [-1, 8, -1]
    assert read["day_places"].fillna(-1).tolist() == [30, -1, -1]
    assert read["state"].tolist() == ["kept", "enlarged", ""]
    assert read["term"].tolist() == ["near", "far", ""]
    assert read["floor"].tolist() == ["1-2层", "", ""]
    assert read["area_m2"].fillna(-1).tolist() == [850, -1, -1]
    assert io.roles_of(path) == ["centres"]
    wrong = CENTRES.replace("60,20,10", "25,20,-6").replace("扩建", "吊销").replace("far", "2035")
    path.write_text(wrong.replace("30,,,8", "7,,,8"), encoding="utf-8")
    with pytest.raises(ValidationError) as err:
        area.read_area(folder, centres=path, datum="wgs84")
    told = "\n".join(err.value.problems)
    for line in (
        "c.csv, row 2 ('-6'): beds_rehabilitation is negative; write how many such beds it has",
        "c.csv, row 3 ('8 > 7'): beds_medical, beds_rehabilitation, beds_family come to more than",
        "c.csv, row 3 ('吊销'): state is not known; write one of kept (保留), new (新建),",
        "c.csv, row 3 ('2035'): term is not known; write one of near (近期), far (远期)",
    ):
        assert line in told, told


def test_a_scenario_enlarges_a_centre(template_plan):
    """A1 can serve 120 people: 300 after the step, which says nothing of its beds."""
    step = {"enlarge": "A1", "capacity": 300, "date": "2026"}
    new = {"open": "N", "street": "S4", "beds": 20, "beds_family": 5, "state": "改建", "floor": "2"}
    made = scenario.parse({"name": "More", "step": [step, new]})
    again = scenario.parse(tomllib.loads(scenario.scenario_text(made)))
    columns = ["act", "to", "capacity", "beds", "beds_family", "state", "floor", "date"]
    pd.testing.assert_frame_equal(again.steps[columns], made.steps[columns])
    after = plan.carry_out(template_plan, made)
    row, opened = (after.area.facilities.loc[label] for label in ("A1", "N"))
    assert (row["capacity"], row["state"], np.isnan(row["beds"])) == (300, "enlarged", True)
    assert opened[["beds", "beds_family", "state", "floor"]].tolist() == [20, 5, "converted", "2"]
    before = load.of_plan(template_plan).district
    assert load.of_plan(after).district["served"] == pytest.approx(before["served"] + 180)
    early = scenario.parse({"name": "Early", "as_of": "2025-12-31", "step": [step]})
    assert scenario.apply(template_plan.area, early).facilities["capacity"]["A1"] == 120


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            {"enlarge": "A1"},
            "does not say what the centre holds then; write one or more of capacity",
        ),
        ({"enlarge": "A1", "capacity": 119}, "capacity is 119, but the centre has 120 already"),
        ({"enlarge": "A1", "beds": "many"}, "beds is 'many', not a number; write how many beds"),
        ({"enlarge": "A1", "beds": -1}, "beds is '-1'; write how many beds it has in all"),
        ({"enlarge": "A1", "beds": 5, "beds_family": 6}, "come to more than beds"),
        ({"enlarge": "A9", "beds": 5}, "there is no centre 'A9'"),
        ({"enlarge": "A1", "beds": 5, "services": "meals"}, "unknown with enlarge: 'services'"),
        ({"open": "N", "street": "S4", "state": "sold"}, "state is not known"),
    ],
)
def test_what_cannot_be_enlarged_is_refused(template_plan, step, said):
    with pytest.raises(ValidationError) as err:
        plan.carry_out(template_plan, scenario.parse({"name": "x", "step": [step]}))
    assert said.replace("'-1'", "-1") in "\n".join(err.value.problems).replace("'-1'", "-1")


@pytest.fixture(scope="module")
def template_plan():
    template = datasets.load("template")
    demand = grid.make_demand(template.streets, template.population, cell=200)
    return plan.evaluate(template, demand)


def test_the_command_says_who_is_left_over(tmp_path):
    """As its user would: a table, JSON, CSV and Excel, by needs and shared out, in both languages."""
    test_cli.run("init", "mine", cwd=tmp_path)
    mine = tmp_path / "mine"
    (mine / "centres.csv").write_text(CENTRES, encoding="utf-8")
    (mine / "needs.csv").write_text("人群,种类,每千人,依据\n60+,床位,20,示例\n", encoding="utf-8")
    (mine / "more.toml").write_text(
        'name = "More"\n[[step]]\nenlarge = "A"\nbeds = 500\n', encoding="utf-8"
    )
    asked = ("load", "--area", "mine", "--cell", "200", "--kind", "beds", "--by", "transport")
    files = ("--out", "l.xlsx", "--map", "l.html")
    done = test_cli.run(*asked, *files, "--lang", "zh", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "每 1,000 人的需求（床位；needs.csv，示例）：60岁及以上 20；合计 480 人。" in done.stdout
    assert "3 个中心中有 1 个未注明床位：C。" in done.stdout
    assert "${x}<b> (A)" in done.stdout
    page = (tmp_path / "l.html").read_text(encoding="utf-8")
    assert "People who come to each centre" in page
    assert "x}<b>" not in page  # names are data, escaped
    assert "x}\\u003cb\\u003e" in page
    book = pd.read_excel(tmp_path / "l.xlsx")
    assert book["床位"].fillna(-1).tolist() == [60, 30, -1]
    assert book["状态"].fillna("").tolist() == ["kept", "enlarged", ""]
    records = []
    for more in ((), ("--scenario", "mine/more.toml")):
        done = test_cli.run(*asked, *more, "--format", "json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        records.append(json.loads(done.stdout))
    was, then = (record["district"] for record in records)
    parts = [was[part] for part in ("served", "left_over", "unsaid")]
    assert sum(parts) == pytest.approx(480, abs=0.01)
    assert then["served"] > was["served"]
    assert records[1]["centre_loads"][0]["state"] == "enlarged"
    loads = {row["id"]: row for row in records[0]["centre_loads"]}
    assert (loads["B"]["assigned"], loads["B"]["used"], loads["C"]["places"]) == (30, 1, None)
    done = test_cli.run(*asked, "--of", "streets", "--format", "csv", cwd=tmp_path)
    assert done.stdout.splitlines()[-1].startswith("district,")


def test_the_command_refuses_all_at_once(tmp_path):
    Path(tmp_path / "n.csv").write_text("group,kind,per_1000\n60+,beds,2000\n", encoding="utf-8")
    asked = ("--time-limit", "0", "--out", "x.doc", "--scenario", "no", "--bundle", "basic")
    done = test_cli.run("load", *asked, "--budget", "3", cwd=tmp_path)
    assert done.returncode == 2
    for said in (
        "--time-limit is 0",
        "x.doc has to end in",
        "scenario 'no' is no file",
        "--bundle does not go with load, which asks how much each centre holds; use --service",
        "--budget goes with --candidates alone; add it.",
    ):
        assert said in done.stderr, done.stderr
    done = test_cli.run("load", "--cell", "200", "--needs", "n.csv", "--lang", "zh", cwd=tmp_path)
    assert done.returncode == 2
    assert "n.csv，第 2（'2000'）行：per_1000 不在 0 到 1,000 之间" in done.stderr
    assert "Traceback" not in done.stderr


OPTIONS = """\
id,enlarges,name,lon,lat,capacity,price
E1,A,,,,4,3
E2,B,,,,9,4
N1,,n1,110.0150,35.0070,5,6
N2,,${x},110.0290,35.0210,3,2
"""


def of_options(template_plan, written=OPTIONS, **kind):
    table = pd.read_csv(StringIO(written), dtype=str, keep_default_na=False)
    folder = datasets.folder("template")
    return siting.read_options(table, folder=folder, plan=template_plan, **kind, datum="wgs84")


@pytest.mark.parametrize("budget", [0, 3, 5, 8, 11])
def test_places_are_added_as_the_best_of_every_choice(template_plan, budget):
    """New and enlarged centres beside each other: every choice that the budget allows, each shared out anew."""
    centres = template_plan.area.facilities
    held = centres.set_axis(["A", "B", "C"]).assign(capacity=[2.0, 3.0, np.nan])
    held_area = dataclasses.replace(template_plan.area, facilities=held)
    held_plan = plan.evaluate(held_area, template_plan.cells)
    options = of_options(held_plan, kind="capacity")
    assert options["more"].to_dict() == {"E1": 2, "E2": 6, "N1": 5, "N2": 3}
    people = template_plan.cells["people_60"] / 1000.0
    found = siting.site_places(held_plan, options, people, kind="capacity", budget=budget)
    assert found.status == "optimal"
    assert found.price <= budget
    reached = plan.evaluate(
        dataclasses.replace(held_area, facilities=pd.concat([held, options[["geometry"]]])),
        template_plan.cells,
    ).cost

    def worth(some):
        places = pd.concat([held["capacity"].dropna(), options["more"].loc[list(some)]])
        made = load.by_transport(people, reached, places)
        ways = made.flows * reached.table.loc[made.flows.index]
        return round(people.sum() - made.cells["served"].sum(), 6), round(float(ways.sum()), 2)

    every = [
        some
        for size in range(5)
        for some in itertools.combinations(options.index, size)
        if options["price"].loc[list(some)].sum() <= budget
    ]
    assert worth(tuple(found.sites.index)) == min(map(worth, every))
    steps = scenario.parse(siting.steps_of_places(found))
    after = plan.carry_out(held_plan, steps)
    assert after.area.facilities["capacity"].sum() == 5 + found.sites["more"].sum()


def test_what_is_wrong_with_options_is_told_at_once(template_plan):
    wrong = (
        "id,enlarges,name,lon,lat,capacity,price\n"
        "E1,A1,,,,100,3\nE2,Z,,,,9,\nE3,A2,,,,9,1\nN,,n,110.0150,35.0070,,-2\n"
    )
    with pytest.raises(ValidationError) as err:
        of_options(template_plan, wrong, kind="capacity")
    told = "\n".join(err.value.problems)
    for line in (
        "row 0 ('A1'): the centre holds as much already; write what it holds then, in all",
        "row 1 ('Z'): there is no such centre to enlarge; ids look like A1, A2, A3",
        "row 2 ('A2'): nobody says how much the centre holds now; fill it in",
        "row 1: price is empty",
        "row 3: capacity is empty",
        "row 3 ('-2'): price is negative",
    ):
        assert line in told, told
    twice = "id,enlarges,capacity,price\nE1,A1,150,3\nE2,A1,200,4\n"
    with pytest.raises(ValidationError, match="enlarged more than once; keep one row"):
        of_options(template_plan, twice, kind="capacity")


def test_the_command_chooses_within_a_budget(template_plan, tmp_path):
    test_cli.run("init", "mine", cwd=tmp_path)
    example = ("--needs", "mine/load/needs.csv", "--candidates", "mine/load/options.csv")
    done = test_cli.run(
        "load", "--area", "mine", "--cell", "200", *example, "--budget", "200", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "(capacity; needs.csv, an example): 60+ 50; in all 1,200 people." in done.stdout
    # There is room at both for all who reach one: 50 of 1,000 people 60+ within 700 m of either.
    folder = datasets.folder("template")
    path = folder / "load" / "options.csv"
    both = siting.read_options(path, folder=folder, plan=template_plan, kind="capacity")
    cells = template_plan.cells
    near = [np.hypot(cells["x"] - p.x, cells["y"] - p.y) <= REACH for p in both.geometry]
    served = round(0.05 * cells["people_60"][near[0] | near[1]].sum())
    assert f"For 200, {served} people find a place, 120 without; proven" in done.stdout
    (tmp_path / "o.csv").write_text(OPTIONS.replace("E1,A,", "E1,A1,").replace("E2,B,,,,9,4\n", "")
                                    .replace(",4,3", ",400,3"), encoding="utf-8")  # fmt: skip
    asked = ("load", "--area", "mine", "--cell", "200", "--candidates", "o.csv")
    done = test_cli.run(*asked, "--budget", "5", "--plan", "p.toml", "--lang", "zh", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "费用 5，" in done.stdout
    assert "${x} (N2)" in done.stdout
    steps = tomllib.loads((tmp_path / "p.toml").read_text(encoding="utf-8"))["step"]
    assert {"enlarge": "A1", "capacity": 400.0} in steps
    done = test_cli.run("whatif", "p.toml", "--area", "mine", "--cell", "200", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = test_cli.run(*asked, cwd=tmp_path)
    assert done.returncode == 2
    assert "--candidates needs --budget" in done.stderr
