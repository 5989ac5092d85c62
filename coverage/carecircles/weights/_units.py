"""
Units whose people are known: streets, communities in them, squares of a population grid, and the cells of each.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import people
from carecircles.area import Sources, StudyArea
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.weights import _overlay
from carecircles.weights._overlay import Ground, Shares
from carecircles.weights.values import COMMUNITIES, GRID, RESIDENCES, STREETS
from carecircles.words import Sentence

MEASURES = ("households", "dwellings", "floor_area_m2")  # of residences without people, in order
_NONE = np.empty(0, dtype=np.int64)
_NEGLIGIBLE = 1e-9  # relative; what is left of a street when its communities are taken off


class Units(NamedTuple):
    """
    Units with known people.

    `known` is NaN where nobody knows; `of_cell` and `street` are the positions of the unit and the
    street of each cell. `lone_unit` are squares of a population grid that have no cell of their own,
    `lone_cell` the cells that take their people.
    """

    table: pd.DataFrame  # unit, street, source
    known: pd.DataFrame  # people by group
    of_cell: np.ndarray
    street: np.ndarray
    outlines: np.ndarray | None = None  # of communities
    lone_unit: np.ndarray = _NONE
    lone_cell: np.ndarray = _NONE


class Homes(NamedTuple):
    """Residences on land where people live: rows, shapes, a point of each, its street."""

    frame: pd.DataFrame
    shapes: np.ndarray
    points: np.ndarray
    street: np.ndarray


def homes_of(
    frame: gpd.GeoDataFrame | None,
    area: StudyArea,
    uninhabited: gpd.GeoDataFrame | None = None,
) -> Homes | None:
    """Points and polygons with people, and the street of each: the one it says, else the one it lies in."""
    if frame is None or frame.empty:
        return None
    shapes = frame.geometry.to_numpy()
    points = _overlay.points_of(shapes)
    is_lived = np.ones(len(frame), dtype=bool)
    if uninhabited is not None:
        is_lived = _overlay.owners_of(points, uninhabited.geometry.to_numpy()) < 0
    street = np.full(len(frame), -1)
    if "street" in frame:
        street = area.streets.index.get_indexer(frame["street"])
    astray = np.flatnonzero(street < 0)
    if len(astray):
        outlines = area.streets.geometry.to_numpy()
        street[astray] = _overlay.owners_of(points[astray], outlines)
        astray = astray[street[astray] < 0]
        street[astray] = shapely.STRtree(outlines).nearest(shapely.points(points[astray]))
    rows = pd.DataFrame(frame.drop(columns=frame.geometry.name))[is_lived]
    return Homes(rows, shapes[is_lived], points[is_lived], street[is_lived])


def stairs_of(homes: pd.DataFrame) -> np.ndarray | None:
    """
    Stairs between flats and street door of each residence, people living evenly on its floors.

    Mean flights (of the time they take only `stairs_share`, where a scenario says so), share of people
    upstairs without a lift, and whether both floors and lift are known (1 or
    0): shape (3, rows), 0 where they are not. None where they are of no row.
    """
    if homes.empty or not {"floors", "lift"} & set(homes):
        return None
    nobody = pd.Series(np.nan, index=homes.index)
    floors = homes.get("floors", nobody).to_numpy(dtype=float)
    lift = homes.get("lift", nobody).to_numpy(dtype=float)
    above = np.where(lift == 1, 0.0, np.maximum(floors - 1, 0.0))
    is_known = ~np.isnan(above) & (~np.isnan(lift) | (above == 0))
    above = np.where(is_known, above, 0.0)
    eased = homes.get("stairs_share", nobody).fillna(1.0).to_numpy(dtype=float)
    stairs: np.ndarray = np.stack([eased * above / 2, above / (above + 1), is_known.astype(float)])
    return stairs if is_known.any() else None


def refuse_uncounted(
    area: StudyArea, homes: Homes | None, squares: gpd.GeoDataFrame | None, totals: str
) -> None:
    """Stop where rows of what is to be the population do not say how many people live there."""
    name, rows = {
        "street": (STREETS, None),
        "residences": (RESIDENCES, None if homes is None else homes.frame),
        "grid": (GRID, squares),
    }[totals]
    if rows is None:
        return
    uncounted = rows.index[rows[people.columns_of(rows)].isna().all(axis=1)]
    if uncounted.empty:
        return
    file, which = file_of(getattr(area.sources, name), name), _checks.some(uncounted)
    raise ValidationError(
        [
            Sentence(
                f"{file}: totals are to be those of {name}, and {which} do not say how many people live "
                "there; fill it in (0 where nobody does), or leave totals at street.",
                zh=f"{file}：总数要求取自 {name}，但 {which.zh} 没有人数；请补填（无人居住填 0），或改用 street。",
            )
        ]
    )


def units_of(
    area: StudyArea,
    population: pd.DataFrame,
    sources: Sources,
    homes: Homes | None,
    cells: pd.DataFrame,
    ground: Ground,
    totals: str,
) -> Units:
    """What has known people: streets and the communities in them, or what takes their place."""
    codes = area.streets.index
    table = pd.DataFrame({"unit": codes, "street": codes, "source": STREETS})
    street = cells["street"].cat.codes.to_numpy().astype(np.int64)
    units = Units(table, population.reset_index(drop=True), street, street)
    if totals == "residences" and homes is not None:
        counts = counted_by(homes.frame, homes.street, population, area.groups)
        is_told = np.bincount(homes.street, minlength=len(codes)) > 0
        known = {
            group: np.where(
                is_told,
                np.bincount(homes.street, counts[group], minlength=len(codes)),
                units.known[group],
            )
            for group in counts
        }
        return units._replace(known=pd.DataFrame(known))
    if totals == "grid" and sources.people_grid is not None:
        return _with_squares(units, sources.people_grid, area, ground)
    if totals == "street" and sources.communities is not None:
        is_area = shapely.get_dimensions(sources.communities.geometry.to_numpy()) == 2
        if is_area.any():
            return _with_communities(units, sources.communities[is_area], area, ground)
    return units


def counted_by(
    rows: pd.DataFrame, street: np.ndarray, known: pd.DataFrame, groups: Sequence[people.Group]
) -> pd.DataFrame:
    """
    People by group of each row of a source that is the population.

    A group that a row does not tell is the same part of one it does tell as in its street.
    """
    counts = {}
    for group in people.columns_of(known):
        value = np.full(len(rows), np.nan)
        for one in (c for c in chain(group, known, groups) if c in rows and people.is_group(c)):
            part = np.ones(len(known))
            if one != group:
                of_one, of_group = known[one].to_numpy(), known[group].to_numpy()
                part = np.divide(of_group, of_one, out=part * np.nan, where=of_one > 0)
            told = rows[one].to_numpy(dtype=float) * part[street]
            value = np.where(np.isnan(value), told, value)
        counts[group] = np.nan_to_num(value)
    return pd.DataFrame(counts, index=rows.index)


def chain(group: str, columns: Iterable[object], groups: Sequence[people.Group]) -> list[str]:
    """The columns that say most of where a group lives, best first: itself, the groups it is part of, others."""
    others = people.columns_of(columns)
    return list(dict.fromkeys([group, *people.wholes_of(group, groups), *others, *MEASURES]))


def _with_communities(
    units: Units, communities: gpd.GeoDataFrame, area: StudyArea, ground: Ground
) -> Units:
    """Streets parted into communities and what they leave of them."""
    streets = len(units.table)
    shapes = communities.geometry.to_numpy()
    street = area.streets.index.get_indexer(communities["street"])
    counted = pd.DataFrame({g: communities.get(g, np.nan) for g in units.known}, dtype=float)
    of_cell = units.of_cell.copy()
    for which, row, col in _overlay.centres_in(shapes, ground.lattice):
        cell = ground.position[row, col]
        is_own = (cell >= 0) & (units.street[cell] == street[which])
        of_cell[cell[is_own]] = streets + which[is_own]
    has_people = (counted > 0).any(axis=1).to_numpy()
    of_cell = _claimed(of_cell, streets, street, _overlay.points_of(shapes), has_people, ground)

    table = pd.DataFrame(
        {
            "unit": communities.index,
            "street": area.streets.index[street],
            "source": COMMUNITIES,
        }
    )
    table = pd.concat([units.table, table], ignore_index=True)
    known = _parted(units.known, counted, street, area.groups, of_cell)
    _refuse_without_land(table, known, of_cell, area)
    return Units(table, known, of_cell, units.street, shapes)


def _claimed(
    of_cell: np.ndarray,
    streets: int,
    street: np.ndarray,
    points: np.ndarray,
    has_people: np.ndarray,
    ground: Ground,
) -> np.ndarray:
    """The unit of each cell where a community too small to hold a centre has the nearest cell that can be spared."""
    counts = np.bincount(of_cell, minlength=streets + len(street))
    of_street = np.append(np.arange(streets), street)
    for which in np.flatnonzero((counts[streets:] == 0) & has_people):
        can = of_street[of_cell] == street[which]
        can &= (of_cell < streets) | (counts[of_cell] > 1)
        spare = np.flatnonzero(can)
        if len(spare):
            x, y = points[which]
            cell = spare[np.hypot(ground.x[spare] - x, ground.y[spare] - y).argmin()]
            counts[of_cell[cell]] -= 1
            counts[streets + which] += 1
            of_cell[cell] = streets + which
    return of_cell


def _parted(
    known: pd.DataFrame,
    counted: pd.DataFrame,
    street: np.ndarray,
    groups: Sequence[people.Group],
    of_cell: np.ndarray,
) -> pd.DataFrame:
    """
    People of streets without those of their communities, then those of the communities.

    Where communities do not count a group, the people of it that are left of their street are parted
    among them and the rest like those of a group that all count, or else like their cells.
    """
    streets, names = len(known), people.columns_of(known)
    parted: dict[str, np.ndarray] = {}
    counts = np.bincount(of_cell, minlength=streets + len(street)).astype(float)
    every = np.append(np.arange(streets), street)
    complete = [group for group in names if counted[group].notna().all()]
    for group in [*complete, *(g for g in names if g not in complete)]:
        of_one, total = counted[group].to_numpy(), known[group].to_numpy()
        left = total - np.bincount(street, np.nan_to_num(of_one), minlength=streets)
        left = np.where(np.abs(left) <= _NEGLIGIBLE * total, 0.0, left)
        whole = np.append(left, of_one)
        if group not in complete:
            like = next((parted[c] for c in chain(group, known, groups) if c in complete), counts)
            is_open = np.append(np.full(streets, True), np.isnan(of_one))
            share = np.where(is_open, like, 0.0)
            is_none = np.bincount(every, share, minlength=streets) == 0
            share = np.where(is_none[every] & is_open, counts, share)
            of_all = np.bincount(every, share, minlength=streets)[every]
            shared = np.divide(share, of_all, out=np.zeros(len(every)), where=of_all > 0)
            whole = np.where(is_open, left[every] * shared, whole)
        parted[group] = whole
    return pd.DataFrame(parted)[names]


def _refuse_without_land(
    table: pd.DataFrame,
    known: pd.DataFrame,
    of_cell: np.ndarray,
    area: StudyArea,
) -> None:
    """Stop where communities count more people than their street, or fewer and leave nothing of it."""
    file, problems = file_of(area.sources.communities, COMMUNITIES), []
    counts = np.bincount(of_cell, minlength=len(table))

    def column_zh(group: str) -> str:
        return f"{people.rows_of([group], area.groups)[0].name['zh']}人口"

    for position, row in enumerate(table.itertuples()):
        name = repr(area.streets["name"].get(row.street, row.street))
        for group in known:
            people_of = known[group].iloc[position]
            if people_of < 0:
                problems.append(
                    Sentence(
                        f"{file}: the communities of {name} count {-people_of:,.1f} more {group} than the "
                        "street has; correct one of the two.",
                        zh=f"{file}：{name} 的社区{column_zh(str(group))}合计比街道多 {-people_of:,.1f}；请更正其一。",
                    )
                )
            elif people_of > 0 and counts[position] == 0 and row.source == STREETS:
                problems.append(
                    Sentence(
                        f"{file}: the communities of {name} fill it, but leave {people_of:,.1f} of its "
                        f"{group} uncounted; correct the counts, or use a smaller cell.",
                        zh=f"{file}：{name} 的社区占满该街道，但仍有 {people_of:,.1f} 名{column_zh(str(group))}未计入；"
                        "请更正人数，或用更小的网格。",
                    )
                )
            elif people_of > 0 and counts[position] == 0:
                problems.append(
                    Sentence(
                        f"{file}: {row.unit!r} is too small for the grid: no cell can be its own; use a smaller "
                        "cell.",
                        zh=f"{file}：{row.unit!r} 对网格来说太小，没有属于它的格子；请用更小的网格。",
                    )
                )
    if problems:
        raise ValidationError(list(dict.fromkeys(problems)))


def _with_squares(
    units: Units, squares: gpd.GeoDataFrame, area: StudyArea, ground: Ground
) -> Units:
    """Squares of a population grid as units; a street that none of them lies in keeps its own people."""
    found = square_cells(squares, area, ground)
    there, first = np.unique(found.which, return_index=True)
    of_square, streets = units.street[found.cell[first]], len(units.table)
    of_cell, centred = units.of_cell.copy(), found.is_centred
    of_cell[found.cell[centred]] = streets + np.searchsorted(there, found.which[centred])
    counts = np.bincount(of_cell, minlength=streets + len(there))
    lone = np.flatnonzero(counts[streets:] == 0)
    rows = pd.DataFrame(squares.drop(columns=squares.geometry.name)).iloc[there]
    counted = counted_by(rows, of_square, units.known, area.groups)
    rest = units.known.copy()
    rest[np.bincount(of_square, minlength=streets) > 0] = 0.0
    table = pd.DataFrame(
        {"unit": rows.index, "street": area.streets.index[of_square], "source": GRID}
    )
    return units._replace(
        table=pd.concat([units.table, table], ignore_index=True),
        known=pd.concat([rest, counted], ignore_index=True),
        of_cell=of_cell,
        lone_unit=streets + lone,
        lone_cell=found.cell[first[lone]],
    )


def square_cells(squares: gpd.GeoDataFrame, area: StudyArea, ground: Ground) -> Shares:
    """The cells that share the people of each square, or of a point that stands for one."""
    shapes, nowhere = squares.geometry.to_numpy(), np.zeros(len(ground.x), dtype=np.int64)
    own = np.zeros(len(shapes), dtype=np.int64)
    is_points = (shapely.get_dimensions(shapes) == 0).all()
    share = _overlay.shared_as_squares if is_points else _overlay.shared_among
    found = share(shapes, ground, nowhere, own)
    # What holds no centre and lies in no street is outside.
    lone = np.flatnonzero(~found.is_centred)
    points = _overlay.points_of(shapes[found.which[lone]])
    outside = lone[_overlay.owners_of(points, area.streets.geometry.to_numpy()) < 0]
    return Shares(*(np.delete(part, outside) for part in found))


def file_of(frame: gpd.GeoDataFrame | None, name: str) -> str:
    """What sentences call a source: its file, or its name where it comes from memory."""
    return name if frame is None else str(frame.attrs.get("file", name))
