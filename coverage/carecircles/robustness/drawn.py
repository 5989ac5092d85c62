"""Draws of what is not known: where centres stand, how many people there are, what counts as near."""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from carecircles import positions, reach
from carecircles.area import StudyArea, is_neighbour
from carecircles.errors import ValidationError
from carecircles.plan import Plan, require_no_bundle
from carecircles.robustness.values import Draws
from carecircles.words import Sentence

MOST_DRAWS = 100_000
USUAL_DRAWS, DRAWS_ON_FOOT = 1000, 200  # where circles are counted, and where each draw is walked
_LEAST_INSIDE = 0.01  # of a disc, below which its centre is drawn without heed of its street
_FASTEST = 3.0  # metres a second
_AT_LEAST = 64  # places tried at once


def draw(
    plan: Plan,
    *,
    draws: int = 1000,
    rng: int | np.random.Generator | None = None,
    standard: tuple[float, float] | None = None,
    pace: tuple[float, float] | None = None,
) -> Draws:
    """
    Draws of what is not known of a plan.

    A centre stands anywhere in the disc of its error (`positions.errors_of`), each place as likely as another, but
    in its street; a neighbour, and a centre whose disc hardly meets its street, anywhere in the disc. The people
    of a street are all multiplied by one lognormal number of mean 1 whose standard deviation is the
    `variation` of its row of the population. The standard, or the pace, is as likely anywhere in its range.
    All of these are independent of each other.

    Every centre has a stream of random numbers of its own, so that the first draws are the same however many
    there are, and the same seed gives the same draws.

    Parameters
    ----------
    plan
        The plan.
    draws
        How many, from 1 to `MOST_DRAWS`.
    rng
        Seed or generator of random numbers.
    standard
        From and to what cost a centre counts as near, in the unit of the plan's costs; as the plan has it if None.
    pace
        Metres a second, from and to. Of costs in metres it says what the minutes of the standard are.

    Raises
    ------
    ValidationError
        If the number of draws or a range cannot be used, both ranges are given, or a bundle counts.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> drawn = draw(asis, draws=5, rng=1)
    >>> drawn.x.shape, drawn.error.unique().tolist(), drawn.cutoff.tolist()
    ((5, 42), [200.0], [700.0, 700.0, 700.0, 700.0, 700.0])
    """
    return draw_together([plan], draws=draws, rng=rng, standard=standard, pace=pace)[0]


def draw_together(
    plans: Sequence[Plan],
    *,
    draws: int = USUAL_DRAWS,
    rng: int | np.random.Generator | None = None,
    standard: tuple[float, float] | None = None,
    pace: tuple[float, float] | None = None,
) -> list[Draws]:
    """
    The same draws for several plans of one study area, so that they can be held against each other draw by draw.

    What is not known is the same in all of them: a centre that several plans have where it is said to be stands at
    one place in each draw, whichever plan it is, and a street has one number of people more or less. A centre that
    a plan puts somewhere (proposed) stands there. The draws of the first plan are those of `draw`.

    Parameters
    ----------
    plans
        Plans over the same cells.
    draws, rng, standard, pace
        As in `draw`. Without a range each plan has its own standard.

    Returns
    -------
    draws
        Of each plan, in their order.

    Raises
    ------
    ValidationError
        As in `draw`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, scenario
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> less = plan.carry_out(asis, scenario.parse({"name": "One less", "step": [{"close": "H01"}]}))
    >>> before, after = draw_together([asis, less], draws=5, rng=1)
    >>> before.centres[0], after.centres[0], bool((before.x[:, 1] == after.x[:, 0]).all())
    ('H01', 'H02', True)
    """
    for plan in plans:
        require_no_bundle(plan)
    _require(plans, draws, standard, pace)
    placed, counted, limited = np.random.default_rng(rng).spawn(3)
    errors = [positions.errors_of(plan.area.facilities, plan.area.positions) for plan in plans]
    errors = [error[error > 0] for error in errors]
    drawn = _places([plan.area for plan in plans], errors, draws, placed)
    people = _people(plans, draws, counted)
    own_pace, own_cutoff = None, None
    if standard is not None:
        own_cutoff = limited.uniform(*standard, size=draws)
    elif pace is not None:
        own_pace = limited.uniform(*pace, size=draws)
    made = []
    for plan, error, (x, y, loose), times in zip(plans, errors, drawn, people, strict=True):
        cutoff, walked = own_cutoff, own_pace
        if walked is not None and plan.cost.unit == "m":
            cutoff, walked = walked * plan.area.standard.minutes * 60, None
        if cutoff is None:
            cutoff = np.full(draws, plan.cost.cutoff)
        made.append(Draws(error.index, error, x, y, times, cutoff, walked, loose))
    return made


