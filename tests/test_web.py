"""The page's scripts by the tools of their own trade, and what Python hands over to them by `web/types.d.ts`."""

import dataclasses
import os
import re
import shutil
import subprocess

import pytest

from carecircles import (
    benches,
    circle,
    comparison,
    datasets,
    grid,
    load,
    maps,
    marginal,
    network,
    plan,
    reach,
    robustness,
    scenario,
    services,
    timeline,
)
from carecircles.area import bundled, offering, read_area
from carecircles.maps import drawing
from carecircles.maps.around import Surroundings
from carecircles.maps.closed import to_json
from carecircles.words import SHARED
from tests.conftest import ROOT, planned, unevenly
from tests.test_area import EAST_306_M, add_centres
from tests.test_plan import round_blocks

WEB = ROOT / "coverage" / "carecircles" / "web"
TOOLS = ROOT / "tests" / "web"
BOTH = services.Bundle("both", {"en": "both", "zh": "两项"}, ("meals", "health_post"), 2)
TYPES = {
    "streets": "StreetsData", "borders": "BordersData", "circles": "CircleData[]", "zones": "ZonesData",
    "centres": "CentreData[]", "losses": "LossesData", "seats": "SeatsData", "places": "PlaceData[]", "tiles": "TilesData",
    "claims": "ClaimsData", "isochrones": "IsochronesData", "far": "FarData[]",
    "circle": "CircleLayerData", "amenities": "AmenitiesData", "timeline": "TimelineData",
    "grid": "CoverageData", "change": "ChangeData", "gain": "GainData", "missing": "MissingData", "sure": "SureData", "live": "LiveData",
    "start": "MapConfig", "startLive": "LiveConfig", "compare": "CompareConfig", "entitle": "TitleConfig",
}  # fmt: skip


