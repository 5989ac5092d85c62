"""The walk beside the circle: the files of an area that say how people walk, and --reach on the commands."""

import dataclasses
import itertools
import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from carecircles import area, datasets, evaluation, network, plan, reach, report, weights
from carecircles.errors import ValidationError
from tests import test_cli

CELL = 200.0


def streets_of(study, *, step=150.0):
    """Streets every so many metres over an area, of which a quarter is missing; one is a motorway."""
    left, bottom, right, top = study.streets.total_bounds + np.array([-1, -1, 1, 1]) * step
    rng = np.random.default_rng(1)
    x, y = np.arange(left, right, step), np.arange(bottom, top, step)
    up = [[[a, b], [a, c]] for a in x for b, c in itertools.pairwise(y)]
    across = [[[b, a], [c, a]] for a in y for b, c in itertools.pairwise(x)]
    lines = np.array([*up, *across])
    lines = lines[rng.random(len(lines)) < 0.75]
    kinds = ["motorway", *["residential"] * (len(lines) - 1)]
    return gpd.GeoDataFrame(
        {"highway": kinds}, geometry=shapely.linestrings(lines), crs=study.crs
    ).to_crs(4326)


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The template's folder with streets in it."""
    folder = tmp_path_factory.mktemp("walked") / "area"
    shutil.copytree(datasets.folder("template"), folder)
    streets_of(datasets.load("template")).to_file(folder / "network.geojson")
    return folder


def run(*words):
    return test_cli.run(*words, cwd=Path.cwd())


def told(*words):
    result = run(*words, "--format", "json", "--cell", CELL)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_file_called_network_is_the_areas(walked):
    study = area.read_area(walked)
    assert study.on_foot.network.crs == study.crs
    assert walked / "network.geojson" in area.files_of(walked)
    assert "network: " in run("check", walked).stdout
    assert run("check", walked / "network.geojson", "--area", walked).returncode == 0


def test_circle_and_walk_stand_beside_each_other(walked):
    """Each command's figures are those of a plan made by hand, and each tells those of the other reach."""
    study = area.read_area(walked)
    demand = weights.make_demand(study, cell=CELL)
    cost = reach.walking(demand, study.facilities, study.on_foot.network, cutoff=700)
    near = reach.nearest(demand, study.facilities, reach=reach.of_area(study, "walking"))
    by_walk = evaluation.of_district(evaluation.evaluate(demand, cost, near))
    straight = reach.straight_line(demand, study.facilities, cutoff=700)
    by_circle = evaluation.is_covered(demand, straight)
    circle_share = (demand["people_60"] * by_circle).sum() / demand["people_60"].sum()
    share = "covered_people_60_share"

    circle = told("evaluate", "--area", walked)
    walk = told("evaluate", "--area", walked, "--reach", "walking")
    assert circle["district"][share] == pytest.approx(circle_share, abs=1e-6)
    assert walk["district"][share] == pytest.approx(by_walk[share], abs=1e-6)
    assert circle["reach"]["beside"][share] == walk["district"][share]
    assert walk["reach"]["beside"][share] == circle["district"][share]
    assert walk["reach"]["measured"] == "along the walking network"
    assert by_walk[share] < circle_share


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_table_says_both(walked, lang):
    words = {"en": "along the walking network: ", "zh": "沿步行路网："}[lang]
    for command in (
        ["evaluate"],
        ["gaps"],
        ["whatif", "west-centre"],
        ["site", "--new", 1, "--spacing", 800],
    ):
        if command[0] == "whatif":
            steps = walked / "less.toml"
            steps.write_text('name = "少一个"\nname_en = "One less"\n[[step]]\nclose = "A1"\n')
            command = ["whatif", steps]
        result = run(*command, "--area", walked, "--cell", CELL, "--lang", lang)
        assert result.returncode == 0, result.stderr
        assert words in result.stdout.replace("\n", " "), command
        assert {"en": "motorway", "zh": "motorway"}[lang] not in result.stdout


def test_a_walk_has_to_have_ways():
    result = run("evaluate", "--area", "template", "--reach", "walking")
    assert result.returncode == 2
    assert "--network" in result.stderr
    assert "Traceback" not in result.stderr
    assert "--network" in run("map", "--reach", "walking", "--lang", "zh").stderr


