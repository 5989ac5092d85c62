"""What has to be said beside figures: what is assumed, how exact they are and what is taken for granted."""

from collections.abc import Sequence

import pandas as pd

from carecircles import comparison, counts, gaps, grid, words
from carecircles.area import StudyArea, is_neighbour
from carecircles.plan import Plan
from carecircles.report.columns import figure
from carecircles.report.names import isolated
from carecircles.report.placed import people_note
from carecircles.report.ways import reach_notes
from carecircles.words import Text, say


def notes(plan: Plan, *, lang: str) -> list[str]:
    """
    What has to be said under every table: what is assumed, how exact it is, what was taken for granted.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> len(notes(asis, lang="en")) > 0
    True
    """
    remarks = [*reach_notes(plan), grid_note(plan), *neighbour_notes(plan), *plan.area.notes]
    return said_below(assumptions(plan.area), remarks, lang=lang)


def said_below(assumed: Sequence[Text], remarks: Sequence[Text], *, lang: str) -> list[str]:
    """
    What is assumed as one sentence, and the remarks, a line each.

    Examples
    --------
    >>> said_below([{"en": "a", "zh": "甲"}], [{"en": "B.", "zh": "乙。"}], lang="en")
    ['A.', 'B.']
    """
    said = [say(line, lang) for line in assumed]
    joined = ("；" if lang == "zh" else "; ").join(said)
    joined = joined[:1].upper() + joined[1:]
    return [
        *([joined + ("。" if lang == "zh" else ".")] if said else []),
        *(say(line, lang) for line in remarks),
    ]


def assumptions(area: StudyArea) -> list[Text]:
    """
    What of the study area is not known but assumed, schematic or not stated, a sentence each.

    Examples
    --------
    >>> from carecircles import datasets
    >>> assumptions(datasets.load("hexi"))[0]["en"]
    'positions of 42 of 45 centres are assumed'
    """
    return [line for _, line in _bases(area)]


def assumed_of(area: StudyArea) -> str:
    """The same in a line, as frames that are written have it."""
    return "; ".join(line["en"] for line in assumptions(area))


def unstated(area: StudyArea) -> list[Text]:
    """
    Of `assumptions`, those of which nobody says what they rest on: that is not to say they are assumed.

    Examples
    --------
    >>> from carecircles import datasets, report
    >>> area = datasets.load("template")
    >>> report.unstated(area)
    []
    """
    return [line for basis, line in _bases(area) if basis == "not stated"]


def _bases(area: StudyArea) -> list[tuple[str, Text]]:
    """Each basis other than 'known', with its sentence."""
    centres, streets, people = area.facilities, area.streets, area.population
    lines = [
        _not_known(centres["basis"], ("positions", "centre"), ("位置", "中心")),
        _not_known(streets["basis"], ("borders", "street"), ("边界", "街道")),
        _not_known(people["basis"], ("people", "street"), ("人口", "街道")),
        _not_known(people["age_basis"], ("age groups", "street"), ("年龄构成", "街道")),
        _not_known(centres["services_basis"], ("services", "centre"), ("服务内容", "中心")),
    ]
    return [line for some in lines for line in some]


def _not_known(
    basis: pd.Series, en: tuple[str, str], zh: tuple[str, str]
) -> list[tuple[str, Text]]:
    """A sentence for each basis of the rows other than 'known'."""
    verbs = {name: (f"are {word['en']}", f"为{word['zh']}") for name, word in words.BASES.items()}
    verbs["not stated"] = ("are of unstated basis", "依据未说明")
    every, lines = len(basis), []
    for name, n in basis[basis != "known"].value_counts(sort=False).items():
        name = str(name)
        verb_en, verb_zh = verbs.get(name, (f"are {isolated(name)}", f"依据为{isolated(name)}"))
        many_en = "the one" if every == 1 else f"all {n}" if n == every else f"{n} of {every}"
        noun_en = en[1] if every == 1 else f"{en[1]}s"
        of_zh = f"全部{n}个{zh[1]}" if n == every else f"{every}个{zh[1]}中{n}个"
        line = {
            "en": f"{en[0]} of {many_en} {noun_en} {verb_en}",
            "zh": f"{of_zh}的{zh[0]}{verb_zh}",
        }
        lines.append((name, line))
    return lines


