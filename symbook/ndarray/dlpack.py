"""Exchange of memory with other libraries, without copying: by DLPack, and by CUDA's array interface.

https://dmlc.github.io/dlpack/latest/python_spec.html
https://numba.readthedocs.io/en/stable/cuda/cuda_array_interface.html

Whoever takes a GPU's array names the stream that it will work on, and whoever gives it lets that stream
wait for what was asked of the array before. CuPy does both for its current stream.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from ..context import Context, cpu, gpu
from ..errors import ArgumentError
from ..specs import as_dtype
from .storage import Raw, placed, seen_outside

_CPU, _CUDA, _CUDA_HOST, _CUDA_MANAGED = 1, 2, 3, 13
_ON_GPU = (_CUDA, _CUDA_MANAGED)


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
        place = _device_of(self._source) if self._bare else self._source.__dlpack_device__()
        return int(place[0]), int(place[1])

    def may_be_written(self) -> bool:
        """Whether memory without a flag is to be taken as writable, as PyTorch and MXNet do."""
        return self.unversioned and not type(self._source).__module__.startswith("jax")


class _Header(ctypes.Structure):
    """How a DLTensor begins (dlpack.h)."""

    _fields_ = (("data", ctypes.c_void_p), ("kind", ctypes.c_int32), ("number", ctypes.c_int32))


# In front of the DLTensor of DLPack 1.0: two u32, two pointers and an u64.
_VERSIONED_OFFSET = 8 + 2 * ctypes.sizeof(ctypes.c_void_p) + 8


def _device_of(capsule: Any) -> tuple[int, int]:
    """The device of a capsule's memory. A used one gives the CPU: whoever reads it refuses it."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    for name, offset in ((b"dltensor", 0), (b"dltensor_versioned", _VERSIONED_OFFSET)):
        if f'"{name.decode()}"' in repr(capsule):
            header = _Header.from_address(pointer(capsule, name) + offset)
            return header.kind, header.number
    return _CPU, 0


def export(raw: Raw, ctx: Context, options: dict[str, Any]) -> Any:
    """The array's capsule. Options that are None are left out: older NumPy knows fewer of them."""
    seen_outside(raw)
    with placed(ctx):
        return raw.__dlpack__(**{key: value for key, value in options.items() if value is not None})


def on_gpu(source: Any) -> bool:
    """Whether it is an array in the memory of one GPU, of whatever library."""
    if not hasattr(source, "__dlpack_device__"):
        return hasattr(source, "__cuda_array_interface__")
    try:
        return int(source.__dlpack_device__()[0]) in _ON_GPU
    except Exception:  # each library's own, such as JAX's for an array that is on several devices
        return False


def imported(source: Any, contiguous: bool = True) -> tuple[Raw, Context]:
    """The raw array over another library's memory, and its context.

    Parameters
    ----------
    source : object with `__dlpack__` or `__cuda_array_interface__`, or a capsule
    contiguous : bool
        Refuse memory that is not C-contiguous.

    Raises
    ------
    ArgumentError
        If it is none of these, is on a device of another kind, or its memory is not C-contiguous.
    DTypeError
        If it has a dtype that arrays here cannot have.
    DeviceError
        If it is on a GPU that cannot be used here.
    """
    producer = None
    if hasattr(source, "__cuda_array_interface__") and not hasattr(source, "__dlpack_device__"):
        raw, ctx = _by_interface(source)
    else:
        producer = _Producer(source)
        raw, ctx = _by_dlpack(source, producer)
    as_dtype(raw.dtype)
    if contiguous and not raw.flags.c_contiguous:
        raise ArgumentError(
            "this memory is not C-contiguous, so it cannot be shared",
            hint="Make it contiguous first (torch: x.contiguous()), or copy it: mx.nd.array(…).",
        )
    if producer is not None and not ctx.is_gpu and raw.size and not raw.flags.writeable:
        return (_writable(raw) if producer.may_be_written() else raw), ctx
    return raw, ctx


def _by_dlpack(source: Any, producer: _Producer) -> tuple[Raw, Context]:
    kind, number = producer.__dlpack_device__()
    if kind in (_CPU, _CUDA_HOST):
        ctx, xp = cpu(), np  # type: Context, Any
    elif kind in _ON_GPU:
        ctx = gpu(number)
        xp = ctx.xp
        if isinstance(source, xp.ndarray):
            return source, ctx
    else:
        raise ArgumentError(
            f"memory of DLPack device type {kind} cannot be used here",
            hint="Copy it to the CPU first, in its own library.",
        )
    try:
        return xp.from_dlpack(producer), ctx
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ArgumentError(
            f"this DLPack memory cannot be used: {error}",
            hint="mx.nd.array(…) copies from lists and NumPy.",
        ) from error


def _by_interface(source: Any) -> tuple[Raw, Context]:
    """By `__cuda_array_interface__`, such as Numba's arrays have it."""
    xp: Any = gpu(0).xp
    runtime = xp.cuda.runtime
    try:
        address = source.__cuda_array_interface__["data"][0]
        number = runtime.pointerGetAttributes(address).device if address else runtime.getDevice()
        ctx = gpu(int(number))
        with placed(ctx):
            return xp.asarray(source), ctx
    except (RuntimeError, TypeError, ValueError, KeyError) as error:
        raise ArgumentError(
            f"this CUDA array cannot be used: {error}",
            hint="Copy it to the CPU first, in its own library.",
        ) from error


def _writable(raw: Raw) -> Raw:
    """The same memory as a writable array. NumPy makes all memory without a flag read-only."""
    memory = (ctypes.c_char * raw.nbytes).from_address(raw.ctypes.data)
    memory.owner = raw  # keeps the memory as long as the new array
    return np.frombuffer(memory, raw.dtype).reshape(raw.shape)
