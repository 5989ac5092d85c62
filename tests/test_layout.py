"""The house: what must never be in it, and what a wheel must carry."""

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import carecircles
from tests.conftest import ROOT

PACKAGE = ROOT / "coverage" / "carecircles"
# Imports run downward: a module may import only those before it.
ORDER = [
    "_signals", "_limits", "_lines", "words", "errors", "_mends", "_html", "_rows", "norms", "people", "amenities", "datum",
    "io._checks", "io._encoding", "io._table", "io._windows", "io._workbook", "io._formats", "io._target", "io._columns", "io._amounts",
    "io._points", "io._years", "io.read", "io.needs", "io._bands", "io.homes", "io.amenities", "io.rasters", "io.write",
    "io.tiled", "io._matching", "io", "services", "walkers", "positions", "network.values", "network.places", "network._tiles",
    "network.ways", "network.graphs", "network.walks", "network.rests", "network._asked", "network._tags", "network._osm",
    "network._graphml", "network._lines", "network.prepared", "network.read", "network.seats", "network.health",
    "network.rebuilt", "network", "area.values", "area.views", "area._amenities", "area._on_foot", "area.years",
    "area._rasters", "area._plan", "area._offers", "area._totals", "area._bands", "area._sources", "area._counted",
    "area.needs", "area.read", "area.check", "area", "cohorts", "levels", "memory", "datasets", "_patches", "grid.lattice", "grid.circles", "grid.pieces",
    "grid.problems", "grid.owners", "grid.cells", "grid", "weights.values",
    "weights._overlay", "weights._pixels", "weights._units", "weights._layers", "weights._notes", "weights._placed",
    "weights.place", "weights._by_blocks", "weights.ratios", "weights", "reach.values", "reach._pairs", "reach._blocks", "reach.footing",
    "reach.straight", "reach.walking", "reach.resting", "reach._walls", "reach._barriers", "reach.detour", "reach.tables",
    "reach.kinds", "reach", "catchments", "_field", "_strips", "_tally", "_rims", "evaluation", "_counts", "_zones", "gaps", "equity", "provision",
    "scenario.values", "scenario._step", "scenario.read", "scenario.ways", "scenario.after", "scenario", "plan", "comparison",
    "counts", "blocks.values", "blocks.problems", "blocks.layers", "blocks._tasks", "blocks._counted", "blocks._known", "blocks._unfinished",
    "blocks.surveys", "blocks", "spans", "cluster", "claims", "circle", "timeline", "marginal", "robustness.values", "robustness.drawn",
    "robustness._spans", "robustness.measured", "robustness.figures", "robustness.zones", "robustness.distances", "robustness",
    "_highs", "load.values", "load.need", "load._transport", "load.assigned", "load.access", "load.plans", "load",
    "siting.goals", "siting.rules", "siting._problem", "siting._terms", "siting._bent", "siting._swaps", "siting._starts",
    "siting._bound", "siting._model", "siting._solver", "siting._streets", "siting._cover", "siting._twice", "siting._instance",
    "siting._floors", "siting.search", "siting.question", "siting.found", "siting._worths", "siting._most", "siting._nearest",
    "siting._fair", "siting._radius", "siting._assigned", "siting._phased", "siting._timetable", "siting.distances", "siting.models",
    "siting.targets", "siting.frontiers", "siting.candidates", "siting.phases", "siting.places", "siting.several",
    "siting.answers", "siting.sureness", "siting", "benches.values", "benches._problem", "benches.candidates", "benches._bound",
    "benches._trees", "benches._search", "benches.answers", "benches", "report.columns", "report.shown", "report.names",
    "report.placed", "report.credits", "report.rebuilt", "report.ways", "report.notes", "report.frames", "report.intervals",
    "report.workbook", "report.coverage", "report.levels", "report.services", "report.change", "report.claims", "report.circle",
    "report.marginal", "report.proofs", "report.siting", "report.fairness", "report.years", "report.equity", "report.sure", "report.load",
    "report.timeline", "report.phases", "report.network", "report.benches", "report._widths", "report.terminal", "report",
    "charts", "doctor", "maps.closed", "maps.spread", "maps.drawing", "maps.tiles", "maps.squares", "maps.outlines",
    "maps.centres", "maps.claimed", "maps.layers", "maps.around", "maps.coverage", "maps.circle", "maps.timeline",
    "maps.change", "maps.benches", "maps.marginal", "maps.load", "maps.sure", "maps.walk", "maps.live", "maps", "cli.output",
    "cli.help", "cli.welcome", "cli.usage", "cli.options", "cli._work", "cli.coverage", "cli.circle", "cli.timeline",
    "cli.claims", "cli.whatif", "cli._places", "cli.fairness", "cli.phases", "cli._goals", "cli.site", "cli.project", "cli.equity",
    "cli.sure", "cli.load", "cli.network", "cli.benches", "cli.files", "cli.doctor", "cli.main", "cli", "__main__",
]  # fmt: skip


def test_source_root_is_no_package():
    assert not (ROOT / "coverage" / "__init__.py").exists()
    assert not (PACKAGE / "coverage.py").exists()


def test_import_coverage_is_coverage_py():
    module = importlib.import_module("coverage")
    assert hasattr(module, "Coverage")
    assert PACKAGE.parent not in Path(module.__file__).parents


def module_files():
    """Each module by its name below carecircles, a folder by its own."""
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def test_imports_run_downward():
    for name, path in module_files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("carecircles"):
                below = node.module.removeprefix("carecircles").removeprefix(".")
                for imported in (f"{below}.{alias.name}".strip(".") for alias in node.names):
                    found = imported if imported in ORDER else below
                    if found and name:
                        assert ORDER.index(found) < ORDER.index(name), f"{name} imports {found}"


