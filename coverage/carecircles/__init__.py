"""
carecircles: who is within a short walk of a care centre, who is not, and where.

Frames go in, index-aligned frames come out. In the middle stands the cost table: metres by
(demand, facility), where an absent pair means out of reach.

`import carecircles` is enough for all that follows; a module is loaded when it is first named.

Examples
--------
>>> import carecircles as cc
>>> area = cc.datasets.load("hexi")
>>> plan = cc.plan.evaluate(area, cc.grid.make_demand(area.streets, area.population, cell=100))
>>> round(float(plan.cells["covered"].mean()), 2)
0.86
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carecircles import amenities as amenities
    from carecircles import area as area
    from carecircles import benches as benches
    from carecircles import blocks as blocks
    from carecircles import catchments as catchments
    from carecircles import charts as charts
    from carecircles import circle as circle
    from carecircles import claims as claims
    from carecircles import cluster as cluster
    from carecircles import cohorts as cohorts
    from carecircles import comparison as comparison
    from carecircles import counts as counts
    from carecircles import datasets as datasets
    from carecircles import datum as datum
    from carecircles import doctor as doctor
    from carecircles import equity as equity
    from carecircles import errors as errors
    from carecircles import evaluation as evaluation
    from carecircles import gaps as gaps
    from carecircles import grid as grid
    from carecircles import io as io
    from carecircles import levels as levels
    from carecircles import load as load
    from carecircles import maps as maps
    from carecircles import marginal as marginal
    from carecircles import memory as memory
    from carecircles import network as network
    from carecircles import norms as norms
    from carecircles import people as people
    from carecircles import plan as plan
    from carecircles import positions as positions
    from carecircles import provision as provision
    from carecircles import reach as reach
    from carecircles import report as report
    from carecircles import robustness as robustness
    from carecircles import scenario as scenario
    from carecircles import services as services
    from carecircles import siting as siting
    from carecircles import spans as spans
    from carecircles import timeline as timeline
    from carecircles import walkers as walkers
    from carecircles import weights as weights
    from carecircles import words as words

__version__ = "0.2.0"
__all__ = [
    "amenities",
    "area",
    "benches",
    "blocks",
    "catchments",
    "charts",
    "circle",
    "claims",
    "cluster",
    "cohorts",
    "comparison",
    "counts",
    "datasets",
    "datum",
    "doctor",
    "equity",
    "errors",
    "evaluation",
    "gaps",
    "grid",
    "io",
    "levels",
    "load",
    "maps",
    "marginal",
    "memory",
    "network",
    "norms",
    "people",
    "plan",
    "positions",
    "provision",
    "reach",
    "report",
    "robustness",
    "scenario",
    "services",
    "siting",
    "spans",
    "timeline",
    "walkers",
    "weights",
    "words",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"carecircles.{name}")
    raise AttributeError(f"module 'carecircles' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
