"""
Files as they are: bytes of one of the formats in, a raw frame of cells out, unchecked.

The index numbers the rows (named `row`; the header is row 1, as a spreadsheet shows it) or the
features (named `feature`), so that later checks can say where something is wrong.
"""

import csv
import io
import json
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from carecircles import _validate
from carecircles.errors import ValidationError

FORMATS = {
    ".csv": "CSV",
    ".tsv": "CSV",
    ".txt": "CSV",
    ".xlsx": "Excel",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".gpkg": "GeoPackage",
    ".shp": "Shapefile",
    ".parquet": "Parquet",
    ".geoparquet": "Parquet",
}


def read_raw(path: str | Path, *, role: str | None = None) -> pd.DataFrame:
    """
    A file as it is: its columns and cells, indexed by row or feature number, unchecked.

    Parameters
    ----------
    path
        File of one of `FORMATS`.
    role
        What is looked for; names the layer to take from a GeoPackage with several.

    Returns
    -------
    frame
        Text cells as written; a GeoDataFrame where the file holds geometry. `attrs` has `format`
        and, for text, `encoding`.

    Raises
    ------
    ValidationError
        If the file is missing, empty, cut off, or not of the kind its name says.
    """
    path = Path(path)
    file = path.name
    form = FORMATS.get(path.suffix.casefold())
    if form is None:
        raise ValidationError(
            [f"{file}: files of this kind are not read; use one of {', '.join(FORMATS)}."]
        )
    try:
        with path.open("rb") as opened:
            head = opened.read(16)
    except FileNotFoundError:
        raise ValidationError([f"{path}: there is no such file; check the path."]) from None
    except OSError as err:
        raise ValidationError(
            [f"{path}: cannot be read ({err.strerror}); check the path."]
        ) from None
    if not head:
        raise ValidationError([f"{file}: the file is empty; save it again."])
    _check_kind(path, head, form)
    match form:
        case "CSV":
            frame = _read_csv(path)
        case "Excel":
            frame = _read_excel(path)
        case "GeoJSON":
            frame = _read_geojson(path)
        case "Parquet":
            frame = _read_parquet(path)
        case _:
            frame = _read_layer(path, role)
    if len(frame) == 0:
        raise ValidationError([f"{file}: there is no row in it; add the data below the header."])
    frame.attrs |= {"format": form, "unit": frame.index.name}
    return frame


def _check_kind(path: Path, head: bytes, form: str) -> None:
    """Whether the first bytes are those of the kind the file's name says."""
    kinds = {b"PK\x03\x04": "Excel", b"SQLite format 3": "GeoPackage", b"PAR1": "Parquet"}
    is_old_excel = head.startswith(b"\xd0\xcf\x11\xe0")
    if is_old_excel:
        raise ValidationError(
            [f"{path.name}: this is an old Excel workbook (.xls); save it as .xlsx or CSV."]
        )
    found = next((kind for magic, kind in kinds.items() if head.startswith(magic)), "text")
    if head.startswith(b"\x00\x00\x27\x0a"):
        found = "Shapefile"
    expected = form if form in ("Excel", "GeoPackage", "Parquet", "Shapefile") else "text"
    if found != expected:
        raise ValidationError(
            [
                f"{path.name}: this is not a file of the kind its name says ({form}): "
                f"it looks like {'plain text' if found == 'text' else found}; "
                "save it again or correct the suffix."
            ]
        )


