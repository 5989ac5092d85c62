"""Circles as spans of rows: who is covered by the union of the spans, over sums of people along the rows."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import grid

_DOUBT = 1e-4  # of a cell: so near its end a span is measured, cell by cell


class Spans(NamedTuple):
    """Of which circle, in which row, the first column within reach and the one after the last."""

    circle: np.ndarray
    row: np.ndarray
    first: np.ndarray
    beyond: np.ndarray


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
    x = lattice.x0 + (np.arange(lattice.cols) + 0.5) * lattice.cell
    y = lattice.y0 + (np.arange(lattice.rows) + 0.5) * lattice.cell
    x[col], y[row] = cells["x"], cells["y"]  # as they are measured elsewhere, to the last digit
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


def spans_of(x: np.ndarray, y: np.ndarray, radius: np.ndarray, ground: Ground) -> Spans:
    """
    The spans of circles, exactly: a cell is within one where its middle is no farther than the radius.

    Ends follow from one square root; those so near the middle of a cell that rounding could decide are measured.
    """
    side, rows, cols = ground.lattice.cell, ground.lattice.rows, ground.lattice.cols
    up = int(min(radius.max(initial=0.0) // side + 2, rows))
    if 2 * up + 1 < rows:
        row = np.rint((y - ground.y[0]) / side).astype(np.int64)[:, None] + np.arange(-up, up + 1)
    else:
        row = np.broadcast_to(np.arange(rows), (len(y), rows))
    circle, _ = np.nonzero((row >= 0) & (row < rows))
    row = row[(row >= 0) & (row < rows)]
    off, far = ground.y[row] - y[circle], radius[circle]
    is_met = np.abs(off) <= far
    circle, row, off, far = circle[is_met], row[is_met], off[is_met], far[is_met]
    middle, half = x[circle] - ground.x[0], np.sqrt(np.maximum(far**2 - off**2, 0))

    def end(at: np.ndarray, inward: int) -> np.ndarray:
        """The last column within reach, coming from the middle; `inward` is the step back to it."""
        whole = np.rint(at)
        column = np.ceil(at) if inward > 0 else np.floor(at)
        doubt = np.flatnonzero(np.abs(at - whole) < _DOUBT)
        near = whole[doubt]
        known = np.clip(near, 0, cols - 1).astype(np.int64)
        across = ground.x[known] + (near - known) * side - x[circle[doubt]]
        is_in = np.hypot(across, off[doubt]) <= far[doubt]
        column[doubt] = np.where(is_in, near, near + inward)
        return column

    first = np.clip(end((middle - half) / side, 1), 0, cols).astype(np.int64)
    beyond = np.clip(end((middle + half) / side, -1) + 1, 0, cols).astype(np.int64)
    some = beyond > first
    return Spans(circle[some], row[some], first[some], beyond[some])


def united(spans: Spans, draw: np.ndarray, ground: Ground) -> tuple[np.ndarray, ...]:
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


def marked(
    spans: Spans, draw: np.ndarray, mark: np.ndarray, draws: int, ground: Ground
) -> np.ndarray:
    """The sum of the marks of the circles on each cell, a row a draw."""
    line = (draw * ground.lattice.rows + spans.row) * ground.width
    size, value = draws * ground.size, mark[spans.circle].astype(float)
    steps = np.bincount(line + spans.first, value, minlength=size)
    steps -= np.bincount(line + spans.beyond, value, minlength=size)
    summed = np.cumsum(steps.reshape(draws, ground.size), axis=1)
    cells: np.ndarray = summed[:, ground.place]
    return cells
