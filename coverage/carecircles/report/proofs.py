"""What is said of how good a plan of sites is: whether it is proven, what it leaves out, how sure it is."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from carecircles import comparison
from carecircles.plan import Plan
from carecircles.report.columns import figure
from carecircles.words import Text

if TYPE_CHECKING:  # most commands site nothing and need none of it
    from carecircles.siting import Siting, Sureness

_WHY_ZH = {"time limit": "时间用尽", "stopped": "已中止", "within gap": "在允许的差距之内"}


def fewer_notes(siting: "Siting") -> list[Text]:
    """That a plan has fewer centres than were asked for, and why."""
    if siting.asked is None or len(siting.sites) >= siting.asked:
        return []
    is_proven = siting.status == "optimal"
    why_en = "no other would help" if is_proven else "no other that helps was found"
    why_zh = "再多也无益处" if is_proven else "未找到其他有益的中心"
    have, asked = len(siting.sites), siting.asked
    return [
        {
            "en": f"The plan has {have} new {'centre' if have == 1 else 'centres'}, {asked} were asked for: {why_en}.",
            "zh": f"方案有 {have} 个新中心，要求 {asked} 个：{why_zh}。",
        }
    ]


def proof_note(status: str, gap: float) -> Text:
    """
    Whether it is proven that no other choice is better, and if not, how much better one could be.

    Examples
    --------
    >>> proof_note("time limit", 0.02)["en"]
    'Not proven to be the best (time limit): the best may be better by up to 2 %.'
    """
    if status == "optimal":
        return {
            "en": "Proven: no other choice among the candidates is better.",
            "zh": "已证明：候选点中没有更好的方案。",
        }
    why = _WHY_ZH[status]
    if math.isnan(gap):
        return {
            "en": f"Not proven to be the best ({status}): how much better the best is nobody knows.",
            "zh": f"未证明为最优（{why}）：与最优方案的差距未知。",
        }
    more = _more(gap)
    return {
        "en": f"Not proven to be the best ({status}): the best may be better by up to {more}.",
        "zh": f"未证明为最优（{why}）：最优方案至多再好 {more}。",
    }


def proof_in_short(status: object, gap: float) -> Text:
    """
    Whether a plan of a curve or an alternative is proven, and if not, how much better the best may be.

    Examples
    --------
    >>> proof_in_short("optimal", 0.0)["en"], proof_in_short("time limit", 0.02)["en"]
    ('proven', 'time limit, up to 2 %')
    """
    if not isinstance(status, str):  # there is no plan
        return {"en": "–", "zh": "–"}
    if status == "optimal":
        return {"en": "proven", "zh": "已证明"}
    if math.isnan(gap):
        return {"en": f"{status}, gap unknown", "zh": f"{_WHY_ZH[status]}，差距未知"}
    return {
        "en": f"{status}, up to {_more(gap)}",
        "zh": f"{_WHY_ZH[status]}，至多再好 {_more(gap)}",
    }


def cut_short(
    siting: "Siting",
    *,
    curve: pd.DataFrame | None = None,
    most: int | None = None,
    others: "Sequence[tuple[float, Siting]]" = (),
    count: int = 0,
) -> list[Text]:
    """
    That a curve to `most` centres or a list of `count` alternatives is shorter for want of time.

    Examples
    --------
    >>> import types
    >>> stopped = types.SimpleNamespace(status="stopped")
    >>> cut_short(stopped, count=2)[0]["en"]
    'Stopped with 0 of 2 alternatives; there may be more.'
    """
    lines: list[Text] = []
    have = 0 if curve is None else len(curve) - 1
    if most is not None and have < most:
        en = f"Stopped: the curve ends at {have} of {most} new centres."
        lines.append({"en": en, "zh": f"已中止：曲线只到 {have} 个新中心（要求 {most} 个）。"})
    words = [siting.status, *(other.status for _, other in others)]
    late = next((word for word in words[::-1] if word in ("stopped", "time limit")), None)
    if len(others) < count and late is not None:
        en = "Stopped" if late == "stopped" else "Out of time"
        lines.append(
            {
                "en": f"{en} with {len(others)} of {count} alternatives; there may be more.",
                "zh": f"{_WHY_ZH[late]}：备选方案 {len(others)} 个（要求 {count} 个），可能还有更多。",
            }
        )
    for number, (_, other) in enumerate(others, start=1):
        if other.may_be_farther:
            en = f"Alternative {number}: there was no time to know whether one as good stands farther away."
            zh = f"备选方案 {number}：时间不足，无法确定是否有同样好而更远的方案。"
            lines.append({"en": en, "zh": zh})
    return lines


def draws_notes(draws: int, *, asked: int) -> list[Text]:
    """
    That there was no time for all draws of positions that are not known.

    Examples
    --------
    >>> draws_notes(8, asked=1000)[0]["en"]
    'There was time for 8 of 1,000 draws of positions: how likely people are covered is told by these alone.'
    >>> draws_notes(8, asked=8)
    []
    """
    if draws == asked:
        return []
    en = (
        f"There was time for {draws:,} of {asked:,} draws of positions: how likely people are covered is told "
        "by these alone."
    )
    zh = f"时间只够对位置抽样 {draws:,} 次（要求 {asked:,} 次）：被覆盖的可能性仅据此计算。"
    return [{"en": en, "zh": zh}]


def sureness_notes(plan: Plan, found: "Sureness", *, asked: int) -> list[Text]:
    """
    Of how many draws it is told whether sites are in their best plans, and what the plan has of these.

    Parameters
    ----------
    plan
        The plan the sites are added to.
    found
        From `siting.sure_of`.
    asked
        How many draws were to be looked at.

    Examples
    --------
    >>> import numpy as np
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> best, own, shares = np.array([100.0, 200.0]), np.array([90.0, 200.0]), pd.Series([0.5], ["G1"])
    >>> found = siting.Sureness(shares, best, own, np.array([True, True]))
    >>> sureness_notes(asis, found, asked=2)[0]["en"]
    'In 2 draws of positions the best plan of the draw covers 150 people 60+ in the mean; this plan 5 fewer in the mean, 10 at most.'
    """
    label, draws = comparison.headline(plan).name, len(found.best)
    short = found.best - found.own
    mean, most, best = (
        figure("people", value) for value in (short.mean(), short.max(), found.best.mean())
    )
    lines: list[Text] = [
        {
            "en": f"In {draws:,} draws of positions the best plan of the draw covers {best} people {label['en']} in the mean; "
            f"this plan {mean} fewer in the mean, {most} at most.",
            "zh": f"对位置抽样 {draws:,} 次，每次的最优方案平均覆盖{label['zh']} {best} 人；本方案平均少 {mean} 人，最多少 {most} 人。",
        }
    ]
    unproven = int((~found.is_proven).sum())
    if unproven:
        lines.append(
            {
                "en": f"The best plan of {unproven:,} of these draws is not proven.",
                "zh": f"其中 {unproven:,} 次抽样的最优方案未经证明。",
            }
        )
    if draws < asked:
        lines.append(
            {
                "en": f"There was time for {draws:,} of {asked:,} draws; allow more with --time-limit.",
                "zh": f"时间只够 {asked:,} 次抽样中的 {draws:,} 次；请用 --time-limit 延长时间。",
            }
        )
    return lines


def _more(gap: float) -> str:
    return f"{100 * gap:.0f} %" if gap >= 0.1 else f"{100 * gap:.2g} %"


def unmeasured_notes(siting: "Siting", candidates: gpd.GeoDataFrame) -> list[Text]:
    """That there was no time for some candidates."""
    if not siting.unmeasured:
        return []
    every, some = len(candidates), len(candidates) - siting.unmeasured
    return [
        {
            "en": f"There was time to measure {some:,} of {every:,} candidates, spread evenly over all; the "
            "others are left out. Allow more time.",
            "zh": f"时间只够量算 {every:,} 个候选点中的 {some:,} 个（均匀选取），其余未予考虑；请延长时间。",
        }
    ]
