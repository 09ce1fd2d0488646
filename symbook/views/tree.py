"""Which nodes of a large graph stand together in a group that opens when it is asked to.

Every group is a run of neighbours in topological order, and so is every group in it: whatever is open, the
graph of what is shown has no cycle.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symbook.graph import Graph
from symbook.render.collapse import DRAW_ALL
from symbook.render.text import clean, shorten

MOST_PARTS = 60
"""Nodes that are shown one by one in a group that is opened; more are put into groups again."""
_MOST_RUNS = 24
"""Groups to begin with, as many as are easily looked over."""
_ALIKE = 0.9
"""Part of the nodes that must be as one block before, for blocks to be told to repeat."""
_LONGEST_PERIOD = 2000
_TOKEN = re.compile(r"[^_/.\d]+\d*|\d+")

Run = tuple[int, int]
"""The nodes from one position up to another."""


@dataclass(frozen=True, slots=True)
class Group:
    """The nodes from `start` up to `stop`, in order; `parts` are the groups among them."""

    start: int
    stop: int
    title: str
    parts: tuple[Group, ...] = ()

    def rows(self) -> list[object]:
        """As the document has it: `[start, stop, title, parts]`."""
        return [self.start, self.stop, self.title, [part.rows() for part in self.parts]]


def grouped(graph: Graph, limit: int = DRAW_ALL) -> tuple[Group, ...]:
    """The outermost groups of a graph; none of one with at most `limit` nodes.

    By the beginnings of names, or, where these tell nothing, by blocks of operators that repeat, or else by
    their order alone.
    """
    if len(graph) <= limit:
        return ()
    tokens: list[list[str]] = []
    for node in graph.nodes:
        # Automatic names say nothing of where a node belongs: with the one before it.
        own = [] if node.name.startswith("_") else _TOKEN.findall(node.name)
        tokens.append(own or (tokens[-1] if tokens else []))
    return _parts(graph, tokens, 0, len(graph), 0)


def _parts(
    graph: Graph, tokens: Sequence[list[str]], start: int, stop: int, depth: int
) -> tuple[Group, ...]:
    if stop - start <= MOST_PARTS:
        return ()
    runs, deeper, titles = _split(graph, tokens, start, stop, depth)
    return tuple(
        Group(*run, titles(k, run), _parts(graph, tokens, *run, deeper))
        for k, run in enumerate(runs)
        if run[1] - run[0] > 1
    )


def _split(
    graph: Graph, tokens: Sequence[list[str]], start: int, stop: int, depth: int
) -> tuple[list[Run], int, Callable[[int, Run], str]]:
    """A few runs, the depth to go on with, and what gives them titles."""
    for deeper in range(depth + 4, depth, -1):
        runs = _by_names(tokens, start, stop, deeper)
        if 1 < len(runs) <= _MOST_RUNS:
            return runs, deeper, lambda _, run: _title(graph, run)
    period = _period(graph, start, stop)
    if period and (stop - start) // period <= MOST_PARTS:
        runs = _even(start, stop, period)
        return runs, depth, lambda k, run: f"block {k + 1}: {_operators(graph, run)}"
    step = -(-(stop - start) // _MOST_RUNS)
    return _even(start, stop, step), depth, lambda _, run: _title(graph, run)


def _by_names(tokens: Sequence[list[str]], start: int, stop: int, depth: int) -> list[Run]:
    runs: list[Run] = []
    begin = start
    for i in range(start + 1, stop):
        if tokens[i][:depth] != tokens[i - 1][:depth]:
            runs.append((begin, i))
            begin = i
    return [*runs, (begin, stop)]


def _even(start: int, stop: int, step: int) -> list[Run]:
    return [(at, min(at + step, stop)) for at in range(start, stop, step)]


def _period(graph: Graph, start: int, stop: int) -> int:
    """After how many nodes the operators repeat; 0 where they do not."""
    numbers: dict[str, int] = {}
    names = ["" if node.op is None else node.op.name for node in graph.nodes[start:stop]]
    kinds = np.array([numbers.setdefault(name, len(numbers)) for name in names])
    for period in range(2, min(len(kinds) // 3, _LONGEST_PERIOD)):
        if np.mean(kinds[period:] == kinds[:-period]) >= _ALIKE and len(set(kinds[:period])) > 1:
            return period
    return 0


def _title(graph: Graph, run: Run) -> str:
    """What the names of a run begin with, whole words only; else the first and the last name."""
    names = [node.name for node in graph.nodes[run[0] : run[1]]]
    names = [name for name in names if not name.startswith("_")] or names
    first, last = names[0], names[-1]
    common = [(word[0], word.end()) for word in _TOKEN.finditer(first)]
    for name in names[1:]:
        words = _TOKEN.findall(name)
        same = next(
            (
                k
                for k, (pair, word) in enumerate(zip(common, words, strict=False))
                if pair[0] != word
            ),
            min(len(common), len(words)),
        )
        common = common[:same]
    if common:
        return shorten(clean(first[: common[-1][1]]), 60)
    return shorten(f"{clean(first)} … {clean(last)}", 60)


def _operators(graph: Graph, run: Run) -> str:
    ops = [node.op.name for node in graph.nodes[run[0] : run[1]] if node.op is not None]
    return ", ".join(name for name, _ in Counter(ops).most_common(3)) or "variables"
