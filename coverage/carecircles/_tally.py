"""
What cells add up to, by street, in an order that does not depend on how many of them are there at once.

Cells are summed up block by block (`grid.blocks_of`), each in its own order, and the sums of blocks one after the
other: of an area in one piece as of one that never is.
"""

import itertools
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import _field, grid, people

_DISTANCE_QUANTILE = 0.9
_TURN = np.float64(
    256
)  # from here on a part of a histogram is 1 wide, below it a 256th of an octave
_OCTAVES = 256 * 12  # parts below it; what is less than a 16th is in the first of them
_MISSING = 2**31 - 1
_KINDS = 4  # not covered, covered, and both with a backup


class Histogram(NamedTuple):
    """Weights by street and part of the values, in their order: the street's number, the part, its weight, its largest value."""

    of: np.ndarray
    part: np.ndarray
    weight: np.ndarray
    most: np.ndarray


class Tally(NamedTuple):
    """
    Sums over cells by street.

    `sums` has a row a street of `labels`: of each of `names` ('area' in square metres, people by group) those of
    four kinds of cells, then the people of `by` times metres and those who have a way. `reached` are the people of
    `by` by how far they have to the nearest centre, None where that is not asked.
    """

    labels: pd.Index
    names: tuple[str, ...]
    by: str
    sums: np.ndarray
    reached: Histogram | None


def of_cells(cells: pd.DataFrame) -> Tally:
    """The tally of evaluated cells by street; of places in no street they are together."""
    labels = cells["street"].cat.categories if "street" in cells else pd.Index(["all"])
    pieces = (_field.of_piece(piece) for piece in grid.in_blocks(cells))
    return together((of_field(field) for field in pieces), labels)


def of_field(field: _field.Field) -> Tally:
    """The tally of a block."""
    names, count = list(field.spread), len(field.labels)
    kind = field.covered + 2 * (field.depth >= 2).astype(np.int8)
    by_kind = _field.sums(field, kind, _KINDS, names)
    by = _by(names)
    if field.metres is None:
        return _without_ways(field.labels, tuple(names), by, by_kind)
    of, metres, living = field.street.ravel(), field.metres.ravel(), field.spread[by]
    is_cell = of < count
    if not is_cell.all():
        of, metres = of[is_cell], metres[is_cell]
    own = None if living.own is None else living.own.ravel()[is_cell]
    has_way = np.isfinite(metres)
    reached = _histogram(of, metres, own, count)
    if not has_way.all():
        of, metres = of[has_way], metres[has_way]
        own = None if own is None else own[has_way]
    way = np.bincount(of, metres if own is None else own * metres, minlength=count)
    on_way = np.bincount(of, own, minlength=count).astype(float)
    if own is None:
        way, on_way = way * living.each, on_way * living.each
        reached = reached._replace(weight=reached.weight * living.each[reached.of])
    is_there = reached.weight > 0
    reached = Histogram(*(part[is_there] for part in reached))
    return Tally(field.labels, tuple(names), by, _beside(by_kind, np.stack([way, on_way])), reached)


def of_amounts(labels: pd.Index, amounts: Mapping[str, np.ndarray]) -> Tally:
    """The tally, by name, of what of each street no, one, and two or more centres reach."""
    by_kind = np.zeros((len(labels), len(amounts), _KINDS))
    for n, amount in enumerate(amounts.values()):
        by_kind[:, n, [0, 1, 3]] = amount
    return _without_ways(labels, tuple(amounts), _by(amounts), by_kind)


def _without_ways(labels: pd.Index, names: tuple[str, ...], by: str, by_kind: np.ndarray) -> Tally:
    """A tally without how far people have."""
    return Tally(labels, names, by, _beside(by_kind, np.zeros((2, len(labels)))), None)


def _by(names: Iterable[str]) -> str:
    """The group that ways are counted of."""
    return people.EVERYONE if people.EVERYONE in names else people.headline_of(names)


def together(tallies: Iterable[Tally], labels: pd.Index) -> Tally:
    """The tally of several blocks, one after the other, with the streets in the order of `labels`."""
    tallies = iter(tallies)
    first = next(tallies)
    sums = np.zeros((len(labels), first.sums.shape[1]))
    by_street: dict[int, Histogram] = {}  # most are in one block or two
    for tally in itertools.chain([first], tallies):
        place = labels.get_indexer(tally.labels)
        sums[place] += tally.sums
        if tally.reached is None:
            continue
        own = tally.reached._replace(of=place[tally.reached.of].astype(np.int32))
        for at in np.split(np.arange(len(own.of)), np.flatnonzero(np.diff(own.of)) + 1):
            if len(at):
                street = int(own.of[at[0]])
                some = Histogram(*(column[at] for column in own))
                have = by_street.get(street)
                by_street[street] = some if have is None else _summed(have, some)
    reached = first.reached
    if reached is not None:
        columns = [
            [by_street[street][n] for street in sorted(by_street)]
            for n in range(len(Histogram._fields))
        ]
        by_street.clear()
        for n, none in enumerate(
            reached
        ):  # one column after the other, so that few are there twice
            columns[n] = [np.concatenate([none[:0], *columns[n]])]
        reached = Histogram(*(column for [column] in columns))
    return Tally(labels, first.names, first.by, sums, reached)


def collapsed(tally: Tally, group: np.ndarray, labels: pd.Index) -> Tally:
    """The tally by what each street is of: the position of one of `labels`."""
    sums = [np.bincount(group, column, minlength=len(labels)) for column in tally.sums.T]
    reached = tally.reached
    if reached is not None:
        every, reached = reached, Histogram(*(column[:0] for column in reached))
        for some in _field.stretches(len(every.of)):  # so that little is in order at once
            own = Histogram(*(column[some] for column in every))
            own = own._replace(of=group[own.of].astype(np.int32))
            reached = _summed(reached, own)
    return tally._replace(labels=labels, sums=np.column_stack(sums), reached=reached)


