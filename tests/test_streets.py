"""Files of streets as walking networks: what is walked, and where it meets."""

import functools
import itertools
import json
import re
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from carecircles import area, datasets, grid, io, network, plan, reach, report
from carecircles.datum import from_wgs84
from carecircles.errors import ValidationError
from tests.conftest import CRS, centres_at
from tests.examples import examples
from tests.test_cli import refused, run

X0, Y0 = 500_000, 4_300_000


def cells_at(*points):
    x, y = np.array(points, dtype=float).T
    return pd.DataFrame({"x": X0 + x, "y": Y0 + y}, index=[f"c{n}" for n in range(len(x))])


def centre_at(*point):
    return centres_at((X0 + point[0], Y0 + point[1]))


def metres(net, home, centre):
    """The walk from a place to a centre, or None."""
    walk = functools.partial(reach.walking, network=net)
    return (
        reach.nearest(cells_at(home), centre_at(*centre), reach=walk).table.round(2).tolist()
        or None
    )


def drawn(*rows, crs=CRS, **columns):
    """A layer of streets: (highway, other tags, points from the corner in metres)."""
    lines = [shapely.LineString(np.add(points, (X0, Y0))) for _, _, points in rows]
    table = pd.DataFrame([{"highway": kind, **tags} for kind, tags, _ in rows], dtype=object)
    return gpd.GeoDataFrame(table.assign(**columns), geometry=lines, crs=CRS).to_crs(crs)


# A ladder: a river from west to east between two streets, which a footbridge and a flight of stairs,
# 200 m apart, cross or lead down from; a motorway goes over everything.
LADDER = (
    ("residential", {}, [(0, 0), (400, 0)]),
    ("residential", {}, [(0, 100), (400, 100)]),
    ("footway", {"bridge": "yes", "layer": "1"}, [(300, -20), (300, 120)]),
    ("steps", {}, [(300, 120), (320, 120), (320, 100)]),
    ("steps", {}, [(300, -20), (320, -20), (320, 0)]),
    ("motorway", {"bridge": "yes"}, [(100, -200), (100, 300)]),
    ("service", {"access": "private"}, [(0, 0), (0, 100)]),
)


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".parquet", ".shp", ""])
def test_over_the_footbridge_and_down_its_stairs(tmp_path, suffix):
    """From one bank to the other: 320 m, 40 m of stairs, 140 m of bridge, 40 m of stairs, 320 m."""
    layer = drawn(*LADDER)
    if suffix:
        io.write_frame(layer, tmp_path / f"ways{suffix}") if suffix != ".shp" else layer.to_file(
            tmp_path / "ways.shp"
        )
    net = network.read_network(tmp_path / f"ways{suffix}" if suffix else layer, crs=CRS)
    assert metres(net, (0, 0), (0, 100)) == pytest.approx([320 + 40 + 140 + 40 + 320], abs=0.02)
    assert metres(net, (300, 10), (300, 90)) == pytest.approx(
        [10 + 20 + 40 + 140 + 40 + 20 + 10], abs=0.02
    )
    assert not network.crossings_without_meeting(net).size
    assert set(net.edges["kind"]) == {"residential", "footway", "steps"}


def test_a_shapefile_in_gbk_without_its_cpg_says_what_roads_are(tmp_path):
    """The class of roads in Chinese: expressways without pavement are not walked."""
    layer = drawn(
        ("支路", {}, [(0, 0), (100, 0)]),
        ("高速公路", {}, [(50, -50), (50, 50)]),
        ("人行天桥", {}, [(100, 0), (100, 80)]),
    ).rename(columns={"highway": "道路类型"})
    layer.to_file(tmp_path / "roads.shp", encoding="GBK")
    (tmp_path / "roads.cpg").unlink()
    net = network.read_network(tmp_path / "roads.shp", crs=CRS)
    assert net.edges["kind"].tolist() == ["residential", "footway"]
    assert net.edges["metres"].tolist() == pytest.approx([100, 80])


spans = st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 6), st.integers(1, 6))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(spans, min_size=1, max_size=12))
def test_drawn_lines_meet_wherever_they_touch(some):
    """Streets along a lattice that cross, touch and lie on each other, against its single steps."""
    steps = set()
    lines = []
    for is_east, at, begin, length in some:
        points = [(begin + n, at) if is_east else (at, begin + n) for n in range(length + 1)]
        steps |= {tuple(sorted(pair)) for pair in itertools.pairwise(points)}
        lines.append(("footway", {}, [np.multiply(points[0], 10), np.multiply(points[-1], 10)]))
    net = network.read_network(drawn(*lines), crs=CRS)
    spots = sorted({p for step in steps for p in step})
    a, b = np.array([[spots.index(p), spots.index(q)] for p, q in steps], dtype=np.int32).T
    links = coo_array((np.full(len(a), 10.0), (a, b)), shape=(len(spots),) * 2)
    truth = dijkstra(links, directed=False)
    size = np.isfinite(truth).sum(axis=1).max()
    demand = cells_at(*np.multiply(spots, 10))
    centres = centres_at(*np.add(np.multiply(spots, 10), (X0, Y0)))
    off = network.metres_off(net, demand).to_numpy()
    assert (off < 0.02).sum() >= size  # its largest part, or one as long
    own = np.flatnonzero(off < 0.02)
    cost = reach.walking(demand.iloc[own], centres.iloc[own], net, cutoff=1e4).table
    cost = cost.unstack("facility")  # noqa: PD010  (of a Series)
    ours = cost.reindex(demand.index[own])[centres.index[own]].to_numpy()
    np.testing.assert_allclose(ours, truth[np.ix_(own, own)], atol=0.05)
    assert net.edges["metres"].sum() <= 10 * len(steps) + 0.1


