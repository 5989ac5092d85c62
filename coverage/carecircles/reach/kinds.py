"""The kinds of reach by name: how people get to centres, in words, and the reach of a study area."""

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from carecircles import walkers
from carecircles.area import StudyArea
from carecircles.errors import ValidationError
from carecircles.reach.detour import detour, factor_problems
from carecircles.reach.resting import resting
from carecircles.reach.straight import straight_line
from carecircles.reach.values import CostTable, Reach
from carecircles.reach.walking import walking
from carecircles.walkers import Profile
from carecircles.words import Sentence, Text

if TYPE_CHECKING:
    from carecircles.network import Network

STRAIGHT, WALKING, DETOUR = "straight", "walking", "detour"


def in_words(reach: Reach) -> Text:
    """
    How people get there by a reach, as it stands behind metres or minutes.

    Examples
    --------
    >>> in_words(straight_line), in_words(functools.partial(walking, network=None))["en"]
    ({'en': 'in a straight line', 'zh': '直线'}, 'along the walking network')
    """
    kind = kind_of(reach)
    if kind is straight_line:
        return {"en": "in a straight line", "zh": "直线"}
    if kind in (walking, resting):
        way = {"en": "along the walking network", "zh": "沿步行路网"}
        said = []
        if (stretch := stretch_in(reach)) is not None:
            far = f"{stretch:g}"
            way = {"en": f"{way['en']} with a seat every {far} m", "zh": way["zh"]}
            said = [{"en": "", "zh": f"每 {far} 米内有座椅"}]
        profile = profile_in(reach)
        said += [] if profile is None else [walkers.in_words(profile)]
        en, zh = (
            ", ".join(filter(None, (s["en"] for s in said))),
            "；".join(s["zh"] for s in said),
        )
        return {
            "en": f"{way['en']} ({en})" if en else way["en"],
            "zh": f"{way['zh']}（{zh}）" if zh else way["zh"],
        }
    if kind is detour and isinstance(reach, functools.partial):
        return _detour_in_words(reach.keywords)
    return {"en": "by a cost table of one's own", "zh": "按自备的距离表"}


def kind_of(reach: Reach) -> Callable[..., CostTable]:
    """
    The function of a reach, whatever is bound to it.

    Examples
    --------
    >>> kind_of(functools.partial(walking, network=None)) is walking
    True
    """
    kind: Callable[..., CostTable] = reach.func if isinstance(reach, functools.partial) else reach
    return kind


def _detour_in_words(given: Mapping[str, Any]) -> Text:
    """Round barriers over so many crossings, or so many times a straight line, and who says so."""
    if given.get("factor") is not None:
        times, source = f"{given['factor']:g}", given.get("source")
        said, zh = f"source: {source}", f"来源：{source}"
        if not source:
            said, zh = "no source named", "未注明来源"
        return {
            "en": f"in a straight line times {times} ({said})",
            "zh": f"直线距离乘以 {times}（{zh}）",
        }
    crossings = given.get("crossings")
    count = 0 if crossings is None else len(crossings)
    return {
        "en": f"in straight lines round barriers, over {count:,} crossing{'s' * (count != 1)}",
        "zh": f"绕行障碍的直线（过街、过河点 {count:,} 处）",
    }


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


def stretch_in(reach: Reach) -> float | None:
    """
    The longest way in metres without a seat that a reach lets people walk; None where nobody needs one.

    Examples
    --------
    >>> stretch_in(functools.partial(resting, network=None, rests=None, stretch=100)), stretch_in(straight_line)
    (100, None)
    """
    bound = reach.keywords if isinstance(reach, functools.partial) else {}
    found: float | None = bound.get("stretch")
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


