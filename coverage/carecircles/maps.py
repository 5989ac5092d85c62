"""
Maps: one folium layer per function, and `coverage_map` that puts them together.

Layers take their data as JSON that our own script draws; names reach the page as text, never as
HTML. Longitude and latitude appear only here, in `io` and in `datum`.
"""

import base64
import math
import os
import re
import zlib
from collections.abc import Sequence
from typing import cast
from urllib.parse import quote, urlsplit

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from folium.elements import JSCSSMixin
from folium.map import Layer, LayerControl
from folium.template import Template

from carecircles import (
    _matching,
    _validate,
    catchments,
    comparison,
    evaluation,
    gaps,
    grid,
    io,
    report,
    scenario,
)
from carecircles._validate import Text
from carecircles.area import StudyArea
from carecircles.comparison import Change
from carecircles.datum import SPELLINGS
from carecircles.errors import ValidationError
from carecircles.figure import Page, escape, to_json
from carecircles.plan import Plan

_DECIMALS = 6  # of a degree: 0.1 m
_LATTICE = 16
_PROJECTION_ERROR_M = 1e-6
_COVERAGE = {"en": "Coverage", "zh": "覆盖"}
_REFERENCE = {"en": "Orientation", "zh": "参照"}
_LAYERS: dict[str, Text] = {
    "tiles": {"en": "Base map (network)", "zh": "底图（需联网）"},
    "grid": {"en": "Grid: centres within reach", "zh": "网格：可达中心数"},
    "change": {"en": "Grid: what changes", "zh": "网格：变化"},
    "gain": {"en": "Grid: what a new centre gains", "zh": "网格：新开中心的收益"},
    "losses": {"en": "What closing a centre loses", "zh": "关闭中心的损失"},
    "streets": {"en": "Streets: share of 60+ covered", "zh": "街道：60+覆盖率"},
    "zones": {"en": "Uncovered zones", "zh": "未覆盖区"},
    "circles": {"en": "Care circles", "zh": "养老服务圈"},
    "centres": {"en": "Centres", "zh": "养老服务中心"},
    "borders": {"en": "Street borders and names", "zh": "街道边界与名称"},
    "places": {"en": "Stations and other places", "zh": "车站等地点"},
}
_GROUPS = [
    (_COVERAGE, ("grid", "change", "gain", "streets", "zones", "circles", "centres", "losses")),
    (_REFERENCE, ("borders", "places", "tiles")),
]
_WEB_TILES: dict[str, dict] = {
    "openstreetmap": {
        "url": "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "datum": "wgs84",
        "attribution": "© OpenStreetMap contributors",
    },
    "carto": {
        "url": "https://{s}.basemaps.cartocdn.com/light_all/{z}/{x}/{y}.png",
        "subdomains": "abcd",
        "datum": "wgs84",
        "attribution": "© OpenStreetMap contributors © CARTO",
    },
    "esri": {
        "url": "https://server.arcgisonline.com/ArcGIS/rest/services/World_Street_Map/MapServer/tile/{z}/{y}/{x}",
        "datum": "wgs84",
        "attribution": "Tiles © Esri; sources: Esri, HERE, Garmin, USGS, NGA and others",
    },
    "tianditu": {
        "url": "https://t{s}.tianditu.gov.cn/DataServer?T=vec_w&x={x}&y={y}&l={z}&tk={key}",
        "subdomains": "01234567",
        "datum": "cgcs2000",
        "attribution": "天地图 Tianditu, National Platform for Common Geospatial Information Services",
        "max_zoom": 18,
        "key": "TIANDITU_KEY",
    },
    "gaode": {
        "url": "https://webrd0{s}.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}",
        "subdomains": "1234",
        "datum": "gcj02",
        "attribution": "© 高德地图 AutoNavi",
        "max_zoom": 18,
    },
    "tencent": {
        "url": "https://rt{s}.map.gtimg.com/tile?z={z}&x={x}&y={-y}&type=vector&styleid=3",
        "subdomains": "0123",
        "datum": "gcj02",
        "attribution": "© 腾讯地图 Tencent",
        "max_zoom": 18,
    },
    "baidu": {
        "url": "https://maponline{s}.bdimg.com/tile/?qt=vtile&x={x}&y={y}&z={z}&styles=pl&scaler=1",
        "subdomains": "0123",
        "datum": "bd09",
        "attribution": "© 百度地图 Baidu",
        "max_zoom": 17,
        "scheme": "baidu",
    },
}
BASE_MAPS = tuple(_WEB_TILES)
_ASSETS: dict[str, list[tuple[str, str]]] = {
    "default_js": [("carecircles", "carecircles:map.js")],
    "default_css": [("carecircles_css", "carecircles:map.css")],
}


class Drawing(JSCSSMixin, Layer):
    """
    A folium layer that our script draws from `data`.

    Attributes
    ----------
    kind
        Name of the drawing function in `static/map.js`.
    data
        What it draws, as a JSON value.
    """

    default_js = _ASSETS["default_js"]
    default_css = _ASSETS["default_css"]
    _template = Template("""
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = carecircles.{{ this.kind }}({{ this.json }});
        {% endmacro %}
    """)

    def __init__(
        self, kind: str, data: object, *, bounds: Sequence[float], name: str, show: bool
    ) -> None:
        super().__init__(name=escape(name), overlay=True, show=show)
        self.image_hosts: tuple[str, ...] = ()
        self._name = kind.capitalize()
        self.kind = kind
        self.data = data
        self._bounds = bounds

    @property
    def json(self) -> str:
        return to_json(self.data)

    def _get_self_bounds(self) -> list[list[float | None]]:
        left, bottom, right, top = self._bounds
        return [[bottom, left], [top, right]]


class _LiveDrawing(Drawing):
    """A drawing that can be changed; its page also has the scripts for that."""

    default_js = [  # noqa: RUF012  (folium reads it from the class)
        *_ASSETS["default_js"],
        ("carecircles_toml", "carecircles:toml.js"),
        ("carecircles_scenario", "carecircles:scenario.js"),
        ("carecircles_live", "carecircles:live.js"),
    ]


class _Panes(JSCSSMixin, folium.MacroElement):
    """Makes the panes the layers are drawn in; comes before them."""

    default_js = _ASSETS["default_js"]
    default_css = _ASSETS["default_css"]
    _template = Template("""
        {% macro script(this, kwargs) %}
        carecircles.makePanes({{ this._parent.get_name() }});
        {% endmacro %}
    """)


