"""
Write the example files of where people live, how they walk and what else is near into `homes/`, `walk/` and
`facilities/` of `data/template/`.

Run it as `python seeds/make_template.py [DIRECTORY]`. All of it is invented and drawn by hand in degrees
over the four square streets of the template; there is no chance in it, so a second run gives the same bytes.
"""

import json
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "data" / "template"
LEFT, BOTTOM, WIDE, HIGH = 110.0, 35.0, 0.016, 0.014  # of the streets, two by two
OLDER = {"S1": 8400, "S2": 7000, "S3": 5600, "S4": 3000}  # as population.csv
NAMES = {"S1": "东风", "S2": "人民", "S3": "和平", "S4": "新华"}
RESIDENCES = [  # street, name, place in its street (shares of its width and height), households, floors
    ("S1", "东风一里", 0.2, 0.3, 1200, 6),
    ("S1", "东风二里", 0.3, 0.7, 900, 6),
    ("S1", "河畔家园", 0.8, 0.6, 2100, 18),
    ("S2", "人民新村", 0.3, 0.3, 1500, 11),
    ("S2", "育才公寓", 0.7, 0.5, 1100, 24),
    ("S3", "和平里", 0.25, 0.4, 1600, 6),
    ("S3", "和平东里", 0.6, 0.75, 800, 6),
    ("S4", "新华苑", 0.4, 0.3, 1300, 18),
]
LOW = 6  # floors, up to which houses have no lift
RIVER = 110.0083  # runs from south to north, with a bank on either side
BANKS = (110.0074, 110.0092)
STAIRS = (110.0075, 110.0091)  # between which and the banks a footbridge has its stairs
BRIDGES = {35.006: "residential", 35.02: "footway"}  # by latitude
FACILITIES = {  # of each kind: name, place in its street as above
    "childcare": [("东风托育园", "S1", 0.5, 0.6), ("新华托育园", "S4", 0.3, 0.4)],
    "culture": [("人民文化站", "S2", 0.4, 0.5), ("东风图书馆", "S1", 0.6, 0.5)],
    "health": [("东风卫生服务站", "S1", 0.4, 0.4), ("人民卫生服务站", "S2", 0.6, 0.6), ("和平卫生服务站", "S3", 0.6, 0.6)],
    "sport": [("东风健身广场", "S1", 0.6, 0.6), ("新华体育场", "S4", 0.5, 0.2)],
}  # fmt: skip


def main(target: Path) -> None:
    """Write homes/, walk/ and facilities/."""
    write_homes(target / "homes")
    write_walk(target / "walk")
    write_facilities(target / "facilities")


def write_facilities(target: Path) -> None:
    """Write a file for each kind: tables with lon and lat, and health.geojson with points."""
    target.mkdir(parents=True, exist_ok=True)
    for kind, places in FACILITIES.items():
        rows = [(name, code, *corner(code, x, y)) for name, code, x, y in places]
        if kind == "health":
            about = {"basis": "assumed", "source": "invented example"}
            points = [
                ({"name": name, "street": code, **about}, [lon, lat])
                for name, code, lon, lat in rows
            ]
            write(points, target / "health.geojson", "Point")
            continue
        lines = [",".join(map(str, [*row, "assumed", "invented example"])) for row in rows]
        write_rows(["name,street,lon,lat,basis,source", *lines], target / f"{kind}.csv")


