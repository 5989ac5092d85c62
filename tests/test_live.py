"""The live what-if map in Chromium, offline: its figures are Python's, its files are the command's."""

import dataclasses
import json
import subprocess
import sys
import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from playwright.sync_api import expect

from carecircles import comparison, datasets, evaluation, grid, maps, plan, report, scenario
from carecircles.area import area_on, read_area
from carecircles.datum import from_wgs84
from carecircles.errors import ValidationError
from carecircles.io._encoding import decode
from tests.conftest import evaluated, planned, unevenly
from tests.test_area import EAST_306_M, SOUTH_308_M, WEST_4503_M, add_centres
from tests.test_browser import Opened
from tests.test_maps import HOSTILE

READY = "carecircles.page.live && carecircles.page.grid.painted"
PEOPLE = "() => { const { live } = carecircles.page; return live.grid.people(live.view.group); }"
OPEN = "files => carecircles.page.live.open(files)"
STATE = """() => {
  const { plan } = carecircles.page.live;
  return { centres: [...plan.centres.values()].map(c => [c.id, c.lon, c.lat]), metres: plan.metres };
}"""


class Live(Opened):
    """A live map opened from disk."""

    def __init__(self, browser, path):
        super().__init__(browser, path, ready=READY)

    def figures(self, group="people_60"):
        return self.ask("group => carecircles.page.live.grid.people(group)", group)

    def load(self, text, name="plan.toml"):
        return self.ask(OPEN, [{"name": name, "text": text}])

    def problems(self):
        return self.page.locator(".cc-problems li").all_text_contents()

    def toml(self):
        return self.ask("carecircles.page.live.toml()")

    def reset(self):
        self.ask("() => carecircles.page.live.commit(carecircles.page.live.baseline)")


@pytest.fixture(scope="module")
def live_path(hexi, hexi_cells, tmp_path_factory):
    path = tmp_path_factory.mktemp("live") / "live.html"
    maps.whatif_map(planned(hexi, hexi_cells)).save(path)
    return path


@pytest.fixture
def live(browser, live_path):
    opened = Live(browser, live_path)
    yield opened
    opened.page.close()


@pytest.fixture(scope="module")
def demand(hexi):
    return grid.make_demand(hexi.streets, hexi.population, cell=50)


@pytest.fixture
def python(hexi, demand):
    """The plan a scenario's text makes in Python."""
    before = planned(hexi, demand)

    def carry_out(text):
        return plan.carry_out(before, scenario.parse(tomllib.loads(text), file="plan.toml"))

    return carry_out


def assert_same_people(figures, before, after, group="people_60"):
    """The page's figures for the area and every street against the evaluation, to a millionth of a person."""
    streets = comparison.by_street(before, after)
    coverage = evaluation.by_street(after)
    assert len(figures["streets"]) == len(streets)
    for row, (code, change) in zip(figures["streets"], streets.iterrows(), strict=True):
        people = coverage.loc[code]
        covered = people[group] - people[f"uncovered_{group}"]
        backup = np.nan_to_num(people[f"backup_{group}_share"]) * people[group]
        expected = {
            "all": people[group],
            "covered": covered,
            "backup": backup,
            "gained": change[f"gained_{group}"],
            "lost": change[f"lost_{group}"],
        }
        assert row == pytest.approx(expected, abs=1e-5), code
    for name, total in figures["area"].items():
        assert total == pytest.approx(sum(row[name] for row in figures["streets"]), abs=1e-5)


def test_it_opens_offline_small_and_quiet(live, live_path):
    live.assert_quiet()
    live.shot("live-en")
    assert live_path.stat().st_size < 1_000_000


