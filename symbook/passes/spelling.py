"""Steps of gradients spelt out in operators that a GPU's kernels compute, to the same bits.

What flows back from a mean, and from a change of dtype, asks for a shape or a dtype only; functions that look
it up are calls of CuPy's, several for each. When shapes and dtypes are known there is nothing to look up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..graph import Node, Pin
from ..ops import registry
from ..specs import as_dtype, count, known
from .draft import Draft
from .rewrite import Note, Notes, Typed

_CASTS = ("_backward_Cast", "amp_cast")

# Up to here all whole numbers are floats, and a quotient by them is rounded once, whichever way it is taken.
_EXACT = {np.dtype("float16"): 2**11, np.dtype("float32"): 2**24, np.dtype("float64"): 2**53}


def spell_out(typed: Typed, notes: Notes = None) -> Typed:
    """The graph with such steps in other operators."""
    if typed.xp is np:
        return typed
    graph = typed.graph
    found = {i: number for i in range(len(graph)) if (number := _number(typed, i)) is not None}
    if not found:
        return typed
    draft = Draft(typed)
    for i, node in enumerate(graph.nodes):
        number = found.get(i)
        if number is None:
            draft.keep(i)
            continue
        data, row = draft.now(graph.inputs[i][0]), typed.specs[i]
        if number:
            spread = _node("_backward_sum", node.params, node, f"{node.name}_spread")
            like = draft.now(graph.inputs[i][1])
            data = draft.put(spread, (data, like), row)
            made = _node("_div_scalar", {"scalar": number, "is_int": True}, node, node.name)
        else:
            made = _node("Cast", {"dtype": row[0].dtype}, node, node.name)
        draft.stand(Pin(i, 0), draft.put(made, (data,), row))
        if notes is not None and node.op is not None and made.op is not None:
            why = "shapes and dtypes are known"
            notes.append(Note(node.name, node.op.name, "changed", made.op.name, why))
    return draft.typed()


def _number(typed: Typed, i: int) -> int | None:
    """What the gradient of a mean is divided by; 0 for a change of dtype; None for other nodes."""
    op = typed.graph.nodes[i].op
    if op is None:
        return None
    if op.name in _CASTS:
        return 0
    if op.name != "_backward_mean":
        return None
    given, made = typed.spec(typed.graph.inputs[i][0]), typed.specs[i][0]
    results = count(known(given.shape))
    number = count(known(made.shape)) // max(results, 1)
    return number if 1 <= number <= _EXACT.get(as_dtype(made.dtype), 0) else None


def _node(op: str, params: Mapping[str, Any], like: Node, name: str) -> Node:
    """A node of an operator, made where another one was."""
    return Node(registry.get(op), (), params, name, like.attrs, like.where)
