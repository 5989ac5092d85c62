"""The least radius within which so many centres have everybody."""

import dataclasses
import math

import numpy as np
from scipy import sparse

from carecircles.errors import InfeasibleError
from carecircles.siting import _cover, _nearest, _starts, _terms, _worths
from carecircles.siting._instance import Instance, begins_of, covering_of, kept, limits_of
from carecircles.siting._terms import Clock, Limits, Solution
from carecircles.siting.search import Search
from carecircles.words import Sentence

_MANY = 500_000  # pairs, from which on radii are halved until fewer are left
_NEAR = 1e-3  # of a radius, which the next may be nearer by
_SURE = 1e-9  # share of a budget by which sums of prices have to be more


def bisected(made: Instance, counts: np.ndarray, search: Search, clock: Clock) -> Solution:
    """The least radius within which everybody who counts can have a centre, by halving."""
    nearest = _nearest.walked(made, made.base, np.arange(len(made.candidates)))
    low, high = (float(metres[counts].max(initial=0.0)) for metres in (nearest, made.base))
    limits = limits_of(made, clock)
    best, farthest = _far_apart(made, counts, limits)
    if best is not None:
        low, high = min(low, farthest), farthest
        if not clock.has_for(len(made.cell)):
            return Solution(best, high, low, clock.word())
        made, best, low, high = _narrowed(made, counts, limits, best, (low, high), clock)
    asked = _between(made, counts, low, high)
    radii = np.concatenate([asked.metres, made.base[counts], [low]])
    radii = np.unique(radii[(radii >= low) & (radii <= high) & np.isfinite(radii)])
    first, last, word = 0, len(radii) - 1, "optimal"
    if best is None:
        best = _radius_plan(asked, limits, counts, float(radii[last]), clock)
    if best is None:
        told = Sentence(
            f"{made.said} cannot reach everyone within the table and keep to the rules; allow more, or "
            "give a table that goes farther.",
            zh=f"{made.said.zh}时，无法既覆盖距离表内的所有人又满足条件；请放宽上限，或给出范围更远的距离表。",
        )
        raise InfeasibleError(told)
    while radii[last] - radii[first] > search.gap * radii[last]:
        if not clock.has_for(len(asked.cell)):
            word = clock.word()
            break
        if search.watch:
            search.watch(float(radii[last]), float(radii[first]))
        middle = (first + last) // 2
        try:
            found = _radius_plan(asked, limits, counts, float(radii[middle]), clock)
        except TimeoutError:
            word = clock.word()
            break
        if found is None:
            first = middle + 1
            asked = _between(asked, counts, float(radii[first]), float(radii[last]))
        else:
            best, last = found, middle
    return Solution(best, float(radii[last]), float(radii[first]), word)


def _narrowed(
    made: Instance,
    counts: np.ndarray,
    limits: Limits,
    best: np.ndarray,
    ends: tuple[float, float],
    clock: Clock,
) -> tuple[Instance, np.ndarray, float, float]:
    """The question between radii so near to each other that few pairs are left, the plan of the larger one, and both."""
    low, high = ends
    while len(made.cell) > _MANY and high - low > _NEAR * high and clock.has_for(len(made.cell)):
        middle = (low + high) / 2
        try:
            found = _radius_plan(made, limits, counts, middle, clock)
        except TimeoutError:
            break
        if found is None:
            made = _between(made, counts, middle, high)
            low = _first_beyond(made, counts, middle)
        else:
            best, high = found, middle
    return made, best, low, high


def _first_beyond(made: Instance, counts: np.ndarray, radius: float) -> float:
    """The least distance beyond a radius: what cannot be done within it needs at least that."""
    metres = np.concatenate([made.metres, made.base[counts]])
    return float(metres[metres > radius].min())


def _between(made: Instance, counts: np.ndarray, low: float, high: float) -> Instance:
    """The question with the pairs that can matter where the radius is between two."""
    is_open = counts & (made.base > low)
    cell, column, metres = kept(
        made, lambda cell, _column, metres: is_open[cell] & (metres <= high)
    )
    return dataclasses.replace(made, cell=cell, column=column, metres=metres)


def _far_apart(
    made: Instance, counts: np.ndarray, limits: Limits
) -> tuple[np.ndarray | None, float]:
    """Candidates each near whoever has it farthest, None if they are no plan, and how far that is then."""
    pairs = (begins_of(made), made.column, made.metres)
    base = np.where(counts, made.base, 0.0)
    taken = np.array([], dtype=int)
    for _ in range(2):
        near = np.where(counts, _nearest.walked(made, base, taken), 0.0)
        spare = limits.budget - float(limits.price[taken].sum())
        chosen, near = _starts.farthest_first(near, *pairs, limits.price, spare)
        chosen, farthest = np.union1d(taken, chosen).astype(int), float(near.max(initial=0.0))
        if math.isfinite(farthest) and _terms.is_within(limits, chosen):
            return chosen, farthest
        if limits.floors is None:
            break
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
    return None, math.inf


def _radius_plan(
    made: Instance, limits: Limits, counts: np.ndarray, radius: float, clock: Clock
) -> np.ndarray | None:
    """Candidates within the limits that reach everybody within a radius, or None if there are none."""
    is_row = (made.base > radius) & counts
    problem, rows = covering_of(made, is_row, radius)
    if len(rows) < is_row.sum() or _is_too_dear(problem.cover, limits):
        return None
    problem = problem._replace(weight=np.ones(len(rows)))
    if limits.floors is None:
        problem = _worths.small(made, problem, clock)[0]
        limits = limits._replace(price=limits.price[problem.columns])
    if clock.left() == 0:
        raise TimeoutError
    try:
        solution = _cover.minimize(
            problem,
            limits,
            least=float(problem.weight.sum()),
            gap=0.0,
            clock=clock,
            enough=limits.budget,
        )
    except _terms.NoPlanError:
        return None
    return np.asarray(problem.columns[solution.chosen])


def _is_too_dear(cover: sparse.csr_matrix, limits: Limits) -> bool:
    """Whether there are rows that have no column in common, each with its cheapest, for more than the budget."""
    if not cover.nnz:
        return False
    size, price, spare = np.diff(cover.indptr), limits.price, limits.budget * (1 + _SURE) + _SURE
    if (price == price[0]).all():  # as nearly always
        least = np.full(len(size), price[0])
    else:
        least = np.minimum.reduceat(price[cover.indices], cover.indptr[:-1])
    is_apart, taken = np.ones(len(size), dtype=bool), np.zeros(cover.shape[1], dtype=bool)
    while spare >= 0 and is_apart.any():
        row = int(np.where(is_apart, size, cover.shape[1] + 1).argmin())
        spare -= least[row]
        taken[cover.indices[cover.indptr[row] : cover.indptr[row + 1]]] = True
        is_apart = ~np.logical_or.reduceat(taken[cover.indices], cover.indptr[:-1])
    return bool(spare < 0)
