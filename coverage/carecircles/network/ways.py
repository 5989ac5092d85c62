"""
Ways as a network: which of them people walk, where they meet, and what is left when they are clean.

Walked is what has no `highway` of `_NOT_WALKED` and neither `foot` nor `access` against it, where
`foot` says more than `access` does. Expressways (`trunk`) are walked only with a pavement or where
`foot` allows it, motorways never; a road whose `sidewalk` is drawn separately is not walked itself.
Of areas only squares are walked, around their edge.

Steps are stairs, counted in flights of 16 steps: of a way as many as its `step_count` says, else one step
for each 0.30 m of its length (GB 50352-2019 asks that much of steps outdoors); none where `ramp:wheelchair`
goes beside them. An escalator (`conveying`, in whatever direction) is no stairs for whoever may ride it,
and barred like stairs to the others. A lift counts once: half on either side of its node, or spread along it where it is drawn
as a line. Plain `ramp=yes` may be a groove for bicycles and changes nothing. A signalled crossing
counts once, on the footway that crosses the road: half on either side of the crossing's node, as far as the next one, or, where only
the footway says it, spread along the footway. Nothing is counted on the road itself, along which nobody
crosses; where no footway is drawn across it, nobody waits.
"""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.ops import substring

from carecircles.errors import ValidationError
from carecircles.network.values import Network
from carecircles.walkers import STEPS_A_FLIGHT
from carecircles.words import Sentence, Text

TAGS = (
    *("highway", "foot", "access", "sidewalk", "area", "bridge", "tunnel", "layer"),
    *("crossing", "crossing:signals", "step_count", "ramp:wheelchair", "conveying"),
)
OF_NODES = ["highway", "crossing", "crossing:signals"]  # what tells signals and lifts
LIFT = "elevator"
ID = "way"  # how the file calls what an edge is of, as text; several ids where ways are joined
BETWEEN_IDS = ";"
PRIVATE = "private"  # whether those alone walk it who begin or end a walk on it
COUNTED = (
    "flights",
    "signals",
    "lifts",
    "escalators",
)  # of a way, which its parts share by their length
SQUARES = ("pedestrian", "footway", "living_street", "path", "steps", "crossing")
PATHS = ("footway", "path", "cycleway", "pedestrian", "steps", "crossing", "bridleway", LIFT, "")
STEP_M = 0.30  # of a way of steps, where nobody counts them
GRID_M = 0.01  # to which drawn lines are rounded where they are made to meet
_NOT_WALKED = [
    "motorway",
    "motorway_link",
    "motorroad",
    "construction",
    "proposed",
    "planned",
    "abandoned",
    "razed",
    "disused",
    "demolished",
    "raceway",
    "bus_guideway",
    "busway",
    "escape",
    "corridor",
    "platform",
    "rest_area",
    "services",
    "emergency_bay",
    "via_ferrata",
    "no",
    "none",
]
_IN_CHINESE = {  # what road layers call their classes
    "高速公路": "motorway", "高速": "motorway", "快速路": "trunk", "城市快速路": "trunk",
    "主干路": "primary", "主干道": "primary", "次干路": "secondary", "次干道": "secondary",
    "支路": "residential", "人行道": "footway", "步行道": "footway", "步行街": "pedestrian",
    "台阶": "steps", "阶梯": "steps", "天桥": "footway", "人行天桥": "footway",
    "人行横道": "crossing", "斑马线": "crossing", "楼梯": "steps", "梯道": "steps", "电梯": "elevator", "升降梯": "elevator",
}  # fmt: skip
_ALLOWED = ("yes", "designated", "permissive", "destination", "official", "customers")
_FORBIDDEN = ("no", "private", "use_sidepath", "agricultural", "forestry", "delivery", "military")
_INSIDE_ESTATES = (
    "service", "residential", "living_street", "unclassified", "pedestrian", "footway", "path", "steps",
)  # fmt: skip
_SIGNALLED = "traffic_signals|pelican|toucan|puffin|pegasus|信号灯|红绿灯"
_MOST_STEPS = 5000
_PAVED = ("both", "left", "right", "yes")
_UNTRUE = ("", "no", "f", "false", "0", "n", "none", "nan", "否", "无", "没有", "building_passage")


