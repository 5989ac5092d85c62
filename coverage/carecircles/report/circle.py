"""The comprehensive circle for people and programs: by street, by cell, and how many kinds people have near."""

from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from carecircles import circle as circles
from carecircles import comparison, grid, people, words
from carecircles.amenities import CARE, Kind
from carecircles.circle import Circle
from carecircles.report.columns import as_text, figure, label_of, records_of, rounded
from carecircles.report.coverage import DISTRICT
from carecircles.report.frames import heading_of, setting_of, told_of
from carecircles.report.names import isolated, name_of
from carecircles.report.notes import assumed_of
from carecircles.words import Text, each_once, say

EVERY: Text = {"en": "all kinds", "zh": "各类俱全"}


def circle_frame(circle: Circle, *, by: str = "street") -> pd.DataFrame:
    """
    Who has which kinds of facilities within the standard, to write: rounded, a row a street and kind.

    Parameters
    ----------
    circle
        From `circle.circle_of`.
    by
        'street', 'district', or 'cell': a row a cell, with its outline and the kinds it lacks.

    Returns
    -------
    near
        Indexed by `code`, the kind 'all' first in each, or by `grid_cell`.

    Examples
    --------
    >>> from carecircles import circle, datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> found = circle.circle_of(asis, ["elderly_care", "health"])
    >>> frame = report.circle_frame(found, by="district")
    >>> frame[["kind", "near_people_60"]].to_numpy().tolist()
    [['all', 12625.0], ['elderly_care', 13675.0], ['health', 13560.714]]
    """
    return rounded(_near(circle, by))


def _near(circle: Circle, by: str) -> pd.DataFrame:
    if by == "cell":
        outlined: pd.DataFrame = _cells(circle)
        return outlined
    cells, area = circle.plan.cells, circle.plan.area
    names = {circles.ALL: EVERY} | {kind.key: kind.name for kind in circle.kinds}
    parts = []
    for kind in names:
        if by == "district":
            told = told_of(area, circles.of_district(cells, circle.within).loc[kind])
        else:
            told = told_of(area, circles.by_street(cells, circle.within).xs(kind, level="kind"))
        frame = pd.DataFrame(told.drop(columns="geometry"))
        about = {"kind": kind, "kind_name": names[kind]["zh"], "kind_name_en": names[kind]["en"]}
        at = list(frame.columns).index("name_en") + 1
        for n, (column, value) in enumerate(about.items()):
            frame.insert(at + n, column, value)
        parts.append(frame)
    codes = parts[0].index
    return pd.concat([pd.concat([part.loc[[code]] for part in parts]) for code in codes])


def _cells(circle: Circle) -> gpd.GeoDataFrame:
    """What each cell has and lacks, with its outline."""
    cells, area = circle.plan.cells, circle.plan.area
    half = grid.lattice_of(cells).cell / 2
    x, y = cells["x"].to_numpy(), cells["y"].to_numpy()
    table = {
        "street": cells["street"].astype(str),
        "kinds_within": circles.number_within(circle.within),
        "missing_kinds": circles.missing(circle.within).map(";".join),
        **{g: cells[g] for g in people.columns_of(cells)},
        "assumed": assumed_of(area),
    }
    outlines = shapely.box(x - half, y - half, x + half, y + half)
    frame = gpd.GeoDataFrame(table, index=cells.index, geometry=outlines, crs=area.crs)
    frame.index = cells.index.astype(str).rename("grid_cell")
    return frame


def circle_record(circle: Circle, *, by: str = "street") -> dict[str, Any]:
    """
    The same as a JSON value; parameters are those of `circle_frame`.

    Examples
    --------
    >>> from carecircles import circle, datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> record = report.circle_record(circle.circle_of(asis), by="district")
    >>> [kind["kind"] for kind in record["kinds"]]
    ['elderly_care', 'childcare', 'health', 'culture', 'sport']
    >>> record["by_number"]["people_60"][-1]
    3450.0
    """
    plan = circle.plan
    numbers = rounded(circles.by_number(plan.cells, circle.within))
    about = ["code", "name", "name_en"]
    record = {
        **heading_of(plan, **setting_of(plan)),
        "kinds": [
            {
                "kind": kind.key,
                "name": kind.name["zh"],
                "name_en": kind.name["en"],
                "places": len(_places(circle, kind)),
            }
            for kind in circle.kinds
        ],
        "kinds_unknown": [kind.key for kind in circle.unknown],
        "circle_notes": [note["en"] for note in circle_notes(circle)],
        "by_number": {str(g): values.tolist() for g, values in numbers.items()},
        "district": records_of(circle_frame(circle, by="district"), drop=about),
    }
    if by == "street":
        record["streets"] = records_of(circle_frame(circle))
    if by == "cell":
        record["cells"] = records_of(circle_frame(circle, by="cell"))
    return record


