"""
The walking network: read and cleaned, and how far it is along its ways.

Everybody walks from the nearest point on a way to the nearest point on a way, and how far both are
off their ways counts too; `reach.walking` makes the cost table of it.
"""

from carecircles.network.values import Network as Network
from carecircles.network.walks import Graph as Graph
from carecircles.network.walks import OnWay as OnWay
from carecircles.network.walks import graph_of as graph_of
from carecircles.network.walks import nearest as nearest
from carecircles.network.walks import onto as onto
from carecircles.network.walks import walks as walks
