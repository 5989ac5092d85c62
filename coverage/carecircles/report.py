"""
Figures for people and programs: records for JSON, tables for the terminal, words in two languages.

Every figure comes from `evaluation` and `gaps`; here it is only rounded and named.
"""

import math
import unicodedata
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import evaluation
from carecircles._validate import Text
from carecircles.area import StudyArea

LANGUAGES = ("en", "zh")
_DECIMALS = {"share": 6, "km2": 4, "m": 1, "people": 3}

_COVERAGE_COLUMNS = {
    "name": {"en": "Street", "zh": "街道"},
    "area_km2": {"en": "km2", "zh": "面积 km2"},
    "people_60": {"en": "60+", "zh": "60岁及以上"},
    "covered_area_share": {"en": "area covered", "zh": "面积覆盖率"},
    "covered_people_60_share": {"en": "60+ covered", "zh": "60+覆盖率"},
    "backup_people_60_share": {"en": "60+ with two or more", "zh": "60+两处以上"},
    "mean_distance_m": {"en": "mean m", "zh": "平均距离 m"},
    "p90_distance_m": {"en": "90 % within m", "zh": "90%以内 m"},
    "uncovered_people_60": {"en": "60+ left", "zh": "未覆盖60+"},
}
_GAP_COLUMNS = {
    "zone": {"en": "Zone", "zh": "未覆盖区"},
    "people_60": {"en": "60+", "zh": "60岁及以上"},
    "people_80": {"en": "80+", "zh": "80岁及以上"},
    "area_km2": {"en": "km2", "zh": "面积 km2"},
    "streets": {"en": "Streets", "zh": "街道"},
    "nearest": {"en": "Nearest centre", "zh": "最近的中心"},
    "distance_m": {"en": "mean m", "zh": "平均距离 m"},
    "too_far_m": {"en": "too far by m", "zh": "超出 m"},
    "farthest_m": {"en": "farthest m", "zh": "最远 m"},
}
_DISTRICT = {"en": "District", "zh": "全区"}
_OTHER = {"en": "other", "zh": "其他"}


def say(text: Text | str, lang: str) -> str:
    """A text in one language."""
    return text if isinstance(text, str) else text.get(lang) or text["en"]


def name_of(row: Mapping) -> Text:
    """The name of a centre, street or area in each language; Chinese where there is no English."""
    return {"en": str(row["name_en"] or row["name"]), "zh": str(row["name"])}


def isolated(text: str) -> str:
    """Text whose direction of writing stays its own, to put into a sentence."""
    turns = {"R", "AL", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}
    if turns.isdisjoint(map(unicodedata.bidirectional, text)):
        return text
    return f"\u2068{text}\u2069"


def assumptions(area: StudyArea) -> list[Text]:
    """
    What of the study area is not known but assumed, schematic or not stated, a sentence each.

    Examples
    --------
    >>> from carecircles import datasets
    >>> assumptions(datasets.load("hexi"))[0]["en"]
    'positions of 42 of 45 centres are assumed'
    """
    centres, streets, people = area.facilities, area.streets, area.population
    lines = [
        _not_known(centres["basis"], ("positions", "centre"), ("位置", "中心")),
        _not_known(streets["basis"], ("borders", "street"), ("边界", "街道")),
        _not_known(people["basis"], ("people", "street"), ("人口", "街道")),
        _not_known(people["age_basis"], ("age groups", "street"), ("年龄构成", "街道")),
        _not_known(centres["services_basis"], ("services", "centre"), ("服务内容", "中心")),
    ]
    return [line for some in lines for line in some]


