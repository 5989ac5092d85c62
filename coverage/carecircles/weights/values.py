"""By what people are placed in a street, and their cells once they are."""

import dataclasses
from dataclasses import dataclass

import pandas as pd

from carecircles.area import Sources
from carecircles.words import Text

STREETS, RESIDENCES, COMMUNITIES, GRID = "streets", "residences", "communities", "people_grid"
RASTER, EVEN, UNINHABITED = "people_raster", "even", "uninhabited"
BASES = (RESIDENCES, COMMUNITIES, GRID, RASTER, EVEN, UNINHABITED)
SOURCES = (EVEN, RESIDENCES, COMMUNITIES, GRID, RASTER)
TOTALS = ("street", "residences", "grid")
STAIRS = ("flights", "upstairs", "stairs_known")  # of the people of a cell


@dataclass(frozen=True, eq=False)
class Placed:
    """
    The people of a study area in its cells, and what is known of how they came there.

    Attributes
    ----------
    demand
        Cells as `grid.make_demand` gives them, and `placed`: by what the people of each are placed, one
        of `BASES` (categorical).
    units
        A row for each unit with cells or people: `unit` (code), `street`, `source` ('streets' for what
        is left of a street, 'communities', 'people_grid'), `basis` (one of `BASES`) and, for each
        group, `known_...` (NaN where only the sum of several units is known) and `placed_...`.
    notes
        What was taken for granted, in each language.
    """

    demand: pd.DataFrame = dataclasses.field(repr=False)
    units: pd.DataFrame = dataclasses.field(repr=False)
    notes: tuple[Text, ...] = ()


def placed_by(cells: pd.DataFrame, group: str) -> dict[str, float]:
    """
    By what the people of some cells are placed, the best first: the share of them for each basis.

    Parameters
    ----------
    cells
        Cells from `make_demand`, evaluated or not; people of others are taken as spread evenly.
    group
        Column of people.

    Examples
    --------
    >>> cells = pd.DataFrame({"placed": ["residences", "even"], "people_60": [30, 10]})
    >>> placed_by(cells, "people_60")
    {'residences': 0.75, 'even': 0.25}
    """
    if "placed" not in cells or not cells[group].sum() > 0:
        return {EVEN: 1.0}
    sums = cells[group].groupby(cells["placed"], observed=True).sum() / cells[group].sum()
    return {basis: float(sums[basis]) for basis in BASES if sums.get(basis, 0) > 0}


def is_even(cells: pd.DataFrame) -> bool:
    """
    Whether people are spread evenly over whole streets, as far as is known.

    Examples
    --------
    >>> is_even(pd.DataFrame({"placed": ["uninhabited", "even"], "people_60": [0, 10]}))
    False
    """
    return "placed" not in cells or bool((cells["placed"] == EVEN).all())


def is_there(sources: Sources, name: str) -> bool:
    found = getattr(sources, name)
    return found is not None and len(found) > 0
