"""
Files as they are: bytes of one of the formats in, a raw frame of cells out, unchecked.

The index numbers the rows (named `row`; the header is row 1, as a spreadsheet shows it) or the
features (named `feature`), so that later checks can say where something is wrong.
"""

import csv
import io
import json
import os
import re
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._encoding import decode, taken_as
from carecircles.io._table import Sought, delimiter_of, empty, table
from carecircles.io._windows import Around, layer_within, rows_within
from carecircles.io._workbook import read_workbook
from carecircles.words import Sentence, listed

FORMATS = {
    ".csv": "CSV",
    ".tsv": "CSV",
    ".txt": "CSV",
    ".xlsx": "Excel",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".gpkg": "GeoPackage",
    ".fgb": "FlatGeobuf",
    ".shp": "Shapefile",
    ".parquet": "Parquet",
    ".geoparquet": "Parquet",
}
_LONGEST_FIELD_NAME = 10  # bytes, in a Shapefile
_IN_PARTS = (".xlsx", ".gpkg")  # what holds sheets or layers
_CUT_OFF = Sentence(
    f"the file may be cut off; {_mends.SAVE_AGAIN}", zh=f"文件可能被截断；{_mends.SAVE_AGAIN.zh}"
)


def read_raw(
    path: str | Path | pd.DataFrame,
    sought: Sought = Sought(),  # noqa: B008
    around: Around | None = None,
) -> pd.DataFrame:
    """
    A file as it is: its columns and cells, indexed by row or feature number, unchecked.

    Parameters
    ----------
    path
        File of one of `FORMATS`; `FILE.xlsx#SHEET` and `FILE.gpkg#LAYER` name a part of it. A frame
        is taken as one that was read.
    sought
        What is looked for: finds the header and the sheet, names the layer to take of several.
    around
        Where it is looked for: of a large file that says where its rows lie no more is read.

    Returns
    -------
    frame
        Text cells as written; a GeoDataFrame where the file holds geometry. `attrs` has `file` (what
        sentences call it), `format`, for text `encoding`, and `taken`, what was taken for granted; `of`, how
        many rows the file has, where not all were read.

    Raises
    ------
    ValidationError
        If the file is missing, empty, cut off, or not of the kind its name says.
    """
    if not isinstance(path, str | Path):
        return _frame(path, sought)
    path, part = parted(path)
    file = path.name
    form = FORMATS.get(path.suffix.casefold())
    if form is None:
        mend = _mends.one_of(FORMATS)
        told = f"{file}: files of this kind are not read; {mend}."
        raise ValidationError([Sentence(told, zh=f"{file}：不支持读取此类文件；{mend.zh}。")])
    try:
        if path.exists() and not path.is_file():
            told = f"{path}: this is not a file; name one."
            raise ValidationError([Sentence(told, zh=f"{path}：这不是文件；请指定一个文件。")])
        with path.open("rb") as opened:
            head = opened.read(16)
    except FileNotFoundError:
        told = f"{path}: there is no such file; {_mends.CHECK_THE_PATH}."
        zh = f"{path}：没有此文件；{_mends.CHECK_THE_PATH.zh}。"
        raise ValidationError([Sentence(told, zh=zh)]) from None
    except (OSError, ValueError) as err:
        if isinstance(err, ValidationError):
            raise
        reason = getattr(err, "strerror", None) or str(err)
        told = f"{path}: cannot be read ({reason}); {_mends.CHECK_THE_PATH}."
        zh = f"{path}：无法读取（{reason}）；{_mends.CHECK_THE_PATH.zh}。"
        raise ValidationError([Sentence(told, zh=zh)]) from None
    if not head:
        raise ValidationError([empty(file)])
    _check_kind(path, head, form)
    match form:
        case "CSV":
            frame = _read_csv(path, sought)
        case "Excel":
            frame = _read_excel(path, sought, sheet=part)
        case "GeoJSON":
            frame = _read_geojson(path)
        case "Parquet":
            frame = _read_parquet(path, around)
        case "FlatGeobuf":
            frame = _read_flatgeobuf(path, around)
        case _:
            frame = _read_layer(path, sought.role, part)
    if len(frame) == 0 and "of" in frame.attrs:
        raise ValidationError([none_near(file, frame.attrs["of"])])
    if len(frame) == 0 and not frame.attrs.get("problems"):
        below = Sentence(" below the header", zh="在表头之下")
        raise ValidationError([_no_row(file, below)])
    said = [*frame.attrs.get("taken", []), *taken_as(frame.attrs.get("encoding"))]
    frame.attrs = {"file": file, **frame.attrs, "taken": said}
    frame.attrs |= {"format": form, "unit": frame.index.name}
    return frame


