"""Several plans of one question: the best one, two, three ... centres, and alternatives."""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles.errors import InfeasibleError, ValidationError
from carecircles.reach import CostTable
from carecircles.siting.found import ARITHMETIC, Siting
from carecircles.siting.goals import GOALS
from carecircles.siting.rules import Rules, is_whole, served_streets
from carecircles.siting.search import Memory, Search
from carecircles.words import Sentence

_CUT_SHORT = ("time limit", "stopped")
_RING_M = 10.0  # alternatives are told apart in steps of so many metres


def curve(
    model: Callable[..., Siting],
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    most: int,
    **options: Any,
) -> pd.DataFrame:
    """
    The best one, two, three ... new centres, and what building them one by one would reach.

    Parameters
    ----------
    model
        `maximize_coverage` or another model that takes `new`.
    most
        The largest number of new centres.
    options
        What else the model takes; the time limit is for each number.

    Returns
    -------
    curve
        Indexed by `new` (0 ... most): people (covered by the best plan of so many), share (of all
        people), objective, bound, gap, status (whether that plan is proven or time cut it short, see
        `Siting`), nested (the objective when the centres of the last plan are built in its order).

    Examples
    --------
    One site covers 8 of 12 people, two cover all.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> from carecircles.siting import maximize_coverage
    >>> curve(maximize_coverage, demand, cost, most=2, cutoff=500)["people"].tolist()
    [0.0, 8.0, 12.0]
    """
    if not is_whole(most) or most < 0:
        told = f"most is {most!r}; write a whole number of centres, 0 or more."
        raise ValidationError([Sentence(told, zh=f"most 是 {most!r}；请写 0 或更大的整数。")])
    plans: list[Siting | None] = []
    search = options.get("search") or Search()
    options["search"] = dataclasses.replace(search, memory=Memory())
    for new in range(most + 1):
        try:
            plan = model(demand, cost, new=new, **options)
        except InfeasibleError:
            if new == most:
                raise
            plans.append(None)
            continue
        plans.append(plan)
        if plan.status == "stopped":
            break
    last = plans[-1]
    steps = [last.before, *last.sites["objective"]] if last is not None else []
    rows = [
        {
            "people": plan.covered,
            "share": plan.covered / plan.total if plan.total else math.nan,
            "objective": plan.objective,
            "bound": plan.bound,
            "gap": plan.gap,
            "status": plan.status,
            "nested": steps[min(new, len(steps) - 1)],
        }
        if plan is not None
        else {}
        for new, plan in enumerate(plans)
    ]
    columns = ["people", "share", "objective", "bound", "gap", "status", "nested"]
    index = pd.RangeIndex(len(rows), name="new")
    table = pd.DataFrame(rows, index=index, columns=columns)
    return table.astype(dict.fromkeys(table.columns.drop("status"), float))


