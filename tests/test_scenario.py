"""Scenarios: what a planner may write, what it does to the study area, and what is said of mistakes."""

import dataclasses
import datetime
import gc
import os

import numpy as np
import pyproj
import pytest

from carecircles import datasets, scenario
from carecircles.area import Standard, area_on
from carecircles.datum import from_wgs84
from carecircles.errors import ValidationError
from tests.conftest import CRS

INSIDE = {"lon": 117.2424, "lat": 39.068, "datum": "wgs84"}  # in Chentangzhuang


def plan(*steps, **heading):
    return scenario.parse({"name": "Plan", "step": list(steps), **heading})


def applied(area, *steps, **heading):
    return scenario.apply(area, plan(*steps, **heading))


def problems_of(call, *args, **options):
    with pytest.raises(ValidationError) as caught:
        call(*args, **options)
    return caught.value.problems


def bundled():
    return sorted((datasets.folder("hexi") / "scenarios").glob("*.toml"))


def test_six_scenarios_ship_with_hexi(hexi):
    read = {path.stem: scenario.read_scenario(path) for path in bundled()}
    after = {name: scenario.apply(hexi, plan) for name, plan in read.items()}
    assert len(after["taoyuan-2023"].facilities) == 46
    assert len(after["before-chentangzhuang"].facilities) == 44
    assert "H34" not in after["before-chentangzhuang"].facilities.index
    assert after["ten-minutes"].standard.metres == pytest.approx(700 / 15 * 10)
    assert after["slow-walkers"].standard == Standard(metres=0.75 * 15 * 60, minutes=15)
    assert "H40" not in after["closed-for-a-year"].facilities.index
    assert {"T1", "X1"} <= set(after["until-2030"].facilities.index)


def test_the_study_area_stays_as_it_is(hexi):
    before = hexi.facilities.copy()
    applied(
        hexi, {"close": "H01"}, {"move": "H02", **INSIDE}, {"standard": "everyone", "metres": 5}
    )
    assert hexi.facilities.equals(before)
    assert hexi.standard.metres == 700


def test_opening_a_centre_at_a_point(hexi):
    after = applied(
        hexi,
        {
            "open": "N1",
            "name": "新中心",
            "name_en": "New",
            "services": ["就餐", "health_post"],
            "capacity": 80,
            "date": datetime.date(2024, 5, 1),
            **INSIDE,
        },
    )
    new = after.facilities.loc["N1"]
    to_metres = pyproj.Transformer.from_crs(4326, CRS, always_xy=True)
    assert (new.geometry.x, new.geometry.y) == pytest.approx(
        to_metres.transform(INSIDE["lon"], INSIDE["lat"]), abs=1e-6
    )
    assert (new["name"], new["name_en"], new["services"]) == (
        "新中心",
        "New",
        ("meals", "health_post"),
    )
    assert (new["street"], new["capacity"], new["basis"]) == ("120103010", 80, "proposed")
    assert new["opened"] == np.datetime64("2024-05-01")
    assert after.facilities.dtypes.equals(hexi.facilities.dtypes)
    assert list(after.facilities.index) == [*hexi.facilities.index, "N1"]


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_point_in_another_datum_lands_where_it_belongs(hexi, datum):
    lon, lat = (float(v) for v in from_wgs84(INSIDE["lon"], INSIDE["lat"], datum=datum))
    there = applied(hexi, {"open": "N1", **INSIDE}).facilities.geometry["N1"]
    here = applied(hexi, {"open": "N1", "lon": lon, "lat": lat, "datum": datum}).facilities
    assert here.geometry["N1"].distance(there) < 0.001


def test_a_centre_of_which_only_the_street_is_known_stands_inside_it_and_says_so(hexi):
    for code, street in hexi.streets.iterrows():
        after = applied(hexi, {"open": "N1", "street": street["name"]})
        new = after.facilities.loc["N1"]
        assert street.geometry.contains(new.geometry)
        assert (new["street"], new["basis"]) == (code, "assumed")
        assert any("middle of its street" in note["en"] for note in after.notes)


