"""What the live page needs to measure walks itself: the network near the area, and what is measured already."""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from carecircles import grid
from carecircles import reach as reaches
from carecircles.io import _matching
from carecircles.maps.drawing import packed
from carecircles.plan import Plan

if TYPE_CHECKING:
    from carecircles.network import Graph, Network, OnWay

_FARTHEST_M = 2000.0  # a walk that the page can measure, at least
_STANDARDS = 2.0  # or so many times the standard
_UNITS_M = (1e-6, 1e-5, 1e-4, 1e-3)  # in which coordinates may travel; the finest that 32 bits hold


def network_of(plan: Plan) -> "Network | None":
    """
    The network a plan is walked on, None where it is not.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> network_of(asis) is None
    True
    """
    bound = plan.reach
    is_walk = isinstance(bound, functools.partial) and bound.func is reaches.walking
    return reaches.network_in(bound) if is_walk else None


def walk_data(plan: Plan, network: "Network") -> dict[str, Any]:
    """
    The network with the cells on it, cut to what walks of at most `farthest` can use, and the cost table.

    What walks take travels as it is, so that the page adds up the same numbers in the same order as
    `reach.walking`: metres on the level, of each of which the plan's walker takes `per_metre`.
    Coordinates, from which only the place of a centre that is new or moved follows, travel in whole units of
    some micrometres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from carecircles import datasets, grid, plan
    >>> from carecircles.network import Network
    >>> area = datasets.load("template")
    >>> left, bottom, right, top = area.boundary.total_bounds
    >>> line = shapely.linestrings([[[left, bottom], [right, top]]])
    >>> ways = gpd.GeoDataFrame({"start": [0], "end": [1], "metres": shapely.length(line)}, geometry=line, crs=area.crs)
    >>> street = Network(np.array([[left, bottom], [right, top]]), ways)
    >>> asis = plan.evaluate(
    ...     area,
    ...     grid.make_demand(area.streets, area.population, cell=200),
    ...     reach=functools.partial(reaches.walking, network=street),
    ... )
    >>> walk_data(asis, street)["farthest"]
    2000.0
    """
    area, cells = plan.area, plan.cells
    on = reaches.footing_of(network, reaches.profile_in(plan.reach))
    graph, per_metre = on.graph, on.a_metre
    farthest = max(_FARTHEST_M * per_metre, _STANDARDS * plan.cost.cutoff)
    within = shapely.buffer(area.boundary.geometry.iloc[0], farthest / per_metre + _matching.RIM_M)
    shapely.prepare(within)
    lines = network.edges.geometry.to_numpy()
    kept = np.flatnonzero(shapely.intersects(within, lines))
    number = np.full(len(lines), -1)
    number[kept] = np.arange(len(kept))
    _, ends = np.unique(network.edges[["start", "end"]].to_numpy()[kept], return_inverse=True)
    ends = ends.reshape(-1, 2)
    walls, shape, is_area = _walls(network, within)
    corner, unit = _lattice(lines[kept], walls)
    place = grid.raster(cells, np.arange(len(cells)), fill=-1).ravel()
    cell = np.flatnonzero(place >= 0)  # in the order of their numbers on the page
    of_cell = np.empty(len(cells), dtype=np.int64)
    of_cell[place[cell]] = cell
    homes, position = _near(reaches.homes_on(on, cells), graph, number)
    order = np.argsort(of_cell[position], kind="stable")
    homes, position = homes.taken(order), position[order]
    near, place_of = _near(reaches.points_on(on, area.facilities), graph, number)
    centres = _nowhere(len(area.facilities))
    for all_of, some in zip(centres, near, strict=True):
        all_of[place_of] = some
    arrays = {
        "way_start": ends[:, 0],
        "way_end": ends[:, 1],
        "way_along": graph.along[kept],
        "way_is_ground": np.isin(kept, network.ground),
        **({"way_is_own": np.isin(kept, graph.own)} if len(graph.own) else {}),
        **_packed_lines("way", lines[kept], corner, unit),
        "wall_shape": shape,
        "wall_is_area": is_area,
        **_packed_lines("wall", walls, corner, unit),
        "cell": _differences(of_cell[position]),
        "cell_edge": homes.edge,
        "cell_share": homes.share,
        "cell_off": homes.off,
        **_stairs(on, cells, position),
        "centre_edge": centres.edge + 1,
        "centre_share": centres.share,
        "centre_off": centres.off,
        **_rows(plan, of_cell),
    }
    return {
        "per_metre": per_metre,
        "cost_unit": plan.cost.unit,
        "farthest": farthest,
        "measured": plan.cost.cutoff,
        "unit": unit,
        "x0": corner[0],
        "y0": corner[1],
        "arrays": {name: packed(values) for name, values in arrays.items()},
    }


