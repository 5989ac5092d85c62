"""How many places there are for whom: floating catchments, in places per person."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.load.values import Pairs, pairs_of
from carecircles.reach import CostTable
from carecircles.words import Sentence

Weights = Callable[[np.ndarray, float], np.ndarray]  # of costs and the reach
STEPS = ((1 / 3, 1.0), (2 / 3, 0.68), (1.0, 0.22))  # up to a share of the reach: a weight


def two_step(people: pd.Series, cost: CostTable, places: pd.Series) -> pd.Series:
    """
    Places per person within reach of each cell: the two-step floating catchment area (2SFCA).

    First each centre's places are shared among all who reach it, then each cell adds up the shares of the
    centres it reaches:

    .. math:: R_j = \\frac{S_j}{\\sum_{k: c_{kj} \\le C} P_k}, \\quad A_i = \\sum_{j: c_{ij} \\le C} R_j

    (Luo and Wang 2003, Environment and Planning B 30). The people's mean of it is all places over all people,
    as far as somebody reaches them.

    Parameters
    ----------
    people
        Persons in need by cell.
    cost
        Who reaches whom; its cutoff is the reach C.
    places
        Places by centre; a centre with NaN, of which nobody knows how many, is left out.

    Returns
    -------
    access
        Places per person on the index of `people`, 0 where no centre is within reach.

    Examples
    --------
    Two places for four people, of whom three have another four places to themselves.

    >>> table = pd.Series({("p", "a"): 80.0, ("q", "a"): 600.0, ("q", "b"): 100.0})
    >>> table.index.names = ["demand", "facility"]
    >>> cost = CostTable(table, cutoff=700)
    >>> people, places = pd.Series({"p": 1.0, "q": 3.0}), pd.Series({"a": 2.0, "b": 6.0})
    >>> two_step(people, cost, places).to_dict()
    {'p': 0.5, 'q': 2.5}
    """
    pairs = pairs_of(people, cost, places.index)
    return _floating(people, pairs, places, np.ones(len(pairs.cost)))


def enhanced(
    people: pd.Series,
    cost: CostTable,
    places: pd.Series,
    *,
    steps: Sequence[tuple[float, float]] = STEPS,
) -> pd.Series:
    """
    The same with those farther away counting less, step by step: the enhanced form (E2SFCA).

    .. math:: R_j = \\frac{S_j}{\\sum_k P_k W(c_{kj})}, \\quad A_i = \\sum_j R_j W(c_{ij})

    (Luo and Qi 2009, Health & Place 15), with their weights 1, 0.68 and 0.22 in the first, second and last
    third of the reach.

    Parameters
    ----------
    people, cost, places
        As in `two_step`.
    steps
        Up to which share of the reach (the limit included) which weight holds; the last one up to 1.

    Raises
    ------
    ValidationError
        If the steps do not rise to 1, or a weight is negative.

    Examples
    --------
    >>> table = pd.Series({("p", "a"): 80.0, ("q", "a"): 600.0})
    >>> table.index.names = ["demand", "facility"]
    >>> people, places = pd.Series({"p": 1.0, "q": 3.0}), pd.Series({"a": 2.0})
    >>> enhanced(people, CostTable(table, cutoff=700), places).round(4).to_dict()  # 2 / (1 + 3 x 0.22)
    {'p': 1.2048, 'q': 0.2651}
    """
    pairs = pairs_of(people, cost, places.index)
    return _floating(people, pairs, places, step_weights(pairs.cost, cost.cutoff, steps=steps))


def gaussian(people: pd.Series, cost: CostTable, places: pd.Series) -> pd.Series:
    """
    The same with weights that fall off smoothly to 0 at the end of the reach: the Gaussian form.

    The formula is that of `enhanced` with

    .. math:: W(c) = \\frac{e^{-\\frac12 (c / C)^2} - e^{-\\frac12}}{1 - e^{-\\frac12}}

    (Dai 2010, Health & Place 16). Parameters are those of `two_step`.

    Examples
    --------
    >>> table = pd.Series({("p", "a"): 0.0, ("q", "a"): 350.0})
    >>> table.index.names = ["demand", "facility"]
    >>> people, places = pd.Series({"p": 1.0, "q": 1.0}), pd.Series({"a": 1.0})
    >>> gaussian(people, CostTable(table, cutoff=700), places).round(4).to_dict()
    {'p': 0.5878, 'q': 0.4122}
    """
    pairs = pairs_of(people, cost, places.index)
    return _floating(people, pairs, places, gaussian_weights(pairs.cost, cost.cutoff))


def crowding(
    people: pd.Series, cost: CostTable, places: pd.Series, *, weights: Weights | None = None
) -> pd.Series:
    """
    How many people would come for each place of a centre: the inverted form (i2SFCA).

    Each person chooses among the centres within reach by their places and their weights; what a centre
    is then asked for, over its places, is how crowded it is:

    .. math:: C_j = \\sum_i \\frac{P_i W(c_{ij})}{\\sum_l S_l W(c_{il})}

    (Wang 2018, Annals of the American Association of Geographers 108). Times its places, all centres
    together have as many people as reach a place.

    Parameters
    ----------
    people, cost, places
        As in `two_step`.
    weights
        What makes weights of costs and the reach, such as `gaussian_weights` or `step_weights`; 1 each if
        None.

    Returns
    -------
    crowding
        Persons per place on the index of `places`; NaN where there is no place or nobody knows how many.

    Examples
    --------
    >>> table = pd.Series({("p", "a"): 80.0, ("q", "a"): 600.0, ("q", "b"): 100.0})
    >>> table.index.names = ["demand", "facility"]
    >>> people, places = pd.Series({"p": 1.0, "q": 4.0}), pd.Series({"a": 2.0, "b": 6.0})
    >>> crowding(people, CostTable(table, cutoff=700), places).to_dict()  # 1/2 + 4/8 and 4/8
    {'a': 1.0, 'b': 0.5}
    """
    pairs = pairs_of(people, cost, places.index)
    weight = np.ones(len(pairs.cost)) if weights is None else weights(pairs.cost, cost.cutoff)
    room = np.nan_to_num(places.to_numpy(dtype=float))
    offered = np.bincount(pairs.cell, room[pairs.centre] * weight, minlength=len(people))
    need = people.to_numpy(dtype=float)
    asked = np.divide(need, offered, out=np.zeros(len(need)), where=offered > 0)
    crowd = np.bincount(pairs.centre, asked[pairs.cell] * weight, minlength=len(places))
    return pd.Series(np.where(room > 0, crowd, np.nan), index=places.index, name="crowding")


def step_weights(
    cost: np.ndarray, cutoff: float, *, steps: Sequence[tuple[float, float]] = STEPS
) -> np.ndarray:
    """
    Weights of costs by the step they lie in, see `enhanced`.

    Examples
    --------
    >>> step_weights(np.array([0.0, 200.0, 200.1, 600.0, 600.1]), 600.0).tolist()
    [1.0, 1.0, 0.68, 0.22, 0.0]
    """
    ends, weights = (np.array(some, dtype=float) for some in zip(*steps, strict=True))
    if not (np.diff(ends, prepend=0.0) > 0).all() or ends[-1] != 1.0 or not (weights >= 0).all():
        said = ", ".join(f"{end:g}: {weight:g}" for end, weight in steps)
        told = f"steps are {said}; write shares of the reach that rise to 1, with weights of 0 or more."
        zh = f"分级为 {said}；请写递增到 1 的距离比例，权重不小于 0。"
        raise ValidationError([Sentence(told, zh=zh)])
    limits = ends * cutoff
    step = np.searchsorted(limits, cost * (1 - 1e-12))  # the limit itself is within
    return np.append(weights, 0.0)[step]


def gaussian_weights(cost: np.ndarray, cutoff: float) -> np.ndarray:
    """
    Weights of costs that fall from 1 at the door to 0 at the end of the reach, see `gaussian`.

    Examples
    --------
    >>> gaussian_weights(np.array([0.0, 350.0, 700.0]), 700.0).round(4).tolist()
    [1.0, 0.7014, 0.0]
    """
    end = np.exp(-0.5)
    share = cost / cutoff if cutoff > 0 else np.zeros(len(cost))
    return np.where(share <= 1, (np.exp(-0.5 * share**2) - end) / (1 - end), 0.0)


def _floating(people: pd.Series, pairs: Pairs, places: pd.Series, weight: np.ndarray) -> pd.Series:
    """Each centre's places over whom it reaches, added up for each cell, both weighted."""
    need = people.to_numpy(dtype=float)
    room = np.nan_to_num(places.to_numpy(dtype=float))
    asks = np.bincount(pairs.centre, need[pairs.cell] * weight, minlength=len(room))
    ratio = np.divide(room, asks, out=np.zeros(len(room)), where=asks > 0)
    access = np.bincount(pairs.cell, ratio[pairs.centre] * weight, minlength=len(need))
    return pd.Series(access, index=people.index, name="access")
