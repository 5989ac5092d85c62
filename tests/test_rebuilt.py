"""Scenarios that rebuild ways: a footbridge, ramps, shorter waits, benches; by hand on a ladder of streets."""

import dataclasses
import functools
import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from carecircles import area, datasets, io, network, plan, reach, report, scenario, walkers, weights
from carecircles.area import OnFoot
from carecircles.errors import ValidationError
from tests import test_cli
from tests.conftest import CRS, centres_at
from tests.test_streets import X0, Y0, cells_at, drawn

# Two streets of 400 m, 100 m apart, a river between them; stairs lead over it at 300 m, signals at 350 m.
LADDER = (
    ("residential", {}, [(0, 0), (400, 0)]),
    ("residential", {}, [(0, 100), (400, 100)]),
    ("steps", {"step_count": "32"}, [(300, 0), (300, 100)]),
)


def ladder():
    return network.read_network(drawn(*LADDER), crs=CRS)


def metres(net, home, centre, **walker):
    """The walk between two places, or None."""
    walk = functools.partial(reach.walking, network=net, **walker)
    there = centres_at((X0 + centre[0], Y0 + centre[1]))
    return next(iter(reach.nearest(cells_at(home), there, reach=walk).table.round(3)), None)


def line(*points):
    return shapely.LineString(np.add(points, (X0, Y0)))


@pytest.mark.parametrize(
    ("bridge", "metres_of", "walk"),
    [
        ([(100, 0), (100, 100)], 100, 100 + 100 + 100),
        ([(100, 10), (100, 70)], 100, 100 + 100 + 100),  # to the nearest way at each end
        ([(0, 0), (0, 100)], 100, 100),  # at junctions
        ([(100, 0), (150, 50), (100, 100)], 2 * np.hypot(50, 50), 100 + 2 * np.hypot(50, 50) + 100),
    ],
)
def test_a_footbridge_shortens_the_walk(bridge, metres_of, walk):
    """From (0, 0) to (0, 100): 700 m over the stairs until the bridge is there."""
    before = ladder()
    after = network.with_way(before, line(*bridge))
    assert metres(before, (0, 0), (0, 100)) == 700
    assert metres(after, (0, 0), (0, 100)) == pytest.approx(walk, abs=0.01)
    assert metres(after, (350, 0), (350, 100)) == 200
    assert after.edges["metres"].sum() == pytest.approx(900 + metres_of, abs=0.01)
    assert after.edges["flights"].sum() == before.edges["flights"].sum()
    assert network.parts_of(after.edges).max() == 0


def test_a_short_cut_beside_a_street_joins_it_twice():
    """From one place of a street to another: the street is cut at both, in either order."""
    for points in ([(100, 0), (150, 30), (200, 0)], [(200, 0), (150, 30), (100, 0)]):
        after = network.with_way(ladder(), line(*points))
        assert metres(after, (100, 0), (200, 0)) == 100
        assert after.edges["metres"].sum() == pytest.approx(900 + 2 * np.hypot(50, 30), abs=0.01)


def test_a_footbridge_that_joins_nothing_is_none():
    assert network.with_way(ladder(), line((100, 200), (100, 300))) is None


def test_ramps_let_those_pass_who_climb_no_stairs():
    """Two flights of 16 steps on the way, 16 s each; who climbs none does not get across."""
    before = ladder()
    there = shapely.Point(X0 + 310, Y0 + 50)
    stairs = network.ways_at(before, there, among=network.stairs_of(before))
    after = network.with_ramps(before, stairs)
    climbs, never = (walkers.profile_of(name) for name in ("80plus", "nostairs"))
    home, centre = (300, 0), (300, 100)
    assert metres(before, home, centre, profile=never) is None
    assert metres(after, home, centre, profile=never) == pytest.approx(
        100 / never.pace_m_s / 60, abs=0.001
    )
    saved = metres(before, home, centre, profile=climbs) - metres(
        after, home, centre, profile=climbs
    )
    assert saved * 60 == pytest.approx(before.edges["flights"].sum() * climbs.flight_s, abs=0.1)
    assert metres(before, home, centre) == metres(after, home, centre) == 100


