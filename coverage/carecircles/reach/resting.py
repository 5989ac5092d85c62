"""Walks along the ways of a network from seat to seat."""

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.reach.values import CostTable
from carecircles.reach.walking import measured
from carecircles.words import Sentence

if TYPE_CHECKING:
    from carecircles.network import Network
    from carecircles.walkers import Profile


def resting(
    demand: pd.DataFrame,
    facilities: gpd.GeoDataFrame,
    network: "Network",
    rests: gpd.GeoDataFrame,
    *,
    cutoff: float,
    stretch: float,
    profile: "Profile | None" = None,
    only_nearest: bool = False,
) -> CostTable:
    """
    Metres or minutes on foot along ways, of those walks alone on which there is a seat whenever one is needed.

    Home and centre are places to sit. From the home to the first seat, from seat to seat and from the
    last seat to the centre, or from the home to the centre, it is nowhere farther than `stretch`
    along the shortest way, and all of it together is no farther than `cutoff`. A seat off the ways is
    walked to and back, when somebody sits there. `functools.partial(reach.resting, network=...,
    rests=..., stretch=...)` is a reach.

    Parameters
    ----------
    demand, facilities, network
        As for `walking`.
    rests
        Seats as points in the same CRS. No barrier is crossed on the way to one; one that barriers cut
        off from every way is of no use.
    cutoff
        Longest walk in metres, or minutes; the limit itself is within reach.
    stretch
        Longest way in metres without a seat; the limit itself can be walked, up to the 2 cm to which
        seats are known. Of a profile stairs and crossings count as the metres that are walked on the
        level in the same time.
    profile
        Who walks, in minutes; None for metres.
    only_nearest
        Leave out all pairs of a cell but that of its nearest centre.

    Raises
    ------
    ValidationError
        As `walking`, and if the seats are in another CRS or the stretch is not above 0.

    Examples
    --------
    A home and a centre, 80 m from each other. A seat half-way helps who walks 50 m at a stretch.

    >>> import numpy as np, shapely
    >>> from carecircles.network import Network
    >>> line = shapely.linestrings([[[0.0, 0.0], [100.0, 0.0]]])
    >>> ways = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(np.array([[0.0, 0.0], [100.0, 0.0]]), ways)
    >>> demand = pd.DataFrame({"x": [10.0], "y": [0.0]}, index=["p"])
    >>> centres = gpd.GeoDataFrame(index=["a"], geometry=gpd.points_from_xy([90], [0]), crs=4548)
    >>> bench = gpd.GeoDataFrame(geometry=gpd.points_from_xy([50], [2]), crs=4548)
    >>> resting(demand, centres, street, bench, cutoff=700, stretch=50).table.to_dict()
    {('p', 'a'): 84.0}
    >>> len(resting(demand, centres, street, bench, cutoff=700, stretch=40).table)
    0
    """
    _require_seats(rests, network, stretch)
    return measured(
        demand,
        facilities,
        network,
        cutoff=cutoff,
        profile=profile,
        only_nearest=only_nearest,
        rests=(rests, stretch),
    )


def _require_seats(rests: gpd.GeoDataFrame, network: "Network", stretch: float) -> None:
    """Whether seats are in the CRS of the network, and a stretch can be walked."""
    problems = []
    if len(rests) and rests.crs != network.crs:
        told = (
            f"`rests` is in {rests.crs}, `network` in {network.crs}; reproject the seats, for example "
            "with `rests.to_crs(network.crs)`."
        )
        zh = (
            f"`rests` 为 {rests.crs}，`network` 为 {network.crs}；请转换座椅的坐标系，"
            "例如 `rests.to_crs(network.crs)`。"
        )
        problems.append(Sentence(told, zh=zh))
    if not 0 < stretch < 1e6:
        told = (
            f"stretch is {stretch:g}; write the metres somebody walks without a seat, such as 100."
        )
        zh = f"stretch 为 {stretch:g}；请写无座椅时最多能走的米数，如 100。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
