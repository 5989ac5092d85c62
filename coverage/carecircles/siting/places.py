"""Where places are added so that as few people as possible are left over: at new centres or at old ones, by price."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from carecircles import io, load, reach
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.io._amounts import amounts_of
from carecircles.io._columns import CENTRE_COLUMNS
from carecircles.io._formats import read_raw
from carecircles.io.read import sought_in
from carecircles.load import Load
from carecircles.plan import Plan
from carecircles.reach import CostTable
from carecircles.siting.candidates import read_candidates
from carecircles.siting.distances import minimize_cost
from carecircles.siting.rules import Rules
from carecircles.siting.search import Search
from carecircles.words import Sentence, listed

ENLARGES = ("enlarge", "扩建中心", "扩建对象", "扩建", "扩容中心")
_SAME = 1e-7  # by which two sums of the same may differ, as a share


@dataclass(frozen=True, eq=False)
class PlacesSiting:
    """
    Which options of a budget leave fewest people over.

    Attributes
    ----------
    kind
        What people need a place of, one of `io.KINDS`.
    sites
        The options to take, the dearest first, indexed by id: name, name_en, street, price, enlarges (the centre,
        '' of a new one), places (what it holds then), more (what that is more), lon, lat.
    price
        Of all of them.
    before, after
        `load.by_transport` of the centres as they are and with the options.
    status
        'optimal', or what the search ended with.
    """

    kind: str
    sites: pd.DataFrame
    price: float
    before: Load = field(repr=False)
    after: Load = field(repr=False)
    status: str


def read_options(
    path: io.Source, *, folder: str | Path, plan: Plan, kind: str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    New centres and enlarged ones to choose from, from a file like one of centres, held against a study area.

    Parameters
    ----------
    path
        As in `io.read_centres`, with a column of the kind (what the centre holds then), `price` and, for what
        enlarges a centre, `enlarges` with its id; such a row needs no place.
    folder, plan, datum
        As in `read_candidates`.
    kind
        One of `io.KINDS`.

    Returns
    -------
    options
        Indexed by `id`: name, name_en, street, lon, lat, price, enlarges, places (what it holds then), more (what
        that is more), geometry.

    Raises
    ------
    ValidationError
        With every problem of the file: centres that are not there, that hold as much already or do not say how
        much, two rows for one of them, no price, no places.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> table = pd.DataFrame({"id": ["E"], "enlarges": ["A1"], "capacity": [300], "price": [50]})
    >>> folder = datasets.folder("template")
    >>> siting.read_options(table, folder=folder, plan=asis, kind="capacity")["more"].to_dict()
    {'E': 180.0}
    """
    columns = {**CENTRE_COLUMNS, "enlarges": ENLARGES}
    raw = read_raw(path, sought_in("centres", columns))
    file = raw.attrs["file"]
    frame, problems = _checks.columns(raw, columns, file=file)
    frame = frame.copy()
    for column in ("id", "enlarges", "name", kind, "price"):
        if column not in frame:
            frame[column] = ""
    if not _checks.text(frame["id"]).any():
        frame["id"] = [str(n) for n in range(1, len(frame) + 1)]
    ids, wrong = _checks.identities(frame, "id", file=file)
    problems += wrong
    told = _checks.text(frame["enlarges"])
    is_larger = told != ""
    amounts, wrong = amounts_of(frame, file=file)
    problems += wrong
    then, price = amounts[kind], amounts["price"]
    problems += _absent(frame, kind, then, file) + _absent(frame, "price", price, file)
    facilities = plan.area.facilities
    problems += _unfit(told[is_larger], then, facilities[kind], file=file)
    if problems:
        raise ValidationError(problems)
    enlarged = facilities.loc[told[is_larger]].set_axis(pd.Index(ids[is_larger], name="id"))
    degrees = io.as_written(enlarged.geometry)[1]
    made = (
        [enlarged[["name", "name_en", "street"]].join(degrees).set_geometry(enlarged.geometry)]
        if len(enlarged)
        else []
    )
    notes: list[Any] = []
    if not is_larger.all():
        new = frame[~is_larger].drop(columns="enlarges")
        new.attrs = {}
        found = read_candidates(new, folder=folder, plan=plan, datum=datum)
        notes = found.attrs["notes"]
        made.append(found[["name", "name_en", "street", "lon", "lat", "geometry"]])
    options = gpd.GeoDataFrame(pd.concat(made), crs=facilities.crs).loc[ids]
    more = then.to_numpy() - np.where(
        is_larger, facilities[kind].reindex(told).fillna(0.0).to_numpy(), 0.0
    )
    options = options.assign(
        price=price.to_numpy(), enlarges=told.to_numpy(), places=then.to_numpy(), more=more
    )
    options.attrs["notes"] = notes
    return options


