"""Inference of shapes and dtypes over a graph: rules run forward and backward until nothing changes.

A rule is run again only when something it reads has changed, so that time is linear in the graph however
knowledge has to travel through it.

This stands below `symbol` rather than among the passes, because `Symbol.infer_shape` and
`Symbol.infer_type` call it; passes and plans use it from above.
"""

from __future__ import annotations

import ast
import operator
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .errors import DTypeError, Input, ShapeError, SymbookError, listed
from .graph import Graph, Node, Pin
from .ops.registry import Op
from .ops.rules import Mismatch, unify, unify_dtypes
from .specs import Spec, as_dtype, from_mxnet, is_known

# A page: what a message shows of a node's inputs.
_MOST_ROWS = 12


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

    rule: Callable[[Op], Callable[[Any, Any, Any], tuple[Any, Any]]]
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
        value = ast.literal_eval(text.replace("L", ""))
        dims = value if isinstance(value, (tuple, list)) else (value,)
        return from_mxnet([operator.index(dim) for dim in dims])
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ShapeError(
            f"the declared shape of {node.name} is no shape: {text!r}", where=node.where
        ) from None


def _declared_dtype(node: Node) -> Any:
    text = node.attrs.get("__dtype__")
    return as_dtype(text) if text and text != "-1" else None


SHAPES = Domain(lambda op: op.shape, _declared_shape, is_known, unify, ShapeError)
DTYPES = Domain(
    lambda op: op.dtype,
    _declared_dtype,
    lambda dtype: dtype is not None,
    lambda a, b: unify_dtypes((a, b)),
    DTypeError,
)

Values = list[tuple[Any, ...]]
"""For each node of a graph, what is known of each of its outputs."""


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
    values: Values = []
    for node in graph.nodes:
        if node.op is not None:
            values.append((None,) * node.output_count)
        else:
            own = given.get(node.name)
            if own is None or not domain.complete(own):
                declared = domain.declared(node)
                own = own if declared is None else declared
            values.append((own,))
    operators = [i for i, node in enumerate(graph.nodes) if node.op is not None]
    _settle(graph, domain, values, operators, beside)
    if domain is SHAPES:
        _take_zeros(graph, values)
    return values


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
    made = [i for i, pins in enumerate(graph.inputs) if not pins and graph.nodes[i].op is not None]
    made = incomplete(graph, SHAPES, values, made)
    if not made or incomplete(graph, SHAPES, values, graph.variables):
        return
    for i in made:
        shape = values[i][0]
        if shape is not None and None in shape:
            assume(graph, SHAPES, values, i, tuple(size or 0 for size in shape))


def incomplete(graph: Graph, domain: Domain, values: Values, positions: Iterable[int]) -> list[int]:
    """Those of the positions whose values are not known in full."""
    return [i for i in positions if not all(map(domain.complete, values[i]))]


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
        if not changed:
            continue
        concerned = [k for j in changed for k in (j, *graph.readers[j]) if k != i]
        # A rule may have more to say after its own additions, unless nothing is left to say.
        if not _done(graph, domain, values, i):
            concerned.append(i)
        for k in concerned:
            if k not in queued and graph.nodes[k].op is not None:
                queue.append(k)
                queued.add(k)


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
        inputs=input_rows(graph, i, shapes, dtypes),
        where=node.where,
        hint=hint,
    )


def specs_of(shapes: Values, dtypes: Values) -> list[tuple[Spec, ...]]:
    """Shapes and dtypes together, for each node and output."""
    return [
        tuple(Spec(shape, dtype) for shape, dtype in zip(row, types, strict=True))
        for row, types in zip(shapes, dtypes, strict=True)
    ]


def _pin_name(graph: Graph, pin: Pin) -> str:
    return graph.nodes[pin.node].output_names[pin.index]
