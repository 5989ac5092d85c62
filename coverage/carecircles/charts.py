"""
Charts as PNG or SVG: the Lorenz curve, and coverage over time.

They are drawn by matplotlib (extra `charts`). The same figures give the same bytes, and text from data files
stays text: no formula is read into it, and in SVG it is drawn as outlines.
"""

import io
import math
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from carecircles import _mends, comparison, equity, report
from carecircles import timeline as timelines
from carecircles.plan import Plan
from carecircles.report.columns import unit_in_words
from carecircles.timeline import Timeline
from carecircles.words import Sentence, Text, printable, say

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from carecircles.siting import Frontier

FORMATS = (".png", ".svg")
# What machines have that can write Chinese, the usual first.
FAMILIES = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei"),
    *("SimHei", "SimSun", "DengXian", "PingFang SC", "Heiti SC", "Hiragino Sans GB", "STHeiti", "Songti SC"),
    *("Arial Unicode MS", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback", "Noto Serif CJK SC"),
    *("Noto Sans CJK TC", "Noto Sans CJK JP", "Noto Sans CJK KR", "AR PL UMing CN", "AR PL UKai CN", "HarmonyOS Sans SC"),
)  # fmt: skip
_USUAL = "DejaVu Sans"  # comes with matplotlib
_SAMPLE = "人口覆盖率累计占比距离中心"
_BLUES = ("#1d4ed8", "#c2410c", "#047857", "#7e22ce", "#475569", "#be123c")
_MOST_NAMED = 12  # days whose changes are named
_LONGEST = 32  # characters of a name
_MOST_TICKS = 16
_LEAST_SPREAD = 2.0  # percentage points from bottom to top, so that little does not look like much
NO_FONT: Text = {
    "en": "No font with Chinese characters is installed here: the chart is written in English.",
    "zh": "本机未安装中文字体：图表文字改用英文。",
}


class Chart(NamedTuple):
    """A chart as the bytes of a file, and what is to be said of it."""

    content: bytes
    notes: tuple[Text, ...] = ()


def lorenz_chart(plan: Plan, *, suffix: str = ".png", lang: str = "en") -> Chart:
    """
    The Lorenz curve of a plan (`equity.lorenz`): what share of all distance the nearest so many people bear.

    Parameters
    ----------
    plan
        The plan; the people are the group whose figures come first.
    suffix
        '.png' or '.svg'.
    lang
        'en' or 'zh', where a font with its characters is there.

    Raises
    ------
    ImportError
        If matplotlib is not there.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> lorenz_chart(asis).content[1:4]
    b'PNG'
    """
    group = comparison.headline(plan)
    curve = equity.lorenz(plan.cells, group.column)
    gini = equity.of_district(plan.cells, group.column, cutoff=plan.cost.cutoff)["gini"]
    area = {"en": plan.area.name_en, "zh": plan.area.name}

    def draw(figure: "Figure", say_it: Callable[[Text], str]) -> None:
        axes = figure.add_subplot()
        x, y = (100 * curve[column].to_numpy() for column in ("people_share", "distance_share"))
        equal = say_it({"en": "All equally far", "zh": "人人相等"})
        axes.plot([0, 100], [0, 100], color="#64748b", linestyle="--", linewidth=1, label=equal)
        told = {
            "en": f"People {group.name['en']}: Gini {gini:.3f}",
            "zh": f"{group.name['zh']}：基尼系数 {gini:.3f}",
        }
        axes.plot(x, y, color=_BLUES[0], linewidth=2, label=say_it(told))
        axes.fill_between(x, y, x, color=_BLUES[0], alpha=0.12, linewidth=0)
        axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
        axes.set_xlabel(
            say_it(
                {"en": "Share of people, the nearest first, %", "zh": "人口累计占比（由近到远），%"}
            )
        )
        axes.set_ylabel(
            say_it(
                {
                    "en": "Share of all distance to the nearest centre, %",
                    "zh": "到最近中心距离的累计占比，%",
                }
            )
        )
        named = {"en": "who bears the distance", "zh": "距离由谁承担"}
        axes.set_title(say_it(_titled(area, named, plan)), fontsize=11, linespacing=1.5)
        axes.legend(loc="upper left", frameon=False)
        _plainly(axes)

    return _drawn(draw, (6.4, 6.4), suffix=suffix, lang=lang)


