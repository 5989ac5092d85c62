"""
Distances bent so that their sum tells the Kolm-Pollak measure: the farther, the more they count.

Bent ones span many powers of ten, and what is small beside the largest is lost in rounding. So they are told
by the largest that still matters, which a plan that is known says (`limits_beside`).
"""

import math
from typing import NamedTuple

import numpy as np

_SMALL = 1e-7  # kappa times the largest distance, below which they count as they are
_LARGE = 30.0  # above which exp is large
_SURE = 1 + 1e-9  # by which limits are wider than arithmetic


class Bend(NamedTuple):
    """How much distances are bent (`kappa`, 1 / unit of distance), and the largest there is (`most`)."""

    kappa: float
    most: float

    def bent(self, metres: np.ndarray) -> np.ndarray:
        """
        (exp(kappa x) - 1) / kappa, by exp(kappa most).

        So divided they neither overflow nor, where kappa is small, are lost in rounding: they go from 0 to
        `most` at most, and for small kappa are the distances themselves. What is farther than `most`, as nobody
        is, counts as that.
        """
        metres = np.minimum(metres, self.most)
        if self.kappa * self.most < _SMALL:
            return metres
        grown = np.exp(self.kappa * (metres - self.most))
        bent: np.ndarray = grown * -np.expm1(-self.kappa * metres) / self.kappa
        return bent

    def straight(self, mean: float) -> float:
        """The distance whose bent one is so much: it grows with it, so that a bound of one is one of the other."""
        largest = self.kappa * self.most
        if largest < _SMALL:
            return mean
        if largest < _LARGE:
            return math.log1p(self.kappa * mean * math.exp(largest)) / self.kappa
        if not mean:
            return 0.0
        return max(self.most + math.log(self.kappa * mean + math.exp(-largest)) / self.kappa, 0.0)


def limits_beside(
    equivalent: float, people: np.ndarray, limits: np.ndarray, kappa: float
) -> np.ndarray:
    """
    From where on a place alone makes a plan no better than one that is known.

    Whoever has it farther than that may be taken to have it just so far: no better plan has anybody there.

    Parameters
    ----------
    equivalent
        Of the plan that is known, in the unit of `limits`.
    people
        At each place.
    limits
        What is known of them already, the largest distance there is at first.
    kappa
        By which distances are bent.
    """
    if not equivalent > 0:
        return np.zeros(len(limits))
    with np.errstate(divide="ignore"):
        share = np.log(people.sum() / people)
    grown = kappa * equivalent
    alone = np.logaddexp(0.0, grown + math.log(-math.expm1(-grown)) + share) / kappa
    nearer: np.ndarray = np.minimum(limits, alone * _SURE)
    return nearer