def _require(
    plans: Sequence[Plan],
    draws: int,
    standard: tuple[float, float] | None,
    pace: tuple[float, float] | None,
) -> None:
    """Whether there can be such draws."""
    problems = []
    if not 1 <= draws <= MOST_DRAWS:
        told = f"draws is {draws:,}; write a number from 1 to {MOST_DRAWS:,}, such as 1,000."
        zh = f"draws 为 {draws:,}；应为 1 到 {MOST_DRAWS:,} 之间的整数，例如 1,000。"
        problems.append(Sentence(told, zh=zh))
    for name, given, most in (("standard", standard, 1e6), ("pace", pace, _FASTEST)):
        if given is not None and not 0 < given[0] <= given[1] < most:
            low, high = given
            told = f"{name} is {low:g} to {high:g}; write two numbers above 0 and below {most:g}, the smaller first."
            zh = f"{name} 为 {low:g} 至 {high:g}；应为大于 0 且小于 {most:g} 的两个数，小者在前。"
            problems.append(Sentence(told, zh=zh))
    if standard is not None and pace is not None:
        told = "standard and pace both say what counts as near; give one of them."
        problems.append(Sentence(told, zh="standard 与 pace 都决定覆盖标准；请只给出其中一个。"))
    is_looked_up = [p.cost.unit == "min" and reach.profile_in(p.reach) is None for p in plans]
    if pace is not None and any(is_looked_up):
        told = "pace: the plan's minutes are from a table; give a range of the standard instead."
        problems.append(
            Sentence(told, zh="pace：该方案的分钟数来自现成的表；请改为给出标准的范围。")
        )
    if problems:
        raise ValidationError(problems)


def _places(
    areas: Sequence[StudyArea],
    errors: Sequence[pd.Series],
    draws: int,
    rng: np.random.Generator,
) -> list[tuple[np.ndarray, np.ndarray, pd.Index]]:
    """
    Of each area where the centres with an error stand, and which of them are drawn without heed of their street.

    A centre is drawn once for all areas that have it at the same place with the same error.
    """
    known = [_known_of(area, error) for area, error in zip(areas, errors, strict=True)]
    once = {centre: n for n, centre in enumerate(dict.fromkeys(itertools.chain(*known)))}
    x, y = np.empty((draws, len(once))), np.empty((draws, len(once)))
    is_loose = np.zeros(len(once), dtype=bool)
    streets = areas[0].streets.geometry
    for (centre, n), stream in zip(once.items(), rng.spawn(len(once)), strict=True):
        point = shapely.Point(centre.x, centre.y)
        street = None if centre.is_outside else streets.get(centre.street)
        if street is not None:
            disc = point.buffer(centre.error)
            is_loose[n] = street.intersection(disc).area < _LEAST_INSIDE * disc.area
            street = None if is_loose[n] else street
        x[:, n], y[:, n] = _in_disc(point, centre.error, street, draws, stream)
    made = []
    for centres, error in zip(known, errors, strict=True):
        own = [once[centre] for centre in centres]
        made.append((x[:, own], y[:, own], error.index[is_loose[own]]))
    return made


class _Known(NamedTuple):
    """A centre as far as it is known where it stands."""

    label: object
    x: float
    y: float
    error: float
    street: object
    is_outside: bool


def _known_of(area: StudyArea, error: pd.Series) -> list[_Known]:
    """The centres with an error."""
    centres = area.facilities.loc[error.index]
    columns = (
        error.index,
        centres.geometry.x,
        centres.geometry.y,
        error,
        centres["street"],
        is_neighbour(centres),
    )
    return [_Known(*row) for row in zip(*columns, strict=True)]


def _in_disc(
    point: shapely.Point,
    metres: float,
    street: shapely.Geometry | None,
    draws: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Places in a disc, drawn again until they are inside a street."""
    if street is not None:
        shapely.prepare(street)
    kept: list[np.ndarray] = []
    there = tried = 0
    while there < draws:
        share = max(there / tried, _LEAST_INSIDE) if tried else 1.0
        count = max(_AT_LEAST, math.ceil((draws - there) / share))
        # Two numbers a place, one place after the other: the same places in whatever numbers they are tried.
        far, round_ = rng.random((count, 2)).T
        off, angle = metres * np.sqrt(far), 2 * np.pi * round_
        xy = np.column_stack([point.x + off * np.cos(angle), point.y + off * np.sin(angle)])
        if street is not None:
            xy = xy[shapely.intersects_xy(street, *xy.T)]
        kept.append(xy)
        there, tried = there + len(xy), tried + count
    x, y = np.concatenate(kept)[:draws].T
    return x, y


def _people(plans: Sequence[Plan], draws: int, rng: np.random.Generator) -> list[np.ndarray | None]:
    """By what the people of each street are multiplied in each plan; None where they do not vary."""
    streets = plans[0].cells["street"].cat.categories
    variations = [
        plan.area.population["variation"].reindex(streets).fillna(0.0).to_numpy(dtype=float)
        if "variation" in plan.area.population
        else np.zeros(len(streets))
        for plan in plans
    ]
    if not any((variation > 0).any() for variation in variations):
        return [None] * len(plans)
    drawn = rng.standard_normal((draws, len(streets)))
    spreads = [np.sqrt(np.log1p(variation**2)) for variation in variations]
    return [
        np.exp(drawn * spread - spread**2 / 2) if (spread > 0).any() else None for spread in spreads
    ]
