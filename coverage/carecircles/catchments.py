"""Care circles and isochrones as polygons, for maps. Figures come from the cost table, never from these."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import grid
from carecircles.people import columns_of


def circles(facilities: gpd.GeoDataFrame, *, cutoff: float) -> gpd.GeoDataFrame:
    """
    The care circle of each centre, to draw.

    Parameters
    ----------
    facilities
        Centres as points in a projected CRS.
    cutoff
        Radius in metres.

    Returns
    -------
    circles
        The centres with a polygon of 128 sides as geometry, whose corners lie on the circle.

    Examples
    --------
    >>> home = gpd.GeoDataFrame(index=["A"], geometry=gpd.points_from_xy([0], [0]), crs=4548)
    >>> circles(home, cutoff=700).area.div(1e6).round(2).tolist()  # pi times 0.7 km squared
    [1.54]
    """
    return facilities.set_geometry(facilities.buffer(cutoff, 32))


def isochrones(cells: pd.DataFrame, cutoffs: Sequence[float]) -> gpd.GeoDataFrame:
    """
    From where the nearest centre is within each of some cutoffs.

    They are unions of whole cells, so that they hold the very people the tables count; nothing is
    smoothed or filled, and what lies across a river without a bridge stays a hole.

    Parameters
    ----------
    cells
        From `evaluation.evaluate`, with `attrs["crs"]`.
    cutoffs
        In the unit of the cells' `distance_m`; the limit itself is within reach.

    Returns
    -------
    isochrones
        Indexed by `within_m` (the cutoff), the largest last: area_km2, people by group and geometry. Each
        holds the ones before it.

    Examples
    --------
    >>> from carecircles import datasets, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> isochrones(asis.cells, [350, 700])["people_60"].to_dict()
    {350.0: 3750.0, 700.0: 13675.0}
    """
    limits = np.unique(np.asarray(cutoffs, dtype=float))
    # The last place of a number may differ from that of the table; beyond them all it is len(limits).
    ring = np.searchsorted(limits * (1 + 1e-12), cells["distance_m"].to_numpy())
    is_near = ring < len(limits)
    near, ring = cells[is_near], ring[is_near]
    table = near.groupby(ring)[["area_m2", *columns_of(cells)]].sum()
    table = table.reindex(range(len(limits)), fill_value=0.0).cumsum()
    table.insert(0, "area_km2", table.pop("area_m2") / 1e6)
    table.index = pd.Index(limits, name="within_m")
    shapes = [
        grid.outlines(near[ring <= n], np.zeros(np.count_nonzero(ring <= n), dtype=int), 1)[0]
        for n in range(len(limits))
    ]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=cells.attrs["crs"])
