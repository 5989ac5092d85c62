"""What several commands do first: read, evaluate, carry scenarios out."""

import contextlib
import dataclasses
import datetime
import functools
import math
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from carecircles.errors import StoppedError, ValidationError

if TYPE_CHECKING:
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.blocks import Run
    from carecircles.cli.options import Machines
    from carecircles.plan import Plan
    from carecircles.reach import Reach
    from carecircles.robustness import Robustness
    from carecircles.scenario import Scenario
    from carecircles.weights import Placed
    from carecircles.words import Text
from carecircles.cli.options import (
    Options,
    datum_of,
    folder_of,
    problems_of,
    require,
    target_problems,
)
from carecircles.cli.output import (
    DRAWING_LOTS,
    MAKING_THE_GRID,
    MEASURING,
    READING,
    READING_SCENARIOS,
    busy,
)
from carecircles.words import Sentence, joined, say

_Counted = TypeVar("_Counted")
_Given = TypeVar("_Given")
_Known = TypeVar("_Known")
_NO_SEATS: "Text" = {
    "en": "No seats are known in the area (--rests, or rests in area.toml): it is walked as if there were none.",
    "zh": "未给出研究区的座椅（--rests 或 area.toml 中的 rests）：按没有座椅计算。",
}


def evaluated(
    options: Options,
    *,
    is_drawn: bool = False,
    plans: int = 1,
    each: bool = False,
    study: "StudyArea | None" = None,
) -> "Plan":
    """
    The study area as the options want it, evaluated.

    Memory is looked for that as many `plans` of it ask for, and with `each` one for every service as well.
    An area that was read already is `study`.
    """
    study = study_of(options, options.as_of) if study is None else study
    plans += _parts_in(study, each=each)
    _require_memory(study, options, plans=plans, is_drawn=is_drawn)
    placed = _placed(study, options)
    study, demand = _told(study, placed), placed.demand
    return measured(study, demand, options)


def measured(study: "StudyArea", demand: "pd.DataFrame", options: Options) -> "Plan":
    """The study area evaluated by the reach asked for, with the figures of another one beside."""
    with busy(MEASURING, options.lang):
        from carecircles import plan as plans
        from carecircles import reach

        asked = reach_of(study, options)
        if options.rests is not None and reach.stretch_in(asked) is None:
            raise ValidationError([_no_stretch(options)])
        return plans.evaluate(study, demand, reach=asked, beside=reach.beside(study, options.reach))


def drawn_of(
    plans: "list[Plan]", options: Options, *, groups: "list[str] | None" = None
) -> "list[Robustness]":
    """What plans say in as many draws as `sure` takes, of the same seed, the same for all; of a group each if given."""
    with busy(DRAWING_LOTS, options.lang):
        from carecircles import robustness

        return robustness.measure_together(plans, groups=groups, draws=draws_for(*plans), rng=1)


def draws_for(*plans: "Plan") -> int:
    """How many draws plans are told by."""
    from carecircles import robustness
    from carecircles.plan import is_straight

    return robustness.USUAL_DRAWS if all(map(is_straight, plans)) else robustness.DRAWS_ON_FOOT


def rested(options: Options) -> "Plan":
    """
    The study area walked from seat to seat, with the walk of those who need none beside.

    An area of which no seats are known has none: it is where the first are to be set.
    """
    study = study_of(dataclasses.replace(options, stretch=None), options.as_of)
    _require_memory(study, options)
    if study.on_foot.rests is None:
        import geopandas as gpd

        nowhere = dataclasses.replace(
            study.on_foot, rests=gpd.GeoDataFrame(geometry=[], crs=study.crs)
        )
        study = dataclasses.replace(study, on_foot=nowhere, notes=(*study.notes, _NO_SEATS))
    placed = _placed(study, options)
    study, demand = _told(study, placed), placed.demand
    with busy(MEASURING, options.lang):
        from carecircles import plan as plans
        from carecircles import reach

        if reach.stretch_in(reach_of(study, options)) is None:
            raise ValidationError([_no_stretch(options)])
        seatless = dataclasses.replace(
            study, on_foot=dataclasses.replace(study.on_foot, rests=None)
        )
        beside = reach.of_area(seatless, options.reach, profile=options.profile)
        return plans.evaluate(study, demand, reach=reach_of(study, options), beside=beside)


