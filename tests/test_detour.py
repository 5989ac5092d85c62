"""Ways round barriers and over crossings, against what can be added up on paper and a visibility graph."""

import dataclasses
import functools
import itertools
import json
import math
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import (
    area,
    comparison,
    datasets,
    evaluation,
    network,
    plan,
    reach,
    report,
    weights,
)
from carecircles.errors import ValidationError
from tests import test_cli
from tests.conftest import CRS, centres_at
from tests.examples import examples

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
    assert network.opens_none(shapes(wall), points((160, 50), (90, 0))).tolist() == [True, False]


def test_the_limit_itself_is_within_reach():
    for cutoff, expected in ((100, 100), (99.999, None)):
        assert way((0, 20), (0, 80), [ACROSS], (40, 50), cutoff=cutoff) == expected


@st.composite
def walled_places(draw):
    """Homes, centres, barriers and crossings on a lattice of 50 m, where much touches and much is equally far."""
    spot = st.tuples(*[st.integers(-12, 12)] * 2).map(lambda at: np.multiply(at, 50.0))
    some = st.lists(spot, min_size=2, max_size=5).map(np.array)
    pond = st.builds(lambda at, metres: shapely.Point(at).buffer(metres), spot, st.floats(60, 400))
    moat = pond.map(lambda shape: shape.difference(shape.buffer(-40)))
    river = st.floats(-500, 500).map(lambda y: shapely.LineString([(-900, y), (900, y)]))
    line = some.map(shapely.LineString)
    fence = some.map(lambda at: shapely.LineString([*at, at[0]]))
    canal = line.map(lambda shape: shape.buffer(25))
    walls = draw(st.lists(st.one_of(river, line, fence, canal, pond, moat), max_size=5))
    over = []
    for wall in walls:
        for share in draw(st.lists(st.floats(0, 1), max_size=2)):
            over.append(shapely.boundary(wall) if wall.area else wall)
            over[-1] = shapely.line_interpolate_point(
                shapely.get_parts(over[-1])[0], share, normalized=True
            )
    over += map(shapely.Point, draw(st.lists(spot, max_size=2)))  # corners to turn at
    homes, centres = draw(st.lists(spot, min_size=1, max_size=20)), draw(some)
    return cells_at(*homes), centres_at(*centres), shapes(*walls), shapes(*over)


@settings(max_examples=examples(60), deadline=None)
@given(places=walled_places(), cutoff=st.sampled_from([math.inf, 600.0]))
def test_nearest_is_the_least_of_all_ways(places, cutoff):
    """Of equally near centres the first; who has no way has none, be it behind a fence or in a bend."""
    demand, centres, barriers, crossings = places
    walk = functools.partial(reach.detour, barriers=barriers, crossings=crossings)
    near = walk(demand, centres, cutoff=cutoff, only_nearest=True).table
    every = walk(demand, centres, cutoff=cutoff).table.reset_index()
    every["facility"] = centres.index.get_indexer(every["facility"])
    least = every.sort_values(["metres", "facility"]).groupby("demand").first()
    assert near.index.get_level_values(0).tolist() == [c for c in demand.index if c in least.index]
    of_cell = least.loc[near.index.get_level_values(0)]
    np.testing.assert_allclose(near.to_numpy(), of_cell["metres"], atol=1e-9)
    at = centres.index.get_indexer(near.index.get_level_values(1))
    is_same = at == of_cell["facility"].to_numpy()
    pairs = every.set_index(["demand", "facility"])["metres"]
    for cell, centre in zip(of_cell.index[~is_same], at[~is_same], strict=True):
        assert pairs[cell, centre] == pytest.approx(least["metres"][cell], abs=1e-9)


def test_cells_behind_a_fence_have_no_nearest_centre_and_over_a_gate_they_have():
    """A yard of 200 m whose gate is in the south; the centre is 300 m north of its middle."""
    fence = shapely.box(-100, -100, 100, 100).exterior
    demand, centre = cells_at((0, 0), (0, 300)), centres_at((0, 300))
    nearest = functools.partial(reach.nearest, demand, centre)
    assert nearest(
        reach=functools.partial(reach.detour, barriers=shapes(fence))
    ).table.to_dict() == {("c1", "F1"): 0}
    gates = points((0, -100), (-160, -160), (-160, 160))  # and two corners to turn at
    walk = functools.partial(reach.detour, barriers=shapes(fence), crossings=gates)
    around = 100 + math.hypot(160, 60) + 320 + math.hypot(160, 140)
    assert nearest(reach=walk).table.tolist() == pytest.approx([around, 0])


