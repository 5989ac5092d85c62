"""Speed, measured and never asserted: pytest tests/test_benchmarks.py --benchmark-enable -n 0."""

import contextlib
import dataclasses
import functools
import itertools
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from carecircles import (
    area,
    blocks,
    comparison,
    counts,
    datasets,
    evaluation,
    gaps,
    grid,
    maps,
    marginal,
    network,
    reach,
    robustness,
    scenario,
    siting,
    weights,
)
from carecircles.datum import from_wgs84, to_wgs84
from tests.blocks_runs import plain
from tests.conftest import CRS, ROOT, at_junctions, evaluated, lattice_city, planned, unevenly
from tests.siting_runs import RECORDS


def only_measured(benchmark):
    """What takes long is no part of the suite."""
    if not benchmark.enabled:
        pytest.skip("only measured: run with --benchmark-enable")


@pytest.fixture(scope="module", params=[50, 10], ids=["50m", "10m"])
def demand(request, hexi):
    return grid.make_demand(hexi.streets, hexi.population, cell=request.param)


def test_load(benchmark):
    benchmark(datasets.load, "hexi")


@pytest.mark.parametrize("cell", [50, 10])
def test_make_demand(benchmark, hexi, cell):
    benchmark(grid.make_demand, hexi.streets, hexi.population, cell=cell)


def test_straight_line(benchmark, hexi, demand):
    cost = benchmark(reach.straight_line, demand, hexi.facilities, cutoff=700)
    benchmark.extra_info["pairs"] = len(cost.table)


def test_nearest(benchmark, hexi, demand):
    benchmark(reach.nearest, demand, hexi.facilities)


def test_evaluate(benchmark, hexi, demand):
    cost = reach.straight_line(demand, hexi.facilities, cutoff=700)
    nearest = reach.nearest(demand, hexi.facilities)

    def figures():
        cells = evaluation.evaluate(demand, cost, nearest)
        return evaluation.by_street(cells), evaluation.of_district(cells)

    benchmark(figures)


def test_zones(benchmark, hexi_cells):
    benchmark(gaps.uncovered_zones, hexi_cells, cutoff=700)


def test_map(benchmark, hexi, hexi_cells):
    benchmark(lambda: maps.coverage_map(planned(hexi, hexi_cells)).get_root().render())


@pytest.mark.parametrize("way", ["from the cost table", "anew"])
def test_a_scenario(benchmark, hexi, demand, way):
    """One centre moved: rows dropped and added, against the whole table measured again."""
    cost = reach.straight_line(demand, hexi.facilities, cutoff=700)
    step = {"move": "H42", "lon": 117.214, "lat": 39.06}
    after = scenario.apply(hexi, scenario.parse({"name": "s", "step": [step]})).facilities
    before = hexi.facilities
    if way == "anew":
        benchmark(reach.straight_line, demand, after, cutoff=700)
    else:
        benchmark(reach.updated, cost, demand, before=before, after=after, cutoff=700)


def test_compare(benchmark, hexi, hexi_cells):
    fewer = dataclasses.replace(hexi, facilities=hexi.facilities.iloc[:-3])
    benchmark(comparison.compare, planned(hexi, hexi_cells), planned(fewer, hexi_cells))


def test_close_each(benchmark, hexi, demand):
    """45 closings from one cost table."""
    benchmark(marginal.close_each, planned(hexi, demand))


def test_open_everywhere(benchmark, hexi, demand):
    """A centre at each of the cells: 19,239 at 50 m, 481,000 at 10 m."""
    benchmark(marginal.open_everywhere, planned(hexi, demand))


@pytest.mark.parametrize("draws", [1000, 10_000])
def test_sure(benchmark, hexi, hexi_cells, draws):
    """Positions of 42 of 45 centres drawn so often, and what each of them takes away, at 50 m."""
    only_measured(benchmark)
    asis = planned(hexi, hexi_cells)

    def figures():
        found = robustness.measure(asis, robustness.draw(asis, draws=draws, rng=1))
        return robustness.by_street(found), robustness.first_to_find_out(found)

    benchmark(figures)


