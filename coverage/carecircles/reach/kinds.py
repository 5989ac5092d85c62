"""The kinds of reach by name: how people get to centres, in words, and the reach of a study area."""

import functools
from typing import TYPE_CHECKING

from carecircles import walkers
from carecircles.area import StudyArea
from carecircles.errors import ValidationError
from carecircles.reach.straight import straight_line
from carecircles.reach.values import Reach
from carecircles.reach.walking import walking
from carecircles.walkers import Profile
from carecircles.words import Sentence, Text

if TYPE_CHECKING:
    from carecircles.network import Network

STRAIGHT, WALKING = "straight", "walking"


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


def network_in(reach: Reach) -> "Network | None":
    """
    The network that a reach leads along, if it does.

    Examples
    --------
    >>> network_in(straight_line) is None
    True
    """
    bound = reach.keywords if isinstance(reach, functools.partial) else {}
    found: Network | None = bound.get("network")
    return found


def of_area(area: StudyArea, kind: str, *, profile: str | None = None) -> Reach:
    """
    The reach of a kind in a study area, measured along what the area has.

    Parameters
    ----------
    area
        The study area.
    kind
        'straight', or 'walking' along the area's network.
    profile
        Who walks, by the name of a profile of the area's own or of `walkers.PROFILES`; then minutes are
        measured, else metres.

    Raises
    ------
    ValidationError
        If the area has not got what the kind needs, nobody knows the profile, or nobody walks.

    Examples
    --------
    >>> from carecircles import datasets
    >>> of_area(datasets.load("template"), "straight") is straight_line
    True
    """
    if profile is not None and kind != WALKING:
        told = (
            f"--profile {profile} does not go with --reach {kind}: the circle is of metres, whoever walks; "
            "use --reach walking, or take --profile out."
        )
        zh = (
            f"--profile {profile} 不能与 --reach {kind} 一起用：圆按米画，与步行者无关；"
            "请改用 --reach walking，或去掉 --profile。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    if kind == STRAIGHT:
        return straight_line
    if kind != WALKING:
        raise ValueError(f"kind is {kind!r}, expected 'straight' or 'walking'")
    if area.on_foot.network is None:
        told = (
            "--reach walking: the study area has no walking network; name a file of streets and paths "
            "with --network, or as network below [files] in area.toml."
        )
        zh = (
            "--reach walking：研究区没有步行路网；请用 --network 指定街道和步道文件，"
            "或在 area.toml 的 [files] 下写明 network。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    walk = functools.partial(walking, network=area.on_foot.network)
    if profile is None:
        return walk
    return functools.partial(walk, profile=walkers.profile_of(profile, area.on_foot.profiles))


def beside(area: StudyArea, kind: str) -> Reach | None:
    """
    The reach whose figures are told beside those of a kind: the walk beside the circle, and the circle beside it.

    Nothing where the area has no network.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> beside(area, "straight") is None, beside(area, "walking") is straight_line
    (True, True)
    """
    if kind != STRAIGHT:
        return straight_line
    return None if area.on_foot.network is None else of_area(area, WALKING)
