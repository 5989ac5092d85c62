"""From the flat to the street door: stairs inside houses, walkers of an area's own, and --profile on the commands."""

import dataclasses
import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from carecircles import (
    area,
    comparison,
    datasets,
    evaluation,
    io,
    plan,
    reach,
    report,
    walkers,
    weights,
    words,
)
from carecircles.errors import ValidationError
from tests import test_cli

X, Y, CRS = 500_000, 4_300_000, 32650
SIX = {"floors": 6, "lift": "无"}


def street(*homes, **more):
    """A street of 500 m by 100 m with 80 people in houses at metres from its west end, and a centre there."""
    outline = [shapely.box(X, Y, X + 500, Y + 100)]
    table = pd.DataFrame([{"street": "A", **house} for _, house in homes])
    points = shapely.points([[X + at, Y + 10] for at, _ in homes])
    way = shapely.LineString([(X, Y + 50), (X + 500, Y + 50)])
    return area.study(
        streets=gpd.GeoDataFrame({"name": ["A"]}, geometry=outline, crs=CRS),
        population=pd.DataFrame({"name": ["A"], "people_60": [80]}),
        centres=gpd.GeoDataFrame({"name": ["C"]}, geometry=[shapely.Point(X, Y + 50)], crs=CRS),
        residences=gpd.GeoDataFrame(table, geometry=points, crs=CRS),
        network=gpd.GeoDataFrame({"highway": ["footway"]}, geometry=[way], crs=CRS),
        crs=CRS,
        **more,
    )


HOUSES = (
    (10, {"households": 30, **SIX}),
    (20, {"households": 10, "floors": 6, "lift": "有"}),
    (110, {"households": 20, "floors": 11}),
    (210, {"households": 10, "floors": 1}),
    (220, {"households": 10, "lift": "2部"}),
)


def test_the_flights_of_a_cell_are_the_mean_of_its_people():
    """
    Of 40 in the first cell 30 live evenly on six floors without a lift, 2.5 flights up and five in six upstairs.

    Eleven floors of which nobody knows the lift count for nothing; one floor, or a lift, is no flight.
    """
    made = street(*HOUSES)
    demand = weights.make_demand(made, cell=100)
    assert demand["people_60"].tolist() == [40, 20, 20, 0, 0]
    assert demand["flights"].tolist() == [2.5 * 30 / 40, 0, 0, 0, 0]
    assert demand["upstairs"].tolist() == pytest.approx([5 / 6 * 30 / 40, 0, 0, 0, 0])
    assert demand["stairs_known"].tolist() == [1, 0, 1, 0, 0]
    homes = made.sources.residences.drop(columns=["floors", "lift"])
    without = dataclasses.replace(made, sources=area.Sources(residences=homes))
    bare = weights.make_demand(without, cell=100)
    pd.testing.assert_frame_equal(demand.drop(columns=list(weights.STAIRS)), bare)
    assert evaluation.stairs_to_street(bare.assign(covered=True), "people_60") is None


def test_stairs_take_minutes_or_keep_people_in():
    """The first cell lies 50 m from the centre; with its 1.875 flights it takes half a minute more."""
    made = street(*HOUSES)
    demand = weights.make_demand(made, cell=100)
    walk = reach.of_area(made, "walking", profile="80plus")
    near = reach.nearest(demand, made.facilities, reach=walk).table.droplevel(1)
    metres = reach.walking(demand, made.facilities, made.on_foot.network, cutoff=1e3).table
    flat = metres.droplevel(1) / 0.94 / 60
    assert (near - flat).to_numpy() == pytest.approx([1.875 * 16 / 60, 0, 0, 0, 0], abs=1e-8)
    timed = plan.evaluate(made, demand, reach=walk)
    told = " ".join(report.notes(timed, lang="en"))
    assert (
        "floors and lift are known for 75.0 % of people 60+, who have 1.2 flights on average"
        in told
    )
    assert timed.cost.cutoff == 15

    barred = plan.evaluate(made, demand, reach=reach.of_area(made, "walking", profile="nostairs"))
    assert barred.cells["covered"].all()
    said = report.notes(barred, lang="en"), report.notes(barred, lang="zh")
    assert "at least 25 people 60+ live upstairs without a lift" in " ".join(said[0])
    assert "Without the 25 of them who count as covered, 68.8 % are covered" in " ".join(said[0])
    assert "至少 25 名60岁及以上居民住在无电梯的楼上" in " ".join(said[1])
    record = report.reach_record(barred)
    assert record["stairs_to_street"]["covered_out_share"] == (80 - 25) / 80
    assert (record["unit"], record["profile"]["flight_s"]) == ("min", None)


