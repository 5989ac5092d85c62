"""What to build when: phases with a number of centres or a budget each, people and centres of each, best in sum."""

import dataclasses
import math
import time
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import _html
from carecircles import plan as plans
from carecircles.errors import ValidationError
from carecircles.plan import Plan
from carecircles.reach import CostTable, pairs_in
from carecircles.siting import _phased, _terms, _timetable
from carecircles.siting._instance import Instance
from carecircles.siting.candidates import candidates_in_gaps, cost_for
from carecircles.siting.found import ARITHMETIC
from carecircles.siting.models import maximize_coverage
from carecircles.siting.question import instance_of, pairs_of, require_cutoff
from carecircles.siting.rules import Rules, few, is_whole
from carecircles.siting.search import Search
from carecircles.words import Sentence

_NOBODY = 0.5  # fewer people than this are none


@dataclass(frozen=True, eq=False)
class Phase:
    """
    What holds in one phase, and what may be built in it.

    Attributes
    ----------
    name
        Such as '2027'; each phase has its own.
    demand
        Places where people are then, uniquely indexed.
    cost
        Cost table of the centres that are there then and the candidates.
    required
        Labels of those centres.
    new
        How many new centres; None if there is a budget.
    budget
        What may be spent, in the unit of the prices.
    weight
        How much the people of this phase count beside those of others.
    """

    name: str
    demand: pd.DataFrame = field(repr=False)
    cost: CostTable | pd.Series = field(repr=False)
    required: Collection[Hashable] = field(default=(), repr=False)
    new: int | None = None
    budget: float | None = None
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class PhasedSiting:
    """
    A timetable of sites and how good it is.

    Attributes
    ----------
    sites
        By candidate in the order in which to build: phase, price (1 where centres are counted), gross (people
        within the cutoff of it who have no centre then), marginal (people it adds in its phase to those covered
        by the centres and the sites before it), cumulative (people covered in that phase when it stands).
    phases
        By name: weight, means (how many centres or how much money the phase has of its own), opened (number of
        sites), spent, left (what is not spent, and carried on if so asked), total (all people), before (people
        covered by the centres that are there then), covered (with the sites opened by then), free (covered by the best
        plan for this phase alone that has all means up to it), bound (what no such plan can beat), status (of
        that plan), regret (free less covered).
    objective
        Sum over the phases of weight times people covered; `before` the same of the centres alone.
    bound, gap, status
        As of `Siting`.
    is_priced, carry
        Whether the means are money, and whether what is left of them was carried on.
    """

    sites: pd.DataFrame
    phases: pd.DataFrame
    objective: float
    before: float
    bound: float
    gap: float
    status: str
    is_priced: bool
    carry: bool

    def _repr_html_(self) -> str:
        shown = ["opened", "spent", "before", "covered", "free", "regret"]
        return _html.panel(
            {"en": "sites by phase", "zh": "分期选址"},
            [("status", self.status), ("sites", ", ".join(map(str, self.sites.index)))],
            columns=("phase", *shown),
            rows=[
                (name, *map(_html.people, figures))
                for name, figures in zip(
                    self.phases.index, self.phases[shown].to_numpy(dtype=float), strict=True
                )
            ],
        )


