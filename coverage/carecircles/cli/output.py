"""What commands print and write."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from carecircles.words import Sentence, printable, say

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.io import Result
    from carecircles.people import Group

READING = Sentence("reading", zh="正在读取")
READING_SCENARIOS = Sentence("reading the scenarios", zh="正在读取方案")
MAKING_THE_GRID = Sentence("making the grid", zh="正在生成网格")
MEASURING = Sentence("measuring distances and counting people", zh="正在量算距离、统计人数")
DRAWING = Sentence("drawing the map", zh="正在绘制地图")
WRITING = Sentence("writing", zh="正在写出")
_ours: ContextVar[TextIO | None] = ContextVar("ours", default=None)


@contextlib.contextmanager
def ours_alone() -> Iterator[None]:
    """For a command: standard output is what the functions here print, all else goes to standard error."""
    token = _ours.set(sys.stdout)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _ours.reset(token)


def print_text(text: str) -> None:
    """Print text or a document as it is, with nothing behind it."""
    with contextlib.redirect_stdout(_ours.get() or sys.stdout):
        typer.echo(text, nl=False)


def print_line(line: object) -> None:
    """Print a line."""
    print_text(f"{line}\n")


def print_table(
    table: "pd.DataFrame",
    *,
    title: str,
    notes: Sequence[str] = (),
    lang: str,
    has_formats: bool = True,
) -> None:
    """Print a table as `report.print_table` lays it out."""
    from carecircles import report

    with contextlib.redirect_stdout(_ours.get() or sys.stdout):
        report.print_table(table, title=title, notes=notes, lang=lang, has_formats=has_formats)


def result_of(
    out: Path | None,
    frame: "Callable[[], pd.DataFrame]",
    record: Callable[[], dict[str, Any]],
    lang: str,
    *,
    groups: "Sequence[Group]",
    table: "Callable[[], pd.DataFrame] | None" = None,
) -> "dict[Path, Callable[[], Result]]":
    """
    What `--out` is made of: the record as JSON, the table as CSV or as a workbook, or the frame.

    The table is the frame unless there is one of its own, with a row of totals. `groups` are those of
    the study area, by whose names a workbook calls its columns.
    """
    from carecircles import report

    if out is None:
        return {}
    table = table or frame
    made: dict[str, Callable[[], Result]] = {
        ".json": lambda: _json(record()),
        ".csv": table,
        ".xlsx": lambda: report.workbook(table(), lang=lang, groups=groups),
    }
    return {out: made.get(out.suffix.casefold(), frame)}


def _json(record: dict[str, Any]) -> str:
    import json

    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def print_json(record: dict[str, Any]) -> None:
    print_text(_json(record))


def remark(study: "StudyArea", lang: str) -> None:
    """What was taken for granted, beside a document on stdout that has no room for it."""
    for note in study.notes:
        typer.echo(f"carecircles: {printable(say(note, lang))}", err=True)


@contextlib.contextmanager
def busy(doing: Sentence, lang: str) -> Iterator[Callable[[Sentence], None]]:
    """Say what is being done while it lasts, where somebody watches; the value says it anew."""
    if not is_watched():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(say(doing, lang)) as status:
        yield lambda now: status.update(say(now, lang))


def is_watched() -> bool:
    """Whether somebody sees what is said while it is done."""
    return sys.stderr is not None and sys.stderr.isatty()
