"""What each candidate is worth at each place, and the smaller problem that says the same."""

import dataclasses
import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

from carecircles.reach._pairs import pieces, put_in_order
from carecircles.siting import _bound, _problem, _solver
from carecircles.siting._instance import Instance, Measure, kept
from carecircles.siting._problem import Watch
from carecircles.siting._terms import Clock, Limits, Solution
from carecircles.siting.search import Memory, Search

# Of a person at some places how much counts that far from a candidate.
Share = Callable[[np.ndarray, np.ndarray], np.ndarray]

_WIDE = 1_000_000  # pairs from which a question is sifted
_AT_ONCE = 500_000  # pairs of a part that is searched
_TURNS = 4  # how often at most
_FEWER = 0.5  # to what share of the pairs each time has to bring them down
_FEWEST = 8  # candidates of a part to each that opens, at least
_FIRST_SHARE = 0.3  # of the time
_PART = 1e-5  # of a step between worths, which is more than arithmetic makes of none


def worth(made: Instance, share: Share) -> tuple[sparse.csc_matrix, np.ndarray]:
    """
    What each pair is worth to its place's people by a share of them, and which place each row is.

    Pairs worth nothing are left out.
    """
    parts = [(made.cell[:0], made.column[:0], np.array([]))]
    for cell, column, of_pair in _told(made, share):
        some = (of_pair > 0) & ~made.is_must[column]
        parts.append((cell[some], column[some], of_pair[some]))
    is_row = np.zeros(len(made.people), dtype=bool)
    for cell, _, _ in parts:
        is_row[cell] = True
    rows, row_of = np.flatnonzero(is_row), np.cumsum(is_row) - 1
    shape = (len(rows), len(made.candidates))
    begins, row, of_pair = put_in_order(
        lambda: ((column, row_of[cell], worth) for cell, column, worth in parts),
        len(made.candidates),
        other=np.int32,
    )
    return sparse.csc_matrix((of_pair, row, begins), shape=shape), rows


def saving(most: np.ndarray) -> Share:
    """How much nearer than so far each place has a candidate."""
    return lambda cell, metres: most[cell] - metres


def _told(made: Instance, share: Share) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Place and candidate of the pairs, and what each is worth to its people, piece by piece."""
    for some in pieces(len(made.cell)):
        cell = made.cell[some]
        yield cell, made.column[some], made.people[cell] * share(cell, made.metres[some])


def followed(
    made: Instance, share: Share, measure: Measure, search: Search, clock: Clock
) -> tuple[Instance, _bound.Leads]:
    """
    The question as it is to be searched, and what is known of it from searches before.

    About fewer candidates than before, it is without the pairs of those that no plan of use can have:
    the dual of the bound before makes one for any of them. Alone it is `sifted`. Pairs are worth a share of their people.
    """
    memory = search.memory
    if memory is None:
        return sifted(made, share, clock)
    if memory.leads is None:
        memory.leads = _bound.Leads()
        return made, memory.leads
    if made.candidates is memory.made.candidates:  # type: ignore[union-attr]  # since there are leads
        return made, memory.leads
    if memory.dual is None or search.at_least is None:
        return made, _bound.Leads()
    added, is_row = _beyond(made, share, memory.dual)
    least = search.at_least - measure(made.base, made.depth)
    constant = float(memory.dual[is_row].sum())
    some = _problem.useful(constant, added, made.price, made.budget, least)
    return _of_some(made, some), _bound.Leads()


def sifted(made: Instance, share: Share, clock: Clock) -> tuple[Instance, _bound.Leads]:
    """
    The question without the pairs of candidates that no plan better than a known one can have, and that plan.

    It is searched with some candidates alone, spread evenly at first, then those that promise most: the dual of
    their bound makes one for all others, which are looked at a piece at a time. So a large question never
    stands whole in memory. Where the rules ask for more than a budget it is left as it is.
    """
    has_more = made.by_street is not None or made.least is not None or made.mean is not None
    leads, limits = _bound.Leads(), Limits(made.price, made.budget)
    if has_more or len(made.cell) <= _WIDE or not clock.has_for(_TURNS * len(made.cell)):
        return made, leads
    size = np.zeros(len(made.price), dtype=np.int64)
    for some in pieces(len(made.cell)):
        size += np.bincount(made.column[some], minlength=len(size))
    there = np.flatnonzero((size > 0) & (made.price <= made.budget) & ~made.is_must)
    few = there[:: -(-len(made.cell) // _AT_ONCE)]
    if len(few) < _FEWEST * np.sort(made.price[there]).cumsum().searchsorted(made.budget):
        return made, leads
    left, own = int(size.sum()), clock.part(_FIRST_SHARE)
    for _ in range(_TURNS):
        worth_of_few, rows = worth(_of_some(made, np.union1d(few, leads.chosen)), share)
        leads.cuts = None
        best, _, _ = _solver.bounded(
            worth_of_few, limits, leads, slack=lambda _: 0.0, clock=own, watch=None
        )
        leads.chosen = best.chosen
        if leads.dual is None:
            return made, leads
        dual = np.zeros(len(made.people))
        dual[rows] = worth_of_few.max(axis=1).toarray().ravel() * leads.dual
        added, _ = _beyond(made, share, dual)
        useful = _problem.useful(float(dual.sum()), added, made.price, made.budget, best.value)
        useful = np.union1d(useful, best.chosen).astype(int)
        before, left = left, int(size[useful].sum())
        if left <= _AT_ONCE or left > before * _FEWER or not own.left():
            break
        promising = useful[np.argsort(-added[useful], kind="stable")]
        few = promising[size[promising].cumsum() <= _AT_ONCE]
    return _of_some(made, useful), _bound.Leads(leads.chosen)


def _beyond(made: Instance, share: Share, dual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each candidate is worth beyond what places count anyway, and which places are worth anything to one."""
    added, is_row = np.zeros(len(made.price)), np.zeros(len(made.people), dtype=bool)
    for cell, column, of_pair in _told(made, share):
        of_pair[made.is_must[column]] = 0.0
        np.add.at(added, column, np.maximum(of_pair - dual[cell], 0))
        is_row[cell[of_pair > 0]] = True
    return added, is_row


def _of_some(made: Instance, candidates: np.ndarray) -> Instance:
    """The question with the pairs of some of its candidates alone."""
    stays = np.zeros(len(made.price), dtype=bool)
    stays[candidates] = True
    cell, column, metres = kept(made, lambda _cell, column, _metres: stays[column])
    return dataclasses.replace(made, cell=cell, column=column, metres=metres)


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
