"""Walks along ways against ways cut at every place and all shortest paths."""

import functools
import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import grid, network, plan, reach, report
from carecircles.errors import ValidationError
from tests.conftest import CRS, centres_at
from tests.examples import examples


def joined_up(*lines):
    """A network of polylines that meet at their ends."""
    ends = np.array([[line[0], line[-1]] for line in lines], dtype=float)
    xy, place = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    start, end = place.reshape(-1, 2).T
    drawn = np.array([shapely.LineString(line) for line in lines])
    metres = shapely.length(drawn)
    return network.Network(
        xy,
        gpd.GeoDataFrame({"start": start, "end": end, "metres": metres}, geometry=drawn, crs=CRS),
    )


def by_cutting(net, homes, centres):
    """Metres of every walk, over a graph in which each place is a junction of its own."""
    count, edges = len(net.xy), net.edges
    points = [(*one, n) for n, one in enumerate(zip(*homes, strict=True))]
    points += [(*one, n + len(points)) for n, one in enumerate(zip(*centres, strict=True))]
    metres = np.full((count + len(points),) * 2, np.inf)

    def link(a, b, length):
        metres[a, b] = metres[b, a] = min(metres[a, b], length)

    for n, (start, end, length) in enumerate(
        zip(edges.start, edges.end, edges.metres, strict=True)
    ):
        stops = sorted((share, number) for edge, share, _, number in points if edge == n)
        at = [(0.0, start), *((s, count + number) for s, number in stops), (1.0, end)]
        for (low, a), (high, b) in itertools.pairwise(at):
            link(a, b, (high - low) * length)
    np.fill_diagonal(metres, 0)
    for over in range(len(metres)):
        metres = np.minimum(metres, metres[:, [over]] + metres[over])
    ways = metres[count : count + len(homes.edge), count + len(homes.edge) :]
    return ways + homes.off[:, None] + centres.off


spots = st.lists(
    st.tuples(st.floats(-50, 350), st.floats(-50, 350)), min_size=1, max_size=8, unique=True
)


@settings(max_examples=examples(60), deadline=None)
@given(
    homes=spots,
    centres=spots,
    gone=st.sets(st.integers(0, 23), max_size=14),
    seed=st.integers(0, 9),
)
def test_every_walk_is_the_shortest_path_of_the_ways_cut_at_every_place(homes, centres, gone, seed):
    """A crooked lattice of streets, some of them missing, some parts cut off from the others."""
    rng = np.random.default_rng(seed)
    corner = {
        (r, c): np.array([c, r]) * 100 + rng.uniform(-30, 30, 2) for r in range(4) for c in range(4)
    }
    pairs = [((r, c), (r, c + 1)) for r in range(4) for c in range(3)]
    pairs += [((r, c), (r + 1, c)) for r in range(3) for c in range(4)]
    bent = [
        [corner[a], (corner[a] + corner[b]) / 2 + rng.uniform(-20, 20, 2), corner[b]]
        for n, (a, b) in enumerate(pairs)
        if n not in gone
    ]
    net = joined_up(*bent, [corner[0, 0], [-40, -40], corner[0, 1]])  # beside another, longer
    at_home, at_centre = (network.onto(net, *np.array(some).T) for some in (homes, centres))
    graph, truth = network.graph_of(net), by_cutting(net, at_home, at_centre)
    for cutoff in (120.0, 400.0, 1e9):
        place, centre, cost = network.walks(net, graph, at_home, at_centre, cutoff=cutoff)
        found = np.full(truth.shape, np.inf)
        found[place, centre] = cost
        is_clear = np.abs(truth - cutoff) > 1e-6
        expected = np.where(truth <= cutoff, truth, np.inf)
        np.testing.assert_allclose(found[is_clear], expected[is_clear], atol=1e-6)
    which, cost = network.nearest(net, graph, at_home, at_centre)
    np.testing.assert_allclose(cost, truth.min(axis=1), atol=1e-6)
    is_reached = which >= 0
    assert (is_reached == np.isfinite(cost)).all()
    there = truth[np.arange(len(which)), which][is_reached]
    np.testing.assert_allclose(there, cost[is_reached], atol=1e-6)


