"""
One siting run in a process of its own, so that time and peak memory are its own.

`python -m tests.siting_runs NAME` runs a record (`RECORDS`), without a name it tells their names, with
several it runs each in a process of its own. `python -m tests.siting_runs NAME ENGINE` and
`python -m tests.siting_runs ENGINE MODEL CANDIDATES REQUIRED NEW SEED` do so by another ENGINE:
carecircles, spopt (which has to be installed: the extra `oracles`) or textbook (the model as books
have it, for scipy's solver). MODEL is coverage, facilities, distance and so on; a sixth number is the
side of the square in cells. A line of JSON comes out: `seconds` by the clock, `cpu_s` with the solver's.
"""

import functools
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import psutil
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from carecircles import datasets, grid, reach, siting
from tests.conftest import centres_at

SIDE, CELL_M, CUTOFF_M = 129, 50.0, 700.0
MOST_PAIRS = 2_000_000  # of which a book's model has a column and a row each


def instance(candidates, required, seed, *, side=SIDE):
    """A square of 50 m cells with random people, and required centres and candidates at random."""
    rng = np.random.default_rng(seed)
    row, col = np.divmod(np.arange(side * side), side)
    demand = pd.DataFrame(
        {
            "row": row.astype(np.int32),
            "col": col.astype(np.int32),
            "x": (col + 0.5) * CELL_M,
            "y": (row + 0.5) * CELL_M,
            "area_m2": CELL_M**2,
            "people_60": rng.integers(0, 60, side * side).astype(float),
        }
    )
    places = rng.uniform(0, side * CELL_M, (required + candidates, 2))
    return demand, centres_at(*places.tolist())


def hexi(spacing):
    """The cells of Hexi, its centres, and a candidate every so many metres."""
    area = datasets.load("hexi")
    demand = grid.make_demand(area.streets, area.population, cell=CELL_M)
    places = siting.candidates_on_grid(demand, spacing=spacing)
    return demand, pd.concat([area.facilities[["geometry"]], places[["geometry"]]])


