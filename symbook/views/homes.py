"""Where nodes belong: a path of words for each, and an order that keeps together what belongs together."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from heapq import heappop, heappush

from symbook.graph import Graph

from .titles import TOKEN, is_automatic

Home = tuple[str, ...]

_DEEPEST = 8
_GRADIENT = re.compile(r"_backward\d+$")


def origins(graph: Graph, later: Sequence[bool]) -> list[int | None]:
    """Of the gradient's nodes, the node whose rule made them, as their names tell."""
    place = {node.name: i for i, node in enumerate(graph.nodes) if not later[i]}
    return [_origin(node.name, place) if later[i] else None for i, node in enumerate(graph.nodes)]


def _origin(name: str, place: dict[str, int]) -> int | None:
    while (shorter := _GRADIENT.sub("", name)) != name:
        name = shorter
        if name in place:
            return place[name]
    return None


def derived(graph: Graph, written: Collection[int] | None) -> list[bool]:
    """Which nodes came with the gradient: those that nobody wrote, and all that read them."""
    if written is None:
        names = {node.name for node in graph.nodes}
        came = [
            node.op is not None and _GRADIENT.sub("", node.name) != node.name
            and _GRADIENT.sub("", node.name) in names
            for node in graph.nodes
        ]  # fmt: skip
    else:
        mine = set(written)
        came = [i not in mine for i in range(len(graph))]
    for i, pins in enumerate(graph.inputs):
        came[i] = came[i] or any(came[pin.node] for pin in pins)
    if written is None:
        for i in graph.variables:
            came[i] = bool(graph.readers[i]) and all(came[k] for k in graph.readers[i])
    return came


def own_homes(graph: Graph, later: Sequence[bool]) -> list[Home]:
    """The words of the names; of automatic names, which say nothing, the home of the latest input.

    A variable that is read once, and is called otherwise than its reader, belongs to it.
    """
    homes: list[Home] = []
    for node, pins in zip(graph.nodes, graph.inputs, strict=True):
        home = () if is_automatic(node) else tuple(TOKEN.findall(node.name[:200])[:_DEEPEST])
        inputs = [pin.node for pin in pins if graph.nodes[pin.node].op is not None]
        homes.append(home or (homes[max(inputs)] if inputs else ()))
    for i, readers in enumerate(graph.readers):
        mine = [k for k in readers if not later[k]]
        if graph.nodes[i].op is None and mine:
            first = homes[min(mine)]
            if (len(set(mine)) == 1 and homes[i][:1] != first[:1]) or not homes[i]:
                homes[i] = first
    return homes


def by_home(graph: Graph, homes: Sequence[Home], nodes: Sequence[int]) -> list[int]:
    """Some nodes, each after its inputs among them; each is as near to the home of the one before as can be.

    What has no inputs stands right before its first reader; what several homes read, before all others.
    """
    rank = _ranks(graph)
    inside = set(nodes)
    missing = {i: len({pin.node for pin in graph.inputs[i]} & inside) for i in nodes}
    ready = _Ready(homes, rank)
    order: list[int] = []
    waiting: set[int] = set()

    def done(i: int) -> None:
        for reader in dict.fromkeys(graph.readers[i]):
            if reader in inside:
                missing[reader] -= 1
                if not missing[reader]:
                    ready.add(reader)

    for i in sorted((i for i in nodes if not missing[i]), key=rank.__getitem__):
        readers = [k for k in graph.readers[i] if k in inside]
        if graph.inputs[i] or not readers:
            ready.add(i)
        elif len({homes[k][:1] for k in readers}) > 1:
            order.append(i)
        else:
            waiting.add(i)
    for i in (*order, *sorted(waiting)):
        done(i)
    while (taken := ready.take()) is not None:
        i = taken
        for source in dict.fromkeys(pin.node for pin in graph.inputs[i]):
            if source in waiting:
                waiting.discard(source)
                order.append(source)
        order.append(i)
        done(i)
    return order


def _ranks(graph: Graph) -> list[int]:
    """Places of all nodes in an order, inputs first, and of those the one with most before it.

    So the steps of a loop follow each other, where each reads the one before and something at hand.
    """
    depth = [0] * len(graph)
    for i, pins in enumerate(graph.inputs):
        depth[i] = max((depth[pin.node] + 1 for pin in pins), default=0)
    rank = [-1] * len(graph)
    count = 0
    # Marked by ~, a node is still to be entered; else its inputs have their places.
    stack = [~pin.node for pin in reversed(graph.heads)]
    while stack:
        i = stack.pop()
        if i >= 0:
            if rank[i] < 0:
                rank[i] = count
                count += 1
        elif rank[~i] < 0:
            stack.append(~i)
            stack.extend(
                ~k
                for k in sorted(
                    {pin.node for pin in graph.inputs[~i]}, key=lambda k: (depth[k], -k)
                )
                if rank[k] < 0
            )
    return rank


class _Ready:
    """Nodes that can come next, found by how much of a home they share with the one before."""

    def __init__(self, homes: Sequence[Home], rank: Sequence[int]) -> None:
        self._homes, self._rank = homes, rank
        self._last: Home = ()
        self._heaps: dict[Home, list[tuple[int, int]]] = {}
        self._taken: set[int] = set()

    def add(self, i: int) -> None:
        """A node whose inputs are all there."""
        home = self._homes[i]
        for depth in range(len(home) + 1):
            heappush(self._heaps.setdefault(home[:depth], []), (self._rank[i], i))

    def take(self) -> int | None:
        """The first node among those nearest to the one taken before; None when there is none."""
        for depth in range(len(self._last), -1, -1):
            heap = self._heaps.get(self._last[:depth], [])
            while heap:
                _, i = heappop(heap)
                if i not in self._taken:
                    self._taken.add(i)
                    self._last = self._homes[i]
                    return i
        return None