def _places(circle: Circle, kind: Kind) -> gpd.GeoDataFrame:
    area = circle.plan.area
    return area.facilities if kind.key == CARE else area.amenities[kind.key]


def circle_table(circle: Circle, *, by: str = "street", lang: str) -> pd.DataFrame:
    """
    The same as text to read: a row a street and the district last, a column a kind; or a row a cell.

    Examples
    --------
    >>> from carecircles import circle, datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> found = circle.circle_of(asis, ["elderly_care", "health"])
    >>> report.circle_table(found, lang="en").iloc[-1].tolist()
    ['District', '24,000', '12,625', '52.6 %', '57.0 %', '56.5 %']
    """
    group = comparison.headline(circle.plan)
    g = group.column
    if by == "cell":
        shown = ("grid_cell", "street", "kinds_within", "missing_kinds", g)
        labels = {column: label_of(column, [group]) for column in shown}
        return as_text(pd.DataFrame(_cells(circle)).reset_index(), labels, lang)
    whole = _near(circle, "district").assign(street=say(DISTRICT, lang))
    rows = [whole]
    if by == "street":
        streets = _near(circle, "street")
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(street=names))
    every = pd.concat(rows)
    first = every[every["kind"] == circles.ALL]
    share = f"near_{g}_share"
    table = {
        say(label_of("street_name"), lang): first["street"].tolist(),
        say(label_of(g, [group]), lang): [figure("people", value) for value in first[g]],
        say(EVERY, lang): [figure("people", value) for value in first[f"near_{g}"]],
        f"{say(EVERY, lang)} %": [figure("share", value) for value in first[share]],
    }
    for kind in circle.kinds:
        of_kind = every[every["kind"] == kind.key]
        heading = words.printable(say(kind.name, lang))
        while heading in table:  # a kind may be called like another column
            heading += " *"
        table[heading] = [figure("share", value) for value in of_kind[share]]
    return pd.DataFrame(table)


def circle_notes(circle: Circle) -> list[Text]:
    """
    How many have all kinds near, what most of the others lack, and what the kinds rest on.

    Examples
    --------
    >>> from carecircles import circle, datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> report.circle_notes(circle.circle_of(asis, ["elderly_care", "health"]))[0]["en"]
    'All 2 kinds are near to 12,625 of 24,000 people 60+, none to 9,389; most often health is missing.'
    """
    cells, group = circle.plan.cells, comparison.headline(circle.plan)
    g, most = group.column, len(circle.kinds)
    numbers = circles.by_number(cells, circle.within)[g]
    told = circles.of_district(cells, circle.within)
    every, whole, none = (
        figure("people", n) for n in (told[f"near_{g}"][circles.ALL], cells[g].sum(), numbers[0])
    )
    fewest = min(circle.kinds, key=lambda kind: float(told[f"near_{g}"][kind.key]))
    lacked = {lang: isolated(name) for lang, name in fewest.name.items()}
    tail: Text = {"en": ".", "zh": "。"}
    if most > 1:
        tail = {
            "en": f"; most often {lacked['en']} is missing.",
            "zh": f"；最常缺少的是{lacked['zh']}。",
        }
    notes: list[Text] = [
        {
            "en": f"All {most} kinds are near to {every} of {whole} people {group.name['en']}, none to {none}{tail['en']}",
            "zh": f"{most} 类设施俱全的{group.name['zh']}人口为 {every} 人（共 {whole} 人），一类也没有的 {none} 人{tail['zh']}",
        }
    ]
    if circle.unknown:
        en = ", ".join(isolated(kind.name["en"]) for kind in circle.unknown)
        zh = "、".join(isolated(kind.name["zh"]) for kind in circle.unknown)
        notes.append(
            {
                "en": f"Not known where they are, and not counted: {en} (no layer in the area's folder facilities).",
                "zh": f"位置不详、未计入的类别：{zh}（区域的 facilities 文件夹中没有对应图层）。",
            }
        )
    return [
        *notes,
        *each_once([_resting(circle, kind)] for kind in circle.kinds if kind.key != CARE),
    ]


def _resting(circle: Circle, kind: Kind) -> Text:
    """How many places of a kind there are, and how many of their positions are not known."""
    layer = _places(circle, kind)
    count = len(layer)
    bases = layer["basis"][layer["basis"] != "known"].value_counts(sort=False)
    parts = [
        words.BASES.get(str(b), {"en": isolated(str(b)), "zh": isolated(str(b))})
        for b in bases.index
    ]
    en = ", ".join(f"{n} {part['en']}" for n, part in zip(bases, parts, strict=True))
    zh = "，".join(f"{part['zh']} {n} 处" for n, part in zip(bases, parts, strict=True))
    name = {lang: isolated(text) for lang, text in kind.name.items()}
    return {
        "en": f"{name['en']}: {count} place{'s'[: count != 1]}"
        + (f", of which {en}." if en else "."),
        "zh": f"{name['zh']}：{count} 处" + (f"，其中{zh}。" if zh else "。"),
    }
