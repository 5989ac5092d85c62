"""
How far shares may be off because cells are counted by their centres: by where reach ends and where borders run.

Told block by block, as in `_tally`; where two blocks meet their sides are compared.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import grid

# Of the people of a cell at the rim of reach, in squares of them, for each edge between covered and not.
_VARIANCE_EVEN = 0.0724 * np.pi / 4
_VARIANCE_LUMPED = (np.sqrt(2) + np.log(1 + np.sqrt(2))) / 12
_STRAIGHT = 20  # cells in a row along a border, from which on they are off alike
SIDES = ("south", "west", "north", "east")
_ACROSS = {
    "north": ("south", 1, 0),
    "east": ("west", 0, 1),
    "south": ("north", -1, 0),
    "west": ("east", 0, -1),
}


class Lines(NamedTuple):
    """Rows of cells: the street of each (-1 where there is no cell), whether it is covered, its people's variance."""

    street: np.ndarray
    covered: np.ndarray
    lumps: np.ndarray


class Rim(NamedTuple):
    """
    Where reach ends and borders run in a block, or in all of them.

    `sums` has a row a street of `labels`: cells, square metres, those covered, people spread evenly and those of
    them covered, all people. `edges` between covered and not, `lumps` the variance of people at them; `outer` and
    `inner` are straight runs along the border of all cells and of streets: what is on either side (-1 nothing),
    cells, and the share of them covered. `sides` are the block's own.
    """

    place: tuple[int, int]
    labels: pd.Index
    sums: np.ndarray
    edges: int
    lumps: float
    outer: np.ndarray
    inner: np.ndarray
    sides: Mapping[str, Lines]


def of_cells(cells: pd.DataFrame, group: str | None = None) -> Rim:
    """The rim of evaluated cells; people of a group count if it is said."""
    labels = cells["street"].cat.categories if "street" in cells else pd.Index(["all"])
    return together((of_piece(piece, group) for piece in grid.in_blocks(cells)), labels)


def of_piece(piece: grid.Piece, group: str | None) -> Rim:
    """The rim of a block."""
    cells = piece.cells
    is_named = "street" in cells
    labels = cells["street"].cat.categories if is_named else pd.Index(["all"])
    street = cells["street"].cat.codes.to_numpy() if is_named else np.zeros(len(cells), np.int8)
    covered, area = cells["covered"].to_numpy(dtype=bool), cells["area_m2"].to_numpy()
    living = np.zeros(len(cells)) if group is None else cells[group].to_numpy()
    is_even = (cells["placed"] == "even").to_numpy() if "placed" in cells else np.True_
    even = np.where(is_even, living, 0.0)
    weights = np.ones(len(cells)), area, area * covered, even, even * covered, living
    sums = [np.bincount(street, weight, minlength=len(labels)) for weight in weights]
    variance = np.where(is_even, _VARIANCE_EVEN, _VARIANCE_LUMPED) * living**2

    def laid(values: np.ndarray, fill: float) -> np.ndarray:
        out = np.full(piece.shape, fill, dtype=values.dtype)
        out[cells["row"], cells["col"]] = values
        return out

    lines = Lines(laid(street.astype(np.int32), -1), laid(covered, False), laid(variance, np.nan))
    across = Lines(*(one.T for one in lines))
    found = [_between(_some(by, np.s_[:-1]), _some(by, np.s_[1:])) for by in (lines, across)]
    sides = {
        "south": _copied(lines, 0),
        "north": _copied(lines, -1),
        "west": _copied(across, 0),
        "east": _copied(across, -1),
    }
    return Rim(piece.place, labels, np.column_stack(sums), *_added(found), sides)


def together(rims: Iterable[Rim], labels: pd.Index) -> Rim:
    """The rim of several blocks, with the streets in the order of `labels`."""
    sums = np.zeros((len(labels), 6))
    found, sides = [], {}
    for rim in rims:
        own = labels.get_indexer(rim.labels)
        sums[own] += rim.sums
        number = np.append(own, -1)
        found.append((rim.edges, rim.lumps, rim.outer, _renamed(rim.inner, number)))
        for side, line in rim.sides.items():
            sides[rim.place, side] = line._replace(street=number[line.street])
    for (place, side), line in sides.items():
        beyond, up, right = _ACROSS[side]
        other = sides.get(((place[0] + up, place[1] + right), beyond))
        if other is None:
            found.append(_between(line, _nothing_like(line)))
        elif side in ("north", "east"):
            found.append(_between(line, other))
    return Rim((0, 0), labels, sums, *_added(found), {})


