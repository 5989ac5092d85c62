"""
Who finds a place: how many people centres can hold, how many would come, and who is left over.

People in need, a cost table and the places of each centre go in. `by_nearest` sends everyone to the nearest
centre, `by_transport` shares people out so that as few as possible are left over. Scores of access say how
many places there are for whom. A centre of which nobody says how much it holds is given no figure.
"""

from carecircles.load.access import STEPS as STEPS
from carecircles.load.access import crowding as crowding
from carecircles.load.access import enhanced as enhanced
from carecircles.load.access import gaussian as gaussian
from carecircles.load.access import gaussian_weights as gaussian_weights
from carecircles.load.access import step_weights as step_weights
from carecircles.load.access import two_step as two_step
from carecircles.load.assigned import by_nearest as by_nearest
from carecircles.load.assigned import by_transport as by_transport
from carecircles.load.need import in_need as in_need
from carecircles.load.plans import FORMS as FORMS
from carecircles.load.plans import WAYS as WAYS
from carecircles.load.plans import PlanLoad as PlanLoad
from carecircles.load.plans import of_plan as of_plan
from carecircles.load.plans import people_of as people_of
from carecircles.load.values import Load as Load
from carecircles.load.values import by_street as by_street
