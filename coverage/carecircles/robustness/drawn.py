"""Draws of what is not known: where centres stand, how many people there are, what counts as near."""

import math

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
    require_no_bundle(plan)
    _require(plan, draws, standard, pace)
    placed, counted, limited = np.random.default_rng(rng).spawn(3)
    area = plan.area
    error = positions.errors_of(area.facilities, area.positions)
    error = error[error > 0]
    x, y, loose = _places(area, error, draws, placed)
    cutoff, drawn_pace = np.full(draws, plan.cost.cutoff), None
    if standard is not None:
        cutoff = limited.uniform(*standard, size=draws)
    elif pace is not None:
        drawn_pace = limited.uniform(*pace, size=draws)
        if plan.cost.unit == "m":
            cutoff, drawn_pace = drawn_pace * area.standard.minutes * 60, None
    return Draws(error.index, error, x, y, _people(plan, draws, counted), cutoff, drawn_pace, loose)


def _require(
    plan: Plan,
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
    if pace is not None and plan.cost.unit == "min" and reach.profile_in(plan.reach) is None:
        told = "pace: the plan's minutes are from a table; give a range of the standard instead."
        problems.append(
            Sentence(told, zh="pace：该方案的分钟数来自现成的表；请改为给出标准的范围。")
        )
    if problems:
        raise ValidationError(problems)


def _places(
    area: StudyArea, error: pd.Series, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, pd.Index]:
    """Where the centres with an error stand, and which of them are drawn without heed of their street."""
    centres = area.facilities.loc[error.index]
    is_outside, streams = is_neighbour(centres).to_numpy(), rng.spawn(len(error))
    x, y = np.empty((draws, len(error))), np.empty((draws, len(error)))
    loose = []
    for n, (label, metres) in enumerate(error.items()):
        point = centres.geometry.iloc[n]
        street = None if is_outside[n] else area.streets.geometry.get(centres["street"].iloc[n])
        if street is not None:
            disc = point.buffer(metres)
            if street.intersection(disc).area < _LEAST_INSIDE * disc.area:
                street = None
                loose.append(label)
        x[:, n], y[:, n] = _in_disc(point, metres, street, draws, streams[n])
    return x, y, pd.Index(loose, dtype=error.index.dtype)


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


def _people(plan: Plan, draws: int, rng: np.random.Generator) -> np.ndarray | None:
    """By what the people of each street are multiplied; None where they do not vary."""
    population, streets = plan.area.population, plan.cells["street"].cat.categories
    if "variation" not in population:
        return None
    variation = population["variation"].reindex(streets).fillna(0.0).to_numpy(dtype=float)
    if not (variation > 0).any():
        return None
    spread = np.sqrt(np.log1p(variation**2))
    drawn: np.ndarray = np.exp(rng.standard_normal((draws, len(streets))) * spread - spread**2 / 2)
    return drawn
