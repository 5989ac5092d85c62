"""Where in a street people live: units keep their people, weights say where inside."""

import dataclasses
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import translate

from carecircles import (
    area,
    comparison,
    datasets,
    evaluation,
    grid,
    maps,
    plan,
    report,
    scenario,
    siting,
    weights,
)
from carecircles.errors import ValidationError
from tests.conftest import CRS
from tests.examples import examples
from tests.test_cli import refused, run

X, Y = 500_000, 4_300_000  # where these small areas lie; their own coordinates begin there
NO_SOURCES = area.Sources()
GROUPS = ("people", "people_60", "people_80")


def frame(shapes, index=None, **columns):
    """Shapes given in metres from (X, Y)."""
    moved = [translate(shape, X, Y) for shape in shapes]
    labels = pd.Index([f"r{n}" for n in range(len(shapes))] if index is None else index, name="id")
    return gpd.GeoDataFrame(columns, geometry=moved, index=labels, crs=CRS)


def points(*places):
    return [shapely.Point(place) for place in places]


def made(streets, sources=NO_SOURCES, **population):
    """A study area of streets by code, its people by group in their order, and what says where they live."""
    codes = list(streets)
    table = pd.DataFrame({"code": codes, **(population or {"people_60": [100.0] * len(codes)})})
    outlines = frame(streets.values(), code=codes, name=codes)
    centre = frame(
        points(next(iter(streets.values())).representative_point().coords[0]), name=["C"]
    )
    built = area.study(streets=outlines, population=table, centres=centre, crs=CRS)
    return dataclasses.replace(built, sources=sources)


def where(demand, left, bottom, right, top):
    """The cells centred in a rectangle."""
    x, y = demand["x"] - X, demand["y"] - Y
    return demand[(x > left) & (x < right) & (y > bottom) & (y < top)]


BLOCK = {"B": shapely.box(0, 0, 500, 500)}
TWO = {"A": shapely.box(0, 0, 500, 500), "B": shapely.box(500, 0, 1000, 500)}


def test_without_sources_people_are_those_of_the_even_grid_to_the_last_bit(hexi):
    even = grid.make_demand(hexi.streets, hexi.population, cell=50)
    demand = weights.make_demand(hexi, cell=50)
    assert (demand.pop("placed") == "even").all()
    pd.testing.assert_frame_equal(demand, even, check_exact=True)
    assert demand.attrs == even.attrs


def test_half_park_half_houses():
    """The west of a street is a park: its 100 people live in the 50 cells of the east, two in each."""
    park = area.Sources(uninhabited=frame([shapely.box(-50, -50, 250, 550)]))
    placed = weights.place(made(BLOCK, park), cell=50)
    east = where(placed.demand, 250, 0, 500, 500)
    assert east["people_60"].tolist() == [2.0] * 50
    assert placed.demand["people_60"].sum() == 100
    assert placed.demand["placed"].value_counts()[["even", "uninhabited"]].tolist() == [50, 50]
    assert placed.notes == ()


@pytest.mark.parametrize(
    ("column", "values"),
    [("people_60", [30, 10]), ("households", [3, 1]), ("floor_area_m2", [750.0, 250.0])],
)
def test_residences_say_where_and_the_street_how_many(column, values):
    homes = frame(points((10, 10), (490, 490)), **{column: values})
    placed = weights.place(made(BLOCK, area.Sources(residences=homes)), cell=50)
    people = placed.demand["people_60"]
    assert people.iloc[[0, -1]].tolist() == pytest.approx([75, 25])
    assert (people > 0).sum() == 2
    said = [note["en"] for note in placed.notes]
    differs = [
        "residences counts 40 people 60+, the streets 100 (-60.0 %); it is scaled to each street's figure."
    ]
    assert said == (differs if column == "people_60" else [])


def test_the_first_measure_that_every_residence_of_the_unit_has():
    """In A all say their households, in B one does not: there floor area counts, which all have."""
    homes = frame(
        points((10, 10), (490, 10), (510, 10), (990, 10)),
        households=[9, 1, 5, np.nan],
        dwellings=[1, 1, np.nan, np.nan],
        floor_area_m2=[1.0, 1.0, 100.0, 300.0],
    )
    demand = weights.make_demand(made(TWO, area.Sources(residences=homes)), cell=50)
    assert demand.loc[demand["people_60"] > 0, "people_60"].tolist() == [90, 10, 25, 75]


def test_a_measure_of_which_there_is_none_says_nothing_of_where():
    """In A nobody says more than 0 households, and floor area counts; in B all measures are 0."""
    homes = frame(
        points((10, 10), (490, 10), (510, 10), (990, 10)),
        households=[0, 0, 0, 0],
        floor_area_m2=[300.0, 100.0, 0.0, 0.0],
    )
    study = made(TWO, area.Sources(residences=homes))
    placed = weights.place(study, cell=50)
    in_a = where(placed.demand, 0, 0, 500, 500)
    assert in_a.loc[in_a["people_60"] > 0, "people_60"].tolist() == [75, 25]
    assert placed.units.set_index("unit")["basis"].to_dict() == {"A": "residences", "B": "even"}
    in_b = where(placed.demand, 500, 0, 1000, 500)
    assert np.ptp(in_b["people_60"]) == 0
    assert (
        placed.notes[-1]["en"]
        == "Nothing says where in B people live: they are spread evenly there."
    )
    # The next source that says something takes their place.
    squares = frame([shapely.box(500, 0, 550, 50)], people_60=[7.0])
    study = dataclasses.replace(study, sources=area.Sources(residences=homes, people_grid=squares))
    placed = weights.place(study, cell=50)
    assert placed.units.set_index("unit")["basis"].to_dict()["B"] == "people_grid"
    assert placed.demand["people_60"].max() == 100