def test_every_module_has_its_place():
    assert {name for name, _ in module_files()} == {*ORDER, ""}


def test_import_carecircles_gives_every_public_module_when_it_is_named():
    public = {
        name for name in ORDER if "." not in name and not name.startswith("_") and name != "cli"
    }
    assert set(carecircles.__all__) == public
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    told = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    told = {alias.asname for node in told if node.module == "carecircles" for alias in node.names}
    assert told == public  # as type checkers see it
    named = (
        "import sys, carecircles; assert 'numpy' not in sys.modules; assert 'maps' in dir(carecircles);"
        "print(carecircles.datasets.available()[0], carecircles.maps.tiles.__name__)"
    )
    run = subprocess.run([sys.executable, "-c", named], capture_output=True, text=True, check=True)
    assert run.stdout == "hexi carecircles.maps.tiles\n"
    with pytest.raises(AttributeError, match=r"carecircles.*'centres'"):
        _ = carecircles.centres


MOST_PARAMETERS = 8
MANY: dict[str, str] = {}  # with more, and why


def test_no_function_takes_more_parameters_than_a_reader_can_hold():
    found = {}
    for name, path in module_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                given = node.args
                count = len([*given.posonlyargs, *given.args, *given.kwonlyargs])
                count += (given.vararg is not None) + (given.kwarg is not None)
                if count > MOST_PARAMETERS:
                    found[f"{name}.{getattr(node, 'name', 'lambda')}"] = count
    assert set(found) == set(MANY), found


def test_a_map_loads_no_library_that_it_does_not_use(tmp_path):
    """They take a fifth of its time and of its memory; each is loaded where it is used."""
    drawn = (
        "import sys; from carecircles import cli; sys.argv = ['carecircles', 'map', '--out', 'map.html']\n"
        "try: cli.main()\n"
        "except SystemExit as ended: assert ended.code == 0\n"
        "print({'scipy', 'pyogrio', 'highspy', 'carecircles.siting', 'dask', 'distributed'} & {*sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-c", drawn], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines()[-1] == "set()"


def public_functions():
    """What `carecircles.module.function` names, each with the module it is called by."""
    for name in carecircles.__all__:
        module = getattr(carecircles, name)
        for label, value in vars(module).items():
            home = getattr(value, "__module__", "") or ""
            is_room = hasattr(module, "__path__") and home.startswith(f"{module.__name__}.")
            if inspect.isfunction(value) and (home == module.__name__ or is_room):
                yield f"{name}.{label}", value


def test_every_public_function_has_an_example_that_runs():
    """The doctests of the package are part of the suite; here is only that there is one."""
    functions = {name: value for name, value in public_functions() if "._" not in name}
    assert len(functions) > 150
    assert [name for name, value in functions.items() if ">>>" not in (value.__doc__ or "")] == []


def test_type_checkers_read_the_package_itself():
    assert (PACKAGE / "py.typed").is_file()


MAIN_LINES = ["pip install . && carecircles map", 'pip install -e ".[test]" && pytest']


def test_ci_runs_the_readme_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for line in MAIN_LINES:
        assert f"\n{line}\n" in readme


def test_the_example_of_the_readme_runs_and_is_the_same_in_chinese(tmp_path, monkeypatch, capsys):
    readmes = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md")]
    (example,), in_chinese = (
        [part.split("```")[0] for part in readme.split("```python\n")[1:]] for readme in readmes
    )
    assert in_chinese == [example]
    assert len([line for line in example.splitlines() if line.strip()]) <= 10
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    assert "120103014" in capsys.readouterr().out
    assert (tmp_path / "hexi-coverage.html").stat().st_size > 100_000


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_names_commands_options_and_files_that_there_are(name):
    """The same check as of the site's pages; in both languages the two first lines are CI's."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from making.lines import check_line
    finally:
        sys.path.pop(0)
    readme = (ROOT / name).read_text(encoding="utf-8")
    lines = [
        line for part in readme.split("```sh\n")[1:] for line in part.split("```")[0].splitlines()
    ]
    assert len(lines) >= 6 and lines[:2] == MAIN_LINES
    for line in lines:
        check_line(line)
    with pytest.raises(Exception, match="No such option"):
        check_line("carecircles evaluate --everything")
    links = re.findall(r"\]\(([^)]+)\)", readme)
    assert len(links) > 10 and [link for link in links if not (ROOT / link).exists()] == []


def test_package_recipe_and_citation_say_the_same():
    """The version stands in one place; a recipe for conda and the citation follow it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dynamic"] == ["version"] and "version" not in project
    assert f"\nversion: {carecircles.__version__}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
    recipe = (ROOT / "recipe" / "meta.yaml").read_text(encoding="utf-8")
    assert f'set version = "{carecircles.__version__}"' in recipe
    run = recipe.split("  run:\n")[1].split("\ntest:")[0]
    named = {line.split("#")[0].strip(" -").replace(" ", "") for line in run.splitlines() if line}
    assert named == {
        f"python{project['requires-python']}",
        *(re.sub(r"\s", "", needed.casefold()) for needed in project["dependencies"]),
    }


def test_wheel_ships_data():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["only-include"] == ["coverage/carecircles", "data"]
    assert wheel["sources"]["data"] == "carecircles/data"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.name)
def test_notebook_is_stored_without_outputs(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert all(c["outputs"] == [] for c in cells if c["cell_type"] == "code")
    assert all(c["execution_count"] is None for c in cells if c["cell_type"] == "code")
