"""Arrays for and from others: DLPack and CUDA's array interface.

Memory of the simulated device is memory of the host, so that capsules are NumPy's, with another device.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .array import ndarray
from .memory import MemoryPointer
from .streams import current_queue, current_stream
from .world import Block, world


class Foreign:
    """Memory that somebody else owns."""

    def __init__(self, owner: Any, view: Any, device: int) -> None:
        self._owner = owner
        low, high = np.lib.array_utils.byte_bounds(view)
        self.ptr, self.size, self.device_id = low, high - low, device
        import ctypes

        kind = ctypes.c_uint8 * max(self.size, 1)
        self.buffer = np.frombuffer(kind.from_address(low), np.uint8)
        self.block = Block(self.buffer, device)


class Capsule:
    """What `__dlpack__` gives: its reader takes the array out, once."""

    def __init__(self, array: ndarray) -> None:
        self.array: ndarray | None = array


def export(array: ndarray, stream: Any, max_version: Any, dl_device: Any, copy: Any) -> Any:
    """`ndarray.__dlpack__`: the reader's stream waits for what the current stream does."""
    if dl_device is not None and tuple(dl_device) == (1, 0):
        world().counts["downloads"] += 1
        return array.get(stream=None).__dlpack__(max_version=max_version)
    if dl_device is not None and tuple(dl_device) != array.__dlpack_device__():
        raise BufferError(f"cannot export to the device {dl_device}")
    if stream == 0:
        raise ValueError("0 is not a valid stream for CUDA")
    if stream != -1:
        target = _by_pointer(stream)
        mine = current_queue()
        if target is not mine and mine.last is not None:
            target.waits.append(mine.last)
    return Capsule(array.copy() if copy else array)


def _by_pointer(stream: Any) -> Any:
    """The queue of a stream as the protocol numbers it: 1 or None is the legacy null stream."""
    from .streams import device_now

    if stream in (None, 1):
        return world().nulls[device_now()]
    for queue in world().queues:
        if 0x5EA000 + queue.number == int(stream):
            return queue
    raise ValueError(f"no stream {stream}")


def from_dlpack(array: Any, *, device: Any = None, copy: Any = None) -> ndarray:
    """`cupy.from_dlpack`."""
    if not hasattr(array, "__dlpack_device__"):
        raise TypeError("dlpack must implement __dlpack__ and __dlpack_device__")
    kind, _ = array.__dlpack_device__()
    if int(kind) != 2:
        if int(kind) == 1 and copy is not False:
            from .creation import array as make

            return make(np.from_dlpack(array))
        raise BufferError("Array is not on a CUDA device")
    stream = current_stream()
    capsule = array.__dlpack__(stream=1 if stream is None else stream.ptr)
    if isinstance(capsule, Capsule):
        found, capsule.array = capsule.array, None
        if found is None:
            raise ValueError("A DLPack tensor object cannot be consumed multiple times")
        from .array import view_of

        result = view_of(found, found._np)
        result.base = None
        return result
    raise BufferError("the simulated device reads its own capsules only")


def fromDlpack(dltensor: Any) -> ndarray:
    """Deprecated: takes a capsule."""
    found, dltensor.array = dltensor.array, None
    return found  # type: ignore[no-any-return]


def interface(array: ndarray) -> dict[str, Any]:
    """`ndarray.__cuda_array_interface__`, version 3."""
    stream = current_stream()
    return {
        "shape": array.shape,
        "typestr": array.dtype.str,
        "descr": array.dtype.descr,
        "version": 3,
        "strides": None if array._np.flags.c_contiguous else array.strides,
        "data": (array.data.ptr, False),
        "stream": 1 if stream is None else stream.ptr,
    }


def from_interface(other: Any) -> ndarray:
    """An array over the memory that an object shows by `__cuda_array_interface__`."""
    from .streams import device_now

    found = other.__cuda_array_interface__
    import ctypes

    dtype, shape = np.dtype(found["typestr"]), tuple(found["shape"])
    strides = found.get("strides")
    address = found["data"][0]
    if strides is None:
        size = int(np.prod(shape)) * dtype.itemsize
        kind = ctypes.c_uint8 * max(size, 1)
        view = np.ndarray(shape, dtype, kind.from_address(address) if address else None)
    else:
        raise NotImplementedError("strided foreign arrays are not simulated")
    memory = Foreign(other, view, device_now())
    result = ndarray.__new__(ndarray)
    result._set(MemoryPointer(memory, 0), shape, dtype, view.strides, None)
    stream = found.get("stream")
    if stream is not None:
        queue = _by_pointer(stream)
        if queue.last is not None and queue is not current_queue():
            current_queue().waits.append(queue.last)
    return result
