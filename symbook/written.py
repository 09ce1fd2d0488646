"""Whole runs of an executor as one function each, and when compiled code takes the place of their lines."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Collection, Sequence
from functools import partial
from itertools import count
from typing import Any

from . import stretches
from .context import HOST_CONTEXT
from .fusion import compiler
from .garbage import COUNTS
from .ndarray.storage import calling
from .plan import Plan
from .runners.straight import Script
from .stretches import Stretch
from .turns import WRAPPERS, Turns

RUNS_BEFORE = 3
"""Runs after which a plan is written out, which takes as long as some twenty runs."""

RUNS_BEFORE_COMPILING = 5000
"""Runs of what is written out after which it is compiled: some 10 ms, as for fused groups."""

RUNS_BETWEEN_PAUSES = 250
"""Runs between pauses while the compiler is busy. It gives up Python's lock whenever it reads a file, and
short runs never do: without pauses it would wait 5 ms for the lock each time, and be done in 10 s, not 1."""

_PAUSE = 1e-6
"""Seconds of a pause; the system makes it some 50 times as long."""


class Written:
    """A run as one function.

    Parameters
    ----------
    write : callable
        Gives the script, or, of some stretches of the plan, one that computes them by their code.
    plan : Plan
    turns : Turns

    Attributes
    ----------
    function : callable
        The function itself; another one when there is compiled code.
    enter : callable
        `enter(function, *args)` calls it with NumPy's floating-point warnings off. Where no functions of
        users' run it is that of `Turns`, which hides the caller's context variables.
    """

    __slots__ = ("__weakref__", "_plan", "_scripts", "_turns", "_write", "enter", "function")

    def __init__(self, write: Callable[..., Script], plan: Plan, turns: Turns) -> None:
        self._write, self._plan, self._turns = write, plan, turns
        self._scripts: list[tuple[Script, Callable[..., Any]]] = []
        self.function: Callable[..., Any]
        self._use()
        users = any(step.op.calls_users for step in plan.steps)
        self.enter: Callable[..., Any] = _ignoring if users else turns.enter

    @property
    def needs_turn(self) -> bool:
        """Whether only one who has taken a turn may enter."""
        return self.enter is _ignoring or not COUNTS

    @property
    def source(self) -> str:
        """The function as Python, after the loops that it calls."""
        return self._scripts[-1][0].listing

    def _use(self, *compiled: Sequence[Stretch]) -> None:
        script = self._write(*compiled)
        function = script.function()
        self._scripts.append((script, function))
        self.function = function

    def compile(self, kept: Collection[int]) -> None:
        """Have stretches of the plan compiled, in the background when it has run often.

        Parameters
        ----------
        kept : collection of int
            Slots that are read when the plan has run.
        """
        # Neither what counts nor the compiler's queue keeps it, and the arrays, alive.
        task = partial(_compile, weakref.ref(self), self._plan, kept)
        mode = compiler.mode()
        if mode == "now":
            task()
        elif mode == "later":
            self.function = _Counting(weakref.ref(self), self.function, task, self._turns)

    def explain(self, error: Exception) -> None:
        """Add to what the function raised which node it was, with its inputs."""
        for script, function in self._scripts:
            script.explain(function, error)


class _Counting:
    """A function that is called, and when it has been called often, a task that the compiler runs.

    It has no reference to itself, so that it goes at once with the arrays that its function has.
    """

    __slots__ = ("_function", "_runs", "_task", "_written", "turns")

    def __init__(
        self,
        written: weakref.ref[Written],
        function: Callable[..., Any],
        task: Callable[[], None],
        turns: Turns,
    ) -> None:
        self._written, self._function, self._task, self.turns = written, function, task, turns
        self._runs = count(-RUNS_BEFORE_COMPILING)

    def __call__(self, *args: Any) -> Any:
        run = next(self._runs)
        if run == 0:
            compiler.later(self._task)
        elif run > 0 and run % RUNS_BETWEEN_PAUSES == 0:
            self._pause()
        return self._function(*args)

    def _pause(self) -> None:
        if compiler.is_busy():
            time.sleep(_PAUSE)
            return
        written = self._written()
        if written is not None and written.function is self:
            written.function = self._function  # there was nothing to compile


WRAPPERS.add(_Counting.__call__.__code__)


def _compile(written: weakref.ref[Written], plan: Plan, kept: Collection[int]) -> None:
    made = stretches.compiled(plan, kept)
    found = written()
    if made and found is not None:
        found._use(made)


def _ignoring(function: Callable[..., Any], *args: Any) -> Any:
    return calling(HOST_CONTEXT, function, *args)
