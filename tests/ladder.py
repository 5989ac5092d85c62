"""
A ladder of streets that can be checked on paper: a river, one bridge, one flight of stairs, three benches.

        0       100       200   240 ~ 260  300  350  400
  100   +--------+---------+-----|  ~  |----+----C----+
        |        |         |        ~       |         # stairs
   50   |        |         |        ~       b3        #
        |        |         |        ~       |         #
    0   +---p----+----b1---+--b2-|=====|----+---------+ r
            50       150      230 bridge

Homes: p on the south rail, q (one hundred metres north of 200, at the end of its rung), r at the foot of
the stairs. C is the centre. Walks to C in metres: p 400, q 350 (down, over the bridge and up), r 150
by the stairs and 250 without them. Circles do not know the river: q is 150 m from C in a straight line.
"""

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import network

CRS = "EPSG:4548"
CORNER = (519_000.0, 4_326_000.0)  # where its south-western corner lies, in metres


class Ladder(NamedTuple):
    """What is known of it, all in `CRS`."""

    ways: gpd.GeoDataFrame
    river: gpd.GeoSeries
    rests: gpd.GeoDataFrame
    centres: gpd.GeoDataFrame
    homes: pd.DataFrame
    network: network.Network


def ladder() -> Ladder:
    """The ladder; ten people of 60 and more at p, twenty at q, forty at r."""
    rails = [
        ("residential", "", [[0, 0], [240, 0]]),
        ("footway", "yes", [[240, 0], [260, 0]]),
        ("residential", "", [[260, 0], [400, 0]]),
        ("residential", "", [[0, 100], [240, 100]]),
        ("residential", "", [[260, 100], [400, 100]]),
    ]
    rungs = [("footway", "", [[x, 0], [x, 100]]) for x in (0, 100, 200, 300)]
    stairs = [("steps", "", [[400, 0], [400, 100]])]
    kind, bridge, lines = zip(*rails, *rungs, *stairs, strict=True)
    drawn = [shapely.LineString(np.add(line, CORNER)) for line in lines]
    ways = gpd.GeoDataFrame({"highway": kind, "bridge": bridge}, geometry=drawn, crs=CRS)
    river = gpd.GeoSeries([shapely.LineString(np.add([[250, -50], [250, 150]], CORNER))], crs=CRS)
    names = pd.Index(["p", "q", "r"], name="cell")
    homes = pd.DataFrame(_at([50, 0], [200, 100], [400, 0]), index=names, columns=["x", "y"])
    walked = network.read_network(ways, crs=CRS)
    return Ladder(
        ways,
        river,
        _points(["b1", "b2", "b3"], [150, 0], [230, 0], [300, 50]),
        _points(["C"], [350, 100]),
        homes.assign(people_60=[10.0, 20.0, 40.0]),
        network.Network(walked.xy, walked.edges, river, walked.notes),
    )


def _at(*places: list[float]) -> np.ndarray:
    return np.add(places, CORNER)


def _points(names: list[str], *places: list[float]) -> gpd.GeoDataFrame:
    points = gpd.points_from_xy(*_at(*places).T)
    return gpd.GeoDataFrame(index=pd.Index(names, name="id"), geometry=points, crs=CRS)
