"""The live map of a plan that is walked: the page measures as `reach.walking` does, to the person."""

import functools
import json
import re
import shutil
import subprocess
import sys
import tomllib

import geopandas as gpd
import numpy as np
import pytest
import shapely
from playwright.sync_api import expect

from carecircles import (
    comparison,
    datasets,
    evaluation,
    grid,
    maps,
    marginal,
    network,
    plan,
    reach,
    scenario,
    walkers,
)
from carecircles.area import read_area
from tests.test_area import EAST_306_M, add_centres
from tests.test_browser import Opened
from tests.test_live import Live, assert_same_people
from tests.test_maps import layers, legend_of

CELL = 100.0


def town(area, *, side=110.0, beyond=2500.0):
    """
    Crooked streets over an area and around it, some missing, some of them bridges, tunnels or private.

    A railway in two parts, a lake with an island, fences and ponds lie across; streets run over them as
    they will.
    """
    rng = np.random.default_rng(4)
    left, bottom, right, top = area.boundary.total_bounds
    x, y = (
        np.arange(low - beyond, high + beyond, side) for low, high in ((left, right), (bottom, top))
    )
    shape = (len(y), len(x))
    xy = np.stack(np.meshgrid(x, y), axis=-1) + rng.uniform(-side / 3, side / 3, (*shape, 2))
    node = np.arange(shape[0] * shape[1]).reshape(shape)
    pairs = np.concatenate(
        [
            np.stack([node[:, :-1], node[:, 1:]], axis=-1).reshape(-1, 2),
            np.stack([node[:-1], node[1:]], axis=-1).reshape(-1, 2),
        ]
    )
    pairs = pairs[rng.random(len(pairs)) > 0.3]
    ends = xy.reshape(-1, 2)[pairs]
    middle = ends.mean(axis=1) + rng.uniform(-side / 5, side / 5, (len(pairs), 2))
    lines = shapely.linestrings(np.stack([ends[:, 0], middle, ends[:, 1]], axis=1))
    ways = gpd.GeoDataFrame(
        {
            "start": pairs[:, 0],
            "end": pairs[:, 1],
            "kind": "street",
            "level": rng.choice([0, 0, 0, 0, 1, -1], len(pairs)),
            "private": np.random.default_rng(9).random(len(pairs)) < 0.12,
        },
        geometry=lines,
        crs=area.crs,
    )
    across, up = (left + right) / 2, (bottom + top) / 2
    railway = shapely.multilinestrings(
        [
            [[left - 900, up - 300], [across, up + 40], [right + 900, up - 200]],
            [[across - 700, bottom - 500], [across - 500, up], [across + 300, top + 500]],
        ]
    )
    lake = shapely.difference(
        shapely.buffer(shapely.Point(across + 800, up - 900), 420),
        shapely.buffer(shapely.Point(across + 700, up - 900), 150),
    )
    at = rng.uniform([left, bottom], [right, top], (500, 2))
    fences = shapely.linestrings(np.stack([at, at + rng.uniform(-150, 150, at.shape)], axis=1))
    ponds = shapely.buffer(shapely.points(rng.uniform([left, bottom], [right, top], (60, 2))), 45)
    barriers = gpd.GeoSeries([railway, lake, *fences, *ponds], crs=area.crs)
    return network.made_of(ways, barriers=barriers)


@pytest.fixture(scope="module")
def streets(hexi):
    return town(hexi)


@pytest.fixture(scope="module")
def walked(hexi, streets):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=CELL)
    return plan.evaluate(hexi, demand, reach=functools.partial(reach.walking, network=streets))


@pytest.fixture(scope="module")
def live_path(walked, tmp_path_factory):
    path = tmp_path_factory.mktemp("walk") / "live.html"
    maps.whatif_map(walked).save(path)
    return path


@pytest.fixture
def live(browser, live_path):
    opened = Live(browser, live_path)
    yield opened
    opened.page.close()


def carried_out(before, text):
    return plan.carry_out(before, scenario.parse(tomllib.loads(text), file="plan.toml"))


