"""A plan whose cost table is in minutes: every table, file and page says minutes where it says how far."""

import functools
import re

import openpyxl
import pandas as pd
import pytest

from carecircles import (
    comparison,
    gaps,
    grid,
    io,
    maps,
    plan,
    reach,
    report,
    scenario,
    siting,
    words,
)
from tests.test_browser import Opened
from tests.test_plan import round_blocks


def minutes_of(demand, facilities, *, cutoff):
    """Walks along streets at the pace of the standard: 700 m in 15 minutes."""
    metres = round_blocks(demand, facilities, cutoff=cutoff * 700 / 15)
    return reach.CostTable(metres.table * 15 / 700, cutoff, unit="min")


@pytest.fixture(scope="module")
def walked(hexi):
    """Hexi along streets, in metres."""
    demand = grid.make_demand(hexi.streets, hexi.population, cell=100)
    return plan.evaluate(hexi, demand, reach=round_blocks)


@pytest.fixture(scope="module")
def timed(walked):
    """The same walks in minutes."""
    return plan.evaluate(walked.area, walked.cells, reach=minutes_of)


LESS = scenario.parse({"name": "One less", "step": [{"close": "H12"}]})


@pytest.fixture(scope="module")
def change(timed):
    """One centre less, in minutes."""
    return comparison.compare(timed, plan.carry_out(timed, LESS))


def test_a_table_in_minutes_covers_up_to_the_minutes_of_the_standard(walked, timed):
    table = minutes_of(walked.cells, walked.area.facilities, cutoff=40)
    own = functools.partial(reach.looked_up, table=table)
    for one in (timed, plan.evaluate(walked.area, walked.cells, reach=own)):
        assert (one.cost.unit, one.cost.cutoff) == ("min", 15)
        pd.testing.assert_series_equal(one.cells["depth"], walked.cells["depth"])
    minutes = report.coverage_frame(timed)["mean_distance_min"]
    metres = report.coverage_frame(walked)["mean_distance_m"]
    assert minutes.to_list() == pytest.approx((metres * 15 / 700).to_list(), abs=0.06)
    ten = scenario.parse({"name": "s", "step": [{"standard": "everyone", "minutes": 10}]})
    assert plan.carry_out(timed, ten).cost.cutoff == 10


@pytest.mark.parametrize(("lang", "said"), [("en", "min"), ("zh", "分钟")])
def test_headings_say_minutes(timed, change, lang, said):
    zones = gaps.uncovered_zones(timed.cells, cutoff=timed.cost.cutoff)
    places = siting.candidates_on_grid(timed.cells, spacing=900)
    best = siting.site(timed, places, goal="distance", new=1)
    for table in (
        report.coverage_table(timed, by="street", lang=lang),
        report.gaps_table(timed, zones, lang=lang),
        report.league_table([change], lang=lang),
        report.siting_table(timed, best, places, lang=lang),
    ):
        heads = {word for column in table.columns for word in column.split()}
        assert said in heads
        assert not {"m", "米"} & heads
    note = words.say(report.siting_notes(timed, best, places)[1], lang)
    assert re.search(rf" \d+\.\d {said}", note)
    after = siting.carry_out(timed, best, places)
    record = report.siting_record(timed, after, best, places)
    assert record["unit"] == "minutes"
    assert record["sites"][0]["mean_distance_min"] == pytest.approx(record["objective"], abs=0.06)


def test_notes_say_minutes(timed, change):
    was, now = (change.district[f"mean_distance_m_{when}"] for when in ("before", "after"))
    nearest, farther = report.distance_lines(change)
    assert nearest == {
        "en": f"Mean distance to the nearest centre: {was:.1f} min before, {now:.1f} min after",
        "zh": f"到最近中心平均距离：原 {was:.1f} 分钟，现 {now:.1f} 分钟",
    }
    assert re.search(r"farther away, by \d+\.\d min on", farther["en"])
    assert report.standard_note(timed) == {
        "en": "15 min by a cost table of one's own, the limit included",
        "zh": "按自备的距离表 15 分钟，含界限",
    }
    told = [line["value"] for line in report.summary(timed)]
    assert {"en": f"{was:.1f} min", "zh": f"{was:.1f} 分钟"} in told
    assert "; 15 min by a cost table" in timed._repr_html_()


def test_a_workbook_says_minutes(timed, tmp_path):
    frame = report.coverage_frame(timed)
    io.write_results({tmp_path / "a.xlsx": lambda: report.workbook(frame)})
    table, explained = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    head = [cell.value for cell in table[1]]
    at = head.index("Mean distance, min") + 1
    assert table.cell(2, at).number_format == "#,##0.0"
    assert "90 % live within, min" in head
    units = {row[3].value: row[1].value for row in explained.iter_rows(min_row=2)}
    assert units["mean_distance_min"] == "minutes"
    assert "mean_distance_m" not in units


def test_metres_and_minutes_are_never_taken_from_each_other(walked, timed):
    """A circle or a walk in metres against one in minutes: who is covered is known, who is nearer is not."""
    mixed = comparison.compare(walked, timed)
    assert mixed.cells["distance_change_m"].isna().all()
    assert mixed.district[["nearer_people_60", "mean_farther_people_m"]].isna().all()
    assert mixed.district["lost_people_60"] == 0
    record = report.change_record(mixed)["district"]
    assert record["mean_distance_m_before"] > 15 * record["mean_distance_min_after"]
    assert len(report.distance_lines(mixed)) == 1
    league = report.league_table([mixed], lang="en")
    assert league[["mean of all, m", "mean of all, min"]].map(
        lambda told: told == "–"
    ).to_numpy().tolist() == [
        [False, True],
        [True, False],
    ]


def test_the_page_says_minutes(browser, timed, change, tmp_path):
    maps.coverage_map(timed).save(tmp_path / "map.html")
    opened = Opened(browser, tmp_path / "map.html")
    layers = "Object.values(carecircles.page.map._layers)"
    zone, street, shown = (
        opened.ask(script)
        for script in (
            f"{layers}.filter(l => l.options.className === 'cc-zone')[0].getTooltip()._content().innerText",
            "carecircles.draw.streets(STREETS).getLayers()[0].getTooltip()._content().innerText".replace(
                "STREETS", maps.street_layer(timed).json
            ),
            "document.querySelector('.cc-figures').innerText",
        )
    )
    for text in (zone, street, shown):
        assert re.search(r"Mean distance[\w ]*\s*\d+\.\d min", text), text
        assert not re.search(r"\d m\b", text), text
    assert re.search(r"Too far by\s*\d+\.\d min", zone)
    opened.ask("carecircles.words.setLanguage('zh')")
    assert re.search(r"\d+\.\d 分钟", opened.ask("document.querySelector('.cc-figures').innerText"))
    opened.shot("in-minutes")
    opened.assert_quiet()
    opened.page.close()
    maps.change_map(change).save(tmp_path / "change.html")
    opened = Opened(browser, tmp_path / "change.html")
    centre = timed.area.facilities.to_crs(4326).geometry["H12"]
    said = opened.ask(
        "place => carecircles.page.grid.facts(place).innerText", {"lng": centre.x, "lat": centre.y}
    )
    assert len(re.findall(r", \d+\.\d min", said)) == 2
    assert "min after" in opened.ask("document.querySelector('.cc-notes').innerText")
    opened.page.close()
