"""The map as people open it: in Chromium, offline, with every request and console line watched."""

import dataclasses
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from carecircles import evaluation, maps, report
from tests.conftest import ROOT
from tests.test_maps import HOSTILE

ARTEFACTS = Path(os.environ.get("CARECIRCLES_ARTEFACTS", ROOT / "artefacts"))


class Opened:
    """A page opened from disk, with all it asked for and complained of."""

    def __init__(self, browser, path):
        self.requests, self.complaints, self.dialogs = [], [], []
        self.page = browser.new_page()
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("dialog", lambda d: (self.dialogs.append(d.message), d.dismiss()))
        self.page.goto(path.as_uri())
        self.page.wait_for_function("carecircles.page.grid && carecircles.page.grid.depth")
        self.page.wait_for_timeout(300)

    def heard(self, message):
        """Keep what the page says; that our test reads pixels back is not its complaint."""
        if "willReadFrequently" not in message.text:
            self.complaints.append(message.text)

    def popup(self, selector=""):
        """Text of the pop-up that opened last, which is closed again."""
        popups = self.page.locator(f".leaflet-popup-content {selector}")
        text = popups.last.text_content() if selector else popups.last.inner_text()
        self.page.keyboard.press("Escape")
        expect(self.page.locator(".leaflet-popup")).to_have_count(0)
        return text

    def ask(self, script, argument=None):
        return self.page.evaluate(script, argument)

    def shot(self, name):
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png")

    def assert_quiet(self):
        """Nothing asked for but the page itself, nothing complained of."""
        assert [url for url in self.requests if not url.startswith(("file:", "data:"))] == []
        assert sum(url.startswith("file:") for url in self.requests) == 1
        assert self.complaints == []
        assert self.dialogs == []


@pytest.fixture(scope="module")
def opened(browser, hexi, hexi_cells, tmp_path_factory):
    path = tmp_path_factory.mktemp("map") / "hexi.html"
    maps.coverage_map(hexi, hexi_cells).save(path)
    opened = Opened(browser, path)
    yield opened
    opened.page.close()


def test_it_opens_offline_without_a_word(opened):
    opened.assert_quiet()
    opened.shot("hexi-en")


def test_everything_is_drawn(opened):
    count = "selector => document.querySelectorAll(selector).length"
    assert opened.ask(count, ".leaflet-cc-centres-pane path") == 45
    assert opened.ask(count, ".leaflet-cc-circles-pane path") == 45
    assert opened.ask(count, ".cc-name") == 14
    assert opened.ask(count, ".cc-zone") > 5
    assert opened.ask(count, ".leaflet-control-layers-overlays input") == 6
    assert opened.ask(count, ".cc-streets tbody tr") == 14
    assert opened.ask(count, ".cc-legend li") > 8
    assert "Hexi District" in opened.ask("document.querySelector('h1').textContent")
    assert "42 of 45 centres are assumed" in opened.ask(
        "document.querySelector('header').textContent"
    )


def test_the_canvas_shows_covered_and_uncovered(opened):
    """Pixels of the canvas at the centre of sampled cells have the colour of their depth."""
    colours = opened.ask(
        """() => {
          const { grid, map } = carecircles.page, context = grid.canvas.getContext("2d");
          const box = grid.canvas.getBoundingClientRect(), ratio = grid.canvas.width / box.width;
          const found = { covered: 0, uncovered: 0, wrong: 0 };
          for (let lat = 39.034; lat < 39.115; lat += 0.003) {
            for (let lng = 117.174; lng < 117.285; lng += 0.003) {
              const point = map.latLngToContainerPoint([lat, lng]).floor().add(L.point(0.5, 0.5));
              const cell = grid.cellAt(map.containerPointToLatLng(point));
              const host = map.getContainer().getBoundingClientRect();
              const [r, g, b, a] = context.getImageData(
                Math.floor((point.x + host.x - box.x) * ratio),
                Math.floor((point.y + host.y - box.y) * ratio), 1, 1).data;
              const is = a === 0 ? "outside" : r > b ? "uncovered" : "covered";
              const should = !cell ? "outside" : cell.depth ? "covered" : "uncovered";
              if (is !== should) found.wrong++; else if (is !== "outside") found[is]++;
            }
          }
          return found;
        }"""
    )
    assert colours["covered"] > 400
    assert colours["uncovered"] > 50
    assert colours["wrong"] == 0


def test_answers_are_the_python_figures(opened, hexi, hexi_cells):
    """For sampled cells: the page's depth, street, nearest centre and distance."""
    import pyproj

    sample = hexi_cells.sample(300, random_state=5)
    to_degrees = pyproj.Transformer.from_crs(hexi.crs, 4326, always_xy=True)
    lon, lat = to_degrees.transform(sample["x"].to_numpy(), sample["y"].to_numpy())
    answers = opened.ask(
        "places => places.map(([lng, lat]) => carecircles.page.grid.cellAt({ lng, lat }))",
        list(zip(lon.tolist(), lat.tolist(), strict=True)),
    )
    for (label, cell), answer in zip(sample.iterrows(), answers, strict=True):
        assert (answer["row"], answer["col"]) == (cell["row"], cell["col"]), label
        assert answer["depth"] == cell["depth"]
        assert answer["street"]["zh"] == hexi.streets.loc[cell["street"], "name"]
        assert answer["nearest"]["name"]["zh"] == hexi.facilities.loc[cell["nearest"], "name"]
        assert answer["distance"] == pytest.approx(cell["distance_m"], abs=1e-6)
        assert answer["people_60"] == pytest.approx(cell["people_60"], abs=1e-4)


