"""What is said to people, in the language they ask for; see also `messages_are_in_both_languages`."""

import copy
import os
import pickle

import pytest

from carecircles import area, datasets
from carecircles.words import Sentence
from tests.conftest import untold
from tests.test_cli import refused, run, run_alone

BROKEN = """\
id,name,lon,lat,capacity,opened
A,a,117.2,39.1,1,2022
A,b,abc,39.1,2,2022
,c,117.2,,x,2022-13
E,e,39.1,117.2,-5,2022
"""
IN_CHINESE = """\
carecircles: 有 8 个问题，没有写出任何文件：
  homes.csv，第 4 行：缺少 id；请为每行填写各不相同的值。
  homes.csv，第 2（'A'）、3（'A'）行：id 重复；请为每行填写各不相同的值。
  homes.csv，第 3（'abc'）行：lon 不是数字；请按此格式填写：117.2230。
  homes.csv，第 4 行：lat 为空；请补填，例如 39.0800。
  homes.csv，第 5（'39.1, 117.2'）行：经度与纬度似乎填反；请将经度（天津约 117）填入 lon，纬度（约 39）填入 lat。
  homes.csv，第 4（'2022-13'）行：opened 不是日期；请按此格式填写：2022-07-15、2022-07 或 2022。
  homes.csv，第 4（'x'）行：capacity 不是数字；请按此格式填写：120。
  homes.csv，第 5（'-5'）行：capacity 为负数；请填写可服务人数。
"""


@pytest.mark.parametrize(
    ("asked", "surroundings"), [(["--lang", "zh"], {}), ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": ""})]
)
def test_problems_are_told_in_the_language_asked_for(tmp_path, monkeypatch, asked, surroundings):
    (tmp_path / "homes.csv").write_text(BROKEN, encoding="utf-8")
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    for command in (["map", "--centres"], ["check"]):
        assert refused(*command, "homes.csv", *asked, cwd=tmp_path) == IN_CHINESE
    assert "id is missing" in refused("check", "homes.csv", "--lang", "en", cwd=tmp_path)


def test_check_says_in_chinese_what_was_understood(tmp_path):
    datasets.write_template(tmp_path / "mine")
    path = tmp_path / "mine" / "centres.csv"
    path.write_text("名称,经度,纬度,电话\n东风,110.0,35.0,1\n", encoding="utf-8")
    done = run("check", "mine", path, "--lang", "zh", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for line in (
        "mine：示例区，EPSG:32649，700 米，15 分钟",
        "  街道：GeoJSON，UTF-8，4 行，坐标系 wgs84",
        "centres.csv：中心，CSV，UTF-8，1 行，坐标系 wgs84，列 '名称' 读作 name、'经度' 读作 lon、"
        "'纬度' 读作 lat，未使用：'电话'",
        "  属于研究区示例区",
    ):
        assert line in done.stdout.splitlines()
    in_english = area.check_file(path, area=path.parent)
    assert "\n".join(in_english) in run("check", path, "--lang", "en", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("zh", "missing"),
    [
        ("a.csv，第 3（'x'）行：lon 不是数字；请按此格式填写：117.2（No such file）。", []),
        ("a.csv，第 3 行：lon 不是数字；请按此格式填写：117.2。", ["'x'"]),
        ("第 3（'x'）行：lon 不是数字；请按此格式填写：117.2。", ["a.csv"]),
        ("a.csv，第（'x'）行：lon 不是数字；请按此格式填写：117.2。", ["3"]),
        ("a.csv，第 3（'x'）行：lon 不是数字；write it such as 117.2。", ["write it", "such as"]),
        ("a.csv，第 3（'x'）行：lon 不是数字, 请按此格式填写：117.2。", ["字,"]),
        ("a.csv: 3, 'x', 117.2", ["Chinese"]),
    ],
)
def test_what_a_chinese_message_lacks_is_noticed(zh, missing):
    en = "a.csv, row 3 ('x'): lon is not a number; write it such as 117.2."
    assert untold(Sentence(en, zh=zh)) == missing
    assert untold(en) == ["all of it"]


def test_a_sentence_keeps_its_chinese_when_it_is_copied_or_sent_to_a_process():
    line = Sentence("2 rows are empty.", zh="有 2 行为空。")
    for again in (copy.deepcopy(line), pickle.loads(pickle.dumps(line))):
        assert (again, again.zh) == (line, line.zh)


def test_a_library_that_is_not_there_is_told_in_the_language_asked_for(tmp_path, monkeypatch):
    """An empty module of its name stands before the real one, as if it were not installed."""
    (tmp_path / "openpyxl.py").write_text("raise ImportError\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "centres.xlsx").write_bytes(b"PK\x03\x04")
    call = ("evaluate", "--centres", "centres.xlsx", "--lang")
    pip = "pip install 'carecircles[excel]'"
    for lang, said in (
        ("en", "reading Excel needs openpyxl: "),
        ("zh", "读取 Excel 需要 openpyxl："),
    ):
        done = run_alone(*call, lang, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, f"carecircles: {said}{pip}\n")
