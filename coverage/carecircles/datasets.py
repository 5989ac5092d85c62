"""The study areas that ship with carecircles."""

import shutil
import tempfile
from pathlib import Path

from carecircles.area import StudyArea, read_area
from carecircles.errors import ValidationError
from carecircles.io import _target
from carecircles.words import Sentence, listed

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "data", _PACKAGE.parent.parent / "data")


def available() -> list[str]:
    """
    Names of the bundled study areas, for `load`.

    Examples
    --------
    >>> "hexi" in available()
    True
    """
    return sorted(path.parent.name for path in _root().glob("*/area.toml"))


def folder(name: str) -> Path:
    """
    Where the files of a bundled study area lie.

    Raises
    ------
    ValidationError
        If no study area has that name.

    Examples
    --------
    >>> folder("hexi").name
    'hexi'
    """
    if name not in available():
        names = listed(available())
        told = f"area is {name!r}, expected one of {names} or a folder of yours."
        zh = f"研究区为 {name!r}，应为以下之一：{names.zh}，或您自己的文件夹。"
        raise ValidationError([Sentence(told, zh=zh)])
    return _root() / name


def load(name: str) -> StudyArea:
    """
    A bundled study area by name.

    Examples
    --------
    >>> area = load("hexi")
    >>> len(area.facilities), len(area.streets), int(area.population["people_60"].sum())
    (45, 14, 230176)
    """
    return read_area(folder(name))


def write_template(target: str | Path) -> None:
    """
    Write a small documented study area of invented data, to put one's own files into.

    Raises
    ------
    ValidationError
        If there is already something at `target`, or it cannot be written.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as place:
    ...     write_template(Path(place) / "mine")
    ...     print(read_area(Path(place) / "mine").name_en)
    Example District
    """
    target = Path(target)
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            told = f"{target}: there is already something; name a new folder."
            raise ValidationError([Sentence(told, zh=f"{target}：已存在；请指定一个新文件夹。")])
        target.parent.mkdir(parents=True, exist_ok=True)
        _target.remove_stale(target.parent)
        with tempfile.TemporaryDirectory(prefix=_target.prefix(), dir=target.parent) as made:
            whole = Path(made) / "template"
            shutil.copytree(folder("template"), whole)
            whole.replace(target)  # all files or none; an empty folder gives way
    except OSError as err:
        raise ValidationError([_target.not_writable(target, err)]) from None


def _root() -> Path:
    return next(root for root in _ROOTS if root.is_dir())
