"""
Blocks of a run that was stopped, kept in a folder, so that the next goes on with them.

A file holds numbers and text alone, and is whole or not there. It tells of which run it is: one of other inputs,
options or another version is refused.
"""

import contextlib
import dataclasses
import hashlib
import itertools
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import shapely

import carecircles
from carecircles import _rims, _tally, _zones
from carecircles.area import StudyArea
from carecircles.blocks._counted import Counted
from carecircles.blocks.values import Found, Run
from carecircles.errors import StoppedError, ValidationError
from carecircles.io._target import writing
from carecircles.weights._by_blocks import Living
from carecircles.words import Sentence

FOLDER = ".carecircles-unfinished"
_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Found,
        Counted,
        _tally.Tally,
        _tally.Histogram,
        _rims.Rim,
        _rims.Lines,
        _rims.Course,
        _zones.Patches,
        _zones.Share,
    )
}
_FAST = 1  # of deflate
_Given = TypeVar("_Given")
_Known = TypeVar("_Known")


def fingerprint(area: StudyArea, living: Living, *about: object) -> str:
    """What differs as soon as a block of an area, with who lives where in it, could say something else."""
    found = hashlib.sha256(repr((carecircles.__version__, area.standard, *about)).encode())
    for frame in (area.streets, area.facilities, area.boundary):
        for part in (frame.index.astype(str).to_numpy(), frame.geometry.to_wkb().to_numpy()):
            found.update(repr(part.tolist()).encode())
    found.update(repr(area.facilities.get("neighbour", pd.Series()).tolist()).encode())
    for group, own in living.people.items():
        found.update(repr((group, living.weights)).encode() + own.tobytes())
    if area.sources.uninhabited is not None:
        found.update(repr(area.sources.uninhabited.geometry.to_wkb().tolist()).encode())
    for band in area.sources.people_raster:
        at = band.path.stat()
        of = dataclasses.replace(band, path=band.path.resolve())
        found.update(repr((of, at.st_size, at.st_mtime_ns)).encode())
    return found.hexdigest()


def going_on(run: Run, folder: str | Path | None, of: Callable[[], str]) -> Run:
    """
    What maps a function over blocks like `run`, but keeps what it says of each in a folder, if there is to be one.

    What a run before has kept there is taken from there; `of` says which run this is.
    """
    if folder is None:
        return run
    kept = Kept(Path(folder), of())
    done = kept.places()

    def mapped(function: Callable[[_Given], _Known], tasks: Iterable[_Given]) -> Iterator[_Known]:
        tasks, again = itertools.tee(tasks)
        found = iter(run(function, (task for task in again if _place(task) not in done)))
        for task in tasks:
            place = _place(task)
            if place in done:
                yield kept.load(place)
            else:
                one = next(found)
                kept.save(place, one)
                yield one

    return mapped


def _place(task: Any) -> tuple[int, int]:
    """Which block a task is of, whichever kind it is."""
    place: tuple[int, int] = task.place
    return place


class Kept:
    """The blocks that are kept in a folder."""

    def __init__(self, folder: Path, run: str) -> None:
        self.folder, self.run = folder, run

    def places(self) -> set[tuple[int, int]]:
        """
        Which blocks are there.

        Raises
        ------
        ValidationError
            If they are of another run.
        """
        with writing(self.folder):
            self.folder.mkdir(exist_ok=True, parents=True)
        paths = sorted(self.folder.glob("*.npz"))
        for path in paths:
            self._read(path)
        return {(int(up), int(right)) for up, right in (path.stem.split("-") for path in paths)}

    def load(self, place: tuple[int, int]) -> Any:
        """What is known of a block."""
        path = self._path(place)
        told = self._read(path)
        with np.load(path, allow_pickle=False) as arrays:
            return _decoded(told["value"], arrays)

    def save(self, place: tuple[int, int], value: object) -> None:
        """Keep what is known of a block."""
        arrays: list[np.ndarray] = []
        told = json.dumps({"run": self.run, "value": _encoded(value, arrays)})
        path = self._path(place)
        temporary = path.with_suffix(".part")
        try:
            with temporary.open("wb") as file:
                _write(file, {"told": np.array(told)} | dict(zip(_names(), arrays, strict=False)))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as err:
            with contextlib.suppress(OSError):
                temporary.unlink()
            told = f"{path}: cannot be written ({err.strerror or err}); free some space."
            zh = f"{path}：无法写入（{err.strerror or err}）；请腾出空间。"
            raise StoppedError([Sentence(told, zh=zh)]) from None

    def _path(self, place: tuple[int, int]) -> Path:
        return self.folder / f"{place[0]}-{place[1]}.npz"

    def _read(self, path: Path) -> dict[str, Any]:
        told: dict[str, Any] = {}
        with (
            contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile),
            np.load(path, allow_pickle=False) as file,
        ):
            told = json.loads(str(file["told"]))
        if told.get("run") != self.run:
            raise ValidationError([_of_another(path)])
        return told