def is_walkable(tags: pd.DataFrame, *, private: bool = False) -> pd.Series:
    """
    Whether people may walk along each way, by what OpenStreetMap says of it.

    Parameters
    ----------
    tags
        Text columns `highway`, `foot`, `access`, `sidewalk` and `area`, as far as they are known;
        empty where nothing is said. Road classes may be in Chinese.
    private
        Whether private streets and paths are walked, such as those inside a housing estate.

    Returns
    -------
    is_walkable
        On the index of `tags`; a way of which nothing is said is walked.

    Examples
    --------
    >>> roads = ["footway", "motorway", "trunk", "trunk", "residential", "steps"]
    >>> tags = pd.DataFrame({"highway": roads, "sidewalk": ["", "", "", "both", "separate", ""]})
    >>> is_walkable(tags).tolist()
    [True, False, False, True, False, True]
    """
    said = {name: _text(tags, name) for name in TAGS}
    kind = kinds_of(said["highway"])
    is_allowed = said["foot"].isin(_ALLOWED)
    foot, access = said["foot"].isin(_FORBIDDEN), said["access"].isin(_FORBIDDEN)
    if private:
        is_own = kind.isin(_INSIDE_ESTATES)
        foot &= ~((said["foot"] == "private") & is_own)
        access &= ~(said["access"].isin(["private", "delivery"]) & is_own)
    is_forbidden = foot | (access & ~is_allowed)
    is_paved = said["sidewalk"].isin(_PAVED)
    is_road = ~kind.isin(_NOT_WALKED)
    is_road &= ~kind.isin(["trunk", "trunk_link"]) | is_paved | is_allowed
    is_road &= (said["sidewalk"] != "separate") | is_allowed
    is_road &= (said["area"] != "yes") | kind.isin(SQUARES)
    return is_road & ~is_forbidden


def kinds_of(highway: pd.Series) -> pd.Series:
    """
    The kind of each way in OpenStreetMap's words, of several the first.

    Examples
    --------
    >>> kinds_of(pd.Series(["Steps", "['path', 'footway']", "支路", ""])).tolist()
    ['steps', 'path', 'residential', '']
    """
    first = highway.str.strip("[]() ").str.split(",").str[0].str.strip("'\" ").str.casefold()
    return first.fillna("").map(lambda kind: _IN_CHINESE.get(kind, kind))


def levels_of(tags: pd.DataFrame) -> pd.Series:
    """
    On which level each way lies: its `layer`, or 1 for a bridge and -1 for a tunnel without one.

    Examples
    --------
    >>> levels_of(pd.DataFrame({"bridge": ["yes", "F", "", ""], "layer": ["", "", "-1.0", "x"]})).tolist()
    [1, 0, -1, 0]
    """
    layer = pd.to_numeric(_text(tags, "layer"), errors="coerce").fillna(0).clip(-9, 9).astype(int)
    is_bridge, is_tunnel = (~_text(tags, name).isin(_UNTRUE) for name in ("bridge", "tunnel"))
    drawn = is_bridge.astype(int) - (is_tunnel & ~is_bridge).astype(int)
    return layer.where(layer != 0, drawn)


def flights_of(tags: pd.DataFrame, metres: np.ndarray) -> pd.Series:
    """
    How many flights of stairs each way is, 0 of what is no stairs and of escalators.

    Parameters
    ----------
    tags
        Text columns `highway`, `step_count`, `ramp:wheelchair` and `conveying`, as far as they are known. Of a way
        that is steps only in part, as simplified graphs have them, one flight is taken.
    metres
        Length of each way.

    Examples
    --------
    >>> tags = pd.DataFrame({"highway": ["steps", "steps", "footway"], "step_count": ["24", "", ""]})
    >>> flights_of(tags, np.array([9.0, 9.6, 100.0])).round(6).tolist()
    [1.5, 2.0, 0.0]
    """
    return _flights_of(tags, metres).where(~_is_escalator(tags), 0.0)


def escalators_of(tags: pd.DataFrame, metres: np.ndarray) -> pd.Series:
    """
    How many flights of stairs each escalator takes the place of, 0 of what is none.

    Parameters
    ----------
    tags, metres
        As for `flights_of`.

    Examples
    --------
    >>> tags = pd.DataFrame({"highway": ["steps", "steps"], "step_count": "32", "conveying": ["forward", "no"]})
    >>> escalators_of(tags, np.array([9.6, 9.6])).tolist(), flights_of(tags, np.array([9.6, 9.6])).tolist()
    ([2.0, 0.0], [0.0, 2.0])
    """
    return _flights_of(tags, metres).where(_is_escalator(tags), 0.0)


