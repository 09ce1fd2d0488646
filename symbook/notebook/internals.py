"""The table of a graph's internals: the output of every node, in the order of `get_internals()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from symbook.graph import Graph
from symbook.render.grid import columns, table
from symbook.render.scene import value_text
from symbook.render.text import clean, shorten, spec_text
from symbook.specs import Spec

_MOST = 500


def rows(
    graph: Graph, specs: Sequence[tuple[Spec, ...]] | None, values: Mapping[str, Any]
) -> list[list[str]]:
    """Headings, then for each output its position, name, maker, shape, dtype and, after a run, value."""
    heading = ["#", "Output", "Made by", "Shape", "Dtype", *(["Value"] if values else [])]
    found = [heading]
    for i, node in enumerate(graph.nodes):
        for k, name in enumerate(node.output_names[: node.shown_count]):
            spec = specs[i][k] if specs is not None else Spec()
            inputs = ", ".join(
                graph.nodes[pin.node].output_names[pin.index] for pin in graph.inputs[i]
            )
            made_by = "variable" if node.op is None else f"{node.op.name}({inputs})"
            dtype = "" if spec.dtype is None else str(spec.dtype)
            row = [
                str(len(found) - 1), _cell(name), _cell(made_by), spec_text(Spec(spec.shape)), dtype
            ]  # fmt: skip
            found.append(row + ([_value(values.get(name))] if values else []))
    return found


def _cell(text: str) -> str:
    return shorten(clean(text), 80)


def _value(value: Any) -> str:
    if value is None:
        return ""
    told = value_text(value)
    return (
        told or f"{value.asnumpy().min():.4g} … {value.asnumpy().max():.4g}"
        if value.size
        else "empty"
    )


def html(rows: list[list[str]]) -> str:
    """The rows as a plain table, long ones shortened."""
    heading, *body = rows
    more = f"… and {len(body) - _MOST:,} more outputs" if len(body) > _MOST else ""
    return table(heading, [[escape(cell) for cell in row] for row in body[:_MOST]], more=more)


def text(rows: list[list[str]]) -> str:
    """The rows in fixed-width text."""
    return "\n".join(columns(rows[: _MOST + 1]))
