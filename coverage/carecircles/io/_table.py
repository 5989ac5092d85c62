"""
The table in a sheet or a CSV file as an office sends it: where its header is, and where it ends.

The rule, the same for every file:

- The header is the row, among the first that hold anything, that names most columns we know; of
  equals the first. A header may take two rows, where the upper one names groups of columns.
- What stands above it is a title. Below it, a row that repeats it or holds only units is left out.
- A row whose id, name, street or first cell is a word for a total (合计, 小计, total) is left out,
  unless it has coordinates.
- Rows at the end are notes where they start like one ("注：", "Source:"), where every cell is such
  as "填表人：...", or where a single sentence stands apart; not where they have coordinates or people.

Whatever is not simply a header and rows is told (`attrs["taken"]`).
"""

import contextlib
import csv
import io
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.people import is_group
from carecircles.words import Sentence, Text, listed

MOST_ROWS_ABOVE = 40  # in which a header is looked for
_MEASURES = {
    "人数",
    "合计",
    "总数",
    "总计",
    "小计",
    "数量",
    "人口",
    "人口数",
    "number",
    "total",
    "persons",
}
_TOTALS = {
    "合计", "总计", "小计", "共计", "总数", "总和", "全区", "全市", "全县", "全省", "全国",
    "total", "totals", "grandtotal", "subtotal", "sum", "overall", "district",
}  # fmt: skip
_TOTAL_ENDINGS = ("合计", "总计", "小计", "共计")
_PART_OF_A_TOTAL = ("小计", "subtotal")
_LABELS = ("id", "name", "name_en", "code", "street", "kind")
_PLACED = ("lon", "lat")
_NOTE = re.compile(
    r"(注|备注|附注|说明|备注说明|数据来源|资料来源|来源|填表|填报|制表|审核|统计|复核|单位|联系|"
    r"notes?|sources?|remarks?)[^::]{0,12}[::]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+-]?[\d,]*\.?\d+\s*[%°张人个]?")
_FEWEST_LETTERS = 7  # of a sentence that stands apart below a table
_MOST_ROWS_NAMED = 8
_STEMS = "甲乙丙丁戊己庚辛"  # statistical forms number their columns by these, and by 1, 2, 3 ...
_MEND_FIELDS = Sentence(
    "put names that hold a comma in quotation marks, or save the file again if it was cut off",
    zh="含逗号的名称请加引号；文件若被截断，请重新保存",
)


class Sought(NamedTuple):
    """What is looked for in a file: its role, the spellings of its columns, and those it must have."""

    role: str | None = None
    known: Mapping[str, str] = {}  # what a plain spelling means; "" where it is known but not used
    needed: tuple[frozenset[str], ...] = ()  # one of each must be there


class Header(NamedTuple):
    """A header: the positions of its first and last row among those read, and its names."""

    first: int
    last: int
    names: list[str]


