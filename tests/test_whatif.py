"""`carecircles whatif` as a user runs it, and the maps it writes, opened in Chromium."""

import csv
import io
import json

import geopandas as gpd
import pandas as pd
import pytest

from carecircles import comparison, datasets, evaluation, maps, marginal, report, scenario
from tests.conftest import evaluated, planned
from tests.test_browser import Opened
from tests.test_cli import refused, run

EVERYTHING = """
name = "综合方案"
name_en = "A bit of everything"
[[step]]
open = "N1"
name = "新中心"
lon = 117.2424
lat = 39.068
datum = "wgs84"
[[step]]
close = "H40"
[[step]]
move = "H42"
lon = 117.214
lat = 39.06
datum = "wgs84"
[[step]]
equip = "H31"
services = ["meals", "health_post"]
[[step]]
standard = "everyone"
metres = 650
"""


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(EVERYTHING, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def plans(hexi, hexi_cells):
    """Hexi as it is, and after everything."""
    import tomllib

    area = scenario.apply(hexi, scenario.parse(tomllib.loads(EVERYTHING)))
    cells = evaluated(area.streets, area.population, area.facilities, cutoff=650)
    name = {"en": "A bit of everything", "zh": "综合方案"}
    return planned(hexi, hexi_cells, name={"en": "As it is", "zh": "现状"}), planned(
        area, cells, name=name
    )


def printed(*arguments, cwd):
    done = run("whatif", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_every_output_shows_the_figures_of_the_evaluation(tmp_path, plan_file, plans):
    """The same plan as a list of centres, evaluated on its own, gives the shares and the rest left."""
    before, after = plans
    record = json.loads(printed(plan_file, "--format", "json", "--out", "w.gpkg", cwd=tmp_path))
    *rows, district = csv.DictReader(
        io.StringIO(printed(plan_file, "--format", "csv", cwd=tmp_path))
    )
    assert float(district["gained_km2"]) == record["district"]["gained_km2"]
    written = gpd.read_file(tmp_path / "w.gpkg")
    streets = comparison.by_street(before.cells, after.cells)
    for row, said, kept, (code, figures) in zip(
        rows, record["streets"], written.to_dict("records"), streets.iterrows(), strict=True
    ):
        assert row["code"] == said["code"] == kept["code"] == code
        for column in ("gained_people_60", "lost_people_80", "net_people_60", "gained_km2"):
            expected = pytest.approx(figures[column], abs=6e-4)
            assert float(row[column]) == said[column] == kept[column] == expected
    alone = evaluation.of_district(after.cells)
    share = record["district"]["covered_people_60_share_after"]
    assert share == pytest.approx(alone["covered_people_60_share"], abs=1e-6)
    before_left = evaluation.of_district(before.cells)["uncovered_people_60"]
    net = before_left - alone["uncovered_people_60"]
    assert record["district"]["net_people_60"] == pytest.approx(net, abs=1e-3)
    table = printed(plan_file, cwd=tmp_path)
    assert f"{net:+,.0f}" in table
    assert f"{100 * share:.1f} %" in table
    assert "Moved: Meijiang assumed 1 (H42) 2,442 m" in table
    assert "Positions of 40 of 45 centres are assumed" in table
    assert "positions of 2 of 45 centres are proposed" in table


def test_record_keeps_its_keys_in_order(tmp_path, plan_file, plans):
    record = json.loads(printed(plan_file, "--format", "json", cwd=tmp_path))
    assert list(record) == [
        "area", "area_en", "before", "after", "changed_centres", "cell_m", "area_share_error",
        "people_share_error", "reach", "placed", "assumed",
        "notes", "district", "streets", "new_zones", "vanished_zones",
    ]  # fmt: skip
    assert record["after"]["standard"]["metres"] == 650
    assert record["before"]["centres"] == record["after"]["centres"] == 45
    moved = [c for c in record["changed_centres"] if c["change"] == "moved"]
    points = [plan.area.facilities.geometry["H42"] for plan in plans]
    assert len(moved) == 1
    assert moved[0] == {
        "id": "H42",
        "change": "moved",
        "name": "梅江假定点1",
        "name_en": "Meijiang assumed 1",
        "equipped": False,
        "enlarged": False,
        "moved_m": pytest.approx(points[0].distance(points[1]), abs=0.051),
    }


def test_bundled_scenarios_go_by_name_and_make_a_league(tmp_path):
    names = ["ten-minutes", "taoyuan-2023", "closed-for-a-year"]
    record = json.loads(printed(*names, "--format", "json", cwd=tmp_path))
    league = [plan["name_en"] for plan in record["plans"]]
    assert league == [
        "As it is",
        "Taoyuan street centre opens in 2023",
        "One centre closed for a year",
        "A 10-minute circle",
    ]
    nets = [plan["net_people_60"] for plan in record["plans"][1:]]
    assert nets == sorted(nets, reverse=True)
    for name, plan in zip(
        ("taoyuan-2023", "closed-for-a-year", "ten-minutes"), record["plans"][1:], strict=True
    ):
        alone = json.loads(printed(name, "--format", "json", cwd=tmp_path))
        assert plan["net_people_60"] == alone["district"]["net_people_60"]
        assert plan["covered_people_60_share"] == alone["district"]["covered_people_60_share_after"]
    table = printed(*names, "--out", "league.csv", cwd=tmp_path)
    assert table.index("Taoyuan street centre") < table.index("A 10-minute circle")
    assert pd.read_csv(tmp_path / "league.csv")["rank"].tolist() == [0, 1, 2, 3]


def test_a_league_says_what_each_plan_assumes_and_shows_all_of_them(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(
            f'name = "My plan"\n[[step]]\nopen = "N1"\nname = "New {name}"\nstreet = "桃园"\n',
            "utf-8",
        )
    (tmp_path / "c.toml").write_text('name = "c"\n[[step]]\nstandard = "people_80"\nmetres = 600\n')
    text = printed("a.toml", "b.toml", "before-chentangzhuang", "--map", "l.html", cwd=tmp_path)
    assert "New a has no point" in text
    assert "New b has no point" in text
    assert "positions of 43 of 46 centres are assumed" in text.lower()
    assert "2022-06-30" in text
    page = (tmp_path / "l.html").read_text(encoding="utf-8")
    assert page.count('class="folium-map"') == 4
    assert "New b has no point" in page
    record = json.loads(printed("a.toml", "c.toml", "--format", "json", cwd=tmp_path))
    assert [plan["group"] for plan in record["plans"]] == ["everyone", "everyone", "people_80"]
    assert record["plans"][2]["covered_people_60_share"] is None
    assert "c (80+)" in printed("a.toml", "c.toml", cwd=tmp_path)


def test_metres_are_rounded_once(tmp_path, hexi):
    """Taoyuan's mean of 397.46 m: 397 in the league and below the table, 397.5 in the files."""
    path = datasets.folder("hexi") / "scenarios" / "taoyuan-2023.toml"
    area = scenario.apply(hexi, scenario.read_scenario(path))
    cells = evaluated(area.streets, area.population, area.facilities)
    mean = evaluation.of_district(cells)["mean_distance_m"]
    assert 397.45 < mean < 397.5
    league = printed("taoyuan-2023", "ten-minutes", cwd=tmp_path)
    assert (
        next(line for line in league.splitlines() if "Taoyuan" in line).split("│")[-2].strip()
        == "397"
    )
    assert "397 m after" in printed("taoyuan-2023", "--out", "t.json", cwd=tmp_path)
    record = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    assert record["district"]["mean_distance_m_after"] == 397.5


def test_a_plan_is_listed_once(tmp_path, plan_file):
    """Also where the league is held against one of its plans, or a plan is named twice."""
    for named in (
        ["ten-minutes", plan_file, "--against", "ten-minutes"],
        [plan_file, plan_file, "--against", "ten-minutes"],
    ):
        rows = list(csv.DictReader(io.StringIO(printed(*named, "--format", "csv", cwd=tmp_path))))
        names = [row["name_en"] for row in rows]
        assert len(names) == len(set(names)) == 2, names


def test_one_scenario_against_another(tmp_path):
    there = json.loads(
        printed("ten-minutes", "--against", "slow-walkers", "--format", "json", cwd=tmp_path)
    )
    back = json.loads(
        printed("slow-walkers", "--against", "ten-minutes", "--format", "json", cwd=tmp_path)
    )
    assert there["before"] == back["after"]
    assert there["district"]["lost_people_60"] == back["district"]["gained_people_60"] > 40_000


def test_a_standard_for_a_group_is_told_for_that_group(tmp_path):
    (tmp_path / "g.toml").write_text(
        'name = "80+"\n[[step]]\nstandard = "people_80"\npace_m_s = 0.6\n', encoding="utf-8"
    )
    text = printed("g.toml", "--format", "json", cwd=tmp_path)
    assert "people_60" not in text.split('"new_zones"')[0]
    assert json.loads(text)["after"]["standard"] == {
        "metres": pytest.approx(540),
        "minutes": 15,
        "group": "people_80",
    }
    assert "for people 80+" in printed("g.toml", cwd=tmp_path)
    assert "80+ gained" in json.dumps(
        [
            printed("g.toml", "--map", "g.html", cwd=tmp_path),
            (tmp_path / "g.html").read_text("utf-8"),
        ]
    )


def test_as_of_holds_where_the_scenario_names_no_day(tmp_path):
    early = json.loads(
        printed("taoyuan-2023", "--as-of", "2022-06-30", "--format", "json", cwd=tmp_path)
    )
    assert (early["before"]["centres"], early["after"]["centres"]) == (44, 44)
    own = json.loads(
        printed("before-chentangzhuang", "--as-of", "2024-01-01", "--format", "json", cwd=tmp_path)
    )
    assert (own["before"]["as_of"], own["after"]["as_of"]) == ("2024-01-01", "2022-06-30")


def test_close_each_and_open_everywhere(tmp_path, hexi, hexi_cells):
    record = json.loads(printed("--close-each", "--format", "json", cwd=tmp_path))
    losses = marginal.close_each(planned(hexi, hexi_cells))
    assert [c["id"] for c in record["closings"]] == list(losses.index)
    assert record["closings"][0]["lost_people_60"] == pytest.approx(
        losses["lost_people_60"].max(), abs=1e-3
    )
    text = printed("--open-everywhere", "--out", "gains.csv", cwd=tmp_path)
    gains = pd.read_csv(tmp_path / "gains.csv")
    assert len(gains) == len(hexi_cells)
    assert f"{gains['gained_people_60'].max():,.0f}" in text
    best = gains.loc[gains["gained_people_60"].idxmax()]
    (tmp_path / "best.toml").write_text(
        f'name = "best"\n[[step]]\nopen = "N"\nlon = {best["lon"]}\nlat = {best["lat"]}\ndatum = "wgs84"\n'
    )
    opened = json.loads(printed("best.toml", "--format", "json", cwd=tmp_path))
    assert opened["district"]["gained_people_60"] == pytest.approx(
        best["gained_people_60"], abs=1e-3
    )
    after = json.loads(printed("best.toml", "--open-everywhere", "--format", "json", cwd=tmp_path))
    assert max(p["gained_people_60"] for p in after["places"]) < best["gained_people_60"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "there is no scenario"),
        (["nowhere"], "the area has before-chentangzhuang"),
        (["nowhere.toml"], "cannot be read"),
        (["taoyuan-2023", "ten-minutes", "--close-each"], "one plan"),
        (["--close-each", "--open-everywhere"], "two questions"),
        (["--close-each", "--against", "ten-minutes"], "--against does not go"),
        (["taoyuan-2023", "--map", "m.png"], "--map: m.png has to end in"),
        (["taoyuan-2023", "ten-minutes", "--out", "o.gpkg"], "--out: o.gpkg has to end in"),
        (["taoyuan-2023", "--out", "o.txt"], "--out: o.txt has to end in"),
        (["taoyuan-2023", "--cell", "0"], "cell is 0 m"),
        (["../../area"], "cannot be read"),
    ],
)
def test_unclear_questions_end_with_status_2(tmp_path, arguments, said):
    assert said in refused("whatif", *arguments, cwd=tmp_path)


def test_problems_of_all_files_are_told_at_once(tmp_path):
    (tmp_path / "a.toml").write_text('name = "a"\n[[step]]\nclose = "H99"\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text(
        'name = "b"\n[[step]]\nmove = "H01"\nlon = 121.4\nlat = 31.2\n', encoding="utf-8"
    )
    said = refused("whatif", "a.toml", "b.toml", "--map", "m.html", cwd=tmp_path)
    assert "a.toml, step 1" in said
    assert "b.toml, step 1" in said
    assert "2 problems" in said


def test_what_is_wrong_in_a_file_and_in_the_area_is_told_together(tmp_path):
    (tmp_path / "a.toml").write_text(
        'nam = "a"\n[[step]]\nclose = "H01"\n[[step]]\nmove = "H01"\nstreet = "桃园"\n'
        '[[step]]\nopen = "N1"\nlon = 117.2\n[[step]]\nclose = "H99"\n'
        '[[step]]\nopen = "N2"\nstreet = "nowhere"\n[[step]]\nmove = "H02"\nlon = 121.4\nlat = 31.2\n',
        encoding="utf-8",
    )
    said = refused("whatif", "a.toml", cwd=tmp_path)
    for sentence in (
        "7 problems", "unknown: 'nam'", "name is missing", "steps 1 and 2: they contradict", "step 3: there is lon alone",
        "no centre 'H99'", "this street is not in the streets file", "outside the study area",
    ):  # fmt: skip
        assert sentence in said


def test_a_result_does_not_take_the_place_of_a_scenario(tmp_path, plan_file):
    target = tmp_path / "plan.json"
    target.symlink_to(plan_file)
    assert "is an input of this run" in refused("whatif", plan_file, "--out", target, cwd=tmp_path)


def test_every_base_of_a_scenario_is_an_input(tmp_path):
    (tmp_path / "base.json").write_text('name = "base"\n', encoding="utf-8")
    (tmp_path / "own.toml").write_text('name = "own"\nbased_on = "base.json"\n', encoding="utf-8")
    assert "is an input" in refused("whatif", "own.toml", "--out", "base.json", cwd=tmp_path)


def test_map_and_file_are_written_both_or_none(tmp_path):
    said = refused("whatif", "ten-minutes", "--map", "m.html", "--out", "none/a.json", cwd=tmp_path)
    assert "cannot be written" in said
    printed("ten-minutes", "--map", "m.html", "--out", "a.json", cwd=tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"m.html", "a.json"}


def test_a_plan_without_any_centre(tmp_path, hexi):
    steps = "".join(f'[[step]]\nclose = "{i}"\n' for i in hexi.facilities.index)
    (tmp_path / "none.toml").write_text('name = "none"\n' + steps, encoding="utf-8")
    record = json.loads(printed("none.toml", "--map", "m.html", "--format", "json", cwd=tmp_path))
    assert record["district"]["covered_people_60_share_after"] == 0
    assert record["after"]["centres"] == 0
    printed("none.toml", "--close-each", "--map", "m.html", cwd=tmp_path)
    printed("none.toml", "--open-everywhere", "--map", "m.html", cwd=tmp_path)


def test_hostile_names_do_not_steer_the_terminal(tmp_path):
    (tmp_path / "x.toml").write_text(
        'name = "\\u001b[2J=1+1"\nnote = "\\u001b[31m"\n[[step]]\nclose = "H01"\n', encoding="utf-8"
    )
    for arguments in (["x.toml"], ["x.toml", "ten-minutes"], ["x.toml", "--close-each"]):
        assert "\u001b" not in printed(*arguments, cwd=tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        'name = "x"\nbased_on = "a\\u0000b"\n',
        'name = "x"\n[[step]]\nstandard = "everyone"\nmetres = ' + "9" * 5000 + "\n",
        'name = "x"\n[[step]]\nstandard = "everyone"\nmetres = 1e-300\n',
        'name = "' + "x" * 1_100_000 + '"\n',
        'name = "x"\nas_of = 2022.10\n',
    ],
    ids=["zero-byte", "5000-digits", "1e-300", "megabyte", "number-as-date"],
)
def test_odd_files_end_with_status_2(tmp_path, text):
    (tmp_path / "odd.toml").write_text(text, encoding="utf-8")
    refused("whatif", "odd.toml", "--map", "m.html", cwd=tmp_path)


