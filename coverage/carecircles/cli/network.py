"""`carecircles network`."""

from pathlib import Path
from typing import Annotated

import typer

from carecircles.cli.options import (
    Lang,
    command,
    datum_of,
    folder_of,
    problems_of,
    require,
    suffix_problems,
    target_problems,
)
from carecircles.cli.output import READING, busy, print_line, print_table

_CELL_M = 50.0  # of the grid people are counted on


@command()
def network(
    file: Annotated[
        Path,
        typer.Argument(
            help="Streets and paths: .osm.pbf, .osm, GraphML of OSMnx, GeoPackage, GeoParquet, "
            "Shapefile or GeoJSON."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Network to write, ready to walk on; ends in .parquet."),
    ] = None,
    area: Annotated[
        str | None,
        typer.Option(
            help="The study area it is for: ways far from it are left out, and people who live far "
            "from any way are counted."
        ),
    ] = None,
    barriers: Annotated[
        Path | None,
        typer.Option(help="Lines and polygons nobody crosses off the ways: water, railways."),
    ] = None,
    private: Annotated[
        bool,
        typer.Option(
            "--private",
            help="Walk private streets and paths too, such as those inside housing estates, at the start and end "
            "of walks, and as short cuts never.",
        ),
    ] = False,
    datum: Annotated[
        str | None,
        typer.Option(help="Datum of drawn lines: wgs84, cgcs2000, gcj02 or bd09."),
    ] = None,
    lang: Lang = None,  # type: ignore[assignment]  # which its callback replaces
) -> None:
    """Make a walking network of streets and paths, and say how sound it is."""
    from carecircles.area import files_told, read_area

    told = [path for path in (file, barriers) if path is not None]
    inputs = [path for one in told for path in files_told(one)]
    require(
        problems_of(lambda: datum_of(datum)),
        problems_of(lambda: area is None or folder_of(area)),
        suffix_problems(out, (".parquet", ".geoparquet")),
        target_problems([out], inputs),
    )
    from carecircles import io, report, weights
    from carecircles import network as networks

    with busy(READING, lang):
        study = None if area is None else read_area(folder_of(area))
        walls = barriers if study is None or barriers else study.on_foot.barriers
        net = networks.read_network(
            file,
            crs=None if study is None else study.crs,
            datum=datum_of(datum),
            barriers=walls,
            within=None if study is None else study.boundary,
            private=private,
        )
    cells = None if study is None else weights.place(study, cell=_CELL_M).demand
    groups = () if study is None else study.groups
    table = report.network_table(net, cells=cells, groups=groups, lang=lang)
    is_osm = file.name.casefold().endswith(networks.OSM)
    if out is not None:
        io.write_results({out: lambda: networks.as_frame(net)}, inputs=inputs)
    print_table(
        table,
        title=report.network_title(file.name, net, study, lang=lang),
        notes=report.network_notes(
            net, area=study, is_declared=datum is not None or is_osm, lang=lang
        ),
        lang=lang,
    )
    if out is not None:
        print_line(out)
