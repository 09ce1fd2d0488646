"""symbook."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable
from typing import Any

# As other compilers, before anything is timed.
os.environ.setdefault("SYMBOOK_JIT", "now")

import symbook as mx
from symbook.runners import thread_count

from ..program import Arrays, Builder, Program, Size, importing
from .by_numpy import blas
from .by_symbol import bound_layers, programs


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": mx.__version__, "threads": thread_count(), "blas": blas()}


def planned(executor: Any) -> int:
    """Bytes of all that an executor makes: shared buffers, outputs, and what has its own memory.

    Gradients are written to arrays that were bound, as in MXNet, where the steps can write to an array.
    """
    plan, backward = executor.plan, executor.backward_plan
    steps = plan.steps + (backward.steps if backward else ())
    own = {slot for step in steps if not step.op.view for slot in step.outs}
    own -= {*plan.placement.buffer_of, *plan.placement.lent}
    if backward:
        written = {slot for step in backward.steps if step.op.takes_out for slot in step.outs}
        own -= written & backward.sinks
    return plan.placement.nbytes + sum(plan.specs[slot].nbytes for slot in own)


def peak(executor: Any) -> int:
    """Bytes that a run takes at most beside what was there before it, from tracemalloc."""
    heads = [mx.nd.ones(executor.outputs[0].shape)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    executor.forward(is_train=executor.backward_plan is not None)
    executor.backward(heads)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most - before + executor.outputs[0].size * 4


def _memory(figure: Callable[[Any], int], backward: bool) -> Builder:
    def build(size: Size, inputs: Arrays) -> Program:
        return Program(
            lambda: None, amount=lambda: figure(bound_layers(mx, mx.cpu(), size, backward))
        )

    return build


PROGRAMS: dict[str, Builder] = {
    **programs(mx, mx.cpu(), waits=False),
    "memory-forward": _memory(planned, False),
    "memory-backward": _memory(planned, True),
    "peak-forward": _memory(peak, False),
    "peak-backward": _memory(peak, True),
    "import": importing("symbook"),
}
