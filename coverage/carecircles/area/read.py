"""A study area from files or frames, validated at the door."""

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypedDict, Unpack

import geopandas as gpd
import pandas as pd
import pyproj

from carecircles import _mends, amenities, io, people, positions, walkers
from carecircles.area import _amenities, _counted, _offers, _on_foot, _sources
from carecircles.area._plan import (
    LIVED_IN,
    PLACED,
    RASTER,
    credits_in,
    crs_problems_of,
    datum_problems,
    find_files,
    group_problems,
    read_plan,
    sound_part,
    standard_problems,
)
from carecircles.area._rasters import Said, said_problems
from carecircles.area.needs import needs_problems
from carecircles.area.values import USUAL_STANDARD, Ground, Standard, StudyArea
from carecircles.area.years import match_people, with_years
from carecircles.errors import ValidationError
from carecircles.io import _matching
from carecircles.words import Sentence, Text

Asked = ParamSpec("Asked")
_UNNAMED: Text = {"en": "Study area", "zh": "研究区"}


def read_area(
    folder: str | Path,
    *,
    centres: io.Source | None = None,
    network: str | Path | None = None,
    rests: str | Path | None = None,
    datum: str | None = None,
    beyond: float = _matching.NEIGHBOURS_M,
) -> StudyArea:
    """
    A study area from a folder with `area.toml`, streets, population, centres and (if any) boundary.

    Without a file of population, people are those of the sources that say where they live, where these count them.

    Parameters
    ----------
    folder
        Same shape as `data/hexi/`; `carecircles init` writes one to start from.
    centres
        Another list of centres to use instead of the folder's, a file or a frame.
    network
        Another file of streets and paths to walk on instead of the folder's.
    rests
        Another file of seats instead of the folder's.
    datum
        Datum of the centres' coordinates, one of `datum.DATUMS`, and of those of `network` and `rests`.
    beyond
        Metres outside the border up to which centres are kept, as neighbours: people walk across.

    Returns
    -------
    area
        The study area; every frame in its `crs`.

    Raises
    ------
    ValidationError
        With every problem of every file.

    Examples
    --------
    One of your own is a folder of the same shape.

    >>> from carecircles import datasets
    >>> area = read_area(datasets.folder("template"))
    >>> area.name_en, len(area.streets), len(area.facilities)
    ('Example District', 4, 3)
    """
    folder = Path(folder)
    plan, problems, about_plan = read_plan(folder)
    if problems and not os.path.exists(folder / "area.toml"):  # noqa: PTH110  (no name is too long)
        raise ValidationError(problems)
    plan, is_certain = sound_part(plan)
    plan["folder"] = folder  # from which its rasters are named
    plan["amenities"], wrong, passed = _amenities.layers_in(
        folder, amenities.declared(plan["kinds"])[0]
    )
    problems += wrong
    about_plan += passed
    found, missing = find_files(folder, plan, own_centres=centres is None)
    paths: dict[str, io.Source] = {**found}
    problems += missing
    datums = plan["datum"]
    if centres is not None:
        paths["centres"] = Path(centres) if isinstance(centres, str | Path) else centres
        datums.pop("centres", None)
        plan["sources"].pop("centres", None)
    walked = {"network": network, "rests": rests}
    for role, path in ((role, path) for role, path in walked.items() if path is not None):
        paths[role] = Path(path)
        datums.pop(role, None)
        plan["sources"].pop(role, None)
        datums |= {} if datum is None else {role: datum}
    remedy = Sentence("pass --datum {}", zh="请加上 --datum {}")
    if "centres" in datums:
        line = 'centres = "{}"'
        remedy = Sentence(f"say {line} in area.toml", zh=f"请在 area.toml 中写 {line}")
    is_of_centres = datum is not None and (centres is not None or {*walked.values()} == {None})
    if datum is not None and is_of_centres and datums.setdefault("centres", datum) != datum:
        said = datums["centres"]
        told = (
            f"area.toml says the centres' datum is {said}, --datum says {datum}; "
            f"{_mends.CORRECT_ONE}."
        )
        zh = f"area.toml 中中心的坐标系为 {said}，--datum 为 {datum}；{_mends.CORRECT_ONE.zh}。"
        problems.append(Sentence(told, zh=zh))
        is_certain = False

    return _made(
        paths, plan, problems, about_plan, by="area.toml", remedy=remedy, beyond=beyond,
        is_certain=is_certain,
    )  # fmt: skip


