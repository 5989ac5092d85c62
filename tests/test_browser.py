"""The map as people open it: in Chromium, offline, with every request and console line watched."""

import base64
import dataclasses
import json
import math
import os
import re
import shutil
from pathlib import Path

import pyproj
import pytest
from playwright.sync_api import expect

from carecircles import comparison, datasets, grid, maps, plan, report, scenario
from carecircles.area import read_area
from carecircles.datum import from_wgs84
from carecircles.errors import ValidationError
from tests.conftest import ROOT, evaluated, planned, unevenly
from tests.test_maps import HOSTILE
from tests.test_plan import round_blocks

TILE = base64.b64decode(  # one grey pixel, for every tile that is asked for
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGOoAQAAggCBd81ytgAAAABJRU5ErkJggg=="
)
ARTEFACTS = Path(os.environ.get("CARECIRCLES_ARTEFACTS", ROOT / "artefacts"))


class Opened:
    """A page opened from disk, with all it asked for and complained of."""

    def __init__(
        self, browser, path, ready="carecircles.page.grid && carecircles.page.grid.painted"
    ):
        self.requests, self.complaints, self.dialogs = [], [], []
        self.page = browser.new_page()
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.on("console", self.heard)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("dialog", lambda d: (self.dialogs.append(d.message), d.dismiss()))
        self.page.route(
            re.compile("^https?:"), lambda route: route.fulfill(body=TILE, content_type="image/png")
        )
        self.page.goto(path.as_uri())
        self.page.wait_for_function(f"() => {ready}")
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
    maps.coverage_map(planned(hexi, hexi_cells)).save(path)
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
    assert opened.ask(count, ".leaflet-control-layers-overlays input") == 7
    assert opened.ask(count, ".cc-streets tbody tr") == 14
    assert opened.ask(count, ".cc-legend li") > 8
    assert "Hexi District" in opened.ask("document.querySelector('h1').textContent")
    assert opened.ask("carecircles.page.map.getBounds().contains(carecircles.page.config.bounds)")
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
        assert answer["people"] == pytest.approx(cell["people_60"], abs=1e-4)


def test_answers_are_python_s_where_people_live_unevenly_and_streets_are_no_circles(
    browser, hexi, tmp_path
):
    """Both plans of a change map, measured along streets; then a table in minutes."""
    demand = unevenly(grid.make_demand(hexi.streets, hexi.population, cell=100))
    before = plan.evaluate(hexi, demand, reach=round_blocks)
    step = {"move": "H22", "street": "梅江"}
    after = plan.carry_out(before, scenario.parse({"name": "s", "step": [step]}))
    maps.change_map(comparison.compare(before, after)).save(tmp_path / "change.html")
    opened = Opened(browser, tmp_path / "change.html")
    sample = after.cells.sample(200, random_state=5)
    to_degrees = pyproj.Transformer.from_crs(hexi.crs, 4326, always_xy=True)
    places = list(zip(*to_degrees.transform(sample["x"].to_list(), sample["y"].to_list()), strict=True))  # fmt: skip
    told = opened.ask(
        """places => places.map(([lng, lat]) =>
          [...carecircles.page.grid.facts({ lng, lat }).querySelectorAll("td")].map((td) => td.textContent))""",
        places,
    )
    for label, rows in zip(sample.index, told, strict=True):
        for some, said in ((before, rows[1]), (after, rows[2])):
            cell = some.cells.loc[label]
            name = report.name_of(some.area.facilities.loc[cell["nearest"]])["en"]
            assert said == f"{cell['depth']} · {name}, {round(round(cell['distance_m'], 3)):,} m"
        assert float(rows[3]) == pytest.approx(sample.loc[label, "people_60"], abs=0.0501)
    assert opened.page.locator(".leaflet-cc-circles-pane path").count() == 0
    opened.shot("change-along-streets")
    opened.assert_quiet()
    opened.page.close()

    minutes = dataclasses.replace(before, cost=dataclasses.replace(before.cost, unit="min"))
    maps.coverage_map(minutes).save(tmp_path / "minutes.html")
    opened = Opened(browser, tmp_path / "minutes.html")
    answers = opened.ask(
        "places => places.map(([lng, lat]) => carecircles.page.grid.cellAt({ lng, lat }))", places
    )
    for (label, cell), answer in zip(
        before.cells.loc[sample.index].iterrows(), answers, strict=True
    ):
        name = before.area.facilities.loc[cell["nearest"], "name"]
        assert answer["nearest"]["name"]["zh"] == name, label
        assert answer["distance"] == pytest.approx(cell["distance_m"], abs=5e-4)
        assert answer["people"] == pytest.approx(cell["people_60"], abs=1e-6)
    lng, lat = places[0]
    said = opened.ask(
        "place => carecircles.page.grid.facts(place).textContent", {"lng": lng, "lat": lat}
    )
    assert f"{before.cells.loc[sample.index[0], 'distance_m']:.1f} min" in said
    assert " m ·" not in said
    opened.shot("coverage-by-a-table")
    opened.page.close()


