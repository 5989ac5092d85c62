"""
What cells add up to, by street, in an order that does not depend on how many of them are there at once.

Cells are summed up block by block (`grid.blocks_of`), each in its own order, and the sums of blocks one after the
other: of an area in one piece as of one that never is.
"""

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import grid, people

_DISTANCE_QUANTILE = 0.9
_AT_ONCE = 1 << 16  # cells that are summed up, so few that what is worked out of them stays near
_WHOLE = 9  # from 2 ** 8 on a part of a histogram is 1 wide, below it a 256th of an octave
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
    `by` by how far they have to the nearest centre.
    """

    labels: pd.Index
    names: tuple[str, ...]
    by: str
    sums: np.ndarray
    reached: Histogram


def of_cells(cells: pd.DataFrame) -> Tally:
    """The tally of evaluated cells by street; of places in no street they are together."""
    if "street" not in cells:
        cells = cells.assign(street=pd.Categorical(["all"] * len(cells)))
    labels = cells["street"].cat.categories
    return together((of_piece(piece) for piece in grid.in_blocks(cells)), labels)


def of_piece(piece: grid.Piece) -> Tally:
    """The tally of a block."""
    cells = piece.cells
    street = cells["street"].cat
    codes, labels = street.codes.to_numpy(), street.categories
    is_covered, has_backup = cells["covered"].to_numpy(), cells["depth"].to_numpy() >= 2
    groups = people.columns_of(cells)
    areas = {"area": cells["area_m2"].to_numpy()} if "area_m2" in cells else {}
    weights = areas | {g: cells[g].to_numpy() for g in groups}
    by = people.EVERYONE if people.EVERYONE in weights else people.headline_of(groups)
    metres, living = cells["distance_m"].to_numpy(), weights[by]
    flat = np.zeros((len(weights), _KINDS * len(labels)))
    way, on_way = np.zeros((2, len(labels)))
    for some in stretches(len(cells)):
        of = codes[some].astype(np.intp)
        kind = _KINDS * of + 2 * has_backup[some] + is_covered[some]
        for n, weight in enumerate(weights.values()):
            flat[n] += np.bincount(kind, weight[some], minlength=flat.shape[1])
        has_way = np.isfinite(metres[some])
        of, persons = of[has_way], living[some][has_way]
        way += np.bincount(of, persons * metres[some][has_way], minlength=len(labels))
        on_way += np.bincount(of, persons, minlength=len(labels))
    by_street = flat.reshape(len(weights), len(labels), _KINDS).swapaxes(0, 1)
    sums = np.column_stack([by_street.reshape(len(labels), -1), way, on_way])
    return Tally(labels, tuple(weights), by, sums, _histogram(codes, metres, living))


def together(tallies: Iterable[Tally], labels: pd.Index) -> Tally:
    """The tally of several blocks, one after the other, with the streets in the order of `labels`."""
    first, *rest = tallies
    sums = np.zeros((len(labels), first.sums.shape[1]))
    waiting: list[Histogram] = []
    for tally in (first, *rest):
        place = labels.get_indexer(tally.labels)
        sums[place] += tally.sums
        waiting.append(tally.reached._replace(of=place[tally.reached.of]))
    every = Histogram(*(np.concatenate(one) for one in zip(*waiting, strict=True)))
    return Tally(labels, first.names, first.by, sums, _summed(every))


def collapsed(tally: Tally, group: np.ndarray, labels: pd.Index) -> Tally:
    """The tally by what each street is of: the position of one of `labels`."""
    sums = [np.bincount(group, column, minlength=len(labels)) for column in tally.sums.T]
    reached = _summed(tally.reached._replace(of=group[tally.reached.of]))
    return tally._replace(labels=labels, sums=np.column_stack(sums), reached=reached)


def of_district(tally: Tally) -> pd.Series:
    """The measures of all streets together."""
    all_of_it = np.zeros(len(tally.labels), dtype=np.intp)
    return figures(collapsed(tally, all_of_it, pd.Index(["district"]))).iloc[0]


def figures(tally: Tally) -> pd.DataFrame:
    """The measures of every street."""
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
        table["mean_distance_m"] = way / on_way
    table["p90_distance_m"] = _quantile(tally.reached, len(tally.labels), _DISTANCE_QUANTILE)
    return pd.DataFrame(table, index=tally.labels)


def stretches(count: int) -> list[slice]:
    """As many rows one after the other, a few at once."""
    return [slice(n, min(n + _AT_ONCE, count)) for n in range(0, count, _AT_ONCE)]


def _histogram(codes: np.ndarray, values: np.ndarray, weights: np.ndarray) -> Histogram:
    """Weights by code and part of the values; missing ones are a part of their own, the last."""
    is_there = weights > 0
    codes, weights = codes[is_there], weights[is_there]
    values = np.nan_to_num(values[is_there], nan=np.inf, posinf=np.inf)
    part = np.empty(len(values), dtype=np.int32)
    for some in stretches(len(values)):
        wide = np.ldexp(1.0, np.minimum(np.frexp(values[some])[1], _WHOLE) - _WHOLE)
        lower = np.floor(values[some] / wide) * wide
        part[some] = lower.astype(np.float32).view(np.int32)  # in the order of its bits
    return _summed(Histogram(codes, part, weights, values))


def _summed(every: Histogram) -> Histogram:
    """Each street's parts once, in order."""
    key = (every.of.astype(np.int64) << 32) | every.part
    place, found = pd.factorize(key)
    order = np.argsort(found)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    place, found = rank[place], found[order]
    most = np.full(len(found), -np.inf)
    np.maximum.at(most, place, every.most)
    weight = np.bincount(place, every.weight, minlength=len(found))
    return Histogram(found >> 32, (found & 0xFFFFFFFF).astype(np.int32), weight, most)


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