def test_residences_that_lack_the_measure_are_told():
    homes = frame(points((10, 10), (60, 10), (490, 10)), people_60=[3, 1, np.nan])
    placed = weights.place(made(BLOCK, area.Sources(residences=homes)), cell=50)
    assert placed.demand["people_60"].max() == 75
    assert "1 row does not say" in placed.notes[-1]["en"]
    assert "1 行" in placed.notes[-1]["zh"]


def test_each_group_by_its_own_people_or_by_those_it_is_part_of():
    """Residences count 60+ and 80+; all ages, which they do not, live where those of 60+ do."""
    homes = frame(points((10, 10), (490, 490)), people_60=[30, 10], people_80=[1, 4])
    groups = {"people": [400], "people_60": [100], "people_65": [80], "people_80": [20]}
    demand = weights.make_demand(made(BLOCK, area.Sources(residences=homes), **groups), cell=50)
    first = demand.iloc[0]
    assert first[list(groups)].tolist() == pytest.approx([300, 75, 60, 4])


def test_a_residence_whose_cell_is_the_neighbours():
    """
    Of cells of 100 m the one at x = 400..500 is centred in A; B begins at 480.

    A home of B at 490 stands in it, but its people stay in B: in its nearest cell.
    """
    streets = {"A": shapely.box(0, 0, 480, 100), "B": shapely.box(480, 0, 1000, 100)}
    homes = frame(points((490, 50), (10, 50)), households=[1, 1])
    demand = weights.make_demand(made(streets, area.Sources(residences=homes)), cell=100)
    assert demand["people_60"].tolist() == [100, 0, 0, 0, 0, 100, 0, 0, 0, 0]


def test_a_home_in_a_street_that_has_no_cell_near_it():
    """B is a strip of 8 m by 3 km between cells of 100 m and widens in the north alone."""
    strip = shapely.union(shapely.box(496, 0, 504, 3000), shapely.box(400, 3000, 700, 3300))
    streets = {"A": shapely.box(0, 0, 496, 3000), "B": strip}
    homes = frame(points((500, 20), (10, 10)), households=[1, 1])
    demand = weights.make_demand(made(streets, area.Sources(residences=homes)), cell=100)
    assert where(demand, 400, 3000, 600, 3100)["people_60"].sum() == 100
    assert demand["people_60"].sum() == 200


def test_polygons_are_shared_among_the_cells_centred_in_them_and_small_ones_go_to_one():
    """A compound of 2 x 3 cells has half the households, a house of 10 m the other half."""
    shapes = [shapely.box(0, 0, 100, 150), shapely.box(402, 402, 412, 412)]
    homes = frame(shapes, households=[60, 60])
    demand = weights.make_demand(made(BLOCK, area.Sources(residences=homes)), cell=50)
    assert where(demand, 0, 0, 100, 150)["people_60"].tolist() == pytest.approx([50 / 6] * 6)
    assert where(demand, 400, 400, 450, 450)["people_60"].tolist() == pytest.approx([50])


@pytest.mark.parametrize("totals", ["residences", "grid"])
def test_rows_that_say_nobody_are_no_population(totals):
    """Two of three rows do not say how many live there: taken as nobody, a district would lose people unseen."""
    rows = frame(points((10, 10), (490, 490), (250, 250)), people_60=[30, np.nan, np.nan])
    role = {"residences": "residences", "grid": "people_grid"}[totals]
    rows = rows.assign(households=[9, 9, 9])
    study = made(BLOCK, area.Sources(**{role: rows}))
    with pytest.raises(ValidationError, match="'r1', 'r2' do not say how many people") as refusal:
        weights.place(study, totals=totals)
    assert "'r1'" in refusal.value.problems[0].zh
    assert weights.place(study).demand["people_60"].sum() == pytest.approx(100)
    counted = area.Sources(**{role: rows.assign(people_60=[30, 0, np.nan], people_80=[3, 0, 2])})
    weights.place(made(BLOCK, counted), totals=totals)


def test_communities_are_units_and_the_rest_of_the_street_has_the_rest():
    """West half: 60 of 100 people. North-east quarter: 30. Nobody tells the south-east: 10."""
    shapes = [shapely.box(0, 0, 250, 500), shapely.box(250, 250, 500, 500)]
    communities = frame(
        shapes, ["W", "NE"], name=["W", "NE"], street=["B", "B"], people_60=[60.0, 30.0]
    )
    placed = weights.place(made(BLOCK, area.Sources(communities=communities)), cell=50)
    demand = placed.demand
    assert where(demand, 0, 0, 250, 500)["people_60"].unique().tolist() == pytest.approx([60 / 50])
    assert where(demand, 250, 250, 500, 500)["people_60"].sum() == pytest.approx(30, rel=1e-12)
    assert where(demand, 250, 0, 500, 250)["people_60"].sum() == pytest.approx(10, rel=1e-12)
    table = placed.units.set_index("unit")
    assert table["source"].to_dict() == {"B": "streets", "W": "communities", "NE": "communities"}
    assert table["basis"].to_dict() == {"B": "even", "W": "communities", "NE": "communities"}
    assert table["known_people_60"].to_dict() == {"B": 10.0, "W": 60.0, "NE": 30.0}


