"""
Blocks of pages are run when the site is built, and stand there with what they printed.

Each page has a folder of its own. In a `console` block lines that begin with `$` are run there and
what they print stands below; with the class `fails` they must end with another status than 0. A
`python` block is run with the names of those before it on the page. A block with a caption is a
file of that name. `{shown}` shows a page that a command wrote. What goes wrong is a warning, at which
`sphinx-build -W` stops.
"""

import contextlib
import html
import importlib
import io
import os
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

import carecircles
from making.lines import check_line, words_of

LOGGER = logging.getLogger(__name__)
# Lines of tables, where a Chinese character is as wide as two letters: fonts that have it so draw lines as wide.
PLAIN = str.maketrans("━─┃│┏┳┓┡╇┩├┼┤└┴┘", "--||++++++++++++")
MOST_LINES = 45
WIDTH = 110
OURS = [f"carecircles.{name}" for name in carecircles.__all__]
SURROUNDINGS = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "COLUMNS": str(WIDTH), "NO_COLOR": "1"}


class Shown(SphinxDirective):
    """`{shown} FILE`: a page that a command above wrote, alive in this one."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        found = nodes.literal_block("", "", shown=self.arguments[0])
        self.set_source_info(found)
        return [found]


def run_blocks(app, doctree):
    """Run what a page says, from top to bottom."""
    blocks = list(doctree.findall(nodes.literal_block))
    if app.builder.format != "html" or not any(_is_run(block) for block in blocks):
        return
    names: dict = {}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "work"
        folder.mkdir()
        for block in blocks:
            try:
                if "shown" in block:
                    block.replace_self(_shown(folder / block["shown"]))
                elif caption := _caption(block):
                    path = folder / caption
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(block.astext() + "\n", encoding="utf-8")
                elif block.get("language") == "console":
                    _run_console(block, folder)
                elif block.get("language") == "python":
                    _run_python(block, folder, names)
            except Exception as err:
                LOGGER.warning("%s", err, location=block)


def _is_run(block):
    return "shown" in block or block.get("language") in ("console", "python")


def _caption(block):
    above = block.parent
    if isinstance(above, nodes.container) and above.get("literal_block"):
        return next((part.astext() for part in above.findall(nodes.caption)), None)
    return None


def _shown(path):
    page = html.escape(path.read_text(encoding="utf-8"))
    frame = f'<iframe class="carecircles-map" title="{html.escape(path.name)}" srcdoc="{page}"></iframe>'
    return nodes.raw("", frame, format="html")


def _run_console(block, folder):
    """Each command with what it prints; notes on standard error stand there as on a terminal."""
    said = []
    wants_failure = "fails" in block["classes"]
    for command in re.split(r"^\$ ", block.astext(), flags=re.MULTILINE)[1:]:
        status, out = run(command.strip(), folder)
        if (status != 0) != wants_failure:
            raise RuntimeError(f"`{command.strip()}` ended with status {status}:\n{out}")
        if re.search("[\u4e00-\u9fff]", out):
            out = out.translate(PLAIN)
        lines = out.replace(str(folder), "~/work").rstrip().splitlines()
        if len(lines) > MOST_LINES:
            lines = [*lines[:MOST_LINES], f"... ({len(lines) - MOST_LINES} more lines)"]
        said += [*([""] if said else []), f"$ {command.strip()}", *lines]
    if not said:
        raise RuntimeError("a console block without a line that begins with `$ `")
    _say(block, "\n".join(said))


def _say(block, text):
    block.rawsource = text
    block.children = []
    block += nodes.Text(text)


def run(command, folder):
    """The status of a command line and all it printed; ours are run without the seconds a start takes."""
    words = words_of(command)
    if (
        words[0] == "carecircles"
        and not set(words) & {"|", "||", ">", "&&"}
        and hasattr(os, "fork")
    ):
        return _run_ours(words, folder)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=folder, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False,
        env={**os.environ, **SURROUNDINGS, "PATH": path},
    )  # fmt: skip
    return done.returncode, done.stdout


def _run_ours(words, folder):
    """The command in a process that has read the libraries already."""
    from carecircles import cli

    for library in ("folium", "geopandas", "highspy", "scipy.sparse", *OURS):
        importlib.import_module(library)  # here, so that each child has it

    with tempfile.TemporaryFile() as printed:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            status = 70
            try:
                os.dup2(printed.fileno(), 1)
                os.dup2(printed.fileno(), 2)
                sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
                sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
                os.environ.update(SURROUNDINGS)
                os.chdir(folder)
                sys.argv = words
                try:
                    cli.main()
                except SystemExit as ended:
                    status = ended.code or 0
                except BaseException:
                    traceback.print_exc()
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)
        _, status, used = os.wait4(child, 0)
        LOGGER.info("%.1f s: %s", used.ru_utime + used.ru_stime, " ".join(words))
        status = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        return status, printed.read().decode("utf-8")


def _run_python(block, folder, names):
    """Run it, and show below what it prints."""
    out = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(out):
        exec(compile(block.astext(), f"line {block.line}", "exec"), names)
    if said := out.getvalue().rstrip():
        shown = nodes.literal_block(said, said, language="none", classes=["output"])
        block.parent.insert(block.parent.index(block) + 1, shown)


def check_lines(app, doctree):
    """An `sh` block is not run: it may install something, and call commands that there are."""
    for block in doctree.findall(nodes.literal_block):
        if block.get("language") in ("sh", "bash", "shell"):
            for line in block.astext().splitlines():
                try:
                    check_line(line)
                except Exception as err:
                    LOGGER.warning("%s: %s", line, err, location=block)


def setup(app):
    app.add_directive("shown", Shown)
    app.connect("doctree-read", check_lines)
    app.connect("doctree-read", run_blocks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
