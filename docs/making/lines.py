"""Lines of a shell, and whether the program has what they ask of it."""

import re
import shlex

import typer

from carecircles.cli.main import app as program

INSTALLS = re.compile(r"(pip install|jupyter lab|sphinx-build|pytest)\b")  # not for a build to do


def check_line(line):
    """Hold a line of a shell against the program: the command and each of its options must be there."""
    for part in re.split(r"\s*&&\s*|\s*\|\s*", line):
        words = words_of(part)
        if not words or words == ["carecircles"] or INSTALLS.match(part):
            continue
        if words[0] != "carecircles":
            raise ValueError("write it as a console block, so that it runs")
        whole = typer.main.get_command(program)
        if words[1].startswith("-"):
            raise ValueError("name a command")
        command = whole.commands[words[1]]
        command.make_parser(typer.Context(command)).parse_args(words[2:])


def words_of(command):
    """As a shell reads them: a comment begins with ` #`, while `#` in a word names a sheet."""
    return shlex.split(re.sub(r"\s#.*|^#.*", "", command))