def test_a_group_that_communities_do_not_count_is_parted_like_one_they_do():
    shapes = [shapely.box(0, 0, 250, 500), shapely.box(250, 0, 500, 500)]
    communities = frame(shapes, ["W", "E"], street="B", people=[300.0, 100.0])
    groups = {"people": [400], "people_60": [100]}
    demand = weights.make_demand(made(BLOCK, area.Sources(communities=communities), **groups))
    assert where(demand, 0, 0, 250, 500)["people_60"].sum() == pytest.approx(75)


def test_a_community_too_small_for_the_grid_takes_the_nearest_cell():
    communities = frame([shapely.box(102, 102, 110, 110)], ["K"], street="B", people_60=[40.0])
    placed = weights.place(made(BLOCK, area.Sources(communities=communities)), cell=50)
    assert where(placed.demand, 100, 100, 150, 150)["people_60"].tolist() == [40]
    assert placed.units["placed_people_60"].tolist() == pytest.approx([60, 40])


def test_communities_that_fill_their_street_with_fewer_or_more_people_than_it_has():
    shapes = [shapely.box(0, 0, 250, 500), shapely.box(250, 0, 500, 500)]
    for people in ([50.0, 40.0], [50.0, 60.0]):
        communities = frame(shapes, ["W", "E"], street="B", people_60=people)
        with pytest.raises(ValidationError, match="correct"):
            weights.make_demand(made(BLOCK, area.Sources(communities=communities)))


def test_homes_inside_communities():
    """Each community keeps its people; inside, its homes say where. The one without homes is even."""
    shapes = [shapely.box(0, 0, 250, 500), shapely.box(250, 0, 500, 500)]
    communities = frame(shapes, ["W", "E"], street="B", people_60=[80.0, 20.0])
    homes = frame(points((10, 10), (60, 10)), households=[1, 3])
    sources = area.Sources(communities=communities, residences=homes)
    placed = weights.place(made(BLOCK, sources), cell=50)
    assert where(placed.demand, 0, 0, 250, 500)["people_60"].nlargest(3).tolist() == [60, 20, 0]
    assert where(placed.demand, 250, 0, 500, 500)["people_60"].unique() == pytest.approx([0.4])
    alone = weights.make_demand(made(BLOCK, sources), cell=50, source="residences")
    assert alone["people_60"].nlargest(3).tolist() == [75, 25, 0]


def every_source():
    """Each source puts all people of 'A' into another corner."""
    spots = {"residences": (25, 25), "communities": (475, 25), "people_grid": (25, 475)}
    found = {name: frame(points(spot), people_60=[5.0]) for name, spot in spots.items()}
    found["communities"]["street"] = "A"
    return spots, found


def test_the_best_source_there_is():
    spots, found = every_source()
    for left_out in range(len(spots) + 1):
        kept = dict(list(found.items())[left_out:])
        placed = weights.place(made(TWO, area.Sources(**kept)), cell=50)
        best = next(iter(kept), "even")
        here = placed.demand[placed.demand["street"] == "A"]
        assert here["placed"].unique().tolist() == [best]
        if kept:
            x, y = spots[best]
            assert where(placed.demand, x - 25, y - 25, x + 25, y + 25)["people_60"].tolist() == [
                100
            ]
            assert placed.notes[-1]["en"].startswith("Nothing says where in B people live")
        rest = placed.demand[placed.demand["street"] == "B"]
        assert rest["people_60"].unique().tolist() == [1.0]


def test_one_source_alone():
    spots, found = every_source()
    study = made(TWO, area.Sources(**found))
    for name, (x, y) in spots.items():
        demand = weights.make_demand(study, cell=50, source=name)
        assert where(demand, x - 25, y - 25, x + 25, y + 25)["people_60"].tolist() == [100]
    assert (weights.make_demand(study, cell=50, source="even")["people_60"] == 1).all()
    with pytest.raises(ValidationError, match="has even, residences, communities, people_grid"):
        weights.make_demand(study, source="people_raster")
    with pytest.raises(ValidationError, match="write one of street, residences, grid"):
        weights.make_demand(study, totals="all")
    with pytest.raises(ValidationError, match="no file of people_grid counts people"):
        weights.make_demand(made(TWO), totals="grid")


def test_homes_and_land_that_nobody_lives_in():
    """A home in the park counts for nothing; one beside it keeps its people though its cell is centred in it."""
    park = frame([shapely.box(0, 0, 30, 500)])
    homes = frame(points((10, 10), (45, 10), (490, 490)), households=[8, 1, 1])
    placed = weights.place(made(BLOCK, area.Sources(residences=homes, uninhabited=park)), cell=50)
    people = placed.demand["people_60"]
    assert where(placed.demand, 0, 0, 50, 500)["people_60"].sum() == 0
    assert (
        where(placed.demand, 50, 0, 100, 50)["people_60"].tolist()
        == people.iloc[[-1]].tolist()
        == [50]
    )


def test_a_street_that_is_all_park_keeps_its_people():
    park = area.Sources(uninhabited=frame([shapely.box(-50, -50, 500, 550)]))
    placed = weights.place(made(TWO, park), cell=50)
    assert (placed.demand["people_60"] == 1).all()
    assert placed.notes[0]["en"].startswith("All land of A is said to be uninhabited")


