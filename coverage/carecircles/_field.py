"""What is known of the cells of a block, laid out as rasters: of a frame of cells, or worked out without one."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import grid, reach
from carecircles.area import StudyArea
from carecircles.people import columns_of
from carecircles.weights import BASES, EVEN, UNINHABITED
from carecircles.weights._by_blocks import Living, is_empty_land, on_block, people_on

AREA = "area"
_EVENLY = BASES.index(EVEN)
_AT_ONCE = 1 << 16  # cells that are looked at, so few that what is worked out of them stays near


class Spread(NamedTuple):
    """People or square metres: as many in `each` cell of a street, or, if they are not, of every cell its `own`."""

    each: np.ndarray
    own: np.ndarray | None = None


class Field(NamedTuple):
    """
    The cells of a block, row by row from the south.

    `street` is the number of each one's street in `labels`, one more where there is no cell. `metres` (to the
    nearest centre, NaN without a way) and `nearest` (its number in `centres`, -1 without one) are None where nobody
    asks for them. `spread` has the area and the people by group; `basis` is by what people are placed, the number of
    one of `BASES`, None if evenly everywhere.
    """

    place: tuple[int, int]
    labels: pd.Index
    street: np.ndarray
    covered: np.ndarray
    depth: np.ndarray
    metres: np.ndarray | None
    spread: Mapping[str, Spread]
    basis: np.ndarray | None = None
    nearest: np.ndarray | None = None
    centres: pd.Index | None = None


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
        each, is_same = _each(codes, own, len(labels))
        spread[name] = Spread(each, None if is_same else laid(piece, own, 0.0))
    basis = None
    if "placed" in cells and not (cells["placed"] == EVEN).all():
        placed = cells["placed"].cat
        number = pd.Index(BASES).get_indexer(placed.categories)[placed.codes]
        basis = laid(piece, number.astype(np.int8), _EVENLY)
    return Field(
        piece.place,
        labels,
        laid(piece, codes.astype(np.int32), len(labels)),
        laid(piece, cells["covered"].to_numpy(dtype=bool), False),
        laid(piece, cells["depth"].to_numpy(), 0),
        laid(piece, cells["distance_m"].to_numpy(), 0.0) if "distance_m" in cells else None,
        spread,
        basis,
    )


def of_block(
    area: StudyArea,
    living: Living,
    within: grid.Grid,
    place: tuple[int, int],
    *,
    cutoff: float,
    has_distances: bool = True,
) -> Field | None:
    """The field of a block by straight lines; None where it has no cell."""
    across, up = grid.centres(within)
    labels, centres = area.streets.index, area.facilities.index
    street = grid.owners(area.streets.geometry.to_numpy(), across, up)
    is_cell = street >= 0
    if not is_cell.any():
        return None
    told = on_block(area.sources, street, within, area.crs)
    street[~is_cell] = len(labels)
    points = area.facilities.geometry
    x, y = points.x.to_numpy(), points.y.to_numpy()
    depth = reach.depth_on(across, up, x, y, cutoff=cutoff)
    amounts = {AREA: np.full(len(labels), within.cell**2)}
    amounts |= living.in_each_cell()
    field = Field(
        place,
        labels,
        street,
        (depth > 0) & is_cell,
        depth,
        None,
        {name: Spread(amount) for name, amount in amounts.items()},
    )
    if told:
        field = _by_weights(field, living, told)
    if not has_distances:
        return field
    if not len(x):
        metres, nearest = np.full(street.shape, np.nan), np.full(street.shape, -1)
    else:
        metres, nearest = np.empty(street.shape), reach.nearest_on(across, up, is_cell, x, y)
        for out, own, of in zip(metres, up, nearest, strict=True):
            np.hypot(across - x[of], own - y[of], out=out)
    return field._replace(metres=metres, nearest=nearest, centres=centres)


def _by_weights(field: Field, living: Living, told: Mapping[str, np.ndarray]) -> Field:
    """A field whose people live where the weights of its cells say."""
    is_cell = field.street < len(field.labels)
    of = field.street[is_cell]

    def laid(values: np.ndarray, fill: float) -> np.ndarray:
        out = np.full(is_cell.shape, fill, dtype=values.dtype)
        out[is_cell] = values
        return out

    spread = dict(field.spread)
    for group, own in people_on(living, told, of).items():
        each, is_same = _each(of, own, len(field.labels))
        spread[group] = Spread(each, None if is_same else laid(own, 0.0))
    empty = is_empty_land(living, told, of)
    basis = np.where(empty, BASES.index(UNINHABITED), living.basis[of]).astype(np.int8)
    is_even = (basis == _EVENLY).all()
    return field._replace(spread=spread, basis=None if is_even else laid(basis, _EVENLY))


def cells(field: Field, within: grid.Grid, is_meant: np.ndarray) -> pd.DataFrame:
    """Some cells of a block as a frame, as `plan.evaluate` has them."""
    at = np.flatnonzero(is_meant)  # faster than both axes at once
    row, col = (axis.astype(np.int32) for axis in np.divmod(at, within.cols))
    across, up = grid.centres(within)
    street = field.street[row, col]
    amounts = {
        name: one.each[street] if one.own is None else one.own[row, col]
        for name, one in field.spread.items()
    }
    basis = np.full(len(row), _EVENLY) if field.basis is None else field.basis[row, col]
    found = {
        "row": row,
        "col": col,
        "x": across[col],
        "y": up[row],
        "area_m2": amounts.pop(AREA),
        "street": pd.Categorical.from_codes(street, categories=field.labels),
        **amounts,
        "placed": pd.Categorical.from_codes(basis.astype(np.int8), categories=pd.Index(BASES)),
        "covered": field.covered[row, col],
        "depth": field.depth[row, col],
    }
    if field.nearest is not None and field.metres is not None:
        near = field.nearest[row, col]
        found["nearest"] = pd.Categorical.from_codes(near, categories=field.centres)
        found["distance_m"] = field.metres[row, col]
    return pd.DataFrame(found, copy=False)  # columns of a city are large


def is_even(field: Field) -> np.ndarray:
    """Whether people are placed evenly in each cell."""
    if field.basis is None:
        return np.ones(field.covered.shape, dtype=bool)
    return np.asarray(field.basis == _EVENLY)


def laid_out(field: Field, name: str) -> np.ndarray:
    """The people of a group in each cell, or its area."""
    each, own = field.spread[name]
    if own is not None:
        return own
    out: np.ndarray = np.append(each, 0.0)[field.street]
    return out


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
        if own is None:
            found[:, n] *= each[:, None]
    return found


def people(field: Field, group: str, is_meant: np.ndarray) -> float:
    """The people of a group in some cells."""
    each, own = field.spread[group]
    of, count = field.street[is_meant], len(field.labels)
    if own is None:
        return float((np.bincount(of, minlength=count)[:count] * each).sum())
    return float(np.bincount(of, own[is_meant], minlength=count)[:count].sum())


def stretches(count: int) -> list[slice]:
    """As many rows one after the other, a few at once."""
    return [slice(n, min(n + _AT_ONCE, count)) for n in range(0, count, _AT_ONCE)]


def _each(codes: np.ndarray, own: np.ndarray, streets: int) -> tuple[np.ndarray, bool]:
    """What the first cell of each street has, and whether all of its others have the same."""
    first = np.zeros(streets, dtype=np.intp)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    each = np.zeros(streets)
    some = np.flatnonzero(np.bincount(codes, minlength=streets))
    each[some] = own[first[some]]
    return each, all((own[at] == each[codes[at]]).all() for at in stretches(len(codes)))
