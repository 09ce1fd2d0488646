"""Inference of shapes and dtypes over a graph: rules run forward and backward until nothing changes.

A rule is run again only when something it reads has changed, so that time is linear in the graph however
knowledge has to travel through it.

This stands below `symbol` rather than among the passes, because `Symbol.infer_shape` and
`Symbol.infer_type` call it; passes and plans use it from above.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .errors import DTypeError, Input, ShapeError, SymbookError, listed
from .graph import Graph, Node, Pin
from .ops import literals
from .ops.registry import Op
from .ops.rules import KEEPING, Mismatch, nothing, unify, unify_dtypes
from .quoting import brief, given
from .specs import Spec, as_dtype, from_mxnet, is_known

# A page: what a message shows of a node's inputs.
_MOST_ROWS = 12


Rule = Callable[[Any, Any, Any], tuple[Any, Any]]


class Domain(NamedTuple):
    """What is inferred.

    Attributes
    ----------
    rule : callable
        An operator's rule.
    declared : callable
        What a variable's attributes declare, or None.
    complete : callable
        Whether nothing of a value is unknown.
    merge : callable
        What two partial views of one value say together; raises Mismatch.
    error : type
        What a mismatch is raised as.
    """

    rule: Callable[[Op], Rule]
    declared: Callable[[Node], Any]
    complete: Callable[[Any], bool]
    merge: Callable[[Any, Any], Any]
    error: type[SymbookError]


def _declared_shape(node: Node) -> Any:
    """The shape in a variable's `__shape__`: `(2, 0)`, `[2, 3]` or `2`; 0 is not known."""
    text = node.attrs.get("__shape__")
    if not text:
        return None
    try:
        value = literals.read(text)
        dims = value if isinstance(value, tuple) else (value,)
        return from_mxnet([operator.index(dim) for dim in dims])  # type: ignore[arg-type]
    except (ValueError, TypeError):
        raise ShapeError(
            f"the declared shape of {brief(node.name)} is no shape: {given(text)}",
            where=node.where,
            hint='Write it as "(2, 3)".',
        ) from None


def _declared_dtype(node: Node) -> Any:
    text = node.attrs.get("__dtype__")
    return as_dtype(text) if text and text != "-1" else None


SHAPES = Domain(operator.attrgetter("shape"), _declared_shape, is_known, unify, ShapeError)
DTYPES = Domain(
    operator.attrgetter("dtype"),
    _declared_dtype,
    lambda dtype: dtype is not None,
    lambda a, b: unify_dtypes((a, b)),
    DTypeError,
)

Values = list[tuple[Any, ...]]
"""For each node of a graph, what is known of each of its outputs. Nodes share rows that are equal."""

_UNKNOWN = (None,)


def infer(
    graph: Graph, domain: Domain, given: Mapping[str, Any], beside: Values | None = None
) -> Values:
    """All that can be known of every value of a graph.

    Parameters
    ----------
    graph : Graph
    domain : Domain
        `SHAPES` or `DTYPES`.
    given : mapping of variable name to shape or dtype
        A value given here in full wins over the variable's own declaration, which wins over one that is
        known in part; None is the same as not given.
    beside : Values, optional
        The other domain's result, for error messages.

    Returns
    -------
    Values
        Possibly with unknowns: ask :func:`incomplete`.

    Raises
    ------
    ShapeError, DTypeError
        If two things known cannot both be true; the message names the node.
    """
    values = unknown(graph)
    rows: dict[Any, tuple[Any, ...]] = {}
    for i in graph.variables:
        node = graph.nodes[i]
        own = given.get(node.name)
        if own is None or not domain.complete(own):
            declared = domain.declared(node)
            own = own if declared is None else declared
        values[i] = rows.setdefault(own, (own,))
    if len(rows) == 1 and all(map(domain.complete, rows)) and _all_keep(graph, domain, *rows):
        return [*rows.values()] * len(graph)
    again = _sweep(graph, domain, values, beside)
    _settle(graph, domain, values, again, beside)
    if domain is SHAPES:
        _take_zeros(graph, values)
    return values


def unknown(graph: Graph) -> Values:
    """Values of which nothing is known."""
    values: Values = [_UNKNOWN] * len(graph)
    if not all(map(_is_single, graph.operators)):
        for i, node in enumerate(graph.nodes):
            if node.op is not None and not _is_single(node.op):
                values[i] = _UNKNOWN * node.output_count
    return values


def _is_single(op: Op) -> bool:
    """Whether the operator is known to have one output, whatever its parameters."""
    return op.outputs.__class__ is tuple and len(op.outputs) == 1


def _all_keep(graph: Graph, domain: Domain, value: Any) -> bool:
    """Whether everything in a graph has this value if its variables have."""
    if len(_keepers(graph, domain, value)) < len(graph.operators):
        return False
    may_lack = {op for op in graph.operators if not op.inputs or op.chooses_inputs is not None}
    return not may_lack or all(node.inputs for node in graph.nodes if node.op in may_lack)