def test_closing_moving_and_equipping(hexi):
    after = applied(
        hexi,
        {"close": "H03"},
        {"move": "H02", **INSIDE},
        {"equip": "H02", "services": "meals;health_post"},
    )
    assert "H03" not in after.facilities.index
    moved, old = after.facilities.loc["H02"], hexi.facilities.loc["H02"]
    assert moved["street"] == "120103010" != old["street"]
    assert (moved["name"], moved["services"]) == (old["name"], ("meals", "health_post"))
    assert (moved["basis"], moved["services_basis"]) == ("proposed", "proposed")
    rest = hexi.facilities.index.drop(["H02", "H03"])
    assert after.facilities.loc[rest].equals(hexi.facilities.loc[rest])


@pytest.mark.parametrize(
    ("step", "metres", "minutes"),
    [
        ({"minutes": 10}, 466.6666666, 10),  # the pace stays
        ({"metres": 350}, 350, 7.5),
        ({"metres": 500, "minutes": 10}, 500, 10),
        ({"pace_m_s": 0.75}, 675, 15),  # the time stays
        ({"pace_m_s": 1.0, "minutes": 10}, 600, 10),
        ({"pace_m_s": 1.0, "metres": 600}, 600, 10),
    ],
)
def test_changing_the_standard(hexi, step, metres, minutes):
    after = applied(hexi, {"standard": "people_80", **step}).standard
    assert (after.metres, after.minutes) == pytest.approx((metres, minutes))
    assert after.group == "people_80"
    assert applied(hexi, {"standard": "everyone", **step}).standard.group is None


def test_steps_hold_from_their_date_until_their_end(hexi):
    steps = [
        {"close": "H40", "date": "2024-01-01", "until": "2025-01-01"},
        {"open": "N1", "date": "2023", **INSIDE},
    ]
    centres = {
        day: set(applied(hexi, *steps, as_of=day).facilities.index)
        for day in ("2023-06-30", "2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01")
    }
    assert {day for day, ids in centres.items() if "H40" not in ids} == {"2024-01-01", "2024-12-31"}
    # opened 'in 2023' is open for certain from the last day of that year
    assert {day for day, ids in centres.items() if "N1" not in ids} == {"2023-06-30"}
    assert "H40" not in applied(hexi, *steps).facilities.index  # no day: every step holds


def test_a_scenario_of_a_day_wants_all_centres(hexi):
    on_a_day = area_on(hexi, "2024-01-01")
    assert "2024-01-01" in problems_of(applied, on_a_day, as_of="2022-06-30")[0]
    assert len(applied(on_a_day, as_of="2024-01-01").facilities) == 45


def test_a_scenario_builds_on_another(hexi, tmp_path):
    (tmp_path / "base.toml").write_text(
        'name = "base"\nas_of = 2024-01-01\n[[step]]\nclose = "H01"\n[[step]]\nmove = "H02"\nstreet = "桃园"\n',
        encoding="utf-8",
    )
    own = tmp_path / "sub" / "own.toml"
    own.parent.mkdir()
    own.write_text(
        'name = "own"\nbased_on = "../base.toml"\n[[step]]\nclose = "H02"\n', encoding="utf-8"
    )
    read = scenario.read_scenario(own)
    assert (read.name, read.as_of) == ("own", datetime.date(2024, 1, 1))
    assert read.steps[["file", "act", "to"]].to_numpy().tolist() == [
        ["base.toml", "close", "H01"],
        ["base.toml", "move", "H02"],
        ["own.toml", "close", "H02"],  # a later scenario may close what an earlier one moved
    ]
    assert len(scenario.apply(hexi, read).facilities) == 43


def test_a_circle_of_files_is_refused(tmp_path):
    (tmp_path / "a.toml").write_text('name = "a"\nbased_on = "b.toml"\n', encoding="utf-8")
    (tmp_path / "b.toml").write_text('name = "b"\nbased_on = "a.toml"\n', encoding="utf-8")
    assert "leads back" in problems_of(scenario.read_scenario, tmp_path / "a.toml")[0]