def maximize_in_phases(
    phases: Sequence[Phase],
    *,
    candidates: Collection[Hashable] | None = None,
    prices: pd.Series | None = None,
    carry: bool = False,
    cutoff: float | None = None,
    weight: str | None = None,
    search: Search | None = None,
) -> PhasedSiting:
    """
    The new centres of each phase by which most people are covered in the sum over all phases.

    MCLP over several periods: a site opens once and stays (Gunawardane, European Journal of Operational Research
    10, 1982). Beside it stands for each phase the best plan that looks at this phase alone (`maximize_coverage`
    with all means up to it), which no timetable can beat in it; what the timetable lacks there is its regret.

    Parameters
    ----------
    phases
        In their order.
    candidates
        Labels of places where a centre could open; all of the cost tables that are required in no phase if None.
    prices
        What each candidate costs, for phases with budgets.
    carry
        Whether what a phase leaves of its number or budget is added to the next one's.
    cutoff
        Largest acceptable cost, at most that of the tables, which it is if None.
    weight
        The column of people who count; that of `people.headline` (60+) if None.
    search
        How long to search for the timetable, and again for the best plan of each phase.

    Returns
    -------
    siting
        The timetable with its proof.

    Raises
    ------
    ValidationError
        If phases have no name of their own, a number or budget that cannot be, or weights of 0 or less; as
        `maximize_coverage`.
    SolverError
        If what the solver answers does not hold, or it cannot be run.

    Examples
    --------
    First there are 5 people at p and 4 at q, later none at p and 9 at q; one centre can be built in each phase.

    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "b")], names=["demand", "facility"])
    >>> cost = pd.Series(100.0, index=pairs)
    >>> now, later = (pd.DataFrame({"people": some}, index=["p", "q"]) for some in ([5, 4], [0, 9]))
    >>> phases = [Phase("2027", now, cost, new=1), Phase("2028", later, cost, new=0)]
    >>> found = maximize_in_phases(phases, cutoff=700, weight="people")
    >>> found.sites["phase"].to_dict(), found.objective, found.phases["regret"].tolist()
    ({'b': '2027'}, 13.0, [1.0, 0.0])
    """
    begun, search = time.monotonic(), search or Search()
    _refuse(phases, prices)
    is_priced = phases[0].new is None
    known = list(dict.fromkeys(label for phase in phases for label in _labels(phase, cutoff)))
    if candidates is None:
        required = {label for phase in phases for label in phase.required}
        candidates = [label for label in known if label not in required]
    _refuse_unknown(candidates, known)
    made = [_instance(phase, candidates, prices if is_priced else None, cutoff, weight) for phase in phases]  # fmt: skip
    means = np.array([phase.budget if is_priced else phase.new for phase in phases], dtype=float)
    weights = np.array([phase.weight for phase in phases])
    have = float(weights @ [_timetable.covered_by(one, one.own) for one in made])
    with _terms.started(search.time_limit, since=search.since or begun) as clock:
        small, columns = _timetable.small(made, weights, means, carry=carry, clock=clock)
        watch = search.watch
        told = watch and (lambda value, bound: watch(have + value, have + bound))
        opened, solution = _phased.scheduled(
            small, gap=search.gap, have=have, clock=clock, watch=told
        )
        sites = _timetable.in_order(made, columns, opened, small.price)
        table = _timetable.by_phase(
            [phase.name for phase in phases], made, sites, means, weights, carry=carry
        )
    objective = float(weights @ table["covered"])
    free = pd.DataFrame(
        [
            _free(phase, means[: number + 1].sum(), candidates, prices, cutoff, weight, search)
            for number, phase in enumerate(phases)
        ],
        index=table.index,
    )
    free["free"] = np.maximum(free["free"], table["covered"])  # the timetable is such a plan too
    free["bound"] = np.maximum(free["bound"], free["free"])
    table = table.join(free)
    table["regret"] = table["free"] - table["covered"]
    bound = have + solution.bound
    between = abs(bound - objective) / max(abs(objective), 1.0)
    if between <= ARITHMETIC:
        between, bound = 0.0, objective
    status = "optimal" if between == 0 else solution.status.replace("optimal", "within gap")
    return PhasedSiting(
        sites, table, objective, have, bound,
        between if between <= 1 else math.nan, status, is_priced, carry,
    )  # fmt: skip


