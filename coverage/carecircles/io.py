"""
Files in, validated frames in one projected CRS out; and frames back into files.

Reads CSV (UTF-8 with or without BOM, UTF-16, GB18030), Excel, GeoJSON, GeoPackage, Shapefile and
(Geo)Parquet. Longitude and latitude exist only here, in `datum` and in `maps`. What was understood
of a file (format, encoding, columns, datum) travels in the frame's `attrs`.
"""

import contextlib
import datetime
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from carecircles import _validate
from carecircles._formats import FORMATS, parted, read_raw
from carecircles._table import Sought, is_whole_total
from carecircles._target import of_one_file as of_one_file
from carecircles._target import problems as target_problems  # noqa: F401
from carecircles._target import replacing, writing
from carecircles._validate import Text
from carecircles._workbook import sheets
from carecircles.datum import parse_datum, to_wgs84
from carecircles.errors import ValidationError

PEOPLE = ("people", "people_60", "people_65", "people_80")
SERVICES = {
    "meals": ("meal", "就餐", "助餐", "餐饮", "老年餐", "食堂"),
    "medical": ("medical help", "助医", "医疗", "医疗服务"),
    "culture": ("culture and leisure", "文化休闲", "文化", "文娱", "休闲"),
    "health_post": ("health post", "健康驿站", "卫生服务站", "社区卫生服务站"),
}

_ABOUT = {
    "basis": ("依据", "数据依据"),
    "source": ("来源", "数据来源", "出处"),
    "datum": ("坐标系", "坐标系统", "坐标基准"),
}
_NAMES = {
    "name": ("名称", "名字", "中文名", "中文名称", "name_zh"),
    "name_en": ("英文名", "英文名称", "english name"),
}
_CENTRE_COLUMNS = {
    "id": ("编号", "序号", "编码", "代码", "centre_id", "center_id"),
    "name": (
        *_NAMES["name"],
        "中心名称",
        "机构名称",
        "养老机构名称",
        "单位名称",
        "设施名称",
        "站点名称",
        "养老服务中心",
    ),
    "name_en": _NAMES["name_en"],
    "street": (
        "street_code",
        "街道代码",
        "街道",
        "所属街道",
        "所在街道",
        "所属街镇",
        "街道名称",
        "街镇",
        "街道乡镇",
        "street_name",
        "subdistrict",
    ),
    "lon": ("lng", "long", "longitude", "经度"),
    "lat": ("latitude", "纬度"),
    "services": ("service", "服务", "服务内容", "服务项目"),
    "services_basis": ("服务依据",),
    "opened": (
        "open",
        "open_date",
        "opening_date",
        "opened_on",
        "开业日期",
        "开业时间",
        "开放日期",
        "启用日期",
        "投用日期",
    ),
    "closed": ("close_date", "closing_date", "closed_on", "关闭日期", "停业日期", "停用日期"),
    "capacity": ("容量", "服务能力", "服务人数", "可服务人数", "设计服务人数"),
    "beds": ("床位", "床位数", "床位总数", "总床位", "总床位数", "床位数量", "核定床位数", "bed"),
    "cost": ("成本", "费用", "造价", "建设成本"),
    **_ABOUT,
}
_STREET_COLUMNS = {
    "code": ("street_code", "代码", "编码", "编号", "街道代码", "区划代码", "统计用区划代码", "id"),
    "name": (*_NAMES["name"], "street", "street_name", "街道", "街道名称"),
    "name_en": _NAMES["name_en"],
    "communities": ("社区数", "社区数量"),
    **_ABOUT,
}
_POPULATION_COLUMNS = {
    "code": ("street_code", "代码", "编码", "编号", "街道代码", "区划代码", "统计用区划代码", "id"),
    "street": ("name", "street_name", "街道", "街道名称", "名称"),
    "people": ("population", "total", "人口", "常住人口", "总人口", "人数"),
    "people_60": (
        "60",
        "60岁及以上",
        "60岁以上",
        "60岁及以上人口",
        "60岁以上人口",
        "population_60",
        "老年人口",
    ),
    "people_65": (
        "65",
        "65岁及以上",
        "65岁以上",
        "65岁及以上人口",
        "65岁以上人口",
        "population_65",
    ),
    "people_80": (
        "80",
        "80岁及以上",
        "80岁以上",
        "80岁及以上人口",
        "80岁以上人口",
        "population_80",
    ),
    "basis": _ABOUT["basis"],
    "source": _ABOUT["source"],
    "age_basis": ("年龄依据",),
    "age_source": ("年龄来源",),
}
# What the tables of civil-affairs offices have besides; their headers are known by these too.
_USUAL_COLUMNS = (
    "联系电话", "电话", "手机", "联系方式", "传真", "邮箱", "网址", "负责人", "联系人", "法定代表人",
    "法人", "院长", "地址", "详细地址", "机构地址", "机构住所", "所在区", "所属区", "行政区", "区县",
    "所属社区", "社区", "面积", "占地面积", "建筑面积", "使用面积", "备注", "说明", "性质", "机构性质",
    "运营性质", "经营性质", "运营方式", "运营单位", "运营主体", "举办主体", "主办单位", "机构类型",
    "机构类别", "星级", "等级", "评定等级", "统一社会信用代码", "信用代码", "许可证号", "备案编号", "备案时间",
    "成立时间", "成立日期", "建成时间", "入住人数", "在住人数", "入住率", "护理型床位数", "护理型床位",
    "护理床位数", "工作人员数", "职工人数", "护理员人数", "护理人员数", "收费标准", "开放时间", "营业时间",
    "男", "女", "占比", "比重", "户数", "phone", "telephone", "address", "contact", "remarks", "notes",
)  # fmt: skip
_BOUNDARY_COLUMNS = {**_NAMES, **_ABOUT}
_PLACE_COLUMNS = {
    **_NAMES,
    "kind": ("类型", "类别", "种类"),
    "street": _CENTRE_COLUMNS["street"],
    "lon": _CENTRE_COLUMNS["lon"],
    "lat": _CENTRE_COLUMNS["lat"],
    **_ABOUT,
}
_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "centres": _CENTRE_COLUMNS,
    "streets": _STREET_COLUMNS,
    "population": _POPULATION_COLUMNS,
    "boundary": _BOUNDARY_COLUMNS,
    "places": _PLACE_COLUMNS,
}
_NEEDED = {  # what the sheet of a workbook has to have, one of each
    "centres": (frozenset({"lon"}), frozenset({"lat"})),
    "population": (frozenset({"people_60"}), frozenset({"code", "street"})),
    "places": (frozenset({"name"}),),
}
BASES = {
    "assumed": ("assumption", "假定", "假设"),
    "known": ("已知", "实测"),
    "schematic": ("示意",),
    "proposed": ("planned", "拟建", "规划", "拟定"),
}
_SUMMED = (*PEOPLE, "capacity", "beds")
_FIGURES = (*_SUMMED, "cost", "lon", "lat")

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_TEXT = 32_767
_MOST_EXCEL_ROWS = 1_048_576
_NO_TIME = datetime.datetime(2000, 1, 1)