def test_a_bridge_cut_where_it_crosses_a_street_is_not_joined_to_it():
    """Every line of the file is cut at every crossing, as some programs do, the bridge too."""
    net = network.read_network(
        drawn(
            ("footway", {}, [(0, 0), (50, 0)]),
            ("footway", {}, [(50, 0), (100, 0)]),
            ("footway", {}, [(50, -60), (50, -50)]),
            ("footway", {"bridge": "T"}, [(50, -50), (50, 0)]),
            ("footway", {"bridge": "T"}, [(50, 0), (50, 50)]),
            ("footway", {}, [(50, 50), (100, 50), (100, 0)]),
        ),
        crs=CRS,
    )
    assert metres(net, (50, -60), (0, 0)) == [10 + 100 + 50 + 50 + 100]


def test_what_is_drawn_twice_or_from_a_point_to_itself_counts_once():
    net = network.read_network(
        drawn(
            ("footway", {}, [(0, 0), (100, 0)]),
            ("footway", {}, [(100, 0), (0, 0)]),
            ("footway", {}, [(30, 0), (30, 0)]),
        ),
        crs=CRS,
    )
    assert net.edges["metres"].tolist() == [100]


def test_one_part_for_every_street_is_told():
    """Streets that end a metre before each other: the largest part is kept, the rest named in metres."""
    net = network.read_network(
        drawn(*(("footway", {}, [(0, 10 * n), (30 + n, 10 * n)]) for n in range(5))), crs=CRS
    )
    assert net.edges["metres"].tolist() == [34]
    assert net.notes[0]["en"] == (
        "of 160 m of ways 126 m in 4 parts are not connected with the others and left out; "
        "the streets may not meet where they cross: snap their ends to each other in a GIS, or choose "
        "another file"
    )


def test_a_square_is_walked_around_its_edge():
    """A polygon of a square 50 m by 50 m, with a street at each of two opposite corners; parks are not."""
    rows = drawn(("path", {}, [(0, 0), (100, 0)]), ("path", {}, [(150, 50), (250, 50)]))
    square = gpd.GeoDataFrame(
        {"highway": ["pedestrian", "service"], "area": "yes"},
        geometry=[
            shapely.box(X0 + 100, Y0, X0 + 150, Y0 + 50),
            shapely.box(X0, Y0, X0 + 9, Y0 + 9),
        ],
        crs=CRS,
    )
    both = pd.concat([rows, square], ignore_index=True)
    net = network.read_network(both, crs=CRS)
    assert metres(net, (0, 0), (250, 50)) == [100 + 100 + 100]
    assert net.edges["metres"].sum() == pytest.approx(100 + 200 + 100)


def test_streets_in_gcj02_are_put_where_they_are():
    """On the map the same streets lie about 500 m away until their datum is declared."""
    there = drawn(("footway", {}, [(0, 0), (300, 0)]))
    moved = there.to_crs(4326)
    moved.geometry = shapely.transform(
        moved.geometry.to_numpy(), lambda p: np.column_stack(from_wgs84(*p.T, datum="gcj02"))
    )
    near, far = (network.read_network(moved, crs=CRS, datum=datum) for datum in ("gcj02", "wgs84"))
    home = cells_at((150, 0))
    assert network.metres_off(near, home).item() < 0.1
    assert network.metres_off(far, home).item() > 300


# OpenStreetMap


@pytest.fixture
def osm(tmp_path):
    """Writes nodes (number: place in metres; some with tags), ways and multipolygons to a file."""
    osmium = pytest.importorskip("osmium")

    def write(nodes, ways, relations=(), name="town.osm.pbf", *, tagged=None):
        points = gpd.GeoSeries(
            gpd.points_from_xy(*np.add(list(nodes.values()), (X0, Y0)).T), crs=CRS
        ).to_crs(4326)
        path = tmp_path / name
        with osmium.SimpleWriter(str(path)) as writer:
            for ref, point in zip(nodes, points, strict=True):
                tags = (tagged or {}).get(ref, {})
                writer.add_node(
                    osmium.osm.mutable.Node(
                        id=ref, location=(point.x, point.y), tags=tags, version=1
                    )
                )
            for number, (refs, tags) in enumerate(ways, start=1):
                writer.add_way(osmium.osm.mutable.Way(id=number, nodes=refs, tags=tags, version=1))
            for number, (members, tags) in enumerate(relations, start=1):
                writer.add_relation(
                    osmium.osm.mutable.Relation(
                        id=number, members=[("w", m, "outer") for m in members],
                        tags={"type": "multipolygon", **tags}, version=1,
                    )
                )  # fmt: skip
        return path

    return write


