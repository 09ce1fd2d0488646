"""Who refers to an array: what somebody still holds is never written to.

References are counted. Where Python's counts may be behind, everything is taken for held.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from .context import Context
from .garbage import COUNTS
from .ndarray import NDArray


class References(NamedTuple):
    """What `sys.getrefcount` gives where nobody else refers to a thing.

    Attributes
    ----------
    result : int
        For an NDArray that is in a list and a local variable.
    memory : int
        For an array that two NDArrays have.
    handle : int
        For an array that one NDArray has.
    """

    result: int
    memory: int
    handle: int


def _counted() -> References:
    """Measured, because what the call itself adds differs between versions of Python.

    No more than where nobody else looks: a debugger that traces this line refers to everything in it.
    """
    handle = NDArray(np.empty(1), Context("cpu"))
    alone = sys.getrefcount(handle._data)
    latest = [handle.detach()]
    result = latest[0]
    found = (sys.getrefcount(result), sys.getrefcount(result._data), alone)
    return References(*map(min, found, (3, 3, 2)))


# Where counts may be behind, everything is taken for held.
UNHELD = _counted() if COUNTS else References(0, 0, 0)


def is_held(handle: NDArray) -> bool:
    """Whether anybody but the handle may refer to its memory."""
    if sys.getrefcount(handle._data) > UNHELD.handle or handle._data.base is not None:
        return True
    return handle._ctx.is_gpu and memory_is_held(handle._data, unheld(handle._ctx.xp))


@cache
def unheld(xp: Any) -> tuple[int, int]:
    """What `sys.getrefcount` gives for the pointer of an array that nobody else refers to, and its memory.

    Somebody may have an array's memory without the array.
    """
    raw = xp.empty(1)
    return sys.getrefcount(raw.data), sys.getrefcount(raw.data.mem)


def memory_is_held(raw: Any, alone: tuple[int, int]) -> bool:
    """Whether anybody but an array may refer to its memory."""
    return sys.getrefcount(raw.data) > alone[0] or sys.getrefcount(raw.data.mem) > alone[1]
