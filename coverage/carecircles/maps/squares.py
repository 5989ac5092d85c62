"""Layers of the grid's cells: how many centres, what is missing, what changes, what one more gains."""

import math
from typing import Any

import numpy as np
import pandas as pd

from carecircles import comparison, provision, report, services
from carecircles.comparison import Change
from carecircles.maps.drawing import (
    Drawing,
    centres_to_measure,
    grid_data,
    measured_by,
    nearest_arrays,
    told_of,
)
from carecircles.plan import Plan
from carecircles.words import Text

GRID: Text = {"en": "Grid: centres within reach", "zh": "网格：可达中心数"}  # of the live map too


def grid_layer(plan: Plan, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by depth (number of centres within reach), uncovered ones hatched.

    Cells travel as two compressed arrays, street and depth, and are painted on one canvas. Pointing
    at a cell names its street, its depth and its nearest centre with the distance; where these are
    no straight lines they travel too, and so do people who do not live evenly over their street.

    Parameters
    ----------
    plan
        As in `coverage_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.grid_layer(asis).kind
    'grid'
    """
    area = plan.area
    depth = np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
    group = comparison.headline(plan)
    data, bounds = grid_data(plan, {"depth": depth} | nearest_arrays(plan), [group.column])
    data |= {
        "told": told_of(group),
        "unit": plan.cost.unit,
        "by": measured_by(plan),
        "standard": {"metres": area.standard.metres, "minutes": area.standard.minutes},
        "centres": centres_to_measure(area),
    }
    return Drawing(
        "grid",
        data,
        bounds=bounds,
        names=GRID,
        lang=lang,
        show=show,
    )


def missing_layer(plan: Plan, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by how many services of a bundle are missing; pointing at one names them.

    Parameters
    ----------
    plan
        From `plan.evaluate`, of a study area in which a bundle counts.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, plan, services
    >>> from carecircles.area import bundled
    >>> both = services.Bundle("both", {"en": "both", "zh": "两项"}, ("meals", "medical"), 2)
    >>> area = bundled(datasets.load("template"), both)
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.missing_layer(asis).data["combinations"]
    [[], [1], [0, 1]]
    """
    lacking = provision.missing({key: part.cells for key, part in plan.parts.items()})
    kinds, number = np.unique(lacking.to_numpy(), axis=0, return_inverse=True)
    group = comparison.headline(plan)
    data, bounds = grid_data(plan, {"missing": number.ravel().astype(np.uint32)}, [group.column])
    data |= {
        "told": told_of(group),
        "services": [services.name_of(key, plan.area.services) for key in plan.parts],
        "combinations": [np.flatnonzero(kind).tolist() for kind in kinds],
    }
    names = {"en": "Grid: services that are missing", "zh": "网格：缺少的服务"}
    return Drawing("missing", data, bounds=bounds, names=names, lang=lang, show=show)


def missing_signs(plan: Plan) -> list[dict[str, Any]]:
    """What the colours of `missing_layer` mean; nothing where no bundle counts."""
    many = len(plan.parts)
    counts = ("0", "1", "2", "3", "4" if many == 4 else "4+")[: many + 1] if many else ()
    return [
        {
            "sign": "missing",
            "missing": n,
            "label": {
                "en": f"{text} of {many} services missing",
                "zh": f"{many} 项服务缺 {text} 项",
            },
        }
        for n, text in enumerate(counts)
    ]


def change_layer(change: Change, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by what changes from one plan to another.

    Parameters
    ----------
    change
        From `comparison.compare`.

    Examples
    --------
    >>> from carecircles import comparison, datasets, grid, maps, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> less = scenario.parse({"name": "One less", "step": [{"close": "A1"}]})
    >>> change = comparison.compare(asis, plan.carry_out(asis, less))
    >>> maps.change_layer(change).kind
    'change'
    """
    before, after = change.before, change.after
    depths = {
        when: np.minimum(plan.cells["depth"].to_numpy(), 65535).astype(np.uint16)
        for when, plan in (("before", before), ("after", after))
    }
    group = comparison.headline(before, after)
    arrays = depths | nearest_arrays(before, "_before") | nearest_arrays(after, "_after")
    data, bounds = grid_data(after, arrays, [group.column])
    data["told"] = told_of(group)
    data["unit"] = [plan.cost.unit for plan in (before, after)]
    data["centres"] = [centres_to_measure(plan.area) for plan in (before, after)]
    return Drawing(
        "change",
        data,
        bounds=bounds,
        names={"en": "Grid: what changes", "zh": "网格：变化"},
        lang=lang,
        show=show,
    )


def gain_layer(plan: Plan, gains: pd.DataFrame, *, lang: str = "en", show: bool = True) -> Drawing:
    """
    The grid's cells coloured by what a new centre there would gain.

    Parameters
    ----------
    plan, gains
        As in `gain_map`.

    Examples
    --------
    >>> from carecircles import datasets, grid, maps, marginal, plan
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> maps.gain_layer(asis, marginal.open_everywhere(asis)).kind
    'gain'
    """
    group = comparison.headline(plan)
    people = gains[f"gained_{group.column}"].to_numpy()
    data, bounds = grid_data(plan, {"gain": np.round(people).astype(np.uint32)})
    data |= {
        "classes": classes_of(float(people.max(initial=0.0))),
        "label": report.label_of(f"gained_{group.column}", [group]),
    }
    return Drawing(
        "gain",
        data,
        bounds=bounds,
        names={"en": "Grid: what a new centre gains", "zh": "网格：新开中心的收益"},
        lang=lang,
        show=show,
    )


def classes_of(most: float) -> list[float]:
    """Where the classes of a gain begin: at one person, then in four round steps up to the largest."""
    if most <= 1:
        return [1.0]
    magnitude = 10.0 ** math.floor(math.log10(max(most / 4, 1)))
    step = max(m * magnitude for m in (1, 2, 3, 4, 5, 6, 8) if m == 1 or m * magnitude <= most / 4)
    return [1.0, *(step * n for n in range(1, 5) if 1 < step * n <= most)]