class _Surroundings(folium.MacroElement):
    """Title, legend, tables and switches around one map or several; comes after the layers."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        carecircles.{{ this.kind }}({{ this.maps | tojavascript }}, {{ this.json }});
        {% endmacro %}
    """)

    def __init__(self, kind: str, maps: folium.Map | list[folium.Map], config: dict) -> None:
        super().__init__()
        self._name = "Surroundings"
        self.kind = kind
        self.maps = maps
        self.config = config

    @property
    def json(self) -> str:
        return to_json(self.config)


def coverage_map(
    plan: Plan,
    zones: gpd.GeoDataFrame | None = None,
    *,
    lang: str = "en",
    tiles: Drawing | None = None,
) -> folium.Map:
    """
    The coverage of a plan as a folium map that opens without a network.

    Parameters
    ----------
    plan
        From `plan.evaluate`.
    zones
        From `gaps.uncovered_zones`; made from the plan's cells if None.
    lang
        Language the page opens in, 'en' or 'zh'; the reader can switch.
    tiles
        A base map from `tile_layer`. With one the page asks the network for images, and for
        nothing else; without, for nothing at all.

    Returns
    -------
    map
        `map.save(path)` writes one self-contained file; a notebook shows it inline.
    """
    _require_language(lang)
    config = {
        "title": title(plan.area),
        "summary": report.summary(plan),
        "legend": _legend(plan.area),
        "table": _coverage_table(plan),
    }
    return _finished(plan, _coverage_layers(plan, zones, tiles, lang), config, lang)


def change_map(change: Change, *, lang: str = "en", tiles: Drawing | None = None) -> folium.Map:
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
    """
    _require_language(lang)
    before, after = change.before, change.after
    group = report.headline_group(before, after)
    config = {
        "title": change_title(before, after),
        "subtitle": _standards(before, after),
        "summary": report.change_summary(change),
        "legend": _change_legend(change),
        "table": _change_table(change, group),
        "notes": [*report.change_notes(change), *_notes(after)],
        "swipe": True,
    }
    layers = [
        change_layer(change, lang=lang),
        _changed_circles(change, lang=lang),
        _changed_centres(change, lang=lang),
        *_reference_layers(after.area, tiles, lang),
    ]
    return _finished(after, layers, config, lang)


def whatif_map(plan: Plan, *, lang: str = "en", tiles: Drawing | None = None) -> folium.Map:
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
    """
    _require_language(lang)
    area, groups = plan.area, comparison.groups_of(plan)
    day = f" ({area.as_of})" if area.as_of else ""
    config = {
        "live": True,
        "title": {
            "en": f"{_area_name(area)['en']}{day}: what if? Move, add and remove centres",
            "zh": f"{_area_name(area)['zh']}{day}：养老服务中心布局推演",
        },
        "subtitle": {
            "en": "In a straight line, the limit included. What is assumed of the plan as it is:",
            "zh": "按直线距离，含界限。现状方案的假定：",
        },
        "groups": {group: report.GROUPS[group] for group in groups},
        "group": report.headline_group(plan),
        "legend": [*_legend(area, radius=False), *_change_signs(), *_live_signs()],
        "table": {
            "title": {"en": "By street", "zh": "按街道"},
            "columns": [
                {"label": {"en": "Street", "zh": "街道"}},
                {"key": "all", "label": {"en": "60+", "zh": "60+"}, "format": "count"},
                {"key": "share", "label": {"en": "covered", "zh": "覆盖率"}, "format": "share"},
                {"key": "net", "label": {"en": "net", "zh": "净变化"}, "format": "signed"},
                {"key": "left", "label": {"en": "left", "zh": "未覆盖"}, "format": "count"},
            ],
            "rows": _street_rows(area),
        },
    }
    layers = [live_layer(plan, lang=lang), *_reference_layers(area, tiles, lang)]
    return _finished(plan, layers, config, lang, start="startLive")


def closing_map(
    plan: Plan, losses: pd.DataFrame, *, lang: str = "en", tiles: Drawing | None = None
) -> folium.Map:
    """
    Which centre would be missed most: the people lost by closing each, as circles on the coverage map.

    Parameters
    ----------
    plan
        From `plan.evaluate`.
    losses
        From `marginal.close_each`.
    lang, tiles
        As in `coverage_map`.
    """
    _require_language(lang)
    frame = report.losses_frame(plan, losses)
    group = report.headline_group(plan)
    places = _degrees(frame)
    lost, backup = f"lost_{group}", f"backup_lost_{group}"
    labels = {
        lost: report.of_group({"en": "{} lost", "zh": "{}失去覆盖"}, group),
        backup: report.of_group({"en": "{} losing their backup", "zh": "{}失去两处以上"}, group),
    }
    centres = [
        {
            "name": report.name_of(row),
            "lat": round(row["geometry"].y, _DECIMALS),
            "lon": round(row["geometry"].x, _DECIMALS),
            "people": row[lost],
            "figures": [[label, row[column]] for column, label in labels.items()],
        }
        for row in places.to_dict("records")
    ]
    rows = [
        {
            "short_name": report.name_of(row),
            "bounds": _corners(row["geometry"].buffer(0.006).bounds),
            **{column: row[column] for column in labels},
        }
        for row in places.to_dict("records")
    ]
    columns = [
        {"label": {"en": "Centre closed", "zh": "关闭的中心"}},
        *({"label": label, "key": column, "format": "count"} for column, label in labels.items()),
    ]
    config = {
        "summary": report.summary(plan),
        "title": _of_plan(
            plan, {"en": "what closing each centre would lose", "zh": "逐个关闭中心的损失"}
        ),
        "legend": [
            {
                "sign": "loss",
                "label": labels[lost]
                | {"en": labels[lost]["en"] + ", by closing this centre alone"},
            },
            *_legend(plan.area),
        ],
        "table": {
            "title": {"en": "The centres missed most first", "zh": "按损失排序"},
            "columns": columns,
            "rows": rows,
        },
    }
    layers = [
        grid_layer(plan, lang=lang),
        circle_layer(plan.area, lang=lang),
        Drawing(
            "losses",
            {"centres": centres},
            bounds=_bounds(plan.area),
            name=_LAYERS["losses"][lang],
            show=True,
        ),
        *_reference_layers(plan.area, tiles, lang),
    ]
    return _finished(plan, layers, config, lang)