def test_a_park_between_the_squares_of_a_grid_is_no_street_without_land():
    """The grid counts everybody; what is left of the street is park, and nobody is missing there."""
    squares = frame([shapely.box(0, 0, 250, 500)], people_60=[100.0])
    park = frame([shapely.box(250, 0, 550, 500)])
    study = made(BLOCK, area.Sources(people_grid=squares, uninhabited=park))
    placed = weights.place(study, cell=50, totals="grid")
    assert [note["en"][:30] for note in placed.notes] == ["people_grid counts 100 people "]
    assert where(placed.demand, 0, 0, 250, 500)["people_60"].sum() == pytest.approx(100)


def test_a_grid_says_where_under_the_streets_figures_or_is_the_population():
    """Squares of 250 m; the one in the middle lies in both streets."""
    shapes = [shapely.box(x, 0, x + 250, 500) for x in (0, 250, 500, 750)]
    shapes[1:3] = [shapely.box(250, 0, 750, 500)]
    squares = frame(shapes, ["w", "m", "e"], people_60=[30.0, 20.0, 90.0])
    study = made(TWO, area.Sources(people_grid=squares))
    demand = weights.make_demand(study, cell=50)
    assert where(demand, 0, 0, 250, 500)["people_60"].sum() == pytest.approx(75)
    assert where(demand, 750, 0, 1000, 500)["people_60"].sum() == pytest.approx(90)
    assert demand.groupby("street", observed=True)["people_60"].sum().tolist() == pytest.approx(
        [100, 100]
    )
    placed = weights.place(study, cell=50, totals="grid")
    assert where(placed.demand, 250, 0, 750, 500)["people_60"].unique() == pytest.approx([0.2])
    assert placed.units.set_index("unit")["placed_people_60"].to_dict() == pytest.approx(
        {"w": 30, "m": 20, "e": 90}
    )
    assert "counts 140 people 60+, the streets 200" in placed.notes[0]["en"]


def test_squares_smaller_than_cells_lose_nobody():
    shapes = [
        shapely.box(x, y, x + 20, y + 20) for x in range(0, 500, 20) for y in range(0, 500, 20)
    ]
    squares = frame(shapes, people_60=np.arange(625.0))
    placed = weights.place(made(BLOCK, area.Sources(people_grid=squares)), cell=100, totals="grid")
    demand = placed.demand
    by_cell = np.add.reduceat(np.arange(625.0).reshape(25, 25), range(0, 25, 5), axis=0)
    by_cell = np.add.reduceat(by_cell, range(0, 25, 5), axis=1)  # by column, then row
    assert demand["people_60"].tolist() == pytest.approx(by_cell.T.ravel().tolist())
    assert placed.units["placed_people_60"].sum() == pytest.approx(demand["people_60"].sum())
    assert set(placed.units["basis"]) == {
        "people_grid"
    }  # also of those that have no cell of their own
    assert not any("evenly" in note["en"] for note in placed.notes)


@pytest.mark.parametrize("totals", ["residences", "grid"])
def test_a_population_of_one_street_alone_is_held_against_that_street(totals):
    """The list tells 80 of a street of 100; the other street keeps its 50."""
    streets = {"A": shapely.box(0, 0, 400, 400), "B": shapely.box(400, 0, 800, 400)}
    homes = frame([shapely.box(0, 0, 400, 400)], people_60=[80.0], street=["A"])
    source = "residences" if totals == "residences" else "people_grid"
    told = made(streets, area.Sources(**{source: homes}), people_60=[100.0, 50.0])
    placed = weights.place(told, cell=50, totals=totals)
    assert placed.demand["people_60"].sum() == pytest.approx(130)
    assert "counts 80 people 60+, the streets it is in 100 (-20.0 %)" in placed.notes[0]["en"]


def test_people_new_to_a_street_live_where_people_can():
    """Nobody lives in B in 2020, sixty do in 2030; half of it is a lake."""
    streets = {"A": shapely.box(0, 0, 400, 400), "B": shapely.box(400, 0, 800, 400)}
    lake = frame([shapely.box(400, 0, 600, 400)])
    first, then = (made(streets, people_60=[100.0, n]).population for n in (0.0, 60.0))
    both = pd.concat({2020: first, 2030: then}, names=["year"]).swaplevel()
    years = area.with_years(
        made(streets, area.Sources(uninhabited=lake), people_60=[100.0, 0.0]), both
    )
    placed = weights.place(area.in_year(years, 2030), cell=50)
    assert where(placed.demand, 400, 0, 600, 400)["people_60"].sum() == 0
    assert where(placed.demand, 600, 0, 800, 400)["people_60"].sum() == pytest.approx(60)
    assert placed.units[["known_people_60", "placed_people_60"]].loc[1].tolist() == [60, 60]


def test_points_of_a_lattice_stand_for_its_squares():
    """Squares of 100 m told by their middles: the people of each are in its four cells."""
    middles = points(*((x, y) for y in range(50, 500, 100) for x in range(50, 500, 100)))
    squares = frame(middles, people_60=np.arange(1.0, 26.0))
    demand = weights.make_demand(
        made(BLOCK, area.Sources(people_grid=squares)), cell=50, totals="grid"
    )
    assert where(demand, 0, 0, 100, 100)["people_60"].tolist() == [0.25] * 4
    assert where(demand, 400, 400, 500, 500)["people_60"].tolist() == [6.25] * 4
    assert demand["people_60"].sum() == 325


