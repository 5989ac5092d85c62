"""Maps by content: layers, features, bounds, figures; and that text stays text in the page."""

import base64
import dataclasses
import json
import re
import shutil
import zlib

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from folium.map import LayerControl

from carecircles import (
    comparison,
    datasets,
    datum,
    evaluation,
    gaps,
    grid,
    maps,
    marginal,
    plan,
    report,
    scenario,
)
from carecircles.area import read_area
from carecircles.errors import ValidationError
from carecircles.maps import closed
from carecircles.maps.spread import packed_people
from tests.conftest import CRS, evaluated, in_streets, planned, unevenly
from tests.test_area import EAST_306_M, SOUTH_308_M, WEST_4503_M, add_centres
from tests.test_plan import round_blocks


@pytest.fixture(scope="module")
def hexi_map(hexi, hexi_cells):
    return maps.coverage_map(planned(hexi, hexi_cells))


@pytest.fixture(scope="module")
def page(hexi_map):
    return hexi_map.get_root().render()


def layers(m):
    return {child.kind: child for child in m._children.values() if isinstance(child, maps.Drawing)}


def test_it_is_a_folium_map_with_its_layers(hexi_map):
    assert isinstance(hexi_map, folium.Map)
    assert set(layers(hexi_map)) == {
        "grid", "streets", "zones", "circles", "borders", "places", "centres",
    }  # fmt: skip
    assert any(isinstance(child, LayerControl) for child in hexi_map._children.values())


def test_layers_hold_what_they_should(hexi_map, hexi_cells):
    drawn = layers(hexi_map)
    assert len(drawn["streets"].data["streets"]) == 14
    assert len(drawn["circles"].data) == 45
    assert len(drawn["centres"].data) == 45
    zones = gaps.uncovered_zones(hexi_cells, cutoff=700)
    assert [z["zone"] for z in drawn["zones"].data["zones"]] == zones.index.tolist()
    assert drawn["borders"].data["schematic"] is True


def test_figures_on_the_map_are_those_of_the_evaluation(hexi_map, hexi_cells):
    """Trap 5: two screens, two numbers."""
    by_street = evaluation.by_street(hexi_cells)
    shares = [street["covered"] for street in layers(hexi_map)["streets"].data["streets"]]
    assert shares == by_street["covered_people_60_share"].tolist()
    config = next(c for c in hexi_map._children.values() if c._name == "Surroundings").config
    for column in ("people_60", "backup_people_60_share", "uncovered_people_60"):
        assert [s[column] for s in config["table"]["rows"]] == by_street[column].tolist()


def unpacked(array):
    return np.frombuffer(zlib.decompress(base64.b64decode(array["packed"])), f"<u{array['bytes']}")


def test_packed_cells_are_the_cells(hexi_map, hexi_cells):
    data = layers(hexi_map)["grid"].data
    depth, street = (unpacked(data["arrays"][name]) for name in ("depth", "street"))
    index = hexi_cells["row"].to_numpy() * data["cols"] + hexi_cells["col"].to_numpy()
    np.testing.assert_array_equal(depth[index], hexi_cells["depth"])
    np.testing.assert_array_equal(street[index] - 1, hexi_cells["street"].cat.codes)
    assert np.count_nonzero(street) == len(hexi_cells)
    x = data["x0"] + (hexi_cells["col"] + 0.5) * data["cell"]
    np.testing.assert_allclose(x, hexi_cells["x"])


def people_of(data, cells, group):
    """The people of cells as a page works them out."""
    each, weights = (data["people"][group][key] for key in ("each", "weights"))
    codes = cells["street"].cat.codes.to_numpy()
    weight = 1.0 if weights is None else grid_values(data, cells, weights)
    return np.array(each)[codes] * weight


def grid_values(data, cells, name):
    index = cells["row"].to_numpy() * data["cols"] + cells["col"].to_numpy()
    return unpacked(data["arrays"][name])[index].astype(float)


