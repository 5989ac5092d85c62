"""The people of cells on their way to the page: one figure a street where they live evenly, weights where not."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

_LARGEST_WEIGHT = 2**32 - 1
_EXACT = 2**53  # whole numbers up to here add up in a browser without an error
_SAME = 1e-9  # relative; two spreads that differ by less are one


def packed_people(
    cells: pd.DataFrame, groups: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, np.ndarray]]:
    """
    The people of every cell as persons of its street a unit of weight, times the weight of the cell.

    Where a street's people live evenly over it the weight of every cell is 1 and is left out. Weights
    are whole numbers that a page can add and take away without an error, however often; a street's
    people are those of its cells exactly. Groups that are spread alike share their weights.

    Parameters
    ----------
    cells
        Cells with `street` and people by group.
    groups
        Columns of people.

    Returns
    -------
    people, weights
        By group: `each`, persons a unit of weight by street, and `weights`, the name of the group's
        weights, None where all are 1. By name: weights of the cells.

    Examples
    --------
    Of a street's 60 people, 40 live in its second cell; those of 80 and more do so as well.

    >>> street = pd.Categorical(["a", "a", "b", "b"])
    >>> cells = pd.DataFrame({"street": street, "people_60": [20.0, 40.0, 5.0, 5.0]})
    >>> cells = cells.assign(people_80=cells["people_60"] / 10, people=7.0)
    >>> people, weights = packed_people(cells, ["people", "people_60", "people_80"])
    >>> [people[group]["weights"] for group in people]
    [None, 'weights1', 'weights1']
    >>> people["people"]["each"], (weights["weights1"] / weights["weights1"].max()).round(6).tolist()
    ([7.0, 7.0], [0.5, 1.0, 1.0, 1.0])
    """
    codes, streets = cells["street"].cat.codes.to_numpy(), cells["street"].cat.categories
    count = np.bincount(codes, minlength=len(streets))
    top = min(_LARGEST_WEIGHT, _EXACT // max(1, count.max(initial=0)))
    spreads: list[tuple[np.ndarray, np.ndarray]] = []  # weights up to 1, and streets that have any
    chosen, most = {}, {}
    for group in groups:
        persons = cells[group].to_numpy(dtype=float)
        most[group] = np.zeros(len(streets))
        np.maximum.at(most[group], codes, persons)
        has = most[group] > 0
        relative = np.divide(
            persons, most[group][codes], where=has[codes], out=np.zeros(len(cells))
        )
        chosen[group] = (
            None
            if (relative[has[codes]] > 1 - _SAME).all()
            else _place(relative, has, spreads, codes)
        )
    weights = {
        f"weights{n + 1}": np.round(spread * top).astype(np.uint32)
        for n, (spread, _) in enumerate(spreads)
    }
    people: dict[str, dict[str, Any]] = {}
    for group, number in chosen.items():
        if number is None:
            people[group] = {"each": most[group].tolist(), "weights": None}
            continue
        name = f"weights{number + 1}"
        total = np.bincount(codes, cells[group].to_numpy(dtype=float), minlength=len(streets))
        units = np.bincount(codes, weights[name].astype(float), minlength=len(streets))
        each = np.divide(total, units, where=units > 0, out=np.zeros(len(streets)))
        people[group] = {"each": each.tolist(), "weights": name}
    return people, weights


def _place(
    relative: np.ndarray,
    has: np.ndarray,
    spreads: list[tuple[np.ndarray, np.ndarray]],
    codes: np.ndarray,
) -> int:
    """The number of the spread that is this one where both have people; a new one if there is none."""
    for n, (known, filled) in enumerate(spreads):
        both = (filled & has)[codes]
        if np.allclose(relative[both], known[both], rtol=_SAME, atol=_SAME / 1000):
            spreads[n] = (np.where((has & ~filled)[codes], relative, known), filled | has)
            return n
    spreads.append((relative, has))
    return len(spreads) - 1
