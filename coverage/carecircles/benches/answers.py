"""Where new benches bring most people within reach, and one more centre beside them."""

import geopandas as gpd
import numpy as np

from carecircles import comparison, reach
from carecircles.benches._bound import most_with
from carecircles.benches._problem import PEOPLE, problem_of, value_of, walk_of
from carecircles.benches._search import in_order, searched
from carecircles.benches.candidates import SPACING_M, candidates_within, useful_of
from carecircles.benches.values import Benches
from carecircles.errors import ValidationError
from carecircles.plan import Plan
from carecircles.siting import Search, candidates_on_grid
from carecircles.siting._terms import started
from carecircles.words import Sentence

_PLACES_AT_ONCE = 4000


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
        Points where one could stand, indexed by id; from `candidates_within` if None: none beyond the border
        of the area.
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

    >>> import dataclasses, functools, shapely
    >>> import pandas as pd
    >>> from carecircles import datasets, plan
    >>> from carecircles.benches import candidates_on_ways
    >>> from carecircles.network import Network
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
    walk = walk_of(plan)
    if new < 0 or new != int(new):
        told = f"new is {new}; write a whole number of benches."
        raise ValidationError([Sentence(told, zh=f"new 为 {new}；请写整数个座椅。")])
    search = search or Search()
    weight = comparison.headline(plan).column if weight is None else weight
    if candidates is None:
        candidates = candidates_within(plan, spacing=spacing)
    useful = useful_of(plan, candidates, walk.most)
    problem = problem_of(plan, walk, useful, weight)
    covered = float(plan.cells.loc[plan.cells["covered"], weight].sum())
    with started(search.time_limit, since=search.since) as clock:
        every = covered + value_of(problem, np.flatnonzero(problem.is_new))
        bound = min(covered + most_with(problem, int(new)), every)

        def tell(won: float) -> None:
            if search.watch:
                search.watch(covered + won, bound)

        most = bound - covered
        chosen, word = searched(problem, int(new), clock, most, tell)
        while value_of(problem, chosen) >= most - PEOPLE and len(chosen):  # perhaps with fewer
            if most_with(problem, len(chosen) - 1) < most - PEOPLE:
                break
            fewer, _ = searched(problem, len(chosen) - 1, clock, most, tell)
            if value_of(problem, fewer) < most - PEOPLE:
                break
            chosen = fewer
    order, gains = in_order(problem, chosen)
    seats = useful.iloc[problem.number[order]]
    seats = seats.assign(marginal=gains, cumulative=covered + np.cumsum(gains))
    reached = covered + float(gains.sum())
    return Benches(
        seats,
        walk.stretch,
        int(new),
        len(walk.rests),
        len(useful),
        reached,
        covered,
        bound,
        every,
        float(plan.cells[weight].sum()),
        "optimal" if reached >= bound - PEOPLE else word,
    )


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
    best = best[gained[best] > PEOPLE]
    return places.iloc[best].assign(gained=gained[best])
