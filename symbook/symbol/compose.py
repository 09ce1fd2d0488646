"""Making symbols: applying an operator to symbols, and putting symbols in place of variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import (
    ArgumentError,
    ParamError,
    SymbookError,
    brief,
    listed,
    one_of,
)
from ..graph import NO_ORDER, NOTHING, Entry, Graph, Node, make_entry, unify_variables
from ..naming import scopes
from ..ops.registry import Op, Reading, sort_call
from ..places import Where, here
from .attributes import in_scope, is_attribute

if TYPE_CHECKING:
    from .symbol import Symbol

_NO_PARAMS = Reading(NOTHING, NOTHING)


def apply(
    op: Op,
    hint: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    kind: type[Symbol],
    name: str | None = None,
    attr: Mapping[str, str] | None = None,
) -> Symbol:
    """Apply an operator to symbols and parameters; what `mx.sym.exp(x)` does.

    Parameters
    ----------
    op : Op
    hint : str
        What an automatic name begins with.
    args, kwargs
        The call's arguments: inputs first, then parameters; keys such as `__group__` are attributes.
    kind : type
        The Symbol class.
    name : str, optional
        The new node's name.
    attr : mapping of str to str, optional
        Attributes of the new node.

    Raises
    ------
    ParamError
        If the arguments do not fit the operator.
    ArgumentError
        If the name is no string.
    SymbookError
        If an input is a symbol of several outputs.
    """
    if name is not None and not isinstance(name, str):
        raise ArgumentError(
            f"{op.name}: the name of a symbol is a string, not {name!r}",
            hint="Write it in quotes: name='y'.",
        )
    if not (kwargs or attr or op.initial) and op.fixed and len(args) == len(op.inputs):
        inputs = _plain_inputs(args, kind)
        if inputs is not None:
            if len(inputs) > 1:
                _require_agreement(inputs)
            known = args[0]._order if args else NO_ORDER
            return _symbol(op, hint, inputs, op.read(kwargs), kind, known, name)
    own = _own_attributes(op, kwargs, attr) if kwargs or attr else None
    if op.specialise is not None:
        op = op.specialise(kwargs)
    call = sort_call(op, args, kwargs, kind)
    own_name = scopes.names[-1].get(name, hint)
    attrs = _attributes(call.texts, own)
    where = here(1)
    entries = tuple(
        [
            make_entry((_variable(f"{own_name}_{role}", role, op, attrs, where), 0))
            if value is None
            else _input(value, role, op)
            for role, value in zip(call.names, call.inputs, strict=True)
        ]
    )
    if len(entries) > 1:
        _require_agreement(entries)
    first = call.inputs[0] if call.inputs else None
    # A variable may have been replaced by one that says how to initialise it.
    known = first._order if first is not None and first._outputs[0] is entries[0] else NO_ORDER
    return _shown(Node(op, entries, call.params, own_name, attrs, where), kind, known)


def _plain_inputs(args: tuple[Any, ...], kind: type[Symbol]) -> tuple[Entry, ...] | None:
    """The inputs of a call whose arguments are all symbols of one output; None for any other."""
    entries: tuple[Entry, ...] = ()
    for value in args:
        if not isinstance(value, kind) or len(value._outputs) != 1:
            return None
        entries = entries + value._outputs if entries else value._outputs
    return entries


def _symbol(
    op: Op,
    hint: str,
    entries: tuple[Entry, ...],
    reading: Reading,
    kind: type[Symbol],
    known: list[dict[Node, None]],
    name: str | None = None,
) -> Symbol:
    """The symbol of a new node, called for by a function here that one of this package called.

    `known` is the `_order` of the symbol of its first input.
    """
    params, texts = reading
    # The scope that is always there has no attributes.
    attrs = texts if len(scopes.attrs) == 1 else _attributes(texts, None)
    node = Node(op, entries, params, scopes.names[-1].get(name, hint), attrs, here(2))
    if not op.single:
        return _shown(node, kind, known)
    return kind((make_entry((node, 0)),), _grown(known, node))


def _shown(node: Node, kind: type[Symbol], known: list[dict[Node, None]]) -> Symbol:
    return kind([make_entry((node, i)) for i in range(node.shown_count)], _grown(known, node))


def _grown(known: list[dict[Node, None]], node: Node) -> list[dict[Node, None]]:
    """What `Symbol._order` is of a new node, taken over from the symbol of its first input.

    It is left empty where that is not enough: where another input has more than a variable that is new.
    """
    entries = node.inputs
    if known:
        try:
            order = known.pop()
        except IndexError:  # another thread has taken it
            return NO_ORDER
    elif entries and entries[0].node.op is None:
        order = {entries[0].node: None}
    else:
        return NO_ORDER
    if len(entries) > 1:
        for entry in entries:
            if entry.node not in order:
                if entry.node.op is not None:
                    return NO_ORDER
                order[entry.node] = None
    order[node] = None
    return [order]


def _own_attributes(
    op: Op, kwargs: dict[str, Any], attr: Mapping[str, str] | None
) -> dict[str, str] | None:
    """The attributes that a call gives: those of `attr`, and keywords that are no parameters."""
    found = dict(attr) if attr else {}
    for key in list(kwargs):
        if is_attribute(key) and key not in op.params:
            found[key] = str(kwargs.pop(key))
    return found or None


def _attributes(texts: Mapping[str, str], own: dict[str, str] | None) -> Mapping[str, str]:
    """A node's attributes: its parameters' texts, then its own and the scope's, which may be none."""
    more = in_scope(own)
    return {**texts, **more} if more else texts


