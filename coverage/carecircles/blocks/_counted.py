"""
Blocks whose cells are counted and never there: straight lines, people spread evenly over their street.

How many cells of each street so many centres reach is all that shares and people need. It follows from strips of rows
(`_strips`), and the sums that are made of it are those of the same cells as rasters (`_field`), to the last digit.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from carecircles import _rims, _strips, _tally, grid
from carecircles._counts import Counts
from carecircles._field import AREA
from carecircles.area import StudyArea, is_neighbour
from carecircles.blocks._tasks import place_of
from carecircles.weights._by_blocks import Living, basis_of


class Part(NamedTuple):
    """
    A block with what matters to it: its streets and their positions in the area, and the centres within the cutoff.

    `own` and `others` are x and y of the centres inside and beyond the border; `inner` is what of the area no centre
    beyond it reaches, None where that is all of the block.
    """

    within: grid.Grid
    place: tuple[int, int]
    streets: np.ndarray
    position: np.ndarray
    own: np.ndarray
    others: np.ndarray
    inner: shapely.Geometry | None
    cutoff: float


class Counted(NamedTuple):
    """
    The cells of a block by street: those that no, one, two or more centres reach; those that only centres beyond the
    border cover; those not covered near it; and how the rim runs.
    """

    place: tuple[int, int]
    position: np.ndarray
    cells: np.ndarray
    beyond: np.ndarray
    near: np.ndarray
    course: _rims.Course


def parts_of(
    area: StudyArea, lattice: grid.Grid, inner: shapely.Geometry, cutoff: float
) -> Iterator[Part]:
    """The blocks of an area, row by row from the south-west."""
    streets = area.streets.geometry.to_numpy()
    tree = shapely.STRtree(streets)
    points = area.facilities.geometry
    at = np.stack([points.x.to_numpy(), points.y.to_numpy()])
    order = np.argsort(at[1], kind="stable")
    at, is_own = at[:, order], ~is_neighbour(area.facilities).to_numpy()[order]
    shapely.prepare(inner)
    far = cutoff + lattice.cell  # a bit too far does no harm
    for block in grid.blocks_of(lattice):
        across, up = grid.centres(block)
        box = shapely.box(across[0], up[0], across[-1], up[-1])
        position = np.sort(tree.query(box))
        south = np.searchsorted(at[1], up[0] - far)
        some = slice(south, np.searchsorted(at[1], up[-1] + far))
        x = at[0, some]
        is_met = (x > across[0] - far) & (x < across[-1] + far)
        near, own = at[:, some][:, is_met], is_own[some][is_met]
        yield Part(
            block,
            place_of(block, lattice),
            streets[position],
            position,
            near[:, own],
            near[:, ~own],
            None if shapely.contains(inner, box) else inner,
            cutoff,
        )


def of_part(part: Part) -> Counted | None:
    """What is counted in a block; None where it has no cell."""
    across, up = grid.centres(part.within)
    held = grid.stretches(part.streets, across, up)
    if not len(held.row):
        return None

    def reached(at: np.ndarray) -> _strips.Spans:
        far = np.full(at.shape[1], part.cutoff)
        return _strips.on_line(
            grid.stretches_within(at[0], at[1], far, across=across, up=up), len(across) + 1
        )

    inner = None
    if part.inner is not None:
        inner = _strips.on_line(grid.stretches(np.array([part.inner]), across, up), len(across) + 1)
    has_others = part.others.shape[1] > 0
    strips = _strips.of_spans(
        held,
        len(part.streets),
        (len(up), len(across)),
        own=reached(part.own),
        others=reached(part.others) if has_others else None,
        inner=inner,
    )
    cells = _strips.count(strips, np.minimum(strips.depth, 2), 3)
    beyond = near = np.zeros(len(cells), dtype=np.int64)
    if has_others:
        is_beyond = (strips.depth > 0) & (strips.own == 0)
        beyond = _strips.count(strips, is_beyond, 2)[:, 1]
    if inner is not None:
        near = _strips.count(strips, (strips.depth == 0) & ~strips.is_inner, 2)[:, 1]
    return Counted(part.place, part.position, cells, beyond, near, _rims.of_strips(strips))


def cells_of(counted: Sequence[Counted], streets: pd.Index) -> pd.Series:
    """How many cells each street has."""
    cells = np.zeros(len(streets))
    for one in counted:
        cells[one.position] += one.cells.sum(axis=1)
    return pd.Series(cells, index=streets, name="cells")


def together(counted: Sequence[Counted], living: Living, group: str, lattice: grid.Grid) -> Counts:
    """What the cells of all blocks add up to, of those who live in each."""
    labels = living.labels
    each = {AREA: np.full(len(labels), lattice.cell**2)}
    each |= living.in_each_cell()
    tallies, rims, beyond, near = [], [], 0.0, 0.0
    for one in counted:
        own = {name: amount[one.position] for name, amount in each.items()}
        names = labels[one.position]
        amounts = {name: one.cells * amount[:, None] for name, amount in own.items()}
        tallies.append(_tally.of_amounts(names, amounts))
        rims.append(_rim(one, names, own, group))
        beyond += float((one.beyond * own[group]).sum())
        near += float((one.near * own[group]).sum())
    has_cells = cells_of(counted, labels) > 0
    return Counts(
        _tally.together(tallies, labels),
        _rims.together(rims, labels),
        lattice,
        beyond,
        near,
        basis_of(living)[has_cells],
    )


def _rim(one: Counted, names: pd.Index, own: Mapping[str, np.ndarray], group: str) -> _rims.Rim:
    """The rim of a block, of those who live there."""
    cells = np.column_stack([one.cells[:, 0], one.cells[:, 1] + one.cells[:, 2]])
    each = {"area": own[AREA], "people": own[group]}
    return _rims.peopled(one.course, one.place, names, cells, each)