class More(TypedDict, total=False):
    """What a study area may have besides; None is nothing."""

    boundary: io.Source | None
    places: io.Source | None
    residences: io.Source | None
    communities: io.Source | None
    people_grid: io.Source | None
    people_raster: Said | None
    uninhabited: io.Source | None
    network: io.Source | None
    barriers: io.Source | None
    crossings: io.Source | None
    rests: io.Source | None
    needs: io.Source | None
    groups: Mapping[str, Mapping[str, Any]] | None
    profiles: Mapping[str, Mapping[str, Any]] | None
    kinds: Mapping[str, Mapping[str, Any]] | None
    amenities: Mapping[str, io.Source] | None
    services: Mapping[str, Mapping[str, Any]] | None
    bundles: Mapping[str, Mapping[str, Any]] | None
    positions: Mapping[str, Any] | None
    credits: Mapping[str, str] | None


def study(
    *,
    streets: io.Source,
    population: io.Source | None = None,
    centres: io.Source,
    name: str | Text = _UNNAMED,
    crs: pyproj.CRS | str | None = None,
    datum: str | Mapping[str, str] | None = None,
    standard: Standard = USUAL_STANDARD,
    **more: Unpack[More],
) -> StudyArea:
    """
    A study area of frames in memory (or of single files), held against each other like those of a folder.

    Parameters
    ----------
    streets, population, centres, boundary, places
        GeoDataFrames and DataFrames with the columns that `io.read_streets`, `io.read_population`,
        `io.read_centres`, `io.read_boundary` and `io.read_places` read, named in English or Chinese;
        an index with a name is a column too. Centres and places are points, or have `lon` and `lat`
        in degrees. A path is read. Boundary and places need not be there, nor population, where communities,
        a grid of people, rasters or residences count people: those of the first of these that do.
    residences, communities, people_grid, uninhabited
        What says where in the streets people live: frames with the columns that `io.read_residences`,
        `io.read_communities` and `io.read_people_grid` read, points or polygons, and polygons nobody
        lives in. Paths are read.
    people_raster
        GeoTIFFs of people: a name, a pattern or a list of them whose names say whom they count
        (`chn_t_60_2030.tif`, `people_60.tif`), or by group, such as `{"people_60": "old.tif#2"}`,
        where #2 is the second band; several of a group are added up.
    name
        What tables and maps call the area, in each language if you like.
    crs
        The projected CRS in metres to compute in; UTM, estimated from the streets, if None.
    datum
        Datum of the coordinates, one of `datum.DATUMS`: one for all, or by name, such as
        `{"centres": "gcj02"}`.
    standard
        What counts as near.
    needs
        How many of 1,000 people need a place, as `io.read_needs` reads it.
    groups
        Groups of people of the area's own by column, as below `[groups]` in area.toml, such as
        `{"people_disabled": {"name": "残疾老人", "name_en": "disabled", "part_of": "people_60"}}`.
    profiles
        How people walk: profiles of the area's own by name, as below `[profiles]` in area.toml, such as
        `{"gran": {"name": "奶奶", "pace_m_s": 0.6, "flight_s": "barred", "crossing_s": 30}}`.
    amenities
        Facilities of other kinds than centres, by kind: frames with the columns that `io.read_amenities`
        reads, such as `{"health": clinics}`. Paths are read.
    kinds
        Kinds of facilities of the area's own, as below `[kinds]` in area.toml, such as
        `{"parks": {"name": "公园", "name_en": "parks"}}`.
    services, bundles
        Services of the area's own and bundles of services by key, as below `[services]` and `[bundles]` in
        area.toml, such as `{"basic": {"name": "基本服务", "of": ["meals", "medical"], "least": 1}}`.
    positions
        How far off a position of a kind may be, in metres, as below `[positions]` in area.toml, such as
        `{"building": 20}`.
    credits
        Who is to be named with results as the maker of a file, as below `[sources]` in area.toml, such as
        `{"people_raster": "WorldPop (CC BY 4.0)"}`.

    Returns
    -------
    area
        The study area; no frame is changed.

    Raises
    ------
    ValidationError
        With every problem of every frame; a row is called by its label in the index.

    Examples
    --------
    A street of 1 km by 1 km where 500 older people live, and a centre in its middle.

    >>> import shapely
    >>> west = shapely.box(500_000, 4_300_000, 501_000, 4_301_000)
    >>> area = study(
    ...     streets=gpd.GeoDataFrame({"name": ["West"]}, geometry=[west], crs="EPSG:32650"),
    ...     population=pd.DataFrame({"街道": ["West"], "60岁以上": [500]}),
    ...     centres=pd.DataFrame({"名称": ["Home"], "经度": [117.0058], "纬度": [38.8518]}),
    ...     datum="wgs84",
    ... )
    >>> area.crs.to_string(), area.facilities["street"].to_dict()
    ('EPSG:32650', {'1': 'West'})
    """
    named = {"en": name, "zh": name} if isinstance(name, str) else {**_UNNAMED, **name}
    if unknown := set(more) - set(More.__annotations__):
        raise TypeError(f"study() got an unexpected keyword argument {min(unknown)!r}")
    given: dict[str, io.Source | None] = {
        "streets": streets, "population": population, "centres": centres,
        "boundary": more.get("boundary"), "places": more.get("places"),
        "residences": more.get("residences"), "communities": more.get("communities"),
        "people_grid": more.get("people_grid"), "uninhabited": more.get("uninhabited"),
        "network": more.get("network"), "barriers": more.get("barriers"),
        "crossings": more.get("crossings"), "rests": more.get("rests"), "needs": more.get("needs"),
    }  # fmt: skip
    people_raster = more.get("people_raster")
    by_role = datum if isinstance(datum, Mapping) else dict.fromkeys(PLACED, datum)
    plan: dict[str, Any] = {
        "name": named["zh"],
        "name_en": named["en"],
        "datum": {role: said for role, said in by_role.items() if said is not None},
        "standard": {"metres": standard.metres, "minutes": standard.minutes},
        "groups": dict(more.get("groups") or {}),
        "profiles": dict(more.get("profiles") or {}),
        "kinds": dict(more.get("kinds") or {}),
        "services": dict(more.get("services") or {}),
        "bundles": dict(more.get("bundles") or {}),
        "positions": dict(more.get("positions") or {}),
        "sources": dict(more.get("credits") or {}),
    }
    kinds, about_kinds = amenities.declared(plan["kinds"], file="study")
    layers = dict(more.get("amenities") or {})
    plan |= {} if people_raster is None else {"files": {RASTER: people_raster}}
    plan |= {} if crs is None else {"crs": crs}
    plan["amenities"] = {key: source for key, source in layers.items() if key != amenities.CARE}
    line = 'datum={{"centres": "{}"}}'
    problems = [
        *standard_problems(plan["standard"], "study"),
        *datum_problems(plan["datum"], "study", kinds=kinds),
        *about_kinds,
        *_amenities.called_problems(layers, kinds),
        *group_problems(plan["groups"], "study"),
        *walkers.declared(plan["profiles"], file="study")[1],
        *positions.declared(plan["positions"], file="study")[1],
        *credits_in(plan["sources"], "study")[1],
        *(
            []
            if people_raster is None
            else said_problems(people_raster, people.declared(plan["groups"])[0], "study")
        ),
        *([] if crs is None else crs_problems_of(crs, "study")),
    ]
    sound, is_certain = sound_part(plan)
    area = _made(
        {role: source for role, source in given.items() if source is not None},
        sound,
        problems,
        [],
        by="study",
        remedy=Sentence(f"pass {line}", zh=f"请传入 {line}"),
        beyond=_matching.NEIGHBOURS_M,
        is_certain=is_certain,
    )
    if standard.group is not None and standard.group not in area.population:
        told = f"study: the standard is for {standard.group!r}, of whom `population` says nothing."
        zh = f"study：标准针对 {standard.group!r}，但 `population` 中没有该人群。"
        raise ValidationError([Sentence(told, zh=zh)])
    return dataclasses.replace(area, standard=standard)


