"""How many people need a place: of each group so many in a thousand."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from carecircles.people import GROUPS, Group, wholes_of

THOUSAND = 1000.0


def in_need(
    cells: pd.DataFrame, needs: pd.DataFrame, kind: str, *, groups: Sequence[Group] = GROUPS
) -> pd.Series:
    """
    How many people of each cell need a place of a kind.

    Everyone counts once, by the narrowest group they are in: with 20 of 1,000 people 60+ and 60 of 1,000
    people 80+, those of 80 and more need 60 and those of 60 to 79 need 20 of 1,000.

    .. math:: n_i = \\sum_g \\frac{r_g}{1000} \\Bigl(p_{gi} - \\sum_{h \\subset g} p_{hi}\\Bigr)

    with the groups :math:`h` of the table that are directly part of group :math:`g`.

    Parameters
    ----------
    cells
        People by group, as from `grid.make_demand`.
    needs
        From `io.read_needs`: group, kind, per_1000; of two groups of a kind one is part of the other.
    kind
        One of `io.KINDS`.
    groups
        Those of the area, which say what is part of what.

    Returns
    -------
    need
        Persons, on the index of `cells`; nobody where the table says nothing of the kind.

    Examples
    --------
    >>> cells = pd.DataFrame({"people_60": [1000.0], "people_80": [200.0]})
    >>> needs = pd.DataFrame({"group": ["people_60", "people_80"], "kind": "beds", "per_1000": [20, 60]})
    >>> in_need(cells, needs, "beds").tolist()  # 800 x 20 and 200 x 60 of a thousand
    [28.0]
    """
    rates = needs[needs["kind"] == kind].set_index("group")["per_1000"].astype(float)
    need = np.zeros(len(cells))
    for group, rate in rates.items():
        above = next(
            (whole for whole in wholes_of(str(group), groups) if whole in rates.index), None
        )
        # Those of the wider group who are in this one as well have this one's rate instead.
        more = rate - (rates[above] if above is not None else 0.0)
        need += more / THOUSAND * cells[str(group)].to_numpy(dtype=float)
    return pd.Series(np.maximum(need, 0.0), index=cells.index, name="need")
