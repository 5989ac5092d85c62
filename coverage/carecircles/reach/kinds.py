"""The kinds of reach by name: how people get to centres, in words, and the reach of a study area."""

import functools

from carecircles.reach.straight import straight_line
from carecircles.reach.values import Reach
from carecircles.reach.walking import walking
from carecircles.words import Text


def in_words(reach: Reach) -> Text:
    """
    How people get there by a reach, as it stands behind metres or minutes.

    Examples
    --------
    >>> in_words(straight_line), in_words(functools.partial(walking, network=None))["en"]
    ({'en': 'in a straight line', 'zh': '直线'}, 'along the walking network')
    """
    kind = reach.func if isinstance(reach, functools.partial) else reach
    if kind is straight_line:
        return {"en": "in a straight line", "zh": "直线"}
    if kind is walking:
        return {"en": "along the walking network", "zh": "沿步行路网"}
    return {"en": "by a cost table of one's own", "zh": "按自备的距离表"}
