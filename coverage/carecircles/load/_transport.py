"""The transport problem by HiGHS in its own process; what it answers is proven by our own arithmetic."""

import logging
import math
import threading
import time
from importlib import metadata
from typing import Any

import numpy as np

from carecircles import _highs
from carecircles.errors import OutOfTimeError, SolverError
from carecircles.load.values import Pairs
from carecircles.words import Sentence, joined

_log = logging.getLogger(__name__)
_TOLERANCE = 1e-7  # by which two sums of the same may differ, as a share
_SLACK = 1e-5  # of a mean cell's people, by which HiGHS may miss a row
_WAYS: tuple[dict[str, Any], ...] = ({}, {"presolve": "off"}, {"solver": "ipm"})


def solve(
    pairs: Pairs, need: np.ndarray, room: np.ndarray, is_unsure: np.ndarray, *, seconds: float
) -> np.ndarray:
    """Persons of each pair, see `assigned.by_transport`; nobody over a centre's room or a cell's need."""
    if not len(pairs.cell) or not (room > 0).any():
        return np.zeros(len(pairs.cell))
    cells, row = np.unique(pairs.cell, return_inverse=True)
    centres, column = np.unique(pairs.centre, return_inverse=True)
    mean = float(need[cells].mean())
    persons, most = need[cells] / mean, room[centres] / mean  # near 1, where HiGHS is exact
    far = (len(centres) + 1) * max(1.0, float(pairs.cost.max()))
    left = far * np.where(is_unsure[cells], 1.0, 2.0)
    program = _program(row.ravel(), column.ravel(), pairs.cost, (persons, most, left))
    faults: list[Sentence] = []
    until = time.monotonic() + seconds
    for way in _WAYS:
        rest = until - time.monotonic()
        if rest <= 0:
            break
        try:
            answer = _highs.run(program, seconds=rest, stopped=threading.Event(), **way)
        except SolverError as err:
            faults.append(err.why)
            continue
        if answer.status == "unknown" and time.monotonic() >= until:
            break
        sent, fault = _held(answer, row.ravel(), column.ravel(), pairs.cost, (persons, most, left))
        if fault is None:
            return sent * mean
        _log.warning("the solver's answer does not hold: %s", fault)
        faults.append(fault)
    else:
        release, why = metadata.version("highspy"), joined(faults, Sentence("; ", zh="；"))
        told = f"the answers of the solver (highspy {release}) do not hold: {why}. Install another release of highspy."
        zh = f"求解器（highspy {release}）的答案经核对不成立：{why.zh}。请安装 highspy 的其他版本。"
        raise SolverError(Sentence(told, zh=zh))
    told = f"no answer in {seconds:g} seconds; use larger cells (--cell), or allow more time (--time-limit)."
    raise OutOfTimeError(
        Sentence(
            told,
            zh=f"{seconds:g} 秒内没有得到答案；请加大网格（--cell），或放宽时间（--time-limit）。",
        )
    )


def _program(
    row: np.ndarray,
    column: np.ndarray,
    cost: np.ndarray,
    of: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> _highs.Program:
    """A column for each pair and one for who is left over in each cell; a row a cell, then a row a centre."""
    from scipy import sparse  # not for those who only draw a map

    persons, most, left = of
    size, cells = len(cost), len(persons)
    of_rows = np.concatenate([row, np.arange(cells), cells + column])
    of_columns = np.concatenate([np.arange(size), size + np.arange(cells), np.arange(size)])
    shape = (cells + len(most), size + cells)
    matrix = sparse.csr_matrix((np.ones(len(of_rows)), (of_rows, of_columns)), shape=shape)
    count = size + cells
    return _highs.Program(
        objective=np.concatenate([cost, left]),
        lower=np.zeros(count),
        upper=np.full(count, math.inf),
        is_whole=np.zeros(count, dtype=bool),
        starts=matrix.indptr,
        columns=matrix.indices,
        factors=matrix.data,
        least=np.concatenate([persons, np.full(len(most), -math.inf)]),
        most=np.concatenate([persons, most]),
        is_maximum=False,
    )


def _held(
    answer: _highs.Answer,
    row: np.ndarray,
    column: np.ndarray,
    cost: np.ndarray,
    of: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[np.ndarray, Sentence | None]:
    """
    The answer, brought within all limits, and why it does not hold; None if it is proven to be the best.

    For any prices z of a place, everyone pays at least the least of b and c + z, and gets back no more than
    all places are worth: a bound that needs no trust in the solver, which only proposes z.
    """
    persons, most, left = of
    size = len(cost)
    if answer.values is None or answer.duals is None or not np.isfinite(answer.values).all():
        told = f"it ended without an answer ({answer.status})"
        return np.zeros(size), Sentence(told, zh=f"它没有给出答案（{answer.status}）")
    sent = np.maximum(answer.values[:size], 0.0)
    over = max(
        float((np.bincount(row, sent, minlength=len(persons)) - persons).max(initial=0.0)),
        float((np.bincount(column, sent, minlength=len(most)) - most).max(initial=0.0)),
    )
    if over > _SLACK * max(1.0, float(persons.max())):
        told = "its plan does not keep to a row of the model"
        return sent, Sentence(told, zh="它的方案违反模型的约束")
    for group, limit in ((column, most), (row, persons)):
        comes = np.bincount(group, sent, minlength=len(limit))
        share = np.divide(limit, comes, out=np.ones(len(limit)), where=comes > limit)
        sent = sent * share[group]
    waits = persons - np.bincount(row, sent, minlength=len(persons))
    value = float(cost @ sent + left @ waits)
    price = np.maximum(-answer.duals[len(persons) :], 0.0)
    pays = left.copy()
    np.minimum.at(pays, row, cost + price[column])
    bound = float(persons @ pays - most @ price)
    if value - bound > _TOLERANCE * max(1.0, abs(value)):
        told = f"its plan is worth {value:,.9g}, but no more than {bound:,.9g} is proven"
        return sent, Sentence(told, zh=f"它的方案值为 {value:,.9g}，而只能证明 {bound:,.9g}")
    return sent, None