def test_people_who_live_unevenly_travel_cell_by_cell(hexi, hexi_map, hexi_cells):
    """Trap 22: a street's mean is no cell's people. The three older groups are spread alike."""
    cells = unevenly(hexi_cells)
    before = planned(hexi, cells)
    even, uneven = maps.live_layer(planned(hexi, hexi_cells)), maps.live_layer(before)
    assert set(even.data["arrays"]) == {"street"}
    assert set(uneven.data["arrays"]) == {"street", "weights1", "weights2"}
    for group in ("people", "people_60", "people_65", "people_80"):
        for some, layer in ((hexi_cells, even), (cells, uneven)):
            got = people_of(layer.data, some, group)
            np.testing.assert_allclose(got, some[group], atol=1e-6)
            by_street = pd.Series(got, some.index).groupby(some["street"], observed=False).sum()
            np.testing.assert_allclose(by_street, hexi.population[group], rtol=1e-12)
    drawn = layers(maps.coverage_map(before))["grid"]
    np.testing.assert_allclose(
        people_of(drawn.data, cells, "people_60"), cells["people_60"], atol=1e-6
    )
    sizes = [len(some.json) for some in (layers(hexi_map)["grid"], drawn, even, uneven)]
    assert 60_000 < sizes[1] - sizes[0] < 120_000  # one weight a cell
    assert sizes[3] - sizes[2] < 240_000  # two


def test_nobody_and_everybody_in_one_cell_are_spread_too(block):
    """A group with nobody in the street, and one whose people all live in one cell."""
    demand = grid.make_demand(*block, cell=50)
    demand = demand.assign(people_65=0.0, people_80=np.where(np.arange(100) == 7, 100.0, 0.0))
    groups = ["people", "people_60", "people_65", "people_80"]
    people, weights = packed_people(demand, groups)
    assert [people[g]["weights"] for g in groups] == [None, None, None, "weights1"]
    assert people["people_65"]["each"] == [0.0]
    assert np.flatnonzero(weights["weights1"]).tolist() == [7]


def test_reach_that_is_no_circle_draws_none_and_says_so(hexi):
    """Centres and distances are those of the cost table; circles would tell of straight lines."""
    demand = grid.make_demand(hexi.streets, hexi.population, cell=100)
    walked = plan.evaluate(hexi, demand, reach=round_blocks)
    after = plan.carry_out(walked, scenario.parse({"name": "s", "step": [{"close": "H12"}]}))
    gains, losses = marginal.open_everywhere(walked), marginal.close_each(walked)
    for m in (
        maps.coverage_map(walked),
        maps.change_map(comparison.compare(walked, after)),
        maps.gain_map(walked, gains),
        maps.closing_map(walked, losses),
    ):
        assert "circles" not in layers(m)
        signs = legend_of(m)
        assert not {"circle", "new", "gone"} & set(signs)
        assert signs["none"] == "Reach is measured by a cost table of one's own: no care circles"
    data, cells = layers(maps.coverage_map(walked))["grid"].data, walked.cells
    names = [centre["name"]["zh"] for centre in data["centres"]]
    found = [names[int(n) - 1] for n in grid_values(data, cells, "nearest")]
    assert found == hexi.facilities["name"][cells["nearest"].astype(object)].tolist()
    far = grid_values(data, cells, "distance") / 1000
    np.testing.assert_allclose(far, cells["distance_m"], atol=5e-4)


def test_a_live_map_that_can_measure_no_reach_of_ones_own_is_refused(hexi):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=200)
    with pytest.raises(ValidationError, match=r"^a live map measures straight lines and walks"):
        maps.whatif_map(plan.evaluate(hexi, demand, reach=round_blocks))


def test_a_page_too_large_is_refused_with_the_mend(hexi_map, tmp_path, monkeypatch):
    monkeypatch.setattr("carecircles.maps.closed._MOST_BYTES", 100_000)
    with pytest.raises(
        ValidationError, match=r"and the most is 0; make the cells larger \(--cell\)"
    ):
        hexi_map.save(tmp_path / "map.html")
    assert list(tmp_path.iterdir()) == []


