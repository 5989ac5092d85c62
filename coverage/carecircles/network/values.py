"""The walking network as a value: junctions, the ways between them, and what nobody can cross."""

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from carecircles.errors import ValidationError
from carecircles.words import Sentence, Text


@dataclass(frozen=True, eq=False)
class Network:
    """
    Junctions and the ways between them.

    Attributes
    ----------
    xy
        Where the junctions are, in metres; shape (junctions, 2).
    edges
        Ways with `start` and `end` (positions of junctions), `metres`, and lines from one to the
        other; both directions may be walked. With `way` (the ids that the file has for them, as text with `;`
        between), `private` (walked at the start or end of a walk alone), `kind`, `level`, `flights` (of stairs), `signals`
        (crossings with signals), `lifts` and `escalators` (in flights) where they were read.
    barriers
        Water, railways, motorways: lines and polygons that nobody crosses on the way to a way.
    notes
        What was left out or taken for granted when it was made.
    left_out
        Ways that are not connected with the others, as lines, if there are any.
    source
        Who is to be named with whatever shows its ways, as their licence asks; empty where that is not known.

    Raises
    ------
    ValidationError
        If there is no way, the ways are not in a projected CRS, the barriers are in another one, or
        a way leads to a junction that is not there.

    Examples
    --------
    >>> corner = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 50.0]])
    >>> lines = shapely.linestrings([corner[:2], corner[1:]])
    >>> edges = gpd.GeoDataFrame({"start": [0, 1], "end": [1, 2], "metres": [100.0, 50.0]}, geometry=lines, crs=4548)
    >>> len(Network(corner, edges).edges)
    2
    """

    xy: np.ndarray = field(repr=False)
    edges: gpd.GeoDataFrame = field(repr=False)
    barriers: gpd.GeoSeries | None = field(default=None, repr=False)
    notes: tuple[Text, ...] = ()
    left_out: gpd.GeoSeries | None = field(default=None, repr=False)
    source: str = ""

    def __post_init__(self) -> None:
        problems = [*_edge_problems(self.xy, self.edges)]
        if self.barriers is not None and self.barriers.crs != self.edges.crs:
            theirs, ours = self.barriers.crs, self.edges.crs
            problems.append(
                Sentence(
                    f"network: its barriers are in {theirs}, its ways in {ours}; reproject one, "
                    "for example with `to_crs(...)`.",
                    zh=f"network：障碍为 {theirs}，道路为 {ours}；请将其一转换坐标系，例如用 `to_crs(...)`。",
                )
            )
        if problems:
            raise ValidationError(problems)

    @property
    def crs(self) -> pyproj.CRS:
        crs: pyproj.CRS = self.edges.crs
        return crs

    @cached_property
    def ground(self) -> np.ndarray:
        """Positions of the ways that can be come onto: on the ground, no stairs and no lift, or all if none is."""
        is_ground = np.ones(len(self.edges), dtype=bool)
        if "level" in self.edges:
            is_ground &= self.edges["level"].to_numpy() == 0
        if "flights" in self.edges:
            is_ground &= self.edges["flights"].to_numpy() == 0
        if "escalators" in self.edges:
            is_ground &= self.edges["escalators"].to_numpy() == 0
        if "kind" in self.edges:
            is_ground &= self.edges["kind"].to_numpy() != "elevator"
        return np.flatnonzero(is_ground | ~is_ground.any())

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The ways on the ground by where they are."""
        return shapely.STRtree(self.edges.geometry.to_numpy()[self.ground])

    @cached_property
    def barrier_tree(self) -> shapely.STRtree:
        """The barriers by where they are."""
        return shapely.STRtree([] if self.barriers is None else self.barriers.to_numpy())

    @cached_property
    def barrier_parts(self) -> tuple[shapely.STRtree, np.ndarray, np.ndarray]:
        """The straight parts of the barriers: by where they are, the barrier of each, and its two ends."""
        parts, barrier = shapely.get_parts(self.barrier_tree.geometries, return_index=True)
        while (shapely.get_type_id(parts) > 3).any():  # collections in one another
            parts, inner = shapely.get_parts(parts, return_index=True)
            barrier = barrier[inner]
        is_polygon = shapely.get_type_id(parts) == 3
        rings, polygon = shapely.get_rings(parts[is_polygon], return_index=True)
        barrier = np.concatenate([barrier[is_polygon][polygon], barrier[~is_polygon]])
        xy, line = shapely.get_coordinates(
            np.concatenate([rings, parts[~is_polygon]]), return_index=True
        )
        first = np.flatnonzero(line[1:] == line[:-1])
        ends = np.stack([xy[first], xy[first + 1]], axis=1)
        return shapely.STRtree(np.asarray(shapely.linestrings(ends))), barrier[line[first]], ends


def _edge_problems(xy: np.ndarray, edges: gpd.GeoDataFrame) -> list[Sentence]:
    """What is wrong with the ways of a network."""
    if edges.empty:
        return [
            Sentence(
                "network: there is no way in it; choose another file.",
                zh="network：其中没有道路；请换一个文件。",
            )
        ]
    problems = []
    crs = edges.crs
    if crs is None or not crs.is_projected:
        said = "no CRS" if crs is None else f"{crs.to_string()} (degrees)"
        zh = "没有 CRS" if crs is None else f"为 {crs.to_string()}（度）"
        problems.append(
            Sentence(
                f"network: its ways have {said}; give them in a projected CRS in metres.",
                zh=f"network：路网的坐标系{zh}；请使用以米为单位的投影坐标系。",
            )
        )
    ends = edges[["start", "end"]].to_numpy()
    if not (ends.min() >= 0 and ends.max() < len(xy)):
        problems.append(
            Sentence(
                "network: a way leads to a junction that is not there; make it anew.",
                zh="network：有道路通向不存在的路口；请重新生成路网。",
            )
        )
    return problems
