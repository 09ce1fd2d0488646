"""Exchange of memory with other libraries by DLPack, without copying.

https://dmlc.github.io/dlpack/latest/python_spec.html
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..context import Context, cpu, gpu
from ..errors import ArgumentError
from ..specs import as_dtype
from .storage import Raw

_CPU, _CUDA, _CUDA_HOST = 1, 2, 3


class _Holder:
    """A bare capsule with the two methods that `numpy.from_dlpack` asks for."""

    def __init__(self, capsule: Any) -> None:
        self._capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self._capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return _CPU, 0


def export(raw: Raw, options: dict[str, Any]) -> Any:
    """The array's capsule. Options that are None are left out: older NumPy knows fewer of them."""
    return raw.__dlpack__(**{key: value for key, value in options.items() if value is not None})


def imported(source: Any) -> tuple[Raw, Context]:
    """The raw array over another library's memory, and its context.

    Parameters
    ----------
    source : object with `__dlpack__`, or a capsule of CPU memory

    Raises
    ------
    ArgumentError
        If it is neither, is on a device of another kind, or its memory is not C-contiguous.
    DTypeError
        If it has a dtype that arrays here cannot have.
    DeviceError
        If it is on a GPU and there is no CuPy.
    """
    if type(source).__name__ == "PyCapsule":
        source = _Holder(source)
    if not hasattr(source, "__dlpack__") or not hasattr(source, "__dlpack_device__"):
        raise ArgumentError(
            f"{type(source)} does not export DLPack",
            hint="mx.nd.array(…) copies from lists and NumPy.",
        )
    kind, number = source.__dlpack_device__()
    if kind in (_CPU, _CUDA_HOST):
        ctx, xp = cpu(), np
    elif kind == _CUDA:
        ctx = gpu(int(number))
        xp = ctx.xp
    else:
        raise ArgumentError(f"memory of DLPack device type {int(kind)} cannot be used here")
    try:
        raw = xp.from_dlpack(source)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ArgumentError(f"this DLPack memory cannot be used: {error}") from error
    as_dtype(raw.dtype)
    if not raw.flags.c_contiguous:
        raise ArgumentError(
            "this DLPack memory is not C-contiguous, so it cannot be shared",
            hint="Make it contiguous first (torch: x.contiguous()), or copy it: mx.nd.array(…).",
        )
    return raw, ctx