def _not_known(basis: pd.Series, en: tuple[str, str], zh: tuple[str, str]) -> list[Text]:
    """A sentence for each basis of the rows other than 'known'."""
    words = {
        "assumed": ("are assumed", "为假定"),
        "schematic": ("are schematic", "为示意"),
        "not stated": ("are of unstated basis", "依据未说明"),
    }
    every, lines = len(basis), []
    for name, n in basis[basis != "known"].value_counts(sort=False).items():
        verb_en, verb_zh = words.get(name, (f"are {isolated(name)}", f"依据为{isolated(name)}"))
        many_en = "the one" if every == 1 else f"all {n}" if n == every else f"{n} of {every}"
        noun_en = en[1] if every == 1 else f"{en[1]}s"
        of_zh = f"全部{n}个{zh[1]}" if n == every else f"{every}个{zh[1]}中{n}个"
        lines.append(
            {"en": f"{en[0]} of {many_en} {noun_en} {verb_en}", "zh": f"{of_zh}的{zh[0]}{verb_zh}"}
        )
    return lines


def grid_note(cells: pd.DataFrame) -> Text:
    """What counting by cells costs in accuracy."""
    side = math.sqrt(cells["area_m2"].iloc[0]) if len(cells) else 0.0
    points = 100 * evaluation.area_share_error(cells)
    return {
        "en": f"Counted on cells of {side:g} m; the district's covered area share is within about "
        f"{points:.2f} points of the exact one. People are spread evenly over their street, so that "
        "within a street the share of people is that of area.",
        "zh": f"按 {side:g} 米网格计算；全区面积覆盖率与精确值相差约不超过 {points:.2f} 个百分点。"
        "人口在街道内均匀分布，因此街道内人口覆盖率等于面积覆盖率。",
    }


def standard_note(area: StudyArea) -> Text:
    """The standard in words."""
    metres, minutes = round(area.standard.metres), round(area.standard.minutes, 1)
    return {
        "en": f"{metres} m in a straight line, {minutes:g} minutes on foot, the limit included",
        "zh": f"直线 {metres} 米，步行 {minutes:g} 分钟，含界限",
    }


# Frames for files and records for programs


def coverage_frame(area: StudyArea, cells: pd.DataFrame, *, by: str = "street") -> gpd.GeoDataFrame:
    """
    Coverage as a frame to write: rounded figures, names, outlines and what is assumed.

    Parameters
    ----------
    area
        The study area.
    cells
        From `evaluation.evaluate`.
    by
        'street' or 'district'.

    Returns
    -------
    coverage
        Indexed by `code`. Shares to six decimals, metres to one, persons to three.
    """
    if by == "district":
        figures = evaluation.of_district(cells).to_frame().T
        shapes = area.boundary.geometry.to_numpy()
        labels, names = pd.Index(["district"]), ([area.name], [area.name_en])
        centres = [len(area.facilities)]
    else:
        figures = evaluation.by_street(cells)
        streets = area.streets.loc[figures.index]
        shapes, labels = streets.geometry.to_numpy(), streets.index
        names = (streets["name"].to_numpy(), streets["name_en"].to_numpy())
        counts = area.facilities["street"].value_counts()
        centres = counts.reindex(labels, fill_value=0).to_numpy()
    frame = _rounded(figures.drop(columns="cells_km2")).set_axis(labels.rename("code"))
    frame.insert(0, "name", names[0])
    frame.insert(1, "name_en", names[1])
    frame.insert(2, "centres", centres)
    frame.insert(3, "area_km2", np.round(shapely.area(shapes) / 1e6, _DECIMALS["km2"]))
    frame["assumed"] = "; ".join(line["en"] for line in assumptions(area))
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=area.crs)


