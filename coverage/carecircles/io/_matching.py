"""
The files of a study area held against each other: streets, boundary, people, centres and places.

Every function returns what fits and, as sentences, what does not.
"""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _mends
from carecircles.datum import DATUMS, from_wgs84, to_wgs84
from carecircles.io import _checks
from carecircles.io._formats import none_near
from carecircles.words import Sentence, Text, joined, say

RIM_M = 50.0  # a centre this close outside the boundary is on the boundary street, not misplaced
NEIGHBOURS_M = 5_000.0  # people walk across the border to a centre this close beyond it, or closer
_STRAY_M = 100.0  # a centre this far from the street it names is in another one
_FEWEST_STRAYS = 3
_MOST_STILL_WRONG = 0.2  # share of misplaced centres that may stay so when a datum is suggested
_NO_CHANCE = 20  # points put right by another datum, times those that it leaves right
_LARGEST_OVERLAP_SHARE = 0.001
_LARGEST_SCALE_ERROR = 0.002  # 1.4 m in a care circle of 700 m
_PARTED_SINCE = (3, 12, 0)  # the GEOS that finds where borders are at odds
_NOTHING = Sentence("", zh="")
_NO_SUCH_STREET = Sentence("this street is not in the streets file", zh="街道文件中没有该街道")
_OUTSIDE = Sentence("the centre lies outside the study area", zh="中心位于研究区之外")
_AT_HOME = Sentence("be in the street they name", zh="落在所填街道内")
_SWAPPED = Sentence(
    "longitude and latitude were swapped: swap the columns", zh="若是经度与纬度填反（请互换这两列）"
)


def crs_problems(
    crs: pyproj.CRS, streets: gpd.GeoDataFrame, *, declared: str | None, by: str
) -> list[Sentence]:
    """Whether metres of `crs` are metres on the ground at the study area."""
    extent = shapely.box(*streets.total_bounds)
    places = gpd.GeoSeries([extent.centroid, *shapely.points(extent.exterior.coords[:4])], crs=crs)
    degrees, utm = places.to_crs(4326), streets.estimate_utm_crs()
    stretch = _stretch(crs, degrees)
    if stretch <= _LARGEST_SCALE_ERROR:
        return []
    named, better = declared or crs.to_string(), f"such as {utm.to_string()}"
    better_zh = f"例如 {utm.to_string()}"
    if not _stretch(utm, degrees) <= _LARGEST_SCALE_ERROR:
        better = "or, since UTM is off here as well, make an area of each province"
        better_zh = "此处 UTM 也不够精确，也可每省作为一个区域"
    told = f"{by}: a metre in crs {named} is off by {stretch:.1%} here; use one made for this area, {better}."
    zh = f"{by}：crs {named} 的长度在此处误差达 {stretch:.1%}；请改用适合本区的投影，{better_zh}。"
    return [Sentence(told, zh=zh)]


def _stretch(crs: pyproj.CRS, degrees: gpd.GeoSeries) -> float:
    """By what share a metre is off at the worst of some places."""
    factors = pyproj.Proj(crs).get_factors(degrees.x, degrees.y)
    scales = np.concatenate([factors.meridional_scale, factors.parallel_scale])
    return float(np.nan_to_num(np.abs(scales - 1), nan=np.inf).max())


def at_odds(streets: gpd.GeoDataFrame) -> np.ndarray:
    """Whether the border of each street is another than that of a street that it meets, or lies within."""
    shapes = streets.geometry.to_numpy()
    if shapely.geos_version < _PARTED_SINCE:
        return np.ones(len(shapes), dtype=bool)
    return ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))


def together(is_at_odds: np.ndarray) -> Callable[[np.ndarray], shapely.Geometry]:
    """What joins streets to one outline; where none is at odds with another, in a fraction of the time."""
    return shapely.union_all if is_at_odds.any() else shapely.coverage_union_all