def foot(*refs, **tags):
    return list(refs), {"highway": "footway", **tags}


def test_ways_of_openstreetmap_meet_at_the_nodes_they_share(osm):
    """
    A street from 1 over 2 to 3; a path leaves it in its middle (2), another crosses it without a node.

    The bridge 6-7 goes over the street; its node 8 lies where the street has its node 2.
    """
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 80), 5: (150, -50), 9: (150, 50),
             6: (100, -50), 11: (100, -60), 8: (100, 0), 7: (100, 60), 10: (150, 80)}  # fmt: skip
    path = osm(
        nodes,
        [
            foot(1, 2, 3),
            foot(2, 4),
            foot(5, 9),
            foot(6, 8, 7, bridge="yes", layer="1"),
            foot(11, 6),
            foot(7, 4),
            foot(4, 10, 9),
        ],
    )
    net = network.read_network(path, crs=CRS)
    assert metres(net, (0, 0), (100, 80)) == pytest.approx([180], abs=0.05)
    assert metres(net, (100, -60), (0, 0)) == pytest.approx([10 + 110 + 20 + 80 + 100], abs=0.05)
    crossing = network.crossings_without_meeting(net)
    assert [(round(p.x - X0), round(p.y - Y0)) for p in crossing] == [(150, 0)]
    assert len(network.dead_ends(net)) == 4
    assert len(network.ways_named(net, ["1"])["1"]) == 2  # cut at 2
    joined = network.ways_named(net, ["3", "7", "9"])
    assert [len(at) for at in joined.values()] == [1, 1, 0]
    drawn_path = metres(net, (150, -50), (200, 0))
    assert drawn_path == pytest.approx([100 + 30 + 50 + 80 + 100], abs=0.05)


def test_what_openstreetmap_says_nobody_may_walk_is_not_walked(osm):
    nodes = {n: (10 * n, 20 * (n % 2)) for n in range(1, 40)}
    walked = [
        foot(1, 2), foot(2, 3, highway="steps"), foot(3, 4, highway="trunk", sidewalk="right"),
        foot(4, 5, access="private", foot="yes"), foot(5, 6, sidewalk="separate", foot="designated"),
        foot(6, 7, highway="trunk", foot="yes"), foot(7, 8, highway="cycleway"),
    ]  # fmt: skip
    not_walked = [
        foot(8, 9, highway="motorway"), foot(8, 10, highway="trunk"), foot(8, 11, foot="no"),
        foot(8, 12, access="private"), foot(8, 13, highway="primary", sidewalk="separate"),
        foot(8, 14, highway="construction"), foot(8, 15, 16, 8, highway="service", area="yes"),
        foot(8, 17, foot="use_sidepath"), foot(8, 18, access="no"), foot(8, 19, highway="proposed"),
        ([8, 20], {"railway": "rail"}),
    ]  # fmt: skip
    net = network.read_network(osm(nodes, [*walked, *not_walked]), crs=CRS)
    assert net.edges["metres"].sum() == pytest.approx(7 * np.hypot(10, 20), abs=0.05)
    assert len(net.barriers) == 2  # the railway and the motorway


