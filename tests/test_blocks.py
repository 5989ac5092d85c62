"""Areas larger than memory: block by block the same to the byte as in one piece, and whole files or none."""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pandas.testing import assert_frame_equal

from carecircles import (
    area,
    blocks,
    cluster,
    counts,
    datasets,
    gaps,
    grid,
    maps,
    memory,
    plan,
    report,
    weights,
)
from carecircles.errors import StoppedError, ValidationError
from tests.test_cli import refused, run


@pytest.fixture(scope="module")
def template():
    return datasets.load("template")


@pytest.mark.parametrize("cell", [50, 33.3])
def test_blocks_say_what_one_piece_says_to_the_byte(template, monkeypatch, cell):
    """Blocks of 17 cells; the same area as a single block says nearly the same: sums come in another order."""
    whole = plan.evaluate(template, weights.make_demand(template, cell=cell))
    zones = gaps.uncovered_zones(whole.cells, cutoff=700, split="street")
    monkeypatch.setattr(grid.pieces, "SIDE", 17)
    by_blocks = blocks.evaluate(template, cell=cell)
    records = (json.dumps(report.evaluation_record(one)) for one in (whole, by_blocks))
    assert len(set(records)) == 1
    for notes in (report.border_notes, lambda one: report.notes(one, lang="zh")):
        assert notes(by_blocks) == notes(whole)
    for split in (None, "street"):
        found = blocks.uncovered_zones(template, cell=cell, split=split)
        joined = gaps.uncovered_zones(whole.cells, cutoff=700, split=split)
        assert found.zones.to_wkb().equals(joined.to_wkb())
        assert found.parts.equals(gaps.by_street(whole.cells, split=split))
    measures = ["people_60", "area_km2", "farthest_m", "parts"]
    np.testing.assert_allclose(joined[measures], zones[measures], rtol=1e-9)
    for one, other in zip(joined.geometry, zones.geometry, strict=True):
        assert shapely.is_valid(one) and one.equals(other)
        assert shapely.get_num_coordinates(one) == shapely.get_num_coordinates(other)


def test_figures_do_not_depend_on_the_size_of_blocks(template, monkeypatch):
    """All but the two errors, which take a straight run along a border as it lies in a block."""
    one = counts.by_street(blocks.evaluate(template, cell=50))
    monkeypatch.setattr(grid.pieces, "SIDE", 23)
    other = counts.by_street(blocks.evaluate(template, cell=50))
    pd.testing.assert_frame_equal(one, other, rtol=1e-9)
    near = counts.by_street(blocks.evaluate(template, cell=50, distances=False))
    far = ["mean_distance_m", "p90_distance_m"]
    pd.testing.assert_frame_equal(near, other.drop(columns=far), check_exact=True)


def test_distances_can_be_left_out_of_what_is_told(template, tmp_path):
    """Every other column and figure is the same, of a district in one block too."""
    asked = ["evaluate", "--area", "template", "--cell", "100", "--no-distances"]
    shown = run(*asked, "--out", "near.json", cwd=tmp_path).stdout
    assert "90 %" not in shown and "60+ covered" in shown
    told = json.loads((tmp_path / "near.json").read_text(encoding="utf-8"))
    whole = report.evaluation_record(
        plan.evaluate(template, weights.make_demand(template, cell=100))
    )
    for row in (whole["district"], *whole["streets"]):
        assert row.pop("mean_distance_m") is not None and row.pop("p90_distance_m") is not None
    assert told == whole
    said = refused(*asked, "--rasters", "r", "--sure", "--lang", "zh", cwd=tmp_path)
    assert "--no-distances 不能与--rasters" in said and "--no-distances 不能与--services" in said


