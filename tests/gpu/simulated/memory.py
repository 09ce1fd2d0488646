"""Device memory: allocations, which are memory of the host, and places in them."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from .errors import STATUS, CUDARuntimeError
from .streams import current_queue, device_now
from .world import Block, Part, world

UNIT = 512


# Of all devices and worlds, for what is given as an address.
ALLOCATIONS: weakref.WeakSet[Memory] = weakref.WeakSet()


class Memory:
    """An allocation of the device's own, as by cudaMalloc."""

    def __init__(self, size: int) -> None:
        here = world()
        self.device_id = device_now()
        if current_queue().capture is not None:
            current_queue().capture.broken = True
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])
        if here.allocated[self.device_id] + size > here.memory:
            raise CUDARuntimeError(STATUS["cudaErrorMemoryAllocation"])
        self._world = here
        self.size = size
        # With room before and behind, where nobody may write.
        raw = np.empty(size + 3 * UNIT, np.uint8)
        start = UNIT + -raw.ctypes.data % UNIT
        self.buffer = raw[start : start + size]
        self.ptr = self.buffer.ctypes.data
        self.block = Block(raw, self.device_id)
        ALLOCATIONS.add(self)
        here.allocated[self.device_id] += size
        here.counts["mallocs"] += 1

    def __del__(self) -> None:
        if hasattr(self, "block"):
            self._world.allocated[self.device_id] -= self.size

    @property
    def device(self) -> Any:
        from .cuda import Device

        return Device(self.device_id)


class _Nothing:
    ptr = 0
    size = 0
    buffer = np.empty(0, np.uint8)

    @property
    def device_id(self) -> int:
        return device_now()

    @property
    def block(self) -> Block:
        return Block(self.buffer, device_now())


NOTHING = _Nothing()


class MemoryPointer:
    """`cupy.cuda.MemoryPointer`: a place in an allocation."""

    def __init__(self, mem: Any, offset: int) -> None:
        self.mem = mem
        self._offset = offset
        self.ptr = mem.ptr + offset
        self.device_id = mem.device_id

    @property
    def device(self) -> Any:
        from .cuda import Device

        return Device(self.device_id)

    def __int__(self) -> int:
        return self.ptr

    def __add__(self, offset: int) -> MemoryPointer:
        return MemoryPointer(self.mem, self._offset + offset)

    __radd__ = __add__

    def __sub__(self, offset: int) -> MemoryPointer:
        return self + -offset

    def bytes(self, size: int) -> Any:
        """That many bytes as a NumPy view; the simulation's own."""
        if self._offset + size > self.mem.size:
            raise CUDARuntimeError(STATUS["cudaErrorInvalidValue"])
        return self.mem.buffer[self._offset : self._offset + size]

    def part(self, size: int) -> Part:
        """What a task that uses so many bytes says; the simulation's own."""
        return Part(self.mem.block, self.bytes(size))

    def memset_async(self, value: int, size: int, stream: Any = None) -> None:
        """Set each of so many bytes."""
        queue, part = _queue(stream), self.part(size)
        world().enqueue(queue, "memset", lambda: part.view.fill(value), (), [part], capturable=True)

    def memset(self, value: int, size: int) -> None:
        """Set each of so many bytes, on the null stream."""
        part = self.part(size)
        world().enqueue(
            world().nulls[device_now()], "memset", lambda: part.view.fill(value), (), [part]
        )

    def copy_from_device_async(self, src: MemoryPointer, size: int, stream: Any = None) -> None:
        """Copy from another place on this or another device."""
        target, source = self.part(size), src.part(size)
        world().enqueue(
            _queue(stream),
            "memcpy",
            lambda: np.copyto(target.view, source.view),
            [source],
            [target],
            capturable=True,
        )

    def copy_from_device(self, src: MemoryPointer, size: int) -> None:
        """Copy on the null stream."""
        from .cuda import Stream

        self.copy_from_device_async(src, size, Stream.null)

    def copy_from_host_async(self, mem: Any, size: int, stream: Any = None) -> None:
        """Copy from an address on the host; pageable memory is read at once, pinned memory later."""
        from .pinned import host_view

        source, pinned = host_view(mem, size)
        queue = _queue(stream)
        if queue.capture is not None and not pinned:
            queue.capture.broken = True
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])
        world().counts["uploads"] += 1
        target, source = self.part(size), source if pinned else source.copy()
        world().enqueue(
            queue, "upload", lambda: np.copyto(target.view, source), (), [target], capturable=pinned
        )

    def copy_from_host(self, mem: Any, size: int) -> None:
        """Copy from an address on the host, and wait."""
        from .cuda import Stream

        self.copy_from_host_async(mem, size, Stream.null)
        Stream.null.synchronize()

    def copy_to_host_async(self, mem: Any, size: int, stream: Any = None) -> None:
        """Copy to an address on the host; into pageable memory it waits until that is done."""
        from .pinned import host_view

        target, pinned = host_view(mem, size)
        queue = _queue(stream)
        if queue.capture is not None and not pinned:
            queue.capture.broken = True
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])
        world().counts["downloads"] += 1
        source = self.part(size)
        task = world().enqueue(
            queue, "download", lambda: np.copyto(target, source.view), [source], capturable=pinned
        )
        if not pinned:
            world().finish([task])

    def copy_to_host(self, mem: Any, size: int) -> None:
        """Copy to an address on the host, and wait."""
        from .cuda import Stream

        self.copy_to_host_async(mem, size, Stream.null)
        Stream.null.synchronize()


def _queue(stream: Any) -> Any:
    return current_queue() if stream is None else stream.queue
