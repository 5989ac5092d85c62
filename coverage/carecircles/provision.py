"""
What is provided where: services of a bundle out of the cost tables of each, and what is missing.

A bundle asks for k of m services. With a cost table for each service, the k-th least of the services' least
costs is what one goes for the bundle, the k-th least of their second costs what one goes when any one centre
is closed, and so on: that again is a cost table, in which covered, depth and nearest mean what they always do.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from carecircles import evaluation
from carecircles.reach import CostTable, pairs_in
from carecircles.reach._pairs import table_of


def together(
    demand: pd.DataFrame,
    costs: Sequence[CostTable],
    *,
    least: int,
    limits: Sequence[float],
    cutoff: float,
    unit: str = "m",
) -> CostTable:
    """
    The cost table of a bundle: what is to be gone until so many of its services are reached.

    Parameters
    ----------
    demand
        The cells all tables are about.
    costs
        A table for each service, of the centres that offer it, up to its own limit (or beyond, where the
        nearest is wanted however far).
    least
        How many of the services are to be reached.
    limits
        What is near for each service, in the unit of its table.
    cutoff, unit
        What is near for the bundle. Where a service has another limit, its costs are told in proportion:
        at its limit they are `cutoff`.

    Returns
    -------
    cost
        For each cell one pair for each time that so many services can be had: the j-th has the `least`-th
        least of the services' j-th costs, and the centre that it is of. There are as many as the
        `least`-th largest of the services' depths.

    Examples
    --------
    Meals at a and b, medical help at b alone: both are within 300 m where b is.

    >>> demand = pd.DataFrame({"people_60": [5, 3]}, index=["p", "q"])
    >>> def table(pairs):
    ...     index = pd.MultiIndex.from_tuples(list(pairs), names=["demand", "facility"])
    ...     return CostTable(pd.Series(pairs), 300)
    >>> meals = table({("p", "a"): 100.0, ("q", "a"): 50.0, ("p", "b"): 250.0})
    >>> medical = table({("p", "b"): 250.0})
    >>> both = together(demand, [meals, medical], least=2, limits=[300, 300], cutoff=300)
    >>> both.table.to_dict()
    {('p', 'b'): 250.0}
    >>> one = together(demand, [meals, medical], least=1, limits=[300, 300], cutoff=300)
    >>> one.table.to_dict()
    {('p', 'a'): 100.0, ('q', 'a'): 50.0, ('p', 'b'): 250.0}
    """
    facilities = pd.Index(
        list(dict.fromkeys(f for cost in costs for f in pairs_in(cost.table).levels[1]))
    )
    parts = []
    for number, (cost, limit) in enumerate(zip(costs, limits, strict=True)):
        pairs = pairs_in(cost.table)
        cell = demand.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
        place = facilities.get_indexer(pairs.levels[1])[pairs.codes[1]]
        told = in_proportion(cost.table.to_numpy(dtype=float), limit=limit, cutoff=cutoff)
        order = np.lexsort((told, cell))
        cell, place, told = cell[order], place[order], told[order]
        turn = np.arange(len(cell)) - np.searchsorted(cell, cell)  # its j-th centre
        parts.append((cell, turn, told, np.full(len(cell), number), place))
    cell, turn, told, service, place = (np.concatenate(some) for some in zip(*parts, strict=True))
    order = np.lexsort((service, told, turn, cell))
    cell, turn, told, place = cell[order], turn[order], told[order], place[order]
    is_first = np.append(True, (np.diff(cell) != 0) | (np.diff(turn) != 0))[: len(cell)]
    rank = np.arange(len(cell)) - np.flatnonzero(is_first)[np.cumsum(is_first) - 1]
    kth = np.flatnonzero(rank == least - 1)
    kth = kth[np.lexsort((cell[kth], turn[kth]))]
    table = table_of(demand, pd.DataFrame(index=facilities), cell[kth], place[kth], told[kth])
    most = max((cost.cutoff for cost in costs), default=cutoff)
    return CostTable(table, np.inf if np.isinf(most) else cutoff, unit)


def in_proportion(costs: np.ndarray, *, limit: float, cutoff: float) -> np.ndarray:
    """
    Costs told so that those at a limit are at a cutoff; within stays within, beyond stays beyond.

    Examples
    --------
    >>> in_proportion(np.array([350.0, 350.1]), limit=350, cutoff=700).tolist()
    [700.0, 700.2]
    """
    if limit == cutoff:
        return costs
    told = costs * (cutoff / limit)
    beyond = np.maximum(told, np.nextafter(cutoff, np.inf))
    return np.where(costs <= limit, np.minimum(told, cutoff), beyond)


def missing(cells: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Which services nobody offers within reach of each cell.

    Parameters
    ----------
    cells
        By service: the same cells, from `evaluation.evaluate`.

    Returns
    -------
    missing
        On the index of the cells, a column a service: True where it is missing.

    Examples
    --------
    >>> meals = pd.DataFrame({"covered": [True, True]}, index=["p", "q"])
    >>> medical = pd.DataFrame({"covered": [True, False]}, index=["p", "q"])
    >>> missing({"meals": meals, "medical": medical}).loc["q"].to_dict()
    {'meals': False, 'medical': True}
    """
    return pd.DataFrame({key: ~some["covered"].astype(bool) for key, some in cells.items()})


def by_street(cells: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """
    Coverage of each service in each street, for each group of people.

    Parameters
    ----------
    cells
        By service (or bundle): the same cells, from `evaluation.evaluate`.

    Returns
    -------
    coverage
        Indexed by service and street, with the measures of `evaluation.by_street`.

    Examples
    --------
    >>> demand = pd.DataFrame({"people_60": [5.0, 3.0], "street": pd.Categorical(["S", "T"])})
    >>> known = {"depth": 1, "distance_m": 0.0}
    >>> meals, medical = (demand.assign(covered=some, **known) for some in ([True, True], [True, False]))
    >>> by_street({"meals": meals, "medical": medical})["covered_people_60_share"].to_dict()
    {('meals', 'S'): 1.0, ('meals', 'T'): 1.0, ('medical', 'S'): 1.0, ('medical', 'T'): 0.0}
    """
    tables = {key: evaluation.by_street(some) for key, some in cells.items()}
    return pd.concat(tables, names=["service"])
