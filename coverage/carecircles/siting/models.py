"""Models of who is within reach: the plan that covers most, or the fewest centres that cover enough."""

import dataclasses
import math

import numpy as np
import pandas as pd

from carecircles.errors import InfeasibleError, ValidationError
from carecircles.reach import CostTable
from carecircles.siting import (
    _cover,
    _most,
    _problem,
    _twice,
    _worths,
)
from carecircles.siting._instance import covering_of, covering_once, limits_of
from carecircles.siting.found import Siting, raised, siting_of
from carecircles.siting.question import instance_of, pairs_of, require_cutoff
from carecircles.siting.rules import Rules, few
from carecircles.siting.search import Search, solving
from carecircles.words import Sentence


def maximize_coverage(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres that, beside the required ones, cover most people (MCLP).

    Church and ReVelle, Papers of the Regional Science Association 32 (1974).

    Parameters
    ----------
    demand
        Places where people are, uniquely indexed.
    cost
        Cost table of the required centres and the candidates, or a plain Series of costs by
        `(demand, facility)` with `cutoff` named.
    new
        How many new centres; None if `rules` give a budget.
    cutoff
        Largest acceptable cost, at most the table's own, which it is if None; the limit itself
        counts as covered.
    weight
        People at each place: a column of `demand` or a Series on its index; none negative. The
        column of `people.headline` (60+) if None.
    rules
        What the plan has to keep to: which centres stay, where one could open, what may be spent. If
        None, one could open at any place of `cost`, and none is there yet.
    search
        How long to search; 60 seconds for the best plan if None.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are people covered, those of the required centres included.

    Raises
    ------
    ValidationError
        If a label is not in `cost`, a weight is negative, or neither `new` nor a budget is given.
    InfeasibleError
        If the rules cannot be met; it says which and by how much.
    TimeoutError
        If no plan that meets the rules was found in the time.
    SolverError
        If what the solver answers does not hold, or it cannot be run.

    Examples
    --------
    Three places with 5, 3 and 4 people; site a reaches the first two, b the last two, c the last.

    >>> demand = pd.DataFrame({"people": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b"), ("r", "c")]
    >>> cost = pd.Series(100.0, index=pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"]))
    >>> plan = maximize_coverage(demand, cost, new=1, cutoff=700, weight="people")
    >>> plan.sites.index.tolist(), plan.objective, plan.status
    (['a'], 8.0, 'optimal')
    """
    table, limit = pairs_of(cost, cutoff)
    require_cutoff(limit)
    search = search or Search()
    made = instance_of("coverage", demand, table, limit, weight, rules, new, search.memory)

    def covered(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float(made.people[metres <= limit].sum())

    with solving(made, search) as clock:
        solution = _most.most_covered(made, covered, search, clock)
        return siting_of(made, solution, covered, clock)


def maximize_expected(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    probability: str | pd.Series = "probability",
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres that, beside the required ones, cover most people in the mean of what may be so.

    Where the required centres stand is not known for certain; new ones stand where one puts them. So a person
    whom they are likely to reach already counts only by what is left: MCLP with people times the
    probability that nobody reaches them (Church and ReVelle 1974, see `maximize_coverage`).

    Parameters
    ----------
    probability
        That a required centre reaches each place, 0 to 1: a column of `demand`, as from
        `robustness.with_probability`, or a Series on its index.

    The other parameters are those of `maximize_coverage`; `rules` may not name a floor.

    Returns
    -------
    siting
        The plan. `objective`, `bound`, `covered` and what `sites` say of people covered are means.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`, and if a probability is not between 0 and 1, or the rules name a floor.

    Examples
    --------
    Site a reaches more people, but those of p are most likely reached already.

    >>> demand = pd.DataFrame({"people": [5, 3], "probability": [0.9, 0.0]}, index=["p", "q"])
    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "b")], names=["demand", "facility"])
    >>> cost = pd.Series(100.0, index=pairs)
    >>> plan = maximize_expected(demand, cost, new=1, cutoff=700, weight="people")
    >>> plan.sites.index.tolist(), plan.before, plan.objective
    (['b'], 4.5, 7.5)
    """
    table, limit = pairs_of(cost, cutoff)
    require_cutoff(limit)
    search = search or Search()
    likely = _probabilities(demand, probability, rules)
    whole = instance_of("expected", demand, table, limit, weight, rules, new, search.memory)
    likely = likely[demand.index.get_indexer(whole.places)]
    base, is_reached = np.full(len(likely), math.inf), np.zeros(len(likely), dtype=bool)
    of_must = whole.is_must[whole.column]
    np.minimum.at(base, whole.cell[of_must], whole.metres[of_must])
    is_reached[whole.cell[whole.metres <= limit]] = True
    nobody = np.zeros(len(likely), dtype=whole.own_depth.dtype)
    made = dataclasses.replace(
        whole,
        people=whole.people * (1 - likely),
        own=np.full(len(likely), math.inf),
        own_depth=nobody,
        base=base,
        depth=nobody,
        is_reached=is_reached,
    )
    have, total = float((whole.people * likely).sum()), float(whole.people.sum())

    def covered(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float(made.people[metres <= limit].sum())

    with solving(made, search) as clock:
        inner = dataclasses.replace(
            search,
            at_least=None if search.at_least is None else search.at_least - have,
            enough=None if search.enough is None else search.enough - have,
        )
        solution = _most.most_covered(made, covered, inner, clock)
        found = siting_of(made, solution, covered, clock)
    sites = found.sites.assign(
        cumulative=found.sites["cumulative"] + have, objective=found.sites["objective"] + have
    )
    objective, bound = found.objective + have, found.bound + have
    gap = found.gap if math.isnan(found.gap) else abs(bound - objective) / max(objective, 1.0)
    return dataclasses.replace(
        found,
        sites=sites,
        objective=objective,
        before=have,
        bound=bound,
        gap=gap,
        covered=found.covered + have,
        covered_before=have,
        total=total,
    )


def _probabilities(
    demand: pd.DataFrame, probability: str | pd.Series, rules: Rules | None
) -> np.ndarray:
    """How likely each place is reached already, checked."""
    problems = []
    if rules is not None and rules.floor_by_street is not None:
        told = "a floor by street does not go with the goal 'expected'; leave it out."
        problems.append(
            Sentence(told, zh="目标 'expected' 不能与各街道最低覆盖率同用；请不要给出。")
        )
    if isinstance(probability, str) and probability not in demand:
        told = f"`demand` has no column {probability!r}; make the plan with `robustness.with_probability`."
        zh = f"`demand` 没有列 {probability!r}；请用 `robustness.with_probability` 生成方案。"
        raise ValidationError([*problems, Sentence(told, zh=zh)])
    said = demand[probability] if isinstance(probability, str) else probability
    likely = said.reindex(demand.index).to_numpy(dtype=float)
    wrong = ~((likely >= 0) & (likely <= 1))
    if wrong.any():
        some, count = few(demand.index[wrong]), int(wrong.sum())
        told = f"probability: {count} values are missing or not between 0 and 1 ({some}); correct them."
        zh = f"probability：有 {count} 个值缺失或不在 0 到 1 之间（{some.zh}）；请更正。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    return likely


def maximize_gradual_coverage(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    full: float,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres that earn most credit when people farther away count for less.

    A person up to `full` from the nearest centre counts as one, at the cutoff and beyond as none, in
    between in proportion. Berman, Krass and Drezner, European Journal of Operational Research 151
    (2003).

    Parameters
    ----------
    full
        Largest cost at which a person counts in full, below the cutoff.

    The other parameters are those of `maximize_coverage`.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are persons' credit, of the required centres too.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`, and if `full` is not between 0 and the cutoff.

    Examples
    --------
    Up to 100 m people count in full, at 500 m as none: site a earns 5 and 3 / 2.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> plan = maximize_gradual_coverage(demand, cost, new=1, full=100, cutoff=500)
    >>> plan.sites.index.tolist(), plan.objective
    (['a'], 6.5)
    """
    table, limit = pairs_of(cost, cutoff)
    if not 0 <= full < limit < math.inf:
        told = f"full is {full:g}; write 0 or more, below the cutoff of {limit:g}."
        zh = f"full 是 {full:g}；请写 0 或更大、小于上限 {limit:g} 的数。"
        raise ValidationError([Sentence(told, zh=zh)])
    search = search or Search()
    made = instance_of("gradual", demand, table, limit, weight, rules, new, search.memory)

    def share(metres: np.ndarray) -> np.ndarray:
        return np.clip((limit - metres) / (limit - full), 0, 1)

    def credit(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float((made.people * share(metres)).sum())

    with solving(made, search) as clock:
        have = share(made.base)

        def gained(cell: np.ndarray, metres: np.ndarray) -> np.ndarray:
            gain: np.ndarray = share(metres) - have[cell]
            return gain

        useful, leads = _worths.followed(made, gained, credit, search, clock)
        worth, rows = _worths.worth(useful, gained)
        every = np.arange(worth.shape[1])
        solution = _most.most(useful, credit, worth, every, search, clock, leads)
        best = worth.max(axis=1).toarray().ravel() if worth.nnz else np.zeros(len(rows))
        _worths.remember(search.memory, made, leads, best, rows, np.arange(len(rows)))
        return siting_of(made, solution, credit, clock)


def maximize_backup(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres by which most people have two centres or more within the cutoff.

    Hogan and ReVelle, Management Science 32 (1986). The parameters are those of `maximize_coverage`.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are people with two centres or more, the required included.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`.

    Examples
    --------
    Only the three people in q are within reach of both.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> plan = maximize_backup(demand, cost, new=2, cutoff=500)
    >>> plan.objective, plan.covered
    (3.0, 12.0)
    """
    table, limit = pairs_of(cost, cutoff)
    require_cutoff(limit)
    search = search or Search()
    made = instance_of("backup", demand, table, limit, weight, rules, new, search.memory)

    def twice(_metres: np.ndarray, depth: np.ndarray) -> float:
        return float(made.people[depth >= 2].sum())

    with solving(made, search) as clock:
        problem, rows = covering_of(made, made.depth < 2, limit)
        have, of_rows = twice(made.base, made.depth), _twice.worths(problem, 2 - made.depth[rows])
        del problem  # it is large
        step = _problem.step_of(of_rows[1])
        solution = _twice.maximize_backup(
            *of_rows, limits_of(made, clock), slack=_worths.slack(search, have, 1.0, step), clock=clock,
            watch=_worths.shifted(search.watch, have), leads=_worths.leads_of(made, search.memory),
        )  # fmt: skip
        solution = _worths.in_steps(solution, step)
        return siting_of(made, raised(solution, have), twice, clock)


def minimize_facilities(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    cutoff: float | None = None,
    share: float = 1.0,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The fewest (or cheapest) new centres that cover a share of the people (LSCP and its partial form).

    Toregas, Swain, ReVelle and Bergman, Operations Research 19 (1971).

    Parameters
    ----------
    share
        Share of the people to be covered, those of the required centres included. 1 means everyone
        whom the required centres and the candidates can reach; the others are `unreachable`.

    The other parameters are those of `maximize_coverage`; prices count, a budget does not.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are the number of new centres, or their cost.

    Raises
    ------
    ValidationError, TimeoutError
        As `maximize_coverage`, or if `share` is not between 0 and 1.
    InfeasibleError
        If the candidates cannot reach so many; it says how many they can.

    Examples
    --------
    Two thirds of 12 people are covered by one site, all by two.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> [minimize_facilities(demand, cost, cutoff=500, share=s).objective for s in (2 / 3, 1)]
    [1.0, 2.0]
    """
    table, limit = pairs_of(cost, cutoff)
    if not 0 <= share <= 1:
        told = f"share is {share:g}; write a share between 0 and 1."
        zh = f"share 是 {share:g}；请写 0 到 1 之间的比例。"
        raise ValidationError([Sentence(told, zh=zh)])
    require_cutoff(limit)
    search = search or Search()
    made = instance_of("facilities", demand, table, limit, weight, rules, None, search.memory)

    def covered(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float(made.people[metres <= limit].sum())

    total, reachable = float(made.people.sum()), float(made.people[made.is_reached].sum())
    if share < 1 and share * total > reachable * (1 + 1e-12) + 1e-9:
        told = Sentence(
            f"{100 * share:g} % of the people are {share * total:,.0f}; the required centres and "
            f"the candidates reach {reachable:,.0f} ({100 * reachable / total:.1f} %).",
            zh=f"{100 * share:g} % 的人口是 {share * total:,.0f} 人；现有中心与候选点只能覆盖 "
            f"{reachable:,.0f} 人（{100 * reachable / total:.1f} %）。",
        )
        raise InfeasibleError(told)
    wanted = reachable if share == 1 else share * total
    spent = float(made.price[made.is_must].sum())
    with solving(made, search) as clock:
        problem = _worths.small(made, covering_once(made, made.base > limit, limit)[0], clock)[0]
        least = wanted - covered(made.base, made.depth)
        solution = _cover.minimize(
            problem, limits_of(made, clock, problem.columns),
            least=min(max(least, 0.0), float(problem.weight.sum())),
            gap=search.gap, clock=clock, watch=_worths.shifted(search.watch, spent),
        )  # fmt: skip
        solution = raised(solution._replace(chosen=problem.columns[solution.chosen]), spent)
        return siting_of(made, solution, covered, clock, objective=solution.value)