def test_an_overview_has_the_figures_of_all_cells_and_draws_one_for_many(template, monkeypatch):
    """Cells of 50 m, one drawn for 16: the middle one of each square, with the people of all of it."""
    monkeypatch.setattr(grid.pieces, "SIDE", 16)
    whole = plan.evaluate(template, weights.make_demand(template, cell=50))
    lattice = grid.lattice_of(whole.cells)
    found = blocks.overview(template, cell=50, most=lattice.rows * lattice.cols // 10)
    assert counts.step_of(found.plan) == 4
    assert json.dumps(report.evaluation_record(found.plan)) == json.dumps(
        report.evaluation_record(whole)
    )
    of_all = whole.cells.set_index(["row", "col"])
    drawn = found.plan.cells
    middle = of_all.loc[list(zip(4 * drawn["row"] + 2, 4 * drawn["col"] + 2, strict=True))]
    told = ["x", "y", "street", "depth", "covered", "nearest", "distance_m"]
    assert (drawn[told].astype(object).to_numpy() == middle[told].astype(object).to_numpy()).all()
    square = [(of_all.index.get_level_values(at) // 4).to_numpy() for at in ("row", "col")]
    people = of_all["people_60"].groupby(square).sum()
    own = pd.MultiIndex.from_frame(drawn[["row", "col"]])
    np.testing.assert_allclose(drawn["people_60"], people.loc[own])
    zones = gaps.uncovered_zones(whole.cells, cutoff=700, smallest_m2=200**2)
    assert found.zones.to_wkb().equals(zones.drop("other", errors="ignore").to_wkb())
    page = maps.coverage_map(found.plan, found.zones, parts=found.parts).get_root().render()
    assert "one cell for 16" in page and "每 16 个网格" in page
    same = blocks.overview(template, cell=50)
    pd.testing.assert_frame_equal(
        same.plan.cells.astype({"nearest": str}),
        whole.cells.astype({"nearest": str}),
        check_dtype=False,
        check_exact=True,
    )
    assert len(report.overview_notes(same.plan)) == 0


def test_rasters_hold_what_the_cells_say(template, tmp_path, monkeypatch):
    rasterio = pytest.importorskip("rasterio")
    cells = plan.evaluate(template, weights.make_demand(template, cell=100)).cells
    monkeypatch.setattr(grid.pieces, "SIDE", 11)
    blocks.evaluate(template, cell=100, rasters=blocks.Into(tmp_path))
    uncovered = cells["people_60"].where(~cells["covered"], 0.0)
    for name, values in (
        ("depth", cells["depth"]),
        ("distance_m", cells["distance_m"]),
        ("uncovered_people", uncovered),
    ):
        with rasterio.open(tmp_path / f"{name}.tif") as file:
            assert (file.crs.to_epsg(), file.block_shapes) == (template.crs.to_epsg(), [(512, 512)])
            at = list(zip(cells["x"], cells["y"], strict=True))
            read = np.concatenate(list(file.sample(at)))
            np.testing.assert_array_equal(read, values.to_numpy().astype(read.dtype))
            assert file.read(1, masked=True).count() == len(cells)


def test_a_run_that_fails_leaves_no_raster(template, tmp_path, monkeypatch):
    """The second of many blocks fails; a raster that was there stays as it was."""
    pytest.importorskip("rasterio")
    monkeypatch.setattr(grid.pieces, "SIDE", 11)
    (tmp_path / "depth.tif").write_text("before")

    def failing(function, tasks):
        for n, task in enumerate(tasks):
            if n == 2 and function is blocks._known.known_of:
                raise ValidationError([])
            yield function(task)

    with pytest.raises(ValidationError):
        blocks.evaluate(template, cell=100, rasters=blocks.Into(tmp_path), run=failing)
    assert [path.name for path in tmp_path.iterdir()] == ["depth.tif"]
    assert (tmp_path / "depth.tif").read_text() == "before"
    with pytest.raises(ValidationError):
        blocks.evaluate(template, cell=100, rasters=blocks.Into(tmp_path / "new"), run=failing)
    assert not (tmp_path / "new").exists()


def test_the_command_goes_by_blocks_where_memory_is_short(tmp_path, monkeypatch):
    """Nobody has the memory that one piece is said to take here."""
    asked = [
        ["evaluate", "--format", "json"],
        ["gaps"],
        ["evaluate", "--lang", "zh", "--by", "district"],
    ]
    asked = [[*one, "--area", "template", "--cell", "60"] for one in asked]
    monkeypatch.setattr(grid.pieces, "SIDE", 20)
    whole = [run(*one, cwd=tmp_path).stdout for one in asked]
    with monkeypatch.context() as large:  # blocks are quicker where there are many cells
        large.setattr(memory, "MANY", 0)
        large.setattr(weights, "place", None)
        assert run(*asked[0], cwd=tmp_path).stdout == whole[0]
    with monkeypatch.context() as short:
        short.setattr(memory, "of_evaluation", lambda *_, **__: 1e15)
        run("map", "--area", "template", "--cell", "60", "--out", "blocks.html", cwd=tmp_path)
        short.setattr(memory, "MOST_DRAWN", 1000)
        assert [run(*one, cwd=tmp_path).stdout for one in asked] == whole
        for one in (
            ["map", "--live"],
            ["evaluate", "--sure"],
            ["evaluate", "--reach", "detour", "--detour", "1.3"],
        ):
            assert "use a larger --cell" in refused(*one, "--area", "template", cwd=tmp_path)
    run("map", "--area", "template", "--cell", "60", "--out", "whole.html", cwd=tmp_path)
    pages = [(tmp_path / f"{name}.html").read_text() for name in ("whole", "blocks")]
    assert len({re.sub(r"[0-9a-f]{32}", "", page) for page in pages}) == 1
    done = run(
        "evaluate",
        "--area",
        "template",
        "--cell",
        "60",
        "--format",
        "json",
        "--rasters",
        "rasters",
        cwd=tmp_path,
    )
    assert done.stdout == whole[0]
    assert sorted(p.name for p in (tmp_path / "rasters").iterdir()) == [
        "depth.tif",
        "distance_m.tif",
        "uncovered_people.tif",
    ]


def test_what_does_not_go_by_blocks_is_said_before_it_starts(tmp_path):
    wrong = ["--rasters", ".", "--reach", "detour", "--detour", "1.3", "--totals", "residences"]
    said = refused("evaluate", "--area", "template", *wrong, cwd=tmp_path)
    assert "use --reach straight" in said and "use --totals street" in said
    said = refused(
        "evaluate", "--rasters", "no-such/folder", "--services", "--lang", "zh", cwd=tmp_path
    )
    assert "no-such/folder" in said and "--services" in said
    said = refused("evaluate", "--rasters", ".", "--memory", "1MB", cwd=tmp_path)
    assert "a block of 2,048 x 2,048 cells takes about" in said


@contextlib.contextmanager
def dask(*arguments):
    """A process of Dask on this machine, ended by its id."""
    command = [sys.executable, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def test_a_cluster_says_the_same_though_a_worker_is_killed(template, monkeypatch):
    """A scheduler and two workers, of which one is killed when the first block is back; its blocks run again."""
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_PATIENCE", 60.0)  # on a busy machine
    monkeypatch.setattr(
        grid.pieces, "SIDE", 30
    )  # blocks know their own size, wherever they are worked out
    alone = json.dumps(report.evaluation_record(blocks.evaluate(template, cell=60)))
    address = f"tcp://127.0.0.1:{free_port()}"
    here = ["--no-dashboard", "--host", "127.0.0.1"]
    worker = ["worker", address, *here, "--no-nanny", "--nthreads", "1"]
    with (
        dask("scheduler", *here, "--port", address.rpartition(":")[2]),
        dask(*worker),
        dask(*worker) as other,
        cluster.of_scheduler(address, workers=2) as run,
    ):

        def killing(function, tasks):
            for n, found in enumerate(run(function, tasks)):
                if n == 0 and function is blocks._known.known_of:
                    os.kill(other.pid, signal.SIGKILL)
                yield found

        found = blocks.evaluate(template, cell=60, run=killing)
        assert json.dumps(report.evaluation_record(found)) == alone
        assert other.wait(10) == -signal.SIGKILL


def test_a_scheduler_that_does_not_answer_is_said(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_PATIENCE", 0.2)
    nobody = f"tcp://127.0.0.1:{free_port()}"
    said = refused("gaps", "--area", "template", "--scheduler", nobody, cwd=tmp_path)
    assert f"--scheduler {nobody}: no scheduler" in said
    said = refused("evaluate", "--workers", "0", "--scheduler", "x", cwd=tmp_path)
    assert "--workers is 0; write 1 or more." in said and "choose one" in said


@pytest.fixture(scope="module")
def by_rasters(tmp_path_factory):
    """The template with rasters of people in degrees, finer than a cell and coarser; in and around S4 there is nobody."""
    rasterio = pytest.importorskip("rasterio")
    from rasterio.features import geometry_mask

    folder = tmp_path_factory.mktemp("areas") / "mine"
    shutil.copytree(datasets.folder("template"), folder)
    streets = area.read_area(folder).streets
    empty = streets.geometry[["S4"]].buffer(200).to_crs(4326)
    left, bottom, right, top = streets.to_crs(4326).total_bounds
    rng = np.random.default_rng(18)
    for name, side, scale in (("people_60", 0.0002, 1), ("people_80", 0.0013, 10)):
        shape = int((top - bottom) / side) + 20, int((right - left) / side) + 20
        where = rasterio.Affine(side, 0, left - 10 * side, 0, -side, top + 10 * side)
        values = scale * rng.gamma(0.4, 2, shape)
        values[~geometry_mask(empty, shape, where, all_touched=True)] = 0
        profile = {"count": 1, "dtype": "float32", "crs": 4326, "transform": where}
        path = folder / f"{name}.tif"
        with rasterio.open(path, "w", "GTiff", height=shape[0], width=shape[1], **profile) as file:
            file.write(values, 1)
    told = (folder / "area.toml").read_text(encoding="utf-8")
    files = '[files]\npeople_raster = ["people_60.tif", "people_80.tif"]\n'
    (folder / "area.toml").write_text(told.replace("[files]\n", files), encoding="utf-8")
    return folder


@pytest.mark.parametrize("cell", [60, 33.3])
def test_people_of_rasters_are_placed_by_blocks_as_in_one_piece(by_rasters, monkeypatch, cell):
    mine = area.read_area(by_rasters)
    once = weights.make_demand(mine, cell=cell)
    monkeypatch.setattr(grid.pieces, "SIDE", 17)
    placed = weights.place(mine, cell=cell)
    groups = ["people_60", "people_80"]
    pd.testing.assert_frame_equal(placed.demand[groups], once[groups], rtol=1e-12)
    by_blocks = blocks.evaluate(mine, cell=cell)
    told = dataclasses.replace(mine, notes=(*mine.notes, *placed.notes))
    whole = plan.evaluate(told, placed.demand)
    records = [json.dumps(report.evaluation_record(one)) for one in (whole, by_blocks)]
    assert records[0] == records[1]
    assert 0.05 < json.loads(records[0])["placed"]["people_60"]["even"] < 0.2  # those of S4
    assert report.notes(by_blocks, lang="zh") == report.notes(whole, lang="zh")
    assert "Nothing says where in Xinhua people live" in " ".join(
        report.notes(by_blocks, lang="en")
    )
    found = blocks.uncovered_zones(mine, cell=cell)
    assert found.zones.to_wkb().equals(gaps.uncovered_zones(whole.cells, cutoff=700).to_wkb())


@pytest.fixture
def said(by_rasters, tmp_path):
    """The same area, of which more is said; in the middle of S2 and most of S3, and beyond it, nobody lives."""

    def of(*, is_raster_alone=False, years=(), has_empty=False):
        folder = tmp_path / "area"
        shutil.copytree(by_rasters, folder)
        rows = pd.read_csv(folder / "population.csv", dtype={"code": str})
        if is_raster_alone:
            (folder / "population.csv").unlink()
            for name in ("people_60", "people_80"):
                for year in years:
                    shutil.copy(folder / f"{name}.tif", folder / f"{name}_{year}.tif")
            names = [f"people_60_{year}.tif" for year in years] or ["people_60.tif"]
            table = (folder / "area.toml").read_text(encoding="utf-8")
            table = table.replace('["people_60.tif", "people_80.tif"]', json.dumps(names))
            (folder / "area.toml").write_text(table, encoding="utf-8")
        elif years:
            older = (rows["people_60"] * [1.25, 0.8, 0.75, 3]).round()
            then = rows.assign(people_60=older, people_80=[1500, 0, 800, 200])
            both = [rows.assign(people_80=[0, *rows["people_80"][1:]]), then]
            several = pd.concat([one.assign(year=y) for one, y in zip(both, years, strict=True)])
            several.to_csv(folder / "population.csv", index=False)
        if has_empty:
            streets = area.read_area(folder).streets
            left, bottom, right, top = streets.geometry["S3"].bounds
            most = shapely.box(left + 150, bottom + 90, right + 500, top + 300)
            empty = gpd.GeoSeries([streets.geometry["S2"].buffer(-30), most], crs=streets.crs)
            empty.to_crs(4326).to_file(folder / "uninhabited.geojson")
        return area.read_area(folder)

    return of


@pytest.mark.parametrize(
    "case",
    [
        {"is_raster_alone": True},
        {"has_empty": True},
        {"is_raster_alone": True, "has_empty": True},
        {"years": (2020, 2030), "has_empty": True},
        {"is_raster_alone": True, "years": (2020, 2030)},
    ],
    ids=["raster alone", "empty land", "both", "another year", "a year between rasters"],
)
def test_whatever_says_where_people_live_is_the_same_by_blocks(said, monkeypatch, case):
    mine = said(**case)
    if case.get("years"):
        mine = area.in_year(mine, 2026)
    monkeypatch.setattr(grid.pieces, "SIDE", 13)
    placed = weights.place(mine, cell=70)
    told = dataclasses.replace(mine, notes=(*mine.notes, *placed.notes))
    whole = plan.evaluate(told, placed.demand)
    by_blocks = blocks.overview(mine, cell=70)
    records = [json.dumps(report.evaluation_record(one)) for one in (whole, by_blocks.plan)]
    assert records[0] == records[1]
    assert report.notes(by_blocks.plan, lang="zh") == report.notes(whole, lang="zh")
    assert counts.is_even(by_blocks.plan) == counts.is_even(whole)
    zones, parts = gaps.uncovered_zones(whole.cells, cutoff=700), gaps.by_street(whole.cells)
    ways = (whole, zones, parts), (by_blocks.plan, by_blocks.zones, by_blocks.parts)
    assert len({json.dumps(report.gaps_record(*way)) for way in ways}) == 1
    alike = ["people_60", "placed", "street", "covered"]
    cells = by_blocks.plan.cells.set_index(["row", "col"])[alike]
    pd.testing.assert_frame_equal(cells, whole.cells.set_index(["row", "col"])[alike])


def test_people_of_whom_homes_say_where_they_live_are_refused_by_blocks(by_rasters, tmp_path):
    asked = ["evaluate", "--area", str(by_rasters), "--cell", "100", "--format", "json"]
    whole = run(*asked, cwd=tmp_path).stdout
    assert run(*asked, "--rasters", "out", cwd=tmp_path).stdout == whole
    homes = tmp_path / "homes"
    shutil.copytree(by_rasters, homes)
    centre = area.read_area(by_rasters).facilities.geometry.to_crs(4326).iloc[0]
    row = f"lon,lat,households\n{centre.x},{centre.y},30\n"
    (homes / "residences.csv").write_text(row, encoding="utf-8")
    said = refused("evaluate", "--area", "homes", "--rasters", "r", "--lang", "zh", cwd=tmp_path)
    assert "请加上 --people even" in said


def test_a_run_that_was_stopped_goes_on(template, tmp_path, monkeypatch):
    """Stopped at the fourth of nine blocks; the rest is counted once, and all files are the same bytes."""
    pytest.importorskip("rasterio")
    monkeypatch.setattr(grid.pieces, "SIDE", 11)
    counted = []

    def stopping(at):
        def run(function, tasks):
            for task in tasks:
                if function is blocks._known.known_of:
                    if len(counted) == at:
                        raise KeyboardInterrupt
                    counted.append(task.place)
                yield function(task)

        return run

    out, other = tmp_path / "out", tmp_path / "other"
    whole = blocks.evaluate(template, cell=100, rasters=blocks.Into(other))
    into, kept = blocks.Into(out), out / blocks.FOLDER
    with pytest.raises(KeyboardInterrupt):
        blocks.evaluate(template, cell=100, rasters=into, run=stopping(3), kept=kept)
    assert list(out.iterdir()) == [kept] and blocks.count_kept(kept) == 3
    with pytest.raises(ValidationError, match="no block of this run") as of_another:
        blocks.evaluate(template, cell=99, rasters=into, kept=kept)
    assert "--resume" in of_another.value.problems[0].zh
    gone_on = blocks.evaluate(template, cell=100, rasters=into, run=stopping(99), kept=kept)
    blocks.forget(kept)
    assert len(counted) == len(set(counted)) == len(grid.blocks_of(counts.lattice_of(whole))) == 9
    records = (json.dumps(report.evaluation_record(one)) for one in (whole, gone_on))
    assert len(set(records)) == 1
    written = [{p.name: p.read_bytes() for p in folder.iterdir()} for folder in (out, other)]
    assert written[0] == written[1] and len(written[0]) == 3


@contextlib.contextmanager
def files_of_at_most(size):
    """No file can become larger meanwhile, as on a disk that is full."""
    resource = pytest.importorskip("resource")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_a_full_disk_leaves_finished_blocks_or_nothing(template, tmp_path, monkeypatch):
    """
    Of nine blocks of some 20 kB and rasters of some 70: with room for blocks alone all are kept; with less none.

    Then the run goes on without counting any, and writes the files of one that was never stopped.
    """
    pytest.importorskip("rasterio")
    monkeypatch.setattr(grid.pieces, "SIDE", 64)
    out, other = tmp_path / "out", tmp_path / "other"
    into, kept = blocks.Into(out), out / blocks.FOLDER
    with files_of_at_most(5_000), pytest.raises(StoppedError, match="free some space"):
        blocks.evaluate(template, cell=20, rasters=into, kept=kept)
    assert list(out.rglob("*")) == [kept]
    with files_of_at_most(40_000), pytest.raises(StoppedError, match="free some space"):
        blocks.evaluate(template, cell=20, rasters=into, kept=kept)
    assert list(out.iterdir()) == [kept] and blocks.count_kept(kept) == 9

    def counting_none(function, tasks):
        for task in tasks:
            assert function is blocks._known.weights_in
            yield function(task)

    blocks.evaluate(template, cell=20, rasters=into, kept=kept, run=counting_none)
    blocks.evaluate(template, cell=20, rasters=blocks.Into(other))
    blocks.forget(kept)
    written = [{p.name: p.read_bytes() for p in folder.iterdir()} for folder in (out, other)]
    assert written[0] == written[1] and len(written[0]) == 3


def test_zones_pages_and_shares_go_on_too(template, tmp_path, monkeypatch):
    """Each with its first blocks kept says what it says at once; what is kept is not counted again."""
    monkeypatch.setattr(grid.pieces, "SIDE", 11)
    for n, (count, far) in enumerate(
        (
            (partial(blocks.uncovered_zones, split="street"), blocks._known.known_of),
            (partial(blocks.overview, most=300), blocks._known.known_of),
            (partial(blocks.evaluate, distances=False), blocks._counted.of_part),
        )
    ):
        counted = []

        def stopping(function, tasks, far=far, counted=counted):
            for task in tasks:
                if function is far:
                    counted.append(task.place)
                    if len(counted) == 5:
                        raise KeyboardInterrupt
                yield function(task)

        kept = tmp_path / str(n)
        with pytest.raises(KeyboardInterrupt):
            count(template, cell=100, run=stopping, kept=kept)
        told, whole = count(template, cell=100, run=stopping, kept=kept), count(template, cell=100)
        assert counted[4:].count(counted[4]) == 2 and len(set(counted)) == len(counted) - 1 == 9
        for one, other in ((told, whole),) if n == 2 else zip(told, whole, strict=True):
            if isinstance(one, pd.DataFrame):
                assert_frame_equal(one, other)
            else:
                record = report.evaluation_record(one)
                assert json.dumps(record) == json.dumps(report.evaluation_record(other))
                assert_frame_equal(one.cells, other.cells)


def test_rasters_may_be_cloud_optimised(tmp_path):
    """By what GDAL says of the layout, with smaller ones inside, and the same pixels as the plain ones."""
    rasterio = pytest.importorskip("rasterio")
    asked = ["evaluate", "--area", "template", "--cell", "2.5", "--by", "district"]
    for folder in ("plain", "cog"):
        run(*asked, "--rasters", folder, *["--cog"][: folder == "cog"], cwd=tmp_path)
    assert len(list((tmp_path / "cog").iterdir())) == 3
    for path in (tmp_path / "cog").iterdir():
        with rasterio.open(path) as file, rasterio.open(tmp_path / "plain" / path.name) as plain:
            assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
            assert file.block_shapes == [(512, 512)] and file.overviews(1)[:1] == [2]
            np.testing.assert_array_equal(file.read(1), plain.read(1))
            assert (file.transform, file.nodata) == (plain.transform, plain.nodata)
            assert file.crs == plain.crs
        assert b"LAYOUT=IFDS_BEFORE_DATA" in path.read_bytes()[:512]
    said = refused("evaluate", "--cog", "--resume", "--lang", "zh", cwd=tmp_path)
    assert "--cog 不能与没有 --rasters" in said and "--resume" in said


def test_a_worker_with_another_version_is_told():
    """A cluster whose two workers say another version, and one whose worker has none of it."""
    pytest.importorskip("distributed")

    class Faulty:
        def __init__(self, told):
            self.told = told

        def run(self, _function):
            return self.told()

    older = Faulty(
        lambda: {"tcp://10.0.0.6:1": "0.1.0", "tcp://10.0.0.7:1": cluster._own_version()}
    )
    with pytest.raises(ValidationError) as told:
        cluster._require_same(older, "tcp://10.0.0.5:8786")
    assert (
        "1 of 2 workers have another carecircles (tcp://10.0.0.6:1: 0.1.0)"
        in told.value.problems[0]
    )
    assert "2 个工作进程中有 1 个" in told.value.problems[0].zh
    with pytest.raises(ValidationError, match="it has no worker; start some"):
        cluster._require_same(Faulty(dict), "tcp://10.0.0.5:8786")
    with pytest.raises(ValidationError, match="a worker cannot run carecircles"):
        cluster._require_same(Faulty(lambda: 1 / 0), "tcp://10.0.0.5:8786")
