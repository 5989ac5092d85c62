"""How much a centre holds and what becomes of it: places and beds, state, area, term, how far off it may stand."""

import pandas as pd

from carecircles import _mends
from carecircles.io import _checks
from carecircles.io._columns import spellings_of
from carecircles.words import Sentence, joined

BEDS = ("beds_medical", "beds_rehabilitation", "beds_family")
KINDS = ("capacity", "day_places", "beds", *BEDS)  # what people take up, one each
STATES = {
    "kept": (
        *("existing", "as it is", "保留", "现状", "现状保留", "保留现状", "已建", "已建成", "既有"),
        *(
            "现有",
            "建成",
            "open",
            "in operation",
            "营业",
            "营业中",
            "运营",
            "运营中",
            "正常",
            "正常运营",
            "在营",
        ),
    ),
    "new": (
        "planned",
        "new build",
        "newly built",
        "新建",
        "新增",
        "规划新建",
        "拟建",
        "待建",
        "在建",
    ),
    "converted": ("conversion", "refurbished", "改建", "改造", "转建", "改造提升", "改建提升"),
    "enlarged": ("extended", "extension", "expanded", "扩建", "改扩建", "扩容", "扩建提升"),
}
TERMS = {
    "near": ("near term", "short term", "short", "近期", "近期建设", "近期实施"),
    "far": ("far term", "long term", "long", "远期", "中远期", "远期建设", "远期实施"),
}  # fmt: skip
MOST_ERROR_M = 100_000.0
MENDS = {  # of an amount: an example, and what to write
    "capacity": ("120", Sentence("write how many people it can serve", zh="请填写可服务人数")),
    "day_places": (
        "30",
        Sentence("write how many places it has by day", zh="请填写日间照料位数量"),
    ),
    "beds": ("60", Sentence("write how many beds it has in all", zh="请填写床位总数")),
    "beds_medical": ("20", Sentence("write how many such beds it has", zh="请填写该类床位数")),
    "beds_rehabilitation": (
        "20",
        Sentence("write how many such beds it has", zh="请填写该类床位数"),
    ),
    "beds_family": ("20", Sentence("write how many such beds it looks after", zh="请填写该类床位数")),
    "area_m2": ("850", Sentence("write its floor area in square metres", zh="请填写建筑面积（平方米）")),
    "price": (
        "80",
        Sentence("write what it costs to open, in any one unit", zh="请填写建设费用，单位须统一"),
    ),
    "position_error_m": (
        "200",
        Sentence(
            "write how many metres off it may stand, 0 or more",
            zh="请填写可能偏离的米数（0 或以上）",
        ),
    ),
}  # fmt: skip
_WORDS = {"state": STATES, "term": TERMS}


def amounts_of(frame: pd.DataFrame, *, file: str) -> tuple[pd.DataFrame, list[Sentence]]:
    """Amounts of centres as floats, NaN where nothing is said; none negative, no kinds above their total."""
    amounts: dict[str, pd.Series] = {}
    problems: list[Sentence] = []
    for column, (such_as, mend) in MENDS.items():
        amounts[column], wrong = _checks.numbers(
            frame, column, file=file, such_as=such_as, blank=True
        )
        problems += wrong
        is_negative = amounts[column] < 0
        problems += _checks.complain(
            file,
            frame.index[is_negative],
            _checks.negative(column),
            mend,
            values=_checks.as_it_stands(frame, column)[is_negative],
        )
    far = amounts["position_error_m"] > MOST_ERROR_M
    problems += _checks.complain(
        file,
        frame.index[far],
        Sentence(
            f"position_error_m is above {MOST_ERROR_M:,.0f}",
            zh=f"position_error_m 超过 {MOST_ERROR_M:,.0f}",
        ),
        MENDS["position_error_m"][1],
        values=_checks.as_it_stands(frame, "position_error_m")[far],
    )
    table = pd.DataFrame(amounts, index=frame.index)
    return table, [*problems, *kind_problems(table, file=file)]


def kind_problems(amounts: pd.DataFrame, *, file: str) -> list[Sentence]:
    """
    Whether beds of the three kinds come to more than there are in all.

    Examples
    --------
    >>> amounts = pd.DataFrame({"beds": [10.0], "beds_medical": [6.0], "beds_rehabilitation": [0.0]})
    >>> [str(line)[:24] for line in kind_problems(amounts.assign(beds_family=5.0), file="mine")]
    ["mine, row 0 ('11 > 10'):"]
    """
    kinds = amounts[list(BEDS)].sum(axis=1)
    is_over = kinds > amounts["beds"] * (1 + 1e-9)
    those = joined(BEDS, Sentence(", ", zh="、"))
    what = Sentence(
        f"{those} come to more than beds", zh=f"{those.zh} 合计多于床位总数 beds"
    )  # fmt: skip
    values = [f"{part:g} > {whole:g}" for part, whole in zip(kinds, amounts["beds"], strict=True)]
    over = pd.Series(values, index=amounts.index, dtype=object)[is_over]
    return _checks.complain(
        file, amounts.index[is_over.to_numpy()], what, _mends.CORRECT_ONE, values=over
    )


def states_of(frame: pd.DataFrame, *, file: str) -> tuple[pd.DataFrame, list[Sentence]]:
    """State and term of centres in words of ours, '' where nothing is said."""
    told: dict[str, pd.Series] = {}
    problems: list[Sentence] = []
    for column, known in _WORDS.items():
        spelled = {_checks.plain(s): name for s, name in spellings_of(known).items()}
        cells = _checks.cells_of(frame, column)
        told[column] = cells.map(lambda cell, spelled=spelled: spelled.get(_checks.plain(cell), ""))
        is_unknown = (told[column] == "") & (cells != "")
        choices = joined(
            [Sentence(f"{name} ({many_zh})", zh=f"{name}（{many_zh}）") for name, many_zh in
             ((name, next(s for s in many if not s.isascii())) for name, many in known.items())],
            Sentence(", ", zh="、"),
        )  # fmt: skip
        problems += _checks.complain(
            file,
            frame.index[is_unknown],
            Sentence(f"{column} is not known", zh=f"{column} 无法识别"),
            _mends.one_of([choices], do=_mends.WRITE),
            values=cells[is_unknown],
        )
    return pd.DataFrame(told, index=frame.index), problems
