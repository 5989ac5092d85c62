"""
The datums of Chinese maps: WGS84, CGCS2000, GCJ-02 and BD-09.

Web maps in China show GCJ-02 (Gaode, Tencent) or BD-09 (Baidu), which lie hundreds of metres off
WGS84. A file's datum is declared by its user and converted here, at the door, once.

The forward formulas are the publicly known ones (public domain, as in PRCoords); the inverse is a
fixed-point iteration, so that a round trip is right to well under a millimetre. No library was both
exact and vectorised when this was written: of those tried, the vectorised one was 4 m off on the way
back and the exact ones convert one point a call (about 30 s for a million points).
"""

import unicodedata
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from carecircles.errors import ValidationError
from carecircles.words import Sentence, listed

Degrees = npt.NDArray[np.float64]
Shift = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09")

SPELLINGS = {
    "wgs84": "wgs84",
    "epsg4326": "wgs84",
    "cgcs2000": "cgcs2000",
    "epsg4490": "cgcs2000",
    "国家大地坐标系2000": "cgcs2000",
    "2000国家大地": "cgcs2000",
    "gcj02": "gcj02",
    "amap": "gcj02",
    "gaode": "gcj02",
    "火星": "gcj02",
    "高德": "gcj02",
    "bd09": "bd09",
    "baidu": "bd09",
    "百度": "bd09",
}
_SEMI_MAJOR_M = 6378245.0  # Krasovsky 1940, which the GCJ-02 formula uses
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BD09_FREQUENCY = np.pi * 3000 / 180
_TOLERANCE_DEGREES = 1e-11
_MOST_ROUNDS = 20


def parse_datum(text: str) -> str:
    """
    The datum a planner means: 'GCJ-02', 'gcj02' and 'Gaode' are all 'gcj02'.

    Raises
    ------
    ValidationError
        If it is none of `DATUMS`; its problem is told as a part of a sentence.

    Examples
    --------
    >>> parse_datum("GCJ-02"), parse_datum("高德")
    ('gcj02', 'gcj02')
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(c for c in folded if c.isalnum()).removesuffix("坐标系").removesuffix("坐标")
    if plain not in SPELLINGS:
        names = listed(DATUMS)
        told = f"datum is {text!r}, expected one of {names}"
        raise ValidationError([Sentence(told, zh=f"坐标系为 {text!r}，应为以下之一：{names.zh}")])
    return SPELLINGS[plain]


def to_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, *, datum: str) -> tuple[Degrees, Degrees]:
    """
    Longitude and latitude in WGS84.

    Parameters
    ----------
    lon, lat
        Degrees in `datum`, arrays of one shape.
    datum
        One of `DATUMS`. CGCS2000 agrees with WGS84 to better than a metre and is passed through.

    Returns
    -------
    lon, lat
        Degrees in WGS84, new arrays.

    Examples
    --------
    >>> lon, lat = to_wgs84([117.22], [39.08], datum="gcj02")
    >>> float(lon[0].round(4)), float(lat[0].round(4))
    (117.2137, 39.079)
    """
    lon, lat = np.array(lon, dtype=float), np.array(lat, dtype=float)
    if datum == "bd09":
        lon, lat = _invert(_gcj02_to_bd09, lon, lat)
    if datum in ("gcj02", "bd09"):
        lon, lat = _invert(_wgs84_to_gcj02, lon, lat)
    return lon, lat


def from_wgs84(lon: npt.ArrayLike, lat: npt.ArrayLike, *, datum: str) -> tuple[Degrees, Degrees]:
    """
    Longitude and latitude in `datum`, from degrees in WGS84; the inverse of `to_wgs84`.

    Examples
    --------
    >>> lon, lat = from_wgs84([117.223], [39.08], datum="gcj02")
    >>> float(lon[0].round(4)), float(lat[0].round(4))
    (117.2293, 39.081)
    """
    lon, lat = np.array(lon, dtype=float), np.array(lat, dtype=float)
    if datum in ("gcj02", "bd09"):
        lon, lat = _wgs84_to_gcj02(lon, lat)
    if datum == "bd09":
        lon, lat = _gcj02_to_bd09(lon, lat)
    return lon, lat


def _invert(forward: Shift, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Where `forward` lands on (lon, lat). The shift changes by about 1/1000 of a step, so few rounds do."""
    x, y = lon.copy(), lat.copy()
    for _ in range(_MOST_ROUNDS):
        forward_x, forward_y = forward(x, y)
        off_x, off_y = forward_x - lon, forward_y - lat
        x -= off_x
        y -= off_y
        if np.maximum(np.abs(off_x), np.abs(off_y)).max(initial=0.0) < _TOLERANCE_DEGREES:
            break
    return x, y


def _wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """GCJ-02 is defined in a box around China; outside it nothing is shifted."""
    x, y = lon - 105.0, lat - 35.0
    pi, sin = np.pi, np.sin
    ripple = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north_m += (ripple + 20 * sin(pi * y) + 40 * sin(pi * y / 3)) * 2 / 3
    north_m += (160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)) * 2 / 3
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east_m += (ripple + 20 * sin(pi * x) + 40 * sin(pi * x / 3)) * 2 / 3
    east_m += (150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)) * 2 / 3

    phi = np.radians(lat)
    w_squared = 1 - _ECCENTRICITY_SQUARED * sin(phi) ** 2
    w = np.sqrt(w_squared)
    metres_a_degree_east = _SEMI_MAJOR_M / w * np.cos(phi) * pi / 180
    metres_a_degree_north = _SEMI_MAJOR_M * (1 - _ECCENTRICITY_SQUARED) / (w_squared * w) * pi / 180
    inside = (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)
    return (
        np.where(inside, lon + east_m / metres_a_degree_east, lon),
        np.where(inside, lat + north_m / metres_a_degree_north, lat),
    )


def _gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD09_FREQUENCY)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD09_FREQUENCY)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
