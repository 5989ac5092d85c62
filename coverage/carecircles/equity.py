"""
Who bears the distance: how unequally far people are from the nearest centre, and whom an average hides.

All measures are of the cost to the nearest centre (metres or minutes, the more the worse), counted by
people. Whom no way leads to any centre is counted apart, and is in none of the others.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.words import Sentence

EPSILON = 1.0  # of the Kolm-Pollak measure
_WORST, _BEST = 0.1, 0.4  # shares of people
_NOTHING = 1e-12  # of all distance, over which nothing is divided


def of_district(
    cells: pd.DataFrame, group: str, *, cutoff: float, epsilon: float = EPSILON
) -> pd.Series:
    """
    How unequally far the people of a group are from their nearest centre, all cells together.

    Parameters
    ----------
    cells
        From `evaluation.evaluate`: `distance_m` (in the unit of the cost table) to the nearest centre,
        street, people by group.
    group
        Column of people.
    cutoff
        The standard, in the unit of the costs; the limit itself is within.
    epsilon
        Aversion to inequality of the Kolm-Pollak measure, above 0; 0.5 to 2 are usual.

    Returns
    -------
    equity
        The people, `out_of_reach_...` (whom no way leads to any centre), and of the others:

        - `mean_m`, and `worst_tenth_m`, the mean of the tenth of people who have it farthest;
        - `ede_m`, the equally-distributed equivalent distance of Kolm and Pollak, with `kappa` per unit:
          as if everyone had it so far,

          .. math:: \\frac{1}{\\kappa} \\ln \\frac{\\sum_i w_i e^{\\kappa x_i}}{\\sum_i w_i}, \\quad
                    \\kappa = \\epsilon \\frac{\\sum_i w_i x_i}{\\sum_i w_i x_i^2}

          (Sheriff and Maguire 2020, Risk Analysis 40; Logan and others 2021, EPB 48);
        - `gini`, twice the area between the Lorenz curve and the line of equality (Gini 1912);
        - `theil`, with `theil_within` and `theil_between` streets, which add up to it (Theil 1967):
          the mean of :math:`x/\\mu \\ln x/\\mu`;
        - `palma`, what the farthest tenth bears over what the nearest two fifths bear (after Palma 2011);
        - `fgt0`, `fgt1`, `fgt2`: the mean of ((x - z) / z) to the power of 0, 1, 2 over all people, 0
          for those within the standard z: how many are beyond it, by how much, and how unequally so
          (Foster, Greer and Thorbecke 1984, Econometrica 52).

        NaN where there is nobody. Where all are at the door, there is no inequality.

    Raises
    ------
    ValidationError
        If `epsilon` or `cutoff` is not above 0.

    Examples
    --------
    One of two people is 300 m from a centre, the other 900 m.

    >>> cells = pd.DataFrame({"people_60": [1.0, 1.0], "distance_m": [300.0, 900.0]})
    >>> cells["street"] = pd.Categorical(["S", "T"])
    >>> told = of_district(cells, "people_60", cutoff=600)
    >>> told[["worst_tenth_m", "gini", "palma", "fgt0", "fgt1", "fgt2"]].round(9).tolist()
    [900.0, 0.25, 0.75, 0.5, 0.25, 0.125]
    """
    _require(cutoff, epsilon)
    x, w, codes, names = _of_cells(cells, group)
    kappa = kappa_of(x, w, epsilon)
    whole = _measures(x, w, cutoff=cutoff, kappa=kappa)
    streets = [_measures(x[codes == n], w[codes == n], cutoff=cutoff, kappa=kappa) for n in names]
    return pd.Series(
        {
            group: float(cells[group].sum()),
            f"out_of_reach_{group}": _without_way(cells, group).sum(),
        }
        | whole
        | _decomposed(whole, streets, [float(w[codes == n].sum()) for n in names])
        | {"kappa": kappa, "epsilon": epsilon},
        name="district",
        dtype=float,
    )


def by_street(
    cells: pd.DataFrame, group: str, *, cutoff: float, epsilon: float = EPSILON
) -> pd.DataFrame:
    """
    How unequally far the people of a group are from their nearest centre, street by street.

    Parameters are those of `of_district`; `kappa` is that of the district for every street, so that
    their equivalents can be held against each other.

    Returns
    -------
    equity
        Indexed by street, with the columns of `of_district` but for those of several streets.

    Examples
    --------
    >>> cells = pd.DataFrame({"people_60": [1.0, 1.0], "distance_m": [300.0, 900.0]})
    >>> cells["street"] = pd.Categorical(["S", "T"])
    >>> by_street(cells, "people_60", cutoff=600)["ede_m"].round(6).to_dict()
    {'S': 300.0, 'T': 900.0}
    """
    _require(cutoff, epsilon)
    x, w, codes, names = _of_cells(cells, group)
    kappa = kappa_of(x, w, epsilon)
    people = cells[group].groupby(cells["street"], observed=False).sum()
    out = _without_way(cells, group).groupby(cells["street"], observed=False).sum()
    table = pd.DataFrame(
        [_measures(x[codes == n], w[codes == n], cutoff=cutoff, kappa=kappa) for n in names],
        index=pd.Index(cells["street"].cat.categories, name="street"),
    )
    table.insert(0, group, people)
    table.insert(1, f"out_of_reach_{group}", out)
    return table


def lorenz(cells: pd.DataFrame, group: str) -> pd.DataFrame:
    """
    The Lorenz curve: what share of all distance the nearest so many people bear.

    Parameters
    ----------
    cells, group
        As in `of_district`.

    Returns
    -------
    curve
        `people_share` and `distance_share` from (0, 0) to (1, 1), a point for each distance.

    Examples
    --------
    >>> cells = pd.DataFrame({"people_60": [1.0, 1.0], "distance_m": [900.0, 300.0]})
    >>> cells["street"] = pd.Categorical(["S", "T"])
    >>> lorenz(cells, "people_60").to_numpy().tolist()
    [[0.0, 0.0], [0.5, 0.25], [1.0, 1.0]]
    """
    x, w, _, _ = _of_cells(cells, group)
    people, distance = _curve(x, w)
    return pd.DataFrame({"people_share": people, "distance_share": distance})


def _require(cutoff: float, epsilon: float) -> None:
    """Whether the standard and the aversion to inequality are numbers above 0."""
    problems = [
        Sentence(
            f"{name} is {value:g}; write a number above 0.",
            zh=f"{name} 为 {value:g}；请填写大于 0 的数。",
        )
        for name, value in (("cutoff", cutoff), ("epsilon", epsilon))
        if not 0 < value < np.inf
    ]
    if problems:
        raise ValidationError(problems)


def _without_way(cells: pd.DataFrame, group: str) -> pd.Series:
    """The people of each cell whom no way leads to any centre."""
    return cells[group].where(~np.isfinite(cells["distance_m"]), 0.0)


def _of_cells(
    cells: pd.DataFrame, group: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, Sequence[int]]:
    """Costs, people and street of the cells where people live and a way leads to a centre; every street."""
    x, w = cells["distance_m"].to_numpy(dtype=float), cells[group].to_numpy(dtype=float)
    street = cells["street"].cat
    is_told = np.isfinite(x) & (w > 0)
    return x[is_told], w[is_told], street.codes.to_numpy()[is_told], range(len(street.categories))


def kappa_of(x: np.ndarray, w: np.ndarray, epsilon: float) -> float:
    """
    How much more far distances weigh in the Kolm-Pollak measure, per unit of distance (see `of_district`).

    Parameters
    ----------
    x, w
        Distances, and the people who have them.
    epsilon
        Aversion to inequality.

    Returns
    -------
    kappa
        NaN where nobody has any distance.

    Examples
    --------
    >>> kappa_of(np.array([300.0, 900.0]), np.array([1.0, 1.0]), 1.0) == 1200 / (300**2 + 900**2)
    True
    """
    squares = float((w * x**2).sum())
    return epsilon * float((w * x).sum()) / squares if squares > 0 else np.nan


def equivalent(x: np.ndarray, w: np.ndarray, kappa: float) -> float:
    """
    The distance that, were it everyone's, would be as bad (Kolm and Pollak, see `of_district`).

    Parameters
    ----------
    x, w
        Distances, and the people who have them.
    kappa
        From `kappa_of`.

    Examples
    --------
    >>> round(equivalent(np.array([300.0, 900.0]), np.array([1.0, 1.0]), 1 / 750), 1)
    658.5
    """
    if not kappa * float(np.ptp(x)) > 1e-9:  # nobody has it farther than others, or as good as
        return float((w * x).sum() / w.sum())
    top = float(x.max())  # taken out of the sum, so that it does not overflow
    return top + float(np.log((w * np.exp(kappa * (x - top))).sum() / w.sum())) / kappa


def _measures(x: np.ndarray, w: np.ndarray, *, cutoff: float, kappa: float) -> dict[str, float]:
    """All measures of some people."""
    people, distance = float(w.sum()), float((w * x).sum())
    if not people > 0:
        return dict.fromkeys(_MEASURES, np.nan)
    mean = distance / people
    beyond = np.where(x > cutoff, (x - cutoff) / cutoff, 0.0)
    told = {
        "mean_m": mean,
        "worst_tenth_m": mean,
        "ede_m": mean,
        "gini": 0.0,
        "theil": 0.0,
        "palma": np.nan,
        "fgt0": float(w[x > cutoff].sum()) / people,
        "fgt1": float((w * beyond).sum()) / people,
        "fgt2": float((w * beyond**2).sum()) / people,
    }
    if distance > 0:
        so_many, so_far = _curve(x, w)
        nearest, others = np.interp([_BEST, 1 - _WORST], so_many, so_far)
        part = w * x / distance
        is_off = x > 0
        told |= {
            "worst_tenth_m": (1 - others) * mean / _WORST,
            "ede_m": equivalent(x, w, kappa),
            "gini": float(1 - (np.diff(so_many) * (so_far[1:] + so_far[:-1])).sum()),
            "theil": float((part[is_off] * np.log(x[is_off] / mean)).sum()),
            "palma": (1 - others) / nearest if nearest > _NOTHING else np.nan,
        }
    return told


_MEASURES = (
    "mean_m",
    "worst_tenth_m",
    "ede_m",
    "gini",
    "theil",
    "palma",
    "fgt0",
    "fgt1",
    "fgt2",
)


def _curve(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shares of people, the nearest first, and of the distance they bear."""
    order = np.argsort(x, kind="stable")
    people, distance = (np.concatenate([[0.0], np.cumsum(some[order])]) for some in (w, w * x))
    is_last = np.append(np.diff(x[order]) > 0, True) if len(x) else np.array([], dtype=bool)
    kept = np.append(True, is_last)
    people, distance = people[kept], distance[kept]
    ends = (people[-1] or 1.0, distance[-1] or 1.0)
    return people / ends[0], distance / ends[1]


def _decomposed(
    whole: dict[str, float], streets: list[dict[str, float]], people: list[float]
) -> dict[str, float]:
    """Theil's index within streets and between them."""
    mean, total = whole["mean_m"], sum(people)
    if not total > 0 or not mean > 0:
        return {"theil_within": whole["theil"], "theil_between": whole["theil"]}
    within = between = 0.0
    for told, count in zip(streets, people, strict=True):
        if count > 0 and told["mean_m"] > 0:
            part = count * told["mean_m"] / (total * mean)
            within += part * told["theil"]
            between += part * np.log(told["mean_m"] / mean)
    return {"theil_within": within, "theil_between": between}