def test_a_bridge_over_a_railway_does_not_ask_for_a_lake_beyond():
    """What is crossed there is the railway alone; a lake 4 km off has no part in it."""
    lake = shapely.box(4000, 4000, 4500, 4500)
    assert way((0, 0), (0, 100), [ACROSS, lake], (0, 50)) == pytest.approx(100)


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


@settings(max_examples=examples(30), deadline=None)
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


# The commands


@pytest.fixture(scope="module")
def riverside(tmp_path_factory):
    """The template's folder with a river 150 m north of its first centre, and one bridge."""
    folder = tmp_path_factory.mktemp("riverside") / "area"
    shutil.copytree(datasets.folder("template"), folder)
    study = datasets.load("template")
    left, _, right, _ = study.boundary.total_bounds
    first = study.facilities.geometry.iloc[0]
    river = shapely.LineString([(left - 900, first.y + 150), (right + 900, first.y + 150)])
    bridges = gpd.GeoSeries.from_xy(
        [first.x + 250, left], [first.y + 150, first.y + 450], crs=study.crs
    )
    gpd.GeoDataFrame(geometry=[river], crs=study.crs).to_crs(4326).to_file(
        folder / "barriers.geojson"
    )
    degrees = bridges.to_crs(4326)
    table = pd.DataFrame({"name": ["Old", "Far"], "lon": degrees.x, "lat": degrees.y})
    table.to_csv(folder / "crossings.csv", index=False)
    return folder


def told(*words):
    result = test_cli.run(*words, "--cell", 200, "--format", "json", cwd=Path.cwd())
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_the_river_stands_beside_the_circle_and_a_crossing_beside_no_barrier_is_told(riverside):
    """The figure of each is that of a plan made by hand; what is behind the river is told in people."""
    study = area.read_area(riverside)
    demand = weights.make_demand(study, cell=200)
    by = functools.partial(
        reach.detour, barriers=study.on_foot.barriers, crossings=study.on_foot.crossings
    )
    share = "covered_people_60_share"
    round_it = evaluation.of_district(plan.evaluate(study, demand, reach=by).cells)[share]
    circle = evaluation.of_district(plan.evaluate(study, demand).cells)[share]
    told_of = told("evaluate", "--area", riverside, "--reach", "detour")
    assert told_of["district"][share] == pytest.approx(round_it, abs=1e-6)
    assert told_of["reach"]["beside"][share] == pytest.approx(circle, abs=1e-6)
    assert told_of["reach"]["measured"] == "in straight lines round barriers, over 2 crossings"
    assert round_it < circle
    other = told("evaluate", "--area", riverside)
    assert other["reach"]["beside"][share] == told_of["district"][share]
    assert (
        "crossings.csv: 1 of 2 crossings are at no barrier and open none (row 3)."
        in told_of["notes"]
    )


