"""Who goes where, as a value; and the same by street."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from carecircles import _html
from carecircles.reach import CostTable, pairs_in


@dataclass(frozen=True, eq=False)
class Load:
    """
    Where people in need go, who finds a place, and who is left over.

    Attributes
    ----------
    by
        'nearest' or 'transport'.
    flows
        Persons by `(demand, facility)` who go there, whether they find a place or not.
    centres
        By facility: assigned (persons who go there), places, used (assigned for each place, NaN where
        there is none or nobody knows), left_over (persons who are left over and whose nearest centre it
        is; NaN where nobody knows its places), goes_m (mean cost of those assigned, in the unit of costs).
    cells
        By cell: need (persons), served, left_over, unsaid (persons of whom nobody knows, since a centre they
        would go to does not say how much it holds). The three add up to the need.
    """

    by: str
    flows: pd.Series = field(repr=False)
    centres: pd.DataFrame = field(repr=False)
    cells: pd.DataFrame = field(repr=False)

    def _repr_html_(self) -> str:
        whole = self.cells.sum()
        facts = [
            (name.replace("_", " "), _html.people(whole[name]))
            for name in ("need", "served", "left_over", "unsaid")
        ]
        return _html.panel({"en": f"Load by {self.by}", "zh": "负荷"}, facts)


@dataclass(frozen=True, eq=False)
class Pairs:
    """The pairs of a cost table as arrays: positions of cell and centre, and cost."""

    cell: np.ndarray
    centre: np.ndarray
    cost: np.ndarray


def pairs_of(people: pd.Series, cost: CostTable, centres: pd.Index) -> Pairs:
    """Pairs of cells and centres that are asked about, each at its place in their index."""
    index = pairs_in(cost.table)
    cell = people.index.get_indexer(index.levels[0])[index.codes[0]]
    centre = centres.get_indexer(index.levels[1])[index.codes[1]]
    some = (cell >= 0) & (centre >= 0)
    return Pairs(cell[some], centre[some], cost.table.to_numpy(dtype=float)[some])


def nearest_of(pairs: Pairs, cells: int) -> np.ndarray:
    """The position of the pair of least cost of each cell, -1 where no centre is within reach."""
    order = np.lexsort((pairs.centre, pairs.cost, pairs.cell))
    first = order[np.diff(pairs.cell[order], prepend=-1) > 0]
    nearest = np.full(cells, -1)
    nearest[pairs.cell[first]] = first
    return nearest


def by_street(load: Load, streets: pd.Series) -> pd.DataFrame:
    """
    Who finds a place and who is left over, street by street.

    Parameters
    ----------
    load
        From `by_nearest` or `by_transport`.
    streets
        The street of each cell.

    Returns
    -------
    streets
        Indexed by street: need, served, left_over, unsaid (persons), left_over_share (of the need, NaN where
        there is none).

    Examples
    --------
    >>> import pandas as pd
    >>> from carecircles import load
    >>> from carecircles.reach import CostTable
    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "a")], names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([80.0, 700.0], index=pairs), cutoff=700)
    >>> people = pd.Series({"p": 3.0, "q": 1.0, "r": 1.0})
    >>> made = load.by_nearest(people, cost, pd.Series({"a": 2.0}))
    >>> load.by_street(made, pd.Series({"p": "S", "q": "S", "r": "T"}))["left_over"].to_dict()
    {'S': 2.0, 'T': 1.0}
    """
    sums = load.cells.groupby(streets.reindex(load.cells.index), observed=False).sum()
    share = sums["left_over"] / sums["need"].where(sums["need"] > 0)
    return sums.rename_axis("street").assign(left_over_share=share)