def test_shorter_waits_save_their_share():
    """A crossing with signals between two streets."""
    net = network.read_network(
        drawn(*LADDER[:2], ("crossing", {"crossing": "traffic_signals"}, [(100, 0), (100, 100)])),
        crs=CRS,
    )
    who = walkers.profile_of("80plus")
    around = shapely.box(X0 + 90, Y0 + 40, X0 + 110, Y0 + 60)
    at = network.ways_at(net, around, among=network.signals_of(net))
    assert len(at) == 1
    costs = [
        metres(network.with_waits(net, at, share), (100, 0), (100, 100), profile=who) * 60
        for share in (1, 0.5, 0)
    ]
    assert costs[0] - costs[1] == pytest.approx(who.crossing_s / 2, abs=0.1)
    assert costs[0] - costs[2] == pytest.approx(who.crossing_s, abs=0.1)


# Steps of a scenario


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The template's folder with the ladder's streets around its first centre, a river between them."""
    folder = tmp_path_factory.mktemp("walked") / "area"
    shutil.copytree(datasets.folder("template"), folder)
    study = datasets.load("template")
    at = study.facilities.geometry.iloc[0]
    streets = drawn(*LADDER).set_crs(study.crs, allow_override=True)
    moved = streets.translate(at.x - X0 - 200, at.y - Y0 - 100)  # the centre on the northern street
    streets.set_geometry(moved).to_crs(4326).to_file(folder / "network.geojson")
    river = line((-900, 50), (1300, 50))
    river = gpd.GeoSeries([river], crs=study.crs).translate(at.x - X0 - 200, at.y - Y0 - 100)
    river.to_crs(4326).to_file(folder / "barriers.geojson")
    return folder


def wkt(study, *points):
    """Where something is, told from the south-western corner of the ladder, in degrees."""
    at = study.facilities.geometry.iloc[0]
    xy = np.add(points, (at.x - 200, at.y - 100))
    shape = shapely.LineString(xy) if len(points) > 1 else shapely.Point(xy[0])
    degrees = gpd.GeoSeries([shape], crs=study.crs).to_crs(4326).iloc[0]
    return shapely.to_wkt(degrees, rounding_precision=8)


def steps_of(*steps):
    return scenario.parse({"name": "x", "step": list(steps)}, file="plan.toml")


def test_a_scenario_with_a_footbridge_is_measured_anew(walked):
    """What a plan carries out is what is measured by hand on the rebuilt network; the plan before stays."""
    study = area.read_area(walked)
    demand = weights.make_demand(study, cell=50)
    walk = reach.of_area(study, "walking")
    before = plan.evaluate(study, demand, reach=walk, beside=reach.straight_line)
    bridge = {"rebuild": "桥", "with": "crossing", "place": wkt(study, (100, 0), (100, 100))}
    after = plan.carry_out(before, steps_of(bridge))
    at = study.facilities.geometry.iloc[0]
    drawn_there = shapely.LineString([(at.x - 100, at.y - 100), (at.x - 100, at.y)])
    by_hand = network.with_way(study.on_foot.network, drawn_there)
    cost = reach.walking(demand, study.facilities, by_hand, cutoff=700)
    assert cost.table.sum() == pytest.approx(after.cost.table.sum(), rel=1e-5)
    assert after.cells["covered"].sum() > before.cells["covered"].sum()
    np.testing.assert_array_equal(after.beside.cells["covered"], before.beside.cells["covered"])
    assert after.area.notes[-1] == {
        "en": "plan.toml: '桥' is a new way of 100 m.",
        "zh": "plan.toml：'桥' 为新增道路 100 米。",
    }
    assert study.on_foot.network is before.area.on_foot.network
    later = dataclasses.replace(steps_of({**bridge, "date": "2030"}), as_of=None)
    held = scenario.apply(
        study, dataclasses.replace(later, as_of=area.area_on(study, "2024-01-01").as_of)
    )
    assert held.on_foot.network is study.on_foot.network


def test_a_crossing_opens_a_barrier_where_there_is_no_network(walked):
    """300 m of river bank, then straight over the new bridge."""
    study = area.read_area(walked)
    bare = dataclasses.replace(study, on_foot=dataclasses.replace(study.on_foot, network=None))
    round_it = reach.of_area(bare, "detour")
    demand = weights.make_demand(study, cell=50)
    before = plan.evaluate(bare, demand, reach=round_it)
    bridge = {"rebuild": "bridge", "with": "crossing", "place": wkt(study, (200, 40), (200, 60))}
    after = plan.carry_out(before, steps_of(bridge))
    assert after.cells["covered"].sum() > before.cells["covered"].sum()
    assert len(after.area.on_foot.crossings) == 1
    crossings = gpd.GeoSeries(after.area.on_foot.crossings.geometry, crs=study.crs)
    cost = reach.detour(
        demand, study.facilities, cutoff=700, barriers=study.on_foot.barriers, crossings=crossings
    )
    assert cost.table.sum() == pytest.approx(after.cost.table.sum())


CIRCLE, ROUND = "a straight line knows no ways", "change by crossings alone"


@pytest.mark.parametrize(
    ("step", "place", "said", "shows"),
    [
        ({"with": "crossing"}, [(100, 0), (100, 100)], {"circle": CIRCLE}, {"walk", "round", "timed", "seated"}),
        ({"with": "ramp"}, [(300, 30)],
         {"circle": CIRCLE, "round": ROUND, "walk": "not the climb", "seated": "not the climb"},
         {"walk", "timed", "seated"}),
        ({"with": "bench"}, [(300, 0)],
         {"circle": CIRCLE, "round": ROUND, "walk": "nobody is taken to need a seat",
          "timed": "nobody is taken to need a seat"},
         {"seated"}),
    ],
)  # fmt: skip
def test_a_note_says_what_is_rebuilt_and_does_not_count_and_why(walked, step, place, said, shows):
    """A bench is nothing to who needs no seat, and a ramp saves no metres; where all counts nothing is said."""
    study = area.read_area(walked)
    seats = study.facilities[["geometry"]]  # where nobody needs one
    study = dataclasses.replace(study, on_foot=dataclasses.replace(study.on_foot, rests=seats))
    ways = {
        "circle": reach.straight_line,
        "walk": reach.of_area(study, "walking"),
        "round": reach.of_area(study, "detour"),
        "timed": functools.partial(
            reach.walking, network=study.on_foot.network, profile=walkers.profile_of("80plus")
        ),
        "seated": reach.of_area(study, "walking", stretch=250),
    }
    steps = steps_of({"rebuild": "x", "place": wkt(study, *place), **step})
    demand, found = weights.make_demand(study, cell=50), set()
    for name, way in ways.items():
        before = plan.evaluate(study, demand, reach=way)
        after = plan.carry_out(before, steps)
        lines = [line for line in report.reach_notes(after) if "Not counted" in line["en"]]
        assert len(lines) == (name in said)
        assert said.get(name, "") in "".join(line["en"] for line in lines)
        assert all("未计入" in line["zh"] for line in lines)
        if not after.cost.table.round(6).equals(before.cost.table.round(6)):
            found.add(name)
    assert found == shows


@pytest.mark.parametrize(
    ("bound", "step", "place"),
    [
        ("network", "crossing", [(100, 0), (100, 100)]),
        ("rests", "bench", [(50, 0)]),
        ("crossings", "crossing", [(100, 40), (100, 60)]),
    ],
)
def test_what_is_rebuilt_beside_ways_of_ones_own_is_refused(walked, bound, step, place):
    """Where a plan is walked along another network than the area's, a new bridge would change nothing."""
    study, mine = area.read_area(walked), area.read_area(walked).on_foot
    seats = study.facilities[["geometry"]]
    study = dataclasses.replace(study, on_foot=dataclasses.replace(study.on_foot, rests=seats))
    reaches = {
        "network": functools.partial(reach.walking, network=mine.network),
        "rests": functools.partial(
            reach.resting, network=study.on_foot.network, rests=seats.copy(), stretch=150
        ),
        "crossings": functools.partial(
            reach.detour, barriers=study.on_foot.barriers, crossings=seats.iloc[:0]
        ),
    }
    before = plan.evaluate(study, weights.make_demand(study, cell=50), reach=reaches[bound])
    steps = steps_of({"rebuild": "x", "with": step, "place": wkt(study, *place)})
    with pytest.raises(ValidationError, match=rf"has not the `{bound}` of .* take the reach from"):
        plan.carry_out(before, steps)
    assert plan.carry_out(before, steps_of({"close": "A1"})).reach is before.reach


