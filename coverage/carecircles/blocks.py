"""
Areas larger than memory: a province or a nation, block by block.

The lattice of the area is cut into blocks of 2,048 by 2,048 cells. A block is a lattice of its own, with the streets
and the centres that matter to it: those within the cutoff of it, and those that can be the nearest of any of its
cells. The same functions as of a district make its cells, its sums and its uncovered patches; the cells go, and the
sums of the blocks are added up one after the other. A district in one piece adds up in the same order, so that both
say the same.
"""

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import (
    _field,
    _rims,
    _tally,
    _unfinished,
    _zones,
    comparison,
    counts,
    gaps,
    grid,
    memory,
    reach,
)
from carecircles import plan as plans
from carecircles._counts import Counts
from carecircles.area import NO_WALKS, StudyArea, is_neighbour, years_of
from carecircles.errors import ValidationError
from carecircles.io import tiled
from carecircles.people import columns_of
from carecircles.plan import Plan
from carecircles.services import Bundle
from carecircles.weights import BASES, EVEN, RASTER, SOURCES, UNINHABITED
from carecircles.weights._by_blocks import Living, basis_of, living_in, sums_of_block
from carecircles.weights._notes import spread_note
from carecircles.words import Sentence, Text

_Known = TypeVar("_Known")
_ROUNDING = 1e-6  # relative: more than a distance is off
_LAYERS = {
    "depth": tiled.Layer("uint16", 65535),
    "distance_m": tiled.Layer("float32", -1.0),
    "uncovered_people": tiled.Layer("float32", -1.0),
}


class Task(NamedTuple):
    """A block with the streets and centres that matter to it, and what is asked of its cells."""

    within: grid.Grid
    place: tuple[int, int]
    area: StudyArea
    living: Living
    group: str
    inner: shapely.Geometry
    cutoff: float
    asked: "Asked"


class Asked(NamedTuple):
    """
    What is asked of blocks beside sums: zones, cut at streets or not, rasters, one of so many cells each way, and how
    far the nearest centre is.
    """

    has_zones: bool = False
    split: str | None = None
    has_rasters: bool = False
    step: int | None = None
    has_distances: bool = True


class Into(NamedTuple):
    """
    A folder for rasters, and whether they are to be Cloud Optimised GeoTIFFs.

    `inputs` are files that were read, of which no raster takes the place. With `resumes` blocks are kept there until
    all are done, and a run goes on with those of one that was stopped.
    """

    folder: str | Path
    inputs: Sequence[str | Path] = ()
    is_cog: bool = False
    resumes: bool = False


class Found(NamedTuple):
    """What is known of a block."""

    place: tuple[int, int]
    tally: _tally.Tally
    rim: _rims.Rim
    beyond: float
    near: float
    patches: _zones.Patches | None
    rasters: dict[str, np.ndarray]
    overview: pd.DataFrame | None


class Surveyed(NamedTuple):
    """A plan without cells, its uncovered zones, and what of each lies in which street."""

    plan: Plan
    zones: gpd.GeoDataFrame
    parts: pd.DataFrame


class Run(Protocol):
    """How a function is mapped over blocks: `map` in this process, or another that keeps their order."""

    def __call__(
        self, function: "Callable[[Task], _Known]", tasks: Iterable[Task], /
    ) -> "Iterable[_Known]": ...


def problems(area: StudyArea) -> list[Sentence]:
    """
    What of a study area cannot be counted block by block; nothing where all can.

    Examples
    --------
    >>> from carecircles import datasets
    >>> problems(datasets.load("template"))
    []
    """
    found = []
    if isinstance(area.counting, Bundle):
        found.append(
            Sentence(
                "an area counted by blocks has no bundle; ask for one service with --service.",
                zh="按分块计算时不能使用服务组合；请用 --service 逐项提问。",
            )
        )
    known = (getattr(area.sources, name) for name in (*SOURCES[1:], UNINHABITED) if name != RASTER)
    if any(some is not None and len(some) for some in known):
        found.append(
            Sentence(
                "an area counted by blocks spreads people evenly over their street or by rasters; add --people even "
                "or --people people_raster, and leave out [files] uninhabited.",
                zh="按分块计算时人口在街道内均匀分布或按栅格分布；请加上 --people even 或 --people people_raster，并去掉 [files] "
                "中的 uninhabited。",
            )
        )
    own = {band.group for band in area.sources.people_raster} - set(area.population)
    is_first = area.year is None or area.year == years_of(area)[0]
    if area.sources.people_raster and (area.counted == RASTER or own or not is_first):
        found.append(
            Sentence(
                "an area counted by blocks has rasters say where people of its streets live, and not how many, or in "
                "another year than the first; add a file of population with every group, leave out --year, or add "
                "--people even.",
                zh="按分块计算时栅格只用于街道人口的分布，不用于人数，也不用于首年以外的年份；请提供含各人群的人口文件，"
                "不用 --year，或加上 --people even。",
            )
        )
    return found


