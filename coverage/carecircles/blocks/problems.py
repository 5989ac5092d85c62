"""What of a study area cannot be counted block by block."""

from carecircles.area import StudyArea, years_of
from carecircles.services import Bundle
from carecircles.weights import RASTER, SOURCES, UNINHABITED
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
    known = (getattr(area.sources, name) for name in (*SOURCES[1:], UNINHABITED) if name != RASTER)
    if any(some is not None and len(some) for some in known):
        found.append(
            Sentence(
                "an area counted by blocks spreads people evenly over their street or by rasters; add --people even "
                "or --people people_raster, and leave out [files] uninhabited.",
                zh="按分块计算时人口在街道内均匀分布或按栅格分布；请加上 --people even 或 --people people_raster，并去掉 [files] "
                "中的 uninhabited。",
            )
        )
    own = {band.group for band in area.sources.people_raster} - set(area.population)
    is_first = area.year is None or area.year == years_of(area)[0]
    if area.sources.people_raster and (area.counted == RASTER or own or not is_first):
        found.append(
            Sentence(
                "an area counted by blocks has rasters say where people of its streets live, and not how many, or in "
                "another year than the first; add a file of population with every group, leave out --year, or add "
                "--people even.",
                zh="按分块计算时栅格只用于街道人口的分布，不用于人数，也不用于首年以外的年份；请提供含各人群的人口文件，"
                "不用 --year，或加上 --people even。",
            )
        )
    return found
