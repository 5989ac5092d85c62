"""
The map grid: regular square cells, their street, and the people spread into them.

One rule serves every figure: a cell belongs to the street that holds its centre.
"""

from carecircles.grid.cells import block_of as block_of
from carecircles.grid.cells import evenly as evenly
from carecircles.grid.cells import make_demand as make_demand
from carecircles.grid.cells import repeopled as repeopled
from carecircles.grid.circles import circle_around_cell as circle_around_cell
from carecircles.grid.circles import circle_spans as circle_spans
from carecircles.grid.circles import stretches_within as stretches_within
from carecircles.grid.lattice import Grid as Grid
from carecircles.grid.lattice import Stretches as Stretches
from carecircles.grid.lattice import centres as centres
from carecircles.grid.lattice import grid_of as grid_of
from carecircles.grid.lattice import lattice_around as lattice_around
from carecircles.grid.lattice import lattice_of as lattice_of
from carecircles.grid.lattice import metres_of as metres_of
from carecircles.grid.lattice import outlines as outlines
from carecircles.grid.lattice import outlines_of as outlines_of
from carecircles.grid.lattice import raster as raster
from carecircles.grid.owners import count_of_street as count_of_street
from carecircles.grid.owners import holds as holds
from carecircles.grid.owners import meeting as meeting
from carecircles.grid.owners import owners as owners
from carecircles.grid.owners import stretches as stretches
from carecircles.grid.pieces import Piece as Piece
from carecircles.grid.pieces import added_in_blocks as added_in_blocks
from carecircles.grid.pieces import blocks_of as blocks_of
from carecircles.grid.pieces import in_blocks as in_blocks
from carecircles.grid.problems import cell_problems as cell_problems
from carecircles.grid.problems import count_problems as count_problems