def test_a_name_too_long_for_a_file_ends_with_status_2(tmp_path):
    assert "is no file and no scenario" in refused("whatif", "a" * 5000, cwd=tmp_path)


# The maps


@pytest.fixture(scope="module")
def changed(browser, plans, tmp_path_factory):
    path = tmp_path_factory.mktemp("change") / "change.html"
    maps.change_map(comparison.compare(*plans)).save(path)
    opened = Opened(browser, path)
    yield opened
    opened.page.close()


def test_the_change_map_opens_offline_and_shows_all_kinds(changed, plans):
    changed.assert_quiet()
    before, after = plans
    status = comparison.changes(before.cells, after.cells)["status"]
    shades = changed.ask("() => { const n = {}; carecircles.page.grid.shade.forEach((s) => (n[s] = (n[s] || 0) + 1)); return n; }")  # fmt: skip
    for number, name in enumerate(comparison.STATUSES, start=1):
        assert shades[str(number)] == (status == name).sum(), name
    count = "selector => document.querySelectorAll(selector).length"
    assert changed.ask(count, ".cc-move") == 1
    assert changed.ask(count, ".leaflet-cc-centres-pane path.cc-centre") == 46
    legend = changed.page.locator(".cc-legend").inner_text()
    assert all(
        word in legend
        for word in ("Gained", "Lost", "Centre opened", "Centre moved", "Care circle before, 700 m")
    )
    changed.shot("change")


