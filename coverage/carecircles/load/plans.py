"""The load of a plan's centres, with scores of access, as one value."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from carecircles import comparison
from carecircles.load import access
from carecircles.load.assigned import by_nearest, by_transport
from carecircles.load.need import THOUSAND, in_need
from carecircles.load.values import Load, by_street
from carecircles.plan import Plan, require_no_bundle

WAYS = ("nearest", "transport")
FORMS = {"2sfca": access.two_step, "e2sfca": access.enhanced, "gaussian": access.gaussian}
_WEIGHTS = {"2sfca": None, "e2sfca": access.step_weights, "gaussian": access.gaussian_weights}


@dataclass(frozen=True, eq=False)
class PlanLoad:
    """
    Who finds a place in a plan.

    Attributes
    ----------
    plan
        The plan.
    kind
        What people need a place of, one of `io.KINDS`.
    form
        Of the scores: '2sfca', 'e2sfca' or 'gaussian'.
    is_by_needs
        Whether the area's table of needs says how many need one; else everyone of the group that comes first
        does.
    load
        Who goes where.
    centres
        `load.centres` with crowding (persons per place).
    streets
        `by_street` of the load with access (places per 1,000 people in need, their mean; NaN where nobody is in
        need, and where they reach only centres that do not say how much they hold).
    district
        The same of all cells together.
    access
        Places per 1,000 people in need, by cell.
    """

    plan: Plan
    kind: str
    form: str
    is_by_needs: bool
    load: Load
    centres: pd.DataFrame = field(repr=False)
    streets: pd.DataFrame = field(repr=False)
    district: pd.Series = field(repr=False)
    access: pd.Series = field(repr=False)


def of_plan(
    plan: Plan,
    *,
    kind: str = "capacity",
    by: str = "nearest",
    form: str = "e2sfca",
    time_limit: float = 60.0,
) -> PlanLoad:
    """
    Who finds a place in a plan, up to its standard.

    Parameters
    ----------
    plan
        The plan; its area's `needs` say who needs a place, if they say anything of the kind.
    kind
        One of `io.KINDS`.
    by
        'nearest' or 'transport', see `by_nearest` and `by_transport`.
    form
        Of the scores of access and crowding: '2sfca', 'e2sfca' or 'gaussian'.
    time_limit
        As in `by_transport`.

    Raises
    ------
    KeyError
        If the kind or the form is not known.
    ValidationError
        If a bundle of services counts.

    Examples
    --------
    One of three centres says that it can serve 120 of 24,000 people.

    >>> from carecircles import datasets, grid, load, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = load.of_plan(asis)
    >>> told.district[["need", "served", "left_over", "unsaid"]].round().tolist()
    [24000.0, 120.0, 15605.0, 8275.0]
    """
    require_no_bundle(plan)
    needs = plan.area.needs
    is_by_needs = needs is not None and kind in set(needs["kind"])
    people, places = people_of(plan, kind), plan.area.facilities[kind].astype(float)
    if by == "transport":
        made = by_transport(people, plan.cost, places, time_limit=time_limit)
    else:
        made = by_nearest(people, plan.cost, places)
    score = FORMS[form](people, plan.cost, places) * THOUSAND
    crowd = access.crowding(people, plan.cost, places, weights=_WEIGHTS[form])
    street = plan.cells["street"]
    weighed = (score * people).groupby(street, observed=False).sum()
    streets = by_street(made, street)
    # Where only centres are within reach of which nobody knows how much they hold, nothing is known.
    is_known = (streets["need"] > 0) & ((weighed > 0) | ~(streets["unsaid"] > 0))
    streets["access"] = weighed / streets["need"].where(is_known)
    whole = made.cells.sum()
    need = whole["need"] if whole["need"] > 0 else np.nan
    whole["left_over_share"] = whole["left_over"] / need
    whole["access"] = np.nan if places.isna().all() else float((score * people).sum()) / need
    return PlanLoad(
        plan, kind, form, is_by_needs, made, made.centres.assign(crowding=crowd), streets,
        whole.rename("district"), score,
    )  # fmt: skip


def people_of(plan: Plan, kind: str) -> pd.Series:
    """
    Who needs a place of a kind, by cell: as the area's table of needs says, else everyone whose figures come first.

    Examples
    --------
    >>> from carecircles import datasets, grid, load, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> round(float(load.people_of(asis, "beds").sum()))
    24000
    """
    needs = plan.area.needs
    if needs is not None and kind in set(needs["kind"]):
        return in_need(plan.cells, needs, kind, groups=plan.area.groups)
    return plan.cells[comparison.headline(plan).column].astype(float).rename("need")
