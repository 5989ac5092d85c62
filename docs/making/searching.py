"""Search in English and Chinese without a dictionary: Chinese by pairs of characters, English by stems."""

import re

from sphinx.search.en import SearchEnglish

_PIECES = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff]+")


class SearchBoth(SearchEnglish):
    """The index has each two neighbouring characters; a query asks for its first two, its next two and so on."""

    lang = "both"
    language_name = "English"  # by which its script finds the stems
    js_splitter_code = """
function splitQuery(query) {
  const pieces = query.match(/[\\u3400-\\u9fff]+|[^\\s\\u3400-\\u9fff\\p{P}\\p{S}]+|_/gu) || [];
  return pieces.flatMap((piece) => {
    if (piece.length < 3 || !/[\\u3400-\\u9fff]/.test(piece)) return [piece];
    const pairs = piece.match(/../gu);
    return piece.length % 2 ? [...pairs, piece.slice(-2)] : pairs;
  });
}
"""

    def split(self, input: str) -> list[str]:
        """Words and pairs."""
        words = []
        for piece in _PIECES.findall(input):
            if "\u3400" <= piece[0] <= "\u9fff" and len(piece) > 2:
                words += [piece[at : at + 2] for at in range(len(piece) - 1)]
            else:
                words.append(piece)
        return words


def setup(app):
    from sphinx.search import languages

    languages["both"] = SearchBoth
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
