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
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import branca.element
import xstatic.pkg.leaflet
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.features import GeoJsonDetail
from folium.map import Icon
from folium.raster_layers import TileLayer
from folium.template import Template

_STATIC = Path(__file__).resolve().parent / "static"
_LEAFLET = Path(xstatic.pkg.leaflet.BASE_DIR)
_OURS = "carecircles:"
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
_rendering = threading.RLock()


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
        self, title: str = "", *, lang: str = "en", image_hosts: Sequence[str] = (), **options
    ) -> None:
        super().__init__(**options)
        self.title = title
        self.lang = lang
        self.image_hosts = tuple(image_hosts)
        self._named: list[Element] = []

    def render(self, **kwargs) -> str:
        """The page as HTML."""
        with _rendering, _text_stays_text(), self._as_it_was():
            self._name_in_order()
            for element in _walk(self):
                if isinstance(element, GeoJsonDetail):
                    element._template = _PLAIN_DETAIL
                elif isinstance(element, Icon | TileLayer):
                    raise LookupError(
                        f"folium's {type(element).__name__} is fetched from the network, and a page "
                        "of ours is not; use `maps.tile_layer`, a CircleMarker or a DivIcon."
                    )
            for child in list(self._children.values()):
                child.render(**kwargs)
            head = [self._head(name, el, kwargs) for name, el in self.header._children.items()]
            body = self.html.render(**kwargs)
            script = self.script.render(**kwargs)
            self._named = list(_walk(self))  # also those that came into being just now
        script = f"<script>{script}</script>"
        hosts = {host: None for el in _walk(self) for host in getattr(el, "image_hosts", ())}
        policy = _policy([*head, script], list(hosts))
        return "\n".join(
            [
                "<!DOCTYPE html>",
                f'<html lang="{html.escape(self.lang)}">',
                "<head>",
                '<meta charset="utf-8">',
                f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{escape(self.title)}</title>",
                _LICENCES,
                *head,
                "</head>",
                "<body>",
                body,
                script,
                "</body>",
                "</html>",
                "",
            ]
        )

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

    def _head(self, name: str, element: Element, kwargs: dict) -> str:
        """An element of the head; links are replaced by what they link to."""
        if name in _NOT_NEEDED or name == "meta_http":
            return ""
        if isinstance(element, JavascriptLink | CssLink):
            return _inlined(name, element.url)
        text = element.render(**kwargs)
        # Folium forbids zooming on phones; people with weak eyes need it. Ours is set above.
        return re.sub(r'<meta name="viewport".*?/>', "", text, flags=re.DOTALL)


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

    def render(self, *_args, **_kwargs) -> str:
        return self._text


@contextmanager
def _text_stays_text() -> Iterator[None]:
    """
    While this lasts, `Element(text)` keeps its text.

    Branca puts what an element has rendered into a new Element and so compiles it as a template
    again; a name such as `{{ 7 * 7 }}` in a data file would be executed in our process.
    """
    compiled = branca.element.Template
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


def _inlined(name: str, url: str) -> str:
    """A script or style element with the contents of the local file that stands for `url`."""
    if name == "jquery":
        return f"<script>{_JQUERY}</script>"
    if url.startswith(_OURS):
        text = (_STATIC / url.removeprefix(_OURS)).read_text(encoding="utf-8")
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
