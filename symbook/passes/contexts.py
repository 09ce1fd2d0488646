"""Placement of a graph's parts on different contexts, with copies where a value goes from one to another.

As MXNet's: a node with the attribute `__ctx_group__` is computed on that group's context; another one
where its first placed input is, or else on the context that the graph is bound to. A variable is where its
array is, and the gradient of an output where it is first read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..context import Context
from ..errors import BindError, did_you_mean, listed
from ..graph import NOTHING, Entry, Graph, Node, Pin
from ..ndarray.storage import moved
from ..ops.registry import Op, refused_on
from ..ops.rules import same_dtype, same_shape
from ..specs import Spec

GROUP = "__ctx_group__"


@dataclass(frozen=True, slots=True)
class Placed:
    """A graph with copies, and where each of its nodes is.

    Attributes
    ----------
    graph : Graph
    specs : list of tuple of Spec
        For each node.
    contexts : list of Context
        For each node.
    origins : list of int
        For each node, its position in the graph that was placed; -1 of a copy.
    """

    graph: Graph
    specs: list[tuple[Spec, ...]]
    contexts: list[Context]
    origins: list[int]

    def context_of(self, variable: str) -> Context:
        """Where a variable is."""
        found = (self.graph.nodes[i].name for i in self.graph.variables)
        return dict(zip(found, [self.contexts[i] for i in self.graph.variables], strict=True))[
            variable
        ]


def context_of(node: Node, groups: Mapping[str, Context]) -> Context | None:
    """The context of a node's group; None for a node without one.

    Raises
    ------
    BindError
        If the group has no context.
    """
    group = node.attrs.get(GROUP)
    if group is None:
        return None
    if group not in groups:
        raise BindError(
            f"The device assignment not found for group {group}; group2ctx has {listed(list(groups))}",
            node=node.name,
            where=node.where,
            hint=did_you_mean(group, groups) or f"Add it: group2ctx={{{group!r}: mx.cpu(0), …}}.",
        )
    return groups[group]


def on_contexts(
    graph: Graph,
    specs: Sequence[tuple[Spec, ...]],
    default: Context,
    groups: Mapping[str, Context],
    of_variable: Mapping[str, Context],
) -> Placed:
    """Place a graph's nodes, and put a copy wherever one reads a value from another context.

    Parameters
    ----------
    graph : Graph
    specs : sequence of tuple of Spec
        For each node.
    default : Context
        For what has no group and no input that has one.
    groups : mapping of str to Context
        For each group, its context.
    of_variable : mapping of str to Context
        Where variables' arrays are.

    Raises
    ------
    BindError
        If a group has no context.
    """
    contexts = _contexts(graph, default, groups, of_variable)
    copies = _Copies(graph, contexts)
    place: dict[Node, tuple[Context, tuple[Spec, ...]]] = copies.place
    origin: dict[Node, int] = {}
    for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
        inputs = tuple([copies.entry(pin, contexts[i], specs) for pin in pins])
        if node.op is not None:
            node = Node(node.op, inputs, node.params, node.name, node.attrs, node.where)
        copies.nodes.append(node)
        origin[node] = i
        place[node] = (contexts[i], specs[i])
    placed = Graph([Entry(copies.nodes[pin.node], pin.index) for pin in graph.heads])
    return Placed(
        placed,
        [place[node][1] for node in placed.nodes],
        [place[node][0] for node in placed.nodes],
        [origin.get(node, -1) for node in placed.nodes],
    )


def require_served(graph: Graph, contexts: Sequence[Context]) -> None:
    """Refuse operators that cannot run on the contexts that they are on, one for each node.

    Raises
    ------
    UnsupportedError
        With the node, the context and the reason.
    """
    for node, ctx in zip(graph.nodes, contexts, strict=True):
        if node.op is not None and node.op.cpu_only and ctx.is_gpu:
            raise refused_on(node.op, ctx, node=node.name, where=node.where)


def _contexts(
    graph: Graph,
    default: Context,
    groups: Mapping[str, Context],
    of_variable: Mapping[str, Context],
) -> list[Context]:
    found: list[Context] = []
    settled: list[bool] = []
    for node, pins in zip(graph.nodes, graph.inputs, strict=True):
        own = context_of(node, groups)
        inherited = next((found[pin.node] for pin in pins if settled[pin.node]), None)
        settled.append(own is not None or inherited is not None)
        if node.op is None:
            found.append(of_variable.get(node.name, own or default))
        else:
            found.append(own or inherited or default)
    for i in graph.variables:
        if graph.nodes[i].name not in of_variable and graph.readers[i]:
            found[i] = found[graph.readers[i][0]]
    return found


class _Copies:
    """The nodes of the new graph, and the copies between contexts, each made once."""

    def __init__(self, graph: Graph, contexts: Sequence[Context]) -> None:
        self._graph, self._contexts = graph, contexts
        self._made: dict[tuple[Pin, Context], Entry] = {}
        self.nodes: list[Node] = []
        self.place: dict[Node, tuple[Context, tuple[Spec, ...]]] = {}

    def entry(self, pin: Pin, target: Context, specs: Sequence[tuple[Spec, ...]]) -> Entry:
        """What a node on the target context reads for a value of the old graph."""
        source = self._contexts[pin.node]
        entry = Entry(self.nodes[pin.node], pin.index)
        if source == target:
            return entry
        if (pin, target) not in self._made:
            old = self._graph.nodes[pin.node]
            name = f"{old.name}_{pin.index}_copy"
            copy = Node(_copy_operator(source, target), (entry,), NOTHING, name, {}, old.where)
            self.place[copy] = (target, (specs[pin.node][pin.index],))
            self._made[pin, target] = Entry(copy)
        return self._made[pin, target]


def _copy_operator(source: Context, target: Context) -> Op:
    def copy(xp: ModuleType, data: Any, /) -> Any:
        there = moved(data, source, target)
        return there.copy() if there is data else there

    return Op("_CrossDeviceCopy", copy, ("data",), False, NOTHING, same_shape, same_dtype)
