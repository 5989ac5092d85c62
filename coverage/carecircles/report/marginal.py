"""What one centre less or more would change, for people and programs."""

import dataclasses
from typing import Any

import geopandas as gpd
import pandas as pd

from carecircles.area import is_neighbour
from carecircles.plan import Plan
from carecircles.report.columns import UNITS, as_text, records_of, rounded
from carecircles.report.frames import columns_of, comparable, heading_of, headline_group, named_of
from carecircles.report.names import centre_name, name_of
from carecircles.report.notes import assumed_of
from carecircles.report.shown import GAIN_COLUMNS, LOSS_COLUMNS
from carecircles.words import Text, say


def losses_frame(plan: Plan, losses: pd.DataFrame) -> gpd.GeoDataFrame:
    """
    What closing each centre would lose (`marginal.close_each`) as a frame to write, the worst first.

    Examples
    --------
    >>> from carecircles import datasets, grid, marginal, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> losses = marginal.close_each(asis)
    >>> report.losses_frame(asis, losses)["lost_people_60"].to_dict()
    {'A1': 5400.0, 'A2': 4375.0, 'A3': 3900.0}
    """
    group = headline_group(plan)
    order = [f"lost_{group}", f"backup_lost_{group}"]
    losses = losses.sort_values(order, ascending=False, kind="stable")
    centres = plan.area.facilities.loc[losses.index]
    frame = rounded(losses[comparable(losses.columns, plan)])
    frame.insert(0, "name", centres["name"])
    frame.insert(1, "name_en", centres["name_en"])
    frame.insert(2, "street", centres["street"])
    frame.insert(3, "neighbour", is_neighbour(centres))
    frame["assumed"] = assumed_of(plan.area)
    return gpd.GeoDataFrame(frame, geometry=centres.geometry.to_numpy(), crs=plan.area.crs)


def gains_frame(plan: Plan, gains: pd.DataFrame) -> gpd.GeoDataFrame:
    """
    What a centre at each cell would gain (`marginal.open_everywhere`) as a frame of points to write.

    Examples
    --------
    >>> from carecircles import datasets, grid, marginal, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> gains = marginal.open_everywhere(asis)
    >>> report.gains_frame(asis, gains)["gained_people_60"].max()
    np.float64(2678.571)
    """
    points = gpd.GeoSeries.from_xy(
        plan.cells["x"], plan.cells["y"], index=plan.cells.index, crs=plan.area.crs
    )
    degrees = points.to_crs(4326)
    frame = rounded(gains[comparable(gains.columns, plan)])
    frame.insert(0, "street", plan.cells["street"].astype(str))
    frame.insert(1, "lon", degrees.x.round(UNITS["degrees"].decimals))
    frame.insert(2, "lat", degrees.y.round(UNITS["degrees"].decimals))
    frame["assumed"] = assumed_of(plan.area)
    return gpd.GeoDataFrame(frame, geometry=points, crs=plan.area.crs)


GAIN_NOTE: Text = {
    "en": "Gains are of a centre exactly in the middle of a cell. A centimetre beside it, cells that lie "
    "exactly on the limit fall out.",
    "zh": "收益按中心恰好位于网格正中计算；偏离一厘米，恰在界限上的网格即不计入。",
}


def plan_record(plan: Plan, key: str, frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """
    The rows of `losses_frame` or `gains_frame` under `key` as a JSON value.

    Examples
    --------
    >>> from carecircles import datasets, grid, marginal, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> losses = marginal.close_each(asis)
    >>> frame = report.losses_frame(asis, losses)
    >>> report.plan_record(asis, "losses", frame)["losses"][0]["id"]
    'A1'
    """
    return {**heading_of(plan, plan=named_of(plan)), key: records_of(frame)}


def losses_table(plan: Plan, losses: pd.DataFrame, *, lang: str) -> pd.DataFrame:
    """
    What closing each centre would lose as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, marginal, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> losses = marginal.close_each(asis)
    >>> report.losses_table(asis, losses, lang="en").iloc[0].tolist()
    ['A1 Dongfeng centre', '5,400', '771', '1.44', '0']
    """
    frame = losses_frame(plan, losses)
    names = [f"{i} {say(centre_name(row), lang)}" for i, row in frame.to_dict("index").items()]
    return as_text(
        pd.DataFrame(frame).assign(closed_name=names), columns_of(LOSS_COLUMNS, plan), lang
    )


def gains_table(plan: Plan, gains: pd.DataFrame, *, lang: str) -> pd.DataFrame:
    """
    The best place of each street and what a centre there would gain, as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, marginal, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> gains = marginal.open_everywhere(asis)
    >>> report.gains_table(asis, gains, lang="en").iloc[0, :2].tolist()
    ['Dongfeng', '2,679']
    """
    best = best_places(plan, gains)
    best[["lon", "lat"]] = best[["lon", "lat"]].where(best["gained_km2"] > 0)
    names = [say(name_of(plan.area.streets.loc[code]), lang) for code in best["street"]]
    return as_text(best.assign(best_name=names), columns_of(GAIN_COLUMNS, plan), lang)


def best_places(plan: Plan, gains: pd.DataFrame) -> pd.DataFrame:
    """
    The rows of `gains_frame` of the best place of each street, with its x and y, the best first.

    Examples
    --------
    >>> from carecircles import datasets, grid, marginal, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> gains = marginal.open_everywhere(asis)
    >>> report.best_places(asis, gains)["street"].tolist()
    ['S1', 'S2', 'S3', 'S4']
    """
    order = [f"gained_{headline_group(plan)}", "gained_km2"]
    ranked = (
        gains[order]
        .assign(street=plan.cells["street"])
        .sort_values(order, ascending=False, kind="stable")
    )
    best = ranked.drop_duplicates("street").index
    few = dataclasses.replace(plan, cells=plan.cells.loc[best])
    return pd.DataFrame(gains_frame(few, gains.loc[best])).join(plan.cells[["x", "y"]])