def _stairs(
    on: reaches.Footing, cells: pd.DataFrame, position: np.ndarray
) -> dict[str, np.ndarray]:
    """The metres in which the stairs inside the houses of some cells are climbed, where they count."""
    metres = reaches.indoors(on, cells)[position]
    return {"cell_stairs": metres} if metres.any() else {}


def _near(placed: reaches.Placed, graph: "Graph", number: np.ndarray) -> reaches.Placed:
    """Of some places those on ways that are kept; others are farther off than anybody walks."""
    from carecircles import network as networks

    edge = number[networks.way_of(graph, placed.places.edge)]
    is_near = edge >= 0
    places = placed.places._replace(edge=edge).taken(is_near)
    return reaches.Placed(places, placed.position[is_near])


def _nowhere(count: int) -> "OnWay":
    """So many places on no way."""
    from carecircles.network import OnWay

    return OnWay(np.full(count, -1), np.zeros(count), np.zeros(count))


def _walls(
    network: "Network", within: shapely.Geometry
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rings and lines of the barriers near the area, the barrier of each, and which barriers are areas."""
    every = np.empty(0, dtype=object) if network.barriers is None else network.barriers.to_numpy()
    near = every[shapely.intersects(every, shapely.envelope(within))]
    parts, shape = shapely.get_parts(near, return_index=True)
    while (shapely.get_type_id(parts) > 3).any():  # collections in one another
        parts, inner = shapely.get_parts(parts, return_index=True)
        shape = shape[inner]
    is_polygon = shapely.get_type_id(parts) == 3
    rings, polygon = shapely.get_rings(parts[is_polygon], return_index=True)
    is_line = np.isin(shapely.get_type_id(parts), (1, 2))
    return (
        np.concatenate([rings, parts[is_line]]),
        np.concatenate([shape[is_polygon][polygon], shape[is_line]]).astype(np.int64),
        shapely.get_dimensions(near) == 2,
    )


def _lattice(lines: np.ndarray, walls: np.ndarray) -> tuple[tuple[float, float], float]:
    """Corner and unit of the whole numbers in which coordinates travel."""
    every = np.concatenate([lines, walls])
    if not len(every):
        return (0.0, 0.0), _UNITS_M[0]
    left, bottom, right, top = shapely.total_bounds(every)
    wide = max(right - left, top - bottom)
    unit = next(unit for unit in _UNITS_M if wide / unit < 2**32 - 1 or unit == _UNITS_M[-1])
    return (float(np.floor(left)), float(np.floor(bottom))), unit


def _packed_lines(
    name: str, lines: np.ndarray, corner: tuple[float, float], unit: float
) -> dict[str, np.ndarray]:
    """Vertices of lines: how many of each, and how far each is from the one before in whole units."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    whole = np.round((xy - corner) / unit).astype(np.int64)
    return {
        f"{name}_vertices": np.bincount(line, minlength=len(lines)),
        f"{name}_x": _differences(whole[:, 0]),
        f"{name}_y": _differences(whole[:, 1]),
    }


def _differences(numbers: np.ndarray) -> np.ndarray:
    """Each number less the one before, modulo 2 ** 32: neighbours are alike, and small numbers pack well."""
    return np.diff(numbers, prepend=0) % 2**32


def _rows(plan: Plan, of_cell: np.ndarray) -> dict[str, np.ndarray]:
    """The plan's cost table, centre by centre and cell by cell."""
    table = plan.cost.table
    pairs = reaches.pairs_in(table)
    cell = of_cell[plan.cells.index.get_indexer(pairs.levels[0])][pairs.codes[0]]
    centre = plan.area.facilities.index.get_indexer(pairs.levels[1])[pairs.codes[1]]
    order = np.lexsort((cell, centre))
    count = pd.Series(centre).value_counts(sort=False)
    return {
        "reached_count": count.reindex(range(len(plan.area.facilities)), fill_value=0).to_numpy(),
        "reached_cell": _differences(cell[order]),
        "reached_cost": table.to_numpy(dtype=float)[order],
    }