def test_residences_as_the_population():
    """In A they count 60+, of whom the street says a tenth is 80+; in B there are none."""
    homes = frame(points((10, 10), (490, 490)), people_60=[30, 10])
    groups = {"people_60": [100, 50], "people_80": [10, 4]}
    study = made(TWO, area.Sources(residences=homes), **groups)
    placed = weights.place(study, cell=50, totals="residences")
    by_street = placed.demand.groupby("street", observed=True)[list(groups)].sum()
    assert by_street.to_numpy().tolist() == [pytest.approx([40, 4]), pytest.approx([50, 4])]
    assert [note["en"] for note in placed.notes] == [
        "residences counts 40 people 60+, the streets it is in 100 (-60.0 %); it is taken as the population.",
        "Nothing says where in B people live: they are spread evenly there.",
    ]


@st.composite
def areas(draw):
    """Four streets, communities in some, homes as points and polygons with gaps, squares, a park."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, y = rng.uniform(150, 850, 2)
    streets = {
        "A": shapely.box(0, 0, x, y), "B": shapely.box(x, 0, 1000, y),
        "C": shapely.box(0, y, x, 1000), "D": shapely.box(x, y, 1000, 1000),
    }  # fmt: skip
    people = rng.integers(0, 5000, 4).astype(float)
    older = np.floor(people * rng.uniform(0, 0.5, 4))
    groups = {"people": people, "people_60": older, "people_80": np.floor(older / 5)}

    def told(count, columns):
        values = {c: rng.integers(0, 50, count).astype(float) for c in columns}
        for value in values.values():
            value[rng.random(count) < draw(st.sampled_from([0.0, 0.3]))] = np.nan
        return values

    count = draw(st.integers(1, 40))
    at = rng.uniform(0, 1000, (count, 2))
    shapes = [
        shapely.Point(p) if rng.random() < 0.5 else shapely.Point(p).buffer(rng.uniform(2, 120), 4)
        for p in at
    ]
    columns = draw(st.lists(st.sampled_from([*GROUPS, "households", "floor_area_m2"]), min_size=1))
    found = {"residences": frame(shapes, **told(count, set(columns)))}
    share = rng.uniform(0, 1, 2)
    halves = [shapely.box(0, 0, x / 2, y), shapely.box(0, y, x, (y + 1000) / 2)]
    found["communities"] = frame(
        halves, ["K1", "K2"], street=["A", "C"],
        **{g: v[[0, 2]] * share for g, v in groups.items() if g != "people_80" or share[0] > 0.5},
    )  # fmt: skip
    side = draw(st.sampled_from([37.0, 250.0]))
    corners = np.arange(0, 1000, side)
    squares = [shapely.box(a, b, a + side, b + side) for a in corners for b in corners]
    found["people_grid"] = frame(squares, **told(len(squares), GROUPS[: draw(st.integers(1, 3))]))
    found["uninhabited"] = frame([shapely.Point(500, 500).buffer(rng.uniform(10, 450))])
    kept = draw(st.sets(st.sampled_from(sorted(found))))
    return made(streets, area.Sources(**{name: found[name] for name in kept}), **groups), kept


@settings(max_examples=examples(60), deadline=None)
@given(areas(), st.sampled_from([40.0, 100.0]), st.randoms(use_true_random=False))
def test_every_unit_keeps_its_people_whatever_is_known(one, cell, random):
    study, kept = one
    placed = weights.place(study, cell=cell)
    demand = placed.demand
    values = demand[list(GROUPS)].to_numpy()
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    by_street = demand.groupby("street", observed=False)[list(GROUPS)].sum()
    np.testing.assert_allclose(by_street, study.population[list(GROUPS)], rtol=1e-9, atol=1e-9)
    for group in GROUPS:
        known, told = placed.units[f"known_{group}"], placed.units[f"placed_{group}"]
        np.testing.assert_allclose(told, known, rtol=1e-9, atol=1e-9)
    if "communities" in kept:
        counted = study.sources.communities[["people"]].squeeze()
        table = placed.units.set_index("unit")["placed_people"].reindex(counted.index, fill_value=0)
        np.testing.assert_allclose(table, counted, rtol=1e-9, atol=1e-9)
    shuffled = {}
    for name in kept:
        rows = getattr(study.sources, name)
        order = list(range(len(rows)))
        random.shuffle(order)
        shuffled[name] = rows.iloc[order]
    again = dataclasses.replace(study, sources=area.Sources(**shuffled))
    other = weights.make_demand(again, cell=cell)
    np.testing.assert_allclose(other[list(GROUPS)], values, rtol=1e-9, atol=1e-9)
    assert other["placed"].tolist() == demand["placed"].tolist()


@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_an_overlay_by_hand(seed):
    """Homes as polygons, squares and a park, once more with geopandas' joins, one cell at a time."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(20, 980, (60, 2))
    homes = frame(
        [shapely.Point(p).buffer(rng.uniform(3, 60), 3) for p in at],
        people_60=rng.integers(1, 90, 60).astype(float),
    )
    park = frame([shapely.box(200, 200, 420, 333)])
    study = made(TWO, area.Sources(residences=homes, uninhabited=park))
    demand = weights.make_demand(study, cell=50)

    cells = gpd.GeoDataFrame(
        demand[["street"]], geometry=gpd.points_from_xy(demand["x"], demand["y"]), crs=CRS
    )
    lived = cells[~cells.within(park.geometry.iloc[0])]
    weight = pd.Series(0.0, index=demand.index)
    for home in homes.itertuples():
        inside = home.geometry.representative_point()
        if park.geometry.iloc[0].intersects(inside):
            continue
        street = (
            next(c for c, s in study.streets.geometry.items() if s.intersects(inside))
            if (study.streets.intersects(inside).any())
            else study.streets.distance(inside).idxmin()
        )
        own = lived[lived["street"] == street]
        held = own[own.intersects(home.geometry)].index
        if held.empty:
            square = own[
                (own.geometry.x - inside.x).abs().le(25) & (own.geometry.y - inside.y).abs().le(25)
            ]
            held = square.index[:1] if len(square) else [own.distance(inside).idxmin()]
        weight[held] += home.people_60 / len(held)
    whole = weight.groupby(demand["street"], observed=False).transform("sum")
    np.testing.assert_allclose(demand["people_60"], 100 * weight / whole, rtol=1e-9, atol=1e-12)


