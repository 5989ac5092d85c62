"""Who is exactly at the limit is covered, however floating point rounds; who is beyond it is not."""

from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from carecircles import evaluation, network, reach
from carecircles.errors import ValidationError
from carecircles.walkers import Profile
from tests.examples import examples

CORNER = np.array([519_000.0, 4_326_000.0])  # as large as coordinates are
CRS = "EPSG:4548"


def walker(pace):
    return Profile("x", {"en": "x", "zh": "x"}, float(pace), 16.0, 30.0)


def street_of(pieces):
    """A straight street in pieces of so many metres, one behind the other."""
    x = np.concatenate([[0.0], np.cumsum(np.array(pieces, dtype=float))])
    xy = CORNER + np.column_stack([x, np.zeros(len(x))])
    ends = np.arange(len(pieces))
    table = {"start": ends, "end": ends + 1, "metres": np.array(pieces, dtype=float)}
    lines = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    return network.Network(xy, gpd.GeoDataFrame(table, geometry=lines, crs=CRS))


def at(*xy):
    return np.array(xy) + CORNER


def homes_at(labels, x, y):
    return pd.DataFrame({"x": CORNER[0] + np.array(x), "y": CORNER[1] + np.array(y)}, index=labels)


def centre_at(x, y):
    points = gpd.points_from_xy([CORNER[0] + x], [CORNER[1] + y])
    return gpd.GeoDataFrame(index=["a"], geometry=points, crs=CRS)


def cents(least, most):
    """Numbers of two decimals, exactly."""
    return st.integers(100 * least, 100 * most).map(lambda n: Fraction(n, 100))


def lengths_of(whole, shares):
    """Pieces of a length, in whole centimetres but for the last, that add up to it exactly."""
    weights = np.array(shares) / sum(shares)
    pieces = [Fraction(max(1, int(100 * float(whole) * w)), 100) for w in weights[:-1]]
    return [*pieces, whole - sum(pieces)]


@settings(max_examples=examples(60), deadline=None)
@given(
    st.integers(5, 300).map(lambda n: Fraction(n, 100)),
    cents(1, 40),
    st.lists(st.integers(1, 9), min_size=1, max_size=12),
    st.sampled_from(["minutes", "metres"]),
)
def test_a_walk_of_exactly_the_limit_is_covered_and_a_longer_one_is_not(
    pace, minutes, shares, measured
):
    """
    Along streets in pieces of decimals; a table made for more says the same of the limit.

    A tenth of a millimetre is the least by which a place can be said to be farther.
    """
    metres = 60 * pace * minutes  # in fractions: exactly so many
    pieces = lengths_of(metres, shares)
    assume(pieces[-1] > 0)
    street = street_of([*map(float, pieces), 5.0])
    long = float(metres)
    homes = homes_at(["at", "beyond"], [long, long + 1e-4], [0.0, 0.0])
    profile, limit = (walker(pace), minutes) if measured == "minutes" else (None, metres)
    limit = float(limit)
    walk = reach.walking(homes, centre_at(0, 0), street, cutoff=limit, profile=profile)
    assert walk.table.to_dict() == {("at", "a"): limit}
    wide = reach.walking(homes, centre_at(0, 0), street, cutoff=3 * limit, profile=profile)
    assert evaluation.is_covered(homes, wide, cutoff=limit).tolist() == [True, False]
    seats = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*street.xy[:-1].T), crs=CRS)
    seated = reach.resting(
        homes, centre_at(0, 0), street, seats, cutoff=limit, stretch=1e5, profile=profile
    )
    assert seated.table.to_dict() == {("at", "a"): limit}
    near = reach.walking(
        homes, centre_at(0, 0), street, cutoff=np.inf, profile=profile, only_nearest=True
    )
    assert (near.table.to_numpy() <= limit).tolist() == [True, False]


def test_figures_that_floating_point_puts_beyond_the_limit():
    """846 m at 0.94 m/s; a limit in minutes that follows from metres is no round number, and holds too."""
    pace, metres = 0.94, 846.0
    limits = 15, metres / (60 * pace), metres * (1 / (60 * pace))
    assert max(limits) > 15
    homes = homes_at(["at", "beyond"], [metres, metres + 1e-4], [0.0, 0.0])
    street, centre, profile = street_of([metres + 10.0]), centre_at(0, 0), walker(pace)
    wide = reach.walking(homes, centre, street, cutoff=700 / 56.4, profile=profile)
    assert reach.within(wide, round(700 / 56.4, 8)) is wide  # as a plan asks for it
    with pytest.raises(ValidationError, match="make it anew"):
        reach.within(wide, 700.001 / 56.4)
    for cutoff in limits:
        walk = reach.walking(homes, centre, street, cutoff=cutoff, profile=profile)
        assert walk.table.index.get_level_values(0).tolist() == ["at"]


@settings(max_examples=examples(60), deadline=None)
@given(cents(1, 10), st.integers(1, 900), st.integers(1, 9))
def test_ways_without_a_network_at_exactly_the_limit_are_covered(factor, across, up):
    """A factor of two decimals; a bridge to which 3, 4 and 5 times so many tenths of a metre lead from either side."""
    limit = float(factor * Fraction(across, 10))
    homes = homes_at(["at", "beyond"], [across / 10, across / 10 + 1e-4], [0.0, 0.0])
    by_factor = reach.detour(
        homes, centre_at(0, 0), cutoff=limit, factor=float(factor), source="a survey"
    )
    assert by_factor.table.to_dict() == {("at", "a"): limit}
    side = up / 10
    river = gpd.GeoSeries([shapely.LineString([at(-500.0, 0.0), at(500.0, 0.0)])], crs=CRS)
    bridge = gpd.GeoSeries(gpd.points_from_xy([CORNER[0] + 3 * side], [CORNER[1]]), crs=CRS)
    homes = homes_at(["at", "beyond"], [0.0, 0.0], [-4 * side, -4 * side - 1e-3])
    limit = float(Fraction(10 * up, 10))
    round_it = reach.detour(
        homes, centre_at(6 * side, 4 * side), cutoff=limit, barriers=river, crossings=bridge
    )
    assert round_it.table.to_dict() == {("at", "a"): limit}
