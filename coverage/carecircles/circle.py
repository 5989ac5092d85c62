"""The comprehensive circle: how many kinds of facilities people have within reach, and which they lack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from carecircles import evaluation, people
from carecircles.amenities import CARE, Kind, kinds_of
from carecircles.plan import Plan
from carecircles.reach import CostTable

ALL = "all"  # of the kinds, as a row of tables


@dataclass(frozen=True, eq=False)
class Circle:
    """
    What the people of a plan have within reach, kind by kind.

    Attributes
    ----------
    plan
        The plan; its centres are the kind `amenities.CARE`.
    kinds
        The kinds that are asked for and known, in order.
    within
        Whether each of the plan's cells has a facility of each kind within the standard: a column a kind.
    unknown
        The kinds that are usual and of which the study area has no layer; nothing is said of them.
    """

    plan: Plan
    kinds: tuple[Kind, ...]
    within: pd.DataFrame = field(repr=False)
    unknown: tuple[Kind, ...] = ()


def circle_of(plan: Plan, kinds: Sequence[str] | None = None) -> Circle:
    """
    The comprehensive circle of a plan: every kind by the plan's reach and standard.

    Parameters
    ----------
    plan
        The plan; its study area's `amenities` are the other kinds.
    kinds
        The kinds that are asked for; all that the study area has if None.

    Raises
    ------
    ValidationError
        If the study area has no such kind; the nearest is named.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> circle_of(asis, ["health", "养老"]).within.mean().round(2).to_dict()
    {'elderly_care': 0.49, 'health': 0.49}
    """
    area = plan.area
    known = [kind for kind in area.kinds if kind.key == CARE or kind.key in area.amenities]
    asked = known if kinds is None else kinds_of(kinds, known, where="--kinds")
    costs = {
        kind.key: plan.reach(plan.cells, area.amenities[kind.key], cutoff=plan.cost.cutoff)
        for kind in asked
        if kind.key != CARE
    }
    within = is_within(plan.cells, costs)
    if any(kind.key == CARE for kind in asked):
        within.insert(0, CARE, plan.cells["covered"].to_numpy(dtype=bool))
    within = within[[kind.key for kind in asked]]
    absent = [kind for kind in area.kinds if kind not in known] if kinds is None else []
    return Circle(plan, tuple(asked), within, tuple(absent))


def is_within(
    demand: pd.DataFrame, costs: Mapping[str, CostTable], *, cutoff: float | None = None
) -> pd.DataFrame:
    """
    Whether each demand location has a facility of each kind within the cutoff.

    Parameters
    ----------
    demand
        Demand locations, uniquely indexed.
    costs
        A cost table for each kind, from any reach.
    cutoff
        Largest acceptable cost, as in `evaluation.is_covered`; each table's own if None.

    Returns
    -------
    within
        Boolean, on the index of `demand`, with a column a kind.

    Examples
    --------
    >>> demand = pd.DataFrame(index=["p", "q"])
    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "a")], names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([100.0, 300.0], index=pairs), cutoff=500)
    >>> is_within(demand, {"health": cost}, cutoff=200)["health"].to_dict()
    {'p': True, 'q': False}
    """
    columns = {
        kind: evaluation.is_covered(demand, cost, cutoff=cutoff) for kind, cost in costs.items()
    }
    return pd.DataFrame(columns, index=demand.index, dtype=bool)


def number_within(within: pd.DataFrame) -> pd.Series:
    """
    How many kinds each location has within reach.

    Parameters
    ----------
    within
        From `is_within`.

    Examples
    --------
    >>> number_within(pd.DataFrame({"health": [True, False], "sport": [True, True]})).tolist()
    [2, 1]
    """
    return within.sum(axis=1).astype(np.int64).rename("kinds")


def missing(within: pd.DataFrame) -> pd.Series:
    """
    Which kinds each location has not within reach, in the order of the columns.

    Parameters
    ----------
    within
        From `is_within`.

    Returns
    -------
    missing
        Tuples of kinds, on the index of `within`; empty where all are near.

    Examples
    --------
    >>> missing(pd.DataFrame({"health": [True, False], "sport": [False, False]})).tolist()
    [('sport',), ('health', 'sport')]
    """
    weight = 1 << np.arange(within.shape[1], dtype=np.int64)
    lacks = (~within.to_numpy(dtype=bool)) @ weight
    named = {
        mask: tuple(kind for n, kind in enumerate(within.columns) if mask >> n & 1)
        for mask in np.unique(lacks).tolist()
    }
    return pd.Series(
        [named[mask] for mask in lacks.tolist()], index=within.index, name="missing", dtype=object
    )


def by_street(cells: pd.DataFrame, within: pd.DataFrame) -> pd.DataFrame:
    """
    Whom each street has within reach of all kinds, and of each.

    Parameters
    ----------
    cells
        Cells with street and people by group.
    within
        From `is_within`, of the same cells.

    Returns
    -------
    near
        Indexed by (street, kind), kind `ALL` first: people of each group, near_... (persons) and
        near_..._share. A share of nobody is NaN; of no kinds at all, everybody has all.

    Examples
    --------
    >>> cells = pd.DataFrame({"people_60": [5.0, 3.0], "street": pd.Categorical(["S", "S"])})
    >>> within = pd.DataFrame({"health": [True, False], "sport": [True, True]})
    >>> by_street(cells, within)["near_people_60"].to_dict()
    {('S', 'all'): 5.0, ('S', 'health'): 5.0, ('S', 'sport'): 8.0}
    """
    streets = cells["street"].cat
    told = _near(cells, within, streets.codes.to_numpy(), len(streets.categories))
    table = {
        (code, kind): row
        for n, code in enumerate(streets.categories)
        for kind, row in ((kind, rows.iloc[n]) for kind, rows in told.items())
    }
    return _framed(table, ["street", "kind"])


def of_district(cells: pd.DataFrame, within: pd.DataFrame) -> pd.DataFrame:
    """
    The same of all cells together, by kind; parameters are those of `by_street`.

    Examples
    --------
    >>> cells = pd.DataFrame({"people_60": [5.0, 3.0]})
    >>> within = pd.DataFrame({"health": [True, False], "sport": [True, True]})
    >>> of_district(cells, within)["near_people_60_share"].to_dict()
    {'all': 0.625, 'health': 0.625, 'sport': 1.0}
    """
    told = _near(cells, within, np.zeros(len(cells), dtype=np.intp), 1)
    return _framed({(kind,): rows.iloc[0] for kind, rows in told.items()}, ["kind"])


def by_number(cells: pd.DataFrame, within: pd.DataFrame) -> pd.DataFrame:
    """
    How many people have so many kinds within reach, from none to all; parameters are those of `by_street`.

    Examples
    --------
    >>> cells = pd.DataFrame({"people_60": [5.0, 3.0]})
    >>> within = pd.DataFrame({"health": [True, False], "sport": [True, True]})
    >>> by_number(cells, within)["people_60"].to_dict()
    {0: 0.0, 1: 3.0, 2: 5.0}
    """
    most, number = within.shape[1], number_within(within).to_numpy()
    table = {
        g: np.bincount(number, cells[g].to_numpy(), minlength=most + 1)
        for g in people.columns_of(cells)
    }
    return pd.DataFrame(table, index=pd.RangeIndex(most + 1, name="kinds"))


def _near(
    cells: pd.DataFrame, within: pd.DataFrame, part: np.ndarray, parts: int
) -> dict[str, pd.DataFrame]:
    """By kind, the people of each part of the cells, and those who have it within reach."""
    has = {ALL: within.to_numpy(dtype=bool).all(axis=1)}
    has |= {str(kind): within[kind].to_numpy(dtype=bool) for kind in within}
    groups = people.columns_of(cells)
    tables = {}
    for kind, near in has.items():
        table: dict[str, np.ndarray] = {}
        for g in groups:
            weight = cells[g].to_numpy()
            table[g] = np.bincount(part, weight, minlength=parts)
            table[f"near_{g}"] = np.bincount(part[near], weight[near], minlength=parts)
        with np.errstate(invalid="ignore", divide="ignore"):
            table |= {f"near_{g}_share": table[f"near_{g}"] / table[g] for g in groups}
        tables[kind] = pd.DataFrame(table)
    return tables


def _framed(rows: Mapping[Any, pd.Series], names: list[str]) -> pd.DataFrame:
    """Rows by labels as a frame."""
    index = pd.MultiIndex.from_tuples(list(rows), names=names)
    frame = pd.DataFrame([row.to_numpy() for row in rows.values()], index=index)
    frame.columns = next(iter(rows.values())).index
    return frame if len(names) > 1 else frame.set_axis(index.get_level_values(0), axis=0)
