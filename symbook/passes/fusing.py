"""Fusion: neighbouring element-wise nodes of one shape become one node, a step that goes through memory once.

Every node gets a level: that of its highest input, or one more where the two cannot be fused. Nodes that are
joined by edges within a level are a group. An edge that leaves a group leads to a higher level, so no path
returns to it, and the graph of groups has no cycle. A group that only one other reads then becomes part of
that one: of what leaves it nothing can come back. This takes time linear in the graph.

On a GPU a node that no other joins is a group too, however small: to launch a kernel of ours takes the host
less time than to call a function of CuPy's, and it can be part of what is captured and replayed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush

import numpy as np

from ..errors import counted
from ..fusion import Group, Line, fused_operator, pointwise
from ..graph import NOTHING, Graph, Node, Pin
from ..specs import Spec, as_dtype, count, known
from .dead import remove_dead
from .rewrite import Note, Notes, Row, Typed

MOST_LINES = 64
"""Nodes of a group: more would not make it quicker, and take long to compile.

A GPU's kernel of so many has some 200 parameters at most, arrays and numbers, of the 500 that there may be. A
thread holds a vector of each array in its registers; where there are many arrays, a shorter one."""

WORTH = 4 * 1024
"""Elements from which a group is worth a step of its own: below, calls cost more than memory does."""

Groups = dict[int, list[int]]


def fuse(typed: Typed, notes: Notes = None) -> Typed:
    """The graph with groups of element-wise nodes made one node each; the values are the same to the bit.

    What is computed forward is not fused with what runs later.
    """
    large = _large(typed) if typed.xp is np else set(range(len(typed.graph)))
    if not large:
        return typed
    forward = forward_of(typed)
    groups = _taken_in(typed, forward, _groups(typed, forward, large))
    if typed.xp is np:
        groups = {first: nodes for first, nodes in groups.items() if len(nodes) > 1}
    if not groups:
        return typed
    made = _Rewriting(typed, groups).run()
    if typed.xp is not np:
        made = remove_dead(made)  # views that kernels see through
    if _order(made.graph) != _order(typed.graph):
        return typed
    if notes is not None:
        _note(notes, typed.graph, groups)
    return made


def _large(typed: Typed) -> set[int]:
    """The nodes with as many elements as a group must have."""
    sizes: dict[int, bool] = {}
    found = set()
    for i, row in enumerate(typed.specs):
        # Few shapes are shared by many nodes.
        key = id(row[0])
        if key not in sizes:
            sizes[key] = count(known(row[0].shape)) >= WORTH
        if sizes[key]:
            found.add(i)
    return found


def forward_of(typed: Typed) -> list[bool]:
    """For each node, whether one of the outputs that are computed forward depends on it."""
    graph = typed.graph
    found = [False] * len(graph)
    for pin in graph.heads[: typed.heads]:
        found[pin.node] = True
    for i in range(len(graph) - 1, -1, -1):
        if found[i]:
            for pin in graph.inputs[i]:
                found[pin.node] = True
    return found


def _order(graph: Graph) -> list[str]:
    """The nodes whose order matters beyond what they read, by name."""
    return [
        node.name
        for node in graph.nodes
        if node.op is not None and (node.op.random or node.op.mutates or node.op.state is not None)
    ]


def is_pointwise(typed: Typed, i: int) -> bool:
    """Whether each element of a node's output comes from those at its place of the inputs."""
    node = typed.graph.nodes[i]
    if node.op is None or node.op.kernel is None:
        return False
    inputs, outputs = [typed.spec(pin) for pin in typed.graph.inputs[i]], typed.specs[i]
    if not pointwise(node.op, node.params, inputs, outputs):
        return False
    if typed.xp is np:
        return True
    from ..fusion.widened import can_lower  # only who runs graphs on a GPU needs it

    return len(inputs) <= MOST_LINES and can_lower(node.op, node.params, inputs, outputs)


