"""A network that is rebuilt: a new way, stairs made into ramps, shorter waits at signals."""

import dataclasses
import itertools
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from carecircles.network.places import onto
from carecircles.network.values import Network
from carecircles.network.ways import BETWEEN_IDS, COUNTED, ID, PRIVATE

JOINS_M = (
    50.0  # from the end of a new way to the way it joins, from a place to what is rebuilt there
)
_HAIR = 1e-9  # of a way, at which its end is meant


def with_way(net: Network, line: shapely.LineString, *, kind: str = "footway") -> Network | None:
    """
    The network with a new way that joins the nearest way at each of its ends; None where there is none.

    Parameters
    ----------
    net
        The network.
    line
        The way, in the network's CRS; it is a bridge (level 1), come onto at its ends alone.
    kind
        What the way is.

    Returns
    -------
    network
        With the way from the nearest point on a way within 50 m of the line's start, along the line, to
        that of its end.

    Examples
    --------
    A bridge of 60 m between the middles of two streets that meet at their ends.

    >>> xy = np.array([[0.0, 0.0], [200.0, 0.0], [0.0, 60.0], [200.0, 60.0]])
    >>> lines = shapely.linestrings([xy[[0, 1]], xy[[2, 3]], xy[[1, 3]]])
    >>> table = {"start": [0, 2, 1], "end": [1, 3, 3], "metres": [200.0, 200.0, 60.0]}
    >>> streets = Network(xy, gpd.GeoDataFrame(table, geometry=lines, crs=4548))
    >>> bridged = with_way(streets, shapely.LineString([(100, 0), (100, 60)]))
    >>> bridged.edges["metres"].tolist()
    [60.0, 100.0, 100.0, 100.0, 100.0, 60.0]
    """
    ends = shapely.get_coordinates(line)[[0, -1]]
    at = onto(net, *ends.T)
    if not (at.off <= JOINS_M).all():
        return None
    xy, edges, junctions = _with_junctions(net, at.edge, at.share)
    drawn = np.concatenate([xy[junctions[:1]], shapely.get_coordinates(line), xy[junctions[1:]]])
    is_new = np.append(True, np.hypot(*np.diff(drawn, axis=0).T) > 0)
    if is_new.sum() < 2:
        return None
    way = shapely.LineString(drawn[is_new])
    row = {
        "start": junctions[0],
        "end": junctions[1],
        "metres": way.length,
        "kind": kind,
        "level": 1,
        ID: "",
        PRIVATE: False,
    }
    known = {name: [row.get(name, 0.0)] for name in edges.columns} | {edges.geometry.name: [way]}
    new = gpd.GeoDataFrame(known, geometry=edges.geometry.name, crs=net.crs)
    return dataclasses.replace(net, xy=xy, edges=pd.concat([edges, new], ignore_index=True))


def _with_junctions(
    net: Network, edge: np.ndarray, share: np.ndarray
) -> tuple[np.ndarray, gpd.GeoDataFrame, np.ndarray]:
    """Junctions, ways, and which junctions lie at shares of some ways, which are cut there."""
    edges, xy = net.edges, list(net.xy)
    found = np.zeros(len(edge), dtype=np.int64)
    parts = [edges.drop(index=edges.index[np.unique(edge)])]
    for one in np.unique(edge):
        row = edges.iloc[[one]]
        line, (start, end) = row.geometry.iloc[0], row[["start", "end"]].iloc[0]
        stops, nodes = [0.0], [int(start)]
        for n in sorted(np.flatnonzero(edge == one), key=lambda n: share[n]):
            if share[n] > 1 - _HAIR:
                found[n] = end
            elif share[n] <= stops[-1] + _HAIR:
                found[n] = nodes[-1]
            else:
                point = shapely.line_interpolate_point(line, share[n], normalized=True)
                xy.append(shapely.get_coordinates(point)[0])
                stops.append(float(share[n]))
                nodes.append(len(xy) - 1)
                found[n] = nodes[-1]
        stops.append(1.0)
        nodes.append(int(end))
        shares = np.diff(stops)
        pieces = [substring(line, a, b, normalized=True) for a, b in itertools.pairwise(stops)]
        some = row.iloc[np.zeros(len(pieces), dtype=int)]
        counted = {c: some[c].to_numpy() * shares for c in ("metres", *COUNTED) if c in some}
        some = some.assign(start=nodes[:-1], end=nodes[1:], **counted).set_geometry(
            pieces, crs=net.crs
        )
        parts.append(some)
    return np.array(xy), pd.concat(parts, ignore_index=True), found


def stairs_of(net: Network) -> np.ndarray:
    """
    Positions of the stairs among the ways.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [30.0, 0.0], [60.0, 0.0]])
    >>> table = {"start": [0, 1], "end": [1, 2], "metres": [30.0, 30.0], "flights": [2.0, 0.0]}
    >>> lines = shapely.linestrings([xy[:2], xy[1:]])
    >>> stairs_of(Network(xy, gpd.GeoDataFrame(table, geometry=lines, crs=4548)))
    array([0])
    """
    is_stairs = np.zeros(len(net.edges), dtype=bool)
    if "kind" in net.edges:
        is_stairs |= (net.edges["kind"] == "steps").to_numpy()
    if "flights" in net.edges:
        is_stairs |= (net.edges["flights"] > 0).to_numpy()
    return np.flatnonzero(is_stairs)