def overlaps(streets: gpd.GeoDataFrame, is_at_odds: np.ndarray, *, file: str) -> list[Sentence]:
    """Pairs of streets that lie on each other by more than a drawing error."""
    shapes, some = streets.geometry.to_numpy(), np.flatnonzero(is_at_odds)
    one, other = streets.sindex.query(shapes[some], predicate="intersects")
    one = some[one]  # a street within another is at odds with it, that one need not be
    is_new = (one < other) | ((one > other) & ~is_at_odds[other])
    pair = np.sort(np.stack([one, other])[:, is_new], axis=0)
    left, right = pair[:, np.lexsort(pair[::-1])]
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    codes = streets.index
    return [
        Sentence(
            f"{file}: streets {_checks.show(codes[a])} and {_checks.show(codes[b])} overlap by "
            f"{m2:,.0f} m2; every place belongs to one street: redraw their border.",
            zh=f"{file}：街道 {_checks.show(codes[a])} 与 {_checks.show(codes[b])} 重叠 {m2:,.0f} m2；"
            "每处只能属于一个街道，请修正两者的边界。",
        )
        for a, b, m2, least in zip(left, right, shared, smaller, strict=True)
        if m2 > _LARGEST_OVERLAP_SHARE * least
    ]


def meet(boundary: gpd.GeoDataFrame, whole: shapely.Geometry) -> tuple[list[Sentence], list[Text]]:
    """Whether boundary and all streets lie on each other: a problem where hardly, a note where not quite."""
    outline = boundary.geometry.iloc[0]
    shared = shapely.area(shapely.intersection(outline, whole))
    missing, beyond = shapely.area(outline) - shared, shapely.area(whole) - shared
    if beyond > shapely.area(whole) / 2 or missing > outline.area / 2:
        told = (
            f"boundary and streets do not lie on each other: {missing / 1e6:,.2f} km2 of the boundary "
            f"are in no street, {beyond / 1e6:,.2f} km2 of the streets outside it; "
            "check their CRS and datum."
        )
        zh = (
            f"边界与街道不重合：边界内有 {missing / 1e6:,.2f} km2 不属于任何街道，"
            f"街道有 {beyond / 1e6:,.2f} km2 位于边界之外；请检查两者的 CRS 和坐标系。"
        )
        return [Sentence(told, zh=zh)], []
    notes = []
    if missing > _LARGEST_OVERLAP_SHARE * outline.area:
        notes.append(
            {
                "en": f"{missing / 1e6:.2f} km2 of the boundary lie in no street and are not counted.",
                "zh": f"边界内有 {missing / 1e6:.2f} km2 不属于任何街道，未计入。",
            }
        )
    if beyond > _LARGEST_OVERLAP_SHARE * outline.area:
        notes.append(
            {
                "en": f"{beyond / 1e6:.2f} km2 of the streets lie outside the boundary and are counted.",
                "zh": f"街道有 {beyond / 1e6:.2f} km2 位于边界之外，已计入。",
            }
        )
    return [], notes


def match_population(
    population: pd.DataFrame, streets: gpd.GeoDataFrame, *, file: str
) -> tuple[pd.DataFrame, list[Sentence]]:
    """Population on the streets' codes, every street once."""
    rows = pd.Index(population["row"], name=population.attrs["unit"])
    codes = street_codes(pd.Series(population.index, index=rows), streets)
    names = street_codes(population["street_name"].set_axis(rows), streets)
    if codes.isna().all():
        codes = names  # the first column was a running number
    is_other = codes.notna() & names.notna() & (codes != names)
    problems = _checks.complain(
        file,
        rows[is_other],
        Sentence("code and street are two different streets", zh="code 与 street 不是同一个街道"),
        _mends.CORRECT_ONE,
        values=population["street_name"][is_other.to_numpy()],
    )
    use = _mends.one_of([_checks.some(streets["name"])])
    problems += _checks.complain(
        file,
        rows[codes.isna()],
        _NO_SUCH_STREET,
        Sentence(f"{use}, and take rows of totals out", zh=f"{use.zh}，并删去合计行"),
        values=population.index[codes.isna()],
    )
    # A code that is written twice was told by whoever read the file.
    is_twice = codes.duplicated() & codes.notna() & ~population.index.duplicated()
    problems += _checks.complain(
        file,
        rows[is_twice],
        Sentence("this street is there more than once", zh="该街道重复出现"),
        Sentence("keep one row a street", zh="请每个街道只保留一行"),
        values=codes[is_twice],
    )
    absent = streets.loc[~streets.index.isin(codes), "name"]
    if len(absent):
        without = _checks.some(absent)
        told = f"{file}: there is no row for {without}; add the people who live there."
        zh = f"{file}：缺少 {without.zh} 的数据行；请补上当地人口。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        return population, problems
    matched = population.drop(columns=["row", "street_name"]).set_index(
        pd.Index(codes, name="code")
    )
    return matched.loc[streets.index], []