def test_another_network_is_walked_instead_and_is_never_written_over(walked, tmp_path):
    """A quarter fewer streets reach fewer people; the file named is an input like any other."""
    few = streets_of(datasets.load("template"), step=400.0)
    few.to_file(tmp_path / "few.gpkg")
    words = ("--area", walked, "--reach", "walking")
    share = "covered_people_60_share"
    own, other = (
        told("evaluate", *words)["district"][share],
        told("evaluate", *words, "--network", tmp_path / "few.gpkg")["district"][share],
    )
    assert other != own
    at_home = told("evaluate", "--area", "template", *words[2:], "--network", tmp_path / "few.gpkg")
    assert at_home["district"][share] == other
    taken = run(
        "evaluate", *words, "--network", tmp_path / "few.gpkg", "--out", tmp_path / "few.gpkg"
    )
    assert taken.returncode == 2


def test_what_is_wrong_with_a_network_is_told_with_all_else(walked, tmp_path):
    folder = tmp_path / "area"
    shutil.copytree(walked, folder)
    (folder / "network.geojson").write_text("{")
    (folder / "barriers.csv").write_text("name\nriver\n")
    (folder / "rests.csv").write_text("name,lon,lat\nbench,117,x\n")
    (folder / "population.csv").write_text("street,people_60\nnobody,1\n")
    with pytest.raises(ValidationError) as err:
        area.read_area(folder)
    told_of = " ".join(err.value.problems)
    for file in ("network.geojson", "barriers.csv", "rests.csv, row 2", "population.csv"):
        assert file in told_of


def test_seats_and_crossings_are_read_where_they_are(walked, tmp_path):
    folder = tmp_path / "area"
    shutil.copytree(walked, folder)
    lon, lat = area.read_area(walked).boundary.to_crs(4326).representative_point().iloc[0].coords[0]
    for role in ("rests", "crossings"):
        (folder / f"{role}.csv").write_text(f"名称,经度,纬度\n一,{lon},{lat}\n", encoding="utf-8")
    study = area.read_area(folder)
    assert len(study.on_foot.rests) == len(study.on_foot.crossings) == 1
    assert study.boundary.contains(study.on_foot.rests.geometry.iloc[0]).all()


def test_a_study_of_frames_has_a_network_too(walked):
    template = datasets.load("template")
    given = area.study(
        streets=template.streets.reset_index(),
        population=template.population.reset_index(),
        centres=template.facilities.reset_index(),
        crs=template.crs,
        network=streets_of(template),
    )
    read = area.read_area(walked).on_foot.network
    assert given.on_foot.network.edges["metres"].sum() == pytest.approx(read.edges["metres"].sum())


def test_what_stands_beside_moves_with_a_plan(walked):
    """A scenario and a year change both, each by its own reach."""
    study = area.read_area(walked)
    demand = weights.make_demand(study, cell=CELL)
    walk = reach.of_area(study, "walking")
    asis = plan.evaluate(study, demand, beside=walk)
    less = dataclasses.replace(study, facilities=study.facilities.iloc[1:])
    made = plan.evaluate(less, demand, base=asis)
    alone = plan.evaluate(less, demand, reach=walk)
    np.testing.assert_array_equal(made.beside.cells["covered"], alone.cells["covered"])
    shares = [line for line in report.reach_notes(asis, made) if "covered, " in line["en"]]
    assert len(shares) == 2
    assert isinstance(study.on_foot.network, network.Network)


def test_what_a_live_page_cannot_measure_is_told_with_what_to_leave_out(walked, tmp_path):
    """A profile walks from seat to seat where the area has seats, which nobody asked for in as many words."""
    folder = tmp_path / "area"
    shutil.copytree(walked, folder)
    (folder / "rests.csv").write_text("name,lon,lat\nbench,110.01,35.01\n")
    how = ("--area", folder, "--cell", CELL, "--reach", "walking", "--profile", "80plus")
    refused = run("map", "--live", *how, "--out", tmp_path / "live.html")
    assert refused.returncode == 2
    assert "with a seat every 100 m" in refused.stderr
    for part in ("--live", "--stretch", "rests in area.toml"):
        assert part in refused.stderr
    assert run("map", *how, "--out", tmp_path / "map.html").returncode == 0
