"""What passes that change a graph share: a graph with its specs, which values stand for which, and notes."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import NamedTuple

import numpy as np

from ..graph import Graph, Node, Pin
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
    xp : module
        The array namespace that it will run with.
    heads : int, optional
        How many of the outputs are computed forward; the others are gradients. All, if left out.
    predicts : bool
        The graph is right in prediction only.
    """

    graph: Graph
    specs: Sequence[Row]
    xp: ModuleType = np
    heads: int | None = None
    predicts: bool = False

    def spec(self, pin: Pin) -> Spec:
        """What a value is like."""
        return self.specs[pin.node][pin.index]


class Note(NamedTuple):
    """One thing that a pass did.

    Attributes
    ----------
    node : str
        The node's name.
    op : str
        Its operator's name.
    act : str
        What became of it: `left out`, `merged`, `changed`, `computed`, `removed`, `fused`, …
    by : str
        What stands in its place, by name; empty if nothing does.
    why : str
        The reason.
    """

    node: str
    op: str
    act: str
    by: str
    why: str

    def __str__(self) -> str:
        joint = {"left out": "for", "merged": "with", "changed": "to"}.get(self.act, "into")
        by = f" {joint} {self.by}" if self.by else ""
        return f"{self.node} = {self.op}  {self.act}{by}: {self.why}"


Notes = list[Note] | None
"""Where a pass notes what it does; None when nobody asks."""


class Standing:
    """A graph in the making: values that stand for others, and nodes in the place of others.

    Go through the nodes in order, asking for the :meth:`inputs` of each; then ask for :meth:`typed`.

    Attributes
    ----------
    before : Typed
        The graph as it was.
    nodes : list of Node
        The nodes as they are by now.
    """

    def __init__(self, before: Typed, notes: Notes = None) -> None:
        self.before = before
        self.nodes: list[Node] = list(before.graph.nodes)
        self.notes = notes
        self._inputs: list[tuple[Pin, ...]] = list(before.graph.inputs)
        self._for: dict[Pin, Pin] = {}
        self._changed = False

    def inputs(self, i: int) -> tuple[Pin, ...]:
        """What the node at a position reads, each value by the one that stands for it."""
        pins = self._inputs[i]
        if self._for:
            stands = self._for
            for pin in pins:
                if pin in stands:
                    pins = self._inputs[i] = tuple([stands.get(pin, pin) for pin in pins])
                    break
        return pins

    def put(self, i: int, pins: Sequence[Pin], act: str = "left out", why: str = "") -> None:
        """Let these values stand for the outputs of the node at a position."""
        for k, pin in enumerate(pins):
            self._for[Pin(i, k)] = pin
        if self.notes is not None:
            self._note(i, act, ", ".join(self._names(pins)), why)

    def replace(
        self, i: int, node: Node, pins: tuple[Pin, ...], act: str = "changed", why: str = ""
    ) -> None:
        """Put another node, with outputs of the same specs, in the place of one."""
        if self.notes is not None and node.op is not None:
            reads = f"({', '.join(self._names(pins))})" if pins else ""
            self._note(i, act, node.op.name + reads, why)
        self.nodes[i], self._inputs[i], self._changed = node, pins, True

    def _names(self, pins: Sequence[Pin]) -> list[str]:
        return [self.nodes[pin.node].output_names[pin.index] for pin in pins]

    def _note(self, i: int, act: str, by: str, why: str) -> None:
        old = self.before.graph.nodes[i]
        assert self.notes is not None
        self.notes.append(Note(old.name, "" if old.op is None else old.op.name, act, by, why))

    def typed(self) -> Typed:
        """The graph as it is by now, without what was left out; the very same if nothing was done."""
        before = self.before
        if not (self._for or self._changed):
            return before
        heads = [self._for.get(pin, pin) for pin in before.graph.heads]
        specs = [before.spec(pin) for pin in before.graph.heads]
        assert specs == [before.spec(pin) for pin in heads], "a pass changed what an output is like"
        whole = replace(before, graph=Graph.of_parts(self.nodes, self._inputs, heads))
        return without(whole, {pin.node for pin in self._for}) if self._for else whole


def without(typed: Typed, gone: Container[int]) -> Typed:
    """The graph without the nodes at some positions, which no other node and no output reads."""
    graph = typed.graph
    kept = [i for i in range(len(graph)) if i not in gone]
    place = dict(zip(kept, range(len(kept)), strict=True))
    inputs = [
        tuple([Pin(place[node], index) for node, index in pins]) if pins else ()
        for pins in [graph.inputs[i] for i in kept]
    ]
    heads = [Pin(place[pin.node], pin.index) for pin in graph.heads]
    smaller = Graph.of_parts([graph.nodes[i] for i in kept], inputs, heads)
    return replace(typed, graph=smaller, specs=[typed.specs[i] for i in kept])
