"""
What says where people live, held against the streets and the people known of them.

Every function returns what fits and, as sentences, what does not; notes say what was taken for granted.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import io
from carecircles.area import _bands, _totals
from carecircles.area._rasters import Said
from carecircles.area.values import Ground, Sources
from carecircles.io import _checks, _matching
from carecircles.people import columns_of, headline_of
from carecircles.words import Sentence, Text, say

READ = ("residences", "communities", "people_grid")  # by frames with people by group
ROLES = (*READ, "uninhabited")
STRAY_M = 100.0  # a residence this far from the street it names is in another one
_LEAST_AT_HOME = 0.9  # share of a community that has to lie in its street; the rest is drawing
ROLES_ZH = {
    "residences": "住宅",
    "communities": "社区",
    "people_grid": "人口格网",
    "people_raster": "人口栅格",
    "uninhabited": "无人居住区",
}


def match(
    read: Mapping[str, gpd.GeoDataFrame | None],
    raster: Said | None,
    ground: Ground,
    *,
    files: Mapping[str, str],
    folder: Path,
) -> tuple[Sources, list[Sentence], list[Text]]:
    """
    The sources of a study area out of the frames of its files and the declaration of its rasters.

    Parameters
    ----------
    read
        By role what `io` read; None where there is no such file, or nothing sound.
    raster
        What is said of rasters, as `files.people_raster` in area.toml.
    ground
        What they are held against.
    files
        What sentences call the files.
    folder
        Where the rasters lie.
    """
    found: dict[str, gpd.GeoDataFrame] = {}
    problems: list[Sentence] = []
    notes: list[Text] = []
    for role, match_one in (
        ("uninhabited", match_uninhabited),
        ("residences", match_residences),
        ("communities", match_communities),
        ("people_grid", match_people_grid),
    ):
        frame = read.get(role)
        if frame is None:
            continue
        found[role], wrong, said = match_one(frame, ground, file=files[role])
        problems += wrong
        notes += said
        if not wrong and role != "uninhabited" and "uninhabited" in found:
            notes += _on_empty_land(found[role], found["uninhabited"], role=role, file=files[role])
    bands, wrong, said = _bands.match_rasters(raster, ground, folder=folder)
    problems += wrong
    notes += said
    sources = Sources(
        residences=found.get("residences"),
        communities=found.get("communities"),
        people_grid=found.get("people_grid"),
        people_raster=bands,
        uninhabited=found.get("uninhabited"),
    )
    return sources, problems, notes


# Residences


def match_residences(
    residences: gpd.GeoDataFrame, ground: Ground, *, file: str
) -> tuple[gpd.GeoDataFrame, list[Sentence], list[Text]]:
    """
    Residences in the area with their street as a code.

    A list may be of a whole city: those outside are left out and said, unless another datum would put
    them inside or they say that they are in a street of the area.
    """
    rows = _rows(residences)
    kept, share, notes = _inside(residences, ground, file=file, role="residences")
    is_kept = residences.index.isin(kept.index)
    named = _matching.street_codes(residences["street"], ground.streets)
    middles = _middles(residences)
    metres = shapely.distance(
        middles.geometry.to_numpy(), ground.streets.geometry.reindex(named.to_numpy()).to_numpy()
    )
    is_stray = metres > STRAY_M
    is_wrong_place = np.where(named.notna(), is_stray, ~is_kept)
    problems = _elsewhere(
        middles, is_wrong_place, is_kept, named, ground, file=file, role="residences"
    )
    is_gone = is_stray & ~is_kept
    if not problems:
        problems += _checks.complain(
            file,
            rows[is_gone],
            Sentence(
                "the residence names a street of the area but lies outside the area",
                zh="所填街道属于研究区，但位置在研究区之外",
            ),
            Sentence(
                "correct its coordinates or its street, or take it out",
                zh="请更正坐标或街道，或删去该行",
            ),
            values=residences["street"][is_gone],
        )
    is_unknown = (residences["street"] != "").to_numpy() & named.isna().to_numpy() & is_kept
    problems += _matching.unknown_streets(
        rows[is_unknown], residences["street"][is_unknown], ground.streets, file=file
    )
    if problems:
        return residences, problems, []
    strays = int((is_stray & is_kept).sum())
    if strays:
        notes.append(
            {
                "en": f"{file}: {strays:,} residences stand in another street than they name, and count where they stand.",
                "zh": f"{file}：{strays:,} 处住宅的位置不在其所填街道内，按位置计。",
            }
        )
    figures = io.measures_of(kept)
    kept = kept.assign(**{c: kept[c] * share for c in figures})
    located = _streets_at(_middles(kept), ground.streets)
    codes = named[is_kept].where(named[is_kept].notna() & ~is_stray[is_kept], located)
    kept = kept.assign(street=codes)
    problems += _unlike(kept, rows[is_kept], ground, file=file)
    for column in columns_of(kept):
        if _totals.is_known(column, ground):
            notes += _totals.far_off(kept[column].sum(), column, ground, file=file, limit=np.inf)[1]
    return _without_row(kept), problems, notes


def _unlike(
    residences: gpd.GeoDataFrame, rows: pd.Index, ground: Ground, *, file: str
) -> list[Sentence]:
    """Residences that do not say what all others of their street can be weighed by."""
    columns = io.measures_of(residences)
    is_blank = residences[columns].isna()
    blank = is_blank.groupby(residences["street"]).sum()
    best = blank.idxmin(axis=1)  # the first of equals, which is the best
    least = blank.min(axis=1)
    problems = []
    for column in columns:
        codes = best.index[(best == column) & (least > 0)]
        is_wrong = (is_blank[column] & residences["street"].isin(codes)).to_numpy()
        written = column.removesuffix("_m2")
        where = _checks.some(ground.streets["name"].reindex(codes))
        problems += _checks.complain(
            file,
            rows[is_wrong],
            Sentence(
                f"{written} is empty, by which the others of {where} can be weighed",
                zh=f"{_totals.column_zh(written, ground)}为空，而 {where.zh} 的其他住宅都以它分配人口",
            ),
            Sentence(
                "fill it in, fill in another column for all of them, or take the row out",
                zh="请填写，或为全部住宅填写另一列，或删去该行",
            ),
            values=residences["name"][is_wrong],
        )
    return problems


# Communities


def match_communities(
    communities: gpd.GeoDataFrame, ground: Ground, *, file: str
) -> tuple[gpd.GeoDataFrame, list[Sentence], list[Text]]:
    """Communities with their street as a code, polygons within it; their people add up to no more than its."""
    rows = _rows(communities)
    streets = ground.streets
    are_polygons = _are_polygons(communities)
    named = _matching.street_codes(communities["street"], streets)
    is_named = (communities["street"] != "").to_numpy()
    is_unknown = is_named & named.isna().to_numpy()
    problems = _matching.unknown_streets(
        rows[is_unknown], communities["street"][is_unknown], streets, file=file
    )
    shares = _shares(communities, streets)  # of each community in each street it touches
    most = shares.idxmax(axis=1)
    within = shares.max(axis=1).fillna(0.0)
    is_outside = (within == 0).to_numpy(copy=True)
    codes = named.where(named.notna(), most)
    at_home = pd.Series(
        shares.to_numpy()[
            np.arange(len(shares)),
            streets.index.get_indexer(codes.where(codes.notna(), "")).clip(0),
        ],
        index=communities.index,
    )
    least = _LEAST_AT_HOME
    if not are_polygons:
        shapes = streets.geometry.reindex(codes.to_numpy()).to_numpy()
        near = shapely.distance(communities.geometry.to_numpy(), shapes) <= STRAY_M
        at_home = at_home.where(~near, 1.0)
        is_outside &= ~near
    is_elsewhere = (at_home < least).to_numpy() & is_named & ~is_unknown & ~is_outside
    is_across = (at_home < least).to_numpy() & ~is_named & ~is_outside
    problems += _elsewhere(
        _middles(communities), is_outside | is_elsewhere, ~is_outside, named, ground, file=file,
        role="communities",
    )  # fmt: skip
    if not problems:
        problems += _checks.complain(
            file,
            rows[is_outside],
            Sentence("the community lies outside the study area", zh="该社区位于研究区之外"),
            Sentence("correct where it is, or take it out", zh="请更正其位置，或删去该行"),
            values=communities["name"][is_outside],
        )
        problems += _checks.complain(
            file,
            rows[is_elsewhere],
            Sentence(
                f"the community says one street and lies in another (of its area less than {least:.0%} "
                "in its own)"
                if are_polygons
                else "the community says one street and lies in another",
                zh=f"该社区不在其所填街道内（面积不足 {least:.0%}）"
                if are_polygons
                else "该社区不在其所填街道内",
            ),
            Sentence("correct its street or where it is", zh="请更正其街道或位置"),
            values=_pairs(communities["street"], most, streets)[is_elsewhere],
        )
        problems += _checks.complain(
            file,
            rows[is_across],
            Sentence(
                f"the community has less than {least:.0%} of its area in any one street",
                zh=f"该社区在任何一个街道内的面积均不足 {least:.0%}",
            ),
            Sentence(
                "say its street, redraw it, or cut it at the border",
                zh="请填写所属街道、重新绘制，或沿街道边界切开",
            ),
            values=communities["name"][is_across],
        )
    if problems:
        return communities, problems, []
    notes: list[Text] = []
    matched = communities.assign(street=codes)
    if are_polygons:
        homes = streets.geometry.reindex(codes.to_numpy()).to_numpy()
        matched = matched.set_geometry(
            gpd.GeoSeries(
                _clipped(communities.geometry.to_numpy(), homes), matched.index, streets.crs
            )
        )
        cut = int((at_home < _bands.WHOLE).sum())
        if cut:
            notes.append(
                {
                    "en": f"{file}: {cut:,} communities reach beyond their street by up to "
                    f"{1 - at_home.min():.1%} of their area; they are cut at its border.",
                    "zh": f"{file}：{cut:,} 个社区超出所属街道（最多为其面积的 {1 - at_home.min():.1%}），已沿街道边界裁剪。",
                }
            )
        problems += _overlapping(matched, file=file, role="communities")
    matched.attrs = communities.attrs
    wrong, said = _totals.added_up(matched, ground, file=file, are_polygons=are_polygons)
    return _without_row(matched), [*problems, *wrong], [*notes, *said]


def _shares(units: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> pd.DataFrame:
    """The share of each unit (its area; a point whole) that lies in each street."""
    shapes, homes = units.geometry.to_numpy(), streets.geometry.to_numpy()
    unit, street = streets.sindex.query(shapes, predicate="intersects")
    shares = np.zeros((len(units), len(streets)))
    if _are_polygons(units):
        areas = shapely.area(shapely.intersection(shapes[unit], homes[street]))
        shares[unit, street] = areas / shapely.area(shapes[unit])
    else:
        first = np.unique(unit, return_index=True)[1]  # on a border: in one of them
        shares[unit[first], street[first]] = 1.0
    return pd.DataFrame(shares, index=units.index, columns=streets.index)


def _pairs(said: pd.Series, most: pd.Series, streets: gpd.GeoDataFrame) -> pd.Series:
    lies = streets["name"].reindex(most.to_numpy()).set_axis(said.index)
    return pd.Series(said + " / " + lies)


# A grid of people


def match_people_grid(
    people_grid: gpd.GeoDataFrame, ground: Ground, *, file: str
) -> tuple[gpd.GeoDataFrame, list[Sentence], list[Text]]:
    """The squares or points of a grid of people that lie in the area, cut at its border."""
    kept, share, notes = _inside(people_grid, ground, file=file, role="people_grid")
    is_kept = people_grid.index.isin(kept.index)
    middles = _middles(people_grid)
    nowhere = pd.Series([None] * len(people_grid), index=people_grid.index, dtype=object)
    problems = _elsewhere(
        middles, ~is_kept, is_kept, nowhere, ground, file=file, role="people_grid"
    )
    if problems:
        return people_grid, problems, []
    groups = columns_of(kept)
    kept = kept.assign(**{group: kept[group] * share for group in groups})
    if _are_polygons(kept):
        problems += _overlapping(kept, file=file, role="people_grid")
    wrong, said = _totals.total_told(kept[groups].sum(), ground, file=file)
    return _without_row(kept), [*problems, *wrong], [*notes, *said]


# Land that nobody lives on


def match_uninhabited(
    uninhabited: gpd.GeoDataFrame, ground: Ground, *, file: str
) -> tuple[gpd.GeoDataFrame, list[Sentence], list[Text]]:
    """The polygons that reach into the area; where people are known to live they do not fill a street."""
    streets = ground.streets
    shapes = uninhabited.geometry.to_numpy()
    found, street = streets.sindex.query(shapes, predicate="intersects")
    if len(found) == 0:
        return (
            uninhabited,
            [
                Sentence(
                    f"{file}: none of its polygons lies in the area; check their CRS and datum.",
                    zh=f"{file}：没有任何面位于研究区内；请检查坐标参考系和坐标系。",
                )
            ],
            [],
        )
    inside = uninhabited.iloc[np.unique(found)]
    homes = streets.geometry.to_numpy()
    problems = []
    for n in np.unique(street):
        union = shapely.union_all(shapely.intersection(shapes[found[street == n]], homes[n]))
        free = shapely.area(homes[n]) - shapely.area(union)
        if free > (1 - _bands.WHOLE) * shapely.area(homes[n]):
            continue
        if ground.population is None:
            continue
        known = float(ground.population[columns_of(ground.population)].iloc[n].max())
        if known > 0:
            name = _checks.show(streets["name"].iloc[n])
            problems.append(
                Sentence(
                    f"{file}: nothing of street {name} is left to live on, where {known:,.0f} people are "
                    "known; take out or redraw what covers it.",
                    zh=f"{file}：街道 {name} 已无可居住的土地，而其已知人口为 {known:,.0f}；请删去或重绘覆盖它的面。",
                )
            )
    return _without_row(inside), problems, []


def _on_empty_land(
    homes: gpd.GeoDataFrame, uninhabited: gpd.GeoDataFrame, *, role: str, file: str
) -> list[Text]:
    """A note about homes whose middle is on land that nobody is said to live on."""
    if role == "people_grid" or (role == "communities" and _are_polygons(homes)):
        return []
    middles = _middles(homes).geometry.to_numpy()
    count = len(np.unique(uninhabited.sindex.query(middles, predicate="intersects")[0]))
    if count == 0:
        return []
    return [
        {
            "en": f"{file}: {count:,} of {len(homes):,} {role} stand on uninhabited land, which counts for nothing.",
            "zh": f"{file}：{len(homes):,} 个{ROLES_ZH[role]}中有 {count:,} 个位于无人居住区，不计权重。",
        }
    ]


# What they share


def _rows(frame: pd.DataFrame) -> pd.Index:
    rows: pd.Index = pd.Index(frame["row"], name=frame.attrs["unit"])
    return rows


def _without_row(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.drop(columns="row")


def _are_polygons(frame: gpd.GeoDataFrame) -> bool:
    return bool((frame.geom_type != "Point").any())


def _middles(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A point of each row, within its polygon, with what is known of the file."""
    middles = frame.set_geometry(frame.geometry.representative_point())
    middles.attrs = frame.attrs
    return middles