def _made(
    paths: Mapping[str, io.Source],
    plan: dict[str, Any],
    problems: list[Sentence],
    about_plan: list[Text],
    *,
    by: str,
    remedy: Sentence,
    beyond: float,
    is_certain: bool,
) -> StudyArea:
    """
    A study area of files or frames by role, and of what area.toml or the caller says about it.

    `problems` were found before; `by` is who says `plan`, `remedy` how to declare a datum of the centres.
    """
    datums = plan["datum"]
    # What can be read is read, whatever is wrong elsewhere: all problems are told at once.
    streets, wrong = _attempt_file(
        io.read_streets, paths.get("streets"), crs=plan.get("crs"), datum=datums.get("streets")
    )
    problems += wrong
    if wrong:
        streets = None  # nothing can be held against streets that are not sound
    crs = streets.crs if streets is not None else pyproj.CRS(plan.get("crs", "EPSG:32650"))
    groups, _ = people.declared(plan["groups"])
    population, wrong = _attempt_file(io.read_population, paths.get("population"), groups=groups)
    problems += wrong
    is_counted = population is not None and not wrong
    needs, wrong = _attempt_file(io.read_needs, paths.get("needs"), groups=groups)
    problems += wrong
    has_population = "population" in paths
    may_count = RASTER in plan or any(role in paths for role in _counted.COUNTING)
    if not has_population and not may_count:
        problems.append(_counted.nothing(str(plan.get("folder", by))))
    placed = {}
    for role, read_one in (
        ("boundary", io.read_boundary),
        ("centres", io.read_centres),
        ("places", io.read_places),
    ):
        around = {"around": streets} if role == "centres" else {}
        placed[role], wrong = _attempt_file(
            read_one, paths.get(role), crs=crs, datum=datums.get(role), **around
        )
        problems += wrong
    for role in LIVED_IN:
        by_group = {} if role == "uninhabited" else {"groups": groups}
        placed[role], wrong = _attempt_file(
            getattr(io, f"read_{role}"),
            paths.get(role),
            crs=crs,
            datum=datums.get(role),
            **by_group,
        )
        placed[role] = None if wrong else placed[role]
        problems += wrong
    boundary, facilities, places = placed["boundary"], placed["centres"], placed["places"]
    exact = positions.with_own(positions.declared(plan["positions"])[0])
    if facilities is not None:
        called = facilities.attrs.get("file", _called(paths["centres"], "centres"))
        problems += positions.problems_of(facilities, exact, file=called)
    populations = None  # of all years
    if streets is None:
        raise ValidationError(problems)

    files = {role: _called(source, role) for role, source in paths.items()}
    read = {"streets": streets, "boundary": boundary, "population": population,
            "centres": facilities, "places": places,
            **{role: placed[role] for role in LIVED_IN}}  # fmt: skip
    read = {role: frame for role, frame in read.items() if frame is not None}
    files |= {role: frame.attrs.get("file", files[role]) for role, frame in read.items()}
    is_at_odds = _matching.at_odds(streets)
    problems += _matching.overlaps(streets, is_at_odds, file=files["streets"])
    if population is not None:
        population, populations, wrong = match_people(population, streets, file=files["population"])
        problems += wrong
        is_counted &= not wrong
    if places is not None:
        places, wrong = _matching.match_places(places, streets, file=files["places"])
        problems += wrong
    if not is_certain:  # where things are cannot be judged
        raise ValidationError(problems)
    problems += _matching.crs_problems(crs, streets, declared=plan.get("crs"), by=by)
    whole = _matching.together(is_at_odds)(streets.geometry.to_numpy())
    if boundary is None:
        boundary = gpd.GeoDataFrame(
            {"basis": [streets["basis"].iloc[0]], "source": ["union of the streets"]},
            geometry=[whole],
            crs=crs,
        )
    wrong, notes = _matching.meet(boundary, whole)
    problems += wrong
    notes += about_plan
    for role, frame in read.items():
        notes += [*io.taken(frame), *datum_notes(frame, file=files[role])]
    offered, bundles, facilities, wrong = _offers.match(plan, facilities, groups, by=by)
    problems += wrong
    if facilities is not None:
        facilities, wrong, said = _matching.match_centres(
            facilities,
            streets,
            boundary,
            file=files["centres"],
            remedy=remedy,
            beyond=beyond,
        )
        problems += wrong
        notes += said
    lived_in, raster = {role: placed[role] for role in LIVED_IN}, plan.get(RASTER)
    ground, folder = Ground(streets, None, _remedies(by), groups), plan.get("folder", Path())
    counted = None
    if not has_population:
        counted, wrong = _counted.count(
            lived_in, raster, ground, groups, files=files, folder=folder
        )
        problems += wrong
    if counted is not None:
        is_counted, population, populations = True, counted.population, counted.populations
        notes += counted.notes
        raster = None if counted.by == RASTER else raster
    ground = ground._replace(population=population if is_counted else None)
    sources, wrong, said = _sources.match(lived_in, raster, ground, files=files, folder=folder)
    problems += wrong
    notes += said
    if not has_population and counted is None and not problems:
        problems.append(_counted.nothing(str(plan.get("folder", by))))
    on_foot, wrong, said = _on_foot.match(
        paths, boundary, (streets, facilities), crs=crs, datums=datums
    )
    for role in _on_foot.WALKED[1:]:
        frame = getattr(on_foot, role)
        if frame is not None:
            said += datum_notes(frame, file=files[role])
    layers, about_layers, said_of_layers = _amenities.match(
        plan["amenities"], _amenities.Place(streets, boundary), datums=datums, by=by
    )
    problems += about_layers
    said += said_of_layers
    for layer in layers.values():
        said += datum_notes(layer, file=str(layer.attrs["file"]))
    on_foot = dataclasses.replace(on_foot, profiles=walkers.declared(plan["profiles"])[0])
    problems += wrong
    notes += said
    if needs is not None and population is not None:
        problems += needs_problems(needs, population)
    if problems or population is None or facilities is None:
        raise ValidationError(list(dict.fromkeys(problems)))
    if counted is not None and counted.bands:
        sources = dataclasses.replace(sources, people_raster=counted.bands)
    standard = plan.get("standard", {})
    read_in = StudyArea(
        name=plan["name"],
        name_en=plan.get("name_en") or plan["name"],
        boundary=boundary,
        streets=streets,
        population=population,
        facilities=facilities,
        standard=Standard(
            float(standard.get("metres", Standard.metres)),
            float(standard.get("minutes", Standard.minutes)),
        ),
        crs=crs,
        places=places,
        notes=tuple(notes),
        groups=groups,
        sources=sources,
        counted="population" if counted is None else counted.by,
        on_foot=on_foot,
        kinds=amenities.declared(plan["kinds"])[0],
        amenities=layers,
        services=offered,
        bundles=bundles,
        positions=exact,
        needs=needs,
        credits=credits_in(plan["sources"])[0],
    )
    return read_in if populations is None else with_years(read_in, populations)


