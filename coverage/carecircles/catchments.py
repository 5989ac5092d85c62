"""Care circles as polygons, for maps. Figures come from the cost table, never from these."""

import geopandas as gpd


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
    """
    return facilities.set_geometry(facilities.buffer(cutoff, 32))