def _keepers(graph: Graph, domain: Domain, value: Any) -> set[Op]:
    """The operators of one output that have this value there if all their inputs, one or more, have it."""
    single = filter(_is_single, graph.operators)
    return {op for op in single if KEEPING.get(domain.rule(op), nothing)(value)}


def _sweep(graph: Graph, domain: Domain, values: Values, beside: Values | None) -> list[int]:
    """Run every operator's rule once, in order; the positions of those that must run again, in order.

    Most operators give on what they are given: their rules are not asked.
    """
    again: dict[int, None] = {}
    positions = graph.positions
    whole: Any = None  # a row of one value that is known in full
    keepers: set[Op] = set()  # of that value
    keepers_of: dict[Any, set[Op]] = {}
    for i, node in enumerate(graph.nodes):
        op, inputs = node.op, node.inputs
        if op is None:
            continue
        row = values[positions[inputs[0].node]] if inputs else _UNKNOWN
        if row is not whole and len(row) == 1 and domain.complete(row[0]):
            whole = row
            if row[0] not in keepers_of:
                keepers_of[row[0]] = _keepers(graph, domain, row[0])
            keepers = keepers_of[row[0]]
        if row is whole and op in keepers:
            for entry in inputs:
                other = values[positions[entry.node]]
                if other is not row and (len(other) > 1 or _differ(other[0], row[0])):
                    break
            else:
                values[i] = row
                continue
        changed = _visit(graph, domain, values, i, beside)
        if changed != [i] or not _done(graph, domain, values, i):
            concerned = _concerned(graph, domain, values, i, changed)
            again |= dict.fromkeys([k for k in concerned if k <= i])
    return list(again)


def assume(graph: Graph, domain: Domain, values: Values, source: int, value: Any) -> None:
    """Take a node without inputs that is not known to have this value, and add all that follows.

    Raises
    ------
    ShapeError, DTypeError
        If that cannot be true.
    """
    values[source] = (value,)
    _settle(graph, domain, values, graph.readers[source], None)


def _take_zeros(graph: Graph, values: Values) -> None:
    """Let unknown sizes of arrays made from nothing be 0, as written, where all variables are known."""
    nodes = graph.nodes
    made = [i for i, node in enumerate(nodes) if not node.inputs and node.op is not None]
    made = incomplete(graph, SHAPES, values, made)
    if not made or incomplete(graph, SHAPES, values, graph.variables):
        return
    for i in made:
        shape = values[i][0]
        if shape is not None and None in shape:
            assume(graph, SHAPES, values, i, tuple(size or 0 for size in shape))


def incomplete(graph: Graph, domain: Domain, values: Values, positions: Iterable[int]) -> list[int]:
    """Those of the positions whose values are not known in full."""
    found: list[int] = []
    whole: Any = None
    for i in positions:
        row = values[i]
        if row is whole:
            continue
        if all(map(domain.complete, row)):
            whole = row
        else:
            found.append(i)
    return found


def _settle(
    graph: Graph, domain: Domain, values: Values, start: Iterable[int], beside: Values | None
) -> None:
    """Run these operators' rules, and those of all that what they add concerns, until nothing is added."""
    queue = deque(start)
    queued = set(queue)
    while queue:
        i = queue.popleft()
        queued.remove(i)
        changed = _visit(graph, domain, values, i, beside)
        for k in _concerned(graph, domain, values, i, changed):
            if k not in queued:
                queue.append(k)
                queued.add(k)


def _concerned(
    graph: Graph, domain: Domain, values: Values, i: int, changed: Sequence[int]
) -> list[int]:
    """The operators that may have more to say after the rule of one, at `i`, has added to these nodes."""
    if not changed:
        return []
    found = [k for j in changed for k in (j, *graph.readers[j]) if k != i]
    # A rule may have more to say after its own additions, unless nothing is left to say.
    if not _done(graph, domain, values, i):
        found.append(i)
    return [k for k in found if graph.nodes[k].op is not None]


def _visit(
    graph: Graph, domain: Domain, values: Values, i: int, beside: Values | None
) -> list[int]:
    """Run one node's rule; the positions of the nodes that it added something to."""
    node, pins = graph.nodes[i], graph.inputs[i]
    assert node.op is not None  # only operators are ever queued
    ins = tuple([values[pin.node][pin.index] for pin in pins])
    outs = values[i]
    changed: list[int] = []
    try:
        new_ins, new_outs = domain.rule(node.op)(ins, outs, node.params)
        if any(map(_differ, new_outs, outs)):
            values[i] = tuple(map(domain.merge, outs, new_outs))
            changed.append(i)
        if new_ins is ins:
            return changed
        for pin, old, new in zip(pins, ins, new_ins, strict=True):
            if _differ(old, new):
                # Merged, because one value may be read twice and the rule say something else each time.
                row = values[pin.node]
                merged = domain.merge(row[pin.index], new)
                values[pin.node] = (*row[: pin.index], merged, *row[pin.index + 1 :])
                changed.append(pin.node)
    except Mismatch as problem:
        raise located(graph, i, str(problem), problem.hint, domain, values, beside) from None
    return changed


