"""What is asked of a plan, measured once, and its answers: the best sites, a curve, alternatives."""

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack

import geopandas as gpd
import pandas as pd

from carecircles import comparison, equity, io, scenario
from carecircles import plan as plans
from carecircles.errors import InfeasibleError, OutOfTimeError, ValidationError
from carecircles.plan import Plan
from carecircles.reach import CostTable
from carecircles.siting import several
from carecircles.siting.candidates import cost_in_time, with_gross
from carecircles.siting.distances import minimize_cost, minimize_ede, minimize_worst
from carecircles.siting.found import Siting
from carecircles.siting.frontiers import Frontier, covered_against_worst, mean_against_ede
from carecircles.siting.goals import GOALS
from carecircles.siting.models import (
    maximize_backup,
    maximize_coverage,
    maximize_expected,
    maximize_gradual_coverage,
    minimize_facilities,
)
from carecircles.siting.phases import PhasedSiting
from carecircles.siting.rules import Rules
from carecircles.siting.search import Search, too_late
from carecircles.siting.targets import fewest_for_ede
from carecircles.words import Sentence, joined

MODELS: dict[str, Callable[..., Siting]] = {
    "coverage": maximize_coverage,
    "expected": maximize_expected,
    "facilities": minimize_facilities,
    "fewest": fewest_for_ede,
    "distance": minimize_cost,
    "fair": minimize_ede,
    "worst": minimize_worst,
    "backup": maximize_backup,
    "gradual": maximize_gradual_coverage,
}


@dataclass(frozen=True, eq=False)
class Question:
    """
    Where of some candidates the next centres of a plan should open; all that is there stays.

    Attributes
    ----------
    plan
        The plan as it is.
    candidates
        Points, indexed by id.
    goal
        A key of `GOALS`.
    weight
        The column of people who count.
    cost
        From `cost_for`.
    options
        What else the goal's model takes.
    unmeasured
        How many other candidates there were for which there was no time.
    is_stopped
        Whether Ctrl-C ended the measuring; the answer is what is found at once then.
    """

    plan: Plan
    candidates: gpd.GeoDataFrame = field(repr=False)
    goal: str
    weight: str
    cost: CostTable = field(repr=False)
    options: dict[str, Any]
    unmeasured: int = 0
    is_stopped: bool = False


class OfGoal(TypedDict, total=False):
    """What one goal alone is told, each with its usual value where it is not given."""

    full: float
    share: float
    epsilon: float
    ede: float


_USUAL: OfGoal = {"full": 300.0, "share": 1.0, "epsilon": equity.EPSILON, "ede": math.nan}
_TOLD = {
    "gradual": ("full",),
    "facilities": ("share",),
    "fair": ("epsilon",),
    "fewest": ("epsilon", "ede"),
}


def ask(
    plan: Plan,
    candidates: gpd.GeoDataFrame,
    *,
    goal: str = "coverage",
    weight: str | None = None,
    rules: Rules | None = None,
    until: float = math.inf,
    **of_goal: Unpack[OfGoal],
) -> Question:
    """
    A question to be answered several times; its cost table is measured here, once.

    Parameters
    ----------
    plan
        The plan as it is; its centres stay, its reach measures.
    candidates
        Points from `candidates_in_gaps` or another, or of your own in the plan's CRS.
    goal
        A key of `GOALS`.
    weight
        The column of people who count; those whose figures come first (`comparison.headline`) if None.
    rules
        What else a plan has to keep to; required, candidates and capacities are not for them to say.
    until
        When the table has to be ready, see `cost_in_time`; candidates left out by then cannot be in a
        plan, and no plan is proven.
    full
        Cost up to which people count in full, of the goal 'gradual'; 300 if not given.
    share
        Share of the people to cover, of the goal 'facilities'; 1 if not given.
    epsilon
        Aversion to inequality, of the goals 'fair' and 'fewest'; 1 if not given.
    ede
        The largest equivalent distance that will do, of the goal 'fewest'.

    Raises
    ------
    ValidationError
        If there is no such goal, the candidates are in another CRS or have ids of centres, or the rules
        say what is not theirs.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=300))
    >>> siting.curve_of(question, most=2)["people"].round().tolist()
    [14469.0, 16874.0, 18690.0]
    """
    _refuse(plan, candidates, goal, rules or Rules())
    rules = rules or Rules()
    if rules.must_open:  # those have to be measured
        until = math.inf
    if unknown := set(of_goal) - set(_USUAL):
        raise TypeError(f"ask() got an unexpected keyword argument {min(unknown)!r}")
    told: dict[str, Any] = {**_USUAL, **of_goal}
    options: dict[str, Any] = {name: told[name] for name in _TOLD.get(goal, ())}
    weight = comparison.headline(plan).column if weight is None else weight
    cost, some, is_stopped = cost_in_time(goal, plan, candidates, full=told["full"], until=until)
    closed = tuple(label for label in rules.may_not_open if label in some.index)
    if len(some) < len(candidates):
        rules = dataclasses.replace(rules, may_not_open=closed)
    if rules.least_by_street is not None:
        rules = dataclasses.replace(rules, street_of=_street_of(plan, some))
    options["rules"] = rules
    return Question(
        plan, some, goal, weight, cost, options, len(candidates) - len(some), is_stopped
    )


