"""People by street and age band, the share of a band that survives, and ratios by street: files of a projection."""

import itertools
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.io import _checks, _years
from carecircles.io._columns import ABOUT, STREET_COLUMNS, absent
from carecircles.io._formats import read_raw
from carecircles.io._table import Sought
from carecircles.io.read import Source, _basis, _kept, _open
from carecircles.words import Sentence

STEP = 5  # years of a band
_OLDEST = 120
_BAND = re.compile(
    r"(?:people|aged?|ages)?[ _]*(\d{1,3}) *岁?"
    r"(?: *(?:-|–|—|~|至|到|to|_) *(\d{1,3}) *岁?| *(\+|岁?及?以上|and over|and more|plus))?"
    r" *(?:人口|人数|人|years)?",
    re.IGNORECASE,
)
_ABOUT_BANDS = {
    "code": STREET_COLUMNS["code"],
    "street": ("name", "street_name", "街道", "街道名称", "名称"),
    "year": ("年份", "年", "年度"),
    "basis": ABOUT["basis"],
    "source": ABOUT["source"],
}
_SURVIVAL = {
    "age": ("年龄", "年龄组", "age band", "band", "ages"),
    "survival": ("生存率", "存活率", "五年生存率", "五年存活率", "share surviving", "share"),
    "source": ABOUT["source"],
}
_RATIO = {
    "code": STREET_COLUMNS["code"],
    "street": _ABOUT_BANDS["street"],
    "ratio": ("比例", "倍数", "增长倍数", "比率", "factor"),
    "source": ABOUT["source"],
}

_SAY_STREET = Sentence("say which street a row is", zh="请写明各行是哪个街道")
_SAY_BAND = Sentence(
    "say which band a row is, such as 60 or 60-64", zh="请写明各行是哪个年龄组，如 60 或 60-64"
)
_SAY_SHARE = Sentence(
    "say which share of the band is alive five years later", zh="请填写该年龄组五年后仍在世的比例"
)
_SAY_TIMES = Sentence(
    "say how many times as many people there will be", zh="请填写人数变为原来的多少倍"
)


def read_bands(path: Source) -> pd.DataFrame:
    """
    People by street and five-year age band from a file.

    Parameters
    ----------
    path
        Any of the formats of `read_centres`, with a column `code` or `street` and a column for each
        band, called by its lower bound or in full: `60` or `60-64`, 60-64岁; the last one is open: `85` or
        `85+`, 85岁及以上. The first may be two, `0` and `1-4`. A column `year` says of which year they are.

    Returns
    -------
    bands
        Indexed by `code` (code or name as written): persons by lower bound (whole numbers), street,
        basis, source; `attrs["year"]` is the year, None where nobody says it.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> written = pd.DataFrame({"街道": ["A"], "年份": [2020], "75-79岁": [50], "80岁及以上": [40]})
    >>> bands = read_bands(written)
    >>> bands[[75, 80]].loc["A"].tolist(), bands.attrs["year"]
    ([50.0, 40.0], 2020)
    """
    known = {_checks.plain(s): name for name, many in _ABOUT_BANDS.items() for s in (name, *many)}
    spelled = {_checks.plain(s): s for age in range(0, _OLDEST, STEP) for s in _spellings(age)}
    raw = read_raw(path, Sought("bands", spelled | known, ()))
    file = raw.attrs["file"]
    about, problems = _checks.columns(raw, _ABOUT_BANDS, file=file)
    problems = [*raw.attrs.get("problems", []), *problems]
    headers = [c for c in raw.columns if str(c) in about.attrs["unused"]]
    ends = {header: end for header in headers if (end := _band_of(header)) is not None}
    ages = dict(sorted(((header, end[0]) for header, end in ends.items()), key=lambda of: of[1]))
    problems += _band_problems([ends[header] for header in ages], list(map(str, ages)), file)
    key = "code" if "code" in about else "street"
    if key not in about:
        mend = _SAY_STREET
        problems.append(absent(about, "code or street", file=file, mend=mend))
        about[key] = [str(n) for n in range(1, len(about) + 1)]
    labels, wrong = _checks.identities(about, key, file=file)
    problems += wrong
    counts: dict[int, pd.Series] = {}
    for header, age in ages.items():
        name = str(header)
        values, wrong = _checks.numbers(
            raw[[header]].set_axis([name], axis=1), name, file=file, such_as="5210"
        )
        problems += wrong
        is_negative = values < 0
        problems += _checks.complain(
            file,
            raw.index[is_negative],
            Sentence(f"{name} is negative", zh=f"{name} 为负"),
            Sentence("write how many people there are, 0 or more", zh="请填写人数，不小于 0"),
            values=raw[header][is_negative],
        )
        counts[age] = values
    year, wrong = _one_year(about, file)
    problems += wrong
    if problems:
        raise ValidationError(problems)
    if 1 in counts:  # younger than one, and one to four
        counts = {0: counts.pop(0) + counts.pop(1), **counts}
    bands = pd.DataFrame(counts).assign(
        street=_checks.cells_of(about, "street"),
        basis=_basis(about),
        source=_kept(about, "source"),
    )
    bands = bands.set_axis(pd.Index(labels, name="code"))
    bands.attrs = {"file": file, "year": year}
    return bands


