"""A graph as plain data: the document's `graph`."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from typing import Any

from symbook.graph import Graph, Node
from symbook.places import Where
from symbook.render.opnames import ordered_inputs, params_text, phrase, title_of
from symbook.render.text import clean, shorten
from symbook.specs import Spec

from .tree import grouped

Specs = Sequence[tuple[Spec, ...]]

_LONGEST_NAME = 10_000
_LONGEST_LINE = 200


def graph_data(graph: Graph, specs: Specs | None) -> dict[str, Any]:
    """Nodes in order, with what is known of their outputs; heads; operators; groups.

    Parameters
    ----------
    graph : Graph
    specs : sequence of tuple of Spec, optional
        For each node, what is known of each output.
    """
    auxiliary = frozenset(graph.auxiliary)
    places = _Places()
    return {
        "nodes": [
            _node(graph, i, specs[i] if specs is not None else None, i in auxiliary, places)
            for i in range(len(graph))
        ],
        "heads": [[pin.node, pin.index] for pin in graph.heads],
        "ops": {
            node.op.name: {"doc": _first_sentence(node.op.doc)}
            for node in graph.nodes
            if node.op is not None
        },
        "tree": [group.rows() for group in grouped(graph)],
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
    if ports := ordered_inputs(graph, i):
        found["ports"] = list(ports)
    names = [_read_name(graph.nodes[pin.node], pin.index) for pin in pins]
    found["formula"] = shorten(phrase(node, names), 300)
    return found


def _read_name(node: Node, index: int) -> str:
    alone = node.shown_count == 1 and index == 0
    return shorten(shown_name(node.name if alone else node.output_names[index]), 40)


def _out(name: str, spec: Spec) -> dict[str, Any]:
    found: dict[str, Any] = {"name": shown_name(name)}
    if spec.shape is not None:
        found["shape"] = list(spec.shape)
    if spec.dtype is not None:
        found["dtype"] = str(spec.dtype)
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
            text = shorten(clean(linecache.getline(*key).strip()), _LONGEST_LINE)
            self.rows.append({"place": clean(str(where)), "text": text})
        return self._known[key]


def _first_sentence(doc: str | None) -> str:
    paragraph = " ".join((doc or "").strip().split("\n\n", 1)[0].split())
    end = paragraph.find(". ")
    return clean(paragraph if end < 0 else paragraph[: end + 1])
