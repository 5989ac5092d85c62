"""
How much memory a question takes, told from counts before it is computed, and how much there is.

The bytes for a cell, a pair of cell and centre, or a row of a result were measured on whole commands
(peak of the process less what it takes after its imports); `tests/test_memory.py` measures them again.
"""

import math
import re
from pathlib import Path

import psutil

from carecircles.area import StudyArea
from carecircles.errors import ValidationError
from carecircles.words import Sentence, say

SIDE = 2048  # cells of a block, into which large areas are cut
MANY = 1_000_000  # places of a lattice, from which on blocks save a second
MOST_DRAWN = 4_000_000  # places of the lattice that a page gets
_SHARE = 0.8  # of what is free; the rest is for others and for what an estimate does not see
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(I?)B?", re.IGNORECASE)
_CGROUPS = Path("/sys/fs/cgroup")
_GROUPS_OF_PROCESS = Path("/proc/self/cgroup")

# Bytes at the peak.
_RASTER = 12  # for each place of the rectangle around the streets
_CELL = 130  # a cell of the first plan with its figures
_PLACE_OF_BLOCK = 60  # of a block, where there is a cell or not
_PLACE_OF_ZONES = 130  # more where its uncovered zones are asked for
_PLACE_WEIGHTED = 50  # more where people are placed by rasters
_CELL_MORE = 50  # a cell of each further plan
_CELL_DRAWN = 110  # a cell of a map to plan on
_CELL_PLACED = 100  # a cell whose people are placed by more than their street
_SOURCE_ROW = 300  # a row of what says where people live
_PAIR = 35  # a cell and a centre that reaches it
_PAIR_SITED = 80  # a cell and a candidate, from the cost table to the plan
_PAIR_PROVED = 230  # the same where the whole model goes to the solver
_LEG = 70  # from a home to a seat, or from seat to seat
_SOLVER = 50_000_000  # the solver's own process
_ALWAYS_PROVED = ("backup", "facilities")  # goals that always go to the solver
TABLE_ROW = 3000  # a row of a table that is written or printed
CANDIDATE = 1200  # a candidate on the grid


def of_evaluation(
    area: StudyArea,
    *,
    cell: float,
    plans: int = 1,
    is_beside: bool = False,
    is_drawn: bool = False,
    of_rows: float = 0,
) -> float:
    """
    Bytes that evaluating a study area takes beyond what the process has.

    Parameters
    ----------
    area
        The study area; its streets, centres and standard count.
    cell
        Side of a grid cell in metres.
    plans
        How many plans are evaluated.
    is_beside
        Whether each of them has another one beside, of the same cells by another reach.
    is_drawn
        Whether a map of each cell is drawn.
    of_rows
        Bytes of what has a row for each cell (`TABLE_ROW`, `CANDIDATE`), 0 if nothing has.

    Examples
    --------
    >>> from carecircles import datasets, memory
    >>> area = datasets.load("template")
    >>> memory.of_evaluation(area, cell=50) < memory.of_evaluation(area, cell=25)
    True
    """
    left, bottom, right, top = area.streets.total_bounds
    places = ((right - left) / cell + 1) * ((top - bottom) / cell + 1)
    cells = area.streets.area.sum() / cell**2
    pairs = len(area.facilities) * min(cells, in_circle(area.standard.metres, cell=cell))
    sources = vars(area.sources).values()
    rows = sum(len(source) for source in sources if source is not None)
    more = plans - 1 + plans * is_beside
    of_cell = _CELL + _CELL_MORE * more + _CELL_DRAWN * is_drawn + of_rows
    of_cell += _CELL_PLACED * (rows > 0)
    of_pairs = _PAIR * pairs * (1 + is_beside)
    return float(_RASTER * places + of_cell * cells + of_pairs + _SOURCE_ROW * rows)


def of_block(area: StudyArea, *, cell: float, has_zones: bool = False) -> float:
    """
    Bytes that a block of a study area takes (`blocks.evaluate`), however large the area is.

    Examples
    --------
    >>> from carecircles import datasets, memory
    >>> area = datasets.load("hexi")
    >>> memory.of_block(area, cell=0.5) < memory.of_evaluation(area, cell=0.5) / 30
    True
    """
    left, bottom, right, top = area.streets.total_bounds
    places = min((right - left) / cell + 1, SIDE) * min((top - bottom) / cell + 1, SIDE)
    each = _PLACE_OF_BLOCK + _PLACE_OF_ZONES * has_zones
    each += _PLACE_WEIGHTED * bool(area.sources.people_raster)
    return float(each * places)


