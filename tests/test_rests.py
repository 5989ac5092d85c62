"""Walks from seat to seat, on a ladder of streets that is checked on paper and against every way of walking."""

import functools
import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import area, datasets, evaluation, network, reach, weights
from carecircles.errors import ValidationError
from carecircles.network.rests import SLACK_M
from tests.conftest import CRS
from tests.examples import examples
from tests.ladder import ladder
from tests.test_cli import refused, run
from tests.test_network import by_cutting, joined_up
from tests.test_on_foot import CELL, streets_of


def seats_at(*places):
    return gpd.GeoDataFrame(geometry=[shapely.Point(p) for p in places], crs=CRS)


def rested(on, *, stretch, cutoff=700.0, rests=None):
    rests = on.rests if rests is None else rests
    table = reach.resting(
        on.homes, on.centres, on.network, rests, cutoff=cutoff, stretch=stretch
    ).table
    return table.round(6).to_dict()


def test_walks_on_the_ladder_are_those_on_paper():
    on = ladder()
    walks = reach.walking(on.homes, on.centres, on.network, cutoff=400).table
    assert walks.round(6).to_dict() == {("p", "C"): 400, ("q", "C"): 350, ("r", "C"): 150}
    assert on.network.edges.set_index("kind").loc["steps", "metres"] == 100
    assert on.network.edges["level"].sum() == 1  # the bridge


@pytest.mark.parametrize(
    ("stretch", "reached"),
    [
        (99, {}),
        # p: 100 to b1, 80 to b2, 120 to b3, 100 to C. q: 130 to b2. r: 150 by the stairs.
        (119, {}),
        (120, {("p", "C"): 400}),
        (130, {("p", "C"): 400, ("q", "C"): 350}),
        (149, {("p", "C"): 400, ("q", "C"): 350}),
        # r cannot walk the 150 m of the stairs at a stretch, but 150 m by the street to b3 and on.
        (150, {("p", "C"): 400, ("q", "C"): 350, ("r", "C"): 150}),
    ],
)
def test_nobody_walks_farther_than_a_stretch_without_a_seat(stretch, reached):
    assert rested(ladder(), stretch=stretch) == reached


def test_without_a_seat_near_the_stairs_the_long_way_is_rested():
    """r: 150 m by the stairs is too far for 149, a seat 100 m along the street makes 250 m of it."""
    on = ladder()
    corner = on.rests.geometry.iloc[-1:].translate(0, -50)  # (300, 0)
    rests = pd.concat([on.rests, gpd.GeoDataFrame(geometry=corner)])
    assert rested(on, stretch=149, rests=rests)["r", "C"] == 250
    assert rested(on, stretch=149, rests=rests, cutoff=249).get(("r", "C")) is None
    assert rested(on, stretch=150, rests=rests)["r", "C"] == 150


def test_a_seat_off_the_way_is_walked_to_and_back():
    """100 m of street; the only seat is 10 m off its middle: both legs are 60 m, the walk 120."""
    street = joined_up([[0, 0], [100, 0]])
    home = pd.DataFrame({"x": [0.0], "y": [0.0]}, index=["p"])
    centre = gpd.GeoDataFrame(index=["a"], geometry=[shapely.Point(100, 0)], crs=CRS)
    rest = functools.partial(reach.resting, network=street, rests=seats_at((50, 10)))
    assert rest(home, centre, cutoff=120, stretch=60).table.tolist() == [120]
    assert rest(home, centre, cutoff=119, stretch=60).table.empty
    assert rest(home, centre, cutoff=120, stretch=59).table.empty
    assert rest(home, centre, cutoff=120, stretch=100).table.tolist() == [100]  # past it


def test_a_leg_may_be_as_long_as_the_centimetres_of_a_file_let_it():
    street = joined_up([[0, 0], [100, 0]])
    home = pd.DataFrame({"x": [0.0], "y": [0.0]}, index=["p"])
    centre = gpd.GeoDataFrame(index=["a"], geometry=[shapely.Point(100, 0)], crs=CRS)
    rest = functools.partial(reach.resting, network=street, cutoff=700, stretch=50)
    assert len(rest(home, centre, rests=seats_at((50.01, 0))).table) == 1
    assert rest(home, centre, rests=seats_at((50.03, 0))).table.empty


