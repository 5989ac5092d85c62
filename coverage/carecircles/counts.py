"""What the cells of a plan add up to, whether they are there or were counted block by block."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from carecircles import _rims, _tally, comparison, evaluation, grid, reach
from carecircles.area import is_neighbour
from carecircles.plan import Plan, tables_of


def by_street(plan: Plan) -> pd.DataFrame:
    """
    `evaluation.by_street` of a plan.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> by_street(asis)["people_60"].round().to_dict()
    {'S1': 8400.0, 'S2': 7000.0, 'S3': 5600.0, 'S4': 3000.0}
    """
    if plan.counts is None:
        return evaluation.by_street(plan.cells)
    return _tally.figures(plan.counts.tally).rename_axis("street")


def by_units(plan: Plan, units: Sequence[pd.Series]) -> list[pd.DataFrame]:
    """
    The measures of `by_street` of larger units, of each way in which streets make them up.

    Parameters
    ----------
    plan
        The plan.
    units
        Of each way the code of the unit that a street is part of, by code of the street.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> halves = pd.Series({"S1": "west", "S2": "west", "S3": "east", "S4": "east"})
    >>> by_units(asis, [halves])[0]["people_60"].round().to_dict()
    {'west': 15400.0, 'east': 8600.0}
    """
    tally = _tally.of_cells(plan.cells) if plan.counts is None else plan.counts.tally
    tables = []
    for unit in units:
        labels = pd.Index(unit.unique(), name="code")
        group = labels.get_indexer(unit[tally.labels])
        tables.append(_tally.figures(_tally.collapsed(tally, group, labels)))
    return tables


def of_district(plan: Plan) -> pd.Series:
    """
    `evaluation.of_district` of a plan.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> round(of_district(asis)["people_60"])
    24000
    """
    if plan.counts is None:
        return evaluation.of_district(plan.cells)
    return _tally.figures(_tally.in_one(plan.counts.tally, "district")).iloc[0]


def area_share_error(plan: Plan) -> float:
    """
    `evaluation.area_share_error` of a plan.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> round(area_share_error(asis), 3)
    0.029
    """
    if plan.counts is None:
        return evaluation.area_share_error(plan.cells)
    return _rims.area_error(plan.counts.rim)


def people_share_error(plan: Plan, group: str) -> float:
    """
    `evaluation.people_share_error` of a plan; of one counted by blocks for its headline group alone.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> round(people_share_error(asis, "people_60"), 3)
    0.029
    """
    if plan.counts is None:
        return evaluation.people_share_error(plan.cells, group)
    return _rims.people_error(plan.counts.rim)


def lattice_of(plan: Plan) -> grid.Grid | None:
    """
    The lattice that a plan's cells lie on, None where they lie on none.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> lattice_of(asis).cell
    200.0
    """
    return grid.grid_of(plan.cells) if plan.counts is None else plan.counts.lattice


def covered_beyond(plan: Plan) -> float:
    """
    How many people of a plan's headline group only centres beyond the border cover.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> covered_beyond(asis)
    0.0
    """
    if plan.counts is not None:
        return plan.counts.beyond
    cells, is_beyond = plan.cells, is_neighbour(plan.area.facilities)
    if not is_beyond.any():
        return 0.0
    costs, least = tables_of(plan)
    services = pd.Series(0, index=cells.index)
    for cost in costs:
        pairs = reach.pairs_in(cost.table)
        is_own = pairs.levels[1].isin(plan.area.facilities.index[~is_beyond])[pairs.codes[1]]
        own = dataclasses.replace(cost, table=cost.table[is_own])
        services += evaluation.is_covered(cells, own).astype(int)
    return _people(plan, (cells["covered"] & (services < least)).to_numpy())


def near_border(plan: Plan, inner: shapely.Geometry | None = None) -> float:
    """
    How many people of a plan's headline group are not covered so near the border that a centre beyond it could.

    Parameters
    ----------
    plan
        The plan.
    inner
        What is not near it, worked out of the area's border if not given.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> round(near_border(asis))
    7143
    """
    if plan.counts is not None:
        return plan.counts.near
    inner = inside(plan) if inner is None else inner
    shapely.prepare(inner)
    is_near = ~plan.cells["covered"].to_numpy(dtype=bool)
    left = plan.cells[is_near]
    is_near[is_near] = ~shapely.contains_xy(inner, left["x"].to_numpy(), left["y"].to_numpy())
    return _people(plan, is_near)


def inside(plan: Plan) -> shapely.Geometry:
    """
    What of a plan's area is so far inside that no centre beyond the border reaches it.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> bool(inside(asis).area < area.boundary.area.sum())
    True
    """
    whole = shapely.union_all(plan.area.boundary.geometry.to_numpy())
    return whole.buffer(-plan.area.standard.metres)


def _people(plan: Plan, is_meant: np.ndarray) -> float:
    """The people of the headline group in some cells, added up block by block."""
    group = comparison.headline(plan).column
    cells = plan.cells.assign(meant=is_meant)
    some = (piece.cells for piece in grid.in_blocks(cells))
    return float(sum(one[group].to_numpy()[one["meant"].to_numpy()].sum() for one in some))