def table(
    records: Iterable[tuple[int, list[Any]]],
    sought: Sought,
    *,
    file: str,
    hidden: Iterable[int] = (),
) -> pd.DataFrame:
    """
    Numbered records as a frame of the table that is among them.

    Parameters
    ----------
    records
        Number and cells of each row.
    sought
        What is looked for.
    file
        What the sentences call the file.
    hidden
        Positions of the columns that a spreadsheet does not show.

    Returns
    -------
    frame
        Cells as they are, on the rows' numbers. `attrs` has `problems` (uneven rows), `taken` (what
        was taken for granted, in words), `totals` (number, cells by column, of rows of totals) and
        `left_out` (numbers of all rows that are not counted).

    Raises
    ------
    ValidationError
        If there is nothing in it, or a title and no header.
    """
    numbered = [(n, r) for n, r in records if _is_filled(r)]
    if not numbered:
        raise ValidationError([empty(file)])
    header = find_header(numbered, sought.known)
    names = _without_twins(header.names, sought.known, set(hidden))
    first, last = numbered[header.first][0], numbered[header.last][0]
    body = [(n, _trim(r, len(names))) for n, r in numbered[header.last + 1 :]]
    if len(names) == 1 and body and all(len(r) > 1 for _, r in body):
        told = f"{file}: row {first} looks like a title; put the column names into the first row."
        zh = f"{file}：第 {first} 行像是标题；请将列名放在第一行。"
        raise ValidationError([Sentence(told, zh=zh)])
    repeated = sorted({h for h in names if names.count(h) > 1 and h})
    if repeated:
        shown = listed(map(_checks.show, repeated))
        told = f"{file}: the header in row {first} has {shown} more than once; {_mends.KEEP_ONE}."
        zh = f"{file}：第 {first} 行表头中 {shown.zh} 重复；{_mends.KEEP_ONE.zh}。"
        raise ValidationError([Sentence(told, zh=zh)])
    meant = [sought.known.get(_checks.plain(name), "") for name in names]
    body, notes = _without_notes(
        body, [n for n, name in enumerate(meant) if name in _PLACED or is_group(name)]
    )
    above = [_written(cells) for _, cells in numbered[header.first : header.last + 1]]
    placed = [n for n, name in enumerate(meant) if name in _PLACED]
    labels = sorted({0, *(n for n, name in enumerate(meant) if name in _LABELS)})
    kept, again, totals = [], [], []
    for position, (number, cells) in enumerate(body):
        is_placed = any(_has_number(cells, n) for n in placed)
        if (position == 0 and _is_below_header(cells)) or (
            not is_placed and _written(cells) in above
        ):
            again.append(number)
        elif not is_placed and any(_is_total(cells, n) for n in labels):
            totals.append((number, dict(zip(names, map(_checks.as_text, cells), strict=False))))
        else:
            kept.append((number, cells))
    uneven = [(n, len(r)) for n, r in kept if len(r) != len(names)]
    kept = [(n, r) for n, r in kept if len(r) == len(names)]
    index = pd.Index([n for n, _ in kept], name="row", dtype=int)
    frame = pd.DataFrame([r for _, r in kept], columns=names, index=index, dtype=object)
    frame.attrs["problems"] = _checks.complain(
        file,
        pd.Index([n for n, _ in uneven], name="row"),
        Sentence(
            f"the number of fields is not that of the header ({len(names)})",
            zh=f"字段数与表头（{len(names)}）不符",
        ),
        _MEND_FIELDS,
        values=[count for _, count in uneven],
    )
    frame.attrs["totals"] = totals
    titles = [n for n, _ in numbered[: header.first]]
    frame.attrs["left_out"] = [*titles, *again, *(n for n, _ in totals), *notes]
    frame.attrs["taken"] = [
        *([header_said(first, last)] if header.last else []),
        *rows_said(
            again,
            "is a header once more and left out",
            "are headers once more and left out",
            "为重复的表头或单位，不计入",
        ),
        *rows_said(
            [n for n, _ in totals],
            "is a total and left out",
            "are totals and left out",
            "为合计，不计入",
        ),
        *rows_said(
            notes,
            "is a note and left out",
            "are notes and left out",
            "为表下说明，不计入",
        ),
    ]
    return frame


def empty(file: str) -> Sentence:
    """That there is nothing in a file."""
    return Sentence(
        f"{file}: the file is empty; {_mends.SAVE_AGAIN}.",
        zh=f"{file}：文件为空；{_mends.SAVE_AGAIN.zh}。",
    )


def find_header(numbered: Sequence[tuple[int, list[Any]]], known: Mapping[str, str]) -> Header:
    """The header of a table by the rule above; the first row where no column is known."""
    head = [[_cell(c) for c in cells] for _, cells in numbered[:MOST_ROWS_ABOVE]]
    counts = [len(_named(cells, known)) for cells in head]
    best = counts.index(max(counts))
    choice = Header(best, best, _without_blank_end(head[best]))
    if best > 0 and _is_upper(head[best - 1], head[best]):
        names = _combine(head[best - 1], head[best], known)
        found, alone = _named(names, known), _named(choice.names, known)
        if found != alone and len(found) >= len(alone):
            return Header(best - 1, best, names)
    if best + 1 < len(head) and _is_lower(head[best], head[best + 1]):
        names = _combine(head[best], head[best + 1], known)
        if len(_named(names, known)) >= counts[best]:
            return Header(best, best + 1, names)
    return choice