def test_a_bench_across_the_river_is_come_to_over_the_bridge():
    """A bench on the far bank, 15 m from the end of the northern rail, is 250 m away and not 20."""
    on = ladder()
    bank = seats_at(
        np.add(
            [260, 100], [on.centres.geometry.x.iloc[0] - 350, on.centres.geometry.y.iloc[0] - 100]
        )
    )
    home = pd.DataFrame({"x": [on.homes.x["q"] + 40], "y": [on.homes.y["q"]]}, index=["end"])
    rest = functools.partial(reach.resting, network=on.network, cutoff=700, rests=bank)
    assert rest(home, on.centres, stretch=299).table.empty
    # 240 by the bridge and the southern rail to (300, 100), from there 50 to C.
    assert rest(home, on.centres, stretch=390).table.round(6).tolist() == [390]


spots = st.lists(
    st.tuples(st.floats(-20, 220), st.floats(-20, 220)), min_size=1, max_size=5, unique=True
)
STREETS = [[[100 * n, 0], [100 * n, 100]] for n in range(3)]
STREETS += [[[100 * n, 100], [100 * n, 200]] for n in range(3)]
STREETS += [[[0, 100 * n], [100, 100 * n]] for n in range(3)]
STREETS += [[[100, 100 * n], [200, 100 * n]] for n in range(3)]


def by_sitting(net, homes, centres, seats, *, stretch):
    """
    Metres of every walk by trying: who sits at a seat can sit at every other one a leg away, and so on.

    Legs are those of ways cut at every place; whoever is as far as he gets after as many legs as there
    are seats gets no farther.
    """

    def no_longer(metres):
        return np.where(metres <= stretch + SLACK_M, metres, np.inf)

    direct = no_longer(by_cutting(net, homes, centres))
    first, last = (no_longer(by_cutting(net, *two)) for two in ((homes, seats), (seats, centres)))
    between = no_longer(by_cutting(net, seats, seats))
    at_seat = first
    for _ in range(len(seats.edge)):
        on = (at_seat[:, :, None] + between).min(axis=1)
        at_seat = np.minimum(at_seat, on)
    return np.minimum(direct, (at_seat[:, :, None] + last).min(axis=1))


@settings(max_examples=examples(25), deadline=None)
@given(
    homes=spots,
    centres=spots,
    seats=spots,
    gone=st.sets(st.integers(0, 11), max_size=5),
    stretch=st.sampled_from([30.0, 70.0, 120.0]),
)
def test_every_rested_walk_is_the_least_of_all_ways_to_sit_down(
    homes, centres, seats, gone, stretch
):
    net = joined_up(*(line for n, line in enumerate(STREETS) if n not in gone))
    at_home, at_centre, at_seat = (
        network.onto(net, *np.array(some).T) for some in (homes, centres, seats)
    )
    graph = network.graph_of(net)
    truth = by_sitting(net, at_home, at_centre, at_seat, stretch=stretch)
    for cutoff in (150.0, 1e9):
        place, centre, cost = network.rested_walks(
            net, graph, at_home, at_centre, at_seat, stretch=stretch, cutoff=cutoff
        )
        found = np.full(truth.shape, np.inf)
        found[place, centre] = cost
        is_clear = np.abs(truth - cutoff) > 1e-6
        expected = np.where(truth <= cutoff, truth, np.inf)
        np.testing.assert_allclose(found[is_clear], expected[is_clear], atol=1e-6)
    which, cost = network.rested_nearest(net, graph, at_home, at_centre, at_seat, stretch=stretch)
    np.testing.assert_allclose(cost, truth.min(axis=1), atol=1e-6)
    there = truth[np.arange(len(which)), which][which >= 0]
    np.testing.assert_allclose(there, cost[which >= 0], atol=1e-6)


