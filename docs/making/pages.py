"""
Pages that the program writes of itself: commands, columns, messages, functions, and the notebooks.

They are made anew before each build and kept out of the repository; one that says the same as before
is left alone, so that it is not read again.
"""

import ast
import importlib
import inspect
import re
import shutil
import tempfile
import tomllib
from pathlib import Path

import pandas as pd
import typer

import carecircles
from carecircles import datasets, people
from carecircles.cli import help
from carecircles.cli.main import app as program
from carecircles.io._columns import COLUMNS as READ
from carecircles.report import columns
from carecircles.words import say
from making.running import run

DOCS = Path(__file__).parent.parent
PACKAGE = Path(carecircles.__file__).parent
MADE = ("reference/commands", "reference/api", "reference/made", "zh/made")
WORDS = {  # headings of what is made, in both languages
    "en": {
        "usage": "Usage", "option": "option", "says": "what it does", "columns": "Columns of its file",
        "column": "column", "unit": "unit", "heading": "heading", "about": "what it says",
        "example": "What it prints", "called": "what files may call it", "message": "message",
    },
    "zh": {
        "usage": "用法", "option": "选项", "says": "作用", "columns": "所写文件的列",
        "column": "列", "unit": "单位", "heading": "表头", "about": "含义",
        "example": "输出示例", "called": "文件中可用的名称", "message": "消息",
    },
}  # fmt: skip
TOPICS = {  # of the comments in `report/columns.py`, which a build holds against it
    "what a row is about": "一行所指",
    "what a row of a table of text is about, in whatever language it is": "文字表格一行所指",
    "how much a centre holds, and who finds a place": "中心的容量，谁有名额",
    "a plan": "方案",
    "area and distance": "面积与距离",
    "several plans, each in a year": "多个方案，各属一年",
    "over time": "随时间变化",
    "people covered": "覆盖人口",
    "people placed": "人口的安置",
    "how unequally far people are": "远近是否均等",
    "how sure it is": "可靠程度",
    "what changes": "变化",
    "what the circle claims": "圆圈所称覆盖",
    "the comprehensive circle": "综合服务圈",
    "isochrones": "等时圈",
    "new centres": "新中心",
}
FILES = {  # what may be put in
    "centres": ("Centres", "中心"), "streets": ("Streets", "街道"), "population": ("Population", "人口"),
    "boundary": ("Boundary", "边界"), "places": ("Places", "地名"), "amenities": ("Facilities", "设施"),
    "needs": ("Needs", "需求"), "residences": ("Residences", "住宅小区"),
    "communities": ("Communities", "社区"), "people_grid": ("Grid of people", "人口网格"),
    "uninhabited": ("Uninhabited land", "无人居住地"),
}  # fmt: skip


def make_pages(app):
    """Write all of them below the source folder."""
    source = Path(app.srcdir)
    pages = {**_commands(), **_columns(), **_messages(), **_functions()}
    for folder in MADE:
        (source / folder).mkdir(parents=True, exist_ok=True)
        for old in (source / folder).glob("*.md"):
            if f"{folder}/{old.name}" not in pages:
                old.unlink()
    for name, text in pages.items():
        path = source / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for notebook in sorted((DOCS.parent / "notebooks").glob("*.ipynb")):
        copy = source / "tutorial" / notebook.name
        if not copy.exists() or copy.read_bytes() != notebook.read_bytes():
            shutil.copyfile(notebook, copy)


def _cell(text):
    """A text as it stands in a cell of a table."""
    text = re.sub(r"[\\`*_<>{}$|\[\]~]", lambda found: f"\\{found[0]}", str(text))
    return " ".join(text.split()) or " "


def _code(text):
    return f"`{text}`".replace("|", "\\|")


