"""
What the cost table says about people: covered, depth, nearest centre, and coverage by street.

Covered means `cost <= cutoff`: the limit itself is covered. Shares lie between 0 and 1.
"""

import itertools

import numpy as np
import pandas as pd

from carecircles import grid, people
from carecircles.reach import CostTable, pairs_in, within

_DISTANCE_QUANTILE = 0.9
_PARTS = 256  # of the values that a quantile is looked for among
_AT_ONCE = 1 << 16  # cells that are summed up
# Of the people of a cell at the rim of reach, in squares of them, for each edge between covered and not.
_VARIANCE_EVEN = 0.0724 * np.pi / 4
_STRAIGHT = 20  # cells in a row along a border, from which on they are off alike
_VARIANCE_LUMPED = (np.sqrt(2) + np.log(1 + np.sqrt(2))) / 12


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
    streets = cells["street"].cat
    return _measure(cells, streets.codes.to_numpy(), streets.categories).rename_axis("street")


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
    return _measure(cells, np.zeros(len(cells), dtype=int), pd.Index(["district"])).iloc[0]


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
    lattice = grid.grid_of(cells)
    if lattice is None:  # places are counted one by one
        return 0.0
    covered = np.pad(grid.raster(cells, cells["covered"].to_numpy(), fill=False), 1)
    edges = sum(np.count_nonzero(np.diff(covered, axis=axis)) for axis in (0, 1))
    side = lattice.cell
    length = edges * side * np.pi / 4  # a staircase is 4/pi longer than the line it follows
    rim = 0.0724 * length * side**3 / cells["area_m2"].sum() ** 2
    whole = np.zeros(len(cells), dtype=np.int64)
    return float(3 * np.sqrt(rim + _border_variance(cells, whole, cells["area_m2"].to_numpy())))


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
    total = cells[group].sum()
    if grid.grid_of(cells) is None or not total > 0:
        return 0.0
    is_even = cells["placed"].eq("even") if "placed" in cells else np.full(len(cells), True)
    variance = np.where(is_even, _VARIANCE_EVEN, _VARIANCE_LUMPED) * cells[group] ** 2
    lumps = grid.raster(cells, variance.to_numpy(), fill=np.nan)
    covered = grid.raster(cells, cells["covered"].to_numpy(), fill=False)
    edges = 0.0
    for axis in (0, 1):  # the rim passes through one of the two cells at an edge
        at_rim = np.diff(covered, axis=axis)
        first, second = (
            np.take(lumps, range(n, n + at_rim.shape[axis]), axis=axis) for n in (0, 1)
        )
        edges += np.nansum((first + second)[at_rim]) / 2
    street = cells["street"].cat.codes.to_numpy()
    borders = _border_variance(cells, street, np.where(is_even, cells[group], 0.0))
    return float(3 * np.sqrt(edges / total**2 + borders))