def grid_note(plan: Plan) -> Text:
    """
    What counting by cells costs in accuracy.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.grid_note(asis)["en"][:30]
    'Counted on cells of 200 m; the'
    """
    lattice = counts.lattice_of(plan)
    side = lattice.cell if lattice else 0.0
    if not counts.is_even(plan):
        return people_note(plan, side)
    points = 100 * counts.area_share_error(plan)
    return {
        "en": f"Counted on cells of {side:g} m; the district's covered area share is within about "
        f"{points:.2f} points of the exact one. People are spread evenly over their street, so that "
        "within a street the share of people is that of area.",
        "zh": f"按 {side:g} 米网格计算；全区面积覆盖率与精确值相差约不超过 {points:.2f} 个百分点。"
        "人口在街道内均匀分布，因此街道内人口覆盖率等于面积覆盖率。",
    }


def overview_notes(plan: Plan) -> list[Text]:
    """
    What a map leaves out where it draws one cell for many, nothing where it draws all.

    Examples
    --------
    >>> from carecircles import blocks, datasets
    >>> found = blocks.overview(datasets.load("template"), cell=100, most=500)
    >>> overview_notes(found.plan)[0]["en"][:40]
    'The map draws one cell for 4: the middle'
    """
    step = counts.step_of(plan)
    if step == 1:
        return []
    many, drawn = step**2, grid.lattice_of(plan.cells).cell
    least = max(gaps.SMALLEST_M2, drawn**2) / 1e6
    return [
        {
            "en": f"The map draws one cell for {many:,}: the middle one of each square of {drawn:g} m, with the people of "
            f"all of it. Figures are those of all cells; uncovered zones below {least:g} km² are not drawn.",
            "zh": f"地图每 {many:,} 个网格绘制一个：每个边长 {drawn:g} 米方格的中间网格，人口为整个方格之和。"
            f"数字按全部网格计算；小于 {least:g} 平方公里的未覆盖区不绘制。",
        }
    ]


def neighbour_notes(plan: Plan) -> list[Text]:
    """
    How many centres beyond the border count, and what they add, if there are any.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.neighbour_notes(asis)
    []
    """
    is_beyond = is_neighbour(plan.area.facilities)
    if not is_beyond.any():
        return []
    added, label = figure("people", counts.covered_beyond(plan)), comparison.headline(plan).name
    few = int(is_beyond.sum())
    one = few == 1
    return [
        {
            "en": f"{few} {'centre' if one else 'centres'} beyond the border {'counts' if one else 'count'} "
            f"too (neighbours): without {'it' if one else 'them'} {added} fewer people {label['en']} "
            "would be covered.",
            "zh": f"边界外的 {few} 个中心（区外）也计入；若不计，覆盖的{label['zh']}人口减少 {added} 人。",
        }
    ]


def border_notes(plan: Plan) -> list[Text]:
    """
    How many people are not covered so near the border that a centre beyond it could, where none there is known.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.border_notes(asis)[0]["en"]
    'No centre beyond the border is known: 7,143 of the people 60+ who are not covered live within 700 m of it.'
    """
    if is_neighbour(plan.area.facilities).any():
        return []
    metres, group = plan.area.standard.metres, comparison.headline(plan)
    few = counts.near_border(plan)
    if few < 0.5:
        return []
    told = figure("people", few)
    return [
        {
            "en": f"No centre beyond the border is known: {told} of the people {group.name['en']} who are not "
            f"covered live within {metres:g} m of it.",
            "zh": f"边界外没有已知的中心：未覆盖的{group.name['zh']}人口中有 {told} 人住在距边界 {metres:g} 米以内。",
        }
    ]
