"""Where a centre could open, as the options of several commands say it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carecircles.errors import ValidationError

if TYPE_CHECKING:
    import geopandas as gpd

    from carecircles.plan import Plan
    from carecircles.words import Text
from carecircles.cli._work import enlarged, use
from carecircles.cli.options import Options, conflicts, number_problems
from carecircles.words import Sentence, at, joined


@dataclass(frozen=True)
class Places:
    """Where a centre could open."""

    candidates: Annotated[
        str | None,
        typer.Option(
            help="Where a centre could open: gaps (cells from which one would gain), grid (every "
            "cell), or a file of places.  [default: gaps for coverage and facilities, else "
            "grid; grid with --least-by-street and --target]"
        ),
    ] = None
    spacing: Annotated[
        float | None,
        typer.Option(help="Metres between candidates of gaps and grid; every cell if not given."),
    ] = None
    keep_out: Annotated[
        Path | None,
        typer.Option(help="Polygons where no centre may stand, such as parks and water."),
    ] = None

    @property
    def file(self) -> Path | None:
        """The file that names them."""
        is_file = self.candidates not in (None, "gaps", "grid")
        return Path(self.candidates or "") if is_file else None


def places_problems(places: Places, budget: float | None, *, is_equipping: bool) -> list[Sentence]:
    """Whether it is clear where centres could open."""
    problems = []
    spacing = places.spacing
    if is_equipping:
        given = {"--spacing": spacing, "--keep-out": places.keep_out, "--budget": budget}
        why = Sentence(
            "--service alone, whose candidates are the centres without it; name --candidates for new ones",
            zh="单独的 --service 同用，其候选点是没有该项服务的中心；新设中心请加 --candidates",
        )
        problems += conflicts(given, why)
    elif budget is not None and places.file is None:
        told = "--budget needs --candidates with a file that has a column price."
        zh = "--budget 须与 --candidates 同用，候选点文件中应有 price 一列。"
        problems.append(Sentence(told, zh=zh))
    if spacing is not None and places.file is not None:
        told = "--spacing goes with the candidates of gaps and grid."
        problems.append(Sentence(told, zh="--spacing 只用于 gaps 和 grid 的候选点。"))
    wanted = Sentence("metres above 0 and below 1,000,000", zh="大于 0、小于 1,000,000 的米数")
    return [
        *problems,
        *number_problems(("--spacing", spacing, spacing is None or 0 < spacing < 1e6, wanted)),
    ]


def number_to(most: int, least: int = 0) -> Sentence:
    told = f"a number from {least} to {most:,}"
    return Sentence(told, zh=f"介于 {least} 到 {most:,} 之间的整数")


def candidates_of(
    asked: "Sequence[Plan]",
    wanted: str,
    places: Places,
    folder: Path,
    datum: str | None,
    *,
    is_priced: bool,
) -> "tuple[gpd.GeoDataFrame, list[Text]]":
    """Where a centre could open in any of some plans, and what was taken for granted about the files that say so."""
    from carecircles import area, io, siting

    notes: list[Text] = []
    spacing, before = places.spacing, asked[0]
    if wanted == "gaps":
        found = siting.candidates_in_gaps_of(asked, spacing=spacing)
    elif wanted == "grid":
        found = siting.candidates_on_grid(before.cells, spacing=spacing)
    else:
        found = siting.read_candidates(wanted, folder=folder, plan=before, datum=datum)
        notes += found.attrs["notes"]
    if is_priced and found["price"].isna().any():
        some = ", ".join(map(str, found.index[found["price"].isna()][:5]))
        told = f"there is no price for {some}; fill the column price"
        why = Sentence(told, zh=f"{some} 没有价格；请填写 price 一列")
        raise ValidationError([at(Path(wanted).name, why)])
    if places.keep_out is not None:
        polygons = io.read_polygons(places.keep_out, crs=before.area.crs, datum=datum)
        notes += area.datum_notes(polygons, file=places.keep_out.name)
        found = siting.outside(found, polygons)
    return found, notes


def nowhere(places: Places, service: str | None) -> Sentence:
    """Why there is no candidate."""
    if service is not None:
        told = f"every centre offers {service!r} already; there is none to add it to."
        return Sentence(told, zh=f"各中心均已提供 {service!r}；没有可增设的中心。")
    if places.keep_out is not None:
        told = "it leaves no place where a centre could stand"
        return at(places.keep_out.name, Sentence(told, zh="排除之后没有可设中心的位置"))
    if places.candidates in (None, "gaps"):
        told = "no cell would gain anyone from a new centre; all within the area is covered."
        return Sentence(told, zh="新增中心不会使任何网格受益；区域内已全部覆盖。")
    told = "there is no candidate; name a file with places, or gaps or grid."
    return Sentence(told, zh="没有候选点；请给出候选点文件，或写 gaps 或 grid。")


def require_siting_memory(
    objective: str, pairs: float, options: Options, *, spacing: float | None
) -> None:
    """Before candidates are measured, whether there is memory for all of their pairs."""
    from carecircles import memory

    most = memory.limit(options.memory)
    estimate = memory.of_siting(objective, pairs)
    factor = estimate / max(most, 1.0)
    larger = enlarged("--cell", options.cell * math.sqrt(factor), options.cell)
    fewer = Sentence(" or name fewer candidates", zh="，或减少候选点")
    mend = joined([use(larger), fewer], "")
    if spacing is not None:  # both the cells and the candidates grow fewer with the cell
        wide = math.ceil(spacing * math.sqrt(factor) / options.cell) * options.cell
        larger = enlarged("--cell", options.cell * factor**0.25, options.cell)
        wider = use(enlarged("--spacing", wide, spacing))
        mend = joined([wider, larger], Sentence(", or ", zh="，或 "))
    doing = Sentence(f"a table of {pairs:,.0f} pairs", zh=f"{pairs:,.0f} 对的距离表")
    memory.require(estimate, most=most, doing=doing, mend=mend)
