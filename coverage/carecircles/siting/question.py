"""What is asked of a siting model and what it answers; a question as arrays."""

import contextlib
import dataclasses
import heapq
import math
import numbers
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from carecircles import _html
from carecircles.errors import InfeasibleError, OutOfTimeError, ValidationError
from carecircles.people import headline_of
from carecircles.reach import CostTable, pairs_in
from carecircles.reach._pairs import stable_order
from carecircles.siting import _bound, _search, _terms
from carecircles.siting._search import Watch
from carecircles.siting._terms import Clock, Floors, Limits, Solution
from carecircles.siting.goals import GOALS
from carecircles.words import Sentence, joined, listed

ARITHMETIC = 1e-7  # share of the people by which two sums of the same may differ


@dataclass(frozen=True, eq=False)
class Rules:
    """
    What a plan has to keep to.

    Attributes
    ----------
    required
        Labels of centres that stay.
    candidates
        Labels of places where a centre could open; all others of the cost table if None. Of equally
        good plans the search finds the same one again for the same input.
    must_open, may_not_open
        Labels of candidates.
    prices
        What each candidate costs; with a `budget` the plan may spend that instead of a number of
        centres.
    budget
        What may be spent, in the unit of the prices.
    floor_by_street
        The least share of the people of every street that is to be covered (0 to 1).
    capacities
        People each centre can serve, by required centre and candidate, no limit where there is none;
        only `minimize_cost` heeds them.
    """

    required: Collection[Hashable] = ()
    candidates: Collection[Hashable] | None = None
    must_open: tuple[Hashable, ...] = ()
    may_not_open: tuple[Hashable, ...] = ()
    prices: pd.Series | None = None
    budget: float | None = None
    floor_by_street: float | None = None
    capacities: pd.Series | None = None


@dataclass(eq=False)
class Memory:
    """
    What one search leaves to the next of the same question: about another number, or fewer candidates.

    A class because it is filled while a search goes on. `made` is the question of all its candidates,
    `small` its covering problem made small, in which some candidates were `replaced_by` others, `leads` the
    search over it; `dual` says which share of its
    people, or of their credit, each place counts anyway in the bound (see `_bound.Leads`).
    """

    made: "Instance | None" = None
    small: _search.Covering | None = None
    replaced_by: np.ndarray = field(default_factory=lambda: np.array([], dtype=int))
    leads: _bound.Leads | None = None
    dual: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Search:
    """
    How long to search and for how good a plan.

    The search stops when the plan is proven to be within `gap` (a share) of the best, 0 for the best
    itself, or after `time_limit` seconds with the best plan so far and its bound, as after Ctrl-C.
    `watch` is called on long runs with the objective so far and the bound. The time counts from
    `since`, a `time.monotonic()`, or from the call of the model if None. `memory` is shared by searches
    of one question (`curve`, `alternatives`); a plan that is not `at_least` so good is of no use, and
    one as good as `enough` ends the search.
    """

    gap: float = 0.0
    time_limit: float = 60.0
    watch: Watch | None = None
    since: float | None = None
    memory: Memory | None = None
    at_least: float | None = None
    enough: float | None = None


class Reached(NamedTuple):
    """The equivalent distance that will do, that of before, and that of the plan."""

    asked: float
    before: float
    then: float