def of_district(tally: Tally) -> pd.Series:
    """The measures of all streets together."""
    all_of_it = np.zeros(len(tally.labels), dtype=np.intp)
    return figures(collapsed(tally, all_of_it, pd.Index(["district"]))).iloc[0]


def figures(tally: Tally) -> pd.DataFrame:
    """The measures of every street; of distances none where they were not asked."""
    count = len(tally.names)
    by_kind = tally.sums[:, : _KINDS * count].reshape(-1, count, 2, 2)
    sums = {name: by_kind[:, n] for n, name in enumerate(tally.names)}
    way, on_way = tally.sums[:, _KINDS * count :].T
    groups = people.columns_of(tally.names)
    covered = {name: of[:, 0, 1] + of[:, 1, 1] for name, of in sums.items()}
    uncovered = {name: of[:, 0, 0] + of[:, 1, 0] for name, of in sums.items()}
    totals = {name: covered[name] + uncovered[name] for name in sums}
    table: dict[str, np.ndarray] = {"cells_km2": totals["area"] / 1e6} if "area" in totals else {}
    table |= {g: totals[g] for g in groups}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name in sums:
            table[f"covered_{name}_share"] = covered[name] / totals[name]
        for name, of in sums.items():
            table[f"backup_{name}_share"] = of[:, 1].sum(axis=1) / totals[name]
        for g in groups:
            table[f"uncovered_{g}"] = uncovered[g]
        if tally.reached is not None:
            table["mean_distance_m"] = way / on_way
            every = len(tally.labels)
            table["p90_distance_m"] = _quantile(tally.reached, every, _DISTANCE_QUANTILE)
    return pd.DataFrame(table, index=tally.labels)


def _beside(by_kind: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Sums by street, name and kind as a row a street, with those of ways behind them."""
    return np.column_stack([by_kind.reshape(len(by_kind), -1), *ways])


def _histogram(
    of: np.ndarray, values: np.ndarray, weights: np.ndarray | None, count: int
) -> Histogram:
    """Cells, or weights, by street and part of the values; missing ones are a part of their own, the last."""
    if weights is not None:
        some = weights > 0
        of, values, weights = of[some], values[some], weights[some]
    part = _part(values)
    low, high = int(part.min(initial=_MISSING)), int(part.max(initial=0))
    wide = max(high - low + 1, 0)
    if count * wide > 4 * len(values) or high == _MISSING:
        most = np.where(np.isnan(values), np.inf, values)
        weights = np.ones(len(values)) if weights is None else weights
        return _summed(Histogram(of.astype(np.int32), part, weights, most))
    key = of * np.intp(wide) + (part - low)
    most = np.full(count * wide, -np.inf)
    np.maximum.at(most, key, values)
    found = np.flatnonzero(np.isfinite(most))
    street, nth = np.divmod(found, max(1, wide))
    weight = np.bincount(key, weights, minlength=len(most))[found].astype(float)
    return Histogram(street.astype(np.int32), (nth + low).astype(np.int32), weight, most[found])


def _part(values: np.ndarray) -> np.ndarray:
    """The part of each value: 1 wide from 256 on, a 256th of an octave below it, counted from 0; the last if missing."""
    part = np.empty(len(values), dtype=np.int32)
    for some in _field.stretches(len(values)):
        own, to = values[some], part[some]
        is_missing = ~np.isfinite(own)
        if is_missing.any():
            own = np.where(is_missing, 0.0, own)
        to[:] = np.minimum(own, 2e9) - _TURN + _OCTAVES
        near = np.flatnonzero(own < _TURN)
        octaves = (own[near].view(np.int64) - _TURN.view(np.int64)) >> 44  # 8 bits of the fraction
        to[near] = np.maximum(octaves + _OCTAVES, 0)
        to[is_missing] = _MISSING
    return part


def _beneath(*histograms: Histogram) -> Histogram:
    """The rows of several histograms, one after the other."""
    return Histogram(*map(np.concatenate, zip(*histograms, strict=True)))


def _summed(*histograms: Histogram) -> Histogram:
    """Each street's parts once, in order; the weights of a part are added up in the order of the histograms."""
    every = _beneath(*histograms)
    key = (every.of.astype(np.int64) << 32) | every.part
    order = np.argsort(key, kind="stable")
    key = key[order]
    is_first = np.diff(key, prepend=-1) != 0
    key = key[is_first]
    starts = np.flatnonzero(is_first)
    place = np.cumsum(is_first)
    place -= 1
    weight = np.bincount(place, every.weight[order], minlength=len(starts))
    most = np.maximum.reduceat(every.most[order], starts) if len(starts) else every.most
    return Histogram((key >> 32).astype(np.int32), key.astype(np.int32), weight, most)


def _quantile(reached: Histogram, count: int, share: float) -> np.ndarray:
    """The largest value of the part within which a share of each street's weight lies; NaN where there is none."""
    quantiles = np.full(count, np.nan)
    edges = np.searchsorted(reached.of, np.arange(count + 1))
    for n, (start, end) in enumerate(itertools.pairwise(edges)):
        if start < end:
            running = np.cumsum(reached.weight[start:end])
            at = start + np.searchsorted(running, share * running[-1])
            quantiles[n] = reached.most[min(at, end - 1)]
    return np.where(np.isfinite(quantiles), quantiles, np.nan)