def goes_by_blocks(
    study: "StudyArea", options: Options, *, places: int, has_zones: bool = False
) -> bool:
    """Whether a study area has more places, or takes more memory in one piece, than it may, and can go by blocks."""
    from carecircles import grid, memory

    if blocks_problems(study, options):
        return False
    most = memory.limit(options.memory)
    lattice = grid.lattice_around(study.streets, cell=options.cell)
    is_large = lattice.rows * lattice.cols > places
    is_large |= memory.of_evaluation(study, cell=options.cell) > most
    is_large |= bool(grid.count_problems(study.streets, options.cell))
    return is_large and memory.of_block(study, cell=options.cell, has_zones=has_zones) <= most


def blocks_problems(study: "StudyArea", options: Options) -> list[Sentence]:
    """Why a study area cannot be counted block by block, as the options want it."""
    from carecircles import blocks, reach
    from carecircles.cli.options import ReachKind, Totals

    found = blocks.problems(_as_spread(study, options))
    if options.reach is not ReachKind.straight or reach.beside(study, options.reach) is not None:
        told = (
            "an area counted by blocks is measured in straight lines, without a walk beside; "
            "use --reach straight, and an area without network and barriers."
        )
        zh = "按分块计算时只量直线距离，不附步行结果；请使用 --reach straight，且区域不含路网和障碍。"
        found.append(Sentence(told, zh=zh))
    if options.totals is not Totals.street:
        told = "an area counted by blocks keeps the people of its streets; use --totals street."
        found.append(Sentence(told, zh="按分块计算时保留街道人口；请使用 --totals street。"))
    return found


def _as_spread(study: "StudyArea", options: Options) -> "StudyArea":
    """A study area with what is to place people in its streets alone, where that is said."""
    from carecircles.area import Sources
    from carecircles.cli.options import People

    if options.people is None:
        return study
    names = {"uninhabited", options.people.value} - {People.even.value}
    kept = Sources(**{name: getattr(study.sources, name) for name in names})
    return dataclasses.replace(study, sources=kept)


def by_blocks(
    study: "StudyArea",
    options: Options,
    machines: "Machines",
    count: "Callable[..., _Counted]",
    *,
    kept: Path | None,
    has_zones: bool = False,
) -> "_Counted":
    """
    What `count` says of a study area that is worked out block by block, told while it lasts.

    It is called with the area, `run` and `kept`, the folder of finished blocks: the one given here with `--resume`,
    without it none; what lies there is then removed.
    """
    from carecircles import blocks, grid, memory

    require(blocks_problems(study, options), grid.cell_problems(options.cell))
    takes = memory.of_block(study, cell=options.cell, has_zones=has_zones)
    few = f"{grid.pieces.SIDE:,}"
    doing = Sentence(f"a block of {few} x {few} cells", zh=f"{few} × {few} 个网格的分块")
    mend = Sentence("end other programs", zh="请关闭其他程序")
    memory.require(takes, most=memory.limit(options.memory), doing=doing, mend=mend)
    number = len(grid.blocks_of(grid.lattice_around(study.streets, cell=options.cell)))
    with busy(MEASURING, options.lang) as tell, _mapping(machines, options) as mapped:

        def run(
            function: "Callable[[_Given], _Known]", tasks: "Iterable[_Given]"
        ) -> "Iterator[_Known]":
            for n, found in enumerate(mapped(function, tasks), start=1):
                told = Sentence(f": block {n} of {number}", zh=f"：第 {n} 块，共 {number} 块")
                tell(joined([MEASURING, told], ""))
                yield found

        if kept is not None and not machines.resume:
            blocks.forget(kept)
        folder = kept if machines.resume else None
        try:
            return count(_as_spread(study, options), run=run, kept=folder)
        except KeyboardInterrupt:
            told = _how_to_go_on(folder, number)
            typer.echo(f"carecircles: {say(told, options.lang)}", err=True)
            raise
        except StoppedError as err:
            how = _how_to_go_on(folder, number)
            raise StoppedError([joined([*err.problems, how], Sentence(" ", zh=""))]) from err


