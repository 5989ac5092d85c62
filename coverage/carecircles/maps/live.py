"""The map on which people plan."""

from collections.abc import Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import shapely

from carecircles import (
    comparison,
    io,
    reach,
    report,
    scenario,
    services,
)
from carecircles.area import StudyArea, is_neighbour, offered_in, offering
from carecircles.datum import SPELLINGS
from carecircles.errors import ValidationError
from carecircles.io import _checks, _matching
from carecircles.maps.around import (
    CENTRE_SIGNS,
    area_name,
    change_signs,
    finished,
    legend_of,
    notes_of,
    street_rows,
)
from carecircles.maps.drawing import (
    Drawing,
    bounds_of,
    centres_of,
    grid_data,
    in_degrees,
    measured_by,
    require_language,
    told_of,
)
from carecircles.maps.layers import reference_layers
from carecircles.maps.squares import GRID
from carecircles.maps.tiles import BaseMap
from carecircles.maps.walk import network_of, walk_data
from carecircles.people import within
from carecircles.plan import Plan, is_straight
from carecircles.robustness import Robustness
from carecircles.words import Sentence, Text

_PROJECTION_ERROR_M = 1e-6
_NO_INTERVAL: Text = {
    "en": "The shares this page counts are those of the positions as they stand, without an interval. Between what they lie "
    "while positions are assumed, carecircles whatif --sure says of a scenario that is saved here.",
    "zh": "本页的覆盖率按所标位置计算，不含区间。位置尚属假定时的区间，请保存方案后用 carecircles whatif --sure 查看。",
}


