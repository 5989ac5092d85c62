"""
Where new benches bring most people within reach of a centre, from seat to seat.

A bench is worth nothing until there is another one, a home or a centre within a stretch of it, so what
one adds depends on the others, and no model of covering finds the best ones. The search builds chains:
the fewest missing seats between what can be reached and people who cannot. All chains together are a
tree, of which the best part within the number of benches is found exactly; then a few benches at a time
are taken away and as many set anew, by other trees, while that helps. What no choice can beat is told
from what each bench can bring by itself, whatever the others do: whoever gets to a centre by new
benches comes to one of them first, and needs no more of them than there are. Where the search gets as
far, it is proven to be best, and otherwise it is not.
"""

from carecircles.benches.answers import best_centre as best_centre
from carecircles.benches.answers import place as place
from carecircles.benches.candidates import SPACING_M as SPACING_M
from carecircles.benches.candidates import candidates_on_ways as candidates_on_ways
from carecircles.benches.candidates import candidates_within as candidates_within
from carecircles.benches.candidates import legs_expected as legs_expected
from carecircles.benches.values import Benches as Benches
from carecircles.benches.values import steps_of as steps_of
