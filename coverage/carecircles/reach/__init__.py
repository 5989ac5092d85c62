"""
The cost table: how far each demand cell is from each centre it can reach.

A reach is a function `(demand, facilities, *, cutoff) -> CostTable`: `straight_line` here, or one
with its data bound by `functools.partial`, such as `walking` or `looked_up`. Everything else
(coverage, gaps, what-if, siting) reads the table and knows nothing of how people get there.
"""

from carecircles.reach._blocks import depth_on as depth_on
from carecircles.reach._blocks import nearest_on as nearest_on
from carecircles.reach.detour import detour as detour
from carecircles.reach.detour import factor_problems as factor_problems
from carecircles.reach.footing import Footing as Footing
from carecircles.reach.footing import Placed as Placed
from carecircles.reach.footing import footing_of as footing_of
from carecircles.reach.footing import homes_on as homes_on
from carecircles.reach.footing import indoors as indoors
from carecircles.reach.footing import most_metres as most_metres
from carecircles.reach.footing import points_on as points_on
from carecircles.reach.footing import seats_on as seats_on
from carecircles.reach.kinds import DETOUR as DETOUR
from carecircles.reach.kinds import STRAIGHT as STRAIGHT
from carecircles.reach.kinds import WALKING as WALKING
from carecircles.reach.kinds import beside as beside
from carecircles.reach.kinds import for_walker as for_walker
from carecircles.reach.kinds import in_words as in_words
from carecircles.reach.kinds import kind_of as kind_of
from carecircles.reach.kinds import network_in as network_in
from carecircles.reach.kinds import of_area as of_area
from carecircles.reach.kinds import profile_in as profile_in
from carecircles.reach.kinds import stretch_in as stretch_in
from carecircles.reach.kinds import with_area as with_area
from carecircles.reach.resting import resting as resting
from carecircles.reach.straight import straight_line as straight_line
from carecircles.reach.tables import joined as joined
from carecircles.reach.tables import looked_up as looked_up
from carecircles.reach.tables import nearest as nearest
from carecircles.reach.tables import unit_of as unit_of
from carecircles.reach.tables import updated as updated
from carecircles.reach.values import CostTable as CostTable
from carecircles.reach.values import Reach as Reach
from carecircles.reach.values import pairs_in as pairs_in
from carecircles.reach.values import within as within
from carecircles.reach.walking import walking as walking