def evaluate(
    area: StudyArea,
    *,
    cell: float = 50.0,
    rasters: "Into | None" = None,
    distances: bool = True,
    run: Run = map,
) -> Plan:
    """
    The plan of a study area of any size, by straight lines, with people spread evenly over their street or by rasters.

    Parameters
    ----------
    area
        The study area.
    cell
        Side of a grid cell in metres.
    rasters
        Where to write depth.tif (centres within reach), distance_m.tif (to the nearest centre) and
        uncovered_people.tif (of the group whose figures come first) to.
    distances
        Whether how far people have to the nearest centre is asked; without it, shares and people take a third
        of the time, and `mean_distance_m` and `p90_distance_m` are NaN.
    run
        What maps a function over blocks, `map` or one that does so elsewhere.

    Returns
    -------
    plan
        Without cells; `counts` and `report` have its figures, to the last digit those of
        `plan.evaluate` on the same area in one piece.

    Raises
    ------
    ValidationError
        As `problems`, and as `grid.make_demand`.

    Examples
    --------
    >>> from carecircles import counts, datasets
    >>> asis = evaluate(datasets.load("template"), cell=200)
    >>> len(asis.cells), round(float(counts.of_district(asis)["covered_people_60_share"]), 2)
    (0, 0.57)
    """
    asked = Asked(has_rasters=rasters is not None, has_distances=distances or rasters is not None)
    plan, _ = _surveyed(area, cell, asked, rasters, run)
    return plan


def uncovered_zones(
    area: StudyArea,
    *,
    cell: float = 50.0,
    smallest_m2: float = gaps.SMALLEST_M2,
    split: str | None = None,
    run: Run = map,
) -> Surveyed:
    """
    The uncovered zones of a study area of any size; those that blocks cut are joined.

    Parameters
    ----------
    area, cell, run
        As in `evaluate`.
    smallest_m2, split
        As in `gaps.uncovered_zones`; zones are ranked by the group whose figures come first.

    Examples
    --------
    >>> from carecircles import datasets
    >>> found = uncovered_zones(datasets.load("template"), cell=200)
    >>> found.zones["nearest"].tolist()
    ['A2', 'A3', 'A1']
    """
    gaps.require_size(smallest_m2)
    plan, found = _surveyed(area, cell, Asked(has_zones=True, split=split), None, run)
    return _with_zones(plan, found, smallest_m2)


