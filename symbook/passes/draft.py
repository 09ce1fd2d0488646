"""A graph written anew node by node, by a pass that needs more nodes than there were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..graph import Graph, Node, Pin
from ..specs import Spec
from .rewrite import Row, Typed
from .rules import Swap

NONE: Mapping[Pin, Pin] = {}


class Draft:
    """A graph in the making. Go through the nodes of the old one in order.

    Attributes
    ----------
    before : Typed
        The graph as it was.
    """

    def __init__(self, before: Typed) -> None:
        self.before = before
        self._nodes: list[Node] = []
        self._inputs: list[tuple[Pin, ...]] = []
        self._specs: list[Row] = []
        self._now: dict[Pin, Pin] = {}

    def keep(self, i: int, instead: Mapping[Pin, Pin] = NONE) -> None:
        """Take over the node at a position; it reads its values, or those `instead`, where they are now."""
        now = self._now
        pins = [instead.get(pin) or now[pin] for pin in self.before.graph.inputs[i]]
        row = self.before.specs[i]
        new = self.put(self.before.graph.nodes[i], tuple(pins), row)
        for k in range(len(row)):
            self._now[Pin(i, k)] = Pin(new.node, k)

    def __contains__(self, old: Pin) -> bool:
        return old in self._now

    def now(self, pin: Pin) -> Pin:
        """Where a value of the old graph is in this one."""
        return self._now[pin]

    def stand(self, old: Pin, new: Pin) -> None:
        """Let a value of this graph stand for one of the old."""
        self._now[old] = new

    def add(
        self, op: str, inputs: Sequence[Pin], given: Mapping[str, Any], like: Node, part: str
    ) -> Pin:
        """Put in a node, named after another one and a part of it; its first output."""
        made = Swap(op, tuple(inputs), given).node(like)
        node = Node(made.op, (), made.params, f"{like.name}_{part}", made.attrs, made.where)
        assert node.op is not None
        ins = [self._specs[pin.node][pin.index] for pin in inputs]
        unknown = (None,) * node.output_count
        _, shapes = node.op.shape(tuple([spec.shape for spec in ins]), unknown, node.params)
        _, dtypes = node.op.dtype(tuple([spec.dtype for spec in ins]), unknown, node.params)
        row = tuple(map(Spec, shapes, dtypes))
        return self.put(node, tuple(inputs), row)

    def put(self, node: Node, inputs: tuple[Pin, ...], row: Row) -> Pin:
        """Put in a node that has been made; its first output."""
        self._nodes.append(node)
        self._inputs.append(inputs)
        self._specs.append(row)
        return Pin(len(self._nodes) - 1, 0)

    def typed(self) -> Typed:
        """The graph as it is by now."""
        heads = [self._now[pin] for pin in self.before.graph.heads]
        graph = Graph.of_parts(self._nodes, self._inputs, heads)
        return replace(self.before, graph=graph, specs=self._specs)
