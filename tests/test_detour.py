"""Ways round barriers and over crossings, against what can be added up on paper and a visibility graph."""

import functools
import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import reach
from carecircles.errors import ValidationError
from tests.conftest import CRS, centres_at

ACROSS = shapely.LineString([(-2000, 50), (2000, 50)])  # a river 50 m north of the origin


def cells_at(*points):
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    return pd.DataFrame({"x": x, "y": y}, index=[f"c{n}" for n in range(len(x))])


def shapes(*some):
    return gpd.GeoSeries(list(some), crs=CRS)


def points(*some):
    return shapes(*map(shapely.Point, some))


def way(home, centre, barriers, *crossings, cutoff=10_000):
    """Metres from a place to a centre, or None."""
    there = (
        points(*crossings)
        if crossings and not hasattr(crossings[0], "geom_type")
        else shapes(*crossings)
    )
    cost = reach.detour(
        cells_at(home),
        centres_at(centre),
        cutoff=cutoff,
        barriers=shapes(*barriers),
        crossings=there,
    )
    return cost.table.tolist()[0] if len(cost.table) else None


def test_over_the_only_bridge():
    """300 m upstream: hypot(300, 50) there and hypot(300, 50) back; on one's own bank the straight line."""
    there = way((0, 0), (0, 100), [ACROSS], (300, 50))
    assert there == pytest.approx(2 * math.hypot(300, 50), abs=1e-6)
    assert way((0, 0), (120, 0), [ACROSS], (300, 50)) == 120
    assert way((300, 0), (300, 100), [ACROSS], (300, 50)) == pytest.approx(100)
    assert way((0, 0), (0, 100), [ACROSS]) is None


@pytest.mark.parametrize("bridge", [(300, 50), (300, 41), (300, 99)])
def test_a_bridge_beside_the_line_of_the_river_leads_over_it_where_it_is_nearest(bridge):
    assert way((0, 0), (0, 100), [ACROSS], bridge) == pytest.approx(
        2 * math.hypot(300, 50), abs=1e-6
    )


@pytest.mark.parametrize("bridge", [(300, 50), (300, 30), (300, 75), (300, 19)])
def test_a_wide_river_is_crossed_straight_from_bank_to_bank(bridge):
    """Banks at 20 and 80: hypot(300, 20), 60 m of bridge, hypot(300, 20)."""
    river = shapely.box(-2000, 20, 2000, 80)
    expected = 2 * math.hypot(300, 20) + 60
    assert way((0, 0), (0, 100), [river], bridge) == pytest.approx(expected, abs=0.03)
    # The same where the river is in pieces, its middle is drawn too, and a railway runs 15 m beside it.
    pieces = [shapely.box(-2000, 20, 300, 80), shapely.box(300, 20, 2000, 80)]
    assert way((0, 0), (0, 100), [*pieces, ACROSS], bridge) == pytest.approx(expected, abs=0.03)
    railway = shapely.LineString([(-2000, 95), (2000, 95)])
    over_both = math.hypot(300, 20) + 75 + math.hypot(300, 5)
    assert way((0, 0), (0, 100), [river, railway], bridge) == pytest.approx(over_both, abs=0.03)


def test_nobody_walks_on_the_water_from_bridge_to_bridge():
    """Two bridges over a wide river: not aslant from the one's south bank to the other's north bank."""
    river = shapely.box(-2000, 20, 2000, 80)
    assert way((0, 10), (200, 90), [river], (0, 50), (200, 50)) == pytest.approx(
        min(10 + 60 + math.hypot(200, 10), math.hypot(200, 10) + 60 + 10), abs=0.03
    )


def test_a_crossing_drawn_as_a_line_leads_from_end_to_end():
    """A crooked footbridge of 20 + 100 + 20 m."""
    bridge = shapely.LineString([(300, 0), (320, 0), (320, 100), (300, 100)])
    assert way((0, 0), (0, 100), [ACROSS], bridge) == pytest.approx(300 + 140 + 300)


def test_two_rivers_are_crossed_one_after_the_other():
    second = shapely.LineString([(-2000, 150), (2000, 150)])
    there = way((0, 0), (0, 200), [ACROSS, second], (30, 50), (-40, 150))
    expected = math.hypot(30, 50) + math.hypot(70, 100) + math.hypot(40, 50)
    assert there == pytest.approx(expected)
    assert way((0, 0), (0, 200), [ACROSS, second], (30, 50)) is None


def test_a_barrier_drawn_in_pieces_holds_at_its_joints():
    """Two lines that meet at (0, 50), exactly between home and centre."""
    west, east = shapely.LineString([(-500, 50), (0, 50)]), shapely.LineString([(0, 50), (500, 50)])
    assert way((0, 0), (0, 100), [west, east]) is None
    assert way((0, 50), (300, 50), [ACROSS]) == 300  # along it
    square = shapely.box(-50, 0, 50, 100)
    assert way((-100, -50), (100, 150), [square]) is None  # over its corners


def test_who_stands_in_the_water_gets_out_and_an_island_is_an_island():
    lake = shapely.box(-100, -100, 100, 100)
    assert way((0, 0), (300, 0), [lake]) == 300
    island = lake.difference(shapely.box(-20, -20, 20, 20))
    assert way((0, 0), (300, 0), [island]) is None
    assert way((0, 0), (300, 0), [island], (60, 0)) == pytest.approx(300, abs=0.03)