def test_a_bridge_over_a_river_without_a_network_is_missed_by_a_walk_along_ones_own(walked):
    """The area knows its river alone, so that the bridge is only a crossing of it; the walk is not round it."""
    study = area.read_area(walked)
    bare = dataclasses.replace(study, on_foot=dataclasses.replace(study.on_foot, network=None))
    walk = functools.partial(reach.walking, network=study.on_foot.network)
    before = plan.evaluate(bare, weights.make_demand(study, cell=50), reach=walk)
    bridge = {"rebuild": "b", "with": "crossing", "place": wkt(study, (100, 40), (100, 60))}
    with pytest.raises(ValidationError, match="has not the `network` of its study area"):
        plan.carry_out(before, steps_of(bridge))


def test_barriers_that_were_bound_without_crossings_get_the_bridge_that_is_built(walked):
    """Nobody crosses the river before, and no crossing was named; then the one new bridge counts."""
    study = area.read_area(walked)
    demand = weights.make_demand(study, cell=50)
    walls = functools.partial(reach.detour, barriers=study.on_foot.barriers)
    before = plan.evaluate(study, demand, reach=walls)
    bridge = {"rebuild": "b", "with": "crossing", "place": wkt(study, (100, 0), (100, 100))}
    after = plan.carry_out(before, steps_of(bridge))
    named = plan.evaluate(study, demand, reach=reach.of_area(study, "detour"))
    assert after.cost.table.equals(plan.carry_out(named, steps_of(bridge)).cost.table)
    assert after.cells["covered"].sum() > before.cells["covered"].sum()