def test_table_and_summary_show_the_python_figures(opened, hexi, hexi_cells):
    table = report.coverage_table(hexi, hexi_cells, by="street", lang="en")
    rows = opened.ask(
        "[...document.querySelectorAll('.cc-streets tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    columns = ["Street", "60+", "60+ covered", "60+ with two or more", "60+ left"]
    assert rows == table[columns].iloc[:-1].to_numpy().tolist()
    shown = opened.ask("[...document.querySelectorAll('.cc-figures dd')].map(d => d.textContent)")
    assert shown == [line["value"]["en"] for line in report.summary(hexi, hexi_cells)]


def test_clicking_a_place_says_whether_it_is_covered(opened, hexi_cells):
    share = evaluation.of_district(hexi_cells)["covered_people_60_share"]
    assert 0.5 < share < 1
    map_box = opened.page.locator(".folium-map").bounding_box()
    point = opened.ask(
        "(() => { const p = carecircles.page.map.latLngToContainerPoint([39.0697, 117.2452]); return [p.x, p.y]; })()"
    )
    opened.page.mouse.click(map_box["x"] + point[0], map_box["y"] + point[1])
    text = opened.popup()
    assert "Not covered" in text
    assert "Chentangzhuang" in text


def test_a_centre_tells_what_is_assumed(opened):
    opened.page.locator(".leaflet-cc-centres-pane path").first.focus()
    opened.page.keyboard.press("Enter")
    text = opened.popup()
    assert "Dayingmen assumed 1" in text
    assert "assumed" in text
    assert "not known" in text


def test_the_page_speaks_both_languages(opened):
    opened.page.get_by_role("button", name="中文").click()
    assert opened.ask("document.documentElement.lang") == "zh-CN"
    assert "河西区" in opened.ask("document.querySelector('h1').textContent")
    assert opened.ask("document.querySelector('.cc-streets tbody th').textContent") == "大营门"
    assert "养老服务圈" in opened.ask(
        "document.querySelector('.leaflet-control-layers').textContent"
    )
    opened.shot("hexi-zh")
    opened.page.get_by_role("button", name="English").click()
    assert opened.ask("document.documentElement.lang") == "en"


def test_search_finds_centres_and_streets_in_both_languages(opened):
    for wanted, found in (("四信里", "Sixinli service point"), ("donghai", "Donghai assumed 1")):
        opened.page.locator("input[type=search]").fill(wanted)
        results = opened.page.locator(".cc-search li").all_inner_texts()
        assert found in results
    opened.page.locator("input[type=search]").fill("")


def test_layers_can_be_switched(opened):
    for kind in range(6):
        opened.page.locator(".leaflet-control-layers").hover()
        opened.page.locator(".leaflet-control-layers-overlays input").nth(kind).click()
    opened.shot("hexi-switched")
    for kind in range(6):
        opened.page.locator(".leaflet-control-layers-overlays input").nth(kind).click()
    opened.assert_quiet()


def test_on_a_phone(opened):
    opened.page.set_viewport_size({"width": 390, "height": 800})
    opened.page.wait_for_timeout(300)
    opened.shot("hexi-phone")
    assert opened.ask("document.documentElement.scrollWidth") <= 390
    assert "user-scalable" not in opened.ask("document.head.innerHTML")
    opened.page.set_viewport_size({"width": 1440, "height": 900})


def test_printed(opened):
    """One sheet of A4 landscape; afterwards the page is as it was."""
    before = opened.ask("carecircles.page.map.getZoom()")
    ARTEFACTS.mkdir(exist_ok=True)
    opened.page.pdf(path=ARTEFACTS / "hexi.pdf", prefer_css_page_size=True)
    content = (ARTEFACTS / "hexi.pdf").read_bytes()
    assert content.count(b"/Type /Page\n") == 1
    assert opened.ask("carecircles.page.map.getZoom()") == before
    assert opened.ask("document.body.className") == ""


def test_hostile_text_stays_text(browser, hexi, hexi_cells, tmp_path):
    """Payloads in every place a text from data can appear; shown as written, nothing run."""
    n = len(HOSTILE)
    turn = [HOSTILE[k % n] for k in range(45)]
    facilities = hexi.facilities.assign(
        name=turn, name_en=turn[::-1], source=turn, basis=turn, services=turn, services_basis=turn
    )
    streets = hexi.streets.assign(name=turn[:14], name_en=turn[1:15], basis="schematic")
    everything = " ".join(HOSTILE)
    area = dataclasses.replace(
        hexi,
        facilities=facilities,
        streets=streets,
        name=everything,
        name_en=everything,
        notes=(everything,),
    )
    path = tmp_path / "hostile.html"
    maps.coverage_map(area, hexi_cells).save(path)
    opened = Opened(browser, path)
    opened.shot("hostile")
    names = opened.ask(
        """() => { carecircles.setLanguage("zh"); return { title: document.querySelector("h1").textContent,
             streets: [...document.querySelectorAll(".cc-streets tbody th")].map(e => e.textContent),
             labels: [...document.querySelectorAll(".cc-name span")].map(e => e.textContent) }; }"""
    )
    assert names["title"].startswith(f"\u2068{everything}\u2069")
    assert names["streets"] == turn[:14]
    assert names["labels"] == turn[:14]
    for k in range(n):
        opened.page.locator(".leaflet-cc-centres-pane path").nth(k).focus()
        opened.page.keyboard.press("Enter")
        assert opened.popup(".cc-facts-title") == turn[k]
    opened.page.locator("input[type=search]").fill("o")
    opened.page.mouse.move(500, 400)
    opened.page.mouse.click(500, 400)
    assert opened.ask("window.hit") is None
    assert opened.ask("document.querySelectorAll('img, iframe, object').length") == 0
    opened.assert_quiet()
    opened.page.close()
