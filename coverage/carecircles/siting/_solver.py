"""
The proof by HiGHS, after `_problem` and `_swaps` have made the problem small and found a good plan.

Every model has a binary column for each candidate site, and columns and rows for what it counts.
"""

import functools
import math
from collections.abc import Callable

import numpy as np
from scipy import sparse

from carecircles.siting import _bound, _problem, _starts
from carecircles.siting._model import TOLERANCE, Model
from carecircles.siting._problem import Covering, Watch
from carecircles.siting._swaps import MOST_PLACES, Standing, explored
from carecircles.siting._terms import (
    Clock,
    Known,
    Limits,
    NoPlanError,
    Solution,
    is_within,
)

_QUICK_ENTRIES = 150_000  # up to here HiGHS is asked without kicks first
_ARITHMETIC = 1e-8  # share of a worth by which two sums of the same may differ
_FINE = 1e-9  # by how much of its most a group of rows may be promised more than a cut allows
_PATIENCE = (100, 3000)  # kicks without success before HiGHS is asked, and when it found no proof
_FIRST_SHARE = 0.4  # of the time, for HiGHS before there are more kicks
REACH_S = 5.0  # for the question whether the floors can be reached at all


def maximize(
    worth: sparse.csc_matrix,
    limits: Limits,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None = None,
    leads: _bound.Leads | None = None,
) -> Solution:
    """
    The columns within the limits that are worth most; proven to the slack unless time runs out.

    `slack` says how far a plan of some worth may be from the bound. Swaps and the bound come first and
    leave out the columns that no better plan can have; HiGHS and kicks do the rest by turns. Floors
    only count for HiGHS: without them the bound holds all the more. `leads` are of an earlier search
    over the same worths, and are brought up to date.
    """
    leads = leads or _bound.Leads()
    best, found, cuts = bounded(worth, limits, leads, slack=slack, clock=clock, watch=watch)
    if best.status == "optimal" and is_within(limits, best.chosen):
        return best
    if limits.floors is not None:
        return _with_floors(worth, limits, best, slack=slack, clock=clock, watch=watch)
    price, budget = limits.price, limits.budget
    worth_of = functools.partial(_problem.worth_of, worth)
    left = 1.0  # share of the gap that HiGHS has not closed: so much of the time is for kicks
    for patience, share in zip(_PATIENCE, (_FIRST_SHARE, 1.0), strict=True):
        kept = kept_of(found, limits, best)
        small, start = worth[:, kept], np.searchsorted(kept, best.chosen)
        if cuts is None or not clock.left():
            break
        is_wide = len(best.chosen) > MOST_PLACES
        if not is_wide and (small.nnz > _QUICK_ENTRIES or patience == _PATIENCE[-1]):
            plan = explored(
                Standing(small, price[kept], budget, start),
                clock.part(left),
                patience=patience,
                enough=best.bound - slack_of(slack, best.value),
                bound=best.bound,
                watch=watch,
            )
            best = best._replace(chosen=kept[plan.columns()], value=plan.value())
        own, gap = clock.part(share), best.bound - best.value
        best = by_rounds(worth_of, limits, best, kept, cuts, slack=slack, clock=own, watch=watch)
        if best.status == "optimal":
            return best
        left = (best.bound - best.value) / gap
    return best._replace(status=clock.word())


def _with_floors(
    worth: sparse.csc_matrix,
    limits: Limits,
    best: Solution,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None,
) -> Solution:
    """The best plan that keeps to the floors, by HiGHS, from one that need not; any column may be needed."""
    start = if_allowed(Known(best.chosen, best.value), limits)
    if limits.floors is not None and math.isnan(start.value):
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
        chosen = _starts.worth_most(worth, limits.price, limits.budget, taken)
        start = if_allowed(Known(chosen, _problem.worth_of(worth, chosen)), limits)
    if math.isnan(start.value):
        require_reachable(limits, clock)
    if best.bound - start.value <= slack_of(slack, start.value):
        return best._replace(chosen=start.chosen, value=start.value, status="optimal")
    if not clock.has_for(worth.nnz):
        if math.isnan(start.value):
            raise TimeoutError
        return best._replace(chosen=start.chosen, value=start.value, status=clock.word())
    model = Model(limits)
    model.add_sites(np.zeros(worth.shape[1]))
    model.set_objective(*model.add_levels(worth))
    model.add_floors(limits.floors)
    allowed = slack(best.value)
    if math.isinf(
        allowed
    ):  # a plan that need not keep to the floors is good enough, not yet one that does
        allowed = slack(0.0 if math.isnan(start.value) else start.value)
    found = model.solve(start=start, maximum=True, slack=allowed, clock=clock, watch=watch)
    value = _problem.worth_of(worth, found.chosen)
    return found._replace(value=value, bound=max(value, min(best.bound, found.bound)))