def timeline_chart(
    timelines_told: Sequence[Timeline], *, suffix: str = ".png", lang: str = "en"
) -> Chart:
    """
    The share of people covered over time, a line a plan, above how many are covered and not.

    Parameters
    ----------
    timelines_told
        From `timeline.timeline_of`, of the same area.
    suffix, lang
        As in `lorenz_chart`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline.timeline_of(asis, timeline.span_of(area, every="year"))
    >>> timeline_chart([told], suffix=".svg").content[:5]
    b'<?xml'
    """
    first = timelines_told[0].plans
    group = comparison.headline(*first)
    g, area = group.column, first[0].area
    place = {"en": area.name_en, "zh": area.name}

    def draw(figure: "Figure", say_it: Callable[[Text], str]) -> None:
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        marks: dict[int, str] = {}
        days = range(len(first))
        for n, told in enumerate(timelines_told):
            found = timelines.coverage(told)
            colour = _BLUES[n % len(_BLUES)]
            label = say_it(told.plans[0].name)
            share = 100 * found[f"covered_{g}_share"].to_numpy()
            wide = 2 if n else 4  # so that it shows below another one
            style: dict[str, Any] = {"linewidth": wide, "marker": "o", "markersize": wide + 1}
            upper.step(days, share, where="post", color=colour, label=label, **style)
            covered = (found[g] - found[f"uncovered_{g}"]).to_numpy()
            lower.step(days, covered, where="post", color=colour, linewidth=1.5)
            if n == 0:
                lower.step(
                    days,
                    found[g].to_numpy(),
                    where="post",
                    color="#64748b",
                    linestyle="--",
                    linewidth=1,
                )
            marks |= _named(told, say_it)
        _annotate(upper, marks)
        low, high = upper.get_ylim()
        spread = max(high - low, _LEAST_SPREAD)
        upper.set_ylim(max(0, (low + high - spread) / 2), min(100.5, (low + high + spread) / 2))
        every = max(1, math.ceil(len(first) / _MOST_TICKS))
        shown = [
            f"{then.area.as_of}"[: 4 if timelines_told[0].every == "year" else 7] for then in first
        ]
        lower.set_xticks(list(days)[::every], shown[::every], fontsize=8)
        upper.set_ylabel(
            say_it(
                {
                    "en": f"People {group.name['en']} covered, %",
                    "zh": f"{group.name['zh']}人口覆盖率，%",
                }
            )
        )
        lower.set_ylabel(
            say_it({"en": "people; dashed: all", "zh": "人数（虚线为全部）"}), fontsize=8
        )
        lower.set_ylim(bottom=0)
        lower.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        named = {"en": "coverage over time", "zh": "覆盖率随时间变化"}
        upper.set_title(say_it(_titled(place, named, first[-1])), fontsize=11, linespacing=1.5)
        if len(timelines_told) > 1:
            upper.legend(loc="best", frameon=False, fontsize=9)
        for axes in (upper, lower):
            _plainly(axes)
        figure.align_ylabels()

    return _drawn(draw, (9.0, 5.4), suffix=suffix, lang=lang)


def frontier_chart(
    plan: Plan, frontiers: "Sequence[Frontier]", *, suffix: str = ".png", lang: str = "en"
) -> Chart:
    """
    What fairness costs, a panel a frontier: the plans by how fair they are and by what else they do.

    Parameters
    ----------
    plan
        The plan the sites are added to.
    frontiers
        From `siting.frontier_of`.
    suffix, lang
        As in `lorenz_chart`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> question = siting.ask(asis, siting.candidates_on_grid(asis.cells, spacing=400))
    >>> frontier_chart(asis, [siting.frontier_of(question, new=1)]).content[1:4]
    b'PNG'
    """
    group = comparison.headline(plan)
    place, unit = (
        {"en": plan.area.name_en, "zh": plan.area.name},
        unit_in_words(plan.cost.unit),
    )

    def draw(figure: "Figure", say_it: Callable[[Text], str]) -> None:
        panels = figure.subplots(1, len(frontiers), squeeze=False)[0]
        for axes, one in zip(panels, frontiers, strict=True):
            if one.goal == "coverage":
                _steps(axes, one, say_it, group.name)
            else:
                _hull(axes, one, say_it, unit)
            proven = one.figures["status"] == "optimal"
            if not proven.all():
                axes.legend(loc="best", frameon=False, fontsize=8)
            _plainly(axes)
        named = {"en": "what fairness costs", "zh": "公平的代价"}
        figure.suptitle(say_it(_titled(place, named, plan)), fontsize=11, linespacing=1.5)

    return _drawn(draw, (5.2 * len(frontiers), 4.6), suffix=suffix, lang=lang)


def _steps(axes: "Axes", frontier: "Frontier", say_it: Callable[[Text], str], people: Text) -> None:
    """People covered against the street served worst: as far as a plan keeps a floor, it covers most."""
    figures = frontier.figures
    x, y = 100 * figures["worst_share"].to_numpy(), figures["people"].to_numpy()
    axes.step(x, y, where="pre", color=_BLUES[0], linewidth=1.2, alpha=0.6)
    _points(axes, x, y, figures["status"], say_it)
    axes.set_xlabel(
        say_it({"en": "Covered in the street served worst, %", "zh": "覆盖率最低街道的覆盖率，%"})
    )
    axes.set_ylabel(
        say_it({"en": f"People {people['en']} covered", "zh": f"覆盖的{people['zh']}人口"})
    )
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _hull(axes: "Axes", frontier: "Frontier", say_it: Callable[[Text], str], unit: Text) -> None:
    """Mean against equivalent distance, with the line below which no plan lies."""
    figures = frontier.figures
    x, y = figures["ede"].to_numpy(), figures["mean"].to_numpy()
    axes.plot(x, y, color=_BLUES[0], linewidth=1.2, alpha=0.6)
    _points(axes, x, y, figures["status"], say_it)
    axes.invert_xaxis()  # the fairer the farther right, as beside it
    axes.set_xlabel(
        say_it(
            {
                "en": f"Equivalent distance (Kolm-Pollak), {unit['en']}",
                "zh": f"等价均等距离（Kolm-Pollak），{unit['zh']}",
            }
        )
    )
    axes.set_ylabel(say_it({"en": f"Mean distance, {unit['en']}", "zh": f"平均距离，{unit['zh']}"}))


