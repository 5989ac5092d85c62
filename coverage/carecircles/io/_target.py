"""
Where a result is written: never half, never over a file that was read, never over what is no file.

A link to a file is followed: the file it leads to is replaced and the link stays.
"""

import contextlib
import hashlib
import os
import platform
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.words import Sentence

_SIDECARS = ("-journal", "-wal", "-shm")  # what SQLite keeps beside a GeoPackage


def target_problems(path: str | Path, inputs: Iterable[str | Path] = ()) -> list[Sentence]:
    """
    Why nothing can be written to `path`, as sentences; none if it can.

    Parameters
    ----------
    path
        Where a result is to go.
    inputs
        Files that were read, or are to be. A result takes the place of none of them, by whatever
        name, link or case it is called.

    Examples
    --------
    >>> len(target_problems("no-such-folder/out.csv")), target_problems("out.csv")
    (1, [])
    """
    try:
        real = Path(os.path.realpath(path))
        if not os.path.isdir(real.parent):  # noqa: PTH112  (False for what is too long for a name)
            told = f"{path}: cannot be written, there is no folder {real.parent}; {_mends.ANOTHER_PLACE}."
            zh = f"{path}：无法写入，没有文件夹 {real.parent}；{_mends.ANOTHER_PLACE.zh}。"
            return [Sentence(told, zh=zh)]
        try:
            found = real.stat()
        except FileNotFoundError:
            return []
    except OSError as err:
        return [not_writable(path, err)]
    if stat.S_ISDIR(found.st_mode):
        told = f"{path}: this is a folder; name a file in it."
        return [Sentence(told, zh=f"{path}：这是文件夹；请指定其中的文件。")]
    if not stat.S_ISREG(found.st_mode):
        told = f"{path}: this is a device or a pipe; name a file to write to."
        return [Sentence(told, zh=f"{path}：这是设备或管道；请指定要写入的文件。")]
    for source in inputs:
        if _is_same(source, found):
            is_other = Path(source).name != Path(path).name
            en, zh = (
                (f" ({Path(source).name})", f"（{Path(source).name}）") if is_other else ("", "")
            )
            told = f"{path} is an input of this run{en}; choose another name to write to."
            return [Sentence(told, zh=f"{path} 是本次运行的输入{zh}；请换一个文件名写入。")]
    return []


def of_one_file(paths: Iterable[str | Path]) -> list[Sentence]:
    """
    Results that would be written over each other, as sentences.

    Examples
    --------
    >>> of_one_file(["out.csv", "./out.csv"])
    ['out.csv and ./out.csv are one file; name one for each result.']
    """
    taken: dict[str, str | Path] = {}
    said = []
    for path in paths:
        place = _identity(path)
        if place in taken:
            told = f"{taken[place]} and {path} are one file; name one for each result."
            zh = f"{taken[place]} 与 {path} 是同一个文件；请为每项结果各指定一个文件。"
            said.append(Sentence(told, zh=zh))
        taken.setdefault(place, path)
    return said


def _identity(path: str | Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        found = os.stat(path)  # noqa: PTH116
        return f"{found.st_dev}:{found.st_ino}"
    return os.path.normcase(os.path.realpath(path))


def _is_same(source: str | Path, found: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(source), found)  # noqa: PTH116
    except (OSError, ValueError):  # it is gone, or no file can have such a name
        return False


def with_sidecars(path: str | Path) -> list[Path]:
    """A data file and the files beside it that belong to it, such as the .dbf of a Shapefile."""
    path = Path(path)
    beside = [path, *(path.with_name(path.name + end) for end in _SIDECARS)]
    if path.suffix.casefold() == ".shp":
        with contextlib.suppress(OSError):
            stem = path.stem.casefold() + "."
            beside += [p for p in path.parent.iterdir() if p.name.casefold().startswith(stem)]
    return beside


@contextlib.contextmanager
def replacing(path: str | Path, *, inputs: Iterable[str | Path] = ()) -> Iterator[Path]:
    """
    A temporary path beside `path` to write to; it takes the place of `path` only on success.

    A link is followed to its file. Temporary files that a killed run left there are removed.

    Parameters
    ----------
    path
        Where the result is to go.
    inputs
        Files that must not be replaced, see `problems`.

    Raises
    ------
    ValidationError
        If nothing can be written there, or it is no file, or one of `inputs`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as temporary:
    ...         _ = temporary.write_text("A")
    ...     [path.name for path in Path(folder).iterdir()]
    ['a.txt']
    """
    inputs = list(inputs)
    _refuse(path, inputs)
    real = Path(os.path.realpath(path))
    remove_stale(real.parent)
    try:
        handle, name = tempfile.mkstemp(prefix=prefix(), suffix=real.suffix, dir=real.parent)
    except OSError as err:
        raise ValidationError([not_writable(path, err)]) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with writing(path):
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
            _refuse(path, inputs)  # again: the work took a while
            temporary.chmod(real.stat().st_mode & 0o777 if real.exists() else 0o666 & ~_umask())
            temporary.replace(real)
    finally:
        for leftover in (temporary, *(Path(name + end) for end in _SIDECARS)):
            leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Faults of the disk in the words of the file that was to be written."""
    try:
        yield
    except OSError as err:
        raise ValidationError([not_writable(path, err)]) from None


def prefix() -> str:
    """What the names of this run's temporary files begin with: which machine and which process made them."""
    return f".carecircles-{_machine()}-{os.getpid()}-"


def remove_stale(folder: Path) -> None:
    """
    Remove the temporary files of runs that were killed.

    A file is stale if its name says that it was made on this machine by a process that is gone, and
    it belongs to whoever runs this.
    """
    ours = re.compile(rf"\.carecircles-{_machine()}-(\d+)-")
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            made = ours.match(path.name)
            if made is None or psutil.pid_exists(int(made[1])):
                continue
            with contextlib.suppress(OSError):
                found = path.lstat()
                if hasattr(os, "getuid") and found.st_uid != os.getuid():
                    continue
                if stat.S_ISDIR(found.st_mode):
                    shutil.rmtree(path)
                else:
                    path.unlink()


def _machine() -> str:
    """This machine in eight letters: in a folder that many share, a number of a process is not enough."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _refuse(path: str | Path, inputs: Iterable[str | Path]) -> None:
    wrong = target_problems(path, inputs)
    if wrong:
        raise ValidationError(wrong)


def not_writable(path: str | Path, err: Exception) -> Sentence:
    """That nothing can be written to `path`."""
    reason = getattr(err, "strerror", None) or str(err)
    return Sentence(
        f"{path}: cannot be written ({reason}); {_mends.ANOTHER_PLACE}.",
        zh=f"{path}：无法写入（{reason}）；{_mends.ANOTHER_PLACE.zh}。",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
