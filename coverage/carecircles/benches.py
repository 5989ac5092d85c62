"""
Where new benches bring most people within reach of a centre, from seat to seat.

A bench is worth nothing until there is another one, a home or a centre within a stretch of it, so what
one adds depends on the others, and no model of covering finds the best ones. The search builds chains:
the fewest missing seats between what can be reached and people who cannot. All chains together are a
tree, of which the best part within the number of benches is found exactly; then a few benches at a time
are taken away and as many set anew, by other trees, while that helps. What no choice can beat is told
from what each bench can bring by itself, whatever the others do: whoever gets to a centre by new
benches comes to one of them first, and needs no more of them than there are. Where the search gets as
far, it is proven to be best, and otherwise it is not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from carecircles import comparison, io, network, reach
from carecircles.errors import ValidationError
from carecircles.network import Network
from carecircles.plan import Plan
from carecircles.siting import Search, _terms, candidates_on_grid
from carecircles.words import Sentence

SPACING_M = 25.0
_NO_SEAT = ("steps",)  # kinds of ways on which no bench is set
_DEAR = 1e7  # metres that a bench is worth, where as few as can be are wanted
_HAIR_M = 1e-6  # of sums in which benches are dear
_PEOPLE = 1e-6  # fewer are no gain
_PATIENCE = 60
_NEARLY = 0.01  # how much worse than the best a choice may be to search on from it
_PLACES_AT_ONCE = 4000


@dataclass(frozen=True, eq=False)
class Benches:
    """
    Places for new benches, and how good they are, in persons of the group they were found for.

    Attributes
    ----------
    seats
        The places in the order in which to build: name, name_en, street, lon, lat, geometry, marginal
        (people the bench adds to those covered before it stands) and cumulative (people covered then).
    stretch
        Metres that are walked without a seat at most.
    asked
        The number of benches asked for; there are fewer where more would not help.
    existing, candidates
        How many seats there are already, and how many places for new ones were looked at.
    covered, covered_before
        People within reach with the benches and without them.
    bound
        More people within reach than this no choice of so many benches can bring.
    every
        People within reach if a bench stood at every place.
    total
        All people.
    status
        'optimal' where the bound is met; 'searched', 'time limit' or 'stopped' where a better choice may
        be there.
    """

    seats: gpd.GeoDataFrame = field(repr=False)
    stretch: float
    asked: int
    existing: int
    candidates: int
    covered: float
    covered_before: float
    bound: float
    every: float
    total: float
    status: str


class _Homes(NamedTuple):
    """People, and the legs from their homes to seats, seat by seat; those of a seat begin at its `starts`."""

    home: np.ndarray
    seat: np.ndarray
    cost: np.ndarray
    people: np.ndarray
    starts: np.ndarray


class _Problem(NamedTuple):
    """
    Seats, what legs between them cost, and whom they help.

    The last row of `links` is that of the centres. `firsts` are homes, seats and costs of the walks to a
    new bench over seats that are there. `is_new` says which seats are candidates, `number` which
    candidate each is (-1 where it is none).
    """

    links: csr_array
    homes: _Homes
    firsts: tuple[np.ndarray, np.ndarray, np.ndarray]
    is_new: np.ndarray
    number: np.ndarray
    cutoff: float


class _Tree(NamedTuple):
    """The way to the centres from each seat: where it leads first, its new benches, what it costs."""

    before: np.ndarray
    benches: np.ndarray
    cost: np.ndarray


def candidates_on_ways(net: Network, *, spacing: float = SPACING_M) -> gpd.GeoSeries:
    """
    Where benches could stand: at junctions and along ways, no farther than the spacing from each other.

    None on bridges, in tunnels or on stairs.

    Parameters
    ----------
    net
        The network.
    spacing
        Metres between places along a way at most; each way is divided evenly.

    Returns
    -------
    places
        Points indexed by id, to the centimetre that a file can say.

    Examples
    --------
    >>> line = shapely.linestrings([[[500_000.0, 4_200_000.0], [500_100.0, 4_200_000.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(shapely.get_coordinates(line), edges)
    >>> candidates_on_ways(street, spacing=40).x.round().tolist()
    [500000.0, 500100.0, 500033.0, 500067.0]
    """
    edges = net.edges.iloc[net.ground]
    if "kind" in edges:
        edges = edges[~edges["kind"].isin(_NO_SEAT)]
    lines = edges.geometry.to_numpy()
    parts = np.ceil(shapely.length(lines) / spacing).astype(int)
    inner = np.maximum(parts - 1, 0)
    edge = np.repeat(np.arange(len(lines)), inner)
    step = np.arange(inner.sum()) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    along = shapely.line_interpolate_point(lines[edge], step / parts[edge], normalized=True)
    ends = np.unique(edges[["start", "end"]].to_numpy())
    points = np.concatenate([shapely.points(net.xy[ends]), along])
    labels = pd.Index([f"B{n}" for n in range(1, len(points) + 1)], name="id")
    return io.as_written(gpd.GeoSeries(points, index=labels, crs=net.crs))[0]


def place(
    plan: Plan,
    *,
    new: int,
    candidates: gpd.GeoSeries | None = None,
    spacing: float = SPACING_M,
    weight: str | None = None,
    search: Search | None = None,
) -> Benches:
    """
    Where so many benches bring most people within reach of a plan's centres.

    Parameters
    ----------
    plan
        A plan measured by `reach.resting`.
    new
        How many benches.
    candidates
        Points where one could stand, indexed by id; from `candidates_on_ways`, within the district, if
        None.
    spacing
        Metres between those along the ways.
    weight
        The column of people who count; those whose figures come first if None.
    search
        How long to search; 60 seconds if None. Ctrl-C ends the search with the best choice so far.

    Returns
    -------
    benches
        The best choice found, and what no choice can beat.

    Raises
    ------
    ValidationError
        If the plan is not measured from seat to seat, the candidates are in another CRS, or `new` is no
        number of benches.

    Examples
    --------
    A street with a home at one end and a centre at the other, 200 m from each other; nobody walks more
    than 70 m without a seat.

    >>> import dataclasses, functools
    >>> from carecircles import datasets, plan
    >>> line = shapely.linestrings([[[500_000.0, 4_200_000.0], [500_200.0, 4_200_000.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [200.0]}, geometry=line, crs=4548)
    >>> street = Network(shapely.get_coordinates(line), edges)
    >>> none = gpd.GeoDataFrame(geometry=[], crs=4548)
    >>> walk = functools.partial(reach.resting, network=street, rests=none, stretch=70)
    >>> area = datasets.load("template")
    >>> centre = area.facilities.iloc[:1].set_geometry(gpd.points_from_xy([500_200], [4_200_000], crs=4548))
    >>> area = dataclasses.replace(area, facilities=centre)
    >>> home = pd.DataFrame({"x": [5e5], "y": [4.2e6], "row": 0, "col": 0, "area_m2": 1.0, "street": "S1", "people_60": 9.0})
    >>> home.attrs["crs"] = centre.crs
    >>> asis = plan.evaluate(area, home, reach=walk)
    >>> found = place(asis, new=3, candidates=candidates_on_ways(street))
    >>> found.covered, found.status, found.seats["marginal"].tolist()
    (9.0, 'optimal', [0.0, 0.0, 9.0])
    """
    rest = _resting_of(plan)
    if new < 0 or new != int(new):
        told = f"new is {new}; write a whole number of benches."
        raise ValidationError([Sentence(told, zh=f"new 为 {new}；请写整数个座椅。")])
    search = search or Search()
    weight = comparison.headline(plan).column if weight is None else weight
    if candidates is None:
        candidates = candidates_on_ways(rest["network"], spacing=spacing)
    inside = _inside(plan, candidates, plan.cost.cutoff / _a_metre(rest))
    problem = _problem_of(plan, inside, weight, rest)
    covered = float(plan.cells.loc[plan.cells["covered"], weight].sum())
    with _terms.started(search.time_limit, since=search.since) as clock:
        every = covered + _value(problem, np.flatnonzero(problem.is_new))
        bound = min(covered + _most_with(problem, int(new)), every)

        def tell(won: float) -> None:
            if search.watch:
                search.watch(covered + won, bound)

        most = bound - covered
        chosen, word = _searched(problem, int(new), clock, most, tell)
        while _value(problem, chosen) >= most - _PEOPLE and len(chosen):  # perhaps with fewer
            if _most_with(problem, len(chosen) - 1) < most - _PEOPLE:
                break
            fewer, _ = _searched(problem, len(chosen) - 1, clock, most, tell)
            if _value(problem, fewer) < most - _PEOPLE:
                break
            chosen = fewer
    order, gains = _in_order(problem, chosen)
    seats = inside.iloc[problem.number[order]]
    seats = seats.assign(marginal=gains, cumulative=covered + np.cumsum(gains))
    reached = covered + float(gains.sum())
    return Benches(
        seats,
        rest["stretch"],
        int(new),
        len(rest["rests"]),
        len(inside),
        reached,
        covered,
        bound,
        every,
        float(plan.cells[weight].sum()),
        "optimal" if reached >= bound - _PEOPLE else word,
    )


def steps_of(found: Benches) -> dict[str, Any]:
    """
    The benches as plain values of a scenario, `name`, `name_en` and `step`, for `scenario.parse`.

    Examples
    --------
    >>> at = gpd.GeoDataFrame({"lon": [117.2], "lat": [39.1]}, index=["B7"], geometry=gpd.points_from_xy([0], [0]))
    >>> found = Benches(at, 100, 1, 0, 9, 5.0, 0.0, 5.0, 8.0, 10.0, "optimal")
    >>> steps_of(found)["step"]
    [{'rebuild': 'B7', 'with': 'bench', 'place': 'POINT (117.2 39.1)'}]
    """
    places = found.seats[["lon", "lat"]].to_dict("index")
    count = len(places)
    return {
        "name": f"{count} 个新增座椅",
        "name_en": f"{count} new bench{'es' * (count != 1)}",
        "step": [
            {
                "rebuild": str(label),
                "with": "bench",
                "place": f"POINT ({row['lon']:.10g} {row['lat']:.10g})",
            }
            for label, row in places.items()
        ],
    }


def best_centre(plan: Plan, *, weight: str | None = None) -> gpd.GeoDataFrame:
    """
    The place in the middle of a cell from which one more centre gains most people, measured by the plan's reach.

    Parameters
    ----------
    plan
        The plan.
    weight
        As in `place`.

    Returns
    -------
    centre
        One row as of `siting.candidates_on_grid`, with gained; none where no centre would gain anybody.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> best_centre(asis)["gained"].round().to_dict()
    {'G102': 2679.0}
    """
    weight = comparison.headline(plan).column if weight is None else weight
    cells = plan.cells
    gap = cells[~cells["covered"] & (cells[weight] > 0)]
    places = candidates_on_grid(cells)
    gained = np.zeros(len(places))
    for first in range(0, len(places), _PLACES_AT_ONCE):
        some = places.iloc[first : first + _PLACES_AT_ONCE]
        pairs = reach.pairs_in(plan.reach(gap, some, cutoff=plan.cost.cutoff).table)
        cell = gap.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
        at = places.index.get_indexer(pairs.levels[1])[pairs.codes[1]]
        gained += np.bincount(at, gap[weight].to_numpy()[cell], minlength=len(places))
    best = np.argsort(-gained, kind="stable")[:1]
    best = best[gained[best] > _PEOPLE]
    return places.iloc[best].assign(gained=gained[best])


def _resting_of(plan: Plan) -> dict[str, Any]:
    """The network, seats and stretch of a plan that is measured from seat to seat."""
    given = getattr(plan.reach, "keywords", {})
    if getattr(plan.reach, "func", None) is not reach.resting:
        told = (
            "`plan` is not measured from seat to seat; give "
            "`functools.partial(reach.resting, network=..., rests=..., stretch=...)` to `plan.evaluate`."
        )
        zh = (
            "`plan` 不是按座椅逐段步行量算的；请向 `plan.evaluate` 给出 "
            "`functools.partial(reach.resting, network=..., rests=..., stretch=...)`。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    return dict(given)


def _a_metre(rest: dict[str, Any]) -> float:
    """What a metre on the level costs, in the unit of the plan's cost table."""
    profile = rest.get("profile")
    return 1.0 if profile is None else 1 / (60 * profile.pace_m_s)


def _inside(plan: Plan, candidates: gpd.GeoSeries, cutoff: float) -> gpd.GeoDataFrame:
    """
    The places that can be of use, with what a table tells of them.

    Whoever walks over a seat is no farther from it than the cutoff, nor is the seat from a centre.
    """
    if len(candidates) and candidates.crs != plan.area.facilities.crs:
        told = (
            f"`candidates` is in {candidates.crs}, `facilities` in {plan.area.facilities.crs}; reproject "
            "the candidates, for example with `to_crs(...)`."
        )
        zh = (
            f"`candidates` 为 {candidates.crs}，`facilities` 为 {plan.area.facilities.crs}；"
            "请转换候选点的坐标系，例如用 `to_crs(...)`。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    cells = plan.cells
    xy = shapely.get_coordinates(candidates.to_numpy())
    street = np.full(len(xy), "", dtype=object)
    ends = shapely.get_coordinates(plan.area.facilities.geometry.to_numpy())
    far = np.full(len(xy), math.inf)  # from a home over the place to a centre, as the crow flies
    gap = cells.loc[~cells["covered"], ["x", "y"]].to_numpy()
    if len(xy) and len(ends) and len(gap):
        far = np.add(KDTree(ends).query(xy)[0], KDTree(gap).query(xy)[0])
        street[:] = cells["street"].to_numpy()[KDTree(cells[["x", "y"]]).query(xy)[1]]
    is_useful = far <= cutoff + 1.0
    kept = candidates[is_useful]
    degrees = kept.to_crs(4326)
    table = {
        "name": kept.index,
        "name_en": kept.index,
        "street": street[is_useful].astype(str),
        "lon": degrees.x.round(7),
        "lat": degrees.y.round(7),
    }
    return gpd.GeoDataFrame(table, index=kept.index, geometry=kept, crs=candidates.crs)


def _problem_of(
    plan: Plan, candidates: gpd.GeoDataFrame, weight: str, rest: dict[str, Any]
) -> _Problem:
    """What legs there are between the seats that are there, those that could be, centres and homes."""
    net, rests, stretch = rest["network"], rest["rests"], rest["stretch"]
    profile, cells = rest.get("profile"), plan.cells
    along = None if profile is None else network.level_metres(net, profile)
    graph = network.graph_of(net, along)
    cutoff = plan.cost.cutoff / _a_metre(rest)
    open_ = cells[~cells["covered"] & (cells[weight] > 0)]

    def on(x: np.ndarray, y: np.ndarray) -> tuple[network.OnWay, np.ndarray]:
        places = network.onto(net, x, y)
        is_on = (places.edge >= 0) & np.isfinite(graph.along[places.edge])
        return places.taken(is_on), np.flatnonzero(is_on)

    def points(frame: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
        return frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy()

    own, _ = on(*points(rests))
    new, number = on(*points(candidates))
    centres, _ = on(*points(plan.area.facilities))
    homes, cell = on(open_["x"].to_numpy(dtype=float), open_["y"].to_numpy(dtype=float))
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
    # As the way from the flat to the door is counted in `reach.walking`.
    indoors = np.zeros(len(cell))
    if profile is not None and profile.flight_s and "flights" in open_:
        flights = open_["flights"].to_numpy(dtype=float)[cell]
        indoors = profile.pace_m_s * profile.flight_s * flights
    at_home, at_new, over_old = network.rested_walks(
        net, graph, homes, new, own, stretch=stretch, cutoff=cutoff
    )
    firsts = (at_home, at_new + len(own.edge), over_old + indoors[at_home])
    legs = _Homes(
        home, seat, far + indoors[home], people, np.searchsorted(seat, np.arange(count + 1))
    )
    return _Problem(links, legs, firsts, numbers >= 0, numbers, cutoff)


def _built(problem: _Problem, chosen: np.ndarray) -> np.ndarray:
    """The seats that stand with some new ones, by position, the centres last."""
    stands = ~problem.is_new
    stands[chosen] = True
    return np.append(np.flatnonzero(stands), len(stands))


def _costs_over(problem: _Problem, seats: np.ndarray) -> np.ndarray:
    """What it costs from each seat to a centre over some seats, infinite elsewhere."""
    within = problem.links[seats][:, seats]
    within = network.links_of(within.data, within.indices, within.indptr)
    found = dijkstra(within, indices=np.array([len(seats) - 1]), limit=problem.cutoff)[0]
    cost = np.full(problem.links.shape[0], math.inf)
    cost[seats] = found
    return cost[:-1]


def _is_won(problem: _Problem, cost: np.ndarray) -> np.ndarray:
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


def _value(problem: _Problem, chosen: np.ndarray) -> float:
    """How many people more get to a centre with some new benches."""
    won = _is_won(problem, _costs_over(problem, _built(problem, chosen)))
    return float(problem.homes.people[won].sum())


def _most_with(problem: _Problem, new: int) -> float:
    """
    How many people no choice of so many benches can bring more of.

    Whoever is won comes from home, over seats that are there, to a new bench first, and from it to a
    centre over no more new ones than there are. So the people won are at most those whom so many benches
    are first for, as if each were joined to a centre already: a problem of covering, of which any part
    of a choice with the most that so many others can add to it is a bound, as what one adds is no more
    beside others than alone. Nemhauser, Wolsey and Fisher, Mathematical Programming 14 (1978).
    """
    problem = problem._replace(cutoff=problem.cutoff + _HAIR_M)
    people = problem.homes.people
    if not len(people) or not new:
        return 0.0
    onward = _costs_with(problem, new)
    home, seat, cost = problem.firsts
    helps = onward[seat] + cost <= problem.cutoff
    home, seat = home[helps], seat[helps]
    won, count = np.zeros(len(people), dtype=bool), len(onward)
    most = float(people[_is_won(problem, onward)].sum())
    for _ in range(new + 1):
        left = ~won[home]
        home, seat = home[left], seat[left]
        added = np.bincount(seat, people[home], minlength=count)
        most = min(most, float(people[won].sum() + np.sort(added)[-new:].sum()))
        if not len(home):
            break
        won[home[seat == added.argmax()]] = True
    return most


def _costs_with(problem: _Problem, new: int) -> np.ndarray:
    """
    What it costs from each seat to a centre over no more than so many new benches, itself included.

    One round for each bench: it costs no more to get to a seat by one bench more. From a new bench
    people walk on over seats that are there, for which no bench is needed.
    """
    count = len(problem.is_new)
    cost = _costs_over(problem, _built(problem, np.array([], dtype=int)))
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


def _tree_of(problem: _Problem, chosen: np.ndarray, price: np.ndarray) -> _Tree:
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
    return _Tree(before[:-1], steps[:-1], metres[:-1])


def _people_at(
    problem: _Problem, tree: _Tree, won: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """
    Of the homes that are not won the people at the seat from which they need fewest new benches.

    Of several such seats the one is taken that most people are near to, give or take.
    """
    homes = problem.homes
    some = tree.cost[homes.seat] + homes.cost <= problem.cutoff + _HAIR_M
    some &= ~won[homes.home]
    home, seat = homes.home[some], homes.seat[some]
    count = len(tree.cost)
    liked = np.bincount(seat, homes.people[home], minlength=count) * rng.uniform(0.8, 1.2, count)
    order = np.lexsort((-liked[seat], tree.benches[seat], home))
    first = order[np.diff(home[order], prepend=-1) > 0]
    return np.bincount(seat[first], homes.people[home[first]], minlength=count)


def _best_part(
    problem: _Problem, tree: _Tree, chosen: np.ndarray, people: np.ndarray, new: int
) -> np.ndarray:
    """
    The new benches of that part of a tree, from its root, that holds most people with so many.

    Seats stand in the order in which a walk over the tree comes to them. Each is either in the part, and
    the next may be too, or all behind it are left out. Cho and Shaw, European Journal of Operational
    Research 102 (1997).
    """
    missing = problem.is_new.copy()
    missing[chosen] = False
    nodes, after = _walked(tree, people)
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


def _walked(tree: _Tree, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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


def _best_chain(
    problem: _Problem, tree: _Tree, chosen: np.ndarray, people: np.ndarray, new: int
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
    if not len(rate) or rate.max() <= _PEOPLE:
        return np.array([], dtype=int)
    node, chain = int(rate.argmax()), []
    while node != root:
        chain.append(node)
        node = int(tree.before[node])
    found = np.array(chain[::-1], dtype=int)
    new_ones: np.ndarray = found[missing[found]]
    return new_ones


_Take = Callable[[_Problem, _Tree, np.ndarray, np.ndarray, int], np.ndarray]


def _filled(
    problem: _Problem,
    chosen: np.ndarray,
    new: int,
    price: np.ndarray,
    take: _Take,
    rng: np.random.Generator,
) -> np.ndarray:
    """A choice with new benches added, up to so many, until none helps."""
    while len(chosen) < new:
        won = _is_won(problem, _costs_over(problem, _built(problem, chosen)))
        tree = _tree_of(problem, chosen, price)
        people = _people_at(problem, tree, won, rng)
        more = take(problem, tree, chosen, people, new - len(chosen))
        if not len(more):
            break
        chosen = np.concatenate([chosen, more])
    return chosen


def _useful(problem: _Problem, chosen: np.ndarray) -> np.ndarray:
    """A choice without the benches that nobody's shortest walk needs."""
    tree = _tree_of(problem, chosen, np.full(len(problem.is_new), math.inf))
    none = np.zeros(len(problem.homes.people), dtype=bool)
    nodes, _ = _walked(tree, _people_at(problem, tree, none, np.random.default_rng(0)))
    return chosen[np.isin(chosen, nodes)]


def _exchanged(
    problem: _Problem, chosen: np.ndarray, value: float, clock: "_terms.Clock"
) -> np.ndarray:
    """A choice better by one bench that stands elsewhere within a leg; the same if there is none."""
    starts, targets = problem.links.indptr, problem.links.indices
    for n, bench in enumerate(chosen):
        near = targets[starts[bench] : starts[bench + 1]]
        for other in near[problem.is_new[near] & ~np.isin(near, chosen)]:
            trial = chosen.copy()
            trial[n] = other
            if not clock.left():
                return chosen
            if _value(problem, trial) > value + _PEOPLE:
                return trial
    return chosen


def _searched(
    problem: _Problem,
    new: int,
    clock: "_terms.Clock",
    bound: float,
    watch: Callable[[float], None],
) -> tuple[np.ndarray, str]:
    """The best choice found, and why the search ended."""
    rng, count = np.random.default_rng(0), len(problem.is_new)
    nothing = np.array([], dtype=int)
    best, value = nothing, 0.0
    if not new or bound <= _PEOPLE:
        return best, "searched"
    around = np.zeros(count)
    np.add.at(around, problem.homes.seat, problem.homes.people[problem.homes.home])
    usual = np.full(count, _DEAR)

    def better(trial: np.ndarray) -> bool:
        nonlocal best, value
        reached = _value(problem, trial)
        if reached <= value + _PEOPLE:
            return False
        best, value = _useful(problem, trial), reached
        watch(value)
        return True

    for take in (_best_chain, _best_part):
        if clock.left() or take is _best_chain:  # which takes a moment
            better(_filled(problem, nothing, new, usual, take, rng))
    current, waited, single = best, 0, 0
    while waited < _PATIENCE + len(best) and value < bound - _PEOPLE:
        if not clock.left():
            return best, clock.word()
        if single < len(current):  # first one at a time, then a few of them
            kept = np.delete(current, single)
            single += 1
        else:
            kept = _without_some(problem, current, rng)
        price = usual
        if waited % 2:  # other trees: now fewer metres, now past more people
            price = rng.choice([_DEAR, 200.0, 50.0]) * rng.uniform(0.8, 1.2, count)
            price /= 1 + rng.choice([0.0, 0.5, 1.0]) * around / max(around.max(initial=0.0), 1.0)
        take = _best_chain if rng.random() < 0.5 else _best_part
        trial = _filled(problem, _useful(problem, kept), new, price, take, rng)
        waited += 1
        if better(trial):
            current, waited, single = best, 0, 0
        elif waited == _PATIENCE + len(best):
            trial = _exchanged(problem, best, value, clock)
            while better(trial):
                current, waited, single = best, 0, 0
                trial = _exchanged(problem, best, value, clock)
        elif _value(problem, trial) >= value * (1 - _NEARLY):
            current = trial
    return best, "searched"


def _without_some(problem: _Problem, chosen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A choice without a few benches: any, or one and those behind it or before it."""
    if len(chosen) < 2:
        return chosen[:0]
    some = int(rng.integers(1, max(2, len(chosen) // 2) + 1))
    if rng.random() < 0.5:
        return np.delete(chosen, rng.choice(len(chosen), some, replace=False))
    middle = chosen[rng.integers(len(chosen))]
    whole = _tree_of(problem, chosen, np.full(len(problem.is_new), math.inf)).cost
    apart = np.abs(np.nan_to_num(whole[chosen] - whole[middle], nan=0.0, posinf=1e9))
    return chosen[np.argsort(apart, kind="stable")[some:]]


def _in_order(problem: _Problem, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A choice in the order in which to build, and the people each bench adds: chains that win most first."""
    usual = np.full(len(problem.is_new), math.inf)
    usual[chosen] = _DEAR
    order = _filled(
        problem, np.array([], dtype=int), len(chosen), usual, _best_chain, np.random.default_rng(0)
    )
    order = np.concatenate([order, chosen[~np.isin(chosen, order)]])
    values = [_value(problem, order[:n]) for n in range(len(order) + 1)]
    return order, np.diff(values)
