"""What of a study area cannot be counted block by block."""

from carecircles.area import StudyArea
from carecircles.services import Bundle
from carecircles.weights import RASTER, SOURCES
from carecircles.words import Sentence


def problems(area: StudyArea) -> list[Sentence]:
    """
    What of a study area cannot be counted block by block; nothing where all can.

    Examples
    --------
    >>> from carecircles import datasets
    >>> problems(datasets.load("template"))
    []
    """
    found = []
    if isinstance(area.counting, Bundle):
        found.append(
            Sentence(
                "an area counted by blocks has no bundle; ask for one service with --service.",
                zh="按分块计算时不能使用服务组合；请用 --service 逐项提问。",
            )
        )
    known = (getattr(area.sources, name) for name in SOURCES[1:] if name != RASTER)
    if any(some is not None and len(some) for some in known):
        found.append(
            Sentence(
                "an area counted by blocks spreads people evenly over their street or by rasters; add --people even "
                "or --people people_raster.",
                zh="按分块计算时人口在街道内均匀分布或按栅格分布；请加上 --people even 或 --people people_raster。",
            )
        )
    return found