def _frame(frame: pd.DataFrame, sought: Sought) -> pd.DataFrame:
    """A frame in memory as if it had been read: an index with a name is a column, its labels are rows."""
    file = f"`{sought.role}`"
    if not isinstance(frame, pd.DataFrame):
        kind = type(frame).__name__
        told = f"{file}: this is a {kind}; give a DataFrame."
        raise ValidationError([Sentence(told, zh=f"{file}：类型为 {kind}；请传入 DataFrame。")])
    problems = []
    if len(frame) == 0:
        problems.append(_no_row(file, Sentence("", zh="")))
    if not frame.columns.is_unique:
        twice = listed(map(_checks.show, frame.columns[frame.columns.duplicated()].unique()))
        told = f"{file}: there is more than one column {twice}; {_mends.KEEP_ONE}."
        zh = f"{file}：列 {twice.zh} 重复；{_mends.KEEP_ONE.zh}。"
        problems.append(Sentence(told, zh=zh))
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is None:
        told = f"{file}: it has no geometry; set one with `set_geometry`."
        zh = f"{file}：没有几何列；请用 `set_geometry` 设定。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    index = frame.index
    if all(name is not None and name not in frame.columns for name in index.names):
        frame = frame.reset_index()
    rows = index if index.nlevels == 1 and index.is_unique else pd.RangeIndex(len(frame))
    frame = frame.set_axis(rows.rename("row"))
    # What pandas notes of an earlier file (its datum, say) is no longer true of these coordinates.
    frame.attrs = {"file": file, "taken": [], "format": "in memory", "unit": "row"}
    return frame


def parted(path: str | Path) -> tuple[Path, str | None]:
    """
    A file of data and the part of it that is meant: `centres.xlsx#2024` is the sheet 2024.

    A file whose own name has a # in it is that file.
    """
    path = Path(path)
    marks = [n for n, char in enumerate(path.name) if char == "#"]
    if marks and not os.path.isfile(path):  # noqa: PTH113  (False for names that cannot be)
        for mark in marks:
            whole = path.with_name(path.name[:mark]) if mark else path
            if whole.suffix.casefold() in _IN_PARTS:
                return whole, path.name[mark + 1 :]
    return path, None


def _check_kind(path: Path, head: bytes, form: str) -> None:
    """Whether the first bytes are those of the kind the file's name says."""
    kinds = {
        b"PK\x03\x04": "Excel", b"SQLite format 3": "GeoPackage", b"PAR1": "Parquet", b"fgb\x03": "FlatGeobuf",
    }  # fmt: skip
    is_old_excel = head.startswith(b"\xd0\xcf\x11\xe0")
    if is_old_excel:
        told = f"{path.name}: this is an old Excel workbook (.xls) or one with a password; save it as .xlsx or CSV."
        zh = f"{path.name}：这是旧版 Excel 工作簿（.xls）或设有密码；请另存为 .xlsx 或 CSV。"
        raise ValidationError([Sentence(told, zh=zh)])
    found = next((kind for magic, kind in kinds.items() if head.startswith(magic)), "text")
    if head.startswith(b"\x00\x00\x27\x0a"):
        found = "Shapefile"
    expected = form if form in ("Shapefile", *kinds.values()) else "text"
    if found != expected:
        seen = Sentence("plain text", zh="纯文本") if found == "text" else Sentence(found, zh=found)
        told = (
            f"{path.name}: this is not a file of the kind its name says ({form}): "
            f"it looks like {seen}; save it again or correct the suffix."
        )
        zh = f"{path.name}：内容与文件名所示类型（{form}）不符，看似{seen.zh}；请重新保存或更正扩展名。"
        raise ValidationError([Sentence(told, zh=zh)])


def _read_csv(path: Path, sought: Sought) -> pd.DataFrame:
    content, encoding = decode(path.read_bytes(), file=path.name, unit="row")
    if content.lstrip().startswith("<"):
        told = f"{path.name}: this is HTML or XML, not CSV; save it as CSV."
        zh = f"{path.name}：这是 HTML 或 XML，不是 CSV；请另存为 CSV。"
        raise ValidationError([Sentence(told, zh=zh)])
    content = re.sub(r"\A\s*sep=.\r?\n", "\n", content)  # what Excel puts in front of some files
    delimiter = delimiter_of(content, sought.known)
    records: list[list[str]] = []
    try:
        for record in csv.reader(
            io.StringIO(content, newline=""), delimiter=delimiter, strict=True
        ):
            records.append(record)
    except csv.Error as err:
        told = (
            f"{path.name}, after row {len(records)}: {err}; a quotation mark may be left open "
            f"or {_CUT_OFF}."
        )
        zh = f"{path.name}，第 {len(records)} 行之后无法读取（{err}）；引号可能未闭合，或{_CUT_OFF.zh}。"
        raise ValidationError([Sentence(told, zh=zh)]) from None
    frame = table(enumerate(records, start=1), sought, file=path.name)
    frame.attrs["encoding"] = encoding
    return frame


