"""
Coverage by service and bundle, and by group of people: each row held to a standard of its own.

Rows are of plans, one each; nothing of one is mixed into another.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from carecircles import comparison, services
from carecircles.people import Group, rows_of
from carecircles.plan import Plan
from carecircles.report.columns import (
    as_text,
    figure,
    headings,
    label_of,
    records_of,
    rounded,
    unit_in_words,
)
from carecircles.report.coverage import DISTRICT, coverage_frame
from carecircles.report.frames import columns_of, groups_of, heading_of, headline_group, setting_of
from carecircles.report.intervals import (
    drawn_in,
    drawn_notes,
    interval_of,
    shares_of,
    with_ranges,
)
from carecircles.report.names import name_of
from carecircles.report.notes import assumed_of
from carecircles.report.shown import NEED_COLUMNS, SERVICE_COLUMNS
from carecircles.report.ways import standard_note
from carecircles.robustness import Robustness
from carecircles.words import Text, say

Drawn = Mapping[str, Robustness]  # by the keys of plans; not of bundles, for which nothing is drawn


def services_frame(
    plans: Mapping[str, Plan], *, by: str = "street", sure: Drawn | None = None
) -> pd.DataFrame:
    """
    Who is covered by each service and bundle, to write: a row a service and street (or district).

    Parameters
    ----------
    plans
        From `plan.by_service`.
    by
        'street' or 'district'.
    sure
        From `robustness.measure_together` of the services' plans, by their keys: the interval of each share is told
        beside it.

    Returns
    -------
    coverage
        Indexed by `code`: service, service_zh, service_en, name, name_en, metres and minutes of its standard,
        centres that offer it (any of a bundle's services), and of each group how many people there are, how
        many of them are covered, their share and how many are not.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> frame = report.services_frame(plan.by_service(asis), by="district")
    >>> frame.set_index("service")["covered_people_60"].to_dict()
    {'meals': 13675.0, 'medical': 9775.0, 'culture': 13675.0, 'health_post': 4375.0}
    """
    return rounded(pd.concat([_of_plan(key, plan, by, sure) for key, plan in plans.items()]))


def _of_plan(key: str, plan: Plan, by: str, sure: Drawn | None = None) -> pd.DataFrame:
    drawn = None if sure is None else sure.get(key)
    told = pd.DataFrame(coverage_frame(plan, by=by, sure=drawn).drop(columns="geometry"))
    name = _name(plan)
    frame = pd.DataFrame(
        {
            "service": key,
            "service_zh": name["zh"],
            "service_en": name["en"],
            "name": told["name"],
            "name_en": told["name_en"],
            "metres": plan.area.standard.metres,
            "minutes": plan.area.standard.minutes,
            "centres": told["centres"],
        },
        index=told.index,
    )
    for group in groups_of(plan):
        g = group.column
        frame[g] = told[g]
        frame[f"covered_{g}"] = told[g] - told[f"uncovered_{g}"]
        for share in shares_of(told, g):
            frame[share] = told[share]
        frame[f"uncovered_{g}"] = told[f"uncovered_{g}"]
    return frame.assign(assumed=told["assumed"])


def services_table(
    plans: Mapping[str, Plan], *, lang: str, sure: Drawn | None = None
) -> pd.DataFrame:
    """
    The district by service and bundle as text to read, a row each.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.services_table(plan.by_service(asis), lang="en").iloc[1, :6].tolist()
    ['medical help', '2', '700', '15.0', '9,775', '40.7 %']
    """
    frame = services_frame(plans, by="district", sure=sure)
    names = [say(_name(plan), lang) for plan in plans.values()]
    every = list(plans.values())
    if sure is not None:
        frame = with_ranges(frame, headline_group(*every))
    return as_text(frame.assign(service_name=names), columns_of(SERVICE_COLUMNS, *every), lang)


def services_by_street_table(plans: Mapping[str, Plan], *, lang: str) -> pd.DataFrame:
    """
    The covered share by service and bundle as text to read: a row a street and the district last.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.services_by_street_table(plan.by_service(asis), lang="en").iloc[0].tolist()
    ['Dongfeng', '8,400', '64.3 %', '64.3 %', '64.3 %', '0.0 %']
    """
    g = headline_group(*plans.values())
    streets, district = (services_frame(plans, by=by) for by in ("street", "district"))
    first = streets[~streets.index.duplicated()]
    every = pd.concat([streets, district])
    codes = [*first.index, "district"]
    names = [*(say(name_of(row), lang) for row in first.to_dict("records")), say(DISTRICT, lang)]
    people = every[~every.index.duplicated()][g]
    groups = groups_of(*plans.values())
    table = {
        say(label_of("street_name"), lang): names,
        say(label_of(g, groups), lang): [figure("people", people[code]) for code in codes],
    }
    for key, plan in plans.items():
        share = every.loc[every["service"] == key, f"covered_{g}_share"]
        heading = say(_name(plan), lang)
        heading = heading if heading not in table else f"{heading} ({key})"
        table[heading] = [figure("share", share[code]) for code in codes]
    return pd.DataFrame(table)


def services_record(
    plans: Mapping[str, Plan], plan: Plan, *, by: str = "street", sure: Drawn | None = None
) -> dict[str, Any]:
    """
    Coverage by service and bundle as a JSON value; `plan` is that of all centres, `sure` as in `services_frame`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.services_record(plan.by_service(asis), asis)["services"][1]["district"]["covered_people_60"]
    9775.0
    """
    about = ["service", "service_zh", "service_en", "metres", "minutes"]
    made = []
    for key, one in plans.items():
        district = _rounded(key, one, "district", sure)
        first = district.iloc[0]
        record: dict[str, Any] = {
            "service": key,
            **_asked(one),
            "name": first["service_zh"],
            "name_en": first["service_en"],
            **{k: setting_of(one)[k] for k in ("standard", "centres", "neighbours")},
            "district": records_of(district, drop=[*about, "code", "name", "name_en", "centres"])[
                0
            ],
        }
        if by == "street":
            record["streets"] = records_of(_rounded(key, one, "street", sure), drop=about)
        made.append(record)
    drawn = drawn_in(None if sure is None else list(sure.values()))
    return {**heading_of(plan, **setting_of(plan), **drawn), "services": made}


def _rounded(key: str, plan: Plan, by: str, sure: Drawn | None) -> pd.DataFrame:
    return rounded(_of_plan(key, plan, by, sure))


def services_notes(plans: Mapping[str, Plan], *, sure: Drawn | None = None) -> list[Text]:
    """
    What a bundle asks for, by which standard each row is held where that is not the same for all, and what was drawn.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.services_notes(plan.by_service(asis))
    []
    """
    lines: list[Text] = []
    for plan in plans.values():
        asked = plan.area.counting
        if isinstance(asked, services.Bundle):
            said = services.in_words(asked, plan.area.services)
            en, zh = asked.name["en"], asked.name["zh"]
            lines.append({"en": f"{en}: {said['en']}.", "zh": f"{zh}：{said['zh']}。"})
    told = [(plan, standard_note(plan)) for plan in plans.values()]
    if len({note["en"] for _, note in told}) > 1:
        for plan, note in told:
            name = _name(plan)
            own = {
                "en": f"{name['en']} is held to {note['en']}.",
                "zh": f"{name['zh']}的标准：{note['zh']}。",
            }
            lines.append(own)
    if sure is None:
        return lines
    return [*lines, *_drawn_notes(sure), *([_NOT_DRAWN] if len(sure) < len(plans) else [])]


def needs_frame(plans: Mapping[str, Plan], *, sure: Drawn | None = None) -> pd.DataFrame:
    """
    Who is covered of each group of people, held to its own standard, to write: a row a group.

    Parameters
    ----------
    plans
        From `plan.by_group`.
    sure
        From `robustness.measure` of each plan and its own group, in the same draws: the interval of each share is
        told beside it.

    Returns
    -------
    coverage
        Indexed by `group`: name, name_en, metres, minutes, held_to (the standard in words), people of the
        group, how many of them are covered, their share, how many are not, the share with two centres or
        more, and their mean distance, in the unit in which theirs is measured.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.needs_frame(plan.by_group(asis))["uncovered_group_people"].to_dict()
    {'people': 38160.714, 'people_60': 10325.0, 'people_65': 7092.857, 'people_80': 1446.429}
    """
    return rounded(_needs(plans, "en", sure))


def _needs(plans: Mapping[str, Plan], lang: str, sure: Drawn | None = None) -> pd.DataFrame:
    rows = {}
    for column, plan in plans.items():
        cells, standard = plan.cells, plan.area.standard
        weights, metres = cells[column].to_numpy(), cells["distance_m"].to_numpy()
        is_covered, depth = cells["covered"].to_numpy(), cells["depth"].to_numpy()
        whole = weights.sum()
        name = _group(plan, column).name
        with np.errstate(invalid="ignore", divide="ignore"):
            rows[column] = {
                "name": name["zh"],
                "name_en": name["en"],
                "metres": standard.metres,
                "minutes": standard.minutes,
                "held_to": say(_standard(plan), lang),
                "group_people": whole,
                "covered_group_people": weights[is_covered].sum(),
                "covered_group_people_share": weights[is_covered].sum() / whole,
                **({} if sure is None else interval_of(sure[column], "group_people_share")),
                "uncovered_group_people": weights[~is_covered].sum(),
                "backup_group_people_share": weights[depth >= 2].sum() / whole,
                f"mean_{plan.cost.unit}": np.dot(weights, metres) / whole,
            }
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")
    return frame.assign(assumed=assumed_of(next(iter(plans.values())).area))


def needs_table(plans: Mapping[str, Plan], *, lang: str, sure: Drawn | None = None) -> pd.DataFrame:
    """
    The same as text to read.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.needs_table(plan.by_group(asis), lang="en").iloc[-1, [0, 2, 3]].tolist()
    ['80+', '3,400', '57.5 %']
    """
    frame = _needs(plans, lang, sure)
    if sure is not None:
        frame = with_ranges(frame, "group_people")
    names = [say(_group(plan, column).name, lang) for column, plan in plans.items()]
    first = comparison.headline(next(iter(plans.values())))
    units = list(dict.fromkeys(plan.cost.unit for plan in plans.values()))
    columns = headings(NEED_COLUMNS, first, units=units)
    return as_text(frame.assign(group_name=names), columns, lang)


def needs_record(
    plans: Mapping[str, Plan], plan: Plan, *, sure: Drawn | None = None
) -> dict[str, Any]:
    """
    The same as a JSON value; `plan` is that of everyone.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.needs_record(plan.by_group(asis), asis)["groups"][-1]["group"]
    'people_80'
    """
    return {
        **heading_of(
            plan, **setting_of(plan), **drawn_in(None if sure is None else list(sure.values()))
        ),
        "groups": records_of(needs_frame(plans, sure=sure)),
    }


def needs_notes(*, sure: Drawn | None = None) -> list[Text]:
    """
    By which standard each group is held, and what was drawn.

    Examples
    --------
    >>> from carecircles import report
    >>> report.needs_notes()[0]["en"][:38]
    'Each group is held to its own standard'
    """
    return [_NEEDS_NOTE, *(_drawn_notes(sure) if sure else [])]


def _drawn_notes(sure: Drawn) -> list[Text]:
    """In how many draws intervals were found, and what was drawn in all of them."""
    first = next(iter(sure.values()), None)
    if first is None:
        return []
    draws = f"{len(first.draws):,}"
    told: Text = {
        "en": f"In 90 % of {draws} draws a share lies in its interval; every row is of the same draws.",
        "zh": f"{draws} 次抽样中 90 % 的覆盖率落在区间内；各行抽样相同。",
    }
    return [told, *drawn_notes(first.draws, first.plan)]


_NOT_DRAWN: Text = {
    "en": "Bundles have no interval: ask for their services one by one.",
    "zh": "服务组合没有区间：请逐项查看其中的服务。",
}
_NEEDS_NOTE: Text = {
    "en": "Each group is held to its own standard where area.toml gives it one, else to the area's; figures are "
    "of that group alone.",
    "zh": "各人群按 area.toml 中自己的标准计，未写明的按区域标准计；各行数字只计该人群。",
}


def _standard(plan: Plan) -> Text:
    """How far is near, without whom it is for."""
    standard, unit = plan.area.standard, unit_in_words(plan.cost.unit)
    limit = f"{round(plan.cost.cutoff, 1):g}"
    pace = f"{standard.metres / standard.minutes / 60:.2f}"
    who = standard.profile
    return {
        "en": f"{limit} {unit['en']}, {pace} m/s" + (f" ({who})" if who else ""),
        "zh": f"{limit} {unit['zh']}，{pace} 米/秒" + (f"（{who}）" if who else ""),
    }


def _group(plan: Plan, column: str) -> Group:
    return rows_of([column], plan.area.groups)[0]


def _name(plan: Plan) -> Text:
    asked = plan.area.counting
    return asked.name if asked is not None else plan.name


def _asked(plan: Plan) -> dict[str, Any]:
    asked = plan.area.counting
    return (
        {"of": list(asked.of), "least": asked.least} if isinstance(asked, services.Bundle) else {}
    )