def gain_map(
    plan: Plan, gains: pd.DataFrame, *, lang: str = "en", tiles: Drawing | None = None
) -> folium.Map:
    """
    What a new centre would gain wherever it stood, as a surface over the cells.

    Parameters
    ----------
    plan
        From `plan.evaluate`.
    gains
        From `marginal.open_everywhere`.
    lang, tiles
        As in `coverage_map`.
    """
    _require_language(lang)
    group = report.headline_group(plan)
    label = report.of_group({"en": "{} gained", "zh": "新增覆盖{}"}, group)
    people = gains[f"gained_{group}"]
    classes = _classes(float(people.max()) if len(people) else 0.0)
    best = report.best_places(plan, gains)
    points = gpd.GeoSeries.from_xy(best["x"], best["y"], crs=plan.area.crs).buffer(500).to_crs(4326)
    rows = [
        {
            "short_name": _short_name(plan.area.streets.loc[code]),
            "bounds": _corners(point.bounds),
            "people": figure,
        }
        for code, figure, point in zip(best["street"], best[f"gained_{group}"], points, strict=True)
    ]
    edges = [*classes, None]
    config = {
        "summary": report.summary(plan),
        "title": _of_plan(plan, {"en": "what a new centre would gain", "zh": "新开中心的收益"}),
        "legend": [
            {"sign": "gain", "gain": 0, "label": _range(label, 0, classes[0])},
            *(
                {"sign": "gain", "gain": n + 1, "label": _range(label, least, edges[n + 1])}
                for n, least in enumerate(classes)
            ),
            *[
                entry
                for entry in _legend(plan.area)
                if entry["sign"] not in ("uncovered", "depth", "share")
            ],
        ],
        "table": {
            "title": {"en": "The best place in each street", "zh": "各街道最佳位置"},
            "columns": [
                {"label": {"en": "Street", "zh": "街道"}},
                {"label": label, "key": "people", "format": "count"},
            ],
            "rows": rows,
        },
        "notes": [report.GAIN_NOTE, *_notes(plan)],
    }
    layers = [
        gain_layer(plan, gains, lang=lang),
        circle_layer(plan.area, lang=lang),
        centre_layer(plan.area, lang=lang),
        *_reference_layers(plan.area, tiles, lang),
    ]
    return _finished(plan, layers, config, lang)


def comparison_map(
    plans: Sequence[Plan],
    *,
    title: str = "",
    lang: str = "en",
    tiles: Drawing | None = None,
) -> Page:
    """
    Two or more coverage maps side by side that move together.

    Parameters
    ----------
    plans
        A map each, under the plan's name.
    title, lang, tiles
        Title of the page; the others as in `coverage_map`.

    Returns
    -------
    page
        `page.save(path)` writes one self-contained file; a notebook shows it inline.

    Raises
    ------
    ValueError
        If there are fewer than two plans.
    """
    _require_language(lang)
    if len(plans) < 2:
        raise ValueError(f"there are {len(plans)} plans, expected two or more")
    names = [report.plan_name(plan) for plan in plans]
    heading: Text = {
        lang: title or " / ".join(name[lang] for name in names) for lang in report.LANGUAGES
    }
    bounds = [_bounds(plan.area) for plan in plans]
    around = [*np.min(bounds, axis=0)[:2].tolist(), *np.max(bounds, axis=0)[2:].tolist()]
    maps: list[folium.Map] = []
    for plan in plans:
        m = _new_map(around, title=report.say(heading, lang), lang=lang)
        if maps:
            maps[0].get_root().add_child(m)
        for layer in _coverage_layers(plan, None, tiles, lang):
            m.add_child(layer)
        m.add_child(LayerControl(collapsed=True))
        maps.append(m)
    assumed, remarks = report.league_notes(plans)
    config = {
        "lang": lang,
        "bounds": _corners(around),
        "title": heading,
        "legend": _legend(plans[0].area, radius=False),
        "subtitle": "",
        "assumptions": _headline(assumed),
        "remarks": remarks,
        "layers": _layer_groups(),
        "maps": [
            {
                "title": name,
                "subtitle": report.standard_note(plan),
                "summary": report.summary(plan)[:4],
            }
            for plan, name in zip(plans, names, strict=True)
        ],
    }
    m.add_child(_Surroundings("compare", maps, config))
    return cast(Page, m.get_root())


def empty_map(bounds: Sequence[float], *, title: str = "", lang: str = "en") -> folium.Map:
    """
    A folium map with nothing on it yet, on a page that needs no network.

    Add layers of this module or of folium to it, or let geopandas draw: `frame.explore(m=...)`.

    Parameters
    ----------
    bounds
        West, south, east, north in degrees.
    title, lang
        Title and language of the page.
    """
    m = _new_map(bounds, title=title, lang=lang)
    west, south, east, north = (float(b) for b in bounds)
    m.fit_bounds([[south, west], [north, east]])
    return m


def _finished(
    plan: Plan,
    layers: list[Drawing],
    config: dict,
    lang: str,
    *,
    start: str = "start",
) -> folium.Map:
    """A map with its layers and what stands around it: what every map says of its plan, and `config`."""
    config = _heading(plan, lang) | config
    m = _new_map(_bounds(plan.area), title=report.say(config["title"], lang), lang=lang)
    for layer in layers:
        m.add_child(layer)
    m.add_child(LayerControl(collapsed=True))
    m.add_child(_Surroundings(start, m, config))
    return m


def _new_map(bounds: Sequence[float], *, title: str, lang: str) -> folium.Map:
    """A map on a page of its own that shows no place yet."""
    west, south, east, north = (float(b) for b in bounds)
    m = folium.Map(location=[(south + north) / 2, (west + east) / 2], tiles=None, zoom_snap=0.25)
    m.options["max_zoom"] = 20
    Page(title=title, lang="zh-CN" if lang == "zh" else lang).add_child(m)
    m.add_child(_Panes())
    return m


