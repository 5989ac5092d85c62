"""A study area seen otherwise: on a day, by a service or a bundle, for a group, without what is beyond its border."""

import dataclasses
import datetime

import pandas as pd

from carecircles import _mends, people, walkers
from carecircles import services as offers
from carecircles.area.values import Standard, StudyArea, is_neighbour, same_pace
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.norms import Norm
from carecircles.services import Bundle, Service
from carecircles.words import Sentence, Text


def with_headline(area: StudyArea, group: str) -> StudyArea:
    """
    The study area with the group of people whose figures come first.

    Tables, texts and maps made of it are about this group: titles, columns, legends and the order of
    rows; sitings are for it.

    Parameters
    ----------
    area
        The study area; its population has the group.
    group
        The group's column, its name or any of its spellings.

    Raises
    ------
    ValidationError
        If the population has no such group.

    Examples
    --------
    >>> from carecircles import datasets
    >>> with_headline(datasets.load("hexi"), "80岁以上").headline
    'people_80'
    """
    there = people.rows_of(area.population, area.groups)
    spelled = {
        _checks.plain(word): row.column
        for row in reversed(there)
        for word in (*row.spellings, *row.name.values(), row.column)
    }
    column = spelled.get(_checks.plain(group))
    if column is None:
        mend = _mends.one_of((row.column for row in there), do=_mends.WRITE)
        told = f"group is {group!r}; {mend}."
        raise ValidationError([Sentence(told, zh=f"人群为 {group!r}；{mend.zh}。")])
    return dataclasses.replace(area, headline=column)


def without_neighbours(area: StudyArea) -> StudyArea:
    """
    The study area with only the centres inside it, and a note of how many that leaves out.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> beyond = area.facilities.assign(neighbour=[True, False, False])
    >>> inside = without_neighbours(dataclasses.replace(area, facilities=beyond))
    >>> len(inside.facilities), inside.notes[-1]["en"]
    (2, 'Centres beyond the border are not counted: 1.')
    """
    is_beyond = is_neighbour(area.facilities)
    if not is_beyond.any():
        return area
    few = int(is_beyond.sum())
    note = {
        "en": f"Centres beyond the border are not counted: {few}.",
        "zh": f"边界外的 {few} 个中心未计入。",
    }
    return dataclasses.replace(
        area, facilities=area.facilities[~is_beyond], notes=(*area.notes, note)
    )


def offering(area: StudyArea, service: str | Service) -> StudyArea:
    """
    The study area with only the centres that offer a service, and with its own standard if it has one.

    Parameters
    ----------
    area
        The study area; its centres have `services`.
    service
        One of its `services` in any of its spellings, another word that stands with a centre, or a service.

    Returns
    -------
    area
        The same with fewer centres and a note that says so.

    Raises
    ------
    ValidationError
        If the word is no service of the area's and no centre has it.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> offering(area, "助医").facilities["services"].tolist()
    [('meals', 'medical', 'culture'), ('meals', 'medical', 'culture', 'health_post')]
    """
    asked = service
    if isinstance(asked, str):
        asked = offers.service_of(asked, area.services, offered_in(area))
    has = _offer_any(area, (asked.key,))
    spelled = asked.name
    note = {
        "en": f"Only the {_many(int(has.sum()))} that {'offers' if has.sum() == 1 else 'offer'} '{spelled['en']}' "
        f"{'is' if has.sum() == 1 else 'are'} counted.",
        "zh": f"只计提供“{spelled['zh']}”的 {int(has.sum())} 个中心。",
    }
    return dataclasses.replace(
        area,
        facilities=area.facilities[has],
        standard=standard_by(area, asked.norm),
        counting=asked,
        notes=(*area.notes, note, *_own_notes(area, [asked])),
    )


def bundled(area: StudyArea, bundle: str | Bundle) -> StudyArea:
    """
    The study area in which a place is covered where so many of a bundle's services are within reach.

    Parameters
    ----------
    area
        The study area; its centres have `services`.
    bundle
        The key or the name of one of its `bundles`, or a bundle.

    Returns
    -------
    area
        The same with the centres that offer any of the services, and notes of what is asked. `plan.evaluate`
        holds each service to its own standard.

    Raises
    ------
    ValidationError
        If the area has no such bundle.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> both = Bundle("both", {"en": "both", "zh": "两项"}, ("medical", "health_post"), 2)
    >>> bundled(area, both).facilities.index.tolist(), bundled(area, both).notes[-1]["en"]
    (['A1', 'A2'], "Bundle 'both': all 2 within reach: medical help, health post; distances are to the last that is asked for.")
    """
    asked = offers.bundle_of(bundle, area.bundles) if isinstance(bundle, str) else bundle
    said = offers.in_words(asked, area.services)
    parts = [offers.service_of(key, area.services, asked.of) for key in asked.of]
    note = {
        "en": f"Bundle '{asked.name['en']}': {said['en']}; distances are to the last that is asked for.",
        "zh": f"服务组合“{asked.name['zh']}”：{said['zh']}；距离按凑齐所需的最后一项计。",
    }
    made = dataclasses.replace(area, standard=standard_by(area, asked.norm))
    return dataclasses.replace(
        made,
        facilities=area.facilities[_offer_any(area, asked.of)],
        counting=asked,
        notes=(*area.notes, note, *_own_notes(made, parts)),
    )