def bounded(
    worth: sparse.csc_matrix,
    limits: Limits,
    leads: _bound.Leads,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None,
) -> tuple[Solution, _bound.Bound, _bound.Cuts | None]:
    """A good plan, its bound, and the cuts behind it; floors are left aside."""
    price, budget = limits.price, limits.budget
    is_paid = float(price[leads.chosen].sum()) <= budget
    chosen = _starts.worth_most(worth, price, budget, leads.chosen if is_paid else None)
    each = np.asarray(worth.sum(axis=0)).ravel()
    most = float(each @ _problem.knapsack(each, price, budget))
    most = min(most, _problem.best_of(worth))
    best = Solution(chosen, _problem.worth_of(worth, chosen), most, clock.word())
    if len(chosen) <= MOST_PLACES and clock.has_for(worth.nnz):
        plan = Standing(worth, price, budget, chosen)
        plan.climb(clock)
        best = best._replace(chosen=plan.columns(), value=plan.value())
        del plan  # it is large
    if watch:
        watch(best.value, best.bound)
    leads.chosen = best.chosen
    found, cuts = _bound.bound(
        worth, price, budget, clock,
        leads=leads, value=best.value, slack=slack_of(slack, best.value), watch=watch,
    )  # fmt: skip
    if clock.left() and (found.part > 0).sum() <= MOST_PLACES:
        kept = kept_of(found, limits, best)
        start = rounded_of(found.part[kept], price[kept], budget)
        rounded = Standing(worth[:, kept], price[kept], budget, start)
        rounded.climb(clock)
        if rounded.value() > best.value:
            best = best._replace(chosen=kept[rounded.columns()], value=rounded.value())
    best = best._replace(bound=max(best.value, min(most, found.value)))
    if best.bound - best.value <= slack_of(slack, best.value):
        best = best._replace(status="optimal")
    return best, found, cuts


def kept_of(found: _bound.Bound, limits: Limits, best: Solution) -> np.ndarray:
    """The columns of the best plan and those that a better one can have."""
    price, budget = limits.price, limits.budget
    some = _problem.useful(found.constant, found.added, price, budget, best.value)
    return np.union1d(some, best.chosen).astype(int)


def slack_of(slack: Callable[[float], float], value: float) -> float:
    """How far a plan may be from the bound; what differs by arithmetic only does not differ."""
    return max(slack(value), _ARITHMETIC * abs(value))


def rounded_of(part: np.ndarray, price: np.ndarray, budget: float) -> np.ndarray:
    """The columns that are open most, as many as can be paid."""
    some = np.flatnonzero(part > 0)
    chosen: list[int] = []
    for column in some[np.argsort(-part[some], kind="stable")]:
        if price[column] <= budget:
            chosen.append(int(column))
            budget -= price[column]
    return np.array(chosen, dtype=int)


def by_rounds(
    worth_of: Callable[[np.ndarray], float],
    limits: Limits,
    best: Solution,
    kept: np.ndarray,
    cuts: _bound.Cuts,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None,
) -> Solution:
    """
    The best plan of some columns by HiGHS, which knows what rows are worth only from the cuts.

    Where its plan is worth less than they promise, it is cut there and solved again.
    """
    every = np.arange(cuts.columns)
    # So that the plan is worth there what it is.
    cuts.add(np.isin(every, best.chosen).astype(float))
    while best.bound - best.value > slack_of(slack, best.value):
        model = Model(Limits(limits.price[kept], limits.budget))
        model.add_sites(np.zeros(len(kept)))
        groups = model.add_columns(cuts.most)
        rows = cuts.rows()[:, np.concatenate([kept, len(every) + np.arange(len(groups))])]
        model.add_rows(rows, upper=cuts.limits())
        start = Known(np.searchsorted(kept, best.chosen), best.value)
        found = model.solve(
            start=start,
            maximum=True,
            slack=slack_of(slack, best.value),
            clock=clock,
            watch=watch and functools.partial(told, watch, best),
            primal_feasibility_tolerance=_FINE,
        )
        chosen = kept[found.chosen]
        cuts.add(np.isin(every, chosen).astype(float))
        value = worth_of(chosen)
        if value > best.value:
            best = best._replace(chosen=chosen, value=value)
        # A plan with a column that was left out is worth no more than the one it was left out for.
        best = best._replace(bound=max(best.value, min(best.bound, found.bound)))
        if found.status != "optimal":
            return best._replace(status=found.status)
        if found.value - value <= TOLERANCE * max(1.0, value):
            break  # it is worth what the cuts promise; there is nothing left to cut
    return best._replace(status="optimal")


def told(watch: Watch, best: Solution, _claimed: float, bound: float) -> None:
    """Tell of the plan that is known, not what the solver claims of one, and the better of both bounds."""
    watch(best.value, max(best.value, min(bound, best.bound)))


def if_allowed(start: Known, limits: Limits) -> Known:
    """The start, whose value counts only if it keeps to the limits."""
    return start if is_within(limits, start.chosen) else start._replace(value=math.nan)


def require_reachable(limits: Limits, clock: Clock) -> None:
    """Raise NoPlanError where no plan within the budget reaches the floor of one street, or of all."""
    if limits.floors is None or not math.isfinite(limits.budget):
        return
    problem, least, _ = limits.floors
    wanted = np.flatnonzero(least > 0)
    parts = [np.array([place]) for place in wanted]
    parts = [wanted, *parts] if len(parts) > 1 else parts
    for places in parts:
        is_in = np.isin(problem.group, places)
        part = problem._replace(cover=problem.cover[is_in], weight=problem.weight[is_in])
        own = clock.part(0.1, most=REACH_S / len(parts))
        if not can_cover(part, limits, float(least[places].sum()), own):
            raise NoPlanError


def can_cover(problem: Covering, limits: Limits, least: float, clock: Clock) -> bool:
    """False if it is proven that no columns within the budget cover so much weight."""
    if least <= 0:
        return True
    worth, enough = _problem.worths(problem), least * (1 - TOLERANCE)
    leads = _bound.Leads()
    found, _ = _bound.bound(worth, limits.price, limits.budget, clock, leads=leads, value=enough)
    return found.value > enough * (1 + 1e-9)