def test_lattice_places_cells_within_a_metre(hexi_map, hexi_cells):
    """The page's interpolation, done here in NumPy, against pyproj for every cell."""
    data = layers(hexi_map)["grid"].data
    t = data["lattice"]
    to_degrees = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
    lon, lat = to_degrees.transform(hexi_cells["x"].to_numpy(), hexi_cells["y"].to_numpy())
    x = lon / 360 + 0.5
    y = 0.5 - np.log(np.tan(np.pi / 4 + np.radians(lat) / 2)) / (2 * np.pi)
    i, j = (
        (x - t["x0"]) / (t["x1"] - t["x0"]) * t["n"],
        (y - t["y0"]) / (t["y1"] - t["y0"]) * t["n"],
    )
    a, b = np.floor(i).astype(int), np.floor(j).astype(int)
    p, q, n = i - a, j - b, t["n"] + 1

    def mixed(values):
        v = np.array(values).reshape(n, n)
        upper = (1 - p) * v[b, a] + p * v[b, a + 1]
        return (1 - q) * upper + q * ((1 - p) * v[b + 1, a] + p * v[b + 1, a + 1])

    off_x = (mixed(t["col"]) - (hexi_cells["col"] + 0.5)) * data["cell"]
    off_y = (mixed(t["row"]) - (hexi_cells["row"] + 0.5)) * data["cell"]
    assert np.hypot(off_x, off_y).max() < 0.05


def test_circles_have_the_radius_on_the_ground(hexi_map):
    """Half-axes in degrees against geodesic distance; EPSG:4548 is right to 2 cm in 700 m here."""
    geod = pyproj.Geod(ellps="WGS84")
    for circle in layers(hexi_map)["circles"].data:
        lon, lat = circle["lon"], circle["lat"]
        for edge in ((lon + circle["half_lon"], lat), (lon, lat + circle["half_lat"])):
            metres = geod.inv(lon, lat, *edge)[2]
            assert metres == pytest.approx(700, abs=0.5)


def test_bounds_are_those_of_the_district(hexi, hexi_map):
    left, bottom, right, top = hexi.boundary.to_crs(4326).total_bounds
    (south, west), (north, east) = layers(hexi_map)["borders"].get_bounds()
    np.testing.assert_allclose([west, south, east, north], [left, bottom, right, top], atol=1e-5)


def test_page_names_no_address_but_in_comments_and_namespaces(page):
    """Trap 3: no CDN. What remains are SVG's namespace, Leaflet's own links and licence remarks."""
    code = re.sub(r"/\*.*?\*/|<!--.*?-->", "", page, flags=re.DOTALL)
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", code))
    assert addresses <= {"https://leafletjs.com", "http://www.w3.org"}
    assert "<script src" not in page
    assert "<link" not in page


def test_page_is_small(page):
    assert len(page.encode()) < 400_000


def test_page_without_a_grid_is_smaller(hexi):
    m = maps.empty_map(hexi.streets.to_crs(4326).total_bounds)
    for layer in (maps.border_layer(hexi), maps.circle_layer(hexi), maps.centre_layer(hexi)):
        m.add_child(layer)
    assert len(m.get_root().render().encode()) < 300_000


def test_page_says_what_is_assumed(hexi, page):
    config = json.loads(re.search(r"carecircles\.start\(map_\w+, (\{.*\})\);", page)[1])
    assert "Positions of 42 of 45 centres are assumed" in config["assumptions"][0]["en"]
    assert "全部14个街道的边界为示意" in config["assumptions"][0]["zh"]
    assert [line["en"] for line in report.assumptions(hexi)][
        2
    ] == "people of 13 of 14 streets are assumed"


def legend_of(m):
    config = next(c for c in m._children.values() if c._name == "Surroundings").config
    return {entry["sign"]: entry["label"]["en"] for entry in config["legend"]}


