"""A graph in words: for alt text and for SVG's description."""

from __future__ import annotations

from collections.abc import Sequence

from symbook.graph import Graph, Pin
from symbook.render.opnames import counted, phrase
from symbook.render.text import clean, plural, shorten, spec_text
from symbook.specs import Spec

_SAID_IN_FULL = 12
"""Up to this many operators, each is said."""
_LONGEST = 1200
_NAME = 40


def describe(
    graph: Graph, specs: Sequence[tuple[Spec, ...]] | None = None, name: str | None = None
) -> str:
    """The graph in words: every operator of a small graph, counts of a large one.

    Parameters
    ----------
    graph : Graph
    specs : sequence of tuple of Spec, optional
        Tells the outputs' shapes.
    name : str, optional
        What to call it; otherwise by its outputs' nodes.
    """
    ops = [i for i, node in enumerate(graph.nodes) if node.op is not None]
    called = shorten(clean(name), 60) if name else _called(graph)
    begin = f"Graph of {called}" if called else "Empty graph"
    if len(ops) > _SAID_IN_FULL:
        said = f"{begin}: {_in_counts(graph, len(ops))}; {_outputs(graph, specs)}."
    elif ops:
        steps = [f"{_sentence(graph, i)} is {_node_name(graph, i)}" for i in ops]
        said = f"{begin}: {'; '.join(steps)}; {_outputs(graph, specs)}."
    elif len(graph):
        said = (
            f"{begin}: {plural(len(graph), 'variable')} and no operator; {_outputs(graph, specs)}."
        )
    else:
        said = f"{begin}."
    return shorten(said, _LONGEST)


def _called(graph: Graph) -> str:
    names = [shorten(clean(graph.nodes[pin.node].name), _NAME) for pin in graph.heads[:3]]
    return ", ".join(dict.fromkeys(names)) + (", …" if len(graph.heads) > 3 else "")


def _sentence(graph: Graph, i: int) -> str:
    return phrase(graph.nodes[i], [_entry_name(graph, pin) for pin in graph.inputs[i]])


def _node_name(graph: Graph, i: int) -> str:
    return shorten(clean(graph.nodes[i].name), _NAME)


def _entry_name(graph: Graph, pin: Pin) -> str:
    """What an input is called: its node, or the output's own name where there are several."""
    node = graph.nodes[pin.node]
    alone = node.shown_count == 1 and pin.index == 0
    name = node.name if alone else node.output_names[pin.index]
    return shorten(clean(name), _NAME)


def _in_counts(graph: Graph, operators: int) -> str:
    ops: dict[str, int] = {}
    for node in graph.nodes:
        if node.op is not None:
            ops[node.op.name] = ops.get(node.op.name, 0) + 1
    variables = plural(len(graph.arguments), "variable")
    told = f"{plural(operators, 'operator')} ({counted(ops, 6)}) on {variables}"
    if graph.auxiliary:
        told += f" and {plural(len(graph.auxiliary), 'auxiliary state')}"
    return told


def _outputs(graph: Graph, specs: Sequence[tuple[Spec, ...]] | None) -> str:
    told = []
    for pin in graph.heads[:6]:
        name = shorten(clean(graph.nodes[pin.node].output_names[pin.index]), _NAME)
        known = spec_text(specs[pin.node][pin.index]) if specs is not None else ""
        told.append(f"{name} {known}".strip())
    more = f" and {len(graph.heads) - 6:,} more" if len(graph.heads) > 6 else ""
    return f"output{'s' if len(graph.heads) > 1 else ''} {', '.join(told)}{more}"
