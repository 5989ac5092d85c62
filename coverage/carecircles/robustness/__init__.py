"""How sure the figures of a plan are: what it says in draws of what is not known, and what to find out first."""

from carecircles.robustness.distances import each_distance as each_distance
from carecircles.robustness.distances import unequal as unequal
from carecircles.robustness.drawn import DRAWS_ON_FOOT as DRAWS_ON_FOOT
from carecircles.robustness.drawn import MOST_DRAWS as MOST_DRAWS
from carecircles.robustness.drawn import USUAL_DRAWS as USUAL_DRAWS
from carecircles.robustness.drawn import draw as draw
from carecircles.robustness.drawn import draw_together as draw_together
from carecircles.robustness.figures import LIKELY as LIKELY
from carecircles.robustness.figures import by_street as by_street
from carecircles.robustness.figures import first_to_find_out as first_to_find_out
from carecircles.robustness.figures import net_by_street as net_by_street
from carecircles.robustness.figures import net_of_district as net_of_district
from carecircles.robustness.figures import of_district as of_district
from carecircles.robustness.figures import statements as statements
from carecircles.robustness.measured import each_covered as each_covered
from carecircles.robustness.measured import measure as measure
from carecircles.robustness.measured import measure_together as measure_together
from carecircles.robustness.measured import with_probability as with_probability
from carecircles.robustness.values import Draws as Draws
from carecircles.robustness.values import Robustness as Robustness
from carecircles.robustness.zones import ELSEWHERE as ELSEWHERE
from carecircles.robustness.zones import left_in_zones as left_in_zones
from carecircles.robustness.zones import uncovered_by_zone as uncovered_by_zone
