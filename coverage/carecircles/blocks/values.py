"""What goes to a block, what is asked of it, and what is known of it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import _rims, _tally, _zones, grid
from carecircles.area import StudyArea
from carecircles.plan import Plan
from carecircles.weights._by_blocks import Living

_Given = TypeVar("_Given")
_Known = TypeVar("_Known")


class Task(NamedTuple):
    """A block with the streets and centres that matter to it, and what is asked of its cells."""

    within: grid.Grid
    place: tuple[int, int]
    area: StudyArea
    living: Living
    group: str
    inner: shapely.Geometry
    cutoff: float
    asked: "Asked"


class Asked(NamedTuple):
    """
    What is asked of blocks beside sums: zones, cut at streets or not, rasters, one of so many cells each way, and how
    far the nearest centre is.
    """

    has_zones: bool = False
    split: str | None = None
    has_rasters: bool = False
    step: int | None = None
    has_distances: bool = True


class Found(NamedTuple):
    """What is known of a block."""

    place: tuple[int, int]
    tally: _tally.Tally
    rim: _rims.Rim
    beyond: float
    near: float
    patches: _zones.Patches | None
    rasters: dict[str, np.ndarray]
    overview: pd.DataFrame | None


class Surveyed(NamedTuple):
    """A plan without cells, its uncovered zones, and what of each lies in which street."""

    plan: Plan
    zones: gpd.GeoDataFrame
    parts: pd.DataFrame


class Run(Protocol):
    """How a function is mapped over blocks: `map` in this process, or another that keeps their order."""

    def __call__(
        self, function: "Callable[[_Given], _Known]", tasks: Iterable[_Given], /
    ) -> "Iterable[_Known]": ...
