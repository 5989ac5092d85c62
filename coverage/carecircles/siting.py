"""
Where the next centres should stand: the plan that does most, or the fewest centres that do enough.

Each model reads a cost table and says what it found, what no plan can beat, and whom no candidate
can reach. Existing centres stay; candidates may come from anywhere.
"""

import contextlib
import dataclasses
import math
import numbers
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from carecircles import _search, _solver, grid, io, marginal, reach
from carecircles._solver import Clock, Floors, Limits, Solution, Watch
from carecircles.area import StudyArea, is_neighbour, read_area
from carecircles.errors import InfeasibleError, ValidationError
from carecircles.plan import Plan
from carecircles.reach import CostTable

_ARITHMETIC = 1e-7  # share of the people by which two sums of the same may differ
_RING_M = 10.0  # alternatives are told apart in steps of so many metres
_PAIRS_AT_ONCE = 5_000_000
_SAMPLE = 200  # candidates that stand for all when their pairs are counted
_LESS_IS_BETTER = ("facilities", "distance", "worst")


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
class Search:
    """
    How long to search and for how good a plan.

    The search stops when the plan is proven to be within `gap` (a share) of the best, 0 for the best
    itself, or after `time_limit` seconds with the best plan so far and its bound, as after Ctrl-C.
    `watch` is called on long runs with the objective so far and the bound. The time counts from
    `since`, a `time.monotonic()`, or from the call of the model if None.
    """

    gap: float = 0.0
    time_limit: float = 60.0
    watch: Watch | None = None
    since: float | None = None


@dataclass(frozen=True, eq=False)
class Siting:
    """
    A plan and how good it is, in persons of the weight it was made for.

    `sites` is indexed by candidate in the order in which to build, each the one that helps most:
    gross (people within the cutoff of it), marginal (people it adds to those covered by the required
    centres and the sites before it), cumulative (people covered when it stands), objective (what the
    model makes best, when it stands).

    `goal` names the model (one of `MODELS`). `objective` is what it made best (see there for its unit), `before` the same of the
    required centres alone, `bound` what no plan can beat, `gap` the share between objective and
    bound, 0 to 1, NaN where the bound says too little. `status` is 'optimal', 'within gap' (the gap that was asked for), 'time limit' or
    'stopped'. `covered` are the people within the cutoff in the end, `covered_before` of the
    required centres alone, `total` all people, `unreachable` those whom neither a required centre
    nor a candidate reaches. `asked` is the number of new centres asked for, None where it was a budget
    or to be found; the plan has fewer `sites` where more would not help.
    """

    goal: str
    sites: pd.DataFrame
    objective: float
    before: float
    bound: float
    gap: float
    status: str
    covered: float
    covered_before: float
    total: float
    unreachable: float
    asked: int | None = None