def _table(headings, rows):
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def _commands():
    """A page for each command in English, with what it prints; one for all of them in Chinese."""
    whole = typer.main.get_command(program)
    run_of = tomllib.loads((DOCS / "commands.toml").read_text(encoding="utf-8"))
    if set(run_of) != set(whole.commands):
        raise ValueError(
            f"commands.toml and the program differ: {set(run_of) ^ set(whole.commands)}"
        )
    files = _written_files(run_of)
    pages, chinese = {}, []
    for name, command in whole.commands.items():
        context = typer.Context(command, info_name=f"carecircles {name}")
        lines = [f"# carecircles {name}", *(command.help or "").split("\n\n")]
        lines += [f"```none\n{command.get_usage(context)}\n```"]
        lines += ["## What it prints"]
        begin = [] if name in ("init", "doctor") else ["carecircles init mydistrict"]
        for line in [*begin, *run_of[name]["shown"]]:
            lines += [f"```console\n$ {line}\n```"]
        lines += _options(command, context, "en", "##")
        if name in files:
            lines += [
                "## Columns of its file",
                "Of one written with `--out`, as CSV, GeoPackage, GeoJSON, Parquet or workbook; "
                "[in Chinese](../../zh/made/columns.md).",
                _explained(files[name], "en"),
            ]
        pages[f"reference/commands/{name}.md"] = "\n\n".join(lines) + "\n"
        chinese += [f"## carecircles {name}"]
        chinese += [help.in_chinese(part) for part in (command.help or "").split("\n\n")]
        chinese += _options(command, context, "zh", "###")
    listed = "\n".join(whole.commands)
    rows = [
        (f"[{name}]({name}.md)", _cell(one.help.split("\n\n")[0]))
        for name, one in whole.commands.items()
    ]
    pages["reference/commands/index.md"] = (
        "# Commands\n\nEach with its options and what it printed when this site was made, here on the small "
        "invented district that `carecircles init` writes. `carecircles COMMAND --help` says the same; "
        f"`--lang zh` says it [in Chinese](../../zh/made/commands.md).\n\n{_table(('command', 'what it does'), rows)}\n"
        f"```{{toctree}}\n:hidden:\n{listed}\n```\n"
    )
    pages["zh/made/commands.md"] = "\n\n".join(
        ["# 命令与选项", "与 `carecircles 命令 --help --lang zh` 所说相同。各命令的实际输出见[英文页](../../reference/commands/index.md)。", *chinese]
    ) + "\n"  # fmt: skip
    for lang, page in (("en", "reference/made/columns.md"), ("zh", "zh/made/columns.md")):
        pages[page] = _column_page(files, lang)
    return pages


def _options(command, context, lang, mark):
    """What a command takes, below the headings its help has."""
    words, parts = WORDS[lang], []
    for heading, rows in help._rows(command, context).items():
        told = [
            (_code(name), _cell(help.in_chinese(text) if lang == "zh" else text))
            for name, text in rows
        ]
        shown = help.in_chinese(heading) if lang == "zh" else heading
        parts += [f"{mark} {shown}", _table((words["option"], words["says"]), told)]
    return parts


def _written_files(run_of):
    """The columns of the file that each command writes, as it writes one."""
    found = {}
    with tempfile.TemporaryDirectory() as made:
        datasets.write_template(Path(made) / "mydistrict")
        for name, one in run_of.items():
            if "file" in one:
                status, said = run(f"{one['file']} --out {name}.csv", made)
                if status:
                    raise RuntimeError(f"{one['file']} ended with status {status}:\n{said}")
                found[name] = list(pd.read_csv(Path(made) / f"{name}.csv", nrows=0).columns)
    return found


def _explained(names, lang):
    """A table of columns with their unit, heading and what they say."""
    groups = {group.column: group for group in people.GROUPS}
    rows = []
    for name in names:
        column, group = columns.column_of(name)
        of = groups[group or people.USUAL]
        heading, about = (
            say(people.of_group(text, of), lang) for text in (column.label, column.about)
        )
        rows.append(
            (
                _code(name),
                _cell(say(columns.UNITS[column.unit].label, lang)),
                _cell(heading),
                _cell(about),
            )
        )
    words = WORDS[lang]
    return _table([words[key] for key in ("column", "unit", "heading", "about")], rows)