@pytest.mark.parametrize("goal", ["distance", "fair", "expected"])
def test_site_in_gaps_of_hexi(benchmark, hexi, hexi_cells, goal):
    """Five new centres among 3,642 candidates, proven."""
    only_measured(benchmark)
    asis = planned(hexi, hexi_cells)
    drawn = robustness.draw(asis, draws=1000, rng=1)
    asis = robustness.with_probability(robustness.measure(asis, drawn))
    question = siting.ask(asis, siting.candidates_in_gaps(asis, spacing=100), goal=goal)
    found = benchmark(siting.answer, question, new=5)
    benchmark.extra_info["status"] = found.status


# All but most of the random networks; `python -m tests.siting_runs NAME` runs one.
SITING = [
    name
    for name in RECORDS
    if not name.startswith(("pmed", "pcenter")) or name[-2:] in ("-1", "40")
]


def in_a_process(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "tests.siting_runs", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("case", SITING)
def test_siting(benchmark, case):
    """With the cost table measured, the model built and proven; seconds and peak memory in the extra info."""
    only_measured(benchmark)
    found = benchmark.pedantic(in_a_process, (case,), rounds=1)
    benchmark.extra_info |= found


# What fits into the memory of others: a matrix of all pairs, or a column and a row for each.
FOR_SPOPT = ["coverage-200", "facilities-1000", "pmed-1", "pcenter-1"]
FOR_TEXTBOOK = [
    name
    for name in SITING
    if not name.startswith(("points-1m", "points-20m", "median", "distance", "worst"))
]


@pytest.mark.parametrize(
    ("case", "engine"),
    [*((case, "spopt") for case in FOR_SPOPT), *((case, "textbook") for case in FOR_TEXTBOOK)],
)
def test_siting_beside_others(benchmark, case, engine):
    """The same instance by both in one run, each with the time of the record; others prove few."""
    if engine == "spopt":
        pytest.importorskip("spopt")
    only_measured(benchmark)
    ours = in_a_process(case)
    theirs = benchmark.pedantic(in_a_process, (case, engine), rounds=1)
    if ours["status"] == theirs["status"] == "optimal":
        assert ours["objective"] == pytest.approx(theirs["objective"])
    benchmark.extra_info |= {"ours": ours, "theirs": theirs}
    benchmark.extra_info["ratio"] = theirs["seconds"] / ours["seconds"]


WITH_HOMES = "evaluate --area ./hexi"  # with 20,000 residences, beside "evaluate"
COMMANDS = [
    "--help",
    "evaluate",
    "map --out map.html",
    "map --live --out live.html",
    "whatif taoyuan-2023 --map change.html",
    "site --new 1",
]


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
@pytest.mark.parametrize("command", [*COMMANDS, WITH_HOMES])
def test_a_whole_command(benchmark, tmp_path, hexi, command):
    """
    A process with all it loads; its processor time and peak in the extra info, the least of the rounds.

    Processor time is what other programs on the machine disturb least. Without compiled modules
    (PYTHONDONTWRITEBYTECODE) a tenth of a second more goes into compiling ours.
    """
    only_measured(benchmark)
    told = (  # of itself; what the system tells of a process counts the one that started it, too
        "import atexit, pathlib; status = pathlib.Path('/proc/self/status');"
        "atexit.register(lambda: pathlib.Path('status').write_text(status.read_text()));"
        "from carecircles.__main__ import main; main()"
    )
    if command == WITH_HOMES:
        write_with_homes(tmp_path / "hexi", hexi, 20_000)
    arguments = [sys.executable, "-c", told, *command.split()]
    seconds, peaks = [], []

    def run():
        devnull = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        child = os.posix_spawn(sys.executable, arguments, os.environ, file_actions=devnull)
        _, status, used = os.wait4(child, 0)
        assert status == 0
        seconds.append(used.ru_utime + used.ru_stime)
        lines = (tmp_path / "status").read_text(encoding="utf-8").splitlines()
        [peak] = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
        peaks.append(peak * 1024 / 1e6)

    with contextlib.chdir(tmp_path):
        benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    benchmark.extra_info |= {"cpu_s": min(seconds), "peak_mb": min(peaks)}


def write_with_homes(folder, hexi, count):
    """A copy of Hexi's files with as many residences anywhere in it."""
    shutil.copytree(datasets.folder("hexi"), folder)
    at = gpd.GeoSeries(homes_in(hexi, count), crs=hexi.crs).to_crs(4326)
    homes = pd.DataFrame({"户数": np.arange(count) % 900 + 1, "lon": at.x, "lat": at.y})
    homes.assign(datum="wgs84").round(6).to_csv(folder / "residences.csv", index=False)


def homes_in(hexi, count):
    rng = np.random.default_rng(0)
    left, bottom, right, top = hexi.streets.total_bounds
    at = shapely.points(rng.uniform([left, bottom], [right, top], (3 * count, 2)))
    return at[shapely.intersects(at, hexi.streets.union_all())][:count]


MEMORY = [
    "evaluate --cell 5",
    "map --live --cell 8",
    "whatif taoyuan-2023 taoyuan-2023 taoyuan-2023 --cell 6",
    "whatif --open-everywhere --cell 20 --format json",
    "site --new 3 --cell 35",
    "site --new 3 --objective distance --cell 50",
    "site --new 3 --objective gradual --cell 50",
    "site --new 3 --objective backup --cell 50 --spacing 100 --time-limit 20",
    "site --objective facilities --cell 40 --time-limit 20",
]


@pytest.mark.parametrize("command", MEMORY)
def test_memory(benchmark, command):
    """Peak of a command beside what `memory` estimates, in the extra info."""
    only_measured(benchmark)
    arguments = [sys.executable, "-m", "tests.memory_runs", *command.split()]
    found = benchmark.pedantic(
        subprocess.run, (arguments,), {"capture_output": True, "check": True, "cwd": ROOT}, rounds=1
    )
    benchmark.extra_info |= json.loads(found.stdout)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_datum_there_and_back(benchmark, datum):
    """100,000 points; a million take ten times as long."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(80, 130, 100_000), rng.uniform(20, 50, 100_000)
    benchmark(lambda: to_wgs84(*from_wgs84(lon, lat, datum=datum), datum=datum))


@pytest.mark.parametrize("cell", [50, 11, 3.5], ids=["19k-cells", "400k-cells", "4M-cells"])
def test_page_in_the_browser(benchmark, browser, hexi, tmp_path, cell):
    """From opening the file to the painted grid; the time of a pan stands in the extra info."""
    only_measured(benchmark)
    cells = evaluated(hexi.streets, hexi.population, hexi.facilities, cell=cell)
    path = tmp_path / "map.html"
    maps.coverage_map(planned(hexi, cells)).save(path)

    def open_page():
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_function("() => carecircles.page.grid && carecircles.page.grid.painted")
        return page

    page = open_page()
    benchmark.extra_info["pan_ms"] = page.evaluate(
        """() => {
          const times = [];
          for (let k = 0; k < 9; k++) {
            const start = performance.now();
            carecircles.page.map.panBy([k % 2 ? 60 : -60, 30], { animate: false });
            times.push(performance.now() - start);
          }
          return times.sort((a, b) => a - b)[4];
        }"""
    )
    benchmark.extra_info["file_kb"] = path.stat().st_size // 1000
    benchmark.pedantic(open_page, rounds=3)
    for opened in browser.pages:
        opened.close()


@pytest.mark.parametrize("spread", ["evenly", "unevenly"])
@pytest.mark.parametrize("cell", [50, 3.5], ids=["19k-cells", "4M-cells"])
def test_a_move_on_the_live_map(benchmark, browser, hexi, tmp_path, cell, spread):
    """Milliseconds of one step of a drag with cells, circle, figures and table updated, in the extra info."""
    only_measured(benchmark)
    demand = grid.make_demand(hexi.streets, hexi.population, cell=cell)
    if spread == "unevenly":  # one way, or the page would be too large with four million cells
        demand = unevenly(demand.drop(columns="people"))
    path = tmp_path / "live.html"
    maps.whatif_map(planned(hexi, demand)).save(path)
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("() => carecircles.page.live && carecircles.page.grid.painted")

    def drag():
        return page.evaluate(
            """() => {
              const { live, map } = carecircles.page, { lat, lng } = map.getCenter(), times = [];
              for (let k = 0; k < 100; k++) {
                const place = { lat: lat + 5e-4 * Math.sin(k / 5), lng: lng + 7e-4 * Math.cos(k / 5) };
                const start = performance.now();
                live.move("H31", place);
                times.push(performance.now() - start);
              }
              live.settle();
              live.undo();
              return times.sort((a, b) => a - b);
            }"""
        )

    times = benchmark.pedantic(drag, rounds=3, warmup_rounds=1)
    benchmark.extra_info |= {"median_ms": times[50], "p95_ms": times[95]}
    benchmark.extra_info["file_kb"] = path.stat().st_size // 1000
    page.close()


@pytest.fixture(scope="module")
def footprints():
    """A plain of 64 streets and 480 km2, a million building footprints with their floor area."""
    rng, side = np.random.default_rng(0), 21_909 / 8
    corner = np.array([500_000.0, 4_300_000.0])
    west, south = (corner[:, None] + side * np.mgrid[0:8, 0:8].reshape(2, -1)).round(3)
    codes = pd.Index([f"S{n}" for n in range(64)], name="code")
    streets = gpd.GeoDataFrame(
        {"name": codes, "name_en": codes, "basis": "known", "source": ""},
        geometry=shapely.box(west, south, west + side, south + side),
        index=codes,
        crs="EPSG:4548",
    )
    groups = ("people", "people_60", "people_65", "people_80")
    population = pd.DataFrame({g: rng.integers(1000, 9000, 64) for g in groups}, index=codes)
    at = corner + rng.uniform(20, 21_880, (1_000_000, 2))
    half = rng.uniform(3, 15, (1_000_000, 2))
    floors = rng.integers(1, 20, 1_000_000)
    homes = gpd.GeoDataFrame(
        {"floor_area_m2": 4 * half.prod(axis=1) * floors},
        geometry=shapely.box(*(at - half).T, *(at + half).T),
        crs="EPSG:4548",
    )
    return dataclasses.replace(
        datasets.load("hexi"),
        streets=streets,
        population=population,
        sources=area.Sources(residences=homes),
    )


def test_a_million_footprints_on_five_million_cells(benchmark, request):
    """Weights alone; the peak of the process in the extra info."""
    only_measured(benchmark)
    study = request.getfixturevalue("footprints")
    demand = benchmark.pedantic(weights.make_demand, (study,), {"cell": 10}, rounds=1)
    benchmark.extra_info["cells"] = len(demand)
    benchmark.extra_info["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


@pytest.mark.parametrize("engine", ["carecircles", "geopandas", "tobler"])
@pytest.mark.filterwarnings("ignore")  # tobler's and its libraries'
def test_squares_into_cells_beside_others(benchmark, hexi, engine):
    """People of squares of 200 m into cells of 50 m."""
    only_measured(benchmark)
    left, bottom, right, top = hexi.streets.total_bounds
    x, y = np.meshgrid(np.arange(left, right, 200), np.arange(bottom, top, 200))
    squares = gpd.GeoDataFrame(
        {"people_60": np.arange(x.size, dtype=float)},
        geometry=shapely.box(x, y, x + 200, y + 200).ravel(),
        crs=hexi.crs,
    )
    study = dataclasses.replace(hexi, sources=area.Sources(people_grid=squares))
    cells = grid.make_demand(hexi.streets, hexi.population, cell=50)
    half = 25
    boxes = shapely.box(cells["x"] - half, cells["y"] - half, cells["x"] + half, cells["y"] + half)
    boxes = gpd.GeoDataFrame({"cell": cells.index}, geometry=boxes, crs=hexi.crs)

    def by_overlay():
        parts = gpd.overlay(squares, boxes, how="intersection")
        return (parts["people_60"] * parts.area / 40_000).groupby(parts["cell"]).sum()

    def by_tobler():
        tobler = pytest.importorskip("tobler.area_weighted")
        return tobler.area_interpolate(squares, boxes, extensive_variables=["people_60"])

    run = {
        "carecircles": lambda: weights.make_demand(study, cell=50),
        "geopandas": by_overlay,
        "tobler": by_tobler,
    }[engine]
    benchmark(run)


@pytest.mark.parametrize("homes", [0, 20_000])
def test_evaluate_hexi_with_residences(benchmark, hexi, homes):
    """From the study area to its figures."""
    inside = homes_in(hexi, homes)
    found = gpd.GeoDataFrame({"households": np.ones(len(inside))}, geometry=inside, crs=hexi.crs)
    sources = area.Sources(residences=found if homes else None)
    study = dataclasses.replace(hexi, sources=sources)
    benchmark(lambda: planned(study, weights.make_demand(study, cell=50)))


# A city: 4.84 million cells and 2,000 centres


@pytest.fixture(scope="module")
def city():
    """A plain of 110 x 110 km in 64 streets of all shapes, cells of 50 m; its cells, too."""
    study = plain(1)
    return study, grid.make_demand(study.streets, study.population, cell=50)


CITY = ["grid", "pairs", "nearest", "plan", "blocks", "blocks, near", "by street", "zones", "map"]


@pytest.mark.parametrize("step", CITY)
def test_a_city(benchmark, request, step):
    """Each step alone; processor time and peak of the process in the extra info."""
    only_measured(benchmark)
    study, demand = request.getfixturevalue("city")
    asis = None if step in CITY[:6] else planned(study, demand)
    run = {
        "grid": lambda: grid.make_demand(study.streets, study.population, cell=50),
        "pairs": lambda: reach.straight_line(demand, study.facilities, cutoff=700),
        "nearest": lambda: reach.nearest(demand, study.facilities),
        "plan": lambda: planned(study, demand),
        "blocks": lambda: blocks.evaluate(study, cell=50),
        "blocks, near": lambda: blocks.evaluate(study, cell=50, distances=False),
        "by street": lambda: evaluation.by_street(asis.cells),
        "zones": lambda: gaps.uncovered_zones(asis.cells, cutoff=700),
        "map": lambda: maps.coverage_map(asis).get_root().render(),
    }[step]
    measured(benchmark, run)


@pytest.mark.parametrize("engine", ["carecircles", "by blocks", "geopandas", "k-d tree", "duckdb"])
def test_a_city_beside_others(benchmark, request, engine):
    """From cells to the people covered and their way to the nearest centre, by street; all say the same."""
    only_measured(benchmark)
    study, demand = request.getfixturevalue("city")
    street, persons = demand["street"].cat.codes.to_numpy(), demand["people_60"].to_numpy()
    sites = shapely.get_coordinates(study.facilities.geometry)

    def by_carecircles():
        figures = evaluation.by_street(planned(study, demand).cells)
        return figures["people_60"] - figures["uncovered_people_60"]

    def by_blocks():
        """From streets and centres, its cells too."""
        figures = counts.by_street(blocks.evaluate(study, cell=50))
        return figures["people_60"] - figures["uncovered_people_60"]

    def by_geopandas():
        """Without the way to the nearest centre, which would take as long again."""
        points = gpd.points_from_xy(demand["x"], demand["y"], crs=CRS)
        cells = gpd.GeoDataFrame({"n": np.arange(len(demand))}, geometry=points)
        union = study.facilities.buffer(700, quad_segs=64).union_all()
        circles = gpd.GeoDataFrame(geometry=[union], crs=CRS).explode()
        inside = cells.sjoin(circles, predicate="intersects")["n"].to_numpy()
        return np.bincount(street[inside], persons[inside])

    def by_tree():
        metres, _ = KDTree(sites).query(demand[["x", "y"]].to_numpy())
        inside = metres <= 700
        order = np.lexsort((metres, street))
        np.split(np.cumsum(persons[order]), np.searchsorted(street[order], np.arange(1, 64)))
        return np.bincount(street[inside], persons[inside])

    def by_duckdb():
        """Plain SQL, without the way to the nearest centre: cells meet the centres of the squares around theirs."""
        duckdb = pytest.importorskip("duckdb")
        with duckdb.connect() as base:
            base.register("cells", demand[["x", "y", "people_60"]].assign(street=street))
            base.register("centres", pd.DataFrame(sites, columns=["cx", "cy"]))
            found = base.sql(
                "WITH step AS (SELECT unnest([-1, 0, 1]) AS step), near AS (SELECT cx, cy, "
                "floor(cx / 700) + a.step AS col, floor(cy / 700) + b.step AS row "
                "FROM centres, step AS a, step AS b) "
                "SELECT sum(people_60) AS people FROM cells SEMI JOIN near ON floor(x / 700) = col "
                "AND floor(y / 700) = row AND (x - cx) ** 2 + (y - cy) ** 2 <= 700 ** 2 "
                "GROUP BY street ORDER BY street"
            )
            return found.fetchnumpy()["people"]

    run = {
        "carecircles": by_carecircles,
        "by blocks": by_blocks,
        "duckdb": by_duckdb,
        "geopandas": by_geopandas,
        "k-d tree": by_tree,
    }[engine]
    found = measured(benchmark, run)
    metres, _ = KDTree(sites).query(demand[["x", "y"]].to_numpy(), distance_upper_bound=710)
    expected = np.bincount(street, persons * (metres <= 700))
    # A polygon is not a circle, and misses some cells at its rim.
    near = 1e-9 if engine != "geopandas" else 2e-3
    np.testing.assert_allclose(found, expected, rtol=near)


def measured(benchmark, run):
    """Twice, with the least processor time and the peak of the process in the extra info; what it found."""
    with contextlib.suppress(OSError):  # where the system lets one forget the peak so far
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    seconds = []

    def timed():
        start = time.process_time()
        found = run()
        seconds.append(time.process_time() - start)
        return found

    found = benchmark.pedantic(timed, rounds=2)
    benchmark.extra_info["cpu_s"] = round(min(seconds), 3)
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")]
        benchmark.extra_info["peak_mb"] = int(peak) * 1024 / 1e6
    return found


# Round barriers, without a network


@pytest.mark.parametrize("spans", ["from end to end", "in the midst"])
@pytest.mark.parametrize(
    ("side", "centres", "crossings"),
    [(100, 100, 0), (224, 2000, 20)],
    ids=["10k-cells", "50k-cells"],
)
def test_nearest_round_barriers(benchmark, side, centres, crossings, spans):
    """Twelve winding rivers, six each way; how many cells have no way to any centre in the extra info."""
    only_measured(benchmark)
    rng, wide = np.random.default_rng(0), 50 * side
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    cells = pd.DataFrame(50.0 * at + 25, columns=["x", "y"])
    share = np.linspace(*((-0.1, 1.1) if spans == "from end to end" else (0.1, 0.9)), 300)
    rivers = []
    for n in range(12):
        bends = np.sin(share * rng.uniform(5, 40) + rng.uniform(0, 6)) / 15
        xy = wide * np.column_stack([share, rng.uniform() + bends])
        rivers.append(shapely.LineString(xy if n % 2 else xy[:, ::-1]))
    over = [rivers[n % 12].interpolate(rng.uniform(), normalized=True) for n in range(crossings)]
    places = gpd.points_from_xy(*rng.uniform(0, wide, (2, centres)))
    walk = functools.partial(
        reach.detour,
        barriers=gpd.GeoSeries(rivers, crs=CRS),
        crossings=gpd.GeoSeries(over, crs=CRS),
    )
    found = benchmark.pedantic(
        reach.nearest,
        (cells, gpd.GeoDataFrame(geometry=places, crs=CRS)),
        {"reach": walk},
        rounds=3,
    )
    benchmark.extra_info["without"] = len(cells) - len(found.table)


# On foot, beside networkx and rustworkx


@pytest.fixture(scope="module")
def streets():
    """38,025 junctions, with who lives at each of them, and 2,000 that centres may stand on."""
    net = lattice_city(195)
    junctions = np.unique(net.edges[["start", "end"]])
    sites = np.random.default_rng(1).choice(junctions, 2000, replace=False)
    return net, junctions, sites


def drawn_by(engine, net):
    """The graph of a program, made once."""
    if engine == "carecircles":
        return network.graph_of(net)
    library = pytest.importorskip(engine)
    edges = list(net.edges[["start", "end", "metres"]].itertuples(index=False, name=None))
    graph = library.Graph() if engine == "networkx" else library.PyGraph()
    if engine == "networkx":
        graph.add_weighted_edges_from(edges, weight="metres")
    else:
        graph.add_nodes_from(range(len(net.xy)))
        graph.add_edges_from(edges)
    return graph


ENGINES = ["carecircles", "networkx", "rustworkx"]


@pytest.mark.parametrize("centres", [45, 2000])
@pytest.mark.parametrize("engine", ENGINES)
def test_nearest_on_foot_beside_others(benchmark, streets, engine, centres):
    """The nearest of so many centres for every junction, however far; the others ask from one joined to all."""
    only_measured(benchmark)
    net, junctions, sites = streets
    graph, sites = drawn_by(engine, net), sites[:centres]
    if engine == "carecircles":
        homes, at = at_junctions(net, junctions), at_junctions(net, sites)
        run = functools.partial(network.nearest, net, graph, homes, at)
    elif engine == "networkx":
        ask = pytest.importorskip("networkx").multi_source_dijkstra_path_length
        run = functools.partial(ask, graph, set(sites.tolist()), weight="metres")
    else:
        ask, start = (
            pytest.importorskip("rustworkx").dijkstra_shortest_path_lengths,
            graph.add_node(-1),
        )
        graph.add_edges_from([(start, int(site), 0.0) for site in sites])
        run = functools.partial(ask, graph, start, float)
    benchmark(run)


@pytest.mark.parametrize("engine", ENGINES)
def test_all_walks_of_700_m_beside_others(benchmark, streets, engine):
    """
    Every pair of a junction and one of 2,000 centres; of the others 100 centres, in the extra info for all.

    rustworkx knows no limit and walks to the end of the city.
    """
    only_measured(benchmark)
    net, junctions, sites = streets
    graph = drawn_by(engine, net)
    if engine == "carecircles":
        homes, at = at_junctions(net, junctions), at_junctions(net, sites)
        run = functools.partial(network.walks, net, graph, homes, at, cutoff=700)
    elif engine == "networkx":
        ask = pytest.importorskip("networkx").single_source_dijkstra_path_length

        def run():
            return [ask(graph, n, cutoff=700, weight="metres") for n in sites[:100].tolist()]
    else:
        ask = pytest.importorskip("rustworkx").dijkstra_shortest_path_lengths

        def run():
            return [ask(graph, n, float) for n in sites[:100].tolist()]

    benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    asked = 2000 if engine == "carecircles" else 100
    benchmark.extra_info["s_for_2000"] = benchmark.stats.stats.min * 2000 / asked
    benchmark.extra_info["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


@pytest.mark.parametrize("measuring", ["first", "again"])
def test_a_plan_on_foot(benchmark, streets, measuring):
    """38,025 homes and 45 centres, within 700 m; again, where homes come onto the ways is known."""
    net, junctions, sites = streets
    x, y = net.xy[junctions].T
    points = gpd.points_from_xy(*net.xy[sites[:45]].T)
    centres = gpd.GeoDataFrame(index=sites[:45], geometry=points, crs=net.crs)
    moved = itertools.count()

    def prepare():
        """The same homes, or others by a hair."""
        hair = 1e-6 * next(moved) if measuring == "first" else 0.0
        return (pd.DataFrame({"x": x + 3.0 + hair, "y": y + 4.0}),), {}

    benchmark.pedantic(
        lambda homes: reach.walking(homes, centres, net, cutoff=700),
        setup=prepare,
        rounds=5,
        warmup_rounds=1,
    )


@pytest.mark.parametrize("cutoff", [700, math.inf])
def test_a_search_through_3_8_million_junctions(benchmark, cutoff):
    """SciPy's search from 2,000 centres alone, within 700 m and however far; peak of the process in the extra info."""
    only_measured(benchmark)
    links = network.graph_of(lattice_city(1950)).links
    sites = np.random.default_rng(1).choice(links.shape[0], 2000, replace=False)
    run = functools.partial(dijkstra, links, indices=sites, min_only=True, limit=cutoff)
    benchmark.pedantic(run, rounds=3, warmup_rounds=1)
    benchmark.extra_info["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


@pytest.mark.parametrize("is_priced", [False, True], ids=["numbers", "budgets"])
def test_four_phases_of_hexi(benchmark, hexi, is_priced):
    """3,642 candidates in four phases whose people differ by street at random; prices of 50 to 200."""
    only_measured(benchmark)
    asis = planned(hexi)
    places = siting.candidates_in_gaps(asis, spacing=100)
    rng = np.random.default_rng(0)
    means = {"budget": [300.0, 200.0, 400.0, 150.0]} if is_priced else {"new": [3, 2, 2, 2]}
    phases = [
        dataclasses.replace(phase, demand=phase.demand.assign(people_60=people))
        for phase in siting.phases_of([asis] * 4, places, names=list("1234"), **means)
        for factor in [rng.uniform(0.5, 2, len(hexi.streets))]
        for people in [phase.demand["people_60"] * factor[phase.demand["street"].cat.codes]]
    ]
    prices = pd.Series(rng.integers(50, 200, len(places)).astype(float), index=places.index)
    found = benchmark.pedantic(
        siting.maximize_in_phases,
        args=[phases],
        kwargs={
            "candidates": places.index, "prices": prices if is_priced else None, "weight": "people_60",
            "carry": is_priced,
        },
        rounds=1,
    )  # fmt: skip
    benchmark.extra_info |= {"candidates": len(places), "status": found.status, "gap": found.gap}
    benchmark.extra_info["regret"] = found.phases["regret"].round().tolist()
