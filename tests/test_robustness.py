"""How sure figures are: draws held against a loop that evaluates a plan for each, intervals, and the command."""

import dataclasses
import functools
import json
import signal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import (
    area,
    datasets,
    equity,
    evaluation,
    gaps,
    grid,
    maps,
    network,
    plan,
    positions,
    reach,
    robustness,
    scenario,
    siting,
)
from carecircles.errors import ValidationError
from tests.conftest import lattice_city, planned, unevenly
from tests.examples import examples
from tests.test_cli import refused, run

GROUP = "people_60"


@pytest.fixture(scope="module")
def coarse(hexi):
    """Hexi on cells of 200 m, people living unevenly, and every third street's number uncertain by a fifth."""
    variation = np.where(np.arange(len(hexi.streets)) % 3 == 0, 0.2, 0.0)
    study = dataclasses.replace(hexi, population=hexi.population.assign(variation=variation))
    cells = unevenly(grid.make_demand(hexi.streets, hexi.population, cell=200))
    return planned(study, cells)


def loop(asis, drawn, frozen=None):
    """What a plan says in each draw, by evaluating it with the centres moved (but one): shares and probability."""
    study, rows, times = asis.area, [], 0
    for n in range(len(drawn)):
        x, y = study.facilities.geometry.x.copy(), study.facilities.geometry.y.copy()
        x[drawn.centres], y[drawn.centres] = drawn.x[n], drawn.y[n]
        if frozen is not None:
            x[frozen], y[frozen] = (getattr(study.facilities.geometry[frozen], c) for c in "xy")
        centres = study.facilities.set_geometry(gpd.points_from_xy(x, y, crs=study.crs))
        cost = asis.reach(asis.cells, centres, cutoff=float(drawn.cutoff[n]))
        covered = evaluation.is_covered(asis.cells, cost)
        times = times + covered.astype(int)
        people = asis.cells[GROUP].to_numpy()
        if drawn.people is not None:
            people = people * drawn.people[n][asis.cells["street"].cat.codes]
        by_street = pd.Series(people * covered).groupby(asis.cells["street"].to_numpy()).sum()
        rows.append(by_street)
    table = pd.DataFrame(rows).reindex(columns=asis.cells["street"].cat.categories)
    return table, times / len(drawn)


@pytest.mark.parametrize("limits", [{}, {"standard": (500, 900)}, {"pace": (0.6, 0.9)}])
def test_spans_say_what_a_loop_over_plans_says(coarse, limits):
    """Totals by street, the probability of every cell, and what each of two centres takes away."""
    drawn = robustness.draw(coarse, draws=12, rng=7, **limits)
    found = robustness.measure(coarse, drawn)
    covered, probability = loop(coarse, drawn)
    np.testing.assert_allclose(found.covered, covered, rtol=1e-9)
    pd.testing.assert_series_equal(found.probability, probability, check_names=False)
    for centre in (drawn.centres[0], drawn.centres[-3]):
        still, _ = loop(coarse, drawn, frozen=centre)
        share = still.sum(axis=1).to_numpy() / found.people.sum(axis=1).to_numpy()
        np.testing.assert_allclose(found.frozen[centre], share, rtol=1e-9)


def test_known_and_exactly_on_the_limit():
    """Seven cells in a row, a centre in the middle of the first: the limit of 300 m is the middle of the seventh."""
    cells = pd.DataFrame({"row": 0, "col": range(7), "x": 25.0 + 50 * np.arange(7), "y": 25.0})
    cells = cells.assign(area_m2=2500.0, street=pd.Categorical(["S"] * 7), people_60=1.0)
    ground = robustness._spans.ground_of(cells, GROUP)
    one, radius = np.array([25.0]), np.array([300.0])
    for reached, far in ((7, 300.0), (6, np.nextafter(300.0, 0))):
        spans = robustness._spans.spans_of(one, one, radius * 0 + far, ground)
        assert (spans.beyond - spans.first).tolist() == [reached]


