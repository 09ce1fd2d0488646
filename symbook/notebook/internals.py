"""The table of a graph's internals: the output of every node, in the order of `get_internals()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from symbook.graph import Graph
from symbook.render.scene import value_text
from symbook.render.text import clean, shorten, spec_text
from symbook.specs import Spec

_MOST = 500
_CELL = "text-align:left;padding:2px 12px 2px 0"


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


def html(table: list[list[str]]) -> str:
    """The rows as a plain table, long ones shortened."""
    heading, *body = table
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(cell)}</th>' for cell in heading)
    lines = [
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in body[:_MOST]
    ]
    if len(body) > _MOST:
        lines.append(
            f'<tr><td colspan="{len(heading)}">… and {len(body) - _MOST:,} more outputs</td></tr>'
        )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def text(table: list[list[str]]) -> str:
    """The rows in fixed-width text."""
    shown = table[: _MOST + 1]
    widths = [max(len(row[k]) for row in shown) for k in range(len(table[0]))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    )
