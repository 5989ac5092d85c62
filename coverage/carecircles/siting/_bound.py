"""
What no plan can beat: a linear programme over sites and groups of rows, cut where it promises too much.

A group of rows is worth, when the columns are open in parts x, what its best columns give until they
add up to one. That is the least, over all duals d of its rows, of

    sum(d) + sum over columns of x * sum(max(0, worth - d)).

Each such line is a cut: a limit to what the group can be worth. A row that needs two columns is worth no more
than a half of its open ones, nor than all of them but one, whichever that is: what no 0 or 1 breaks.

HiGHS says where the cuts together promise most, and new cuts are made there and in a point between that
one and one well inside, which settles sooner. Cordeau, Furini and Ljubic, European Journal of Operational
Research 275 (2019); Fischetti, Ljubic and Sinnl, Management Science 63 (2017).

Nothing HiGHS claims is believed. The cuts are ours, and any prices of them whatever add up to one limit
to what a plan is worth: a constant, and what each column adds. Fisher, Management Science 27 (1981).
"""

import copy
import math
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from scipy import sparse

from carecircles import _highs
from carecircles._highs import More, Program
from carecircles.errors import SolverError
from carecircles.siting import _problem, _starts
from carecircles.siting._problem import Watch
from carecircles.siting._terms import Clock

_GROUPS = 48
_ROUNDS = 300
_GROUPED_BY = 1_000  # columns among which those are found that rows are grouped by, about
_INWARD = 0.7  # of the point where HiGHS found the most promised, how much of the one inside it has
_EXACT = 1e-9
_BROKEN = 1e-7  # share of a group's most by which a promise has to be too large for a cut
_SETTLED = (
    0.01  # of what is left between bound and plan: what more rounds would bring is worth less
)
_WIDE, _NARROWER = 500_000, 4  # entries from which cuts are made narrower, and by how much at least
_IDLE_ROUNDS = 10  # after which a cut that does not count goes


class Bound(NamedTuple):
    """
    What no plan can be worth more than.

    No plan is worth more than `constant` and what its columns have `added`. `part` is how much of each
    column the linear programme opens, `dual` which share of its best each row is worth anyway: those
    that make this bound, or a better one, of any columns and budget: their sum, and
    what a column is worth beyond them.
    """

    value: float
    constant: float
    added: np.ndarray
    part: np.ndarray
    dual: np.ndarray


class Leads:
    """
    What one search leaves to the next over the same rows: its plan, the cuts and the dual behind its bound.

    A class because it is filled while a search goes on. The cuts hold for the same columns only, and where worths are
    what is saved of the most that each row can have, for the same `limits` to that.
    """

    def __init__(self, chosen: np.ndarray | None = None) -> None:
        self.chosen = np.array([], dtype=int) if chosen is None else chosen
        self.cuts: Cuts | None = None
        self.limits: np.ndarray | None = None
        self.dual: np.ndarray | None = None


