"""The plan with the least Kolm-Pollak equivalent distance: the least sum of bent ones."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from carecircles import equity
from carecircles.siting import _nearest
from carecircles.siting._bent import Bend, limits_beside
from carecircles.siting._instance import Instance, limits_of
from carecircles.siting._problem import Watch
from carecircles.siting._terms import Clock, Solution
from carecircles.siting.search import Search

_NEARER = 3.0  # powers of e by which bent distances are told anew


def kappa_of(made: Instance, counts: np.ndarray, epsilon: float) -> float:
    """Kappa of the distances there are; 0 where there are none, by which all distances count alike."""
    today = made.own
    if not np.isfinite(today[counts]).any():
        today = np.full(len(today), math.inf)
        np.minimum.at(today, made.cell, made.metres)
    some = counts & np.isfinite(today)
    kappa = equity.kappa_of(today[some], made.people[some], epsilon)
    return kappa if kappa > 0 else 0.0


def fairest(
    made: Instance,
    people: np.ndarray,
    most: float,
    kappa: float,
    measured: Callable[[np.ndarray, np.ndarray], float],
    search: Search,
    clock: Clock,
) -> Solution:
    """
    The least equivalent distance: the least sum of bent ones, told anew by what a better plan can have at most.

    A plan that is found says from where on nobody of a better one is; what is nearer shows the more then. One as
    good as `search.enough`, an equivalent distance, ends it.
    """
    base, limits = np.minimum(made.base, most), np.full(len(people), most)
    best = Solution(np.array([], int), math.inf, 0.0, clock.word())
    whole = max(float(people.sum()), 1e-12)
    while True:
        bend = Bend(kappa, float(limits[people > 0].max(initial=0.0)))
        try:
            found = _bent_sums(made, people, limits, bend, search, clock)
        except TimeoutError:
            if math.isinf(best.value):
                raise
            return best._replace(status=clock.word())  # a plan of an earlier round is there
        value = measured(_nearest.walked(made, base, found.chosen), made.depth)
        bound = max(best.bound, bend.straight(max(found.bound, 0.0) / whole))
        if value < best.value:
            best = best._replace(chosen=found.chosen, value=value)
        best = best._replace(bound=min(bound, best.value), status=found.status)
        if search.enough is not None and best.value <= search.enough:
            return best
        nearer = limits_beside(best.value, people, limits, kappa) if kappa else limits
        if not (kappa * (limits - nearer)[people > 0] > _NEARER).any() or not clock.left():
            return best
        limits = nearer


def mixed(
    made: Instance,
    people: np.ndarray,
    bend: Bend,
    slope: float,
    search: Search,
    clock: Clock,
) -> Solution:
    """The least sum of distances and, each times a slope, of bent ones; none counts beyond the bend's largest."""

    def both(metres: np.ndarray) -> np.ndarray:
        capped = np.minimum(metres, bend.most)
        summed: np.ndarray = capped + slope * bend.bent(capped)
        return summed

    inner = dataclasses.replace(made, metres=both(made.metres), base=both(made.base))
    beyond = float(both(np.array([bend.most]))[0])
    how = dataclasses.replace(search, watch=None)
    return _nearest.by_nearest(inner, people, beyond, limits_of(made, clock), how, clock)


def _bent_sums(
    made: Instance,
    people: np.ndarray,
    limits: np.ndarray,
    bend: Bend,
    search: Search,
    clock: Clock,
) -> Solution:
    """The least sum of bent distances, each up to the limit of its place."""
    whole = max(float(people.sum()), 1e-12)

    def straight(value: float) -> float:
        return bend.straight(max(value, 0.0) / whole)

    inner = dataclasses.replace(
        made,
        metres=bend.bent(np.minimum(made.metres, limits[made.cell])),
        base=bend.bent(np.minimum(made.base, limits)),
    )
    watched = search.watch and _straight_watch(search.watch, straight)
    # What is good enough is told as a distance; its sum holds while nobody is taken to be nearer than they are.
    enough, is_true = search.enough, bool((limits[people > 0] >= bend.most).all())
    if enough is not None:
        enough = whole * float(bend.bent(np.array([enough]))[0]) if is_true else None
    how = dataclasses.replace(search, watch=watched, enough=enough)
    beyond = float(bend.bent(np.array([bend.most]))[0])
    # Who is within the cutoff, bent distances do not say: the rules are those of the question.
    return _nearest.by_nearest(inner, people, beyond, limits_of(made, clock), how, clock)


def _straight_watch(watch: Watch, straight: Callable[[float], float]) -> Watch:
    return lambda value, bound: watch(straight(value), straight(bound))
