"""
carecircles: who is within a short walk of a care centre, who is not, and where.

Frames go in, index-aligned frames come out. In the middle stands the cost table: metres by
(demand, facility), where an absent pair means out of reach.
"""

__version__ = "0.1.0"
