"""Which nodes of a large graph stand together in a group that opens when it is asked to.

The nodes are put into an order in which every node stands after its inputs, what belongs together stands side
by side, and the gradient comes last. Every group is a run of neighbours in that order, and so is every group
in it: whatever is open, the graph of what is shown has no cycle.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from symbook.graph import Graph
from symbook.render.collapse import DRAW_ALL
from symbook.render.text import shorten

from .blocks import pieces, repeats
from .homes import Home, by_home, derived, origins, own_homes
from .titles import spanning, title

MOST_PARTS = 60
"""Nodes that are shown one by one in a group that is opened; more are put into groups again."""
SMALL = 20
"""Of so many nodes, no part is worth a group."""
_FEW = 24
"""Groups to begin with, as many as are easily looked over."""
_LEAST = 4
"""Fewer nodes than this are no group: they can as well be shown."""
_DEEPEST = 12
"""Beyond so many levels names are followed no further: somebody made them up."""

Run = tuple[int, int]
"""The nodes from one place in the order up to another."""


@dataclass(frozen=True, slots=True)
class Group:
    """What stands in the order from `start` up to `stop`; `parts` are the groups among it."""

    start: int
    stop: int
    title: str
    parts: tuple[Group, ...] = ()

    def rows(self) -> list[object]:
        """As the document has it: `[start, stop, title, parts]`."""
        return [self.start, self.stop, self.title, [part.rows() for part in self.parts]]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """`order` has the nodes' positions as groups take them, `groups` are the outermost groups, and from the
    place `forward` on stand the nodes of the gradient.
    """

    order: Sequence[int]
    groups: tuple[Group, ...]
    forward: int


def arranged(
    graph: Graph, written: Collection[int] | None = None, limit: int = DRAW_ALL
) -> Arrangement:
    """The groups of a graph; none, and the graph's own order, where it has at most `limit` nodes.

    By the beginnings of names, by blocks of operators that repeat, whatever they are called, or else by their
    order alone, cut where few values cross. The gradient of a group's nodes is a group as well. A graph that
    can as well be shown node by node has groups if most of it is in like ones.

    Parameters
    ----------
    graph : Graph
    written : collection of int, optional
        The nodes that the user wrote; the others came with the gradient. Where it is left out, names tell.
    limit : int
    """
    later = derived(graph, written)
    plain = Arrangement(sorted(range(len(graph)), key=later.__getitem__), (), later.count(False))
    if len(graph) <= limit:
        return plain
    homes = own_homes(graph, later)
    order = by_home(graph, homes, [i for i in range(len(graph)) if not later[i]])
    splitter, run = _Splitter(graph, order, homes), (0, len(order))
    forward = splitter.parts(run, 0) or splitter.units(run)
    if not forward and len(graph) <= MOST_PARTS:
        return plain
    if len(order) == len(graph):
        return Arrangement(order, forward, len(order))
    first = len(order)
    mirrored = _mirrored(graph, homes, later, order, forward)
    order = order + by_home(graph, mirrored, [i for i in range(len(graph)) if later[i]])
    backward = _Mirror(order, mirrored, forward).parts((first, len(order)), 0)
    return Arrangement(order, (*forward, *backward), first)


class _Splitter:
    """Makes groups of runs by names, by structure or by order, whichever gives the fewest."""

    def __init__(self, graph: Graph, order: Sequence[int], homes: Sequence[Home]) -> None:
        self._graph, self._order, self._homes = graph, order, homes

    def parts(self, run: Run, depth: int) -> tuple[Group, ...]:
        """The groups in a run; none of a short one."""
        start, stop = run
        if stop - start <= MOST_PARTS:
            return ()
        found = self._split(run, depth)
        size = len(found) + sum(part.stop - part.start == 1 for part in found)
        kept = [
            replace(part, parts=self.parts((part.start, part.stop), depth + 1))
            for part in found
            if part.stop - part.start >= (2 if size > MOST_PARTS else _LEAST)
        ]
        return gathered(_opened(kept, run), run)

    def units(self, run: Run) -> tuple[Group, ...]:
        """The groups of a short run, by names or else by blocks; none if less than half of it is in some."""
        for found in (*map(self._groups, self._by_depths(run)), self._by_blocks(run)):
            large = [part for part in found if part.stop - part.start >= _LEAST]
            inside = sum(part.stop - part.start for part in large)
            if len(large) > 1 and 2 * inside > run[1] - run[0]:
                return tuple(large)
        return ()

    def _split(self, run: Run, depth: int) -> list[Group]:
        named = self._by_names(run) if depth < _DEEPEST else []
        if 1 < len(named) <= _FEW:
            return named
        blocks = self._by_blocks(run)
        choices = [some for some in (named, blocks) if 1 < len(some) <= (run[1] - run[0]) // 2]
        return min(choices, key=len) if choices else self._by_order(run)

    def _by_names(self, run: Run) -> list[Group]:
        """As deep into the names as gives a few runs, or else as gives more than one."""
        found: list[Run] = []
        for deeper in self._by_depths(run):
            if found and len(deeper) > _FEW:
                break
            found = deeper
        return self._groups(found)

    def _by_depths(self, run: Run) -> Iterator[list[Run]]:
        """The runs of nodes whose names begin alike, by ever more words of them."""
        places = range(*run)
        homes = [self._homes[self._order[k]] for k in places]
        low, high = min(homes), max(homes)
        shared = next(
            (d for d, (a, b) in enumerate(zip(low, high, strict=False)) if a != b),
            min(len(low), len(high)),
        )
        for depth in range(shared + 1, shared + 6):
            edges = [k for k in range(1, len(homes)) if homes[k][:depth] != homes[k - 1][:depth]]
            yield list(itertools.pairwise([run[0], *(run[0] + k for k in edges), run[1]]))

    def _groups(self, runs: Sequence[Run]) -> list[Group]:
        return [Group(*part, title(self._graph, self._nodes(part))) for part in runs]

    def _by_blocks(self, run: Run) -> list[Group]:
        """Blocks that repeat, and what is between them."""
        return [
            Group(
                run[0] + a, run[0] + b, title(self._graph, self._nodes((run[0] + a, run[0] + b)), k)
            )
            for a, b, k in repeats(self._graph, self._nodes(run))
        ]

    def _by_order(self, run: Run) -> list[Group]:
        bounds = pieces(self._graph, self._nodes(run), _FEW)
        return self._groups([(run[0] + a, run[0] + b) for a, b in itertools.pairwise(bounds)])

    def _nodes(self, run: Run) -> Sequence[int]:
        return self._order[run[0] : run[1]]


class _Mirror:
    """Makes groups of the gradient, each of what belongs to one of the forward groups."""

    def __init__(
        self, order: Sequence[int], homes: Sequence[Home], forward: Sequence[Group]
    ) -> None:
        self._order, self._homes = order, homes
        self._titles = dict(_titled(forward, ()))

    def parts(self, run: Run, depth: int) -> tuple[Group, ...]:
        """The groups in a run of which all nodes agree in `depth` words of their homes."""
        if run[1] - run[0] <= MOST_PARTS and depth:
            return ()
        homes = [self._homes[self._order[k]][: depth + 1] for k in range(*run)]
        bounds = [0, *(k for k in range(1, len(homes)) if homes[k] != homes[k - 1]), len(homes)]
        found = []
        for a, b in itertools.pairwise(bounds):
            name = self._titles.get(homes[a]) if len(homes[a]) > depth else None
            part = (run[0] + a, run[0] + b)
            if name is not None and b - a >= _LEAST:
                found.append(Group(*part, f"gradient of {name}", self.parts(part, depth + 1)))
        return gathered(found, run)


def _titled(groups: Sequence[Group], home: Home) -> list[tuple[Home, str]]:
    found = []
    todo = [(group, home) for group in groups]
    while todo:
        group, above = todo.pop()
        own = (*above, f"{group.start}-{group.stop}")
        found.append((own, group.title))
        todo.extend((part, own) for part in group.parts)
    return found


def _mirrored(
    graph: Graph,
    homes: Sequence[Home],
    later: Sequence[bool],
    order: Sequence[int],
    groups: Sequence[Group],
) -> list[Home]:
    """Homes of the gradient's nodes: the forward groups that what they are the gradient of is in."""
    inside: list[Home] = [()] * len(graph)
    todo: list[tuple[Group, Home]] = [(group, ()) for group in groups]
    while todo:
        group, above = todo.pop()
        own = (*above, f"{group.start}-{group.stop}")
        for k in range(group.start, group.stop):
            inside[order[k]] = own
        todo.extend((part, own) for part in group.parts)
    found: list[Home] = list(inside)
    for i, origin in enumerate(origins(graph, later)):
        if not later[i]:
            continue
        if origin is not None:
            found[i] = inside[origin]
        elif pins := [pin.node for pin in graph.inputs[i]]:
            # With what it was made from last: a sum of gradients is where the last of them is.
            found[i] = found[max(pins)]
    return found


