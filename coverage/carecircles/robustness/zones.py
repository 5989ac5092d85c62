"""How sure uncovered zones are: how many of the people in each no centre reaches, draw by draw."""

import dataclasses

import numpy as np
import pandas as pd

from carecircles import comparison
from carecircles.plan import Plan
from carecircles.robustness.figures import HIGH, LOW
from carecircles.robustness.measured import measure
from carecircles.robustness.values import Draws

ELSEWHERE = ""  # what is in no zone: covered as the plan is told


def uncovered_by_zone(plan: Plan, draws: Draws, zone: pd.Series) -> pd.DataFrame:
    """
    How many people of each zone are uncovered in each draw, of the group whose figures come first.

    Parameters
    ----------
    plan
        The plan.
    draws
        From `draw`.
    zone
        From `gaps.zone_of`: the zone of each cell that is uncovered as the plan is told.

    Returns
    -------
    people
        A row a draw, a column a zone in their order, and last `ELSEWHERE`, those who are covered as the plan is
        told and are not in the draw. A row adds up to all people uncovered in the draw.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> told = uncovered_by_zone(asis, robustness.draw(asis, draws=5, rng=1), gaps.zone_of(asis.cells))
    >>> told.columns[0], bool((told["1"] <= asis.cells["people_60"].sum()).all())
    ('1', True)
    """
    group, cells = comparison.headline(plan).column, plan.cells
    streets = cells["street"].cat
    count, names = len(zone.cat.categories), [*zone.cat.categories.astype(str), ELSEWHERE]
    of = np.full(len(cells), count)
    of[cells.index.get_indexer(zone.index)] = zone.cat.codes
    # Each part is of one zone and of one street, whose people vary together.
    part, pairs = pd.factorize(of * len(streets.categories) + streets.codes.to_numpy())
    whose, street = np.divmod(pairs, len(streets.categories))
    cut = cells.assign(street=pd.Categorical.from_codes(part, categories=pd.RangeIndex(len(pairs))))
    cut.attrs = dict(cells.attrs)
    people = None if draws.people is None else draws.people[:, street]
    found = measure(
        dataclasses.replace(plan, cells=cut),
        dataclasses.replace(draws, people=people),
        group=group,
        is_frozen=False,
    )
    left = (found.people - found.covered).to_numpy()
    sums = np.zeros((len(draws), count + 1))
    np.add.at(sums.T, whose, left.T)
    return pd.DataFrame(sums, index=found.covered.index, columns=pd.Index(names, name="zone"))


def left_in_zones(plan: Plan, uncovered: pd.DataFrame) -> pd.DataFrame:
    """
    How far it varies how many people of each zone are uncovered.

    Parameters
    ----------
    plan
        The plan.
    uncovered
        From `uncovered_by_zone`.

    Returns
    -------
    figures
        Indexed by zone, with all zones and what is elsewhere together last (`ELSEWHERE`): expected_uncovered_... (the
        mean of the draws), low_uncovered_... and high_uncovered_..., between which they are in 90 % of the draws.

    Examples
    --------
    >>> from carecircles import datasets, gaps, grid, plan, robustness
    >>> area = datasets.load("hexi")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> drawn = robustness.draw(asis, draws=20, rng=1)
    >>> told = left_in_zones(asis, uncovered_by_zone(asis, drawn, gaps.zone_of(asis.cells)))
    >>> bool((told["low_uncovered_people_60"] <= told["high_uncovered_people_60"]).all())
    True
    """
    group = comparison.headline(plan).column
    every = uncovered.assign(**{ELSEWHERE: uncovered.sum(axis=1)})
    return pd.DataFrame(
        {
            f"expected_uncovered_{group}": every.mean(),
            f"low_uncovered_{group}": every.quantile(LOW),
            f"high_uncovered_{group}": every.quantile(HIGH),
        }
    )
