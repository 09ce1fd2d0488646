"""How much work a call is, counted and not timed: the same on a machine that is busy."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_of(call: Callable[[], object]) -> int:
    """How many lines of Python run in a call, on this thread: each time around a loop counts."""
    count = 0

    def on_line(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return on_line

    before, collects = sys.gettrace(), gc.isenabled()
    gc.disable()  # what is called then is no part of it
    sys.settrace(on_line)
    try:
        call()
    finally:
        sys.settrace(before)
        if collects:
            gc.enable()
    return count


def growth(make: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times the work is for twice the size: 2 if it grows as that does, 4 if as its square.

    Parameters
    ----------
    make : callable
        Gives, for a size, a call; what it does itself is not counted.
    size : int
    """
    make(size)()  # what is kept from the first time on
    return lines_of(make(2 * size)) / lines_of(make(size))