def test_it_starts_with_the_plan_as_it_is(live, hexi, hexi_cells):
    for group in ("people", "people_60", "people_65", "people_80"):
        assert_same_people(live.figures(group), hexi_cells, hexi_cells, group)
    district = evaluation.of_district(hexi_cells)
    covered = district["people_60"] - district["uncovered_people_60"]
    assert live.page.locator(".cc-big .cc-covered").inner_text() == f"{covered:,.0f}"
    rows = live.ask(
        "[...document.querySelectorAll('.cc-streets tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    table = report.coverage_table(planned(hexi, hexi_cells), by="street", lang="en").iloc[:-1]
    assert [[r[0], r[1], r[2], r[4]] for r in rows] == table[
        ["Street", "60+", "60+ covered", "60+ left"]
    ].to_numpy().tolist()
    assert {r[3] for r in rows} == {"0"}


def test_hands_on_a_mouse_agree_with_the_command(live, tmp_path):
    """Drag, add, remove, change the radius, save the file, and run the command on it."""
    page = live.page
    pins = page.locator(".leaflet-cc-centres-pane .cc-pin")
    box = pins.nth(30).bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] - 20, steps=8)
    page.mouse.up()
    page.get_by_role("button", name="Add a centre").click()
    map_box = page.locator(".folium-map").bounding_box()
    point = live.ask(
        "(() => { const p = carecircles.page.map.latLngToContainerPoint([39.068, 117.2424]); return [p.x, p.y]; })()"
    )
    page.mouse.click(map_box["x"] + point[0], map_box["y"] + point[1])
    page.keyboard.press("Escape")
    page.locator("[aria-label='Donghai assumed 3']").focus()
    page.keyboard.press("Delete")
    page.locator(".cc-metres").fill("650")
    page.locator(".cc-metres").press("Enter")
    expect(page.locator(".cc-change-list li")).to_have_count(4)
    live.shot("live-changed")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save scenario").click()
    path = tmp_path / "saved.toml"
    download.value.save_as(path)
    assert download.value.suggested_filename == "My-plan.toml"
    done = subprocess.run(
        [sys.executable, "-m", "carecircles", "whatif", str(path), "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    record = json.loads(done.stdout)
    assert {c["change"] for c in record["changed_centres"]} == {"opened", "closed", "moved"}
    assert record["after"]["standard"]["metres"] == 650
    for group in ("people_60", "people_80"):
        figures = live.figures(group)
        for name in ("gained", "lost"):
            assert figures["area"][name] == pytest.approx(
                record["district"][f"{name}_{group}"], abs=1e-3
            )
            for street, row in zip(record["streets"], figures["streets"], strict=True):
                assert row[name] == pytest.approx(street[f"{name}_{group}"], abs=1e-3)
        share = figures["area"]["covered"] / figures["area"]["all"]
        assert share == pytest.approx(record["district"][f"covered_{group}_share_after"], abs=1e-6)
    assert live.complaints == []


def test_random_plans_agree_to_the_person(live, python, hexi_cells):
    """Thirty plans of random moves, openings, closings and radii, each exported and done in Python."""
    rng = np.random.default_rng(11)
    for number in range(30):
        live.ask(
            """([moves, adds, gone, metres, isFresh]) => {
              const { live } = carecircles.page, ids = () => [...live.plan.centres.keys()];
              if (isFresh) live.commit(live.baseline);
              moves.forEach(([n, lat, lng]) => { live.move(ids()[n % ids().length], { lat, lng }); live.settle(); });
              adds.forEach(([lat, lng]) => live.add({ lat, lng }));
              gone.forEach((n) => ids().length && live.remove(ids()[n % ids().length]));
              if (metres) { live.setLimit(metres); live.settle(); }
            }""",
            [
                [
                    [
                        int(rng.integers(60)),
                        rng.uniform(39.035, 39.115),
                        rng.uniform(117.175, 117.28),
                    ]
                    for _ in range(rng.integers(1, 5))
                ],
                [
                    [rng.uniform(39.035, 39.115), rng.uniform(117.175, 117.28)]
                    for _ in range(rng.integers(0, 3))
                ],
                [int(rng.integers(60)) for _ in range(rng.integers(0, 3))],
                float(rng.choice([0, 0, 300, 466.5, 700, 812, 1500])),
                bool(number % 6 == 0),
            ],
        )
        plan = python(live.toml())
        assert_same_people(live.figures(), hexi_cells, plan.cells)
    live.assert_quiet()


def test_people_who_live_unevenly_are_counted_cell_by_cell(browser, hexi, hexi_cells, tmp_path):
    """Kinds of cells were one a cell then; groups spread in two ways, and what is dragged about leaves no error."""
    cells = unevenly(hexi_cells)
    path = tmp_path / "uneven.html"
    maps.whatif_map(planned(hexi, cells)).save(path)
    opened = Live(browser, path)
    for group in ("people", "people_60", "people_80"):
        assert_same_people(opened.figures(group), cells, cells, group)
    opened.ask(
        """() => {
          const { live } = carecircles.page, { lat, lng } = live.map.getCenter();
          for (let k = 0; k < 500; k++) live.move("H31", { lat: lat + 5e-3 * Math.sin(k), lng: lng + 7e-3 * Math.cos(k) });
          live.settle();
          live.remove("H12");
        }"""
    )
    steps = scenario.parse(tomllib.loads(opened.toml()), file="plan.toml")
    after = plan.carry_out(planned(hexi, cells), steps)
    for group in ("people", "people_60", "people_80"):
        assert_same_people(opened.figures(group), cells, after.cells, group)
    opened.reset()
    assert_same_people(opened.figures(), cells, cells)
    lost = opened.figures()["area"]["lost"]
    assert lost == 0  # not a millionth either
    opened.page.close()


@pytest.mark.parametrize("path", sorted((datasets.folder("hexi") / "scenarios").glob("*.toml")), ids=lambda p: p.stem)  # fmt: skip
def test_the_bundled_scenarios_agree(live, python, hexi_cells, path):
    text = path.read_text(encoding="utf-8")
    assert live.load(text, path.name), live.problems()
    plan = python(text)
    assert_same_people(live.figures(), hexi_cells, plan.cells)
    assert live.ask("carecircles.page.live.plan.name.zh") == scenario.read_scenario(path).name
    again = python(live.toml())  # and what the page then writes is the same plan
    pd.testing.assert_series_equal(again.cells["depth"], plan.cells["depth"])


GCJ = ", ".join(f"{k} = {float(v)!r}" for k, v in zip(("lon", "lat"), from_wgs84(117.2424, 39.068, datum="gcj02"), strict=True))  # fmt: skip
BD = [float(v) for v in from_wgs84(117.2424, 39.068, datum="bd09")]
STEP = '[[step]]\nopen = "N1"\nlon = 117.2424\nlat = 39.068\n'
WRITTEN = [  # steps after `name = "x"`
    "",
    STEP,
    STEP + 'datum = "WGS-84"\n',
    f"step = [{{ open = 'N1', {GCJ}, datum = '高德' }}]",
    f'[[step]]\nopen = "N1"\nlon = {BD[0]!r}\nlat = {BD[1]!r}\ndatum = "百度坐标系"\n',
    '[[step]]\nopen = "N1"\nstreet = "120103014"\n',
    '[[step]]\nopen = "N1"\nstreet = "太湖路街"\n',
    '[[step]]\nopen = "N1"\nstreet = " Taihulu "\n',
    '[[step]]\nopen = 12\nstreet = "桃园街道办事处"\n',
    '[[step]]\nopen = "N1"\nstreet = "nowhere"\n',
    '[[step]]\nclose = "H01"\n[[step]]\nclose = "H02"\n[[step]]\nequip = "H03"\nservices = "就餐、助医"\n',
    '[[step]]\nclose = "H99"\n',
    '[[step]]\nclose = "H01"\nlon = 3\n',
    '[[step]]\nclose = "H01"\n[[step]]\nclose = "H01"\n',
    '[[step]]\nclose = "H01"\ndate = 2024-01-01\nuntil = "2024-06"\n[[step]]\nclose = "H01"\ndate = "2025"\n',
    '[[step]]\nclose = "H01"\ndate = 2024-01-01\nuntil = 2023-01-01\n',
    '[[step]]\nclose = "H01"\ndate = "2024年5月"\n',
    '[[step]]\nclose = "H01"\ndate = "2024-02-30"\n',
    '[[step]]\nclose = "H01"\ndate = 20240501\n',
    '[[step]]\nclose = "H01"\ndate = 12:00:00\n',
    '[[step]]\nclose = "H01"\ndate = 2024-05-01T08:00:00Z\n',
    '[[step]]\nmove = "H01"\nlon = 117.2424\nlat = 39.068\n[[step]]\nequip = "H01"\nservices = ["meals"]\n',
    '[[step]]\nmove = "H01"\nlon = 117.2424\nlat = 39.068\n[[step]]\nclose = "H01"\n',
    '[[step]]\nmove = "H01"\nlon = 121.47\nlat = 31.23\n',
    '[[step]]\nmove = "H01"\nlon = 39.068\nlat = 117.2424\n',
    '[[step]]\nmove = "H01"\nlon = nan\nlat = 39.068\n',
    '[[step]]\nmove = "H01"\nlon = "117.2"\nlat = 39.068\n',
    '[[step]]\nmove = "H01"\nlon = 117.2424\n',
    '[[step]]\nmove = "H01"\n',
    '[[step]]\nopen = "H01"\nstreet = "桃园"\n',
    STEP + STEP,
    STEP + 'date = "2030"\n[[step]]\nstandard = "everyone"\nmetres = 500\n',
    '[[step]]\nstandard = "everyone"\nminutes = 10\n',
    '[[step]]\nstandard = "people_80"\npace_m_s = 0.75\n',
    '[[step]]\nstandard = "everyone"\npace_m_s = 1.1\nminutes = 9\n',
    '[[step]]\nstandard = "everyone"\npace_m_s = 1.1\nmetres = 900\n',
    '[[step]]\nstandard = "everyone"\nmetres = 500\nminutes = 7\n',
    '[[step]]\nstandard = "everyone"\nmetres = 5\nminutes = 7\npace_m_s = 1\n',
    '[[step]]\nstandard = "everyone"\nmetres = 0\n',
    '[[step]]\nstandard = "everyone"\nmetres = true\n',
    '[[step]]\nstandard = "everyone"\nminutes = 900000\n',
    '[[step]]\nstandard = "children"\nmetres = 500\n',
    '[[step]]\nstandard = "everyone"\n',
    '[[step]]\nstandard = "everyone"\nmetres = 500\n[[step]]\nstandard = "people_80"\nmetres = 400\n',
    "as_of = 2022-06-30\n",
    "as_of = 2022-07-31\n",
    'as_of = "2024"\n[[step]]\nopen = "N1"\nstreet = "桃园"\ndate = "2025"\n',
    'as_of = "2024-06-30"\n[[step]]\nclose = "H40"\ndate = "2024"\nuntil = "2025"\n',
    'as_of = "then"\n',
    'as_of = "9999"\n',
    "as_of = 2022.10\n",
    "as_of = nan\n",
    "as_of = 2024-01-01t08:00:00z\n",
    "as_of = 0999-01-01\n",
    "year = 2030\n",
    "year = 2030.0\n",
    'year = "2030"\n',
    "year = true\n",
    "year = 30\n",
    '[[step]]\nclose = "H01"\ndate = "٢٠٢٤"\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\ncapacity = {}\n',
    '[[step]]\nopen = "N1"\nlon = {}\nlat = []\n',
    '[[step]]\nopen = "N1"\nstreet = " "\nlon = 117.2424\nlat = 39.068\nbasis = " "\n',
    '[[step]]\nopen = "N1"\nstreet = " "\n',
    '[[step]]\nopen = "N1"\nlon = 117.2424\nlat = 39.068\ndatum = "wgs84 (gps)"\n',
    '[[step]]\nopen = "a;b"\nstreet = "桃园"\n',
    '[[step]]\nstandard = "everyone"\nmetres = 1e-300\n',
    '[[step]]\nclose = "H01"\ndate = "0900"\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\nlon = nan\nlat = nan\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\ncapacity = nan\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\nnote = "x"\n',
    'note = "备注"\nnote_en = "a note"\n[[step]]\nclose = "H01"\n',
    "[[step]]\n",
    '[[step]]\nopen = "A"\nclose = "B"\nstreet = "桃园"\n',
    '[[step]]\nclose = ["H01"]\n',
    '[[step]]\nclose = " H01 "\n',
    "step = 3\n",
    "steps = []\n",
    "step = []\n",
    'name_en = 3\n[[step]]\nclose = "H01"\n',
    '[[step]]\nequip = "H01"\n',
    '[[step]]\nequip = "H01"\nservices = [1]\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\ncapacity = -3\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\nbeds = 10\nbeds_medical = 6\nbeds_family = 5\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\nbeds = 11\nbeds_medical = 6\nbeds_family = 5\nstate = "改建"\nterm = "远期"\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\nstate = "<b>"\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\nterm = " "\nfloor = "1-2层"\narea_m2 = 850\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\narea_m2 = -1\nfloor = 2\n',
    '[[step]]\nenlarge = "H01"\n',
    '[[step]]\nenlarge = "H01"\nbeds = 10\nbeds_medical = 11\n',
    '[[step]]\nenlarge = "H01"\nbeds = -1\n',
    '[[step]]\nenlarge = "H01"\ncapacity = "120"\n',
    '[[step]]\nenlarge = "H01"\ncapacity = 120\nservices = "meals"\n',
    '[[step]]\nenlarge = "H01"\ncapacity = 120\nday_places = 30\n[[step]]\nequip = "H01"\nservices = "meals"\n',
    '[[step]]\nenlarge = "H01"\ncapacity = 120\n[[step]]\nenlarge = "H01"\ncapacity = 130\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\nbeds = 10\n[[step]]\nenlarge = "N1"\nbeds = 9\ndate = "2030"\n',
    '[[step]]\nopen = "N1"\nstreet = "桃园"\ncapacity = 30.5\nbasis = "假定"\nsource = "x"\nname = """a\nb"""\n',
    '[[step]]\nopen = "N1"\nlon = 117.2424\nlat = 39.068\ndatum = "mars"\n',
    '[[step]]\nopen = "__proto__"\nstreet = "桃园"\n[[step]]\nopen = "constructor"\nstreet = "桃园"\n',
    'x = 1\n[__proto__]\ny = 2\n',
    '[[step]]\nopen = "N1"\nstreet = "__proto__"\n',
    '[[step]]\nrebuild = "x"\nwith = "tunnel"\nplace = "POINT (117.2 39.1)"\n',
    '[[step]]\nrebuild = "x"\nwith = "ramp"\nplace = "POINT (117.2 39.1)"\n',
    '[[step]]\nrebuild = "x"\nwith = "ramp"\nway = 4217\n',
    '[[step]]\nrebuild = "x"\nclose = "H01"\n',
]  # fmt: skip


def test_scenarios_of_others_mean_the_same(live, python, hexi_cells):
    """Each is taken by both or refused by both; where it is taken, the figures are the same."""
    taken = 0
    for written in WRITTEN:
        text = 'name = "x"\n' + written
        before = live.ask(STATE)
        try:
            plan = python(text)
        except ValidationError as err:
            plan = None
            said = err.problems
        is_taken = live.load(text)
        assert is_taken == (plan is not None), (written, live.problems() if plan else said)
        if plan is None:
            assert live.ask(STATE) == before, written
            assert len(live.problems()) >= 1
            continue
        taken += 1
        group = plan.area.standard.group or "people_60"
        assert_same_people(live.figures(group), hexi_cells, plan.cells, group)
        assert live.ask("carecircles.page.live.plan.centres.size") == len(plan.area.facilities)
        again = python(live.toml())
        pd.testing.assert_series_equal(again.cells["depth"], plan.cells["depth"])
        assert again.area.standard == plan.area.standard
        services = plan.area.facilities["services"]
        assert again.area.facilities["services"].loc[services.index].equals(services)
    assert 20 < taken < len(WRITTEN) - 15
    live.assert_quiet()


def test_files_that_build_on_others_are_chosen_together(live, tmp_path):
    base, own = tmp_path / "base.toml", tmp_path / "own.toml"
    base.write_text('name = "b"\n[[step]]\nclose = "H01"\n', encoding="utf-8")
    own.write_text(
        'name = "o"\nbased_on = "base.toml"\n[[step]]\nclose = "H02"\n', encoding="gb18030"
    )
    chooser = live.page.locator(".cc-file")
    chooser.set_input_files(own)
    expect(live.page.locator(".cc-problems")).to_contain_text("choose that file together with it")
    chooser.set_input_files([base, own])
    expect(live.page.locator(".cc-problems")).to_be_empty()
    assert live.ask("carecircles.page.live.plan.centres.size") == 43
    assert live.ask("carecircles.page.live.plan.name.zh") == "o"


def test_encodings_are_told_apart_as_on_the_command_line(live):
    """Whole, broken and mixed files in several encodings: the same text, or refused by both."""
    text = 'name = "桃园街道新建一处养老服务中心"\n[[step]]\nopen = "N"\nname = "东风中心é"\n'
    foreign = 'name = "Дом престарелых"\n'
    whole = [t.encode(e) for t in (text.replace("é", ""), "x = 1\n")
             for e in ("utf-8", "utf-8-sig", "gb18030", "utf-16")]  # fmt: skip
    whole += [
        foreign.encode("utf-8"),
        foreign.encode("cp1251"),
        "é".encode("latin-1"),
        b"",
        b"\x80",
    ]
    whole += [
        whole[0] + whole[2],
        text.encode(),
        text.encode("gb18030"),
        b"a\0",
        "臺灣".encode("big5"),
    ]
    rng = np.random.default_rng(5)
    broken = []
    for content in whole:
        for _ in range(12):
            at, byte = rng.integers(0, len(content) + 1), bytes([rng.integers(128, 256)])
            broken += [content[:at] + byte + content[at:], content[:at] + content[at + 1 :]]
    files = [*whole, *broken]

    def told(content):
        try:
            return decode(content, file="f")[0]
        except ValidationError:
            return None

    asked = json.dumps([list(content) for content in files])
    answers = live.ask(
        f"""{asked}.map((bytes) => {{
          try {{ return carecircles.scenario.decode(new Uint8Array(bytes), "f").text; }}
          catch (error) {{ if (!error.problems) throw error; return null; }}
        }})"""
    )
    expected = [told(content) for content in files]
    assert sum(one is None for one in expected) > 50
    assert [(f, a) for f, a, e in zip(files, answers, expected, strict=True) if a != e] == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\x01\x02",
        b"\xff\xff\xff\xff",
        b"{}",
        b"<html><script>window.hit = 1</script>",
        b"id,lon,lat\n1,117,39\n",
        b"[" * 100_000,
        b'name = "' + b"x" * 2_000_000 + b'"',
        b'name = "x"\n[[step]]\nclose = "<img src=x onerror=window.hit=1>"\n',
        b'name = "x"\n[[step]]\nopen = "N"\nstreet = "</script><b>{{7*7}}"\n',
    ],
    ids=[
        "empty",
        "binary",
        "no-text",
        "json",
        "html",
        "csv",
        "deep",
        "large",
        "html-id",
        "html-street",
    ],
)
def test_a_broken_file_leaves_the_plan_as_it_was(live, tmp_path, content):
    live.ask("() => carecircles.page.live.add({ lat: 39.068, lng: 117.2424 })")
    before, figures = live.ask(STATE), live.figures()
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    live.page.locator(".cc-file").set_input_files(path)
    expect(live.page.locator(".cc-problems li").first).to_be_visible()
    assert "the plan is as it was" in live.page.locator(".cc-problems").inner_text()
    assert live.ask(STATE) == before
    assert live.figures() == figures
    assert live.ask("window.hit === undefined")
    live.page.locator(".cc-problems button").click()
    expect(live.page.locator(".cc-problems")).to_be_empty()
    live.assert_quiet()


