"""Dead code: nodes that no output depends on are taken out."""

from __future__ import annotations

from .rewrite import Note, Notes, Typed, without


def remove_dead(typed: Typed, notes: Notes = None) -> Typed:
    """Take out what nothing reads any more. Variables stay."""
    graph = typed.graph
    live = [node.op is None for node in graph.nodes]
    for pin in graph.heads:
        live[pin.node] = True
    for i in range(len(live) - 1, -1, -1):
        if live[i]:
            for node, _ in graph.inputs[i]:
                live[node] = True
    dead = {i for i, lives in enumerate(live) if not lives}
    if notes is not None:
        for i in sorted(dead):
            op = graph.nodes[i].op
            name = "" if op is None else op.name
            notes.append(Note(graph.nodes[i].name, name, "removed", "", "nothing reads it"))
    return without(typed, dead) if dead else typed
