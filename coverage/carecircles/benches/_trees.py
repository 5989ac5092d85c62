"""Trees of chains of missing seats, from the centres outward, and the best part of one."""

import math
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from carecircles.benches._problem import HAIR_M, PEOPLE, Problem

DEAR = 1e7  # metres that a bench is worth, where as few as can be are wanted


class Tree(NamedTuple):
    """The way to the centres from each seat: where it leads first, its new benches, what it costs."""

    before: np.ndarray
    benches: np.ndarray
    cost: np.ndarray


def tree_of(problem: Problem, chosen: np.ndarray, price: np.ndarray) -> Tree:
    """
    The cheapest way from each seat to the centres, where a seat that is not there has a price in metres.

    With a high price the ways have as few new benches as can be.
    """
    count = len(problem.is_new)
    missing = problem.is_new.copy()
    missing[chosen] = False
    toll = np.append(np.where(missing, price, 0.0), 0.0)
    priced = csr_array(
        (
            problem.links.data + toll[problem.links.indices],
            problem.links.indices,
            problem.links.indptr,
        ),
        shape=problem.links.shape,
    )
    root = np.array([count])
    (whole,), (before,) = dijkstra(priced, indices=root, return_predecessors=True)
    before = np.where(before < 0, count, before)
    steps = np.append(missing.astype(np.int64), 0)
    reached = np.flatnonzero(np.isfinite(whole[:-1]))
    metres = np.full(count + 1, math.inf)
    metres[count] = 0.0
    metres[reached] = whole[reached] - whole[before[reached]] - toll[reached]
    hop = before.copy()
    while (hop != count).any():  # twice as far each time
        steps, metres = steps + steps[hop], metres + metres[hop]
        hop = hop[hop]
    return Tree(before[:-1], steps[:-1], metres[:-1])


def people_at(
    problem: Problem, tree: Tree, won: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """
    Of the homes that are not won the people at the seat from which they need fewest new benches.

    Of several such seats the one is taken that most people are near to, give or take.
    """
    homes = problem.homes
    some = tree.cost[homes.seat] + homes.cost <= problem.cutoff + HAIR_M
    some &= ~won[homes.home]
    home, seat = homes.home[some], homes.seat[some]
    count = len(tree.cost)
    liked = np.bincount(seat, homes.people[home], minlength=count) * rng.uniform(0.8, 1.2, count)
    order = np.lexsort((-liked[seat], tree.benches[seat], home))
    first = order[np.diff(home[order], prepend=-1) > 0]
    return np.bincount(seat[first], homes.people[home[first]], minlength=count)


def best_part(
    problem: Problem, tree: Tree, chosen: np.ndarray, people: np.ndarray, new: int
) -> np.ndarray:
    """
    The new benches of that part of a tree, from its root, that holds most people with so many.

    Seats stand in the order in which a walk over the tree comes to them. Each is either in the part, and
    the next may be too, or all behind it are left out. Cho and Shaw, European Journal of Operational
    Research 102 (1997).
    """
    missing = problem.is_new.copy()
    missing[chosen] = False
    nodes, after = walked(tree, people)
    if not len(nodes):
        return nodes
    own, price = people[nodes], missing[nodes].astype(int)
    best = np.zeros((len(nodes) + 1, new + 1))
    taken = np.zeros((len(nodes), new + 1), dtype=bool)
    for n in range(len(nodes) - 1, -1, -1):
        left_out = best[after[n]]
        with_it = np.full(new + 1, -math.inf)
        with_it[price[n] :] = own[n] + best[n + 1][: new + 1 - price[n]]
        taken[n] = with_it > left_out
        best[n] = np.where(taken[n], with_it, left_out)
    n, left, part = 0, new, []
    while n < len(nodes):
        if taken[n, left]:
            part.append(nodes[n])
            left -= price[n]
            n += 1
        else:
            n = after[n]
    found = np.array(part, dtype=int)
    new_ones: np.ndarray = found[missing[found]]
    return new_ones


def walked(tree: Tree, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    The seats of a tree with people at or behind them, parents first and then what is behind them.

    The second value says where the walk goes on when all behind a seat is left out.
    """
    root = len(tree.before)
    useful = np.zeros(root + 1, dtype=bool)
    front = np.flatnonzero(people > 0)
    while len(front):
        useful[front] = True
        front = np.unique(tree.before[front[front < root]])
        front = front[~useful[front] & (front < root)]
    children: dict[int, list[int]] = {}
    for node in np.flatnonzero(useful[:root]).tolist():
        children.setdefault(int(tree.before[node]), []).append(node)
    nodes: list[int] = []
    opened: dict[int, int] = {}
    after: list[int] = []
    stack = [(node, False) for node in children.get(root, [])[::-1]]
    while stack:
        node, is_done = stack.pop()
        if is_done:
            after[opened[node]] = len(nodes)
            continue
        opened[node] = len(nodes)
        nodes.append(node)
        after.append(0)
        stack.append((node, True))
        stack += [(child, False) for child in children.get(node, [])[::-1]]
    return np.array(nodes, dtype=int), np.array(after, dtype=int)


def best_chain(
    problem: Problem, tree: Tree, chosen: np.ndarray, people: np.ndarray, new: int
) -> np.ndarray:
    """The new benches of the way over a tree that holds most people for each of them."""
    root = len(tree.before)
    missing = problem.is_new.copy()
    missing[chosen] = False
    sums, hop = np.append(people, 0.0), np.append(tree.before, root)
    while (hop != root).any():
        sums, hop = sums + sums[hop], hop[hop]
    rate = np.where(
        (tree.benches > 0) & (tree.benches <= new) & np.isfinite(tree.cost),
        sums[:-1] / np.maximum(tree.benches, 1),
        0.0,
    )
    if not len(rate) or rate.max() <= PEOPLE:
        return np.array([], dtype=int)
    node, chain = int(rate.argmax()), []
    while node != root:
        chain.append(node)
        node = int(tree.before[node])
    found = np.array(chain[::-1], dtype=int)
    new_ones: np.ndarray = found[missing[found]]
    return new_ones