def test_points_far_outside_are_refused(live):
    before = live.ask(STATE)
    for lat, lng in ((39.5, 117.6), (0, 0), (39.0697, 117.32), (90, 180)):
        live.ask("place => carecircles.page.live.add(place)", {"lat": lat, "lng": lng})
        assert live.ask(STATE) == before
    expect(live.page.locator(".cc-notice")).to_contain_text("outside the study area")
    box = live.page.locator(".leaflet-cc-centres-pane .cc-pin").first.bounding_box()
    live.page.mouse.move(box["x"] + 8, box["y"] + 8)
    live.page.mouse.down()
    live.page.mouse.move(box["x"] + 350, box["y"] - 40, steps=6)
    live.page.mouse.up()
    assert live.ask(STATE) == before  # let go outside, it stands where it stood
    assert live.ask("carecircles.page.live.past.length") == 0


def test_undo_redo_and_reset(live, hexi_cells):
    states, figures = [live.ask(STATE)], [live.figures()]
    for act in (
        "live.add({ lat: 39.068, lng: 117.2424 })",
        "live.remove('H40')",
        "(live.move('H42', { lat: 39.06, lng: 117.214 }), live.move('H42', { lat: 39.061, lng: 117.214 }), live.settle())",
        "(live.setLimit(500), live.settle())",
    ):
        live.ask(f"() => {{ const {{ live }} = carecircles.page; {act}; }}")
        states.append(live.ask(STATE))
        figures.append(live.figures())
    undo = live.page.get_by_role("button", name="Undo", exact=True)
    redo = live.page.get_by_role("button", name="Redo", exact=True)
    for n in (3, 2, 1, 0):
        undo.click()
        assert sorted(live.ask(STATE)["centres"]) == sorted(states[n]["centres"])
        assert live.figures() == figures[n]
    assert undo.is_disabled()
    live.page.locator("body").click(position={"x": 5, "y": 5})
    for n in (1, 2):
        redo.click()
        assert live.figures() == figures[n]
    live.page.keyboard.press("Control+z")
    assert live.figures() == figures[1]
    live.page.keyboard.press("Control+Shift+z")
    live.page.keyboard.press("Control+y")
    assert live.figures() == figures[3]
    live.page.get_by_role("button", name="Back to as it is").click()
    assert live.figures() == figures[0]
    undo.click()
    assert live.figures() == figures[3]
    assert_same_people(figures[0], hexi_cells, hexi_cells)


