"""
Who: the groups of people that figures are told of, what they are called, and which is part of which.

A column of persons is called `people` (everyone) or begins with `people_` (a group of them), in files,
frames and options alike; `is_group` is the one place that knows. A group that we know is a row of
`GROUPS`; a study area declares its own under `[groups]` in area.toml (`declared`), and a column that
nobody declared is told under its own name. A measure of a group has the group's column in its name
(covered_people_60_share), which `group_in` finds again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from carecircles import _mends, _rows, norms
from carecircles.errors import ValidationError
from carecircles.norms import Norm
from carecircles.words import Sentence, Text

EVERYONE = "people"
USUAL = "people_60"  # comes first where nobody says whom figures are about
_BEGINNING = EVERYONE + "_"
_KEYS = ("name", "name_en", "spellings", "part_of", "standard")
# Words that end the name of a measure; a group's name cannot end in one and still be found in it.
MEASURES = (
    "share",
    "km2",
    "m",
    "m2",
    "metres",
    "min",
    "minutes",
    "lon",
    "lat",
    "gap",
    "before",
    "after",
)


@dataclass(frozen=True)
class Group:
    """
    A group of people.

    Attributes
    ----------
    column
        What its column is called in frames and files.
    name
        What stands behind 'people' in a sentence ('people 60+'), in each language.
    spellings
        What files may call the column as well.
    part_of
        Column of the group all of its people belong to; None if of no other.
    short
        The name where there is little room; `name` if None.
    one
        A single person of it in words; 'person' and the name if None.
    is_beside
        Whether tables tell it beside the group whose figures come first.
    is_own
        Whether a study area declares it, or nobody; such a group has a column in every table.
    norm
        Its own standard; None where the area's holds.
    """

    column: str
    name: Text
    spellings: tuple[str, ...] = ()
    part_of: str | None = None
    short: Text | None = None
    one: Text | None = None
    is_beside: bool = False
    is_own: bool = False
    norm: Norm | None = None


GROUPS: tuple[Group, ...] = (
    Group(
        EVERYONE,
        {"en": "all ages", "zh": "全部人口"},
        ("population", "total", "人口", "常住人口", "总人口", "全部人口", "人数", "all ages"),
        one={"en": "person", "zh": "居民"},
    ),
    Group(
        "people_60",
        {"en": "60+", "zh": "60岁及以上"},
        (
            "60",
            "60岁及以上",
            "60岁以上",
            "60岁及以上人口",
            "60岁以上人口",
            "population_60",
            "老年人口",
        ),
        part_of="people",
        short={"en": "60+", "zh": "60+"},
        one={"en": "older person", "zh": "60岁及以上老人"},
    ),
    Group(
        "people_65",
        {"en": "65+", "zh": "65岁及以上"},
        ("65", "65岁及以上", "65岁以上", "65岁及以上人口", "65岁以上人口", "population_65"),
        part_of="people_60",
        short={"en": "65+", "zh": "65+"},
        one={"en": "person 65+", "zh": "65岁及以上老人"},
    ),
    Group(
        "people_80",
        {"en": "80+", "zh": "80岁及以上"},
        ("80", "80岁及以上", "80岁以上", "80岁及以上人口", "80岁以上人口", "population_80"),
        part_of="people_65",
        short={"en": "80+", "zh": "80+"},
        one={"en": "person 80+", "zh": "80岁及以上老人"},
        is_beside=True,
    ),
)


def is_group(column: object) -> bool:
    """
    Whether a column is one of persons.

    Examples
    --------
    >>> is_group("people"), is_group("people_disabled"), is_group("covered_people_60_share")
    (True, True, False)
    """
    return column == EVERYONE or str(column).startswith(_BEGINNING)


def columns_of(columns: Iterable[object]) -> list[str]:
    """
    The columns of persons among others, such as of a frame, in their order.

    Examples
    --------
    >>> columns_of(["row", "col", "people", "people_60", "covered"])
    ['people', 'people_60']
    """
    return [str(column) for column in columns if is_group(column)]


def rows_of(columns: Iterable[object], known: Sequence[Group] = GROUPS) -> list[Group]:
    """
    The groups among columns: those known in their order, then those told under their own name.

    Examples
    --------
    >>> [group.name["en"] for group in rows_of(["people_living_alone", "people_60"])]
    ['60+', 'living alone']
    """
    there = columns_of(columns)
    told = {group.column for group in known}
    others = [column for column in there if column not in told]
    return [*(group for group in known if group.column in there), *map(_unnamed, others)]


def _unnamed(column: str) -> Group:
    """The group of a column that nobody declared."""
    name = column[len(_BEGINNING) :].replace("_", " ") or column
    return Group(column, {"en": name, "zh": name}, is_beside=True, is_own=True)


def wholes_of(column: str, groups: Iterable[Group]) -> list[str]:
    """
    The groups that a group is part of, the narrowest first.

    Examples
    --------
    >>> wholes_of("people_80", GROUPS)
    ['people_65', 'people_60', 'people']
    """
    above = {group.column: group.part_of for group in (*GROUPS, *groups)}
    found: list[str] = []
    whole = above.get(column)
    while whole is not None and whole not in found:
        found.append(whole)
        whole = above.get(whole)
    return found


def within(groups: Sequence[Group], asked: Iterable[str | None]) -> list[Group]:
    """
    The groups of which something can be said where standards are for groups: only those in all of these.

    Parameters
    ----------
    groups
        The groups there are.
    asked
        The group each standard is for, None for everyone.

    Examples
    --------
    A standard for people_65 says nothing about people_60, of which they are only a part.

    >>> [group.column for group in within(GROUPS, ["people_65", None])]
    ['people_65', 'people_80']
    """
    needed = {group for group in asked if group}
    return [group for group in groups if needed <= {group.column, *wholes_of(group.column, groups)}]


def headline(groups: Sequence[Group]) -> Group:
    """
    The group whose figures come first where nobody names one: 60+, or the first that is in no other.

    Examples
    --------
    >>> headline(GROUPS).column, headline(GROUPS[2:]).column
    ('people_60', 'people_65')
    """
    there = {group.column for group in groups}
    usual = [group for group in groups if group.column == USUAL]
    widest = [group for group in groups if there.isdisjoint(wholes_of(group.column, groups))]
    return [*usual, *widest][0]


def headline_of(columns: Iterable[object], group: str | None = None) -> str:
    """
    The column of persons of a frame that comes first: the one named, or that of `headline`.

    Raises
    ------
    ValidationError
        If the frame has none, or not the one named.

    Examples
    --------
    >>> headline_of(["x", "y", "people", "people_60"])
    'people_60'
    """
    groups = rows_of(columns)
    names = _names(groups)
    if (group is not None and group not in names) or not names:
        said = Sentence("there is no column of people", zh="没有人口列")
        if names:
            said = Sentence(f"group is {group!r}", zh=f"人群为 {group!r}")
        mend = _mends.one_of(names or _names(GROUPS), do=_mends.NAME)
        raise ValidationError([Sentence(f"{said}; {mend}.", zh=f"{said.zh}；{mend.zh}。")])
    return group or headline(groups).column


def _names(groups: Iterable[Group]) -> list[str]:
    return [group.column for group in groups]


def group_in(column: str, groups: Iterable[str]) -> str | None:
    """
    The group that a measure is of; None if it is of none.

    Examples
    --------
    >>> [group_in(c, ["people", "people_60"]) for c in ("covered_people_60_share", "lost_people", "lost_km2")]
    ['people_60', 'people', None]
    """
    found = [group for group in groups if f"_{group}_" in f"_{column}_"]
    return max(found, key=len, default=None)


def of_group(text: Text, group: Group) -> Text:
    """
    A text with the name of a group in place of `{}`, `{short}` or `{one}`.

    Examples
    --------
    >>> of_group({"en": "every {one} covered", "zh": "{short}覆盖率"}, GROUPS[1])
    {'en': 'every older person covered', 'zh': '60+覆盖率'}
    """
    made = {}
    for lang, words in text.items():
        name = group.name[lang]
        one = group.one[lang] if group.one else f"person {name}" if lang == "en" else name
        if name.endswith("人口"):  # which need not be said twice
            words = words.replace("{}人口", "{}")
        parts = {"{}": name, "{short}": (group.short or group.name)[lang], "{one}": one}
        for mark, part in parts.items():
            words = part.join(words.split(mark))
        made[lang] = words
    return made


def declared(
    tables: Mapping[str, object], *, file: str = "area.toml"
) -> tuple[tuple[Group, ...], list[Sentence]]:
    """
    The groups of a study area, those we know and its own, and what is wrong with what it says of them.

    Parameters
    ----------
    tables
        What stands below `[groups]` in area.toml: for each column name, name_en, spellings, part_of, standard.
        Of a group we know, what is given takes the place of ours.
    file
        What the sentences call whoever says it.

    Examples
    --------
    >>> groups, problems = declared({"people_disabled": {"name": "残疾老人", "part_of": "people_60"}})
    >>> groups[-1].column, groups[-1].name["zh"], wholes_of("people_disabled", groups), problems
    ('people_disabled', '残疾老人', ['people_60', 'people'], [])
    """
    groups, problems = {group.column: group for group in GROUPS}, []
    for column, said in tables.items():
        where = Sentence(f"{file}: groups.{column}", zh=f"{file}：groups.{column}")
        wrong = _column_problems(column, where)
        if not isinstance(said, Mapping):
            told = f"{where} is {said!r:.60}; write it as [groups.{column}] with a name."
            zh = f"{where.zh} 为 {said!r:.60}；请写成 [groups.{column}] 并给出名称。"
            wrong.append(Sentence(told, zh=zh))
        else:
            wrong += _row_problems(said, where, is_new=column not in groups)
            norm, about_norm = norms.declared(
                said.get("standard"),
                Sentence(f"{where}.standard", zh=f"{where.zh}.standard"),
            )
            wrong += about_norm
        problems += wrong
        if not wrong and isinstance(said, Mapping):
            groups[column] = replace(_row(groups.get(column), column, said), norm=norm)
    known = {*groups, *map(str, tables)}
    for column, group in groups.items():
        whole = group.part_of
        if whole is not None and whole not in known:
            mend = _mends.one_of(groups, do=_mends.WRITE)
            told = f"{file}: groups.{column}.part_of is {whole!r:.60}; {mend}."
            zh = f"{file}：groups.{column}.part_of 为 {whole!r:.60}；{mend.zh}。"
            problems.append(Sentence(told, zh=zh))
        elif whole == column or column in wholes_of(str(whole), groups.values()):
            told = f"{file}: groups.{column}.part_of leads back to {column}; take it out of one of them."
            zh = f"{file}：groups.{column}.part_of 又指回 {column}；请从其中一处删去。"
            problems.append(Sentence(told, zh=zh))
    return tuple(groups.values()), problems


def _row(ours: Group | None, column: str, said: Mapping[str, Any]) -> Group:
    """A group as area.toml has it, over the one we know if we do."""
    base = ours or Group(column, {}, is_beside=True, is_own=True)
    name = said.get("name") or base.name.get("zh") or said.get("name_en", "")
    name_en = said.get("name_en") or base.name.get("en") or name
    is_renamed = "name" in said or "name_en" in said
    return replace(
        base,
        name={"en": name_en, "zh": name},
        spellings=tuple(
            dict.fromkeys((name, name_en, *base.spellings, *said.get("spellings", ())))
        ),
        part_of=said.get("part_of", base.part_of),
        short=None if is_renamed else base.short,
        one=None if is_renamed else base.one,
    )


def _column_problems(column: str, where: Sentence) -> list[Sentence]:
    """Whether a column can be one of persons, and found in the names of its measures."""
    rest = column[len(_BEGINNING) :]
    is_plain = rest.isascii() and rest.replace("_", "").isalnum() and rest == rest.casefold()
    if column != EVERYONE and not (is_group(column) and is_plain):
        told = f"{where}: a group's column is written such as people_disabled, in small letters."
        return [Sentence(told, zh=f"{where.zh}：人群的列名须为小写，例如 people_disabled。")]
    last = rest.rsplit("_", 1)[-1]
    if last in MEASURES:
        told = f"{where}: a group's column cannot end in {last}, as measures do; choose another."
        zh = f"{where.zh}：人群的列名不能以 {last} 结尾（指标才用）；请另取列名。"
        return [Sentence(told, zh=zh)]
    return []


def _row_problems(said: Mapping[str, Any], where: Sentence, *, is_new: bool) -> list[Sentence]:
    mend = Sentence("write what its people are called", zh="请填写该人群的名称")
    return [
        *_rows.unknown_problems(said, where, _KEYS),
        *_rows.text_problems(said, where, ("name", "name_en", "part_of")),
        *(_rows.name_missing(said, where, mend) if is_new else []),
        *_rows.spelling_problems(said.get("spellings", []), where, '["残疾人", "disabled"]'),
    ]
