"""
The proof by HiGHS, after `_search` has made the problem small and found a good plan.

Every model has a binary column for each candidate site, and columns and rows for what it counts.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from carecircles.siting import _bound, _search
from carecircles.siting._model import FEASIBLE, TOLERANCE, Model, placed
from carecircles.siting._search import Covering, Standing, Watch
from carecircles.siting._terms import Clock, Known, Limits, NoPlanError, Solution

_QUICK_ENTRIES = 150_000  # up to here HiGHS is asked without kicks first


_ARITHMETIC = 1e-8  # share of a worth by which two sums of the same may differ


_FINE = 1e-9  # by how much of its most a group of rows may be promised more than a cut allows


_PATIENCE = (100, 3000)  # kicks without success before HiGHS is asked, and when it found no proof


_FIRST_SHARE = 0.4  # of the time, for HiGHS before there are more kicks


_REACH_S = 5.0  # for the question whether the floors can be reached at all


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
    best, found, cuts = _bounded(worth, limits, leads, slack=slack, clock=clock, watch=watch)
    if best.status == "optimal" and is_within(limits, best.chosen):
        return best
    if limits.floors is not None:
        require_reachable(limits, clock)
        return _with_floors(worth, limits, best, slack=slack, clock=clock, watch=watch)
    price, budget = limits.price, limits.budget
    for patience, share in zip(_PATIENCE, (_FIRST_SHARE, 1.0), strict=True):
        kept = _kept(found, limits, best)
        small, start = worth[:, kept], np.searchsorted(kept, best.chosen)
        if cuts is None or not clock.left():
            break
        if small.nnz > _QUICK_ENTRIES or patience == _PATIENCE[-1]:
            plan = _search.explored(
                Standing(small, price[kept], budget, start),
                clock,
                patience=patience,
                enough=best.bound - _slack(slack, best.value),
                bound=best.bound,
                watch=watch,
            )
            best = best._replace(chosen=kept[plan.columns()], value=plan.value())
        own = clock.part(share)
        best = _by_rounds(worth, limits, best, kept, cuts, slack=slack, clock=own, watch=watch)
        if best.status == "optimal":
            return best
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
    model = Model()
    model.add_sites(np.zeros(worth.shape[1]), most=(limits.price, limits.budget))
    model.set_objective(*model.add_levels(worth))
    model.add_floors(limits.floors)
    start = _if_allowed(Known(best.chosen, best.value), limits)
    found = model.solve(
        start=start, maximum=True, slack=slack(best.value), clock=clock, watch=watch
    )
    value = _search.worth_of(worth, found.chosen)
    return found._replace(value=value, bound=max(value, min(best.bound, found.bound)))


def _bounded(
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
    known = leads.chosen if price[leads.chosen].sum() <= budget else ()
    plan = Standing(worth, price, budget, known)
    plan.climb(clock)
    most = _search.worth_of(worth, np.arange(worth.shape[1]))
    best = Solution(plan.columns(), plan.value(), most, clock.word())
    if watch:
        watch(best.value, best.bound)
    leads.chosen = best.chosen
    found, cuts = _bound.bound(
        worth, price, budget, clock,
        leads=leads, value=best.value, slack=_slack(slack, best.value), watch=watch,
    )  # fmt: skip
    if clock.left():
        rounded = Standing(worth, price, budget, _rounded(found.part, price, budget))
        rounded.climb(clock)
        if rounded.value() > best.value:
            best = best._replace(chosen=rounded.columns(), value=rounded.value())
    best = best._replace(bound=max(best.value, min(most, found.value)))
    if best.bound - best.value <= _slack(slack, best.value):
        best = best._replace(status="optimal")
    return best, found, cuts


def _kept(found: _bound.Bound, limits: Limits, best: Solution) -> np.ndarray:
    """The columns of the best plan and those that a better one can have."""
    price, budget = limits.price, limits.budget
    some = _search.useful(found.constant, found.added, price, budget, best.value)
    return np.union1d(some, best.chosen).astype(int)


def _slack(slack: Callable[[float], float], value: float) -> float:
    """How far a plan may be from the bound; what differs by arithmetic only does not differ."""
    return max(slack(value), _ARITHMETIC * abs(value))


def _rounded(part: np.ndarray, price: np.ndarray, budget: float) -> np.ndarray:
    """The columns that are open most, as many as can be paid."""
    some = np.flatnonzero(part > 0)
    chosen: list[int] = []
    for column in some[np.argsort(-part[some], kind="stable")]:
        if price[column] <= budget:
            chosen.append(int(column))
            budget -= price[column]
    return np.array(chosen, dtype=int)


def _by_rounds(
    worth: sparse.csc_matrix,
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
    while best.bound - best.value > _slack(slack, best.value):
        model = Model()
        model.add_sites(np.zeros(len(kept)), most=(limits.price[kept], limits.budget))
        groups = model.add_columns(cuts.most)
        rows = cuts.rows()[:, np.concatenate([kept, len(every) + np.arange(len(groups))])]
        model.add_rows(rows, upper=cuts.limits())
        start = Known(np.searchsorted(kept, best.chosen), best.value)
        found = model.solve(
            start=start,
            maximum=True,
            slack=_slack(slack, best.value),
            clock=clock,
            watch=watch,
            mip_feasibility_tolerance=_FINE,
            primal_feasibility_tolerance=_FINE,
        )
        chosen = kept[found.chosen]
        cuts.add(np.isin(every, chosen).astype(float))
        value = _search.worth_of(worth, chosen)
        if value > best.value:
            best = best._replace(chosen=chosen, value=value)
        # A plan with a column that was left out is worth no more than the one it was left out for.
        best = best._replace(bound=max(best.value, min(best.bound, found.bound)))
        if found.status != "optimal":
            return best._replace(status=found.status)
        if found.value - value <= TOLERANCE * max(1.0, value):
            break  # it is worth what the cuts promise; there is nothing left to cut
    return best._replace(status="optimal")


def minimize(
    problem: Covering,
    limits: Limits,
    *,
    least: float,
    gap: float,
    clock: Clock,
    watch: Watch | None = None,
) -> Solution:
    """The cheapest columns that cover at least so much weight; `value` and `bound` are prices."""
    if math.isfinite(limits.budget):
        if not can_cover(problem, limits, least, clock.part(0.1, most=_REACH_S)):
            raise NoPlanError
        require_reachable(limits, clock)
    model = Model()
    model.add_sites(limits.price)
    model.add_floors(limits.floors)
    if least >= problem.weight.sum() * (1 - FEASIBLE):
        model.add_rows(_search.without_implied(problem).cover, lower=1.0)
    else:
        covered = model.add_covered(problem.cover)
        model.add_sum(covered, problem.weight, lower=least * (1 - FEASIBLE))
    if math.isfinite(limits.budget):
        model.add_sum(np.arange(len(limits.price)), limits.price, upper=limits.budget)
    start = _enough(problem, limits, least, clock) if math.isinf(limits.budget) else None
    solution = model.solve(start=start, gap=gap, clock=clock, watch=watch)
    value = float(limits.price[solution.chosen].sum())
    bound = max(solution.bound, 0.0)
    if (limits.price == np.round(limits.price)).all():  # so is the price of every plan
        bound = math.ceil(bound - 1e-6)
    return solution._replace(value=value, bound=float(min(bound, value)))


def _enough(problem: Covering, limits: Limits, least: float, clock: Clock) -> Known:
    """Columns that cover so much weight, most for their price first; all of them if that is not enough."""
    by_column, spare = problem.cover.T.tocsr(), problem.weight.copy()
    paid, chosen = np.maximum(limits.price, 1e-9), []
    while problem.weight.sum() - spare.sum() < least * (1 - FEASIBLE) and clock.left():
        gain = (by_column @ spare) / paid
        if not len(gain) or gain.max() <= 0:
            break
        chosen.append(int(gain.argmax()))
        spare[by_column[chosen[-1]].indices] = 0
    every = np.arange(len(limits.price))
    for some in (np.array(chosen, dtype=int), every):
        covered = problem.weight[np.asarray(problem.cover[:, some].sum(axis=1)).ravel() > 0].sum()
        if covered >= least * (1 - FEASIBLE) and is_within(limits, some):
            return Known(some, float(limits.price[some].sum()))
    return Known(every, math.nan)


def is_within(limits: Limits, chosen: np.ndarray) -> bool:
    """Whether these columns keep to the budget and the floors."""
    taken = float(limits.price[chosen].sum())
    if taken > limits.budget + 1e-9 * max(1.0, taken):
        return False
    if limits.floors is None:
        return True
    problem, least = limits.floors
    is_covered = np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel() > 0
    covered = np.bincount(problem.group, problem.weight * is_covered, minlength=len(least))
    return bool((covered >= least * (1 - FEASIBLE)).all())


def _if_allowed(start: Known, limits: Limits) -> Known:
    """The start, whose value counts only if it keeps to the limits."""
    return start if is_within(limits, start.chosen) else start._replace(value=math.nan)


def require_reachable(limits: Limits, clock: Clock) -> None:
    """Raise NoPlanError where no plan within the budget reaches the floor of one street, or of all."""
    if limits.floors is None or not math.isfinite(limits.budget):
        return
    problem, least = limits.floors
    wanted = np.flatnonzero(least > 0)
    parts = [np.array([place]) for place in wanted]
    parts = [wanted, *parts] if len(parts) > 1 else parts
    for places in parts:
        is_in = np.isin(problem.group, places)
        part = problem._replace(cover=problem.cover[is_in], weight=problem.weight[is_in])
        own = clock.part(0.1, most=_REACH_S / len(parts))
        if not can_cover(part, limits, float(least[places].sum()), own):
            raise NoPlanError


def can_cover(problem: Covering, limits: Limits, least: float, clock: Clock) -> bool:
    """False if it is proven that no columns within the budget cover so much weight."""
    if least <= 0:
        return True
    worth, enough = _search.worths(problem), least * (1 - TOLERANCE)
    leads = _bound.Leads()
    found, _ = _bound.bound(worth, limits.price, limits.budget, clock, leads=leads, value=enough)
    return found.value > enough * (1 + 1e-9)


def fill(problem: Covering, need: np.ndarray, limits: Limits, clock: Clock) -> np.ndarray:
    """
    Columns within the budget by which many rows have as many as they `need`: a plan to start from.

    Each is the one that brings most weight nearer to what it needs; then single exchanges that gain.
    """
    by_column, weight = problem.cover.T.tocsr(), problem.weight
    chosen: list[int] = []
    depth = np.zeros(len(weight))
    while clock.left():
        spare = limits.budget - limits.price[chosen].sum() + 1e-9
        gain = by_column @ np.where(depth < need, weight / need, 0.0)
        gain[(limits.price > spare)] = 0
        gain[chosen] = 0
        if not len(gain) or gain.max() <= 0:
            break
        chosen.append(int(gain.argmax()))
        depth += by_column[chosen[-1]].toarray().ravel()
    for _ in range(100):
        best, exchange = 1e-9 * max(1.0, weight.sum()), None
        now = weight[depth >= need].sum()
        for place, column in enumerate(chosen):
            if not clock.left():
                break
            others = depth - by_column[column].toarray().ravel()
            spare = limits.budget - limits.price[chosen].sum() + limits.price[column] + 1e-9
            left = weight[others >= need].sum()
            gain = left - now + by_column @ np.where(others == need - 1, weight, 0.0)
            gain[(limits.price > spare)] = -math.inf
            gain[[c for c in chosen if c != column]] = -math.inf
            if gain.max() > best:
                best, exchange = float(gain.max()), (place, int(gain.argmax()))
        if exchange is None:
            break
        place, column = exchange
        depth += (by_column[column] - by_column[chosen[place]]).toarray().ravel()
        chosen[place] = column
    return np.array(chosen, dtype=int)


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

    require_reachable(limits, clock)
    chosen = fill(problem, need, limits, clock)
    start = Known(chosen, worth_of(chosen))
    model = Model()
    model.add_sites(np.zeros(len(limits.price)), most=(limits.price, limits.budget))
    model.add_covered(problem.cover, need=need, worth=problem.weight)
    model.add_floors(limits.floors)
    solution = model.solve(
        start=_if_allowed(start, limits), maximum=True, slack=slack(start.value), clock=clock, watch=watch
    )  # fmt: skip
    value = worth_of(solution.chosen)
    # No plan brings more than its sites would one by one.
    each = problem.cover.T @ (problem.weight / need)
    most = float(each @ _search.knapsack(each, limits.price, limits.budget))
    bound = min(solution.bound, most, float(problem.weight.sum()))
    return solution._replace(value=value, bound=max(value, bound))


class Served(NamedTuple):
    """
    Who can be served where: pairs of row, column and metres, and how much each column can serve.

    `weight` is of the rows, `capacity` of the columns. The first `fixed` columns are open anyway; what
    nobody serves counts with `beyond` metres.
    """

    row: np.ndarray
    column: np.ndarray
    metres: np.ndarray
    weight: np.ndarray
    capacity: np.ndarray
    fixed: int
    beyond: float


def assign(
    served: Served,
    limits: Limits,
    *,
    start: np.ndarray,
    gap: float,
    clock: Clock,
    watch: Watch | None = None,
) -> Solution:
    """
    The columns that serve all weight at the least weighted metres when each serves so much at most.

    Weight may be split.
    """
    require_reachable(limits, clock)
    row, column, metres, weight, capacity, fixed, beyond = served
    columns, size = len(capacity), len(metres)
    model = Model()
    model.add_sites(
        np.zeros(columns),
        most=(limits.price, limits.budget),
        lower=(np.arange(columns) < fixed).astype(float),
    )
    goes = model.add_columns(metres * weight[row])
    unserved = model.add_columns(beyond * weight)
    rows = np.concatenate([row, np.arange(len(weight))])
    each = placed(rows, np.concatenate([goes, unserved]), model.count)
    model.add_rows(each, lower=1.0, upper=1.0)
    free = np.flatnonzero(column >= fixed)
    count = np.arange(len(free))
    if len(free):
        of_pair, of_site = (placed(count, c, model.count) for c in (goes[free], column[free]))
        model.add_rows(of_pair - of_site, upper=0.0)
    tight = np.flatnonzero(np.isfinite(capacity[column])) if size else count
    if len(tight):
        limited, of_limited = np.unique(column[tight], return_inverse=True)
        load = placed(of_limited.ravel(), goes[tight], model.count, weight[row[tight]])
        room = placed(np.arange(len(limited)), limited, model.count, capacity[limited])
        model.add_rows(load - room, upper=0.0)
    model.add_floors(limits.floors)
    chosen = np.concatenate([np.arange(fixed), start]).astype(int)
    known = Known(chosen, _sent(served, chosen))
    return model.solve(start=_if_allowed(known, limits), gap=gap, clock=clock, watch=watch)


def _sent(served: Served, chosen: np.ndarray) -> float:
    """Weighted metres when the nearest pairs of these columns come first: a sum that can be had."""
    row, column, metres, weight, capacity, _, beyond = served
    some = np.flatnonzero(np.isin(column, chosen) & (metres < beyond))
    room, waiting, total = capacity.astype(float), weight.astype(float), 0.0
    for pair in some[np.argsort(metres[some], kind="stable")]:
        goes = min(waiting[row[pair]], room[column[pair]])
        waiting[row[pair]] -= goes
        room[column[pair]] -= goes
        total += goes * metres[pair]
    return float(total + beyond * waiting.sum())
