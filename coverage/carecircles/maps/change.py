"""The map of what changes from one plan to another."""

from typing import Any

import folium
import pandas as pd

from carecircles import (
    comparison,
    report,
    words,
)
from carecircles.comparison import Change
from carecircles.maps.around import (
    CENTRE_SIGNS,
    area_name,
    bases_of,
    change_signs,
    finished,
    legend_of,
    notes_of,
)
from carecircles.maps.centres import changed_centres, changed_circles
from carecircles.maps.drawing import (
    corners_of,
    in_degrees,
    require_language,
    short_name_of,
)
from carecircles.maps.layers import reference_layers
from carecircles.maps.squares import change_layer
from carecircles.maps.tiles import BaseMap
from carecircles.people import Group, of_group
from carecircles.plan import Plan, is_straight
from carecircles.robustness import Robustness
from carecircles.words import Text


def change_map(
    change: Change,
    *,
    lang: str = "en",
    tiles: BaseMap | None = None,
    sure: tuple[Robustness, Robustness] | None = None,
) -> folium.Map:
    """
    What changes from one plan to another: gained, lost, still uncovered and unchanged cells.

    The reader can switch to both plans beside each other, with a border to drag between them.
    Centres that open, close, move (with an arrow from where they were) or change their services
    are marked.

    Parameters
    ----------
    change
        From `comparison.compare`.
    lang, tiles
        As in `coverage_map`.
    sure
        From `robustness.measure_together` of both plans: the intervals of shares and of their difference are told too.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, maps, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> page = maps.change_map(change)
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    before, after = change.before, change.after
    group = comparison.headline(before, after)
    config = {
        "title": change_title(before, after),
        "subtitle": _standards(before, after),
        "summary": report.change_summary(change, sure=sure),
        "legend": change_legend(change),
        "table": _change_table(change, group, sure),
        "notes": [*report.change_notes(change, sure=sure), *notes_of(after)],
        "swipe": True,
    }
    layers = [
        change_layer(change, lang=lang),
        *changed_circles(change, lang=lang),
        changed_centres(change, lang=lang),
        *reference_layers(after.area, tiles, lang),
    ]
    return finished(after, layers, config, lang)


def change_title(before: Plan, after: Plan) -> Text:
    """
    Which plans a map of changes holds against each other, in each language.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, maps, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> maps.change_title(asis, change.after)["en"]
    'Example District: As it is → One less'
    """
    name = area_name(after.area)
    return {
        lang: name[lang]
        + mark
        + " → ".join(report.plan_name(plan)[lang] for plan in (before, after))
        for lang, mark in (("en", ": "), ("zh", "："))
    }


def _standards(before: Plan, after: Plan) -> Text:
    """The standards of both plans in words, once where they are the same."""
    was, now = report.standard_note(before), report.standard_note(after)
    return now if was == now else {lang: f"{was[lang]} → {now[lang]}" for lang in was}


def _change_table(
    change: Change, group: Group, sure: tuple[Robustness, Robustness] | None
) -> dict[str, Any]:
    figures, after = report.change_frame(change, sure=sure), change.after
    bounds = in_degrees(after.area.streets).bounds
    shown = report.CHANGE_PANEL if sure is None else report.CHANGE_SURE_PANEL
    columns = report.panel(shown, group)
    keys = [column["key"] for column in columns[1:]]
    figures = pd.DataFrame(figures[keys]).astype(object)
    figures = figures.where(figures.notna(), None)
    return {
        "title": of_group({"en": "By street, {}", "zh": "按街道，{}"}, group),
        "columns": columns,
        "rows": [
            {
                "short_name": short_name_of(after.area.streets.loc[code]),
                "bounds": corners_of(bounds.loc[code].tolist()),
                **row,
            }
            for code, row in zip(figures.index, figures.to_dict("records"), strict=True)
        ],
    }


def change_legend(change: Change) -> list[dict[str, Any]]:
    """Signs of a map of changes and what they mean; the four of cells come first."""
    before, after = change.before, change.after
    signs, changed = change_signs(), set(change.centres["change"])
    centres = CENTRE_SIGNS | {
        "equipped": {"en": "Centre with other services", "zh": "服务调整的中心"},
        "enlarged": {"en": "Centre that holds more", "zh": "扩容的中心"},
    }
    signs += [
        {"sign": "changed", "change": word, "label": text}
        for word, text in centres.items()
        if word in changed
    ]
    metres = [plan.area.standard.metres for plan in (before, after)]
    is_other = metres[0] != metres[1]
    is_round = is_straight(before) and is_straight(after)
    if is_round and (is_other or changed & {"opened", "moved"}):
        signs.append({"sign": "new", "label": _circle_words(is_other, *_NEW_CIRCLE, metres[1])})
    if is_round and (is_other or changed & {"closed", "moved"}):
        signs.append({"sign": "gone", "label": _circle_words(is_other, *_GONE_CIRCLE, metres[0])})
    left_out = {"share", *(["circle"] if is_other or not is_round else [])}
    facilities = after.area.facilities
    unchanged = bases_of(facilities[~facilities.index.isin(change.centres.index)])
    return signs + [
        entry for entry in legend_of(after, bases=unchanged) if entry["sign"] not in left_out
    ]


_NEW_CIRCLE = ({"en": "New care circle", "zh": "新的服务圈"}, words.small(words.SIDES["after"]))
_GONE_CIRCLE = (
    {"en": "Care circle that goes", "zh": "取消的服务圈"},
    words.small(words.SIDES["before"]),
)


def _circle_words(is_other: bool, circle: Text, when: Text, metres: float) -> Text:
    """Words for a circle of one plan alone; where the radius differs none is new, all are other."""
    if not is_other:
        return circle
    return {
        "en": f"Care circle {when['en']}, {metres:.0f} m",
        "zh": f"{when['zh']}的服务圈，{metres:.0f} 米",
    }
