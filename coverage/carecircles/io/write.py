"""Frames and texts back into files, all of them or none."""

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
import shapely

from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._target import replacing, writing

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LONGEST_TEXT = 32_767
_MOST_EXCEL_ROWS = 1_048_576
_NO_TIME = datetime.datetime(2000, 1, 1)
Result: TypeAlias = str | pd.DataFrame  # what a file is made from: the text of it, or a table


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
        By path, what makes the text or the frame (see `write_frame`) that is written there.
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
        problems += _checks.complain(
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
