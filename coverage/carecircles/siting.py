"""
Where the next centres should stand: the plan that covers most people, or the fewest centres that do.

Each model reads a cost table and says what it found, what no plan can beat, and whom no candidate
can reach. Existing centres stay; candidates may come from anywhere.
"""

import dataclasses
import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from carecircles import _solver, comparison, io, reach
from carecircles._solver import Covering, Limits, Solution, Watch
from carecircles.area import read_area
from carecircles.comparison import Plan
from carecircles.errors import InfeasibleError, ValidationError

_ARITHMETIC = 1e-7  # share of the people by which two sums of the same may differ


@dataclass(frozen=True, eq=False)
class Rules:
    """
    What a plan has to keep to.

    `must_open` and `may_not_open` name candidates. With `costs` (by candidate) and a `budget` the
    plan may spend the budget instead of a number of centres. `floor_by_street` is the least share of
    the people of every street that is to be covered (0 to 1).
    """

    must_open: tuple[Hashable, ...] = ()
    may_not_open: tuple[Hashable, ...] = ()
    costs: pd.Series | None = None
    budget: float | None = None
    floor_by_street: float | None = None


@dataclass(frozen=True, eq=False)
class Siting:
    """
    A plan and how good it is, in persons of the weight it was made for.

    `sites` is indexed by candidate in the order in which to build: gross (people it reaches alone),
    marginal (people it adds to the required centres and the sites before it), cumulative (people
    covered when it stands). `objective` is what the model made best: people covered, or the number
    (cost) of new centres; `bound` is what no plan can beat, `gap` the share between the two.
    `status` is 'optimal', 'within gap' (the gap that was asked for), 'time limit' or 'stopped'. `covered` are the people covered in the end,
    `covered_before` by the required centres alone, `total` all people, `unreachable` those whom
    neither a required centre nor a candidate reaches.
    """

    sites: pd.DataFrame
    objective: float
    bound: float
    gap: float
    status: str
    covered: float
    covered_before: float
    total: float
    unreachable: float


