"""Pairs of cells and centres as the table of a cost table, and where both are."""

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.words import Sentence

_NAMES = ["demand", "facility"]


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
    return pd.Series(metres, index=pairs, name="metres", dtype=float)


def code_of(count: int) -> type[np.signedinteger]:
    """The smallest kind of number pandas keeps so many labels by."""
    return np.int16 if count < 2**15 else np.int32


def stable_order(codes: np.ndarray) -> np.ndarray:
    """The order of codes, none negative; equal ones stay as they stand."""
    if not len(codes) or (codes[1:] >= codes[:-1]).all():
        return np.arange(len(codes))
    # Numpy sorts numbers of 16 bits by counting, in a tenth of the time that others take.
    if codes.dtype.itemsize <= 2:
        return np.argsort(codes, kind="stable")
    order = np.argsort((codes & 0xFFFF).astype(np.uint16), kind="stable")
    if codes.max() > 0xFFFF:
        order = order[np.argsort((codes >> 16).astype(np.uint16)[order], kind="stable")]
    return order


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
