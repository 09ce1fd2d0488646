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
MERGE_ALL = 2000
"""Up to this many nodes, the whole graph is drawn in blocks whatever its names are."""
FOCUS = 60
"""Nodes drawn around the focus of a graph whose names do not sort it into blocks."""

_TOKEN = re.compile(r"[^_/.\d]+\d*|\d+")


@dataclass(frozen=True, slots=True)
class Parts:
    """A graph's nodes in runs: `of[i]` is the part of node i; `note` says what was merged.

    `before` and `after` are the parts that stand for all that is left out around a focus.
    """

    members: Sequence[range]
    of: Sequence[int]
    note: str
    before: range = range(0)
    after: range = range(0)

    def title(self, graph: Graph, part: range) -> str:
        """The part's name: what its nodes' names begin with, else `… more`."""
        if part in (self.before, self.after):
            return "earlier nodes" if part == self.before else "later nodes"
        first, last = (graph.nodes[i].name for i in (part[0], part[-1]))
        prefix = _common([graph.nodes[i].name for i in part])
        whole = prefix and _TOKEN.findall(first)[:1] == _TOKEN.findall(prefix)[:1]
        return clean(prefix) if whole else f"{_short(first)} … {_short(last)}"


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
        if total <= MERGE_ALL and len(runs) > 1:
            runs = _merged(runs, min(BLOCKS, limit))
            note = (
                f"{plural(total, 'node')} are drawn as {plural(len(runs), 'block')} in their order."
            )
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
    return _parts(runs, total, note, range(start), range(stop, total))


def _parts(
    runs: list[range], total: int, note: str, before: range = range(0), after: range = range(0)
) -> Parts:
    of = [0] * total
    for k, run in enumerate(runs):
        for i in run:
            of[i] = k
    return Parts(runs, of, note, before, after)


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


def _merged(runs: list[range], most: int) -> list[range]:
    """Neighbouring runs put together, equally many each, until there are at most `most`."""
    step = -(-len(runs) // most)
    return [
        range(runs[k].start, runs[min(k + step, len(runs)) - 1].stop)
        for k in range(0, len(runs), step)
    ]


def _short(name: str) -> str:
    """The beginning of a name that places it: `layer3` of `layer3_weight`."""
    found = _TOKEN.search(name)
    return clean(name[: found.end()] if found else name)
