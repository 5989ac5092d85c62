"""How many times as many people there will be, by a raster, where people live."""

from pathlib import Path

import numpy as np
import pandas as pd

from carecircles import people
from carecircles.area import Band, StudyArea
from carecircles.errors import ValidationError
from carecircles.io import _checks, rasters
from carecircles.weights import _overlay, _pixels
from carecircles.weights.place import make_demand
from carecircles.words import Sentence


def ratios(area: StudyArea, path: Path, *, cell: float = 50.0) -> pd.Series:
    """
    How many times as many people each street will have, by a raster of ratios: the mean where its people live.

    Parameters
    ----------
    area
        The study area; people of the group whose figures come first count.
    path
        A GeoTIFF of one band, in any CRS: 1.2 is a fifth more people. What is nodata tells nothing.
    cell
        Side of the cells that people are placed in, in metres.

    Returns
    -------
    ratio
        By street, as `cohorts.scaled` takes it.

    Raises
    ------
    ValidationError
        With what is wrong with the raster, and the streets for half of whose people it tells nothing.

    Examples
    --------
    Half a street will have as many people as today, and the other half, where three in four live, twice as many.

    >>> import tempfile
    >>> import geopandas as gpd, rasterio, shapely
    >>> from carecircles import area
    >>> x, y = 500_000, 4_300_000
    >>> street = gpd.GeoDataFrame({"name": ["A"]}, geometry=[shapely.box(x, y, x + 200, y + 100)], crs=32650)
    >>> centre = gpd.GeoDataFrame({"name": ["C"]}, geometry=[shapely.Point(x + 50, y)], crs=32650)
    >>> homes = gpd.GeoDataFrame(
    ...     {"people_60": [10, 30]}, geometry=shapely.points([[x + 50, y + 50], [x + 150, y + 50]]), crs=32650
    ... )
    >>> made = area.study(streets=street, centres=centre, residences=homes)
    >>> path = Path(tempfile.mkdtemp()) / "growth.tif"
    >>> lattice = dict(crs="EPSG:32650", transform=rasterio.Affine(100, 0, x, 0, -100, y + 100))
    >>> with rasterio.open(path, "w", width=2, height=1, count=1, dtype="float32", **lattice) as file:
    ...     file.write(np.array([[1.0, 2.0]], dtype="float32"), 1)
    >>> ratios(made, path).to_dict()
    {'A': 1.75}
    """
    demand = make_demand(area, cell=cell)
    looked = rasters.look(path, None, area=area.streets.geometry)
    band = Band(path, next(iter(looked.sums)), "ratio")
    ratio = _pixels.under_cells(band, _overlay.ground_of(demand, None), area.crs)
    persons = demand[people.headline_of(demand, area.headline)].to_numpy()
    street, count = demand["street"].cat.codes.to_numpy(), len(area.streets)
    is_told = ~np.isnan(ratio)
    told = np.bincount(street, persons * is_told, minlength=count)
    every = np.bincount(street, persons, minlength=count)
    sums = np.bincount(street, persons * np.nan_to_num(ratio), minlength=count)
    codes = demand["street"].cat.categories
    unknown = codes[(told < every / 2) | ((told == 0) & (every > 0))]
    if len(unknown):
        where = _checks.some(area.streets["name"].reindex(unknown))
        raise ValidationError(
            [
                Sentence(
                    f"{path.name}: it tells nothing where most people of {where} live; use one that covers them, or "
                    "a table of ratios by street.",
                    zh=f"{path.name}：在 {where.zh} 大部分人口居住处没有数值；请使用覆盖这些地方的栅格，或按街道填写倍数表。",
                )
            ]
        )
    ratio_of = np.divide(sums, told, out=np.ones(count), where=told > 0)
    made = pd.Series(ratio_of, index=pd.Index(codes, name="code"), name="ratio")
    return made.reindex(area.streets.index)
