"""The immutable graph: nodes, entries (one output of a node), and whole graphs in topological order.

A variable is a node without an operator. Nothing here recurses: a chain of 100,000 nodes is ordinary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import repeat
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .cached import cached_property
from .errors import NameClashError
from .places import Where

if TYPE_CHECKING:
    from .ops.registry import Op

NOTHING: Mapping[str, Any] = MappingProxyType({})
NO_ORDER: list[Any] = []
"""What `Symbol._order` is where it is empty; never added to."""


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
        # Not `self.output_names`: a file may ask for a million outputs and use one.
        return len(outputs if isinstance(outputs, tuple) else self.op.output_names(self.params))

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
        # Not out of `output_names`, as in `output_count`.
        op = self.node.op
        if op is None:
            return self.node.name
        return f"{self.node.name}_{op.output_names(self.node.params)[self.index]}"


make_entry: Callable[[tuple[Node, int]], Entry] = partial(tuple.__new__, Entry)
"""`make_entry((node, 0))` is `Entry(node, 0)` in half the time, where there are many to make."""


class Pin(NamedTuple):
    """An entry inside a :class:`Graph`: the node's position there, and which of its outputs."""

    node: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which means nothing here


# A pin of a pair, for `map`: a third of the time of `Pin(node, index)`.
_pin = partial(tuple.__new__, Pin)