def test_squares_of_openstreetmap_are_walked_however_they_are_drawn(osm):
    """A closed way, and a multipolygon of two ways without tags of their own."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (150, 0), 4: (150, 50), 5: (100, 50), 6: (250, 50),
             7: (300, 50), 8: (300, 100), 9: (250, 100), 10: (400, 100)}  # fmt: skip
    ways = [
        foot(1, 2), ([2, 3, 4, 5, 2], {"highway": "pedestrian", "area": "yes"}), foot(4, 6),
        ([6, 7, 8], {}), ([8, 9, 6], {}), foot(8, 10),
    ]  # fmt: skip
    path = osm(nodes, ways, [([4, 5], {"highway": "pedestrian"})])
    net = network.read_network(path, crs=CRS)
    assert metres(net, (0, 0), (400, 100)) == pytest.approx([100 + 100 + 100 + 100 + 100], abs=0.1)
    assert net.edges["metres"].sum() == pytest.approx(700, abs=0.1)


def test_rivers_and_railways_of_openstreetmap_are_barriers_unless_below_ground(osm):
    """A home 30 m from a way behind a river, 40 m from one on its own bank; a metro in between."""
    nodes = {1: (0, 0), 2: (100, 0), 3: (0, 70), 4: (100, 70), 5: (-10, 50), 6: (90, 50),
             7: (-10, 20), 8: (110, 20)}  # fmt: skip
    water, metro = {"waterway": "river"}, {"railway": "subway", "tunnel": "yes"}
    ways = [foot(1, 2, 4, 3), ([5, 6], water), ([7, 8], metro)]
    net = network.read_network(osm(nodes, ways), crs=CRS)
    assert metres(net, (50, 40), (0, 0)) == pytest.approx([40 + 50], abs=0.05)
    assert metres(network.Network(net.xy, net.edges), (50, 40), (0, 70)) == pytest.approx(
        [30 + 50], abs=0.05
    )
    written = network.read_network(network.as_frame(net), crs=CRS)
    assert metres(written, (50, 40), (0, 0)) == metres(net, (50, 40), (0, 0))


def test_a_way_whose_nodes_the_file_has_not_is_cut_there(osm):
    nodes = {1: (0, 0), 2: (100, 0), 3: (300, 0), 4: (350, 0)}
    net = network.read_network(osm(nodes, [foot(1, 2, 99, 3, 4)]), crs=CRS)
    assert net.edges["metres"].tolist() == pytest.approx([100], abs=0.02)


def test_ways_far_from_the_area_are_left_out(osm):
    nodes = {1: (0, 0), 2: (100, 0), 3: (50_000, 0), 4: (50_900, 0)}
    path = osm(nodes, [foot(1, 2), foot(3, 4)])
    within = gpd.GeoSeries([shapely.box(X0, Y0, X0 + 500, Y0 + 500)], crs=CRS)
    net = network.read_network(path, crs=CRS, within=within)
    assert net.edges["metres"].tolist() == pytest.approx([100], abs=0.02)
    assert net.notes == ()
    with pytest.raises(
        ValidationError, match=r"town\.osm\.pbf: there is no way in it near the area"
    ):
        network.read_network(path, crs=CRS, within=within.translate(20_000, 0))


# Graphs of OSMnx

GRAPHML = """<?xml version='1.0' encoding='utf-8'?>{doctype}
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="d0" for="graph" attr.name="crs" attr.type="string"/>
<key id="d1" for="node" attr.name="y" attr.type="string"/><key id="d2" for="node" attr.name="x" attr.type="string"/>
<key id="d3" for="edge" attr.name="highway" attr.type="string"/>
<key id="d4" for="edge" attr.name="geometry" attr.type="string"/>
<key id="d9" for="edge" attr.name="osmid" attr.type="string"/>
<graph edgedefault="directed"><data key="d0">{crs}</data>
<node id="11"><data key="d1">4300000</data><data key="d2">500000</data></node>
<node id="12"><data key="d1">4300000</data><data key="d2">500100</data></node>
<node id="13"><data key="d1">4300100</data><data key="d2">500100</data></node>
<edge source="11" target="12" id="0"><data key="d3">['residential', 'service']</data></edge>
<edge source="12" target="11" id="0"><data key="d3">['residential', 'service']</data></edge>
<edge source="12" target="{last}" id="0"><data key="d3">path</data>
<data key="d9">[4711, 12]</data><data key="d4">LINESTRING (500100 4300000, 500150 4300000, 500150 4300100, 500100 4300100)</data></edge>
<edge source="11" target="13" id="0"><data key="d3">motorway</data></edge>
</graph></graphml>"""


def graphml(path, *, crs="epsg:4548", last="13", doctype=""):
    path.write_text(GRAPHML.format(crs=crs, last=last, doctype=doctype), encoding="utf-8")
    return path


def test_a_graph_of_osmnx_is_walked(tmp_path):
    """An edge in both directions counts once; one has its line, the other is straight."""
    net = network.read_network(graphml(tmp_path / "town.graphml"), crs=CRS)
    assert net.edges["metres"].tolist() == [100, 200]
    assert [at.tolist() for at in network.ways_named(net, ["12", "4711", "1"]).values()] == [
        [1],
        [1],
        [],
    ]
    assert metres(net, (0, 0), (100, 100)) == [300]


def test_who_is_to_be_named_stays_with_the_ways(osm, tmp_path):
    """OpenStreetMap for its files, graphs of OSMnx and numbered exports; through a prepared file and a cut of it."""
    credit = "© OpenStreetMap contributors (ODbL)"
    line = shapely.linestrings([[[X0, Y0], [X0 + 100, Y0]]])
    plain = gpd.GeoDataFrame({"highway": ["footway"]}, geometry=line, crs=CRS)
    of_osm = [
        osm({1: (0, 0), 2: (100, 0)}, [foot(1, 2)]),
        graphml(tmp_path / "town.graphml"),
        plain.assign(osm_id="4711"),
    ]
    for source in of_osm:
        net = network.read_network(source, crs=CRS)
        assert net.source == credit
        io.write_frame(network.as_frame(net), tmp_path / "net.parquet")
        again = network.read_network(tmp_path / "net.parquet", crs=CRS, within=plain)
        assert again.source == credit
        assert "source" not in again.edges
        assert f"步行路网：{credit}" in report.network_notes(again, lang="zh")
    net = network.read_network(plain, crs=CRS)
    assert network.read_network(network.as_frame(net), crs=CRS).source == net.source == ""


def test_an_edge_that_is_drawn_from_its_end_is_walked_as_it_runs(tmp_path):
    """An undirected graph may draw an edge against its direction."""
    path = graphml(tmp_path / "town.graphml")
    told = path.read_text(encoding="utf-8").replace(
        "500100 4300000, 500150 4300000, 500150 4300100, 500100 4300100",
        "500100 4300100, 500150 4300100, 500150 4300000, 500100 4300000",
    )
    path.write_text(told.replace('"directed"', '"undirected"'), encoding="utf-8")
    net = network.read_network(path, crs=CRS)
    assert metres(net, (0, 0), (150, 20)) == [170]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"crs": "nowhere"}, "its crs is 'nowhere'"),
        ({"last": "99"}, r"edge 3: the edge leads to a node that is not there"),
        ({"doctype": '<!DOCTYPE x [<!ENTITY a "aaaa">]>'}, "XML entities or a DTD"),
        ({"doctype": "<"}, "cannot be read as GraphML"),
    ],
)
def test_a_graph_that_cannot_be_used_is_refused(tmp_path, given, said):
    with pytest.raises(ValidationError, match=said):
        network.read_network(graphml(tmp_path / "town.graphml", **given), crs=CRS)


# What is refused


def test_streets_that_say_not_where_they_are_are_refused(tmp_path):
    drawn(("footway", {}, [(0, 0), (100, 0)]), crs=4326).to_file(tmp_path / "ways.shp")
    (tmp_path / "ways.prj").unlink()
    with pytest.raises(ValidationError, match=r"ways\.shp: it does not say in which CRS"):
        network.read_network(tmp_path / "ways.shp", crs=CRS)


def test_a_file_that_is_cut_off_is_refused(osm, tmp_path):
    nodes = {n: (n, n % 7) for n in range(1, 3000)}
    whole = osm(nodes, [foot(*range(1, 1500)), foot(*range(1500, 3000))]).read_bytes()
    (tmp_path / "cut.osm.pbf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValidationError, match=r"cut\.osm\.pbf: it cannot be read as OpenStreetMap"):
        network.read_network(tmp_path / "cut.osm.pbf", crs=CRS)


def test_files_without_streets_are_refused(tmp_path, osm):
    layer = drawn(("footway", {}, [(0, 0), (100, 0)]))
    points = layer.set_geometry(layer.centroid)
    empty = layer.set_geometry([None], crs=CRS)
    for made, said in (
        (points, "is not a LineString"),
        (empty, "geometry is empty"),
        (drawn(("motorway", {}, [(0, 0), (100, 0)])), "no way in it that people walk"),
    ):
        with pytest.raises(ValidationError, match=said):
            network.read_network(made, crs=CRS)
    with pytest.raises(ValidationError, match="no way in it that people walk"):
        network.read_network(osm({1: (0, 0)}, []), crs=CRS)
    with pytest.raises(ValidationError, match="there is no such file"):
        network.read_network(tmp_path / "gone.osm.pbf", crs=CRS)
    (tmp_path / "ways.csv").write_text("id,highway\n1,footway\n")
    with pytest.raises(ValidationError, match=r"hold no streets; use one of \.osm\.pbf"):
        network.read_network(tmp_path / "ways.csv", crs=CRS)


def test_nobody_climbs_onto_a_bridge_from_below_it():
    """A home under the footbridge goes to the street beside it, 30 m off, and up where the bridge begins."""
    net = network.read_network(
        drawn(
            ("footway", {}, [(0, 0), (100, 0)]),
            ("footway", {"bridge": "yes"}, [(100, 0), (100, 100)]),
        ),
        crs=CRS,
    )
    assert metres(net, (100, 30), (0, 0)) == [30 + 100]
    assert metres(net, (70, 30), (0, 0)) == [30 + 70]


# The command


def test_the_command_prepares_a_network_and_says_how_sound_it_is(tmp_path):
    """Streets through the invented district; what it writes is read again as it is."""
    study = datasets.load("template")
    left, bottom, right, top = study.boundary.total_bounds
    lines = [[(left, y), (right, y)] for y in np.arange(bottom + 100, top, 100)]
    lines += [[(x, bottom), (x, top)] for x in (left + 50, right - 50)]
    kinds = ["footway"] * (len(lines) - 2) + ["steps"] * 2
    ways = gpd.GeoDataFrame({"highway": kinds}, geometry=shapely.linestrings(lines), crs=study.crs)
    ways.to_file(tmp_path / "ways.gpkg")
    asked = ("network", "ways.gpkg", "--area", "template", "--out", "net.parquet")
    told = run(*asked, cwd=tmp_path).stdout
    assert re.search(r"ways that cross without meeting +│ +0 ", told)
    assert re.search(r"60\+ more than 100 m from any way +│ +0 ", told)
    assert re.search(rf"steps, m +│ +{2 * (top - bottom):,.0f} ", told)
    net = network.read_network(tmp_path / "net.parquet", crs=study.crs)
    assert net.edges["metres"].sum() == pytest.approx(ways.length.sum(), rel=1e-5)
    again = run("network", "net.parquet", "--lang", "zh", cwd=tmp_path).stdout
    assert f"{net.edges['metres'].sum() / 1000:,.1f}" in again
    assert "相交但不连通处" in again


def test_the_command_refuses_streets_of_another_town(tmp_path):
    drawn(("footway", {}, [(0, 0), (100, 0)])).to_file(tmp_path / "ways.gpkg")
    told = refused(
        "network", "ways.gpkg", "--area", "template", "--out", "net.parquet", cwd=tmp_path
    )
    assert "near the area" in told
    over = refused("network", "ways.gpkg", "--out", "ways.parquet", "--datum", "mars", cwd=tmp_path)
    assert "mars" in over


# What a network left out, and what it does not fit


def moved(layer, datum):
    """A layer whose coordinates are told in another datum."""
    there = layer.to_crs(4326)
    there.geometry = shapely.transform(
        there.geometry.to_numpy(), lambda p: np.column_stack(from_wgs84(*p.T, datum=datum))
    )
    return there


def test_a_prepared_network_keeps_its_notes_and_the_ways_it_left_out(tmp_path):
    apart = drawn(*LADDER, ("footway", {}, [(0, 700), (80, 700)]))
    net = network.read_network(apart, crs=CRS)
    io.write_frame(network.as_frame(net), tmp_path / "net.parquet")
    again = network.read_network(tmp_path / "net.parquet", crs=CRS)
    assert again.notes == net.notes
    assert len(again.notes) == 2  # private ways, and the part left out
    assert again.left_out.length.tolist() == [80]
    assert again.edges["metres"].sum() == net.edges["metres"].sum()
    assert set(again.edges["kind"]) == set(net.edges["kind"])
    assert metres(again, (0, 0), (0, 100)) == metres(net, (0, 0), (0, 100))
    homes = cells_at((0, 10), (10, 690))
    assert network.is_left_out(again, homes).tolist() == [False, True]


def test_of_a_prepared_network_the_part_near_the_area_is_taken():
    """A street of 20 km, and one beside the area that is joined to it 15 km away only."""
    long = ("footway", {}, [(0, 0), (5_000, 0), (10_000, 0), (20_000, 0)])
    net = network.read_network(
        drawn(long, ("footway", {}, [(300, 50), (300, 90)]), ("footway", {}, [(300, 90), (15_000, 90), (15_000, 0)]),
              ("footway", {}, [(5_000, 0), (5_000, -10)]), ("path", {}, [(10_000, 0), (10_000, -10)])),
        crs=CRS,
    )  # fmt: skip
    within = gpd.GeoSeries([shapely.box(X0, Y0, X0 + 500, Y0 + 500)], crs=CRS)
    near = network.read_network(network.as_frame(net), crs=CRS, within=within)
    assert near.edges["metres"].sum() < net.edges["metres"].sum()
    assert near.edges.total_bounds[2] < X0 + 15_001
    with pytest.raises(ValidationError, match="no way in it near the area"):
        network.read_network(network.as_frame(net), crs=CRS, within=within.translate(0, 90_000))


def test_private_ways_are_told_in_metres_and_walked_only_if_asked_for(osm, tmp_path):
    """
    The ladder's private way of 100 m is a short cut to nobody, but who lives at it walks it to either end.

    A factory's yard is walked by nobody.
    """
    layer = drawn(*LADDER, ("track", {"access": "private"}, [(400, 0), (400, 100)]))
    shut, open_ = (network.read_network(layer, crs=CRS, private=p) for p in (False, True))
    assert metres(shut, (0, 0), (0, 100)) == pytest.approx([860], abs=0.02)
    io.write_frame(network.as_frame(open_), tmp_path / "net.parquet")
    again = network.read_network(tmp_path / "net.parquet", crs=CRS)
    bridged = network.with_way(open_, shapely.LineString(np.add([(200, 0), (200, 100)], (X0, Y0))))
    for net, round_ in ((open_, 860), (again, 860), (bridged, 500)):
        there = metres(net, (0.1, 0), (0.1, 100))  # beside the gates, on the streets
        assert there == pytest.approx([round_ - 0.2], abs=0.02)
        assert metres(net, (0, 50), (100, 100)) == pytest.approx([150], abs=0.02)
        assert metres(net, (100, 0), (0, 50)) == pytest.approx([150], abs=0.02)
    assert metres(shut, (0, 50), (100, 100))[0] > 150
    assert "100 m of private ways are not walked" in shut.notes[0]["en"]
    assert "100 m of private ways are walked at the start and the end" in open_.notes[0]["en"]
    nodes = {1: (0, 0), 2: (100, 0), 3: (200, 0)}
    inner = [foot(1, 2), foot(2, 3, highway="residential", foot="private")]
    for private, reached in ((False, 100), (True, 200)):
        path = osm(nodes, inner, name=f"{reached}.osm.pbf")
        net = network.read_network(path, crs=CRS, private=private)
        assert net.edges["metres"].sum() == pytest.approx(reached, abs=0.05)
        assert "100 m of private ways" in net.notes[0]["en"]
        assert network.own_ways(net).tolist() == ([1] if private else [])


def test_the_datum_of_openstreetmap_is_its_own(osm):
    nodes = {1: (0, 0), 2: (100, 0)}
    net = network.read_network(osm(nodes, [foot(1, 2)]), crs=CRS, datum="gcj02")
    assert network.metres_off(net, cells_at((50, 0))).item() < 0.1
    assert "OpenStreetMap is in WGS84" in net.notes[-1]["en"]


@pytest.mark.parametrize("datum", ["wgs84", "gcj02", "bd09"])
def test_a_graph_of_osmnx_in_another_datum_is_put_where_it_is(tmp_path, datum):
    path = graphml(tmp_path / "town.graphml", crs="epsg:4326")
    text = path.read_text(encoding="utf-8")
    corners = gpd.GeoSeries(
        gpd.points_from_xy([X0, X0 + 100, X0 + 150], [Y0, Y0, Y0 + 100]), crs=CRS
    ).to_crs(4326)
    lon, lat = from_wgs84(corners.x.to_numpy(), corners.y.to_numpy(), datum=datum)
    for metric, degrees in zip((500000, 500100, 500150), lon, strict=True):
        text = text.replace(str(metric), f"{degrees:.9f}")
    for metric, degrees in zip((4300000, 4300100), lat[1:], strict=True):
        text = text.replace(str(metric), f"{degrees:.9f}")
    path.write_text(text, encoding="utf-8")
    net = network.read_network(path, crs=CRS, datum=datum)
    assert metres(net, (0, 0), (100, 100)) == pytest.approx([300], abs=2)


def along_borders(study):
    """Ways along the borders of an area's streets, as roads often run."""
    borders = shapely.get_parts(
        shapely.union_all(shapely.boundary(study.streets.geometry.to_numpy()))
    )
    return gpd.GeoDataFrame(
        {"highway": ["residential"] * len(borders)}, geometry=borders, crs=study.crs
    )


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_network_in_another_datum_is_told_with_the_mend(tmp_path, datum):
    study = datasets.load("template")
    ways = along_borders(study)
    moved(ways, datum).to_file(tmp_path / "ways.geojson")
    ways.to_crs(4326).to_file(tmp_path / "right.geojson")

    def told(*words):
        shown = run("network", *words, "--area", "template", cwd=tmp_path).stdout
        return " ".join(shown.split())

    assert f"--datum {datum} or network" in told("ways.geojson")
    assert f"请声明 --datum {datum}" in told("ways.geojson", "--lang", "zh").replace(" ", " ")
    assert "--datum" not in told("ways.geojson", "--datum", datum)
    assert "--datum" not in told("right.geojson")
    read = area.read_area(datasets.folder("template"), network=tmp_path / "ways.geojson")
    assert any(f"--datum {datum}" in note["en"] for note in read.notes)
    right = area.read_area(datasets.folder("template"), network=tmp_path / "right.geojson")
    assert not any("--datum" in note["en"] for note in right.notes)


