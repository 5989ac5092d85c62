"""The columns by which most weight has as many as it needs."""

import functools
import itertools
import math
from collections.abc import Callable

import numpy as np
from scipy import sparse

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
from carecircles.siting._terms import Clock, Known, Limits, Solution, is_paid, is_within

_FEW_ENTRIES = 30_000  # up to here HiGHS has a column for each row
_FEW_TRIED, _TRIED_AT_ONCE = (
    200_000_000,
    4_000_000,
)  # rows of choices that are tried, all and at once
_DRAWS = 30  # plans drawn from the parts of the bound, to swap on from, without a better one


def worths(problem: Covering, need: np.ndarray) -> tuple[sparse.csc_matrix, np.ndarray, np.ndarray]:
    """Worths, weight and need of rows that can have as many columns as they need, equal ones as one."""
    problem = _problem.merged(problem._replace(group=need))
    is_enough = np.diff(problem.cover.indptr) >= problem.group
    if not is_enough.all():
        cover, weight = problem.cover[is_enough], problem.weight[is_enough]
        problem = problem._replace(cover=cover, weight=weight, group=problem.group[is_enough])
    return _problem.worths(problem), problem.weight, problem.group


def maximize_backup(
    worth: sparse.csc_matrix,
    weight: np.ndarray,
    need: np.ndarray,
    limits: Limits,
    *,
    slack: Callable[[float], float],
    clock: Clock,
    watch: Watch | None = None,
    leads: _bound.Leads | None = None,
) -> Solution:
    """
    The columns within the limits by which most weight has as many as it `need`s (1 or 2).

    All columns of a row are worth the same to it, and it has as many as it needs. Swaps and the bound come
    first and leave out the columns that no better plan can have; then HiGHS, with a column for each row
    where there are few entries or floors, else in rounds of cuts. `leads` are as in `maximize`.
    """
    leads = leads or _bound.Leads()
    worth_of = functools.partial(_worth_of, worth, weight, need)
    known = leads.chosen if is_paid(limits, leads.chosen) else None
    chosen = _starts.fill(worth, weight, need, limits, clock, known)
    if limits.floors is not None and not is_within(limits, chosen):
        require_reachable(limits, clock)
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
        chosen = _starts.fill(worth, weight, need, limits, clock, taken)
    # No plan brings more than its sites would one by one.
    each = worth.T @ (1 / need)
    most = float(each @ _problem.knapsack(each, limits.price, limits.budget))
    most = min(most, float(weight.sum()))
    best = Solution(chosen, worth_of(chosen), max(most, worth_of(chosen)), clock.word())
    kept = np.arange(len(limits.price))
    if clock.has_for(worth.nnz) and worth.nnz:
        leads.chosen = best.chosen
        leads.cuts = leads.cuts or _bound.Cuts(worth, need)
        found, cuts = _bound.bound(
            worth, limits.price, limits.budget, clock,
            leads=leads, value=best.value, slack=slack_of(slack, best.value), watch=watch,
        )  # fmt: skip
        best = best._replace(bound=max(best.value, min(best.bound, found.value)))
        if limits.floors is None:
            best = _drawn(worth, weight, need, limits, best, found.part, slack=slack, clock=clock)
            leads.chosen = best.chosen
            if best.bound - best.value <= slack_of(slack, best.value):
                return best._replace(status="optimal")
            if cuts is None or not clock.left():
                return best._replace(status=clock.word())
            kept = kept_of(found, limits, best)
            if _are_few(kept, limits, len(weight)):
                return _of_all(worth[:, kept], weight, need, limits, best, kept, clock=clock)
            if worth[:, kept].nnz > _FEW_ENTRIES:
                return by_rounds(
                    worth_of, limits, best, kept, cuts, slack=slack, clock=clock, watch=watch
                )
    start = if_allowed(Known(best.chosen, best.value), limits)
    if not math.isnan(start.value):
        if best.bound - best.value <= slack_of(slack, best.value):
            return best._replace(status="optimal")
        if not clock.has_for(worth.nnz):
            return best._replace(status=clock.word())
    few = worth[:, kept].tocsr()
    few.data[:] = 1.0
    problem = _problem.merged(Covering(few, weight, need, kept, np.arange(len(need))))
    model = Model(limits._replace(price=limits.price[kept]))
    model.add_sites(np.zeros(len(kept)))
    model.add_covered(problem.cover, need=problem.group, worth=problem.weight)
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


def _worth_of(
    worth: sparse.csc_matrix, weight: np.ndarray, need: np.ndarray, chosen: np.ndarray
) -> float:
    """What the rows are worth that have as many of these columns as they need."""
    return float(weight[_starts.depth_of(worth, chosen) >= need].sum())


def _are_few(kept: np.ndarray, limits: Limits, rows: int) -> bool:
    """Whether there are few choices of as many columns as can be paid, all of one price: however alike, each can be tried."""
    price = limits.price[kept]
    if not len(kept) or price[0] <= 0 or (price != price[0]).any():
        return False
    return math.comb(len(kept), _count(kept, limits)) * rows <= _FEW_TRIED


def _count(kept: np.ndarray, limits: Limits) -> int:
    """How many columns can be paid, all of one price."""
    return min(len(kept), int(limits.budget / limits.price[kept[0]] + _problem.EXACT))


def _of_all(
    worth: sparse.csc_matrix,
    weight: np.ndarray,
    need: np.ndarray,
    limits: Limits,
    best: Solution,
    kept: np.ndarray,
    *,
    clock: Clock,
) -> Solution:
    """The best of all choices of so many of the columns that are kept, or the plan that is known."""
    covered, count = (worth.toarray() > 0).T.astype(np.uint8), _count(kept, limits)
    choices = itertools.combinations(range(len(kept)), count)
    size = max(1, _TRIED_AT_ONCE // (max(1, count) * len(weight)))
    while some := list(itertools.islice(choices, size)):
        if not clock.left():
            return best._replace(status=clock.word())
        tried = np.array(some, dtype=int).reshape(len(some), count)
        values = (covered[tried].sum(axis=1, dtype=np.int32) >= need) @ weight
        chosen = kept[tried[values.argmax()]]
        value = float(weight[_starts.depth_of(worth, tried[values.argmax()]) >= need].sum())
        if value > best.value + _problem.EXACT * max(1.0, best.value):
            best = best._replace(chosen=chosen, value=value)
    return best._replace(bound=best.value, status="optimal")


def _drawn(
    worth: sparse.csc_matrix,
    weight: np.ndarray,
    need: np.ndarray,
    limits: Limits,
    best: Solution,
    part: np.ndarray,
    *,
    slack: Callable[[float], float],
    clock: Clock,
) -> Solution:
    """The best plan by swaps from such as are drawn by how much of each column the bound opens."""
    rng, waited, keys = np.random.default_rng(0), 0, part
    while waited < _DRAWS and clock.left():
        if best.bound - best.value <= slack_of(slack, best.value):
            break
        taken = rounded_of(keys, limits.price, limits.budget)
        chosen = _starts.fill(worth, weight, need, limits, clock, taken)
        value, waited = _worth_of(worth, weight, need, chosen), waited + 1
        if value > best.value:
            best, waited = best._replace(chosen=chosen, value=value), 0
        keys = part / rng.exponential(size=len(part))
    return best
