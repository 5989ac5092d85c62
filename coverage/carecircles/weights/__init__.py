"""
Where in a street its people live: units whose people are known, and weights that say where inside them.

A *unit* has known people: a street, a community in it, a square of a population grid. A *weight* says
where inside a unit they live: residences, else points of communities, else a population grid, else a
raster, else evenly. People of a cell are those of its finest unit times the weight of the cell over the
weight of the unit, so that every known sum is kept.
"""

from carecircles.weights.place import is_by_year as is_by_year
from carecircles.weights.place import make_demand as make_demand
from carecircles.weights.place import place as place
from carecircles.weights.ratios import ratios as ratios
from carecircles.weights.values import BASES as BASES
from carecircles.weights.values import COMMUNITIES as COMMUNITIES
from carecircles.weights.values import EVEN as EVEN
from carecircles.weights.values import GRID as GRID
from carecircles.weights.values import RASTER as RASTER
from carecircles.weights.values import RESIDENCES as RESIDENCES
from carecircles.weights.values import SOURCES as SOURCES
from carecircles.weights.values import STAIRS as STAIRS
from carecircles.weights.values import STREETS as STREETS
from carecircles.weights.values import TOTALS as TOTALS
from carecircles.weights.values import UNINHABITED as UNINHABITED
from carecircles.weights.values import Placed as Placed
from carecircles.weights.values import is_even as is_even
from carecircles.weights.values import placed_by as placed_by
