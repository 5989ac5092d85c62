"""Workbooks, tables and encodings as an office sends them."""

import io as bytesio
import zipfile

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carecircles import area, datasets, io, maps
from carecircles.errors import ValidationError
from carecircles.io._encoding import decode
from carecircles.io._formats import read_raw
from carecircles.io.read import sought_in
from carecircles.maps.drawing import centres_of
from tests.conftest import planned
from tests.examples import examples
from tests.test_browser import Opened
from tests.test_cli import refused, run
from tests.test_io import csv, problems_of, read

HEADER = ["编号", "机构名称", "所在街道", "经度", "纬度", "床位数", "联系电话", "面积"]
ROWS = [
    ["A1", "东风中心", "桃园", 117.20, 39.10, 120, "022-1", "700 平方米"],
    ["A2", "人民中心", "桃园", 117.21, 39.09, 80, "022-2", "650"],
]


def book(path, sheets):
    """A workbook of sheets by name, each a list of rows."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def said(frame, lang="en"):
    return "".join(note[lang] for note in io.taken(frame))


@pytest.fixture
def office(tmp_path):
    """
    Twelve of Hexi's centres, and its people, as an office would send them.

    A cover sheet, merged titles, headers in two rows, totals, notes, a hidden row, column and sheet.
    """
    folder = datasets.folder("hexi")
    centres = pd.read_csv(folder / "centres.csv", dtype=str, keep_default_na=False).head(12)
    people = pd.read_csv(folder / "population.csv", dtype=str)
    made = openpyxl.Workbook()
    cover = made.active
    cover.title = "封面"
    cover["B3"], cover["B6"] = "河西区养老服务设施基本情况", "联系电话：022-00000000"
    cover.merge_cells("B3:F3")

    sheet = made.create_sheet("养老机构")
    sheet.append(["河西区养老机构一览表（2024年）"])
    sheet.append(["序号", "机构名称", "所在街道", "坐标", None, "床位数", "服务人数", "开业日期"])
    sheet.append([None, None, None, "经度", "纬度"])
    for cells in ("A1:H1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "F2:F3", "G2:G3", "H2:H3"):
        sheet.merge_cells(cells)
    for n, row in enumerate(centres.itertuples(), start=1):
        beds, opened = (f"{100 + n} 张" if n % 2 else 100 + n), (44757 if n == 4 else "2022年7月")
        served = {1: "约200人", 2: "１，２００"}.get(n, 50)
        sheet.append(
            [n, row.name, row.street, float(row.lon), float(row.lat), beds, served, opened]
        )
    sheet.append(["合计", None, None, None, None, "=SUM(F4:F15)"])
    sheet.append(["注：床位数为核定床位总数。"])
    sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["F"].hidden = True

    sheet = made.create_sheet("人口")
    sheet.append(["河西区各街道人口"])
    sheet.append(["街道", "常住人口", None, "60岁及以上", None])
    sheet.append([None, "合计", "户数", "人数", "占比"])
    sheet.append(["总计", 822_174, None, 230_000])
    for row in people.itertuples():
        sheet.append([row.code, int(row.people), None, f"{int(row.people_60):,}人", 0.2])
    sheet.append([])
    sheet.append(["资料来源：第七次全国人口普查"])

    old = made.create_sheet("旧表")
    old.append(["名称", "经度", "纬度"])
    old.append(["旧", 1, 2])
    old.sheet_state = "hidden"
    made.save(tmp_path / "office.xlsx")
    return tmp_path / "office.xlsx"


# The workbook as an office sends it


def test_the_offices_workbook_is_read_and_said(office):
    centres = read(office)
    assert len(centres) == 12
    assert centres["beds"].tolist() == list(range(101, 113))
    assert centres["capacity"].head(3).tolist() == [200, 1200, 50]
    assert centres["opened"].iloc[3] == pd.Timestamp("2022-07-15")  # 44757 in a spreadsheet
    assert centres["row"].tolist() == list(range(4, 16))
    for part in (
        "office.xlsx#养老机构: sheet '养老机构'; header in rows 2 and 3;",
        "row 16 is a total and left out; row 17 is a note and left out",
        "row 6 is hidden and counted; column '床位数' is hidden and read",
        "sheet '旧表' is hidden and passed over",
        "capacity has a unit or words with it in 1 row ('约200人' is read as 200)",
        "numbers such as 44757 are read as days (2022-07-15)",
    ):
        assert part in said(centres)
    for part in (
        "工作表“养老机构”",
        "表头在第 2、3 行",
        "第 16 行为合计，不计入",
        "“约200人”读作 200",
    ):
        assert part in said(centres, "zh")


def test_people_on_another_sheet_of_the_same_workbook(office, hexi):
    people = io.read_population(office)
    expected = hexi.population
    assert people["people_60"].tolist() == expected["people_60"].tolist()
    assert people["people"].tolist() == expected["people"].tolist()
    assert "row 4 is a total and left out; row 20 is a note and left out" in said(people)
    # 230,176 is the census figure for Hexi, see seeds/facts.toml
    assert "row 4 gives 230,000 as the total of people_60, the rows add up to 230,176" in said(
        people
    )
    assert "total of people," not in said(people)  # 822,174 is right


def test_check_tells_of_every_sheet_that_holds_data(office):
    done = run("check", office.name, cwd=office.parent)
    assert done.returncode == 0, done.stderr
    assert "office.xlsx#养老机构: centres, Excel, 12 rows" in done.stdout
    assert "office.xlsx#人口: population, Excel, 14 rows" in done.stdout
    assert "header in rows 2 and 3" in done.stdout


def test_evaluate_says_what_was_taken_of_a_sheet(office):
    named = f"{office.name}#养老机构"
    done = run("evaluate", "--centres", named, "--lang", "zh", cwd=office.parent)
    assert done.returncode == 0, done.stderr
    assert "表头在第2、3行" in "".join(done.stdout.split())
    assert "is an input of this run" in refused(
        "evaluate", "--centres", named, "--out", office.name, cwd=office.parent
    )


def test_the_sheets_of_one_workbook_named_in_area_toml(office, hexi_copy):
    for name in ("centres.csv", "population.csv"):
        (hexi_copy / name).unlink()
    (hexi_copy / "office.xlsx").write_bytes(office.read_bytes())
    plan = (hexi_copy / "area.toml").read_text(encoding="utf-8")
    (hexi_copy / "area.toml").write_text(
        plan + '\n[files]\ncentres = "office.xlsx#养老机构"\npopulation = "office.xlsx"\n'
        '[sheet]\npopulation = "人口"\n',
        encoding="utf-8",
    )
    study = area.read_area(hexi_copy)
    assert len(study.facilities) == 12
    assert study.population["people_60"].sum() == 230_176
    assert sum("header in rows 2 and 3" in note["en"] for note in study.notes) == 2
    lines = area.check_file(hexi_copy / "office.xlsx", area=hexi_copy)
    assert [line.split(",")[0] for line in lines[:2]] == [
        "office.xlsx#人口: population",
        "office.xlsx#养老机构: centres",
    ]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ('[files]\nsheet = "x"', 'files.sheet is unknown; write centres = "..." below [sheet]'),
        ('sheet = "x"\n[files]', "sheet is not a table; write it as [sheet]"),
        ("[sheet]\ncentres = 1", "sheet.centres is 1; write the name of a sheet"),
        ('[sheet]\ncentres = "x"', "sheet.centres is 'x', but the file is 'centres.csv'"),
        (
            '[files]\ncentres = "o.xlsx#y"\n[sheet]\ncentres = "x"',
            "sheet.centres is 'x', but the file is 'o.xlsx#y'",
        ),
    ],
)
def test_a_sheet_that_is_named_wrongly_in_area_toml(hexi_copy, plan, expected):
    written = (hexi_copy / "area.toml").read_text(encoding="utf-8")
    head, table, rest = written.partition("[standard]")
    (hexi_copy / "area.toml").write_text(f"{head}{plan}\n{table}{rest}", encoding="utf-8")
    with pytest.raises(ValidationError) as caught:
        area.read_area(hexi_copy)
    assert expected in str(caught.value)


def test_two_sheets_that_fit_are_a_problem_with_the_mend(tmp_path):
    path = book(
        tmp_path / "o.xlsx", {"2023": [HEADER, ROWS[0]], "2024": [HEADER, *ROWS], "说明": [["x"]]}
    )
    expected = (
        "o.xlsx: there are 2 sheets of centres in it ('2023', '2024'); name the one that is meant: "
        'o.xlsx#2023 on the command line, or centres = "2023" below [sheet] in area.toml.'
    )
    assert problems_of(path) == (expected,)
    assert len(read(f"{path}#2024")) == 2
    assert (
        "there is no sheet '2025' in it; it has '2023', '2024', '说明'"
        in (problems_of(f"{path}#2025")[0])
    )
    renamed = book(tmp_path / "p.xlsx", {"2023": [HEADER, *ROWS], "centres": [HEADER, ROWS[0]]})
    assert len(read(renamed)) == 1  # as a layer called after its role


def test_problems_name_the_sheet_they_are_on(tmp_path):
    rows = [HEADER, [*ROWS[0][:3], "x", *ROWS[0][4:]]]
    path = book(tmp_path / "o.xlsx", {"封面": [["养老机构"]], "养老机构": rows})
    assert problems_of(path)[0].startswith("o.xlsx#养老机构, row 2 ('x'): lon is not a number")


def test_a_file_whose_own_name_has_a_number_sign(tmp_path):
    path = book(tmp_path / "a.xlsx#b.xlsx", {"s": [HEADER, *ROWS]})
    assert len(read(path)) == 2
    assert len(read(csv(tmp_path, "id,lon,lat\nA,117.2,39.1\n", "No#1.csv"))) == 1
    assert "No#2.csv: there is no such file" in problems_of(tmp_path / "No#2.csv")[0]
    assert "c.xlsx: there is no such file" in problems_of(tmp_path / "c.xlsx#s")[0]


def test_one_plain_sheet_needs_no_words(tmp_path):
    centres = read(book(tmp_path / "o.xlsx", {"Sheet1": [HEADER, *ROWS]}))
    assert said(centres) == ""
    assert centres["beds"].tolist() == [120, 80]
    assert centres["area_m2"].tolist() == [700, 650]
    assert centres.attrs["unused"] == ["联系电话"]
    assert centres.attrs["file"] == "o.xlsx"


def test_text_of_a_cell_merged_over_several_rows_counts_for_each(tmp_path):
    path = book(tmp_path / "o.xlsx", {"s": [HEADER, ROWS[0], [*ROWS[1][:2], None, *ROWS[1][3:]]]})
    made = openpyxl.load_workbook(path)
    made.active.merge_cells("C2:C3")
    made.save(path)
    assert read(path)["street"].tolist() == ["桃园", "桃园"]


def test_a_hidden_column_does_not_take_the_place_of_one_that_is_shown(tmp_path):
    rows = [[*row[:3], 1.0, *row[3:]] for row in ROWS]
    path = book(tmp_path / "o.xlsx", {"s": [[*HEADER[:3], "经度（旧）", *HEADER[3:]], *rows]})
    assert "all mean lon; keep one" in problems_of(path)[0]
    made = openpyxl.load_workbook(path)
    made.active.column_dimensions["D"].hidden = True
    made.save(path)
    centres = read(path)
    assert centres.to_crs(4326).geometry.x.round(6).tolist() == [117.20, 117.21]


def test_words_beside_the_table_are_passed_over(tmp_path):
    rows = [HEADER, [*ROWS[0], None, "待核实"], ROWS[1]]
    centres = read(book(tmp_path / "o.xlsx", {"s": rows}))
    assert len(centres) == 2
    assert said(centres) == "o.xlsx: row 2 has cells beside the table, which are not used."


def test_a_sheet_is_known_by_its_name_without_blanks(tmp_path):
    path = book(tmp_path / "o.xlsx", {"养老机构 ": [HEADER, *ROWS], "旧": [HEADER, ROWS[0]]})
    assert len(read(f"{path}#养老机构")) == 2


def test_days_counted_from_1904(tmp_path):
    """In such a workbook, as old Macs made them, 43295 is the day that is 44757 elsewhere."""
    path = book(tmp_path / "o.xlsx", {"s": [[*HEADER, "开业日期"], [*ROWS[0], 43295]]})
    made = openpyxl.load_workbook(path)
    made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    made.save(path)
    assert read(path)["opened"].iloc[0] == pd.Timestamp("2022-07-15")


# The same in CSV


TITLED = """河西区养老机构一览表（2024年）{0}{0}{0}{0}
填报单位：河西区民政局{0}{0}日期：2024-12-01{0}{0}
编号{0}机构名称{0}经度{0}纬度{0}床位数
A1{0}东风中心{0}117.2200{0}39.1000{0}１２０张
小计{0}{0}{0}{0}120
A2{0}人民中心{0}117.2250{0}39.0900{0}约80张
合计{0}2 家{0}—{0}—{0}210
注：截至2024年12月，见附件
填表人：张三{0}{0}审核人：李四{0}{0}
"""


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_csv_with_titles_totals_and_notes(tmp_path, mark):
    centres = read(csv(tmp_path, TITLED.format(mark)))
    assert centres["beds"].tolist() == [120, 80]
    assert said(centres) == (
        "centres.csv: header in row 3; rows 5, 7 are totals and left out; "
        "rows 8, 9 are notes and left out; row 7 gives 210 as the total of beds, the rows add up "
        "to 200; beds has a unit or words with it in 2 rows ('120张' is read as 120)."
    )
    assert "第 5、7 行为合计，不计入；第 8、9 行为表下说明，不计入" in said(centres, "zh")


@pytest.mark.parametrize(
    ("text", "header", "people"),
    [
        ("街道,60岁及以上人口\n全区,300\n甲街道,100\n乙街道,200\n", "", [100, 200]),
        ("Street,60\nNorth,100\nSouth,200\nTotal,300\n", "", [100, 200]),
        ("街道,60岁及以上\n(名称),(人)\n甲街道,100\n", "", [100]),
        ("街道,60岁及以上,80岁及以上\n甲,1,2\n甲街道,100,20\n", "", [100]),
        ("区域,60岁及以上,\n街道名称,人数,占比\n甲街道,100,2\n", "rows 1 and 2", [100]),
        ("街道,60岁及以上,80岁及以上\n,人数,人数\n甲街道,100,20\n", "rows 1 and 2", [100]),
        ("表1\n街道,60岁及以上\n甲街道,1.2万人\n街道,60岁及以上\n乙街道,7\n", "row 2", [12000, 7]),
    ],
)
def test_tables_of_people_as_statistics_offices_make_them(tmp_path, text, header, people):
    read_people = io.read_population(csv(tmp_path, text, "p.csv"))
    assert read_people["people_60"].tolist() == people
    assert (
        f"header in {header}" in said(read_people)
        if header
        else "header in" not in said(read_people)
    )


@pytest.mark.parametrize(
    "last", ["A3,,,", "A3,中心,,", "合计,合计中心,117.2,", "A3,注：x,117.2,39.1x"]
)
def test_a_row_with_something_missing_is_no_note_and_no_total(tmp_path, last):
    assert "row 3" in problems_of(csv(tmp_path, f"id,name,lon,lat\nA,a,117.2,39.1\n{last}\n"))[0]


def test_a_centre_called_total_with_coordinates_is_one(tmp_path):
    centres = read(csv(tmp_path, "id,name,lon,lat\n1,Total,117.2,39.1\n2,合计,117.3,39.1\n"))
    assert centres["name"].tolist() == ["Total", "合计"]


def test_costs_in_two_units_are_told(tmp_path):
    text = "id,lon,lat,费用\nA,117.2,39.1,{}\nB,117.3,39.1,{}\n"
    assert read(csv(tmp_path, text.format("80万元", "1200 万元")))["price"].tolist() == [80, 1200]
    assert (
        "price is in more than one unit"
        in problems_of(csv(tmp_path, text.format("80万元", "800000元")))[0]
    )


NAMES = pd.read_csv(datasets.folder("hexi") / "places.csv")["name"].tolist()
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
ORDINARY = st.integers(1, 12).flatmap(
    lambda rows: st.fixed_dictionaries(
        {
            "header": st.permutations(["id", "名称", "lon", "纬度", "services", "附加列"]),
            "rows": st.lists(
                st.tuples(WORDS, WORDS, st.floats(1, 80).map(str), st.floats(1, 80).map(str), WORDS, WORDS),
                min_size=rows, max_size=rows,
            ),
        }
    )
)  # fmt: skip


@settings(max_examples=examples(80), deadline=None)
@given(ORDINARY)
def test_an_ordinary_table_is_read_as_it_stands(tmp_path_factory, table):
    """Header in row 1, every row with its coordinates: pandas reads the same cells."""
    columns = ["id", "名称", "lon", "纬度", "services", "附加列"]
    frame = pd.DataFrame(table["rows"], columns=columns)[table["header"]]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    frame.to_csv(path, index=False)
    raw = read_raw(path, sought_in("centres"))
    expected = pd.read_csv(path, dtype=str, keep_default_na=False)
    assert raw.columns.tolist() == expected.columns.tolist()
    assert raw.to_numpy().tolist() == expected.to_numpy().tolist()
    assert raw.attrs["taken"] == []


DECORATED = st.fixed_dictionaries(
    {
        "names": st.lists(st.sampled_from(NAMES), min_size=1, max_size=6),
        "titles": st.lists(
            st.sampled_from(
                [["河西区养老机构一览表"], [], ["填报单位：民政局", "", "日期：2024-12"], ["附件1"]]
            ),
            max_size=3,
        ),
        "is_grouped": st.booleans(),
        "units": st.sampled_from([[], [["", "", "(度)", "(度)", "(张)"]], [["甲", "乙", "1", "2", "3"]]]),
        "blank_after": st.integers(0, 6),
        "total": st.sampled_from([[], ["合计"], ["总　计"], ["全区合计"], ["Total"], ["", "合计："]]),
        "notes": st.lists(
            st.sampled_from(
                [["注：床位数为核定数。"], ["说明: 截至2024年", "见附件"], ["填表人：张三", "审核：李四"], []]
            ),
            max_size=2,
        ),
    }
)  # fmt: skip


@settings(max_examples=examples(60), deadline=None)
@given(DECORATED)
def test_what_stands_around_a_table_does_not_change_what_is_read(tmp_path_factory, drawn):
    """Five columns of centres; titles, headers, units, totals, notes and blank rows drawn by lot."""
    names = drawn["names"]
    body = [
        [str(n), name, f"{117 + n / 100}", f"{39 + n / 100}", f"{n}0"]
        for n, name in enumerate(names, start=1)
    ]
    body.insert(drawn["blank_after"], [])
    header = [["编号", "机构名称", "经度", "纬度", "床位数"]]
    if drawn["is_grouped"]:
        header = [["编号", "机构名称", "坐标", "", "床位数"], ["", "", "经度", "纬度", ""]]
    count = sum(n * 10 for n in range(1, len(names) + 1))
    total = [[*drawn["total"], *[""] * (4 - len(drawn["total"])), str(count)]]
    rows = [*drawn["titles"], *header, *drawn["units"], *body,
            *(total if drawn["total"] else []), *drawn["notes"]]  # fmt: skip
    path = tmp_path_factory.mktemp("t") / "t.csv"
    padded = [[*row, *[""] * (5 - len(row))] for row in rows]
    pd.DataFrame(padded).to_csv(path, index=False, header=False)
    centres = read(path)
    assert centres.index.tolist() == [str(n) for n in range(1, len(names) + 1)]
    assert centres["name"].tolist() == names
    assert centres["beds"].tolist() == [n * 10 for n in range(1, len(names) + 1)]
    assert "add up to" not in said(centres)


# Workbooks that would do harm


def harmed(path, part, change):
    """The workbook with one part changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[part] = change(parts.get(part, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_zip_bomb_is_refused_by_its_size(tmp_path):
    path = book(tmp_path / "o.xlsx", {"s": [HEADER, *ROWS]})
    harmed(path, "xl/sharedStrings.xml", lambda text: text + b" " * 30_000_000)
    assert path.stat().st_size < 100_000
    assert "'xl/sharedStrings.xml' in it unpacks to 30 MB" in problems_of(path)[0]


def test_a_workbook_that_is_too_large_unpacked_is_refused_by_the_directory(tmp_path):
    """The sizes are those the archive's directory claims; nothing of it is unpacked."""
    path = book(tmp_path / "o.xlsx", {"s": [HEADER, *ROWS]})
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        name = archive.infolist()[0].filename
    where = content.rindex(name.encode()) - 46  # the entry in the directory at the end
    content[where + 24 : where + 28] = (3_000_000_000).to_bytes(4, "little")
    path.write_bytes(content)
    assert "unpacked, this workbook has 3,000 MB" in problems_of(path)[0]


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_a_workbook_of_entities_is_refused(tmp_path, part, encoding):
    path = book(tmp_path / "o.xlsx", {"s": [HEADER, *ROWS]})
    laughs = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    harmed(path, part, lambda _: laughs.encode(encoding))
    assert f"'{part}' in it declares entities" in problems_of(path)[0]


def test_a_workbook_is_refused_on_the_command_line_too(tmp_path):
    path = book(tmp_path / "o.xlsx", {"s": [HEADER, *ROWS]})
    harmed(path, "xl/styles.xml", lambda text: text.replace(b"<styleSheet", b"<!DOCTYPE x>\n<s", 1))
    assert "declares entities" in refused("check", "o.xlsx", cwd=tmp_path)


# Encodings


CHINESE = "id,name,lon,lat\n" + "".join(f"{n},东风中心,117.2,39.1\n" for n in range(1, 6))


def test_one_stray_byte_in_utf_8_is_not_taken_for_gb18030(tmp_path):
    """Every byte of the file can be read as GB18030, and every Chinese name would be another."""
    good = CHINESE.encode()
    bad = good.replace(b"\n2,", b"\n2,R\xe9mi ", 1)
    assert "涓滈" in bad.decode("gb18030")
    path = tmp_path / "c.csv"
    path.write_bytes(bad)
    assert problems_of(path) == (
        "c.csv, row 3: byte 0xE9 is not UTF-8, as the rest of the file is; "
        "write the text there again and save the file as UTF-8.",
    )
    path.write_bytes(b"\xef\xbb\xbf" + bad)
    assert "c.csv, row 3: byte 0xE9" in problems_of(path)[0]


def test_a_file_put_together_from_two_encodings_is_refused(tmp_path):
    path = tmp_path / "c.csv"
    for content in (
        CHINESE.encode() + CHINESE.encode("gb18030"),
        CHINESE.encode("gb18030") + CHINESE.encode(),
    ):
        path.write_bytes(content)
        assert "is not UTF-8, as the rest of the file is (and" in problems_of(path)[0]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Rémi à côté", "latin-1"), ("Дом престарелых на Тверской", "cp1251"),
     ("信義區老人服務中心三民區長青", "big5"), ("東京都の老人ホーム", "shift-jis")],
)  # fmt: skip
def test_text_that_is_neither_is_refused_with_its_row(tmp_path, text, encoding):
    path = csv(
        tmp_path, f"id,name,lon,lat\n1,a,117.2,39.1\n2,{text},117.2,39.1\n", "c.csv", encoding
    )
    assert "this is not text in UTF-8 or GB18030 (row 3, byte 0x" in problems_of(path)[0]


