"""Where a centre could open, and what it would cost people to get there."""

import dataclasses
import itertools
import math
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import grid, io, marginal, reach
from carecircles.area import StudyArea, is_neighbour, read_area
from carecircles.errors import ValidationError
from carecircles.plan import Plan, nearest_of
from carecircles.reach import CostTable
from carecircles.reach._pairs import Gathered
from carecircles.siting import _terms
from carecircles.siting.found import Siting
from carecircles.siting.goals import GOALS
from carecircles.words import Sentence, joined

_PAIRS_AT_ONCE = 5_000_000
_RINGS, _NARROWER = 6, 0.7  # in which candidates nearer than any centre are looked for
_FIRST_PART = 64  # of so many parts one is measured before it is known how long it takes
_PART_S = 0.5  # seconds that a part may take after it: so long Ctrl-C waits
_SAMPLE = 200  # candidates that stand for all when their pairs are counted


def candidates_in_gaps(plan: Plan, *, spacing: float | None = None) -> gpd.GeoDataFrame:
    """
    A candidate in the middle of each cell from which a new centre would gain anyone or any area.

    Parameters
    ----------
    spacing
        Metres between candidates, rounded to whole cells; every cell if None.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_in_gaps(asis, spacing=400)
    >>> len(places), places.index[0]
    (56, 'G17')
    """
    gains = marginal.open_everywhere(plan)
    return candidates_on_grid(plan.cells[gains["gained_km2"] > 0], spacing=spacing)


