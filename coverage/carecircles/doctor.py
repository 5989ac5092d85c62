"""What this machine lacks: versions, extras, fonts, room to write and to compute, and whether the solver is right."""

import importlib.metadata
import itertools
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from packaging.requirements import Requirement

from carecircles import __version__, memory, siting
from carecircles.errors import ValidationError
from carecircles.words import Sentence, joined, listed

_NEEDED = 500_000_000  # bytes, for a district on cells of 50 m with its map
_BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge", "chrome",
    "firefox",
)  # fmt: skip
_PLACES, _SITES, _NEW = 12, 6, 2  # of the small question
WELL, LACKING, WRONG = "well", "lacking", "wrong"
_OF_USERS = {  # extras, and what one does with them
    "excel": Sentence("reads and writes workbooks", zh="读写 Excel 工作簿"),
    "parquet": Sentence("reads and writes Parquet, keeps walking networks", zh="读写 Parquet、保存步行路网"),
    "network": Sentence("reads streets of OpenStreetMap", zh="读取 OpenStreetMap 的道路"),
    "raster": Sentence("reads rasters of people", zh="读取人口栅格"),
    "charts": Sentence("draws charts to files", zh="把图表绘制成文件"),
    "cluster": Sentence("spreads large areas over processes and machines", zh="把大区域分给多个进程或机器计算"),
}  # fmt: skip


class Finding(NamedTuple):
    """What was looked at and found: `state` is 'well', 'lacking' (something optional) or 'wrong'; then what mends it."""

    about: Sentence
    found: Sentence
    state: str = WELL
    mend: Sentence | None = None


def findings(folder: Path | str = ".") -> list[Finding]:
    """
    All that is looked at, in order.

    Parameters
    ----------
    folder
        Where results are to be written.

    Examples
    --------
    >>> [one.about for one in findings() if one.state == "wrong"]
    []
    """
    return [
        Finding(
            _plain("carecircles"),
            _plain(f"{__version__}, Python {platform.python_version()}, {platform.platform()}"),
        ),
        *_libraries(_requirements()),
        _fonts(),
        _browser(),
        _room(Path(folder)),
        _memory(),
        solver(),
    ]


def _plain(text: str) -> Sentence:
    return Sentence(text, zh=text)


def _requirements() -> list[Requirement]:
    """What carecircles says that it needs; nothing where it runs without having been installed."""
    try:
        told = importlib.metadata.requires("carecircles") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Requirement(one) for one in told]


def _libraries(requirements: Iterable[Requirement]) -> Iterator[Finding]:
    """Whether what is always needed is there in a version that works, and which extras are."""
    about = Sentence("libraries", zh="依赖库")
    always: list[Requirement] = []
    extras: dict[str, list[Requirement]] = {}
    for one in requirements:
        named = re.search(r"extra == ['\"]([\w-]+)['\"]", str(one.marker or ""))
        if named is None:
            always.append(one)
        elif one.name != "carecircles":
            extras.setdefault(named[1], []).append(one)
    if not always:
        told = Sentence(
            "run from its source, without having been installed", zh="直接从源代码运行，未安装"
        )
        mend = Sentence("pip install carecircles", zh="pip install carecircles")
        yield Finding(about, told, LACKING, mend)
        return
    unfit = [(one, _version(one.name)) for one in always if not _fits(one)]
    if unfit:
        none = Sentence("missing", zh="缺失")
        told = listed(joined([one.name, have or none], " ") for one, have in unfit)
        wanted = " ".join(f"'{one.name}{one.specifier}'" for one, _ in unfit)
        yield Finding(about, told, WRONG, _plain(f"pip install {wanted}"))
    else:
        count = len(always)
        found = Sentence(f"{count}, all in versions that work", zh=f"{count} 个，版本均符合要求")
        yield Finding(about, found)
    for extra, does in _OF_USERS.items():
        own = extras.get(extra, [])
        missing = [one for one in own if not _fits(one)]
        title = Sentence(f"extra {extra}", zh=f"附加组件 {extra}")
        if missing:
            told = Sentence(f"not there: {does}", zh=f"未安装：{does.zh}")
            mend = _plain(f"pip install 'carecircles[{extra}]'")
            yield Finding(title, told, LACKING, mend)
        else:
            yield Finding(title, does)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _fits(one: Requirement) -> bool:
    """Whether a library is there in a version that is asked for."""
    have = _version(one.name)
    return have is not None and one.specifier.contains(have, prereleases=True)


