"""The cost table against brute force."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import evaluation, grid, reach
from carecircles.errors import ValidationError
from tests.conftest import CRS, centres_at
from tests.examples import examples


def brute_force(demand, facilities, cutoff):
    """Every pair measured, those up to the cutoff kept."""
    x, y = facilities.geometry.x.to_numpy(), facilities.geometry.y.to_numpy()
    metres = np.hypot(demand["x"].to_numpy()[:, None] - x, demand["y"].to_numpy()[:, None] - y)
    pairs = pd.MultiIndex.from_product(
        [demand.index, facilities.index], names=["demand", "facility"]
    )
    cost = pd.Series(metres.ravel(), index=pairs, name="metres")
    return cost[cost <= cutoff]


def assert_same_table(ours, theirs):
    """The same pairs with the very same metres, in any order."""
    ours, theirs = (t.table if isinstance(t, reach.CostTable) else t for t in (ours, theirs))
    assert ours.index.names == ["demand", "facility"]
    assert ours.name == "metres"
    as_dict = ours.to_dict()
    assert len(as_dict) == len(ours)
    assert as_dict == theirs.to_dict()


def test_a_centre_reaches_the_cells_one_counts(block):
    """A centre on a cell's centre reaches that cell and its four neighbours within exactly 50 m."""
    demand = grid.make_demand(*block, cell=50)
    cost = reach.straight_line(demand, centres_at((500_225, 4_300_225)), cutoff=50)
    assert sorted(cost.table) == [0, 50, 50, 50, 50]


def test_the_limit_itself_is_within_reach(block):
    demand = grid.make_demand(*block, cell=50)
    centre = centres_at((500_025, 4_300_025))
    assert len(reach.straight_line(demand, centre, cutoff=50).table) == 3
    assert len(reach.straight_line(demand, centre, cutoff=np.nextafter(50, 0)).table) == 1


@settings(max_examples=examples(80), deadline=None)
@given(
    points=st.lists(
        st.tuples(st.floats(499_000, 501_500), st.floats(4_299_000, 4_301_500)),
        min_size=1,
        max_size=8,
    ),
    cutoff=st.one_of(st.floats(0, 2500), st.sampled_from([0.0, 25.0, 50.0, 125.0, 700.0])),
)
def test_identical_to_brute_force(points, cutoff):
    demand = block_demand()
    facilities = centres_at(*points)
    cost = reach.straight_line(demand, facilities, cutoff=cutoff)
    assert_same_table(cost, brute_force(demand, facilities, cutoff))


@settings(max_examples=examples(40), deadline=None)
@given(
    corner=st.tuples(st.integers(-1, 10), st.integers(-1, 10)),
    cells=st.integers(1, 8),
)
def test_identical_to_brute_force_exactly_on_the_limit(corner, cells):
    """Centres on the lattice and cutoffs that are multiples of the cell hit the limit exactly."""
    demand = block_demand()
    facilities = centres_at((500_025 + 50 * corner[0], 4_300_025 + 50 * corner[1]))
    cost = reach.straight_line(demand, facilities, cutoff=50.0 * cells)
    assert_same_table(cost, brute_force(demand, facilities, 50.0 * cells))


@pytest.mark.parametrize("cell", [50, 33.3])
def test_hexi_is_identical_to_brute_force(hexi, cell):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=cell)
    cost = reach.straight_line(demand, hexi.facilities, cutoff=700)
    assert_same_table(cost, brute_force(demand, hexi.facilities, 700))


def test_order_of_rows_does_not_matter(hexi):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=100)
    shuffled = demand.sample(frac=1, random_state=3)
    centres = hexi.facilities.sample(frac=1, random_state=4)
    assert_same_table(
        reach.straight_line(shuffled, centres, cutoff=700),
        reach.straight_line(demand, hexi.facilities, cutoff=700),
    )
    assert_same_table(reach.nearest(shuffled, centres), reach.nearest(demand, hexi.facilities))


def test_a_part_of_the_grid_is_a_grid(hexi):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=100)
    part = demand[demand["street"] == "120103010"]
    cost = reach.straight_line(part, hexi.facilities, cutoff=700)
    assert_same_table(cost, brute_force(part, hexi.facilities, 700))


def test_nearest_is_the_least_of_brute_force(hexi):
    demand = grid.make_demand(hexi.streets, hexi.population, cell=100)
    nearest = reach.nearest(demand, hexi.facilities)
    least = brute_force(demand, hexi.facilities, np.inf).groupby("demand").min()
    pd.testing.assert_series_equal(
        nearest.table.droplevel("facility").sort_index(),
        least.sort_index(),
        check_names=False,
        check_index_type=False,
    )