def count_kept(folder: str | Path) -> int:
    """
    How many blocks are kept in a folder, for a run that goes on.

    Examples
    --------
    >>> count_kept("no-such-folder")
    0
    """
    return len(list(Path(folder).glob("*.npz")))


def forget(folder: str | Path) -> None:
    """
    Remove the blocks that are kept in a folder, and the folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     kept = Path(place) / "kept"
    ...     kept.mkdir()
    ...     forget(kept)
    ...     kept.exists()
    False
    """
    shutil.rmtree(folder, ignore_errors=True)


def _write(file: Any, arrays: dict[str, np.ndarray]) -> None:
    """Arrays as numpy's own .npz has them, pressed together fast."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as parts:
        for name, array in arrays.items():
            with parts.open(f"{name}.npy", "w", force_zip64=True) as part:
                np.lib.format.write_array(part, array, allow_pickle=False)


def _names() -> Iterator[str]:
    return (f"arr_{n}" for n in itertools.count())


def _encoded(value: object, arrays: list[np.ndarray]) -> Any:
    """A value as JSON, with its arrays beside."""

    def put(array: np.ndarray) -> int:
        arrays.append(array)
        return len(arrays) - 1

    if isinstance(value, pd.DataFrame):
        columns = [[str(name), _encoded(value[name].array, arrays)] for name in value]
        return {"frame": columns}
    if isinstance(value, pd.Categorical):
        return {"codes": put(np.asarray(value.codes)), "of": _encoded(value.categories, arrays)}
    if isinstance(value, pd.Index):
        return {"index": put(np.array([str(label) for label in value], dtype=str))}
    if isinstance(value, np.ndarray) and value.dtype == object:  # outlines
        told = shapely.to_wkb(value)
        long = put(np.array([len(one) for one in told], dtype=np.int64))
        return {"shapes": put(np.frombuffer(b"".join(told), dtype=np.uint8)), "long": long}
    if isinstance(value, np.ndarray | pd.api.extensions.ExtensionArray):
        return {"array": put(np.asarray(value))}
    if type(value).__name__ in _KINDS:
        fields = [_encoded(one, arrays) for one in value]  # type: ignore[attr-defined]  # a tuple
        return {"kind": type(value).__name__, "of": fields}
    if isinstance(value, dict):
        return {"table": [[key, _encoded(one, arrays)] for key, one in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [_encoded(one, arrays) for one in value]}
    return value.item() if isinstance(value, np.generic) else value


def _decoded(told: Any, arrays: Any) -> Any:
    match told:
        case {"frame": columns}:
            return pd.DataFrame({name: _decoded(one, arrays) for name, one in columns}, copy=False)
        case {"codes": number, "of": categories}:
            codes = arrays[f"arr_{number}"]
            return pd.Categorical.from_codes(codes, categories=_decoded(categories, arrays))
        case {"shapes": number, "long": long}:
            told, ends = arrays[f"arr_{number}"].tobytes(), np.cumsum(arrays[f"arr_{long}"])
            parts = [told[a:b] for a, b in itertools.pairwise([0, *ends])]
            return shapely.from_wkb(np.array(parts, dtype=object))
        case {"index": number}:
            return pd.Index(arrays[f"arr_{number}"].astype(object))
        case {"array": number}:
            return arrays[f"arr_{number}"]
        case {"kind": name, "of": fields}:
            return _KINDS[name](*(_decoded(one, arrays) for one in fields))
        case {"table": rows}:
            return {key: _decoded(one, arrays) for key, one in rows}
        case {"tuple": fields}:
            return tuple(_decoded(one, arrays) for one in fields)
    return told


def _of_another(path: Path) -> Sentence:
    return Sentence(
        f"{path}: this is no block of this run, but of another with other files or options or another version of carecircles; "
        "repeat those, or leave out --resume to begin anew.",
        zh=f"{path}：这不是本次运行的分块，其文件、选项或 carecircles 版本不同；请使用相同的设置，或去掉 --resume 重新开始。",
    )
