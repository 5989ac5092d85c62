"""
One siting run in a process of its own, so that time and peak memory are its own.

`python -m tests.siting_runs ENGINE MODEL CANDIDATES REQUIRED NEW SEED` prints a JSON line. ENGINE is
carecircles, spopt (which has to be installed: the extra `oracles`) or textbook (the model as books
have it, for scipy's solver), MODEL coverage, facilities, distance and so on. A sixth number is the
side of the square in cells.
"""

import json
import sys
import threading
import time

import numpy as np
import pandas as pd

from carecircles import reach, siting
from tests.conftest import centres_at

SIDE, CELL_M, CUTOFF_M = 129, 50.0, 700.0


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


def by_carecircles(model, demand, sites, required, new, *, time_limit=60.0):
    """The cost table included: seconds, objective, gap and status."""
    far = 1e6 if model in ("distance", "worst") else CUTOFF_M
    start = time.perf_counter()
    cost = reach.straight_line(demand, sites, cutoff=far)
    goal = {} if model == "facilities" else {"new": new}
    goal |= {"full": 300.0} if model == "gradual" else {}
    plan = siting.MODELS[model](
        demand,
        cost,
        cutoff=CUTOFF_M,
        rules=siting.Rules(required=sites.index[:required]),
        search=siting.Search(time_limit=time_limit),
        **goal,
    )
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "objective": plan.objective, "gap": plan.gap, "status": plan.status}


def by_spopt(model, demand, sites, required, new):
    """The same by spopt and its default solver, which proves what it returns."""
    import pulp
    from spopt.locate import LSCP, MCLP, PMedian

    start = time.perf_counter()
    x, y = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    metres = np.hypot(demand["x"].to_numpy()[:, None] - x, demand["y"].to_numpy()[:, None] - y)
    people = demand["people_60"].to_numpy()
    fixed = np.where(np.arange(len(sites)) < required, 1, 0)
    given = {"predefined_facilities_arr": fixed}
    if model == "facilities":
        problem = LSCP.from_cost_matrix(metres, CUTOFF_M, **given)
    elif model == "coverage":
        problem = MCLP.from_cost_matrix(metres, people, CUTOFF_M, required + new, **given)
    else:
        problem = PMedian.from_cost_matrix(metres, people, required + new, **given)
    problem = problem.solve(pulp.PULP_CBC_CMD(msg=False))
    value = float(pulp.value(problem.problem.objective))
    if model == "facilities":
        value -= required
    status = pulp.LpStatus[problem.problem.status].casefold()
    return {"seconds": time.perf_counter() - start, "objective": value, "gap": 0, "status": status}


def by_textbook(model, demand, sites, required, new):
    """The same as a model with a column for each pair of place and site, for scipy's `milp`."""
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    start = time.perf_counter()
    x, y = sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy()
    metres = np.hypot(demand["x"].to_numpy()[:, None] - x, demand["y"].to_numpy()[:, None] - y)
    people = demand["people_60"].to_numpy()
    places, size = metres.shape
    near = (metres <= CUTOFF_M).astype(float)
    opened = np.ones((1, size))
    one, each = sparse.identity(size), sparse.identity(places)
    limits = Bounds((np.arange(size) < required).astype(float), 1)
    if model == "facilities":
        rows = near[near.any(axis=1)]
        found = milp(opened[0], integrality=opened[0], bounds=limits, constraints=LinearConstraint(rows, lb=1))  # fmt: skip
        value = found.fun - required
    else:
        if model in ("coverage", "backup"):  # a column for each place: is it covered (twice)
            columns, linked = places, sparse.hstack([-near / (2 if model == "backup" else 1), each])
            worth, whole, sums = people, np.ones(places), []
        else:  # a column for each pair: is the place served from there
            columns, whole = places * size, np.zeros(places * size)
            credit = np.clip((CUTOFF_M - metres) / (CUTOFF_M - 300), 0, 1)
            worth = ((credit if model == "gradual" else -metres) * people[:, None]).ravel()
            linked = sparse.hstack([sparse.vstack([-one] * places), sparse.identity(columns)])
            served = sparse.hstack(
                [sparse.csr_matrix((places, size)), sparse.kron(each, np.ones(size))]
            )
            sums = [LinearConstraint(served, lb=1, ub=1)]
        count = sparse.hstack([sparse.csr_matrix(opened), sparse.csr_matrix((1, columns))])
        found = milp(
            np.concatenate([np.zeros(size), -worth]),
            integrality=np.concatenate([opened[0], whole]),
            bounds=Bounds(np.concatenate([limits.lb, np.zeros(columns)]), 1),
            constraints=[
                LinearConstraint(linked, ub=0),
                LinearConstraint(count, ub=required + new),
                *sums,
            ],
        )
        value = found.fun if model == "distance" else -found.fun
    status = {0: "optimal"}.get(found.status, found.message)
    return {"seconds": time.perf_counter() - start, "objective": value, "gap": 0, "status": status}


ENGINES = {"carecircles": by_carecircles, "spopt": by_spopt, "textbook": by_textbook}


def main(engine, model, *numbers):
    from tests.memory_runs import peak_mb, watch_solvers

    solvers: dict[int, float] = {}
    threading.Thread(target=watch_solvers, args=[solvers], daemon=True).start()
    candidates, required, new, seed = map(int, numbers[:4])
    side = int(numbers[4]) if len(numbers) > 4 else SIDE
    demand, sites = instance(candidates, required, seed, side=side)
    found = ENGINES[engine](model, demand, sites, required, new)
    peak = peak_mb("self") + max(solvers.values(), default=0.0)
    print(json.dumps(found | {"peak_mb": round(peak)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
