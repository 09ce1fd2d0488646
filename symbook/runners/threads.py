"""Independent steps side by side: the calling thread and workers take ready steps from one list.

The state of a run, guarded by one condition:

- `ready`: steps whose dependencies have all finished and that nobody has taken;
- `waiting`: for each step, how many of its dependencies have not finished;
- `left`: how many steps have not finished;
- `error`: what the first failing step raised; nobody takes a step after that.

A run returns only when no worker touches its slots any more, also when it fails or is interrupted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..plan import Plan
from . import pool
from .base import Execute
from .base import execute as plainly

Pick = Callable[[Sequence[int]], int]
"""Chooses among ready steps: takes them, gives an index into them."""


class ThreadRunner:
    """Runs a plan's steps on several threads, each as soon as its inputs are there.

    Parameters
    ----------
    threads : int
        How many, the calling thread included. Where no thread can be started, the caller does all.
    pick : callable, optional
        Which ready step to take; the one that became ready last unless told otherwise, because what it
        reads is still in the cache.
    """

    name = "threads"

    def __init__(self, threads: int, pick: Pick | None = None) -> None:
        self.threads = threads
        self._pick = pick

    def run(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Execute | None = None
    ) -> None:
        """Run every step; see :class:`symbook.runners.base.Runner`."""
        state = _Run(plan, slots, into, execute or plainly, self._pick)
        others = min(self.threads, len(plan.steps)) - 1
        futures = []
        try:
            for _ in range(others):
                futures.append(pool.submit(state.work, self.threads - 1))  # noqa: PERF401  # known if interrupted
            state.work()
        finally:
            state.stop()
            # A worker that never started its task is told not to; one that did has left its step by now.
            for future in futures:
                if future is not None and not future.cancel():
                    future.result()
        if state.error is not None:
            raise state.error


class _Run:
    def __init__(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Execute, pick: Pick | None
    ) -> None:
        self._plan, self._slots, self._into = plan, slots, into
        self._execute, self._pick = execute, pick
        self._changed = threading.Condition()
        self._waiting = [len(step.deps) for step in plan.steps]
        self._ready = [i for i, count in enumerate(self._waiting) if count == 0]
        self._left = len(plan.steps)
        self._stopped = False
        self.error: BaseException | None = None

    def work(self) -> None:
        """Take ready steps and run them until none is left, one failed, or the run was stopped."""
        with np.errstate(all="ignore"):  # per thread; see SerialRunner
            done: int | None = None
            while (step := self._next(done)) is not None:
                try:
                    self._execute(self._plan, step, self._slots, self._into)
                except BaseException as error:
                    self._fail(error)
                    return
                done = step

    def _next(self, done: int | None) -> int | None:
        """Note that a step is done, and take the next; None when there is nothing more to do."""
        with self._changed:
            if done is not None:
                self._finish(done)
            while not self._ready and self._left and not self._stopped:
                self._changed.wait()
            if not self._left or self._stopped:
                return None
            return self._ready.pop(self._pick(self._ready) if self._pick else -1)

    def _finish(self, done: int) -> None:
        self._left -= 1
        freed = 0
        for follower in self._plan.followers[done]:
            self._waiting[follower] -= 1
            if self._waiting[follower] == 0:
                self._ready.append(follower)
                freed += 1
        # This thread takes one of the freed steps itself; others are woken for the rest.
        if not self._left:
            self._changed.notify_all()
        elif freed > 1:
            self._changed.notify(freed - 1)

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            if self.error is None:
                self.error = error
            self._stopped = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Let nobody take another step."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
