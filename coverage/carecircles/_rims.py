"""
How far shares may be off because cells are counted by their centres: by where reach ends and where borders run.

Told block by block, as in `_tally`; where two blocks meet their sides are compared.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import _field, _strips, grid

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
    """Rows of cells: the street of each (or that of no cell), whether it is covered, its people's variance."""

    street: np.ndarray
    covered: np.ndarray
    lumps: np.ndarray


class Course(NamedTuple):
    """
    How the rim of a block runs before it is known who lives there: a `Rim` without people.

    `ends` are for each street how many ends of edges between covered and not lie in it, with a cell on either
    side: of edges between rows, and of those between columns. `sides` are the streets and what is covered.
    """

    edges: int
    ends: tuple[np.ndarray, np.ndarray]
    outer: np.ndarray
    inner: np.ndarray
    sides: Mapping[str, tuple[np.ndarray, np.ndarray]]


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
    pieces = (_field.of_piece(piece) for piece in grid.in_blocks(cells))
    return together((of_field(field, group) for field in pieces), labels)


def of_field(field: _field.Field, group: str | None) -> Rim:
    """The rim of a block."""
    nowhere = len(field.labels)
    living = _field.Spread(np.zeros(nowhere)) if group is None else field.spread[group]
    spread = {"cells": _field.Spread(np.ones(nowhere)), "area": field.spread[_field.AREA]}
    even = _field.is_even(field)
    kind = field.covered + 2 * even.view(np.int8)
    counted = field._replace(spread=spread | {"people": living})
    sums = _in_all(*_field.sums(counted, kind, 4, list(counted.spread)).swapaxes(0, 1))
    lines = Lines(field.street, field.covered, _lumps(field, living))
    between = [
        _between(_some(lines, np.s_[:-1, :]), _some(lines, np.s_[1:, :]), nowhere),
        _between(_some(lines, np.s_[:, :-1]), _some(lines, np.s_[:, 1:]), nowhere, is_upward=True),
    ]
    ends: dict[str, tuple[slice, slice]] = {
        "south": np.s_[:1, :],
        "north": np.s_[-1:, :],
        "west": np.s_[:, :1],
        "east": np.s_[:, -1:],
    }
    sides = {
        side: Lines(*(one[end].reshape(1, -1).copy() for one in lines))
        for side, end in ends.items()
    }
    return Rim(field.place, field.labels, sums, *_added(between), sides)


def of_strips(strips: _strips.Strips) -> Course:
    """How the rim of a block runs, of its strips."""
    rows, cols = strips.shape
    width, nowhere = strips.width, strips.streets
    begin, state = _strips.coarser(strips)

    at, long, low, up = _strips.upon(begin, width, rows * width)
    one, other = state[low], state[up]
    differ = one ^ other
    edge = np.flatnonzero(differ & 1)
    edges = int(long[edge].sum())
    ends_up = _ends(one[edge], other[edge], nowhere, long[edge])
    border = np.flatnonzero(differ > 1)
    long = long[border]
    along = np.arange(long.sum()) - np.repeat(np.cumsum(long) - long, long)
    line, col = np.divmod(np.repeat(at[border], long) + along, width)
    pair = np.repeat(np.stack([one[border], other[border]]), long, axis=1)
    outer_up, inner_up = _borders(np.stack([line, col]), pair >> 1, pair % 2 > 0, nowhere)

    line, col = np.divmod(begin, width)
    some = np.flatnonzero((col > 0) & (col < cols))
    some = some[some > 0]
    one, other = state[some - 1], state[some]
    differ = one ^ other
    edge = np.flatnonzero(differ & 1)
    edges += len(edge)
    ends_right = _ends(one[edge], other[edge], nowhere)
    border = np.flatnonzero(differ > 1)
    line, col = line[some[border]], col[some[border]]
    order = np.lexsort((line, col))
    pair, line, col = np.stack([one, other])[:, border[order]], line[order], col[order]
    outer_right, inner_right = _borders(np.stack([col - 1, line]), pair >> 1, pair % 2 > 0, nowhere)

    first = np.arange(rows) * width
    ends = {
        "south": np.arange(cols),
        "north": (rows - 1) * width + np.arange(cols),
        "west": first,
        "east": first + cols - 1,
    }
    of = {side: state[np.searchsorted(begin, at, "right") - 1] for side, at in ends.items()}
    return Course(
        edges,
        (ends_up, ends_right),
        np.concatenate([outer_up, outer_right]),
        np.concatenate([inner_up, inner_right]),
        {side: ((own >> 1).astype(np.int32), own % 2 > 0) for side, own in of.items()},
    )


def peopled(
    course: Course,
    place: tuple[int, int],
    labels: pd.Index,
    cells: np.ndarray,
    each: Mapping[str, np.ndarray],
) -> Rim:
    """
    The rim of a block, of how it runs.

    `cells` are those not covered and those covered of each street, `each` the area and the people of each of them.
    """
    by_kind = np.zeros((len(labels), 4))
    by_kind[:, 2:] = cells  # people are spread evenly
    area, people = each["area"], each["people"]
    sums = _in_all(by_kind, by_kind * area[:, None], by_kind * people[:, None])
    variance = _VARIANCE_EVEN * people**2
    numbers = np.arange(len(labels))
    lumps = sum(_half(np.repeat(numbers, ends), np.repeat(variance, ends)) for ends in course.ends)
    at = np.append(variance, np.nan)
    sides = {
        side: Lines(street[None], covered[None], at[street][None])
        for side, (street, covered) in course.sides.items()
    }
    return Rim(place, labels, sums, course.edges, lumps, course.outer, course.inner, sides)


