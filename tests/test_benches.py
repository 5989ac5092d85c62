"""Where new benches help: on the ladder by hand, on small towns against every choice, on the template as built."""

import dataclasses
import functools
import itertools
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from carecircles import (
    area,
    benches,
    comparison,
    datasets,
    maps,
    network,
    plan,
    reach,
    scenario,
    siting,
    weights,
)
from carecircles.errors import ValidationError
from tests.conftest import CRS
from tests.ladder import ladder
from tests.test_browser import Opened
from tests.test_cli import refused, run
from tests.test_maps import layers
from tests.test_network import by_cutting, joined_up
from tests.test_rests import STREETS, seats_at


def planned(net, homes, centres, rests, *, stretch, cutoff=700.0):
    """A plan of some homes and centres, whoever they belong to."""
    home = datasets.load("template")
    standard = dataclasses.replace(home.standard, metres=cutoff)
    study = dataclasses.replace(home, facilities=centres, standard=standard)
    cells = homes.assign(row=0, col=range(len(homes)), area_m2=1.0, street="S1")
    cells.attrs["crs"] = centres.crs
    walk = functools.partial(reach.resting, network=net, rests=rests, stretch=stretch)
    return plan.evaluate(study, cells, reach=walk)


def on_the_ladder(**wanted):
    on = ladder()
    places = benches.candidates_on_ways(on.network, spacing=50)
    return planned(on.network, on.homes, on.centres, on.rests, **wanted), places


@pytest.mark.parametrize(
    ("new", "covered"),
    [
        (0, 0),
        # b2 to b3 is 120 m. At (300, 0) a bench lets p on, and r by the street: 100, 50, 100.
        (1, 50),
        # q needs one more on its rung, 130 m from b2.
        (2, 70),
        (5, 70),
    ],
)
def test_benches_on_the_ladder_are_those_on_paper(new, covered):
    asis, places = on_the_ladder(stretch=100)
    found = benches.place(asis, new=new, candidates=places)
    assert (found.covered, found.bound, found.status) == (covered, covered, "optimal")
    assert found.seats["cumulative"].tolist() == [50, 70][:new]
    if new:
        corner = shapely.Point(300 + 519_000, 4_326_000)
        assert found.seats.geometry.iloc[0].distance(corner) < 0.02


def test_no_bench_is_set_on_a_bridge_or_on_stairs():
    on = ladder()
    places = benches.candidates_on_ways(on.network, spacing=30)
    bridge, stairs = on.ways.geometry.iloc[1], on.ways.geometry.iloc[-1]
    ends = gpd.GeoSeries(
        [shapely.get_point(stairs, 0), shapely.get_point(stairs, -1), *bridge.boundary.geoms]
    ).buffer(0.1)
    inner = places[~places.within(ends.union_all())]
    assert inner.distance(bridge).min() > 5
    assert inner.distance(stairs).min() > 5
    assert len(inner) > 40


def legs_of(net, *places, stretch):
    """By hand: legs between seats, from homes and to centres, infinite where they are too long."""
    homes, centres, seats = places
    for two in ((homes, seats), (seats, centres), (seats, seats)):
        metres = by_cutting(net, *two)
        yield np.where(metres <= stretch + 0.02, metres, np.inf)


