"""Base maps from the network, put where they belong although their datum may be another."""

import os
import re
from urllib.parse import quote, urlsplit

from carecircles.errors import ValidationError
from carecircles.maps.drawing import LAYERS, Drawing

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
_SUBDOMAINS = "abc"  # what {s} stands for in an address, as in Leaflet


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
    several = _SUBDOMAINS if "{s}" in provider["url"] else ""
    subdomains = list(provider.get("subdomains", several))
    data = {
        "url": provider["url"],
        "subdomains": subdomains,
        "datum": provider["datum"],
        "attribution": provider["attribution"],
        "max_zoom": provider.get("max_zoom", 19),
        "scheme": provider.get("scheme", "xyz"),
    }
    layer = Drawing(
        "tiles", data, bounds=(-180, -85, 180, 85), name=LAYERS["tiles"][lang], show=True
    )
    url = urlsplit(provider["url"])
    origins = [f"{url.scheme}://{_host(url.netloc, s)}" for s in subdomains or [""]]
    layer.image_hosts = tuple(origins)
    return layer


def _tile_problems(base_map: str, datum: str | None, *, is_known: bool) -> list[str]:
    if is_known:
        return [f"{base_map} has its own datum; leave --tiles-datum out."] if datum else []
    url = urlsplit(base_map)
    marks = set(re.findall(r"\{[^{}]*\}", base_map))
    rows = {"{y}", "{-y}"} & marks
    if (
        url.scheme not in ("http", "https")
        or not {"{z}", "{x}"} <= marks
        or not rows
        or not re.fullmatch(
            r"[a-z0-9.-]*[a-z0-9](:\d{1,5})?", _host(url.netloc, "a"), re.IGNORECASE
        )
    ):
        return [
            f"tiles are {base_map!r}, expected one of {', '.join(BASE_MAPS)} "
            "or an address such as 'https://example.org/{z}/{x}/{y}.png', whose host is a plain name "
            "(with {s} in it where there are several)."
        ]
    unknown = sorted(marks - {"{s}", "{z}", "{x}", "{y}", "{-y}", "{r}"})
    if unknown:
        return [
            f"tiles at {base_map} ask for {', '.join(unknown)}, expected {{z}}, {{x}}, {{y}} and {{s}}."
        ]
    if datum is None:
        return [f"tiles at {base_map} come without a datum; say --tiles-datum wgs84 or gcj02."]
    if datum == "bd09":
        return ["tiles in BD-09 lie on Baidu's own tiling; use the name 'baidu'."]
    return []


def _host(netloc: str, subdomain: str) -> str:
    """A host as a policy of the page names it: `{s}` filled in, other scripts than Latin as in DNS."""
    try:
        return netloc.replace("{s}", subdomain).encode("idna").decode()
    except UnicodeError:
        return ""
