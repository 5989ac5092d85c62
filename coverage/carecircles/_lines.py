"""Text in lines for a terminal, in which an East Asian character takes two columns."""

import os
import re
import sys

from rich.cells import cell_len, chop_cells

PIPE_WIDTH = 160  # where nobody says how wide a line may be
_WIDE = "\u2e80-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd"
PIECE = re.compile(rf"[（《“]*(?:[{_WIDE}]|[^\s{_WIDE}]+)[，。；：、！？）》”]*\s*")


def width() -> int:
    """Columns to print in: those of the terminal, what COLUMNS says, or 160 in a pipe."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    if not sys.stdout.isatty():
        return PIPE_WIDTH
    return os.get_terminal_size(sys.stdout.fileno()).columns or 80


def wrapped(text: str, columns: int) -> list[str]:
    """
    A text in lines, broken at spaces and beside East Asian characters, elsewhere only where it must.

    Examples
    --------
    >>> wrapped("230,176 people 60+", 10)
    ['230,176', 'people 60+']
    >>> wrapped("覆盖60岁及以上", 7)
    ['覆盖60', '岁及以', '上']
    """
    lines, line = [], ""
    for piece in PIECE.findall(text):
        if cell_len(line + piece.rstrip()) > columns and line:
            lines.append(line.rstrip())
            line = ""
        if cell_len(piece.rstrip()) > columns:
            *full, piece = chop_cells(piece.rstrip(), max(columns, 2))
            lines += full
        line += piece
    return [*lines, line.rstrip()]
