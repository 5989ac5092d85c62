"""A table as a workbook for people: headings in their language, and a sheet that explains them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from carecircles import people
from carecircles.io import Sheet
from carecircles.people import Group
from carecircles.report.columns import UNITS, about_of, column_of, label_of
from carecircles.words import Text, say

TOTAL = "district"  # the code of a row of the whole district
_TABLE: Text = {"en": "Table", "zh": "数据"}
_EXPLAINED: Text = {"en": "Columns", "zh": "栏目说明"}
_ABOUT: dict[str, Text] = {
    "label": {"en": "Column", "zh": "栏目"},
    "unit": {"en": "Unit", "zh": "单位"},
    "about": {"en": "What it says", "zh": "说明"},
    "name": {"en": "In CSV and JSON", "zh": "CSV 与 JSON 中的名称"},
}


def workbook(
    frame: pd.DataFrame,
    *,
    lang: str = "en",
    groups: Sequence[Group] = people.GROUPS,
    more: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> list[Sheet]:
    """
    A frame of results as two sheets: the table, and what each of its columns says; `more` frames stand between.

    Parameters
    ----------
    frame
        From `coverage_frame` or another; outlines are left out.
    lang
        Language of the headings.
    groups
        The groups of people of the study area, with their names.
    more
        Other frames of the same results, by the name of their sheet.

    Raises
    ------
    KeyError
        If a column has no row in `columns.COLUMNS`.

    Examples
    --------
    >>> frame = pd.DataFrame({"people_60": [80.0]}, index=pd.Index(["D"], name="code"))
    >>> [list(sheet.table.columns) for sheet in workbook(frame)]
    [['Street code', '60+'], ['Column', 'Unit', 'What it says', 'In CSV and JSON']]
    """
    tables = {
        name: pd.DataFrame(some.drop(columns="geometry", errors="ignore")).reset_index()
        for name, some in {say(_TABLE, lang): frame, **more}.items()
    }
    names = list(dict.fromkeys(name for table in tables.values() for name in table.columns))
    units = {name: UNITS[column_of(name)[0].unit] for name in names}
    labels = {name: say(label_of(name, groups), lang) for name in names}
    explained = pd.DataFrame(
        {
            say(_ABOUT["label"], lang): list(labels.values()),
            say(_ABOUT["unit"], lang): [say(unit.label, lang) for unit in units.values()],
            say(_ABOUT["about"], lang): [say(about_of(name, groups), lang) for name in names],
            say(_ABOUT["name"], lang): names,
        }
    )
    return [
        *(
            Sheet(
                called,
                table.set_axis([labels[name] for name in table.columns], axis=1),
                formats=tuple(units[name].excel for name in table.columns),
                totals=_totals_in(table),
            )
            for called, table in tables.items()
        ),
        Sheet(say(_EXPLAINED, lang), explained, is_prose=True),
    ]


def _totals_in(table: pd.DataFrame) -> int:
    """How many rows of totals a table ends in."""
    is_total = table.iloc[:, 0].astype(object) == TOTAL
    return int(is_total.sum()) if len(table) > 1 else 0


def with_total(streets: pd.DataFrame, district: pd.DataFrame) -> pd.DataFrame:
    """
    The rows of streets and, as a last one with the code 'district', that of the whole district.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, report
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> streets, whole = (report.coverage_frame(asis, by=by) for by in ("street", "district"))
    >>> list(report.with_total(streets, whole).index)
    ['S1', 'S2', 'S3', 'S4', 'district']
    """
    both = [pd.DataFrame(frame.drop(columns="geometry")) for frame in (streets, district)]
    return pd.concat(both).astype(both[0].dtypes.to_dict())