def test_a_crossing_far_from_any_barrier_is_a_corner_to_turn_at():
    """A wall of 200 m, a point 60 m beyond its end."""
    wall = shapely.LineString([(-100, 50), (100, 50)])
    assert way((0, 0), (0, 100), [wall], (160, 50)) == pytest.approx(2 * math.hypot(160, 50))
    assert reach.opens_none(shapes(wall), points((160, 50), (90, 0))).tolist() == [True, False]


def test_the_limit_itself_is_within_reach():
    for cutoff, expected in ((100, 100), (99.999, None)):
        assert way((0, 20), (0, 80), [ACROSS], (40, 50), cutoff=cutoff) == expected


def test_nearest_is_the_nearest_of_all():
    """Cells on both banks, far and near, and one fenced in; each centre's way by itself."""
    rng = np.random.default_rng(3)
    demand = cells_at(*rng.uniform(-4000, 4000, (60, 2)), (7000, 7000))
    centres = centres_at(*rng.uniform(-3000, 3000, (5, 2)))
    fence = shapely.box(6900, 6900, 7100, 7100).exterior
    river = shapely.LineString([(-9000, 0), (9000, 300)])
    walk = functools.partial(
        reach.detour, barriers=shapes(river, fence), crossings=points((-1500, 125), (2000, 183))
    )
    near = reach.nearest(demand, centres, reach=walk).table
    every = walk(demand, centres, cutoff=math.inf).table.unstack("facility")  # noqa: PD010  (of a Series)
    assert set(near.index.get_level_values(0)) == set(demand.index) - {"c60"}
    expected = every.min(axis=1).reindex(near.index.get_level_values(0))
    np.testing.assert_allclose(near.to_numpy(), expected)
    at = [every.loc[cell].idxmin() for cell in near.index.get_level_values(0)]
    assert near.index.get_level_values(1).tolist() == at


def test_so_many_times_a_straight_line():
    demand, centres = cells_at((0, 0), (300, 0), (400, 0)), centres_at((0, 0))
    cost = reach.detour(demand, centres, cutoff=450, factor=1.5)
    assert cost.table.to_dict() == {("c0", "F1"): 0, ("c1", "F1"): 450}
    walk = functools.partial(reach.detour, factor=1.5)
    assert reach.nearest(demand, centres, reach=walk).table.tolist() == [0, 450, 600]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"barriers": shapes(ACROSS), "factor": 1.4}, "would count twice; give one of the two"),
        ({}, "neither barriers nor a factor"),
        ({"factor": 0.7}, "factor is 0.7; write a number from 1 to 10"),
        ({"factor": math.nan}, "factor is nan"),
        ({"factor": 1.4, "crossings": points((0, 0))}, "crossings without barriers"),
        (
            {"barriers": shapes(ACROSS).to_crs(32650)},
            r"`barriers` are in EPSG:32650.*EPSG:4548.*to_crs",
        ),
    ],
)
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(ValidationError, match=said):
        reach.detour(cells_at((0, 0)), centres_at((0, 1)), cutoff=700, **given)


spots = st.lists(
    st.tuples(st.integers(-40, 40), st.integers(-40, 40)), min_size=1, max_size=5, unique=True
)
lines = st.lists(st.tuples(*[st.integers(-41, 41)] * 4), max_size=4)


def drawn(some):
    """Barriers whose ends lie off the lattice of places, and crossings in their middles, or near."""
    ends = [((10 * a + 3.1, 10 * b + 1.7), (10 * c - 2.3, 10 * d + 4.9)) for a, b, c, d in some]
    return [shapely.LineString(pair) for pair in ends]


@settings(max_examples=30, deadline=None)
@given(homes=spots, centres=spots, some=lines, shares=st.lists(st.floats(0.1, 0.9), max_size=6))
def test_more_barriers_are_longer_and_more_crossings_shorter(homes, centres, some, shares):
    """Never shorter than a straight line, and that itself where there is no barrier."""
    demand, places = cells_at(*np.multiply(homes, 10)), centres_at(*np.multiply(centres, 10))
    walls = drawn(some)
    over = (
        [
            wall.interpolate(share, normalized=True)
            for share, wall in zip(shares, itertools.cycle(walls), strict=False)
        ]
        if walls
        else []
    )

    def costs(walls, over, cutoff=1e6):
        cost = reach.detour(
            demand, places, cutoff=cutoff, barriers=shapes(*walls), crossings=shapes(*over)
        )
        table = np.full((len(demand), len(places)), np.inf)
        index = cost.table.index
        table[
            demand.index.get_indexer(index.get_level_values(0)),
            places.index.get_indexer(index.get_level_values(1)),
        ] = cost.table
        return table

    straight, blocked, opened = costs([], []), costs(walls, over[:1]), costs(walls, over)
    np.testing.assert_allclose(
        straight, [[math.dist(h, c) * 10 for c in centres] for h in homes], atol=1e-9
    )
    assert (blocked >= straight - 1e-9).all()
    assert (opened <= blocked + 0.05).all()
    near = costs(walls, over, cutoff=300)
    np.testing.assert_allclose(near[near < np.inf], opened[near < np.inf])
    assert (near[opened < 299.9] < np.inf).all()