def gaps_frame(area: StudyArea, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The uncovered zones as a frame to write: rounded figures, outlines and what is assumed."""
    frame = gpd.GeoDataFrame(
        _rounded(pd.DataFrame(zones.drop(columns="geometry"))),
        geometry=zones.geometry,
        crs=zones.crs,
    )
    names = [[say(t, "zh") for t in some] for some in street_names(area, zones)]
    nearest = [say(name, "zh") if name else "" for name in nearest_names(area, zones)]
    frame.insert(frame.columns.get_loc("streets") + 1, "street_names", [";".join(n) for n in names])
    frame.insert(frame.columns.get_loc("nearest") + 1, "nearest_name", nearest)
    frame.insert(len(frame.columns) - 1, "assumed", "; ".join(a["en"] for a in assumptions(area)))
    return frame


def evaluation_record(area: StudyArea, cells: pd.DataFrame, *, by: str = "street") -> dict:
    """
    The evaluation as a JSON value with a fixed order of keys; what does not exist is None.

    Parameters are those of `coverage_frame`; with `by='district'` there is no list of streets.
    """
    district = coverage_frame(area, cells, by="district")
    record = {
        **_heading(area, cells),
        "district": _records(district, drop=["code", "name", "name_en", "centres"])[0],
    }
    if by == "street":
        record["streets"] = _records(coverage_frame(area, cells))
    return record


def gaps_record(area: StudyArea, cells: pd.DataFrame, zones: gpd.GeoDataFrame) -> dict:
    """The uncovered zones as a JSON value, without their outlines."""
    return {**_heading(area, cells), "zones": _records(gaps_frame(area, zones))}


def _heading(area: StudyArea, cells: pd.DataFrame) -> dict:
    return {
        "area": area.name,
        "area_en": area.name_en,
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "as_of": area.as_of.isoformat() if area.as_of else None,
        "cell_m": math.sqrt(cells["area_m2"].iloc[0]),
        "centres": len(area.facilities),
        "area_share_error": round(evaluation.area_share_error(cells), 6),
        "assumed": [line["en"] for line in assumptions(area)],
        "notes": [note["en"] for note in area.notes],
    }


def _records(frame: gpd.GeoDataFrame, drop: Sequence[str] = ()) -> list[dict]:
    table = pd.DataFrame(frame.drop(columns=["geometry", "assumed"])).reset_index()
    table = table.drop(columns=list(drop)).astype(object)
    return table.where(table.notna(), None).to_dict("records")


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its figures rounded to the decimals of their kind."""
    rounded = frame.copy()
    for column in frame.columns[frame.dtypes.map(pd.api.types.is_float_dtype)]:
        is_people = column.startswith(("people", "uncovered"))
        kind = "people" if is_people else column.rsplit("_", 1)[-1]
        rounded[column] = frame[column].round(_DECIMALS[kind])
    return rounded


# Tables for the terminal


def coverage_table(area: StudyArea, cells: pd.DataFrame, *, by: str, lang: str) -> pd.DataFrame:
    """
    Coverage as text to read: a row a street (`by='street'`) and the district last, or only that.

    Shares in percent, distances in metres, persons to the whole.
    """
    rows = [coverage_frame(area, cells, by="district").assign(name=say(_DISTRICT, lang))]
    if by == "street":
        streets = coverage_frame(area, cells)
        names = [say(name_of(row), lang) for row in streets.to_dict("records")]
        rows.insert(0, streets.assign(name=names))
    return _as_text(pd.concat(rows), _COVERAGE_COLUMNS, lang)


def gaps_table(area: StudyArea, zones: gpd.GeoDataFrame, *, lang: str) -> pd.DataFrame:
    """Uncovered zones as text to read, most older people first."""
    table = pd.DataFrame(zones.drop(columns="geometry")).reset_index()
    table["zone"] = table["zone"].replace("other", say(_OTHER, lang))
    table["streets"] = [
        ", ".join(say(t, lang) for t in names) for names in street_names(area, zones)
    ]
    table["nearest"] = [say(name, lang) if name else "" for name in nearest_names(area, zones)]
    return _as_text(table, _GAP_COLUMNS, lang)


def street_names(area: StudyArea, zones: gpd.GeoDataFrame) -> list[list[Text]]:
    """Names of the streets of each zone."""
    return [
        [name_of(area.streets.loc[code]) for code in codes.split(";")] for codes in zones["streets"]
    ]


def nearest_names(area: StudyArea, zones: gpd.GeoDataFrame) -> list[Text | None]:
    """Name of the centre nearest to each zone; None where there is no centre at all."""
    return [name_of(area.facilities.loc[i]) if i else None for i in zones["nearest"]]


def _as_text(table: pd.DataFrame, columns: Mapping[str, Text], lang: str) -> pd.DataFrame:
    shown = {
        say(label, lang): [_show(column, value) for value in table[column]]
        for column, label in columns.items()
        if column in table
    }
    return pd.DataFrame(shown)


def _show(column: str, value: object) -> str:
    if isinstance(value, str):
        return printable(value)
    number = float(value)  # type: ignore[arg-type]
    if math.isnan(number):
        return "–"
    if column.endswith("_share"):
        return f"{100 * number:.1f} %"
    if column == "area_km2":
        return f"{number:.2f}"
    return f"{number:,.0f}"


def printable(text: str) -> str:
    """Text from a data file without what would steer a terminal."""
    return "".join(
        c if c == " " or unicodedata.category(c)[0] not in "CZ" else f"\\u{ord(c):04x}"
        for c in text
    )


def summary(area: StudyArea, cells: pd.DataFrame) -> list[dict[str, Text]]:
    """The district in a few lines: label and value, in each language."""
    d = evaluation.of_district(cells)
    streets = evaluation.by_street(cells)["covered_people_60_share"]
    lines = [
        (("Centres", "中心"), f"{len(area.facilities):,}"),
        (("People 60+", "60岁及以上人口"), f"{d['people_60']:,.0f}"),
        (
            ("60+ covered", "60+覆盖率"),
            _show("covered_people_60_share", d["covered_people_60_share"]),
        ),
        (("60+ not covered", "未覆盖60+"), f"{d['uncovered_people_60']:,.0f}"),
        (
            ("60+ with two centres or more", "60+两处以上"),
            _show("_share", d["backup_people_60_share"]),
        ),
        (("Area covered", "面积覆盖率"), _show("_share", d["covered_area_share"])),
        (
            ("Mean distance to the nearest centre", "到最近中心平均距离"),
            _metres(d["mean_distance_m"]),
        ),
        (("90 % of people live within", "90%的人在此距离内"), _metres(d["p90_distance_m"])),
        (
            ("Streets with every older person covered", "60+全部覆盖的街道"),
            f"{(streets == 1).sum()} / {len(streets)}",
        ),
    ]
    return [
        {"label": {"en": en, "zh": zh}, "value": {"en": value, "zh": value}}
        for (en, zh), value in lines
    ]


def summary_table(area: StudyArea, cells: pd.DataFrame, *, lang: str) -> pd.DataFrame:
    """`summary` as a table of two columns."""
    lines = summary(area, cells)
    return pd.DataFrame(
        {
            say(_DISTRICT, lang): [say(line["label"], lang) for line in lines],
            " ": [say(line["value"], lang) for line in lines],
        }
    )


def notes(area: StudyArea, cells: pd.DataFrame, *, lang: str) -> list[str]:
    """What has to be said under every table: what is assumed, how exact it is, what was taken for granted."""
    said = [say(line, lang) for line in assumptions(area)]
    joined = ("；" if lang == "zh" else "; ").join(said)
    joined = joined[:1].upper() + joined[1:]
    return [
        *([joined + ("。" if lang == "zh" else ".")] if said else []),
        say(grid_note(cells), lang),
        *(say(note, lang) for note in area.notes),
    ]


def _metres(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.0f} m"


def print_table(table: pd.DataFrame, *, title: str, notes: Sequence[str] = ()) -> None:
    """A table of text on the terminal, names as they are written and nothing else."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Line

    grid = Table()
    is_text = {column: position == 0 for position, column in enumerate(table.columns)}
    for column in table.columns:
        words = is_text[column] or not table[column].str.contains(r"\d").all()
        grid.add_column(
            Line(column), justify="left" if words else "right", overflow="fold", no_wrap=not words
        )
    for row in table.itertuples(index=False):
        grid.add_row(*(Line(cell) for cell in row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    console.print(Line(title))
    console.print(grid)
    for note in notes:
        console.print(Line(note))
