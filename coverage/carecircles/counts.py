"""What the cells of a plan add up to, whether they are there or were counted block by block."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from carecircles import _field, _rims, _tally, comparison, evaluation, grid, reach, weights
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
    return _tally.of_district(plan.counts.tally)


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


def placed_by(plan: Plan, group: str) -> dict[str, float]:
    """
    `weights.placed_by` of the cells of a plan.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> shares = placed_by(plan.evaluate(area, weights.make_demand(area, cell=200)), "people_60")
    >>> round(shares["even"], 9)
    1.0
    """
    if plan.counts is None:
        return weights.placed_by(plan.cells, group)
    basis = plan.counts.basis
    each = pd.DataFrame({group: by_street(plan)[group].loc[basis.index], "placed": basis})
    return weights.placed_by(each, group)


def is_even(plan: Plan) -> bool:
    """
    `weights.is_even` of the cells of a plan.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> is_even(plan.evaluate(area, weights.make_demand(area, cell=200)))
    True
    """
    if plan.counts is None:
        return weights.is_even(plan.cells)
    return bool((plan.counts.basis == weights.EVEN).all()) and not plan.counts.has_empty_land


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


def step_of(plan: Plan) -> int:
    """
    How many cells each way a cell of a plan stands for when it is drawn: 1 but for `blocks.overview`.

    Examples
    --------
    >>> from carecircles import blocks, datasets
    >>> step_of(blocks.overview(datasets.load("template"), cell=100, most=500).plan)
    2
    """
    if plan.counts is None or plan.cells.empty:
        return 1
    return round(grid.lattice_of(plan.cells).cell / plan.counts.lattice.cell)


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


def near_border(plan: Plan) -> float:
    """
    How many people of a plan's headline group are not covered so near the border that a centre beyond it could.

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
    inner = inside(plan)
    cells, lattice = plan.cells, grid.grid_of(plan.cells)
    if lattice is None:
        shapely.prepare(inner)
        is_inside = shapely.intersects_xy(inner, cells["x"].to_numpy(), cells["y"].to_numpy())
    else:
        within = grid.holds(inner, *grid.metres_of(cells, lattice))
        is_inside = within[cells["row"].to_numpy(), cells["col"].to_numpy()]
    return _people(plan, ~is_inside & ~cells["covered"].to_numpy(dtype=bool))


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
    pieces = grid.in_blocks(plan.cells.assign(meant=is_meant))
    return float(
        sum(
            _field.people(
                _field.of_piece(piece),
                group,
                _field.laid(piece, piece.cells["meant"].to_numpy(), False),
            )
            for piece in pieces
        )
    )
