"""
Areas larger than memory: a province or a nation, block by block.

The lattice of the area is cut into blocks of 2,048 by 2,048 cells. A block is a lattice of its own, with the streets
and the centres that matter to it: those within the cutoff of it, and those that can be the nearest of any of its
cells. The same functions as of a district make its cells, its sums and its uncovered patches; the cells go, and the
sums of the blocks are added up one after the other. A district in one piece adds up in the same order, so that both
say the same.
"""

from carecircles.blocks._unfinished import FOLDER as FOLDER
from carecircles.blocks._unfinished import count_kept as count_kept
from carecircles.blocks._unfinished import forget as forget
from carecircles.blocks.layers import Into as Into
from carecircles.blocks.layers import raster_files as raster_files
from carecircles.blocks.problems import problems as problems
from carecircles.blocks.surveys import evaluate as evaluate
from carecircles.blocks.surveys import overview as overview
from carecircles.blocks.surveys import uncovered_zones as uncovered_zones
from carecircles.blocks.values import Asked as Asked
from carecircles.blocks.values import Found as Found
from carecircles.blocks.values import Run as Run
from carecircles.blocks.values import Surveyed as Surveyed
from carecircles.blocks.values import Task as Task