def test_a_stray_byte_in_gb18030_names_its_row(tmp_path):
    content = CHINESE.encode("gb18030").replace(b"\n4,", b"\xff\n4,")
    (tmp_path / "c.csv").write_bytes(content)
    assert "(row 4, byte 0xFF)" in problems_of(tmp_path / "c.csv")[0]


@settings(max_examples=examples(200), deadline=None)
@example(["微山路"] * 3)  # whose bytes are those of three characters in UTF-8
@given(st.lists(st.sampled_from(NAMES), min_size=3))
def test_chinese_in_gb18030_is_read_as_it_is(names):
    text = "id,名称\n" + "".join(f"{n},{name}\n" for n, name in enumerate(names))
    assert decode(text.encode("gb18030"), file="c.csv") == (text, "GB18030")


@pytest.mark.parametrize(("encoding", "label"), [("gb18030", "GB18030"), ("utf-16", "UTF-16")])
def test_another_encoding_than_utf_8_is_said_on_every_run(tmp_path, encoding, label):
    text = "id,name,lon,lat\nH1,东风养老服务中心,117.22,39.09\n"
    csv(tmp_path, text, "c.csv", encoding)
    for command in (["check", "c.csv"], ["evaluate", "--centres", "c.csv"]):
        done = run(*command, cwd=tmp_path)
        assert f"c.csv: read as {label}." in done.stdout, done.stderr
    done = run("evaluate", "--centres", "c.csv", "--lang", "zh", cwd=tmp_path)
    assert f"c.csv：按 {label} 编码读取。" in done.stdout