def signals_of(net: Network) -> np.ndarray:
    """
    Positions of the ways with signals.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [30.0, 0.0]])
    >>> table = {"start": [0], "end": [1], "metres": [30.0], "signals": [1.0]}
    >>> signals_of(Network(xy, gpd.GeoDataFrame(table, geometry=shapely.linestrings([xy]), crs=4548)))
    array([0])
    """
    if "signals" not in net.edges:
        return np.array([], dtype=np.int64)
    return np.flatnonzero(net.edges["signals"].to_numpy() > 0)


def ways_at(net: Network, where: shapely.Geometry, *, among: np.ndarray) -> np.ndarray:
    """
    Which of some ways lie in a polygon, or are nearest to a place within 50 m; positions.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [30.0, 0.0]])
    >>> table = {"start": [0], "end": [1], "metres": [30.0], "flights": [2.0]}
    >>> net = Network(xy, gpd.GeoDataFrame(table, geometry=shapely.linestrings([xy]), crs=4548))
    >>> [ways_at(net, shapely.Point(10, y), among=stairs_of(net)).tolist() for y in (20, 90)]
    [[0], []]
    """
    lines = net.edges.geometry.to_numpy()[among]
    if shapely.get_dimensions(where) == 2:
        is_there = shapely.intersects(lines, where)
    else:
        off = shapely.distance(lines, where)
        is_there = (off <= JOINS_M) & (off <= off.min(initial=np.inf) + 0.01)
    there: np.ndarray = among[is_there]
    return there


def ways_named(net: Network, ids: Sequence[str]) -> dict[str, np.ndarray]:
    """
    Positions of the ways by the ids that the file of the network has for them; none of an id that is not there.

    Parameters
    ----------
    net
        The network; one whose file has no ids has none of them.
    ids
        Such as the number of a way in OpenStreetMap, as text.

    Examples
    --------
    Ways that follow each other without a junction are one, by either id.

    >>> xy = np.array([[0.0, 0.0], [30.0, 0.0]])
    >>> table = {"start": [0], "end": [1], "metres": [30.0], "way": ["4217;4218"]}
    >>> net = Network(xy, gpd.GeoDataFrame(table, geometry=shapely.linestrings([xy]), crs=4548))
    >>> {one: at.tolist() for one, at in ways_named(net, ["4218", "7"]).items()}
    {'4218': [0], '7': []}
    """
    none = np.array([], dtype=np.int64)
    if ID not in net.edges:
        return dict.fromkeys(ids, none)
    told = net.edges[ID].to_numpy()
    some = np.flatnonzero([any(one in text for one in ids) for text in told])  # at most these
    at: dict[str, list[int]] = {one: [] for one in ids}
    for position in some:
        for one in set(told[position].split(BETWEEN_IDS)) & set(at):
            at[one].append(int(position))
    return {one: np.array(positions, dtype=np.int64) for one, positions in at.items()}


def middle_of(net: Network, ways: np.ndarray) -> shapely.Point:
    """
    The middle of some ways, taken together: of several lines that do not join that of the longest.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [30.0, 0.0], [60.0, 0.0]])
    >>> table = {"start": [0, 1], "end": [1, 2], "metres": [30.0, 30.0]}
    >>> lines = shapely.linestrings([xy[:2], xy[1:]])
    >>> middle_of(Network(xy, gpd.GeoDataFrame(table, geometry=lines, crs=4548)), np.array([0, 1])).x
    30.0
    """
    joined = shapely.line_merge(shapely.multilinestrings([*net.edges.geometry.to_numpy()[ways]]))
    longest = max(shapely.get_parts(joined), key=shapely.length)
    middle: shapely.Point = shapely.line_interpolate_point(longest, 0.5, normalized=True)
    return middle


def with_ramps(net: Network, stairs: np.ndarray) -> Network:
    """
    The network with ramps, as long as they are, where some stairs were.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [30.0, 0.0]])
    >>> table = {"start": [0], "end": [1], "metres": [30.0], "kind": ["steps"], "flights": [2.0]}
    >>> net = Network(xy, gpd.GeoDataFrame(table, geometry=shapely.linestrings([xy]), crs=4548))
    >>> with_ramps(net, stairs_of(net)).edges[["kind", "flights"]].to_numpy().tolist()
    [['footway', 0.0]]
    """
    is_chosen = np.isin(np.arange(len(net.edges)), stairs)
    edges = net.edges.assign(
        **{
            name: net.edges[name].mask(is_chosen, value)
            for name, value in (("kind", "footway"), ("flights", 0.0), ("escalators", 0.0))
            if name in net.edges
        }
    )
    return dataclasses.replace(net, edges=edges)


def with_waits(net: Network, ways: np.ndarray, share: float) -> Network:
    """
    The network in which signals on some ways hold people up only a share of the time.

    Examples
    --------
    >>> xy = np.array([[0.0, 0.0], [30.0, 0.0]])
    >>> table = {"start": [0], "end": [1], "metres": [30.0], "signals": [1.0]}
    >>> net = Network(xy, gpd.GeoDataFrame(table, geometry=shapely.linestrings([xy]), crs=4548))
    >>> with_waits(net, np.array([0]), 0.5).edges["signals"].tolist()
    [0.5]
    """
    is_chosen = np.isin(np.arange(len(net.edges)), ways)
    signals = net.edges["signals"].where(~is_chosen, net.edges["signals"] * share)
    return dataclasses.replace(net, edges=net.edges.assign(signals=signals))
