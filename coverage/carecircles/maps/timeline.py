"""The map of a plan over time, with a slider over its days."""

from typing import Any

import folium
import numpy as np

from carecircles import comparison, evaluation, report
from carecircles import timeline as timelines
from carecircles.maps.around import area_name, bases_of, finished, legend_of, street_rows
from carecircles.maps.drawing import (
    Drawing,
    centres_of,
    centres_to_measure,
    circles_of,
    grid_data,
    measured_by,
    nearest_arrays,
    require_language,
)
from carecircles.maps.layers import reference_layers
from carecircles.maps.tiles import BaseMap
from carecircles.plan import Plan, is_straight
from carecircles.report.columns import UNITS, alone, facts
from carecircles.timeline import Timeline
from carecircles.words import Text

FIGURES = (
    "{g}", "covered_{g}", "covered_{g}_share", "uncovered_{g}", "mean_distance_{u}", "centres",
)  # fmt: skip
GRID: Text = {"en": "Grid and centres of the day", "zh": "当日网格与中心"}


def timeline_map(told: Timeline, *, lang: str = "en", tiles: BaseMap | None = None) -> folium.Map:
    """
    A plan on several days: a slider shows the cells, the centres and the figures of each, without a network.

    Parameters
    ----------
    told
        From `timeline.timeline_of`.
    lang, tiles
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> page = maps.timeline_map(timeline.timeline_of(asis, timeline.span_of(area, every="year")))
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    first, last = told.plans[0], told.plans[-1]
    layer = day_layer(told, lang=lang)
    bases = set().union(*(bases_of(then.area.facilities) for then in told.plans))
    days = {
        "en": f"{first.area.as_of} to {last.area.as_of}",
        "zh": f"{first.area.as_of} 至 {last.area.as_of}",
    }
    area, name = area_name(last.area), {k: report.isolated(v) for k, v in last.name.items()}
    config = {
        "title": {
            "en": f"{area['en']}: coverage from {days['en']} ({name['en']})",
            "zh": f"{area['zh']}：{days['zh']}的覆盖（{name['zh']}）",
        },
        "summary": _summary(told),
        "legend": [e for e in legend_of(last, bases=bases) if e["sign"] != "share"],
        "table": _table(told),
        "notes": report.timeline_notes([told])[1],
    }
    layers = [layer, *reference_layers(last.area, tiles, lang)]
    return finished(last, layers, config, lang)


def _summary(told: Timeline) -> list[dict[str, Text]]:
    """The share covered on the first day and on the last."""
    found = timelines.coverage(told)
    group = comparison.headline(*told.plans)
    column = f"covered_{group.column}_share"
    label = facts((column,), group, told.plans[0].cost.unit)[column]
    return [
        {
            "label": {lang: f"{text}, {day}" for lang, text in label.items()},
            "value": alone(column, found.loc[day, column]),
        }
        for day in dict.fromkeys((found.index[0], found.index[-1]))
    ]


def _table(told: Timeline) -> dict[str, Any]:
    """The share covered of each street on the first day and on the last."""
    group = comparison.headline(*told.plans)
    share = f"covered_{group.column}_share"
    ends = {"first": told.plans[0], "last": told.plans[-1]}
    found = {key: evaluation.by_street(then.cells)[share] for key, then in ends.items()}
    return {
        "title": report.label_of(share, [group]),
        "columns": [
            {"label": report.label_of("street_name")},
            *(
                {
                    "key": key,
                    "label": dict.fromkeys(report.LANGUAGES, f"{then.area.as_of}"),
                    "format": UNITS["share"].panel,
                }
                for key, then in ends.items()
            ),
        ],
        "rows": [
            {**row, **{key: _or_none(found[key][code]) for key in ends}}
            for code, row in zip(
                told.plans[0].area.streets.index, street_rows(told.plans[0].area), strict=True
            )
        ],
    }


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def day_layer(told: Timeline, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The cells, centres and figures of each day; days on which the same is near share their arrays.

    Parameters
    ----------
    told
        As in `timeline_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline.timeline_of(asis, timeline.span_of(area, every="month"))
    >>> days = maps.day_layer(told).data["days"]
    >>> len(days), days[0]["name"], days[0]["open"]
    (18, '2021-04-30', [0])
    """
    plans, found = told.plans, timelines.coverage(told)
    group, unit = comparison.headline(*plans), plans[0].cost.unit
    columns = report.told(FIGURES, group, unit)
    states, arrays = _states(plans)
    centres, measured, rounds, open_on = _centres(plans)
    by_day = report.timeline_frame([told]).rename(columns=str)
    days = [
        {
            "name": day,
            "state": state,
            "open": open_now,
            "happened": happened,
            "share": _or_none(found.loc[day, f"covered_{group.column}_share"]),
            "figures": {c["key"]: _or_none(by_day.loc[day, c["key"]]) for c in columns},
        }
        for day, state, open_now, happened in zip(
            found.index, states, open_on, report.events_in_words(told), strict=True
        )
    ]
    data, bounds = grid_data(plans[-1], arrays)
    data |= {
        "told": columns,
        "unit": unit,
        "by": measured_by(plans[0]),
        "days": days,
        "centres": centres,
        "measured": measured,
        "circles": rounds,
    }
    return Drawing("timeline", data, bounds=bounds, names=GRID, lang=lang, show=show)


