"""Maps: one folium layer a function, and pages that need no network. Names reach them as text, never as HTML."""

from carecircles.maps.around import empty_map as empty_map
from carecircles.maps.around import title as title
from carecircles.maps.change import change_map as change_map
from carecircles.maps.change import change_title as change_title
from carecircles.maps.coverage import comparison_map as comparison_map
from carecircles.maps.coverage import coverage_map as coverage_map
from carecircles.maps.drawing import Drawing as Drawing
from carecircles.maps.layers import border_layer as border_layer
from carecircles.maps.layers import centre_layer as centre_layer
from carecircles.maps.layers import change_layer as change_layer
from carecircles.maps.layers import circle_layer as circle_layer
from carecircles.maps.layers import gain_layer as gain_layer
from carecircles.maps.layers import grid_layer as grid_layer
from carecircles.maps.layers import place_layer as place_layer
from carecircles.maps.layers import street_layer as street_layer
from carecircles.maps.layers import zone_layer as zone_layer
from carecircles.maps.live import live_layer as live_layer
from carecircles.maps.live import whatif_map as whatif_map
from carecircles.maps.marginal import closing_map as closing_map
from carecircles.maps.marginal import gain_map as gain_map
from carecircles.maps.tiles import BASE_MAPS as BASE_MAPS
from carecircles.maps.tiles import BaseMap as BaseMap
from carecircles.maps.tiles import base_map as base_map
from carecircles.maps.tiles import tile_layer as tile_layer
