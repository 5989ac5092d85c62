"""Frames and texts back into files, all of them or none."""

import contextlib
import datetime
import io
import json
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._target import replacing, writing
from carecircles.words import Sentence

if TYPE_CHECKING:
    import xlsxwriter
    import xlsxwriter.worksheet

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_TEXT = 32_767
_MOST_EXCEL_ROWS = 1_048_576
_ROWS_TOGETHER = 8_192  # rows of a Parquet file that are read or left together
_LINE_HEIGHT = 15  # points
_WIDEST = 60  # characters of a column
_NOT_EXCEL = Sentence("write .csv or .parquet", zh="改写为 .csv 或 .parquet")
_NO_TIME = datetime.datetime(2000, 1, 1)


class Sheet(NamedTuple):
    """
    A sheet of a workbook for people.

    `table` is written without its index; `formats` are number formats of Excel, one a column, none
    for what Excel takes. The last `totals` rows are totals. Prose is wrapped.
    """

    name: str
    table: pd.DataFrame
    formats: tuple[str, ...] = ()
    totals: int = 0
    is_prose: bool = False


Result: TypeAlias = str | bytes | pd.DataFrame | list[Sheet]  # what a file is made from


def write_text(text: str, path: str | Path) -> None:
    """
    Write `text` to `path` in UTF-8, whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_text("A", Path(folder) / "a.txt")
    ...     (Path(folder) / "a.txt").read_text(encoding="utf-8")
    'A'
    """
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

    Examples
    --------
    >>> import tempfile
    >>> frame = pd.DataFrame({"people": [5]}, index=pd.Index(["A"], name="id"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_frame(frame, Path(folder) / "a.csv")
    ...     (Path(folder) / "a.csv").read_text(encoding="utf-8-sig").split()
    ['id,people', 'A,5']
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
        By path, what makes the text, the bytes, the frame (see `write_frame`) or the sheets of the workbook
        that are written there.
    inputs
        Files that were read; a result takes the place of none of them.

    Raises
    ------
    ValidationError
        As `write_frame`, and if a path is one of `inputs` or no file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     a, b = Path(folder) / "a.txt", Path(folder) / "b.txt"
    ...     write_results({a: lambda: "one", b: lambda: "two"})
    ...     sorted(path.name for path in Path(folder).iterdir())
    ['a.txt', 'b.txt']
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
    if isinstance(result, bytes):
        temporary.write_bytes(result)
        return
    if isinstance(result, list):
        _write_sheets(result, temporary, file.name)
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
        mend = _mends.one_of(writers)
        told = f"{file.name}: files of this kind are not written; {mend}."
        raise ValidationError([Sentence(told, zh=f"{file.name}：不支持写入此类文件；{mend.zh}。")])
    if suffix in (".geojson", ".gpkg") and not isinstance(result, gpd.GeoDataFrame):
        told = f"{file.name}: this table has no geometry; use .csv or .xlsx."
        zh = f"{file.name}：此表没有几何图形；请使用 .csv 或 .xlsx。"
        raise ValidationError([Sentence(told, zh=zh)])
    writers[suffix](result, temporary, file.name)


def csv_text(frame: pd.DataFrame) -> str:
    """
    A table as CSV; text that a spreadsheet would run as a formula gets an apostrophe in front.

    That is text that begins with `=`, `+`, `-` or `@` in any width, behind blanks or line breaks too,
    and text that begins with a tab or a line break.

    Examples
    --------
    >>> frame = pd.DataFrame({"name": ["=1+1"]}, index=pd.Index(["A"], name="id"))
    >>> print(csv_text(frame), end="")
    id,name
    A,'=1+1
    """
    table = _without_geometry(frame).reset_index()
    for column, cells in _texts(table).items():
        table[column] = cells.map(_inert)
    return table.to_csv(index=False, lineterminator="\n")


def geojson_text(frame: gpd.GeoDataFrame) -> str:
    """
    A frame as GeoJSON in WGS84, one feature a line.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame({"name": ["A"]}, geometry=gpd.points_from_xy([117.2], [39.1]), crs=4326)
    >>> json.loads(geojson_text(frame))["features"][0]["geometry"]["coordinates"]
    [117.2, 39.1]
    """
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
    table = _without_geometry(frame).reset_index()
    _write_sheets([Sheet("Sheet1", table)], path, file)


def _write_sheets(sheets: list[Sheet], path: Path, file: str) -> None:
    try:
        import xlsxwriter
    except ImportError as err:
        raise ImportError(
            _mends.install(Sentence("writing Excel", zh="写出 Excel "), "XlsxWriter", "excel")
        ) from err
    for sheet in sheets:
        _refuse_what_excel_cuts(sheet.table, file)
    made = io.BytesIO()  # nothing but the result goes to the disk
    book = xlsxwriter.Workbook(made, {"in_memory": True, "nan_inf_to_errors": True})
    book.set_properties({"created": _NO_TIME})  # same table, same bytes
    for sheet in sheets:
        _fill_sheet(book, sheet)
    book.close()
    path.write_bytes(made.getvalue())


def _fill_sheet(book: "xlsxwriter.Workbook", sheet: Sheet) -> None:
    """Write a table with its head frozen, columns as wide as what is in them, and totals in bold."""
    made, table = book.add_worksheet(sheet.name), sheet.table
    wrapped = {"text_wrap": True, "valign": "top"}
    head = wrapped | {"bold": True, "bottom": 1}
    rows, lines = table.astype(object).where(table.notna(), None).to_numpy().tolist(), 1
    for c, name in enumerate(table.columns):
        number_format = sheet.formats[c] if sheet.formats else "General"
        style = {"num_format": number_format} | (wrapped if sheet.is_prose else {})
        plain, total = book.add_format(style), book.add_format(style | {"bold": True, "top": 1})
        day = book.add_format(style | {"num_format": "yyyy-mm-dd"})
        column = [cells[c] for cells in rows]
        is_text = number_format in ("@", "General")
        above = book.add_format(head | ({} if is_text else {"align": "right"}))
        _write_cell(made, 0, c, name, above)
        for r, value in enumerate(column, start=1):
            form = total if r > len(rows) - sheet.totals else plain
            form = day if isinstance(value, datetime.date) else form
            _write_cell(made, r, c, value, form)
        width = _width(str(name), column, number_format)
        made.set_column(c, c, width)
        folded = textwrap.wrap(str(name), width - 2)
        lines = max(lines, len(folded), -(-_columns_of(str(name)) // (width - 2)))
    made.freeze_panes(1, 0 if sheet.is_prose else 1)
    made.set_row(0, _LINE_HEIGHT * lines)
    made.set_landscape()
    made.repeat_rows(0)  # on every page


def _write_cell(
    made: "xlsxwriter.worksheet.Worksheet", r: int, c: int, value: object, form: object
) -> None:
    if isinstance(value, str):  # text stays text, also where it starts like a formula
        made.write_string(r, c, _NOT_IN_XML.sub("\ufffd", value), form)
    elif isinstance(value, datetime.date):
        made.write_datetime(r, c, value, form)
    elif value is not None:
        made.write(r, c, value, form)


def _width(name: str, cells: list[Any], number_format: str) -> int:
    """Characters a column of a sheet is wide: what is in it, its heading folded in two or so."""
    decimals = len(number_format.partition(";")[0].partition(".")[2].rstrip("%"))
    shown = [f"{v:,.{decimals}f}" if isinstance(v, float) else str(v) for v in cells]
    words = max(map(_columns_of, name.split()), default=0)
    heading = max(4, min(words, 14), -(-_columns_of(name) // 2))
    return min(max([heading, *map(_columns_of, shown)]) + 2, _WIDEST)


def _columns_of(text: str) -> int:
    """How wide a text is, East Asian characters counting twice."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _refuse_what_excel_cuts(table: pd.DataFrame, file: str) -> None:
    """A sheet has so many rows, and a cell so many characters; what is more would be lost."""
    if len(table) >= _MOST_EXCEL_ROWS:
        told = (
            f"{file}: there are {len(table):,} rows, an Excel sheet has {_MOST_EXCEL_ROWS:,}; "
            f"{_NOT_EXCEL}."
        )
        zh = (
            f"{file}：共有 {len(table):,} 行，而 Excel 工作表最多 {_MOST_EXCEL_ROWS:,} 行；"
            f"请{_NOT_EXCEL.zh}。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    rows = pd.RangeIndex(2, len(table) + 2, name="row")
    problems = []
    for name, cells in _texts(table).items():
        is_long = cells.map(lambda v: isinstance(v, str) and _excel_length(v) > _LONGEST_TEXT)
        problems += _checks.complain(
            file,
            rows[is_long.to_numpy(dtype=bool)],
            Sentence(
                f"{name} is longer than the {_LONGEST_TEXT:,} characters of an Excel cell",
                zh=f"{name} 超过 Excel 单元格的 {_LONGEST_TEXT:,} 个字符",
            ),
            Sentence(f"shorten it, or {_NOT_EXCEL}", zh=f"请缩短，或{_NOT_EXCEL.zh}"),
            values=cells[is_long.to_numpy(dtype=bool)],
        )
    if problems:
        raise ValidationError(problems)


def _excel_length(text: str) -> int:
    """Characters as Excel counts them, those beyond U+FFFF twice."""
    return len(text) + sum(character > "\uffff" for character in text)


def _write_geojson(frame: pd.DataFrame, path: Path, _file: str) -> None:
    path.write_text(geojson_text(frame), encoding="utf-8", newline="\n")


def _write_layer(frame: pd.DataFrame, path: Path, _file: str) -> None:
    import pyogrio
    from pyogrio.errors import DataSourceError, FeatureError

    path.unlink()
    layer = frame.reset_index()
    for name, cells in _texts(_without_geometry(layer)).items():  # GDAL ends a text at U+0000
        layer[name] = cells.map(lambda v: v.replace("\0", "\ufffd") if isinstance(v, str) else v)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        pyogrio.write_dataframe(layer, path, layer="carecircles", driver="GPKG")
    except (DataSourceError, FeatureError) as err:  # a fault of the disk, in GDAL's words
        raise OSError(str(err)) from err
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_parquet(frame: pd.DataFrame, path: Path, _file: str) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError as err:
        raise ImportError(
            _mends.install(Sentence("writing Parquet", zh="写出 Parquet "), "pyarrow", "parquet")
        ) from err
    if isinstance(frame, gpd.GeoDataFrame):  # with bounding boxes, so that others read a part of it
        frame.to_parquet(
            path, write_covering_bbox=True, schema_version="1.1.0", row_group_size=_ROWS_TOGETHER
        )
    else:
        frame.to_parquet(path)
