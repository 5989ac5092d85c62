"""
Cohorts: the people of a later year from those of today.

Whoever is of an age band today is, five years later, of the next one, or has died: the share that lives
is a table that the user names, for there is none that fits every place. Nobody moves in or out and nobody
is born, so only the groups that today's bands lead to can be told.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from carecircles import io, people
from carecircles.errors import ValidationError
from carecircles.io import _bands
from carecircles.io._bands import STEP
from carecircles.io._years import FIRST_YEAR, LAST_YEAR, year_of
from carecircles.words import Sentence

GROUPS = ("people_60", "people_65", "people_80")
_Read = TypeVar("_Read")


def project(
    bands: io.Source,
    survival: io.Source | pd.Series | None,
    *,
    to: int,
    base: int | None = None,
    groups: Sequence[str] = GROUPS,
) -> pd.DataFrame:
    """
    People by group of a base year and of every fifth year after it, by street: a cohort shift.

    In five years the people of a band, times the share of it that survives, are those of the next band;
    the last band, which is open, also keeps its own survivors. Between whole steps lies a straight line.
    There are no births and nobody moves.

    Parameters
    ----------
    bands
        People by street and five-year age band, a frame or a file as `io.read_bands` reads it.
    survival
        Share of each band alive five years later, a Series by lower bound, or a frame or file as
        `io.read_survival` reads it. There is no default.
    to
        The last year.
    base
        The year of the bands; the frame or file may say it itself, in a column `year`.
    groups
        Columns of groups by their least age, such as people_65.

    Returns
    -------
    population
        Indexed by (`code`, `year`), from the base year in steps of five years to `to`: persons by group,
        street (its name, where told), basis and age_basis ('projected' after the base year), source and
        age_source. `area.study` reads it, and from a file `area.read_area`.

    Raises
    ------
    ValidationError
        With every problem of both tables; without a survival table; if a group in `to` is of people
        who are younger today than the first band.

    Examples
    --------
    Of 100 people aged 75 to 79, 80 are alive five years later, and so are 25 of 50 older ones.

    >>> bands = pd.DataFrame({"75-79": [100], "80+": [50]}, index=pd.Index(["A"], name="code"))
    >>> alive = pd.Series({75: 0.8, 80: 0.5}, name="made up")
    >>> project(bands, alive, base=2020, to=2025, groups=["people_80"])["people_80"].to_dict()
    {('A', 2020): 50.0, ('A', 2025): 105.0}
    """
    problems: list[Sentence] = []
    table = _attempt(io.read_bands, bands, problems)
    alive = None
    if survival is None:
        problems.append(
            Sentence(
                "there is no survival table; name one with the share of each age band that is alive five "
                "years later (columns age and survival): none is assumed.",
                zh="没有生存率表；请给出各年龄组五年后仍在世的比例（列 age 与 survival）：程序不作任何假定。",
            )
        )
    else:
        given = _framed(survival) if isinstance(survival, pd.Series) else survival
        alive = _attempt(io.read_survival, given, problems)
    if table is not None:
        problems += _year_problems(table, base, to)
        ages = [int(column) for column in table.columns if str(column).isdecimal()]
        if alive is not None:
            problems += _bands.problems_of_cover(alive, ages, of=table.attrs["file"])
        if not problems:
            first = _base_of(table, base)
            problems += _group_problems(groups, ages, first=first, to=to, file=table.attrs["file"])
    if problems or table is None or alive is None:
        raise ValidationError(problems)
    steps = -(-(to - first) // STEP)
    people_of, shares = table[ages].to_numpy(float), alive.loc[ages].to_numpy(float)
    by_step = [people_of]
    for _ in range(steps):
        by_step.append(_five_years_on(by_step[-1], shares))
    counted = [_in_groups(people, ages, groups) for people in by_step]
    years = [first + STEP * step for step in range(steps + 1)]
    if years[-1] > to:  # the last step is not whole
        part = (to - years[-2]) / STEP
        counted[-1] = counted[-2] + part * (counted[-1] - counted[-2])
        years[-1] = to
    told = f"bands of {first} carried on by {alive.attrs['source']}"
    return _told(table, dict(zip(years, counted, strict=True)), groups, told)


def scaled(
    population: io.Source, ratio: float | io.Source | pd.Series, *, to: int, base: int | None = None
) -> pd.DataFrame:
    """
    People of a base year and of a later one, when a street has so many times as many, in every group.

    Parameters
    ----------
    population
        As `io.read_population` reads it, of one year.
    ratio
        One number for all streets, or a Series by street, or a frame or file as `io.read_ratios` reads it.
    to, base
        As in `project`.

    Returns
    -------
    population
        As of `project`, with two years.

    Raises
    ------
    ValidationError
        With every problem of both tables, and if they are not of the same streets.

    Examples
    --------
    >>> people = pd.DataFrame({"code": ["A", "B"], "people_60": [100, 50]})
    >>> ratio = pd.Series({"A": 1.2, "B": 0.9})
    >>> scaled(people, ratio, base=2020, to=2030)["people_60"].tolist()
    [100.0, 120.0, 50.0, 45.0]
    """
    problems: list[Sentence] = []
    table = _attempt(io.read_population, population, problems)
    ratios: pd.Series | None = None
    source = f"a ratio of {ratio}"
    name = ratio.attrs.get("source") if isinstance(ratio, pd.Series) else None
    if isinstance(ratio, int | float):
        if not 0 <= ratio < 1e6:
            problems.append(
                Sentence(
                    f"ratio is {ratio:g}; write how many times as many people there will be, such as 1.2.",
                    zh=f"倍数为 {ratio:g}；请填写人数变为原来的多少倍，如 1.2。",
                )
            )
    else:
        given = (
            ratio.rename("ratio").rename_axis("code").reset_index()
            if isinstance(ratio, pd.Series)
            else ratio
        )
        ratios = _attempt(io.read_ratios, given, problems)
        source = "" if ratios is None else str(name or ratios.attrs["source"])
    if table is not None:
        several = sorted(set(table["year"].tolist())) if "year" in table else []
        if len(several) > 1:
            problems.append(_several(table.attrs["file"], several))
        else:
            table.attrs["year"] = several[0] if several else None
            problems += _year_problems(table, base, to)
        if ratios is not None:
            problems += _other_streets(table, ratios)
    if problems or table is None:
        raise ValidationError(problems)
    first = _base_of(table, base)
    groups = people.columns_of(table)
    was = table[groups].to_numpy(float)
    factor = float(ratio) if ratios is None else ratios.loc[table.index].to_numpy(float)[:, None]  # type: ignore[arg-type]  # a number, where there are no ratios
    table = table.rename(columns={"street_name": "street"}).rename_axis("code")
    return _told(table, {first: was, to: was * factor}, groups, f"people of {first} times {source}")


def _attempt(
    read: Callable[[Any], _Read], source: object, problems: list[Sentence]
) -> _Read | None:
    """What is read, or None and its problems among the others."""
    try:
        return read(source)
    except ValidationError as err:
        problems += err.problems
        return None


def _framed(survival: pd.Series) -> pd.DataFrame:
    """A table of what is a Series by age; its name is its source."""
    name = "" if survival.name is None else str(survival.name)
    values = {"age": survival.index.to_numpy(), "survival": survival.to_numpy(), "source": name}
    return pd.DataFrame(values, index=survival.index.rename(None))


def _base_of(table: pd.DataFrame, base: int | None) -> int:
    said = table.attrs.get("year")
    return int(base if said is None else said)  # type: ignore[arg-type]  # one of them is there


def _year_problems(table: pd.DataFrame, base: int | None, to: int) -> list[Sentence]:
    """Whether it is clear from which year to which, and whether that is forward."""
    file, said, problems = table.attrs["file"], table.attrs.get("year"), []
    wrong = [year for year in (base, to) if year is not None and year_of(year) is None]
    if wrong:
        shown = ", ".join(map(str, wrong))
        problems.append(
            Sentence(
                f"year is {shown}; write a whole year from {FIRST_YEAR} to {LAST_YEAR}, such as 2030.",
                zh=f"年份为 {shown}；请写 {FIRST_YEAR} 至 {LAST_YEAR} 之间的整数年份，如 2030。",
            )
        )
        return problems
    if said is None and base is None:
        problems.append(
            Sentence(
                f"{file}: nobody says of which year these people are; add a column year, or say --base 2020.",
                zh=f"{file}：没有说明人口年份；请增加“年份”列，或用 --base 2020 说明。",
            )
        )
    elif said is not None and base is not None and said != base:
        problems.append(
            Sentence(
                f"{file}: its people are those of {said}, the base is to be {base}; correct one of the two.",
                zh=f"{file}：其人口年份为 {said}，而基年写为 {base}；请更正其一。",
            )
        )
    else:
        first = _base_of(table, base)
        if to <= first:
            problems.append(
                Sentence(
                    f"{file}: its people are those of {first}, and the year asked for is {to}; ask for a later one.",
                    zh=f"{file}：其人口年份为 {first}，而要求的年份为 {to}；请使用更晚的年份。",
                )
            )
    return problems


def _group_problems(
    groups: Sequence[str], ages: Sequence[int], *, first: int, to: int, file: str
) -> list[Sentence]:
    """Whether each group has a least age that is the bound of a band, and whose people are there today."""
    steps = -(-(to - first) // STEP)
    problems = []
    for group in groups:
        least = _least_age(group)
        if least is None:
            problems.append(
                Sentence(
                    f"group is {group!r}; only groups from an age on can be projected, such as people_60: "
                    "of others births and those who move would have to be known.",
                    zh=f"人群为 {group!r}；只能推算某年龄以上的人群，如 people_60：其他人群还需知道出生与迁移。",
                )
            )
        elif least not in ages:
            problems.append(
                Sentence(
                    f"{file}: {group} needs a band that begins at {least}; the bands begin at "
                    f"{', '.join(map(str, ages))}.",
                    zh=f"{file}：{group} 需要以 {least} 岁起始的年龄组；现有年龄组起始于 "
                    f"{'、'.join(map(str, ages))}。",
                )
            )
        elif least - STEP * steps < ages[0]:
            needed = least - STEP * steps
            last = first + STEP * ((least - ages[0]) // STEP)
            en = "births would have to be known"
            zh = "需知道出生人数"
            if needed >= 0:
                en = f"add the bands from {needed} on"
                zh = f"请补充 {needed} 岁起的年龄组"
            problems.append(
                Sentence(
                    f"{file}: {group} in {to} are people who are {max(needed, 0)} and over in {first}, and the bands "
                    f"begin at {ages[0]}; {en}, ask for a year up to {last}, or leave {group} out.",
                    zh=f"{file}：{to} 年的 {group} 在 {first} 年为 {max(needed, 0)} 岁及以上，而年龄组自 {ages[0]} 岁起；"
                    f"{zh}，或使用不晚于 {last} 年的年份，或去掉 {group}。",
                )
            )
    return problems


def _least_age(group: str) -> int | None:
    """The age from which on people are of a group; None if it is not one by age."""
    last = group.removeprefix(f"{people.EVERYONE}_")
    return int(last) if people.is_group(group) and last.isdecimal() and last.isascii() else None


def _five_years_on(people_of: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The people of each band five years later; of the first nobody knows."""
    survivors = people_of * shares
    later = np.hstack([np.full((len(people_of), 1), np.nan), survivors[:, :-1]])
    later[:, -1] += survivors[:, -1]
    return later


