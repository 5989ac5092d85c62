"""What `site` can be asked for, and whether that is clear."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from carecircles.cli._places import number_to
from carecircles.cli.fairness import Fairness
from carecircles.cli.options import conflicts, number_problems
from carecircles.cli.phases import Phased, effort_problems, number_of, whole_of
from carecircles.words import Sentence, listed

_AVERSION = Sentence(
    "a number above 0 and up to 100, such as 1", zh="大于 0 且不超过 100 的数，例如 1"
)
_MOST_DRAWS = 100_000
_EDE = "kolm-pollak-ede"
_SHARE = Sentence("a share from 0 to 1", zh="介于 0 到 1 之间的比例")


class Objective(StrEnum):
    coverage = "coverage"
    expected = "expected"
    facilities = "facilities"
    distance = "distance"
    fair = "fair"
    worst = "worst"
    backup = "backup"
    gradual = "gradual"


@dataclass(frozen=True)
class Goal:
    """What is to be found."""

    news: Annotated[
        str | None,
        typer.Option(
            "--new",
            metavar="INTEGER",
            help="How many new centres, with --phases one number for each, such as 3,2,2; not with --objective "
            "facilities, nor --budget.",
        ),
    ] = None
    objective: Annotated[
        Objective,
        typer.Option(
            help="coverage: most people; expected: most in the mean of where centres may stand (see `sure`); facilities: fewest centres; distance: least mean distance; "
            "fair: the same where it counts more that some have it far (Kolm-Pollak); worst: least far for the farthest; backup: most people with two centres; gradual: most "
            "people, those farther away counting less."
        ),
    ] = Objective.coverage
    share: Annotated[
        float, typer.Option(help="Share of the people to cover, with --objective facilities.")
    ] = 1.0
    full: Annotated[
        float, typer.Option(help="Metres up to which people count in full, with gradual.")
    ] = 300.0
    target: Annotated[
        str | None,
        typer.Option(
            help="With --objective facilities, instead of --share: kolm-pollak-ede=400, the largest equivalent distance "
            "that will do (see `equity`), in metres or, with --profile, minutes."
        ),
    ] = None
    epsilon: Annotated[
        float,
        typer.Option(
            help="Aversion to inequality, with fair, --target and --price-of-fairness: how much more it counts."
        ),
    ] = 1.0
    draws: Annotated[
        int | None,
        typer.Option(
            help="How many times positions that are not known are drawn, with expected and --sure.  [default: 1000; 200 "
            "where ways are walked; 100 for --sure]"
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Seed of these draws.")] = 1
    floor_by_street: Annotated[
        float | None, typer.Option(help="Least share of every street's people to cover.")
    ] = None
    floor_metres_by_street: Annotated[
        float | None,
        typer.Option(
            help="What the mean distance of every street's people may be at most, with distance, fair and --target: "
            "metres or, with --profile, minutes."
        ),
    ] = None
    least_by_street: Annotated[
        int | None,
        typer.Option(
            help="So many centres in every street first: each has one before any gets a second, and with too few new "
            "ones as many streets as possible."
        ),
    ] = None
    budgets: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="FLOAT",
            help="What may be spent instead of --new, with --phases in each; the candidates' file has a price.",
        ),
    ] = None

    @property
    def new(self) -> int | None:
        """How many new centres, where one whole number is written."""
        return whole_of(self.news)

    @property
    def budget(self) -> float | None:
        """What may be spent, where one number is written."""
        return number_of(self.budgets)


@dataclass(frozen=True)
class Effort:
    """How long to look, and what for besides the best plan."""

    curve: Annotated[
        int | None, typer.Option(help="Also the best plans of 1, 2, 3 ... so many centres.")
    ] = None
    alternatives: Annotated[
        int, typer.Option(help="Also so many plans within 1 %, as far from each other as can be.")
    ] = 0
    sure: Annotated[
        bool,
        typer.Option(
            "--sure",
            help="Also in how many draws of positions that are not known each site is in the best plan, of coverage or "
            "expected; as many as there is time for.",
        ),
    ] = False
    gap: Annotated[
        float, typer.Option(help="Stop when proven to be within this share of the best.")
    ] = 0.0
    time_limit: Annotated[float, typer.Option(help="Seconds to search at most, each time.")] = 60.0


def goal_problems(goal: Goal, effort: Effort) -> list[Sentence]:
    """Whether it is clear what `site` is to find, and the numbers are ones it can keep to."""
    new, budget, curve = goal.new, goal.budget, effort.curve
    problems = []
    if goal.objective is Objective.facilities:
        why = Sentence(
            "--objective facilities, which finds the number",
            zh="求最少中心数的 --objective facilities 同用",
        )
        problems += conflicts({"--new": new, "--budget": budget, "--curve": curve}, why)
    elif (goal.news is None) == (goal.budgets is None):
        told = "say how many new centres, --new 3, or what they may cost, --budget 500."
        zh = "请写明新增几个中心（--new 3），或可用多少费用（--budget 500），二者取一。"
        problems.append(Sentence(told, zh=zh))
    problems += ede_of(goal)[1]
    if effort.sure:
        if goal.objective not in (Objective.coverage, Objective.expected):
            told = "--sure goes with --objective coverage or expected; use one of them, or leave it out."
            zh = "--sure 只与 --objective coverage 或 expected 同用；请改用其中之一，或不要给出。"
            problems.append(Sentence(told, zh=zh))
        why = Sentence("--sure", zh="--sure 同用")
        problems += conflicts({"--floor-by-street": goal.floor_by_street}, why)
    is_of_metres = goal.objective in (Objective.distance, Objective.fair) or goal.target is not None
    if goal.floor_metres_by_street is not None and not is_of_metres:
        told = "--floor-metres-by-street goes with --objective distance or fair, or --target; add one of them."
        zh = "--floor-metres-by-street 须与 --objective distance 或 fair，或 --target 同用；请加上其中之一。"
        problems.append(Sentence(told, zh=zh))
    if goal.objective is Objective.expected:
        why = Sentence("--objective expected", zh="--objective expected 同用")
        problems += conflicts({"--floor-by-street": goal.floor_by_street}, why)
    if budget is not None and curve is not None:
        told = "--curve counts centres; it does not go with --budget."
        problems.append(Sentence(told, zh="--curve 按中心个数计；不能与 --budget 同用。"))
    limit, gap, full, alternatives = effort.time_limit, effort.gap, goal.full, effort.alternatives
    least = goal.least_by_street
    counts = (("--new", new, 1000), ("--curve", curve, 100), ("--alternatives", alternatives, 20))
    shares = (("--share", goal.share), ("--floor-by-street", goal.floor_by_street))
    below_1 = Sentence("a share from 0 to below 1", zh="介于 0 到 1 之间（不含 1）的比例")
    return [
        *problems,
        *number_problems(
            (
                "--budget",
                budget,
                0 <= (budget or 0) < 1e15,
                Sentence("0 or more", zh="不小于 0 的数"),
            ),
            *((of, n, 0 <= (n or 0) <= most, number_to(most)) for of, n, most in counts),
            (
                "--time-limit",
                limit,
                0 < limit < 1e6,
                Sentence("seconds above 0", zh="大于 0 的秒数"),
            ),
            ("--gap", gap, 0 <= gap < 1, below_1),
            (
                "--least-by-street",
                least,
                1 <= (1 if least is None else least) <= 1000,
                number_to(1000, 1),
            ),
            (
                "--draws",
                goal.draws,
                1 <= (goal.draws or 1) <= _MOST_DRAWS and goal.draws != 0,
                number_to(_MOST_DRAWS, 1),
            ),
            ("--seed", goal.seed, goal.seed >= 0, Sentence("0 or more", zh="不小于 0 的整数")),
            ("--epsilon", goal.epsilon, 0 < goal.epsilon <= 100, _AVERSION),
            (
                "--floor-metres-by-street",
                goal.floor_metres_by_street,
                0 < (goal.floor_metres_by_street or 0) < 1e6,
                Sentence("a distance above 0, such as 500", zh="大于 0 的距离，例如 500"),
            ),
            ("--full", full, 0 <= full < 1e6, Sentence("metres, 0 or more", zh="不小于 0 的米数")),
            *((of, value, 0 <= (value or 0) <= 1, _SHARE) for of, value in shares),
        ),
    ]


def written_problems(goal: Goal, phased: Phased) -> list[Sentence]:
    """Whether --new and --budget are one number each, and nothing is told of phases where there are none."""
    problems = []
    for option, text, number, wanted in (
        ("--new", goal.news, goal.new, Sentence("a whole number, such as 3", zh="整数，例如 3")),
        (
            "--budget",
            goal.budgets,
            goal.budget,
            Sentence("a number, such as 500", zh="数，例如 500"),
        ),
    ):
        if text is not None and number is None:
            told = f"{option} is {text!r:.60}; write {wanted}, or name --phases for several."
            zh = f"{option} 为 {text!r:.60}；应为{wanted.zh}；分期时请加 --phases。"
            problems.append(Sentence(told, zh=zh))
    given = {"--weights": phased.weights, "--carry": phased.carry or None, "--steps": phased.steps}
    some = listed(option for option, value in given.items() if value is not None)
    if some:
        told = f"{some} goes with --phases; add it, such as --phases 2027,2028,2029."
        problems.append(
            Sentence(
                told, zh=f"{some.zh} 须与 --phases 同用；请加上，例如 --phases 2027,2028,2029。"
            )
        )
    return problems


def alone_problems(goal: Goal, effort: Effort, fairness: Fairness) -> list[Sentence]:
    """What does not go with --phases, and whether the search can keep to its numbers."""
    usual = Goal()
    numbers = {
        "--share": (goal.share, usual.share),
        "--full": (goal.full, usual.full),
        "--epsilon": (goal.epsilon, usual.epsilon),
        "--seed": (goal.seed, usual.seed),
    }
    given = {
        "--objective": None if goal.objective is usual.objective else goal.objective,
        "--target": goal.target,
        "--floor-by-street": goal.floor_by_street,
        "--floor-metres-by-street": goal.floor_metres_by_street,
        "--least-by-street": goal.least_by_street,
        "--draws": goal.draws,
        "--sure": effort.sure,
        **{option: value for option, (value, by_itself) in numbers.items() if value != by_itself},
        "--curve": effort.curve,
        "--alternatives": effort.alternatives or None,
        "--price-of-fairness": fairness.price_of_fairness or None,
        "--chart": fairness.chart,
    }
    why = Sentence("--phases, which covers most people", zh="求覆盖最多的 --phases 同用")
    return [*conflicts(given, why), *effort_problems(effort.gap, effort.time_limit)]


def ede_of(goal: Goal) -> tuple[float | None, list[Sentence]]:
    """The equivalent distance that will do, if one is named, and what is wrong with it."""
    if goal.target is None:
        return None, []
    problems = []
    if goal.objective is not Objective.facilities:
        told = "--target goes with --objective facilities; add it."
        problems.append(Sentence(told, zh="--target 须与 --objective facilities 同用；请加上。"))
    if goal.share != 1.0:
        told = "--share and --target are two goals; give one of them."
        problems.append(Sentence(told, zh="--share 与 --target 是两个目标；请只给出其中一个。"))
    kind, _, said = goal.target.strip().partition("=")
    try:
        ede = float(said)
    except ValueError:
        ede = math.nan
    if kind.strip().casefold() != _EDE or not 0 < ede < 1e6:
        told = f"--target is {goal.target!r:.60}; write {_EDE}= and a distance above 0, such as {_EDE}=400."
        zh = f"--target 为 {goal.target!r:.60}；应为 {_EDE}= 加大于 0 的距离，例如 {_EDE}=400。"
        problems.append(Sentence(told, zh=zh))
    return ede, problems
