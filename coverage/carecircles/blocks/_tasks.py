"""The blocks of an area, each with the streets and centres that matter to it."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from carecircles import grid
from carecircles.area import NO_WALKS, StudyArea
from carecircles.blocks.values import Task

_ROUNDING = 1e-6  # relative: more than a distance is off


def bare(area: StudyArea) -> StudyArea:
    """What of a study area a block asks for."""
    nothing = area.boundary.iloc[:0]
    return dataclasses.replace(
        area, boundary=nothing, places=None, on_foot=NO_WALKS, amenities={}, populations=None
    )


def tasks_of(base: Task) -> Iterator[Task]:
    """A task for each block, row by row from the south-west."""
    for block in grid.blocks_of(base.within):
        near = grid.meeting(base.area.streets, block)
        streets = base.area.streets.iloc[near]
        centres = base.area.facilities.iloc[_centres_of(block, base.area)]
        area = dataclasses.replace(base.area, streets=streets, facilities=centres)
        place, living = place_of(block, base.within), base.living.of(streets.index)
        yield base._replace(within=block, place=place, area=area, living=living)


def place_of(block: grid.Grid, lattice: grid.Grid) -> tuple[int, int]:
    """Row and column of a block among the blocks."""
    up, right = (
        round((at - origin) / block.cell) // grid.pieces.SIDE
        for at, origin in ((block.y0, lattice.y0), (block.x0, lattice.x0))
    )
    return up, right


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
