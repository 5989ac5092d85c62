"""
With what: the kinds of facilities of a comprehensive circle, what they are called, and how files spell them.

A kind that we know is a row of `KINDS`; a study area declares its own under `[kinds]` in area.toml
(`declared`). The centres of a study area are the kind `CARE`; each other kind is a file of the folder
`facilities/`, named by it.
"""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carecircles import _mends, _rows
from carecircles.errors import ValidationError
from carecircles.words import Sentence, Text

CARE = "elderly_care"
MOST_KINDS = 16
_KEYS = ("name", "name_en", "spellings")
_LIKE = 0.6  # how alike a word and the one that was meant are


@dataclass(frozen=True)
class Kind:
    """
    A kind of facilities.

    Attributes
    ----------
    key
        What files, options and frames call it.
    name
        What tables and maps call it, in each language.
    spellings
        What files may be called as well.
    is_own
        Whether a study area declares it.
    """

    key: str
    name: Text
    spellings: tuple[str, ...] = ()
    is_own: bool = False


KINDS: tuple[Kind, ...] = (
    Kind(
        CARE,
        {"en": "elderly care", "zh": "养老"},
        ("care", "centres", "养老服务", "居家养老", "养老服务中心"),
    ),
    Kind(
        "childcare",
        {"en": "childcare", "zh": "托幼"},
        ("child_care", "nursery", "nurseries", "托育", "托儿", "托幼服务", "幼儿园"),
    ),
    Kind(
        "health",
        {"en": "health", "zh": "卫生健康"},
        ("healthcare", "clinics", "医疗", "卫生", "健康", "医疗卫生", "卫生服务"),
    ),
    Kind("culture", {"en": "culture", "zh": "文化"}, ("文化活动", "文化设施", "文化服务")),
    Kind("sport", {"en": "sport", "zh": "体育"}, ("sports", "健身", "体育设施", "体育健身", "运动")),
)  # fmt: skip


def kind_of(written: str, kinds: Sequence[Kind] = KINDS) -> Kind | None:
    """
    The kind that a word means, such as the name of a file; None if it is none.

    Examples
    --------
    >>> kind_of("Sports").key, kind_of("托育").key, kind_of("parks")
    ('sport', 'childcare', None)
    """
    spelled = {_plain(word): kind for kind in reversed(kinds) for word in _words_of(kind)}
    return spelled.get(_plain(written))


def kinds_of(written: Iterable[str], kinds: Sequence[Kind], *, where: str) -> list[Kind]:
    """
    The kinds that words mean, in their own order, each once.

    Parameters
    ----------
    written
        Words, such as those of `--kinds`.
    kinds
        The kinds there are.
    where
        What the sentences call whoever says it.

    Raises
    ------
    ValidationError
        If a word is no kind of these; the nearest is named.

    Examples
    --------
    >>> [kind.key for kind in kinds_of(["体育", "health", "sport"], KINDS, where="--kinds")]
    ['health', 'sport']
    """
    asked = list(written)
    found = {word: kind_of(word, kinds) for word in asked}
    mend = _mends.one_of((kind.key for kind in kinds), do=_mends.WRITE)
    problems = []
    for word in (word for word, kind in found.items() if kind is None):
        near = near_to(word, kinds)
        en, zh = (f", perhaps {near}", f"（是否为 {near}？）") if near else ("", "")
        told = f"{where}: {word!r:.60} is no kind there is{en}; {mend}."
        zh = f"{where}：没有 {word!r:.60} 这一类{zh}；{mend.zh}。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    return [kind for kind in kinds if kind in found.values()]


def near_to(written: str, kinds: Sequence[Kind] = KINDS) -> str | None:
    """
    The key of the kind whose spelling is most like a word; None where none is like it.

    Examples
    --------
    >>> near_to("helth"), near_to("libraries")
    ('health', None)
    """
    spelled = {_plain(word): kind.key for kind in reversed(kinds) for word in _words_of(kind)}
    found = difflib.get_close_matches(_plain(written), spelled, n=1, cutoff=_LIKE)
    return spelled[found[0]] if found else None


def _words_of(kind: Kind) -> tuple[str, ...]:
    return (*kind.spellings, *kind.name.values(), kind.key)