def _column_page(files, lang):
    """Every column there is by what it is about, then those of the file of each command."""
    topics, words = _topics(), WORDS[lang]
    if set(topics) != set(TOPICS):
        raise ValueError(
            f"name the topics of report/columns.py in Chinese: {set(topics) ^ set(TOPICS)}"
        )
    told = {
        "en": (
            "Columns of results",
            "Every column of every file and table that carecircles writes, with its unit and its heading in a workbook. "
            "`{g}` in a name stands for a group of people (`people`, `people_60`, `people_65`, `people_80` or one of the "
            "area's own), `{}` and `{short}` in a text for its name, `{u}` for the unit ways are measured in (`m`, `min`).",
            "Columns of the file of each command",
        ),
        "zh": (
            "结果的列",
            "carecircles 写出的所有文件和表格的列、单位及工作簿中的表头。列名中的 `{g}` 代表人群（`people`、`people_60`、"
            "`people_65`、`people_80` 或研究区自己的人群），文字中的 `{}` 与 `{short}` 代表其名称，`{u}` 代表路程的单位（`m`、`min`）。",
            "各命令所写文件的列",
        ),
    }[lang]  # fmt: skip
    lines = [f"# {told[0]}", told[1]]
    for topic, names in topics.items():
        title = topic[0].upper() + topic[1:] if lang == "en" else TOPICS[topic]
        rows = [
            (
                _code(name),
                _cell(
                    say(columns.UNITS[one.unit].label, lang)
                    if one.unit in columns.UNITS
                    else one.unit
                ),
                _cell(say(one.label, lang)),
                _cell(say(one.about, lang)),
            )
            for name, one in ((name, columns.COLUMNS[name]) for name in names)
        ]
        lines += [
            f"## {title}",
            _table([words[key] for key in ("column", "unit", "heading", "about")], rows),
        ]
    lines += [f"## {told[2]}"]
    for name, listed in files.items():
        lines += [
            f"### {name}",
            "、".join(map(_code, listed)) if lang == "zh" else ", ".join(map(_code, listed)),
        ]
    return "\n\n".join(lines) + "\n"


def _topics():
    """The columns below each comment of the table they stand in."""
    source = (PACKAGE / "report" / "columns.py").read_text(encoding="utf-8")
    table = source[source.index("COLUMNS: dict") :]
    found = {}
    for line in table.splitlines():
        if comment := re.match(r"    # (.+)", line):
            found[comment[1]] = names = []
        elif row := re.match(r'    "([^"]+)": _column\(', line):
            names.append(row[1])
        elif line == "}":
            break
    listed = [name for names in found.values() for name in names]
    made_by_rows = [name for name in columns.COLUMNS if name not in listed]
    found[next(iter(found))] += made_by_rows
    return found


def _columns():
    """What files that are put in may call their columns."""
    pages = {}
    for lang, page in (("en", "reference/made/input.md"), ("zh", "zh/made/input.md")):
        told = {
            "en": ("Columns of what you put in", "Any of these names is read, in any order and any case. What each column is and how tables "
                   "from an office are read stands in [the files of a study area](../files.md)."),
            "zh": ("输入文件的列", "下列名称都能识别，次序、大小写不限。各列的含义见 `carecircles init` 生成的文件夹中的说明，"
                   "或[英文页](../../reference/files.md)。"),
        }[lang]  # fmt: skip
        lines = [f"# {told[0]}", told[1]]
        for name, known in READ.items():
            title = FILES[name][lang == "zh"]
            rows = [(_code(column), _cell(", ".join(called))) for column, called in known.items()]
            lines += [f"## {title}（`{name}`）" if lang == "zh" else f"## {title} (`{name}`)"]
            lines += [_table((WORDS[lang]["column"], WORDS[lang]["called"]), rows)]
        pages[page] = "\n\n".join(lines) + "\n"
    return pages


