"""The search: chains, parts of trees, and a few benches at a time that are set anew."""

import math
from collections.abc import Callable

import numpy as np

from carecircles.benches._problem import PEOPLE, Problem, built, costs_over, is_won, value_of
from carecircles.benches._trees import DEAR, Tree, best_chain, best_part, people_at, tree_of, walked
from carecircles.siting._terms import Clock

_PATIENCE = 60
_NEARLY = 0.01  # how much worse than the best a choice may be to search on from it
_Take = Callable[[Problem, Tree, np.ndarray, np.ndarray, int], np.ndarray]


def searched(
    problem: Problem,
    new: int,
    clock: Clock,
    bound: float,
    watch: Callable[[float], None],
) -> tuple[np.ndarray, str]:
    """The best choice found, and why the search ended."""
    rng, count = np.random.default_rng(0), len(problem.is_new)
    nothing = np.array([], dtype=int)
    best, value = nothing, 0.0
    if not new or bound <= PEOPLE:
        return best, "searched"
    around = np.zeros(count)
    np.add.at(around, problem.homes.seat, problem.homes.people[problem.homes.home])
    usual = np.full(count, DEAR)

    def better(trial: np.ndarray) -> bool:
        nonlocal best, value
        reached = value_of(problem, trial)
        if reached <= value + PEOPLE:
            return False
        best, value = _useful(problem, trial), reached
        watch(value)
        return True

    for take in (best_chain, best_part):
        if clock.left() or take is best_chain:  # which takes a moment
            better(_filled(problem, nothing, new, usual, take, rng))
    current, waited, single = best, 0, 0
    while waited < _PATIENCE + len(best) and value < bound - PEOPLE:
        if not clock.left():
            return best, clock.word()
        if single < len(current):  # first one at a time, then a few of them
            kept = np.delete(current, single)
            single += 1
        else:
            kept = _without_some(problem, current, rng)
        price = usual
        if waited % 2:  # other trees: now fewer metres, now past more people
            price = rng.choice([DEAR, 200.0, 50.0]) * rng.uniform(0.8, 1.2, count)
            price /= 1 + rng.choice([0.0, 0.5, 1.0]) * around / max(around.max(initial=0.0), 1.0)
        take = best_chain if rng.random() < 0.5 else best_part
        trial = _filled(problem, _useful(problem, kept), new, price, take, rng)
        waited += 1
        if better(trial):
            current, waited, single = best, 0, 0
        elif waited == _PATIENCE + len(best):
            trial = _exchanged(problem, best, value, clock)
            while better(trial):
                current, waited, single = best, 0, 0
                trial = _exchanged(problem, best, value, clock)
        elif value_of(problem, trial) >= value * (1 - _NEARLY):
            current = trial
    return best, "searched"


def _filled(
    problem: Problem,
    chosen: np.ndarray,
    new: int,
    price: np.ndarray,
    take: _Take,
    rng: np.random.Generator,
) -> np.ndarray:
    """A choice with new benches added, up to so many, until none helps."""
    while len(chosen) < new:
        won = is_won(problem, costs_over(problem, built(problem, chosen)))
        tree = tree_of(problem, chosen, price)
        people = people_at(problem, tree, won, rng)
        more = take(problem, tree, chosen, people, new - len(chosen))
        if not len(more):
            break
        chosen = np.concatenate([chosen, more])
    return chosen


def _useful(problem: Problem, chosen: np.ndarray) -> np.ndarray:
    """A choice without the benches that nobody's shortest walk needs."""
    tree = tree_of(problem, chosen, np.full(len(problem.is_new), math.inf))
    none = np.zeros(len(problem.homes.people), dtype=bool)
    nodes, _ = walked(tree, people_at(problem, tree, none, np.random.default_rng(0)))
    return chosen[np.isin(chosen, nodes)]


def _exchanged(problem: Problem, chosen: np.ndarray, value: float, clock: Clock) -> np.ndarray:
    """A choice better by one bench that stands elsewhere within a leg; the same if there is none."""
    starts, targets = problem.links.indptr, problem.links.indices
    for n, bench in enumerate(chosen):
        near = targets[starts[bench] : starts[bench + 1]]
        for other in near[problem.is_new[near] & ~np.isin(near, chosen)]:
            trial = chosen.copy()
            trial[n] = other
            if not clock.left():
                return chosen
            if value_of(problem, trial) > value + PEOPLE:
                return trial
    return chosen


def _without_some(problem: Problem, chosen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A choice without a few benches: any, or one and those behind it or before it."""
    if len(chosen) < 2:
        return chosen[:0]
    some = int(rng.integers(1, max(2, len(chosen) // 2) + 1))
    if rng.random() < 0.5:
        return np.delete(chosen, rng.choice(len(chosen), some, replace=False))
    middle = chosen[rng.integers(len(chosen))]
    whole = tree_of(problem, chosen, np.full(len(problem.is_new), math.inf)).cost
    apart = np.abs(np.nan_to_num(whole[chosen] - whole[middle], nan=0.0, posinf=1e9))
    return chosen[np.argsort(apart, kind="stable")[some:]]


def in_order(problem: Problem, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A choice in the order in which to build, and the people each bench adds: chains that win most first."""
    usual = np.full(len(problem.is_new), math.inf)
    usual[chosen] = DEAR
    order = _filled(
        problem, np.array([], dtype=int), len(chosen), usual, best_chain, np.random.default_rng(0)
    )
    order = np.concatenate([order, chosen[~np.isin(chosen, order)]])
    values = [value_of(problem, order[:n]) for n in range(len(order) + 1)]
    return order, np.diff(values)
