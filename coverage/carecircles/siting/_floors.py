"""The least share of each street, and which streets miss theirs."""

from collections.abc import Hashable

import numpy as np

from carecircles.errors import InfeasibleError
from carecircles.siting import _problem, _swaps
from carecircles.siting._instance import Instance, floors_of, metres_of
from carecircles.siting._terms import Clock
from carecircles.words import Sentence, joined


def least_of(made: Instance, share: float | None) -> np.ndarray | None:
    """How many more people are to be covered in each street; an error if they cannot be reached."""
    if share is None:
        return None
    everyone, streets = np.full(len(made.people), True), made.streets
    people, reached, covered = (
        np.bincount(made.street[some], made.people[some], minlength=len(streets))
        for some in (everyone, made.is_reached, made.base <= made.cutoff)
    )
    missing = share * people - reached
    if (missing > 1e-6).any():
        lines = [
            Sentence(
                f"street {streets[n]}: {reached[n]:,.0f} of {people[n]:,.0f} people can be reached, "
                f"{_persons(missing[n])} too few",
                zh=f"{_street(streets[n])}的 {people[n]:,.0f} 人中可达 {reached[n]:,.0f} 人，"
                f"少 {_persons(missing[n])} 人",
            )
            for n in np.flatnonzero(missing > 1e-6).tolist()
        ]
        streets_told = joined(lines, Sentence("; ", zh="；"))
        zh = f"无法达到各街道的最低覆盖率：{streets_told.zh}。"
        raise InfeasibleError(Sentence(f"the floor cannot be met: {streets_told}.", zh=zh))
    least = share * people - covered
    return np.where(least > 1e-9, least * (1 - 1e-12), 0.0)


def require_nearness(made: Instance) -> None:
    """An error where not even all candidates bring the mean of every street down to what it may be."""
    if made.mean is None:
        return
    nearest = made.base.copy()
    np.minimum.at(nearest, made.cell, made.metres)
    gone, people = metres_of(made, nearest)
    missing = gone / np.where(people > 0, people, 1) - made.mean
    if not (missing > 1e-6).any():
        return
    lines = [
        Sentence(
            f"street {made.streets[n]}: {made.mean + missing[n]:,.1f} with all candidates, {_persons(missing[n])} too far",
            zh=f"{_street(made.streets[n])}全部候选点开设后仍为 {made.mean + missing[n]:,.1f}，远 {_persons(missing[n])}",
        )
        for n in np.flatnonzero(missing > 1e-6).tolist()
    ]
    told = joined(lines, Sentence("; ", zh="；"))
    raise InfeasibleError(
        Sentence(
            f"the mean distance of every street cannot be {made.mean:g} or less: {told}.",
            zh=f"无法使每个街道的平均距离不超过 {made.mean:g}：{told.zh}。",
        )
    )


def said_of(made: Instance) -> Sentence:
    """The floors in words, as what a plan would do."""
    told = []
    if made.least is not None:
        floor = f"{100 * made.floor:g} %"
        told.append(
            Sentence(f"keeps every street at {floor}", zh=f"使每个街道的覆盖率都达到 {floor}")
        )
    if made.mean is not None:
        mean = f"{made.mean:g}"
        told.append(
            Sentence(
                f"keeps the mean distance of every street at {mean} or less",
                zh=f"使每个街道的平均距离都不超过 {mean}",
            )
        )
    return joined(told, Sentence(" and ", zh="并"))


def shortfalls(made: Instance) -> Sentence:
    """Which streets miss their floor by how many people, when as many as possible are covered there."""
    floors = floors_of(made, np.arange(len(made.candidates)))
    problem, least, _ = floors  # type: ignore[misc]  # a floor was asked for
    plan = _swaps.Standing(_problem.worths(problem), made.price, made.budget)
    plan.climb(Clock(1.0))
    covered = np.bincount(problem.group, plan.first, minlength=len(least))
    missing, size = least - covered, len(made.streets)
    lines = [
        Sentence(
            f"street {made.streets[n]} is {_persons(missing[n])} people short",
            zh=f"{_street(made.streets[n])}还差 {_persons(missing[n])} 人",
        )
        for n in np.flatnonzero(missing[:size] > 1e-6).tolist()
    ]
    if made.mean is not None:
        farther = missing[size:] / np.maximum(metres_of(made, made.base)[1], 1e-300)
        lines += [
            Sentence(
                f"street {made.streets[n]} is {_persons(farther[n])} too far in the mean",
                zh=f"{_street(made.streets[n])}平均仍远 {_persons(farther[n])}",
            )
            for n in np.flatnonzero(missing[size:] > 1e-6).tolist()
        ]
    return joined(lines, Sentence(", ", zh="，"))


def _street(label: Hashable) -> str:
    """A street in Chinese; one with a name of its own says what it is."""
    return label.zh if isinstance(label, Sentence) else f"街道 {label} "


def _persons(people: float) -> str:
    return f"{people:,.0f}" if people >= 1 else f"{people:.2g}"