def whatif_map(
    plan: Plan,
    *,
    lang: str = "en",
    tiles: BaseMap | None = None,
    sure: Robustness | None = None,
) -> folium.Map:
    """
    A map on which people plan: add, drag and remove centres, change the radius, and see what follows.

    One page without a server or a network. Its figures are those of `evaluation` on the same cells,
    to the person; it writes and reads the scenario files of `scenario.read_scenario`.

    Parameters
    ----------
    plan
        The plan to start from, as in `coverage_map`.
    lang, tiles
        As in `coverage_map`.
    sure
        From `robustness.measure` of the plan: between what its share lies before anything is changed is told below.

    Raises
    ------
    ValidationError
        If the plan is measured neither in straight lines nor along a walking network: the page can
        measure nothing else.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> page = maps.whatif_map(asis)
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    require_language(lang)
    if plan.parts:
        told = (
            "a live map counts all centres or one service at a time, not a bundle; draw it without --live, or "
            "without --bundle and choose a service on the page."
        )
        zh = "规划地图只能计全部中心或单项服务，不能计服务组合；请去掉 --live，或去掉 --bundle 并在页面上选择服务。"
        raise ValidationError([Sentence(told, zh=zh)])
    if network_of(plan) is None and not is_straight(plan):
        way = reach.in_words(plan.reach)
        told = (
            f"a live map measures straight lines and walks along a network, but this plan goes {way['en']}; "
            "draw it without --live, or take what it cannot measure out (--stretch, --rests and rests in "
            "area.toml, --reach detour)."
        )
        zh = (
            f"规划地图按直线或沿步行路网量算，而本方案为：{way['zh']}；请去掉 --live 绘制普通地图，"
            "或去掉它无法量算的内容（--stretch、--rests 及 area.toml 中的 rests、--reach detour）。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    area, groups, first = plan.area, report.groups_of(plan), comparison.headline(plan)
    shown = {
        lang: f" ({text.strip('，, ')})" if text else "" for lang, text in report.when(area).items()
    }
    config = {
        "live": True,
        "title": {
            "en": f"{area_name(area)['en']}{shown['en']}: what if? Move, add and remove centres",
            "zh": f"{area_name(area)['zh']}{shown['zh']}：养老服务中心布局推演",
        },
        "subtitle": _measured(plan),
        "groups": {group.column: group.name for group in groups},
        "told": {group.column: told_of(group) for group in groups},
        "group": first.column,
        "legend": [*_signs(plan), *change_signs(), *_live_signs(plan)],
        "table": {
            "title": {"en": "By street", "zh": "按街道"},
            "columns": report.panel(
                report.LIVE_PANEL,
                first,
                keys=("all", "share", "net", "left"),  # what the page counts itself
            ),
            "rows": street_rows(area),
        },
    }
    drawn = [] if sure is None else report.sure_notes(sure)
    config["notes"] = [*drawn, _NO_INTERVAL, *notes_of(plan)]
    layers = [live_layer(plan, lang=lang), *reference_layers(area, tiles, lang)]
    return finished(plan, layers, config, lang, start="startLive")


def live_layer(plan: Plan, *, lang: str = "en") -> Drawing:
    """
    The grid's cells with all that the page needs to count people itself.

    Cells travel as one compressed array of streets, and one of weights for each way in which people
    do not live evenly over them. A polynomial fitted to the CRS leads from degrees to metres.

    Parameters
    ----------
    plan
        As in `whatif_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.live_layer(asis).kind
    'live'
    """
    area, groups = plan.area, comparison.groups_of(plan)
    data, bounds = grid_data(plan, {}, groups)
    middles = scenario.street_middles(area.streets)
    degrees = in_degrees(area.facilities)
    centres = [
        {
            **told,
            "services": list(row["services"]),
            "lon": round(degrees.geometry[label].x, scenario.DEGREE_DECIMALS),
            "lat": round(degrees.geometry[label].y, scenario.DEGREE_DECIMALS),
            "x": row["geometry"].x,
            "y": row["geometry"].y,
        }
        for told, (label, row) in zip(centres_of(area), area.facilities.iterrows(), strict=True)
    ]
    standard = area.standard
    data |= {
        "told": told_of(comparison.headline(plan)),
        "unit": plan.cost.unit,
        "by": measured_by(plan),
        "standard": {"metres": standard.metres, "minutes": standard.minutes},
        "centres": [],
        "projection": _projection(area),
        "outline": [
            np.round(ring.coords, 3).tolist()
            for polygon in shapely.get_parts(area.boundary.geometry.iloc[0])
            for ring in (polygon.exterior, *polygon.interiors)
        ],
        "rim_m": _matching.RIM_M,
        "walk": None if (network := network_of(plan)) is None else walk_data(plan, network),
        "codes": [str(code) for code in area.streets.index],
        "spellings": sorted(_matching.street_spellings(area.streets).items()),
        "world": {
            "centres": centres,
            "groups": groups,
            "parts": {  # a standard for a group says something about these
                group: [g.column for g in within(report.groups_of(plan), [group])]
                for group in groups
            },
            "middles": middles.set_axis(middles.index.astype(str)).to_dict("index"),
            "standard": {
                "metres": standard.metres,
                "minutes": standard.minutes,
                "group": standard.group,
            },
            "as_of": area.as_of.isoformat() if area.as_of else None,
            "year": area.year,
            "spelled": {
                "datums": SPELLINGS,
                "bases": io.spellings_of(io.BASES),
                "states": _plainly(io.STATES),
                "terms": _plainly(io.TERMS),
                "services": services.spellings(area.services),
            },
            "services": _countable(plan),
            "counting": area.counting.key if area.counting is not None else None,
        },
    }
    return Drawing("live", data, bounds=bounds, names=GRID, lang=lang)


def _countable(plan: Plan) -> list[dict[str, Any]]:
    """
    The services that the page can count alone, each with its own standard if it has one.

    Not those that somebody else walks to, nor farther than the page measures.
    """
    if plan.area.counting is not None:
        return []
    area, made = plan.area, []
    for key in offered_in(area):
        own = offering(area, key).standard
        if reach.for_walker(plan.reach, offering(area, key)) is not plan.reach:
            continue
        pace = None if own == area.standard else {"metres": own.metres, "minutes": own.minutes}
        made.append({"key": key, "own": pace})
    return made


def _plainly(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Words of ours by each of their spellings, as the page compares them."""
    return {_checks.plain(s): name for s, name in io.spellings_of(words).items()}


def _projection(area: StudyArea) -> dict[str, Any]:
    """
    Metres of the area's CRS as Chebyshev polynomials of degrees, right to a micrometre.

    Fitted on the district and a fifth of its width around it, on its neighbours too; the degree grows until the polynomial
    holds at points it was not fitted to.
    """
    west, south, east, north = bounds_of(area)
    margin = 0.2 * max(east - west, north - south) + 0.02
    bounds = [west - margin, south - margin, east + margin, north + margin]
    beyond = area.facilities[is_neighbour(area.facilities)]
    if len(beyond):
        farthest = in_degrees(beyond).total_bounds + np.array([-0.01, -0.01, 0.01, 0.01])
        bounds = [
            *np.minimum(bounds, farthest)[:2].tolist(),
            *np.maximum(bounds, farthest)[2:].tolist(),
        ]
    chebyshev = np.polynomial.chebyshev

    def sample(nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        u, v = (grid.ravel() for grid in np.meshgrid(nodes, nodes))
        lon = (bounds[0] + bounds[2] + u * (bounds[2] - bounds[0])) / 2
        lat = (bounds[1] + bounds[3] + v * (bounds[3] - bounds[1])) / 2
        places = gpd.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(area.crs)
        return u, v, np.column_stack([places.x, places.y])

    for degree in (6, 9, 12, 16):
        u, v, metres = sample(chebyshev.chebpts1(degree + 1))
        origin = metres.mean(axis=0)
        terms = chebyshev.chebvander2d(u, v, [degree, degree])
        fitted = np.linalg.lstsq(terms, metres - origin, rcond=None)[0]
        u, v, metres = sample(np.linspace(-0.97, 0.97, 23))
        terms = chebyshev.chebvander2d(u, v, [degree, degree])
        if np.abs(terms @ fitted + origin - metres).max() < _PROJECTION_ERROR_M:
            break
    return {
        "bounds": bounds,
        "degree": degree,
        "x0": float(origin[0]),
        "y0": float(origin[1]),
        "x": fitted[:, 0].tolist(),
        "y": fitted[:, 1].tolist(),
    }


def _measured(plan: Plan) -> Text:
    """How the page measures."""
    by = reach.in_words(plan.reach)
    if is_straight(plan):
        return {
            "en": f"{by['en'][0].upper()}{by['en'][1:]}, the limit included.",
            "zh": f"按{by['zh']}距离，含界限。",
        }
    return {
        "en": f"{by['en'][0].upper()}{by['en'][1:]}, the limit included; the circle beside it is what a "
        "straight line claims.",
        "zh": f"{by['zh']}量算，含界限；旁边的圆圈为直线距离所称的范围。",
    }


def _signs(plan: Plan) -> list[dict[str, Any]]:
    """The signs of a coverage map; that it has no circles is not said, as this one shows some."""
    return [entry for entry in legend_of(plan, radius=False) if entry["sign"] != "none"]


def _live_signs(plan: Plan) -> list[dict[str, Any]]:
    changed = [
        {"sign": "changed", "change": change, "label": text}
        for change, text in CENTRE_SIGNS.items()
    ]
    if is_straight(plan):
        return changed
    claims = [claim for claim in _CLAIMS if claim != "walk" or plan.cost.unit == "min"]
    return [
        *({"sign": "claim", "claim": claim, "label": _CLAIMS[claim]} for claim in claims),
        {
            "sign": "reached",
            "label": {"en": "What a centre reaches on foot", "zh": "中心步行可达的范围"},
        },
        {
            "sign": "claimed",
            "label": {
                "en": "Circle of the same standard, in a straight line",
                "zh": "同一标准的直线圆圈",
            },
        },
        *changed,
    ]


_CLAIMS: dict[str, Text] = {
    "both": {"en": "Within a circle and reached on foot", "zh": "圆圈之内，步行可达"},
    "circle": {"en": "Within a circle, not reached on foot", "zh": "圆圈之内，步行不可达"},
    "walk": {"en": "Reached on foot from beyond the circles", "zh": "圆圈之外，步行可达"},
    "neither": {"en": "Within no circle, not reached on foot", "zh": "圆圈之外，步行不可达"},
}