def ground_of(area: StudyArea, *, datum: str, zh: str) -> Ground:
    """What sources are held against, of a study area that is sound; `datum` says how one is declared."""
    remedy = Sentence(datum, zh=zh)
    return Ground(area.streets, area.population, dict.fromkeys(LIVED_IN, remedy), area.groups)


def _remedies(by: str) -> dict[str, Sentence]:
    """How the datum of each file that says where people live is declared."""
    if by == "study":
        told = {role: f'datum={{{{"{role}": "{{}}"}}}}' for role in LIVED_IN}
        return {role: Sentence(f"pass {line}", zh=f"请传入 {line}") for role, line in told.items()}
    told = {role: f'{role} = "{{}}"' for role in LIVED_IN}
    return {
        role: Sentence(
            f"say {line} below [datum] in area.toml", zh=f"请在 area.toml 的 [datum] 下写 {line}"
        )
        for role, line in told.items()
    }


def datum_notes(frame: pd.DataFrame | pd.Series, *, file: str) -> list[Text]:
    """
    What was taken where neither a file (read by `io`) nor its user says in which datum it is.

    Examples
    --------
    >>> frame = pd.DataFrame()
    >>> frame.attrs["datum_declared"] = False
    >>> datum_notes(frame, file="homes.csv")[0]["en"]
    'homes.csv: no datum declared; coordinates are taken as WGS84.'
    """
    if frame.attrs.get("datum_declared", True):
        return []
    return [
        {
            "en": f"{file}: no datum declared; coordinates are taken as WGS84.",
            "zh": f"{file}：未声明坐标系，坐标按 WGS84 处理。",
        }
    ]


def attempt(
    read: Callable[Asked, object], *args: Asked.args, **options: Asked.kwargs
) -> tuple[Any, list[Sentence]]:
    """What `read` returns and no problems, or what it understood and the problems it found."""
    try:
        return read(*args, **options), []
    except ValidationError as err:
        return err.understood, list(err.problems)


def _called(source: io.Source, role: str) -> str:
    """What sentences call a file, or a frame that has none."""
    return Path(source).name if isinstance(source, str | Path) else f"`{role}`"


def _attempt_file(
    read: Callable[..., object], path: io.Source | None, **options: object
) -> tuple[Any, list[Sentence]]:
    """`attempt` of a file or a frame, if there is one."""
    return (None, []) if path is None else attempt(read, path, **options)
