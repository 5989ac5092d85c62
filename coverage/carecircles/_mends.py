"""What to do about a problem, in the same words wherever it is met; ends of sentences, without their stop."""

from collections.abc import Iterable

from carecircles.words import Sentence, joined, listed

USE, WRITE, NAME = (
    Sentence("use", zh="使用"),
    Sentence("write", zh="填写"),
    Sentence("name", zh="指定"),
)
CORRECT_ONE = Sentence("correct one of the two", zh="请更正其中一处")
KEEP_ONE = Sentence("keep one", zh="请只保留一个")
ADD_ONE = Sentence("add one of them", zh="请至少补上其中之一")
SAVE_AGAIN = Sentence("save it again", zh="请重新保存")
EXPORT_AGAIN = Sentence("export the file again", zh="请重新导出该文件")
EXPORT_IN_WGS84 = Sentence("export the file again in WGS84", zh="请以 WGS84 重新导出该文件")
CHECK_THE_PATH = Sentence("check the path", zh="请检查路径")
ANOTHER_PLACE = Sentence("choose another place", zh="请换一个位置")
ABOVE_0 = Sentence("write a number above 0 and below a million", zh="请填写大于 0 且小于一百万的数")
ITS_OWN = Sentence("give every row its own", zh="请为每行填写各不相同的值")


def such_as(*examples: str) -> Sentence:
    """To write a value as in examples."""
    *several, last = examples
    en = f"{', '.join(several)} or {last}" if several else last
    zh = f"{'、'.join(several)} 或 {last}" if several else last
    return Sentence(f"write it such as {en}", zh=f"请按此格式填写：{zh}")


def use(names: Iterable[str]) -> Sentence:
    """To use only what is listed."""
    these = listed(names)
    return Sentence(f"use {these}", zh=f"请使用 {these.zh}")


def one_of(choices: Iterable[str], *, do: Sentence = USE) -> Sentence:
    """To use, write or name one of several choices."""
    among = joined([do, Sentence(" one of ", zh="以下之一："), listed(choices)], "")
    return Sentence(among, zh=f"请{among.zh}")


def install(doing: Sentence, library: str, extra: str) -> Sentence:
    """That something is done by a library of an extra, and how to get it."""
    pip = f"pip install 'carecircles[{extra}]'"
    return Sentence(f"{doing} needs {library}: {pip}", zh=f"{doing.zh}需要 {library}：{pip}")