def test_the_keyboard_does_it_all(live, hexi):
    page = live.page
    page.locator("[aria-label='Donghai assumed 3']").focus()
    x = hexi.facilities.geometry["H40"].x
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowLeft")
    moved = live.ask("carecircles.page.live.plan.centres.get('H40')")
    assert moved["x"] - x == pytest.approx(140, abs=0.1)
    assert live.ask("carecircles.page.live.past.length") == 4
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup")).to_contain_text("Put back")
    page.get_by_role("button", name="Put back").focus()
    page.keyboard.press("Enter")
    assert live.ask("carecircles.page.live.plan.centres.get('H40').x") == x
    page.get_by_role("button", name="Add a centre").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # at the cross in the middle of the map
    assert live.ask("carecircles.page.live.plan.centres.has('N1')")
    page.keyboard.press("Delete")  # the new centre has the focus
    assert not live.ask("carecircles.page.live.plan.centres.has('N1')")
    page.keyboard.press("Escape")
    assert live.ask("carecircles.page.live.isAdding") is False
    live.assert_quiet()


def test_a_centre_back_at_its_place_has_not_moved(live):
    """An arrow key there and back, for every centre; a map of 50 m to a cell has rounded nothing away."""
    moved = live.ask(
        """() => {
          const { live } = carecircles.page;
          [...live.baseline.centres.values()].forEach((c) => {
            live.move(c.id, { lat: c.lat + 0.0004, lng: c.lon });
            live.move(c.id, { lat: c.lat, lng: c.lon });
            live.settle();
          });
          return carecircles.scenario.steps(live.plan, live.world).length;
        }"""
    )
    assert moved == 0


