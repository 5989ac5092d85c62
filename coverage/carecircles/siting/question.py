"""What is asked of a siting model, checked and measured once."""

import dataclasses
import math
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd

from carecircles.errors import InfeasibleError, ValidationError
from carecircles.people import headline_of
from carecircles.reach import CostTable, pairs_in
from carecircles.reach._pairs import in_pieces, pieces
from carecircles.siting import _floors, _streets, _terms
from carecircles.siting._instance import Instance, among, each_once, in_order, reached_of
from carecircles.siting.goals import GOALS
from carecircles.siting.rules import Rules, budget_of, few, prices_of, refuse_unknown, said_of
from carecircles.siting.search import Memory
from carecircles.words import Sentence


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
    budget = math.inf if GOALS[goal].finds_number else budget_of(new, rules)
    if memory is not None and memory.made is not None:
        made = among(memory.made, rules)
    else:
        made = _measured(goal, demand, cost, cutoff, weight, rules, is_priced=new is None)
        if memory is not None:
            memory.made = made
    taken, said = float(made.price[made.is_must].sum()), said_of(new, budget)
    budget *= 1 + _terms.FEASIBLE
    if taken > budget:
        told = f"the centres that must open take {taken:g} of {budget:g}; allow more."
        zh = f"必须开设的中心需要 {taken:g}，而上限是 {budget:g}；请放宽上限。"
        raise InfeasibleError(Sentence(told, zh=zh))
    # A budget of 1 to 2, so that what a solver lets pass is always the same share of it.
    unit = 2.0 ** math.floor(math.log2(budget)) if 0 < budget < math.inf else 1.0
    _floors.require_nearness(made)
    return dataclasses.replace(
        made,
        price=np.minimum(made.price, 2 * budget) / unit if budget else made.price,
        budget=max(budget - taken, 0.0) / unit,
        least=_floors.least_of(made, rules.floor_by_street),
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
    by_each = (rules.floor_by_street, rules.floor_metres_by_street, rules.least_by_street)
    is_by_street = any(rule is not None for rule in by_each)
    if is_by_street and demand["street"].isna().any():
        told = "`demand` has places without a street; a rule by street needs them all."
        zh = "`demand` 中有地点没有所属街道；有各街道的规则时每个地点都须有街道。"
        raise ValidationError([Sentence(told, zh=zh)])
    if not demand.index.is_unique:
        told = "`demand` has labels more than once in its index; make them unique."
        raise ValidationError([Sentence(told, zh="`demand` 的索引中有重复的标签；请使其唯一。")])
    order = in_order(demand.index)
    if (order[1:] < order[:-1]).any():  # a copy of many places takes its time
        demand = demand.iloc[order]
    people = people_of(demand, weight)
    pairs = pairs_in(cost)
    labels = pairs.levels[1]
    required = pd.Index(list(rules.required), dtype=object).unique()
    candidates = rules.candidates
    named = labels[~labels.isin(required)] if candidates is None else pd.Index(list(candidates))
    refuse_unknown(labels, named, required, rules)
    if rules.capacities is not None and not GOALS[goal].heeds_capacities:
        told = f"capacities do not count for the goal {goal!r}; leave them out."
        raise ValidationError([Sentence(told, zh=f"目标 {goal!r} 不考虑容量；请不要给出容量。")])
    if rules.floor_metres_by_street is not None:
        _require_nearness_counts(goal, rules)
    may = named[~named.isin(required) & ~named.isin(list(rules.may_not_open))].unique()
    may, required = may[in_order(may)], required[in_order(required)]
    price = prices_of(may, rules, is_priced=is_priced)
    is_must = may.isin(list(rules.must_open))
    place_of = demand.index.get_indexer(pairs.levels[0])
    column_of, is_required = may.get_indexer(labels), labels.isin(required)
    metres, size = cost.to_numpy(dtype=float), len(demand)

    def every() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for some in pieces(len(metres)):
            place, centre = (code[some] for code in pairs.codes)
            yield place_of[place], centre, metres[some]

    own, near = np.full(size, math.inf), [(np.array([], int), np.array([], int), np.array([]))]
    for cell, centre, costs in every():
        if (cell < 0).any():
            why = "`cost` has places that are not in `demand`; use one demand for both."
            zh = "`cost` 中有 `demand` 没有的地点；两者请用同一份需求表。"
            raise ValidationError([Sentence(why, zh=zh)])
        of_own = is_required[centre]
        cell, centre, costs = cell[of_own], centre[of_own], costs[of_own]
        np.minimum.at(own, cell, costs)
        is_near = costs <= cutoff
        near.append((cell[is_near], centre[is_near], costs[is_near]))
    reaching = in_pieces(*map(np.concatenate, zip(*near, strict=True)))
    reached = np.bincount(each_once(reaching, size, len(labels))[0], minlength=size)
    own_depth = reached.astype(np.int32)

    def mattering() -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        for cell, centre, costs in every():
            column = column_of[centre]
            is_near = costs <= cutoff if math.isfinite(cutoff) else np.isfinite(costs)
            some = (column >= 0) & (is_near | (costs < own[cell]))
            yield cell[some], column[some], costs[some]

    cell, column, metres_of = each_once(mattering, size, len(may))
    gross = np.zeros(len(may))
    for some in pieces(len(cell)):
        is_near = metres_of[some] <= cutoff
        np.add.at(gross, column[some][is_near], people[cell[some][is_near]])
    is_in_table, is_reached = reached_of(own, cell, metres_of, cutoff)
    if not math.isfinite(cutoff):
        nearer = metres_of < own[cell]
        if not nearer.all():
            cell, column, metres_of = cell[nearer], column[nearer], metres_of[nearer]

    base, depth = own.copy(), own_depth.copy()
    if is_must.any():
        of_must = is_must[column]
        np.minimum.at(base, cell[of_must], metres_of[of_must])
        depth += np.bincount(cell[of_must & (metres_of <= cutoff)], minlength=size)
    street, streets = np.zeros(size, dtype=int), pd.Index([])
    by_street = None
    if is_by_street:
        street, streets = pd.factorize(demand["street"])
    if rules.least_by_street is not None and rules.street_of is not None:
        by_street = _streets.with_least(
            int(rules.least_by_street), pd.Index(streets), rules.street_of, may, [*required, *rules.must_open]
        )  # fmt: skip
    return Instance(
        goal=goal,
        places=demand.index,
        people=people,
        cell=cell,
        column=column,
        metres=metres_of,
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
        by_street=by_street,
        said=said_of(None, math.inf),
        floor=rules.floor_by_street or 0.0,
        asked=None,
        begun=math.nan,
        mean=rules.floor_metres_by_street,
        far=beyond_of(cost, None),
    )


def _require_nearness_counts(goal: str, rules: Rules) -> None:
    """Whether a goal heeds the mean distance of each street."""
    if not GOALS[goal].heeds_means:
        every = [repr(name) for name, row in GOALS.items() if row.heeds_means]
        told = f"floor_metres_by_street does not count for the goal {goal!r}; use {', '.join(every)}, or leave it out."
        zh = f"目标 {goal!r} 不考虑 floor_metres_by_street；请改用 {'、'.join(every)}，或不要给出。"
        raise ValidationError([Sentence(told, zh=zh)])
    if rules.capacities is not None:
        told = "floor_metres_by_street and capacities do not go together; leave one of them out."
        zh = "floor_metres_by_street 与 capacities 不能同用；请去掉其中一个。"
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


def beyond_of(cost: pd.Series, beyond: float | None) -> float:
    if beyond is None:
        costs = cost.to_numpy(dtype=float)
        return float(costs.max(initial=0.0, where=np.isfinite(costs)))
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
