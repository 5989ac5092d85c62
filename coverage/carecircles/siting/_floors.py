"""The least share of each street, and which streets miss theirs."""

from collections.abc import Hashable

import numpy as np

from carecircles.errors import InfeasibleError
from carecircles.siting import _problem, _swaps
from carecircles.siting._instance import Instance, floors_of
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


def shortfalls(made: Instance) -> Sentence:
    """Which streets miss their floor by how many people, when as many as possible are covered there."""
    floors = floors_of(made, np.arange(len(made.candidates)))
    problem, least, _ = floors  # type: ignore[misc]  # a floor was asked for
    plan = _swaps.Standing(_problem.worths(problem), made.price, made.budget)
    plan.climb(Clock(1.0))
    covered = np.bincount(problem.group, plan.first, minlength=len(least))
    missing = least - covered
    lines = [
        Sentence(
            f"street {made.streets[n]} is {_persons(missing[n])} people short",
            zh=f"{_street(made.streets[n])}还差 {_persons(missing[n])} 人",
        )
        for n in np.flatnonzero(missing > 1e-6).tolist()
    ]
    return joined(lines, Sentence(", ", zh="，"))


def _street(label: Hashable) -> str:
    """A street in Chinese; one with a name of its own says what it is."""
    return label.zh if isinstance(label, Sentence) else f"街道 {label} "


def _persons(people: float) -> str:
    return f"{people:,.0f}" if people >= 1 else f"{people:.2g}"
