"""
Words in the languages we speak.

Texts that Python and the page both show stand once, in `words.toml`.
"""

import tomllib
from pathlib import Path

Text = dict[str, str]  # a text by language: "en", "zh"

_FILE = Path(__file__).with_suffix(".toml")
SHARED: dict[str, dict[str, Text]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
SERVICES, BASES, MARKS = SHARED["services"], SHARED["bases"], SHARED["marks"]
CHANGES, STATUSES, SIDES = SHARED["changes"], SHARED["statuses"], SHARED["sides"]
COLUMNS = SHARED["columns"]


def small(text: Text) -> Text:
    """
    A text as it stands within a sentence.

    Examples
    --------
    >>> small(SIDES["before"])["en"]
    'before'
    """
    return {lang: words[:1].lower() + words[1:] for lang, words in text.items()}