def test_files_in_gb18030_and_with_a_mark_are_read(tmp_path):
    text = 'name = "桃园方案"\n[[step]]\nclose = "H01"\n'
    for encoding in ("utf-8-sig", "gb18030", "utf-16"):
        (tmp_path / "s.toml").write_bytes(text.encode(encoding))
        assert scenario.read_scenario(tmp_path / "s.toml").name == "桃园方案"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({}, "does not say what to do"),
        ({"open": "A", "close": "B", **INSIDE}, "open and close"),
        ({"close": ""}, "the id of a centre"),
        ({"close": ["H01"]}, "the id of a centre"),
        ({"close": "H01", "lon": 117.2}, "unknown with close: 'lon'"),
        ({"open": "A"}, "there is no place"),
        ({"open": "A", "lon": 117.2}, "lon alone"),
        ({"open": "A", "lon": "117.2", "lat": 39.1}, "not a number"),
        ({"open": "A", "lon": True, "lat": 39.1}, "not a number"),
        ({"open": "A", "name": 3, **INSIDE}, "name is not text"),
        ({"open": "A", **INSIDE, "datum": "mars"}, "datum is 'mars'"),
        ({"open": "A", **INSIDE, "capacity": "many"}, "capacity"),
        ({"equip": "H01"}, "there are no services"),
        ({"equip": "H01", "services": [1]}, "services is"),
        ({"standard": "everyone"}, "one or two of"),
        ({"standard": "everyone", "metres": -5}, "metres is"),
        ({"standard": "everyone", "metres": 5, "minutes": 1, "pace_m_s": 1}, "one or two of"),
        ({"standard": "children", "metres": 5}, "write one of everyone"),
        ({"close": "H01", "date": "soon"}, "date is not a date"),
        ({"close": "H01", "date": "9999"}, "date is not a date"),
        ({"open": "A", "street": "桃园", "lon": float("nan"), "lat": 39.1}, "not a number"),
        ({"close": "H01", "date": 2022.1}, "not a date"),
        ({"open": "A;B", "street": "桃园"}, "semicolon"),
        ({"close": "H01", "note": "x"}, "unknown with close: 'note'"),
        ({"close": "H01", "date": "2024-05", "until": "2024-05-01"}, "until is not after date"),
    ],
)
def test_a_step_that_cannot_be_understood(step, said):
    problems = problems_of(plan, {"close": "H09"}, step)
    assert len(problems) == 1
    assert said in problems[0]
    assert "step 2" in problems[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"close": "H01"}, {"close": "H01"}),
        ({"close": "H01"}, {"move": "H01", **INSIDE}),
        ({"close": "H01"}, {"equip": "H01", "services": "meals"}),
        ({"move": "H01", **INSIDE}, {"move": "H01", **INSIDE}),
        ({"open": "N1", **INSIDE}, {"move": "N1", **INSIDE}),
        ({"standard": "everyone", "metres": 5}, {"standard": "people_80", "metres": 6}),
        ({"close": "H01", "date": "2024", "until": "2026"}, {"close": "H01", "date": "2025"}),
    ],
)
def test_steps_that_contradict_each_other(first, second):
    problems = problems_of(plan, first, second)
    assert len(problems) == 1
    assert "steps 1 and 2: they contradict each other" in problems[0]


def test_steps_one_after_the_other_do_not_contradict(hexi):
    steps = [
        {"close": "H01", "date": "2024-01-01", "until": "2024-06-01"},
        {"close": "H01", "date": "2025-01-01", "until": "2025-06-01"},
    ]
    assert "H01" in applied(hexi, *steps, as_of="2024-08-01").facilities.index
    assert "H01" not in applied(hexi, *steps, as_of="2025-02-01").facilities.index


def test_all_problems_at_once(hexi):
    problems = problems_of(
        applied,
        hexi,
        {"close": "H99"},
        {"open": "H01", **INSIDE},
        {"move": "H02", "lon": 117.6, "lat": 39.5, "datum": "wgs84"},
        {"open": "N1", "street": "Nowhere"},
    )
    text = "\n".join(problems)
    assert "step 1: there is no centre 'H99'" in text
    assert "step 2: there is already a centre 'H01'" in text
    assert "step 4 ('Nowhere'): this street is not in the streets file" in text
    far = problems_of(applied, hexi, {"move": "H02", "lon": 117.6, "lat": 39.5, "datum": "wgs84"})
    assert "outside the study area" in far[0]


