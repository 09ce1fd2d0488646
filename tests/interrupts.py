"""Interrupts at every moment at which Python delivers them, one after another."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from typing import Any

_MOMENTS = ("call", "c_return")
"""Where the interpreter looks for signals: when a function begins, and after a call of C."""


class _Clock:
    """Counts the moments of the calling thread, and interrupts it at one of them."""

    def __init__(self, moment: int) -> None:
        self._moment = moment
        self.passed = 0

    def __call__(self, frame: Any, event: str, arg: object) -> None:
        # Leaving this very block calls C, too; and what is raised in a generator that goes is lost.
        code = frame.f_code
        if event not in _MOMENTS or code.co_filename == __file__ or code.co_flags & CO_GENERATOR:
            return
        self.passed += 1
        if self.passed == self._moment:
            sys.setprofile(None)
            raise KeyboardInterrupt


@contextmanager
def interrupted_at(moment: int) -> Iterator[_Clock]:
    """Interrupt what runs in the block at a moment, counted from 1; 0 only counts."""
    clock = _Clock(moment)
    collects = gc.isenabled()
    gc.disable()  # what is called then would be interrupted, too
    sys.setprofile(clock)
    try:
        yield clock
    finally:
        sys.setprofile(None)
        if collects:
            gc.enable()


def moments(call: Callable[[], object], most: int = 200) -> range:
    """The moments of a call that has others like it: all, or about so many of them, evenly spread."""
    with interrupted_at(0) as clock:
        call()
    return range(1, clock.passed + 1, max(1, clock.passed // most))


def stopped(moment: int, call: Callable[[], object]) -> str | None:
    """Interrupt a call at a moment; what the interrupt says, None if the call had ended before."""
    try:
        with interrupted_at(moment):
            call()
    except KeyboardInterrupt as error:
        return str(error)
    return None
