"""Coverage over time for people and programs: a row a day and plan, and what opened and closed."""

from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from carecircles import timeline as timelines
from carecircles.plan import Plan
from carecircles.report.change import league_notes
from carecircles.report.columns import as_text, records_of, rounded
from carecircles.report.coverage import coverage_frame
from carecircles.report.frames import columns_of, groups_of, heading_of
from carecircles.report.intervals import drawn_in, shares_of, with_ranges
from carecircles.report.names import centre_name, isolated
from carecircles.report.shown import TIMELINE_COLUMNS
from carecircles.robustness import Robustness
from carecircles.timeline import Timeline
from carecircles.words import Text, each_once, say

_MOST_NAMES = 4
_UNITS: dict[str, Text] = {
    "month": {"en": "months", "zh": "个月"},
    "year": {"en": "years", "zh": "年"},
}


def timeline_frame(
    told: Sequence[Timeline],
    *,
    by: str = "district",
    sure: Sequence[Sequence[Robustness]] | None = None,
) -> pd.DataFrame:
    """
    Coverage by day, to write: rounded, a row a plan and day (and street).

    Parameters
    ----------
    told
        From `timeline.timeline_of`.
    by
        'district' or 'street'.
    sure
        From `robustness.measure_together` of the plans of all days, by timeline: between what each share lies is
        told beside.

    Returns
    -------
    coverage
        Indexed by `day`, or by `code` with a column `day`: plan, plan_en, year (of the people), centres, of the
        district what opened and closed since the day before, of streets name and name_en, and of each group how many people there are, how many are covered, their
        share, how many are not, and the distances of `evaluation.of_district`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline.timeline_of(asis, timeline.span_of(area, every="year"))
    >>> frame = report.timeline_frame([told])
    >>> frame["covered_people_60"].to_dict()
    {'2020-12-31': 3900.0, '2021-12-31': 9300.0, '2022-12-31': 13675.0}
    """
    frame = rounded(pd.concat(_of_each(told, by, sure)))
    if by == "street":
        return frame
    return frame.set_index("day").drop(columns=["name", "name_en"])


def _of_each(
    told: Sequence[Timeline], by: str, sure: Sequence[Sequence[Robustness]] | None
) -> list[pd.DataFrame]:
    drawn: Sequence[Sequence[Robustness | None]] = sure or [[None] * len(t.plans) for t in told]
    return [_of_plan(one, told, by, found) for one, found in zip(told, drawn, strict=True)]


def _of_plan(
    told: Timeline, every: Sequence[Timeline], by: str, sure: Sequence[Robustness | None]
) -> pd.DataFrame:
    measured: dict[int, pd.DataFrame] = {}
    happened = dict(zip(*_labelled(timelines.events(told)), strict=True))
    groups = groups_of(*(then for one in every for then in one.plans))
    parts = []
    for then, drawn in zip(told.plans, sure, strict=True):
        if id(then.cells) not in measured:
            measured[id(then.cells)] = pd.DataFrame(
                coverage_frame(then, by=by, sure=drawn).drop(columns="geometry")
            )
        found, day = measured[id(then.cells)], f"{then.area.as_of}"
        labels = happened[day]
        about: dict[str, Any] = {
            "plan": then.name["zh"],
            "plan_en": then.name["en"],
            "day": day,
            "year": then.area.year,
            "name": found["name"],
            "name_en": found["name_en"],
            "centres": found["centres"],
        }
        if by == "district":
            about |= {w: ";".join(map(str, labels[w])) for w in ("opened", "closed")}
        frame = pd.DataFrame(about, index=found.index)
        for group in groups:
            g = group.column
            frame[g] = found[g]
            frame[f"covered_{g}"] = found[g] - found[f"uncovered_{g}"]
            for column in shares_of(found, g):
                frame[column] = found[column]
            frame[f"uncovered_{g}"] = found[f"uncovered_{g}"]
        far = [c for c in found.columns if c.startswith(("mean_distance", "p90_distance"))]
        parts.append(frame.join(found[far]).assign(assumed=found["assumed"]))
    return pd.concat(parts)


def _labelled(events: pd.DataFrame) -> tuple[list[str], list[dict[Hashable, Any]]]:
    """Days, and what happened on each."""
    return list(events.index), events.to_dict("records")