def alternatives(
    model: Callable[..., Siting],
    best: Siting,
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    points: gpd.GeoSeries,
    *,
    count: int,
    within: float = 0.01,
    **options: Any,
) -> list[tuple[float, Siting]]:
    """
    Plans nearly as good as the best whose sites stand as far as possible from those before.

    The best site is often not to be had. Each alternative keeps the largest distance from every site
    of the best plan and of the alternatives before it at which a plan within the share is still to be
    had, and is the best plan at that distance.

    Parameters
    ----------
    model, best
        `maximize_coverage` or another model, and the plan it made.
    points
        Where the candidates are, by label, in metres.
    count
        How many at most.
    within
        How much worse than the best an alternative may be, as a share of its objective.
    options
        What else the model was given; centres that must open are in every plan.

    Returns
    -------
    alternatives
        Metres that every new site keeps from the sites before (in steps of 10 m), and the plan; it says if
        for want of time it is not known whether there is one farther away.

    Examples
    --------
    Site a covers 8 people; site b, 300 m from it, covers 7, within a share of 0.2.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> from carecircles.siting import maximize_coverage
    >>> points = gpd.GeoSeries.from_xy([0, 300], [0, 0], index=["a", "b"])
    >>> best = maximize_coverage(demand, cost, new=1, cutoff=500)
    >>> options = {"new": 1, "cutoff": 500, "within": 0.2}
    >>> [(metres, other)] = alternatives(maximize_coverage, best, demand, cost, points, count=1, **options)
    >>> metres, other.objective
    (300.0, 7.0)
    """
    if not is_whole(count) or count < 0:
        told = f"count is {count!r}; write a whole number of plans, 0 or more."
        raise ValidationError([Sentence(told, zh=f"count 是 {count!r}；请写 0 或更大的整数。")])
    rules = options.get("rules") or Rules()
    required = {*rules.required, *rules.must_open}
    named = points.index if rules.candidates is None else rules.candidates
    candidates = pd.Index([label for label in named if label not in required])
    where = shapely.get_coordinates(points.loc[candidates].to_numpy())
    least = served_streets(rules, best.sites.index)  # an alternative leaves no more streets without
    slack = within * abs(best.objective) + ARITHMETIC * max(1.0, best.total)
    limit = best.objective + (slack if GOALS[best.goal].is_less_better else -slack)
    search = options.get("search") or Search()
    options["search"] = dataclasses.replace(search, memory=Memory(), at_least=limit)
    apart, latest = np.full(len(candidates), math.inf), best
    found: list[tuple[float, Siting]] = []
    while len(found) < count:
        own = latest.sites.index.difference(list(rules.must_open))
        for spot in shapely.get_coordinates(points.loc[own].to_numpy()):
            apart = np.minimum(apart, np.hypot(*(where - spot).T))
        next_plan = _farthest(
            functools.partial(model, demand, cost),
            candidates,
            apart,
            limit,
            least,
            {**options, "rules": rules},
        )
        if next_plan is None:
            break
        found.append(next_plan)
        latest = next_plan[1]
        if latest.status == "stopped":
            break
    return found


def _farthest(
    model: Callable[..., Siting],
    candidates: pd.Index,
    apart: np.ndarray,
    limit: float,
    least: list[int],
    options: dict[str, Any],
) -> tuple[float, Siting] | None:
    """The largest distance at which a plan is still good enough, by halving, and that plan."""
    must, named = list(options["rules"].must_open), options["rules"].may_not_open
    is_cut_short = False

    def at(ring: int, enough: float | None) -> Siting | None:
        nonlocal is_cut_short
        kept = [*must, *candidates[apart >= max(ring * _RING_M, 1e-6)]]
        closed = tuple(set(named) & set(kept))
        rules = dataclasses.replace(options["rules"], candidates=kept, may_not_open=closed)
        search = dataclasses.replace(options["search"], enough=enough)
        try:
            plan = model(**{**options, "rules": rules, "search": search})
        except InfeasibleError:
            return None
        except TimeoutError:
            is_cut_short = True
            return None
        sign = -1 if GOALS[plan.goal].is_less_better else 1
        is_good = sign * plan.objective >= sign * limit and len(plan.sites) > 0
        if is_good and served_streets(rules, plan.sites.index) >= least:
            return plan
        is_cut_short |= plan.status in _CUT_SHORT and sign * plan.bound >= sign * limit
        return None

    def ring_of(plan: Siting) -> float:
        """How far the sites of a plan stand from those before; it has none of its own if all must open."""
        own = candidates.get_indexer(plan.sites.index)
        metres = float(apart[own[own >= 0]].min(initial=math.inf))
        return metres // _RING_M if math.isfinite(metres) else math.inf

    finite = apart[np.isfinite(apart)]
    low, high = 0, int(finite.max(initial=0.0) // _RING_M) + 1
    best = at(0, limit)
    while best is not None and high - low > 1 and best.status != "stopped":
        middle = (low + high) // 2
        plan = at(middle, limit)
        if plan is None:
            high = middle
        else:
            low, best = int(max(middle, min(ring_of(plan), high - 1))), plan
    if best is None:
        return None
    may_be_farther = is_cut_short or best.status == "stopped"
    if best.status != "stopped":
        best = at(low, None) or best
    return low * _RING_M, dataclasses.replace(best, may_be_farther=may_be_farther)
