"""On what somebody walks: the ways of a network, what they cost this walker, and where homes come onto them."""

import hashlib
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from carecircles._limits import farthest
from carecircles.reach._pairs import demand_xy

if TYPE_CHECKING:
    import geopandas as gpd

    from carecircles.network import Graph, Network, OnWay
    from carecircles.walkers import Profile

_KEPT = 2  # sets of cells, of each network, whose places on the ways are kept


class Footing(NamedTuple):
    """
    Ways as somebody walks them.

    Attributes
    ----------
    network
        The network.
    graph
        What walking on it costs, in metres on the level.
    profile
        Who walks; None where metres are measured.
    unit, a_metre
        Of cost tables, and what a metre on the level costs in it.
    """

    network: "Network"
    graph: "Graph"
    profile: "Profile | None"
    unit: str
    a_metre: float


class Placed(NamedTuple):
    """Where some places come onto ways that are walked, and the positions of those that do."""

    places: "OnWay"
    position: np.ndarray


def footing_of(network: "Network", profile: "Profile | None" = None) -> Footing:
    """
    The ways of a network as somebody walks them; in metres if nobody is named.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles import walkers
    >>> from carecircles.network import Network
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> ways = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), ways)
    >>> footing_of(street).unit, round(footing_of(street, walkers.profile_of("80plus")).a_metre, 4)
    ('m', 0.0177)
    """
    from carecircles import network as networks  # which loads what straight lines do without

    if profile is None:
        return Footing(network, networks.graph_of(network), None, "m", 1.0)
    graph = networks.graph_of(network, networks.level_metres(network, profile))
    return Footing(network, graph, profile, "min", 1 / (60 * profile.pace_m_s))


def most_metres(footing: Footing, cutoff: float) -> float:
    """
    The metres on the level that a walk within a cutoff may cost, which is in the unit of cost tables.

    Examples
    --------
    >>> round(most_metres(Footing(None, None, None, "m", 1.0), 700), 3)
    700.0
    """
    return farthest(cutoff, footing.unit) / footing.a_metre


def homes_on(footing: Footing, demand: pd.DataFrame) -> Placed:
    """
    Where cells come onto the ways. They are kept with the network, as the same cells are measured again and again.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles.network import Network
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> ways = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = footing_of(Network(np.array([[0.0, 0.0], [100.0, 0.0]]), ways))
    >>> homes_on(street, pd.DataFrame({"x": [25.0], "y": [3.0]})).places.off.tolist()
    [3.0]
    """
    x, y = demand_xy(demand)
    kept = _kept.setdefault(footing.network, OrderedDict())
    where = hashlib.blake2b(np.stack([x, y]).tobytes()).digest()
    if where in kept:
        kept.move_to_end(where)
    else:
        kept[where] = _onto(footing, x, y)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
    placed = _walked(footing, kept[where])
    return placed._replace(places=_at_home(footing, placed.places))


def seats_on(footing: Footing, seats: "gpd.GeoDataFrame | gpd.GeoSeries") -> Placed:
    """
    Where seats come onto the ways; those on ways of somebody's own twice, for walks that begin and that end there.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles.network import Network
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> ways = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0], "private": True}, geometry=line, crs=4548)
    >>> yard = footing_of(Network(np.array([[0.0, 0.0], [100.0, 0.0]]), ways))
    >>> seats_on(yard, gpd.GeoSeries(gpd.points_from_xy([40], [2]), crs=4548)).position.tolist()
    [0, 0]
    """
    placed = points_on(footing, seats)
    inner = _at_home(footing, placed.places)
    twice = np.flatnonzero(inner.edge != placed.places.edge)
    both = (placed.places, inner.taken(twice))
    places = type(inner)(*(np.concatenate(two) for two in zip(*both, strict=True)))
    return Placed(places, np.concatenate([placed.position, placed.position[twice]]))


def _at_home(footing: Footing, places: "OnWay") -> "OnWay":
    from carecircles import network as networks

    return networks.at_home(footing.graph, places)


def points_on(footing: Footing, points: "gpd.GeoDataFrame | gpd.GeoSeries") -> Placed:
    """
    Where points such as centres or seats come onto the ways.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles.network import Network
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> ways = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = footing_of(Network(np.array([[0.0, 0.0], [100.0, 0.0]]), ways))
    >>> points_on(street, gpd.GeoSeries(gpd.points_from_xy([40], [2]), crs=4548)).places.share.tolist()
    [0.4]
    """
    places = points.geometry
    return _walked(footing, _onto(footing, places.x.to_numpy(), places.y.to_numpy()))


def indoors(footing: Footing, demand: pd.DataFrame) -> np.ndarray:
    """
    The metres on the level that the stairs between flats and street cost, of each cell; 0 where none are known.

    Examples
    --------
    Two flights of 16 s at 0.94 m/s.

    >>> from carecircles import walkers
    >>> walker = Footing(None, None, walkers.profile_of("80plus"), "min", 1 / (60 * 0.94))
    >>> indoors(walker, pd.DataFrame({"flights": [0.0, 2.0]})).round(2).tolist()
    [0.0, 30.08]
    """
    profile = footing.profile
    if profile is None or not profile.flight_s or "flights" not in demand:
        return np.zeros(len(demand))
    metres: np.ndarray = (
        profile.pace_m_s * profile.flight_s * demand["flights"].to_numpy(dtype=float)
    )
    return metres


_kept: "weakref.WeakKeyDictionary[Network, OrderedDict[bytes, OnWay]]" = weakref.WeakKeyDictionary()


def _onto(footing: Footing, x: np.ndarray, y: np.ndarray) -> "OnWay":
    from carecircles import network as networks

    return networks.onto(footing.network, x, y)


def _walked(footing: Footing, places: "OnWay") -> Placed:
    """Those places that come onto ways which this walker walks."""
    is_on = (places.edge >= 0) & np.isfinite(footing.graph.along[places.edge])
    return Placed(places.taken(is_on), np.flatnonzero(is_on))
