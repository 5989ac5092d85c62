"""
What no plan can beat: a linear programme over sites and groups of rows, cut where it promises too much.

A group of rows is worth, when the columns are open in parts x, what its best columns give until they
add up to one. That is the least, over all duals d of its rows, of

    sum(d) + sum over columns of x * sum(max(0, worth - d)).

Each such line is a cut: a limit to what the group can be worth. HiGHS says where the cuts together
promise most, and new cuts are made there, in a point between that one and one well inside, which settles
sooner. Cordeau, Furini and Ljubic, European Journal of Operational Research 275 (2019); Fischetti, Ljubic
and Sinnl, Management Science 63 (2017).

Nothing HiGHS claims is believed. Its prices of the cuts make duals of the rows, and any duals whatever
make a bound by our own arithmetic (Fisher, Management Science 27, 1981).
"""

import math
from typing import NamedTuple

import numpy as np
from scipy import sparse

from carecircles import _highs
from carecircles._highs import More, Program
from carecircles.errors import SolverError
from carecircles.siting import _search
from carecircles.siting._search import Watch
from carecircles.siting._terms import Clock

_GROUPS = 48
_ROUNDS = 300
_INWARD = 0.7  # of the point where HiGHS found the most promised, how much of the one inside it has
_EXACT = 1e-9
_SETTLED = (
    0.01  # of what is left between bound and plan: what more rounds would bring is worth less
)
_IDLE_ROUNDS = 10  # after which a cut that does not count goes


class Bound(NamedTuple):
    """
    What no plan can be worth more than, and the columns that a better plan than the known can have.

    `dual` is what each row may be worth by itself, of which the bound was made, `part` how much of each
    column the linear programme opens.
    """

    value: float
    dual: np.ndarray
    useful: np.ndarray
    part: np.ndarray


class Cuts:
    """
    The limits to what groups of rows can be worth, as they are found.

    A class because they grow. `dual`, `constant` and `slope` are of the cuts, `group` whose each is;
    `most` is what each group can be worth at most. The rows stand in the order of their groups.
    """

    def __init__(self, worth: sparse.csr_matrix) -> None:
        of_row = grouped(worth.tocsc(), _GROUPS)
        self.order = np.argsort(of_row, kind="stable")
        rows = worth[self.order]
        self.count = np.diff(rows.indptr)
        row = np.repeat(np.arange(len(self.count)), self.count)
        best_first = np.lexsort((-rows.data, row))
        self.column, self.worth = rows.indices[best_first], rows.data[best_first]
        self.first, self.columns = rows.indptr[:-1].astype(np.int64), worth.shape[1]
        self.best = self.worth[self.first]
        self.begins = np.searchsorted(of_row[self.order], np.arange(of_row.max() + 2))
        self.entries = rows.indptr[self.begins]
        self.most = np.add.reduceat(self.best, self.begins[:-1])
        self.is_plain = bool((self.worth == np.repeat(self.best, self.count)).all())
        pattern = (np.ones(len(self.column)), self.column, rows.indptr)
        self.cover = sparse.csr_matrix(pattern, shape=rows.shape) if self.is_plain else None
        self.group: list[int] = []
        self.dual: list[np.ndarray] = []
        self.constant: list[float] = []
        self.slope: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, part: np.ndarray, promised: np.ndarray | None = None) -> tuple[float, int]:
        """
        Cut where the columns are open in these parts: what the rows are worth there, and how many cuts.

        Groups whose worth is not `promised` to be more than that have no cut.
        """
        dual = self._dual_at(part)
        over = np.maximum(self.worth - np.repeat(dual, self.count), 0)
        constant = np.add.reduceat(dual, self.begins[:-1])
        slopes = [
            np.bincount(self.column[a:b], over[a:b], minlength=self.columns)
            for a, b in zip(self.entries[:-1], self.entries[1:], strict=True)
        ]
        value = constant + np.array([slope @ part for slope in slopes])
        broken = np.arange(len(value))
        if promised is not None:
            broken = np.flatnonzero(promised > value + 1e-7 * self.most)
        for group in broken:
            some = np.flatnonzero(slopes[group] > _EXACT * self.most[group])
            # What is left out as too small is given to all.
            rest = float(slopes[group].sum() - slopes[group][some].sum())
            self.group.append(int(group))
            own = dual[self.begins[group] : self.begins[group + 1]]
            self.dual.append(own > 0 if self.is_plain else own)
            self.constant.append(float(constant[group]) + rest)
            self.slope.append((some, slopes[group][some]))
        return float(value.sum()), len(broken)

    def drop(self, gone: np.ndarray) -> None:
        """Forget some cuts."""
        stays = np.ones(len(self.group), dtype=bool)
        stays[gone] = False
        for name in ("group", "dual", "constant", "slope"):
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

    def dual_of(self, prices: np.ndarray) -> np.ndarray:
        """The duals that these prices of the cuts make together; whatever the prices."""
        owner = np.array(self.group[: len(prices)], dtype=int)
        share = np.maximum(np.nan_to_num(prices), 0) / self.most[owner]
        total = np.bincount(owner, share, minlength=len(self.most))
        share /= np.maximum(total, 1)[owner]
        rest = np.maximum(1 - total, 0)  # is worth what the rows are at most
        dual = self.best * np.repeat(rest, np.diff(self.begins))
        for cut in np.flatnonzero(share > 0):
            own = slice(*self.begins[owner[cut] : owner[cut] + 2])
            dual[own] += share[cut] * (
                self.best[own] * self.dual[cut] if self.is_plain else self.dual[cut]
            )
        found = np.empty(len(dual))
        found[self.order] = dual
        return found

    def _dual_at(self, part: np.ndarray) -> np.ndarray:
        """The worth of each row at the column at which its best columns add up to one, or 0."""
        if self.cover is not None:
            return np.where(self.cover @ part >= 1 - _EXACT, self.best, 0.0)
        opened = part[self.column]
        total = np.cumsum(opened)
        total -= np.repeat(total[self.first] - opened[self.first], self.count)
        before = np.add.reduceat((total < 1 - _EXACT).astype(np.int64), self.first)
        is_full = before < self.count
        dual = np.zeros(len(self.first))
        dual[is_full] = self.worth[(self.first + before)[is_full]]
        return dual