def names_of(header: Header, known: Mapping[str, str]) -> set[str]:
    """The columns of ours that a header names."""
    return {known.get(_checks.plain(name), "") for name in header.names} - {""}


def delimiter_of(content: str, known: Mapping[str, str]) -> str:
    """The character that parts the fields of a CSV text: the one with which most columns are known."""
    lines = [line for line in content.splitlines()[: 2 * MOST_ROWS_ABOVE] if line.strip()]
    marks = sorted(",\t;", key=lambda mark: -lines[0].count(mark)) if lines else [","]

    def count(mark: str) -> int:
        rows: list[tuple[int, list[Any]]] = []
        with_mark = csv.reader(io.StringIO("\n".join(lines)), delimiter=mark)
        with contextlib.suppress(csv.Error):  # told when the file is read
            rows.extend(enumerate(with_mark, start=1))
        filled = [row for row in rows if _is_filled(row[1])]
        return len(_named(find_header(filled, known).names, known)) if filled else 0

    return max(marks, key=count)


def _is_filled(cells: Iterable[object]) -> bool:
    return any(str(c).strip() for c in cells)


def _cell(value: object) -> str:
    """A cell of a header as one line."""
    return " ".join(str(value).split())


def _named(cells: Iterable[str], known: Mapping[str, str]) -> set[str]:
    """What the cells name of all that is known; a column that is not used stands for itself."""
    spelled = (_checks.plain(cell) for cell in cells)
    return {known[s] or s for s in spelled if s in known}


def _without_blank_end(cells: list[str]) -> list[str]:
    cells = list(cells)
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _is_upper(upper: list[str], lower: list[str]) -> bool:
    """Whether a row above a header names groups of its columns, and is not a title of the table."""
    filled = [cell for cell in upper if cell]
    is_title = len(filled) < 2 or any(":" in _narrow(cell) for cell in filled)
    return not is_title and not any(map(_is_number, upper)) and _has_group(upper, lower)


def _is_lower(upper: list[str], lower: list[str]) -> bool:
    """Whether a row below a header goes on with it: names below its groups, and no numbers."""
    if any(map(_is_number, lower)) or all(lower) or not any(lower):
        return False
    are_measures = all(_checks.plain(cell) in _MEASURES for cell in lower if cell)
    return are_measures or _has_group(upper, lower)


def _has_group(upper: list[str], lower: list[str]) -> bool:
    """Whether a name below stands under a blank cell that is right of a name: a merged cell."""
    first = next((n for n, cell in enumerate(upper) if cell), len(upper))
    pairs = zip(upper[first:], lower[first:], strict=False)
    return any(below and not above for above, below in pairs)


def _combine(upper: list[str], lower: list[str], known: Mapping[str, str]) -> list[str]:
    """The names of a header of two rows."""
    names, group = [], ""
    for above, below in itertools.zip_longest(upper, lower, fillvalue=""):
        group = above or group
        if not below:
            names.append(above)
        elif _checks.plain(below) in _MEASURES and _checks.plain(group) in known:
            names.append(group)
        elif _checks.plain(below) in known or not group:
            names.append(below)
        else:
            names.append(f"{group} {below}")
    return _without_blank_end(names)


def _without_twins(names: list[str], known: Mapping[str, str], hidden: set[int]) -> list[str]:
    """The names, without those of hidden columns that mean the same as one that is shown."""
    meant = [known.get(_checks.plain(name)) or name for name in names]
    shown = {what for n, what in enumerate(meant) if n not in hidden}
    return ["" if n in hidden and meant[n] in shown else name for n, name in enumerate(names)]


def _trim(record: list[Any], width: int) -> list[Any]:
    """A record without the empty cells beyond the header."""
    while len(record) > width and not str(record[-1]).strip():
        record = record[:-1]
    return record


def _written(cells: list[Any]) -> list[str]:
    return _without_blank_end([_cell(c) for c in cells])