class Cuts:
    """
    The limits to what groups of rows can be worth, as they are found.

    A class because they grow. `constant` and `slope` are of the cuts, `group` whose each is; `most` is
    what each group can be worth at most. Inside, the rows stand in the order of their groups, and the
    entries of a row best first. A row may `need` two columns to be worth anything, all of which are worth
    the same to it then.
    """

    def __init__(self, worth: sparse.csc_matrix, need: np.ndarray | None = None) -> None:
        of_row = grouped(worth, _GROUPS)
        self.order = order = np.argsort(of_row, kind="stable")
        place = np.empty(len(order), dtype=worth.indices.dtype)
        place[order] = np.arange(len(order))
        ordered = (worth.data, place[worth.indices], worth.indptr)
        rows = sparse.csc_matrix(ordered, shape=worth.shape).tocsr()
        del ordered  # it is large
        self.count, self.column = np.diff(rows.indptr), rows.indices
        self.begins = np.searchsorted(of_row[order], np.arange(of_row.max() + 1))
        self.entries = rows.indptr[np.append(self.begins, len(self.count))]
        ends = np.append(self.begins[1:], len(self.count))
        self.first, self.columns = rows.indptr[:-1].astype(np.int64), worth.shape[1]
        self.best = np.maximum.reduceat(rows.data, self.first)
        is_plain = (rows.data == np.repeat(self.best, self.count)).all()
        for own, begin, end in zip(self._groups(), self.begins, ends, strict=True):
            if is_plain:
                break
            # One number says which row it is and, behind the point, how good; which of equal ones is first is no matter.
            row = np.repeat(np.arange(end - begin), self.count[begin:end])
            best_first = np.argsort(row - rows.data[own] / self.best[begin:end][row])
            self.column[own] = self.column[own][best_first]
            rows.data[own] = rows.data[own][best_first]
        self.need = None if need is None else need[order]
        self.most = np.add.reduceat(self.best, self.begins)
        self.worth = (
            None if is_plain else rows.data
        )  # all columns of a row are worth the same to it
        self.kept = self.columns  # of which there are entries
        self.group: list[int] = []
        self.constant: list[float] = []
        self.slope: list[tuple[np.ndarray, np.ndarray]] = []
        self.dual: list[np.ndarray] = []

    def add(self, part: np.ndarray, promised: np.ndarray | None = None) -> tuple[float, int]:
        """
        Cut where the columns are open in these parts: what the rows are worth there, and how many cuts.

        Groups whose worth is not `promised` to be more than that have no cut.
        """
        lines = [self._line_at(part, group) for group in range(len(self.most))]
        constant = np.array([float(dual.sum()) for dual, _ in lines])
        value = constant + np.array([float((slope * part).sum()) for _, slope in lines])
        broken = np.arange(len(value))
        if promised is not None:
            broken = np.flatnonzero(promised > value + _BROKEN * self.most)
        for group in broken:
            dual, slope = lines[group]
            some = np.flatnonzero(slope > _EXACT * self.most[group])
            self.group.append(int(group))
            # What is left out as too small is given to all.
            self.constant.append(float(constant[group] + slope.sum() - slope[some].sum()))
            self.slope.append((some, slope[some]))
            self.dual.append(dual.astype(np.float32))
        return float(value.sum()), len(broken)

    def narrowed(self, columns: np.ndarray) -> "Cuts":
        """The same with entries of these columns alone: cuts made from now on hold for plans without others."""
        stays = np.zeros(self.columns, dtype=bool)
        stays[columns] = True
        stays = stays[self.column]
        stays[self.first] = True  # so that no row is empty
        other = copy.copy(self)
        other.count = np.add.reduceat(stays, self.first, dtype=np.int64)
        other.column = self.column[stays]
        other.worth = None if self.worth is None else self.worth[stays]
        before = np.concatenate([[0], np.cumsum(other.count)])
        other.first = before[:-1]
        other.entries = before[np.append(self.begins, len(other.count))]
        other.kept = len(columns)
        for name in ("group", "constant", "slope", "dual"):
            setattr(other, name, list(getattr(self, name)))
        return other

    def drop(self, gone: np.ndarray) -> None:
        """Forget some cuts."""
        stays = np.ones(len(self.group), dtype=bool)
        stays[gone] = False
        for name in ("group", "constant", "slope", "dual"):
            kept = [cut for cut, is_kept in zip(getattr(self, name), stays, strict=True) if is_kept]
            setattr(self, name, kept)

    def rows(self, first: int = 0) -> sparse.csr_matrix:
        """The cuts from one on as rows over the columns and then each group's share of its most."""
        group, size = np.array(self.group[first:], dtype=int), self.columns + len(self.most)
        count = [len(columns) + 1 for columns, _ in self.slope[first:]]
        column = [
            part
            for (columns, _), own in zip(self.slope[first:], group, strict=True)
            for part in (columns, [self.columns + own])
        ]
        factor = [
            part
            for (_, slope), own in zip(self.slope[first:], group, strict=True)
            for part in (-slope / self.most[own], [1.0])
        ]
        empty, starts = np.zeros(0), np.concatenate([[0], np.cumsum(count, dtype=int)])
        data = (np.concatenate([empty, *factor]), np.concatenate([empty, *column]).astype(int))
        return sparse.csr_matrix((*data, starts), shape=(len(group), size))

    def limits(self, first: int = 0) -> np.ndarray:
        """What each row of `rows` is at most."""
        return np.array(self.constant[first:]) / self.most[self.group[first:]]

    def priced(self, prices: np.ndarray) -> tuple[float, np.ndarray]:
        """The limit that these prices of the cuts make, whatever they are: constant, and by column."""
        share, rest = self._shares(prices)
        constant, added = float(rest @ self.most), np.zeros(self.columns)
        for cut in np.flatnonzero(share > 0):
            columns, slope = self.slope[cut]
            constant += share[cut] * self.constant[cut]
            added[columns] += share[cut] * slope
        return constant, added

    def dual_of(self, prices: np.ndarray) -> np.ndarray:
        """The mean of the duals of the cuts by these prices, as shares of what rows are worth at best."""
        share, rest = self._shares(prices)
        dual = self.best * np.repeat(rest, np.diff(np.append(self.begins, len(self.best))))
        for cut in np.flatnonzero(share > 0):
            dual[self._rows_of(self.group[cut])] += share[cut] * self.dual[cut]
        of_row = np.empty(len(dual))
        of_row[self.order] = dual / self.best
        return of_row

    def _shares(self, prices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What part of each group is limited by each cut, and what part by nothing but its most."""
        owner = np.array(self.group[: len(prices)], dtype=int)
        share = np.nan_to_num(np.maximum(prices, 0), posinf=0.0) / self.most[owner]
        total = np.bincount(owner, share, minlength=len(self.most))
        share /= np.maximum(total, 1)[owner]
        return share, np.maximum(1 - total, 0)

    def _rows_of(self, group: int) -> slice:
        """Where the rows of a group stand."""
        return slice(self.begins[group], [*self.begins[1:], len(self.best)][group])

    def _groups(self) -> list[slice]:
        """Where the entries of each group stand."""
        return [slice(a, b) for a, b in zip(self.entries[:-1], self.entries[1:], strict=True)]

    def _line_at(self, part: np.ndarray, group: int) -> tuple[np.ndarray, np.ndarray]:
        """What limits the worth of a group there: a constant for each row, and what each column adds."""
        rows, own = self._rows_of(group), slice(*self.entries[group : group + 2])
        column, count, best = self.column[own], self.count[rows], self.best[rows]
        opened, first = part[column], self.first[rows] - self.entries[group]
        if self.worth is not None:
            dual = _dual_of(self.worth[own], opened, first, count)
            over = np.maximum(self.worth[own] - np.repeat(dual, count), 0)
            return dual, np.bincount(column, over, minlength=self.columns)
        total = np.add.reduceat(opened, first)
        if self.need is None:
            dual = np.where(total >= 1 - _EXACT, best, 0.0)
            over = np.repeat(best - dual, count)
            return dual, np.bincount(column, over, minlength=self.columns)
        is_twice, most = self.need[rows] > 1, np.maximum.reduceat(opened, first)
        is_half = is_twice & (total / 2 <= total - most)
        least = np.where(is_twice, np.minimum(total / 2, total - most), total)
        dual = np.where(least >= 1 - _EXACT, best, 0.0)
        over = np.repeat(np.where(is_half, 0.5, 1.0) * (best - dual), count)
        largest = np.flatnonzero(opened == np.repeat(most, count))
        over[largest[np.searchsorted(largest, first[is_twice & ~is_half])]] = 0
        return dual, np.bincount(column, over, minlength=self.columns)


def _dual_of(
    worth: np.ndarray, opened: np.ndarray, first: np.ndarray, count: np.ndarray
) -> np.ndarray:
    """What each row is worth at the column at which its best columns add up to one, or 0."""
    total = np.cumsum(opened)
    total -= np.repeat(total[first] - opened[first], count)
    before = np.add.reduceat((total < 1 - _EXACT).astype(np.int64), first)
    is_full = before < count
    dual = np.zeros(len(first))
    dual[is_full] = worth[(first + before)[is_full]]
    return dual


def grouped(worth: sparse.csc_matrix, count: int) -> np.ndarray:
    """A group for each row: by which of some columns, found greedily among a part of them, it is served best."""
    every = max(1, -(-worth.shape[1] // _GROUPED_BY))
    worth = worth[:, every // 2 :: every] if every > 1 else worth
    group, gain = np.zeros(worth.shape[0], dtype=int), _starts.Gain(worth)
    each, ones = np.asarray(worth.sum(axis=0)).ravel(), np.ones(worth.shape[1])
    for number, column in enumerate(_starts.best_first(each, gain, ones, count - 1), start=1):
        own = slice(*worth.indptr[column : column + 2])
        rows = worth.indices[own]
        group[rows[worth.data[own] > gain.served[rows]]] = number
        gain.take(column)
    return np.unique(group, return_inverse=True)[1].ravel()


def bound(
    worth: sparse.csc_matrix,
    price: np.ndarray,
    budget: float,
    clock: Clock,
    *,
    leads: Leads,
    value: float,
    slack: float = 0.0,
    watch: Watch | None = None,
) -> tuple[Bound, Cuts | None]:
    """
    A bound no plan within the budget can beat, given one that is worth `value`, and the cuts behind it.

    It ends when the plan is proven to the slack, when more rounds would bring little, or with the
    time. It goes on from the cuts of `leads`, whatever the budget they were found for, and cuts at their
    plan at first; it leaves its own cuts and dual there, but no cuts that only hold for plans worth more than `value`.
    """
    part = np.zeros(worth.shape[1])
    part[leads.chosen] = 1
    is_filled = np.bincount(worth.indices, minlength=worth.shape[0]) > 0
    if not is_filled.any() or not clock.left() or math.isinf(slack):  # any plan will do
        served = _problem.best_of(worth)
        return Bound(served, served, np.zeros(len(part)), part, np.ones(len(is_filled))), None
    cuts = leads.cuts or Cuts(worth if is_filled.all() else worth.tocsr()[is_filled].tocsc())

    def limited(cuts: Cuts, prices: np.ndarray, _: np.ndarray) -> Bound:
        constant, added = cuts.priced(prices)
        most = constant + float(added @ _problem.knapsack(added, price, budget))
        return Bound(most, constant, added, part, cuts.dual_of(prices))

    total = float(price.sum())
    evenly = np.full(len(price), min(1.0, budget / total) if total > 0 else 1.0)
    means = Means(sparse.csr_matrix(price), np.array([budget]), evenly)
    leads.cuts = cuts

    def useful(found: Bound) -> np.ndarray:
        some = _problem.useful(found.constant, found.added, price, budget, value)
        return np.union1d(some, leads.chosen).astype(int)

    found, part, cuts = rounds(
        cuts, means, part, limited, Aim(value, slack, watch), clock, useful=useful
    )
    found = found._replace(part=part)
    dual = np.zeros(len(is_filled))
    dual[is_filled] = found.dual
    leads.dual = dual
    return found._replace(dual=dual), cuts


class Means(NamedTuple):
    """What the columns cost of each of several means (rows), how much there is, and parts that use it evenly."""

    paid: sparse.csr_matrix
    most: np.ndarray
    evenly: np.ndarray


class Aim(NamedTuple):
    """What a plan that is known is worth, how much less than the best will do, and whom to tell."""

    value: float
    slack: float
    watch: Watch | None = None


class Valued(Protocol):
    """A bound, whatever it says besides."""

    @property
    def value(self) -> float: ...


Limit = TypeVar("Limit", bound=Valued)


def rounds(
    cuts: Cuts,
    means: Means,
    part: np.ndarray,
    limited: Callable[[Cuts, np.ndarray, np.ndarray], Limit],
    aim: Aim,
    clock: Clock,
    *,
    useful: Callable[[Limit], np.ndarray] | None = None,
) -> tuple[Limit, np.ndarray, Cuts]:
    """
    The least bound that prices found in rounds make, the parts that promised most in the last of them, and the cuts.

    Cuts are made at the parts of a plan at first, then where the linear programme promises most and
    further inside. `limited` tells the bound by cuts and prices of them and of the means, whatever they are, `useful` which
    columns a plan worth more than the aim can have by a bound: where those are few, cuts are soon made for them alone,
    and the bound holds for whatever is worth more. It ends when that proves the aim, when more rounds would bring
    little, or with the time.
    """
    reached, _ = cuts.add(part)
    best = limited(cuts, np.zeros(0), np.zeros(len(means.most)))
    inside, idle = 0.5 * part + 0.5 * means.evenly, np.zeros(0, dtype=int)
    scale, rest = float(cuts.most.max()), len(means.most)
    with _highs.growing() as solve:
        task: Program | More = _master(cuts, means)
        for _ in range(_ROUNDS):
            if best.value - aim.value <= aim.slack or not clock.left():
                break
            try:
                answer = solve(task, seconds=clock.left(), stopped=clock.stopped, presolve="off")
            except SolverError:
                break
            if answer.status != "optimal" or answer.values is None or answer.duals is None:
                break
            of_means, prices = np.split(
                np.nan_to_num(np.abs(answer.duals) * scale, posinf=0), [rest]
            )
            part, promised = np.split(np.clip(np.nan_to_num(answer.values), 0, 1), [len(part)])
            best = min(best, limited(cuts, prices, of_means), key=lambda one: one.value)
            if aim.watch:
                aim.watch(aim.value, max(best.value, aim.value))
            if useful is not None and len(cuts.column) > _WIDE:
                some = useful(best)
                cuts = cuts.narrowed(some) if len(some) * _NARROWER < cuts.kept else cuts
            known = len(cuts.group)
            inside = (1 - _INWARD) * part + _INWARD * inside
            at_both = [cuts.add(point, promised * cuts.most) for point in (inside, part)]
            reached = max(reached, *(there for there, _ in at_both))
            settled = max(_SETTLED * (best.value - aim.value), _EXACT * best.value)
            if not at_both[-1][1] or best.value - reached <= settled:
                break
            idle = np.append(idle, np.zeros(known - len(idle), dtype=int)) + 1
            idle[prices > 0] = 0
            gone = np.flatnonzero(idle > _IDLE_ROUNDS)
            rows, most = cuts.rows(known), cuts.limits(known)
            cuts.drop(gone)
            idle = np.delete(idle, gone)
            task = More(rows.indptr, rows.indices, rows.data, most, gone + rest)
    return best, part, cuts


def _master(cuts: Cuts, means: Means) -> Program:
    """The linear programme: the parts of the columns, and each group's share of its most."""
    (kinds, size), groups = means.paid.shape, len(cuts.most)
    paid = sparse.hstack([means.paid, sparse.csr_matrix((kinds, groups))])
    rows = sparse.vstack([paid, cuts.rows()], format="csr")
    return Program(
        np.concatenate([np.zeros(size), cuts.most / cuts.most.max()]), np.zeros(size + groups),
        np.ones(size + groups), np.zeros(size + groups, dtype=bool), rows.indptr, rows.indices, rows.data,
        np.full(rows.shape[0], -math.inf), np.concatenate([means.most, cuts.limits()]), is_maximum=True,
    )  # fmt: skip