def anywhere(points, sites, side):
    """Uniform points with 1 to 100 people in a square; as many sites, or every point is one if None."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, side, (2, points))
    people = rng.integers(1, 101, points).astype(float)
    demand = pd.DataFrame({"x": x, "y": y, "people_60": people})
    at = (x, y) if sites is None else rng.uniform(0, side, (2, sites))
    return demand, gpd.GeoDataFrame(geometry=gpd.points_from_xy(*at))


def network(places, seed):
    """
    A random network, one person at each junction and a candidate too, with all ways between them.

    A tree and other edges, n^2 / 50 in all, 1 to 100 long: the sizes of pmed 1 to 40 of the OR-Library, made as
    Beasley, European Journal of Operational Research 21 (1985) tells, but not the same.
    """
    rng = np.random.default_rng(seed)
    tree = np.stack([rng.integers(0, np.arange(1, places)), np.arange(1, places)])
    others = rng.integers(0, places, (2, max(0, places**2 // 50 - places + 1)))
    begins, ends = np.concatenate([tree, others], axis=1)
    metres = rng.integers(1, 101, len(begins)).astype(float)
    order = np.lexsort(
        (metres, begins * places + ends)
    )  # of edges between the same two the shortest
    first = np.unique((begins * places + ends)[order], return_index=True)[1]
    some = order[first]
    graph = sparse.coo_matrix((metres[some], (begins[some], ends[some])), shape=(places, places))
    ways = csgraph.shortest_path(graph.tocsr(), directed=False)
    labels = pd.Index([f"n{n}" for n in range(places)])
    pairs = pd.MultiIndex.from_product([labels, labels], names=["demand", "facility"])
    table = reach.CostTable(pd.Series(ways.ravel(), index=pairs), np.inf)
    return pd.DataFrame({"people_60": np.ones(places)}, index=labels), table


class Record(NamedTuple):
    """A model, what makes its places and sites (or their cost table), and how many are required and new."""

    model: str
    made: Callable[[], tuple]
    required: int
    new: int
    cutoff: float = CUTOFF_M
    limit: float = 60.0


def square(candidates, required, seed=0):
    return functools.partial(instance, candidates, required, seed)


# How many places and new centres pmed 1, 2 ... have.
PMED = [
    *((100, new) for new in (5, 10, 10, 20, 33)),
    *((200, new) for new in (5, 10, 20, 40, 67)),
    *((300, new) for new in (5, 10, 30, 60, 100)),
    *((400, new) for new in (5, 10, 40, 80, 133)),
    *((500, new) for new in (5, 10, 50, 100, 167)),
    *((600, new) for new in (5, 10, 60, 120, 200)),
    *((700, new) for new in (5, 10, 70, 140)),
    *((800, new) for new in (5, 10, 80)),
    *((900, new) for new in (5, 10, 90)),
]
RECORDS = {
    **{f"coverage-{c}": Record("coverage", square(c, 45), 45, 5) for c in (200, 1000, 4000, 16000)},
    **{
        f"hard-{seed}": Record("coverage", square(1000, 10, seed), 10, 20, limit=30)
        for seed in range(3)
    },
    "points-100k": Record("coverage", lambda: anywhere(100_000, 1000, 30), 0, 10, 3.25),
    "points-100k-wider": Record("coverage", lambda: anywhere(100_000, 1000, 30), 0, 15, 4.0),
    "points-7730": Record("coverage", lambda: anywhere(7730, None, 12_000), 0, 20, 800.0),
    "points-1m": Record("coverage", lambda: anywhere(1_000_000, 100, 30), 0, 10, 3.25),
    "points-20m": Record("coverage", lambda: anywhere(20_000_000, 100, 30), 0, 10, 3.25, 400),
    **{f"median-{new}": Record("distance", square(1000, 0), 0, new) for new in (10, 20)},
    "facilities": Record("facilities", square(1000, 0), 0, 0, limit=15),
    "facilities-1000": Record("facilities", square(1000, 45), 45, 0),
    **{
        f"{model}-1000": Record(model, square(1000, 45), 45, 5)
        for model in ("gradual", "distance", "worst")
    },
    "distance-20-of-1000": Record("distance", square(1000, 45), 45, 20),
    **{f"backup-{new}": Record("backup", functools.partial(hexi, 200), 45, new) for new in (3, 10)},
    **{
        f"{name}-{number}": Record(model, functools.partial(network, size, number), 0, new, np.inf)
        for name, model in (("pmed", "distance"), ("pcenter", "worst"))
        for number, (size, new) in enumerate(PMED, start=1)
    },
}


def by_carecircles(model, demand, sites, required, new, *, cutoff=CUTOFF_M, time_limit=60.0):
    """The cost table included: seconds, objective, gap and status."""
    far = 1e6 if model in ("distance", "worst") else cutoff
    start = time.perf_counter()
    is_measured = isinstance(sites, reach.CostTable)
    cost = sites if is_measured else reach.straight_line(demand, sites, cutoff=far)
    own = () if is_measured else sites.index[:required]
    goal = {} if model == "facilities" else {"new": new}
    goal |= {"full": 300.0} if model == "gradual" else {}
    plan = siting.MODELS[model](
        demand,
        cost,
        cutoff=cutoff,
        rules=siting.Rules(required=own),
        search=siting.Search(time_limit=time_limit),
        **goal,
    )
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "objective": plan.objective, "gap": plan.gap, "status": plan.status}


def by_spopt(model, demand, sites, required, new, *, cutoff=CUTOFF_M, time_limit=60.0):
    """The same by spopt and its default solver, which proves what it returns."""
    import pulp
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    start = time.perf_counter()
    place, site, metres = pairs_of(demand, sites, np.inf)
    matrix = np.full((len(demand), site.max() + 1), np.inf)
    matrix[place, site] = metres
    people = demand["people_60"].to_numpy()
    fixed = np.where(np.arange(matrix.shape[1]) < required, 1, 0)
    given = {"predefined_facilities_arr": fixed} if required else {}
    if model == "facilities":
        problem = LSCP.from_cost_matrix(matrix, cutoff, **given)
    elif model == "coverage":
        problem = MCLP.from_cost_matrix(matrix, people, cutoff, required + new, **given)
    elif model == "worst":
        problem = PCenter.from_cost_matrix(matrix, required + new, **given)
    else:
        problem = PMedian.from_cost_matrix(matrix, people, required + new, **given)
    problem = problem.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=time_limit))
    value = float(pulp.value(problem.problem.objective))
    if model == "facilities":
        value -= required
    status = pulp.LpStatus[problem.problem.status].casefold()
    return {"seconds": time.perf_counter() - start, "objective": value, "gap": 0, "status": status}


def by_textbook(model, demand, sites, required, new, *, cutoff=CUTOFF_M, time_limit=60.0):
    """The same as a sparse model as books have it, for scipy's `milp`."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    start = time.perf_counter()
    is_all = model in ("distance", "worst")
    place, site, metres = pairs_of(demand, sites, np.inf if is_all else cutoff)
    if is_all and len(place) > MOST_PAIRS:
        raise SystemExit(f"{len(place):,} pairs are more than there is room for in this model")
    some, place = np.unique(place, return_inverse=True)  # those that any site reaches
    people, pairs, each = demand["people_60"].to_numpy()[some], len(place), np.ones(len(place))
    size = site.max() + 1 if isinstance(sites, reach.CostTable) else len(sites)
    of_place = sparse.csr_matrix((each, (place, np.arange(pairs))), shape=(len(some), pairs))
    of_site = sparse.csr_matrix((each, (np.arange(pairs), site)), shape=(pairs, size))
    near, none = of_place @ of_site, np.zeros(size)
    least, opened = (np.arange(size) < required).astype(float), np.ones(size)
    rows = []  # matrix, least, most; sites stand first, then what is counted

    def row(matrix, low, high):
        rows.append(LinearConstraint(sparse.csr_matrix(matrix), low, high))

    if model == "facilities":
        objective, whole = opened, opened
        row(near, 1, np.inf)
    elif model in ("coverage", "backup"):  # a column for each place: is it covered (twice)
        times = 2 if model == "backup" else 1
        objective = np.concatenate([none, -people])
        whole = np.concatenate([opened, np.full(len(some), times - 1)])
        row(sparse.hstack([-near / times, sparse.identity(len(some))]), -np.inf, 0)
    else:  # a column for each pair: is the place served from there
        credit = np.clip((cutoff - metres) / (cutoff - 300), 0, 1) if model == "gradual" else None
        worth = -metres if credit is None else credit
        farthest = [0.0, 1.0] if model == "worst" else [-1.0, 0.0]
        objective = np.concatenate([none, farthest[0] * worth * people[place], farthest[1:]])
        whole = np.concatenate([opened, 0 * each, [0]])
        last = sparse.csr_matrix((pairs, 1))
        row(sparse.hstack([-of_site, sparse.identity(pairs), last]), -np.inf, 0)
        of_sites = sparse.csr_matrix((len(some), size))
        served = sparse.hstack([of_sites, of_place, sparse.csr_matrix((len(some), 1))])
        row(served, 0 if model == "gradual" else 1, 1)
        if model == "worst":
            far = of_place @ sparse.diags(metres)
            row(sparse.hstack([of_sites, far, -np.ones((len(some), 1))]), -np.inf, 0)
    if model != "facilities":
        count = sparse.hstack([opened[None, :], sparse.csr_matrix((1, len(objective) - size))])
        row(count, 0, required + new)
    upper = np.ones(len(objective))
    if model == "worst":
        upper[-1] = np.inf
    bounds = Bounds(np.concatenate([least, np.zeros(len(objective) - size)]), upper)
    options = {"time_limit": time_limit, "mip_rel_gap": 0.0}
    found = milp(objective, integrality=whole, bounds=bounds, constraints=rows, options=options)
    value = np.nan if found.fun is None else found.fun
    value = value - required if model == "facilities" else value
    value = value if model in ("facilities", "distance", "worst") else -value
    return {
        "seconds": time.perf_counter() - start,
        "objective": float(value),
        "gap": None if found.x is None else found.mip_gap,
        "status": "optimal" if found.status == 0 else "time limit",
    }


