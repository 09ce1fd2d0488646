"""Common subexpressions: of two nodes that must give the same values, one is left."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from ..graph import Node, Pin
from .rewrite import Notes, Standing, Typed


def merge(typed: Typed, notes: Notes = None) -> Typed:
    """Let the readers of a node read an earlier one of the same function, parameters and inputs.

    Nodes that draw random numbers, keep something between calls or change a state have no other, nor
    have those that read what is changed in place: that is one value before it, and another after.
    """
    standing = Standing(typed, notes)
    changed = {pin.node for pin in typed.graph.changed}
    # Hashes: to keep the keys themselves would take more objects than the graph has.
    first: dict[int, int] = {}
    for i, node in enumerate(typed.graph.nodes):
        op = node.op
        if op is None or op.random or op.mutates or op.state is not None:
            continue
        pins = standing.inputs(i)
        if changed and any(pin.node in changed for pin in pins):
            continue
        try:
            found = first.setdefault(hash(_key(node, pins)), i)
        except TypeError:  # a parameter that cannot be compared
            continue
        if found != i and _are_twins(standing, found, i):
            outputs = [Pin(found, k) for k in range(len(typed.specs[i]))]
            standing.put(i, outputs, "merged", "the same function of the same values")
    return standing.typed()


def _key(node: Node, pins: tuple[Pin, ...]) -> Hashable:
    """What the values of a node depend on. Names that share a function share what it gives."""
    assert node.op is not None
    return (node.op.fn, pins, _frozen(node.params) if node.params else ())


def _are_twins(standing: Standing, i: int, k: int) -> bool:
    """Whether two nodes, whose keys have one hash, give the same values."""
    a, b = (_key(standing.nodes[at], standing.inputs(at)) for at in (i, k))
    return a == b and standing.before.specs[i] == standing.before.specs[k]


def _frozen(params: Mapping[str, Any]) -> Hashable:
    """Parameters as a key. To Python, 1 equals 1.0 and True, and 0.0 equals -0.0: to an operator not."""
    return tuple(
        [
            (value.__class__, repr(value) if value.__class__ is float and value == 0 else value)
            for value in params.values()
        ]
    )