def maximize_coverage(
    demand: pd.DataFrame,
    cost: pd.Series,
    *,
    new: int | None,
    cutoff: float,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
    rules: Rules | None = None,
    gap: float = 0.0,
    time_limit: float = 60.0,
    watch: Watch | None = None,
) -> Siting:
    """
    The new centres that, beside the required ones, cover most people (MCLP).

    Church and ReVelle, Papers of the Regional Science Association 32 (1974).

    Parameters
    ----------
    demand
        Places where people are, uniquely indexed.
    cost
        Cost table from `reach`, of the required centres and the candidates.
    new
        How many new centres; None if `rules` give a budget.
    cutoff
        Largest acceptable cost; the limit itself counts as covered.
    weight
        People at each place: a column of `demand` or a Series on its index; none negative.
    required
        Labels of centres that stay.
    candidates
        Labels of places where a centre could open; all others of `cost` if None.
    rules
        What else the plan has to keep to.
    gap
        Stop when the plan is proven to be within this share of the best; 0 for the best.
    time_limit
        Seconds; then the best plan so far is returned with its bound.
    watch
        Called on long runs with the people covered so far and the bound.

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
    rules = rules or Rules()
    budget = _budget(new, rules)
    made = _instance(demand, cost, cutoff, weight, required, candidates, rules)
    limits = _limits(made, rules, budget, is_priced=new is None)
    _refuse_impossible_floors(made, limits)
    try:
        solution = _solver.maximize(
            made.problem,
            limits,
            gap=gap,
            time_limit=time_limit,
            watch=watch and (lambda value, bound: watch(made.before + value, made.before + bound)),
        )
    except InfeasibleError:
        raise InfeasibleError(
            f"no plan of {_within(rules, new)} keeps every street at "
            f"{100 * (rules.floor_by_street or 0):g} %; allow more, or lower the floor."
        ) from None
    value, bound = made.before + solution.value, made.before + solution.bound
    return _siting(made, solution, objective=value, bound=bound)


def coverage_curve(
    demand: pd.DataFrame,
    cost: pd.Series,
    *,
    most: int,
    cutoff: float,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
    rules: Rules | None = None,
    time_limit: float = 60.0,
    watch: Watch | None = None,
) -> pd.DataFrame:
    """
    What the best one, two, three ... new centres cover, and what building them one by one would.

    Parameters
    ----------
    most
        The largest number of new centres.
    time_limit
        Seconds for each number.

    The other parameters are those of `maximize_coverage`.

    Returns
    -------
    curve
        Indexed by `new` (0 ... most): people covered by the best plan of so many, bound, gap, share of
        all people, nested (people covered when the centres of the last plan are built in its order).
    """
    required, rules = list(required), rules or Rules()
    rows, last = [], None
    for new in range(most + 1):
        last = maximize_coverage(
            demand, cost, new=new, cutoff=cutoff, weight=weight, required=required,
            candidates=candidates, rules=rules, time_limit=time_limit, watch=watch,
        )  # fmt: skip
        rows.append(
            {
                "people": last.objective,
                "bound": last.bound,
                "gap": last.gap,
                "share": last.objective / last.total if last.total else math.nan,
            }
        )
    curve = pd.DataFrame(rows, index=pd.RangeIndex(most + 1, name="new"))
    steps = [last.covered_before, *last.sites["cumulative"]] if last is not None else []
    curve["nested"] = [steps[min(n, len(steps) - 1)] for n in curve.index]
    return curve


def minimize_facilities(
    demand: pd.DataFrame,
    cost: pd.Series,
    *,
    cutoff: float,
    share: float = 1.0,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
    rules: Rules | None = None,
    gap: float = 0.0,
    time_limit: float = 60.0,
    watch: Watch | None = None,
) -> Siting:
    """
    The fewest (or cheapest) new centres that cover a share of the people (LSCP and its partial form).

    Toregas, Swain, ReVelle and Bergman, Operations Research 19 (1971).

    Parameters
    ----------
    share
        Share of the people to be covered, those of the required centres included. 1 means everyone
        whom the required centres and the candidates can reach; the others are `unreachable`.

    The other parameters are those of `maximize_coverage`.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are the number of new centres, or their cost.

    Raises
    ------
    ValidationError
        As `maximize_coverage`, or if `share` is not between 0 and 1.
    InfeasibleError
        If the candidates cannot reach so many; it says how many they can.
    """
    if not 0 <= share <= 1:
        raise ValidationError([f"share is {share:g}; write a share between 0 and 1."])
    rules = rules or Rules()
    made = _instance(demand, cost, cutoff, weight, required, candidates, rules)
    limits = _limits(made, rules, math.inf, is_priced=True)
    _refuse_impossible_floors(made, limits)
    reachable = float(made.problem.weight.sum())
    least = reachable if share == 1 else share * made.total - made.before
    if least > reachable * (1 + 1e-12) + 1e-9:
        most = made.before + reachable
        raise InfeasibleError(
            f"{100 * share:g} % of the people are {share * made.total:,.0f}; the required centres and "
            f"the candidates reach {most:,.0f} ({100 * most / made.total:.1f} %)."
        )
    least = min(max(least, 0.0), reachable)
    solution = _solver.minimize(
        made.problem, limits, least=least, gap=gap, time_limit=time_limit, watch=watch
    )
    return _siting(made, solution, objective=solution.value, bound=solution.bound)


def candidates_in_gaps(plan: Plan) -> gpd.GeoDataFrame:
    """A candidate in the middle of each cell from which a new centre would gain anyone or any area."""
    gains = comparison.open_everywhere(plan.cells, cutoff=plan.area.standard.metres)
    return candidates_on_grid(plan.cells[gains["gained_km2"] > 0])


def read_candidates(path: str | Path, *, folder: str | Path, plan: Plan) -> gpd.GeoDataFrame:
    """
    Candidates from a file like one of centres, held against a study area.

    Parameters
    ----------
    path
        As in `io.read_centres`.
    folder
        The study area's folder.
    plan
        The plan they are candidates for; its ids are taken.

    Returns
    -------
    candidates
        Indexed by `id`: name, name_en, lon, lat, street, geometry, to the centimetre.

    Raises
    ------
    ValidationError
        With every problem of the file.
    """
    places = read_area(folder, centres=path).facilities
    taken = places.index[places.index.isin(plan.area.facilities.index)]
    if len(taken):
        some = ", ".join(map(str, taken[:5]))
        raise ValidationError(
            [f"{Path(path).name}: {some} are ids of centres; give candidates ids of their own."]
        )
    points, degrees = io.as_written(places.geometry)
    table = places[["name", "name_en", "street"]].join(degrees)
    return gpd.GeoDataFrame(table, geometry=points, crs=places.crs)


def cost_beside(plan: Plan, candidates: gpd.GeoDataFrame) -> pd.Series:
    """
    The cost table of a plan's centres, and of candidates for the cells the plan leaves uncovered.

    The other cells are covered whatever is added; without their pairs every cell of the grid can be
    a candidate. `with_gross` counts them in again.
    """
    limit, uncovered = plan.area.standard.metres, plan.cells[~plan.cells["covered"]]
    own = reach.straight_line(plan.cells, plan.area.facilities, cutoff=limit)
    return reach.joined(plan.cells, own, reach.straight_line(uncovered, candidates, cutoff=limit))


def with_gross(siting: Siting, people: pd.Series, cost: pd.Series) -> Siting:
    """
    The plan with the people each site reaches alone, from a cost table of all people.

    Parameters
    ----------
    siting
        A plan made from a cost table that left out people who are covered anyway.
    people
        People at each place.
    cost
        Cost table of the plan's sites up to the cutoff, for all places.
    """
    reached = people.to_numpy()[people.index.get_indexer(cost.index.levels[0])][cost.index.codes[0]]
    gross = np.bincount(cost.index.codes[1], reached, minlength=len(cost.index.levels[1]))
    by_site = pd.Series(gross, index=cost.index.levels[1])
    sites = siting.sites.assign(gross=by_site.reindex(siting.sites.index, fill_value=0.0))
    return dataclasses.replace(siting, sites=sites)


def candidates_on_grid(cells: pd.DataFrame) -> gpd.GeoDataFrame:
    """
    A candidate in the middle of each cell, to the centimetre that a scenario file can say.

    Parameters
    ----------
    cells
        Cells with x, y (metres) and `attrs["crs"]`; all of the grid, every fourth of it, those that are
        not covered, or any others.

    Returns
    -------
    candidates
        Indexed by `id` ('G' and the label of the cell): name, name_en, lon, lat, street, geometry.
    """
    labels = pd.Index([f"G{label}" for label in cells.index], name="id")
    middles = gpd.GeoSeries.from_xy(cells["x"], cells["y"], crs=cells.attrs["crs"])
    points, degrees = io.as_written(middles.set_axis(labels))
    table = degrees.assign(
        name=labels, name_en=labels, street=cells["street"].astype(str).to_numpy()
    )
    return gpd.GeoDataFrame(table, geometry=points)


# The steps of a model


@dataclass(frozen=True, eq=False)
class _Instance:
    """A covering problem of the people whom the required centres do not cover."""

    problem: Covering
    candidates: pd.Index
    streets: pd.Index
    people_by_street: np.ndarray
    before_by_street: np.ndarray
    gross: np.ndarray
    before: float
    total: float
    unreachable: float


def _instance(
    demand: pd.DataFrame,
    cost: pd.Series,
    cutoff: float,
    weight: str | pd.Series,
    required: Iterable[Hashable],
    candidates: Iterable[Hashable] | None,
    rules: Rules,
) -> _Instance:
    if not demand.index.is_unique:
        raise ValidationError(
            ["`demand` has labels more than once in its index; make them unique."]
        )
    people = _weights(demand, weight)
    labels = cost.index.levels[1]
    required = pd.Index(list(required), dtype=object)
    named = labels[~labels.isin(required)] if candidates is None else pd.Index(list(candidates))
    _refuse_unknown(labels, named, required, rules)
    may = named[~named.isin(required) & ~named.isin(list(rules.may_not_open))].unique()

    pairs = (cost <= cutoff).to_numpy()
    cell = demand.index.get_indexer(cost.index.levels[0])[cost.index.codes[0][pairs]]
    if (cell < 0).any():
        raise ValidationError(
            ["`cost` has places that are not in `demand`; use one demand for both."]
        )
    facility = cost.index.codes[1][pairs]
    is_required = labels.isin(required)[facility]
    column = may.get_indexer(labels)[facility]
    is_covered = np.zeros(len(demand), dtype=bool)
    is_covered[cell[is_required]] = True
    is_candidate = column >= 0
    gross = np.bincount(column[is_candidate], people[cell[is_candidate]], minlength=len(may))
    left = is_candidate & ~is_covered[cell] & (people[cell] > 0)
    rows, of_row = np.unique(cell[left], return_inverse=True)
    cover = sparse.csr_matrix(
        (np.ones(left.sum()), (of_row, column[left])), shape=(len(rows), len(may))
    )
    cover.sum_duplicates()
    cover.data[:] = 1
    has_floor = rules.floor_by_street is not None
    codes, streets = (
        pd.factorize(demand["street"])
        if has_floor
        else (np.zeros(len(demand), int), pd.Index([""]))
    )
    reached = is_covered.copy()
    reached[rows] = True
    count = len(streets)
    return _Instance(
        problem=Covering(cover, people[rows], codes[rows], np.arange(len(may))),
        candidates=may,
        streets=pd.Index(streets),
        people_by_street=np.bincount(codes, people, minlength=count),
        before_by_street=np.bincount(codes[is_covered], people[is_covered], minlength=count),
        gross=gross,
        before=float(people[is_covered].sum()),
        total=float(people.sum()),
        unreachable=float(people[~reached].sum()),
    )


def _weights(demand: pd.DataFrame, weight: str | pd.Series) -> np.ndarray:
    if isinstance(weight, str) and weight not in demand:
        raise ValidationError([f"`demand` has no column {weight!r}; name one with people in it."])
    series = demand[weight] if isinstance(weight, str) else weight.reindex(demand.index)
    people = series.to_numpy(dtype=float)
    wrong = ~np.isfinite(people) | (people < 0)
    if wrong.any():
        some = ", ".join(f"{label!r}" for label in demand.index[wrong][:5])
        raise ValidationError(
            [
                f"weight: {wrong.sum()} values are missing or negative ({some}); write 0 or more people."
            ]
        )
    return people


def _refuse_unknown(
    labels: pd.Index, candidates: pd.Index, required: pd.Index, rules: Rules
) -> None:
    costs = rules.costs.index if rules.costs is not None else candidates[:0]
    problems = [
        f"{name}: {len(absent)} labels are not in `cost` ({', '.join(map(repr, absent[:5]))})."
        for name, some in (("required", required), ("candidates", candidates))
        if len(absent := some[~some.isin(labels)])
    ]
    problems += [
        f"{name}: {len(absent)} labels are no candidates ({', '.join(map(repr, absent[:5]))})."
        for name, some in (
            ("must_open", pd.Index(list(rules.must_open), dtype=object)),
            ("may_not_open", pd.Index(list(rules.may_not_open), dtype=object)),
            ("costs", costs),
        )
        if len(absent := some[~some.isin(candidates)])
    ]
    both = set(rules.must_open) & set(rules.may_not_open)
    if both:
        problems.append(f"must_open and may_not_open both name {sorted(map(repr, both))}.")
    if rules.costs is not None and not (rules.costs >= 0).all():
        problems.append("costs: some are missing or negative; write 0 or more.")
    if rules.floor_by_street is not None and not 0 <= rules.floor_by_street <= 1:
        problems.append(f"floor_by_street is {rules.floor_by_street:g}; write 0 to 1.")
    if problems:
        raise ValidationError(problems)


def _limits(made: _Instance, rules: Rules, budget: float, *, is_priced: bool) -> Limits:
    must = np.flatnonzero(made.candidates.isin(list(rules.must_open)))
    cost = np.ones(len(made.candidates))
    if is_priced and rules.costs is not None:
        cost = rules.costs.reindex(made.candidates).to_numpy(dtype=float)
        if np.isnan(cost).any():
            absent = ", ".join(map(repr, made.candidates[np.isnan(cost)][:5]))
            raise ValidationError([f"costs: there is none for {absent}."])
    if cost[must].sum() > budget:
        raise InfeasibleError(
            f"the centres that must open take {cost[must].sum():g} of {budget:g}; allow more."
        )
    floors = None
    if rules.floor_by_street is not None:
        floors = rules.floor_by_street * made.people_by_street - made.before_by_street
        floors = np.where(floors > 1e-9, floors * (1 - 1e-12), 0.0)
    return Limits(cost, budget, must, floors)


def _budget(new: int | None, rules: Rules) -> float:
    """How many centres, or how much of their costs, a plan may take."""
    if (new is None) == (rules.budget is None):
        raise ValidationError(["say how many new centres, or give rules with a budget; not both."])
    if rules.budget is not None and rules.costs is None:
        raise ValidationError(["a budget needs costs; give each candidate its own."])
    budget = float(rules.budget if new is None else new)  # type: ignore[arg-type]
    if not 0 <= budget < math.inf:
        raise ValidationError([f"new centres or budget is {budget:g}; write 0 or more."])
    return budget


def _within(rules: Rules, new: int | None) -> str:
    return f"{new} new centres" if rules.budget is None else f"a budget of {rules.budget:g}"


def _refuse_impossible_floors(made: _Instance, limits: Limits) -> None:
    """Streets whose floor no candidates together can reach, each with how much is missing."""
    if limits.floors is None:
        return
    reachable = np.bincount(made.problem.group, made.problem.weight, minlength=len(made.streets))
    missing = limits.floors - reachable
    if (missing > 1e-6).any():
        lines = [
            f"street {made.streets[n]}: {made.before_by_street[n] + reachable[n]:,.0f} of "
            f"{made.people_by_street[n]:,.0f} people can be reached, {missing[n]:,.0f} too few"
            for n in np.flatnonzero(missing > 1e-6)
        ]
        raise InfeasibleError("the floor cannot be met: " + "; ".join(lines) + ".")


def _siting(made: _Instance, solution: Solution, *, objective: float, bound: float) -> Siting:
    """The chosen sites in the order in which each adds most."""
    chosen = np.sort(solution.chosen)
    own = made.problem.cover[:, chosen].tocsc()
    left = made.problem.weight.copy()
    order, marginal = [], []
    waiting = list(range(len(chosen)))
    while waiting:
        gains = own[:, waiting].T @ left
        best = int(np.argmax(gains))
        place = waiting.pop(best)
        order.append(chosen[place])
        marginal.append(float(gains[best]))
        left[own.indices[own.indptr[place] : own.indptr[place + 1]]] = 0
    sites = pd.DataFrame(
        {
            "gross": made.gross[order],
            "marginal": marginal,
            "cumulative": made.before + np.cumsum(marginal),
        },
        index=pd.Index(made.candidates[order], name="id"),
    )
    between = abs(bound - objective) / max(abs(objective), 1.0)
    if between <= _ARITHMETIC:
        between, bound = 0.0, objective
    is_proven = solution.status == "optimal" and between == 0
    return Siting(
        sites=sites,
        objective=objective,
        bound=bound,
        gap=between,
        status="optimal" if is_proven else solution.status.replace("optimal", "within gap"),
        covered=made.before + float(sum(marginal)),
        covered_before=made.before,
        total=made.total,
        unreachable=made.unreachable,
    )