def grouped(worth: sparse.csc_matrix, count: int) -> np.ndarray:
    """A group for each row: by which of some columns, found greedily, it is served best."""
    best, group = np.zeros(worth.shape[0]), np.zeros(worth.shape[0], dtype=int)
    for number in range(1, count):
        added = _search.beyond(worth, best)
        column = int(added.argmax())
        if added[column] <= 0:
            break
        own = slice(*worth.indptr[column : column + 2])
        rows, value = worth.indices[own], worth.data[own]
        is_better = value > best[rows]
        group[rows[is_better]], best[rows[is_better]] = number, value[is_better]
    return np.unique(group, return_inverse=True)[1].ravel()


def bound(
    worth: sparse.csc_matrix,
    price: np.ndarray,
    budget: float,
    clock: Clock,
    *,
    chosen: np.ndarray,
    value: float,
    slack: float = 0.0,
    watch: Watch | None = None,
) -> tuple[Bound, Cuts | None]:
    """
    A bound no plan within the budget can beat, given one that is worth `value`, and the cuts behind it.

    It ends when the plan is proven to the slack, when more rounds would bring little, or with the
    time. `chosen` are columns to cut at first.
    """
    by_row = worth.tocsr()
    filled = np.flatnonzero(np.diff(by_row.indptr))
    part = np.zeros(worth.shape[1])
    part[chosen] = 1
    if not len(filled):
        return Bound(0.0, np.zeros(worth.shape[0]), np.arange(len(part)), part), None
    cuts = Cuts(by_row[filled])
    reached, _ = cuts.add(part)
    dual = np.zeros(worth.shape[0])
    dual[filled] = cuts.dual_of(np.zeros(0))
    least = _search.bound_of(worth, price, budget, dual)[0]
    total = float(price.sum())
    evenly = np.full(len(price), min(1.0, budget / total) if total > 0 else 1.0)
    inside = 0.5 * part + 0.5 * evenly
    if not clock.left():
        return Bound(least, dual, np.arange(len(part)), part), cuts
    with _highs.growing() as solve:
        program: Program | More = _master(cuts, price, budget)
        idle = np.zeros(0, dtype=int)
        for _ in range(_ROUNDS):
            if least - value <= slack or not clock.left():
                break
            try:
                answer = solve(
                    program, seconds=clock.left(), stopped=clock.stopped,
                    simplex_strategy=1, presolve="off",
                )  # fmt: skip
            except SolverError:
                break
            if answer.status != "optimal" or answer.values is None or answer.duals is None:
                break
            prices = np.abs(answer.duals[1:]) * cuts.most.max()
            trial = np.zeros(worth.shape[0])
            trial[filled] = cuts.dual_of(prices)
            now = _search.bound_of(worth, price, budget, trial)[0]
            if now < least:
                least, dual = now, trial
                if watch:
                    watch(value, max(least, value))
            part, promised = np.split(answer.values, [len(price)])
            promised = promised * cuts.most
            known = len(cuts.group)
            between = (1 - _INWARD) * part + _INWARD * inside
            reached = max(reached, cuts.add(between, promised)[0])
            there, broken = cuts.add(part, promised)
            reached, inside = max(reached, there), between
            if not broken or least - reached <= max(_SETTLED * (least - value), 1e-9 * least):
                break
            idle = np.where(prices > 0, 0, np.append(idle, np.zeros(known - len(idle), int)) + 1)
            gone = np.flatnonzero(idle > _IDLE_ROUNDS)
            rows, most = cuts.rows(known), cuts.limits(known)
            cuts.drop(gone)
            idle = np.delete(idle, gone)
            program = More(rows.indptr, rows.indices, rows.data, most, gone + 1)
    useful = _search.useful(worth, price, budget, dual, value)
    return Bound(least, dual, useful, part), cuts


def _master(cuts: Cuts, price: np.ndarray, budget: float) -> Program:
    """The linear programme: the parts of the columns, and each group's share of its most."""
    size, groups = len(price), len(cuts.most)
    paid = sparse.csr_matrix(np.concatenate([price, np.zeros(groups)]))
    rows = sparse.vstack([paid, cuts.rows()], format="csr")
    return Program(
        np.concatenate([np.zeros(size), cuts.most / cuts.most.max()]), np.zeros(size + groups),
        np.ones(size + groups), np.zeros(size + groups, dtype=bool), rows.indptr, rows.indices, rows.data,
        np.full(rows.shape[0], -math.inf), np.concatenate([[budget], cuts.limits()]), is_maximum=True,
    )  # fmt: skip
