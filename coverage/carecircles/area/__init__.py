"""A study area: streets, people, centres and the standard they are held to, read and validated at the door."""

from carecircles.area._plan import files_of as files_of
from carecircles.area._plan import files_told as files_told
from carecircles.area.check import check_file as check_file
from carecircles.area.check import describe_area as describe_area
from carecircles.area.read import datum_notes as datum_notes
from carecircles.area.read import read_area as read_area
from carecircles.area.read import study as study
from carecircles.area.values import NO_WALKS as NO_WALKS
from carecircles.area.values import Band as Band
from carecircles.area.values import OnFoot as OnFoot
from carecircles.area.values import Sources as Sources
from carecircles.area.values import Standard as Standard
from carecircles.area.values import StudyArea as StudyArea
from carecircles.area.values import area_on as area_on
from carecircles.area.values import in_words as in_words
from carecircles.area.values import is_neighbour as is_neighbour
from carecircles.area.values import offering as offering
from carecircles.area.values import same_pace as same_pace
from carecircles.area.values import standard_of as standard_of
from carecircles.area.values import with_headline as with_headline
from carecircles.area.values import without_neighbours as without_neighbours
from carecircles.area.years import in_year as in_year
from carecircles.area.years import with_years as with_years
from carecircles.area.years import years_of as years_of