def _plain(word: str) -> str:
    """A word without what people vary: case, width, blanks and dashes."""
    folded = unicodedata.normalize("NFKC", word).casefold()
    return "".join(c for c in folded if c.isalnum())


def declared(
    tables: Mapping[str, object], *, file: str = "area.toml"
) -> tuple[tuple[Kind, ...], list[Sentence]]:
    """
    The kinds of a study area, those we know and its own, and what is wrong with what it says of them.

    Parameters
    ----------
    tables
        What stands below `[kinds]` in area.toml: for each key name, name_en, spellings. Of a kind we know,
        what is given takes the place of ours.
    file
        What the sentences call whoever says it.

    Examples
    --------
    >>> kinds, problems = declared({"parks": {"name": "公园", "name_en": "parks"}})
    >>> kinds[-1].key, kinds[-1].name["zh"], problems
    ('parks', '公园', [])
    """
    kinds, problems = {kind.key: kind for kind in KINDS}, []
    for key, said in tables.items():
        where = Sentence(f"{file}: kinds.{key}", zh=f"{file}：kinds.{key}")
        wrong = _key_problems(key, where)
        if not isinstance(said, Mapping):
            told = f"{where} is {said!r:.60}; write it as [kinds.{key}] with a name."
            zh = f"{where.zh} 为 {said!r:.60}；请写成 [kinds.{key}] 并给出名称。"
            wrong.append(Sentence(told, zh=zh))
        else:
            wrong += _row_problems(said, where, is_new=key not in kinds)
        problems += wrong
        if not wrong and isinstance(said, Mapping):
            kinds[key] = _row(kinds.get(key), key, said)
    problems += _twice(list(kinds.values()), file)
    if len(kinds) > MOST_KINDS:
        told = f"{file}: there are {len(kinds)} kinds; keep at most {MOST_KINDS}."
        problems.append(
            Sentence(told, zh=f"{file}：共有 {len(kinds)} 类；请最多保留 {MOST_KINDS} 类。")
        )
    return tuple(kinds.values()), problems


def _row(ours: Kind | None, key: str, said: Mapping[str, Any]) -> Kind:
    """A kind as area.toml has it, over the one we know if we do."""
    base = ours or Kind(key, {}, is_own=True)
    name = said.get("name") or base.name.get("zh") or said.get("name_en", "")
    name_en = said.get("name_en") or base.name.get("en") or name
    spellings = (*base.spellings, *base.name.values(), *said.get("spellings", ()))
    return Kind(key, {"en": name_en, "zh": name}, spellings, base.is_own)


def _key_problems(key: str, where: Sentence) -> list[Sentence]:
    is_plain = key.isascii() and key.replace("_", "").isalnum() and key == key.casefold()
    if is_plain and len(key) <= _rows.LONGEST:
        return []
    told = f"{where}: a kind is written such as parks, in small letters; its name and spellings may be any."
    zh = f"{where.zh}：类别代号须为小写字母，例如 parks；名称与别名不限。"
    return [Sentence(told, zh=zh)]


def _row_problems(said: Mapping[str, Any], where: Sentence, *, is_new: bool) -> list[Sentence]:
    mend = Sentence("write what the kind is called", zh="请填写该类设施的名称")
    return [
        *_rows.unknown_problems(said, where, _KEYS),
        *_rows.text_problems(said, where, ("name", "name_en")),
        *(_rows.name_missing(said, where, mend) if is_new else []),
        *_rows.spelling_problems(said.get("spellings", []), where, '["公园", "gardens"]'),
    ]


def _twice(kinds: Sequence[Kind], file: str) -> list[Sentence]:
    """Words that mean two kinds."""
    meant: dict[str, str] = {}
    problems = []
    for kind in kinds:
        for word in dict.fromkeys(map(_plain, _words_of(kind))):
            other = meant.setdefault(word, kind.key)
            if other != kind.key:
                told = f"{file}: kinds: {word!r} means {other} and {kind.key}; take it out of one."
                zh = f"{file}：kinds：{word!r} 同时表示 {other} 和 {kind.key}；请从其中一处删去。"
                problems.append(Sentence(told, zh=zh))
    return problems
