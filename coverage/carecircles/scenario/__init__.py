"""
What-if scenarios: open, close, move, equip or enlarge centres, change the standard, rebuild ways; from a file or
in Python.

A scenario is a list of steps, each of which does one thing (its act) to one centre, for the standard to
one group of people, or to the ways people walk::

    name = "Taoyuan centre opens in 2023"

    [[step]]
    open = "T1"            # the new centre's id; also close, move, equip, enlarge = "H12", standard = "everyone"
    street = "桃园街道"     # or lon and lat, with datum = "gcj02" if they are not WGS84
    date = "2023"          # since when it holds; until = ... ends it

    [[step]]
    enlarge = "H12"        # to what it holds then: capacity, day_places, beds, beds_medical,
    beds = 60              # beds_rehabilitation, beds_family; with open these and state, area_m2, floor, term

    [[step]]
    rebuild = "footbridge" # what it is called
    with = "crossing"      # a new way over a barrier; also ramp, short_wait (share = 0.5), bench;
                           # in buildings lift, handrail (share = 0.8), seat (share = 0.9)
    place = "LINESTRING (117.2230 39.0801, 117.2231 39.0812)"  # others: POINT or POLYGON,
                           # or way = "4236349", the id of a way in the file of the network
"""

from carecircles.scenario.after import DEGREE_DECIMALS as DEGREE_DECIMALS
from carecircles.scenario.after import apply as apply
from carecircles.scenario.after import street_middles as street_middles
from carecircles.scenario.read import parse as parse
from carecircles.scenario.read import read_scenario as read_scenario
from carecircles.scenario.read import scenario_text as scenario_text
from carecircles.scenario.values import ACTS as ACTS
from carecircles.scenario.values import EVERYONE as EVERYONE
from carecircles.scenario.values import REBUILT as REBUILT
from carecircles.scenario.values import Scenario as Scenario
