"""
Where people live, from files: residences, communities, a grid of people, land that nobody lives on.

Formats, encodings, datums and spellings are those of `io.read`; so are the errors. Each frame has `row`,
by which sentences call a row of its file.
"""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._columns import (
    BOUNDARY_COLUMNS,
    MEASURES,
    community_columns,
    people_grid_columns,
    residence_columns,
    use_of,
)
from carecircles.io._points import polygons_of, shapes_of
from carecircles.io.read import Source, _basis, _kept, _open, _sound
from carecircles.people import GROUPS, Group, columns_of
from carecircles.words import Sentence, Text

STOREY_M = 3.0  # of a building of which only the height is known
_MOST = {"floors": 200, "height": 1_000}  # more is a slip: no dwelling stands so high
_SUCH_AS = {"households": "320", "dwellings": "350", "floor_area": "24000", "floors": "6", "height": "18"}  # fmt: skip
_YES = frozenset({"yes", "y", "true", "t", "有", "是", "有电梯", "已加装", "√"})
_NO = frozenset({"no", "n", "false", "f", "none", "无", "否", "没有", "无电梯", "未加装", "×"})
_UNTOLD = frozenset({"", "-", "unknown", "不详", "未知"})
_WHAT = {
    "households": Sentence("households", zh="户数"),
    "dwellings": Sentence("dwellings", zh="套数"),
    "floor_area": Sentence("floor_area", zh="建筑面积"),
    "floors": Sentence("floors", zh="层数"),
    "height": Sentence("height", zh="高度"),
}


