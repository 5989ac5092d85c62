"""What commands print and write."""

import contextlib
import functools
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

import typer

from carecircles.words import Sentence, joined, printable, say

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.charts import Chart
    from carecircles.io import Result

READING = Sentence("reading", zh="正在读取")
READING_SCENARIOS = Sentence("reading the scenarios", zh="正在读取方案")
MAKING_THE_GRID = Sentence("making the grid", zh="正在生成网格")
DRAWING_LOTS = Sentence("drawing what is not known", zh="正在对未知数据抽样")
MEASURING = Sentence("measuring distances and counting people", zh="正在量算距离、统计人数")
DRAWING = Sentence("drawing the map", zh="正在绘制地图")
WRITING = Sentence("writing", zh="正在写出")
_ENOUGH = Sentence("; Ctrl-C for the best plan so far", zh="；按 Ctrl-C 取目前最好的方案")
_NOTHING = Sentence("; there is no result yet", zh="；尚无结果")
_ours: ContextVar[TextIO | None] = ContextVar("ours", default=None)
_talk: ContextVar[str] = ContextVar("talk", default="")  # or "quiet", "verbose"


@contextlib.contextmanager
def ours_alone() -> Iterator[None]:
    """For a command: standard output is what the functions here print, all else goes to standard error."""
    token = _ours.set(sys.stdout)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _ours.reset(token)


@contextlib.contextmanager
def talking(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """For a command: what is said beside its result, nothing, the usual or each step with its seconds."""
    token = _talk.set("quiet" if quiet else "verbose" if verbose else "")
    try:
        yield
    finally:
        _talk.reset(token)


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


class Answer(NamedTuple):
    """
    What a command has to say: as a frame, as a record for programs, and on the terminal, in a language.

    `table` is what CSV and workbooks have instead of the frame, where there is a row of totals; `more` are other
    frames that a workbook has too, by the name of their sheet in a language.
    """

    frame: "Callable[[], pd.DataFrame]"
    record: Callable[[], dict[str, Any]]
    show: Callable[[str], None]
    table: "Callable[[], pd.DataFrame] | None" = None
    more: "Callable[[str], Mapping[str, pd.DataFrame]]" = lambda _: {}


class Drawn(NamedTuple):
    """A chart that is drawn when it is asked for, once, and what is to be said of it."""

    content: "Callable[[], bytes]"
    said: Callable[[str], list[str]]


def chart_of(path: Path | None, draw: "Callable[[str], Chart]") -> Drawn:
    """The chart of a file, if there is to be one."""
    kept = functools.cache(lambda: draw(path.suffix if path is not None else ".png"))

    def said(lang: str) -> list[str]:
        return [] if path is None else [say(note, lang) for note in kept().notes]

    return Drawn(lambda: kept().content, said)


def give(
    answer: Answer,
    area: "StudyArea",
    *,
    format: str,
    out: Path | None,
    beside: "Mapping[Path | None, Callable[[], Result]]" = MappingProxyType({}),
    told: Sequence[Path | None] = (),
    inputs: Sequence[Path],
    lang: str,
) -> None:
    """
    Write an answer to `--out`, and what goes `beside` it to its own files, all or none; then print it.

    Where no file was asked for, its path is None. Below a table the files that are `told` are named.
    """
    from carecircles import io

    made = {out: _result_of(answer, out, area, lang), **beside}
    with busy(WRITING, lang):
        io.write_results(
            {path: make for path, make in made.items() if path is not None}, inputs=inputs
        )
    if format == "table":
        answer.show(lang)
        for path in told:
            if path is not None:
                print_line(path)
    elif format == "json":
        print_text(_json(answer.record()))
    elif format == "csv":
        print_text(io.csv_text((answer.table or answer.frame)()))
        _remark(area, lang)
    else:
        print_text(io.geojson_text(answer.frame()))
        _remark(area, lang)


def _result_of(
    answer: Answer, out: Path | None, area: "StudyArea", lang: str
) -> "Callable[[], Result]":
    """What `--out` is made of: the record as JSON, the table as CSV or as a workbook, or the frame."""
    from carecircles import report

    table = answer.table or answer.frame
    made: dict[str, Callable[[], Result]] = {
        ".json": lambda: _json(answer.record()),
        ".csv": table,
        ".xlsx": lambda: report.workbook(
            table(), lang=lang, groups=area.groups, more=answer.more(lang)
        ),
    }
    return answer.frame if out is None else made.get(out.suffix.casefold(), answer.frame)


def _json(record: dict[str, Any]) -> str:
    import json

    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _remark(study: "StudyArea", lang: str) -> None:
    """What was taken for granted, beside a document on stdout that has no room for it."""
    for note in study.notes if _talk.get() != "quiet" else ():
        typer.echo(f"carecircles: {printable(say(note, lang))}", err=True)


@contextlib.contextmanager
def busy(doing: Sentence, lang: str) -> Iterator[Callable[[Sentence], None]]:
    """Say what is being done while it lasts, where somebody watches; the value says it anew. Ctrl-C is told when it came."""
    try:
        with _said(doing, lang) as tell:
            yield tell
    except KeyboardInterrupt:
        when = Sentence(f"stopped while {doing}", zh=f"{say(doing, 'zh')}时中止")
        if doing is not WRITING:
            when = joined([when, _NOTHING], "")
        typer.echo(f"carecircles: {say(when, lang)}", err=True)
        raise


@contextlib.contextmanager
def _said(doing: Sentence, lang: str) -> Iterator[Callable[[Sentence], None]]:
    """Say what is being done, where somebody watches."""
    if _talk.get() == "verbose":
        typer.echo(f"{say(doing, lang)} ...", err=True, nl=False)
        begun = time.perf_counter()
        try:
            yield lambda _: None
        finally:
            typer.echo(f" {time.perf_counter() - begun:.1f} s", err=True)
        return
    if not is_watched():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(say(doing, lang)) as status:
        yield lambda now: status.update(say(now, lang))


def is_watched() -> bool:
    """Whether somebody sees what is said while it is done."""
    return _talk.get() == "" and sys.stderr is not None and sys.stderr.isatty()


@contextlib.contextmanager
def searching(doing: Sentence, lang: str) -> "Iterator[Callable[[float, float], None] | None]":
    """Say how good the best plan is and what no plan can beat, where somebody watches."""
    with busy(joined([doing, _ENOUGH], ""), lang) as tell:
        yield (
            (lambda value, bound: tell(_progress(doing, value, bound))) if is_watched() else None
        )


def _progress(doing: Sentence, value: float, bound: float) -> Sentence:
    gap = abs(bound - value) / max(abs(value), 1.0)
    known = Sentence("no good plan yet", zh="尚无好的方案")
    if gap <= 1:
        of = f"{100 * gap:.2f} %"
        told = f"{value:,.0f}, at best {bound:,.0f}, gap {of}"
        known = Sentence(told, zh=f"{value:,.0f}，至多 {bound:,.0f}，差距 {of}")
    return joined([doing, Sentence(": ", zh="："), known, _ENOUGH], "")
