"""What is known of the cells of a block, laid out as rasters: of a frame of cells, or worked out without one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import grid
from carecircles.people import columns_of

AREA = "area"
_AT_ONCE = 1 << 16  # cells that are looked at, so few that what is worked out of them stays near


class Spread(NamedTuple):
    """People or square metres of cells: as many in every cell of a street (`each`), or each cell's `own`."""

    each: np.ndarray | None
    own: np.ndarray | None


class Field(NamedTuple):
    """
    The cells of a block, row by row from the south.

    `street` is the number of each one's street in `labels`, one more where there is no cell. `metres` (to the
    nearest centre, NaN without a way) are None where nobody asks for them. `spread` has the area and the people by
    group; `is_even` is where people are placed evenly, None if everywhere.
    """

    place: tuple[int, int]
    labels: pd.Index
    street: np.ndarray
    covered: np.ndarray
    depth: np.ndarray
    metres: np.ndarray | None
    spread: Mapping[str, Spread]
    is_even: np.ndarray | None


def of_piece(piece: grid.Piece) -> Field:
    """The field of evaluated cells; of places in no street they are together."""
    cells = piece.cells
    if "street" in cells:
        codes, labels = cells["street"].cat.codes.to_numpy(), cells["street"].cat.categories
    else:
        codes, labels = np.zeros(len(cells), np.int8), pd.Index(["all"])
    columns = {AREA: "area_m2"} if "area_m2" in cells else {}
    columns |= {group: group for group in columns_of(cells)}
    spread = {}
    for name, column in columns.items():
        own = cells[column].to_numpy()
        each = _each(codes, own, len(labels))
        spread[name] = Spread(each, None if each is not None else laid(piece, own, 0.0))
    is_even = (cells["placed"] == "even").to_numpy() if "placed" in cells else None
    return Field(
        piece.place,
        labels,
        laid(piece, codes.astype(np.int32), len(labels)),
        laid(piece, cells["covered"].to_numpy(dtype=bool), False),
        laid(piece, cells["depth"].to_numpy(), 0),
        laid(piece, cells["distance_m"].to_numpy(), 0.0) if "distance_m" in cells else None,
        spread,
        None if is_even is None or is_even.all() else laid(piece, is_even, False),
    )


def laid(piece: grid.Piece, values: np.ndarray, fill: float) -> np.ndarray:
    """Values of a block's cells as a raster; those of places on no lattice as one row."""
    if piece.shape == (0, 0):
        return values[None]
    row, col = piece.cells["row"].to_numpy(), piece.cells["col"].to_numpy()
    out = np.full(piece.shape, fill, dtype=values.dtype)
    out[row, col] = values
    return out


def sums(field: Field, kind: np.ndarray, kinds: int, names: Sequence[str]) -> np.ndarray:
    """Sums by street, name and kind of cell. People who are as many in every cell of a street are counted as cells."""
    key = (field.street * np.intp(kinds) + kind).ravel()
    size = kinds * (len(field.labels) + 1)
    cells = np.bincount(key, minlength=size)
    found = np.empty((len(field.labels), len(names), kinds))
    for n, name in enumerate(names):
        each, own = field.spread[name]
        by_kind = cells if own is None else np.bincount(key, own.ravel(), minlength=size)
        found[:, n] = by_kind.reshape(-1, kinds)[:-1]
        if each is not None:
            found[:, n] *= each[:, None]
    return found


def people(field: Field, group: str, is_meant: np.ndarray) -> float:
    """The people of a group in some cells."""
    return float(sums(field, is_meant, 2, [group])[:, 0, 1].sum())


def stretches(count: int) -> list[slice]:
    """As many rows one after the other, a few at once."""
    return [slice(n, min(n + _AT_ONCE, count)) for n in range(0, count, _AT_ONCE)]


def _each(codes: np.ndarray, own: np.ndarray, streets: int) -> np.ndarray | None:
    """The amount that every cell of a street has, if they all have the same."""
    first = np.zeros(streets, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    each = np.zeros(streets)
    some = np.flatnonzero(np.bincount(codes, minlength=streets))
    each[some] = own[first[some]]
    is_even = ((own[some] == each[codes[some]]).all() for some in stretches(len(codes)))
    return each if all(is_even) else None
