"""Tables in a window of any width: a number is printed whole, or its column is named as left out."""

import contextlib
import io
import os
import re
import struct
import subprocess
import sys
from unittest import mock

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from carecircles import area, comparison, evaluation, gaps, report
from carecircles.report import _widths
from tests.conftest import planned
from tests.examples import examples
from tests.test_cli import run

WIDTHS = [40, 80, 100, 120, 160]
LEFT_OUT = {
    "en": r"Left out for want of room: (.*?)\. A window (\d+) columns wide shows",
    "zh": r"因宽度不足未列出：(.*?)。窗口宽 (\d+) 列时",
}


def printed(table, *, width, lang="en", notes=()):
    """What `print_table` prints in a pipe where COLUMNS says how wide it is."""
    out = io.StringIO()
    with mock.patch.dict(os.environ, COLUMNS=str(width)), contextlib.redirect_stdout(out):
        report.print_table(table, title="Title", notes=notes, lang=lang)
    return out.getvalue()


def plain(text):
    return re.sub(r"\s", "", text)


def cells_of(text):
    """The text of every column below the heading, row by row and without its spaces."""
    body = text[text.index("┡") : text.index("└")].splitlines()[1:]
    return [[plain(cell) for cell in line.strip("│").split("│")] for line in body]


def assert_told(table, text, *, width, lang="en"):
    """Every figure stands whole where it belongs, or its column is named; names are complete."""
    longest = max(len(word) for cell in table.to_numpy().ravel() for word in [*cell.split(), ""])
    assert max(map(cell_len, text.splitlines())) <= max(width, 4 + longest)
    said = re.search(LEFT_OUT[lang].replace(" ", ""), plain(text))
    if "┡" not in text:  # a record a row
        assert said is None
        lines = [line.strip() for line in text.splitlines()]
        for column in table.columns[1:]:
            for cell in filter(None, table[column]):
                is_whole = any(line.endswith(cell) for line in lines)
                assert is_whole or plain(cell) in plain(text), (column, cell)
        assert all(plain(about) in plain(text) for about in table.iloc[:, 0])
        return
    absent = said[1].split("；" if lang == "zh" else ";") if said else []
    kept = [column for column in table.columns if plain(column) not in absent]
    assert len(kept) == len(table.columns) - len(absent)
    assert table.columns[0] in kept
    rows = cells_of(text)
    for place, column in enumerate(kept):
        shown = [row[place] for row in rows]
        if _widths.is_figures(table, column):
            assert list(filter(None, shown)) == [plain(c) for c in table[column] if c]
        else:
            assert "".join(shown) == plain("".join(table[column]))
    if said:
        needed = int(said[2])
        assert "Left out" not in printed(table, width=needed)
        assert width < needed


@pytest.fixture(scope="module")
def tables(hexi, hexi_cells):
    """Every kind of wide table, by language."""
    plan = planned(hexi, hexi_cells)
    change = comparison.compare(plan, plan)
    zones = gaps.uncovered_zones(hexi_cells, cutoff=700)
    return {
        lang: {
            "coverage": report.coverage_table(plan, by="street", lang=lang),
            "gaps": report.gaps_table(plan, zones, lang=lang),
            "change": report.change_table(change, by="street", lang=lang),
            "groups": report.groups_table(change, lang=lang),
            "league": report.league_table([change, change], lang=lang),
            "summary": report.summary_table(plan, lang=lang),
        }
        for lang in report.LANGUAGES
    }


@pytest.mark.parametrize("width", [20, *WIDTHS])
@pytest.mark.parametrize("lang", report.LANGUAGES)
def test_numbers_are_whole_at_every_width(tables, lang, width):
    for table in tables[lang].values():
        assert_told(table, printed(table, width=width, lang=lang), width=width, lang=lang)


def test_the_first_columns_stay_and_the_last_go(tables):
    text = printed(tables["en"]["coverage"], width=80)
    assert "60+ left" not in text.split("└")[1]
    assert "90 % of all within m" in text.split("└")[1]
    assert "--format csv" in text


