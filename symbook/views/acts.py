"""The acts of a course of events, each a list of steps with what it changes: the document's `acts`.

Compose, infer, bind, forward, backward. A step says in one sentence what happened, and which states of
nodes, which labels on edges and which values it changes. States are `hidden`, `unbound`, `bound`,
`waiting`, `ready`, `running`, `done` and `error`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from symbook.errors import SymbookError, listed, shape_text
from symbook.graph import Graph, Pin
from symbook.infer import DTYPES, SHAPES, explained
from symbook.ndarray import NDArray
from symbook.render.opnames import phrase
from symbook.render.text import clean, plural, shorten
from symbook.runners.trace import Record

Json = dict[str, Any]

_LONGEST = 40
_MOST_AT_ONCE = 64
"""Steps looked at for what else was running; there are no more threads or streams, as a rule."""


def compose(graph: Graph, written: Collection[int]) -> Json:
    """The nodes that the user wrote appear one by one."""
    steps = []
    for i, node in enumerate(graph.nodes):
        if i not in written:
            continue
        text = (
            f"{said(graph, i)} is a variable: a name that has no value yet."
            if node.op is None
            else f"{said(graph, i)} is {formula(graph, i)}. Nothing is computed: it is only noted."
        )
        steps.append({"node": i, "text": text, "states": [[i, "unbound"]]})
    opening = "Nothing has been written yet."
    return {"name": "compose", "title": "Compose", "opening": opening, "steps": steps}


def infer(graph: Graph, shapes: Mapping[str, Any], dtypes: Mapping[str, Any]) -> Json:
    """Shapes become known, each from what is known already; then dtypes, in one step."""
    learnt, error = explained(graph, SHAPES, shapes)
    steps: list[Json] = []
    for pin, shape, by in learnt:
        if shape is None:
            continue
        told = (
            "("
            + ", ".join("?" if size is None else str(size) for size in shape)
            + ("," if len(shape) == 1 else "")
            + ")"
        )
        reason = _reason(graph, pin, by, graph.nodes[pin.node].name in shapes)
        text = f"{_entry(graph, pin)} has the shape {told}{reason}."
        steps.append({"node": pin.node, "text": text, "labels": [[list(pin), told]], "by": by})
    if error is None:
        kinds, error = explained(graph, DTYPES, dtypes)
        names = {str(kind) for _, kind, _ in kinds}
        if error is None and names and steps:
            steps.append(
                {
                    "node": None,
                    "text": f"Types of elements follow in the same way: {listed(sorted(names))}.",
                }
            )
    if error is not None:
        steps.append(failed(graph, error))
    return {"name": "infer", "title": "Infer shapes", "steps": steps}


def bind(graph: Graph, arrays: Mapping[str, NDArray]) -> Json:
    """Arrays take the variables' places."""
    steps = []
    for i in graph.variables:
        array = arrays.get(graph.nodes[i].name)
        if array is None:
            continue
        text = (
            f"{said(graph, i)} is bound to an array of shape {shape_text(array.shape)}, "
            f"{array.dtype.__name__}, on {array.context}."
        )
        steps.append(
            {"node": i, "text": text, "states": [[i, "bound"]], "value": graph.nodes[i].name}
        )
    return {"name": "bind", "title": "Bind", "steps": steps}


def derive(graph: Graph, nodes: Sequence[int]) -> Json:
    """The nodes of the gradient appear, at once."""
    count = plural(sum(graph.nodes[i].op is not None for i in nodes), "node")
    text = f"The gradient is a graph, too: the rule of each operator, from the outputs back, gives {count}."
    states = [[i, "bound" if graph.nodes[i].op is None else "unbound"] for i in nodes]
    steps = [{"node": None, "text": text, "states": states}]
    return {"name": "derive", "title": "Derive", "steps": steps}


def run(graph: Graph, name: str, title: str, records: Sequence[Record], known: set[int]) -> Json:
    """Steps of a recorded run, in the order in which they ended.

    Parameters
    ----------
    graph : Graph
    name, title : str
    records : sequence of Record
    known : set of int
        The nodes whose values are there before; those of the records are added.
    """
    ordered = sorted(records, key=lambda record: record.end)
    mine = {record.position for record in records}
    missing = {i: {pin.node for pin in graph.inputs[i]} - known for i in mine}
    before = [[i, "waiting" if missing[i] else "ready"] for i in sorted(mine)]
    steps: list[Json] = []
    running: set[int] = set()
    for k, record in enumerate(ordered):
        i = record.position
        states: list[list[Any]] = [[i, "done"]]
        for other in ordered[k + 1 : k + 1 + _MOST_AT_ONCE]:
            j = other.position
            if other.start < record.end and j not in running:
                running.add(j)
                states.append([j, "running"])
        known.add(i)
        for j in graph.readers[i]:
            if j in missing and i in missing[j]:
                missing[j].discard(i)
                if not missing[j] and j not in running:
                    states.append([j, "ready"])
        steps.append(
            {"node": i, "text": _ran(graph, i, record), "states": states, "record": record}
        )
    return {"name": name, "title": title, "before": before, "steps": steps}


def failed(graph: Graph, error: SymbookError) -> Json:
    """The step that an error ends an act with."""
    names = {node.name: i for i, node in enumerate(graph.nodes)}
    node = names.get(str(error.node or "").split(" = ", 1)[0])
    found: Json = {
        "node": node,
        "text": "\n".join(map(clean, str(error).splitlines())),
        "failed": True,
    }
    if node is not None:
        found["states"] = [[node, "error"]]
    return found


def said(graph: Graph, i: int) -> str:
    """A node's name, in a sentence."""
    return shorten(clean(graph.nodes[i].name), _LONGEST) or "(no name)"


def formula(graph: Graph, i: int) -> str:
    """What a node computes, in words: `A times B`."""
    return phrase(graph.nodes[i], [_entry(graph, pin) for pin in graph.inputs[i]])


def _entry(graph: Graph, pin: Pin) -> str:
    node = graph.nodes[pin.node]
    alone = node.shown_count == 1 and pin.index == 0
    return shorten(clean(node.name if alone else node.output_names[pin.index]), _LONGEST)


def _reason(graph: Graph, pin: Pin, by: int, given: bool) -> str:
    if by == pin.node and graph.nodes[by].op is None:
        return ": its array has it" if given else ": it was declared"
    if by != pin.node:
        return f": {said(graph, by)} needs it"
    names = list(dict.fromkeys(_entry(graph, source) for source in graph.inputs[by]))
    if not names:
        return ""
    return f": it follows from {_and(names) if len(names) < 4 else 'its inputs'}"


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _ran(graph: Graph, i: int, record: Record) -> str:
    shapes = ", ".join(shape_text(value.shape) for value in record.outputs)
    took = duration(record.seconds)
    where = "" if record.thread == 0 else f" on thread {record.thread + 1}"
    return f"{said(graph, i)} computed {formula(graph, i)}: {shapes}{where} in {took}."


def duration(seconds: float) -> str:
    """`0.41 ms`, `3.2 s`, `12 µs`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"
