"""
Blocks of a run that was stopped, kept beside its rasters, so that the next goes on with them.

A file holds numbers and text alone, and is whole or not there. It tells of which run it is: one of other inputs,
options or another version is refused.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import carecircles
from carecircles import _rims, _tally, grid
from carecircles.area import StudyArea
from carecircles.blocks import _known, _tasks
from carecircles.blocks.layers import Into
from carecircles.blocks.values import Found, Run, Task
from carecircles.errors import ValidationError
from carecircles.io._target import writing
from carecircles.words import Sentence

FOLDER = ".carecircles-unfinished"
_KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (_tally.Tally, _tally.Histogram, _rims.Rim, _rims.Lines)
}


def fingerprint(area: StudyArea, *about: object) -> str:
    """What differs as soon as a block of an area could say something else."""
    found = hashlib.sha256(repr((carecircles.__version__, area.standard, *about)).encode())
    for frame in (area.streets, area.facilities):
        for part in (frame.index.astype(str).to_numpy(), frame.geometry.to_wkb().to_numpy()):
            found.update(repr(part.tolist()).encode())
    found.update(repr(area.facilities.get("neighbour", pd.Series()).tolist()).encode())
    found.update(area.population.to_csv().encode())
    for band in area.sources.people_raster:
        at = band.path.stat()
        of = dataclasses.replace(band, path=band.path.resolve())
        found.update(repr((of, at.st_size, at.st_mtime_ns)).encode())
    return found.hexdigest()


@contextlib.contextmanager
def known(
    base: Task, area: StudyArea, rasters: Into | None, run: Run
) -> Iterator[Iterable[Found | None]]:
    """What is known of each block; of those that a run before has kept from there."""
    if rasters is None or not rasters.resumes:
        if rasters is not None:
            removed(rasters.folder)
        yield run(_known.known_of, _tasks.tasks_of(base))
        return
    asked = (base.within, base.group, base.asked, grid.pieces.SIDE)
    kept = Kept(Path(rasters.folder), fingerprint(area, asked))
    done = kept.places()

    def each() -> Iterator[Found | None]:
        found = iter(
            run(_known.known_of, (task for task in _tasks.tasks_of(base) if task.place not in done))
        )
        for task in _tasks.tasks_of(base):
            if task.place in done:
                told = kept.load(task.place)
                yield None if told is None else Found(*told)
            else:
                one = next(found)
                kept.save(task.place, None if one is None else tuple(one))
                yield one

    yield each()
    removed(rasters.folder)


class Kept:
    """The blocks that are kept in a folder."""

    def __init__(self, folder: Path, run: str) -> None:
        self.folder, self.run = folder / FOLDER, run

    def places(self) -> set[tuple[int, int]]:
        """
        Which blocks are there.

        Raises
        ------
        ValidationError
            If they are of another run.
        """
        with writing(self.folder):
            self.folder.mkdir(exist_ok=True)
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
        with writing(self.folder):
            with temporary.open("wb") as file:
                np.savez_compressed(file, *arrays, told=np.array(told))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)

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


def removed(folder: str | Path) -> None:
    """Remove the blocks that are kept in a folder."""
    shutil.rmtree(Path(folder) / FOLDER, ignore_errors=True)


def _encoded(value: object, arrays: list[np.ndarray]) -> Any:
    """A value as JSON, with its arrays beside."""
    if isinstance(value, pd.Index):
        arrays.append(np.array([str(label) for label in value]))
        return {"index": len(arrays) - 1}
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
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
