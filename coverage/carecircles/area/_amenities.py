"""The files of a study area's folder `facilities/`, one kind of facilities each: which there are, what is in them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd

from carecircles import _mends, io
from carecircles.amenities import CARE, Kind, kind_of, near_to
from carecircles.area.values import StudyArea
from carecircles.errors import ValidationError
from carecircles.io import _checks, _matching
from carecircles.io._formats import FORMATS, parted
from carecircles.words import Sentence, Text, listed

FOLDER = "facilities"
ROLE_ZH = "设施"
# What goes with other files, and what people write beside them.
_BESIDE = (
    *(".dbf", ".shx", ".prj", ".cpg", ".qpj", ".qmd", ".qix", ".sbn", ".sbx", ".xml", ".csvt"),
    *(".md", ".txt", ".gpkg-wal", ".gpkg-shm", ".tmp"),
)


class Place(NamedTuple):
    """Where layers lie in a study area: its streets and boundary."""

    streets: gpd.GeoDataFrame
    boundary: gpd.GeoDataFrame


def files_in(folder: Path) -> list[Path]:
    """The files of the folder that can be layers, by name."""
    return [path for path in _every(folder) if path.suffix.casefold() in FORMATS]


def _every(folder: Path) -> list[Path]:
    place = folder / FOLDER
    try:
        found = sorted(place.iterdir()) if place.is_dir() else []
    except OSError:
        return []
    is_meant = (path for path in found if not path.name.startswith((".", "~$")))
    return [path for path in is_meant if path.is_file()]


def layers_in(
    folder: Path, kinds: Sequence[Kind]
) -> tuple[dict[str, Path], list[Sentence], list[Text]]:
    """The file of each kind, what is wrong with the folder, and which files are passed over."""
    files = files_in(folder)
    others = [p for p in _every(folder) if p not in files and p.suffix.casefold() not in _BESIDE]
    notes: list[Text] = [
        {
            "en": f"{FOLDER}/{path.name}: files of this kind are not read; it is passed over.",
            "zh": f"{FOLDER}/{path.name}：不支持读取此类文件，已略过。",
        }
        for path in others
    ]
    found: dict[str, list[Path]] = {}
    problems: list[Sentence] = []
    for path in files:
        kind = kind_of(path.stem, kinds)
        if kind is None:
            problems.append(_unknown(path, kinds))
        else:
            found.setdefault(kind.key, []).append(path)
    for key, paths in found.items():
        names = listed(_checks.show(path.name) for path in paths)
        if key == CARE:
            told = f"{FOLDER}/{names}: the area's centres are {CARE}; put what is there into the centres' file."
            zh = f"{FOLDER}/{names.zh}：区域的中心即为 {CARE}；请将其内容并入中心文件。"
            problems.append(Sentence(told, zh=zh))
        elif len(paths) > 1:
            told = f"{FOLDER}: there is more than one file of {key} ({names}); {_mends.KEEP_ONE}."
            zh = f"{FOLDER}：{key} 的文件不止一个（{names.zh}）；{_mends.KEEP_ONE.zh}。"
            problems.append(Sentence(told, zh=zh))
    return {k: paths[0] for k, paths in found.items() if k != CARE}, problems, notes


def called_problems(layers: Mapping[str, object], kinds: Sequence[Kind]) -> list[Sentence]:
    """Whether frames in memory are called by kinds that there are, and none is that of the centres."""
    others = [kind.key for kind in kinds if kind.key != CARE]
    problems = []
    for key in layers:
        if key not in others:
            near, mend = near_to(str(key), kinds), _mends.one_of(others, do=_mends.WRITE)
            meant = Sentence(f", perhaps {near}", zh=f"（是否为 {near}？）" if near else "")
            told = f"study: amenities: {key!r:.60} is no kind of other facilities{meant if near else ''}; {mend}."
            zh = f"study：amenities：没有 {key!r:.60} 这一类其他设施{meant.zh}；{mend.zh}。"
            problems.append(Sentence(told, zh=zh))
    return problems


def _unknown(path: Path, kinds: Sequence[Kind]) -> Sentence:
    """That a file is called like no kind, and what to do."""
    near, stem = near_to(path.stem, kinds), _checks.show(path.stem)
    meant = (
        Sentence(f", perhaps {near}", zh=f"（是否为 {near}？）") if near else Sentence("", zh="")
    )
    others = listed(kind.key for kind in kinds if kind.key != CARE)
    return Sentence(
        f"{FOLDER}/{path.name}: {stem} is no kind of facilities{meant}; call the file by one of {others}, or "
        "declare the kind below [kinds] in area.toml.",
        zh=f"{FOLDER}/{path.name}：{stem} 不是已知的设施类别{meant.zh}；请以下列之一命名：{others.zh}，或在 "
        "area.toml 的 [kinds] 下声明该类别。",
    )


def match(
    layers: Mapping[str, io.Source], place: Place, *, datums: Mapping[str, str], by: str
) -> tuple[dict[str, gpd.GeoDataFrame], list[Sentence], list[Text]]:
    """The facilities of each kind near a study area, what is wrong with them, what was taken for granted."""
    found: dict[str, gpd.GeoDataFrame] = {}
    problems: list[Sentence] = []
    notes: list[Text] = []
    for key, source in layers.items():
        datum = datums.get(key, datums.get(FOLDER))
        try:
            layer = io.read_amenities(source, crs=place.streets.crs, datum=datum)
        except ValidationError as err:
            problems += err.problems
            continue
        file = str(layer.attrs["file"])
        near, wrong, said = _matching.match_amenities(
            layer, place.streets, place.boundary, file=file, remedy=_remedy(key, by)
        )
        problems += wrong
        notes += [*io.taken(layer), *said]
        found[key] = near
    return found, problems, notes


def _remedy(key: str, by: str) -> Sentence:
    """How the datum of a layer is declared."""
    if by == "study":
        line = f'datum={{{{"{key}": "{{}}"}}}}'
        return Sentence(f"pass {line}", zh=f"请传入 {line}")
    line = f'{key} = "{{}}"'
    return Sentence(
        f"say {line} below [datum] in area.toml", zh=f"请在 area.toml 的 [datum] 下写 {line}"
    )


def described(area: StudyArea) -> dict[str, list[Sentence]]:
    """What is understood of each layer, in lines."""
    lines = {}
    for kind in area.kinds:
        layer = area.amenities.get(kind.key)
        if layer is not None:
            count = len(layer)
            told = f"{count:,} place{'s'[: count != 1]} of {kind.name['en']}"
            lines[f"{FOLDER}/{kind.key}"] = [
                Sentence(told, zh=f"{kind.name['zh']}设施 {count:,} 处")
            ]
    return lines


def own_layers(folder: Path, kinds: Sequence[Kind]) -> dict[Path, str]:
    """The layers of a folder by path, each under the name it is described by."""
    found, _, _ = layers_in(folder, kinds)
    return {parted(path)[0].resolve(): f"{FOLDER}/{key}" for key, path in found.items()}