def tool(name):
    """A tool of node's; skipped where it is not there (CI requires it)."""
    found = shutil.which(
        name, path=f"{TOOLS / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    )
    if found is None and os.environ.get("CARECIRCLES_REQUIRE_NODE"):
        pytest.fail(f"CARECIRCLES_REQUIRE_NODE is set, but there is no {name}")
    if found is None:
        pytest.skip(f"no {name} on this machine; npm install in tests/web")
    return found


def test_every_script_has_its_place_in_the_order():
    """A page holds its scripts in one order, and none is left out or too long to read."""
    more = [name for some in drawing._SCRIPTS_OF.values() for name in some]
    every = [*drawing._SCRIPTS, *dict.fromkeys(more)]
    assert sorted(every) == sorted(path.stem for path in WEB.glob("*.js"))
    assert len(set(every)) == len(every)
    for path in WEB.glob("*.js"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 600, path


def test_the_pure_logic_of_the_page():
    """Counting against brute force, datums against known points, scenarios there and back."""
    done = subprocess.run([tool("node"), "--test"], cwd=TOOLS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def everything(hexi, hexi_copy):
    """Maps of every kind: as they are, uneven and along streets, with neighbours and without any centre."""
    demand = unevenly(grid.make_demand(hexi.streets, hexi.population, cell=200))
    add_centres(hexi_copy, EAST_306_M)
    beyond = planned(read_area(hexi_copy), cell=200)
    steps = [
        {"open": "N1", "lon": 117.2424, "lat": 39.068},
        {"close": "H40"},
        {"move": "H22", "street": "梅江"},
        {"equip": "H03", "services": ["meals"]},
        {"standard": "people_80", "metres": 500},
    ]
    around = plan.evaluate(hexi, demand, reach=round_blocks, beside=reach.straight_line)
    for before in (planned(hexi, demand), around, beyond):
        after = plan.carry_out(before, scenario.parse({"name": "s", "step": steps}))
        yield maps.coverage_map(before, tiles=maps.base_map("gaode"))
        yield maps.change_map(comparison.compare(before, after))
        yield maps.coverage_map(
            plan.evaluate(bundled(before.area, BOTH), before.cells, base=before)
        )
        yield maps.gain_map(before, marginal.open_everywhere(before))
        yield maps.closing_map(before, marginal.close_each(before))
        yield maps.sure_map(robustness.measure(before, robustness.draw(before, draws=3, rng=1)))
        yield maps.load_map(load.of_plan(before))
        yield from maps.comparison_map([before, after])._children.values()
        if plan.is_straight(before):
            yield maps.whatif_map(before)
            yield maps.whatif_map(after)
    yield maps.circle_map(circle.circle_of(around))
    days = timeline.span_of(hexi, every="year")
    for told in (around, planned(hexi, demand)):
        yield maps.timeline_map(
            timeline.timeline_of(told, days, steps=scenario.parse({"name": "s", "step": steps}))
        )
    yield new_benches()
    yield far_from_ways()
    yield maps.empty_map(before.area.boundary.to_crs(4326).total_bounds, title="Nothing")


def far_from_ways():
    """The map of the template with a centre 400 m from any way."""
    folder = datasets.folder("template")
    study = read_area(folder, network=folder / "walk" / "network.geojson")
    at = study.facilities.geometry.iloc[0]
    net = study.on_foot.network
    edges = net.edges[net.edges.distance(at) > 400]
    apart = dataclasses.replace(study.on_foot, network=network.made_of(edges))
    study = dataclasses.replace(study, on_foot=apart)
    demand = grid.make_demand(study.streets, study.population, cell=200)
    return maps.coverage_map(plan.evaluate(study, demand, reach=reach.of_area(study, "walking")))


def new_benches():
    """The map of a bench in the template."""
    folder = datasets.folder("template")
    study = read_area(
        folder, network=folder / "walk" / "network.geojson", rests=folder / "walk" / "rests.csv"
    )
    demand = grid.make_demand(study.streets, study.population, cell=200)
    asis = plan.evaluate(study, demand, reach=reach.of_area(study, "walking", stretch=200))
    found = benches.place(asis, new=1, spacing=100)
    built = plan.carry_out(asis, scenario.parse(benches.steps_of(found)))
    return maps.benches_map(comparison.compare(asis, built), found, benches.best_centre(asis))


def test_what_python_hands_over_is_what_the_page_reads(hexi, hexi_copy, tmp_path):
    """Every field by name and type: one that is missing, misspelt or not declared is an error of tsc's."""
    tsc, seen = tool("tsc"), set()
    lines = [f"const words: SharedWords = {to_json(SHARED)};\n"]
    for m in everything(hexi, hexi_copy):
        for part in m._children.values():
            if not isinstance(part, maps.Drawing | Surroundings):
                continue
            value = part.data if isinstance(part, maps.Drawing) else part.config
            lines.append(f"const handed{len(lines)}: {TYPES[part.kind]} = {to_json(value)};\n")
            seen.add(part.kind)
    assert seen == set(TYPES)
    (tmp_path / "handed.ts").write_text("".join(lines), encoding="utf-8")
    options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--types", "node"]
    files = [str(tmp_path / "handed.ts"), str(WEB / "types.d.ts")]
    done = subprocess.run([tsc, *options, *files], cwd=TOOLS, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[:3000]


def test_a_text_of_both_sides_stands_once(hexi):
    """'medical' on one side and 'medical help' on the other was one service."""
    pairs = {(text["en"], text["zh"]) for words in SHARED.values() for text in words.values()}
    for path in [*WEB.glob("*.js"), *WEB.parent.rglob("*.py")]:
        code = path.read_text(encoding="utf-8")
        twice = [pair for pair in pairs if re.search(
            rf'"?en"?: ?"{re.escape(pair[0])}",\s*"?zh"?: ?"{re.escape(pair[1])}"', code
        )]  # fmt: skip
        assert twice == [], path
    assert "'medical help'" in offering(hexi, "medical").notes[-1]["en"]
    assert (
        '"medical":{"en":"medical help","zh":"助医"}'
        in maps.empty_map((0, 0, 1, 1)).get_root().render()
    )
