"""What stands around a map: title, legend, tables, notes and switches."""

from collections.abc import Sequence
from typing import Any

import folium
import geopandas as gpd
from folium.map import LayerControl
from folium.template import Template

from carecircles import (
    comparison,
    counts,
    reach,
    report,
    words,
)
from carecircles.area import StudyArea, is_neighbour
from carecircles.maps.closed import ClosedMap, Page, to_json
from carecircles.maps.drawing import (
    Drawing,
    Panes,
    bounds_of,
    corners_of,
    in_degrees,
    short_name_of,
)
from carecircles.people import of_group
from carecircles.plan import Plan, is_straight
from carecircles.words import Text, say

_COVERAGE = {"en": "Coverage", "zh": "覆盖"}
_REFERENCE = {"en": "Orientation", "zh": "参照"}


class Surroundings(folium.MacroElement):
    """Title, legend, tables and switches around one map or several; comes after the layers."""

    _template = Template("""
        {% macro script(this, kwargs) %}
        carecircles.{{ this.kind }}({{ this.maps | tojavascript }}, {{ this.json }});
        {% endmacro %}
    """)

    def __init__(
        self, kind: str, maps: folium.Map | list[folium.Map], config: dict[str, Any]
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of branca
        self._name = "Surroundings"
        self.kind = kind
        self.maps = maps
        self.config = config

    @property
    def json(self) -> str:
        return to_json(self.config)


def empty_map(bounds: Sequence[float], *, title: str = "", lang: str = "en") -> folium.Map:
    """
    A folium map with nothing on it yet, on a page that needs no network.

    Add layers of this module or of folium to it, or let geopandas draw: `frame.explore(m=...)`.

    Parameters
    ----------
    bounds
        West, south, east, north in degrees.
    title, lang
        Title and language of the page; the title stands above the map.

    Examples
    --------
    >>> from carecircles import maps
    >>> page = maps.empty_map((117.1, 39.0, 117.3, 39.2))
    >>> page.get_root().render()[:15]  # page.save("map.html") writes it
    '<!DOCTYPE html>'
    """
    m = new_map(bounds, title=title, lang=lang)
    if title:
        both = dict.fromkeys(report.LANGUAGES, title)
        config = {"lang": lang, "title": both, "assumptions": [], "unstated": []}
        m.add_child(Surroundings("entitle", m, config))
    west, south, east, north = (float(b) for b in bounds)
    m.fit_bounds([[south, west], [north, east]])
    return m


def finished(
    plan: Plan,
    layers: list[Drawing],
    config: dict[str, Any],
    lang: str,
    *,
    start: str = "start",
) -> folium.Map:
    """A map with its layers and what stands around it: what every map says of its plan, and `config`."""
    config = _heading(plan, lang) | {"layers": layer_groups(layers)} | config
    m = new_map(bounds_of(plan.area), title=say(config["title"], lang), lang=lang)
    for layer in layers:
        m.add_child(layer)
    m.add_child(LayerControl(collapsed=True))
    m.add_child(Surroundings(start, m, config))
    return m


def new_map(bounds: Sequence[float], *, title: str, lang: str) -> folium.Map:
    """A map on a page of its own that shows no place yet."""
    west, south, east, north = (float(b) for b in bounds)
    m = ClosedMap(location=[(south + north) / 2, (west + east) / 2], tiles=None, zoom_snap=0.25)
    m.options["max_zoom"] = 20
    Page(title=title, lang="zh-CN" if lang == "zh" else lang).add_child(m)
    m.add_child(Panes())  # type: ignore[no-untyped-call]  # of branca
    return m


def title(area: StudyArea) -> Text:
    """
    What the map shows, in each language.

    Examples
    --------
    >>> from carecircles import datasets, maps
    >>> area = datasets.load("template")
    >>> maps.title(area)["en"]
    'Example District: elderly-care coverage of 3 centres'
    """
    name = area_name(area)
    shown = report.when(area)
    asked = area.counting.name if area.counting is not None else None
    beyond = int(is_neighbour(area.facilities).sum())
    own = len(area.facilities) - beyond
    return {
        "en": f"{name['en']}: elderly-care coverage of {own} {'centre' if own == 1 else 'centres'}"
        + (f" + {beyond} {'neighbour' if beyond == 1 else 'neighbours'}" if beyond else "")
        + (f", {asked['en']}" if asked else "")
        + shown["en"],
        "zh": f"{name['zh']}：{own} 个居家养老服务中心"
        + (f"（另计区外 {beyond} 个）" if beyond else "")
        + (f"（{asked['zh']}）" if asked else "")
        + f"覆盖图{shown['zh']}",
    }


def of_plan(plan: Plan, what: Text) -> Text:
    name = area_name(plan.area)
    return {
        lang: f"{name[lang]}{mark}{what[lang]} ({report.plan_name(plan)[lang]})"
        for lang, mark in (("en", ": "), ("zh", "："))
    }


def area_name(area: StudyArea) -> Text:
    name = report.name_of({"name": area.name, "name_en": area.name_en})
    return {lang: report.isolated(text) for lang, text in name.items()}


CENTRE_SIGNS: dict[str, Text] = {
    "opened": {"en": "Centre opened", "zh": "新开的中心"},
    "closed": {"en": "Centre closed", "zh": "关闭的中心"},
    "moved": {
        "en": "Centre moved, with an arrow from its old place",
        "zh": "迁移的中心，箭头起于原址",
    },
}


def change_signs() -> list[dict[str, Any]]:
    labels = {
        "gained": _told(
            "gained", {"en": "uncovered before, covered after", "zh": "原未覆盖，现已覆盖"}
        ),
        "lost": _told(
            "lost", {"en": "covered before, uncovered after", "zh": "原已覆盖，现未覆盖"}
        ),
        "uncovered": {"en": "Uncovered before and after", "zh": "前后均未覆盖"},
        "covered": {"en": "Covered before and after", "zh": "前后均已覆盖"},
    }
    return [{"sign": "change", "status": status, "label": text} for status, text in labels.items()]


def _told(status: str, what: Text) -> Text:
    """The word for a cell's status, and what it means."""
    word = words.STATUSES[status]
    return {"en": f"{word['en']}: {what['en']}", "zh": f"{word['zh']}：{what['zh']}"}


def street_rows(area: StudyArea) -> list[dict[str, Any]]:
    """A row for each street of a table beside the map: its name, and where it is."""
    outlines = in_degrees(area.streets)
    return [
        {"short_name": short_name_of(row), "bounds": corners_of(row["geometry"].bounds)}
        for _, row in outlines.iterrows()
    ]


def _heading(plan: Plan, lang: str) -> dict[str, Any]:
    """What every map says of its plan."""
    area = plan.area
    unstated = report.unstated(area)
    return {
        "lang": lang,
        "services": own_services(area),
        "bounds": corners_of(bounds_of(area)),
        "subtitle": _subtitle(plan),
        "assumptions": headline_of([x for x in report.assumptions(area) if x not in unstated]),
        "unstated": headline_of(unstated),
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "notes": notes_of(plan),
        "credits": report.sources_of(plan),
    }


def own_services(area: StudyArea) -> dict[str, Text]:
    """What services are called that the study area declares, or calls by another name."""
    return {s.key: s.name for s in area.services if s.name != words.SERVICES.get(s.key)}


def _subtitle(plan: Plan) -> Text:
    """The standard, and by what people are placed where they are not spread evenly."""
    standard = report.standard_note(plan)
    if counts.is_even(plan):
        return standard
    label = report.placed_label(plan)
    return {
        "en": f"{standard['en']}; people placed {label['en']}",
        "zh": f"{standard['zh']}；人口{label['zh']}安置",
    }


def notes_of(plan: Plan) -> list[Text]:
    beyond = [*report.reach_notes(plan), *report.neighbour_notes(plan)]
    return [
        report.grid_note(plan),
        *report.overview_notes(plan),
        *beyond,
        *plan.area.notes,
        *_credits(plan.area),
    ]


def _credits(area: StudyArea) -> list[Text]:
    """Where the places drawn come from."""
    if area.places is None:
        return []
    sources = "; ".join(dict.fromkeys(s for s in area.places["source"] if s))
    return [{"en": f"Places: {sources}", "zh": f"地点：{sources}"}] if sources else []


def layer_groups(layers: Sequence[Drawing]) -> list[dict[str, Any]]:
    """The layers' names in each language, grouped as the layer control shows them."""
    groups = [(_COVERAGE, False), (_REFERENCE, True)]
    return [
        {
            "name": name,
            "layers": report.each_once(
                [[x.names for x in layers if x.is_reference == is_reference]]
            ),
        }
        for name, is_reference in groups
    ]


def headline_of(lines: list[Text]) -> list[Text]:
    """All assumptions in one sentence, so that they stand in the title."""
    if not lines:
        return []
    en = "; ".join(line["en"] for line in lines)
    return [
        {"en": en[0].upper() + en[1:] + ".", "zh": "；".join(line["zh"] for line in lines) + "。"}
    ]


def legend_of(
    plan: Plan, *, radius: bool = True, bases: set[str] | None = None
) -> list[dict[str, Any]]:
    """
    Signs and what they mean; without the radius where maps of several stand together.

    `bases` are what the positions of the centres drawn rest on, if not those of the area.
    """
    area = plan.area
    depths = [("1", 1), ("2", 2), ("3", 3), ("4+", 4)]
    entries: list[dict[str, Any]] = [
        {
            "sign": "uncovered",
            "label": _told("uncovered", {"en": "no centre within reach", "zh": "没有可达中心"}),
        },
        *(
            {
                "sign": "depth",
                "depth": depth,
                "label": {"en": f"{name} within reach", "zh": f"{name} 个可达中心"},
            }
            for name, depth in depths
        ),
        _reach_sign(plan, radius=radius),
        *_centre_signs(bases_of(area.facilities) if bases is None else bases),
    ]
    if is_neighbour(area.facilities).any():
        label = {"en": "Neighbour: a centre beyond the border", "zh": "区外中心：位于边界之外"}
        entries.append({"sign": "neighbour", "label": label})
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
            "label": of_group(
                {"en": f"Street: {text} of {{}} covered", "zh": f"街道：{{short}}覆盖率 {text}"},
                comparison.headline(plan),
            ),
        }
        for share, text in shares
    ]


