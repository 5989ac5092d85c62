"""
Siting on test sets of the literature, in their common text format: `n`, then `x y demand` lines.

The sets stay out of the repository. Put them into a folder and name it in CARECIRCLES_INSTANCES;
what is not there is skipped.
"""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from carecircles import siting

FOLDER = Path(os.environ.get("CARECIRCLES_INSTANCES", "none"))
# Most demand covered within 800 m by p = 1, 2, ... of the points themselves, as published by
# Lorena and Pereira, International Journal of Industrial Engineering 9 (2002).
PUBLISHED = {"sjc402": [6555, 11339, 14690, 15658, 15970, 15984]}


def read_instance(path):
    """Points with people, and the complete cost table between them."""
    numbers = np.array(Path(path).read_text(encoding="utf-8").split(), dtype=float)
    count, table = int(numbers[0]), numbers[1:].reshape(-1, 3)
    assert len(table) == count
    labels = pd.Index([f"n{n}" for n in range(count)])
    x, y, people = table.T
    metres = np.hypot(x[:, None] - x, y[:, None] - y)
    pairs = pd.MultiIndex.from_product([labels, labels], names=["demand", "facility"])
    return pd.DataFrame({"people": people}, index=labels), pd.Series(metres.ravel(), index=pairs)


def test_the_reader_and_a_problem_to_check_on_paper(tmp_path):
    """Four points on a line at 0, 3, 4 and 9 with 1, 5, 2 and 4 people."""
    (tmp_path / "line.txt").write_text("4\n0 0 1\n3 0 5\n4 0 2\n9 0 4\n", encoding="utf-8")
    demand, cost = read_instance(tmp_path / "line.txt")
    assert demand["people"].tolist() == [1, 5, 2, 4]
    assert cost["n0", "n3"] == 9
    covered = siting.maximize_coverage(demand, cost, new=1, cutoff=3, weight="people")
    assert (covered.sites.index.tolist(), covered.objective) == (["n1"], 8)
    nearest = siting.minimize_cost(demand, cost, new=2, weight="people")
    assert (sorted(nearest.sites.index), nearest.objective) == (["n1", "n3"], 3 + 2)
    assert siting.minimize_worst(demand, cost, new=2, weight="people").objective == 3


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_optima(name):
    path = FOLDER / f"{name}.txt"
    if not path.is_file():
        pytest.skip("the test set is not here; see the top of this file")
    demand, cost = read_instance(path)
    for new, most in enumerate(PUBLISHED[name], start=1):
        plan = siting.maximize_coverage(demand, cost, new=new, cutoff=800, weight="people")
        assert (plan.objective, plan.status) == (most, "optimal")