def test_streets_whose_names_hold_digits_are_words(tables):
    table = tables["en"]["coverage"].assign(
        Street=[f"The new quarter number {n} of 2,024 beside the eastern canal" for n in range(15)]
    )
    for width in WIDTHS:
        assert_told(table, printed(table, width=width), width=width)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_in_a_note_is_whole(width):
    note = "覆盖60岁及以上老人人口" * 12 + "216,446.25人" * 12 + "。" + "，13,730 人未覆盖" * 9
    text = printed(pd.DataFrame({"a": ["b"]}), width=width, notes=[note])
    assert max(map(cell_len, text.splitlines())) <= width
    assert plain(note) in plain(text)
    assert len(re.findall(r"216,446\.25", text)) == 12
    assert len(re.findall(r"13,730", text)) == 9
    assert not re.search(r"^[，。]", text, flags=re.MULTILINE)


_words = st.text(
    st.sampled_from("ab1 9,.%河西区街é\u0301－１(（）[]{}\u200b"), min_size=1, max_size=60
).map(lambda text: " ".join(text.split()) or "x")
_figures = st.one_of(
    st.floats(-1e12, 1e12).map(lambda x: f"{x:+,.0f}"),
    st.floats(0, 1).map(lambda x: f"{100 * x:.1f} %"),
    st.just("–"),
)


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_any_table_is_told_whole(data):
    rows = data.draw(st.integers(1, 4))
    columns = data.draw(st.lists(st.sampled_from("wf"), min_size=1, max_size=12))
    table = pd.DataFrame(
        {
            f"{data.draw(st.sampled_from(['mean m', '覆盖60+', 'x']))} {place}": data.draw(
                st.lists(_words if kind == "w" else _figures, min_size=rows, max_size=rows)
            )
            for place, kind in enumerate(["w", *columns])
        }
    )
    width = data.draw(st.sampled_from([25, *WIDTHS]))
    assert_told(table, printed(table, width=width), width=width)


@pytest.mark.parametrize("lang", report.LANGUAGES)
@pytest.mark.parametrize("width", [40, 80])
def test_evaluate_in_a_pipe(tmp_path, monkeypatch, hexi, hexi_cells, lang, width):
    monkeypatch.setenv("COLUMNS", str(width))
    done = run("evaluate", "--lang", lang, cwd=tmp_path)
    table = report.coverage_table(planned(hexi, hexi_cells), by="street", lang=lang)
    assert "11,011" in done.stdout
    assert max(map(cell_len, done.stdout.splitlines())) <= width
    assert all(name in done.stdout for name in table.iloc[:, 0] if cell_len(name) <= 12)


@pytest.mark.skipif(os.name == "nt", reason="a terminal of POSIX")
def test_evaluate_on_a_terminal_of_80_columns(tmp_path, hexi_cells):
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 80, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "carecircles", "evaluate", "--lang", "en"],
        cwd=tmp_path, stdout=theirs, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
    ) as command:  # fmt: skip
        os.close(theirs)
        written = b""
        with contextlib.suppress(OSError):  # EIO is how a terminal says that nobody writes any more
            while read := os.read(ours, 65536):
                written += read
        os.close(ours)
        assert command.wait(60) == 0, command.stderr.read()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode()).replace("\r", "")
    table = text[text.index("┏") : text.index("└")]
    assert max(map(cell_len, table.splitlines())) == 80
    people = evaluation.by_street(hexi_cells)["people_60"]
    assert [row[2] for row in cells_of(table + "└") if row[2]][:-1] == [f"{n:,.0f}" for n in people]


def test_a_plan_of_no_day_names_none(hexi, hexi_cells):
    change = comparison.compare(
        planned(hexi, hexi_cells), planned(area.area_on(hexi, "2024-01-01"), hexi_cells)
    )
    names = report.league_table([change], lang="en")["Plan"].tolist()
    assert names == ["As it is", "As it is, 2024-01-01"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_of_a_very_long_table_the_first_rows_are_printed(lang):
    table = pd.DataFrame({"Street": [f"S{n}" for n in range(1200)]})
    text = printed(table, width=80, lang=lang)
    assert "S999 " in text
    assert "S1000" not in text
    assert "1,000" in text
    assert "1,200" in text
