"""The command line as a user runs it: a process, its exit status, what it prints and writes."""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box
from shapely.geometry import mapping

from carecircles import cli, datasets, evaluation
from tests.test_area import (
    EAST_306_M,
    SOUTH_308_M,
    WEST_4503_M,
    add_centres,
    centres,
    shifted,
)


def run(*arguments, cwd):
    """The command without the seconds a new process takes to import; a warning is an error here."""
    out, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    kept = {number: signal.getsignal(number) for number in numbers}
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
        mock.patch.object(sys, "argv", ["carecircles", *map(str, arguments)]),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    for number, handler in kept.items():
        signal.signal(number, handler)
    texts = [stream.buffer.getvalue().decode() for stream in (out, errors) if not stream.flush()]
    return subprocess.CompletedProcess(arguments, ended.value.code, *texts)


def run_alone(*arguments, cwd):
    """The command as a process of its own; readline, which pytest imports, sets COLUMNS below Python."""
    return subprocess.run(
        [sys.executable, "-m", "carecircles", *map(str, arguments)], env=dict(os.environ),
        cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def refused(*arguments, cwd):
    """A run that must end with status 2, one message, no traceback, and nothing written."""
    before = {p: p.stat().st_mtime_ns for p in cwd.rglob("*")}
    done = run(*arguments, cwd=cwd)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert {p: p.stat().st_mtime_ns for p in cwd.rglob("*")} == before
    return done.stderr


def test_a_number_that_is_none_is_named(tmp_path):
    said = refused("evaluate", "--year", "2030.5", "--cell", "grob", "--lang", "zh", cwd=tmp_path)
    assert "'--cell' 的取值无效：'grob' 应为数字。" in said
    assert "'--year' 的取值无效：'2030.5' 应为整数。" in said
    said = refused("evaluate", "--year", "2030.5", "--lang", "en", cwd=tmp_path)
    assert re.search("Invalid value for '--year': '2030.5'.* valid integer", said)


def test_map_writes_one_page_and_prints_the_summary(tmp_path, hexi_cells):
    done = run_alone("map", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["hexi-coverage.html"]
    share = evaluation.of_district(hexi_cells)["covered_people_60_share"]
    assert f"{100 * share:.1f} %" in done.stdout
    assert "Positions of 42 of 45 centres are assumed" in done.stdout
    assert "about 0.16 points" in done.stdout


def test_map_in_chinese(tmp_path):
    done = run("map", "--lang", "zh", "--out", "a.html", cwd=tmp_path)
    assert "河西区：45 个居家养老服务中心覆盖图" in done.stdout
    assert "45个中心中42个的位置为假定" in done.stdout
    assert '<html lang="zh-CN">' in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("surroundings", "heading"),
    [
        ({}, "Street"),
        ({"LANG": "zh_CN.UTF-8"}, "街道"),
        ({"LANG": "zh"}, "街道"),
        ({"LANG": "de_DE.UTF-8"}, "Street"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "Street"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "街道"),
        ({"LANG": "zh_CN", "LC_MESSAGES": "zh_CN", "LC_ALL": "C"}, "Street"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.GB18030"}, "街道"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "街道"),
    ],
)
def test_the_language_follows_the_locale(tmp_path, monkeypatch, surroundings, heading):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    options = ["evaluate", "--area", "template", "--cell", 500]
    assert f" {heading} " in run(*options, cwd=tmp_path).stdout
    for lang, asked in (("en", "a map"), ("zh", "地图")):
        assert asked in run("--lang", lang, cwd=tmp_path).stdout


def test_json_has_the_promised_keys_in_order(tmp_path, hexi_cells):
    done = run("evaluate", "--format", "json", cwd=tmp_path)
    record = json.loads(done.stdout)
    order = [
        k for k in record if k in ("area", "standard", "cell_m", "centres", "district", "streets")
    ]
    assert order == ["area", "standard", "cell_m", "centres", "district", "streets"]
    assert record["standard"] == {"metres": 700, "minutes": 15}
    assert record["cell_m"] == 50
    assert record["centres"] == 45
    first = record["streets"][0]
    promised = ["code", "name", "area_km2", "people_60", "covered_area_share",
                "covered_people_60_share", "backup_people_60_share", "mean_distance_m"]  # fmt: skip
    assert [k for k in first if k in promised] == promised
    assert first["code"] == "120103001"
    assert sum(s["people_60"] for s in record["streets"]) == 230_176
    district = evaluation.of_district(hexi_cells)
    for key, value in record["district"].items():
        if key != "area_km2":
            assert value == pytest.approx(district[key], rel=1e-4), key
    assert record["district"]["area_km2"] == pytest.approx(48.08, abs=0.01)


def test_the_same_input_gives_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for command in (["map"], ["evaluate", "--out", "a.json"], ["gaps", "--out", "a.gpkg"]):
            assert run_alone(*command, cwd=tmp_path / name).returncode == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("suffix", ["gpkg", "parquet", "geojson", "csv", "xlsx", "json"])
@pytest.mark.parametrize("command", ["evaluate", "gaps"])
def test_every_output_format_shows_the_same_figure(tmp_path, hexi_cells, suffix, command):
    out = tmp_path / f"out.{suffix}"
    done = run(command, "--out", out, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    readers = {
        "gpkg": gpd.read_file, "geojson": gpd.read_file, "parquet": gpd.read_parquet,
        "csv": pd.read_csv, "xlsx": pd.read_excel,
    }  # fmt: skip
    if suffix == "json":
        record = json.loads(out.read_text(encoding="utf-8"))
        frame = pd.DataFrame(record["zones" if command == "gaps" else "streets"])
    else:
        frame = readers[suffix](out)
    column = "people_60" if command == "gaps" else "uncovered_people_60"
    if suffix == "xlsx":
        column = "60+" if command == "gaps" else "60+ left"
    expected = evaluation.of_district(hexi_cells)["uncovered_people_60"]
    if suffix in ("csv", "xlsx") and command == "evaluate":  # the district follows its streets
        assert frame[column].iloc[-1] == pytest.approx(expected, abs=0.01)
        frame = frame.iloc[:-1]
    assert frame[column].sum() == pytest.approx(expected, abs=0.01)


def test_geojson_and_csv_are_printed(tmp_path):
    geojson = json.loads(run("gaps", "--format", "geojson", cwd=tmp_path).stdout)
    table = run("gaps", "--format", "csv", cwd=tmp_path).stdout.splitlines()
    assert len(geojson["features"]) == len(table) - 1
    assert geojson["features"][0]["properties"]["zone"] == "1"
    lon, lat = geojson["features"][0]["geometry"]["coordinates"][0][0]
    assert (int(lon), int(lat)) == (117, 39)


def test_gaps_are_told_by_street(tmp_path):
    whole, cut = (
        json.loads(run("gaps", "--format", "json", *more, cwd=tmp_path).stdout)["zones"]
        for more in ([], ["--split", "street"])
    )
    first = whole[0]
    assert [part["street"] for part in first["by_street"]] == first["streets"].split(";")
    assert sum(p["people_60"] for p in first["by_street"]) == pytest.approx(
        first["people_60"], abs=0.01
    )
    assert all(len(zone["by_street"]) == 1 for zone in cut if zone["zone"] != "other")
    assert sum(z["people_60"] for z in cut) == pytest.approx(
        sum(z["people_60"] for z in whole), abs=0.1
    )
    assert "Chentangzhuang 5,745, Jianshan 1,477" in run("gaps", cwd=tmp_path).stdout


def test_district_alone(tmp_path):
    record = json.loads(
        run("evaluate", "--by", "district", "--format", "json", cwd=tmp_path).stdout
    )
    assert "streets" not in record
    out = tmp_path / "district.gpkg"
    assert run("evaluate", "--by", "district", "--out", out, cwd=tmp_path).returncode == 0
    assert gpd.read_file(out)["code"].tolist() == ["district"]


def test_other_standard_day_and_cell(tmp_path):
    options = ["evaluate", "--format", "json", "--by", "district"]
    record = json.loads(
        run(
            *options,
            "--radius",
            500,
            "--minutes",
            10,
            "--cell",
            25,
            "--as-of",
            "2022-06-30",
            cwd=tmp_path,
        ).stdout
    )
    assert record["standard"] == {"metres": 500, "minutes": 10}
    assert record["cell_m"] == 25
    assert record["centres"] == 44
    assert record["as_of"] == "2022-06-30"
    assert "44 centres without an opening date" in record["notes"][0]


@pytest.mark.parametrize(
    "command",
    [
        ["map"],
        ["evaluate"],
        ["evaluate", "--format", "json"],
        ["evaluate", "--format", "csv"],
        ["gaps"],
        ["gaps", "--format", "geojson"],
        ["whatif", "--close-each", "--format", "csv"],
        ["whatif", "ten-minutes"],
        ["whatif", "ten-minutes", "slow-walkers"],
        ["site", "--new", "1", "--format", "csv"],
    ],
    ids=" ".join,
)
def test_every_command_says_which_datum_was_taken(tmp_path, command):
    centres(datasets.folder("hexi")).to_csv(tmp_path / "mine.csv", index=False)
    done = run(*command, "--centres", "mine.csv", "--cell", 200, cwd=tmp_path)
    said = "mine.csv: no datum declared; coordinates are taken as WGS84."
    assert said in " ".join((done.stdout + done.stderr).split()), done.stderr


def test_centres_in_gcj02(tmp_path):
    path = tmp_path / "mine.csv"
    shifted(centres(datasets.folder("hexi")), "gcj02").to_csv(path, index=False)
    message = refused("map", "--centres", path, cwd=tmp_path)
    assert "pass --datum gcj02" in message
    options = ["evaluate", "--format", "json", "--centres", path, "--datum", "GCJ-02"]
    ours = json.loads(run("evaluate", "--format", "json", cwd=tmp_path).stdout)["district"]
    theirs = json.loads(run(*options, cwd=tmp_path).stdout)["district"]
    assert theirs["covered_people_60_share"] == pytest.approx(
        ours["covered_people_60_share"], abs=0.001
    )


BAD_CALLS = [
    ["map", "--cell", "0"],
    ["map", "--cell", "nan"],
    ["map", "--cell", "9000"],
    ["map", "--radius", "-3"],
    ["map", "--datum", "mars"],
    ["map", "--area", "nowhere"],
    ["map", "--area", "./nowhere"],
    ["map", "--as-of", "yesterday"],
    ["map", "--out", "map.pdf"],
    ["map", "--out", "no/such/folder/map.html"],
    ["evaluate", "--out", "x.doc"],
    ["evaluate", "--centres", "nowhere.csv"],
    ["map", "--cell", "1e-320"],
    ["map", "--cell", "1e300"],
    ["map", "--live", "--cell", "0.2"],
    ["map", "--radius", "1e9"],
    ["gaps", "--smallest", "nan"],
    ["gaps", "--smallest", "-5"],
    ["gaps", "--lang", "fr"],
    ["check", "nowhere.csv"],
    ["check"],
    ["nonsense"],
]


@pytest.mark.parametrize("arguments", BAD_CALLS, ids=" ".join)
def test_bad_calls_end_with_status_2_and_write_nothing(tmp_path, arguments):
    refused(*arguments, cwd=tmp_path)


def test_an_existing_file_stays_when_the_run_fails(tmp_path):
    (tmp_path / "map.html").write_text("before")
    (tmp_path / "c.csv").write_text("id,lon,lat\nA,x,y\n")
    refused("map", "--out", "map.html", "--centres", "c.csv", cwd=tmp_path)
    assert (tmp_path / "map.html").read_text() == "before"


def test_a_result_does_not_take_the_place_of_its_input(tmp_path):
    centres(datasets.folder("hexi")).to_csv(tmp_path / "c.csv", index=False)
    message = refused("evaluate", "--centres", "c.csv", "--out", "c.csv", cwd=tmp_path)
    assert "is an input of this run" in message


@pytest.fixture
def district(tmp_path):
    """The example district, its centres in a subfolder, its people outside, its streets a Shapefile."""
    folder = tmp_path / "mine"
    datasets.write_template(folder)
    (folder / "in").mkdir()
    (folder / "centres.csv").rename(folder / "in" / "c.csv")
    (folder / "population.csv").rename(tmp_path / "people.csv")
    streets = gpd.read_file(folder / "streets.geojson").set_crs(4326, allow_override=True)
    (folder / "streets.geojson").unlink()
    streets.to_file(folder / "streets.shp", encoding="UTF-8")
    plan = (folder / "area.toml").read_text(encoding="utf-8")
    files = 'centres = "in/c.csv"\npopulation = "../people.csv"\nstreets = "streets.shp"'
    plan = plan.replace("[files]", f"[files]\n{files}")
    (folder / "area.toml").write_text(plan, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "way", ["its name", "a link", "a hard link", "a way round", "another case"]
)
@pytest.mark.parametrize("name", ["in/c.csv", "../people.csv", "streets.dbf", "area.toml"])
def test_no_result_takes_the_place_of_a_file_of_the_area(tmp_path, district, name, way):
    source = (district / name).resolve()
    target = tmp_path / "out.csv"
    match way:
        case "its name":
            if source.suffix != ".csv":
                return
            target = source
        case "a link":
            target.symlink_to(source)
        case "a hard link":
            target.hardlink_to(source)
        case "a way round":
            (tmp_path / "round").symlink_to(source.parent, target_is_directory=True)
            target = tmp_path / "round" / ".." / source.parent.name / source.name
            if source.suffix != ".csv":
                return
        case "another case":
            target = source.with_name(source.name.upper())
            if not target.exists():
                pytest.skip("this file system tells case apart")
    content = source.read_bytes()
    said = refused("evaluate", "--area", district, "--out", target, cwd=tmp_path)
    assert "is an input of this run" in said
    assert source.read_bytes() == content


def test_no_result_takes_the_place_of_a_file_it_was_told(tmp_path, district):
    """Places to build on and to keep out of, another list of centres, and the bases of scenarios."""
    box = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}
    feature = {"type": "Feature", "properties": {}, "geometry": box}
    park = {"type": "FeatureCollection", "features": [feature]}
    (tmp_path / "park.geojson").write_text(json.dumps(park), encoding="utf-8")
    shutil.copy(district / "in" / "c.csv", tmp_path / "c.csv")
    (tmp_path / "out.xlsx").symlink_to(tmp_path / "c.csv")
    own = ["--area", district]
    for arguments in (
        ["site", *own, "--new", 1, "--keep-out", "park.geojson", "--out", "park.geojson"],
        ["site", *own, "--new", 1, "--candidates", "c.csv", "--out", "out.xlsx"],
        ["evaluate", *own, "--centres", "c.csv", "--out", "c.csv"],
    ):
        assert "is an input of this run" in refused(*arguments, cwd=tmp_path)


def test_two_results_in_one_file(tmp_path):
    (tmp_path / "a.html").write_text("before")
    (tmp_path / "a.csv").symlink_to("a.html")
    said = refused("whatif", "taoyuan-2023", "--map", "a.html", "--out", "a.csv", cwd=tmp_path)
    assert "a.html and a.csv are one file" in said


WRONG_OPTIONS = [
        (
            "map --cell 0 --radius -3 --minutes 0 --datum mars --out map.pdf --tiles-datum bd09",
            ["cell is 0 m", "--radius is -3", "--minutes is 0", "mars", ".html", "--tiles-datum"],
        ),
        (
            "site --cell nan --gap 2 --time-limit 0 --share 3 --spacing 0 --budget -1 --out a.doc "
            "--map a.png --scenario a.txt --floor-by-street 7 --area nowhere --full -2",
            ["cell is nan", "--gap is 2", "--time-limit is 0", "--share is 3", "--spacing is 0", "--budget is -1",
             "--out: a.doc", "--map: a.png", "--scenario: a.txt", "--floor-by-street is 7", "'nowhere'", "--full is -2"],
        ),
        (
            "whatif nowhere neither --close-each --radius 0 --out a.doc",
            ["'nowhere'", "'neither'", "name one scenario", "--radius is 0", "--out: a.doc"],
        ),
        ("gaps --smallest nan --out no/a.csv", ["--smallest is nan", "there is no folder"]),
        ("gaps --cell ten --format doc --as-of never", ["'--cell'", "'doc' is not one of", "'never'", "3 problems"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"), WRONG_OPTIONS, ids=["map", "site", "whatif", "gaps", "choices"]
)
def test_all_wrong_options_are_told_at_once(tmp_path, arguments, said):
    message = refused(*arguments.split(), cwd=tmp_path)
    for part in said:
        assert part in message, part


IN_CHINESE = [
    *BAD_CALLS,
    *(arguments.split() for arguments, _ in WRONG_OPTIONS),
    ["map", "--tiles", "https://tiles.example.org/{z}/{x}/{y}.png", "--tiles-datum", "bd09"],
    ["map", "--tiles", "https://tiles.example.org/{z}/{q}"],
    ["map", "--memory", "much"],
    ["map", "--cell", "5", "--memory", "1MB"],
    ["map", "--cel", "50"],
    ["map", "--cell"],
    ["map", "--live=yes"],
    ["map", "it"],
    ["mapp"],
    ["init"],
    ["site", "--new", "few"],
    ["site", "--new", "3,2", "--carry", "--weights", "1,2", "--least-by-street", "0"],
    [
        "site",
        "--phases",
        "2029,2028,2028",
        "--new",
        "1,x",
        "--weights",
        "0,1",
        "--objective",
        "worst",
        "--as-of",
        "2020",
    ],
    [
        "site",
        "--phases",
        "soon",
        "--budget",
        "nan,-1",
        "--service",
        "meals",
        "--steps",
        "nowhere",
        "--curve",
        "3",
    ],
    ["site", "--new", "2000", "--curve", "101", "--alternatives", "-1"],
    ["site", "--objective", "facilities", "--new", "3", "--budget", "1e15"],
    ["site", "--service", "meals", "--spacing", "1e6", "--keep-out", "no.geojson"],
    ["whatif"],
    ["whatif", "a", "b", "--open-everywhere", "--close-each", "--against", "c"],
]
A_FACT = re.compile(
    r"--?[a-z][\w-]*|(?<![A-Za-z])\d[\d,.]*(?<![,.])|(?<!\w)'[^']*'|[\w-]+\.[a-z]{3,7}\b|\bnan\b",
    re.ASCII,
)


@pytest.mark.parametrize("arguments", IN_CHINESE, ids=" ".join)
def test_problems_of_a_call_are_told_in_chinese_with_the_same_facts(
    tmp_path, monkeypatch, arguments
):
    """Options, numbers, files and quoted values are those of the English; asked for or by the locale."""
    told = refused(*arguments, cwd=tmp_path)
    asked = [] if "--lang" in arguments else ["--lang=zh"]
    said = [refused(*arguments[:1], *asked, *arguments[1:], cwd=tmp_path)] if asked else []
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    said.append(refused(*arguments, cwd=tmp_path))
    assert len(set(said)) == 1
    lines = told.splitlines(), said[0].splitlines()
    assert len(lines[0]) == len(lines[1])
    for en, zh in zip(*lines, strict=True):
        zh = zh.replace("100 万", "一百万")  # a million, which English writes in letters
        assert re.search("[\u4e00-\u9fff]{2}", zh), zh
        assert set(A_FACT.findall(zh)) == set(A_FACT.findall(en)), zh
        strange = set(re.findall(r"[A-Za-z]{2,}", zh)) - set(re.findall(r"[A-Za-z]{2,}", en))
        assert not strange, zh


def test_thousands_of_problems_are_counted_and_not_all_printed(tmp_path):
    steps = "".join(f'[[step]]\nclose = "X{n}"\n' for n in range(20_000))
    (tmp_path / "a.toml").write_text('name = "a"\n' + steps, encoding="utf-8")
    said = refused("whatif", "a.toml", cwd=tmp_path)
    assert "there is no centre 'X0'" in said
    assert "and 19,988 more of 20,000 like these" in said
    assert len(said.splitlines()) < 20


# What is no file, or cannot be read


def test_a_name_too_long_for_a_file(tmp_path):
    name = "x" * 300
    for arguments, said in (
        (["evaluate", "--centres", f"{name}.csv"], "File name too long"),
        (["evaluate", "--area", name], f"area is '{name}'"),
        (["evaluate", "--area", f"./{name}"], "File name too long"),
        (["evaluate", "--out", f"{name}.csv"], "File name too long"),
        (["check", f"{name}.csv"], "File name too long"),
        (["init", name], "File name too long"),
        (["whatif", f"{name}.toml"], "File name too long"),
        (["site", "--new", 1, "--keep-out", f"{name}.geojson"], "File name too long"),
    ):
        message = refused(*arguments, cwd=tmp_path)
        assert said in message, message
        assert name in message
        assert "printed" not in message


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc")
def test_an_area_toml_that_cannot_be_read(tmp_path):
    """Its first bytes are an input / output error, whoever asks."""
    datasets.write_template(tmp_path / "mine")
    (tmp_path / "mine" / "area.toml").unlink()
    (tmp_path / "mine" / "area.toml").symlink_to("/proc/self/mem")
    message = refused("evaluate", "--area", "mine", cwd=tmp_path)
    assert "area.toml: it cannot be read (Input/output error)" in message


@pytest.mark.skipif(os.name == "nt", reason="a folder in use stays there")
def test_a_working_folder_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = (
        "import os, sys; os.rmdir(os.getcwd())\n"
        "from carecircles import cli; sys.argv = ['carecircles', 'evaluate']; cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=gone, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "the working folder cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_memory_that_runs_out_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("carecircles.area.read_area", mock.Mock(side_effect=MemoryError))
    message = refused("evaluate", cwd=tmp_path)
    assert message == (
        "carecircles: there is not enough memory for this; use a larger --cell (site: --spacing)\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("seconds", [0.08, 0.2, 0.4, 0.7, 1.1])
def test_ctrl_c_while_modules_are_loaded_is_no_traceback(tmp_path, seconds):
    """Handlers stand before the first import; what is interrupted is the import of geopandas and others."""
    script = (
        "import os, signal, sys, threading, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from carecircles.__main__ import main\n"
        "def stop(): os.kill(os.getpid(), signal.SIGINT)\n"
        f"timer = threading.Timer({seconds}, stop); timer.daemon = True; timer.start()\n"
        "sys.argv = ['carecircles', 'map', '--cell', '5']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130, done.stderr
    *where, last = done.stderr.splitlines()  # what was being done, if anything
    assert last == "carecircles: stopped; no file is half written"
    assert all(
        re.fullmatch("carecircles: stopped while .*; there is no result yet", line)
        for line in where
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_that_a_library_swallows_stops_the_run_all_the_same(tmp_path, name, status):
    """Some catch whatever is raised while they call back: here the whole command does, once."""
    script = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a run behind a shell has none
        "from carecircles import cli\n"
        "def swallows(_lang):\n"
        "    try:\n"
        f"        os.kill(os.getpid(), signal.{name}); time.sleep(30)\n"
        "    except BaseException: pass\n"
        "    for _ in range(100): time.sleep(0.1)\n"
        "cli.main.__globals__['_run'] = swallows\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_no_traceback(tmp_path):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "carecircles", "evaluate", "--format", "json"],
            cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_check_looks_for_the_area_a_file_belongs_to(tmp_path):
    datasets.write_template(tmp_path / "mine")
    done = run("check", "mine/centres.csv", "mine/population.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Example District" in done.stdout


def test_check_says_what_it_understood(tmp_path):
    path = tmp_path / "中心.csv"
    path.write_bytes("编号,名称,经度,纬度,电话\n1,甲,117.2416,39.0767,555\n".encode("gb18030"))
    done = run("check", path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for expected in (
        "centres",
        "GB18030",
        "1 row,",
        "'经度' as lon",
        "not used: '电话'",
        "(not declared)",
    ):
        assert expected in done.stdout


def test_check_of_several_files_reports_all_problems(tmp_path):
    (tmp_path / "a.csv").write_text("id,lon,lat\nA,x,39\n")
    (tmp_path / "population.csv").write_text("code,people_60\n120103001,-4\n")
    message = refused("check", "a.csv", "population.csv", cwd=tmp_path)
    assert "a.csv, row 2 ('x'): lon is not a number" in message
    assert "population.csv, row 2 ('-4'): people_60 is negative" in message


def test_check_knows_every_file_of_an_area(tmp_path):
    folder = datasets.folder("hexi")
    files = [
        folder / name
        for name in (
            "centres.csv",
            "population.csv",
            "streets.geojson",
            "boundary.geojson",
            "places.csv",
        )
    ]
    done = run("check", *files, folder, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for role in ("centres", "population", "streets", "boundary"):
        assert f": {role}, " in done.stdout


def table_rows(stdout):
    """The rows of a table on the terminal, cells as they are read."""
    lines = [line for line in stdout.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def with_homes(folder, *names):
    """The template's study area with some of its examples of where people live."""
    datasets.write_template(folder)
    file = folder / "area.toml"
    lines = [
        f'{name} = "homes/{name}.{"csv" if name == "residences" else "geojson"}"' for name in names
    ]
    told = file.read_text(encoding="utf-8").replace("[files]", "\n".join(["[files]", *lines]))
    file.write_text(told, encoding="utf-8")


def test_check_of_a_folder_tells_unit_by_unit_that_everybody_is_placed(tmp_path, monkeypatch):
    """Two of four streets have two communities each that count all of their 60+; other ages follow."""
    with_homes(tmp_path / "mine", "residences", "communities", "uninhabited")
    done = run("check", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = table_rows(done.stdout)
    assert [row[:4] for row in rows] == [
        ["Heping", "by residences", "5,600", "5,600"],
        ["Xinhua", "by residences", "3,000", "3,000"],
        ["2 streets without these", "", "8,600", "8,600"],
        ["东风社区1", "by residences", "3,360", "3,360"],
        ["东风社区2", "by residences", "5,040", "5,040"],
        ["人民社区1", "by residences", "2,800", "2,800"],
        ["人民社区2", "by residences", "4,200", "4,200"],
        ["4 communities", "", "15,400", "15,400"],
        ["All units", "", "24,000", "24,000"],
    ]
    assert all(row[2::2] == row[3::2] for row in rows)  # of every group
    chinese = table_rows(run("check", "mine", "--lang", "zh", cwd=tmp_path).stdout)
    assert [row[2:] for row in chinese] == [row[2:] for row in rows]
    assert [chinese[2][0], chinese[-2][0]] == ["2 个街道其余部分", "4 个社区"]
    monkeypatch.setenv("COLUMNS", "60")
    narrow = run("check", "mine", cwd=tmp_path).stdout
    assert "Left out for want of room" in narrow
    assert "--format" not in narrow  # which check has not


def test_check_of_many_communities_tells_the_first_dozen_and_the_sum(tmp_path):
    """A row of 20 communities of 100 people each fills the west of a street of 8,400."""
    folder = tmp_path / "mine"
    with_homes(folder, "communities")
    rows = [
        {
            "type": "Feature",
            "properties": {"code": f"C{n:02}", "street": "S1", "people_60": 100},
            "geometry": mapping(box(110 + n * 0.0005, 35, 110 + (n + 1) * 0.0005, 35.014)),
        }
        for n in range(20)
    ]
    (folder / "homes" / "communities.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": rows})
    )
    done = run("check", "mine", "--cell", "20", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    table = [row[:4] for row in table_rows(done.stdout)]
    assert table[0] == ["Dongfeng", "even", "6,400", "6,400"]
    assert [row[0] for row in table[5:17]] == [f"C{n:02}" for n in range(12)]
    assert table[17] == ["20 communities", "", "2,000", "2,000"]
    assert "The first 12 of 20 communities are told." in done.stdout


def test_check_of_a_folder_says_what_cannot_be_placed(tmp_path):
    with_homes(tmp_path / "mine")
    assert "cell is 0 m" in refused("check", "mine", "--cell", "0", cwd=tmp_path)
    message = refused("check", "mine", "--cell", "5000", cwd=tmp_path)
    assert "no cell has its centre in a street" in message


def test_init_writes_an_area_that_runs(tmp_path):
    assert run("init", "mine", cwd=tmp_path).returncode == 0
    assert run("check", "mine", cwd=tmp_path).returncode == 0
    assert run("map", "--area", "mine", cwd=tmp_path).returncode == 0
    assert (tmp_path / "mine-coverage.html").exists()
    assert "already something" in refused("init", "mine", cwd=tmp_path)


def test_hostile_names_do_not_steer_the_terminal(tmp_path):
    (tmp_path / "c.csv").write_text(
        "id,name,lon,lat\nA,\x1b[31m[bold]red[/bold]\x07,117.2416,39.0767\n", encoding="utf-8"
    )
    done = run("gaps", "--centres", "c.csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\\u001b[31m[bold]red[/bold]\\u0007" in done.stdout
    assert "\x1b[31m" not in done.stdout


def test_a_closed_pipe_is_no_traceback(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "carecircles", "evaluate", "--format", "json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait(60)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_killed_while_writing_leaves_what_was_there(tmp_path, sent):
    """The file is opened for writing and the process is stopped before the rename."""
    (tmp_path / "out.html").write_text("before")
    script = (
        "import sys, time, pathlib, carecircles.io as io, carecircles.cli as cli\n"
        "def slow(self, target): print('writing', file=sys.__stdout__, flush=True); time.sleep(60)\n"
        "pathlib.Path.replace = slow\n"
        "sys.argv = ['carecircles', 'map', '--out', 'out.html', '--cell', '200']\n"
        "cli.main()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # where the tests run in the background, Ctrl-C may be switched off
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline().strip() == b"writing"
    process.send_signal(sent)
    _, errors = process.communicate(timeout=30)
    assert process.returncode != 0
    assert (tmp_path / "out.html").read_text() == "before"
    if sent != signal.SIGKILL:
        assert [p.name for p in tmp_path.iterdir()] == ["out.html"]
        assert b"Traceback" not in errors


@pytest.mark.parametrize(
    ("format", "made"),
    [("json", "evaluation_record"), ("csv", "with_total"), ("table", "coverage_table")],
)
def test_what_a_library_prints_is_not_in_the_document(tmp_path, format, made):
    """From Python and below it, while the command works and while it lays out what it has found."""
    options = ["evaluate", "--cell", "200", "--format", format]
    script = (
        "import os, sys\n"
        "from carecircles import cli, grid, report\n"
        "def noisy(function):\n"
        "    def run(*values, **more):\n"
        "        print('a banner'); sys.stdout.write('a licence\\n'); os.write(1, b'a trace\\n')\n"
        "        return function(*values, **more)\n"
        "    return run\n"
        "grid.make_demand = noisy(grid.make_demand)\n"
        f"report.{made} = noisy(report.{made})\n"
        f"sys.argv = ['carecircles', *{options}]; cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=dict(os.environ),  # see `run_alone`
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert done.stdout == run_alone(*options, cwd=tmp_path).stdout
    for line in ("a banner", "a licence", "a trace"):
        assert done.stderr.splitlines().count(line) == 2


def test_help_needs_no_heavy_import(tmp_path):
    script = "import sys, carecircles.cli; print([m for m in sys.modules if m in sys.argv[1:]])"
    heavy = ["geopandas", "pandas", "numpy", "folium", "shapely", "scipy", "pyproj"]
    done = subprocess.run(
        [sys.executable, "-c", script, *heavy],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_version(tmp_path):
    assert run_alone("--version", cwd=tmp_path).stdout.strip() == "0.2.0"


# Centres beyond the border


def test_neighbours_count_and_what_they_add_is_said(hexi_copy, tmp_path):
    """What they add is the difference of two runs, with them and without."""
    add_centres(hexi_copy, EAST_306_M, SOUTH_308_M, WEST_4503_M)
    options = ["evaluate", "--area", hexi_copy, "--format", "json"]
    with_them = json.loads(run(*options, cwd=tmp_path).stdout)
    without = json.loads(run(*options, "--no-neighbours", cwd=tmp_path).stdout)
    assert (with_them["centres"], with_them["neighbours"]) == (45, 3)
    assert (without["centres"], without["neighbours"]) == (45, 0)
    assert (
        without["district"]
        == json.loads(run("evaluate", "--format", "json", cwd=hexi_copy).stdout)["district"]
    )
    assert [s["centres"] for s in with_them["streets"]] == [
        s["centres"] for s in without["streets"]
    ]
    left, more = (r["district"]["uncovered_people_60"] for r in (with_them, without))
    assert more - left > 500
    assert with_them["notes"] == [
        f"3 centres beyond the border count too (neighbours): without them {more - left:,.0f} fewer "
        "people 60+ would be covered."
    ]
    assert without["notes"] == ["Centres beyond the border are not counted: 3."]
    table = run("map", "--area", hexi_copy, "--lang", "zh", "--out", "a.html", cwd=tmp_path).stdout
    assert "45 个居家养老服务中心（另计区外 3 个）覆盖图" in table
    assert "45 + 3" in table
    assert (
        f"边界外的 3 个中心（区外）也计入；若不计，覆盖的60岁及以上人口减少 {more - left:,.0f} 人。"
        in table
    )


@pytest.mark.parametrize(
    "command",
    [
        ["gaps"],
        ["whatif", "ten-minutes"],
        ["whatif", "ten-minutes", "slow-walkers"],
        ["whatif", "--close-each"],
        ["whatif", "--open-everywhere"],
        ["site", "--new", "1"],
        ["site", "--new", "1", "--objective", "worst"],
        ["site", "--new", "1", "--service", "health_post"],
    ],
    ids=" ".join,
)
def test_every_command_counts_neighbours_or_leaves_them_out(hexi_copy, tmp_path, command):
    """The third reaches no cell: that is no error, not even where all that is there must stay."""
    add_centres(hexi_copy, EAST_306_M, SOUTH_308_M, WEST_4503_M)
    options = ["--area", hexi_copy, "--cell", 200, "--format", "json"]
    with_them = run(*command, *options, cwd=tmp_path)
    assert with_them.returncode == 0, with_them.stderr
    said = "beyond the border count"
    assert said in "".join(json.loads(with_them.stdout)["notes"]) or "--service" in command
    assert (
        with_them.stdout.count(said) <= 1
    )  # of several plans, of the one the others are held against
    without = run(*command, *options, "--no-neighbours", cwd=tmp_path)
    assert json.loads(without.stdout)["notes"][0] == "Centres beyond the border are not counted: 3."
    if command[0] == "site":
        sites = json.loads(with_them.stdout)["sites"]
        assert not {"X1", "X2", "X3"} & {site["id"] for site in sites}


def test_closing_each_lists_neighbours_marked(hexi_copy, tmp_path):
    add_centres(hexi_copy, EAST_306_M)
    command = ["whatif", "--close-each", "--area", hexi_copy, "--cell", 200]
    assert "X1 East neighbour (neighbour)" in run(*command, cwd=tmp_path).stdout
    assert "X1 河东近邻（区外）" in run(*command, "--lang", "zh", cwd=tmp_path).stdout
    closings = json.loads(run(*command, "--format", "json", cwd=tmp_path).stdout)["closings"]
    assert {c["id"] for c in closings if c["neighbour"]} == {"X1"}
