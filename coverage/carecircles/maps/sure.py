"""How likely each cell is covered while positions are not known."""

from typing import Any

import folium
import numpy as np

from carecircles import comparison, report
from carecircles.maps.around import finished, legend_of, notes_of, of_plan
from carecircles.maps.centres import centre_layer
from carecircles.maps.drawing import (
    Drawing,
    corners_of,
    grid_data,
    in_degrees,
    require_language,
    short_name_of,
    told_of,
)
from carecircles.maps.layers import reference_layers
from carecircles.maps.tiles import BaseMap
from carecircles.robustness import Robustness
from carecircles.words import Text

_LABEL: Text = {"en": "Draws in which it is covered", "zh": "覆盖的抽样占比"}
_HEADING: Text = {"en": "How sure it is", "zh": "覆盖的把握"}
_CLASSES: tuple[Text, ...] = (
    {"en": "Covered in no draw", "zh": "各次抽样均未覆盖"},
    {"en": "in less than 5 % of them", "zh": "不足 5 % 的抽样覆盖"},
    {"en": "in 5 to 50 %", "zh": "5 % 至 50 % 的抽样覆盖"},
    {"en": "in 50 to 95 %", "zh": "50 % 至 95 % 的抽样覆盖"},
    {"en": "in 95 % or more", "zh": "95 % 以上的抽样覆盖"},
    {"en": "Covered in every draw", "zh": "各次抽样均覆盖"},
)


def sure_layer(found: Robustness, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by the share of the draws in which they are covered.

    Parameters
    ----------
    found
        From `robustness.measure`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan, robustness
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.sure_layer(robustness.measure(asis, robustness.draw(asis, draws=5, rng=1))).kind
    'sure'
    """
    plan, draws = found.plan, len(found.draws)
    group = comparison.headline(plan)
    times = np.round(found.probability.to_numpy() * draws).astype(np.uint32)
    data, bounds = grid_data(plan, {"times": times}, [group.column])
    data |= {"told": told_of(group), "draws": draws, "heading": _HEADING, "label": _LABEL}
    names = {"en": "Grid: how likely it is covered", "zh": "网格：覆盖概率"}
    return Drawing("sure", data, bounds=bounds, names=names, lang=lang, show=show)


def sure_map(
    found: Robustness,
    *,
    lang: str = "en",
    tiles: BaseMap | None = None,
    target: float | None = None,
) -> folium.Map:
    """
    How likely each cell is covered, with the interval of each street and which coordinates to find out first.

    Parameters
    ----------
    found
        From `robustness.measure`.
    lang, tiles
        As in `coverage_map`.
    target
        As in `robustness.of_district`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan, robustness
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> page = maps.sure_map(robustness.measure(asis, robustness.draw(asis, draws=5, rng=1)))
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    plan, frame = found.plan, report.sure_frame(found, target=target)
    outlines = in_degrees(plan.area.streets)
    columns = report.panel(report.SURE_PANEL, comparison.headline(plan))
    rows: list[dict[str, Any]] = [
        {
            "short_name": short_name_of(outlines.loc[code]),
            "bounds": corners_of(outlines.geometry[code].bounds),
            **{str(column["key"]): row[column["key"]] for column in columns[1:]},
        }
        for code, row in frame.astype(object).where(frame.notna(), None).iterrows()
    ]
    config = {
        "title": of_plan(plan, {"en": "how sure it is", "zh": "覆盖的把握"}),
        "summary": report.summary(plan),
        "legend": [
            *({"sign": "sure", "sure": n, "label": label} for n, label in enumerate(_CLASSES)),
            *[
                entry
                for entry in legend_of(plan)
                if entry["sign"] not in ("uncovered", "depth", "share", "circle")
            ],
        ],
        "table": {
            "title": {"en": "Streets, the one served worst first", "zh": "各街道，覆盖率低者在前"},
            "columns": columns,
            "rows": rows,
        },
        "notes": [
            *report.sure_notes(found, target=target)[:1],
            *report.sure_statements(found, target=target),
            *report.sure_notes(found, target=target)[1:],
            *notes_of(plan),
        ],
    }
    layers = [
        sure_layer(found, lang=lang),
        centre_layer(plan.area, lang=lang),
        *reference_layers(plan.area, tiles, lang),
    ]
    return finished(plan, layers, config, lang)
