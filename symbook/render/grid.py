"""Rows of texts in columns: as text of a fixed width, and as an HTML table that needs no style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

CELL = "text-align:left;padding:2px 12px 2px 0"
"""The style of a cell."""


def columns(rows: Sequence[Sequence[str]], *, ruled: bool = False) -> list[str]:
    """Lines of text, one for each row, with a rule below the first if `ruled`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if ruled:
        rows = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    named: bool = False,
    more: str = "",
    caption: str = "",
    head_style: str = CELL,
    style: str = CELL,
) -> str:
    """A `<table>` without scripts, classes or style sheets: sanitisers let it through.

    Parameters
    ----------
    heads : sequence of str
        Plain text.
    rows : iterable of sequence of str
        HTML of the cells.
    named : bool
        Whether a row's first cell is what it is called.
    more : str
        HTML of a last row over all columns.
    caption : str
        HTML of a whole `<caption>`.
    head_style, style : str
    """
    head = "".join(f'<th scope="col" style="{head_style}">{escape(text)}</th>' for text in heads)
    body = []
    for row in rows:
        cells = [f'<td style="{style}">{cell}</td>' for cell in row]
        if named:
            cells[0] = f'<th scope="row" style="{style}">{row[0]}</th>'
        body.append(f"<tr>{''.join(cells)}</tr>")
    if more:
        body.append(f'<tr><td colspan="{len(heads)}">{more}</td></tr>')
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