def _absent(frame: pd.DataFrame, column: str, values: pd.Series, file: str) -> list[Sentence]:
    """Rows that do not say what they have to."""
    is_blank = _checks.text(frame[column]) == ""
    return _checks.complain(
        file,
        frame.index[is_blank & values.isna()],
        Sentence(f"{column} is empty", zh=f"{column} 为空"),
        Sentence("fill it in, such as 80", zh="请补填，例如 80"),
    )


def _unfit(told: pd.Series, then: pd.Series, now: pd.Series, *, file: str) -> list[Sentence]:
    """Rows that enlarge a centre which is not there, holds as much or says nothing, or is enlarged twice."""
    known = told.isin(now.index)
    held = pd.Series(now.reindex(told).to_numpy(), index=told.index)
    mend = Sentence("write what it holds then, in all", zh="请填写扩建后的总数")
    shown = listed(map(str, now.index[:3]))
    checks = (
        (
            ~known,
            Sentence("there is no such centre to enlarge", zh="没有可扩建的此中心"),
            Sentence(f"ids look like {shown}", zh=f"编号形如 {shown.zh}"),
        ),
        (
            known & told.duplicated(keep=False),
            Sentence("the centre is enlarged more than once", zh="同一中心扩建多次"),
            Sentence("keep one row for it", zh="请只保留一行"),
        ),
        (
            known & held.isna(),
            Sentence("nobody says how much the centre holds now", zh="未注明该中心现有数量"),
            Sentence("fill it in in the file of centres", zh="请在中心文件中补填"),
        ),
        (
            known & (then[told.index] <= held),
            Sentence("the centre holds as much already", zh="该中心已有这么多"),
            mend,
        ),
    )
    return [
        line
        for is_wrong, what, how in checks
        for line in _checks.complain(file, told.index[is_wrong], what, how, values=told[is_wrong])
    ]