@pytest.mark.parametrize("places", ["on a grid", "anywhere"])
def test_nearest_of_many_centres_is_the_least_of_brute_force(hexi, places):
    """By blocks of cells, and so many pairs that a k-d tree finds them; every centre has a twin at the same place."""
    demand = grid.make_demand(hexi.streets, hexi.population, cell=100)
    xy = np.random.default_rng(7).uniform(*np.reshape(hexi.streets.total_bounds, (2, 2)), (600, 2))
    some = demand if places == "on a grid" else demand[["x", "y", "people_60"]]
    nearest = reach.nearest(some, centres_at(*xy, *xy)).table.droplevel("demand")
    metres = np.hypot(*(demand[axis].to_numpy()[:, None] - xy[:, n] for n, axis in enumerate("xy")))
    assert nearest.tolist() == metres.min(axis=1).tolist()
    assert nearest.index.tolist() == [f"F{n + 1}" for n in metres.argmin(axis=1)]


@given(
    size=st.tuples(st.integers(1, 200), st.integers(1, 200)),
    count=st.integers(1, 40),
    step=st.sampled_from([25.0, 0.5, 1e-3, 1e-6]),
    share=st.sampled_from([0.01, 0.5, 1.0]),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=examples(40), deadline=None)
def test_nearest_of_any_part_of_a_grid_is_that_of_brute_force(size, count, step, share, seed):
    """Centres near and far off, many of them equally far from many cells, or by next to nothing."""
    rng = np.random.default_rng(seed)
    row, col = np.nonzero(rng.random(size) < share)
    table = {"row": row, "col": col, "x": 25.0 + 50 * col, "y": 4e6 + 25.0 + 50 * row}
    demand = pd.DataFrame(table | {"area_m2": 2500.0}).sample(frac=1, random_state=seed)
    xy = rng.integers(-4, 4, (count, 2)) * step + rng.integers(-100, 300, (count, 2)) * 25.0
    xy[rng.random(count) < 0.5] = xy[0] + [0, step]  # twins
    facilities = centres_at(*np.add(xy, [0, 4e6]))
    x, y = facilities.geometry.x.to_numpy(), facilities.geometry.y.to_numpy()
    metres = np.hypot(demand["x"].to_numpy()[:, None] - x, demand["y"].to_numpy()[:, None] - y)
    nearest = reach.nearest(demand, facilities).table.reset_index().set_index("demand")
    nearest = nearest.loc[demand.index]
    assert nearest["metres"].tolist() == metres.min(axis=1, initial=np.inf).tolist()
    assert nearest["facility"].tolist() == [f"F{n + 1}" for n in metres.argmin(axis=1)]


def test_of_centres_equally_near_the_first_is_nearest(block):
    """Four around the middle of a cell; in whatever order they stand."""
    demand = grid.make_demand(*block, cell=50)
    cell = demand.index[(demand["x"] == 500_225) & (demand["y"] == 4_300_225)]
    around = [
        (500_225 + 30 * dx, 4_300_225 + 30 * dy) for dx, dy in [(0, 1), (1, 0), (0, -1), (-1, 0)]
    ]
    for n in range(4):
        nearest = reach.nearest(demand, centres_at(*around[n:], *around[:n]))
        assert nearest.table.loc[cell].to_dict() == {(cell[0], "F1"): 30.0}


def test_of_centres_at_one_place_the_first_is_nearest(block):
    demand = grid.make_demand(*block, cell=50)
    nearest = reach.nearest(demand, centres_at(*[(500_225, 4_300_225)] * 6))
    assert set(nearest.table.index.get_level_values("facility")) == {"F1"}


def test_no_centre_reaches_nothing(block):
    demand = grid.make_demand(*block, cell=50)
    nobody = centres_at((500_225, 4_300_225)).iloc[:0]
    assert reach.straight_line(demand, nobody, cutoff=700).table.empty
    assert reach.nearest(demand, nobody).table.empty


def test_frames_in_two_crs_are_refused(block):
    demand = grid.make_demand(*block, cell=50)
    centre = centres_at((500_225, 4_300_225)).to_crs(32650)
    with pytest.raises(ValidationError, match=r"EPSG:4548.*EPSG:32650.*to_crs"):
        reach.straight_line(demand, centre, cutoff=700)


def test_repeated_labels_are_refused(block):
    demand = grid.make_demand(*block, cell=50)
    centre = centres_at((500_225, 4_300_225))
    with pytest.raises(ValidationError, match=r"`facilities`.*F1"):
        reach.straight_line(demand, pd.concat([centre, centre]), cutoff=700)


def block_demand():
    import geopandas as gpd
    import shapely

    street = shapely.box(500_000, 4_300_000, 500_500, 4_300_500)
    streets = gpd.GeoDataFrame({"name": ["B"]}, geometry=[street], index=["B"], crs="EPSG:4548")
    return grid.make_demand(streets, pd.DataFrame({"people_60": [100]}, index=["B"]), cell=50)


# Another plan's cost table