def _border_variance(cells: pd.DataFrame, part: np.ndarray, amount: np.ndarray) -> float:
    """
    The variance of a covered share of amounts that lie evenly in parts, by where borders of the parts run.

    A long straight run of m cells along the border lies anywhere within half a cell, all of it alike: its part
    has up to m s^2 / 2 more or less area, with a variance of (m s^2)^2 / 12, and its neighbour the opposite. Of
    short runs, steps of a border that runs across the grid, the next makes up for one. Three standard errors are
    no more than all runs together can be off.
    """
    count = int(part.max(initial=0)) + 1
    covered = cells["covered"].to_numpy()
    sizes = np.bincount(part, minlength=count)
    of_part = np.bincount(part, amount, minlength=count)
    reached = np.bincount(part, amount * covered, minlength=count)
    share = np.divide(reached, of_part, out=np.zeros(count), where=of_part > 0)
    density = of_part / np.maximum(sizes, 1) / amount.sum() if amount.sum() > 0 else of_part * 0.0
    share, density = np.append(share, 0.0), np.append(density, 0.0)  # the last is outside
    parts = np.pad(grid.raster(cells, part, fill=-1), 1, constant_values=-1)
    reach = np.pad(grid.raster(cells, covered, fill=False), 1)
    variance = most = 0.0
    for axis in (0, 1):
        labels, inside = (parts, reach) if axis == 0 else (parts.T, reach.T)
        row, col = np.nonzero(labels[1:] != labels[:-1])
        if not len(row):
            continue
        one, other = labels[row, col], labels[row + 1, col]
        is_next = (np.diff(row) == 0) & (np.diff(col) == 1)
        is_next &= (np.diff(one) == 0) & (np.diff(other) == 0)
        first = np.flatnonzero(np.append(True, ~is_next))
        cells_of = np.diff(np.append(first, len(row)))
        near = inside[row, col].astype(float), inside[row + 1, col].astype(float)
        run = [np.add.reduceat(side, first) / cells_of for side in near]
        a, b = one[first], other[first]
        along = np.where(a < 0, run[1], np.where(b < 0, run[0], (run[0] + run[1]) / 2))
        moved = density[a] * (along - share[a]) - density[b] * (along - share[b])
        off = np.abs(cells_of * moved)[cells_of >= _STRAIGHT]
        variance += float((off**2).sum()) / 12
        most += float(off.sum()) / 2
    return min(variance, (most / 3) ** 2)


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
    scale = _PARTS / (high - low) if high > low else 0.0

    def part_of(some: slice) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            part = np.minimum((values[some] - low) * scale, _PARTS - 1)
        return np.where(is_known[some], part, _PARTS).astype(np.intp)

    sums = np.zeros(groups * (_PARTS + 1))
    for some in _stretches(len(values)):
        place = group[some].astype(np.intp) * (_PARTS + 1) + part_of(some)
        sums += np.bincount(place, weights[some], minlength=len(sums))
    each = sums.reshape(groups, _PARTS + 1)
    running = np.cumsum(each, axis=1)
    wanted = share * running[:, -1]
    within = np.count_nonzero(running < wanted[:, None], axis=1)
    before = running[np.arange(groups), within] - each[np.arange(groups), within]
    found = [
        some.start + np.flatnonzero((part_of(some) == within[group[some]]) & (weights[some] > 0))
        for some in _stretches(len(values))
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


def _stretches(count: int) -> list[slice]:
    """As many rows one after the other, so few at once that what is worked out of them stays near."""
    return [slice(n, min(n + _AT_ONCE, count)) for n in range(0, count, _AT_ONCE)]


def _positions(demand: pd.DataFrame, cost: pd.Series) -> np.ndarray:
    """Row of `demand` of every pair of the cost table."""
    pairs = pairs_in(cost)
    position = demand.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
    if (position < 0).any():
        raise KeyError("`cost` has cells that are not in the index of `demand`")
    return position


def _measure(cells: pd.DataFrame, group: np.ndarray, labels: pd.Index) -> pd.DataFrame:
    """The measures of every group of cells."""
    count = len(labels)
    is_covered, has_backup = cells["covered"].to_numpy(), cells["depth"].to_numpy() >= 2
    groups = people.columns_of(cells)
    areas = {"area": cells["area_m2"].to_numpy()} if "area_m2" in cells else {}
    weights = areas | {g: cells[g].to_numpy() for g in groups}
    by = weights[people.EVERYONE if people.EVERYONE in weights else people.headline_of(groups)]
    metres = cells["distance_m"].to_numpy()
    flat = {name: np.zeros(4 * count) for name in weights}
    way, on_way = np.zeros(count), np.zeros(count)
    for some in _stretches(len(cells)):
        of = group[some].astype(np.intp)
        kind = 4 * of + 2 * has_backup[some] + is_covered[some]
        for name, w in weights.items():
            flat[name] += np.bincount(kind, w[some], minlength=4 * count)
        has_way = np.isfinite(metres[some])
        of, persons = of[has_way], by[some][has_way]
        way += np.bincount(of, persons * metres[some][has_way], minlength=count)
        on_way += np.bincount(of, persons, minlength=count)
    sums = {name: by_kind.reshape(count, 2, 2) for name, by_kind in flat.items()}
    covered = {name: by_kind[:, 0, 1] + by_kind[:, 1, 1] for name, by_kind in sums.items()}
    uncovered = {name: by_kind[:, 0, 0] + by_kind[:, 1, 0] for name, by_kind in sums.items()}
    totals = {name: covered[name] + uncovered[name] for name in sums}
    table: dict[str, np.ndarray] = {"cells_km2": totals["area"] / 1e6} if areas else {}
    table |= {g: totals[g] for g in groups}
    with np.errstate(invalid="ignore", divide="ignore"):
        for name in sums:
            table[f"covered_{name}_share"] = covered[name] / totals[name]
        for name, by_kind in sums.items():
            table[f"backup_{name}_share"] = by_kind[:, 1].sum(axis=1) / totals[name]
        for g in groups:
            table[f"uncovered_{g}"] = uncovered[g]
        table["mean_distance_m"] = way / on_way
    table["p90_distance_m"] = weighted_quantile(metres, by, group, count, share=_DISTANCE_QUANTILE)
    return pd.DataFrame(table, index=labels)
