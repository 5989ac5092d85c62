"""Whether a network can be walked as it is drawn: dead ends, missing junctions, people far from any way."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles.network.values import Network
from carecircles.network.walks import onto


def dead_ends(net: Network) -> gpd.GeoSeries:
    """
    Junctions at which one way ends and no other goes on.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=shapely.linestrings([xy]), crs=4548)
    >>> len(dead_ends(Network(xy, edges)))
    2
    """
    degree = np.bincount(net.edges[["start", "end"]].to_numpy().ravel(), minlength=len(net.xy))
    return gpd.GeoSeries(shapely.points(net.xy[degree == 1]), crs=net.crs)


def crossings_without_meeting(net: Network) -> gpd.GeoSeries:
    """
    Where two ways on the same level cross and nobody can turn from one into the other.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0], [50.0, -50.0], [50.0, 50.0]])
    >>> lines = shapely.linestrings([xy[:2], xy[2:]])
    >>> table = {"start": [0, 2], "end": [1, 3], "metres": [100.0, 100.0], "level": 0}
    >>> crossings_without_meeting(Network(xy, gpd.GeoDataFrame(table, geometry=lines, crs=4548))).to_wkt().tolist()
    ['POINT (50 0)']
    """
    lines, level = net.edges.geometry.to_numpy(), net.edges["level"].to_numpy()
    one, other = shapely.STRtree(lines).query(lines, predicate="crosses")
    is_pair = (one < other) & (level[one] == level[other])
    one, other = one[is_pair], other[is_pair]
    at = shapely.get_parts(shapely.intersection(lines[one], lines[other]))
    return gpd.GeoSeries(at[shapely.get_type_id(at) == 0], crs=net.crs)


def metres_off(net: Network, places: pd.DataFrame) -> pd.Series:
    """
    How far places are from the nearest way that no barrier cuts off; infinite where every way is.

    Parameters
    ----------
    net
        The network.
    places
        With x and y in metres in the network's CRS.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=shapely.linestrings([xy]), crs=4548)
    >>> metres_off(Network(xy, edges), pd.DataFrame({"x": [25.0], "y": [7.0]}, index=["p"])).to_dict()
    {'p': 7.0}
    """
    off = onto(net, *(places[axis].to_numpy(dtype=float) for axis in ("x", "y"))).off
    return pd.Series(off, index=places.index, name="metres_off")