def overview(
    area: StudyArea,
    *,
    cell: float = 50.0,
    smallest_m2: float = gaps.SMALLEST_M2,
    most: int = memory.MOST_DRAWN,
    run: Run = map,
) -> Surveyed:
    """
    What a map shows of a study area of any size: the figures and zones of its cells, and a cell for many.

    Parameters
    ----------
    area, cell, run
        As in `evaluate`.
    smallest_m2
        As in `gaps.uncovered_zones`. Where a cell stands for many, zones smaller than it are left out.
    most
        How many places the lattice of the cells that are drawn has at most.

    Returns
    -------
    surveyed
        The plan has counts of all cells, and as `cells` the middle one of each square of so many cells that
        they are few enough, with the people of all of that square.

    Raises
    ------
    ValidationError
        As `evaluate`, and if `smallest_m2` is negative or not a number.

    Examples
    --------
    >>> from carecircles import counts, datasets, report
    >>> found = overview(datasets.load("template"), cell=100, most=500)
    >>> len(found.plan.cells), grid.lattice_of(found.plan.cells).cell, counts.lattice_of(found.plan).cell
    (240, 200.0, 100.0)
    """
    gaps.require_size(smallest_m2)
    wrong = grid.cell_problems(cell)
    if wrong:
        raise ValidationError(wrong)
    lattice = grid.lattice_around(area.streets, cell=cell)
    wanted = math.sqrt(lattice.rows * lattice.cols / most)
    side = grid.pieces.SIDE
    step = next((n for n in range(1, side) if side % n == 0 and n >= wanted), side)
    plan, found = _surveyed(area, cell, Asked(has_zones=True, step=step), None, run)
    drawn = [one.overview for one in found if one.overview is not None]
    cells = _overviews(drawn, plan)
    plan = dataclasses.replace(plan, cells=cells)
    if step == 1:
        return _with_zones(plan, found, smallest_m2)
    surveyed = _with_zones(plan, found, max(smallest_m2, (step * lattice.cell) ** 2))
    zones, parts = surveyed.zones, surveyed.parts
    return surveyed._replace(
        zones=zones[zones.index != gaps.OTHER],
        parts=parts[parts.index.get_level_values("zone") != gaps.OTHER],
    )


def _with_zones(plan: Plan, found: list[Found], smallest_m2: float) -> Surveyed:
    """A plan with the zones of its blocks."""
    area = plan.area
    group = comparison.headline(plan).column
    zones = _zones.together(
        [one.patches for one in found if one.patches is not None],
        streets=area.streets.index,
        centres=area.facilities.index,
        group=group,
        smallest_m2=smallest_m2,
    )
    lattice, cutoff = counts.lattice_of(plan), plan.cost.cutoff
    table = gaps.told(zones, cutoff=cutoff, group=group, within=lattice, crs=area.crs.to_string())
    return Surveyed(plan, table, gaps.told_by_street(zones, group=group))


def _overviews(drawn: list[pd.DataFrame], plan: Plan) -> pd.DataFrame:
    """The cells that are drawn of all blocks, on one lattice whose squares have them in their middle."""
    every = {"street": plan.area.streets.index, "nearest": plan.area.facilities.index}
    told = [
        one.assign(**{name: one[name].cat.set_categories(every[name]) for name in every})
        for one in drawn
    ]
    cells = pd.concat(told) if told else plan.cells
    number = cells["row"].astype(np.int64) * (cells["col"].max() + 1) + cells["col"]
    cells = cells.set_axis(pd.Index(number, name="cell")).sort_index()
    cells.attrs = dict(plan.cells.attrs)
    return cells


def _surveyed(
    area: StudyArea,
    cell: float,
    asked: Asked,
    rasters: Into | None,
    run: Run,
) -> tuple[Plan, list[Found]]:
    """The plan of an area, and what is known of its blocks."""
    wrong = [*problems(area), *grid.cell_problems(cell)]
    if wrong:
        raise ValidationError(wrong)
    lattice = grid.lattice_around(area.streets, cell=cell)
    plan = _without_cells(area, lattice)
    base = Task(
        lattice,
        (0, 0),
        _bare(area),
        Living(area.population, area.population),
        comparison.headline(plan).column,
        counts.inside(plan),
        plan.cost.cutoff,
        asked,
    )
    columns = dict.fromkeys(["cells", *(band.group for band in area.sources.people_raster)], 0.0)
    sums = pd.DataFrame(columns, index=area.streets.index)
    for own in run(_sums, _tasks(base)):
        sums.loc[own.index, own.columns] += own
    living = living_in(area, sums, cell=cell)
    found: list[Found] = []
    base = base._replace(living=living)
    with (
        _folder_of(rasters),
        _mapped(base, area, rasters, run) as all_found,
        _put_into(rasters, lattice) as put,
    ):
        for one in all_found:
            if one is not None:
                up, right = (at * grid.pieces.SIDE for at in one.place)
                put(up, right, one.rasters)
                found.append(one._replace(rasters={}))
    labels = area.streets.index
    summed = Counts(
        _tally.together((one.tally for one in found), labels),
        _rims.together((one.rim for one in found), labels),
        lattice,
        float(sum(one.beyond for one in found)),
        float(sum(one.near for one in found)),
        basis_of(living)[sums["cells"] > 0],
    )
    told = dataclasses.replace(area, notes=(*area.notes, *_notes(area, summed)))
    return dataclasses.replace(plan, area=told, counts=summed), found


