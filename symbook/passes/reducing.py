"""Reductions on a GPU: kernels of ours, that compute what they reduce while they read.

A sum of a product reads the two factors once, and the product is never in memory. That is done where
nobody else reads the product; where somebody does, it must be written anyway. A reduction of a value that is
there is a kernel of ours, too: it takes the host less time to launch than a call of CuPy's, it can be part of
what is captured and replayed, and its sums lose nothing to rounding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..fusion import Fused, Group
from ..fusion.reduced import Reduced, reduced_operator
from ..fusion.totals import total_of
from ..graph import NOTHING, Graph, Node, Pin
from ..ops.rules import axes_of
from ..specs import Spec, as_dtype, known
from .dead import remove_dead
from .fusing import forward_of
from .rewrite import Note, Notes, Typed
from .views import seen_through

_REDUCTIONS = ("sum", "mean", "max", "min", "prod", "nansum", "nanprod", "norm")
_UNSTRETCHING = "_backward_broadcast"


class _Work(NamedTuple):
    """A reduction that is made a kernel.

    Attributes
    ----------
    i : int
        Its position.
    axes : tuple of int
    producer : int or None
        The position of the group that is computed with it.
    """

    i: int
    axes: tuple[int, ...]
    producer: int | None


def reduce(typed: Typed, notes: Notes = None) -> Typed:
    """The graph with reductions made kernels of ours, each with the group that only it reads."""
    if typed.xp is np:
        return typed
    readers = _Readers(typed)
    found: list[_Work] = []
    for i, node in enumerate(typed.graph.nodes):
        axes = _axes(typed, i) if node.op is not None else None
        if axes is not None:
            found.append(_Work(i, axes, readers.producer(i)))
    if not found:
        return typed
    nodes, inputs = list(typed.graph.nodes), list(typed.graph.inputs)
    for work in found:
        nodes[work.i], inputs[work.i] = _made(typed, work)
        if notes is not None and work.producer is not None:
            _note(notes, typed, work)
    for work in found:
        if work.producer is not None:
            for reader, alike in readers.glances(work.producer).items():
                old = Pin(work.producer, 0)
                inputs[reader] = tuple([alike if pin == old else pin for pin in inputs[reader]])
    # Without the groups and the views that nothing reads any more.
    return remove_dead(replace(typed, graph=Graph.of_parts(nodes, inputs, typed.graph.heads)))


def _axes(typed: Typed, i: int) -> tuple[int, ...] | None:
    """The axes that a node reduces, counted from the front; None where it is no reduction of these."""
    node, spec = typed.graph.nodes[i], typed.specs[i][0]
    assert node.op is not None
    name = node.op.name
    if name not in _REDUCTIONS and name != _UNSTRETCHING:
        return None
    data = typed.spec(typed.graph.inputs[i][0])
    if total_of(node.op, node.params, as_dtype(data.dtype), as_dtype(spec.dtype)) is None:
        return None
    shape = known(data.shape)
    if name != _UNSTRETCHING:
        return axes_of(node.params["axis"], len(shape), node.params.get("exclude", False))
    small = known(spec.shape)
    if small == shape:
        return None  # it is a view
    extra = len(shape) - len(small)
    return tuple([k for k in range(len(shape)) if k < extra or shape[k] != small[k - extra]])


class _Readers:
    """Who reads groups' values, and who only their shapes and dtypes."""

    def __init__(self, typed: Typed) -> None:
        self._typed, self._forward = typed, forward_of(typed)
        graph = typed.graph
        self._changed = {pin.node for pin in graph.changed}
        self._values: dict[int, list[int]] = {}
        self._glances: dict[int, list[int]] = {}
        for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
            op = node.op
            names = op.input_names(node.params, len(pins)) if op and op.outline else None
            for k, pin in enumerate(pins):
                only = op is not None and names is not None and op.reads_outline(k, names[k])
                (self._glances if only else self._values).setdefault(pin.node, []).append(i)
        for pin in graph.heads:
            self._values.setdefault(pin.node, []).append(-1)

    def producer(self, i: int) -> int | None:
        """The group that can be computed with the reduction at a position."""
        graph = self._typed.graph
        first = graph.inputs[i][0].node
        op = graph.nodes[first].op
        if op is None or not isinstance(op.fn, Fused) or len(op.fn.group.outputs) > 1:
            return None
        if self._values.get(first) != [i] or self._forward[first] != self._forward[i]:
            return None
        if any(pin.node in self._changed for pin in graph.inputs[first]):
            return None
        glances = self.glances(first)
        return first if len(glances) == len(set(self._glances.get(first, ())) - {i}) else None

    def glances(self, first: int) -> dict[int, Pin]:
        """For who reads a group's shape and dtype only, another value that is alike, if there is one."""
        typed = self._typed
        spec = typed.specs[first][0]
        alike = [pin for pin in typed.graph.inputs[first] if typed.spec(pin) == spec]
        readers = self._glances.get(first, ())
        return dict.fromkeys(readers, alike[0]) if alike else {}


def _made(typed: Typed, work: _Work) -> tuple[Node, tuple[Pin, ...]]:
    """The node of a reduction, and what it reads."""
    graph = typed.graph
    node, spec = graph.nodes[work.i], typed.specs[work.i][0]
    op = node.op
    assert op is not None
    data = graph.inputs[work.i][0]
    lines = [(node.name, op.name)]
    pins: tuple[Pin, ...] = (data,)
    if work.producer is None:
        source = typed.spec(data)
        pin, shape = seen_through(typed, data, {pin.node for pin in graph.changed})
        pins = (pin,)
        group = Group([], [Spec(shape, source.dtype)], known(source.shape), [0])
    else:
        group, pins = _group(typed, work.producer), graph.inputs[work.producer]
        lines = [*[(line.name, line.op.name) for line in group.lines], *lines]
    total = total_of(op, node.params, as_dtype(typed.spec(data).dtype), as_dtype(spec.dtype))
    assert total is not None
    fn = Reduced(group, total, work.axes, known(spec.shape), as_dtype(spec.dtype))
    return Node(
        reduced_operator(op.name, fn, lines), (), NOTHING, node.name, node.attrs, node.where
    ), pins


def _note(notes: list[Note], typed: Typed, work: _Work) -> None:
    assert work.producer is not None
    into, why = typed.graph.nodes[work.i].name, "computed while it is reduced"
    lines = _group(typed, work.producer).lines
    notes += [Note(line.name, line.op.name, "fused", into, why) for line in lines]


def _group(typed: Typed, i: int) -> Group:
    """The group of a fused node."""
    op = typed.graph.nodes[i].op
    assert op is not None
    assert isinstance(op.fn, Fused)
    return op.fn.group