# What is said and shown of it.


@pytest.fixture
def corner_plan():
    """All 100 people of a street of 500 m live in its south-west corner; the centre in the north-east reaches a third."""
    homes = frame(points((10, 10), (490, 490)), people_60=[75, 25])
    homes.attrs["file"] = "homes.csv"
    study = made(BLOCK, area.Sources(residences=homes), people=[300], people_60=[100])
    centre = study.facilities.set_geometry([shapely.Point(X + 475, Y + 475)], crs=CRS)
    study = dataclasses.replace(
        study, facilities=centre, standard=area.Standard(metres=320, minutes=7)
    )
    return plan.evaluate(study, weights.make_demand(study, cell=50))


def test_the_even_figure_stands_beside(corner_plan):
    """By hand: 25 of 100 people are in the one cell within reach that has a home."""
    share = shapely.Point(475, 475).buffer(320, 256).intersection(BLOCK["B"]).area / 250_000
    even, placed = report.notes(corner_plan, lang="en"), report.notes(corner_plan, lang="zh")
    record = report.evaluation_record(corner_plan)
    told = record["placed"]
    assert told["people_60"] == {"residences": 1.0}
    assert told["files"] == {"residences": ["homes.csv"]}
    assert told["covered_people_60_share_even"] == pytest.approx(share, abs=0.03)
    assert record["district"]["covered_people_60_share"] == 0.25
    shown = f"{100 * told['covered_people_60_share_even']:.1f}"
    assert f"even: {shown} %; by residences: 25.0 %" in even[1].replace("\u00a0", " ")
    assert "placed by residences (homes.csv, 100 %)" in even[1]
    assert f"均匀分布：{shown} %；按住宅：25.0 %" in placed[1].replace("\u00a0", " ")


def test_a_map_says_how_people_are_placed_and_its_cells_have_the_people_that_live_there(
    corner_plan,
):
    page = maps.coverage_map(corner_plan).get_root().render()
    assert "people placed by residences" in page
    assert "人口按住宅安置" in page
    people, by_cell = maps.spread.packed_people(corner_plan.cells, ["people_60"])
    shown = people["people_60"]["each"][0] * by_cell[people["people_60"]["weights"]]
    assert shown == pytest.approx(corner_plan.cells["people_60"].to_numpy())
    assert sorted(shown)[-3:] == pytest.approx([0, 25, 75])


def test_pointing_at_a_cell_tells_the_people_who_live_there(browser, corner_plan, tmp_path):
    maps.coverage_map(corner_plan).save(tmp_path / "map.html")
    page = browser.new_page()
    page.goto((tmp_path / "map.html").as_uri())
    page.wait_for_function("() => carecircles.page.grid && carecircles.page.grid.painted")
    corners = gpd.GeoSeries(
        points((X + 25, Y + 25), (X + 475, Y + 475), (X + 225, Y + 75)), crs=CRS
    )
    told = page.evaluate(
        """places => places.map(([lng, lat]) =>
          [...carecircles.page.grid.facts({ lng, lat }).querySelectorAll("td")].at(-1).textContent)""",
        [list(point.coords[0]) for point in corners.to_crs(4326)],
    )
    assert told == ["75.0", "25.0", "0.0"]
    assert not corner_plan.cells["covered"].iloc[
        0
    ]  # of an uncovered zone, which is pointed at as well
    for corner, people in zip(corners.to_crs(4326)[[0, 2]], told[::2], strict=True):
        x, y = page.evaluate(
            """([lng, lat]) => { const map = carecircles.page.maps[0], box = map.getContainer();
              const { x, y } = map.latLngToContainerPoint({ lng, lat }), at = box.getBoundingClientRect();
              return [at.left + x, at.top + y]; }""",
            list(corner.coords[0]),
        )
        page.mouse.move(x - 3, y)
        page.mouse.move(x, y)
        page.wait_for_function(
            """people => [...document.querySelectorAll(".cc-tip td")].at(-1)?.textContent === people""",
            arg=people,
            timeout=5000,
        )
    page.close()


def test_what_if_and_siting_see_where_people_live(corner_plan):
    """A centre in the south-west reaches the other 75; siting finds that place by itself."""
    moved = {"name": "M", "step": [{"move": "1", "lon": 0.0, "lat": 0.0}]}
    lon, lat = gpd.GeoSeries([shapely.Point(X + 25, Y + 25)], crs=CRS).to_crs(4326)[0].coords[0]
    moved["step"][0] |= {"lon": lon, "lat": lat, "move": corner_plan.area.facilities.index[0]}
    after = plan.carry_out(corner_plan, scenario.parse(moved))
    change = comparison.compare(corner_plan, after)
    assert change.streets[["gained_people_60", "lost_people_60"]].sum().tolist() == [75, 25]
    best = siting.site(corner_plan, siting.candidates_on_grid(corner_plan.cells), new=1)
    assert best.objective == pytest.approx(25 + 75)


