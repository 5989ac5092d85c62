"""Walks along the ways of a network."""

import functools
import math
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles._limits import rounded
from carecircles.errors import ValidationError
from carecircles.reach._pairs import demand_xy, facility_xy, table_of
from carecircles.reach.footing import (
    footing_of,
    homes_on,
    indoors,
    most_metres,
    points_on,
    seats_on,
)
from carecircles.reach.values import CostTable
from carecircles.words import Sentence

if TYPE_CHECKING:
    from carecircles.network import Network
    from carecircles.walkers import Profile

_ELSEWHERE_M = 10_000.0  # some cells of an area may well lie beyond its network


def walking(
    demand: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    network: "Network",
    *,
    cutoff: float,
    profile: "Profile | None" = None,
    only_nearest: bool = False,
) -> CostTable:
    """
    Metres on foot along the ways of a network, or somebody's minutes, of every pair up to the cutoff.

    A walk leads from the nearest point on a way to the nearest point on a way; how far cell and
    centre are off their ways counts too, and no barrier is crossed there. Nobody's door opens onto
    stairs: the nearest way that is none counts.
    `functools.partial(reach.walking, network=..., profile=...)` is a reach.

    Stairs and signals count in minutes alone: those of the walk, and the flights between flat and
    street door where `demand` has `flights` (the mean of a cell's residents, as from
    `weights.make_demand`). Where stairs are barred none is walked; who lives upstairs without a lift
    then does not get out, which the table of a whole cell cannot say (`demand["upstairs"]` does).

    Parameters
    ----------
    demand, facilities
        As for `straight_line`, in the CRS of the network.
    network
        From `network.read_network`.
    cutoff
        Longest walk in metres, or in minutes if there is a profile; the limit itself is within reach.
    profile
        Who walks, from `walkers.profile_of`; None to measure metres.
    only_nearest
        Leave out all pairs of a cell but that of its nearest centre.

    Raises
    ------
    ValidationError
        As `straight_line`, and if the network is in another CRS or lies elsewhere.

    Examples
    --------
    A street of 100 m between a home, 3 m off it, and a centre.

    >>> import shapely
    >>> from carecircles.network import Network
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> ways = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), ways)
    >>> demand = pd.DataFrame({"x": [10.0], "y": [3.0]}, index=["p"])
    >>> centres = gpd.GeoDataFrame(index=["a"], geometry=gpd.points_from_xy([90], [0]), crs=4548)
    >>> walking(demand, centres, street, cutoff=100).table.to_dict()
    {('p', 'a'): 83.0}
    >>> from carecircles import walkers
    >>> walk = walking(demand, centres, street, cutoff=15, profile=walkers.profile_of("80plus"))
    >>> walk.unit, walk.table.round(2).tolist()
    ('min', [1.47])
    """
    return measured(
        demand, facilities, network, cutoff=cutoff, profile=profile, only_nearest=only_nearest
    )


def measured(
    demand: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    network: "Network",
    *,
    cutoff: float,
    profile: "Profile | None",
    only_nearest: bool,
    rests: "tuple[gpd.GeoDataFrame, float] | None" = None,
) -> CostTable:
    """What `walking` gives, or with seats and the longest stretch without one what `resting` does."""
    from carecircles import network as networks  # which loads what straight lines do without

    if len(demand):
        _require_network_of(facilities, demand_xy(demand), network)
    facility_xy(demand, facilities)  # refuses frames in two CRSs and labels that are there twice
    if demand.empty or facilities.empty:
        none = np.array([], int)
        unit = "m" if profile is None else "min"
        return CostTable(table_of(demand, facilities, none, none, np.array([])), cutoff, unit)
    on = footing_of(network, profile)
    homes, cell = homes_on(on, demand)
    centres, facility = points_on(on, facilities)
    nearest, walks = networks.nearest, networks.walks
    if rests is not None:
        points, stretch = rests
        seats = seats_on(on, points).places
        nearest = functools.partial(networks.rested_nearest, seats=seats, stretch=stretch)
        walks = functools.partial(networks.rested_walks, seats=seats, stretch=stretch)
    if only_nearest:
        near, metres = nearest(network, on.graph, homes, centres)
        home = np.arange(len(near))
    else:
        home, near, metres = walks(
            network, on.graph, homes, centres, cutoff=most_metres(on, cutoff)
        )
    cost = rounded((metres + indoors(on, demand)[cell[home]]) * on.a_metre, on.unit)
    is_walk = np.isfinite(cost) & (cost <= rounded(cutoff, on.unit))
    home, near = cell[home[is_walk]], facility[near[is_walk]]
    cost = np.minimum(cost[is_walk], cutoff)  # which may be given more exactly than costs are told
    return CostTable(table_of(demand, facilities, home, near, cost), cutoff, on.unit)


def _require_network_of(
    facilities: gpd.GeoDataFrame, xy: tuple[np.ndarray, np.ndarray], network: "Network"
) -> None:
    """Whether a network is in the CRS of centres and cells, and where the cells are."""
    if facilities.crs != network.crs:
        told = (
            f"`network` is in {network.crs}, `facilities` in {facilities.crs}; read it in the CRS of "
            "the area, for example with `network.read_network(..., crs=area.crs)`."
        )
        zh = (
            f"`network` 为 {network.crs}，`facilities` 为 {facilities.crs}；请按研究区的 CRS 读取路网，"
            "例如 `network.read_network(..., crs=area.crs)`。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    left, bottom, right, top = network.edges.total_bounds
    x, y = xy
    beside = max(x.min() - right, left - x.max(), 0.0)
    apart = math.hypot(beside, max(y.min() - top, bottom - y.max(), 0.0))
    if apart > _ELSEWHERE_M:
        told = (
            f"`network` lies elsewhere, {apart / 1000:,.0f} km from the cells; "
            "choose the file of this area, and check its CRS and datum."
        )
        zh = f"`network` 不在此处，距网格 {apart / 1000:,.0f} km；请换用本区的文件，并检查其 CRS 和坐标系。"
        raise ValidationError([Sentence(told, zh=zh)])
