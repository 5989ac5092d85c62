"""
What changes from one plan to another.

Two evaluations of the same cells are held against each other cell by cell. Gained are people (or
area) uncovered before and covered after, lost the other way round; backup is two centres or more.
"""

import dataclasses
import math
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import _html, evaluation, gaps, io, people
from carecircles.area import in_year
from carecircles.errors import ValidationError
from carecircles.plan import Plan
from carecircles.words import Sentence

STATUSES = ("covered", "gained", "lost", "uncovered")  # after, seen from before

_SAME_M = 1e-6  # a distance that changes by less has not changed


@dataclass(frozen=True, eq=False)
class Change:
    """
    What changes from one plan to another, worked out once; whoever shows it reads its fields.

    Attributes
    ----------
    before, after
        The plans, over the same cells.
    centres
        From `of_centres`.
    cells
        From `changes`.
    streets, district
        From `by_street` and `of_district`. Where the plans' costs are in different units, nobody knows
        for whom the nearest centre is nearer: those figures are missing.
    new_zones, vanished_zones
        From `new_zones`, there and back.
    """

    before: Plan
    after: Plan
    centres: pd.DataFrame = field(repr=False)
    cells: pd.DataFrame = field(repr=False)
    streets: pd.DataFrame = field(repr=False)
    district: pd.Series = field(repr=False)
    new_zones: gpd.GeoDataFrame = field(repr=False)
    vanished_zones: gpd.GeoDataFrame = field(repr=False)

    def _repr_html_(self) -> str:
        names = [_html.named(plan.name) for plan in (self.before, self.after)]
        changed = self.centres["change"]
        return _html.panel(
            " → ".join(names),
            [
                *(
                    (f"centres {change}", _html.some(changed.index[changed == change]))
                    for change in dict.fromkeys(changed)
                ),
                ("new uncovered zones", int(self.new_zones["parts"].sum())),
                ("vanished uncovered zones", int(self.vanished_zones["parts"].sum())),
            ],
            columns=("people", "gained", "lost", "net"),
            rows=[
                (g, *(_html.people(self.district[f"{m}_{g}"]) for m in ("gained", "lost", "net")))
                for g in groups_of(self.before, self.after)
            ],
        )


def compare(before: Plan, after: Plan) -> Change:
    """
    What changes from one plan to another, for the people of the year that the second one shows.

    More people are no more coverage: `before` is counted for the same people as `after` (`plan.of_year`),
    so that gained and lost are what the plans do. How coverage fares from year to year, with as many
    people as there are in each, `report.years_frame` says.

    Parameters
    ----------
    before, after
        Two plans over the same cells.

    Raises
    ------
    ValueError
        If the cells are not the same.
    ValidationError
        If there is no group of people that the standards of both say something about, or the year of
        one is none the other knows.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, scenario
    >>> area = datasets.load("hexi")
    >>> before = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "H12"}]})
    >>> compare(before, plan.carry_out(before, less)).centres["change"].to_dict()
    {'H12': 'closed'}
    """
    before = _for_the_same_people(before, after)
    cells, first = changes(before.cells, after.cells), headline(before, after).column
    streets = by_street(before.cells, after.cells, cells)
    district = of_district(before.cells, after.cells, cells)
    if before.cost.unit != after.cost.unit:  # minutes less metres are nothing
        unknown = [
            c
            for c in map(str, streets.columns)
            if c.startswith(("nearer_", "farther_", "mean_nearer_", "mean_farther_"))
        ]
        cells["distance_change_m"], streets[unknown], district[unknown] = [math.nan] * 3
    return Change(
        before=before,
        after=after,
        centres=of_centres(before.area.facilities, after.area.facilities),
        cells=cells,
        streets=streets,
        district=district,
        new_zones=new_zones(before.cells, after.cells, cutoff=after.cost.cutoff, group=first),
        vanished_zones=new_zones(after.cells, before.cells, cutoff=before.cost.cutoff, group=first),
    )


def _for_the_same_people(before: Plan, after: Plan) -> Plan:
    """The first plan for the people of the year that the second one shows."""
    if before.area.year == after.area.year:
        return before
    if after.area.year is None:
        en = f"one plan counts the people of {before.area.year}, the other those of no year"
        zh = f"一个方案按 {before.area.year} 年人口计算，另一个没有年份"
        raise ValidationError(
            [Sentence(f"{en}; evaluate both in one.", zh=f"{zh}；请按同一年份计算。")]
        )
    area = in_year(before.area, after.area.year)
    if not before.cells.index.equals(after.cells.index):
        return before  # which `changes` refuses
    cells = before.cells.copy(deep=False)
    for group in people.columns_of(after.cells):
        cells[group] = after.cells[group]
    return dataclasses.replace(before, area=area, cells=cells)