def read_residences(
    path: Source,
    *,
    crs: pyproj.CRS | str,
    datum: str | None = None,
    groups: Sequence[Group] = GROUPS,
) -> gpd.GeoDataFrame:
    """
    Compounds, buildings or addresses in which people live, from a file, as points or polygons in `crs`.

    Parameters
    ----------
    path
        Any of the formats of `read_centres`, with points or polygons. Each row has people by group,
        `households`, `dwellings` or `floor_area` in m2; of a polygon its footprint times `floors`, or
        times `height` / 3 m, is the floor area, and where it says neither, times the median of the
        floors that others say (1 where none does). A column `use` leaves out what is no home; a
        building of mixed use, and one of which it says nothing, is one. `lift` says yes, no or how many;
        with `floors` it tells how many stairs there are between flats and the street.
    crs, datum
        As in `read_centres`.
    groups
        The groups of people that are looked for.

    Returns
    -------
    residences
        Indexed by `id` (numbered where the file has none): name, street (as written), those of the
        groups, `households`, `dwellings` and `floor_area_m2` that any row has (NaN where one has not),
        likewise `floors` and `lift` (1 or 0), row, geometry.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> table = pd.DataFrame({"小区": ["A", "B"], "户数": ["320", "80户"], "经度": 117.2, "纬度": 39.1})
    >>> read_residences(table, crs="EPSG:4548")["households"].tolist()
    [320.0, 80.0]
    """
    file, frame, problems = _open(path, residence_columns(groups), role="residences")
    ids, wrong = _identified(frame, file=file)
    problems += wrong
    shapes, wrong = shapes_of(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    counts, wrong = _checks.people(frame, groups, file=file, blank=True)
    problems += wrong
    amounts, wrong = _amounts(frame, file=file)
    problems += wrong
    lift, wrong = _lift(frame, file=file)
    problems += wrong
    use = use_of(_checks.as_it_stands(frame, "use"))
    is_home = use != "other"
    if not is_home.any():
        problems.append(_no_home(frame, file=file))
    others = [*counts.items(), *((c, amounts[c]) for c in ("households", "dwellings"))]
    is_told = any(values[is_home].notna().all() for _, values in others)
    footprints = shapes.area.where(shapes.area > 0)
    floor_area, said = _floor_area(amounts, footprints.where(is_home), is_needed=not is_told)
    table: dict[str, Any] = {
        "name": _kept(frame, "name"),
        "street": _checks.cells_of(frame, "street"),
        **_filled(counts),
        **{c: amounts[c] for c in ("households", "dwellings") if amounts[c].notna().any()},
        **({"floor_area_m2": floor_area} if floor_area.notna().any() else {}),
        **_filled(pd.DataFrame({"floors": amounts["floors"], "lift": lift})),
        "row": frame.index,
    }
    residences = gpd.GeoDataFrame(table, geometry=shapes, crs=crs).set_index(ids.rename("id"))
    residences.attrs = frame.attrs
    measures = measures_of(residences)
    is_blank = residences[measures].isna().all(axis=1).to_numpy() & is_home.to_numpy()
    if not problems:
        problems += _checks.complain(
            file,
            frame.index[is_blank],
            Sentence(
                "there is nothing to weigh the residence by",
                zh="没有可用于分配人口的数量",
            ),
            Sentence(
                "fill in people, households, dwellings or floor_area in m2, or draw its outline",
                zh="请填写人数、户数、套数或建筑面积（m2），或改用建筑轮廓面",
            ),
            values=residences["name"][is_blank],
        )
    residences.attrs["taken"] = [*frame.attrs["taken"], *_use_said(frame, use), *said]
    return _sound(residences[is_home.to_numpy()], problems)


def measures_of(residences: pd.DataFrame) -> list[str]:
    """
    The columns of residences by which people can be shared out among them, the best first.

    Examples
    --------
    >>> measures_of(pd.DataFrame(columns=["name", "dwellings", "people_60", "row"]))
    ['people_60', 'dwellings']
    """
    others = [c for c in ("households", "dwellings", "floor_area_m2") if c in residences]
    return [*columns_of(residences), *others]


def read_communities(
    path: Source,
    *,
    crs: pyproj.CRS | str,
    datum: str | None = None,
    groups: Sequence[Group] = GROUPS,
) -> gpd.GeoDataFrame:
    """
    Communities with their people from a file, as polygons or as points in `crs`.

    Parameters
    ----------
    path
        Any of the formats of `read_centres`, with polygons or points, a column `code` or `name` and
        people of at least one group; points name their `street`.
    crs, datum, groups
        As in `read_residences`.

    Returns
    -------
    communities
        Indexed by `code` (the name where the file has no codes): name, street (as written), people by
        group (NaN where a row does not say), basis, source, row, geometry.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"社区": ["东里"], "街道": ["S1"], "60岁以上": [850], "lon": [117.2], "lat": [39.1]}
    ... )
    >>> read_communities(table, crs="EPSG:4548")["people_60"].to_dict()
    {'东里': 850.0}
    """
    file, frame, problems = _open(path, community_columns(groups), role="communities")
    if "code" not in frame and "name" not in frame:
        problems.append(_without(file, "code", "name"))
        frame["name"] = [str(n) for n in range(1, len(frame) + 1)]
    key = "code" if "code" in frame else "name"
    codes, wrong = _checks.identities(frame, key, file=file)
    problems += wrong
    shapes, wrong = shapes_of(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    problems += _of_one_kind(shapes, file=file)
    streets = _checks.cells_of(frame, "street")
    is_unnamed = (shapes.geom_type == "Point") & (streets == "")
    problems += _checks.complain(
        file,
        frame.index[is_unnamed],
        Sentence(
            "a community that is a point does not say its street", zh="以点表示的社区未填写所属街道"
        ),
        Sentence("fill in its code or name", zh="请填写街道代码或名称"),
        values=codes[is_unnamed],
    )
    counts, wrong = _counts(frame, groups, file=file)
    problems += wrong
    names = _kept(frame, "name")
    table = {
        "name": names.where(names != "", codes),
        "street": streets,
        **_filled(counts),
        "basis": _basis(frame),
        "source": _kept(frame, "source"),
        "row": frame.index,
    }
    communities = gpd.GeoDataFrame(table, geometry=shapes, crs=crs).set_index(codes.rename("code"))
    communities.attrs = frame.attrs
    return _sound(communities, problems)


def read_people_grid(
    path: Source,
    *,
    crs: pyproj.CRS | str,
    datum: str | None = None,
    groups: Sequence[Group] = GROUPS,
) -> gpd.GeoDataFrame:
    """
    Squares, hexagons or other small areas with their people from a file, or points, in `crs`.

    Parameters
    ----------
    path
        Any of the formats of `read_centres`, with polygons or points and people of at least one group.
    crs, datum, groups
        As in `read_residences`.

    Returns
    -------
    people_grid
        Indexed by `id` (numbered where the file has none): people by group (NaN where a row does not
        say), row, geometry.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> import shapely
    >>> square = shapely.box(500_000, 4_300_000, 500_100, 4_300_100)
    >>> grid = gpd.GeoDataFrame({"人口": [12]}, geometry=[square], crs="EPSG:4548")
    >>> read_people_grid(grid, crs="EPSG:4548")["people"].to_dict()
    {'1': 12.0}
    """
    file, frame, problems = _open(path, people_grid_columns(groups), role="people_grid")
    ids, wrong = _identified(frame, file=file)
    problems += wrong
    shapes, wrong = shapes_of(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    problems += _of_one_kind(shapes, file=file)
    counts, wrong = _counts(frame, groups, file=file)
    problems += wrong
    table: dict[str, Any] = {
        **_filled(counts),
        "row": frame.index,
    }
    people_grid = gpd.GeoDataFrame(table, geometry=shapes, crs=crs).set_index(ids.rename("id"))
    people_grid.attrs = frame.attrs
    return _sound(people_grid, problems)


def read_uninhabited(
    path: Source, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Land and water nobody lives on, such as parks and industry, from a file, as polygons in `crs`.

    See `read_streets` for the formats, the parameters and the errors.

    Examples
    --------
    >>> from carecircles import datasets
    >>> path = datasets.folder("template") / "boundary.geojson"
    >>> read_uninhabited(path, crs="EPSG:32649").area.div(1e6).round(1).tolist()
    [9.1]
    """
    file, frame, problems = _open(path, BOUNDARY_COLUMNS, role="uninhabited")
    polygons, wrong = polygons_of(frame, file=file, crs=crs, declared=datum)
    if polygons is None or problems:
        raise ValidationError([*problems, *wrong])
    uninhabited = gpd.GeoDataFrame(
        {"row": frame.index}, index=frame.index, geometry=polygons, crs=crs
    )
    uninhabited.attrs = frame.attrs
    return uninhabited


def _identified(frame: pd.DataFrame, *, file: str) -> tuple[pd.Series, list[Sentence]]:
    """The ids of a file, or running numbers where it has none."""
    if "id" in frame:
        return _checks.identities(frame, "id", file=file)
    numbers = [str(n) for n in range(1, len(frame) + 1)]
    return pd.Series(numbers, index=frame.index, dtype=object), []


def _counts(
    frame: pd.DataFrame, groups: Sequence[Group], *, file: str
) -> tuple[pd.DataFrame, list[Sentence]]:
    """People by group, of one at least; every row says how many there are of one of them."""
    counts, problems = _checks.people(frame, groups, file=file, blank=True)
    if counts.shape[1] == 0:
        return counts, [_without(file, *(group.column for group in groups))]
    is_blank = counts.isna().all(axis=1)
    if not problems:
        problems += _checks.complain(
            file,
            frame.index[is_blank],
            Sentence("it does not say how many people there are", zh="没有填写人数"),
            Sentence("fill them in, 0 where nobody lives", zh="请填写，无人居住填 0"),
        )
    return counts, problems


def _filled(counts: pd.DataFrame) -> dict[str, pd.Series]:
    """The groups of which any row says something."""
    return {str(column): counts[column] for column in counts if counts[column].notna().any()}


def _without(file: str, *columns: str) -> Sentence:
    """A sentence about a file that has none of the columns of which it needs one."""
    return Sentence(
        f"{file}: there is no column {' or '.join(columns)}; add one of them.",
        zh=f"{file}：没有 {'、'.join(columns)} 中的任何一列；请添加其中一列。",
    )


def _of_one_kind(shapes: gpd.GeoSeries, *, file: str) -> list[Sentence]:
    """A sentence where a file has points as well as polygons."""
    kinds = shapes.geom_type.dropna().str.removeprefix("Multi").value_counts()
    if len(kinds) < 2:
        return []
    return [
        Sentence(
            f"{file}: it has {kinds['Polygon']:,} polygons and {kinds['Point']:,} points; keep one kind.",
            zh=f"{file}：同时含有 {kinds['Polygon']:,} 个面和 {kinds['Point']:,} 个点；请只保留一种。",
        )
    ]


def _amounts(frame: pd.DataFrame, *, file: str) -> tuple[dict[str, pd.Series], list[Sentence]]:
    """Households, dwellings, floor area, floors and height as floats, and what is wrong with them."""
    amounts, problems = {}, []
    for column in (*MEASURES, "floors", "height"):
        if column not in frame:
            amounts[column] = pd.Series(np.nan, index=frame.index)
            continue
        values, wrong = _checks.numbers(
            frame, column, file=file, such_as=_SUCH_AS[column], blank=True
        )
        problems += wrong
        if "万" in _checks.written_as(frame, column):  # as in 建筑面积(万平方米)
            values = values * 10_000
        amounts[column], most = values, _MOST.get(column, np.inf)
        what = _WHAT[column]
        for is_wrong, en, zh in (
            (values < 0, "is negative", "为负数"),
            (values > most, f"is above {most:g}", f"大于 {most:g}"),
        ):
            problems += _checks.complain(
                file,
                frame.index[is_wrong],
                Sentence(f"{what} {en}", zh=f"{what.zh}{zh}"),
                Sentence(
                    f"write it such as {_SUCH_AS[column]}, or leave it empty where nobody knows",
                    zh=f"请填写如 {_SUCH_AS[column]}，不详则留空",
                ),
                values=frame[column][is_wrong],
            )
    return amounts, problems


def _lift(frame: pd.DataFrame, *, file: str) -> tuple[pd.Series, list[Sentence]]:
    """Whether residences have a lift: 1 or 0, NaN where nobody says; and what is wrong with it."""
    written = _checks.cells_of(frame, "lift")
    plain = written.map(_checks.narrow).str.casefold()
    counts = pd.to_numeric(plain.str.removesuffix("部").str.removesuffix("台"), errors="coerce")
    lift = counts.where(~(counts < 0)).clip(upper=1).where(counts.isna() | (counts % 1 == 0))
    lift = lift.where(~plain.isin(_YES), 1.0).where(~plain.isin(_NO), 0.0).astype(float)
    is_wrong = lift.isna() & ~plain.isin(_UNTOLD)
    return lift, _checks.complain(
        file,
        frame.index[is_wrong],
        Sentence("lift is neither yes nor no", zh="有无电梯未填“有”或“无”"),
        Sentence(
            "write yes or no, or how many; leave it empty where nobody knows, and write a building "
            "with a lift in a part of it as two rows",
            zh="请填写有或无，或电梯数；不详则留空；仅部分单元有电梯的请分两行填写",
        ),
        values=written[is_wrong],
    )


def _floor_area(
    amounts: dict[str, pd.Series], footprints: pd.Series, *, is_needed: bool
) -> tuple[pd.Series, list[Text]]:
    """
    Floor area in m2 as the file says it, else of the footprint, and what was taken for the floors.

    Floors are made up only where nothing else is known of all residences.
    """
    floors = amounts["floors"].fillna(amounts["height"] / STOREY_M)
    told = amounts["floor_area"].fillna(footprints * floors)
    count = int((footprints.notna() & told.isna()).sum())
    if not is_needed or count == 0:
        return told, []
    known = floors[footprints.notna()].dropna()
    if len(known) == 0:
        en = f"{count:,} outlines without floors count by their area"
        zh = f"{count:,} 个轮廓没有层数，按面积计"
        return told.fillna(footprints), [{"en": en, "zh": zh}]
    usual = float(known.median())
    en = f"{count:,} outlines without floors are taken to have {usual:g}, the median of the others"
    zh = f"{count:,} 个轮廓没有层数，按其余的中位数 {usual:g} 层计"
    return told.fillna(footprints * usual), [{"en": en, "zh": zh}]


def _use_said(frame: pd.DataFrame, use: pd.Series) -> list[Text]:
    """Words about the rows that are no homes."""
    is_other = use == "other"
    if not is_other.any():
        return []
    count, kinds = int(is_other.sum()), _kinds(frame, is_other)
    blank = int((use == "").sum())
    en = f"{count:,} {'row is' if count == 1 else 'rows are'} no homes by their use ({kinds}) and left out"
    zh = f"{count:,} 行按用途不是住宅（{kinds.zh}），不计入"
    if blank:
        en += f", {blank:,} that do not say a use are counted"
        zh += f"；{blank:,} 行没有填写用途，计入"
    return [{"en": en, "zh": zh}]


def _no_home(frame: pd.DataFrame, *, file: str) -> Sentence:
    kinds = _kinds(frame, pd.Series(True, index=frame.index))
    return Sentence(
        f"{file}: none of the rows is a home by its use ({kinds}); write residential where people "
        "live, or take the column out.",
        zh=f"{file}：按用途没有一行是住宅（{kinds.zh}）；请将有人居住的写为“住宅”，或删去该列。",
    )


def _kinds(frame: pd.DataFrame, which: pd.Series) -> Sentence:
    """The uses that rows are written to have, the most frequent first."""
    return _checks.some(_checks.text(frame["use"])[which].value_counts().index)