def pairs_of(demand, sites, cutoff):
    """Numbers of place and site, and how far it is, of all pairs up to a distance; our own table only of a network."""
    if isinstance(sites, reach.CostTable):
        place, site = (np.asarray(c, dtype=int) for c in reach.pairs_in(sites.table).codes)
        return place, site, sites.table.to_numpy()
    points = demand[["x", "y"]].to_numpy()
    ends = np.column_stack([sites.geometry.x, sites.geometry.y])
    if np.isfinite(cutoff):
        found = KDTree(points).sparse_distance_matrix(
            KDTree(ends), cutoff, output_type="coo_matrix"
        )
        return found.row, found.col, found.data
    place, site = (axis.ravel() for axis in np.indices((len(points), len(ends))))
    return place, site, np.hypot(*(points[place] - ends[site]).T)


ENGINES = {"carecircles": by_carecircles, "spopt": by_spopt, "textbook": by_textbook}


def main(name, *given):
    from tests.memory_runs import peak_mb, watch_solvers

    solvers: dict[int, float] = {}
    threading.Thread(target=watch_solvers, args=[solvers], daemon=True).start()
    if name in RECORDS:
        record, [engine] = RECORDS[name], given or ["carecircles"]
        demand, sites = record.made()
        begun = _cpu_s()
        asked = (record.model, demand, sites, record.required, record.new)
        found = ENGINES[engine](*asked, cutoff=record.cutoff, time_limit=record.limit)
    else:
        model, *numbers = given
        candidates, required, new, seed, *side = map(int, numbers)
        demand, sites = instance(candidates, required, seed, side=side[0] if side else SIDE)
        begun = _cpu_s()
        found = ENGINES[name](model, demand, sites, required, new)
    peak = peak_mb("self") + max(solvers.values(), default=0.0)
    told = {"cpu_s": round(_cpu_s() - begun, 2), "peak_mb": round(peak)}
    print(json.dumps({"name": name} | found | told))


def _cpu_s():
    """Seconds that this process took of the processor, and those it started."""
    own = psutil.Process()
    every = [own.cpu_times(), *(child.cpu_times() for child in own.children())]
    ended = every[0].children_user + every[0].children_system
    return sum(times.user + times.system for times in every) + ended


if __name__ == "__main__":
    names = sys.argv[1:]
    if not names:
        print(*RECORDS, sep="\n")
    elif len(names) > 1 and all(name in RECORDS for name in names):
        for each in names:
            subprocess.run([sys.executable, "-m", "tests.siting_runs", each], check=True)
    else:
        main(*names)
