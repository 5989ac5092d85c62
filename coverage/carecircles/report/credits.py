"""Who is to be named with results: the makers of the files that a study area is read from."""

from collections.abc import Iterator

from carecircles import reach
from carecircles.area import StudyArea
from carecircles.plan import Plan
from carecircles.report.names import isolated
from carecircles.words import Text

_CALLED: dict[str, Text] = {
    "network": {"en": "Walking network", "zh": "步行路网"},
    "barriers": {"en": "Barriers", "zh": "障碍"},
    "crossings": {"en": "Crossings", "zh": "过街（过河）点"},
    "rests": {"en": "Seats", "zh": "座椅"},
    "streets": {"en": "Streets", "zh": "街道"},
    "boundary": {"en": "Boundary", "zh": "边界"},
    "population": {"en": "Population", "zh": "人口"},
    "centres": {"en": "Centres", "zh": "中心"},
    "places": {"en": "Places", "zh": "地点"},
    "needs": {"en": "Needs", "zh": "每千人需求"},
    "residences": {"en": "Residences", "zh": "居住建筑"},
    "communities": {"en": "Communities", "zh": "社区"},
    "people_grid": {"en": "Population grid", "zh": "人口格网"},
    "people_raster": {"en": "Population raster", "zh": "人口栅格"},
    "uninhabited": {"en": "Uninhabited land", "zh": "无人居住区"},
    "facilities": {"en": "Facilities", "zh": "设施"},
}


def sources_of(*plans: Plan) -> list[str]:
    """
    Who is to be named with plans, each once: the makers of their files, of ways where a plan, or one beside, walks on them.

    Examples
    --------
    >>> import dataclasses
    >>> from carecircles import datasets, grid, plan, report
    >>> area = dataclasses.replace(datasets.load("template"), credits={"people_grid": "Census office, 2020"})
    >>> report.sources_of(plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200)))
    ['Census office, 2020']
    """
    return list(dict.fromkeys(text for plan in plans for _, text in _credits_of(plan)))


def credit_notes(*plans: Plan) -> list[Text]:
    """
    Whose the files of plans are, in sentences.

    Examples
    --------
    >>> import dataclasses
    >>> from carecircles import datasets, grid, plan
    >>> area = dataclasses.replace(datasets.load("template"), credits={"people_grid": "Census office, 2020"})
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> [note["en"] for note in credit_notes(asis, asis)]
    ['Population grid: Census office, 2020']
    """
    every = dict.fromkeys(credit for plan in plans for credit in _credits_of(plan))
    return [source_note(text, of=role) for role, text in every]


def source_note(source: str, *, of: str = "network") -> Text:
    """
    Whose a file is.

    Examples
    --------
    >>> source_note("© OpenStreetMap contributors (ODbL)")["en"]
    'Walking network: © OpenStreetMap contributors (ODbL)'
    """
    what, source = _CALLED[of], isolated(source)
    return {"en": f"{what['en']}: {source}", "zh": f"{what['zh']}：{source}"}


def _credits_of(plan: Plan) -> Iterator[tuple[str, str]]:
    """What files a plan and the one beside it go by and who made them, those of ways first."""
    area = plan.area
    for one in (plan, plan.beside):
        if one is not None:
            yield from _of_ways(one, area)
    on_foot = ("network", "barriers", "crossings", "rests")
    yield from ((role, text) for role, text in area.credits.items() if role not in on_foot)


def _of_ways(plan: Plan, area: StudyArea) -> Iterator[tuple[str, str]]:
    """What a plan's reach goes by and who made it."""
    bound = getattr(plan.reach, "keywords", {})
    net = reach.network_in(plan.reach)
    told = area.credits.get("network", "") if net is area.on_foot.network else ""
    if net is not None and net.source and net.source not in told:
        yield "network", net.source
    if net is not None and told:
        yield "network", told
    for role in ("barriers", "crossings", "rests"):
        is_used = bound.get(role) is not None or (role == "barriers" and net is not None)
        if is_used and role in area.credits:
            yield role, area.credits[role]
