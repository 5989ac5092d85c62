"""
Whom centres reach while they are moved about.

Within the standard a centre reaches one span of cells in each row of the grid. Where a centre moves, opens or closes,
only the rows near its old and its new place are counted anew, from the spans of the centres around: a move takes
milliseconds in a city of millions of cells, and says what an evaluation from the start says.
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from carecircles import _field, _strips, _tally, blocks, grid
from carecircles import plan as plans
from carecircles._limits import rounded
from carecircles.area import StudyArea
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.plan import Plan
from carecircles.services import Bundle
from carecircles.weights._by_blocks import is_spread_evenly, living_in
from carecircles.words import Sentence

_KINDS = 3  # reached by no, one, two or more centres


class _Ground(NamedTuple):
    """
    The streets along the rows of a grid, and who lives there.

    `held` are the stretches of each street row by row, those of row r from `begins[r]` on. `each` is what each cell
    of a street has by name, `before`, of what is not as much in each, what all places before each have, the rows
    laid on a line with a spare place behind each.
    """

    lattice: grid.Grid
    across: np.ndarray
    up: np.ndarray
    labels: pd.Index
    held: grid.Stretches
    begins: np.ndarray
    each: Mapping[str, np.ndarray]
    before: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Reached:
    """
    Whom centres reach by straight lines.

    Attributes
    ----------
    centres
        Indexed by id: x and y in metres.
    cutoff
        How far they reach, in metres; the limit itself is within.
    amounts
        By group, and of 'area' in square metres: a row a street, what no, one, and two or more centres reach.
    """

    centres: pd.DataFrame
    cutoff: float
    amounts: Mapping[str, np.ndarray] = field(repr=False)
    _cells: np.ndarray = field(repr=False)
    _ground: _Ground = field(repr=False)


def of_area(area: StudyArea, *, cell: float = 50.0) -> Reached:
    """
    Whom the centres of a study area of any size reach, people being spread evenly over their street.

    Parameters
    ----------
    area
        The study area.
    cell
        Side of a grid cell in metres.

    Raises
    ------
    ValidationError
        As `blocks.problems`, as `grid.make_demand`, and if rasters or uninhabited land say where in a street people live: then
        `of_plan` counts the cells of a plan.

    Examples
    --------
    >>> from carecircles import datasets
    >>> asis = of_area(datasets.load("template"), cell=200)
    >>> round(float(of_district(asis)["covered_people_60_share"]), 2)
    0.57
    """
    wrong = [*blocks.problems(area), *grid.cell_problems(cell)]
    if not is_spread_evenly(area):
        en = "people of a study area with rasters or uninhabited land are not spread evenly; make a plan and give it to `spans.of_plan`."
        zh = "带栅格或无人区的区域，人口不是均匀分布；请先生成方案，再交给 `spans.of_plan`。"
        wrong.append(Sentence(en, zh=zh))
    if wrong:
        raise ValidationError(wrong)
    lattice = grid.lattice_around(area.streets, cell=cell)
    across, up = grid.centres(lattice)
    streets = area.streets.geometry.to_numpy()
    low, high = shapely.bounds(streets)[:, [1, 3]].T
    found = []
    for rows in _bands(lattice.rows):
        near = np.flatnonzero((low <= up[rows][-1]) & (high >= up[rows][0]))
        held = grid.stretches(streets[near], across, up[rows])
        found.append(held._replace(shape=near[held.shape], row=held.row + rows.start))
    held = grid.Stretches(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    labels = area.streets.index
    cells = np.bincount(held.shape, held.beyond - held.first, minlength=len(labels))
    living, _ = living_in(area, pd.DataFrame({"cells": cells}, index=labels), cell=cell)
    each = {_field.AREA: np.full(len(labels), lattice.cell**2)}
    each |= living.in_each_cell()
    ground = _Ground(lattice, across, up, labels, held, _begins(held, lattice), each, {})
    return _counted(ground, _places_of(area), rounded(area.standard.metres, "m"))


def of_plan(plan: Plan) -> Reached:
    """
    Whom the centres of a plan reach; its people live where its cells say.

    Parameters
    ----------
    plan
        With cells, measured by straight lines.

    Raises
    ------
    ValidationError
        If its cells lie on no grid or are not kept, it is not measured by straight lines, or a bundle counts.

    Examples
    --------
    >>> from carecircles import datasets, plan, weights
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, weights.make_demand(area, cell=200))
    >>> round(float(of_district(of_plan(asis))["covered_people_60_share"]), 2)
    0.57
    """
    cells = plan.cells
    if not plans.is_straight(plan) or isinstance(plan.area.counting, Bundle):
        en = "spans are of straight lines and of one service; evaluate the plan without --reach and --bundle."
        zh = "行段只适用于直线距离和单项服务；请不用 --reach 和 --bundle 评估方案。"
        raise ValidationError([Sentence(en, zh=zh)])
    lattice = grid.lattice_of(cells)
    across, up = grid.metres_of(cells, lattice)
    labels = cells["street"].cat.categories
    row, col = cells["row"].to_numpy(dtype=np.int64), cells["col"].to_numpy(dtype=np.int64)
    place = row * (lattice.cols + 1) + col
    line = np.full(lattice.rows * (lattice.cols + 1), len(labels), dtype=np.int32)
    line[place] = cells["street"].cat.codes
    begin = np.flatnonzero(np.append(True, line[1:] != line[:-1]))
    beyond = np.append(begin[1:], len(line))
    some = line[begin] < len(labels)
    begin, beyond = begin[some], beyond[some]
    row, first = np.divmod(begin, lattice.cols + 1)
    held = grid.Stretches(line[begin].astype(np.int64), row, first, first + beyond - begin)
    whole = _field.of_piece(grid.Piece((0, 0), (lattice.rows, lattice.cols), cells))
    each = {name: one.each for name, one in whole.spread.items()}
    before = {}
    for name, one in whole.spread.items():
        if one.own is not None:
            laid = np.pad(one.own, ((0, 0), (0, 1))).ravel()
            before[name] = np.append(0.0, np.cumsum(laid))
    ground = _Ground(lattice, across, up, labels, held, _begins(held, lattice), each, before)
    return _counted(ground, _places_of(plan.area), plan.cost.cutoff)


def moved(reached: Reached, centre: str, *, x: float, y: float) -> Reached:
    """
    Whom centres reach when one of them has moved.

    Parameters
    ----------
    reached
        As it is; it stays so.
    centre
        Its id.
    x, y
        Where it moves to, in metres.

    Raises
    ------
    ValidationError
        If there is no such centre, or x or y is not a number.

    Examples
    --------
    >>> from carecircles import datasets
    >>> asis = of_area(datasets.load("template"), cell=100)
    >>> x, y = asis.centres.loc["A1"]
    >>> north = moved(asis, "A1", x=x, y=y + 400)
    >>> [round(float(of_district(one)["uncovered_people_60"])) for one in (asis, north)]
    [9531, 9946]
    """
    _require(reached, centre, is_there=True)
    _require_place(centre, x, y)
    was = reached.centres
    at = _position(was.index, centre)
    places = was.to_numpy(copy=True)
    places[at] = x, y
    centres = pd.DataFrame(places, was.index, was.columns)
    return _anew(reached, centres, [was["y"].iloc[at], y])


def opened(reached: Reached, centre: str, *, x: float, y: float) -> Reached:
    """
    Whom centres reach when there is one more.

    Parameters
    ----------
    reached
        As it is; it stays so.
    centre
        A new id.
    x, y
        Where it opens, in metres.

    Raises
    ------
    ValidationError
        If there is such a centre already, or x or y is not a number.

    Examples
    --------
    >>> from carecircles import datasets
    >>> asis = of_area(datasets.load("template"), cell=100)
    >>> x, y = asis.centres.loc["A1"]
    >>> more = opened(asis, "N1", x=x, y=y + 900)
    >>> bool(of_district(more)["uncovered_people_60"] < of_district(asis)["uncovered_people_60"])
    True
    """
    _require(reached, centre, is_there=False)
    _require_place(centre, x, y)
    was = reached.centres
    label = pd.Index([centre], name=was.index.name)
    centres = pd.concat([was, pd.DataFrame({"x": float(x), "y": float(y)}, index=label)])
    return _anew(reached, centres, [y])


def closed(reached: Reached, centre: str) -> Reached:
    """
    Whom centres reach when one of them has closed.

    Parameters
    ----------
    reached
        As it is; it stays so.
    centre
        Its id.

    Raises
    ------
    ValidationError
        If there is no such centre.

    Examples
    --------
    >>> from carecircles import datasets
    >>> asis = of_area(datasets.load("template"), cell=200)
    >>> lost = by_street(asis)["covered_people_60_share"] - by_street(closed(asis, "A1"))["covered_people_60_share"]
    >>> lost.round(2).to_dict()
    {'S1': 0.64, 'S2': 0.0, 'S3': 0.0, 'S4': 0.0}
    """
    _require(reached, centre, is_there=True)
    was = reached.centres
    at = _position(was.index, centre)
    return _anew(reached, was.drop(index=centre), [was["y"].iloc[at]])


def by_street(reached: Reached) -> pd.DataFrame:
    """
    The measures of `counts.by_street` but for distances.

    Examples
    --------
    >>> from carecircles import datasets
    >>> by_street(of_area(datasets.load("template"), cell=200))["people_60"].round().to_dict()
    {'S1': 8400.0, 'S2': 7000.0, 'S3': 5600.0, 'S4': 3000.0}
    """
    return _tally.figures(_tally_of(reached)).rename_axis("street")


def of_district(reached: Reached) -> pd.Series:
    """
    The measures of `counts.of_district` but for distances.

    Examples
    --------
    >>> from carecircles import datasets
    >>> round(of_district(of_area(datasets.load("template"), cell=200))["people_60"])
    24000
    """
    return _tally.of_district(_tally_of(reached))


def _places_of(area: StudyArea) -> pd.DataFrame:
    """Where the centres of a study area stand."""
    points = area.facilities.geometry
    return pd.DataFrame({"x": points.x, "y": points.y}, index=area.facilities.index)


def _position(centres: pd.Index, centre: str) -> int:
    """Where a centre stands among the centres."""
    return int(np.flatnonzero(centres == centre)[0])


def _tally_of(reached: Reached) -> _tally.Tally:
    return _tally.of_amounts(reached._ground.labels, reached.amounts)


def _counted(ground: _Ground, centres: pd.DataFrame, cutoff: float) -> Reached:
    """Whom centres reach, counted from the start."""
    streets = len(ground.labels)
    cells = np.zeros((streets, _KINDS), dtype=np.int64)
    own = {name: np.zeros((streets, _KINDS)) for name in ground.before}
    for rows in _bands(ground.lattice.rows):
        strips = _strips_in(ground, rows, cutoff, centres)
        cells += _cells_in(strips, strips.own)
        for name, amount in own.items():
            amount += _sums_in(strips, strips.own, ground, rows, name)
    return Reached(centres, cutoff, _amounts(ground, cells, own), cells, ground)


def _anew(reached: Reached, centres: pd.DataFrame, y: Iterable[float]) -> Reached:
    """Whom other centres reach, of which those differ that lie at some `y`."""
    ground, cutoff = reached._ground, reached.cutoff
    cells = reached._cells.copy()
    own = {name: reached.amounts[name].copy() for name in ground.before}
    for rows in _rows_near(y, cutoff, ground):
        strips = _strips_in(ground, rows, cutoff, reached.centres, centres)
        before, after = strips.own, strips.depth - strips.own
        cells += _cells_in(strips, after) - _cells_in(strips, before)
        for name, amount in own.items():
            amount += _sums_in(strips, after, ground, rows, name)
            amount -= _sums_in(strips, before, ground, rows, name)
    return dataclasses.replace(
        reached, centres=centres, amounts=_amounts(ground, cells, own), _cells=cells
    )


def _amounts(
    ground: _Ground, cells: np.ndarray, own: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    return {
        name: own[name] if name in own else cells * each[:, None]
        for name, each in ground.each.items()
    }


def _rows_near(y: Iterable[float], cutoff: float, ground: _Ground) -> Iterator[slice]:
    """The rows that circles around some places can meet, each once."""
    far = cutoff + ground.lattice.cell
    each = np.sort(np.array([*y], dtype=float))
    start = end = 0
    for low, high in np.searchsorted(ground.up, [each - far, each + far]).T.tolist():
        if low > end:
            if end > start:
                yield slice(start, end)
            start = low
        end = max(end, high)
    if end > start:
        yield slice(start, end)


def _strips_in(
    ground: _Ground, rows: slice, cutoff: float, *centres: pd.DataFrame
) -> _strips.Strips:
    """Strips of some rows by which centres reach them: `own` of the first ones, and of any others the rest of `depth`."""
    width, up = ground.lattice.cols + 1, ground.up[rows]
    some = slice(ground.begins[rows.start], ground.begins[rows.stop])
    shape, row, first, beyond = (part[some] for part in ground.held)
    spans, reach = [], cutoff + ground.lattice.cell  # a bit too far does no harm
    for each in centres:
        x, y = each["x"].to_numpy(), each["y"].to_numpy()
        near = np.flatnonzero((y > up[0] - reach) & (y < up[-1] + reach))
        far = np.full(len(near), cutoff)
        found = grid.stretches_within(x[near], y[near], far, across=ground.across, up=up)
        spans.append(_strips.on_line(found, width))
    return _strips.of_spans(
        grid.Stretches(shape, row - rows.start, first, beyond),
        len(ground.labels),
        (len(up), width - 1),
        own=spans[0],
        others=spans[1] if len(spans) > 1 else None,
    )


def _cells_in(strips: _strips.Strips, depth: np.ndarray) -> np.ndarray:
    """The cells of each street that no, one, and two or more centres reach."""
    return _strips.count(strips, np.minimum(depth, _KINDS - 1), _KINDS)


def _sums_in(
    strips: _strips.Strips, depth: np.ndarray, ground: _Ground, rows: slice, name: str
) -> np.ndarray:
    """What those cells have that is not as much in each."""
    before = ground.before[name][rows.start * (ground.lattice.cols + 1) :]
    return _strips.sums(strips, np.minimum(depth, _KINDS - 1), _KINDS, before)


def _begins(held: grid.Stretches, lattice: grid.Grid) -> np.ndarray:
    """The first stretch of each row, and how many there are."""
    begins: np.ndarray = np.searchsorted(held.row, np.arange(lattice.rows + 1))
    return begins


def _bands(rows: int) -> list[slice]:
    """Rows, so many at once that their strips are few."""
    side = grid.pieces.SIDE
    return [slice(start, min(start + side, rows)) for start in range(0, rows, side)]


def _require(reached: Reached, centre: str, *, is_there: bool) -> None:
    """Go on only if there is a centre of some id, or none."""
    if (centre in reached.centres.index) == is_there:
        return
    told, known = _checks.show(centre), _checks.some(reached.centres.index)
    if is_there:
        said = Sentence(
            f"there is no centre {told}; ids look like {known}.",
            zh=f"没有中心 {told}；id 形如 {known.zh}。",
        )
    else:
        said = Sentence(
            f"there is a centre {told} already; give the new one an id of its own.",
            zh=f"已有中心 {told}；请给新中心另取一个 id。",
        )
    raise ValidationError([said])


def _require_place(centre: str, x: float, y: float) -> None:
    if math.isfinite(x) and math.isfinite(y):
        return
    en = f"centre {_checks.show(centre)}: x {x} and y {y} are no place; write metres."
    zh = f"中心 {_checks.show(centre)}：x {x}、y {y} 不是位置；请写米数。"
    raise ValidationError([Sentence(en, zh=zh)])