@dataclass(frozen=True, eq=False)
class Siting:
    """
    A plan and how good it is, in persons of the weight it was made for.

    `sites` is indexed by candidate in the order in which to build, each the one that helps most:
    gross (people within the cutoff of it), marginal (people it adds to those covered by the required
    centres and the sites before it), cumulative (people covered when it stands), objective (what the
    model makes best, when it stands).

    `goal` names the model (one of `GOALS`). `objective` is what it made best (see there for its unit), `before` the same of the
    required centres alone, `bound` what no plan can beat, `gap` the share between objective and
    bound, 0 to 1, NaN where the bound says too little. `status` is 'optimal', 'within gap' (the gap that was asked for), 'time limit' or
    'stopped'. `covered` are the people within the cutoff in the end, `covered_before` of the
    required centres alone, `total` all people, `unreachable` those whom neither a required centre
    nor a candidate reaches. `asked` is the number of new centres asked for, None where it was a budget
    or to be found; the plan has fewer `sites` where more would not help. `unmeasured` is the number of
    candidates for which there was no time: the bound is what it is without knowing anything of them.
    `kappa` is that of the goals 'fair' and 'fewest', else None, and `reached` what the latter brings the equivalent
    distance to.
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
    unmeasured: int = 0
    kappa: float | None = None
    reached: Reached | None = None

    def _repr_html_(self) -> str:
        whole = self.total if GOALS[self.goal].is_mean and self.total else 1.0
        shown = ["gross", "marginal", "cumulative"]
        return _html.panel(
            GOALS[self.goal].what,
            [
                (label, _html.people(value / whole))
                for label, value in (
                    ("with the new centres", self.objective),
                    ("before", self.before),
                    ("no plan can beat", self.bound),
                )
            ]
            + [
                ("status", self.status),
                ("people covered", f"{_html.people(self.covered)} of {_html.people(self.total)}"),
            ],
            columns=("site", *shown),
            rows=[
                (site, *map(_html.people, figures))
                for site, figures in zip(
                    self.sites.index, self.sites[shown].to_numpy(), strict=True
                )
            ],
        )


def pairs_of(cost: CostTable | pd.Series, cutoff: float | None) -> tuple[pd.Series, float]:
    """The costs by pair, and the cutoff that holds."""
    if not isinstance(cost, CostTable):
        if cost.index.nlevels != 2:
            told = "`cost` is not indexed by pairs; give it two levels, (demand, facility)."
            zh = "`cost` 的索引不是成对的；请用两级索引（demand，facility）。"
            raise ValidationError([Sentence(told, zh=zh)])
        return cost, math.inf if cutoff is None else cutoff
    if cutoff is not None and not cutoff <= cost.cutoff:
        told = f"`cost` ends at {cost.cutoff:g}, below the cutoff of {cutoff:g}; make it anew."
        zh = f"`cost` 只算到 {cost.cutoff:g}，小于上限 {cutoff:g}；请重新计算。"
        raise ValidationError([Sentence(told, zh=zh)])
    return cost.table, cost.cutoff if cutoff is None else cutoff


Measure = Callable[[np.ndarray, np.ndarray], float]  # of the nearest centre and of how many


@dataclass(frozen=True, eq=False)
class Instance:
    """
    A question as arrays: people by place, and the pairs of place, candidate and metres that matter.

    `own` are the metres from each place to the nearest required centre, `own_depth` how many of them
    reach it; `base` and `depth` the same with the candidates that must open. `origin` says which candidate
    of the question it was made from each one is. `gross` are the people
    each candidate reaches, `least` how many more people each street must have covered.
    """

    goal: str
    people: np.ndarray
    cell: np.ndarray
    column: np.ndarray
    metres: np.ndarray
    required: pd.Index
    candidates: pd.Index
    origin: np.ndarray
    gross: np.ndarray
    price: np.ndarray
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
    said: Sentence
    floor: float
    asked: int | None
    begun: float


def instance_of(
    goal: str,
    demand: pd.DataFrame,
    cost: pd.Series,
    cutoff: float,
    weight: str | pd.Series | None,
    rules: Rules | None,
    new: int | None,
    memory: Memory | None = None,
) -> Instance:
    """The question, checked; of one that is known already only what it differs in."""
    begun, rules = time.monotonic(), rules or Rules()
    budget = math.inf if GOALS[goal].finds_number else _budget(new, rules)
    if memory is not None and memory.made is not None:
        made = _among(memory.made, rules)
    else:
        made = _measured(goal, demand, cost, cutoff, weight, rules, is_priced=new is None)
        if memory is not None:
            memory.made = made
    taken, said = float(made.price[made.is_must].sum()), _said(new, budget)
    budget *= 1 + _terms.FEASIBLE
    if taken > budget:
        told = f"the centres that must open take {taken:g} of {budget:g}; allow more."
        zh = f"必须开设的中心需要 {taken:g}，而上限是 {budget:g}；请放宽上限。"
        raise InfeasibleError(Sentence(told, zh=zh))
    # A budget of 1 to 2, so that what a solver lets pass is always the same share of it.
    unit = 2.0 ** math.floor(math.log2(budget)) if 0 < budget < math.inf else 1.0
    return dataclasses.replace(
        made,
        price=np.minimum(made.price, 2 * budget) / unit if budget else made.price,
        budget=max(budget - taken, 0.0) / unit,
        least=_floors(made, rules.floor_by_street),
        said=said,
        asked=None if new is None else int(new),
        begun=begun,
    )


def _measured(
    goal: str,
    demand: pd.DataFrame,
    cost: pd.Series,
    cutoff: float,
    weight: str | pd.Series | None,
    rules: Rules,
    *,
    is_priced: bool,
) -> Instance:
    """The question of all its candidates, whatever may be spent."""
    if rules.floor_by_street is not None:
        require_cutoff(cutoff)
        if demand["street"].isna().any():
            told = "`demand` has places without a street; a floor needs them all."
            zh = "`demand` 中有地点没有所属街道；各街道有最低覆盖率时每个地点都须有街道。"
            raise ValidationError([Sentence(told, zh=zh)])
    if not demand.index.is_unique:
        told = "`demand` has labels more than once in its index; make them unique."
        raise ValidationError([Sentence(told, zh="`demand` 的索引中有重复的标签；请使其唯一。")])
    people = people_of(demand, weight)
    pairs = pairs_in(cost)
    labels = pairs.levels[1]
    required = pd.Index(list(rules.required), dtype=object).unique()
    candidates = rules.candidates
    named = labels[~labels.isin(required)] if candidates is None else pd.Index(list(candidates))
    _refuse_unknown(labels, named, required, rules)
    if rules.capacities is not None and not GOALS[goal].heeds_capacities:
        told = f"capacities do not count for the goal {goal!r}; leave them out."
        raise ValidationError([Sentence(told, zh=f"目标 {goal!r} 不考虑容量；请不要给出容量。")])
    may = named[~named.isin(required) & ~named.isin(list(rules.may_not_open))].unique()
    price = _prices(may, rules, is_priced=is_priced)
    is_must = may.isin(list(rules.must_open))
    places = demand.index.get_indexer(pairs.levels[0]).astype(np.int32)
    place, centre = places[pairs.codes[0]], pairs.codes[1]
    if (place < 0).any():
        told = "`cost` has places that are not in `demand`; use one demand for both."
        zh = "`cost` 中有 `demand` 没有的地点；两者请用同一份需求表。"
        raise ValidationError([Sentence(told, zh=zh)])

    metres = cost.to_numpy(dtype=float)
    size, is_required = len(demand), labels.isin(required)[centre]
    own = np.full(size, math.inf)
    np.minimum.at(own, place[is_required], metres[is_required])
    near = is_required & (metres <= cutoff)
    own_depth = np.bincount(each_once(place[near], centre[near], metres[near])[0], minlength=size)
    column = may.get_indexer(labels).astype(np.int32)[centre]
    is_near = metres <= cutoff if math.isfinite(cutoff) else np.isfinite(metres)
    matters = (column >= 0) & (is_near | (metres < own[place]))
    cell, column, metres = each_once(place[matters], column[matters], metres[matters])
    is_near = metres <= cutoff
    gross = np.bincount(column[is_near], people[cell[is_near]], minlength=len(may))
    is_in_table, is_reached = _reached(own, cell, metres, cutoff)
    if not math.isfinite(cutoff):
        nearer = metres < own[cell]
        cell, column, metres = cell[nearer], column[nearer], metres[nearer]

    base, depth, of_must = own.copy(), own_depth.copy(), is_must[column]
    np.minimum.at(base, cell[of_must], metres[of_must])
    depth += np.bincount(cell[of_must & (metres <= cutoff)], minlength=size)
    street, streets = np.zeros(size, dtype=int), pd.Index([])
    if rules.floor_by_street is not None:
        street, streets = pd.factorize(demand["street"])
    return Instance(
        goal=goal,
        people=people,
        cell=cell,
        column=column,
        metres=metres,
        required=required,
        candidates=may,
        origin=np.arange(len(may)),
        gross=gross,
        price=price,
        budget=math.inf,
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
        least=None,
        said=_said(None, math.inf),
        floor=rules.floor_by_street or 0.0,
        asked=None,
        begun=math.nan,
    )


def _among(made: Instance, rules: Rules) -> Instance:
    """The question of some of its candidates; those that must open are among them."""
    if rules.candidates is None:
        return made
    stays = np.zeros(len(made.candidates) + 1, dtype=bool)  # the last one stands for the unknown
    stays[made.candidates.get_indexer(pd.Index(rules.candidates))] = True
    stays[made.candidates.get_indexer(pd.Index(list(rules.may_not_open), dtype=object))] = False
    stays = stays[:-1]
    if stays.all():
        return made
    now, of_pair = np.cumsum(stays, dtype=np.int32) - 1, stays[made.column]
    cell, metres = made.cell[of_pair], made.metres[of_pair]
    is_in_table, is_reached = _reached(made.own, cell, metres, made.cutoff)
    return dataclasses.replace(
        made,
        cell=cell,
        column=now[made.column[of_pair]],
        metres=metres,
        candidates=made.candidates[stays],
        origin=made.origin[stays],
        gross=made.gross[stays],
        price=made.price[stays],
        is_must=made.is_must[stays],
        is_in_table=is_in_table,
        is_reached=is_reached,
    )


def _reached(
    own: np.ndarray, cell: np.ndarray, metres: np.ndarray, cutoff: float
) -> tuple[np.ndarray, np.ndarray]:
    """Which places the table knows a way from, and which are within the cutoff of some centre."""
    is_in_table = np.isfinite(own)
    is_in_table[cell[np.isfinite(metres)]] = True
    is_reached = own <= cutoff if math.isfinite(cutoff) else is_in_table.copy()
    is_reached[cell[metres <= cutoff]] = True
    return is_in_table, is_reached


def _said(new: int | None, budget: float) -> Sentence:
    """What a plan may take, in words."""
    if new is None:
        return Sentence(f"a budget of {budget:g}", zh=f"费用在 {budget:g} 以内")
    return Sentence(f"{new} new centre{'' if new == 1 else 's'}", zh=f"新增 {new} 个中心")


def each_once(
    cell: np.ndarray, column: np.ndarray, metres: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each pair of place and centre once, with its least metres."""
    if (column[1:] < column[:-1]).any():
        order = stable_order(column)
        cell, column, metres = cell[order], column[order], metres[order]
    # From columns to rows: each pair is moved once.
    shape = (int(cell.max(initial=-1)) + 1, int(column.max(initial=-1)) + 1)
    begins = np.searchsorted(column, np.arange(shape[1] + 1))
    rows = sparse.csc_matrix((metres, cell, begins), shape=shape).tocsr()
    cell = np.repeat(np.arange(shape[0], dtype=np.int32), np.diff(rows.indptr))
    column, metres = rows.indices, rows.data
    is_new = np.ones(len(cell), dtype=bool)
    is_new[1:] = (cell[1:] != cell[:-1]) | (column[1:] != column[:-1])
    if is_new.all():
        return cell, column, metres
    first = np.flatnonzero(is_new)
    return cell[first], column[first], np.minimum.reduceat(metres, first)