def _notes(area: StudyArea, summed: Counts) -> list[Text]:
    """Where people are spread evenly although there are rasters."""
    has_people = (area.population[columns_of(area.population)] > 0).any(axis=1)
    is_even = (summed.basis == EVEN) & has_people.loc[summed.basis.index]
    if not (area.sources.people_raster and is_even.any()):
        return []
    return [spread_note(area, {*summed.basis.index[is_even]})]


def _without_cells(area: StudyArea, lattice: grid.Grid) -> Plan:
    """The plan of a part of the lattice where nothing is."""
    beyond = dataclasses.replace(lattice, x0=lattice.x0 - 2 * lattice.cell, rows=1, cols=1)
    demand = grid.block_of(
        area.streets, area.population[columns_of(area.population)], within=beyond
    )
    demand["placed"] = pd.Categorical([EVEN] * len(demand), categories=pd.Index(BASES))
    return plans.evaluate(area, demand)


def _bare(area: StudyArea) -> StudyArea:
    """What of a study area a block asks for."""
    nothing = area.boundary.iloc[:0]
    return dataclasses.replace(
        area, boundary=nothing, places=None, on_foot=NO_WALKS, amenities={}, populations=None
    )


def _tasks(base: Task) -> Iterator[Task]:
    """A task for each block, row by row from the south-west."""
    for block in grid.blocks_of(base.within):
        up, right = (
            round((at - origin) / block.cell) // grid.pieces.SIDE
            for at, origin in ((block.y0, base.within.y0), (block.x0, base.within.x0))
        )
        near = grid.meeting(base.area.streets, block)
        streets = base.area.streets.iloc[near]
        centres = base.area.facilities.iloc[_centres_of(block, base.area)]
        area = dataclasses.replace(base.area, streets=streets, facilities=centres)
        yield base._replace(
            within=block, place=(up, right), area=area, living=base.living.of(streets.index)
        )


def _centres_of(block: grid.Grid, area: StudyArea) -> np.ndarray:
    """
    Positions of the centres within the cutoff of a block, and of those that can be nearest to any of its cells.

    None is nearest to any cell that is farther from all of the block than another is from the farthest cell of it.
    """
    points = area.facilities.geometry
    if points.empty:
        return np.array([], dtype=np.intp)
    least, most = np.zeros((2, len(points)))
    sides = (points.x, block.x0, block.cols), (points.y, block.y0, block.rows)
    for at, start, number in sides:
        half = number * block.cell / 2
        off = np.abs(at.to_numpy() - (start + half))
        least += np.maximum(off - half, 0.0) ** 2
        most += (off + half) ** 2
    farthest = max(float(most.min()), area.standard.metres**2)
    return np.flatnonzero(least <= farthest * (1 + _ROUNDING))


def _sums(task: Task) -> pd.DataFrame:
    """How many cells of a block each of its streets has, and the sums of their weights."""
    area = task.area
    return sums_of_block(area.streets, area.sources.people_raster, task.within)


def _found(task: Task) -> Found | None:
    """All that is asked of a block; None where it has no cell."""
    within, asked, area = task.within, task.asked, task.area
    field = _field.of_block(
        area, task.living, within, task.place, cutoff=task.cutoff, has_distances=asked.has_distances
    )
    if field is None:
        return None
    is_left = ~field.covered & (field.street < len(field.labels))
    is_near = is_left & ~grid.holds(task.inner, *grid.centres(within))
    patches = None
    if asked.has_zones:
        piece = grid.Piece(task.place, is_left.shape, _field.cells(field, within, is_left))
        patches, _ = _zones.of_piece(piece, split=asked.split, group=task.group)
    return Found(
        task.place,
        _tally.of_field(field),
        _rims.of_field(field, task.group),
        _beyond(field, task),
        _field.people(field, task.group, is_near),
        patches,
        _rasters(field, is_left, task.group) if asked.has_rasters else {},
        _overview(field, within, asked.step) if asked.step else None,
    )


