"""What is kept of the cells of a plan that are too many to be kept."""

from typing import NamedTuple

import pandas as pd

from carecircles._rims import Rim
from carecircles._tally import Tally
from carecircles.grid import Grid


class Counts(NamedTuple):
    """
    Sums by street, where reach ends, the lattice; of the headline group the people whom only centres beyond the border
    cover (`beyond`), and those not covered near it (`near`); by what the people of each street with cells are placed, and
    whether nobody lives in some of its cells.
    """

    tally: Tally
    rim: Rim
    lattice: Grid
    beyond: float
    near: float
    basis: pd.Series
    has_empty_land: bool = False
