"""Datums against two libraries that nobody of us wrote: geocoordinates-rs and prcoords."""

import geocoordinates_ffi as oracle
import numpy as np
import prcoords
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles.datum import DATUMS, from_wgs84, parse_datum, to_wgs84

CENTIMETRE = 0.01 / 111_320  # degrees
in_china = st.tuples(st.floats(74, 134), st.floats(18, 53))


def sample(n=300):
    rng = np.random.default_rng(7)
    return rng.uniform(74, 134, n), rng.uniform(18, 53, n)


@pytest.mark.parametrize("datum", DATUMS)
@given(point=in_china)
@settings(deadline=None)
def test_round_trip_is_better_than_a_centimetre(datum, point):
    lon, lat = to_wgs84(*from_wgs84(*point, datum=datum), datum=datum)
    assert abs(lon - point[0]) < CENTIMETRE / 100
    assert abs(lat - point[1]) < CENTIMETRE / 100


def test_gcj02_agrees_with_geocoordinates():
    lon, lat = sample()
    theirs = [
        oracle.wgs84_to_gcj02(oracle.Wgs84(lat=y, lon=x)) for x, y in zip(lon, lat, strict=True)
    ]
    ours = from_wgs84(lon, lat, datum="gcj02")
    np.testing.assert_allclose(ours[0], [p.lon for p in theirs], atol=CENTIMETRE / 100, rtol=0)
    np.testing.assert_allclose(ours[1], [p.lat for p in theirs], atol=CENTIMETRE / 100, rtol=0)


def test_inverse_of_gcj02_agrees_with_geocoordinates():
    lon, lat = sample()
    theirs = [
        oracle.gcj02_to_wgs84_refined(oracle.Gcj02(lat=y, lon=x))
        for x, y in zip(lon, lat, strict=True)
    ]
    ours = to_wgs84(lon, lat, datum="gcj02")
    np.testing.assert_allclose(ours[0], [p.lon for p in theirs], atol=CENTIMETRE, rtol=0)
    np.testing.assert_allclose(ours[1], [p.lat for p in theirs], atol=CENTIMETRE, rtol=0)


def test_bd09_agrees_with_prcoords():
    lon, lat = sample()
    theirs = [prcoords.wgs_bd(prcoords.Coords(y, x)) for x, y in zip(lon, lat, strict=True)]
    ours = from_wgs84(lon, lat, datum="bd09")
    np.testing.assert_allclose(ours[0], [p.lon for p in theirs], atol=CENTIMETRE, rtol=0)
    np.testing.assert_allclose(ours[1], [p.lat for p in theirs], atol=CENTIMETRE, rtol=0)


def test_shift_at_hexi_is_the_known_one():
    """GCJ-02 lies about 550 m off WGS84 at Hexi, BD-09 about 1,360 m."""
    for datum, metres in (("gcj02", 550), ("bd09", 1360)):
        lon, lat = from_wgs84(117.223, 39.08, datum=datum)
        east = (lon - 117.223) * 111_320 * np.cos(np.radians(39.08))
        north = (lat - 39.08) * 111_000
        assert np.hypot(east, north) == pytest.approx(metres, rel=0.05)


def test_nothing_is_shifted_outside_china():
    lon, lat = from_wgs84([2.35, -74.0], [48.85, 40.7], datum="gcj02")
    np.testing.assert_array_equal(lon, [2.35, -74.0])
    np.testing.assert_array_equal(lat, [48.85, 40.7])


def test_arguments_are_not_changed():
    lon, lat = np.array([117.2]), np.array([39.1])
    to_wgs84(lon, lat, datum="bd09")
    assert lon[0] == 117.2
    assert lat[0] == 39.1


@pytest.mark.parametrize(
    ("spelling", "datum"),
    [("GCJ-02", "gcj02"), ("gcj02", "gcj02"), ("WGS 84", "wgs84"), ("高德", "gcj02"), ("BD-09", "bd09"),
     ("CGCS2000", "cgcs2000"), ("EPSG:4490", "cgcs2000")],
)  # fmt: skip
def test_spellings(spelling, datum):
    assert parse_datum(spelling) == datum


def test_unknown_datum_names_the_choices():
    with pytest.raises(ValueError, match="'tokyo', expected one of wgs84, cgcs2000, gcj02, bd09"):
        parse_datum("tokyo")
