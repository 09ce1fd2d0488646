"""Which nodes of a large graph are drawn, and which stand together as one block.

Every block is a run of neighbours in topological order, so the graph of blocks has no cycle,
whatever the names are, and finding the blocks takes one pass.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from symbook.graph import Graph
from symbook.render.text import clean, plural

DRAW_ALL = 300
"""Up to this many nodes, each is drawn."""
BLOCKS = 120
"""Most blocks of names to draw where nodes are put together."""
FOCUS = 60
"""Nodes drawn around the focus of a graph whose names do not sort it into blocks."""

_TOKEN = re.compile(r"[^_/.\d]+\d*|\d+")


@dataclass(frozen=True, slots=True)
class Parts:
    """A graph's nodes in runs: `of[i]` is the part of node i; `note` says what was merged."""

    members: Sequence[range]
    of: Sequence[int]
    note: str

    def title(self, graph: Graph, part: range) -> str:
        """The part's name: what its nodes' names begin with, else `… more`."""
        prefix = _common([graph.nodes[i].name for i in part])
        if prefix:
            return clean(prefix)
        return "more nodes"


def split(graph: Graph, limit: int = DRAW_ALL, focus: str | None = None) -> Parts:
    """Sort the nodes of a graph into what is drawn.

    Parameters
    ----------
    graph : Graph
    limit : int
        Most nodes to draw one by one.
    focus : str, optional
        Name of a node whose neighbourhood is drawn in full; otherwise, where names do not help,
        the last nodes.
    """
    total = len(graph)
    if total <= limit and focus is None:
        return _parts([range(i, i + 1) for i in range(total)], total, "")
    if focus is None:
        for depth in (3, 2, 1):
            runs = _runs(graph, depth)
            if len(runs) <= min(BLOCKS, limit) and len(runs) > 1:
                blocks = plural(len(runs), "block")
                note = f"{plural(total, 'node')} are drawn as {blocks} by the beginnings of names."
                return _parts(runs, total, note)
    return _around(graph, limit, focus)


def _around(graph: Graph, limit: int, focus: str | None) -> Parts:
    total, room = len(graph), min(FOCUS, limit)
    at = total - 1
    if focus is not None:
        at = next((i for i, node in enumerate(graph.nodes) if node.name == focus), at)
    start = max(0, min(at - room // 2, total - room))
    stop = min(total, start + room)
    runs = [range(start)] if start else []
    runs += [range(i, i + 1) for i in range(start, stop)]
    runs += [range(stop, total)] if stop < total else []
    shown = "the last" if stop == total else "the"
    end = "" if stop == total else f" around {clean(graph.nodes[at].name)}"
    left = total - (stop - start)
    if not left:
        return _parts(runs, total, "")
    note = (
        f"Of {plural(total, 'node')}, {shown} {stop - start}{end} are drawn; {left:,} are left out."
    )
    return _parts(runs, total, note)


def _parts(runs: list[range], total: int, note: str) -> Parts:
    of = [0] * total
    for k, run in enumerate(runs):
        for i in run:
            of[i] = k
    return Parts(runs, of, note)


def _runs(graph: Graph, depth: int) -> list[range]:
    """Neighbours in order whose names begin with the same tokens, as long as each run can be."""
    runs, start, key = [], 0, None
    for i, node in enumerate(graph.nodes):
        own = tuple(_TOKEN.findall(node.name)[:depth])
        if own != key:
            if i:
                runs.append(range(start, i))
            start, key = i, own
    runs.append(range(start, len(graph)))
    return runs


def _common(names: Sequence[str]) -> str:
    low, high = min(names), max(names)
    same = next((k for k, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[:same].rstrip("_/.")