def _states(plans: tuple[Plan, ...]) -> tuple[list[int], dict[str, np.ndarray]]:
    """For each plan the number of its arrays, and the arrays, those that are alike once."""
    every = _labels(plans)
    numbers: dict[bytes, int] = {}
    known: dict[int, int] = {}
    states: list[int] = []
    arrays: dict[str, np.ndarray] = {}
    for plan in plans:
        if id(plan.cells) not in known:
            depth = np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
            found = {"depth": depth} | nearest_arrays(plan)
            if "nearest" in found:  # numbers of all centres, not of those that are open
                own = [0, *(every.index(label) + 1 for label in _labels([plan]))]
                found["nearest"] = np.asarray(own, dtype=np.uint32)[found["nearest"]]
            key = b"".join(values.tobytes() for values in found.values())
            number = numbers.setdefault(key, len(numbers))
            arrays |= {f"{name}{number}": values for name, values in found.items()}
            known[id(plan.cells)] = number
        states.append(known[id(plan.cells)])
    return states, arrays


def _labels(plans: "tuple[Plan, ...] | list[Plan]") -> list[tuple[object, float, float]]:
    """Centres by id and place, each once: one that moves is two."""
    told: dict[tuple[object, float, float], None] = {}
    for area in {id(plan.area.facilities): plan.area for plan in plans}.values():
        points = area.facilities.geometry
        told |= dict.fromkeys(zip(area.facilities.index, points.x, points.y, strict=True))
    return list(told)


def _centres(
    plans: tuple[Plan, ...],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]], list[list[int]]]:
    """All centres with what is told of them, as they are measured, their circles, and which each plan has."""
    every = _labels(plans)
    told: dict[int, tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = {}
    has: dict[int, list[int]] = {}
    open_on = []
    for plan in plans:
        area, key = plan.area, id(plan.area.facilities)
        if key not in has:
            has[key] = [every.index(label) for label in _labels([plan])]
            rounds: list[Any] = [None] * len(has[key])
            if is_straight(plan):
                rounds = circles_of(area.facilities, area.standard.metres)
            parts = zip(centres_of(area), centres_to_measure(area), rounds, strict=True)
            told |= dict(zip(has[key], parts, strict=True))
        open_on.append(has[key])
    ordered = [told[n] for n in range(len(every))]
    return (
        [centre for centre, _, _ in ordered],
        [centre for _, centre, _ in ordered],
        [circle for _, _, circle in ordered if circle is not None],
        open_on,
    )
