"""Coverage over time: days, openings and closings on paper, charts by what is drawn in them, the page by its slider."""

import datetime
import json
import re

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from carecircles import charts, equity, evaluation, maps, plan, report, scenario, timeline
from carecircles.area import Standard, area_on, in_year, study
from carecircles.errors import ValidationError
from tests.conftest import CRS, planned
from tests.test_browser import Opened
from tests.test_cli import refused, run
from tests.test_maps import HOSTILE

DAY = datetime.date


def town(people=None, **columns):
    """A street of ten cells of 100 m with 10 people 60+ in each; three centres reach 1, 3 and 5 cells of it."""
    street = shapely.box(500_000, 4_300_000, 501_000, 4_300_100)
    at = [shapely.Point(500_000 + x, 4_300_050) for x in (-150, 150, 750)]
    told = {
        "id": ["A", "B", "C"],
        "name": ["Old", "New", HOSTILE[0]],
        "opened": [None, "2022-07", "2020"],
        "closed": [None, None, "2023-03"],
    }
    if people is None:
        people = pd.DataFrame({"street": ["West"], "people_60": [100]})
    return study(
        streets=gpd.GeoDataFrame({"name": ["West"]}, geometry=[street], crs=CRS),
        population=people,
        centres=gpd.GeoDataFrame({**told, **columns}, geometry=at, crs=CRS),
        crs=CRS,
        datum="wgs84",
        standard=Standard(210, 5),
    )


def covered(told):
    """People covered by day."""
    found = timeline.coverage(told)
    return (found["people_60"] - found["uncovered_people_60"]).round(6).to_dict()


def test_days_are_the_last_ones():
    days = timeline.days_between(DAY(2023, 12, 31), DAY(2024, 2, 1), every="month")
    assert days == [DAY(2023, 12, 31), DAY(2024, 1, 31), DAY(2024, 2, 29)]
    assert timeline.days_between(DAY(2024, 5, 1), DAY(2024, 5, 1), every="year") == [
        DAY(2024, 12, 31)
    ]
    with pytest.raises(ValidationError, match="--to 2020-01-01 is before --from 2024-05-01"):
        timeline.days_between(DAY(2024, 5, 1), DAY(2020, 1, 1), every="year")
    with pytest.raises(ValidationError, match="there are 1212 months, and the most are 600"):
        timeline.days_between(DAY(1999, 12, 31), DAY(2100, 11, 1), every="month")


def test_openings_and_closings_on_paper():
    """A reaches the first cell all the time, B three from July 2022 on, C five from 2020 until March 2023."""
    area = town()
    assert timeline.turns_of(area) == [DAY(2020, 12, 31), DAY(2022, 7, 31), DAY(2023, 3, 1)]
    asis = planned(area, cell=100)
    told = timeline.timeline_of(asis, timeline.span_of(area, every="year"))
    assert covered(told) == {
        "2019-12-31": 10, "2020-12-31": 60, "2021-12-31": 60, "2022-12-31": 90, "2023-12-31": 40,
    }  # fmt: skip
    happened = timeline.events(told)
    assert happened["opened"].tolist() == [(), ("C",), (), ("B",), ()]
    assert happened["closed"].tolist() == [(), (), (), (), ("C",)]
    monthly = timeline.timeline_of(
        asis, timeline.days_between(DAY(2022, 6, 1), DAY(2023, 3, 1), every="month"), every="month"
    )
    counts = list(covered(monthly).values())
    assert counts == [60] + [90] * 8 + [40]  # July counts B, February still C, March no more
    assert len({id(then.cells) for then in monthly.plans}) == 3  # nothing is measured twice
    notes = [note["en"] for note in monthly.plans[0].area.notes]
    assert notes == [
        "1 of 3 centres have no opening date and are counted as open all the time, until they close if that "
        "has a date."
    ]


def test_each_day_is_the_plan_of_that_day(hexi, hexi_plan):
    """By `area_on` and `scenario.apply` of each day, evaluated anew."""
    told = {"name": "Steps", "step": [
        {"open": "N1", "street": "太湖路", "date": "2025", "until": "2027-06"},
        {"close": "H40", "date": "2024-01-01", "until": "2025-06-01"},
        {"move": "H12", "lon": 117.23, "lat": 39.07, "date": "2026-05"},
    ]}  # fmt: skip
    steps = scenario.parse(told)
    days = timeline.days_between(DAY(2023, 1, 1), DAY(2028, 1, 1), every="year")
    found = timeline.timeline_of(hexi_plan, days, steps=steps)
    for day, then in zip(days, found.plans, strict=True):
        anew = area_on(scenario.apply(hexi, scenario.parse({**told, "as_of": str(day)})), day)
        assert set(then.area.facilities.index) == set(anew.facilities.index)
        cells = planned(
            anew, hexi_plan.cells[["row", "col", "x", "y", "street", "area_m2", "people_60"]]
        )
        assert (then.cells["covered"] == cells.cells["covered"]).all(), day
    happened = timeline.events(found)
    assert happened.loc["2025-12-31"].tolist() == [("H40", "N1"), (), ()] or set(
        happened.loc["2025-12-31", "opened"]
    ) == {"H40", "N1"}
    assert happened.loc["2026-12-31", "moved"] == ("H12",)
    assert happened.loc["2027-12-31", "closed"] == ("N1",)