def test_a_walk_starts_at_the_nearest_point_of_a_way_and_not_at_its_junction():
    """One street of 400 m; the home is 10 m off its middle, the centre 100 m along."""
    street = joined_up([[0, 0], [400, 0]])
    home, centre = (
        network.onto(street, np.array([x]), np.array([y])) for x, y in ((200, 10), (300, 0))
    )
    _, _, cost = network.walks(street, network.graph_of(street), home, centre, cutoff=110)
    assert cost.tolist() == [110]


def test_of_parallel_ways_the_shorter_is_walked():
    """Two ways between the same two squares, 100 m and a detour of 300 m, and a street at each."""
    net = joined_up(
        [[0, 0], [100, 0]],
        [[0, 0], [0, 100], [100, 100], [100, 0]],
        [[-50, 0], [0, 0]],
        [[100, 0], [150, 0]],
    )
    home, centre = (network.onto(net, np.array([x]), np.array([0.0])) for x in (-50.0, 150.0))
    _, cost = network.nearest(net, network.graph_of(net), home, centre)
    assert cost.tolist() == [200]


def test_no_way_leads_to_the_other_side_of_the_river():
    """Two streets on either side of a river without a bridge."""
    net = joined_up([[0, 0], [100, 0]], [[0, 60], [100, 60]])
    home, centre = (network.onto(net, np.array([50.0]), np.array([y])) for y in (0.0, 60.0))
    assert network.nearest(net, network.graph_of(net), home, centre)[0].tolist() == [-1]
    assert len(network.walks(net, network.graph_of(net), home, centre, cutoff=700)[0]) == 0


def test_a_network_in_degrees_is_refused():
    edges = joined_up([[117.2, 39.1], [117.3, 39.1]]).edges
    with pytest.raises(ValidationError, match="EPSG:4326"):
        network.Network(np.zeros((2, 2)), edges.set_crs(4326, allow_override=True))


# Barriers, and the cost table


def ladder(*, barriers=None):
    """
    Streets north (y = 100) and south (y = 0) of a river, 400 m long; one bridge at x = 300.

    All meet at their ends, so that every walk can be added up on paper.
    """
    net = joined_up(
        [[0, 0], [300, 0]],
        [[300, 0], [400, 0]],
        [[0, 100], [300, 100]],
        [[300, 100], [400, 100]],
        [[300, 0], [300, 100]],
    )
    shapes = None if barriers is None else gpd.GeoSeries(barriers, crs=CRS)
    return network.Network(net.xy, net.edges, shapes)


def cells_at(*points):
    x, y = np.array(points, dtype=float).T
    return pd.DataFrame({"x": x, "y": y}, index=[f"c{n}" for n in range(len(x))])


def test_over_the_bridge_and_not_through_the_river():
    """From (0, 0) to (0, 100): 300 m to the bridge, 100 m over it, 300 m back."""
    demand, centre = cells_at((0, 0), (280, 5)), centres_at((0, 100))
    near = reach.walking(demand, centre, ladder(), cutoff=425)
    assert near.table.to_dict() == {("c1", "F1"): 5 + 20 + 100 + 300}
    every = reach.walking(demand, centre, ladder(), cutoff=700)
    assert every.table.to_dict() == {("c0", "F1"): 700, ("c1", "F1"): 425}
    assert (every.unit, every.cutoff) == ("m", 700)
    walk = functools.partial(reach.walking, network=ladder())
    assert reach.nearest(demand, centre, reach=walk).table.to_dict() == every.table.to_dict()
    assert reach.unit_of(demand, centre, reach=walk) == "m"