def groups_of(*plans: Plan) -> list[str]:
    """
    The columns of the groups that plans can be compared for: where a standard is for a group, only
    those in it.

    Examples
    --------
    A standard for people_65 says nothing about people_60, of which they are only a part.

    >>> from carecircles import comparison, datasets, grid, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> step = {"standard": "people_65", "metres": 500}
    >>> older = plan.carry_out(asis, scenario.parse({"name": "65+", "step": [step]}))
    >>> comparison.groups_of(asis, older)
    ['people_65', 'people_80']
    """
    return [group.column for group in _told(*plans)]


def headline(*plans: Plan) -> people.Group:
    """
    The group whose figures come first: that of the study area, else 60+ or the widest there is.

    Parameters
    ----------
    plans
        Those that are told together; of their areas the first that names one is followed.

    Raises
    ------
    ValidationError
        If the standards are for groups of which none is part of the other, or the group named is in
        none of those they are for.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> headline(plan.evaluate(area, grid.make_demand(area.streets, area.population))).column
    'people_60'
    """
    groups = _told(*plans)
    asked = ", ".join(dict.fromkeys(p.area.standard.group for p in plans if p.area.standard.group))
    if not groups:
        told = (
            f"the standards are for {asked}, which have nobody in common that is counted; "
            "compare plans whose standards are for everyone, or for a group and its part."
        )
        zh = (
            f"各标准分别适用于 {asked}，其中没有共同计入的人口；"
            "请比较标准适用于所有人的方案，或适用于某人群及其一部分的方案。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    wanted = next((plan.area.headline for plan in plans if plan.area.headline), None)
    if wanted is None:
        return people.headline(groups)
    for group in groups:
        if group.column == wanted:
            return group
    known = ", ".join(group.column for group in groups)
    told = f"group is {wanted!r}, but the standard is for {asked} alone; write one of {known}."
    zh = f"人群为 {wanted!r}，而标准只适用于 {asked}；应为 {known} 之一。"
    raise ValidationError([Sentence(told, zh=zh)])


def _told(*plans: Plan) -> list[people.Group]:
    """The groups all plans count that their standards say something about."""
    groups = people.rows_of(plans[0].cells, plans[0].area.groups)
    common = [g for g in groups if all(g.column in plan.cells for plan in plans)]
    return people.within(common, [plan.area.standard.group for plan in plans])


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
        Indexed by id: change (opened, closed, moved, equipped: other services, or enlarged), name, name_en,
        moved_m (metres, NaN where not moved), equipped (whether it has other services), enlarged
        (whether it holds other numbers of people or beds).

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> comparison.of_centres(asis.area.facilities, change.after.area.facilities)["change"].to_dict()
    {'A1': 'closed'}
    """
    opened, closed = after.index.difference(before.index), before.index.difference(after.index)
    both = before.index.intersection(after.index)
    metres = shapely.distance(before.geometry[both].to_numpy(), after.geometry[both].to_numpy())
    is_equipped = before["services"][both].to_numpy() != after["services"][both].to_numpy()
    held = [frame.reindex(columns=list(io.KINDS)).loc[both] for frame in (before, after)]
    is_enlarged = ~((held[0] == held[1]) | (held[0].isna() & held[1].isna())).all(axis=1).to_numpy()
    kept = after.loc[both].assign(
        change=np.where(metres > 0, "moved", np.where(is_equipped, "equipped", "enlarged")),
        moved_m=np.where(metres > 0, metres, np.nan),
        equipped=is_equipped,
        enlarged=is_enlarged,
    )
    parts = [
        after.loc[opened].assign(change="opened", moved_m=np.nan, equipped=False, enlarged=False),
        before.loc[closed].assign(change="closed", moved_m=np.nan, equipped=False, enlarged=False),
        kept[(metres > 0) | is_equipped | is_enlarged],
    ]
    columns = ["change", "name", "name_en", "moved_m", "equipped", "enlarged"]
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

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> comparison.changes(asis.cells, change.after.cells)["status"].value_counts().to_dict()
    {'uncovered': 114, 'covered': 74, 'lost': 36, 'gained': 0}
    """
    if not before.index.equals(after.index):
        raise ValueError("`before` and `after` are not of the same cells; use one grid for both.")
    was, is_now = before["covered"].to_numpy(), after["covered"].to_numpy()
    codes = np.select([was & is_now, ~was & is_now, was & ~is_now], [0, 1, 2], default=3)
    metres = after["distance_m"].to_numpy() - before["distance_m"].to_numpy()
    return pd.DataFrame(
        {
            "status": pd.Categorical.from_codes(codes, categories=pd.Index(STATUSES)),
            "depth_change": after["depth"].to_numpy() - before["depth"].to_numpy(),
            "distance_change_m": np.where(np.abs(metres) < _SAME_M, 0.0, metres),
        },
        index=before.index,
    )


def by_street(
    before: pd.DataFrame, after: pd.DataFrame, change: pd.DataFrame | None = None
) -> pd.DataFrame:
    """
    What changes in each street.

    Parameters
    ----------
    before, after
        Two evaluations (`evaluation.evaluate`) of the same cells.
    change
        Their `changes`; worked out if None.

    Returns
    -------
    change
        Indexed by street. Persons by group: people_..., gained_..., lost_..., net_... (gained less
        lost), backup_gained_..., backup_lost_..., nearer_... and farther_... (whose nearest centre
        comes nearer or goes farther away). Area: cells_km2, gained_km2, lost_km2. Shares by
        `evaluation.by_street`: covered_..._share_before and _after. Metres: mean_nearer_..._m and mean_farther_..._m (by how much, of those
        people), and mean_distance_m_before and _after (weighted as in `evaluation.by_street`).

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> comparison.by_street(asis.cells, change.after.cells)["lost_people_60"].to_dict()
    {'S1': 5400.0, 'S2': 0.0, 'S3': 0.0, 'S4': 0.0}
    """
    streets = before["street"].cat
    change = changes(before, after) if change is None else change
    figures = _measure(before, after, change, streets.codes.to_numpy(), streets.categories)
    shares = _both(evaluation.by_street(before), evaluation.by_street(after))
    return figures.join(shares).rename_axis("street")


def of_district(
    before: pd.DataFrame, after: pd.DataFrame, change: pd.DataFrame | None = None
) -> pd.Series:
    """
    What changes for all cells together; the same measures and parameters as `by_street`.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> comparison.of_district(asis.cells, change.after.cells)["lost_people_60"].item()
    5400.0
    """
    change = changes(before, after) if change is None else change
    every = np.zeros(len(before), dtype=int)
    figures = _measure(before, after, change, every, pd.Index(["district"])).iloc[0]
    shares = _both(
        evaluation.of_district(before).to_frame().T, evaluation.of_district(after).to_frame().T
    ).iloc[0]
    district: pd.Series = pd.concat([figures, shares])
    return district


def new_zones(
    before: pd.DataFrame,
    after: pd.DataFrame,
    *,
    cutoff: float,
    smallest_m2: float = gaps.SMALLEST_M2,
    group: str | None = None,
) -> gpd.GeoDataFrame:
    """
    Uncovered zones of `after` of which no part was uncovered in `before`.

    With the two the other way round: the uncovered zones that vanish.

    Parameters
    ----------
    before, after
        Two evaluations (`evaluation.evaluate`) of the same cells.
    cutoff, smallest_m2, group
        As in `gaps.uncovered_zones`, `cutoff` that of `after`.

    Returns
    -------
    zones
        Rows like those of `gaps.uncovered_zones`, numbered among themselves.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> len(comparison.new_zones(asis.cells, change.after.cells, cutoff=700))
    0
    """
    gap = after[~after["covered"]]
    number = gaps.number_zones(gap)
    was_gap = ~before["covered"].to_numpy()[~after["covered"].to_numpy()]
    is_old = np.isin(number, np.unique(number[was_gap]))
    covered = after["covered"].copy()
    covered[gap.index[is_old]] = True
    only_new = after.assign(covered=covered)
    only_new.attrs = dict(after.attrs)
    return gaps.uncovered_zones(only_new, cutoff=cutoff, smallest_m2=smallest_m2, group=group)


def _measure(
    before: pd.DataFrame,
    after: pd.DataFrame,
    change: pd.DataFrame,
    group: np.ndarray,
    labels: pd.Index,
) -> pd.DataFrame:
    """The changes of every group of cells."""
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

    groups = people.columns_of(before)
    area = before["area_m2"].to_numpy()
    table = {"cells_km2": total(area) / 1e6}
    table |= {g: total(before[g].to_numpy()) for g in groups}
    for g in groups:
        table |= {f"{name}_{g}": total(before[g].to_numpy(), here) for name, here in where.items()}
        table[f"net_{g}"] = table[f"gained_{g}"] - table[f"lost_{g}"]
    for name in ("gained", "lost"):
        table[f"{name}_km2"] = total(area, where[name]) / 1e6
    with np.errstate(invalid="ignore", divide="ignore"):
        for g in groups:
            for name in ("nearer", "farther"):
                moved = total(before[g].to_numpy() * np.abs(metres), where[name])
                table[f"mean_{name}_{g}_m"] = moved / table[f"{name}_{g}"]
    return pd.DataFrame(table, index=labels)


def _both(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The shares and mean distances of two evaluations side by side."""
    shares = [c for c in before.columns if c.startswith("covered_") and c.endswith("_share")]
    table = {
        f"{column}_{when}": frame[column]
        for column in (*shares, "mean_distance_m")
        for when, frame in (("before", before), ("after", after))
    }
    return pd.DataFrame(table)
