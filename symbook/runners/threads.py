"""Independent steps side by side, on the calling thread and the workers.

A run returns only when no worker touches its slots any more, also when it fails or is interrupted.
"""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Callable, Sequence
from typing import Any

from ..context import HOST_CONTEXT
from ..ndarray.storage import calling
from ..plan import Plan
from ..workers import Job, pool, thread_count
from .base import Execute
from .base import execute as plainly
from .schedule import Phase, each_by_itself, phases

Pick = Callable[[Sequence[int]], int]
"""Chooses among ready tasks: takes them, gives an index into them."""


class ThreadRunner:
    """Runs a plan's steps on several threads, each as soon as its inputs are there.

    Parameters
    ----------
    threads : int, optional
        How many at most, the calling thread included; :func:`symbook.workers.thread_count` when it runs, if
        left out. Where no thread can be started, the caller does all.
    pick : callable, optional
        Which ready task to take; the one that most work waits for unless told otherwise.
    weigh : bool
        Leave on the calling thread what is not worth another, and let steps that run alone have BLAS's
        threads; if not, every step may run beside every other that it does not depend on.
    """

    name = "threads"

    def __init__(
        self, threads: int | None = None, pick: Pick | None = None, *, weigh: bool = False
    ) -> None:
        self._threads, self._pick = threads, pick
        self._divide = phases if weigh else each_by_itself
        self._phases: dict[tuple[Plan, int], tuple[Phase, ...]] = {}

    def run(
        self, plan: Plan, slots: list[Any], into: Sequence[Any], execute: Execute | None = None
    ) -> None:
        """Run every step; see :class:`symbook.runners.base.Runner`."""
        run_step = execute or plainly

        def run_task(steps: Sequence[int]) -> None:
            for i in steps:
                run_step(plan, i, slots, into)

        # As in SerialRunner; workers have it always.
        calling(HOST_CONTEXT, self._run, plan, run_task)

    def _run(self, plan: Plan, run_task: Callable[[Sequence[int]], None]) -> None:
        for phase in self.phases(plan):
            if len(phase.tasks) == 1:
                run_task(phase.tasks[0])
            else:
                _Crew(phase, run_task, self._pick).run()

    def may_be_written(self, plan: Plan) -> bool:
        """Whether a plan may be written out as Python, instead of being run by this."""
        return False

    def phases(self, plan: Plan) -> tuple[Phase, ...]:
        """The parts of a plan's run, one after the other."""
        key = (plan, self._threads or thread_count())
        if key not in self._phases:
            self._phases[key] = self._divide(*key)
        return self._phases[key]


class _Crew(Job):
    """Those who run a phase's tasks. `todo` has those whose dependencies have all finished.

    Nothing is locked, see :mod:`symbook.workers.pool`: for each task there is a list of as many numbers as
    it waits for tasks, and who takes the last number, 0, has finished the last of them.
    """

    __slots__ = ("_left", "_phase", "_pick", "_rest", "_resting", "_run_task", "_waiting")

    def __init__(
        self, phase: Phase, run_task: Callable[[Sequence[int]], None], pick: Pick | None
    ) -> None:
        ready = [k for k, count in enumerate(phase.waiting) if count == 0]
        super().__init__(self._finish, ready, phase.width - 1, blas=phase.blas)
        self._phase, self._run_task, self._pick = phase, run_task, pick
        self._waiting = [list(range(count)) for count in phase.waiting]
        self._left = list(range(len(phase.tasks)))
        self._resting = False
        self._rest = threading.Lock()
        self._rest.acquire()

    def take(self) -> int:
        """The ready task of the highest number, or the one that was picked; IndexError if none is left."""
        if self._pick is None:
            return self.todo.pop()
        ready = self.todo[:]  # others take some meanwhile
        if not ready:
            raise IndexError
        return self.todo.pop(self._pick(ready))

    def _finish(self, k: int) -> None:
        """Run a task, and let those begin that waited for nothing else."""
        self._run_task(self._phase.tasks[k])
        freed = [f for f in self._phase.followers[k] if self._waiting[f].pop() == 0]
        for follower in freed:
            insort(self.todo, follower)
        if self._left.pop() == 0:
            self.call_back()
        elif len(freed) > 1:  # this thread goes on with one itself
            called = self.call_back()
            pool.wake(len(freed) - 1 - called)

    def wait(self) -> None:
        """Rest until there is something to take again, or all is done."""
        me = threading.get_ident()
        outermost = pool.running.get(me)
        while self._left and not self.stopped:
            self._resting = True
            if not self.todo and self._left and not self.stopped:
                if outermost is self:  # a worker may have this processor
                    pool.running.pop(me, None)
                self._rest.acquire()
                if outermost is self:
                    pool.running[me] = self
            self._resting = False
            self._work()

    def stop(self) -> None:
        """Let nobody take another task."""
        super().stop()
        self.call_back()

    def call_back(self) -> bool:
        """Wake the caller if it rests; whether it did."""
        if not self._resting or not self._rest.locked():
            return False
        try:
            self._rest.release()
        except RuntimeError:  # another thread has, at the same moment
            return False
        return True