def test_the_radius_keeps_the_pace_of_the_plan(live):
    live.load('name = "x"\n[[step]]\nstandard = "everyone"\npace_m_s = 0.75\n')
    live.ask("() => { const { live } = carecircles.page; live.setLimit(450); live.settle(); }")
    assert live.ask("carecircles.page.live.plan.minutes") == pytest.approx(10)


def test_what_cannot_be_a_radius_gives_way(live):
    box = live.page.locator(".cc-metres")
    for text in ("0", "-5", "1e6", ""):
        box.fill(text)
        box.press("Enter")
        box.press("Tab")
        assert box.input_value() == "700"
    slider = live.page.get_by_role("slider")
    slider.focus()
    live.page.keyboard.press("ArrowRight")
    assert live.ask("carecircles.page.live.plan.metres") == 710
    live.page.keyboard.press("Control+z")
    assert slider.input_value() == box.input_value() == "700"


def test_an_open_pop_up_follows_the_plan(live):
    live.page.locator("[aria-label='Donghai assumed 3']").click()
    live.page.locator("[aria-label='Donghai assumed 3']").focus()
    live.page.keyboard.press("ArrowRight")
    expect(live.page.locator(".leaflet-popup")).to_contain_text("proposed")
    expect(live.page.get_by_role("button", name="Put back")).to_be_visible()


