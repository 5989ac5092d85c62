"""The plan with the least weighted distance, found among the nearest candidates of each place."""

import math

import numpy as np

from carecircles.reach._pairs import pieces
from carecircles.siting import _bound, _solver, _starts, _terms, _worths
from carecircles.siting._instance import Instance, begins_of
from carecircles.siting._terms import Clock, Limits, Solution
from carecircles.siting.found import raised
from carecircles.siting.search import Search

_NEAREST = 16  # candidates of each place that a search begins with, at least
_NEAREST_SHARE = 3.0  # and as many times those as there are to each new centre
_PAIRS_AT_ONCE = 1_000_000


def by_nearest(
    made: Instance,
    people: np.ndarray,
    beyond: float,
    limits: Limits,
    search: Search,
    clock: Clock,
) -> Solution:
    """
    The candidates with the least weighted metres, found among the nearest ones of each place.

    No place is taken to have farther than to the candidate after those, by which every plan is worth
    what it is or better. Where the best one leaves no place farther, it is the best of all; else the
    places it does have twice as many. García, Labbé and Marín, INFORMS J. on Computing 23 (2011).
    """
    base = np.minimum(made.base, beyond)
    leads = _worths.leads_of(made, search.memory)
    if leads is None:
        made, leads = _worths.sifted(made, _worths.saving(base), clock)
    share = _NEAREST_SHARE * float(made.price.sum()) / max(made.budget, 1e-9)
    count = np.full(len(people), int(min(max(_NEAREST, math.ceil(share)), len(made.price) + 1)))
    best = _near(made, people, base, limits, clock)
    while True:
        if not clock.has_for(len(made.cell)):
            if math.isinf(best.value):
                raise TimeoutError
            return best
        farthest = _after(made, count, base)
        if leads.limits is None or not np.array_equal(leads.limits, farthest):
            leads.cuts, leads.limits = None, farthest  # cuts hold for the same limits only
        try:
            found = _at_most(made, people, farthest, limits, leads, search, clock)
        except TimeoutError:
            if math.isinf(best.value):
                raise
            return best._replace(status=clock.word())  # a plan of an earlier round is there
        metres = walked(made, base, found.chosen)
        value, bound = float((people * metres).sum()), max(best.bound, found.bound)
        if value < best.value:
            best = found._replace(value=value)
        leads.chosen = best.chosen
        best = best._replace(bound=min(bound, best.value), status=found.status)
        is_far = (people > 0) & (metres > farthest)
        is_enough = search.enough is not None and best.value <= search.enough
        if not is_far.any() or is_enough or best.value - best.bound <= search.gap * best.value:
            return best
        if not clock.left():
            return best._replace(status=clock.word())
        count[is_far] *= 2


def _near(
    made: Instance, people: np.ndarray, base: np.ndarray, limits: Limits, clock: Clock
) -> Solution:
    """Candidates that are near to a part of the places, and the least that all can have."""
    nearest = walked(made, base, np.arange(len(made.candidates)))
    none = np.zeros(len(people), dtype=bool)
    every = max(1, len(made.cell) // _PAIRS_AT_ONCE)
    is_in = none.copy()
    is_in[::every] = True

    def saved(cell: np.ndarray, metres: np.ndarray) -> np.ndarray:
        return np.where(is_in[cell], base[cell] - metres, 0.0)

    worth, _ = _worths.worth(made, saved)
    chosen = _starts.worth_most(worth, limits.price, limits.budget)
    if limits.floors is not None and not _terms.is_within(limits, chosen):
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
        chosen = _starts.worth_most(worth, limits.price, limits.budget, taken)
    is_plan = _terms.is_within(limits, chosen)
    value = float((people * walked(made, base, chosen)).sum()) if is_plan else math.inf
    return Solution(chosen, value, float((people * nearest).sum()), clock.word())


def walked(made: Instance, base: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Metres of each place to the nearest of some candidates, `base` at most."""
    is_open = np.zeros(len(made.candidates), dtype=bool)
    is_open[chosen] = True
    metres = base.copy()
    for some in pieces(len(made.cell)):
        is_own = is_open[made.column[some]]
        np.minimum.at(metres, made.cell[some][is_own], made.metres[some][is_own])
    return metres


def _at_most(
    made: Instance,
    people: np.ndarray,
    farthest: np.ndarray,
    limits: Limits,
    leads: _bound.Leads,
    search: Search,
    clock: Clock,
) -> Solution:
    """The candidates with the least weighted metres where no place has farther than so."""
    have = float((people * farthest).sum())

    solution = _solver.maximize(
        _worths.worth(made, _worths.saving(farthest))[0],
        limits,
        slack=_worths.slack(search, have, -1.0),
        clock=clock,
        watch=_worths.shifted(search.watch, have, -1.0),
        leads=leads,
    )
    return raised(solution, have, -1.0)


def _after(made: Instance, count: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Metres of each place to the candidate after its `count` nearest, `base` at most."""
    begins = begins_of(made)
    size, farthest = np.diff(begins), base.copy()
    for number in np.unique(count):
        places = np.flatnonzero((count == number) & (size > number))
        step = max(1, _PAIRS_AT_ONCE // max(1, int(size.max(initial=1))))
        for some in (places[n : n + step] for n in range(0, len(places), step)):
            width = int(size[some].max())
            at = begins[some][:, None] + np.arange(width)
            is_own = np.arange(width) < size[some][:, None]
            metres = np.where(is_own, made.metres[np.where(is_own, at, 0)], math.inf)
            metres.partition(number, axis=1)
            farthest[some] = np.minimum(metres[:, number], base[some])
    return farthest
