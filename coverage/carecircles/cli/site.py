"""`carecircles site`."""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carecircles.cli._goals import (
    Effort,
    Goal,
    Objective,
    alone_problems,
    ede_of,
    goal_problems,
    written_problems,
)
from carecircles.errors import ValidationError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from carecircles.area import StudyArea
    from carecircles.plan import Plan
    from carecircles.siting import Likely, Question, Siting
    from carecircles.words import Text
from carecircles.cli._places import (
    Places,
    candidates_of,
    nowhere,
    places_problems,
    require_siting_memory,
)
from carecircles.cli._work import carried_out, measured, of_all_services, study_of
from carecircles.cli.fairness import Fairness, fairness_problems, frontiers_of, give_price
from carecircles.cli.options import (
    Options,
    Results,
    command,
    datum_of,
    folder_of,
    inputs_of,
    options_problems,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import MEASURING, Answer, busy, give, print_table, searching
from carecircles.cli.phases import (
    Means,
    Phased,
    give_phases,
)
from carecircles.words import Sentence, listed, say

_DRAWS, _DRAWS_ON_FOOT, _DRAWS_OF_PLANS = 1000, 200, 100
_LOOKING = Sentence("looking for sites", zh="正在选址")


@command()
def site(
    *,
    goal: Goal,
    places: Places,
    effort: Effort,
    fairness: Fairness,
    results: Results,
    phased: Phased,
    scenario: Annotated[
        Path | None,
        typer.Option(help="TOML file to write the plan to, for `whatif` and the live map."),
    ] = None,
    options: Options,
) -> None:
    """
    Find where new centres should stand, and prove that no other choice is better.

    With --service and no --candidates: which of the centres without the service should offer it too. With
    --candidates, or of a --bundle: where new centres should stand that offer it.
    """
    if phased.phases is not None:
        means = Means(phased, goal.news, goal.budgets)
        also = alone_problems(goal, effort, fairness)
        limits = (effort.gap, effort.time_limit)
        give_phases(means, places, limits, results, scenario, options, also=also)
        return
    map, out = results.map, results.out
    is_equipping = options.service is not None and places.candidates is None
    inputs = inputs_of(options, places.keep_out, places.file)
    targets = [target for target in (map, out, scenario, fairness.chart) if target is not None]
    require(
        goal_problems(goal, effort),
        written_problems(goal, phased),
        fairness_problems(
            fairness,
            results,
            {
                "--objective": goal.objective if goal.objective is not Objective.coverage else None,
                "--curve": effort.curve,
                "--alternatives": effort.alternatives or None,
                "--scenario": scenario,
                "--sure": effort.sure,
            },
        ),
        places_problems(places, goal.budget, is_equipping=is_equipping),
        options_problems(options),
        suffix_problems(out, (".json", ".csv", ".xlsx", ".geojson", ".gpkg", ".parquet")),
        suffix_problems(map, (".html", ".htm"), "--map"),
        suffix_problems(scenario, (".toml",), "--scenario"),
        target_problems(targets, inputs),
    )
    datum = datum_of(options.datum)
    if options.centres is None and (places.file or places.keep_out):
        options = dataclasses.replace(options, datum=None)  # the area's own centres have their own
    from carecircles import memory, report, robustness, siting
    from carecircles import plan as plans
    from carecircles import scenario as scenarios

    begun = time.monotonic()  # all counts: reading, measuring, searching
    is_spaced = not is_equipping and places.file is None
    of_rows = memory.CANDIDATE / max(1.0, (places.spacing or 0.0) / options.cell) ** 2 * is_spaced
    before = carried_out([], targets, options, of_rows=of_rows)[0][0]
    brings = _brought_by(before)
    study = study_of(of_all_services(options), options.as_of) if brings else None
    service = brings[0] if is_equipping else None  # that centres are to offer too
    ede = ede_of(goal)[0]
    wanted = goal.objective if ede is None else "fewest"
    with busy(MEASURING, options.lang):
        if study is None or not is_equipping:
            # A street may need a centre of its own where nobody gains from one.
            has_gaps = siting.GOALS[wanted].from_gaps and goal.least_by_street is None
            candidates, said = candidates_of(
                [before],
                places.candidates or ("gaps" if has_gaps else "grid"),
                places,
                folder_of(options.area),
                datum,
                is_priced=goal.budget is not None,
            )
            candidates, about = _bringing(candidates, before, brings)
            said += about
            before = dataclasses.replace(before, area=_with_notes(before.area, said))
            study = None if study is None else _with_notes(study, said)
        else:
            candidates = siting.candidates_without(study, before)
        if candidates.empty:
            raise ValidationError([nowhere(places, service)])
        is_drawn = effort.sure or goal.objective is Objective.expected
        half = (time.monotonic() + begun + effort.time_limit) / 2  # the other is for the search
        likely = _likely(before, goal, half) if is_drawn else None
        asked = before if likely is None else likely.plan
        largest = Objective.fair if fairness.price_of_fairness else wanted
        require_siting_memory(
            largest,
            siting.pairs_expected(largest, asked, candidates, full=goal.full),
            options,
            spacing=(places.spacing or options.cell) if is_spaced else None,
        )
        prices = candidates["price"] if goal.budget is not None else None

        def ask(objective: str, until: float) -> "Question":
            return siting.ask(
                asked,
                candidates,
                goal=objective,
                weight=report.headline_group(before),
                rules=siting.Rules(
                    floor_by_street=goal.floor_by_street,
                    floor_metres_by_street=goal.floor_metres_by_street,
                    least_by_street=goal.least_by_street,
                    prices=prices,
                    budget=goal.budget,
                ),
                full=goal.full,
                share=goal.share,
                until=until,
                epsilon=goal.epsilon,
                **({} if ede is None else {"ede": ede}),
            )

        if not fairness.price_of_fairness:
            is_stopped = likely is not None and likely.is_stopped
            question = ask(wanted, begun if is_stopped else begun + effort.time_limit)
            question = dataclasses.replace(question, is_stopped=question.is_stopped or is_stopped)
    if fairness.price_of_fairness:
        how = siting.Search(effort.gap, effort.time_limit, since=begun)
        with busy(_LOOKING, options.lang):
            found = frontiers_of(ask, how, new=goal.new)
        give_price(
            before, found, fairness=fairness, results=results, options=options, inputs=inputs
        )
        return
    several, others = None, []
    with searching(_LOOKING, options.lang) as watch:
        search = siting.Search(effort.gap, effort.time_limit, watch)
        first = dataclasses.replace(search, since=begun)
        plan = siting.answer(question, new=goal.new, search=first)
        if effort.curve is not None and plan.status != "stopped":
            several = siting.curve_of(question, most=effort.curve, search=search)
        if effort.alternatives and plan.status != "stopped":
            others = siting.alternatives_to(
                plan, question, count=effort.alternatives, search=search
            )
    notes: list[Text] = []
    if likely is not None:
        notes += report.draws_notes(likely.draws, asked=_draws_of(before, goal))
    if effort.sure and plan.status != "stopped":
        now = time.monotonic()
        with busy(_LOOKING, options.lang):
            drawn = robustness.draw(before, draws=goal.draws or _DRAWS_OF_PLANS, rng=goal.seed)
            unsure = ask(Objective.expected, now + effort.time_limit)
            how = dataclasses.replace(search, watch=None, since=now)
            sureness = siting.sure_of(unsure, plan, drawn, search=how)
        notes += report.sureness_notes(before, sureness, asked=len(drawn))
        sites = plan.sites.assign(chosen_share=sureness.sites)
        plan = dataclasses.replace(plan, sites=sites)
    told = report.siting_scenario(before, plan, candidates, service=service, brings=brings)
    made = scenarios.parse(told)
    whole = before if study is None else measured(study, before.cells, of_all_services(options))
    after = plans.carry_out(whole, made, service=options.service, bundle=options.bundle)

    def page() -> str:
        from carecircles import comparison, maps

        change = comparison.compare(before, after)
        drawn: str = maps.change_map(change, lang=options.lang).get_root().render()
        return drawn

    most, count = effort.curve, effort.alternatives
    cut = report.cut_short(plan, curve=several, most=most, others=others, count=count) + notes
    if goal.least_by_street is not None:
        cut += report.street_notes(before, after, least=goal.least_by_street)
    answer = Answer(
        lambda: report.siting_frame(before, plan, candidates),
        lambda: report.siting_record(
            before, after, plan, candidates, curve=several, others=others, cut=cut
        ),
        lambda lang: _print_siting(
            before, after, plan, candidates, several, others, cut, lang=lang
        ),
    )
    give(
        answer,
        before.area,
        format=results.format,
        out=out,
        beside={scenario: lambda: scenarios.scenario_text(made), map: page},
        told=targets,
        inputs=inputs,
        lang=options.lang,
    )


def _likely(before: "Plan", goal: Goal, until: float) -> "Likely":
    """The plan whose cells say how likely they are covered while positions are not known."""
    from carecircles import robustness, siting

    drawn = robustness.draw(before, draws=_draws_of(before, goal), rng=goal.seed)
    return siting.likely_in_time(before, drawn, until=until)


def _draws_of(before: "Plan", goal: Goal) -> int:
    from carecircles import plan as plans

    return goal.draws or (_DRAWS if plans.is_straight(before) else _DRAWS_ON_FOOT)


def _brought_by(plan: "Plan") -> "Sequence[str]":
    """The services that a new centre has to offer to count."""
    asked = plan.area.counting
    return () if asked is None else getattr(asked, "of", (asked.key,))


def _bringing(
    candidates: "gpd.GeoDataFrame", plan: "Plan", brings: "Sequence[str]"
) -> "tuple[gpd.GeoDataFrame, list[Text]]":
    """The candidates that offer what counts, or do not say what they offer, and what is taken of these."""
    if not brings:
        return candidates, []
    from carecircles import services

    area = plan.area
    offered = candidates["services"] if "services" in candidates else [()] * len(candidates)
    said = [services.keyed(some, area.services) for some in offered]
    is_fit = [not some or set(brings) <= set(some) for some in said]
    every = listed(services.name_of(key, area.services)["en"] for key in brings)
    zh = listed(services.name_of(key, area.services)["zh"] for key in brings).zh
    notes: list[Text] = [
        {
            "en": f"New centres are taken to offer, where their candidate says nothing: {every}.",
            "zh": f"候选点未写明服务的，新中心按提供以下服务计：{zh}。",
        }
    ]
    few = len(candidates) - sum(is_fit)
    if few:
        notes.append(
            {
                "en": f"Candidates that do not offer all of it are left out: {few}.",
                "zh": f"未提供全部所需服务的候选点已略去：{few} 个。",
            }
        )
    return candidates[is_fit], notes


def _with_notes(study: "StudyArea", notes: "list[Text]") -> "StudyArea":
    return dataclasses.replace(study, notes=(*study.notes, *notes))


def _print_siting(
    before: "Plan",
    after: "Plan",
    plan: "Siting",
    places: "gpd.GeoDataFrame",
    several: "pd.DataFrame | None",
    others: "list[tuple[float, Siting]]",
    cut: "list[Text]",
    *,
    lang: str,
) -> None:
    from carecircles import report

    tables = [report.siting_table(before, plan, places, lang=lang)]
    if several is not None:
        tables.append(report.curve_table(before, plan, several, lang=lang))
    if others:
        tables.append(report.alternatives_table(before, others, places, lang=lang))
    notes = [say(line, lang) for line in [*report.siting_notes(before, plan, places), *cut]]
    titles = [say(report.standard_note(before), lang), *[""] * (len(tables) - 1)]
    for table, title in zip(tables[:-1], titles, strict=False):
        print_table(table, title=title, lang=lang)
    below = [*notes, *report.siting_remarks(before, after, lang=lang)]
    print_table(tables[-1], title=titles[len(tables) - 1], notes=below, lang=lang)
