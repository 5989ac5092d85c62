"""What is asked of a file of streets, whatever its format, and what is told where it does not have it."""

import math
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.network import ways as rules
from carecircles.words import Sentence, Text

_BEYOND_M = 2000.0  # around an area, from where ways are still taken


class Asked(NamedTuple):
    """What a file is read as: the CRS to walk in, the datum of its lines, where, and whose ways."""

    crs: pyproj.CRS | str | None
    datum: str | None
    bounds: shapely.Polygon | None
    private: bool


Read = tuple[gpd.GeoDataFrame, gpd.GeoSeries, list[Text]]  # ways, barriers and notes


def bounds_of(within: gpd.GeoSeries | gpd.GeoDataFrame) -> shapely.Polygon:
    """The rectangle around an area and what lies near it, in degrees."""
    left, bottom, right, top = within.to_crs(4326).total_bounds
    high = _BEYOND_M / 111_000
    wide = high / max(math.cos(math.radians((bottom + top) / 2)), 0.01)
    around: shapely.Polygon = shapely.box(left - wide, bottom - high, right + wide, top + high)
    return around


def within(bounds: shapely.Polygon, crs: pyproj.CRS) -> shapely.Polygon:
    """The rectangle in another CRS."""
    moved: shapely.Polygon = gpd.GeoSeries([bounds], crs=4326).segmentize(0.05).to_crs(crs).iloc[0]
    return moved


def metric_of(crs: pyproj.CRS | str | None, lon: np.ndarray, lat: np.ndarray) -> pyproj.CRS:
    """The CRS to walk in: the one named, or the UTM zone of some places."""
    if crs is not None:
        return pyproj.CRS(crs)
    first = gpd.GeoSeries(gpd.points_from_xy(lon[:1], lat[:1]), crs=4326)
    utm: pyproj.CRS = first.estimate_utm_crs()
    return utm


def no_barriers(crs: pyproj.CRS | str | None) -> gpd.GeoSeries:
    """What files that hold ways alone have of barriers."""
    return gpd.GeoSeries([], crs=crs)


def walked_of(said: pd.DataFrame, asked: Asked) -> tuple[np.ndarray, np.ndarray]:
    """Which ways are walked, and which by those alone whose they are."""
    by_all, by_owners = (
        rules.is_walkable(said, private=private).to_numpy(dtype=bool) for private in (False, True)
    )
    return by_owners if asked.private else by_all, by_owners & ~by_all


def private_notes(file: str, metres: float, asked: Asked) -> list[Text]:
    """How much of the ways is private, and what was done with it."""
    if metres < 1:
        return []
    if asked.private:
        return [
            {
                "en": f"{file}: {metres:,.0f} m of private ways are walked at the start and the end of walks, from "
                "and to what lies on them, and as short cuts by nobody",
                "zh": f"{file}：私有道路共 {metres:,.0f} 米，仅用于步行的起点段和终点段（出入其所在处），不作抄近路",
            }
        ]
    return [
        {
            "en": f"{file}: {metres:,.0f} m of private ways are not walked; where they are those of housing "
            "estates, prepare the network with `carecircles network --private`",
            "zh": f"{file}：私有道路共 {metres:,.0f} 米，未计入；如属小区内部道路，请用 "
            "`carecircles network --private` 生成路网",
        }
    ]


def existing(path: Path) -> Path:
    """The path of a file, if it is there."""
    if not path.is_file():
        told = f"{path}: there is no such file; {_mends.CHECK_THE_PATH}."
        raise ValidationError(
            [Sentence(told, zh=f"{path}：没有此文件；{_mends.CHECK_THE_PATH.zh}。")]
        )
    return path


def unreadable(file: str, form: str, why: object) -> ValidationError:
    """That a file is not what its name says, and why."""
    reason = " ".join(str(why).split())[:160]
    told = f"{file}: it cannot be read as {form} ({reason}); the file may be cut off; {_mends.SAVE_AGAIN}."
    zh = f"{file}：无法按 {form} 读取（{reason}）；文件可能被截断；{_mends.SAVE_AGAIN.zh}。"
    return ValidationError([Sentence(told, zh=zh)])
