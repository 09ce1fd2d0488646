"""What passes that change a graph share: which values stand for which, and the graph that is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..graph import Entry, Graph, Node, Pin
from ..specs import Spec

Row = tuple[Spec, ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """A graph and what its values are like.

    Attributes
    ----------
    graph : Graph
    specs : sequence of tuple of Spec
        For each node, the specs of its outputs, all known.
    """

    graph: Graph
    specs: Sequence[Row]

    def spec(self, pin: Pin) -> Spec:
        """What a value is like."""
        return self.specs[pin.node][pin.index]


class Standing:
    """Values of a graph that others stand for. Go through the nodes in order, then ask for :meth:`graph`."""

    def __init__(self, typed: Typed) -> None:
        self.typed = typed
        self._for: dict[Pin, Pin] = {}

    def inputs(self, i: int) -> tuple[Pin, ...]:
        """What the node at a position reads, each value by the one that stands for it."""
        pins = self.typed.graph.inputs[i]
        if not self._for:
            return pins
        return tuple([self._for.get(pin, pin) for pin in pins])

    def put(self, i: int, pins: Sequence[Pin]) -> None:
        """Let these values stand for the outputs of the node at a position."""
        for k, pin in enumerate(pins):
            self._for[Pin(i, k)] = pin

    def graph(self) -> tuple[Typed, list[int]]:
        """The graph of what is left, the very same if nothing was replaced; and where its nodes stood."""
        old = self.typed
        if not self._for:
            return old, list(range(len(old.graph)))
        made: list[Node] = []
        position: dict[Node, int] = {}
        for i, node in enumerate(old.graph.nodes):
            entries = tuple([Entry(made[pin.node], pin.index) for pin in self.inputs(i)])
            if entries != node.inputs and node.op is not None:
                node = Node(node.op, entries, node.params, node.name, node.attrs, node.where)
            made.append(node)
            position[node] = i
        heads = [self._for.get(pin, pin) for pin in old.graph.heads]
        before, after = map(old.spec, old.graph.heads), map(old.spec, heads)
        assert list(before) == list(after), "a pass changed what an output is like"
        graph = Graph([Entry(made[pin.node], pin.index) for pin in heads])
        origins = [position[node] for node in graph.nodes]
        return Typed(graph, [old.specs[i] for i in origins]), origins
