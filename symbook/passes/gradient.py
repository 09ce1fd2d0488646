"""The gradient of a graph, as another graph: reverse accumulation over the operators' rules.

Every rule gives symbols, so a gradient can be drawn, bound, and differentiated again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .. import naming
from ..errors import GradientError
from ..graph import Entry, Graph, Node, Pin
from ..infer import SHAPES, Values, infer, node_text
from ..naming import NameManager
from ..ops import registry
from ..ops.rules import broadcast, broadcast_all, elementwise
from ..places import made_at
from ..specs import Shape
from ..symbol import Symbol
from ..symbol.compose import apply

# What a gradient's node takes over from the node that it belongs to: where it is placed.
_INHERITED = ("__ctx_group__",)


class Functions:
    """The `F` of gradient rules: every registered operator as a function of symbols."""

    def __getattr__(self, name: str) -> Callable[..., Symbol]:
        function = self.of(registry.get(name))
        setattr(self, name, function)
        return function

    def of(self, operator: registry.Op) -> Callable[..., Symbol]:
        """The function of an operator that is not registered."""

        def function(*args: Any, name: str | None = None, **kwargs: Any) -> Symbol:
            return apply(operator, operator.name, args, kwargs, Symbol, name)

        return function


F = Functions()


class _Names(NameManager):
    """Names what one node's rule makes: `fc1_backward0`, `fc1_backward1`, …"""

    def __init__(self, node: str) -> None:
        self._node, self._count = node, 0

    def get(self, name: str | None, hint: str) -> str:
        self._count += 1
        return f"{self._node}_backward{self._count - 1}"


def gradients(
    graph: Graph,
    seeds: Sequence[Symbol],
    wanted: Iterable[int],
    shapes: Values | None = None,
    users: list[tuple[Symbol, Pin]] | None = None,
    adjoints: dict[Pin, Entry] | None = None,
) -> dict[int, Symbol | None]:
    """The gradients of a graph's outputs with respect to some of its variables.

    Parameters
    ----------
    graph : Graph
    seeds : sequence of Symbol
        For each output, the gradient of what is differentiated with respect to it.
    wanted : iterable of int
        Positions of variables.
    shapes : Values, optional
        What is known of the shape of each value: where an operator did not broadcast, nothing need be
        summed.
    users : list, optional
        Gets what the rules of users' operators gave, each with the value whose gradient it is to be.
    adjoints : dict, optional
        Gets the gradient with respect to each value on the way.

    Returns
    -------
    dict of int to Symbol
        For each of `wanted`; None where nothing depends on it, so that the gradient is zero.

    Raises
    ------
    GradientError
        If an operator on the way has no gradient.
    """
    chosen = list(wanted)
    leading = _leading_to(graph, set(chosen))
    own = set(graph.nodes)
    flowing: dict[Pin, list[Symbol]] = {}
    for pin, seed in zip(graph.heads, seeds, strict=True):
        if pin.node in leading:
            flowing.setdefault(pin, []).append(seed)
    for i in range(len(graph) - 1, -1, -1):
        node = graph.nodes[i]
        if node.op is None or i not in leading:
            continue
        attrs = {key: node.attrs[key] for key in _INHERITED if key in node.attrs}
        flown = [flowing.pop(Pin(i, k), None) for k in range(node.output_count)]
        names = _Names(node.name)
        parts = naming.alone(names, attrs, made_at, node.where, list, map(_total, flown))
        if adjoints is not None:
            adjoints.update(
                (Pin(i, k), part._outputs[0]) for k, part in enumerate(parts) if part is not None
            )
        unasked = all(part is None for part in parts)
        rule = (
            (_unasked, graph, i, shapes, own) if unasked else (_apply_rule, graph, i, parts, shapes)
        )
        row = naming.alone(names, attrs, made_at, node.where, *rule)
        for pin, part in zip(graph.inputs[i], row, strict=True):
            if part is not None and pin.node in leading:
                flowing.setdefault(pin, []).append(part)
                if users is not None and registry.is_users(node.op.name):
                    users.append((part, pin))
    found = {i: _sum_at(graph, i, flowing.get(Pin(i, 0))) for i in chosen}
    if adjoints is not None:
        adjoints.update(
            (Pin(i, 0), part._outputs[0]) for i, part in found.items() if part is not None
        )
    return found


def _leading_to(graph: Graph, wanted: set[int]) -> set[int]:
    """Positions of the nodes that depend on one of those wanted, and of these themselves."""
    found = set(wanted)
    for i, pins in enumerate(graph.inputs):
        if any(pin.node in found for pin in pins):
            found.add(i)
    return found


def _sum_at(graph: Graph, i: int, parts: list[Symbol] | None) -> Symbol | None:
    node = graph.nodes[i]
    made: Symbol | None = naming.alone(_Names(node.name), {}, made_at, node.where, _total, parts)
    return made


def _total(parts: list[Symbol] | None) -> Symbol | None:
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    return parts[0] + parts[1] if len(parts) == 2 else F.add_n(*parts)


_NO_RULE = {
    True: "Give it one: @mx.operator.define(gradient=lambda F, g, y, x: …).",
    False: "Put mx.sym.BlockGrad around it where no gradient is to flow, or leave out of args_grad the "
    "arguments before it.",
}


