"""The kinds of reach by name: how people get to centres, in words, and the reach of a study area."""

import functools

from carecircles import walkers
from carecircles.reach.straight import straight_line
from carecircles.reach.values import Reach
from carecircles.reach.walking import walking
from carecircles.walkers import Profile
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
        way = {"en": "along the walking network", "zh": "沿步行路网"}
        profile = profile_in(reach)
        if profile is None:
            return way
        who = walkers.in_words(profile)
        return {"en": f"{way['en']} ({who['en']})", "zh": f"{way['zh']}（{who['zh']}）"}
    return {"en": "by a cost table of one's own", "zh": "按自备的距离表"}


def profile_in(reach: Reach) -> Profile | None:
    """
    Who walks in a reach; None where metres are measured, or somebody else measured minutes.

    Examples
    --------
    >>> walk = functools.partial(walking, network=None, profile=walkers.profile_of("80plus"))
    >>> profile_in(walk).pace_m_s, profile_in(straight_line)
    (0.94, None)
    """
    bound = reach.keywords if isinstance(reach, functools.partial) else {}
    found: Profile | None = bound.get("profile")
    return found
