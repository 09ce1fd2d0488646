"""The immutable graph: nodes, entries (one output of a node), and whole graphs in topological order.

A variable is a node without an operator. Nothing here recurses: a chain of 100,000 nodes is ordinary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .errors import NameClashError, Where

if TYPE_CHECKING:
    from .ops.registry import Op

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Node:
    """One operator applied to inputs, or a variable.

    Nothing sets an attribute of a node once it is made, but :meth:`Symbol._set_attr`; the type checker sees
    to that, because a class that does so itself makes nodes five times as slowly.

    Attributes
    ----------
    op : Op or None
        The operator; None for a variable.
    inputs : tuple of Entry
    params : mapping
        Every parameter of the operator, typed, defaults filled in. Nodes may share it.
    name : str
    attrs : mapping of str to str
        The parameters as the user gave them, and the attributes, as MXNet's `attr_dict` and JSON show them.
        Nodes may share it.
    where : Where or None
        The user's line that made the node.
    """

    __slots__ = (
        "__weakref__", "_output_names", "attrs", "inputs", "name", "op", "params", "where",
    )  # fmt: skip

    def __init__(
        self,
        op: Op | None,
        inputs: tuple[Entry, ...],
        params: Mapping[str, Any],
        name: str,
        attrs: Mapping[str, str],
        where: Where | None,
    ) -> None:
        self.op: Final = op
        self.inputs: Final = inputs
        self.params: Final = params
        self.name: Final = name
        self.attrs: Final = attrs
        self.where: Final = where
        # Kept, because asking each of n outputs for its name would take n² steps.
        self._output_names: tuple[str, ...] | None = None

    @property
    def output_names(self) -> tuple[str, ...]:
        """Names of the outputs: the variable's own, or `add0_output`, or `split0_output0`, …"""
        if self._output_names is None:
            names: tuple[str, ...] = (self.name,)
            if self.op is not None:
                names = tuple(f"{self.name}_{part}" for part in self.op.output_names(self.params))
            self._output_names = names
            return names
        return self._output_names

    @property
    def output_count(self) -> int:
        """Number of outputs; a variable has one."""
        if self.op is None:
            return 1
        outputs = self.op.outputs
        return len(outputs) if isinstance(outputs, tuple) else len(self.output_names)

    @property
    def shown_count(self) -> int:
        """Number of outputs that a user sees; the rest are there for the operator's gradient."""
        return 1 if self.op is None else self.op.shown_outputs(self.params)

    def __repr__(self) -> str:
        if self.op is None:
            return f"<Node {self.name}: variable>"
        inputs = ", ".join(entry.name for entry in self.inputs)
        return f"<Node {self.name}: {self.op.name}({inputs})>"


class Entry(NamedTuple):
    """One output of a node: an edge's source."""

    node: Node
    index: int = 0  # type: ignore[assignment]  # hides tuple.index, which means nothing here

    @property
    def name(self) -> str:
        """The output's name, as `list_outputs` shows it."""
        return self.node.output_names[self.index]


class Pin(NamedTuple):
    """An entry inside a :class:`Graph`: the node's position there, and which of its outputs."""

    node: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which means nothing here


