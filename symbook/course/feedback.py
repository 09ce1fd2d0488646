"""What `check`, `hint` and `progress` give: a box in a notebook, the same words in a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_CODE = re.compile(r"`([^`]+)`")

# A sign and a word beside each colour, which is seen on white and on black. Text has the page's own.
_LOOKS = {
    "solved": ("✓", "46,160,67"),
    "wrong": ("↻", "212,123,16"),
    "unanswered": ("○", "128,128,128"),
    "hint": ("→", "56,132,220"),
    "progress": ("≡", "128,128,128"),
}
_BOX = (
    "border:1px solid rgba({colour},0.6);border-left:6px solid rgb({colour});border-radius:4px;"
    "background-color:rgba({colour},0.08);padding:8px 14px;margin:4px 0;max-width:48em"
)
_CELL = "text-align:left;padding:2px 12px 2px 0"


class NotSolved(AssertionError):
    """What :meth:`Feedback.require` raises for an answer that is not right; shown without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@dataclass(frozen=True)
class Box:
    """A title, and paragraphs below it, in which names of code stand in backticks."""

    state: str
    title: str
    paragraphs: tuple[str, ...]

    def __repr__(self) -> str:
        sign, _ = _LOOKS[self.state]
        return "\n".join([f"{sign} {self.title}", *(f"  {line}" for line in self._lines())])

    def _repr_html_(self) -> str:
        sign, colour = _LOOKS[self.state]
        title = (
            f'<p style="margin:0"><span aria-hidden="true" style="font-weight:bold">{sign}</span> '
            f"<strong>{_marked(self.title)}</strong></p>"
        )
        return (
            f'<div role="status" style="{_BOX.format(colour=colour)}">{title}{self._body()}</div>'
        )

    def _lines(self) -> list[str]:
        return [line for paragraph in self.paragraphs for line in paragraph.split("\n")]

    def _body(self) -> str:
        return "".join(
            f'<p style="margin:6px 0 0 0">{_marked(paragraph)}</p>' for paragraph in self.paragraphs
        )


@dataclass(frozen=True, repr=False)
class Feedback(Box):
    """What `check` says of an answer.

    Attributes
    ----------
    state : {"solved", "wrong", "unanswered"}
    title : str
    paragraphs : tuple of str
    """

    @property
    def solved(self) -> bool:
        """Whether the answer is right."""
        return self.state == "solved"

    def require(self) -> None:
        """Print the feedback if the answer is right: for programs that grade, which need a cell to fail.

        It gives nothing, as nbgrader takes what a cell gives for a number of points.

        Raises
        ------
        NotSolved
            With the feedback's words, if it is not. An AssertionError.
        """
        if not self.solved:
            raise NotSolved(repr(self))
        print(repr(self))


@dataclass(frozen=True, repr=False)
class Table(Box):
    """What `progress` gives: a title, and a table of texts with a caption for each lesson."""

    head: tuple[str, ...] = ()
    groups: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()

    def _lines(self) -> list[str]:
        lines = super()._lines()
        for caption, rows in self.groups:
            lines += [caption, *(f"  {line}" for line in _columns([self.head, *rows]))]
        return lines

    def _body(self) -> str:
        head = "".join(f'<th scope="col" style="{_CELL}">{escape(text)}</th>' for text in self.head)
        tables = []
        for caption, rows in self.groups:
            body = "".join(_row(row) for row in rows)
            tables.append(
                f'<table style="margin:6px 0 0 0"><caption style="{_CELL};white-space:nowrap">'
                f"{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
                f"<tbody>{body}</tbody></table>"
            )
        return f'{super()._body()}<div style="overflow-x:auto">{"".join(tables)}</div>'


def _row(row: Sequence[str]) -> str:
    first, *others = (escape(text) for text in row)
    cells = "".join(f'<td style="{_CELL}">{text}</td>' for text in others)
    return f'<tr><th scope="row" style="{_CELL}">{first}</th>{cells}</tr>'


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _marked(text: str) -> str:
    """HTML of a text; what stands in backticks becomes code, and lines stay lines."""
    marked = _CODE.sub(r"<code>\1</code>", escape(text, quote=False))
    return marked.replace("\n", "<br>")
