"""The program: run a command; problems of the input are one message and exit status 2."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from carecircles import __version__, _signals
from carecircles.cli.options import app
from carecircles.errors import InfeasibleError, SolverError, ValidationError

# The help lists the commands in this order.
# isort: off
from carecircles.cli import coverage, whatif, site, files  # noqa: F401
# isort: on

_MOST_PROBLEMS = 100
_STOPPED = 130


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run a command; problems of the input are one message and exit status 2."""
    _keep_stdout_for_us()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    _signals.heed()
    try:
        _require_working_folder()
        _run()
        sys.stdout.flush()
    except ValidationError as err:
        from carecircles.report import printable

        more = len(err.problems) - _MOST_PROBLEMS
        shown = [printable(problem) for problem in err.problems[:_MOST_PROBLEMS]]
        lines = "\n".join(f"  {line}" for line in [*shown, *([f"and {more} more"] * (more > 0))])
        count = "1 problem" if len(err.problems) == 1 else f"{len(err.problems)} problems"
        _stop(f"{count}, nothing was written:\n{lines}", 2)
    except InfeasibleError as err:
        from carecircles.report import printable

        _stop(f"there is no such plan: {printable(str(err))}", 2)
    except (SolverError, TimeoutError) as err:
        _stop(str(err), 2)
    except ImportError as err:
        if "pip install" not in str(err):
            raise
        _stop(str(err), 2)
    except BrokenPipeError:
        _close_stdout()
        raise SystemExit(1) from None
    except OSError as err:
        if err.filename is not None:
            from carecircles.report import printable

            _stop(f"{printable(str(err.filename))}: {err.strerror}; check the path", 2)
        _close_stdout()
        _stop(f"the result could not be printed ({err.strerror})", 2)
    except MemoryError:
        _stop("there is not enough memory for this; use a larger --cell (site: --spacing)", 2)
    except KeyboardInterrupt:
        _stop("stopped; no file is half written", _STOPPED)
    raise SystemExit(0)


def _run() -> None:
    """The command; typer turns Ctrl-C into an exit status, which says nothing."""
    try:
        app()
    except SystemExit as ended:
        if ended.code == _STOPPED:
            raise KeyboardInterrupt from None
        raise


def _require_working_folder() -> None:
    """Paths are seen from the working folder; it may have been deleted."""
    try:
        Path.cwd()
    except OSError as err:
        raise ValidationError(
            [f"the working folder cannot be used ({err.strerror}); change to another one."]
        ) from None


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


def _stop(message: str, status: int) -> NoReturn:
    if sys.stderr is not None:
        sys.stderr.write(f"carecircles: {message}\n")
    raise SystemExit(status)
