"""Constant folding: values that no argument changes are computed once, before the first run.

They come from operators without inputs, such as `_arange`, from those that read only what an input is like,
such as `ones_like`, and from whatever is computed of such values alone. The very functions compute them
that would in each run, and so the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..graph import NOTHING, Node, Pin
from ..ops import registry
from ..ops.registry import Op
from ..ops.rules import same_dtype, same_shape
from ..specs import known
from .rewrite import Notes, Standing, Typed

MOST_BYTES = 2**14
"""Bytes of the largest value that is kept. Larger ones are made anew in each run, in memory that others
use too: to fill 16 KiB takes less than a microsecond, about what a step costs that does nothing."""

MOST_IN_ALL = 2**22
"""Bytes of all values of a graph that are kept."""


def _constant(xp: Any, /, *, value: Any) -> Any:
    return value


CONSTANT = Op("constant", _constant, (), False, NOTHING, same_shape, same_dtype)
"""Not registered: it is no operator of the user's graph. A plan holds its value, and has no step for it."""


def fold(typed: Typed, notes: Notes = None) -> Typed:
    """Put constants in the place of the nodes whose values are always the same."""
    standing = Standing(typed, notes)
    values: dict[int, Any] = {}
    left = MOST_IN_ALL
    for i, (node, pins) in enumerate(zip(typed.graph.nodes, typed.graph.inputs, strict=True)):
        op = node.op
        if op is None or not (not pins or op.outline or pins[0].node in values):
            continue
        if op is CONSTANT:
            values[i] = node.params["value"]
            continue
        inputs = _inputs(typed, op, node, pins, values)
        if inputs is None or len(typed.specs[i]) > 1 or not _always_the_same(op):
            continue
        nbytes = typed.specs[i][0].nbytes
        if nbytes > min(MOST_BYTES, left):
            continue
        left -= nbytes
        values[i] = _computed(typed, i, node, op, inputs)
        fresh = Node(CONSTANT, (), {"value": values[i]}, node.name, NOTHING, node.where)
        standing.replace(i, fresh, (), "computed", "it is the same in every run")
    return standing.typed()


def _always_the_same(op: Op) -> bool:
    """Whether the same inputs give the same values, and calling it does nothing else."""
    if op.random or op.mutates or op.takes_mode or op.state is not None:
        return False
    return not registry.is_users(op.name) and registry.find(op.name) is op


def _inputs(
    typed: Typed, op: Op, node: Node, pins: Sequence[Pin], values: Mapping[int, Any]
) -> list[Any] | None:
    """The values that a node reads, stand-ins where it reads only what they are like; or None."""
    names = op.input_names(node.params, len(pins)) if op.outline else ("",) * len(pins)
    found = []
    for k, (pin, name) in enumerate(zip(pins, names, strict=True)):
        if pin.node in values:
            found.append(values[pin.node])
        elif op.outline and op.reads_outline(k, name):
            spec = typed.spec(pin)
            nothing = typed.xp.zeros((), spec.dtype)
            found.append(typed.xp.broadcast_to(nothing, known(spec.shape)))
        else:
            return None
    return found


def _computed(typed: Typed, i: int, node: Node, op: Op, inputs: Sequence[Any]) -> Any:
    """The value, lying in memory as it would in a run, and protected from changes."""
    spec, xp = typed.specs[i][0], typed.xp
    params = node.params
    if not inputs and 0 in (params.get("shape") or ()):
        params = {**params, "shape": known(spec.shape)}  # sizes that inference found
    out = xp.empty(known(spec.shape), spec.dtype) if op.takes_out else None
    with np.errstate(all="ignore"):
        (value,) = op.call(xp, inputs, params, out)
    if xp is np:
        value = value.view()
        value.flags.writeable = False
    return value
