"""Models of how far people have: the plan whose mean, equivalent or largest distance is least."""

import dataclasses

import numpy as np
import pandas as pd

from carecircles import equity
from carecircles.errors import ValidationError
from carecircles.reach import CostTable
from carecircles.siting import _assigned, _fair, _nearest, _radius
from carecircles.siting._instance import limits_of
from carecircles.siting.found import Siting, siting_of
from carecircles.siting.question import beyond_of, instance_of, pairs_of
from carecircles.siting.rules import Rules
from carecircles.siting.search import Search, solving
from carecircles.words import Sentence

_MOST_EPSILON = 100.0


def minimize_cost(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    beyond: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres that bring people nearest: the least sum of people times distance (p-median).

    Hakimi, Operations Research 12 (1964); ReVelle and Swain, Geographical Analysis 2 (1970).

    Parameters
    ----------
    cutoff
        Only for what `sites` and `covered` say of people within it, and for a floor.
    beyond
        What a person counts with whom no open centre of the table reaches; the largest cost of the
        table if None. A complete table leaves nobody out of reach.

    The other parameters are those of `maximize_coverage`. Where the rules give capacities people go
    where the sum is least, not each to the nearest, and a place may be divided; every pair becomes a
    column of the model, so keep the table small.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are persons times the unit of `cost`, without those whom
        neither a required centre nor a candidate reaches.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`.

    Examples
    --------
    With both sites open: 5 people walk 100 m, 3 walk 200 m, 4 walk 400 m.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> minimize_cost(demand, cost, new=2).objective
    2700.0
    """
    table, limit = pairs_of(cost, cutoff)
    search = search or Search()
    made = instance_of("distance", demand, table, limit, weight, rules, new, search.memory)
    people, most = np.where(made.is_in_table, made.people, 0.0), beyond_of(table, beyond)

    def walked(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float((people * np.minimum(metres, most)).sum())

    with solving(made, search) as clock:
        capacities = None if rules is None else rules.capacities
        if capacities is not None:
            solution = _assigned.assigned(made, table, capacities, most, search, clock)
            return siting_of(made, solution, walked, clock, objective=solution.value)
        solution = _nearest.by_nearest(made, people, most, limits_of(made, clock), search, clock)
        return siting_of(made, solution, walked, clock)


def minimize_ede(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    epsilon: float = equity.EPSILON,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres by which people have it least far on the whole, when it counts more that some have it far.

    What is made least is the equally-distributed equivalent distance of Kolm and Pollak (`equity.of_district`).
    As it grows with the sum of people times exp(kappa x distance), that is a p-median of other
    distances (Horton, Logan and others, arXiv 2401.15452). Kappa is that of today: of each place's distance to the
    nearest required centre, or to the nearest candidate where nobody has a centre.

    Parameters
    ----------
    epsilon
        Aversion to inequality, above 0 and up to 100; 0.5 to 2 are usual, and towards 0 it is `minimize_cost`.
    cutoff
        Only for what `sites` and `covered` say of people within it, and for a floor.

    The other parameters are those of `maximize_coverage`. Whom no open centre of the table reaches counts with
    the largest cost of the table.

    Returns
    -------
    siting
        The plan, with its `kappa`. `objective` and `bound` are in the unit of `cost`, without those whom neither a
        required centre nor a candidate reaches.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`, and if `epsilon` cannot be used.

    Examples
    --------
    Site a leaves eight people at the door and one 900 m away, b all at 150 m: the mean is 100 m and 150 m.

    >>> demand = pd.DataFrame({"people_60": [8, 1]}, index=["p", "q"])
    >>> pairs = pd.MultiIndex.from_product([["p", "q"], ["a", "b"]], names=["demand", "facility"])
    >>> cost = pd.Series([0.0, 150.0, 900.0, 150.0], index=pairs)
    >>> minimize_cost(demand, cost, new=1).sites.index.tolist()
    ['a']
    >>> fair = minimize_ede(demand, cost, new=1)
    >>> fair.sites.index.tolist(), fair.objective, round(fair.kappa, 4)
    (['b'], 150.0, 0.0067)
    """
    table, limit = pairs_of(cost, cutoff)
    require_aversion(epsilon)
    search = search or Search()
    made = instance_of("fair", demand, table, limit, weight, rules, new, search.memory)
    people, most = np.where(made.is_in_table, made.people, 0.0), beyond_of(table, None)
    counts = people > 0
    weights = people[counts]
    kappa = _fair.kappa_of(made, counts, epsilon)

    def on_the_whole(metres: np.ndarray, _depth: np.ndarray) -> float:
        if not counts.any():
            return 0.0
        return equity.equivalent(np.minimum(metres[counts], most), weights, kappa)

    with solving(made, search) as clock:
        solution = _fair.fairest(made, people, most, kappa, on_the_whole, search, clock)
        return dataclasses.replace(siting_of(made, solution, on_the_whole, clock), kappa=kappa)


def require_aversion(epsilon: float) -> None:
    """Whether an aversion to inequality can be used."""
    if not 0 < epsilon <= _MOST_EPSILON:
        told = f"epsilon is {epsilon:g}; write a number above 0 and up to {_MOST_EPSILON:g}, such as 1."
        zh = f"epsilon 是 {epsilon:g}；请写大于 0 且不超过 {_MOST_EPSILON:g} 的数，例如 1。"
        raise ValidationError([Sentence(told, zh=zh)])


def minimize_worst(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres by which the person who has it farthest has it least far (p-center).

    Hakimi, Operations Research 12 (1964). Found as the least radius for which so many centres cover
    everybody (Minieka, SIAM Review 12, 1970). The parameters are those of `minimize_cost`; places
    without people do not count.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are in the unit of `cost`.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`, and if so many centres cannot reach everyone within the table.

    Examples
    --------
    With both sites open nobody walks farther than the four people in r.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> minimize_worst(demand, cost, new=2).objective
    400.0
    """
    table, limit = pairs_of(cost, cutoff)
    search = search or Search()
    made = instance_of("worst", demand, table, limit, weight, rules, new, search.memory)
    counts = made.is_in_table & (made.people > 0)

    def worst(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float(metres[counts].max(initial=0.0))

    with solving(made, search) as clock:
        solution = _radius.bisected(made, counts, search, clock)
        return siting_of(made, solution, worst, clock)
