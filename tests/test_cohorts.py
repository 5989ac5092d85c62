"""Who will be how old: cohorts by a survival table, ratios, and the population file made of them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import area as areas
from carecircles import cohorts, io
from carecircles.errors import ValidationError
from tests.examples import examples
from tests.test_cli import refused, run
from tests.test_years import write_area

BANDS = """code,street,year,50-54,55-59,60-64,65-69,70-74,75-79,80+
S1,东风街道,2020,2500,2600,2400,2000,1400,900,1200
S2,人民街道,2020,2000,2100,2100,1700,1100,800,1000
S3,和平街道,2020,1500,1600,1700,1300,900,700,800
S4,新华街道,2020,1500,1200,1000,700,400,300,400
"""
SURVIVAL = """年龄组,五年生存率,来源
50-54,0.985,invented table
55-59,0.975,invented table
60-64,0.96,invented table
65-69,0.93,invented table
70-74,0.88,invented table
75-79,0.78,invented table
80岁及以上,0.55,invented table
"""


@pytest.fixture
def two():
    """Two bands, two streets, in round figures."""
    return pd.DataFrame(
        {"75-79": [100, 10], "80+": [50, 0]}, index=pd.Index(["A", "B"], name="code")
    )


ALIVE = pd.Series({75: 0.8, 80: 0.5}, name="made up")


def problems_of(*arguments, **options):
    with pytest.raises(ValidationError) as caught:
        cohorts.project(*arguments, **options)
    problems = caught.value.problems
    assert all(problem.zh and problem.zh != problem for problem in problems)
    return "\n".join(problems)


def test_two_bands_in_two_streets_by_hand(two):
    """A: 100 x 0.8 + 50 x 0.5 = 105; half way 77.5. B: 8. Nobody under 75 is known, so no more steps."""
    then = cohorts.project(two, ALIVE, base=2020, to=2025, groups=["people_80"])
    assert then["people_80"].to_dict() == {
        ("A", 2020): 50, ("A", 2025): 105, ("B", 2020): 0, ("B", 2025): 8,
    }  # fmt: skip
    assert then["basis"].tolist() == ["not stated", "projected"] * 2
    assert then["source"].iloc[1] == "bands of 2020 carried on by made up"
    between = cohorts.project(two, ALIVE, base=2020, to=2022, groups=["people_80"])
    assert between["people_80"].to_dict() == pytest.approx(
        {("A", 2020): 50, ("A", 2022): 50 + 0.4 * 55, ("B", 2020): 0, ("B", 2022): 3.2}
    )
    assert "people_80 in 2030 are people who are 70 and over in 2020" in problems_of(
        two, ALIVE, base=2020, to=2030, groups=["people_80"]
    )


def test_a_census_of_all_ages_is_carried_on_like_a_matrix(census):
    """Against powers of a Leslie matrix without births, in numpy; bands 0 and 1-4 are one."""
    bands, survival = census
    then = cohorts.project(bands, survival, base=2020, to=2035)
    counts = bands.to_numpy()[0].astype(float)
    ages = [0, *range(5, 90, 5)]
    start = np.array([counts[0] + counts[1], *counts[2:]])
    matrix = np.zeros((len(ages), len(ages)))
    matrix[np.arange(1, len(ages)), np.arange(len(ages) - 1)] = survival.to_numpy()[:-1]
    matrix[-1, -1] = survival.to_numpy()[-1]
    for steps, year in enumerate((2020, 2025, 2030, 2035)):
        living = np.linalg.matrix_power(matrix, steps) @ start
        for group, least in (("people_60", 60), ("people_65", 65), ("people_80", 80)):
            expected = living[ages.index(least) :].sum()
            assert then.loc[("district", year), group] == pytest.approx(expected)


@pytest.fixture
def census():
    """Columns as a census table has them: lower bounds, the first two below five, the last one open."""
    ages = [0, 1, *range(5, 90, 5)]
    counts = np.random.default_rng(1).integers(1_000, 80_000, len(ages))
    bands = pd.DataFrame(
        [counts], columns=list(map(str, ages)), index=pd.Index(["district"], name="code")
    )
    shares = np.linspace(0.999, 0.45, len(ages) - 1)
    return bands, pd.Series(shares, index=[0, *range(5, 90, 5)], name="made up")


SHARE = st.floats(0, 1)


@settings(max_examples=examples(25), deadline=None)
@given(
    st.lists(SHARE, min_size=5, max_size=5),
    st.lists(SHARE, min_size=5, max_size=5),
    st.integers(2021, 2030),
)
def test_whoever_lives_longer_is_more(one, other, to):
    """Monotone in survival, linear between steps, never more than there were; sums add up by street."""
    ages = [50, 55, 60, 65, 70]
    bands = pd.DataFrame(
        [[100, 90, 80, 70, 60], [5, 0, 7, 0, 1]], columns=ages, index=["A", "B"]
    ).rename_axis("code")
    low, high = (pd.Series(f(one, other), index=ages) for f in (np.minimum, np.maximum))
    groups = ["people_60", "people_65", "people_70"]
    fewer, more = (cohorts.project(bands, s, base=2020, to=to, groups=groups) for s in (low, high))
    assert (fewer[groups] <= more[groups] + 1e-9).all(axis=None)
    for street, living in (("A", 400), ("B", 13)):
        assert more.loc[(street, to), "people_60"] <= living + 1e-9
    for group, part in (("people_60", "people_65"), ("people_65", "people_70")):
        assert (more[part] <= more[group] + 1e-9).all()
    together = cohorts.project(
        bands.sum().to_frame("all").T.rename_axis("code"), high, base=2020, to=to, groups=groups
    )
    for year in more.index.unique("year"):
        np.testing.assert_allclose(
            more.xs(year, level="year")[groups].sum(),
            together.loc[("all", year), groups].astype(float),
            atol=1e-9,
        )
    whole = cohorts.project(bands, high, base=2020, to=2030, groups=groups)
    first = 2020 if to <= 2025 else 2025
    share = (to - first) / 5
    expected = whole.loc[("A", first), groups] + share * (
        whole.loc[("A", first + 5), groups] - whole.loc[("A", first), groups]
    )
    np.testing.assert_allclose(
        more.loc[("A", to), groups].astype(float), expected.astype(float), atol=1e-9
    )


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ({"60": [1], "70": [1], "80+": [1]}, "the age bands 60, 70, 80+ are not of five years each"),
        ({"60": [1], "65-68": [1], "70+": [1]}, "are not of five years each"),
        ({"60-64": [1], "60": [1], "65+": [1]}, "none left out and none twice"),
        ({"75-79": [1], "80-84": [1]}, "the last age band, 80-84, has an end; add all who are older, such as 85+."),
        ({"60+": [1], "65+": [1]}, "60+ has no end, and older bands follow"),
        ({"people_disabled": [1]}, "there are no age bands"),
        ({"75": ["many"], "80": [1]}, "row A ('many'): 75 is not a number"),
        ({"75": [-1], "80": [1]}, "row A (-1): 75 is negative"),
        ({"75": [None], "80": [1]}, "row A: 75 is empty"),
        ({"75": [1], "80": [1], "year": ["soon"]}, "row A ('soon'): year is not one"),
    ],
)  # fmt: skip
def test_bands_that_cannot_be_carried_on(bands, said):
    table = pd.DataFrame(bands, index=pd.Index(["A"], name="code"))
    message = problems_of(table, ALIVE, base=2020, to=2025, groups=["people_80"])
    assert said in message
    assert "`bands`" in message


@pytest.mark.parametrize(
    ("survival", "said"),
    [
        (None, "there is no survival table"),
        ({75: 1.2, 80: 0.5}, "row 75 ('1.2'): survival is not from 0 to 1"),
        ({75: -0.1, 80: 0.5}, "row 75 ('-0.1'): survival is not from 0 to 1"),
        ({75: np.nan, 80: 0.5}, "survival is empty"),
        ({80: 0.5}, "there is no survival of the bands 75"),
        ({75: 0.8, 80: 0.5, 85: 0.3}, "the bands 85 are older than the last"),
        ({"75": 0.8, "old": 0.5}, "('old'): age is no band"),
        ({"75": 0.8, "75-79": 0.5}, "age is there more than once"),
    ],
)
def test_survival_tables_that_are_none(two, survival, said):
    alive = None if survival is None else pd.Series(survival)
    assert said in problems_of(two, alive, base=2020, to=2025, groups=["people_80"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"to": 2025}, "nobody says of which year these people are; add a column year, or say --base 2020."),
        ({"base": 2020, "to": 2020}, "the year asked for is 2020; ask for a later one"),
        ({"base": 2020, "to": 2500}, "year is 2500; write a whole year from 1900 to 2200"),
        ({"base": 2020, "to": 2025, "groups": ["people"]}, "births and those who move would have to be known"),
        ({"base": 2020, "to": 2025, "groups": ["people_77"]}, "people_77 needs a band that begins at 77"),
        ({"base": 2020, "to": 2025, "groups": ["people_75"]}, "add the bands from 70 on, ask for a year up to 2020"),
    ],
)  # fmt: skip
def test_questions_without_an_answer(two, options, said):
    assert said in problems_of(two, ALIVE, **{"groups": ["people_80"], **options})


def test_all_that_is_wrong_with_both_tables_is_told_at_once():
    bands = pd.DataFrame({"75": [-1], "85": [1]}, index=pd.Index(["A"], name="code"))
    message = problems_of(bands, pd.Series({75: 2.0}), base=2020, to=2025)
    for said in ("75 is negative", "not of five years each", "survival is not from 0 to 1"):
        assert said in message


def test_a_ratio_by_street_or_for_all():
    people = pd.DataFrame(
        {"code": ["A", "B"], "people_60": [100, 50], "people_80": [10, 0], "year": 2020}
    )
    by_street = cohorts.scaled(people, pd.Series({"B": 0.9, "A": 1.2}), to=2030)
    assert by_street["people_60"].to_dict() == pytest.approx(
        {("A", 2020): 100, ("A", 2030): 120, ("B", 2020): 50, ("B", 2030): 45}
    )
    assert cohorts.scaled(people, 2, to=2030)["people_80"].tolist() == [10, 20, 0, 0]
    for ratio, said in (
        (pd.Series({"A": 1.2}), "there is no ratio for B"),
        (pd.Series({"A": 1.2, "B": 1, "C": 1}), "there is no people for C"),
        (pd.Series({"A": -1.0, "B": 1}), "ratio is negative"),
        (-1.0, "ratio is -1"),
        (float("nan"), "ratio is nan"),
    ):
        with pytest.raises(ValidationError, match=said):
            cohorts.scaled(people, ratio, to=2030)


def test_the_command_writes_a_population_file_that_a_study_area_reads(tmp_path):
    """S1 in 2025 by hand: 2535 + 2304 + 1860 + 1232 + 702 + 660 = 9293 people aged 60 and more."""
    folder = write_area(tmp_path / "own")
    (tmp_path / "bands.csv").write_text(BANDS, encoding="utf-8")
    (tmp_path / "survival.csv").write_text(SURVIVAL, encoding="gb18030")
    done = run("project", "bands.csv", "--survival", "survival.csv", "--to", 2030,
               "--out", "own/new.csv", cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Projected: bands of 2020 carried on by invented table" in done.stdout
    (folder / "new.csv").replace(folder / "population.csv")
    area = areas.read_area(folder)
    assert areas.years_of(area) == [2020, 2025, 2030]
    then = areas.in_year(area, 2025)
    assert then.population.loc["S1", "people_60"] == pytest.approx(9293)
    assert set(then.population["basis"]) == {"projected"}
    table = run(
        "evaluate", "--area", folder, "--year", 2025, "--cell", 200, "--lang", "zh", cwd=tmp_path
    )
    assert "全部4个街道的人口为推算" in table.stdout


def test_the_command_refuses_what_it_would_have_to_invent(tmp_path):
    (tmp_path / "bands.csv").write_text(BANDS, encoding="utf-8")
    (tmp_path / "survival.csv").write_text(SURVIVAL.replace("0.96", "1.96"), encoding="utf-8")
    message = refused("project", "bands.csv", "--to", 2030, cwd=tmp_path)
    assert "there is no survival table" in message
    message = refused("project", "bands.csv", "--survival", "survival.csv", "--to", 2030, "--out", "p.csv", cwd=tmp_path)  # fmt: skip
    assert "survival.csv, row 4 ('1.96'): survival is not from 0 to 1" in message
    (tmp_path / "survival.csv").write_text(SURVIVAL, encoding="utf-8")
    shared = ("project", "bands.csv", "--survival", "survival.csv")
    message = refused(*shared, "--to", 2035, "--lang", "zh", cwd=tmp_path)
    assert "请补充 45 岁起的年龄组" in message
    assert "2035 年的 people_65" not in message  # of whom 50 and over are the first
    message = refused(*shared, "--to", 2030, "--ratio", "1.2", cwd=tmp_path)
    assert "--ratio does not go with --survival" in message
    kept = (tmp_path / "bands.csv").read_bytes()
    refused(*shared, "--to", 2030, "--out", "bands.csv", cwd=tmp_path)
    assert (tmp_path / "bands.csv").read_bytes() == kept


def test_a_ratio_on_the_command_line(tmp_path):
    (tmp_path / "people.csv").write_text("街道,60岁及以上\nA,100\nB,50\n", encoding="utf-8")
    (tmp_path / "ratio.csv").write_text("街道,倍数\nA,1.5\nB,1\n", encoding="utf-8")
    shared = ("project", "people.csv", "--base", 2020, "--to", 2030)
    done = run(*shared, "--ratio", "ratio.csv", "--out", "then.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    read = io.read_population(tmp_path / "then.csv")
    assert read["people_60"].tolist() == [100, 150, 50, 50]
    assert read["year"].tolist() == [2020, 2030] * 2
    assert "│ 2030      │ 180 │" in run(*shared, "--ratio", "1.2", cwd=tmp_path).stdout
