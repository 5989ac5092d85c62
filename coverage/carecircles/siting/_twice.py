"""The columns by which most weight has as many as it needs."""

import functools
import math
from collections.abc import Callable

import numpy as np

from carecircles.siting import _bound, _problem, _starts
from carecircles.siting._model import Model
from carecircles.siting._problem import Covering, Watch
from carecircles.siting._solver import (
    by_rounds,
    if_allowed,
    kept_of,
    require_reachable,
    rounded_of,
    slack_of,
    told,
)
from carecircles.siting._terms import Clock, Known, Limits, Solution, is_within

_FEW_ENTRIES = 30_000  # up to here HiGHS has a column for each row
_DRAWS = 30  # plans drawn from the parts of the bound, to swap on from, without a better one


def maximize_backup(
    problem: Covering,
    need: np.ndarray,
    limits: Limits,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None = None,
) -> Solution:
    """
    The columns within the limits by which most weight has as many as it `need`s (1 or 2).

    Swaps and the bound come first and leave out the columns that no better plan can have; then HiGHS, with a
    column for each row where there are few entries or floors, else in rounds of cuts.
    """

    def worth_of(chosen: np.ndarray) -> float:
        depth = np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel()
        return float(problem.weight[depth >= need].sum())

    chosen = _starts.fill(problem, need, limits, clock)
    if limits.floors is not None and not is_within(limits, chosen):
        require_reachable(limits, clock)
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
        chosen = _starts.fill(problem, need, limits, clock, taken)
    # No plan brings more than its sites would one by one.
    each = problem.cover.T @ (problem.weight / need)
    most = float(each @ _problem.knapsack(each, limits.price, limits.budget))
    most = min(most, float(problem.weight.sum()))
    best = Solution(chosen, worth_of(chosen), max(most, worth_of(chosen)), clock.word())
    kept, is_enough = np.arange(len(limits.price)), np.diff(problem.cover.indptr) >= need
    if clock.has_for(problem.cover.nnz) and is_enough.any():
        some = problem._replace(cover=problem.cover[is_enough], weight=problem.weight[is_enough])
        worth, leads = _problem.worths(some), _bound.Leads(chosen)
        leads.cuts = _bound.Cuts(worth, need[is_enough])
        found, cuts = _bound.bound(
            worth, limits.price, limits.budget, clock,
            leads=leads, value=best.value, slack=slack_of(slack, best.value), watch=watch,
        )  # fmt: skip
        best = best._replace(bound=max(best.value, min(best.bound, found.value)))
        if limits.floors is None:
            best = _drawn(problem, need, limits, best, found.part, worth_of, clock, slack)
            if best.bound - best.value <= slack_of(slack, best.value):
                return best._replace(status="optimal")
            if cuts is None or not clock.left():
                return best
            kept = kept_of(found, limits, best)
            if problem.cover[:, kept].nnz > _FEW_ENTRIES:
                return by_rounds(
                    worth_of, limits, best, kept, cuts, slack=slack, clock=clock, watch=watch
                )
    start = if_allowed(Known(best.chosen, best.value), limits)
    if not math.isnan(start.value):
        if best.bound - best.value <= slack_of(slack, best.value):
            return best._replace(status="optimal")
        if not clock.has_for(problem.cover.nnz):
            return best
    few = _problem.merged(problem._replace(cover=problem.cover[:, kept], group=need))
    model = Model(limits._replace(price=limits.price[kept]))
    model.add_sites(np.zeros(len(kept)))
    model.add_covered(few.cover, need=few.group, worth=few.weight)
    model.add_floors(limits.floors)
    start = start._replace(chosen=np.searchsorted(kept, start.chosen))
    solution = model.solve(
        start=start,
        maximum=True,
        slack=slack(best.value),
        clock=clock,
        watch=watch and functools.partial(told, watch, best),
    )
    chosen = kept[solution.chosen]
    # A plan with a column that was left out is worth no more than the one it was left out for.
    bound = max(worth_of(chosen), min(solution.bound, best.bound))
    return solution._replace(chosen=chosen, value=worth_of(chosen), bound=bound)


def _drawn(
    problem: Covering,
    need: np.ndarray,
    limits: Limits,
    best: Solution,
    part: np.ndarray,
    worth_of: Callable[[np.ndarray], float],
    clock: Clock,
    slack: Callable[[float], float],
) -> Solution:
    """The best plan by swaps from such as are drawn by how much of each column the bound opens."""
    rng, waited = np.random.default_rng(0), 0
    keys = part
    while (
        waited < _DRAWS and clock.left() and best.bound - best.value > slack_of(slack, best.value)
    ):
        taken = rounded_of(keys, limits.price, limits.budget)
        chosen = _starts.fill(problem, need, limits, clock, taken)
        value, waited = worth_of(chosen), waited + 1
        if value > best.value:
            best, waited = best._replace(chosen=chosen, value=value), 0
        keys = part / rng.exponential(size=len(part))
    return best
