"""
Tables of text laid out for a width: as many columns as there is room for, every figure whole.

Widths are columns of a terminal, in which an East Asian character takes two.
"""

import re
from collections.abc import Iterable

import pandas as pd
from rich.cells import cell_len

from carecircles._lines import PIECE, wrapped

_PADDING, _EDGE = 3, 1  # what a column and the whole table take beside the text
_WORDS_WIDTH = 12  # names fold at this width before a column is left out
_HEADER_WIDTH = 6  # a heading of three East Asian characters a line
_LONGEST_KEPT = 24  # words with a digit up to this width stay in one piece
_FEWEST_FIGURES = 3  # with fewer columns of figures, a record a row says more
_NUMBER = r"[+-]?\d[\d,.]*(?: %| m)?"
_FIGURE = re.compile(rf"{_NUMBER}(?: (?:/|→|\+) {_NUMBER})*|–")


def column_widths(table: pd.DataFrame, columns: int) -> dict[str, int] | None:
    """
    The columns of a table there is room for and the width of each; None where a record a row is better.

    Columns of words always stay: they fold. Those of figures are left out from the right.

    Parameters
    ----------
    table
        Text in every cell; the first column says what the row is about.
    columns
        Width to print in.
    """
    least = {column: _least_width(table, column) for column in table.columns}
    figures = [column for column in table.columns if is_figures(table, column)]
    kept = list(table.columns)
    while _room(columns, least, kept) < 0:
        if len([column for column in kept if column in figures]) <= _FEWEST_FIGURES:
            return None
        kept.remove([column for column in kept if column in figures][-1])
    widths = {column: least[column] for column in kept}
    for texts in (list, lambda cells: [cells.name, *cells]):  # names first, then the heading
        wanted = {column: max(map(cell_len, texts(table[column])), default=0) for column in kept}
        while _room(columns, widths, kept) > 0:
            short = [column for column in kept if widths[column] < wanted[column]]
            if not short:
                break
            widths[min(short, key=widths.__getitem__)] += 1
    return widths


def full_width(table: pd.DataFrame) -> int:
    """The width from which no column is left out."""
    least = {column: _least_width(table, column) for column in table.columns}
    return -_room(0, least, table.columns)


def _room(columns: int, least: dict[str, int], kept: Iterable[str]) -> int:
    """Columns left beside the least that some columns of a table take."""
    return columns - _EDGE - sum(_PADDING + least[column] for column in kept)


def is_figures(table: pd.DataFrame, column: str) -> bool:
    """Whether a column holds figures and nothing else; the first holds what the row is about."""
    filled = [cell for cell in table[column] if cell]
    return column != table.columns[0] and bool(filled) and all(map(_FIGURE.fullmatch, filled))


def _least_width(table: pd.DataFrame, column: str) -> int:
    cells = table[column]
    header = max(cell_len(piece.rstrip()) for piece in PIECE.findall(column) or [""])
    if cell_len(column) > len(column):
        header = max(header, min(cell_len(column), _HEADER_WIDTH))
    widest = max(map(cell_len, cells), default=0)
    if is_figures(table, column):
        return max(header, widest)
    unbroken = [
        cell_len(piece.rstrip())
        for cell in cells
        for piece in PIECE.findall(cell)
        if any(map(str.isdecimal, piece))
    ]
    kept = max((size for size in unbroken if size <= _LONGEST_KEPT), default=0)
    return max(header, kept, min(widest, _WORDS_WIDTH))


def records(table: pd.DataFrame, columns: int) -> list[str]:
    """A table as lines: of each row what it is about, and each figure beside its name."""
    labels = list(table.columns[1:])
    most = max(map(cell_len, labels), default=0)
    lines: list[str] = []
    for about, *cells in table.itertuples(index=False):
        lines += wrapped(f"{table.columns[0].strip()}: {about}", columns) if about else []
        for label, cell in zip(labels, cells, strict=True):
            lines += _pair(label, cell, most, columns) if cell else []
        lines.append("")
    return lines[:-1]


def _pair(label: str, cell: str, most: int, columns: int) -> list[str]:
    """A label and what it says, on one line where both have room, else below each other."""
    if 2 + most + 2 + cell_len(cell) <= columns:
        return [f"  {label}{' ' * (most - cell_len(label))}  {cell}"]
    beside = columns - 4 - cell_len(label)
    if cell_len(cell) <= beside:
        return [f"  {label}  {cell}"]
    below = wrapped(cell, columns - 4) if not _FIGURE.fullmatch(cell) else [cell]
    return [f"  {line}" for line in wrapped(label, columns - 2)] + [f"    {line}" for line in below]
