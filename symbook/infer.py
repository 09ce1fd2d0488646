"""Inference of shapes and dtypes over a graph: rules run forward and backward until nothing changes.

This stands below `symbol` rather than among the passes, because `Symbol.infer_shape` and
`Symbol.infer_type` call it; passes and plans use it from above.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from .errors import DTypeError, Input, ShapeError, SymbookError
from .graph import Graph, Node, Pin
from .ops.registry import Op
from .ops.rules import Mismatch
from .specs import Spec, as_dtype, from_mxnet, is_known


class Domain(NamedTuple):
    """What is inferred: how an operator's rule, a variable's declaration and completeness are found."""

    rule: Callable[[Op], Callable[[Any, Any, Any], tuple[Any, Any]]]
    declared: Callable[[Node], Any]
    complete: Callable[[Any], bool]
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


SHAPES = Domain(lambda op: op.shape, _declared_shape, is_known, ShapeError)
DTYPES = Domain(lambda op: op.dtype, _declared_dtype, lambda dtype: dtype is not None, DTypeError)

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
        A value given here wins over the variable's own declaration; None is the same as not given.
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
            values.append((domain.declared(node) if own is None else own,))
    pending = [i for i, node in enumerate(graph.nodes) if node.op is not None]
    changed = True
    while changed and pending:
        changed = False
        left = []
        for i in pending:
            changed |= _visit(graph, domain, values, i, beside)
            if not _done(graph, domain, values, i):
                left.append(i)
        # The next sweep goes the other way, so that what flowed down one way flows back up in one go.
        pending = left[::-1]
    return values


def incomplete(graph: Graph, domain: Domain, values: Values, positions: Iterable[int]) -> list[int]:
    """Those of the positions whose values are not known in full."""
    return [i for i in positions if not all(map(domain.complete, values[i]))]


def _visit(graph: Graph, domain: Domain, values: Values, i: int, beside: Values | None) -> bool:
    """Run one node's rule; whether it added anything."""
    node, pins = graph.nodes[i], graph.inputs[i]
    assert node.op is not None  # only operators are ever pending
    ins = tuple([values[pin.node][pin.index] for pin in pins])
    outs = values[i]
    try:
        new_ins, new_outs = domain.rule(node.op)(ins, outs, node.params)
    except Mismatch as problem:
        raise located(graph, i, str(problem), problem.hint, domain, values, beside) from None
    changed = any(map(_differ, new_outs, outs))
    values[i] = new_outs
    for pin, new in zip(pins, new_ins, strict=True):
        row = values[pin.node]
        if _differ(row[pin.index], new):
            values[pin.node] = (*row[: pin.index], new, *row[pin.index + 1 :])
            changed = True
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
    inputs = ", ".join(_pin_name(graph, pin) for pin in graph.inputs[i])
    return f"{node.name} = {node.op.name}({inputs})"


def input_rows(graph: Graph, i: int, shapes: Values | None, dtypes: Values | None) -> list[Input]:
    """Each input of a node with what is known of it, for an error message."""
    node = graph.nodes[i]
    if node.op is None:
        return []
    roles = node.op.input_names(node.params, len(graph.inputs[i]))
    return [
        Input(
            role,
            _pin_name(graph, pin),
            shapes[pin.node][pin.index] if shapes else None,
            dtypes[pin.node][pin.index] if dtypes else None,
        )
        for role, pin in zip(roles, graph.inputs[i], strict=True)
    ]


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