def test_joined_tables_keep_every_pair_and_every_centre(block):
    demand = grid.make_demand(*block)
    some = centres_at((500_125, 4_300_225), (600_000, 4_300_000))  # the second reaches nobody
    more = centres_at((500_375, 4_300_225)).rename(index={"F1": "N1"})
    one = reach.straight_line(demand, some, cutoff=100)
    part = reach.straight_line(demand.iloc[::2], more, cutoff=100)
    both = reach.joined(demand, one, part)
    assert list(both.table.index.levels[1]) == ["F1", "F2", "N1"]
    assert both.table.to_dict() == one.table.to_dict() | part.table.to_dict()
    assert (both.cutoff, both.unit) == (100, "m")
    minutes = reach.CostTable(part.table, cutoff=100, unit="min")
    with pytest.raises(ValidationError, match="m and min"):
        reach.joined(demand, one, minutes)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=0, max_size=4),
    st.sets(st.integers(0, 5)),
    st.sampled_from([100.0, 150.0, 200.0, 260.0]),
)
@settings(max_examples=examples(60), deadline=None)
def test_updated_is_measuring_anew(old, new, closed, cutoff):
    """Centres that stay, move, close and open; a cutoff below, at and above the table's 200 m."""
    streets = gpd.GeoDataFrame(
        {"name": ["Block"]},
        geometry=[shapely.box(0, 0, 500, 500)],
        index=pd.Index(["B"], name="code"),
        crs=CRS,
    )
    demand = grid.make_demand(streets, pd.DataFrame({"people_60": [100]}, index=streets.index))
    before = centres_at(*old)
    kept = before.drop([label for n, label in enumerate(before.index) if n in closed])
    moved = kept.set_geometry(
        kept.translate(10, 0).where(np.arange(len(kept)) % 2 == 0, kept.geometry)
    )
    opened = centres_at(*new).rename(index="N{}".format) if new else before.iloc[:0]
    after = pd.concat([opened, moved])
    table = reach.straight_line(demand, before, cutoff=200)
    updated = reach.updated(table, demand, before=before, after=after, cutoff=cutoff)
    others = centres_at((20, 20), (480, 480)).rename(index="other {}".format)
    mixed = reach.joined(demand, reach.straight_line(demand, others, cutoff=200), table)
    same = reach.updated(mixed, demand, before=before, after=after, cutoff=cutoff)
    pd.testing.assert_series_equal(same.table.sort_index(), updated.table.sort_index())
    anew = reach.straight_line(demand, after, cutoff=cutoff)
    pd.testing.assert_series_equal(updated.table, anew.table)
    assert updated.cutoff == anew.cutoff == cutoff


# The table as a value


def test_a_filtered_cost_table_cannot_pass_for_a_longer_one(hexi):
    """A note in pandas attrs did: 61.6 % instead of 85.7 % without a word."""
    demand = grid.make_demand(hexi.streets, hexi.population, cell=100)
    cost = reach.straight_line(demand, hexi.facilities, cutoff=700)
    near = reach.within(cost, 500)
    assert near.cutoff == 500
    assert_same_table(near, brute_force(demand, hexi.facilities, 500))
    with pytest.raises(ValidationError, match="ends at 500, below the cutoff of 700"):
        reach.within(near, 700)


@pytest.mark.parametrize("wrong", [math.nan, -1.0, 701.0])
def test_a_cost_that_its_cutoff_denies_is_refused(wrong):
    pairs = pd.MultiIndex.from_tuples([("p", "a"), ("q", "a")])
    with pytest.raises(
        ValidationError, match=r"1 costs .* beyond the cutoff of 700 \(\('q', 'a'\)\)"
    ):
        reach.CostTable(pd.Series([1.0, wrong], index=pairs), cutoff=700)


@given(
    places=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=20),
    centres=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), min_size=1, max_size=5),
    cutoff=st.sampled_from([0.0, 100.0, 141.5, 500.0, 5000.0, math.inf]),
)
@settings(max_examples=examples(60), deadline=None)
def test_points_with_people_need_no_grid(places, centres, cutoff):
    """As columns x and y or as points: reach, nearest and evaluation as brute force has them."""
    xy = np.array(places, dtype=float)
    people = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1], "people_60": range(len(xy))})
    points = gpd.GeoDataFrame(people[["people_60"]], geometry=gpd.points_from_xy(*xy.T), crs=CRS)
    facilities = centres_at(*centres)
    for demand in (people, points):
        cost = reach.straight_line(demand, facilities, cutoff=cutoff)
        assert_same_table(cost, brute_force(people, facilities, cutoff))
        cells = evaluation.evaluate(demand, cost, reach.nearest(demand, facilities))
        every = brute_force(people, facilities, np.inf)
        least = every.groupby("demand").min()
        assert cells["distance_m"].tolist() == least.tolist()
        covered = people["people_60"][least <= cutoff].sum()
        total = people["people_60"].sum()
        district = evaluation.of_district(cells)
        assert district["uncovered_people_60"] == total - covered