def of_area(
    area: StudyArea,
    kind: str,
    *,
    factor: float | None = None,
    source: str | None = None,
    profile: str | None = None,
    stretch: float | None = None,
) -> Reach:
    """
    The reach of a kind in a study area, measured along what the area has.

    Parameters
    ----------
    area
        The study area.
    kind
        'straight', 'walking' along the area's network, or 'detour' round the area's barriers, or by a
        factor.
    factor, source
        How many times as long as straight lines ways are, for 'detour' in an area without barriers, and
        who says so.
    profile
        Who walks, by the name of a profile of the area's own or of `walkers.PROFILES`; then minutes are
        measured, else metres.
    stretch
        Metres that are walked without a seat of the area at most; the profile's if None, where the area
        has seats.

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
            f"--profile {profile} does not go with --reach {kind}, which is of metres, whoever walks; "
            "use --reach walking, or take --profile out."
        )
        zh = (
            f"--profile {profile} 不能与 --reach {kind} 一起用：后者按米计算，与步行者无关；"
            "请改用 --reach walking，或去掉 --profile。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    if kind == STRAIGHT:
        return straight_line
    if kind == DETOUR:
        return _detour_of(area, factor, source)
    if kind != WALKING:
        raise ValueError(f"kind is {kind!r}, expected 'straight', 'walking' or 'detour'")
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
    given: dict[str, Any] = {"network": area.on_foot.network}
    if profile is not None:
        given["profile"] = walkers.profile_of(profile, area.on_foot.profiles)
        if stretch is None and area.on_foot.rests is not None:
            stretch = given["profile"].stretch_m
    if stretch is None:
        return functools.partial(walking, **given)
    return functools.partial(resting, **given, rests=_rests_of(area), stretch=stretch)


def _detour_of(area: StudyArea, factor: float | None, source: str | None) -> Reach:
    """Round the barriers of a study area, or by a factor where it has none."""
    walls, over = area.on_foot.barriers, area.on_foot.crossings
    if factor is None:
        if walls is None:
            told = (
                "--reach detour: the study area has no barriers; name a file of rivers, railways and "
                "expressways as barriers below [files] in area.toml, with crossings, or a factor with "
                "--detour 1.45 and its source with --detour-source."
            )
            zh = (
                "--reach detour：研究区没有障碍；请在 area.toml 的 [files] 下写明 barriers（河流、铁路、"
                "快速路）和 crossings，或用 --detour 1.45 指定系数，并用 --detour-source 注明来源。"
            )
            raise ValidationError([Sentence(told, zh=zh)])
        return functools.partial(detour, barriers=walls, crossings=over)
    problems = factor_problems(factor, called="--detour")
    if walls is not None:
        told = (
            f"--detour {factor:g}: the study area has barriers; a factor of a place has them in it and they "
            "would count twice; leave --detour out, or take barriers out of area.toml."
        )
        zh = (
            f"--detour {factor:g}：研究区已有障碍；系数已包含障碍，会重复计算；请去掉 --detour，"
            "或从 area.toml 中去掉 barriers。"
        )
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    return functools.partial(detour, factor=factor, source=source)


def for_walker(reach: Reach, area: StudyArea) -> Reach:
    """
    The same reach by the walker whom an area's standard is for; as it is where that is nobody in particular.

    Only who walks along a network is somebody: circles and detours are of metres, which the standard has for
    the walker's pace.

    Examples
    --------
    >>> from carecircles import datasets
    >>> for_walker(straight_line, datasets.load("template")) is straight_line
    True
    """
    who = area.standard.profile
    if who is None or kind_of(reach) not in (walking, resting):
        return reach
    profile = walkers.profile_of(who, area.on_foot.profiles)
    bind: Callable[..., Reach] = functools.partial
    return reach if profile_in(reach) == profile else bind(reach, profile=profile)


def with_area(reach: Reach, area: StudyArea, *, before: StudyArea) -> Reach:
    """
    The same kind of reach along what another study area has, such as one that a scenario has rebuilt.

    Only what the reach has of the area before is changed, and crossings come to barriers that had none.

    Raises
    ------
    ValidationError
        If the reach leads by a network, crossings or seats of one's own, where those of the area are rebuilt.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> with_area(straight_line, area, before=area) is straight_line
    True
    """
    given = dict(reach.keywords) if isinstance(reach, functools.partial) else {}
    if given.get("barriers") is not None:
        given.setdefault("crossings", None)
    was, now = vars(before.on_foot), vars(area.on_foot)
    rebuilt = {
        name for name in ("network", "barriers", "crossings", "rests") if was[name] is not now[name]
    }
    if "crossings" in rebuilt:
        rebuilt.add("network")  # a way over a barrier is one of the network, too
    stale = [name for name in given if name in rebuilt and given[name] is not now[name]]
    if of_its_own := [name for name in stale if given[name] is not was[name]]:
        raise ValidationError([_not_of_the_area(name) for name in of_its_own])
    bind: Callable[..., Reach] = functools.partial
    return bind(reach, **{name: now[name] for name in stale}) if stale else reach


def _not_of_the_area(name: str) -> Sentence:
    """That a reach has not what is rebuilt in its study area, and what to do."""
    put = f"dataclasses.replace(area.on_foot, {name}=...)"
    return Sentence(
        f"what is rebuilt would not show: the plan's reach has not the `{name}` of its study area; give the "
        f"area that of the reach, with `{put}`, or take the reach from `reach.of_area`.",
        zh=f"改造不会反映：方案的可达方式用的不是研究区的 `{name}`；请用 `{put}` 把它放入研究区，"
        "或用 `reach.of_area` 取得可达方式。",
    )


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

    Where the area has no network but barriers, the way round these; nothing where it has neither.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> beside(area, "straight") is None, beside(area, "walking") is straight_line
    (True, True)
    """
    if kind != STRAIGHT:
        return straight_line
    if area.on_foot.network is not None:
        return of_area(area, WALKING)
    return None if area.on_foot.barriers is None else of_area(area, DETOUR)