def site(
    plan: Plan,
    candidates: gpd.GeoDataFrame,
    *,
    goal: str = "coverage",
    new: int | None = None,
    search: Search | None = None,
    **asked: Any,
) -> Siting:
    """
    The best sites of some candidates for the next centres of a plan.

    Parameters
    ----------
    plan, candidates, goal
        As in `ask`.
    new
        How many new centres; None if the rules give a budget or the goal finds the number.
    search
        How long to search; 60 seconds for the best plan if None.
    asked
        What else `ask` takes: weight, rules, full, share, epsilon, ede.

    Returns
    -------
    siting
        The sites in the order in which to build, with their proof.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError, SolverError
        As `ask` and `maximize_coverage`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> best = siting.site(asis, siting.candidates_on_grid(asis.cells, spacing=300), new=1)
    >>> best.sites.index.tolist(), round(best.objective), best.status
    (['G493'], 16874, 'optimal')
    """
    return answer(ask(plan, candidates, goal=goal, **asked), new=new, search=search)


def answer(question: Question, *, new: int | None = None, search: Search | None = None) -> Siting:
    """
    The best sites, as `site` finds them, of a question that is measured already.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=300), goal="worst")
    >>> [round(siting.answer(question, new=new).objective) for new in (1, 2)]
    [1065, 1020]
    """
    options = options_of(question, new=new, search=search)
    found = _modelled(question, _cells(question), question.cost, **options)
    return _whole(question, found)[0]


def curve_of(question: Question, *, most: int, search: Search | None = None) -> pd.DataFrame:
    """
    The best one, two, three ... new centres, see `curve`.

    Parameters
    ----------
    question
        From `ask`, not for the goal 'facilities'.
    most
        The largest number of new centres.
    search
        How long to search, each time.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=300))
    >>> siting.curve_of(question, most=2)["people"].round().tolist()
    [14469.0, 16874.0, 18690.0]
    """
    options = options_of(question, new=None, search=search)
    options.pop("new", None)
    model = functools.partial(_modelled, question)
    return several.curve(model, _cells(question), question.cost, most=most, **options)


def alternatives_to(
    best: Siting, question: Question, *, count: int, search: Search | None = None
) -> list[tuple[float, Siting]]:
    """
    Plans within 1 % of the best one, as far as possible from its sites and each other, see `alternatives`.

    Parameters
    ----------
    best
        The answer to the question.
    question
        From `ask`.
    count
        How many at most.
    search
        How long to search, each time.

    Returns
    -------
    alternatives
        Metres that every new site keeps from the sites before, and the plan.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=300))
    >>> best = siting.answer(question, new=1)
    >>> [(metres, other)] = siting.alternatives_to(best, question, count=1)
    >>> metres, round(other.objective)
    (420.0, 16725)
    """
    found = several.alternatives(
        functools.partial(_modelled, question),
        best,
        _cells(question),
        question.cost,
        question.candidates.geometry,
        count=count,
        **options_of(question, new=best.asked, search=search),
    )
    whole = _whole(question, *(other for _, other in found))
    return [(metres, other) for (metres, _), other in zip(found, whole, strict=True)]


