"""
A page that needs no network and runs nothing but its own code.

`Page` takes the place of branca's Figure. It puts every script and style into the page itself, from
files that are installed with carecircles; it never compiles text a second time as a template; it
names elements in order, so that the same map gives the same bytes; and it carries a
Content-Security-Policy that lets only the page's own scripts run and nothing be fetched.
"""

import base64
import hashlib
import html
import json
import math
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import branca.element
import folium
import geopandas.explore
import xstatic.pkg.leaflet
from branca.colormap import ColorMap
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.features import GeoJson, GeoJsonDetail
from folium.map import Icon
from folium.raster_layers import TileLayer
from folium.template import Template

from carecircles.errors import ValidationError
from carecircles.words import SHARED, Sentence

_WEB = Path(__file__).resolve().parent.parent / "web"
_LEAFLET = Path(xstatic.pkg.leaflet.BASE_DIR)
_OURS = "carecircles:"
_WORDS = f"{_OURS}words.toml"
_NOT_NEEDED = {
    "bootstrap",
    "bootstrap_css",
    "glyphicons_css",
    "awesome_markers",
    "awesome_markers_css",
    "awesome_markers_font_css",
    "awesome_rotate_css",
}
# Folium's core asks jQuery only for $(html)[0] and $(document).ready(...).
_JQUERY = """
window.$ = window.jQuery = function (what) {
  if (typeof what === "string") {
    const holder = document.createElement("template");
    holder.innerHTML = what.trim();
    return [holder.content.firstElementChild];
  }
  return { ready: (run) => document.readyState === "loading"
    ? document.addEventListener("DOMContentLoaded", run) : run() };
};
"""
_LICENCES = """<!--
Contains Leaflet 1.9.3, (c) 2010-2022 Vladimir Agafonkin, (c) 2010-2011 CloudMade, BSD 2-Clause:
Redistribution and use in source and binary forms, with or without modification, are permitted
provided that the following conditions are met: 1. Redistributions of source code must retain the
above copyright notice, this list of conditions and the following disclaimer. 2. Redistributions in
binary form must reproduce the above copyright notice, this list of conditions and the following
disclaimer in the documentation and/or other materials provided with the distribution.
THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER
IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF
THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
Drawn with folium and branca (MIT, Rob Story, Martin Journois) by carecircles (MIT).
-->"""
# Folium's table of attributes of a feature goes through `innerHTML`; this one is text.
_PLAIN_DETAIL = Template("""
    {% macro script(this, kwargs) %}
    {%- set is_tooltip = this.tooltip_options is defined %}
    {{ this._parent.get_name() }}.{{ "bindTooltip" if is_tooltip else "bindPopup" }}(function (layer) {
      const fields = {{ this.fields | tojson }}, aliases = {{ this.aliases | tojson }};
      const table = document.createElement("table");
      fields.forEach(function (field, i) {
        const row = table.insertRow(), value = layer.feature.properties[field];
        if ({{ this.labels | tojson }}) {
          row.append(Object.assign(document.createElement("th"), { textContent: aliases[i] }));
        }
        row.insertCell().textContent = value === null || value === undefined ? ""
          : typeof value === "object" ? JSON.stringify(value)
          : {{ this.localize | tojson }} ? value.toLocaleString() : value;
      });
      return table;
    }, {{ (this.tooltip_options if is_tooltip else this.popup_options) | tojavascript }});
    {% endmacro %}
""")
_KEY = Template("""
    {% macro script(this, kwargs) %}
    (function () {
      const { title, rows, scale } = {{ this.json }};
      const add = (parent, tag, className, text) => {
        const made = L.DomUtil.create(tag, className, parent);
        if (text !== undefined) made.textContent = text;
        return made;
      };
      const box = document.createElement("div");
      box.className = "cc-key";
      box.style.cssText = "background: #fffffff0; border: 1px solid #cbd5e1; border-radius: 4px; padding: 6px 10px;"
        + "max-width: min(20rem, 60vw); max-height: 45vh; overflow: auto; overflow-wrap: anywhere; font-size: 12px; line-height: 1.35";
      if (title) add(box, "div", "cc-key-title", title).style.fontWeight = "600";
      rows.forEach(([colour, text]) => {
        const row = add(box, "div", "cc-key-row"), sign = add(row, "span", "");
        row.style.cssText = "display: flex; gap: 6px; align-items: baseline";
        sign.style.cssText = "flex: none; width: 12px; height: 12px; border: 1px solid #64748b; print-color-adjust: exact";
        sign.style.backgroundColor = colour;
        add(row, "span", "", text);
      });
      if (scale) {
        const bar = add(box, "div", "cc-key-scale"), line = add(box, "div", "");
        bar.style.cssText = "width: min(16rem, 50vw); height: 12px; margin: 4px 14px 0; print-color-adjust: exact";
        bar.style.backgroundImage = "linear-gradient(to right," + scale.stops.map(([colour, at]) => colour + " " + at + "%") + ")";
        line.style.cssText = "position: relative; height: 16px; margin: 0 14px";
        scale.ticks.forEach(([at, text]) => {
          add(line, "span", "cc-key-tick", text).style.cssText =
            "position: absolute; transform: translateX(-50%); white-space: nowrap; left: " + at + "%";
        });
      }
      const key = L.control({ position: "bottomright" });
      key.onAdd = () => box;
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      key.addTo({{ this._parent.get_name() }});
    })();
    {% endmacro %}
""")
_MOST_BYTES = 25_000_000  # what a browser and a mailbox still take
_MOST_TICKS = 5
_A_CHARACTER = 3.4  # per cent of a scale's width on a phone
_rendering = threading.RLock()


