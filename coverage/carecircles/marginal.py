"""What one centre less or one more would change: which is missed most, where a new one helps most."""

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import evaluation, grid, reach
from carecircles.people import columns_of, headline_of
from carecircles.plan import Plan, is_straight, require_one_standard, tables_of
from carecircles.reach import CostTable

_PAIRS_AT_ONCE = 5_000_000


def close_each(plan: Plan, *, group: str | None = None) -> pd.DataFrame:
    """
    What would be lost if each centre were closed, one at a time.

    Only cells with one centre within reach lose it, and only those with two lose their backup, so
    that one pass over the cost table answers for all centres.

    Parameters
    ----------
    plan
        The plan; its cost table answers.
    group
        Column of the people whom centres are ranked by; that of `people.headline` (60+) if None.

    Returns
    -------
    losses
        Indexed by centre, the one most missed first (by the group, then by its backup): lost_... and
        backup_lost_... (persons by group), lost_km2.

    Examples
    --------
    >>> from carecircles import datasets, grid, marginal, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> marginal.close_each(asis)["lost_people_60"].round().to_dict()
    {'A1': 5400.0, 'A2': 4375.0, 'A3': 3900.0}
    """
    demand, centres = plan.cells, reach.pairs_in(plan.cost.table).levels[1]
    costs, least = tables_of(plan)
    depths = [evaluation.depth(demand, cost).to_numpy() for cost in costs]

    def lost(weights: np.ndarray, reached: int) -> np.ndarray:
        """Of cells with so many centres for just enough services, what closing takes one of these from."""
        spare = np.sum([depth >= reached for depth in depths], axis=0) - least
        taken = pd.concat(
            [_only(demand, cost, d, reached) for cost, d in zip(costs, depths, strict=True)]
        )
        every = (
            taken.groupby(["cell", "centre"], sort=False).size().rename("services").reset_index()
        )
        cell = every["cell"].to_numpy()
        here = (spare[cell] >= 0) & (every["services"].to_numpy() > spare[cell])
        place = centres.get_indexer(pd.Index(every["centre"]))[here]
        return np.bincount(place, weights[cell[here]], minlength=len(centres))

    groups = columns_of(demand)
    table = {f"lost_{g}": lost(demand[g].to_numpy(), 1) for g in groups}
    table["lost_km2"] = lost(demand["area_m2"].to_numpy(), 1) / 1e6
    table |= {f"backup_lost_{g}": lost(demand[g].to_numpy(), 2) for g in groups}
    losses = pd.DataFrame(table, index=pd.Index(centres, name="id"))
    first = headline_of(demand, group)
    order = [f"lost_{first}", f"backup_lost_{first}"]
    return losses.sort_values(order, ascending=False, kind="stable")


def _only(demand: pd.DataFrame, cost: CostTable, depth: np.ndarray, reached: int) -> pd.DataFrame:
    """Pairs of a cell (by its place) with so many centres of a service and each of these."""
    pairs = reach.pairs_in(cost.table)
    cell = demand.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
    here = depth[cell] == reached
    centre = pairs.levels[1].take(pairs.codes[1][here])
    return pd.DataFrame({"cell": cell[here], "centre": centre})


def open_everywhere(plan: Plan) -> pd.DataFrame:
    """
    What a new centre would gain at each cell's centre, one at a time.

    In a straight line a circle around a cell is for each row of the grid one span of columns; what
    lies uncovered in a span is the difference of two running sums along the row. By any other reach
    every cell is measured as a centre.

    Parameters
    ----------
    plan
        The plan; its reach measures.

    Returns
    -------
    gains
        On the index of the plan's cells: gained_... (persons by group who are uncovered and would be
        covered), gained_km2.

    Examples
    --------
    >>> from carecircles import datasets, grid, marginal, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> gains = marginal.open_everywhere(asis)
    >>> gains["gained_people_60"].idxmax(), round(gains["gained_people_60"].max())
    (np.int64(102), 2679)
    """
    require_one_standard(plan)
    cells = plan.cells
    groups = columns_of(cells)
    weights = {f"gained_{g}": cells[g].to_numpy(dtype=float) for g in groups}
    weights["gained_km2"] = cells["area_m2"].to_numpy() / 1e6
    gains = (_in_circles if is_straight(plan) else _by_reach)(plan, weights)
    return pd.DataFrame(gains, index=cells.index)


def _by_reach(plan: Plan, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The sums of what is uncovered within reach of each cell, measured as if a centre stood there."""
    cells = plan.cells
    is_gap = ~cells["covered"].to_numpy()
    gap, crs = cells[is_gap], plan.area.crs
    places = gpd.GeoDataFrame(
        index=cells.index, geometry=gpd.points_from_xy(cells["x"], cells["y"]), crs=crs
    )
    sums = {name: np.zeros(len(cells)) for name in weights}
    step = max(1, _PAIRS_AT_ONCE // max(1, len(gap)))
    for first in range(0, len(places), step):
        some = places.iloc[first : first + step]
        pairs = reach.pairs_in(plan.reach(gap, some, cutoff=plan.cost.cutoff).table)
        cell = gap.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
        place = cells.index.get_indexer(pairs.levels[1])[pairs.codes[1]]
        for name, weight in weights.items():
            sums[name] += np.bincount(place, weight[is_gap][cell], minlength=len(cells))
    return sums


def _in_circles(plan: Plan, weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The sums of what is uncovered in the circle around each cell."""
    cells = plan.cells
    if cells.empty:
        return {name: np.zeros(0) for name in weights}
    lattice = grid.lattice_of(cells)
    is_gap = ~cells["covered"].to_numpy()
    row, col = cells["row"].to_numpy(), cells["col"].to_numpy()
    spans, sums = grid.circle_around_cell(plan.cost.cutoff, within=lattice), {}
    for name, weight in weights.items():
        uncovered = grid.raster(cells, np.where(is_gap, weight, 0.0), fill=0.0)
        sums[name] = _sums_in_circles(uncovered, spans)[row, col]
    return sums


def _sums_in_circles(values: np.ndarray, spans: list[tuple[int, int]]) -> np.ndarray:
    """The sum of the values around each place of a raster, in the rows and columns of `spans`."""
    rows, cols = values.shape
    widest = max((half for _, half in spans), default=0)
    running = np.zeros((rows, widest + 1 + cols + widest))
    np.cumsum(values, axis=1, out=running[:, widest + 1 : widest + 1 + cols])
    running[:, widest + 1 + cols :] = running[:, [widest + cols]]
    sums = np.zeros_like(values)
    for up, half in spans:
        first, beyond = widest - half, widest + half + 1
        span = running[:, beyond : beyond + cols] - running[:, first : first + cols]
        sums[: rows - up] += span[up:]
        if up:
            sums[up:] += span[: rows - up]
    return np.round(sums, 6)  # what running sums leave behind is not a person
