"""Base maps from the network, put where they belong although their datum may be another."""

import os
import re
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from carecircles.errors import ValidationError
from carecircles.maps.drawing import Drawing
from carecircles.words import Sentence

_KNOWN: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("tiles.toml").read_text(encoding="utf-8")
)
BASE_MAPS = tuple(_KNOWN)


@dataclass(frozen=True)
class BaseMap:
    """
    Tiles from the network; one serves any number of maps.

    Attributes
    ----------
    url
        Address with {z}, {x} and {y} (or {-y}) in it, and {s} for one of the `subdomains`.
    datum
        Datum of the tiles.
    attribution
        Whom the provider wants to be named; plain text.
    scheme
        'xyz', or 'baidu' for its own tiling.
    """

    url: str
    datum: str
    attribution: str = ""
    subdomains: str = "abc"  # as in Leaflet
    max_zoom: int = 19
    scheme: str = "xyz"


def base_map(name: str, *, datum: str | None = None, attribution: str = "") -> BaseMap:
    """
    A base map from the network, for maps to be drawn upon.

    Parameters
    ----------
    name
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

    Examples
    --------
    >>> base_map("gaode").datum
    'gcj02'
    >>> base_map("https://tiles.example.org/{z}/{x}/{y}.png", datum="wgs84").max_zoom
    19
    """
    known = _KNOWN.get(name.casefold())
    row = dict(known or {"url": name, "datum": datum, "attribution": attribution})
    wrong = _tile_problem(name, datum, is_known=known is not None)
    problems = [wrong] if wrong else []
    row = _provided(row.pop("xyzservices", None)) | row
    variable = row.pop("key", None)
    if variable is not None:
        key = os.environ.get(variable, "")
        row["url"] = row["url"].replace("{key}", quote(key))
        if not key:
            told = f"{name} wants a key: set the environment variable {variable}."
            zh = f"{name} 需要密钥：请设置环境变量 {variable}。"
            problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    return BaseMap(**row)


def tile_layer(tiles: BaseMap, *, lang: str = "en") -> Drawing:
    """
    A base map as a layer, put where it belongs although its datum may be another.

    Examples
    --------
    >>> tile_layer(base_map("openstreetmap")).image_hosts
    ('https://tile.openstreetmap.org',)
    """
    subdomains = list(tiles.subdomains) if "{s}" in tiles.url else []
    data = asdict(tiles) | {"subdomains": subdomains}
    layer = Drawing(
        "tiles",
        data,
        bounds=(-180, -85, 180, 85),
        names={"en": "Base map (network)", "zh": "底图（需联网）"},
        lang=lang,
        is_reference=True,
    )
    url = urlsplit(tiles.url)
    origins = [f"{url.scheme}://{_host(url.netloc, s)}" for s in subdomains or [""]]
    layer.image_hosts = tuple(origins)
    return layer


def _provided(name: str | None) -> dict[str, Any]:
    """What xyzservices knows of a provider."""
    if name is None:
        return {}
    import xyzservices.providers

    provider = xyzservices.providers.query_name(name)
    told = {key: provider[key] for key in ("subdomains", "max_zoom") if key in provider}
    url = provider.url if provider.requires_token() else provider.build_url(fill_subdomain=False)
    return told | {"url": url, "attribution": provider.attribution.replace("(C)", "©")}


def _tile_problem(base_map: str, datum: str | None, *, is_known: bool) -> Sentence | None:
    if is_known:
        told = f"{base_map} has its own datum; leave --tiles-datum out."
        zh = f"{base_map} 自有坐标系；请去掉 --tiles-datum。"
        return Sentence(told, zh=zh) if datum else None
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
        names, such_as = ", ".join(BASE_MAPS), "'https://example.org/{z}/{x}/{y}.png'"
        told = (
            f"tiles are {base_map!r}, expected one of {names} or an address such as {such_as}, "
            "whose host is a plain name (with {s} in it where there are several)."
        )
        zh = (
            f"底图为 {base_map!r}；应为 {names} 之一，或形如 {such_as} 的地址，"
            "其主机须为普通域名（有多台时含 {s}）。"
        )
        return Sentence(told, zh=zh)
    unknown = sorted(marks - {"{s}", "{z}", "{x}", "{y}", "{-y}", "{r}"})
    if unknown:
        asked = ", ".join(unknown)
        told = f"tiles at {base_map} ask for {asked}, expected {{z}}, {{x}}, {{y}} and {{s}}."
        zh = f"底图地址 {base_map} 中有 {asked}；只可有 {{z}}、{{x}}、{{y}} 和 {{s}}。"
        return Sentence(told, zh=zh)
    if datum is None:
        told = f"tiles at {base_map} come without a datum; say --tiles-datum wgs84 or gcj02."
        zh = f"底图地址 {base_map} 未说明坐标系；请写 --tiles-datum wgs84 或 gcj02。"
        return Sentence(told, zh=zh)
    if datum == "bd09":
        told = "tiles in BD-09 lie on Baidu's own tiling; use the name 'baidu'."
        return Sentence(told, zh="BD-09 底图用百度自己的分幅；请用名称 'baidu'。")
    return None


def _host(netloc: str, subdomain: str) -> str:
    """A host as a policy of the page names it: `{s}` filled in, other scripts than Latin as in DNS."""
    try:
        return netloc.replace("{s}", subdomain).encode("idna").decode()
    except UnicodeError:
        return ""
