"""
What an area larger than memory costs by its size: python -m tests.blocks_runs TIMES [near] [CENTRES] prints a row of CSV.

A made-up plain of so many times 110 x 110 km in cells of 50 m, with 64 streets of all shapes and 2,000 centres in each
110 x 110 km, or so many in all. With `near` distances are left out. Figures of its 30 provinces are counted, too.
`docs/static/blocks.csv` has such rows, each of a process of its own.
"""

import dataclasses
import resource
import sys
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import area, blocks, counts, datasets
from tests.conftest import CRS

COLUMNS = "cells,centres,streets,asked,cpu_s,ns_a_cell,peak_mb"


def plain(times: float, centres: int | None = None) -> area.StudyArea:
    """A plain so many times as large as a city."""
    rng, wide = np.random.default_rng(0), 110_000 * times**0.5 // 50 * 50
    many, few = int(2000 * times) if centres is None else centres, int(64 * times)
    corner = np.array([500_000.0, 4_300_000.0])
    whole = shapely.box(*corner, *(corner + wide))
    seeds = shapely.MultiPoint(corner + rng.uniform(0, wide, (few, 2)))
    shapes = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=whole))
    codes = pd.Index([f"S{n}" for n in range(few)], name="code")
    part = (shapely.get_coordinates(shapely.centroid(shapes)) - corner) // (wide / np.array([6, 5]))
    province = [f"{10 + int(6 * up + across)}" for across, up in part]
    streets = gpd.GeoDataFrame(
        {"name": codes, "name_en": codes, "basis": "known", "source": "", "province": province},
        geometry=shapely.intersection(shapes, whole),
        index=codes,
        crs=CRS,
    )
    groups = ("people", "people_60", "people_65", "people_80")
    people = {g: rng.integers(1000, 90_000, few) for g in groups}
    hexi = datasets.load("hexi")
    points = gpd.points_from_xy(*(corner + rng.uniform(0, wide, (many, 2))).T, crs=CRS)
    ids = pd.Index([f"F{n}" for n in range(many)], name="id")
    places = hexi.facilities.iloc[np.arange(many) % len(hexi.facilities)].set_axis(ids)
    places = places.set_geometry(points)
    homes = places[["geometry"]].sjoin(streets[["geometry"]], how="left")["code"]
    return dataclasses.replace(
        hexi,
        boundary=gpd.GeoDataFrame(geometry=[whole], crs=CRS),
        streets=streets,
        population=pd.DataFrame(people | {"basis": "known", "age_basis": "known"}, index=codes),
        facilities=places.assign(street=homes[~homes.index.duplicated()]),
        places=None,
        sources=area.Sources(),
    )


def main() -> None:
    times, *how = sys.argv[1:]
    is_far, many = "near" not in how, [int(word) for word in how if word.isdigit()]
    study = plain(float(times), *many)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    plan = blocks.evaluate(study, cell=50, distances=is_far)
    counts.by_units(plan, [study.streets["province"]])
    seconds = time.process_time() - start
    lattice = counts.lattice_of(plan)
    cells = lattice.rows * lattice.cols
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    size = f"{cells},{len(study.facilities)},{len(study.streets)}"
    asked = "all" if is_far else "shares and people"
    print(f"{size},{asked},{seconds:.2f},{seconds / cells * 1e9:.1f},{peak:.0f}")
    print(f"before it began: {before * 1024 / 1e6:.0f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