def test_the_encoding_of_a_plan_and_of_a_scenario_is_said(hexi_copy):
    from carecircles import scenario

    plan = hexi_copy / "area.toml"
    plan.write_bytes(plan.read_text(encoding="utf-8").encode("gb18030"))
    study = area.read_area(hexi_copy)
    assert study.notes[0]["en"] == "area.toml: read as GB18030."
    path = hexi_copy / "less.toml"
    path.write_bytes('name = "关闭一个中心"\n[[step]]\nclose = "H12"\n'.encode("gb18030"))
    after = scenario.apply(study, scenario.read_scenario(path))
    assert {
        "en": "less.toml: read as GB18030.",
        "zh": "less.toml：按 GB18030 编码读取。",
    } in after.notes
    path.write_bytes('name = "关闭一个中心"\n# 一\xff\n'.encode("latin-1", "ignore"))
    path.write_bytes('name = "关闭一个中心"\n'.encode() + b"# \xff\n")
    with pytest.raises(ValidationError, match=r"less.toml, line 2: byte 0xFF is not UTF-8"):
        scenario.read_scenario(path)


def test_the_encoding_of_a_shapefile_without_cpg_is_judged_by_all_its_texts(tmp_path):
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {"id": ["1", "2"], "name": ["东风养老服务中心", "人民养老服务中心"]},
        geometry=gpd.points_from_xy([117.2, 117.3], [39.1, 39.1]),
        crs=4326,
    )
    for encoding, label in (("UTF-8", "UTF-8"), ("GB18030", "GB18030")):
        frame.to_file(tmp_path / "c.shp", encoding=encoding)
        (tmp_path / "c.cpg").unlink()
        centres = read(tmp_path / "c.shp")
        assert centres["name"].tolist() == frame["name"].tolist()
        assert said(centres) == ("" if label == "UTF-8" else "c.shp: read as GB18030.")
    frame.to_file(tmp_path / "c.shp", encoding="UTF-8")
    (tmp_path / "c.cpg").unlink()
    table = (tmp_path / "c.dbf").read_bytes()
    (tmp_path / "c.dbf").write_bytes(table.replace("人".encode(), b"\xe4xx"))
    assert "c.shp, feature 2: byte 0xE4 is not UTF-8" in problems_of(tmp_path / "c.shp")[0]


def test_writing_what_was_read_of_a_workbook(office, tmp_path):
    """What travels in a frame's attrs does not stop it from being written."""
    io.write_frame(read(office), tmp_path / "a.parquet")
    io.write_frame(read(office), tmp_path / "a.csv")
    with bytesio.StringIO((tmp_path / "a.csv").read_text(encoding="utf-8-sig")) as text:
        assert pd.read_csv(text)["beds"].sum() == sum(range(101, 113))


def test_beds_are_told_by_the_map(hexi, hexi_cells, office, browser, tmp_path):
    study = area.read_area(datasets.folder("hexi"), centres=office)
    path = tmp_path / "map.html"
    maps.coverage_map(planned(study, hexi_cells)).save(path)
    opened = Opened(browser, path)
    opened.page.locator(".leaflet-cc-centres-pane path").first.focus()
    opened.page.keyboard.press("Enter")
    text = opened.popup()
    assert "Beds\t101" in text.replace("\n", "\t")
    opened.page.close()
    assert all(centre["holds"] == {} for centre in centres_of(hexi))