class Graph:
    """Everything that some entries depend on, depth first, inputs before the nodes that read them.

    Two variables of one name are one argument: the first stands for both and has the attributes of both.

    Parameters
    ----------
    outputs : iterable of Entry
    order : iterable of Node, optional
        The nodes in the order that is described below, if it is known.

    Attributes
    ----------
    outputs : tuple of Entry
        As given.
    nodes : tuple of Node
        In topological order; a depth-first post-order over the inputs, as MXNet lists them.
    variables : tuple of int
        Positions of all variables, in order.

    Raises
    ------
    NameClashError
        If two variables of one name have declarations that disagree.
    """

    def __init__(self, outputs: Iterable[Entry], order: Iterable[Node] | None = None) -> None:
        self.outputs = tuple(outputs)
        nodes = _post_order(self.outputs) if order is None else list(order)
        variables = [i for i, node in enumerate(nodes) if node.op is None]
        # Variables that another one of their name stands for.
        self._stands: Mapping[Node, Node] = {}
        if len({nodes[i].name for i in variables}) < len(variables):
            nodes, self._stands = _each_name_once(nodes)
            variables = [i for i, node in enumerate(nodes) if node.op is None]
        self.nodes = tuple(nodes)
        self.variables = tuple(variables)

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
        graph.variables = tuple([i for i, node in enumerate(graph.nodes) if node.op is None])
        graph._stands = {}
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

    @cached_property
    def positions(self) -> dict[Node, int]:
        """Where a node stands in `nodes`; for a variable, where its name's one argument stands."""
        found = dict(zip(self.nodes, range(len(self.nodes)), strict=True))
        found |= {node: found[stands] for node, stands in self._stands.items()}
        return found

    @cached_property
    def operators(self) -> frozenset[Op]:
        """The different operators of the nodes: few, however many nodes there are."""
        return frozenset([op for op in {node.op for node in self.nodes} if op is not None])

    @cached_property
    def inputs(self) -> tuple[tuple[Pin, ...], ...]:
        """For each node, where its inputs come from."""
        position = self.positions
        # One pin for each node's first output: most are read more than once.
        made = map(_pin, zip(range(len(self.nodes)), repeat(0), strict=False))
        firsts = dict(zip(self.nodes, made, strict=True))
        if len(position) > len(firsts):
            firsts |= {node: Pin(i, 0) for node, i in position.items() if node not in firsts}
        found: list[tuple[Pin, ...]] = []
        for node in self.nodes:
            entries = node.inputs
            if len(entries) == 1 and not entries[0].index:
                found.append((firsts[entries[0].node],))
            else:
                found.append(tuple([
                    Pin(position[entry.node], entry.index) if entry.index else firsts[entry.node]
                    for entry in entries
                ]))  # fmt: skip
        return tuple(found)

    @cached_property
    def heads(self) -> tuple[Pin, ...]:
        """Where the graph's outputs come from."""
        last = len(self.nodes) - 1
        if len(self.outputs) == 1 and self.outputs[0].node is self.nodes[last]:
            return (Pin(last, self.outputs[0].index),)
        return tuple([Pin(self.positions[entry.node], entry.index) for entry in self.outputs])

    @cached_property
    def auxiliary_set(self) -> frozenset[int]:
        """Positions of the auxiliary states, for asking whether a node is one."""
        found: set[int] = set()
        if not any(op.aux for op in self.operators):
            return frozenset()
        for node, pins in zip(self.nodes, self.inputs, strict=True):
            if node.op is not None and node.op.aux:
                names = node.op.input_names(node.params, len(pins))
                found.update(
                    pin.node for pin, name in zip(pins, names, strict=True) if name in node.op.aux
                )
        return frozenset([i for i in found if self.nodes[i].op is None])

    @cached_property
    def arguments(self) -> tuple[int, ...]:
        """Positions of the variables that are not auxiliary states, in order."""
        auxiliary = self.auxiliary_set
        return tuple([i for i in self.variables if i not in auxiliary])

    @cached_property
    def auxiliary(self) -> tuple[int, ...]:
        """Positions of the variables that operators update as auxiliary states, in order."""
        auxiliary = self.auxiliary_set
        return tuple([i for i in self.variables if i in auxiliary])

    @cached_property
    def changed(self) -> frozenset[Pin]:
        """The values that operators change in place, such as the states of an optimiser."""
        if not any(op.mutates for op in self.operators):
            return frozenset()
        return frozenset(
            pin
            for node, pins in zip(self.nodes, self.inputs, strict=True)
            if node.op is not None and node.op.mutates
            for pin in node.op.changed(node.params, pins)
        )

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
    """Every node that the outputs depend on, depth first, after its inputs."""
    order: list[Node] = []
    seen: set[Node] = set()
    # The way down from an output. Of its nodes, those with more inputs than the one it went on by: where in
    # `path` they are, and their next input. Numbers in lists, no tuples, so that no garbage is collected.
    path: list[Node] = []
    forks: list[int] = []
    upcoming: list[int] = []
    see, go = seen.add, path.append
    for node, _ in outputs:
        while True:
            while node not in seen:
                see(node)
                go(node)
                inputs = node.inputs
                if not inputs:
                    break
                if len(inputs) > 1:
                    forks.append(len(path))
                    upcoming.append(1)
                node = inputs[0].node
            below = _next_below(path, forks, upcoming, order, seen)
            if below is None:
                break
            node = below
    return order


def _next_below(
    path: list[Node], forks: list[int], upcoming: list[int], order: list[Node], seen: set[Node]
) -> Node | None:
    """Go up to a node that has an input to go down to; what is left behind is done."""
    while forks:
        fork = forks[-1]
        if len(path) > fork:
            order += path[: fork - 1 : -1]
            del path[fork:]
        inputs = path[-1].inputs
        for k in range(upcoming[-1], len(inputs)):
            if inputs[k].node not in seen:
                upcoming[-1] = k + 1
                return inputs[k].node
        forks.pop()
        upcoming.pop()
    order += path[::-1]
    path.clear()
    return None


def _each_name_once(nodes: Iterable[Node]) -> tuple[list[Node], dict[Node, Node]]:
    """The nodes with one variable for each name, where the first was; and who stands for the others."""
    variables = unify_variables(nodes)
    kept: dict[Node, None] = {}
    stands: dict[Node, Node] = {}
    for node in nodes:
        one = node if node.op is not None else variables[node.name]
        kept[one] = None
        if one is not node:
            stands[node] = one
    return list(kept), stands


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
