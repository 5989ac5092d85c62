"""
Larger units that streets make up: districts, cities and provinces.

What a street belongs to is said by a column of the streets' file, or by its code where codes are of national form:
province 2 digits, city 4, district 6, then the street (GB/T 2260 and GB/T 10114).
"""

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import pandas as pd

from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.words import COLUMNS, Sentence, Text, listed

STREET = "street"
DIGITS = {"province": 2, "city": 4, "district": 6}  # of a code, the largest unit first
KEYS = (*DIGITS, STREET)
NAMES: dict[str, Text] = {
    "province": {"en": "Province", "zh": "省"},
    "city": {"en": "City", "zh": "市"},
    "district": {"en": "District", "zh": "区县"},
    STREET: COLUMNS["street"],
}
_NATIONAL = r"[1-8]\d{8}(\d{3})?"


class Level(NamedTuple):
    """
    Units of one size.

    `unit` is the code of the unit of each street (by code of the street), `names` the names of the units by code.
    """

    key: str
    unit: pd.Series
    names: pd.Series


def keys_in(told: str) -> list[str]:
    """
    The levels that a line names, the largest first.

    Raises
    ------
    ValidationError
        If one is none of `KEYS`, or none is named.

    Examples
    --------
    >>> keys_in("street, province")
    ['province', 'street']
    """
    asked = [part.strip() for part in told.split(",")]
    unknown = [part for part in asked if part not in KEYS]
    if unknown:
        which, known = listed(map(_checks.show, unknown)), listed(KEYS)
        en = f"--levels: {which} is no level; write some of {known}, with commas between."
        zh = f"--levels：{which.zh} 不是层级；请从 {known.zh} 中选取，以逗号分隔。"
        raise ValidationError([Sentence(en, zh=zh)])
    return [key for key in KEYS if key in asked]


def of_streets(streets: gpd.GeoDataFrame, keys: Sequence[str] = KEYS) -> list[Level]:
    """
    The units that streets make up, level by level; each unit of a level lies within one of the level above.

    A level that is a column of the streets is told by it, together with the levels above it: a district may be
    called as one of another city. Its code is the prefix of the streets' codes where these say the same, else
    the names from the largest level down, with `/` between.

    Parameters
    ----------
    streets
        Indexed by code, with the columns province, city and district as far as they are known.
    keys
        Some of `KEYS`.

    Raises
    ------
    ValidationError
        If a level is neither a column nor told by the codes, or a street leaves it empty.

    Examples
    --------
    >>> from carecircles import datasets
    >>> for key, unit, _ in of_streets(datasets.load("hexi").streets):
    ...     print(key, unit.iloc[0], unit.nunique())
    province 12 1
    city 1201 1
    district 120103 1
    street 120103001 14
    """
    codes = pd.Series(streets.index.astype(str), index=streets.index)
    is_national = bool(codes.str.fullmatch(_NATIONAL).all())
    found, problems = [], []
    path = pd.Series("", index=streets.index)
    for key, digits in DIGITS.items():
        prefix = codes.str[:digits]
        if key in streets:
            value = streets[key]
            empty = streets.index[(value == "").to_numpy()]
            if key in keys and len(empty):
                problems.append(_empty(key, empty))
        elif is_national:
            value = prefix
        elif key in keys:
            problems.append(_unknown(key, codes))
            continue
        else:
            continue
        part = value.str.replace("/", "\uff0f")
        path = part if (path == "").all() else path + "/" + part
        is_same = is_national and _is_same(prefix, path)
        unit = (prefix if is_same else path).rename(key)
        found.append(Level(key, unit, _first_of(value, unit)))
    found.append(Level(STREET, codes.rename(STREET), _first_of(streets["name"], codes)))
    if problems:
        raise ValidationError(problems)
    return [level for level in found if level.key in keys]


def above(level: Level, upper: Level) -> pd.Series:
    """
    The unit of a larger level that each unit lies in.

    Examples
    --------
    >>> from carecircles import datasets
    >>> province, city, *_ = of_streets(datasets.load("hexi").streets)
    >>> above(city, province).to_dict()
    {'1201': '12'}
    """
    return _first_of(upper.unit, level.unit)


def _first_of(value: pd.Series, unit: pd.Series) -> pd.Series:
    """A value of each unit, in the order in which units come first."""
    is_first = ~unit.duplicated().to_numpy()
    return value[is_first].set_axis(pd.Index(unit[is_first], name="code"))


def _is_same(one: pd.Series, other: pd.Series) -> bool:
    """Whether two columns part streets in the same way."""
    pairs = pd.DataFrame({"one": one, "other": other}).drop_duplicates()
    return bool(pairs["one"].is_unique and pairs["other"].is_unique)


def _empty(key: str, codes: pd.Index) -> Sentence:
    some = _checks.some(codes)
    return Sentence(
        f"--levels {key}: the streets {some} leave {key} empty; fill it in.",
        zh=f"--levels {key}：街道 {some.zh} 的 {key} 为空；请补填。",
    )


def _unknown(key: str, codes: pd.Series) -> Sentence:
    such_as = _checks.show(codes.iloc[0])
    return Sentence(
        f"--levels {key}: the streets have no column {key}, and their codes (such as {such_as}) are not the national ones "
        f"of 9 or 12 digits that say it; add the column, or leave {key} out.",
        zh=f"--levels {key}：街道没有 {key} 列，其代码（如 {such_as}）也不是可据以判断的 9 位或 12 位全国统一代码；"
        f"请补上该列，或去掉 {key}。",
    )