def timeline_table(
    told: Sequence[Timeline], *, lang: str, sure: Sequence[Sequence[Robustness]] | None = None
) -> pd.DataFrame:
    """
    The district by day as text to read: the first day, each on which something is other than before, and the last.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline.timeline_of(asis, timeline.span_of(area, every="year"))
    >>> report.timeline_table([told], lang="en").iloc[1, :4].tolist()
    ['As it is', '2021-12-31', '2', '24,000']
    """
    rows = []
    for one, frame in zip(told, _of_each(told, "district", sure), strict=True):
        words = [say(text, lang) for text in events_in_words(one)]
        frame = frame.assign(plan_name=say(one.plans[0].name, lang), happened=words)
        frame["year"] = frame["year"].astype(float)
        frame = frame if frame["year"].notna().any() else frame.drop(columns="year")
        rows.append(frame[_is_told(one)])
    columns = columns_of(TIMELINE_COLUMNS, *(then for one in told for then in one.plans))
    table = pd.concat(rows)
    if sure is not None:
        table = with_ranges(table, sure[0][0].group)
    return as_text(table, columns, lang)


def _is_told(told: Timeline) -> list[bool]:
    """Whether a day has a row of its own: the first, the last, and where something is other than the day before."""
    cells = [id(then.cells) for then in told.plans]
    moved = [a != b for a, b in zip(cells[1:], cells, strict=False)]
    return [True, *(is_moved or n == len(moved) - 1 for n, is_moved in enumerate(moved))]


def events_in_words(told: Timeline) -> list[Text]:
    """
    What opened and closed since the day before, by name, for each day; empty where nothing did.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline.timeline_of(asis, timeline.span_of(area, every="year"))
    >>> [text["en"] for text in report.events_in_words(told)]
    ['', '+ Dongfeng centre', '+ Renmin centre']
    """
    happened, before = timelines.events(told), told.plans[0].area.facilities
    lines = []
    for then, row in zip(told.plans, happened.to_dict("records"), strict=True):
        now = then.area.facilities
        marked = [
            *(("+", now.loc[label]) for label in row["opened"]),
            *(("−", before.loc[label]) for label in row["closed"]),
            *(("→", now.loc[label]) for label in row["moved"]),
        ]
        before = now
        more = len(marked) - _MOST_NAMES
        shown = [(sign, centre_name(centre)) for sign, centre in marked[:_MOST_NAMES]]
        line: Text = {
            lang: mark.join(f"{sign} {isolated(name[lang])}" for sign, name in shown)
            for lang, mark in (("en", "; "), ("zh", "；"))
        }
        if more > 0:
            line = {"en": f"{line['en']}; and {more} more", "zh": f"{line['zh']}；另 {more} 个"}
        lines.append(line)
    return lines


def timeline_notes(told: Sequence[Timeline]) -> tuple[list[Text], list[Text]]:
    """
    What is assumed of the plans, and the remarks: of dates, of people, of days that are left out of the table.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline.timeline_of(asis, timeline.span_of(area, every="year"))
    >>> report.timeline_notes([told])[1][-1]["en"]
    'People are the same on all days: of other years none are known.'
    """
    plans: list[Plan] = [one.plans[-1] for one in told]
    assumed, remarks = league_notes(plans)
    days, every = len(told[0].plans), told[0].every
    left = days - sum(_is_told(told[0]))
    own: list[Text] = []
    if left:
        what = _UNITS[every]
        own.append(
            {
                "en": f"{left} of {days} {what['en']} in which nothing changes are left out of the table; files have all.",
                "zh": f"共 {days} {what['zh']}，其中 {left} {what['zh']}没有变化，表中未列；文件中全部列出。",
            }
        )
    return assumed, [*remarks, *own, *each_once(one.notes for one in told)]


def timeline_record(
    told: Sequence[Timeline],
    *,
    by: str = "district",
    sure: Sequence[Sequence[Robustness]] | None = None,
) -> dict[str, Any]:
    """
    The same as a JSON value; parameters are those of `timeline_frame`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report, timeline
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> told = timeline.timeline_of(asis, timeline.span_of(area, every="year"))
    >>> report.timeline_record([told])["plans"][0]["days"][0]["centres"]
    1
    """
    assumed, remarks = timeline_notes(told)
    drop = ["plan", "plan_en", *(["code", "name", "name_en"] if by == "district" else [])]
    first = told[0].plans[-1]
    return {
        **heading_of(first, **drawn_in(None if sure is None else sure[0])),
        "every": told[0].every,
        "assumed": [line["en"] for line in assumed],
        "notes": [line["en"] for line in remarks],
        "plans": [
            {
                "name": one.plans[0].name["zh"],
                "name_en": one.plans[0].name["en"],
                "days": records_of(rounded(frame), drop=drop),
            }
            for one, frame in zip(told, _of_each(told, by, sure), strict=True)
        ],
    }
