"""Uncovered cells as contiguous uncovered zones, ranked by the people in them."""

from collections.abc import Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import _patches, _zones, grid
from carecircles.errors import ValidationError
from carecircles.people import headline_of
from carecircles.words import Sentence

OTHER = _zones.OTHER
SMALLEST_M2 = 10_000.0  # below which a zone is not told alone


def uncovered_zones(
    cells: pd.DataFrame,
    *,
    cutoff: float,
    smallest_m2: float = SMALLEST_M2,
    split: Literal["street"] | None = None,
    group: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Contiguous uncovered zones with the people in them and how far they are from a centre.

    Cells belong to one zone when they share a side. Zones smaller than `smallest_m2` are put
    together as one last row, so that people and area add up to all that is uncovered.

    Parameters
    ----------
    cells
        From `evaluation.evaluate`, with `attrs["crs"]`.
    cutoff
        The cutoff of the evaluation in metres.
    smallest_m2
        Area in square metres below which a zone goes to 'other'.
    split
        'street' to cut zones at the borders of streets; None for zones as they are.
    group
        Column of the people whom zones are ranked by and distances are of; that of
        `people.headline` (60+) if None.

    Returns
    -------
    zones
        Indexed by `zone` ('1' has the most people of the group, the last may be 'other'):
        area_km2, people by group, streets (codes, most people first),
        nearest (the centre nearest to most of its people), distance_m (mean distance to it of
        the people for whom it is the nearest), farthest_m (of any cell to its nearest centre), too_far_m (distance_m - cutoff), parts
        (number of zones in the row), geometry (union of the cells). Empty if all is covered.

    Raises
    ------
    ValidationError
        If `smallest_m2` is negative or not a number.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> zones = gaps.uncovered_zones(asis.cells, cutoff=500)
    >>> zones[["people_60", "streets", "nearest"]].round(3).to_numpy().tolist()
    [[9625.0, ('S4', 'S1', 'S2', 'S3'), 'A2'], [400.0, ('S3',), 'A3'], [300.0, ('S1',), 'A1']]
    """
    zones, _ = _zones_of(cells, smallest_m2=smallest_m2, split=split, group=group)
    return told(
        zones,
        cutoff=cutoff,
        group=headline_of(cells, group),
        within=grid.grid_of(cells),
        crs=cells.attrs["crs"],
    )


def told(
    zones: _zones.Zones, *, cutoff: float, group: str, within: grid.Grid | None, crs: object
) -> gpd.GeoDataFrame:
    """
    The table of zones that are known, such as those of many blocks; `uncovered_zones` says what is in it.

    Examples
    --------
    >>> from carecircles import blocks, datasets
    >>> found = blocks.uncovered_zones(datasets.load("template"), cell=200)
    >>> found.zones["parts"].tolist()
    [1, 1, 1]
    """
    table = _table(zones.sums, zones.columns, pd.Index(zones.names, name="zone", dtype=object))
    table["streets"] = _zones.labels_by_weight(zones.streets, zones, group)
    near = _zones.labels_by_weight(zones.nearest, zones, group)
    table["nearest"] = first = [next(iter(some), "") for some in near]
    table["distance_m"] = _zones.way_to(first, zones, group)
    table["farthest_m"] = zones.farthest
    table["too_far_m"] = table["distance_m"] - cutoff
    table["parts"] = 1
    if zones.small:
        table.loc[OTHER, "parts"] = zones.small

    def placed(at: np.ndarray) -> np.ndarray:
        """Metres of columns and rows."""
        return np.zeros((0, 2)) if within is None else at * within.cell + [within.x0, within.y0]

    shapes = np.array(zones.outlines, dtype=object)
    return gpd.GeoDataFrame(table, geometry=list(shapely.transform(shapes, placed)), crs=crs)


def by_street(
    cells: pd.DataFrame,
    *,
    smallest_m2: float = SMALLEST_M2,
    split: Literal["street"] | None = None,
    group: str | None = None,
) -> pd.DataFrame:
    """
    What of each uncovered zone lies in which street.

    Parameters
    ----------
    cells, smallest_m2, split, group
        As in `uncovered_zones`.

    Returns
    -------
    parts
        Indexed by `zone` and `street` (its code), zones in their order and in each the street with
        most people of the group first: area_km2, people by group. The rows of a zone add up to the zone.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> gaps.by_street(asis.cells)["people_60"].round().loc["1"].to_dict()
    {'S4': 3000.0, 'S1': 2700.0, 'S2': 2625.0, 'S3': 1300.0}
    """
    zones, _ = _zones_of(cells, smallest_m2=smallest_m2, split=split, group=group)
    return told_by_street(zones, group=headline_of(cells, group))


def told_by_street(zones: _zones.Zones, *, group: str) -> pd.DataFrame:
    """
    What of zones that are known lies in which street; `by_street` says what is in it.

    Examples
    --------
    >>> from carecircles import blocks, datasets
    >>> found = blocks.uncovered_zones(datasets.load("template"), cell=200)
    >>> len(found.parts)
    6
    """
    share = zones.streets
    names = (
        pd.Index(zones.names, dtype=object).astype(str)[share.patch],
        share.labels.astype(str)[share.label],
    )
    index = pd.MultiIndex.from_arrays(names, names=["zone", "street"])
    parts = _table(_zones.sums_of(share), zones.columns, index)
    # Of equal ones those with more land come first, then in the order of the streets.
    most = (share.label, -parts["area_km2"], -parts[group].round(6), share.patch)
    return parts.iloc[np.lexsort(most)]


def zone_of(
    cells: pd.DataFrame,
    *,
    smallest_m2: float = SMALLEST_M2,
    split: Literal["street"] | None = None,
    group: str | None = None,
) -> pd.Series:
    """
    In which uncovered zone each uncovered cell lies.

    Parameters
    ----------
    cells, smallest_m2, split, group
        As in `uncovered_zones`.

    Returns
    -------
    zone
        Names of zones in their order (categorical), on the index of the uncovered cells.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> gaps.zone_of(asis.cells).value_counts().to_dict()
    {'1': 108, '2': 4, '3': 2}
    """
    zones, zone = _zones_of(cells, smallest_m2=smallest_m2, split=split, group=group)
    names = pd.Categorical.from_codes(zone, categories=pd.Index(zones.names, dtype=object))
    return pd.Series(names, index=cells.index[~cells["covered"].to_numpy(dtype=bool)], name="zone")


def number_zones(gaps: pd.DataFrame) -> np.ndarray:
    """
    The zone of each uncovered cell, numbered from the south-west.

    Examples
    --------
    Two cells side by side are one zone, a third apart is another.

    >>> number_zones(pd.DataFrame({"row": [0, 0, 2], "col": [0, 1, 0]})).tolist()
    [1, 1, 2]
    """
    laid = grid.raster(gaps, np.zeros(len(gaps), dtype=np.int8), fill=-1)
    found: np.ndarray = _patches.numbered(laid)[gaps["row"], gaps["col"]]
    return found


def _zones_of(
    cells: pd.DataFrame, *, smallest_m2: float, split: str | None, group: str | None
) -> tuple[_zones.Zones, np.ndarray]:
    """The uncovered zones, the largest first, and that of each uncovered cell."""
    require_size(smallest_m2)
    group = headline_of(cells, group)
    made, numbers, position = [], [], []
    for piece in grid.in_blocks(cells.assign(position=np.arange(len(cells)))):
        patches, number = _zones.of_piece(piece, split=split, group=group)
        made.append(patches)
        numbers.append(number)
        is_covered = piece.cells["covered"].to_numpy(dtype=bool)
        position.append(piece.cells["position"].to_numpy()[~is_covered])
    zones = _zones.together(
        made,
        streets=cells["street"].cat.categories,
        centres=cells["nearest"].cat.categories,
        group=group,
        smallest_m2=smallest_m2,
    )
    before = np.cumsum([0, *(len(one.sums) for one in made)])
    number = np.concatenate([some + n for some, n in zip(numbers, before[:-1], strict=True)])
    return zones, zones.zone[number][np.argsort(np.concatenate(position))]


def require_size(smallest_m2: float) -> None:
    """
    Go on only if zones can be as small.

    Examples
    --------
    >>> require_size(10_000.0)
    """
    if not smallest_m2 >= 0:
        told = f"smallest zone is {smallest_m2:g} m2; write 0 or more."
        zh = f"最小片区为 {smallest_m2:g} 平方米；应不小于 0。"
        raise ValidationError([Sentence(told, zh=zh)])


def _table(sums: np.ndarray, columns: Sequence[str], index: pd.Index) -> pd.DataFrame:
    """Area and people."""
    table = pd.DataFrame(sums, columns=list(columns), index=index)
    table.insert(0, "area_km2", table.pop("area_m2") / 1e6)
    return table