# Reading


def read_centres(
    path: str | Path, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Centres from a file, as points in `crs`.

    Parameters
    ----------
    path
        CSV, Excel or (Geo)Parquet with columns `lon` and `lat` in degrees, or GeoJSON, GeoPackage,
        Shapefile or GeoParquet with points. Column names in English or Chinese. `FILE.xlsx#SHEET`
        names a sheet; without it the one that fits is taken.
    crs
        The projected CRS in metres to compute in.
    datum
        Datum of the file's coordinates, one of `datum.DATUMS`; a `datum` column in the file says
        the same. Where neither does, WGS84 is taken and `attrs["datum_declared"]` is False.

    Returns
    -------
    facilities
        Indexed by `id`: name, name_en, street (as written), services, services_basis, opened and
        closed (dates), capacity (persons), beds (number), cost (of opening it), basis, source, row, geometry.

    Raises
    ------
    ValidationError
        With every problem of the file.
    """
    file, frame, problems = _open(path, _CENTRE_COLUMNS, role="centres")
    if "id" not in frame:
        frame["id"] = [str(n) for n in range(1, len(frame) + 1)]
        frame.attrs["ids_given"] = False
        if "name" not in frame:
            problems.append(f"{file}: there is no id and no name column; add one of them.")
    ids, wrong = _validate.identities(frame, "id", file=file)
    for column in ("opened", "closed"):
        frame, said = _validate.without_serials(_with(frame, column), column)
        frame.attrs["taken"] = [*frame.attrs["taken"], *said]
    facilities, more = centres_of(frame, file=file, crs=crs, datum=datum)
    facilities.index = ids.rename("id")
    return _sound(facilities, [*problems, *wrong, *more])


def centres_of(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str, datum: str | None = None
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """
    Centres from a table with our column names, and what is wrong with it.

    Parameters
    ----------
    frame
        One row a centre, with `id`; the index labels rows for the sentences about them.
    file
        What the sentences call the table.
    crs, datum
        As in `read_centres`.

    Returns
    -------
    facilities, problems
        The frame of `read_centres`, and sentences.
    """
    problems: list[str] = []
    ids = _validate.text(frame["id"])
    points, wrong = _points(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    opened, wrong = _validate.dates(_with(frame, "opened"), "opened", file=file, last_day=True)
    problems += wrong
    closed, wrong = _validate.dates(_with(frame, "closed"), "closed", file=file, last_day=False)
    problems += wrong
    earliest, _ = _validate.dates(_with(frame, "opened"), "opened", file=file, last_day=False)
    latest, _ = _validate.dates(_with(frame, "closed"), "closed", file=file, last_day=True)
    is_backward = latest < earliest
    problems += _validate.complain(
        file, frame.index[is_backward], "closed is before opened", "correct one of the two"
    )
    amounts = {}
    for column, such_as, mend in (
        ("capacity", "120", "write how many people it can serve"),
        ("beds", "60", "write how many beds it has in all"),
        ("cost", "80", "write what it costs to open, in any one unit"),
    ):
        written = _with(frame, column)
        amounts[column], wrong = _validate.numbers(
            written, column, file=file, such_as=such_as, blank=True
        )
        problems += wrong
        is_negative = amounts[column] < 0
        problems += _validate.complain(
            file,
            frame.index[is_negative],
            f"{column} is negative",
            mend,
            values=written[column][is_negative],
        )
    if len(_validate.units_in(_with(frame, "cost"), "cost")) > 1:
        problems.append(f"{file}: cost is in more than one unit; write all of it in the same.")

    names = _kept(frame, "name")
    table = {
        "name": names.where(names != "", ids),
        "name_en": _kept(frame, "name_en"),
        "street": _validate.text(_with(frame, "street")["street"]),
        "services": services_of(_with(frame, "services")["services"]),
        "services_basis": _basis(frame, "services_basis"),
        "opened": opened,
        "closed": closed,
        **amounts,
        "basis": _basis(frame),
        "source": _kept(frame, "source"),
        "row": frame.index,
    }
    facilities = gpd.GeoDataFrame(table, geometry=points, crs=crs).set_index(ids.rename("id"))
    facilities.attrs = frame.attrs
    return facilities, problems


def read_streets(
    path: str | Path, *, crs: pyproj.CRS | str | None = None, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Streets from a file, as polygons in `crs`.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile or GeoParquet with polygons and a column `code` or `name`.
    crs
        The projected CRS in metres to compute in; estimated from the streets (UTM) if None.
    datum
        Datum of the file's coordinates, see `read_centres`.

    Returns
    -------
    streets
        Indexed by `code` (text; the name where the file has no codes): name, name_en, basis,
        source, row, geometry.

    Raises
    ------
    ValidationError
        With every problem of the file.
    """
    file, frame, problems = _open(path, _STREET_COLUMNS, role="streets")
    if "code" not in frame and "name" not in frame:
        problems.append(
            _absent(frame, "code and no column name", file=file, mend="add one of them")
        )
        frame["name"] = [str(n) for n in range(1, len(frame) + 1)]
    if "code" not in frame:
        frame["code"] = frame["name"]
    codes, wrong = _validate.identities(frame, "code", file=file)
    problems += wrong
    polygons, wrong = _polygons(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    if polygons is None:
        raise ValidationError(problems)
    names = _kept(frame, "name")
    table = {
        "name": names.where(names != "", codes),
        "name_en": _kept(frame, "name_en"),
        "basis": _basis(frame),
        "source": _kept(frame, "source"),
        "row": frame.index,
    }
    streets = gpd.GeoDataFrame(table, geometry=polygons, crs=polygons.crs)
    streets = streets.set_index(codes.rename("code"))
    streets.attrs = frame.attrs
    return _sound(streets, problems)


def read_boundary(
    path: str | Path, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    The outline of a study area from a file, as one polygon in `crs`, with its basis and source.

    See `read_streets` for the formats, the parameters and the errors.
    """
    file, frame, problems = _open(path, _BOUNDARY_COLUMNS, role="boundary")
    polygons, wrong = _polygons(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    if polygons is None or problems:
        raise ValidationError(problems)
    boundary = gpd.GeoDataFrame(
        {"basis": [_basis(frame).iloc[0]], "source": [_kept(frame, "source").iloc[0]]},
        geometry=[polygons.union_all()],
        crs=crs,
    )
    boundary.attrs = frame.attrs
    return boundary


def read_polygons(
    path: str | Path, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoSeries:
    """
    Polygons from a file, such as parks and water where nothing can be built, in `crs`.

    See `read_streets` for the formats, the parameters and the errors.
    """
    file, frame, problems = _open(path, _ABOUT, role="polygons")
    polygons, wrong = _polygons(frame, file=file, crs=crs, declared=datum)
    if polygons is None or problems:
        raise ValidationError([*problems, *wrong])
    polygons.attrs = frame.attrs
    return polygons


def read_population(path: str | Path) -> pd.DataFrame:
    """
    People by street and age group from a file.

    Parameters
    ----------
    path
        Any of the formats of `read_centres`, with a column `code` or `street`, `people_60`, and as
        many of `people`, `people_65`, `people_80` as are known (persons).

    Returns
    -------
    population
        Indexed by `street` (code or name as written): the groups of people, street_name, basis,
        source, age_basis, age_source, row.

    Raises
    ------
    ValidationError
        With every problem of the file.
    """
    file, frame, problems = _open(path, _POPULATION_COLUMNS, role="population")
    key = "code" if "code" in frame else "street"
    if key not in frame:
        mend = "say which street a row is"
        problems.append(_absent(frame, "code or street", file=file, mend=mend))
        frame[key] = [str(n) for n in range(1, len(frame) + 1)]
    if "people_60" not in frame:
        mend = "add the people aged 60 and more"
        problems.append(_absent(frame, "people_60", file=file, mend=mend))
    streets, wrong = _validate.identities(frame, key, file=file)
    problems += wrong
    groups, wrong = _validate.people(frame, [g for g in PEOPLE if g in frame], file=file)
    problems += wrong
    population = groups.assign(
        street_name=_validate.text(_with(frame, "street")["street"]),
        basis=_basis(frame),
        source=_kept(frame, "source"),
        age_basis=_basis(frame, "age_basis"),
        age_source=_kept(frame, "age_source"),
        row=frame.index,
    ).set_index(streets.rename("street"))
    population.attrs = frame.attrs
    return _sound(population, problems)


def services_of(written: pd.Series) -> pd.Series:
    """Services as words of ours (others as written), joined by ';'."""
    spelled = {_validate.plain(s): name for s, name in spellings_of(SERVICES).items()}

    def translate(cell: str) -> str:
        for mark in "、，；,|/":
            cell = cell.replace(mark, ";")
        words = [w.strip() for w in cell.split(";") if w.strip()]
        return ";".join(dict.fromkeys(spelled.get(_validate.plain(w), w) for w in words))

    return _validate.text(written).map(translate)


def service_name(word: str) -> dict[str, str]:
    """What people call a service, in each language; a word that is none of ours as it is."""
    chinese = [spelling for spelling in SERVICES.get(word, ()) if not spelling.isascii()]
    return {"en": word.replace("_", " "), "zh": next(iter(chinese), word)}


def spellings_of(words: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """What each spelling of words of ours means, such as of `SERVICES` or `BASES`."""
    return {s: name for name, many in words.items() for s in (name, *many)}


def _sound(frame, problems: list[str]):
    """The frame, if there is nothing wrong with its file."""
    if problems:
        raise ValidationError(problems, understood=frame)
    return frame


def read_places(
    path: str | Path, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Places to find one's way by (communities, stations) from a file, as points in `crs`.

    See `read_centres` for the formats, the parameters and the errors. A place may be without a
    point, if it names its street.

    Returns
    -------
    places
        One row a place: kind, name, name_en, street (as written), source, row, geometry (missing
        where no coordinates are given).
    """
    file, frame, problems = _open(path, _PLACE_COLUMNS, role="places")
    names = _kept(frame, "name")
    problems += _validate.complain(
        file, frame.index[names == ""], "name is missing", "give every place its name"
    )
    streets = _validate.text(_with(frame, "street")["street"])
    if isinstance(frame, gpd.GeoDataFrame):
        is_located = pd.Series(True, index=frame.index)
    else:
        blank = [_validate.text(_with(frame, c)[c]) == "" for c in ("lon", "lat")]
        is_located = ~(blank[0] & blank[1])
    problems += _validate.complain(
        file,
        frame.index[~is_located & (streets == "")],
        "the place has neither coordinates nor a street",
        "fill in one of them",
        values=names[~is_located & (streets == "")],
    )
    points = gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    if is_located.any():
        located = frame[is_located]
        found, wrong = _points(located, file=file, crs=crs, declared=datum)
        problems += wrong
        points = found.reindex(frame.index)
        frame.attrs |= {
            k: located.attrs[k] for k in ("datum", "datum_declared") if k in located.attrs
        }
    table = {
        "kind": _validate.text(_with(frame, "kind")["kind"]),
        "name": names,
        "name_en": _kept(frame, "name_en"),
        "street": streets,
        "source": _kept(frame, "source"),
        "row": frame.index,
    }
    places = gpd.GeoDataFrame(table, geometry=points, crs=crs)
    places.attrs = frame.attrs
    return _sound(places, problems)


def roles_of(path: str | Path) -> list[str]:
    """
    What a file holds, of 'centres', 'population', 'streets', 'boundary' and 'places'.

    A workbook may hold several of them, on sheets of their own.

    Raises
    ------
    ValidationError
        If the file cannot be read at all.
    """
    whole, part = parted(path)
    if part is not None or FORMATS.get(whole.suffix.casefold()) != "Excel" or not whole.is_file():
        return [_role_of(path)]
    try:
        named = sheets(whole, _sought(None))
    except Exception:  # what is wrong with the file is told by whoever reads it
        named = []
    roles = [_role_of(whole.with_name(f"{whole.name}#{sheet}")) for sheet in named]
    return list(dict.fromkeys(roles)) or [_role_of(path)]


def _role_of(path: str | Path) -> str:
    """What a file, or the sheet of a workbook, holds, seen from its columns."""
    frame = read_raw(path, _sought(None))
    stem = parted(path)[0].stem.casefold()
    file = frame.attrs["file"]
    known, _ = _validate.columns(frame, _CENTRE_COLUMNS | _POPULATION_COLUMNS, file=file)
    if isinstance(frame, gpd.GeoDataFrame):
        if not frame.geom_type.isin(["Polygon", "MultiPolygon"]).any():
            return "centres"
        named, _ = _validate.columns(frame, _STREET_COLUMNS, file=file)
        return "streets" if len(frame) > 1 or "code" in named else "boundary"
    if "places" in stem:
        return "places"
    if "lon" in known or "lat" in known:
        return "centres"
    has_people = any(group in known for group in PEOPLE)
    return "population" if has_people or "population" in stem else "centres"


def taken(frame: pd.DataFrame) -> list[Text]:
    """What was taken for granted while a file was read, as one sentence in each language, or nothing."""
    parts, file = frame.attrs.get("taken", []), frame.attrs.get("file", "")
    if not parts:
        return []
    return [
        {
            "en": f"{file}: {'; '.join(part['en'] for part in parts)}.",
            "zh": f"{file}：{'；'.join(part['zh'] for part in parts)}。",
        }
    ]


def _sought(role: str | None, spellings: dict | None = None) -> Sought:
    """What is looked for in a file of a role, or of any."""
    several = [_COLUMNS[role]] if role in _COLUMNS else [spellings or {}]
    if role is None:
        several = [_CENTRE_COLUMNS, _POPULATION_COLUMNS, _PLACE_COLUMNS]
    known = {_validate.plain(column): "" for column in _USUAL_COLUMNS}
    for columns in reversed(several):
        known |= {_validate.plain(s): name for s, name in spellings_of(columns).items()}
    return Sought(role, known, _NEEDED.get(role or "", ()))


def _open(path: str | Path, spellings: dict, *, role: str) -> tuple[str, pd.DataFrame, list[str]]:
    """What sentences call a file, its known columns, and what is wrong so far."""
    raw = read_raw(path, _sought(role, spellings))
    file = raw.attrs["file"]
    frame, problems = _validate.columns(raw, spellings, file=file)
    if not frame.attrs["columns"] and not isinstance(frame, gpd.GeoDataFrame):
        unused = ", ".join(map(_validate.show, frame.attrs["unused"][:8]))
        raise ValidationError(
            [
                f"{file}: none of the column names is known ({unused}); a row must "
                f"name the columns, such as {', '.join(list(spellings)[:6])}."
            ]
        )
    frame = frame.copy()
    totals = frame.attrs.pop("totals", [])
    read = _totals_said(frame, totals)
    frame.attrs["taken"] = [*raw.attrs["taken"], *read, *_validate.numbers_said(frame, _FIGURES)]
    return file, frame, [*raw.attrs.get("problems", []), *problems]


def _totals_said(frame: pd.DataFrame, totals: list[tuple[int, dict[str, str]]]) -> list[Text]:
    """Words about totals in a file that are not the sums of its rows."""
    said = []
    for row, cells in totals:
        if not is_whole_total(cells):
            continue
        claimed = pd.DataFrame([cells]).rename(columns=frame.attrs["columns"])
        for column in (c for c in _SUMMED if c in frame and c in claimed):
            total = _validate.numbers(claimed, column, file="", such_as="", blank=True)[0].iloc[0]
            parts = _validate.numbers(frame, column, file="", such_as="", blank=True)[0]
            if pd.notna(total) and parts.notna().any() and abs(total - parts.sum()) >= 0.5:
                said.append(
                    {
                        "en": f"row {row} gives {total:,.0f} as the total of {column}, "
                        f"the rows add up to {parts.sum():,.0f}",
                        "zh": f"第 {row} 行所列“{_validate.written_as(frame, column)}”合计为 {total:,.0f}，各行相加为 {parts.sum():,.0f}",
                    }
                )
    return said


def _absent(frame: pd.DataFrame, column: str, *, file: str, mend: str) -> str:
    """A sentence about a column that is needed, with the columns nobody knows."""
    unused = ", ".join(map(_validate.show, frame.attrs["unused"][:8]))
    return (
        f"{file}: there is no column {column}{f' (not known: {unused})' if unused else ''}; {mend}."
    )


def _with(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame if column in frame else frame.assign(**{column: ""})


def _kept(frame: pd.DataFrame, column: str) -> pd.Series:
    """A text column exactly as it was written."""
    cells = _with(frame, column)[column]
    return cells.map(lambda v: v if isinstance(v, str) else _validate.as_text(v)).astype(object)


def _basis(frame: pd.DataFrame, column: str = "basis") -> pd.Series:
    """'assumed', 'known', 'schematic', what else the file says, or 'not stated'."""
    spelled = spellings_of(BASES)
    cells = _validate.text(_with(frame, column)[column]).str.casefold()
    return cells.map(lambda t: spelled.get(t, t) or "not stated")


# Coordinates at the door


def _points(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str, declared: str | None
) -> tuple[gpd.GeoSeries, list[str]]:
    """Points in `crs`, missing where they cannot be had, and what is wrong with them."""
    nothing = gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    named, problems = _datums(frame, file=file, declared=declared)
    if isinstance(frame, gpd.GeoDataFrame):
        wrong = _geometry_problems(frame, file=file, kinds=("Point", "MultiPoint"))
        is_several = shapely.get_num_geometries(frame.geometry.to_numpy()) > 1
        wrong += _validate.complain(
            file, frame.index[is_several], "there is more than one point", "keep one point a row"
        )
        problems += wrong
        if wrong:
            return nothing, problems
        points = shapely.get_geometry(frame.geometry.to_crs(4326).to_numpy(), 0)
        lon = pd.Series(shapely.get_x(points), index=frame.index)
        lat = pd.Series(shapely.get_y(points), index=frame.index)
    elif "lon" in frame and "lat" in frame:
        lon, wrong = _validate.numbers(frame, "lon", file=file, such_as="117.2230")
        problems += wrong
        lat, wrong = _validate.numbers(frame, "lat", file=file, such_as="39.0800")
        problems += wrong
    else:
        absent = " and no column ".join(c for c in ("lon", "lat") if c not in frame)
        mend = "add longitude (经度) and latitude (纬度) in decimal degrees"
        return nothing, [*problems, _absent(frame, absent, file=file, mend=mend)]
    problems += _validate.coordinates(lon, lat, file=file)
    is_usable = (lon.abs() <= 180) & (lat.abs() <= 90)
    x, y = lon.to_numpy(copy=True), lat.to_numpy(copy=True)
    for name in sorted(set(named)):
        here = (is_usable & (named == name)).to_numpy()
        x[here], y[here] = to_wgs84(x[here], y[here], datum=name)
    degrees = gpd.GeoSeries.from_xy(x, y, index=frame.index, crs=4326).where(is_usable)
    return degrees.to_crs(crs), problems


def _polygons(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str | None, declared: str | None
) -> tuple[gpd.GeoSeries | None, list[str]]:
    """Polygons in `crs` (UTM where None), or none where they cannot be had, and what is wrong."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return None, [
            f"{file}: there are no polygons in it; use GeoJSON, GeoPackage or GeoParquet."
        ]
    problems = _geometry_problems(frame, file=file, kinds=("Polygon", "MultiPolygon"))
    named, wrong = _datums(frame, file=file, declared=declared)
    problems += wrong
    if (named != named.iloc[0]).any():
        problems.append(f"{file}: polygons in more than one datum; convert them to one.")
    if problems:
        return None, problems
    polygons = frame.geometry.to_crs(4326).force_2d()
    bounds = polygons.bounds
    wrong = [
        line
        for x, y in (("minx", "miny"), ("maxx", "maxy"))
        for line in _validate.coordinates(bounds[x], bounds[y], file=file)
    ]
    if wrong:
        return None, list(dict.fromkeys(wrong))
    moved = shapely.transform(
        polygons.to_numpy(),
        lambda xy: np.column_stack(to_wgs84(*xy.T, datum=named.iloc[0])),
    )
    polygons = gpd.GeoSeries(moved, index=frame.index, crs=4326)
    try:
        return polygons.to_crs(crs or polygons.estimate_utm_crs()), []
    except RuntimeError:
        return None, [f"{file}: there is no UTM zone for it; name a projected crs in area.toml."]


def _geometry_problems(frame: gpd.GeoDataFrame, *, file: str, kinds: tuple[str, ...]) -> list[str]:
    problems = _validate.geometries(frame, file=file, kinds=kinds)
    if frame.crs is None or not (frame.crs.is_geographic or frame.crs.is_projected):
        problems.append(
            f"{file}: it does not say in which CRS its coordinates are; "
            "set the layer's CRS, for example with 'Assign projection' in QGIS."
        )
    elif not _validate.is_of_the_earth(frame.crs):
        problems.append(
            f"{file}: its CRS ({frame.crs.name}) is of another planet; export the file again in WGS84."
        )
    elif not problems and frame.crs.is_projected and _look_like_degrees(frame.total_bounds):
        problems.append(
            f"{file}: it says its coordinates are metres of {frame.crs.to_string()}, but they look like "
            "degrees; set the layer's CRS to EPSG:4326."
        )
    return problems


def _look_like_degrees(bounds: np.ndarray) -> bool:
    left, bottom, right, top = np.abs(bounds)
    return max(left, right) <= 180 and max(bottom, top) <= 90


def _datums(frame: pd.DataFrame, *, file: str, declared: str | None) -> tuple[pd.Series, list[str]]:
    """The datum of every row: what the user declares and what the file says must agree."""
    said = _validate.text(_with(frame, "datum")["datum"])
    said = said.where(said != "", frame.attrs.get("datum") or "")
    parsed, problems = {}, []
    for spelling in said.unique():
        try:
            parsed[spelling] = parse_datum(spelling) if spelling else declared
        except ValueError as err:
            rows = frame.index[said == spelling]
            problems += _validate.complain(file, rows, str(err), "correct the datum")
    named = said.map(parsed)
    if declared is not None:
        is_other = named.notna() & (named != declared)
        problems += _validate.complain(
            file,
            frame.index[is_other],
            f"the file says its datum is {', '.join(sorted(set(named[is_other])))}, "
            f"but it was declared as {declared}",
            "correct one of the two",
        )
    frame.attrs["datum_declared"] = bool(named.notna().all())
    named = named.where(named.notna(), "wgs84")
    frame.attrs["datum"] = ", ".join(sorted(set(named)))
    return named, problems


# Writing


def as_written(points: gpd.GeoSeries) -> tuple[gpd.GeoSeries, pd.DataFrame]:
    """
    Points as a file will have them: degrees to seven decimals (1 cm), and these in metres again.

    What is computed from them is then what the file gives when it is read.
    """
    degrees = points.to_crs(4326)
    lon, lat = degrees.x.round(7), degrees.y.round(7)
    again = gpd.GeoSeries.from_xy(lon, lat, index=points.index, crs=4326).to_crs(points.crs)
    return again, pd.DataFrame({"lon": lon, "lat": lat})


Result: TypeAlias = str | pd.DataFrame  # what a file is made from: the text of it, or a table


def write_text(text: str, path: str | Path) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all."""
    write_results({Path(path): lambda: text})


def write_frame(frame: pd.DataFrame, path: str | Path) -> None:
    """
    Write a frame to `path`, whole or not at all; the suffix names the format.

    The same frame gives the same bytes. Characters that a format cannot hold (in Excel what XML does
    not allow, in GeoPackage and CSV U+0000) become U+FFFD.

    Parameters
    ----------
    frame
        A table, or a GeoDataFrame for the formats that hold geometry. GeoJSON is written in WGS84,
        the others in the frame's CRS. CSV and Excel leave geometry out.
    path
        Ends in .csv, .xlsx, .geojson, .gpkg or .parquet.

    Raises
    ------
    ValidationError
        If the format is not one of these, needs geometry the frame does not have, cannot hold so
        many rows or so long a text, or the place cannot be written to.
    """
    write_results({Path(path): lambda: frame})


def write_results(
    results: Mapping[Path, Callable[[], Result]], *, inputs: Iterable[str | Path] = ()
) -> None:
    """
    Write several results, all of them whole or none.

    Parameters
    ----------
    results
        By path, what makes the text or the frame (see `write_frame`) that is written there.
    inputs
        Files that were read; a result takes the place of none of them.

    Raises
    ------
    ValidationError
        As `write_frame`, and if a path is one of `inputs` or no file.
    """
    inputs = list(inputs)
    with contextlib.ExitStack() as together:
        places = [
            (together.enter_context(replacing(path, inputs=inputs)), path, make)
            for path, make in results.items()
        ]
        for temporary, path, make in places:
            result = make()
            with writing(path):
                _fill(temporary, result, file=path)


def _fill(temporary: Path, result: Result, *, file: Path) -> None:
    """Write a result to a temporary path; messages call it by the name it will have."""
    if isinstance(result, str):
        temporary.write_text(result, encoding="utf-8", newline="\n")
        return
    suffix = file.suffix.casefold()
    writers: dict[str, Callable[[pd.DataFrame, Path, str], None]] = {
        ".csv": _write_csv,
        ".xlsx": _write_excel,
        ".geojson": _write_geojson,
        ".gpkg": _write_layer,
        ".parquet": _write_parquet,
    }
    if suffix not in writers:
        raise ValidationError(
            [f"{file.name}: files of this kind are not written; use one of {', '.join(writers)}."]
        )
    if suffix in (".geojson", ".gpkg") and not isinstance(result, gpd.GeoDataFrame):
        raise ValidationError([f"{file.name}: this table has no geometry; use .csv or .xlsx."])
    writers[suffix](result, temporary, file.name)


def csv_text(frame: pd.DataFrame) -> str:
    """
    A table as CSV; text that a spreadsheet would run as a formula gets an apostrophe in front.

    That is text that begins with `=`, `+`, `-` or `@` in any width, behind blanks or line breaks too,
    and text that begins with a tab or a line break.
    """
    table = _without_geometry(frame).reset_index()
    for column, cells in _texts(table).items():
        table[column] = cells.map(_inert)
    return table.to_csv(index=False, lineterminator="\n")


def geojson_text(frame: gpd.GeoDataFrame) -> str:
    """A frame as GeoJSON in WGS84, one feature a line."""
    degrees = frame.reset_index().to_crs(4326)
    degrees.geometry = shapely.transform(degrees.geometry.to_numpy(), lambda xy: np.round(xy, 7))
    features = [
        json.dumps(f, ensure_ascii=False) for f in degrees.iterfeatures(na="null", drop_id=True)
    ]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"


def _texts(table: pd.DataFrame) -> dict[str, pd.Series]:
    """The columns that are not numbers, cell by cell."""
    is_text = ~table.dtypes.map(pd.api.types.is_numeric_dtype)
    return {name: table[name].astype(object) for name in table.columns[is_text]}


def _inert(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    seen = cell.lstrip().lstrip("\ufeff\u200b\u2060")  # as programs do that look for a formula
    is_formula = unicodedata.normalize("NFKC", seen[:1]) in tuple("=+-@")
    cell = cell.replace("\0", "\ufffd")
    return "'" + cell if is_formula or cell.startswith(tuple("\t\r\n")) else cell


def _without_geometry(frame: pd.DataFrame) -> pd.DataFrame:
    if isinstance(frame, gpd.GeoDataFrame):
        return pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return frame


def _write_csv(frame: pd.DataFrame, path: Path, _file: str) -> None:
    path.write_text(
        csv_text(frame), encoding="utf-8-sig", newline="\n"
    )  # BOM: Excel reads it right


def _write_excel(frame: pd.DataFrame, path: Path, file: str) -> None:
    try:
        import xlsxwriter
    except ImportError as err:
        raise ImportError(
            "writing Excel needs XlsxWriter: pip install 'carecircles[excel]'"
        ) from err
    table = _without_geometry(frame).reset_index()
    _refuse_what_excel_cuts(table, file)
    made = io.BytesIO()  # nothing but the result goes to the disk
    book = xlsxwriter.Workbook(made, {"in_memory": True, "nan_inf_to_errors": True})
    book.set_properties({"created": _NO_TIME})  # same table, same bytes
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    rows = [
        list(table.columns),
        *table.astype(object).where(table.notna(), None).to_numpy().tolist(),
    ]
    for r, cells in enumerate(rows):
        for c, value in enumerate(cells):
            if isinstance(value, str):  # text stays text, also where it starts like a formula
                sheet.write_string(r, c, _NOT_IN_XML.sub("\ufffd", value))
            elif isinstance(value, datetime.date):
                sheet.write_datetime(r, c, value, day)
            elif value is not None:
                sheet.write(r, c, value)
    sheet.freeze_panes(1, 0)
    book.close()
    path.write_bytes(made.getvalue())


def _refuse_what_excel_cuts(table: pd.DataFrame, file: str) -> None:
    """A sheet has so many rows, and a cell so many characters; what is more would be lost."""
    if len(table) >= _MOST_EXCEL_ROWS:
        raise ValidationError(
            [
                f"{file}: there are {len(table):,} rows, an Excel sheet has {_MOST_EXCEL_ROWS:,}; "
                "write .csv or .parquet."
            ]
        )
    rows = pd.RangeIndex(2, len(table) + 2, name="row")
    problems = []
    for name, cells in _texts(table).items():
        is_long = cells.map(lambda v: isinstance(v, str) and _excel_length(v) > _LONGEST_TEXT)
        problems += _validate.complain(
            file,
            rows[is_long.to_numpy()],
            f"{name} is longer than the {_LONGEST_TEXT:,} characters of an Excel cell",
            "shorten it, or write .csv or .parquet",
            values=cells[is_long.to_numpy()],
        )
    if problems:
        raise ValidationError(problems)


def _excel_length(text: str) -> int:
    """Characters as Excel counts them, those beyond U+FFFF twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def _write_geojson(frame: pd.DataFrame, path: Path, _file: str) -> None:
    path.write_text(geojson_text(frame), encoding="utf-8", newline="\n")


def _write_layer(frame: pd.DataFrame, path: Path, _file: str) -> None:
    path.unlink()
    layer = frame.reset_index()
    for name, cells in _texts(_without_geometry(layer)).items():  # GDAL ends a text at U+0000
        layer[name] = cells.map(lambda v: v.replace("\0", "\ufffd") if isinstance(v, str) else v)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        pyogrio.write_dataframe(layer, path, layer="carecircles", driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_parquet(frame: pd.DataFrame, path: Path, _file: str) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as err:
        raise ImportError(
            "writing Parquet needs pyarrow: pip install 'carecircles[parquet]'"
        ) from err
    frame.to_parquet(path)
