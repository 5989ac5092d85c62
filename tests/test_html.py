"""What values show of themselves in a notebook: their figures, and names as nothing but text."""

import dataclasses
from html.parser import HTMLParser

import pandas as pd
import pytest

from carecircles import comparison, datasets, evaluation, grid, plan, scenario, siting

HOSTILE = [
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>&lt;b&gt;',
    "{{ 7 * 7 }}{% raw %}",
    "$x^2$ \\(y\\)",
    "a\u202eb\x00c\u2028d",
    "long " * 5_000,
]
TAGS = {"div", "table", "caption", "b", "tbody", "tr", "th", "td", "bdi"}


class Page(HTMLParser):
    """The tags, attributes and texts of a page, in the order in which they stand."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes += attributes

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def shown(value):
    page = Page(value._repr_html_())
    assert page.open == []
    assert set(page.tags) <= TAGS
    assert {name for name, _ in page.attributes} <= {"class", "style", "scope", "colspan"}
    assert page.tags[0] == "div"  # whose class keeps dollars from being typeset
    assert page.attributes[0] == ("class", "tex2jax_ignore mathjax_ignore")
    assert len(value._repr_html_()) < 20_000
    return page.texts


def row_of(texts, label, columns):
    at = texts.index(label)
    return texts[at + 1 : at + columns]


@pytest.fixture(scope="module")
def values():
    """The template area, its plan, the change by one centre less, and one site."""
    area = datasets.load("template")
    asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    first = area.facilities.index[0]
    less = plan.carry_out(asis, scenario.parse({"name": "Less", "step": [{"close": first}]}))
    site = siting.site(asis, siting.candidates_on_grid(asis.cells, spacing=400), new=1)
    return area, asis, comparison.compare(asis, less), site


def test_values_show_the_figures_that_functions_give(values):
    area, asis, change, site = values
    texts = shown(area)
    assert row_of(texts, "people_60", 2) == [f"{area.population['people_60'].sum():,.0f}"]
    assert row_of(texts, "centres", 2) == [str(len(area.facilities))]
    whole = evaluation.of_district(asis.cells)
    assert row_of(shown(asis), "people_60", 4) == [
        f"{whole['people_60']:,.0f}",
        f"{whole['uncovered_people_60']:,.0f}",
        f"{100 * whole['covered_people_60_share']:.1f} %",
    ]
    texts = shown(change)
    assert row_of(texts, "people_60", 4)[1] == f"{change.district['lost_people_60']:,.0f}"
    assert row_of(texts, "centres closed", 2) == [str(area.facilities.index[0])]
    label, figures = site.sites.index[0], site.sites.iloc[0]
    assert row_of(shown(site), label, 3) == [f"{figures[c]:,.0f}" for c in ("gross", "marginal")]
    assert "optimal" in shown(site)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text(values, name):
    area, asis, change, site = values
    said = {"en": name, "zh": name}
    area = dataclasses.replace(area, name=name, name_en=name, notes=(said,) * 9)
    asis = dataclasses.replace(asis, name=said, area=area)
    centres = change.centres.set_axis(pd.Index([name]))
    change = dataclasses.replace(change, before=asis, after=asis, centres=centres)
    rows = pd.concat([site.sites] * 100).set_axis([f"{name}{n}" for n in range(100)])
    site = dataclasses.replace(site, sites=rows)
    head = name[:8].replace("\u202e", " ").replace("\x00", " ").replace("\u2028", " ")
    for value in (area, asis, change, site):
        assert any(text.startswith(head) for text in shown(value))
    assert "and 80 more" in shown(site)


def test_nothing_is_shown_where_nothing_is_known(values):
    *_, site = values
    unknown = dataclasses.replace(site, sites=site.sites.iloc[:0], bound=float("nan"))
    assert row_of(shown(unknown), "no plan can beat", 2) == ["–"]