def unneeded(
    siting: PhasedSiting,
    phases: Sequence[Phase],
    *,
    cutoff: float | None = None,
    weight: str | None = None,
) -> list[tuple[Hashable, str]]:
    """
    Sites that nobody needs in a later phase: all whom they reach have another centre then, or live there no more.

    Parameters
    ----------
    siting
        From `maximize_in_phases`.
    phases
        Those it was made for, and later ones of which people are known; nothing is built in these.
    cutoff, weight
        As it was made with.

    Returns
    -------
    unneeded
        Label of the site and name of the phase, by phase.

    Examples
    --------
    Site a is built for the five at p, who live there no more in 2028.

    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "b")], names=["demand", "facility"])
    >>> cost = pd.Series(100.0, index=pairs)
    >>> now, later = (pd.DataFrame({"people": some}, index=["p", "q"]) for some in ([5, 0], [0, 3]))
    >>> phases = [Phase("2027", now, cost, new=1), Phase("2028", later, cost, new=1)]
    >>> found = maximize_in_phases(phases, cutoff=700, weight="people")
    >>> unneeded(found, phases, cutoff=700, weight="people")
    [('a', '2028')]
    """
    names, found = [phase.name for phase in phases], []
    for number, phase in enumerate(phases):
        first = siting.sites["phase"].map(names.index)
        open_then = siting.sites.index[(first <= number).to_numpy()]
        made = _instance(phase, open_then, None, cutoff, weight)
        near = made.metres <= made.cutoff
        cell, column = made.cell[near], made.column[near]
        depth = made.own_depth + np.bincount(cell, minlength=len(made.people))
        alone = np.bincount(
            column, made.people[cell] * (depth[cell] == 1), minlength=len(made.candidates)
        )
        for label, people in zip(made.candidates, alone, strict=True):
            if people < _NOBODY and first[label] < number:
                found.append((label, phase.name))
    return found


def phases_of(
    told: Sequence[Plan],
    candidates: gpd.GeoDataFrame,
    *,
    names: Sequence[str],
    new: Sequence[int | None] | None = None,
    budget: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
) -> list[Phase]:
    """
    Phases of plans without the new centres, such as those of a timeline: their people and their centres.

    Parameters
    ----------
    told
        A plan for each phase, over the same cells.
    candidates
        Points, indexed by id.
    names, new, budget, weights
        Of each phase; nothing is built where neither `new` nor `budget` is given, and all weigh 1 without `weights`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> phases = siting.phases_of([asis, asis], places, names=["2027", "2028"], new=[1, 1])
    >>> found = siting.maximize_in_phases(phases, candidates=places.index, weight="people_60")
    >>> found.phases["covered"].round().tolist(), found.phases["regret"].round().tolist()
    ([16321.0, 18446.0], [0.0, 0.0])
    """
    measured: dict[tuple[int, int], CostTable] = {}
    made = []
    for number, (name, plan) in enumerate(zip(names, told, strict=True)):
        plans.require_one_standard(plan)
        key = (id(plan.cost), id(plan.reach))
        if key not in measured:
            measured[key] = cost_for("coverage", plan, candidates)
        made.append(
            Phase(
                name,
                plan.cells,
                measured[key],
                plan.area.facilities.index,
                new=(0 if new is None else new[number]) if budget is None else None,
                budget=None if budget is None else budget[number],
                weight=1.0 if weights is None else weights[number],
            )
        )
    return made


def candidates_in_gaps_of(
    told: Sequence[Plan], *, spacing: float | None = None
) -> gpd.GeoDataFrame:
    """
    Candidates as `candidates_in_gaps` has them, from whose cells a new centre would gain in any of several plans.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> len(siting.candidates_in_gaps_of([asis, asis], spacing=400))
    56
    """
    differing = {id(plan.cost): plan for plan in told}
    every = [candidates_in_gaps(plan, spacing=spacing) for plan in differing.values()]
    first = every[0]
    for other in every[1:]:
        more = other[~other.index.isin(first.index)]
        first = gpd.GeoDataFrame(pd.concat([first, more]), crs=first.crs)
    return first


