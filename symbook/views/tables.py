"""Tables as HTML that needs no style sheet, and as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from symbook.ops.prose import coded, plain
from symbook.render import grid
from symbook.render.text import clean, shorten

MOST_ROWS = 200
_OF_MORE = 50
"""So many rows are shown of a table that is longer: JupyterLab searches it for headings at every change."""
_LONGEST = 400
"""Characters of a cell: names can be of any length."""
_WIDEST = 60
"""Those of a cell in text."""
_HEAD = f"{grid.CELL};vertical-align:bottom"
_CELL = f"{grid.CELL};vertical-align:top;overflow-wrap:anywhere"


def table(
    title: str, heads: Sequence[str], rows: Iterable[Sequence[object]], most: int = MOST_ROWS
) -> str:
    """A table, long ones cut; with a caption, unless its title stands above it and is empty here."""
    body = list(rows)
    count = shown_of(len(body), most)
    cells = [[_cell(cell) for cell in row] for row in body[:count]]
    more = f"… and {len(body) - count:,} more" if len(body) > count else ""
    look = "text-align:left;font-weight:bold"
    caption = f'<caption style="{look}">{_cell(title)}</caption>' if title else ""
    return grid.table(heads, cells, more=more, caption=caption, head_style=_HEAD, style=_CELL)


def shown_of(count: int, most: int = MOST_ROWS) -> int:
    """How many rows of a table are shown: all, or the first few."""
    return count if count <= most else min(most, _OF_MORE)


class Prose(str):
    """A cell of documentation: code stands between backticks, and nothing is cut."""


def _cell(value: object) -> str:
    """A cell's text; of several lines, each on a line of its own."""
    if isinstance(value, Prose):
        return coded(clean(value))
    lines = (clean(line).strip() for line in str(value).split("\n"))
    return "<br>".join(escape(shorten(line, _LONGEST)) for line in lines)


def folded(summary: str, content: str) -> str:
    """Content that opens when it is asked to."""
    return f"<details><summary>{_cell(summary)}</summary>{content}</details>"


def scrolling(content: str) -> str:
    """What may be wider than the page, and then scrolls by itself, by keys, too."""
    return f'<div style="overflow-x:auto" tabindex="0">{content}</div>'


def _line(value: object) -> str:
    """A cell in text: the middle of a long name is left out, of a sentence the last words."""
    if isinstance(value, Prose):
        return plain(clean(value))
    text = clean(value)
    if len(text) <= _WIDEST or " " not in text[:_WIDEST]:
        return shorten(text, _WIDEST)
    return text[: _WIDEST - 1].rpartition(" ")[0] + " …"


class Rows(NamedTuple):
    """A table: what it is called, its heads, its rows, and how many of those are shown at most."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    most: int = MOST_ROWS

    def html(self) -> str:
        """A table that opens when it is asked to."""
        return folded(self.title, table("", self.heads, self.rows, self.most))

    def text(self) -> str:
        """The rows in fixed-width text, long ones cut."""
        count = shown_of(len(self.rows), self.most)
        shown = [tuple(self.heads), *(tuple(map(_line, row)) for row in self.rows[:count])]
        lines = grid.columns(shown)
        more = [f"… and {len(self.rows) - count:,} more"] if len(self.rows) > count else []
        return "\n".join([self.title, *(f"  {line}" for line in [*lines, *more])])
