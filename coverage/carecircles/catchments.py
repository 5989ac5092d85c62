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

    Examples
    --------
    >>> home = gpd.GeoDataFrame(index=["A"], geometry=gpd.points_from_xy([0], [0]), crs=4548)
    >>> circles(home, cutoff=700).area.div(1e6).round(2).tolist()  # pi times 0.7 km squared
    [1.54]
    """
    return facilities.set_geometry(facilities.buffer(cutoff, 32))