def by_trying(plan_, net, places, *, new, stretch, cutoff):
    """The most people any choice of so many benches brings, each choice tried."""

    def on(frame):
        return network.onto(net, frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())

    cells, rests = plan_.cells, plan_.reach.keywords["rests"]
    seats = network.OnWay(*(np.concatenate(two) for two in zip(on(rests), on(places), strict=True)))
    homes = network.onto(net, cells["x"].to_numpy(), cells["y"].to_numpy())
    first, last, between = legs_of(net, homes, on(plan_.area.facilities), seats, stretch=stretch)
    best = 0.0
    for some in itertools.combinations(range(len(rests), len(seats.edge)), new):
        stands = np.array([*range(len(rests)), *some], dtype=int)
        at_seat = last[stands].min(axis=1)
        for _ in stands:
            at_seat = np.minimum(at_seat, (between[np.ix_(stands, stands)] + at_seat).min(axis=1))
        reached = (first[:, stands] + at_seat).min(axis=1, initial=np.inf) <= cutoff
        reached |= cells["covered"].to_numpy()
        best = max(best, float(cells["people_60"].to_numpy()[reached].sum()))
    return best


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("new", [1, 2, 3])
def test_on_small_towns_the_choice_is_the_best_of_all(seed, new):
    """Four blocks of streets; some seats are there, a bench could stand every 50 m."""
    rng = np.random.default_rng(seed)
    net = joined_up(*STREETS)
    xy = rng.uniform(-10, 210, (12, 2))
    homes = pd.DataFrame(xy, columns=["x", "y"]).assign(people_60=rng.integers(1, 9, 12) * 1.0)
    centre = gpd.GeoDataFrame(
        {"id": ["C"]}, geometry=gpd.points_from_xy(*rng.uniform(0, 200, (1, 2)).T), crs=CRS
    ).set_index("id")
    rests = seats_at(*rng.uniform(0, 200, (seed % 4, 2)))
    stretch, cutoff = 55.0, 320.0
    asis = planned(net, homes, centre, rests, stretch=stretch, cutoff=cutoff)
    places = benches.candidates_on_ways(net, spacing=50)
    found = benches.place(asis, new=new, candidates=places)
    best = by_trying(asis, net, places, new=new, stretch=stretch, cutoff=cutoff)
    assert found.covered == pytest.approx(best)
    assert found.covered <= found.bound + 1e-9 <= found.every + 1e-6
    assert (found.status == "optimal") == (abs(found.covered - found.bound) < 1e-6)


@pytest.fixture(scope="module")
def rested():
    """The template along its streets from seat to seat, people walk 150 m without one."""
    folder = datasets.folder("template")
    study = area.read_area(
        folder, network=folder / "walk" / "network.geojson", rests=folder / "walk" / "rests.csv"
    )
    demand = weights.make_demand(study, cell=100.0)
    return plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=150.0))


def test_benches_as_built_bring_the_people_that_were_told(rested):
    found = benches.place(rested, new=12, search=siting.Search(time_limit=5))
    assert len(found.seats) <= 12
    assert found.covered_before < found.covered <= found.bound <= found.every <= found.total
    assert found.covered == pytest.approx(found.seats["cumulative"].iloc[-1])
    assert found.seats["marginal"].min() >= 0
    study = rested.area
    built = pd.concat([study.on_foot.rests, found.seats])
    for count in (len(found.seats) - 1, len(found.seats)):
        seats = pd.concat([study.on_foot.rests, found.seats.iloc[:count]])
        on_foot = dataclasses.replace(study.on_foot, rests=seats)
        then = dataclasses.replace(study, on_foot=on_foot)
        after = plan.evaluate(
            then, rested.cells, reach=reach.of_area(then, "walking", stretch=150.0)
        )
        people = after.cells.loc[after.cells["covered"], "people_60"].sum()
        assert people == pytest.approx(found.seats["cumulative"].iloc[count - 1])
    assert len(built) == len(study.on_foot.rests) + len(found.seats)


def test_one_more_centre_is_the_best_of_all_cells(rested):
    best = benches.best_centre(rested)
    after = dataclasses.replace(rested.area, facilities=pd.concat([rested.area.facilities, best]))
    people = plan.evaluate(after, rested.cells, base=rested).cells
    gained = people.loc[people["covered"], "people_60"].sum()
    gained -= rested.cells.loc[rested.cells["covered"], "people_60"].sum()
    assert best["gained"].iloc[0] == pytest.approx(gained)
    for some in siting.candidates_on_grid(rested.cells).index[::40]:
        other = siting.candidates_on_grid(rested.cells).loc[[some]]
        also = rested.reach(rested.cells[~rested.cells["covered"]], other, cutoff=700).table
        cells = also.index.get_level_values(0)
        assert rested.cells.loc[cells, "people_60"].sum() <= gained + 1e-6


