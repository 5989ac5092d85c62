"""What every layer is made of: data that our script draws, coordinates in degrees, cells as compressed arrays."""

import base64
import math
import zlib
from collections.abc import Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from carecircles import (
    catchments,
    grid,
    io,
    reach,
    report,
)
from carecircles.area import StudyArea
from carecircles.maps.closed import escape, to_json
from carecircles.maps.spread import packed_people
from carecircles.people import Group, of_group
from carecircles.plan import Plan, is_straight
from carecircles.words import Text

DECIMALS = 6  # of a degree: 0.1 m
_LATTICE = 16
# In the order in which they load: each uses only those before it.
_SCRIPTS = (
    *("words", "kit", "signs", "names", "layers", "centres", "grid"),
    *("datum", "tiles", "panel", "print", "around"),
)
# What only pages with such a drawing hold, after these.
_SCRIPTS_OF = {
    "circle": ("circle",),
    "amenities": ("circle",),
    "timeline": ("timeline",),
    "missing": ("missing",),
    "sure": ("sure",),
    "seats": ("seats",),
    "far": ("far",),
    "live": (
        *("limits", "counting", "ways", "walk", "ground", "plan", "toml", "scenario"),
        *("reached", "planner", "live"),
    ),
}


def _scripts_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """Scripts in `web/` as folium wants them: a name and an address each."""
    return [(f"carecircles_{name}", f"carecircles:{name}.js") for name in names]


