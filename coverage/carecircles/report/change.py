"""What changes from one plan to another, for people and programs."""

import math
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from carecircles import comparison, words
from carecircles.comparison import Change
from carecircles.people import Group, of_group, rows_of
from carecircles.plan import Plan
from carecircles.report.columns import (
    alone,
    as_text,
    figure,
    headings,
    in_unit,
    label_of,
    records_of,
    rounded,
    show,
)
from carecircles.report.coverage import DISTRICT, gaps_frame
from carecircles.report.frames import (
    columns_of,
    comparable,
    groups_of,
    heading_of,
    headline_group,
    in_unit_of,
    named_of,
    setting_of,
    told_of,
    units_of,
)
from carecircles.report.intervals import (
    Pair,
    drawn_in,
    drawn_notes,
    league_intervals,
    net_notes,
    net_range,
    ranges,
    share_range,
    with_net,
    with_ranges,
)
from carecircles.report.names import centre_count, centres_label, isolated, name_of, of_time
from carecircles.report.notes import assumed_of, assumptions, grid_note, neighbour_notes
from carecircles.report.shown import (
    CHANGE_COLUMNS,
    CHANGE_SUMMARY,
    CHANGE_SURE_COLUMNS,
    GROUP_COLUMNS,
    LEAGUE_COLUMNS,
)
from carecircles.report.ways import cut_off, reach_notes
from carecircles.robustness import Robustness
from carecircles.words import Text, each_once, say

_ANY = Group("{g}", {"en": "people", "zh": "人口"})  # whose figures stand a row below the other


def change_frame(
    change: Change, *, by: str = "street", sure: Pair | None = None
) -> gpd.GeoDataFrame:
    """
    What changes as a frame to write: rounded figures, names, outlines and what is assumed.

    Parameters
    ----------
    change
        From `comparison.compare`.
    by
        'street' or 'district'.
    sure
        From `robustness.measure_together` of both plans: the intervals of their shares and of their difference are
        told beside.

    Returns
    -------
    change
        Indexed by `code`: the measures of `comparison.by_street` for the groups that can be
        compared. Shares to six decimals, metres to one, persons to three.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.change_frame(change)["lost_people_60"].to_dict()
    {'S1': 5400.0, 'S2': 0.0, 'S3': 0.0, 'S4': 0.0}
    """
    return rounded(_change(change, by, sure))


def _change(change: Change, by: str, sure: Pair | None = None) -> gpd.GeoDataFrame:
    figures = change.district if by == "district" else change.streets
    frame = told_of(change.after.area, figures)
    frame = frame[comparable(frame.columns, change.before, change.after)]
    told = gpd.GeoDataFrame(in_unit_of(frame, change.after, change.before))
    return told if sure is None else with_net(told, sure, by=by)


def change_record(
    change: Change, *, by: str = "street", sure: Pair | None = None
) -> dict[str, Any]:
    """
    What changes as a JSON value with a fixed order of keys; what does not exist is None.

    Parameters are those of `change_frame`; with `by='district'` there is no list of streets.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.change_record(change)["district"]["lost_people_60"]
    5400.0
    """
    before, after = change.before, change.after
    record = {
        **heading_of(
            after,
            before=named_of(before),
            after=named_of(after),
            changed_centres=records_of(rounded(change.centres)),
            **drawn_in(sure),
        ),
        "district": records_of(
            change_frame(change, by="district", sure=sure), drop=["code", "name", "name_en"]
        )[0],
    }
    if by == "street":
        record["streets"] = records_of(change_frame(change, sure=sure))
    record["new_zones"] = records_of(gaps_frame(after, change.new_zones))
    record["vanished_zones"] = records_of(gaps_frame(before, change.vanished_zones))
    return record


def league_frame(
    changes: Sequence[Change], *, sure: Sequence[Robustness] | None = None
) -> pd.DataFrame:
    """
    Several plans against one, the one that gains most people first.

    Parameters
    ----------
    changes
        Of each plan from the one they are all held against (`comparison.compare`); that one's own
        row stands first.
    sure
        From `robustness.measure_together` of the one and of each plan, in that order: intervals are told beside.

    Returns
    -------
    league
        Indexed by `rank` (0 is `before`): name, name_en, as_of, year, centres, metres, minutes, group the
        standard is for, shares and changes of the district, what is assumed; figures of groups a plan's standard is not for are missing.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.league_frame([change])["lost_people_60"].tolist()
    [0.0, 5400.0]
    """
    return rounded(_league(changes, sure))