def test_a_search_that_is_out_of_time_says_so_and_gives_what_it_has(rested):
    found = benches.place(rested, new=5, search=siting.Search(time_limit=1e-9))
    assert found.status == "time limit"
    assert found.covered >= found.covered_before


def test_a_plan_that_is_not_rested_and_half_a_bench_are_refused(rested):
    straight = plan.evaluate(rested.area, rested.cells)
    with pytest.raises(ValidationError, match="not measured from seat to seat"):
        benches.place(straight, new=1)
    with pytest.raises(ValidationError, match=r"new is 1\.5"):
        benches.place(rested, new=1.5)
    there = gpd.GeoSeries([shapely.Point(0, 0)], index=["a"], crs=4326)
    with pytest.raises(ValidationError, match=r"`candidates` is in EPSG:4326"):
        benches.place(rested, new=1, candidates=there)


# The command

WALK = datasets.folder("template") / "walk"
ASKED = ("--area", "template", "--network", WALK / "network.geojson", "--cell", 100)
ASKED += ("--stretch", 150, "--time-limit", 5)


def test_benches_written_to_a_file_are_seats_to_evaluate_with(tmp_path):
    """What `benches` promises is what `evaluate` finds along the same ways with the file as seats."""
    ran = run("benches", *ASKED, "--new", 6, "--price-bench", 2000, "--price-centre", 1e6,
              "--out", "benches.geojson", "--format", "json", cwd=tmp_path)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    written = gpd.read_file(tmp_path / "benches.geojson")
    assert list(written["id"]) == [row["id"] for row in told["benches"]]
    assert told["benches"][-1]["cumulative_people_60"] == told["covered"]
    assert told["price_a_person_benches"] == pytest.approx(6 * 2000 / told["gained"], rel=1e-4)
    assert told["price_a_person_centre"] == pytest.approx(1e6 / told["centre"]["gained"], rel=1e-4)
    assert "No seats are known in the area" in " ".join(told["notes"])
    asked = [*ASKED[:-2], "--reach", "walking", "--rests", "benches.geojson", "--format", "json"]
    after = json.loads(run("evaluate", *asked, cwd=tmp_path).stdout)["district"]
    assert after["people_60"] - after["uncovered_people_60"] == pytest.approx(
        told["covered"], abs=0.01
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_table_says_what_benches_bring_beside_a_centre(tmp_path, lang):
    seats = ("--rests", WALK / "rests.csv", "--lang", lang, "--out", "benches.xlsx")
    ran = run("benches", *ASKED, *seats, "--new", 2, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    for words in {
        "en": ("2 benches bring", "One more centre, best at", "no choice covers more than"),
        "zh": ("2 个座椅使", "再设一个中心，最佳位置为", "任何方案的覆盖人数都不超过"),
    }[lang]:
        assert words in ran.stdout.replace("\n", " ")
    table = pd.read_excel(tmp_path / "benches.xlsx")
    assert len(table) == 2


HOSTILE = "<img src=x onerror=alert(1)>${alert(2)}{{7*7}}`"


def test_the_map_shows_benches_seats_and_who_comes_within_reach(rested, browser, tmp_path):
    """Two benches with numbers; names of streets and benches are text, whatever stands in them."""
    streets = rested.area.streets.assign(name=HOSTILE, name_en=HOSTILE)
    asis = dataclasses.replace(rested, area=dataclasses.replace(rested.area, streets=streets))
    places = benches.candidates_within(asis, spacing=50)
    places.index = places.index.astype(str) + HOSTILE
    found = benches.place(asis, new=2, candidates=places, search=siting.Search(time_limit=2))
    where = [
        {"rebuild": f"B{n}", "with": "bench", "place": f"POINT ({row.lon:.10g} {row.lat:.10g})"}
        for n, row in enumerate(found.seats.itertuples())
    ]
    built = plan.carry_out(asis, scenario.parse({"name": "Two benches", "step": where}))
    change = comparison.compare(asis, built)
    centre = benches.best_centre(asis)
    page = maps.benches_map(change, found, centre, lang="zh")
    drawn = layers(page)
    assert len(drawn["seats"].data["seats"]) == len(asis.area.on_foot.rests)
    assert [one["number"] for one in drawn["seats"].data["benches"]] == [1, 2]
    page.save(tmp_path / "benches.html")
    opened = Opened(browser, tmp_path / "benches.html")
    assert opened.ask("[...document.querySelectorAll('.cc-bench')].map(b => b.textContent)") == [
        "2",
        "1",
    ]
    assert opened.ask("document.querySelectorAll('.cc-seat').length") == len(
        asis.area.on_foot.rests
    )
    opened.ask("[...document.querySelectorAll('.cc-bench')].pop().click()")
    told = opened.page.locator(".leaflet-popup").inner_text()
    assert HOSTILE in told and told.startswith("1 · ")
    assert f"{found.seats['marginal'].iloc[0]:,.0f}" in told
    assert opened.ask("document.querySelectorAll('.cc-streets tbody tr').length") == 2
    for said in ("新增座椅，按建设顺序编号", "已有座椅", "2 个新增座椅使哪些人可达"):
        assert said in opened.page.locator("body").inner_text()
    opened.shot("benches")
    opened.assert_quiet()
    opened.page.close()


def test_no_bench_stands_beyond_the_border_of_the_area(rested):
    """Ways lead on beyond it, and seats there would help most; here the eastern half is the area."""
    left, bottom, right, top = rested.area.boundary.total_bounds
    middle = (left + right) / 2
    east = rested.area.boundary.clip(shapely.box(middle, bottom, right, top))
    asis = dataclasses.replace(rested, area=dataclasses.replace(rested.area, boundary=east))
    every = benches.candidates_on_ways(reach.network_in(rested.reach), spacing=50)
    within = benches.candidates_within(asis, spacing=50)
    assert 500 < len(within) < len(every) - 500
    assert within.x.min() > middle - 0.03
    assert set(every.index[every.within(east.geometry.iloc[0])]) <= set(within.index)
    everywhere, inside = (
        benches.place(one, new=3, spacing=50, search=siting.Search(time_limit=2))
        for one in (rested, asis)
    )
    assert everywhere.seats.geometry.x.min() < middle - 0.03 < inside.seats.geometry.x.min()


@pytest.mark.parametrize("with_seats", [True, False])
def test_as_many_legs_are_expected_as_there_are_at_most(rested, with_seats):
    """Counted one by one along the streets; on these there are not fewer than a fifth of those expected."""
    study = rested.area
    rests = study.on_foot.rests if with_seats else study.on_foot.rests.iloc[:0]
    net, stretch = study.on_foot.network, 150.0
    walk = functools.partial(reach.resting, network=net, rests=rests, stretch=stretch)
    asis = plan.evaluate(study, rested.cells, reach=walk)
    places = benches.candidates_within(asis, spacing=40)
    graph = network.graph_of(net)
    open_ = asis.cells[~asis.cells["covered"]]
    ends = study.facilities.geometry.union_all()
    gap = shapely.multipoints(open_[["x", "y"]].to_numpy())
    places = places[places.distance(ends) + places.distance(gap) <= 700]  # others help nobody
    homes = network.onto(net, open_["x"].to_numpy(), open_["y"].to_numpy())
    new, own = (
        network.onto(net, some.geometry.x.to_numpy(), some.geometry.y.to_numpy())
        for some in (places, rests)
    )
    seats = network.OnWay(*(np.concatenate(two) for two in zip(own, new, strict=True)))
    legs = sum(
        len(network.legs(net, graph, some, seats, stretch=stretch)[0]) for some in (homes, seats)
    )
    over, _, _ = network.rested_walks(net, graph, homes, new, own, stretch=stretch, cutoff=700)
    assert legs + len(over) <= benches.legs_expected(asis, places) <= 5 * (legs + len(over))


def test_legs_that_memory_does_not_hold_are_refused_before_they_are_measured(tmp_path):
    message = refused(
        "benches", *ASKED, "--new", 1, "--spacing", 1, "--memory", "700MB", cwd=tmp_path
    )
    for part in (
        "a search over",
        "legs takes about",
        "use --spacing",
        "a --stretch of less than 150",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--new", "2"], "say how many metres are walked without a seat"),
        (["--new", "-1", "--stretch", "100"], "--new is -1; write a number from 0 to 500"),
        (["--new", "1", "--stretch", "9", "--spacing", "0"], "--spacing is 0; write metres"),
        (["--new", "1", "--stretch", "100"], "the study area has no walking network"),
        (["--new", "1", "--stretch", "100", "--price-bench", "-1"], "--price-bench is -1"),
    ],
)
def test_what_benches_cannot_do_without_is_told(tmp_path, words, told):
    assert told in refused("benches", "--area", "template", *words, cwd=tmp_path)


def test_a_profile_says_how_far_is_walked_without_a_seat(tmp_path):
    """In minutes, with stairs; benches as told are those as built, and a barred profile has its own tree."""
    asked = [*ASKED[:6], "--profile", "80plus", "--format", "json"]
    ran = run("benches", *asked, "--new", 3, "--time-limit", 5, "--out", "b.csv", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["stretch_m"], told["reach"]["unit"]) == (100, "min")
    assert 0 <= told["covered_before"] < told["covered"] <= told["bound"]
    ran = run("evaluate", *asked, "--reach", "walking", "--rests", "b.csv", cwd=tmp_path)
    after = json.loads(ran.stdout)["district"]
    assert after["people_60"] - after["uncovered_people_60"] == pytest.approx(
        told["covered"], abs=0.01
    )
    lacking = refused("benches", *ASKED[:6], "--profile", "standard", "--new", 1, cwd=tmp_path)
    assert "it does not say how many metres are walked without a seat" in lacking


def test_seats_at_one_place_are_a_leg_of_no_length_from_each_other():
    """Candidates on the very spots of b1, b2, b3: a bench there helps nobody, and harms nobody."""
    asis, places = on_the_ladder(stretch=100)
    on = ladder()
    both = gpd.GeoSeries(pd.concat([on.rests.geometry, places]), crs=CRS)
    found = benches.place(asis, new=2, candidates=both)
    assert (found.covered, len(found.seats)) == (70, 2)
    assert not set(found.seats.index) & {"b1", "b2", "b3"}


def test_benches_are_steps_of_a_scenario(tmp_path):
    """`whatif` with the scenario finds the people that `benches` told, gained beside the seats there are."""
    seats = ("--rests", WALK / "rests.csv")
    ran = run("benches", *ASKED, *seats, "--new", 4, "--scenario", "seats.toml",
              "--map", "seats.html", "--format", "json", cwd=tmp_path)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    page = (tmp_path / "seats.html").read_text(encoding="utf-8")
    assert "whom 4 new benches bring within reach" in page
    assert f"{told['gained']:,.0f}" in page
    asked = [*ASKED[:-2], *seats, "--reach", "walking", "--format", "json"]
    ran = run("whatif", "seats.toml", *asked, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    row = json.loads(ran.stdout)["district"]
    assert row["gained_people_60"] == pytest.approx(told["gained"], abs=0.01)
    assert row["lost_people_60"] == 0