def as_dict(homes, centres, seats, *, stretch, cutoff=300.0):
    demand = pd.DataFrame(homes, columns=["x", "y"])
    places = gpd.GeoDataFrame(geometry=[shapely.Point(p) for p in centres], crs=CRS)
    net = joined_up(*STREETS)
    walks = reach.resting(
        demand, places, net, seats_at(*seats), cutoff=cutoff, stretch=stretch
    ).table
    on_foot = reach.walking(demand, places, net, cutoff=cutoff).table
    return walks.to_dict(), on_foot.to_dict()


@settings(max_examples=examples(20), deadline=None)
@given(homes=spots, centres=spots, seats=spots, more=spots)
def test_a_seat_more_and_a_longer_stretch_take_nothing_away_and_no_walk_is_beaten(
    homes, centres, seats, more
):
    some, on_foot = as_dict(homes, centres, seats, stretch=60)
    with_more, _ = as_dict(homes, centres, [*seats, *more], stretch=60)
    longer, _ = as_dict(homes, centres, seats, stretch=90)
    for pair, metres in some.items():
        assert with_more[pair] <= metres + 1e-6
        assert longer[pair] <= metres + 1e-6
        assert metres >= on_foot[pair] - 1e-6


@settings(max_examples=examples(15), deadline=None)
@given(homes=spots, centres=spots)
def test_with_seats_everywhere_all_is_walked(homes, centres):
    """A seat every 10 m and where anybody comes onto the ways; nobody is farther off them than a stretch."""
    points = [shapely.Point(p) for p in (*homes, *centres)]
    streets = shapely.MultiLineString(STREETS)
    feet = [shapely.shortest_line(point, streets).coords[1] for point in points]
    every = feet + [
        shapely.line_interpolate_point(shapely.LineString(line), at).coords[0]
        for line in STREETS
        for at in range(0, 101, 10)
    ]
    rested_, walked = as_dict(homes, centres, every, stretch=80, cutoff=1e6)
    assert rested_.keys() == walked.keys()
    assert rested_ == pytest.approx(walked, abs=1e-6)


def test_without_seats_nobody_walks_farther_than_one_stretch():
    on = ladder()
    assert rested(on, stretch=200, rests=on.rests.iloc[:0]) == {("r", "C"): 150}


def test_the_nearest_centre_is_told_however_far_and_rested():
    on = ladder()
    rest = functools.partial(reach.resting, network=on.network, rests=on.rests, stretch=120)
    nearest = reach.nearest(on.homes, on.centres, reach=rest).table
    assert nearest.round(6).to_dict() == {("p", "C"): 400}


def test_seats_of_another_crs_and_no_stretch_are_refused():
    on = ladder()
    with pytest.raises(ValidationError, match=r"`rests` is in EPSG:32650.*to_crs"):
        rested(on, stretch=100, rests=on.rests.to_crs(32650))
    with pytest.raises(ValidationError, match="stretch is 0; write the metres"):
        rested(on, stretch=0)


# Files of seats


OSM_SEATS = """<osm version="0.6">
<node id="1" version="1" lat="39.10" lon="117.20"><tag k="amenity" v="bench"/></node>
<node id="2" version="1" lat="39.10" lon="117.21"><tag k="amenity" v="bench"/><tag k="access" v="private"/></node>
<node id="3" version="1" lat="39.10" lon="117.22"><tag k="highway" v="bus_stop"/><tag k="bench" v="yes"/></node>
<node id="4" version="1" lat="39.10" lon="117.23"><tag k="highway" v="bus_stop"/><tag k="bench" v="no"/></node>
<node id="5" version="1" lat="39.10" lon="117.24"><tag k="amenity" v="cafe"/></node>
<node id="6" version="1" lat="39.11" lon="117.20"/>
<node id="7" version="1" lat="39.11" lon="117.22"/>
<way id="1" version="1"><nd ref="6"/><nd ref="7"/><tag k="amenity" v="shelter"/></way>
</osm>
"""


