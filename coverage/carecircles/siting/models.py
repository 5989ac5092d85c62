"""The models: the plan that does most, or the fewest centres that do enough."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse

from carecircles import equity
from carecircles.errors import InfeasibleError, ValidationError
from carecircles.reach import CostTable, pairs_in
from carecircles.siting import _bound, _search, _solver, _starts, _terms
from carecircles.siting._bent import Bend, limits_beside
from carecircles.siting._search import Watch
from carecircles.siting._terms import Clock, Solution
from carecircles.siting.question import (
    Instance,
    Measure,
    Memory,
    Rules,
    Search,
    Siting,
    beyond_of,
    covering_of,
    each_once,
    few,
    instance_of,
    limits_of,
    pairs_of,
    raised,
    require_cutoff,
    siting_of,
    solving,
)
from carecircles.words import Sentence

_NEAREST = 16  # candidates of each place that a search begins with, at least
_NEAREST_SHARE = 3.0  # and as many times those as there are to each new centre
_PAIRS_AT_ONCE = 1_000_000
_MOST_EPSILON = 100.0
_NEARER = 3.0  # powers of e by which bent distances are told anew


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
        solution = _most_covered(made, covered, search, clock)
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
        solution = _most_covered(made, covered, inner, clock)
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
        of_pair = share(made.metres) - share(made.base)[made.cell]
        useful, leads = _followed(made, of_pair * made.people[made.cell], credit, search)
        of_pair = share(useful.metres) - share(made.base)[useful.cell]
        worth, rows = _worth(useful, of_pair)
        every = np.arange(worth.shape[1])
        solution = _most(useful, credit, worth, every, search, clock, leads)
        best = worth.max(axis=1).toarray().ravel() if worth.nnz else np.zeros(len(rows))
        _remember(search.memory, made, leads, best, rows, np.arange(len(rows)))
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
        need, have = 2 - made.depth[rows], twice(made.base, made.depth)
        problem = _search.merged(problem._replace(group=need))
        solution = _solver.maximize_backup(
            problem, problem.group, limits_of(made),
            slack=lambda value: search.gap * (have + value), clock=clock, watch=_shifted(search.watch, have),
        )  # fmt: skip
        return siting_of(made, raised(solution, have), twice, clock)


def minimize_cost(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    beyond: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres that bring people nearest: the least sum of people times distance (p-median).

    Hakimi, Operations Research 12 (1964); ReVelle and Swain, Geographical Analysis 2 (1970).

    Parameters
    ----------
    cutoff
        Only for what `sites` and `covered` say of people within it, and for a floor.
    beyond
        What a person counts with whom no open centre of the table reaches; the largest cost of the
        table if None. A complete table leaves nobody out of reach.

    The other parameters are those of `maximize_coverage`. Where the rules give capacities people go
    where the sum is least, not each to the nearest, and a place may be divided; every pair becomes a
    column of the model, so keep the table small.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are persons times the unit of `cost`, without those whom
        neither a required centre nor a candidate reaches.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`.

    Examples
    --------
    With both sites open: 5 people walk 100 m, 3 walk 200 m, 4 walk 400 m.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> minimize_cost(demand, cost, new=2).objective
    2700.0
    """
    table, limit = pairs_of(cost, cutoff)
    search = search or Search()
    made = instance_of("distance", demand, table, limit, weight, rules, new, search.memory)
    people, most = np.where(made.is_in_table, made.people, 0.0), beyond_of(table, beyond)

    def walked(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float((people * np.minimum(metres, most)).sum())

    with solving(made, search) as clock:
        capacities = None if rules is None else rules.capacities
        if capacities is not None:
            solution = _assigned(made, demand, table, capacities, most, search, clock)
            return siting_of(made, solution, walked, clock, objective=solution.value)
        solution = _by_nearest(made, people, most, search, clock)
        return siting_of(made, solution, walked, clock)


def minimize_ede(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    epsilon: float = equity.EPSILON,
    cutoff: float | None = None,
    weight: str | pd.Series | None = None,
    rules: Rules | None = None,
    search: Search | None = None,
) -> Siting:
    """
    The new centres by which people have it least far on the whole, when it counts more that some have it far.

    What is made least is the equally-distributed equivalent distance of Kolm and Pollak (`equity.of_district`).
    As it grows with the sum of people times exp(kappa x distance), that is a p-median of other
    distances (Horton, Logan and others, arXiv 2401.15452). Kappa is that of today: of each place's distance to the
    nearest required centre, or to the nearest candidate where nobody has a centre.

    Parameters
    ----------
    epsilon
        Aversion to inequality, above 0 and up to 100; 0.5 to 2 are usual, and towards 0 it is `minimize_cost`.
    cutoff
        Only for what `sites` and `covered` say of people within it, and for a floor.

    The other parameters are those of `maximize_coverage`. Whom no open centre of the table reaches counts with
    the largest cost of the table.

    Returns
    -------
    siting
        The plan, with its `kappa`. `objective` and `bound` are in the unit of `cost`, without those whom neither a
        required centre nor a candidate reaches.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`, and if `epsilon` cannot be used.

    Examples
    --------
    Site a leaves eight people at the door and one 900 m away, b all at 150 m: the mean is 100 m and 150 m.

    >>> demand = pd.DataFrame({"people_60": [8, 1]}, index=["p", "q"])
    >>> pairs = pd.MultiIndex.from_product([["p", "q"], ["a", "b"]], names=["demand", "facility"])
    >>> cost = pd.Series([0.0, 150.0, 900.0, 150.0], index=pairs)
    >>> minimize_cost(demand, cost, new=1).sites.index.tolist()
    ['a']
    >>> fair = minimize_ede(demand, cost, new=1)
    >>> fair.sites.index.tolist(), fair.objective, round(fair.kappa, 4)
    (['b'], 150.0, 0.0067)
    """
    table, limit = pairs_of(cost, cutoff)
    if not 0 < epsilon <= _MOST_EPSILON:
        told = f"epsilon is {epsilon:g}; write a number above 0 and up to {_MOST_EPSILON:g}, such as 1."
        zh = f"epsilon 是 {epsilon:g}；请写大于 0 且不超过 {_MOST_EPSILON:g} 的数，例如 1。"
        raise ValidationError([Sentence(told, zh=zh)])
    search = search or Search()
    made = instance_of("fair", demand, table, limit, weight, rules, new, search.memory)
    people, most = np.where(made.is_in_table, made.people, 0.0), beyond_of(table, None)
    counts = people > 0
    weights = people[counts]
    kappa = _kappa_of(made, counts, epsilon)

    def on_the_whole(metres: np.ndarray, _depth: np.ndarray) -> float:
        if not counts.any():
            return 0.0
        return equity.equivalent(np.minimum(metres[counts], most), weights, kappa)

    with solving(made, search) as clock:
        solution = _fairest(made, people, most, kappa, on_the_whole, search, clock)
        return dataclasses.replace(siting_of(made, solution, on_the_whole, clock), kappa=kappa)


def minimize_worst(
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
    The new centres by which the person who has it farthest has it least far (p-center).

    Hakimi, Operations Research 12 (1964). Found as the least radius for which so many centres cover
    everybody (Minieka, SIAM Review 12, 1970). The parameters are those of `minimize_cost`; places
    without people do not count.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are in the unit of `cost`.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`, and if so many centres cannot reach everyone within the table.

    Examples
    --------
    With both sites open nobody walks farther than the four people in r.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = pd.Series([100.0, 300.0, 200.0, 400.0], index=index)
    >>> minimize_worst(demand, cost, new=2).objective
    400.0
    """
    table, limit = pairs_of(cost, cutoff)
    search = search or Search()
    made = instance_of("worst", demand, table, limit, weight, rules, new, search.memory)
    counts = made.is_in_table & (made.people > 0)

    def worst(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float(metres[counts].max(initial=0.0))

    with solving(made, search) as clock:
        solution = _bisected(made, counts, search, clock)
        return siting_of(made, solution, worst, clock)


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
        problem = _small(made, covering_of(made, made.base > limit, limit)[0], clock)[0]
        least = wanted - covered(made.base, made.depth)
        solution = _solver.minimize(
            problem, limits_of(made, problem.columns),
            least=min(max(least, 0.0), float(problem.weight.sum())),
            gap=search.gap, clock=clock, watch=_shifted(search.watch, spent),
        )  # fmt: skip
        solution = raised(solution._replace(chosen=problem.columns[solution.chosen]), spent)
        return siting_of(made, solution, covered, clock, objective=solution.value)


def _worth(made: Instance, of_pair: np.ndarray) -> tuple[sparse.csc_matrix, np.ndarray]:
    """
    What each pair is worth to its place's people, and which place each row is.

    Pairs worth nothing are left out.
    """
    worth = of_pair * made.people[made.cell]
    some = (worth > 0) & ~made.is_must[made.column]
    cell, column, worth = made.cell[some], made.column[some], worth[some]
    is_row = np.zeros(len(made.people), dtype=bool)
    is_row[cell] = True
    row, rows = np.cumsum(is_row) - 1, np.flatnonzero(is_row)
    shape = (len(rows), len(made.candidates))
    return sparse.csc_matrix((worth, (row[cell], column)), shape=shape), rows


def _followed(
    made: Instance, of_pair: np.ndarray, measure: Measure, search: Search
) -> tuple[Instance, _bound.Leads]:
    """
    The question as it is to be searched, and what is known of it from searches before.

    About fewer candidates than before, it is without the pairs of those that no plan of use can have:
    the dual of the bound before makes one for any of them. `of_pair` is what each pair is worth.
    """
    memory = search.memory
    if memory is None or memory.leads is None:
        leads = _bound.Leads()
        if memory is not None:
            memory.leads = leads
        return made, leads
    if made.candidates is memory.made.candidates:  # type: ignore[union-attr]  # since there are leads
        return made, memory.leads
    if memory.dual is None or search.at_least is None:
        return made, _bound.Leads()
    of_pair = np.where(made.is_must[made.column], 0.0, of_pair)
    over = np.maximum(of_pair - memory.dual[made.cell], 0)
    added = np.bincount(made.column, over, minlength=len(made.price))
    is_row = np.bincount(made.cell, of_pair > 0, minlength=len(made.people)) > 0
    least = search.at_least - measure(made.base, made.depth)
    constant = float(memory.dual[is_row].sum())
    some = _search.useful(constant, added, made.price, made.budget, least)
    stays = np.isin(made.column, some)
    pairs = (made.cell[stays], made.column[stays], made.metres[stays])
    cell, column, metres = pairs
    return dataclasses.replace(made, cell=cell, column=column, metres=metres), _bound.Leads()


def _small_once(
    made: Instance, problem: _search.Covering, memory: Memory | None, clock: Clock
) -> _search.Covering:
    """The covering problem made small, with the help of what was found when it was before."""
    if memory is None or memory.made is None:
        return _small(made, problem, clock)[0]
    if made.candidates is memory.made.candidates:
        if memory.small is None:
            memory.small, memory.replaced_by = _small(made, problem, clock)
        return memory.small
    is_there = np.zeros(len(memory.made.candidates) + 1, dtype=bool)  # the last one stands for none
    is_there[made.origin] = True
    kept = np.flatnonzero(~is_there[memory.replaced_by[made.origin]])
    return _small(made, problem._replace(cover=problem.cover[:, kept], columns=kept), clock)[0]


def _remember(
    memory: Memory | None,
    made: Instance,
    leads: _bound.Leads,
    best: np.ndarray,
    rows: np.ndarray,
    became: np.ndarray,
) -> None:
    """Keep what each place counts anyway in the bound; `best` is what rows are worth, and what they became."""
    if memory is None or leads is not memory.leads or leads.dual is None:
        return
    memory.dual = np.zeros(len(made.people))
    is_there = became >= 0
    memory.dual[rows[is_there]] = best[is_there] * leads.dual[became[is_there]]


def _small(
    made: Instance, problem: _search.Covering, clock: Clock
) -> tuple[_search.Covering, np.ndarray]:
    """
    The covering problem with equal places as one and, in time, without candidates that others replace.

    And which do, by column of the problem; -1 where none does.
    """
    replaced_by = np.full(len(problem.columns), -1)
    if clock.has_for(problem.cover.nnz):
        problem = _search.merged(problem)
    if clock.has_for(problem.cover.nnz):
        price = made.price[problem.columns]
        problem, replaced_by = _search.without_dominated(problem, price)
        problem = _search.merged(problem)
    return problem, replaced_by


def _most_covered(made: Instance, covered: Measure, search: Search, clock: Clock) -> Solution:
    """The candidates that cover most people beside those open anyway."""
    is_open = made.base > made.cutoff
    is_near = is_open[made.cell] & (made.metres <= made.cutoff)
    useful, leads = _followed(made, np.where(is_near, made.people[made.cell], 0.0), covered, search)
    problem, rows = covering_of(useful, is_open, made.cutoff)
    problem = _small_once(useful, problem, search.memory, clock)
    worth = _search.worths(problem)
    solution = _most(useful, covered, worth, problem.columns, search, clock, leads)
    _remember(search.memory, made, leads, made.people[rows], rows, problem.became)
    return solution


def _most(
    made: Instance,
    measure: Measure,
    worth: sparse.csc_matrix,
    columns: np.ndarray,
    search: Search,
    clock: Clock,
    leads: _bound.Leads,
) -> Solution:
    """The candidates that are worth most beside those open anyway; value and bound as measured."""
    have = measure(made.base, made.depth)
    solution = _solver.maximize(
        worth,
        limits_of(made, columns),
        slack=_slack(search, have, 1.0),
        clock=clock,
        watch=_shifted(search.watch, have),
        leads=leads,
    )
    leads.chosen = solution.chosen
    return raised(solution._replace(chosen=columns[solution.chosen]), have)


def _by_nearest(
    made: Instance, people: np.ndarray, beyond: float, search: Search, clock: Clock
) -> Solution:
    """
    The candidates with the least weighted metres, found among the nearest ones of each place.

    No place is taken to have farther than to the candidate after those, by which every plan is worth
    what it is or better. Where the best one leaves no place farther, it is the best of all; else the
    places it does have twice as many. García, Labbé and Marín, INFORMS J. on Computing 23 (2011).
    """
    base = np.minimum(made.base, beyond)
    memory, leads = search.memory, _bound.Leads()
    if memory is not None and memory.made is not None and memory.made.candidates is made.candidates:
        leads = memory.leads = memory.leads or leads
    before = leads.chosen
    share = _NEAREST_SHARE * float(made.price.sum()) / max(made.budget, 1e-9)
    count = np.full(len(people), int(min(max(_NEAREST, math.ceil(share)), len(made.price) + 1)))
    best = _near(made, people, base, clock)
    while True:
        if not clock.has_for(len(made.cell)):
            if math.isinf(best.value):
                raise TimeoutError
            return best
        farthest = _after(made, count, base)
        try:
            found = _at_most(made, people, farthest, before, search, clock)
        except TimeoutError:
            if math.isinf(best.value):
                raise
            return best._replace(status=clock.word())  # a plan of an earlier round is there
        metres = _walked(made, base, found.chosen)
        value, bound = float((people * metres).sum()), max(best.bound, found.bound)
        if value < best.value:
            best, before = found._replace(value=value), found.chosen
            leads.chosen = found.chosen
        best = best._replace(bound=min(bound, best.value), status=found.status)
        is_far = (people > 0) & (metres > farthest)
        is_enough = search.enough is not None and best.value <= search.enough
        if not is_far.any() or is_enough or best.value - best.bound <= search.gap * best.value:
            return best
        if not clock.left():
            return best._replace(status=clock.word())
        count[is_far] *= 2


def _near(made: Instance, people: np.ndarray, base: np.ndarray, clock: Clock) -> Solution:
    """Candidates that are near to a part of the places, and the least that all can have."""
    nearest = base.copy()
    np.minimum.at(nearest, made.cell, made.metres)
    none = np.zeros(len(people), dtype=bool)
    every = max(1, len(made.cell) // _PAIRS_AT_ONCE)
    is_in = none.copy()
    is_in[::every] = True
    saved = np.where(is_in[made.cell], base[made.cell] - made.metres, 0.0)
    (worth, _), limits = _worth(made, saved), limits_of(made)
    chosen = _starts.worth_most(worth, limits.price, limits.budget)
    if limits.floors is not None and not _terms.is_within(limits, chosen):
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
        chosen = _starts.worth_most(worth, limits.price, limits.budget, taken)
    is_plan = _terms.is_within(limits, chosen)
    value = float((people * _walked(made, base, chosen)).sum()) if is_plan else math.inf
    return Solution(chosen, value, float((people * nearest).sum()), clock.word())


def _walked(made: Instance, base: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Metres of each place to the nearest of some candidates, `base` at most."""
    is_open = np.zeros(len(made.candidates), dtype=bool)
    is_open[chosen] = True
    some, metres = is_open[made.column], base.copy()
    np.minimum.at(metres, made.cell[some], made.metres[some])
    return metres


def _kappa_of(made: Instance, counts: np.ndarray, epsilon: float) -> float:
    """Kappa of the distances there are; 0 where there are none, by which all distances count alike."""
    today = made.own
    if not np.isfinite(today[counts]).any():
        today = np.full(len(today), math.inf)
        np.minimum.at(today, made.cell, made.metres)
    some = counts & np.isfinite(today)
    kappa = equity.kappa_of(today[some], made.people[some], epsilon)
    return kappa if kappa > 0 else 0.0


def _fairest(
    made: Instance,
    people: np.ndarray,
    most: float,
    kappa: float,
    measured: Callable[[np.ndarray, np.ndarray], float],
    search: Search,
    clock: Clock,
) -> Solution:
    """
    The least equivalent distance: the least sum of bent ones, told anew by what a better plan can have at most.

    A plan that is found says from where on nobody of a better one is; what is nearer shows the more then.
    """
    base, limits = np.minimum(made.base, most), np.full(len(people), most)
    best = Solution(np.array([], int), math.inf, 0.0, clock.word())
    whole = max(float(people.sum()), 1e-12)
    while True:
        bend = Bend(kappa, float(limits[people > 0].max(initial=0.0)))
        try:
            found = _bent_sums(made, people, limits, bend, search, clock)
        except TimeoutError:
            if math.isinf(best.value):
                raise
            return best._replace(status=clock.word())  # a plan of an earlier round is there
        value = measured(_walked(made, base, found.chosen), made.depth)
        bound = max(best.bound, bend.straight(max(found.bound, 0.0) / whole))
        if value < best.value:
            best = best._replace(chosen=found.chosen, value=value)
        best = best._replace(bound=min(bound, best.value), status=found.status)
        nearer = limits_beside(best.value, people, limits, kappa) if kappa else limits
        if not (kappa * (limits - nearer)[people > 0] > _NEARER).any() or not clock.left():
            return best
        limits = nearer


def _bent_sums(
    made: Instance,
    people: np.ndarray,
    limits: np.ndarray,
    bend: Bend,
    search: Search,
    clock: Clock,
) -> Solution:
    """The least sum of bent distances, each up to the limit of its place."""
    whole = max(float(people.sum()), 1e-12)

    def straight(value: float) -> float:
        return bend.straight(max(value, 0.0) / whole)

    inner = dataclasses.replace(
        made,
        metres=bend.bent(np.minimum(made.metres, limits[made.cell])),
        base=bend.bent(np.minimum(made.base, limits)),
        cutoff=float(bend.bent(np.array([min(made.cutoff, bend.most)]))[0]),
    )
    watched = search.watch and _straight_watch(search.watch, straight)
    # What is good enough is told as a distance, and is no sum.
    how = dataclasses.replace(search, watch=watched, enough=None)
    return _by_nearest(inner, people, float(bend.bent(np.array([bend.most]))[0]), how, clock)


def _straight_watch(watch: Watch, straight: Callable[[float], float]) -> Watch:
    return lambda value, bound: watch(straight(value), straight(bound))


def _at_most(
    made: Instance,
    people: np.ndarray,
    farthest: np.ndarray,
    before: np.ndarray,
    search: Search,
    clock: Clock,
) -> Solution:
    """The candidates with the least weighted metres where no place has farther than so; from those `before`."""
    have = float((people * farthest).sum())
    solution = _solver.maximize(
        _worth(made, farthest[made.cell] - made.metres)[0],
        limits_of(made),
        slack=_slack(search, have, -1.0),
        clock=clock,
        watch=_shifted(search.watch, have, -1.0),
        leads=_bound.Leads(before),
    )
    return raised(solution, have, -1.0)


def _after(made: Instance, count: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Metres of each place to the candidate after its `count` nearest, `base` at most."""
    begins = np.searchsorted(
        made.cell, np.arange(len(base) + 1)
    )  # pairs stand in the order of places
    size, farthest = np.diff(begins), base.copy()
    for number in np.unique(count):
        places = np.flatnonzero((count == number) & (size > number))
        step = max(1, _PAIRS_AT_ONCE // max(1, int(size.max(initial=1))))
        for some in (places[n : n + step] for n in range(0, len(places), step)):
            width = int(size[some].max())
            at = begins[some][:, None] + np.arange(width)
            is_own = np.arange(width) < size[some][:, None]
            metres = np.where(is_own, made.metres[np.where(is_own, at, 0)], math.inf)
            metres.partition(number, axis=1)
            farthest[some] = np.minimum(metres[:, number], base[some])
    return farthest


def _bisected(made: Instance, counts: np.ndarray, search: Search, clock: Clock) -> Solution:
    """The least radius within which everybody who counts can have a centre, by halving."""
    nearest = made.base.copy()
    np.minimum.at(nearest, made.cell, made.metres)
    low, high = (float(metres[counts].max(initial=0.0)) for metres in (nearest, made.base))
    best, farthest = _far_apart(made, counts)
    if best is not None:
        low, high = min(low, farthest), farthest
        if not clock.has_for(len(made.cell)):
            return Solution(best, high, low, clock.word())
    radii = np.concatenate([made.metres, made.base[counts], [low]])
    radii = np.unique(radii[(radii >= low) & (radii <= high) & np.isfinite(radii)])
    first, last, word = 0, len(radii) - 1, "optimal"
    if best is None:
        best = _radius_plan(made, counts, float(radii[last]), clock)
    if best is None:
        told = Sentence(
            f"{made.said} cannot reach everyone within the table and keep to the rules; allow more, or "
            "give a table that goes farther.",
            zh=f"{made.said.zh}时，无法既覆盖距离表内的所有人又满足条件；请放宽上限，或给出范围更远的距离表。",
        )
        raise InfeasibleError(told)
    while radii[last] - radii[first] > search.gap * radii[last]:
        if not clock.has_for(len(made.cell)):
            word = clock.word()
            break
        if search.watch:
            search.watch(float(radii[last]), float(radii[first]))
        middle = (first + last) // 2
        try:
            found = _radius_plan(made, counts, float(radii[middle]), clock)
        except TimeoutError:
            word = clock.word()
            break
        if found is None:
            first = middle + 1
        else:
            best, last = found, middle
    return Solution(best, float(radii[last]), float(radii[first]), word)


def _far_apart(made: Instance, counts: np.ndarray) -> tuple[np.ndarray | None, float]:
    """Candidates each near whoever has it farthest, None if they are no plan, and how far that is then."""
    begins = np.searchsorted(made.cell, np.arange(len(counts) + 1))
    shape = (len(counts), len(made.candidates))
    pairs = sparse.csr_matrix((made.metres, made.column, begins), shape=shape)
    limits, base = limits_of(made), np.where(counts, made.base, 0.0)
    taken = np.array([], dtype=int)
    for _ in range(2):
        near = np.where(counts, _walked(made, base, taken), 0.0)
        spare = limits.budget - float(limits.price[taken].sum())
        chosen, near = _starts.farthest_first(near, pairs, limits.price, spare)
        chosen, farthest = np.union1d(taken, chosen).astype(int), float(near.max(initial=0.0))
        if math.isfinite(farthest) and _terms.is_within(limits, chosen):
            return chosen, farthest
        if limits.floors is None:
            break
        taken = _starts.reaching(limits.floors, limits.price, limits.budget)
    return None, math.inf


def _radius_plan(
    made: Instance, counts: np.ndarray, radius: float, clock: Clock
) -> np.ndarray | None:
    """Candidates within the limits that reach everybody within a radius, or None if there are none."""
    is_row = (made.base > radius) & counts
    problem, rows = covering_of(made, is_row, radius)
    if len(rows) < is_row.sum():
        return None
    problem = problem._replace(weight=np.ones(len(rows)))
    if made.least is None:
        problem = _small(made, problem, clock)[0]
        need, limits = np.ones(len(problem.weight)), limits_of(made, problem.columns)
        tried = _solver.fill(problem, need, limits, clock)
        if (problem.cover[:, tried].sum(axis=1) > 0).all():
            return np.asarray(problem.columns[tried])
    if clock.left() == 0:
        raise TimeoutError
    try:
        solution = _solver.minimize(
            problem,
            limits_of(made, problem.columns),
            least=float(problem.weight.sum()),
            gap=0.0,
            clock=clock,
        )
    except _terms.NoPlanError:
        return None
    return np.asarray(problem.columns[solution.chosen])


def _assigned(
    made: Instance,
    demand: pd.DataFrame,
    cost: pd.Series,
    capacities: pd.Series,
    beyond: float,
    search: Search,
    clock: Clock,
) -> Solution:
    """The candidates that serve people at the least sum when each centre serves so many at most."""
    must, free = (np.flatnonzero(some) for some in (made.is_must, ~made.is_must))
    labels = made.required.append([made.candidates[must], made.candidates[free]])
    fixed = len(labels) - len(free)
    capacity = capacities.reindex(labels).to_numpy(dtype=float)
    if (capacity < 0).any():
        wrong = few(labels[capacity < 0])
        told = f"capacities: negative for {wrong}; write 0 or more people."
        zh = f"capacities：{wrong.zh} 的容量为负；请写 0 或更多的人数。"
        raise ValidationError([Sentence(told, zh=zh)])
    pairs = pairs_in(cost)
    cell = demand.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
    column = labels.get_indexer(pairs.levels[1])[pairs.codes[1]]
    metres = cost.to_numpy(dtype=float)
    some = (column >= 0) & np.isfinite(metres) & (made.people[cell] > 0)
    cell, column, metres = each_once(cell[some], column[some], metres[some])
    rows, row = np.unique(cell, return_inverse=True)
    limits = limits_of(made, free)
    if limits.floors is not None:
        problem = limits.floors.problem
        none = sparse.csr_matrix((problem.cover.shape[0], fixed))
        cover = sparse.hstack([none, problem.cover]).tocsr()
        limits = limits._replace(
            floors=limits.floors._replace(problem=problem._replace(cover=cover))
        )
    limits = limits._replace(price=np.concatenate([np.zeros(fixed), limits.price]))
    worth = _worth(made, np.minimum(made.base, beyond)[made.cell] - made.metres)[0][:, free]
    guess = _starts.worth_most(worth, limits.price[fixed:], limits.budget)
    if limits.floors is not None and not _terms.is_within(limits, fixed + guess):
        taken = _starts.reaching(limits.floors, limits.price, limits.budget) - fixed
        guess = _starts.worth_most(worth, limits.price[fixed:], limits.budget, taken)
    if len(guess) <= _search.MOST_PLACES and clock.left() and limits.floors is None:
        standing = _search.Standing(worth, limits.price[fixed:], limits.budget, guess)
        standing.climb(clock)
        guess = standing.columns()
    room = np.where(np.isnan(capacity), math.inf, capacity)
    served = _solver.Served(row.ravel(), column, metres, made.people[rows], room, fixed, beyond)
    solution = _solver.assign(
        served,
        limits,
        start=fixed + guess,
        gap=search.gap,
        clock=clock,
        watch=search.watch,
    )
    chosen = solution.chosen[solution.chosen >= fixed] - fixed
    return solution._replace(chosen=free[chosen], bound=max(solution.bound, 0.0))


def _slack(search: Search, have: float, sign: float) -> Callable[[float], float]:
    """How far a plan of some worth may be from the bound; one that is good enough any way."""

    def slack(value: float) -> float:
        objective = have + sign * value
        if search.enough is not None and sign * objective >= sign * search.enough:
            return math.inf
        return search.gap * abs(objective)

    return slack


def _shifted(watch: Watch | None, have: float, sign: float = 1.0) -> Watch | None:
    return watch and (lambda value, bound: watch(have + sign * value, have + sign * bound))


MODELS: dict[str, Callable[..., Siting]] = {
    "coverage": maximize_coverage,
    "expected": maximize_expected,
    "facilities": minimize_facilities,
    "distance": minimize_cost,
    "fair": minimize_ede,
    "worst": minimize_worst,
    "backup": maximize_backup,
    "gradual": maximize_gradual_coverage,
}