def maximize_coverage(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
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
        People at each place: a column of `demand` or a Series on its index; none negative.
    required
        Labels of centres that stay.
    candidates
        Labels of places where a centre could open; all others of `cost` if None. Of equally good
        plans the search finds the same one again for the same input.
    rules
        What else the plan has to keep to.
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
    table, limit = _pairs_of(cost, cutoff)
    _require_cutoff(limit)
    search = search or Search()
    made = _instance(demand, table, limit, weight, required, candidates, rules, new)

    def covered(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float(made.people[metres <= limit].sum())

    with _solving(made, search) as clock:
        problem = _small(made, _covering(made, made.base > limit, limit)[0])
        solution = _most(made, covered, _search.worths(problem), problem.columns, search, clock)
        return _siting(made, "coverage", solution, covered)


def maximize_gradual_coverage(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    full: float,
    cutoff: float | None = None,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
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
    """
    table, limit = _pairs_of(cost, cutoff)
    if not 0 <= full < limit < math.inf:
        raise ValidationError(
            [f"full is {full:g}; write 0 or more, below the cutoff of {limit:g}."]
        )
    search = search or Search()
    made = _instance(demand, table, limit, weight, required, candidates, rules, new)

    def share(metres: np.ndarray) -> np.ndarray:
        return np.clip((limit - metres) / (limit - full), 0, 1)

    def credit(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float((made.people * share(metres)).sum())

    with _solving(made, search) as clock:
        worth = _worth(made, share(made.metres) - share(made.base)[made.cell])
        solution = _most(made, credit, worth, np.arange(worth.shape[1]), search, clock)
        return _siting(made, "gradual", solution, credit)


def maximize_backup(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
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
    """
    table, limit = _pairs_of(cost, cutoff)
    _require_cutoff(limit)
    search = search or Search()
    made = _instance(demand, table, limit, weight, required, candidates, rules, new)

    def twice(_metres: np.ndarray, depth: np.ndarray) -> float:
        return float(made.people[depth >= 2].sum())

    with _solving(made, search) as clock:
        problem, rows = _covering(made, made.depth < 2, limit)
        need, have = 2 - made.depth[rows], twice(made.base, made.depth)
        problem = _search.merged(problem._replace(group=need))
        solution = _solver.maximize_backup(
            problem, problem.group, _limits(made),
            slack=lambda value: search.gap * (have + value), clock=clock, watch=_shifted(search.watch, have),
        )  # fmt: skip
        return _siting(made, "backup", _raised(solution, have), twice)


def minimize_cost(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    beyond: float | None = None,
    capacities: pd.Series | None = None,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
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
    capacities
        People each centre can serve, by required centre and candidate; no limit where there is none.
        People go where the sum is least, not each to the nearest, and a place may be divided. Every
        pair becomes a column of the model, so keep the table small.

    The other parameters are those of `maximize_coverage`.

    Returns
    -------
    siting
        The plan. `objective` and `bound` are persons times the unit of `cost`, without those whom
        neither a required centre nor a candidate reaches.

    Raises
    ------
    ValidationError, InfeasibleError, TimeoutError
        As `maximize_coverage`.
    """
    table, limit = _pairs_of(cost, cutoff)
    search = search or Search()
    made = _instance(demand, table, limit, weight, required, candidates, rules, new)
    people, most = np.where(made.is_in_table, made.people, 0.0), _beyond(table, beyond)

    def walked(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float((people * np.minimum(metres, most)).sum())

    with _solving(made, search) as clock:
        if capacities is not None:
            solution = _assigned(made, demand, table, capacities, most, search, clock)
            return _siting(made, "distance", solution, walked, objective=solution.value)
        worth = _worth(made, np.minimum(made.base, most)[made.cell] - made.metres)
        solution = _most(
            made, walked, worth, np.arange(worth.shape[1]), search, clock, is_cost=True
        )
        return _siting(made, "distance", solution, walked)


def minimize_worst(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    new: int | None,
    cutoff: float | None = None,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
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
    """
    table, limit = _pairs_of(cost, cutoff)
    search = search or Search()
    made = _instance(demand, table, limit, weight, required, candidates, rules, new)
    counts = made.is_in_table & (made.people > 0)

    def worst(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float(metres[counts].max(initial=0.0))

    with _solving(made, search) as clock:
        solution = _bisected(made, counts, search, clock)
        return _siting(made, "worst", solution, worst)


def minimize_facilities(
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    *,
    cutoff: float | None = None,
    share: float = 1.0,
    weight: str | pd.Series = "people_60",
    required: Iterable[Hashable] = (),
    candidates: Iterable[Hashable] | None = None,
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

    The other parameters are those of `maximize_coverage`; costs count, a budget does not.

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
    """
    table, limit = _pairs_of(cost, cutoff)
    if not 0 <= share <= 1:
        raise ValidationError([f"share is {share:g}; write a share between 0 and 1."])
    _require_cutoff(limit)
    search = search or Search()
    made = _instance(demand, table, limit, weight, required, candidates, rules, None, is_open=True)

    def covered(metres: np.ndarray, _depth: np.ndarray) -> float:
        return float(made.people[metres <= limit].sum())

    total, reachable = float(made.people.sum()), float(made.people[made.is_reached].sum())
    if share < 1 and share * total > reachable * (1 + 1e-12) + 1e-9:
        raise InfeasibleError(
            f"{100 * share:g} % of the people are {share * total:,.0f}; the required centres and "
            f"the candidates reach {reachable:,.0f} ({100 * reachable / total:.1f} %)."
        )
    wanted = reachable if share == 1 else share * total
    spent = float(made.cost[made.is_must].sum())
    with _solving(made, search) as clock:
        problem = _small(made, _covering(made, made.base > limit, limit)[0])
        least = wanted - covered(made.base, made.depth)
        solution = _solver.minimize(
            problem, _limits(made, problem.columns),
            least=min(max(least, 0.0), float(problem.weight.sum())),
            gap=search.gap, clock=clock, watch=_shifted(search.watch, spent),
        )  # fmt: skip
        solution = _raised(solution._replace(chosen=problem.columns[solution.chosen]), spent)
        return _siting(made, "facilities", solution, covered, objective=solution.value)


MODELS: dict[str, Callable[..., Siting]] = {
    "coverage": maximize_coverage,
    "facilities": minimize_facilities,
    "distance": minimize_cost,
    "worst": minimize_worst,
    "backup": maximize_backup,
    "gradual": maximize_gradual_coverage,
}


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
        people), objective, bound, gap, nested (the objective when the centres of the last plan are
        built in its order).
    """
    if not _is_whole(most) or most < 0:
        raise ValidationError([f"most is {most!r}; write a whole number of centres, 0 or more."])
    plans: list[Siting | None] = []
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
            "nested": steps[min(new, len(steps) - 1)],
        }
        if plan is not None
        else {}
        for new, plan in enumerate(plans)
    ]
    columns = ["people", "share", "objective", "bound", "gap", "nested"]
    index = pd.RangeIndex(len(rows), name="new")
    return pd.DataFrame(rows, index=index, columns=columns, dtype=float)


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
        Metres that every new site keeps from the sites before (in steps of 10 m), and the plan.
    """
    if not _is_whole(count) or count < 0:
        raise ValidationError([f"count is {count!r}; write a whole number of plans, 0 or more."])
    rules = options.get("rules") or Rules()
    required = set(options.get("required", ())) | set(rules.must_open)
    named = points.index if options.get("candidates") is None else options["candidates"]
    candidates = pd.Index([label for label in named if label not in required])
    where = shapely.get_coordinates(points.loc[candidates].to_numpy())
    slack = within * abs(best.objective) + _ARITHMETIC * max(1.0, best.total)
    limit = best.objective + (slack if best.goal in _LESS_IS_BETTER else -slack)
    apart, latest = np.full(len(candidates), math.inf), best
    found: list[tuple[float, Siting]] = []
    while len(found) < count:
        own = latest.sites.index.difference(list(rules.must_open))
        for spot in shapely.get_coordinates(points.loc[own].to_numpy()):
            apart = np.minimum(apart, np.hypot(*(where - spot).T))
        next_plan = _farthest(
            model, candidates, apart, limit, demand, cost, {**options, "rules": rules}
        )
        if next_plan is None:
            break
        found.append(next_plan)
        latest = next_plan[1]
        if latest.status == "stopped":
            break
    return found


def candidates_in_gaps(plan: Plan, *, spacing: float | None = None) -> gpd.GeoDataFrame:
    """
    A candidate in the middle of each cell from which a new centre would gain anyone or any area.

    Parameters
    ----------
    spacing
        Metres between candidates, rounded to whole cells; every cell if None.
    """
    gains = marginal.open_everywhere(plan)
    return candidates_on_grid(plan.cells[gains["gained_km2"] > 0], spacing=spacing)


def candidates_on_grid(cells: pd.DataFrame, *, spacing: float | None = None) -> gpd.GeoDataFrame:
    """
    A candidate in the middle of each cell, to the centimetre that a scenario file can say.

    Parameters
    ----------
    cells
        Cells with row, col, x, y (metres) and `attrs["crs"]`; all of the grid, those that are not
        covered, or any others.
    spacing
        Metres between candidates, rounded to whole cells; every cell if None.

    Returns
    -------
    candidates
        Indexed by `id` ('G' and the label of the cell): name, name_en, lon, lat, street, geometry.
    """
    if spacing is not None:
        every = max(1, round(spacing / grid.lattice_of(cells).cell))
        cells = cells[(cells["row"] % every == every // 2) & (cells["col"] % every == every // 2)]
    labels = pd.Index([f"G{label}" for label in cells.index], name="id")
    middles = gpd.GeoSeries.from_xy(cells["x"], cells["y"], crs=cells.attrs["crs"])
    points, degrees = io.as_written(middles.set_axis(labels))
    table = degrees.assign(
        name=labels, name_en=labels, street=cells["street"].astype(str).to_numpy()
    )
    return gpd.GeoDataFrame(table, geometry=points)


def read_candidates(
    path: str | Path, *, folder: str | Path, plan: Plan, datum: str | None = None
) -> gpd.GeoDataFrame:
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
    datum
        As in `io.read_centres`.

    Returns
    -------
    candidates
        Indexed by `id`: name, name_en, lon, lat, street, cost (NaN where the file says none),
        geometry, to the centimetre. `attrs["notes"]` says what was taken for granted.

    Raises
    ------
    ValidationError
        With every problem of the file.
    """
    area = read_area(folder, centres=path, datum=datum, beyond=0.0)
    places = area.facilities
    taken = places.index[places.index.isin(plan.area.facilities.index)]
    if len(taken):
        some = ", ".join(map(str, taken[:5]))
        raise ValidationError(
            [
                f"{Path(path).name}: there are centres with the ids {some}; give candidates their own."
            ]
        )
    points, degrees = io.as_written(places.geometry)
    table = places[["name", "name_en", "street", "cost"]].join(degrees)
    candidates = gpd.GeoDataFrame(table, geometry=points, crs=places.crs)
    candidates.attrs["notes"] = [note for note in area.notes if note not in plan.area.notes]
    return candidates


def candidates_without(area: StudyArea, plan: Plan) -> gpd.GeoDataFrame:
    """
    The centres of a study area that a plan does not count, such as those without a service.

    Neighbours are none: what they offer is not for the area to say.

    Parameters
    ----------
    area
        The study area with all its centres.
    plan
        The plan of those that count, as of `area.offering`.

    Returns
    -------
    candidates
        Indexed by `id`: name, name_en, lon, lat, street, services, geometry (as it is).
    """
    is_counted = area.facilities.index.isin(plan.area.facilities.index)
    centres = area.facilities[~is_counted & ~is_neighbour(area.facilities)]
    degrees = io.as_written(centres.geometry)[1]
    table = pd.DataFrame(centres[["name", "name_en", "street", "services"]]).join(degrees)
    return gpd.GeoDataFrame(table, geometry=centres.geometry, crs=centres.crs)


def outside(candidates: gpd.GeoDataFrame, places: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """
    The candidates that do not stand where none may: in a park, on water, on a road.

    Parameters
    ----------
    candidates
        Points.
    places
        Polygons in the same CRS; their edge belongs to them.
    """
    tree = shapely.STRtree(candidates.geometry.to_numpy())
    hit = tree.query(places.to_numpy(), predicate="intersects")[1]
    return candidates.drop(index=candidates.index[np.unique(hit)])


def cost_for(
    goal: str, plan: Plan, candidates: gpd.GeoDataFrame, *, full: float = 0.0
) -> CostTable:
    """
    The cost table that a model of `MODELS` needs of a plan's centres and the candidates, and no more.

    Parameters
    ----------
    goal
        A key of `MODELS`.
    plan
        The plan as it is, with all its cells; its cost table is used and its reach measures.
    candidates
        Points.
    full
        As in `maximize_gradual_coverage`.
    """
    if goal in ("distance", "worst"):
        return _cost_nearer(plan, candidates)
    cells = plan.cells
    # Whoever is served already is served whatever is added. `with_gross` counts them in again.
    is_open = {
        "backup": cells["depth"] < 2,
        "gradual": ~(cells["distance_m"] <= full),
    }.get(goal, ~cells["covered"])
    new = plan.reach(cells[is_open], candidates, cutoff=plan.cost.cutoff)
    return reach.joined(cells, plan.cost, new)


def pairs_expected(
    goal: str, plan: Plan, candidates: gpd.GeoDataFrame, *, full: float = 0.0
) -> float:
    """
    About how many pairs of cell and candidate `cost_for` will find, told from some of the candidates.

    The parameters are those of `cost_for`.
    """
    most = min(_SAMPLE, _PAIRS_AT_ONCE // max(1, len(plan.cells)))
    step = -(-len(candidates) // max(1, most))
    some = candidates.iloc[step // 2 :: step] if step else candidates
    pairs = cost_for(goal, plan, some, full=full).table.index
    is_candidate = pairs.levels[1].isin(some.index)
    return float(is_candidate[pairs.codes[1]].sum()) * len(candidates) / max(1, len(some))


def _cost_nearer(plan: Plan, candidates: gpd.GeoDataFrame) -> CostTable:
    """
    The cost table of each cell's nearest centre of a plan, and of the candidates that are nearer.

    A candidate farther than the nearest centre serves nobody there. Where the plan has no centre the
    table is complete.
    """
    cells = plan.cells
    own = reach.nearest(cells, plan.area.facilities, reach=plan.reach)
    nearest = np.full(len(cells), math.inf)
    nearest[cells.index.get_indexer(own.table.index.levels[0])[own.table.index.codes[0]]] = (
        own.table
    )
    tables, step = [], max(1, _PAIRS_AT_ONCE // max(1, len(cells)))
    for first in range(0, len(candidates), step):
        some = candidates.iloc[first : first + step]
        new = plan.reach(cells, some, cutoff=float(nearest.max(initial=0.0)))
        place = cells.index.get_indexer(new.table.index.levels[0])[new.table.index.codes[0]]
        kept = new.table[new.table.to_numpy() < nearest[place]]
        tables.append(CostTable(kept, math.inf, new.unit))
    return reach.joined(cells, own, *tables)


def with_gross(
    plan: Plan, candidates: gpd.GeoDataFrame, weight: str, *sitings: Siting
) -> list[Siting]:
    """
    The sitings with the people within the standard of each site, those covered already included.

    Parameters
    ----------
    plan
        The plan the sites are added to, with all its cells.
    candidates
        Points by label.
    weight
        The column of people.
    sitings
        Made from a cost table of `cost_for`, which leaves out people who are served already.
    """
    people = plan.cells[weight].to_numpy()
    labels = pd.Index(np.unique([label for siting in sitings for label in siting.sites.index]))
    cost = plan.reach(plan.cells, candidates.loc[labels], cutoff=plan.cost.cutoff).table
    gross = np.bincount(cost.index.codes[1], people[cost.index.codes[0]], minlength=len(labels))
    by_site = pd.Series(gross, index=labels)
    return [
        dataclasses.replace(s, sites=s.sites.assign(gross=by_site.loc[s.sites.index]))
        for s in sitings
    ]


# The steps of a model


def _pairs_of(cost: CostTable | pd.Series, cutoff: float | None) -> tuple[pd.Series, float]:
    """The costs by pair, and the cutoff that holds."""
    if not isinstance(cost, CostTable):
        return cost, math.inf if cutoff is None else cutoff
    if cutoff is not None and not cutoff <= cost.cutoff:
        raise ValidationError(
            [f"`cost` ends at {cost.cutoff:g}, below the cutoff of {cutoff:g}; make it anew."]
        )
    return cost.table, cost.cutoff if cutoff is None else cutoff


_Measure = Callable[[np.ndarray, np.ndarray], float]  # of the nearest centre and of how many


@dataclass(frozen=True, eq=False)
class _Instance:
    """
    A question as arrays: people by place, and the pairs of place, candidate and metres that matter.

    `own` are the metres from each place to the nearest required centre, `own_depth` how many of them
    reach it; `base` and `depth` the same with the candidates that must open. `gross` are the people
    each candidate reaches, `least` how many more people each street must have covered.
    """

    people: np.ndarray
    cell: np.ndarray
    column: np.ndarray
    metres: np.ndarray
    required: pd.Index
    candidates: pd.Index
    gross: np.ndarray
    cost: np.ndarray
    budget: float
    is_must: np.ndarray
    own: np.ndarray
    own_depth: np.ndarray
    base: np.ndarray
    depth: np.ndarray
    is_in_table: np.ndarray
    is_reached: np.ndarray
    cutoff: float
    street: np.ndarray
    streets: pd.Index
    least: np.ndarray | None
    said: str
    floor: float
    asked: int | None
    begun: float


def _instance(
    demand: pd.DataFrame,
    cost: pd.Series,
    cutoff: float,
    weight: str | pd.Series,
    required: Iterable[Hashable],
    candidates: Iterable[Hashable] | None,
    rules: Rules | None,
    new: int | None,
    *,
    is_open: bool = False,
) -> _Instance:
    """The question, checked; `is_open` if the number of new centres is to be found."""
    begun, rules = time.monotonic(), rules or Rules()
    if rules.floor_by_street is not None:
        _require_cutoff(cutoff)
        if demand["street"].isna().any():
            raise ValidationError(["`demand` has places without a street; a floor needs them all."])
    if not demand.index.is_unique:
        raise ValidationError(
            ["`demand` has labels more than once in its index; make them unique."]
        )
    people = _weights(demand, weight)
    budget = math.inf if is_open else _budget(new, rules)
    labels = cost.index.levels[1]
    required = pd.Index(list(required), dtype=object).unique()
    named = labels[~labels.isin(required)] if candidates is None else pd.Index(list(candidates))
    _refuse_unknown(labels, named, required, rules)
    may = named[~named.isin(required) & ~named.isin(list(rules.may_not_open))].unique()
    price = _prices(may, rules, is_priced=new is None)
    is_must = may.isin(list(rules.must_open))
    taken = float(price[is_must].sum())
    if taken > budget + 1e-9 * max(1.0, taken):
        raise InfeasibleError(
            f"the centres that must open take {taken:g} of {budget:g}; allow more."
        )
    places = demand.index.get_indexer(cost.index.levels[0]).astype(np.int32)
    place, centre = places[cost.index.codes[0]], cost.index.codes[1]
    if (place < 0).any():
        raise ValidationError(
            ["`cost` has places that are not in `demand`; use one demand for both."]
        )

    metres = cost.to_numpy(dtype=float)
    size, is_required = len(demand), labels.isin(required)[centre]
    own = np.full(size, math.inf)
    np.minimum.at(own, place[is_required], metres[is_required])
    near = is_required & (metres <= cutoff)
    own_depth = np.bincount(_once(place[near], centre[near], metres[near])[0], minlength=size)
    column = may.get_indexer(labels).astype(np.int32)[centre]
    is_in_table = np.isfinite(own)
    is_in_table[place[(column >= 0) & np.isfinite(metres)]] = True
    is_near = metres <= cutoff if math.isfinite(cutoff) else np.isfinite(metres)
    matters = (column >= 0) & (is_near | (metres < own[place]))
    cell, column, metres = _once(place[matters], column[matters], metres[matters])
    is_near = metres <= cutoff
    gross = np.bincount(column[is_near], people[cell[is_near]], minlength=len(may))
    if not math.isfinite(cutoff):
        nearer = metres < own[cell]
        cell, column, metres = cell[nearer], column[nearer], metres[nearer]
    is_reached = own <= cutoff if math.isfinite(cutoff) else is_in_table
    is_reached = is_reached.copy()
    is_reached[cell[metres <= cutoff]] = True

    base, depth, of_must = own.copy(), own_depth.copy(), is_must[column]
    np.minimum.at(base, cell[of_must], metres[of_must])
    depth += np.bincount(cell[of_must & (metres <= cutoff)], minlength=size)
    street, streets, least = np.zeros(size, dtype=int), pd.Index([]), None
    if rules.floor_by_street is not None:
        street, streets = pd.factorize(demand["street"])
        counts = [
            np.bincount(street[some], people[some], minlength=len(streets))
            for some in (np.full(size, True), is_reached, base <= cutoff)
        ]
        least = _floors(pd.Index(streets), *counts, share=rules.floor_by_street)
    return _Instance(
        people=people,
        cell=cell,
        column=column,
        metres=metres,
        required=required,
        candidates=may,
        gross=gross,
        cost=price,
        budget=max(budget - taken, 0.0),
        is_must=is_must,
        own=own,
        own_depth=own_depth,
        base=base,
        depth=depth,
        is_in_table=is_in_table,
        is_reached=is_reached,
        cutoff=cutoff,
        street=street,
        streets=pd.Index(streets),
        least=least,
        said=f"{new} new centres" if new is not None else f"a budget of {budget:g}",
        floor=rules.floor_by_street or 0.0,
        asked=None if new is None else int(new),
        begun=begun,
    )


def _once(
    cell: np.ndarray, column: np.ndarray, metres: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each pair of place and centre once, with its least metres."""
    key = cell.astype(np.int64) * (int(column.max(initial=0)) + 1) + column
    if (np.diff(key) > 0).all():
        return cell, column, metres
    order = np.argsort(key, kind="stable")  # quick, as tables come in long runs that are sorted
    first = np.flatnonzero(np.diff(key[order], prepend=-1) > 0)
    least = np.minimum.reduceat(metres[order], first) if len(first) else metres
    return cell[order[first]], column[order[first]], least


def _floors(
    streets: pd.Index, people: np.ndarray, reached: np.ndarray, covered: np.ndarray, *, share: float
) -> np.ndarray:
    """How many more people are to be covered in each street; an error if they cannot be reached."""
    missing = share * people - reached
    if (missing > 1e-6).any():
        lines = [
            f"street {streets[n]}: {reached[n]:,.0f} of {people[n]:,.0f} people can be reached, "
            f"{_persons(missing[n])} too few"
            for n in np.flatnonzero(missing > 1e-6)
        ]
        raise InfeasibleError("the floor cannot be met: " + "; ".join(lines) + ".")
    least = share * people - covered
    return np.where(least > 1e-9, least * (1 - 1e-12), 0.0)


@contextlib.contextmanager
def _solving(made: _Instance, search: Search) -> Iterator[Clock]:
    """The time for a search; what the solver calls impossible is said in the words of the rules."""
    with _solver.started(search.time_limit, since=search.since or made.begun) as clock:
        try:
            yield clock
        except _solver.NoPlanError:
            raise InfeasibleError(
                f"no plan of {made.said} keeps every street at {100 * made.floor:g} %; allow more, or "
                f"lower the floor. With the best found, {_shortfalls(made)}."
            ) from None
        except TimeoutError as err:
            said = (
                f"stopped after {clock.spent():.0f} s; no plan that meets the rules was found by then."
                if clock.stopped.is_set()
                else f"no plan that meets the rules was found in {search.time_limit:g} seconds; allow "
                "more time."
            )
            raise TimeoutError(f"{said}{err}") from None


def _shortfalls(made: _Instance) -> str:
    """Which streets miss their floor by how many people, when as many as possible are covered there."""
    limits = _limits(made)
    problem, least = limits.floors.problem, limits.floors.least  # type: ignore[union-attr]
    plan = _search.Standing(_search.worths(problem), limits.cost, limits.budget)
    plan.climb(Clock(1.0))
    covered = np.bincount(problem.group, plan.first, minlength=len(least))
    missing = least - covered
    return ", ".join(
        f"street {made.streets[n]} is {_persons(missing[n])} people short"
        for n in np.flatnonzero(missing > 1e-6)
    )


def _persons(people: float) -> str:
    return f"{people:,.0f}" if people >= 1 else f"{people:.2g}"


def _worth(made: _Instance, of_pair: np.ndarray) -> sparse.csc_matrix:
    """What each pair is worth to its place's people; pairs worth nothing are left out."""
    worth = of_pair * made.people[made.cell]
    some = (worth > 0) & ~made.is_must[made.column]
    rows, row = np.unique(made.cell[some], return_inverse=True)
    shape = (len(rows), len(made.candidates))
    return sparse.csc_matrix((worth[some], (row.ravel(), made.column[some])), shape=shape)


def _covering(
    made: _Instance, is_row: np.ndarray, radius: float
) -> tuple[_search.Covering, np.ndarray]:
    """The covering problem of some places with people, and which place each row is."""
    some = is_row[made.cell] & (made.metres <= radius) & (made.people[made.cell] > 0)
    some &= ~made.is_must[made.column]
    rows, row = np.unique(made.cell[some], return_inverse=True)
    shape = (len(rows), len(made.candidates))
    cover = sparse.csr_matrix((np.ones(some.sum()), (row.ravel(), made.column[some])), shape=shape)
    group, columns = np.zeros(len(rows), dtype=int), np.arange(len(made.candidates))
    return _search.Covering(cover, made.people[rows], group, columns), rows


def _limits(made: _Instance, columns: np.ndarray | None = None) -> Limits:
    """What the plan may take beside the candidates that must open, for these columns."""
    columns = np.arange(len(made.candidates)) if columns is None else columns
    if made.least is None:
        return Limits(made.cost[columns], made.budget)
    problem, rows = _covering(made, made.base > made.cutoff, made.cutoff)
    of_streets = problem._replace(cover=problem.cover[:, columns], group=made.street[rows])
    return Limits(made.cost[columns], made.budget, Floors(_search.merged(of_streets), made.least))


def _small(made: _Instance, problem: _search.Covering) -> _search.Covering:
    """The covering problem with equal places as one and without candidates that others replace."""
    return _search.merged(_search.without_dominated(_search.merged(problem), made.cost))


def _most(
    made: _Instance,
    measure: _Measure,
    worth: sparse.csc_matrix,
    columns: np.ndarray,
    search: Search,
    clock: Clock,
    *,
    is_cost: bool = False,
) -> Solution:
    """The candidates that are worth most beside those open anyway; value and bound as measured."""
    have, sign = measure(made.base, made.depth), -1.0 if is_cost else 1.0
    solution = _solver.maximize(
        worth,
        _limits(made, columns),
        slack=lambda value: search.gap * abs(have + sign * value),
        clock=clock,
        watch=_shifted(search.watch, have, sign),
    )
    return _raised(solution._replace(chosen=columns[solution.chosen]), have, sign)


def _bisected(made: _Instance, counts: np.ndarray, search: Search, clock: Clock) -> Solution:
    """The least radius within which everybody who counts can have a centre, by halving."""
    nearest = made.base.copy()
    np.minimum.at(nearest, made.cell, made.metres)
    low, high = (float(metres[counts].max(initial=0.0)) for metres in (nearest, made.base))
    radii = np.concatenate([made.metres, made.base[counts], [low]])
    radii = np.unique(radii[(radii >= low) & (radii <= high) & np.isfinite(radii)])
    first, last, word = 0, len(radii) - 1, "optimal"
    best: np.ndarray | None = np.array([], dtype=int)
    if math.isinf(high) or made.least is not None:
        best = _radius_plan(made, counts, float(radii[last]), clock)
    if best is None:
        raise InfeasibleError(
            f"{made.said} cannot reach everyone within the table and keep to the rules; allow more, or "
            "give a table that goes farther."
        )
    while radii[last] - radii[first] > search.gap * radii[last]:
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


def _radius_plan(
    made: _Instance, counts: np.ndarray, radius: float, clock: Clock
) -> np.ndarray | None:
    """Candidates within the limits that reach everybody within a radius, or None if there are none."""
    is_row = (made.base > radius) & counts
    problem, rows = _covering(made, is_row, radius)
    if len(rows) < is_row.sum():
        return None
    problem = problem._replace(weight=np.ones(len(rows)))
    if made.least is None:
        problem = _small(made, problem)
        need, limits = np.ones(len(problem.weight)), _limits(made, problem.columns)
        tried = _solver.fill(problem, need, limits, clock)
        if (problem.cover[:, tried].sum(axis=1) > 0).all():
            return problem.columns[tried]
    if clock.left() == 0:
        raise TimeoutError
    try:
        solution = _solver.minimize(
            problem,
            _limits(made, problem.columns),
            least=float(problem.weight.sum()),
            gap=0.0,
            clock=clock,
        )
    except _solver.NoPlanError:
        return None
    return problem.columns[solution.chosen]


def _assigned(
    made: _Instance,
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
        wrong = ", ".join(map(repr, labels[capacity < 0][:5]))
        raise ValidationError([f"capacities: negative for {wrong}; write 0 or more people."])
    cell = demand.index.get_indexer(cost.index.levels[0])[cost.index.codes[0]]
    column = labels.get_indexer(cost.index.levels[1])[cost.index.codes[1]]
    metres = cost.to_numpy(dtype=float)
    some = (column >= 0) & np.isfinite(metres) & (made.people[cell] > 0)
    cell, column, metres = _once(cell[some], column[some], metres[some])
    rows, row = np.unique(cell, return_inverse=True)
    limits = _limits(made, free)
    if limits.floors is not None:
        problem = limits.floors.problem
        none = sparse.csr_matrix((problem.cover.shape[0], fixed))
        cover = sparse.hstack([none, problem.cover]).tocsr()
        limits = limits._replace(
            floors=limits.floors._replace(problem=problem._replace(cover=cover))
        )
    limits = limits._replace(cost=np.concatenate([np.zeros(fixed), limits.cost]))
    worth = _worth(made, np.minimum(made.base, beyond)[made.cell] - made.metres)[:, free]
    guess = _search.Standing(worth, limits.cost[fixed:], limits.budget)
    guess.climb(clock)
    solution = _solver.assign(
        (row.ravel(), column, metres), made.people[rows], limits,
        fixed=fixed, capacity=np.where(np.isnan(capacity), math.inf, capacity), beyond=beyond,
        start=fixed + guess.columns(), gap=search.gap, clock=clock, watch=search.watch,
    )  # fmt: skip
    chosen = solution.chosen[solution.chosen >= fixed] - fixed
    return solution._replace(chosen=free[chosen], bound=max(solution.bound, 0.0))


def _farthest(
    model: Callable[..., Siting],
    candidates: pd.Index,
    apart: np.ndarray,
    limit: float,
    demand: pd.DataFrame,
    cost: CostTable | pd.Series,
    options: dict[str, Any],
) -> tuple[float, Siting] | None:
    """The largest distance at which a plan is still good enough, by halving, and that plan."""
    must = list(options["rules"].must_open)

    def at(ring: int) -> Siting | None:
        kept = [*must, *candidates[apart >= max(ring * _RING_M, 1e-6)]]
        inner = dataclasses.replace(
            options["rules"], may_not_open=tuple(set(options["rules"].may_not_open) & set(kept))
        )
        try:
            plan = model(demand, cost, **{**options, "candidates": kept, "rules": inner})
        except (InfeasibleError, TimeoutError):
            return None
        is_less = plan.goal in _LESS_IS_BETTER
        return plan if (plan.objective <= limit if is_less else plan.objective >= limit) else None

    finite = apart[np.isfinite(apart)]
    low, high = 0, int(finite.max(initial=0.0) // _RING_M) + 1
    best = at(0)
    if best is None or len(best.sites) == 0:
        return None
    while high - low > 1 and best.status != "stopped":
        middle = (low + high) // 2
        plan = at(middle)
        if plan is None or len(plan.sites) == 0:
            high = middle
        else:
            low, best = middle, plan
    return low * _RING_M, best


def _siting(
    made: _Instance,
    goal: str,
    solution: Solution,
    measure: _Measure,
    *,
    objective: float | None = None,
) -> Siting:
    """
    The plan with its sites in the order in which each helps most.

    The objective is measured anew from the sites, unless the measure cannot know it.
    """
    must = np.flatnonzero(made.is_must)
    chosen = np.union1d(must, solution.chosen).astype(int)
    is_own = np.isin(made.column, chosen)
    by_site = np.argsort(made.column[is_own], kind="stable")
    cell, column, metres = (a[is_own][by_site] for a in (made.cell, made.column, made.metres))
    ends = {c: slice(*np.searchsorted(column, [c, c + 1])) for c in chosen}
    near, depth = made.own.copy(), made.own_depth.copy()
    before, covered_before = measure(near, depth), _covered(made, near)
    rows, covered = [], covered_before
    waiting = [list(must), [c for c in chosen if c not in set(must)]]  # what must open comes first
    while waiting[0] or waiting[1]:
        group = waiting[0] or waiting[1]
        trials = []
        for candidate in group:
            own = ends[candidate]
            nearer, deeper = near.copy(), depth.copy()
            nearer[cell[own]] = np.minimum(near[cell[own]], metres[own])
            deeper[cell[own]] += metres[own] <= made.cutoff
            trials.append((measure(nearer, deeper), nearer, deeper))
        values = np.array([value for value, _, _ in trials])
        best = int(values.argmin() if goal in ("distance", "worst") else values.argmax())
        candidate, (value, near, depth) = group.pop(best), trials[best]
        after = _covered(made, near)
        rows.append((candidate, made.gross[candidate], after - covered, after, value))
        covered = after
    sites = pd.DataFrame(
        [row[1:] for row in rows],
        columns=["gross", "marginal", "cumulative", "objective"],
        index=pd.Index(made.candidates[[row[0] for row in rows]], name="id"),
        dtype=float,
    )
    objective = measure(near, depth) if objective is None else objective
    return Siting(
        goal=goal,
        sites=sites,
        objective=objective,
        before=before if goal != "facilities" else 0.0,
        **_gap(objective, solution.bound, solution),
        covered=covered,
        covered_before=covered_before,
        total=float(made.people.sum()),
        unreachable=float(made.people[~made.is_reached].sum()),
        asked=made.asked,
    )


def _covered(made: _Instance, metres: np.ndarray) -> float:
    """People whose nearest centre is within the cutoff; with none, all whom the table knows."""
    return float(made.people[(metres <= made.cutoff) & np.isfinite(metres)].sum())


def _gap(objective: float, bound: float, solution: Solution) -> dict[str, Any]:
    """Bound, gap and status of a plan; what differs by arithmetic only does not differ."""
    between = abs(bound - objective) / max(abs(objective), 1.0)
    if between <= _ARITHMETIC:
        between, bound = 0.0, objective
    elif not between <= 1:  # no share; how far the best is nobody knows
        between = math.nan
    status = "optimal" if between == 0 else solution.status.replace("optimal", "within gap")
    return {"bound": bound, "gap": between, "status": status}


def _raised(solution: Solution, have: float, sign: float = 1.0) -> Solution:
    """The solution of the part that was open to choice, with what was there already."""
    return solution._replace(value=have + sign * solution.value, bound=have + sign * solution.bound)


def _shifted(watch: Watch | None, have: float, sign: float = 1.0) -> Watch | None:
    return watch and (lambda value, bound: watch(have + sign * value, have + sign * bound))


def _beyond(cost: pd.Series, beyond: float | None) -> float:
    if beyond is None:
        finite = cost.to_numpy()[np.isfinite(cost.to_numpy())]
        return float(finite.max(initial=0.0))
    if not 0 <= beyond < math.inf:
        raise ValidationError([f"beyond is {beyond:g}; write 0 or more."])
    return float(beyond)


def _require_cutoff(cutoff: float) -> None:
    """Being covered needs a limit."""
    if not 0 <= cutoff < math.inf:
        raise ValidationError([f"cutoff is {cutoff:g}; write the largest acceptable cost."])


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
        )
        if len(absent := some[~some.isin(candidates)])
    ]
    both = set(rules.must_open) & set(rules.may_not_open)
    if both:
        problems.append(f"must_open and may_not_open both name {sorted(map(repr, both))}.")
    if rules.costs is not None and not ((rules.costs >= 0) & np.isfinite(rules.costs)).all():
        problems.append("costs: some are missing, negative or infinite; write 0 or more.")
    if rules.floor_by_street is not None and not 0 <= rules.floor_by_street <= 1:
        problems.append(f"floor_by_street is {rules.floor_by_street:g}; write 0 to 1.")
    if problems:
        raise ValidationError(problems)


def _prices(candidates: pd.Index, rules: Rules, *, is_priced: bool) -> np.ndarray:
    """What each candidate costs; 1 each where centres are counted."""
    if not is_priced or rules.costs is None:
        return np.ones(len(candidates))
    price = rules.costs.reindex(candidates).to_numpy(dtype=float)
    if np.isnan(price).any():
        absent = ", ".join(map(repr, candidates[np.isnan(price)][:5]))
        raise ValidationError([f"costs: there is none for {absent}."])
    return price


def _is_whole(number: object) -> bool:
    """Whether a number of centres can be built: 2 and 2.0 can, 2.5 and True cannot."""
    if isinstance(number, bool | np.bool_) or not isinstance(number, numbers.Real):
        return False
    return float(number).is_integer()


def _budget(new: int | None, rules: Rules) -> float:
    """How many centres, or how much of their costs, a plan may take."""
    if (new is None) == (rules.budget is None):
        raise ValidationError(["say how many new centres, or give rules with a budget; not both."])
    if rules.budget is not None and rules.costs is None:
        raise ValidationError(["a budget needs costs; give each candidate its own."])
    if new is not None and not _is_whole(new):
        raise ValidationError([f"new is {new!r}; write a whole number of centres."])
    budget = float(rules.budget if new is None else new)  # type: ignore[arg-type]
    if not 0 <= budget < math.inf:
        raise ValidationError([f"new centres or budget is {budget:g}; write 0 or more."])
    return budget