def test_the_search_knows_the_present_plan(live):
    search = live.page.locator("input[type=search]")

    def found(text):
        search.fill(text)
        return live.page.locator(".cc-search li").all_text_contents()

    live.load(
        'name = "x"\n[[step]]\nopen = "N7"\nname = "Corner house"\nstreet = "桃园"\n[[step]]\nclose = "H40"\n'
    )
    assert found("corner") == ["Corner house"]
    assert found("Donghai assumed 3") == ["nothing found"]
    live.page.get_by_role("button", name="Undo", exact=True).click()
    assert found("corner") == ["nothing found"]
    assert found("Donghai assumed 3") == ["Donghai assumed 3"]


def test_a_standard_for_a_group_is_shown_for_that_group(live, browser, hexi, tmp_path):
    live.load('name = "x"\n[[step]]\nstandard = "people_80"\nmetres = 500\n')
    select = live.page.locator("select").first
    assert select.input_value() == "people_80"
    assert select.locator("option:disabled").count() == 3
    expect(live.page.locator(".cc-big")).to_have_attribute("data-label", "80+ covered")
    expect(live.page.locator(".cc-change-list")).to_contain_text("80+")
    live.page.get_by_role("button", name="Undo", exact=True).click()
    assert select.input_value() == "people_60"
    area = scenario.apply(
        hexi, scenario.parse({"name": "x", "step": [{"standard": "people_80", "metres": 500}]})
    )
    cells = evaluated(area.streets, area.population, area.facilities, cutoff=500)
    maps.whatif_map(planned(area, cells)).save(tmp_path / "of-80.html")
    opened = Live(browser, tmp_path / "of-80.html")
    box = opened.page.locator(".folium-map").bounding_box()
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "People 80+ in this cell" in opened.popup()
    assert_same_people(opened.figures("people_80"), cells, cells, "people_80")
    opened.assert_quiet()
    opened.page.close()


