"""The columns by which most weight has as many as it needs."""

import math
from collections.abc import Callable

import numpy as np

from carecircles.siting import _problem, _starts
from carecircles.siting._model import Model
from carecircles.siting._problem import Covering, Watch
from carecircles.siting._solver import if_allowed, require_reachable
from carecircles.siting._terms import Clock, Known, Limits, Solution, is_within


def maximize_backup(
    problem: Covering,
    need: np.ndarray,
    limits: Limits,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None = None,
) -> Solution:
    """The columns within the limits by which most weight has as many as it `need`s (1 or 2)."""

    def worth_of(chosen: np.ndarray) -> float:
        depth = np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel()
        return float(problem.weight[depth >= need].sum())

    chosen = _starts.fill(problem, need, limits, clock)
    if limits.floors is not None and not is_within(limits, chosen):
        require_reachable(limits, clock)
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
        chosen = _starts.fill(problem, need, limits, clock, taken)
    start = if_allowed(Known(chosen, worth_of(chosen)), limits)
    # No plan brings more than its sites would one by one.
    each = problem.cover.T @ (problem.weight / need)
    most = float(each @ _problem.knapsack(each, limits.price, limits.budget))
    most = min(most, float(problem.weight.sum()))
    if not clock.has_for(problem.cover.nnz) and not math.isnan(start.value):
        return Solution(chosen, start.value, most, clock.word())
    model = Model(limits)
    model.add_sites(np.zeros(len(limits.price)))
    model.add_covered(problem.cover, need=need, worth=problem.weight)
    model.add_floors(limits.floors)
    solution = model.solve(
        start=start, maximum=True, slack=slack(worth_of(chosen)), clock=clock, watch=watch
    )  # fmt: skip
    value = worth_of(solution.chosen)
    return solution._replace(value=value, bound=max(value, min(solution.bound, most)))
