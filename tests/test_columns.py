"""The columns of all tables: what they are called, what they say, and how their figures are written."""

import dataclasses

import openpyxl
import pandas as pd
import pytest

from carecircles import comparison, datasets, gaps, grid, io, marginal, plan, report, siting
from carecircles.people import GROUPS, Group
from carecircles.report.columns import (
    COLUMNS,
    UNITS,
    figure,
    headings,
    label_of,
    panel,
    rounded,
    show,
)
from tests.test_cli import run

SIXTY = next(group for group in GROUPS if group.column == "people_60")
FORMATS = {"count", "share", "signed", "area", "tenths"}  # those of web/kit.js


@pytest.fixture(scope="module")
def asis():
    """The template, evaluated: three streets of invented data, small enough to be quick."""
    area = datasets.load("template")
    return plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))


@pytest.fixture(scope="module")
def change(asis):
    """The template without its first centre."""
    fewer = dataclasses.replace(asis.area, facilities=asis.area.facilities.iloc[1:])
    return comparison.compare(asis, plan.evaluate(fewer, asis.cells))


@pytest.fixture(scope="module")
def every_frame(asis, change):
    """Each kind of table that is written to a file."""
    zones = gaps.uncovered_zones(asis.cells, cutoff=asis.cost.cutoff)
    places = siting.candidates_in_gaps(asis, spacing=300)
    places["price"] = 80.0
    cost = siting.cost_for("distance", asis, places)
    rules = siting.Rules(required=asis.area.facilities.index, candidates=places.index)
    sited = siting.minimize_cost(asis.cells, cost, new=1, weight="people_60", rules=rules)
    [sited] = siting.with_gross(asis, places, "people_60", sited)
    return {
        "coverage": report.coverage_frame(asis),
        "zones": report.gaps_frame(asis, zones),
        "parts": report.parts_frame(asis.area, gaps.by_street(asis.cells)),
        "change": report.change_frame(change),
        "league": report.league_frame([change]),
        "closings": report.losses_frame(asis, marginal.close_each(asis)),
        "openings": report.gains_frame(asis, marginal.open_everywhere(asis)),
        "sites": report.siting_frame(asis, sited, places),
    }


def test_an_unknown_column_is_a_keyerror_and_not_people():
    for name in (
        "atkinson",
        "probability",
        "covered_share",
        "people_60_share",
        "covered_gini_share",
    ):
        with pytest.raises(KeyError, match="add a row"):
            show(name, 0.31)
        with pytest.raises(KeyError, match=name):
            rounded(pd.DataFrame({name: [0.95]}))
        with pytest.raises(KeyError, match=name):
            headings([name], SIXTY)
        with pytest.raises(KeyError, match=name):
            report.workbook(pd.DataFrame({name: [0.95]}, index=pd.Index(["A"], name="code")))


def test_figures_are_written_by_their_unit():
    assert figure("share", 0.95) == show("covered_people_60_share", 0.95) == "95.0 %"
    assert figure("share", 0.31) == "31.0 %"
    assert show("gained_people_60", 1234.5678) == "1,235"
    assert show("net_people_60", 12.0) == "+12"
    assert show("net_people_60", -0.0004) == "0"
    assert show("net_km2", -0.004) == "0.00"
    assert show("lon", 117.25) == "117.2500000"
    assert show("mean_distance_m_after", float("nan")) == "–"
    frame = pd.DataFrame(
        {"covered_people_share": [1 / 3], "mean_distance_m": [1 / 3], "people": [1 / 3]}
    )
    assert rounded(frame).iloc[0].tolist() == [0.333333, 0.3, 0.333]


def test_a_group_of_the_areas_own_has_all_columns_about_people():
    alone = Group(
        "people_living_alone", {"en": "living alone", "zh": "独居"}, is_beside=True, is_own=True
    )
    made = headings(["{g}", "gained_{g}", "covered_{own}_share"], alone, [alone])
    assert {name: label["en"] for name, label in made.items()} == {
        "people_living_alone": "living alone",
        "gained_people_living_alone": "gained",
        "covered_people_living_alone_share": "living alone covered",
    }
    assert label_of("mean_nearer_people_living_alone_m", [alone])["zh"] == "独居平均变近 m"
    assert panel(["street_name", "net_{g}"], alone, keys=["net"])[1] == {
        "key": "net",
        "label": {"en": "net", "zh": "净变化"},
        "format": "signed",
    }
    assert label_of("gained_people_disabled", [alone])["en"] == "disabled gained"  # nobody named it


def test_every_row_says_all_there_is_to_say_in_both_languages():
    for name, column in COLUMNS.items():
        assert column.unit in {*UNITS, "{u}"}, name
        for text in column[1:]:
            assert set(text) == {"en", "zh"}, name
            assert all(text.values()), name
        is_of_people = "{g}" in name
        assert all(("{}" in words) is is_of_people for words in column.about.values()), name
        assert all(("{}" in words) is is_of_people for words in column.label.values()), name
    assert {unit.panel for unit in UNITS.values()} <= {*FORMATS, ""}


def test_every_column_of_every_file_has_a_row_and_a_label_of_its_own(every_frame):
    for name, frame in every_frame.items():
        for lang in report.LANGUAGES:
            table, explained = report.workbook(frame, lang=lang)
            labels = list(table.table.columns)
            assert len(set(labels)) == len(labels), name
            assert explained.table.iloc[:, 0].tolist() == labels
            assert "assumed" in explained.table.iloc[:, 3].tolist() or name == "parts"