def _groups(typed: Typed, forward: Sequence[bool], large: set[int]) -> Groups:
    """The groups of element-wise nodes, by their first node."""
    graph, specs = typed.graph, typed.specs
    changed = {pin.node for pin in graph.changed}
    level: list[int] = []
    root: dict[int, int] = {}
    size: dict[int, int] = {}

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for i, pins in enumerate(graph.inputs):
        shape = specs[i][0].shape
        if (
            i not in large
            or not is_pointwise(typed, i)
            or (changed and any(pin.node in changed for pin in pins))
        ):
            level.append(1 + max([level[pin.node] for pin in pins], default=-1))
            continue
        joining = [
            pin.node
            for pin in pins
            if pin.node in root
            and forward[pin.node] == forward[i]
            and specs[pin.node][0].shape == shape
        ]
        mine = max(
            [level[j] for j in joining]
            + [level[pin.node] + 1 for pin in pins if pin.node not in joining],
            default=0,
        )
        near = {find(j) for j in joining if level[j] == mine}
        if near and 1 + sum(size[group] for group in near) > MOST_LINES:
            mine, near = mine + 1, set()
        level.append(mine)
        root[i], size[i] = i, 1
        for group in near:
            root[group] = i
            size[i] += size[group]
    groups: Groups = {}
    for i in root:
        groups.setdefault(find(i), []).append(i)
    return {nodes[0]: nodes for nodes in groups.values()}


def _taken_in(typed: Typed, forward: Sequence[bool], groups: Groups) -> Groups:
    """The groups, those that only one other reads made part of that one."""
    graph, specs = typed.graph, typed.specs
    unit = {i: first for first, nodes in groups.items() for i in nodes}
    readers: dict[int, set[int]] = {first: set() for first in groups}
    for i, pins in enumerate(graph.inputs):
        for pin in pins:
            if pin.node in unit and unit[pin.node] != unit.get(i):
                readers[unit[pin.node]].add(unit.get(i, -1))
    for pin in graph.heads:
        if pin.node in unit:
            readers[unit[pin.node]].add(-1)
    home = {-1: -1, **{first: first for first in groups}}
    found = {first: list(nodes) for first, nodes in groups.items()}
    # From the last one, so that who takes one in has itself been taken in.
    for first in sorted(groups, key=lambda first: groups[first][-1], reverse=True):
        into = {_end(home, reader) for reader in readers[first]}
        if len(into) != 1 or -1 in into:
            continue
        (target,) = into
        alike = specs[target][0].shape == specs[first][0].shape
        few = len(found[target]) + len(found[first]) <= MOST_LINES
        if alike and few and forward[target] == forward[first]:
            found[target] += found.pop(first)
            home[first] = target
    return {min(nodes): sorted(nodes) for nodes in found.values()}


def _end(home: Mapping[int, int], first: int) -> int:
    while home[first] != first:
        first = home[first]
    return first


def _note(notes: list[Note], graph: Graph, groups: Groups) -> None:
    for nodes in groups.values():
        if len(nodes) == 1:
            continue
        last = graph.nodes[nodes[-1]].name
        for i in nodes:
            node = graph.nodes[i]
            name = "" if node.op is None else node.op.name
            why = f"{counted(len(nodes), 'operator')} in one go through memory"
            notes.append(Note(node.name, name, "fused", last, why))


