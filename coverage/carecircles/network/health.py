"""Whether a network can be walked as it is drawn: dead ends, missing junctions, people far from any way."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles.datum import from_wgs84
from carecircles.network.places import onto
from carecircles.network.values import Network
from carecircles.words import Text

_EVERY_M = 50.0  # along borders
_FEWEST = 20  # places from which a datum can be told
_MUCH_NEARER = 0.5  # times as far as before
_CLOSE_M = 40.0  # to a way, as borders along streets and centres are


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


def nearest_ways(net: Network, places: pd.DataFrame | gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    The nearest way of each place that no barrier cuts off: how far it is, what it is, and where.

    Parameters
    ----------
    net
        The network.
    places
        Points in the network's CRS.

    Returns
    -------
    ways
        On the index of `places`: metres_off (infinite where every way is cut off), kind (empty where it
        is not known), and the nearest point on the way.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0], "kind": ["footway"]}, geometry=shapely.linestrings([xy]), crs=4548)
    >>> home = gpd.GeoDataFrame(geometry=gpd.points_from_xy([25], [400]), index=["p"], crs=4548)
    >>> nearest_ways(Network(xy, edges), home)[["metres_off", "kind"]].to_numpy().tolist()
    [[400.0, 'footway']]
    """
    at = onto(net, places.geometry.x.to_numpy(), places.geometry.y.to_numpy())
    kinds = net.edges["kind"].to_numpy() if "kind" in net.edges else np.full(len(net.edges), "")
    lines = net.edges.geometry.to_numpy()[at.edge]
    foot = shapely.line_interpolate_point(lines, at.share, normalized=True)
    is_on = at.edge >= 0
    table = {"metres_off": at.off, "kind": np.where(is_on, kinds[at.edge], "")}
    where = np.asarray(foot, dtype=object)
    where[~is_on] = None
    return gpd.GeoDataFrame(table, index=places.index, geometry=where, crs=net.crs)


def is_left_out(net: Network, places: pd.DataFrame) -> pd.Series:
    """
    Whether each place is nearer to a way that was left out than to any of the network.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [100.0, 0.0]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=shapely.linestrings([xy]), crs=4548)
    >>> apart = gpd.GeoSeries([shapely.LineString([(0, 90), (50, 90)])], crs=4548)
    >>> homes = pd.DataFrame({"x": [25.0, 25.0], "y": [7.0, 80.0]}, index=["p", "q"])
    >>> is_left_out(Network(xy, edges, left_out=apart), homes).to_dict()
    {'p': False, 'q': True}
    """
    if net.left_out is None or net.left_out.empty or places.empty:
        return pd.Series(False, index=places.index)
    points = np.asarray(shapely.points(places["x"].to_numpy(float), places["y"].to_numpy(float)))
    apart, kept = (
        tree.query_nearest(points, return_distance=True, all_matches=False)[1]
        for tree in (shapely.STRtree(net.left_out.to_numpy()), net.tree)
    )
    return pd.Series(apart < kept, index=places.index)


def landmarks(streets: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """
    Places that lie near ways more often than by chance: points along the borders of streets, and centres.

    Examples
    --------
    >>> square = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], crs=4548)
    >>> centre = gpd.GeoDataFrame(geometry=[shapely.Point(7, 9)], crs=4548)
    >>> len(landmarks(square, centre))
    9
    """
    borders = shapely.segmentize(shapely.boundary(streets.geometry.to_numpy()), _EVERY_M)
    along = np.unique(shapely.get_coordinates(borders), axis=0)
    points = gpd.GeoSeries(gpd.points_from_xy(*along.T), crs=streets.crs)
    return pd.concat([points, facilities.geometry], ignore_index=True)


def datum_notes(net: Network, places: gpd.GeoSeries) -> list[Text]:
    """
    That ways would lie at `landmarks` if they were in GCJ-02 or BD-09, where as they are they do not.

    Said where half of the places would come to lie within 40 m of a way and no more than half as far
    from it as they do now.

    Examples
    --------
    >>> xy = np.array([[500_000.0, 4_200_000.0], [501_000.0, 4_200_000.0]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [1000.0]}, geometry=shapely.linestrings([xy]), crs=4548)
    >>> beside = gpd.GeoSeries(gpd.points_from_xy(np.arange(500_000, 501_000, 10), [4_200_005] * 100), crs=4548)
    >>> datum_notes(Network(xy, edges), beside)
    []
    """
    if len(places) < _FEWEST:
        return []
    tree = shapely.STRtree(net.edges.geometry.to_numpy())

    def off(points: np.ndarray) -> float:
        return float(
            np.median(tree.query_nearest(points, return_distance=True, all_matches=False)[1])
        )

    now, degrees = off(places.to_numpy()), places.to_crs(4326)
    found: list[tuple[float, str, str]] = []
    for datum, label in (("gcj02", "GCJ-02"), ("bd09", "BD-09")):
        moved = from_wgs84(degrees.x.to_numpy(), degrees.y.to_numpy(), datum=datum)
        there = gpd.GeoSeries.from_xy(*moved, crs=4326).to_crs(net.crs)
        found.append((off(there.to_numpy()), datum, label))
    then, datum, label = min(found)
    if not (then <= _CLOSE_M and then <= _MUCH_NEARER * now):
        return []
    return [
        {
            "en": f"borders of streets and centres lie {now:.0f} m from the nearest way (median); if the ways "
            f"are in {label} it is {then:.0f} m: then name it, --datum {datum} or network = "
            f'"{datum}" below [datum] in area.toml (a prepared network is to be prepared again)',
            "zh": f"街道边界和中心距最近道路的中位数为 {now:.0f} 米；若路网为 {label}，则为 {then:.0f} 米：如属实，"
            f'请声明 --datum {datum}，或在 area.toml 的 [datum] 下写 network = "{datum}"'
            "（已生成的路网需重新生成）",
        }
    ]