def _spellings(age: int) -> tuple[str, ...]:
    """What a header may call a band, to find it by."""
    return (
        *(f"{age}{end}" for end in ("", "+", "岁", "岁及以上", "岁以上")),
        *(f"{age}-{age + STEP - 1}{end}" for end in ("", "岁")),
    )


def _band_of(header: object) -> tuple[int, int | None, bool] | None:
    """The first and the last age of a band (None where it is not said), and whether it says it is open."""
    match = _BAND.fullmatch(_checks.narrow(_checks.as_text(header)))
    if match is None:
        return None
    return int(match[1]), int(match[2]) if match[2] else None, bool(match[3])


def _band_problems(
    ends: Sequence[tuple[int, int | None, bool]], names: Sequence[str], file: str
) -> list[Sentence]:
    """Whether bands are of five years each, one after the other, and the last one is open."""
    if len(ends) < 2:
        return [
            Sentence(
                f"{file}: there are no age bands; add a column for each five years, such as 50, 55, 60 ... 85.",
                zh=f"{file}：没有年龄组；请按五岁一组设列，如 50、55、60……85。",
            )
        ]
    shown = ", ".join(names)
    first = [age for age, _, _ in ends]
    starts = [0, *first[2:]] if first[:2] == [0, 1] else first
    apart = [b - a for a, b in itertools.pairwise(starts)]
    problems = []
    following = [*first[1:], None]
    is_cut = any(
        last is not None and after is not None and last != after - 1
        for (_, last, _), after in zip(ends, following, strict=True)
    )
    if any(step != STEP for step in apart) or is_cut:
        problems.append(
            Sentence(
                f"{file}: the age bands {shown} are not of five years each; write one column for each, such "
                "as 50, 55, 60 ... 85, none left out and none twice.",
                zh=f"{file}：年龄组 {shown} 不是每五岁一组；请逐组设列，如 50、55、60……85，不缺不重。",
            )
        )
    if ends[-1][1] is not None:
        problems.append(
            Sentence(
                f"{file}: the last age band, {names[-1]}, has an end; add all who are older, such as {ends[-1][1] + 1}+.",
                zh=f"{file}：最后一个年龄组 {names[-1]} 有上限；请加上更年长者，如 {ends[-1][1] + 1}+。",
            )
        )
    opened = [name for name, (_, _, is_open) in zip(names[:-1], ends, strict=False) if is_open]
    if opened:
        problems.append(
            Sentence(
                f"{file}: {', '.join(opened)} has no end, and older bands follow; write bands such as 60-64.",
                zh=f"{file}：{'、'.join(opened)} 没有上限，其后却还有年龄组；请写如 60-64 的年龄组。",
            )
        )
    return problems


def _one_year(frame: pd.DataFrame, file: str) -> tuple[int | None, list[Sentence]]:
    """The year all rows are of, if the file says it."""
    if "year" not in frame:
        return None, []
    years, problems = _years.years_of(frame, file=file)
    known = sorted(years.dropna().unique().tolist())
    if len(known) > 1:
        shown = [str(year) for year in known]
        problems = [
            *problems,
            Sentence(
                f"{file}: the rows are of several years ({', '.join(shown)}); keep those of one.",
                zh=f"{file}：各行年份不同（{'、'.join(shown)}）；请只保留一个年份。",
            ),
        ]
    return (int(known[0]) if known else None), problems


