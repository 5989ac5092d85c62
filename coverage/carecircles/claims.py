"""
What the circle claims and the walk does not keep.

A cell is claimed where a centre is within the standard in a straight line, and reached where one is
within it by the plan's own reach. Both are evaluations of the same cells; what lies between them is
the change (`comparison.compare`) from the circle to the walk.
"""

from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import comparison, evaluation, gaps, people
from carecircles import plan as plans
from carecircles.comparison import Change
from carecircles.errors import ValidationError
from carecircles.plan import Plan
from carecircles.words import Sentence


@dataclass(frozen=True, eq=False)
class Claims:
    """
    What the circle claims of a plan's people, and what the plan reaches.

    Attributes
    ----------
    circle, walk
        The same study area by straight lines, and by another reach.
    change
        From the circle to the walk: lost are those claimed only, gained those reached only.
    streets, district
        From `by_street` and `of_district`.
    zones, parts
        From `zones_of`, and what of each lies in which street as in `gaps.by_street`.
    """

    change: Change = field(repr=False)
    streets: pd.DataFrame = field(repr=False)
    district: pd.Series = field(repr=False)
    zones: gpd.GeoDataFrame = field(repr=False)
    parts: pd.DataFrame = field(repr=False)

    @property
    def circle(self) -> Plan:
        return self.change.before

    @property
    def walk(self) -> Plan:
        return self.change.after


def claims_of(plan: Plan, *, smallest_m2: float = gaps.SMALLEST_M2) -> Claims:
    """
    Whom the circle claims, whom the walk reaches, and whom only the one or the other.

    Parameters
    ----------
    plan
        A plan by straight lines with another reach beside it (`plan.evaluate(..., beside=...)`), or one by
        another reach; of this the circle is made where it is not beside it.
    smallest_m2
        Area in square metres below which a zone goes to 'other'.

    Raises
    ------
    ValidationError
        If the plan is by straight lines and there is nothing beside it, or as `comparison.headline`.

    Examples
    --------
    One street along the district's southern edge, and all other ways lead to it.

    >>> import functools
    >>> import shapely
    >>> from carecircles import claims, datasets, grid, network, plan, reach
    >>> area = datasets.load("template")
    >>> west, south, east, north = (float(side) for side in area.streets.total_bounds)
    >>> x = np.arange(west, east, 400.0)
    >>> lines = [shapely.LineString([(west, south), (east, south)])]
    >>> lines += [shapely.LineString([(at, south), (at, north)]) for at in x]
    >>> drawn = gpd.GeoDataFrame({"kind": "", "level": [0] * len(lines)}, geometry=lines, crs=area.crs)
    >>> comb = network.made_of(network.noded(drawn))
    >>> walk = functools.partial(reach.walking, network=comb)
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> found = claims.claims_of(plan.evaluate(area, demand, reach=walk))
    >>> told = ["claimed_people_60", "reached_people_60", "only_claimed_people_60"]
    >>> found.district[told].round().tolist()
    [13675.0, 3700.0, 9975.0]
    """
    change = comparison.compare(*_circle_and_walk(plan))
    return Claims(
        change=change,
        streets=by_street(change),
        district=of_district(change),
        zones=zones_of(change, smallest_m2=smallest_m2),
        parts=gaps.by_street(_gaps(change), smallest_m2=smallest_m2, group=_first(change)),
    )