def _streets_at(points: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> pd.Series:
    nearest = streets.sindex.nearest(points.geometry, return_all=False)[1]
    return pd.Series(streets.index.to_numpy()[nearest], index=points.index, dtype=object)


def _clipped(shapes: Any, outlines: Any) -> Any:
    """The parts of polygons within outlines, without the lines and points where they only touch."""
    parts = shapely.intersection(shapes, outlines)
    if isinstance(parts, shapely.Geometry):
        return parts
    is_mixed = shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION
    for n in np.flatnonzero(is_mixed):
        pieces = shapely.get_parts(parts[n])
        parts[n] = shapely.union_all(pieces[shapely.get_dimensions(pieces) == 2])
    return parts


def _inside(
    frame: gpd.GeoDataFrame, ground: Ground, *, file: str, role: str
) -> tuple[gpd.GeoDataFrame, pd.Series, list[Text]]:
    """What of a frame lies in the streets, cut at their outer border, with the share of each row that is left."""
    outline = ground.streets.union_all()
    shapely.prepare(outline)
    shapes = frame.geometry.to_numpy()
    share = np.where(shapely.covers(outline, shapes), 1.0, 0.0)
    is_polygon = shapely.get_dimensions(shapes) == 2
    crossing = np.flatnonzero((share == 0) & is_polygon & shapely.intersects(outline, shapes))
    parts = _clipped(shapes[crossing], outline)
    share[crossing] = shapely.area(parts) / shapely.area(shapes[crossing])
    is_kept = share > 1 - _bands.WHOLE
    share = np.where(share >= _bands.WHOLE, 1.0, share)
    shapes = shapes.copy()
    shapes[crossing] = parts
    kept = frame.set_geometry(gpd.GeoSeries(shapes, frame.index, frame.crs))[is_kept]
    kept.attrs = frame.attrs
    notes: list[Text] = []
    out, cut = int((~is_kept).sum()), int((share[is_kept] < 1).sum())
    what = {"residences": "residences", "people_grid": "places of the grid"}[role]
    if out:
        people = _people_told(frame[~is_kept], ground)
        notes.append(
            {
                "en": f"{file}: {out:,} of {len(frame):,} {what} lie outside the area and are left out{people}.",
                "zh": f"{file}：{len(frame):,} 个{ROLES_ZH[role]}中有 {out:,} 个在研究区之外，不计入{people.zh}。",
            }
        )
    if cut:
        notes.append(
            {
                "en": f"{file}: {cut:,} {what} lie across the area's border; the part inside counts by its area.",
                "zh": f"{file}：{cut:,} 个{ROLES_ZH[role]}跨越研究区边界，按界内面积计。",
            }
        )
    return kept, pd.Series(share[is_kept], index=kept.index), notes


def _people_told(frame: pd.DataFrame, ground: Ground) -> Sentence:
    groups = columns_of(frame)
    if not groups:
        return Sentence("", zh="")
    group = headline_of(groups)
    return Sentence(
        f" ({frame[group].sum():,.0f} {group})",
        zh=f"（{_totals.column_zh(group, ground)} {frame[group].sum():,.0f}）",
    )


def _elsewhere(
    points: gpd.GeoDataFrame,
    is_wrong: np.ndarray,
    is_inside: np.ndarray,
    named: pd.Series,
    ground: Ground,
    *,
    file: str,
    role: str,
) -> list[Sentence]:
    """Whether a file lies beside the area, or another datum would put into place what is out of it."""
    if not is_wrong.any() and is_inside.any():
        return []
    homes = ground.streets.geometry.reindex(named.to_numpy()).to_numpy()
    outline = ground.streets.union_all()
    shapely.prepare(outline)
    has_street = named.notna().to_numpy()

    def find_wrong(moved: gpd.GeoSeries) -> np.ndarray:
        shapes = moved.to_numpy()
        is_off = ~shapely.intersects(outline, shapes)
        is_stray = shapely.distance(shapes, homes) > STRAY_M
        return np.asarray(np.where(has_street, is_stray, is_off))

    remedy = ground.remedies[role]
    fewest = 3 if points.attrs.get("datum_declared") else 1
    hint = _matching._datum_hint(points, find_wrong, remedy, fewest=fewest)
    if hint:
        count = int(is_wrong.sum())
        as_it_is = _matching._remedied(remedy, "wgs84")
        is_declared = points.attrs.get("datum_declared")
        right = "" if is_declared else f", or {as_it_is} if they are right"
        right_zh = "" if is_declared else f"；若无误，{as_it_is.zh}"
        return [
            Sentence(
                f"{file}: {count:,} of {len(points):,} rows lie outside the area or the street they name; they "
                f"would be in place if {hint}{right}.",
                zh=f"{file}：{len(points):,} 行中有 {count:,} 行在研究区或所填街道之外；"
                f"{say(hint, 'zh')}，这些位置即可吻合{right_zh}。",
            )
        ]
    if not is_inside.any():
        return [
            Sentence(
                f"{file}: none of its {len(points):,} rows lies in the area; check their coordinates, CRS "
                "and datum.",
                zh=f"{file}：{len(points):,} 行全部在研究区之外；请检查坐标、坐标参考系和坐标系。",
            )
        ]
    return []


def _overlapping(units: gpd.GeoDataFrame, *, file: str, role: str) -> list[Sentence]:
    """Pairs of units that lie on each other by more than a drawing error."""
    shapes = units.geometry.to_numpy()
    left, right = units.sindex.query(shapes, predicate="overlaps")
    within, around = units.sindex.query(
        shapes, predicate="within"
    )  # one inside the other, or the same
    left, right = np.concatenate([left, within]), np.concatenate([right, around])
    pairs = np.unique(np.sort(np.column_stack([left, right]), axis=1), axis=0)
    left, right = pairs[pairs[:, 0] < pairs[:, 1]].T
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    smaller = np.minimum(shapely.area(shapes[left]), shapely.area(shapes[right]))
    names = units["name"] if "name" in units else pd.Series(units.index, index=units.index)
    names = names.to_numpy()
    what, zh = ("communities", "社区") if role == "communities" else ("areas", "区域")
    problems = [
        Sentence(
            f"{file}: {what} {_checks.show(names[a])} and {_checks.show(names[b])} overlap by {m2:,.0f} m2; "
            "every place belongs to one: redraw their border.",
            zh=f"{file}：{zh} {_checks.show(names[a])} 与 {_checks.show(names[b])} 重叠 {m2:,.0f} m2；"
            "每处只属于一个：请重绘边界。",
        )
        for a, b, m2, least in zip(left, right, shared, smaller, strict=True)
        if m2 > (1 - _bands.WHOLE) * least
    ]
    return _checks.few(problems, of=file)


def described(sources: Sources, ground: Ground) -> dict[str, list[Sentence]]:
    """What is understood of each source, in words, by role; of rasters a line for each file."""
    told: dict[str, list[Sentence]] = {}
    streets = ground.streets
    for role in ROLES:
        frame = getattr(sources, role)
        if frame is None:
            continue
        count, kind, zh = len(frame), "points", "个点"
        if _are_polygons(frame):
            kind, zh = "polygons", "个面"
        if role == "uninhabited":
            size = f"{shapely.area(_clipped(frame.union_all(), streets.union_all())):,.0f} m2"
            sums, sums_zh = size, f"面积 {size}"
        else:
            measures = io.measures_of(frame) if role == "residences" else columns_of(frame)
            sums = ", ".join(f"{column} {frame[column].sum():,.0f}" for column in measures)
            sums_zh = "、".join(
                f"{_totals.column_zh(column, ground)} {frame[column].sum():,.0f}"
                for column in measures
            )
        told[role] = [
            Sentence(
                f"{count:,} {kind} in the area, {sums}", zh=f"研究区内 {count:,} {zh}，{sums_zh}"
            )
        ]
    if sources.people_raster:
        told["people_raster"] = _bands.described(sources.people_raster, ground)
    return told