class Key(MacroElement):
    """
    What colours on a map mean: rows of a colour and a text, or a scale with figures; only ever text.

    Attributes
    ----------
    title
        What is told by colour.
    rows
        A colour and its text each.
    scale
        Stops (colour, per cent of the width) and ticks (per cent, text) of a scale, or None.
    """

    _template = _KEY

    def __init__(
        self,
        title: object,
        rows: Sequence[tuple[object, object]] = (),
        scale: dict[str, list[Any]] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of branca
        self._name = "Key"
        self.title = title
        self.rows = rows
        self.scale = scale

    @property
    def json(self) -> str:
        rows = [[str(colour), str(text)] for colour, text in self.rows]
        return to_json({"title": str(self.title), "rows": rows, "scale": self.scale})


class Page(Figure):
    """
    A folium / branca figure rendered as one self-contained, closed page.

    Parameters
    ----------
    title
        Title of the page, plain text.
    lang
        Language of the page, such as 'en' or 'zh'.
    image_hosts
        Origins images may be fetched from (tiles); none by default.
    """

    def __init__(
        self, title: str = "", *, lang: str = "en", image_hosts: Sequence[str] = (), **options: Any
    ) -> None:
        super().__init__(**options)
        self.title = title
        self.lang = lang
        self.image_hosts = tuple(image_hosts)
        self._named: list[Element] = []
        _let_geopandas_draw_keys()

    def render(self, **kwargs: Any) -> str:
        """The page as HTML."""
        with _rendering, _text_stays_text(), self._as_it_was():
            for element in [*_walk(self), *_parts(self)]:
                _tame(element)
            self._name_in_order()
            for child in list(self._children.values()):
                child.render(**kwargs)
            head = [self._head(name, el, kwargs) for name, el in self.header._children.items()]
            body = self.html.render(**kwargs)
            script = self.script.render(**kwargs)
            self._named = list(_walk(self))  # also those that came into being just now
        script = f"<script>{_kept_inside(script)}</script>"
        hosts = {host: None for el in _walk(self) for host in getattr(el, "image_hosts", ())}
        policy = _policy([*head, script], list(hosts))
        page = "\n".join(
            [
                "<!DOCTYPE html>",
                f'<html lang="{html.escape(self.lang)}">',
                "<head>",
                '<meta charset="utf-8">',
                f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
                '<meta name="referrer" content="no-referrer">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{escape(self.title)}</title>",
                _LICENCES,
                *head,
                "</head>",
                "<body>",
                f'<main style="display: contents">{body}</main>',
                script,
                "</body>",
                "</html>",
                "",
            ]
        )
        size = len(page.encode())
        if size > _MOST_BYTES:
            now, most = f"{size / 1e6:.0f}", f"{_MOST_BYTES / 1e6:.0f}"
            told = (
                f"the page would have {now} MB, and the most is {most}; "
                "make the cells larger (--cell), or show fewer groups of people."
            )
            zh = f"网页将有 {now} MB，上限为 {most} MB；请增大网格（--cell），或少显示几类人群。"
            raise ValidationError([Sentence(told, zh=zh)])
        return page

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page; a page that is refused leaves no file."""
        page = self.render(**kwargs).encode()
        if isinstance(outfile, str | bytes | Path):
            Path(os.fsdecode(outfile)).write_bytes(page)
            return
        outfile.write(page)
        if close_file:
            outfile.close()

    @contextmanager
    def _as_it_was(self) -> Iterator[None]:
        """Take out again what the map's elements put into the page, so that it can render twice."""
        parts = (self.header, self.html, self.script)
        before = [part._children.copy() for part in parts]
        try:
            yield
        finally:
            for part, children in zip(parts, before, strict=True):
                part._children = children

    def _name_in_order(self) -> None:
        """Number the new elements, in place of branca's random names; the others keep theirs."""
        named = {id(element) for element in self._named}
        for number, element in enumerate(_walk(self)):
            if id(element) not in named:
                element._id = f"{number:04d}"

    def _head(self, name: str, element: Element, kwargs: dict[str, Any]) -> str:
        """An element of the head; links are replaced by what they link to."""
        if name in _NOT_NEEDED or name == "meta_http":
            return ""
        if isinstance(element, JavascriptLink | CssLink):
            return _inlined(name, element.url)
        text = element.render(**kwargs)
        # Folium forbids zooming on phones; people with weak eyes need it. Ours is set above.
        return re.sub(r'<meta name="viewport".*?/>', "", text, flags=re.DOTALL)


class ClosedMap(folium.Map):
    """A folium map on a `Page`, which is made before its file is opened."""

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page the map stands on."""
        self.get_root().save(outfile, close_file, **kwargs)


def escape(text: object) -> str:
    """Text as HTML that shows it as written, also inside a JavaScript template literal or Jinja."""
    return str(text).translate(_ENTITIES)


_ENTITIES = {ord(c): f"&#{ord(c)};" for c in "&<>\"'`${}\\\n\r\u2028\u2029"}


def to_json(value: object) -> str:
    """JSON that is safe inside a script of a page, and inside a template that is compiled again."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return re.sub(r"\{(?=[{%#])", r"\\u007b", text)  # only inside a string can these two meet


class _Literal:
    """Takes the place of a template: renders the text it was given and nothing else."""

    def __init__(self, text: str) -> None:
        self._text = text

    def render(self, *_args: object, **_kwargs: object) -> str:
        return self._text


@contextmanager
def _text_stays_text() -> Iterator[None]:
    """
    While this lasts, `Element(text)` keeps its text.

    Branca puts what an element has rendered into a new Element and so compiles it as a template
    again; a name such as `{{ 7 * 7 }}` in a data file would be executed in our process.
    """
    compiled = branca.element.Template  # type: ignore[attr-defined]  # it imports it
    setattr(branca.element, "Template", _Literal)  # noqa: B010  (a plain assignment is no type)
    try:
        yield
    finally:
        setattr(branca.element, "Template", compiled)  # noqa: B010


def _walk(root: Element) -> Iterator[Element]:
    stack = [root]
    while stack:
        element = stack.pop()
        yield element
        stack.extend(reversed(element._children.values()))


def _parts(page: Figure) -> Iterator[Element]:
    """What was put straight into a page's head, body or script, and all below it."""
    for part in (page.header, page.html, page.script):
        for name, element in part._children.items():
            if name != "meta_http":
                yield from _walk(element)


def _tame(element: Element) -> None:
    """Make an element of folium's, branca's or geopandas' one that shows text as text and fetches nothing."""
    if isinstance(element, GeoJsonDetail):
        element._template = _PLAIN_DETAIL
    elif isinstance(element, GeoJson):
        element.data = _without_raw(element.data)
        for name in ("style_function", "highlight_function"):
            style = getattr(element, name, None)
            if style is not None and not isinstance(style, _Plain):
                setattr(element, name, _Plain(style))
    elif isinstance(element, ColorMap):
        _replace(element, Key(element.caption, scale=_scale_of(element)))
    elif isinstance(element, Icon | TileLayer):
        raise LookupError(
            f"folium's {type(element).__name__} is fetched from the network, and a page "
            "of ours is not; use `maps.tile_layer(maps.base_map(...))`, a CircleMarker or a DivIcon."
        )
    elif element._template_str is not None or "_template" in vars(element):
        raise LookupError(
            f"this page holds a branca {type(element).__name__} with HTML of its own ("
            f"{str(element._template_str or '')[:60].strip()!r}): text from data would run as a program there, "
            "and a page of ours runs nothing but its own. Draw it with the layers of `carecircles.maps` or "
            "with `figure.Key`, leave a legend out (`legend=False`), or save this map with folium itself."
        )


class _Plain:
    """A style function whose values folium takes for text: what stands in `{{` and `}}` it writes as code."""

    def __init__(self, style: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self._style = style

    def __call__(self, feature: dict[str, Any]) -> dict[str, Any]:
        return {
            key: "" if isinstance(value, str) and re.search(r"\{\{|\}\}", value) else value
            for key, value in self._style(feature).items()
        }


def _replace(element: Element, other: Element) -> None:
    parent = element._parent
    assert parent is not None
    name = next(name for name, child in parent._children.items() if child is element)
    parent._children[name], other._parent = other, parent


def _let_geopandas_draw_keys() -> None:
    """
    Have the legend of geopandas' `explore()` drawn by `Key` where the map stands on a page of ours.

    geopandas writes categories as they are into HTML that branca compiles as a template: names in a
    data file would run as Python. On other maps its legend stays what it was. Should a release of
    geopandas no longer ask this function, its legend is refused when the page renders.
    """
    theirs = getattr(geopandas.explore, "_categorical_legend", None)
    if theirs is None or hasattr(theirs, "carecircles"):
        return

    def categorical_legend(
        m: Element, title: object, categories: Iterable[Any], colors: Iterable[Any]
    ) -> Any:
        if not isinstance(m.get_root(), Page):
            return theirs(m, title, categories, colors)
        return m.add_child(Key(title, list(zip(colors, categories, strict=False))))

    setattr(categorical_legend, "carecircles", True)  # noqa: B010  (a plain assignment is no type)
    setattr(geopandas.explore, "_categorical_legend", categorical_legend)  # noqa: B010


def _without_raw(value: Any) -> Any:
    """GeoJSON with the marks taken out again by which geopandas keeps `{{` from being compiled."""
    if isinstance(value, str):
        return re.sub(r"\{% raw %\}(\{{2,})\{% endraw %\}", r"\1", value)
    if isinstance(value, dict):
        return {key: v if key == "geometry" else _without_raw(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_without_raw(v) for v in value]
    return value


def _scale_of(colormap: ColorMap) -> dict[str, list[Any]]:
    """A scale of colours with its figures, as `Key` shows it."""
    low, high = float(colormap.vmin), float(colormap.vmax)
    shares = [n / 255 for n in range(256)]
    colours = [colormap(low + share * (high - low)) for share in shares]
    stops: list[list[Any]] = []
    for k, colour in enumerate(colours):  # a run of one colour needs its two ends only
        is_inside = 0 < k < 255 and colours[k - 1] == colour == colours[k + 1]
        if not is_inside and re.fullmatch("#[0-9a-fA-F]{6,8}", colour):
            stops.append([colour, round(100 * shares[k], 2)])
    given = getattr(colormap, "tick_labels", None)
    edges = [float(edge) for edge in (given or colormap.index) if not isinstance(edge, str)]
    ticks = edges if given or len(edges) <= colormap.max_labels else _round_values(low, high)
    return {"stops": stops, "ticks": _placed(ticks, low, high)}


def _placed(ticks: list[float], low: float, high: float) -> list[list[Any]]:
    """Where ticks stand on a scale, in per cent, with their figures; those whose figures run together left out."""
    gaps = [b - a for a, b in pairwise(ticks) if b > a]
    decimals = min(10, max(0, 1 - math.floor(math.log10(min(gaps))))) if gaps else 2
    placed: list[list[Any]] = []
    for tick in ticks:
        at = round(100 * (tick - low) / (high - low), 2) if high > low else 50.0
        text = f"{tick:,.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        if not 0 <= at <= 100:
            continue
        if placed and at - placed[-1][0] < _A_CHARACTER * (len(text) + len(placed[-1][1])) / 2 + 2:
            if tick != ticks[-1] or len(placed) < 2:
                continue
            placed.pop()  # the end of a scale says more than what stands before it
        placed.append([at, text])
    return placed


def _round_values(low: float, high: float) -> list[float]:
    """Two to five round values between two."""
    if not high > low:
        return [low]
    rough = (high - low) / (_MOST_TICKS - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(m * unit for m in (1, 2, 5, 10) if m * unit >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [n * step for n in range(first, last + 1)]


def _kept_inside(script: str) -> str:
    """A script without what would end it, as a colour or a name in a string could."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)


def _inlined(name: str, url: str) -> str:
    """A script or style element with the contents of the local file that stands for `url`."""
    if name == "jquery":
        return f"<script>{_JQUERY}</script>"
    if url == _WORDS:
        return f"<script>carecircles.words.learn({to_json(SHARED)});</script>"
    if url.startswith(_OURS):
        text = (_WEB / url.removeprefix(_OURS)).read_text(encoding="utf-8")
        text = re.sub(r"(?ms)^[ \t]*/\*.*?\*/[ \t]*\n", "", text)  # comments on lines of their own
    elif name == "leaflet":
        text = (_LEAFLET / "leaflet.js").read_text(encoding="utf-8") + _marker_images()
    elif name == "leaflet_css":
        text = (_LEAFLET / "leaflet.css").read_text(encoding="utf-8")
    else:
        raise LookupError(
            f"{name} is fetched from {url}, and a page of ours fetches nothing; "
            "draw it with the layers of `carecircles.maps`, or save this map with folium itself."
        )
    if url.endswith(".css"):
        style = re.sub(r"url\(([^)]+)\)", lambda m: f"url({_data_uri(m[1])})", text)
        return "<style>" + style.replace("</style", "<\\/style") + "</style>"
    code = re.sub(r"(?m)^//# sourceMappingURL=.*$", "", text)
    return "<script>" + code.replace("</script", "<\\/script") + "</script>"


def _marker_images() -> str:
    images = {
        option: _data_uri(f"images/{file}")
        for option, file in (
            ("iconUrl", "marker-icon.png"),
            ("iconRetinaUrl", "marker-icon-2x.png"),
            ("shadowUrl", "marker-shadow.png"),
        )
    }
    return f"\nL.Icon.Default.imagePath = '';\nL.Icon.Default.mergeOptions({json.dumps(images)});\n"


def _data_uri(url: str) -> str:
    """An image of Leaflet's as a data URI; what is not a file stays as it is."""
    path = _LEAFLET / url.strip("'\"")
    if not path.is_file():
        return url
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def _policy(trusted: Sequence[str], image_hosts: Sequence[str]) -> str:
    """A Content-Security-Policy that names the page's own scripts by their hash."""
    scripts = [
        s for text in trusted for s in re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    ]
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{h}'" for h in hashes)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {allowed}",
            "style-src 'unsafe-inline'",
            " ".join(["img-src data: blob:", *image_hosts]),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
