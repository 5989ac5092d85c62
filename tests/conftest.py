"""Fixtures shared by the tests: the bundled study area, a small street to check on paper, a browser."""

import dataclasses
import gc
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from carecircles import datasets, evaluation, grid, network, plan, reach
from carecircles.errors import ValidationError
from carecircles.words import Sentence

os.environ["LC_ALL"] = "C.UTF-8"  # whoever runs the tests may live in Chinese, in a narrow window
os.environ.pop("COLUMNS", None)

ROOT = Path(__file__).resolve().parent.parent
CRS = "EPSG:4548"
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


OURS = "carecircles."  # tests make errors of their own
QUOTED = r"(?<!\w)'[^']*'|\"[^\"]*\"|`[^`]*`"
FACTS = re.compile(QUOTED + r"|--[a-z]+|[\w-]+\.[a-z]{3,}|\d+(?:[.,]\d+)*")
OPTION = re.compile(r"--[a-z-]+ [a-z_]+")  # with its value
BRACKETED = re.compile(
    QUOTED + r"|（[^（）]*）|\([^()]*\)"
)  # such as what the system says, in English
LEFT_OVER = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b|[\u4e00-\u9fff] ?[,;:.!?](?![a-z])")


def pytest_collection_finish():
    """What stands by now stays to the end: the collector need not go through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def untold(problem):
    """What a message in English says that the Chinese one does not, or not in Chinese."""
    if not isinstance(problem, Sentence):
        return ["all of it"]
    missing = [fact for fact in FACTS.findall(problem) if fact not in problem.zh]
    asked = [option for option in OPTION.findall(problem) if option in problem.zh]
    plain, before = re.sub("|".join(map(re.escape, asked)) or "$", "", problem.zh), None
    while plain != before:
        before, plain = plain, BRACKETED.sub("", plain)
    is_chinese = re.search("[\u4e00-\u9fff]", plain) is not None
    return [*missing, *LEFT_OVER.findall(plain), *([] if is_chinese else ["Chinese"])]


@pytest.fixture(autouse=True)
def messages_are_in_both_languages(monkeypatch):
    """Whatever a test makes of the input, no problem of it is told in English only."""
    build, wrong = ValidationError.__init__, []

    def watched(self, problems, **options):
        build(self, problems, **options)
        maker = sys._getframe(1).f_globals["__name__"] + "."
        if maker.startswith(OURS):
            wrong.extend(
                f"{problem}\n{getattr(problem, 'zh', '')}\n{found}"
                for problem in self.problems
                if (found := untold(problem))
            )

    monkeypatch.setattr(ValidationError, "__init__", watched)
    yield
    assert not wrong, "\n".join(wrong)


@pytest.fixture(scope="session")
def hexi():
    return datasets.load("hexi")


@pytest.fixture(scope="session")
def hexi_cells(hexi):
    """Hexi evaluated at 50 m and 700 m."""
    return evaluated(hexi.streets, hexi.population, hexi.facilities)


@pytest.fixture(scope="session")
def hexi_plan(hexi, hexi_cells):
    """The plan of Hexi as it is, at 50 m and 700 m."""
    return planned(hexi, hexi_cells)


@pytest.fixture
def block():
    """One street of 10 x 10 cells of 50 m, its corner on a multiple of 50 m, with 100 people aged 60+."""
    streets = gpd.GeoDataFrame(
        {"name": ["Block"], "name_en": ["Block"], "basis": ["known"]},
        geometry=[shapely.box(500_000, 4_300_000, 500_500, 4_300_500)],
        index=pd.Index(["B"], name="code"),
        crs=CRS,
    )
    population = pd.DataFrame({"people": [400], "people_60": [100]}, index=streets.index)
    return streets, population


def lattice_city(count: int, *, side: float = 35.0, seed: int = 0) -> network.Network:
    """A network of `count` x `count` junctions, one every so many metres and moved a little, every tenth way missing."""
    rng = np.random.default_rng(seed)
    xy = np.stack(np.meshgrid(np.arange(count), np.arange(count)), axis=-1).reshape(-1, 2) * side
    xy += rng.uniform(-side / 4, side / 4, xy.shape)
    number = np.arange(count**2).reshape(count, count)
    pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    ends = np.concatenate([np.column_stack([a.ravel(), b.ravel()]) for a, b in pairs])
    ends = ends[rng.random(len(ends)) < 0.9]
    lines = shapely.linestrings(xy[ends])
    table = {"start": ends[:, 0], "end": ends[:, 1], "metres": shapely.length(lines)}
    return network.Network(xy, gpd.GeoDataFrame(table, geometry=lines, crs=CRS))


def at_junctions(net: network.Network, junctions: np.ndarray) -> network.OnWay:
    """Places that stand on junctions, told by a way that begins or ends there."""
    ends = net.edges[["start", "end"]].to_numpy()
    every, first = np.unique(ends.ravel(), return_index=True)
    at = first[np.searchsorted(every, junctions)]
    return network.OnWay(at // 2, (at % 2).astype(float), np.zeros(len(junctions)))


def centres_at(*points: tuple[float, float], crs: str = CRS) -> gpd.GeoDataFrame:
    """Centres F1, F2, ... at points in metres."""
    return gpd.GeoDataFrame(
        {"name": [f"Centre {n}" for n in range(1, len(points) + 1)]},
        geometry=[shapely.Point(p) for p in points],
        index=pd.Index([f"F{n}" for n in range(1, len(points) + 1)], name="id"),
        crs=crs,
    )


def in_streets(area, count: int):
    """
    The area cut into so many streets by a lattice, with nothing said of what anything rests on.

    200,000 people aged 60 and more live evenly over it; names are 'Street 1' and so on.
    """
    shape = area.boundary.geometry.iloc[0]
    points = shapely.MultiPoint([shape.representative_point()])
    side = (shape.area / count) ** 0.5
    while len(points.geoms) < count:  # a finer lattice until enough of its nodes lie inside
        west, south, east, north = shape.bounds
        x, y = np.meshgrid(np.arange(west, east, side), np.arange(south, north, side))
        points = shapely.MultiPoint(shapely.points(x.ravel(), y.ravel())).intersection(shape)
        side *= 0.97
    points = shapely.MultiPoint(points.geoms[:count])
    parts = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=shape)).tolist()
    parts = shapely.intersection(parts, shape)
    codes = pd.Index([f"S{n}" for n in range(1, count + 1)], name="code")
    names = [f"Street {n}" for n in range(1, count + 1)]
    streets = gpd.GeoDataFrame(
        {"name": names, "name_en": names, "basis": "not stated", "source": ""},
        geometry=parts,
        index=codes,
        crs=area.crs,
    )
    shares = streets.area / streets.area.sum()
    population = pd.DataFrame(
        {"people": 800_000 * shares, "people_60": 200_000 * shares}
        | {"basis": "not stated", "age_basis": "not stated"},
        index=codes,
    )
    homes = gpd.sjoin(area.facilities[["geometry"]], streets[["geometry"]], how="left")["code"]
    facilities = area.facilities.assign(
        street=homes[~homes.index.duplicated()], basis="not stated", services_basis="not stated"
    )
    return dataclasses.replace(
        area,
        streets=streets,
        population=population,
        facilities=facilities,
        places=area.places.assign(street=codes[0]),
    )


def evaluated(streets, population, facilities, *, cell=50.0, cutoff=700.0):
    demand = grid.make_demand(streets, population, cell=cell)
    cost = reach.straight_line(demand, facilities, cutoff=cutoff)
    return evaluation.evaluate(demand, cost, reach.nearest(demand, facilities))


def plan_over(demand, facilities, *, cutoff):
    """A plan of cells and centres alone, for what asks nothing of the study area."""
    cost = reach.straight_line(demand, facilities, cutoff=cutoff)
    cells = evaluation.evaluate(demand, cost, reach.nearest(demand, facilities))
    return plan.Plan(plan.AS_IT_IS, None, cells, cost, reach.straight_line)


def planned(area, cells=None, *, cell=50.0, name=plan.AS_IT_IS):
    """The plan of a study area, over cells that are there already or new ones."""
    if cells is None:
        cells = grid.make_demand(area.streets, area.population, cell=cell)
    return plan.evaluate(area, cells, name=name)


def unevenly(demand, seed=3):
    """
    Cells whose people live unevenly within their streets, the streets' people as they were.

    Every tenth cell is empty or so; those of 60 and more live in other places than people at large.
    """
    rng, streets = np.random.default_rng(seed), demand["street"]
    changed = demand.copy()
    old, all_ages = rng.gamma(0.5, size=len(demand)), rng.integers(0, 10, len(demand))
    for group in (name for name in demand.columns if name.startswith("people")):
        weight = pd.Series(all_ages if group == "people" else old, index=demand.index)
        total = demand[group].groupby(streets, observed=False).transform("sum")
        changed[group] = weight / weight.groupby(streets, observed=False).transform("sum") * total
    return changed


@pytest.fixture
def hexi_copy(tmp_path):
    """A folder like data/hexi that a test may break."""
    target = tmp_path / "hexi"
    shutil.copytree(datasets.folder("hexi"), target)
    return target


@pytest.fixture(scope="session")
def browser():
    """System Chromium, offline, driven by Playwright; skipped where there is none (CI requires it)."""
    if os.environ.get("CARECIRCLES_REQUIRE_BROWSER") == "no":
        pytest.skip("CARECIRCLES_REQUIRE_BROWSER is no")
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        if os.environ.get("CARECIRCLES_REQUIRE_BROWSER"):
            pytest.fail("CARECIRCLES_REQUIRE_BROWSER is set, but there is no chromium")
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=executable,
            args=CHROMIUM_FLAGS,
            offline=True,
            viewport={"width": 1440, "height": 900},
        )
        yield context
        context.close()
