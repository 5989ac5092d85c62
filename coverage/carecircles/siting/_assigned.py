"""Who goes where if no place takes in more than it holds."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from carecircles.errors import ValidationError
from carecircles.reach import pairs_in
from carecircles.reach._pairs import in_pieces
from carecircles.siting import _starts, _swaps, _terms, _worths
from carecircles.siting._instance import Instance, each_once, limits_of
from carecircles.siting._model import Model, placed
from carecircles.siting._problem import Watch
from carecircles.siting._solver import require_reachable
from carecircles.siting._terms import Clock, Known, Limits, Solution, is_within
from carecircles.siting.rules import few
from carecircles.siting.search import Search
from carecircles.words import Sentence


def assigned(
    made: Instance,
    cost: pd.Series,
    capacities: pd.Series,
    beyond: float,
    search: Search,
    clock: Clock,
) -> Solution:
    """The candidates that serve people at the least sum when each centre serves so many at most."""
    must, free = (np.flatnonzero(some) for some in (made.is_must, ~made.is_must))
    labels = made.required.append([made.candidates[must], made.candidates[free]])
    fixed = len(labels) - len(free)
    capacity = capacities.reindex(labels).to_numpy(dtype=float)
    if (capacity < 0).any():
        wrong = few(labels[capacity < 0])
        told = f"capacities: negative for {wrong}; write 0 or more people."
        zh = f"capacities：{wrong.zh} 的容量为负；请写 0 或更多的人数。"
        raise ValidationError([Sentence(told, zh=zh)])
    pairs = pairs_in(cost)
    cell = made.places.get_indexer(pairs.levels[0])[pairs.codes[0]]
    column = labels.get_indexer(pairs.levels[1])[pairs.codes[1]]
    metres = cost.to_numpy(dtype=float)
    some = (column >= 0) & np.isfinite(metres) & (made.people[cell] > 0)
    every = in_pieces(cell[some], column[some], metres[some])
    cell, column, metres = each_once(every, len(made.places), len(labels))
    rows, row = np.unique(cell, return_inverse=True)
    limits = limits_of(made, clock, free)
    if limits.floors is not None:
        problem = limits.floors.problem
        none = sparse.csr_matrix((problem.cover.shape[0], fixed))
        cover = sparse.hstack([none, problem.cover]).tocsr()
        limits = limits._replace(
            floors=limits.floors._replace(problem=problem._replace(cover=cover))
        )
    limits = limits._replace(price=np.concatenate([np.zeros(fixed), limits.price]))
    farthest = np.minimum(made.base, beyond)
    worth = _worths.worth(made, _worths.saving(farthest))[0][:, free]
    guess = _starts.worth_most(worth, limits.price[fixed:], limits.budget)
    if limits.floors is not None and not _terms.is_within(limits, fixed + guess):
        taken = _starts.reaching(limits.floors, limits.price, limits.budget) - fixed
        guess = _starts.worth_most(worth, limits.price[fixed:], limits.budget, taken)
    if len(guess) <= _swaps.MOST_PLACES and clock.left() and limits.floors is None:
        standing = _swaps.Standing(worth, limits.price[fixed:], limits.budget, guess)
        standing.climb(clock)
        guess = standing.columns()
    room = np.where(np.isnan(capacity), math.inf, capacity)
    served = _Served(row.ravel(), column, metres, made.people[rows], room, fixed, beyond)
    solution = _assign(
        served,
        limits,
        start=fixed + guess,
        gap=search.gap,
        clock=clock,
        watch=search.watch,
    )
    chosen = solution.chosen[solution.chosen >= fixed] - fixed
    return solution._replace(chosen=free[chosen], bound=max(solution.bound, 0.0))


class _Served(NamedTuple):
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


def _assign(
    served: _Served,
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


def _sent(served: _Served, chosen: np.ndarray) -> float:
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
