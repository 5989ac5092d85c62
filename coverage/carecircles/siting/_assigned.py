"""Who goes where if no place takes in more than it holds."""

import math

import numpy as np
import pandas as pd
from scipy import sparse

from carecircles.errors import ValidationError
from carecircles.reach import pairs_in
from carecircles.siting import _search, _solver, _starts, _terms, _worths
from carecircles.siting._terms import Clock, Solution
from carecircles.siting.question import (
    Instance,
    Search,
    each_once,
    few,
    limits_of,
)
from carecircles.words import Sentence


def assigned(
    made: Instance,
    demand: pd.DataFrame,
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
    cell = demand.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
    column = labels.get_indexer(pairs.levels[1])[pairs.codes[1]]
    metres = cost.to_numpy(dtype=float)
    some = (column >= 0) & np.isfinite(metres) & (made.people[cell] > 0)
    cell, column, metres = each_once(cell[some], column[some], metres[some])
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
    worth = _worths.worth(made, np.minimum(made.base, beyond)[made.cell] - made.metres)[0][:, free]
    guess = _starts.worth_most(worth, limits.price[fixed:], limits.budget)
    if limits.floors is not None and not _terms.is_within(limits, fixed + guess):
        taken = _starts.reaching(limits.floors, limits.price, limits.budget) - fixed
        guess = _starts.worth_most(worth, limits.price[fixed:], limits.budget, taken)
    if len(guess) <= _search.MOST_PLACES and clock.left() and limits.floors is None:
        standing = _search.Standing(worth, limits.price[fixed:], limits.budget, guess)
        standing.climb(clock)
        guess = standing.columns()
    room = np.where(np.isnan(capacity), math.inf, capacity)
    served = _solver.Served(row.ravel(), column, metres, made.people[rows], room, fixed, beyond)
    solution = _solver.assign(
        served,
        limits,
        start=fixed + guess,
        gap=search.gap,
        clock=clock,
        watch=search.watch,
    )
    chosen = solution.chosen[solution.chosen >= fixed] - fixed
    return solution._replace(chosen=free[chosen], bound=max(solution.bound, 0.0))