def test_a_removed_centre_can_be_put_back_on_the_map(live):
    live.ask("() => carecircles.page.live.remove('H40')")
    ghost = live.page.locator(".cc-pin-closed")
    expect(ghost).to_have_count(1)
    ghost.click()
    live.page.get_by_role("button", name="Put back").click()
    expect(ghost).to_have_count(0)
    expect(live.page.locator(".cc-change-list")).to_contain_text("none yet")


def test_each_change_can_be_taken_back_alone(live, hexi_cells):
    live.load(
        'name = "x"\n[[step]]\nclose = "H01"\n[[step]]\nmove = "H02"\nlon = 117.2424\nlat = 39.068\n'
        '[[step]]\nequip = "H02"\nservices = ["meals"]\n[[step]]\nopen = "N1"\nstreet = "桃园"\n'
        '[[step]]\nstandard = "everyone"\nmetres = 500\n'
    )
    rows = live.page.locator(".cc-change-list li")
    for left in (4, 3, 2, 1):
        rows.nth(left - 3 if left > 2 else 0).get_by_role("button").click()
        expect(rows).to_have_count(left)
    rows.first.get_by_role("button").click()
    expect(rows).to_contain_text(["none yet"])
    assert_same_people(live.figures(), hexi_cells, hexi_cells)


def test_the_page_speaks_chinese_and_shows_other_groups(live, hexi_cells):
    live.page.get_by_role("button", name="中文").click()
    expect(live.page.get_by_role("button", name="新增中心")).to_be_visible()
    live.page.locator("select").first.select_option("people_80")
    covered = live.figures("people_80")["area"]["covered"]
    assert live.page.locator(".cc-big .cc-covered").inner_text() == f"{covered:,.0f}"
    assert_same_people(live.figures("people_80"), hexi_cells, hexi_cells, "people_80")
    live.shot("live-zh")


def test_colours_show_what_changes(live):
    """After a centre is removed, pixels where people lose it are of another colour."""
    live.page.get_by_label("Colours").select_option("change")
    live.ask("() => carecircles.page.live.remove('H45')")
    expect(live.page.locator(".cc-change").first).to_be_visible()
    expect(live.page.locator(".cc-depth").first).to_be_hidden()
    signs = live.ask("() => [...new Set(carecircles.page.grid.shade)].sort()")
    assert signs == [0, 6, 8, 9]  # none, covered as before, lost, uncovered as before
    live.shot("live-colours")


def test_it_works_on_a_phone(browser, live_path):
    opened = Live(browser, live_path)
    opened.page.set_viewport_size({"width": 390, "height": 780})
    opened.page.wait_for_timeout(400)
    assert opened.ask("document.documentElement.scrollWidth <= 390")
    map_box = opened.page.locator(".folium-map").bounding_box()
    assert map_box["height"] > 250
    opened.page.get_by_role("button", name="Add a centre").click()
    opened.page.mouse.click(map_box["x"] + 195, map_box["y"] + map_box["height"] / 2)
    assert opened.ask("carecircles.page.live.plan.centres.size") == 46
    opened.page.get_by_role("button", name="Add a centre").click()
    opened.shot("live-phone")
    opened.assert_quiet()
    opened.page.close()


