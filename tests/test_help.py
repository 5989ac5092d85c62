"""What the program says of itself: `--help`, what comes without a command, and what `doctor` finds."""

import dataclasses
import importlib.metadata
import json
import os
import re
import subprocess
import sys

import pytest
import typer
from rich.cells import cell_len

from carecircles import __version__, charts, datasets, doctor, memory, siting
from carecircles.cli.help import in_chinese
from carecircles.cli.main import app
from tests.test_cli import refused, run

PROGRAM = typer.main.get_command(app)
COMMANDS = sorted(PROGRAM.commands)


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_told_in_chinese(command):
    one = PROGRAM.commands[command] if command else PROGRAM
    told = [*one.help.split("\n\n"), *(p.help for p in one.params)]
    for text in told:
        assert in_chinese(text) != " ".join(text.split()), f"not in help.toml: {text}"


@pytest.mark.parametrize(("lang", "columns"), [("en", 80), ("zh", 80), ("zh", 40), ("en", 200)])
def test_help_fits_the_terminal_and_leaves_nothing_out(tmp_path, monkeypatch, lang, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    for command in COMMANDS:
        done = run(command, "--help", "--lang", lang, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert max(map(cell_len, done.stdout.splitlines())) <= min(columns, 100)
        letters = "".join(done.stdout.split())
        for parameter in PROGRAM.commands[command].params:
            said = in_chinese(parameter.help) if lang == "zh" else parameter.help
            assert "".join(said.split()) in letters  # `[groups]` is no markup
        assert ("用法：" if lang == "zh" else "Usage: ") in done.stdout


def test_what_one_can_do_next_is_what_is_there(tmp_path):
    def first(lang="en"):
        done = run("--lang", lang, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines[0].startswith(f"carecircles {__version__}")
        return [
            line.split("  ")[1].removeprefix("carecircles ") for line in lines if line[:1] == " "
        ]

    assert first()[:3] == ["map", "map --live", "evaluate"] and "doctor" in first("zh")
    for command in first():  # everything that is named is a command
        assert command.split()[0] in {*COMMANDS, "--help"}
    assert run("init", "mine", cwd=tmp_path).returncode == 0
    assert first()[:3] == ["check ./mine", "map --area ./mine", "evaluate --area ./mine"]
    for command in first()[:3]:
        done = run(*command.split(), cwd=tmp_path)
        assert done.returncode == 0, done.stderr


def test_as_much_is_said_beside_a_result_as_is_asked_for(tmp_path):
    """The datum is taken for granted, which is a remark; the document stays the same."""
    datasets.write_template(tmp_path / "mine")
    path = tmp_path / "mine" / "area.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('centres = "wgs84"', ""), encoding="utf-8")
    asked = ("evaluate", "--area", "mine", "--cell", "400", "--format", "csv")
    usual, quiet, verbose = (
        run(*asked, *more, cwd=tmp_path) for more in ([], ["--quiet"], ["--verbose"])
    )
    assert usual.stdout == quiet.stdout == verbose.stdout != ""
    assert "wgs84" in usual.stderr.casefold() and quiet.stderr == ""
    steps = re.findall(r"^(.+) \.\.\. \d+\.\d s$", verbose.stderr, flags=re.MULTILINE)
    assert steps[:2] == ["reading", "making the grid"]
    told = refused(*asked, "--quiet", "--verbose", cwd=tmp_path)
    assert "--quiet and --verbose exclude each other; name one." in told


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_commands_and_options_complete_themselves(tmp_path, shell):
    done = subprocess.run(
        [sys.executable, "-m", "carecircles"], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={**os.environ, "_CARECIRCLES_COMPLETE": f"complete_{shell}", "COMP_WORDS": "carecircles ev",
             "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "carecircles ev"},
    )  # fmt: skip
    assert "evaluate" in done.stdout and "gaps" not in done.stdout


def test_all_is_well_where_the_tests_pass(tmp_path):
    done = run("doctor", "--format", "json", cwd=tmp_path)
    found = json.loads(done.stdout)
    wrong = [one for one in found["findings"] if one["state"] == "wrong"]
    assert (done.returncode, found["is_well"]) == (1 if wrong else 0, not wrong)
    assert [one["about"] for one in wrong] in ([], ["font for Chinese"])
    assert list(tmp_path.iterdir()) == []
    assert found["findings"][-1]["about"] == "solver"
    solver = doctor.solver()
    assert solver.state == "well" and solver.found.startswith("HiGHS 1.")


def lying(function):
    """A solver that claims more than there is."""

    def told(*values, **options):
        found = function(*values, **options)
        return dataclasses.replace(
            found, objective=found.objective * 1.01, bound=found.bound * 1.01
        )

    return told


def silent(*_values, **_options):
    raise RuntimeError("no licence")


SOUND = {name: importlib.metadata.version(name) for name in ("highspy", "matplotlib")}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("about", "where", "name", "broken", "mend"),
    [
        ("solver", siting, "maximize_coverage", lying(siting.maximize_coverage), "pip install --upgrade highspy"),
        ("solver", siting, "minimize_cost", silent, "pip install --upgrade highspy"),
        ("font for Chinese", charts, "font_for", lambda _text: None, "fonts-noto-cjk"),
        ("memory", memory, "limit", lambda _asked: 1e8, "--cell"),
        ("libraries", importlib.metadata, "version", lambda name: "1.10.0" if name == "highspy" else SOUND.get(name, "99"), "highspy"),
    ],
    ids=["a solver that lies", "no solver", "no font", "no memory", "an old solver"],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_mend(
    tmp_path, monkeypatch, about, where, name, broken, mend, lang
):
    monkeypatch.setattr(where, name, broken)
    wrong = {one.about: one for one in doctor.findings(tmp_path) if one.state == "wrong"}
    assert about in wrong and mend in wrong[about].mend and mend in wrong[about].mend.zh
    done = run("doctor", "--lang", lang, cwd=tmp_path)
    assert done.returncode == 1 and done.stderr == ""
    said = "".join(done.stdout.split())
    assert "✗" in said and "".join(mend.split()) in said


def test_a_folder_that_cannot_be_written_to(tmp_path):
    folder = tmp_path / "nothing here"
    wrong = [one for one in doctor.findings(folder) if one.state == "wrong"]
    assert "writing here" in [one.about for one in wrong]
    assert next(one for one in wrong if one.about == "writing here").mend.endswith("--out")


def test_an_extra_that_is_not_there_is_nothing_wrong(monkeypatch):
    there = importlib.metadata.version

    def version(name):
        if name == "rasterio":
            raise importlib.metadata.PackageNotFoundError(name)
        return there(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = {one.about: one for one in doctor.findings()}
    assert found["extra raster"].state == "lacking"
    assert found["extra raster"].mend == "pip install 'carecircles[raster]'"
    assert found["extra excel"].state == "well"