def _floors(made: Instance, share: float | None) -> np.ndarray | None:
    """How many more people are to be covered in each street; an error if they cannot be reached."""
    if share is None:
        return None
    everyone, streets = np.full(len(made.people), True), made.streets
    people, reached, covered = (
        np.bincount(made.street[some], made.people[some], minlength=len(streets))
        for some in (everyone, made.is_reached, made.base <= made.cutoff)
    )
    missing = share * people - reached
    if (missing > 1e-6).any():
        lines = [
            Sentence(
                f"street {streets[n]}: {reached[n]:,.0f} of {people[n]:,.0f} people can be reached, "
                f"{_persons(missing[n])} too few",
                zh=f"{_street(streets[n])}的 {people[n]:,.0f} 人中可达 {reached[n]:,.0f} 人，"
                f"少 {_persons(missing[n])} 人",
            )
            for n in np.flatnonzero(missing > 1e-6).tolist()
        ]
        streets_told = joined(lines, Sentence("; ", zh="；"))
        zh = f"无法达到各街道的最低覆盖率：{streets_told.zh}。"
        raise InfeasibleError(Sentence(f"the floor cannot be met: {streets_told}.", zh=zh))
    least = share * people - covered
    return np.where(least > 1e-9, least * (1 - 1e-12), 0.0)


