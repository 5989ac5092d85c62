"""Layers of circle and walk over each other."""

from typing import Any

from carecircles import comparison, report
from carecircles.claims import Claims
from carecircles.maps.drawing import Drawing, bounds_of, circles_of, geometry_of, in_degrees
from carecircles.maps.outlines import figures_of, zone_data
from carecircles.plan import Plan, is_straight
from carecircles.words import Text

CLAIMED: Text = {"en": "Claimed by the circle, not reached on foot", "zh": "服务圈内，步行不可达"}
CLAIMING: Text = {"en": "Circles of the standard, in a straight line", "zh": "标准服务圈（直线）"}


def claim_layers(plan: Plan, claims: Claims, *, lang: str) -> list[Drawing]:
    """Circle and walk over each other; shown at once where the plan is the walk."""
    is_walk = not is_straight(plan)
    return [
        isochrone_layer(claims.walk, lang=lang),
        claim_layer(claims, lang=lang, show=is_walk),
        *([claimed_circles(plan, lang=lang)] if is_walk else []),
    ]


def claim_layer(claims: Claims, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    Zones that the circle claims and the walk does not reach, hatched, with their people and their walk.

    Parameters
    ----------
    claims
        From `claims.claims_of`.

    Examples
    --------
    >>> import functools
    >>> from carecircles import claims, datasets, grid, maps, plan, reach
    >>> area = datasets.load("template")
    >>> demand = grid.make_demand(area.streets, area.population, cell=200)
    >>> far = reach.straight_line(demand, area.facilities, cutoff=5000)
    >>> twice = reach.CostTable(far.table * 2, 10_000)  # as if every way were twice the straight line
    >>> asis = plan.evaluate(area, demand, reach=functools.partial(reach.looked_up, table=twice))
    >>> len(maps.claim_layer(claims.claims_of(asis)).data["zones"])
    3
    """
    data, bounds = zone_data(claims.walk, claims.zones, claims.parts, report.CLAIM_FACTS)
    data["name"] = CLAIMED
    return Drawing("claims", data, bounds=bounds, names=CLAIMED, lang=lang, show=show)


def claimed_circles(plan: Plan, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The circles of a plan's standard where its reach is none, to hold against it.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.claimed_circles(asis).kind
    'circles'
    """
    area = plan.area
    circles = circles_of(area.facilities, area.standard.metres)
    data = [{**circle, "change": "claimed"} for circle in circles]
    return Drawing("circles", data, bounds=bounds_of(area), names=CLAIMING, lang=lang, show=show)


def isochrone_layer(plan: Plan, *, lang: str = "en", show: bool = False) -> Drawing:
    """
    From where a centre is within 5, 10 and 15 minutes: whole cells, holes kept.

    Parameters
    ----------
    plan
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> [one["name"]["en"] for one in maps.isochrone_layer(asis).data["isochrones"]]
    ['Within 5 minutes', 'Within 10 minutes', 'Within 15 minutes']
    """
    frame, group = report.isochrones_frame(plan), comparison.headline(plan)
    told = report.told(("{g}", "area_km2"), group, plan.cost.unit)
    outlines = in_degrees(frame)
    rows = zip(frame.index, figures_of(frame, told), outlines.geometry, strict=True)
    data = {
        "told": told,
        "isochrones": [
            {"name": within(minutes), "figures": figures, "geometry": geometry_of(shape)}
            for minutes, figures, shape in rows
        ],
    }
    return Drawing(
        "isochrones",
        data,
        bounds=bounds_of(plan.area),
        names={"en": "Isochrones: minutes to a centre", "zh": "等时圈：到中心的分钟数"},
        lang=lang,
        show=show,
    )


def within(minutes: float) -> Text:
    return {"en": f"Within {minutes:g} minutes", "zh": f"{minutes:g} 分钟以内"}


def claim_signs(plan: Plan) -> list[dict[str, Any]]:
    """What the signs of these layers mean."""
    circles = [] if is_straight(plan) else [{"sign": "claimed", "label": CLAIMING}]
    return [
        {"sign": "claim", "claim": "circle", "label": CLAIMED},
        *circles,
        *(
            {"sign": "isochrone", "isochrone": n, "label": within(minutes)}
            for n, minutes in enumerate(report.MINUTES)
        ),
    ]
