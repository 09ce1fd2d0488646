"""The casts of automatic mixed precision, which files are saved without."""

from __future__ import annotations

from ..graph import Entry, Graph, Node

_CASTS = {"amp_cast", "amp_multicast"}


def without_casts(graph: Graph) -> Graph:
    """The graph with what reads a cast reading what was cast; casts that are outputs stay.

    What each cast gives is its input of the same position in another dtype. Parameters are saved in
    float32, so a program that does not know of mixed precision can run the result.
    """
    if not any(op.name in _CASTS for op in graph.operators):
        return graph
    made: list[Node] = []
    reading: list[tuple[Entry, ...]] = []
    for node, pins in zip(graph.nodes, graph.inputs, strict=True):
        inputs = tuple([reading[pin.node][pin.index] for pin in pins])
        if inputs != node.inputs:
            node = Node(node.op, inputs, node.params, node.name, node.attrs, node.where)
        made.append(node)
        is_cast = node.op is not None and node.op.name in _CASTS
        own = tuple([Entry(node, k) for k in range(node.output_count)])
        reading.append(inputs if is_cast else own)
    return Graph([Entry(made[pin.node], pin.index) for pin in graph.heads])