def test_hostile_names_stay_text(browser, hexi, hexi_cells, tmp_path):
    names = [HOSTILE[n % len(HOSTILE)] for n in range(len(hexi.facilities))]
    facilities = hexi.facilities.assign(name=names, name_en=names, source=names)
    streets = hexi.streets.assign(name=[f"{n} {t}" for n, t in enumerate(names[:14])], name_en="")
    area = dataclasses.replace(hexi, facilities=facilities, streets=streets)
    path = tmp_path / "hostile.html"
    maps.whatif_map(planned(area, hexi_cells)).save(path)
    opened = Live(browser, path)
    for n in range(len(HOSTILE)):
        opened.ask(
            "n => { const { live } = carecircles.page; live.drawn.get([...live.plan.centres.keys()][n]).marker.openPopup(); }",
            n,
        )
        assert opened.page.locator(".leaflet-popup .cc-facts-title").last.inner_text().strip()
    opened.ask(
        "() => { const { live } = carecircles.page; live.remove('H03'); live.move('H05', { lat: 39.068, lng: 117.2424 }); live.settle(); }"
    )
    opened.ask(
        "text => { const { live } = carecircles.page, c = live.plan.centres.get('H06'); live.add({ lat: 39.07, lng: 117.24 });"
        " const n = live.plan.centres.get('N1'); live.commit(carecircles.plan.withCentre(live.plan, { ...n, name: { en: text, zh: text } })); }",
        "".join(HOSTILE),
    )
    assert opened.ask("window.hit === undefined")
    text = opened.toml()
    after = scenario.apply(area, scenario.parse(tomllib.loads(text)))
    assert after.facilities.loc["N1", "name"] == "".join(HOSTILE)
    assert opened.load(text), opened.problems()
    opened.assert_quiet()
    opened.page.close()


def test_other_areas_other_projections(browser, tmp_path):
    """The template's district in UTM, cells of 40 m: the page's own projection against PROJ."""
    area = datasets.load("template")
    cells = evaluated(
        area.streets, area.population, area.facilities, cell=40, cutoff=area.standard.metres
    )
    path = tmp_path / "template.html"
    maps.whatif_map(planned(area, cells)).save(path)
    opened = Live(browser, path)
    west, south, east, north = area.boundary.to_crs(4326).total_bounds
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(west, east, 500), rng.uniform(south, north, 500)
    metres = gpd.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(area.crs)
    found = opened.ask(
        "places => places.map(([lon, lat]) => carecircles.page.live.world.project(lon, lat))",
        np.column_stack([lon, lat]).tolist(),
    )
    error = np.hypot([p["x"] for p in found] - metres.x, [p["y"] for p in found] - metres.y)
    assert error.max() < 1e-5
    inside = opened.ask(
        "points => points.map(([x, y]) => carecircles.page.live.world.isInside({ x, y }))",
        shapely.get_coordinates(metres).tolist(),
    )
    np.testing.assert_array_equal(inside, metres.distance(area.boundary.geometry.iloc[0]) <= 50)
    opened.page.close()


def test_a_map_of_a_day_knows_its_day(browser, hexi, tmp_path):
    area = area_on(hexi, "2022-06-30")
    cells = evaluated(area.streets, area.population, area.facilities)
    path = tmp_path / "day.html"
    maps.whatif_map(planned(area, cells)).save(path)
    opened = Live(browser, path)
    assert not opened.load('name = "x"\nas_of = 2024-01-01\n')
    assert "2022-06-30" in opened.problems()[0]
    opened.ask("() => carecircles.page.live.remove('H01')")
    text = opened.toml()
    after = scenario.apply(read_area(datasets.folder("hexi")), scenario.parse(tomllib.loads(text)))
    assert set(after.facilities.index) == set(hexi.facilities.index) - {"H34", "H01"}
    opened.page.close()


def test_centres_beyond_the_border_count_and_stay(browser, hexi_copy, tmp_path):
    """The page's people are Python's with them; dragging and deleting does nothing to them."""
    add_centres(hexi_copy, EAST_306_M, SOUTH_308_M, WEST_4503_M)
    area = read_area(hexi_copy)
    cells = evaluated(area.streets, area.population, area.facilities)
    maps.whatif_map(planned(area, cells)).save(tmp_path / "beyond.html")
    live = Live(browser, tmp_path / "beyond.html")
    assert_same_people(live.figures(), cells, cells)
    assert live.page.locator(".cc-pin-neighbour").count() == 3
    expect(live.page.locator(".cc-figures")).to_contain_text("45 + 3 (neighbour)")
    before = live.ask(STATE)
    pin = live.page.get_by_label("East neighbour (neighbour)")
    pin.focus()
    for key in ("ArrowLeft", "Delete"):
        pin.press(key)
    assert live.ask(STATE) == before
    box = pin.bounding_box()
    live.page.mouse.move(box["x"] + 8, box["y"] + 8)
    live.page.mouse.down()
    live.page.mouse.move(box["x"] - 90, box["y"] + 8, steps=5)
    live.page.mouse.up()
    assert live.ask(STATE) == before
    pin.press("Enter")
    popup = live.page.locator(".leaflet-popup")
    expect(popup).to_contain_text("beyond the border; it counts, and stays where it is")
    assert popup.get_by_text("Remove").count() == 0
    text = '[[step]]\nopen = "N1"\nlon = 117.2424\nlat = 39.0680\ndatum = "wgs84"\n'
    text = 'name = "p"\n' + text
    assert live.load(text)
    after = plan.carry_out(planned(area, cells), scenario.parse(tomllib.loads(text)))
    assert_same_people(live.figures(), cells, after.cells)
    live.assert_quiet()
    live.page.close()