def frontier_of(
    question: Question, *, new: int | None = None, search: Search | None = None
) -> Frontier:
    """
    What fairness costs: `covered_against_worst` of the goal 'coverage', `mean_against_ede` of the goal 'fair'.

    Parameters
    ----------
    question
        From `ask`, for one of these two goals.
    new
        How many new centres; None if the rules give a budget.
    search
        How long to search, for all plans together.

    Returns
    -------
    frontier
        Its streets are told by their codes. Nothing of it is proven where candidates were not measured.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=400))
    >>> siting.frontier_of(question, new=2).figures["worst_share"].round(2).tolist()
    [0.11, 0.21, 0.71]
    """
    if question.goal not in _FRONTIERS:
        told = f"goal is {question.goal!r}; the price of fairness is told of 'coverage' and 'fair'."
        zh = f"goal 是 {question.goal!r}；公平的代价只用于 'coverage' 和 'fair'。"
        raise ValidationError([Sentence(told, zh=zh)])
    options, cells = options_of(question, new=new, search=search), _cells(question)
    options.pop("share", None)
    found = _FRONTIERS[question.goal](cells, question.cost, **options)
    figures = found.figures
    if "worst" in figures:
        named = zip(
            cells["street"].cat.categories,
            question.plan.cells["street"].cat.categories,
            strict=True,
        )
        figures = figures.assign(worst=figures["worst"].map(dict(named)).fillna(""))
    if question.unmeasured:
        late = figures["status"].where(figures["status"] == "stopped", "time limit")
        figures = figures.assign(bound=math.nan, gap=math.nan, status=late)
    return dataclasses.replace(
        found, figures=figures, is_whole=found.is_whole and not question.unmeasured
    )


_FRONTIERS: dict[str, Callable[..., Frontier]] = {
    "coverage": covered_against_worst,
    "fair": mean_against_ede,
}


def carry_out(
    plan: Plan, siting: Siting, candidates: gpd.GeoDataFrame, *, service: str | None = None
) -> Plan:
    """
    The plan in which the sites that were found are centres.

    Parameters
    ----------
    plan
        The plan as it is; of all centres where they are to get a service.
    siting
        From `site` or `answer`.
    candidates
        Those it was found among.
    service
        What the sites, centres already, are to offer; only centres that do count then.

    Returns
    -------
    plan
        As `plan.carry_out` makes it of the scenario that `steps_of` tells.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> best = siting.site(asis, places, new=2)
    >>> len(siting.carry_out(asis, best, places).area.facilities) - len(area.facilities)
    2
    """
    steps = scenario.parse(steps_of(siting, candidates, service=service))
    return plans.carry_out(plan, steps, service=service)


def steps_of(
    siting: Siting | PhasedSiting,
    candidates: gpd.GeoDataFrame,
    *,
    service: str | None = None,
    brings: Sequence[str] = (),
) -> dict[str, Any]:
    """
    The sites as plain values of a scenario, `name` and `step`, for `scenario.parse`.

    The parameters are those of `carry_out`; new centres offer what their candidate says or else `brings`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> siting.steps_of(siting.site(asis, places, new=1), places)["step"][0]["open"]
    'G119'
    """
    steps: list[dict[str, Any]] = []
    sites = candidates.loc[siting.sites.index]
    for number, (label, row) in enumerate(sites.to_dict("index").items(), start=1):
        if service is not None:
            steps.append({"equip": str(label), "services": [*row["services"], service]})
            continue
        offers = list(row.get("services") or brings)
        name, name_en = row["name"], row["name_en"] or row["name"]
        if name == label:  # a cell of the grid has none
            name, name_en = f"新增中心{number}", f"New centre {number}"
        place = {"lon": float(row["lon"]), "lat": float(row["lat"]), "datum": "wgs84"}
        about = {"services": offers} if offers else {}
        steps.append({"open": str(label), "name": name, "name_en": name_en, **place, **about})
    centres = "centre" if len(sites) == 1 else "centres"
    what = {"en": f"new {centres}", "zh": "个新增中心"}
    if service is not None:
        spelled = io.service_name(service)
        what = {"en": f"{centres} with '{spelled['en']}'", "zh": f"个中心增设“{spelled['zh']}”"}
    return {
        "name": f"{len(sites)} {what['zh']}",
        "name_en": f"{len(sites)} {what['en']}",
        "step": steps,
    }