def _is_escalator(tags: pd.DataFrame) -> pd.Series:
    return ~_text(tags, "conveying").isin(_UNTRUE)


def lifts_of(tags: pd.DataFrame) -> pd.Series:
    """
    How many lifts each way is: one where it is drawn as one, also in part.

    Examples
    --------
    >>> lifts_of(pd.DataFrame({"highway": ["elevator", "['footway', 'elevator']", "steps"]})).tolist()
    [1.0, 1.0, 0.0]
    """
    every = _text(tags, "highway")
    return ((kinds_of(every) == LIFT) | every.str.contains(LIFT)).astype(float)


def are_lifts(nodes: pd.DataFrame) -> np.ndarray:
    """Which nodes are lifts; columns `OF_NODES`, as text."""
    are: np.ndarray = (nodes["highway"] == LIFT).to_numpy(dtype=bool)
    return are


def _flights_of(tags: pd.DataFrame, metres: np.ndarray) -> pd.Series:
    """Of how many flights steps are, whoever moves."""
    kind, every = kinds_of(_text(tags, "highway")), _text(tags, "highway")
    is_partly = every.str.contains("steps") & (every.str.count(",") > 0)
    is_ramp = ~_text(tags, "ramp:wheelchair").isin(_UNTRUE)
    steps = pd.to_numeric(_text(tags, "step_count"), errors="coerce")
    told = steps.where((steps > 0) & (steps <= _MOST_STEPS)) / STEPS_A_FLIGHT
    drawn = pd.Series(metres / STEP_M / STEPS_A_FLIGHT, index=tags.index)
    flights = told.fillna(drawn.where(~is_partly, 1.0))
    return flights.where(((kind == "steps") | is_partly) & ~is_ramp, 0.0).astype(float)


def is_signalled(tags: pd.DataFrame) -> pd.Series:
    """
    Whether each crossing, a node or a way, has signals at which people wait.

    Examples
    --------
    >>> is_signalled(pd.DataFrame({"crossing": ["traffic_signals", "zebra"]})).tolist()
    [True, False]
    """
    said = ~_text(tags, "crossing:signals").isin(_UNTRUE)
    return said | _text(tags, "crossing").str.contains(_SIGNALLED)


def are_signals(nodes: pd.DataFrame) -> np.ndarray:
    """Which nodes are signals that stop whoever crosses a road there; columns `OF_NODES`, as text."""
    is_crossing = (nodes["highway"] == "crossing") & is_signalled(nodes)
    are: np.ndarray = (
        is_crossing | ((nodes["highway"] == "traffic_signals") & (nodes["crossing"] != "no"))
    ).to_numpy(dtype=bool)
    return are


def are_paths(tags: pd.DataFrame) -> np.ndarray:
    """Which ways are no roads: along those alone signals are counted."""
    are: np.ndarray = kinds_of(tags["highway"]).isin(PATHS).to_numpy(dtype=bool)
    return are


def halves_of(first: np.ndarray, second: np.ndarray, is_path: np.ndarray) -> np.ndarray:
    """Signals between nodes that follow each other: half of either one that is a signal."""
    halves: np.ndarray = 0.5 * (first.astype(float) + second) * is_path
    return halves


def _text(tags: pd.DataFrame, name: str) -> pd.Series:
    """A column of tags as plain text, empty where it is missing."""
    if name not in tags:
        return pd.Series("", index=tags.index, dtype=object)
    return tags[name].fillna("").astype(str).str.strip().str.casefold()


