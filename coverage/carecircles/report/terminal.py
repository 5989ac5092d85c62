"""Tables on the terminal."""

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from carecircles import _lines
from carecircles.report import _widths
from carecircles.words import Text, printable, say

_MOST_ROWS = 1_000  # nobody reads more of them, and laying out a nation's takes minutes


def print_table(
    table: pd.DataFrame,
    *,
    title: str,
    notes: Sequence[str] = (),
    lang: str = "en",
    has_formats: bool = True,
) -> None:
    """
    A table of text on the terminal, names as they are written and every figure whole.

    Where there is no room for all columns the last ones are named below the table; where there is
    hardly room for any, every row is a record. Of more than 1,000 rows the first are printed. `has_formats` is whether --format gives the whole table.

    Examples
    --------
    >>> print_table(pd.DataFrame({"Street": ["A"], "60+": ["5"]}), title="People", lang="en")
    People
    ┏━━━━━━━━┳━━━━━┓
    ┃ Street ┃ 60+ ┃
    ┡━━━━━━━━╇━━━━━┩
    │ A      │   5 │
    └────────┴─────┘
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Line

    wide = _lines.width()
    console = Console(highlight=False, width=wide)

    def write(text: str) -> None:
        for line in _lines.wrapped(text, wide):
            console.print(Line(line), no_wrap=True, overflow="ignore", crop=False)

    write(printable(title))
    rows, table = len(table), table.iloc[:_MOST_ROWS]
    widths = _widths.column_widths(table, wide)
    if widths is None:
        for line in _widths.records(table, wide):
            console.print(Line(line), no_wrap=True, overflow="ignore", crop=False)
    else:
        grid = Table()
        for column, width in widths.items():
            side: Literal["left", "right"] = (
                "right" if _widths.is_figures(table, column) else "left"
            )
            header = Line("\n".join(_lines.wrapped(column, width)))
            grid.add_column(header, justify=side, width=width, no_wrap=True)
        for row in table[list(widths)].itertuples(index=False):
            cells = zip(row, widths.values(), strict=True)
            grid.add_row(*(Line("\n".join(_lines.wrapped(*cell))) for cell in cells))
        console.print(grid)
        if len(widths) < len(table.columns):
            write(say(_left_out(table, list(widths), has_formats), lang))
    if rows > _MOST_ROWS:
        write(say(_more_rows(rows, has_formats), lang))
    for note in notes:
        write(printable(note))


def _left_out(table: pd.DataFrame, kept: Sequence[str], has_formats: bool) -> Text:
    """Which columns there was no room for, and how to see them."""
    absent = [column for column in table.columns if column not in kept]
    needed = _widths.full_width(table)
    more = {"en": "", "zh": ""}
    if has_formats:
        more = {
            "en": ", and so do --format csv and --format json",
            "zh": "，也可用 --format csv 或 --format json 查看",
        }
    return {
        "en": f"Left out for want of room: {'; '.join(absent)}. A window {needed} columns wide shows "
        f"them{more['en']}.",
        "zh": f"因宽度不足未列出：{'；'.join(absent)}。窗口宽 {needed} 列时可全部显示{more['zh']}。",
    }


def _more_rows(rows: int, has_formats: bool) -> Text:
    """How many rows were not printed, and how to see them."""
    more = {"en": "", "zh": ""}
    if has_formats:
        more = {
            "en": "; --format csv, --format json and --out give all",
            "zh": "；--format csv、--format json 和 --out 给出全部",
        }
    return {
        "en": f"The first {_MOST_ROWS:,} of {rows:,} rows{more['en']}.",
        "zh": f"仅列出 {rows:,} 行中的前 {_MOST_ROWS:,} 行{more['zh']}。",
    }
