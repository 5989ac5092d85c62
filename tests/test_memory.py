"""What is estimated before it is computed, against what was measured, and what is refused."""

import json
import subprocess
import sys

import pytest

from carecircles import datasets, memory
from carecircles.errors import ValidationError
from tests.conftest import ROOT
from tests.test_cli import refused, run_alone


def refused_alone(*arguments, cwd):
    """What a process of its own says; one that ran many tests has used up what it may take."""
    done = run_alone(*arguments, cwd=cwd)
    assert (done.returncode, done.stdout, list(cwd.iterdir())) == (2, "", [])
    return done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
@pytest.mark.parametrize(
    "arguments",
    [["evaluate", "--cell", "7"], ["site", "--new", "1", "--cell", "45"]],
    ids=" ".join,
)
def test_the_estimate_is_within_a_factor_of_two_of_the_peak(arguments):
    """The peak of a process of its own beyond its imports; more cases among the benchmarks."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.memory_runs", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["taken_mb"] > 50
    assert 0.5 <= found["ratio"] <= 2, found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["evaluate", "--sure", "--cell", "3", "--memory", "600MB"], ["--cell 3 takes about", "use --cell"]),
        (["map", "--cell", "3", "--memory", "0.6 GB"], ["--cell 3 takes about", "--memory 2GB"]),
        (
            ["site", "--new", "1", "--cell", "25", "--memory", "1500MB"],
            ["pairs takes about 1.7 GB", "use --spacing", "or --cell", "or allow more with --memory 3GB"],
        ),
        (["evaluate", "--memory", "1MB"], ["use a larger --cell, or allow more with --memory 1GB"]),
        (["whatif", "taoyuan-2023", "--cell", "3", "--memory", "600MB"], ["use --cell"]),
        (["gaps", "--memory", "much"], ["--memory is 'much'; write such as 4GB"]),
        (["gaps", "--memory", "0"], ["--memory is '0'"]),
    ],
)  # fmt: skip
def test_what_takes_more_than_may_be_used_is_refused_before_it_is_computed(
    tmp_path, arguments, said
):
    message = refused_alone(*arguments, cwd=tmp_path)
    for part in said:
        assert part in message


def test_a_plan_beside_takes_as_much_as_one_more_and_its_pairs():
    """Of the same cells, by another reach."""
    area = datasets.load("template")
    alone, both, two = (
        memory.of_evaluation(area, cell=50, **more)
        for more in ({}, {"is_beside": True}, {"plans": 2})
    )
    assert alone < two < both < 2 * alone


def test_a_share_of_what_is_free_is_the_limit_where_none_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "free", lambda: 1e9)
    assert "800 MB may be used" in refused("map", "--live", "--cell", "3", cwd=tmp_path)


@pytest.mark.parametrize(
    ("written", "amount"),
    [("4GB", 4e9), ("4 gb", 4e9), ("0.5G", 5e8), ("512MiB", 2**29), ("2TiB", 2**41), ("900", 900)],
)
def test_amounts(written, amount):
    assert memory.amount(written) == amount


@pytest.mark.parametrize("written", ["", "GB", "-1GB", "4 XB", "1e9", "nan", "inf", "0GB"])
def test_no_amounts(written):
    with pytest.raises(ValidationError, match="write such as 4GB"):
        memory.amount(written)


@pytest.mark.parametrize("version", [1, 2])
def test_a_container_may_have_less_than_the_machine(tmp_path, monkeypatch, version):
    """A group within a group; files that can be thrown away count as free. 300 are left in the outer one."""
    root, line = tmp_path, "0::/outer/inner"
    most, used, idle = "memory.max", "memory.current", "inactive_file"
    if version == 1:
        root, line = tmp_path / "memory", "4:memory:/outer/inner"
        most, used, idle = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
    inner = root / "outer" / "inner"
    inner.mkdir(parents=True)
    for group, values in ((inner, ("max", "50", "20")), (inner.parent, ("1000", "800", "100"))):
        for name, value in zip((most, used), values, strict=False):
            (group / name).write_text(f"{value}\n")
        (group / "memory.stat").write_text(f"anon 3\n{idle} {values[2]}\n")
    (tmp_path / "cgroup").write_text(f"{line}\n")
    monkeypatch.setattr(memory, "_CGROUPS", tmp_path)
    monkeypatch.setattr(memory, "_GROUPS_OF_PROCESS", tmp_path / "cgroup")
    assert memory.free() == 300
