"""How results look after `%load_ext symbook`: symbols as pictures, arrays as values, executors as a summary.

Everything is static: images with alt text, tables and `<details>`, which untrusted notebooks, GitHub and
nbconvert let through. A formatter that fails gives nothing, and the text form remains.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from symbook import render
from symbook.errors import shape_text
from symbook.executor import Executor
from symbook.ndarray import NDArray
from symbook.render import arrays, grid, saving
from symbook.render.html import block
from symbook.render.text import clean
from symbook.symbol.symbol import Symbol

from . import internals

_RESULT = "margin:8px 0;padding:0"
_IN_FULL, _SHOWN_RESULT = 60, 1000
"""Up to so many elements, a result is written in full; up to so many, its beginning and its end."""


class Drawn:
    """Remembers what a magic has drawn in the present cell, so that the cell's result is not drawn again."""

    def __init__(self) -> None:
        self._symbol: weakref.ref[Any] | None = None
        self._count = -1

    def remember(self, thing: Any, execution_count: int) -> None:
        """Note that this was drawn in the cell of that number."""
        self._symbol, self._count = weakref.ref(thing), execution_count

    def has(self, thing: Any, execution_count: int) -> bool:
        """Whether this very object was drawn in the cell of that number."""
        same = self._symbol is not None and self._symbol() is thing
        return same and self._count == execution_count


@dataclass
class Shown:
    """A picture with everything said around it."""

    symbol: Symbol
    picture: render.Picture
    title: str | None = None
    note: str = ""
    results: Sequence[tuple[str, NDArray]] = ()
    internals: list[list[str]] | None = None

    def display(self) -> None:
        """Show it as an output of the running cell."""
        from IPython.display import display

        data: dict[str, Any] = {"text/plain": self.text(), "text/html": self.html()}
        metadata = {}
        image = saving.png(self.picture)
        if image is not None:
            data["image/png"], metadata["image/png"] = image
        display(data, metadata=metadata, raw=True)

    def html(self) -> str:
        """The picture, with the title above it, and below it the note, the results and a table."""
        picture = self.picture.html(
            self.note,
            table=self.internals is None,
            above=self.title_html(),
            below=self._results_html(),
        )
        return picture + self._table_html()

    def text(self) -> str:
        """The same for a screen that shows no pictures."""
        return "\n".join(filter(None, [self.picture_text(), self.rest_text()]))

    def title_html(self) -> str:
        """The title above the picture, if there is one."""
        return f"<p><strong>{escape(self.title)}</strong></p>" if self.title else ""

    def picture_html(self) -> str:
        """The picture with its own words and its nodes: what a live view shows as well."""
        return self.picture.html(table=self.internals is None)

    def picture_text(self) -> str:
        """The picture for a screen that shows none."""
        return "\n".join(filter(None, [repr(self.symbol), self.picture.caption]))

    def rest_html(self) -> str:
        """What no live view says: the note, the results and the table; empty if there are none."""
        note = f"<p><small>{escape(clean(self.note))}</small></p>" if self.note else ""
        told = note + self._results_html()
        return (block(told) if told else "") + self._table_html()

    def rest_text(self) -> str:
        """The same as text."""
        results = [f"{name} = {_result(value)}" for name, value in self.results]
        table = internals.text(self.internals) if self.internals else ""
        return "\n".join(filter(None, [self.note, *results, table]))

    def rest_png(self) -> tuple[bytes, dict[str, Any]] | None:
        """The first heat map in :meth:`rest_html`, for what shows no HTML."""
        images = (arrays.png(value) for _, value in self.results if value.size > _IN_FULL)
        return next(filter(None, images), None)

    def _results_html(self) -> str:
        return "".join(_result_html(name, value) for name, value in self.results)

    def _table_html(self) -> str:
        return block(internals.html(self.internals)) if self.internals else ""


def _result_html(name: str, value: NDArray) -> str:
    if value.size <= _IN_FULL:
        return f'<pre style="{_RESULT}">{escape(f"{name} = {_result(value)}")}</pre>'
    return f'<pre style="{_RESULT}">{escape(name)} =</pre>{arrays.content(value)}'


def _result(value: NDArray) -> str:
    from symbook.render.text import plural

    kind = f"{shape_text(value.shape)} {value.dtype.__name__}"
    if value.size > _SHOWN_RESULT:
        return f"{plural(value.size, 'number')}, {arrays.statistics(value.asnumpy())}   {kind}"
    return f"{np.array2string(value.asnumpy(), threshold=_IN_FULL)}   {kind}"


def register(shell: Any, drawn: Drawn) -> None:
    """Add the formatters to a shell."""

    def fresh(symbol: Symbol) -> bool:
        return not drawn.has(symbol, shell.execution_count)

    def symbol_html(symbol: Symbol) -> str | None:
        return render.draw(symbol).html() if fresh(symbol) else None

    def symbol_png(symbol: Symbol) -> Any:
        return saving.png(render.draw(symbol)) if fresh(symbol) else None

    formatters = shell.display_formatter.formatters
    formatters["text/html"].for_type(Symbol, _safe(symbol_html))
    formatters["image/png"].for_type(Symbol, _safe(symbol_png))
    formatters["text/html"].for_type(NDArray, _safe(arrays.html))
    formatters["image/png"].for_type(NDArray, _safe(arrays.png))
    formatters["text/html"].for_type(Executor, _safe(executor_html))
    # IPython leaves the word `object` out of Python's own form.
    formatters["text/plain"].for_type(Executor, lambda thing, printer, _: printer.text(repr(thing)))


def unregister(shell: Any) -> None:
    """Take the formatters away again."""
    for kind in ("text/html", "image/png"):
        for thing in (Symbol, NDArray, Executor):
            shell.display_formatter.formatters[kind].pop(thing, None)
    shell.display_formatter.formatters["text/plain"].pop(Executor, None)


def _safe(formatter: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The formatter, giving nothing where it fails: the text form is then shown, and the cell goes on."""

    def guarded(thing: Any) -> Any:
        try:
            return formatter(thing)
        except Exception:
            return None

    return guarded


def executor_html(executor: Executor) -> str:
    """What an executor is bound to and what it gives, as a table."""
    symbol = executor.symbol
    rows = [("argument", name, value) for name, value in executor.arg_dict.items()]
    rows += [("auxiliary state", name, value) for name, value in executor.aux_dict.items()]
    rows += [
        ("output", name, value)
        for name, value in zip(symbol.list_outputs(), executor.outputs, strict=True)
    ]
    heads = ("Kind", "Name", "Shape", "Dtype", "Device")
    more = f"<p><small>… and {len(rows) - 200:,} more</small></p>" if len(rows) > 200 else ""
    told = f"<p><strong>Executor</strong> of {escape(repr(symbol))} on {escape(str(rows[-1][2].context))}</p>"
    return block(f"{told}{grid.table(heads, [_row(*row) for row in rows[:200]])}{more}")


def _row(kind: str, name: str, value: NDArray) -> list[str]:
    cells = (kind, name, shape_text(value.shape), value.dtype.__name__, str(value.context))
    return [escape(cell) for cell in cells]