def test_what_is_not_stated_is_not_called_assumed(hexi):
    """Where a user's files say nothing of what they rest on."""
    area = in_streets(hexi, 8)
    m = maps.coverage_map(planned(area, cell=100))
    config = next(c for c in m._children.values() if c._name == "Surroundings").config
    assert config["assumptions"] == []
    assert [line["en"] for line in config["unstated"]] == [
        "Positions of all 45 centres are of unstated basis; borders of all 8 streets are of unstated "
        "basis; people of all 8 streets are of unstated basis; age groups of all 8 streets are of "
        "unstated basis; services of all 45 centres are of unstated basis."
    ]
    signs = legend_of(m)
    assert signs["unstated"] == "Centre, basis of its position not stated"
    assert not {"known", "assumed", "proposed"} & set(signs)


def test_a_neighbour_is_told_by_its_own_sign_alone(hexi, hexi_cells):
    """What its position rests on has no sign on the map, so none in the legend."""
    first = hexi.facilities.index == "H01"
    facilities = hexi.facilities.assign(neighbour=first)
    facilities.loc["H01", "basis"] = "not stated"
    signs = legend_of(
        maps.coverage_map(planned(dataclasses.replace(hexi, facilities=facilities), hexi_cells))
    )
    assert "neighbour" in signs
    assert "unstated" not in signs


def test_the_legend_of_several_plans_knows_proposed_centres(hexi, hexi_cells):
    proposed = hexi.facilities.assign(
        basis=["proposed", "survey of 2020", *hexi.facilities["basis"][2:]]
    )
    plans = [
        planned(
            dataclasses.replace(hexi, facilities=facilities),
            hexi_cells,
            name={"en": name, "zh": name},
        )
        for name, facilities in (("as it is", hexi.facilities), ("plan", proposed))
    ]
    page = maps.comparison_map(plans)
    surroundings = [el for m in page._children.values() for el in m._children.values()]
    config = next(el for el in surroundings if el._name == "Surroundings").config
    labels = [entry["label"]["en"] for entry in config["legend"]]
    assert [label for label in labels if label.startswith("Centre,")] == [
        "Centre, position known",
        "Centre, position assumed",
        "Centre, proposed",
        "Centre, position of another basis",
    ]


@pytest.mark.parametrize("metres", [500, 900], ids=["shrinks", "grows"])
def test_circles_of_another_radius_are_not_called_new(hexi, hexi_cells, metres):
    other = dataclasses.replace(hexi, standard=dataclasses.replace(hexi.standard, metres=metres))
    signs = legend_of(
        maps.change_map(comparison.compare(planned(hexi, hexi_cells), planned(other, hexi_cells)))
    )
    assert signs["new"] == f"Care circle after, {metres} m"
    assert signs["gone"] == "Care circle before, 700 m"
    assert "circle" not in signs


def test_saving_writes_the_page(hexi_map, page, tmp_path):
    hexi_map.save(tmp_path / "map.html")
    assert (tmp_path / "map.html").read_text(encoding="utf-8") == page


def test_a_link_we_have_no_file_for_is_an_error():
    """Never a silent CDN link."""
    from folium.plugins import MarkerCluster

    page = closed.Page()
    page.add_child(folium.Map(tiles=None).add_child(MarkerCluster()))
    with pytest.raises(LookupError, match="fetches nothing"):
        page.render()


@pytest.mark.parametrize(
    "make", [lambda: folium.Marker([39, 117], icon=folium.Icon()), lambda: folium.TileLayer()]
)
def test_what_folium_would_fetch_is_an_error(make):
    m = maps.empty_map([117, 39, 118, 40])
    m.add_child(make())
    with pytest.raises(LookupError, match="fetched from the network"):
        m.get_root().render()


@pytest.mark.parametrize(
    "put",
    [
        lambda m, element: m.get_root().html.add_child(element),
        lambda m, element: m.get_root().header.add_child(element),
        lambda m, element: m.add_child(element),
    ],
    ids=["body", "head", "map"],
)
def test_raw_html_of_others_is_refused_with_a_sentence(put, monkeypatch):
    """Trap 23: branca compiles what an Element is given; a name in it would run in our process."""
    import jinja2.defaults
    from branca.element import Element

    called = []
    monkeypatch.setitem(jinja2.defaults.DEFAULT_NAMESPACE, "canary", lambda: called.append(1))
    m = maps.empty_map([117, 39, 118, 40])
    put(m, Element("<b>{{ canary() }}</b>"))
    with pytest.raises(LookupError, match="text from data would run as a program"):
        m.get_root().render()
    assert called == []


