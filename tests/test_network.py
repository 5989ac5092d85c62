"""Walks along ways against ways cut at every place and all shortest paths."""

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import network
from carecircles.errors import ValidationError
from tests.conftest import CRS


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


@settings(max_examples=60, deadline=None)
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
