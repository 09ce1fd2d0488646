"""symbook."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import symbook as mx
from symbook.runners import thread_count

from ..program import Arrays, Builder, Program, Size, importing
from .by_numpy import blas
from .by_symbol import bound_layers, programs


def about() -> dict[str, Any]:
    """What runs here."""
    return {"version": mx.__version__, "threads": thread_count(), "blas": blas()}


def planned(executor: Any) -> int:
    """Bytes of all values that an executor makes: shared buffers, outputs, and what has its own memory."""
    plans = [executor.plan] + [executor.backward_plan] * (executor.backward_plan is not None)
    slots = {
        slot for plan in plans for step in plan.steps if not step.op.view for slot in step.outs
    }
    own = slots - set(executor.plan.placement.buffer_of)
    return executor.plan.placement.nbytes + sum(executor.plan.specs[slot].nbytes for slot in own)


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
        return Program(lambda: None, amount=lambda: figure(bound_layers(mx, size, backward)))

    return build


PROGRAMS: dict[str, Builder] = {
    **programs(mx, wait=False),
    "memory-forward": _memory(planned, False),
    "memory-backward": _memory(planned, True),
    "peak-forward": _memory(peak, False),
    "peak-backward": _memory(peak, True),
    "import": importing("symbook"),
}