@pytest.mark.parametrize("command", ["map", "evaluate", "gaps", "whatif", "site"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_command_says_by_which_factor_it_measures(command, lang, tmp_path):
    steps = tmp_path / "less.toml"
    steps.write_text('name = "少一个"\n[[step]]\nclose = "A1"\n', encoding="utf-8")
    words = {
        "map": ["--out", tmp_path / "m.html"], "whatif": [steps],
        "site": ["--new", 1, "--spacing", 900],
    }.get(command, [])  # fmt: skip
    factor = ["--reach", "detour", "--detour", 1.45, "--detour-source", "survey `${1}` <b>"]
    asked = [command, *words, *factor, "--area", "template", "--cell", 200, "--lang", lang]
    result = test_cli.run(*asked, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    said = {"en": "in a straight line times 1.45 (source:", "zh": "直线距离乘以 1.45（来源："}[lang]
    assert said in " ".join(result.stdout.split())
    if command == "map":
        page = (tmp_path / "m.html").read_text(encoding="utf-8")
        assert said in page
        assert "survey `${1}` <b>" not in page


def test_what_the_commands_refuse(riverside):
    def refused(*words):
        result = test_cli.run("evaluate", *words, cwd=Path.cwd())
        assert result.returncode == 2
        assert "Traceback" not in result.stderr
        return " ".join(result.stderr.split())

    factor = ("--reach", "detour", "--detour", 1.45)
    assert "would count twice; leave --detour out" in refused("--area", riverside, *factor)
    assert "has no barriers" in refused("--area", "template", "--reach", "detour")
    assert "goes with --reach detour alone" in refused("--detour", 1.45)
    assert "--detour is 0.7; write a number from 1" in refused("--reach", "detour", "--detour", 0.7)
    assert "give the factor too" in refused("--reach", "detour", "--detour-source", "x")
    assert "请去掉 --detour" in refused("--area", riverside, *factor, "--lang", "zh")


def test_crossings_drawn_as_lines_are_read(riverside, tmp_path):
    """A bridge along the meridian, 200 m long, in a file of points and lines."""
    study = area.read_area(riverside)
    first = study.facilities.geometry.iloc[0]
    x, y = first.x, first.y + 150
    bridge = shapely.LineString([(x, y - 100), (x, y + 100)])
    both = gpd.GeoDataFrame(
        {"name": ["New", "Old"]}, geometry=[bridge, shapely.Point(x + 500, y)], crs=study.crs
    )
    both.to_crs(4326).to_file(tmp_path / "crossings.geojson")
    crossings = network.read_crossings(tmp_path / "crossings.geojson", crs=study.crs)
    home, centre = cells_at((x, y - 100)), centres_at((x, y + 100), crs=study.crs)
    cost = reach.detour(
        home, centre, cutoff=900, barriers=study.on_foot.barriers, crossings=crossings
    )
    assert cost.table.tolist() == pytest.approx([200], abs=0.01)


def test_a_reach_is_bound_to_what_another_area_has(riverside):
    study = area.read_area(riverside)
    bare = dataclasses.replace(study.on_foot, crossings=study.on_foot.crossings.iloc[:0])
    before = dataclasses.replace(study, on_foot=bare)
    demand = weights.make_demand(study, cell=200)
    few = reach.of_area(before, "detour")
    more = reach.with_area(few, study, before=before)
    again = reach.of_area(study, "detour")
    shares = [
        plan.evaluate(study, demand, reach=one).cells["covered"].sum() for one in (few, more, again)
    ]
    assert shares[0] < shares[1] == shares[2]
    assert "no way to any centre" not in str(
        report.reach_notes(plan.evaluate(study, demand, reach=more))
    )
    south = dataclasses.replace(study, facilities=study.facilities.iloc[:1])
    cut = plan.evaluate(south, demand, reach=few)
    people = cut.cells["people_60"][cut.cells["nearest"].isna()].sum()
    assert people > 0
    told = report.reach_notes(cut)[0]
    assert told["en"].startswith(f"{people:,.0f} people 60+ have no way to any centre")
    # The mean is of the others, and a comparison says how many of whom it is not.
    cells = cut.cells.dropna(subset="nearest")
    mean = np.average(cells["distance_m"], weights=cells["people_60"])
    whole = evaluation.of_district(cut.cells)
    assert whole["mean_distance_m"] == pytest.approx(mean)
    change = comparison.compare(plan.evaluate(study, demand, reach=more), cut)
    lines = report.distance_lines(change)
    assert lines[0]["en"].endswith(f" {mean:,.0f} m after")
    assert lines[1]["en"].endswith(f"no part in the mean: 0 people 60+ before, {people:,.0f} after")
    assert lines[1]["zh"].endswith(f"原 0 名，现 {people:,.0f} 名")


def test_a_factor_reaches_who_is_at_the_limit_but_for_rounding():
    """1.1 times 100 m is 110 m, and 110.00000000000001 in floating point; 1 mm farther is too far."""
    cells = pd.DataFrame({"x": [100.0, 100.001], "y": 0.0}, index=["at", "beyond"])
    cost = reach.detour(cells, centres_at((0, 0)), cutoff=110, factor=1.1, source="a survey")
    assert cost.table.tolist() == [110.0]
    assert cost.table.index.get_level_values("demand").tolist() == ["at"]