def _ends(
    one: np.ndarray, other: np.ndarray, streets: int, count: np.ndarray | None = None
) -> np.ndarray:
    """How many ends of edges that have a cell on either side lie in each street."""
    is_met = np.maximum(one, other) < 2 * streets
    long = None if count is None else count[is_met]
    both = (np.bincount(of[is_met] >> 1, long, minlength=streets) for of in (one, other))
    found: np.ndarray = next(both) + next(both)
    return found.astype(np.int64)


def _in_all(cells: np.ndarray, area: np.ndarray, people: np.ndarray) -> np.ndarray:
    """The sums of a rim by street, of those of four kinds of cells: not covered, covered, and both with people spread evenly."""
    found = cells.sum(axis=1), area.sum(axis=1), area[:, 1] + area[:, 3]
    even = people[:, 2] + people[:, 3], people[:, 3]
    return np.column_stack([*found, *even, people.sum(axis=1)])


def _lumps(field: _field.Field, people: _field.Spread) -> np.ndarray:
    """The variance of the people of each cell, NaN where there is none."""
    each, own = np.append(people.each, np.nan), people.own
    if own is None and field.basis is None:
        lumps: np.ndarray = (_VARIANCE_EVEN * each**2)[field.street]
        return lumps
    factor = np.where(_field.is_even(field), _VARIANCE_EVEN, _VARIANCE_LUMPED)
    cell = each[field.street] if own is None else own
    return np.where(field.street < len(people.each), factor * cell**2, np.nan)


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
            found.append(_between(line, _nothing_like(line), -1))
        elif side in ("north", "east"):
            found.append(_between(line, other, -1))
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


def _some(lines: Lines, rows: tuple[slice, slice]) -> Lines:
    return Lines(*(one[rows] for one in lines))


def _nothing_like(lines: Lines) -> Lines:
    shape = lines.street.shape
    return Lines(np.full(shape, -1, np.int32), np.zeros(shape, bool), np.full(shape, np.nan))


def _between(
    one: Lines, other: Lines, nowhere: int, *, is_upward: bool = False
) -> tuple[int, float, np.ndarray, np.ndarray]:
    """
    What there is between cells and those beyond them: edges, variance at them, runs along borders.

    `nowhere` is the street of no cell; runs go along rows, or up the columns.
    """
    at_rim = _where(one.covered != other.covered)
    both = np.stack([one.lumps[at_rim], other.lumps[at_rim]])
    is_met = ~np.isnan(both).any(axis=0)
    of = np.stack([one.street[at_rim], other.street[at_rim]])
    lumps = _half(of[:, is_met].ravel(), both[:, is_met].ravel())
    place = _where(one.street != other.street)
    line, at = place
    if is_upward:
        order = np.lexsort(place)
        at, line = (axis[order] for axis in place)
        place = at, line
    streets = np.stack([one.street[place], other.street[place]])
    covered = np.stack([one.covered[place], other.covered[place]])
    return len(at_rim[0]), lumps, *_borders(np.stack([line, at]), streets, covered, nowhere)


def _half(street: np.ndarray, lumps: np.ndarray) -> float:
    """Half of variances, for an edge passes through one of its two cells; added up street by street."""
    found = np.bincount(street, lumps)
    return float(found[found > 0].sum()) / 2


def _borders(
    border: np.ndarray, streets: np.ndarray, covered: np.ndarray, nowhere: int
) -> tuple[np.ndarray, np.ndarray]:
    """Runs along the border of all cells, and along those of streets."""
    is_outer = (streets == nowhere).any(axis=0)
    whole = np.where(streets[:, is_outer] == nowhere, -1, 0)
    outer = _runs(border[:, is_outer], whole, covered[:, is_outer], -1)
    return outer, _runs(border, streets, covered, nowhere)


def _where(is_so: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of few of many places, in a fraction of the time of `nonzero`."""
    row, col = np.divmod(np.flatnonzero(is_so), is_so.shape[1])
    return row, col


def _runs(border: np.ndarray, streets: np.ndarray, covered: np.ndarray, nowhere: int) -> np.ndarray:
    """Long straight runs of cells of one part beside those of another, and the share of both covered."""
    if not border.size:
        return np.empty((0, 4))
    is_next = (np.diff(border, axis=1) == [[0], [1]]).all(axis=0)
    is_next &= (np.diff(streets, axis=1) == 0).all(axis=0)
    first = np.flatnonzero(np.append(True, ~is_next))
    count = np.diff(np.append(first, border.shape[1]))
    one, other = np.add.reduceat(covered.astype(float), first, axis=1) / count
    a, b = streets[:, first]
    along = np.where(a == nowhere, other, np.where(b == nowhere, one, (one + other) / 2))
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