@contextlib.contextmanager
def solving(made: Instance, search: Search) -> Iterator[Clock]:
    """The time for a search; what the solver calls impossible is said in the words of the rules."""
    with _terms.started(search.time_limit, since=search.since or made.begun) as clock:
        try:
            yield clock
        except _terms.NoPlanError:
            floor, short = f"{100 * made.floor:g} %", _shortfalls(made)
            told = Sentence(
                f"no plan of {made.said} keeps every street at {floor}; allow more, or lower the "
                f"floor. With the best found, {short}.",
                zh=f"{made.said.zh}时，无法使每个街道的覆盖率都达到 {floor}；请放宽上限，或降低最低覆盖率。"
                f"按找到的最好方案，{short.zh}。",
            )
            raise InfeasibleError(told) from None
        except TimeoutError as err:
            stopped = Sentence(
                f"stopped after {clock.spent():.0f} s; no plan that meets the rules was found by then.",
                zh=f"在 {clock.spent():.0f} 秒后停止；此前没有找到满足条件的方案。",
            )
            said = stopped if clock.stopped.is_set() else too_late(search.time_limit)
            raise OutOfTimeError(joined([said, *err.args], "")) from None


def too_late(seconds: float) -> Sentence:
    """That no plan was found in the time."""
    return Sentence(
        f"no plan that meets the rules was found in {seconds:g} seconds; allow more time.",
        zh=f"在 {seconds:g} 秒内没有找到满足条件的方案；请延长时间。",
    )


