"""A city that is not there, for the gallery: 36 streets round a middle, 60 centres."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from carecircles import area

CRS = "EPSG:32650"
_MIDDLE = (450_000.0, 4_000_000.0)
_RADIUS_M, _RINGS, _SECTORS = 6_000.0, 4, 9
_CENTRES = 60


def write(folder):
    """
    The city's files: streets, people of each (denser in the middle, the same every time), centres along the densest.

    Everything in it is invented by these lines and says so.
    """
    folder = Path(folder)
    folder.mkdir()
    rng = np.random.default_rng(36)
    ring, sector = np.divmod(np.arange(_RINGS * _SECTORS), _SECTORS)
    shapes = [_street(r, s) for r, s in zip(ring.tolist(), sector.tolist(), strict=True)]
    streets = gpd.GeoDataFrame(
        {
            "code": [f"C{n:02d}" for n in range(1, len(shapes) + 1)],
            "name": [f"第{r + 1}环第{s + 1}街道" for r, s in zip(ring, sector, strict=True)],
            "name_en": [f"Ring {r + 1}, street {s + 1}" for r, s in zip(ring, sector, strict=True)],
            "basis": "assumed",
            "source": "invented",
        },
        geometry=shapes,
        crs=CRS,
    )
    km2 = streets.area / 1e6
    people = np.round(km2 * 16_000 * np.exp(-0.55 * ring) * rng.uniform(0.7, 1.3, len(ring)), -1)
    told = {"basis": "assumed", "source": "invented", "age_basis": "assumed"}
    counts = {"people": people, "people_60": people * 0.28, "people_65": people * 0.19}
    population = pd.DataFrame(
        {"code": streets["code"], **counts, "people_80": people * 0.04, **told}
    )
    lived = rng.choice(len(ring), _CENTRES, p=people / people.sum())
    at = gpd.GeoSeries([_inside(shapes[n], rng) for n in lived], crs=CRS).to_crs(4326)
    centres = pd.DataFrame(
        {
            "id": [f"Z{n:02d}" for n in range(1, _CENTRES + 1)],
            "name": [f"{n}号中心" for n in range(1, _CENTRES + 1)],
            "name_en": [f"Centre {n}" for n in range(1, _CENTRES + 1)],
            "street": streets["code"].to_numpy()[lived],
            "lon": at.x.round(5),
            "lat": at.y.round(5),
            "services": "meals;medical",
            "services_basis": "assumed",
            "basis": "assumed",
            "source": "invented",
        }
    )
    streets.to_crs(4326).to_file(folder / "streets.geojson", driver="GeoJSON")
    population.round(0).to_csv(folder / "population.csv", index=False)
    centres.to_csv(folder / "centres.csv", index=False)
    (folder / "area.toml").write_text(
        'name = "虚构之城"\nname_en = "A city that is not there"\nlicence = "Invented data."\n'
        '[standard]\nmetres = 700\nminutes = 15\n[datum]\ncentres = "wgs84"\nstreets = "wgs84"\n',
        encoding="utf-8",
    )
    area.read_area(folder)


def _street(ring, sector):
    """A piece of a ring."""
    inner, outer = (np.sqrt(n / _RINGS) * _RADIUS_M for n in (ring, ring + 1))
    turn = np.linspace(sector, sector + 1, 13) * 2 * np.pi / _SECTORS
    arc = np.column_stack([np.cos(turn), np.sin(turn)])
    border = [*(outer * arc), *((inner * arc)[::-1] if ring else [(0.0, 0.0)])]
    return shapely.Polygon(np.array(border) + _MIDDLE)


def _inside(shape, rng):
    """A place somewhere in a street."""
    left, low, right, high = shape.bounds
    while True:
        point = shapely.Point(rng.uniform(left, right), rng.uniform(low, high))
        if shape.contains(point):
            return point


if __name__ == "__main__":
    import sys

    write(sys.argv[1])
