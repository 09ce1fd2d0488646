"""Graphs of captured work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .errors import STATUS, CUDARuntimeError
from .world import Part, Queue, World, world


@dataclass(eq=False, slots=True)
class Node:
    """A piece of captured work; `before` are the nodes that are done first, direct or not."""

    name: str
    run: Callable[[], None]
    reads: list[Part]
    writes: list[Part]
    before: frozenset[Node]


class Capture:
    """What is put into a stream, and those that wait for its events, until the capture ends.

    Only work of the device can be captured: kernels, fills, copies between memory of the device.
    """

    def __init__(self, queue: Queue) -> None:
        self.origin = queue
        self.nodes: list[Node] = []
        self.broken = False
        self.open = True
        self._heads: dict[Queue, frozenset[Node]] = {queue: frozenset()}
        queue.capture = self

    def add(
        self,
        queue: Queue,
        name: str,
        run: Callable[[], None],
        reads: list[Part],
        writes: list[Part],
        capturable: bool,
    ) -> None:
        """Another node, after all that came before it in its stream."""
        if not capturable:
            self.broken = True
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])
        node = Node(name, run, reads, writes, self._heads[queue])
        for other in self.nodes:
            if other not in node.before:
                self._compare(node, other)
        self.nodes.append(node)
        self._heads[queue] = node.before | {node}

    def _compare(self, node: Node, other: Node) -> None:
        """Nodes in no order must not use the same memory."""
        pairs = [(a, b) for a in node.writes for b in other.reads + other.writes]
        pairs += [(a, b) for a in node.reads for b in other.writes]
        for first, second in pairs:
            if np.shares_memory(first.view, second.view):
                world().race(f"{node.name} in a graph uses memory that {other.name} there uses")

    def here(self, queue: Queue) -> frozenset[Node]:
        """What an event that is recorded now comes after."""
        return self._heads[queue]

    def wait(self, queue: Queue, nodes: frozenset[Node]) -> None:
        """A stream waits for a captured event: it is captured too."""
        if queue.capture is not None and queue.capture is not self:
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureIsolation"])
        queue.capture = self
        self._heads[queue] = self._heads.get(queue, frozenset()) | nodes

    def end(self, queue: Queue) -> Capture:
        """The capture, of which nothing more may come."""
        self.open = False
        for other in self._heads:
            other.capture = None
        if self.broken:
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureInvalidated"])
        if queue is not self.origin:
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnjoined"])
        if any(heads - self._heads[queue] for heads in self._heads.values()):
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnjoined"])
        return self

    def replay(self, here: World) -> None:
        """Do all nodes, in one of the orders that are allowed."""
        waiting, done = list(self.nodes), set()
        while waiting:
            node = here.random.choice([each for each in waiting if each.before <= done])
            node.run()
            done.add(node)
            waiting.remove(node)