@settings(deadline=None, max_examples=examples(30))
@given(
    centres=st.lists(
        st.tuples(st.integers(-8, 24), st.integers(-8, 24)), min_size=1, max_size=6, unique=True
    ),
    radius=st.sampled_from([10.0, 25.0, 70.71067811865476, 125.0, 5000.0]),
)
def test_spans_are_the_cells_whose_middle_is_near_enough(centres, radius):
    """Centres on the lattice, so that distances fall just on the limit, inside the grid and beyond it."""
    row, col = (a.ravel() for a in np.mgrid[0:14, 0:11])
    cells = pd.DataFrame({"row": row, "col": col, "x": 25.0 + 50 * col, "y": 25.0 + 50 * row})
    cells = cells.assign(area_m2=2500.0, people_60=1.0 + row, street=pd.Categorical(col // 4))
    x, y = 25.0 * np.array(centres, dtype=float).T
    ground = robustness._spans.ground_of(cells, GROUP)
    spans = robustness._spans.spans_of(x, y, np.full(len(x), radius), ground)
    draw = np.zeros(len(spans.shape), dtype=np.int64)
    sums, times = robustness._spans.people_in(
        robustness._spans.united(spans, draw, ground), 1, ground
    )
    far = np.hypot(cells["x"].to_numpy()[:, None] - x, cells["y"].to_numpy()[:, None] - y)
    near = (far <= radius).any(axis=1)
    assert times.tolist() == near.astype(int).tolist()
    by_street = np.bincount(col // 4, cells[GROUP] * near)
    np.testing.assert_allclose(sums[0], by_street)


@pytest.fixture(scope="module")
def on_foot():
    """The template's area with a network of its own making, three centres of unknown position."""
    study = datasets.load("template")
    west, south, east, north = study.boundary.total_bounds
    city = lattice_city(int(max(east - west, north - south) / 200) + 2, side=200.0)
    corner = np.array([west, south])
    xy = city.xy + corner
    lines = shapely.transform(city.edges.geometry.to_numpy(), lambda p: p + corner)
    ways = gpd.GeoDataFrame(city.edges.drop(columns="geometry"), geometry=lines, crs=study.crs)
    net = network.Network(xy, ways)
    study = dataclasses.replace(study, facilities=study.facilities.assign(basis="assumed"))
    demand = grid.make_demand(study.streets, study.population, cell=250)
    return plan.evaluate(study, demand, reach=functools.partial(reach.walking, network=net))


def test_walks_say_what_a_loop_over_plans_says(on_foot):
    drawn = robustness.draw(on_foot, draws=4, rng=3, standard=(600, 800))
    found = robustness.measure(on_foot, drawn)
    covered, probability = loop(on_foot, drawn)
    np.testing.assert_allclose(found.covered, covered.fillna(0), rtol=1e-9)
    pd.testing.assert_series_equal(found.probability, probability, check_names=False)
    still, _ = loop(on_foot, drawn, frozen=drawn.centres[1])
    share = still.sum(axis=1).to_numpy() / found.people.sum(axis=1).to_numpy()
    np.testing.assert_allclose(found.frozen.iloc[:, 1], share, rtol=1e-9)


def test_spans_and_tables_say_the_same(coarse):
    """A straight line that does not say it is one is measured by a cost table of each draw."""

    def straight(demand, facilities, *, cutoff):
        return reach.straight_line(demand, facilities, cutoff=cutoff)

    drawn = robustness.draw(coarse, draws=6, rng=11)
    by_spans = robustness.measure(coarse, drawn)
    by_tables = robustness.measure(dataclasses.replace(coarse, reach=straight), drawn)
    pd.testing.assert_frame_equal(by_spans.covered, by_tables.covered)
    pd.testing.assert_frame_equal(by_spans.frozen, by_tables.frozen)
    pd.testing.assert_series_equal(by_spans.probability, by_tables.probability)


def test_the_same_seed_gives_the_same_whatever_is_drawn_at_once(coarse, monkeypatch):
    few, many = (robustness.draw(coarse, draws=n, rng=5) for n in (20, 70))
    np.testing.assert_array_equal(few.x, many.x[:20])
    np.testing.assert_array_equal(few.y, many.y[:20])
    whole = robustness.measure(coarse, many)
    monkeypatch.setattr(robustness.measured, "_SPANS_AT_ONCE", 1)
    parts = robustness.measure(coarse, many)
    pd.testing.assert_frame_equal(whole.covered, parts.covered, check_exact=True)
    pd.testing.assert_series_equal(whole.probability, parts.probability, check_exact=True)
    other = robustness.draw(coarse, draws=20, rng=6)
    assert (other.x != few.x).all()


def test_places_are_in_the_disc_and_in_the_street(hexi, hexi_plan):
    drawn = robustness.draw(hexi_plan, draws=300, rng=2)
    for n, label in enumerate(drawn.centres):
        centre = hexi.facilities.loc[label]
        off = np.hypot(drawn.x[:, n] - centre.geometry.x, drawn.y[:, n] - centre.geometry.y)
        assert off.max() <= 200
        street = hexi.streets.geometry[centre["street"]]
        assert shapely.intersects_xy(street, drawn.x[:, n], drawn.y[:, n]).all()
    # Each place of a disc is as likely as another: half of them lie beyond 200 / sqrt(2) where no street cuts it.
    is_free = [
        street.contains(point.buffer(200))
        for point, street in zip(
            hexi.facilities.loc[drawn.centres].geometry,
            hexi.streets.geometry[hexi.facilities.loc[drawn.centres, "street"]],
            strict=True,
        )
    ]
    assert sum(is_free) > 3
    at = hexi.facilities.loc[drawn.centres].geometry
    off = np.hypot(drawn.x - at.x.to_numpy(), drawn.y - at.y.to_numpy())[:, is_free]
    assert (off > 200 / np.sqrt(2)).mean() == pytest.approx(0.5, abs=0.05)


def test_a_neighbour_may_stand_anywhere_and_a_stray_too(hexi):
    """One centre is said to be beyond the border, one to be of a street that is far from it."""
    centres = hexi.facilities.iloc[[0, 1]].assign(neighbour=[True, False], position_error_m=300.0)
    far = hexi.streets.distance(centres.geometry.iloc[1]).idxmax()
    centres["street"] = ["", far]
    asis = planned(dataclasses.replace(hexi, facilities=centres), cell=200)
    drawn = robustness.draw(asis, draws=500, rng=1)
    assert drawn.loose.tolist() == [centres.index[1]]
    off = np.hypot(drawn.x - centres.geometry.x.to_numpy(), drawn.y - centres.geometry.y.to_numpy())
    assert off.max() <= 300
    assert off.mean() == pytest.approx(200, rel=0.05)  # two thirds of the radius


@pytest.fixture(scope="module")
def changed(coarse):
    """As it is, and after one centre closes, one is moved and one opens; none of these two may stand elsewhere."""
    point = coarse.area.streets.representative_point().to_crs("EPSG:4326").iloc[[0, 5]]
    (west, north), (east, south) = zip(point.x, point.y, strict=True)
    steps = [
        {"close": "H12"},
        {"move": "H03", "lon": west, "lat": north, "datum": "wgs84"},
        {"open": "N1", "lon": east, "lat": south, "datum": "wgs84"},
    ]
    said = {"name": "Other", "step": steps}
    return coarse, plan.carry_out(coarse, scenario.parse(said))


def test_two_plans_are_drawn_alike_and_their_difference_is_told_draw_by_draw(changed):
    """Against a loop over both; what they share stands at the same place, what a plan puts somewhere stands there."""
    before, after = robustness.measure_together(changed, draws=10, rng=7)
    alone = robustness.draw(changed[0], draws=10, rng=7)
    np.testing.assert_array_equal(before.draws.x, alone.x)
    assert after.draws.centres.tolist() == [
        label for label in alone.centres if label not in ("H03", "H12")
    ]
    shared = alone.centres.get_indexer(after.draws.centres)
    np.testing.assert_array_equal(after.draws.y, alone.y[:, shared])
    np.testing.assert_array_equal(after.draws.people, alone.people)
    (was, _), (then, _) = (loop(one.plan, one.draws) for one in (before, after))
    net = (then - was).to_numpy()
    told = robustness.net_by_street(before, after)
    np.testing.assert_allclose(told[f"expected_net_{GROUP}"], net.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(told[f"low_net_{GROUP}"], np.quantile(net, 0.05, axis=0), atol=1e-6)
    whole = robustness.net_of_district(before, after)
    every = net.sum(axis=1)
    assert whole[f"high_net_{GROUP}"] == pytest.approx(np.quantile(every, 0.95))
    assert whole["more_share"] == (every > 0).mean()
    assert whole["fewer_share"] == (every < 0).mean()


def test_zones_and_distances_say_what_a_loop_says(coarse):
    """People uncovered in each zone, and the measures of inequality, of plans with centres moved."""
    drawn = robustness.draw(coarse, draws=5, rng=4)
    zone = gaps.zone_of(coarse.cells, smallest_m2=100_000)
    left = robustness.uncovered_by_zone(coarse, drawn, zone)
    whole, streets = [], []
    for n in range(5):
        there = coarse.area.facilities.geometry.copy()
        there[drawn.centres] = gpd.points_from_xy(drawn.x[n], drawn.y[n], crs=there.crs)
        moved = coarse.area.facilities.set_geometry(there)
        then = plan.evaluate(dataclasses.replace(coarse.area, facilities=moved), coarse.cells)
        factor = drawn.people[n][coarse.cells["street"].cat.codes]
        cells = then.cells.assign(**{GROUP: then.cells[GROUP] * factor})
        people = cells[GROUP].where(~cells["covered"], 0.0)
        by_zone = people[zone.index].groupby(zone, observed=False).sum()
        np.testing.assert_allclose(left.iloc[n, :-1], by_zone, atol=1e-6)
        assert left.iloc[n].sum() == pytest.approx(people.sum())
        streets.append(equity.by_street(cells, GROUP, cutoff=700)["ede_m"])
        whole.append(equity.of_district(cells, GROUP, cutoff=700)["gini"])
    told = robustness.unequal(coarse, drawn)
    assert told.loc["district", "low_gini"] == pytest.approx(np.quantile(whole, 0.05))
    np.testing.assert_allclose(
        told["high_ede_m"].iloc[:-1], np.quantile(np.stack(streets), 0.95, axis=0)
    )


def test_a_centre_that_is_moved_stands_where_it_is_put(hexi):
    """Whatever is said of how far off it was before."""
    said = hexi.facilities.assign(position="street", position_error_m=300.0)
    asis = planned(dataclasses.replace(hexi, facilities=said), cell=400)
    there = hexi.streets.representative_point().to_crs("EPSG:4326").iloc[0]
    step = {"move": "H03", "lon": there.x, "lat": there.y, "datum": "wgs84"}
    moved = plan.carry_out(asis, scenario.parse({"name": "Moved", "step": [step]}))
    drawn = robustness.draw(moved, draws=2, rng=1)
    assert len(drawn.centres) == len(hexi.facilities) - 1
    assert "H03" not in drawn.centres


def test_nothing_assumed_leaves_nothing_open(hexi):
    known = dataclasses.replace(hexi, facilities=hexi.facilities.assign(basis="known"))
    found = robustness.measure(asis := planned(known, cell=100), robustness.draw(asis, draws=30))
    streets, whole = robustness.by_street(found, target=0.9), robustness.of_district(found)
    for name in ("low", "high", "expected"):
        told = streets[f"{name}_{GROUP}_share"].to_numpy()
        np.testing.assert_allclose(told, streets[f"covered_{GROUP}_share"], rtol=1e-12)
    assert whole[f"high_{GROUP}_share"] - whole[f"low_{GROUP}_share"] == 0
    assert robustness.first_to_find_out(found).empty
    assert robustness.statements(found)["is_likely"].all()
    assert set(found.probability) == {0.0, 1.0}


def test_people_vary_by_a_lognormal_of_mean_one():
    """One street is uncertain by 0.5, the other not at all."""
    study = datasets.load("template")
    variation = [0.5, *[0.0] * (len(study.streets) - 1)]
    study = dataclasses.replace(study, population=study.population.assign(variation=variation))
    drawn = robustness.draw(planned(study, cell=250), draws=40_000, rng=4)
    assert (drawn.people[:, 1:] == 1).all()
    assert drawn.people[:, 0].mean() == pytest.approx(1, abs=0.01)
    assert drawn.people[:, 0].std() == pytest.approx(0.5, rel=0.03)
    assert np.log(drawn.people[:, 0]).std() == pytest.approx(np.sqrt(np.log(1.25)), rel=0.02)


def test_the_one_centre_that_varies_takes_all_variance_away(hexi):
    """Of two uncertain centres one stands where all it reaches is reached by others."""
    basis = pd.Series("known", index=hexi.facilities.index)
    study = dataclasses.replace(hexi, facilities=hexi.facilities.assign(basis=basis))
    cells = planned(study, cell=100).cells
    lone = cells["nearest"][cells["depth"] == 1].value_counts().index[0]
    twin = study.facilities[study.facilities.index != lone].iloc[[0]]
    twin.index = pd.Index(["twin"], name="id")
    facilities = pd.concat([study.facilities, twin])
    facilities.loc[[lone, "twin"], "position_error_m"] = [150.0, 0.001]
    asis = planned(dataclasses.replace(study, facilities=facilities), cell=100)
    found = robustness.measure(asis, robustness.draw(asis, draws=60, rng=1))
    told = robustness.first_to_find_out(found)
    assert told.index[0] == lone
    assert told["variance_share"].tolist() == pytest.approx([1, 0], abs=1e-9)


def test_ranks_and_worst_by_hand(coarse):
    """Three draws of three streets with ten people each: the second is worst twice, once beside the first."""
    drawn = robustness.draw(coarse, draws=3, rng=1)
    streets = pd.Index(["A", "B", "C"], name="street")
    cells = pd.DataFrame({GROUP: [5.0] * 6, "street": pd.Categorical(list("AABBCC"))})
    cells = cells.assign(
        depth=[1, 0, 0, 0, 1, 1], area_m2=1.0, distance_m=1.0, covered=[1, 0, 0, 0, 1, 1]
    )
    cells["covered"] = cells["covered"].astype(bool)
    asis = dataclasses.replace(coarse, cells=cells)
    covered = pd.DataFrame([[5, 2, 8], [3, 3, 9], [1, 4, 10]], columns=streets, dtype=float)
    found = robustness.Robustness(
        asis, drawn, GROUP, covered, covered * 0 + 10.0, pd.Series(dtype=float), pd.DataFrame()
    )
    told = robustness.by_street(found, target=0.5)
    assert told["need_rank"].tolist() == [2, 1, 3]
    assert told["worst_share"].tolist() == pytest.approx([2 / 3, 2 / 3, 0])
    assert told["need_rank_share"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert told["met_share"].tolist() == pytest.approx([1 / 3, 0, 1])
    said = robustness.statements(found, target=0.5)
    assert said[said["kind"] == "worst"][["street", "held"]].to_numpy().tolist() == [["B", 2]]
    assert said[said["kind"] == "target"]["held"].tolist() == [3, 1, 0, 3]
    assert said[said["is_likely"]]["street"].tolist() == ["", "C", "C"]
    assert robustness.of_district(found)[f"expected_{GROUP}_share"] == pytest.approx(0.5)


def test_what_a_position_rests_on_says_how_far_off_it_may_be():
    centres = pd.DataFrame(
        {
            "basis": ["known", "assumed", "not stated", "proposed", "known", "assumed", "known"],
            "position": ["", "", "", "", "门牌号", "Street", "gate"],
            "position_error_m": [np.nan] * 5 + [12.5, 0.0],
        }
    )
    assert positions.errors_of(centres).tolist() == [0, 200, 200, 0, 30, 12.5, 0]
    own, problems = positions.declared({"building": 20, "assumed": {"metres": 90}})
    assert not problems
    assert positions.errors_of(centres, positions.with_own(own)).tolist()[1:5] == [90, 90, 0, 20]


def test_an_area_says_its_positions_and_all_that_is_wrong_is_told_at_once(hexi_copy):
    plan_file, centres = hexi_copy / "area.toml", hexi_copy / "centres.csv"
    said = plan_file.read_text(encoding="utf-8")
    plan_file.write_text(
        said + '[positions]\nvillage = {metres = 400, spellings = ["村"]}\n', encoding="utf-8"
    )
    table = pd.read_csv(centres, dtype=str, keep_default_na=False)
    good = table.assign(position=["村", "楼栋", *[""] * (len(table) - 2)], position_error_m="")
    good.loc[2, "position_error_m"] = "55 米"
    good.to_csv(centres, index=False)
    study = area.read_area(hexi_copy)
    errors = positions.errors_of(study.facilities, study.positions)
    assert errors.iloc[:4].tolist() == [400, 30, 55, 200]

    bad = good.assign(position=["moon", *good["position"][1:]])
    bad["position_error_m"] = ["-3", "far", "2e5", *[""] * (len(table) - 3)]
    bad.to_csv(centres, index=False)
    people = pd.read_csv(hexi_copy / "population.csv", dtype=str)
    people.assign(cv=["1.5", "x", *["0.1"] * (len(people) - 2)]).to_csv(
        hexi_copy / "population.csv", index=False
    )
    plan_file.write_text(said + "[positions]\ngate = -1\nhut = {meters = 3}\n", encoding="utf-8")
    with pytest.raises(ValidationError) as caught:
        area.read_area(hexi_copy)
    told = str(caught.value)
    for words in (
        "centres.csv, row 2 ('moon'): position is of no known kind; write one of assumed, building",
        "centres.csv, row 2 ('-3'): position_error_m is negative",
        "centres.csv, row 3 ('far'): position_error_m is not a number",
        "centres.csv, row 4 ('2e5'): position_error_m is above 100,000",
        "population.csv, row 2 ('1.5'): variation is not between 0 and 1",
        "population.csv, row 3 ('x'): variation is not a number",
        "area.toml: positions.gate is -1; write metres from 0",
        "area.toml: positions.hut.meters is unknown; use metres",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"draws": 0}, "draws is 0; write a number from 1 to 100,000"),
        ({"draws": 1_000_000}, "draws is 1,000,000"),
        ({"standard": (900, 500)}, "standard is 900 to 500"),
        ({"standard": (0, 500)}, "standard is 0 to 500"),
        ({"pace": (0.5, float("nan"))}, "pace is 0.5 to nan"),
        ({"pace": (0.5, 1), "standard": (500, 600)}, "give one of them"),
    ],
)
def test_draws_that_cannot_be(coarse, wrong, words):
    with pytest.raises(ValidationError, match=words):
        robustness.draw(coarse, **wrong)


def test_expected_coverage_of_a_plan_is_the_mean_of_its_draws(hexi):
    """The sites that are best in the mean, opened in every draw, cover so many people in the mean."""
    asis = planned(hexi, cell=200)
    drawn = robustness.draw(asis, draws=25, rng=9)
    told = robustness.with_probability(robustness.measure(asis, drawn))
    places = siting.candidates_on_grid(asis.cells, spacing=600)
    best = siting.site(told, places, goal="expected", new=2)
    assert best.status == "optimal"
    after = siting.carry_out(asis, best, places)
    again = robustness.measure(after, dataclasses.replace(drawn))
    assert again.covered.sum(axis=1).mean() == pytest.approx(best.objective)
    whole = robustness.measure(asis, drawn).covered.sum(axis=1).mean()
    assert whole == pytest.approx(best.before)


def test_where_all_is_known_the_mean_is_the_number(hexi):
    known = dataclasses.replace(hexi, facilities=hexi.facilities.assign(basis="known"))
    asis = planned(known, cell=200)
    told = robustness.with_probability(robustness.measure(asis, robustness.draw(asis, draws=3)))
    places = siting.candidates_on_grid(asis.cells, spacing=600)
    mean, plain = (siting.site(told, places, goal=goal, new=2) for goal in ("expected", "coverage"))
    assert mean.objective == pytest.approx(plain.objective)
    assert mean.before == pytest.approx(plain.before)


def test_the_command_says_the_same_on_the_terminal_in_files_and_on_the_map(tmp_path):
    """One seed, whatever is asked for; known positions are told; Chinese says what English does."""
    asked = ("sure", "--cell", "200", "--draws", "40", "--seed", "3", "--target", "90")
    record = json.loads(run(*asked, "--format", "json", cwd=tmp_path).stdout)
    done = run(*asked, "--out", "t.csv", "--map", "m.html", cwd=tmp_path)
    again = run(*asked, "--out", "t.xlsx", "--lang", "zh", cwd=tmp_path)
    asis = planned(datasets.load("hexi"), cell=200)
    found = robustness.measure(asis, robustness.draw(asis, draws=40, rng=3))
    whole = robustness.of_district(found, target=0.9)
    for name in (f"expected_{GROUP}_share", f"low_{GROUP}_share", "met_share"):
        assert record["district"][name] == pytest.approx(whole[name], abs=1e-6)
    assert record["draws"] == 40
    worst = record["statements"][0]
    assert (worst["kind"], worst["street"]) == ("worst", record["streets"][0]["code"])
    first = record["find_out_first"][0]
    assert first["id"] == robustness.first_to_find_out(found).index[0]
    text = " ".join(done.stdout.split())
    name = record["streets"][0]["name_en"]
    assert f"{name} is served worst: {worst['held']} of 40 draws." in text
    assert "42 by up to 200 m" in text
    assert (
        f"{record['streets'][0]['name']}覆盖率最低：40 次抽样中 {worst['held']} 次成立。"
        in again.stdout
    )
    table = pd.read_csv(tmp_path / "t.csv").set_index("code")
    assert table.index[-1] == "district"
    assert table.loc["district", f"low_{GROUP}_share"] == record["district"][f"low_{GROUP}_share"]
    headed = pd.read_excel(tmp_path / "t.xlsx")
    assert len(headed) == len(table)
    assert "60岁及以上期望覆盖率" in " ".join(map(str, headed.to_numpy().ravel())) + " ".join(
        map(str, headed)
    )
    assert "carecircles.draw.sure(" in (tmp_path / "m.html").read_text(encoding="utf-8")


def test_all_that_is_wrong_with_a_call_is_told_at_once(tmp_path):
    told = refused(
        "sure", "--draws", "1000000", "--seed", "-1", "--standard", "9,a", "--pace", "0.9,0.7",
        "--target", "190", "--out", "t.doc", cwd=tmp_path,
    )  # fmt: skip
    for words in (
        "--draws is 1000000; write a number from 1 to 100000",
        "--seed is -1; write a whole number of 0 or more",
        "--standard is '9,a'; write two numbers above 0",
        "--pace is '0.9,0.7'; write two numbers above 0",
        "--target is 190; write a percentage",
        "t.doc has to end in",
    ):
        assert words in told
    assert not list(tmp_path.iterdir())


def test_the_command_sites_for_what_is_expected(tmp_path):
    options = ("--cell", "200", "--draws", "30", "--seed", "2", "--format", "json")
    sited = run(
        "site", "--objective", "expected", "--new", "2", "--spacing", "600", *options, cwd=tmp_path
    )
    record = json.loads(sited.stdout)
    sure = json.loads(run("sure", *options, cwd=tmp_path).stdout)["district"]
    assert record["before"] == pytest.approx(
        sure[f"expected_{GROUP}_share"] * sure[GROUP], rel=1e-5
    )
    assert record["before"] < record["objective"] <= record["bound"] + 1e-3
    told = refused(
        "site", "--objective", "expected", "--new", "2", "--draws", "0", "--seed", "-1",
        "--floor-by-street", "0.5", "--epsilon", "0", cwd=tmp_path,
    )  # fmt: skip
    for words in (
        "--draws is 0",
        "--seed is -1",
        "--floor-by-street does not go with",
        "--epsilon is 0",
    ):
        assert words in told


def test_ctrl_c_in_draws_gives_a_plan_by_those_that_were_looked_at(tmp_path, monkeypatch):
    """The key is pressed while the second part of the draws is looked at."""
    parts, united = [], robustness._spans.united

    def pressed(*given):
        parts.append(given)
        if len(parts) == 2:
            signal.raise_signal(signal.SIGINT)
        return united(*given)

    monkeypatch.setattr(robustness._spans, "united", pressed)
    monkeypatch.setattr(robustness.measured, "_SPANS_AT_ONCE", 1)  # each draw by itself
    asked = ("--objective", "expected", "--cell", "200", "--draws", "30", "--seed", "2")
    sited = run("site", "--new", "2", "--spacing", "600", *asked, cwd=tmp_path)
    assert len(parts) == 2
    assert "There was time for 2 of 30 draws of positions" in sited.stdout
    assert "Not proven to be the best (stopped)" in sited.stdout


def test_draws_end_when_the_time_is_up(coarse, monkeypatch):
    """What is told then is what the first of them say by themselves."""
    monkeypatch.setattr(robustness.measured, "_SPANS_AT_ONCE", 1)
    drawn = robustness.draw(coarse, draws=40, rng=3, standard=(500, 900))
    told = siting.likely_in_time(coarse, drawn, until=0.0)
    assert (told.draws, told.is_stopped) == (1, False)
    fewer = iter(range(7))
    found = robustness.measure(coarse, drawn, is_over=lambda: next(fewer, None) is None)
    first = robustness.measure(coarse, drawn.first(8))
    assert len(found.draws) == 8
    pd.testing.assert_frame_equal(found.covered, first.covered, check_exact=True)
    pd.testing.assert_frame_equal(found.people, first.people, check_exact=True)
    pd.testing.assert_series_equal(found.probability, first.probability, check_exact=True)
    pd.testing.assert_frame_equal(found.frozen, first.frozen, check_exact=True)


def test_evaluate_tells_the_interval_beside_the_share(tmp_path):
    """The same as `sure` says of the same seed, printed and in files."""
    record = json.loads(
        run("evaluate", "--sure", "--cell", "200", "--format", "json", cwd=tmp_path).stdout
    )
    sure = json.loads(run("sure", "--cell", "200", "--format", "json", cwd=tmp_path).stdout)
    assert record["draws"] == sure["draws"] == 1000
    by_code = {row["code"]: row for row in sure["streets"]}
    for end in ("expected", "low", "high"):
        name = f"{end}_{GROUP}_share"
        assert record["district"][name] == sure["district"][name]
        assert all(row[name] == by_code[row["code"]][name] for row in record["streets"])
    printed = run("evaluate", "--sure", "--cell", "200", "--by", "district", cwd=tmp_path).stdout
    low, high = (100 * record["district"][f"{end}_{GROUP}_share"] for end in ("low", "high"))
    assert f"{low:.1f} % – {high:.1f} %" in printed
    assert (
        "expected" not in run("evaluate", "--cell", "200", "--format", "csv", cwd=tmp_path).stdout
    )


def test_services_and_groups_have_intervals_of_their_own(tmp_path):
    """Each as `evaluate --sure` says of it alone; a bundle has none, which is said."""

    def ask(*more):
        return run("evaluate", "--sure", "--cell", "200", *more, cwd=tmp_path).stdout

    def interval(row, group):
        return [row[f"{part}_{group}_share"] for part in ("expected", "low", "high")]

    alone = json.loads(ask("--format", "json"))
    each = json.loads(ask("--services", "--format", "json"))
    by_key = {row["service"]: row for row in each["services"]}
    assert each["draws"] == alone["draws"]
    assert interval(by_key["meals"]["district"], GROUP) == interval(alone["district"], GROUP)
    for row, whole in zip(by_key["meals"]["streets"], alone["streets"], strict=True):
        assert interval(row, GROUP) == interval(whole, GROUP)
    low, high = interval(by_key["health_post"]["district"], GROUP)[1:]
    assert low < by_key["health_post"]["district"][f"covered_{GROUP}_share"] < high
    printed = ask("--services", "--by", "district", "--lang", "zh")
    assert f"{100 * low:.1f} % – {100 * high:.1f} %" in printed
    assert "服务组合没有区间" in printed
    of_80 = json.loads(ask("--group", "people_80", "--format", "json"))["district"]
    groups = json.loads(ask("--by", "group", "--format", "json"))["groups"]
    [row] = [row for row in groups if row["group"] == "people_80"]
    assert interval(row, "group_people") == interval(of_80, "people_80")


def test_the_map_says_between_what_shares_lie(tmp_path):
    """In the panel and the pop-up of every street, in the summary, and in the notes: as `evaluate --sure` has it."""
    said = run(
        "map", "--sure", "--cell", 200, "--out", "sure.html", "--lang", "en", cwd=tmp_path
    ).stdout
    run("evaluate", "--sure", "--cell", 200, "--out", "sure.json", cwd=tmp_path)
    record = json.loads((tmp_path / "sure.json").read_text(encoding="utf-8"))
    low, high = (record["district"][f"{end}_people_60_share"] for end in ("low", "high"))
    between = f"{100 * low:.1f} % – {100 * high:.1f} %"
    assert between in said
    page = (tmp_path / "sure.html").read_text(encoding="utf-8")
    assert between in page
    area = datasets.load("hexi")
    asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    found = robustness.measure(asis, robustness.draw(asis, rng=1))
    layer = maps.street_layer(asis, sure=found)
    assert [column["key"] for column in layer.data["told"]][-2:] == [
        "low_people_60_share",
        "high_people_60_share",
    ]
    for street, told in zip(layer.data["streets"], record["streets"], strict=True):
        for end in ("low", "high"):
            key = f"{end}_people_60_share"
            assert street["figures"][key] == pytest.approx(told[key], abs=1e-6)
    wrong = refused("map", "--sure", "--services", "--lang", "en", cwd=tmp_path)
    assert "--sure does not go with --services" in wrong
    for said in (None, found):  # the page to plan on counts without an interval, and says so
        page = maps.whatif_map(asis, sure=said).get_root().render()
        assert "without an interval" in page
        assert ("in 90 % of 1,000 draws" in page) == (said is not None)


def test_gaps_and_equity_tell_intervals(tmp_path):
    asked = ("--cell", "200", "--sure")
    told = json.loads(run("gaps", *asked, "--format", "json", cwd=tmp_path).stdout)
    whole = told["uncovered"]
    drawn = json.loads(run("evaluate", *asked, "--format", "json", cwd=tmp_path).stdout)["district"]
    for end, other in (("low", "high"), ("expected", "expected")):
        left = (1 - drawn[f"{other}_{GROUP}_share"]) * drawn[GROUP]
        assert whole[f"{end}_uncovered_{GROUP}"] == pytest.approx(left, abs=0.5)
    first = told["zones"][0]
    assert first[f"low_uncovered_{GROUP}"] < first[f"high_uncovered_{GROUP}"] <= first[GROUP]
    done = run("equity", *asked, "--out", "e.csv", "--lang", "zh", cwd=tmp_path)
    table = pd.read_csv(tmp_path / "e.csv").set_index("code")
    low, high = table.loc["district", ["low_ede_m", "high_ede_m"]]
    assert f"200 次抽样中 90 % 的等价均等距离在 {low:,.0f} 至 {high:,.0f} 米之间" in "".join(
        done.stdout.split("\n")
    )
    wrong = refused("equity", "--by", "group", "--sure", cwd=tmp_path)
    assert "--sure does not go with --by group; ask for one group with --group" in wrong


def test_whatif_tells_the_interval_of_the_difference(tmp_path):
    """Of one plan, of several and on the map; the share before is that of `evaluate --sure`."""
    less, more = (
        '[[step]]\nclose = "H34"\n',
        '[[step]]\nopen = "N1"\nlon = 117.21\nlat = 39.06\ndatum = "wgs84"\n',
    )
    for name, step in (("less", less), ("more", more)):
        (tmp_path / f"{name}.toml").write_text(f'name = "{name}"\n{step}', encoding="utf-8")
    cell = ("--cell", "200", "--sure")
    asked = ("whatif", "less.toml", *cell)
    record = json.loads(run(*asked, "--format", "json", cwd=tmp_path).stdout)
    done = run(*asked, "--map", "m.html", "--out", "t.xlsx", "--lang", "zh", cwd=tmp_path)
    before, after = (
        json.loads(run("evaluate", *cell, "--format", "json", cwd=tmp_path).stdout),
        record,
    )
    for end in ("low", "high", "expected"):
        share = f"{end}_{GROUP}_share"
        assert after["district"][f"{share}_before"] == before["district"][share]
    low, high = (after["district"][f"{end}_net_{GROUP}"] for end in ("low", "high"))
    assert low < after["district"][f"net_{GROUP}"] < high < 0
    assert after["district"]["fewer_share"] == 1
    assert len(after["streets"]) == 14
    assert f"［{low:+,.0f}，{high:+,.0f}］" in "".join(done.stdout.split("\n"))
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert f"{low:+,.0f} – {high:+,.0f}" in page
    table = pd.read_excel(tmp_path / "t.xlsx")
    assert "60岁及以上净变化下限" in " ".join(map(str, table))
    league = json.loads(
        run("whatif", "less.toml", "more.toml", *cell, "--format", "json", cwd=tmp_path).stdout
    )["plans"]
    assert league[0]["name"] == "现状"
    assert league[-1][f"low_net_{GROUP}"] == low
    told = refused("whatif", "--close-each", "--sure", cwd=tmp_path)
    assert "--sure does not go with --close-each" in told
