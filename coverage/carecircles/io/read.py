"""
Files in, validated frames in one projected CRS out.

Reads CSV (UTF-8 with or without BOM, UTF-16, GB18030), Excel, GeoJSON, GeoPackage, Shapefile, FlatGeobuf and
(Geo)Parquet. What was understood of a file (format, encoding, columns, datum) travels in the frame's
`attrs`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, TypeVar

import geopandas as gpd
import pandas as pd
import pyproj

from carecircles import _mends
from carecircles.errors import ValidationError
from carecircles.io import _checks, _years
from carecircles.io._amounts import KINDS, amounts_of, states_of
from carecircles.io._columns import (
    ABOUT,
    BASES,
    BOUNDARY_COLUMNS,
    CENTRE_COLUMNS,
    COLUMNS,
    LEVELS,
    LIVED_IN,
    MEASURES,
    NEED_COLUMNS,
    NEEDED,
    PLACE_COLUMNS,
    POPULATION_COLUMNS,
    STREET_COLUMNS,
    USUAL_COLUMNS,
    absent,
    figures,
    no_column,
    population_columns,
    residence_columns,
    services_of,
    spellings_of,
    summed,
    unknown,
)
from carecircles.io._formats import FORMATS, parted, read_raw
from carecircles.io._points import points_of, polygons_of
from carecircles.io._table import Sought, is_whole_total
from carecircles.io._windows import Around
from carecircles.io._workbook import sheets
from carecircles.people import GROUPS, USUAL, Group, columns_of, headline
from carecircles.words import Sentence, Text, listed

Frame = TypeVar("Frame", bound=pd.DataFrame)
_NEAR = 10_000.0  # metres; more than neighbours are away and a datum is off
Source: TypeAlias = str | Path | pd.DataFrame  # a file, or what was one


def read_centres(
    path: Source,
    *,
    crs: pyproj.CRS | str,
    datum: str | None = None,
    around: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """
    Centres from a file, as points in `crs`.

    Parameters
    ----------
    path
        CSV, Excel or (Geo)Parquet with columns `lon` and `lat` in degrees, or GeoJSON, GeoPackage,
        Shapefile, FlatGeobuf or GeoParquet with points. Column names in English or Chinese. `FILE.xlsx#SHEET`
        names a sheet; without it the one that fits is taken. A frame with the same columns is
        checked like a file.
    crs
        The projected CRS in metres to compute in.
    datum
        Datum of the file's coordinates, one of `datum.DATUMS`; a `datum` column in the file says
        the same. Where neither does, WGS84 is taken and `attrs["datum_declared"]` is False.
    around
        The streets: of a FlatGeobuf or a GeoParquet with bounding boxes that has more than 10,000 rows, such as one of
        a nation, only what lies in the rectangle around them, or 10 km from it, is read, and `attrs["of"]` is how many rows
        it has.

    Returns
    -------
    facilities
        Indexed by `id`: name, name_en, street (as written), services, services_basis, opened and
        closed (dates), capacity (persons), day_places, beds and of these beds_medical, beds_rehabilitation
        and beds_family (numbers, NaN where the file says none), area_m2 (floor area), price (of opening it),
        state ('kept', 'new', 'converted', 'enlarged' or ''), floor (as written), term ('near', 'far' or ''),
        position (what kind of address it was found by, see `positions`), position_error_m, basis, source,
        row, geometry.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> from carecircles import datasets, io
    >>> path = datasets.folder("template") / "centres.csv"
    >>> io.read_centres(path, crs="EPSG:32649").index.tolist()
    ['A1', 'A2', 'A3']
    """
    near = None
    if around is not None and around.crs is not None:
        left, bottom, right, top = (float(at) for at in around.total_bounds)
        near = Around((left - _NEAR, bottom - _NEAR, right + _NEAR, top + _NEAR), around.crs)
    file, frame, problems = _open(path, CENTRE_COLUMNS, role="centres", around=near)
    if "id" not in frame:
        frame["id"] = [str(n) for n in range(1, len(frame) + 1)]
        frame.attrs["ids_given"] = False
        if "name" not in frame:
            told = f"{file}: there is no id and no name column; {_mends.ADD_ONE}."
            zh = f"{file}：缺少列 id、name；{_mends.ADD_ONE.zh}。"
            problems.append(Sentence(told, zh=zh))
    ids, wrong = _checks.identities(frame, "id", file=file)
    for column in ("opened", "closed"):
        frame, said = _checks.without_serials(frame, column)
        frame.attrs["taken"] = [*frame.attrs["taken"], *said]
    facilities, more = centres_of(frame, file=file, crs=crs, datum=datum)
    facilities.index = ids.rename("id")
    return _sound(facilities, [*problems, *wrong, *more])


def centres_of(
    frame: pd.DataFrame, *, file: str, crs: pyproj.CRS | str, datum: str | None = None
) -> tuple[gpd.GeoDataFrame, list[Sentence]]:
    """
    Centres from a table with our column names, and what is wrong with it.

    Parameters
    ----------
    frame
        One row a centre, with `id`; the index labels rows for the sentences about them.
    file
        What the sentences call the table.
    crs, datum
        As in `read_centres`.

    Returns
    -------
    facilities, problems
        The frame of `read_centres`, and sentences.

    Examples
    --------
    >>> table = pd.DataFrame({"id": ["A"], "name": ["Home"], "lon": [117.2], "lat": [39.1]})
    >>> centres, problems = centres_of(table, file="mine", crs="EPSG:4548")
    >>> centres["name"].to_dict(), problems
    ({'A': 'Home'}, [])
    """
    problems: list[Sentence] = []
    ids = _checks.text(frame["id"])
    points, wrong = points_of(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    opened, wrong = _checks.dates(frame, "opened", file=file, last_day=True)
    problems += wrong
    closed, wrong = _checks.dates(frame, "closed", file=file, last_day=False)
    problems += wrong
    earliest, _ = _checks.dates(frame, "opened", file=file, last_day=False)
    latest, _ = _checks.dates(frame, "closed", file=file, last_day=True)
    is_backward = latest < earliest
    problems += _checks.complain(
        file,
        frame.index[is_backward],
        Sentence("closed is before opened", zh="closed 早于 opened"),
        _mends.CORRECT_ONE,
    )
    amounts, wrong = amounts_of(frame, file=file)
    problems += wrong
    states, wrong = states_of(frame, file=file)
    problems += wrong
    if len(_checks.units_in(frame, "price")) > 1:
        told = f"{file}: price is in more than one unit; write all of it in the same."
        zh = f"{file}：price 的单位不止一种；请统一单位。"
        problems.append(Sentence(told, zh=zh))

    names = _kept(frame, "name")
    table = {
        "name": names.where(names != "", ids),
        "name_en": _kept(frame, "name_en"),
        "street": _checks.cells_of(frame, "street"),
        "services": services_of(_checks.as_it_stands(frame, "services")),
        "services_basis": _basis(frame, "services_basis"),
        "opened": opened,
        "closed": closed,
        **{str(column): amounts[column] for column in amounts.columns},
        "state": states["state"],
        "floor": _checks.cells_of(frame, "floor"),
        "term": states["term"],
        "position": _kept(frame, "position"),
        "basis": _basis(frame),
        "source": _kept(frame, "source"),
        "row": frame.index,
    }
    facilities = gpd.GeoDataFrame(table, geometry=points, crs=crs).set_index(ids.rename("id"))
    facilities.attrs = frame.attrs
    return facilities, problems


def read_streets(
    path: Source, *, crs: pyproj.CRS | str | None = None, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Streets from a file, as polygons in `crs`.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile, FlatGeobuf or GeoParquet with polygons and a column `code` or `name`.
    crs
        The projected CRS in metres to compute in; estimated from the streets (UTM) if None.
    datum
        Datum of the file's coordinates, see `read_centres`.

    Returns
    -------
    streets
        Indexed by `code` (text; the name where the file has no codes): name, name_en, basis,
        source, row, geometry; province, city and district, as far as the file says in which it lies.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> from carecircles import datasets, io
    >>> io.read_streets(datasets.folder("template") / "streets.geojson")["name_en"].to_dict()
    {'S1': 'Dongfeng', 'S2': 'Renmin', 'S3': 'Heping', 'S4': 'Xinhua'}
    """
    file, frame, problems = _open(path, STREET_COLUMNS, role="streets")
    if "code" not in frame and "name" not in frame:
        neither = no_column(("code", "name"))
        problems.append(absent(frame, neither, file=file, mend=_mends.ADD_ONE))
        frame["name"] = [str(n) for n in range(1, len(frame) + 1)]
    if "code" not in frame:
        frame["code"] = frame["name"]
    codes, wrong = _checks.identities(frame, "code", file=file)
    problems += wrong
    polygons, wrong = polygons_of(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    if polygons is None:
        raise ValidationError(problems)
    names = _kept(frame, "name")
    table = {
        "name": names.where(names != "", codes),
        "name_en": _kept(frame, "name_en"),
        "basis": _basis(frame),
        "source": _kept(frame, "source"),
        **{level: _checks.text(frame[level]) for level in LEVELS if level in frame},
        "row": frame.index,
    }
    streets = gpd.GeoDataFrame(table, geometry=polygons, crs=polygons.crs)
    streets = streets.set_index(codes.rename("code"))
    streets.attrs = frame.attrs
    return _sound(streets, problems)


def read_boundary(
    path: Source, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    The outline of a study area from a file, as one polygon in `crs`, with its basis and source.

    See `read_streets` for the formats, the parameters and the errors.

    Examples
    --------
    >>> from carecircles import datasets, io
    >>> path = datasets.folder("template") / "boundary.geojson"
    >>> io.read_boundary(path, crs="EPSG:32649").area.div(1e6).round(1).tolist()
    [9.1]
    """
    file, frame, problems = _open(path, BOUNDARY_COLUMNS, role="boundary")
    polygons, wrong = polygons_of(frame, file=file, crs=crs, declared=datum)
    problems += wrong
    if polygons is None or problems:
        raise ValidationError(problems)
    boundary = gpd.GeoDataFrame(
        {"basis": [_basis(frame).iloc[0]], "source": [_kept(frame, "source").iloc[0]]},
        geometry=[polygons.union_all()],
        crs=crs,
    )
    boundary.attrs = frame.attrs
    return boundary


def read_polygons(
    path: str | Path, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoSeries:
    """
    Polygons from a file, such as parks and water where nothing can be built, in `crs`.

    See `read_streets` for the formats, the parameters and the errors.

    Examples
    --------
    >>> from carecircles import datasets, io
    >>> path = datasets.folder("template") / "streets.geojson"
    >>> len(io.read_polygons(path, crs="EPSG:32649"))
    4
    """
    file, frame, problems = _open(path, ABOUT, role="polygons")
    polygons, wrong = polygons_of(frame, file=file, crs=crs, declared=datum)
    if polygons is None or problems:
        raise ValidationError([*problems, *wrong])
    polygons.attrs = frame.attrs
    return polygons


def read_population(path: Source, *, groups: Sequence[Group] = GROUPS) -> pd.DataFrame:
    """
    People by street and group from a file.

    Parameters
    ----------
    path
        Any of the formats of `read_centres`, with a column `code` or `street` and at least one of
        persons, such as `people_60`; as many more as are known. With a column `year` it has a row a
        street and year.
    groups
        The groups of people that are looked for; one that the area declares as its own has to be there.

    Returns
    -------
    population
        Indexed by `street` (code or name as written): the groups of people, street_name, basis,
        source, age_basis, age_source, row; year, and variation (the coefficient of variation of its people:
        standard deviation over mean, of all groups alike), if the file says it.

    Raises
    ------
    ValidationError
        With every problem of the file.

    Examples
    --------
    >>> from carecircles import datasets, io
    >>> people = io.read_population(datasets.folder("template") / "population.csv")
    >>> people["people_60"].to_dict()
    {'S1': 8400.0, 'S2': 7000.0, 'S3': 5600.0, 'S4': 3000.0}
    """
    file, frame, problems = _open(path, population_columns(groups), role="population")
    key = "code" if "code" in frame else "street"
    if key not in frame:
        either = Sentence("code or street", zh="code 或 street")
        mend = Sentence("say which street a row is", zh="请注明每行是哪个街道")
        problems.append(absent(frame, either, file=file, mend=mend))
        frame[key] = [str(n) for n in range(1, len(frame) + 1)]
    if not columns_of(frame):
        first = headline(groups).column
        mend = Sentence("add those people", zh="请补上该类人口")
        if first == USUAL:
            mend = Sentence("add the people aged 60 and more", zh="请补上60岁及以上人口")
        problems.append(absent(frame, first, file=file, mend=mend))
    for group in groups:
        if group.is_own and group.column not in frame:
            mend = Sentence(
                "add it, or take the group out of area.toml",
                zh="请补上，或从 area.toml 中删去该人群",
            )
            problems.append(absent(frame, group.column, file=file, mend=mend))
    dated: dict[str, pd.Series] = {}
    if "year" in frame:
        dated["year"], wrong = _years.years_of(frame, file=file)
        problems += wrong
        streets, wrong = _years.identities(frame, key, dated["year"], file=file)
    else:
        streets, wrong = _checks.identities(frame, key, file=file)
    problems += wrong
    counts, wrong = _checks.people(frame, groups, file=file)
    problems += wrong
    varied: dict[str, pd.Series] = {}
    if "variation" in frame:
        varied["variation"], wrong = _checks.variation(frame, file=file)
        problems += wrong
    population = counts.assign(
        street_name=_checks.cells_of(frame, "street"),
        basis=_basis(frame),
        source=_kept(frame, "source"),
        age_basis=_basis(frame, "age_basis"),
        age_source=_kept(frame, "age_source"),
        row=frame.index,
        **dated,
        **varied,
    ).set_index(streets.rename("street"))
    population.attrs = frame.attrs
    return _sound(population, problems)


def _sound(frame: Frame, problems: list[Sentence]) -> Frame:
    """The frame, if there is nothing wrong with its file."""
    if problems:
        raise ValidationError(problems, understood=frame)
    return frame


def read_places(
    path: Source, *, crs: pyproj.CRS | str, datum: str | None = None
) -> gpd.GeoDataFrame:
    """
    Places to find one's way by (communities, stations) from a file, as points in `crs`.

    See `read_centres` for the formats, the parameters and the errors. A place may be without a
    point, if it names its street.

    Returns
    -------
    places
        One row a place: kind, name, name_en, street (as written), source, row, geometry (missing
        where no coordinates are given).

    Examples
    --------
    >>> from carecircles import datasets, io
    >>> path = datasets.folder("hexi") / "places.csv"
    >>> io.read_places(path, crs="EPSG:4548")["kind"].unique().tolist()
    ['community', 'station']
    """
    file, frame, problems = _open(path, PLACE_COLUMNS, role="places")
    names = _kept(frame, "name")
    problems += _checks.complain(
        file,
        frame.index[names == ""],
        Sentence("name is missing", zh="缺少 name"),
        Sentence("give every place its name", zh="请为每个地点填写名称"),
    )
    streets = _checks.cells_of(frame, "street")
    if isinstance(frame, gpd.GeoDataFrame):
        is_located = frame.geometry.notna() & ~frame.geometry.is_empty
    else:
        blank = [_checks.cells_of(frame, c) == "" for c in ("lon", "lat")]
        is_located = ~(blank[0] & blank[1])
    problems += _checks.complain(
        file,
        frame.index[~is_located & (streets == "")],
        Sentence("the place has neither coordinates nor a street", zh="该地点既无坐标也无街道"),
        Sentence("fill in one of them", zh="请至少填写其中之一"),
        values=names[~is_located & (streets == "")],
    )
    points = gpd.GeoSeries([None] * len(frame), index=frame.index, crs=crs)
    if is_located.any():
        located = frame[is_located]
        found, wrong = points_of(located, file=file, crs=crs, declared=datum)
        problems += wrong
        points = found.reindex(frame.index)
        frame.attrs |= {
            k: located.attrs[k] for k in ("datum", "datum_declared") if k in located.attrs
        }
    table = {
        "kind": _checks.cells_of(frame, "kind"),
        "name": names,
        "name_en": _kept(frame, "name_en"),
        "street": streets,
        "source": _kept(frame, "source"),
        "row": frame.index,
    }
    places = gpd.GeoDataFrame(table, geometry=points, crs=crs)
    places.attrs = frame.attrs
    return _sound(places, problems)


def roles_of(path: str | Path, *, groups: Sequence[Group] = GROUPS) -> list[str]:
    """
    What a file holds, of 'centres', 'population', 'streets', 'boundary', 'places' and what people live in.

    The latter by its name, such as 'communities', or where it has places with households, dwellings or floors.

    A workbook may hold several of them, on sheets of their own. `groups` are the groups of people
    that a file of population may have.

    Raises
    ------
    ValidationError
        If the file cannot be read at all.

    Examples
    --------
    >>> from carecircles import datasets, io
    >>> folder = datasets.folder("template")
    >>> [io.roles_of(folder / name) for name in ("centres.csv", "streets.geojson")]
    [['centres'], ['streets']]
    """
    whole, part = parted(path)
    if part is not None or FORMATS.get(whole.suffix.casefold()) != "Excel" or not whole.is_file():
        return [_role_of(path, groups)]
    try:
        named = sheets(whole, sought_in(None, population_columns(groups)))
    except Exception:  # what is wrong with the file is told by whoever reads it
        named = []
    roles = [_role_of(whole.with_name(f"{whole.name}#{sheet}"), groups) for sheet in named]
    return list(dict.fromkeys(roles)) or [_role_of(path, groups)]


def _role_of(path: str | Path, groups: Sequence[Group]) -> str:
    """What a file, or the sheet of a workbook, holds, seen from its columns."""
    of_people = population_columns(groups)
    frame = read_raw(path, sought_in(None, of_people))
    stem = parted(path)[0].stem.casefold()
    file = frame.attrs["file"]
    named_so = [role for role in LIVED_IN if role in stem]
    if "per_1000" in _checks.columns(frame, NEED_COLUMNS, file=file)[0]:
        return "needs"
    homes, _ = _checks.columns(frame, residence_columns(groups), file=file)
    is_placed = isinstance(frame, gpd.GeoDataFrame) or {"lon", "lat"} <= set(homes.columns)
    known, _ = _checks.columns(frame, CENTRE_COLUMNS | of_people, file=file)
    is_of_centres = bool(
        {"services", "opened", "closed", "state", "term", *KINDS} & {*known.columns}
    )
    is_lived_in = is_placed and {*MEASURES, "floors"} & set(homes.columns) and not is_of_centres
    if named_so or is_lived_in:
        return [*named_so, "residences"][0]
    if isinstance(frame, gpd.GeoDataFrame):
        if not frame.geom_type.isin(["Polygon", "MultiPolygon"]).any():
            return "centres"
        named, _ = _checks.columns(frame, STREET_COLUMNS, file=file)
        return "streets" if len(frame) > 1 or "code" in named else "boundary"
    if "places" in stem:
        return "places"
    if "lon" in known or "lat" in known:
        return "centres"
    return "population" if columns_of(known) or "population" in stem else "centres"


def taken(frame: pd.DataFrame) -> list[Text]:
    """
    What was taken for granted while a file was read, as one sentence in each language, or nothing.

    Examples
    --------
    >>> frame = pd.DataFrame()
    >>> frame.attrs |= {"file": "homes.csv", "taken": [{"en": "read as GB18030", "zh": "按 GB18030 读取"}]}
    >>> taken(frame)[0]["en"]
    'homes.csv: read as GB18030.'
    """
    parts, file = frame.attrs.get("taken", []), frame.attrs.get("file", "")
    if not parts:
        return []
    return [
        {
            "en": f"{file}: {'; '.join(part['en'] for part in parts)}.",
            "zh": f"{file}：{'；'.join(part['zh'] for part in parts)}。",
        }
    ]


def sought_in(role: str | None, spellings: Mapping[str, Sequence[str]] | None = None) -> Sought:
    """What is looked for in a file of a role, or of any; there `spellings` are those of population."""
    several = [spellings or COLUMNS.get(role or "", {})]
    if role is None:
        several = [CENTRE_COLUMNS, spellings or POPULATION_COLUMNS, PLACE_COLUMNS]
    known = {_checks.plain(column): "" for column in USUAL_COLUMNS}
    for columns in reversed(several):
        known |= {_checks.plain(s): name for s, name in spellings_of(columns).items()}
    needed = NEEDED.get(role or "", ())
    own = frozenset(columns_of(several[0])) - frozenset(columns_of(POPULATION_COLUMNS))
    if role == "population" and own:  # either tells the sheet of people from others
        needed = (needed[0] | own, *needed[1:])
    return Sought(role, known, needed)


def _open(
    path: Source,
    spellings: Mapping[str, Sequence[str]],
    *,
    role: str,
    around: Around | None = None,
) -> tuple[str, pd.DataFrame, list[Sentence]]:
    """What sentences call a file, its known columns, and what is wrong so far."""
    raw = read_raw(path, sought_in(role, spellings), around)
    file = raw.attrs["file"]
    frame, problems = _checks.columns(raw, spellings, file=file)
    if not frame.attrs["columns"] and not isinstance(frame, gpd.GeoDataFrame):
        unused, such_as = unknown(frame), listed(list(spellings)[:6])
        told = (
            f"{file}: none of the column names is known ({unused}); a row must "
            f"name the columns, such as {such_as}."
        )
        zh = f"{file}：没有可识别的列名（{unused.zh}）；须有一行写明列名，例如 {such_as.zh}。"
        raise ValidationError([Sentence(told, zh=zh)])
    frame = frame.copy()
    totals = frame.attrs.pop("totals", [])
    read = _totals_said(frame, totals)
    frame.attrs["taken"] = [
        *raw.attrs["taken"],
        *read,
        *_checks.numbers_said(frame, figures([str(c) for c in frame.columns])),
    ]
    return file, frame, [*raw.attrs.get("problems", []), *problems]


def _totals_said(frame: pd.DataFrame, totals: list[tuple[int, dict[str, str]]]) -> list[Text]:
    """Words about totals in a file that are not the sums of its rows."""
    said = []
    for row, cells in totals:
        if not is_whole_total(cells):
            continue
        claimed = pd.DataFrame([cells]).rename(columns=frame.attrs["columns"])
        for column in (c for c in summed([str(c) for c in frame.columns]) if c in claimed):
            total = _checks.numbers(claimed, column, file="", such_as="", blank=True)[0].iloc[0]
            parts = _checks.numbers(frame, column, file="", such_as="", blank=True)[0]
            if pd.notna(total) and parts.notna().any() and abs(total - parts.sum()) >= 0.5:
                said.append(
                    {
                        "en": f"row {row} gives {total:,.0f} as the total of {column}, "
                        f"the rows add up to {parts.sum():,.0f}",
                        "zh": f"第 {row} 行所列“{_checks.written_as(frame, column)}”合计为 {total:,.0f}，各行相加为 {parts.sum():,.0f}",
                    }
                )
    return said


def _kept(frame: pd.DataFrame, column: str) -> pd.Series:
    """A text column exactly as it was written."""
    cells = _checks.as_it_stands(frame, column)
    return cells.map(lambda v: v if isinstance(v, str) else _checks.as_text(v)).astype(object)


def _basis(frame: pd.DataFrame, column: str = "basis") -> pd.Series:
    """'assumed', 'known', 'schematic', what else the file says, or 'not stated'."""
    spelled = spellings_of(BASES)
    cells = _checks.cells_of(frame, column).str.casefold()
    return cells.map(lambda t: spelled.get(t, t) or "not stated")
