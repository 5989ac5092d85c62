"""What each candidate is worth at each place, and the smaller problem that says the same."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from scipy import sparse

from carecircles.siting import _bound, _problem
from carecircles.siting._instance import Instance, Measure
from carecircles.siting._problem import Watch
from carecircles.siting._terms import Clock, Solution
from carecircles.siting.search import Memory, Search

_PART = 1e-5  # of a step between worths, which is more than arithmetic makes of none


def worth(made: Instance, of_pair: np.ndarray) -> tuple[sparse.csc_matrix, np.ndarray]:
    """
    What each pair is worth to its place's people, and which place each row is.

    Pairs worth nothing are left out.
    """
    worth = made.people[made.cell]
    worth *= of_pair
    some = (worth > 0) & ~made.is_must[made.column]
    cell, column, worth = made.cell[some], made.column[some], worth[some]
    is_row = np.zeros(len(made.people), dtype=bool)
    is_row[cell] = True
    rows = np.flatnonzero(is_row)
    begins = np.searchsorted(cell, np.append(rows, len(made.people)))  # pairs stand by places
    shape = (len(rows), len(made.candidates))
    return sparse.csr_matrix((worth, column, begins), shape=shape).tocsc(), rows


def followed(
    made: Instance, of_pair: np.ndarray, measure: Measure, search: Search
) -> tuple[Instance, _bound.Leads]:
    """
    The question as it is to be searched, and what is known of it from searches before.

    About fewer candidates than before, it is without the pairs of those that no plan of use can have:
    the dual of the bound before makes one for any of them. `of_pair` is what each pair is worth.
    """
    memory = search.memory
    if memory is None or memory.leads is None:
        leads = _bound.Leads()
        if memory is not None:
            memory.leads = leads
        return made, leads
    if made.candidates is memory.made.candidates:  # type: ignore[union-attr]  # since there are leads
        return made, memory.leads
    if memory.dual is None or search.at_least is None:
        return made, _bound.Leads()
    of_pair = np.where(made.is_must[made.column], 0.0, of_pair)
    over = np.maximum(of_pair - memory.dual[made.cell], 0)
    added = np.bincount(made.column, over, minlength=len(made.price))
    is_row = np.bincount(made.cell, of_pair > 0, minlength=len(made.people)) > 0
    least = search.at_least - measure(made.base, made.depth)
    constant = float(memory.dual[is_row].sum())
    some = _problem.useful(constant, added, made.price, made.budget, least)
    stays = np.isin(made.column, some)
    pairs = (made.cell[stays], made.column[stays], made.metres[stays])
    cell, column, metres = pairs
    return dataclasses.replace(made, cell=cell, column=column, metres=metres), _bound.Leads()


def leads_of(made: Instance, memory: Memory | None) -> _bound.Leads | None:
    """What is known of searches over the same candidates, None if nothing can be."""
    if memory is None or memory.made is None or memory.made.candidates is not made.candidates:
        return None
    memory.leads = memory.leads or _bound.Leads()
    return memory.leads


def small_once(
    made: Instance, problem: _problem.Covering, memory: Memory | None, clock: Clock
) -> _problem.Covering:
    """The covering problem made small, with the help of what was found when it was before."""
    if memory is None or memory.made is None:
        return small(made, problem, clock)[0]
    if made.candidates is memory.made.candidates:
        if memory.small is None:
            memory.small, memory.replaced_by = small(made, problem, clock)
        return memory.small
    is_there = np.zeros(len(memory.made.candidates) + 1, dtype=bool)  # the last one stands for none
    is_there[made.origin] = True
    kept = np.flatnonzero(~is_there[memory.replaced_by[made.origin]])
    return small(made, problem._replace(cover=problem.cover[:, kept], columns=kept), clock)[0]


def remember(
    memory: Memory | None,
    made: Instance,
    leads: _bound.Leads,
    best: np.ndarray,
    rows: np.ndarray,
    became: np.ndarray,
) -> None:
    """Keep what each place counts anyway in the bound; `best` is what rows are worth, and what they became."""
    if memory is None or leads is not memory.leads or leads.dual is None:
        return
    memory.dual = np.zeros(len(made.people))
    is_there = became >= 0
    memory.dual[rows[is_there]] = best[is_there] * leads.dual[became[is_there]]


def small(
    made: Instance, problem: _problem.Covering, clock: Clock
) -> tuple[_problem.Covering, np.ndarray]:
    """
    The covering problem with equal places as one and, in time, without candidates that others replace.

    And which do, by column of the problem; -1 where none does.
    """
    replaced_by = np.full(len(problem.columns), -1)
    if clock.has_for(problem.cover.nnz):
        problem = _problem.merged(problem)
    streets = made.by_street
    if clock.has_for(problem.cover.nnz) and (streets is None or streets.least == 1):
        price = made.price[problem.columns]
        kind = None if streets is None else streets.of_candidate[problem.columns]
        problem, replaced_by = _problem.without_dominated(problem, price, kind)
        problem = _problem.merged(problem)
    return problem, replaced_by


def slack(search: Search, have: float, sign: float, step: float = 0.0) -> Callable[[float], float]:
    """How far a plan of some worth may be from the bound, if worths go in steps; one that is good enough any way."""

    def slack(value: float) -> float:
        objective = have + sign * value
        if search.enough is not None and sign * objective >= sign * search.enough:
            return math.inf
        return max(search.gap * abs(objective), step * (1 - _PART))

    return slack


def in_steps(solution: Solution, step: float) -> Solution:
    """The solution, and as its bound the largest worth up to it that a plan can have where worths go in steps."""
    if not step or not math.isfinite(solution.bound):
        return solution
    most = math.floor(solution.bound / step + _PART / 10) * step
    return solution._replace(bound=max(solution.value, most))


def shifted(watch: Watch | None, have: float, sign: float = 1.0) -> Watch | None:
    return watch and (lambda value, bound: watch(have + sign * value, have + sign * bound))
