"""The program: run a command; problems of the input are one message and exit status 2."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from carecircles import __version__, _signals
from carecircles.cli import help
from carecircles.cli.options import Lang, app, language_of
from carecircles.cli.output import print_line
from carecircles.cli.usage import UsageError, wrong_call
from carecircles.cli.welcome import welcome
from carecircles.errors import InfeasibleError, OutOfTimeError, SolverError, ValidationError
from carecircles.words import Sentence, printable, say

# The help lists the commands in this order.
# isort: off
from carecircles.cli import coverage, circle, timeline, claims, whatif, site, benches, equity, load  # noqa: F401
from carecircles.cli import sure, project, network, files, doctor  # noqa: F401
# isort: on

_MOST_PROBLEMS = 100
_STOPPED = 130


def _version(wanted: bool) -> None:
    if wanted:
        print_line(__version__)
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    lang: Lang = None,  # type: ignore[assignment]  # which its callback replaces
    version: Annotated[  # noqa: ARG001  # its callback prints it
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        print_line(welcome(lang))


def main() -> NoReturn:
    """Run a command; problems of the input are one message and exit status 2."""
    lang = language_of(sys.argv[1:])
    _keep_stdout_for_us()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    _signals.heed()
    try:
        with _signals.awaited():
            _require_working_folder()
            _run(lang)
            sys.stdout.flush()
    except ValidationError as err:
        _stop(_told(err.problems), 2, lang)
    except InfeasibleError as err:
        found = f"there is no such plan: {err.why}"
        _stop([Sentence(found, zh=f"没有这样的方案：{say(err.why, 'zh')}")], 2, lang)
    except (SolverError, OutOfTimeError) as err:
        _stop([err.why], 2, lang)
    except ImportError as err:
        if "pip install" not in str(err):
            raise
        _stop([_sentence_of(err)], 2, lang)
    except BrokenPipeError:
        _close_stdout()
        raise SystemExit(1) from None
    except OSError as err:
        if err.filename is not None:
            place, why = err.filename, err.strerror
            told = f"{place}: {why}; check the path"
            _stop([Sentence(told, zh=f"{place}：{why}；请检查路径")], 2, lang)
        _close_stdout()
        told = f"the result could not be printed ({err.strerror})"
        _stop([Sentence(told, zh=f"结果无法输出（{err.strerror}）")], 2, lang)
    except MemoryError:
        told = "there is not enough memory for this; use a larger --cell (site: --spacing)"
        _stop([Sentence(told, zh="内存不足；请用更大的 --cell（site 用 --spacing）")], 2, lang)
    except KeyboardInterrupt:
        told = "stopped; no file is half written"
        _stop([Sentence(told, zh="已停止；没有写了一半的文件")], _STOPPED, lang)
    raise SystemExit(0)


def _run(lang: str) -> None:
    """The command; what typer finds wrong with a call is told as any other problem."""
    program = typer.main.get_command(app)
    help.speak(program, lang)
    try:
        status = program(standalone_mode=False)
    except UsageError as err:
        if not str(err):  # typer has printed the help instead
            raise SystemExit(2) from None
        raise wrong_call([err]) from None
    if status == _STOPPED:  # Ctrl-C, of which typer makes a status
        raise KeyboardInterrupt
    if status:
        raise SystemExit(status)


def _require_working_folder() -> None:
    """Paths are seen from the working folder; it may have been deleted."""
    try:
        Path.cwd()
    except OSError as err:
        told = f"the working folder cannot be used ({err.strerror}); change to another one."
        zh = f"当前工作目录无法使用（{err.strerror}）；请换到另一个目录。"
        raise ValidationError([Sentence(told, zh=zh)]) from None


def _keep_stdout_for_us() -> None:
    """Standard output is what we print; what a library prints below Python goes to standard error."""
    own = sys.__stdout__
    if own is None or sys.stdout is not own:  # closed, or somebody else's already
        return
    kept = os.dup(own.fileno())
    try:
        os.dup2(2, own.fileno())
    except OSError:  # there is no standard error
        os.dup2(os.open(os.devnull, os.O_WRONLY), own.fileno())
    buffering = 1 if own.isatty() else -1
    ours = os.fdopen(kept, "w", buffering, encoding="utf-8", closefd=False)
    sys.stdout = sys.__stdout__ = ours  # type: ignore[misc]  # by which rich finds the width


def _close_stdout() -> None:
    """Nothing more can be printed; Python is not to try again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _sentence_of(err: Exception) -> str:
    """The sentence that an error of Python's own was raised with."""
    return next((said for said in err.args if isinstance(said, Sentence)), str(err))


def _told(problems: Sequence[Sentence]) -> list[Sentence]:
    """What is wrong, a line each; of very many the first."""
    count, more = len(problems), len(problems) - _MOST_PROBLEMS
    head = f"{'1 problem' if count == 1 else f'{count} problems'}, nothing was written:"
    rest = [Sentence(f"and {more} more", zh=f"还有 {more} 个")] if more > 0 else []
    shown = [*problems[:_MOST_PROBLEMS], *rest]
    return [Sentence(head, zh=f"有 {count} 个问题，没有写出任何文件："), *shown]


def _stop(message: Sequence[str], status: int, lang: str) -> NoReturn:
    """End with lines, in which values from files show what cannot be printed."""
    if sys.stderr is not None:
        lines = "\n  ".join(printable(say(line, lang)) for line in message)
        sys.stderr.write(f"carecircles: {lines}\n")
    raise SystemExit(status)
