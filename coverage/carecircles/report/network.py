"""How sound a walking network is, as a table and notes."""

from typing import TYPE_CHECKING

import pandas as pd

from carecircles.area import StudyArea
from carecircles.people import Group
from carecircles.report.credits import source_note
from carecircles.report.ways import FAR_M, MOST_PLACES, far_centre_notes
from carecircles.words import Text, say

if TYPE_CHECKING:
    from carecircles.network import Network

_RARE = ("lifts", "escalators")  # told where there are some
_COUNTED: dict[str, Text] = {
    "flights": {"en": "flights of stairs", "zh": "楼梯，层"},
    "signals": {"en": "signalled crossings", "zh": "信号灯路口"},
    "lifts": {"en": "lifts", "zh": "电梯"},
    "escalators": {"en": "escalators, flights", "zh": "自动扶梯，层"},
}


def network_table(
    net: "Network", *, cells: pd.DataFrame | None = None, groups: tuple[Group, ...] = (), lang: str
) -> pd.DataFrame:
    """
    The figures of a network, a row each, in a language.

    Parameters
    ----------
    net
        The network.
    cells
        Cells with people, if it is known whose network it is.
    groups
        The groups of people to tell.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles import network
    >>> line = shapely.linestrings([[[500_000, 4_200_000], [500_000, 4_200_100]]])
    >>> net = network.read_network(gpd.GeoDataFrame(geometry=line, crs=4548), crs="EPSG:4548")
    >>> network_table(net, lang="en").set_index("figure")["value"].to_dict()["dead ends"]
    '2'
    """
    from carecircles import network  # which loads what a map does without

    steps = net.edges.loc[net.edges["kind"] == "steps", "metres"]
    rows: list[tuple[Text, str]] = [
        ({"en": "length, km", "zh": "总长，公里"}, f"{net.edges['metres'].sum() / 1000:,.1f}"),
        ({"en": "ways", "zh": "路段"}, f"{len(net.edges):,}"),
        ({"en": "junctions", "zh": "路口"}, f"{len(net.xy):,}"),
        ({"en": "dead ends", "zh": "尽头路"}, f"{len(network.dead_ends(net)):,}"),
        ({"en": "steps, m", "zh": "台阶，米"}, f"{steps.sum():,.0f}"),
        *(
            (label, f"{net.edges[name].sum():,.0f}")
            for name, label in _COUNTED.items()
            if name in net.edges and (name not in _RARE or net.edges[name].sum() > 0)
        ),
        (
            {"en": "ways that cross without meeting", "zh": "相交但不连通处"},
            f"{len(network.crossings_without_meeting(net)):,}",
        ),
        (
            {"en": "barriers", "zh": "障碍"},
            f"{0 if net.barriers is None else len(net.barriers):,}",
        ),
    ]
    if cells is not None:
        is_far = ~(network.metres_off(net, cells) <= FAR_M)
        for group in (g for g in groups if g.column in cells):
            people, far = cells[group.column].sum(), cells.loc[is_far, group.column].sum()
            share = f" ({100 * far / people:.1f} %)" if people else ""
            said = {
                "en": f"{group.name['en']} more than {FAR_M:g} m from any way",
                "zh": f"距任何道路超过 {FAR_M:g} 米的{group.name['zh']}",
            }
            rows.append((said, f"{far:,.0f}{share}"))
            if net.left_out is not None:
                lost = cells.loc[network.is_left_out(net, cells), group.column].sum()
                rows.append((_nearest_to_lost(group), f"{lost:,.0f}"))
    table = [(say(label, lang), value) for label, value in rows]
    head: list[Text] = [{"en": "figure", "zh": "指标"}, {"en": "value", "zh": "数值"}]
    return pd.DataFrame(table, columns=[say(word, lang) for word in head])


def _nearest_to_lost(group: Group) -> Text:
    return {
        "en": f"{group.name['en']} nearest to ways left out",
        "zh": f"最近道路已被略去的{group.name['zh']}",
    }


def network_notes(
    net: "Network", *, area: StudyArea | None = None, is_declared: bool = True, lang: str
) -> list[str]:
    """
    What was left out of a network, where ways cross without meeting, and centres far from any way.

    Parameters
    ----------
    net
        The network.
    area
        The study area, if it is known whose network it is.
    is_declared
        Whether it is known in which datum the ways are; else it is looked at.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles import network
    >>> line = shapely.linestrings([[[500_000, 4_200_000], [500_000, 4_200_100]]])
    >>> net = network.read_network(gpd.GeoDataFrame(geometry=line, crs=4548), crs="EPSG:4548")
    >>> network_notes(net, lang="en")
    ['`network`: it does not say what kinds of ways they are; all are walked']
    """
    from carecircles import network

    notes = [say(note, lang) for note in net.notes]
    if area is not None:
        if not is_declared:
            marks = network.landmarks(area.streets, area.facilities)
            notes += [say(note, lang) for note in network.datum_notes(net, marks)]
        notes += [say(note, lang) for note in far_centre_notes(net, area.facilities)]
    places = network.crossings_without_meeting(net)
    if len(places):
        degrees = places.to_crs(4326)
        some = [f"{p.x:.5f} {p.y:.5f}" for p in degrees[:MOST_PLACES]]
        more = len(places) - len(some)
        told: Text = {
            "en": f"ways cross without meeting at {', '.join(some)} (lon lat)"
            + (f" and {more:,} places more" if more else ""),
            "zh": f"道路相交但不连通：{'、'.join(some)}（经度 纬度）"
            + (f"等，另有 {more:,} 处" if more else ""),
        }
        notes.append(say(told, lang))
    if net.source:
        notes.append(say(source_note(net.source), lang))
    return notes


def network_title(file: str, net: "Network", area: StudyArea | None, *, lang: str) -> str:
    """
    What the table of a network is called.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from carecircles import network
    >>> line = shapely.linestrings([[[500_000, 4_200_000], [500_000, 4_200_100]]])
    >>> net = network.read_network(gpd.GeoDataFrame(geometry=line, crs=4548), crs="EPSG:4548")
    >>> network_title("streets.gpkg", net, None, lang="en")
    'Walking network of streets.gpkg, in EPSG:4548'
    """
    of: Text = {"en": "", "zh": ""}
    if area is not None:
        of = {"en": f", for {area.name_en}", "zh": f"，{area.name}"}
    return say(
        {
            "en": f"Walking network of {file}{of['en']}, in {net.crs.to_string()}",
            "zh": f"步行路网 {file}{of['zh']}，{net.crs.to_string()}",
        },
        lang,
    )