def test_table_and_summary_show_the_python_figures(opened, hexi, hexi_cells):
    table = report.coverage_table(planned(hexi, hexi_cells), by="street", lang="en")
    rows = opened.ask(
        "[...document.querySelectorAll('.cc-streets tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    )
    columns = ["Street", "60+", "60+ covered", "60+ with two or more", "60+ left"]
    assert rows == table[columns].iloc[:-1].to_numpy().tolist()
    shown = opened.ask("[...document.querySelectorAll('.cc-figures dd')].map(d => d.textContent)")
    assert shown == [line["value"]["en"] for line in report.summary(planned(hexi, hexi_cells))]


def test_clicking_a_place_says_whether_it_is_covered(opened):
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
    assert opened.ask("[...document.querySelectorAll('.cc-group')].map(e => e.textContent)") == [
        "覆盖",
        "参照",
    ]
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


def test_centres_keep_their_names_for_readers(opened):
    for _ in range(2):
        opened.page.locator(".leaflet-control-layers").hover()
        opened.page.get_by_label("Centres", exact=True).click()
    path = opened.page.locator(".leaflet-cc-centres-pane path").first
    assert path.get_attribute("aria-label") == "Dayingmen assumed 1"
    assert path.get_attribute("tabindex") == "0"


def test_layers_can_be_switched(opened):
    for kind in range(7):
        opened.page.locator(".leaflet-control-layers").hover()
        opened.page.locator(".leaflet-control-layers-overlays input").nth(kind).click()
    opened.shot("hexi-switched")
    for kind in range(7):
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
    everything = " ".join(HOSTILE)
    places = hexi.places.assign(name=(HOSTILE * 20)[: len(hexi.places)], source=everything)
    facilities = hexi.facilities.assign(
        name=turn,
        name_en=turn[::-1],
        source=turn,
        basis=turn,
        services=[(text,) for text in turn],
        services_basis=turn,
    )
    streets = hexi.streets.assign(name=turn[:14], name_en=turn[1:15], basis="schematic")
    area = dataclasses.replace(
        hexi,
        facilities=facilities,
        streets=streets,
        name=everything,
        name_en=everything,
        notes=({"en": everything, "zh": everything},),
        places=places,
    )
    path = tmp_path / "hostile.html"
    maps.coverage_map(planned(area, hexi_cells)).save(path)
    opened = Opened(browser, path)
    opened.shot("hostile")
    names = opened.ask(
        """() => { carecircles.words.setLanguage("zh"); return { title: document.querySelector("h1").textContent,
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


# Base maps: known ground points on tiles of every datum


@pytest.mark.parametrize("name", ["openstreetmap", "esri", "gaode", "tencent", "baidu", "own"])
@pytest.mark.parametrize("zoom", [12, 15, 17])
def test_tiles_lie_where_they_belong(request, browser, hexi, hexi_cells, tmp_path, name, zoom):
    """
    For places all over the view: where the tile shows the place (by the provider's own datum and
    tiling, computed in Python) and where the map draws it agree within 5 m.
    """
    address = "https://tiles.example.org/{z}/{x}/{y}.png"
    own = {"datum": "gcj02", "attribution": "<b>us</b> & {{ 7 * 7 }}"}
    tiles = maps.base_map(address, **own) if name == "own" else maps.base_map(name)
    layer = maps.tile_layer(tiles)
    path = tmp_path / "tiles.html"
    maps.coverage_map(planned(hexi, hexi_cells), tiles=tiles).save(path)
    browser.set_offline(False)  # every request is answered by the test, none leaves
    request.addfinalizer(lambda: browser.set_offline(True))
    opened = Opened(browser, path)
    # Braces, so that the page does not send its whole map back: the oldest Playwright takes minutes.
    opened.ask(
        f"() => {{ carecircles.page.map.setView([39.074, 117.229], {zoom}, {{ animate: false }}); }}"
    )
    opened.page.wait_for_timeout(700)
    view = opened.ask(
        """() => {
          const { map, tiles } = carecircles.page, size = map.getSize(), places = [];
          for (let x = 0.1; x < 1; x += 0.2) for (let y = 0.1; y < 1; y += 0.2) {
            const point = L.point(size.x * x, size.y * y), place = map.containerPointToLatLng(point);
            places.push({ x: point.x, y: point.y, lat: place.lat, lon: place.lng });
          }
          return { places, tiles: Object.values(tiles._tiles).map((tile) => tile.el.src) };
        }"""
    )
    metres_a_pixel = 40_075_016.7 * math.cos(math.radians(39.07)) / 256 / 2**zoom
    numbers = r"/(?P<z>\d+)/(?P<x>\d+)/(?P<y>\d+)|[?&]"
    sources = {tile_of(src, numbers): src for src in view["tiles"]}
    assert len(sources) > 8
    for place in view["places"]:
        there = provider_position(place["lon"], place["lat"], layer.data, zoom)
        shown = opened.ask(
            POSITION_ON_TILE, [sources[there["tile"]], there["across"], there["down"]]
        )
        off = math.hypot(shown["x"] - place["x"], shown["y"] - place["y"])
        # Over a tile of 6 km BD-09 is no longer a plane: there, a pixel and a half of 30 m.
        limit = 1.5 if (name, zoom) == ("baidu", 12) else 5 / metres_a_pixel
        assert off < limit, (place, shown)
    if name == "own":
        text = opened.ask("document.querySelector('.leaflet-control-attribution').textContent")
        assert "<b>us</b> & {{ 7 * 7 }}" in text
    assert opened.complaints == []
    hosts = {
        re.match(r"https?://[^/]+", url)[0] for url in opened.requests if url.startswith("http")
    }
    assert hosts <= set(layer.image_hosts)
    opened.page.close()


# A pin put on a tile's image, which the browser carries to where the image shows that point.
POSITION_ON_TILE = """([src, across, down]) => {
  const { map, tiles } = carecircles.page;
  const tile = Object.values(tiles._tiles).find((t) => t.el.src === src).el;
  const pin = document.createElement("div"), style = getComputedStyle(tile);
  pin.style.cssText = `position: absolute; left: 0; top: 0; transform-origin: 0 0; transform: ${style.transform}
    translate(${across * parseFloat(style.width)}px, ${down * parseFloat(style.height)}px)`;
  tile.parentNode.append(pin);
  const at = pin.getBoundingClientRect(), box = map.getContainer().getBoundingClientRect();
  pin.remove();
  return { x: at.x - box.x, y: at.y - box.y };
}"""


def tile_of(src, numbers):
    """(z, x, y) of a tile from its address, as the provider counts."""
    query = dict(re.findall(r"[?&]([xyzl])=(-?\d+)", src))
    if query:
        return int(query.get("z", query.get("l", 0))), int(query["x"]), int(query["y"])
    found = re.search(numbers, src)
    z, x, y = int(found["z"]), int(found["x"]), int(found["y"])
    return (z, y, x) if "arcgisonline" in src else (z, x, y)


def provider_position(lon, lat, data, zoom):
    """Tile of a WGS84 place and the place's position in it (0..1 from the north-west)."""
    lon, lat = (float(v) for v in from_wgs84(lon, lat, datum=data["datum"]))
    if data["scheme"] == "baidu":
        import geocoordinates_ffi as oracle

        mercator = oracle.baidu_mercator_from_bd09(oracle.Bd09(lat=lat, lon=lon))
        side = 256 * 2 ** (18 - (zoom + 1))
        u, v = mercator.x / side, mercator.y / side
        x, y = math.floor(u), math.floor(v)
        return {"tile": (zoom + 1, x, y), "across": u - x, "down": 1 - (v - y)}
    u = (lon / 360 + 0.5) * 2**zoom
    v = (0.5 - math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)) * 2**zoom
    x, y = math.floor(u), math.floor(v)
    row = 2**zoom - 1 - y if "{-y}" in data["url"] else y
    return {"tile": (zoom, x, row), "across": u - x, "down": v - y}


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_datums_of_the_page_are_those_of_python(opened, datum):
    import numpy as np

    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(75, 134, 200), rng.uniform(18, 53, 200)
    places = list(zip(lon.tolist(), lat.tolist(), strict=True))
    there = opened.ask(
        "([datum, places]) => places.map(([lng, lat]) => { const p = carecircles.datum.toDatum[datum]({ lat, lng });"
        " return [p.lng, p.lat]; })",
        [datum, places],
    )
    np.testing.assert_allclose(
        there, np.column_stack(from_wgs84(lon, lat, datum=datum)), atol=1e-10
    )


def test_baidus_mercator_is_the_one_others_compute(opened):
    import geocoordinates_ffi as oracle

    for lon, lat in (
        (117.229, 39.074),
        (116.404, 39.915),
        (121.5, 31.2),
        (113.3, 23.1),
        (126.6, 45.8),
    ):
        theirs = oracle.baidu_mercator_from_bd09(oracle.Bd09(lat=lat, lon=lon))
        ours = opened.ask(
            "p => carecircles.datum.baiduMercator({ lng: p[0], lat: p[1] })", [lon, lat]
        )
        assert (ours["x"], ours["y"]) == pytest.approx((theirs.x, theirs.y), abs=0.01)


def test_without_the_network_the_rest_is_shown(browser, hexi, hexi_cells, tmp_path):
    path = tmp_path / "offline.html"
    maps.coverage_map(planned(hexi, hexi_cells), tiles=maps.base_map("gaode")).save(path)
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("() => carecircles.page.grid && carecircles.page.grid.painted")
    expect(page.locator(".cc-notice")).to_have_text(re.compile("base map could not be loaded"))
    assert page.locator(".cc-streets tbody tr").count() == 14
    page.close()


# Several maps, odd areas, other people's layers


def test_maps_side_by_side_move_together(browser, hexi, hexi_cells, tmp_path):
    hostile = HOSTILE[4]
    plans = [
        planned(hexi, hexi_cells, name={"en": name, "zh": name}) for name in ("before", hostile)
    ]
    page = maps.comparison_map(plans, title=HOSTILE[0])
    page.save(tmp_path / "two.html")
    opened = Opened(browser, tmp_path / "two.html")
    assert opened.ask("document.querySelectorAll('.folium-map').length") == 2
    assert opened.ask("carecircles.page.map.getBounds().contains(carecircles.page.config.bounds)")
    assert opened.ask(
        "[...document.querySelectorAll('.cc-caption h2')].map(e => e.textContent)"
    ) == [
        "before",
        hostile,
    ]
    box = opened.page.locator(".folium-map").nth(1).bounding_box()
    opened.page.mouse.move(box["x"] + 300, box["y"] + 300)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 200, box["y"] + 250, steps=4)
    opened.page.mouse.up()
    opened.page.wait_for_timeout(600)
    views = opened.ask(
        "Object.keys(window).filter(k => /^map_/.test(k) && window[k].getCenter)"
        ".map(k => [window[k].getCenter().lat, window[k].getCenter().lng, window[k].getZoom()])"
    )
    assert len(views) == 2
    assert views[0] == pytest.approx(views[1], abs=1e-4)
    assert abs(views[0][1] - 117.2294) > 1e-3
    opened.shot("two-maps")
    opened.assert_quiet()
    opened.page.close()