def test_streets_that_have_nothing_to_do_with_borders_say_nothing_of_a_datum(hexi):
    """Lattices of several widths over the district, as they are; in no datum do they fit better."""
    marks = network.landmarks(hexi.streets, hexi.facilities)
    left, bottom, right, top = hexi.boundary.total_bounds
    for step in (120, 250, 400, 550):
        lines = [[(left, y), (right, y)] for y in np.arange(bottom, top, step)]
        lines += [[(x, bottom), (x, top)] for x in np.arange(left, right, step)]
        ways = gpd.GeoDataFrame(geometry=shapely.linestrings(lines), crs=hexi.crs)
        net = network.read_network(ways, crs=hexi.crs)
        assert network.datum_notes(net, marks) == []


def test_a_centre_400_m_from_any_way_is_told_wherever_it_is_walked(tmp_path):
    """The template's first centre, of which the one street left is 400 m west; and who is nearest to a lost way."""
    study = datasets.load("template")
    at = study.facilities.geometry.iloc[0]
    west = shapely.LineString([(at.x - 400, at.y - 3000), (at.x - 400, at.y + 3000)])
    lost = shapely.LineString([(at.x - 300, at.y - 900), (at.x + 900, at.y - 900)])
    ways = gpd.GeoDataFrame({"highway": ["footway"] * 2}, geometry=[west, lost], crs=study.crs)
    ways.to_crs(4326).to_file(tmp_path / "ways.geojson")
    place = gpd.GeoSeries([shapely.Point(at.x - 400, at.y)], crs=study.crs).to_crs(4326)[0]
    said = f"is 400 m from any way; the nearest, footway, is at {place.x:.5f} {place.y:.5f}"
    asked = ("--area", "template", "--network", "ways.geojson", "--cell", 200)
    walked = run("evaluate", *asked, "--reach", "walking", cwd=tmp_path).stdout
    assert said in " ".join(walked.split())
    assert "live nearest to ways that are not connected" in " ".join(walked.split())
    assert "距任何道路 400 米" in "".join(
        run("evaluate", *asked, "--lang", "zh", cwd=tmp_path).stdout.split("\n")
    )
    table = run("network", "ways.geojson", "--area", "template", cwd=tmp_path).stdout
    assert said in " ".join(table.split())
    assert "60+ nearest to ways left out" in table