def _apply_rule(
    graph: Graph, i: int, parts: list[Symbol | None], shapes: Values | None
) -> Sequence[Symbol | None]:
    """The gradients of a node's inputs, from those of its outputs."""
    node, pins = graph.nodes[i], graph.inputs[i]
    assert node.op is not None  # variables have no rule
    if node.op.gradient is None:
        raise GradientError(
            f"the operator {node.op.name} has no gradient",
            node=node_text(graph, i),
            at=i,
            where=node.where,
            hint=_NO_RULE[registry.is_users(node.op.name)],
        )
    outputs = [Symbol([Entry(node, k)]) for k in range(node.output_count)]
    inputs = [Symbol([Entry(graph.nodes[pin.node], pin.index)]) for pin in pins]
    single = len(outputs) == 1
    g, y = (parts[0], outputs[0]) if single else (tuple(parts), tuple(outputs))
    result = node.op.gradient(F, g, y, *inputs, **node.params)
    found = _as_row(graph, i, result, len(inputs))
    if node.op.shape not in (elementwise, broadcast, broadcast_all):
        return found
    return [
        part if part is None or _alike(shapes, i, pin) else F._backward_broadcast(part, x)
        for part, pin, x in zip(found, pins, inputs, strict=True)
    ]


def _unasked(
    graph: Graph, i: int, shapes: Values | None, own: set[Node]
) -> Sequence[Symbol | None]:
    """What a node gives its inputs though no gradient reaches it, as behind a BlockGrad or an argmax.

    As in MXNet, where zeros reach it: a loss takes no notice of them, and a layer with auxiliary states
    still updates these. The others would give zeros, that is nothing.
    """
    node = graph.nodes[i]
    nothing = (None,) * len(graph.inputs[i])
    if node.op is None or node.op.gradient is None:
        return nothing
    zeros = F.zeros_like(Symbol([Entry(node)]))
    try:
        row = _apply_rule(graph, i, [zeros, *[None] * (node.output_count - 1)], shapes)
    except GradientError:
        return nothing  # what cannot be differentiated is not asked to be here
    return [
        part if part is not None and _acts(part, zeros._outputs[0].node, own) else None
        for part in row
    ]


def _acts(part: Symbol, zeros: Node, own: set[Node]) -> bool:
    """Whether what a rule made of zeros, beside the graph's own nodes, is no zero or changes a state."""
    pending = [part._outputs[0].node]
    seen: set[Node] = set()
    while pending:
        node = pending.pop()
        if node in seen or node in own:
            continue
        seen.add(node)
        if node.op is not None and node.op.mutates:
            return True
        pending += [entry.node for entry in node.inputs]
    return zeros not in seen


def _as_row(graph: Graph, i: int, result: Any, count: int) -> Sequence[Symbol | None]:
    row = (
        result
        if isinstance(result, (tuple, list))
        else (result,) * (count if result is None else 1)
    )
    if len(row) != count or not all(part is None or isinstance(part, Symbol) for part in row):
        inputs = "the input" if count == 1 else f"each of the {count} inputs"
        raise GradientError(
            f"the gradient rule must give one symbol, or None, for {inputs}; it gave {result!r}",
            node=node_text(graph, i),
            at=i,
            where=graph.nodes[i].where,
            hint="Return what flows back to the inputs: gradient=lambda F, g, y, x: g * …",
        )
    return row


def _alike(shapes: Values | None, i: int, pin: Pin) -> bool:
    """Whether an input is known to have the shape of the output, so that it was not broadcast."""
    if shapes is None:
        return False
    ours, theirs = shapes[i][0], shapes[pin.node][pin.index]
    return ours is not None and None not in ours and ours == theirs


def gradient_symbol(
    symbol: Symbol,
    wrt: Sequence[str],
    head_grads: Sequence[Symbol] | None,
    given: Mapping[str, Shape | None],
) -> Symbol:
    """What `Symbol.gradient` does, all names known to be arguments; see there."""
    graph = symbol.graph
    position = {graph.nodes[i].name: i for i in graph.arguments}
    if head_grads is None:
        names = [f"{name}_grad" for name in symbol.list_outputs()]
        make = lambda: [F.ones_like(s, name=n) for s, n in zip(symbol, names, strict=True)]  # noqa: E731
        head_grads = naming.alone(NameManager(), {}, make)
    shapes = infer(graph, SHAPES, given)
    found = gradients(graph, head_grads, [position[name] for name in wrt], shapes)
    parts = [found[position[name]] for name in wrt]
    own = _own_nodes(graph, [part._outputs[0] for part in parts if part is not None])
    entries: list[Entry] = []
    for name, part in zip(wrt, parts, strict=True):
        node = graph.nodes[position[name]]
        made = (_named, f"{name}_grad", part, node, own)
        entries.append(naming.alone(NameManager(), {}, made_at, node.where, *made))
    return Symbol(entries)


def _own_nodes(graph: Graph, entries: Sequence[Entry]) -> set[Node]:
    """The nodes that one gradient is made by and nothing else reads, so that they may take its name."""
    whole = Graph(entries)
    heads = Counter(pin.node for pin in whole.heads)
    given = set(graph.nodes)
    return {
        whole.nodes[i]
        for i, count in heads.items()
        if count == 1
        and not whole.readers[i]
        and whole.nodes[i].output_count == 1
        and whole.nodes[i].op is not None
        and whole.nodes[i] not in given
    }


def _named(name: str, part: Symbol | None, variable: Node, own: set[Node]) -> Entry:
    """A gradient under its name: zeros where there is none, a copy of what others read too."""
    if part is None:
        return F.zeros_like(Symbol([Entry(variable)]), name=name)._outputs[0]
    node = part._outputs[0].node
    if node not in own:
        return F.identity(part, name=name)._outputs[0]
    return Entry(Node(node.op, node.inputs, node.params, name, node.attrs, node.where))
