"""Whether there is memory for a graph, asked when it is bound and before anything is allocated.

Counted is what its values take in a run, which is known to the byte but for what operators need for a
moment, and the arrays bound. Refused is what can never fit, however little else the machine does: a
machine that swaps, or that is shared, may be too small for less.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from . import limits
from .context import HOST_CONTEXT, Context
from .errors import MemoryShortage, shape_text
from .ndarray import NDArray
from .ndarray.storage import owner, same_memory
from .plan import Program
from .specs import Spec
from .to_make import Outline


def require_memory(program: Program, ctx: Context, arrays: Iterable[NDArray]) -> None:
    """Raise MemoryShortage if a device cannot ever hold a graph's values and the arrays bound together.

    Parameters
    ----------
    program : Program
    ctx : Context
        What the graph is bound to.
    arrays : iterable of NDArray
        All that are bound, those of gradients included; some may be Outlines still.
    """
    bound = list({id(array): array for array in arrays}.values())
    values = program.nbytes_on(ctx)
    places = {_memory_of(place): None for place in (ctx, *values, *(a._ctx for a in bound))}
    for place in places:
        needed = sum(n for where, n in values.items() if same_memory(where, place))
        here = [array for array in bound if same_memory(array._ctx, place)]
        _require(program, place, needed, here)


def _memory_of(ctx: Context) -> Context:
    return ctx if ctx.is_gpu else HOST_CONTEXT


def _require(program: Program, place: Context, values: int, bound: list[NDArray]) -> None:
    new = sum(array._data.nbytes for array in bound if type(array._data) is Outline)
    held = new + _held(array._data for array in bound if type(array._data) is not Outline)
    limit = limits.Limit(place.memory or 0) if place.is_gpu else limits.memory()
    if limit is not None and values + held > limit.nbytes:
        reason = f", {limit.reason}" if limit.reason else ""
        _refuse(
            program, bound,
            f"the values of this graph need {values:,} bytes, its arrays {held:,}, and {place} has "
            f"{limit.nbytes:,} bytes of memory{reason}",
        )  # fmt: skip
    left = None if place.is_gpu else limits.address_space()
    if left is not None and values + new > left.nbytes:
        _refuse(
            program, bound,
            f"the values of this graph need {values:,} bytes, its new arrays {new:,}, and {left.nbytes:,} "
            f"are left {left.reason}",
        )  # fmt: skip


def _held(raws: Iterable[Any]) -> int:
    """Bytes of the memory of arrays, each once; files that are mapped to memory take none."""
    owners = {}
    for raw in raws:
        base = owner(raw)
        if not isinstance(base, np.ndarray):
            owners[base.data.mem.ptr] = base.data.mem.size
        elif base.flags.owndata:
            owners[id(base)] = base.nbytes
    return sum(owners.values())


def _refuse(program: Program, bound: list[NDArray], text: str) -> None:
    steps = [(step.origin, step.op.name, program.predict.specs[step.outs[0]])
             for plan in program.plans for step in plan.steps]  # fmt: skip
    rows = [(node.where, f"{node.name} = {name}", spec) for node, name, spec in steps]
    outlines = [array._data for array in bound if type(array._data) is Outline]
    if outlines:
        largest = max(outlines, key=lambda raw: raw.nbytes)
        rows.append((None, "an array to be bound", Spec(largest.shape, largest.dtype)))
    where, what, spec = max(rows, key=lambda row: row[2].nbytes)
    raise MemoryShortage(
        text,
        node=f"{what} is the largest: {shape_text(spec.shape)} {spec.dtype}, {spec.nbytes:,} bytes",
        where=where,
        hint="Check the shapes of the arrays bound, or bind smaller ones.",
    )