def _beyond(field: _field.Field, task: Task) -> float:
    """The people of a block whom only centres beyond the border cover."""
    is_own = ~is_neighbour(task.area.facilities).to_numpy()
    if is_own.all():
        return 0.0
    points = task.area.facilities.geometry[is_own]
    x, y = points.x.to_numpy(), points.y.to_numpy()
    own = reach.depth_on(*grid.centres(task.within), x, y, cutoff=task.cutoff)
    return _field.people(field, task.group, field.covered & (own == 0))


def _overview(field: _field.Field, within: grid.Grid, step: int) -> pd.DataFrame:
    """The middle cell of each square of `step` by `step` cells of a block, with the people of all of the square."""
    is_middle = np.zeros(field.street.shape, dtype=bool)
    is_middle[step // 2 :: step, step // 2 :: step] = True
    middle = _field.cells(field, within, is_middle & (field.street < len(field.labels)))
    row, col = middle["row"].to_numpy() // step, middle["col"].to_numpy() // step
    squares = np.arange(within.rows)[:, None] // step, np.arange(within.cols) // step
    width = -(-within.cols // step)
    square = (squares[0] * width + squares[1]).ravel()
    up, right = (at * grid.pieces.SIDE // step for at in field.place)
    people = {
        g: np.bincount(square, _field.laid_out(field, g).ravel())[row * width + col]
        for g in columns_of(middle)
    }
    overview: pd.DataFrame = middle.assign(
        row=row + up, col=col + right, area_m2=middle["area_m2"] * step**2, **people
    )
    return overview


def _rasters(field: _field.Field, is_left: np.ndarray, group: str) -> dict[str, np.ndarray]:
    """What the cells of a block say, laid out."""
    is_cell = field.street < len(field.labels)
    values = {
        "depth": np.minimum(field.depth, 65534),
        "distance_m": -1.0 if field.metres is None else np.nan_to_num(field.metres, nan=-1.0),
        "uncovered_people": np.where(is_left, _field.laid_out(field, group), 0.0),
    }
    return {
        name: np.where(is_cell, values[name], layer.nodata).astype(layer.dtype)
        for name, layer in _LAYERS.items()
    }


def _folder_of(rasters: Into | None) -> contextlib.AbstractContextManager[None]:
    return contextlib.nullcontext() if rasters is None else tiled.folder_for(rasters.folder)


@contextlib.contextmanager
def _mapped(
    base: Task, area: StudyArea, rasters: Into | None, run: Run
) -> Iterator[Iterable[Found | None]]:
    """What is known of each block; of those that a run before has kept from there."""
    if rasters is None or not rasters.resumes:
        if rasters is not None:
            _unfinished.removed(rasters.folder)
        yield run(_found, _tasks(base))
        return
    asked = (base.within, base.group, base.asked, grid.pieces.SIDE)
    kept = _unfinished.Kept(Path(rasters.folder), _unfinished.fingerprint(area, asked))
    done = kept.places()

    def each() -> Iterator[Found | None]:
        found = iter(run(_found, (task for task in _tasks(base) if task.place not in done)))
        for task in _tasks(base):
            if task.place in done:
                told = kept.load(task.place)
                yield None if told is None else Found(*told)
            else:
                one = next(found)
                kept.save(task.place, None if one is None else tuple(one))
                yield one

    yield each()
    _unfinished.removed(rasters.folder)


@contextlib.contextmanager
def _put_into(rasters: Into | None, lattice: grid.Grid) -> Iterator[tiled.Put]:
    """What writes the rasters of blocks to a folder, if there is to be one."""
    if rasters is None:
        yield lambda *_: None
        return
    corner = lattice.x0, lattice.y0
    place = tiled.Place(lattice.cell, *corner, lattice.rows, lattice.cols, lattice.crs)
    files, inputs = raster_files(rasters.folder), rasters.inputs
    with tiled.write_rasters(files, place, inputs=inputs, is_cog=rasters.is_cog) as put:
        yield put


def raster_files(folder: str | Path) -> dict[Path, tiled.Layer]:
    """
    The rasters that `evaluate` writes to a folder.

    Examples
    --------
    >>> [path.name for path in raster_files("out")]
    ['depth.tif', 'distance_m.tif', 'uncovered_people.tif']
    """
    return {Path(folder) / f"{name}.tif": layer for name, layer in _LAYERS.items()}
