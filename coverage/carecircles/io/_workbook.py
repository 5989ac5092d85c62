"""
Excel workbooks: whether one can be opened without harm, which of its sheets is meant, and its cells.

A workbook is a zip archive of XML. Before anything in it is parsed, its parts are counted from the
archive's directory and looked through for declarations of entities.
"""

import itertools
import re
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

import pandas as pd

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks, _table
from carecircles.io._table import Sought
from carecircles.words import Sentence, Text, listed

_MOST_BYTES = 100_000_000  # of a workbook unpacked: some 300,000 rows of ten columns
_MOST_PARTS = 10_000
_MOST_RATIO = (
    200  # of a part of more than `_SMALL_PART`; a column of one value shrinks to a fortieth
)
_SMALL_PART = 2_000_000
_CHUNK = 1 << 20
_DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_LONGEST_DECLARATION = 16
_ALONE = Sentence(
    "save the table alone as a new workbook or as CSV",
    zh="请将该表单独另存为新工作簿或 CSV",
)
_ERROR = Sentence("the cell holds an error", zh="单元格为错误值")
_CORRECT_CELL = Sentence("correct it in the workbook", zh="请在工作簿中更正")
_UNSAVED = Sentence(
    "the cell is a formula whose value was not saved", zh="单元格为公式，未保存计算结果"
)
_SAVE_VALUES = Sentence(
    "open the workbook in a spreadsheet program and save it, or write the value",
    zh="请用表格软件打开并保存工作簿，或直接填写数值",
)


class _Look(NamedTuple):
    """What a spreadsheet program would show of a sheet."""

    hidden_rows: list[int]
    hidden_columns: list[int]  # positions from 0
    merged: list[tuple[int, int, int, int]]  # first row, last row, first column, last column
    formulas: list[bool]  # one for each


def read_workbook(path: Path, sought: Sought, *, sheet: str | None) -> pd.DataFrame:
    """
    The table of the sheet that is meant.

    Parameters
    ----------
    path
        The workbook.
    sought
        What is looked for; the sheet that has all of it is taken, or else the one that has most.
    sheet
        Its name, if it is known.

    Returns
    -------
    frame
        As of `_table.table`; `attrs` has `file` (with the sheet's name where there are several) too.

    Raises
    ------
    ValidationError
        If the workbook cannot be read, or several sheets fit.
    """
    try:
        import openpyxl
    except ImportError as err:
        raise ImportError(
            _mends.install(Sentence("reading Excel", zh="读取 Excel "), "openpyxl", "excel")
        ) from err
    _refuse_harm(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and extensions it drops
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            heads = {s.title: _head(s) for s in book.worksheets}
            shown = [s.title for s in book.worksheets if s.sheet_state == "visible"]
            shown = [title for title in shown if heads[title]]
            title = _choose(heads, shown, sought, sheet, file=path.name)
            if title is None:
                return _table.table([], sought, file=path.name)
            file = path.name if [title] == shown else f"{path.name}#{title}"
            look = _look(path, title)
            unsaved = _unsaved(path, title) if look.formulas else []
            frame = _read(book[title], unsaved, look, sought, file=file)
        finally:
            book.close()
    taken = frame.attrs["taken"]
    if file != path.name:
        taken.insert(0, {"en": f"sheet {_checks.show(title)}", "zh": f"工作表“{title}”"})
    for other in (t for t in heads if t not in (title, *shown)):
        if sought.needed and _has_all(_known(heads[other], sought), sought):
            name = _checks.show(other)
            taken.append(
                {
                    "en": f"sheet {name} is hidden and passed over",
                    "zh": f"隐藏的工作表“{other}”未读取",
                }
            )
    frame.attrs |= {"file": file, "sheet": title, "day_0": f"{book.epoch:%Y-%m-%d}"}
    return frame


def sheets(path: Path, sought: Sought) -> list[str]:
    """The names of the sheets that are shown and have a header of two columns we know, or of one."""
    import openpyxl

    _refuse_harm(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, read_only=True)
        try:
            fits = {
                s.title: len(_known(_head(s), sought))
                for s in book.worksheets
                if s.sheet_state == "visible"
            }
        finally:
            book.close()
    return [title for title, count in fits.items() if count > 1] or [
        title for title, count in fits.items() if count
    ]


def _refuse_harm(path: Path) -> None:
    """A workbook that would fill the memory, or whose XML declares entities, is not opened."""

    def refuse(en: str, zh: str) -> ValidationError:
        zh = f"{path.name}：{zh}；{_ALONE.zh}。"
        return ValidationError([Sentence(f"{path.name}: {en}; {_ALONE}.", zh=zh)])

    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        total = sum(part.file_size for part in parts)
        if total > _MOST_BYTES or len(parts) > _MOST_PARTS:
            size, most = f"{total / 1e6:,.0f} MB", f"{_MOST_BYTES / 1e6:,.0f} MB"
            raise refuse(
                f"unpacked, this workbook has {size} in {len(parts):,} parts, "
                f"more than the {most} that are read",
                f"此工作簿解压后为 {size}、{len(parts):,} 个部件，超过可读取的 {most}",
            )
        for part in parts:
            if part.file_size > max(_SMALL_PART, _MOST_RATIO * part.compress_size):
                size = f"{part.file_size / 1e6:,.0f} MB"
                times = f"{part.file_size / max(part.compress_size, 1):,.0f}"
                raise refuse(
                    f"{_checks.show(part.filename)} in it unpacks to {size}, "
                    f"{times} times its size, as no table does",
                    f"其中 {_checks.show(part.filename)} 解压后为 {size}，是原大小的 {times} 倍，表格不会如此",
                )
        for part in parts:
            if part.filename.startswith("xl/media/"):  # pictures, which are not read
                continue
            with archive.open(part) as opened:  # reads no more than the directory says
                end = b""
                while chunk := opened.read(_CHUNK):
                    text = end + chunk.replace(b"\x00", b"")  # which stand between UTF-16 letters
                    if _DECLARATION.search(text):
                        raise refuse(
                            f"{_checks.show(part.filename)} in it declares entities, "
                            "as no spreadsheet program does",
                            f"其中 {_checks.show(part.filename)} 声明了实体，表格软件不会如此",
                        )
                    end = text[-_LONGEST_DECLARATION:]


def _head(sheet: Any) -> list[tuple[int, list[Any]]]:  # what openpyxl reads has no type of its own
    """The first rows of a sheet that hold anything, with their numbers."""
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(values_only=True), start=1)
    filled = ((n, ["" if v is None else v for v in cells]) for n, cells in rows)
    return list(
        itertools.islice(
            ((n, cells) for n, cells in filled if any(str(v).strip() for v in cells)),
            _table.MOST_ROWS_ABOVE,
        )
    )


