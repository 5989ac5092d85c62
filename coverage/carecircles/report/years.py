"""
Plans for the people of several years, side by side: how many there are, how many covered and not.

Nothing here is called gained or lost: those are what a plan does for the same people
(`comparison.compare`); from year to year there are other people.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from carecircles.area import known_note, year_note, years_of
from carecircles.people import rows_of
from carecircles.plan import Plan
from carecircles.report.change import league_notes
from carecircles.report.columns import as_text, figure, headings, label_of, records_of, rounded
from carecircles.report.coverage import DISTRICT, coverage_frame
from carecircles.report.frames import columns_of, groups_of, heading_of, headline_group, named_of
from carecircles.report.intervals import drawn_in, shares_of, with_ranges
from carecircles.report.names import name_of
from carecircles.report.notes import assumptions
from carecircles.report.shown import PROJECTION_COLUMNS, YEAR_COLUMNS
from carecircles.robustness import Robustness
from carecircles.words import Text, each_once, say


def years_frame(
    plans: Sequence[Plan], *, by: str = "street", sure: Sequence[Robustness] | None = None
) -> pd.DataFrame:
    """
    Who is covered under each plan in its year, to write: a row a plan and street (or district).

    Parameters
    ----------
    plans
        Such as from `plan.of_year`: each under its name and for the people of its year.
    by
        'street' or 'district'.
    sure
        From `robustness.measure_together` of the plans: between what each share lies is told beside.

    Returns
    -------
    coverage
        Indexed by `code`: plan, plan_en, year, name, name_en, and of each group how many people there
        are, how many of them are covered, their share and how many are not.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> frame = report.years_frame([asis], by="district")
    >>> frame[["people_60", "covered_people_60", "uncovered_people_60"]].iloc[0].tolist()
    [24000.0, 13675.0, 10325.0]
    """
    drawn = [None] * len(plans) if sure is None else sure
    told = zip(plans, drawn, strict=True)
    return rounded(pd.concat([_of_plan(plan, plans, by, found) for plan, found in told]))


def _of_plan(plan: Plan, plans: Sequence[Plan], by: str, sure: Robustness | None) -> pd.DataFrame:
    told = pd.DataFrame(coverage_frame(plan, by=by, sure=sure).drop(columns="geometry"))
    frame = pd.DataFrame(
        {
            "plan": plan.name["zh"],
            "plan_en": plan.name["en"],
            "year": plan.area.year,
            "name": told["name"],
            "name_en": told["name_en"],
        },
        index=told.index,
    )
    for group in groups_of(*plans):
        g = group.column
        frame[g] = told[g]
        frame[f"covered_{g}"] = told[g] - told[f"uncovered_{g}"]
        for column in shares_of(told, g):
            frame[column] = told[column]
        frame[f"uncovered_{g}"] = told[f"uncovered_{g}"]
    return frame.assign(assumed=told["assumed"])


def years_table(
    plans: Sequence[Plan], *, lang: str, sure: Sequence[Robustness] | None = None
) -> pd.DataFrame:
    """
    The district under each plan in its year as text to read, a row each.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.years_table([asis], lang="en").iloc[0, :5].tolist()
    ['As it is', '–', '24,000', '13,675', '57.0 %']
    """
    frame = years_frame(plans, by="district", sure=sure)
    if sure is not None:
        frame = with_ranges(frame, sure[0].group)
    names = [say(plan.name, lang) for plan in plans]
    years = frame["year"].astype(float)
    return as_text(
        frame.assign(plan_name=names, year=years), columns_of(YEAR_COLUMNS, *plans), lang
    )


def years_by_street_table(
    plans: Sequence[Plan], *, lang: str, sure: Sequence[Robustness] | None = None
) -> pd.DataFrame:
    """
    One plan in several years as text to read: a row a street and the district last, years side by side.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.years_by_street_table([asis], lang="en").iloc[-1].tolist()
    ['District', '24,000', '57.0 %', '10,325']
    """
    g, groups = headline_group(*plans), groups_of(*plans)
    streets, district = (years_frame(plans, by=by, sure=sure) for by in ("street", "district"))
    if sure is not None:
        streets, district = (with_ranges(frame, sure[0].group) for frame in (streets, district))
    codes = streets.index.unique()
    first = streets[~streets.index.duplicated()]
    table = {
        say(label_of("street_name"), lang): [
            *(say(name_of(row), lang) for row in first.to_dict("records")),
            say(DISTRICT, lang),
        ]
    }
    for column, unit in (
        (g, "people"),
        (f"covered_{g}_share", "share"),
        *([] if sure is None else [("share_range", "text")]),
        (f"uncovered_{g}", "people"),
    ):
        for plan in plans:
            year = plan.area.year
            of_year = (
                frame[frame["year"] == year] if year else frame for frame in (streets, district)
            )
            values = pd.concat(of_year)[column]
            heading = f"{say(label_of(column, groups), lang)} {year or ''}".strip()
            cells = [values[code] for code in (*codes, "district")]
            table[heading] = cells if unit == "text" else [figure(unit, cell) for cell in cells]
    return pd.DataFrame(table)


def years_notes(plans: Sequence[Plan]) -> tuple[list[Text], list[Text]]:
    """
    What is assumed of plans in several years, with the years of which that is not said of all, and the remarks.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.years_notes([asis])[0][0]["en"]
    'positions of all 3 centres are assumed'
    """
    of_year: dict[int | None, list[Text]] = {}
    for plan in plans:
        of_year.setdefault(plan.area.year, []).extend(assumptions(plan.area))
    assumed = []
    for line in each_once(of_year.values()):
        years = [str(year) for year, lines in of_year.items() if line in lines]
        if len(years) == len(of_year):
            assumed.append(line)
        else:
            en, zh = f" ({', '.join(years)})", f"（{'、'.join(years)} 年）"
            assumed.append({"en": f"{line['en']}{en}", "zh": f"{line['zh']}{zh}"})
    _, remarks = league_notes(plans)
    shown = [plan.area for plan in plans if plan.area.year in years_of(plan.area)]
    own = [year_note(area) for area in shown]
    remarks = [line for line in remarks if line not in own]
    return assumed, [*remarks, *([known_note(shown[0])] if shown else [])]


def years_record(
    plans: Sequence[Plan], *, by: str = "street", sure: Sequence[Robustness] | None = None
) -> dict[str, Any]:
    """
    Plans for the people of several years as a JSON value; parameters are those of `years_frame`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.years_record([asis])["plans"][0]["district"]["covered_people_60"]
    13675.0
    """
    assumed, remarks = years_notes(plans)
    about = ["plan", "plan_en", "year", "code", "name", "name_en"]
    made = []
    for n, plan in enumerate(plans):
        record, drawn = named_of(plan), None if sure is None else sure[n]
        whole = rounded(_of_plan(plan, plans, "district", drawn))
        record["district"] = records_of(whole, drop=about)[0]
        if by == "street":
            streets = rounded(_of_plan(plan, plans, "street", drawn))
            record["streets"] = records_of(streets, drop=about[:3])
        made.append(record)
    return {
        **heading_of(plans[0], **drawn_in(sure)),
        "assumed": [line["en"] for line in assumed],
        "notes": [line["en"] for line in remarks[1:]],
        "plans": made,
    }


def projection_table(population: pd.DataFrame, *, lang: str) -> pd.DataFrame:
    """
    A projection (`cohorts.project`) as text to read: how many there are of each group, a row a year.

    Examples
    --------
    >>> people = pd.DataFrame({"code": ["A"], "people_60": [100]})
    >>> from carecircles import cohorts, report
    >>> then = cohorts.scaled(people, 1.2, base=2020, to=2030)
    >>> report.projection_table(then, lang="en").to_numpy().tolist()
    [['2020', '100'], ['2030', '120']]
    """
    groups = rows_of(population)
    totals = population[[group.column for group in groups]].groupby(level="year").sum()
    columns = headings(PROJECTION_COLUMNS, groups[0], groups[1:])
    return as_text(totals.reset_index(), columns, lang)


def projection_title(population: pd.DataFrame) -> Text:
    """
    What a projection rests on, as a title.

    Examples
    --------
    >>> people = pd.DataFrame({"code": ["A"], "people_60": [100]})
    >>> from carecircles import cohorts, report
    >>> report.projection_title(cohorts.scaled(people, 1.2, base=2020, to=2030))["en"]
    'Projected: people of 2020 times a ratio of 1.2'
    """
    source = population.loc[population["basis"] == "projected", "source"].iloc[-1]
    return {"en": f"Projected: {source}", "zh": f"推算：{source}"}