def match_centres(
    facilities: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    *,
    file: str,
    remedy: Sentence,
    beyond: float = 0.0,
) -> tuple[gpd.GeoDataFrame, list[Sentence], list[Text]]:
    """
    Centres with their street as a code; those outside the area or in an unknown street are problems.

    Up to `beyond` metres outside they are neighbours, in a street of somebody else's (''). `remedy`
    says how another datum, `{}`, is declared.
    """
    facilities, wrong, notes = _of_the_area(facilities, boundary, file=file, beyond=beyond)
    if wrong:
        return facilities, wrong, []
    rows = pd.Index(facilities["row"], name=facilities.attrs["unit"])
    is_named = (facilities["street"] != "").to_numpy()
    codes = street_codes(facilities["street"], streets)
    metres = _metres(facilities.geometry, boundary.geometry.iloc[0])
    is_neighbour = (metres > RIM_M) & (metres <= beyond)
    is_unknown = is_named & codes.isna().to_numpy() & ~is_neighbour
    problems = unknown_streets(
        rows[is_unknown], facilities["street"][is_unknown], streets, file=file
    )
    named = streets.geometry.reindex(codes.to_numpy()).to_numpy()
    placed = facilities.geometry.notna().to_numpy()
    wrong, strays = _misplaced(
        facilities[placed],
        named[placed],
        boundary,
        file=file,
        rows=rows[placed],
        remedy=remedy,
        beyond=beyond,
    )
    problems += wrong
    if problems or not placed.all():
        return facilities, problems, []

    if strays:
        notes.append(
            {
                "en": f"{file}: {strays} centres stand in another street than they name.",
                "zh": f"{file}：{strays} 个中心的位置不在其所填街道内。",
            }
        )
    if not facilities.attrs.get("ids_given", True):
        notes.append(
            {
                "en": f"{file}: there is no id column; centres are numbered in the file's order.",
                "zh": f"{file}：没有编号列，中心按文件顺序编号。",
            }
        )
    located = _streets_at(facilities, streets)
    codes = codes.where(is_named, located).where(~is_neighbour, "").fillna("")
    return facilities.assign(street=codes, neighbour=is_neighbour).drop(columns="row"), [], notes


def _of_the_area(
    facilities: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, *, file: str, beyond: float
) -> tuple[gpd.GeoDataFrame, list[Sentence], list[Text]]:
    """Of a file of a larger region, of which not all was read, the centres in the area and up to `beyond` outside it."""
    count = facilities.attrs.get("of")
    if count is None:
        return facilities, [], []
    near = facilities[_metres(facilities.geometry, boundary.geometry.iloc[0]) <= max(beyond, RIM_M)]
    if near.empty:
        return facilities, [none_near(file, count)], []
    note: Text = {
        "en": f"{file}: {len(near):,} of its {count:,} centres lie in the area or up to {beyond / 1000:g} km outside it; the "
        "others are left out.",
        "zh": f"{file}：{count:,} 个中心中有 {len(near):,} 个位于研究区内或界外 {beyond / 1000:g} 千米以内；其余不计。",
    }
    return near, [], [note]