def _how_to_go_on(kept: Path | None, number: int) -> Sentence:
    """How a run that was stopped goes on."""
    from carecircles import blocks

    count = 0 if kept is None else blocks.count_kept(kept)
    if kept is None:
        return Sentence(
            "No finished block was kept; with --resume they are, and the same command goes on with them.",
            zh="没有保留已完成的分块；加上 --resume 就会保留，再次运行同一命令即可接着算。",
        )
    if not count:
        blocks.forget(kept)
        return Sentence("No block was finished.", zh="还没有完成任何分块。")
    return Sentence(
        f"{count} of {number} blocks are finished and kept; the same command goes on with them.",
        zh=f"{number} 块中已完成并保留 {count} 块；再次运行同一命令即可接着算。",
    )


def kept_beside(out: Path | None, rasters: Path | None = None) -> Path | None:
    """The folder for finished blocks of a run that writes to a file, or rasters to a folder; None where it writes none."""
    from carecircles import blocks

    if rasters is not None:
        return rasters / blocks.FOLDER
    return None if out is None else out.with_name(f"{blocks.FOLDER}-{out.name}")


@contextlib.contextmanager
def _mapping(machines: "Machines", options: Options) -> "Iterator[Run]":
    """What maps a function over blocks: in this process, on several, or on a cluster."""
    if machines.workers is None and machines.scheduler is None:
        yield map
        return
    from carecircles import cluster, memory

    if machines.scheduler is not None:
        with cluster.of_scheduler(machines.scheduler) as run:
            yield run
    else:
        each = None if options.memory is None else memory.amount(options.memory)
        with cluster.of_workers(machines.workers or 1, memory=each) as run:
            yield run


def reach_of(study: "StudyArea", options: Options) -> "Reach":
    """How people get to centres, as the options want it, along what the study area has."""
    from carecircles import reach

    return reach.of_area(
        study,
        options.reach,
        factor=options.detour,
        source=options.detour_source,
        profile=options.profile,
        stretch=options.stretch,
    )


def _no_stretch(options: Options) -> Sentence:
    """That a profile does not say how far is walked without a seat."""
    told = (
        f"--profile {options.profile}: it does not say how many metres are walked without a seat; add "
        "--stretch 100, say."
    )
    zh = f"--profile {options.profile}：未写明无座椅时最多走多少米；请加上 --stretch 100 之类。"
    return Sentence(told, zh=zh)


def _placed(study: "StudyArea", options: Options) -> "Placed":
    """The people of the study area in the cells of a grid, as the options want them."""
    with busy(MAKING_THE_GRID, options.lang):
        from carecircles import weights

        source = None if options.people is None else options.people.value
        return weights.place(study, cell=options.cell, source=source, totals=options.totals.value)


def _told(study: "StudyArea", placed: "Placed") -> "StudyArea":
    """A study area with what was taken for granted when its people were placed."""
    return dataclasses.replace(study, notes=(*study.notes, *placed.notes))


def study_of(options: Options, as_of: datetime.datetime | None = None) -> "StudyArea":
    """The study area as the options want it, with all its centres or those open on a day."""
    datum = datum_of(options.datum)
    with busy(READING, options.lang):
        from carecircles.area import (
            area_on,
            in_year,
            read_area,
            standard_of,
            with_headline,
            without_neighbours,
        )

        study = read_area(
            folder_of(options.area),
            centres=options.centres,
            network=options.network,
            rests=options.rests,
            datum=datum,
        )
        study = without_neighbours(study) if options.no_neighbours else study
        standard = standard_of(study.standard, metres=options.radius, minutes=options.minutes)
        study = dataclasses.replace(study, standard=standard)
        study = _counting(study, options)
        study = study if options.group is None else with_headline(study, options.group)
        study = study if options.year is None else in_year(study, options.year)
        reach_of(study, options)  # or what the area lacks for it, before the work starts
        return study if as_of is None else area_on(study, as_of)


