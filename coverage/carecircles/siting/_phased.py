"""
What to open when: the timetable of sites that is worth most over all phases, and what none can beat.

A site that opens in a phase covers its rows in that phase and all later ones. So a timetable is a choice of
pairs of phase and site, `moves`, each a column over the rows of all phases, within the means of every phase.
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import sparse

from carecircles.siting import _bound, _problem
from carecircles.siting._model import Model, placed
from carecircles.siting._problem import Covering, Watch
from carecircles.siting._terms import FEASIBLE, Clock, Known, Limits, Solution

_ARITHMETIC = 1e-8
_EXACT = 1e-9
_BOUND_SHARE = 0.5  # of the time, for the bound before HiGHS is asked for a timetable
_MOST_EXCHANGES = 200


class Phased(NamedTuple):
    """
    A question of several phases, made small.

    `covers` and `weights` are of each phase: which rows each site covers then, and how much that counts. A site
    costs its `price`; `means` are what each phase may spend, what is left is carried on if `carry`.
    """

    covers: list[sparse.csr_matrix]
    weights: list[np.ndarray]
    price: np.ndarray
    means: np.ndarray
    carry: bool


def spare(asked: Phased, opened: np.ndarray) -> np.ndarray:
    """What could still be spent in each phase; below 0 where it is too much. `opened` is the phase of each site."""
    count = len(asked.means)
    spent = np.bincount(opened, asked.price, minlength=count + 1)[:count]
    if not asked.carry:
        return np.asarray(asked.means * (1 + FEASIBLE) - spent)
    left = np.cumsum(asked.means) * (1 + FEASIBLE) - np.cumsum(spent)
    return np.asarray(np.minimum.accumulate(left[::-1])[::-1])


def worth_of(asked: Phased, opened: np.ndarray) -> float:
    """What a timetable is worth."""
    total = 0.0
    for phase, (cover, weight) in enumerate(zip(asked.covers, asked.weights, strict=True)):
        depth = cover @ (opened <= phase).astype(float)
        total += float(weight[depth > 0.5].sum())
    return total


class Timetable:
    """
    A timetable that changes site by site, and what any other site would add.

    A class because each change touches only the rows of a site. `opened` is the phase in which each site
    opens, the number of phases where never; `depth` how many open sites each row has in each phase.
    """

    def __init__(self, asked: Phased, opened: np.ndarray | None = None) -> None:
        self.asked, self.count = asked, len(asked.means)
        self.by_site = [cover.T.tocsr() for cover in asked.covers]
        self.opened = np.full(len(asked.price), self.count)
        self.depth = [np.zeros(len(weight), dtype=np.int64) for weight in asked.weights]
        told = self.opened.copy() if opened is None else opened
        for site in np.flatnonzero(told < self.count).tolist():
            self.put(site, int(told[site]))

    def put(self, site: int, phase: int) -> None:
        """Let a site open in a phase, or never."""
        was, self.opened[site] = self.opened[site], phase
        for changed in range(min(was, phase), max(was, phase)):
            by_site = self.by_site[changed]
            rows = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
            self.depth[changed][rows] += 1 if phase < was else -1

    def gains(self) -> np.ndarray:
        """What each site would add if it opened in each phase: phases x sites; none for those that open."""
        gains = np.zeros((self.count, len(self.opened)))
        later = np.zeros(len(self.opened))
        for phase in reversed(range(self.count)):
            bare = np.where(self.depth[phase] == 0, self.asked.weights[phase], 0.0)
            later = later + self.by_site[phase] @ bare
            gains[phase] = later
        gains[:, self.opened < self.count] = -math.inf
        return gains

    def fill(self) -> None:
        """Open sites as long as one adds anything, the earliest phase first, those that add most for their price."""
        least = _EXACT * max(1.0, sum(float(weight.sum()) for weight in self.asked.weights))
        paid = np.maximum(self.asked.price, _EXACT)
        for phase in range(self.count):
            while True:
                gain = self.gains()[phase]
                gain[self.asked.price > spare(self.asked, self.opened)[phase]] = -math.inf
                gain[gain <= least] = -math.inf
                site = int((gain / paid).argmax()) if len(gain) else 0
                if not len(gain) or math.isinf(gain[site]):
                    break
                self.put(site, phase)

    def climb(self, clock: Clock) -> None:
        """Put another site, or another phase, in the place of one, or let two change phases, while that gains."""
        value, has_gained = worth_of(self.asked, self.opened), True
        while has_gained and clock.left():
            has_gained = False
            for site in np.flatnonzero(self.opened < self.count).tolist():
                if not clock.left():
                    break
                was = int(self.opened[site])
                self.put(site, self.count)
                gains = self.gains()
                own = gains[was, site]
                gains[self.asked.price > spare(self.asked, self.opened)[:, None]] = -math.inf
                phase, other = divmod(int(gains.argmax()), len(self.opened))
                if gains[phase, other] > own + _EXACT * max(1.0, value):
                    self.put(other, phase)
                    value, has_gained = value - own + gains[phase, other], True
                else:
                    self.put(site, was)
            has_gained |= self._exchange(clock)
            self.fill()

    def _exchange(self, clock: Clock) -> bool:
        """Let two sites change phases where that gains; whether any did."""
        has_gained, value, tried = False, worth_of(self.asked, self.opened), 0
        some = np.flatnonzero(self.opened < self.count).tolist()
        for place, one in enumerate(some):
            for other in some[place + 1 :]:
                a, b = int(self.opened[one]), int(self.opened[other])
                if a == b or tried >= _MOST_EXCHANGES or not clock.left():
                    continue
                tried += 1
                changed = self.opened.copy()
                changed[one], changed[other] = b, a
                now = worth_of(self.asked, changed)
                is_paid = (spare(self.asked, changed) >= 0).all()
                if is_paid and now > value + _EXACT * max(1.0, value):
                    self.put(one, b)
                    self.put(other, a)
                    value, has_gained = now, True
        return has_gained


class PhasedBound(NamedTuple):
    """What no timetable can beat, and how much less with each move (phases x sites)."""

    value: float
    missing: np.ndarray


def scheduled(
    asked: Phased, *, gap: float, have: float, clock: Clock, watch: Watch | None = None
) -> tuple[np.ndarray, Solution]:
    """
    The phase in which each site opens, and the proof; `have` is what is there anyway, of which `gap` is a share too.
    """
    plan = Timetable(asked)
    plan.fill()
    plan.climb(clock.part(0.2))
    value, size = worth_of(asked, plan.opened), len(asked.price)
    most = sum(float(w[np.diff(c.indptr) > 0].sum()) for c, w in zip(asked.covers, asked.weights, strict=True))  # fmt: skip

    def slack(worth: float) -> float:
        return max(gap * (have + worth), _ARITHMETIC * max(1.0, have + worth))

    aim = _bound.Aim(value, slack(value), watch)
    found, part = _bounded(asked, plan.opened, aim, clock.part(_BOUND_SHARE))
    bound = min(most, found.value)
    if bound - value > slack(value) and clock.left():
        other = Timetable(asked, _rounded(asked, part))
        other.fill()
        other.climb(clock.part(0.2))
        if (now := worth_of(asked, other.opened)) > value:
            plan, value = other, now
    best, none = plan.opened, np.array([], dtype=int)
    if bound - value <= slack(value):
        return best, Solution(none, value, max(bound, value), "optimal")
    kept = found.missing <= found.value - value + _EXACT * max(1.0, found.value)
    kept[np.minimum(best, len(asked.means) - 1), np.arange(size)] |= best < len(asked.means)
    opened, told = _solved(asked, kept, best, value, slack(value), clock, watch)
    value = worth_of(asked, opened)
    bound = max(value, min(bound, told.bound))
    status = "optimal" if bound - value <= slack(value) else told.status
    return opened, Solution(none, value, bound, status)


def _moves(asked: Phased) -> sparse.csc_matrix:
    """What each row is worth by each move, those of the first phase first."""
    count = len(asked.covers)
    worth = [c.multiply(w[:, None]) for c, w in zip(asked.covers, asked.weights, strict=True)]
    blocks = [
        [worth[row] if phase <= row else None for phase in range(count)] for row in range(count)
    ]
    for row in range(count):  # a block of nothing says how wide it is
        blocks[row] = [
            sparse.csr_matrix(worth[row].shape) if block is None else block for block in blocks[row]
        ]
    return sparse.csc_matrix(sparse.bmat(blocks, format="csc"))


def _budgets(asked: Phased) -> tuple[sparse.csr_matrix, np.ndarray]:
    """What each phase spends, row by row over the moves, and what it may."""
    count = len(asked.means)
    which = np.tril(np.ones((count, count))) if asked.carry else np.eye(count)
    means = np.cumsum(asked.means) if asked.carry else asked.means
    return sparse.kron(which, asked.price[None, :], format="csr"), means * (1 + FEASIBLE)


def _bounded(
    asked: Phased, opened: np.ndarray, aim: _bound.Aim, clock: Clock
) -> tuple[PhasedBound, np.ndarray]:
    """A bound no timetable can beat, and in what part each move is open in it; by cuts as in `_bound`."""
    count, size = len(asked.means), len(asked.price)
    part = (np.arange(count)[:, None] == opened).astype(float)
    worth = _moves(asked).tocsr()
    is_filled = np.diff(worth.indptr) > 0
    if not is_filled.any():
        return PhasedBound(0.0, np.zeros((count, size))), part
    cuts = _bound.Cuts(worth[is_filled].tocsc())
    paid, means = _budgets(asked)
    unit = max(1.0, float(means.max(initial=0.0)))
    total = max(float(asked.price.sum()), _EXACT)
    evenly = np.repeat(np.minimum(1.0, asked.means / total), size)

    def limited(cuts: _bound.Cuts, prices: np.ndarray, of_means: np.ndarray) -> PhasedBound:
        return _limited(asked, cuts, prices, of_means / unit)

    told = _bound.Means(sparse.csr_matrix(paid / unit), means / unit, evenly)
    found, last, _ = _bound.rounds(cuts, told, part.ravel(), limited, aim, clock)
    return found, last.reshape(count, size)


def _limited(
    asked: Phased, cuts: _bound.Cuts, prices: np.ndarray, of_means: np.ndarray
) -> PhasedBound:
    """
    The bound that these prices of the cuts and of the means make, whatever they are.

    A timetable is worth no more than a constant and what its moves have added; each unit of the means may be
    priced, and every site opens once.
    """
    constant, added = cuts.priced(prices)
    paid, means = _budgets(asked)
    count, size = len(asked.means), len(asked.price)
    over = (added - paid.T @ of_means).reshape(count, size)
    each = np.maximum(over.max(axis=0), 0.0)
    value = constant + float(of_means @ means) + float(each.sum())
    return PhasedBound(value, each - over)


def _rounded(asked: Phased, part: np.ndarray) -> np.ndarray:
    """A timetable of the moves that are open most, as far as the means go."""
    count, size = part.shape
    opened = np.full(size, count)
    some = np.flatnonzero(part.ravel() > _EXACT)
    for move in some[np.argsort(-part.ravel()[some], kind="stable")]:
        phase, site = divmod(int(move), size)
        if opened[site] == count and asked.price[site] <= spare(asked, opened)[phase]:
            opened[site] = phase
    return opened


def _solved(
    asked: Phased,
    kept: np.ndarray,
    best: np.ndarray,
    value: float,
    slack: float,
    clock: Clock,
    watch: Watch | None,
) -> tuple[np.ndarray, Solution]:
    """The best timetable of some moves by HiGHS; one that is over its means by our own arithmetic is cut off."""
    phase, site = np.nonzero(kept)
    count = len(asked.means)
    moves = _moves(asked)[:, phase * len(asked.price) + site].tocsr()
    filled = np.flatnonzero(np.diff(moves.indptr))
    weight = np.concatenate([np.zeros(0), *asked.weights])[filled]
    pattern = moves[filled]
    pattern.data = np.ones_like(pattern.data)
    rows, none = np.arange(len(filled)), np.zeros(len(filled), dtype=int)
    small = _problem.merged(Covering(pattern, weight, none, np.arange(len(site)), rows))
    late = Solution(np.array([], dtype=int), value, math.inf, clock.word())
    if not clock.has_for(small.cover.nnz):
        return best, late
    model = Model(Limits(asked.price[site], math.inf))
    model.add_sites(np.zeros(len(site)))
    sites = np.arange(len(site))
    paid, means = _budgets(asked)
    own = paid[:, phase * len(asked.price) + site]
    unit = max(1.0, float(means.max(initial=0.0)))
    for number in range(count):
        factors = np.minimum(own[number].toarray().ravel() / unit, 2.0)
        model.add_sum(sites, factors, upper=float(means[number] / unit))
    model.add_rows(placed(site, sites, model.count, rows=len(asked.price)), upper=1.0)
    model.add_covered(small.cover, worth=small.weight)
    start = np.flatnonzero(best[site] == phase)
    known = Known(start, value)
    while True:
        found = model.solve(
            start=known, maximum=True, slack=slack, clock=clock, watch=watch
        )  # fmt: skip
        is_kept = True
        for number in range(count):
            spent = np.intersect1d(found.chosen, own[number].indices)
            if float(asked.price[site[spent]].sum()) > means[number]:
                model.add_sum(spent, np.ones(len(spent)), upper=len(spent) - 1.0)
                is_kept = False
        if is_kept:
            opened = np.full(len(best), count)
            opened[site[found.chosen]] = phase[found.chosen]
            return opened, found
        if not clock.left():
            return best, late._replace(bound=found.bound)