def of_siting(goal: str, pairs: float) -> float:
    """
    Bytes that finding sites for a goal takes, by the pairs of cell and candidate of its cost table.

    Examples
    --------
    >>> of_siting("coverage", 2e6) == 2 * of_siting("coverage", 1e6)
    True
    """
    if goal in _ALWAYS_PROVED:
        return _SOLVER + _PAIR_PROVED * pairs
    return _PAIR_SITED * pairs


def of_benches(legs: float) -> float:
    """
    Bytes that finding places for benches takes, by the legs between homes and seats (`benches.legs_expected`).

    Examples
    --------
    >>> of_benches(2e6) == 2 * of_benches(1e6)
    True
    """
    return _LEG * legs


def in_circle(metres: float, *, cell: float) -> float:
    """
    About how many cells lie within so many metres of a point.

    Examples
    --------
    >>> round(in_circle(700, cell=50))
    616
    """
    return math.pi * (metres / cell) ** 2


def limit(said: str | None) -> float:
    """
    Bytes that the process may still take.

    Parameters
    ----------
    said
        How much it may take altogether, such as '4GB' or '512 MiB'; a share of what is free if None.

    Raises
    ------
    ValidationError
        If that is no amount.

    Examples
    --------
    >>> limit("1TB") <= 1e12
    True
    """
    if said is None:
        return _SHARE * free()
    return max(amount(said) - psutil.Process().memory_info().rss, 0.0)


def amount(said: str) -> float:
    """
    Bytes of a written amount.

    Examples
    --------
    >>> amount("4GB"), amount("512 MiB")
    (4000000000.0, 536870912.0)
    """
    found = _AMOUNT.fullmatch(said.strip())
    if found is None or float(found[1]) == 0:
        told = f"--memory is {said!r}; write such as 4GB or 512MB."
        raise ValidationError(
            [Sentence(told, zh=f"--memory 为 {said!r}；应写成 4GB 或 512MB 这样。")]
        )
    number, unit, is_binary = found.groups()
    size = _UNITS[unit.upper()]
    return float(number) * (1024 ** round(math.log(size, 1000)) if is_binary else size)


def free() -> float:
    """
    Bytes that are free on this machine, or as far as its group of processes (a container) may go.

    Examples
    --------
    >>> free() > 0
    True
    """
    return float(min([psutil.virtual_memory().available, *_left_in_groups()]))


def require(estimate: float, *, most: float, doing: str, mend: Sentence) -> None:
    """
    Go on only if an estimate is within what may be taken.

    Parameters
    ----------
    estimate
        Bytes it takes.
    most
        Bytes that may be taken, from `limit`.
    doing, mend
        What takes them, and what to do.

    Raises
    ------
    ValidationError
        With both sizes and the mend.

    Examples
    --------
    >>> require(1e6, most=2e6, doing="--cell 50", mend=Sentence("use less", zh="请少用"))
    """
    if estimate > most:
        takes, has = size(estimate), size(most)
        enough = f"--memory {math.ceil(1.2 * estimate / 1e9)}GB"
        told = f"{doing} takes about {takes} of memory, and {has} may be used; {mend}, or allow more with {enough}."
        zh = f"{say(doing, 'zh')} 约需内存 {takes}，可用 {has}；{mend.zh}，或用 {enough} 放宽限制。"
        raise ValidationError([Sentence(told, zh=zh)])


def size(amount: float) -> str:
    """
    Bytes as people read them.

    Examples
    --------
    >>> size(7_530_000_000), size(87_000_000)
    ('7.5 GB', '87 MB')
    """
    return f"{amount / 1e9:,.1f} GB" if amount >= 1e9 else f"{amount / 1e6:,.0f} MB"


def _left_in_groups() -> list[int]:
    """What each control group of Linux that this process is in has left."""
    left = []
    for line in _read(_GROUPS_OF_PROCESS).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        names = ("memory.max", "memory.current", "inactive_file")
        root = _CGROUPS
        if controllers == "memory":
            root /= "memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        inner = root / path.lstrip("/")
        for group in (inner, *inner.parents):
            most, used = (_read(group / name).strip() for name in names[:2])
            if most.isdigit() and used.isdigit():
                stat = dict(pair.split()[:2] for pair in _read(group / "memory.stat").splitlines())
                left.append(max(int(most) - int(used) + int(stat.get(names[2], 0)), 0))
            if group == root:
                break
    return left


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
