"""
Words in the languages we speak.

Texts that Python and the page both show stand once, in `words.toml`.
"""

import tomllib
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Self

Text = dict[str, str]  # a text by language: "en", "zh"

_FILE = Path(__file__).with_suffix(".toml")
SHARED: dict[str, dict[str, Text]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
SERVICES, BASES, MARKS = SHARED["services"], SHARED["bases"], SHARED["marks"]
CHANGES, STATUSES, SIDES = SHARED["changes"], SHARED["statuses"], SHARED["sides"]
COLUMNS = SHARED["columns"]
KINDS, STATES, TERMS = SHARED["kinds"], SHARED["states"], SHARED["terms"]


class Sentence(str):
    """
    What is said to a user: English where nobody asks, and the same in Chinese.

    It is a `str` so that errors, logs and tests read as usual; `say` gives it in a language.

    Examples
    --------
    >>> line = Sentence("2 rows are empty; fill them in.", zh="有 2 行为空；请填写。")
    >>> line, say(line, "zh")
    ('2 rows are empty; fill them in.', '有 2 行为空；请填写。')
    """

    __slots__ = ("zh",)
    zh: str

    def __new__(cls, en: str, *, zh: str) -> Self:
        line = super().__new__(cls, en)
        line.zh = zh
        return line

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, str]]:  # to copy and to pickle
        return (str(self),), {"zh": self.zh}


def say(text: Text | str, lang: str) -> str:
    """
    A text in a language; what is neither a `Text` nor a `Sentence`, such as a name, is the same in each.

    Examples
    --------
    >>> say({"en": "covered", "zh": "覆盖"}, "zh"), say("H12", "zh")
    ('覆盖', 'H12')
    """
    if isinstance(text, Sentence):
        return text.zh if lang == "zh" else str(text)
    return text if isinstance(text, str) else text.get(lang) or text["en"]


def joined(lines: Iterable[str], between: str = "\n") -> Sentence:
    """
    Sentences and names as one sentence, in each language.

    Examples
    --------
    >>> listed = joined([Sentence("one", zh="一"), "H12"], Sentence(", ", zh="、"))
    >>> listed, listed.zh
    ('one, H12', '一、H12')
    """
    every = list(lines)
    en, zh = (say(between, lang).join(say(line, lang) for line in every) for lang in ("en", "zh"))
    return Sentence(en, zh=zh)


def each_once(many: Iterable[Iterable[Text]]) -> list[Text]:
    """
    The lines of several lists, each once.

    Examples
    --------
    >>> each_once([[{"en": "a", "zh": "甲"}], [{"en": "a", "zh": "甲"}]])
    [{'en': 'a', 'zh': '甲'}]
    """
    return list({line["en"]: line for lines in many for line in lines}.values())


def listed(words: Iterable[str]) -> Sentence:
    """
    Names, choices or sentences one after the other.

    Examples
    --------
    >>> listed(["H12", "H13"]), listed(["H12", "H13"]).zh
    ('H12, H13', 'H12、H13')
    """
    return joined(words, Sentence(", ", zh="、"))


def at(where: str, what: str) -> Sentence:
    """
    What is wrong with something, such as an option, a file or a step of one: a whole sentence.

    Examples
    --------
    >>> wrong = at("a.toml", Sentence("name is missing", zh="缺少 name"))
    >>> wrong, wrong.zh
    ('a.toml: name is missing.', 'a.toml：缺少 name。')
    """
    return Sentence(f"{where}: {what}.", zh=f"{say(where, 'zh')}：{say(what, 'zh')}。")


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


def small(text: Text) -> Text:
    """
    A text as it stands within a sentence.

    Examples
    --------
    >>> small(SIDES["before"])["en"]
    'before'
    """
    return {lang: words[:1].lower() + words[1:] for lang, words in text.items()}
