"""Groups of people: an area's own ones, from its files to every table, map and page, and whose figures come first."""

import csv
import dataclasses
import io
import json
import shutil
import tomllib

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from carecircles import area as areas
from carecircles import (
    comparison,
    datasets,
    evaluation,
    gaps,
    grid,
    maps,
    marginal,
    people,
    report,
    scenario,
    siting,
)
from carecircles.errors import ValidationError
from carecircles.io import read_population
from tests.conftest import planned
from tests.test_browser import Opened
from tests.test_cli import refused, run
from tests.test_live import Live

GROUPS = """
[groups.people_disabled]
name = "残疾老人"
name_en = "disabled"
spellings = ["持证残疾老人数"]
"""
# Most people live in S1, most disabled ones in S3; S4 lies beyond every circle.
POPULATION = """code,street,people,持证残疾老人数
S1,东风街道,30000,80
S2,人民街道,25000,70
S3,和平街道,20000,1560
S4,新华街道,300,290
"""
FOR_THEM = """
name = "慢行"
name_en = "Slower"
[[step]]
standard = "people_disabled"
metres = 500
"""


def write_own(folder, *, groups=GROUPS, population=POPULATION):
    """A folder of an area with a group of its own."""
    shutil.copytree(datasets.folder("template"), folder)
    with (folder / "area.toml").open("a", encoding="utf-8") as file:
        file.write(groups)
    (folder / "population.csv").write_text(population, encoding="utf-8")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "slower.toml").write_text(FOR_THEM, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An area that counts everyone and the disabled, and nobody by age."""
    return write_own(tmp_path_factory.mktemp("people") / "own")


@pytest.fixture(scope="module")
def own(folder):
    return areas.read_area(folder)


@pytest.fixture(scope="module")
def plan(own):
    return planned(areas.with_headline(own, "disabled"))


@pytest.fixture(scope="module")
def after(plan):
    return scenario_of(plan)


def scenario_of(plan):
    from carecircles import plan as plans

    return plans.carry_out(plan, scenario.parse(tomllib.loads(FOR_THEM)))


def problems_of(call, *arguments, **options):
    with pytest.raises(ValidationError) as error:
        call(*arguments, **options)
    return error.value.problems


def printed(*arguments, cwd):
    done = run(*arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


# At the door


def test_a_group_of_the_areas_own_is_read_by_its_spelling(own):
    assert own.population["people_disabled"].tolist() == [80, 70, 1560, 290]
    demand = grid.make_demand(own.streets, own.population, cell=50)
    assert demand.groupby("street", observed=True)["people_disabled"].sum().tolist() == (
        pytest.approx([80, 70, 1560, 290])
    )
    assert [group.column for group in own.groups if group.is_own] == ["people_disabled"]


def test_its_name_is_a_spelling_too(tmp_path):
    text = POPULATION.replace("持证残疾老人数", "残疾老人")
    found = areas.read_area(write_own(tmp_path / "own", population=text))
    assert found.population["people_disabled"].sum() == 2000


def test_a_part_is_never_larger_than_its_whole(tmp_path):
    """Of 60+, who are not counted here, so of everyone: S4 has 300 people and 310 disabled ones."""
    groups = GROUPS + 'part_of = "people_60"\n'
    text = POPULATION.replace("300,290", "300,310").replace("25000,70", "25000,25001")
    own = write_own(tmp_path / "own", groups=groups, population=text)
    (said,) = problems_of(areas.read_area, own)
    assert said.startswith(
        "population.csv, rows 3 ('25001'), 5 ('310'): people_disabled is larger than"
    )
    assert "than people, of which it is a part" in said


def test_a_group_that_is_declared_has_to_be_there(tmp_path):
    text = POPULATION.replace("持证残疾老人数", "残障")
    (said,) = problems_of(areas.read_area, write_own(tmp_path / "own", population=text))
    assert "no column people_disabled (not known: '残障')" in said
    assert "take the group out of area.toml" in said


def test_a_file_without_anyone_is_refused(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("code,street\nS1,东风街道\n", encoding="utf-8")
    assert "no column people_60" in problems_of(read_population, path)[0]


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ("[groups.disabled]\nname = 'x'", "groups.disabled: a group's column is written such as"),
        ("[groups.\"people_Ä\"]\nname = 'x'", "is written such as people_disabled"),
        ("[groups.people_in_share]\nname = 'x'", "cannot end in share"),
        ("[groups]\npeople_x = 3", "write it as [groups.people_x]"),
        ("groups = 3", "groups is not a table"),
        ("[groups.people_x]\nspellings = ['残障']", "groups.people_x: name is missing"),
        ("[groups.people_x]\nname = ''", "name is ''"),
        ('[groups.people_x]\nname = "a\\nb"', "name is 'a\\nb'"),
        ("[groups.people_x]\nname = 'x'\nspellings = 'y'", "spellings is 'y'"),
        ("[groups.people_x]\nname = 'x'\ncolour = 'red'", "unknown: 'colour'"),
        ("[groups.people_x]\nname = 'x'\npart_of = 'people_70'", "part_of is 'people_70'"),
        ("[groups.people_x]\nname = 'x'\npart_of = 'people_x'", "leads back to people_x"),
        ("[groups.people_60]\npart_of = 'people_80'", "leads back to people_60"),
        ("[groups.people_x]\nname = '老年人口'", "'老年人口' means people_60 and people_x"),
    ],
)
def test_groups_that_cannot_be(tmp_path, groups, said):
    own = write_own(tmp_path / "own")
    toml = groups + "\n" + (own / "area.toml").read_text(encoding="utf-8").replace(GROUPS, "")
    if groups.startswith("["):
        toml = (own / "area.toml").read_text(encoding="utf-8").replace(GROUPS, groups + "\n")
    (own / "area.toml").write_text(toml, encoding="utf-8")
    assert any(said in line for line in problems_of(areas.read_area, own))


def test_a_group_we_know_can_be_called_otherwise(tmp_path):
    groups = '[groups.people_60]\nname = "老人"\nname_en = "elderly"\nspellings = ["老人数"]\n'
    text = "code,street,老人数\nS1,a,4\nS2,b,3\nS3,c,2\nS4,d,1\n".replace(",a,", ",东风街道,")
    text = (
        text.replace(",b,", ",人民街道,").replace(",c,", ",和平街道,").replace(",d,", ",新华街道,")
    )
    own = areas.read_area(write_own(tmp_path / "own", groups=groups, population=text))
    (line,) = [s["label"] for s in report.summary(planned(own)) if "People" in s["label"]["en"]]
    assert line == {"en": "People elderly", "zh": "老人人口"}


def test_check_says_what_it_takes_for_the_group(folder, tmp_path):
    assert "'持证残疾老人数' as people_disabled" in printed("check", folder, cwd=tmp_path)
    other = tmp_path / "other.csv"
    other.write_text(POPULATION.replace("people,", "x,"), encoding="utf-8")
    said = printed("check", other, "--area", folder, cwd=tmp_path)
    assert "population" in said.splitlines()[0]
    assert "people_disabled: 2,000" in said


# In tables, files and answers


def test_evaluate_counts_them(folder, plan, tmp_path):
    """People are even within a street, so that by street the share of each group is that of area."""
    arguments = ("evaluate", "--area", folder, "--group", "people_disabled")
    record = json.loads(printed(*arguments, "--format", "json", cwd=tmp_path))
    for street in record["streets"]:
        assert street["covered_people_disabled_share"] == pytest.approx(
            street["covered_area_share"], abs=1e-6
        )
    covered = sum(s["people_disabled"] * s["covered_area_share"] for s in record["streets"])
    assert record["district"]["uncovered_people_disabled"] == pytest.approx(
        2000 - covered, abs=0.01
    )
    rows = list(csv.DictReader(io.StringIO(printed(*arguments, "--format", "csv", cwd=tmp_path))))
    assert [float(row["people_disabled"]) for row in rows] == [80, 70, 1560, 290, 2000]
    table = report.coverage_table(plan, by="street", lang="zh")
    assert table["残疾老人"].tolist() == ["80", "70", "1,560", "290", "2,000"]
    assert {"残疾老人覆盖率", "未覆盖残疾老人", "残疾老人两处以上"} <= set(table)


def test_a_group_of_its_own_stands_beside_the_headline(own):
    table = report.coverage_table(planned(own), by="street", lang="en")
    assert {"all ages", "all ages covered", "disabled covered", "disabled left"} <= set(table)


def test_zones_are_ranked_by_them(plan):
    """Cut by street, S1 has the most people left over and S3 the most disabled ones."""
    both = {
        group: gaps.uncovered_zones(plan.cells, cutoff=700, split="street", group=group)
        for group in ("people", "people_disabled")
    }
    assert both["people"].loc["1", "streets"] == ("S1",)
    assert both["people_disabled"].loc["1", "streets"] == ("S3",)
    for group, zones in both.items():
        assert zones.drop(index="other", errors="ignore")[group].is_monotonic_decreasing
    parts = gaps.by_street(plan.cells, group="people_disabled")["people_disabled"].loc["1"]
    assert parts.is_monotonic_decreasing
    assert "Streets, disabled in each" in report.gaps_table(
        plan, both["people_disabled"], lang="en"
    )


def test_gaps_command_follows_the_group(folder, tmp_path):
    said = ("gaps", "--area", folder, "--split", "street", "--format", "json")
    first = {
        group: json.loads(printed(*said, "--group", group, cwd=tmp_path))["zones"][0]["streets"]
        for group in ("people", "残疾老人")
    }
    assert first == {"people": "S1", "残疾老人": "S3"}


def test_a_standard_for_them_says_nothing_of_others(folder, plan, after, tmp_path):
    assert comparison.groups_of(plan, after) == ["people_disabled"]
    record = json.loads(
        printed("whatif", "slower", "--area", folder, "--format", "json", cwd=tmp_path)
    )
    assert record["after"]["standard"]["group"] == "people_disabled"
    district = record["district"]
    assert district["covered_people_disabled_share_after"] == pytest.approx(
        evaluation.of_district(after.cells)["covered_people_disabled_share"], abs=1e-6
    )
    assert not [
        key for key in district if people.group_in(key, ["people", "people_disabled"]) == "people"
    ]
    said = printed("whatif", "slower", "--area", folder, cwd=tmp_path)
    assert "for people disabled" in said
    assert "all ages" not in said
    assert "60+" not in said


def test_both_groups_are_compared_where_a_standard_is_for_everyone(plan):
    table = report.groups_table(comparison.compare(plan, plan), lang="zh")
    assert table["人群"].tolist() == ["全部人口", "残疾老人"]


def test_closing_each_ranks_by_them(plan):
    losses = marginal.close_each(plan, group="people_disabled")
    assert losses["lost_people_disabled"].is_monotonic_decreasing
    assert losses.index[0] == "A3"  # in S3
    assert marginal.close_each(plan, group="people").index[0] == "A1"
    table = report.losses_table(plan, losses, lang="en")
    assert "disabled lost" in table
    assert "disabled losing their backup" in table


def test_site_serves_the_group_asked_for(folder, tmp_path):
    """The people a plan claims to cover are those that the scenario it writes covers."""
    found = {}
    for group in ("people", "people_disabled"):
        said = json.loads(
            printed("site", "--new", 1, "--spacing", 200, "--area", folder, "--group", group,
                    "--scenario", f"{group}.toml", "--format", "json", cwd=tmp_path)
        )  # fmt: skip
        assert said["people"] == group
        told = json.loads(
            printed("whatif", f"{group}.toml", "--area", folder, "--format", "json", cwd=tmp_path)
        )["district"]
        share = told[f"covered_{group}_share_after"]
        assert said["covered"] == pytest.approx(share * told[group], abs=0.1)
        found[group] = said["sites"][0]["street"]
    assert found["people"] == "S1"
    assert found["people_disabled"] != "S1"
    note = tomllib.loads((tmp_path / "people_disabled.toml").read_text(encoding="utf-8"))["note"]
    assert "残疾老人" in note


def test_a_model_sites_for_those_there_are(plan):
    """Without a weight it is the headline of the cells: here everyone, as there is no 60+."""
    places = siting.candidates_on_grid(plan.cells, spacing=400)
    cost = siting.cost_for("coverage", plan, places)
    rules = siting.Rules(required=plan.area.facilities.index)
    free, named = (
        siting.maximize_coverage(plan.cells, cost, new=1, rules=rules, **weight)
        for weight in ({}, {"weight": "people"})
    )
    assert free.objective == named.objective
    assert free.total == pytest.approx(75_300)


def test_a_question_is_about_whom_the_area_is_told_for(plan):
    places = siting.candidates_on_grid(plan.cells, spacing=400)
    found = siting.site(plan, places, new=1)
    assert found.total == pytest.approx(2000)  # not the 75,300 of all ages
    everyone = siting.site(plan, places, new=1, weight="people")
    assert everyone.total == pytest.approx(75_300)
    assert found.sites.index[0] != everyone.sites.index[0]


def test_plans_for_different_people_are_not_held_against_each_other(own):
    """Neither of the two groups is part of the other."""
    groups = (*own.groups, people.Group("people_young", {"en": "young", "zh": "青年"}))
    young = own.population.assign(people_young=1.0)
    asked = [
        planned(dataclasses.replace(own, groups=groups, population=young,
                standard=areas.Standard(group=group)), cell=200)
        for group in ("people_disabled", "people_young")
    ]  # fmt: skip
    assert comparison.groups_of(*asked) == []
    assert "people_disabled, people_young" in problems_of(comparison.compare, *asked)[0]


def test_a_group_the_standard_is_not_for_is_refused(folder, tmp_path):
    said = refused("whatif", "slower", "--area", folder, "--group", "people", cwd=tmp_path)
    assert "group is 'people', but the standard is for people_disabled alone" in said


@pytest.mark.parametrize("command", [("evaluate",), ("map",), ("gaps",), ("site", "--new", "1")])
def test_a_group_nobody_counts_is_refused(folder, tmp_path, command):
    said = refused(*command, "--area", folder, "--group", "people_60", cwd=tmp_path)
    assert "group is 'people_60'; write one of people, people_disabled." in said


def test_columns_nobody_declared_are_told_under_their_own_name(own):
    """Frames made in Python."""
    counted = own.population.rename(columns={"people_disabled": "people_living_alone"})
    made = dataclasses.replace(own, population=counted, groups=people.GROUPS)
    table = report.coverage_table(planned(made, cell=100), by="district", lang="en")
    assert table["living alone left"].iloc[0] != "0"
    assert report.groups_table(comparison.compare(*[planned(made, cell=100)] * 2), lang="en")[
        "Group"
    ].tolist() == ["all ages", "living alone"]


# On maps and pages


def texts(value):
    """Every text in a JSON value, without what is packed."""
    if isinstance(value, dict):
        return [text for key, part in value.items() if key != "packed" for text in texts(part)]
    if isinstance(value, list | tuple):
        return [text for part in value for text in texts(part)]
    return [value] if isinstance(value, str) else []


def drawn(m):
    """Layers by kind, and what stands around them."""
    children = m._children.values()
    layers = {child.kind: child for child in children if isinstance(child, maps.Drawing)}
    config = next(child for child in children if child._name == "Surroundings").config
    return layers, config


def told(m):
    """All that a map tells: the data of its layers, their names, and what stands around them."""
    layers, config = drawn(m)
    data = {kind: layer.data for kind, layer in layers.items() if kind != "live"}
    names = [layer.layer_name for layer in layers.values()]
    return [*texts(data), *texts(names), *texts(config)]


@pytest.fixture(scope="module")
def every_map(plan, after):
    losses, gains = marginal.close_each(plan), marginal.open_everywhere(plan)
    return {
        "coverage": maps.coverage_map(plan),
        "live": maps.whatif_map(plan),
        "change": maps.change_map(comparison.compare(plan, after)),
        "closing": maps.closing_map(plan, losses),
        "gain": maps.gain_map(plan, gains),
    }


@pytest.mark.parametrize("kind", ["coverage", "live", "change", "closing", "gain"])
def test_every_map_is_about_the_group(every_map, kind):
    said = told(every_map[kind])
    assert not [text for text in said if "60+" in text or "60岁" in text]
    for word in ("disabled", "残疾老人"):
        assert [text for text in said if word in text]


def test_figures_on_the_map_are_those_of_the_group(every_map, plan):
    layers, config = drawn(every_map["coverage"])
    coverage = evaluation.by_street(plan.cells)
    streets = layers["streets"].data["streets"]
    figures = [s["figures"] for s in streets]
    assert [s["people_disabled"] for s in figures] == coverage["people_disabled"].tolist()
    assert [s["covered"] for s in streets] == coverage["covered_people_disabled_share"].tolist()
    left = coverage["uncovered_people_disabled"].tolist()
    for rows in (config["table"]["rows"], figures):
        assert [row["uncovered_people_disabled"] for row in rows] == left
    zones = gaps.uncovered_zones(plan.cells, cutoff=700, group="people_disabled")
    assert [z["figures"]["people_disabled"] for z in layers["zones"].data["zones"]] == (
        zones["people_disabled"].tolist()
    )
    assert layers["streets"].layer_name == "Streets: share of disabled covered"
    told = {column["key"]: column["label"] for column in layers["streets"].data["told"]}
    assert told["uncovered_people_disabled"] == {
        "en": "disabled not covered", "zh": "未覆盖残疾老人"
    }  # fmt: skip


def test_maps_side_by_side_are_about_the_same_people(plan, after):
    """One plan's standard is for the disabled alone, the other's for everyone."""
    every = dataclasses.replace(plan.area, headline=None)
    before = dataclasses.replace(plan, area=every)
    page = maps.comparison_map([before, after])
    for m in page._children.values():
        for child in m._children.values():
            if isinstance(child, maps.Drawing) and child.kind == "streets":
                assert child.data["told"][0]["key"] == "people_disabled"


def test_hexi_told_of_those_over_80(hexi, hexi_cells, tmp_path):
    plan = planned(areas.with_headline(hexi, "80+"), hexi_cells)
    m = maps.coverage_map(plan)
    layers, config = drawn(m)
    assert layers["streets"].layer_name == "Streets: share of 80+ covered"
    about = [
        *texts(config),
        *texts({k: layers[k].data["told"] for k in ("grid", "streets", "zones")}),
    ]
    assert not [text for text in about if "60+" in text or "60岁" in text]
    assert [line["label"]["en"] for line in config["summary"]][1:3] == ["People 80+", "80+ covered"]
    table = report.coverage_table(plan, by="street", lang="zh")
    assert {"80岁及以上", "80+覆盖率", "未覆盖80+", "80+两处以上"} <= set(table)
    said = printed("evaluate", "--group", "80岁以上", "--by", "district", cwd=tmp_path)
    assert "80+ covered" in said
    assert "60+" not in said


def test_pointing_at_the_map_tells_the_group(browser, every_map, tmp_path):
    path = tmp_path / "map.html"
    every_map["coverage"].save(path)
    opened = Opened(browser, path)
    shown = opened.ask(
        """() => {
          const map = carecircles.page.maps[0], grid = carecircles.page.grid, said = [];
          said.push(grid.facts(map.getCenter()).textContent);
          map.eachLayer((layer) => { if (layer.getTooltip && layer.getTooltip()) {
            const content = layer.getTooltip()._content;
            said.push(typeof content === "function" ? content().textContent : "");
          } });
          return said;
        }"""
    )
    assert "People disabled in this cell" in shown[0]
    assert [text for text in shown[1:] if "disabled" in text]
    assert "60+" not in opened.page.locator("body").inner_text()
    opened.page.get_by_role("button", name="中文").click()
    expect(opened.page.locator("body")).to_contain_text("残疾老人")
    opened.shot("map-own-group")
    opened.assert_quiet()
    opened.page.close()


def test_planning_for_the_group(browser, every_map, plan, after, tmp_path):
    """The page opens on the group, counts it as Python does and follows a standard that is for it."""
    path = tmp_path / "live.html"
    every_map["live"].save(path)
    live = Live(browser, path)
    choice = live.page.locator("select").first
    assert choice.input_value() == "people_disabled"
    assert choice.locator("option").all_text_contents() == ["all ages", "disabled"]
    for cells, text in ((plan.cells, None), (after.cells, FOR_THEM)):
        if text:
            assert live.load(text)
        district = evaluation.of_district(cells)
        covered = district["people_disabled"] - district["uncovered_people_disabled"]
        assert live.figures("people_disabled")["area"]["covered"] == pytest.approx(covered)
        assert live.page.locator(".cc-big .cc-covered").inner_text() == f"{covered:,.0f}"
    assert choice.locator("option").nth(0).is_disabled()
    assert scenario.parse(tomllib.loads(live.toml())).steps["to"].tolist() == ["people_disabled"]
    assert not live.load(FOR_THEM.replace("people_disabled", "people_60"))
    assert "use one of everyone, people, people_disabled" in live.problems()[0]
    assert "60+" not in live.page.locator("body").inner_text()
    live.shot("live-own-group")
    live.assert_quiet()
    live.page.close()


def test_groups_that_are_part_of_one_another():
    assert people.wholes_of("people_80", people.GROUPS) == ["people_65", "people_60", "people"]
    told = people.within(people.GROUPS, ["people_60", "people_65"])
    assert [group.column for group in told] == ["people_65", "people_80"]
    with pytest.raises(ValidationError, match="no column of people"):
        people.headline_of(pd.DataFrame({"x": np.zeros(2)}))


def test_a_group_of_frames_in_memory(hexi):
    """Half of the older people of each street, by a column as an office names it."""
    made = areas.study(
        streets=hexi.streets,
        population=hexi.population[["people_60"]].assign(失能老人=hexi.population["people_60"] / 2),
        centres=hexi.facilities,
        groups={"people_frail": {"name": "失能老人", "name_en": "frail", "part_of": "people_60"}},
    )
    plan = planned(made, cell=100)
    assert comparison.groups_of(plan) == ["people_60", "people_frail"]
    district = evaluation.of_district(plan.cells)
    assert district["people_frail"] == pytest.approx(230_176 / 2)
    assert district["covered_people_frail_share"] == pytest.approx(
        district["covered_people_60_share"]
    )
    wrong = problems_of(
        areas.study,
        streets=hexi.streets,
        population=hexi.population,
        centres=hexi.facilities,
        groups={"frail": {"name": "失能老人"}},
    )
    assert "study: groups.frail: a group's column is written such as people_disabled" in wrong[0]