def _refuse(phases: Sequence[Phase], prices: pd.Series | None) -> None:
    """What cannot be asked, all at once."""
    problems = []
    if not phases:
        problems.append(Sentence("phases: there is none; give one or more.", zh="phases：没有分期；请至少给出一期。"))  # fmt: skip
    names = [phase.name for phase in phases]
    if len(set(names)) < len(names):
        told = f"phases: names are there more than once ({', '.join(names)}); give each its own."
        zh = f"phases：名称有重复（{'、'.join(names)}）；请给每期各自的名称。"
        problems.append(Sentence(told, zh=zh))
    if len({phase.new is None for phase in phases}) > 1:
        told = "phases: some have a number of centres and some a budget; give all the same."
        zh = "phases：有的给出个数，有的给出预算；请统一。"
        problems.append(Sentence(told, zh=zh))
    for phase in phases:
        of, zh_of = f"phase {phase.name}: ", f"{phase.name} 期："
        if (phase.new is None) == (phase.budget is None):
            told = "say how many new centres, or what may be spent; not both."
            problems.append(
                Sentence(of + told, zh=f"{zh_of}请写新增中心的数量或预算；两者只写一个。")
            )
        if phase.new is not None and not (is_whole(phase.new) and phase.new >= 0):
            told = f"new is {phase.new!r}; write a whole number of centres, 0 or more."
            problems.append(
                Sentence(of + told, zh=f"{zh_of}new 是 {phase.new!r}；请写 0 或更大的整数。")
            )
        if phase.budget is not None and not 0 <= phase.budget < math.inf:
            told = f"the budget is {phase.budget:g}; write 0 or more."
            problems.append(
                Sentence(of + told, zh=f"{zh_of}预算是 {phase.budget:g}；请写 0 或更大的数。")
            )
        if not 0 < phase.weight < math.inf:
            told = f"the weight is {phase.weight:g}; write a number above 0, such as 1."
            problems.append(
                Sentence(of + told, zh=f"{zh_of}权重是 {phase.weight:g}；请写大于 0 的数，例如 1。")
            )
    if prices is None and any(phase.budget is not None for phase in phases):
        told = "a budget needs prices; give each candidate its own."
        problems.append(Sentence(told, zh="有预算就须有费用；请写出每个候选点的费用。"))
    if problems:
        raise ValidationError(problems)


def _labels(phase: Phase, cutoff: float | None) -> list[Hashable]:
    """Whom the cost table of a phase knows."""
    return list(pairs_in(pairs_of(phase.cost, cutoff)[0]).levels[1])


def _refuse_unknown(candidates: Collection[Hashable], known: Collection[Hashable]) -> None:
    absent = sorted(map(str, set(candidates) - set(known)))
    if absent:
        some = few(absent)
        told = f"candidates: {len(absent)} labels are in no cost table ({some}); take them out."
        zh = f"candidates：有 {len(absent)} 个标签不在任何距离表中（{some.zh}）；请去掉。"
        raise ValidationError([Sentence(told, zh=zh)])


def _instance(
    phase: Phase,
    candidates: Collection[Hashable],
    prices: pd.Series | None,
    cutoff: float | None,
    weight: str | None,
) -> Instance:
    """A phase as arrays, whatever may be spent in it; what is wrong is told of the phase."""
    table, limit = pairs_of(phase.cost, cutoff)
    require_cutoff(limit)
    known = set(_labels(phase, cutoff))
    rules = Rules(
        required=phase.required,
        candidates=[label for label in candidates if label in known],
        prices=prices,
    )
    # The goal whose number is to be found asks for no number; all else is the same.
    return instance_of("facilities", phase.demand, table, limit, weight, rules, None)


def _free(
    phase: Phase,
    means: float,
    candidates: Collection[Hashable],
    prices: pd.Series | None,
    cutoff: float | None,
    weight: str | None,
    search: Search,
) -> dict[str, Any]:
    """The best plan for one phase alone that has all means up to it."""
    known = set(_labels(phase, cutoff))
    rules = Rules(
        required=phase.required,
        candidates=[label for label in candidates if label in known],
        prices=prices,
        budget=means if phase.new is None else None,
    )
    found = maximize_coverage(
        phase.demand, phase.cost, new=None if phase.new is None else int(means), cutoff=cutoff,
        weight=weight, rules=rules, search=dataclasses.replace(search, since=None, watch=None),
    )  # fmt: skip
    return {"free": found.objective, "bound": found.bound, "status": found.status}