def decode(content: bytes, *, file: str) -> tuple[str, str]:
    """
    Text of a file and its encoding: UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030.

    Raises
    ------
    ValidationError
        If it is none of these.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            decoded = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in decoded:
            has_bom = content.startswith(b"\xef\xbb\xbf")
            named = {"utf-8-sig": "UTF-8 with BOM" if has_bom else "UTF-8"}
            return decoded, named.get(encoding, encoding.upper())
    raise ValidationError(
        [f"{file}: this is not text in UTF-8 or GB18030; save it as 'CSV UTF-8' or as .xlsx."]
    )


def _read_csv(path: Path) -> pd.DataFrame:
    content, encoding = decode(path.read_bytes(), file=path.name)
    first_line = content.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(",\t;", key=first_line.count)
    records: list[list[str]] = []
    try:
        for record in csv.reader(
            io.StringIO(content, newline=""), delimiter=delimiter, strict=True
        ):
            records.append(record)
    except csv.Error as err:
        raise ValidationError(
            [
                f"{path.name}, after row {len(records)}: {err}; a quotation mark may be left open "
                "or the file may be cut off; save it again."
            ]
        ) from None
    frame = _table(records, path.name)
    frame.attrs["encoding"] = encoding
    return frame


def _read_excel(path: Path) -> pd.DataFrame:
    try:
        import openpyxl
    except ImportError as err:
        raise ImportError("reading Excel needs openpyxl: pip install 'carecircles[excel]'") from err
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions it drops
            sheet = openpyxl.load_workbook(path, data_only=True).worksheets[0]
            written = openpyxl.load_workbook(path).worksheets[0]
    except Exception as err:
        raise ValidationError([_not_readable(path, "Excel workbook", err)]) from err
    records = [["" if v is None else v for v in row] for row in sheet.iter_rows(values_only=True)]
    formulas = [
        cell
        for row in written.iter_rows()
        for cell in row
        if cell.data_type == "f" and records[cell.row - 1][cell.column - 1] == ""
    ]
    problems = _validate.complain(
        path.name,
        pd.Index([cell.row for cell in formulas], name="row"),
        "the cell is a formula whose value was not saved",
        "open the workbook in a spreadsheet program and save it, or write the value",
        values=[cell.value for cell in formulas],
    )
    if problems:
        raise ValidationError(problems)
    return _table(records, path.name)


def _table(records: list[list], file: str) -> pd.DataFrame:
    """Records with a header on top as a frame indexed by row number; blank rows are passed over."""
    numbered = [(n, r) for n, r in enumerate(records, start=1) if any(str(c).strip() for c in r)]
    if not numbered:
        raise ValidationError([f"{file}: the file is empty; save it again."])
    header = [str(c).strip() for c in numbered[0][1]]
    while header and not header[-1]:
        header.pop()
    body = [(n, _trim(r, len(header))) for n, r in numbered[1:]]
    uneven = [(n, len(r)) for n, r in body if len(r) != len(header)]
    problems = _validate.complain(
        file,
        pd.Index([n for n, _ in uneven], name="row"),
        f"the number of fields is not that of the header ({len(header)})",
        "put names that hold a comma in quotation marks, or save the file again if it was cut off",
        values=[count for _, count in uneven],
    )
    repeated = sorted({h for h in header if header.count(h) > 1 and h})
    if repeated:
        names = ", ".join(map(_validate.show, repeated))
        problems.append(f"{file}: the header has {names} more than once; keep one.")
    if problems:
        raise ValidationError(problems)
    index = pd.Index([n for n, _ in body], name="row", dtype=int)
    return pd.DataFrame([r for _, r in body], columns=header, index=index, dtype=object)


def _trim(record: list, width: int) -> list:
    """A record without the empty cells beyond the header."""
    while len(record) > width and not str(record[-1]).strip():
        record = record[:-1]
    return record


def _read_geojson(path: Path) -> pd.DataFrame:
    file = path.name
    content, encoding = decode(path.read_bytes(), file=file)
    try:
        document = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as err:
        raise ValidationError(
            [f"{file}: this is not JSON ({err}); the file may be cut off; save it again."]
        ) from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise ValidationError(
            [f"{file}: this is JSON but not a GeoJSON FeatureCollection; export it as GeoJSON."]
        )
    index = pd.RangeIndex(1, len(features) + 1, name="feature")
    shapes, is_broken = [], []
    for feature in features:
        try:
            geometry = feature["geometry"]
            shapes.append(None if geometry is None else shapely.geometry.shape(geometry))
            is_broken.append(not isinstance(feature.get("properties") or {}, dict))
        except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
            shapes.append(None)
            is_broken.append(True)
    broken = _validate.complain(
        file, index[is_broken], "this is not a GeoJSON feature", "export the file again"
    )
    crs, wrong = _geojson_crs(document.get("crs"), file=file)
    if broken or wrong:
        raise ValidationError([*broken, *wrong])
    properties = [feature.get("properties") or {} for feature in features]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(properties, index=index, dtype=object), geometry=shapes, crs=crs
    )
    frame.attrs = {"encoding": encoding}
    if isinstance(document.get("datum"), str):
        frame.attrs["datum"] = document["datum"]
    return frame


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a number JSON knows")


def _geojson_crs(member: object, *, file: str) -> tuple[pyproj.CRS, list[str]]:
    """The CRS of a GeoJSON file: WGS84, or what an old-style `crs` member names."""
    if member is None:
        return pyproj.CRS("EPSG:4326"), []
    try:
        return pyproj.CRS.from_user_input(member["properties"]["name"]), []  # type: ignore[index]
    except (KeyError, TypeError, pyproj.exceptions.CRSError):
        return pyproj.CRS("EPSG:4326"), [
            f"{file}: its crs member names no CRS we know; export the file again in WGS84."
        ]


def _read_layer(path: Path, role: str | None) -> pd.DataFrame:
    """The one layer of a GeoPackage or Shapefile, or the layer named after its role."""
    import pyogrio

    form = FORMATS[path.suffix.casefold()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
            if len(layers) > 1 and role not in layers:
                raise ValidationError(
                    [
                        f"{path.name}: it has {len(layers)} layers "
                        f"({', '.join(map(_validate.show, layers))}); keep one, "
                        f"or call the right one {role!r}."
                    ]
                )
            layer = layers[0] if len(layers) == 1 else role
            frame = _read_any_encoding(path, layer)
    except ValidationError:
        raise
    except Exception as err:
        raise ValidationError([_not_readable(path, form, err)]) from err
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="feature")
    return frame


def _read_any_encoding(path: Path, layer: str | None) -> pd.DataFrame:
    """Shapefiles without a .cpg file are read as UTF-8 where that works, else as GB18030."""
    import pyogrio

    if path.suffix.casefold() != ".shp" or path.with_suffix(".cpg").exists():
        return pyogrio.read_dataframe(path, layer=layer)
    try:
        return pyogrio.read_dataframe(path, layer=layer, encoding="UTF-8")
    except UnicodeDecodeError:
        return pyogrio.read_dataframe(path, layer=layer, encoding="GB18030")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        import pyarrow.parquet
    except ImportError as err:
        raise ImportError(
            "reading Parquet needs pyarrow: pip install 'carecircles[parquet]'"
        ) from err
    try:
        has_geometry = b"geo" in (pyarrow.parquet.read_schema(path).metadata or {})
        frame = gpd.read_parquet(path) if has_geometry else pd.read_parquet(path)
    except Exception as err:
        raise ValidationError([_not_readable(path, "Parquet", err)]) from err
    if frame.index.name is not None:
        frame = frame.reset_index()
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="row")
    return frame


def _not_readable(path: Path, form: str, err: Exception) -> str:
    reason = " ".join(str(err).replace(str(path), path.name).split())[:160]
    return (
        f"{path.name}: it cannot be read as {form} ({reason}); "
        "the file may be cut off or of another kind; save it again."
    )
