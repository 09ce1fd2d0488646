"""The steps that errors end acts with: what is wrong, at which node, and on which edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from symbook.errors import DTypeError, SymbookError, shape_text
from symbook.graph import Graph, Pin
from symbook.ndarray import NDArray
from symbook.render.text import clean
from symbook.runners.trace import Failure, Record

from .records import values_of

Json = dict[str, Any]


def failed(graph: Graph, error: SymbookError, brief: bool = False) -> Json:
    """The step that an error ends an act with; `brief` is its first sentence alone."""
    node = _concerned(graph, error)
    text = error.message if brief else str(error)
    found: Json = {
        "node": node,
        "text": "\n".join(map(clean, text.splitlines())),
        "failed": True,
    }
    if node is not None:
        found["states"] = [[node, "error"]]
        found["edges"] = _blamed(graph, node, error)
    return found


def unbound(
    graph: Graph, error: SymbookError, arrays: Mapping[str, Any], brief: bool = False
) -> Json:
    """The step that binding fails with: if an array is what it lacks, all that have none are marked."""
    found = failed(graph, error, brief)
    bare = [i for i in graph.variables if graph.nodes[i].name not in arrays]
    if bare and found["node"] in (None, *bare):
        found["node"] = bare[0]
        found["states"] = [[i, "error"] for i in bare]
        found["edges"] = [
            _edge(pin, j, port, "no array")
            for i in bare
            for j in graph.readers[i]
            for port, pin in enumerate(graph.inputs[j])
            if pin.node == i
        ]
    return found


def raised(
    graph: Graph, failure: Failure, given: Mapping[Pin, NDArray], records: Sequence[Record]
) -> Json:
    """The step that an error ends a run with: its text, the node, and what that was given.

    `given` are the values that there were before the run, `records` what it did.
    """
    error, i = failure.error, failure.position
    kind = "" if isinstance(error, SymbookError) else f"{type(error).__name__}: "
    lines = [*(kind + str(error)).splitlines(), *getattr(error, "__notes__", ())]
    found: Json = {"node": None, "text": "\n".join(map(clean, lines)), "failed": True}
    if i < 0:
        return found
    known = {**given, **values_of(records)}
    edges = [
        _edge(pin, i, port, f"{shape_text(known[pin].shape)} {known[pin].dtype.__name__}")
        for port, pin in enumerate(graph.inputs[i])
        if pin in known
    ]
    return found | {"node": i, "states": [[i, "error"]], "edges": edges}


def _concerned(graph: Graph, error: SymbookError) -> int | None:
    """The node that an error is about, or the variable."""
    if error.at is not None:
        # Behind the graph's own nodes are those of its gradient.
        return error.at if error.at < len(graph) else None
    for i in graph.variables:
        if graph.nodes[i].name == error.argument:
            return i
    return None


def _blamed(graph: Graph, node: int, error: SymbookError) -> list[Json]:
    """The edges into a node that do not fit together: those whose shapes the message names, or all."""
    told = str if isinstance(error, DTypeError) else shape_text
    rows = [
        (pin, port, told(item.dtype if isinstance(error, DTypeError) else item.shape))
        for port, (pin, item) in enumerate(zip(graph.inputs[node], error.inputs, strict=False))
    ]
    named = [row for row in rows if row[2] in error.message]
    return [_edge(pin, node, port, text) for pin, port, text in named or rows]


def _edge(pin: Pin, node: int, port: int, text: str) -> Json:
    return {"entry": list(pin), "node": node, "port": port, "text": text}