def match_amenities(
    amenities: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
    *,
    file: str,
    remedy: Sentence,
    beyond: float = NEIGHBOURS_M,
) -> tuple[gpd.GeoDataFrame, list[Sentence], list[Text]]:
    """
    Facilities of one kind up to `beyond` metres outside the area; a list of a whole city serves.

    Where none is near, or another datum would put them right, that is a problem; `remedy` says how a
    datum, `{}`, is declared.
    """
    outline, declared = boundary.geometry.iloc[0], amenities.attrs["datum_declared"]
    as_wgs84, count = _remedied(remedy, "wgs84"), len(amenities)
    right = "" if declared else f", or {as_wgs84} if they are right"
    right_zh = "" if declared else f"；若坐标无误，{as_wgs84.zh}"
    is_far = ~(_metres(amenities.geometry, outline) <= beyond)
    if is_far.all():
        hint = _datum_hint(amenities, lambda moved: _outside(moved, outline), remedy)
        en, zh = (
            (f"they would fall inside if {hint}", f"这些点{hint.zh}，即落在研究区内")
            if hint
            else ("correct its coordinates, or take the file out", "请更正坐标，或移走该文件")
        )
        km = f"{beyond / 1000:g}"
        told = f"{file}: none of its {count} places lies in the study area or within {km} km of it; {en}."
        zh = f"{file}：{count} 个地点均不在研究区内，距边界也都超过 {km} 千米；{zh}。"
        return amenities, [Sentence(told, zh=zh)], []
    near = amenities[~is_far]
    near.attrs = dict(amenities.attrs)
    named = streets.geometry.reindex(street_codes(near["street"], streets).to_numpy()).to_numpy()
    for find_wrong, en, zh in (
        (lambda moved: _metres(moved, named) > _STRAY_M, "stand in another street than they name", "的位置不在其所填街道内"),
        (lambda moved: _outside(moved, outline), "lie outside the study area", "位于研究区之外"),
    ):  # fmt: skip
        hint = _datum_hint(near, find_wrong, remedy, fewest=_FEWEST_STRAYS)
        if hint and not declared:
            strays = int(find_wrong(near.geometry).sum())
            told = f"{file}: {strays} of {len(near)} places {en}, and would not if {hint}{right}."
            said = f"{file}：{len(near)} 个地点中有 {strays} 个{zh}；这些点{hint.zh}，即可纠正{right_zh}。"
            return amenities, [Sentence(told, zh=said)], []
    notes: list[Text] = []
    if is_far.any():
        left, km = int(is_far.sum()), f"{beyond / 1000:g}"
        notes.append(
            {
                "en": f"{file}: {left} of {count} places are more than {km} km from the study area and left out.",
                "zh": f"{file}：{count} 个地点中有 {left} 个距研究区超过 {km} 千米，未计入。",
            }
        )
    return near.drop(columns=["row", "street"]), [], notes


def match_places(
    places: gpd.GeoDataFrame, streets: gpd.GeoDataFrame, *, file: str
) -> tuple[gpd.GeoDataFrame, list[Sentence]]:
    """Places with their street as a code; a street that is not there is a problem."""
    codes = street_codes(places["street"], streets)
    is_unknown = ((places["street"] != "") & codes.isna()).to_numpy()
    rows = pd.Index(places["row"], name=places.attrs["unit"])
    problems = unknown_streets(rows[is_unknown], places["street"][is_unknown], streets, file=file)
    return places.assign(street=codes.fillna("")).drop(columns="row"), problems


