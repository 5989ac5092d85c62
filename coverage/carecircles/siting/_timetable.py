"""Phases as one question of arrays, and a timetable as sites in their order and figures by phase."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from carecircles.siting import _phased, _problem
from carecircles.siting._instance import Instance, covering_of
from carecircles.siting._terms import Clock


def covered_by(made: Instance, metres: np.ndarray) -> float:
    return float(made.people[metres <= made.cutoff].sum())


def small(
    made: Sequence[Instance],
    weights: np.ndarray,
    means: np.ndarray,
    *,
    carry: bool,
    clock: Clock,
) -> tuple[_phased.Phased, pd.Index]:
    """The question with equal places of a phase as one, without candidates others replace; and who the columns are."""
    every = pd.Index(
        list(dict.fromkeys(label for one in made for label in one.candidates)), dtype=object
    )
    price = np.full(len(every), np.nan)
    covers, people, groups = [], [], []
    for number, one in enumerate(made):
        at = every.get_indexer(one.candidates)
        price[at] = one.price
        problem, rows = covering_of(one, one.own > one.cutoff, one.cutoff)
        pattern = problem.cover.tocoo()
        shape = (len(rows), len(every))
        covers.append(
            sparse.csr_matrix((pattern.data, (pattern.row, at[pattern.col])), shape=shape)
        )
        people.append(weights[number] * problem.weight)
        groups.append(np.full(len(rows), number))
    weight, group = np.concatenate(people), np.concatenate(groups)
    stacked = sparse.vstack(covers, format="csr")
    columns = np.arange(len(every))
    whole = _problem.Covering(stacked, weight, group, columns, np.arange(len(weight)))
    if clock.has_for(stacked.nnz):
        whole = _problem.merged(whole)
    if clock.has_for(whole.cover.nnz):
        whole = _problem.merged(_problem.without_dominated(whole, price)[0])
    parts = [whole.group == number for number in range(len(made))]
    return _phased.Phased(
        [whole.cover[part] for part in parts], [whole.weight[part] for part in parts],
        price[whole.columns], means, carry,
    ), every[whole.columns]  # fmt: skip


def in_order(
    made: Sequence[Instance], columns: pd.Index, opened: np.ndarray, price: np.ndarray
) -> pd.DataFrame:
    """The sites in the order in which to build: phase by phase, and in each the one first that adds most then."""
    rows: list[dict[str, Any]] = []
    labels: list[Hashable] = []
    is_covered = [one.own <= one.cutoff for one in made]
    last = len(made)
    waiting = {columns[site]: int(opened[site]) for site in np.flatnonzero(opened < last).tolist()}
    cost = dict(zip(columns, price, strict=True))
    near = [
        {
            label: one.cell[(one.column == number) & (one.metres <= one.cutoff)]
            for number, label in enumerate(one.candidates)
            if label in waiting
        }
        for one in made
    ]

    def added(label: Hashable, phase: int) -> float:
        cell = near[phase].get(label, np.array([], dtype=int))
        return float(made[phase].people[cell][~is_covered[phase][cell]].sum())

    for phase in range(last):
        here = [label for label, first in waiting.items() if first == phase]
        while here:
            label = max(here, key=lambda one: added(one, phase))  # called at once
            here.remove(label)
            if not any(added(label, later) for later in range(phase, last)):
                continue  # it helps nobody in any phase
            more, own = added(label, phase), near[phase].get(label, np.array([], dtype=int))
            for later in range(phase, last):
                is_covered[later][near[later].get(label, np.array([], dtype=int))] = True
            is_open = ~(made[phase].own <= made[phase].cutoff)
            rows.append(
                {
                    "phase": phase,
                    "price": cost[label],
                    "gross": float(made[phase].people[own][is_open[own]].sum()),
                    "marginal": more,
                    "cumulative": float(made[phase].people[is_covered[phase]].sum()),
                }
            )
            labels.append(label)
    names = ["phase", "price", "gross", "marginal", "cumulative"]
    return pd.DataFrame(rows, columns=names, index=pd.Index(labels, name="id", dtype=object))


def by_phase(
    names: Sequence[str],
    made: Sequence[Instance],
    sites: pd.DataFrame,
    means: np.ndarray,
    weights: np.ndarray,
    *,
    carry: bool,
) -> pd.DataFrame:
    """What each phase builds, spends and covers; the sites' phases become names."""
    first = sites["phase"].to_numpy(dtype=int)
    rows, left = [], 0.0
    for number, one in enumerate(made):
        is_own = first == number
        spent = float(sites["price"][is_own].sum())
        left = means[number] - spent + (left if carry else 0.0)
        metres = one.own.copy()
        is_there = np.isin(one.column, one.candidates.get_indexer(sites.index[first <= number]))
        np.minimum.at(metres, one.cell[is_there], one.metres[is_there])
        rows.append(
            {
                "weight": weights[number],
                "means": means[number],
                "opened": int(is_own.sum()),
                "spent": spent,
                "left": max(left, 0.0),
                "total": float(one.people.sum()),
                "before": covered_by(one, one.own),
                "covered": covered_by(one, metres),
            }
        )
    sites["phase"] = [names[number] for number in first]
    return pd.DataFrame(rows, index=pd.Index(names, name="phase"))