def site_places(
    plan: Plan,
    options: gpd.GeoDataFrame,
    people: pd.Series,
    *,
    kind: str,
    budget: float,
    search: Search | None = None,
) -> PlacesSiting:
    """
    The options within a budget by which fewest people are left over, and of these who then go the shortest way.

    Enlarging a centre adds a place at the same point; `minimize_cost` with capacities chooses, what nobody
    serves counting more than all ways together can grow (`load.by_transport`). An option that helps nobody is
    not taken.

    Parameters
    ----------
    plan
        The plan as it is. A centre that does not say how much it holds takes nobody in.
    options
        From `read_options`, or of your own with price, enlarges, places and more.
    people
        Persons in need by cell, as from `load.in_need`.
    kind
        One of `io.KINDS`.
    budget
        What may be spent, in the unit of the prices.
    search
        How long to search; 60 seconds for the best plan if None.

    Raises
    ------
    ValidationError, TimeoutError, SolverError
        As `minimize_cost`.

    Examples
    --------
    >>> from carecircles import datasets, grid, plan, siting
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> table = pd.DataFrame({"id": ["E"], "enlarges": ["A1"], "capacity": [300], "price": [50]})
    >>> folder = datasets.folder("template")
    >>> larger = siting.read_options(table, folder=folder, plan=asis, kind="capacity")
    >>> people = asis.cells["people_60"]
    >>> found = siting.site_places(asis, larger, people, kind="capacity", budget=50)
    >>> found.sites.index.tolist(), round(found.after.cells["served"].sum())
    (['E'], 300)
    """
    now = plan.area.facilities[kind].astype(float)
    known = now.dropna()
    before = load.by_transport(people, plan.cost, now)
    asked = people > 0
    demand = pd.DataFrame({"people": people[asked]})
    table = _table(plan, options, demand, known.index)
    new = options[~options.index.isin(known.index)]
    count = len(known) + len(new)
    beyond = (count + 1) * max(1.0, float(table.table.max()) if len(table.table) else 1.0)
    rules = Rules(
        required=known.index,
        candidates=options.index,
        prices=options["price"],
        budget=budget,
        capacities=pd.concat([known, options["more"].astype(float)]),
    )
    found = minimize_cost(
        demand, table.table, new=None, beyond=beyond, weight="people", rules=rules, search=search
    )
    taken = list(options.loc[found.sites.index].sort_values("price", ascending=False).index)
    after = _with(options.loc[taken], people, table, now)
    for label in tuple(taken):
        fewer = [one for one in taken if one != label]
        tried = _with(options.loc[fewer], people, table, now)
        if _worth(tried, table, beyond) <= _worth(after, table, beyond) * (1 + _SAME):
            taken, after = fewer, tried
    sites = pd.DataFrame(options.loc[taken].drop(columns="geometry"))
    return PlacesSiting(kind, sites, float(sites["price"].sum()), before, after, found.status)


def _table(
    plan: Plan, options: gpd.GeoDataFrame, demand: pd.DataFrame, known: pd.Index
) -> CostTable:
    """Who reaches the centres that say how much they hold, and the options; what enlarges stands where its centre does."""
    cells = plan.cells.loc[demand.index]
    new = plan.reach(cells, options, cutoff=plan.cost.cutoff)
    own = plan.cost.table[plan.cost.table.index.get_level_values(1).isin(known)]
    return reach.joined(
        cells,
        CostTable(own, plan.cost.cutoff, plan.cost.unit),
        new,
        facilities=known.append(options.index),
    )


def _with(taken: pd.DataFrame, people: pd.Series, table: CostTable, now: pd.Series) -> Load:
    """The load of the centres with some options."""
    places = pd.concat([now.dropna(), taken["more"].astype(float)])
    return load.by_transport(people, table, places)


def _worth(made: Load, table: CostTable, beyond: float) -> float:
    """People times their way, who is left over counting as so far."""
    ways = table.table.reindex(made.flows.index).to_numpy() @ made.flows.to_numpy()
    waits = made.cells["need"].sum() - made.cells["served"].sum()
    return float(ways + beyond * waits)


def steps_of_places(found: PlacesSiting) -> dict[str, Any]:
    """
    The options as plain values of a scenario, `name` and `step`, for `scenario.parse`.

    Examples
    --------
    >>> sites = pd.DataFrame({"enlarges": ["A1"], "places": [300.0]}, index=["E"])
    >>> steps_of_places(PlacesSiting("capacity", sites, 50.0, None, None, "optimal"))["step"]
    [{'enlarge': 'A1', 'capacity': 300.0}]
    """
    steps: list[dict[str, Any]] = []
    for label, row in found.sites.to_dict("index").items():
        if row["enlarges"]:
            steps.append({"enlarge": row["enlarges"], found.kind: float(row["places"])})
            continue
        place = {"lon": float(row["lon"]), "lat": float(row["lat"]), "datum": "wgs84"}
        named = {"name": row["name"], "name_en": row["name_en"] or row["name"]}
        steps.append({"open": str(label), **named, **place, found.kind: float(row["places"])})
    new = sum("open" in step for step in steps)
    larger = len(steps) - new
    return {
        "name": f"新建 {new} 处、扩建 {larger} 处",
        "name_en": f"{new} new, {larger} enlarged",
        "step": steps,
    }
