"""The kinds of reach by name: how people get to centres, in words, and the reach of a study area."""

import functools

import geopandas as gpd

from carecircles.area import StudyArea
from carecircles.errors import ValidationError
from carecircles.reach.resting import resting
from carecircles.reach.straight import straight_line
from carecircles.reach.values import Reach
from carecircles.reach.walking import walking
from carecircles.words import Sentence, Text

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
        return {"en": "along the walking network", "zh": "沿步行路网"}
    if kind is resting:
        far = f"{reach.keywords['stretch']:g}" if isinstance(reach, functools.partial) else "?"
        return {
            "en": f"along the walking network with a seat every {far} m",
            "zh": f"沿步行路网（每 {far} 米内有座椅）",
        }
    return {"en": "by a cost table of one's own", "zh": "按自备的距离表"}


def of_area(area: StudyArea, kind: str, *, stretch: float | None = None) -> Reach:
    """
    The reach of a kind in a study area, measured along what the area has.

    Parameters
    ----------
    area
        The study area.
    kind
        'straight', or 'walking' along the area's network.
    stretch
        Metres that are walked without a seat of the area at most; None where nobody needs one.

    Raises
    ------
    ValidationError
        If the area has not got what the kind needs.

    Examples
    --------
    >>> from carecircles import datasets
    >>> of_area(datasets.load("template"), "straight") is straight_line
    True
    """
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
    if stretch is not None:
        return functools.partial(
            resting, network=area.on_foot.network, rests=_rests_of(area), stretch=stretch
        )
    return functools.partial(walking, network=area.on_foot.network)


def _rests_of(area: StudyArea) -> gpd.GeoDataFrame:
    """The seats of a study area, which a walk with rests needs."""
    if area.on_foot.rests is None:
        told = (
            "--stretch: the study area has no seats; name a file of benches with --rests, or as rests "
            "below [files] in area.toml."
        )
        zh = "--stretch：研究区没有座椅；请用 --rests 指定座椅文件，或在 area.toml 的 [files] 下写明 rests。"
        raise ValidationError([Sentence(told, zh=zh)])
    return area.on_foot.rests


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
