"""The price of fairness: of two things a plan should do well, the plans that do best in one for what they do in the other."""

import dataclasses
import math
import time
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import equity
from carecircles.errors import InfeasibleError, OutOfTimeError, ValidationError
from carecircles.reach import CostTable, pairs_in
from carecircles.siting import _fair, _nearest, distances, models
from carecircles.siting._bent import Bend
from carecircles.siting._instance import Instance
from carecircles.siting._terms import Clock
from carecircles.siting.found import ARITHMETIC, Siting
from carecircles.siting.question import beyond_of, instance_of, pairs_of, people_of
from carecircles.siting.rules import Rules
from carecircles.siting.search import Search, solving
from carecircles.words import Sentence

STEP = 0.01  # by which the least share of every street is raised
_HAIR = 1e-9  # of a share, by which sums of the same people may differ
_MOST_BETWEEN = 30  # searches between two plans


@dataclass(frozen=True, eq=False)
class Frontier:
    """
    Plans of which none is better in both of two things, from the least fair to the fairest.

    Attributes
    ----------
    goal
        'coverage' (people covered against the street served worst) or 'fair' (mean against equivalent distance).
    figures
        A row a plan, numbered from 1: `people` covered with `share`, `worst` (the street) and `worst_share`; or
        `mean` and `ede`. With `bound`, what no plan that is as fair can beat (people, or mean), `gap` (the share
        between that and the plan's, NaN where nobody knows), `status`, and `sites`, their labels.
    is_whole
        Whether it is proven that there is no fairer plan, nor one that is missing between (see the function).
    beyond
        The share of every street's people that no plan covers, where that is proven.
    kappa
        Of the equivalent distance.
    """

    goal: str
    figures: pd.DataFrame = field(repr=False)
    is_whole: bool
    beyond: float | None = None
    kappa: float | None = None


