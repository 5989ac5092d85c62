"""The plan, the zones and the map of an area that is worked out block by block."""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from carecircles import _rims, _tally, _zones, comparison, counts, gaps, grid, memory
from carecircles import plan as plans
from carecircles._counts import Counts
from carecircles.area import StudyArea
from carecircles.blocks import _counted, _known, _tasks, _unfinished, layers
from carecircles.blocks.layers import Into
from carecircles.blocks.problems import problems
from carecircles.blocks.values import Asked, Found, Run, Surveyed, Task
from carecircles.errors import ValidationError
from carecircles.people import columns_of
from carecircles.plan import Plan
from carecircles.weights import BASES, EVEN
from carecircles.weights._by_blocks import (
    basis_of,
    has_empty_land,
    in_its_years,
    is_spread_evenly,
    living_in,
    nobody,
    own_groups,
)


def evaluate(
    area: StudyArea,
    *,
    cell: float = 50.0,
    rasters: "Into | None" = None,
    distances: bool = True,
    run: Run = map,
    kept: str | Path | None = None,
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
        Whether how far people have to the nearest centre is asked; without it, tables have no `mean_distance_m`
        and no `p90_distance_m`. Where people are spread evenly, shares and people are then counted by spans of
        rows: the time depends on centres and borders, and hardly on how many cells there are.
    run
        What maps a function over blocks, `map` or one that does so elsewhere.
    kept
        A folder in which finished blocks are kept, and those of a run that was stopped are found; whoever has written
        what follows from them removes it with `forget`.

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
    has_distances = distances or rasters is not None
    if not has_distances and is_spread_evenly(area):
        return _counted_plan(area, cell, run, kept)
    asked = Asked(has_rasters=rasters is not None, has_distances=has_distances)
    plan, _ = _surveyed(area, cell, asked, rasters, run, kept)
    return plan


def uncovered_zones(
    area: StudyArea,
    *,
    cell: float = 50.0,
    smallest_m2: float = gaps.SMALLEST_M2,
    split: str | None = None,
    run: Run = map,
    kept: str | Path | None = None,
) -> Surveyed:
    """
    The uncovered zones of a study area of any size; those that blocks cut are joined.

    Parameters
    ----------
    area, cell, run, kept
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
    plan, found = _surveyed(area, cell, Asked(has_zones=True, split=split), None, run, kept)
    return _with_zones(plan, found, smallest_m2)


def overview(
    area: StudyArea,
    *,
    cell: float = 50.0,
    smallest_m2: float = gaps.SMALLEST_M2,
    most: int = memory.MOST_DRAWN,
    run: Run = map,
    kept: str | Path | None = None,
) -> Surveyed:
    """
    What a map shows of a study area of any size: the figures and zones of its cells, and a cell for many.

    Parameters
    ----------
    area, cell, run, kept
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
    plan, found = _surveyed(area, cell, Asked(has_zones=True, step=step), None, run, kept)
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


def _counted_plan(area: StudyArea, cell: float, run: Run, kept: str | Path | None) -> Plan:
    """The plan of an area whose cells are counted and never there."""
    lattice, plan = _begun(area, cell)
    parts = _counted.parts_of(area, lattice, counts.inside(plan), plan.cost.cutoff)
    run = _unfinished.going_on(
        run, kept, lambda: _unfinished.fingerprint(area, nobody(area), (lattice, grid.pieces.SIDE))
    )
    found = [one for one in run(_counted.of_part, parts) if one is not None]
    sums = _counted.cells_of(found, area.streets.index).to_frame()
    living, _ = living_in(area, sums, cell=cell)
    group = comparison.headline(plan).column
    return dataclasses.replace(plan, counts=_counted.together(found, living, group, lattice))


def _begun(area: StudyArea, cell: float) -> tuple[grid.Grid, Plan]:
    """The lattice of an area, and its plan before any cell is there."""
    wrong = [*problems(area), *grid.cell_problems(cell)]
    if wrong:
        raise ValidationError(wrong)
    lattice = grid.lattice_around(area.streets, cell=cell)
    return lattice, _without_cells(area, lattice)


def _surveyed(
    area: StudyArea,
    cell: float,
    asked: Asked,
    rasters: Into | None,
    run: Run,
    kept: str | Path | None,
) -> tuple[Plan, list[Found]]:
    """The plan of an area, and what is known of its blocks."""
    lattice, plan = _begun(area, cell)
    base = Task(
        lattice,
        (0, 0),
        _tasks.bare(in_its_years(area)),
        nobody(area),
        comparison.headline(plan).column,
        counts.inside(plan),
        plan.cost.cutoff,
        asked,
    )
    sums = pd.DataFrame(index=area.streets.index)
    for own in run(_known.weights_in, _tasks.tasks_of(base)):
        sums = sums.reindex(columns=[*dict.fromkeys([*sums, *own])], fill_value=0.0)
        sums.loc[own.index, own.columns] += own
    living, notes = living_in(area, sums, cell=cell)
    found: list[Found] = []
    labels, base = area.streets.index, base._replace(living=living)
    of = lattice, base.group, asked, grid.pieces.SIDE
    with layers.folder_of(rasters), layers.put_into(rasters, lattice) as put:
        run = _unfinished.going_on(run, kept, lambda: _unfinished.fingerprint(area, living, of))

        def told() -> Iterator[_tally.Tally]:
            """What each block adds up to; all else that is known of it is kept."""
            for one in run(_known.known_of, _tasks.tasks_of(base)):
                if one is not None:
                    up, right = (at * grid.pieces.SIDE for at in one.place)
                    put(up, right, one.rasters)
                    found.append(one._replace(rasters={}, tally=one.tally._replace(reached=None)))
                    yield one.tally

        tally = _tally.together(told(), labels)
    summed = Counts(
        tally,
        _rims.together((one.rim for one in found), labels),
        lattice,
        float(sum(one.beyond for one in found)),
        float(sum(one.near for one in found)),
        basis_of(living)[sums["cells"] > 0],
        has_empty_land(sums),
    )
    area = dataclasses.replace(area, notes=(*area.notes, *notes))
    return dataclasses.replace(plan, area=area, counts=summed), found


def _without_cells(area: StudyArea, lattice: grid.Grid) -> Plan:
    """The plan of a part of the lattice where nothing is."""
    beyond = dataclasses.replace(lattice, x0=lattice.x0 - 2 * lattice.cell, rows=1, cols=1)
    groups = columns_of(area.population)
    each = area.population[groups].assign(**dict.fromkeys(own_groups(area), 0.0))
    demand = grid.block_of(area.streets, each, within=beyond)
    demand["placed"] = pd.Categorical([EVEN] * len(demand), categories=pd.Index(BASES))
    return plans.evaluate(area, demand)
