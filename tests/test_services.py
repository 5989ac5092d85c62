"""Services, bundles of them and groups with needs of their own: by hand, by brute force and by shapely."""

import dataclasses
import json
import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carecircles import (
    area,
    comparison,
    datasets,
    evaluation,
    grid,
    load,
    maps,
    marginal,
    norms,
    plan,
    provision,
    reach,
    report,
    robustness,
    scenario,
    services,
    siting,
)
from carecircles.errors import ValidationError
from carecircles.reach import CostTable
from carecircles.services import Bundle
from carecircles.words import Sentence
from tests.conftest import planned
from tests.examples import examples
from tests.test_browser import Opened
from tests.test_cli import refused, run
from tests.test_live import Live

CRS = "EPSG:32650"
WEST, SOUTH = 500_000, 4_300_000
BOTH = Bundle("both", {"en": "both", "zh": "两项"}, ("meals", "medical"), 2)


def town(centres, **more):
    """
    A street of 1,000 m by 100 m, ten cells of 100 m in a row with 60 people 60+ each, 10 of them 80+.

    `centres` are the metres from its western end and what is offered there; they stand in the middle of cells.
    210 m are near, so that 200 m are, after rounding to degrees and back.
    """
    shape = shapely.box(WEST, SOUTH, WEST + 1000, SOUTH + 100)
    points = gpd.points_from_xy(
        [WEST + x for x, _ in centres], [SOUTH + 50] * len(centres), crs=CRS
    )
    return area.study(
        streets=gpd.GeoDataFrame({"code": ["S"], "name": ["S"]}, geometry=[shape], crs=CRS),
        population=pd.DataFrame(
            {"code": ["S"], "people": [2000], "people_60": [600], "people_80": [100]}
        ),
        centres=gpd.GeoDataFrame(
            {
                "id": [f"C{n}" for n in range(len(centres))],
                "name": "c",
                "services": [offered for _, offered in centres],
            },
            geometry=points,
            crs=CRS,
        ),
        standard=area.Standard(210, 4),
        crs=CRS,
        datum="wgs84",
        **more,
    )


def degrees(x):
    """Where a step opens a centre so many metres from the street's western end."""
    place = gpd.GeoSeries.from_xy([WEST + x], [SOUTH + 50], crs=CRS).to_crs(4326)[0]
    return {"lon": place.x, "lat": place.y}


def evaluated(study):
    return plan.evaluate(study, grid.make_demand(study.streets, study.population, cell=100))