def _variable(name: str, role: str, op: Op, attrs: Mapping[str, str], where: Where | None) -> Node:
    """The variable for an input that was left out; it has the operator's attributes, as in MXNet."""
    if role in op.initial:
        attrs = {"__init__": op.initial[role], **attrs}
    return Node(None, (), NOTHING, name, attrs, where)


def apply_binary(op: Op, hint: str, lhs: Symbol, rhs: Symbol, kind: type[Symbol]) -> Symbol:
    """The quick way of `apply` for `a + b`: two symbols, no parameters."""
    left, right = lhs._outputs, rhs._outputs
    if len(left) != 1 or len(right) != 1:
        _single(lhs, "lhs", op)
        _single(rhs, "rhs", op)
    entries = left + right
    if left[0].node.op is None and right[0].node.op is None:
        _require_agreement(entries)
    return _symbol(op, hint, entries, _NO_PARAMS, kind, lhs._order)


def apply_scalar(op: Op, hint: str, symbol: Symbol, number: Any, kind: type[Symbol]) -> Symbol:
    """The quick way of `apply` for `a + 1`: a symbol and the parameter `scalar`."""
    entries = symbol._outputs
    if len(entries) != 1:
        _single(symbol, op.inputs[0], op)
    return _symbol(op, hint, entries, op.read_scalar(number), kind, symbol._order)


def _require_agreement(entries: Sequence[Entry]) -> None:
    """Refuse variables of one name side by side that disagree; a graph compares those further apart."""
    variables = [entry.node for entry in entries if entry.node.op is None]
    if len(variables) > 1:
        unify_variables(variables)


def _input(value: Symbol, role: str, op: Op) -> Entry:
    """A call's input; a variable in an auxiliary state's place says how it is to be initialised."""
    outputs = value._outputs
    entry = outputs[0] if len(outputs) == 1 else _single(value, role, op)
    node = entry.node
    if not op.initial or node.op is not None or role not in op.initial or "__init__" in node.attrs:
        return entry
    attrs = {**node.attrs, "__init__": op.initial[role]}
    return Entry(Node(None, (), NOTHING, node.name, attrs, node.where))


def _single(value: Symbol, role: str, op: Op) -> Entry:
    outputs = value._outputs
    if len(outputs) != 1:
        raise SymbookError(
            f"{op.name}: Keyword Argument {role} is a tuple, single value is required; "
            f"{value!r} has {len(outputs)} outputs",
            hint="Choose one output by its position: symbol[0].",
        )
    return outputs[0]


def substitute(
    outputs: Sequence[Entry], args: tuple[Any, ...], kwargs: dict[str, Any], kind: type[Symbol]
) -> list[Entry]:
    """The outputs of a copy of the graph in which symbols stand in place of the variables named.

    Raises
    ------
    ArgumentError
        If positional and keyword arguments are mixed, or a value is no symbol.
    SymbookError
        If arguments are positional, or a name is no variable's.
    """
    name = kwargs.pop("name", None)
    if args and kwargs:
        raise ArgumentError(
            "compose only accept input Symbols either as positional or keyword arguments, not both",
            hint="Name them all: symbol(A=x, B=y).",
        )
    for value in (*args, *kwargs.values()):
        if not isinstance(value, kind):
            raise ArgumentError(
                f"Compose expect `Symbol` as arguments, got {brief(value)}",
                hint="symbol(A=x) puts a symbol in A's place. For values: symbol.eval(A=mx.nd.array([1])).",
            )
    graph = Graph(outputs)
    variables = {graph.nodes[i].name: i for i in graph.variables}
    if args:
        raise SymbookError(
            "symbols take variables' places by name (General composition only support kwargs for now.)",
            hint=_say_which(list(variables)),
        )
    for key in kwargs:
        if key not in variables:
            raise ParamError(
                f"the graph has no variable {key!r}; the variables are {listed(list(variables))} "
                f"(Symbol.ComposeKeyword argument name {key} not found)",
                hint=one_of(key, variables),
            )
    return _rebuild(graph, {key: _only_entry(value) for key, value in kwargs.items()}, name)


def _say_which(names: Sequence[str]) -> str:
    """What to write instead of `net(other)`."""
    if not names:
        return "The graph has no variable whose place a symbol can take."
    shown = [f"{name}=…" for name in names[:4]] + ["…"] * (len(names) > 4)
    return f"Say which variable each symbol takes the place of: symbol({', '.join(shown)})."


def _only_entry(value: Symbol) -> Entry:
    """The one output of a symbol that takes a variable's place."""
    if len(value._outputs) != 1:
        raise SymbookError(
            f"{value!r} has {len(value._outputs)} outputs; one is required here",
            hint="Choose one output by its position: symbol[0].",
        )
    return value._outputs[0]


def _rebuild(graph: Graph, replaced: Mapping[str, Entry], name: str | None) -> list[Entry]:
    """The graph's outputs with variables replaced; nodes that do not depend on them are kept."""
    made: list[tuple[Entry, ...]] = []
    head = graph.heads[0].node if name else None
    for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
        if node.op is None:
            made.append((replaced.get(node.name, Entry(node)),))
            continue
        inputs = tuple([made[pin.node][pin.index] for pin in pins])
        if inputs != node.inputs or i == head:
            new_name = name if name and i == head else node.name
            node = Node(node.op, inputs, node.params, new_name, node.attrs, node.where)
        made.append(tuple([Entry(node, k) for k in range(node.output_count)]))
    return [made[pin.node][pin.index] for pin in graph.heads]
