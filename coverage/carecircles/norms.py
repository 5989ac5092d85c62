"""
Standards of their own: how far is near for a service, a bundle of services or a group of people.

What stands in area.toml is a `Norm`; held against the standard of the area it becomes a standard
(`area.standard_by`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from carecircles.words import Sentence

_MOST = {"metres": 1e6, "minutes": 1e6, "pace_m_s": 3.0}
_SUCH_AS = {"metres": "500", "minutes": "10", "pace_m_s": "0.94"}
KEYS = (*_MOST, "profile")


@dataclass(frozen=True)
class Norm:
    """
    What counts as near for one service, bundle or group, as far as it differs from the area's standard.

    Attributes
    ----------
    metres, minutes
        How far; of the two the one not given follows the pace.
    pace_m_s
        Metres a second; the pace of the area's standard if None.
    profile
        Who walks, by the key of a profile: minutes along a walking network, where one is walked, else
        the circle of their pace.
    """

    metres: float | None = None
    minutes: float | None = None
    pace_m_s: float | None = None
    profile: str | None = None


def declared(said: object, where: Sentence) -> tuple[Norm | None, list[Sentence]]:
    """
    The norm that somebody declares, and what is wrong with what is said.

    Parameters
    ----------
    said
        A table of `metres`, `minutes`, `pace_m_s` and `profile`, each of which may be missing; None if
        nothing is said.
    where
        What the sentences call the place.

    Returns
    -------
    norm, problems
        No norm where nothing is said, or something is wrong with it.

    Examples
    --------
    >>> where = Sentence("area.toml: services.bath.standard", zh="area.toml：services.bath.standard")
    >>> declared({"minutes": 10}, where)
    (Norm(metres=None, minutes=10.0, pace_m_s=None, profile=None), [])
    >>> declared({"metres": -5}, where)[1][0]
    'area.toml: services.bath.standard.metres is -5; write a number above 0 and below 1000000, such as 500.'
    """
    if said is None:
        return None, []
    if not isinstance(said, Mapping) or not said:
        such_as = "standard = { minutes = 10 }"
        told = f"{where} is {said!r:.60}; write such as {such_as}."
        return None, [Sentence(told, zh=f"{where.zh} 为 {said!r:.60}；请写如 {such_as}。")]
    problems = [line for key, value in said.items() for line in _value_problems(key, value, where)]
    if not problems:
        problems = _clashes(said, where)
    if problems:
        return None, problems
    numbers: dict[str, Any] = {key: float(said[key]) for key in _MOST if key in said}
    return Norm(**numbers, profile=said.get("profile")), []


def _value_problems(key: str, value: object, where: Sentence) -> list[Sentence]:
    if key not in KEYS:
        en, zh = ", ".join(KEYS), "、".join(KEYS)
        told = f"{where}: unknown: {key!r:.60}; known are {en}."
        return [Sentence(told, zh=f"{where.zh}：未知项 {key!r:.60}；可用的有 {zh}。")]
    if key == "profile":
        if isinstance(value, str) and value.strip():
            return []
        told = f"{where}.profile is {value!r:.60}; write the key of a profile, such as '80plus'."
        zh = f"{where.zh}.profile 为 {value!r:.60}；请填写步行者类型的代号，例如 '80plus'。"
        return [Sentence(told, zh=zh)]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 < value < _MOST[key]:  # type: ignore[operator]  # a number
        return []
    most, such_as = f"{_MOST[key]:.0f}", _SUCH_AS[key]
    told = f"{where}.{key} is {value!r:.60}; write a number above 0 and below {most}, such as {such_as}."
    zh = f"{where.zh}.{key} 为 {value!r:.60}；请填写大于 0 且小于 {most} 的数，例如 {such_as}。"
    return [Sentence(told, zh=zh)]


def _clashes(said: Mapping[str, Any], where: Sentence) -> list[Sentence]:
    """What of a norm leaves no room for each other."""
    if "profile" in said and ("metres" in said or "pace_m_s" in said):
        told = f"{where}: profile goes with minutes alone; take metres and pace_m_s out."
        zh = f"{where.zh}：profile 只能与 minutes 同用；请删去 metres 和 pace_m_s。"
        return [Sentence(told, zh=zh)]
    if {"metres", "minutes", "pace_m_s"} <= set(said):
        told = f"{where}: of metres, minutes and pace_m_s two make the third; take one out."
        zh = f"{where.zh}：metres、minutes、pace_m_s 中两项即可确定第三项；请删去一项。"
        return [Sentence(told, zh=zh)]
    return []
