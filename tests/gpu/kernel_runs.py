"""Kernels run on the CPU, on arrays of NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import nvrtc
import on_cpu
import pytest

from symbook.cuda import Kernel

needs_nvrtc = pytest.mark.skipif(nvrtc.loaded() is None, reason=nvrtc.REASON)
needs_compiler = pytest.mark.skipif(not on_cpu.compiler.command(), reason=on_cpu.compiler.REASON)


def run(
    kernel: Kernel, dtypes: Any, args: tuple, blocks: int = 3, threads: int = 64, wide: bool = False
) -> None:
    """The kernel, on C-contiguous arrays and numbers."""
    module = on_cpu.load(kernel.source(dtypes, wide), kernel.options)
    values = [arg.ctypes.data if isinstance(arg, np.ndarray) else arg for arg in args]
    module.function(kernel.name)((blocks,), (threads,), values)
