"""What a plan says in each draw: by spans of circles, or by a cost table of each draw where reach is no circle."""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import comparison, grid, reach
from carecircles.plan import Plan, is_straight
from carecircles.reach import CostTable, Reach
from carecircles.robustness import _spans
from carecircles.robustness.drawn import USUAL_DRAWS, draw_together
from carecircles.robustness.values import Draws, Robustness

_SPANS_AT_ONCE = 40_000  # which a processor's cache holds


class _Said(NamedTuple):
    """Of some draws, people covered by street, draws in which each cell is covered, and people if one stands still."""

    covered: np.ndarray
    times: np.ndarray
    frozen: np.ndarray


class _Marks(NamedTuple):
    """
    What tells on a cell how many centres reach it, and which one if it is the only one.

    A centre's mark is `one` and its number from 1; as `one` is more than all numbers together, a cell's sum
    says that no centre reaches it (0), which one alone does (below twice `one`), or that several do.
    """

    one: int
    mark: np.ndarray  # of each centre, those that may stand elsewhere first


def measure(
    plan: Plan,
    draws: Draws,
    *,
    group: str | None = None,
    is_frozen: bool = True,
    is_over: Callable[[], bool] = lambda: False,
) -> Robustness:
    """
    What a plan says in each draw.

    Parameters
    ----------
    plan
        The plan.
    draws
        From `draw`.
    group
        Column of the people counted; that of the group whose figures come first if None.
    is_frozen
        Whether it is asked what each centre alone takes away (`Robustness.frozen`), which takes longer than the rest.
    is_over
        Asked after every part of the draws; where it says so, those looked at are all there are.

    Returns
    -------
    robustness
        People covered by street and draw.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> said = measure(asis, robustness.draw(asis, draws=50, rng=1))
    >>> bool(said.probability.between(0, 1).all()), said.covered.shape
    (True, (50, 14))
    """
    group = comparison.headline(plan).column if group is None else group
    cells = plan.cells
    is_round = is_straight(plan) and grid.grid_of(cells) is not None
    by, said = _by_spans if is_round else _by_tables, []
    for part in by(plan, draws, group, is_frozen=is_frozen):
        said.append(part)
        if is_over():
            break
    covered = np.concatenate([part.covered for part in said])
    count = len(covered)
    draws = draws.first(count)
    streets = cells["street"].cat
    living = np.bincount(streets.codes, cells[group], minlength=len(streets.categories))
    times = np.ones((count, len(living))) if draws.people is None else draws.people
    people = living * times
    frozen = np.concatenate([part.frozen for part in said])
    total = people.sum(axis=1, keepdims=True)
    labels = pd.RangeIndex(count, name="draw")
    return Robustness(
        plan,
        draws,
        group,
        covered=pd.DataFrame(covered * times, index=labels, columns=streets.categories),
        people=pd.DataFrame(people, index=labels, columns=streets.categories),
        probability=pd.Series(
            sum(part.times for part in said) / count, index=cells.index, name="probability"
        ),
        frozen=pd.DataFrame(
            np.divide(frozen, total, out=np.full(frozen.shape, np.nan), where=total > 0),
            index=labels,
            columns=draws.centres[: frozen.shape[1]],
        ),
    )


def measure_together(
    plans: Sequence[Plan],
    *,
    groups: Sequence[str] | None = None,
    draws: int = USUAL_DRAWS,
    rng: int | np.random.Generator | None = None,
) -> list[Robustness]:
    """
    What several plans of one study area say in the same draws, of the group that comes first in all of them.

    Parameters
    ----------
    plans, draws, rng
        As in `draw_together`. Plans that share cells and centres are measured once.
    groups
        Column of the people counted of each plan, where it is not the same for all.

    Returns
    -------
    robustness
        Of each plan, in their order, without what single centres take away.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness, scenario
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> less = plan.carry_out(asis, scenario.parse({"name": "One less", "step": [{"close": "H01"}]}))
    >>> before, after = robustness.measure_together([asis, less], draws=20, rng=1)
    >>> bool((before.covered >= after.covered).all(axis=None))
    True
    """
    if groups is None:
        groups = [comparison.headline(*plans).column] * len(plans)
    drawn = draw_together(plans, draws=draws, rng=rng)
    measured: dict[tuple[int, int, str], Robustness] = {}
    found = []
    for plan, own, group in zip(plans, drawn, groups, strict=True):
        key = (id(plan.cells), id(plan.cost), group)
        if key not in measured:
            measured[key] = measure(plan, own, group=group, is_frozen=False)
        found.append(dataclasses.replace(measured[key], plan=plan, draws=own))
    return found


