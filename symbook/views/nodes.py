"""A graph as plain data: the document's `graph`."""

from __future__ import annotations

import linecache
from collections.abc import Collection, Sequence
from inspect import cleandoc
from textwrap import dedent
from typing import Any

from symbook.graph import Graph, Node
from symbook.ops.params import attr_text
from symbook.ops.registry import Op
from symbook.places import Where
from symbook.render.collapse import DRAW_ALL
from symbook.render.opnames import HIDDEN, ordered_inputs, params_text, phrase, same, title_of
from symbook.render.text import clean, shorten
from symbook.specs import Spec

from .tree import SMALL, arranged
from .values import dtype_name

Specs = Sequence[tuple[Spec, ...]]

_LONGEST_NAME = 10_000
_LONGEST_LINE = 200
_LONGEST_DOC = 2500


def graph_data(
    graph: Graph, specs: Specs | None, written: Collection[int] | None = None
) -> dict[str, Any]:
    """Nodes in order, with what is known of their outputs; heads; operators; groups, and whether they are
    shown before the reader asks for them, as they are where there are many nodes.

    Parameters
    ----------
    graph : Graph
    specs : sequence of tuple of Spec, optional
        For each node, what is known of each output.
    written : collection of int, optional
        The nodes that the user wrote; the others came with the gradient.
    """
    arrangement = arranged(graph, written, SMALL)
    auxiliary = frozenset(graph.auxiliary)
    places = _Places()
    return {
        "nodes": [
            _node(graph, i, specs[i] if specs is not None else None, i in auxiliary, places)
            for i in range(len(graph))
        ],
        "heads": [[pin.node, pin.index] for pin in graph.heads],
        "ops": {
            name: _op(op)
            for name, op in {node.op.name: node.op for node in graph.nodes if node.op}.items()
        },
        "tree": [group.rows() for group in arrangement.groups],
        "grouped": len(graph) > DRAW_ALL,
        "order": list(arrangement.order),
        "forward": arrangement.forward,
        "places": places.rows,
    }


def _node(
    graph: Graph, i: int, row: tuple[Spec, ...] | None, auxiliary: bool, places: _Places
) -> dict[str, Any]:
    node, pins = graph.nodes[i], graph.inputs[i]
    found: dict[str, Any] = {
        "name": shown_name(node.name),
        "inputs": [[pin.node, pin.index] for pin in pins],
        "outs": [_out(name, row[k] if row else Spec()) for k, name in enumerate(node.output_names)],
    }
    if node.where is not None:
        found["where"] = places.add(node.where)
    if node.op is None:
        return found | {"role": "auxiliary" if auxiliary else "variable"}
    found |= {"role": "operator", "op": clean(node.op.name), "title": title_of(node)}
    if told := params_text(node, 200):
        found["params"] = told
    if given := _given(node):
        found["given"] = given
    if ports := ordered_inputs(graph, i):
        found["ports"] = list(ports)
    names = [_read_name(graph.nodes[pin.node], pin.index) for pin in pins]
    found["formula"] = shorten(phrase(node, names), 300)
    return found


def _op(op: Op) -> dict[str, Any]:
    """An operator: the first sentence of its documentation, the rest if it is short, and defaults."""
    first, rest = _first_sentence(op.doc), clean_lines(op.doc or "")
    found: dict[str, Any] = {"doc": first}
    if len(first) < len(" ".join(rest.split())) and len(rest) <= _LONGEST_DOC:
        found["more"] = rest
    defaults = {
        name: "" if param.required else attr_text(param.default)
        for name, param in op.params.items()
        if name not in HIDDEN
    }
    return found | {"defaults": defaults} if defaults else found


def _given(node: Node) -> dict[str, str]:
    """The parameters that are not at their defaults."""
    assert node.op is not None
    found = {}
    for name, value in node.params.items():
        declared = node.op.params.get(name)
        if name not in HIDDEN and (declared is None or not same(declared.default, value)):
            found[clean(name)] = shorten(clean(attr_text(value)), _LONGEST_LINE)
    return found


def clean_lines(text: str) -> str:
    """A text of several lines, each made safe."""
    return "\n".join(clean(line) for line in cleandoc(text).splitlines())


def _read_name(node: Node, index: int) -> str:
    alone = node.shown_count == 1 and index == 0
    return shorten(shown_name(node.name if alone else node.output_names[index]), 40)


def _out(name: str, spec: Spec) -> dict[str, Any]:
    found: dict[str, Any] = {"name": shown_name(name)}
    if spec.shape is not None:
        found["shape"] = list(spec.shape)
    if spec.dtype is not None:
        found["dtype"] = dtype_name(spec.dtype)
    return found


def shown_name(name: str) -> str:
    """A name as it is shown: one line without control characters, not of any length."""
    return shorten(clean(name), _LONGEST_NAME)


class _Places:
    """The user's lines that made nodes, each once."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._known: dict[tuple[str, int], int] = {}

    def add(self, where: Where) -> int:
        key = (where.file, where.line)
        if key not in self._known:
            self._known[key] = len(self.rows)
            self.rows.append(_place(where))
        return self._known[key]


def _place(where: Where) -> dict[str, Any]:
    """A line, its number, and the lines around it."""
    text = linecache.getline(where.file, where.line).strip()
    around = [linecache.getline(where.file, where.line + k).rstrip() for k in (-1, 0, 1)]
    lines = dedent("\n".join(around)).split("\n")
    before, line, after = (shorten(_tabbed(line), _LONGEST_LINE) for line in lines)
    return {
        "place": clean(str(where).removesuffix(f": {text}")),
        "line": where.line,
        "text": line,
        "before": before,
        "after": after,
    }


def _tabbed(line: str) -> str:
    """A line of code made safe, its indentation kept."""
    wide = len(line) - len(line.lstrip())
    return " " * wide + clean(line.lstrip())


def _first_sentence(doc: str | None) -> str:
    paragraph = " ".join((doc or "").strip().split("\n\n", 1)[0].split())
    end = paragraph.find(". ")
    return clean(paragraph if end < 0 else paragraph[: end + 1])
