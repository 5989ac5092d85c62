"""
Bytes of a file as text: which encoding, judged by the whole file.

A file is UTF-16 where its first bytes say so, UTF-8 where all of it is, and else GB18030 where all
of it is and reads like Chinese. A file most of which is UTF-8 is a broken UTF-8 file, not one in
GB18030: there every Chinese name would turn into other characters. What is none of these is refused. `decode` in web/scenario.js goes by the same rule.
"""

import re
from collections import Counter
from pathlib import Path

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.words import Sentence, Text, joined, say

_LARGEST_PLAN = 1_000_000  # bytes of an area.toml or a scenario
# Characters of two, and of three bytes and more in UTF-8, where Chinese is written in those of three.
# In GB18030 every character of 微山路 looks like one of two, so that these count only where they stand
# alone, as in 'Müller'; a whole word that looks like characters of three has to begin with one of the
# unusual characters.
_TWO = rb"(?<![\x80-\xff])[\xc2-\xdf][\x80-\xbf](?![\x80-\xff])"
_MORE = (
    rb"\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_SEVERAL = re.compile(_TWO + rb"|" + _MORE)
_WORD = re.compile(rb"(?<![\x80-\xff])(?:" + _MORE + rb"){2,}(?![\x80-\xff])")
_MOSTLY = 0.75  # of the bytes beyond ASCII in characters of UTF-8: the file is meant as UTF-8
_PARTLY = 0.01  # of them in whole words of UTF-8: at least a part of the file is
_COMMON = 0.6  # of the characters beyond ASCII among the usual ones: reads like Chinese
# In GB2312 marks and wide letters come first, then the 3,755 usual characters, then the others.
_USUAL = (*range(0xA1, 0xAA), *range(0xB0, 0xD8))


def decode(content: bytes, *, file: str, unit: str = "line") -> tuple[str, str]:
    """
    Text of a file and its encoding: UTF-8 (with or without BOM), UTF-16 with BOM, or GB18030.

    Parameters
    ----------
    content
        All bytes of the file.
    file
        What the sentences call it.
    unit
        What they call its lines.

    Raises
    ------
    ValidationError
        If it is none of these, with the line and the byte that cannot be read.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = {"utf-16": "UTF-16"}
    elif content.startswith(b"\xef\xbb\xbf"):
        encodings = {"utf-8-sig": "UTF-8 with BOM"}
    else:
        encodings = {"utf-8": "UTF-8", "gb18030": "GB18030"}
    if "utf-16" not in encodings and b"\x00" in content:
        raise ValidationError(
            [_no_text(file, _checks.place(unit, _line(content, content.index(0))))]
        )
    for encoding, label in encodings.items():
        try:
            decoded = content.decode(encoding)
        except UnicodeDecodeError as err:
            is_utf_8 = encoding == "utf-8-sig" or (
                encoding == "utf-8" and _is_meant_as_utf_8(content)
            )
            if err.reason == "truncated data" or (is_utf_8 and "unexpected end" in err.reason):
                told = f"{file}: the last character is incomplete; the file is cut off; {_mends.SAVE_AGAIN}."
                zh = f"{file}：最后一个字符不完整，文件被截断；{_mends.SAVE_AGAIN.zh}。"
                raise ValidationError([Sentence(told, zh=zh)]) from None
            if is_utf_8:
                skipped = 3 if encoding == "utf-8-sig" else 0  # this codec does not count the BOM
                raise ValidationError(
                    [_broken_utf_8(content, err.start + skipped, file=file, unit=unit)]
                ) from None
            place = _byte_at(content, err.start, unit)
            continue
        if "\x00" in decoded:
            place = _checks.place(unit, decoded.count("\n", 0, decoded.index("\x00")) + 1)
        elif label == "GB18030" and not _reads_like_chinese(decoded):
            odd = next(n for n, byte in enumerate(content) if byte > 127)
            place = _byte_at(content, odd, unit)
        else:
            return decoded, label
    raise ValidationError([_no_text(file, place)])


def read_text(path: Path, *, file: str, kind: Sentence) -> tuple[str, str]:
    """
    Text of a small file written by hand, and its encoding.

    Parameters
    ----------
    path
        The file.
    file, kind
        What the sentences call it, and what it is to be, such as 'a scenario'.

    Raises
    ------
    ValidationError
        If it is no file, cannot be read, is too large to have been written by hand, or is no text.
    """
    try:
        if path.exists() and not path.is_file():  # a device such as /dev/zero has no end
            told = f"{path}: this is not a file; name {kind}."
            zh = f"{path}：这不是文件；请指定{say(kind, 'zh')}。"
            raise ValidationError([Sentence(told, zh=zh)])
        if path.stat().st_size > _LARGEST_PLAN:
            told = f"{file}: the file is too large for {kind}."
            zh = f"{file}：文件太大，不会是{say(kind, 'zh')}。"
            raise ValidationError([Sentence(told, zh=zh)])
        content = path.read_bytes()
    except (OSError, ValueError) as err:
        if isinstance(err, ValidationError):
            raise
        reason = getattr(err, "strerror", None) or str(err)
        told = f"{path}: it cannot be read ({reason}); name {kind}."
        zh = f"{path}：无法读取（{reason}）；请指定{say(kind, 'zh')}。"
        raise ValidationError([Sentence(told, zh=zh)]) from None
    return decode(content, file=file)


def taken_as(encoding: str | None) -> list[Text]:
    """What to say of an encoding on every run; nothing of UTF-8."""
    if encoding is None or encoding.startswith("UTF-8"):
        return []
    return [{"en": f"read as {encoding}", "zh": f"按 {encoding} 编码读取"}]


def _is_meant_as_utf_8(content: bytes) -> bool:
    """Whether the bytes beyond ASCII of a file that is not UTF-8 show that it was meant to be."""
    beyond = sum(map(len, re.findall(rb"[\x80-\xff]+", content)))
    several, words = (
        sum(len(found) for found in pattern.findall(content)) for pattern in (_SEVERAL, _WORD)
    )
    return several >= _MOSTLY * beyond or words >= _PARTLY * beyond


def _reads_like_chinese(text: str) -> bool:
    """Whether the characters beyond ASCII are mostly those that Chinese texts are written in."""
    beyond = Counter(re.sub(r"[\x00-\x7f]+", "", text))
    usual = sum(count for char, count in beyond.items() if _is_usual(char.encode("gb18030")))
    return usual >= _COMMON * beyond.total()


def _is_usual(char: bytes) -> bool:
    return len(char) == 2 and char[0] in _USUAL and char[1] > 0xA0


def _broken_utf_8(content: bytes, first: int, *, file: str, unit: str) -> Sentence:
    """A sentence about what cannot be read in a file of UTF-8."""
    others = content[first:].decode("utf-8", errors="surrogateescape")
    count = len(re.findall("[\udc80-\udcff]+", others))
    more = f" (and {count - 1} more such places)" if count > 1 else ""
    more_zh = f"（另有 {count - 1} 处）" if count > 1 else ""
    place, byte = _checks.place(unit, _line(content, first)), f"0x{content[first]:02X}"
    return Sentence(
        f"{file}, {place}: byte {byte} is not UTF-8, as the rest of the file is{more}; "
        "write the text there again and save the file as UTF-8.",
        zh=f"{file}，{place.zh}：文件其余部分为 UTF-8，但字节 {byte} 不是{more_zh}；"
        "请重新输入该处文字，并将文件另存为 UTF-8。",
    )


def _no_text(file: str, place: Sentence) -> Sentence:
    return Sentence(
        f"{file}: this is not text in UTF-8 or GB18030 ({place}); save it as UTF-8.",
        zh=f"{file}：不是 UTF-8 或 GB18030 文本（{place.zh}）；请另存为 UTF-8。",
    )


def _byte_at(content: bytes, position: int, unit: str) -> Sentence:
    byte = f"byte 0x{content[position]:02X}"
    return joined(
        [_checks.place(unit, _line(content, position)), Sentence(f", {byte}", zh=f"，{byte}")], ""
    )


def _line(content: bytes, position: int) -> int:
    return content.count(b"\n", 0, position) + 1
