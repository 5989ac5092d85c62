"""Spans of rows say what every cell says, one by one, and after any moves what an evaluation from the start says."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from carecircles import blocks, counts, datasets, grid, plan, report, spans, weights
from carecircles.errors import ValidationError

GROUP = "people_60"
WAYS = ["mean_distance_m", "p90_distance_m"]  # measures of distances, which spans have none of


@pytest.fixture(scope="module")
def template():
    return datasets.load("template")


def with_centres(area, places, *, beyond=()):
    """A study area with centres at some places, some of which lie beyond the border."""
    points = shapely.points(np.array(places, dtype=float).reshape(-1, 2))
    some = area.facilities.iloc[np.zeros(len(places), dtype=int)]
    ids = pd.Index([f"F{n}" for n in range(len(places))], name=area.facilities.index.name)
    facilities = some.set_axis(ids).set_geometry(list(points), crs=area.crs)
    is_beyond = np.isin(np.arange(len(places)), [*beyond])
    return dataclasses.replace(area, facilities=facilities.assign(neighbour=is_beyond))


def by_brute_force(area, cell):
    """By street the people whom one centre, and whom two reach, each cell measured from each centre."""
    cells = grid.make_demand(area.streets, area.population, cell=cell)
    points = area.facilities.geometry
    metres = np.hypot(
        cells["x"].to_numpy()[:, None] - points.x.to_numpy(),
        cells["y"].to_numpy()[:, None] - points.y.to_numpy(),
    )
    depth = (metres <= area.standard.metres).sum(axis=1)
    people = [cells[GROUP].where(depth >= least, 0.0) for least in (1, 2)]
    return pd.concat(people, axis=1).groupby(cells["street"], observed=False).sum().to_numpy()


def told(figures):
    shares = figures[[f"{what}_{GROUP}_share" for what in ("covered", "backup")]].to_numpy()
    return shares * figures[[GROUP]].to_numpy()


# Steps of 25 m: many distances are exactly the standard's 700 m.
PLACES = st.lists(st.tuples(st.integers(-40, 140), st.integers(-40, 140)), min_size=1, max_size=6)


@settings(max_examples=5, deadline=None)
@given(places=PLACES, beyond=st.sets(st.integers(0, 5)), side=st.sampled_from([16, 2048]))
@example(places=[(2, 2), (2, 2), (30, 2), (2, 30)], beyond={0}, side=16)
def test_spans_are_every_cell_one_by_one(template, places, beyond, side):
    """Brute force says the people; blocks with distances, which lay out every cell, say all else to the byte."""
    corner = template.streets.total_bounds[:2] // 100 * 100
    area = with_centres(template, corner + 25 * np.array(places), beyond=beyond)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid.pieces, "SIDE", side)
        near, far = (blocks.evaluate(area, cell=100, distances=is_far) for is_far in (False, True))
        every = spans.of_area(area, cell=100)
    expected = by_brute_force(area, 100)
    for figures in (counts.by_street(near), spans.by_street(every)):
        np.testing.assert_allclose(told(figures), expected, rtol=1e-9, atol=1e-6)
    assert counts.by_street(near).equals(counts.by_street(far).drop(columns=WAYS))
    for figure in (counts.area_share_error, counts.covered_beyond, counts.near_border):
        assert figure(near) == figure(far)
    assert counts.people_share_error(near, GROUP) == counts.people_share_error(far, GROUP)


MOVE = st.tuples(st.sampled_from("moc"), st.integers(-40, 140), st.integers(-40, 140))


@settings(max_examples=8, deadline=None)
@given(moves=st.lists(MOVE, max_size=5), is_lumped=st.booleans())
def test_after_any_moves_figures_are_those_of_an_evaluation_from_the_start(
    template, moves, is_lumped
):
    """Centres that move, open and close; people spread evenly, or each cell its own."""
    corner = template.streets.total_bounds[:2] // 50 * 50
    demand = weights.make_demand(template, cell=100)
    if is_lumped:
        lumps = np.arange(len(demand)) % 7
        demand = demand.assign(**{g: demand[g] * lumps for g in (GROUP, "people_65")})
        now = spans.of_plan(plan.evaluate(template, demand))
    else:
        now = spans.of_area(template, cell=100)
    places = {id: (point.x, point.y) for id, point in template.facilities.geometry.items()}
    for n, (act, right, up) in enumerate(moves):
        x, y = corner + 25 * np.array([right, up])
        if act == "o":
            now, places[f"N{n}"] = spans.opened(now, f"N{n}", x=x, y=y), (x, y)
            continue
        if not places:
            continue
        centre = sorted(places)[n % len(places)]
        if act == "m":
            now, places[centre] = spans.moved(now, centre, x=x, y=y), (x, y)
        else:
            now = spans.closed(now, centre)
            del places[centre]
    anew = plan.evaluate(with_centres(template, [*places.values()]), demand)
    figures, expected = spans.by_street(now), counts.by_street(anew).drop(columns=WAYS)
    pd.testing.assert_frame_equal(figures, expected, rtol=1e-9, atol=1e-9)
    assert now.centres.index.tolist() == [*places]
    whole, district = spans.of_district(now), counts.of_district(anew)
    pd.testing.assert_series_equal(whole, district.drop(WAYS), rtol=1e-9, atol=1e-9)


def test_what_spans_cannot_say_is_refused(template):
    now = spans.of_area(template, cell=200)
    with pytest.raises(ValidationError, match="there is no centre 'X9'; ids look like") as err:
        spans.closed(now, "X9")
    assert "没有中心" in err.value.problems[0].zh
    with pytest.raises(ValidationError, match="there is a centre 'A1' already"):
        spans.opened(now, "A1", x=0.0, y=0.0)
    with pytest.raises(ValidationError, match="centre 'A1': x nan and y 2 are no place"):
        spans.moved(now, "A1", x=np.nan, y=2)
    with pytest.raises(ValidationError, match="no grid"):
        spans.of_plan(blocks.evaluate(template, cell=200))


def test_hexi_by_spans_says_what_its_cells_say(monkeypatch):
    """Streets of real outlines, in blocks of 40 cells; the record but for distances."""
    monkeypatch.setattr(grid.pieces, "SIDE", 40)
    area = dataclasses.replace(datasets.load("hexi"), sources=datasets.load("template").sources)
    near, far = (blocks.evaluate(area, cell=100, distances=is_far) for is_far in (False, True))
    records = [json.loads(json.dumps(report.evaluation_record(one))) for one in (near, far)]

    def without_distances(told):
        if isinstance(told, dict):
            return {k: without_distances(v) for k, v in told.items() if "distance" not in k}
        return [without_distances(v) for v in told] if isinstance(told, list) else told

    assert without_distances(records[0]) == without_distances(records[1])
