"""What a solver is given and gives: limits, floors, time, a solution."""

import contextlib
import math
import signal
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from carecircles.siting._problem import Covering

LATE_S = 0.05
_ENTRIES_PER_S = 1e7
FEASIBLE = (
    1e-12  # share by which a sum may miss its limit, as sums of the same differ by arithmetic
)


class NoPlanError(RuntimeError):
    """HiGHS found that no plan is within the limits."""


class Solution(NamedTuple):
    """The chosen columns, what they are worth, and what no choice can beat."""

    chosen: np.ndarray
    value: float
    bound: float
    status: str  # 'optimal' (to the gap asked for), 'time limit' or 'stopped'


class Known(NamedTuple):
    """Columns to start from, and what they are worth if they are a plan within the limits, else NaN."""

    chosen: np.ndarray
    value: float


class Floors(NamedTuple):
    """
    For each group of rows of a covering problem, the least weight to be covered.

    A row is covered when as many of its columns are open as it `need`s.
    """

    problem: Covering
    least: np.ndarray
    need: np.ndarray


class Limits(NamedTuple):
    """The `price` of each column, the `budget` they share, and floors if there are any."""

    price: np.ndarray
    budget: float
    floors: Floors | None = None


def is_paid(limits: Limits, chosen: np.ndarray) -> bool:
    """Whether these columns keep to the budget."""
    return float(limits.price[chosen].sum()) <= limits.budget


def missing(floors: Floors, chosen: np.ndarray) -> np.ndarray:
    """For each row of the floors whether it is not covered and its group has too little covered."""
    problem, least, need = floors
    is_covered = satisfied(problem, need, chosen)
    covered = np.bincount(problem.group, problem.weight * is_covered, minlength=len(least))
    return np.asarray(~is_covered & (covered < least * (1 - FEASIBLE))[problem.group])


def satisfied(problem: Covering, need: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Whether each row has as many of these columns as it needs."""
    return np.asarray(problem.cover[:, chosen].sum(axis=1)).ravel() >= need


def is_within(limits: Limits, chosen: np.ndarray) -> bool:
    """Whether these columns keep to the budget and the floors."""
    is_met = limits.floors is None or not missing(limits.floors, chosen).any()
    return is_met and is_paid(limits, chosen)


class Clock:
    """Whether the time is up or somebody pressed Ctrl-C; see `started`."""

    def __init__(self, seconds: float, *, since: float | None = None) -> None:
        self.begun = time.monotonic() if since is None else since
        self.until = self.begun + seconds
        self.stopped = threading.Event()

    def part(self, share: float, *, most: float = math.inf) -> "Clock":
        """A clock for a share of what is left, `most` seconds at most, that stops with this one."""
        clock = Clock(min(share * self.left(), most))
        clock.stopped = self.stopped
        return clock

    def left(self) -> float:
        """Seconds that are left."""
        return 0.0 if self.stopped.is_set() else max(0.0, self.until - time.monotonic())

    def has_for(self, entries: int) -> bool:
        """Whether there is time for a step that goes through so many entries and cannot be stopped."""
        return self.left() > entries / _ENTRIES_PER_S

    def spent(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.begun

    def word(self) -> str:
        """Why the work ended before the proof."""
        return "stopped" if self.stopped.is_set() else "time limit"


@contextlib.contextmanager
def started(
    seconds: float, *, since: float | None = None, is_heeded: bool = True
) -> Iterator[Clock]:
    """A clock. The first Ctrl-C while it runs, if it is heeded, ends the search with what it has; the second ends all."""
    clock = Clock(seconds, since=since)
    usual = signal.getsignal(signal.SIGINT)
    is_ours = (
        is_heeded and threading.current_thread() is threading.main_thread() and callable(usual)
    )

    def stop(_number: int, _frame: object) -> None:
        clock.stopped.set()
        signal.signal(signal.SIGINT, usual)

    if is_ours:
        signal.signal(signal.SIGINT, stop)
    try:
        yield clock
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, usual)
