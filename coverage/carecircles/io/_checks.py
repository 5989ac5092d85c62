"""
Checks of a frame, once, at the door.

Every check returns the problems it found as sentences that name the file, the rows, the values and
the mend; nothing is raised until all are known. Frames carry their row numbers as index, named
`row` (the header is row 1, as a spreadsheet shows it) or `feature`.
"""

import datetime
import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _mends
from carecircles.people import EVERYONE, Group, is_group, wholes_of
from carecircles.words import Sentence, Text, joined, listed, say

_KINDS_ZH = {"Point": "点", "LineString": "线", "Polygon": "多边形"}
_UNIT_ZH = {"row": "行", "line": "行", "feature": "个要素", "step": "步"}
_LABELS = {"id", "name", "name_en", "street", "code", "use"}
_MOST_ROWS_NAMED = 8
_LONGEST_VALUE = 40
_MOST_SENTENCES = 12
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d+)?")
_DATE = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?|(\d{4})(\d{2})(\d{2})", re.ASCII
)
_TIME_OF_DAY = re.compile(r"[ T]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
_MOST_PEOPLE = 1e10
_UNITS = {  # what may stand behind a number, longer ones first
    ("capacity", EVERYONE): ("persons", "people", "人", "位", "名"),
    ("day_places",): (
        "places",
        "persons",
        "people",
        "个床位",
        "张床位",
        "人",
        "位",
        "个",
        "张",
        "名",
    ),
    ("beds", "beds_medical", "beds_rehabilitation", "beds_family"): (
        "beds",
        "bed",
        "张床位",
        "张床",
        "床位",
        "个",
        "张",
        "床",
    ),
    ("price",): ("万元", "亿元", "千元", "元", "万", "亿"),
    ("lon", "lat"): ("°e", "°n", "°", "度"),
    ("households",): ("households", "户"),
    ("dwellings",): ("dwellings", "units", "套", "户"),
    ("floors",): ("storeys", "floors", "层", "f"),
    ("height", "position_error_m"): ("metres", "米", "m"),
    ("floor_area", "area_m2"): ("平方米", "平米", "m2"),
}
_IN_TEN_THOUSANDS = ("capacity", EVERYONE, "households", "dwellings", "floor_area", "area_m2")
_ABOUT = re.compile(r"^(大约|约|近|~|≈|about|approx\.?|ca\.?)\s*(?=[\d.])")
_SERIAL = re.compile(r"[1-9]\d{4}(\.\d+)?")
_INFINITE = frozenset({"nan", "inf", "-inf", "+inf", "infinity", "-infinity"})
_EARTH_M = 6_378_137.0
_FIRST_YEAR, _LAST_YEAR = 1700, 2200
_AS_DATES = _mends.such_as("2022-07-15", "2022-07", "2022")


def complain(
    file: str,
    labels: pd.Index,
    what: Sentence,
    mend: Sentence,
    *,
    values: Iterable[object] | None = None,
) -> list[Sentence]:
    """One sentence about the rows `labels` of `file`, or nothing when there are none."""
    if len(labels) == 0:
        return []
    unit = str(labels.name or "row")
    units_zh = _UNIT_ZH.get(unit, unit)
    named = [str(label) for label in labels[:_MOST_ROWS_NAMED]]
    if values is not None:
        named = [
            Sentence(f"{n} ({show(v)})", zh=f"{n}（{show(v)}）")
            for n, v in zip(named, values, strict=False)
        ]
    rows = _listed(named, len(labels) - len(named))
    gap = "" if rows.zh.endswith("）") else " "
    told = Sentence(
        f"{file}, {unit}{'s' if len(labels) > 1 else ''} {rows}: {what}; {mend}.",
        zh=f"{file}，第 {rows.zh}{gap}{units_zh}：{say(what, 'zh')}；{say(mend, 'zh')}。",
    )
    return [told]


def place(unit: str, number: int) -> Sentence:
    """Where in a file something is: 'row 3'."""
    return Sentence(f"{unit} {number}", zh=f"第 {number} {_UNIT_ZH.get(unit, unit)}")


def few(problems: Sequence[Sentence], *, of: str) -> list[Sentence]:
    """The first sentences of one kind, and how many more there are of it."""
    more = len(problems) - _MOST_SENTENCES
    if more <= 0:
        return list(problems)
    rest = Sentence(
        f"{of}: and {more:,} more of {len(problems):,} like these.",
        zh=f"{of}：此类问题共 {len(problems):,} 个，另有 {more:,} 个未列出。",
    )
    return [*problems[:_MOST_SENTENCES], rest]


def some(values: Iterable[object]) -> Sentence:
    """The first of many values from a data file, and how many more there are."""
    every = list(values)
    return _listed(
        [show(value) for value in every[:_MOST_ROWS_NAMED]], len(every) - _MOST_ROWS_NAMED
    )


def _listed(named: Sequence[str], more: int) -> Sentence:
    rest = Sentence(f" and {more:,} more", zh=f"等（另有 {more:,} 个）") if more > 0 else ""
    return joined([listed(named), rest], "")


def show(value: object) -> str:
    """A value from a data file, short, quoted and with nothing invisible in it; counts as they are."""
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return repr(text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…")


def text(values: pd.Series) -> pd.Series:
    """Cells as text without surrounding blanks; whole numbers lose the '.0' spreadsheets give them."""
    return _made_of(map(as_text, values), values)


def cells_of(frame: pd.DataFrame, column: str) -> pd.Series:
    """Cells of a column as text, '' where the file has no such column."""
    cells = as_it_stands(frame, column)
    return text(cells) if column in frame else cells


def as_it_stands(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column as the file has it, blank where the file has none of the name."""
    if column in frame:
        return frame[column]
    return pd.Series("", index=frame.index, name=column, dtype=object)


def _narrow(frame: pd.DataFrame, column: str) -> pd.Series:
    """Cells of a column as text in narrow characters."""
    cells = cells_of(frame, column)
    return _made_of(map(narrow, cells), cells) if column in frame else cells


def _made_of(made: Iterable[object], cells: pd.Series) -> pd.Series:
    """What was made of cells one by one; pandas' own map copies what is known of the file each time."""
    return pd.Series(list(made), index=cells.index, name=cells.name, dtype=object)


def as_text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return ""
    if value is pd.NA:
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def numbers(
    frame: pd.DataFrame, column: str, *, file: str, such_as: str, blank: bool = False
) -> tuple[pd.Series, list[Sentence]]:
    """A column as floats (NaN where blank or wrong) and what is wrong with it."""
    cells = _narrow(frame, column)
    is_blank = cells == ""
    read = {cell: _as_number(cell, column) for cell in set(cells)}
    values = pd.Series([read[cell] for cell in cells], cells.index, float, column)
    is_infinite = np.isinf(values) | pd.Series(
        [cell.casefold() in _INFINITE for cell in cells], cells.index, bool
    )
    is_wrong = values.isna() & ~is_blank & ~is_infinite
    problems = [
        *complain(
            file,
            frame.index[is_wrong],
            Sentence(f"{column} is not a number", zh=f"{column} 不是数字"),
            _mends.such_as(such_as),
            values=cells[is_wrong],
        ),
        *complain(
            file,
            frame.index[is_infinite],
            Sentence(f"{column} is not a finite number", zh=f"{column} 不是有限的数字"),
            _mends.such_as(such_as),
            values=cells[is_infinite],
        ),
    ]
    if not blank:
        problems += complain(
            file,
            frame.index[is_blank],
            Sentence(f"{column} is empty", zh=f"{column} 为空"),
            Sentence(f"fill it in, such as {such_as}", zh=f"请补填，例如 {such_as}"),
        )
    return values.where(~is_infinite), problems


def _as_number(cell: str, column: str) -> float:
    """A narrow cell as a number, without its unit and such words as 'about'; NaN where it is none."""
    number, factor = cell, 1
    if not _NUMBER.fullmatch(cell):
        number, factor, _ = _number_in(cell, column)
    if not number.strip("+-.,") or not _NUMBER.fullmatch(number):
        return np.nan
    plain_number = number.replace(",", "")
    return float(plain_number) if factor == 1 else float(Decimal(plain_number) * factor)


def _number_in(cell: str, column: str) -> tuple[str, int, str]:
    """The number in a narrow cell of a column, what it is to be multiplied by, and its unit."""
    about = _ABOUT.sub("", cell.casefold())
    many = re.sub(r"\s*(左右|上下)$", "", about)
    kind = EVERYONE if is_group(column) else column
    units = next((units for kinds, units in _UNITS.items() if kind in kinds), ())
    unit = next((u for u in units if many.endswith(u)), "")
    number = many.removesuffix(unit).strip()
    number = re.sub(r"(?<=\d)\s*[余多]$", "", number)
    if kind in _IN_TEN_THOUSANDS and number.endswith("万"):
        return number.removesuffix("万").strip(), 10_000, unit
    return number, 1, unit


def units_in(frame: pd.DataFrame, column: str) -> list[str]:
    """The units that are written behind the numbers of a column, '' where there is none."""
    return sorted({_number_in(cell, column)[2] for cell in set(_narrow(frame, column)) if cell})


def numbers_said(frame: pd.DataFrame, columns: Iterable[str]) -> list[Text]:
    """Words about the columns of a file in which numbers have units or words with them."""
    said = []
    for column in (c for c in columns if c in frame):
        wordy = [
            cell
            for cell in _narrow(frame, column)
            if not _NUMBER.fullmatch(cell) and not np.isnan(_as_number(cell, column))
        ]
        if wordy:
            count, first = len(wordy), wordy[0]
            number = f"{_as_number(first, column):.12g}"
            said.append(
                {
                    "en": f"{column} has a unit or words with it in {count} "
                    f"{'row' if count == 1 else 'rows'} ({show(first)} is read as {number})",
                    "zh": f"{written_as(frame, column)} 有 {count} 行带单位或文字（“{first}”读作 {number}）",
                }
            )
    return said


def written_as(frame: pd.DataFrame, column: str) -> str:
    """What a file itself calls a column of ours."""
    written: dict[str, str] = {
        name: header for header, name in frame.attrs.get("columns", {}).items()
    }
    return written.get(column, column)


def without_serials(frame: pd.DataFrame, column: str) -> tuple[pd.DataFrame, list[Text]]:
    """
    The frame with dates where a column has the numbers by which spreadsheets count days.

    Day 0 is 1899-12-30 (day 1 would be 1900-01-01, but a 29 February 1900 is counted that never was)
    unless `attrs["day_0"]` names another.
    """
    cells = _narrow(frame, column)
    is_serial = pd.Series([bool(_SERIAL.fullmatch(cell)) for cell in cells], cells.index, bool)
    if not is_serial.any():
        return frame, []
    days = pd.to_timedelta(cells[is_serial].astype(float).floordiv(1), unit="D")
    written = (pd.Timestamp(frame.attrs.get("day_0", "1899-12-30")) + days).dt.strftime("%Y-%m-%d")
    said = {
        "en": f"{column}: numbers such as {cells[is_serial].iloc[0]} are read as days "
        f"({written.iloc[0]})",
        "zh": f"{written_as(frame, column)} 中的数字（如 {cells[is_serial].iloc[0]}）按日期读取（{written.iloc[0]}）",
    }
    return frame.assign(**{column: frame[column].where(~is_serial, written)}), [said]


def narrow(cell: str) -> str:
    """Text with full-width letters and digits as usual ones."""
    return cell if cell.isascii() else unicodedata.normalize("NFKC", cell)


def dates(
    frame: pd.DataFrame, column: str, *, file: str, last_day: bool
) -> tuple[pd.Series, list[Sentence]]:
    """
    A column as dates. A month or a year stands for its last day (`last_day`) or its first.

    So a centre 'opened 2022-07' counts from the day on which it is certainly open.
    """
    written = as_it_stands(frame, column)
    cells = written
    if column in frame:
        cells = _made_of((_plain_date(_date_text(value)) for value in written), written)
    days = {cell: _as_date(cell, last_day=last_day) for cell in set(cells)}
    values = pd.to_datetime(pd.Series([days[cell] for cell in cells], cells.index, name=column))
    is_wrong = values.isna() & (cells != "")
    problems = complain(
        file,
        frame.index[is_wrong],
        Sentence(f"{column} is not a date", zh=f"{column} 不是日期"),
        _AS_DATES,
        values=cells[is_wrong],
    )
    return values.astype("datetime64[s]"), problems


def date(
    value: object, key: str, *, file: str, last_day: bool
) -> tuple[datetime.date | None, list[Sentence]]:
    """A single date, read as those of a column are; None where it is blank or none."""
    cell = _plain_date(_date_text(value))
    found = _as_date(cell, last_day=last_day)
    if found is None and cell:
        told = f"{file}: {key} is not a date ({show(cell)}); {_AS_DATES}."
        zh = f"{file}：{key} 不是日期（{show(cell)}）；{_AS_DATES.zh}。"
        return None, [Sentence(told, zh=zh)]
    return None if found is None else found.date(), []


def _date_text(value: object) -> str:
    is_date = isinstance(value, datetime.date) and not pd.isna(value)
    return as_text(f"{value:%Y-%m-%d}" if is_date else value)


def _plain_date(cell: str) -> str:
    """A date as written, in narrow characters, without blanks around 年月日 and without its time."""
    return _TIME_OF_DAY.sub("", re.sub(r"\s*([年月日])\s*", r"\1", narrow(cell))).strip()


def _as_date(cell: str, *, last_day: bool) -> pd.Timestamp | None:
    match = _DATE.fullmatch(cell)
    if not match:
        return None
    parts = [part for part in match.groups() if part]
    if not _FIRST_YEAR <= int(parts[0]) <= _LAST_YEAR:
        return None
    try:
        period = pd.Period("-".join(parts), freq="YMD"[len(parts) - 1])
    except ValueError:
        return None
    return (period.end_time if last_day else period.start_time).normalize()


def identities(frame: pd.DataFrame, column: str, *, file: str) -> tuple[pd.Series, list[Sentence]]:
    """A column that must be filled and different in every row."""
    values = text(frame[column])
    is_missing = values == ""
    is_repeated = values.duplicated(keep=False) & ~is_missing
    problems = [
        *complain(
            file,
            frame.index[is_missing],
            Sentence(f"{column} is missing", zh=f"缺少 {column}"),
            _mends.ITS_OWN,
        ),
        *complain(
            file,
            frame.index[is_repeated],
            Sentence(f"{column} is there more than once", zh=f"{column} 重复"),
            _mends.ITS_OWN,
            values=values[is_repeated],
        ),
        *complain(
            file,
            frame.index[values.str.contains(";")],
            Sentence(f"{column} has a semicolon in it", zh=f"{column} 中有分号"),
            Sentence(
                "write it without, since lists of them are joined by semicolons",
                zh="分号用于分隔多个值，请去掉",
            ),
            values=values[values.str.contains(";")],
        ),
    ]
    return values, problems


def coordinates(lon: pd.Series, lat: pd.Series, *, file: str) -> list[Sentence]:
    """Whether longitudes and latitudes can be degrees at all."""
    is_swapped = (lat.abs() > 90) & (lat.abs() <= 180) & (lon.abs() <= 90)
    is_outside = ((lon.abs() > 180) | (lat.abs() > 90)) & ~is_swapped
    pairs = [f"{x:g}, {y:g}" for x, y in zip(lon, lat, strict=True)]
    pair = pd.Series(pairs, index=lon.index)
    return [
        *complain(
            file,
            lon.index[is_swapped],
            Sentence("longitude and latitude look swapped", zh="经度与纬度似乎填反"),
            Sentence(
                "put longitude (about 117 in Tianjin) into lon and latitude (about 39) into lat",
                zh="请将经度（天津约 117）填入 lon，纬度（约 39）填入 lat",
            ),
            values=pair[is_swapped],
        ),
        *complain(
            file,
            lon.index[is_outside],
            Sentence("longitude, latitude are not degrees", zh="经度、纬度不是以度为单位"),
            Sentence(
                "write decimal degrees, not metres of a projection",
                zh="请填写十进制度数，而不是以米为单位的投影坐标",
            ),
            values=pair[is_outside],
        ),
    ]


def geometries(frame: gpd.GeoDataFrame, *, file: str, kinds: Sequence[str]) -> list[Sentence]:
    """Whether every geometry is there, of one of `kinds`, finite and valid."""
    shapes = frame.geometry
    is_empty = shapes.isna() | shapes.is_empty
    is_other = ~is_empty & ~shapes.geom_type.isin(kinds)
    with np.errstate(invalid="ignore"):
        is_infinite = ~is_empty & ~np.isfinite(shapes.bounds).all(axis=1)
    is_invalid = ~is_empty & ~is_other & ~is_infinite & ~shapes.is_valid
    kind_zh = _KINDS_ZH.get(kinds[0], kinds[0])
    return [
        *complain(
            file,
            frame.index[is_empty],
            Sentence("geometry is empty", zh="几何图形为空"),
            Sentence("draw it or take the row out", zh="请绘制，或删去该行"),
        ),
        *complain(
            file,
            frame.index[is_other],
            Sentence(f"geometry is not a {kinds[0]}", zh=f"几何图形不是{kind_zh}"),
            Sentence(f"keep only {kinds[0].lower()}s in this file", zh=f"此文件请只保留{kind_zh}"),
            values=shapes[is_other].geom_type,
        ),
        *complain(
            file,
            frame.index[is_infinite],
            Sentence("geometry has a coordinate that is not finite", zh="几何图形中有无效坐标"),
            Sentence("draw it again", zh="请重新绘制"),
        ),
        *complain(
            file,
            frame.index[is_invalid],
            Sentence("polygon is not valid", zh="多边形无效"),
            Sentence(
                "repair it, for example with 'Fix geometries' in QGIS",
                zh="请修复，例如用 QGIS 的“修正几何图形”（'Fix geometries'）",
            ),
            values=shapely.is_valid_reason(shapes[is_invalid].to_numpy()),
        ),
    ]


def negative(column: str) -> Sentence:
    """That a value is below 0."""
    return Sentence(f"{column} is negative", zh=f"{column} 为负数")


def variation(frame: pd.DataFrame, *, file: str) -> tuple[pd.Series, list[Sentence]]:
    """How uncertain people are: coefficients of variation, from 0 to 1, 0 where nothing is said."""
    values, problems = numbers(frame, "variation", file=file, such_as="0.05", blank=True)
    is_wrong = (values < 0) | (values > 1)
    return values.fillna(0.0), [
        *problems,
        *complain(
            file,
            frame.index[is_wrong],
            Sentence("variation is not between 0 and 1", zh="variation 不在 0 到 1 之间"),
            Sentence(
                "write the standard deviation of its people over their mean, such as 0.05",
                zh="请填写人口标准差与均值之比，例如 0.05",
            ),
            values=frame.loc[is_wrong, "variation"],
        ),
    ]


def is_of_the_earth(crs: pyproj.CRS) -> bool:
    """Whether a CRS is of a body as large as the earth; there are some of the moon and of Mars."""
    return crs.ellipsoid is None or abs(crs.ellipsoid.semi_major_metre / _EARTH_M - 1) < 0.01


def people(
    frame: pd.DataFrame, groups: Sequence[Group], *, file: str, blank: bool = False
) -> tuple[pd.DataFrame, list[Sentence]]:
    """Counts of people by group: numbers, none negative, no group larger than one it is part of."""
    counts: dict[str, pd.Series] = {}
    problems: list[Sentence] = []
    there = [group.column for group in groups if group.column in frame]
    for column in there:
        counts[column], wrong = numbers(frame, column, file=file, such_as="39329", blank=blank)
        problems += wrong
        is_negative = counts[column] < 0
        problems += complain(
            file,
            frame.index[is_negative],
            negative(column),
            Sentence(
                "write how many people live there, 0 or more", zh="请填写居住人数（0 或以上）"
            ),
            values=frame.loc[is_negative, column],
        )
        problems += complain(
            file,
            frame.index[counts[column] > _MOST_PEOPLE],
            Sentence(
                f"{column} is more than there are people on earth", zh=f"{column} 超过全球人口"
            ),
            Sentence("write how many people live there", zh="请填写居住人数"),
            values=frame.loc[counts[column] > _MOST_PEOPLE, column],
        )
    table = pd.DataFrame(counts, index=frame.index)
    wholes = {column: [w for w in wholes_of(column, groups) if w in there] for column in there}
    pairs = [(wholes[column][0], column) for column in there if wholes[column]]
    for wide, narrow in pairs:
        is_larger = (table[narrow] > table[wide]) & (table[wide] >= 0)
        problems += complain(
            file,
            frame.index[is_larger],
            Sentence(
                f"{narrow} is larger than {wide}, of which it is a part",
                zh=f"{narrow} 大于其所属的 {wide}",
            ),
            _mends.CORRECT_ONE,
            values=frame.loc[is_larger, narrow],
        )
    return table, problems


def columns(
    frame: pd.DataFrame, spellings: Mapping[str, Sequence[str]], *, file: str
) -> tuple[pd.DataFrame, list[Sentence]]:
    """
    The frame with the columns we know, under our names, and columns meant twice as problems.

    `attrs["columns"]` keeps what was read as what, `attrs["unused"]` the columns that are not used.
    """
    known = {plain(s): name for name, many in spellings.items() for s in (name, *many)}
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    headers = [c for c in frame.columns if c != geometry]
    meant = {header: known.get(plain(str(header))) for header in headers}
    taken: dict[str, list[str]] = {}
    for header, name in meant.items():
        if name:
            taken.setdefault(name, []).append(str(header))
    problems = []
    for name, many in taken.items():
        # Of several names or codes the one listed first is meant; of several figures nobody knows.
        rank = [plain(s) for s in (name, *spellings[name])]
        many.sort(key=lambda header, rank=rank: rank.index(plain(header)))  # type: ignore[misc]  # of a lambda with a default
        if len(many) > 1 and name not in _LABELS:
            shown = listed(map(show, many))
            told = f"{file}: columns {shown} all mean {name}; {_mends.KEEP_ONE}."
            zh = f"{file}：列 {shown.zh} 都表示 {name}；{_mends.KEEP_ONE.zh}。"
            problems.append(Sentence(told, zh=zh))
        for header in many[1:]:
            meant[header] = None
    kept = frame[[h for h in frame.columns if h == geometry or meant.get(h)]]
    kept = kept.rename(columns={h: n for h, n in meant.items() if n})
    kept.attrs = frame.attrs | {
        "columns": {many[0]: name for name, many in taken.items()},
        "unused": [str(h) for h, name in meant.items() if not name and str(h).strip()],
    }
    return kept, problems


@functools.lru_cache(maxsize=4096)
def plain(header: str) -> str:
    """A column header without what people vary: case, width, blanks, dashes, a unit in brackets."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    folded = re.sub(r"(?<=.)\([^)]*\)$", "", folded.strip())
    return "".join(c for c in folded if c.isalnum())