def _shortfalls(made: Instance) -> Sentence:
    """Which streets miss their floor by how many people, when as many as possible are covered there."""
    limits = limits_of(made)
    problem, least = limits.floors.problem, limits.floors.least  # type: ignore[union-attr]  # a floor was asked for
    plan = _search.Standing(_search.worths(problem), limits.price, limits.budget)
    plan.climb(Clock(1.0))
    covered = np.bincount(problem.group, plan.first, minlength=len(least))
    missing = least - covered
    lines = [
        Sentence(
            f"street {made.streets[n]} is {_persons(missing[n])} people short",
            zh=f"{_street(made.streets[n])}还差 {_persons(missing[n])} 人",
        )
        for n in np.flatnonzero(missing > 1e-6).tolist()
    ]
    return joined(lines, Sentence(", ", zh="，"))


def _street(label: Hashable) -> str:
    """A street in Chinese; one with a name of its own says what it is."""
    return label.zh if isinstance(label, Sentence) else f"街道 {label} "


def _persons(people: float) -> str:
    return f"{people:,.0f}" if people >= 1 else f"{people:.2g}"


def covering_of(
    made: Instance, is_row: np.ndarray, radius: float
) -> tuple[_search.Covering, np.ndarray]:
    """The covering problem of some places with people, and which place each row is."""
    some = is_row[made.cell] & (made.metres <= radius) & (made.people[made.cell] > 0)
    some &= ~made.is_must[made.column]
    cell, column = made.cell[some], made.column[some]
    rows = np.flatnonzero(np.bincount(cell, minlength=len(made.people)))
    begins = np.searchsorted(cell, np.append(rows, len(made.people)))  # pairs stand by places
    shape = (len(rows), len(made.candidates))
    cover = sparse.csr_matrix((np.ones(len(cell)), column, begins), shape=shape)
    group, columns = np.zeros(len(rows), dtype=int), np.arange(len(made.candidates))
    return _search.Covering(cover, made.people[rows], group, columns, np.arange(len(rows))), rows


def limits_of(made: Instance, columns: np.ndarray | None = None) -> Limits:
    """What the plan may take beside the candidates that must open, for these columns."""
    columns = np.arange(len(made.candidates)) if columns is None else columns
    if made.least is None:
        return Limits(made.price[columns], made.budget)
    problem, rows = covering_of(made, made.base > made.cutoff, made.cutoff)
    of_streets = problem._replace(cover=problem.cover[:, columns], group=made.street[rows])
    return Limits(made.price[columns], made.budget, Floors(_search.merged(of_streets), made.least))


