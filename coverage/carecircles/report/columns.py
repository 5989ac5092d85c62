"""What a column of a table is called and how its figures are written."""

import math
import unicodedata
from collections.abc import Mapping, Sequence

import pandas as pd

from carecircles import words
from carecircles.words import Text

DECIMALS = {
    "share": 6,
    "km2": 4,
    "m": 1,
    "metres": 1,
    "minutes": 1,
    "people": 3,
    "lon": 7,
    "lat": 7,
    "gap": 9,
}
COVERAGE_COLUMNS: dict[str, Text] = {
    "name": words.COLUMNS["street"],
    "area_km2": {"en": "km2", "zh": "面积 km2"},
    "{g}": {"en": "{}", "zh": "{}"},
    "covered_area_share": {"en": "area covered", "zh": "面积覆盖率"},
    "covered_{g}_share": {"en": "{} covered", "zh": "{short}覆盖率"},
    "uncovered_{g}": {"en": "{} left", "zh": "未覆盖{short}"},
    "backup_{g}_share": {"en": "{} with two or more", "zh": "{short}两处以上"},
    "covered_{own}_share": {"en": "{} covered", "zh": "{short}覆盖率"},
    "uncovered_{own}": {"en": "{} left", "zh": "未覆盖{short}"},
    "mean_distance_m": {"en": "mean m", "zh": "平均距离 m"},
    "p90_distance_m": {"en": "90 % within m", "zh": "90%以内 m"},
}
GAP_COLUMNS: dict[str, Text] = {
    "zone": {"en": "Zone", "zh": "未覆盖区"},
    "{g}": {"en": "{}", "zh": "{}"},
    "{also}": {"en": "{}", "zh": "{}"},
    "area_km2": {"en": "km2", "zh": "面积 km2"},
    "streets": {"en": "Streets, {} in each", "zh": "街道及各街{short}"},
    "nearest": words.COLUMNS["nearest"],
    "distance_m": {"en": "mean m", "zh": "平均距离 m"},
    "too_far_m": {"en": "too far by m", "zh": "超出 m"},
    "farthest_m": {"en": "farthest m", "zh": "最远 m"},
}
CHANGE_COLUMNS: dict[str, Text] = {
    "name": words.COLUMNS["street"],
    "{g}": {"en": "{}", "zh": "{}"},
    "covered_{g}_share_before": {"en": "covered before", "zh": "原覆盖率"},
    "covered_{g}_share_after": {"en": "after", "zh": "现覆盖率"},
    "gained_{g}": words.small(words.STATUSES["gained"]),
    "lost_{g}": words.small(words.STATUSES["lost"]),
    "net_{g}": words.COLUMNS["net"],
    "backup_gained_{g}": {"en": "backup gained", "zh": "新增两处以上"},
    "backup_lost_{g}": {"en": "backup lost", "zh": "失去两处以上"},
    "gained_km2": {"en": "km2 gained", "zh": "新增 km2"},
    "lost_km2": {"en": "km2 lost", "zh": "失去 km2"},
}
LEAGUE_COLUMNS: dict[str, Text] = {
    "name": {"en": "Plan", "zh": "方案"},
    "centres": {"en": "centres", "zh": "中心"},
    "metres": {"en": "m", "zh": "米"},
    "covered_{g}_share": {"en": "{} covered", "zh": "{}覆盖率"},
    "net_{g}": {"en": "net {}", "zh": "{}净变化"},
    "gained_{g}": words.small(words.STATUSES["gained"]),
    "lost_{g}": words.small(words.STATUSES["lost"]),
    "net_{also}": {"en": "net {}", "zh": "{short}净变化"},
    "backup_gained_{g}": {"en": "backup gained", "zh": "新增两处以上"},
    "backup_lost_{g}": {"en": "backup lost", "zh": "失去两处以上"},
    "net_km2": {"en": "net km2", "zh": "面积净变化 km2"},
    "mean_distance_m": {"en": "mean m", "zh": "平均距离 m"},
}
LOSS_COLUMNS: dict[str, Text] = {
    "name": {"en": "Centre closed", "zh": "关闭的中心"},
    "lost_{g}": {"en": "{} lost", "zh": "失去覆盖{short}"},
    "lost_{also}": {"en": "{} lost", "zh": "失去覆盖{short}"},
    "lost_km2": {"en": "km2 lost", "zh": "失去 km2"},
    "backup_lost_{g}": {"en": "{} losing their backup", "zh": "失去两处以上{short}"},
}
GAIN_COLUMNS: dict[str, Text] = {
    "name": {"en": "Best place in", "zh": "最佳位置所在街道"},
    "gained_{g}": {"en": "{} gained", "zh": "新增覆盖{short}"},
    "gained_{also}": {"en": "{} gained", "zh": "新增覆盖{short}"},
    "gained_km2": {"en": "km2 gained", "zh": "新增 km2"},
    "lon": {"en": "lon", "zh": "经度"},
    "lat": {"en": "lat", "zh": "纬度"},
}
CHANGE_LABELS: dict[str, Text] = {
    "gained": {"en": "{} gained", "zh": "新增覆盖{}"},
    "lost": {"en": "{} lost", "zh": "失去覆盖{}"},
    "net": {"en": "{}, net", "zh": "{}净变化"},
    "backup_gained": {"en": "{} gaining a backup", "zh": "新增两处以上{}"},
    "backup_lost": {"en": "{} losing their backup", "zh": "失去两处以上{}"},
}
SITE_COLUMNS: dict[str, Text] = {
    "name": {"en": "Site", "zh": "选址"},
    "street": words.COLUMNS["street"],
    "lon": {"en": "lon", "zh": "经度"},
    "lat": {"en": "lat", "zh": "纬度"},
    "gross_{g}": {"en": "{} within reach", "zh": "可达{}"},
    "marginal_{g}": {"en": "adds", "zh": "新增"},
    "cumulative_{g}": {"en": "covered then", "zh": "累计覆盖"},
    "mean_distance_m": {"en": "mean m then", "zh": "届时平均距离 m"},
    "worst_distance_m": {"en": "farthest m then", "zh": "届时最远距离 m"},
    "backup_{g}": {"en": "with two or more then", "zh": "届时两处以上"},
    "credit_{g}": {"en": "credit then", "zh": "届时折算人数"},
    "cost": {"en": "cost", "zh": "费用"},
}
CURVE_COLUMNS: dict[str, Text] = {
    "new": {"en": "New centres", "zh": "新增中心数"},
    "people": {"en": "{} covered at best", "zh": "最优覆盖{}"},
    "share": {"en": "share", "zh": "覆盖率"},
    "nested": {"en": "built one by one", "zh": "逐个建设"},
}


