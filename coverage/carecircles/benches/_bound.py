"""How many people no choice of benches can bring more of."""

import math

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from carecircles.benches._problem import HAIR_M, Problem, built, costs_over, is_won


def most_with(problem: Problem, new: int) -> float:
    """
    How many people no choice of so many benches can bring more of.

    Whoever is won comes from home, over seats that are there, to a new bench first, and from it to a
    centre over no more new ones than there are. So the people won are at most those whom so many benches
    are first for, as if each were joined to a centre already: a problem of covering, of which any part
    of a choice with the most that so many others can add to it is a bound, as what one adds is no more
    beside others than alone. Nemhauser, Wolsey and Fisher, Mathematical Programming 14 (1978).
    """
    problem = problem._replace(cutoff=problem.cutoff + HAIR_M)
    people = problem.homes.people
    if not len(people) or not new:
        return 0.0
    onward = _costs_with(problem, new)
    home, seat, cost = problem.firsts
    helps = onward[seat] + cost <= problem.cutoff
    home, seat = home[helps], seat[helps]
    won, count = np.zeros(len(people), dtype=bool), len(onward)
    most = float(people[is_won(problem, onward)].sum())
    for _ in range(new + 1):
        left = ~won[home]
        home, seat = home[left], seat[left]
        added = np.bincount(seat, people[home], minlength=count)
        most = min(most, float(people[won].sum() + np.sort(added)[-new:].sum()))
        if not len(home):
            break
        won[home[seat == added.argmax()]] = True
    return most


def _costs_with(problem: Problem, new: int) -> np.ndarray:
    """
    What it costs from each seat to a centre over no more than so many new benches, itself included.

    One round for each bench: it costs no more to get to a seat by one bench more. From a new bench
    people walk on over seats that are there, for which no bench is needed.
    """
    count = len(problem.is_new)
    cost = costs_over(problem, built(problem, np.array([], dtype=int)))
    start = problem.links[[count]].toarray()[0][:-1]
    has_start = np.zeros(count, dtype=bool)
    has_start[problem.links[[count]].indices] = True
    start[~has_start] = math.inf
    entries = problem.links[:count, :count].tocoo()
    into = problem.is_new[entries.col]
    old = csr_array(
        (entries.data[~into], (entries.row[~into], entries.col[~into])), shape=(count, count)
    )
    a, b, leg = entries.row[into], entries.col[into], entries.data[into]
    for n in range(new):
        nearer = np.where(problem.is_new, np.minimum(cost, start), cost)
        np.minimum.at(nearer, b, cost[a] + leg)
        nearer[nearer > problem.cutoff] = math.inf
        nearer = np.minimum(nearer, _onward(old, nearer, problem.cutoff))
        if n and (nearer >= cost).all():
            break
        cost = nearer
    return cost


def _onward(links: csr_array, cost: np.ndarray, cutoff: float) -> np.ndarray:
    """What it costs from each seat when walks may go on over some links from where they have got."""
    some = np.flatnonzero(np.isfinite(cost))
    count = links.shape[0]
    if not len(some):
        return cost
    indptr = np.append(links.indptr, links.indptr[-1] + len(some))
    begun = csr_array(
        (
            np.concatenate([links.data, cost[some]]),
            np.concatenate([links.indices, some]).astype(np.int32),
            indptr.astype(np.int32),
        ),
        shape=(count + 1, count + 1),
    )
    found: np.ndarray = dijkstra(begun, indices=np.array([count]), limit=cutoff)[0, :-1]
    return found
