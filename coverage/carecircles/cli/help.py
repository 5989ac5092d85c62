"""What `--help` says, in the language asked for; `help.toml` has it in Chinese."""

import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from rich.cells import cell_len
from typer.core import TyperCommand, TyperGroup

from carecircles._lines import width, wrapped

_FILE = Path(__file__).with_suffix(".toml")
_WIDEST = 100  # columns in which help is read well
_LEFT = 26  # columns of what is told about, before what is said of it
_OF_TYPER = (  # what typer writes beside a text
    (re.compile(r"^Usage: "), "用法："),
    (re.compile(r"\s*\[default: ([^]]*)\]$"), r"[默认：\1]"),
    (re.compile(r"\s*\[required\]$"), "[必填]"),
)


@functools.cache
def _chinese() -> dict[str, str]:
    """What is said in Chinese, by what is said in English in one line."""
    texts = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {_in_one_line(en): zh for en, zh in texts.items()}


def in_chinese(text: str) -> str:
    """
    A paragraph of `--help` in Chinese; one that `help.toml` does not have, as it is.

    Examples
    --------
    >>> in_chinese("Print the version."), in_chinese("Folder to make.  [required]")
    ('显示版本。', '要新建的文件夹。[必填]')
    """
    whole = _in_one_line(text)
    if whole in _chinese():
        return _chinese()[whole]
    for pattern, zh in _OF_TYPER:
        found = pattern.search(whole)
        if found and not found.start():
            return found.expand(zh) + whole[found.end() :]
        if found and whole[: found.start()] in _chinese():
            return _chinese()[whole[: found.start()]] + found.expand(zh)
    return whole


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _write_help(command: Any, ctx: Any, formatter: Any) -> None:
    """Write the help."""
    formatter.write("\n".join(_lines(command, ctx)) + "\n")


class SpeakingCommand(TyperCommand):
    """A command whose help is in the language it `speaks`."""

    speaks = "en"
    format_help = _write_help


class Program(TyperGroup):
    """The program, whose help is in the language it `speaks`."""

    speaks = "en"
    format_help = _write_help


def speak(program: Any, lang: str) -> None:
    """Have the help of a program that was just made, and of its commands, in a language."""
    for one in (program, *program.commands.values()):
        one.speaks = lang


def _lines(command: Any, ctx: Any) -> Iterator[str]:
    """The help: how the command is called, what it does, and what it takes below headings."""

    def told(text: str) -> str:
        return in_chinese(text) if command.speaks == "zh" else _in_one_line(text)

    columns = min(width(), _WIDEST)
    yield from wrapped(told(command.get_usage(ctx)), columns)
    for paragraph in (command.help or "").split("\n\n"):
        yield ""
        yield from wrapped(told(paragraph), columns)
    for heading, rows in _rows(command, ctx).items():
        yield ""
        yield typer.style(told(heading), bold=True)
        for name, text in rows:
            beside = wrapped(told(text), columns - _LEFT)
            if cell_len(name) + 4 > _LEFT:
                yield from (f"  {line}" for line in wrapped(name, columns - 2))
            else:
                yield f"  {name:<{_LEFT - 2}}{beside.pop(0)}"
            yield from (f"{'':<{_LEFT}}{line}" for line in beside)


def _rows(command: Any, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """What a command takes and what is said of it, by heading; those without one of their own first."""
    rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for one in command.get_params(ctx):
        kind = "Arguments" if one.param_type_name == "argument" else "Options"
        own = getattr(one, "rich_help_panel", None)
        record = one.get_help_record(ctx)
        if record is not None:
            rows.setdefault(own if isinstance(own, str) else kind, []).append(record)
    for name, one in getattr(command, "commands", {}).items():
        rows.setdefault("Commands", []).append((name, one.help.split("\n\n")[0]))
    return {heading: listed for heading, listed in rows.items() if listed}
