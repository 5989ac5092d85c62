"""
Uncovered zones out of patches of cells, block by block.

Patches that share a side over the border of two blocks are one zone. Outlines are in columns and rows of the lattice
until they are told.
"""

import itertools
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from carecircles import _patches, grid
from carecircles.people import columns_of

OTHER = "other"
_CELLS, _LIVING, _METRES, _WAY = range(4)  # sums of a share, before those of its columns


class Share(NamedTuple):
    """What of each patch is of each label: cells, people, metres, people times metres, and each column."""

    labels: pd.Index
    patch: np.ndarray
    label: np.ndarray
    sums: np.ndarray


class Patches(NamedTuple):
    """
    Uncovered cells that hang together, in a block or in all of them.

    Of each patch the sums of `columns`, the greatest distance, its street where zones are cut at the borders of
    streets (else -1), and its outline. `sides` have the patch of each cell there, counted from 1, 0 where there is none.
    """

    place: tuple[int, int]
    columns: tuple[str, ...]
    sums: np.ndarray
    farthest: np.ndarray
    part: np.ndarray
    streets: Share
    nearest: Share
    outlines: np.ndarray
    sides: Mapping[str, np.ndarray]


class Zones(NamedTuple):
    """
    Zones, the largest first: their names, how many small ones the last is, and all that is known of each.

    `zone` is that of each patch of the blocks, one after the other.
    """

    names: list[str]
    small: int
    zone: np.ndarray
    columns: tuple[str, ...]
    sums: np.ndarray
    farthest: np.ndarray
    streets: Share
    nearest: Share
    outlines: list[shapely.Geometry]


def of_piece(piece: grid.Piece, *, split: str | None, group: str) -> tuple[Patches, np.ndarray]:
    """The patches of a block, and the patch of each uncovered cell, counted from 0."""
    cells = piece.cells
    cell = np.flatnonzero(~cells["covered"].to_numpy(dtype=bool))
    part = cells[split].cat.codes.to_numpy()[cell] if split else np.zeros(len(cell), np.int8)
    row, col = (cells[axis].to_numpy()[cell] for axis in ("row", "col"))
    laid = np.full(piece.shape, -1, dtype=part.dtype)
    laid[row, col] = part
    patch = _patches.numbered(laid)
    number = patch[row, col] - 1
    count = int(patch.max(initial=0))
    columns = ("area_m2", *columns_of(cells))
    values = {name: cells[name].to_numpy()[cell] for name in columns}
    metres = cells["distance_m"].to_numpy()[cell]
    every = (np.ones(len(cell)), values[group], metres, values[group] * metres, *values.values())
    farthest = np.full(count, -np.inf)
    np.fmax.at(farthest, number, metres)
    part_of = np.full(count, -1)
    if split:
        part_of[number] = part
    up, right = (at * grid.pieces.SIDE for at in piece.place)
    rows, cols = (np.arange(size + 1.0) for size in piece.shape)
    sides = {"south": patch[:1], "north": patch[-1:], "west": patch[:, :1], "east": patch[:, -1:]}
    found = Patches(
        piece.place,
        columns,
        _summed(number, count, every[_WAY + 1 :]),
        farthest,
        part_of,
        _share(cells["street"], cell, number, every),
        _share(cells["nearest"], cell, number, every),
        _patches.polygons(patch, x=right + cols, y=up + rows),
        {side: line.ravel().copy() for side, line in sides.items()},
    )
    return found, number


def together(
    blocks: Iterable[Patches],
    *,
    streets: pd.Index,
    centres: pd.Index,
    group: str,
    smallest_m2: float,
) -> Zones:
    """The zones of some blocks; streets and centres are numbered by their labels."""
    every, sides, parts = [], {}, []
    before = 0
    for one in blocks:
        every.append(one)
        number = streets.get_indexer(one.streets.labels)
        parts.append(np.where(one.part < 0, -1, number[one.part]))
        for side, patch in one.sides.items():
            sides[one.place, side] = np.where(patch > 0, patch + before, 0)
        before += len(one.sums)
    part = np.concatenate(parts)
    joined = _patches.joined(before, *_touching(sides, part)) - 1
    count = int(joined.max(initial=-1)) + 1
    columns = every[0].columns
    sums = _summed(joined, count, np.concatenate([one.sums for one in every]).T)
    part_of = np.zeros(count, dtype=np.int64)
    part_of[joined] = part
    area, people = sums[:, 0], sums[:, columns.index(group)]
    large = np.flatnonzero(area >= smallest_m2)
    large = large[np.lexsort((part_of[large], -area[large], -people[large].round(6)))]
    small = count - len(large)
    rank = np.full(count, len(large))
    rank[large] = np.arange(len(large))
    names = [str(n + 1) for n in range(len(large))] + [OTHER] * (small > 0)
    zone = rank[joined]
    each = np.split(zone, np.cumsum([len(one.sums) for one in every])[:-1])
    farthest = np.full(len(names), -np.inf)
    np.maximum.at(farthest, zone, np.concatenate([one.farthest for one in every]))
    shapes = _outlines(np.concatenate([one.outlines for one in every]), joined, count)
    return Zones(
        names,
        small,
        zone,
        columns,
        _summed(rank, len(names), sums.T),
        np.where(np.isfinite(farthest), farthest, np.nan),
        _shares([one.streets for one in every], each, streets),
        _shares([one.nearest for one in every], each, centres),
        [_multi(shapes[rank == n]) for n in range(len(names))],
    )


