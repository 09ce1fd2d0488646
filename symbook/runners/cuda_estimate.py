"""How long a step takes on a GPU, and how much of the GPU it needs, roughly, from its shapes."""

from __future__ import annotations

import math
from typing import NamedTuple

from ..plan import Plan, Step
from ..specs import known
from ..tuning import GPU_BYTES, GPU_FLOPS, GPU_KERNEL, GPU_THREADS, GPU_TILE
from .estimate import flops_of

_MULTIPROCESSORS = GPU_THREADS // 2048


class GpuEstimate(NamedTuple):
    """What a step takes on a GPU.

    Attributes
    ----------
    seconds : float
        With the GPU to itself.
    share : float
        The part of the GPU that is busy with it, from 0 to 1: what is left, others may use at once.
    """

    seconds: float
    share: float


def gpu_estimate(plan: Plan, step: Step) -> GpuEstimate:
    """How long a step of a plan takes on a GPU."""
    if step.op.view:
        return GpuEstimate(0.0, 0.0)
    specs = [plan.specs[slot] for slot in (*step.ins, step.outs[0])]
    shapes = [known(spec.shape) for spec in specs]
    flops = flops_of(step.op.name, shapes)
    made = math.prod(shapes[-1])
    if flops:
        wide = max(spec.dtype.itemsize for spec in specs if spec.dtype is not None) > 4
        share = min(1.0, max(made / GPU_TILE, 1) / _MULTIPROCESSORS)
        return GpuEstimate(GPU_KERNEL + flops * (1 + wide) / (GPU_FLOPS * share), share)
    nbytes = sum(plan.specs[slot].nbytes for slot in (*step.ins, *step.outs))
    share = min(1.0, max(map(math.prod, shapes)) / GPU_THREADS)
    # Few threads cannot keep the memory busy.
    return GpuEstimate(GPU_KERNEL + nbytes / (GPU_BYTES * max(share, 1 / GPU_THREADS)), share)