def _with_words(scripts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The page's scripts, with the words that Python shows too after those that are the page's alone."""
    return [scripts[0], ("carecircles_shared", "carecircles:words.toml"), *scripts[1:]]


ASSETS: dict[str, list[tuple[str, str]]] = {
    "default_js": _with_words(_scripts_of(_SCRIPTS)),
    "default_css": [("carecircles_css", "carecircles:map.css")],
}


class Drawing(JSCSSMixin, Layer):
    """
    A folium layer that our script draws from `data`.

    Attributes
    ----------
    kind
        Name of the drawing function, one of `carecircles.draw` in `web/`.
    data
        What it draws, as a JSON value.
    names
        What the page calls it, in each language.
    is_reference
        Whether it only helps to find one's way.
    """

    default_js = ASSETS["default_js"]
    default_css = ASSETS["default_css"]
    _template = Template("""
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = carecircles.draw.{{ this.kind }}({{ this.json }});
        {% endmacro %}
    """)

    def __init__(
        self,
        kind: str,
        data: object,
        *,
        bounds: Sequence[float],
        names: Text,
        lang: str,
        show: bool = True,
        is_reference: bool = False,
    ) -> None:
        super().__init__(name=escape(names[lang]), overlay=True, show=show)
        self.image_hosts: tuple[str, ...] = ()
        self.default_js = [*ASSETS["default_js"], *_scripts_of(_SCRIPTS_OF.get(kind, ()))]
        self._name = kind.capitalize()
        self.kind = kind
        self.data = data
        self.names = names
        self.is_reference = is_reference
        self._bounds = bounds

    @property
    def json(self) -> str:
        return to_json(self.data)

    def _get_self_bounds(self) -> list[list[float | None]]:
        left, bottom, right, top = self._bounds
        return [[bottom, left], [top, right]]


class Panes(JSCSSMixin, folium.MacroElement):
    """Makes the panes the layers are drawn in; comes before them."""

    default_js = ASSETS["default_js"]
    default_css = ASSETS["default_css"]
    _template = Template("""
        {% macro script(this, kwargs) %}
        carecircles.makePanes({{ this._parent.get_name() }});
        {% endmacro %}
    """)


def require_language(lang: str) -> None:
    if lang not in report.LANGUAGES:
        raise ValueError(f"lang is {lang!r}, expected one of {', '.join(report.LANGUAGES)}")


def grid_data(
    plan: Plan, arrays: dict[str, np.ndarray], groups: Sequence[str] = ()
) -> tuple[dict[str, Any], list[float]]:
    """
    What every grid layer needs, with values of the cells as compressed arrays; and its bounds.

    With the people of `groups` in each cell.
    """
    area, cells = plan.area, plan.cells
    codes = cells["street"].cat.codes.to_numpy()
    people, weights = packed_people(cells, groups)
    arrays = {"street": (codes + 1).astype(np.uint16)} | arrays | weights
    rasters = {name: grid.raster(cells, values, fill=0) for name, values in arrays.items()}
    lattice = grid.lattice_of(cells)
    rows, cols, side, x0, y0 = lattice.rows, lattice.cols, lattice.cell, lattice.x0, lattice.y0
    corners = gpd.GeoSeries([shapely.box(x0, y0, x0 + cols * side, y0 + rows * side)], crs=area.crs)
    corners = corners.segmentize(max(rows, cols) * side / _LATTICE).to_crs(4326)
    data = {
        "rows": rows,
        "cols": cols,
        "cell": side,
        "x0": x0,
        "y0": y0,
        "lattice": _lattice(corners.total_bounds, area.crs, x0, y0, side),
        "arrays": {name: packed(values) for name, values in rasters.items()},
        "people": people,
        "streets": [
            {"name": report.name_of(area.streets.loc[code])}
            for code in cells["street"].cat.categories
        ],
    }
    return data, corners.total_bounds.tolist()


def told_of(group: Group) -> dict[str, Any]:
    """The group whose people are told of a cell, and in which words."""
    label = of_group({"en": "People {} in this cell", "zh": "本网格{}人口"}, group)
    return {"group": group.column, "label": label}


def nearest_arrays(plan: Plan, suffix: str = "") -> dict[str, np.ndarray]:
    """
    The nearest centre of each cell (its number from 1, 0 for none) and thousandths of what it takes to get there.

    Nothing where that is a straight line to any of the centres, which the page measures itself.
    """
    if is_straight(plan) and not plan.parts:
        return {}
    number = plan.area.facilities.index.get_indexer(plan.cells["nearest"]) + 1
    cost = np.where(number > 0, plan.cells["distance_m"].to_numpy(), 0)
    return {
        f"nearest{suffix}": number.astype(np.uint32),
        f"distance{suffix}": np.minimum(np.round(1000 * cost), 2**32 - 1).astype(np.uint32),
    }


def measured_by(plan: Plan) -> Text | None:
    """How costs are measured, as it stands behind them; None where that is a straight line."""
    return None if is_straight(plan) else reach.in_words(plan.reach)


def centres_to_measure(area: StudyArea) -> list[dict[str, Any]]:
    """Centres with their metres, for the distances the page tells."""
    return [
        {
            "name": report.centre_name(row),
            "x": row["geometry"].x,
            "y": row["geometry"].y,
            "services": list(row["services"]),
            "services_basis": row["services_basis"],
            "basis": row["basis"],
        }
        for row in area.facilities.to_dict("records")
    ]


def circles_of(facilities: gpd.GeoDataFrame, metres: float) -> list[dict[str, Any]]:
    """The care circles as ellipses in degrees."""
    bounds = in_degrees(catchments.circles(facilities, cutoff=metres)).bounds
    return [
        {
            "lon": round((b.minx + b.maxx) / 2, 7),
            "lat": round((b.miny + b.maxy) / 2, 7),
            "half_lon": round((b.maxx - b.minx) / 2, 8),
            "half_lat": round((b.maxy - b.miny) / 2, 8),
        }
        for b in bounds.itertuples()
    ]


def centres_of(area: StudyArea) -> list[dict[str, Any]]:
    """The centres with all that is told of them."""
    centres = in_degrees(area.facilities)
    rows = zip(area.streets.index, area.streets.to_dict("records"), strict=True)
    streets = {code: report.name_of(row) for code, row in rows}
    return [
        {
            "id": str(label),
            "name": report.name_of(row),
            "street": streets[row["street"]] if row["street"] else "",
            "services": list(row["services"]),
            "services_basis": row["services_basis"],
            "opened": _day(row["opened"]),
            "closed": _day(row["closed"]),
            "holds": {kind: row[kind] for kind in io.KINDS if not math.isnan(row[kind])},
            "state": row["state"],
            "area_m2": None if math.isnan(row["area_m2"]) else row["area_m2"],
            "floor": row["floor"],
            "term": row["term"],
            "basis": row["basis"],
            **({"neighbour": True} if row.get("neighbour", False) else {}),
            "source": row["source"],
            "lon": round(row["geometry"].x, DECIMALS),
            "lat": round(row["geometry"].y, DECIMALS),
        }
        for label, row in zip(centres.index, centres.to_dict("records"), strict=True)
    ]


def short_name_of(street: pd.Series) -> Text:
    name = report.name_of(street)
    return {"en": name["en"], "zh": name["zh"].removesuffix("街道") or name["zh"]}


def _day(date: pd.Timestamp) -> str:
    return "" if pd.isna(date) else date.strftime("%Y-%m-%d")


def bounds_of(area: StudyArea) -> list[float]:
    """West, south, east, north of the study area in degrees."""
    return list(map(float, in_degrees(area.boundary).total_bounds))


def corners_of(bounds: Sequence[float]) -> list[list[float]]:
    """West, south, east, north as the south-west and north-east corners Leaflet wants."""
    west, south, east, north = bounds
    return [[south, west], [north, east]]


def in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.to_crs(4326)


def geometry_of(shape: shapely.Geometry) -> dict[str, Any]:
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DECIMALS))
    return shapely.geometry.mapping(rounded)  # type: ignore[arg-type]  # as every geometry can be told


def _lattice(
    bounds: Sequence[float], crs: pyproj.CRS, x0: float, y0: float, side: float
) -> dict[str, Any]:
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
    nodes = gpd.GeoSeries.from_xy(lon.ravel(), lat.ravel(), crs=4326).to_crs(crs)
    easting, northing = nodes.x.to_numpy(), nodes.y.to_numpy()
    return {
        "n": _LATTICE,
        "x0": west,
        "x1": east,
        "y0": north,
        "y1": south,
        "col": np.round((easting - x0) / side, 5).tolist(),
        "row": np.round((northing - y0) / side, 5).tolist(),
    }


def packed(values: np.ndarray) -> dict[str, Any]:
    """
    Numbers compressed and in base64, little-endian: whole ones each in as few bytes as the largest needs.

    Fractions travel as they are, in eight bytes.
    """
    width = (
        8
        if values.dtype.kind == "f"
        else next(n for n in (1, 2, 4) if values.max(initial=0) < 256**n)
    )
    kind = "f" if values.dtype.kind == "f" else "u"
    compressed = zlib.compress(values.astype(f"<{kind}{width}").tobytes(), 9)
    return {"bytes": width, "packed": base64.b64encode(compressed).decode()}
