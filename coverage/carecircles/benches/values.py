"""Benches as an answer: where they stand, and how good they are."""

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd


@dataclass(frozen=True, eq=False)
class Benches:
    """
    Places for new benches, and how good they are, in persons of the group they were found for.

    Attributes
    ----------
    seats
        The places in the order in which to build: name, name_en, street, lon, lat, geometry, marginal
        (people the bench adds to those covered before it stands) and cumulative (people covered then).
    stretch
        Metres that are walked without a seat at most.
    asked
        The number of benches asked for; there are fewer where more would not help.
    existing, candidates
        How many seats there are already, and how many places for new ones were looked at.
    covered, covered_before
        People within reach with the benches and without them.
    bound
        More people within reach than this no choice of so many benches can bring.
    every
        People within reach if a bench stood at every place.
    total
        All people.
    status
        'optimal' where the bound is met; 'searched', 'time limit' or 'stopped' where a better choice may
        be there.
    """

    seats: gpd.GeoDataFrame = field(repr=False)
    stretch: float
    asked: int
    existing: int
    candidates: int
    covered: float
    covered_before: float
    bound: float
    every: float
    total: float
    status: str


def steps_of(found: Benches) -> dict[str, Any]:
    """
    The benches as plain values of a scenario, `name`, `name_en` and `step`, for `scenario.parse`.

    Examples
    --------
    >>> at = gpd.GeoDataFrame({"lon": [117.2], "lat": [39.1]}, index=["B7"], geometry=gpd.points_from_xy([0], [0]))
    >>> found = Benches(at, 100, 1, 0, 9, 5.0, 0.0, 5.0, 8.0, 10.0, "optimal")
    >>> steps_of(found)["step"]
    [{'rebuild': 'B7', 'with': 'bench', 'place': 'POINT (117.2 39.1)'}]
    """
    places = found.seats[["lon", "lat"]].to_dict("index")
    count = len(places)
    return {
        "name": f"{count} 个新增座椅",
        "name_en": f"{count} new bench{'es' * (count != 1)}",
        "step": [
            {
                "rebuild": str(label),
                "with": "bench",
                "place": f"POINT ({row['lon']:.10g} {row['lat']:.10g})",
            }
            for label, row in places.items()
        ],
    }