def _in_groups(people_of: np.ndarray, ages: Sequence[int], groups: Sequence[str]) -> np.ndarray:
    firsts = [list(ages).index(int(group.removeprefix(f"{people.EVERYONE}_"))) for group in groups]
    return np.column_stack([people_of[:, first:].sum(axis=1) for first in firsts])


def _told(
    table: pd.DataFrame, by_year: dict[int, np.ndarray], groups: Sequence[str], source: str
) -> pd.DataFrame:
    """People by street and year with what they rest on: the file in its own year, else the projection."""
    parts = []
    for number, (year, counts) in enumerate(by_year.items()):
        part = pd.DataFrame(counts, index=table.index, columns=list(groups))
        if (table["street"] != "").any():
            part.insert(0, "street", table["street"])
        is_base = number == 0
        part["basis"] = table["basis"] if is_base else "projected"
        part["source"] = table["source"] if is_base else source
        part["age_basis"] = table.get("age_basis", table["basis"]) if is_base else "projected"
        part["age_source"] = table.get("age_source", table["source"]) if is_base else source
        parts.append(part.assign(year=year).set_index("year", append=True))
    population = pd.concat(parts)
    order = [(code, year) for code in table.index for year in by_year]
    return population.loc[pd.MultiIndex.from_tuples(order, names=["code", "year"])]


def _several(file: str, years: Sequence[int]) -> Sentence:
    shown = [str(year) for year in years]
    return Sentence(
        f"{file}: the rows are of several years ({', '.join(shown)}); keep those of one.",
        zh=f"{file}：各行年份不同（{'、'.join(shown)}）；请只保留一个年份。",
    )


def _other_streets(table: pd.DataFrame, ratios: pd.Series) -> list[Sentence]:
    """Streets of one table that are not in the other."""
    problems = []
    for one, other, column in ((table, ratios, "ratio"), (ratios, table, "people")):
        lone = [str(code) for code in one.index if code not in other.index]
        if lone:
            zh = {"ratio": "倍数", "people": "人口"}[column]
            shown = lone[:8]
            problems.append(
                Sentence(
                    f"{other.attrs['file']}: there is no {column} for {', '.join(shown)}; write streets as in "
                    f"{one.attrs['file']}, each once.",
                    zh=f"{other.attrs['file']}：缺少 {'、'.join(shown)} 的{zh}；请按 {one.attrs['file']} 的写法逐一列出街道。",
                )
            )
    return problems
