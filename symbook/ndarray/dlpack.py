"""Exchange of memory with other libraries by DLPack, without copying.

https://dmlc.github.io/dlpack/latest/python_spec.html
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from ..context import Context, cpu, gpu
from ..errors import ArgumentError
from ..specs import as_dtype
from .storage import Raw

_CPU, _CUDA, _CUDA_HOST = 1, 2, 3


class _Producer:
    """What `numpy.from_dlpack` asks for its capsule: a library's array, or a bare capsule.

    Attributes
    ----------
    unversioned : bool
        The capsule that was handed on is of DLPack before 1.0, which has no read-only flag.
    """

    def __init__(self, source: Any) -> None:
        self._source = source
        self._bare = type(source).__name__ == "PyCapsule"
        self.unversioned = False
        if not self._bare and not hasattr(source, "__dlpack_device__"):
            raise ArgumentError(
                f"{type(source)} does not export DLPack",
                hint="mx.nd.array(…) copies from lists and NumPy.",
            )

    def __dlpack__(self, **options: Any) -> Any:
        capsule = self._source if self._bare else self._source.__dlpack__(**options)
        # A capsule shows its name, `dltensor` or `dltensor_versioned`, in its repr alone.
        self.unversioned = '"dltensor"' in repr(capsule)
        return capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        kind, number = (_CPU, 0) if self._bare else self._source.__dlpack_device__()
        return int(kind), int(number)

    def may_be_written(self) -> bool:
        """Whether memory without a flag is to be taken as writable, as PyTorch and MXNet do."""
        return self.unversioned and not type(self._source).__module__.startswith("jax")


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
    producer = _Producer(source)
    kind, number = producer.__dlpack_device__()
    if kind in (_CPU, _CUDA_HOST):
        ctx, xp = cpu(), np
    elif kind == _CUDA:
        ctx = gpu(number)
        xp = ctx.xp
    else:
        raise ArgumentError(f"memory of DLPack device type {kind} cannot be used here")
    try:
        raw = xp.from_dlpack(producer)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ArgumentError(f"this DLPack memory cannot be used: {error}") from error
    as_dtype(raw.dtype)
    if not raw.flags.c_contiguous:
        raise ArgumentError(
            "this DLPack memory is not C-contiguous, so it cannot be shared",
            hint="Make it contiguous first (torch: x.contiguous()), or copy it: mx.nd.array(…).",
        )
    if raw.size and not ctx.is_gpu and not raw.flags.writeable and producer.may_be_written():
        raw = _writable(raw)
    return raw, ctx


def _writable(raw: Raw) -> Raw:
    """The same memory as a writable array. NumPy makes all memory without a flag read-only."""
    memory = (ctypes.c_char * raw.nbytes).from_address(raw.ctypes.data)
    memory.owner = raw  # keeps the memory as long as the new array
    return np.frombuffer(memory, raw.dtype).reshape(raw.shape)