def covered_against_worst(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    step: float = STEP,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Frontier:
    """
    How many people have to be given up for the street that is served worst.

    The plan that covers most people comes first; then the one that does so of those in which every street has
    a share of its people covered that is higher, by a `step` of whole ones, than in the plan before; and so on
    until no plan keeps to it (the epsilon-constraint method: Haimes, Lasdon and Wismer, IEEE Transactions on
    Systems, Man and Cybernetics 1, 1971).

    Parameters
    ----------
    demand
        As in `maximize_coverage`, with the column `street`.
    step
        Shares by which the floor is raised: 0.01 asks for 58 %, 59 %, ...

    The other parameters are those of `maximize_coverage`. The time of `search` is for all plans together, each
    having half of what is left.

    Returns
    -------
    frontier
        Its figures say of each plan the people covered, the street served worst (of equals the first) and its share.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`, and if `step` is not above 0 and up to 1.

    Examples
    --------
    Site a covers nine people of one street, site b four of one and three of the other.

    >>> demand = pd.DataFrame({"people_60": [5, 4, 3]}, index=["p", "q", "r"])
    >>> demand["street"] = ["S", "S", "T"]
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> told = covered_against_worst(demand, pd.Series(100.0, index=index), new=1, cutoff=700)
    >>> told.figures[["people", "worst", "worst_share"]].round(2).to_numpy().tolist()
    [[9.0, 'T', 0.0], [7.0, 'S', 0.44]]
    >>> told.is_whole
    True
    """
    if not 0 < step <= 1:
        told = f"step is {step:g}; write a share above 0 and up to 1, such as 0.01."
        zh = f"step 是 {step:g}；请写大于 0 且不超过 1 的比例，例如 0.01。"
        raise ValidationError([Sentence(told, zh=zh)])
    table, limit = pairs_of(cost, cutoff)
    rules, search = rules or Rules(), search or Search()
    until = (search.since or time.monotonic()) + search.time_limit
    rows: list[dict[str, object]] = []
    floor, is_whole, beyond = rules.floor_by_street, False, None
    while True:
        left = until - time.monotonic()
        now = dataclasses.replace(search, since=None, time_limit=max(left / 2, 0.1))
        own = dataclasses.replace(rules, floor_by_street=floor)
        try:
            plan = models.maximize_coverage(
                demand, table, new=new, cutoff=limit, weight=weight, rules=own, search=now
            )
        except InfeasibleError:
            if not rows:
                raise
            is_whole, beyond = True, floor
            break
        except OutOfTimeError:
            if not rows:
                raise
            break
        worst, share = _worst(demand, table, limit, plan, rules, weight)
        rows.append(
            {
                "people": plan.covered,
                "share": plan.covered / plan.total if plan.total else math.nan,
                "worst": worst,
                "worst_share": share,
                "bound": plan.bound,
                "gap": plan.gap,
                "status": plan.status,
                "sites": tuple(plan.sites.index),
            }
        )
        floor = (math.floor(share / step + _HAIR) + 1) * step if share < 1 - _HAIR else math.inf
        if floor > 1 + _HAIR:
            is_whole = True  # every street as well as can be told in such steps
            break
        floor = min(floor, 1.0)
        if plan.status == "stopped" or until - time.monotonic() <= 0:
            break
    kept = [
        n
        for n, row in enumerate(rows)
        if all(row["people"] > other["people"] + ARITHMETIC for other in rows[n + 1 :])  # type: ignore[operator]
    ]
    figures = pd.DataFrame([rows[n] for n in kept], index=_numbers(len(kept)))
    is_whole = is_whole and all(row["status"] == "optimal" for row in rows)
    return Frontier("coverage", figures, is_whole, beyond)


def mean_against_ede(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    epsilon: float = equity.EPSILON,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Frontier:
    """
    How much farther people have it in the mean so that fewer have it far.

    Between the plan of least mean (`minimize_cost`) and that of least equivalent distance (`minimize_ede`) those
    are found that make a weighted sum of both least, which is a p-median again; the weights are those by which
    two plans found are as good as each other, until nothing better is between any two (Aneja and Nair,
    Management Science 25, 1979). No plan has less of both than the line between two neighbours says; as a line
    is meant one of the mean over exp(kappa x distance), by which the equivalent distance is told.

    Parameters
    ----------
    epsilon
        As in `minimize_ede`; kappa is that of the distances before, for all plans.

    The other parameters are those of `minimize_ede`. The time of `search` is for all plans together.

    Returns
    -------
    frontier
        Its figures say of each plan the mean and the equivalent distance, in the unit of `cost`.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `minimize_ede`.

    Examples
    --------
    Site a leaves eight people at the door and one 900 m away, b all at 150 m.

    >>> demand = pd.DataFrame({"people_60": [8, 1]}, index=["p", "q"])
    >>> pairs = pd.MultiIndex.from_product([["p", "q"], ["a", "b"]], names=["demand", "facility"])
    >>> cost = pd.Series([0.0, 150.0, 900.0, 150.0], index=pairs)
    >>> told = mean_against_ede(demand, cost, new=1)
    >>> told.figures[["mean", "ede"]].round().to_numpy().tolist(), told.is_whole
    ([[100.0, 573.0], [150.0, 150.0]], True)
    """
    distances.require_aversion(epsilon)
    table, limit = pairs_of(cost, cutoff)
    search = dataclasses.replace(search or Search(), memory=None, enough=None, at_least=None)
    made = instance_of("fair", demand, table, limit, weight, rules, new)
    people, most = np.where(made.is_in_table, made.people, 0.0), beyond_of(table, None)
    kappa = _fair.kappa_of(made, people > 0, epsilon)
    asked = _Asked(made, people, most, Bend(kappa, most))
    with solving(made, search) as clock:
        found, bounds, is_whole = _between(asked, search, clock)
        late = clock.word()
    rows = []
    for plan in found:
        # What each sum of both says that was made least, of plans that have no more of the bent one than this.
        bound = min(plan.mean, max(least - slope * plan.bent for slope, least in bounds))
        gap = (plan.mean - bound) / max(plan.mean, 1.0)
        if gap <= ARITHMETIC:
            gap, bound = 0.0, plan.mean
        status = "optimal" if gap == 0 else "within gap" if gap <= search.gap else late
        ede = _equivalent(asked, plan.chosen)
        sites = tuple(made.candidates[plan.chosen])
        about = {"bound": bound, "gap": gap, "status": status, "sites": sites}
        rows.append({"mean": plan.mean, "ede": ede, **about})
    figures = pd.DataFrame(rows, index=_numbers(len(rows)))
    return Frontier("fair", figures, is_whole, kappa=kappa)


def _numbers(count: int) -> pd.RangeIndex:
    return pd.RangeIndex(1, count + 1, name="number")


def _worst(
    demand: pd.DataFrame,
    table: pd.Series,
    limit: float,
    plan: Siting,
    rules: Rules,
    weight: str | pd.Series | None,
) -> tuple[object, float]:
    """The street with the least share of its people covered, and that share."""
    people = people_of(demand, weight)
    pairs = pairs_in(table)
    is_open = pairs.levels[1].isin([*rules.required, *plan.sites.index])
    is_near = is_open[pairs.codes[1]] & (table.to_numpy() <= limit)
    covered = np.zeros(len(demand))
    covered[demand.index.get_indexer(pairs.levels[0])[pairs.codes[0][is_near]]] = 1
    street, streets = pd.factorize(demand["street"])
    living, reached = (np.bincount(street, some) for some in (people, people * covered))
    if not (living > 0).any():
        return None, math.nan
    share = np.where(living > 0, reached / np.where(living > 0, living, 1), math.inf)
    return streets[int(share.argmin())], float(share.min())


class _Asked(NamedTuple):
    """A question whose plans are told by their mean, and by that of bent distances."""

    made: Instance
    people: np.ndarray
    most: float
    bend: Bend


class _Plan(NamedTuple):
    """Candidates, and the means of distances and of bent ones that they leave."""

    chosen: np.ndarray
    mean: float
    bent: float


def _between(
    asked: _Asked, search: Search, clock: Clock
) -> tuple[list[_Plan], list[tuple[float, float]], bool]:
    """
    The plans from the least mean to the least equivalent distance, and whether none is missing.

    And of each sum that was made least by how much bent distances count in it, and what no plan can beat.
    """
    made, people, most, bend = asked
    whole = max(float(people.sum()), 1e-300)

    def least(slope: float, clock: Clock) -> tuple[_Plan, float]:
        found = _fair.mixed(made, people, bend, slope, search, clock)
        bounds.append((slope, found.bound / whole))
        return _told(asked, found.chosen), found.bound / whole

    bounds: list[tuple[float, float]] = []
    first, bound = least(0.0, clock.part(1 / 3))
    fairest = _fair.fairest(
        made, people, most, bend.kappa,
        lambda metres, _: _ede(asked, metres), search, clock.part(1 / 2),
    )  # fmt: skip
    last = _told(asked, fairest.chosen)
    found, is_whole = [first, last], fairest.bound >= fairest.value * (1 - ARITHMETIC)
    is_whole &= bound >= first.mean * (1 - ARITHMETIC)
    waiting = [(first, last)]
    while waiting:
        near, fair = waiting.pop()
        if not (near.bent > fair.bent and near.mean < fair.mean):
            continue
        if not clock.left() or len(bounds) > _MOST_BETWEEN:
            is_whole = False
            break
        slope = (fair.mean - near.mean) / (near.bent - fair.bent)
        between, bound = least(slope, clock.part(1 / 2))
        value = near.mean + slope * near.bent
        if between.mean + slope * between.bent < value * (1 - ARITHMETIC):
            found.append(between)
            waiting += [(near, between), (between, fair)]
        else:
            is_whole &= bound >= value * (1 - 2 * ARITHMETIC)
    kept: list[_Plan] = []
    for plan in sorted(found, key=lambda plan: (plan.mean, plan.bent)):
        if not kept or plan.bent < kept[-1].bent * (1 - ARITHMETIC):
            kept.append(plan)
    return kept, bounds, is_whole


def _told(asked: _Asked, chosen: np.ndarray) -> _Plan:
    """What candidates, with those that must open, leave people to go."""
    made, people, most, bend = asked
    chosen = np.union1d(np.flatnonzero(made.is_must), chosen).astype(int)
    metres = np.minimum(_nearest.walked(made, made.base, chosen), most)
    whole = max(float(people.sum()), 1e-300)
    mean, bent = (float((people * some).sum()) / whole for some in (metres, bend.bent(metres)))
    return _Plan(chosen, mean, bent)


def _equivalent(asked: _Asked, chosen: np.ndarray) -> float:
    return _ede(asked, _nearest.walked(asked.made, asked.made.base, chosen))


def _ede(asked: _Asked, metres: np.ndarray) -> float:
    """The equivalent distance of people who have it so far; 0 where there is nobody."""
    counts = asked.people > 0
    if not counts.any():
        return 0.0
    far = np.minimum(metres[counts], asked.most)
    return equity.equivalent(far, asked.people[counts], asked.bend.kappa)
