"""What frames and records of plans have in common: names and settings, and columns by groups and units."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from carecircles import comparison, counts, grid, people
from carecircles.area import StudyArea, is_neighbour
from carecircles.people import Group
from carecircles.plan import Plan
from carecircles.report.columns import headings, in_unit
from carecircles.report.notes import assumed_of, assumptions, neighbour_notes
from carecircles.report.placed import placed_record
from carecircles.report.ways import reach_record, ways_notes
from carecircles.words import Text


def told_of(area: StudyArea, figures: pd.DataFrame | pd.Series) -> gpd.GeoDataFrame:
    """Figures by street, or of the district (a Series), with names, outlines and what is assumed."""
    if isinstance(figures, pd.Series):
        figures, shapes = figures.to_frame().T, area.boundary.geometry.to_numpy()
        labels, names = pd.Index(["district"]), ([area.name], [area.name_en])
    else:
        streets = area.streets.loc[figures.index]
        labels, shapes = streets.index, streets.geometry.to_numpy()
        names = (streets["name"].to_numpy(), streets["name_en"].to_numpy())
    frame = figures.drop(columns="cells_km2", errors="ignore").set_axis(labels.rename("code"))
    frame.insert(0, "name", names[0])
    frame.insert(1, "name_en", names[1])
    if area.year is not None:
        frame.insert(2, "year", area.year)
    frame["assumed"] = assumed_of(area)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=area.crs)


def heading_of(plan: Plan, /, **setting: Any) -> dict[str, Any]:
    area, lattice = plan.area, counts.lattice_of(plan)
    centres: dict[str, Any] = {
        key: setting.pop(key) for key in ("centres", "neighbours") if key in setting
    }
    return {
        "area": area.name,
        "area_en": area.name_en,
        **setting,
        "cell_m": (lattice or grid.lattice_of(plan.cells)).cell,
        **centres,
        "area_share_error": round(counts.area_share_error(plan), 6),
        "people_share_error": round(
            counts.people_share_error(plan, comparison.headline(plan).column), 6
        ),
        "reach": reach_record(plan),
        "placed": placed_record(plan),
        "assumed": [line["en"] for line in assumptions(area)],
        "notes": [note["en"] for note in (*ways_notes(plan), *neighbour_notes(plan), *area.notes)],
    }


def setting_of(plan: Plan) -> dict[str, Any]:
    """What a plan's figures rest on."""
    area = plan.area
    standard = {"metres": area.standard.metres, "minutes": area.standard.minutes}
    beyond = int(is_neighbour(area.facilities).sum())
    return {
        "standard": standard | ({"group": area.standard.group} if area.standard.group else {}),
        "as_of": area.as_of.isoformat() if area.as_of else None,
        "year": area.year,
        "centres": len(area.facilities) - beyond,
        "neighbours": beyond,
    }


def named_of(plan: Plan) -> dict[str, Any]:
    return {"name": plan.name["zh"], "name_en": plan.name["en"], **setting_of(plan)}


def comparable(columns: pd.Index, *plans: Plan) -> list[str]:
    """The columns without those about groups a plan's standard is not for."""
    every, told = people.columns_of(plans[0].cells), comparison.groups_of(*plans)
    return [c for c in columns if people.group_in(c, every) in (None, *told)]


def columns_of(columns: Sequence[str], *plans: Plan) -> dict[str, Text]:
    """
    The headings of a table for the groups of plans and the units of their costs (`columns.headings`).

    Beside the group whose figures come first stand those that are told beside it.
    """
    first = comparison.headline(*plans)
    others = [group for group in groups_of(*plans) if group.is_beside and group != first]
    return headings(columns, first, others, units=units_of(*plans))


def units_of(*plans: Plan) -> list[str]:
    """The units of the plans' cost tables, each once."""
    return list(dict.fromkeys(plan.cost.unit for plan in plans))


def in_unit_of(figures: pd.DataFrame, plan: Plan, before: Plan | None = None) -> pd.DataFrame:
    """
    Figures of a plan whose columns of costs are called by their unit; those `_before` by that of another plan.

    Measures call them `_m` whatever they are; where a plan's costs are minutes a table says so.

    Examples
    --------
    >>> import dataclasses
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> timed = dataclasses.replace(asis, cost=dataclasses.replace(asis.cost, unit="min"))
    >>> figures = pd.DataFrame({"people_60": [80.0], "mean_distance_m": [9.3]})
    >>> list(report.in_unit_of(figures, timed))
    ['people_60', 'mean_distance_min']
    """
    was = plan if before is None else before
    units = {c: (was if c.endswith("_before") else plan).cost.unit for c in figures.columns}
    return figures.rename(columns={c: in_unit(c, unit) for c, unit in units.items() if unit != "m"})


def groups_of(*plans: Plan) -> list[Group]:
    """
    The groups that plans can be compared for, with their names.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population))
    >>> [group.name["en"] for group in groups_of(asis)]
    ['all ages', '60+', '65+', '80+']
    """
    return people.rows_of(comparison.groups_of(*plans), plans[0].area.groups)


def headline_group(*plans: Plan) -> str:
    """
    The column of the group whose figures come first (`comparison.headline`).

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.headline_group(asis)
    'people_60'
    """
    return comparison.headline(*plans).column