def _refuse(plan: Plan, candidates: gpd.GeoDataFrame, goal: str, rules: Rules) -> None:
    """What cannot be asked."""
    plans.require_one_standard(plan)
    problems = []
    if goal not in GOALS:
        told = f"goal is {goal!r}; write one of {', '.join(GOALS)}."
        problems.append(Sentence(told, zh=f"goal 是 {goal!r}；请写 {'、'.join(GOALS)} 之一。"))
    if len(rules.required) or rules.candidates is not None or rules.capacities is not None:
        told = Sentence(
            "`rules`: the plan's centres are required, `candidates` are all there are, and capacities "
            "need a cost table of all pairs (`minimize_cost`); leave the three out.",
            zh="`rules`：plan 的中心都保留，`candidates` 就是全部候选点，容量则需要含所有点对的距离表"
            "（`minimize_cost`）；请不要写这三项。",
        )
        problems.append(told)
    taken = candidates.index[candidates.index.isin(plan.area.facilities.index)]
    if len(taken):
        some = joined(map(str, taken[:5]), Sentence(", ", zh="、"))
        told = f"`candidates`: there are centres with the ids {some}; give candidates their own."
        zh = f"`candidates`：编号 {some.zh} 已有中心使用；请给候选点另外的编号。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)


def options_of(question: Question, *, new: int | None, search: Search | None) -> dict[str, Any]:
    """What the goal's model takes beside people and costs."""
    asked: dict[str, Any] = {} if GOALS[question.goal].finds_number else {"new": new}
    search = search or Search()
    rules = dataclasses.replace(
        question.options["rules"],
        required=question.plan.area.facilities.index,
        candidates=question.candidates.index,
    )
    return {
        **question.options,
        **asked,
        "rules": rules,
        "cutoff": question.plan.cost.cutoff,
        "weight": question.weight,
        "search": dataclasses.replace(search, time_limit=0.0) if question.is_stopped else search,
    }


def _street_of(plan: Plan, candidates: gpd.GeoDataFrame) -> pd.Series | None:
    """The street of each centre and candidate, called as that of a cell; '' where in none, None where nobody says."""
    if "street" not in candidates:
        return None
    codes = pd.concat([plan.area.facilities["street"], candidates["street"]])
    labels = dict(zip(plan.area.streets.index, _street_labels(plan), strict=True))
    return pd.Series([labels.get(code, "") for code in codes], codes.index, dtype=object)


def _cells(question: Question) -> pd.DataFrame:
    """The cells, their streets called by names and code, as a message about a street will."""
    cells = question.plan.cells
    every = pd.Series(_street_labels(question.plan), question.plan.area.streets.index, dtype=object)
    labels = every.loc[cells["street"].cat.categories].tolist()
    named = pd.Index(labels, dtype=object)  # a column of strings would forget the Chinese
    return cells.assign(street=cells["street"].cat.set_categories(named, rename=True))


def _street_labels(plan: Plan) -> list[Sentence]:
    """What each street is called in a message."""
    named = plan.area.streets[["name", "name_en"]].itertuples()
    return [
        Sentence(f"{name_en} {name} ({code})".strip(), zh=f"{name}（{code}）")
        for code, name, name_en in named
    ]


def _whole(question: Question, *found: Siting) -> list[Siting]:
    """The sitings with the people within reach of each site, those served already included."""
    return with_gross(question.plan, question.candidates, question.weight, *found)


def _modelled(question: Question, *given: Any, search: Search, **options: Any) -> Siting:
    """
    What the goal's model finds, of which nothing is proven where candidates were not measured.

    The bound then holds too if those are the best there are.
    """
    unmeasured, late = question.unmeasured, "stopped" if question.is_stopped else "time limit"
    try:
        siting = MODELS[question.goal](*given, search=search, **options)
    except InfeasibleError:
        if not unmeasured:
            raise
        raise OutOfTimeError(too_late(search.time_limit)) from None
    if not unmeasured:
        is_late = question.is_stopped and siting.status == "time limit"
        return dataclasses.replace(siting, status=late) if is_late else siting
    bound = 0.0 if GOALS[siting.goal].is_less_better else siting.total
    status = "stopped" if siting.status == "stopped" else late
    gap = abs(bound - siting.objective) / max(abs(siting.objective), 1.0)
    return dataclasses.replace(
        siting,
        bound=bound,
        gap=gap if gap <= 1 else math.nan,
        status=status,
        unmeasured=unmeasured,
    )
