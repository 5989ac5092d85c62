"""How sure the sites of a plan are: in how many draws of where centres stand they are the best."""

import dataclasses
import math
import time
from typing import NamedTuple

import numpy as np
import pandas as pd

from carecircles import reach, robustness
from carecircles.plan import Plan
from carecircles.robustness import Draws
from carecircles.siting import _terms
from carecircles.siting.answers import Question, options_of
from carecircles.siting.found import Siting
from carecircles.siting.models import maximize_expected
from carecircles.siting.search import Search


class Sureness(NamedTuple):
    """
    What draws say of a plan's sites.

    `sites` is the share of the draws in whose best plan each site is, on the index of the plan's; `best` and `own` are
    the people whom the best plan of each draw and the plan itself cover; `is_proven` says of each draw whether its best plan is.
    """

    sites: pd.Series
    best: np.ndarray
    own: np.ndarray
    is_proven: np.ndarray


class Likely(NamedTuple):
    """A plan whose cells say how likely they are covered, in how many draws, and whether Ctrl-C ended them."""

    plan: Plan
    draws: int
    is_stopped: bool


def likely_in_time(plan: Plan, draws: Draws, *, until: float = math.inf) -> Likely:
    """
    The plan whose cells say how likely they are covered, for the goal 'expected', by as many draws as there is time for.

    Parameters
    ----------
    plan, draws
        As in `robustness.measure`; a part of the draws is looked at, whatever the time.
    until
        When it has to be ready, by `time.monotonic()`. Ctrl-C ends it with the draws that are looked at then.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness, siting
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> likely = siting.likely_in_time(asis, robustness.draw(asis, draws=20, rng=1))
    >>> likely.draws, bool(likely.plan.cells["probability"].between(0, 1).all())
    (20, True)
    """
    with _terms.started(until - time.monotonic()) as clock:
        found = robustness.measure(plan, draws, is_frozen=False, is_over=lambda: clock.left() == 0)
    told = robustness.with_probability(found)
    return Likely(told, len(found.draws), clock.stopped.is_set())


def sure_of(
    question: Question,
    plan: Siting,
    draws: Draws,
    *,
    search: Search | None = None,
) -> Sureness:
    """
    How often each site of a plan is in the best plan of a draw, in which centres stand where they are drawn.

    Parameters
    ----------
    question
        From `siting.ask`, for the goal 'expected'; its cost table has the cells that some draw leaves uncovered.
    plan
        New centres, so many as the best plans have.
    draws
        From `robustness.draw` of the question's plan as it is.
    search
        How long to search, for all draws together; at least one is looked at.

    Returns
    -------
    sureness
        Of as many draws as there was time for, from the first on.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness, siting
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> drawn = robustness.draw(asis, draws=3, rng=1)
    >>> told = robustness.with_probability(robustness.measure(asis, drawn))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=800)
    >>> question = siting.ask(told, places, goal="expected")
    >>> best = siting.answer(question, new=1)
    >>> sure = siting.sure_of(question, best, drawn)
    >>> len(sure.best), bool((sure.own <= sure.best + 1e-6).all())
    (3, True)
    """
    search = dataclasses.replace(search or Search(), memory=None, watch=None)
    until = (search.since or time.monotonic()) + search.time_limit
    cells, people = question.plan.cells, question.plan.cells[question.weight].to_numpy()
    options = options_of(question, new=plan.asked, search=search)
    options.pop("probability", None)
    reached = _reached_by(question, plan)
    best, own, is_proven = [], [], []
    times = pd.Series(0.0, index=plan.sites.index)
    for covered in robustness.each_covered(question.plan, draws):
        now = time.monotonic()
        options["search"] = dataclasses.replace(
            search, since=now, time_limit=max((until - now) / 2, 0.1)
        )
        likely = pd.Series(covered.astype(float), index=cells.index)
        found = maximize_expected(cells, question.cost, probability=likely, **options)
        times += plan.sites.index.isin(found.sites.index)
        best.append(found.objective)
        own.append(float(people[covered | reached].sum()))
        is_proven.append(found.status == "optimal")
        if time.monotonic() > until or found.status == "stopped":
            break
    return Sureness(times / len(best), np.array(best), np.array(own), np.array(is_proven))


def _reached_by(question: Question, plan: Siting) -> np.ndarray:
    """Which cells the plan's sites cover."""
    cells = question.plan.cells
    sites = question.candidates.loc[plan.sites.index]
    cost = question.plan.reach(cells, sites, cutoff=question.plan.cost.cutoff)
    pairs = reach.pairs_in(cost.table)
    is_reached = np.zeros(len(cells), dtype=bool)
    is_reached[cells.index.get_indexer(pairs.levels[0])[pairs.codes[0]]] = True
    return is_reached