class Graph:
    """Everything that some entries depend on, depth first, inputs before the nodes that read them.

    Two variables of one name are one argument: the first stands for both and has the attributes of both.

    Parameters
    ----------
    outputs : iterable of Entry

    Attributes
    ----------
    outputs : tuple of Entry
        As given.
    nodes : tuple of Node
        In topological order; a depth-first post-order over the inputs, as MXNet lists them.
    inputs : tuple of tuple of Pin
        For each node, where its inputs come from.
    heads : tuple of Pin
        Where the graph's outputs come from.

    Raises
    ------
    NameClashError
        If two variables of one name have declarations that disagree.
    """

    def __init__(self, outputs: Iterable[Entry]) -> None:
        self.outputs = tuple(outputs)
        ordered = _post_order(self.outputs)
        variables = unify_variables(ordered)
        position: dict[Node, int] = {}
        nodes: list[Node] = []
        inputs: list[tuple[Pin, ...]] = []
        for node in ordered:
            if node.op is None:
                stands = variables[node.name]
                if stands in position:
                    position[node] = position[stands]
                    continue
                position[node] = position[stands] = len(nodes)
                nodes.append(stands)
                inputs.append(())
                continue
            position[node] = len(nodes)
            nodes.append(node)
            inputs.append(tuple(Pin(position[entry.node], entry.index) for entry in node.inputs))
        self.nodes = tuple(nodes)
        self.inputs = tuple(inputs)
        self.heads = tuple(Pin(position[entry.node], entry.index) for entry in self.outputs)
        self._position = position

    @classmethod
    def of_parts(
        cls,
        nodes: Iterable[Node],
        inputs: Iterable[tuple[Pin, ...]],
        heads: Iterable[Pin],
    ) -> Graph:
        """What a pass makes of a graph: these nodes, in topological order, reading these values.

        A node may be one of the other graph's and read other values here than its own `inputs` say; and
        there may be nodes that no output depends on.
        """
        graph = cls.__new__(cls)
        graph.nodes, graph.inputs, graph.heads = tuple(nodes), tuple(inputs), tuple(heads)
        graph.outputs = tuple([Entry(graph.nodes[pin.node], pin.index) for pin in graph.heads])
        graph._position = dict(zip(graph.nodes, range(len(graph.nodes)), strict=True))
        return graph

    def linked(self) -> Graph:
        """The same graph made of nodes that read what they read here, without those that nothing reads."""
        made: list[Node] = []
        for node, pins in zip(self.nodes, self.inputs, strict=True):
            entries = tuple([Entry(made[pin.node], pin.index) for pin in pins])
            same = entries == node.inputs
            made.append(
                node
                if same
                else Node(node.op, entries, node.params, node.name, node.attrs, node.where)
            )
        return Graph([Entry(made[pin.node], pin.index) for pin in self.heads])

    def position(self, node: Node) -> int:
        """Where a node stands in `nodes`; for a variable, where its name's one argument stands."""
        return self._position[node]

    @cached_property
    def auxiliary_set(self) -> frozenset[int]:
        """Positions of the auxiliary states, for asking whether a node is one."""
        found: set[int] = set()
        for node, pins in zip(self.nodes, self.inputs, strict=True):
            if node.op is not None and node.op.aux:
                names = node.op.input_names(node.params, len(pins))
                found.update(
                    pin.node for pin, name in zip(pins, names, strict=True) if name in node.op.aux
                )
        return frozenset(i for i in found if self.nodes[i].op is None)

    @cached_property
    def arguments(self) -> tuple[int, ...]:
        """Positions of the variables that are not auxiliary states, in order."""
        return tuple(i for i in self.variables if i not in self.auxiliary_set)

    @cached_property
    def auxiliary(self) -> tuple[int, ...]:
        """Positions of the variables that operators update as auxiliary states, in order."""
        return tuple(i for i in self.variables if i in self.auxiliary_set)

    @cached_property
    def changed(self) -> frozenset[Pin]:
        """The values that operators change in place, such as the states of an optimiser."""
        return frozenset(
            pin
            for node, pins in zip(self.nodes, self.inputs, strict=True)
            if node.op is not None and node.op.mutates
            for pin in node.op.changed(node.params, pins)
        )

    @cached_property
    def variables(self) -> tuple[int, ...]:
        """Positions of all variables, in order."""
        return tuple(i for i, node in enumerate(self.nodes) if node.op is None)

    @cached_property
    def readers(self) -> tuple[tuple[int, ...], ...]:
        """For each node, the positions of the nodes that read one of its outputs, each once, in order."""
        found: list[dict[int, None]] = [{} for _ in self.nodes]
        for i, pins in enumerate(self.inputs):
            for pin in pins:
                found[pin.node][i] = None
        return tuple(tuple(readers) for readers in found)

    def __len__(self) -> int:
        return len(self.nodes)


def _post_order(outputs: Iterable[Entry]) -> list[Node]:
    seen: set[Node] = set()
    order: list[Node] = []
    for entry in outputs:
        stack = [] if entry.node in seen else [(entry.node, iter(entry.node.inputs))]
        seen.add(entry.node)
        while stack:
            node, pending = stack[-1]
            for source, _ in pending:
                if source not in seen:
                    seen.add(source)
                    stack.append((source, iter(source.inputs)))
                    break
            else:
                order.append(node)
                stack.pop()
    return order


def unify_variables(nodes: Iterable[Node]) -> dict[str, Node]:
    """One node for each variable name, with the attributes of all variables of that name.

    Raises
    ------
    NameClashError
        If two declarations disagree.
    """
    first: dict[str, Node] = {}
    for node in nodes:
        if node.op is not None:
            continue
        stands = first.setdefault(node.name, node)
        if stands is node or stands.attrs == node.attrs:
            continue
        for key in stands.attrs.keys() & node.attrs.keys():
            if stands.attrs[key] != node.attrs[key]:
                raise NameClashError(
                    f"two variables are called {node.name!r} and their {key} disagree: "
                    f"{stands.attrs[key]} and {node.attrs[key]}; the first was made at {stands.where}",
                    where=node.where,
                    hint="Variables of one name are one argument. Rename one, or declare both alike.",
                )
        first[node.name] = Node(
            None, (), NOTHING, node.name, {**stands.attrs, **node.attrs}, stands.where
        )
    return first
