"""
Problems of worth, smaller equal ones, and the columns that good plans of them can have.

A problem is a sparse matrix of worths with a row for each piece of demand and a column for each
candidate site: what the piece is worth when that column is its best open one. People covered, credit
that falls with distance and metres saved all have this form. The plan sought is the columns, within
a budget, whose rows are together worth most.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np
from scipy import sparse

Watch = Callable[[float, float], None]  # told the best value and the bound so far

EXACT = 1e-9
# Others that a set is held against, time and again: most find theirs soon.
_LOOKS = (8, 8, 8, 2**31)
_BITS, _PROBES = 64, 5
# Of sets compared, and words that hold them; beyond, looking for dominance takes more than it saves.
_DOMINANCE_MOST_PAIRS, _DOMINANCE_MOST_WORDS = 1e8, 4e7
_PAIRS_AT_ONCE = 1_000_000
_MOST_WHOLE = 1e9  # up to which sums of whole numbers are exact beyond doubt


class Clock(Protocol):
    """Says how many seconds are left."""

    def left(self) -> float: ...


class Covering(NamedTuple):
    """
    A covering problem: `cover` (rows x columns), `weight` of the rows, `group` of the rows.

    `columns` says which column of the problem it was made from each column is, `became` which row each
    row of that problem is now, -1 where none.
    """

    cover: sparse.csr_matrix
    weight: np.ndarray
    group: np.ndarray
    columns: np.ndarray
    became: np.ndarray


def merged(problem: Covering) -> Covering:
    """The same problem with one row for all rows that the same columns cover."""
    cover = problem.cover
    filled = np.diff(cover.indptr) > 0
    weight, group = problem.weight, problem.group
    if not filled.all():
        cover, weight, group = cover[filled], weight[filled], group[filled]
    if cover.shape[0] == 0:
        return Covering(cover, weight, group, problem.columns, np.full_like(problem.became, -1))
    # Two 64-bit sums of random numbers stand for the set of columns of a row.
    marks = np.random.default_rng(0).integers(0, 2**63, size=(2, cover.shape[1]), dtype=np.uint64)
    keys = [np.add.reduceat(mark[cover.indices], cover.indptr[:-1]) for mark in marks]
    _, first, of_row = np.unique(keys[0], return_index=True, return_inverse=True)
    # One alone is sorted in a fraction of the time, and nearly always enough.
    if not all((key[first][of_row] == key).all() for key in (keys[1], group)):
        every = np.stack([*keys, group.astype(np.uint64)])
        _, first, of_row = np.unique(every, axis=1, return_index=True, return_inverse=True)
    of_row = of_row.ravel()
    sums = np.bincount(of_row, weight, minlength=len(first))
    now = np.full(len(filled) + 1, -1)  # the last one stands for those that are none already
    now[:-1][filled] = of_row
    return Covering(cover[first], sums, group[first], problem.columns, now[problem.became])


def without_dominated(
    problem: Covering, price: np.ndarray, kind: np.ndarray | None = None
) -> tuple[Covering, np.ndarray]:
    """
    The same problem without columns that another one replaces: no dearer, covering no less, of the same `kind`.

    And for each column one that replaces it, -1 where none does or it covers nothing. Of equal ones the
    first stays, and of those that cover nothing the cheapest of each kind if there are kinds. Left as it is
    where there are too many pairs to compare.
    """
    every, replaced_by = np.arange(len(price)), np.full(len(price), -1)
    for most in _LOOKS:
        by_column = problem.cover.T.tocsr()
        dropped = np.diff(by_column.indptr) == 0
        if kind is not None:
            bare = np.flatnonzero(dropped)
            bare = bare[np.argsort(price[bare], kind="stable")]
            dropped[bare[np.unique(kind[bare], return_index=True)[1]]] = False
        for a, b, is_same in _contained(by_column, problem.cover, most):
            replaced = (price[b] <= price[a]) & (~is_same | (price[b] < price[a]) | (b < a))
            if kind is not None:
                replaced &= kind[a] == kind[b]
            dropped[a[replaced]] = True
            replaced_by[every[a[replaced]]] = every[b[replaced]]
        kept = np.flatnonzero(~dropped)
        every, price, kind = every[kept], price[kept], None if kind is None else kind[kept]
        columns = problem.columns[kept]
        problem = problem._replace(cover=problem.cover[:, kept].tocsr(), columns=columns)
    return problem, replaced_by


def without_implied(problem: Covering) -> Covering:
    """
    The same problem, when all is to be covered, without rows that others bring with them.

    A row that has all the columns of another one is covered when that one is.
    """
    for most in _LOOKS:
        dropped = np.zeros(problem.cover.shape[0], dtype=bool)
        for a, b, is_same in _contained(problem.cover, problem.cover.T.tocsr(), most):
            dropped[b[~is_same | (a < b)]] = True
        problem = problem._replace(
            cover=problem.cover[~dropped],
            weight=problem.weight[~dropped],
            group=problem.group[~dropped],
        )
    return problem


def _contained(
    sets: sparse.csr_matrix, by_item: sparse.csr_matrix, most: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """
    Pairs (a, b) of sets where all of a is in b, and whether they are the same; none if too many.

    Whatever holds all of a holds its rarest item: only those sets are held against a, first by some
    more of its items, then by all; `most` of them at most.
    """
    size, held = np.diff(sets.indptr), np.diff(by_item.indptr)
    some, words = np.flatnonzero(size), -(-sets.shape[1] // _BITS)
    if not len(some):
        return
    first, last = sets.indptr[some], sets.indptr[some + 1] - 1
    rank = np.empty(len(held), dtype=np.int32)
    by_rank = np.argsort(held, kind="stable")
    rank[by_rank] = np.arange(len(held))
    rarest = by_rank[np.minimum.reduceat(rank[sets.indices], first)]
    pairs = np.minimum(held[rarest].astype(np.int64), most)
    if pairs.sum() > _DOMINANCE_MOST_PAIRS or words * sets.shape[0] > _DOMINANCE_MOST_WORDS:
        return
    probes = [sets.indices[first + n * (last - first) // _PROBES] for n in range(_PROBES + 1)]
    bits = _bits(sets, words)
    part = np.cumsum(pairs) // _PAIRS_AT_ONCE
    for own in np.split(np.arange(len(some)), np.flatnonzero(np.diff(part)) + 1):
        number, place = np.repeat(own, pairs[own]), np.arange(pairs[own].sum())
        place -= np.repeat(np.cumsum(pairs[own]) - pairs[own], pairs[own])
        item = rarest[number]
        place = place * held[item] // pairs[number]  # evenly spread where not all are looked at
        b = by_item.indices[by_item.indptr[item] + place]
        is_likely = (some[number] != b) & (size[some][number] <= size[b])
        for probe in probes:
            number, b = number[is_likely], b[is_likely]
            item = probe[number]
            is_likely = bits[b, item // _BITS] & _bit_of(item) != 0
        a, b = some[number[is_likely]], b[is_likely]
        for word in range(words):
            is_inside = bits[a, word] & ~bits[b, word] == 0
            a, b = a[is_inside], b[is_inside]
        yield a, b, size[a] == size[b]


def _bits(sets: sparse.csr_matrix, words: int) -> np.ndarray:
    """A bit for each item of each set."""
    sets = sets if sets.has_sorted_indices else sets.sorted_indices()
    bits = np.zeros(sets.shape[0] * words, dtype=np.uint64)
    of_set = np.repeat(np.arange(sets.shape[0]), np.diff(sets.indptr))
    word = of_set * words + sets.indices // _BITS
    first = np.flatnonzero(np.diff(word, prepend=-1))
    bits[word[first]] = np.bitwise_or.reduceat(_bit_of(sets.indices), first)
    return bits.reshape(-1, words)


def _bit_of(item: np.ndarray) -> np.ndarray:
    """The bit of each item in its word."""
    bit: np.ndarray = np.uint64(1) << (item % _BITS).astype(np.uint64)
    return bit


def worths(problem: Covering) -> sparse.csc_matrix:
    """A covering problem as worths: a row is worth its weight under any of its columns."""
    cover = problem.cover
    worth = np.repeat(problem.weight, np.diff(cover.indptr))
    return sparse.csr_matrix((worth, cover.indices, cover.indptr), shape=cover.shape).tocsc()


def step_of(weight: np.ndarray) -> float:
    """The largest number that all weights are whole multiples of, 0 if they are not whole: sums differ by it or not at all."""
    if not len(weight) or weight.sum() > _MOST_WHOLE or (weight != np.round(weight)).any():
        return 0.0
    return float(np.gcd.reduce(weight.astype(np.int64)))


def worth_of(worth: sparse.csc_matrix, chosen: np.ndarray) -> float:
    """What the rows are worth together when these columns are open."""
    best = np.zeros(worth.shape[0])
    for column in chosen:
        own = slice(*worth.indptr[column : column + 2])
        rows = worth.indices[own]
        best[rows] = np.maximum(best[rows], worth.data[own])
    return float(best.sum())


def best_of(worth: sparse.csc_matrix) -> float:
    """What the rows are worth together when every column is open."""
    best = np.zeros(worth.shape[0])
    np.maximum.at(best, worth.indices, worth.data)
    return float(best.sum())


def useful(
    constant: float, added: np.ndarray, price: np.ndarray, budget: float, value: float
) -> np.ndarray:
    """
    The columns that a plan worth more than `value` can have.

    No plan is worth more than `constant` and what its columns have `added`.
    """
    part = knapsack(added, price, budget)
    bound = constant + float(added @ part)
    is_priced = (part > 0) & (price > 0)
    # What a unit of the budget is worth at the margin; a column that pays less lowers the bound that much.
    margin = float((added[is_priced] / price[is_priced]).min()) if is_priced.any() else 0.0
    if (price * part).sum() < budget - EXACT:
        margin = 0.0
    missing = np.maximum(margin * price - added, 0)
    missing[part > 0] = 0
    return np.flatnonzero(bound - missing >= value - EXACT * max(1.0, abs(bound)))


def knapsack(worth: np.ndarray, price: np.ndarray, budget: float) -> np.ndarray:
    """How much of each column to take for the most worth within the budget, the last one in part."""
    part = np.zeros(len(worth))
    if (price == price[:1]).all() and (not len(price) or price[0] > 0):
        count = min(len(worth), int(budget / price[0] + EXACT)) if len(price) else 0
        if count:
            part[np.argpartition(worth, len(worth) - count)[len(worth) - count :]] = 1
        return part
    part[(price == 0) & (worth > 0)] = 1
    priced = np.flatnonzero((price > 0) & (worth > 0))
    order = priced[np.argsort(-worth[priced] / price[priced], kind="stable")]
    before = np.cumsum(price[order]) - price[order]
    part[order] = np.clip((budget - before) / price[order], 0, 1)
    return part


def entries_of(indptr: np.ndarray, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the entries of some rows (or columns) of a sparse matrix stand, and whose each is."""
    first, count = indptr[which].astype(np.int64), np.diff(indptr)[which]
    shift = np.repeat(first - (np.cumsum(count) - count), count)
    return shift + np.arange(len(shift)), np.repeat(which, count)