@pytest.mark.parametrize(
    ("lang", "heads", "sheets"),
    [
        ("en", ["Street code", "Name (Chinese)", "60+", "60+ covered"], ["Table", "Columns"]),
        ("zh", ["街道代码", "名称", "60岁及以上", "60岁及以上覆盖率"], ["数据", "栏目说明"]),
    ],
)
def test_a_workbook_is_for_people(tmp_path, lang, heads, sheets):
    for path in ("a.xlsx", "b.xlsx"):
        run("evaluate", "--lang", lang, "--cell", 100, "--out", path, cwd=tmp_path)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == sheets
    table, explained = book.worksheets
    head = [cell.value for cell in table[1]]
    assert set(heads) <= set(head)
    assert table.freeze_panes == "B2"
    assert all(cell.font.bold and cell.alignment.wrap_text for cell in table[1])
    share = table.cell(2, head.index(heads[3]) + 1)
    assert (share.number_format, share.value) == ("0.0%", 1)  # Dayingmen is covered whole
    assert table.cell(2, head.index(heads[2]) + 1).number_format == "#,##0"
    width = table.column_dimensions[openpyxl.utils.get_column_letter(2)].width
    assert width >= 2 * len("陈塘庄街道")  # no name is cut off
    rows = {row[0].value: row for row in explained.iter_rows(min_row=2)}
    assert list(rows) == head
    assert [cell.value for cell in rows[heads[3]]][1::2] == ["%", "covered_people_60_share"]


def test_the_district_follows_its_streets_in_csv_and_excel_marked(tmp_path):
    for path in ("a.csv", "a.xlsx", "a.geojson"):
        run("evaluate", "--cell", 100, "--out", path, cwd=tmp_path)
    table = pd.read_csv(tmp_path / "a.csv", dtype={"code": str})
    district, streets = table.iloc[-1], table.iloc[:-1]
    assert (district["code"], district["name"]) == ("district", "河西区")
    assert "district" not in streets["code"].tolist()
    assert district["people_60"] == pytest.approx(streets["people_60"].sum())
    assert district["uncovered_people_60"] == pytest.approx(streets["uncovered_people_60"].sum())
    covered = (streets["covered_people_60_share"] * streets["people_60"]).sum()
    assert district["covered_people_60_share"] == pytest.approx(
        covered / streets["people_60"].sum(), abs=1e-6
    )
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert [cell.value for cell in sheet["A"]][-2:] == ["120103014", "district"]
    assert [cell.font.bold for cell in sheet["B"]][-2:] == [False, True]
    assert "district" not in (tmp_path / "a.geojson").read_text(encoding="utf-8")
    alone = run(
        "evaluate", "--cell", 100, "--by", "district", "--format", "csv", cwd=tmp_path
    ).stdout
    assert [line.split(",")[0] for line in alone.splitlines()] == ["code", "district"]
    printed = run("whatif", "ten-minutes", "--cell", 100, "--format", "csv", cwd=tmp_path).stdout
    assert printed.splitlines()[-1].startswith("district,河西区,Hexi District,")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a-zh.xlsx"])
def test_our_own_tables_are_read_again_without_their_total(hexi, tmp_path, name):
    lang = "zh" if "zh" in name else "en"
    run("evaluate", "--cell", 100, "--lang", lang, "--out", name, cwd=tmp_path)
    people = io.read_population(tmp_path / name)
    assert people["people_60"].sum() == pytest.approx(hexi.population["people_60"].sum(), abs=0.1)
    assert people["people"].sum() == pytest.approx(hexi.population["people"].sum(), abs=0.1)
    assert people.index.tolist() == hexi.streets.index.tolist()
    assert "row 16 is a total and left out" in io.taken(people)[0]["en"]


@pytest.mark.parametrize("name", ["s.csv", "s.xlsx", "s-zh.xlsx"])
def test_our_own_sites_are_read_again_as_candidates(hexi, tmp_path, name):
    (tmp_path / "places.csv").write_text(
        "id,name,lon,lat,cost\nA,甲,117.24063,39.06885,60\nB,乙,117.25221,39.07603,40\n",
        encoding="utf-8",
    )
    lang = "zh" if "zh" in name else "en"
    run("site", "--budget", 100, "--candidates", "places.csv", "--lang", lang, "--out", name,
        cwd=tmp_path)  # fmt: skip
    places = io.read_centres(tmp_path / name, crs=hexi.crs)
    assert sorted(places.index) == ["A", "B"]
    assert places["name"].to_dict() == {"A": "甲", "B": "乙"}
    assert places["price"].to_dict() == {"A": 60, "B": 40}


def test_a_column_is_as_wide_as_its_figures_and_an_empty_table_is_written(every_frame, tmp_path):
    io.write_results({tmp_path / "a.xlsx": lambda: report.workbook(every_frame["league"])})
    table = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    head = [cell.value for cell in table[1]]
    at = head.index("60+, net")
    assert table.cell(3, at + 1).number_format.startswith("+#,##0;")
    letter = openpyxl.utils.get_column_letter(head.index("Area, net, km²") + 1)
    assert table.column_dimensions[letter].width < 15
    io.write_frame(pd.DataFrame({"": []}), tmp_path / "b.xlsx")
    empty = report.workbook(every_frame["coverage"].iloc[:0], lang="zh")
    io.write_results({tmp_path / "c.xlsx": lambda: empty})
    assert openpyxl.load_workbook(tmp_path / "c.xlsx").worksheets[0].max_row == 1