def say(text: Text | str, lang: str) -> str:
    """
    A text in one language.

    Examples
    --------
    >>> say({"en": "covered", "zh": "覆盖"}, "zh")
    '覆盖'
    """
    return text if isinstance(text, str) else text.get(lang) or text["en"]


def records_of(frame: pd.DataFrame, drop: Sequence[str] = ()) -> list[dict]:
    table = pd.DataFrame(frame.drop(columns=["geometry", "assumed"], errors="ignore"))
    table = table.reset_index().drop(columns=list(drop)).astype(object)
    return table.where(table.notna(), None).to_dict("records")


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its figures rounded to the decimals of their kind."""
    rounded = frame.copy()
    for column in frame.columns[frame.dtypes.map(pd.api.types.is_float_dtype)]:
        rounded[column] = frame[column].round(DECIMALS[_kind(column)])
    return rounded


def _kind(column: str) -> str:
    """What a column counts: a share (or gap), km2, metres, degrees or people."""
    last = column.removesuffix("_before").removesuffix("_after").rsplit("_", 1)[-1]
    return last if last in DECIMALS else "people"


def as_text(table: pd.DataFrame, columns: Mapping[str, Text], lang: str) -> pd.DataFrame:
    shown = {
        say(label, lang): [show(column, value) for value in table[column]]
        for column, label in columns.items()
        if column in table
    }
    return pd.DataFrame(shown)


def show(column: str, value: object) -> str:
    if isinstance(value, str):
        return printable(value)
    number = float(value)  # type: ignore[arg-type]  # no text: a number
    if math.isnan(number):
        return "–"
    kind = _kind(column)
    number = round(number, max(DECIMALS[kind], 3))  # what arithmetic leaves behind
    sign = "+" if column.startswith("net_") else ""
    if kind == "share":
        return f"{100 * number:.1f} %"
    if kind == "km2":
        return _no_signed_zero(f"{number:{sign}.2f}")
    if kind in ("lon", "lat"):
        return f"{number:.7f}"
    return _no_signed_zero(f"{number:{sign},.0f}")


def _no_signed_zero(text: str) -> str:
    return text.lstrip("+-") if not text.strip("+-0.") else text


def printable(text: str) -> str:
    r"""
    Text from a data file without what would steer a terminal.

    Examples
    --------
    >>> printable("a\x1b[31mb")
    'a\\u001b[31mb'
    """
    return "".join(
        c if c == " " or unicodedata.category(c)[0] not in "CZ" else f"\\u{ord(c):04x}"
        for c in text
    )


def in_metres(value: float) -> str:
    return "–" if math.isnan(value) else f"{show('_m', value)} m"
