"""Taking turns: one thread at a time runs an executor, at next to no cost for short runs.

Taking a lock costs as much as a small operator. `contextvars.Context` has one for nothing: only one thread
can be in it at a time, and a second one is refused. Short runs go into it without asking further; everything
else takes a turn, for which it waits.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from collections.abc import Callable
from contextvars import Context
from types import CodeType, FrameType
from typing import Any, TypeVar, cast

import numpy as np

from . import underway

Result = TypeVar("Result")

WRAPPERS: set[CodeType] = set()
"""Functions that are entered, and have `turns` as a local variable, or as an attribute of `self`."""

_forks = 0

_PAUSE = 50e-6
"""Seconds between two looks at whether somebody else's short run is over."""


class Turns:
    """Who may use something.

    Attributes
    ----------
    taken : int
        How many have a turn or wait for one. Who runs without must look, once inside, whether it is 0.
    within : bool
        Whether who has the turn is inside: then it runs a signal's handler, or the like.
    enter : callable
        `enter(function, *args)` calls the function with NumPy's floating-point warnings off. It raises a
        RuntimeError of its own if another thread is inside, or this one is already. The caller's context
        variables are hidden from the function.
    """

    __slots__ = ("_forks", "_lock", "enter", "taken", "within")

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._forks = _forks
        self.taken = 0
        self.within = False
        self._lock = threading.RLock()
        variables = Context()
        # `np.errstate` costs as much as two small operators; here warnings are off for good.
        variables.run(np.seterr, all="ignore")
        self.enter: Callable[..., Any] = variables.run

    def _inside(self) -> bool:
        """Whether this thread is inside: a function that is entered has `turns` among its globals.

        Or it is one of `WRAPPERS`.
        """
        frame: FrameType | None = sys._getframe()
        while frame is not None:
            if frame.f_globals.get("turns") is self:
                return True
            if frame.f_code in WRAPPERS:
                known = frame.f_locals
                if self in (known.get("turns"), getattr(known.get("self"), "turns", None)):
                    return True
            frame = frame.f_back
        return False

    def _after_fork(self) -> None:
        """In a forked child: who had a turn or was inside may not exist any more, and never leaves."""
        self._forks = _forks
        if not self._lock._is_owned() and not self._inside():  # type: ignore[attr-defined]  # not in typeshed
            self._begin()

    def take(self, function: Callable[[], Result]) -> Result:
        """Call a function when nobody else has a turn or is inside. It may take turns again."""
        if self._forks != _forks:
            self._after_fork()
        waits = False
        try:
            while True:
                with self._lock:
                    self.taken += 1
                    outer = self.within
                    try:
                        free = self._is_free()
                        if free or self._inside():
                            self.within = not free
                            return function()
                    finally:
                        self.within = outer
                        self.taken -= 1
                    # From now on nobody goes in. Not with the lock: who is inside may be interrupted by
                    # a handler that needs it.
                    self.taken += not waits
                    waits = True
                time.sleep(_PAUSE)
        finally:
            if waits:
                with self._lock:
                    self.taken -= 1

    def _is_free(self) -> bool:
        try:
            self.enter(_nothing, self)
        except RuntimeError:
            return False
        return True


def _nothing(turns: Turns) -> None:
    pass


WRAPPERS.add(_nothing.__code__)


def _forked() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


Method = TypeVar("Method", bound=Callable[..., Any])


def in_turn(method: Method) -> Method:
    """Have a method of what has `_turns` wait for its turn, and an interrupt say what it has stopped."""

    @functools.wraps(method)
    def taking(self: Any, *args: Any, **kwargs: Any) -> Any:
        turns: Turns = self._turns
        try:
            return turns.take(lambda: method(self, *args, **kwargs))
        except KeyboardInterrupt as error:
            underway.explain(error)
            raise

    return cast(Method, taking)


def turned_away(error: BaseException) -> bool:
    """Whether `Turns.enter` raised it itself, and not the function that it called."""
    trace = error.__traceback__
    return type(error) is RuntimeError and trace is not None and trace.tb_next is None
