"""The nodes of a graph as a table: plain data, text and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from symbook.graph import Graph, Pin
from symbook.render.grid import columns, table
from symbook.render.opnames import params_text
from symbook.render.scene import value_text
from symbook.render.text import clean, plural, shorten, spec_text
from symbook.specs import Spec

MOST_ROWS = 200
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class TableRow:
    """One node; `shape`, `dtype` and `value` have a text for each output, empty if unknown."""

    name: str
    operator: str
    inputs: tuple[str, ...]
    params: str
    shape: tuple[str, ...]
    dtype: tuple[str, ...]
    value: tuple[str, ...]
    is_output: bool


@dataclass(frozen=True, slots=True)
class NodeTable:
    """Nodes in topological order; `left_out` more are not in `rows`."""

    rows: tuple[TableRow, ...]
    left_out: int

    def columns(self) -> list[str]:
        """Headings; `Value` is there only where a value is known."""
        found = ["Node", "Operator", "Inputs", "Shape", "Dtype"]
        return [*found, "Value"] if any(any(row.value) for row in self.rows) else found

    def cells(self, row: TableRow) -> list[str]:
        """One row's texts, in the order of the columns."""
        operator = f"{row.operator} ({row.params})" if row.params else row.operator
        name = f"{row.name} → output" if row.is_output else row.name
        found = [name, operator, ", ".join(row.inputs), *map(_joined, (row.shape, row.dtype))]
        return [*found, _joined(row.value)] if len(self.columns()) == 6 else found

    def text(self) -> str:
        """The table in fixed-width text."""
        lines = columns([self.columns(), *map(self.cells, self.rows)], ruled=True)
        return "\n".join([*lines, self.remark()] if self.left_out else lines)

    def html(self) -> str:
        """The table in HTML."""
        rows = [[escape(cell) for cell in self.cells(row)] for row in self.rows]
        more = escape(self.remark()) if self.left_out else ""
        return table(self.columns(), rows, named=True, more=more)

    def remark(self) -> str:
        """How many nodes are left out, in words."""
        return f"… and {plural(self.left_out, 'more node')}"


def node_table(
    graph: Graph,
    specs: Sequence[tuple[Spec, ...]] | None = None,
    values: Mapping[str, Any] | None = None,
    most: int = MOST_ROWS,
) -> NodeTable:
    """The table of a graph's nodes: the first and the last `most / 2` of a larger graph."""
    heads = {pin.node for pin in graph.heads}
    total = len(graph)
    shown = (
        range(total)
        if total <= most
        else [*range(most // 2), *range(total - (most - most // 2), total)]
    )
    rows = tuple(_row(graph, i, specs, values or {}, i in heads) for i in shown)
    return NodeTable(rows, total - len(rows))


def _row(
    graph: Graph,
    i: int,
    specs: Sequence[tuple[Spec, ...]] | None,
    values: Mapping[str, Any],
    is_output: bool,
) -> TableRow:
    node = graph.nodes[i]
    shown = node.shown_count
    known = specs[i][:shown] if specs is not None else (Spec(),) * shown
    kind = "auxiliary state" if i in graph.auxiliary else "variable"
    return TableRow(
        name=_name(node.name),
        operator=kind if node.op is None else clean(node.op.name),
        inputs=tuple(_entry_name(graph, pin) for pin in graph.inputs[i]),
        params=params_text(node, _LONGEST),
        shape=tuple(spec_text(Spec(spec.shape)) for spec in known),
        dtype=tuple("" if spec.dtype is None else str(spec.dtype) for spec in known),
        value=tuple(_value(values.get(name)) for name in node.output_names[:shown]),
        is_output=is_output,
    )


def _entry_name(graph: Graph, pin: Pin) -> str:
    node = graph.nodes[pin.node]
    alone = node.shown_count == 1 and pin.index == 0
    return _name(node.name if alone else node.output_names[pin.index])


def _name(name: str) -> str:
    return shorten(clean(name), _LONGEST)


def _value(value: Any) -> str:
    """A small value in full, of a large one its range."""
    if value is None:
        return ""
    told = value_text(value)
    if told:
        return told.replace("\n", ", ")
    array = np.asarray(value.asnumpy() if hasattr(value, "asnumpy") else value)
    if array.size == 0 or array.dtype.kind not in "biuf":
        return "empty" if array.size == 0 else ""
    with np.errstate(all="ignore"):
        return f"{array.min():.4g} … {array.max():.4g}"


def _joined(texts: Sequence[str]) -> str:
    return ", ".join(text for text in texts if text)
