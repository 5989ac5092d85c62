"""The cheapest columns that cover so much weight: set cover, and its partial form."""

import contextlib
import math

import numpy as np

from carecircles import _highs
from carecircles._highs import Program
from carecircles.errors import SolverError
from carecircles.siting import _problem, _solver, _starts
from carecircles.siting._model import TOLERANCE, Model
from carecircles.siting._problem import Covering, Watch
from carecircles.siting._solver import REACH_S, require_reachable
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

_FIRST_STEPS = 100  # without success before the bound is asked for, at most; as many as columns
_STEPS = 30  # and after it, times as many as columns; as many where any that is good enough will do


def minimize(
    problem: Covering,
    limits: Limits,
    *,
    least: float,
    gap: float,
    clock: Clock,
    watch: Watch | None = None,
    enough: float = -math.inf,
) -> Solution:
    """
    The cheapest columns that cover at least so much weight; `value` and `bound` are prices.

    Any that cost no more than is good `enough` will do.
    """
    is_all = least >= problem.weight.sum() * (1 - FEASIBLE)
    start, bound = _enough(problem, limits, least), _least_price(problem, limits, least)
    is_plain = is_all and limits.floors is None and not math.isnan(start.value)
    if math.isfinite(limits.budget) and not is_plain:
        if not _solver.can_cover(problem, limits, least, clock.part(0.1, most=REACH_S)):
            raise NoPlanError
        require_reachable(limits, clock)
    if clock.has_for(problem.cover.nnz):
        if is_all:
            problem = _problem.without_implied(problem)
        if is_plain:
            wanted = enough, gap
            start, bound = _with_less(
                problem, limits.price, start, bound, wanted=wanted, clock=clock, watch=watch
            )
        if bound > limits.budget * (1 + TOLERANCE):
            raise NoPlanError
    start = _solver.if_allowed(start, limits)
    if start.value <= max(enough, bound + gap * start.value):
        return Solution(start.chosen, start.value, bound, "optimal")
    if not clock.has_for(problem.cover.nnz):
        if math.isnan(start.value):
            raise TimeoutError
        return Solution(start.chosen, start.value, bound, clock.word())
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
    wanted: tuple[float, float],
    clock: Clock,
    watch: Watch | None,
) -> tuple[Known, float]:
    """
    Columns that cover all rows for less, and what none can cost less than.

    What is `wanted` is a price that is good enough, and a gap.
    """
    size = problem.cover.shape
    of_rows, of_columns = np.ones(size[0]), np.ones(size[1])
    cover, (enough, gap) = problem.cover, wanted
    program = Program(
        price, 0 * of_columns, of_columns, of_columns < 0, cover.indptr, cover.indices, cover.data,
        of_rows, of_rows * math.inf, is_maximum=False,
    )  # fmt: skip
    steps = min(_FIRST_STEPS, size[1]), size[1] * (_STEPS if math.isinf(enough) else 1)
    for number, patience in enumerate(steps):
        most = max(enough, bound * (1 + gap))
        chosen = _starts.fewer(problem, price, start.chosen, clock, patience=patience, enough=most)
        start = Known(chosen, float(price[chosen].sum()))
        if watch:
            watch(start.value, bound)
        if start.value <= most or not clock.left():
            break
        if number == 0:
            with contextlib.suppress(SolverError):
                answer = _highs.run(
                    program, seconds=clock.left(), stopped=clock.stopped, solver="ipm", run_crossover="off"
                )  # fmt: skip
                if answer.duals is not None:  # any of them make a bound, if they are not negative
                    dual = np.maximum(np.nan_to_num(answer.duals, posinf=0.0), 0)
                    value = dual.sum() + np.minimum(price - cover.T @ dual, 0).sum()
                    bound = max(bound, _whole_if_prices_are(float(value), price))
            if math.isfinite(enough) and bound > enough * (1 + TOLERANCE):
                break
    return start, bound


def _enough(problem: Covering, limits: Limits, least: float) -> Known:
    """Columns that cover so much weight and keep to the floors, for any price; of no worth if there are none."""
    is_all = least >= problem.weight.sum() * (1 - FEASIBLE)
    even = problem._replace(weight=np.ones(len(problem.weight))) if is_all else problem
    enough = even.weight.sum() if is_all else least * (1 - FEASIBLE)
    chosen = _starts.covering(even, limits.price, enough)
    if limits.floors is not None:
        chosen = np.union1d(chosen, _starts.reaching(limits.floors, limits.price, limits.budget))
    covered = problem.weight[np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel() > 0].sum()
    is_plan = covered >= least * (1 - FEASIBLE) and is_within(
        limits._replace(budget=math.inf), chosen
    )
    return Known(chosen, float(limits.price[chosen].sum()) if is_plan else math.nan)
