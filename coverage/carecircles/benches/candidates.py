"""Places where benches could stand."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from carecircles import io
from carecircles.benches._problem import walk_of
from carecircles.errors import ValidationError
from carecircles.network import SLACK_M, Network, own_ways
from carecircles.plan import Plan
from carecircles.words import Sentence

SPACING_M = 25.0
_NO_SEAT = ("steps",)  # kinds of ways on which no bench is set


def candidates_on_ways(net: Network, *, spacing: float = SPACING_M) -> gpd.GeoSeries:
    """
    Where benches could stand: at junctions and along ways, no farther than the spacing from each other.

    None on bridges, in tunnels or on stairs.

    Parameters
    ----------
    net
        The network.
    spacing
        Metres between places along a way at most; each way is divided evenly.

    Returns
    -------
    places
        Points indexed by id, to the centimetre that a file can say.

    Examples
    --------
    >>> line = shapely.linestrings([[[500_000.0, 4_200_000.0], [500_100.0, 4_200_000.0]]])
    >>> edges = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": [100.0]}, geometry=line, crs=4548)
    >>> street = Network(shapely.get_coordinates(line), edges)
    >>> candidates_on_ways(street, spacing=40).x.round().tolist()
    [500000.0, 500100.0, 500033.0, 500067.0]
    """
    edges = net.edges.iloc[np.setdiff1d(net.ground, own_ways(net))]
    if "kind" in edges:
        edges = edges[~edges["kind"].isin(_NO_SEAT)]
    lines = edges.geometry.to_numpy()
    parts = np.ceil(shapely.length(lines) / spacing).astype(int)
    inner = np.maximum(parts - 1, 0)
    edge = np.repeat(np.arange(len(lines)), inner)
    step = np.arange(inner.sum()) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    along = shapely.line_interpolate_point(lines[edge], step / parts[edge], normalized=True)
    ends = np.unique(edges[["start", "end"]].to_numpy())
    points = np.concatenate([shapely.points(net.xy[ends]), along])
    labels = pd.Index([f"B{n}" for n in range(1, len(points) + 1)], name="id")
    return io.as_written(gpd.GeoSeries(points, index=labels, crs=net.crs))[0]


def candidates_within(plan: Plan, *, spacing: float = SPACING_M) -> gpd.GeoSeries:
    """
    The places of `candidates_on_ways` inside the area of a plan that is walked; on its border is inside.

    Parameters
    ----------
    plan
        A plan measured by `reach.resting`.
    spacing
        As in `candidates_on_ways`.

    Raises
    ------
    ValidationError
        As `place`.

    Examples
    --------
    >>> from carecircles import area, datasets, grid, plan, reach
    >>> folder = datasets.folder("template")
    >>> walk = {"network": folder / "walk/network.geojson", "rests": folder / "walk/rests.csv"}
    >>> study = area.read_area(folder, **walk)
    >>> demand = grid.make_demand(study.streets, study.population, cell=200)
    >>> asis = plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=200))
    >>> places = candidates_within(asis, spacing=100)
    >>> bool(places.within(study.boundary.geometry.iloc[0].buffer(0.05)).all())
    True
    """
    every = candidates_on_ways(walk_of(plan).on.network, spacing=spacing)
    border = plan.area.boundary.geometry.union_all()
    inside: gpd.GeoSeries = every[every.dwithin(border, SLACK_M)]  # as exactly as it is known
    return inside


def useful_of(plan: Plan, candidates: gpd.GeoSeries, cutoff: float) -> gpd.GeoDataFrame:
    """
    The places that can be of use, with what a table tells of them.

    Whoever walks over a seat is no farther from it than the cutoff, nor is the seat from a centre.
    """
    if len(candidates) and candidates.crs != plan.area.facilities.crs:
        told = (
            f"`candidates` is in {candidates.crs}, `facilities` in {plan.area.facilities.crs}; reproject "
            "the candidates, for example with `to_crs(...)`."
        )
        zh = (
            f"`candidates` 为 {candidates.crs}，`facilities` 为 {plan.area.facilities.crs}；"
            "请转换候选点的坐标系，例如用 `to_crs(...)`。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    cells = plan.cells
    xy = shapely.get_coordinates(candidates.to_numpy())
    street = np.full(len(xy), "", dtype=object)
    ends = shapely.get_coordinates(plan.area.facilities.geometry.to_numpy())
    far = np.full(len(xy), math.inf)  # from a home over the place to a centre, as the crow flies
    gap = cells.loc[~cells["covered"], ["x", "y"]].to_numpy()
    if len(xy) and len(ends) and len(gap):
        far = np.add(KDTree(ends).query(xy)[0], KDTree(gap).query(xy)[0])
        street[:] = cells["street"].to_numpy()[KDTree(cells[["x", "y"]]).query(xy)[1]]
    is_useful = far <= cutoff + 1.0
    kept = candidates[is_useful]
    degrees = kept.to_crs(4326)
    table = {
        "name": kept.index,
        "name_en": kept.index,
        "street": street[is_useful].astype(str),
        "lon": degrees.x.round(7),
        "lat": degrees.y.round(7),
    }
    return gpd.GeoDataFrame(table, index=kept.index, geometry=kept, crs=candidates.crs)


def legs_expected(plan: Plan, candidates: gpd.GeoSeries) -> float:
    """
    How many legs there are at most between homes, seats and places for new ones, told before any is measured.

    A leg is no shorter than the straight line. Walks over seats that are there to places for new ones count too.

    Parameters
    ----------
    plan
        A plan measured by `reach.resting`.
    candidates
        Places as in `place`.

    Raises
    ------
    ValidationError
        As `place`.

    Examples
    --------
    >>> from carecircles import area, datasets, grid, plan, reach
    >>> folder = datasets.folder("template")
    >>> walk = {"network": folder / "walk/network.geojson", "rests": folder / "walk/rests.csv"}
    >>> study = area.read_area(folder, **walk)
    >>> demand = grid.make_demand(study.streets, study.population, cell=200)
    >>> asis = plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=200))
    >>> few, many = (candidates_within(asis, spacing=far) for far in (100, 50))
    >>> 0 < legs_expected(asis, few) < legs_expected(asis, many)
    True
    """
    walk = walk_of(plan)
    new = _xy(useful_of(plan, candidates, walk.most))
    own, near = _xy(walk.rests), walk.stretch + SLACK_M
    homes = plan.cells.loc[~plan.cells["covered"], ["x", "y"]].to_numpy(dtype=float)
    seats = np.concatenate([own, new])
    if not len(homes) or not len(new):
        return 0.0
    trees = {name: KDTree(xy) for name, xy in (("new", new), ("homes", homes), ("seats", seats))}
    legs = sum(
        float(trees[one].count_neighbors(trees["seats"], near)) for one in ("seats", "homes")
    )
    direct = float(trees["homes"].count_neighbors(trees["new"], near))
    farthest = float(trees["homes"].count_neighbors(trees["new"], walk.most))
    return legs + min(direct + _over_seats(own, homes, new, near), farthest)


def _over_seats(own: np.ndarray, homes: np.ndarray, new: np.ndarray, near: float) -> float:
    """Pairs of a home and a place that the same chain of seats is near to."""
    if not len(own):
        return 0.0
    tree = KDTree(own)
    links = tree.sparse_distance_matrix(tree, near, output_type="coo_matrix")
    chains, chain = connected_components(links)

    def near_to(xy: np.ndarray) -> np.ndarray:
        found = KDTree(xy).query_ball_tree(tree, near)
        place = np.repeat(np.arange(len(xy)), [len(some) for some in found])
        seat = np.concatenate([np.array(some, dtype=int) for some in found])
        some = np.unique(place * chains + chain[seat]) % chains
        return np.bincount(some, minlength=chains)

    return float((near_to(homes).astype(float) * near_to(new)).sum())


def _xy(points: gpd.GeoSeries | gpd.GeoDataFrame) -> np.ndarray:
    xy: np.ndarray = shapely.get_coordinates(points.geometry.to_numpy())
    return xy