def _reach_sign(plan: Plan, *, radius: bool) -> dict[str, Any]:
    """The sign of a care circle, or in its place a word that reach is none."""
    if not is_straight(plan):
        way = reach.in_words(plan.reach)
        label = {
            "en": f"Reach is measured {way['en']}: no care circles",
            "zh": f"可达范围{way['zh']}计算，不画服务圈",
        }
        return {"sign": "none", "label": label}
    metres = f"{plan.area.standard.metres:.0f}"
    return {
        "sign": "circle",
        "label": {
            "en": "Care circle" + (f", {metres} m" if radius else ""),
            "zh": "养老服务圈" + (f"，{metres} 米" if radius else ""),
        },
    }


_CENTRE_BASES: dict[str, Text] = {
    "known": {
        "en": f"Centre, position {words.BASES['known']['en']}",
        "zh": f"中心，位置{words.BASES['known']['zh']}",
    },
    "assumed": {
        "en": f"Centre, position {words.BASES['assumed']['en']}",
        "zh": f"中心，位置为{words.BASES['assumed']['zh']}",
    },
    "proposed": {
        "en": f"Centre, {words.BASES['proposed']['en']}",
        "zh": f"中心，{words.BASES['proposed']['zh']}",
    },
    "unstated": {"en": "Centre, basis of its position not stated", "zh": "中心，位置依据未说明"},
}


def bases_of(facilities: gpd.GeoDataFrame) -> set[str]:
    """What the positions of centres rest on; neighbours have a sign of their own."""
    return set(facilities.loc[~is_neighbour(facilities), "basis"])


def _centre_signs(bases: set[str]) -> list[dict[str, Any]]:
    """What the signs of centres mean, of those that are drawn; any other basis has the sign of the unstated."""
    drawn = {basis if basis in _CENTRE_BASES else "unstated" for basis in bases}
    labels = dict(_CENTRE_BASES)
    if "not stated" not in bases:
        labels["unstated"] = {"en": "Centre, position of another basis", "zh": "中心，位置另有依据"}
    return [{"sign": sign, "label": label} for sign, label in labels.items() if sign in drawn]