def test_the_panel_of_the_change_map_shows_the_figures(changed, plans):
    shown = changed.ask("[...document.querySelectorAll('.cc-figures dd')].map(d => d.textContent)")
    assert shown == [
        line["value"]["en"] for line in report.change_summary(comparison.compare(*plans))
    ]
    rows = changed.ask(
        "[...document.querySelectorAll('.cc-streets tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    table = report.change_table(comparison.compare(*plans), by="street", lang="en").iloc[:-1]
    columns = ["Street", "covered before", "after", "gained", "lost"]
    assert rows == table[columns].to_numpy().tolist()


def test_swiping_shows_before_beside_after(changed, plans):
    changed.page.get_by_role("button", name="Before | after").click()
    slider = changed.page.get_by_role("slider", name="Border between")
    for at in (0, 30, 100):
        slider.fill(str(at))
        split = changed.ask("carecircles.page.map.getSize().x") * at / 100
        assert changed.ask("carecircles.page.grid.split") == pytest.approx(split)
    depths = list(
        map(int, changed.ask("() => carecircles.page.grid.shadeBefore.join()").split(","))
    )
    before = plans[0].cells
    cols = changed.ask("carecircles.page.grid.data.cols")
    at = (before["row"] * cols + before["col"]).to_numpy()
    assert [depths[i] - 4 for i in at] == (before["depth"].clip(upper=4) + 1).tolist()
    changed.shot("swipe")
    changed.page.get_by_role("button", name="What changes").click()
    assert changed.ask("carecircles.page.grid.split") == 0


def test_pointing_at_a_cell_tells_both_plans(changed):
    point = changed.ask(
        "(() => { const p = carecircles.page.map.latLngToContainerPoint([39.0666, 117.2440]); return [p.x, p.y]; })()"
    )
    box = changed.page.locator(".folium-map").bounding_box()
    changed.page.mouse.click(box["x"] + point[0], box["y"] + point[1])
    text = changed.popup()
    assert "Gained" in text
    assert "Before" in text
    assert "新中心" in text or "N1" in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_gain_and_closing_maps(browser, hexi, hexi_cells, tmp_path, lang):
    plan = planned(hexi, hexi_cells, name={"en": "As it is", "zh": "现状"})
    gains = marginal.open_everywhere(plan)
    maps.gain_map(plan, gains, lang=lang).save(tmp_path / "gain.html")
    opened = Opened(browser, tmp_path / "gain.html")
    values = list(map(int, opened.ask("() => carecircles.page.grid.gain.join()").split(",")))
    cols = opened.ask("carecircles.page.grid.data.cols")
    at = (hexi_cells["row"] * cols + hexi_cells["col"]).to_numpy()
    assert [values[i] for i in at] == gains["gained_people_60"].round().astype(int).tolist()
    assert opened.ask("Math.max(...carecircles.page.grid.shade)") == 6
    opened.shot(f"gain-{lang}")
    opened.assert_quiet()
    opened.page.close()
    losses = marginal.close_each(plan)
    maps.closing_map(plan, losses, lang=lang).save(tmp_path / "close.html")
    opened = Opened(browser, tmp_path / "close.html")
    first = opened.page.locator(".cc-streets tbody tr").first.inner_text()
    assert f"{losses['lost_people_60'].iloc[0]:,.0f}" in first
    opened.shot(f"close-{lang}")
    opened.assert_quiet()
    opened.page.close()


def test_maps_are_the_same_bytes_again(plans, hexi, hexi_cells):
    for draw in (
        lambda: maps.change_map(comparison.compare(*plans)),
        lambda: maps.whatif_map(planned(hexi, hexi_cells)),
    ):
        assert draw().get_root().render() == draw().get_root().render()


def test_scenarios_of_the_template_area(tmp_path):
    """A planner's own area with a folder of scenarios: names are looked up there."""
    datasets.write_template(tmp_path / "mine")
    ids = list(datasets.load("template").facilities.index)
    (tmp_path / "mine" / "scenarios").mkdir()
    (tmp_path / "mine" / "scenarios" / "less.toml").write_text(
        f'name = "less"\n[[step]]\nclose = "{ids[0]}"\n', encoding="utf-8"
    )
    record = json.loads(printed("less", "--area", "mine", "--format", "json", cwd=tmp_path))
    assert record["after"]["centres"] == len(ids) - 1