def _read_excel(path: Path, sought: Sought, *, sheet: str | None) -> pd.DataFrame:
    try:
        return read_workbook(path, sought, sheet=sheet)
    except (ValidationError, ImportError):
        raise
    except Exception as err:
        raise ValidationError([_not_readable(path, "Excel workbook", err)]) from err


def _read_geojson(path: Path) -> pd.DataFrame:
    file = path.name
    content, encoding = decode(path.read_bytes(), file=file)
    try:
        document = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as err:
        told = f"{file}: this is not JSON ({err}); {_CUT_OFF}."
        zh = f"{file}：不是 JSON（{err}）；{_CUT_OFF.zh}。"
        raise ValidationError([Sentence(told, zh=zh)]) from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        told = f"{file}: this is JSON but not a GeoJSON FeatureCollection; export it as GeoJSON."
        zh = f"{file}：这是 JSON，但不是 GeoJSON FeatureCollection；请导出为 GeoJSON。"
        raise ValidationError([Sentence(told, zh=zh)])
    index = pd.RangeIndex(1, len(features) + 1, name="feature")
    shapes, properties, is_broken = [], [], []
    for feature in features:
        try:
            geometry = feature["geometry"]
            shapes.append(None if geometry is None else shapely.geometry.shape(geometry))
            properties.append(_properties(feature))
            is_broken.append(False)
        except (
            KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError,
            shapely.errors.ShapelyError,
        ):  # fmt: skip
            del shapes[len(properties) :]
            shapes.append(None)
            properties.append({})
            is_broken.append(True)
    is_torn = [any(_is_torn(v) for v in p.values()) for p in properties]
    crs, wrong = _geojson_crs(document.get("crs"), file=file)
    problems = [
        *_checks.complain(
            file,
            index[is_broken],
            Sentence("this is not a GeoJSON feature", zh="不是 GeoJSON 要素"),
            _mends.EXPORT_AGAIN,
        ),
        *_checks.complain(
            file,
            index[is_torn],
            Sentence("a text has half a character in it", zh="文字中有不完整的字符"),
            Sentence("write the text again", zh="请重新输入该文字"),
        ),
        *wrong,
    ]
    is_sound = ~np.logical_or(is_broken, is_torn)
    if wrong or (problems and not is_sound.any()):
        raise ValidationError(problems)
    frame: pd.DataFrame = gpd.GeoDataFrame(
        pd.DataFrame(properties, index=index, dtype=object), geometry=shapes, crs=crs
    )
    frame = frame[is_sound]  # what is wrong in the other features is told all the same
    frame.attrs = {"encoding": encoding, "problems": problems}
    if isinstance(document.get("datum"), str):
        frame.attrs["datum"] = document["datum"]
    return frame


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    """The properties of a feature, with its own id among them where they have none."""
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise TypeError("properties are no table")
    return ({"id": feature["id"]} if "id" in feature else {}) | properties


def _is_torn(value: object) -> bool:
    """Whether a text has half of a surrogate pair, which no file can hold."""
    return isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value)


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a number JSON knows")


def _geojson_crs(member: object, *, file: str) -> tuple[pyproj.CRS, list[Sentence]]:
    """The CRS of a GeoJSON file: WGS84, or what an old-style `crs` member names."""
    if member is None:
        return pyproj.CRS("EPSG:4326"), []
    try:
        return pyproj.CRS.from_user_input(member["properties"]["name"]), []  # type: ignore[index]  # as TypeError below
    except (KeyError, TypeError, ValueError, pyproj.exceptions.CRSError):
        told = f"{file}: its crs member names no CRS we know; {_mends.EXPORT_IN_WGS84}."
        zh = f"{file}：其 crs 成员不是已知的 CRS；{_mends.EXPORT_IN_WGS84.zh}。"
        return pyproj.CRS("EPSG:4326"), [Sentence(told, zh=zh)]


def _read_layer(path: Path, role: str | None, layer: str | None) -> pd.DataFrame:
    """The one layer of a GeoPackage, Shapefile or FlatGeobuf that holds geometry, or the one named after its role."""
    import pyogrio

    form = FORMATS[path.suffix.casefold()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of GDAL; what matters is an error below
            layers = {str(name): kind for name, kind in pyogrio.list_layers(path)}
            layer = _choose_layer(layers, role, layer, file=path.name)
            encoding = _shapefile_encoding(path) if form == "Shapefile" else None
            frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding)
    except ValidationError:
        raise
    except Exception as err:
        raise ValidationError([_not_readable(path, form, err)]) from err
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="feature")
    if encoding is not None:
        frame.attrs["encoding"] = encoding
    return frame