def labels_by_weight(share: Share, zones: Zones, group: str) -> list[tuple[str, ...]]:
    """Each zone's labels, the one with most people first; where nobody lives, with most cells."""
    people = zones.sums[:, zones.columns.index(group)]
    weight = np.where(people[share.patch] > 0, share.sums[:, _LIVING], share.sums[:, _CELLS])
    names = share.labels[share.label].astype(object)
    frame = pd.DataFrame({"zone": share.patch, "label": names, "weight": weight})
    frame = frame.sort_values(["zone", "weight", "label"], ascending=[True, False, True])
    edges = np.searchsorted(frame["zone"], np.arange(len(zones.names) + 1))
    return [tuple(frame["label"].iloc[a:b]) for a, b in itertools.pairwise(edges)]


def way_to(first: list[str], zones: Zones, group: str) -> np.ndarray:
    """The mean distance of each zone's people to a centre, of those for whom it is the nearest."""
    share, people = zones.nearest, zones.sums[:, zones.columns.index(group)]
    number = share.labels.get_indexer(pd.Index(first, dtype=object))
    is_theirs = np.flatnonzero(share.label == number[share.patch])
    metres = np.full(len(zones.names), np.nan)
    zone, sums = share.patch[is_theirs], share.sums[is_theirs]
    by_people = people[zone] > 0
    weight = np.where(by_people, sums[:, _LIVING], sums[:, _CELLS])
    way = np.where(by_people, sums[:, _WAY], sums[:, _METRES])
    metres[zone] = np.divide(way, weight, out=np.full(len(zone), np.nan), where=weight > 0)
    return metres


def sums_of(share: Share) -> np.ndarray:
    """The sums of the columns of a share."""
    return share.sums[:, _WAY + 1 :]


def _share(
    label: pd.Series, cell: np.ndarray, number: np.ndarray, values: Iterable[np.ndarray]
) -> Share:
    """What of each patch is of each label; cells of no label are left out."""
    code, labels = label.cat.codes.to_numpy()[cell], label.cat.categories
    is_told = code >= 0
    if not is_told.all():
        code, number = code[is_told], number[is_told]
        values = [value[is_told] for value in values]
    pair, found = pd.factorize(number * np.int64(max(1, len(labels))) + code)
    sums = _summed(pair, len(found), values)
    return Share(labels, *np.divmod(found, max(1, len(labels))), sums)


def _shares(every: list[Share], zones: list[np.ndarray], labels: pd.Index) -> Share:
    """What of each zone is of each label, where the zone of every block's patches is known."""
    key = [
        zone[share.patch] * np.int64(len(labels)) + labels.get_indexer(share.labels)[share.label]
        for share, zone in zip(every, zones, strict=True)
    ]
    pair, found = pd.factorize(np.concatenate(key))
    sums = _summed(pair, len(found), np.concatenate([share.sums for share in every]).T)
    return Share(labels, *np.divmod(found, max(1, len(labels))), sums)


def _touching(
    sides: Mapping[tuple[tuple[int, int], str], np.ndarray], part: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Patches that share a side over the border of two blocks, counted from 0."""
    pairs = [np.empty((2, 0), dtype=np.intp)]
    for (place, side), one in sides.items():
        up, right = (1, 0) if side == "north" else (0, 1)
        beyond = (place[0] + up, place[1] + right), {"north": "south", "east": "west"}.get(side, "")
        if beyond in sides:
            other = sides[beyond]
            both = np.unique(np.array([one, other])[:, (one > 0) & (other > 0)], axis=1) - 1
            pairs.append(both[:, part[both[0]] == part[both[1]]])
    one, other = np.concatenate(pairs, axis=1)
    return one, other


def _outlines(outlines: np.ndarray, joined: np.ndarray, count: int) -> np.ndarray:
    """The outline of each of some patches that are joined, without the corners where blocks meet."""
    order = np.argsort(joined, kind="stable")
    edges = np.searchsorted(joined[order], np.arange(count + 1))
    shapes = np.empty(count, dtype=object)
    for n, (a, b) in enumerate(itertools.pairwise(edges)):
        some = outlines[order[a:b]]
        shapes[n] = some[0] if len(some) == 1 else _straightened(shapely.union_all(some))
    return shapes


def _straightened(shape: shapely.Geometry) -> shapely.Geometry:
    """A polygon along a lattice without the corners at which it does not turn; its shell turns to the left."""

    def turns(ring: shapely.Geometry) -> np.ndarray:
        at: np.ndarray = shapely.get_coordinates(ring)[:-1]
        is_along = (at == np.roll(at, 1, axis=0)) & (at == np.roll(at, -1, axis=0))
        turned: np.ndarray = at[~is_along.any(axis=1)]
        return turned

    shell, *holes = shapely.get_rings(shape)
    whole = shapely.Polygon(turns(shell), [turns(hole) for hole in holes])
    return shapely.orient_polygons(whole)


def _multi(shapes: np.ndarray) -> shapely.Geometry:
    """Polygons as one geometry."""
    if len(shapes) > 1:
        return shapely.MultiPolygon(list(shapes))
    return shapes[0] if len(shapes) else shapely.Polygon()


def _summed(of: np.ndarray, count: int, values: Iterable[np.ndarray]) -> np.ndarray:
    """Sums of each of some values by what they are of."""
    sums = [np.bincount(of, value, minlength=count) for value in values]
    return np.column_stack(sums) if sums else np.zeros((count, 0))