def candidates_on_grid(cells: pd.DataFrame, *, spacing: float | None = None) -> gpd.GeoDataFrame:
    """
    A candidate in the middle of each cell, to the centimetre that a scenario file can say.

    Parameters
    ----------
    cells
        Cells with row, col, x, y (metres) and `attrs["crs"]`; all of the grid, those that are not
        covered, or any others.
    spacing
        Metres between candidates, rounded to whole cells; every cell if None.

    Returns
    -------
    candidates
        Indexed by `id` ('G' and the label of the cell): name, name_en, lon, lat, street, geometry.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> len(asis.cells), len(siting.candidates_on_grid(asis.cells, spacing=400))
    (224, 56)
    """
    if spacing is not None:
        every = max(1, round(spacing / grid.lattice_of(cells).cell))
        cells = cells[(cells["row"] % every == every // 2) & (cells["col"] % every == every // 2)]
    labels = pd.Index([f"G{label}" for label in cells.index], name="id")
    middles = gpd.GeoSeries.from_xy(cells["x"], cells["y"], crs=cells.attrs["crs"])
    points, degrees = io.as_written(middles.set_axis(labels))
    table = degrees.assign(
        name=labels, name_en=labels, street=cells["street"].astype(str).to_numpy()
    )
    return gpd.GeoDataFrame(table, geometry=points)


def read_candidates(
    path: io.Source, *, folder: str | Path, plan: Plan, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Candidates from a file like one of centres, held against a study area.

    Parameters
    ----------
    path
        As in `io.read_centres`; a frame will do.
    folder
        The study area's folder.
    plan
        The plan they are candidates for; its ids are taken.
    datum
        As in `io.read_centres`.

    Returns
    -------
    candidates
        Indexed by `id`: name, name_en, lon, lat, street, price (NaN where the file says none), services
        (none where the file says none), geometry, to the centimetre. `attrs["notes"]` says what was taken for granted.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> homes = pd.DataFrame({"name": ["New"], "lon": [110.008], "lat": [35.008], "price": [80]})
    >>> homes.index = pd.Index(["N1"], name="id")
    >>> places = siting.read_candidates(homes, folder=datasets.folder("template"), plan=asis)
    >>> places[["name", "street", "price"]].to_numpy().tolist()
    [['New', 'S1', 80.0]]
    """
    area = read_area(folder, centres=path, datum=datum, beyond=0.0)
    places = area.facilities
    taken = places.index[places.index.isin(plan.area.facilities.index)]
    if len(taken):
        some, file = joined(map(str, taken[:5]), Sentence(", ", zh="、")), places.attrs["file"]
        told = f"{file}: there are centres with the ids {some}; give candidates their own."
        zh = f"{file}：编号 {some.zh} 已有中心使用；请给候选点另外的编号。"
        raise ValidationError([Sentence(told, zh=zh)])
    points, degrees = io.as_written(places.geometry)
    table = places[["name", "name_en", "street", "price", "services"]].join(degrees)
    candidates = gpd.GeoDataFrame(table, geometry=points, crs=places.crs)
    candidates.attrs["notes"] = [note for note in area.notes if note not in plan.area.notes]
    return candidates


def candidates_without(area: StudyArea, plan: Plan) -> gpd.GeoDataFrame:
    """
    The centres of a study area that a plan does not count, such as those without a service.

    Neighbours are none: what they offer is not for the area to say.

    Parameters
    ----------
    area
        The study area with all its centres.
    plan
        The plan of those that count, as of `area.offering`.

    Returns
    -------
    candidates
        Indexed by `id`: name, name_en, lon, lat, street, services, geometry (as it is).

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> from carecircles.area import offering
    >>> few = offering(area, "medical")
    >>> asis = plan.evaluate(few, grid.make_demand(area.streets, area.population, cell=200))
    >>> siting.candidates_without(area, asis).index.tolist()
    ['A3']
    """
    is_counted = area.facilities.index.isin(plan.area.facilities.index)
    centres = area.facilities[~is_counted & ~is_neighbour(area.facilities)]
    degrees = io.as_written(centres.geometry)[1]
    table = pd.DataFrame(centres[["name", "name_en", "street", "services"]]).join(degrees)
    return gpd.GeoDataFrame(table, geometry=centres.geometry, crs=centres.crs)


def outside(candidates: gpd.GeoDataFrame, places: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """
    The candidates that do not stand where none may: in a park, on water, on a road.

    Parameters
    ----------
    candidates
        Points.
    places
        Polygons in the same CRS; their edge belongs to them.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> park = area.streets.geometry[:1]
    >>> len(places), len(siting.outside(places, park))
    (56, 40)
    """
    tree = shapely.STRtree(candidates.geometry.to_numpy())
    hit = tree.query(places.to_numpy(), predicate="intersects")[1]
    return candidates.drop(index=candidates.index[np.unique(hit)])


def cost_for(
    goal: str, plan: Plan, candidates: gpd.GeoDataFrame, *, full: float = 0.0
) -> CostTable:
    """
    The cost table that a model of `MODELS` needs of a plan's centres and the candidates, and no more.

    Parameters
    ----------
    goal
        A key of `GOALS`.
    plan
        The plan as it is, with all its cells; its cost table is used and its reach measures.
    candidates
        Points.
    full
        As in `maximize_gradual_coverage`.

    Examples
    --------
    The pairs of centres, and of candidates with the cells that no centre reaches.

    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> table = siting.cost_for("coverage", asis, places).table
    >>> len(asis.cost.table), len(table)
    (110, 938)
    """
    return cost_in_time(goal, plan, candidates, full=full)[0]


def cost_in_time(
    goal: str,
    plan: Plan,
    candidates: gpd.GeoDataFrame,
    *,
    full: float = 0.0,
    until: float = math.inf,
) -> tuple[CostTable, gpd.GeoDataFrame, bool]:
    """
    The cost table of `cost_for` for as many candidates as there is time for, these, and whether it was stopped.

    Parameters
    ----------
    goal, plan, candidates, full
        As in `cost_for`.
    until
        When it has to be ready, by `time.monotonic()`. Some candidates, spread evenly over all, are measured
        first, whatever the time; then again and again as many as before, or what half a second is enough for, if
        they can be in time. Ctrl-C ends it with those that are measured then.

    Examples
    --------
    Of 56 candidates one is measured when it is too late already.

    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> len(siting.cost_in_time("coverage", asis, places, until=0.0)[1])
    1
    """
    is_nearer = GOALS[goal].table in ("nearer", "credit")
    cells, own = plan.cells, nearest_of(plan) if is_nearer else plan.cost
    begun, count, order = time.monotonic(), 0, _spread(len(candidates))
    gathered = Gathered(
        cells, pd.DataFrame(index=plan.area.facilities.index.append(candidates.index))
    )
    gathered.add(own.table)
    is_limited = math.isfinite(until)
    step = max(1, len(candidates) // _FIRST_PART) if is_limited else len(candidates)
    with _terms.started(until - begun, is_heeded=is_limited) as clock:
        while count < len(candidates):
            some = candidates.iloc[np.sort(order[count : count + step])]
            for new in _cost_new(goal, plan, some, own=own, full=full):
                gathered.add(new.table)
            count += len(some)
            each = (time.monotonic() - begun) / count
            step = max(1, min(count, int(_PART_S / max(each, 1e-9))))
            if clock.left() < each * step:
                break
    some = candidates.iloc[np.sort(order[:count])]
    table = gathered.table()
    cost = CostTable(table, own.cutoff, own.unit)
    return cost, some, clock.stopped.is_set()


def _spread(count: int) -> np.ndarray:
    """Numbers from 0 on in an order of which every beginning is spread evenly over all of them."""
    numbers, bits = np.arange(count), max(1, count - 1).bit_length()
    turned = sum(((numbers >> bit) & 1) << (bits - 1 - bit) for bit in range(bits))
    return np.argsort(turned, kind="stable")


def _cost_new(
    goal: str, plan: Plan, candidates: gpd.GeoDataFrame, *, own: CostTable, full: float
) -> Iterable[CostTable]:
    """Tables of candidates, for the cells that can matter."""
    needed, cells = GOALS[goal].table, plan.cells
    if needed == "nearer":
        return _nearer(plan, candidates, own)
    if needed == "credit":
        return _nearer(plan, candidates, own, least=full, most=plan.cost.cutoff)
    # Whoever is served already is served whatever is added. `with_gross` counts them in again.
    is_open = {
        "uncovered": ~cells["covered"],
        "one": cells["depth"] < 2,
        "unsure": cells.get("probability", 0.0) < pd.Series(1.0, index=cells.index),
    }[needed]
    return [plan.reach(cells[is_open], candidates, cutoff=plan.cost.cutoff)]


def pairs_expected(
    goal: str, plan: Plan, candidates: gpd.GeoDataFrame, *, full: float = 0.0
) -> float:
    """
    About how many pairs of cell and candidate `cost_for` will find, told from some of the candidates.

    The parameters are those of `cost_for`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> round(siting.pairs_expected("coverage", asis, places))
    828
    """
    most = min(_SAMPLE, _PAIRS_AT_ONCE // max(1, len(plan.cells)))
    step = -(-len(candidates) // max(1, most))
    some = candidates.iloc[step // 2 :: step] if step else candidates
    pairs = reach.pairs_in(cost_for(goal, plan, some, full=full).table)
    is_candidate = pairs.levels[1].isin(some.index)
    return float(is_candidate[pairs.codes[1]].sum()) * len(candidates) / max(1, len(some))


def _nearer(
    plan: Plan,
    candidates: gpd.GeoDataFrame,
    own: CostTable,
    *,
    least: float = -1.0,
    most: float = math.inf,
) -> Iterator[CostTable]:
    """
    Tables of the candidates up to `most` that are nearer to a cell than its nearest centre, which is its `own`.

    A candidate farther than the nearest centre serves nobody there, and cells that have theirs within `least` need
    none. Where the plan has no centre the tables are complete.
    """
    cells = plan.cells
    nearest = np.full(len(cells), math.inf)
    pairs = reach.pairs_in(own.table)
    nearest[cells.index.get_indexer(pairs.levels[0])[pairs.codes[0]]] = own.table
    farthest = np.minimum(nearest, most)
    for beyond, upto in itertools.pairwise(_rings(farthest)):
        some = np.flatnonzero((farthest > beyond) & (farthest <= upto) & (nearest > least))
        if not len(some):
            continue
        part, limit = cells.iloc[some], nearest[some]
        step = max(1, _PAIRS_AT_ONCE // max(1, len(part)))
        for first in range(0, len(candidates), step):
            new = plan.reach(part, candidates.iloc[first : first + step], cutoff=upto)
            pairs, costs = reach.pairs_in(new.table), new.table.to_numpy()
            place = part.index.get_indexer(pairs.levels[0])
            is_nearer = costs < limit[place][pairs.codes[0]]
            codes = [code[is_nearer] for code in pairs.codes]
            index = pairs.set_codes(codes, verify_integrity=False)  # type: ignore[arg-type]  # arrays too
            nearer = pd.Series(costs[is_nearer], index=index, copy=False)
            yield CostTable(nearer, math.inf, new.unit)


def _rings(nearest: np.ndarray) -> list[float]:
    """Limits between which cells are measured together, none much farther than its nearest centre."""
    finite = nearest[np.isfinite(nearest)]
    most = float(finite.max(initial=0.0))
    rings = [most * _NARROWER**n for n in reversed(range(_RINGS))] if len(finite) else []
    return [-1.0, *rings, *([math.inf] if len(finite) < len(nearest) else [])]


def with_gross(
    plan: Plan, candidates: gpd.GeoDataFrame, weight: str, *sitings: Siting
) -> list[Siting]:
    """
    The sitings with the people within the standard of each site, those covered already included.

    Parameters
    ----------
    plan
        The plan the sites are added to, with all its cells.
    candidates
        Points by label.
    weight
        The column of people.
    sitings
        Made from a cost table of `cost_for`, which leaves out people who are served already.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> places = siting.candidates_on_grid(asis.cells, spacing=400)
    >>> table = siting.cost_for("coverage", asis, places)
    >>> rules = siting.Rules(required=area.facilities.index)
    >>> best = siting.maximize_coverage(asis.cells, table, new=1, rules=rules)
    >>> [whole] = siting.with_gross(asis, places, "people_60", best)
    >>> round(best.sites["gross"].iloc[0]), round(whole.sites["gross"].iloc[0])
    (2646, 4296)
    """
    people = plan.cells[weight].to_numpy()
    labels = pd.Index(np.unique([label for siting in sitings for label in siting.sites.index]))
    cost = plan.reach(plan.cells, candidates.loc[labels], cutoff=plan.cost.cutoff).table
    cell, site = reach.pairs_in(cost).codes
    gross = np.bincount(site, people[cell], minlength=len(labels))
    by_site = pd.Series(gross, index=labels)
    return [
        dataclasses.replace(s, sites=s.sites.assign(gross=by_site.loc[s.sites.index]))
        for s in sitings
    ]
