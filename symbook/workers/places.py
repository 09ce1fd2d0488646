"""Which processors the workers run on: others than that of whoever wakes them.

Linux may start a woken thread on the processor of the one that woke it, though another is idle, and take
long to move it. Measured on two processors after a rest of 0.3 s: two threads took turns on one of them for
more than 50 ms, so that two were no faster than one, and with this twice as fast.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache


@cache
def _getcpu() -> Callable[[], int] | None:
    """The C library's `sched_getcpu`; None where processors cannot be chosen."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    # Here, because small graphs never need it.
    import ctypes

    function = getattr(ctypes.CDLL(None), "sched_getcpu", None)
    return None if function is None else lambda: int(function())


def processor() -> int:
    """The processor that this thread runs on; -1 where that cannot be told."""
    getcpu = _getcpu()
    return -1 if getcpu is None else getcpu()


def keep_off(thread: int, own: int) -> None:
    """Let a thread run on all processors of this process but one, unless there is no other.

    Parameters
    ----------
    thread : int
        Its native identity.
    own : int
        The processor to keep free.
    """
    try:
        others = os.sched_getaffinity(os.getpid()) - {own}
        if others:
            os.sched_setaffinity(thread, others)
    except OSError:
        pass  # the system does not let us; the thread runs where it may
