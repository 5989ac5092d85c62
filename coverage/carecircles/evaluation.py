"""
What the cost table says about people: covered, depth, nearest centre, and coverage by street.

Covered means `cost <= cutoff`: the limit itself is covered. Shares lie between 0 and 1.
"""

import itertools

import numpy as np
import pandas as pd

from carecircles import _field, _rims, _tally, grid
from carecircles.reach import CostTable, pairs_in, within

_PARTS = 256  # of the values that a quantile is looked for among


def is_covered(demand: pd.DataFrame, cost: CostTable, *, cutoff: float | None = None) -> pd.Series:
    """
    Whether each cell has a centre within the cutoff.

    Parameters
    ----------
    demand
        Cells or other places, uniquely indexed.
    cost
        Cost table from `reach`.
    cutoff
        Largest acceptable cost in the table's unit, at most the table's own, which it is if None;
        the limit itself counts as covered.

    Returns
    -------
    covered
        Boolean, on the index of `demand`.

    Raises
    ------
    ValidationError
        If `cost` was made for a smaller cutoff.

    Examples
    --------
    >>> demand = pd.DataFrame({"people_60": [2, 3]}, index=["p", "q"])
    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "a")], names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([500.0, 700.0], index=pairs), cutoff=700)
    >>> is_covered(demand, cost).tolist(), is_covered(demand, cost, cutoff=600).tolist()
    ([True, True], [True, False])
    """
    return (depth(demand, cost, cutoff=cutoff) > 0).rename("covered")


def depth(demand: pd.DataFrame, cost: CostTable, *, cutoff: float | None = None) -> pd.Series:
    """
    How many centres each cell has within the cutoff.

    Parameters and errors are those of `is_covered`.

    Returns
    -------
    depth
        Whole numbers, on the index of `demand`; two or more are a backup.

    Examples
    --------
    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([100.0, 300.0, 200.0, 400.0], index=index), cutoff=500)
    >>> depth(demand, cost).tolist(), depth(demand, cost, cutoff=300).tolist()
    ([1, 2, 1], [1, 2, 0])
    """
    position = _positions(demand, within(cost, cutoff).table)
    counts = np.bincount(position, minlength=len(demand)).astype(np.int32)
    return pd.Series(counts, index=demand.index, name="depth")


def nearest(demand: pd.DataFrame, cost: CostTable) -> pd.DataFrame:
    """
    The nearest centre of each cell among the pairs of a cost table.

    Parameters
    ----------
    demand
        Cells, uniquely indexed.
    cost
        Cost table; of equal costs the pair that comes first counts.

    Returns
    -------
    nearest
        On the index of `demand`: `nearest` (label of the centre, missing where no pair is there)
        and `distance_m` (NaN there).

    Examples
    --------
    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([100.0, 300.0, 200.0, 400.0], index=index), cutoff=500)
    >>> nearest(demand, cost)["nearest"].tolist(), nearest(demand, cost)["distance_m"].tolist()
    (['a', 'b', 'b'], [100.0, 200.0, 400.0])
    """
    table = cost.table
    position = _positions(demand, table)
    pairs = pairs_in(table)
    facility = np.asarray(pairs.codes[1])
    costs = table.to_numpy()
    if not (position[1:] > position[:-1]).all():  # several a cell
        order = np.lexsort((costs, position))
        pair = order[np.diff(position[order], prepend=-1) > 0]
        position, facility, costs = position[pair], facility[pair], costs[pair]
    codes = np.full(len(demand), -1, dtype=facility.dtype)
    metres = np.full(len(demand), np.nan)
    codes[position], metres[position] = facility, costs
    labels = pd.Categorical.from_codes(codes, categories=pairs.levels[1])
    return pd.DataFrame({"nearest": labels, "distance_m": metres}, index=demand.index)


def evaluate(
    demand: pd.DataFrame,
    cost: CostTable,
    nearest_cost: CostTable,
    *,
    cutoff: float | None = None,
) -> pd.DataFrame:
    """
    The cells with all that is known of them.

    Parameters
    ----------
    demand
        Cells from `grid.make_demand`, or cells that were evaluated before.
    cost
        Cost table up to the cutoff, such as from `reach.straight_line`.
    nearest_cost
        Cost table with the nearest pair of each cell, from `reach.nearest`.
    cutoff
        Largest acceptable cost, as in `is_covered`.

    Returns
    -------
    cells
        `demand` with covered, depth, nearest (centre) and distance_m (to it).

    Examples
    --------
    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([100.0, 300.0, 200.0, 400.0], index=index), cutoff=500)
    >>> cells = evaluate(demand, cost, cost, cutoff=300)
    >>> cells[["covered", "depth", "nearest"]].to_numpy().tolist()
    [[True, 1, 'a'], [True, 2, 'b'], [False, 0, 'b']]
    """
    depths = depth(demand, cost, cutoff=cutoff)
    found = nearest(demand, nearest_cost)
    cells = demand.copy(deep=False)  # older pandas copies every column where one is assigned
    cells["covered"], cells["depth"] = depths > 0, depths
    for name, values in found.items():
        cells[name] = values
    cells.attrs = dict(demand.attrs)
    return cells