def write_walk(target: Path) -> None:
    """Write network.geojson, barriers.geojson, crossings.csv and rests.csv."""
    target.mkdir(parents=True, exist_ok=True)
    east, north = LEFT + 2 * WIDE, BOTTOM + 2 * HIGH
    ways = []
    for n in range(17):
        lon = round(LEFT + n * 0.002, 6)
        if not BANKS[0] < lon < BANKS[1]:
            ways.append(({"highway": "residential"}, [[lon, BOTTOM], [lon, round(north, 6)]]))
    for lon in BANKS:
        ways.append(({"highway": "footway"}, [[lon, BOTTOM], [lon, round(north, 6)]]))
    for n in range(15):
        lat = round(BOTTOM + n * 0.002, 6)
        for west, end in ((LEFT, BANKS[0]), (BANKS[1], round(east, 6))):
            ways.append(({"highway": "residential"}, [[west, lat], [end, lat]]))
        if lat in BRIDGES:
            on_foot = BRIDGES[lat] == "footway"
            over = STAIRS if on_foot else BANKS
            level = {"bridge": "yes", "layer": "1"}
            ways.append(({"highway": BRIDGES[lat], **level}, [[lon, lat] for lon in over]))
            for ends in zip(BANKS, STAIRS, strict=True) if on_foot else ():
                kind = {"highway": "steps", "step_count": "32", **level}
                ways.append((kind, [[lon, lat] for lon in ends]))
    ways.append(({"highway": "motorway"}, [[LEFT, 35.027], [round(east, 6), 35.027]]))
    write(ways, target / "network.geojson", "LineString")
    shore = [[RIVER, BOTTOM], [RIVER, round(north, 6)]]
    write(
        [({"name": "河", "source": "invented example"}, shore)],
        target / "barriers.geojson",
        "LineString",
    )
    rows = ["name,lon,lat,source"]
    rows += [f"桥{n},{RIVER},{lat},invented example" for n, lat in enumerate(BRIDGES, start=1)]
    write_rows(rows, target / "crossings.csv")
    rows = ["name,lon,lat,source"]
    rows += [f"座椅{n + 1},{LEFT + n * 0.001:.3f},35.006,invented example" for n in range(17)]
    write_rows(rows, target / "rests.csv")


def write_homes(target: Path) -> None:
    """Write residences.csv, communities.geojson, people_grid.geojson and uninhabited.geojson."""
    target.mkdir(parents=True, exist_ok=True)
    rows = ["id,name,street,lon,lat,households,floors,lift,use,source"]
    for n, (code, name, x, y, households, floors) in enumerate(RESIDENCES, start=1):
        lon, lat = corner(code, x, y)
        about = f"{households},{floors},{'yes' if floors > LOW else 'no'},residential"
        rows.append(f"R{n},{name},{code},{lon},{lat},{about},invented example")
    rows.append("R9,新华商厦,S4,110.0280,35.0240,0,5,yes,office,invented example")
    write_rows(rows, target / "residences.csv")

    halves = [
        ({"code": f"{code}-{n}", "name": f"{NAMES[code]}社区{n}", "street": code, "people_60": count,
          "basis": "assumed", "source": "invented example"}, rectangle(code, left, 0, right, 1))
        for code in ("S1", "S2")
        for n, count, left, right in (
            (1, OLDER[code] * 2 // 5, 0, 0.5), (2, OLDER[code] - OLDER[code] * 2 // 5, 0.5, 1),
        )
    ]  # fmt: skip
    write(halves, target / "communities.geojson")

    squares = [
        ({"id": f"{code}{col}{row}", "people_60": OLDER[code] * share // 10},
         rectangle(code, col / 2, row / 2, col / 2 + 0.5, row / 2 + 0.5))
        for code in OLDER
        for (col, row), share in (((0, 0), 4), ((1, 0), 3), ((0, 1), 2), ((1, 1), 1))
    ]  # fmt: skip
    write(squares, target / "people_grid.geojson")

    empty = [
        ({"name": "河", "source": "invented example"}, rectangle("S1", 0.48, 0, 0.56, 1)),
        ({"name": "新华公园", "source": "invented example"}, rectangle("S4", 0.5, 0.5, 0.9, 0.9)),
    ]
    write(empty, target / "uninhabited.geojson")


def corner(code: str, x: float, y: float) -> tuple[float, float]:
    """Degrees of a place in a street, given in shares of its width and height."""
    col, row = (int(code[1]) - 1) % 2, (int(code[1]) - 1) // 2
    return round(LEFT + (col + x) * WIDE, 6), round(BOTTOM + (row + y) * HIGH, 6)


def rectangle(code: str, left: float, bottom: float, right: float, top: float) -> list:
    west, south = corner(code, left, bottom)
    east, north = corner(code, right, top)
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def write_rows(rows: list[str], path: Path) -> None:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8", newline="\n")


def write(features: list[tuple[dict, list]], path: Path, kind: str = "Polygon") -> None:
    """One feature a line, so that a change can be read."""
    lines = [
        json.dumps(
            {"type": "Feature", "properties": properties,
             "geometry": {"type": kind, "coordinates": places}},
            ensure_ascii=False,
        )
        for properties, places in features
    ]  # fmt: skip
    text = '{"type": "FeatureCollection", "features": [\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