def _misplaced(
    facilities: gpd.GeoDataFrame,
    named: np.ndarray,
    boundary: gpd.GeoDataFrame,
    *,
    file: str,
    rows: pd.Index,
    remedy: Sentence,
    beyond: float,
) -> tuple[list[Sentence], int]:
    """
    Centres farther than `beyond` outside the boundary, and how many stand in another street than they name.

    Those closer, and those in another street, are problems too where another datum would put them right:
    a file read in the wrong datum must not pass as one of neighbours.
    """
    outline = boundary.geometry.iloc[0]
    points, declared = facilities.geometry, facilities.attrs["datum_declared"]
    is_outside = _outside(points, outline)
    is_far = is_outside & ~(_metres(points, outline) <= beyond)
    is_stray = _metres(points, named) > _STRAY_M
    strays = int((is_stray & ~is_outside).sum())

    as_wgs84 = _remedied(remedy, "wgs84")

    def tell(
        which: np.ndarray, what: Sentence, where: Sentence | None = None, hint: Sentence = _NOTHING
    ) -> tuple[list[Sentence], int]:
        problems = _checks.complain(
            file,
            rows[which],
            what,
            Sentence("correct its coordinates or take it out", zh="请更正坐标或删去该中心"),
            values=facilities["name"][which],
        )
        if where is None:
            return problems, strays
        right = _NOTHING
        if not declared:
            right = Sentence(f", or {as_wgs84} if it is right", zh=f"；若坐标无误，{as_wgs84.zh}")
        told = Sentence(
            f"{file}: these points would {where} if {hint}{right}.",
            zh=f"{file}：这些点{hint.zh}，即{where.zh}{right.zh}。",
        )
        return [*problems, told], strays

    fewest = _FEWEST_STRAYS if declared and not is_far.any() else 1
    hint = _datum_hint(facilities, lambda moved: _outside(moved, outline), remedy, fewest=fewest)
    if hint:
        return tell(is_outside, _OUTSIDE, Sentence("fall inside", zh="落在研究区内"), hint)
    if is_far.any():
        far = Sentence(
            f", more than {beyond / 1000:g} km from its border",
            zh=f"，距边界超过 {beyond / 1000:g} 千米",
        )
        return tell(is_far, joined([_OUTSIDE, far], "") if beyond else _OUTSIDE)
    at_home = is_outside & is_stray
    theirs = named[at_home]
    hint = _datum_hint(facilities[at_home], lambda moved: _metres(moved, theirs) > _STRAY_M, remedy)
    if hint:
        return tell(at_home, _OUTSIDE, _AT_HOME, hint)
    hint = _datum_hint(facilities, lambda moved: _metres(moved, named) > _STRAY_M, remedy)
    if hint and strays >= _FEWEST_STRAYS and not declared:
        told = (
            f"{file}: {strays} centres stand in another street than they name; these points would "
            f"{_AT_HOME} if {hint}, or {as_wgs84} if they are right as they are."
        )
        zh = (
            f"{file}：{strays} 个中心的位置不在其所填街道内；这些点{hint.zh}，即{_AT_HOME.zh}；"
            f"若坐标无误，{as_wgs84.zh}。"
        )
        return [Sentence(told, zh=zh)], strays
    return [], strays


def _remedied(remedy: Sentence, datum: str) -> Sentence:
    """How a datum is declared."""
    return Sentence(remedy.format(datum), zh=say(remedy, "zh").format(datum))


def _outside(points: gpd.GeoSeries, outline: shapely.Geometry) -> np.ndarray:
    """Whether points are off the outline; points that no projection can place are."""
    return ~(_metres(points, outline) <= RIM_M)


def _metres(points: gpd.GeoSeries, shapes: shapely.Geometry | np.ndarray) -> np.ndarray:
    """Distances, NaN for points that no projection can place."""
    at = points.to_numpy()
    if isinstance(
        shapes, shapely.Geometry
    ):  # of a nation's outline, far quicker than to measure each
        shapely.prepare(shapes)
        is_off = ~shapely.intersects(shapes, at)
        metres = np.zeros(len(at))
        metres[is_off] = _apart(at[is_off], shapes)
        return metres
    return _apart(at, shapes)


@np.errstate(invalid="ignore")
def _apart(points: np.ndarray, shapes: shapely.Geometry | np.ndarray) -> np.ndarray:
    metres: np.ndarray = shapely.distance(points, shapes)
    return metres


