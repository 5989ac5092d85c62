"""What a plan has to keep to, and what is wrong with rules that cannot be kept."""

import math
import numbers
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.words import Sentence, joined, listed


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
    floor_metres_by_street
        What the mean distance of the people of every street may be at most, in the unit of the costs; of the
        goals that tell distances (`minimize_cost` without capacities, `minimize_ede`). Whom no open centre of
        the table reaches counts with the largest cost of the table.
    least_by_street
        How many centres are to stand in every street: each has one before any gets a second, and where that
        cannot be for all, as many streets as possible.
    street_of
        The street (as in the column `street` of `demand`) in which each required centre and candidate
        stands, by label.
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
    floor_metres_by_street: float | None = None
    least_by_street: int | None = None
    street_of: pd.Series | None = None
    capacities: pd.Series | None = None


def refuse_unknown(
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
    mean = rules.floor_metres_by_street
    if mean is not None and not 0 < mean < math.inf:
        told = f"floor_metres_by_street is {mean:g}; write a distance above 0."
        problems.append(
            Sentence(told, zh=f"floor_metres_by_street 是 {mean:g}；请写大于 0 的距离。")
        )
    problems += _least_problems(labels, candidates, required, rules)
    if problems:
        raise ValidationError(problems)


def _least_problems(
    labels: pd.Index, candidates: pd.Index, required: pd.Index, rules: Rules
) -> list[Sentence]:
    """Whether each street can have so many centres of its own, and it is known where they stand."""
    least = rules.least_by_street
    if least is None:
        return []
    if not is_whole(least) or least < 1:
        told = f"least_by_street is {least!r}; write a whole number of centres, 1 or more."
        return [Sentence(told, zh=f"least_by_street 是 {least!r}；请写 1 或更大的整数。")]
    if rules.street_of is None:
        told = (
            "least_by_street needs street_of: say in which street each centre and candidate stands."
        )
        zh = "有 least_by_street 就须有 street_of；请写明每个中心和候选点所在的街道。"
        return [Sentence(told, zh=zh)]
    known = required.union(candidates, sort=False)
    absent = known[known.isin(labels) & ~known.isin(rules.street_of.index)]
    if not len(absent):
        return []
    told = f"street_of: {len(absent)} labels are missing ({few(absent)}); add their streets, or '' for none."
    zh = f"street_of：缺少 {len(absent)} 个标签（{few(absent).zh}）；请补上其街道，不在任何街道内的写 ''。"
    return [Sentence(told, zh=zh)]


def prices_of(candidates: pd.Index, rules: Rules, *, is_priced: bool) -> np.ndarray:
    """What each candidate costs; 1 each where centres are counted."""
    if not is_priced or rules.prices is None:
        return np.ones(len(candidates))
    price = rules.prices.reindex(candidates).to_numpy(dtype=float)
    if np.isnan(price).any():
        absent = few(candidates[np.isnan(price)])
        told = f"prices: there is none for {absent}."
        raise ValidationError([Sentence(told, zh=f"prices：缺少 {absent.zh} 的费用。")])
    return price


def budget_of(new: int | None, rules: Rules) -> float:
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


def served_streets(rules: Rules, sites: pd.Index) -> list[int]:
    """How many streets have one centre or more with these sites, two or more, and so on as far as the rules say."""
    if rules.least_by_street is None or rules.street_of is None:
        return []
    there = pd.Index([*rules.required, *sites], dtype=object).unique()
    street_of = rules.street_of[~rules.street_of.index.duplicated()].reindex(there)
    count = street_of[street_of.notna() & (street_of != "")].map(str).value_counts()
    return [int((count >= level).sum()) for level in range(1, int(rules.least_by_street) + 1)]


def said_of(new: int | None, budget: float) -> Sentence:
    """What a plan may take, in words."""
    if new is None:
        return Sentence(f"a budget of {budget:g}", zh=f"费用在 {budget:g} 以内")
    return Sentence(f"{new} new centre{'' if new == 1 else 's'}", zh=f"新增 {new} 个中心")


def is_whole(number: object) -> bool:
    """Whether a number of centres can be built: 2 and 2.0 can, 2.5 and True cannot."""
    if isinstance(number, bool | np.bool_) or not isinstance(number, numbers.Real):
        return False
    return float(number).is_integer()


def few(labels: Iterable[Hashable]) -> Sentence:
    """The first of some labels, as they are written in Python."""
    return joined([repr(label) for label in list(labels)[:5]], Sentence(", ", zh="、"))