def with_probability(found: Robustness) -> Plan:
    """
    The plan whose cells say in what share of the draws they are covered (`probability`), for the goal 'expected'.

    Parameters
    ----------
    found
        From `measure`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = with_probability(measure(asis, robustness.draw(asis, draws=5, rng=1)))
    >>> "probability" in told.cells, "probability" in asis.cells
    (True, False)
    """
    cells = found.plan.cells.assign(probability=found.probability)
    cells.attrs = dict(found.plan.cells.attrs)
    return dataclasses.replace(found.plan, cells=cells)


def each_covered(plan: Plan, draws: Draws) -> Iterator[np.ndarray]:
    """
    Which cells of a plan are covered, draw by draw.

    Parameters
    ----------
    plan, draws
        As in `measure`; what counts as near is what each draw says.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> drawn = robustness.draw(asis, draws=5, rng=1)
    >>> times = sum(covered.astype(int) for covered in each_covered(asis, drawn))
    >>> bool((times / 5 == robustness.measure(asis, drawn).probability).all())
    True
    """
    moving, fixed = split(plan, draws)
    most = float(draws.cutoff.max())
    stay = _paired(plan, plan.reach, fixed, most)
    for n in range(len(draws)):
        cutoff, walk = float(draws.cutoff[n]), plan.reach
        if draws.pace is not None:
            walk = _at_pace(walk, float(draws.pace[n]))
            stay = _paired(plan, walk, fixed, cutoff)
        there = gpd.points_from_xy(draws.x[n], draws.y[n], crs=moving.crs)
        moved = _paired(plan, walk, moving.set_geometry(there), cutoff)
        covered = np.zeros(len(plan.cells), dtype=bool)
        covered[_within(moved, cutoff)[0]] = True
        covered[_within(stay, cutoff)[0]] = True
        yield covered


def split(plan: Plan, draws: Draws) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """
    The centres that may stand elsewhere, and the others.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=400))
    >>> moving, fixed = split(asis, robustness.draw(asis, draws=1, rng=1))
    >>> len(moving), len(fixed)
    (42, 3)
    """
    centres = plan.area.facilities
    return centres.loc[draws.centres], centres[~centres.index.isin(draws.centres)]


def _marks(centres: int) -> _Marks:
    one = (centres + 1) ** 2
    return _Marks(one, one + np.arange(1, centres + 1))


def _if_still(
    marked: np.ndarray,
    people: np.ndarray,
    told: tuple[np.ndarray, np.ndarray],
    marks: _Marks,
    count: int,
) -> np.ndarray:
    """
    People covered in a draw if each of the first `count` centres stood where it is said to, it alone.

    `told` are the pairs of cell and centre where they do. Who is covered by a centre alone is no longer, unless
    it reaches them from there too; nor is anybody whom nothing reached before out of its reach there.
    """
    is_single = (marked >= marks.one) & (marked < 2 * marks.one)
    single = np.flatnonzero(is_single)
    alone = (marked[single] - marks.one).astype(np.int64) - 1
    lost = np.bincount(alone, people[single], minlength=count)[:count]
    cell, centre = told
    there = marked[cell]
    is_kept = (there == 0) | (there == marks.mark[centre])
    kept = np.bincount(centre[is_kept], people[cell[is_kept]], minlength=count)[:count]
    still: np.ndarray = float(people[marked > 0].sum()) - lost + kept
    return still


def _by_spans(plan: Plan, draws: Draws, group: str, *, is_frozen: bool) -> Iterator[_Said]:
    """Where reach is a circle: the union of the spans of each draw."""
    ground = _spans.ground_of(plan.cells, group)
    moving, fixed = split(plan, draws)
    count, every = len(moving), len(moving) + len(fixed)
    step = _draws_at_once(every, draws, ground)
    said_x, said_y = (a.to_numpy()[None, :] for a in (moving.geometry.x, moving.geometry.y))
    for begin in range(0, len(draws), step):
        some = slice(begin, begin + step)
        radius = draws.cutoff[some]
        many = len(radius)
        x, y = (
            np.hstack([drawn[some], np.broadcast_to(stay, (many, len(stay)))])
            for drawn, stay in ((draws.x, fixed.geometry.x), (draws.y, fixed.geometry.y))
        )
        drawn = _spans_by_draw(x, y, radius, ground)
        covered, times = _spans.people_in(_spans.united(*drawn, ground), many, ground)
        factors = None if draws.people is None else draws.people[some]
        if not is_frozen:
            yield _Said(covered, times, np.empty((many, 0)))
            continue
        told = _spans_by_draw(said_x, said_y, radius, ground)
        more = _spans.if_still(drawn, told, factors, (many, count), ground)
        in_all = covered if factors is None else covered * factors
        yield _Said(covered, times, more + in_all.sum(axis=1, keepdims=True))


