"""Where the next centres should stand: candidates, models with their proof, curves and alternatives."""

from carecircles.siting.candidates import candidates_in_gaps as candidates_in_gaps
from carecircles.siting.candidates import candidates_on_grid as candidates_on_grid
from carecircles.siting.candidates import candidates_without as candidates_without
from carecircles.siting.candidates import cost_for as cost_for
from carecircles.siting.candidates import outside as outside
from carecircles.siting.candidates import pairs_expected as pairs_expected
from carecircles.siting.candidates import read_candidates as read_candidates
from carecircles.siting.candidates import with_gross as with_gross
from carecircles.siting.goals import GOALS as GOALS
from carecircles.siting.models import MODELS as MODELS
from carecircles.siting.models import maximize_backup as maximize_backup
from carecircles.siting.models import maximize_coverage as maximize_coverage
from carecircles.siting.models import maximize_gradual_coverage as maximize_gradual_coverage
from carecircles.siting.models import minimize_cost as minimize_cost
from carecircles.siting.models import minimize_facilities as minimize_facilities
from carecircles.siting.models import minimize_worst as minimize_worst
from carecircles.siting.question import Rules as Rules
from carecircles.siting.question import Search as Search
from carecircles.siting.question import Siting as Siting
from carecircles.siting.several import alternatives as alternatives
from carecircles.siting.several import curve as curve
