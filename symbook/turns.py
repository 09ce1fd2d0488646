"""Taking turns: one thread at a time runs an executor, at next to no cost for short runs.

Taking a lock costs as much as a small operator. `contextvars.Context` has one for nothing: only one thread
can be in it at a time, and a second one is refused. Short runs go into it without asking further; everything
else takes a turn, for which it waits.

Whoever has a turn may wait for another one: operators of the user's run other executors. Where that would
wait for itself, on whichever threads, it is refused.
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
from .errors import DeadlockError
from .workers import awaiting

Result = TypeVar("Result")

WRAPPERS: set[CodeType] = set()
"""Functions that are entered, and have `turns` as a local variable, or as an attribute of `self`."""

_forks = 0

_waiting: dict[int, Turns] = {}
"""What threads wait for that keep others waiting meanwhile, by the threads' identities."""

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

    __slots__ = ("_forks", "_holder", "_lock", "enter", "taken", "within")

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._forks = _forks
        self.taken = 0
        self.within = False
        self._lock = threading.RLock()
        # The thread that has the turn, by its identity; 0 if none has.
        self._holder = 0
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
        """Call a function when nobody else has a turn or is inside. It may take turns again.

        Raises
        ------
        DeadlockError
            If who has the turn waits for this thread.
        """
        if self._forks != _forks:
            self._after_fork()
        waits = False
        me = threading.get_ident()
        try:
            while True:
                if self._holder not in (0, me):
                    _wait(self, me)
                with self._lock:
                    self.taken += 1
                    outer, holder = self.within, self._holder
                    try:
                        self._holder = me
                        free = self._is_free()
                        if free or self._inside():
                            self.within = not free
                            return function()
                    finally:
                        self.within, self._holder = outer, holder
                        self.taken -= 1
                    # From now on nobody goes in. Not with the lock: who is inside may be interrupted by
                    # a handler that needs it.
                    self.taken += not waits
                    waits = True
                time.sleep(_PAUSE)
        finally:
            if me in _waiting:
                del _waiting[me]  # noqa: RUF051  # after a call there might be an interrupt
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


def _wait(turns: Turns, me: int) -> None:
    """Wait for a turn that another thread has, if this one keeps somebody waiting.

    The last of those who wait for each other sees it, for each has said before what it waits for. Who keeps
    nobody waiting need not look.
    """
    if awaiting(me) == {me} and not _has_turn():
        return
    _waiting[me] = turns
    while turns._holder not in (0, me):
        if _waits_for_itself(turns, me):
            raise DeadlockError(
                "this run would wait for itself: the executor is in the middle of a run that waits for "
                "the operator which asks for this one",
                hint="Let the operator run an executor of its own, from symbol.bind(…), "
                "that no other thread uses.",
            )
        time.sleep(_PAUSE)


def _has_turn() -> bool:
    """Whether this thread has a turn of any kind."""
    frame: FrameType | None = sys._getframe()
    asks = 0
    while frame is not None and asks < 2:
        asks += frame.f_code is Turns.take.__code__
        frame = frame.f_back
    return asks == 2


def _waits_for_itself(turns: Turns, me: int) -> bool:
    """Whether the thread that has the turn waits, if only through others, for this one."""
    mine, reached = awaiting(me), {turns._holder}
    waiting = [(awaiting(thread), wanted) for thread, wanted in tuple(_waiting.items())]
    while not reached & mine:
        more = {wanted._holder for others, wanted in waiting if others & reached} - reached - {0}
        if not more:
            return False
        reached |= more
    return True


def _forked() -> None:
    global _forks
    _forks += 1
    _waiting.clear()


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