def test_a_lift_in_a_house_brings_its_people_within_reach():
    """Eleven floors without a lift, 150 m from the centre: 3.3 minutes at 0.75 m/s, and 5 flights of 23 s more."""
    house = {"households": 30, "floors": 11, "lift": "无"}
    made = street((110, house), standard=area.Standard(150, 4))
    homes = made.sources.residences.assign(lift=1.0)
    lifted = dataclasses.replace(made, sources=area.Sources(residences=homes))
    walk = reach.of_area(made, "walking", profile="limited")
    before, after = (
        plan.evaluate(one, weights.make_demand(one, cell=100), reach=walk) for one in (made, lifted)
    )
    change = comparison.compare(before, after).district
    assert change["gained_people_60"] == 80
    near = [change[f"mean_distance_m_{when}"] for when in ("before", "after")]
    assert near == pytest.approx([200 / 60 + 5 * 23 / 60, 200 / 60])


def test_where_nobody_says_floors_and_lifts_nothing_is_added_and_that_is_said():
    made = street((10, {"households": 30, "floors": 6}))
    demand = weights.make_demand(made, cell=100)
    assert not set(weights.STAIRS) & set(demand)
    walk = reach.of_area(made, "walking", profile="80plus")
    told = report.notes(plan.evaluate(made, demand, reach=walk), lang="en")
    assert any("no residences say both floors and lift" in line for line in told)
    by_metres = plan.evaluate(made, demand, reach=reach.of_area(made, "walking"))
    assert not any("door" in line for line in report.notes(by_metres, lang="en"))


@pytest.mark.parametrize("heads", [("楼层数", "有无电梯"), ("层数", "电梯"), ("floors", "lift")])
def test_lifts_are_read_as_offices_write_them(heads):
    said = ["有", "无", "是", "否", "2", "0", "2部", "yes", "No", "", True, "不详"]
    table = pd.DataFrame({"户数": 10, heads[0]: 6, heads[1]: said, "经度": 117.2, "纬度": 39.1})
    homes = io.read_residences(table, crs="EPSG:4548")
    assert homes["floors"].unique().tolist() == [6]
    none = float("nan")
    expected = [1, 0, 1, 0, 1, 0, 1, 1, 0, none, 1, none]
    assert homes["lift"].tolist() == pytest.approx(expected, nan_ok=True)


def test_a_lift_in_a_part_of_a_building_is_told_how_to_write_it():
    said = ["有", "部分", "-1", "1.5"]
    table = pd.DataFrame({"户数": 10, "电梯": said, "经度": 117.2, "纬度": 39.1})
    with pytest.raises(ValidationError) as err:
        io.read_residences(table, crs="EPSG:4548")
    (problem,) = err.value.problems
    assert "('部分'), 2 ('-1'), 3 ('1.5'): lift is neither yes nor no" in problem
    assert "分两行填写" in words.say(problem, "zh")


# Walkers of an area's own


GRAN = {"name": "奶奶", "name_en": "gran", "pace_m_s": 0.5, "flight_s": 60, "crossing_s": 0}


def test_walkers_of_an_areas_own_take_the_place_of_ours():
    made = street(*HOUSES, profiles={"gran": GRAN, "80plus": {**GRAN, "pace_m_s": 0.4}})
    assert [one.key for one in made.on_foot.profiles] == ["gran", "80plus"]
    found = [
        reach.profile_in(reach.of_area(made, "walking", profile=name)).pace_m_s
        for name in ("gran", "80plus", "limited")
    ]
    assert found == [0.5, 0.4, 0.75]
    with pytest.raises(ValidationError, match=r"the profile is 'grann'; write one of .*gran"):
        reach.of_area(made, "walking", profile="grann")
    with pytest.raises(ValidationError, match="--profile gran does not go with --reach straight"):
        reach.of_area(made, "straight", profile="gran")
    with pytest.raises(ValidationError, match=r"study: profiles\.gran\.pace_m_s is 0"):
        street(*HOUSES, profiles={"gran": {**GRAN, "pace_m_s": 0}})


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The template's folder with its streets, its houses and a walker of its own."""
    folder = tmp_path_factory.mktemp("door") / "area"
    shutil.copytree(datasets.folder("template"), folder)
    plain = (folder / "area.toml").read_text(encoding="utf-8")
    for line in (
        'residences = "homes',
        "network = ",
        "[profiles.gran]",
        'name = "奶奶"',
        "pace_m_s = 0.6",
        "flight_s = 25",
        "crossing_s = 30",
    ):
        assert f"# {line}" in plain
        plain = plain.replace(f"# {line}", line, 1)
    (folder / "area.toml").write_text(plain, encoding="utf-8")
    return folder


def run(*asked):
    return test_cli.run(*asked, cwd=Path.cwd())


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["15 min along the walking network (奶奶, 0.60 m/s), the limit included", "mean of all, min",
                "25 s a flight of stairs (not stated)", "The network knows of 4 flights of stairs",
                "100.0 % of people 60+, who have", "700 m in a straight line: "]),
        ("zh", ["沿步行路网（奶奶，0.60 米/秒）15 分钟，含界限", "平均距离 分钟", "每层楼梯 25 秒（未说明）",
                "路网中已知 4 层楼梯", "从住户到楼门：60岁及以上人口中 100.0 %", "直线 700 米："]),
    ],
)  # fmt: skip
def test_a_profile_is_told_with_its_figures(walked, lang, said):
    asked = ("--area", walked, "--cell", 200, "--reach", "walking", "--profile", "gran")
    result = run("evaluate", *asked, "--lang", lang)
    assert result.returncode == 0, result.stderr
    told = "".join(result.stdout.split())
    for words_ in said:
        assert "".join(words_.split()) in told, words_
    if lang == "zh":
        return
    told = json.loads(run("evaluate", *asked, "--format", "json").stdout)
    study = area.read_area(walked)
    demand = weights.make_demand(study, cell=200)
    (gran,) = study.on_foot.profiles
    assert gran == walkers.profile_of("gran", study.on_foot.profiles)
    cost = reach.walking(demand, study.facilities, study.on_foot.network, cutoff=15, profile=gran)
    covered = evaluation.is_covered(demand, cost)
    share = (demand["people_60"] * covered).sum() / demand["people_60"].sum()
    assert told["district"]["covered_people_60_share"] == pytest.approx(share, abs=1e-6)
    assert "mean_distance_min" in told["district"]
    assert told["reach"]["profile"]["pace_m_s"] == 0.6


def test_what_is_wrong_with_a_profile_is_told_before_the_work_starts(walked, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text("[gran]\npace_m_s = 9\n", encoding="utf-8")
    asked = ("evaluate", "--area", walked, "--cell", 200, "--profile")
    for words_, said in (
        ((*asked, "gran"), "--profile gran does not go with --reach straight"),
        ((*asked, "grann", "--reach", "walking"), "the profile is 'grann'; write one of"),
        ((*asked, mine, "--reach", "walking"), "mine.toml: gran.pace_m_s is 9"),
        ((*asked, mine, "--reach", "walking", "--out", mine), "mine.toml"),
    ):
        result = run(*words_)
        assert result.returncode == 2
        assert said in result.stderr
        assert "Traceback" not in result.stderr
    broken = tmp_path / "area"
    shutil.copytree(walked, broken)
    text = (broken / "area.toml").read_text(encoding="utf-8")
    (broken / "area.toml").write_text(
        text.replace("flight_s = 25", "flight_s = -1"), encoding="utf-8"
    )
    (broken / "population.csv").write_text("street,people_60\nnobody,1\n")
    result = run("check", broken)
    assert (
        "area.toml: profiles.gran.flight_s is -1; write a number from 0"
        in result.stdout + result.stderr
    )
    assert "population.csv" in result.stdout + result.stderr