def _parts_in(study: "StudyArea", *, each: bool) -> int:
    """Of how many services plans are made: those of the bundle that counts, or of all and every bundle."""
    from carecircles.area import offered_in
    from carecircles.services import Bundle

    every = [*study.bundles, *offered_in(study)] if each else [study.counting]
    return sum(len(one.of) + 1 if isinstance(one, Bundle) else int(each) for one in every)


def _counting(
    study: "StudyArea", options: Options, known: "StudyArea | None" = None
) -> "StudyArea":
    """The study area in which what is asked for alone counts: a service or a bundle that is known in another one."""
    from carecircles.area import bundled, offered_in, offering
    from carecircles.services import service_of

    if options.service is not None:
        there = known or study
        return offering(study, service_of(options.service, there.services, offered_in(there)))
    return study if options.bundle is None else bundled(study, options.bundle)


def of_all_services(options: Options) -> Options:
    """The same options for centres whatever they offer."""
    return dataclasses.replace(options, service=None, bundle=None)


def _require_memory(
    study: "StudyArea",
    options: Options,
    *,
    plans: int = 1,
    is_drawn: bool = False,
    of_rows: float = 0.0,
) -> None:
    """Before the grid is made, whether there is memory for it and what follows."""
    from carecircles import grid, memory, reach

    require(grid.cell_problems(options.cell), grid.count_problems(study.streets, options.cell))
    most = memory.limit(options.memory)
    estimate = memory.of_evaluation(
        study,
        cell=options.cell,
        plans=plans,
        is_beside=reach.beside(study, options.reach) is not None,
        is_drawn=is_drawn,
        of_rows=of_rows,
    )
    larger = enlarged("--cell", options.cell * math.sqrt(estimate / max(most, 1.0)), options.cell)
    memory.require(estimate, most=most, doing=f"--cell {options.cell:g}", mend=use(larger))


def enlarged(option: str, wanted: float, now: float) -> str:
    """An option with the metres it wants, where those are still of use."""
    if wanted < 20 * now:
        return f"{option} {math.ceil(wanted)}"
    return Sentence(f"a larger {option}", zh=f"更大的 {option}")


def use(option: str) -> Sentence:
    """To give an option, as what mends something."""
    return Sentence(f"use {option}", zh=f"请改用 {say(option, 'zh')}")


def scenarios_of(names: list[str], area: str) -> tuple[list[Path], list[Sentence]]:
    """The scenario files that are meant, and sentences about those that are not there."""
    paths: list[Path] = []
    problems: list[Sentence] = []
    with contextlib.suppress(ValidationError):  # an area nobody knows is told elsewhere
        folder = folder_of(area)
        for name in names:
            try:
                paths.append(_scenario(name, folder))
            except ValidationError as err:
                problems += err.problems
    return paths, problems


def each_once(paths: list[Path], others: list[Path]) -> list[Path]:
    """Each file once, in a league without those it is held against; at least one."""
    left_out = {path.resolve() for path in others}
    different = list({path.resolve(): path for path in paths}.values())
    if len(paths) > 1:
        different = [path for path in different if path.resolve() not in left_out] or paths[:1]
    return different


def _scenario(name: str, folder: Path) -> Path:
    """A scenario file of the user's, or one of the study area's by name."""
    scenarios = (folder / "scenarios").resolve()
    own = scenarios / f"{name}.toml"
    exists = os.path.isfile  # unlike Path.is_file, False for what is too long for a name
    is_file = exists(name) or name.casefold().endswith(".toml")
    if is_file or scenarios not in own.resolve().parents:
        return Path(name)
    if not exists(own):
        known = ", ".join(sorted(path.stem for path in scenarios.glob("*.toml")))
        has = Sentence("the area has none of its own", zh="该区域没有自己的方案")
        if known:
            has = Sentence(f"the area has {known}", zh=f"该区域的方案有 {known}")
        told = f"scenario {name!r} is no file and no scenario of the area; {has}."
        zh = f"方案 {name!r} 既不是文件，也不是该区域的方案；{has.zh}。"
        raise ValidationError([Sentence(told, zh=zh)])
    return own


