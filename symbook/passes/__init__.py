"""What is done to a graph between the user's symbols and the plan."""

from __future__ import annotations

from ..graph import Graph, Pin
from .cse import Twins
from .rewrite import Standing, Typed
from .simplify import simplified


def optimised(typed: Typed) -> Typed:
    """The graph that is run in place of the user's: its outputs are the same to the bit.

    Where the order of draws or of changes of states would be another one, it is left as it is.
    """
    standing, twins = Standing(typed), Twins()
    changed = {pin.node for pin in typed.graph.changed}
    for i, node in enumerate(typed.graph.nodes):
        if node.op is None:
            continue
        inputs = standing.inputs(i)
        if changed and (i in changed or any(pin.node in changed for pin in inputs)):
            continue  # what is changed in place is one value before that, and another after
        same = simplified(standing, i, inputs)
        if same is not None:
            standing.put(i, [same])
            continue
        twin = twins.of(i, node, inputs)
        if twin is not None:
            standing.put(i, [Pin(twin, k) for k in range(len(typed.specs[i]))])
    found, origins = standing.graph()
    ordered = _ordered(typed.graph)
    kept = [i for i in origins if i in ordered]
    return found if kept == list(ordered) else typed


def _ordered(graph: Graph) -> dict[int, None]:
    """Positions of the nodes whose order matters, beyond what they read."""
    return {
        i: None
        for i, node in enumerate(graph.nodes)
        if node.op is not None and (node.op.random or node.op.mutates or node.op.state is not None)
    }
