"""A lattice cut into blocks, and its cells block by block."""

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import memory
from carecircles.grid.lattice import Grid

SIDE = memory.SIDE  # cells of a block


def blocks_of(lattice: Grid) -> list[Grid]:
    """
    A lattice cut into blocks of `SIDE` by `SIDE` cells, each a lattice of its own, row by row from the south-west.

    Parameters
    ----------
    lattice
        From `lattice_around`.

    Examples
    --------
    >>> [(b.x0, b.rows, b.cols) for b in blocks_of(Grid(50.0, 0.0, 0.0, 100, 3000, None))]
    [(0.0, 100, 2048), (102400.0, 100, 952)]
    """
    first_row, first_col = (round(at / lattice.cell) for at in (lattice.y0, lattice.x0))
    return [
        dataclasses.replace(
            lattice,
            x0=(first_col + col) * lattice.cell,
            y0=(first_row + row) * lattice.cell,
            rows=min(SIDE, lattice.rows - row),
            cols=min(SIDE, lattice.cols - col),
        )
        for row in range(0, lattice.rows, SIDE)
        for col in range(0, lattice.cols, SIDE)
    ]


class Piece(NamedTuple):
    """The cells of a block counted from its own corner, its place among the blocks and its rows and columns."""

    place: tuple[int, int]
    shape: tuple[int, int]
    cells: pd.DataFrame


def in_blocks(demand: pd.DataFrame) -> Iterator[Piece]:
    """
    Cells block by block, row by row from the south-west; those of no lattice are one.

    Examples
    --------
    >>> cells = pd.DataFrame({"row": [0, 0, 1], "col": [0, 3000, 0]})
    >>> [(p.place, p.shape, p.cells["col"].tolist()) for p in in_blocks(cells)]
    [((0, 0), (2, 2048), [0, 0]), ((0, 1), (2, 953), [952])]
    """
    if not {"row", "col"} <= set(demand.columns) or demand.empty:
        yield Piece((0, 0), (0, 0), demand)
        return
    row, col = demand["row"].to_numpy(), demand["col"].to_numpy()
    rows, cols = int(row.max()) + 1, int(col.max()) + 1
    if max(rows, cols) <= SIDE:
        yield Piece((0, 0), (rows, cols), demand)
        return
    for some in _parted(row, col):
        up, right = int(row[some[0]]) // SIDE, int(col[some[0]]) // SIDE
        shape = min(SIDE, rows - up * SIDE), min(SIDE, cols - right * SIDE)
        cells = demand.iloc[some]
        yield Piece((up, right), shape, cells.assign(row=row[some] % SIDE, col=col[some] % SIDE))


def added_in_blocks(
    demand: pd.DataFrame, group: np.ndarray, values: np.ndarray, count: int
) -> np.ndarray:
    """
    Sums of values of cells by group, added up block by block, as an area is that is never in one piece.

    Parameters
    ----------
    demand
        Cells with row and col.
    group, values
        Of each cell, the number of what it is counted in, and how much.
    count
        How many groups there are.

    Examples
    --------
    >>> cells = pd.DataFrame({"row": [0, 0, 1], "col": [0, 3000, 0]})
    >>> added_in_blocks(cells, np.array([0, 1, 0]), np.array([1.0, 2.0, 3.0]), 2).tolist()
    [4.0, 2.0]
    """
    row, col = demand["row"].to_numpy(), demand["col"].to_numpy()
    if not len(row) or max(row.max(), col.max()) < SIDE:
        return np.bincount(group, values, minlength=count)
    sums = np.zeros(count)
    for some in _parted(row, col):
        sums += np.bincount(group[some], values[some], minlength=count)
    return sums


def _parted(row: np.ndarray, col: np.ndarray) -> list[np.ndarray]:
    """The positions of the cells of each block, row by row from the south-west."""
    number = row // SIDE * (int(col.max()) + 1) + col // SIDE
    order = np.argsort(number, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