def noded(ways: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Drawn lines cut where they meet or cross on the same level.

    Lines of other levels meet only where one of them ends and meets nothing on its own level: a
    bridge and the street below it do not, a bridge and the street it comes down to do.

    Parameters
    ----------
    ways
        LineStrings in metres with `kind` and `level`, and what is counted of them, such as `flights`, their
        ids, `way`, and whether they are `private`, if it is known.

    Returns
    -------
    edges
        The pieces, rounded to centimetres, with `start` and `end`, the junctions they lie between.

    Examples
    --------
    Two streets cross, a bridge goes over one of them.

    >>> lines = shapely.linestrings([[[0, 0], [40, 0]], [[10, -5], [10, 5]], [[30, -5], [30, 5]]])
    >>> ways = gpd.GeoDataFrame({"kind": "", "level": [0, 0, 1]}, geometry=lines, crs=4548)
    >>> noded(ways).length.tolist()
    [10.0, 30.0, 5.0, 5.0, 10.0]
    """
    lines = shapely.set_precision(ways.geometry.to_numpy(), GRID_M, mode="pointwise")
    pieces, levels = [], []
    for level in sorted(set(ways["level"])):
        whole = shapely.union_all(lines[ways["level"] == level], grid_size=GRID_M)
        parts = shapely.get_parts(whole)
        pieces.append(parts[shapely.get_type_id(parts) == 1])
        levels.append(np.full(len(pieces[-1]), level))
    cut, level = _cut_at_loose_ends(np.concatenate(pieces), np.concatenate(levels))
    source = _sources(cut, level, lines, ways["level"].to_numpy())
    start, end = _junctions(cut, level)
    kind = ways["kind"].to_numpy()[source]
    table = {"start": start, "end": end, "kind": kind, "level": level}
    share = shapely.length(cut) / shapely.length(lines[source])
    table |= {name: ways[name].to_numpy()[source] * share for name in COUNTED if name in ways}
    table |= {name: ways[name].to_numpy()[source] for name in (ID, PRIVATE) if name in ways}
    return gpd.GeoDataFrame(table, geometry=cut, crs=ways.crs)


def _cut_at_loose_ends(pieces: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pieces cut where the end of one, that meets nothing on its own level, lies on another level's."""
    ends = np.asarray(shapely.points(_ends(pieces).reshape(-1, 2)))
    own = np.repeat(level, 2)
    keys = pd.DataFrame(shapely.get_coordinates(ends).round(3)).assign(level=own)
    loose = np.flatnonzero(~keys.duplicated(keep=False).to_numpy())
    tree = shapely.STRtree(pieces)
    end, piece = tree.query(ends[loose], predicate="dwithin", distance=GRID_M)
    end = loose[end]
    at = np.asarray(shapely.line_locate_point(pieces[piece], ends[end]))
    is_inside = (at > GRID_M) & (at < shapely.length(pieces[piece]) - GRID_M)
    is_inside &= own[end] != level[piece]
    end, piece, at = end[is_inside], piece[is_inside], at[is_inside]
    if not len(piece):
        return pieces, level
    stays = np.ones(len(pieces), dtype=bool)
    stays[piece] = False
    parts, levels = [pieces[stays]], [level[stays]]
    for one in np.unique(piece):
        here = np.unique(at[piece == one])
        parts.append(_cut(pieces[one], here))
        levels.append(np.full(len(here) + 1, level[one]))
    # What is cut is rounded again, so that it ends at the very points of the others.
    rounded = shapely.set_precision(np.concatenate(parts), GRID_M, mode="pointwise")
    return rounded, np.concatenate(levels)


def _cut(line: shapely.LineString, at: np.ndarray) -> np.ndarray:
    """A line cut at some metres from its start."""
    stops = [0.0, *at, line.length]
    return np.array([substring(line, a, b) for a, b in itertools.pairwise(stops)])


def _sources(
    pieces: np.ndarray, level: np.ndarray, lines: np.ndarray, levels: np.ndarray
) -> np.ndarray:
    """The line that each piece comes from: the first of its level on which its middle lies."""
    source = np.zeros(len(pieces), dtype=np.int64)
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    for one in np.unique(level):
        some, those = np.flatnonzero(level == one), np.flatnonzero(levels == one)
        piece, line = shapely.STRtree(lines[those]).query_nearest(middle[some], all_matches=True)
        order = np.lexsort((line, piece))
        first = order[np.diff(piece[order], prepend=-1) > 0]
        source[some[piece[first]]] = those[line[first]]
    return source


def _junctions(pieces: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Which junctions pieces lie between: what ends at one point meets there.

    Only where two ends and more of one level lie over two and more of the ground, a bridge that was
    cut where it crosses a street, they stay apart.
    """
    points = pd.DataFrame(_ends(pieces).reshape(-1, 2).round(3), columns=["x", "y"])
    own = np.repeat(level, 2)
    place = points.groupby(["x", "y"], sort=False).ngroup().to_numpy()
    count = pd.DataFrame({"place": place, "level": own}).groupby(["place", "level"])["level"]
    same = count.transform("size").to_numpy()
    ground = np.bincount(place[own == 0], minlength=place.max() + 1)[place]
    floor = np.where((own != 0) & (same >= 2) & (ground >= 2), own, 0)
    junction = pd.DataFrame({"place": place, "floor": floor}).groupby(["place", "floor"]).ngroup()
    start, end = junction.to_numpy().reshape(-1, 2).T
    return start, end


def made_of(
    edges: gpd.GeoDataFrame,
    *,
    barriers: gpd.GeoSeries | None = None,
    notes: tuple[Text, ...] = (),
) -> Network:
    """
    The network of cut ways: without repetitions, in one connected part, chains of ways as one.

    Parameters
    ----------
    edges
        LineStrings in metres with `start`, `end` (any whole numbers that name junctions), `kind` and
        `level`, and `way`, an id, and `private`, if they are known; a line runs from its start to its end. What is counted
        is 0 where nobody says.
    barriers, notes
        Of the network.

    Returns
    -------
    network
        Its largest connected part; the notes say how much was left out.

    Examples
    --------
    Two pieces of a street, one of them twice, and another street far away.

    >>> xy = [[[0, 0], [50, 0]], [[50, 0], [0, 0]], [[50, 0], [100, 0]], [[900, 0], [910, 0]]]
    >>> table = {"start": [7, 8, 8, 3], "end": [8, 7, 9, 4], "kind": "", "level": 0}
    >>> street = made_of(gpd.GeoDataFrame(table, geometry=shapely.linestrings(xy), crs=4548))
    >>> street.edges["metres"].tolist(), street.notes[0]["en"]
    ([100.0], 'of 110 m of ways 10 m in 1 part are not connected with the others and left out')
    """
    counted = {name: edges.get(name, 0.0) for name in COUNTED}
    edges = edges.assign(metres=edges.length, **counted)
    edges = edges[edges["metres"] > 0].reset_index(drop=True)
    ends = edges[["start", "end"]].to_numpy()
    line = shapely.to_wkb(shapely.normalize(edges.geometry.to_numpy()))
    ways = pd.DataFrame({"a": ends.min(axis=1), "b": ends.max(axis=1), "line": line})
    # The one that is walked by all stays, of these the one with least to climb.
    ranks = [PRIVATE] if PRIVATE in edges else []
    order = np.lexsort([edges[name] for name in [*COUNTED[::-1], *ranks]])
    same = ways.iloc[order].duplicated().sort_index()
    edges = edges[~same.to_numpy()].reset_index(drop=True)
    if edges.empty:
        raise ValidationError([_nothing_to_walk("network")])
    edges, lost, told = _largest_part(edges)
    edges = _without_chains(edges)
    labels, place = np.unique(edges[["start", "end"]].to_numpy(), return_inverse=True)
    place = place.reshape(-1, 2)
    xy = np.empty((len(labels), 2))
    xy[place] = _ends(edges.geometry.to_numpy())
    known = [name for name in (ID, PRIVATE) if name in edges]
    columns = ["start", "end", *known, "metres", "kind", "level", *COUNTED, edges.geometry.name]
    edges = edges.assign(start=place[:, 0], end=place[:, 1])[columns]
    return Network(xy, edges, barriers, (*notes, *told), lost)


def _nothing_to_walk(file: str) -> Sentence:
    return Sentence(
        f"{file}: there is no way in it that people walk; choose a file of streets and paths.",
        zh=f"{file}：其中没有可步行的道路；请换用街道和步道的文件。",
    )


def _largest_part(
    edges: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, gpd.GeoSeries | None, list[Text]]:
    """The connected part with most metres, the ways of the others, and what to say of these."""
    part = parts_of(edges)
    metres = np.bincount(part, edges["metres"])
    most, whole = int(np.argmax(metres)), metres.sum()
    if len(metres) == 1:
        return edges, None, []
    left, count = whole - metres[most], len(metres) - 1
    told = {
        "en": f"of {whole:,.0f} m of ways {left:,.0f} m in {count:,} part{'s' * (count > 1)} are not "
        "connected with the others and left out",
        "zh": f"道路共 {whole:,.0f} 米，其中 {count:,} 处共 {left:,.0f} 米与其余不连通，已略去",
    }
    if metres[most] < whole / 2:
        told = {
            "en": told["en"]
            + "; the streets may not meet where they cross: snap their ends to each other "
            "in a GIS, or choose another file",
            "zh": told["zh"] + "；道路相交处可能未连接：请在 GIS 中捕捉端点，或换一个文件",
        }
    lost = edges.geometry[part != most].reset_index(drop=True)
    return edges[part == most].reset_index(drop=True), lost, [told]


def parts_of(edges: pd.DataFrame) -> np.ndarray:
    """
    In which connected part each way lies.

    Examples
    --------
    >>> parts_of(pd.DataFrame({"start": [0, 1, 5], "end": [1, 2, 6]})).tolist()
    [0, 0, 1]
    """
    labels, place = np.unique(edges[["start", "end"]].to_numpy(), return_inverse=True)
    start, end = place.reshape(-1, 2).T
    links = coo_array((np.ones(len(start)), (start, end)), shape=(len(labels),) * 2)
    return connected_components(links, directed=False)[1][start]


def _without_chains(edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Ways that follow each other, of one kind and level and with no other at their junction, as one.

    Stairs, lifts and signalled crossings stay as they are, so that it is known where on the way they lie.
    """
    ends = edges[["start", "end"]].to_numpy()
    _, place = np.unique(ends, return_inverse=True)
    place = place.reshape(-1, 2)
    degree = np.bincount(place.ravel())
    order = np.argsort(place.ravel(), kind="stable")
    order = order[degree[place.ravel()[order]] == 2]
    a, b = (order // 2).reshape(-1, 2).T
    is_plain = (edges[[*COUNTED]] == 0).all(axis=1).to_numpy()
    is_link = (a != b) & is_plain[a] & is_plain[b]
    for name in ("kind", "level", *([PRIVATE] if PRIVATE in edges else [])):
        told = edges[name].to_numpy()
        is_link &= told[a] == told[b]
    a, b = a[is_link], b[is_link]
    links = coo_array((np.ones(len(a)), (a, b)), shape=(len(edges),) * 2)
    chain = connected_components(links, directed=False)[1]
    size, joints = np.bincount(chain), np.bincount(chain[a], minlength=chain.max() + 1)
    is_open = (size > 1) & (joints == size - 1)
    counted = pd.DataFrame({"chain": np.repeat(chain, 2), "place": place.ravel()})
    odd = counted.groupby(["chain", "place"]).size()
    outer = odd[odd == 1].reset_index().groupby("chain")["place"]
    first, last = (outer.first(), outer.last())
    whole = np.flatnonzero(is_open & np.isin(np.arange(len(size)), first.index[first != last]))
    if not len(whole):
        return edges
    rows = np.flatnonzero(np.isin(chain, whole))
    rows = rows[np.argsort(chain[rows], kind="stable")]
    number = np.searchsorted(whole, chain[rows])
    lines = edges.geometry.to_numpy()
    merged = shapely.line_merge(shapely.multilinestrings(lines[rows], indices=number))
    is_line = shapely.get_type_id(merged) == 1
    xy = np.empty((len(degree), 2))
    xy[place] = _ends(lines)
    label = np.empty(len(degree), dtype=ends.dtype)
    label[place] = ends
    one, other = first[whole].to_numpy(), last[whole].to_numpy()
    begins = np.array([shapely.get_coordinates(line)[0] for line in merged])
    is_turned = np.hypot(*(begins - xy[one]).T) > np.hypot(*(begins - xy[other]).T)
    start, end = np.where(is_turned, other, one), np.where(is_turned, one, other)
    lead = rows[np.searchsorted(number, np.arange(len(whole)))]
    joined = edges.iloc[lead[is_line]].assign(
        start=label[start[is_line]],
        end=label[end[is_line]],
        metres=shapely.length(merged[is_line]),
    )
    if ID in edges:
        joined[ID] = _ids_together(edges[ID].iloc[rows], number)[is_line]
    joined = joined.set_geometry(merged[is_line])
    gone = np.isin(chain, whole[is_line])
    return pd.concat(
        [edges[~gone], joined.set_crs(edges.crs, allow_override=True)], ignore_index=True
    )


def _ids_together(ids: pd.Series, number: np.ndarray) -> np.ndarray:
    """The ids of ways that are joined, each once; `number` says into which one, in ascending order."""
    told = pd.DataFrame({"number": number, "id": ids.to_numpy()}).drop_duplicates()
    together = told.drop_duplicates("number").set_index("number")["id"]
    several = told[told["number"].duplicated(keep=False) & (told["id"] != "")]
    together.update(several.groupby("number")["id"].agg(BETWEEN_IDS.join))
    made: np.ndarray = together.to_numpy()
    return made


def _ends(lines: np.ndarray) -> np.ndarray:
    """The first and last point of each line; shape (lines, 2, 2)."""
    first, last = (shapely.get_coordinates(shapely.get_point(lines, n)) for n in (0, -1))
    return np.stack([first, last], axis=1)
