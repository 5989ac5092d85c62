"""Coverage over time: centres that open and close, scenarios whose steps have dates, people by year."""

import bisect
import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from carecircles import _mends, evaluation, scenario
from carecircles.area import StudyArea, area_on, in_year, known_note, years_of
from carecircles.errors import ValidationError
from carecircles.plan import Plan, cells_of, evaluate, of_year
from carecircles.scenario import Scenario
from carecircles.words import Sentence, Text

EVERY = {"month": "M", "year": "Y"}  # as pandas calls them
MOST_DATES = 600


@dataclass(frozen=True, eq=False)
class Timeline:
    """
    One plan on several days, the earliest first.

    Attributes
    ----------
    plans
        The plan on each day, its area's `as_of`; days between which nothing changes share their cells.
    every
        'month' or 'year': the days are the last ones of these.
    notes
        What is taken for granted about dates, in each language.
    """

    plans: tuple[Plan, ...]
    every: str
    notes: tuple[Text, ...] = field(default=(), repr=False)


def days_between(first: datetime.date, last: datetime.date, *, every: str) -> list[datetime.date]:
    """
    The last days of months or years from that of one day to that of another.

    A centre that opened in some month counts from its last day on, and one that closed in it no more.

    Parameters
    ----------
    first, last
        The first and the last day.
    every
        'month' or 'year'.

    Raises
    ------
    ValidationError
        If the last day is before the first, or there are more than 600.

    Examples
    --------
    >>> days = days_between(datetime.date(2022, 6, 1), datetime.date(2022, 8, 15), every="month")
    >>> [f"{day}" for day in days]
    ['2022-06-30', '2022-07-31', '2022-08-31']
    """
    if last < first:
        told = f"--to {last} is before --from {first}; {_mends.CORRECT_ONE}."
        zh = f"--to {last} 早于 --from {first}；{_mends.CORRECT_ONE.zh}。"
        raise ValidationError([Sentence(told, zh=zh)])
    periods = pd.period_range(first, last, freq=EVERY[every])
    if len(periods) > MOST_DATES:
        told = (
            f"from {first} to {last} there are {len(periods)} {every}s, and the most are {MOST_DATES}; "
            "use --every year, or name fewer with --from and --to."
        )
        zh = (
            f"{first} 至 {last} 共 {len(periods)} 个时点，上限为 {MOST_DATES} 个；请改用 --every year，"
            "或用 --from 和 --to 缩短。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    return [period.end_time.date() for period in periods]


def turns_of(area: StudyArea, plan: Scenario | None = None) -> list[datetime.date]:
    """
    The days on which something opens, closes or changes, each once, the earliest first.

    Parameters
    ----------
    area
        The study area, with all its centres.
    plan
        A scenario, whose steps have dates or not.

    Examples
    --------
    >>> from carecircles import datasets
    >>> [f"{day}" for day in turns_of(datasets.load("template"))]
    ['2021-05-31', '2022-09-01']
    """
    told = [area.facilities["opened"], area.facilities["closed"]]
    told += [] if plan is None else [plan.steps["date"], plan.steps["until"]]
    days = pd.concat([pd.to_datetime(some) for some in told]).dropna()
    return sorted({day.date() for day in days})


def span_of(area: StudyArea, plans: Sequence[Scenario] = (), *, every: str) -> list[datetime.date]:
    """
    The days from before the first change to after the last, or to the last year whose people are known.

    Parameters
    ----------
    area, every
        As in `turns_of` and `days_between`.
    plans
        Scenarios.

    Raises
    ------
    ValidationError
        If nothing has a date, and of several years no people are known.

    Examples
    --------
    >>> from carecircles import datasets
    >>> [f"{day}" for day in span_of(datasets.load("template"), every="year")]
    ['2020-12-31', '2021-12-31', '2022-12-31']
    """
    turns = [day for plan in (None, *plans) for day in turns_of(area, plan)]
    years = [datetime.date(year, 12, 31) for year in years_of(area)]
    if not turns and len(years) < 2:
        told = (
            "nothing has a date: no centre has opened or closed filled in, no step of a scenario has a date, and "
            "people of several years are not known; fill one of them in, or name days with --from and --to."
        )
        zh = (
            "没有任何日期：没有中心填写了 opened 或 closed，方案的步骤没有日期，也没有多个年份的人口；"
            "请补上其中之一，或用 --from 和 --to 指定时段。"
        )
        raise ValidationError([Sentence(told, zh=zh)])
    first = pd.Period(min([*turns, *years]), freq=EVERY[every])
    before = first - 1 if turns and min(turns) == min([*turns, *years]) else first
    return days_between(before.end_time.date(), max([*turns, *years]), every=every)


def timeline_of(
    plan: Plan,
    days: Sequence[datetime.date],
    *,
    steps: Scenario | None = None,
    demand: Mapping[int, pd.DataFrame] | None = None,
    every: str = "year",
) -> Timeline:
    """
    A plan on several days: its centres of the day, after those steps of a scenario that hold then.

    A centre without an opening date counts as open all the time, and so holds a step without a date. People are
    those of the day's year where the population names years: between two known years on a straight line,
    before the first and after the last those of that year.

    Parameters
    ----------
    plan
        The plan as it is, of all centres.
    days
        The days, the earliest first.
    steps
        A scenario; its own day and year give way to those here.
    demand
        Cells by year, where people do not live as they did (see `plan.of_year`).
    every
        What `days` are the last ones of.

    Raises
    ------
    ValidationError
        As `scenario.apply`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline_of(asis, span_of(area, every="year"))
    >>> [len(then.area.facilities) for then in told.plans]
    [1, 2, 3]
    """
    area = plan.area
    name = plan.name if steps is None else {"en": steps.name_en, "zh": steps.name}
    always = None if steps is None else dataclasses.replace(steps, as_of=None, year=None)
    whole = area if always is None else scenario.apply(area, always)
    notes = (*whole.notes, *_date_notes(area, steps))
    turns = turns_of(area, steps)
    made: dict[tuple[int, int | None], Plan] = {}
    plans = []
    for day in days:
        state, year = bisect.bisect_right(turns, day), _year_on(area, day)
        if (state, year) not in made:
            made[state, year] = _plan_on(plan, day, always, name, year, demand or {}, made, state)
        found = made[state, year]
        then = dataclasses.replace(found.area, as_of=day, notes=notes)
        plans.append(dataclasses.replace(found, area=then))
    return Timeline(tuple(plans), every, _people_notes(area, days))


def _plan_on(
    plan: Plan,
    day: datetime.date,
    always: Scenario | None,
    name: Text,
    year: int | None,
    demand: Mapping[int, pd.DataFrame],
    made: Mapping[tuple[int, int | None], Plan],
    state: int,
) -> Plan:
    """The plan on a day, from one of the same centres and other people where there is one."""
    same = next((then for (n, _), then in made.items() if n == state), None)
    if same is None:
        area = plan.area
        if always is None:
            then = area_on(area, day)
        else:
            then = scenario.apply(area, dataclasses.replace(always, as_of=day))
        same = evaluate(then, cells_of(plan, then), base=plan, name=name)
    if year is None or year == same.area.year:
        return same
    return of_year(same, year, demand=demand.get(year))


def _year_on(area: StudyArea, day: datetime.date) -> int | None:
    """Of which year the people of a day are; None where no year is known."""
    known = years_of(area)
    return min(max(day.year, known[0]), known[-1]) if known else None


def _date_notes(area: StudyArea, steps: Scenario | None) -> list[Text]:
    """How many centres and steps have no date, and what is taken for granted about them."""
    notes: list[Text] = []
    count, undated = len(area.facilities), int(area.facilities["opened"].isna().sum())
    if undated:
        notes.append(
            {
                "en": f"{undated} of {count} centres have no opening date and are counted as open all the time, "
                "until they close if that has a date.",
                "zh": f"{count} 个中心中有 {undated} 个没有开业日期，按一直开业计；填有关闭日期的，计至关闭为止。",
            }
        )
    if steps is None:
        return notes
    timeless = int(steps.steps["date"].isna().sum())
    if timeless:
        notes.append(
            {
                "en": f"{steps.name_en}: steps without a date hold all the time: {timeless}.",
                "zh": f"“{steps.name}”：没有日期的步骤按一直有效计：{timeless} 步。",
            }
        )
    if steps.as_of is not None:
        notes.append(
            {
                "en": f"{steps.name_en} looks at {steps.as_of}; it is told here for each day.",
                "zh": f"“{steps.name}”看的是 {steps.as_of}；此处按各个日期计算。",
            }
        )
    return notes


def _people_notes(area: StudyArea, days: Sequence[datetime.date]) -> tuple[Text, ...]:
    """Of which years the people are that are counted."""
    known = years_of(area)
    if not known:
        return (
            {
                "en": "People are the same on all days: of other years none are known.",
                "zh": "各日期的人口相同：没有其他年份的人口。",
            },
        )
    beyond = [day for day in days if not known[0] <= day.year <= known[-1]]
    notes = [known_note(in_year(area, known[0]))]
    if beyond:
        notes.append(
            {
                "en": f"Before {known[0]} the people of {known[0]} are counted, after {known[-1]} those of {known[-1]}.",
                "zh": f"{known[0]} 年以前按 {known[0]} 年人口计，{known[-1]} 年以后按 {known[-1]} 年人口计。",
            }
        )
    return tuple(notes)


def coverage(timeline: Timeline) -> pd.DataFrame:
    """
    The coverage of the district on each day: the measures of `evaluation.of_district`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = coverage(timeline_of(asis, span_of(area, every="year")))
    >>> told["uncovered_people_60"].round().tolist()
    [20100.0, 14700.0, 10325.0]
    """
    measured: dict[int, pd.Series] = {}
    for then in timeline.plans:
        if id(then.cells) not in measured:
            measured[id(then.cells)] = evaluation.of_district(then.cells)
    rows = [measured[id(then.cells)] for then in timeline.plans]
    days = pd.Index([f"{then.area.as_of}" for then in timeline.plans], name="day")
    return pd.DataFrame([row.to_numpy() for row in rows], index=days, columns=rows[0].index)


def events(timeline: Timeline) -> pd.DataFrame:
    """
    What happened to centres since the day before: which opened, closed or moved.

    Returns
    -------
    events
        Indexed by `day`: opened, closed and moved, ids of centres as tuples; on the first day there are none.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> events(timeline_of(asis, span_of(area, every="year")))["opened"].tolist()
    [(), ('A1',), ('A2',)]
    """
    rows = []
    before = timeline.plans[0].area.facilities
    for then in timeline.plans:
        now = then.area.facilities
        both = now.index.intersection(before.index)
        is_other = ~now.geometry[both].geom_equals(before.geometry[both])
        rows.append(
            {
                "opened": tuple(now.index.difference(before.index, sort=False)),
                "closed": tuple(before.index.difference(now.index, sort=False)),
                "moved": tuple(both[is_other.to_numpy()]),
            }
        )
        before = now
    days = pd.Index([f"{then.area.as_of}" for then in timeline.plans], name="day")
    return pd.DataFrame(rows, index=days)
