"""What is drawn, and what a plan says in each draw."""

import dataclasses
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from carecircles.plan import Plan


@dataclass(frozen=True, eq=False)
class Draws:
    """
    What each draw takes for true of what is not known.

    Attributes
    ----------
    centres
        Those that may stand elsewhere than it is said.
    error
        How far off, in metres, on `centres`.
    x, y
        Where they stand, in metres: a row a draw, a column a centre.
    people
        By what the people of each street are to be multiplied: a row a draw, a column a street of the cells, in
        the order of its categories. None where people do not vary.
    cutoff
        What counts as near in each draw, in the unit of the plan's costs.
    pace
        Metres a second in each draw, where costs are minutes and the pace varies; else None.
    loose
        Of `centres` those drawn without heed of their street, because their disc hardly meets it.
    """

    centres: pd.Index
    error: pd.Series
    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    people: np.ndarray | None = field(repr=False)
    cutoff: np.ndarray = field(repr=False)
    pace: np.ndarray | None = field(default=None, repr=False)
    loose: pd.Index = field(default_factory=lambda: pd.Index([]))

    def __len__(self) -> int:
        return len(self.cutoff)

    def first(self, count: int) -> "Draws":
        """So many of them, from the first on."""
        people, pace = (None if a is None else a[:count] for a in (self.people, self.pace))
        return dataclasses.replace(
            self,
            x=self.x[:count],
            y=self.y[:count],
            people=people,
            cutoff=self.cutoff[:count],
            pace=pace,
        )


@dataclass(frozen=True, eq=False)
class Robustness:
    """
    What a plan says in each draw.

    Attributes
    ----------
    plan
        The plan as it is told.
    draws
        What was drawn.
    group
        Column of the people counted.
    covered, people
        People covered, and all people: a row a draw, a column a street.
    probability
        In what share of the draws each cell is covered, on the index of the plan's cells.
    frozen
        Share of all people covered if one centre stood where it is said to and the others as drawn: a row a draw,
        a column a centre of `draws.centres`; no column where that was not asked.
    """

    plan: Plan
    draws: Draws
    group: str
    covered: pd.DataFrame = field(repr=False)
    people: pd.DataFrame = field(repr=False)
    probability: pd.Series = field(repr=False)
    frozen: pd.DataFrame = field(repr=False)