def _spans_by_draw(
    x: np.ndarray, y: np.ndarray, radius: np.ndarray, ground: _spans.Ground
) -> tuple[grid.Stretches, np.ndarray]:
    """Spans of circles of a radius a draw, and the draw of each; `x` and `y` have a row a draw, or one for all."""
    many, centres = len(radius), x.shape[1]
    if len(x) < many and (radius == radius[0]).all():  # the same in every draw
        once = _spans.spans_of(x[0], y[0], np.full(centres, radius[0]), ground)
        draw = np.repeat(np.arange(many), len(once.shape))
        return grid.Stretches(*(np.tile(column, many) for column in once)), draw
    x, y = (np.broadcast_to(some, (many, centres)).ravel() for some in (x, y))
    spans = _spans.spans_of(x, y, np.repeat(radius, centres), ground)
    draw, circle = np.divmod(spans.shape, max(centres, 1))
    return spans._replace(shape=circle), draw


def _draws_at_once(centres: int, draws: Draws, ground: _spans.Ground) -> int:
    """So many that their spans do not take much memory."""
    rows = min(2 * draws.cutoff.max() / ground.lattice.cell + 3, ground.lattice.rows)
    return int(max(1, min(_SPANS_AT_ONCE // max(centres * rows, 1), len(draws))))


def _by_tables(plan: Plan, draws: Draws, group: str, *, is_frozen: bool) -> Iterator[_Said]:
    """Where reach is no circle: a cost table of each draw, of the centres that stand elsewhere in it."""
    cells = plan.cells
    moving, fixed = split(plan, draws)
    marks, count = _marks(len(moving) + len(fixed)), len(moving)
    codes = cells["street"].cat.codes.to_numpy()
    streets = len(cells["street"].cat.categories)
    people = cells[group].to_numpy(dtype=float)
    most = float(draws.cutoff.max())
    stay, said = (_paired(plan, plan.reach, some, most) for some in (fixed, moving))
    for n in range(len(draws)):
        cutoff, walk = float(draws.cutoff[n]), plan.reach
        if draws.pace is not None:
            walk = _at_pace(walk, float(draws.pace[n]))
            stay, said = (_paired(plan, walk, some, cutoff) for some in (fixed, moving))
        there = gpd.points_from_xy(draws.x[n], draws.y[n], crs=moving.crs)
        moved = _paired(plan, walk, moving.set_geometry(there), cutoff)
        cell, centre = (
            np.concatenate([a, b])
            for a, b in zip(_within(moved, cutoff), _within(stay, cutoff, count), strict=True)
        )
        marked = np.bincount(cell, marks.mark[centre], minlength=len(cells))
        is_covered = marked > 0
        covered = np.bincount(codes[is_covered], people[is_covered], minlength=streets)
        frozen = np.empty(0)
        if is_frozen:
            weights = people if draws.people is None else people * draws.people[n][codes]
            frozen = _if_still(marked, weights, _within(said, cutoff), marks, count)
        yield _Said(covered[None, :], is_covered.astype(np.int64), frozen[None, :])


def _paired(
    plan: Plan, walk: Reach, centres: gpd.GeoDataFrame, cutoff: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cell, centre and cost of each pair."""
    cost: CostTable = walk(plan.cells, centres, cutoff=cutoff)
    pairs = reach.pairs_in(cost.table)
    cell = plan.cells.index.get_indexer(pairs.levels[0])[pairs.codes[0]]
    centre = centres.index.get_indexer(pairs.levels[1])[pairs.codes[1]]
    return cell, centre, cost.table.to_numpy(dtype=float)


def _within(
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray], cutoff: float, after: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Cell and centre of the pairs up to a cutoff, centres counted on from a number."""
    cell, centre, cost = pairs
    is_near = cost <= cutoff
    return cell[is_near], centre[is_near] + after


def _at_pace(walk: Reach, pace: float) -> Reach:
    """The same reach of somebody who walks so many metres a second."""
    profile = reach.profile_in(walk)
    if profile is None:  # which `draw` has refused
        return walk
    of_pace: dict[str, Any] = {"profile": dataclasses.replace(profile, pace_m_s=pace)}
    return functools.partial(walk, **of_pace)