@pytest.mark.parametrize(
    "river", [shapely.LineString([(-50, 60), (250, 60)]), shapely.box(-50, 55, 250, 65)]
)
def test_nobody_wades_to_the_nearest_way(river):
    """A home on the south bank, 45 m from the way in the north and 55 m from that in the south."""
    demand, centre = cells_at((100, 54)), centres_at((100, 100))
    wading = reach.walking(demand, centre, ladder(), cutoff=1000)
    dry = reach.walking(demand, centre, ladder(barriers=[river]), cutoff=1000)
    assert wading.table.tolist() == [46]
    assert dry.table.tolist() == [54 + 200 + 100 + 200]


def test_who_stands_in_a_park_lake_gets_out_and_who_is_fenced_in_does_not():
    """A polygon somebody is in does not hold them; a line all around them does."""
    around = shapely.box(90, 40, 110, 60)
    demand, centre = cells_at((100, 49), (0, 10)), centres_at((0, 0))
    lake = reach.walking(demand, centre, ladder(barriers=[around]), cutoff=1000)
    fence = ladder(barriers=[around.exterior])
    fenced = reach.walking(demand, centre, fence, cutoff=1000)
    assert lake.table.to_dict() == {("c0", "F1"): 149, ("c1", "F1"): 10}
    assert fenced.table.to_dict() == {("c1", "F1"): 10}
    walk = functools.partial(reach.walking, network=fence)
    assert reach.nearest(demand, centre, reach=walk).table.to_dict() == {("c1", "F1"): 10}


def test_between_the_tracks_of_a_station_one_comes_out_along_them():
    """
    Tracks 6 m apart, 500 m long; streets lie 50 m to either side, and 40 m beyond the tracks' western end.

    From between them, 300 m from that end, only the street across it is seen: 340 m away.
    """
    tracks = [shapely.LineString([(100, y), (600, y)]) for y in range(-30, 31, 6)]
    net = joined_up(
        [[60, -50], [60, 50]], [[60, 50], [700, 50]], [[60, -50], [700, -50]]
    )  # no street in the east
    yard = network.Network(net.xy, net.edges, gpd.GeoSeries(tracks, crs=CRS))
    x, y = np.array([400.0, 400.0]), np.array([3.0, 33.0])
    at = network.onto(yard, x, y)
    assert at.off.tolist() == pytest.approx([340, 17])
    assert at.edge.tolist() == [0, 1]


def test_barriers_are_crossed_where_their_shapes_say_so():
    """Fences and ponds among streets; some places stand on them, and lines lead through their corners."""
    rng = np.random.default_rng(3)
    lines = [[[100 * n, 0], [100 * n, 400]] for n in range(5)]
    lines += [[[0, 100 * n], [400, 100 * n]] for n in range(5)]
    net = joined_up(*lines)
    at = rng.integers(0, 40, (25, 2)) * 10
    fences = shapely.linestrings(np.stack([at, at + rng.integers(-6, 7, at.shape) * 10], axis=1))
    ponds = [shapely.box(*corner, *(corner + 30)) for corner in rng.integers(0, 40, (8, 2)) * 10]
    ring = shapely.GeometryCollection([shapely.box(150, 150, 190, 190).exterior])
    walls = np.array([*fences[shapely.length(fences) > 0], *ponds, ring])
    walled = network.Network(net.xy, net.edges, gpd.GeoSeries(walls, crs=CRS))
    homes = np.concatenate([rng.integers(0, 41, (150, 2)) * 10.0, rng.uniform(0, 400, (150, 2))])
    found = network.onto(walled, *homes.T)
    feet = shapely.line_interpolate_point(
        net.edges.geometry.to_numpy()[found.edge], found.share, normalized=True
    )
    streets = net.edges.geometry.to_numpy()
    for point, edge, off, foot in zip(
        shapely.points(homes), found.edge, found.off, feet, strict=True
    ):
        ways = shapely.shortest_line(point, streets)
        ways = [shapely.ops.substring(way, 0, max(way.length - 0.001, 0)) for way in ways]
        held = [wall for wall in walls if wall.geom_type != "Polygon" or not wall.intersects(point)]
        is_open = np.array([not any(way.crosses(wall) for wall in held) for way in ways])
        if edge < 0:
            assert not is_open.any()
            continue
        assert off <= shapely.distance(point, streets[is_open]).min(initial=np.inf) + 1e-9
        taken = shapely.ops.substring(shapely.LineString([point, foot]), 0, max(off - 0.001, 0))
        assert not any(taken.crosses(wall) for wall in held)
    assert (found.off > network.onto(net, *homes.T).off + 1e-6).sum() > 10