def _differ(a: Any, b: Any) -> bool:
    # Not `a != b` alone: NumPy reads None as float64, so dtype("float64") == None is True.
    return a is not b and (a is None or b is None or a != b)


def _done(graph: Graph, domain: Domain, values: Values, i: int) -> bool:
    complete = domain.complete
    return all(map(complete, values[i])) and all(
        complete(values[pin.node][pin.index]) for pin in graph.inputs[i]
    )


def node_text(graph: Graph, i: int) -> str:
    """`_plus0 = elemwise_add(A, B)`."""
    node = graph.nodes[i]
    if node.op is None:
        return f"{node.name} (variable)"
    names = [_pin_name(graph, pin) for pin in graph.inputs[i]]
    return f"{node.name} = {node.op.name}({listed(names) if names else ''})"


def input_rows(graph: Graph, i: int, shapes: Values | None, dtypes: Values | None) -> list[Input]:
    """Each input of a node with what is known of it, for an error message.

    Of a node of very many inputs, the first of each shape and dtype: that is where they disagree.
    """
    node = graph.nodes[i]
    if node.op is None:
        return []
    roles = node.op.input_names(node.params, len(graph.inputs[i]))
    rows = [
        Input(
            role,
            _pin_name(graph, pin),
            shapes[pin.node][pin.index] if shapes else None,
            dtypes[pin.node][pin.index] if dtypes else None,
        )
        for role, pin in zip(roles, graph.inputs[i], strict=True)
    ]
    if len(rows) <= _MOST_ROWS:
        return rows
    first: dict[Any, Input] = {}
    for row in rows:
        first.setdefault((row.shape, row.dtype), row)
    return list(first.values())[:_MOST_ROWS]


def located(
    graph: Graph,
    i: int,
    message: str,
    hint: str | None,
    domain: Domain,
    values: Values,
    beside: Values | None,
) -> SymbookError:
    """The error for a mismatch at a node."""
    shapes, dtypes = (values, beside) if domain is SHAPES else (beside, values)
    node = graph.nodes[i]
    return domain.error(
        f"Error in operator {node.name}: {message}",
        node=node_text(graph, i),
        at=i,
        inputs=input_rows(graph, i, shapes, dtypes),
        where=node.where,
        hint=hint,
    )


def specs_of(shapes: Values, dtypes: Values) -> list[tuple[Spec, ...]]:
    """Shapes and dtypes together, for each node and output."""
    rows: dict[tuple[int, int], tuple[Spec, ...]] = {}
    found: list[tuple[Spec, ...]] = []
    for row, types in zip(shapes, dtypes, strict=True):
        key = (id(row), id(types))
        if key not in rows:
            rows[key] = tuple([Spec(*pair) for pair in zip(row, types, strict=True)])
        found.append(rows[key])
    return found


def _pin_name(graph: Graph, pin: Pin) -> str:
    return graph.nodes[pin.node].output_names[pin.index]


class Learnt(NamedTuple):
    """Something that inference added.

    Attributes
    ----------
    pin : Pin
        Of which value.
    value : shape or dtype
        What is known of it now.
    by : int
        The node whose rule said so; of a declaration, the variable itself.
    """

    pin: Pin
    value: Any
    by: int


def explained(
    graph: Graph, domain: Domain, given: Mapping[str, Any]
) -> tuple[list[Learnt], SymbookError | None]:
    """What :func:`infer` finds out, in an order in which it can be found out, and the error it ends with.

    Every rule is asked in turn and what it adds is noted, which takes several times as long.
    """
    values = unknown(graph)
    found: list[Learnt] = []
    for i in graph.variables:
        node = graph.nodes[i]
        try:
            own = given.get(node.name)
            if own is None or not domain.complete(own):
                declared = domain.declared(node)
                own = own if declared is None else declared
        except SymbookError as error:
            return found, error
        if own is not None:
            values[i] = (own,)
            found.append(Learnt(Pin(i, 0), own, i))
    queue = deque(i for i, node in enumerate(graph.nodes) if node.op is not None)
    queued = set(queue)
    try:
        while queue:
            i = queue.popleft()
            queued.remove(i)
            before = {k: values[k] for k in (i, *(pin.node for pin in graph.inputs[i]))}
            changed = _visit(graph, domain, values, i, None)
            for k in dict.fromkeys(changed):
                pairs = zip(before[k], values[k], strict=True)
                found += [
                    Learnt(Pin(k, n), new, i)
                    for n, (old, new) in enumerate(pairs)
                    if _differ(old, new)
                ]
            for k in _concerned(graph, domain, values, i, changed):
                if k not in queued:
                    queue.append(k)
                    queued.add(k)
    except SymbookError as error:
        return found, error
    return found, None
