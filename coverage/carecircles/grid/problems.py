"""Why no grid can be made as asked."""

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.words import Sentence

_MOST_CELLS = 50_000_000
_SMALLEST_M, _LARGEST_M = 0.1, 100_000.0


def cell_problems(cell: float) -> list[Sentence]:
    """
    Whether cells can have such a side, in metres.

    Examples
    --------
    >>> cell_problems(50.0), len(cell_problems(0.0))
    ([], 1)
    """
    if _SMALLEST_M <= cell <= _LARGEST_M:
        return []
    mend = Sentence(
        f"; write a size between {_SMALLEST_M:g} and {_LARGEST_M:g}, such as 50.",
        zh=f"；应在 {_SMALLEST_M:g} 与 {_LARGEST_M:g} 之间，例如 50。",
    )
    return [cell_is(cell, mend)]


def cell_is(cell: float, why: Sentence) -> Sentence:
    return Sentence(f"cell is {cell:g} m{why}", zh=f"网格边长为 {cell:g} 米{why.zh}")


def count_problems(streets: gpd.GeoDataFrame, cell: float) -> list[Sentence]:
    """
    Whether there are not too many cells of such a side.

    Examples
    --------
    >>> import shapely
    >>> street = shapely.box(0, 0, 200, 100)
    >>> streets = gpd.GeoDataFrame({"name": ["A"]}, geometry=[street], index=["A"], crs=4548)
    >>> count_problems(streets, 50.0), len(count_problems(streets, 0.01))
    ([], 1)
    """
    left, bottom, right, top = streets.total_bounds / cell
    places = (int(np.ceil(right)) - int(np.floor(left))) * (
        int(np.ceil(top)) - int(np.floor(bottom))
    )
    if places <= _MOST_CELLS:
        return []
    why = Sentence(
        f", which makes {places:,} cells; the most is {_MOST_CELLS:,}: use a larger cell.",
        zh=f"，共 {places:,} 个网格；最多为 {_MOST_CELLS:,} 个：请增大网格。",
    )
    return [cell_is(cell, why)]


def degrees_problems(streets: gpd.GeoDataFrame) -> list[Sentence]:
    """Whether the streets are in metres."""
    if streets.crs is None or streets.crs.is_projected:
        return []
    crs, mend = streets.crs.to_string(), "`streets.to_crs(streets.estimate_utm_crs())`"
    told = f"`streets` are in {crs} (degrees); reproject them, for example with {mend}."
    return [Sentence(told, zh=f"`streets` 的坐标系为 {crs}（度）；请先投影，例如 {mend}。")]


def refuse_lost_people(
    people: pd.DataFrame, cells_of_street: np.ndarray, streets: gpd.GeoDataFrame, cell: float
) -> None:
    is_lost = (cells_of_street == 0) & (people > 0).any(axis=1).to_numpy()
    if is_lost.any():
        names = ", ".join(repr(name) for name in streets["name"][is_lost])
        why = Sentence(
            f", too large for {names}: no cell has its centre there; use a smaller cell.",
            zh=f"，对 {names} 过大：没有一个网格的中心落在其中；请减小网格。",
        )
        raise ValidationError([cell_is(cell, why)])
