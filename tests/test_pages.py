"""Pages on a phone, at 200 %, on paper and for readers: what a user sees beyond the desktop's map."""

import geopandas as gpd
import pypdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from carecircles import comparison, maps, plan, scenario
from tests.conftest import in_streets, planned
from tests.test_browser import ARTEFACTS, Opened

PHONE, NOTEBOOK, DESK = (390, 780), (1024, 768), (1440, 900)
MIXED = {
    "name": "mixed",
    "step": [
        {"open": "N1", "lon": 117.2452, "lat": 39.0697, "datum": "wgs84"},
        {"close": "H20"},
        {"move": "H12", "lon": 117.215, "lat": 39.06, "datum": "wgs84"},
        {"equip": "H05", "services": ["meals"]},
    ],
}
NAMES = """() => [...document.querySelectorAll(".cc-name span:not(.cc-crowded)")].map((e) => {
  const { left, top, right, bottom } = e.getBoundingClientRect();
  return { text: e.textContent, left, top, right, bottom };
})"""
COUNT = "selector => document.querySelectorAll(selector).length"


def sized(opened, size):
    opened.page.bring_to_front()  # a tab behind others does not move its map
    opened.page.set_viewport_size({"width": size[0], "height": size[1]})
    opened.page.wait_for_timeout(300)


def printed(opened, name):
    """The text of each sheet as it is printed."""
    ARTEFACTS.mkdir(exist_ok=True)
    path = ARTEFACTS / f"{name}.pdf"
    opened.page.pdf(path=path, prefer_css_page_size=True)
    return [sheet.extract_text() for sheet in pypdf.PdfReader(path).pages]


def overlapping(boxes):
    return [
        (a["text"], b["text"])
        for n, a in enumerate(boxes)
        for b in boxes[:n]
        if a["left"] < b["right"]
        and b["left"] < a["right"]
        and a["top"] + 2 < b["bottom"]  # lines of text reach a little beyond their letters
        and b["top"] + 2 < a["bottom"]
    ]


@pytest.fixture(scope="module")
def pair(hexi_plan):
    """Hexi as it is, and a plan in which a centre opens, one closes, one moves and one changes."""
    return hexi_plan, plan.carry_out(hexi_plan, scenario.parse(MIXED))


@pytest.fixture(scope="module")
def many(browser, hexi, tmp_path_factory):
    """A district of 43 streets of which nobody says what its figures rest on."""
    area = in_streets(hexi, 43)
    path = tmp_path_factory.mktemp("many") / "many.html"
    maps.coverage_map(planned(area)).save(path)
    opened = Opened(browser, path)
    yield opened
    opened.page.close()


@pytest.fixture(scope="module")
def several(browser, pair, tmp_path_factory):
    path = tmp_path_factory.mktemp("several") / "several.html"
    maps.comparison_map([*pair, pair[0]]).save(path)
    opened = Opened(browser, path)
    yield opened
    opened.page.close()


@pytest.fixture(scope="module")
def changed(browser, pair, tmp_path_factory):
    path = tmp_path_factory.mktemp("changed") / "changed.html"
    maps.change_map(comparison.compare(*pair)).save(path)
    opened = Opened(browser, path)
    yield opened
    opened.page.close()


