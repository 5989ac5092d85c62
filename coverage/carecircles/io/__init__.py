"""Files in, sound frames out; and frames back into files. Longitude and latitude exist here, in `datum` and in `maps` only."""

from carecircles.io._columns import BASES as BASES
from carecircles.io._columns import PEOPLE as PEOPLE
from carecircles.io._columns import SERVICES as SERVICES
from carecircles.io._columns import service_name as service_name
from carecircles.io._columns import services_of as services_of
from carecircles.io._columns import spellings_of as spellings_of
from carecircles.io._points import as_written as as_written
from carecircles.io._target import of_one_file as of_one_file
from carecircles.io._target import replacing as replacing
from carecircles.io._target import target_problems as target_problems
from carecircles.io.read import centres_of as centres_of
from carecircles.io.read import read_boundary as read_boundary
from carecircles.io.read import read_centres as read_centres
from carecircles.io.read import read_places as read_places
from carecircles.io.read import read_polygons as read_polygons
from carecircles.io.read import read_population as read_population
from carecircles.io.read import read_streets as read_streets
from carecircles.io.read import roles_of as roles_of
from carecircles.io.read import taken as taken
from carecircles.io.write import Result as Result
from carecircles.io.write import Sheet as Sheet
from carecircles.io.write import csv_text as csv_text
from carecircles.io.write import geojson_text as geojson_text
from carecircles.io.write import write_frame as write_frame
from carecircles.io.write import write_results as write_results
from carecircles.io.write import write_text as write_text