def tile_layer(
    base_map: str,
    *,
    datum: str | None = None,
    attribution: str = "",
    lang: str = "en",
) -> Drawing:
    """
    A base map from the network, put where it belongs although its datum may be another.

    Parameters
    ----------
    base_map
        One of `BASE_MAPS`, or the address of tiles with `{z}`, `{x}` and `{y}` in it. Tianditu asks
        for a key in the environment variable TIANDITU_KEY; it will stand in the page.
    datum
        Datum of the tiles, one of `datum.DATUMS`; needed for an address.
    attribution
        Whom the provider wants to be named; shown as plain text.

    Raises
    ------
    ValidationError
        If the name is not known, an address comes without its datum, or a key is missing.
    """
    known = _WEB_TILES.get(base_map.casefold())
    given = {"url": base_map, "datum": datum, "attribution": attribution}
    provider = dict(known or given)
    problems = _tile_problems(base_map, datum, is_known=known is not None)
    if "key" in provider:
        key = os.environ.get(provider["key"], "")
        provider["url"] = provider["url"].replace("{key}", quote(key))
        if not key:
            problems.append(
                f"{base_map} wants a key: set the environment variable {provider['key']}."
            )
    if problems:
        raise ValidationError(problems)
    subdomains = list(provider.get("subdomains", ""))
    data = {
        "url": provider["url"],
        "subdomains": subdomains,
        "datum": provider["datum"],
        "attribution": provider["attribution"],
        "max_zoom": provider.get("max_zoom", 19),
        "scheme": provider.get("scheme", "xyz"),
    }
    layer = Drawing(
        "tiles", data, bounds=(-180, -85, 180, 85), name=_LAYERS["tiles"][lang], show=True
    )
    host = urlsplit(provider["url"])
    origins = [f"{host.scheme}://{host.netloc}".replace("{s}", s) for s in subdomains or [""]]
    layer.image_hosts = tuple(origins)
    return layer


def _tile_problems(base_map: str, datum: str | None, *, is_known: bool) -> list[str]:
    if is_known:
        return [f"{base_map} has its own datum; leave --tiles-datum out."] if datum else []
    host = urlsplit(base_map)
    is_address = host.scheme in ("http", "https") and re.fullmatch(r"[\w.{}:\[\]-]+", host.netloc)
    if not is_address or not all(mark in base_map for mark in ("{z}", "{x}")):
        return [
            f"tiles are {base_map!r}, expected one of {', '.join(BASE_MAPS)} "
            "or an address such as 'https://example.org/{z}/{x}/{y}.png'."
        ]
    if datum is None:
        return [f"tiles at {base_map} come without a datum; say --tiles-datum wgs84 or gcj02."]
    if datum == "bd09":
        return ["tiles in BD-09 lie on Baidu's own tiling; use the name 'baidu'."]
    return []


def _require_language(lang: str) -> None:
    if lang not in report.LANGUAGES:
        raise ValueError(f"lang is {lang!r}, expected one of {', '.join(report.LANGUAGES)}")


def _coverage_layers(
    plan: Plan,
    zones: gpd.GeoDataFrame | None,
    tiles: Drawing | None,
    lang: str,
) -> list[Drawing]:
    area, parts = plan.area, None
    if zones is None:
        zones = gaps.uncovered_zones(plan.cells, cutoff=plan.cost.cutoff)
        parts = gaps.by_street(plan.cells)
    return [
        grid_layer(plan, lang=lang),
        street_layer(plan, lang=lang),
        zone_layer(area, zones, parts, lang=lang),
        circle_layer(area, lang=lang),
        centre_layer(area, lang=lang),
        *_reference_layers(area, tiles, lang),
    ]


def _reference_layers(area: StudyArea, tiles: Drawing | None, lang: str) -> list[Drawing]:
    """What helps to find one's way on every map."""
    return [
        border_layer(area, lang=lang),
        *([place_layer(area, lang=lang)] if area.places is not None else []),
        *([_again(tiles)] if tiles is not None else []),
    ]


def _again(layer: Drawing) -> Drawing:
    """The same layer for another map: an element of folium's belongs to one."""
    west, south, east, north = layer._bounds
    again = Drawing(
        layer.kind, layer.data, bounds=(west, south, east, north), name="", show=layer.show
    )
    again.layer_name, again.image_hosts = layer.layer_name, layer.image_hosts
    return again


