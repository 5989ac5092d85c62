"""Where people go for a place: to the nearest centre, or as they are best shared out."""

import numpy as np
import pandas as pd

from carecircles.load import _transport
from carecircles.load.values import Load, Pairs, nearest_of, pairs_of
from carecircles.reach import CostTable


def by_nearest(people: pd.Series, cost: CostTable, places: pd.Series) -> Load:
    """
    Everyone goes to the nearest centre within reach, whether there is a place or not.

    Where more come than there are places, all who come have the same chance of one. Of two centres
    equally near, the first in `places` is taken.

    Parameters
    ----------
    people
        Persons in need by cell.
    cost
        Who reaches whom, up to the standard.
    places
        Places by centre; NaN where nobody says how many.

    Returns
    -------
    load
        Assigned, served and left over. Who is beyond the reach of every centre is left over too.

    Examples
    --------
    Three people and one go to a centre with two places; one has no centre.

    >>> pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "a")], names=["demand", "facility"])
    >>> cost = CostTable(pd.Series([80.0, 700.0], index=pairs), cutoff=700)
    >>> made = by_nearest(pd.Series({"p": 3.0, "q": 1.0, "r": 1.0}), cost, pd.Series({"a": 2.0}))
    >>> made.centres[["assigned", "used", "left_over"]].loc["a"].tolist()
    [4.0, 2.0, 2.0]
    >>> made.cells["left_over"].to_dict()
    {'p': 1.5, 'q': 0.5, 'r': 1.0}
    """
    pairs = pairs_of(people, cost, places.index)
    nearest = nearest_of(pairs, len(people))
    need, room = people.to_numpy(dtype=float), places.to_numpy(dtype=float)
    some = np.flatnonzero((nearest >= 0) & (need > 0))
    own = Pairs(*(values[nearest[some]] for values in (pairs.cell, pairs.centre, pairs.cost)))
    comes = np.bincount(own.centre, need[some], minlength=len(room))
    with np.errstate(invalid="ignore", divide="ignore"):
        chance = np.where(comes > 0, np.minimum(1.0, room / comes), 0.0)
    served, unsaid = np.zeros(len(need)), np.zeros(len(need))
    is_said = ~np.isnan(room[own.centre])
    served[some] = np.where(is_said, need[some] * np.nan_to_num(chance[own.centre]), 0.0)
    unsaid[some] = np.where(is_said, 0.0, need[some])
    return _load("nearest", people, places, (pairs, nearest), (own, need[some]), served, unsaid)


def by_transport(
    people: pd.Series, cost: CostTable, places: pd.Series, *, time_limit: float = 60.0
) -> Load:
    """
    People shared out over the centres within their reach, nobody over a centre's places.

    First as few as possible are left over, then as few as possible of those who reach no centre whose places
    nobody knows, then everyone together goes as short a way as can be: the transport problem
    (Hitchcock 1941, J. of Mathematics and Physics 20)

    .. math:: \\min \\sum_{ij} c_{ij} x_{ij} + \\sum_i b_i u_i, \\quad \\sum_j x_{ij} + u_i = n_i, \\quad
              \\sum_i x_{ij} \\le S_j, \\quad x, u \\ge 0

    with :math:`b_i = (m + 1) C`, twice that where no such centre is within reach, for :math:`m` centres and the
    largest cost :math:`C`. One more person served takes the place of others along a chain that comes to
    every centre at most once, so that all ways together grow by no more than :math:`m C`: one programme
    keeps the order of the three aims. HiGHS solves it; that its answer is the best is proven by our own
    arithmetic from its dual prices. Persons may be split, as they are means.

    Parameters
    ----------
    people, cost, places
        As in `by_nearest`. A centre whose places nobody knows takes nobody in.
    time_limit
        Seconds the solver may take.

    Raises
    ------
    OutOfTimeError
        If the time is up before the answer.
    SolverError
        If no answer of the solver holds.

    Examples
    --------
    The person at q reaches only centre a, so that two at p go to b.

    >>> table = pd.Series({("p", "a"): 100.0, ("p", "b"): 300.0, ("q", "a"): 200.0})
    >>> table.index.names = ["demand", "facility"]
    >>> people, places = pd.Series({"p": 2.0, "q": 1.0}), pd.Series({"a": 1.0, "b": 5.0})
    >>> by_transport(people, CostTable(table, cutoff=700), places).flows.to_dict()
    {('p', 'b'): 2.0, ('q', 'a'): 1.0}
    """
    every = pairs_of(people, cost, places.index)
    need, room = people.to_numpy(dtype=float), places.to_numpy(dtype=float)
    is_open = ~np.isnan(room[every.centre]) & (need[every.cell] > 0)
    pairs = Pairs(every.cell[is_open], every.centre[is_open], every.cost[is_open])
    is_unsure = np.zeros(len(need), dtype=bool)
    is_unsure[every.cell[np.isnan(room[every.centre])]] = True
    sent = _transport.solve(pairs, need, np.nan_to_num(room), is_unsure, seconds=time_limit)
    served = np.minimum(np.bincount(pairs.cell, sent, minlength=len(need)), need)
    unsaid = np.where(is_unsure, need - served, 0.0)
    goes = sent > 0
    own = Pairs(pairs.cell[goes], pairs.centre[goes], pairs.cost[goes])
    nearest = nearest_of(every, len(need))
    return _load("transport", people, places, (every, nearest), (own, sent[goes]), served, unsaid)


def _load(
    by: str,
    people: pd.Series,
    places: pd.Series,
    within: tuple[Pairs, np.ndarray],
    sent: tuple[Pairs, np.ndarray],
    served: np.ndarray,
    unsaid: np.ndarray,
) -> Load:
    """All of it as frames: `within` are all pairs and each cell's nearest, `sent` who goes where."""
    (every, nearest), (own, persons) = within, sent
    need, room, size = people.to_numpy(dtype=float), places.to_numpy(dtype=float), len(places)
    left = np.maximum(need - served - unsaid, 0.0)
    assigned = np.bincount(own.centre, persons, minlength=size)
    metres = np.bincount(own.centre, persons * own.cost, minlength=size)
    has = nearest >= 0
    left_of = np.bincount(every.centre[nearest[has]], left[has], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        centres = pd.DataFrame(
            {
                "assigned": assigned,
                "places": room,
                "used": np.where(room > 0, assigned / room, np.nan),
                "left_over": np.where(np.isnan(room), np.nan, left_of),
                "goes_m": np.where(assigned > 0, metres / assigned, np.nan),
            },
            index=places.index,
        )
    cells = pd.DataFrame(
        {"need": need, "served": served, "left_over": left, "unsaid": unsaid}, index=people.index
    )
    index = pd.MultiIndex.from_arrays(
        [people.index[own.cell], places.index[own.centre]], names=["demand", "facility"]
    )
    return Load(by, pd.Series(persons, index=index, name="persons"), centres, cells)
