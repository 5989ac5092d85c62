"""Circles as spans of rows: who is covered by the union of the spans, over sums of people along the rows."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import grid


class Ground(NamedTuple):
    """
    Cells laid row by row on one line, with a spare place after each row that keeps rows apart.

    `before` are the people on all places before each; a run is a stretch of places of one street: `run` says
    which one each place is of, `begins` where each begins, `street` whose it is (as many as there are for none).
    """

    lattice: grid.Grid
    x: np.ndarray
    y: np.ndarray
    place: np.ndarray  # of each cell
    before: np.ndarray
    run: np.ndarray
    begins: np.ndarray
    street: np.ndarray
    streets: int

    @property
    def width(self) -> int:
        return self.lattice.cols + 1

    @property
    def size(self) -> int:
        return self.lattice.rows * self.width


def ground_of(cells: pd.DataFrame, group: str) -> Ground:
    """The cells of a plan on one line, with the people of a group."""
    lattice = grid.lattice_of(cells)
    row, col = cells["row"].to_numpy(), cells["col"].to_numpy()
    x, y = grid.metres_of(cells, lattice)
    streets = len(cells["street"].cat.categories)
    width = lattice.cols + 1
    place = row.astype(np.int64) * width + col
    people, street = np.zeros(lattice.rows * width), np.full(lattice.rows * width, streets)
    people[place], street[place] = cells[group], cells["street"].cat.codes
    is_first = np.append(True, street[1:] != street[:-1])
    begins = np.flatnonzero(is_first)
    return Ground(
        lattice,
        x,
        y,
        place,
        np.concatenate([[0.0], np.cumsum(people)]),
        np.cumsum(is_first) - 1,
        np.append(begins, len(people)),
        street[begins],
        streets,
    )


def spans_of(x: np.ndarray, y: np.ndarray, radius: np.ndarray, ground: Ground) -> grid.Stretches:
    """The cells within circles."""
    return grid.stretches_within(x, y, radius, across=ground.x, up=ground.y)


def united(spans: grid.Stretches, draw: np.ndarray, ground: Ground) -> tuple[np.ndarray, ...]:
    """Draw, first place and place after the last of each stretch that the spans of a draw cover together."""
    width = ground.width
    key = ((draw * ground.lattice.rows + spans.row) * width + spans.first) * width + spans.beyond
    key.sort()
    start, beyond = np.divmod(key, width)
    ends = np.maximum.accumulate(start - start % width + beyond)
    is_new = np.append(True, start[1:] > ends[:-1]) if len(key) else np.array([], dtype=bool)
    begins = np.flatnonzero(is_new)
    lasts = np.append(begins[1:], len(key))[: len(begins)] - 1
    of, first = np.divmod(start[begins], ground.size)
    return of, first, ends[lasts] - of * ground.size


def people_in(
    stretches: tuple[np.ndarray, ...], draws: int, ground: Ground
) -> tuple[np.ndarray, np.ndarray]:
    """People on stretches by draw and street, and in how many draws each cell is on one."""
    of, first, beyond = stretches
    runs = ground.run[beyond - 1] - ground.run[first] + 1  # that each stretch meets
    stretch = np.repeat(np.arange(len(of)), runs)
    run = np.arange(len(stretch)) - np.repeat(np.cumsum(runs) - runs, runs)
    run += ground.run[first[stretch]]
    people = ground.before[np.minimum(beyond[stretch], ground.begins[run + 1])]
    people -= ground.before[np.maximum(first[stretch], ground.begins[run])]
    columns = ground.streets + 1
    sums = np.bincount(
        of[stretch] * columns + ground.street[run], people, minlength=draws * columns
    )
    steps = np.bincount(first, minlength=ground.size) - np.bincount(beyond, minlength=ground.size)
    return sums.reshape(draws, columns)[:, :-1], np.cumsum(steps)[ground.place]


def if_still(
    drawn: tuple[grid.Stretches, np.ndarray],
    told: tuple[grid.Stretches, np.ndarray],
    factors: np.ndarray | None,
    shape: tuple[int, int],
    ground: Ground,
) -> np.ndarray:
    """
    How many more people were covered in each draw if a centre stood where it is said to, it alone.

    All ends of spans of a draw are gone through in their order along the line. Whom a centre alone reaches is
    lost; whom nothing reaches, or it alone from where it is drawn, is gained if its told span reaches them.

    Parameters
    ----------
    drawn, told
        Spans in order of draw, circle (as numbered in its draw) and row, with the draw of each; the circles of
        `told` are the first ones of `drawn`.
    factors
        By what the people of each street are multiplied, a row a draw; None where they are as they are.
    shape
        How many draws, and how many circles are told.

    Returns
    -------
    more
        People, a row a draw, a column a circle told.
    """
    (spans, draw), (others, of) = drawn, told
    draws, circles = shape
    rows, width, many, few = ground.lattice.rows, ground.width, len(draw), len(of)
    line, other = (draw * rows + spans.row) * width, (of * rows + others.row) * width
    ends = [line + spans.first, line + spans.beyond, other + others.first, other + others.beyond]
    at, step = np.concatenate(ends), np.repeat([1, -1, 0], [many, many, 2 * few])
    bits = len(at).bit_length()
    key = (at << bits) | np.arange(
        len(at)
    )  # sorted as numbers, which is faster than an order of them
    key.sort()
    order, at = key & ((1 << bits) - 1), key >> bits
    depth = np.cumsum(step[order])[:-1]
    stretch = np.diff(_people_before(at, factors, ground))
    # Of both at once, as one complex number: the sum where nothing reaches, and where one centre alone does.
    sums = np.zeros(len(order), dtype=complex)
    sums.real[1:], sums.imag[1:] = stretch * (depth == 0), stretch * (depth == 1)
    placed = np.empty_like(sums)
    placed[order] = np.cumsum(sums)
    none, one = placed.real, placed.imag
    first, beyond, from_, to = np.split(np.arange(len(order)), [many, 2 * many, 2 * many + few])
    size = draws * circles
    own, whose = draw * circles + spans.shape, of * circles + others.shape
    moves = spans.shape < circles
    more = np.bincount(whose, none[to] - none[from_], minlength=size)
    more -= np.bincount(own[moves], (one[beyond] - one[first])[moves], minlength=size)
    # Where it stands and where it is said to, it reaches the same people of a row: those between both spans' ends.
    is_at = (draw * max(circles, int(spans.shape.max(initial=0)) + 1) + spans.shape) * rows
    is_at += spans.row
    wanted = (of * max(circles, int(spans.shape.max(initial=0)) + 1) + others.shape) * rows
    wanted += others.row
    pair = np.minimum(np.searchsorted(is_at, wanted), max(many - 1, 0))
    both = np.flatnonzero(is_at[pair] == wanted) if many else np.array([], dtype=int)
    pair = pair[both]
    shared = np.minimum(one[to[both]], one[beyond[pair]])
    shared -= np.maximum(one[from_[both]], one[first[pair]])
    more += np.bincount(whose[both], np.maximum(shared, 0.0), minlength=size)
    return more.reshape(draws, circles)


def _people_before(at: np.ndarray, factors: np.ndarray | None, ground: Ground) -> np.ndarray:
    """People of its draw on all places before each place, draws being laid one after the other."""
    draw, place = np.divmod(at, ground.size)
    if factors is None:
        people: np.ndarray = ground.before[place]
        return people
    by_run = np.column_stack([factors, np.zeros(len(factors))])[:, ground.street]
    of_run = np.diff(ground.before[ground.begins]) * by_run
    run = ground.run[place]
    begun: np.ndarray = np.cumsum(of_run, axis=1)[draw, run] - of_run[draw, run]
    since = ground.before[place] - ground.before[ground.begins[run]]
    begun += by_run[draw, run] * since
    return begun