def grid_layer(plan: Plan, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by depth (number of centres within reach), uncovered ones hatched.

    Cells travel as two compressed arrays, street and depth, and are painted on one canvas. Pointing
    at a cell names its street, its depth and its nearest centre with the distance.

    Parameters
    ----------
    plan
        As in `coverage_map`.
    """
    area = plan.area
    depth = np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
    data, bounds = _grid_data(plan, {"depth": depth})
    data |= {
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "centres": _centres_to_measure(area),
    }
    return Drawing("grid", data, bounds=bounds, name=_LAYERS["grid"][lang], show=show)


def change_layer(change: Change, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by what changes from one plan to another.

    Parameters
    ----------
    change
        From `comparison.compare`.
    """
    before, after = change.before, change.after
    depths = {
        when: np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
        for when, plan in (("before", before), ("after", after))
    }
    data, bounds = _grid_data(after, depths)
    data["centres"] = [_centres_to_measure(plan.area) for plan in (before, after)]
    return Drawing("change", data, bounds=bounds, name=_LAYERS["change"][lang], show=show)


def gain_layer(plan: Plan, gains: pd.DataFrame, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by what a new centre there would gain.

    Parameters
    ----------
    plan, gains
        As in `gain_map`.
    """
    group = report.headline_group(plan)
    people = gains[f"gained_{group}"].to_numpy()
    data, bounds = _grid_data(plan, {"gain": np.round(people).astype(np.uint32)})
    data |= {
        "classes": _classes(float(people.max(initial=0.0))),
        "label": report.of_group({"en": "{} gained", "zh": "新增覆盖{}"}, group),
    }
    return Drawing("gain", data, bounds=bounds, name=_LAYERS["gain"][lang], show=show)


def live_layer(plan: Plan, *, lang: str = "en") -> Drawing:
    """
    The grid's cells with all that the page needs to count people itself.

    Cells travel as one compressed array of kinds; a kind is a street with the people of each group
    in one of its cells. A polynomial fitted to the CRS leads from degrees to metres.

    Parameters
    ----------
    plan
        As in `whatif_map`.
    """
    area, cells, groups = plan.area, plan.cells, comparison.groups_of(plan)
    codes = cells["street"].cat.codes.to_numpy()
    kinds, kind = np.unique(
        np.column_stack([codes, cells[groups].to_numpy(dtype=float)]), axis=0, return_inverse=True
    )
    data, bounds = _grid_data(plan, {"kind": (kind.ravel() + 1).astype(np.uint32)})
    del data["arrays"]["street"]  # it follows from the kind
    middles = scenario.street_middles(area.streets)
    degrees = _degrees(area.facilities)
    centres = [
        {
            **told,
            "services": _services(row),
            "lon": round(degrees.geometry[label].x, scenario.DEGREE_DECIMALS),
            "lat": round(degrees.geometry[label].y, scenario.DEGREE_DECIMALS),
            "x": row["geometry"].x,
            "y": row["geometry"].y,
        }
        for told, (label, row) in zip(_centres(area), area.facilities.iterrows(), strict=True)
    ]
    standard = area.standard
    data |= {
        "standard": {"metres": standard.metres, "minutes": standard.minutes},
        "kinds": {
            "street": kinds[:, 0].astype(int).tolist(),
            "people": {group: kinds[:, n + 1].tolist() for n, group in enumerate(groups)},
        },
        "centres": [],
        "projection": _projection(area),
        "outline": [
            np.round(ring.coords, 3).tolist()
            for polygon in shapely.get_parts(area.boundary.geometry.iloc[0])
            for ring in (polygon.exterior, *polygon.interiors)
        ],
        "rim_m": _matching.RIM_M,
        "codes": [str(code) for code in area.streets.index],
        "spellings": sorted(_matching.street_spellings(area.streets).items()),
        "world": {
            "centres": centres,
            "groups": groups,
            "middles": middles.set_axis(middles.index.astype(str)).to_dict("index"),
            "standard": {
                "metres": standard.metres,
                "minutes": standard.minutes,
                "group": standard.group,
            },
            "as_of": area.as_of.isoformat() if area.as_of else None,
            "spelled": {
                "datums": SPELLINGS,
                "bases": io.spellings_of(io.BASES),
                "services": {
                    _validate.plain(s): name for s, name in io.spellings_of(io.SERVICES).items()
                },
            },
        },
    }
    return _LiveDrawing("live", data, bounds=bounds, name=_LAYERS["grid"][lang], show=True)


def _projection(area: StudyArea) -> dict:
    """
    Metres of the area's CRS as Chebyshev polynomials of degrees, right to a micrometre.

    Fitted on the district and a fifth of its width around it; the degree grows until the polynomial
    holds at points it was not fitted to.
    """
    west, south, east, north = _bounds(area)
    margin = 0.2 * max(east - west, north - south) + 0.02
    bounds = [west - margin, south - margin, east + margin, north + margin]
    to_metres = pyproj.Transformer.from_crs(4326, area.crs, always_xy=True)
    chebyshev = np.polynomial.chebyshev

    def sample(nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        u, v = (grid.ravel() for grid in np.meshgrid(nodes, nodes))
        lon = (bounds[0] + bounds[2] + u * (bounds[2] - bounds[0])) / 2
        lat = (bounds[1] + bounds[3] + v * (bounds[3] - bounds[1])) / 2
        return u, v, np.column_stack(to_metres.transform(lon, lat))

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


def _classes(most: float) -> list[float]:
    """Where the classes of a gain begin: at one person, then in four round steps up to the largest."""
    if most <= 1:
        return [1.0]
    magnitude = 10.0 ** math.floor(math.log10(max(most / 4, 1)))
    step = max(m * magnitude for m in (1, 2, 3, 4, 5, 6, 8) if m == 1 or m * magnitude <= most / 4)
    return [1.0, *(step * n for n in range(1, 5) if 1 < step * n <= most)]


def _range(label: Text, least: float, beyond: float | None) -> Text:
    """A class of people in words."""
    if beyond is None:
        figures = f"{least:,.0f}+"
    elif beyond <= 1:
        figures = "0"
    else:
        figures = f"{least:,.0f}–{beyond - 1:,.0f}" if beyond > least + 1 else f"{least:,.0f}"
    return {lang: f"{text}: {figures}" for lang, text in label.items()}


def _grid_data(plan: Plan, arrays: dict[str, np.ndarray]) -> tuple[dict, list[float]]:
    """What every grid layer needs, with values of the cells as compressed arrays; and its bounds."""
    area, cells = plan.area, plan.cells
    codes = cells["street"].cat.codes.to_numpy()
    arrays = {"street": (codes + 1).astype(np.uint16)} | arrays
    rasters = {name: grid.raster(cells, values, fill=0) for name, values in arrays.items()}
    lattice = grid.lattice_of(cells)
    rows, cols, side, x0, y0 = lattice.rows, lattice.cols, lattice.cell, lattice.x0, lattice.y0
    corners = gpd.GeoSeries([shapely.box(x0, y0, x0 + cols * side, y0 + rows * side)], crs=area.crs)
    corners = corners.segmentize(max(rows, cols) * side / _LATTICE).to_crs(4326)
    per_cell = cells.groupby("street", observed=False)["people_60"].mean().fillna(0.0)
    data = {
        "rows": rows,
        "cols": cols,
        "cell": side,
        "x0": x0,
        "y0": y0,
        "lattice": _lattice(corners.total_bounds, area.crs, x0, y0, side),
        "arrays": {name: _packed(values) for name, values in rasters.items()},
        "streets": [
            {
                "name": report.name_of(area.streets.loc[code]),
                "people_60_a_cell": round(float(people), 4),
            }
            for code, people in per_cell.items()
        ],
    }
    return data, corners.total_bounds.tolist()


def _centres_to_measure(area: StudyArea) -> list[dict]:
    """Centres with their metres, for the distances the page tells."""
    return [
        {
            "name": report.name_of(row),
            "x": row.geometry.x,
            "y": row.geometry.y,
            "services": _services(row),
            "services_basis": row["services_basis"],
            "basis": row["basis"],
        }
        for _, row in area.facilities.iterrows()
    ]


def street_layer(plan: Plan, *, lang: str = "en", show: bool = False) -> Drawing:
    """
    Streets filled by the share of people aged 60 and more who are covered.

    Parameters
    ----------
    plan
        As in `coverage_map`.
    """
    outlines = _degrees(plan.area.streets)
    coverage = evaluation.by_street(plan.cells).astype(object)
    coverage = coverage.where(coverage.notna(), None)
    data = [
        {
            "name": report.name_of(outlines.loc[code]),
            **{key: row[key] for key in _STREET_FIGURES},
            "geometry": _geometry(outlines.geometry[code]),
        }
        for code, row in coverage.iterrows()
    ]
    return Drawing(
        "streets", data, bounds=outlines.total_bounds, name=_LAYERS["streets"][lang], show=show
    )


_STREET_FIGURES = (
    "people_60",
    "covered_people_60_share",
    "backup_people_60_share",
    "uncovered_people_60",
    "mean_distance_m",
)


def border_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """Street borders with their names, and the district's boundary; schematic borders are dashed."""
    outlines = _degrees(area.streets)
    labels = gpd.GeoSeries(area.streets.representative_point(), crs=area.crs).to_crs(4326)
    data = {
        "boundary": _geometry(_degrees(area.boundary).geometry.iloc[0]),
        "schematic": bool((area.streets["basis"] == "schematic").any()),
        "streets": [
            {
                "name": report.name_of(row),
                "short_name": _short_name(row),
                "label_at": [round(labels[code].y, _DECIMALS), round(labels[code].x, _DECIMALS)],
                "bounds": _corners(row.geometry.bounds),
            }
            for code, row in outlines.iterrows()
        ],
        "lines": _geometry(shapely.line_merge(shapely.union_all(outlines.boundary.to_numpy()))),
    }
    return Drawing(
        "borders", data, bounds=outlines.total_bounds, name=_LAYERS["borders"][lang], show=show
    )


def circle_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """Care circles of the standard's metres around the centres."""
    data = _circles(area.facilities, area.standard.metres)
    return Drawing("circles", data, bounds=_bounds(area), name=_LAYERS["circles"][lang], show=show)


def _circles(facilities: gpd.GeoDataFrame, metres: float) -> list[dict]:
    """The care circles as ellipses in degrees."""
    bounds = _degrees(catchments.circles(facilities, cutoff=metres)).bounds
    return [
        {
            "lon": round((b.minx + b.maxx) / 2, 7),
            "lat": round((b.miny + b.maxy) / 2, 7),
            "half_lon": round((b.maxx - b.minx) / 2, 8),
            "half_lat": round((b.maxy - b.miny) / 2, 8),
        }
        for b in bounds.itertuples()
    ]


def _changed_circles(change: Change, *, lang: str) -> Drawing:
    """Care circles of both plans: those that stay, those that are new and those that go."""
    was, now = change.before.area, change.after.area
    centres = change.centres["change"]
    placed = centres.index[centres.isin(["opened", "closed", "moved"])]
    is_other = was.standard.metres != now.standard.metres
    gone = was.facilities[was.facilities.index.isin(placed) | is_other]
    new = now.facilities.index.isin(placed) | is_other
    circles = [
        *({**c, "change": "gone"} for c in _circles(gone, was.standard.metres)),
        *_circles(now.facilities[~new], now.standard.metres),
        *({**c, "change": "new"} for c in _circles(now.facilities[new], now.standard.metres)),
    ]
    return Drawing(
        "circles", circles, bounds=_bounds(now), name=_LAYERS["circles"][lang], show=True
    )


def _changed_centres(change: Change, *, lang: str) -> Drawing:
    """Centres of both plans, marked by what happens to them."""
    was, now = change.before.area, change.after.area
    old, new = ({c["id"]: c for c in _centres(area)} for area in (was, now))
    data = []
    for label, centre in (old | new).items():
        happened = change.centres["change"].get(label)
        if happened is not None:
            centre = centre | {"change": happened}
        if happened == "moved":
            centre["from"] = [old[label]["lat"], old[label]["lon"]]
        data.append(centre)
    bounds = _bounds(now)
    return Drawing("centres", data, bounds=bounds, name=_LAYERS["centres"][lang], show=True)


def zone_layer(
    area: StudyArea,
    zones: gpd.GeoDataFrame,
    parts: pd.DataFrame | None = None,
    *,
    lang: str = "en",
    show: bool = True,
) -> Drawing:
    """
    Uncovered zones, hatched, with their people and how far they are from a centre.

    Parameters
    ----------
    area
        As in `coverage_map`.
    zones
        From `gaps.uncovered_zones`.
    parts
        From `gaps.by_street`, to tell the older people of each street in the pop-up.
    """
    outlines = _degrees(zones)
    streets, nearest = report.street_names(area, zones, parts), report.nearest_names(area, zones)
    data = [
        {
            "zone": zone,
            "people_60": row["people_60"],
            "area_km2": row["area_km2"],
            "streets": streets[n],
            "nearest": nearest[n],
            "distance_m": row["distance_m"] if nearest[n] else None,
            "too_far_m": row["too_far_m"] if nearest[n] else None,
            "geometry": _geometry(row["geometry"]),
        }
        for n, (zone, row) in enumerate(outlines.iterrows())
    ]
    around = outlines.total_bounds if len(zones) else _degrees(area.boundary).total_bounds
    return Drawing("zones", data, bounds=around, name=_LAYERS["zones"][lang], show=show)


def centre_layer(area: StudyArea, *, lang: str = "en", show: bool = True) -> Drawing:
    """Centres with what is known of them in a pop-up; hollow where the position is assumed."""
    bounds = _bounds(area)
    return Drawing(
        "centres", _centres(area), bounds=bounds, name=_LAYERS["centres"][lang], show=show
    )


def _centres(area: StudyArea) -> list[dict]:
    """The centres with all that is told of them."""
    centres = _degrees(area.facilities)
    return [
        {
            "id": str(label),
            "name": report.name_of(row),
            "street": report.name_of(area.streets.loc[row["street"]]) if row["street"] else "",
            "services": _services(row),
            "services_basis": row["services_basis"],
            "opened": _day(row["opened"]),
            "closed": _day(row["closed"]),
            "capacity": None if math.isnan(row["capacity"]) else row["capacity"],
            "beds": None if math.isnan(row["beds"]) else row["beds"],
            "basis": row["basis"],
            "source": row["source"],
            "lon": round(row["geometry"].x, _DECIMALS),
            "lat": round(row["geometry"].y, _DECIMALS),
        }
        for label, row in centres.iterrows()
    ]


def place_layer(area: StudyArea, *, lang: str = "en", show: bool = False) -> Drawing:
    """Stations and other places; those without a point are only found by the page's search."""
    places = _degrees(area.places)
    streets = _degrees(area.streets).bounds
    data = []
    for row in places.itertuples():
        name = report.name_of({"name": row.name, "name_en": row.name_en})
        if row.geometry is None:
            bounds = _corners(streets.loc[row.street].tolist())
            data.append({"name": name, "lat": None, "bounds": bounds})
        else:
            at = {"lat": round(row.geometry.y, _DECIMALS), "lon": round(row.geometry.x, _DECIMALS)}
            data.append({"name": name, **at})
    return Drawing("places", data, bounds=_bounds(area), name=_LAYERS["places"][lang], show=show)


# What stands around the map


def title(area: StudyArea) -> Text:
    """What the map shows, in each language."""
    name = _area_name(area)
    day = f", {area.as_of}" if area.as_of else ""
    return {
        "en": f"{name['en']}: elderly-care coverage of {len(area.facilities)} centres{day}",
        "zh": f"{name['zh']}：{len(area.facilities)} 个居家养老服务中心覆盖图{day}",
    }


def change_title(before: Plan, after: Plan) -> Text:
    """Which plans a map of changes holds against each other, in each language."""
    name = _area_name(after.area)
    return {
        lang: name[lang]
        + mark
        + " → ".join(report.plan_name(plan)[lang] for plan in (before, after))
        for lang, mark in (("en", ": "), ("zh", "："))
    }


def _of_plan(plan: Plan, what: Text) -> Text:
    name = _area_name(plan.area)
    return {
        lang: f"{name[lang]}{mark}{what[lang]} ({report.plan_name(plan)[lang]})"
        for lang, mark in (("en", ": "), ("zh", "："))
    }


def _area_name(area: StudyArea) -> Text:
    name = report.name_of({"name": area.name, "name_en": area.name_en})
    return {lang: report.isolated(text) for lang, text in name.items()}


def _standards(before: Plan, after: Plan) -> Text:
    """The standards of both plans in words, once where they are the same."""
    was, now = report.standard_note(before), report.standard_note(after)
    return now if was == now else {lang: f"{was[lang]} → {now[lang]}" for lang in was}


def _change_table(change: Change, group: str) -> dict:
    figures, after = report.change_frame(change), change.after
    bounds = _degrees(after.area.streets).bounds
    columns = {
        f"covered_{group}_share_before": ({"en": "before", "zh": "原覆盖"}, "share"),
        f"covered_{group}_share_after": ({"en": "after", "zh": "现覆盖"}, "share"),
        f"gained_{group}": ({"en": "gained", "zh": "新增"}, "count"),
        f"lost_{group}": ({"en": "lost", "zh": "失去"}, "count"),
    }
    figures = pd.DataFrame(figures[list(columns)]).astype(object)
    figures = figures.where(figures.notna(), None)
    return {
        "title": report.of_group({"en": "By street, {}", "zh": "按街道，{}"}, group),
        "columns": [
            {"label": {"en": "Street", "zh": "街道"}},
            *({"key": k, "label": label, "format": f} for k, (label, f) in columns.items()),
        ],
        "rows": [
            {
                "short_name": _short_name(after.area.streets.loc[code]),
                "bounds": _corners(bounds.loc[code].tolist()),
                **row,
            }
            for code, row in zip(figures.index, figures.to_dict("records"), strict=True)
        ],
    }


def _change_legend(change: Change) -> list[dict]:
    before, after = change.before, change.after
    signs, changed = _change_signs(), set(change.centres["change"])
    centres = _CENTRE_SIGNS | {
        "equipped": {"en": "Centre with other services", "zh": "服务调整的中心"}
    }
    signs += [
        {"sign": "changed", "change": word, "label": text}
        for word, text in centres.items()
        if word in changed
    ]
    is_other = before.area.standard.metres != after.area.standard.metres
    if is_other or changed & {"opened", "moved"}:
        signs.append({"sign": "new", "label": {"en": "New care circle", "zh": "新的服务圈"}})
    if is_other or changed & {"closed", "moved"}:
        signs.append(
            {"sign": "gone", "label": {"en": "Care circle that goes", "zh": "取消的服务圈"}}
        )
    return signs + [
        entry for entry in _legend(after.area, radius=not is_other) if entry["sign"] != "share"
    ]


_CENTRE_SIGNS: dict[str, Text] = {
    "opened": {"en": "Centre opened", "zh": "新开的中心"},
    "closed": {"en": "Centre closed", "zh": "关闭的中心"},
    "moved": {
        "en": "Centre moved, with an arrow from its old place",
        "zh": "迁移的中心，箭头起于原址",
    },
}


def _change_signs() -> list[dict]:
    words = {
        "gained": {
            "en": "Gained: uncovered before, covered after",
            "zh": "新增覆盖：原未覆盖，现已覆盖",
        },
        "lost": {
            "en": "Lost: covered before, uncovered after",
            "zh": "失去覆盖：原已覆盖，现未覆盖",
        },
        "uncovered": {"en": "Uncovered before and after", "zh": "前后均未覆盖"},
        "covered": {"en": "Covered before and after", "zh": "前后均已覆盖"},
    }
    return [{"sign": "change", "status": status, "label": text} for status, text in words.items()]


def _live_signs() -> list[dict]:
    return [
        {"sign": "changed", "change": change, "label": text}
        for change, text in _CENTRE_SIGNS.items()
    ]


def _street_rows(area: StudyArea) -> list[dict]:
    """A row for each street of a table beside the map: its name, and where it is."""
    outlines = _degrees(area.streets)
    return [
        {"short_name": _short_name(row), "bounds": _corners(row["geometry"].bounds)}
        for _, row in outlines.iterrows()
    ]


def _heading(plan: Plan, lang: str) -> dict:
    """What every map says of its plan."""
    area = plan.area
    return {
        "lang": lang,
        "bounds": _corners(_bounds(area)),
        "subtitle": report.standard_note(plan),
        "assumptions": _headline(report.assumptions(area)),
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "notes": _notes(plan),
        "layers": _layer_groups(),
    }


def _coverage_table(plan: Plan) -> dict:
    outlines = _degrees(plan.area.streets)
    coverage = evaluation.by_street(plan.cells).astype(object)
    coverage = coverage.where(coverage.notna(), None)
    return {
        "title": {"en": "By street", "zh": "按街道"},
        "columns": _STREET_COLUMNS,
        "rows": [
            {
                "short_name": _short_name(outlines.loc[code]),
                "bounds": _corners(b),
                **{key: row[key] for key in _STREET_FIGURES},
            }
            for (code, row), b in zip(
                coverage.iterrows(),
                outlines.loc[coverage.index].bounds.to_numpy().tolist(),
                strict=True,
            )
        ],
    }


_STREET_COLUMNS: list[dict] = [
    {"label": {"en": "Street", "zh": "街道"}},
    {"key": "people_60", "label": {"en": "60+", "zh": "60+"}, "format": "count"},
    {
        "key": "covered_people_60_share",
        "label": {"en": "covered", "zh": "覆盖率"},
        "format": "share",
    },
    {
        "key": "backup_people_60_share",
        "label": {"en": "two or more", "zh": "两处以上"},
        "format": "share",
    },
    {
        "key": "uncovered_people_60",
        "label": {"en": "60+ left", "zh": "未覆盖60+"},
        "format": "count",
    },
]


def _notes(plan: Plan) -> list[Text]:
    return [report.grid_note(plan), *plan.area.notes, *_credits(plan.area)]


def _credits(area: StudyArea) -> list[Text]:
    """Where the places drawn come from."""
    if area.places is None:
        return []
    sources = "; ".join(dict.fromkeys(s for s in area.places["source"] if s))
    return [{"en": f"Places: {sources}", "zh": f"地点：{sources}"}] if sources else []


def _layer_groups() -> list[dict]:
    """The layers' names in each language, grouped as the layer control shows them."""
    return [{"name": name, "layers": [_LAYERS[kind] for kind in kinds]} for name, kinds in _GROUPS]


def _headline(lines: list[Text]) -> list[Text]:
    """All assumptions in one sentence, so that they stand in the title."""
    if not lines:
        return []
    en = "; ".join(line["en"] for line in lines)
    return [
        {"en": en[0].upper() + en[1:] + ".", "zh": "；".join(line["zh"] for line in lines) + "。"}
    ]


def _legend(area: StudyArea, *, radius: bool = True) -> list[dict]:
    """Signs and what they mean; without the radius where maps of several stand together."""
    depths = [("1", 1), ("2", 2), ("3", 3), ("4+", 4)]
    entries: list[dict] = [
        {
            "sign": "uncovered",
            "label": {"en": "Not covered: no centre within reach", "zh": "未覆盖：没有可达中心"},
        },
        *(
            {
                "sign": "depth",
                "depth": depth,
                "label": {"en": f"{name} within reach", "zh": f"{name} 个可达中心"},
            }
            for name, depth in depths
        ),
        {
            "sign": "circle",
            "label": {
                "en": "Care circle" + (f", {area.standard.metres:.0f} m" if radius else ""),
                "zh": "养老服务圈" + (f"，{area.standard.metres:.0f} 米" if radius else ""),
            },
        },
        {"sign": "known", "label": {"en": "Centre, position known", "zh": "中心，位置已知"}},
        {"sign": "assumed", "label": {"en": "Centre, position assumed", "zh": "中心，位置为假定"}},
    ]
    if (area.streets["basis"] == "schematic").any():
        label = {"en": "Street border, schematic", "zh": "街道边界，示意"}
        entries.append({"sign": "border", "label": label})
    shares = [
        (0.95, "95–100 %"),
        (0.85, "85–95 %"),
        (0.7, "70–85 %"),
        (0.5, "50–70 %"),
        (0.0, "< 50 %"),
    ]
    return entries + [
        {
            "sign": "share",
            "share": share,
            "label": {"en": f"Street: {text} of 60+ covered", "zh": f"街道：60+覆盖率 {text}"},
        }
        for share, text in shares
    ]


def _short_name(street: pd.Series) -> Text:
    name = report.name_of(street)
    return {"en": name["en"], "zh": name["zh"].removesuffix("街道") or name["zh"]}


def _services(centre: pd.Series) -> list[str]:
    return [s for s in centre["services"].split(";") if s]


def _day(date: pd.Timestamp) -> str:
    return "" if pd.isna(date) else date.strftime("%Y-%m-%d")


# Coordinates for the page


def _bounds(area: StudyArea) -> list[float]:
    """West, south, east, north of the study area in degrees."""
    return _degrees(area.boundary).total_bounds.tolist()


def _corners(bounds: Sequence[float]) -> list[list[float]]:
    """West, south, east, north as the south-west and north-east corners Leaflet wants."""
    west, south, east, north = bounds
    return [[south, west], [north, east]]


def _degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.to_crs(4326)


def _geometry(shape: shapely.Geometry) -> dict:
    return shapely.geometry.mapping(shapely.transform(shape, lambda xy: np.round(xy, _DECIMALS)))


def _lattice(bounds: Sequence[float], crs: pyproj.CRS, x0: float, y0: float, side: float) -> dict:
    """
    Grid column and row at nodes regular in Web Mercator (0..1, y southwards).

    Between nodes the page interpolates. Over a district the error is millimetres, since a
    projection bends little over the 1/16 of it between two nodes.
    """
    left, bottom, right, top = bounds
    west, east = left / 360 + 0.5, right / 360 + 0.5
    north, south = (
        0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)
        for lat in (top, bottom)
    )
    x, y = np.meshgrid(
        np.linspace(west, east, _LATTICE + 1), np.linspace(north, south, _LATTICE + 1)
    )
    lon = (x - 0.5) * 360
    lat = np.degrees(2 * np.arctan(np.exp((0.5 - y) * 2 * np.pi)) - np.pi / 2)
    to_metres = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
    easting, northing = to_metres.transform(lon.ravel(), lat.ravel())
    return {
        "n": _LATTICE,
        "x0": west,
        "x1": east,
        "y0": north,
        "y1": south,
        "col": np.round((easting - x0) / side, 5).tolist(),
        "row": np.round((northing - y0) / side, 5).tolist(),
    }


def _packed(values: np.ndarray) -> dict:
    """Whole numbers compressed and in base64, each in as few bytes (little-endian) as the largest needs."""
    width = next(n for n in (1, 2, 4) if values.max(initial=0) < 256**n)
    packed = zlib.compress(values.astype(f"<u{width}").tobytes(), 9)
    return {"bytes": width, "packed": base64.b64encode(packed).decode()}
