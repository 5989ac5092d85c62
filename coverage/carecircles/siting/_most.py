"""The plan that is worth most: where each place counts by the best candidate it has."""

import numpy as np
from scipy import sparse

from carecircles.siting import _bound, _problem, _solver, _worths
from carecircles.siting._instance import Instance, Measure, covering_once, limits_of
from carecircles.siting._terms import Clock, Solution
from carecircles.siting.found import raised
from carecircles.siting.search import Search


def most_covered(made: Instance, covered: Measure, search: Search, clock: Clock) -> Solution:
    """The candidates that cover most people beside those open anyway."""
    is_open = made.base > made.cutoff

    def gained(cell: np.ndarray, metres: np.ndarray) -> np.ndarray:
        gain: np.ndarray = is_open[cell] & (metres <= made.cutoff)
        return gain

    useful, leads = _worths.followed(made, gained, covered, search, clock)
    problem, rows = covering_once(useful, is_open, made.cutoff)
    problem = _worths.small_once(useful, problem, search.memory, clock)
    if search.memory is None:
        leads.chosen = np.flatnonzero(np.isin(problem.columns, leads.chosen))
    worth, step = _problem.worths(problem), _problem.step_of(problem.weight)
    solution = most(useful, covered, worth, problem.columns, search, clock, leads, step=step)
    _worths.remember(search.memory, made, leads, made.people[rows], rows, problem.became)
    return solution


def most(
    made: Instance,
    measure: Measure,
    worth: sparse.csc_matrix,
    columns: np.ndarray,
    search: Search,
    clock: Clock,
    leads: _bound.Leads,
    *,
    step: float = 0.0,
) -> Solution:
    """The candidates that are worth most beside those open anyway, where worths go in steps; value and bound as measured."""
    have = measure(made.base, made.depth)
    solution = _solver.maximize(
        worth,
        limits_of(made, clock, columns),
        slack=_worths.slack(search, have, 1.0, step),
        clock=clock,
        watch=_worths.shifted(search.watch, have),
        leads=leads,
    )
    leads.chosen = solution.chosen
    solution = _worths.in_steps(solution, step)
    return raised(solution._replace(chosen=columns[solution.chosen]), have)