def test_the_command_walks_private_ways_if_asked_and_keeps_saying_so(tmp_path):
    """Of 100 m and 60 m the 60 m are private; a study area reads what was prepared as it was."""
    at = datasets.load("template").facilities.geometry.iloc[0]
    lines = [[(at.x, at.y), (at.x + 100, at.y)], [(at.x + 100, at.y), (at.x + 100, at.y + 60)]]
    tags = {"highway": ["footway", "service"], "access": ["", "private"]}
    crs = datasets.load("template").crs
    gpd.GeoDataFrame(tags, geometry=shapely.linestrings(lines), crs=crs).to_file(
        tmp_path / "w.gpkg"
    )
    for more, reached in (([], 100), (["--private"], 160)):
        asked = ("network", "w.gpkg", "--area", "template", "--out", "net.parquet", *more)
        said = " ".join(run(*asked, cwd=tmp_path).stdout.split())
        assert "60 m of private ways are" in said
        study = area.read_area(datasets.folder("template"), network=tmp_path / "net.parquet")
        assert study.on_foot.network.edges["metres"].sum() == pytest.approx(reached)
        assert any("60 m of private ways are" in note["en"] for note in study.notes)
        (tmp_path / "net.parquet").unlink()


CREDITS = """
[sources]
network = "Roads <b>office</b> & </script> {{ 1 }}"
population = "=Census office, 2020"
rests = "Benches of volunteers"
"""


