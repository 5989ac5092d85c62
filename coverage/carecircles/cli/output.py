"""What commands print and write."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from carecircles.words import printable, say

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.io import Result
    from carecircles.people import Group


def result_of(
    out: Path | None,
    frame: "Callable[[], pd.DataFrame]",
    record: Callable[[], dict],
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


def _json(record: dict) -> str:
    import json

    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def print_json(record: dict) -> None:
    typer.echo(_json(record), nl=False)


def remark(study: "StudyArea", lang: str) -> None:
    """What was taken for granted, beside a document on stdout that has no room for it."""
    for note in study.notes:
        typer.echo(f"carecircles: {printable(say(note, lang))}", err=True)


@contextlib.contextmanager
def busy(doing: str) -> Iterator[None]:
    """Say what is being done while it lasts, where somebody watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield
