"""The people of several years: from a file with years to tables, scenarios, maps and the page."""

import csv
import dataclasses
import io
import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import area as areas
from carecircles import (
    comparison,
    datasets,
    evaluation,
    grid,
    maps,
    plan,
    report,
    scenario,
    weights,
)
from carecircles.errors import ValidationError
from carecircles.words import say
from tests.examples import examples
from tests.test_cli import refused, run

# Two streets that grow, one that stays and one where nobody aged 80 lived.
POPULATION = """code,street,年份,people_60,people_80,basis,source
S1,东风街道,2020,8400,1200,known,census
S1,东风街道,2030,12400,2000,projected,the office
S2,人民街道,2020,7000,1000,known,census
S2,人民街道,2030年,9000,1400,projected,the office
S3,和平街道,2020,5600,800,known,census
S3,和平街道,2030,5600,800,projected,the office
S4,新华街道,2020,3000,0,known,census
S4,新华街道,2030,6000,600,projected,the office
"""
IN_2030 = """
name = "新华中心"
name_en = "A centre in Xinhua"
year = 2030
[[step]]
open = "N1"
street = "新华街道"
"""


def write_area(folder, population=POPULATION, **scenarios):
    shutil.copytree(datasets.folder("template"), folder)
    (folder / "population.csv").write_text(population, encoding="utf-8")
    (folder / "scenarios").mkdir()
    for name, text in scenarios.items():
        (folder / "scenarios" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    parent = tmp_path_factory.mktemp("years")
    return write_area(parent / "own", then=IN_2030, now=IN_2030.replace("year = 2030\n", ""))


@pytest.fixture(scope="module")
def growing(folder):
    return areas.read_area(folder)


@pytest.fixture(scope="module")
def asis(growing):
    return plan.evaluate(growing, demand_of(growing))


def demand_of(area, cell=100):
    return grid.make_demand(area.streets, area.population, cell=cell)


def problems_of(folder):
    with pytest.raises(ValidationError) as caught:
        areas.read_area(folder)
    return caught.value.problems


def test_the_earliest_year_is_shown_and_every_year_is_kept(growing):
    assert (growing.year, areas.years_of(growing)) == (2020, [2020, 2030])
    assert growing.population["people_60"].to_dict() == {
        "S1": 8400,
        "S2": 7000,
        "S3": 5600,
        "S4": 3000,
    }
    assert growing.population["basis"].unique().tolist() == ["known"]
    assert growing.populations.loc[("S2", 2030), "people_80"] == 1400


def test_between_two_years_people_lie_on_a_straight_line_and_are_not_known(growing):
    """By hand: 2023 is three tenths of the way from 2020 to 2030."""
    then = areas.in_year(growing, 2023)
    assert then.population["people_60"].to_dict() == pytest.approx(
        {"S1": 9600, "S2": 7600, "S3": 5600, "S4": 3900}
    )
    assert then.population["people_80"].to_dict() == pytest.approx(
        {"S1": 1440, "S2": 1120, "S3": 800, "S4": 180}
    )
    assert set(then.population["basis"]) == {"interpolated"}
    notes = [say(then.notes[-1], lang) for lang in ("en", "zh")]
    assert "straight line between those of 2020 and 2030" in notes[0]
    assert notes[1].startswith("2023 年人口未知")
    assert "people of all 4 streets are interpolated between years" in [
        line["en"] for line in report.assumptions(then)
    ]


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(2020, 2030), st.integers(2020, 2030))
def test_years_may_be_looked_at_in_any_order(growing, one, other):
    """Whatever was looked at before: the same people, and only what is true of the year shown is said."""
    there, direct = areas.in_year(areas.in_year(growing, one), other), areas.in_year(growing, other)
    pd.testing.assert_frame_equal(there.population, direct.population)
    assert there.notes == direct.notes
    assert len(there.notes) == len(growing.notes)
    share = (other - 2020) / 10
    first, last = (areas.in_year(growing, y).population["people_60"].sum() for y in (2020, 2030))
    assert direct.population["people_60"].sum() == pytest.approx(first + share * (last - first))


def test_years_that_are_not_known_are_refused(growing, hexi):
    for area, year, said in (
        (
            growing,
            2031,
            "population.csv: year 2031 lies outside those that are known, 2020 and 2030",
        ),
        (growing, 2019, "ask for one from 2020 to 2030"),
        (growing, 2025.5, "year '2025.5' lies outside"),
        (
            hexi,
            2030,
            "population.csv: year 2030 is asked for, but this file names no years; add a column year",
        ),
    ):
        with pytest.raises(ValidationError) as caught:
            areas.in_year(area, year)
        assert said in caught.value.problems[0]
        assert "年" in caught.value.problems[0].zh
    with pytest.raises(ValidationError, match="only 2020 is known"):
        areas.in_year(only_2020(growing), 2030)


def only_2020(area):
    return areas.with_years(area, area.populations.xs(2020, level="year", drop_level=False))


def changed(text, old, new):
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("population", "said"),
    [
        (changed(POPULATION, "S2,人民街道,2030年", "S2,人民街道,2020"),
         ["rows 4 ('S2 2020'), 5 ('S2 2020'): code and year are there more than once",
          "population.csv (2030): there is no row for '人民街道'"]),
        (changed(POPULATION, "S3,和平街道,2030,5600,800,projected,the office\n", ""),
         ["population.csv (2030): there is no row for '和平街道'; add the people who live there."]),
        (changed(POPULATION, "S3,和平街道,2030", "S3,和平街道,2030.5"), ["row 7 ('2030.5'): year is not one"]),
        (changed(POPULATION, "S3,和平街道,2030", "S3,和平街道,"), ["row 7: year is empty; write a whole year"]),
        (changed(POPULATION, "S3,和平街道,2030", "S3,和平街道,20300"), ["row 7 ('20300'): year is not one"]),
        (changed(POPULATION, "S1,东风街道,2020", "S1,东风街道,1820"),
         ["row 2 ('1820'): year is not one; write a whole year from 1900 to 2200, such as 2030."]),
        (changed(changed(POPULATION, "S1,东风街道,2030", "S1,东风街道,2010"), "S1,东风街道,2020", "S1,东风街道,2030"),
         ["row 3 ('S1 2010'): the years of this street are out of order"]),
        (changed(POPULATION, "S3,和平街道,2030,5600", "S3,和平街道,2030,-1"), ["row 7 ('-1'): people_60 is negative"]),
        (changed(POPULATION, "S3,和平街道,2030", "S9,和平街道,2030"),
         ["population.csv (2030), row 7 ('S9'): this street is not in the streets file"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_years_is_told_at_the_door(tmp_path, population, said):
    problems = problems_of(write_area(tmp_path / "own", population))
    for line in said:
        assert any(line in problem for problem in problems), problems
    for problem in problems:
        assert problem.startswith("population.csv")


def test_streets_of_a_year_together_or_years_of_a_street_together(growing, tmp_path):
    rows = POPULATION.splitlines(keepends=True)
    blocks = "".join([rows[0], *rows[1::2], *rows[2::2]])
    other = areas.read_area(write_area(tmp_path / "own", blocks))
    pd.testing.assert_frame_equal(other.population, growing.population)
    pd.testing.assert_frame_equal(
        areas.in_year(other, 2030).population, areas.in_year(growing, 2030).population
    )


def test_frames_in_memory_have_years_too(growing):
    people = growing.populations.reset_index().drop(columns=["basis", "source"])
    made = areas.study(
        streets=growing.streets,
        population=people,
        centres=growing.facilities.assign(datum="wgs84"),
    )
    assert areas.years_of(made) == [2020, 2030]
    assert areas.in_year(made, 2030).population["people_60"].sum() == 33_000


def test_the_same_plan_reaches_the_same_places_in_another_year(asis, growing):
    """In one pass and evaluated anew: the same cells, to the person; nobody is lost on the way."""
    then = plan.of_year(asis, 2027)
    anew = plan.evaluate(then.area, demand_of(then.area))
    pd.testing.assert_frame_equal(then.cells, anew.cells, check_exact=False, rtol=1e-12)
    assert then.cost is asis.cost
    sums = then.cells.groupby("street", observed=True)[["people_60", "people_80"]].sum()
    expected = areas.in_year(growing, 2027).population[["people_60", "people_80"]]
    np.testing.assert_allclose(sums, expected, rtol=1e-12)
    assert expected.loc["S4", "people_80"] > 0  # where nobody aged 80 lived in 2020


def test_more_people_are_no_more_coverage(asis):
    """The same centres in 2020 and 2030: nobody is gained, and by year the counts are told apart."""
    change = comparison.compare(asis, plan.of_year(asis, 2030))
    assert change.before.area.year == 2030
    for measure in ("gained", "lost", "net", "backup_gained"):
        assert change.district[f"{measure}_people_60"] == 0
    by_year = report.years_frame([asis, plan.of_year(asis, 2030)], by="district")
    for _, row in by_year.iterrows():
        parts = row["covered_people_60"] + row["uncovered_people_60"]
        assert parts == pytest.approx(row["people_60"])
        assert row["covered_people_60_share"] == pytest.approx(
            row["covered_people_60"] / row["people_60"], abs=1e-6
        )
    assert by_year["people_60"].tolist() == [24_000, 33_000]
    assert by_year["covered_people_60"].is_monotonic_increasing
    assert by_year[
        "covered_people_60_share"
    ].is_monotonic_decreasing  # most come where no centre is


def test_a_comparison_does_not_depend_on_the_year_it_begins_in(tmp_path):
    """Nobody lives in S1 in 2030; for the people of 2020 the plans compare as if nobody had looked there."""
    write_area(tmp_path / "mine", POPULATION.replace("2030,12400,2000", "2030,0,0"))
    homes = "id,street,lon,lat,households\n1,S1,{lon},{lat},10\n"
    area = areas.read_area(tmp_path / "mine")
    spot = area.facilities.to_crs(4326).geometry.iloc[0]
    (tmp_path / "mine" / "residences.csv").write_text(homes.format(lon=spot.x, lat=spot.y), "utf-8")
    area = areas.read_area(tmp_path / "mine")
    asis = plan.evaluate(area, weights.make_demand(area, cell=100))
    less = plan.carry_out(
        asis, scenario.parse({"name": "L", "step": [{"close": area.facilities.index[0]}]})
    )
    straight = comparison.compare(asis, less).district
    around = comparison.compare(plan.of_year(asis, 2030), less).district
    assert straight["lost_people_60"] > 0
    pd.testing.assert_series_equal(around, straight)


def test_plans_of_a_year_and_of_none_are_not_compared(asis):
    undated = dataclasses.replace(asis.area, year=None, populations=None)
    with pytest.raises(ValidationError, match="the people of 2020, the other those of no year"):
        comparison.compare(asis, dataclasses.replace(asis, area=undated))


def test_a_scenario_is_for_the_people_of_its_year(asis, folder):
    """Gained are those of 2030 in Xinhua whom the new centre reaches; written again it says so still."""
    steps = scenario.read_scenario(folder / "scenarios" / "then.toml")
    after = plan.carry_out(asis, steps)
    assert (steps.year, after.area.year) == (2030, 2030)
    change = comparison.compare(asis, after)
    reached = evaluation.by_street(after.cells)["covered_people_60_share"]["S4"]
    was = evaluation.by_street(asis.cells)["covered_people_60_share"]["S4"]
    assert change.district["gained_people_60"] == pytest.approx(6000 * (reached - was))
    assert "\nyear = 2030\n" in scenario.scenario_text(steps)
    own = {"name": "b", "year": 2025}
    assert scenario.parse({"name": "b"}, base=steps).year == 2030
    assert scenario.parse(own, base=steps).year == 2025


@pytest.mark.parametrize("year", ["2030", 2030.5, True, 1800, [2030], float("nan"), 10**30])
def test_a_scenario_names_a_year_that_is_one(year):
    with pytest.raises(ValidationError, match="write a whole year from 1900 to 2200"):
        scenario.parse({"name": "x", "year": year})


def test_a_scenario_for_a_year_nobody_knows_is_refused(tmp_path, folder):
    (tmp_path / "far.toml").write_text('name = "Far"\nyear = 2099\n', encoding="utf-8")
    message = refused("whatif", "far.toml", "--area", folder, cwd=tmp_path)
    assert (
        "Far: population.csv: year 2099 lies outside those that are known, 2020 and 2030" in message
    )
    assert "names no years" in refused("whatif", "far.toml", cwd=tmp_path)
    shared = ("--years", "2020,2030", "--cell", 200, "--area", folder, "--by", "district")
    told = run("whatif", "far.toml", *shared, cwd=tmp_path)  # what is asked for takes its place
    assert "Far names the year 2099; it is told here for each of those asked for" in told.stdout


def test_year_on_the_command_line(tmp_path, folder):
    shared = ("--area", folder, "--cell", 100)
    told = {}
    for year in (None, 2025, 2030):
        asked = () if year is None else ("--year", year)
        done = run("evaluate", "--format", "json", *shared, *asked, cwd=tmp_path)
        told[year] = json.loads(done.stdout)
    assert [record["year"] for record in told.values()] == [2020, 2025, 2030]
    assert [record["district"]["people_60"] for record in told.values()] == [24_000, 28_500, 33_000]
    shares = {r["district"]["covered_area_share"] for r in told.values()}
    assert len(shares) == 1  # centres are the same
    table = run("evaluate", "--year", 2025, "--lang", "zh", *shared, cwd=tmp_path)
    assert "2025 年人口未知" in table.stdout
    written = run("evaluate", "--year", 2030, "--format", "csv", *shared, cwd=tmp_path)
    rows = list(csv.DictReader(io.StringIO(written.stdout)))
    assert {row["year"] for row in rows} == {"2030"}
    zones = run("gaps", "--year", 2030, "--format", "json", *shared, cwd=tmp_path)
    assert json.loads(zones.stdout)["year"] == 2030
    assert "population.csv: year 2030 is asked for" in refused(
        "evaluate", "--year", 2030, cwd=tmp_path
    )
    assert "year 1999 lies outside" in refused("map", "--year", 1999, *shared, cwd=tmp_path)


def test_maps_say_whose_people_they_show(asis, folder, tmp_path):
    then = plan.of_year(asis, 2030)
    assert maps.title(then.area)["en"].endswith("of 3 centres, people of 2030")
    done = run("map", "--area", folder, "--year", 2030, "--lang", "zh", "--cell", 100, cwd=tmp_path)
    assert "2030年人口" in done.stdout
    page = (tmp_path / "own-coverage.html").read_text(encoding="utf-8")
    assert "<title>示例区：3 个居家养老服务中心覆盖图，2030年人口</title>" in page
    live = maps.whatif_map(then).get_root().render()
    assert '"year":2030' in live.replace(" ", "")
    assert "Example District (people of 2030): what if?" in live


def test_years_side_by_side(tmp_path, folder):
    """A scenario and the centres as they are, each in each year; by hand: 1.5 times 2020 is 2030 in no street."""
    shared = ("--area", folder, "--cell", 100, "--years", "2030,2020")
    done = run("whatif", "now", *shared, "--out", "years.xlsx", "--map", "years.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "60+ left 2030" in done.stdout
    assert "gained" not in done.stdout
    sheet = pd.read_excel(tmp_path / "years.xlsx")
    assert len(sheet) == 2 * 2 * 4
    assert sheet["People of"].tolist()[:8] == [2020] * 4 + [2030] * 4
    assert "people of 2030" in (tmp_path / "years.html").read_text(encoding="utf-8")
    record = json.loads(run("whatif", "now", *shared, "--format", "json", cwd=tmp_path).stdout)
    told = [(p["name_en"], p["year"], p["district"]["people_60"]) for p in record["plans"]]
    assert told == [
        ("As it is", 2020, 24_000), ("As it is", 2030, 33_000),
        ("A centre in Xinhua", 2020, 24_000), ("A centre in Xinhua", 2030, 33_000),
    ]  # fmt: skip
    for planned in record["plans"]:
        by_street = sum(street["covered_people_60"] for street in planned["streets"])
        assert by_street == pytest.approx(planned["district"]["covered_people_60"], abs=0.01)
    one = json.loads(
        run("evaluate", "--area", folder, "--cell", 100, "--year", 2030, "--format", "json", cwd=tmp_path).stdout
    )  # fmt: skip
    assert (
        record["plans"][1]["district"]["uncovered_people_60"]
        == one["district"]["uncovered_people_60"]
    )
    alone = run("whatif", "--years", "2020 2025", "--area", folder, "--format", "csv", cwd=tmp_path)
    assert {row["year"] for row in csv.DictReader(io.StringIO(alone.stdout))} == {"2020", "2025"}
    said = run("whatif", "then", *shared, "--by", "district", "--lang", "zh", cwd=tmp_path).stdout
    assert "注明年份 2030" in said.replace("\n", "")


def test_years_that_cannot_stand_side_by_side(tmp_path, folder):
    message = refused("whatif", "--years", "2020,soon", "--year", 2020, "--close-each", "--area", folder, cwd=tmp_path)  # fmt: skip
    assert "--years: soon is no year" in message
    assert "--years does not go with --year" in message
    assert "--years does not go with --close-each" in message
    assert "two years or more" in refused(
        "whatif", "--years", "2020", "--area", folder, cwd=tmp_path
    )
    message = refused("whatif", "--years", "2020,2031,2041", "--area", folder, cwd=tmp_path)
    assert "year 2031 lies outside" in message
    assert "year 2041 lies outside" in message


def test_a_league_is_for_the_people_of_one_year(tmp_path, folder):
    shared = ("--area", folder, "--cell", 100)
    message = refused("whatif", "now", "then", *shared, cwd=tmp_path)
    assert "count the people of different years (2020, 2030)" in message
    league = run("whatif", "now", "then", "--year", 2030, *shared, "--format", "csv", cwd=tmp_path)
    rows = list(csv.DictReader(io.StringIO(league.stdout)))
    assert {row["year"] for row in rows} == {"2030"}
    assert rows[1]["gained_people_60"] == rows[2]["gained_people_60"]


def test_sites_are_for_the_people_of_the_year_and_their_scenario_says_so(tmp_path, folder):
    shared = ("--area", folder, "--cell", 200, "--format", "json")
    done = run("site", "--new", 1, "--year", 2030, "--scenario", "plan.toml", *shared, cwd=tmp_path)
    found = json.loads(done.stdout)
    assert "year = 2030" in (tmp_path / "plan.toml").read_text(encoding="utf-8")
    again = json.loads(run("whatif", "plan.toml", *shared, cwd=tmp_path).stdout)
    assert again["after"]["year"] == 2030
    assert again["district"]["gained_people_60"] == pytest.approx(
        found["sites"][0]["marginal_people_60"]
    )


def test_check_says_how_many_there_are_in_each_year(tmp_path, folder):
    lines = run("check", folder / "population.csv", cwd=tmp_path).stdout
    assert "population, CSV, UTF-8, 8 rows" in lines
    assert "People are those of 2020; known are the years 2020 and 2030." in lines
    shutil.copy(folder / "population.csv", tmp_path / "other.csv")
    lines = run("check", "other.csv", "--area", folder, cwd=tmp_path).stdout
    assert "people_60: 33,000 in 2030" in lines


def test_places_where_people_live_are_held_against_the_earliest_year(tmp_path):
    """A community of 8,000 fits its street in 2020, where 8,400 live; one of 9,000 only fits 2030."""
    folder = write_area(tmp_path / "own")
    square = (
        "POLYGON ((110.004 35.004, 110.010 35.004, 110.010 35.010, 110.004 35.010, 110.004 35.004))"
    )
    for count, is_sound in ((8_000, True), (9_000, False)):
        shape = gpd.GeoDataFrame(
            {"code": ["C1"], "street": ["S1"], "people_60": [count]},
            geometry=gpd.GeoSeries.from_wkt([square]),
            crs=4326,
        )
        shape.to_file(folder / "communities.geojson", driver="GeoJSON")
        if is_sound:
            area = areas.read_area(folder)
            assert area.sources.communities["people_60"].tolist() == [count]
            assert areas.in_year(area, 2030).population["people_60"]["S1"] == 12_400
        else:
            assert any("8,400" in problem for problem in problems_of(folder))


def test_people_of_another_year_live_where_those_of_the_first_do(tmp_path):
    """Two compounds in S1, of 30 and 10 households: three quarters of its people are in the first, in any year."""
    folder = write_area(tmp_path / "own")
    homes = "id,street,lon,lat,households\nA,S1,110.005,35.005,30\nB,S1,110.012,35.010,10\n"
    (folder / "residences.csv").write_text(homes, encoding="utf-8")
    area = areas.read_area(folder)
    asis = plan.evaluate(area, weights.make_demand(area, cell=100))
    for year, count in ((2020, 8_400), (2025, 10_400), (2030, 12_400)):
        then = areas.in_year(area, year)
        cells = weights.make_demand(then, cell=100)
        people = cells.loc[(cells["street"] == "S1") & (cells["people_60"] > 0), "people_60"]
        assert sorted(people) == pytest.approx([count / 4, count * 3 / 4])
        np.testing.assert_allclose(plan.of_year(asis, year).cells["people_60"], cells["people_60"])
        assert weights.place(then, cell=100).units["placed_people_60"].sum() == pytest.approx(
            then.population["people_60"].sum()
        )
    message = refused("evaluate", "--area", folder, "--totals", "residences", cwd=tmp_path)
    assert "which are of no year, and the population is of 2020" in message
    shared = ("--area", folder, "--cell", 100, "--format", "json")
    alone = json.loads(run("evaluate", "--year", 2030, *shared, cwd=tmp_path).stdout)
    beside = json.loads(run("whatif", "--years", "2020,2030", *shared, cwd=tmp_path).stdout)
    told = beside["plans"][1]["district"]["uncovered_people_60"]
    assert told == pytest.approx(alone["district"]["uncovered_people_60"], abs=0.01)
