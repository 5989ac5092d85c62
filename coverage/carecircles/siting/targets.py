"""The fewest new centres by which people have it no farther, on the whole, than is asked for."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from carecircles import equity
from carecircles.errors import InfeasibleError, ValidationError
from carecircles.reach import CostTable
from carecircles.siting import _fair, _nearest, distances
from carecircles.siting._instance import Instance, Measure
from carecircles.siting._terms import Clock, NoPlanError, Solution
from carecircles.siting.found import ARITHMETIC, Reached, Siting, siting_of
from carecircles.siting.question import beyond_of, instance_of, pairs_of
from carecircles.siting.rules import Rules
from carecircles.siting.search import Memory, Search, solving
from carecircles.words import Sentence

_ROUNDING = 1e-9  # share by which an equivalent distance may be told too large


def fewest_for_ede(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    ede: float,
    epsilon: float = equity.EPSILON,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The fewest new centres by which the equivalent distance of Kolm and Pollak is at most so much.

    As more centres never make it larger, their number is halved in: each time `minimize_ede` says whether so many
    are enough, with a plan, or too few, by its bound.

    Parameters
    ----------
    ede
        The largest equivalent distance that will do, in the unit of `cost`; the limit itself does.
    epsilon
        As in `minimize_ede`; kappa is that of the distances before, whatever the number of centres.

    The other parameters are those of `minimize_ede`; the rules may name neither prices nor a budget.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are numbers of new centres, those that must open included; `reached` says the
        equivalent distance, and `sites` that after each.

    Raises
    ------
    ValidationError
        As `minimize_ede`, and if `ede` is not above 0, or there are prices or a `least_by_street`.
    InfeasibleError
        If not even all candidates together bring it down so far; it says by how much they miss.
    TimeoutError
        If no plan was found in the time.

    Examples
    --------
    Today both people are 900 m away; a alone leaves one of them there, a and b neither.

    >>> demand = pd.DataFrame({"people_60": [1, 1]}, index=["p", "q"])
    >>> pairs = pd.MultiIndex.from_product([["p", "q"], ["old", "a", "b"]], names=["demand", "facility"])
    >>> cost = pd.Series([900.0, 0.0, 900.0, 900.0, 900.0, 0.0], index=pairs)
    >>> rules = Rules(required=["old"])
    >>> plan = fewest_for_ede(demand, cost, ede=500, rules=rules)
    >>> plan.objective, round(plan.reached.then), plan.status
    (2.0, 0, 'optimal')
    """
    rules = rules or Rules()
    _require(ede, epsilon, rules)
    table, limit = pairs_of(cost, cutoff)
    memory, search = Memory(), dataclasses.replace(search or Search(), memory=None)
    made = instance_of("fewest", demand, table, limit, weight, rules, None, memory)
    people, most = np.where(made.is_in_table, made.people, 0.0), beyond_of(table, None)
    counts = people > 0
    kappa = _fair.kappa_of(made, counts, epsilon)

    def equivalent(metres: np.ndarray, _depth: np.ndarray) -> float:
        if not counts.any():
            return 0.0
        return equity.equivalent(np.minimum(metres[counts], most), people[counts], kappa)

    def nearness(metres: np.ndarray, depth: np.ndarray) -> float:
        return -equivalent(metres, depth)

    def of_number(new: int, clock: Clock) -> Solution:
        own = instance_of("fair", demand, table, limit, weight, rules, new, memory)
        enough = dataclasses.replace(search, enough=ede, watch=None)
        return _fair.fairest(own, people, most, kappa, equivalent, enough, clock)

    must = int(made.is_must.sum())
    _require_reachable(made, ede, equivalent)
    with solving(made, search) as clock:
        found, number, least = _halved(made, must, ede, equivalent, of_number, clock)
        status = "optimal" if least == number else clock.word()
        solution = Solution(found, float(number), float(least), status)
        plan = siting_of(made, solution, nearness, clock, objective=float(number))
    chosen = made.candidates.get_indexer(plan.sites.index)
    before, then = (
        equivalent(_nearest.walked(made, made.own, some), made.depth)
        for some in (np.array([], dtype=int), chosen)
    )
    return dataclasses.replace(
        plan,
        sites=plan.sites.assign(objective=-plan.sites["objective"]),
        kappa=kappa,
        reached=Reached(ede, before, then),
    )


def _require(ede: float, epsilon: float, rules: Rules) -> None:
    problems = []
    if not 0 < ede < math.inf:
        told = f"ede is {ede:g}; write a distance above 0."
        problems.append(Sentence(told, zh=f"ede 是 {ede:g}；请写大于 0 的距离。"))
    if rules.prices is not None or rules.budget is not None:
        told = "prices and budgets do not count where the fewest centres are found; leave them out."
        problems.append(Sentence(told, zh="求最少中心数时不考虑费用和预算；请不要给出。"))
    if rules.least_by_street is not None:
        told = (
            "least_by_street does not go with the fewest centres for an equivalent distance: with more centres more "
            "streets have their own, and the distance may be larger; use floor_by_street."
        )
        zh = (
            "least_by_street 不能与按等价均等距离求最少中心数同用：中心越多，须各有一处的街道越多，距离可能反而变大；"
            "请用 floor_by_street。"
        )
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    distances.require_aversion(epsilon)


def _require_reachable(made: Instance, ede: float, equivalent: Measure) -> None:
    """Whether all candidates together are enough."""
    every = np.arange(len(made.candidates))
    least = equivalent(_nearest.walked(made, made.base, every), made.depth)
    if least > ede * (1 + ARITHMETIC):
        raise InfeasibleError(
            Sentence(
                f"with all {len(every)} candidates the equivalent distance is {least:,.1f}, {least - ede:,.1f} more than "
                f"the {ede:g} asked for; name more candidates, or allow more.",
                zh=f"即使 {len(every)} 个候选点全部开设，等价均等距离仍为 {least:,.1f}，比要求的 {ede:g} 多 "
                f"{least - ede:,.1f}；请增加候选点，或放宽要求。",
            )
        )


def _halved(
    made: Instance,
    must: int,
    ede: float,
    equivalent: Measure,
    of_number: Callable[[int, Clock], Solution],
    clock: Clock,
) -> tuple[np.ndarray, int, int]:
    """A plan that is enough, its number of centres, and the least number there can be."""
    limit = ede * (1 + _ROUNDING)
    is_floored = made.least is not None or made.mean is not None
    if not is_floored and equivalent(made.base, made.depth) <= limit:
        return np.flatnonzero(made.is_must), must, must
    every = np.flatnonzero(~made.is_must)
    found, high = np.arange(len(made.candidates)), must + len(every)
    low = least = must - 1 if is_floored else must  # too few as is tried, and as is proven
    step = 1
    while high - low > 1 and clock.left():
        number = min(low + step, high - 1) if high == must + len(every) else (low + high) // 2
        try:
            plan = of_number(number, clock.part(1 / 2))
        except NoPlanError:
            low = number
            least = max(least, number)
            step *= 2
            continue
        except TimeoutError:
            low, step = number, 2 * step
            continue
        if plan.value <= limit:
            found, high = plan.chosen, len(np.union1d(plan.chosen, np.flatnonzero(made.is_must)))
            high = min(high, number)
        else:
            low, step = number, 2 * step
            if plan.bound > limit:
                least = max(least, number)
    return found, high, min(least + 1, high)