def test_the_makers_of_files_are_named_with_what_shows_them(tmp_path):
    """As text on maps and in notes; those of streets only where they are walked, of other seats not at all."""
    folder = tmp_path / "area"
    shutil.copytree(datasets.folder("template"), folder)
    plan_of = (folder / "area.toml").read_text(encoding="utf-8")
    walked = re.sub(r'# (network|rests) = "walk', r'\1 = "walk', plan_of)
    (folder / "area.toml").write_text(walked + CREDITS, encoding="utf-8")
    asked = ("evaluate", "--area", "area", "--cell", "200")
    said = run(*asked, "--reach", "walking", cwd=tmp_path).stdout
    assert "Walking network: Roads <b>office</b> & </script> {{ 1 }}" in " ".join(said.split())
    assert "Population: =Census office, 2020" in said
    assert "volunteers" not in said
    rested = run(
        *asked, "--reach", "walking", "--stretch", "200", "--lang", "zh", cwd=tmp_path
    ).stdout
    assert "座椅：Benches of volunteers" in rested
    shutil.copy(folder / "walk" / "network.geojson", tmp_path / "own.geojson")
    other = ("--reach", "walking", "--network", "own.geojson", "--format", "json")
    notes = json.loads(run(*asked, *other, cwd=tmp_path).stdout)["notes"]
    assert "Population: =Census office, 2020" in notes
    assert not any("Roads" in note for note in notes)
    run("map", "--area", "area", "--cell", "200", "--out", "map.html", cwd=tmp_path)
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "Census office" in page
    assert "Roads <b>" not in page
    assert "office</b> & </script>" not in page
    study = area.read_area(folder)
    circle = plan.evaluate(study, grid.make_demand(study.streets, study.population, cell=200))
    assert report.sources_of(circle) == ["=Census office, 2020"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("roads = 'x'", "sources.roads is unknown; use boundary, streets"),
        ("network = 3", "sources.network is 3; write who made the file and its licence"),
        ("network = ' '", "sources.network is ' '; write who made"),
        (f"network = '{'x' * 301}'", "on one line of at most 300 letters"),
        ('network = "a\\u202eb"', "write who made the file"),
    ],
)
def test_makers_that_cannot_be_named_are_refused(tmp_path, line, said):
    folder = tmp_path / "area"
    shutil.copytree(datasets.folder("template"), folder)
    text = (folder / "area.toml").read_text(encoding="utf-8")
    (folder / "area.toml").write_text(f"{text}\n[sources]\n{line}\n", encoding="utf-8")
    assert said in " ".join(refused("check", "area", "--lang", "en", cwd=tmp_path).split())