@np.errstate(invalid="ignore")  # points that no projection can place
def _datum_hint(
    facilities: gpd.GeoDataFrame,
    find_wrong: Callable[[gpd.GeoSeries], np.ndarray],
    remedy: Sentence,
    *,
    fewest: int = 1,
) -> Sentence:
    """
    The datum (or order of coordinates) under which the misplaced centres would be in place, if any.

    It puts nearly all of them right where they are `fewest` or more; or it puts some right and hardly
    one that was right wrong: that an offset of hundreds of metres only does good is no chance where
    many others could have been moved out.
    """
    said = facilities.attrs["datum"]
    if said not in DATUMS:
        return _NOTHING
    is_wrong = find_wrong(facilities.geometry)
    if not is_wrong.any():
        return _NOTHING
    degrees = facilities.geometry.to_crs(4326)
    written = from_wgs84(degrees.x, degrees.y, datum=said)
    candidates = [
        (_meant(label, _remedied(remedy, name)), to_wgs84(*written, datum=name))
        for name, label in (("gcj02", "GCJ-02"), ("bd09", "BD-09"), ("wgs84", "WGS84"))
        if name != said
    ]
    candidates.append((_SWAPPED, written[::-1]))
    found = [(len(is_wrong) + 1, 0, 0, 0, _NOTHING)]
    for label, (lon, lat) in candidates:
        if not np.all(np.abs(lat) <= 90):
            continue
        points = gpd.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(facilities.crs)
        still = find_wrong(points)
        kept, righted = (~still & ~is_wrong).sum(), (is_wrong & ~still).sum()
        found.append((still.sum(), righted, (still & ~is_wrong).sum(), kept, label))
    left, righted, wronged, kept, label = min(found, key=lambda one: one[0])
    is_nearly_all = left <= _MOST_STILL_WRONG * is_wrong.sum() and is_wrong.sum() >= fewest
    only_does_good = righted * kept >= _NO_CHANCE and wronged <= _MOST_STILL_WRONG * righted
    return label if is_nearly_all or only_does_good else _NOTHING


def _meant(label: str, remedy: Sentence) -> Sentence:
    """That coordinates were of a datum, and how to say so."""
    return Sentence(f"they were {label}: {remedy}", zh=f"若按 {label} 读取（{remedy.zh}）")


def unknown_streets(
    rows: pd.Index, names: pd.Series, streets: gpd.GeoDataFrame, *, file: str
) -> list[Sentence]:
    """A sentence about rows that name streets which are not there."""
    return _checks.complain(
        file,
        rows,
        _NO_SUCH_STREET,
        _mends.one_of([_checks.some(streets["name"])]),
        values=names,
    )


def street_spellings(streets: gpd.GeoDataFrame) -> dict[str, str]:
    """The code each plain spelling of a code, name or English name leads to, where it is only one."""
    spelled: dict[str, set[str]] = {}
    for code, name, name_en in zip(streets.index, streets["name"], streets["name_en"], strict=True):
        short = str(name)
        for ending in ("街道办事处", "街道", "街", "镇", "乡"):
            short = short.removesuffix(ending)
        for spelling in {code, name, short, name_en} - {""}:
            spelled.setdefault(_checks.plain(str(spelling)), set()).add(code)
    return {spelling: min(codes) for spelling, codes in spelled.items() if len(codes) == 1}


def street_codes(values: pd.Series, streets: gpd.GeoDataFrame) -> pd.Series:
    """Codes of the streets meant by code, name or English name; missing where none or several fit."""
    exact = {str(code): code for code in streets.index}
    written = {value: str(value).strip() for value in values.unique()}
    found = {value: exact[text] for value, text in written.items() if text in exact}
    others = {value: text for value, text in written.items() if value not in found and text}
    only = street_spellings(streets) if others else {}

    def find(text: str) -> object:
        key = _checks.plain(text).removesuffix("办事处")
        tried = key, key.removesuffix("街道"), key.removesuffix("街")
        return next((only[k] for k in tried if k in only), None)

    found |= {value: find(text) for value, text in others.items()}
    return values.map(found).astype(object)


def _streets_at(facilities: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> pd.Series:
    """The street each centre stands in, the first of several, or the nearest one for a centre on the rim."""
    points = facilities.geometry.to_numpy()
    street, centre = shapely.STRtree(points).query(streets.geometry, predicate="intersects")
    at = np.full(len(points), len(streets))
    np.minimum.at(at, centre, street)
    is_off = at == len(streets)
    if is_off.any():
        at[is_off] = streets.sindex.nearest(points[is_off], return_all=False)[1]
    return pd.Series(streets.index.to_numpy()[at], index=facilities.index, dtype=object)
