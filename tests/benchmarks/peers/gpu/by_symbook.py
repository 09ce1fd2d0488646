"""symbook on `mx.gpu(0)`, with CuPy's products of float32."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

import symbook as mx

from ...program import Arrays, Builder, Program, Size
from ...simulated import starting
from ..by_symbol import bound_layers, programs
from ..by_symbook import planned
from . import device

START = "import symbook as mx; mx.nd.zeros((1,), ctx=mx.gpu(0)).wait_to_read()"


def about() -> dict[str, Any]:
    """What runs here, and the device."""
    found = device.about()
    return {
        "version": mx.__version__,
        "CuPy": found["version"],
        "TF32": found["TF32"],
        "device": device.describe(),
    }


def _planned(size: Size, backward: bool) -> float:
    return float(planned(bound_layers(mx, mx.gpu(0), size, backward)))


def _peak(size: Size, backward: bool) -> float:
    """Bytes that CuPy's pool takes at most, without arguments and their gradients."""
    pool = cupy.get_default_memory_pool()
    pool.free_all_blocks()
    before = pool.total_bytes()
    executor = bound_layers(mx, mx.gpu(0), size, backward)
    bound = [*executor.arg_arrays, *(executor.grad_arrays or ())]
    executor.forward(is_train=backward)
    if backward:
        executor.backward([mx.nd.ones(executor.outputs[0].shape, ctx=mx.gpu(0))])
    device.wait()
    own = sum(array.size * np.dtype(array.dtype).itemsize for array in bound if array is not None)
    return float(pool.total_bytes() - before - own)


def _memory(figure: Any, backward: bool) -> Builder:
    def build(size: Size, inputs: Arrays) -> Program:
        return Program(lambda: None, amount=lambda: figure(size, backward))

    return build


PROGRAMS: dict[str, Builder] = {
    **programs(mx, mx.gpu(0), waits=False, wait=device.wait),
    "memory-forward": _memory(_planned, False),
    "memory-backward": _memory(_planned, True),
    "peak-forward": _memory(_peak, False),
    "peak-backward": _memory(_peak, True),
    "import": starting(START),
}