@pytest.fixture(scope="module")
def hexi_page(hexi_plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("hexi") / "hexi.html"
    maps.coverage_map(hexi_plan).save(path)
    return path


# On paper


def test_forty_three_streets_are_printed_on_as_many_sheets_as_it_takes(many):
    """All rows, notes and credits, the table's head on each sheet; afterwards all is as it was."""
    sheets = printed(many, "forty-three-streets")
    text = "\n".join(sheets)
    for n in range(1, 44):
        assert "\n".join(sheets[1:]).count(f"Street {n} ") == 1, n
    tables = sheets[1:]
    assert len(tables) > 1
    assert all("two or more" in sheet and "60+ left" in sheet for sheet in tables)
    assert "Counted on cells of 50 m" in text
    assert "CC BY 4.0" in text
    assert "Positions of all 45 centres are of unstated basis" in sheets[0]
    assert many.ask("document.body.className") == ""
    assert many.ask(COUNT, ".cc-overleaf, .cc-foot, .cc-turned") == 0
    many.assert_quiet()


@pytest.mark.parametrize("what", ["changed", "live"])
def test_notes_that_find_no_room_beside_the_map_stand_below_it(
    browser, pair, hexi_plan, tmp_path, what
):
    """No second sheet for a few lines."""
    drawn = (
        maps.whatif_map(hexi_plan) if what == "live" else maps.change_map(comparison.compare(*pair))
    )
    drawn.save(tmp_path / "page.html")
    ready = {"live": "carecircles.page.live"}.get(what, "carecircles.page.grid.painted")
    opened = Opened(browser, tmp_path / "page.html", ready=ready)
    [sheet] = printed(opened, f"foot-{what}")
    flat = " ".join(sheet.split())
    assert "Counted on cells of 50 m" in flat
    assert "CC BY 4.0" in flat
    assert all(name in flat for name in ("Dayingmen", "Taihulu"))
    assert opened.ask(COUNT, ".cc-foot, .cc-turned") == 0
    opened.page.close()


def test_plans_are_printed_with_captions_beside_the_maps(several):
    sheets = printed(several, "several-plans")
    assert len(sheets) == 1
    assert sheets[0].count("60+ not covered") == 3
    assert "Counted on cells of 50 m" in sheets[0]
    several.ask("() => { window.dispatchEvent(new Event('beforeprint')); }")
    assert_captions_leave_the_maps(several)
    several.ask("() => { window.dispatchEvent(new Event('afterprint')); }")
    assert several.ask("document.body.className") == "cc-compare"


def test_the_change_list_of_the_live_map_is_printed_whole(browser, hexi, hexi_plan, tmp_path):
    maps.whatif_map(hexi_plan).save(tmp_path / "live.html")
    opened = Opened(browser, tmp_path / "live.html", ready="carecircles.page.live")
    closed = hexi.facilities.index[:30]
    steps = "".join(f'[[step]]\nclose = "{label}"\n' for label in closed)
    opened.ask(
        "files => carecircles.page.live.open(files)",
        [{"name": "a.toml", "text": f'name = "a"\n{steps}'}],
    )
    text = "\n".join(printed(opened, "live-long"))
    for name in hexi.facilities["name_en"].iloc[:30]:
        assert f"closed: {name}" in text
    assert "CC BY 4.0" in text
    opened.assert_quiet()
    opened.page.close()


# Several plans


def assert_captions_leave_the_maps(opened):
    boxes = opened.ask(
        """() => [...document.querySelectorAll(".cc-plan")].map((plan) => [".cc-caption", ".folium-map"]
          .map((part) => plan.querySelector(part).getBoundingClientRect().toJSON()))"""
    )
    assert len(boxes) == 3
    for caption, drawn in boxes:
        assert caption["bottom"] <= drawn["top"] + 0.5
        assert drawn["height"] > 180
    bounds = (
        "carecircles.page.maps.every((m) => m.getBounds().contains(carecircles.page.config.bounds))"
    )
    assert opened.ask(bounds)


@pytest.mark.parametrize("size", [PHONE, NOTEBOOK, DESK], ids=["phone", "notebook", "desk"])
def test_captions_of_plans_leave_the_maps_free(several, size):
    sized(several, size)
    several.page.get_by_role("button", name="Whole district").first.click()
    several.page.wait_for_timeout(200)
    assert_captions_leave_the_maps(several)
    assert several.ask("document.documentElement.scrollWidth") <= size[0]
    several.shot(f"several-{size[0]}")
    several.assert_quiet()


def test_proposed_centres_of_a_plan_do_not_look_assumed(several):
    fills = several.ask(
        """() => carecircles.page.maps.map((m) => {
          const paths = [...m.getPane("cc-centres").querySelectorAll("path")], n = {};
          paths.forEach((p) => { const f = p.getAttribute("fill"); n[f] = (n[f] || 0) + 1; });
          return n;
        })"""
    )
    known = 3
    assert fills[0] == {"#be123c": known, "#ffffff": 42}
    assert fills[1] == {
        "#be123c": known,
        "#ffffff": 40,
        "#bfe3f5": 2,
    }  # the one opened, the one moved
    assert "Centre, proposed" in several.page.locator(".cc-legend").text_content()


# What changes


SEEN = """([lat, lon]) => {
  const { map } = carecircles.page, at = map.latLngToContainerPoint([lat, lon]), box = map.getContainer().getBoundingClientRect();
  const top = document.elementsFromPoint(box.x + at.x, box.y + at.y).find((e) => e.matches("path.cc-centre"));
  return top ? top.getAttribute("aria-label") : null;
}"""


def test_each_side_of_the_slider_shows_the_centres_of_its_plan(changed, pair):
    """Left of the border nothing of the new plan, right of it nothing of the old one."""
    before, after = pair
    places = {
        "opened": after.area.facilities.loc["N1"],
        "closed": before.area.facilities.loc["H20"],
        "was": before.area.facilities.loc["H12"],
        "is": after.area.facilities.loc["H12"],
    }
    crs = before.area.crs
    points = gpd.GeoSeries([row.geometry for row in places.values()], crs=crs).to_crs(4326)
    at = {name: [p.y, p.x] for name, p in zip(places, points, strict=True)}

    def seen():
        return {name: changed.ask(SEEN, place) for name, place in at.items()}

    marked = seen()
    assert marked["opened"].endswith("(opened)")
    assert marked["closed"].endswith("(closed)")
    assert marked["is"].endswith("(moved)")
    changed.page.bring_to_front()
    changed.page.get_by_role("button", name="Before | after").click()
    slider = changed.page.get_by_role("slider", name="Border between")
    old, moved = before.area.facilities["name_en"], " (moved)"
    slider.fill("100")
    assert seen() == {"opened": None, "closed": old["H20"], "was": old["H12"], "is": None}
    slider.fill("0")
    only_after = seen()
    assert only_after["opened"].endswith("(opened)")
    assert only_after["is"] == old["H12"] + moved
    assert only_after["closed"] is only_after["was"] is None
    clipped = "n => getComputedStyle(carecircles.page.map.getPane(n)).clipPath"
    for name in ("before", "after"):
        assert changed.ask(clipped, f"cc-circles-{name}").startswith("polygon")
    changed.page.mouse.move(500, 500)
    changed.page.mouse.down()
    changed.page.mouse.move(600, 520, steps=3)
    changed.page.mouse.up()
    assert seen() == only_after  # the border stands where it stood while the map moves
    changed.page.get_by_role("button", name="What changes").click()
    changed.page.get_by_role("button", name="Whole district").click()
    assert changed.ask(clipped, "cc-circles-before") == "none"
    assert seen() == marked
    changed.assert_quiet()


def test_a_closed_centre_is_a_cross_that_stands_out(changed):
    """No white disc on the orange of what is lost."""
    sign = changed.ask(
        """() => { const p = document.querySelector("path.cc-marked[aria-label$='(closed)']");
          return [p.getAttribute("fill"), p.getAttribute("stroke"), (p.getAttribute("d").match(/M/g) || []).length]; }"""
    )
    assert sign == ["#5f1d00", "#ffffff", 2]


def test_the_live_map_says_when_services_do_not_count(browser, hexi_plan, tmp_path):
    maps.whatif_map(hexi_plan).save(tmp_path / "live.html")
    opened = Opened(browser, tmp_path / "live.html", ready="carecircles.page.live")
    remark = opened.page.locator(".cc-remark")
    expect(remark).to_be_empty()
    text = 'name = "posts"\n[[step]]\nequip = "H02"\nservices = ["health_post"]\n'
    opened.ask("files => carecircles.page.live.open(files)", [{"name": "posts.toml", "text": text}])
    expect(remark).to_contain_text("while all centres count, whatever they offer")
    choice = opened.page.get_by_label("Service", exact=True)
    choice.select_option("health_post")
    expect(remark).to_be_empty()
    choice.select_option("")
    opened.page.get_by_role("button", name="中文").click()
    expect(remark).to_contain_text("计入全部中心时")
    opened.page.get_by_role("button", name="撤销", exact=True).click()
    expect(remark).to_be_empty()
    opened.assert_quiet()
    opened.page.close()


# Small screens and many names


@pytest.mark.parametrize("size", [PHONE, (720, 450), DESK], ids=["phone", "zoomed-200", "desk"])
def test_names_make_room_for_each_other(many, size):
    sized(many, size)
    many.page.get_by_role("button", name="Whole district").click()
    many.page.wait_for_timeout(200)
    shown = many.ask(NAMES)
    assert len(shown) < 43
    assert overlapping(shown) == []
    crowded = many.ask("document.querySelector('.cc-name .cc-crowded').textContent")
    many.page.locator("input[type=search]").fill(crowded)
    many.page.locator(".cc-search li button").first.click()
    many.page.wait_for_timeout(700)
    assert crowded in [name["text"] for name in many.ask(NAMES)]
    many.page.locator("input[type=search]").fill("")
    many.page.get_by_role("button", name="Whole district").click()
    many.shot(f"many-{size[0]}")
    sized(many, DESK)


def test_what_is_not_stated_is_one_quiet_line_that_unfolds(many):
    head = many.page.locator(".cc-title")
    assert head.locator(".cc-assumed").count() == 0
    line = head.locator("details.cc-unstated")
    assert line.bounding_box()["height"] < 30
    line.locator("summary").click()
    expect(line.locator("p")).to_contain_text("borders of all 43 streets are of unstated basis")
    line.locator("summary").click()
    assert "assumed" not in many.page.locator(".cc-legend").text_content()


@pytest.mark.parametrize("size", [PHONE, (720, 450)], ids=["phone", "zoomed-200"])
def test_on_a_small_screen_the_map_is_seen(browser, hexi_page, size):
    """What is assumed takes one line that unfolds, and centres are small."""
    opened = Opened(browser, hexi_page)
    sized(opened, size)
    opened.page.get_by_role("button", name="Whole district").click()
    opened.page.wait_for_timeout(200)
    assumed = opened.page.locator("details.cc-assumed")
    assert assumed.bounding_box()["height"] < 30
    assumed.locator("summary").click()
    assert assumed.bounding_box()["height"] > 30
    assumed.locator("summary").click()
    shares = opened.ask(
        """() => { const box = document.querySelector(".folium-map").getBoundingClientRect();
          const discs = [...document.querySelectorAll("path.cc-centre")].map((p) => p.getBoundingClientRect().width);
          return { height: box.height / innerHeight, widest: Math.max(...discs) }; }"""
    )
    assert shares["height"] > 0.4
    assert shares["widest"] < 12
    opened.page.close()


@pytest.mark.parametrize(("off", "hits"), [(10, True), (30, False)])
def test_a_finger_beside_a_small_centre_means_it(browser, hexi_page, hexi, off, hits):
    opened = Opened(browser, hexi_page)
    home = hexi.facilities.loc[["H45"]].to_crs(4326).geometry.iloc[0]
    opened.ask(
        """([lat, lon, off]) => {
          const { map } = carecircles.page, containerPoint = map.latLngToContainerPoint([lat, lon]).add([off, 0]);
          map.fire("click", { containerPoint, latlng: map.containerPointToLatLng(containerPoint),
            originalEvent: { pointerType: "touch" } });
        }""",
        [home.y, home.x, off],
    )
    title = opened.popup(".cc-facts-title")
    assert (title == hexi.facilities.loc["H45", "name_en"]) == hits
    opened.page.close()


# Links, frames


@pytest.mark.parametrize(
    "broken",
    ["#", "#//", "#0/0/0", "#12/91/117", "#nonsense", "#13/39.07", "#13/12/12", "#99/39.07/117.23",
     "#-3/39.07/117.23", "#13/39.07/117.23/1", "#Infinity/39.07/117.23", "#1e9/39.07/117.23"],
)  # fmt: skip
def test_a_broken_link_opens_the_whole_district(browser, hexi_page, broken):
    page = browser.new_page()
    page.goto(hexi_page.as_uri() + broken)
    page.wait_for_function("() => carecircles.page.grid && carecircles.page.grid.painted")
    assert page.evaluate(
        "carecircles.page.map.getBounds().contains(carecircles.page.config.bounds)"
    )
    assert 11 < page.evaluate("carecircles.page.map.getZoom()") < 15
    page.close()


def test_a_link_opens_its_view(browser, hexi_page):
    page = browser.new_page()
    page.goto(hexi_page.as_uri() + "#15.25/39.0700/117.2300")
    page.wait_for_function("() => carecircles.page.grid && carecircles.page.grid.painted")
    view = page.evaluate(
        "(() => { const { map } = carecircles.page, c = map.getCenter(); return [map.getZoom(), c.lat, c.lng]; })()"
    )
    assert view == pytest.approx([15.25, 39.07, 117.23], abs=1e-5)
    page.close()


@pytest.mark.parametrize("hidden", ["height: 0", "display: none"])
@pytest.mark.parametrize("what", ["coverage", "several"])
def test_a_frame_that_is_not_shown_draws_when_it_is(
    browser, hexi_page, pair, tmp_path, what, hidden
):
    """An exported notebook: `createImageData: source height is zero`."""
    inner = hexi_page
    if what == "several":
        inner = tmp_path / "several.html"
        maps.comparison_map(pair).save(inner)
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe src="{inner.as_uri()}" style="width: 900px; border: 0; {hidden}"></iframe>',
        encoding="utf-8",
    )
    page = browser.new_page()
    complaints = []
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.on("console", lambda m: complaints.append(m.text))
    page.goto(frame.as_uri())
    page.wait_for_timeout(800)
    page.evaluate(
        "() => Object.assign(document.querySelector('iframe').style, { height: '600px', display: 'block' })"
    )
    inside = page.frames[1]
    inside.wait_for_function("() => carecircles.page.grid && carecircles.page.grid.painted")
    assert inside.evaluate(
        "carecircles.page.map.getBounds().contains(carecircles.page.config.bounds)"
    )
    assert inside.evaluate("carecircles.page.map.getZoom()") > 10
    assert complaints == []
    page.close()


# For readers


@pytest.mark.parametrize("what", ["coverage", "changed", "several", "live", "empty"])
def test_axe_finds_nothing(browser, hexi_page, hexi, hexi_plan, pair, tmp_path, what):
    drawn = {
        "changed": lambda: maps.change_map(comparison.compare(*pair)),
        "several": lambda: maps.comparison_map(pair),
        "live": lambda: maps.whatif_map(hexi_plan),
        "empty": lambda: maps.empty_map(hexi.streets.to_crs(4326).total_bounds, title="Empty"),
    }
    path = hexi_page if what == "coverage" else tmp_path / f"{what}.html"
    if what in drawn:
        drawn[what]().save(path)
    ready = "document.querySelector('.leaflet-control-zoom')"
    opened = Opened(browser, path, ready=ready)
    found = Axe().run(opened.page).response["violations"]
    assert [(f["id"], [node["html"][:90] for node in f["nodes"]][:3]) for f in found] == []
    opened.page.close()