def _known(head: Sequence[tuple[int, list[Any]]], sought: Sought) -> set[str]:
    """Our columns that the header of a sheet names; none where there is no row below it."""
    if not head:
        return set()
    header = _table.find_header(head, sought.known)
    has_rows = len(head) > header.last + 1
    return _table.names_of(header, sought.known) if has_rows else set()


def _choose(
    heads: dict[str, list[Any]], shown: list[str], sought: Sought, sheet: str | None, *, file: str
) -> str | None:
    """The sheet that is meant; None where nothing is in any of those that are shown."""
    if sheet is not None:
        blanks = [t for t in heads if _checks.plain(t) == _checks.plain(sheet)]
        if sheet not in heads and len(blanks) == 1:
            return blanks[0]
        if sheet not in heads:
            names = listed(map(_checks.show, heads))
            told = f"{file}: there is no sheet {_checks.show(sheet)} in it; it has {names}."
            zh = f"{file}：其中没有工作表 {_checks.show(sheet)}；现有 {names.zh}。"
            raise ValidationError([Sentence(told, zh=zh)])
        return sheet
    if sought.role in shown:
        return sought.role
    fits = {title: _known(heads[title], sought) for title in shown}
    complete = [title for title in shown if fits[title] and _has_all(fits[title], sought)]
    if len(complete) > 1:
        names = listed(map(_checks.show, complete))
        role = sought.role or "centres"
        option, line = f"{file}#{complete[0]}", f'{role} = "{complete[0]}"'
        told = (
            f"{file}: there are {len(complete)} sheets of {role} in it ({names}); name the one "
            f"that is meant: {option} on the command line, or {line} below [sheet] in area.toml."
        )
        zh = (
            f"{file}：其中有 {len(complete)} 个 {role} 工作表（{names.zh}）；请指明所用的一个："
            f"命令行写 {option}，或在 area.toml 的 [sheet] 下写 {line}。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    return complete[0] if complete else max(shown, key=lambda t: len(fits[t]), default=None)


def _has_all(names: set[str], sought: Sought) -> bool:
    return all(names & one_of for one_of in sought.needed)


def _unsaved(path: Path, title: str) -> list[tuple[int, int, object]]:
    """Row, position and formula of the cells of a sheet whose formula has no value beside it."""
    import openpyxl

    books = [
        openpyxl.load_workbook(path, read_only=True, data_only=is_value)
        for is_value in (True, False)
    ]
    try:
        for book in books:
            book[title].reset_dimensions()
        both = zip(*(book[title].iter_rows() for book in books), strict=False)
        return [
            (number, n, cell.value)
            for number, (values, formulas) in enumerate(both, start=1)
            for n, (value, cell) in enumerate(zip(values, formulas, strict=False))
            if cell.data_type == "f" and value.value is None
        ]
    finally:
        for book in books:
            book.close()


def _read(
    sheet: Any,
    unsaved: list[tuple[int, int, object]],
    look: _Look,
    sought: Sought,
    *,
    file: str,
) -> pd.DataFrame:
    """
    The table of a sheet, which is read row by row: a format set far down makes it a million rows long.
    """
    records: list[tuple[int, list[Any]]] = []
    errors: list[tuple[int, int, object]] = []
    sheet.reset_dimensions()
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        found = ["" if c.value is None else c.value for c in cells]
        errors += [(number, n, c.value) for n, c in enumerate(cells) if c.data_type == "e"]
        if any(str(v).strip() for v in found):
            records.append((number, found))
    width = max((len(cells) for _, cells in records), default=0)
    even = [(number, cells + [""] * (width - len(cells))) for number, cells in records]
    beside = []
    if even:
        header = _table.find_header(even, sought.known)
        end, body = len(header.names), even[header.last + 1 :]
        _fill_merged(body, look.merged)
        for number, cells in body:
            if any(str(cell).strip() for cell in cells[end:]) and any(cells[:end]):
                beside.append(number)
                cells[end:] = [""] * len(cells[end:])
    frame = _table.table(even, sought, file=file, hidden=look.hidden_columns)
    used = {n for n, name in enumerate(frame) if sought.known.get(_checks.plain(name))}
    out = frame.attrs["left_out"]

    def in_table(cells: list[tuple[int, int, object]]) -> list[tuple[int, object]]:
        return [(number, value) for number, n, value in cells if n in used and number not in out]

    problems = [
        *_cell_problem(file, in_table(errors), _ERROR, _CORRECT_CELL),
        *_cell_problem(file, in_table(unsaved), _UNSAVED, _SAVE_VALUES),
    ]
    frame.attrs["problems"] = [*frame.attrs["problems"], *problems]
    frame.attrs["taken"] = [
        *frame.attrs["taken"],
        *_hidden_said(frame, look, sought),
        *_table.rows_said(
            [number for number in beside if number in frame.index],
            "has cells beside the table, which are not used",
            "have cells beside the table, which are not used",
            "在表格之外还有内容，未使用",
        ),
    ]
    return frame


def _cell_problem(
    file: str, cells: Sequence[tuple[int, object]], what: Sentence, mend: Sentence
) -> list[Sentence]:
    index = pd.Index([number for number, _ in cells], name="row")
    return _checks.complain(file, index, what, mend, values=[value for _, value in cells])


def _fill_merged(
    records: list[tuple[int, list[Any]]], merged: list[tuple[int, int, int, int]]
) -> None:
    """Text of a cell merged over several rows counts for each of them."""
    rows = dict(records)
    for first, last, column, _ in merged:
        cells = rows.get(first, [])
        text = cells[column] if column < len(cells) else ""
        if isinstance(text, str) and text.strip():
            for number in range(first + 1, last + 1):
                if column < len(rows.get(number, [])) and rows[number][column] == "":
                    rows[number][column] = text


def _hidden_said(frame: pd.DataFrame, look: _Look, sought: Sought) -> list[Text]:
    """Words about rows and columns that are read although a spreadsheet program does not show them."""
    rows = sorted(set(look.hidden_rows) & set(frame.index))
    said = _table.rows_said(
        rows, "is hidden and counted", "are hidden and counted", "被隐藏，仍计入"
    )
    names = [frame.columns[n] for n in look.hidden_columns if n < frame.shape[1]]
    names = [_checks.show(name) for name in names if sought.known.get(_checks.plain(name))]
    if names:
        unit = "column" if len(names) == 1 else "columns"
        verb = "is" if len(names) == 1 else "are"
        said.append(
            {
                "en": f"{unit} {', '.join(names)} {verb} hidden and read",
                "zh": f"列 {'、'.join(names)} 被隐藏，仍读取",
            }
        )
    return said


def _look(path: Path, title: str) -> _Look:
    """Which rows and columns of a sheet are hidden, and which cells are merged."""
    look = _Look([], [], [], [])
    with zipfile.ZipFile(path) as archive:
        part = _part_of(archive, title)
        if part is None:
            return look
        with archive.open(part) as opened:
            parser = expat.ParserCreate(namespace_separator=" ")
            parser.StartElementHandler = lambda tag, about: _see(look, tag.split(" ")[-1], about)
            parser.ParseFile(opened)
    return look


def _see(look: _Look, kind: str, about: dict[str, str]) -> None:
    """Take down what an element of a sheet says."""
    is_hidden = about.get("hidden") in ("1", "true")
    if kind == "row" and is_hidden and about.get("r", "").isdigit():
        look.hidden_rows.append(int(about["r"]))
    elif kind == "col" and is_hidden:
        first, last = int(about.get("min", "1")), int(about.get("max", "1"))
        look.hidden_columns.extend(range(first - 1, min(last, first + 999)))
    elif kind == "f":
        look.formulas.append(True)
    elif kind == "mergeCell":
        look.merged.extend(_range(about.get("ref", "")))


def _range(reference: str) -> list[tuple[int, int, int, int]]:
    from openpyxl.utils.cell import range_boundaries

    try:
        left, top, right, bottom = range_boundaries(reference)
    except (ValueError, TypeError):
        return []
    return [(top, min(bottom, top + 9_999), left - 1, right - 1)] if bottom > top else []


def _part_of(archive: zipfile.ZipFile, title: str) -> str | None:
    """The part of a workbook that holds a sheet."""
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet" and sheet.get("name") == title:
            key = next((v for k, v in sheet.attrib.items() if k.endswith("}id")), None)
            target = targets.get(key, "")
            name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return name if name in archive.namelist() else None
    return None