def _league(changes: Sequence[Change], sure: Sequence[Robustness] | None = None) -> pd.DataFrame:
    before = changes[0].before
    rows = []
    for n, change in enumerate((comparison.compare(before, before), *changes)):
        plan = change.after
        district = change.district[comparable(change.district.index, before, plan)]
        figures = {
            in_unit(name.removesuffix("_after"), plan.cost.unit): value
            for name, value in zip(district.index, district, strict=True)
            if not name.endswith("_before") and not name.startswith("cells")
        }
        setting = setting_of(plan)
        rows.append(
            {
                "name": plan.name["zh"],
                "name_en": plan.name["en"],
                "as_of": setting["as_of"],
                "year": setting["year"],
                "centres": setting["centres"],
                "neighbours": setting["neighbours"],
                "metres": plan.area.standard.metres,
                "minutes": plan.area.standard.minutes,
                "group": plan.area.standard.group or "everyone",
                **figures,
                **({} if sure is None else league_intervals(sure[0], sure[n])),
                "net_km2": figures["gained_km2"] - figures["lost_km2"],
                "assumed": assumed_of(plan.area),
            }
        )
    table = pd.DataFrame(rows)
    best = headline_group(before, *(change.after for change in changes))
    others = table.iloc[1:].sort_values(f"net_{best}", ascending=False, kind="stable")
    return pd.concat([table.iloc[:1], others]).reset_index(drop=True).rename_axis("rank")


def league_record(
    changes: Sequence[Change], *, sure: Sequence[Robustness] | None = None
) -> dict[str, Any]:
    """
    Several plans against one as a JSON value.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.league_record([change])["plans"][-1]["name"]
    'One less'
    """
    league, before = league_frame(changes, sure=sure), changes[0].before
    every = [before.area, *(change.after.area for change in changes)]
    heading = heading_of(before, **drawn_in(sure)) | {
        "assumed": [line["en"] for line in each_once(assumptions(area) for area in every)],
        "notes": [
            line["en"]
            for line in league_notes([before, *(change.after for change in changes)])[1][1:]
        ],
    }
    return {**heading, "plans": records_of(league)}


def league_notes(plans: Sequence[Plan]) -> tuple[list[Text], list[Text]]:
    """
    What is assumed of several plans, and what else has to be said of them.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> [len(lines) for lines in report.league_notes([asis, change.after])]
    [7, 1]
    """
    return (
        each_once(assumptions(plan.area) for plan in plans),
        each_once(
            [
                [grid_note(plans[0])],
                reach_notes(*plans),
                neighbour_notes(plans[0]),
                *(plan.area.notes for plan in plans),
            ]
        ),
    )


def change_table(change: Change, *, by: str, lang: str, sure: Pair | None = None) -> pd.DataFrame:
    """
    What changes as text to read: a row a street (`by='street'`) and the district last, or only that.

    Figures are of `headline_group`; shares in percent, persons to the whole.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.change_table(change, by="district", lang="en").shape[0]
    1
    """
    rows = [_change(change, "district", sure).assign(street_name=say(DISTRICT, lang))]
    if by == "street":
        streets = _change(change, "street", sure)
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(street_name=names))
    table = pd.concat(rows)
    if sure is not None:
        table = with_ranges(table, sure[1].group, is_change=True)
    shown = CHANGE_COLUMNS if sure is None else CHANGE_SURE_COLUMNS
    return as_text(table, columns_of(shown, change.before, change.after), lang)


def groups_table(change: Change, *, lang: str) -> pd.DataFrame:
    """
    The district's change as text to read: a row for each group that can be compared.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.groups_table(change, lang="en").iloc[:, :2].to_numpy().tolist()
    [['all ages', '87,000'], ['60+', '24,000'], ['65+', '16,600'], ['80+', '3,400']]
    """
    frame = change_frame(change, by="district")
    measures = ("gained", "lost", "net", "backup_gained", "backup_lost", "nearer", "farther")
    rows = [
        {
            "group_name": say(group.name, lang),
            "{g}": frame[g].iloc[0],
            **{
                f"covered_{{g}}_share_{when}": frame[f"covered_{g}_share_{when}"].iloc[0]
                for when in ("before", "after")
            },
            **{f"{measure}_{{g}}": frame[f"{measure}_{g}"].iloc[0] for measure in measures},
        }
        for group in groups_of(change.before, change.after)
        for g in [group.column]
    ]
    return as_text(pd.DataFrame(rows), headings(GROUP_COLUMNS, _ANY), lang)


def league_table(
    changes: Sequence[Change], *, lang: str, sure: Sequence[Robustness] | None = None
) -> pd.DataFrame:
    """
    Several plans against one as text to read.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.league_table([change], lang="en").iloc[:, 0].tolist()
    ['As it is', 'One less']
    """
    league = _league(changes, sure)
    if sure is not None:
        group = sure[0].group
        league = with_ranges(league, group).assign(net_range=ranges(league, f"net_{group}"))
    times = zip(league["as_of"], league["year"], strict=True)
    days = [say(of_time(day, year), lang) for day, year in times]
    rows = rows_of(league["group"], changes[0].before.area.groups)
    named = {group.column: f" ({say(group.name, lang)})" for group in rows}
    groups = [named.get(group, "") for group in league["group"]]
    names = [
        say(name_of(row), lang) + group + day
        for row, group, day in zip(league.to_dict("records"), groups, days, strict=True)
    ]
    plans = [changes[0].before, *(c.after for c in changes)]
    columns, units = columns_of(LEAGUE_COLUMNS, *plans), units_of(*plans)
    for limit, unit in (("metres", "m"), ("minutes", "min")):
        if unit not in units:  # which is then no limit of anybody's
            del columns[limit]
    return as_text(league.assign(plan_name=names), columns, lang)


