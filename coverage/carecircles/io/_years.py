"""
Rows of several years in one file: which year a row is of, and that every year is whole.

A population file may have a column `year`; then a street has a row in each year.
"""

import datetime
import re

import pandas as pd

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.words import Sentence

FIRST_YEAR, LAST_YEAR = 1900, 2200
_YEAR = re.compile(r"(\d{4})(?:\.0+)?\s*年?")


def year_of(value: object) -> int | None:
    """
    The year that a cell or a value says, such as 2030, '2030年' or 2030.0; None where it says none.

    Examples
    --------
    >>> [year_of(value) for value in (2030, "２０３０年", 2030.5, "2030-01-01", 30, True)]
    [2030, 2030, None, None, None, None]
    """
    match = (
        None if isinstance(value, bool) else _YEAR.fullmatch(_checks.narrow(_checks.as_text(value)))
    )
    year = int(match[1]) if match else 0
    return year if FIRST_YEAR <= year <= LAST_YEAR else None


def years_of(frame: pd.DataFrame, *, file: str) -> tuple[pd.Series, list[Sentence]]:
    """The year of each row (missing where it says none), and what is wrong with the column."""
    cells = frame["year"].map(_checks.as_text)
    years = cells.map(year_of).astype("Int64")
    is_blank = cells == ""
    mend = Sentence(
        f"write a whole year from {FIRST_YEAR} to {LAST_YEAR}, such as 2030",
        zh=f"请写 {FIRST_YEAR} 至 {LAST_YEAR} 之间的整数年份，如 2030",
    )
    is_wrong = years.isna() & ~is_blank
    return years, [
        *_checks.complain(
            file, frame.index[is_blank], Sentence("year is empty", zh="年份为空"), mend
        ),
        *_checks.complain(
            file,
            frame.index[is_wrong],
            Sentence("year is not one", zh="年份无效"),
            mend,
            values=cells[is_wrong],
        ),
    ]


def identities(
    frame: pd.DataFrame, column: str, years: pd.Series, *, file: str
) -> tuple[pd.Series, list[Sentence]]:
    """A column that must be filled and different in every row of a year; earlier years come first."""
    labels = _checks.text(frame[column])
    once = frame[~labels.duplicated() | (labels == "")]
    _, problems = _checks.identities(once, column, file=file)
    told = labels + " " + years.astype("string").fillna("")
    is_sound = (labels != "") & years.notna()
    is_repeated = is_sound & told.duplicated(keep=False)
    before = years.groupby(labels.to_numpy()).shift()
    is_late = is_sound & ~is_repeated & (years < before).fillna(False).astype(bool)
    return labels, [
        *problems,
        *_checks.complain(
            file,
            frame.index[is_repeated],
            Sentence(f"{column} and year are there more than once", zh=f"{column} 与年份重复出现"),
            Sentence("keep one row a street and year", zh="每个街道每年只保留一行"),
            values=told[is_repeated],
        ),
        *_checks.complain(
            file,
            frame.index[is_late],
            Sentence("the years of this street are out of order", zh="该街道的年份次序颠倒"),
            Sentence(
                "correct the year, or put its rows in order, the earliest year first",
                zh="请更正年份，或按年份先后排列该街道的各行",
            ),
            values=told[is_late],
        ),
    ]


def day_of(written: str | None, called: str) -> datetime.date | None:
    """
    The day that text means, of a month or a year the last one; None where there is none.

    Parameters
    ----------
    written
        Such as 2022-07-15, 2022-07 or 2022.
    called
        What the sentence calls it.

    Raises
    ------
    ValidationError
        If it is no date.

    Examples
    --------
    >>> f"{day_of('2022-06', '--from')}"
    '2022-06-30'
    """
    found, problems = _checks.date(written, called, file="timeline", last_day=True)
    if problems:
        shown, mend = _checks.show(written), _mends.such_as("2022-07-15", "2022-07", "2022")
        told = f"{called} is {shown}, which is no date; {mend}."
        raise ValidationError([Sentence(told, zh=f"{called} 为 {shown}，不是日期；{mend.zh}。")])
    return found