def test_pages_of_a_walked_plan_say_so_and_draw_no_circles(browser, walked, tmp_path):
    """In the legend and beside the metres of a pop-up; with a list of one's own, that it is one."""
    after = carried_out(walked, 'name = "x"\n[[step]]\nclose = "H12"\n')
    said = "Reach is measured along the walking network: no care circles"
    pages = [
        maps.coverage_map(walked),
        maps.change_map(comparison.compare(walked, after)),
        maps.gain_map(walked, marginal.open_everywhere(walked)),
        maps.closing_map(walked, marginal.close_each(walked)),
    ]
    for m in pages:
        assert "circles" not in layers(m)
        assert legend_of(m)["none"] == said
    pages[0].save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html")
    box = opened.page.locator(".folium-map").bounding_box()
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert re.search(r"\d m along the walking network · \d+\.\d min", opened.popup())
    opened.page.get_by_role("button", name="中文").click()
    opened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert re.search(r"\d m 沿步行路网 · \d+\.\d 分钟", opened.popup())
    assert "可达范围沿步行路网计算，不画服务圈" in opened.page.locator("body").inner_text()
    opened.shot("walked")
    opened.page.close()


def test_it_starts_with_what_python_measured(live, live_path, walked):
    """Along streets, not in circles; the circles' figures stand beside, and are Python's too."""
    assert_same_people(live.figures(), walked.cells, walked.cells)
    circles = plan.evaluate(walked.area, walked.cells)
    claimed = evaluation.of_district(circles.cells)
    expected = claimed["people_60"] - claimed["uncovered_people_60"]
    assert live.ask("carecircles.page.grid.claimed('people_60')") == pytest.approx(expected)
    assert f"{expected:,.0f}" in live.page.locator(".cc-figures").inner_text()
    header = live.page.locator(".cc-title").inner_text()
    assert "Along the walking network, the limit included" in header
    assert live.page.locator(".leaflet-cc-circles-pane path").count() == 0
    assert live_path.stat().st_size < 2_500_000
    live.assert_quiet()


def test_random_plans_agree_to_the_person(live, walked):
    """Twenty-five plans of random moves, openings, closings and limits, each written as a file and done in Python."""
    rng = np.random.default_rng(5)

    def places(most):
        return [
            [rng.uniform(39.035, 39.115), rng.uniform(117.175, 117.28)]
            for _ in range(rng.integers(1, most))
        ]

    for number in range(25):
        live.ask(
            """([moves, adds, gone, limit, isFresh]) => {
              const { live } = carecircles.page, ids = () => [...live.plan.centres.keys()];
              if (isFresh) live.commit(live.baseline);
              moves.forEach(([lat, lng], n) => { live.move(ids()[(7 * n + gone) % ids().length], { lat, lng }); live.settle(); });
              adds.forEach(([lat, lng]) => live.add({ lat, lng }));
              live.remove(ids()[gone % ids().length]);
              live.setLimit(limit);
              live.settle();
            }""",
            [
                places(8),
                places(4),
                int(rng.integers(60)),
                float(rng.choice([300, 466.5, 700, 700, 812, 1500, 2000])),
                bool(number % 6 == 0),
            ],
        )
        after = carried_out(walked, live.toml())
        assert_same_people(live.figures(), walked.cells, after.cells)
    live.assert_quiet()


def test_places_come_onto_the_ways_as_python_puts_them(live, walked, streets):
    """Behind a railway, in a lake and on its island: the same point of the same way, or of one that meets it there."""
    left, bottom, right, top = walked.area.boundary.total_bounds
    rng = np.random.default_rng(6)
    x, y = rng.uniform(left, right, 6000), rng.uniform(bottom, top, 6000)
    is_in = shapely.contains_xy(walked.area.boundary.geometry.iloc[0], x, y)
    x, y = x[is_in], y[is_in]
    theirs = network.onto(streets, x, y)
    found = live.ask(
        """places => {
          const { walks } = carecircles.page.grid, { ways } = walks.ways;
          return places.map(([x, y]) => {
            const on = walks.ways.onto(x, y);
            if (!on) return null;
            const xy = [];
            for (let k = ways.first[on.edge]; k < ways.first[on.edge + 1]; k++) xy.push([ways.x[k], ways.y[k]]);
            return [on.off, on.share, xy];
          });
        }""",
        np.column_stack([x, y]).tolist(),
    )
    is_on = np.array([one is not None for one in found])
    np.testing.assert_array_equal(is_on, theirs.edge >= 0)
    kept = [one for one in found if one is not None]
    np.testing.assert_allclose([one[0] for one in kept], theirs.off[is_on], atol=5e-5)
    ours = shapely.line_interpolate_point(
        np.array([shapely.LineString(one[2]) for one in kept]),
        [one[1] for one in kept],
        normalized=True,
    )
    lines = streets.edges.geometry.to_numpy()[theirs.edge[is_on]]
    there = shapely.line_interpolate_point(lines, theirs.share[is_on], normalized=True)
    assert shapely.distance(ours, there).max() < 1e-3
    freely = network.onto(network.Network(streets.xy, streets.edges), x, y)
    assert (theirs.off > freely.off + 1).sum() > 50  # whom a barrier keeps from the nearest way