def test_the_printed_error_is_one_of_people():
    """
    Homes at random points, once counted by cells of 50 m and once one by one.

    What is printed are three standard errors: of 40 lots of homes no count is farther off than that, and
    the mean square error is not far from one.
    """
    rng, off, said = np.random.default_rng(5), [], []
    block = {"B": shapely.box(0, 0, 2000, 2000)}
    bare = made(block)
    for _ in range(40):
        at = rng.uniform(0, 2000, (150, 2))
        homes = frame(points(*at), people_60=rng.gamma(1, 20, 150))
        centre = bare.facilities.set_geometry(
            [shapely.Point(X + rng.uniform(900, 1100), Y + rng.uniform(900, 1100))], crs=CRS
        )
        study = dataclasses.replace(bare, facilities=centre, sources=area.Sources(residences=homes))
        asis = plan.evaluate(study, weights.make_demand(study, cell=50))
        reached = homes.distance(centre.geometry.iloc[0]) <= study.standard.metres
        exact = homes["people_60"][reached].sum() / homes["people_60"].sum()
        off.append(float(evaluation.of_district(asis.cells)["covered_people_60_share"]) - exact)
        said.append(evaluation.people_share_error(asis.cells, "people_60") / 3)
    assert (np.abs(off) <= 3 * np.maximum(said, 1e-12)).mean() > 0.95
    assert 0.5 < np.sqrt(np.mean(np.square(off))) / np.sqrt(np.mean(np.square(said))) < 1.5


def test_a_finer_grid_has_a_smaller_error_of_people(hexi):
    """Of Hexi with homes at random, 50 m against 10 m: they differ by no more than both say."""
    rng = np.random.default_rng(2)
    left, bottom, right, top = hexi.streets.total_bounds
    at = shapely.points(rng.uniform([left, bottom], [right, top], (4000, 2)))
    homes = gpd.GeoDataFrame({"households": rng.integers(1, 300, 4000)}, geometry=at, crs=hexi.crs)
    homes = homes[homes.within(hexi.streets.union_all())]
    study = dataclasses.replace(hexi, sources=area.Sources(residences=homes))
    coarse, fine = (
        plan.evaluate(study, weights.make_demand(study, cell=cell)).cells for cell in (50, 10)
    )
    shares = [evaluation.of_district(c)["covered_people_60_share"] for c in (coarse, fine)]
    errors = [evaluation.people_share_error(c, "people_60") for c in (coarse, fine)]
    assert errors[1] < errors[0] < 0.02
    assert abs(shares[0] - shares[1]) <= errors[0] + errors[1]


# Rasters: made here, float32, with -99999 where there is no data, in degrees.


@pytest.fixture
def raster(tmp_path):
    """A function that writes people by pixel of some size in degrees over a rectangle in metres from (X, Y)."""
    rasterio = pytest.importorskip("rasterio")

    def write(values, *, west, north, side, name="chn_t_60_2030_CN_100m_R2025A_v1.tif"):
        path = tmp_path / name
        values = np.where(np.isnan(values), -99999, values).astype("float32")
        with rasterio.open(
            path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
            dtype="float32", crs="EPSG:4326", nodata=-99999,
            transform=rasterio.Affine(side, 0, west, 0, -side, north),
        ) as file:  # fmt: skip
            file.write(values, 1)
        return area.Band(path, 1, "people_60")

    return write


def over_block(raster, side, seed=1, **options):
    """A raster of random people around the block of 500 m, a fifth of it no data; its values and its corner."""
    corner = gpd.GeoSeries(points((X - 300, Y + 800)), crs=CRS).to_crs(4326)[0]
    rng, count = np.random.default_rng(seed), int(0.013 / side) + 2
    values = rng.gamma(1, 9, (count, count)).astype("float32")
    values[rng.random(values.shape) < 0.2] = np.nan
    return raster(values, west=corner.x, north=corner.y, side=side, **options), values, corner


