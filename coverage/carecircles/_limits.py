"""
How exactly a cost and a limit are known, so that whoever is at the limit is not lost by rounding.

846 m at 0.94 m/s are 15 minutes; floating point makes 15.000000000000002 of it. Costs that are sums or
products, and limits that follow from others, are therefore told to the micrometre, or to the time that it
takes; then `cost <= cutoff` says what arithmetic on paper does. `web/walk.js` and `web/scenario.js` do so too.
"""

from typing import TypeVar

import numpy as np

_DECIMALS = {"m": 6, "min": 8}
_Values = TypeVar("_Values", float, np.ndarray)


def rounded(values: _Values, unit: str) -> _Values:
    """Costs or limits in metres or minutes as they are told; of two equally near the even one."""
    told = np.round(values, _DECIMALS[unit])
    return told if isinstance(values, np.ndarray) else float(told)


def farthest(cutoff: float, unit: str) -> float:
    """The largest cost that is told as no more than a cutoff: as far as has to be searched."""
    return rounded(cutoff, unit) + 0.5 * 10.0 ** -_DECIMALS[unit]