def siting_of(
    made: Instance,
    solution: Solution,
    measure: Measure,
    clock: Clock,
    *,
    objective: float | None = None,
) -> Siting:
    """
    The plan with its sites in the order in which each helps most.

    The objective is measured anew from the sites, unless the measure cannot know it. Where what a site
    brings never grows with others, or the time is up, only those are tried that could bring most.
    """
    row = GOALS[made.goal]
    sign = -1.0 if row.is_less_better and not row.finds_number else 1.0
    must = np.flatnonzero(made.is_must)
    chosen = np.union1d(must, solution.chosen).astype(int)
    is_own = np.isin(made.column, chosen)
    by_site = np.argsort(made.column[is_own], kind="stable")
    cell, column, metres = (a[is_own][by_site] for a in (made.cell, made.column, made.metres))
    ends = {c: slice(*np.searchsorted(column, [c, c + 1])) for c in chosen}
    near, depth = made.own.copy(), made.own_depth.copy()
    before, covered_before = measure(near, depth), _covered(made, near)
    rows, covered, value = [], covered_before, before

    def opened(candidate: int) -> tuple[float, np.ndarray, np.ndarray]:
        own = ends[candidate]
        nearer, deeper = near.copy(), depth.copy()
        nearer[cell[own]] = np.minimum(near[cell[own]], metres[own])
        deeper[cell[own]] += metres[own] <= made.cutoff
        return measure(nearer, deeper), nearer, deeper

    for group in (must, np.setdiff1d(chosen, must)):  # what must open comes first
        waiting = [(-math.inf, int(candidate)) for candidate in group]  # what each brings at most
        while waiting:
            tried = set[int]()
            while waiting[0][1] not in tried:
                candidate = waiting[0][1]
                tried.add(candidate)
                gain = sign * (opened(candidate)[0] - (0.0 if row.may_grow else value))
                heapq.heapreplace(waiting, (-gain, candidate))
            candidate = heapq.heappop(waiting)[1]
            value, near, depth = opened(candidate)
            after = _covered(made, near)
            rows.append((candidate, made.gross[candidate], after - covered, after, value))
            covered = after
            if row.may_grow and clock.left():
                waiting = [(-math.inf, other) for _, other in sorted(waiting, key=lambda w: w[1])]
    sites = pd.DataFrame(
        [row[1:] for row in rows],
        columns=["gross", "marginal", "cumulative", "objective"],
        index=pd.Index(made.candidates[[row[0] for row in rows]], name="id"),
        dtype=float,
    )
    objective = measure(near, depth) if objective is None else objective
    return Siting(
        goal=made.goal,
        sites=sites,
        objective=objective,
        before=0.0 if row.finds_number else before,
        **_gap(objective, solution.bound, solution),
        covered=covered,
        covered_before=covered_before,
        total=float(made.people.sum()),
        unreachable=float(made.people[~made.is_reached].sum()),
        asked=made.asked,
    )


def _covered(made: Instance, metres: np.ndarray) -> float:
    """People whose nearest centre is within the cutoff; with none, all whom the table knows."""
    return float(made.people[(metres <= made.cutoff) & np.isfinite(metres)].sum())


def _gap(objective: float, bound: float, solution: Solution) -> dict[str, Any]:
    """Bound, gap and status of a plan; what differs by arithmetic only does not differ."""
    between = abs(bound - objective) / max(abs(objective), 1.0)
    if between <= ARITHMETIC:
        between, bound = 0.0, objective
    elif not between <= 1:  # no share; how far the best is nobody knows
        between = math.nan
    status = "optimal" if between == 0 else solution.status.replace("optimal", "within gap")
    return {"bound": bound, "gap": between, "status": status}


def raised(solution: Solution, have: float, sign: float = 1.0) -> Solution:
    """The solution of the part that was open to choice, with what was there already."""
    return solution._replace(value=have + sign * solution.value, bound=have + sign * solution.bound)


def beyond_of(cost: pd.Series, beyond: float | None) -> float:
    if beyond is None:
        finite = cost.to_numpy()[np.isfinite(cost.to_numpy())]
        return float(finite.max(initial=0.0))
    if not 0 <= beyond < math.inf:
        told = f"beyond is {beyond:g}; write 0 or more."
        raise ValidationError([Sentence(told, zh=f"beyond 是 {beyond:g}；请写 0 或更大的数。")])
    return float(beyond)


def require_cutoff(cutoff: float) -> None:
    """Being covered needs a limit."""
    if not 0 <= cutoff < math.inf:
        told = f"cutoff is {cutoff:g}; write the largest acceptable cost."
        zh = f"cutoff 是 {cutoff:g}；请写可接受的最大距离。"
        raise ValidationError([Sentence(told, zh=zh)])


def people_of(demand: pd.DataFrame, weight: str | pd.Series | None) -> np.ndarray:
    """The people at each place, checked; those whose figures come first if nobody says whose."""
    if weight is None:
        weight = headline_of(demand)
    if isinstance(weight, str) and weight not in demand:
        told = f"`demand` has no column {weight!r}; name one with people in it."
        zh = f"`demand` 没有列 {weight!r}；请写一个人口列。"
        raise ValidationError([Sentence(told, zh=zh)])
    series = demand[weight] if isinstance(weight, str) else weight.reindex(demand.index)
    people = series.to_numpy(dtype=float)
    wrong = ~np.isfinite(people) | (people < 0)
    if wrong.any():
        some, count = few(demand.index[wrong]), int(wrong.sum())
        told = f"weight: {count} values are missing or negative ({some}); write 0 or more people."
        zh = f"weight：有 {count} 个值缺失或为负（{some.zh}）；请写 0 或更多的人数。"
        raise ValidationError([Sentence(told, zh=zh)])
    return people


