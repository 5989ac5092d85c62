"""How sure it is how unequally far people are: the measures of `equity` in each draw."""

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import comparison, equity, reach
from carecircles.plan import Plan
from carecircles.robustness.figures import HIGH, LOW
from carecircles.robustness.measured import split
from carecircles.robustness.values import Draws

MEASURES = ("mean_m", "worst_tenth_m", "ede_m", "gini", "fgt0")


def each_distance(plan: Plan, draws: Draws) -> Iterator[np.ndarray]:
    """
    How far each cell is from its nearest centre, draw by draw, in the unit of the plan's costs.

    Parameters
    ----------
    plan
        The plan.
    draws
        From `draw`; it is walked at the plan's own pace.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> far = next(each_distance(asis, robustness.draw(asis, draws=1, rng=1)))
    >>> len(far) == len(asis.cells)
    True
    """
    moving, fixed = split(plan, draws)
    stay = _nearest(plan, fixed)
    for x, y in zip(draws.x, draws.y, strict=True):
        there = moving.set_geometry(gpd.points_from_xy(x, y, crs=moving.crs))
        yield np.fmin(stay, _nearest(plan, there))


def _nearest(plan: Plan, centres: gpd.GeoDataFrame) -> np.ndarray:
    """How far each cell is from the nearest of some centres; NaN where no way leads to one."""
    far = np.full(len(plan.cells), np.nan)
    if len(centres):
        table = reach.nearest(plan.cells, centres, reach=plan.reach).table
        pairs = reach.pairs_in(table)
        far[plan.cells.index.get_indexer(pairs.levels[0])[pairs.codes[0]]] = table.to_numpy()
    return far


def unequal(plan: Plan, draws: Draws, *, epsilon: float = equity.EPSILON) -> pd.DataFrame:
    """
    Between what the measures of `equity` lie, for each street and for the district.

    Parameters
    ----------
    plan
        The plan, of whose group that comes first it is told.
    draws
        From `draw`.
    epsilon
        As in `equity.of_district`; kappa is that of the distances of each draw.

    Returns
    -------
    figures
        Indexed by street, and 'district' last: of each of `MEASURES` expected_... (the mean of the draws), low_...
        and high_..., between which it lies in 90 % of the draws.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = unequal(asis, robustness.draw(asis, draws=5, rng=1))
    >>> bool((told["low_ede_m"] <= told["high_ede_m"]).all()), told.index[-1]
    (True, 'district')
    """
    group, cutoff = comparison.headline(plan).column, plan.cost.cutoff
    street = plan.cells["street"].cat.codes.to_numpy()
    living = plan.cells[group].to_numpy(dtype=float)
    drawn = []
    for n, far in enumerate(each_distance(plan, draws)):
        people = living if draws.people is None else living * draws.people[n][street]
        cells = plan.cells[["street"]].assign(**{group: people, "distance_m": far})
        streets = equity.by_street(cells, group, cutoff=cutoff, epsilon=epsilon)
        whole = equity.of_district(cells, group, cutoff=cutoff, epsilon=epsilon)
        drawn.append(np.vstack([streets[[*MEASURES]], whole[[*MEASURES]]]))
    every = np.stack(drawn)
    with np.errstate(invalid="ignore"):
        parts = {
            "expected": every.mean(axis=0),
            "low": np.quantile(every, LOW, axis=0),
            "high": np.quantile(every, HIGH, axis=0),
        }
    columns = {
        f"{part}_{name}": values[:, n]
        for n, name in enumerate(MEASURES)
        for part, values in parts.items()
    }
    labels = [*plan.cells["street"].cat.categories, "district"]
    return pd.DataFrame(columns, index=pd.Index(labels, name="street"))
