"""A pool that hands memory out as CuPy's does.

Each stream has free blocks of its own, which nobody waits for: what a stream gives back, its next
request may get, although work of other streams may still read it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from .errors import STATUS, CUDARuntimeError, OutOfMemoryError
from .memory import NOTHING, UNIT, Memory, MemoryPointer
from .streams import current_queue, device_now
from .world import Part, world

# All bits: not a number in every floating type, -1 or the greatest number in integers.
GARBAGE = 0xFF


class Chunk:
    """A stretch of an allocation; neighbours that are free are joined again."""

    __slots__ = ("free", "mem", "next", "offset", "prev", "size", "stream")

    def __init__(self, mem: Memory, offset: int, size: int, stream: int) -> None:
        self.mem, self.offset, self.size, self.stream = mem, offset, size, stream
        self.prev: Chunk | None = None
        self.next: Chunk | None = None
        self.free = False

    def split(self, size: int) -> Chunk | None:
        """Keep `size` bytes; the rest as a chunk of its own."""
        if size == self.size:
            return None
        rest = Chunk(self.mem, self.offset + size, self.size - size, self.stream)
        rest.prev, rest.next, self.next = self, self.next, rest
        if rest.next is not None:
            rest.next.prev = rest
        self.size = size
        return rest

    def join(self) -> None:
        """Take the next chunk in."""
        other = self.next
        assert other is not None
        self.size += other.size
        self.next = other.next
        if self.next is not None:
            self.next.prev = self


class PooledMemory:
    """Memory that goes back to the pool when nobody refers to it."""

    def __init__(self, chunk: Chunk, pool: DevicePool) -> None:
        self._chunk = chunk
        self._pool = pool
        self.block = chunk.mem.block
        self.size = chunk.size
        self.device_id = chunk.mem.device_id
        self.ptr = chunk.mem.ptr + chunk.offset
        self.buffer = chunk.mem.buffer[chunk.offset : chunk.offset + chunk.size]

    def free(self) -> None:
        """Give it back now."""
        chunk, self._chunk = self._chunk, None
        if chunk is not None:
            self.ptr = 0
            self._pool.give_back(chunk)

    def __del__(self) -> None:
        if getattr(self, "_chunk", None) is not None:
            self.free()

    @property
    def device(self) -> Any:
        from .cuda import Device

        return Device(self.device_id)


class DevicePool:
    """The pool of one device: free chunks of every stream, best fit first."""

    def __init__(self, allocate: Callable[[int], Memory]) -> None:
        self._allocate = allocate
        self._lock = threading.RLock()
        self._free: dict[int, list[Chunk]] = {}
        self.used = 0
        self.total = 0
        self.limit = 0

    def malloc(self, size: int) -> PooledMemory:
        """At least `size` bytes for work on the current stream."""
        size = -(-size // UNIT) * UNIT
        stream = current_queue().number
        with self._lock:
            chunk = self._fitting(stream, size) or self._fresh(stream, size)
            rest = chunk.split(size)
            if rest is not None:
                self._keep(rest)
            chunk.free = False
            self.used += size
            return PooledMemory(chunk, self)

    def _fitting(self, stream: int, size: int) -> Chunk | None:
        found = [chunk for chunk in self._free.get(stream, ()) if chunk.size >= size]
        if not found:
            return None
        # The one given back last is likely to be in use still.
        best = min(reversed(found), key=lambda chunk: chunk.size)
        self._free[stream].remove(best)
        return best

    def _fresh(self, stream: int, size: int) -> Chunk:
        if self.limit and self.total + size > self.limit:
            self.free_all()
            if self.total + size > self.limit:
                raise OutOfMemoryError(size, self.total, self.limit)
        try:
            memory = self._allocate(size)
        except CUDARuntimeError as error:
            if error.status != STATUS["cudaErrorMemoryAllocation"]:
                raise
            self.free_all()
            try:
                memory = self._allocate(size)
            except CUDARuntimeError:
                raise OutOfMemoryError(size, self.total) from None
        self.total += size
        return Chunk(memory, 0, size, stream)

    def give_back(self, chunk: Chunk) -> None:
        """The chunk is free, for the stream that it was allocated for."""
        with self._lock:
            self.used -= chunk.size
            if chunk.next is not None and chunk.next.free:
                self._free[chunk.stream].remove(chunk.next)
                chunk.join()
            if chunk.prev is not None and chunk.prev.free:
                self._free[chunk.stream].remove(chunk.prev)
                chunk = chunk.prev
                chunk.join()
            self._keep(chunk)

    def _keep(self, chunk: Chunk) -> None:
        chunk.free = True
        self._free.setdefault(chunk.stream, []).append(chunk)

    def free_all(self, stream: int | None = None) -> None:
        """Allocations of which no chunk is used go back to the device, which first ends its work."""
        with self._lock:
            for number, chunks in self._free.items():
                if stream is not None and number != stream:
                    continue
                whole = [chunk for chunk in chunks if chunk.prev is None and chunk.next is None]
                if whole:
                    world().finish_device(whole[0].mem.device_id)
                for chunk in whole:
                    chunks.remove(chunk)
                    self.total -= chunk.size

    def count(self) -> int:
        """How many chunks are free."""
        return sum(map(len, self._free.values()))


class MemoryPool:
    """`cupy.cuda.MemoryPool`: a pool for each device."""

    def __init__(self, allocator: Callable[[int], Memory] | None = None) -> None:
        self._allocator = allocator or Memory
        self._pools: dict[int, DevicePool] = {}

    @property
    def _here(self) -> DevicePool:
        return self._pools.setdefault(device_now(), DevicePool(self._allocator))

    def malloc(self, size: int) -> MemoryPointer:
        """At least `size` bytes of the current device for the current stream; what is in them is garbage."""
        if size == 0:
            return MemoryPointer(NOTHING, 0)
        if current_queue().capture is not None:
            current_queue().capture.broken = True
            raise CUDARuntimeError(STATUS["cudaErrorStreamCaptureUnsupported"])
        memory = self._here.malloc(size)
        world().counts["allocations"] += 1
        target = memory.buffer
        world().enqueue(
            current_queue(),
            "malloc",
            lambda: target.fill(GARBAGE),
            (),
            [Part(memory.block, target)],
        )
        return MemoryPointer(memory, 0)

    def free_all_blocks(self, stream: Any = None) -> None:
        """Memory of the current device that nobody uses goes back to it."""
        self._here.free_all(None if stream is None else stream.queue.number)

    def free_all_free(self) -> None:
        """Deprecated name of `free_all_blocks`."""
        self.free_all_blocks()

    def n_free_blocks(self) -> int:
        """How many blocks of the pool are free."""
        return self._here.count()

    def used_bytes(self) -> int:
        """Bytes that arrays use."""
        return self._here.used

    def free_bytes(self) -> int:
        """Bytes that the pool holds and nobody uses."""
        return self._here.total - self._here.used

    def total_bytes(self) -> int:
        """Bytes that the pool holds."""
        return self._here.total

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        """At most so many bytes of the current device, or such a part of its memory; 0 for all."""
        if size is not None and fraction is not None:
            raise ValueError("size and fraction cannot be specified at one time")
        if fraction is not None:
            size = int(world().memory * fraction)
        self._here.limit = size or 0

    def get_limit(self) -> int:
        """The limit of the current device in bytes; 0 for none."""
        return self._here.limit