def _messages():
    """Every sentence that the program may say, from its source; `…` is what differs from case to case."""
    lines = [
        "# Messages 消息",
        "What carecircles may say of files and calls, in both languages; `…` stands for what differs, such as a file, a row "
        "or a value. Look here, or search, for a part of the message you met. "
        "`carecircles` 的各条消息，`…` 处因情况而异；可在此或用搜索查找。",
    ]
    for path in sorted(PACKAGE.rglob("*.py")):
        said = _said(ast.parse(path.read_text(encoding="utf-8")))
        whole = [
            pair
            for pair in said
            if all(len(text.replace("…", "").split()) for text in pair) and len(pair[0]) > 24
        ]
        if whole:
            title = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
            rows = [(_cell(en), _cell(zh)) for en, zh in whole]
            lines += [f"## {title}", _table(("English", "中文"), rows)]
    return {"reference/made/messages.md": "\n\n".join(lines) + "\n"}


def _said(tree):
    """What is said in a module, in English and Chinese, each once."""
    said = {}
    for function in (
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Module))
    ):
        given = _given(function)
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Sentence":
                zh = next((k.value for k in call.keywords if k.arg == "zh"), None)
                if len(call.args) == 1 and zh is not None:
                    known = {name: node for line, name, node in given if line <= call.lineno}
                    said[_text(call.args[0], known), _text(zh, known)] = None
    return said


def _given(function):
    """The texts that names of a function are given, with their lines, in order."""
    given = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=False))
            given += [
                (node.lineno, one.id, text) for one, text in pairs if isinstance(one, ast.Name)
            ]
    return sorted(given, key=lambda one: one[0])


def _text(node, known):
    """A string of the source, with `…` for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, {}) for part in ast.iter_child_nodes(node))
    if isinstance(node, ast.BinOp):
        return _text(node.left, {}) + _text(node.right, {})
    if isinstance(node, ast.Name) and node.id in known:
        return _text(known[node.id], {})
    return "…"


def _functions():
    """A page for each public module: what it says of itself, its functions and classes."""
    pages = {}
    for name in carecircles.__all__:
        module = importlib.import_module(f"carecircles.{name}")
        lines = [f"# {name}", "```{eval-rst}", f".. py:module:: carecircles.{name}", ""]
        lines += [inspect.getdoc(module) or "", ""]
        for label, value in vars(module).items():
            home = getattr(value, "__module__", "") or ""
            is_room = hasattr(module, "__path__") and home.startswith(f"{module.__name__}.")
            if label.startswith("_") or not (home == module.__name__ or is_room):
                continue
            if inspect.isfunction(value):
                lines += [f".. autofunction:: carecircles.{name}.{label}", ""]
            elif inspect.isclass(value):
                lines += [f".. autoclass:: carecircles.{name}.{label}", ""]
        pages[f"reference/api/{name}.md"] = "\n".join([*lines, "```", ""])
    rows = [
        (
            f"[{name}]({name}.md)",
            _cell((inspect.getdoc(getattr(carecircles, name)) or "").split("\n\n")[0]),
        )
        for name in carecircles.__all__
    ]
    listed = "\n".join(carecircles.__all__)
    pages["reference/api/index.md"] = (
        "# Python\n\n`import carecircles as cc` is enough: a module is loaded when it is first named. Frames go in, "
        "index-aligned frames come out; in the middle stands the cost table. Every example on these pages is run by the tests.\n\n"
        f"{_table(('module', 'what it is for'), rows)}\n```{{toctree}}\n:hidden:\n{listed}\n```\n"
    )
    return pages


def quote_columns(app, what, name, obj, options, lines):
    """`covered_..._share` in a docstring is a name of columns, which Sphinx would take for a link."""
    lines[:] = [
        re.sub(r"(?<![\w`.])([a-z0-9_]+_\.\.\.[a-z_]*)(?!`)", r"`\1`", line) for line in lines
    ]


def setup(app):
    app.connect("autodoc-process-docstring", quote_columns)
    app.connect("builder-inited", make_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
