"""A question as arrays: people by place, and what each candidate is to them."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from carecircles.reach._pairs import stable_order
from carecircles.siting import _problem
from carecircles.siting._terms import Floors, Limits
from carecircles.siting.rules import Rules
from carecircles.words import Sentence

Measure = Callable[[np.ndarray, np.ndarray], float]  # of the nearest centre and of how many


@dataclass(frozen=True, eq=False)
class Instance:
    """
    A question as arrays: people by place, and the pairs of place, candidate and metres that matter.

    Places and candidates stand in the order of their labels (`in_order`), whatever the order of the input:
    so that it is no matter which of equally good plans is found. `own` are the metres from each place to the nearest required centre, `own_depth` how many of them
    reach it; `base` and `depth` the same with the candidates that must open. `origin` says which candidate
    of the question it was made from each one is. `gross` are the people
    each candidate reaches, `least` how many more people each street must have covered.
    """

    goal: str
    places: pd.Index
    people: np.ndarray
    cell: np.ndarray
    column: np.ndarray
    metres: np.ndarray
    required: pd.Index
    candidates: pd.Index
    origin: np.ndarray
    gross: np.ndarray
    price: np.ndarray
    budget: float
    is_must: np.ndarray
    own: np.ndarray
    own_depth: np.ndarray
    base: np.ndarray
    depth: np.ndarray
    is_in_table: np.ndarray
    is_reached: np.ndarray
    cutoff: float
    street: np.ndarray
    streets: pd.Index
    least: np.ndarray | None
    said: Sentence
    floor: float
    asked: int | None
    begun: float


def in_order(labels: pd.Index) -> np.ndarray:
    """Where labels stand in the order of their length as text and then of the text, by which F9 is before F10."""
    text = labels.astype(str).to_numpy(dtype=str)
    return np.lexsort((text, np.strings.str_len(text)))


def among(made: Instance, rules: Rules) -> Instance:
    """The question of some of its candidates; those that must open are among them."""
    if rules.candidates is None:
        return made
    stays = np.zeros(len(made.candidates) + 1, dtype=bool)  # the last one stands for the unknown
    stays[made.candidates.get_indexer(pd.Index(rules.candidates))] = True
    stays[made.candidates.get_indexer(pd.Index(list(rules.may_not_open), dtype=object))] = False
    stays = stays[:-1]
    if stays.all():
        return made
    now, of_pair = np.cumsum(stays, dtype=np.int32) - 1, stays[made.column]
    cell, metres = made.cell[of_pair], made.metres[of_pair]
    is_in_table, is_reached = reached_of(made.own, cell, metres, made.cutoff)
    return dataclasses.replace(
        made,
        cell=cell,
        column=now[made.column[of_pair]],
        metres=metres,
        candidates=made.candidates[stays],
        origin=made.origin[stays],
        gross=made.gross[stays],
        price=made.price[stays],
        is_must=made.is_must[stays],
        is_in_table=is_in_table,
        is_reached=is_reached,
    )


def reached_of(
    own: np.ndarray, cell: np.ndarray, metres: np.ndarray, cutoff: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which places the table knows a way from, and which are within the cutoff of some centre."""
    is_in_table = np.isfinite(own)
    is_in_table[cell[np.isfinite(metres)]] = True
    is_reached = own <= cutoff if math.isfinite(cutoff) else is_in_table.copy()
    is_reached[cell[metres <= cutoff]] = True
    return is_in_table, is_reached


def each_once(
    cell: np.ndarray, column: np.ndarray, metres: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each pair of place and centre once, with its least metres."""
    if (column[1:] < column[:-1]).any():
        order = stable_order(column)
        cell, column, metres = cell[order], column[order], metres[order]
    # From columns to rows: each pair is moved once.
    shape = (int(cell.max(initial=-1)) + 1, int(column.max(initial=-1)) + 1)
    begins = np.searchsorted(column, np.arange(shape[1] + 1))
    rows = sparse.csc_matrix((metres, cell, begins), shape=shape).tocsr()
    cell = np.repeat(np.arange(shape[0], dtype=np.int32), np.diff(rows.indptr))
    column, metres = rows.indices, rows.data
    is_new = np.ones(len(cell), dtype=bool)
    is_new[1:] = (cell[1:] != cell[:-1]) | (column[1:] != column[:-1])
    if is_new.all():
        return cell, column, metres
    first = np.flatnonzero(is_new)
    return cell[first], column[first], np.minimum.reduceat(metres, first)


def covering_of(
    made: Instance, is_row: np.ndarray, radius: float
) -> tuple[_problem.Covering, np.ndarray]:
    """The covering problem of some places with people, and which place each row is."""
    some = is_row[made.cell] & (made.metres <= radius) & (made.people[made.cell] > 0)
    some &= ~made.is_must[made.column]
    cell, column = made.cell[some], made.column[some]
    rows = np.flatnonzero(np.bincount(cell, minlength=len(made.people)))
    begins = np.searchsorted(cell, np.append(rows, len(made.people)))  # pairs stand by places
    shape = (len(rows), len(made.candidates))
    cover = sparse.csr_matrix((np.ones(len(cell)), column, begins), shape=shape)
    group, columns = np.zeros(len(rows), dtype=int), np.arange(len(made.candidates))
    return _problem.Covering(cover, made.people[rows], group, columns, np.arange(len(rows))), rows


def limits_of(made: Instance, columns: np.ndarray | None = None) -> Limits:
    """What the plan may take beside the candidates that must open, for these columns."""
    columns = np.arange(len(made.candidates)) if columns is None else columns
    if made.least is None:
        return Limits(made.price[columns], made.budget)
    problem, rows = covering_of(made, made.base > made.cutoff, made.cutoff)
    of_streets = problem._replace(cover=problem.cover[:, columns], group=made.street[rows])
    return Limits(made.price[columns], made.budget, Floors(_problem.merged(of_streets), made.least))