def test_geopandas_keeps_its_own_legend_on_other_maps(hexi):
    """What we teach its explore() holds for pages of ours alone."""
    pytest.importorskip("mapclassify")
    closed.Page()
    m = hexi.streets[["name", "geometry"]].explore("name", tiles=None)
    assert "maplegend" in m.get_root().render()


def test_pages_send_no_referrer_and_have_a_main_part(page):
    assert '<meta name="referrer" content="no-referrer">' in page
    assert page.count("<main") == 1


def test_languages_are_two(hexi, hexi_cells):
    with pytest.raises(ValueError, match="lang is 'fr', expected one of en, zh"):
        maps.coverage_map(planned(hexi, hexi_cells), lang="fr")


def test_plain_folium_still_renders_as_it_did():
    """The switch that keeps text from being compiled twice is off again after a page."""
    closed.Page().render()
    m = folium.Map(tiles=None)
    folium.Marker([39, 117], popup="x").add_to(m)
    assert "cdn.jsdelivr.net" in m.get_root().render()


def test_markers_of_folium_can_stand_on_a_page():
    """A user may add folium's own vectors and markers; their images come along."""
    page = closed.Page()
    m = folium.Map(tiles=None)
    page.add_child(m)
    folium.Marker([39.08, 117.22], popup=folium.Popup("centre")).add_to(m)
    folium.CircleMarker([39.08, 117.22]).add_to(m)
    html = page.render()
    assert "data:image/png;base64" in html
    assert "cdn." not in html