def _circle_and_walk(plan: Plan) -> tuple[Plan, Plan]:
    """A plan by straight lines, and the same by another reach."""
    other = plan.beside
    if not plans.is_straight(plan):
        if other is None or not plans.is_straight(other):
            other = plans.evaluate(plan.area, plan.cells, name=plan.name)
        return other, plan
    if other is None or plans.is_straight(other):
        told = (
            "the plan is measured by straight lines alone, so that there is no walk to hold the circle "
            "against; evaluate it by another reach, such as `reach.walking`, or with that `beside` it."
        )
        zh = (
            "方案仅按直线计算，没有可与服务圈对比的步行；"
            "请按其他方式（如 `reach.walking`）计算，或将其写为 `beside`。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    return plan, other


def by_street(change: Change) -> pd.DataFrame:
    """
    Whom the circle claims and whom the walk reaches in each street.

    Parameters
    ----------
    change
        From the circle to the walk.

    Returns
    -------
    claims
        Indexed by street: cells_km2; for each group persons: people_..., claimed_... (by the circle),
        reached_... (by the walk), only_claimed_... and only_reached_... (by one of them alone), and
        claimed_..._share and reached_..._share of all there are. straight_m, walk_m and extra_m as in
        `zones_of`, of all cells claimed only; NaN where there is none.

    Examples
    --------
    Nobody is claimed who is not reached, where the walk is a straight line itself.

    >>> from carecircles import claims, comparison, datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> claims.by_street(comparison.compare(asis, asis))["only_claimed_people_60"].sum().item()
    0
    """
    streets = change.after.cells["street"].cat
    only = _only_claimed(change)
    ways = _ways(change, only, streets.codes[only].to_numpy(), streets.categories)
    claimed, reached = (evaluation.by_street(p.cells) for p in (change.before, change.after))
    return _told(change.streets, claimed, reached).join(ways)


def of_district(change: Change) -> pd.Series:
    """
    The same for all cells together.

    Examples
    --------
    >>> from carecircles import claims, comparison, datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> claims.of_district(comparison.compare(asis, asis))["claimed_people_60"].round().item()
    13675.0
    """
    only = _only_claimed(change)
    ways = _ways(change, only, np.zeros(only.sum(), dtype=int), pd.Index(["district"]))
    sums = (
        change.district,
        *(evaluation.of_district(p.cells) for p in (change.before, change.after)),
    )
    told = _told(*(figures.to_frame("district").T for figures in sums))
    return told.join(ways).iloc[0]


def zones_of(change: Change, *, smallest_m2: float = gaps.SMALLEST_M2) -> gpd.GeoDataFrame:
    """
    Contiguous areas that the circle claims and the walk does not reach, most people first.

    Parameters
    ----------
    change
        From the circle to the walk.
    smallest_m2
        As in `gaps.uncovered_zones`.

    Returns
    -------
    zones
        Rows like those of `gaps.uncovered_zones`: area_km2, people by group, streets, nearest (the
        centre nearest on foot to most of its people) and parts; and medians of their people, of
        the group whose figures come first, or of its cells where nobody lives: straight_m and walk_m, to
        the nearest centre in a straight line and by the plan's reach (NaN where half of them have no
        way), and extra_m, by how much the walk is longer (NaN where it is not in metres).

    Examples
    --------
    >>> from carecircles import claims, comparison, datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> len(claims.zones_of(comparison.compare(asis, asis)))
    0
    """
    only, cells, first = _only_claimed(change), _gaps(change), _first(change)
    cutoff = change.after.cost.cutoff
    zones = gaps.uncovered_zones(cells, cutoff=cutoff, smallest_m2=smallest_m2, group=first)
    zone = gaps.zone_of(cells, smallest_m2=smallest_m2, group=first)
    ways = _ways(change, only, zone.cat.codes.to_numpy(), zones.index)
    outlines = zones.geometry
    table = pd.DataFrame(zones.drop(columns=["geometry", "distance_m", "farthest_m", "too_far_m"]))
    return gpd.GeoDataFrame(table.join(ways), geometry=outlines, crs=zones.crs)


def _only_claimed(change: Change) -> np.ndarray:
    """Which cells the circle claims and the walk does not reach."""
    return (change.cells["status"] == "lost").to_numpy()


def _gaps(change: Change) -> pd.DataFrame:
    """The walk's cells, uncovered where only the circle claims them."""
    cells = change.after.cells.assign(covered=~_only_claimed(change))
    cells.attrs = dict(change.after.cells.attrs)
    return cells


def _first(change: Change) -> str:
    return comparison.headline(change.before, change.after).column


def _ways(change: Change, only: np.ndarray, part: np.ndarray, labels: pd.Index) -> pd.DataFrame:
    """Medians of the ways to the nearest centre from some cells, by the part each of them lies in."""
    straight, walk = (p.cells["distance_m"].to_numpy()[only] for p in (change.before, change.after))
    has_metres = change.before.cost.unit == change.after.cost.unit
    living = change.after.cells[_first(change)].to_numpy()[only]
    living = np.where(np.bincount(part, living, minlength=len(labels))[part] > 0, living, 1.0)
    table = {
        "straight_m": straight,
        "walk_m": walk,
        "extra_m": walk - straight if has_metres else np.full(len(walk), np.nan),
    }
    medians = {
        name: evaluation.weighted_quantile(values, living, part, len(labels), share=0.5)
        for name, values in table.items()
    }
    return pd.DataFrame(medians, index=labels)


def _told(change: pd.DataFrame, claimed: pd.DataFrame, reached: pd.DataFrame) -> pd.DataFrame:
    """The figures of circle and walk under the names they have here."""
    table = {"cells_km2": change["cells_km2"]}
    for g in people.columns_of(change):
        table[g] = change[g]
        for name, figures in (("claimed", claimed), ("reached", reached)):
            table[f"{name}_{g}"] = figures[g] - figures[f"uncovered_{g}"]
        table[f"only_claimed_{g}"] = change[f"lost_{g}"]
        table[f"only_reached_{g}"] = change[f"gained_{g}"]
        for name, figures in (("claimed", claimed), ("reached", reached)):
            table[f"{name}_{g}_share"] = figures[f"covered_{g}_share"]
    return pd.DataFrame(table)
