"""Rows that a study area declares in area.toml (groups, kinds, services, walkers): what may be wrong with any."""

from collections.abc import Mapping, Sequence
from typing import Any

from carecircles.words import Sentence, listed

LONGEST = 40  # characters of a name
LONGEST_TEXT = 300


def is_text(value: object, longest: int = LONGEST) -> bool:
    """Whether something is one line of text, neither empty nor too long."""
    return isinstance(value, str) and 0 < len(value.strip()) <= longest and value.isprintable()


def unknown_problems(
    said: Mapping[str, Any], where: Sentence, keys: Sequence[str]
) -> list[Sentence]:
    """Whether a row says only what is known of such rows."""
    unknown = listed(repr(key) for key in said if key not in keys)
    if not unknown:
        return []
    told = f"{where}: unknown: {unknown[:80]}; known are {listed(keys)}."
    zh = f"{where.zh}：未知项 {unknown.zh[:80]}；可用的有 {listed(keys).zh}。"
    return [Sentence(told, zh=zh)]


def text_problems(
    said: Mapping[str, Any], where: Sentence, keys: Sequence[str], longest: int = LONGEST
) -> list[Sentence]:
    """Whether what has to be text is, where it is said."""
    problems = []
    for key in (key for key in keys if key in said and not is_text(said[key], longest)):
        value = f"{said[key]!r:.60}"
        told = f"{where}.{key} is {value}; write up to {longest} characters in quotation marks."
        zh = f"{where.zh}.{key} 为 {value}；请填写不超过 {longest} 个字符并加引号。"
        problems.append(Sentence(told, zh=zh))
    return problems


def name_missing(said: Mapping[str, Any], where: Sentence, mend: Sentence) -> list[Sentence]:
    """Whether a row says what it is called, in one language at least."""
    if "name" in said or "name_en" in said:
        return []
    return [
        Sentence(f"{where}: name is missing; {mend}.", zh=f"{where.zh}：缺少 name；{mend.zh}。")
    ]


def spelling_problems(said: object, where: Sentence, such_as: str) -> list[Sentence]:
    """Whether spellings are a list of texts."""
    if isinstance(said, list) and all(map(is_text, said)):
        return []
    told = f"{where}.spellings is {said!r:.60}; write a list such as {such_as}."
    zh = f"{where.zh}.spellings 为 {said!r:.60}；请写成列表，例如 {such_as}。"
    return [Sentence(told, zh=zh)]