def test_people_are_those_of_the_year():
    """100 in 2020 and 200 in 2030 lie on a straight line between; before and after they stay."""
    people = pd.DataFrame({"street": ["West"] * 2, "year": [2020, 2030], "people_60": [100, 200]})
    area = town(people)
    days = timeline.days_between(DAY(2018, 1, 1), DAY(2032, 1, 1), every="year")
    told = timeline.timeline_of(planned(area, cell=100), days)
    counts = timeline.coverage(told)["people_60"].round(6)
    expected = {2018: 100, 2020: 100, 2021: 110, 2025: 150, 2030: 200, 2032: 200}
    assert {year: counts[f"{year}-12-31"] for year in expected} == expected
    assert covered(told)["2025-12-31"] == pytest.approx(60)  # 4 of 10 cells, 15 people each
    assert timeline.span_of(area, every="year")[-1] == DAY(2030, 12, 31)
    assert "after 2030 those of 2030" in told.notes[-1]["en"]
    by_hand = evaluation.of_district(
        plan.of_year(planned(in_year(area, 2020), cell=100), 2025).cells
    )["people_60"]
    assert by_hand == pytest.approx(counts["2025-12-31"])


def test_nothing_has_a_date():
    area = town(opened=[None] * 3, closed=[None] * 3)
    with pytest.raises(ValidationError, match="nothing has a date: no centre has opened or closed"):
        timeline.span_of(area, every="year")


def test_dates_that_cannot_be_are_told_at_once():
    with pytest.raises(ValidationError) as raised:
        town(opened=["2024", "soon", "31.12.2020"], closed=["2023-03", None, "never"])
    said = str(raised.value)
    assert "closed is before opened; correct one of the two" in said
    assert "opened is not a date; write it such as 2022-07-15, 2022-07 or 2022" in said
    assert "closed is not a date" in said


@pytest.fixture
def figure(monkeypatch):
    """The figure that is drawn, to look into."""
    from matplotlib.figure import Figure

    kept, save = [], Figure.savefig

    def keep(self, *arguments, **options):
        kept.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return kept


def test_the_lorenz_curve_is_drawn_as_it_is(figure):
    asis = planned(town(), cell=100)
    drawn = charts.lorenz_chart(asis, suffix=".svg")
    curve = 100 * equity.lorenz(asis.cells, "people_60")
    line = figure[0].axes[0].lines[1].get_xydata()
    assert line == pytest.approx(curve.to_numpy())
    assert drawn.content.startswith(b"<?xml")
    assert charts.lorenz_chart(asis, suffix=".svg").content == drawn.content  # the same bytes again
    with pytest.raises(ValueError, match="expected one of"):
        charts.lorenz_chart(asis, suffix=".pdf")


def test_the_chart_of_days_shows_their_figures(figure):
    """With a name that would be a formula and a program; the text stays as it is written."""
    area = town(name=["Old", r"$\frac{1}{0}$", HOSTILE[0]])
    told = timeline.timeline_of(planned(area, cell=100), timeline.span_of(area, every="year"))
    drawn = charts.timeline_chart([told], suffix=".svg")
    upper, lower = figure[0].axes
    assert upper.lines[0].get_ydata().tolist() == pytest.approx([10, 60, 60, 90, 40])
    assert lower.lines[0].get_ydata().tolist() == pytest.approx([10, 60, 60, 90, 40])
    texts = [text.get_text() for text in upper.texts]
    assert r"+ $\frac{1}{0}$" in texts
    assert not re.search(rb"<script|<text|onload|href=\"http", drawn.content)
    assert charts.timeline_chart([told]).content[1:4] == b"PNG"


