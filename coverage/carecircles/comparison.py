"""
What changes from one plan to another, and what one centre more or less would change.

Two evaluations of the same cells are held against each other cell by cell. Gained are people (or
area) uncovered before and covered after, lost the other way round; backup is two centres or more.
"""

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import evaluation, gaps, grid, io, reach
from carecircles._validate import Text
from carecircles.area import StudyArea, offering
from carecircles.scenario import Scenario, apply

AS_IT_IS: Text = {"en": "As it is", "zh": "现状"}
STATUSES = ("covered", "gained", "lost", "uncovered")  # after, seen from before

_SAME_M = 1e-6  # a distance that changes by less has not changed


class Plan(NamedTuple):
    """A study area as it is or would be, its evaluated cells, and what tables and maps call it."""

    name: Text
    area: StudyArea
    cells: pd.DataFrame


def evaluated(
    area: StudyArea,
    demand: pd.DataFrame,
    cost: pd.Series,
    *,
    measured: gpd.GeoDataFrame | None = None,
    name: Text = AS_IT_IS,
) -> Plan:
    """
    A plan evaluated from the cost table of another, so that only what is new is measured.

    Parameters
    ----------
    area
        The study area as it is or as `scenario.apply` makes it.
    demand
        Cells from `grid.make_demand`.
    cost, measured
        A cost table from `reach.straight_line` and the centres it was made for; those of `area` if
        None.
    name
        What tables and maps call the plan.
    """
    cutoff, centres = area.standard.metres, area.facilities
    before = centres if measured is None else measured
    cost = reach.updated(cost, demand, before=before, after=centres, cutoff=cutoff)
    nearest = reach.nearest(demand, centres)
    return Plan(name, area, evaluation.evaluate(demand, cost, nearest, cutoff=cutoff))


def carried_out(
    scenario: Scenario,
    area: StudyArea,
    demand: pd.DataFrame,
    cost: pd.Series | None = None,
    *,
    service: str | None = None,
) -> Plan:
    """
    The plan a scenario makes of a study area.

    Parameters
    ----------
    scenario
        From `scenario.read_scenario` or `scenario.parse`.
    area, demand, cost
        The study area as it is, its cells, and the cost table of its centres; measured if None.
    service
        Count only the centres that offer it then.

    Raises
    ------
    ValidationError
        As `scenario.apply`.
    """
    name = {"en": scenario.name_en, "zh": scenario.name}
    if cost is None:
        cost = reach.straight_line(demand, area.facilities, cutoff=area.standard.metres)
    after = apply(area, scenario)
    if service is not None:
        after = offering(after, service)
    return evaluated(after, demand, cost, measured=area.facilities, name=name)


def groups_of(*plans: Plan) -> list[str]:
    """
    The age groups that plans can be compared for: where a standard is for a group, only those in it.

    Examples
    --------
    A standard for people_65 says nothing about people_60, of which they are only a part.
    """
    asked = [plan.area.standard.group for plan in plans]
    first = max((io.PEOPLE.index(group) for group in asked if group), default=0)
    return [g for g in io.PEOPLE[first:] if all(g in plan.cells for plan in plans)]