ACTING = [
    "{{ 7*7 }}",
    "{% for %}",
    "<meta http-equiv=refresh content='0;url=about:blank'>",
    "</script><meta http-equiv=refresh content='0;url=about:blank'><script>",
    "</li></ul><img src=x onerror='window.hit = 1'>",
    "${window.hit = 1}",
    "a }}",
    *HOSTILE,
]


@pytest.mark.parametrize(
    "drawn_by",
    [
        {"column": "name", "tooltip": True, "popup": True},
        {"column": "people", "legend_kwds": {"caption": ACTING[0] + ACTING[2]}},
        {"column": "people", "scheme": "quantiles", "k": 4},
        {"column": "people", "scheme": "quantiles", "legend_kwds": {"colorbar": False}},
        {"color": "name"},
    ],
    ids=["text", "number", "classes", "classes-as-list", "colour"],
)
def test_geopandas_can_explore_on_our_page(browser, hexi, tmp_path, drawn_by):
    """Attributes, legends and colours of a layer drawn by geopandas stay text, and the page stays closed."""
    pytest.importorskip("mapclassify")
    streets = hexi.streets[["geometry"]].assign(name=(ACTING * 2)[:14], people=range(0, 1400, 100))
    streets = streets.iloc[[*range(14), 0, 1]].reset_index(drop=True)
    streets["name"] = ACTING[:16]
    m = maps.empty_map(hexi.streets.to_crs(4326).total_bounds)
    streets.explore(m=m, **drawn_by).save(tmp_path / "explore.html")
    opened = Opened(browser, tmp_path / "explore.html", ready="document.querySelector('path')")
    told = "selector => [...document.querySelectorAll(selector)].map((e) => e.textContent)"
    rows, figures = opened.ask(told, ".cc-key-row"), opened.ask(told, ".cc-key-tick")
    if drawn_by.get("column") == "name":
        assert sorted(rows) == sorted(ACTING[:16])
        for n, name in enumerate(ACTING[:16]):
            opened.page.locator("path").nth(n).dispatch_event("click")
            shown = opened.page.locator(".leaflet-popup-content td").first.text_content()
            assert shown == name
    elif "legend_kwds" in drawn_by and "scheme" not in drawn_by:
        assert opened.ask(told, ".cc-key-title") == [ACTING[0] + ACTING[2]]
        assert figures == ["0", "500", "1,000"]
        assert "linear-gradient" in opened.ask(
            "document.querySelector('.cc-key-scale').style.backgroundImage"
        )
    elif drawn_by.get("scheme"):
        assert len(rows or figures) >= 4
    opened.shot("explore-" + "-".join(map(str, drawn_by.values()))[:20].strip("- {"))
    assert opened.page.url.startswith("file:")
    assert opened.ask("window.hit") is None
    assert opened.ask("document.querySelectorAll('img, body meta').length") == 0
    opened.assert_quiet()
    opened.page.close()