def test_a_way_along_a_barrier_is_come_onto():
    """The embankment: the way lies on the line of the water itself."""
    water = shapely.LineString([(0, 0), (300, 0)])
    demand, centre = cells_at((123.4, 7)), centres_at((0, 0))
    cost = reach.walking(demand, centre, ladder(barriers=[water]), cutoff=1000)
    assert cost.table.tolist() == pytest.approx([130.4])


def test_of_centres_at_one_place_the_first_is_nearest_on_foot():
    walk = functools.partial(reach.walking, network=ladder())
    nearest = reach.nearest(cells_at((50, 0)), centres_at(*[(300, 50)] * 5), reach=walk)
    assert nearest.table.to_dict() == {("c0", "F1"): 300}


def test_a_network_of_another_town_or_in_another_crs_is_refused():
    demand, centre = cells_at((100, 50_000)), centres_at((0, 0))
    with pytest.raises(ValidationError, match="lies elsewhere, 50 km from the cells"):
        reach.walking(demand, centre, ladder(), cutoff=700)
    with pytest.raises(ValidationError, match=r"EPSG:4548.*EPSG:32650.*read_network"):
        reach.walking(demand, centre.to_crs(32650), ladder(), cutoff=700)
    with pytest.raises(ValidationError, match=r"barriers are in EPSG:32650, its ways in EPSG:4548"):
        net = ladder()
        network.Network(net.xy, net.edges, gpd.GeoSeries([shapely.Point(0, 0)], crs=32650))


def test_a_whole_plan_is_walked(block):
    """Streets every 100 m: what a circle of 200 m claims is more than the walk of 200 m reaches."""
    lines = [[[500_000 + 100 * n, 4_300_000], [500_000 + 100 * n, 4_300_500]] for n in range(6)]
    lines += [[[500_000, 4_300_000 + 100 * n], [500_500, 4_300_000 + 100 * n]] for n in range(6)]
    parts = shapely.get_parts(shapely.union_all(shapely.linestrings(lines)))
    net = joined_up(*(shapely.get_coordinates(part) for part in parts))
    demand = grid.make_demand(*block, cell=50)
    centre = centres_at((500_225, 4_300_200))
    walk = functools.partial(reach.walking, network=net)
    walked, circle = (
        walk(demand, centre, cutoff=200),
        reach.straight_line(demand, centre, cutoff=200),
    )
    assert set(walked.table.index) < set(circle.table.index)
    # Cells stand 25 m from ways on both sides: 25 m off, and along the ways to (500 225, 4 300 200).
    at = demand[["x", "y"]].loc[walked.table.index.get_level_values(0)].to_numpy()
    dx, dy = np.abs(at - [500_225, 4_300_200]).T
    assert (walked.table.to_numpy() <= dx + dy + 50 + 1e-6).all()
    assert (walked.table.to_numpy() >= np.hypot(dx, dy)).all()


def test_a_plan_says_that_it_is_walked(hexi):
    """A street along the district's diagonal: the note names the network, in both languages."""
    left, bottom, right, top = hexi.boundary.total_bounds
    shift = joined_up([[left, bottom], [right, top]])
    demand = grid.make_demand(hexi.streets, hexi.population, cell=400)
    walk = functools.partial(reach.walking, network=shift)
    walked = plan.evaluate(hexi, demand, reach=walk)
    circle = plan.evaluate(hexi, demand)
    assert report.standard_note(walked) == {
        "en": "700 m along the walking network, 15 minutes on foot, the limit included",
        "zh": "沿步行路网 700 米，步行 15 分钟，含界限",
    }
    assert (walked.cells["covered"] <= circle.cells["covered"]).all()
    assert 0 < walked.cells["covered"].sum() < circle.cells["covered"].sum()