def _fonts() -> Finding:
    """Whether charts can be written in Chinese; maps are drawn by the browser, with its own fonts."""
    about = Sentence("font for Chinese", zh="中文字体")
    if _version("matplotlib") is None:
        told = Sentence("not looked for: only charts need one here", zh="未查找：此处只有图表需要")
        return Finding(about, told)
    from carecircles import charts

    font = charts.font_for("河西区养老")
    if font is not None:
        return Finding(about, _plain(font))
    told = Sentence("none: charts would be in English", zh="没有：图表将用英文")
    mend = Sentence(
        f"install one of {', '.join(charts.FAMILIES)}, such as the package fonts-noto-cjk",
        zh=f"请安装以下字体之一：{'、'.join(charts.FAMILIES)}，例如软件包 fonts-noto-cjk",
    )
    return Finding(about, told, WRONG, mend)


def _browser() -> Finding:
    """Whether there is a browser for maps here; they open in any, on any machine."""
    about = Sentence("browser", zh="浏览器")
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is not None:
        return Finding(about, _plain(found))
    if sys.platform in ("win32", "darwin"):
        return Finding(about, Sentence("the system's own", zh="系统自带"))
    told = Sentence(
        "none was found here; maps open in any, elsewhere too",
        zh="未找到；地图可在别处用任何浏览器打开",
    )
    mend = Sentence("install chromium or firefox to look at maps here", zh="如需在本机查看地图，请安装 chromium 或 firefox")  # fmt: skip
    return Finding(about, told, LACKING, mend)


def _room(folder: Path) -> Finding:
    """Whether a file can be written where results go."""
    about = Sentence("writing here", zh="在此写文件")
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"0" * 4096)
    except OSError as err:
        told = Sentence(f"{folder.resolve()} cannot be written to ({err.strerror})", zh=f"无法写入 {folder.resolve()}（{err.strerror}）")  # fmt: skip
        mend = Sentence(
            "change to a folder of your own, or name one with --out",
            zh="请换到自己的文件夹，或用 --out 指定",
        )
        return Finding(about, told, WRONG, mend)
    return Finding(about, _plain(str(folder.resolve())))


def _memory() -> Finding:
    """Whether there is memory for a district."""
    about = Sentence("memory", zh="内存")
    most = memory.limit(None)
    amount = f"{most / 1e9:.1f} GB"
    if most < _NEEDED:
        told = Sentence(
            f"{amount} may be used; a district takes 0.5 GB", zh=f"可用 {amount}；一个区需要 0.5 GB"
        )
        mend = Sentence(
            "close other programs, or use a larger --cell", zh="请关闭其他程序，或用更大的 --cell"
        )
        return Finding(about, told, WRONG, mend)
    return Finding(about, Sentence(f"{amount} may be used", zh=f"可用 {amount}"))


def solver() -> Finding:
    """
    Whether the solver finds the best of a small question, of which every choice is looked at here.

    Where two of 6 sites should stand for 12 places, so that most people are covered, and so that they
    walk least; objective, bound and plan are held against all 15 choices.

    Examples
    --------
    >>> solver().state
    'well'
    """
    about = Sentence("solver", zh="求解器")
    name = f"HiGHS {_version('highspy')}"
    rng = np.random.default_rng(1)
    people = rng.integers(1, 99, _PLACES).astype(float)
    metres = rng.integers(50, 1500, (_PLACES, _SITES)).astype(float)
    choices = [list(some) for some in itertools.combinations(range(_SITES), _NEW)]
    nearest = [metres[:, some].min(axis=1) for some in choices]
    most = max(float(people[near <= 700].sum()) for near in nearest)
    least = min(float(people @ near) for near in nearest)
    demand = pd.DataFrame({"people": people})
    pairs = pd.MultiIndex.from_product(
        [range(_PLACES), range(_SITES)], names=["demand", "facility"]
    )
    cost = pd.Series(metres.ravel(), index=pairs)
    mend = Sentence("install another release: pip install --upgrade highspy", zh="请更换版本：pip install --upgrade highspy")  # fmt: skip
    try:
        covered = siting.maximize_coverage(demand, cost, new=_NEW, cutoff=700, weight="people")
        walked = siting.minimize_cost(demand, cost, new=_NEW, weight="people")
    except (RuntimeError, OSError, ImportError, ValidationError) as err:
        told = Sentence(f"{name} solves nothing ({err})", zh=f"{name} 无法求解（{err}）")
        return Finding(about, told, WRONG, mend)
    for found, best in ((covered, most), (walked, least)):
        if (
            not np.allclose([found.objective, found.bound], best, rtol=1e-9)
            or found.status != "optimal"
        ):
            told = Sentence(
                f"{name} found {found.objective:g} (bound {found.bound:g}, {found.status}) where {best:g} is best",
                zh=f"{name} 得到 {found.objective:g}（界 {found.bound:g}，{found.status}），而最优为 {best:g}",
            )
            return Finding(about, told, WRONG, mend)
    told = Sentence(
        f"{name}, right in {2 * len(choices)} choices counted by hand",
        zh=f"{name}，与逐一计算的 {2 * len(choices)} 种选择一致",
    )
    return Finding(about, told)
