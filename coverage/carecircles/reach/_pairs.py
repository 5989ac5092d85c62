"""Pairs of cells and centres as the table of a cost table, and where both are."""

from collections.abc import Callable, Iterator
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.words import Sentence

# A code, another code and a cost of each of some pairs, told piece by piece, as often as it is asked for.
Told = Callable[[], Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]]

_NAMES = ["demand", "facility"]
# Pairs of which something is worked out at once: it takes little memory beside all.
_PIECE = 200_000
_SPARE = 8  # behind pairs that are gathered one is kept free for so many


def table_of(
    demand: pd.DataFrame,
    facilities: pd.DataFrame,
    cell: np.ndarray,
    facility: np.ndarray,
    metres: np.ndarray,
) -> pd.Series:
    pairs = pd.MultiIndex(
        levels=[demand.index, facilities.index],  # type: ignore[list-item]  # of any sort
        codes=[cell, facility],  # type: ignore[list-item]  # arrays too
        names=_NAMES,
        verify_integrity=False,
    )
    return pd.Series(metres, index=pairs, name="metres", dtype=float, copy=False)


class Gathered:
    """
    The table of pairs that are added as they are measured: they stand in memory once, in the order in which they came.

    A class because its arrays grow where they stand. A table may leave out some of the cells, and have some of the
    `facilities` alone.
    """

    def __init__(self, demand: pd.DataFrame, facilities: pd.DataFrame) -> None:
        self.demand, self.facilities, self.count = demand, facilities, 0
        self.cell = np.empty(0, dtype=code_of(len(demand)))
        self.facility = np.empty(0, dtype=code_of(len(facilities)))
        self.costs = np.empty(0)

    def add(self, table: pd.Series) -> None:
        """Some more."""
        pairs = cast("pd.MultiIndex", table.index)
        first, self.count = self.count, self.count + len(table)
        if self.count > len(self.costs):
            self._resize(self.count + self.count // _SPARE)
        own = slice(first, self.count)
        self.cell[own] = self.demand.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
        self.facility[own] = self.facilities.index.get_indexer(pairs.levels[1])[pairs.codes[1]]
        self.costs[own] = table.to_numpy()

    def table(self) -> pd.Series:
        """All of them; nothing can be added any more."""
        self._resize(self.count)
        return table_of(self.demand, self.facilities, self.cell, self.facility, self.costs)

    def _resize(self, size: int) -> None:
        for of_pair in (self.cell, self.facility, self.costs):
            of_pair.resize(size, refcheck=False)


def code_of(count: int) -> type[np.signedinteger]:
    """The smallest kind of number pandas keeps so many labels by."""
    return np.int16 if count < 2**15 else np.int32


def stable_order(codes: np.ndarray) -> np.ndarray:
    """The order of codes, none negative; equal ones stay as they stand."""
    if not len(codes) or (codes[1:] >= codes[:-1]).all():
        return np.arange(len(codes))
    # Numpy sorts numbers of 16 bits by counting, in a tenth of the time that others take.
    order = np.argsort(codes.astype(np.uint16), kind="stable")
    if codes.max() > 0xFFFF:
        order = order[np.argsort((codes >> 16).astype(np.uint16)[order], kind="stable")]
    return order


def pieces(count: int) -> Iterator[slice]:
    """So many pairs in pieces, one after another."""
    for first in range(0, count, _PIECE):
        yield slice(first, min(first + _PIECE, count))


def in_pieces(code: np.ndarray, other: np.ndarray, costs: np.ndarray) -> Told:
    """Pairs that are there, told piece by piece."""
    return lambda: ((code[some], other[some], costs[some]) for some in pieces(len(code)))


def put_in_order(
    told: Told, count: int, *, other: type[np.signedinteger]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Pairs in the order of their code, of which there are so many: where each begins, their other codes and costs.

    They are counted first and then put where they belong, so that in memory they never stand twice.
    Those of one code stay as they stand.
    """
    free = np.zeros(count + 1, dtype=np.int64)
    for code, _, _ in told():
        if len(code) > count:
            free[1:] += np.bincount(code, minlength=count)
        else:
            np.add.at(free, code + 1, 1)
    begins = np.cumsum(free)
    free = begins[:-1].copy()
    others, costs = np.empty(begins[-1], dtype=other), np.empty(begins[-1])
    for code, own, cost in told():
        if (code[1:] < code[:-1]).any():
            order = stable_order(code)
            code, own, cost = code[order], own[order], cost[order]
        first = np.flatnonzero(np.diff(code, prepend=-1))  # of each code
        size = np.diff(first, append=len(code))
        at = np.arange(len(code)) + np.repeat(free[code[first]] - first, size)
        others[at], costs[at] = own, cost
        free[code[first]] += size
    return begins, others, costs


def demand_xy(demand: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Where the cells or places are, in metres."""
    if {"x", "y"} <= set(demand.columns):
        return demand["x"].to_numpy(dtype=float), demand["y"].to_numpy(dtype=float)
    if isinstance(demand, gpd.GeoDataFrame):
        return demand.geometry.x.to_numpy(), demand.geometry.y.to_numpy()
    told = "`demand` has no x and y; give places in metres, or points."
    zh = "`demand` 没有 x 和 y；请给出以米为单位的位置，或点要素。"
    raise ValidationError([Sentence(told, zh=zh)])


def facility_xy(
    demand: pd.DataFrame, facilities: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray]:
    problems: list[Sentence] = []
    is_points = isinstance(demand, gpd.GeoDataFrame)
    demand_crs = demand.crs if is_points else demand.attrs.get("crs")
    if demand_crs is not None and facilities.crs != demand_crs:
        mend = "`facilities.to_crs(...)`"
        told = f"`demand` is in {demand_crs}, `facilities` in {facilities.crs}; reproject one, for example with {mend}."
        zh = f"`demand` 的坐标系为 {demand_crs}，`facilities` 的为 {facilities.crs}；请转换其中之一，例如 {mend}。"
        problems.append(Sentence(told, zh=zh))
    for name, frame in (("demand", demand), ("facilities", facilities)):
        if not frame.index.is_unique:
            twice = list(frame.index[frame.index.duplicated()].unique()[:5])
            told = f"`{name}` has labels more than once in its index: {twice}; make them unique."
            zh = f"`{name}` 的索引有重复：{twice}；每个只应出现一次。"
            problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    return facilities.geometry.x.to_numpy(), facilities.geometry.y.to_numpy()
