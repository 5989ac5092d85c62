"""Speed, measured and never asserted: pytest tests/test_benchmarks.py --benchmark-enable."""

import numpy as np
import pytest

from carecircles import datasets, evaluation, gaps, grid, maps, reach
from carecircles.datum import from_wgs84, to_wgs84
from tests.conftest import evaluated


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
    benchmark.extra_info["pairs"] = len(cost)


def test_nearest(benchmark, hexi, demand):
    benchmark(reach.nearest, demand, hexi.facilities)


def test_evaluate(benchmark, hexi, demand):
    cost = reach.straight_line(demand, hexi.facilities, cutoff=700)
    nearest = reach.nearest(demand, hexi.facilities)

    def figures():
        cells = evaluation.evaluate(demand, cost, nearest, cutoff=700)
        return evaluation.by_street(cells), evaluation.of_district(cells)

    benchmark(figures)


def test_zones(benchmark, hexi_cells):
    benchmark(gaps.uncovered_zones, hexi_cells, cutoff=700)


def test_map(benchmark, hexi, hexi_cells):
    benchmark(lambda: maps.coverage_map(hexi, hexi_cells).get_root().render())


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_datum_there_and_back(benchmark, datum):
    """100,000 points; a million take ten times as long."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(80, 130, 100_000), rng.uniform(20, 50, 100_000)
    benchmark(lambda: to_wgs84(*from_wgs84(lon, lat, datum=datum), datum=datum))


@pytest.mark.parametrize("cell", [50, 11, 3.5], ids=["19k-cells", "400k-cells", "4M-cells"])
def test_page_in_the_browser(benchmark, browser, hexi, tmp_path, cell):
    """From opening the file to the painted grid; the time of a pan stands in the extra info."""
    if not benchmark.enabled:
        pytest.skip("only measured: run with --benchmark-enable")
    cells = evaluated(hexi.streets, hexi.population, hexi.facilities, cell=cell)
    path = tmp_path / "map.html"
    maps.coverage_map(hexi, cells).save(path)

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