def few(labels: Iterable[Hashable]) -> Sentence:
    """The first of some labels, as they are written in Python."""
    return joined([repr(label) for label in list(labels)[:5]], Sentence(", ", zh="、"))


def _refuse_unknown(
    labels: pd.Index, candidates: pd.Index, required: pd.Index, rules: Rules
) -> None:
    problems = [
        Sentence(
            f"{name}: {len(absent)} labels are not in `cost` ({few(absent)}).",
            zh=f"{name}：有 {len(absent)} 个标签不在 `cost` 中（{few(absent).zh}）。",
        )
        for name, some in (("required", required), ("candidates", candidates))
        if len(absent := some[labels.get_indexer(some) < 0])
    ]
    problems += [
        Sentence(
            f"{name}: {len(absent)} labels are no candidates ({few(absent)}).",
            zh=f"{name}：有 {len(absent)} 个标签不是候选点（{few(absent).zh}）。",
        )
        for name, some in (
            ("must_open", pd.Index(list(rules.must_open), dtype=object)),
            ("may_not_open", pd.Index(list(rules.may_not_open), dtype=object)),
        )
        if len(absent := some[~some.isin(candidates)])
    ]
    both = set(rules.must_open) & set(rules.may_not_open)
    if both:
        twice = listed(sorted(map(repr, both)))
        told = f"must_open and may_not_open both name {twice}."
        zh = f"must_open 与 may_not_open 都写了 {twice.zh}。"
        problems.append(Sentence(told, zh=zh))
    if rules.prices is not None and not ((rules.prices >= 0) & np.isfinite(rules.prices)).all():
        told = "prices: some are missing, negative or infinite; write 0 or more."
        problems.append(Sentence(told, zh="prices：有缺失、为负或无穷的值；请写 0 或更大的数。"))
    if rules.floor_by_street is not None and not 0 <= rules.floor_by_street <= 1:
        told = f"floor_by_street is {rules.floor_by_street:g}; write 0 to 1."
        zh = f"floor_by_street 是 {rules.floor_by_street:g}；请写 0 到 1。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)


def _prices(candidates: pd.Index, rules: Rules, *, is_priced: bool) -> np.ndarray:
    """What each candidate costs; 1 each where centres are counted."""
    if not is_priced or rules.prices is None:
        return np.ones(len(candidates))
    price = rules.prices.reindex(candidates).to_numpy(dtype=float)
    if np.isnan(price).any():
        absent = few(candidates[np.isnan(price)])
        told = f"prices: there is none for {absent}."
        raise ValidationError([Sentence(told, zh=f"prices：缺少 {absent.zh} 的费用。")])
    return price


def is_whole(number: object) -> bool:
    """Whether a number of centres can be built: 2 and 2.0 can, 2.5 and True cannot."""
    if isinstance(number, bool | np.bool_) or not isinstance(number, numbers.Real):
        return False
    return float(number).is_integer()


def _budget(new: int | None, rules: Rules) -> float:
    """How many centres, or how much of their prices, a plan may take."""
    if (new is None) == (rules.budget is None):
        told = "say how many new centres, or give rules with a budget; not both."
        zh = "请写新增中心的数量，或在 rules 中写预算；两者只写一个。"
        raise ValidationError([Sentence(told, zh=zh)])
    if rules.budget is not None and rules.prices is None:
        told = "a budget needs prices; give each candidate its own."
        raise ValidationError([Sentence(told, zh="有预算就须有费用；请写出每个候选点的费用。")])
    if new is not None and not is_whole(new):
        told = f"new is {new!r}; write a whole number of centres."
        raise ValidationError([Sentence(told, zh=f"new 是 {new!r}；请写整数个中心。")])
    budget = float(new if rules.budget is None else rules.budget)  # type: ignore[arg-type]  # one is given
    if not 0 <= budget < math.inf:
        told = f"new centres or budget is {budget:g}; write 0 or more."
        zh = f"新增中心数或预算是 {budget:g}；请写 0 或更大的数。"
        raise ValidationError([Sentence(told, zh=zh)])
    return budget
