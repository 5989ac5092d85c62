"""A question as arrays: people by place, and what each candidate is to them."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from carecircles.reach._pairs import Told, code_of, pieces, put_in_order
from carecircles.siting import _problem, _streets
from carecircles.siting._terms import Clock, Floors, Limits
from carecircles.siting.rules import Rules
from carecircles.words import Sentence

_ROWS_AT_ONCE = 200_000  # pairs of places that are put in order together
_MANY = 5_000_000  # pairs of which equal places are made one before all stand together
Measure = Callable[[np.ndarray, np.ndarray], float]  # of the nearest centre and of how many


@dataclass(frozen=True, eq=False)
class Instance:
    """
    A question as arrays: people by place, and the pairs of place, candidate and metres that matter.

    Places and candidates stand in the order of their labels (`in_order`), whatever the order of the input:
    so that it is no matter which of equally good plans is found. `own` are the metres from each place to the nearest required centre, `own_depth` how many of them
    reach it; `base` and `depth` the same with the candidates that must open. `origin` says which candidate
    of the question it was made from each one is. `gross` are the people
    each candidate reaches, `least` how many more people each street must have covered, `by_street` where centres
    stand if each street is to have its own. `mean` is the largest mean of metres that a street may have, of those
    the table knows, where whoever reaches no centre counts with `far`.
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
    by_street: _streets.Streets | None
    said: Sentence
    floor: float
    asked: int | None
    begun: float
    mean: float | None = None
    far: float = math.inf


def in_order(labels: pd.Index) -> np.ndarray:
    """Where labels stand in the order of their length as text and then of the text, by which F9 is before F10."""
    if pd.api.types.is_integer_dtype(labels.dtype) and (not len(labels) or labels.min() >= 0):
        return np.argsort(labels.to_numpy(), kind="stable")  # the same, for numbers
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
        by_street=made.by_street
        and made.by_street._replace(of_candidate=made.by_street.of_candidate[stays]),
        is_in_table=is_in_table,
        is_reached=is_reached,
    )