def _points(
    axes: "Axes",
    x: "np.ndarray",
    y: "np.ndarray",
    status: "pd.Series",
    say_it: Callable[[Text], str],
) -> None:
    """The plans, filled where they are proven, each with its number."""
    is_proven = (status == "optimal").to_numpy()
    for some, face, label in (
        (is_proven, _BLUES[0], {"en": "proven", "zh": "已证明"}),
        (~is_proven, "white", {"en": "not proven", "zh": "未证明"}),
    ):
        axes.scatter(
            x[some], y[some], s=36, color=_BLUES[0], facecolor=face, zorder=3, label=say_it(label)
        )
    for n, (at, up) in enumerate(zip(x, y, strict=True), start=1):
        axes.annotate(
            f"{n}", (at, up), xytext=(5, 5), textcoords="offset points", fontsize=8, color="#334155"
        )


def _named(told: Timeline, say_it: Callable[[Text], str]) -> dict[int, str]:
    """What opens and closes, in a few words, by the number of the day on which it shows."""
    marks: dict[int, str] = {}
    for day, names in enumerate(report.events_in_words(told)):
        if names["en"] and len(marks) < _MOST_NAMED:
            text = say_it(names)
            marks[day] = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return marks


def _annotate(axes: "Axes", marks: dict[int, str]) -> None:
    for day, text in marks.items():
        axes.axvline(day, color="#94a3b8", linewidth=0.8, linestyle=":")
        axes.annotate(
            text, (day, 0.02), xycoords=("data", "axes fraction"), xytext=(3, 0),
            textcoords="offset points", rotation=90, fontsize=7, va="bottom", color="#334155",
        )  # fmt: skip


def _titled(area: Text, what: Text, plan: Plan) -> Text:
    standard = report.standard_note(plan)
    return {
        "en": f"{area['en']}: {what['en']}\n{standard['en']}",
        "zh": f"{area['zh']}：{what['zh']}\n{standard['zh']}",
    }


def _plainly(axes: "Axes") -> None:
    axes.grid(color="#e2e8f0", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _drawn(
    draw: Callable[["Figure", Callable[[Text], str]], None],
    size: tuple[float, float],
    *,
    suffix: str,
    lang: str,
) -> Chart:
    """A figure as the bytes of a file."""
    suffix = suffix.casefold()
    if suffix not in FORMATS:
        raise ValueError(f"suffix is {suffix!r}, expected one of {', '.join(FORMATS)}")
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as err:
        doing = Sentence("a chart", zh="绘制图表")
        raise ImportError(_mends.install(doing, "matplotlib", "charts")) from err
    family = font_for(_SAMPLE)
    spoken = "en" if lang == "zh" and family is None else lang
    given: Any = {  # known to matplotlib by names of its own
        "font.family": [
            *([family] if family and spoken == "zh" else []),
            _USUAL,
            *([family] if family else []),
        ],
        "svg.fonttype": "path",
        "svg.hashsalt": "carecircles",
        "text.parse_math": False,
        "axes.unicode_minus": False,
    }
    about: dict[str, Any] = (
        {"Software": None} if suffix == ".png" else {"Date": None, "Creator": None}
    )
    buffer = io.BytesIO()
    with matplotlib.rc_context(given), warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from"
        )  # of names in other scripts
        figure = Figure(figsize=size, layout="constrained")
        draw(figure, lambda text: _one_writing(say(text, spoken)))
        figure.savefig(buffer, format=suffix[1:], dpi=150, metadata=about)
    return Chart(buffer.getvalue(), () if spoken == lang else (NO_FONT,))


def _one_writing(text: str) -> str:
    """Text without what only steers how it is written; lines stay lines."""
    lines = (
        "".join(c for c in line if unicodedata.category(c) != "Cf") for line in text.split("\n")
    )
    return "\n".join(printable(line) for line in lines)


def font_for(text: str, families: Iterable[str] = FAMILIES) -> str | None:
    """
    The first font of this machine that has all characters of a text; None if there is none.

    Parameters
    ----------
    text
        What is to be written.
    families
        The fonts that are asked for.

    Examples
    --------
    >>> font_for("Lorenz", ["DejaVu Sans"]), font_for("人口", ["DejaVu Sans"])
    ('DejaVu Sans', None)
    """
    from matplotlib import font_manager

    there = {entry.name: entry.fname for entry in font_manager.fontManager.ttflist}
    needed = set(map(ord, text)) - {10}
    for family in families:
        if family not in there:
            continue
        try:
            drawn = font_manager.get_font(there[family]).get_charmap()
        except (OSError, RuntimeError):  # a font that was taken away, or is broken
            continue
        if needed <= set(drawn):
            return family
    return None
