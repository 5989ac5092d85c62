"""
Siting beside other programs on the same small instances.

Some of them are the extra `oracles`; where they are not installed these tests are skipped, but in CI,
where CARECIRCLES_REQUIRE_ORACLES is set, that fails.
"""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

from tests import siting_runs
from tests.conftest import ROOT


@pytest.fixture
def spopt():
    if importlib.util.find_spec("spopt") is None:
        if os.environ.get("CARECIRCLES_REQUIRE_ORACLES"):
            pytest.fail("CARECIRCLES_REQUIRE_ORACLES is set, but there is no spopt")
        pytest.skip("pip install 'carecircles[oracles]'")


def both(engine, model, seed):
    """225 places, three required centres, 25 candidates, two new ones."""
    demand, sites = siting_runs.instance(25, 3, seed, side=15)
    theirs = siting_runs.ENGINES[engine](model, demand, sites, 3, 2)
    ours = siting_runs.by_carecircles(model, demand, sites, 3, 2)
    assert ours["status"] == theirs["status"] == "optimal"
    return ours["objective"], theirs["objective"]


@pytest.mark.parametrize("model", ["coverage", "gradual", "distance", "backup", "facilities"])
@pytest.mark.parametrize("seed", range(2))
def test_the_same_as_the_textbook(model, seed):
    ours, theirs = both("textbook", model, seed)
    assert ours == pytest.approx(theirs)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PuLP's, which spopt builds on
@pytest.mark.usefixtures("spopt")
@pytest.mark.parametrize("model", ["coverage", "distance", "facilities"])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_spopt(model, seed):
    ours, theirs = both("spopt", model, seed)
    assert ours == pytest.approx(theirs)


@pytest.mark.usefixtures("spopt")
@pytest.mark.parametrize("model", ["coverage", "facilities"])
def test_the_benchmark_beside_spopt_runs(model):
    """As tests/test_benchmarks.py runs it, on 900 places and 60 candidates."""
    found = {}
    for engine in ("carecircles", "spopt"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.siting_runs", engine, model, "60", "5", "3", "0", "30"],
            cwd=ROOT, capture_output=True, text=True, check=True, timeout=100,
        )  # fmt: skip
        found[engine] = json.loads(done.stdout)
    assert found["carecircles"]["objective"] == pytest.approx(found["spopt"]["objective"])
    assert found["carecircles"]["peak_mb"] > 0