def test_points_outside_that_would_fall_inside_in_another_datum_get_a_hint(hexi):
    """A point 200 m inside the western rim: its BD-09 twin lies 1.4 km to the north-east, outside."""
    lon, lat = (float(v) for v in from_wgs84(117.2214, 39.1105, datum="bd09"))
    said = problems_of(applied, hexi, {"open": "N1", "lon": lon, "lat": lat})
    assert "outside the study area" in said[0]
    assert 'write datum = "bd09" in the step' in said[1]


def test_a_centre_closed_and_opened_again_can_be_moved(hexi):
    plans = [{"close": "H01"}, {"open": "H01", **INSIDE}, {"move": "H01", "street": "桃园"}]
    built = None
    for n, step in enumerate(plans):
        built = scenario.parse({"name": f"{n}", "step": [step]}, file=f"{n}.toml", base=built)
    after = scenario.apply(hexi, built)
    assert after.facilities.loc["H01", "street"] == "120103003"


def test_notes_are_of_the_steps_that_hold(hexi):
    step = {"open": "T1", "name": "桃园", "street": "桃园", "date": "2023"}
    early = applied(hexi, step, as_of="2022-01-01", note="为什么", note_en="why")
    late = applied(hexi, step, as_of="2024-01-01")
    assert any(note == {"en": "why", "zh": "为什么"} for note in early.notes)
    assert not any("middle of its street" in note["en"] for note in early.notes)
    assert any("middle of its street" in note["en"] for note in late.notes)


def test_an_id_closed_before_cannot_be_moved(hexi):
    base = scenario.parse({"name": "base", "step": [{"close": "H01"}]}, file="base.toml")
    own = scenario.parse({"name": "own", "step": [{"move": "H01", **INSIDE}]}, base=base)
    assert "closed by base.toml, step 1" in problems_of(scenario.apply, hexi, own)[0]


def test_a_standard_for_people_who_are_not_counted(hexi):
    only_60 = dataclasses.replace(hexi, population=hexi.population.drop(columns="people_80"))
    said = problems_of(applied, only_60, {"standard": "people_80", "metres": 500})
    assert "no people_80" in said[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "not TOML"),
        ("[" * 3000, "not TOML"),
        ("step = 3", "name is missing"),
        ('name = "a"\nsteps = []', "unknown: 'steps'"),
        ('name = "a"\nstep = 3', "[[step]]"),
        ('name = "a"\nas_of = "then"', "as_of is not a date"),
    ],
)
def test_files_that_are_no_scenario(tmp_path, text, said):
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    gc.collect()  # what broken workbooks left must not end in the midst of a deep recursion
    problems = problems_of(scenario.read_scenario, tmp_path / "s.toml")
    assert any(said in p for p in problems)
    assert all("s.toml" in p for p in problems)


def test_a_file_that_is_not_there(tmp_path):
    assert "cannot be read" in problems_of(scenario.read_scenario, tmp_path / "none.toml")[0]


def test_closing_every_centre_leaves_none(hexi):
    after = applied(hexi, *({"close": i} for i in hexi.facilities.index))
    assert len(after.facilities) == 0
    assert list(after.facilities.columns) == list(hexi.facilities.columns)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="POSIX")  # noqa: PTH110
@pytest.mark.parametrize("base", ["/dev/zero", "/dev/stdin", "folder", "a\\u0000b"])
def test_a_base_that_is_no_file(tmp_path, base):
    (tmp_path / "folder").mkdir()
    path = tmp_path / "plan.toml"
    path.write_text(f'name = "x"\nbased_on = "{base}"\n[[step]]\nclose = "H12"\n')
    said = problems_of(scenario.read_scenario, path)
    assert "this is not a file; name a scenario" in said[0] or "cannot be read" in said[0]
