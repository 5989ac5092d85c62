"""`carecircles doctor`."""

import json
from typing import Annotated

import typer
from rich.cells import cell_len

from carecircles._lines import width, wrapped
from carecircles.cli.options import DocumentFormat, Lang, command
from carecircles.cli.output import busy, print_line, print_text
from carecircles.words import Sentence, printable, say

_LOOKING = Sentence("looking", zh="正在检查")
_MARKS = {"well": "✓", "lacking": "–", "wrong": "✗"}
_SO = {
    "wrong": Sentence("Something is wrong; see what mends it.", zh="有问题；请按上面的办法修复。"),
    "well": Sentence("All is well.", zh="一切就绪。"),
}


@command()
def doctor(
    format: Annotated[DocumentFormat, typer.Option(help="What to print.")] = DocumentFormat.table,
    lang: Lang = None,  # type: ignore[assignment]  # which its callback replaces
) -> None:
    """Say whether all is well on this machine, and what mends what is not."""
    with busy(_LOOKING, lang):
        from carecircles import doctor as looked

        found = looked.findings()
    is_well = all(one.state != looked.WRONG for one in found)
    if format is DocumentFormat.json:
        record = {"is_well": is_well, "findings": [
            {"about": say(one.about, lang), "state": one.state, "found": say(one.found, lang),
             "mend": None if one.mend is None else say(one.mend, lang)}
            for one in found
        ]}  # fmt: skip
        print_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n")
    else:
        left = max(cell_len(say(one.about, lang)) for one in found) + 4
        for one in found:
            about = say(one.about, lang)
            lines = wrapped(printable(say(one.found, lang)), width() - left)
            if one.mend is not None:
                lines += wrapped(f"→ {printable(say(one.mend, lang))}", width() - left)
            print_line(f"{_MARKS[one.state]} {about}{' ' * (left - 2 - cell_len(about))}{lines[0]}")
            for line in lines[1:]:
                print_line(f"{'':<{left}}{line}")
        print_line(say(_SO["well" if is_well else "wrong"], lang))
    if not is_well:
        raise typer.Exit(1)
