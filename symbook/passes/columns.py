"""Weights by columns: a matrix that many small products read transposed is written out transposed once.

BLAS brings a matrix into an order of its own for each product, and a transposed one takes it longer. The
products' sums are the same ones.
"""

from __future__ import annotations

from typing import Any

from ..graph import NOTHING, Node, Pin
from ..ops.registry import Op
from ..ops.rules import same_dtype, same_shape
from ..specs import as_dtype, known
from .draft import Draft
from .rewrite import Note, Notes, Typed

# Measured on two cores, with weights of 256x64 to 2048x512: a product of 2 to 64 rows took 1.2 to 2.4 times
# as long with the transposed matrix, and to write it out took as long as two to five of them gained.
FEWEST = 8
_ROWS = range(2, 65)

# Rows copied at a time. Of 8 to 64, this was the best for matrices of 1 MiB to 16 MiB, 3 to 5 times as fast
# as all at once.
_BLOCK = 32

_FLOAT = (as_dtype("float32"), as_dtype("float64"))


def _by_columns(xp: Any, data: Any, /, *, out: Any = None) -> Any:
    rows, columns = data.shape
    turned = xp.empty((columns, rows), data.dtype) if out is None else out.reshape(columns, rows)
    for k in range(0, rows, _BLOCK):
        turned[:, k : k + _BLOCK] = data[k : k + _BLOCK].T
    return turned.T


BY_COLUMNS = Op(
    "by columns", _by_columns, ("data",), False, NOTHING, same_shape, same_dtype, takes_out=True
)
"""Not registered: its result is the same array, but for its order in memory."""


def turn_weights(typed: Typed, notes: Notes = None) -> Typed:
    """Let full connections that share their weights read them in the order that is fastest."""
    graph = typed.graph
    readers: dict[Pin, list[int]] = {}
    for i, (node, pins) in enumerate(zip(graph.nodes, graph.inputs, strict=True)):
        if node.op is not None and node.op.name == "FullyConnected" and _is_small(typed, i):
            readers.setdefault(pins[1], []).append(i)
    many = {pin: found for pin, found in readers.items() if len(found) >= FEWEST}
    if not many or graph.changed:
        return typed
    first = {found[0]: pin for pin, found in many.items()}
    draft = Draft(typed)
    turned: dict[Pin, Pin] = {}
    for i in range(len(graph)):
        if i in first:
            weight = first[i]
            like = graph.nodes[weight.node]
            fresh = Node(BY_COLUMNS, (), NOTHING, f"{like.name}_by_columns", NOTHING, like.where)
            turned[weight] = draft.put(fresh, (draft.now(weight),), (typed.spec(weight),))
            if notes is not None:
                why = f"{len(many[weight])} small products read it transposed"
                notes.append(Note(like.name, "", "copied", fresh.name, why))
        pins = graph.inputs[i]
        draft.keep(i, turned if len(pins) > 1 and i in many.get(pins[1], ()) else {})
    return draft.typed()


def _is_small(typed: Typed, i: int) -> bool:
    """Whether a full connection is of a few rows of floats that BLAS multiplies."""
    spec = typed.specs[i][0]
    shape = known(spec.shape)
    return len(shape) == 2 and shape[0] in _ROWS and spec.dtype in _FLOAT
