"""Each street its own centre first: how many streets can have so many, and the rows by which that holds."""

from collections.abc import Collection, Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from carecircles.siting._model import Model
from carecircles.siting._problem import Covering
from carecircles.siting._terms import Clock, Floors, Limits, satisfied


class Streets(NamedTuple):
    """
    In which street each candidate stands, by number, -1 where in none, and how many centres each has anyway.

    `least` is how many each is to have.
    """

    least: int
    of_candidate: np.ndarray
    have: np.ndarray


def with_least(
    least: int,
    streets: pd.Index,
    street_of: pd.Series,
    candidates: pd.Index,
    stay: Collection[Hashable],
) -> Streets:
    """The streets by where candidates and the centres that `stay` (or must open) stand, each of which counts once."""
    number = pd.Series(streets.get_indexer(pd.Index(street_of)), index=street_of.index)
    number = number[~number.index.duplicated()]
    of_candidate = number.reindex(candidates, fill_value=-1).to_numpy().copy()
    kept = pd.Index(list(stay), dtype=object).unique()
    there = number.reindex(kept, fill_value=-1).to_numpy()
    of_candidate[candidates.isin(kept)] = -1  # counted already
    return Streets(least, of_candidate, np.bincount(there[there >= 0], minlength=len(streets)))


def most_served(streets: Streets, limits: Limits, columns: np.ndarray, clock: Clock) -> Limits:
    """
    The limits with those rows by which as many streets as can have one centre, then two, and so on.

    How many can is found first, level after level; `columns` says which candidate each column is.
    """
    of_column = streets.of_candidate[columns]
    for level in range(1, streets.least + 1):
        short = np.flatnonzero(streets.have < level)
        problem, need = _rows(of_column, short), level - streets.have[short]
        is_hopeless = np.asarray(problem.cover.sum(axis=1)).ravel() < need
        if is_hopeless.all():
            continue
        most = _most(problem, need, limits, clock)
        if most:
            limits = limits._replace(floors=_joined(limits.floors, problem, need, most))
    return limits


def _rows(of_column: np.ndarray, short: np.ndarray) -> Covering:
    """A row for each of these streets, which its candidates cover."""
    row = np.full(max(of_column.max(initial=-1), short.max(initial=-1)) + 2, -1)  # the last: none
    row[short] = np.arange(len(short))
    column = np.flatnonzero(row[of_column] >= 0)
    shape = (len(short), len(of_column))
    cover = sparse.csr_matrix((np.ones(len(column)), (row[of_column[column]], column)), shape=shape)
    one, every = np.ones(len(short)), np.arange(len(short))
    return Covering(cover, one, np.zeros(len(short), dtype=int), np.arange(shape[1]), every)


def _most(problem: Covering, need: np.ndarray, limits: Limits, clock: Clock) -> int:
    """How many rows can have as many columns as they need, proven."""
    model = Model(limits)
    model.add_sites(np.zeros(len(limits.price)))
    model.add_covered(problem.cover, need=need, worth=problem.weight)
    model.add_floors(limits.floors)
    found = model.solve(maximum=True, clock=clock)
    if found.status != "optimal":
        raise TimeoutError
    return int(satisfied(problem, need, found.chosen).sum())


def _joined(floors: Floors | None, problem: Covering, need: np.ndarray, most: int) -> Floors:
    """Floors with a group more, in which so many rows have what they need."""
    own = Floors(problem, np.array([float(most)]), need)
    if floors is None:
        return own
    before = floors.problem
    both = Covering(
        sparse.vstack([before.cover, problem.cover], format="csr"),
        np.concatenate([before.weight, problem.weight]),
        np.concatenate([before.group, problem.group + len(floors.least)]),
        before.columns,
        np.arange(len(before.weight) + len(problem.weight)),
    )
    least = np.concatenate([floors.least, own.least])
    return Floors(both, least, np.concatenate([floors.need, need]))