@pytest.mark.parametrize("side", [0.0009, 0.00031, 0.0025])
def test_a_raster_in_another_crs(raster, side):
    """Pixels about as large as two cells, smaller than one, and of 5 x 4 cells: once more one by one."""
    band, values, corner = over_block(raster, side)
    study = made(BLOCK, area.Sources(people_raster=(band, band)))
    demand = weights.make_demand(study, cell=50)
    assert demand["people_60"].sum() == pytest.approx(100, rel=1e-9)
    assert demand["placed"].unique().tolist() == ["people_raster"]

    everywhere = [(X + x, Y + y) for x in range(-975, 1500, 50) for y in range(-975, 1500, 50)]
    at = gpd.GeoSeries(points(*everywhere), crs=CRS).to_crs(4326)
    pixel = np.column_stack([(corner.y - at.y) // side, (at.x - corner.x) // side]).astype(int)
    shared = pd.Series(map(tuple, pixel)).value_counts()
    expected = dict.fromkeys(everywhere, 0.0)
    for place, (row, col) in zip(everywhere, pixel, strict=True):
        if 0 <= row < len(values) and 0 <= col < len(values):
            expected[place] += np.nan_to_num(values[row, col]) / shared[row, col]
    lone = [(r, c) for r in range(len(values)) for c in range(len(values)) if (r, c) not in shared]
    if lone:
        middles = points(
            *((corner.x + (c + 0.5) * side, corner.y - (r + 0.5) * side) for r, c in lone)
        )
        for (r, c), point in zip(lone, gpd.GeoSeries(middles, crs=4326).to_crs(CRS), strict=True):
            cell = (X + (point.x - X) // 50 * 50 + 25, Y + (point.y - Y) // 50 * 50 + 25)
            if cell in expected:
                expected[cell] += np.nan_to_num(values[r, c])
    here = np.array(
        [expected[x, y] for x, y in zip(demand["x"].round(6), demand["y"].round(6), strict=True)]
    )
    np.testing.assert_allclose(demand["people_60"], 100 * here / here.sum(), rtol=1e-6, atol=1e-9)


def test_the_pixel_of_each_cell_is_that_of_its_own_centre(raster, monkeypatch):
    """Over five kilometres, by a net of points and, once more, with each centre transformed: the same to the last bit."""
    template = datasets.load("template")
    west, south, east, north = template.streets.to_crs(4326).total_bounds
    side = 0.00021
    shape = int((north - south) / side) + 4, int((east - west) / side) + 4
    values = np.random.default_rng(3).gamma(1, 9, shape)
    band = raster(values, west=west - 2 * side, north=north + 2 * side, side=side)
    study = dataclasses.replace(template, sources=area.Sources(people_raster=(band,)))
    by_net = weights.make_demand(study, cell=17)
    monkeypatch.setattr(weights._pixels, "_placed", _each_transformed)
    pd.testing.assert_frame_equal(by_net, weights.make_demand(study, cell=17), check_exact=True)


def _each_transformed(place, x, y):
    across, up = (axis.ravel() for axis in np.meshgrid(x, y))
    return place(across, up).reshape(2, len(y), len(x))


def test_a_raster_is_the_population_where_there_is_no_total(raster):
    """Two bands of 3 people each over the whole block; the population says nothing of 60+."""
    corner = gpd.GeoSeries(points((X - 300, Y + 800)), crs=CRS).to_crs(4326)[0]
    full = np.full((15, 15), 3.0)
    bands = [
        raster(full, west=corner.x, north=corner.y, side=0.0009, name=f"{n}.tif") for n in (60, 65)
    ]
    study = made(BLOCK, area.Sources(people_raster=tuple(bands)), people=[500.0])
    placed = weights.place(study, cell=10)
    block = gpd.GeoSeries([BLOCK["B"]]).translate(X, Y).set_crs(CRS).to_crs(4326)
    degrees = shapely.area(block.to_numpy())[0]
    assert placed.demand["people_60"].sum() == pytest.approx(6 * degrees / 0.0009**2, rel=0.01)
    assert placed.demand["people"].sum() == pytest.approx(500)
    total = placed.demand["people_60"].sum()
    assert placed.units["known_people_60"].tolist() == pytest.approx([total], rel=1e-9)


def test_a_raster_beside_the_area_leaves_people_even_and_says_so(raster):
    band = raster(np.ones((3, 3)), west=100.0, north=30.0, side=0.0009)
    placed = weights.place(made(BLOCK, area.Sources(people_raster=(band,))), cell=50)
    assert (placed.demand["people_60"] == 1).all()
    assert "Nothing says where in B" in placed.notes[0]["en"]


# The command.


@pytest.fixture
def hexi_with_homes(hexi, monkeypatch):
    """Hexi as the command reads it, with homes of which those of 'Taoyuan' stand in one place."""
    left, bottom, right, top = hexi.streets.total_bounds
    at = shapely.points(np.random.default_rng(8).uniform([left, bottom], [right, top], (900, 2)))
    homes = gpd.GeoDataFrame(
        {"people_60": np.arange(1.0, len(at) + 1)}, geometry=at, crs=hexi.crs
    ).clip(hexi.streets.union_all())
    homes.attrs["file"] = "homes.csv"
    study = dataclasses.replace(hexi, sources=area.Sources(residences=homes))
    monkeypatch.setattr("carecircles.area.read_area", lambda *_, **__: study)
    return study


def test_people_and_totals_on_the_command_line(tmp_path, hexi_with_homes, hexi_cells):
    def evaluated(*options):
        done = run("evaluate", "--format", "json", *options, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    even = evaluation.of_district(hexi_cells)["covered_people_60_share"]
    by_homes, evenly = evaluated(), evaluated("--people", "even")
    assert by_homes["placed"]["people_60"] == {"residences": 1.0}
    assert by_homes["placed"]["files"] == {"residences": ["homes.csv"]}
    for record in (by_homes, evenly):
        assert record["district"]["people_60"] == 230_176
        assert record["placed"]["covered_people_60_share_even"] == pytest.approx(even, abs=1e-6)
    assert evenly["district"]["covered_people_60_share"] == pytest.approx(even, abs=1e-6)
    assert abs(by_homes["district"]["covered_people_60_share"] - even) > 0.001
    assert "homes.csv counts" in by_homes["notes"][-1]

    told = hexi_with_homes.sources.residences["people_60"].sum()
    counted = evaluated("--totals", "residences")
    assert counted["district"]["people_60"] == pytest.approx(told)
    table = run("evaluate", "--lang", "zh", cwd=tmp_path).stdout
    assert "人口的安置依据：按住宅（homes.csv，100 %）" in table
    for command in (["gaps"], ["whatif", "taoyuan-2023"], ["map"]):
        assert "by residences" in run(*command, cwd=tmp_path).stdout.replace("\n", " ")


def test_a_source_that_is_not_there(tmp_path):
    said = refused("evaluate", "--people", "people_grid", "--totals", "grid", cwd=tmp_path)
    assert "placed by 'people_grid'; the study area has even" in said
    assert "no file of people_grid counts people" in said
    said = refused("evaluate", "--people", "communities", "--lang", "zh", cwd=tmp_path)
    assert "该区域可用的有 even" in said
