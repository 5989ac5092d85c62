"""
How far from where it is said to be a centre may stand, by what its position rests on.

The kinds we know stand in `positions.toml`, as assumptions of ours; a study area has its own below `[positions]` in
area.toml.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._amounts import MOST_ERROR_M
from carecircles.words import Sentence

ASSUMED = "assumed"  # the kind of a position of which nothing is said
_SURE = ("known", "proposed")  # bases: where one stands, and where one is going to be put
_LONGEST = 40
_KEYS = ("metres", "spellings", "basis")


@dataclass(frozen=True)
class Kind:
    """A kind of position: by what it is called in files, and how many metres off it may be."""

    key: str
    metres: float
    spellings: tuple[str, ...] = ()


def declared(
    tables: Mapping[str, Any], *, file: str = "area.toml", under: str = "positions."
) -> tuple[tuple[Kind, ...], list[Sentence]]:
    """
    Kinds of position as a TOML file declares them, and what is wrong with them.

    Parameters
    ----------
    tables
        By key: metres, or a table with `metres` and `spellings`.
    file, under
        What the sentences call the file, and what stands before a key in it.

    Examples
    --------
    >>> kinds, problems = declared({"building": 20, "village": {"metres": 400, "spellings": ["村"]}})
    >>> [(kind.key, kind.metres) for kind in kinds], problems
    ([('building', 20.0), ('village', 400.0)], [])
    >>> declared({"gate": -1})[1][0]
    'area.toml: positions.gate is -1; write metres from 0 to 100,000, such as 100.'
    """
    kinds, problems = [], []
    for key, said in tables.items():
        where = f"{file}: {under}{key:.60}"
        row = said if isinstance(said, Mapping) else {"metres": said}
        wrong = _row_problems(row, where, is_table=isinstance(said, Mapping))
        if not 0 < len(key) <= _LONGEST or not key.isprintable():
            told = f"{where}: a kind of position is called by up to {_LONGEST} characters."
            zh = f"{where}：位置类型的名称应为不超过 {_LONGEST} 个字符。"
            wrong.append(Sentence(told, zh=zh))
        problems += wrong
        if not wrong:
            kinds.append(Kind(key, float(row["metres"]), tuple(row.get("spellings", ()))))
    return tuple(kinds), problems


def _row_problems(row: Mapping[str, Any], where: str, *, is_table: bool) -> list[Sentence]:
    problems = []
    for key in row:
        if key not in _KEYS:
            mend = _mends.use(_KEYS)
            told, zh = (
                f"{where}.{key:.60} is unknown; {mend}.",
                f"{where}.{key:.60} 未知；{mend.zh}。",
            )
            problems.append(Sentence(told, zh=zh))
    metres, called = row.get("metres"), f"{where}.metres" if is_table else where
    is_number = isinstance(metres, int | float) and not isinstance(metres, bool)
    if not is_number or not 0 <= float(metres or 0) <= MOST_ERROR_M:
        told = (
            f"{called} is {metres!r:.60}; write metres from 0 to {MOST_ERROR_M:,.0f}, such as 100."
        )
        zh = f"{called} 为 {metres!r:.60}；应为 0 到 {MOST_ERROR_M:,.0f} 的米数，例如 100。"
        problems.append(Sentence(told, zh=zh))
    spelled = row.get("spellings", [])
    if not isinstance(spelled, list) or not all(isinstance(word, str) and word for word in spelled):
        told = f'{where}.spellings is {spelled!r:.60}; write a list of words, such as ["gate"].'
        zh = f'{where}.spellings 为 {spelled!r:.60}；应为词语列表，例如 ["gate"]。'
        problems.append(Sentence(told, zh=zh))
    return problems


KINDS, _ = declared(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")), under=""
)


def with_own(own: tuple[Kind, ...]) -> tuple[Kind, ...]:
    """
    The kinds of an area: its own, which take the place of ours of the same name, and our others.

    One of ours that an area only says the metres of keeps its spellings.

    Examples
    --------
    >>> every = with_own((Kind("building", 20.0),))
    >>> next(kind.metres for kind in every if "楼栋" in kind.spellings)
    20.0
    """
    ours = {kind.key: kind for kind in KINDS}
    theirs = {
        kind.key: Kind(
            kind.key,
            kind.metres,
            kind.spellings or (ours[kind.key].spellings if kind.key in ours else ()),
        )
        for kind in own
    }
    return tuple((ours | theirs).values())


def problems_of(
    centres: pd.DataFrame, kinds: tuple[Kind, ...] = KINDS, *, file: str
) -> list[Sentence]:
    """
    Sentences about centres whose kind of position nobody knows.

    Parameters
    ----------
    centres
        From `io.read_centres`, with `position` and `row`.
    kinds
        From `with_own`.
    file
        What the sentences call the file.

    Examples
    --------
    >>> centres = pd.DataFrame({"position": ["gate", "moon"], "row": [2, 3]})
    >>> problems_of(centres, file="centres.csv")[0][:57]
    "centres.csv, row 3 ('moon'): position is of no known kind"
    """
    if "position" not in centres:
        return []
    known = _by_spelling(kinds)
    is_unknown = [word != "" and _checks.plain(word) not in known for word in centres["position"]]
    wrong = centres[is_unknown]
    rows = pd.Index(wrong["row"], name=centres.attrs.get("unit", "row"))
    of_area = Sentence(
        ", or add it below [positions] in area.toml", zh="，或在 area.toml 的 [positions] 下补上"
    )
    choices = _mends.one_of((kind.key for kind in kinds), do=_mends.WRITE)
    return _checks.complain(
        file,
        rows,
        Sentence("position is of no known kind", zh="position 的类型未知"),
        Sentence(f"{choices}{of_area}", zh=f"{choices.zh}{of_area.zh}"),
        values=wrong["position"],
    )


def errors_of(centres: pd.DataFrame, kinds: tuple[Kind, ...] = KINDS) -> pd.Series:
    """
    How far from where it is said to be each centre may stand.

    What the centre says itself (`position_error_m`) comes first, then what kind of address it was found by
    (`position`), then its `basis`: 0 where that is known or proposed, else the metres of the kind 'assumed'.

    Parameters
    ----------
    centres
        Centres of a study area.
    kinds
        From `with_own`.

    Returns
    -------
    error
        Metres, on the index of `centres`.

    Raises
    ------
    ValidationError
        If an error is no number of 0 or more, or a kind of position is not known.

    Examples
    --------
    >>> centres = pd.DataFrame({"basis": ["known", "assumed", "assumed"], "position": ["", "", "门牌号"]})
    >>> errors_of(centres).tolist()
    [0.0, 200.0, 30.0]
    """
    every = {kind.key: kind.metres for kind in kinds}
    by_basis = np.where(centres["basis"].isin(_SURE), 0.0, every[ASSUMED])
    error = pd.Series(by_basis, index=centres.index, name="position_error_m")
    if "position" in centres:
        known = _by_spelling(kinds)
        words = centres["position"].map(lambda word: _checks.plain(_checks.as_text(word)))
        if unknown := sorted(set(words) - {""} - set(known)):
            choices = _mends.one_of(every, do=_mends.WRITE)
            told = f"position is {unknown[0]!r:.60}; {choices}."
            zh = f"position 为 {unknown[0]!r:.60}；{choices.zh}。"
            raise ValidationError([Sentence(told, zh=zh)])
        error = words.map(known).astype(float).fillna(error)
    if "position_error_m" in centres:
        said = centres["position_error_m"].astype(float)
        if not (said.isna() | ((said >= 0) & (said <= MOST_ERROR_M))).all():
            worst = said[~(said.isna() | ((said >= 0) & (said <= MOST_ERROR_M)))].iloc[0]
            told = f"position_error_m is {worst:g}; write metres from 0 to {MOST_ERROR_M:,.0f}."
            zh = f"position_error_m 为 {worst:g}；应为 0 到 {MOST_ERROR_M:,.0f} 的米数。"
            raise ValidationError([Sentence(told, zh=zh)])
        error = said.fillna(error)
    return error.rename("position_error_m")


def _by_spelling(kinds: tuple[Kind, ...]) -> dict[str, float]:
    return {
        _checks.plain(word): kind.metres
        for kind in reversed(kinds)
        for word in (*kind.spellings, kind.key)
    }