def test_benches_ramps_and_waits_change_what_is_known_of_walking(walked):
    study = area.read_area(walked)
    made = scenario.apply(
        study,
        steps_of(
            {"rebuild": "a", "with": "bench", "place": wkt(study, (50, 0))},
            {"rebuild": "a", "with": "bench", "place": wkt(study, (90, 0)), "source": "council"},
            {"rebuild": "b", "with": "ramp", "place": wkt(study, (310, 30))},
        ),
    )
    assert len(made.on_foot.rests) == 2
    assert (
        made.on_foot.network.edges["flights"].sum()
        == 0
        < study.on_foot.network.edges["flights"].sum()
    )
    assert study.on_foot.rests is None
    assert made.on_foot.rests.crs == study.crs


# Two streets of 200 m in a row, the second of two pieces; stairs down from their end, then signals.
NUMBERED = (
    ("residential", {"id": 4001}, [(0, 0), (200, 0)]),
    ("residential", {"id": 4002}, [(200, 0), (300, 0)]),
    ("residential", {"id": 4002}, [(300, 0), (400, 0)]),
    ("footway", {"id": 4003}, [(300, 0), (300, 10)]),
    ("steps", {"id": 4004, "step_count": "32"}, [(400, 0), (400, -10)]),
    ("crossing", {"id": 4005, "crossing": "traffic_signals"}, [(400, -10), (400, -30)]),
)


@pytest.mark.parametrize("form", ["geojson", "parquet", "text.gpkg"])
def test_what_is_rebuilt_may_be_said_by_the_id_of_a_way(walked, tmp_path, form):
    """Ids as numbers or as text, of drawn lines or a prepared file; a bench comes into the middle of its way."""
    layer, path = drawn(*NUMBERED), tmp_path / f"net.{form}"
    if form == "parquet":
        io.write_frame(network.as_frame(network.read_network(layer, crs=CRS)), path)
    else:
        ids = layer["id"].map("A/{}".format) if form == "text.gpkg" else layer["id"].astype(int)
        layer.assign(id=ids).to_file(path)
    net = network.read_network(path, crs=CRS)
    study = area.read_area(walked)
    study = dataclasses.replace(study, crs=net.crs, on_foot=OnFoot(net))

    def done(with_, way, **more):
        said = f"A/{way}" if form == "text.gpkg" else way
        steps = steps_of({"rebuild": "x", "with": with_, "way": said, **more})
        return scenario.apply(study, steps).on_foot

    assert done("ramp", 4004).network.edges["flights"].sum() == 0 < net.edges["flights"].sum()
    assert done("short_wait", 4005, share=0.25).network.edges["signals"].sum() == 0.25
    seat = done("bench", 4003).rests.geometry.iloc[0]
    assert (seat.x - X0, seat.y - Y0) == pytest.approx((300, 5), abs=0.01)
    for with_, way, said in (
        ("ramp", 4009, "way: '(A/)?4009' not among the ways that are walked; correct it"),
        ("bench", 400, "way: '(A/)?400' not among the ways"),
        ("ramp", 4001, "no flight of stairs on the ways that way names"),
        ("short_wait", 4004, "no signalled crossing on the ways"),
    ):
        with pytest.raises(ValidationError, match=rf"plan\.toml, step 1: .*{said}"):
            done(with_, way, **({"share": 0.5} if with_ == "short_wait" else {}))