def test_without_a_chinese_font_a_chart_is_in_english(monkeypatch, figure):
    asis = planned(town(), cell=100)
    if charts.font_for("人口") is not None:
        assert charts.lorenz_chart(asis, lang="zh").notes == ()
        assert "人口" in figure[-1].axes[0].get_xlabel()
    monkeypatch.setattr(charts, "font_for", lambda _: None)
    drawn = charts.lorenz_chart(asis, lang="zh")
    assert drawn.notes == (charts.NO_FONT,)
    assert "people" in figure[-1].axes[0].get_xlabel()


def test_without_matplotlib_it_is_said_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    said = refused("equity", "--chart", "x.svg", "--cell", 200, "--lang", "en", cwd=tmp_path)
    assert "pip install 'carecircles[charts]'" in said


def test_the_command_tells_day_by_day(tmp_path):
    call = ["timeline", "until-2030", "--cell", 200, "--every", "month", "--from", "2022-06"]
    call += ["--to", "2023-12", "--chart", "chart.svg", "--out", "days.csv"]
    done = run(*call, "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    asis, until = record["plans"]
    assert [len(one["days"]) for one in (asis, until)] == [19, 19]
    days = {day["day"]: day for day in until["days"]}
    assert [days[d]["centres"] for d in ("2022-06-30", "2022-07-31", "2023-11-30", "2023-12-31")] == [
        44, 45, 45, 46,
    ]  # fmt: skip
    assert days["2022-07-31"]["opened"] == "H34"
    assert any(
        "demonstration care institutions of 2023 are not counted" in n for n in record["notes"]
    )
    table = pd.read_csv(tmp_path / "days.csv")
    assert table["covered_people_60"].tolist() == [
        day["covered_people_60"] for one in (asis, until) for day in one["days"]
    ]
    assert (tmp_path / "chart.svg").read_bytes().startswith(b"<?xml")
    done = run(*call[:-4], "--lang", "zh", "--by", "street", "--out", "s.xlsx", cwd=tmp_path)
    assert "共 19 个月，其中 16 个月没有变化" in done.stdout.replace("\n", "")
    sheet = pd.read_excel(tmp_path / "s.xlsx")
    assert len(sheet) == 2 * 19 * 14


def test_what_the_command_cannot_do_is_said(tmp_path):
    said = refused(
        "timeline", "taoyuan-2023", "until-2030", "--from", "soon", "--to", "2023-13", "--as-of", "2024-01-01",
        "--year", "2024", "--service", "meals", "--map", "x.html", "--chart", "x.pdf", "--out", "x.gpkg", "--lang", "en", cwd=tmp_path,
    )  # fmt: skip
    for expected in (
        "--as-of does not go with timeline",
        "--year does not go with timeline",
        "--service does not go with timeline: since when a centre offers a service is not known.",
        "--from is 'soon', which is no date; write it such as 2022-07-15, 2022-07 or 2022.",
        "--to is '2023-13', which is no date",
        "--map shows one plan over time, and there are 2 scenarios; name one.",
        "--chart: x.pdf has to end in .png, .svg.",
        "--out: x.gpkg has to end in",
    ):
        assert expected in said, said
    said = refused("timeline", "--from", "2024", "--to", "2020", "--lang", "zh", cwd=tmp_path)
    assert "--to 2020-12-31 早于 --from 2024-12-31" in said


def test_the_slider_tells_what_the_command_tells(browser, tmp_path):
    """Every day of the slider: people, covered and not, and which centres are drawn."""
    area = town()
    told = timeline.timeline_of(planned(area, cell=100), timeline.span_of(area, every="year"))
    maps.timeline_map(told).save(tmp_path / "days.html")
    opened = Opened(browser, tmp_path / "days.html")
    page, frame = opened.page, report.timeline_frame([told])
    slider = page.locator(".cc-days input")
    for n, (day, row) in enumerate(frame.iterrows()):
        slider.fill(str(n))
        assert page.locator(".cc-day").inner_text() == day
        cells = page.locator(".cc-days .cc-facts td").all_inner_texts()
        assert cells[0] == f"{row['people_60']:.0f}"
        assert cells[1] == f"{row['covered_people_60']:.0f}"
        assert cells[2] == f"{100 * row['covered_people_60_share']:.1f} %"
        assert cells[3] == f"{row['uncovered_people_60']:.0f}"
        assert page.locator("path.cc-centre").count() == len(told.plans[n].area.facilities)
    page.get_by_role("button", name="Earlier").click()
    assert page.locator(".cc-day").inner_text() == frame.index[-2]
    page.get_by_role("button", name="中文").click()
    assert "覆盖60+人数" in page.locator(".cc-days").inner_text()
    assert opened.complaints == []
    assert opened.dialogs == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:", "blob:"))] == []