def test_the_command_gives_the_figures_of_the_page(browser, tmp_path):
    """map --live --reach walking, plan by hand, save the file, and whatif --reach walking on it."""
    folder = shutil.copytree(datasets.folder("template"), tmp_path / "area")
    text = (folder / "area.toml").read_text(encoding="utf-8")
    walk = text.replace("# network =", "network =", 1).replace("# barriers =", "barriers =", 1)
    (folder / "area.toml").write_text(walk, encoding="utf-8")
    path = tmp_path / "live.html"
    options = ("--area", folder, "--cell", "100", "--reach", "walking")
    run("map", "--live", "--out", path, *options)
    opened = Live(browser, path)
    first = opened.ask("[...carecircles.page.live.plan.centres.values()][0]")
    opened.ask(
        "([id, lat, lng]) => { const { live } = carecircles.page; live.move(id, { lat, lng }); live.settle(); live.add({ lat, lng: lng - 0.004 }); }",
        [first["id"], first["lat"] + 0.002, first["lon"] - 0.003],
    )
    (tmp_path / "plan.toml").write_text(opened.toml(), encoding="utf-8")
    record = json.loads(run("whatif", tmp_path / "plan.toml", *options, "--format", "json"))
    assert {one["change"] for one in record["changed_centres"]} == {"moved", "opened"}
    figures = opened.figures()["area"]
    assert opened.ask("carecircles.page.grid.walks.ways.walls.line.length") > 0  # the river
    for name in ("gained", "lost"):
        assert figures[name] == pytest.approx(record["district"][f"{name}_people_60"], abs=1e-3)
    share = record["district"]["covered_people_60_share_after"]
    assert figures["covered"] / figures["all"] == pytest.approx(share, abs=1e-6)
    assert figures["gained"] > 0
    opened.assert_quiet()
    opened.page.close()