def test_a_network_without_ids_says_so(walked):
    steps = steps_of({"rebuild": "x", "with": "ramp", "way": "4217"})
    with pytest.raises(ValidationError, match=r"no ids of ways .* write place"):
        scenario.apply(area.read_area(walked), steps)


def test_a_scenario_that_rebuilds_is_written_as_it_is_read(walked):
    study = area.read_area(walked)
    steps = steps_of(
        {"rebuild": "桥", "with": "crossing", "place": wkt(study, (1, 0), (1, 100)), "date": "2030"},
        {"rebuild": "w", "with": "short_wait", "place": wkt(study, (1, 0)), "share": 0.5, "datum": "gcj02"},
        {"rebuild": "v", "with": "bench", "way": [4217, "R 9"]},
        {"close": "A1"},
    )  # fmt: skip
    import tomllib

    text = scenario.scenario_text(steps)
    again = scenario.parse(tomllib.loads(text), file="plan.toml")
    assert again.steps.drop(columns="date").equals(steps.steps.drop(columns="date"))
    assert scenario.scenario_text(again) == text


HERE = "POINT (110.0 35.0)"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"with": "tunnel", "place": HERE}, "with is 'tunnel'; write one of crossing, ramp"),
        ({"place": HERE}, "with is ''; write one of"),
        ({"with": "ramp", "place": "HERE"}, r"place is 'HERE'; write it such as \"POINT"),
        ({"with": "ramp", "place": "POINT (500000 4300000)"}, "place is 'POINT"),
        ({"with": "ramp", "place": "POINT EMPTY"}, "place is 'POINT EMPTY'"),
        ({"with": "ramp", "place": 5}, "place is not text"),
        ({"with": "crossing", "place": HERE}, r"such as \"LINESTRING"),
        ({"with": "short_wait", "place": HERE}, "share is ''; write how much of the time remains"),
        ({"with": "short_wait", "place": HERE, "share": 2}, "share is 2; write"),
        (
            {"with": "bench", "place": HERE, "share": 0.5},
            "share goes with short_wait, handrail, seat alone",
        ),
        ({"with": "bench", "place": HERE, "datum": "mars"}, "mars"),
        ({"with": "bench", "place": HERE, "lon": 1}, "unknown with rebuild: 'lon'"),
        (
            {"with": "crossing", "way": "7"},
            "way goes with ramp, short_wait, bench alone; write place",
        ),
        ({"with": "bench", "way": "7", "place": HERE}, "it says place and way; write one of them"),
        ({"with": "bench", "way": 4.5}, "way is '4.5'; write such as"),
        ({"with": "bench", "way": " ; "}, "way is ' ; '; write such as"),
    ],
)
def test_steps_that_cannot_rebuild_are_refused(step, said):
    with pytest.raises(ValidationError, match=said):
        steps_of({"rebuild": "x", **step})


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("ramp", "there is no flight of stairs within 50 m"),
        ("short_wait", "there is no signalled crossing within 50 m"),
        ("crossing", "there is no way at each of its ends within 50 m"),
    ],
)
def test_what_is_not_there_is_not_rebuilt(walked, made, said):
    study = area.read_area(walked)
    far = {"crossing": wkt(study, (0, 900), (0, 950))}.get(made, wkt(study, (0, 900)))
    step = {"rebuild": "x", "with": made, "place": far} | (
        {"share": 0.5} if made == "short_wait" else {}
    )
    with pytest.raises(ValidationError, match=rf"plan\.toml, step 1: {said}"):
        scenario.apply(study, steps_of(step))
    nowhere = dataclasses.replace(study, on_foot=OnFoot())
    with pytest.raises(ValidationError, match="no walking network; name a file"):
        scenario.apply(nowhere, steps_of(step))