def covered(made):
    """The cells, from west to east, that are covered."""
    return [int(x - WEST) // 100 for x in made.cells.sort_values("x").query("covered")["x"]]


# Meals at 150 and 850, medical help at 350: 210 m reach two cells either side.
APART = [(150, "meals"), (350, "medical"), (850, "meals;culture")]


def test_only_centres_with_a_service_count_for_it():
    study = town(APART)
    assert covered(evaluated(study)) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert covered(evaluated(area.offering(study, "就餐"))) == [0, 1, 2, 3, 6, 7, 8, 9]
    assert covered(evaluated(area.offering(study, "medical"))) == [1, 2, 3, 4, 5]
    assert covered(evaluated(area.offering(study, "culture"))) == [6, 7, 8, 9]


def test_a_bundle_is_covered_where_so_many_of_its_services_are():
    study = town(APART)
    both = evaluated(area.bundled(study, BOTH))
    assert covered(both) == [1, 2, 3]
    assert both.cells["nearest"].loc[both.cells["covered"]].tolist() == ["C1", "C0", "C0"]
    # From 150 m it is 0 m to the meals and 200 to medical help, from 250 m 100 to each, from 350 m 200 and 0.
    metres = both.cells["distance_m"].loc[both.cells["covered"]].tolist()
    assert metres == pytest.approx([200, 100, 200], abs=0.02)
    one = dataclasses.replace(BOTH, least=1)
    assert covered(evaluated(area.bundled(study, one))) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    three = Bundle("three", BOTH.name, ("meals", "medical", "culture"), 2)
    assert covered(evaluated(area.bundled(study, three))) == [1, 2, 3, 6, 7, 8, 9]


def test_each_service_of_a_bundle_is_held_to_its_own_standard():
    """Medical help may be 410 m away, meals not more than 105."""
    own = {
        "medical": {"standard": {"metres": 410}},
        "meals": {"standard": {"minutes": 2}},  # 105 m at the pace of 210 m in 4 minutes
    }
    study = town(APART, services=own)
    assert covered(evaluated(area.offering(study, "meals"))) == [0, 1, 2, 7, 8, 9]
    assert covered(evaluated(area.offering(study, "medical"))) == [0, 1, 2, 3, 4, 5, 6, 7]
    both = evaluated(area.bundled(study, BOTH))
    assert covered(both) == [0, 1, 2, 7]
    # Costs are told in proportion: 410 m to medical help are as far as 210 to others.
    far = both.cells.sort_values("x")["distance_m"].to_numpy()
    assert far[7] == pytest.approx(400 / 410 * 210, abs=0.02)
    assert far[8] == pytest.approx(500 / 410 * 210, abs=0.02)
    notes = [note["en"] for note in both.area.notes]
    assert "'medical help' has a standard of its own: 410 m, 7.8 min." in notes
    assert "'meals' has a standard of its own: 105 m, 2 min." in notes
    with pytest.raises(
        ValidationError, match=r"services of the bundle have their own \(meals, medical\)"
    ):
        marginal.open_everywhere(both)


def test_a_bundle_has_a_standard_for_those_of_its_services_without_one():
    own = {"medical": {"standard": {"metres": 410}}}
    bundles = {"both": {"name": "两项", "of": ["meals", "助医"], "standard": {"metres": 105}}}
    study = town(APART, services=own, bundles=bundles)
    assert covered(evaluated(area.bundled(study, "两项"))) == [0, 1, 2, 7]


def test_who_goes_where_is_not_told_of_a_bundle():
    both = evaluated(area.bundled(town(APART), BOTH))
    for ask in (load.of_plan, robustness.draw, maps.whatif_map):
        with pytest.raises(ValidationError, match="bundle"):
            ask(both)


def random_towns():
    words = st.lists(st.sampled_from(["meals", "medical", "culture"]), max_size=3, unique=True)
    centre = st.tuples(st.integers(0, 1000), words)
    return st.lists(centre, min_size=1, max_size=6)


CELLS = pd.DataFrame(
    {"x": np.arange(50.0, 1000, 100), "y": 0.0, "people_60": 6.0},
    index=[f"p{n}" for n in range(10)],
)


def tables_of(centres, keys, limits):
    """A cost table a service, of a row of cells and centres on a line."""
    for key, limit in zip(keys, limits, strict=True):
        pairs = {
            (cell, f"C{n}"): abs(x - at)
            for cell, x in CELLS["x"].items()
            for n, (at, offered) in enumerate(centres)
            if key in offered and abs(x - at) <= limit
        }
        index = pd.MultiIndex.from_tuples(list(pairs), names=["demand", "facility"])
        if not pairs:
            index = pd.MultiIndex.from_arrays([[], []], names=["demand", "facility"])
        yield CostTable(pd.Series(list(pairs.values()), index=index, dtype=float), limit)


@given(
    centres=random_towns(),
    limits=st.lists(st.integers(50, 400), min_size=3, max_size=3),
    least=st.integers(1, 3),
)
@settings(max_examples=examples(60), deadline=None)
def test_depth_and_cost_of_a_bundle_against_brute_force(centres, limits, least):
    """The k-th largest of the services' depths, and the k-th least of their costs as shares of their limits."""
    keys, cutoff = ("meals", "medical", "culture"), 200.0
    tables = list(tables_of(centres, keys, limits))
    made = provision.together(CELLS, tables, least=least, limits=limits, cutoff=cutoff)
    depth, nearest = evaluation.depth(CELLS, made), evaluation.nearest(CELLS, made)
    for cell, x in CELLS["x"].items():
        near = [
            sorted(
                abs(x - at) for at, offered in centres if key in offered and abs(x - at) <= limit
            )
            for key, limit in zip(keys, limits, strict=True)
        ]
        assert depth[cell] == sorted(map(len, near), reverse=True)[least - 1]
        shares = sorted(some[0] / limit for some, limit in zip(near, limits, strict=True) if some)
        if len(shares) >= least:
            assert nearest.loc[cell, "distance_m"] == pytest.approx(shares[least - 1] * cutoff)
        else:
            assert np.isnan(nearest.loc[cell, "distance_m"])


@given(centres=random_towns(), cutoff=st.integers(50, 400))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_bundle_of_one_is_the_service_and_more_services_never_cover_less(centres, cutoff):
    keys = ("meals", "medical", "culture")
    tables = list(tables_of(centres, keys, [cutoff] * 3))

    def depths(some, least):
        limits = [cutoff] * len(some)
        made = provision.together(CELLS, some, least=least, limits=limits, cutoff=cutoff)
        return evaluation.depth(CELLS, made)

    pd.testing.assert_series_equal(depths(tables[:1], 1), evaluation.depth(CELLS, tables[0]))
    for least in (1, 2):
        # One more to choose from, of which as many as before are to be there; and one more that has to be.
        assert (depths(tables, least) >= depths(tables[:2], least)).all()
        assert (depths(tables, least + 1) <= depths(tables, least)).all()


def test_bundles_of_hexi_against_circles_of_shapely(hexi):
    """A cell's middle in the circles of so many services, each unioned by shapely from points of its own."""
    bundle = dataclasses.replace(BOTH, of=("meals", "health_post"))
    demand = grid.make_demand(hexi.streets, hexi.population, cell=200)
    whole = plan.evaluate(hexi, demand)
    fewer = dataclasses.replace(  # so that services differ: meals not at each third centre
        hexi,
        facilities=hexi.facilities.assign(
            services=[
                tuple(w for w in words if n % 3 or w != "meals")
                for n, words in enumerate(hexi.facilities["services"])
            ]
        ),
    )
    made = plan.evaluate(area.bundled(fewer, bundle), demand)
    points = shapely.points(demand["x"], demand["y"])
    inside = []
    for key in bundle.of:
        some = fewer.facilities[[key in words for words in fewer.facilities["services"]]]
        metres = shapely.distance(points[:, None], some.geometry.to_numpy()[None, :])
        inside.append((metres <= 700).sum(axis=1))
    expected = np.min(inside, axis=0)
    assert 0 < (expected > 0).sum() < (whole.cells["covered"]).sum()
    np.testing.assert_array_equal(made.cells["depth"], expected)
    lacking = provision.missing({key: part.cells for key, part in made.parts.items()})
    np.testing.assert_array_equal(lacking.to_numpy(), np.array(inside).T == 0)


def test_a_scenario_is_evaluated_for_a_bundle_as_if_from_the_start():
    """Opened, closed, moved and equipped centres: the reused tables give what new ones do."""
    study = town(APART)
    before = evaluated(area.bundled(study, BOTH))
    steps = [
        {"equip": "C2", "services": "medical;就餐"},
        {"close": "C0"},
        {"open": "N1", **degrees(750), "datum": "wgs84", "services": ["meals"]},
    ]
    made = scenario.parse({"name": "s", "step": steps})
    for after in (
        plan.carry_out(before, made),
        plan.carry_out(evaluated(study), made, bundle=BOTH),
    ):
        anew = evaluated(area.bundled(scenario.apply(study, made), BOTH))
        pd.testing.assert_frame_equal(after.cells, anew.cells, check_categorical=False)
        assert {6, 7, 8, 9} <= set(covered(after))
    change = comparison.compare(before, after)
    gained = change.streets.loc["S", "gained_people_60"]
    assert gained == 60 * len(set(covered(after)) - set(covered(before)))


@given(centres=random_towns(), least=st.integers(1, 2))
@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_closing_each_centre_loses_what_is_lost_when_it_is_closed(centres, least):
    study = town([(at, ";".join(offered)) for at, offered in centres])
    before = evaluated(area.bundled(study, dataclasses.replace(BOTH, least=least)))
    losses = marginal.close_each(before)
    for label in before.area.facilities.index:
        less = scenario.parse({"name": "l", "step": [{"close": label}]})
        after = plan.carry_out(before, less)
        was, now = (one.cells["people_60"][one.cells["covered"]].sum() for one in (before, after))
        lost = losses["lost_people_60"].get(label, 0.0)
        assert lost == pytest.approx(was - now, abs=1e-6)


def test_a_new_centre_brings_the_whole_bundle():
    """Both services 200 m around it: the best of all cells, found by trying each."""
    study = town(APART)
    before = evaluated(area.bundled(study, BOTH))
    gains = marginal.open_everywhere(before)["gained_people_60"]
    tried = {}
    for label, cell in before.cells.iterrows():
        step = {
            "open": "N",
            **degrees(cell["x"] - WEST),
            "datum": "wgs84",
            "services": [*BOTH.of],
        }
        after = plan.carry_out(before, scenario.parse({"name": "n", "step": [step]}))
        tried[label] = 60.0 * (after.cells["covered"].sum() - before.cells["covered"].sum())
    pd.testing.assert_series_equal(gains, pd.Series(tried), check_names=False, atol=1e-6)
    places = siting.candidates_on_grid(before.cells)
    best = siting.site(before, places, new=1)
    people = before.cells["people_60"][before.cells["covered"]].sum() + max(tried.values())
    assert best.objective == pytest.approx(people)
    steps = siting.steps_of(best, places, brings=BOTH.of)["step"]
    assert steps[0]["services"] == ["meals", "medical"]
    after = plan.carry_out(before, scenario.parse({"name": "n", "step": steps}))
    assert len(covered(after)) - len(covered(before)) == max(tried.values()) / 60


def test_every_group_is_held_to_its_own_standard():
    """80+ at 0.5 m/s have 120 m in 4 minutes, the others 210 or 310; none is mixed into another."""
    groups = {"people_80": {"standard": {"pace_m_s": 0.5}}, "people": {"standard": {"metres": 310}}}
    whole = evaluated(town([(150, "meals")], groups=groups))
    each = plan.by_group(whole)
    assert {g: covered(one) for g, one in each.items()} == {
        "people": [0, 1, 2, 3, 4], "people_60": [0, 1, 2, 3], "people_80": [0, 1, 2],
    }  # fmt: skip
    frame = report.needs_frame(each)
    assert frame["covered_group_people"].to_dict() == {
        "people": 1000,
        "people_60": 240,
        "people_80": 30,
    }
    assert frame["metres"].to_dict() == {"people": 310, "people_60": 210, "people_80": 120}
    assert frame.loc["people_80", "minutes"] == 4
    table = report.needs_table(each, lang="zh")
    assert table["标准"].tolist()[2] == "120 米，0.50 米/秒"
    assert evaluated(town([(150, "meals")])).cells.equals(
        whole.cells
    )  # figures of all stay as they are


def test_a_group_walks_by_its_own_profile_along_a_network():
    """Minutes of the walker where a network is walked; a circle of their pace where none is."""
    template = area.read_area(
        datasets.folder("template"), network=datasets.folder("template") / "walk/network.geojson"
    )
    slow = norms.Norm(minutes=15, profile="80plus")
    groups = tuple(
        dataclasses.replace(g, norm=slow) if g.column == "people_80" else g for g in template.groups
    )
    study = dataclasses.replace(template, groups=groups)
    demand = grid.make_demand(study.streets, study.population, cell=200)
    walk = reach.of_area(study, "walking")
    each = plan.by_group(plan.evaluate(study, demand, reach=walk))
    assert (each["people_60"].cost.unit, each["people_80"].cost.unit) == ("m", "min")
    alone = reach.of_area(study, "walking", profile="80plus")(demand, study.facilities, cutoff=15)
    np.testing.assert_array_equal(
        each["people_80"].cells["covered"], evaluation.is_covered(demand, alone)
    )
    circles = plan.by_group(plan.evaluate(study, demand))
    assert circles["people_80"].cost.cutoff == pytest.approx(0.94 * 900)
    record = report.needs_record(each, each["people_60"])
    assert record["groups"][-1]["held_to"] == "15 min, 0.94 m/s (80plus)"
    assert json.dumps(record, allow_nan=False)


def test_the_table_of_services_adds_up(hexi):
    """Each service's streets are its district, and the frame, the tables and the record say the same."""
    whole = plan.evaluate(hexi, grid.make_demand(hexi.streets, hexi.population, cell=200))
    each = plan.by_service(whole)
    assert list(each) == ["meals", "medical", "culture", "health_post", "basic", "with_health"]
    streets, district = (report.services_frame(each, by=by) for by in ("street", "district"))
    sums = streets.groupby("service", sort=False)[["covered_people_80", "uncovered_people"]].sum()
    for column in sums:
        np.testing.assert_allclose(sums[column], district.set_index("service")[column], atol=0.05)
    assert sums.loc["basic", "uncovered_people"] == sums.loc["meals", "uncovered_people"]
    by_street = provision.by_street({key: one.cells for key, one in each.items()})
    shown = streets.set_index("service", append=True).swaplevel()
    np.testing.assert_allclose(
        by_street["covered_people_60_share"], shown["covered_people_60_share"], atol=1e-6
    )
    record = report.services_record(each, whole)
    assert record["services"][4]["of"] == ["meals", "medical", "culture"]
    post = record["services"][3]
    assert (post["centres"], post["name"]) == (20, "健康驿站")


WRONG = {
    "services": {
        "bath": {"name": "x" * 41, "colour": 1},
        "a b": {"name": "a"},
        "swim": "yes",
        "feed": {"name": "就餐"},
        "run": {"name": "跑", "standard": {"metres": -1, "speed": 3}},
        "hop": {"name": "跳", "standard": {"profile": "nobody"}},
        "nil": {"name_en": 5},
    },
    "bundles": {
        "none": {"name": "n", "of": []},
        "lost": {"name": "l"},
        "many": {"name": "m", "of": ["meals", "medical"], "least": 3},
        "twice": {"name": "t", "of": ["meals", "助餐"], "least": True},
        "odd": {"name": "o", "of": ["meels", "chess"]},
        "meals": {"name": "p", "of": ["medical"]},
        "bare": {"of": ["medical"], "standard": {"profile": "80plus", "metres": 3}},
    },
    "groups": {"people_80": {"standard": {"minutes": 1, "metres": 2, "pace_m_s": 1}}},
}
TOLD = [
    "services.bath.name is", "services.bath: unknown: 'colour'", "services.a b: a key has up to",
    "services.swim is 'yes'", "means meals and feed", "services.run.standard.metres is -1",
    "services.run.standard: unknown: 'speed'", "services.hop.standard: the profile is 'nobody'",
    "services.nil.name_en is 5", "bundles.none.of is empty", "bundles.lost.of is missing",
    "bundles.many.least is 3; write a whole number from 1 to 2", "bundles.twice.of names 'meals' twice",
    "bundles.twice.least is True", "bundles.odd.of: 'meels' is no service; write one of meals",
    "bundles.odd.of: 'chess' is no service", "bundles.meals: a service is called so",
    "bundles.bare: name is missing", "bundles.bare.standard: profile goes with minutes alone",
    "groups.people_80.standard: of metres, minutes and pace_m_s two make the third",
]  # fmt: skip


def test_what_is_wrong_is_told_all_at_once_in_both_languages():
    with pytest.raises(ValidationError) as err:
        town(APART, **WRONG)
    lines = err.value.problems
    for told in TOLD:
        assert any(f"study: {told}" in line or told in line for line in lines), told
    assert all(isinstance(line, Sentence) and line.zh for line in lines)
    assert len(lines) == len(TOLD)


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda a: area.offering(a, "meels"), r"service is 'meels'; write one of meals"),
        (lambda a: area.offering(a, "${x}"), r"service is '\$\{x\}'; write one of"),
        (lambda a: area.bundled(a, "both"), r"bundle is 'both'; the area has none"),
    ],
)
def test_nobody_knows_such_a_service(ask, told):
    with pytest.raises(ValidationError, match=told):
        ask(town(APART))