def of_centres(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    The centres that change.

    Parameters
    ----------
    before, after
        Centres of two plans, indexed by id.

    Returns
    -------
    centres
        Indexed by id: change (opened, closed, moved, or equipped: other services), name, name_en,
        moved_m (metres, NaN where not moved), equipped (whether it has other services).
    """
    opened, closed = after.index.difference(before.index), before.index.difference(after.index)
    both = before.index.intersection(after.index)
    metres = shapely.distance(before.geometry[both].to_numpy(), after.geometry[both].to_numpy())
    is_equipped = before["services"][both].to_numpy() != after["services"][both].to_numpy()
    kept = after.loc[both].assign(
        change=np.where(metres > 0, "moved", "equipped"),
        moved_m=np.where(metres > 0, metres, np.nan),
        equipped=is_equipped,
    )
    parts = [
        after.loc[opened].assign(change="opened", moved_m=np.nan, equipped=False),
        before.loc[closed].assign(change="closed", moved_m=np.nan, equipped=False),
        kept[(metres > 0) | is_equipped],
    ]
    columns = ["change", "name", "name_en", "moved_m", "equipped"]
    return pd.concat([pd.DataFrame(part)[columns].astype({"moved_m": float}) for part in parts])


def changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """
    What changes for each cell.

    Parameters
    ----------
    before, after
        Two evaluations (`evaluation.evaluate`) of the same cells.

    Returns
    -------
    changes
        On the index of the cells: `status` (covered: before and after; gained; lost; uncovered:
        before and after), `depth_change` (centres within reach), `distance_change_m` (to the
        nearest centre; NaN where there is none).

    Raises
    ------
    ValueError
        If the cells are not the same.
    """
    if not before.index.equals(after.index):
        raise ValueError("`before` and `after` are not of the same cells; use one grid for both.")
    was, is_now = before["covered"].to_numpy(), after["covered"].to_numpy()
    codes = np.select([was & is_now, ~was & is_now, was & ~is_now], [0, 1, 2], default=3)
    metres = after["distance_m"].to_numpy() - before["distance_m"].to_numpy()
    return pd.DataFrame(
        {
            "status": pd.Categorical.from_codes(codes, categories=list(STATUSES)),
            "depth_change": after["depth"].to_numpy() - before["depth"].to_numpy(),
            "distance_change_m": np.where(np.abs(metres) < _SAME_M, 0.0, metres),
        },
        index=before.index,
    )


def by_street(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """
    What changes in each street.

    Parameters
    ----------
    before, after
        Two evaluations (`evaluation.evaluate`) of the same cells.

    Returns
    -------
    change
        Indexed by street. Persons by group: people_..., gained_..., lost_..., net_... (gained less
        lost), backup_gained_..., backup_lost_..., nearer_... and farther_... (whose nearest centre
        comes nearer or goes farther away). Area: cells_km2, gained_km2, lost_km2. Shares by
        `evaluation.by_street`: covered_..._share_before and _after. Metres: mean_nearer_..._m and mean_farther_..._m (by how much, of those
        people), and mean_distance_m_before and _after (weighted as in `evaluation.by_street`).
    """
    streets = before["street"].cat
    change = _measure(before, after, streets.codes.to_numpy(), streets.categories)
    shares = _both(evaluation.by_street(before), evaluation.by_street(after))
    return change.join(shares).rename_axis("street")


def of_district(before: pd.DataFrame, after: pd.DataFrame) -> pd.Series:
    """
    What changes for all cells together; the same measures as `by_street`.

    Parameters
    ----------
    before, after
        Two evaluations (`evaluation.evaluate`) of the same cells.
    """
    change = _measure(before, after, np.zeros(len(before), dtype=int), ["district"]).iloc[0]
    shares = _both(
        evaluation.of_district(before).to_frame().T, evaluation.of_district(after).to_frame().T
    ).iloc[0]
    return pd.concat([change, shares])


def new_zones(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    cutoff: float,
    smallest_m2: float = 10_000.0,
) -> gpd.GeoDataFrame:
    """
    Uncovered zones of `after` of which no part was uncovered in `before`.

    With the two the other way round: the uncovered zones that vanish.

    Parameters
    ----------
    before, after
        Two evaluations (`evaluation.evaluate`) of the same cells.
    cutoff, smallest_m2
        As in `gaps.uncovered_zones`, `cutoff` that of `after`.

    Returns
    -------
    zones
        Rows like those of `gaps.uncovered_zones`, numbered among themselves.
    """
    gap = after[~after["covered"]]
    number = gaps.number_zones(gap)
    was_gap = ~before["covered"].to_numpy()[~after["covered"].to_numpy()]
    is_old = np.isin(number, np.unique(number[was_gap]))
    covered = after["covered"].copy()
    covered[gap.index[is_old]] = True
    only_new = after.assign(covered=covered)
    only_new.attrs = dict(after.attrs)
    return gaps.uncovered_zones(only_new, cutoff=cutoff, smallest_m2=smallest_m2)


def close_each(demand: pd.DataFrame, cost: pd.Series, *, cutoff: float) -> pd.DataFrame:
    """
    What would be lost if each centre were closed, one at a time.

    Only cells with one centre within reach lose it, and only those with two lose their backup, so
    that one pass over the cost table answers for all centres.

    Parameters
    ----------
    demand
        Cells, uniquely indexed, with area_m2, people by group.
    cost
        Cost table from `reach`.
    cutoff
        Largest acceptable cost.

    Returns
    -------
    losses
        Indexed by centre, the one most missed first (by people_60, then by backup): lost_... and
        backup_lost_... (persons by group), lost_km2.
    """
    pairs = cost[cost <= cutoff]
    centres = cost.index.levels[1]
    position = demand.index.get_indexer(pairs.index.levels[0])[pairs.index.codes[0]]
    centre = pairs.index.codes[1]
    depth = evaluation.depth(demand, cost, cutoff=cutoff).to_numpy()[position]

    def lost(weights: np.ndarray, reached: int) -> np.ndarray:
        here = depth == reached
        return np.bincount(centre[here], weights[position[here]], minlength=len(centres))

    groups = [name for name in demand.columns if name.startswith("people")]
    table = {f"lost_{g}": lost(demand[g].to_numpy(), 1) for g in groups}
    table["lost_km2"] = lost(demand["area_m2"].to_numpy(), 1) / 1e6
    table |= {f"backup_lost_{g}": lost(demand[g].to_numpy(), 2) for g in groups}
    losses = pd.DataFrame(table, index=pd.Index(centres, name="id"))
    order = ["lost_people_60", "backup_lost_people_60"]
    return losses.sort_values(order, ascending=False, kind="stable")


def open_everywhere(cells: pd.DataFrame, *, cutoff: float) -> pd.DataFrame:
    """
    What a new centre would gain at each cell's centre, one at a time.

    A circle around a cell is for each row of the grid one span of columns; what lies uncovered in a
    span is the difference of two running sums along the row.

    Parameters
    ----------
    cells
        From `evaluation.evaluate`.
    cutoff
        The cutoff of the evaluation, in metres in a straight line.

    Returns
    -------
    gains
        On the index of `cells`: gained_... (persons by group who are uncovered and would be
        covered), gained_km2.
    """
    side = float(np.sqrt(cells["area_m2"].iloc[0])) if len(cells) else 1.0
    groups = [name for name in cells.columns if name.startswith("people")]
    weights = {f"gained_{g}": cells[g].to_numpy(dtype=float) for g in groups}
    weights["gained_km2"] = cells["area_m2"].to_numpy() / 1e6
    is_gap = ~cells["covered"].to_numpy()
    row, col = cells["row"].to_numpy(), cells["col"].to_numpy()
    table = {}
    for name, weight in weights.items():
        uncovered = grid.raster(cells, np.where(is_gap, weight, 0.0), fill=0.0)
        spans = _circle(cutoff, side, *uncovered.shape)
        table[name] = _sums_in_circles(uncovered, spans)[row, col]
    return pd.DataFrame(table, index=cells.index)


def _circle(cutoff: float, side: float, rows: int, cols: int) -> list[tuple[int, int]]:
    """For each row that a circle around a cell's centre meets, how far it is and how many columns reach out."""
    up = np.arange(min(int(cutoff / side) + 2, rows)) * side
    half = np.floor(np.sqrt(np.maximum(cutoff**2 - up**2, 0)) / side)
    half += np.hypot((half + 1) * side, up) <= cutoff
    half -= np.hypot(half * side, up) > cutoff
    return [(n, int(min(wide, cols))) for n, wide in enumerate(half) if wide >= 0]


def _sums_in_circles(values: np.ndarray, spans: list[tuple[int, int]]) -> np.ndarray:
    """The sum of the values around each place of a raster, in the rows and columns of `spans`."""
    rows, cols = values.shape
    widest = max((half for _, half in spans), default=0)
    running = np.zeros((rows, widest + 1 + cols + widest))
    np.cumsum(values, axis=1, out=running[:, widest + 1 : widest + 1 + cols])
    running[:, widest + 1 + cols :] = running[:, [widest + cols]]
    sums = np.zeros_like(values)
    for up, half in spans:
        first, beyond = widest - half, widest + half + 1
        span = running[:, beyond : beyond + cols] - running[:, first : first + cols]
        sums[: rows - up] += span[up:]
        if up:
            sums[up:] += span[: rows - up]
    return np.round(sums, 6)  # what running sums leave behind is not a person


def _measure(
    before: pd.DataFrame, after: pd.DataFrame, group: np.ndarray, labels: Sequence
) -> pd.DataFrame:
    """The changes of every group of cells."""
    change = changes(before, after)
    metres = change["distance_change_m"].to_numpy()
    had_backup, has_backup = before["depth"].to_numpy() >= 2, after["depth"].to_numpy() >= 2
    where = {
        "gained": (change["status"] == "gained").to_numpy(),
        "lost": (change["status"] == "lost").to_numpy(),
        "backup_gained": ~had_backup & has_backup,
        "backup_lost": had_backup & ~has_backup,
        "nearer": metres < 0,
        "farther": metres > 0,
    }

    def total(weights: np.ndarray, chosen: np.ndarray | slice = slice(None)) -> np.ndarray:
        return np.bincount(group[chosen], weights[chosen], minlength=len(labels))

    people = [name for name in before.columns if name.startswith("people")]
    area = before["area_m2"].to_numpy()
    table = {"cells_km2": total(area) / 1e6}
    table |= {g: total(before[g].to_numpy()) for g in people}
    for g in people:
        table |= {f"{name}_{g}": total(before[g].to_numpy(), here) for name, here in where.items()}
        table[f"net_{g}"] = table[f"gained_{g}"] - table[f"lost_{g}"]
    for name in ("gained", "lost"):
        table[f"{name}_km2"] = total(area, where[name]) / 1e6
    with np.errstate(invalid="ignore", divide="ignore"):
        for g in people:
            for name in ("nearer", "farther"):
                moved = total(before[g].to_numpy() * np.abs(metres), where[name])
                table[f"mean_{name}_{g}_m"] = moved / table[f"{name}_{g}"]
    return pd.DataFrame(table, index=pd.Index(labels))


def _both(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The shares and mean distances of two evaluations side by side."""
    shares = [c for c in before.columns if c.startswith("covered_") and c.endswith("_share")]
    table = {
        f"{column}_{when}": frame[column]
        for column in (*shares, "mean_distance_m")
        for when, frame in (("before", before), ("after", after))
    }
    return pd.DataFrame(table)
