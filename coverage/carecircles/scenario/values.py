"""A scenario as a value: its steps, and what each act may say."""

import datetime
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from carecircles.io import KINDS
from carecircles.words import Sentence, Text

EVERYONE = "everyone"
ACTS = ("open", "close", "move", "equip", "enlarge", "standard", "rebuild")
REBUILT = ("crossing", "ramp", "short_wait", "bench", "lift", "handrail", "seat")  # with what
BY_WAY = ("ramp", "short_wait", "bench")  # what may be said by the id of a way instead of a place
SHARED = ("short_wait", "handrail", "seat")  # after which a share of the time remains

_PLANNED = ("state", "area_m2", "floor", "term")
_POINT = ("street", "lon", "lat", "datum", "basis", "source")
DETAILS: dict[str, tuple[str, ...]] = {
    "open": ("name", "name_en", "services", *KINDS, *_PLANNED, *_POINT),
    "close": (),
    "move": _POINT,
    "equip": ("services",),
    "enlarge": KINDS,
    "standard": ("metres", "minutes", "pace_m_s"),
    "rebuild": ("with", "place", "way", "share", "datum", "source"),
}


@dataclass(frozen=True, eq=False)
class Scenario:
    """
    A plan that differs from the study area as it is.

    `steps` has a row for each step in the order in which they are done: file and step (where it was
    written), act (one of `ACTS`), to (id of a centre, the group a standard is for,
    or what is rebuilt is called), date and until
    (days, may be missing), and what the act needs. `note` goes with every result; `files` are those
    it was read from, `taken` says what was taken for granted while reading them. `as_of` is the day
    that is looked at, None for any: then every step holds, whatever its dates. `year` is the year whose
    people are counted, None for that of the study area.
    """

    name: str
    name_en: str
    steps: pd.DataFrame
    as_of: datetime.date | None = None
    note: str = ""
    note_en: str = ""
    files: tuple[Path, ...] = ()
    taken: tuple[Text, ...] = ()
    year: int | None = None


def step_named(file: str, number: int) -> Sentence:
    return Sentence(f"{file}, step {number}", zh=f"{file}，第 {number} 步")