def read_survival(path: Source) -> pd.Series:
    """
    The share of each five-year age band that is alive five years later, from a file.

    Parameters
    ----------
    path
        Any of the formats of `read_centres`, with columns `age` (60 or 60-64; the last one is open) and
        `survival` (from 0 to 1); `source` if it is to be named.

    Returns
    -------
    survival
        By lower bound of the band; `attrs["source"]` says what it rests on, the file's name if nothing else.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> table = read_survival(pd.DataFrame({"年龄": ["75-79", "80+"], "生存率": [0.8, 0.5]}))
    >>> table.to_dict()
    {75: 0.8, 80: 0.5}
    """
    file, frame, problems = _open(path, _SURVIVAL, role="survival")
    for column, mend in (
        ("age", _SAY_BAND),
        ("survival", _SAY_SHARE),
    ):
        if column not in frame:
            problems.append(absent(frame, column, file=file, mend=mend))
    if not {"age", "survival"} <= set(frame.columns):
        raise ValidationError(problems)
    bands = frame["age"].map(_band_of)
    problems += _checks.complain(
        file,
        frame.index[bands.isna()],
        Sentence("age is no band", zh="年龄组无效"),
        Sentence("write its lower bound, such as 60", zh="请写其起始年龄，如 60"),
        values=frame["age"][bands.isna()],
    )
    ages = bands.map(lambda band: -1 if band is None else band[0])
    is_twice = ages.duplicated(keep=False) & (ages >= 0)
    problems += _checks.complain(
        file,
        frame.index[is_twice],
        Sentence("age is there more than once", zh="年龄组重复"),
        Sentence("keep one row a band", zh="每个年龄组只保留一行"),
        values=frame["age"][is_twice],
    )
    shares, wrong = _checks.numbers(frame, "survival", file=file, such_as="0.95")
    problems += wrong
    is_outside = ~shares.between(0, 1) & shares.notna()
    problems += _checks.complain(
        file,
        frame.index[is_outside],
        Sentence("survival is not from 0 to 1", zh="生存率不在 0 到 1 之间"),
        Sentence(
            "write the share of the band that is alive five years later, such as 0.95",
            zh="请填写该年龄组五年后仍在世的比例，如 0.95",
        ),
        values=frame["survival"][is_outside],
    )
    survival = pd.Series(shares.to_numpy(), index=pd.Index(ages, name="age"), name="survival")
    survival.attrs = {"file": file, "source": _sources(frame, file)}
    if problems:
        raise ValidationError(problems)
    return survival.sort_index()


def read_ratios(path: Source) -> pd.Series:
    """
    How many times as many people a street will have, from a file with `code` or `street` and `ratio`.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> read_ratios(pd.DataFrame({"街道": ["A", "B"], "倍数": [1.2, 0.9]})).to_dict()
    {'A': 1.2, 'B': 0.9}
    """
    file, frame, problems = _open(path, _RATIO, role="ratios")
    key = "code" if "code" in frame else "street"
    for column, mend in (
        (key, _SAY_STREET),
        ("ratio", _SAY_TIMES),
    ):
        if column not in frame:
            problems.append(absent(frame, column, file=file, mend=mend))
    if not {key, "ratio"} <= set(frame.columns):
        raise ValidationError(problems)
    labels, wrong = _checks.identities(frame, key, file=file)
    problems += wrong
    ratios, wrong = _checks.numbers(frame, "ratio", file=file, such_as="1.2")
    problems += wrong
    problems += _checks.complain(
        file,
        frame.index[ratios < 0],
        Sentence("ratio is negative", zh="倍数为负"),
        Sentence(
            "write how many times as many people there will be, such as 1.2",
            zh="请填写人数变为原来的多少倍，如 1.2",
        ),
        values=frame["ratio"][ratios < 0],
    )
    made = pd.Series(ratios.to_numpy(), index=pd.Index(labels, name="code"), name="ratio")
    made.attrs = {"file": file, "source": _sources(frame, file)}
    if problems:
        raise ValidationError(problems)
    return made


def _sources(frame: pd.DataFrame, file: str) -> str:
    """What a table rests on: what it says, or its name."""
    said = _kept(frame, "source")
    return "; ".join(dict.fromkeys(said[said != ""])) or file.strip("`")


def problems_of_cover(survival: pd.Series, ages: Sequence[int], *, of: str) -> list[Sentence]:
    """Whether a survival table has a row for each band, and none for older ones than there are."""
    file = survival.attrs["file"]
    needed = np.array(ages)
    missing = [str(age) for age in needed if age not in survival.index]
    beyond = [str(age) for age in survival.index if age > needed[-1]]
    problems = []
    if missing:
        problems.append(
            Sentence(
                f"{file}: there is no survival of the bands {', '.join(missing)}, which {of} has; add a row "
                "for each.",
                zh=f"{file}：缺少年龄组 {'、'.join(missing)} 的生存率，而 {of} 有这些年龄组；请各补一行。",
            )
        )
    if beyond:
        problems.append(
            Sentence(
                f"{file}: the bands {', '.join(beyond)} are older than the last of {of}, {needed[-1]} and over; "
                "end the table with it, with the share of all who are that old.",
                zh=f"{file}：年龄组 {'、'.join(beyond)} 超出 {of} 的最后一组（{needed[-1]} 岁及以上）；"
                "请以该组结束，并填写该年龄以上全部人口的生存率。",
            )
        )
    return problems