def test_of_openstreetmap_benches_shelters_and_stops_with_a_bench_are_seats(tmp_path):
    pytest.importorskip("osmium")
    path = tmp_path / "town.osm"
    path.write_text(OSM_SEATS)
    seats = network.read_rests(path, crs=CRS).to_crs(4326)
    at = sorted(zip(seats.geometry.x.round(6), seats.geometry.y.round(6), strict=True))
    assert at == [(117.20, 39.10), (117.21, 39.11), (117.22, 39.10)]
    path.write_text(OSM_SEATS.replace('"bench"', '"bin"').replace("shelter", "fuel"))
    with pytest.raises(ValidationError, match=r"town\.osm: there is no bench and no shelter in it"):
        network.read_rests(path, crs=CRS)
    path.write_text(OSM_SEATS[:200])
    with pytest.raises(ValidationError, match=r"town\.osm: it cannot be read as OpenStreetMap"):
        network.read_rests(path, crs=CRS)


def test_of_a_layer_of_all_sorts_of_places_only_seats_are_taken():
    """As Geofabrik's points of interest: whoever takes a kiosk for a bench rests everywhere."""
    places = gpd.GeoDataFrame(
        {"fclass": ["bench", "kiosk", "shelter"]},
        geometry=gpd.points_from_xy([117.20, 117.21, 117.22], [39.1] * 3),
        crs=4326,
    )
    seats = network.read_rests(places, crs=CRS)
    assert len(seats) == 2
    assert "2 of its 3 places are benches or shelters" in seats.attrs["taken"][-1]["en"]
    with pytest.raises(ValidationError, match="there is no bench and no shelter in it"):
        network.read_rests(places[places["fclass"] == "kiosk"], crs=CRS)


def test_seats_of_another_town_are_refused_and_far_ones_left_out():
    on = ladder()
    far = pd.concat([on.rests, gpd.GeoDataFrame(geometry=on.rests[:1].translate(9_000))])
    assert len(network.read_rests(far, crs=CRS, within=on.ways)) == 3
    with pytest.raises(ValidationError, match="none of its 1 seats is near the area"):
        network.read_rests(far[3:], crs=CRS, within=on.ways)


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The template with streets every 150 m, some missing, and a bench in every third of them."""
    folder = tmp_path_factory.mktemp("rested") / "area"
    shutil.copytree(datasets.folder("template"), folder)
    streets = streets_of(datasets.load("template"))
    streets.to_file(folder / "network.geojson")
    middles = streets.to_crs(CRS).interpolate(0.5, normalized=True).to_crs(4326)
    gpd.GeoDataFrame(geometry=middles[::3], crs=4326).to_file(folder / "benches.geojson")
    return folder


def test_a_stretch_on_the_command_line_counts_only_walks_with_seats(walked, tmp_path):
    study = area.read_area(walked, rests=walked / "benches.geojson")
    demand = weights.make_demand(study, cell=CELL)
    shares = {}
    for stretch in (150, 400):
        cost = reach.resting(
            demand, study.facilities, study.on_foot.network, study.on_foot.rests,
            cutoff=700, stretch=stretch,
        )  # fmt: skip
        is_covered = evaluation.is_covered(demand, cost)
        shares[stretch] = (demand["people_60"] * is_covered).sum() / demand["people_60"].sum()
    assert 0 < shares[150] < shares[400]
    asked = ("evaluate", "--area", walked, "--reach", "walking", "--cell", CELL)
    seats = ("--rests", walked / "benches.geojson")
    for stretch, share in shares.items():
        ran = run(*asked, *seats, "--stretch", stretch, "--format", "json", cwd=tmp_path)
        found = json.loads(ran.stdout)
        assert found["district"]["covered_people_60_share"] == pytest.approx(share, abs=1e-6)
        said = f"along the walking network with a seat every {stretch} m"
        assert found["reach"]["measured"] == said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--reach", "walking", "--stretch", "100"], "--stretch: the study area has no seats"),
        (["--reach", "walking", "--rests", "{}"], "--rests: say how many metres"),
        (["--stretch", "100"], "--stretch does not go with --reach straight"),
        (["--reach", "walking", "--rests", "{}", "--stretch", "0"], "--stretch is 0; write metres"),
        (["--reach", "walking", "--rests", "none.csv", "--stretch", "9"], "there is no such file"),
    ],
)
def test_seats_and_stretch_go_together(walked, tmp_path, words, told):
    words = [word.format(walked / "benches.geojson") for word in words]
    assert told in refused("evaluate", "--area", walked, *words, cwd=tmp_path)