def test_whatif_tells_what_a_footbridge_changes(walked, tmp_path):
    """By the walk people are gained, by the circle nobody; the file of the scenario is an input."""
    study = area.read_area(walked)
    steps = steps_of(
        {"rebuild": "桥", "with": "crossing", "place": wkt(study, (100, 0), (100, 100))}
    )
    (tmp_path / "bridge.toml").write_text(scenario.scenario_text(steps), encoding="utf-8")
    gained = {}
    for kind in ("walking", "straight"):
        result = test_cli.run(
            "whatif", tmp_path / "bridge.toml", "--area", walked, "--cell", 50, "--reach", kind,
            "--format", "json", cwd=Path.cwd(),
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        told = json.loads(result.stdout)
        assert any("a new way of 100 m" in note for note in told["notes"])
        gained[kind] = told["district"]["gained_people_60"]
    assert gained["walking"] > 0 == gained["straight"]


# Inside buildings


@pytest.fixture(scope="module")
def upstairs(walked):
    """The ladder's area with one residence of six floors without a lift on its southern street."""
    study = area.read_area(walked)
    at = study.facilities.geometry.iloc[0]
    home = gpd.GeoDataFrame(
        {
            "street": [study.facilities["street"].iloc[0]],
            "households": [10.0],
            "floors": [6.0],
            "lift": [0.0],
        },
        geometry=[shapely.Point(at.x - 150, at.y - 90)],
        index=["R1"],
        crs=study.crs,
    )
    return dataclasses.replace(study, sources=dataclasses.replace(study.sources, residences=home))


@pytest.mark.parametrize(
    ("step", "flights"),
    [
        ({"with": "lift"}, 0.0),
        ({"with": "handrail", "share": 0.8}, 2.5 * 0.8),
        ({"with": "seat", "share": 0.5}, 2.5 * 0.5),
    ],
)
def test_stairs_inside_a_building_are_eased(upstairs, step, flights):
    """Six floors: two and a half flights on average, 16 s each; the walk gets shorter by those that go."""
    demand = weights.make_demand(upstairs, cell=50)
    cell = demand["flights"].idxmax()
    assert demand["flights"].max() == 2.5
    walk = reach.of_area(upstairs, "walking", profile="80plus")
    before = plan.evaluate(upstairs, demand, reach=walk)
    after = plan.carry_out(
        before, steps_of({"rebuild": "R1", "place": wkt(upstairs, (55, 15)), **step})
    )
    assert after.cells["flights"].max() == pytest.approx(flights)
    who = walkers.profile_of("80plus")
    saved = before.cells["distance_m"][cell] - after.cells["distance_m"][cell]
    assert 60 * saved == pytest.approx((2.5 - flights) * who.flight_s, abs=0.01)
    cost = reach.walking(
        after.cells, upstairs.facilities, upstairs.on_foot.network, cutoff=15, profile=who
    )
    assert cost.table.sum() == pytest.approx(after.cost.table.sum())
    assert not any("Not counted" in line["en"] for line in report.reach_notes(after))
    circles = plan.evaluate(after.area, demand)
    assert "a straight line knows no ways" in report.reach_notes(circles)[0]["en"]
    assert upstairs.sources.residences["lift"].tolist() == [0.0]


def test_no_lift_where_there_is_no_building(walked, upstairs):
    step = {"rebuild": "x", "with": "lift", "place": wkt(upstairs, (300, 900))}
    with pytest.raises(ValidationError, match="there is no residence within 50 m"):
        scenario.apply(upstairs, steps_of(step))
    with pytest.raises(ValidationError, match="has no residences; name a file"):
        scenario.apply(area.read_area(walked), steps_of(step))
