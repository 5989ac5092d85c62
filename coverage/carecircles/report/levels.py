"""Coverage by larger units than streets, of which each adds up to the next: frames, a record and a table."""

from collections.abc import Callable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import counts, levels
from carecircles.area import is_neighbour
from carecircles.io import _matching
from carecircles.levels import Level
from carecircles.plan import Plan
from carecircles.report.columns import as_text, records_of, rounded
from carecircles.report.coverage import coverage_frame
from carecircles.report.frames import columns_of, heading_of, in_unit_of, setting_of
from carecircles.report.notes import assumed_of
from carecircles.report.shown import LEVEL_COLUMNS
from carecircles.words import say


def levels_frame(plan: Plan, of: Sequence[Level]) -> gpd.GeoDataFrame:
    """
    Coverage of every unit as a frame to write, the largest first: rounded figures, names and dissolved outlines.

    Parameters
    ----------
    plan
        The plan.
    of
        From `levels.of_streets`.

    Returns
    -------
    coverage
        Indexed by `level` and `code`; `within` is the code of the unit of the level above that it is part of. The
        measures are those of `coverage_frame`, people and areas of a level add up to those of the one above.

    Examples
    --------
    >>> from carecircles import datasets, grid, levels, plan, report
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> table = report.levels_frame(asis, levels.of_streets(area.streets, ["city", "street"]))
    >>> table.loc["street", "centres"].sum() == table.loc[("city", "1201"), "centres"]
    np.True_
    """
    area = plan.area
    whole = _matching.together(_matching.at_odds(area.streets))
    shapes = []
    for level in of:
        unit = level.unit.loc[area.streets.index]
        labels = pd.Index(unit.unique())
        shapes += _parts(
            area.streets.geometry.to_numpy(), labels.get_indexer(unit), len(labels), whole
        )
    return rounded(gpd.GeoDataFrame(_levels(plan, of), geometry=shapes, crs=area.crs))


def _levels(plan: Plan, of: Sequence[Level]) -> pd.DataFrame:
    area = plan.area
    own = area.facilities.loc[~is_neighbour(area.facilities), "street"]
    figures = counts.by_units(plan, [level.unit for level in of])
    tables = []
    for upper, level, measures in zip((None, *of), of, figures, strict=False):
        labels, unit = measures.index, level.unit.loc[area.streets.index]
        position = labels.get_indexer(unit)
        told = {
            "name": level.names.loc[labels],
            "name_en": area.streets["name_en"].set_axis(unit)
            if level.key == levels.STREET
            else pd.Series("", index=labels),
            "within": "" if upper is None else levels.above(level, upper).loc[labels],
            **({} if area.year is None else {"year": area.year}),
            "centres": own.map(unit).value_counts().reindex(labels, fill_value=0),
            "area_km2": np.bincount(position, area.streets.area / 1e6, minlength=len(labels)),
        }
        frame = pd.DataFrame(told, index=labels).join(
            measures.drop(columns="cells_km2", errors="ignore")
        )
        frame["assumed"] = assumed_of(area)
        frame.index = pd.MultiIndex.from_product([[level.key], labels], names=["level", "code"])
        tables.append(in_unit_of(frame, plan))
    return pd.concat(tables)


def _parts(
    shapes: np.ndarray,
    position: np.ndarray,
    count: int,
    whole: Callable[[np.ndarray], shapely.Geometry],
) -> list[shapely.Geometry]:
    """The outline of each unit, of the streets at its position, as `whole` joins them."""
    order = np.argsort(position, kind="stable")
    ends = np.cumsum(np.bincount(position, minlength=count))[:-1]
    parts = np.split(shapes[order], ends)
    return [some[0] if len(some) == 1 else whole(some) for some in parts]


def levels_record(plan: Plan, of: Sequence[Level]) -> dict[str, Any]:
    """
    The same as a JSON value, with the whole area as `district`, as `evaluation_record` has it.

    Examples
    --------
    >>> from carecircles import datasets, grid, levels, plan, report
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> record = report.levels_record(asis, levels.of_streets(area.streets, ["province"]))
    >>> record["levels"][0]["code"], record["levels"][0]["people_60"] == record["district"]["people_60"]
    ('12', True)
    """
    whole = coverage_frame(plan, by="district")
    return {
        **heading_of(plan, **setting_of(plan)),
        "district": records_of(whole, drop=["code", "name", "name_en", "centres"])[0],
        "levels": records_of(levels_frame(plan, of)),
    }


def levels_table(plan: Plan, of: Sequence[Level], *, lang: str) -> pd.DataFrame:
    """
    The same as text to read: level, name, and the columns of `coverage_table`.

    Examples
    --------
    >>> from carecircles import datasets, grid, levels, plan, report
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> units = levels.of_streets(area.streets, ["city", "street"])
    >>> report.levels_table(asis, units, lang="en").iloc[:2, :2].values.tolist()
    [['City', '1201'], ['Street', 'Dayingmen']]
    """
    table = _levels(plan, of).reset_index()
    english = table["name_en"].where(table["name_en"] != "", table["name"])
    table["part_name"] = english if lang == "en" else table["name"]
    table["level_name"] = [say(levels.NAMES[key], lang) for key in table["level"]]
    return as_text(table, columns_of(LEVEL_COLUMNS, plan), lang)
