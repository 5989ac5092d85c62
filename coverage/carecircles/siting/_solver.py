"""
The proof by HiGHS, after `_search` has made the problem small and found a good plan.

Every model has a binary column for each candidate site, and columns and rows for what it counts.
"""

import contextlib
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import sparse

from carecircles import _highs
from carecircles._highs import Program
from carecircles.errors import SolverError
from carecircles.siting import _bound, _search, _starts
from carecircles.siting._model import TOLERANCE, Model, placed
from carecircles.siting._search import Covering, Standing, Watch
from carecircles.siting._terms import (
    FEASIBLE,
    Clock,
    Floors,
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


_STEPS = (1_000, 30_000)  # without success before the bound is asked for, and after it


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
        return _with_floors(worth, limits, best, slack=slack, clock=clock, watch=watch)
    price, budget = limits.price, limits.budget
    for patience, share in zip(_PATIENCE, (_FIRST_SHARE, 1.0), strict=True):
        kept = _kept(found, limits, best)
        small, start = worth[:, kept], np.searchsorted(kept, best.chosen)
        if cuts is None or not clock.left():
            break
        is_wide = len(best.chosen) > _search.MOST_PLACES
        if not is_wide and (small.nnz > _QUICK_ENTRIES or patience == _PATIENCE[-1]):
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
    start = _if_allowed(Known(best.chosen, best.value), limits)
    if limits.floors is not None and math.isnan(start.value):
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
        chosen = _starts.worth_most(worth, limits.price, limits.budget, taken)
        start = _if_allowed(Known(chosen, _search.worth_of(worth, chosen)), limits)
    if math.isnan(start.value):
        require_reachable(limits, clock)
    if best.bound - start.value <= _slack(slack, start.value):
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
    is_paid = float(price[leads.chosen].sum()) <= budget
    chosen = _starts.worth_most(worth, price, budget, leads.chosen if is_paid else None)
    each = np.asarray(worth.sum(axis=0)).ravel()
    most = float(each @ _search.knapsack(each, price, budget))
    most = min(most, float(worth.max(axis=1).sum())) if worth.nnz else 0.0
    best = Solution(chosen, _search.worth_of(worth, chosen), most, clock.word())
    if len(chosen) <= _search.MOST_PLACES and clock.has_for(worth.nnz):
        plan = Standing(worth, price, budget, chosen)
        plan.climb(clock)
        best = best._replace(chosen=plan.columns(), value=plan.value())
    if watch:
        watch(best.value, best.bound)
    leads.chosen = best.chosen
    found, cuts = _bound.bound(
        worth, price, budget, clock,
        leads=leads, value=best.value, slack=_slack(slack, best.value), watch=watch,
    )  # fmt: skip
    if clock.left() and (found.part > 0).sum() <= _search.MOST_PLACES:
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
        model = Model(Limits(limits.price[kept], limits.budget))
        model.add_sites(np.zeros(len(kept)))
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
    is_all = least >= problem.weight.sum() * (1 - FEASIBLE)
    start, bound = Known(np.array([], dtype=int), math.nan), _least_price(problem, limits, least)
    if math.isinf(limits.budget):
        start = _enough(problem, limits, least)
    if not math.isnan(start.value) and not clock.has_for(problem.cover.nnz):
        return Solution(start.chosen, start.value, bound, clock.word())
    if is_all:
        problem = _search.without_implied(problem)
        if limits.floors is None and not math.isnan(start.value):
            start, bound = _with_less(
                problem, limits.price, start, bound, gap=gap, clock=clock, watch=watch
            )
        if start.value - bound <= gap * start.value:
            return Solution(start.chosen, start.value, bound, "optimal")
    model = Model(limits)
    model.add_sites(limits.price)
    model.add_floors(limits.floors)
    if is_all:
        model.add_rows(problem.cover, lower=1.0)
    else:
        one = problem._replace(group=np.zeros(len(problem.weight), dtype=int))
        model.add_floors(Floors(one, np.array([least]), np.ones(len(one.weight))))
    solution = model.solve(start=start, gap=gap, clock=clock, watch=watch)
    value = float(limits.price[solution.chosen].sum())
    bound = max(bound, _whole_if_prices_are(solution.bound, limits.price))
    return solution._replace(value=value, bound=min(bound, value))


def _whole_if_prices_are(bound: float, price: np.ndarray) -> float:
    """A bound to what columns cost, raised to the next whole number where that is whole too."""
    return float(
        math.ceil(bound - 1e-6)
        if (price == np.round(price)).all() and math.isfinite(bound)
        else bound
    )


def _least_price(problem: Covering, limits: Limits, least: float) -> float:
    """What so much weight costs at least, if every column covered its weight alone."""
    weight = np.asarray(problem.cover.T @ problem.weight).ravel()
    some = weight > 0
    weight, price = weight[some], limits.price[some]
    order = np.argsort(price / weight, kind="stable")
    before = np.cumsum(weight[order]) - weight[order]
    part = np.clip((least - before) / weight[order], 0, 1)
    return _whole_if_prices_are(float(price[order] @ part) * (1 - TOLERANCE), limits.price)


def _with_less(
    problem: Covering,
    price: np.ndarray,
    start: Known,
    bound: float,
    *,
    gap: float,
    clock: Clock,
    watch: Watch | None,
) -> tuple[Known, float]:
    """Columns that cover all rows for less, and what none can cost less than."""
    size = problem.cover.shape
    of_rows, of_columns = np.ones(size[0]), np.ones(size[1])
    cover = problem.cover
    program = Program(
        price, 0 * of_columns, of_columns, of_columns < 0, cover.indptr, cover.indices, cover.data,
        of_rows, of_rows * math.inf, is_maximum=False,
    )  # fmt: skip
    for patience in _STEPS:
        chosen = _starts.fewer(
            problem, price, start.chosen, clock, patience=patience, enough=bound * (1 + gap)
        )
        start = Known(chosen, float(price[chosen].sum()))
        if watch:
            watch(start.value, bound)
        if start.value <= bound * (1 + gap) or not clock.left():
            break
        if patience == _STEPS[0]:
            with contextlib.suppress(SolverError):
                answer = _highs.run(
                    program, seconds=clock.left(), stopped=clock.stopped, solver="ipm", run_crossover="off"
                )  # fmt: skip
                if answer.duals is not None:  # any of them make a bound, if they are not negative
                    dual = np.maximum(np.nan_to_num(answer.duals, posinf=0.0), 0)
                    value = dual.sum() + np.minimum(price - cover.T @ dual, 0).sum()
                    bound = max(bound, _whole_if_prices_are(float(value), price))
    return start, bound


def _enough(problem: Covering, limits: Limits, least: float) -> Known:
    """Columns that cover so much weight and keep to the floors; of no worth if there are none."""
    is_all = least >= problem.weight.sum() * (1 - FEASIBLE)
    even = problem._replace(weight=np.ones(len(problem.weight))) if is_all else problem
    enough = even.weight.sum() if is_all else least * (1 - FEASIBLE)
    chosen = _starts.covering(even, limits.price, enough)
    if limits.floors is not None:
        chosen = np.union1d(chosen, _starts.reaching(limits.floors, limits.price, limits.budget))
    covered = problem.weight[np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel() > 0].sum()
    is_plan = covered >= least * (1 - FEASIBLE) and is_within(limits, chosen)
    return Known(chosen, float(limits.price[chosen].sum()) if is_plan else math.nan)


def _if_allowed(start: Known, limits: Limits) -> Known:
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


def fill(
    problem: Covering,
    need: np.ndarray,
    limits: Limits,
    clock: Clock,
    taken: np.ndarray | None = None,
) -> np.ndarray:
    """
    Columns within the budget by which many rows have as many as they `need`: a plan to start from.

    Those that are `taken` come first. Each other is the one that brings most weight nearer to what it
    needs; then single exchanges that gain.
    """
    by_column, weight = problem.cover.T.tocsr(), problem.weight
    chosen: list[int] = [] if taken is None else taken.tolist()
    depth = np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel()

    def gain_of(column: int) -> float:
        rows = by_column.indices[by_column.indptr[column] : by_column.indptr[column + 1]]
        return float((weight / need)[rows[depth[rows] < need[rows]]].sum())

    each, spare = by_column @ (weight / need), limits.budget - float(limits.price[chosen].sum())
    each[chosen] = 0
    for column in _starts.best_first(each, gain_of, limits.price, spare):
        chosen.append(column)
        depth += by_column[column].toarray().ravel()
    for _ in range(100):
        best, exchange = 1e-9 * max(1.0, weight.sum()), None
        now = weight[depth >= need].sum()
        for place, column in enumerate(chosen):
            if not clock.left():
                break
            others = depth - by_column[column].toarray().ravel()
            spare = limits.budget - limits.price[chosen].sum() + limits.price[column]
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

    chosen = fill(problem, need, limits, clock)
    if limits.floors is not None and not is_within(limits, chosen):
        require_reachable(limits, clock)
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
        chosen = fill(problem, need, limits, clock, taken)
    start = _if_allowed(Known(chosen, worth_of(chosen)), limits)
    # No plan brings more than its sites would one by one.
    each = problem.cover.T @ (problem.weight / need)
    most = float(each @ _search.knapsack(each, limits.price, limits.budget))
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
    row, column, metres, weight, capacity, fixed, beyond = served
    chosen = np.concatenate([np.arange(fixed), start]).astype(int)
    known = Known(chosen, _sent(served, chosen) if is_within(limits, chosen) else math.nan)
    if math.isnan(known.value):
        require_reachable(limits, clock)
    elif not clock.has_for(len(metres)):
        return Solution(chosen, known.value, 0.0, clock.word())
    columns, size = len(capacity), len(metres)
    model = Model(limits)
    model.add_sites(np.zeros(columns), lower=(np.arange(columns) < fixed).astype(float))
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
    return model.solve(start=known, gap=gap, clock=clock, watch=watch)


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
