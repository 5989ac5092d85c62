"""What siting can be asked for: a row a goal. Its model stands in `answers.MODELS` under the same name."""

from dataclasses import dataclass

from carecircles.words import Text


@dataclass(frozen=True)
class Goal:
    """
    A goal and what differs from goal to goal wherever sitings are made or shown.

    Attributes
    ----------
    what
        What a plan makes best, in words.
    unit
        What that is told in: 'people', 'metres' or 'number'.
    is_less_better
        Whether the best plan is the one with least of it.
    finds_number
        Whether the number of new centres is found instead of given; people covered order the sites.
    is_mean
        Whether the model sums over people what is told as their mean.
    column
        Column of a table of sites for it after each site, `{g}` standing for the people; None where
        that is the people covered.
    table
        Which pairs its cost table needs (`candidates.cost_for`): of cells 'uncovered', with 'one' centre
        or none, 'unsure' to be covered, or of candidates 'nearer' than any centre, within the cutoff where they earn 'credit'.
    heeds_capacities
        Whether its model heeds how many people each centre can serve.
    heeds_means
        Whether its model heeds how far the people of each street may have it in the mean.
    may_grow
        Whether a centre may bring more beside others than alone.
    from_gaps
        Whether only places count from which a centre would gain anyone.
    """

    what: Text
    unit: str
    is_less_better: bool = False
    finds_number: bool = False
    is_mean: bool = False
    column: str | None = None
    table: str = "uncovered"
    heeds_capacities: bool = False
    heeds_means: bool = False
    may_grow: bool = False
    from_gaps: bool = False


GOALS: dict[str, Goal] = {
    "coverage": Goal({"en": "people covered", "zh": "覆盖人数"}, "people", from_gaps=True),
    "expected": Goal(
        {"en": "people covered, as expected", "zh": "期望覆盖人数"}, "people", table="unsure"
    ),
    "facilities": Goal(
        {"en": "new centres", "zh": "新增中心数"},
        "number",
        is_less_better=True,
        finds_number=True,
        from_gaps=True,
    ),
    "fewest": Goal(
        {
            "en": "new centres for an equivalent distance (Kolm-Pollak)",
            "zh": "达到等价均等距离（Kolm-Pollak）所需的新增中心",
        },
        "number",
        is_less_better=True,
        finds_number=True,
        column="ede_m",
        table="nearer",
        heeds_means=True,
        may_grow=True,
    ),
    "distance": Goal(
        {"en": "mean distance to the nearest centre", "zh": "到最近中心的平均距离"},
        "metres",
        is_less_better=True,
        is_mean=True,
        column="mean_distance_m",
        table="nearer",
        heeds_capacities=True,
        heeds_means=True,
    ),
    "fair": Goal(
        {
            "en": "equivalent distance to the nearest centre (Kolm-Pollak)",
            "zh": "到最近中心的等价均等距离（Kolm-Pollak）",
        },
        "metres",
        is_less_better=True,
        column="ede_m",
        table="nearer",
        heeds_means=True,
        may_grow=True,
    ),
    "worst": Goal(
        {"en": "farthest anyone has to the nearest centre", "zh": "到最近中心的最远距离"},
        "metres",
        is_less_better=True,
        column="worst_distance_m",
        table="nearer",
        may_grow=True,
    ),
    "backup": Goal(
        {"en": "people with two centres or more", "zh": "两处以上覆盖人数"},
        "people",
        column="backup_{g}",
        table="one",
        may_grow=True,
    ),
    "gradual": Goal(
        {"en": "people, those farther away in part", "zh": "按距离折算的人数"},
        "people",
        column="credit_{g}",
        table="credit",
    ),
}