def parts_of(area: StudyArea) -> dict[str, StudyArea]:
    """
    The study areas of the services of the bundle that counts in one, by their keys.

    Examples
    --------
    >>> from carecircles import datasets
    >>> both = Bundle("both", {"en": "both", "zh": "两项"}, ("medical", "health_post"), 2)
    >>> area = bundled(datasets.load("template"), both)
    >>> {key: len(part.facilities) for key, part in parts_of(area).items()}
    {'medical': 2, 'health_post': 1}
    """
    if not isinstance(area.counting, Bundle):
        return {}
    of, whole = area.counting.of, dataclasses.replace(area, counting=None)
    return {key: offering(whole, offers.service_of(key, area.services, of)) for key in of}


def offered_in(area: StudyArea) -> list[str]:
    """
    The services that centres of a study area offer: those it knows in its order, then other words.

    Examples
    --------
    >>> from carecircles import datasets
    >>> offered_in(datasets.load("template"))
    ['meals', 'medical', 'culture', 'health_post']
    """
    there = dict.fromkeys(word for words in area.facilities["services"] for word in words)
    known = [service.key for service in area.services]
    return [*(k for k in known if k in there), *(word for word in there if word not in known)]


def for_group(area: StudyArea, group: str) -> StudyArea:
    """
    The study area held to the standard of one group of people: its own, or the area's where it has none.

    Parameters
    ----------
    area
        The study area; its population has the group.
    group
        The group's column.

    Examples
    --------
    >>> from carecircles import datasets
    >>> for_group(datasets.load("template"), "people_80").standard
    Standard(metres=700.0, minutes=15.0, group='people_80', profile=None)
    """
    own = next((row.norm for row in area.groups if row.column == group), None)
    standard = dataclasses.replace(standard_by(area, own), group=group)
    return dataclasses.replace(area, standard=standard, headline=group)


def standard_by(area: StudyArea, norm: Norm | None) -> Standard:
    """
    The standard that a norm makes of a study area's: what it does not say follows the pace.

    Raises
    ------
    ValidationError
        If nobody knows its profile.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")  # 700 m, 15 min
    >>> standard_by(area, Norm(pace_m_s=0.75)).metres, standard_by(area, Norm(metres=350)).minutes
    (675.0, 7.5)
    >>> standard_by(area, Norm(profile="80plus")).metres
    846.0
    """
    standard = area.standard
    if norm is None:
        return standard
    pace, metres, minutes = norm.pace_m_s, norm.metres, norm.minutes
    if norm.profile is not None:
        pace = walkers.profile_of(norm.profile, area.on_foot.profiles).pace_m_s
    if pace is None:
        made = same_pace(standard, metres=metres, minutes=minutes)
    elif metres is not None:
        made = dataclasses.replace(standard, metres=metres, minutes=metres / (60 * pace))
    else:
        minutes = standard.minutes if minutes is None else minutes
        made = dataclasses.replace(standard, metres=60 * pace * minutes, minutes=minutes)
    is_own_pace = pace is not None or metres is not None
    return dataclasses.replace(made, profile=norm.profile if is_own_pace else standard.profile)


def _offer_any(area: StudyArea, keys: tuple[str, ...]) -> pd.Series:
    wanted, offered = set(keys), area.facilities["services"]
    has = [not wanted.isdisjoint(words) for words in offered]
    return pd.Series(has, index=offered.index, dtype=bool)


def _own_notes(area: StudyArea, services: list[Service]) -> list[Text]:
    """That services have standards of their own."""
    lines = []
    for service in (service for service in services if service.norm is not None):
        own = standard_by(area, service.norm)
        metres, minutes = f"{round(own.metres, 1):g}", f"{round(own.minutes, 1):g}"
        en, zh = service.name["en"], service.name["zh"]
        lines.append(
            {
                "en": f"'{en}' has a standard of its own: {metres} m, {minutes} min{_of_profile(own)['en']}.",
                "zh": f"“{zh}”有自己的标准：{metres} 米，{minutes} 分钟{_of_profile(own)['zh']}。",
            }
        )
    return lines


def _of_profile(standard: Standard) -> Text:
    who = standard.profile
    return {"en": f" ({who})", "zh": f"（{who}）"} if who else {"en": "", "zh": ""}


def _many(centres: int) -> str:
    return f"{centres} {'centre' if centres == 1 else 'centres'}"


def area_on(area: StudyArea, date: datetime.date | str) -> StudyArea:
    """
    The study area with the centres that are open on a day.

    A centre with no opening date counts as open, and a note says so; one 'opened 2022-07' counts
    from the last day of that month, when it is certainly open, and one closed in a month no longer
    counts from its first.

    Parameters
    ----------
    area
        The study area; its centres have `opened` and `closed` (dates, may be missing).
    date
        The day.

    Returns
    -------
    area
        The same with fewer centres and with `as_of`.

    Examples
    --------
    >>> from carecircles import datasets
    >>> area = datasets.load("template")
    >>> area_on(area, "2021-01-01").facilities["opened"].tolist()
    [NaT]
    """
    day, centres = pd.Timestamp(date), area.facilities
    is_undated = centres["opened"].isna()
    is_closed = centres["closed"].notna() & (centres["closed"] <= day)
    is_open = (is_undated | (centres["opened"] <= day)) & ~is_closed
    undated = int((is_open & is_undated).sum())
    note = {
        "en": f"{_many(undated)} without an opening date {'is' if undated == 1 else 'are'} counted as open on "
        f"{day:%Y-%m-%d}.",
        "zh": f"{undated} 个中心没有开业日期，按 {day:%Y-%m-%d} 已开业计。",
    }
    return dataclasses.replace(
        area,
        facilities=centres[is_open],
        as_of=day.date(),
        notes=(*area.notes, note) if undated else area.notes,
    )