def reached_of(
    own: np.ndarray, cell: np.ndarray, metres: np.ndarray, cutoff: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which places the table knows a way from, and which are within the cutoff of some centre."""
    is_in_table = np.isfinite(own)
    is_reached = own <= cutoff if math.isfinite(cutoff) else is_in_table.copy()
    for some in pieces(len(cell)):
        is_in_table[cell[some][np.isfinite(metres[some])]] = True
        is_reached[cell[some][metres[some] <= cutoff]] = True
    return is_in_table, is_reached


def each_once(told: Told, rows: int, columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each pair of place and centre once, place by place, with its least metres."""
    begins, column, metres = put_in_order(told, rows, other=code_of(columns))
    cell = np.repeat(np.arange(rows, dtype=code_of(rows)), np.diff(begins))
    is_new = np.ones(len(cell), dtype=bool)
    for own in _whole_rows(begins):
        key = cell[own].astype(np.int64) * columns + column[own]
        step = np.diff(key)
        if (step < 0).any():  # as they were measured, not centre by centre
            order = np.argsort(key, kind="stable")
            column[own], metres[own], step = (
                column[own][order],
                metres[own][order],
                np.diff(key[order]),
            )
        is_new[own][1:] = step > 0
    if is_new.all():
        return cell, column, metres
    first = np.flatnonzero(is_new)
    return cell[first], column[first], np.minimum.reduceat(metres, first)


def _whole_rows(begins: np.ndarray) -> Iterator[slice]:
    """Pairs that begin so row by row, in pieces of whole rows."""
    row, last = 0, len(begins) - 1
    while row < last:
        end = int(np.searchsorted(begins, begins[row] + _ROWS_AT_ONCE, side="right")) - 1
        end = max(end, row + 1)
        yield slice(begins[row], begins[end])
        row = end


def kept(
    made: Instance, matters: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pairs of which it is said, of their places, candidates and metres, that they matter."""
    is_kept = _which(made, matters)
    return made.cell[is_kept], made.column[is_kept], made.metres[is_kept]


def _which(
    made: Instance, matters: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    is_kept = np.zeros(len(made.cell), dtype=bool)
    for some in pieces(len(made.cell)):
        is_kept[some] = matters(made.cell[some], made.column[some], made.metres[some])
    return is_kept


def begins_of(made: Instance) -> np.ndarray:
    """Where the pairs of each place begin, and where the last ones end."""
    places = np.arange(len(made.people) + 1, dtype=made.cell.dtype)
    return np.searchsorted(made.cell, places)


def covering_of(
    made: Instance, is_row: np.ndarray, radius: float
) -> tuple[_problem.Covering, np.ndarray]:
    """The covering problem of some places with people, and which place each row is."""
    is_row = is_row & (made.people > 0)

    def matters(cell: np.ndarray, column: np.ndarray, metres: np.ndarray) -> np.ndarray:
        found: np.ndarray = is_row[cell] & (metres <= radius) & ~made.is_must[column]
        return found

    is_kept = _which(made, matters)
    cell, column = made.cell[is_kept], made.column[is_kept]
    rows = np.flatnonzero(np.bincount(cell, minlength=len(made.people)))
    begins = np.searchsorted(cell, np.append(rows, len(made.people)).astype(cell.dtype))
    shape = (len(rows), len(made.candidates))
    cover = sparse.csr_matrix((np.ones(len(cell)), column, begins), shape=shape)
    group, columns = np.zeros(len(rows), dtype=int), np.arange(len(made.candidates))
    return _problem.Covering(cover, made.people[rows], group, columns, np.arange(len(rows))), rows


def covering_once(
    made: Instance, is_row: np.ndarray, radius: float
) -> tuple[_problem.Covering, np.ndarray]:
    """The same, with equal places as one already where there are many pairs: so they never stand whole in memory."""
    if len(made.cell) <= _MANY:
        return covering_of(made, is_row, radius)
    parts, size, begins = [], 0, begins_of(made)
    ends = np.searchsorted(begins, np.arange(_MANY, len(made.cell) + _MANY, _MANY), side="right")
    for first, last in itertools.pairwise([0, *(ends - 1).tolist()]):
        own = slice(begins[first], begins[last])
        pairs = {name: getattr(made, name)[own] for name in ("cell", "column", "metres")}
        found, rows = covering_of(dataclasses.replace(made, **pairs), is_row, radius)
        found = _problem.merged(found)
        parts.append((found._replace(became=found.became + size), rows))
        size += len(found.weight)
    cover = sparse.vstack([found.cover for found, _ in parts], format="csr")
    weight, became = (
        np.concatenate([getattr(found, name) for found, _ in parts])
        for name in ("weight", "became")
    )
    group, columns = np.zeros(len(weight), dtype=int), np.arange(len(made.candidates))
    rows = np.concatenate([rows for _, rows in parts])
    return _problem.Covering(cover, weight, group, columns, became), rows


def limits_of(made: Instance, clock: Clock, columns: np.ndarray | None = None) -> Limits:
    """What the plan may take beside the candidates that must open, for these columns."""
    columns = np.arange(len(made.candidates)) if columns is None else columns
    limits = Limits(made.price[columns], made.budget, floors_of(made, columns))
    if made.by_street is None:
        return limits
    return _streets.most_served(made.by_street, limits, columns, clock)


def floors_of(made: Instance, columns: np.ndarray) -> Floors | None:
    """The people to be covered in each street, and behind them the metres to be saved, for these columns."""
    problem = _problem.Covering(
        sparse.csr_matrix((0, len(columns))),
        np.array([]),
        np.array([], int),
        columns,
        np.array([], int),
    )
    if made.least is None and made.mean is None:
        return None
    least = np.zeros(len(made.streets))
    if made.least is not None:
        found, rows = covering_of(made, made.base > made.cutoff, made.cutoff)
        least = made.least
        problem = found._replace(cover=found.cover[:, columns], group=made.street[rows])
    if made.mean is not None:
        cover, weight, street, saved = _saving(made)
        problem = problem._replace(
            cover=sparse.vstack([problem.cover, cover[:, columns]], format="csr"),
            weight=np.concatenate([problem.weight, weight]),
            group=np.concatenate([problem.group, len(made.streets) + street]),
            became=np.arange(problem.cover.shape[0] + cover.shape[0]),
        )
        least = np.concatenate([least, saved])
    merged = _problem.merged(problem)
    return Floors(merged, least, np.ones(len(merged.weight)))


def metres_of(made: Instance, nearest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Persons times metres by street, and the persons the table knows."""
    people = np.where(made.is_in_table, made.people, 0.0)
    size = len(made.streets)
    gone = np.bincount(made.street, people * np.minimum(nearest, made.far), minlength=size)
    return gone, np.bincount(made.street, people, minlength=size)


def _saving(made: Instance) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray, np.ndarray]:
    """
    How many metres are saved, as a covering problem: its rows, their weight and street, and the least of each street.

    A place has a row for each distance at which candidates stand, nearest first, covered by those that stand no
    farther: what is covered adds up to the metres that the nearest open one saves. Streets that are near enough
    already have none.
    """
    base = np.minimum(made.base, made.far)
    gone, people = metres_of(made, base)
    least = gone - (made.mean or 0.0) * people
    least = np.where(least > 1e-9 * np.maximum(gone, 1.0), least, 0.0)
    is_needed = (least > 0)[made.street] & made.is_in_table & (made.people > 0)
    some = is_needed[made.cell] & (made.metres < base[made.cell]) & ~made.is_must[made.column]
    cell, column, metres = made.cell[some], made.column[some], made.metres[some]
    order = np.lexsort((metres, cell))
    cell, column, metres = cell[order], column[order], metres[order]
    is_first = np.diff(cell, prepend=-1) != 0
    is_level = is_first | (np.diff(metres, prepend=math.nan) != 0)
    level = np.flatnonzero(is_level)  # where the pairs of each begin
    place, begun = cell[level], np.flatnonzero(is_first)
    start = begun[
        np.searchsorted(begun, level, side="right") - 1
    ]  # the nearest pair of the same place
    end = np.append(level[1:], len(cell))
    has_next = np.append(place[1:] == place[:-1], False) if len(level) else np.array([], dtype=bool)
    after = np.append(metres[level[1:]], 0.0) if len(level) else np.array([])
    step = np.where(has_next, after, base[place]) - metres[level]
    size = end - start
    pair = (
        np.arange(int(size.sum()))
        - np.repeat(np.cumsum(size) - size, size)
        + np.repeat(start, size)
    )
    indptr = np.concatenate([[0], np.cumsum(size)])
    shape = (len(level), len(made.candidates))
    cover = sparse.csr_matrix((np.ones(len(pair)), column[pair], indptr), shape=shape)
    return cover, made.people[place] * step, made.street[place], least * (1 - 1e-12)