def by_street(cells: pd.DataFrame) -> pd.DataFrame:
    """
    Coverage of each street.

    Parameters
    ----------
    cells
        From `evaluate`.

    Returns
    -------
    coverage
        Indexed by street: cells_km2 (area of its cells), people by group, covered_area_share,
        backup_area_share (two centres or more), covered_... and backup_..._share and
        uncovered_... (persons) for each group, mean_distance_m and p90_distance_m to the nearest
        centre, weighted by people (by those of `people.headline` where not all are known). The mean is of
        those who have a way to any centre (`people_cut_off` counts the others), the distance within which
        90 % are is of all: NaN where more than 10 % have none. Shares of nobody are NaN.

    Examples
    --------
    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([100.0, 300.0, 200.0, 400.0], index=index), cutoff=500)
    >>> demand["street"] = pd.Categorical(["S", "S", "T"])
    >>> coverage = by_street(evaluate(demand, cost, cost, cutoff=300))
    >>> coverage["covered_people_60_share"].to_dict()
    {'S': 1.0, 'T': 0.0}
    """
    return _tally.figures(_tally.of_cells(cells)).rename_axis("street")


def of_district(cells: pd.DataFrame) -> pd.Series:
    """
    Coverage of all cells together; the same measures as `by_street`.

    Parameters
    ----------
    cells
        From `evaluate`.

    Examples
    --------
    Of 12 people 8 have a centre within 300 m, and 3 of them have two.

    >>> demand = pd.DataFrame({"people_60": [5, 3, 4]}, index=["p", "q", "r"])
    >>> pairs = [("p", "a"), ("q", "a"), ("q", "b"), ("r", "b")]
    >>> index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([100.0, 300.0, 200.0, 400.0], index=index), cutoff=500)
    >>> whole = of_district(evaluate(demand, cost, cost, cutoff=300))
    >>> whole[["people_60", "uncovered_people_60", "backup_people_60_share"]].tolist()
    [12.0, 4.0, 0.25]
    """
    return _tally.of_district(_tally.of_cells(cells))


def people_cut_off(cells: pd.DataFrame, group: str) -> float:
    """
    How many people have no way to any centre, in no distance and in no mean of distances.

    Parameters
    ----------
    cells
        From `evaluate`.
    group
        Column of people.

    Examples
    --------
    Three people live where no centre is near.

    >>> demand = pd.DataFrame({"people_60": [5, 3]}, index=["p", "q"])
    >>> index = pd.MultiIndex.from_tuples([("p", "a")], names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([100.0], index=index), cutoff=500)
    >>> cells = evaluate(demand, cost, cost)
    >>> people_cut_off(cells, "people_60"), of_district(cells)["mean_distance_m"].item()
    (3.0, 100.0)
    """
    return float(cells.loc[cells["nearest"].isna(), group].sum())


def stairs_to_street(cells: pd.DataFrame, group: str) -> pd.Series | None:
    """
    The stairs that people have between their flats and the street, as far as they are known.

    Parameters
    ----------
    cells
        From `evaluate`; of cells with stairs, as from `weights.make_demand`.
    group
        Column of people.

    Returns
    -------
    stairs
        `known`, the share of people of whom it is known; `flights`, the mean number of flights of
        these; `upstairs`, how many of them live above the ground floor without a lift;
        `covered_upstairs`, those of them in covered cells; `covered_out_share`, the share of all people
        who are covered and do not live so. None where nothing is known.

    Examples
    --------
    A house of six floors without a lift beside one that nobody knows.

    >>> known = {"flights": [2.5, 0.0], "upstairs": [5 / 6, 0.0], "stairs_known": [1.0, 0.0]}
    >>> cells = pd.DataFrame({"people_60": [12.0, 8.0], "covered": True, **known})
    >>> stairs_to_street(cells, "people_60").round(3).to_list()
    [0.6, 2.5, 10.0, 10.0, 0.5]
    """
    if "stairs_known" not in cells or not cells[group].sum() > 0:
        return None
    persons, covered = cells[group], cells["covered"].to_numpy(dtype=bool)
    known, upstairs = (persons * cells["stairs_known"]).sum(), persons * cells["upstairs"]
    flights, whole = (persons * cells["flights"]).sum(), persons.sum()
    return pd.Series(
        {
            "known": known / whole,
            "flights": flights / known if known > 0 else np.nan,
            "upstairs": upstairs.sum(),
            "covered_upstairs": upstairs[covered].sum(),
            "covered_out_share": (persons - upstairs)[covered].sum() / whole,
        }
    )


