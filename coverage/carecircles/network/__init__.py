"""
The walking network: read and cleaned, and how far it is along its ways.

Everybody walks from the nearest point on a way to the nearest point on a way, and how far both are
off their ways counts too; `reach.walking` makes the cost table of it.
"""

from carecircles.network._osm import OSM as OSM
from carecircles.network.graphs import Graph as Graph
from carecircles.network.graphs import at_home as at_home
from carecircles.network.graphs import graph_of as graph_of
from carecircles.network.graphs import level_metres as level_metres
from carecircles.network.graphs import links_of as links_of
from carecircles.network.graphs import own_ways as own_ways
from carecircles.network.graphs import way_of as way_of
from carecircles.network.health import crossings_without_meeting as crossings_without_meeting
from carecircles.network.health import datum_notes as datum_notes
from carecircles.network.health import dead_ends as dead_ends
from carecircles.network.health import is_left_out as is_left_out
from carecircles.network.health import landmarks as landmarks
from carecircles.network.health import metres_off as metres_off
from carecircles.network.health import nearest_ways as nearest_ways
from carecircles.network.places import OnWay as OnWay
from carecircles.network.places import onto as onto
from carecircles.network.prepared import as_frame as as_frame
from carecircles.network.read import read_barriers as read_barriers
from carecircles.network.read import read_network as read_network
from carecircles.network.rebuilt import JOINS_M as JOINS_M
from carecircles.network.rebuilt import middle_of as middle_of
from carecircles.network.rebuilt import signals_of as signals_of
from carecircles.network.rebuilt import stairs_of as stairs_of
from carecircles.network.rebuilt import ways_at as ways_at
from carecircles.network.rebuilt import ways_named as ways_named
from carecircles.network.rebuilt import with_ramps as with_ramps
from carecircles.network.rebuilt import with_waits as with_waits
from carecircles.network.rebuilt import with_way as with_way
from carecircles.network.rests import SLACK_M as SLACK_M
from carecircles.network.rests import legs as legs
from carecircles.network.rests import rested_nearest as rested_nearest
from carecircles.network.rests import rested_walks as rested_walks
from carecircles.network.seats import OPENS_M as OPENS_M
from carecircles.network.seats import opens_none as opens_none
from carecircles.network.seats import read_crossings as read_crossings
from carecircles.network.seats import read_rests as read_rests
from carecircles.network.values import Network as Network
from carecircles.network.walks import nearest as nearest
from carecircles.network.walks import walks as walks
from carecircles.network.ways import flights_of as flights_of
from carecircles.network.ways import is_signalled as is_signalled
from carecircles.network.ways import is_walkable as is_walkable
from carecircles.network.ways import kinds_of as kinds_of
from carecircles.network.ways import levels_of as levels_of
from carecircles.network.ways import made_of as made_of
from carecircles.network.ways import noded as noded
from carecircles.network.ways import parts_of as parts_of
