"""How unequally far people are: formulas by hand, beside other programs, and the command."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import equity
from carecircles.errors import ValidationError
from tests import test_cli
from tests.examples import examples

STANDARD = 600.0


def cells_of(metres, people, streets=None):
    """Cells with people so many metres from their nearest centre."""
    table = {"people_60": np.asarray(people, float), "distance_m": np.asarray(metres, float)}
    frame = pd.DataFrame(table, index=[f"c{n}" for n in range(len(metres))])
    frame["street"] = pd.Categorical(streets or ["S"] * len(metres))
    return frame


def told(metres, people, streets=None, **how):
    cells = cells_of(metres, people, streets)
    return equity.of_district(cells, "people_60", cutoff=STANDARD, **how)


def test_ten_people_on_a_street_by_hand():
    """Nine at 100 m and one at 1,100 m: a mean of 200 m, of which the one bears more than half."""
    made = told([100, 1100], [9, 1])
    assert made["mean_m"] == pytest.approx(200)
    assert made["worst_tenth_m"] == pytest.approx(1100)
    # The Lorenz curve goes through (0.9, 0.45): half the area above it is 0.9 x 0.55 / 2 + 0.1 x 0.55 / 2.
    assert made["gini"] == pytest.approx(0.45)
    assert made["palma"] == pytest.approx((1100 / 2000) / (400 / 2000))
    assert made["theil"] == pytest.approx(0.9 * 0.5 * np.log(0.5) + 0.1 * 5.5 * np.log(5.5))
    assert made[["fgt0", "fgt1", "fgt2"]].tolist() == pytest.approx(
        [0.1, 0.1 * 500 / 600, 0.1 * (500 / 600) ** 2]
    )
    kappa = 2000 / (9 * 100**2 + 1100**2)
    assert made["kappa"] == pytest.approx(kappa)
    equivalent = np.log(0.9 * np.exp(100 * kappa) + 0.1 * np.exp(1100 * kappa)) / kappa
    assert made["ede_m"] == pytest.approx(equivalent)


def test_a_tenth_is_cut_out_of_a_cell_that_holds_more():
    """Half the people are at 400 m: the farthest tenth are a fifth of them."""
    made = told([200, 400], [10, 10])
    assert made["worst_tenth_m"] == pytest.approx(400)
    assert made["palma"] == pytest.approx((0.1 * 400) / (0.4 * 200))


def test_on_the_standard_is_not_beyond_it():
    assert told([600, 601], [1, 1])["fgt0"] == 0.5


def test_who_has_no_way_is_told_apart():
    made = told([300, np.inf, np.nan], [4, 3, 2])
    assert made["out_of_reach_people_60"] == 5
    assert (made["people_60"], made["mean_m"], made["gini"]) == (9, 300, 0)


def test_nobody_and_everybody_at_the_door():
    assert told([300], [0])[["mean_m", "ede_m", "gini", "fgt0"]].isna().all()
    door = told([0, 0], [3, 4], ["S", "T"])
    assert door[["mean_m", "worst_tenth_m", "ede_m", "gini", "theil"]].tolist() == [0] * 5
    assert equity.lorenz(cells_of([0.0], [2]), "people_60").iloc[-1].tolist() == [1.0, 0.0]


def test_streets_are_held_against_the_districts_kappa():
    cells = cells_of([100, 500, 900], [5, 5, 5], ["S", "T", "T"])
    by_street = equity.by_street(cells, "people_60", cutoff=STANDARD)
    kappa = told([100, 500, 900], [5, 5, 5])["kappa"]
    both = np.log((np.exp(500 * kappa) + np.exp(900 * kappa)) / 2) / kappa
    assert by_street["ede_m"].tolist() == pytest.approx([100, both])
    assert by_street["people_60"].tolist() == [5, 10]


@pytest.mark.parametrize("wrong", [{"cutoff": 0}, {"cutoff": 700, "epsilon": -1}])
def test_standard_and_aversion_are_above_0(wrong):
    with pytest.raises(ValidationError, match="above 0"):
        equity.of_district(cells_of([1], [1]), "people_60", **wrong)


people_somewhere = st.lists(
    st.tuples(
        st.integers(0, 500_000).map(lambda cm: cm / 100),
        st.integers(1, 500),
        st.sampled_from("STU"),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=examples(60), deadline=None)
@given(people_somewhere, st.floats(0.1, 3))
def test_what_holds_whoever_lives_where(homes, epsilon):
    metres, people, streets = map(list, zip(*homes, strict=True))
    made = told(metres, people, streets, epsilon=epsilon)
    assert made["mean_m"] - 1e-6 <= made["ede_m"] <= max(metres) + 1e-6
    assert made["mean_m"] - 1e-6 <= made["worst_tenth_m"] <= max(metres) + 1e-6
    assert -1e-9 <= made["gini"] < 1
    assert made["theil_within"] + made["theil_between"] == pytest.approx(made["theil"], abs=1e-9)
    # Cells that are split, turned about or grow alike change nothing.
    again = told(metres[::-1] * 2, people[::-1] * 2, streets[::-1] * 2, epsilon=epsilon)
    measures = ["mean_m", "worst_tenth_m", "ede_m", "gini", "theil", "fgt1", "fgt2"]
    assert again[measures].tolist() == pytest.approx(made[measures].tolist(), rel=1e-6, abs=1e-6)


def run(*words):
    done = test_cli.run("equity", *words, "--area", "template", "--cell", 200, cwd=Path.cwd())
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_ranks_streets_and_tells_the_district_last():
    record = json.loads(run("--format", "json"))
    rows = record["streets"]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    assert [row["ede_m"] for row in rows] == sorted((r["ede_m"] for r in rows), reverse=True)
    csv = run("--format", "csv").strip().splitlines()
    assert csv[-1].startswith("district,0,")
    assert "as if everyone went" in run().replace("\n", " ")
    assert "全区" in run("--lang", "zh")


def test_each_group_is_a_row_and_never_another_groups_people(tmp_path):
    groups = json.loads(run("--by", "group", "--format", "json"))["groups"]
    assert [row["group"] for row in groups] == ["people", "people_60", "people_65", "people_80"]
    assert groups[1]["group_people"] == 24_000
    run("--by", "group", "--out", tmp_path / "equity.xlsx")
    shapes = test_cli.run("equity", "--by", "group", "--out", tmp_path / "a.geojson", cwd=tmp_path)
    assert shapes.returncode == 2
    wrong = test_cli.run("equity", "--epsilon", "0", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "--epsilon is 0" in wrong.stderr