@pytest.mark.parametrize("way", ["srcdoc", "data"])
def test_a_frame_inside_another_page(browser, hexi, hexi_cells, tmp_path, way):
    """As a notebook shows it, the whole page in the `srcdoc` of a frame, and from a data: address."""
    m = maps.coverage_map(planned(hexi, hexi_cells))
    content = base64.b64encode(m.get_root().render().encode()).decode()
    frames = {
        "srcdoc": m._repr_html_(),
        "data": f'<iframe src="data:text/html;base64,{content}" width="1200" height="800"></iframe>',
    }
    (tmp_path / "frame.html").write_text(f"<body>{frames[way]}</body>", encoding="utf-8")
    page = browser.new_page()
    complaints = []
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("console", lambda m: complaints.append(m.text))
    page.goto((tmp_path / "frame.html").as_uri())
    frame = page.frame_locator("iframe")
    expect(frame.locator(".cc-streets tbody tr")).to_have_count(14)
    expect(frame.locator(".leaflet-cc-centres-pane path")).to_have_count(45)
    expect(frame.get_by_role("button", name="Copy link")).to_have_count(0)
    assert complaints == []
    page.close()


def test_a_name_of_ten_thousand_characters(browser, hexi, hexi_cells, tmp_path):
    long = "区" * 10_000
    area = dataclasses.replace(
        hexi, name=long, name_en=long, facilities=hexi.facilities.assign(name=long, name_en=long)
    )
    maps.coverage_map(planned(area, hexi_cells)).save(tmp_path / "long.html")
    opened = Opened(browser, tmp_path / "long.html")
    opened.page.locator(".leaflet-cc-centres-pane path").first.focus()
    opened.page.keyboard.press("Enter")
    assert len(opened.popup(".cc-facts-title")) == 10_000
    assert opened.page.locator(".folium-map").bounding_box()["height"] > 300
    assert opened.ask("document.documentElement.scrollWidth") <= 1440
    opened.assert_quiet()
    opened.page.close()


