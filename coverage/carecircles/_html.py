"""What a value shows of itself in a notebook: a small table of text, nothing of which is HTML or formula."""

import html
import math
from collections.abc import Iterable, Sequence

from carecircles.words import Text

_LONGEST = 120
_MOST_ROWS = 20


def panel(
    title: str | Text,
    figures: Iterable[tuple[str, object]],
    *,
    columns: Sequence[str] = (),
    rows: Sequence[Sequence[object]] = (),
) -> str:
    """
    A title, figures with their labels, and a table; texts come from data files and are text.

    Notebooks typeset what stands between dollar signs, unless its element says not to.
    """
    lines = [
        f'<tr><th scope="row" style="text-align:left">{_cell(label)}</th>'
        f'<td style="text-align:left" colspan="{max(1, len(columns) - 1)}">{_cell(value)}</td></tr>'
        for label, value in figures
    ]
    if columns:
        heads = "".join(f'<th scope="col">{_cell(column)}</th>' for column in columns)
        lines.append(f"<tr>{heads}</tr>")
    lines += [
        f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>"
        for row in rows[:_MOST_ROWS]
    ]
    if len(rows) > _MOST_ROWS:
        lines.append(f"<tr><td>and {len(rows) - _MOST_ROWS} more</td></tr>")
    caption = f'<caption style="text-align:left"><b>{_cell(named(title))}</b></caption>'
    return (
        '<div class="tex2jax_ignore mathjax_ignore">'
        f"<table>{caption}<tbody>{''.join(lines)}</tbody></table></div>"
    )


def named(text: str | Text) -> str:
    """A name in both languages, once where they are the same."""
    return text if isinstance(text, str) else " ".join(dict.fromkeys((text["en"], text["zh"])))


def some(values: Iterable[object], *, most: int = 8) -> str:
    """The first of many, and how many more there are."""
    every = [str(value) for value in values]
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def people(count: float) -> str:
    return f"{count:,.0f}" if math.isfinite(count) else "–"


def share(part: float) -> str:
    return f"{100 * part:.1f} %" if math.isfinite(part) else "–"


def _cell(value: object) -> str:
    """Text as text: short, without what is invisible, its direction of writing its own."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f"<bdi>{html.escape(text)}</bdi>"
