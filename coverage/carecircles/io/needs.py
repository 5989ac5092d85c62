"""How many of 1,000 people need a place at a centre, by group and kind of place, from a table."""

from collections.abc import Sequence

import pandas as pd

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._amounts import KINDS
from carecircles.io._columns import CENTRE_COLUMNS, NEED_COLUMNS, absent, spellings_of
from carecircles.io.read import Source, _basis, _kept, _open
from carecircles.people import GROUPS, Group, wholes_of
from carecircles.words import Sentence, listed

_MOST = 1000.0
_RATE = Sentence(
    "write how many of 1,000 people need a place, from 0 to 1,000",
    zh="请填写每 1,000 人中需要多少个，0 至 1,000",
)


def read_needs(path: Source, *, groups: Sequence[Group] = GROUPS) -> pd.DataFrame:
    """
    How many of 1,000 people need a place, by group and kind, from a file.

    Parameters
    ----------
    path
        CSV, Excel or Parquet with the columns `group`, `kind` and `per_1000`, in English or Chinese; basis
        and source may be there. A frame with the same columns is checked like a file.
    groups
        The groups of people that may be named, by their column or any of their spellings.

    Returns
    -------
    needs
        One row a group and kind: group (column), kind (one of `KINDS`), per_1000, basis, source.

    Raises
    ------
    ValidationError
        With every problem of the file: groups and kinds that are not known, a pair that is there twice, rates
        that are no number from 0 to 1,000, groups of a kind that overlap.

    Examples
    --------
    >>> table = pd.DataFrame({"人群": ["60岁及以上", "80+"], "种类": ["床位", "beds"], "每千人": [20, 60]})
    >>> read_needs(table)[["group", "kind", "per_1000"]].to_numpy().tolist()
    [['people_60', 'beds', 20.0], ['people_80', 'beds', 60.0]]
    """
    file, frame, problems = _open(path, NEED_COLUMNS, role="needs")
    mends = {
        "group": Sentence("say which people", zh="请注明人群"),
        "kind": _mends.one_of(KINDS, do=_mends.NAME),
        "per_1000": _RATE,
    }
    missing = [column for column in mends if column not in frame]
    problems += [absent(frame, column, file=file, mend=mends[column]) for column in missing]
    if missing:
        raise ValidationError(problems)
    of_groups = {
        word: g.column
        for g in reversed(groups)
        for word in (g.column, *g.spellings, *g.name.values(), *(g.short or {}).values())
    }
    of_kinds = spellings_of({kind: CENTRE_COLUMNS[kind] for kind in KINDS})
    named: dict[str, pd.Series] = {}
    for column, known, choices in (
        ("group", of_groups, [g.column for g in groups]),
        ("kind", of_kinds, list(KINDS)),
    ):
        spelled = {_checks.plain(word): name for word, name in known.items()}
        cells = _checks.text(frame[column])
        named[column] = cells.map(
            lambda cell, spelled=spelled: spelled.get(_checks.plain(cell), "")
        )
        problems += _checks.complain(
            file,
            frame.index[named[column] == ""],
            Sentence(f"{column} is not known", zh=f"{column} 无法识别"),
            _mends.one_of(choices, do=_mends.WRITE),
            values=cells[named[column] == ""],
        )
    rates, wrong = _checks.numbers(frame, "per_1000", file=file, such_as="30")
    problems += wrong
    is_beyond = (rates < 0) | (rates > _MOST)
    problems += _checks.complain(
        file,
        frame.index[is_beyond],
        Sentence("per_1000 is not from 0 to 1,000", zh="per_1000 不在 0 到 1,000 之间"),
        _RATE,
        values=frame["per_1000"][is_beyond],
    )
    needs = pd.DataFrame(
        {**named, "per_1000": rates, "basis": _basis(frame), "source": _kept(frame, "source")}
    )
    known_rows = needs[(needs["group"] != "") & (needs["kind"] != "")]
    is_twice = known_rows.duplicated(["group", "kind"], keep=False)
    problems += _checks.complain(
        file,
        known_rows.index[is_twice],
        Sentence("group and kind are there more than once", zh="同一人群和种类重复"),
        _mends.KEEP_ONE,
        values=known_rows["group"][is_twice] + ", " + known_rows["kind"][is_twice],
    )
    problems += _overlaps(known_rows.drop_duplicates(["group", "kind"]), groups, file=file)
    if problems:
        raise ValidationError(problems)
    needs = needs.reset_index(drop=True)
    needs.attrs = frame.attrs
    return needs


def _overlaps(needs: pd.DataFrame, groups: Sequence[Group], *, file: str) -> list[Sentence]:
    """Groups of one kind of which neither is part of the other: nobody knows who is in both."""
    problems = []
    for kind, some in needs.groupby("kind", sort=False):
        names = [str(group) for group in some["group"]]
        for n, one in enumerate(names):
            for other in names[n + 1 :]:
                if other in wholes_of(one, groups) or one in wholes_of(other, groups):
                    continue
                both = listed([one, other])
                told = (
                    f"{file}: {kind}: of {both} neither is part of the other, so that nobody knows who is in "
                    "both; keep one, or say part_of in area.toml."
                )
                zh = f"{file}：{kind}：{both.zh} 互不包含，无法得知谁同属两者；请只保留一个，或在 area.toml 中写 part_of。"
                problems.append(Sentence(told, zh=zh))
    return problems
