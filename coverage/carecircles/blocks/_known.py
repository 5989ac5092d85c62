"""What is known of a block: its sums, its rim, its uncovered patches, its rasters, a cell for many."""

import numpy as np
import pandas as pd

from carecircles import _field, _rims, _tally, _zones, grid, reach
from carecircles.area import is_neighbour
from carecircles.blocks import layers
from carecircles.blocks.values import Found, Task
from carecircles.people import columns_of
from carecircles.weights._by_blocks import sums_of_block


def weights_in(task: Task) -> pd.DataFrame:
    """How many cells of a block each of its streets has, and the sums of their weights."""
    return sums_of_block(task.area, task.within)


def known_of(task: Task) -> Found | None:
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
        layers.of_field(field, is_left, task.group) if asked.has_rasters else {},
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