def area_error(rim: Rim) -> float:
    """`evaluation.area_share_error` of cells whose rim is told."""
    cells, area, covered = rim.sums[:, :3].sum(axis=0)
    side = np.sqrt(area / cells)
    length = rim.edges * side * np.pi / 4  # a staircase is 4/pi longer than the line it follows
    at_rim = 0.0724 * length * side**3 / area**2
    borders = _border_variance(rim.outer, np.array([covered / area]), np.array([1 / cells]))
    return float(3 * np.sqrt(at_rim + borders))


def people_error(rim: Rim) -> float:
    """`evaluation.people_share_error` of cells whose rim is told; 0 where there is nobody."""
    cells, even, covered = rim.sums[:, [0, 3, 4]].T
    total = rim.sums[:, 5].sum()
    if not total > 0:
        return 0.0
    share = np.divide(covered, even, out=np.zeros(len(even)), where=even > 0)
    density = even / np.maximum(cells, 1) / even.sum() if even.sum() > 0 else even * 0.0
    return float(3 * np.sqrt(rim.lumps / total**2 + _border_variance(rim.inner, share, density)))


def _border_variance(runs: np.ndarray, share: np.ndarray, density: np.ndarray) -> float:
    """
    The variance of a covered share of amounts that lie evenly in parts, by where borders of the parts run.

    A long straight run of m cells along the border lies anywhere within half a cell, all of it alike: its part
    has up to m s^2 / 2 more or less area, with a variance of (m s^2)^2 / 12, and its neighbour the opposite. Of
    short runs, steps of a border that runs across the grid, the next makes up for one. Three standard errors are
    no more than all runs together can be off.
    """
    share, density = np.append(share, 0.0), np.append(density, 0.0)  # the last is outside
    a, b = runs[:, :2].astype(np.intp).T
    cells, along = runs[:, 2:].T
    off = np.abs(cells * (density[a] * (along - share[a]) - density[b] * (along - share[b])))
    return min(float((off**2).sum()) / 12, (float(off.sum()) / 2 / 3) ** 2)


def _some(lines: Lines, rows: slice) -> Lines:
    return Lines(*(one[rows] for one in lines))


def _copied(lines: Lines, row: int) -> Lines:
    """A row of its own, so that the others can go."""
    return Lines(*(one[[row]] for one in lines))


def _nothing_like(lines: Lines) -> Lines:
    shape = lines.street.shape
    return Lines(np.full(shape, -1, np.int32), np.zeros(shape, bool), np.full(shape, np.nan))


def _between(one: Lines, other: Lines) -> tuple[int, float, np.ndarray, np.ndarray]:
    """What there is between rows and those beyond them: edges, variance at them, runs along borders."""
    at_rim = one.covered != other.covered
    lumps = (
        float(np.nansum((one.lumps + other.lumps)[at_rim])) / 2
    )  # the rim passes through one of two
    whole = [by._replace(street=np.minimum(by.street, 0)) for by in (one, other)]
    return int(np.count_nonzero(at_rim)), lumps, _runs(*whole), _runs(one, other)


def _runs(one: Lines, other: Lines) -> np.ndarray:
    """Long straight runs of cells of one part beside those of another, and the share of both covered."""
    row, col = np.nonzero(one.street != other.street)
    if not len(row):
        return np.empty((0, 4))
    a, b = one.street[row, col], other.street[row, col]
    is_next = (np.diff(row) == 0) & (np.diff(col) == 1) & (np.diff(a) == 0) & (np.diff(b) == 0)
    first = np.flatnonzero(np.append(True, ~is_next))
    count = np.diff(np.append(first, len(row)))
    near = [by.covered[row, col].astype(float) for by in (one, other)]
    run = [np.add.reduceat(side, first) / count for side in near]
    a, b = a[first], b[first]
    along = np.where(a < 0, run[1], np.where(b < 0, run[0], (run[0] + run[1]) / 2))
    return np.column_stack([a, b, count, along])[count >= _STRAIGHT]


def _renamed(runs: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Runs whose streets are numbered anew; the last of `place` is nothing."""
    named = runs.copy()
    named[:, :2] = place[runs[:, :2].astype(np.intp)]
    return named


def _added(
    found: list[tuple[int, float, np.ndarray, np.ndarray]],
) -> tuple[int, float, np.ndarray, np.ndarray]:
    """Several of them together."""
    edges, lumps, outer, inner = zip(*found, strict=True)
    return sum(edges), sum(lumps), np.concatenate(outer), np.concatenate(inner)