def change_summary(change: Change, *, sure: Pair | None = None) -> list[dict[str, Text]]:
    """
    What changes for the district in a few lines: label and value, in each language.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> line = report.change_summary(change)[1]
    >>> line["label"]["en"], line["value"]["en"]
    ('60+ covered', '57.0 % → 34.5 %')
    """
    before, after = change.before, change.after
    first = comparison.headline(before, after)
    d = change_frame(change, by="district").iloc[0]
    share = f"covered_{first.column}_share"
    shares = " → ".join(figure("share", d[f"{share}_{when}"]) for when in ("before", "after"))
    centres = " → ".join(centre_count(plan.area) for plan in (before, after))
    columns = [name.replace("{g}", first.column) for name in CHANGE_SUMMARY]
    lines: list[tuple[Text, str]] = [
        (centres_label(before.area, after.area), centres),
        (label_of(share, [first]), shares),
        *((label_of(column, [first]), show(column, d[column])) for column in columns),
    ]
    if sure is not None:
        at = 3 + CHANGE_SUMMARY.index("net_{g}")
        lines.insert(at, (label_of("net_range"), net_range(sure)))
        ends = zip(("range_before", "range_after"), sure, strict=True)
        lines[2:2] = [(label_of(column), share_range(one)) for column, one in ends]
    return [{"label": label, "value": {"en": value, "zh": value}} for label, value in lines]


def change_notes(change: Change, *, sure: Pair | None = None) -> list[Text]:
    """
    What changes beside people by street: centres, distances and uncovered zones, a line each; with draws how sure it is.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.change_notes(change)[0]["en"]
    'Closed: Dongfeng centre (A1)'
    """
    lines: list[Text] = []
    for label, row in change.centres.iterrows():
        named, word = name_of(row), words.CHANGES[row["change"]]
        far = "" if math.isnan(row["moved_m"]) else f" {row['moved_m']:,.0f} m"
        also = [
            words.CHANGES[what]
            for what in ("equipped", "enlarged")
            if row[what] and what != row["change"]
        ]
        lines.append(
            {
                "en": f"{word['en'].capitalize()}: {isolated(named['en'])} ({label}){far}"
                + "".join(f", {one['en']}" for one in also),
                "zh": f"{word['zh']}：{isolated(named['zh'])}（{label}）{far}"
                + "".join(f"，{one['zh']}" for one in also),
            }
        )
    lines += distance_lines(change)
    group = comparison.headline(change.before, change.after)
    told = group.name
    for (en, zh), zones in zip(
        (
            ("New uncovered zones", "新出现的未覆盖区"),
            ("Vanished uncovered zones", "消失的未覆盖区"),
        ),
        (change.new_zones, change.vanished_zones),
        strict=True,
    ):
        count = int(zones["parts"].sum())
        people = figure("people", zones[group.column].sum())
        lines.append(
            {
                "en": f"{en}: {count}" + (f", {people} people {told['en']}" if count else ""),
                "zh": f"{zh}：{count} 个" + (f"，{told['zh']} {people} 人" if count else ""),
            }
        )
    return (
        lines
        if sure is None
        else [*net_notes(sure), *drawn_notes(sure[0].draws, sure[0].plan), *lines]
    )


def distance_lines(change: Change) -> list[Text]:
    """
    How far people have it to their nearest centre, before and after, a line each.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, plan, report, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> report.distance_lines(change)[0]["en"]
    'Mean distance to the nearest centre: 673 m before, 961 m after'
    """
    d, units = change.district, (change.before.cost.unit, change.after.cost.unit)
    was, now = (
        alone(in_unit(name, unit), d[name])
        for name, unit in zip(
            ("mean_distance_m_before", "mean_distance_m_after"), units, strict=True
        )
    )
    lines = [
        {
            "en": f"Mean distance to the nearest centre: {was['en']} before, {now['en']} after",
            "zh": f"到最近中心平均距离：原 {was['zh']}，现 {now['zh']}",
        }
    ]
    first = comparison.headline(change.before, change.after)
    group = first.column
    had, have = (cut_off(one, group) for one in (change.before, change.after))
    if {had, have} != {figure("people", 0.0)}:
        words = {
            "en": f"No way to any centre, and no part in the mean: {had} people {{}} before, {have} after",
            "zh": f"没有通往任何中心的路、不计入平均距离的{{one}}：原 {had} 名，现 {have} 名",
        }
        lines.append(of_group(words, first))
    for name, en, zh in (("nearer", "nearer", "变近"), ("farther", "farther away", "变远")):
        people, mean = d[f"{name}_{group}"], f"mean_{name}_{group}_m"
        if people > 0:  # not where nobody knows
            shown, by = figure("people", people), alone(in_unit(mean, units[1]), d[mean])
            words = {
                "en": f"{shown} people {{}} have their nearest centre {en}, by {by['en']} on average",
                "zh": f"{shown} 名{{one}}到最近中心{zh}，平均 {by['zh']}",
            }
            lines.append(of_group(words, first))
    return lines
