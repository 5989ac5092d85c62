"""The least radius within which so many centres have everybody."""

import math

import numpy as np
from scipy import sparse

from carecircles.errors import InfeasibleError
from carecircles.siting import _cover, _nearest, _starts, _terms, _worths
from carecircles.siting._instance import Instance, covering_of, limits_of
from carecircles.siting._terms import Clock, Solution
from carecircles.siting.search import Search
from carecircles.words import Sentence


def bisected(made: Instance, counts: np.ndarray, search: Search, clock: Clock) -> Solution:
    """The least radius within which everybody who counts can have a centre, by halving."""
    nearest = made.base.copy()
    np.minimum.at(nearest, made.cell, made.metres)
    low, high = (float(metres[counts].max(initial=0.0)) for metres in (nearest, made.base))
    best, farthest = _far_apart(made, counts, clock)
    if best is not None:
        low, high = min(low, farthest), farthest
        if not clock.has_for(len(made.cell)):
            return Solution(best, high, low, clock.word())
    radii = np.concatenate([made.metres, made.base[counts], [low]])
    radii = np.unique(radii[(radii >= low) & (radii <= high) & np.isfinite(radii)])
    first, last, word = 0, len(radii) - 1, "optimal"
    if best is None:
        best = _radius_plan(made, counts, float(radii[last]), clock)
    if best is None:
        told = Sentence(
            f"{made.said} cannot reach everyone within the table and keep to the rules; allow more, or "
            "give a table that goes farther.",
            zh=f"{made.said.zh}时，无法既覆盖距离表内的所有人又满足条件；请放宽上限，或给出范围更远的距离表。",
        )
        raise InfeasibleError(told)
    while radii[last] - radii[first] > search.gap * radii[last]:
        if not clock.has_for(len(made.cell)):
            word = clock.word()
            break
        if search.watch:
            search.watch(float(radii[last]), float(radii[first]))
        middle = (first + last) // 2
        try:
            found = _radius_plan(made, counts, float(radii[middle]), clock)
        except TimeoutError:
            word = clock.word()
            break
        if found is None:
            first = middle + 1
        else:
            best, last = found, middle
    return Solution(best, float(radii[last]), float(radii[first]), word)


def _far_apart(made: Instance, counts: np.ndarray, clock: Clock) -> tuple[np.ndarray | None, float]:
    """Candidates each near whoever has it farthest, None if they are no plan, and how far that is then."""
    begins = np.searchsorted(made.cell, np.arange(len(counts) + 1))
    shape = (len(counts), len(made.candidates))
    pairs = sparse.csr_matrix((made.metres, made.column, begins), shape=shape)
    limits, base = limits_of(made, clock), np.where(counts, made.base, 0.0)
    taken = np.array([], dtype=int)
    for _ in range(2):
        near = np.where(counts, _nearest.walked(made, base, taken), 0.0)
        spare = limits.budget - float(limits.price[taken].sum())
        chosen, near = _starts.farthest_first(near, pairs, limits.price, spare)
        chosen, farthest = np.union1d(taken, chosen).astype(int), float(near.max(initial=0.0))
        if math.isfinite(farthest) and _terms.is_within(limits, chosen):
            return chosen, farthest
        if limits.floors is None:
            break
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
    return None, math.inf


def _radius_plan(
    made: Instance, counts: np.ndarray, radius: float, clock: Clock
) -> np.ndarray | None:
    """Candidates within the limits that reach everybody within a radius, or None if there are none."""
    is_row = (made.base > radius) & counts
    problem, rows = covering_of(made, is_row, radius)
    if len(rows) < is_row.sum():
        return None
    problem = problem._replace(weight=np.ones(len(rows)))
    if made.least is None and made.by_street is None:
        problem = _worths.small(made, problem, clock)[0]
        need, limits = np.ones(len(problem.weight)), limits_of(made, clock, problem.columns)
        tried = _starts.fill(problem.cover.tocsc(), problem.weight, need, limits, clock)
        if (problem.cover[:, tried].sum(axis=1) > 0).all():
            return np.asarray(problem.columns[tried])
    if clock.left() == 0:
        raise TimeoutError
    try:
        solution = _cover.minimize(
            problem,
            limits_of(made, clock, problem.columns),
            least=float(problem.weight.sum()),
            gap=0.0,
            clock=clock,
        )
    except _terms.NoPlanError:
        return None
    return np.asarray(problem.columns[solution.chosen])