def _opened(groups: Sequence[Group], run: Run) -> list[Group]:
    """Where there are hardly any groups, what is in the largest instead of it, if that is not too much."""
    found = list(groups)
    while 0 < len(found) < 3:
        largest = max(found, key=lambda group: group.stop - group.start)
        some = [part for group in found for part in (group.parts if group is largest else [group])]
        loose = run[1] - run[0] - sum(part.stop - part.start for part in some)
        if not largest.parts or len(some) + loose > MOST_PARTS:
            break
        found = some
    return found


def gathered(groups: Sequence[Group], run: Run) -> tuple[Group, ...]:
    """Groups that are too many to be looked over, put into groups of neighbours."""
    groups = tuple(groups)
    loose = run[1] - run[0] - sum(group.stop - group.start for group in groups)
    if len(groups) + min(loose, MOST_PARTS) <= MOST_PARTS + _FEW:
        return groups
    # The nodes between groups go with those before them.
    bounds = [run[0], *(group.start for group in groups[1:]), run[1]] if groups else [*run]
    step = -(-len(groups) // _FEW)
    found = []
    for k in range(0, len(groups), max(step, 1)):
        some = groups[k : k + step]
        begin, end = bounds[k], bounds[min(k + step, len(groups))]
        if len(some) == 1 and (begin, end) == (some[0].start, some[0].stop):
            found.append(some[0])
        else:
            found.append(
                Group(begin, end, shorten(spanning([part.title for part in some]), 60), some)
            )
    return tuple(found)