def test_a_service_of_the_areas_own_is_found_by_its_spellings():
    own = {"bath": {"name": "助浴", "name_en": "bathing", "spellings": ["洗澡"]}}
    study = town([(150, "洗澡;meals"), (350, "助浴"), (850, "chess")], services=own)
    assert study.facilities["services"].tolist() == [("bath", "meals"), ("bath",), ("chess",)]
    assert area.offered_in(study) == ["meals", "bath", "chess"]
    step = scenario.parse({"name": "s", "step": [{"equip": "C2", "services": ["洗澡"]}]})
    assert scenario.apply(study, step).facilities.loc["C2", "services"] == ("bath",)
    assert "'bathing'" in area.offering(study, "助浴").notes[-1]["en"]


HOSTILE = "<b>{{7*7}}${1}"


def test_the_commands_count_services_and_bundles(hexi_copy, tmp_path):
    """In tables, files and both languages, with names from area.toml as they are written."""
    text = (hexi_copy / "area.toml").read_text(encoding="utf-8")
    own = f'[services.health_post]\nname = "{HOSTILE}"\n[groups.people_80]\nstandard = {{ pace_m_s = 0.94 }}\n'
    (hexi_copy / "area.toml").write_text(text + own, encoding="utf-8")
    at = ("--area", str(hexi_copy), "--cell", "200", "--lang", "zh")
    done = run("check", hexi_copy, "--lang", "en", cwd=tmp_path)
    assert (
        f"bundle with_health: all 4 within reach: meals, medical help, culture and leisure, {HOSTILE}"
        in done.stdout
    )
    done = run("evaluate", *at, "--services", "--out", "s.csv", cwd=tmp_path)
    assert HOSTILE in done.stdout
    frame = pd.read_csv(tmp_path / "s.csv")
    assert len(frame) == 14 * 6
    done = run(
        "evaluate",
        *at,
        "--service",
        "health_post",
        "--format",
        "json",
        "--by",
        "district",
        cwd=tmp_path,
    )
    record = json.loads(done.stdout)
    assert record["centres"] == 20
    of_post = frame[frame["service"] == "health_post"]["uncovered_people_60"].sum()
    assert record["district"]["uncovered_people_60"] == pytest.approx(of_post, abs=0.05)
    done = run(
        "evaluate", *at, "--by", "group", "--bundle", "with_health", "--out", "g.xlsx", cwd=tmp_path
    )
    assert "846 米，0.94 米/秒" in done.stdout
    assert "4 项均可达" in done.stdout
    done = run("gaps", *at, "--bundle", "with_health", "--format", "json", cwd=tmp_path)
    assert sum(zone["people_60"] for zone in json.loads(done.stdout)["zones"]) == pytest.approx(
        of_post, abs=1
    )
    done = refused(
        "evaluate",
        *at,
        "--services",
        "--by",
        "group",
        "--service",
        "x",
        "--bundle",
        "y",
        cwd=tmp_path,
    )
    for line in (
        "--service 和 --bundle 是两个问题",
        "--services 只与 --by street 或 district 同用",
    ):
        assert line in done
    done = run(
        "whatif", *at, "--bundle", "with_health", "--close-each", "--out", "l.csv", cwd=tmp_path
    )
    assert len(pd.read_csv(tmp_path / "l.csv")) == 45
    done = run(
        "site",
        *at,
        "--bundle",
        "with_health",
        "--new",
        "1",
        "--scenario",
        "n.toml",
        "--spacing",
        "800",
        cwd=tmp_path,
    )
    assert "新中心按提供以下服务计" in done.stdout
    assert ";health_post" in (tmp_path / "n.toml").read_text(encoding="utf-8")
    done = run("whatif", *at, "--bundle", "with_health", "n.toml", "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["district"]["gained_people_60"] > 0
    done = run("map", *at, "--services", "--out", "m.html", cwd=tmp_path)
    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "<b>{{" not in page
    assert "carecircles.draw.missing(" in page


@pytest.fixture(scope="module")
def towns_page(hexi, tmp_path_factory):
    """The live page of Hexi, where health posts may be 900 m away and one centre bathes, by a hostile name."""
    own, problems = services.declared({
        "health_post": {"standard": {"metres": 900}}, "bath": {"name": HOSTILE},
    })  # fmt: skip
    assert problems == []
    offered = [
        (*words, *(("bath",) if n == 7 else ()))
        for n, words in enumerate(hexi.facilities["services"])
    ]
    study = dataclasses.replace(
        hexi, services=own, facilities=hexi.facilities.assign(services=offered)
    )
    path = tmp_path_factory.mktemp("live") / "live.html"
    made = planned(study)
    maps.whatif_map(made).save(path)
    return made, path


def test_the_live_page_counts_one_service_as_the_command_does(browser, towns_page):
    """Figures of every service, group and street to the person, after a centre is added and one closed too."""
    whole, path = towns_page
    live = Live(browser, path)
    choice = live.page.get_by_label("Service", exact=True)
    assert choice.locator("option").all_text_contents() == [
        "all centres", "meals", "medical help", "culture and leisure", "health post", HOSTILE,
    ]  # fmt: skip
    for text in (
        "",
        '[[step]]\nclose = "H01"\n[[step]]\nopen = "N1"\nlon = 117.22\nlat = 39.05\nservices = ["bath", "health_post"]\n',
    ):
        made = scenario.parse({"name": "s", "step": []}) if not text else None
        if text:
            text = f'name = "s"\n{text}'
            assert live.load(text), live.problems()
            made = scenario.parse(tomllib.loads(text))
        for key in ("health_post", "bath", "meals", ""):
            choice.select_option(key)
            before = (
                whole
                if not key
                else plan.evaluate(area.offering(whole.area, key), whole.cells, base=whole)
            )
            after = before
            if text:
                after = plan.carry_out(whole, made, service=key or None)
            for group in ("people_60", "people_80"):
                streets = comparison.by_street(before.cells, after.cells)
                coverage = evaluation.by_street(after.cells)
                shown = live.figures(group)
                for figure, told in (
                    ("gained", streets[f"gained_{group}"]), ("lost", streets[f"lost_{group}"]),
                    ("covered", coverage[group] - coverage[f"uncovered_{group}"]),
                ):  # fmt: skip
                    np.testing.assert_allclose(
                        [row[figure] for row in shown["streets"]], told, atol=1e-6
                    )
            held = 900 if key == "health_post" else 700
            assert live.ask("carecircles.page.grid.data.standard.metres") == held
            assert live.page.locator("input.cc-metres").is_disabled() == (key == "health_post")
    live.page.close()


def test_a_centre_added_for_a_service_offers_it(browser, towns_page):
    """What the page saves is counted by the command with --service as the page counts it."""
    whole, path = towns_page
    live = Live(browser, path)
    live.page.get_by_label("Service", exact=True).select_option("bath")
    live.ask("() => carecircles.page.live.add({ lat: 39.06, lng: 117.23 })")
    text = live.toml()
    assert 'services = ["bath"]' in text
    after = plan.carry_out(whole, scenario.parse(tomllib.loads(text)), service="bath")
    expected = after.cells["people_60"][after.cells["covered"]].sum()
    assert live.figures()["area"]["covered"] == pytest.approx(expected, abs=1e-6)
    assert live.page.locator(".cc-uncounted").count() == 44
    live.page.close()


def test_a_page_of_what_is_missing_names_it(browser, hexi, tmp_path):
    """At the middle of a cell the page names the services that Python says are missing there."""
    made = plan.of_all_services(planned(hexi, cell=100))
    maps.coverage_map(made).save(tmp_path / "m.html")
    opened = Opened(
        browser, tmp_path / "m.html", ready="carecircles.page.map.carecirclesGrid?.shade"
    )
    lacking = provision.missing({key: part.cells for key, part in made.parts.items()})
    for some in (lacking[lacking.sum(axis=1) == n].index[5] for n in (0, 1, 4)):
        cell = made.cells.loc[some]
        at = gpd.GeoSeries.from_xy([cell["x"]], [cell["y"]], crs=hexi.crs).to_crs(4326)[0]
        told = opened.ask(
            "([lat, lng]) => carecircles.page.map.carecirclesGrid.facts(L.latLng(lat, lng)).textContent",
            [at.y, at.x],
        )
        names = [
            services.name_of(k, hexi.services)["en"] for k in lacking.columns[lacking.loc[some]]
        ]
        assert f"Missing{', '.join(names) or '–'}Within reach" in told
    opened.page.close()
    with pytest.raises(ValidationError, match="one service at a time, not a bundle"):
        maps.whatif_map(made)