def test_four_hundred_thousand_cells(browser, hexi, tmp_path):
    """Sizes are held here; times are in the benchmarks."""
    cells = evaluated(hexi.streets, hexi.population, hexi.facilities, cell=11)
    maps.coverage_map(planned(hexi, cells)).save(tmp_path / "many.html")
    assert (tmp_path / "many.html").stat().st_size < 1_000_000
    opened = Opened(browser, tmp_path / "many.html")
    sample = cells.sample(50, random_state=2)
    to_degrees = pyproj.Transformer.from_crs(hexi.crs, 4326, always_xy=True)
    lon, lat = to_degrees.transform(sample["x"].to_numpy(), sample["y"].to_numpy())
    answers = opened.ask(
        "places => places.map(([lng, lat]) => carecircles.page.grid.cellAt({ lng, lat }))",
        list(zip(lon.tolist(), lat.tolist(), strict=True)),
    )
    assert [a["depth"] for a in answers] == sample["depth"].tolist()
    opened.assert_quiet()
    opened.page.close()


@pytest.mark.parametrize(
    ("west", "south", "east", "north", "cell", "crs"),
    [
        (113.9, 30, 114.1, 30.1, 100, None),  # across the border of two UTM zones
        (100, 25, 116, 38, 5000, "EPSG:4479"),  # no plane at all
        (100, 25, 116, 38, 5000, None),  # as large as a country: UTM bends too much
    ],
    ids=["utm-border", "geocentric", "country"],
)
def test_areas_of_odd_places(tmp_path, west, south, east, north, cell, crs):
    """An ordinary result or a clear error, never a broken file."""
    datasets.write_template(tmp_path / "area")
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    feature = {
        "type": "Feature",
        "properties": {"code": "S", "name": "S"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    (tmp_path / "area" / "streets.geojson").write_text(json.dumps({"features": [feature]}))
    (tmp_path / "area" / "boundary.geojson").unlink()
    shutil.rmtree(tmp_path / "area" / "facilities")
    (tmp_path / "area" / "population.csv").write_text("code,people_60\nS,1000\n")
    (tmp_path / "area" / "centres.csv").write_text(
        f"id,lon,lat\nA,{(west + east) / 2},{(south + north) / 2}\n"
    )
    if crs:
        plan = tmp_path / "area" / "area.toml"
        plan.write_text(
            plan.read_text(encoding="utf-8").replace('# crs = "EPSG:4548"', f'crs = "{crs}"'),
            encoding="utf-8",
        )
    try:
        area = read_area(tmp_path / "area")
    except ValidationError as err:
        assert "crs" in str(err)
        assert east - west > 1
        return
    assert east - west < 1
    cells = evaluated(area.streets, area.population, area.facilities, cell=cell)
    assert maps.coverage_map(planned(area, cells)).get_root().render().startswith("<!DOCTYPE html>")
