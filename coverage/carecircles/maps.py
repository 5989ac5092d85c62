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
from collections.abc import Mapping, Sequence
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

from carecircles import catchments, evaluation, gaps, grid, report
from carecircles._validate import Text
from carecircles.area import StudyArea
from carecircles.errors import ValidationError
from carecircles.figure import Page, escape, to_json

_DECIMALS = 6  # of a degree: 0.1 m
_LATTICE = 16
_COVERAGE = {"en": "Coverage", "zh": "覆盖"}
_REFERENCE = {"en": "Orientation", "zh": "参照"}
_LAYERS: dict[str, Text] = {
    "tiles": {"en": "Base map (network)", "zh": "底图（需联网）"},
    "grid": {"en": "Grid: centres within reach", "zh": "网格：可达中心数"},
    "streets": {"en": "Streets: share of 60+ covered", "zh": "街道：60+覆盖率"},
    "zones": {"en": "Uncovered zones", "zh": "未覆盖区"},
    "circles": {"en": "Care circles", "zh": "养老服务圈"},
    "centres": {"en": "Centres", "zh": "养老服务中心"},
    "borders": {"en": "Street borders and names", "zh": "街道边界与名称"},
    "places": {"en": "Stations and other places", "zh": "车站等地点"},
}
_GROUPS = [
    (_COVERAGE, ("grid", "streets", "zones", "circles", "centres")),
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
_ASSETS = {
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
    area: StudyArea,
    cells: pd.DataFrame,
    zones: gpd.GeoDataFrame | None = None,
    *,
    lang: str = "en",
    tiles: Drawing | None = None,
) -> folium.Map:
    """
    The coverage of a study area as a folium map that opens without a network.

    Parameters
    ----------
    area
        The study area.
    cells
        From `evaluation.evaluate`.
    zones
        From `gaps.uncovered_zones`; made from `cells` if None.
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
    heading = title(area)
    m = _new_map(_bounds(area), title=report.say(heading, lang), lang=lang)
    for layer in _coverage_layers(area, cells, zones, tiles, lang):
        m.add_child(layer)
    m.add_child(LayerControl(collapsed=True))
    m.add_child(_Surroundings("start", m, _config(area, cells, heading, lang)))
    return m


def comparison_map(
    evaluations: Mapping[str, tuple[StudyArea, pd.DataFrame]],
    *,
    title: str = "",
    lang: str = "en",
    tiles: Drawing | None = None,
) -> Page:
    """
    Two or more coverage maps side by side that move together.

    Parameters
    ----------
    evaluations
        For each map its caption and, as in `coverage_map`, study area and evaluated cells.
    title, lang, tiles
        Title of the page; the others as in `coverage_map`.

    Returns
    -------
    page
        `page.save(path)` writes one self-contained file; a notebook shows it inline.

    Raises
    ------
    ValueError
        If there are fewer than two maps.
    """
    _require_language(lang)
    if len(evaluations) < 2:
        raise ValueError(f"evaluations has {len(evaluations)} maps, expected two or more")
    bounds = [_bounds(area) for area, _ in evaluations.values()]
    around = [*np.min(bounds, axis=0)[:2].tolist(), *np.max(bounds, axis=0)[2:].tolist()]
    maps: list[folium.Map] = []
    for area, cells in evaluations.values():
        m = _new_map(around, title=title or " / ".join(evaluations), lang=lang)
        if maps:
            maps[0].get_root().add_child(m)
        for layer in _coverage_layers(area, cells, None, tiles, lang):
            m.add_child(layer)
        m.add_child(LayerControl(collapsed=True))
        maps.append(m)
    assumed = {
        line["en"]: line for area, _ in evaluations.values() for line in report.assumptions(area)
    }
    config = {
        "lang": lang,
        "bounds": _corners(around),
        "title": title or " / ".join(evaluations),
        "legend": _legend(next(iter(evaluations.values()))[0], radius=False),
        "subtitle": "",
        "assumptions": _headline(list(assumed.values())),
        "layers": _layer_groups(),
        "maps": [
            {
                "title": caption,
                "subtitle": report.standard_note(area),
                "summary": report.summary(area, cells)[:4],
            }
            for caption, (area, cells) in evaluations.items()
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
    area: StudyArea,
    cells: pd.DataFrame,
    zones: gpd.GeoDataFrame | None,
    tiles: Drawing | None,
    lang: str,
) -> list[Drawing]:
    if zones is None:
        zones = gaps.uncovered_zones(cells, cutoff=area.standard.metres)
    return [
        grid_layer(area, cells, lang=lang),
        street_layer(area, cells, lang=lang),
        zone_layer(area, zones, lang=lang),
        circle_layer(area, lang=lang),
        centre_layer(area, lang=lang),
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


def grid_layer(
    area: StudyArea, cells: pd.DataFrame, *, lang: str = "en", show: bool = True
) -> Drawing:
    """
    The grid's cells coloured by depth (number of centres within reach), uncovered ones hatched.

    Cells travel as two compressed arrays, street and depth, and are painted on one canvas. Pointing
    at a cell names its street, its depth and its nearest centre with the distance.

    Parameters
    ----------
    area, cells
        As in `coverage_map`.
    """
    codes = cells["street"].cat.codes.to_numpy()
    street = grid.raster(cells, (codes + 1).astype(np.uint16), fill=0)
    depth = grid.raster(
        cells, np.minimum(cells["depth"].to_numpy(), 65535).astype(np.uint16), fill=0
    )
    rows, cols = street.shape
    side = float(np.sqrt(cells["area_m2"].iloc[0]))
    x0 = float(cells["x"].iloc[0] - (cells["col"].iloc[0] + 0.5) * side)
    y0 = float(cells["y"].iloc[0] - (cells["row"].iloc[0] + 0.5) * side)
    corners = gpd.GeoSeries([shapely.box(x0, y0, x0 + cols * side, y0 + rows * side)], crs=area.crs)
    corners = corners.segmentize(max(rows, cols) * side / _LATTICE).to_crs(4326)
    per_cell = cells.groupby("street", observed=False)["people_60"].mean().fillna(0.0)
    facilities = area.facilities
    data = {
        "rows": rows,
        "cols": cols,
        "cell": side,
        "x0": x0,
        "y0": y0,
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "lattice": _lattice(corners.total_bounds, area.crs, x0, y0, side),
        "street_bytes": _width(street),
        "street": _packed(street),
        "depth_bytes": _width(depth),
        "depth": _packed(depth),
        "streets": [
            {
                "name": report.name_of(area.streets.loc[code]),
                "people_60_a_cell": round(float(people), 4),
            }
            for code, people in per_cell.items()
        ],
        "centres": [
            {
                "name": report.name_of(row),
                "x": row.geometry.x,
                "y": row.geometry.y,
                "services": _services(row),
                "services_basis": row["services_basis"],
                "basis": row["basis"],
            }
            for _, row in facilities.iterrows()
        ],
    }
    return Drawing("grid", data, bounds=corners.total_bounds, name=_LAYERS["grid"][lang], show=show)


def street_layer(
    area: StudyArea, cells: pd.DataFrame, *, lang: str = "en", show: bool = False
) -> Drawing:
    """
    Streets filled by the share of people aged 60 and more who are covered.

    Parameters
    ----------
    area, cells
        As in `coverage_map`.
    """
    outlines = _degrees(area.streets)
    coverage = evaluation.by_street(cells).astype(object)
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
    circles = _degrees(catchments.circles(area.facilities, cutoff=area.standard.metres))
    bounds = circles.bounds
    data = [
        {
            "lon": round((b.minx + b.maxx) / 2, 7),
            "lat": round((b.miny + b.maxy) / 2, 7),
            "half_lon": round((b.maxx - b.minx) / 2, 8),
            "half_lat": round((b.maxy - b.miny) / 2, 8),
        }
        for b in bounds.itertuples()
    ]
    around = circles.total_bounds if len(circles) else _degrees(area.boundary).total_bounds
    return Drawing("circles", data, bounds=around, name=_LAYERS["circles"][lang], show=show)


def zone_layer(
    area: StudyArea, zones: gpd.GeoDataFrame, *, lang: str = "en", show: bool = True
) -> Drawing:
    """
    Uncovered zones, hatched, with their people and how far they are from a centre.

    Parameters
    ----------
    area
        As in `coverage_map`.
    zones
        From `gaps.uncovered_zones`.
    """
    outlines = _degrees(zones)
    streets, nearest = report.street_names(area, zones), report.nearest_names(area, zones)
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
    centres = _degrees(area.facilities)
    data = [
        {
            "id": str(label),
            "name": report.name_of(row),
            "street": report.name_of(area.streets.loc[row["street"]]) if row["street"] else "",
            "services": _services(row),
            "services_basis": row["services_basis"],
            "opened": _day(row["opened"]),
            "closed": _day(row["closed"]),
            "capacity": None if math.isnan(row["capacity"]) else row["capacity"],
            "basis": row["basis"],
            "source": row["source"],
            "lon": round(row["geometry"].x, _DECIMALS),
            "lat": round(row["geometry"].y, _DECIMALS),
        }
        for label, row in centres.iterrows()
    ]
    around = centres.total_bounds if len(centres) else _degrees(area.boundary).total_bounds
    return Drawing("centres", data, bounds=around, name=_LAYERS["centres"][lang], show=show)


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
    name = report.name_of({"name": area.name, "name_en": area.name_en})
    name = {lang: report.isolated(text) for lang, text in name.items()}
    day = f", {area.as_of}" if area.as_of else ""
    return {
        "en": f"{name['en']}: elderly-care coverage of {len(area.facilities)} centres{day}",
        "zh": f"{name['zh']}：{len(area.facilities)} 个居家养老服务中心覆盖图{day}",
    }


def _config(area: StudyArea, cells: pd.DataFrame, heading: Text, lang: str) -> dict:
    outlines = _degrees(area.streets)
    coverage = evaluation.by_street(cells).astype(object)
    coverage = coverage.where(coverage.notna(), None)
    return {
        "lang": lang,
        "bounds": _corners(_bounds(area)),
        "title": heading,
        "subtitle": report.standard_note(area),
        "assumptions": _headline(report.assumptions(area)),
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "summary": report.summary(area, cells),
        "legend": _legend(area),
        "streets": [
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
        "notes": [
            report.grid_note(cells),
            *area.notes,
            *_credits(area),
        ],
        "layers": _layer_groups(),
    }


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


def _width(values: np.ndarray) -> int:
    return 1 if values.max(initial=0) < 256 else 2


def _packed(values: np.ndarray) -> str:
    """Whole numbers compressed and in base64: bytes, or little-endian pairs where one is too small."""
    narrow = values.astype("<u1" if _width(values) == 1 else "<u2")
    return base64.b64encode(zlib.compress(narrow.tobytes(), 9)).decode()