def _read_flatgeobuf(path: Path, around: Around | None) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of GDAL; what matters is an error below
            near = None if around is None else layer_within(path, around)
    except Exception as err:
        raise ValidationError([_not_readable(path, "FlatGeobuf", err)]) from err
    return _read_layer(path, None, None) if near is None else near


def _choose_layer(
    layers: dict[str, str | None], role: str | None, named: str | None, *, file: str
) -> str:
    names = listed(map(_checks.show, layers))
    if named is not None:
        if named not in layers:
            told = f"{file}: there is no layer {_checks.show(named)} in it; it has {names}."
            zh = f"{file}：其中没有图层 {_checks.show(named)}；现有 {names.zh}。"
            raise ValidationError([Sentence(told, zh=zh)])
        return named
    wanted = [role] if role else [r for r in ("centres", "streets", "population") if r in layers]
    if wanted and wanted[0] in layers:
        return wanted[0]
    with_geometry = [name for name, kind in layers.items() if kind is not None]
    for choice in (list(layers), with_geometry):
        if len(choice) == 1:
            return choice[0]
    example = f"{file}#{next(iter(layers))}"
    told = (
        f"{file}: it has {len(layers)} layers ({names}); name the one that is meant, such as "
        f"{example}, or call it {role or 'centres, streets or population'}."
    )
    zh = (
        f"{file}：其中有 {len(layers)} 个图层（{names.zh}）；请指明所用图层，例如 {example}，"
        f"或将其命名为 {role or 'centres、streets 或 population'}。"
    )
    raise ValidationError([Sentence(told, zh=zh)])


def _shapefile_encoding(path: Path) -> str | None:
    """The encoding of a Shapefile without a .cpg file, judged by all its texts; None with one."""
    import pyogrio

    if path.with_suffix(".cpg").exists() or path.with_suffix(".CPG").exists():
        return None
    as_bytes = pyogrio.read_dataframe(path, encoding="ISO-8859-1", read_geometry=False)
    texts = as_bytes.select_dtypes(["object", "string"]).fillna("").astype(str)
    rows = ["\t".join(cells).replace("\n", " ") for cells in texts.to_numpy().tolist()]
    if all(row.isascii() for row in rows):  # the names of columns alone, which may be cut
        rows = [name for name in as_bytes.columns if len(name) < _LONGEST_FIELD_NAME]
    return decode("\n".join(rows).encode("latin-1"), file=path.name, unit="feature")[1]


def _read_parquet(path: Path, around: Around | None = None) -> pd.DataFrame:
    try:
        import pyarrow.parquet
    except ImportError as err:
        raise ImportError(
            _mends.install(Sentence("reading Parquet", zh="读取 Parquet "), "pyarrow", "parquet")
        ) from err
    try:
        near: pd.DataFrame | None = None if around is None else rows_within(path, around)
        if near is not None:
            return near
        has_geometry = b"geo" in (pyarrow.parquet.read_schema(path).metadata or {})
        frame = gpd.read_parquet(path) if has_geometry else pd.read_parquet(path)
    except Exception as err:
        raise ValidationError([_not_readable(path, "Parquet", err)]) from err
    if frame.index.name is not None:
        frame = frame.reset_index()
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    return frame


def none_near(file: str, count: int) -> Sentence:
    """That none of the rows of a large file lies near an area."""
    return Sentence(
        f"{file}: none of its {count:,} rows lies in the study area or near it; name a file of this place, or correct its "
        "CRS or datum.",
        zh=f"{file}：{count:,} 行均不在研究区内或附近；请指定本地的文件，或更正其 CRS 或坐标系。",
    )


def _not_readable(path: Path, form: str, err: Exception) -> Sentence:
    reason = " ".join(str(err).replace(str(path), path.name).split())[:160]
    return Sentence(
        f"{path.name}: it cannot be read as {form} ({reason}); "
        "the file may be cut off or of another kind; save it again.",
        zh=f"{path.name}：无法按 {form} 读取（{reason}）；文件可能被截断或类型不符；请重新保存。",
    )


def _no_row(file: str, where: Sentence) -> Sentence:
    return Sentence(
        f"{file}: there is no row in it; add the data{where}.",
        zh=f"{file}：其中没有数据行；请{where.zh}补上数据。",
    )