def _has_number(cells: list[Any], position: int) -> bool:
    return position < len(cells) and _is_number(str(cells[position]))


def _is_below_header(cells: list[Any]) -> bool:
    """Whether a row holds the units of the columns, or numbers them as statistical forms do."""
    filled = [_narrow(cell) for cell in _written(cells) if cell]
    if len(filled) > 1 and all(re.fullmatch(r"\(.*\)", cell) for cell in filled):
        return True
    letters = [cell for cell in filled if not cell.isdecimal()]
    digits = [cell for cell in filled if cell.isdecimal()]
    is_in_order = filled == [*letters, *digits] and letters == list(_STEMS[: len(letters)])
    is_counted = digits == [str(n) for n in range(1, len(digits) + 1)]
    return is_in_order and is_counted and len(letters) > 0 and len(digits) > 1


def _is_total(cells: list[Any], position: int) -> bool:
    """Whether a label of a row is a word for a total."""
    return position < len(cells) and is_total_word(_checks.plain(str(cells[position])))


def is_total_word(label: str) -> bool:
    """Whether a plain label says that its row is a total."""
    return label in _TOTALS or label.endswith(_TOTAL_ENDINGS)


def is_whole_total(cells: Mapping[str, str]) -> bool:
    """Whether a row of totals is of the whole table, not of a part of it."""
    return not any(_checks.plain(c).endswith(_PART_OF_A_TOTAL) for c in cells.values())


def _without_notes(
    body: list[tuple[int, list[Any]]], figures: Sequence[int]
) -> tuple[list[tuple[int, list[Any]]], list[int]]:
    """The rows of a table without the notes at its end, and the numbers of these."""
    end = len(body)
    while end and _is_note(*body[end - 1], body[end - 2] if end > 1 else None, figures):
        end -= 1
    return body[:end], [number for number, _ in body[end:]]


def _is_note(
    number: int, cells: list[Any], before: tuple[int, list[Any]] | None, figures: Sequence[int]
) -> bool:
    """Whether the last row of a table is no row of it."""
    if any(_has_number(cells, n) for n in figures):
        return False
    filled = [c for c in cells if str(c).strip()]
    if not all(isinstance(c, str) for c in filled):
        return False
    texts = [_narrow(c) for c in filled]
    if _NOTE.match(texts[0]) or all(re.search(r"\D:|:\D", text) for text in texts):
        return True
    is_apart = (
        before is None
        or number - before[0] > 1
        or is_total_word(_checks.plain(str(next(iter(before[1]), ""))))
    )
    is_sentence = len(texts) == 1 and len(texts[0]) >= _FEWEST_LETTERS and not _is_number(texts[0])
    return is_sentence and (is_apart or texts[0].endswith(("。", ".")))


def _narrow(text: str) -> str:
    return _checks.narrow(text).strip()


def _is_number(cell: str) -> bool:
    """Whether a cell is a number, perhaps with its unit: '120 张' is, '60岁及以上' is not."""
    return _NUMBER.fullmatch(_narrow(cell)) is not None


# What is told


def header_said(first: int, last: int) -> Text:
    if first == last:
        return {"en": f"header in row {first}", "zh": f"表头在第 {first} 行"}
    return {"en": f"header in rows {first} and {last}", "zh": f"表头在第 {first}、{last} 行"}


def rows_said(numbers: Sequence[int], en: str, en_many: str, zh: str) -> list[Text]:
    """Words about some rows, in the singular and the plural, or nothing where there are none."""
    if not numbers:
        return []
    rows, more = [str(n) for n in numbers[:_MOST_ROWS_NAMED]], len(numbers) - _MOST_ROWS_NAMED
    and_more = (f" and {more} more", f" 等共 {len(numbers)} ") if more > 0 else ("", " ")
    unit, what = ("row", en) if len(rows) == 1 else ("rows", en_many)
    return [
        {
            "en": f"{unit} {', '.join(rows)}{and_more[0]} {what}",
            "zh": f"第 {'、'.join(rows)}{and_more[1]}行{zh}",
        }
    ]