HOSTILE = [
    "{{ cycler.__init__.__globals__.os.getpid() }}",
    "{% for x in range(3) %}x{% endfor %}",
    "{# gone #}",
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    "`${window.hit = 1}`",
    "\\`\\${1}\\",
    "'\";window.hit=1;//",
    "line\nbreak\r\u2028\u2029",
    "قهوة \u202e 河西 😀",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_json_survives_script_and_template(text):
    import jinja2

    made = closed.to_json({"name": text, text: [text]})
    assert not set("<>&\u2028\u2029") & set(made)
    assert json.loads(jinja2.Template(made).render()) == {"name": text, text: [text]}


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_is_the_text_again_as_html(text):
    import html

    import jinja2

    made = closed.escape(text)
    assert html.unescape(jinja2.Template(made).render()) == text
    assert not set("<>\"'`${}\\\n\r") & set(made)


def test_names_are_not_executed_in_our_process(hexi, hexi_cells, monkeypatch):
    """Trap 2: branca compiles rendered text again. A canary function is called if anything runs."""
    import jinja2.defaults

    called = []
    monkeypatch.setitem(
        jinja2.defaults.DEFAULT_NAMESPACE, "canary", lambda: called.append(1) or "ran"
    )
    hostile = "{{ canary() }}{% for x in [1] %}{{ canary() }}{% endfor %}"
    facilities = hexi.facilities.assign(
        name=hostile, name_en=hostile, source=hostile, basis=hostile
    )
    streets = hexi.streets.assign(name=hostile, name_en=hostile)
    area = dataclasses.replace(
        hexi,
        facilities=facilities,
        streets=streets,
        name=hostile,
        name_en=hostile,
        notes=({"en": hostile, "zh": hostile},),
    )
    page = maps.coverage_map(planned(area, hexi_cells)).get_root().render()
    assert called == []
    assert "canary()" in page


def test_one_centre_and_none(hexi):
    for n in (0, 1):
        area = dataclasses.replace(hexi, facilities=hexi.facilities.iloc[:n])
        cells = evaluated(area.streets, area.population, area.facilities, cell=100)
        drawn = layers(maps.coverage_map(planned(area, cells)))
        assert len(drawn["circles"].data) == len(drawn["centres"].data) == n
        assert drawn["zones"].data["zones"][0]["figures"]["nearest_name"] == (
            None if n == 0 else report.name_of(hexi.facilities.iloc[0])
        )


def test_everything_covered_has_no_zone(hexi):
    from carecircles.area import Standard

    area = dataclasses.replace(hexi, standard=Standard(5000, 107))
    cells = evaluated(area.streets, area.population, area.facilities, cell=100, cutoff=5000)
    assert layers(maps.coverage_map(planned(area, cells)))["zones"].data["zones"] == []


def test_zone_outlines_are_drawn_where_the_zones_are(hexi_map, hexi_cells):
    zones = gaps.uncovered_zones(hexi_cells, cutoff=700).to_crs(4326)
    for drawn, shape in zip(layers(hexi_map)["zones"].data["zones"], zones.geometry, strict=True):
        there = shapely.geometry.shape(drawn["geometry"])
        assert there.hausdorff_distance(shape) < 2e-6
    assert gpd.GeoSeries(zones.geometry).is_valid.all()


@pytest.mark.parametrize(
    ("base_map", "options", "expected"),
    [
        ("https://example.org/{z}/{x}/{y}.png", {}, "come without a datum"),
        ("https://example.org/{z}/{x}/{y}.png", {"datum": "bd09"}, "use the name 'baidu'"),
        ("https://example.org/map.png", {"datum": "wgs84"}, "expected one of openstreetmap"),
        ("javascript:alert(1)//{z}{x}{y}", {"datum": "wgs84"}, "expected one of openstreetmap"),
        ("https://a;script-src *{z}{x}{y}/", {"datum": "wgs84"}, "expected one of openstreetmap"),
        ("atlantis", {}, "expected one of openstreetmap"),
        ("https://{x}.example.org/{z}/{x}/{y}", {"datum": "wgs84"}, "whose host is a plain name"),
        ("https://a_b.example.org/{z}/{x}/{y}", {"datum": "wgs84"}, "whose host is a plain name"),
        ("https://[::1]/{z}/{x}/{y}", {"datum": "wgs84"}, "whose host is a plain name"),
        ("https://me@example.org/{z}/{x}/{y}", {"datum": "wgs84"}, "whose host is a plain name"),
        ("https://example.org/{z}/{x}/{y}?{key}", {"datum": "wgs84"}, "ask for {key}"),
        ("https://example.org/{z}/{x}.png", {"datum": "wgs84"}, "expected one of openstreetmap"),
        ("gaode", {"datum": "wgs84"}, "has its own datum"),
        ("tianditu", {}, "TIANDITU_KEY"),
    ],
)
def test_base_maps_that_cannot_be(base_map, options, expected, monkeypatch):
    monkeypatch.delenv("TIANDITU_KEY", raising=False)
    with pytest.raises(ValidationError, match=re.escape(expected)):
        maps.base_map(base_map, **options)


@pytest.mark.parametrize("name", sorted({*maps.BASE_MAPS} - {"tianditu"}))
def test_base_maps_are_whole_addresses_that_name_their_provider(name):
    tiles = maps.base_map(name.upper())
    assert set(re.findall(r"{(-?\w+)}", tiles.url)) in (
        {"x", "y", "z"}, {"s", "x", "y", "z"}, {"s", "x", "-y", "z"},
    )  # fmt: skip
    assert "key" not in tiles.url
    assert tiles.attribution.startswith(("©", "Tiles ©"))
    assert tiles.datum in datum.DATUMS


def test_tianditu_takes_the_users_key(monkeypatch):
    monkeypatch.setenv("TIANDITU_KEY", "a b&c")
    tiles = maps.base_map("tianditu")
    assert tiles.url.endswith("tk=a%20b%26c")
    assert tiles.datum == "cgcs2000"


def test_an_address_with_several_hosts_names_each():
    tiles = maps.base_map("https://{s}.例え.jp:8080/{z}/{x}/{y}.png", datum="wgs84")
    layer = maps.tile_layer(tiles)
    assert layer.image_hosts == tuple(f"https://{s}.xn--r8jz45g.jp:8080" for s in "abc")
    assert layer.data["subdomains"] == ["a", "b", "c"]


def test_only_the_base_maps_hosts_may_be_asked(hexi, hexi_cells):
    page = (
        maps.coverage_map(planned(hexi, hexi_cells), tiles=maps.base_map("gaode"))
        .get_root()
        .render()
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    hosts = " ".join(f"https://webrd0{n}.is.autonavi.com" for n in range(1, 5))
    assert f"img-src data: blob: {hosts};" in policy
    assert "default-src 'none'" in policy


def test_one_base_map_serves_several_maps(hexi, hexi_cells):
    tiles = maps.base_map("openstreetmap")
    first = maps.coverage_map(planned(hexi, hexi_cells), tiles=tiles).get_root().render()
    assert maps.coverage_map(planned(hexi, hexi_cells), tiles=tiles).get_root().render() == first


def test_a_comparison_wants_two(hexi, hexi_cells):
    with pytest.raises(ValueError, match="expected two or more"):
        maps.comparison_map([planned(hexi, hexi_cells, name={"en": "one", "zh": "一"})])


def test_stations_are_drawn_and_communities_found(hexi, hexi_map):
    data = layers(hexi_map)["places"].data
    drawn = [place for place in data if place["lat"] is not None]
    assert len(drawn) == hexi.places.geometry.notna().sum()
    assert len(data) - len(drawn) == 149


@pytest.fixture(scope="module")
def with_neighbours(tmp_path_factory):
    """Hexi with two centres within reach across the border and one 4.5 km away, evaluated."""
    folder = tmp_path_factory.mktemp("beyond") / "hexi"
    shutil.copytree(datasets.folder("hexi"), folder)
    add_centres(folder, EAST_306_M, SOUTH_308_M, WEST_4503_M)
    area = read_area(folder)
    return planned(area, cell=200, name={"en": "With", "zh": "含"})


def surroundings(m):
    return next(c for c in m._children.values() if c._name == "Surroundings").config


def test_neighbours_are_drawn_and_marked_on_every_map(with_neighbours):
    area = with_neighbours.area
    losses, gains = marginal.close_each(with_neighbours), marginal.open_everywhere(with_neighbours)
    drawn = {
        "coverage": maps.coverage_map(with_neighbours),
        "change": maps.change_map(comparison.compare(with_neighbours, with_neighbours)),
        "closing": maps.closing_map(with_neighbours, losses),
        "gain": maps.gain_map(with_neighbours, gains),
        "live": maps.whatif_map(with_neighbours),
    }
    for name, m in drawn.items():
        config = surroundings(m)
        assert [e["label"]["en"] for e in config["legend"] if e["sign"] == "neighbour"] == [
            "Neighbour: a centre beyond the border"
        ], name
        assert any("beyond the border count too" in note["en"] for note in config["notes"]), name
        kinds = layers(m)
        centres = {
            "closing": lambda kinds: kinds["losses"].data["centres"],
            "live": lambda kinds: kinds["live"].data["world"]["centres"],
        }.get(name, lambda kinds: kinds["centres"].data)(kinds)
        marked = [c["name"]["en"] for c in centres if c.get("neighbour")]
        assert sorted(name.split(" (")[0] for name in marked) == [
            "East neighbour",
            "Far west",
            "South neighbour",
        ], name
    assert maps.title(area)["en"].endswith("coverage of 45 centres + 3 neighbours")
    assert surroundings(drawn["coverage"])["summary"][0]["value"]["en"] == "45 + 3"
    assert "Neighbour: a centre" in maps.comparison_map([with_neighbours] * 2).render()


def test_a_map_without_neighbours_says_nothing_of_them(hexi_map, page):
    assert "beyond the border count" not in page
    assert all(entry["sign"] != "neighbour" for entry in surroundings(hexi_map)["legend"])
