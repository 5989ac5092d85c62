"""A plan: a study area evaluated for one standard, and the one that a scenario makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from carecircles import _html, _tally, evaluation, grid, provision, weights
from carecircles import reach as reaches
from carecircles._counts import Counts
from carecircles._limits import rounded
from carecircles.area import (
    Standard,
    StudyArea,
    bundled,
    for_group,
    in_words,
    in_year,
    offered_in,
    offering,
    parts_of,
)
from carecircles.errors import ValidationError
from carecircles.people import columns_of
from carecircles.reach import CostTable, Reach
from carecircles.reach._pairs import table_of
from carecircles.scenario import Scenario, apply
from carecircles.services import Bundle
from carecircles.words import Sentence, Text, listed

AS_IT_IS: Text = {"en": "As it is", "zh": "现状"}


@dataclass(frozen=True, eq=False)
class Plan:
    """
    A study area evaluated for one standard, one day, one year of people, one set of centres.

    Several standards, days or years are several plans that share their demand.

    Attributes
    ----------
    name
        What tables and maps call it, in each language.
    area
        The study area, with its centres and its standard.
    cells
        Cells from `evaluation.evaluate`.
    cost
        Cost table of the area's centres up to the standard.
    reach
        How people get to centres; whatever is measured for this plan is measured by it.
    origin
        The plan of another year whose people this one has more or fewer of (`of_year`), if it is one.
    beside
        The same area by another reach, told beside: the walk beside the circle, say.
    parts
        Where a bundle counts, the plans of its services by their keys, each of the centres that offer it
        and held to its own standard; the bundle's cost table is made of theirs (`provision.together`).
    counts
        What its cells add up to where they are too many to be kept; `cells` then is empty (`blocks.evaluate`), or
        has one for many, to be drawn (`blocks.overview`).
    """

    name: Text
    area: StudyArea
    cells: pd.DataFrame = field(repr=False)
    cost: CostTable = field(repr=False)
    reach: Reach
    origin: "Plan | None" = field(default=None, repr=False)
    beside: "Plan | None" = field(default=None, repr=False)
    parts: "Mapping[str, Plan]" = field(default_factory=dict, repr=False)
    counts: Counts | None = field(default=None, repr=False)

    def _repr_html_(self) -> str:
        kept = self.counts
        whole = (
            evaluation.of_district(self.cells) if kept is None else _tally.of_district(kept.tally)
        )
        group = self.area.standard.group
        columns = [g.column for g in self.area.groups if g.column in whole]
        counted = [g for g in columns if group in (None, g)]
        own = f"{self.cost.cutoff:g} {self.cost.unit} {reaches.in_words(self.reach)['en']}"
        way = "by straight lines" if is_straight(self) else own
        return _html.panel(
            self.name,
            [
                ("area", _html.named({"en": self.area.name_en, "zh": self.area.name})),
                ("standard", f"{in_words(self.area.standard)}; {way}"),
                *([("as of", self.area.as_of)] if self.area.as_of else []),
                *([("people of", self.area.year)] if self.area.year else []),
                ("centres", len(self.area.facilities)),
                (
                    "cells",
                    f"{round(1e6 * whole['cells_km2'] / kept.lattice.cell**2) if kept else len(self.cells):,}",
                ),
                *(
                    [("area covered", _html.share(whole["covered_area_share"]))]
                    if "covered_area_share" in whole
                    else []
                ),
            ],
            columns=("people", "in all", "not covered", "covered"),
            rows=[
                (
                    g,
                    _html.people(whole[g]),
                    _html.people(whole[f"uncovered_{g}"]),
                    _html.share(whole[f"covered_{g}_share"]),
                )
                for g in counted
            ],
        )


def evaluate(
    area: StudyArea,
    demand: pd.DataFrame,
    *,
    reach: Reach = reaches.straight_line,
    beside: Reach | None = None,
    base: Plan | None = None,
    name: Text = AS_IT_IS,
) -> Plan:
    """
    The plan of a study area.

    Parameters
    ----------
    area
        The study area as it is or as `scenario.apply` makes it.
    demand
        Cells from `grid.make_demand`, or those of another plan.
    reach
        How people get to centres, a function that makes a cost table: `reach.straight_line`, or
        `functools.partial(reach.looked_up, table=...)` for costs of one's own.
    beside
        Another reach, whose plan is to be told beside this one.
    base
        A plan of the same cells. What it has measured is not measured again, and its reaches take
        the place of `reach` and `beside`.
    name
        What tables and maps call the plan.

    Returns
    -------
    plan
        With the cost table up to the area's standard: its minutes where the reach measures minutes.

    Raises
    ------
    ValidationError
        As the reach does, and as `reach.with_area` for the reaches of `base`.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("hexi")
    >>> demand = grid.make_demand(area.streets, area.population, cell=100)
    >>> plan = evaluate(area, demand)
    >>> len(plan.cells), plan.cost.cutoff, round(float(plan.cells["covered"].mean()), 2)
    (4809, 700.0, 0.86)
    """
    other = None
    if base is None and beside is not None:
        other = evaluate(area, demand, reach=beside, name=name)
    elif base is not None and base.beside is not None:
        other = evaluate(area, demand, base=base.beside, name=name)
    if isinstance(area.counting, Bundle):
        alone = None if base is None else replace(base, beside=None)
        made = _of_bundle(area, demand, reach=reach, base=alone, name=name)
        return replace(made, beside=other, origin=_origin_of(base, area))
    centres = area.facilities
    if base is not None:
        reach = reaches.with_area(base.reach, area, before=base.area)
    reach = reaches.for_walker(reach, area)
    if base is None:
        cutoff = _limit(area.standard, reaches.unit_of(demand, centres, reach=reach))
        cost = reach(demand, centres, cutoff=cutoff)
    elif (
        reach is not base.reach or area.sources is not base.area.sources or base.parts
    ):  # ways, or stairs inside, are rebuilt; somebody else walks; a bundle's table is of no centre alone
        unit = reaches.unit_of(demand, centres, reach=reach)
        cost = reach(demand, centres, cutoff=_limit(area.standard, unit))
    else:
        cutoff = _limit(area.standard, base.cost.unit)
        cost = reaches.updated(
            base.cost,
            demand,
            before=base.area.facilities,
            after=centres,
            cutoff=cutoff,
            reach=reach,
        )
    nearest = reaches.nearest(demand, centres, reach=reach)
    cells = evaluation.evaluate(demand, cost, nearest)
    return Plan(name, area, cells, cost, reach, beside=other, origin=_origin_of(base, area))


def require_one_standard(plan: Plan) -> None:
    """
    Go on only if what a plan counts is near by one standard, so that one new centre can bring all of it.

    Raises
    ------
    ValidationError
        If services of its bundle have standards of their own.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> require_one_standard(evaluate(area, grid.make_demand(area.streets, area.population, cell=200)))
    """
    here = (plan.cost.cutoff, plan.cost.unit)
    own = [
        key
        for key, part in plan.parts.items()
        if (part.cost.cutoff, part.cost.unit) != here or part.reach != plan.reach
    ]
    if own:
        some = listed(own)
        told = (
            f"new centres are near or far by one standard, but services of the bundle have their own "
            f"({some}); ask for one of them with --service, or take their standards out."
        )
        zh = f"新增中心只能按一个标准判断远近，而组合中有服务自带标准（{some.zh}）；请用 --service 分别提问，或删去其标准。"
        raise ValidationError([Sentence(told, zh=zh)])


def require_no_bundle(plan: Plan) -> None:
    """
    Go on only if a plan counts centres one by one: what looks at who goes where cannot tell that of a bundle.

    Raises
    ------
    ValidationError
        If a bundle of services counts.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> require_no_bundle(evaluate(area, grid.make_demand(area.streets, area.population, cell=200)))
    """
    if plan.parts:
        told = "this looks at single centres, not at a bundle of services; ask for one with --service instead."
        zh = "此处只看单个中心，不看服务组合；请改用 --service 逐项提问。"
        raise ValidationError([Sentence(told, zh=zh)])


def _of_bundle(
    area: StudyArea, demand: pd.DataFrame, *, reach: Reach, base: Plan | None, name: Text
) -> Plan:
    """The plan of a bundle of services, made of the plans of each."""
    bundle = area.counting
    if not isinstance(bundle, Bundle):
        raise TypeError("no bundle counts in the study area")
    parts = {
        key: evaluate(part, demand, reach=reach, base=base and base.parts.get(key, base), name=name)
        for key, part in parts_of(area).items()
    }
    if base is not None:
        reach = reaches.with_area(base.reach, area, before=base.area)
    reach = reaches.for_walker(reach, area)
    unit = reaches.unit_of(demand, area.facilities, reach=reach)
    cutoff = _limit(area.standard, unit)
    limits = [part.cost.cutoff for part in parts.values()]

    def of(costs: list[CostTable]) -> CostTable:
        return provision.together(
            demand, costs, least=bundle.least, limits=limits, cutoff=cutoff, unit=unit
        )

    cost = of([part.cost for part in parts.values()])
    cells = evaluation.evaluate(demand, cost, of([nearest_of(part) for part in parts.values()]))
    return Plan(name, area, cells, cost, reach, parts=parts)


def nearest_of(plan: Plan) -> CostTable:
    """
    The cost of each of a plan's cells to its nearest centre (of a bundle: to that of the last service), however far.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> asis = evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> len(nearest_of(asis).table) == len(asis.cells)
    True
    """
    found, cells = plan.cells["nearest"].cat, plan.cells
    codes = found.codes.to_numpy()
    cell = np.flatnonzero(codes >= 0)
    costs = cells["distance_m"].to_numpy()[cell]
    table = table_of(cells, pd.DataFrame(index=found.categories), cell, codes[cell], costs)
    return CostTable(table, np.inf, plan.cost.unit)


def tables_of(plan: Plan) -> tuple[list[CostTable], int]:
    """
    The cost tables of what a plan counts, one a service of a bundle, and of how many a place has to be within reach.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> asis = evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> len(tables_of(asis)[0]), len(tables_of(of_all_services(asis))[0])
    (1, 4)
    """
    if not plan.parts:
        return [plan.cost], 1
    asked = plan.area.counting
    if not isinstance(asked, Bundle):
        raise TypeError("no bundle counts in the study area")
    return [part.cost for part in plan.parts.values()], asked.least


def by_service(plan: Plan) -> dict[str, Plan]:
    """
    A plan for each service that centres offer and each bundle of the area, by its key.

    Parameters
    ----------
    plan
        The plan of all centres, whose measures are used.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> asis = evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> {key: len(one.area.facilities) for key, one in by_service(asis).items()}
    {'meals': 3, 'medical': 2, 'culture': 3, 'health_post': 1}
    """
    every = [offering(plan.area, key) for key in offered_in(plan.area)]
    every += [bundled(plan.area, bundle) for bundle in plan.area.bundles]
    return {
        area.counting.key: evaluate(
            area, plan.cells, base=replace(plan, beside=None), name=plan.name
        )
        for area in every
        if area.counting is not None
    }


def of_all_services(plan: Plan) -> Plan:
    """
    The plan in which a place is covered where every service that centres offer is within reach.

    Raises
    ------
    ValidationError
        If no centre says what it offers.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> asis = evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> of_all_services(asis).area.counting.of
    ('meals', 'medical', 'culture', 'health_post')
    """
    every = tuple(offered_in(plan.area))
    if not every:
        told = "no centre says what it offers; fill the column services of the centres."
        zh = "没有中心写明服务；请填写中心表的 services 一列。"
        raise ValidationError([Sentence(told, zh=zh)])
    name = {"en": "all services", "zh": "全部服务"}
    area = bundled(plan.area, Bundle("services", name, every, len(every)))
    return evaluate(area, plan.cells, base=plan, name=plan.name)


def by_group(plan: Plan) -> dict[str, Plan]:
    """
    A plan for each group of people, held to the group's own standard where it has one.

    Parameters
    ----------
    plan
        The plan of all, whose measures are used where a group's standard is no other.

    Returns
    -------
    plans
        By the column of the group, each for that group alone (`Standard.group`).

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> asis = evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> [one.area.standard.group for one in by_group(asis).values()]
    ['people', 'people_60', 'people_65', 'people_80']
    """
    plans = {}
    for group in columns_of(plan.cells):
        area = for_group(plan.area, group)
        if replace(area.standard, group=None) == replace(plan.area.standard, group=None):
            plans[group] = replace(plan, area=area)
        else:
            plans[group] = evaluate(area, plan.cells, base=plan, name=plan.name)
    return plans


def _origin_of(plan: Plan | None, area: StudyArea) -> Plan | None:
    """The plan whose people those of an area in a year are scaled from."""
    if plan is None or plan.origin is not None:
        return None if plan is None else plan.origin
    return None if plan.area.year == area.year else plan


def _limit(standard: Standard, unit: str) -> float:
    """What the standard allows, in the unit of a cost table."""
    return rounded(standard.minutes if unit == "min" else standard.metres, unit)


def cutoffs_of(plan: Plan, minutes: Sequence[float]) -> np.ndarray:
    """
    What minutes on foot are in the unit of a plan's costs: metres by the pace of its standard.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> asis = evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> cutoffs_of(asis, [7.5, 15]).tolist()  # 700 m in 15 minutes
    [350.0, 700.0]
    """
    every, standard = np.asarray(minutes, dtype=float), plan.area.standard
    if plan.cost.unit == "min":
        return every
    return rounded(every / standard.minutes * standard.metres, "m")


def carry_out(
    plan: Plan,
    scenario: Scenario,
    *,
    service: str | None = None,
    bundle: str | Bundle | None = None,
) -> Plan:
    """
    The plan that a scenario makes of another one; only new and moved centres are measured, unless ways are rebuilt.

    Parameters
    ----------
    plan
        The plan as it is, of all centres (its area's `as_of` None) if the scenario names a day.
    scenario
        From `scenario.read_scenario` or `scenario.parse`.
    service
        Count only the centres that offer it then.
    bundle
        Count what is then within reach of so many of its services.

    Returns
    -------
    plan
        With the scenario's name, over the same cells, measured by the same reach.

    Raises
    ------
    ValidationError
        As `scenario.apply`, and if ways are rebuilt that the plan's reach does not have from its study area.

    Examples
    --------
    >>> from carecircles import datasets, grid, scenario
    >>> area = datasets.load("hexi")
    >>> before = evaluate(area, grid.make_demand(area.streets, area.population, cell=100))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "H12"}]})
    >>> len(carry_out(before, less).area.facilities)
    44
    """
    after = apply(plan.area, scenario)
    if service is not None:
        after = offering(after, service)
    if bundle is not None:
        after = bundled(after, bundle)
    name = {"en": scenario.name_en, "zh": scenario.name}
    return evaluate(after, cells_of(plan, after), base=plan, name=name)


def of_year(plan: Plan, year: int, *, demand: pd.DataFrame | None = None) -> Plan:
    """
    The same plan for the people of another year: what its centres reach stays, whom they reach does not.

    Parameters
    ----------
    plan
        The plan; its study area's population names years.
    year
        As in `area.in_year`.
    demand
        The same cells with the people of that year, where they do not live as they did, such as from
        `weights.make_demand` where each year has a raster of its own. Else each street has so many times
        as many as in the year that the plan was evaluated for, in the same places.

    Raises
    ------
    ValidationError
        As `area.in_year`.

    Examples
    --------
    >>> import pandas as pd
    >>> from carecircles import area, datasets, grid
    >>> template = datasets.load("template")
    >>> then = template.population.assign(people_60=template.population["people_60"] * 1.5)
    >>> both = pd.concat({2020: template.population, 2030: then}, names=["year"]).swaplevel()
    >>> template = area.with_years(template, both)
    >>> asis = evaluate(template, grid.make_demand(template.streets, template.population, cell=200))
    >>> [round(float(of_year(asis, year).cells["people_60"].sum()), 3) for year in (2020, 2030)]
    [24000.0, 36000.0]
    """
    then = in_year(plan.area, year)
    cells = cells_of(plan, then) if demand is None else _with_people_of(plan.cells, demand)
    other = None if plan.beside is None else of_year(plan.beside, year, demand=demand)
    parts = {key: of_year(part, year, demand=demand) for key, part in plan.parts.items()}
    made = replace(plan, area=then, cells=cells, beside=other, parts=parts)
    return replace(made, origin=_origin_of(plan, then))


def cells_of(plan: Plan, area: StudyArea) -> pd.DataFrame:
    """
    The cells of a plan with the people of a study area, which is the plan's own or that of another year.

    Examples
    --------
    >>> from carecircles import datasets, grid
    >>> area = datasets.load("template")
    >>> asis = evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> cells_of(asis, area) is asis.cells
    True
    """
    cells = plan.cells
    if area.year != plan.area.year:
        first = plan.origin or plan  # there and back again people live where they did
        then = first.cells
        if area.year != first.area.year:
            then = grid.repeopled(then, before=first.area.population, after=area.population)
        cells = _with_people_of(cells, then)
    if area.sources is plan.area.sources:
        return cells
    # A scenario has changed stairs inside buildings: people stay where they are.
    anew = weights.make_demand(area, cell=grid.lattice_of(cells).cell)
    climbed = [column for column in weights.STAIRS if column in anew]
    return cells.assign(**{column: anew[column].reindex(cells.index) for column in climbed})


def _with_people_of(cells: pd.DataFrame, demand: pd.DataFrame) -> pd.DataFrame:
    """Cells with the people of the same cells in another year."""
    moved = cells.assign(**{group: demand[group] for group in columns_of(demand)})
    moved.attrs = dict(cells.attrs)
    return moved


def is_straight(plan: Plan) -> bool:
    """
    Whether the plan's costs are straight lines, which maps may draw as circles.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> plan.is_straight(asis)
    True
    """
    return plan.reach is reaches.straight_line