class _Rewriting:
    """Makes the graph of groups. A unit is a node or a group, by the position of its first node."""

    def __init__(self, typed: Typed, groups: Groups) -> None:
        self._typed, self._groups = typed, groups
        self._unit = list(range(len(typed.graph)))
        for first, nodes in groups.items():
            for i in nodes:
                self._unit[i] = first
        self._outputs = self._leaving()
        self._nodes: list[Node] = []
        self._inputs: list[tuple[Pin, ...]] = []
        self._specs: list[Row] = []
        self._pins: dict[Pin, Pin] = {}
        self._changed = {pin.node for pin in typed.graph.changed}

    def run(self) -> Typed:
        """The new graph."""
        graph = self._typed.graph
        for i in self._in_order():
            if i in self._groups:
                self._fuse(i, self._groups[i])
            else:
                self._keep(i)
        heads = [self._pins[pin] for pin in graph.heads]
        made = Graph.of_parts(self._nodes, self._inputs, heads)
        return replace(self._typed, graph=made, specs=self._specs)

    def _in_order(self) -> Iterator[int]:
        """The units, each after those that it reads, and else in the order of their last nodes."""
        waits: dict[int, set[int]] = {unit: set() for unit in self._unit}
        followers: dict[int, list[int]] = {}
        for i, pins in enumerate(self._typed.graph.inputs):
            unit = self._unit[i]
            for pin in pins:
                other = self._unit[pin.node]
                if other != unit and other not in waits[unit]:
                    waits[unit].add(other)
                    followers.setdefault(other, []).append(unit)
        last = {unit: i for i, unit in enumerate(self._unit)}
        ready = [(last[unit], unit) for unit, others in waits.items() if not others]
        heapify(ready)
        while ready:
            _, unit = heappop(ready)
            yield unit
            for other in followers.get(unit, ()):
                waits[other].discard(unit)
                if not waits[other]:
                    heappush(ready, (last[other], other))

    def _leaving(self) -> dict[int, list[int]]:
        """For each group, the members whose values others read, or that are outputs of the graph.

        Who reads only a shape and a dtype reads them off another of the group's outputs, if one is alike.
        """
        graph, specs = self._typed.graph, self._typed.specs
        read = {pin.node for pin in graph.heads}
        glanced_at: set[int] = set()
        for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
            op = node.op
            names = op.input_names(node.params, len(pins)) if op and op.outline else None
            for k, pin in enumerate(pins):
                if self._unit[pin.node] == self._unit[i]:
                    continue
                if op and names is not None and op.reads_outline(k, names[k]):
                    glanced_at.add(pin.node)
                else:
                    read.add(pin.node)
        found = {first: [i for i in nodes if i in read] for first, nodes in self._groups.items()}
        for i in sorted(glanced_at - read):
            outputs = found.get(self._unit[i])
            if outputs is not None and all(specs[j][0] != specs[i][0] for j in outputs):
                outputs.append(i)
        return found

    def _add(self, node: Node, pins: Sequence[Pin], row: Row) -> int:
        self._nodes.append(node)
        self._inputs.append(tuple([self._pins[pin] for pin in pins]))
        self._specs.append(row)
        return len(self._nodes) - 1

    def _keep(self, i: int) -> None:
        typed = self._typed
        place = self._add(typed.graph.nodes[i], typed.graph.inputs[i], typed.specs[i])
        for k in range(len(typed.specs[i])):
            self._pins[Pin(i, k)] = Pin(place, k)

    def _fuse(self, first: int, nodes: Sequence[int]) -> None:
        typed, graph = self._typed, self._typed.graph
        read = dict.fromkeys(
            pin for i in nodes for pin in graph.inputs[i] if self._unit[pin.node] != first
        )
        seen = {pin: self._seen(pin) for pin in read}
        given = list(dict.fromkeys(seen.values()))
        places = {key: k for k, key in enumerate(given)}
        values = {pin: places[seen[pin]] for pin in read}
        values |= {Pin(i, 0): len(given) + k for k, i in enumerate(nodes)}
        outputs = sorted(self._outputs[first])
        group = Group(
            [self._line(i, values) for i in nodes],
            [Spec(shape, typed.spec(pin).dtype) for pin, shape in given],
            known(typed.specs[first][0].shape),
            [values[Pin(i, 0)] for i in outputs],
        )
        last = graph.nodes[nodes[-1]]
        node = Node(fused_operator(group, typed.xp), (), NOTHING, last.name, last.attrs, last.where)
        place = self._add(
            node, [pin for pin, _ in given], tuple([typed.specs[i][0] for i in outputs])
        )
        alike: dict[Spec, Pin] = {}
        for k, i in enumerate(outputs):
            self._pins[Pin(i, 0)] = alike[typed.specs[i][0]] = Pin(place, k)
        for i in nodes:
            if typed.specs[i][0] in alike:
                self._pins.setdefault(Pin(i, 0), alike[typed.specs[i][0]])

    def _seen(self, pin: Pin) -> tuple[Pin, tuple[int, ...]]:
        """The value that a group reads, and the shape that it sees it in."""
        typed = self._typed
        if typed.xp is np:
            return pin, known(typed.spec(pin).shape)
        from .views import seen_through  # only who runs graphs on a GPU needs it

        return seen_through(typed, pin, self._changed)

    def _line(self, i: int, values: Mapping[Pin, int]) -> Line:
        node, args = self._typed.graph.nodes[i], self._typed.graph.inputs[i]
        assert node.op is not None
        dtype = as_dtype(self._typed.specs[i][0].dtype)
        return Line(node.op, node.params, tuple([values[pin] for pin in args]), dtype, node.name)
