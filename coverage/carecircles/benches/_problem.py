"""Seats, those that are there and those that could be, what legs between them cost, and whom they help."""

import math
from typing import NamedTuple

import geopandas as gpd
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from carecircles import network, reach
from carecircles.errors import ValidationError
from carecircles.plan import Plan
from carecircles.words import Sentence

PEOPLE = 1e-6  # fewer are no gain
HAIR_M = 1e-6  # of sums in which benches are dear


class Homes(NamedTuple):
    """People, and the legs from their homes to seats, seat by seat; those of a seat begin at its `starts`."""

    home: np.ndarray
    seat: np.ndarray
    cost: np.ndarray
    people: np.ndarray
    starts: np.ndarray


class Problem(NamedTuple):
    """
    Seats, what legs between them cost, and whom they help.

    The last row of `links` is that of the centres. `firsts` are homes, seats and costs of the walks to a
    new bench over seats that are there. `is_new` says which seats are candidates, `number` which
    candidate each is (-1 where it is none).
    """

    links: csr_array
    homes: Homes
    firsts: tuple[np.ndarray, np.ndarray, np.ndarray]
    is_new: np.ndarray
    number: np.ndarray
    cutoff: float


class Walk(NamedTuple):
    """How a plan is walked: on what, over which seats, how far from one to the next and in all, in metres."""

    on: reach.Footing
    rests: gpd.GeoDataFrame
    stretch: float
    most: float


def walk_of(plan: Plan) -> Walk:
    """How a plan is walked that is measured from seat to seat; no other is taken."""
    given = getattr(plan.reach, "keywords", {})
    if reach.kind_of(plan.reach) is not reach.resting:
        told = (
            "`plan` is not measured from seat to seat; give "
            "`functools.partial(reach.resting, network=..., rests=..., stretch=...)` to `plan.evaluate`."
        )
        zh = (
            "`plan` 不是按座椅逐段步行量算的；请向 `plan.evaluate` 给出 "
            "`functools.partial(reach.resting, network=..., rests=..., stretch=...)`。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    on = reach.footing_of(given["network"], given.get("profile"))
    most = reach.most_metres(on, plan.cost.cutoff)
    return Walk(on, given["rests"], given["stretch"], most)


def problem_of(plan: Plan, walk: Walk, candidates: gpd.GeoDataFrame, weight: str) -> Problem:
    """What legs there are between the seats that are there, those that could be, centres and homes."""
    on, cells = walk.on, plan.cells
    net, graph, stretch = on.network, on.graph, walk.stretch
    open_ = cells[~cells["covered"] & (cells[weight] > 0)]
    own = reach.seats_on(on, walk.rests).places
    new, number = reach.points_on(on, candidates)
    new = network.at_home(graph, new)  # one in a yard is for those who live there
    centres = reach.points_on(on, plan.area.facilities).places
    homes, cell = reach.homes_on(on, open_)
    seats = network.OnWay(*(np.concatenate(two) for two in zip(own, new, strict=True)))
    count = len(seats.edge)
    one, other, cost = network.legs(net, graph, seats, seats, stretch=stretch)
    at, _, first = network.legs(net, graph, seats, centres, stretch=stretch)
    start = np.full(count, math.inf)
    np.minimum.at(start, at, first)
    begun = np.flatnonzero(np.isfinite(start))
    is_leg = one != other
    rows = np.concatenate([other[is_leg], np.full(len(begun), count)])
    columns = np.concatenate([one[is_leg], begun])
    # An explicit zero is a leg of no length.
    costs = np.concatenate([cost[is_leg], start[begun]])
    links = csr_array((costs, (rows, columns)), shape=(count + 1, count + 1))
    links = network.links_of(links.data, links.indices, links.indptr)
    home, seat, far = network.legs(net, graph, homes, seats, stretch=stretch)
    people = open_[weight].to_numpy(dtype=float)[cell]
    numbers = np.concatenate([np.full(len(own.edge), -1), number])
    indoors = reach.indoors(on, open_)[cell]
    at_home, at_new, over_old = network.rested_walks(
        net, graph, homes, new, own, stretch=stretch, cutoff=walk.most
    )
    firsts = (at_home, at_new + len(own.edge), over_old + indoors[at_home])
    legs = Homes(
        home, seat, far + indoors[home], people, np.searchsorted(seat, np.arange(count + 1))
    )
    return Problem(links, legs, firsts, numbers >= 0, numbers, walk.most)


def built(problem: Problem, chosen: np.ndarray) -> np.ndarray:
    """The seats that stand with some new ones, by position, the centres last."""
    stands = ~problem.is_new
    stands[chosen] = True
    return np.append(np.flatnonzero(stands), len(stands))


def costs_over(problem: Problem, seats: np.ndarray) -> np.ndarray:
    """What it costs from each seat to a centre over some seats, infinite elsewhere."""
    within = problem.links[seats][:, seats]
    within = network.links_of(within.data, within.indices, within.indptr)
    found = dijkstra(within, indices=np.array([len(seats) - 1]), limit=problem.cutoff)[0]
    cost = np.full(problem.links.shape[0], math.inf)
    cost[seats] = found
    return cost[:-1]


def is_won(problem: Problem, cost: np.ndarray) -> np.ndarray:
    """Which homes get to a centre, from what it costs from each seat."""
    homes = problem.homes
    reached = np.flatnonzero(np.isfinite(cost))
    count = homes.starts[reached + 1] - homes.starts[reached]
    legs = np.repeat(homes.starts[reached] - np.cumsum(count) + count, count)
    legs += np.arange(len(legs))
    is_near = np.repeat(cost[reached], count) + homes.cost[legs] <= problem.cutoff
    won = np.zeros(len(homes.people), dtype=bool)
    won[homes.home[legs[is_near]]] = True
    return won


def value_of(problem: Problem, chosen: np.ndarray) -> float:
    """How many people more get to a centre with some new benches."""
    won = is_won(problem, costs_over(problem, built(problem, chosen)))
    return float(problem.homes.people[won].sum())
