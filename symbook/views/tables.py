"""Tables as HTML that needs no style sheet, and as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from symbook.render.text import shorten

MOST_ROWS = 200
_CELL = "text-align:left;padding:2px 12px 2px 0;vertical-align:top"


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with a caption, long ones cut."""
    body = list(rows)
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(name)}</th>' for name in heads)
    lines = [
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(str(cell))}</td>' for cell in row) + "</tr>"
        for row in body[:MOST_ROWS]
    ]
    if len(body) > MOST_ROWS:
        more = f"… and {len(body) - MOST_ROWS:,} more"
        lines.append(f'<tr><td colspan="{len(heads)}">{more}</td></tr>')
    caption = f'<caption style="text-align:left;font-weight:bold">{escape(title)}</caption>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def folded(summary: str, content: str) -> str:
    """Content that opens when it is asked to."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


class Rows(NamedTuple):
    """A table: what it is called, its heads, its rows."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]

    def html(self) -> str:
        """A table that opens when it is asked to."""
        return folded(self.title, table(self.title, self.heads, self.rows))

    def text(self) -> str:
        """The rows in fixed-width text, long ones cut."""
        shown = [
            tuple(self.heads),
            *(tuple(shorten(str(cell), 60) for cell in row) for row in self.rows[:MOST_ROWS]),
        ]
        widths = [max(len(row[k]) for row in shown) for k in range(len(self.heads))]
        lines = [
            "  ".join(f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip()
            for row in shown
        ]
        more = [f"… and {len(self.rows) - MOST_ROWS:,} more"] if len(self.rows) > MOST_ROWS else []
        return "\n".join([self.title, *(f"  {line}" for line in [*lines, *more])])
