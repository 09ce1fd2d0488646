"""Host memory that the device reads and writes by itself: `cupy.cuda.alloc_pinned_memory`."""

from __future__ import annotations

import ctypes
import weakref
from typing import Any

import numpy as np

_pinned: weakref.WeakValueDictionary[int, PinnedMemoryPointer] = weakref.WeakValueDictionary()


class PinnedMemoryPointer(bytearray):
    """`cupy.cuda.PinnedMemoryPointer`; a bytearray, so that it has the buffer protocol as that does."""

    ptr: int
    mem: Any
    _owner: Any

    def __int__(self) -> int:
        return self.ptr

    def __hash__(self) -> int:
        return self.ptr

    def size(self) -> int:
        """Bytes from here to the end."""
        return len(self)


class PinnedMemoryPool:
    """`cupy.cuda.PinnedMemoryPool`, which keeps nothing here."""

    def __init__(self, allocator: Any = None) -> None:
        del allocator

    def malloc(self, size: int) -> PinnedMemoryPointer:
        """Pinned memory of so many bytes, or some more; what is in them is garbage."""
        made = PinnedMemoryPointer(b"\xff" * max(size, 1))
        made._owner = np.frombuffer(made, np.uint8)  # as long as it lives, the bytes stay in place
        made.ptr = made._owner.ctypes.data
        made.mem = made
        _pinned[made.ptr] = made
        return made

    def free_all_blocks(self) -> None:
        """Give back what nobody uses."""

    def n_free_blocks(self) -> int:
        """How many blocks are free."""
        return 0


def host_view(address: Any, size: int) -> tuple[Any, bool]:
    """The bytes at an address of the host as an array, and whether they are pinned."""
    start = int(getattr(address, "value", address))
    for memory in list(_pinned.values()):
        if memory.ptr <= start and start + size <= memory.ptr + len(memory):
            return memory._owner[start - memory.ptr :][:size], True
    if not size:
        return np.empty(0, np.uint8), False
    kind = ctypes.c_uint8 * size
    return np.frombuffer(kind.from_address(start), np.uint8), False
