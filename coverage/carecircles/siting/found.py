"""A plan that was found, and how good it is."""

import heapq
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from carecircles import _html
from carecircles.siting._instance import Instance, Measure, kept
from carecircles.siting._terms import Clock, Solution
from carecircles.siting.goals import GOALS

ARITHMETIC = 1e-7  # share of the people by which two sums of the same may differ


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
    `may_be_farther` says of an alternative that there was no time to know whether others as good stand farther away.
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
    may_be_farther: bool = False

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
    is_chosen = np.zeros(len(made.candidates), dtype=bool)
    is_chosen[chosen] = True
    own = kept(made, lambda _cell, column, _metres: is_chosen[column])
    by_site = np.argsort(own[1], kind="stable")
    cell, column, metres = (of_pair[by_site] for of_pair in own)
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
