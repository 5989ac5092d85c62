"""How long a search goes on, for how good a plan, and what it knows of the ones before."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from carecircles.errors import InfeasibleError, OutOfTimeError
from carecircles.siting import _bound, _floors, _problem, _terms
from carecircles.siting._instance import Instance
from carecircles.siting._problem import Watch
from carecircles.siting._terms import Clock
from carecircles.words import Sentence, joined


@dataclass(eq=False)
class Memory:
    """
    What one search leaves to the next of the same question: about another number, or fewer candidates.

    A class because it is filled while a search goes on. `made` is the question of all its candidates,
    `small` its covering problem made small, in which some candidates were `replaced_by` others, `leads` the
    search over it; `dual` says which share of its
    people, or of their credit, each place counts anyway in the bound (see `_bound.Leads`).
    """

    made: Instance | None = None
    small: _problem.Covering | None = None
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


@contextlib.contextmanager
def solving(made: Instance, search: Search) -> Iterator[Clock]:
    """The time for a search; what the solver calls impossible is said in the words of the rules."""
    with _terms.started(search.time_limit, since=search.since or made.begun) as clock:
        try:
            yield clock
        except _terms.NoPlanError:
            floor, short = _floors.said_of(made), _floors.shortfalls(made)
            told = Sentence(
                f"no plan of {made.said} {floor}; allow more, or ask for less. With the best found, {short}.",
                zh=f"{made.said.zh}时，无法{floor.zh}；请放宽上限，或降低要求。按找到的最好方案，{short.zh}。",
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
    """That no plan was found in the time; in none where somebody stopped the measuring."""
    if seconds == 0:
        return Sentence(
            "stopped; no plan that meets the rules was found by then.",
            zh="已中止；此前没有找到满足条件的方案。",
        )
    return Sentence(
        f"no plan that meets the rules was found in {seconds:g} seconds; allow more time.",
        zh=f"在 {seconds:g} 秒内没有找到满足条件的方案；请延长时间。",
    )