def run(*words):
    done = subprocess.run(
        [sys.executable, "-m", "carecircles", *map(str, words)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pointing_at_a_centre_shows_its_reach_and_its_circle(live, walked):
    page = live.page
    reached, circle = page.locator("path.cc-reached"), page.locator("path.cc-circle-beside")
    pin = page.locator("[aria-label='Donghai assumed 3']")
    pin.hover()
    expect(reached).to_have_count(1)
    expect(circle).to_have_attribute("stroke-dasharray", "5 5")
    expect(page.locator(".cc-circle-name")).to_have_text("circle 700 m")
    told = page.locator(".leaflet-tooltip .cc-facts").inner_text()
    pairs = reach.pairs_in(walked.cost.table)
    cells = pairs.get_level_values(0)[pairs.get_level_values(1) == "H40"]
    centre = walked.area.facilities.loc[["H40"]]
    near = reach.straight_line(walked.cells, centre, cutoff=700).table.index.get_level_values(0)
    for word, some in (("Reached on foot (60+)", cells), ("In the circle (60+)", near)):
        people = walked.cells.loc[some, "people_60"].sum()
        assert f"{word}\t{people:,.0f}" in told
    assert 0 < len(cells) < len(near)
    live.shot("live-walk")
    page.mouse.move(5, 5)
    expect(reached).to_have_count(0)
    pin.focus()  # by keyboard, too; and it goes along
    border = reached.get_attribute("d")
    page.keyboard.press("ArrowRight")
    expect(reached).not_to_have_attribute("d", border)
    page.keyboard.press("Delete")
    expect(reached).to_have_count(0)


def test_a_cell_is_told_its_nearest_centre_on_foot(live, walked):
    """Also after a centre has moved; what nobody reaches within the page's limit is said."""
    live.ask(
        "() => { const { live } = carecircles.page; live.move('H22', { lat: 39.068, lng: 117.2424 }); live.settle(); }"
    )
    after = carried_out(walked, live.toml())
    to_degrees = gpd.GeoSeries.from_xy(
        after.cells["x"], after.cells["y"], crs=after.area.crs
    ).to_crs(4326)
    some = np.random.default_rng(3).choice(len(after.cells), 300, replace=False)
    found = live.ask(
        "places => places.map(([lat, lng]) => { const c = carecircles.page.grid.cellAt({ lat, lng }); return c.nearest && [c.nearest.id, c.distance]; })",
        np.column_stack([to_degrees.y, to_degrees.x])[some].tolist(),
    )
    theirs = after.cells.iloc[some]
    is_near = (theirs["distance_m"] <= 2000).to_numpy()
    assert [one is not None for one in found] == is_near.tolist()
    assert [one[0] for one in found if one] == theirs["nearest"][is_near].tolist()
    np.testing.assert_allclose(
        [one[1] for one in found if one], theirs["distance_m"][is_near], atol=1e-3
    )
    here = to_degrees.iloc[some[np.flatnonzero(is_near)[0]]]
    told = live.ask(
        "([lat, lng]) => carecircles.page.grid.facts({ lat, lng }).textContent", [here.y, here.x]
    )
    assert "along the walking network" in told


def test_walks_too_long_to_be_measured_are_refused(live):
    before = live.figures()
    assert not live.load('name = "x"\n[[step]]\nstandard = "everyone"\nmetres = 2500\n')
    assert live.problems() == ["2,500 m: this page measures walks up to 2,000 m"]
    box = live.page.locator(".cc-metres")
    box.fill("2500")
    box.press("Enter")
    assert box.input_value() == "700"
    assert live.figures() == before
    assert live.load('name = "x"\n[[step]]\nstandard = "everyone"\nmetres = 2000\n')


def test_colours_show_what_circles_claim(live, walked):
    live.page.get_by_label("Colours").select_option("claims")
    expect(live.page.locator(".cc-claim").first).to_be_visible()
    live.ask("() => carecircles.page.live.remove('H45')")
    live.shot("live-claims")
    count = live.ask(
        "() => { const c = new Map(); carecircles.page.grid.shade.forEach((k) => c.set(k, (c.get(k) || 0) + 1)); return [...c].sort((a, b) => a[0] - b[0]); }"
    )
    after = carried_out(walked, 'name = "x"\n[[step]]\nclose = "H45"\n').cells["covered"]
    circles = plan.evaluate(walked.area, walked.cells)
    claimed = carried_out(circles, 'name = "x"\n[[step]]\nclose = "H45"\n').cells["covered"]
    expected = [int((claimed & after).sum()), int((claimed & ~after).sum()), int((~claimed).sum())]
    assert [n for sign, n in count if sign] == expected


def test_it_speaks_chinese_and_fits_a_phone(browser, live_path):
    opened = Live(browser, live_path)
    opened.page.set_viewport_size({"width": 390, "height": 844})
    opened.page.get_by_role("button", name="中文").click()
    opened.page.wait_for_timeout(300)
    text = opened.page.locator("body").inner_text()
    for said in ("沿步行路网", "步行上限", "若按圆圈计"):
        assert said in text
    assert opened.ask("document.documentElement.scrollWidth <= 390")
    opened.ask("() => carecircles.page.live.drawn.get('H22').marker.openPopup()")
    expect(opened.page.locator(".leaflet-popup")).to_contain_text("步行可达")
    expect(opened.page.locator("path.cc-reached")).to_have_count(1)
    opened.shot("live-walk-phone")
    opened.assert_quiet()
    opened.page.close()


@pytest.mark.parametrize("name", ["80plus", "nostairs"])
def test_minutes_of_a_profile_are_counted_as_python_counts_them(
    browser, hexi, streets, tmp_path, name
):
    """With stairs and signals on the way, and flights inside houses; the limit is in minutes then."""
    rng, edges = np.random.default_rng(8), streets.edges
    steep = edges.assign(
        flights=rng.choice([0, 0, 0, 0, 0, 0, 2.0], len(edges)),
        signals=rng.choice([0, 0, 1.0], len(edges)),
    )
    walk = functools.partial(
        reach.walking,
        network=network.Network(streets.xy, steep, streets.barriers),
        profile=walkers.profile_of(name),
    )
    demand = grid.make_demand(hexi.streets, hexi.population, cell=200)
    demand = demand.assign(flights=rng.choice([0, 1.5, 3], len(demand)))
    before = plan.evaluate(hexi, demand, reach=walk)
    maps.whatif_map(before).save(tmp_path / "live.html")
    opened = Live(browser, tmp_path / "live.html")
    assert_same_people(opened.figures(), before.cells, before.cells)
    assert re.search(r"Walk up to\s*min", opened.page.locator(".cc-controls").inner_text())
    assert opened.page.locator(".cc-metres").input_value() == "15"
    west, south, east, north = hexi.boundary.to_crs(4326).total_bounds
    after = before
    for limit in (9, 15, 22.5, 30, None, None):
        places = rng.uniform([south, west], [north, east], (12, 2)).tolist()
        if limit is None:  # exactly as far as some cell is from some centre
            places, limit = [], float(rng.choice(own_costs(before, after)))
        opened.ask(
            """([places, limit]) => {
              const { live } = carecircles.page;
              if (places.length) live.commit(live.baseline);
              places.forEach(([lat, lng], n) => { live.move([...live.plan.centres.keys()][n], { lat, lng }); live.settle(); });
              live.setLimit(limit);
              live.settle();
            }""",
            [places, limit],
        )
        after = carried_out(before, opened.toml())
        assert after.cost.cutoff == limit
        assert_same_people(opened.figures(), before.cells, after.cells)
    here = gpd.GeoSeries.from_xy(after.cells["x"], after.cells["y"], crs=hexi.crs).to_crs(4326)
    some = rng.choice(len(here), 60, replace=False)
    found = opened.ask(
        "places => places.map(([lat, lng]) => carecircles.page.grid.cellAt({ lat, lng }).distance)",
        np.column_stack([here.y, here.x])[some].tolist(),
    )
    theirs = after.cells["distance_m"].to_numpy()[some]  # minutes, as the table's unit is
    is_told = np.array([one is not None for one in found])
    assert is_told.sum() > 40
    np.testing.assert_allclose(
        [one for one in found if one is not None], theirs[is_told], atol=1e-3
    )
    expect(opened.page.get_by_role("slider").first).to_have_attribute(
        "aria-valuetext", f"{limit:.1f} min"
    )
    opened.page.get_by_role("button", name="中文").click()
    slider = opened.page.get_by_role("slider").first
    expect(opened.page.locator("label", has=slider)).to_contain_text("分钟")
    opened.shot(f"live-minutes-{name}")
    opened.assert_quiet()
    opened.page.close()


def own_costs(before, after):
    """Costs that the page measures itself, of centres that stand where they stood: it knows others' places to 1 µm."""
    was, now = before.area.facilities.geometry, after.area.facilities.geometry
    stays = now.index[~now.ne(was.reindex(now.index))]
    pairs = reach.pairs_in(after.cost.table)
    table = after.cost.table[pairs.get_level_values(1).isin(stays)].to_numpy()
    return table[table > before.cost.cutoff]


def test_neighbours_are_walked_to_as_well(browser, hexi_copy, tmp_path):
    add_centres(hexi_copy, EAST_306_M)
    area = read_area(hexi_copy)
    demand = grid.make_demand(area.streets, area.population, cell=200)
    walk = functools.partial(reach.walking, network=town(area, beyond=3000))
    before = plan.evaluate(area, demand, reach=walk)
    maps.whatif_map(before).save(tmp_path / "beyond.html")
    opened = Live(browser, tmp_path / "beyond.html")
    assert_same_people(opened.figures(), before.cells, before.cells)
    text = 'name = "x"\n[[step]]\nstandard = "everyone"\nmetres = 1500\n'
    assert opened.load(text), opened.problems()
    assert_same_people(opened.figures(), before.cells, carried_out(before, text).cells)
    opened.page.close()