def area_share_error(cells: pd.DataFrame) -> float:
    """
    How far the district's covered area share may be off because cells are counted by their centres.

    Three standard errors of a dot count: an area with an edge of length B, counted with squares of
    side s, has a variance of about 0.0724 B s^3 (Gundersen and Jensen, Journal of Microscopy 147,
    1987, after Matheron). B is the edge of the covered cells. Of 400 random shifts of the grid over
    Hexi, with cells of 10 to 100 m, one was further off than this. To it comes what a border that runs
    along the grid is off by, in all its cells alike: a run of m cells by as much as m s^2 / 2 either way,
    which matters as far as there is more or less covered along it than elsewhere.

    Parameters
    ----------
    cells
        From `evaluate`.

    Returns
    -------
    error
        A share; 0.001 means 0.1 percentage points.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> round(area_share_error(asis.cells), 3)
    0.029
    """
    if grid.grid_of(cells) is None:  # places are counted one by one
        return 0.0
    return _rims.area_error(_rims.of_cells(cells))


def people_share_error(cells: pd.DataFrame, group: str) -> float:
    """
    How far the covered share of people may be off because cells are counted by their centres.

    Three standard errors, of the people in cells that the rim of reach passes through. Where they
    live evenly over their street it is that of `area_share_error` in people, borders included. Where they do not,
    nothing is said of where in a cell they live, and of a cell with p people all may be on the other side
    of the rim than its centre. A line that cuts a square parts its middle from a point in it with
    a chance of half their mean distance in sides, (sqrt(2) + ln(1 + sqrt(2))) / 12 = 0.191 (Crofton);
    each cut cell adds 0.191 p^2 to the variance.

    Parameters
    ----------
    cells
        From `evaluate`.
    group
        Column of people.

    Returns
    -------
    error
        A share; 0.001 means 0.1 percentage points. 0 where there is nobody.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, weights.make_demand(area, cell=200))
    >>> round(people_share_error(asis.cells, "people_60"), 3)
    0.029
    """
    if grid.grid_of(cells) is None:
        return 0.0
    return _rims.people_error(_rims.of_cells(cells, group))


def weighted_quantile(
    values: np.ndarray, weights: np.ndarray, group: np.ndarray, groups: int, *, share: float
) -> np.ndarray:
    """
    The least value within which a share of each group's weight lies.

    Parameters
    ----------
    values, weights, group
        One each for every cell; groups are counted from 0. A missing value lies beyond all others.
    groups
        How many there are.
    share
        0.5 for the median.

    Returns
    -------
    quantiles
        NaN where a group has no weight, or the value is missing.

    Examples
    --------
    >>> metres, people = np.array([100.0, 300.0, np.nan]), np.array([1.0, 2.0, 1.0])
    >>> weighted_quantile(metres, people, np.array([0, 0, 0]), 2, share=0.5).tolist()
    [300.0, nan]
    """
    # Only what lies in the same one of many parts of all values has to be brought into order.
    is_known = np.isfinite(values)
    low, high = (
        values.min(where=is_known, initial=np.inf),
        values.max(where=is_known, initial=-np.inf),
    )
    wide = high - low
    scale = _PARTS / wide if wide > _PARTS * np.finfo(float).tiny else 0.0

    def part_of(some: slice) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            part = np.minimum((values[some] - low) * scale, _PARTS - 1)
        return np.where(is_known[some], part, _PARTS).astype(np.intp)

    sums = np.zeros(groups * (_PARTS + 1))
    for some in _field.stretches(len(values)):
        place = group[some].astype(np.intp) * (_PARTS + 1) + part_of(some)
        sums += np.bincount(place, weights[some], minlength=len(sums))
    each = sums.reshape(groups, _PARTS + 1)
    running = np.cumsum(each, axis=1)
    wanted = share * running[:, -1]
    within = np.count_nonzero(running < wanted[:, None], axis=1)
    before = running[np.arange(groups), within] - each[np.arange(groups), within]
    found = [
        some.start + np.flatnonzero((part_of(some) == within[group[some]]) & (weights[some] > 0))
        for some in _field.stretches(len(values))
    ]
    near = np.concatenate([np.array([], dtype=np.intp), *found])
    near = near[is_known[near]]
    near = near[np.lexsort((values[near], group[near]))]
    edges = np.searchsorted(group[near], np.arange(groups + 1))
    quantiles = np.full(groups, np.nan)
    for g, (start, end) in enumerate(itertools.pairwise(edges)):
        if start < end:
            at = np.searchsorted(before[g] + np.cumsum(weights[near[start:end]]), wanted[g])
            quantiles[g] = values[near[min(start + at, end - 1)]]
    return quantiles


def _positions(demand: pd.DataFrame, cost: pd.Series) -> np.ndarray:
    """Row of `demand` of every pair of the cost table."""
    pairs = pairs_in(cost)
    position = demand.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
    if (position < 0).any():
        raise KeyError("`cost` has cells that are not in the index of `demand`")
    return position