def carried_out(
    paths: list[Path],
    targets: Sequence[Path | None],
    options: Options,
    *,
    of_rows: float = 0.0,
    years: Sequence[int] = (),
) -> "tuple[list[Plan], list[Path]]":
    """
    The study area as it is and with each scenario, evaluated, and the files the scenarios stand in.

    Of a service or a bundle, it alone counts. `of_rows` are bytes of what has a row for each cell. With
    `years` each plan is there once for the people of each of them, whatever year a scenario names.
    """
    study = study_of(of_all_services(options))
    count = (1 + len(paths)) * max(len(years), 1)
    _require_memory(study, options, plans=count, of_rows=of_rows)
    with busy(READING_SCENARIOS, options.lang):
        from carecircles import plan as plans
        from carecircles import scenario
        from carecircles.area import area_on, in_year

        day = None if options.as_of is None else options.as_of.date()
        problems: list[Sentence] = []
        for year in years:
            problems += problems_of(functools.partial(in_year, study, year))
        areas = [area_on(study, day) if day else study]
        names = [plans.AS_IT_IS]
        read: list[Path] = []
        for path in paths:
            try:
                steps = scenario.read_scenario(path)
                read += steps.files
                steps = dataclasses.replace(steps, as_of=steps.as_of or day)
                asked = dataclasses.replace(steps, year=None) if years else steps
                made_of = scenario.apply(study, asked)
                if years and steps.year is not None:
                    made_of = dataclasses.replace(
                        made_of, notes=(*made_of.notes, _other_years(steps))
                    )
                areas.append(made_of)
                names.append({"en": steps.name_en, "zh": steps.name})
            except ValidationError as err:
                problems += err.problems
                problems += _more_problems(study, err.understood)
        problems += target_problems(targets, read)
        problems += problems_of(lambda: _counting(study, options))
        require(problems)
        areas = [_counting(area, options, study) for area in areas]
    placed = _placed(study, options)
    study, demand = _told(study, placed), placed.demand
    areas = [_told(area, placed) for area in areas]
    every = measured(study, demand, options)
    with busy(MEASURING, options.lang):
        made = [
            plans.evaluate(area, _cells_in(every, area, options), base=every, name=name)
            for area, name in zip(areas, names, strict=True)
        ]
        cells = {year: _cells_in(every, in_year(study, year), options) for year in years}
    if years:
        made = [plans.of_year(plan, year, demand=cells[year]) for plan in made for year in years]
    return made, read


def placed_by_year(
    study: "StudyArea", years: Sequence[int], options: Options
) -> "dict[int, pd.DataFrame]":
    """Cells by year, where people do not live as they did: of those years of which that is known."""
    from carecircles import weights
    from carecircles.area import in_year, years_of

    if not weights.is_by_year(study):
        return {}
    known = years_of(study)
    asked = {min(max(year, known[0]), known[-1]) for year in years}
    return {year: _placed(in_year(study, year), options).demand for year in sorted(asked)}


def _cells_in(plan: "Plan", area: "StudyArea", options: Options) -> "pd.DataFrame":
    """The cells of a plan with the people of an area's year, where they live in it."""
    from carecircles import plan as plans
    from carecircles import weights

    if plan.area.year != area.year and weights.is_by_year(area):
        return _placed(area, options).demand
    return plans.cells_of(plan, area)


def _other_years(steps: "Scenario") -> "Text":
    """That a scenario's own year gives way to those asked for."""
    return {
        "en": f"{steps.name_en} names the year {steps.year}; it is told here for each of those asked for "
        "with --years.",
        "zh": f"“{steps.name}”注明年份 {steps.year}；此处按 --years 所列各年计算。",
    }


def _more_problems(study: "StudyArea", understood: object) -> list[Sentence]:
    """What is wrong in the study area with the steps of a scenario that are sound in themselves."""
    from carecircles import scenario

    if not isinstance(understood, scenario.Scenario):
        return []
    try:
        scenario.apply(study, understood)
    except ValidationError as err:
        return list(err.problems)
    return []
