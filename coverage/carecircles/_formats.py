"""
Files as they are: bytes of one of the formats in, a raw frame of cells out, unchecked.

The index numbers the rows (named `row`; the header is row 1, as a spreadsheet shows it) or the
features (named `feature`), so that later checks can say where something is wrong.
"""

import csv
import io
import json
import re
import warnings
from collections.abc import Iterable, Sequence
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
        if path.exists() and not path.is_file():
            raise ValidationError([f"{path}: this is not a file; name one."])
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
    if len(frame) == 0 and not frame.attrs.get("problems"):
        raise ValidationError([f"{file}: there is no row in it; add the data below the header."])
    frame.attrs |= {"format": form, "unit": frame.index.name}
    return frame


def _check_kind(path: Path, head: bytes, form: str) -> None:
    """Whether the first bytes are those of the kind the file's name says."""
    kinds = {b"PK\x03\x04": "Excel", b"SQLite format 3": "GeoPackage", b"PAR1": "Parquet"}
    is_old_excel = head.startswith(b"\xd0\xcf\x11\xe0")
    if is_old_excel:
        raise ValidationError(
            [
                f"{path.name}: this is an old Excel workbook (.xls) or one with a password; save it as .xlsx or CSV."
            ]
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
        encodings = {"utf-16": "UTF-16"}
    elif content.startswith(b"\xef\xbb\xbf"):
        encodings = {"utf-8-sig": "UTF-8 with BOM"}
    else:
        encodings = {"utf-8": "UTF-8", "gb18030": "GB18030"}
    for encoding, label in encodings.items():
        try:
            decoded = content.decode(encoding)
        except UnicodeDecodeError as err:
            if encoding.startswith("utf-8") and "unexpected end" in err.reason:
                raise ValidationError(
                    [
                        f"{file}: the last character is incomplete; the file is cut off; save it again."
                    ]
                ) from None
            continue
        if "\x00" not in decoded:
            return decoded, label
    raise ValidationError(
        [f"{file}: this is not text in UTF-8 or GB18030; save it in one of these encodings."]
    )


def _read_csv(path: Path) -> pd.DataFrame:
    content, encoding = decode(path.read_bytes(), file=path.name)
    if content.lstrip().startswith("<"):
        raise ValidationError([f"{path.name}: this is HTML or XML, not CSV; save it as CSV."])
    content = re.sub(r"\A\s*sep=.\r?\n", "\n", content)  # what Excel puts in front of some files
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
    frame = _table(enumerate(records, start=1), path.name)
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
            values, formulas = (
                openpyxl.load_workbook(path, read_only=True, data_only=is_value)
                for is_value in (True, False)
            )
            name, records, problems = _first_sheet(values, formulas, path.name)
            values.close()
            formulas.close()
    except Exception as err:
        raise ValidationError([_not_readable(path, "Excel workbook", err)]) from err
    frame = _table(records, path.name)
    frame.attrs["sheet"] = name
    frame.attrs["problems"] = [*frame.attrs["problems"], *problems]
    return frame


def _first_sheet(values, formulas, file: str) -> tuple[str, list[tuple[int, list]], list[str]]:
    """
    Name, numbered rows and problems of the first visible sheet with anything in it.

    The workbook is read twice, for its values and for its formulas, row by row: a format set far
    down a sheet makes it a million rows long.
    """
    for sheet in values.worksheets:
        records, errors, unsaved = [], [], []
        sheet.reset_dimensions()
        formulas[sheet.title].reset_dimensions()
        rows = zip(sheet.iter_rows(), formulas[sheet.title].iter_rows(), strict=False)
        for number, (cells, written) in enumerate(rows, start=1):
            found = ["" if c.value is None else c.value for c in cells]
            errors += [(number, c.value) for c in cells if c.data_type == "e"]
            unsaved += [
                (number, w.value)
                for w, value in zip(written, found, strict=False)
                if w.data_type == "f" and value == ""
            ]
            if any(str(v).strip() for v in found):
                records.append((number, found))
        if (records or unsaved) and sheet.sheet_state == "visible":
            break
    else:
        return "", [], []
    problems = [
        *_cell_problem(file, errors, "the cell holds an error", "correct it in the workbook"),
        *_cell_problem(
            file,
            unsaved,
            "the cell is a formula whose value was not saved",
            "open the workbook in a spreadsheet program and save it, or write the value",
        ),
    ]
    width = max((len(cells) for _, cells in records), default=0)
    even = [(number, cells + [""] * (width - len(cells))) for number, cells in records]
    return sheet.title, even, problems


def _cell_problem(
    file: str, cells: Sequence[tuple[int, object]], what: str, mend: str
) -> list[str]:
    index = pd.Index([number for number, _ in cells], name="row")
    return _validate.complain(file, index, what, mend, values=[value for _, value in cells])


def _table(records: Iterable[tuple[int, list]], file: str) -> pd.DataFrame:
    """Numbered records, the header first, as a frame; blank rows are passed over, uneven ones told."""
    numbered = [(n, r) for n, r in records if any(str(c).strip() for c in r)]
    if not numbered:
        raise ValidationError([f"{file}: the file is empty; save it again."])
    first, header = numbered[0][0], [str(c).strip() for c in numbered[0][1]]
    while header and not header[-1]:
        header.pop()
    body = [(n, _trim(r, len(header))) for n, r in numbered[1:]]
    if len(header) == 1 and body and all(len(r) > 1 for _, r in body):
        raise ValidationError(
            [f"{file}: row {first} looks like a title; put the column names into the first row."]
        )
    repeated = sorted({h for h in header if header.count(h) > 1 and h})
    if repeated:
        names = ", ".join(map(_validate.show, repeated))
        raise ValidationError(
            [f"{file}: the header in row {first} has {names} more than once; keep one."]
        )
    uneven = [(n, len(r)) for n, r in body if len(r) != len(header)]
    body = [(n, r) for n, r in body if len(r) == len(header)]
    index = pd.Index([n for n, _ in body], name="row", dtype=int)
    frame = pd.DataFrame([r for _, r in body], columns=header, index=index, dtype=object)
    frame.attrs["problems"] = _cell_problem(
        file,
        uneven,
        f"the number of fields is not that of the header ({len(header)})",
        "put names that hold a comma in quotation marks, or save the file again if it was cut off",
    )
    return frame


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
        except (
            KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError,
            shapely.errors.ShapelyError,
        ):  # fmt: skip
            shapes.append(None)
            is_broken.append(True)
    broken = _validate.complain(
        file, index[is_broken], "this is not a GeoJSON feature", "export the file again"
    )
    crs, wrong = _geojson_crs(document.get("crs"), file=file)
    if broken or wrong:
        raise ValidationError([*broken, *wrong])
    properties = [_properties(feature) for feature in features]
    is_torn = [any(_is_torn(v) for v in p.values()) for p in properties]
    torn = _validate.complain(
        file, index[is_torn], "a text has half a character in it", "write the text again"
    )
    if torn:
        raise ValidationError(torn)
    frame = gpd.GeoDataFrame(
        pd.DataFrame(properties, index=index, dtype=object), geometry=shapes, crs=crs
    )
    frame.attrs = {"encoding": encoding}
    if isinstance(document.get("datum"), str):
        frame.attrs["datum"] = document["datum"]
    return frame


def _properties(feature: dict) -> dict:
    """The properties of a feature, with its own id among them where they have none."""
    properties = feature.get("properties") or {}
    return ({"id": feature["id"]} if "id" in feature else {}) | properties


def _is_torn(value: object) -> bool:
    """Whether a text has half of a surrogate pair, which no file can hold."""
    return isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value)


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
    """The one layer of a GeoPackage or Shapefile that holds geometry, or the one named after its role."""
    import pyogrio

    form = FORMATS[path.suffix.casefold()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of GDAL; what matters is an error below
            layers = {str(name): kind for name, kind in pyogrio.list_layers(path)}
            frame = _read_any_encoding(path, _choose_layer(layers, role, file=path.name))
    except ValidationError:
        raise
    except Exception as err:
        raise ValidationError([_not_readable(path, form, err)]) from err
    frame.index = pd.RangeIndex(1, len(frame) + 1, name="feature")
    return frame


def _choose_layer(layers: dict[str, str | None], role: str | None, *, file: str) -> str:
    wanted = [role] if role else [r for r in ("centres", "streets", "population") if r in layers]
    if wanted and wanted[0] in layers:
        return wanted[0]
    with_geometry = [name for name, kind in layers.items() if kind is not None]
    for choice in (list(layers), with_geometry):
        if len(choice) == 1:
            return choice[0]
    names = ", ".join(map(_validate.show, layers))
    raise ValidationError(
        [
            f"{file}: it has {len(layers)} layers ({names}); keep one, "
            f"or call the right one {role or 'centres, streets or population'}."
        ]
    )


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
